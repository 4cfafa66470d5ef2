"""The hospital at work: a discrete-event simulation on one clock, the same for the same plan.

Everything happens in the order of time, so beds are taken and given back as they would be; a stay is handed
out when it ends, and the stays that still last at the end come last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from heapq import heappop, heappush
from itertools import count
from math import cos, exp, log, pi
from random import Random
from typing import Any

from recordroom.demo import births, clinical
from recordroom.demo.data import Case, CaseMix, Weighted, cases, table
from recordroom.demo.model import DAY, Happening, Move, Plan, Stay, Unit, Visit
from recordroom.demo.people import Person, Register
from recordroom.demo.staff import active_by_service, providers
from recordroom.demo.wards import Beds, units

WARM_UP_DAYS = 45
WEEKDAYS = (1.10, 1.05, 1.02, 1.00, 1.00, 0.90, 0.93)  # emergencies, Monday first
ELECTIVE = (1.5, 1.5, 1.45, 1.4, 1.1, 0.05, 0.0)
READMITTED = 0.085  # of those who go home alive, within 30 days
KNOWN = 0.16  # arrivals who have been here before
TWICE = 0.004  # registrations of somebody who has a number already
HOURS = (2, 1.5, 1.2, 1, 1, 1.2, 2, 3, 4.5, 6, 7, 7.5, 7, 6.5, 6.5, 6.5, 6.5, 6.5, 6, 5.5, 5, 4.5, 3.5, 2.5)
CRITICAL = ("MED", "NEU", "SUR")  # services that hand over to critical care in the ICU


class Open:
    """A stay under way: what the record does not hold, and where its patient lies."""

    __slots__ = ("bed", "case", "ends", "home", "leaving_alive", "stay", "unit", "ward_service")

    def __init__(self, stay: Stay, case: Case, home: str) -> None:
        self.stay, self.case, self.home = stay, case, home
        self.unit = self.bed = ""
        self.ward_service = case.service
        self.ends = 0
        self.leaving_alive = True


class Hospital:
    """Makes the stays and visits of a plan. Use once: ``for row in Hospital(plan).run()``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(f"{plan.seed}/{plan.beds}")  # noqa: S311 - a demonstration, no secret
        self.register = Register(self.random)
        self.units: list[Unit] = units(plan)
        self.beds = Beds(self.units)
        self.providers = providers(plan)
        self.in_house: dict[int, Open] = {}
        self._homes = {row["code"]: row["home"] for row in table("hospital")["service"]}
        self._leave = {row["code"]: row.get("leave", 0.0) for row in table("hospital")["service"]}
        self._area = {unit.kind: unit.code for unit in self.units if not unit.in_census}
        self._heap: list[tuple[int, int, Callable[..., Iterator[Stay | Visit]], tuple[Any, ...]]] = []
        self._order = count()
        self._accounts = count(1)
        self._known: deque[Person] = deque(maxlen=max(400, plan.beds * 30))
        self._dead: set[int] = set()
        self._hour = Weighted(list(enumerate(HOURS)))
        self._by_service = active_by_service(self.providers)

    # -- the clock ------------------------------------------------------------------------------------------

    def run(self) -> Iterator[Stay | Visit]:
        """Everything from the first day to the end of the plan, in the order in which it ended."""
        opens = self.plan.first_day * DAY
        end = self.plan.last_minute
        for day in range(self.plan.first_day - WARM_UP_DAYS, self.plan.until.toordinal() + 1):
            self._arrivals(day)
            until = min(end, (day + 1) * DAY)
            while self._heap and self._heap[0][0] < until:
                at, _, step, arguments = heappop(self._heap)
                for row in step(at, *arguments):
                    if (row.discharged if isinstance(row, Stay) else row.departed or end) or end >= opens:
                        ended = row.discharged if isinstance(row, Stay) else row.arrived
                        if ended is None or ended >= opens:
                            yield row
        for patient in sorted(self.in_house.values(), key=lambda inside: inside.stay.admitted):
            clinical.happenings(patient.stay, patient.case, self.random)
            patient.stay.events = [event for event in patient.stay.events if event.at < end]
            yield patient.stay

    def at(self, minute: int, step: Callable[..., Iterator[Stay | Visit]], *arguments: Any) -> None:
        """Do ``step`` at a local minute. Nothing happens from 02:00 to 03:00, which a spring night lacks."""
        if minute % DAY // 60 == 2:
            minute += 60
        heappush(self._heap, (minute, next(self._order), step, arguments))

    def account(self, day: int) -> str:
        """The next account number: two digits of the year and a running number."""
        return f"{date.fromordinal(day).year % 100:02d}{next(self._accounts):08d}"

    def attending(self, service: str) -> str:
        """Somebody who works in the service."""
        return self.random.choice(self._by_service.get(service) or self._by_service["MED"])

    def payer(self, person: Person, day: int) -> str:
        """Who pays, by age."""
        return _payers(day - person.birth_day > 65 * 365).draw(self.random)

    # -- arrivals -------------------------------------------------------------------------------------------

    def _arrivals(self, day: int) -> None:
        today = date.fromordinal(day)
        season = 1 + 0.06 * cos(2 * pi * (today.timetuple().tm_yday - 25) / 365.25)
        rate = admissions_a_day(self.plan.beds) * season
        for row in table("hospital")["service"]:
            if row["share"]:
                elective = row.get("elective", 0.0)
                weekday = (1 - elective) * WEEKDAYS[today.weekday()] + elective * ELECTIVE[today.weekday()]
                for _ in range(self._poisson(rate * row["share"] * weekday)):
                    case = _mix("inpatient", row["code"]).draw(self.random, today.month)
                    planned = self.random.random() < elective * ELECTIVE[today.weekday()] / max(weekday, 0.01)
                    minute = self.random.randrange(330, 660) if planned else self._minute()
                    self.at(day * DAY + minute, self._admit, case, planned, None)
        kinds = (("emergency", "E", "ed_visits_per_bed"), ("outpatient", "O", "outpatients_per_bed"),
                 ("observation", "OBS", "observations_per_bed"))  # fmt: skip
        for kind, class_, name in kinds:
            weekday = ELECTIVE[today.weekday()] if kind == "outpatient" else WEEKDAYS[today.weekday()]
            for _ in range(
                self._poisson(self.plan.visits * self.plan.beds * table("hospital")[name] * weekday * season)
            ):
                minute = self.random.randrange(390, 900) if kind == "outpatient" else self._minute()
                self.at(day * DAY + minute, self._visit, kind, class_)

    def _minute(self) -> int:
        return self._hour.draw(self.random) * 60 + self.random.randrange(60)

    def _poisson(self, mean: float) -> int:
        if mean > 30:
            return max(0, int(self.random.gauss(mean, mean**0.5) + 0.5))
        limit, product, number = exp(-mean), self.random.random(), 0
        while product > limit:
            product *= self.random.random()
            number += 1
        return number

    def _somebody(self, case: Case, day: int) -> Person:
        if self._known and self.random.random() < KNOWN:
            for _ in range(6):
                person = self.random.choice(self._known)
                if self._suits(person, case, day):
                    return person
        if self._known and self.random.random() < TWICE:
            person = self.random.choice(self._known)
            if self._suits(person, case, day):
                return self.register.twice(person)
        if case.service in ("", "TRA") and case.age[0] >= 16 and self.random.random() < 0.002:
            return self.register.unknown(day)
        return self.register.adult_or_child(day, case.sex, case.age)

    def _suits(self, person: Person, case: Case, day: int) -> bool:
        years = (day - person.birth_day) / 365.25
        return (
            person.number not in self.in_house and person.number not in self._dead and not person.temporary
            and case.age[0] <= years <= case.age[1] + 1 and case.sex in ("", person.sex)
        )  # fmt: skip

    # -- stays ----------------------------------------------------------------------------------------------

    def _admit(self, at: int, case: Case, planned: bool, back: Person | None) -> Iterator[Stay | Visit]:
        if back is not None and not self._suits(back, case, at // DAY):
            return
        home = self._homes[case.service]
        kind = {"icu": "icu", "stepdown": "stepdown"}.get(case.path, home)
        unit = self.beds.unit_for(kind)
        if not unit:
            return
        person = back or self._somebody(case, at // DAY)
        priority = "3" if planned else "5" if case.service == "TRA" else "1" if case.service != "OBG" else "2"
        stay = Stay(
            self.account(at // DAY), person, False, self.attending(case.service),
            self.payer(person, at // DAY), priority, "4" if self.random.random() < 0.05 else "1",
        )  # fmt: skip
        self.settle(at, Open(stay, case, home), unit)
        yield from ()

    def settle(self, at: int, patient: Open, unit: str) -> None:
        """Put somebody to bed and plan the stay: transfers, leave, birth, and how and when it ends."""
        stay, case = patient.stay, patient.case
        self.in_house[stay.person.number] = patient
        patient.unit, patient.bed = unit, self.beds.take(unit)
        service = self._service_in(patient, unit)
        stay.moves.append(Move(at, "admit", unit, service, patient.bed))
        patient.ends = self._end(at, patient)
        self.at(patient.ends, self._discharge, patient)
        whole = patient.ends - at
        for share, kind in self._way(patient, whole):
            self.at(at + int(whole * share), self._transfer, patient, kind)
        if case.delivery:
            wait = self.random.randrange(60, 240) if stay.priority == "3" else self.random.randrange(90, 960)
            self.at(min(at + wait, at + whole * 2 // 3), births.deliver, self, patient)
        if whole > 5 * DAY and self.random.random() < self._leave.get(case.service, 0):
            self._plan_leave(at, patient)
        elif whole > 2 * DAY and self.random.random() < 0.012 and case.service == "MED":
            self.at(at + whole // 3, self._hand_over, patient)

    def _end(self, at: int, patient: Open) -> int:
        days = clinical.los_days(patient.case, self.random)
        patient.leaving_alive = self.random.random() >= patient.case.died
        if not patient.leaving_alive:
            if self.random.random() < 0.3:
                return at + self.random.randrange(60, 48 * 60)
            return at + max(60, days * DAY) + self.random.randrange(DAY)
        if days == 0 and at % DAY < 18 * 60:
            return at + self.random.randrange(180, DAY - 10 - at % DAY)
        return (at // DAY + max(1, days)) * DAY + int(self.random.triangular(9 * 60, 20 * 60, 13 * 60))

    def _way(self, patient: Open, whole: int) -> Iterator[tuple[float, str]]:
        """Shares of the stay after which its patient goes to another kind of unit."""
        random, home, path = self.random, patient.home, patient.case.path
        if whole < DAY:
            return
        if path == "icu":
            down = random.random() < 0.5
            yield random.uniform(0.3, 0.5), "stepdown" if down else home
            if down and whole > 3 * DAY and patient.leaving_alive:
                yield random.uniform(0.6, 0.8), home
        elif path == "stepdown":
            if random.random() < 0.6 and whole > 2 * DAY:
                yield random.uniform(0.4, 0.6), home
        elif home in ("medical", "surgical") and whole > 2 * DAY:
            chance = random.random()
            if chance < 0.035 or (not patient.leaving_alive and chance < 0.5):
                yield random.uniform(0.2, 0.4), "icu"
                if patient.leaving_alive:
                    yield random.uniform(0.6, 0.8), home
            elif chance < 0.09:
                yield random.uniform(0.3, 0.7), "same"
        elif patient.case.special and whole > 2 * DAY:
            yield random.uniform(0.6, 0.8), "nursery"

    def _transfer(self, at: int, patient: Open, kind: str) -> Iterator[Stay | Visit]:
        stay = patient.stay
        if not stay.disposition and not self._away(stay):
            if kind == "same":
                others = self.beds.others(patient.unit, patient.home) or [patient.unit]
                unit = self.random.choice(others)
            else:
                unit = self.beds.unit_for(kind)
            if self.random.random() < 0.0008:
                unit = "4X"  # a code that no site file knows
            if unit and unit != patient.unit:
                self.beds.give_back(patient.unit, patient.bed)
                patient.unit, patient.bed = unit, "" if unit == "4X" else self.beds.take(unit)
                stay.moves.append(Move(at, "transfer", unit, self._service_in(patient, unit), patient.bed))
        yield from ()

    def _service_in(self, patient: Open, unit: str) -> str:
        critical = unit.startswith("ICU") and patient.case.service in CRITICAL
        return "CCM" if critical else patient.ward_service

    def _hand_over(self, at: int, patient: Open) -> Iterator[Stay | Visit]:
        stay = patient.stay
        if not stay.disposition and stay.moves[-1].service == "MED":
            patient.ward_service = self.random.choice(("CAR", "SUR"))
            stay.moves.append(Move(at, "service", patient.unit, patient.ward_service, patient.bed))
        yield from ()

    def _plan_leave(self, at: int, patient: Open) -> None:
        random = self.random
        kind = random.choices(("pass", "aa", "ua", "asih"), (86, 7, 5, 2))[0]
        day = at // DAY + random.randrange(2, 5)
        out = day * DAY + random.randrange(600, 900)
        hours = random.choice((4, 6, 8, 26, 30, 48, 52)) if kind == "pass" else random.randrange(30, 130)
        if out + hours * 60 + DAY < patient.ends and patient.leaving_alive:
            self.at(out, self._leave_or_return, patient, "leave", kind)
            self.at(out + hours * 60, self._leave_or_return, patient, "return", "")

    def _leave_or_return(self, at: int, patient: Open, event: str, kind: str) -> Iterator[Stay | Visit]:
        if not patient.stay.disposition:
            patient.stay.moves.append(Move(at, event, leave_type=kind))
        yield from ()

    @staticmethod
    def _away(stay: Stay) -> bool:
        return stay.moves[-1].event == "leave"

    def _discharge(self, at: int, patient: Open) -> Iterator[Stay | Visit]:
        stay, person = patient.stay, patient.stay.person
        at = max(at, stay.moves[-1].at + 1)
        stay.moves.append(Move(at, "discharge"))
        years = (at // DAY - person.birth_day) / 365.25
        alive = patient.leaving_alive
        stay.disposition = clinical.disposition(stay, years, self.random) if alive else "20"
        self.beds.give_back(patient.unit, patient.bed)
        del self.in_house[person.number]
        clinical.happenings(stay, patient.case, self.random)
        clinical.code(stay, patient.case, self.random)
        if self.plan.comorbidities:
            clinical.comorbidities(stay, self.plan.comorbidities, self.random)
        if not alive:
            self._dead.add(person.number)
            person.death_date = date.fromordinal(at // DAY).isoformat()
        elif not stay.newborn:
            self._known.append(person)
            if self.random.random() < READMITTED and not patient.case.delivery:
                self.at(at + self.random.randrange(DAY, 30 * DAY), self._admit, patient.case, False, person)
        if person.temporary and self.random.random() < 0.95:
            births.named(self, stay)
        yield stay

    # -- visits ---------------------------------------------------------------------------------------------

    def _visit(self, at: int, kind: str, class_: str) -> Iterator[Stay | Visit]:
        case = _mix(kind, "").draw(self.random, date.fromordinal(at // DAY).month)
        person = self._somebody(case, at // DAY)
        minutes = {"E": (40, 420), "O": (60, 420), "OBS": (600, 2600)}[class_]
        left = at + int(self.random.triangular(*minutes))
        gone = case.principal[0] == "Z53.21"
        outcome = "07" if gone else "20" if case.principal[0] == "I46.9" else "01"
        if outcome == "20":
            self._dead.add(person.number)
            person.death_date = date.fromordinal(left // DAY).isoformat()
        elif not person.temporary:
            self._known.append(person)
        open_still = left >= self.plan.last_minute
        service = {"E": "EMG", "O": "AMB"}.get(class_, "MED")
        autopsied = outcome == "20" and self.random.random() < 0.2
        yield Visit(
            self.account(at // DAY), person, class_, at, None if open_still else left, self._area[kind],
            self.attending(service), self.payer(person, at // DAY), "" if open_still else outcome,
            [self.random.choice(case.principal)],
            [Happening(left + 900, "autopsy", "doa")] if autopsied and not open_still else [],
        )  # fmt: skip


@cache
def _mix(kind: str, service: str) -> CaseMix:
    return CaseMix([case for case in cases(kind) if case.service == service])


@cache
def _payers(old: bool) -> Weighted[str]:
    return Weighted([(row[0], row[4] if old else row[3]) for row in table("hospital")["payers"]])


@cache
def admissions_a_day(beds: int) -> float:
    """How many admissions a day fill the beds as ``hospital.toml`` says, by the stays the mix leads to."""
    spread = exp(clinical.SPREAD**2 / 2)
    mean = 0.0
    for row in table("hospital")["service"]:
        chosen = [case for case in cases("inpatient") if case.service == row["code"]]
        if chosen and row["share"]:
            days = sum(case.share * exp(log(case.los)) * spread for case in chosen)
            mean += row["share"] * days / sum(case.share for case in chosen)
    shares = sum(row["share"] for row in table("hospital")["service"])
    again = 1 + READMITTED + clinical.LONG_STAYERS * 8  # what readmissions and long stayers add
    return float(table("hospital")["occupancy"] * beds * shares / mean / again)
