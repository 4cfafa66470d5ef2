"""Loads the generator's rows into an empty store: ``executemany`` in slices, then the census in one pass.

The census is derived by ``db.statistics.census.rebuild`` as for any other bulk load; nothing of it is written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import act
from db.connect import database, large_cache, writing
from db.planner import take_statistics
from db.statistics import census
from recordroom.demo import progress
from recordroom.demo.abstracts import Abstracts, Filed, Rows
from recordroom.demo.clock import Clock
from recordroom.demo.data import table
from recordroom.demo.hospital import Hospital
from recordroom.demo.model import DAY, Happening, Plan, Stay, Visit
from recordroom.demo.people import Person
from rules import identity
from rules.codes import normal
from rules.moments import day_number

SLICE_ROWS: Final = 20_000
ORIGIN: Final = "demo"
SOON_S, LATE_S, LATE_EVERY = 300, 100_000, 400  # when movements are keyed: some the day after
UNSEEN, ALIVE, DEAD = range(3)  # what is stored of a person

COLUMNS: Final = {
    "patient": "id mrn last_name first_name middle_name suffix name_key td_key md_key number_order birth_date birth_day"
    " sex ssn ssn_key street city state zip county country phone race ethnicity marital death_date us_person temporary"
    " created_utc",
    "patient_identifier": "patient_id kind value value_key",
    "patient_alias": "patient_id last_name first_name name_key",
    "encounter": "id account patient_id class newborn arrived_utc arrived_offset arrived_day discharged_utc"
    " discharged_offset discharge_day disposition died attending_id payer_id priority point_of_origin location"
    " mother_account birth_weight_g gestation_weeks abstracted_day coded_day created_utc",
    "attending": "encounter_id provider_id from_utc recorded_utc by origin",
    "movement": "id encounter_id event at_utc at_offset day place unit_id service_id bed class disposition"
    " leave_type recorded_utc by origin",
    "event": "encounter_id patient_id kind at_utc at_offset day detail recorded_utc by origin",
    "encounter_diagnosis": "encounter_id seq code",
    "data_case": "id data_set version number patient_id encounter_id status document revision created_utc"
    " filed_utc filed_by",
    "abstract_cycle": "case_id fed heard completed_utc completed_by released_utc released_day released_by",
    "case_revision": "case_id revision version document status filed_utc filed_by",
    "case_item": "case_id item seq text number day null_code",
    "abstract": "encounter_id case_id drg mdc drg_version weight_ten_thousandths",
    "diagnosis": "encounter_id role seq code poa",
    "procedure": "encounter_id seq code performed_day surgeon anesthesia",
}
_INSERTS: Final = {
    name: f"INSERT INTO {name} ({', '.join(columns.split())})"
    f" VALUES ({', '.join('?' * len(columns.split()))})"
    for name, columns in COLUMNS.items()
}


def load(actor: Actor, plan: Plan, *, documents: bool = True) -> Loader:
    """Fill the open, empty store with the hospital of a plan, census and all.

    ``documents=False`` keeps the codes of abstracts and leaves their documents out, for large benchmarks.
    """
    loader = Loader(actor, Hospital(plan), documents=documents)
    with large_cache():
        loader.load_site()
        with indexes_built_last(tuple(COLUMNS)):
            loader.load_rows(loader.hospital.run())
            progress.show("Building indexes ...")
        take_statistics()
        progress.show("Counting the census ...")
        census.rebuild()
        census.bring_up_to_date()
    with act(actor, Action.IMPORT, kind="demo", record=f"seed {plan.seed}") as done:
        done.detail |= {"patients": loader.patients, "encounters": loader.encounters}
    return loader


@contextmanager
def indexes_built_last(tables: tuple[str, ...]) -> Iterator[None]:
    """Take the indexes of tables away while they are filled: built in one pass they cost a fraction."""
    marks = ", ".join("?" * len(tables))
    found = database.execute_sql(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
        f" AND tbl_name IN ({marks})",
        tables,
    ).fetchall()
    with writing():
        for name, _ in found:
            database.execute_sql(f"DROP INDEX {name}")
    yield
    with writing():
        for _, sql in found:
            database.execute_sql(sql)


class Loader:
    """Writes rows in slices and remembers what later steps need."""

    def __init__(self, actor: Actor, hospital: Hospital, *, documents: bool = True) -> None:
        self.actor, self.hospital, self.plan = actor, hospital, hospital.plan
        self.clock = Clock(store.current().zone)
        self.patients = self.encounters = self._movements = 0
        today = self.plan.until.toordinal()
        self._abstracts = Abstracts(self.plan.seed, today, actor.user, documents=documents)
        self._pending: Rows = defaultdict(list)
        self._deaths: list[tuple[str, int]] = []
        self._stored = bytearray(1024)  # by person's number
        self._codes: dict[str, dict[str, int]] = {}

    # -- site files -----------------------------------------------------------------------------------------

    def load_site(self) -> None:
        """Divisions, units with dated beds, services, payers and providers."""
        first = self.plan.first_day - DAY
        with writing():
            for row in table("hospital")["division"]:
                self._site("division", row["code"], name=row["name"])
            for row in table("hospital")["service"]:
                self._site(
                    "service", row["code"], name=row["name"], obstetric=int(row.get("obstetric", False))
                )
            for code, name, kind, *_ in table("hospital")["payers"]:
                self._site("payer", code, name=name, **{"class": kind})
            for doctor in self.hospital.providers:
                self._site(
                    "provider", doctor.code, name=doctor.name, npi=doctor.npi,
                    service_id=self._codes["service"][doctor.service],
                    status="active" if doctor.active else "inactive",
                )  # fmt: skip
            for unit in self.hospital.units:
                number = self._site(
                    "unit", unit.code, name=unit.name, type=unit.kind, counts_in_census=int(unit.in_census),
                    division_id=self._codes["division"][unit.division],
                )  # fmt: skip
                if unit.in_census:
                    beds = [(number, first, unit.beds, unit.bassinets)]
                    beds += [(number, day, changed, 0) for day, changed in unit.changes]
                    database.connection().executemany(
                        "INSERT INTO unit_beds (unit_id, from_day, beds, bassinets) VALUES (?, ?, ?, ?)", beds
                    )

    def _site(self, kind: str, code: str, **values: object) -> int:
        names = ", ".join(["code", *values])
        marks = ", ".join("?" * (len(values) + 1))
        row = database.execute_sql(
            f"INSERT INTO {kind} ({names}) VALUES ({marks}) RETURNING id", (code, *values.values())
        ).fetchone()
        self._codes.setdefault(kind, {})[code] = int(row[0])
        return int(row[0])

    def _code(self, kind: str, code: str) -> int | None:
        """The internal number of a code; one that no site file knows is created unconfirmed."""
        if not code:
            return None
        known = self._codes[kind].get(code)
        return known if known is not None else self._site(kind, code, confirmed=0)

    # -- patients, encounters, movements --------------------------------------------------------------------

    def load_rows(self, rows: Iterable[Stay | Visit]) -> None:
        """Write everything the hospital hands out."""
        counted = 0
        for row in rows:
            if isinstance(row, Stay):
                self._stay(row)
                counted += len(row.moves) + 4 + 40 * bool(row.disposition)
            else:
                self._visit(row)
                counted += 4
            if counted >= SLICE_ROWS:
                self._write()
                progress.show(f"{self.encounters} encounters")
                counted = 0
        self._write()

    def _write(self) -> None:
        connection = database.connection()
        with writing():
            for name in COLUMNS:
                if self._pending[name]:
                    connection.executemany(_INSERTS[name], self._pending[name])
                    self._pending[name] = []
            connection.executemany("UPDATE patient SET death_date = ? WHERE id = ?", self._deaths)
        self._deaths = []

    def _patient(self, person: Person, seen_utc: int) -> int:
        """The patient's id, which is the number of the registration; the row is written when first seen."""
        number = person.number
        if number >= len(self._stored):
            self._stored.extend(bytes(len(self._stored) + number))
        if self._stored[number] == UNSEEN:
            self.patients += 1
            self._stored[number] = DEAD if person.death_date else ALIVE
            self._pending["patient"].append(_patient_row(number, person, seen_utc))
            self._pending["patient_identifier"].append(
                (number, "mrn", person.mrn, identity.number_key(person.mrn))
            )
            if person.alias:
                last, _, first = person.alias.partition(",")
                key = identity.name_key(identity.Name(last, first))
                self._pending["patient_alias"].append((number, last, first, key))
        elif person.death_date and self._stored[number] == ALIVE:
            self._stored[number] = DEAD
            self._deaths.append((person.death_date, number))
        return number

    def _stay(self, stay: Stay) -> None:
        utc, offset, day = self.clock.at(stay.admitted)
        patient = self._patient(stay.person, utc)
        self.encounters += 1
        encounter = self.encounters
        attending = self._code("provider", stay.attending)
        filed = Filed()
        if stay.disposition:
            left_utc = self.clock.at(stay.moves[-1].at)[0]
            filed = self._abstracts.add(self._pending, stay, encounter, patient, left_utc)
        self._pending["encounter"].append((
            encounter, stay.account, patient, "I", int(stay.newborn), None, None, None, None, None, None,
            "", 0, attending, self._code("payer", stay.payer), stay.priority, stay.origin, "",
            stay.mother_account, stay.birth_weight_g or None, stay.gestation_weeks or None,
            filed.abstracted, filed.coded, utc,
        ))  # fmt: skip
        self._pending["attending"].append((encounter, attending, utc, utc, self.actor.user, ORIGIN))
        for move in stay.moves:
            self._movements += 1
            at, offset, day = self.clock.at(move.at)
            self._pending["movement"].append((
                self._movements, encounter, move.event, at, offset, day, self._movements,
                self._code("unit", move.unit), self._code("service", move.service), move.bed,
                "I" if move.event == "admit" else "",
                stay.disposition if move.event == "discharge" else "", move.leave_type,
                at + (LATE_S if self._movements % LATE_EVERY == 0 else SOON_S),
                self.actor.user, ORIGIN,
            ))  # fmt: skip
        for event in stay.events:
            self._event(event, encounter, patient)

    def _event(self, event: Happening, encounter: int | None, patient: int | None) -> None:
        at, offset, day = self.clock.at(event.at)
        self._pending["event"].append((
            encounter, patient, event.kind, at, offset, day, event.detail, at + 600, self.actor.user, ORIGIN
        ))  # fmt: skip

    def _visit(self, visit: Visit) -> None:
        arrived = self.clock.at(visit.arrived)
        departed = self.clock.at(visit.departed) if visit.departed is not None else (None, None, None)
        patient = self._patient(visit.person, arrived[0])
        self.encounters += 1
        self._pending["encounter"].append((
            self.encounters, visit.account, patient, visit.kind, 0, *arrived, *departed, visit.disposition,
            int(visit.disposition == "20"), self._code("provider", visit.provider),
            self._code("payer", visit.payer), "", "", visit.unit, "", None, None, None, None, arrived[0],
        ))  # fmt: skip
        for event in visit.events:
            self._event(event, None, None)
        for seq, code in enumerate(visit.diagnoses, 1):
            self._pending["encounter_diagnosis"].append((self.encounters, seq, normal(code)))


def _patient_row(number: int, person: Person, seen_utc: int) -> tuple[object, ...]:
    name = identity.Name(person.last, person.first, person.middle)
    birth_day = day_number(person.birth_date) if len(person.birth_date) == 10 else None
    return (
        number, person.mrn, person.last, person.first, person.middle, person.suffix,
        identity.name_key(name), identity.terminal_digit_key(person.mrn), identity.middle_digit_key(person.mrn),
        identity.numeric_key(person.mrn),
        person.birth_date, birth_day, person.sex, person.ssn,
        identity.initial_and_last4(person.last, person.ssn), person.street, person.city, person.state,
        person.postal_code, person.county, "US", person.phone, person.race, person.ethnicity, person.marital,
        person.death_date, "1" if number % 200 else "0", int(person.temporary), seen_utc,
    )  # fmt: skip
