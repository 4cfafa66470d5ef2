"""Finding patients by whatever technicians key; every form is answered from an index.

The forms are those of VA patient selection (FileMan and PIMS manuals) and the numbers of a record room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db import store
from db.connect import database
from rules.dates import Unclear, parse_date
from rules.identity import (
    Name,
    fold,
    name_prefix,
    number_key,
    shown_name,
    social_security_number,
    terminal_digits,
)
from rules.moments import day_number

SAME_KIND_LIMIT: Final = 500  # patients that one number, birth date or pair of digits may lead to
AFTER_ALL: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A line of a patient list. ``key`` places it in the order of the list."""

    key: tuple[str, int]  # folded name, patient
    patient_id: int
    mrn: str
    name: str  # LAST,FIRST MIDDLE SUFFIX
    birth_date: str
    sex: str
    ssn_last4: str
    matched: str = ""  # the alias, retired number or account that was found, when it is not shown otherwise
    warnings: tuple[str, ...] = ()  # same name as another patient, deceased, temporary name, merged


_SELECT: Final = (
    "SELECT p.name_key, p.id, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, p.birth_date, p.sex,"
    " p.ssn, p.death_date, p.temporary, p.merged_into_id, p.void_utc"
)


def find(text: str, after: tuple[str, int] | None = None, limit: int = 20) -> list[PatientRow]:
    """Patients that ``text`` may mean, by name and then number; ``after`` is the ``key`` of the last one shown.

    Understood: ``LAST``, ``LAST,FI`` (either part cut short), aliases too; SSN with or without dashes; initial
    and last four (``H9999``); MRN, chart and retired numbers, leading zeros or not; account number; date of
    birth in any form; terminal digits (``45-49-99``, ``49-99``); backtick and internal number.
    """
    keyed = " ".join(text.split())
    if not keyed:
        return []
    if numbered := _numbered(keyed):
        rows = sorted(_by_ids(numbered), key=lambda row: row.key)
        return [row for row in rows if after is None or row.key > after][:limit]
    return _named(keyed, after, limit) if fold(keyed.partition(",")[0]) else []


def _numbered(keyed: str) -> dict[int, str]:
    """Patients found by a number or date, each with what was found when its own line does not show it."""
    if keyed.startswith("`"):
        number = keyed[1:].strip()
        return {int(number): ""} if number.isascii() and number.isdigit() and len(number) < 15 else {}
    found: dict[int, str] = {}
    if not any(character.isdigit() for character in keyed):
        if "," not in keyed and " " not in keyed:  # a number may be all letters
            _add(
                found,
                "SELECT patient_id, value FROM patient_identifier WHERE value_key = ?",
                number_key(keyed),
            )
        return found
    if ssn := social_security_number(keyed):
        _add(found, "SELECT id, '' FROM patient WHERE ssn = ? AND ssn <> ''", ssn)
    if len(keyed) == 5 and keyed[0].isalpha() and keyed[1:].isdigit():
        _add(found, "SELECT id, '' FROM patient WHERE ssn_key = ? AND ssn_key <> ''", fold(keyed))
    _add(found, "SELECT patient_id, value FROM patient_identifier WHERE value_key = ?", number_key(keyed))
    _add(found, "SELECT patient_id, account FROM encounter WHERE account = ?", keyed)
    if digits := terminal_digits(keyed):
        _add(found, "SELECT id, '' FROM patient WHERE td_key >= ? AND td_key < ?", digits, digits + AFTER_ALL)
    if (day := _birth_day(keyed)) is not None:
        _add(found, "SELECT id, '' FROM patient WHERE birth_day = ? AND birth_day IS NOT NULL", day)
    return found


def _add(found: dict[int, str], sql: str, *values: str | int) -> None:
    for patient_id, matched in database.execute_sql(f"{sql} LIMIT {SAME_KIND_LIMIT}", values):
        found.setdefault(patient_id, matched)


def _birth_day(keyed: str) -> int | None:
    if sum(character.isdigit() for character in keyed) < 3:
        return None
    now = datetime.fromisoformat(store.current().now().local)
    day = parse_date(keyed, now, past=True)
    return None if isinstance(day, Unclear) else day_number(day)


def _by_ids(numbered: dict[int, str]) -> list[PatientRow]:
    """The patients; one that was merged into another is shown as where it has gone."""
    rows: dict[int, PatientRow] = {}
    waiting = dict(numbered)
    while waiting:
        marks = ", ".join("?" * len(waiting))
        found = list(
            database.execute_sql(f"{_SELECT} FROM patient p WHERE p.id IN ({marks})", tuple(waiting))
        )
        gone = {row[12]: f"{row[2]} {_warned_name(row)}" for row in found if row[12] is not None}
        for row in found:
            if row[12] is None and row[1] not in rows:
                matched = waiting[row[1]]
                rows[row[1]] = _row(row, "" if number_key(matched) == number_key(row[2]) else matched)
        waiting = {id_: matched for id_, matched in gone.items() if id_ not in rows}
    return list(rows.values())


