"""Stays one by one: the discharges or admissions of a period behind a count, chosen as the count was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from db.connect import database
from db.statistics import discharges
from rules.identity import Name, shown_name
from rules.periods import Period

NONE: Final = "none"  # asks for the stays of which an item is not known


class Stay(NamedTuple):
    """An inpatient stay on a list. Unit and service are those it left from, or was admitted to."""

    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    td_key: str
    name_key: str
    last_name: str
    first_name: str
    middle_name: str
    suffix: str
    sex: str
    birth_date: str
    unit: str
    service: str
    attending: str
    payer: str
    disposition: str
    admit_day: int
    discharge_day: int | None
    los_days: int | None
    died: bool
    died_under_48h: bool
    newborn: bool
    return_day: int | None
    weight_ten_thousandths: int | None
    drg: str
    mdc: str
    principal: str
    county: str
    zip3: str
    sensitive: str  # class of a sensitive chart

    @property
    def name(self) -> str:
        """``LAST,FIRST MIDDLE SUFFIX``."""
        return shown_name(Name(self.last_name, self.first_name, self.middle_name, self.suffix))

    @property
    def same_day(self) -> bool:
        """Admitted and discharged on one day."""
        return self.admit_day == self.discharge_day


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stays: codes by what they are of, ``NONE`` among them for those without; and questions answered."""

    period: Period
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)
    counted: bool = True  # units that are in no census are left out, unless they are named


_SITE: Final = "{} IN (SELECT id FROM {} WHERE code IN ({{}}))"
_CODES: Final = {  # what is asked for by codes, and when it is not known
    "provider": (_SITE.format("e.attending_id", "provider"), "e.attending_id IS NULL"),
    "payer": (_SITE.format("e.payer_id", "payer"), "e.payer_id IS NULL"),
    "disposition": ("e.disposition IN ({})", "e.disposition = ''"),
    "drg": ("e.drg IN ({})", "e.drg = ''"),
    "mdc": ("e.mdc IN ({})", "e.mdc = ''"),
    "sex": ("p.sex IN ({})", "p.sex = ''"),
    "race": ("p.race IN ({})", "p.race = ''"),
    "ethnicity": ("p.ethnicity IN ({})", "p.ethnicity = ''"),
    "payer_class": ("y.class IN ({})", "coalesce(y.class, '') = ''"),
    "county": ("p.county COLLATE NOCASE IN ({})", "p.county = ''"),
    "zip3": ("substr(p.zip, 1, 3) IN ({})", "p.zip = ''"),
    "origin": ("e.point_of_origin IN ({})", "e.point_of_origin = ''"),
    "priority": ("e.priority IN ({})", "e.priority = ''"),
}  # fmt: skip
ANSWERS: Final = {
    "died": "e.died",
    "under48": "e.died_under_48h",
    "newborn": "e.newborn",
    "same_day": "(e.discharge_day IS e.admit_day)",
    "readmitted": "",  # by the facility's rule
    "no_drg": "(e.weight_ten_thousandths IS NULL)",
    "in_house": "(e.discharge_day IS NULL)",
}
_CAME: Final = "e.admit_day BETWEEN :first AND :last"
_STAY: Final = (
    "e.id, e.account, e.patient_id, p.mrn, p.td_key, p.name_key, p.last_name, p.first_name, p.middle_name, p.suffix,"
    " p.sex, p.birth_date, coalesce(u.code, ''), coalesce(v.code, ''), coalesce(r.code, ''), coalesce(y.code, ''),"
    " e.disposition, coalesce(e.admit_day, e.arrived_day), e.discharge_day, e.los_days, e.died, e.died_under_48h,"
    " e.newborn, e.return_day, e.weight_ten_thousandths,"
    " e.drg, e.mdc, coalesce(d.code, ''), p.county, substr(p.zip, 1, 3),"
    " coalesce(s.class, '')"
)
_WITH: Final = (
    " CROSS JOIN patient p ON p.id = e.patient_id"
    " LEFT JOIN diagnosis d ON d.encounter_id = e.id AND d.role = 'dx' AND d.seq = 1"
    " LEFT JOIN sensitive_patient s ON s.patient_id = e.patient_id LEFT JOIN unit u ON u.id = e.{at}unit_id"
    " LEFT JOIN service v ON v.id = e.{at}service_id LEFT JOIN provider r ON r.id = e.attending_id"
    " LEFT JOIN payer y ON y.id = e.payer_id"
)
INPATIENT: Final = "e.class = 'I' AND e.state = 'active'"
_FIELDS: Final = len(Stay._fields)


