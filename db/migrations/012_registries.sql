-- Accounts that case finding brought up for a registry and that somebody said are no case of it, with the reason.
CREATE TABLE not_a_case (
    id INTEGER PRIMARY KEY, data_set TEXT NOT NULL, encounter_id INTEGER NOT NULL REFERENCES encounter (id),
    reason TEXT NOT NULL, at_utc INTEGER NOT NULL, by TEXT NOT NULL, revoked_utc INTEGER,
    revoked_by TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX not_a_case_encounter ON not_a_case (data_set, encounter_id) WHERE revoked_utc IS NULL;
CREATE INDEX not_a_case_said ON not_a_case (data_set, at_utc, id);
