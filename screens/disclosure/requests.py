"""RQL and ROI: requests for information and the days they are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from textwrap import wrap
from typing import ClassVar

from db import store
from db.disclosure import counts as request_counts
from db.disclosure import disclosure_law, requests
from db.disclosure.requests import Request as Filing
from db.history import Change, of_amendments
from db.patient_index import patients
from rules.dates import Unclear, parse_date
from rules.dictionary import Record
from rules.disclosure import OPEN
from rules.findings import Finding
from rules.moments import day_number
from rules.values import is_date
from screens import shown
from screens.data_set import DataSetForm
from screens.disclosure.request_words import answer_of, in_words, last_event, left_of, number_named
from screens.keyset import Key, KeysetList
from screens.patient_index.patients import patient_named
from screens.record import RECORD_WORDS, Loaded
from tui.screen import (
    Action,
    Changed,
    Column,
    Command,
    Field,
    Filed,
    Outcome,
    Row,
    ScreenError,
    Section,
    Values,
)

NEW = "NEW"
PANEL_WIDTH, PANEL_LINES = 79, 3
FROM_CHART = ("mrn", "patient_name")


class Requests(KeysetList):
    """Open requests, the one due first on top."""

    title: ClassVar[str] = "Disclosure requests"
    empty: ClassVar[str] = "No request is open. F6 begins one."
    help: ClassVar[str] = (
        "Open requests by due day; ! marks what is overdue. O opens a request, S takes it a step further, R logs a "
        "release, L shows what was released. F10 shows closed ones too."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", go="ROI {subject}"),
        Action("S", "Step", go="STP {subject}"),
        Action("R", "Release", go="REL {subject}"),
        Action("L", "Releases", go="RLS {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "New", "new", "F6"),
        Command("ALL", "Open or all", "every", "F10"),
    )
    position_label: ClassVar[str] = "Due on or after"
    open_only = True
    patient_id: int | None = None

    def open(self, key: str) -> str:
        self.patient_id = patient_named(key) if key else None
        self.open_only = not key
        return ""

    def heading(self) -> Sequence[str]:
        which = "open requests" if self.open_only else "all requests"
        if self.patient_id:
            who = patients.get(self.patient_id)
            return (f"{who['mrn']} {who['name']}: {which}",)
        counts = request_counts.requests(self.session.actor)
        line = f"{counts.open} open, {counts.due_soon} due soon, {counts.overdue} overdue, {counts.held} held"
        return (line + ("" if self.open_only else f"; {which}"),)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Number", 7, frozen=True), Column("Due", 10), Column("Left", 4, ">"), Column("Status", 9),
            Column("Patient", 20), Column("Requester", 19), Column("MRN", 10), Column("Purpose", 12),
            Column("Received", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        found = requests.list_requests(
            self.session.actor, patient_id=self.patient_id, open_only=self.open_only,
            after=(after[0], after[1]) if after else None, limit=limit,
        )  # fmt: skip
        return [
            Row(
                row.key,
                (
                    row.number, shown.day(row.due_on) or "none", left_of(row), row.status, row.patient_name,
                    row.requester_name, row.mrn, row.purpose, shown.day(row.received_on),
                ),
                row.number,
                "!" if left_of(row).startswith("-") else "",
            )
            for row in found
        ]  # fmt: skip

    def position(self, text: str) -> Key | None:
        found = parse_date(text, datetime.fromisoformat(store.current().now().local))
        if isinstance(found, Unclear):
            raise ScreenError(f"Requests stand by due day. {found.sentence}")
        return (day_number(found), 0)

    def new(self, rest: str) -> Outcome:
        mrn = patients.get(self.patient_id)["mrn"] if self.patient_id else rest
        return Outcome(go=f"ROI {NEW} {mrn}" if mrn else "ROI")

    def every(self, rest: str) -> Outcome:
        self.open_only = not self.open_only
        return Outcome(reload=True)


class Request(DataSetForm):
    """A request by its number; ``ROI NEW mrn`` or no key begins one."""

    title: ClassVar[str] = "Disclosure request"
    help: ClassVar[str] = (
        "Who asks, on what authority, for what. The day it is due and what the law says to it stand under the form "
        "and follow every change. F10 takes a step (REVIEW, APPROVE, DENY ...), F11 logs what leaves; RLS and the "
        "number list what has left. A request that is answered is amended after the step REOPEN."
    )
    data_set: ClassVar[str] = "disclosure"
    word: ClassVar[str] = "ROI"
    reread: ClassVar[bool] = True
    commands: ClassVar[tuple[Command, ...]] = (
        Command("STEP", "Step", "step", "F10"),
        Command("RELEASE", "Release", "release", "F11"),
        Command("RELEASED", "What was released", "releases"),
        Command("HISTORY", "What was done", "history"),
        *RECORD_WORDS,
    )
    filing: Filing | None = None

    def load(self, key: str) -> Loaded:
        self.filing = None
        word, _, mrn = key.partition(" ")
        if not key or word.upper() == NEW:
            begin = {id_: item.default for id_, item in self.dictionary.by_id.items() if item.default}
            begin["received_on"] = shown.iso(store.current().now().day)
            return Loaded(begin | self.chart_of(mrn), "0", self.earlier(mrn))
        filing = requests.open_request(self.session.actor, number_named(key))
        self.filing = filing
        who = patients.get(filing.patient_id)
        banner = (
            shown.who(who["mrn"], who["name"], who["birth_date"], who["sex"], store.current().now().local),
            f"Request {filing.number}  {filing.status}  {last_event(filing)}",
        )
        closed = (
            "" if filing.status in OPEN else f"This request is {filing.status}: F10 and REOPEN, to amend it."
        )
        return Loaded(filing.values, str(filing.version), banner, ("request", filing.number), closed)

    def filed_by(self) -> str:
        return next((change.by for change in self.amended()), "")

    def record_at(self, version: str) -> Record | None:
        return requests.values_at(self.filing, int(version)) if self.filing else None

    def amended(self) -> list[Change]:
        return of_amendments("request", self.filing.id) if self.filing else []

    def is_first_filing(self) -> bool:
        return self.version == "1"

    def go_back(self, why: str) -> None:
        if self.filing is None:
            return
        if not requests.was_amended(self.filing):
            raise ScreenError(
                "What was done last is a step, not a filing: HISTORY shows it, F10 takes another."
            )
        before = requests.values_at(self.filing, self.filing.version - 1)
        self._file(before, why)

    def withdraw(self, why: str) -> None:
        if self.filing is not None:
            requests.step(self.session.actor, self.filing.number, "VOID", int(self.version), reason=why)

    def begun_anew(self) -> tuple[str, Values]:
        values = self.filing.values if self.filing else {}
        kept = {
            path: value
            for path, value in values.items()
            if path in FROM_CHART or path not in requests.DERIVED
        }
        return f"{NEW} {values.get('mrn', '')}", kept

    def chart_of(self, mrn: str) -> dict[str, str]:
        """Number and name of the patient that was keyed."""
        if not mrn:
            return {}
        who = patients.get(patient_named(mrn))
        return {"mrn": who["mrn"], "patient_name": who["name"]}

    def earlier(self, mrn: str) -> tuple[str, ...]:
        """What was asked about this patient before, shown before another request is added."""
        if not mrn:
            return ()
        before = requests.list_requests(
            self.session.actor, patient_id=patient_named(mrn), order="received", newest_first=True, limit=3
        )
        last = "; ".join(f"{row.number} {shown.day(row.received_on)} {row.requester_name}" for row in before)
        return (f"New request about {mrn}", f"Earlier: {last or 'none'}")

    def sections(self) -> tuple[Section, ...]:
        first, *others = super().sections()
        parts = [
            part for part in first.parts if isinstance(part, Field) and part.name not in requests.DERIVED
        ]
        if self.filing is None:
            derived = {part.name: part for part in first.parts if isinstance(part, Field)}
            parts.insert(
                0, replace(derived["mrn"], read_only=False, required=True, same_row=False, recall="patient")
            )
            parts.insert(1, replace(derived["patient_name"], same_row=True))
        return (replace(first, parts=tuple(parts)), *others)

    def changed(self, values: Values, path: str) -> Changed:
        if path != "mrn" or self.filing is not None:
            return super().changed(values, path)
        known = self.chart_of(values.get("mrn", ""))
        reply = super().changed(values | known, path)
        return replace(reply, values={**known, **reply.values})

    def panel(self, values: Values) -> Sequence[str]:
        """The day it is due as the record stands, and what the entitlement table says to it."""
        if not is_date(values.get("received_on", "")) or not values.get("authority"):
            return ("The day it is due follows from receipt, requester and authority.",)
        return (self._due(values), *wrap(self._answer(values), PANEL_WIDTH)[:PANEL_LINES])

    def _due(self, values: Values) -> str:
        day, code = disclosure_law.due(values, self.filing.events if self.filing else ())
        if day is None:
            return "No due day: no clock of the law runs, or it stands still until the requester answers."
        clock = disclosure_law.law().tables["clocks"].find(code, values["received_on"])
        return f"Due {shown.day(day.isoformat())}, {in_words(day)}: {clock.text if clock else code}"

    def _answer(self, values: Values) -> str:
        mrn = patients.by_mrn(values.get("mrn", ""))
        if not mrn or not values.get("requester_kind"):
            return ""
        return answer_of(disclosure_law.decide_values(values, mrn, shown.iso(store.current().now().day)))

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        number = self._file(values)
        due = requests.read(number).due_on
        return Filed(f"FILED {number}, " + (f"due {shown.day(due)}" if due else "no due day"), go="EXIT")

    def _file(self, values: Values, reason: str = "") -> str:
        kept = {path: value for path, value in values.items() if path not in requests.DERIVED}
        return requests.file_request(
            self.session.actor, self._patient(values), kept, int(self.version),
            number=self.filing.number if self.filing else "", dictionary=self.dictionary.version, reason=reason,
        )  # fmt: skip

    def _patient(self, values: Values) -> int:
        if self.filing is not None:
            return self.filing.patient_id
        if not values.get("mrn"):
            raise disclosure_law.not_allowed("RQ100", "Key the patient first: MRN or name.", "mrn")
        return patient_named(values["mrn"])

    def step(self, rest: str) -> Outcome:
        return self._go("STP")

    def release(self, rest: str) -> Outcome:
        return self._go("REL")

    def releases(self, rest: str) -> Outcome:
        return self._go("RLS")

    def history(self, rest: str) -> Outcome:
        return self._go("RQH")

    def _go(self, word: str) -> Outcome:
        if self.filing is None:
            return Outcome("File the request first (F2).", error=True)
        return Outcome(go=f"{word} {self.filing.number}")
