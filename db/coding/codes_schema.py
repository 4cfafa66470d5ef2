"""The tables of the code store. It holds no patient data, is built as a whole, and never changed in place."""

from __future__ import annotations

from typing import Final

# Days are whole numbers such as 20261001; OPEN is a validity without an end.
OPEN: Final = 99991231
FIRST: Final = 20151001

# code: one row for each time in which a code kept its title and its standing. ``id`` is the order in which equally
# good answers are shown. ``wordings`` is what a search is scored by, ``penalty`` what a code loses by its kind.
# word: in how many rows of a system a word stands; of the system "said" are the words of the expansions, which are kept
# by the words of their phrases in the order of the alphabet. instead: mere ways of writing.
# severity: CC or MCC, by the grouper versions. weight: Table 5 by the fiscal year it is for.
# source: kind and year are those of an imported file, else blank and 0; licence_holder only of a facility's own set.
# index_entry: book is main, external, neoplasm, drug or pcs; ids in the order of the book; parent 0 stands under none;
# cells is a JSON object of codes by column number, of the neoplasm and drug tables. index_title: folded titles.
# index_term: wordings of the index for the search, likeliest first, each with a code or the beginning of codes.
# pcs_value: positions 1 to 3 have row 0; a code takes one value of each position of one row.
# cc_exclusion: Table 6K; exclusion_collection: the principal diagnoses beside which its members do not count.
# code_change: kind is new, deleted, revised (title), header (became or ceased to be one), severity or poa.
TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, year INTEGER NOT NULL, release TEXT NOT NULL, file TEXT NOT NULL,
    sha256 TEXT NOT NULL, rows INTEGER NOT NULL, licence_holder TEXT NOT NULL, imported_utc TEXT NOT NULL
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
CREATE TABLE word (
    word TEXT NOT NULL, system TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (word, system)
) WITHOUT ROWID;
CREATE TABLE expansion (
    words TEXT PRIMARY KEY, first TEXT NOT NULL, texts TEXT NOT NULL, codes TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE instead (phrase TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE index_entry (
    id INTEGER PRIMARY KEY,
    book TEXT NOT NULL,
    parent INTEGER NOT NULL,
    level INTEGER NOT NULL,
    title TEXT NOT NULL,
    nemod TEXT NOT NULL,
    code TEXT NOT NULL,
    manif TEXT NOT NULL,
    see TEXT NOT NULL,
    see_also TEXT NOT NULL,
    cells TEXT NOT NULL
);
CREATE TABLE index_title (
    book TEXT NOT NULL, folded TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (book, folded, id)
) WITHOUT ROWID;
CREATE TABLE index_term (id INTEGER PRIMARY KEY, code TEXT NOT NULL, wordings TEXT NOT NULL);
CREATE TABLE pcs_value (
    pcs_table TEXT NOT NULL, row INTEGER NOT NULL, pos INTEGER NOT NULL, code TEXT NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (pcs_table, row, pos, code)
) WITHOUT ROWID;
CREATE TABLE pcs_definition (
    section TEXT NOT NULL, pos INTEGER NOT NULL, title TEXT NOT NULL, definition TEXT NOT NULL,
    explanation TEXT NOT NULL, includes TEXT NOT NULL, PRIMARY KEY (section, pos, title)
) WITHOUT ROWID;
CREATE TABLE hcpcs (
    code TEXT NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, short TEXT NOT NULL,
    coverage TEXT NOT NULL, betos TEXT NOT NULL, pricing TEXT NOT NULL, action TEXT NOT NULL, added INTEGER NOT NULL,
    PRIMARY KEY (code, valid_from)
) WITHOUT ROWID;
CREATE TABLE hcpcs_modifier (
    code TEXT NOT NULL, title TEXT NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL,
    PRIMARY KEY (code, valid_from)
) WITHOUT ROWID;
CREATE TABLE cc_exclusion (
    fiscal_year INTEGER NOT NULL, code TEXT NOT NULL, level TEXT NOT NULL, collection TEXT NOT NULL,
    PRIMARY KEY (fiscal_year, code)
) WITHOUT ROWID;
CREATE TABLE exclusion_collection (
    fiscal_year INTEGER NOT NULL, collection TEXT NOT NULL, codes TEXT NOT NULL, PRIMARY KEY (fiscal_year, collection)
) WITHOUT ROWID;
CREATE TABLE facility_set (
    name TEXT PRIMARY KEY, title TEXT NOT NULL, licence_holder TEXT NOT NULL, year INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE facility_code (
    set_name TEXT NOT NULL, code TEXT NOT NULL, short TEXT NOT NULL, long TEXT NOT NULL, valid_from INTEGER NOT NULL,
    valid_to INTEGER NOT NULL, PRIMARY KEY (set_name, code, valid_from)
) WITHOUT ROWID;
CREATE TABLE code_change (
    release TEXT NOT NULL, effective INTEGER NOT NULL, system TEXT NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL,
    old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (effective, system, code, kind)
) WITHOUT ROWID;
"""
INDEXES: Final = """
CREATE INDEX code_code ON code (system, code, valid_from);
CREATE INDEX code_parent ON code (system, parent, position);
CREATE INDEX expansion_first ON expansion (first);
CREATE INDEX index_entry_parent ON index_entry (book, parent);
CREATE INDEX code_change_code ON code_change (system, code);
"""
# Rows are found in the order of their ids, the likeliest first, so that a search may stop after a few hundred.
INDEX_WORDS: Final = "index"  # the "system" of the words of the index terms
WORDS: Final = (
    "CREATE VIRTUAL TABLE words_{system} USING fts5"
    " (text, content='', columnsize=0, detail=none, prefix='2 3', tokenize='ascii')"
)
