-- Messages received from feeds, the hold queue, places where feed and record disagree, documents announced.

-- Every message, with what became of it: applied, not used, held, dismissed, mended (its mended text is a
-- later row). A row keeps its text for ever; only its outcome changes.
CREATE TABLE received_message (
    id INTEGER PRIMARY KEY, batch_id INTEGER NOT NULL REFERENCES import_batch (id),
    received_utc INTEGER NOT NULL, application TEXT NOT NULL, facility TEXT NOT NULL,
    control_id TEXT NOT NULL, sha256 BLOB NOT NULL, kind TEXT NOT NULL, event TEXT NOT NULL,
    mrn TEXT NOT NULL DEFAULT '', account TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', waits_for TEXT NOT NULL DEFAULT '',
    warnings TEXT NOT NULL DEFAULT '', patient_id INTEGER REFERENCES patient (id),
    encounter_id INTEGER REFERENCES encounter (id), mends_id INTEGER REFERENCES received_message (id),
    settled_utc INTEGER, settled_by TEXT NOT NULL DEFAULT '', text BLOB NOT NULL);
CREATE UNIQUE INDEX received_message_content ON received_message (control_id, application, facility, sha256);
CREATE INDEX received_message_held ON received_message (id) WHERE outcome = 'held';
CREATE INDEX received_message_waiting ON received_message (waits_for, id)
    WHERE outcome = 'held' AND waits_for <> '';
CREATE INDEX received_message_patient ON received_message (patient_id, id) WHERE patient_id IS NOT NULL;
CREATE TRIGGER received_message_kept BEFORE UPDATE OF text, sha256, received_utc ON received_message
BEGIN SELECT raise(ABORT, 'What was received is kept as it was.'); END;
CREATE TRIGGER received_message_no_delete BEFORE DELETE ON received_message
BEGIN SELECT raise(ABORT, 'What was received is kept.'); END;

-- An update that contradicts the record in place, service or times: both values, until somebody decides.
CREATE TABLE feed_disagreement (
    id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL REFERENCES received_message (id),
    account TEXT NOT NULL, patient_id INTEGER REFERENCES patient (id), item TEXT NOT NULL,
    ours TEXT NOT NULL, theirs TEXT NOT NULL, opened_utc INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
    resolution TEXT NOT NULL DEFAULT '', resolved_utc INTEGER, resolved_by TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX feed_disagreement_open ON feed_disagreement (account, item) WHERE resolved_utc IS NULL;
CREATE INDEX feed_disagreement_waiting ON feed_disagreement (id) WHERE resolved_utc IS NULL;

-- Documents that MDM messages announce, for chart completion. Numbers as sent: their patient may come later.
CREATE TABLE document_note (
    id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL REFERENCES received_message (id),
    event TEXT NOT NULL, mrn TEXT NOT NULL, account TEXT NOT NULL,
    patient_id INTEGER REFERENCES patient (id), encounter_id INTEGER REFERENCES encounter (id),
    document_type TEXT NOT NULL, document_number TEXT NOT NULL, parent_number TEXT NOT NULL,
    originator TEXT NOT NULL, written_at TEXT NOT NULL, completion TEXT NOT NULL, noted_utc INTEGER NOT NULL);
CREATE INDEX document_note_account ON document_note (account, id);
CREATE INDEX document_note_number ON document_note (document_number, id);
CREATE INDEX document_note_message ON document_note (message_id);
