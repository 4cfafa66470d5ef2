-- Late changes of closed months, told by what they were not told by until now: what the signed pages divide discharges
-- by (payer, age, sex, race, ethnicity, residence), admissions (point of origin) and those remaining (sex). The day is
-- that of the discharge, or of the admission; midnight after the last day may still be of the month.
CREATE TRIGGER payer_late AFTER UPDATE OF payer_id ON encounter
WHEN (SELECT watched_through FROM census_state) > 0 AND OLD.payer_id IS NOT NEW.payer_id AND NEW.class = 'I'
    AND NEW.discharge_day <= (SELECT watched_through + 1 FROM census_state)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'payer', NEW.id, NEW.discharge_day,
            coalesce((SELECT code FROM payer WHERE id = OLD.payer_id), ''),
            coalesce((SELECT code FROM payer WHERE id = NEW.payer_id), ''),
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.discharge_day BETWEEN from_day AND to_day + 1;
END;
CREATE TRIGGER origin_late AFTER UPDATE OF point_of_origin ON encounter
WHEN (SELECT watched_through FROM census_state) > 0 AND OLD.point_of_origin IS NOT NEW.point_of_origin
    AND NEW.class = 'I' AND NEW.admit_day <= (SELECT watched_through + 1 FROM census_state)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'point_of_origin', NEW.id, NEW.admit_day, OLD.point_of_origin, NEW.point_of_origin,
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.admit_day BETWEEN from_day AND to_day + 1;
END;
-- A stay that went to another person's chart, where the two differ in something that is counted by.
CREATE TRIGGER chart_late AFTER UPDATE OF patient_id ON encounter
WHEN (SELECT watched_through FROM census_state) > 0 AND OLD.patient_id IS NOT NEW.patient_id AND NEW.class = 'I'
    AND NEW.admit_day <= (SELECT watched_through + 1 FROM census_state)
    AND (SELECT birth_date || '/' || sex || '/' || race || '/' || ethnicity || '/' || upper(county) || '/'
        || substr(zip, 1, 3) FROM patient WHERE id = OLD.patient_id)
    IS NOT (SELECT birth_date || '/' || sex || '/' || race || '/' || ethnicity || '/' || upper(county) || '/'
        || substr(zip, 1, 3) FROM patient WHERE id = NEW.patient_id)
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'chart', NEW.id, coalesce(NEW.discharge_day, NEW.admit_day),
            (SELECT mrn FROM patient WHERE id = OLD.patient_id), (SELECT mrn FROM patient WHERE id = NEW.patient_id),
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1 WHERE NEW.discharge_day BETWEEN from_day AND to_day + 1
        OR NEW.admit_day <= to_day AND coalesce(NEW.discharge_day, 9999999) > to_day;
END;
-- What is amended of a patient: a row for each item and each stay that ended in watched days; another sex for those
-- that went on too, because women remaining are counted.
CREATE TRIGGER patient_late AFTER UPDATE OF birth_date, sex, race, ethnicity, county, zip ON patient
WHEN (SELECT watched_through FROM census_state) > 0
    AND (OLD.birth_date, OLD.sex, OLD.race, OLD.ethnicity, upper(OLD.county), substr(OLD.zip, 1, 3))
    IS NOT (NEW.birth_date, NEW.sex, NEW.race, NEW.ethnicity, upper(NEW.county), substr(NEW.zip, 1, 3))
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        SELECT unixepoch(), item.kind, e.id, coalesce(e.discharge_day, e.admit_day), item.old, item.new,
            (SELECT coalesce(max(id), 0) FROM amendment)
        FROM (SELECT 'birth_date' AS kind, OLD.birth_date AS old, NEW.birth_date AS new
            UNION ALL SELECT 'sex', OLD.sex, NEW.sex UNION ALL SELECT 'race', OLD.race, NEW.race
            UNION ALL SELECT 'ethnicity', OLD.ethnicity, NEW.ethnicity
            UNION ALL SELECT 'county', upper(OLD.county), upper(NEW.county)
            UNION ALL SELECT 'zip', substr(OLD.zip, 1, 3), substr(NEW.zip, 1, 3)) AS item
        CROSS JOIN encounter AS e ON e.patient_id = NEW.id AND e.class = 'I' AND e.state = 'active'
        WHERE item.old IS NOT item.new AND (e.discharge_day <= (SELECT watched_through + 1 FROM census_state)
            OR item.kind = 'sex' AND e.admit_day <= (SELECT watched_through FROM census_state));
    UPDATE closing_state SET changed = changed + 1 WHERE EXISTS (SELECT 1 FROM encounter AS e
        WHERE e.patient_id = NEW.id AND e.class = 'I' AND e.state = 'active'
        AND (e.discharge_day BETWEEN closing_state.from_day AND closing_state.to_day + 1
            OR OLD.sex IS NOT NEW.sex AND e.admit_day <= closing_state.to_day
            AND coalesce(e.discharge_day, 9999999) > closing_state.to_day));
END;
-- A payer of another class is of it for all days.
CREATE TRIGGER payer_class_late AFTER UPDATE OF class ON payer
WHEN (SELECT watched_through FROM census_state) > 0 AND OLD.class IS NOT NEW.class
BEGIN
    INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)
        VALUES (unixepoch(), 'payer_class', NEW.id, 1, OLD.class, NEW.class,
            (SELECT coalesce(max(id), 0) FROM amendment));
    UPDATE closing_state SET changed = changed + 1;
END;
