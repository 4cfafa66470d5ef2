-- Months that a supervisor has closed: the figures and pages as they were signed, and what has changed since.
-- content is compressed. mac signs the row and every part under a key of the audit trail in force at row audit_seq.
-- change_id is the last row of late_change that was there when the figures were read.
CREATE TABLE closing (
    id INTEGER PRIMARY KEY, month TEXT NOT NULL, version INTEGER NOT NULL, from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL, as_of TEXT NOT NULL, closed_utc INTEGER NOT NULL, closed_by TEXT NOT NULL,
    reason TEXT NOT NULL, warnings TEXT NOT NULL, change_id INTEGER NOT NULL, audit_seq INTEGER NOT NULL,
    mac BLOB NOT NULL, UNIQUE (month, version));
CREATE TRIGGER closing_no_update BEFORE UPDATE ON closing
BEGIN SELECT raise(ABORT, 'A closed month is kept as it was signed: restate it.'); END;
CREATE TRIGGER closing_no_delete BEFORE DELETE ON closing
BEGIN SELECT raise(ABORT, 'A closed month is kept as it was signed.'); END;
CREATE TABLE closing_part (
    id INTEGER PRIMARY KEY, closing_id INTEGER NOT NULL REFERENCES closing (id), name TEXT NOT NULL,
    content BLOB NOT NULL, UNIQUE (closing_id, name));
CREATE TRIGGER closing_part_no_update BEFORE UPDATE ON closing_part
BEGIN SELECT raise(ABORT, 'A closed month is kept as it was signed: restate it.'); END;
CREATE TRIGGER closing_part_no_delete BEFORE DELETE ON closing_part
BEGIN SELECT raise(ABORT, 'A closed month is kept as it was signed.'); END;
-- What is known of the newest version: changed counts the changes of what it was counted from since it was last
-- compared; figures is how many differed then, maturing how many of them were bound to.
CREATE TABLE closing_state (
    month TEXT PRIMARY KEY, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,
    closing_id INTEGER NOT NULL REFERENCES closing (id), changed INTEGER NOT NULL DEFAULT 0,
    figures INTEGER NOT NULL DEFAULT 0, maturing INTEGER NOT NULL DEFAULT 0, compared_utc INTEGER NOT NULL)
    WITHOUT ROWID;
-- The words of the department beside the figures of a month. The last row is in force; blank takes it away.
CREATE TABLE remark (
    id INTEGER PRIMARY KEY, month TEXT NOT NULL, report TEXT NOT NULL, text TEXT NOT NULL, at_utc INTEGER NOT NULL,
    by TEXT NOT NULL);
CREATE INDEX remark_month ON remark (month, report, id);
CREATE TRIGGER remark_no_update BEFORE UPDATE ON remark
BEGIN SELECT raise(ABORT, 'History is only added to.'); END;
CREATE TRIGGER remark_no_delete BEFORE DELETE ON remark
BEGIN SELECT raise(ABORT, 'History is only added to.'); END;

-- Changes that may reach into closed months (midnight after the last day may still be of it), kept by triggers while
-- there are any: watched_through is the last day of
-- the latest of them. kind is the table; a movement's old and new are states, everything else is in words.
-- amendment_id is the last amendment before the change: the next one of the record says who made it.
ALTER TABLE census_state ADD COLUMN watched_through INTEGER NOT NULL DEFAULT 0;
CREATE TABLE late_change (
    id INTEGER PRIMARY KEY, at_utc INTEGER NOT NULL, kind TEXT NOT NULL, record_id INTEGER NOT NULL,
    day INTEGER NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, amendment_id INTEGER NOT NULL DEFAULT 0);
CREATE TRIGGER movement_late AFTER INSERT ON movement
WHEN (SELECT watched_through FROM census_state) > 0 AND (SELECT watched_through FROM census_state) >=
    (SELECT min(day) FROM movement WHERE encounter_id = NEW.encounter_id)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new)
        VALUES (NEW.recorded_utc, 'movement', NEW.id, NEW.day, '', NEW.state);
END;
CREATE TRIGGER movement_late_ended AFTER UPDATE OF state ON movement
WHEN (SELECT watched_through FROM census_state) > 0 AND (SELECT watched_through FROM census_state) >=
    (SELECT min(day) FROM movement WHERE encounter_id = NEW.encounter_id)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new)
        VALUES (coalesce(NEW.ended_utc, NEW.recorded_utc), 'movement', NEW.id, NEW.day, OLD.state, NEW.state);
END;
CREATE TRIGGER event_late AFTER INSERT ON event
WHEN (SELECT watched_through FROM census_state) > 0 AND (SELECT watched_through FROM census_state) >=
    min(NEW.day, coalesce((SELECT discharge_day FROM encounter WHERE id = NEW.encounter_id), NEW.day))
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new)
        VALUES (NEW.recorded_utc, 'event', NEW.id, NEW.day, '', trim(NEW.kind || ' ' || NEW.detail));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.day BETWEEN from_day AND to_day
        OR (SELECT discharge_day FROM encounter WHERE id = NEW.encounter_id) BETWEEN from_day AND to_day + 1;
