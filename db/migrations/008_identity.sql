-- Second factors (RFC 6238) with the last time step that was accepted, and SSH keys bound to users.
CREATE TABLE second_factor (
    user_id INTEGER PRIMARY KEY REFERENCES user (id), secret BLOB NOT NULL, last_step INTEGER NOT NULL);
CREATE TABLE ssh_key (
    fingerprint TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id), bound_utc INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX ssh_key_user ON ssh_key (user_id);
