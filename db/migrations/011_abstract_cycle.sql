-- Life cycle of discharge abstracts: what the feed said when one was filed, its steps, its batches, what came back.
-- All of it hangs on the record (data_case), which follows its account through merges.
CREATE TABLE abstract_cycle (
    case_id INTEGER PRIMARY KEY REFERENCES data_case (id), fed TEXT NOT NULL, heard TEXT NOT NULL,
    completed_utc INTEGER, completed_by TEXT NOT NULL DEFAULT '',
    released_utc INTEGER, released_day INTEGER, released_by TEXT NOT NULL DEFAULT '',
    transmission_id INTEGER REFERENCES abstract_transmission (id), accepted_utc INTEGER);
-- Items that a technician keyed otherwise than the feed says now; seen: somebody looked and kept what was keyed.
CREATE TABLE abstract_difference (
    case_id INTEGER NOT NULL REFERENCES data_case (id), item TEXT NOT NULL, filed TEXT NOT NULL, feed TEXT NOT NULL,
    since_utc INTEGER NOT NULL, source TEXT NOT NULL, seen_utc INTEGER, seen_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (case_id, item)) WITHOUT ROWID;
CREATE INDEX abstract_difference_waiting ON abstract_difference (since_utc, case_id, item) WHERE seen_utc IS NULL;
CREATE TABLE abstract_step (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES data_case (id), revision INTEGER NOT NULL,
    act TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT NOT NULL,
    at_utc INTEGER NOT NULL, by TEXT NOT NULL, origin TEXT NOT NULL,
    transmission_id INTEGER REFERENCES abstract_transmission (id));
CREATE INDEX abstract_step_case ON abstract_step (case_id, id);
CREATE TRIGGER abstract_step_no_update BEFORE UPDATE ON abstract_step
BEGIN SELECT raise(ABORT, 'A step of an abstract is kept as it was taken.'); END;
CREATE TRIGGER abstract_step_no_delete BEFORE DELETE ON abstract_step
BEGIN SELECT raise(ABORT, 'A step of an abstract is kept as it was taken.'); END;
-- Why an abstract came back: kind is receiver or billing. value is what the item held then; cleared when it was
-- changed, or when somebody said why it stands.
CREATE TABLE abstract_return (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES data_case (id), kind TEXT NOT NULL,
    code TEXT NOT NULL, item TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL, revision INTEGER NOT NULL,
    at_utc INTEGER NOT NULL, day INTEGER NOT NULL, by TEXT NOT NULL, origin TEXT NOT NULL,
    transmission_id INTEGER REFERENCES abstract_transmission (id),
    cleared_utc INTEGER, cleared_by TEXT NOT NULL DEFAULT '', cleared_because TEXT NOT NULL DEFAULT '');
CREATE INDEX abstract_return_waiting ON abstract_return (day, id) WHERE cleared_utc IS NULL;
CREATE INDEX abstract_return_case ON abstract_return (case_id, id);
-- A batch for the receiver. It is made of the lines in abstract_sent and can be written again byte for byte.
CREATE TABLE abstract_transmission (
    id INTEGER PRIMARY KEY, layout TEXT NOT NULL, layout_version TEXT NOT NULL, chosen_by TEXT NOT NULL,
    from_day INTEGER NOT NULL, to_day INTEGER NOT NULL, newline TEXT NOT NULL,
    records INTEGER NOT NULL DEFAULT 0, counts TEXT NOT NULL DEFAULT '{}', bytes INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '', made_utc INTEGER NOT NULL, made_by TEXT NOT NULL, closed_utc INTEGER,
    accepted INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0);
CREATE TABLE abstract_sent (
    transmission_id INTEGER NOT NULL REFERENCES abstract_transmission (id), seq INTEGER NOT NULL,
    case_id INTEGER NOT NULL REFERENCES data_case (id), revision INTEGER NOT NULL, account TEXT NOT NULL,
    correction INTEGER NOT NULL, lines BLOB NOT NULL,
    outcome TEXT NOT NULL DEFAULT '', outcome_utc INTEGER, PRIMARY KEY (transmission_id, seq));
CREATE INDEX abstract_sent_case ON abstract_sent (case_id, transmission_id);
CREATE INDEX abstract_sent_account ON abstract_sent (transmission_id, account);
CREATE TRIGGER abstract_sent_kept BEFORE UPDATE OF transmission_id, seq, case_id, revision, account, correction, lines
ON abstract_sent BEGIN SELECT raise(ABORT, 'What was sent is kept as it was.'); END;
CREATE TRIGGER abstract_sent_no_delete BEFORE DELETE ON abstract_sent
BEGIN SELECT raise(ABORT, 'What was sent is kept as it was.'); END;
