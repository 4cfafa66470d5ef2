"""Indices of discharges by what was coded: diagnoses and procedures, for codes, ranges and categories.

Which codes a stay also has, or has not, may be asked with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from db.connect import database
from db.statistics import discharges, stay_lists
from db.statistics.stay_lists import Stay, Wanted

COUNTED: Final = 50_000  # rows of either way; beyond it the answer itself is long

Ranges = Sequence[tuple[str, str]]  # first code, and what every code of the range sorts before


class Diagnosed(NamedTuple):
    """A diagnosis in the index, and all codes of its stay in their order."""

    stay: Stay
    code: str
    role: str  # dx, external
    seq: int  # 1 of dx: the principal diagnosis
    poa: str
    codes: str  # with blanks between them


class Operated(NamedTuple):
    """A procedure in the index."""

    stay: Stay
    code: str
    seq: int  # 1: the principal procedure
    performed_day: int | None
    surgeon: str
    anesthesia: str
    codes: str


@dataclass(frozen=True, slots=True)
class Coded:
    """What was coded: any code of ``ranges``, on stays that also have one of each of ``also`` and none of ``never``.

    ``place`` is ``any``, ``principal`` or ``secondary``.
    """

    ranges: Ranges
    also: Sequence[Ranges] = ()
    never: Ranges = ()
    place: str = "any"
    surgeons: Sequence[str] = ()  # of procedures


# Two ways to the same rows: from the code to its discharges, or from the discharges of the period to their codes.
_BY_CODE: Final = "{table} x CROSS JOIN encounter e ON e.id = x.encounter_id"
_BY_DAY: Final = "encounter e CROSS JOIN {table} x ON x.encounter_id = e.id"
_ALL_CODES: Final = (
    "(SELECT group_concat(code, ' ') FROM (SELECT code FROM {table} y WHERE y.encounter_id = e.id{roles}"
    " ORDER BY {order}))"
)
_LISTED: Final = {"diagnosis": "{0}.role IN ('dx', 'external')", "procedure": "1"}
_PRINCIPAL: Final = {"diagnosis": "x.role = 'dx' AND x.seq = 1", "procedure": "x.seq = 1"}


def diseases(coded: Coded, wanted: Wanted) -> list[Diagnosed]:
    """Diagnoses and external causes of the discharges wanted, by code and discharge."""
    listed = f" AND {_LISTED['diagnosis'].format('y')}"
    also = ("x.code", "x.role", "x.seq", "x.poa",
            _ALL_CODES.format(table="diagnosis", roles=listed, order="role, seq"))  # fmt: skip
    found = [Diagnosed(stay, *rest) for stay, rest in _found("diagnosis", also, coded, wanted)]
    return sorted(
        found, key=lambda row: (row.code, row.stay.discharge_day or 0, row.stay.encounter_id, row.seq)
    )


def procedures(coded: Coded, wanted: Wanted) -> list[Operated]:
    """Procedures of the discharges wanted, by code and discharge."""
    also = ("x.code", "x.seq", "x.performed_day", "x.surgeon", "x.anesthesia",
            _ALL_CODES.format(table="procedure", roles="", order="seq"))  # fmt: skip
    found = [Operated(stay, *rest) for stay, rest in _found("procedure", also, coded, wanted)]
    return sorted(
        found, key=lambda row: (row.code, row.stay.discharge_day or 0, row.stay.encounter_id, row.seq)
    )


def _found(
    table: str, also: Sequence[str], coded: Coded, wanted: Wanted
) -> list[tuple[Stay, tuple[Any, ...]]]:
    bound: dict[str, str | int] = {}
    asked = [_within("x", coded.ranges, "c", bound), _LISTED[table].format("x")]
    if coded.place != "any":
        asked.append(_PRINCIPAL[table] if coded.place == "principal" else f"NOT ({_PRINCIPAL[table]})")
    if coded.surgeons:
        asked.append(
            stay_lists.condition("x.surgeon IN ({})", "x.surgeon = ''", coded.surgeons, "surgeon", bound)
        )
    way = _shorter_way(table, asked, wanted, bound)
    for at, ranges in enumerate(coded.also):
        asked.append(f"EXISTS ({_another(table, ranges, f'a{at}_', bound)})")
    if coded.never:
        asked.append(f"NOT EXISTS ({_another(table, coded.never, 'n', bound)})")
    return stay_lists.read(wanted, discharges.ended("e"), way=way.format(table=table), also=also, conditions=asked,
                           bound=bound)  # fmt: skip


def _another(table: str, ranges: Ranges, name: str, bound: dict[str, str | int]) -> str:
    return (
        f"SELECT 1 FROM {table} z WHERE z.encounter_id = e.id AND {_LISTED[table].format('z')}"
        f" AND ({_within('z', ranges, name, bound)})"
    )


def _within(alias: str, ranges: Ranges, name: str, bound: dict[str, str | int]) -> str:
    """A condition for codes of any of the ranges; their ends go into ``bound``."""
    for at, (low, high) in enumerate(ranges):
        bound |= {f"{name}{at}_low": low, f"{name}{at}_high": high}
    return " OR ".join(
        f"({alias}.code >= :{name}{at}_low AND {alias}.code < :{name}{at}_high)" for at in range(len(ranges))
    )


def _shorter_way(table: str, asked: Sequence[str], wanted: Wanted, bound: Mapping[str, str | int]) -> str:
    """The way with fewer rows on it: a common code of one month, or a rare code of all years."""
    where = " AND ".join(f"({condition})" for condition in asked)
    days = {"first": wanted.period.from_day, "last": wanted.period.to_day}
    coded = _count(f"{table} x WHERE {where}", bound, COUNTED)
    left = _count(f"encounter e WHERE e.class = 'I' AND {discharges.ended('e')}", days, coded)
    return _BY_CODE if coded <= left else _BY_DAY


def _count(rows: str, bound: Mapping[str, str | int], most: int) -> int:
    row = database.execute_sql(f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {most})", bound).fetchone()
    return int(row[0])
