-- Overrides of records stand beside their items, so that they can be listed over all records: item is the mark and
-- the code of the edit, text the path it is about and what is kept there (digest, who, ISO day, reason), day that day.
INSERT INTO case_item (case_id, item, seq, text, number, day, null_code)
SELECT id, iif(gap, substr(path, 1, gap - 1), path),
    row_number() OVER (PARTITION BY id, iif(gap, substr(path, 1, gap - 1), path) ORDER BY path) - 1,
    iif(gap, substr(path, gap + 1), '') || ' ' || kept, NULL,
    CAST(julianday(substr(rest, instr(rest, ' ') + 1, 10)) - 1721424.5 AS INTEGER), ''
FROM (SELECT c.id AS id, j.key AS path, j.value AS kept, instr(j.key, ' ') AS gap,
        substr(j.value, instr(j.value, ' ') + 1) AS rest
    FROM data_case c, json_each(c.document) j
    WHERE c.void_utc IS NULL AND instr(c.document, '"!') > 0 AND substr(j.key, 1, 1) = '!');
