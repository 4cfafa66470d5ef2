"""Registers of births, deaths, fetal deaths, autopsies and operations: certificate number, day filed, days late.

Filing limits are those of state law, in the table ``filing_limits``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from config.data_sets import SITE, library
from db import conventions, store
from db.coding import code_sets
from db.statistics import registers
from db.statistics.registers import Filed, Register
from reports.indices import stays
from reports.indices.event_list import words
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked, NotAsked
from rules.codes import System, dotted
from rules.edit_functions import age_in_years
from rules.moments import day_number
from rules.periods import Period

__all__ = ["query", "render", "sheets"]

_WHO: Final = (
    Shown("at", "When", 15, 16, kind="moment"),
    Shown("mrn", "MRN", 10, 12),
    Shown("name", "Name", 12, 24),
    Shown("sex", "S", 1, 1),
)
_CERTIFICATE: Final = (
    Shown("number", "Number", 10, 13),
    Shown("filed", "Filed", 10, 11, kind="date"),
    Shown("late", "Days|late", 4, 4, number=True),
    Shown("due", "Due", 0, 11, kind="date"),
    Shown("account", "Account", 0, 0),
)
COLUMNS: Final[dict[Register, tuple[Shown, ...]]] = {
    Register.BIRTH: (
        *_WHO, Shown("grams", "Grams", 5, 5, number=True), Shown("weeks", "Wk", 2, 2, number=True),
        Shown("mother", "Mother's|MRN", 0, 12), Shown("attending", "Attend", 0, 8), *_CERTIFICATE,
    ),
    Register.DEATH: (
        *_WHO, Shown("age", "Age", 3, 3, number=True), Shown("unit", "Unit", 4, 6), Shown("attending", "Attend", 0, 8),
        Shown("marks", "", 2, 3), Shown("principal", "Princ dx", 0, 8), *_CERTIFICATE,
    ),
    Register.FETAL_DEATH: (
        *_WHO[:3], Shown("age", "Age", 3, 3, number=True), Shown("weeks", "Wk", 2, 2, number=True),
        Shown("grams", "Grams", 5, 5, number=True), Shown("detail", "Said", 0, 12),
        Shown("attending", "Attend", 0, 8), *_CERTIFICATE,
    ),
    Register.AUTOPSY: (
        *_WHO[:3], Shown("sex", "S", 0, 1), Shown("age", "Age", 3, 3, number=True), Shown("detail", "Of", 9, 14),
        Shown("attending", "Attend", 0, 8), *_CERTIFICATE,
    ),
    Register.OPERATION: (
        Shown("day", "Day", 10, 11, kind="date"), *_WHO[1:], Shown("age", "Age", 3, 3, number=True),
        Shown("code", "Procedure", 9, 9), Shown("title", "", 0, 24), Shown("surgeon", "Surgeon", 8, 8),
        Shown("anesthesia", "An", 2, 2), Shown("anesthetist", "Anesthetist", 0, 11), Shown("service", "Serv", 5, 6),
        Shown("account", "Account", 0, 10),
    ),
}  # fmt: skip
TITLES: Final = {
    Register.BIRTH: "REGISTER OF BIRTHS",
    Register.DEATH: "REGISTER OF DEATHS",
    Register.FETAL_DEATH: "REGISTER OF FETAL DEATHS",
    Register.AUTOPSY: "REGISTER OF AUTOPSIES",
    Register.OPERATION: "REGISTER OF OPERATIONS",
}
ITEM: Final = "birth_certificate"  # of the option abstract-registers
FILING: Final = (Measure("Filed", 0), Measure("Late", 1))
OPERATED: Final = (Measure("Stays", 0),)


@dataclass(slots=True)
class _Kept:
    """What the entries of a register are made with."""

    asked: Asked
    register: Register
    withheld: Withheld
    today: int
    kept: bool  # whether the abstract has the items of certificates
    limits: dict[int, int | None] = field(default_factory=dict)

    def certificate(self, at: str, filed: Filed) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """Number, day filed, days late, last day; and what is counted: filed, late."""
        day = day_number(at[:10])
        if day not in self.limits:
            self.limits[day] = registers.limit(self.register, self.asked.get("state", ""), day)
        due = registers.due(at, self.limits[day])
        late = None if due is None or not self.kept else max(0, (filed.day or self.today) - due)
        shown = (filed.number, _day(filed.day), late or None, _day(due))
        return shown, (int(filed.day is not None), int(bool(late)))


def query(asked: Asked) -> Listing:
    """Read the register asked for. Raises ``NotAsked``."""
    register, period = Register(asked["register"]), stays.period(asked)
    abstract = library(store.current().directory / SITE).of("abstract")
    kept = _Kept(asked, register, Withheld.of(asked), store.current().now().day, ITEM in abstract.by_id)
    lines = {
        Register.BIRTH: _births, Register.DEATH: _deaths, Register.FETAL_DEATH: _fetal_deaths,
        Register.AUTOPSY: _autopsies, Register.OPERATION: _operations,
    }[register](kept, period)  # fmt: skip
    if asked.yes("open"):
        if register is Register.OPERATION:
            raise NotAsked("Operations are not filed: leave out what is not filed yet.")
        at = [column.key for column in COLUMNS[register]].index("filed")
        lines = [line for line in lines if not line.values[at]]
    style, summary = conventions.convention("date_style"), asked["detail"] == SUMMARY
    groups = ("Month",) if summary else ()
    return Listing(
        "V01", TITLES[register], stays.period_said(asked, style), _selection(asked), COLUMNS[register], lines,
        OPERATED if register is Register.OPERATION else FILING, groups,
        (*_notes(kept, period), *kept.withheld.sentences()), "entry", "entries", summary, False, style,
        sorted({line.key for line in lines}),
    )  # fmt: skip


def _births(kept: _Kept, period: Period) -> list[Line]:
    lines = []
    for row in registers.births(period):
        stay = row.stay
        mrn, name, account = kept.withheld.named(stay)
        mother = kept.withheld.who(row.mother_id, row.mother_sensitive, row.mother_mrn, "")[0]
        shown, counted = kept.certificate(row.at, row.filed)
        values = (row.at, mrn, name, stay.sex, row.grams, row.weeks, mother, stay.attending, *shown, account)
        lines.append(_line(row.at, values, counted, stay.account, stay.encounter_id))
    return lines


def _deaths(kept: _Kept, period: Period) -> list[Line]:
    lines = []
    for row in registers.deaths(period):
        stay = row.stay
        mrn, name, account = kept.withheld.named(stay)
        shown, counted = kept.certificate(row.at, row.filed)
        marks = "".join(
            mark
            for mark, holds in (("C", row.coroner), ("A", row.autopsy), ("E", not row.inpatient))
            if holds
        )
        (principal,) = kept.withheld.content(stay.encounter_id, dotted(stay.principal))
        values = (
            row.at, mrn, name, stay.sex, stays.age(stay), stay.unit, stay.attending, marks, principal, *shown, account,
        )  # fmt: skip
        lines.append(_line(row.at, values, counted, stay.account, stay.encounter_id))
    return lines


def _fetal_deaths(kept: _Kept, period: Period) -> list[Line]:
    lines = []
    for entry in registers.fetal_deaths(period):
        row = entry.event
        mrn, name, account = kept.withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
        shown, counted = kept.certificate(row.at, entry.filed)
        values = (
            row.at, mrn, name, _age(row.birth_date, row.day), row.weeks, row.grams, row.detail, row.attending, *shown,
            account,
        )  # fmt: skip
        lines.append(_line(row.at, values, counted, row.account, row.event_id))
    return lines


def _autopsies(kept: _Kept, period: Period) -> list[Line]:
    lines = []
    for entry in registers.autopsies(period):
        row = entry.event
        mrn, name, account = kept.withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
        shown, counted = kept.certificate(row.at, entry.filed)
        values = (
            row.at, mrn, name, row.sex, _age(row.birth_date, row.day), words(row.detail), row.attending, *shown,
            account,
        )  # fmt: skip
        lines.append(_line(row.at, values, counted, row.account, row.event_id))
    return lines


def _operations(kept: _Kept, period: Period) -> list[Line]:
    found = [row for row in registers.operations(period) if kept.withheld.known(row.stay.encounter_id)]
    titles = _titles({row.code for row in found})
    lines = []
    for row in found:
        stay = row.stay
        mrn, name, account = kept.withheld.named(stay)
        day = stays.day_text(row.day)
        values = (
            day, mrn, name, stay.sex, _age(stay.birth_date, row.day), row.code, titles.get(row.code, ""), row.surgeon,
            row.anesthesia, row.anesthetist, stay.service, account,
        )  # fmt: skip
        lines.append(_line(day, values, (1,), stay.account, stay.encounter_id))
    return lines


def _line(at: str, values: tuple[Any, ...], counted: tuple[int, ...], account: str, key: int) -> Line:
    return Line(values, f"ABS {account}" if account else "", (at[:7],), counted, key)


def _titles(codes: set[str]) -> dict[str, str]:
    with code_sets.opened() as found:
        return {code: found.title(code, System.PCS) for code in codes} if found else {}


def _age(birth: str, day: int) -> int | None:
    years = age_in_years(birth, stays.day_text(day))
    return int(years) if years else None


def _day(day: int | None) -> str:
    return "" if day is None else stays.day_text(day)


def _notes(kept: _Kept, period: Period) -> Sequence[str]:
    if kept.register is Register.OPERATION:
        waiting = registers.operations_not_abstracted(period)
        told = (
            (f"Operations told by the feed whose procedures are not abstracted yet: {waiting}.",)
            if waiting
            else ()
        )
        return ("Procedures of abstracted stays, by the day performed.", *told)
    if not kept.kept:
        return (
            "Certificates are not kept on the abstract here: dictionary use abstract-registers adds them.",
        )
    days = registers.limit(kept.register, kept.asked.get("state", ""), period.to_day)
    said = [
        "No filing limit is known: the table filing_limits says none."
        if days is None
        else f"To be filed within {days} days (table filing_limits). Not filed yet: late as of today."
    ]
    if kept.register is Register.DEATH:
        said.append("C coroner's case, A autopsy, E died before admission.")
    return said


def _selection(asked: Asked) -> str:
    law = f"limits of {asked['state'].upper()}" if asked.get("state") else "the facility's limits"
    said = [] if asked["register"] == Register.OPERATION else [law]
    return "; ".join(
        [asked["register"].replace("-", " "), *said, *(["not filed yet"] if asked.yes("open") else [])]
    )
