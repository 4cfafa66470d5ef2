-- The work queue: one row for each discharge that somebody has to do something about, kept by triggers in the same
-- transaction as what causes it. What a row says is declared once, in the view work_account; work_now is what the
-- table must hold. Every trigger puts the account into the view work_refresh, which makes its row anew.

-- What people decided about an account: who has it, why it is on hold and until which day, and how many errors stood
-- when its abstract was last filed. hold_until 3652059 (9999-12-31): until somebody takes it off.
CREATE TABLE work_hand (
    encounter_id INTEGER PRIMARY KEY REFERENCES encounter (id), user_id INTEGER REFERENCES user (id),
    assigned_utc INTEGER, assigned_by TEXT NOT NULL DEFAULT '', hold_reason TEXT NOT NULL DEFAULT '',
    hold_until INTEGER NOT NULL DEFAULT 0, held_utc INTEGER, held_by TEXT NOT NULL DEFAULT '',
    errors INTEGER NOT NULL DEFAULT 0);
CREATE TABLE work_note (
    id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounter (id), at_utc INTEGER NOT NULL,
    by TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX work_note_account ON work_note (encounter_id, id);
CREATE TRIGGER work_note_no_update BEFORE UPDATE OF id, at_utc, by, text ON work_note
BEGIN SELECT raise(ABORT, 'A note is kept as it was written.'); END;
CREATE TRIGGER work_note_no_delete BEFORE DELETE ON work_note
BEGIN SELECT raise(ABORT, 'A note is kept as it was written.'); END;
-- Questions to physicians. Answered ones are work until the abstract is filed again, or somebody has seen to them.
CREATE TABLE work_query (
    id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounter (id), provider TEXT NOT NULL DEFAULT '',
    question TEXT NOT NULL, asked_utc INTEGER NOT NULL, asked_day INTEGER NOT NULL, asked_by TEXT NOT NULL,
    answer TEXT NOT NULL DEFAULT '', answered_utc INTEGER, answered_day INTEGER, answered_by TEXT NOT NULL DEFAULT '',
    settled_utc INTEGER);
CREATE INDEX work_query_account ON work_query (encounter_id, id);
-- What the account is charged, as another system says.
CREATE TABLE account_charge (
    encounter_id INTEGER PRIMARY KEY REFERENCES encounter (id), cents INTEGER NOT NULL, at_utc INTEGER NOT NULL,
    by TEXT NOT NULL, origin TEXT NOT NULL);
-- A person's own filters by name; the one without a name is what the queue opens with.
CREATE TABLE work_preset (
    user_id INTEGER NOT NULL REFERENCES user (id), name TEXT NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (user_id, name)) WITHOUT ROWID;
-- Time at records, from the first touch to leaving or filing, idle time left out.
CREATE TABLE work_time (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id), data_set TEXT NOT NULL,
    record TEXT NOT NULL, day INTEGER NOT NULL, began_utc INTEGER NOT NULL, ended_utc INTEGER NOT NULL,
    seconds INTEGER NOT NULL, revision INTEGER, status TEXT NOT NULL DEFAULT '');
CREATE INDEX work_time_day ON work_time (day, user_id, data_set, revision, seconds);
CREATE INDEX work_time_record ON work_time (data_set, record, user_id);

-- kinds is a sum (rules/work.py): 1 to release, 2 query open, 4 to abstract, 8 to code, 16 incomplete, 32 reopened by a
-- late change, 64 returned by billing, 128 rejected by the receiver, 256 feed differs, 512 query answered. From 4 on
-- there is something to be keyed. since_day: since when the latest of it waits. billed: released or gone.
-- value_order sorts the greatest value first and what has none last, standing by status and then most errors first.
CREATE TABLE work_item (
    encounter_id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL, account TEXT NOT NULL,
    kinds INTEGER NOT NULL, since_day INTEGER NOT NULL, discharge_day INTEGER NOT NULL, class TEXT NOT NULL,
    mrn TEXT NOT NULL, name_key TEXT NOT NULL, td_key TEXT NOT NULL, md_key TEXT NOT NULL, unit TEXT NOT NULL,
    service TEXT NOT NULL, payer TEXT NOT NULL, attending TEXT NOT NULL, status TEXT NOT NULL,
    errors INTEGER NOT NULL, billed INTEGER NOT NULL, value_cents INTEGER, value_from TEXT NOT NULL,
    value_order INTEGER NOT NULL, standing INTEGER NOT NULL, assigned_id INTEGER, assigned TEXT NOT NULL,
    hold_reason TEXT NOT NULL, hold_until INTEGER NOT NULL);
