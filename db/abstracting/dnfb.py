"""Discharged, not final billed: how much waits before the bill, for how long, and why.

A discharge is final billed once its abstract is released, a visit once its coding is complete. Each account counts
once, by the first reason that applies (rules/work.py). Its value is its charges, or its DRG weight times the
facility's base rate. DNFB days are in charges alone: those of accounts that are not billed, by those of a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from config.code_tables import Shelf
from db import store
from db.abstracting.visits import coded_from
from db.connect import database
from rules import work
from rules.census import VISIT_CLASSES
from rules.moments import iso_date
from rules.work import BANDS, Kind, Reason

NO_CODE = "(none)"  # of a payer or service that is not known
INPATIENT = "I"
STAYS = (INPATIENT,)
KINDS = {"I": "Inpatient", "E": "Emergency", "O": "Outpatient", "OBS": "Observation"}


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts with the same reason, payer and service, discharged the same number of days ago."""

    reason: Reason
    payer: str
    service: str
    days: int
    accounts: int
    value_cents: int
    without_value: int  # accounts whose value is not known
    charge_cents: int  # of the value, charges
    charged: int  # accounts that have charges
    uncoded: bool  # codes are not complete, whatever the reason
    hold: str  # reason of the hold, of accounts on hold
    class_: str = INPATIENT  # of the accounts; a newborn's is I too


@dataclass(frozen=True, slots=True)
class Line:
    """Accounts that have something in common. Days are since discharge."""

    name: str
    accounts: int
    days: int  # of all accounts together
    oldest: int
    value_cents: int
    without_value: int
    charge_cents: int
    asks: str = ""  # the line of the work queue that lists the inpatient ones

    @property
    def average(self) -> int:
        """Days since discharge on average, half up."""
        return (self.days * 2 + self.accounts) // (2 * self.accounts) if self.accounts else 0


@dataclass(frozen=True, slots=True)
class Revenue:
    """Charges of the discharges and visits of the last days, today not among them."""

    days: int
    discharges: int
    charged: int  # of these, how many have charges
    cents: int
    least_percent: int  # of the discharges that must have charges
    target: int | None  # DNFB days that the facility aims at


@dataclass(frozen=True, slots=True)
class Counted:
    """What is not final billed on a day."""

    day: int
    groups: Sequence[Group]
    valued: Mapping[str, int]  # accounts by what their value is from: charges, expected, or blank for none
    revenue: Revenue
    classes: Sequence[str] = STAYS

    @property
    def why_no_days(self) -> str:
        """Why DNFB days cannot be told, in words; blank when they can."""
        found, period = self.revenue, f"the last {self.revenue.days} days"
        if not found.cents:
            return f"no discharge of {period} has charges"
        if found.charged * 100 < found.least_percent * found.discharges:
            return f"{found.charged} of {found.discharges} discharges of {period} have charges"
        if self.groups and not any(group.charged for group in self.groups):
            return "no account that is not billed has charges"
        return ""

    def days_of(self, line: Line) -> Decimal | None:
        """The unbilled charges of a line as days of revenue; None when that cannot be told."""
        if self.why_no_days:
            return None
        return work.days_of_revenue(line.charge_cents, self.revenue.cents, self.revenue.days)

    @property
    def uncoded(self) -> Line:
        """What waits for codes (discharged, not final coded)."""
        uncoded = (group for group in self.groups if group.uncoded)
        return _line("Codes not complete", uncoded, "CODE HOLD=ANY BILLED=N")

    @property
    def total(self) -> Line:
        return _line("All accounts", self.groups, "ANY HOLD=ANY BILLED=N")

    def by_reason(self) -> list[Line]:
        """By reason, in the order in which they count."""
        return [
            _line(work.REASONS[reason][0], found, f"{work.REASONS[reason][1]} BILLED=N")
            for reason in Reason
            if (found := self._of(lambda group: group.reason, reason))
        ]

    @property
    def on_hold(self) -> Line:
        """What is on hold, whatever the reason."""
        return _line("On hold", (group for group in self.groups if group.hold), "ANY HOLD=Y BILLED=N")

    def by_kind(self) -> list[Line]:
        """By kind of account, where there is more than inpatients."""
        if tuple(self.classes) == STAYS:
            return []
        return [_line(KINDS[each], self._of(lambda group: group.class_, each), "") for each in self.classes]

    def by_hold(self) -> list[Line]:
        """What is on hold, by the reason of the hold."""
        held = {group.hold for group in self.groups if group.hold}
        return [
            _line(hold, self._of(lambda group: group.hold, hold), f"ANY REASON={hold} BILLED=N")
            for hold in sorted(held)
        ]

    def by_band(self) -> list[Line]:
        """By days since discharge, every band."""
        return [
            _line(
                f"{work.band_name(place)} days", self._of(lambda group: work.band(group.days), place),
                f"ANY HOLD=ANY BILLED=N {_age(place)}",
            )
            for place in range(len(BANDS))
        ]  # fmt: skip

    def by_payer(self) -> list[Line]:
        """By payer code."""
        return self._named(lambda group: group.payer, "PAYER")

    def by_service(self) -> list[Line]:
        """By the service discharged from."""
        return self._named(lambda group: group.service, "SERVICE")

    def _named(self, key: Callable[[Group], str], word: str) -> list[Line]:
        return [
            _line(
                name or NO_CODE, self._of(key, name), f"ANY HOLD=ANY BILLED=N {word}={name}" if name else ""
            )
            for name in sorted(set(map(key, self.groups)))
        ]

    def _of(self, key: Callable[[Group], object], value: object) -> list[Group]:
        return [group for group in self.groups if key(group) == value]


