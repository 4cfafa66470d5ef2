-- What the database knows of its own keys: the slot file's revision, and the keys that chain the audit trail.
CREATE TABLE key_state (
    id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE trail_key (
    from_seq INTEGER PRIMARY KEY, generation INTEGER NOT NULL, row_key BLOB NOT NULL, anchor_key BLOB NOT NULL);