def discharged(wanted: Wanted) -> list[Stay]:
    """The stays that ended in a period, oldest first: those that its statistics count."""
    found = [stay for stay, _ in read(wanted, discharges.ended("e"))]
    return sorted(found, key=lambda stay: (stay.discharge_day or 0, stay.encounter_id))


def admitted(wanted: Wanted) -> list[Stay]:
    """The stays that began in a period, oldest first."""
    found = [stay for stay, _ in read(wanted, _CAME, at="admit_")]
    return sorted(found, key=lambda stay: (stay.admit_day, stay.encounter_id))


def read(
    wanted: Wanted, when: str, *, way: str = "encounter e", also: Sequence[str] = (), conditions: Sequence[str] = (),
    bound: Mapping[str, str | int] | None = None, at: str = "", of: str = INPATIENT,
) -> list[tuple[Stay, tuple[Any, ...]]]:  # fmt: skip
    """The stays wanted, each with what is ``also`` read of the rows that the ``way`` to them leads over.

    ``at`` is ``admit_`` for unit and service of admission; ``of`` is the condition for the class of encounters.
    """
    values: dict[str, str | int] = {
        "first": wanted.period.from_day,
        "last": wanted.period.to_day,
        **(bound or {}),
    }
    asked = [*conditions, *chosen(wanted, at, values)]
    sql = (
        f"SELECT {', '.join((_STAY, *also))} FROM {way}{_WITH.format(at=at)} WHERE {of} AND {when}"
        f"{''.join(f' AND ({condition})' for condition in asked)}"
    )
    rows = database.execute_sql(sql, values)
    if not also:
        return [(Stay._make(row), ()) for row in rows]
    return [(Stay._make(row[:_FIELDS]), row[_FIELDS:]) for row in rows]


def chosen(wanted: Wanted, at: str, bound: dict[str, str | int]) -> list[str]:
    """The conditions for the stays wanted, on encounter ``e``, patient ``p``; values into ``bound``."""
    places = {
        name: (_SITE.format(f"e.{at}{name}_id", name), f"e.{at}{name}_id IS NULL")
        for name in ("unit", "service")
    }
    found = [
        condition(*(places | _CODES)[name], codes, name, bound)
        for name, codes in wanted.codes.items()
        if codes
    ]
    for name, answer in wanted.answers.items():
        asked = ANSWERS.get(name) or _readmitted(wanted.period, bound)
        found.append(f"{asked} = {int(answer)}")
    if wanted.counted and not wanted.codes.get("unit"):  # as the summary of days does
        found.append(f"coalesce(e.{at}unit_id, 0) NOT IN (SELECT id FROM unit WHERE counts_in_census = 0)")
    return found


def _readmitted(period: Period, bound: dict[str, str | int]) -> str:
    """The condition for a discharge that a readmission followed, by the facility's rule."""
    live, more = discharges.returning(period)
    bound |= more
    return f"({live} AND {discharges.BACK})"


def condition(found: str, unknown: str, codes: Sequence[str], name: str, bound: dict[str, str | int]) -> str:
    """A condition for codes of one kind; their values go into ``bound``."""
    named = [code for code in codes if code != NONE]
    bound |= {f"{name}{at}": code for at, code in enumerate(named)}
    marks = ", ".join(f":{name}{at}" for at in range(len(named)))
    parts = ([found.format(marks)] if named else []) + ([unknown] if len(named) < len(codes) else [])
    return " OR ".join(parts)
