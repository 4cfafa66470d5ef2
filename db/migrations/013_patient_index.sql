-- The patient index: filing orders, identifiers in time, candidates and pairs of charts that may be one person.

-- md_key and number_order beside td_key: the middle-digit and the straight numeric filing order of the MRN.
ALTER TABLE patient ADD COLUMN md_key TEXT NOT NULL DEFAULT '';
ALTER TABLE patient ADD COLUMN number_order TEXT NOT NULL DEFAULT '';
UPDATE patient SET md_key = substr(td_key, 4, 3) || substr(td_key, 7) || ' ' || substr(td_key, 1, 2),
    number_order = substr(td_key, 7) || substr(td_key, 4, 2) || substr(td_key, 1, 2) WHERE td_key <> '';
CREATE INDEX patient_md ON patient (md_key, id);
CREATE INDEX patient_number_order ON patient (number_order, id);
-- From and to which ISO day a number was good, as far as it was said. A number that was taken away keeps its row.
ALTER TABLE patient_identifier ADD COLUMN valid_from TEXT NOT NULL DEFAULT '';
ALTER TABLE patient_identifier ADD COLUMN valid_to TEXT NOT NULL DEFAULT '';
-- former (by an amendment), maiden, alias, preferred; blank where nobody said.
ALTER TABLE patient_alias ADD COLUMN kind TEXT NOT NULL DEFAULT '';

-- Under which keys a chart is compared with others (rules/matching_fields.py); charts whose identity was changed since
-- their keys were made (keyed = 0) or since they were compared; and how many people have a name.
CREATE TABLE match_key (
    key TEXT NOT NULL, patient_id INTEGER NOT NULL REFERENCES patient (id), PRIMARY KEY (key, patient_id))
    WITHOUT ROWID;
-- The keys of a chart, between blanks: so that they can be taken away again without an index over all of them.
CREATE TABLE match_person (patient_id INTEGER PRIMARY KEY REFERENCES patient (id), keys TEXT NOT NULL);
CREATE TABLE match_pending (
    patient_id INTEGER PRIMARY KEY REFERENCES patient (id), keyed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX match_pending_unkeyed ON match_pending (patient_id) WHERE keyed = 0;
CREATE TABLE match_name (
    kind TEXT NOT NULL, name TEXT NOT NULL, people INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
INSERT INTO match_pending (patient_id) SELECT id FROM patient;
CREATE TRIGGER match_pending_new AFTER INSERT ON patient
BEGIN INSERT OR REPLACE INTO match_pending (patient_id) VALUES (NEW.id); END;
CREATE TRIGGER match_pending_changed AFTER UPDATE OF
    last_name, first_name, middle_name, suffix, birth_date, sex, ssn, street, zip, phone, merged_into_id, void_utc
ON patient
WHEN (OLD.last_name, OLD.first_name, OLD.middle_name, OLD.suffix, OLD.birth_date, OLD.sex, OLD.ssn, OLD.street, OLD.zip,
      OLD.phone, OLD.merged_into_id, OLD.void_utc)
    IS NOT (NEW.last_name, NEW.first_name, NEW.middle_name, NEW.suffix, NEW.birth_date, NEW.sex, NEW.ssn, NEW.street,
      NEW.zip, NEW.phone, NEW.merged_into_id, NEW.void_utc)
BEGIN INSERT OR REPLACE INTO match_pending (patient_id) VALUES (NEW.id); END;
CREATE TRIGGER match_pending_named AFTER INSERT ON patient_alias
BEGIN INSERT OR REPLACE INTO match_pending (patient_id) VALUES (NEW.patient_id); END;
CREATE TRIGGER match_pending_unnamed AFTER DELETE ON patient_alias
BEGIN INSERT OR REPLACE INTO match_pending (patient_id) VALUES (OLD.patient_id); END;
-- The facility's own agreement rates, estimated from its index, in force from a day on.
CREATE TABLE match_rate (
    from_day INTEGER NOT NULL, field TEXT NOT NULL, band TEXT NOT NULL, m REAL NOT NULL, u REAL NOT NULL,
    set_by TEXT NOT NULL, set_utc INTEGER NOT NULL, PRIMARY KEY (from_day, field, band)) WITHOUT ROWID;

-- Two charts that may be one person, the smaller id first. state: open, later, apart (not the same; identity is what
-- was compared then). reasons is a JSON list.
CREATE TABLE chart_pair (
    id INTEGER PRIMARY KEY, low_id INTEGER NOT NULL REFERENCES patient (id),
    high_id INTEGER NOT NULL REFERENCES patient (id), score_hundredths INTEGER NOT NULL, match TEXT NOT NULL,
    reasons TEXT NOT NULL, found_utc INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'open',
    identity TEXT NOT NULL DEFAULT '', decided_utc INTEGER, decided_by TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '', UNIQUE (low_id, high_id));
CREATE INDEX chart_pair_high ON chart_pair (high_id);
CREATE INDEX chart_pair_waiting ON chart_pair (state, score_hundredths, id) WHERE state <> 'apart';

-- Amendments that look as if a chart was taken for somebody else's: what stood there and what came, as JSON.
CREATE TABLE overlay (
    id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patient (id), at_utc INTEGER NOT NULL,
    by TEXT NOT NULL, origin TEXT NOT NULL, score_hundredths INTEGER NOT NULL, before TEXT NOT NULL,
    after TEXT NOT NULL, settled_utc INTEGER, settled_by TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '');
CREATE INDEX overlay_waiting ON overlay (id) WHERE settled_utc IS NULL;
CREATE INDEX overlay_patient ON overlay (patient_id, id);
CREATE INDEX merge_made ON merge (kind, id);

-- What a merge moves is found by an index.
CREATE INDEX document_note_patient ON document_note (patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX feed_disagreement_patient ON feed_disagreement (patient_id) WHERE patient_id IS NOT NULL;
