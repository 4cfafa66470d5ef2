-- Late changes of closed months, told by what they were not told by until now: an event that went to another account,
-- and a return within the days of the site's own table (statistics_limits, readmission_days), not of a fixed number.
ALTER TABLE census_state ADD COLUMN return_days INTEGER NOT NULL DEFAULT 90;
DROP TRIGGER event_late_changed;
CREATE TRIGGER event_late_changed AFTER UPDATE OF encounter_id, kind, day, detail, weeks, grams, state ON event
WHEN (SELECT watched_through FROM census_state) > 0 AND (SELECT watched_through FROM census_state) >=
    min(OLD.day, NEW.day, coalesce((SELECT min(discharge_day) FROM encounter
        WHERE id IN (OLD.encounter_id, NEW.encounter_id)), NEW.day))
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        SELECT unixepoch(), CASE WHEN OLD.encounter_id IS NEW.encounter_id THEN 'event' ELSE 'moved' END, NEW.id, CASE WHEN OLD.state = 'current' THEN OLD.day ELSE NEW.day END,
            trim(OLD.kind || ' ' || OLD.detail) || coalesce(' of ' || was.account, ''),
            CASE NEW.state WHEN 'current' THEN trim(NEW.kind || ' ' || NEW.detail) ELSE '' END
                || CASE WHEN was.id THEN ' of ' || coalesce(is_.account, 'none') ELSE '' END,
            (SELECT coalesce(max(id), 0) FROM amendment)
        FROM (SELECT 1) LEFT JOIN encounter was ON was.id = OLD.encounter_id AND OLD.encounter_id IS NOT NEW.encounter_id
        LEFT JOIN encounter is_ ON is_.id = NEW.encounter_id;
    -- What was of a discharge in one month may be of one in another now; told once of each.
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        SELECT at_utc, kind, record_id, was.discharge_day, old, new, amendment_id FROM late_change, encounter was
        WHERE late_change.id = last_insert_rowid() AND was.id = OLD.encounter_id
        AND OLD.encounter_id IS NOT NEW.encounter_id AND was.discharge_day IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM closing_state WHERE OLD.day BETWEEN from_day AND to_day + 1
            AND was.discharge_day BETWEEN from_day AND to_day + 1);
    UPDATE closing_state SET changed = changed + 1 WHERE OLD.day BETWEEN from_day AND to_day
        OR NEW.day BETWEEN from_day AND to_day OR EXISTS (SELECT 1 FROM encounter
            WHERE id IN (OLD.encounter_id, NEW.encounter_id) AND discharge_day BETWEEN from_day AND to_day + 1);
END;
-- A return after a discharge, which a later admission or a merge of charts brings about or takes away. return_days are
-- those of the table, the widest that was ever in force (db/statistics/limits.py).
DROP TRIGGER return_late;
CREATE TRIGGER return_late AFTER UPDATE OF return_day ON encounter
WHEN (SELECT watched_through FROM census_state) >= NEW.discharge_day
    AND OLD.return_day IS NOT NEW.return_day
    AND min(coalesce(OLD.return_day, 9999999), coalesce(NEW.return_day, 9999999))
        <= NEW.discharge_day + (SELECT return_days FROM census_state)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new)
        VALUES (unixepoch(), 'return', NEW.id, NEW.discharge_day, coalesce(OLD.return_day, ''),
            coalesce(NEW.return_day, ''));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.discharge_day BETWEEN from_day AND to_day + 1;
END;
