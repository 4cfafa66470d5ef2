-- Hypothetical patients that somebody keeps for the DRG calculator: codes, age, sex, disposition as JSON. No patients
-- of the hospital: nobody else sees them, and nothing else reads them.
CREATE TABLE hypothetical (
    user_id INTEGER NOT NULL REFERENCES user (id), name TEXT NOT NULL, document TEXT NOT NULL,
    kept_utc INTEGER NOT NULL, PRIMARY KEY (user_id, name)) WITHOUT ROWID;