-- How many rows have the same kinds and the same days: menu and desk read this.
CREATE TABLE work_tally (
    kinds INTEGER NOT NULL, since_day INTEGER NOT NULL, items INTEGER NOT NULL, PRIMARY KEY (kinds, since_day))
    WITHOUT ROWID;

CREATE VIEW work_account AS
SELECT encounter_id, patient_id, account,
    CASE WHEN active THEN
        (status = 'complete') + 2 * (asked > 0) + 4 * (class = 'I' AND case_id IS NULL AND abstracted_day IS NULL)
        + 8 * (class = 'I' AND coded_day IS NULL) + 16 * (status = 'open')
        + 32 * (status = 'open' AND changed_utc IS NOT NULL) + 64 * (billing > 0) + 128 * (receiver > 0)
        + 256 * (differs_utc IS NOT NULL) + 512 * (answered_day IS NOT NULL)
    ELSE 0 END AS kinds,
    coalesce(returned_day, CASE status WHEN 'open' THEN (changed_utc + zone_s) / 86400 + 719163 END, answered_day,
        CASE WHEN status NOT IN ('', 'open') THEN (differs_utc + zone_s) / 86400 + 719163 END, discharge_day) AS since_day,
    discharge_day, CASE WHEN newborn AND class = 'I' THEN 'N' ELSE class END AS class, mrn, name_key, td_key, md_key,
    unit, service, payer, attending, status, errors + billing + receiver AS errors,
    status IN ('released', 'transmitted') AS billed, coalesce(charge, expected) AS value_cents,
    CASE WHEN charge IS NOT NULL THEN 'charges' WHEN expected IS NOT NULL THEN 'expected' ELSE '' END AS value_from,
    coalesce(-coalesce(charge, expected), 1) AS value_order,
    CASE status WHEN 'open' THEN 0 WHEN '' THEN 1 WHEN 'complete' THEN 2 WHEN 'released' THEN 3 ELSE 4 END * 100000
        + 99999 - min(errors + billing + receiver, 99999) AS standing,
    assigned_id, assigned, hold_reason, hold_until
FROM (
    SELECT e.id AS encounter_id, e.patient_id, e.account, e.class, e.newborn, e.abstracted_day, e.coded_day,
        e.state = 'active' AND e.discharge_day IS NOT NULL AS active, e.discharge_day,
        coalesce(e.discharged_offset, 0) * 60 AS zone_s, p.mrn, p.name_key, p.td_key, p.md_key,
        coalesce(u.code, '') AS unit, coalesce(v.code, '') AS service, coalesce(y.code, '') AS payer,
        coalesce(a.code, '') AS attending, c.id AS case_id, coalesce(c.status, '') AS status,
        CASE c.status WHEN 'open' THEN coalesce(h.errors, 0) ELSE 0 END AS errors,
        (SELECT max(s.at_utc) FROM abstract_step s WHERE s.case_id = c.id AND s.act = 'change' AND s.after = 'open'
            AND s.id > coalesce((SELECT max(t.id) FROM abstract_step t WHERE t.case_id = c.id AND t.after <> 'open'), 0)
        ) AS changed_utc,
        (SELECT count(*) FROM abstract_return WHERE case_id = c.id AND kind = 'billing' AND cleared_utc IS NULL)
            AS billing,
        (SELECT count(*) FROM abstract_return WHERE case_id = c.id AND kind <> 'billing' AND cleared_utc IS NULL)
            AS receiver,
        (SELECT min(day) FROM abstract_return WHERE case_id = c.id AND cleared_utc IS NULL) AS returned_day,
        (SELECT min(since_utc) FROM abstract_difference WHERE case_id = c.id AND seen_utc IS NULL) AS differs_utc,
        (SELECT count(*) FROM work_query WHERE encounter_id = e.id AND answered_utc IS NULL AND settled_utc IS NULL)
            AS asked,
        (SELECT min(answered_day) FROM work_query WHERE encounter_id = e.id AND settled_utc IS NULL) AS answered_day,
        (SELECT cents FROM account_charge WHERE encounter_id = e.id) AS charge,
        CASE WHEN e.weight_ten_thousandths IS NOT NULL THEN (
            SELECT (CAST(replace(value, '.', '') AS INTEGER) * e.weight_ten_thousandths + 5000) / 10000 FROM setting
            WHERE name = 'drg_base_rate' AND value <> '' AND from_day <= e.discharge_day ORDER BY from_day DESC LIMIT 1)
        END AS expected,
        h.user_id AS assigned_id, coalesce((SELECT name FROM user WHERE id = h.user_id), '') AS assigned,
        coalesce(h.hold_reason, '') AS hold_reason, coalesce(h.hold_until, 0) AS hold_until
    FROM encounter e JOIN patient p ON p.id = e.patient_id
    LEFT JOIN data_case c ON c.data_set = 'abstract' AND c.encounter_id = e.id AND c.void_utc IS NULL
    LEFT JOIN unit u ON u.id = e.unit_id LEFT JOIN service v ON v.id = e.service_id
    LEFT JOIN payer y ON y.id = e.payer_id LEFT JOIN provider a ON a.id = e.attending_id
    LEFT JOIN work_hand h ON h.encounter_id = e.id);
