"""The patient index as lists: charts in any filing order, other names, merges made and undone, pairs to decide."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from db import acts, store
from db.actors import Action, Actor
from db.connect import database
from db.patient_index import counts
from rules.identity import Name, shown_name
from rules.moments import moment_at

BEYOND: Final = chr(0x10FFFF)  # sorts after every letter and digit of a key


class Chart(NamedTuple):
    """A chart of the index. ``other``: the name it also goes by, on the list of other names."""

    patient_id: int
    mrn: str
    td_key: str
    md_key: str
    number_order: str
    name_key: str
    name: str
    birth_date: str
    sex: str
    city: str
    seen_day: int | None  # of the last discharge, admission or visit
    sensitive: str
    other: str = ""
    kind: str = ""


class Merge(NamedTuple):
    """Two charts put together, or taken apart again."""

    number: int
    at: str
    by: str
    kept: tuple[int, str, str, str]  # internal number, MRN, name, class of a sensitive chart
    gone: tuple[int, str, str, str]
    undone_at: str
    undone_by: str
    why: str


class Pair(NamedTuple):
    """Two charts that may be one person."""

    score_hundredths: int
    match: str
    state: str  # open, later
    found_day: int
    low: tuple[int, str, str, str]
    high: tuple[int, str, str, str]
    reasons: str


_CHART: Final = (
    "SELECT p.id, p.mrn, p.td_key, p.md_key, p.number_order, {key}, p.last_name, p.first_name, p.middle_name, p.suffix,"
    " p.birth_date, p.sex, p.city, (SELECT max(coalesce(e.discharge_day, e.admit_day, e.arrived_day)) FROM encounter e"
    " WHERE e.patient_id = p.id AND e.state = 'active'), coalesce(s.class, ''){more} FROM {way}"
    " LEFT JOIN sensitive_patient s ON s.patient_id = p.id WHERE p.merged_into_id IS NULL AND p.void_utc IS NULL"
    " AND {key} >= :low_name AND {key} < :high_name AND p.td_key >= :low_digits AND p.td_key < :high_digits"
)
_PERSON: Final = (
    "{0}.id, {0}.mrn, {0}.last_name, {0}.first_name, {0}.middle_name, {0}.suffix, coalesce(s{0}.class, '')"
)
_SENSITIVE: Final = " LEFT JOIN sensitive_patient s{0} ON s{0}.patient_id = {0}.id"
_MERGES: Final = (
    f"SELECT m.id, m.at_utc, m.by, m.undone_utc, m.undone_by, m.snapshot, {_PERSON.format('k')}, {_PERSON.format('g')}"
    " FROM merge m JOIN patient k ON k.id = m.survivor_id JOIN patient g ON g.id = m.loser_id"
    f"{_SENSITIVE.format('k')}{_SENSITIVE.format('g')}"
    " WHERE m.kind = 'patient' AND (m.at_utc BETWEEN ? AND ? OR m.undone_utc BETWEEN ? AND ?) ORDER BY m.id"
)
_PAIRS: Final = (
    f"SELECT c.score_hundredths, c.match, c.state, c.found_utc, c.reasons, {_PERSON.format('k')}, {_PERSON.format('g')}"
    " FROM chart_pair c JOIN patient k ON k.id = c.low_id JOIN patient g ON g.id = c.high_id"
    f"{_SENSITIVE.format('k')}{_SENSITIVE.format('g')} WHERE c.state <> 'apart'{counts.BOTH_STAND}"
    " ORDER BY c.score_hundredths DESC, c.id"
)


def charts(names: tuple[str, str] = ("", ""), digits: tuple[str, str] = ("", "")) -> list[Chart]:
    """Charts by name: between two beginnings of names and two terminal pairs, both ends in; blank is open."""
    return _charts("patient p", "p.name_key", "", names, digits)


def other_names(names: tuple[str, str] = ("", ""), digits: tuple[str, str] = ("", "")) -> list[Chart]:
    """Names that people also go by, by that name, with the chart that each leads to."""
    more = ", x.last_name, x.first_name, x.middle_name, x.kind"
    return _charts("patient_alias x JOIN patient p ON p.id = x.patient_id", "x.name_key", more, names, digits)


def _charts(way: str, key: str, more: str, names: tuple[str, str], digits: tuple[str, str]) -> list[Chart]:
    bound = {"low_name": names[0], "low_digits": digits[0]}
    bound |= {
        "high_name": f"{names[1] or names[0]}{BEYOND}",
        "high_digits": f"{digits[1] or digits[0]}{BEYOND}",
    }
    found = []
    for row in database.execute_sql(_CHART.format(way=way, key=key, more=more), bound):
        id_, mrn, td_key, md_key, number, name_key, last, first, middle, suffix, *rest = row
        other = (shown_name(Name(*rest[5:8])), rest[8]) if more else ("", "")
        name = shown_name(Name(last, first, middle, suffix))
        found.append(Chart(id_, mrn, td_key, md_key, number, name_key, name, *rest[:5], *other))
    return sorted(found, key=lambda chart: (chart.name_key, chart.patient_id))


def merges(first_utc: int, last_utc: int) -> list[Merge]:
    """Merges of charts made or undone between two moments, in the order in which they were made."""
    rows = database.execute_sql(_MERGES, (first_utc, last_utc, first_utc, last_utc))
    return [
        Merge(
            number,
            _local(at),
            by,
            _person(two[:7]),
            _person(two[7:]),
            _local(undone),
            undone_by,
            _why(snapshot),
        )
        for number, at, by, undone, undone_by, snapshot, *two in rows
    ]


def pairs(actor: Actor) -> list[Pair]:
    """Pairs of charts that somebody has to decide about, the likeliest first. Raises ``NotPermitted``."""
    acts.permit(actor, Action.REVIEW_DUPLICATE, kind="duplicates")
    zone = store.current().zone
    return [
        Pair(score, match, state, moment_at(found, zone).day, _person(people[:7]), _person(people[7:]),
             ", ".join(map(str, json.loads(reasons))))
        for score, match, state, found, reasons, *people in database.execute_sql(_PAIRS)
    ]  # fmt: skip


def _person(row: list[Any]) -> tuple[int, str, str, str]:
    id_, mrn, last, first, middle, suffix, sensitive = row
    return id_, mrn, shown_name(Name(last, first, middle, suffix)), sensitive


def _local(utc: int | None) -> str:
    return "" if utc is None else moment_at(utc, store.current().zone).local


def _why(snapshot: str) -> str:
    said = json.loads(snapshot)
    return " / undone: ".join(filter(None, (said.get("because", ""), said.get("undone_because", ""))))
