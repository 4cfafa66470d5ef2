-- Jobs that run by themselves: what (a kind of job or a report), when, for whom, and where its pages go. What is asked
-- for is a JSON object. since_utc: due times before it are not caught up.
CREATE TABLE job (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, what TEXT NOT NULL, due_at TEXT NOT NULL,
    parameters TEXT NOT NULL DEFAULT '{}', sink TEXT NOT NULL DEFAULT '', owner_id INTEGER NOT NULL REFERENCES user (id),
    active INTEGER NOT NULL DEFAULT 1, since_utc INTEGER NOT NULL, version INTEGER NOT NULL, filed_by TEXT NOT NULL,
    filed_utc INTEGER NOT NULL);

-- Every run. While outcome is blank it is under way, or was cut short. steps (JSON) are those that are done: a further
-- attempt for the same due time goes on after them. No patient stands in a sentence.
CREATE TABLE job_run (
    id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES job (id), due_utc INTEGER NOT NULL,
    attempt INTEGER NOT NULL, started_utc INTEGER NOT NULL, ended_utc INTEGER, outcome TEXT NOT NULL DEFAULT '',
    sentence TEXT NOT NULL DEFAULT '', rows INTEGER NOT NULL DEFAULT 0, missed INTEGER NOT NULL DEFAULT 0,
    steps TEXT NOT NULL DEFAULT '[]', run_by TEXT NOT NULL);
CREATE INDEX job_run_job ON job_run (job_id, id);