CREATE VIEW work_now AS SELECT * FROM work_account WHERE kinds > 0;

INSERT INTO work_item SELECT * FROM work_now;
INSERT INTO work_tally SELECT kinds, since_day, count(*) FROM work_item GROUP BY kinds, since_day;
CREATE INDEX work_item_discharged ON work_item (discharge_day, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_since ON work_item (since_day, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_account ON work_item (account, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_mrn ON work_item (mrn, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_name ON work_item (name_key, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_td ON work_item (td_key, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_md ON work_item (md_key, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_unit ON work_item (unit, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_service ON work_item (service, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_payer ON work_item (payer, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_attending ON work_item (attending, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_value ON work_item (value_order, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_standing ON work_item (standing, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_assigned ON work_item (assigned, encounter_id) WHERE kinds >= 4;
CREATE INDEX work_item_patient ON work_item (patient_id);
CREATE INDEX work_item_held ON work_item (hold_until, kinds, since_day) WHERE hold_until > 0;
CREATE INDEX work_item_mine ON work_item (assigned_id, kinds, since_day) WHERE assigned_id IS NOT NULL;

CREATE TRIGGER work_item_counted AFTER INSERT ON work_item
BEGIN
    INSERT INTO work_tally VALUES (NEW.kinds, NEW.since_day, 1)
        ON CONFLICT (kinds, since_day) DO UPDATE SET items = items + 1;
END;
CREATE TRIGGER work_item_gone AFTER DELETE ON work_item
BEGIN
    UPDATE work_tally SET items = items - 1 WHERE kinds = OLD.kinds AND since_day = OLD.since_day;
    DELETE FROM work_tally WHERE kinds = OLD.kinds AND since_day = OLD.since_day AND items = 0;
END;

-- To make the row of an account anew: INSERT INTO work_refresh.
CREATE VIEW work_refresh AS SELECT encounter_id FROM work_item;
CREATE TRIGGER work_refreshed INSTEAD OF INSERT ON work_refresh
BEGIN
    DELETE FROM work_item WHERE encounter_id = NEW.encounter_id;
    INSERT INTO work_item SELECT * FROM work_now WHERE encounter_id = NEW.encounter_id;
END;

CREATE TRIGGER work_discharged AFTER INSERT ON encounter WHEN NEW.class = 'I' AND NEW.discharge_day IS NOT NULL
BEGIN INSERT INTO work_refresh VALUES (NEW.id); END;
CREATE TRIGGER work_account_changed AFTER UPDATE OF account, patient_id, class, newborn, state, discharged_offset,
    discharge_day, unit_id, service_id, attending_id, payer_id, abstracted_day, coded_day, weight_ten_thousandths
ON encounter
WHEN coalesce(NEW.discharge_day, OLD.discharge_day) IS NOT NULL AND
    (OLD.account, OLD.patient_id, OLD.class, OLD.newborn, OLD.state, OLD.discharged_offset, OLD.discharge_day,
     OLD.unit_id, OLD.service_id, OLD.attending_id, OLD.payer_id, OLD.abstracted_day, OLD.coded_day,
     OLD.weight_ten_thousandths)
    IS NOT (NEW.account, NEW.patient_id, NEW.class, NEW.newborn, NEW.state, NEW.discharged_offset, NEW.discharge_day,
     NEW.unit_id, NEW.service_id, NEW.attending_id, NEW.payer_id, NEW.abstracted_day, NEW.coded_day,
     NEW.weight_ten_thousandths)
BEGIN INSERT INTO work_refresh VALUES (NEW.id); END;
CREATE TRIGGER work_abstract_filed AFTER INSERT ON data_case
WHEN NEW.data_set = 'abstract' AND NEW.encounter_id IS NOT NULL
BEGIN INSERT INTO work_refresh VALUES (NEW.encounter_id); END;
CREATE TRIGGER work_abstract_changed AFTER UPDATE OF status, void_utc, encounter_id ON data_case
WHEN NEW.data_set = 'abstract' AND (OLD.status, OLD.void_utc, OLD.encounter_id)
    IS NOT (NEW.status, NEW.void_utc, NEW.encounter_id)
BEGIN
    INSERT INTO work_refresh SELECT OLD.encounter_id WHERE OLD.encounter_id IS NOT NULL;
    INSERT INTO work_refresh SELECT NEW.encounter_id WHERE NEW.encounter_id IS NOT OLD.encounter_id
        AND NEW.encounter_id IS NOT NULL;
END;
CREATE TRIGGER work_step_taken AFTER INSERT ON abstract_step
BEGIN
    UPDATE work_query SET settled_utc = NEW.at_utc WHERE NEW.act IN ('file', 'complete') AND answered_utc IS NOT NULL
        AND settled_utc IS NULL AND encounter_id = (SELECT encounter_id FROM data_case WHERE id = NEW.case_id);
    INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = NEW.case_id AND encounter_id IS NOT NULL;
END;
CREATE TRIGGER work_returned AFTER INSERT ON abstract_return
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = NEW.case_id; END;
CREATE TRIGGER work_return_cleared AFTER UPDATE OF cleared_utc ON abstract_return
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = NEW.case_id; END;
CREATE TRIGGER work_differs AFTER INSERT ON abstract_difference
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = NEW.case_id; END;
CREATE TRIGGER work_difference_seen AFTER UPDATE OF seen_utc, since_utc ON abstract_difference
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = NEW.case_id; END;
CREATE TRIGGER work_differs_no_more AFTER DELETE ON abstract_difference
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = OLD.case_id; END;
CREATE TRIGGER work_hand_begun AFTER INSERT ON work_hand
BEGIN INSERT INTO work_refresh VALUES (NEW.encounter_id); END;
-- Two accounts that are put together, or taken apart again, change both.
CREATE TRIGGER work_hand_changed AFTER UPDATE ON work_hand
BEGIN
    INSERT INTO work_refresh VALUES (NEW.encounter_id);
    INSERT INTO work_refresh SELECT OLD.encounter_id WHERE OLD.encounter_id <> NEW.encounter_id;
END;
CREATE TRIGGER work_query_asked AFTER INSERT ON work_query
BEGIN INSERT INTO work_refresh VALUES (NEW.encounter_id); END;
CREATE TRIGGER work_query_moved AFTER UPDATE ON work_query
BEGIN
    INSERT INTO work_refresh VALUES (NEW.encounter_id);
    INSERT INTO work_refresh SELECT OLD.encounter_id WHERE OLD.encounter_id <> NEW.encounter_id;
END;
CREATE TRIGGER work_charged AFTER INSERT ON account_charge
BEGIN INSERT INTO work_refresh VALUES (NEW.encounter_id); END;
CREATE TRIGGER work_charged_otherwise AFTER UPDATE ON account_charge
BEGIN
    INSERT INTO work_refresh VALUES (NEW.encounter_id);
    INSERT INTO work_refresh SELECT OLD.encounter_id WHERE OLD.encounter_id <> NEW.encounter_id;
END;
CREATE TRIGGER work_renamed AFTER UPDATE OF mrn, name_key, td_key, md_key ON patient
WHEN (OLD.mrn, OLD.name_key, OLD.td_key, OLD.md_key) IS NOT (NEW.mrn, NEW.name_key, NEW.td_key, NEW.md_key)
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item WHERE patient_id = NEW.id; END;
-- The rest changes a few times a year; the rows of the queue are then gone through once.
CREATE TRIGGER work_rate_set AFTER INSERT ON setting WHEN NEW.name = 'drg_base_rate'
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item; END;
CREATE TRIGGER work_rate_changed AFTER UPDATE ON setting WHEN NEW.name = 'drg_base_rate'
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item; END;
CREATE TRIGGER work_unit_renamed AFTER UPDATE OF code ON unit WHEN OLD.code IS NOT NEW.code
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item WHERE unit = OLD.code; END;
CREATE TRIGGER work_service_renamed AFTER UPDATE OF code ON service WHEN OLD.code IS NOT NEW.code
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item WHERE service = OLD.code; END;
CREATE TRIGGER work_payer_renamed AFTER UPDATE OF code ON payer WHEN OLD.code IS NOT NEW.code
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item WHERE payer = OLD.code; END;
CREATE TRIGGER work_provider_renamed AFTER UPDATE OF code ON provider WHEN OLD.code IS NOT NEW.code
BEGIN INSERT INTO work_refresh SELECT encounter_id FROM work_item WHERE attending = OLD.code; END;
