-- Release of information: requests and their events, releases, suspensions of their accounting.

-- A request as it stands. due_day 3652059 (9999-12-31): no clock sets a day, or it stands still.
CREATE TABLE request (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE,
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    requester_name TEXT NOT NULL DEFAULT '', requester_kind TEXT NOT NULL DEFAULT '',
    requester_address TEXT NOT NULL DEFAULT '', authority TEXT NOT NULL DEFAULT '',
    purpose TEXT NOT NULL DEFAULT '', parts TEXT NOT NULL DEFAULT '',
    service_from TEXT NOT NULL DEFAULT '', service_to TEXT NOT NULL DEFAULT '',
    received_on TEXT NOT NULL, received_by_method TEXT NOT NULL DEFAULT '',
    authorization_signed_on TEXT NOT NULL DEFAULT '', authorization_expires_on TEXT NOT NULL DEFAULT '',
    identity_verified TEXT NOT NULL DEFAULT '', pages INTEGER, fee_cents INTEGER,
    note TEXT NOT NULL DEFAULT '', document TEXT NOT NULL DEFAULT '{}', dictionary TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL, is_open INTEGER NOT NULL, due_day INTEGER NOT NULL DEFAULT 3652059,
    due_clock TEXT NOT NULL DEFAULT '', received_day INTEGER NOT NULL,
    created_utc INTEGER NOT NULL, created_by TEXT NOT NULL, changed_utc INTEGER NOT NULL,
    changed_by TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1);
CREATE INDEX request_open ON request (due_day, id, status) WHERE is_open = 1;
CREATE INDEX request_due ON request (due_day, id);
CREATE INDEX request_received ON request (received_day, id);
CREATE INDEX request_status ON request (status, due_day, id);
CREATE INDEX request_patient ON request (patient_id, id);
CREATE TRIGGER request_no_delete BEFORE DELETE ON request
BEGIN SELECT raise(ABORT, 'A request is never deleted: withdraw or close it.'); END;
CREATE TRIGGER request_no_replace BEFORE INSERT ON request
WHEN EXISTS (SELECT 1 FROM request WHERE id = NEW.id OR number = NEW.number)
BEGIN SELECT raise(ABORT, 'A request is never replaced: amend it.'); END;

-- What happened to a request. Rows are only ever added; receipt, clock start and first complete happen once.
CREATE TABLE request_event (
    id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL REFERENCES request (id), kind TEXT NOT NULL,
    day INTEGER NOT NULL, at_utc INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL);
CREATE INDEX request_event_request ON request_event (request_id, id);
CREATE UNIQUE INDEX request_event_once ON request_event (request_id, kind)
    WHERE kind IN ('RECEIVED', 'CLOCK_START', 'FIRST_COMPLETE');
CREATE TRIGGER request_event_no_update BEFORE UPDATE ON request_event
BEGIN SELECT raise(ABORT, 'Events are written once.'); END;
CREATE TRIGGER request_event_no_delete BEFORE DELETE ON request_event
BEGIN SELECT raise(ABORT, 'Events are written once.'); END;
CREATE TRIGGER request_event_no_replace BEFORE INSERT ON request_event
WHEN EXISTS (SELECT 1 FROM request_event WHERE id = NEW.id OR (request_id = NEW.request_id
    AND kind = NEW.kind AND kind IN ('RECEIVED', 'CLOCK_START', 'FIRST_COMPLETE')))
BEGIN SELECT raise(ABORT, 'Events are written once.'); END;

-- Every release, for ever as it was written. A correction is a further version that points back; the version
-- to which nothing points holds. Versions share their number, so that a suspension follows a correction.
CREATE TABLE release (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL, version INTEGER NOT NULL,
    supersedes_id INTEGER UNIQUE REFERENCES release (id), superseding_reason TEXT NOT NULL DEFAULT '',
    entered_in_error INTEGER NOT NULL DEFAULT 0,
    request_id INTEGER NOT NULL REFERENCES request (id),
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    released_utc INTEGER NOT NULL, released_offset INTEGER NOT NULL, released_day INTEGER NOT NULL,
    recipient_name TEXT NOT NULL, recipient_address TEXT NOT NULL, what TEXT NOT NULL, parts TEXT NOT NULL,
    purpose TEXT NOT NULL, authority TEXT NOT NULL, medium TEXT NOT NULL, pages INTEGER NOT NULL,
    note TEXT NOT NULL, released_by TEXT NOT NULL,
    facility_kind TEXT NOT NULL, entitlement TEXT NOT NULL, exception_reason TEXT NOT NULL DEFAULT '',
    pa_accountable INTEGER NOT NULL, hipaa_accountable INTEGER NOT NULL, part2_accountable INTEGER NOT NULL,
    pa_b7 INTEGER NOT NULL, suspendable INTEGER NOT NULL,
    recorded_utc INTEGER NOT NULL, recorded_by TEXT NOT NULL,
    UNIQUE (number, version));
CREATE INDEX release_patient ON release (patient_id, released_day, id);
CREATE INDEX release_request ON release (request_id, id);
CREATE TRIGGER release_no_update BEFORE UPDATE ON release
BEGIN SELECT raise(ABORT, 'A release is never edited: supersede it.'); END;
CREATE TRIGGER release_no_delete BEFORE DELETE ON release
BEGIN SELECT raise(ABORT, 'A release is never deleted: supersede it.'); END;
CREATE TRIGGER release_no_replace BEFORE INSERT ON release
WHEN EXISTS (SELECT 1 FROM release WHERE id = NEW.id OR supersedes_id = NEW.supersedes_id
    OR (number = NEW.number AND version = NEW.version))
BEGIN SELECT raise(ABORT, 'A release is never replaced: supersede the version that holds.'); END;
CREATE TRIGGER release_chain BEFORE INSERT ON release
WHEN (NEW.supersedes_id IS NULL AND NEW.version <> 1)
    OR (NEW.supersedes_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM release WHERE id = NEW.supersedes_id
        AND number = NEW.number AND version = NEW.version - 1 AND request_id = NEW.request_id
        AND patient_id = NEW.patient_id))
BEGIN SELECT raise(ABORT, 'A version of a release follows the one that it supersedes.'); END;

-- An agency has said that the accounting of a release would impede it: 45 CFR 164.528(a)(2).
CREATE TABLE suspension (
    id INTEGER PRIMARY KEY, release_number TEXT NOT NULL, kind TEXT NOT NULL,
    from_day INTEGER NOT NULL, until_day INTEGER NOT NULL,
    agency TEXT NOT NULL, official TEXT NOT NULL, statement TEXT NOT NULL,
    recorded_utc INTEGER NOT NULL, recorded_by TEXT NOT NULL);
CREATE INDEX suspension_release ON suspension (release_number, until_day);
CREATE TRIGGER suspension_no_update BEFORE UPDATE ON suspension
BEGIN SELECT raise(ABORT, 'A suspension is never edited: record a further one.'); END;
CREATE TRIGGER suspension_no_delete BEFORE DELETE ON suspension
BEGIN SELECT raise(ABORT, 'A suspension is never deleted.'); END;
CREATE TRIGGER suspension_no_replace BEFORE INSERT ON suspension
WHEN EXISTS (SELECT 1 FROM suspension WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'A suspension is never replaced.'); END;
