"""STP and RQH: the steps that answer a request, and everything that was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db import store
from db.disclosure import requests
from db.disclosure.requests import Request as Filing
from db.patient_index import patients
from rules.disclosure import STEPS
from rules.findings import Finding, Level
from screens import shown
from screens.disclosure.request_words import answer_of, event_named, number_named
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.keyset import Key
from screens.session import Session
from tui.screen import (
    Changed,
    Choice,
    Column,
    Field,
    Filed,
    Kind,
    ListScreen,
    Note,
    Opened,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)


class Step(DraftedForm):
    """STP: one step of a request, with its day and its reason."""

    word: ClassVar[str] = "STP"
    title: ClassVar[str] = "Step of a request"
    session: Session
    filing: Filing

    def open(self, key: str) -> Opened:
        self.filing = requests.open_request(self.session.actor, number_named(key))
        if not self.filing.steps:
            raise ScreenError(f"Request {self.filing.number} is {self.filing.status}: no step follows.")
        who = patients.get(self.filing.patient_id)
        due = shown.day(self.filing.due_on)
        banner = (
            f"{who['mrn']}  {who['name']}",
            f"Request {self.filing.number}  {self.filing.status}  " + (f"due {due}" if due else "no due day"),
        )
        self.key, self.version = self.filing.number, str(self.filing.version)
        return self.with_draft(Opened({"day": shown.iso(store.current().now().day)}, banner, "word"))

    def sections(self) -> Sequence[Section]:
        answer = answer_of(requests.decision_of(self.filing))
        lines = (
            Note(f"{step.word:<10}{step.text}{' *' if step.reason else ''}") for step in self.filing.steps
        )
        return (
            Section("answer", "What the law says to it", (Note(answer),)),
            Section(
                "step",
                "Steps that can be taken now (* says why)",
                (
                    *lines,
                    Note(""),
                    Field(
                        "word", "Step", 10, Kind.UPPER, required=True, lookup=True,
                        help="The beginning of the word is enough.",
                    ),
                    Field("day", "On", 10, Kind.DATE, required=True, past=True, help="The day on which it was done."),
                    Field(
                        "reason", "Because", 60, length=400, lookup=True,
                        help="Asked for where the step has an asterisk; a denial begins with its code (F4).",
                    ),
                ),
            ),
        )  # fmt: skip

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "word":
            return [Choice(s.word, s.text) for s in self.filing.steps if s.word.startswith(text.upper())]
        if values.get("word") != "DENY":
            return ()
        rows = self.session.tables["denial_reasons"].on(values.get("day", ""))
        wanted = text.casefold()
        found = [row for row in rows if wanted in f"{row.code} {row.text}".casefold()]
        return [Choice(row.code, row.text) for row in found[:limit]]

    def changed(self, values: Values, path: str) -> Changed:
        asked = STEPS.get(values.get("word", ""))
        return Changed(echoes={"word": asked.text} if asked else {})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if not values.get("word"):
            return Refused((Finding(Level.FATAL, "RQ200", "Key a step, or F4 for the list.", "word"),))
        after = requests.step(
            self.session.actor, self.filing.number, values["word"], self.filing.version,
            reason=values.get("reason", ""), day=values.get("day", ""),
        )  # fmt: skip
        self.discard_draft()
        return Filed(f"{after.number} is {after.status}", go="EXIT")


class History(ListScreen):
    """RQH: everything that was done to a request, the latest first."""

    title: ClassVar[str] = "What was done"
    session: Session
    filing: Filing

    def open(self, key: str) -> str:
        self.filing = requests.open_request(self.session.actor, number_named(key))
        return ""

    def heading(self) -> Sequence[str]:
        name = patients.get(self.filing.patient_id)["name"]
        return (f"Request {self.filing.number}  {self.filing.status}  {name}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("On", 10, frozen=True), Column("What", 27), Column("Status", 9), Column("By", 8),
            Column("Because", 60),
        )  # fmt: skip

    def page(self, key: Key | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row((-number,), (shown.day(each.day), event_named(each.kind), each.status, each.by, each.reason))
            for number, each in enumerate(self.filing.events)
        ]
        return page_of(rows[::-1], key, limit, backward=backward)
