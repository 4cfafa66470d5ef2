-- What one person asks of a report, kept by name: only what differs from the report's own defaults, so that dates which
-- move go on moving. parameters is a JSON object of canonical text.
CREATE TABLE report_preset (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id), report TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE, parameters TEXT NOT NULL, saved_utc INTEGER NOT NULL,
    UNIQUE (user_id, report, name));
-- How a line printer wants the end of a line and of the last page.
ALTER TABLE printer ADD COLUMN line_end TEXT NOT NULL DEFAULT 'lf';
ALTER TABLE printer ADD COLUMN last_form_feed INTEGER NOT NULL DEFAULT 0;