END;
CREATE TRIGGER event_late_changed AFTER UPDATE OF kind, day, detail, weeks, grams, state ON event
WHEN (SELECT watched_through FROM census_state) > 0 AND (SELECT watched_through FROM census_state) >=
    min(NEW.day, coalesce((SELECT discharge_day FROM encounter WHERE id = NEW.encounter_id), NEW.day))
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'event', NEW.id, NEW.day, trim(OLD.kind || ' ' || OLD.detail),
            CASE NEW.state WHEN 'current' THEN trim(NEW.kind || ' ' || NEW.detail) ELSE '' END,
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.day BETWEEN from_day AND to_day
        OR (SELECT discharge_day FROM encounter WHERE id = NEW.encounter_id) BETWEEN from_day AND to_day + 1;
END;
CREATE TRIGGER unit_beds_late AFTER INSERT ON unit_beds
WHEN (SELECT watched_through FROM census_state) >= NEW.from_day
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'unit_beds', NEW.unit_id, NEW.from_day, '',
            NEW.beds || ' beds, ' || NEW.bassinets || ' bassinets',
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE to_day >= NEW.from_day;
END;
CREATE TRIGGER unit_beds_late_changed AFTER UPDATE ON unit_beds
WHEN (SELECT watched_through FROM census_state) >= NEW.from_day
    AND (OLD.beds, OLD.bassinets) IS NOT (NEW.beds, NEW.bassinets)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'unit_beds', NEW.unit_id, NEW.from_day,
            OLD.beds || ' beds, ' || OLD.bassinets || ' bassinets',
            NEW.beds || ' beds, ' || NEW.bassinets || ' bassinets',
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE to_day >= NEW.from_day;
END;
-- A unit that counts or no longer does, and a service that is obstetric or no longer is, are so for all days.
CREATE TRIGGER unit_late AFTER UPDATE OF counts_in_census, from_day, to_day ON unit
WHEN (SELECT watched_through FROM census_state) > 0
    AND (OLD.counts_in_census, OLD.from_day, OLD.to_day) IS NOT (NEW.counts_in_census, NEW.from_day, NEW.to_day)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'unit', NEW.id, 1,
            CASE OLD.counts_in_census WHEN 1 THEN 'counted' ELSE 'not counted' END,
            CASE NEW.counts_in_census WHEN 1 THEN 'counted' ELSE 'not counted' END,
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1;
END;
CREATE TRIGGER service_late AFTER UPDATE OF obstetric ON service
WHEN (SELECT watched_through FROM census_state) > 0 AND OLD.obstetric IS NOT NEW.obstetric
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'service', NEW.id, 1,
            CASE OLD.obstetric WHEN 1 THEN 'obstetric' ELSE 'not obstetric' END,
            CASE NEW.obstetric WHEN 1 THEN 'obstetric' ELSE 'not obstetric' END,
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1;
END;
CREATE TRIGGER weight_late AFTER UPDATE OF weight_ten_thousandths ON encounter
WHEN (SELECT watched_through FROM census_state) >= NEW.discharge_day
    AND OLD.weight_ten_thousandths IS NOT NEW.weight_ten_thousandths
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new)
        VALUES (unixepoch(), 'weight', NEW.id, NEW.discharge_day,
            coalesce(printf('%.4f', OLD.weight_ten_thousandths / 10000.0), ''),
            coalesce(printf('%.4f', NEW.weight_ten_thousandths / 10000.0), ''));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.discharge_day BETWEEN from_day AND to_day + 1;
END;
CREATE TRIGGER newborn_late AFTER UPDATE OF newborn ON encounter
WHEN (SELECT watched_through FROM census_state) >= NEW.admit_day AND OLD.newborn IS NOT NEW.newborn
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'newborn', NEW.id, NEW.admit_day,
            CASE OLD.newborn WHEN 1 THEN 'newborn' ELSE 'not newborn' END,
            CASE NEW.newborn WHEN 1 THEN 'newborn' ELSE 'not newborn' END,
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE to_day >= NEW.admit_day;
END;
-- A return after a discharge, which a later admission or a merge of charts brings about or takes away; no readmission
-- is later than 90 days.
CREATE TRIGGER return_late AFTER UPDATE OF return_day ON encounter
WHEN (SELECT watched_through FROM census_state) >= NEW.discharge_day
    AND OLD.return_day IS NOT NEW.return_day
    AND min(coalesce(OLD.return_day, 9999999), coalesce(NEW.return_day, 9999999)) <= NEW.discharge_day + 90
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new)
        VALUES (unixepoch(), 'return', NEW.id, NEW.discharge_day, coalesce(OLD.return_day, ''),
            coalesce(NEW.return_day, ''));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.discharge_day BETWEEN from_day AND to_day + 1;
END;
