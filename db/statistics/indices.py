"""Indices of discharges and visits by what was coded: diagnoses and procedures, for codes, ranges and categories.

Which codes an account also has, or has not, may be asked with them. A visit is indexed by what it was coded to, one not
coded yet by the diagnoses that came with it; its procedures are its services.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from db.connect import database
from db.statistics import discharges, stay_lists
from db.statistics.stay_lists import Stay, Wanted
from rules.census import VISIT_CLASSES

COUNTED: Final = 50_000  # rows of either way; beyond it the answer itself is long

INPATIENT, ABSTRACT = "I", "abstract"
Ranges = Sequence[tuple[str, str]]  # first code, and what every code of the range sorts before


class Diagnosed(NamedTuple):
    """A diagnosis in the index, and all codes of its stay in their order."""

    stay: Stay
    code: str
    role: str  # dx, external
    seq: int  # 1 of dx: the principal diagnosis
    poa: str
    codes: str  # with blanks between them
    class_: str = INPATIENT  # of the account: I, E, O, OBS
    origin: str = ABSTRACT  # or visit, office; account: it came with a visit that is not coded

    @property
    def day(self) -> int:
        """The discharge, or the arrival of a visit: the day that the index counts the account on."""
        return _day(self.stay, self.class_)


class Operated(NamedTuple):
    """A procedure in the index."""

    stay: Stay
    code: str
    seq: int  # 1: the principal procedure
    performed_day: int | None
    surgeon: str
    anesthesia: str
    codes: str
    class_: str = INPATIENT
    origin: str = ABSTRACT

    @property
    def day(self) -> int:
        """As of ``Diagnosed``."""
        return _day(self.stay, self.class_)


def _day(stay: Stay, class_: str) -> int:
    return (stay.discharge_day or 1) if class_ == INPATIENT else stay.admit_day or 1


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
    classes: Sequence[str] = (INPATIENT,)  # of accounts: I, E, O, OBS


# Two ways to the same rows: from the code to its discharges, or from the discharges of the period to their codes.
_BY_CODE: Final = "{table} x CROSS JOIN encounter e ON e.id = x.encounter_id"
_BY_DAY: Final = "encounter e CROSS JOIN {table} x ON x.encounter_id = e.id"
_ALL_CODES: Final = (
    "(SELECT group_concat(code, ' ') FROM (SELECT code FROM {table} y WHERE y.encounter_id = e.id AND {listed}"
    " ORDER BY {order}))"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where codes of a kind of account stand. ``{0}`` and ``{table}`` are named when it is read."""

    table: str
    columns: tuple[str, ...]  # role or not, place, and what else an entry has of its code
    listed: str  # which of its rows are codes of the index
    principal: str
    order: str  # of the codes of an account
    origin: str
    visits: bool = True

    def within(self, alias: str) -> str:
        return self.listed.format(alias)


_DIAGNOSED: Final = "{0}.role IN ('dx', 'external')"
_FIRST: Final = "x.role = 'dx' AND x.seq = 1"
_OF_CASE: Final = "(SELECT c.data_set FROM data_case c WHERE c.id = x.case_id)"
_DISEASES: Final = (
    *(
        _Source("diagnosis", ("x.role", "x.seq", "x.poa"), _DIAGNOSED, _FIRST, "role, seq", "'abstract'", visits)
        for visits in (False, True)
    ),
    _Source("visit_code", ("x.role", "x.seq", "''"), _DIAGNOSED, _FIRST, "role, seq", _OF_CASE),
    _Source(
        "encounter_diagnosis", ("'dx'", "x.seq", "''"),
        "NOT EXISTS (SELECT 1 FROM visit_code v WHERE v.encounter_id = {0}.encounter_id) AND NOT EXISTS"
        " (SELECT 1 FROM abstract b WHERE b.encounter_id = {0}.encounter_id)", "x.seq = 1", "seq",
        "'account'",
    ),
)  # fmt: skip
_PROCEDURES: Final = (
    *(
        _Source("procedure", ("x.seq", "x.performed_day", "x.surgeon", "x.anesthesia"), "1", "x.seq = 1", "seq",
                "'abstract'", visits)
        for visits in (False, True)
    ),
    _Source("visit_code", ("x.seq", "x.day", "x.provider", "''"), "{0}.role = 'service'", "x.seq = 1", "seq", _OF_CASE),
)  # fmt: skip
_VISITED: Final = "e.arrived_day BETWEEN :first AND :last"


