-- Searches for codes that found nothing, or were left without a choice: what was typed, where, by whom, and what was
-- chosen instead in the same sitting, if anything. words: as they are compared, in the order of the alphabet.
-- No patient stands here, and no account. Settled: taken as an expansion or ignored, until somebody types it again.
CREATE TABLE search_miss (
    id INTEGER PRIMARY KEY, words TEXT NOT NULL, typed TEXT NOT NULL, system TEXT NOT NULL, screen TEXT NOT NULL,
    found INTEGER NOT NULL, at_utc INTEGER NOT NULL, by TEXT NOT NULL, chosen TEXT NOT NULL DEFAULT '');
CREATE INDEX search_miss_words ON search_miss (system, words, id);
CREATE INDEX search_miss_at ON search_miss (at_utc);
CREATE TABLE search_miss_settled (
    system TEXT NOT NULL, words TEXT NOT NULL, status TEXT NOT NULL, by TEXT NOT NULL, at_utc INTEGER NOT NULL,
    PRIMARY KEY (system, words)) WITHOUT ROWID;
