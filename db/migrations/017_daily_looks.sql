-- Charts that each user looked at on each day that is over, counted from the audit trail: what is usual for a user.
CREATE TABLE daily_looks (
    day INTEGER NOT NULL, user TEXT NOT NULL, roles TEXT NOT NULL, patients INTEGER NOT NULL,
    first_utc INTEGER NOT NULL, minutes TEXT NOT NULL, PRIMARY KEY (day, user, roles)) WITHOUT ROWID;
