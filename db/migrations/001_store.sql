-- People, settings, locks, counters, the audit trail, imports and refused rows.
CREATE TABLE user (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL DEFAULT '',
    created_utc INTEGER NOT NULL, disabled_utc INTEGER, last_sign_on_utc INTEGER);
CREATE TABLE user_role (
    user_id INTEGER NOT NULL REFERENCES user (id), role TEXT NOT NULL, PRIMARY KEY (user_id, role))
    WITHOUT ROWID;
CREATE TABLE setting (
    name TEXT NOT NULL, from_day INTEGER NOT NULL, value TEXT NOT NULL, set_by TEXT NOT NULL,
    set_utc INTEGER NOT NULL, PRIMARY KEY (name, from_day)) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE record_lock (
    kind TEXT NOT NULL, record_id TEXT NOT NULL, user_id INTEGER NOT NULL REFERENCES user (id),
    session TEXT NOT NULL, taken_utc INTEGER NOT NULL, expires_utc INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id)) WITHOUT ROWID;
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, at_utc INTEGER NOT NULL, user TEXT NOT NULL, roles TEXT NOT NULL,
    where_from TEXT NOT NULL, session TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
    record TEXT NOT NULL, patient_id INTEGER, outcome TEXT NOT NULL, detail TEXT NOT NULL, mac BLOB NOT NULL);
CREATE INDEX audit_patient ON audit (patient_id, seq) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_user ON audit (user, seq);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'The audit trail is only added to.'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'The audit trail is only added to.'); END;
CREATE TABLE import_batch (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL,
    started_utc INTEGER NOT NULL, ended_utc INTEGER, user TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0, applied INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0,
    not_used INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,
    dry_run INTEGER NOT NULL DEFAULT 0);
CREATE TABLE refused_row (
    id INTEGER PRIMARY KEY, batch_id INTEGER NOT NULL REFERENCES import_batch (id), line INTEGER NOT NULL,
    field TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL, raw_text TEXT NOT NULL);
CREATE INDEX refused_row_batch ON refused_row (batch_id, line);
