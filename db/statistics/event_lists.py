"""Events one by one: operations, deliveries, infections, autopsies, consultations and the rest behind the rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from db.connect import database
from db.hospital import site
from db.statistics.discharges import ALL, left
from db.statistics.stay_lists import NONE
from rules.identity import Name, shown_name
from rules.moments import Moment
from rules.periods import Period

BY_DISCHARGE: Final = ("autopsy", "coroner", "death_class", "consultation")
"""Kinds that belong to the period in which the stay ended; an event without a stay to its own day."""


class EventLine(NamedTuple):
    """An event on a list, with its stay and patient as far as it has them."""

    event_id: int
    kind: str
    at: str  # canonical local text
    day: int
    detail: str
    weeks: int | None
    grams: int | None
    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    td_key: str
    name_key: str
    name: str
    sex: str
    birth_date: str
    unit: str
    service: str
    attending: str
    admit_day: int | None
    discharge_day: int | None
    newborn: bool
    died: bool
    case_id: int  # of the abstract
    sensitive: str


_SELECT: Final = (
    "SELECT v.id, v.kind, v.at_utc, v.at_offset, v.day, v.detail, v.weeks, v.grams, coalesce(e.id, 0),"
    " coalesce(e.account, ''), coalesce(p.id, 0), coalesce(p.mrn, ''), coalesce(p.td_key, ''),"
    " coalesce(p.name_key, ''), coalesce(p.last_name, ''), coalesce(p.first_name, ''), coalesce(p.middle_name, ''),"
    " coalesce(p.suffix, ''), coalesce(p.sex, ''), coalesce(p.birth_date, ''), e.unit_id, e.service_id,"
    " e.attending_id, e.admit_day, e.discharge_day, coalesce(e.newborn, 0), coalesce(e.died, 0),"
    " coalesce(a.case_id, 0), coalesce(s.class, '') FROM {way}"
    " LEFT JOIN patient p ON p.id = coalesce(e.patient_id, v.patient_id)"
    " LEFT JOIN abstract a ON a.encounter_id = e.id LEFT JOIN sensitive_patient s ON s.patient_id = p.id"
    " WHERE v.state = 'current' AND {when}"
)
# On the day that it happened, or when the stay ended. Without a stay there is only the day.
_HAPPENED: Final = (
    "event v LEFT JOIN encounter e ON e.id = v.encounter_id",
    "v.kind IN ({kinds}) AND v.day BETWEEN :first AND :last AND (v.kind NOT IN ({ended}) OR v.encounter_id IS NULL)",
)
_ENDED: Final = (
    "(SELECT * FROM encounter WHERE {discharged}) e CROSS JOIN event v ON v.encounter_id = e.id",
    "v.kind IN ({kinds}) AND v.kind IN ({ended})",
)


def events(period: Period, kinds: Sequence[str], details: Sequence[str] = ()) -> list[EventLine]:
    """Events of these kinds that count in a period, by time; ``details`` chooses what was said of them."""
    bound: dict[str, str | int] = {"first": period.from_day, "last": period.to_day}
    bound |= {f"kind{at}": kind for at, kind in enumerate(kinds)}
    words = {
        "kinds": ", ".join(f":kind{at}" for at in range(len(kinds))),
        "ended": ", ".join(f"'{kind}'" for kind in BY_DISCHARGE),
        "discharged": left(ALL),
    }
    asked = {"" if word == NONE else word.casefold() for word in details}
    names = tuple(site.codes(of) for of in ("unit", "service", "provider"))
    ways = [_HAPPENED, _ENDED] if set(kinds) & set(BY_DISCHARGE) else [_HAPPENED]
    found = [
        _line(row, *names)
        for way, when in ways
        for row in database.execute_sql(
            _SELECT.format(way=way.format(**words), when=when.format(**words)), bound
        )
    ]
    return sorted(
        (row for row in found if not asked or row.detail.casefold() in asked),
        key=lambda row: (row.at, row.event_id),
    )


def _line(
    row: tuple[Any, ...], units: dict[int, str], services: dict[int, str], providers: dict[int, str]
) -> EventLine:
    (
        id_,
        kind,
        utc,
        offset,
        day,
        detail,
        weeks,
        grams,
        encounter,
        account,
        patient,
        mrn,
        td_key,
        key,
        *rest,
    ) = row
    last, first, middle, suffix, sex, birth, unit, service, attending, *more = rest
    return EventLine(
        id_, kind, Moment(utc, offset, day).local, day, detail, weeks, grams, encounter, account, patient, mrn, td_key,
        key, shown_name(Name(last, first, middle, suffix)) if last or first else "", sex, birth, units.get(unit, ""),
        services.get(service, ""), providers.get(attending, ""), *more,
    )  # fmt: skip
