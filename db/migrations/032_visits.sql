-- Visits: accounts of classes E, O and OBS, coded in the data sets visit and office. Two tables that triggers keep in
-- the transaction that causes them, whoever writes: the codes as indices read them, and which visits wait for coding.

-- role: reason, dx (1 is first-listed), external, service; day and provider are those of a service.
CREATE TABLE visit_code (
    encounter_id INTEGER NOT NULL, case_id INTEGER NOT NULL, role TEXT NOT NULL, seq INTEGER NOT NULL,
    code TEXT NOT NULL, day INTEGER, provider TEXT NOT NULL, PRIMARY KEY (encounter_id, case_id, role, seq))
    WITHOUT ROWID;
CREATE INDEX visit_code_code ON visit_code (code, role, seq, encounter_id);
-- What the table must hold, from the documents.
CREATE VIEW visit_coded AS
SELECT encounter_id, case_id,
    CASE part WHEN 'reasons' THEN 'reason' WHEN 'diagnoses' THEN 'dx' WHEN 'services' THEN 'service' ELSE 'external' END
        AS role,
    seq, code,
    CASE WHEN part = 'services' AND json_extract(document, at || '.date"') GLOB '????-??-??'
        THEN CAST(julianday(json_extract(document, at || '.date"')) - 1721424.5 AS INTEGER) END AS day,
    CASE WHEN part = 'services' THEN coalesce(json_extract(document, at || '.provider"'), '') ELSE '' END AS provider
FROM (
    SELECT c.encounter_id, c.id AS case_id, c.document, substr(k.key, 1, instr(k.key, '[') - 1) AS part,
        CAST(substr(k.key, instr(k.key, '[') + 1) AS INTEGER) AS seq, k.value AS code,
        '$."' || substr(k.key, 1, instr(k.key, ']')) AS at
    FROM data_case c, json_each(c.document) k
    WHERE c.data_set IN ('visit', 'office') AND c.void_utc IS NULL AND c.encounter_id IS NOT NULL
        AND k.key GLOB '*[[]*].code' AND substr(k.key, 1, 1) <> '!')
WHERE part IN ('reasons', 'diagnoses', 'external_causes', 'services');

-- Visits whose coding is not complete, but for those that somebody abstracts: they wait in the work queue.
-- begun: it was filed, and something stands against it.
CREATE TABLE visit_wait (
    encounter_id INTEGER PRIMARY KEY, class TEXT NOT NULL, arrived_day INTEGER NOT NULL, begun INTEGER NOT NULL);
CREATE INDEX visit_wait_arrived ON visit_wait (class, arrived_day, encounter_id);
CREATE VIEW visit_now AS
SELECT e.id AS encounter_id, e.class, coalesce(e.arrived_day, 0) AS arrived_day, EXISTS (
    SELECT 1 FROM data_case b WHERE b.data_set IN ('visit', 'office') AND b.encounter_id = e.id AND b.void_utc IS NULL)
    AS begun
FROM encounter e
WHERE e.class <> 'I' AND e.state = 'active' AND NOT EXISTS (
    SELECT 1 FROM data_case c WHERE c.data_set IN ('visit', 'office', 'abstract') AND c.encounter_id = e.id
        AND c.void_utc IS NULL AND (c.status = 'complete' OR c.data_set = 'abstract'));

INSERT INTO visit_code SELECT * FROM visit_coded;
INSERT INTO visit_wait SELECT * FROM visit_now;

-- Visits that are not final billed, with the columns of work_account: kinds 2 query open, 8 to code, 16 incomplete,
-- 512 query answered (rules/work.py), or those of the work queue. discharge_day is the day on which the visit ended or, where nobody says, began;
-- arrived_day is that of the coding that waits, and after every day for what is in the work queue alone.
CREATE VIEW visit_account AS
SELECT e.id AS encounter_id, e.patient_id, e.account,
    coalesce(o.kinds, 8 * (o.begun = 0) + 16 * (o.begun = 1)
        + 2 * (e.id IN (SELECT encounter_id FROM work_query WHERE answered_utc IS NULL AND settled_utc IS NULL))
        + 512 * (e.id IN (SELECT encounter_id FROM work_query WHERE answered_utc IS NOT NULL AND settled_utc IS NULL)))
        AS kinds,
    coalesce(e.discharge_day, e.arrived_day, 0) AS discharge_day, e.discharge_day IS NULL AS unended, o.class,
    o.arrived_day,
    p.mrn, p.name_key, p.td_key, coalesce(u.code, '') AS unit, coalesce(v.code, '') AS service,
    coalesce(y.code, '') AS payer, coalesce(a.code, '') AS attending, g.cents AS value_cents,
    CASE WHEN g.cents IS NULL THEN '' ELSE 'charges' END AS value_from, coalesce(t.name, '') AS assigned,
    coalesce(h.hold_reason, '') AS hold_reason, coalesce(h.hold_until, 0) AS hold_until
