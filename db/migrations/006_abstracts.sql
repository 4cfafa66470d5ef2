-- Codes of the discharge abstract as typed rows, for indices and case mix; the abstract's document is the record.
CREATE TABLE abstract (
    encounter_id INTEGER PRIMARY KEY REFERENCES encounter (id), case_id INTEGER NOT NULL REFERENCES data_case (id),
    drg TEXT NOT NULL DEFAULT '', mdc TEXT NOT NULL DEFAULT '', drg_version TEXT NOT NULL DEFAULT '',
    weight_ten_thousandths INTEGER);
CREATE INDEX abstract_drg ON abstract (drg, encounter_id);
CREATE TRIGGER abstract_weight_filed AFTER INSERT ON abstract
BEGIN UPDATE encounter SET weight_ten_thousandths = NEW.weight_ten_thousandths WHERE id = NEW.encounter_id; END;
CREATE TRIGGER abstract_weight_changed AFTER UPDATE OF encounter_id, weight_ten_thousandths ON abstract
BEGIN
    UPDATE encounter SET weight_ten_thousandths = NULL WHERE id = OLD.encounter_id;
    UPDATE encounter SET weight_ten_thousandths = NEW.weight_ten_thousandths WHERE id = NEW.encounter_id;
END;
CREATE TRIGGER abstract_weight_gone AFTER DELETE ON abstract
BEGIN UPDATE encounter SET weight_ten_thousandths = NULL WHERE id = OLD.encounter_id; END;
CREATE TABLE diagnosis (
    encounter_id INTEGER NOT NULL REFERENCES encounter (id), role TEXT NOT NULL, seq INTEGER NOT NULL,
    code TEXT NOT NULL, poa TEXT NOT NULL DEFAULT '', PRIMARY KEY (encounter_id, role, seq)) WITHOUT ROWID;
CREATE INDEX diagnosis_code ON diagnosis (code, role, seq, encounter_id);
CREATE TABLE procedure (
    encounter_id INTEGER NOT NULL REFERENCES encounter (id), seq INTEGER NOT NULL, code TEXT NOT NULL,
    performed_day INTEGER, surgeon TEXT NOT NULL DEFAULT '', anesthesia TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (encounter_id, seq)) WITHOUT ROWID;
CREATE INDEX procedure_code ON procedure (code, encounter_id);