def diseases(coded: Coded, wanted: Wanted) -> list[Diagnosed]:
    """Diagnoses and external causes of the accounts wanted, by code and day."""
    found = [Diagnosed(stay, *rest) for source in _DISEASES for stay, rest in _found(source, coded, wanted)]
    return sorted(found, key=lambda row: (row.code, row.day, row.stay.encounter_id, row.seq))


def procedures(coded: Coded, wanted: Wanted) -> list[Operated]:
    """Procedures and services of the accounts wanted, by code and day."""
    found = [Operated(stay, *rest) for source in _PROCEDURES for stay, rest in _found(source, coded, wanted)]
    return sorted(found, key=lambda row: (row.code, row.day, row.stay.encounter_id, row.seq))


def _found(source: _Source, coded: Coded, wanted: Wanted) -> list[tuple[Stay, tuple[Any, ...]]]:
    classes = [each for each in coded.classes if (each != INPATIENT) == source.visits]
    if not classes:
        return []
    bound: dict[str, str | int] = {}
    asked = [_within("x", coded.ranges, "c", bound), source.within("x")]
    if coded.place != "any":
        asked.append(source.principal if coded.place == "principal" else f"NOT ({source.principal})")
    if coded.surgeons:
        of, nobody = source.columns[2], f"{source.columns[2]} = ''"
        asked.append(stay_lists.condition(f"{of} IN ({{}})", nobody, coded.surgeons, "surgeon", bound))
    stays, when = stay_lists.INPATIENT, discharges.ended("e")
    if source.visits:
        known = ", ".join(f"'{each}'" for each in classes if each in VISIT_CLASSES)
        stays, when = f"e.class <> 'I' AND e.class IN ({known}) AND e.state = 'active'", _VISITED
    way = _shorter_way(source.table, asked, wanted, bound, f"{stays} AND {when}")
    for at, ranges in enumerate(coded.also):
        asked.append(f"EXISTS ({_another(source, ranges, f'a{at}_', bound)})")
    if coded.never:
        asked.append(f"NOT EXISTS ({_another(source, coded.never, 'n', bound)})")
    codes = _ALL_CODES.format(table=source.table, listed=source.within("y"), order=source.order)
    also = ("x.code", *source.columns, codes, "e.class", source.origin)
    return stay_lists.read(wanted, when, way=way.format(table=source.table), also=also, conditions=asked, bound=bound,
                           of=stays)  # fmt: skip


def _another(source: _Source, ranges: Ranges, name: str, bound: dict[str, str | int]) -> str:
    return (
        f"SELECT 1 FROM {source.table} z WHERE z.encounter_id = e.id AND {source.within('z')}"
        f" AND ({_within('z', ranges, name, bound)})"
    )


def _within(alias: str, ranges: Ranges, name: str, bound: dict[str, str | int]) -> str:
    """A condition for codes of any of the ranges; their ends go into ``bound``."""
    for at, (low, high) in enumerate(ranges):
        bound |= {f"{name}{at}_low": low, f"{name}{at}_high": high}
    return " OR ".join(
        f"({alias}.code >= :{name}{at}_low AND {alias}.code < :{name}{at}_high)" for at in range(len(ranges))
    )


def _shorter_way(
    table: str, asked: Sequence[str], wanted: Wanted, bound: Mapping[str, str | int], ended: str
) -> str:
    """The way with fewer rows on it: a common code of one month, or a rare code of all years."""
    where = " AND ".join(f"({condition})" for condition in asked)
    days = {"first": wanted.period.from_day, "last": wanted.period.to_day}
    coded = _count(f"{table} x WHERE {where}", bound, COUNTED)
    left = _count(f"encounter e WHERE {ended}", days, coded)
    return _BY_CODE if coded <= left else _BY_DAY


def _count(rows: str, bound: Mapping[str, str | int], most: int) -> int:
    row = database.execute_sql(f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {most})", bound).fetchone()
    return int(row[0])