FROM (
    SELECT encounter_id, class, begun, arrived_day, NULL AS kinds FROM visit_wait UNION ALL
    SELECT i.encounter_id, i.class, NULL, 3652059, i.kinds FROM work_item i WHERE i.class NOT IN ('I', 'N')
        AND i.billed = 0 AND NOT EXISTS (SELECT 1 FROM visit_wait w WHERE w.encounter_id = i.encounter_id)) o
CROSS JOIN encounter e ON e.id = o.encounter_id LEFT JOIN patient p ON p.id = e.patient_id
LEFT JOIN unit u ON u.id = e.unit_id LEFT JOIN service v ON v.id = e.service_id LEFT JOIN payer y ON y.id = e.payer_id
LEFT JOIN provider a ON a.id = e.attending_id LEFT JOIN account_charge g ON g.encounter_id = e.id
LEFT JOIN work_hand h ON h.encounter_id = e.id LEFT JOIN user t ON t.id = h.user_id;

-- To make the rows of an account anew: INSERT INTO visit_refresh.
CREATE VIEW visit_refresh AS SELECT encounter_id FROM visit_wait;
CREATE TRIGGER visit_refreshed INSTEAD OF INSERT ON visit_refresh
BEGIN
    DELETE FROM visit_wait WHERE encounter_id = NEW.encounter_id;
    INSERT INTO visit_wait SELECT * FROM visit_now WHERE encounter_id = NEW.encounter_id;
END;
CREATE TRIGGER visit_registered AFTER INSERT ON encounter WHEN NEW.class <> 'I'
BEGIN INSERT INTO visit_refresh VALUES (NEW.id); END;
CREATE TRIGGER visit_changed AFTER UPDATE OF class, state, arrived_day ON encounter
WHEN (OLD.class <> 'I' OR NEW.class <> 'I')
    AND (OLD.class, OLD.state, OLD.arrived_day) IS NOT (NEW.class, NEW.state, NEW.arrived_day)
BEGIN INSERT INTO visit_refresh VALUES (NEW.id); END;
CREATE TRIGGER visit_coding_filed AFTER INSERT ON data_case
WHEN NEW.data_set IN ('visit', 'office') AND NEW.encounter_id IS NOT NULL
BEGIN
    INSERT INTO visit_code SELECT * FROM visit_coded WHERE case_id = NEW.id;
    INSERT INTO visit_refresh VALUES (NEW.encounter_id);
END;
CREATE TRIGGER visit_coding_changed AFTER UPDATE OF document, status, void_utc, encounter_id ON data_case
WHEN NEW.data_set IN ('visit', 'office')
BEGIN
    DELETE FROM visit_code WHERE encounter_id = OLD.encounter_id AND case_id = NEW.id;
    INSERT INTO visit_code SELECT * FROM visit_coded WHERE case_id = NEW.id;
    INSERT INTO visit_refresh SELECT OLD.encounter_id WHERE OLD.encounter_id IS NOT NULL;
    INSERT INTO visit_refresh SELECT NEW.encounter_id WHERE NEW.encounter_id IS NOT OLD.encounter_id
        AND NEW.encounter_id IS NOT NULL;
END;
CREATE TRIGGER visit_abstracted AFTER INSERT ON data_case
WHEN NEW.data_set = 'abstract' AND (SELECT class FROM encounter WHERE id = NEW.encounter_id) <> 'I'
BEGIN INSERT INTO visit_refresh VALUES (NEW.encounter_id); END;
CREATE TRIGGER visit_abstract_changed AFTER UPDATE OF void_utc, encounter_id ON data_case
WHEN NEW.data_set = 'abstract' AND (OLD.void_utc, OLD.encounter_id) IS NOT (NEW.void_utc, NEW.encounter_id)
BEGIN
    INSERT INTO visit_refresh SELECT OLD.encounter_id WHERE OLD.encounter_id IS NOT NULL;
    INSERT INTO visit_refresh SELECT NEW.encounter_id WHERE NEW.encounter_id IS NOT OLD.encounter_id
        AND NEW.encounter_id IS NOT NULL;
END;
