-- How the workstation behaves for one person: what differs from the usual.
CREATE TABLE user_habit (
    user_id INTEGER NOT NULL REFERENCES user (id), name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (user_id, name)) WITHOUT ROWID;
