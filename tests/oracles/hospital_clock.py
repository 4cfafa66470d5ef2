"""A hospital walked minute by minute, to count it by head: written apart from the product, out of the rules alone.

Nothing here knows an interval, a formula over stays or a stored sum. A clock goes on, people come, move, go on leave
and are discharged, and at each census everybody who is there is counted. It imports the standard library alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

EXPIRED = ("20", "40", "41", "42")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Happening:
    """What moves a patient, at a minute since 1970 UTC; ``turn`` orders what one minute holds."""

    kind: str  # admit, transfer, service, leave, return, discharge
    minute: int
    unit: str = ""
    service: str = ""
    leave: str = ""  # pass, aa, ua, asih
    status: str = ""  # UB-04 discharge status
    patient_class: str = "I"
    turn: int = 0


@dataclass(frozen=True)
class Fact:
    """What was done to a patient, or found, at a minute since 1970 UTC."""

    kind: str  # operation, delivery, autopsy, ...
    minute: int
    detail: str = ""


@dataclass
class Account:
    """One account with what moved its patient, by the id of each movement, and what else happened."""

    number: str
    mrn: str
    newborn: bool = False
    happenings: dict[str, Happening] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    weight: int | None = None  # of its DRG, in ten-thousandths

    @property
    def path(self) -> list[Happening]:
        """What happened, in order."""
        return sorted(self.happenings.values(), key=lambda each: (each.minute, each.turn))

    @property
    def discharge(self) -> Happening | None:
        return next((each for each in self.path if each.kind == "discharge"), None)

    def last_place(self) -> tuple[str, str]:
        """The unit and the service where an inpatient was last."""
        unit = service = ""
        for each in self.path:
            unit, service = each.unit or unit, each.service or service
        return unit, service


@dataclass(frozen=True)
class Rules:
    """How a hospital counts."""

    census_hour: str = "23:59"
    leave: str = "every night"
    same_day_unit: str = "discharging"
    early_death_hours: int = 48
    infection: str = "as marked"
    readmission: str = "all cause"


@dataclass(frozen=True)
class Unit:
    """A nursing unit; ``beds`` are (from, beds, bassinets)."""

    in_census: bool = True
    opened: date = date.min
    closed: date = date.max
    beds: tuple[tuple[date, int, int], ...] = ()


@dataclass
class House:
    """A hospital: where it is, what it has, how it counts from when on, and all its accounts."""

    zone: ZoneInfo
    units: dict[str, Unit]
    rules: list[tuple[date, Rules]]
    accounts: dict[str, Account] = field(default_factory=dict)
    bodies: list[Fact] = field(default_factory=list)  # autopsies on those who were no inpatients

    def rules_of(self, account: Account) -> Rules:
        """A stay is counted whole by the rules of the day of its discharge, an open one by those of now."""
        gone = account.discharge
        day = local(gone.minute, self.zone).date() if gone else date.max
        return [rules for since, rules in self.rules if since <= day][-1]


def local(minute: int, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)


def possible(path: list[Happening]) -> bool:
    """Whether a path can have happened: in, about, away and back, out."""
    if not path:
        return True
    place, admitted_as = "outside", ""
    for each in path:
        if each.kind == "admit":
            turned = place == "inside" and admitted_as != "I" and each.patient_class == "I"
            if place != "outside" and not turned:
                return False
            place, admitted_as = "inside", each.patient_class
        elif each.kind in ("transfer", "service", "leave"):
            if place != "inside":
                return False
            place = "away" if each.kind == "leave" else place
        elif each.kind == "return":
            if place != "away":
                return False
            place = "inside"
        else:
            if place not in ("inside", "away"):
                return False
            place = "gone"
    return True


@dataclass
class _Inside:
    """Somebody who is in the house."""

    cell: tuple[str, str]  # unit, service
    first_cell: tuple[str, str]
    admitted: int
    fresh: bool = True  # no census has seen them yet
    censuses: int = 0  # that they have seen
    away: str = ""  # type of leave
    off_census: bool = False
    slept_out: bool = False  # a census found them away on this leave
    nights_off: int = 0


Cell = tuple[date, str, str, bool]  # day, unit, service, newborn


def walk(house: House, until: date) -> dict[Cell, Counter[str]]:
    """Let the clock run through the last census of ``until``, and count everything by day, unit, service, class."""
    counts: dict[Cell, Counter[str]] = {}
    for hour in ("23:59", "00:00"):
        counted_so = [each for each in house.accounts.values() if house.rules_of(each).census_hour == hour]
        _walk(house, counted_so, hour, until, counts)
    return counts


def _walk(
    house: House, accounts: list[Account], census_hour: str, until: date, counts: dict[Cell, Counter[str]]
) -> None:
    coming: dict[int, list[tuple[Account, Happening]]] = {}
    for account in accounts:
        for each in account.path:
            coming.setdefault(each.minute, []).append((account, each))
    if not coming:
        return
    inside: dict[str, _Inside] = {}
    asked = {"23:59": 23 * 60 + 59, "00:00": 0}[census_hour]
    hour = min(coming) // 60 * 60
    wall = local(hour, house.zone)
    # At 00:00 midnight still belongs to the day that ends.
    today = wall.date() - ONE_DAY if (wall.hour, wall.minute) == (0, asked) else wall.date()
    while today <= until:
        wall = local(hour, house.zone)
        shown = wall.hour * 60 + wall.minute
        for minute in range(60):
            for account, each in coming.get(hour + minute, ()):
                _happens(house, account, each, today, inside, counts)
            if (shown + minute) % 1440 == asked:
                _take_census(house, today, inside, counts)
                today += ONE_DAY
        hour += 60


def _happens(
    house: House, account: Account, each: Happening, today: date, inside: dict[str, _Inside],
    counts: dict[Cell, Counter[str]],
) -> None:  # fmt: skip
    def note(what: str, cell: tuple[str, str], number: int = 1) -> None:
        counts.setdefault((today, *cell, account.newborn), Counter())[what] += number

    who = inside.get(account.number)
    if each.kind == "admit":
        if each.patient_class == "I":
            cell = (each.unit, each.service)
            inside[account.number] = _Inside(cell, cell, each.minute)
            note("admissions", cell)
        return
    if who is None:  # a visit
        return
    if each.kind in ("transfer", "service"):
        before, who.cell = who.cell, (each.unit or who.cell[0], each.service or who.cell[1])
        for part, name in enumerate(("unit", "service")):
            if before[part] != who.cell[part]:
                note(f"{name}_out", before)
                note(f"{name}_in", who.cell)
    elif each.kind == "leave":
        who.away, who.off_census, who.slept_out = each.leave, _off_census(house, account, each), False
    else:
        if who.away:
            if who.slept_out and who.off_census:
                note("leave_in", who.cell)
            who.away = ""
        if each.kind == "discharge":
            del inside[account.number]
            _goes(house.rules_of(account), who, each, note)


def _goes(rules: Rules, who: _Inside, each: Happening, note: object) -> None:
    assert callable(note)
    note("discharges", who.cell)
    stayed = who.censuses if rules.leave == "no deduction" else who.censuses - who.nights_off
    note("discharge_days", who.cell, max(1, stayed))
    if each.status in EXPIRED:
        note("deaths", who.cell)
        if each.minute - who.admitted < rules.early_death_hours * 60:
            note("deaths_under_48h", who.cell)
    if who.fresh:
        note("same_day", who.first_cell if rules.same_day_unit == "admitting" else who.cell)


def _off_census(house: House, account: Account, left: Happening) -> bool:
    """VistA keeps passes that turn out to last under 96 hours; every other rule and absence is off."""
    if house.rules_of(account).leave != "vista" or left.leave != "pass":
        return True
    path = account.path
    back = path[path.index(left) + 1] if left is not path[-1] else None
    return back is None or back.minute - left.minute >= 96 * 60


def _take_census(
    house: House, today: date, inside: dict[str, _Inside], counts: dict[Cell, Counter[str]]
) -> None:
    for number, who in inside.items():
        here = counts.setdefault((today, *who.cell, house.accounts[number].newborn), Counter())
        who.fresh = False
        who.censuses += 1
        if not who.away:
            here["census"] += 1
            continue
        here["on_leave"] += 1
        if who.off_census:
            who.nights_off += 1
            here["leave_out"] += not who.slept_out
        else:
            here["census"] += 1
        who.slept_out = True


# What a month is, out of the days.


def days_of(first: date, last: date) -> Iterator[date]:
    """Each day, both ends counted."""
    while first <= last:
        yield first
        first += ONE_DAY


NAMED = {  # of the days of the month, added up
    "admissions": "admissions", "discharges": "discharges", "deaths": "deaths", "discharge_days": "discharge_days",
    "deaths_under_48h": "deaths_under_48h", "same_day_cases": "same_day", "leave_days": "on_leave",
}  # fmt: skip


def counts_of(
    house: House, walked: dict[Cell, Counter[str]], first: date, last: date, newborn: bool,
    unit: str = "", service: str = "",
) -> dict[str, int]:  # fmt: skip
    """The counts of a month for a class: of the house, of a unit, or of a service."""
    by_day: dict[date, Counter[str]] = {}
    for (day, of_unit, of_service, of_class), each in walked.items():
        asked = of_class is newborn and unit in ("", of_unit) and service in ("", of_service)
        if asked and house.units[of_unit].in_census:
            by_day.setdefault(day, Counter()).update(each)
    heads = [by_day.get(day, Counter())["census"] for day in days_of(first, last)]
    total: Counter[str] = Counter()
    for day in days_of(first, last):
        total.update(by_day.get(day, Counter()))
    moved = "service" if service else "unit"
    found = {name: total[what] for name, what in NAMED.items()}
    found["opening_census"] = by_day.get(first - ONE_DAY, Counter())["census"]
    found["closing_census"] = heads[-1]
    found["inpatient_service_days"] = sum(heads) + total["same_day"]
    found["transfers_in"], found["transfers_out"] = total[f"{moved}_in"], total[f"{moved}_out"]
    if not unit and not service:
        found["peak_census"], found["minimum_census"] = max(heads), min(heads)
    if not service:
        beds = [
            _bed_days(each, first, last, newborn) for code, each in house.units.items() if unit in ("", code)
        ]
        if any(each is not None for each in beds):
            found["bed_count_days"] = sum(each or 0 for each in beds)
    return found


def _bed_days(unit: Unit, first: date, last: date, newborn: bool) -> int | None:
    if not unit.beds or not unit.in_census:
        return None
    days = 0
    for day in days_of(first, last):
        in_force = [each for each in unit.beds if each[0] <= day]
        if in_force and unit.opened <= day <= unit.closed:
            days += max(in_force)[2 if newborn else 1]
    return days


def both(adults: dict[str, int], newborns: dict[str, int]) -> dict[str, int]:
    """Adults, children and newborns together."""
    apart = ("peak_census", "minimum_census", "bed_count_days")
    return {name: value + newborns[name] for name, value in adults.items() if name not in apart}


def figures_of(counts: dict[str, int], days: int) -> dict[str, str | None]:
    """Every figure as printed; None where there is nothing to divide by."""

    def rate(key: str, top: Fraction | int, bottom: Fraction | int, factor: int = 1) -> None:
        printed[key] = _half_up(Fraction(top) * factor / Fraction(bottom)) if bottom > 0 else None

    printed: dict[str, str | None] = {name: str(value) for name, value in counts.items()}
    served, gone, stayed = counts["inpatient_service_days"], counts["discharges"], counts["discharge_days"]
    died, early = counts["deaths"], counts["deaths_under_48h"]
    rate("average_daily_census", served, days)
    rate("average_length_of_stay", stayed, gone)
    rate("gross_death_rate", died, gone, 100)
    rate("net_death_rate", died - early, gone - early, 100)
    if "bed_count_days" in counts:
        beds = counts["bed_count_days"]
        rate("occupancy_rate", served, beds, 100)
        rate("direct_bed_turnover", gone * days, beds)
        # occupancy x days / length of stay
        rate("indirect_bed_turnover", served * days * gone, beds * stayed)
    return printed


def _half_up(value: Fraction) -> str:
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def readmitted(house: House, first: date, last: date, within: int = 30) -> tuple[int, int]:
    """Live discharges of adults and children of the month, and those followed by an admission within so many days."""
    live = back = 0
    rules = [rules for since, rules in house.rules if since <= last][-1]
    sent_on = () if rules.readmission == "all cause" else ("02", "03", "07")  # elsewhere, or against advice
    for account in house.accounts.values():
        gone = account.discharge
        if gone is None or account.newborn or gone.status in EXPIRED or not inpatient_admission(account):
            continue
        if gone.status in sent_on or not house.units[account.last_place()[0]].in_census:
            continue
        if first <= belongs_to(house, account, gone) <= last:
            live += 1
            went = local(gone.minute, house.zone).date()  # a readmission is counted from date to date
            back += any(
                0 <= (local(came.minute, house.zone).date() - went).days <= within
                and came.minute >= gone.minute
                for other in house.accounts.values()
                for came in _admissions([other])
                if other.mrn == account.mrn and other is not account
            )
    return live, back


def belongs_to(house: House, account: Account, each: Happening) -> date:
    """The day that something belongs to: with a census at 00:00, midnight is of the day that ends."""
    wall = local(each.minute, house.zone)
    ends = house.rules_of(account).census_hour == "00:00" == wall.strftime("%H:%M")
    return wall.date() - ONE_DAY if ends else wall.date()


def inpatient_admission(account: Account) -> Happening | None:
    """The admission of class I; None on an account that is a visit."""
    return next(_admissions([account]), None)


def _admissions(accounts: Iterable[Account]) -> Iterator[Happening]:
    for account in accounts:
        yield from (each for each in account.path if each.kind == "admit" and each.patient_class == "I")