def _age(place: int) -> str:
    low, high = BANDS[place]
    return f"AGE>{low - 1}" if high is None else f"AGE={low}-{high}"


def _line(name: str, groups: Iterable[Group], asks: str) -> Line:
    found = list(groups)
    return Line(
        name, sum(each.accounts for each in found), sum(each.days * each.accounts for each in found),
        max((each.days for each in found), default=0), sum(each.value_cents for each in found),
        sum(each.without_value for each in found), sum(each.charge_cents for each in found),
        f"{asks} CLASS=I,N" if asks else "",
    )  # fmt: skip


def counted(classes: Sequence[str] = STAYS) -> Counted:
    """What is not final billed now of accounts of these classes (I, E, O, OBS): one pass over what waits."""
    today = store.current().now().day
    rows = database.execute_sql(
        "SELECT kinds, CASE WHEN hold_until > :today THEN hold_reason END, payer, service, discharge_day, value_from,"
        " CASE class WHEN 'N' THEN 'I' ELSE class END, count(*), coalesce(sum(value_cents), 0)"
        f" FROM ({waiting(classes)}) GROUP BY 1, 2, 3, 4, 5, 6, 7",
        {"today": today},
    )
    groups, valued = [], {"charges": 0, "expected": 0, "": 0}
    for kinds, hold, payer, service, day, source, class_, accounts, cents in rows:
        reason = work.reason(kinds, held=hold is not None)
        charged = source == "charges"
        groups.append(
            Group(
                reason, payer, service, waited(day, today), accounts, cents, 0 if source else accounts,
                cents if charged else 0, accounts if charged else 0, bool(kinds & Kind.CODE), hold or "",
                class_,
            )
        )  # fmt: skip
        valued[source] += accounts
    return Counted(today, groups, valued, _revenue(today, classes), tuple(classes))


def waited(day: int, today: int) -> int:
    """Days since a discharge, or since a visit ended or came; 0 where nobody says when (day 0)."""
    return max(0, today - day) if day else 0


_COLUMNS = (
    "encounter_id, account, patient_id, mrn, td_key, name_key, discharge_day, class, unit, service, payer, attending,"
    " kinds, hold_until, hold_reason, assigned, value_cents, value_from"
)


def waiting(classes: Sequence[str]) -> str:
    """A statement of the accounts of these classes that are not final billed, with ``:today``."""
    parts = []
    if INPATIENT in classes:
        parts.append(f"SELECT {_COLUMNS} FROM work_item WHERE billed = 0 AND class IN ('I', 'N')")
    if visits := ", ".join(f"'{each}'" for each in VISIT_CLASSES if each in classes):
        left = f"arrived_day >= {coded_from()} AND (unended = 0 OR discharge_day < :today)"
        parts.append(f"SELECT {_COLUMNS} FROM visit_account WHERE class IN ({visits}) AND {left}")
    return " UNION ALL ".join(parts)


_DAYS: Final = {INPATIENT: "e.class = 'I' AND e.discharge_day"} | {
    each: f"e.class <> 'I' AND e.class = '{each}' AND e.arrived_day" for each in VISIT_CLASSES
}  # the day on which an account of a class earns its charges, each by its own index


def _revenue(today: int, classes: Sequence[str]) -> Revenue:
    """What the facility's limits ask of the days before ``today``."""
    table, day = Shelf(store.current().directory / "site" / "tables")[work.LIMITS], iso_date(today)
    days = work.limit(table, "revenue_days", day) or 0
    found = [
        database.execute_sql(
            "SELECT count(*), count(c.cents), coalesce(sum(c.cents), 0) FROM encounter e"
            " LEFT JOIN account_charge c ON c.encounter_id = e.id"
            f" WHERE {_DAYS[each]} BETWEEN ? AND ? AND e.state = 'active'",
            (today - days, today - 1),
        ).fetchone()
        for each in classes
    ]
    discharges, charged, cents = map(sum, zip(*found, strict=True))
    least, target = work.limit(table, "revenue_share", day) or 0, work.limit(table, "dnfb_target", day)
    return Revenue(days, discharges, charged, cents, least, target)
