"""Indices of discharges by what was coded: the disease index, for a code or a whole category of codes."""

from __future__ import annotations

from typing import Final, NamedTuple

from db.connect import database
from rules.codes import normal
from rules.identity import Name, shown_name
from rules.periods import Period

COUNTED: Final = 50_000  # rows of either way; beyond it the answer itself is long
BEYOND: Final = "\U0010ffff"  # sorts after every code that begins alike


class IndexRow(NamedTuple):
    """A discharge with the code asked for, as it stands in the index. ``key`` places it in the list."""

    encounter_id: int
    account: str
    mrn: str
    patient_name: str
    admit_day: int
    discharge_day: int
    los_days: int
    died: bool
    code: str  # the highest placed of the codes asked for
    seq: int  # 1: the principal diagnosis

    @property
    def key(self) -> tuple[int, int]:
        return (self.discharge_day, self.encounter_id)


# Two ways to the same rows: from the code to its discharges, or from the discharges of the period to their codes.
_BY_CODE: Final = "diagnosis d CROSS JOIN encounter e ON e.id = d.encounter_id"
_BY_DAY: Final = "encounter e CROSS JOIN diagnosis d ON d.encounter_id = e.id"
_CODED: Final = "d.code >= :begins AND d.code < :ends AND d.role = 'dx' AND d.seq <= :last_seq"
_LEFT: Final = (
    "e.class = 'I' AND e.state = 'active' AND e.discharge_day BETWEEN :first AND :last"
    " AND (e.discharge_day, e.id) > (:day, :id)"
)
_DISEASE: Final = (
    "SELECT e.id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, e.admit_day, e.discharge_day,"
    f" e.los_days, e.died, d.code, min(d.seq) FROM {{way}} CROSS JOIN patient p ON p.id = e.patient_id WHERE {_CODED}"
    f" AND {_LEFT} GROUP BY e.discharge_day, e.id ORDER BY e.discharge_day, e.id LIMIT :limit"
)


def disease_index(
    code: str, period: Period, *, principal_only: bool = False, after: tuple[int, int] = (0, 0), limit: int = -1
) -> list[IndexRow]:  # fmt: skip
    """Discharges of a period with a diagnosis by code or category (``I21``), oldest first, each once.

    ``after`` is the ``key`` of the last one shown; a negative ``limit`` is none.
    """
    begins = normal(code)
    asked = {
        "begins": begins, "ends": begins + BEYOND, "last_seq": 1 if principal_only else 99,
        "first": period.from_day, "last": period.to_day, "day": after[0], "id": after[1], "limit": limit,
    }  # fmt: skip
    rows = database.execute_sql(_DISEASE.format(way=_shorter_way(asked)), asked)
    return [
        IndexRow(id_, account, mrn, shown_name(Name(*name)), admitted, left, los or 0, bool(died), found, seq)
        for id_, account, mrn, *name, admitted, left, los, died, found, seq in rows
    ]


def _shorter_way(asked: dict[str, str | int]) -> str:
    """The way with fewer rows on it: a common code of one month, or a rare code of all years."""
    coded = _count(f"diagnosis d WHERE {_CODED}", asked, COUNTED)
    return _BY_CODE if coded <= _count(f"encounter e WHERE {_LEFT}", asked, coded) else _BY_DAY


def _count(rows: str, asked: dict[str, str | int], most: int) -> int:
    row = database.execute_sql(f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {most})", asked).fetchone()
    return int(row[0])
