-- Records of data dictionaries, every version they were filed in, and their items as lists and reports read them.
CREATE TABLE data_case (
    id INTEGER PRIMARY KEY, data_set TEXT NOT NULL, version TEXT NOT NULL, number TEXT NOT NULL,
    patient_id INTEGER NOT NULL REFERENCES patient (id), encounter_id INTEGER REFERENCES encounter (id),
    status TEXT NOT NULL, document TEXT NOT NULL, revision INTEGER NOT NULL,
    created_utc INTEGER NOT NULL, filed_utc INTEGER NOT NULL, filed_by TEXT NOT NULL,
    void_utc INTEGER, void_reason TEXT NOT NULL DEFAULT '', UNIQUE (data_set, number));
CREATE UNIQUE INDEX data_case_encounter ON data_case (data_set, encounter_id)
    WHERE encounter_id IS NOT NULL AND void_utc IS NULL;
CREATE INDEX data_case_patient ON data_case (patient_id, data_set);
CREATE INDEX data_case_status ON data_case (data_set, status, filed_utc, id) WHERE void_utc IS NULL;
CREATE INDEX data_case_filed ON data_case (data_set, filed_utc, id) WHERE void_utc IS NULL;
CREATE TABLE case_revision (
    case_id INTEGER NOT NULL REFERENCES data_case (id), revision INTEGER NOT NULL, version TEXT NOT NULL,
    document TEXT NOT NULL, status TEXT NOT NULL, filed_utc INTEGER NOT NULL, filed_by TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (case_id, revision)) WITHOUT ROWID;
CREATE TRIGGER case_revision_no_update BEFORE UPDATE ON case_revision
BEGIN SELECT raise(ABORT, 'What was filed is kept as it was.'); END;
CREATE TRIGGER case_revision_no_delete BEFORE DELETE ON case_revision
BEGIN SELECT raise(ABORT, 'What was filed is kept as it was.'); END;
CREATE TABLE case_item (
    case_id INTEGER NOT NULL REFERENCES data_case (id), item TEXT NOT NULL, seq INTEGER NOT NULL,
    text TEXT NOT NULL, number REAL, day INTEGER, null_code TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (case_id, item, seq)) WITHOUT ROWID;
CREATE INDEX case_item_text ON case_item (item, text);
CREATE INDEX case_item_day ON case_item (item, day) WHERE day IS NOT NULL;
