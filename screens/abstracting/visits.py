"""VIS, OPC, OFC, LTC and IRF: coding outside the discharge abstract, each type of account by the rules of its own.

Outpatient claims carry neither POA nor ICD-10-PCS (UB-04); what a nursing or rehabilitation stay groups to is keyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar, Final

from config.data_sets import library
from db import store
from db.abstracting import visit_lists, visits
from db.abstracting.visits import VisitRecord
from db.registry.cases import COMPLETE, Case
from rules.census import VISIT_CLASSES
from rules.dictionary import split_path
from rules.findings import Finding
from rules.moments import iso_date
from rules.values import is_date
from screens import shown
from screens.coding.book import text_of_another
from screens.data_set import DataSetForm
from screens.hospital.account import banner, encounter_named
from screens.keyset import Key, KeysetList
from screens.record import RECORD_WORDS, Loaded
from tui.screen import Action, Column, Command, Filed, Outcome, Printout, Row, ScreenError, Values

SERVICES: Final = "services"
CAPITALS: Final = ("code", "modifiers", "hipps", "cmg")
NO_TITLE: Final = "(title not installed)"
MOST_TITLES: Final = 3  # lines under the form
STAYS: Final = {"LTC": "Nursing stays (account_types)", "IRF": "Rehab stays (account_types)"}


class VisitForm(DataSetForm):
    """The coding of one account in the data set of its type."""

    word: ClassVar[str]
    commands: ClassVar[tuple[Command, ...]] = (
        Command("MOVES", "Movements", "moves"),
        *RECORD_WORDS,
    )
    opened: VisitRecord

    def load(self, key: str) -> Loaded:
        stay = encounter_named(key)
        data_set = visits.data_set_of(stay, self.session.tables)
        if data_set != self.data_set:
            own = library(self.session.seat.directory / "site").of(data_set).word if data_set else "CDG"
            raise ScreenError(
                f"{stay.account} is coded by the rules of another type of account: {own} {stay.account}."
            )
        self.opened = visits.open_visit(self.session.actor, stay.id, self.data_set)
        case = self.opened.case
        return Loaded(
            self.opened.record, str(case.revision if case else 0), banner(stay), (self.data_set, stay.account)
        )

    def follows(self, values: Values, path: str) -> Values:
        """Codes of services, and what a stay groups to, are kept in capitals."""
        group, _, column = split_path(path)
        text = values.get(path, "")
        capitals = column in CAPITALS if group in ("", SERVICES) else False
        return {path: text.upper()} if capitals and text != text.upper() else {}

    def panel(self, values: Values) -> Sequence[str]:
        """The titles of the services that were keyed last."""
        codes, found = self.session.codes, dict[str, str]()
        for code, day in _services(values):
            title = codes.service(code, day)[0] if codes and day else ""
            found[code] = f"{code} {title or NO_TITLE}"
        return tuple(found.values())[-MOST_TITLES:]

    def on_paper(self, printout: Printout) -> Printout:
        """Without the texts that somebody else licenses: they go to no paper."""
        codes, lines = self.session.codes, []
        if codes is None:
            return printout
        holders = {code: codes.service_licence(code, day) for code, day in _services(self.values) if day}
        for line in printout.lines:
            code = line.split()[0] if line.strip() else ""
            holder = holders.get(code, "")
            lines.append(f"{code} {text_of_another(holder)}" if holder else line)
        return replace(printout, lines=lines)

    def filed(self) -> Case | None:
        return self.opened.case

    def standing(self, values: Values) -> str:
        case = self.opened.case
        if case is None:
            return "Not filed yet."
        filed = shown.utc(case.filed_utc, store.current().zone)
        return f"Filing {case.revision} by {case.filed_by}, {filed}: {case.status}."

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        case = visits.file_visit(
            self.session.actor, self.opened, self.dictionary, values, findings,
            expected_revision=int(self.version), reason=self.reason,
        )  # fmt: skip
        state = "complete" if case.status == COMPLETE else "still open"
        return Filed(f"FILED {case.number}, {state}", go="EXIT")

    def withdraw(self, why: str) -> None:
        visits.void_visit(self.session.actor, self.opened, why)

    def moves(self, rest: str) -> Outcome:
        return Outcome(go=f"ACC {self.key}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.key)


class Visit(VisitForm):
    """A hospital outpatient, emergency or observation visit."""

    title: ClassVar[str] = "Outpatient coding"
    data_set: ClassVar[str] = "visit"
    word: ClassVar[str] = "OPC"
    help: ClassVar[str] = (
        "Reasons for the visit, the first-listed diagnosis and the others, external causes, and the services by "
        "HCPCS or CPT with modifiers, units and date. No POA and no ICD-10-PCS. A diagnosis documented as probable, "
        "suspected or rule out is not coded: its sign or symptom is (Guidelines IV.H). The text of a CPT code is "
        "shown from a set that the facility has imported."
    )


class Office(VisitForm):
    """A visit to a physician office."""

    title: ClassVar[str] = "Office coding"
    data_set: ClassVar[str] = "office"
    word: ClassVar[str] = "OFC"
    help: ClassVar[str] = (
        "Up to twelve diagnoses, the first-listed one first, and the services by HCPCS or CPT with modifiers, units "
        "and date, as the professional claim has them."
    )


class Nursing(VisitForm):
    """A stay in a nursing facility."""

    title: ClassVar[str] = "Nursing facility coding"
    data_set: ClassVar[str] = "nursing"
    word: ClassVar[str] = "LTC"
    help: ClassVar[str] = (
        "Diagnoses of the stay, the assessment of the MDS and its HIPPS code of five characters, which is checked by "
        "form and not computed."
    )


class Rehabilitation(VisitForm):
    """A stay in an inpatient rehabilitation facility."""

    title: ClassVar[str] = "Rehabilitation coding"
    data_set: ClassVar[str] = "rehab"
    word: ClassVar[str] = "IRF"
    help: ClassVar[str] = (
        "Impairment group, etiologic diagnosis and comorbidities, and the case-mix group with its tier, such as A0104, "
        "which is checked by form and not computed."
    )


def _services(values: Values) -> Iterator[tuple[str, date | None]]:
    """Codes of services as they were keyed, each with the day on which it was done; None where nobody says."""
    for path, code in values.items():
        group, row, column = split_path(path)
        if group == SERVICES and column == "code":
            day = (values.get(f"{SERVICES}[{row}].date") or values.get("admitted_at", ""))[:10]
            yield code, date.fromisoformat(day) if is_date(day) else None


def _day(day: int | None) -> str:
    return shown.day(iso_date(day)) if day else ""


class VisitList(KeysetList):
    """VIS: visits that are not coded, newest first; stays of other settings by their word."""

    title: ClassVar[str] = "Visits to code"
    empty: ClassVar[str] = "None waits for coding."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("C", "Code", method="code"),
        Action("M", "Movements", go="ACC {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("ALL", "To code or all", "every", "F10"),)
    help: ClassVar[str] = (
        "Emergency, outpatient and observation accounts, newest first, until their coding is complete; VIS E shows "
        "emergency visits alone, VIS O outpatients, VIS OBS observation. VIS LTC shows the stays of nursing "
        "facilities, VIS IRF those of rehabilitation, in house too. C codes the account: its type tells the form. "
        "F10 shows the coded ones too."
    )
    of = ""  # a class of visits, or a setting of stays
    every_one = False

    def open(self, key: str) -> str:
        self.of = key.strip().upper()
        known = (*VISIT_CLASSES, *visit_lists.SETTINGS)
        if self.of and self.of not in known:
            raise ScreenError(f"{self.of} is no class of visits and no setting: {', '.join(known)}.")
        visit_lists.open_list(self.session.actor, self.of)
        return ""

    def heading(self) -> Sequence[str]:
        which = STAYS.get(self.of) or f"Class {self.of or 'E, O and OBS'}"
        if self.every_one:
            return (f"{which}, all of them",)
        since = visits.coded_from()
        came = "here" if self.of in STAYS else "arrived"
        return (f"{which}, not coded completely{f', {came} from {_day(since)}' if since else ''}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Admitted" if self.of in STAYS else "Arrived", 10, frozen=True),
            Column("Left", 10) if self.of in STAYS else Column("Class", 5),
            Column("Status", 8), Column("Name", 17 if self.of in STAYS else 22), Column("MRN", 10),
            Column("Account", 12), Column("Provider", 12), Column("By", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        since = None if after is None else (after[0], after[1])
        found = (
            visit_lists.stays(self.of, self.session.tables, since, limit, every=self.every_one)
            if self.of in STAYS
            else visit_lists.listing(self.of, since, limit, every=self.every_one)
        )
        return [
            Row(
                row.key,
                (
                    _day(row.arrived_day), _day(row.left_day) if self.of in STAYS else row.patient_class, row.status,
                    row.patient_name, row.mrn, row.account, row.attending, row.filed_by,
                ),
                row.account,
            )
            for row in found
        ]  # fmt: skip

    def code(self, account: str) -> Outcome:
        """C: the form of the account's type."""
        data_set = visits.data_set_of(encounter_named(account), self.session.tables)
        if not data_set:
            return Outcome(f"No type of account fits {account}: table account_types.", error=True)
        return Outcome(go=f"{library(self.session.seat.directory / 'site').of(data_set).word} {account}")

    def every(self, rest: str) -> Outcome:
        self.every_one = not self.every_one
        return Outcome(reload=True)
