-- Reports that technicians write. A name is of one report in use; every version is kept as it was filed, and so is what
-- the items were called then. definition is a JSON object (rules/report_writer.py).
CREATE TABLE written_report (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, owner_id INTEGER NOT NULL REFERENCES user (id),
    shared INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL, void_utc INTEGER, void_by TEXT NOT NULL DEFAULT '',
    void_reason TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX written_report_name ON written_report (name) WHERE void_utc IS NULL;
CREATE TABLE written_report_version (
    report_id INTEGER NOT NULL REFERENCES written_report (id), version INTEGER NOT NULL, definition TEXT NOT NULL,
    shared INTEGER NOT NULL, filed_utc INTEGER NOT NULL, filed_by TEXT NOT NULL,
    PRIMARY KEY (report_id, version)) WITHOUT ROWID;
CREATE TRIGGER written_report_version_no_update BEFORE UPDATE ON written_report_version
BEGIN SELECT raise(ABORT, 'A version of a report is kept as it was filed.'); END;
CREATE TRIGGER written_report_version_no_delete BEFORE DELETE ON written_report_version
BEGIN SELECT raise(ABORT, 'A version of a report is kept as it was filed.'); END;
