-- Site files, patients, encounters, movements, and the census derived from them.

-- Site files: rows are never deleted; from_day and to_day say when a unit or service worked (both inclusive).
CREATE TABLE division (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL DEFAULT '',
    from_day INTEGER, to_day INTEGER, confirmed INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE unit (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL DEFAULT '',
    type TEXT NOT NULL DEFAULT '', division_id INTEGER REFERENCES division (id),
    counts_in_census INTEGER NOT NULL DEFAULT 1, from_day INTEGER, to_day INTEGER,
    confirmed INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE service (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL DEFAULT '',
    obstetric INTEGER NOT NULL DEFAULT 0, from_day INTEGER, to_day INTEGER,
    confirmed INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE provider (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL DEFAULT '',
    npi TEXT NOT NULL DEFAULT '', service_id INTEGER REFERENCES service (id), status TEXT NOT NULL DEFAULT '',
    from_day INTEGER, to_day INTEGER, confirmed INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL DEFAULT 1);
CREATE INDEX provider_name ON provider (name, id);
CREATE TABLE payer (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL DEFAULT '',
    class TEXT NOT NULL DEFAULT '', from_day INTEGER, to_day INTEGER,
    confirmed INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE printer (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL DEFAULT '',
    queue TEXT NOT NULL DEFAULT '', options TEXT NOT NULL DEFAULT '', lines INTEGER NOT NULL DEFAULT 60,
    width INTEGER NOT NULL DEFAULT 80, form_feed INTEGER NOT NULL DEFAULT 1,
    encoding TEXT NOT NULL DEFAULT 'ascii', from_day INTEGER, to_day INTEGER,
    confirmed INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL DEFAULT 1);
-- Beds set up and staffed from a day on, until the unit's next row.
CREATE TABLE unit_beds (
    unit_id INTEGER NOT NULL REFERENCES unit (id), from_day INTEGER NOT NULL, beds INTEGER NOT NULL,
    bassinets INTEGER NOT NULL DEFAULT 0, authorized INTEGER, out_of_service INTEGER,
    PRIMARY KEY (unit_id, from_day)) WITHOUT ROWID;

-- History of single records, item by item: patients, encounters, movements, events and site files.
CREATE TABLE amendment (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, record_id INTEGER NOT NULL, field TEXT NOT NULL,
    old TEXT NOT NULL, new TEXT NOT NULL, at_utc INTEGER NOT NULL, by TEXT NOT NULL, origin TEXT NOT NULL);
CREATE INDEX amendment_record ON amendment (kind, record_id, id);
CREATE TRIGGER amendment_no_update BEFORE UPDATE ON amendment
BEGIN SELECT raise(ABORT, 'History is only added to.'); END;
CREATE TRIGGER amendment_no_delete BEFORE DELETE ON amendment
BEGIN SELECT raise(ABORT, 'History is only added to.'); END;

-- Patients. name_key is the folded name (rules/identity.py), td_key the terminal-digit sort key of the MRN.
CREATE TABLE patient (
    id INTEGER PRIMARY KEY, mrn TEXT NOT NULL COLLATE NOCASE UNIQUE, mrn_issuer TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '', first_name TEXT NOT NULL DEFAULT '',
    middle_name TEXT NOT NULL DEFAULT '', suffix TEXT NOT NULL DEFAULT '',
    name_key TEXT NOT NULL DEFAULT '', td_key TEXT NOT NULL DEFAULT '',
    birth_date TEXT NOT NULL DEFAULT '', birth_day INTEGER, sex TEXT NOT NULL DEFAULT '',
    ssn TEXT NOT NULL DEFAULT '', ssn_key TEXT NOT NULL DEFAULT '',
    street TEXT NOT NULL DEFAULT '', city TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT '',
    zip TEXT NOT NULL DEFAULT '', county TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '', race TEXT NOT NULL DEFAULT '', ethnicity TEXT NOT NULL DEFAULT '',
    marital TEXT NOT NULL DEFAULT '', death_date TEXT NOT NULL DEFAULT '',
    patient_category TEXT NOT NULL DEFAULT '', us_person TEXT NOT NULL DEFAULT '',
    temporary INTEGER NOT NULL DEFAULT 0, unreadable TEXT NOT NULL DEFAULT '',
    merged_into_id INTEGER REFERENCES patient (id), created_utc INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1);
CREATE INDEX patient_name ON patient (name_key, id);
CREATE INDEX patient_td ON patient (td_key, id);
CREATE INDEX patient_birth ON patient (birth_day, name_key, id) WHERE birth_day IS NOT NULL;
CREATE INDEX patient_ssn ON patient (ssn) WHERE ssn <> '';
CREATE INDEX patient_ssn_key ON patient (ssn_key) WHERE ssn_key <> '';
CREATE INDEX patient_temporary ON patient (id) WHERE temporary = 1;
CREATE INDEX patient_merged ON patient (merged_into_id) WHERE merged_into_id IS NOT NULL;
-- Every number a chart can be found by: the MRN in force too. value_key: folded, leading zeros dropped.
CREATE TABLE patient_identifier (
    id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patient (id), kind TEXT NOT NULL,
    issuer TEXT NOT NULL DEFAULT '', value TEXT NOT NULL, value_key TEXT NOT NULL, retired_utc INTEGER);
CREATE INDEX patient_identifier_key ON patient_identifier (value_key, patient_id);
CREATE INDEX patient_identifier_patient ON patient_identifier (patient_id);
CREATE TABLE patient_alias (
    id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patient (id), last_name TEXT NOT NULL,
    first_name TEXT NOT NULL DEFAULT '', middle_name TEXT NOT NULL DEFAULT '', name_key TEXT NOT NULL);
CREATE INDEX patient_alias_name ON patient_alias (name_key, patient_id);
CREATE INDEX patient_alias_patient ON patient_alias (patient_id);
-- Patients or accounts put together; the snapshot takes them apart again.
CREATE TABLE merge (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, survivor_id INTEGER NOT NULL, loser_id INTEGER NOT NULL,
    at_utc INTEGER NOT NULL, by TEXT NOT NULL, origin TEXT NOT NULL, snapshot TEXT NOT NULL,
    undone_utc INTEGER, undone_by TEXT NOT NULL DEFAULT '');
CREATE INDEX merge_loser ON merge (kind, loser_id);

-- Encounters (accounts): a stay (class I), or an emergency (E), outpatient (O) or observation (OBS) visit.
-- For class I everything from admitted_utc to los_days follows from the movements. Kept by triggers, so that a year's
-- rates are one pass over an index: return_day, on which the patient was next admitted after this discharge, and the
-- DRG weight of the abstract.
CREATE TABLE encounter (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE UNIQUE,
    patient_id INTEGER NOT NULL REFERENCES patient (id), class TEXT NOT NULL,
    newborn INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'active',
    arrived_utc INTEGER, arrived_offset INTEGER, arrived_day INTEGER,
    admitted_utc INTEGER, admitted_offset INTEGER, admit_day INTEGER,
    discharged_utc INTEGER, discharged_offset INTEGER, discharge_day INTEGER,
    admit_unit_id INTEGER REFERENCES unit (id), admit_service_id INTEGER REFERENCES service (id),
    unit_id INTEGER REFERENCES unit (id), service_id INTEGER REFERENCES service (id),
    bed TEXT NOT NULL DEFAULT '', on_leave TEXT NOT NULL DEFAULT '',
    disposition TEXT NOT NULL DEFAULT '', died INTEGER NOT NULL DEFAULT 0,
    died_under_48h INTEGER NOT NULL DEFAULT 0, los_days INTEGER, leave_days INTEGER NOT NULL DEFAULT 0,
    attending_id INTEGER REFERENCES provider (id), payer_id INTEGER REFERENCES payer (id),
    priority TEXT NOT NULL DEFAULT '', point_of_origin TEXT NOT NULL DEFAULT '',
    location TEXT NOT NULL DEFAULT '', mother_account TEXT NOT NULL DEFAULT '', birth_weight_g INTEGER,
    gestation_weeks INTEGER, abstracted_day INTEGER, coded_day INTEGER, unreadable TEXT NOT NULL DEFAULT '',
    return_day INTEGER, weight_ten_thousandths INTEGER,
    merged_into_id INTEGER REFERENCES encounter (id), created_utc INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1);
CREATE INDEX encounter_patient ON encounter (patient_id, admit_day, id);
CREATE INDEX encounter_admitted ON encounter
    (admit_day, discharge_day, service_id, died, newborn, admitted_utc, id) WHERE class = 'I';
CREATE INDEX encounter_discharged ON encounter
    (discharge_day, id, state, newborn, died, return_day, weight_ten_thousandths, admit_day, service_id, unit_id,
     los_days)
    WHERE class = 'I';
CREATE INDEX encounter_death ON encounter (discharge_day, id, newborn)
    WHERE class = 'I' AND state = 'active' AND died = 1;
CREATE INDEX encounter_in_house ON encounter (unit_id, bed, id)
    WHERE class = 'I' AND state = 'active' AND discharge_day IS NULL;
CREATE INDEX encounter_visit ON encounter (class, arrived_day, id) WHERE class <> 'I';
CREATE INDEX encounter_not_abstracted ON encounter (discharge_day, id)
    WHERE class = 'I' AND state = 'active' AND abstracted_day IS NULL AND discharge_day IS NOT NULL;
CREATE INDEX encounter_not_coded ON encounter (discharge_day, id)
    WHERE class = 'I' AND state = 'active' AND coded_day IS NULL AND discharge_day IS NOT NULL;
CREATE INDEX encounter_mother ON encounter (mother_account) WHERE mother_account <> '';
CREATE TRIGGER encounter_return AFTER UPDATE OF patient_id, class, state, admitted_utc, admit_day, discharged_utc
ON encounter
WHEN (OLD.patient_id, OLD.class, OLD.state, OLD.admitted_utc, OLD.admit_day, OLD.discharged_utc)
    IS NOT (NEW.patient_id, NEW.class, NEW.state, NEW.admitted_utc, NEW.admit_day, NEW.discharged_utc)
BEGIN
    UPDATE encounter SET return_day = stay.found FROM (
        SELECT e.id, (
            SELECT again.admit_day FROM encounter AS again WHERE again.patient_id = e.patient_id
            AND again.admit_day >= e.discharge_day AND again.admitted_utc >= e.discharged_utc AND again.class = 'I'
            AND again.state = 'active' AND again.id <> e.id ORDER BY again.admit_day LIMIT 1) AS found
        FROM encounter AS e WHERE e.patient_id IN (OLD.patient_id, NEW.patient_id) AND e.class = 'I') AS stay
    WHERE encounter.id = stay.id AND encounter.return_day IS NOT stay.found;
END;
CREATE TABLE encounter_diagnosis (
    encounter_id INTEGER NOT NULL REFERENCES encounter (id), seq INTEGER NOT NULL, code TEXT NOT NULL,
    PRIMARY KEY (encounter_id, seq)) WITHOUT ROWID;
CREATE INDEX encounter_diagnosis_code ON encounter_diagnosis (code, encounter_id);
-- Who attended from when; the latest row that is not cancelled is in force.
CREATE TABLE attending (
    id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounter (id),
    provider_id INTEGER NOT NULL REFERENCES provider (id), from_utc INTEGER NOT NULL,
    recorded_utc INTEGER NOT NULL, by TEXT NOT NULL, origin TEXT NOT NULL, cancelled_utc INTEGER);
CREATE INDEX attending_encounter ON attending (encounter_id, from_utc, id);

-- Movements. A row is never changed but for its state: current, cancelled, or superseded by a later version.
-- place keeps the order of movements in one minute when a row is superseded (the id of the first version).
CREATE TABLE movement (
    id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounter (id), event TEXT NOT NULL,
    at_utc INTEGER NOT NULL, at_offset INTEGER NOT NULL, day INTEGER NOT NULL, seq INTEGER NOT NULL DEFAULT 0,
    place INTEGER NOT NULL, unit_id INTEGER REFERENCES unit (id), service_id INTEGER REFERENCES service (id),
    bed TEXT NOT NULL DEFAULT '', class TEXT NOT NULL DEFAULT '', disposition TEXT NOT NULL DEFAULT '',
    leave_type TEXT NOT NULL DEFAULT '', external_id TEXT NOT NULL DEFAULT '',
    unreadable TEXT NOT NULL DEFAULT '', recorded_utc INTEGER NOT NULL, by TEXT NOT NULL, origin TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'current', supersedes_id INTEGER REFERENCES movement (id),
    ended_utc INTEGER, ended_by TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');
CREATE INDEX movement_encounter ON movement (encounter_id, at_utc, id);
CREATE INDEX movement_day ON movement (day, event, at_utc, id) WHERE state = 'current';
CREATE INDEX movement_recorded ON movement (recorded_utc);
CREATE INDEX movement_ended ON movement (ended_utc) WHERE ended_utc IS NOT NULL;
CREATE TRIGGER movement_kept BEFORE UPDATE OF
    encounter_id, event, at_utc, at_offset, day, seq, place, unit_id, service_id, bed, class, disposition,
    leave_type, external_id, unreadable, recorded_utc, by, origin, supersedes_id ON movement
BEGIN SELECT raise(ABORT, 'A movement is superseded, never rewritten.'); END;
CREATE TRIGGER movement_no_delete BEFORE DELETE ON movement
BEGIN SELECT raise(ABORT, 'A movement is cancelled, never deleted.'); END;

-- What happened to a patient that statistics count. A former patient's or DOA autopsy has no encounter.
CREATE TABLE event (
    id INTEGER PRIMARY KEY, encounter_id INTEGER REFERENCES encounter (id),
    patient_id INTEGER REFERENCES patient (id), kind TEXT NOT NULL, at_utc INTEGER NOT NULL,
    at_offset INTEGER NOT NULL, day INTEGER NOT NULL, detail TEXT NOT NULL DEFAULT '',
    weeks INTEGER, grams INTEGER, unreadable TEXT NOT NULL DEFAULT '', recorded_utc INTEGER NOT NULL,
    by TEXT NOT NULL, origin TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'current');
CREATE INDEX event_kind ON event (kind, day, detail, encounter_id) WHERE state = 'current';
CREATE INDEX event_encounter ON event (encounter_id, kind, at_utc);
CREATE INDEX event_patient ON event (patient_id);

-- Derived from the movements of inpatients, rewritten with them: half-open pieces of stays by unit and
-- service, and leaves. An open end is day 3652059 (9999-12-31). absent: the leave is off the census.
CREATE TABLE segment (
    encounter_id INTEGER NOT NULL REFERENCES encounter (id), seq INTEGER NOT NULL,
    unit_id INTEGER NOT NULL, service_id INTEGER NOT NULL, newborn INTEGER NOT NULL, bed TEXT NOT NULL,
    from_utc INTEGER NOT NULL, to_utc INTEGER, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,
    PRIMARY KEY (encounter_id, seq)) WITHOUT ROWID;
CREATE INDEX segment_days ON segment (from_day, to_day, unit_id, service_id, newborn);
CREATE INDEX segment_open ON segment (unit_id, service_id, newborn, from_day) WHERE to_day = 3652059;
CREATE TABLE leave_span (
    encounter_id INTEGER NOT NULL REFERENCES encounter (id), seq INTEGER NOT NULL, type TEXT NOT NULL,
    unit_id INTEGER NOT NULL, service_id INTEGER NOT NULL, newborn INTEGER NOT NULL,
    from_utc INTEGER NOT NULL, to_utc INTEGER, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,
    absent INTEGER NOT NULL, PRIMARY KEY (encounter_id, seq)) WITHOUT ROWID;
CREATE INDEX leave_span_days ON leave_span (from_day, to_day);
CREATE INDEX leave_span_counted ON leave_span (from_utc) WHERE to_day = 3652059 AND absent = 0;

-- One row per day, unit, service and newborn or not; days after census_state.through_day have no rows yet.
CREATE TABLE day_stats (
    day INTEGER NOT NULL, unit_id INTEGER NOT NULL, service_id INTEGER NOT NULL, newborn INTEGER NOT NULL,
    census INTEGER NOT NULL DEFAULT 0, same_day INTEGER NOT NULL DEFAULT 0,
    admissions INTEGER NOT NULL DEFAULT 0, discharges INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0, deaths_under_48h INTEGER NOT NULL DEFAULT 0,
    unit_in INTEGER NOT NULL DEFAULT 0, unit_out INTEGER NOT NULL DEFAULT 0,
    service_in INTEGER NOT NULL DEFAULT 0, service_out INTEGER NOT NULL DEFAULT 0,
    leave_out INTEGER NOT NULL DEFAULT 0, leave_in INTEGER NOT NULL DEFAULT 0,
    on_leave INTEGER NOT NULL DEFAULT 0, discharge_days INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, unit_id, service_id, newborn)) WITHOUT ROWID;
-- One row: the last day summarised; the earliest day that awaits recompute; the longest closed stay in days,
-- which bounds the search for stays that reach into a period; and, after a change of conventions or a bulk load,
-- the earliest day of discharge from which stays are to be derived anew, and the last encounter that has been.
CREATE TABLE census_state (
    id INTEGER PRIMARY KEY, through_day INTEGER NOT NULL, dirty_from INTEGER, longest_days INTEGER NOT NULL,
    derive_from INTEGER, derived_to_id INTEGER NOT NULL);
INSERT INTO census_state VALUES (1, 0, NULL, 1, NULL, 0);
