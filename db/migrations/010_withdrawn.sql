-- A chart that was registered in error is void with a reason, and found with that warning; its number is not given again.
ALTER TABLE patient ADD COLUMN void_utc INTEGER;
ALTER TABLE patient ADD COLUMN void_reason TEXT NOT NULL DEFAULT '';
-- An account that comes for it, from a feed or a file, brings it back: somebody is there after all.
CREATE TRIGGER patient_there_after_all AFTER INSERT ON encounter
WHEN EXISTS (SELECT 1 FROM patient WHERE id = NEW.patient_id AND void_utc IS NOT NULL)
BEGIN
    INSERT INTO amendment (kind, record_id, field, old, new, at_utc, by, origin)
        SELECT 'patient', id, 'registered in error', void_reason, '', NEW.created_utc, '', 'account ' || NEW.account
        FROM patient WHERE id = NEW.patient_id;
    UPDATE patient SET void_utc = NULL, void_reason = '', version = version + 1 WHERE id = NEW.patient_id;
END;
