-- Charts are compared under other keys (rules/matching_keys.py): the keys of every chart are made again, and every chart is
-- compared again. match_name counts birth dates as well, under the kind birth.
DELETE FROM match_key;
DELETE FROM match_person;
DELETE FROM match_name;
INSERT OR REPLACE INTO match_pending (patient_id) SELECT id FROM patient;
