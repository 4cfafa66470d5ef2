-- Queries to physicians in full: what 015_work_queue kept of them grows a wording, a life cycle (rules/queries.py), due
-- days, an escalation, and what came of the answer. A query is kept for ever: void with a reason, never deleted.

-- status: draft, sent, reminded, escalated, answered, closed, withdrawn, void. options and indicators are JSON lists;
-- target: names of what is looked for, never printed. rung: step of the escalation that was taken last. in_record: the
-- facility keeps it as part of the legal record (setting query_record when it was sent). answered_by keyed the answer
-- that answerer gave on answered_day.
ALTER TABLE work_query ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN status TEXT NOT NULL DEFAULT 'sent';
ALTER TABLE work_query ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN kind TEXT NOT NULL DEFAULT 'OPEN';
ALTER TABLE work_query ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN finding TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN template TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN template_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE work_query ADD COLUMN options TEXT NOT NULL DEFAULT '[]';
ALTER TABLE work_query ADD COLUMN indicators TEXT NOT NULL DEFAULT '[]';
ALTER TABLE work_query ADD COLUMN target TEXT NOT NULL DEFAULT '[]';
ALTER TABLE work_query ADD COLUMN asked_as TEXT NOT NULL DEFAULT 'ATTENDING';
ALTER TABLE work_query ADD COLUMN channel TEXT NOT NULL DEFAULT 'WRITTEN';
ALTER TABLE work_query ADD COLUMN priority TEXT NOT NULL DEFAULT 'ROUTINE';
ALTER TABLE work_query ADD COLUMN due_day INTEGER;
ALTER TABLE work_query ADD COLUMN rung INTEGER NOT NULL DEFAULT 0;
ALTER TABLE work_query ADD COLUMN in_record INTEGER NOT NULL DEFAULT 0;
ALTER TABLE work_query ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN answerer TEXT NOT NULL DEFAULT '';
ALTER TABLE work_query ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
UPDATE work_query SET number = printf('Q%06d', id), title = 'Query',
    outcome = CASE WHEN answered_utc IS NULL THEN '' ELSE 'other' END,
    answerer = CASE WHEN answered_utc IS NULL THEN '' ELSE provider END,
    status = CASE WHEN answered_utc IS NULL THEN 'sent' WHEN settled_utc IS NULL THEN 'answered' ELSE 'closed' END;
INSERT INTO counter SELECT 'query', max(id) FROM work_query HAVING max(id) IS NOT NULL;
CREATE UNIQUE INDEX work_query_number ON work_query (number);
CREATE INDEX work_query_status ON work_query (status, due_day);
CREATE INDEX work_query_asked ON work_query (asked_day, id);

-- What was done to a query, by whom; text is the reason, or the words of the answer. to_whom: who was reminded or told.
CREATE TABLE query_step (
    id INTEGER PRIMARY KEY, query_id INTEGER NOT NULL REFERENCES work_query (id), at_utc INTEGER NOT NULL,
    day INTEGER NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    to_whom TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '');
CREATE INDEX query_step_query ON query_step (query_id, id);
INSERT INTO query_step (query_id, at_utc, day, by, act, before, after)
    SELECT id, asked_utc, asked_day, asked_by, 'send', 'draft', 'sent' FROM work_query;
INSERT INTO query_step (query_id, at_utc, day, by, act, before, after, outcome, text)
    SELECT id, answered_utc, answered_day, answered_by, 'answer', 'sent', 'answered', outcome, answer FROM work_query
    WHERE answered_utc IS NOT NULL;
CREATE TRIGGER query_step_no_update BEFORE UPDATE ON query_step
BEGIN SELECT raise(ABORT, 'What was done to a query is kept as it was.'); END;
CREATE TRIGGER query_step_no_delete BEFORE DELETE ON query_step
BEGIN SELECT raise(ABORT, 'What was done to a query is kept as it was.'); END;
CREATE TRIGGER work_query_no_delete BEFORE DELETE ON work_query
BEGIN SELECT raise(ABORT, 'A query is kept: it is void with a reason.'); END;
CREATE TRIGGER work_query_kept BEFORE UPDATE ON work_query
WHEN OLD.status <> 'draft' AND (OLD.number, OLD.title, OLD.kind, OLD.purpose, OLD.question, OLD.options, OLD.indicators,
        OLD.provider, OLD.channel, OLD.asked_day, OLD.asked_by)
    IS NOT (NEW.number, NEW.title, NEW.kind, NEW.purpose, NEW.question, NEW.options, NEW.indicators,
        NEW.provider, NEW.channel, NEW.asked_day, NEW.asked_by)
BEGIN SELECT raise(ABORT, 'A query that was sent stays as it was worded.'); END;

-- Codes and DRG when a query was sent, and when the abstract was next filed after its answer; JSON as rules.queries.
-- Standing. marked: which of the changed codes the coder says changed by it (JSON list; NULL: nobody said yet).
CREATE TABLE query_effect (
    query_id INTEGER PRIMARY KEY REFERENCES work_query (id), before TEXT NOT NULL, before_utc INTEGER NOT NULL,
    after TEXT, after_utc INTEGER, filed_by TEXT NOT NULL DEFAULT '', marked TEXT, marked_by TEXT NOT NULL DEFAULT '',
    marked_utc INTEGER);

-- Templates of the facility's own, each version for ever; the newest of a code holds, before the shipped one.
CREATE TABLE query_template (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL, version INTEGER NOT NULL, active INTEGER NOT NULL,
    document TEXT NOT NULL, filed_by TEXT NOT NULL, filed_utc INTEGER NOT NULL, UNIQUE (code, version));
CREATE TRIGGER query_template_no_update BEFORE UPDATE ON query_template
BEGIN SELECT raise(ABORT, 'A version of a template is kept as it was filed.'); END;
CREATE TRIGGER query_template_no_delete BEFORE DELETE ON query_template
BEGIN SELECT raise(ABORT, 'A version of a template is kept as it was filed.'); END;

-- The queue asks for the status alone: a draft holds nothing, what was withdrawn no more. Filing takes up what was
-- answered, and says so in the history of the query.
DROP VIEW work_now;
DROP VIEW work_account;
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
        (SELECT count(*) FROM work_query WHERE encounter_id = e.id AND status IN ('sent', 'reminded', 'escalated'))
            AS asked,
        (SELECT min(answered_day) FROM work_query WHERE encounter_id = e.id AND status = 'answered') AS answered_day,
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

DROP TRIGGER work_step_taken;
CREATE TRIGGER work_step_taken AFTER INSERT ON abstract_step
BEGIN
    INSERT INTO query_step (query_id, at_utc, day, by, act, before, after, text)
        SELECT q.id, NEW.at_utc, (NEW.at_utc + coalesce(e.discharged_offset, 0) * 60) / 86400 + 719163, NEW.by, 'close',
            q.status, 'closed', 'the abstract was filed'
        FROM work_query q JOIN encounter e ON e.id = q.encounter_id
        WHERE NEW.act IN ('file', 'complete') AND q.status = 'answered'
            AND q.encounter_id = (SELECT encounter_id FROM data_case WHERE id = NEW.case_id);
    UPDATE work_query SET settled_utc = NEW.at_utc, status = 'closed', version = version + 1
        WHERE NEW.act IN ('file', 'complete') AND status = 'answered'
            AND encounter_id = (SELECT encounter_id FROM data_case WHERE id = NEW.case_id);
    INSERT INTO work_refresh SELECT encounter_id FROM data_case WHERE id = NEW.case_id AND encounter_id IS NOT NULL;
END;
