-- Reviews: plans with the sample that they drew, second abstractions, where the two differ and how that was settled,
-- and the answers of worksheets.
CREATE TABLE review_plan (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, data_set TEXT NOT NULL,
    title TEXT NOT NULL, from_day INTEGER, to_day INTEGER, filters TEXT NOT NULL, method TEXT NOT NULL,
    size TEXT NOT NULL, per_person INTEGER NOT NULL, seed TEXT NOT NULL, population INTEGER NOT NULL,
    drawn_utc INTEGER NOT NULL, drawn_by TEXT NOT NULL);
CREATE TABLE reviewed_record (
    id INTEGER PRIMARY KEY, plan_id INTEGER NOT NULL REFERENCES review_plan (id), number TEXT NOT NULL UNIQUE,
    case_id INTEGER REFERENCES data_case (id), encounter_id INTEGER REFERENCES encounter (id),
    revision INTEGER NOT NULL, person TEXT NOT NULL, reviewer TEXT NOT NULL DEFAULT '', status TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '', document TEXT NOT NULL DEFAULT '', filed_utc INTEGER,
    first_drg TEXT NOT NULL DEFAULT '', second_drg TEXT NOT NULL DEFAULT '', final_drg TEXT NOT NULL DEFAULT '',
    seen_utc INTEGER, reason TEXT NOT NULL DEFAULT '');
CREATE INDEX reviewed_record_plan ON reviewed_record (plan_id, status);
CREATE INDEX reviewed_record_status ON reviewed_record (status, id);
CREATE INDEX reviewed_record_case ON reviewed_record (case_id, revision) WHERE case_id IS NOT NULL;
CREATE INDEX reviewed_record_person ON reviewed_record (person, status, id);
CREATE INDEX reviewed_record_encounter ON reviewed_record (encounter_id) WHERE encounter_id IS NOT NULL;
CREATE TABLE review_difference (
    id INTEGER PRIMARY KEY, reviewed_id INTEGER NOT NULL REFERENCES reviewed_record (id), item TEXT NOT NULL,
    first_row INTEGER NOT NULL, second_row INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
    category TEXT NOT NULL, decision TEXT NOT NULL DEFAULT '', comment TEXT NOT NULL DEFAULT '',
    by TEXT NOT NULL DEFAULT '', at_utc INTEGER);
CREATE INDEX review_difference_reviewed ON review_difference (reviewed_id);
CREATE TABLE review_answer (
    id INTEGER PRIMARY KEY, reviewed_id INTEGER NOT NULL REFERENCES reviewed_record (id), element TEXT NOT NULL,
    answer TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '', by TEXT NOT NULL, at_utc INTEGER NOT NULL,
    UNIQUE (reviewed_id, element));
