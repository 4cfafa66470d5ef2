"""What the search for codes reads from the code store: codes, the likeliest first, words, expansions."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from config.toml_source import Source
from db.coding.codes_schema import INDEX_WORDS, WORDS
from db.coding.codes_words import SAID
from rules.codes import System
from rules.codes_search import (
    BORROWED,
    LINKS,
    Expansion,
    fold,
    phrases_of,
    query_words,
    replacements,
    wording,
)

if TYPE_CHECKING:
    from exchange.code_sets.contents import Version

# ICD-10-PCS, by section, approach (5th character), device (6th) and qualifier (7th): what is done most comes first.
_SECTION_PENALTY = {
    "0": 0.0, "1": 0.1, "2": 0.2, "3": 0.05, "4": 0.1, "5": 0.05, "6": 0.15, "7": 0.4, "8": 0.3, "9": 0.4, "B": 0.25,
    "C": 0.35, "D": 0.3, "F": 0.45, "G": 0.3, "H": 0.3, "X": 0.3,
}  # fmt: skip
_APPROACH_PENALTY = {"0": 0.0, "X": 0.0, "4": 0.01, "8": 0.01, "3": 0.02, "7": 0.03, "F": 0.06}
_DEVICE_PENALTY = {"Z": 0.0, "J": 0.01, "D": 0.03, "7": 0.04, "K": 0.06, "Y": 0.1}
_OTHER_DEVICE = 0.05
_OTHER_QUALIFIER = {"Z": 0.0, "X": 0.08}
_QUALIFIED = 0.04


def procedure_penalty(code: str) -> float:
    """What a procedure loses against another that answers a query as well."""
    found = _SECTION_PENALTY.get(code[0], 0.3)
    if code[0] == "0":
        found += _APPROACH_PENALTY.get(code[4:5], 0.05) + _DEVICE_PENALTY.get(code[5:6], _OTHER_DEVICE)
        found += _OTHER_QUALIFIER.get(code[6:7], _QUALIFIED)
    return found


def likeliest_first(versions: Iterable[Version]) -> list[Version]:
    """The codes in the order in which equally good answers are shown."""
    return sorted(
        versions,
        key=lambda each: (
            each.penalty + 0.02 * each.title.count(" "),
            each.system,
            each.position,
            each.valid_from,
        ),
    )


def fill(
    connection: sqlite3.Connection,
    versions: Iterable[Version],
    expansions: str,
    terms: Iterable[tuple[int, str, str]] = (),
) -> int:
    """The codes with all that they are called, the terms of the index, and the text of the table of expansions.

    Returns how many phrases that has.
    """
    rows: dict[tuple[str, str], int] = defaultdict(int)
    fold_term = lru_cache(maxsize=None)(fold)  # a category lends its terms to every code under it
    for system in System:
        connection.execute(WORDS.format(system=system.value))
    for id_, each in enumerate(likeliest_first(versions), 1):
        title = fold(each.title)
        own = dict.fromkeys((title, *map(fold_term, each.terms)))
        others = dict.fromkeys(text for text in map(fold_term, each.borrowed) if text not in own)
        wordings = [*map(wording, own), *(BORROWED + wording(text) for text in others)]
        connection.execute(
            "INSERT INTO code VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id_, each.system, each.code, each.title, each.billable, each.valid_from, each.valid_to, each.parent,
                each.position, " ".join(each.marks), round(each.penalty, 2), "|".join(wordings),
            ),
        )  # fmt: skip
        text = " ".join((*own, *others)).strip()
        if text:
            connection.execute(f"INSERT INTO words_{each.system} (rowid, text) VALUES (?, ?)", (id_, text))
            for word in set(text.split(" ")):
                rows[word, each.system] += 1
    fill_index(connection, terms, rows)
    for system in (*System, INDEX_WORDS):
        connection.execute(f"INSERT INTO words_{system} (words_{system}) VALUES ('optimize')")
    phrases = _expansions(connection, expansions, rows)
    connection.executemany(
        "INSERT INTO word VALUES (?, ?, ?)", [(word, of, count) for (word, of), count in sorted(rows.items())]
    )
    return phrases


def fill_index(
    connection: sqlite3.Connection, terms: Iterable[tuple[int, str, str]], rows: dict[tuple[str, str], int]
) -> None:
    """The wordings of the index, and their words where no title has them."""
    connection.execute(WORDS.format(system=INDEX_WORDS))
    own: dict[tuple[str, str], int] = defaultdict(int)
    for id_, _, wordings in terms:
        words = set(wordings.replace("|", " ").split())
        connection.execute(
            f"INSERT INTO words_{INDEX_WORDS} (rowid, text) VALUES (?, ?)", (id_, " ".join(sorted(words)))
        )
        for word in words:
            own[word, System.CM] += 1
    rows.update((key, count) for key, count in own.items() if key not in rows)


def _expansions(connection: sqlite3.Connection, text: str, rows: dict[tuple[str, str], int]) -> int:
    """The shipped expansions by the first word of each, and their words, which are no misspellings."""
    table = Source("code_expansions.toml", text).data.get("rows", ())
    said = [(phrase, row) for row in table for phrase in phrases_of(row["code"], row.get("also", ""))]
    plain = [(phrase, row["text"]) for phrase, row in said if row.get("instead")]
    instead = replacements(plain)
    connection.executemany("INSERT OR REPLACE INTO instead VALUES (?, ?)", plain)
    for phrase, row in said:
        made = Expansion.of(phrase, row["text"], row.get("codes", ""), instead)
        for word in {*made.key, *query_words(phrase)} - LINKS:
            rows[word, SAID] += 1
        if not row.get("instead"):
            connection.execute(
                "INSERT OR IGNORE INTO expansion VALUES (?, ?, ?, ?)",
                (" ".join(made.key), made.key[0], "|".join(map(" ".join, made.texts)), " ".join(made.codes)),
            )
    return len(said)
