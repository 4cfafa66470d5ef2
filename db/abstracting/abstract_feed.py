"""What registration, feed and movements know about accounts, by item of the abstract; many accounts in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from db.connect import database
from db.conventions import conventions_by_day
from db.hospital import site
from db.hospital.encounter_lists import Encounter
from db.hospital.stays import governing, marks
from db.hospital.stays import steps as steps_of
from rules.census import DEATHS, NEVER, Event, Step, in_order
from rules.moments import iso_date

FROM_PATIENT: Final = (
    "mrn", "last_name", "first_name", "middle_name", "birth_date", "sex", "ethnicity", "marital", "street",
    "city", "state", "zip", "county", "country",
)  # fmt: skip
FROM_ENCOUNTER: Final = (
    "account", "admitted_at", "discharged_at", "priority", "point_of_origin", "payer", "attending", "service",
    "unit", "birth_weight_g", "gestation_weeks", "disposition", "los_days",
)  # fmt: skip
PLACING: Final = (Event.ADMIT, Event.TRANSFER, Event.SERVICE)
NEVER_UTC: Final = 2**62
MOST_CONSULTATIONS: Final = 40  # rows of the abstract


class _Piece(NamedTuple):
    unit: int
    service: int
    from_utc: int
    from_day: int
    to_day: int


class _Away(NamedTuple):
    type: str
    from_utc: int
    to_utc: int | None
    from_day: int
    to_day: int

    @property
    def nights(self) -> int:
        return self.to_day - self.from_day if self.to_day < NEVER else 0

    def is_pass(self, hours: int) -> bool:
        """Whether it is a pass that was shorter than ``hours``."""
        return self.type == "pass" and (self.to_utc or 0) - self.from_utc < hours * 3600


def from_account(stay: Encounter) -> dict[str, str]:
    """What registration, feed and movements know about an account, by item of the abstract."""
    return from_accounts((stay,))[stay.id]


def from_accounts(stays: Sequence[Encounter]) -> dict[int, dict[str, str]]:
    """What is known about each of these accounts, by internal number of the account."""
    ids = tuple(stay.id for stay in stays)
    people = _people(tuple(dict.fromkeys(stay.patient_id for stay in stays)))
    paths, pieces, leaves, events = steps_of(ids), _pieces(ids), _leaves(ids), _events(ids)
    units, services, by_day = site.codes("unit"), site.codes("service"), conventions_by_day()
    found = {}
    for stay in stays:
        path = in_order(paths.get(stay.id, ()))
        known = _of_person(people[stay.patient_id], stay) | _of_stay(stay)
        if way := _way(path, units, services):
            known["path"] = way
        local = {step.utc: step.local for step in path}
        hours = governing(by_day, path).pass_hours
        known |= _days(pieces.get(stay.id, ()), leaves.get(stay.id, ()), local, units, services, hours)
        found[stay.id] = known | _of_events(stay, events.get(stay.id, ()))
    return found


def _of_person(who: Mapping[str, str], stay: Encounter) -> dict[str, str]:
    found = {name: who[name] for name in FROM_PATIENT if who.get(name)}
    for row, code in enumerate(filter(None, who.get("race", "").split("|")), 1):
        found[f"races[{row}].code"] = code
    dead = who.get("death_date", "")
    # A death long after the stay says nothing about it.
    if dead and (stay.disposition in DEATHS or dead[:10] <= (stay.discharged_at[:10] or dead)):
        found["death_date"] = dead
    return found


def _of_stay(stay: Encounter) -> dict[str, str]:
    values = {name: getattr(stay, name) for name in FROM_ENCOUNTER}
    return {name: str(value) for name, value in values.items() if value not in ("", None)}


def _way(path: Iterable[Step], units: Mapping[int, str], services: Mapping[int, str]) -> str:
    """Units and services in the order of the stay, such as ``MED/MED > ICU/MED > MED/MED``."""
    places: list[str] = []
    unit = service = ""
    for step in path:
        if step.event in PLACING:
            unit = units.get(step.unit or 0, "") or unit
            service = services.get(step.service or 0, "") or service
            if not places or places[-1] != f"{unit}/{service}":
                places.append(f"{unit}/{service}")
    return " > ".join(places)


def _days(
    pieces: Iterable[_Piece], leaves: Sequence[_Away], local: Mapping[int, str], units: Mapping[int, str],
    services: Mapping[int, str], pass_hours: int,
) -> dict[str, str]:  # fmt: skip
    """The rows of the movements with their days; a change of bed alone is none, an open stay's last has no days."""
    places = [list(group) for _, group in groupby(pieces, attrgetter("unit", "service"))]
    ends = [*(group[0].from_utc for group in places[1:]), NEVER_UTC][: len(places)]  # none without a piece
    rows: list[dict[str, str]] = []
    for group, end in zip(places, ends, strict=True):
        first, last = group[0], group[-1]
        row = {
            "at": local.get(first.from_utc, ""), "unit": units.get(first.unit, ""),
            "service": services.get(first.service, ""),
        }  # fmt: skip
        rows.append(row)
        if last.to_day < NEVER:
            away = [leave for leave in leaves if first.from_utc <= leave.from_utc < end]
            passes = sum(leave.nights for leave in away if leave.is_pass(pass_hours))
            absent = sum(leave.nights for leave in away if not leave.is_pass(pass_hours))
            row["days"] = str(last.to_day - first.from_day - passes - absent)
            row |= {name: str(n) for name, n in (("leave_days", absent), ("pass_days", passes)) if n}
    if places and places[-1][-1].to_day == places[0][0].from_day:
        rows[-1]["days"] = "1"  # a same-day stay counts as one day, on its last unit
    found = {
        f"movements[{number}].{name}": value
        for number, row in enumerate(rows, 1)
        for name, value in row.items()
        if value
    }
    for name in ("leave_days", "pass_days"):
        if total := sum(int(row.get(name, 0)) for row in rows):
            found[name] = str(total)
    return found


