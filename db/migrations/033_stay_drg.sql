-- DRG and category stand with the stay as its weight does: lists and mixes of stays read them without the abstract.
ALTER TABLE encounter ADD COLUMN drg TEXT NOT NULL DEFAULT '';
ALTER TABLE encounter ADD COLUMN mdc TEXT NOT NULL DEFAULT '';
UPDATE encounter SET drg = a.drg, mdc = a.mdc FROM abstract AS a
    WHERE a.encounter_id = encounter.id AND (a.drg, a.mdc) <> ('', '');
DROP TRIGGER abstract_weight_filed;
DROP TRIGGER abstract_weight_changed;
DROP TRIGGER abstract_weight_gone;
CREATE TRIGGER abstract_filed AFTER INSERT ON abstract
BEGIN
    UPDATE encounter SET (drg, mdc, weight_ten_thousandths) = (NEW.drg, NEW.mdc, NEW.weight_ten_thousandths)
    WHERE id = NEW.encounter_id;
END;
CREATE TRIGGER abstract_changed AFTER UPDATE OF encounter_id, drg, mdc, weight_ten_thousandths ON abstract
BEGIN
    UPDATE encounter SET (drg, mdc, weight_ten_thousandths) = ('', '', NULL) WHERE id = OLD.encounter_id
        AND id <> NEW.encounter_id;
    UPDATE encounter SET (drg, mdc, weight_ten_thousandths) = (NEW.drg, NEW.mdc, NEW.weight_ten_thousandths)
    WHERE id = NEW.encounter_id;
END;
CREATE TRIGGER abstract_gone AFTER DELETE ON abstract
BEGIN UPDATE encounter SET (drg, mdc, weight_ten_thousandths) = ('', '', NULL) WHERE id = OLD.encounter_id; END;
-- The deaths of a period in the units of the census, without a look at each stay.
DROP INDEX encounter_death;
CREATE INDEX encounter_death ON encounter (discharge_day, id, newborn, unit_id)
    WHERE class = 'I' AND state = 'active' AND died = 1;
