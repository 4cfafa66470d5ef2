"""The imported Alphabetic Index as the search asks for it: each wording with the code, or beginning of codes, of it.

A wording is the whole path of a term (``fracture traumatic femur neck``), once without and once with the words in round
brackets. A reference (see) leads where the term does that it names. Of the tables each cell is a wording.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from db.coding.codes_index import CodeIndex, IndexBook, IndexEntry
from db.coding.codes_schema import INDEXES, TABLES
from rules.codes_search import fold, wording

CELLS: Final[Mapping[str, tuple[str, ...]]] = {
    IndexBook.NEOPLASM: (
        "primary malignant neoplasm", "secondary malignant neoplasm", "carcinoma in situ", "benign neoplasm",
        "neoplasm of uncertain behavior", "neoplasm of unspecified behavior",
    ),
    IndexBook.DRUG: (
        "accidental poisoning", "poisoning self harm", "poisoning assault", "poisoning undetermined",
        "adverse effect", "underdosing",
    ),
}  # fmt: skip  # of columns 2 to 7
BOOKS: Final = (IndexBook.MAIN, IndexBook.EXTERNAL, IndexBook.NEOPLASM, IndexBook.DRUG)
_OF_ALL: Final = "neoplasm"  # the one main term of its table, which every row stands under

Term = tuple[str, str]  # code or beginning of codes, wordings joined by "|"


def index_terms(entries: Sequence[tuple[Any, ...]], titles: Sequence[tuple[Any, ...]]) -> list[Term]:
    """The wordings of the rows of ``index_entry``, the shortest first, as the likeliest; none twice."""
    found: dict[Term, int] = {}  # with the number of words, then the place in the books
    with closing(sqlite3.connect(":memory:")) as book:
        book.executescript(TABLES + INDEXES)
        _insert(book, "index_entry", entries)
        _insert(book, "index_title", titles)
        index = CodeIndex(book)
        for place, (code, plain, full) in enumerate(_wordings(entries, index)):
            told = "|".join(dict.fromkeys((wording(plain), wording(full))))
            found.setdefault((code, told), plain.count(" ") * len(entries) + place)
    return sorted(found, key=lambda term: found[term])


def _insert(book: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        book.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _wordings(entries: Iterable[tuple[Any, ...]], index: CodeIndex) -> Iterator[tuple[str, str, str]]:
    """Code, path, and path with the words that may be there or not; of each code that a term leads to."""
    above: list[tuple[int, str, str]] = []
    for id_, book, parent, level, title, nemod, code, manif, see, see_also, cells in entries:
        if book not in BOOKS:
            continue
        while above and above[-1][0] != parent:
            above.pop()
        before, before_full = above[-1][1:] if above else ("", "")
        plain = f"{before} {fold(title)}".strip()
        full = f"{before_full} {fold(title)} {fold(nemod)}".strip()
        above.append((id_, plain, " ".join(full.split())))
        entry = IndexEntry(id_, IndexBook(book), parent, level, title, nemod, code, manif, see, see_also)
        if cells and book in CELLS:
            yield from _cells(book, json.loads(cells), plain, above[-1][2])
        elif target := entry if entry.codes else index.follow(entry.book, see) if see else None:
            yield from ((each, plain, above[-1][2]) for each in target.codes)


def _cells(book: str, cells: Mapping[str, str], plain: str, full: str) -> Iterator[tuple[str, str, str]]:
    """The cells of a row of a table by their columns; what all rows of it stand under says nothing."""
    for column, text in cells.items():
        said = CELLS[book][int(column) - 2]
        one = IndexEntry(0, IndexBook(book), 0, 0, "", code=text)
        rest, rest_full = (each.removeprefix(f"{_OF_ALL} neoplastic").strip() for each in (plain, full))
        yield from (
            (code, f"{fold(said)} {rest}".strip(), f"{fold(said)} {rest_full}".strip()) for code in one.codes
        )
