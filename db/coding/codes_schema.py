"""The tables of the code store. It holds no patient data, is built as a whole, and never changed in place."""

from __future__ import annotations

from typing import Final

# Days are whole numbers such as 20261001; OPEN is a validity without an end.
OPEN: Final = 99991231
FIRST: Final = 20151001

# code: one row for each time in which a code kept its title and its standing. ``id`` is the order in which equally
# good answers are shown. ``wordings`` is what a search is scored by, ``penalty`` what a code loses by its kind.
# severity: CC or MCC, by the grouper versions. weight: Table 5 by the fiscal year it is for.
TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (
    name TEXT PRIMARY KEY, release TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE code (
    id INTEGER PRIMARY KEY,
    system TEXT NOT NULL,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    billable INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER NOT NULL,
    parent TEXT NOT NULL,
    position INTEGER NOT NULL,
    marks TEXT NOT NULL,
    penalty REAL NOT NULL,
    wordings TEXT NOT NULL
);
CREATE TABLE place (key TEXT PRIMARY KEY, title TEXT NOT NULL, parent TEXT NOT NULL, level TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE note (
    key TEXT NOT NULL, row INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, row)
) WITHOUT ROWID;
CREATE TABLE severity (
    code TEXT NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, level TEXT NOT NULL,
    PRIMARY KEY (code, valid_from)
) WITHOUT ROWID;
CREATE TABLE weight (
    fiscal_year INTEGER NOT NULL, drg TEXT NOT NULL, mdc TEXT NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL,
    post_acute INTEGER NOT NULL, special_pay INTEGER NOT NULL, weight TEXT NOT NULL, gmlos TEXT NOT NULL,
    amlos TEXT NOT NULL, PRIMARY KEY (fiscal_year, drg)
) WITHOUT ROWID;
CREATE TABLE poa_exempt (
    code TEXT NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, PRIMARY KEY (code, valid_from)
) WITHOUT ROWID;
CREATE TABLE word (word TEXT PRIMARY KEY, system TEXT NOT NULL) WITHOUT ROWID;
"""
INDEXES: Final = """
CREATE INDEX code_code ON code (system, code, valid_from);
CREATE INDEX code_parent ON code (system, parent, position);
"""
# Rows are found in the order of their ids, the likeliest first, so that a search may stop after a few hundred.
WORDS: Final = (
    "CREATE VIRTUAL TABLE words_{system} USING fts5"
    " (text, content='', columnsize=0, detail=none, prefix='2 3', tokenize='ascii')"
)
