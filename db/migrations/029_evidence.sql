-- Documents of a chart as somebody marked them: that they exist, of which kind, day and author; never what they say.
-- status: expected, present or signed. A row with feed_number stands for the document that the feed announced by that
-- number (document_note), as it was mended here.
CREATE TABLE chart_document (
    id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounter (id), type TEXT NOT NULL,
    written_at TEXT NOT NULL DEFAULT '', author TEXT NOT NULL DEFAULT '', status TEXT NOT NULL,
    feed_number TEXT NOT NULL DEFAULT '', filed_utc INTEGER NOT NULL, filed_by TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1, void_utc INTEGER, void_reason TEXT NOT NULL DEFAULT '');
CREATE INDEX chart_document_encounter ON chart_document (encounter_id, id);
CREATE INDEX document_note_encounter ON document_note (encounter_id, id) WHERE encounter_id IS NOT NULL;

-- Notes and coding decisions of the facility on a code, a category or a range: from first_code to last_code with all
-- below, codes without dot. status: proposed, approved or void. Their history is in amendment, kind 'code note'.
CREATE TABLE code_note (
    id INTEGER PRIMARY KEY, system TEXT NOT NULL, first_code TEXT NOT NULL, last_code TEXT NOT NULL,
    text TEXT NOT NULL, decision TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '',
    valid_from TEXT NOT NULL DEFAULT '', valid_to TEXT NOT NULL DEFAULT '', status TEXT NOT NULL,
    author TEXT NOT NULL, written_utc INTEGER NOT NULL, approved_by TEXT NOT NULL DEFAULT '', approved_utc INTEGER,
    version INTEGER NOT NULL DEFAULT 1, void_reason TEXT NOT NULL DEFAULT '');
CREATE INDEX code_note_first ON code_note (system, first_code, id);
