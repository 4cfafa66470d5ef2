-- Whether a patient was consulted in a stay, kept beside the day of return and the weight: a year's rates of
-- consultation are one pass over the index of discharges.
ALTER TABLE encounter ADD COLUMN consulted INTEGER NOT NULL DEFAULT 0;
UPDATE encounter SET consulted = 1 WHERE id IN (
    SELECT encounter_id FROM event WHERE kind = 'consultation' AND state = 'current');
CREATE TRIGGER consulted_told AFTER INSERT ON event WHEN NEW.kind = 'consultation' AND NEW.state = 'current'
BEGIN
    UPDATE encounter SET consulted = 1 WHERE id = NEW.encounter_id AND consulted = 0;
END;
CREATE TRIGGER consulted_changed AFTER UPDATE OF encounter_id, kind, state ON event
WHEN 'consultation' IN (OLD.kind, NEW.kind)
BEGIN
    UPDATE encounter SET consulted = now.told FROM (
        SELECT e.id, EXISTS (
            SELECT 1 FROM event WHERE encounter_id = e.id AND kind = 'consultation' AND state = 'current') AS told
        FROM encounter AS e WHERE e.id IN (OLD.encounter_id, NEW.encounter_id)) AS now
    WHERE encounter.id = now.id AND encounter.consulted <> now.told;
END;
DROP INDEX encounter_discharged;
CREATE INDEX encounter_discharged ON encounter
    (discharge_day, id, state, newborn, died, return_day, weight_ten_thousandths, consulted, admit_day, service_id,
     unit_id, los_days)
    WHERE class = 'I';