def _of_events(stay: Encounter, events: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """Consultations, and what is told of a death: autopsy and coroner's case."""
    found: dict[str, str] = {}
    row = 0
    for kind, day, detail in events:
        if kind == "consultation" and row < MOST_CONSULTATIONS:
            row += 1
            service, _, provider = detail.partition("/")
            said = {"date": iso_date(day), "service": service, "provider": provider}
            found |= {f"consultations[{row}].{name}": value for name, value in said.items() if value}
        elif kind in ("autopsy", "coroner") and stay.disposition in DEATHS:
            found[kind] = "1"
    return found


def _people(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    names = ("id", *FROM_PATIENT, "race", "death_date")
    rows = database.execute_sql(f"SELECT {', '.join(names)} FROM patient WHERE id IN ({marks(ids)})", ids)
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in rows}


def _by_account(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Rows that begin with the account, in its order, by account."""
    return {id_: [row[1:] for row in group] for id_, group in groupby(rows, itemgetter(0))}


def _pieces(ids: Sequence[int]) -> dict[int, list[_Piece]]:
    rows = database.execute_sql(
        "SELECT encounter_id, unit_id, service_id, from_utc, from_day, to_day FROM segment"
        f" WHERE encounter_id IN ({marks(ids)}) ORDER BY encounter_id, seq",
        ids,
    )
    return {id_: [_Piece(*row) for row in group] for id_, group in _by_account(rows).items()}


def _leaves(ids: Sequence[int]) -> dict[int, list[_Away]]:
    rows = database.execute_sql(
        "SELECT encounter_id, type, from_utc, to_utc, from_day, to_day FROM leave_span"
        f" WHERE encounter_id IN ({marks(ids)}) ORDER BY encounter_id, seq",
        ids,
    )
    return {id_: [_Away(*row) for row in group] for id_, group in _by_account(rows).items()}


def _events(ids: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    return _by_account(
        database.execute_sql(
            "SELECT encounter_id, kind, day, detail FROM event"
            f" WHERE encounter_id IN ({marks(ids)}) AND state = 'current'"
            " AND kind IN ('consultation', 'autopsy', 'coroner') ORDER BY encounter_id, at_utc, id",
            ids,
        )
    )
