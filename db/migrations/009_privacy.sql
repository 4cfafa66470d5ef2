-- What the privacy officer works with: sensitive charts, who a user is as a patient, alerts to be reviewed.
CREATE TABLE sensitive_patient (
    patient_id INTEGER PRIMARY KEY REFERENCES patient (id), class TEXT NOT NULL, reason TEXT NOT NULL,
    marked_utc INTEGER NOT NULL, marked_by TEXT NOT NULL);
CREATE TABLE user_patient (
    user_id INTEGER PRIMARY KEY REFERENCES user (id), patient_id INTEGER NOT NULL REFERENCES patient (id));
CREATE INDEX user_patient_patient ON user_patient (patient_id);
CREATE TABLE privacy_alert (
    id INTEGER PRIMARY KEY, at_utc INTEGER NOT NULL, action TEXT NOT NULL, user TEXT NOT NULL,
    where_from TEXT NOT NULL, session TEXT NOT NULL, patient_id INTEGER NOT NULL REFERENCES patient (id),
    class TEXT NOT NULL, reason TEXT NOT NULL,
    reviewed_utc INTEGER, reviewed_by TEXT NOT NULL DEFAULT '', review TEXT NOT NULL DEFAULT '');
CREATE INDEX privacy_alert_waiting ON privacy_alert (id) WHERE reviewed_utc IS NULL;
CREATE INDEX privacy_alert_patient ON privacy_alert (patient_id, id);
CREATE TRIGGER privacy_alert_kept BEFORE UPDATE OF id, at_utc, action, user, class, reason ON privacy_alert
BEGIN SELECT raise(ABORT, 'An alert is kept as it was raised.'); END;
CREATE TRIGGER privacy_alert_no_delete BEFORE DELETE ON privacy_alert
BEGIN SELECT raise(ABORT, 'Alerts are kept.'); END;
CREATE INDEX audit_at ON audit (at_utc, seq);
