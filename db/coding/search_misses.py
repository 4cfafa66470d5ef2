"""Searches for codes that did not help: kept, counted by what was typed, and made expansions of the facility.

What somebody types is kept with who and when and never with a patient; the setting search_miss_days switches it off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from config.code_sources import EXPANSIONS
from config.code_tables import read_table
from db import store
from db.actors import Action, Actor
from db.acts import act
from db.coding import site_tables
from db.connect import database, writing
from db.conventions import convention
from rules.codes import System, normal
from rules.codes_search import key_of, query_words, stems
from rules.findings import Told
from rules.moments import DAY_SECONDS
from rules.text import clean

KIND: Final = "search miss"
SETTING: Final = "search_miss_days"
TAKEN, IGNORED = "taken", "ignored"
LONGEST: Final = 80  # characters of what was typed
FARTHEST: Final = 5000  # misses of which one is looked for


class NotTaken(Told):
    """The phrase cannot become an expansion; one sentence."""


@dataclass(frozen=True, slots=True)
class Miss:
    """What was typed in vain, how often, and the codes that were chosen after it, the one chosen most first."""

    system: str
    words: str
    typed: str  # as it was last
    times: int
    nothing: int  # of which so often nothing was found
    people: int
    last_utc: int
    chosen: tuple[str, ...]
    last_id: int


def note(actor: Actor, typed: str, system: System, screen: str, *, found: int, chosen: str = "") -> None:
    """Keep a search that ended without a choice: ``found`` codes, and what was chosen after all, if anything.

    Nothing is kept where the setting says so, of a text without letters, or in a store that cannot be written. What
    was kept for too long goes with it.
    """
    words = " ".join(key_of(stems(query_words(typed[:LONGEST]))))
    if not any(map(str.isalpha, words)) or store.current().tampered:
        return
    now, since = store.current().now().utc, _since()
    with writing():
        database.execute_sql("DELETE FROM search_miss WHERE at_utc < ?", (since,))
        if since > now:
            return
        database.execute_sql(
            "INSERT INTO search_miss (words, typed, system, screen, found, at_utc, by, chosen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (words, clean(typed[:LONGEST]), system, screen, found, now, actor.user, normal(chosen)),
        )


def _since() -> int:
    """From when on searches are kept, by the setting in force; at 0 from a moment that is still to come."""
    now, days = store.current().now().utc, int(convention(SETTING))
    return now - days * DAY_SECONDS if days else now + 1


def prune(actor: Actor) -> int:
    """Remove, in one audited act, what was kept longer than the setting says, everything at 0; how many."""
    with act(actor, Action.RUN_JOB, kind=KIND, record="old searches") as done:
        removed: int = database.execute_sql("DELETE FROM search_miss WHERE at_utc < ?", (_since(),)).rowcount
        done.detail["removed"] = removed
    return removed


def listed(after: tuple[int, int] | None = None, limit: int = 50) -> list[Miss]:
    """What was typed in vain and nobody settled, most often first; ``after`` is times and last id of the last one.

    What the setting would not keep any more is not shown, whether it is removed already or not.
    """
    times, last = after or (1 << 60, 0)
    rows = database.execute_sql(
        "SELECT m.system, m.words, count(*) AS times, sum(m.found = 0), count(DISTINCT m.by), max(m.at_utc),"
        " max(m.id) AS last FROM search_miss AS m LEFT JOIN search_miss_settled AS s"
        " ON s.system = m.system AND s.words = m.words AND s.at_utc >= m.at_utc WHERE s.words IS NULL"
        " AND m.at_utc >= ?"
        " GROUP BY m.system, m.words HAVING times < ? OR times = ? AND last < ? ORDER BY times DESC, last DESC LIMIT ?",
        (_since(), times, times, last, limit),
    ).fetchall()
    marks = ", ".join("?" * len(rows))
    typed = dict(
        database.execute_sql(
            f"SELECT id, typed FROM search_miss WHERE id IN ({marks})", [row[6] for row in rows]
        ).fetchall()
    )
    chosen: dict[tuple[str, str], list[str]] = {}
    for system, words, code in database.execute_sql(
        f"SELECT system, words, chosen FROM search_miss WHERE chosen <> '' AND words IN ({marks})"
        " GROUP BY system, words, chosen ORDER BY count(*) DESC, chosen",
        [row[1] for row in rows],
    ):
        chosen.setdefault((system, words), []).append(code)
    return [
        Miss(
            system,
            words,
            typed[last],
            many,
            nothing,
            people,
            at,
            tuple(chosen.get((system, words), ())),
            last,
        )
        for system, words, many, nothing, people, at, last in rows
    ]


def get(last_id: int) -> Miss | None:
    """The miss whose last row has this number."""
    row = database.execute_sql("SELECT system, words FROM search_miss WHERE id = ?", (last_id,)).fetchone()
    return (
        next((each for each in listed(limit=FARTHEST) if (each.system, each.words) == row), None)
        if row
        else None
    )


def ignore(actor: Actor, miss: Miss) -> None:
    """Nothing is to be made of it: one audited act. It is listed again when somebody types it later."""
    with act(actor, Action.AMEND_SITE_FILE, kind=KIND, record=miss.typed) as done:
        done.changed({"status": ""}, {"status": IGNORED})
        _settle(actor, miss, IGNORED)


def take(actor: Actor, miss: Miss, codes: str) -> None:
    """Make the phrase an expansion of the facility that is answered by ``codes``: an audited ``table import``.

    Raises ``NotTaken`` for a text that holds no code, ``NotPermitted``.
    """
    named = [normal(code) for code in codes.replace(",", " ").split()]
    if not named:
        raise NotTaken("Say which code or codes answer the phrase.")
    folder = store.current().directory / "site" / "tables"
    path = folder / f"{EXPANSIONS}.toml"
    text = path.read_text(encoding="utf-8") if path.is_file() else _EMPTY
    phrase = " ".join(query_words(miss.typed))
    row = f'  {{ code = "{phrase}", text = "{phrase}", codes = "{" ".join(named)}" }},\n'
    body, closing, rest = text.rpartition("]")
    if body and not body.rstrip().endswith((",", "[")):
        body = body.rstrip() + ",\n"
    text = f"{body}{row}{closing}{rest}"
    table, mistakes = read_table(text, path.name)
    if table is None:
        raise NotTaken(f"The facility's table takes no such row: {mistakes[0]}")
    site_tables.import_table(actor, text, path.name)
    with act(actor, Action.AMEND_SITE_FILE, kind=KIND, record=miss.typed) as done:
        done.changed({"status": ""}, {"status": TAKEN, "codes": " ".join(named)})
        _settle(actor, miss, TAKEN)


def _settle(actor: Actor, miss: Miss, status: str) -> None:
    database.execute_sql(
        "INSERT OR REPLACE INTO search_miss_settled VALUES (?, ?, ?, ?, ?)",
        (miss.system, miss.words, status, actor.user, store.current().now().utc),
    )


_EMPTY: Final = 'id = "code_expansions"\ntitle = "Our abbreviations and lay terms"\nrows = [\n]\n'