def _named(keyed: str, after: tuple[str, int] | None, limit: int) -> list[PatientRow]:
    last, first = name_prefix(keyed)
    begins, ends = last, last + AFTER_ALL
    in_range = "{0}.name_key >= ? AND {0}.name_key < ?"
    values: tuple[str | int, ...] = (begins, ends)
    if first:
        in_range += " AND substr({0}.name_key, instr({0}.name_key, ',') + 1, ?) = ?"
        values += (len(first), first)
    page = ""
    page_values: tuple[str | int, ...] = ()
    if after is not None:
        page = " AND {0}.name_key >= ? AND ({0}.name_key > ? OR {1} > ?)"
        page_values = (after[0], after[0], after[1])
    own = database.execute_sql(
        f"{_SELECT} FROM patient p WHERE {in_range.format('p')}{page.format('p', 'p.id')}"
        " AND p.merged_into_id IS NULL ORDER BY p.name_key, p.id LIMIT ?",
        (*values, *page_values, limit),
    )
    other = database.execute_sql(
        f"{_SELECT}, a.name_key, a.last_name, a.first_name FROM patient_alias a"
        f" JOIN patient p ON p.id = a.patient_id WHERE {in_range.format('a')}{page.format('a', 'a.patient_id')}"
        f" AND p.merged_into_id IS NULL AND NOT ({in_range.format('p')}) ORDER BY a.name_key, a.patient_id LIMIT ?",
        (*values, *page_values, *values, limit),
    )
    rows = [_row(row) for row in own]
    rows += [
        _row((row[14], *row[1:14]), shown_name(Name(row[15], row[16]))) for row in other
    ]  # an alias takes its own place in the list
    return sorted(rows, key=lambda row: row.key)[:limit]


def _row(row: Sequence[Any], matched: str = "") -> PatientRow:
    key, id_, mrn, last, first, middle, suffix, birth_date, sex, ssn, *_ = row
    name = shown_name(Name(last, first, middle, suffix))
    last4 = ssn[-4:] if len(ssn) == 9 else ""
    return PatientRow((key, id_), id_, mrn, name, birth_date, sex, last4, matched, _warnings(row))


def _warned_name(row: Sequence[Any]) -> str:
    return f"{shown_name(Name(*row[3:7]))} (merged)"


def _warnings(row: Sequence[Any]) -> tuple[str, ...]:
    _, id_, _, last, first, *_, death_date, temporary, merged_into, void = row[:14]
    warned = ["registered in error"] if void else []
    if last and _has_namesake(id_, last, first):
        warned.append("same name as another patient")
    if death_date or _died_here(id_):
        warned.append("deceased")
    if temporary:
        warned.append("temporary name")
    if merged_into is not None:
        warned.append("merged into another chart")
    return tuple(warned)


def _has_namesake(patient_id: int, last: str, first: str) -> bool:
    same = f"{fold(last)},{fold(first)}"
    row = database.execute_sql(
        "SELECT 1 FROM patient WHERE name_key >= ? AND name_key < ? AND id <> ? AND merged_into_id IS NULL LIMIT 1",
        (same, same + "!", patient_id),  # the end, or a space and the middle name, follows
    ).fetchone()
    return row is not None


def _died_here(patient_id: int) -> bool:
    return (
        database.execute_sql(
            "SELECT 1 FROM encounter WHERE patient_id = ? AND died = 1 LIMIT 1", (patient_id,)
        ).fetchone()
        is not None
    )


def warnings(patient_id: int) -> tuple[str, ...]:
    """What must be seen before the chart is opened, in a few words each."""
    row = database.execute_sql(f"{_SELECT} FROM patient p WHERE p.id = ?", (patient_id,)).fetchone()
    if row is None:
        return ()
    overlaid = database.execute_sql(
        "SELECT 1 FROM overlay WHERE patient_id = ? AND settled_utc IS NULL LIMIT 1", (patient_id,)
    ).fetchone()
    doubled = database.execute_sql(
        "SELECT 1 FROM chart_pair WHERE low_id = ? AND state <> 'apart' AND match = 'same'"
        " UNION ALL SELECT 1 FROM chart_pair WHERE high_id = ? AND state <> 'apart' AND match = 'same' LIMIT 1",
        (patient_id, patient_id),
    ).fetchone()
    more = (("amended into another person? see OVL",) if overlaid else ()) + (
        ("may have a second chart: see DUP",) if doubled else ()
    )
    return (*_warnings(row), *more)


def temporary(after: int = 0, limit: int = 50) -> list[PatientRow]:
    """Patients under a name that stands in for one not known yet (UNKNOWN, BABYBOY), oldest first."""
    rows = database.execute_sql(
        f"{_SELECT} FROM patient p WHERE p.temporary = 1 AND p.merged_into_id IS NULL AND p.id > ?"
        " ORDER BY p.id LIMIT ?",
        (after, limit),
    )
    return [_row(row) for row in rows]


def rows_of(patient_ids: Iterable[int]) -> list[PatientRow]:
    """The list lines of these patients."""
    return _by_ids(dict.fromkeys(patient_ids, ""))
