"""WKF, WKH, WKN: what is asked of the work queue as a form, an account put on hold, and what was noted on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from db import store
from db.actors import Action as Deed
from db.acts import viewed
from db.queries import queries
from db.worklist import blind, work_acts
from rules import work as rules
from rules.findings import Finding, Level
from rules.moments import day_number
from rules.text import clean
from rules.work import LETTERS, NAMES, SORTS, Asked, NotUnderstood
from screens import shown
from screens.drafts import page_of
from screens.hospital.account import banner, encounter_named
from screens.session import Session
from screens.worklist.worklists import FIRST, asked_of
from tui.screen import (
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Kind,
    ListScreen,
    Opened,
    Outcome,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)
from tui.spans import wrap

TABLES = {
    "unit": "site.units", "service": "site.services", "payer": "site.payers", "attending": "site.providers",
    "reason": "hold_reasons",
}  # fmt: skip
CHOICES = {
    "kind": {kind.name or "": text for kind, (_, text) in LETTERS.items()},
    "class": {"I": "inpatient", "N": "newborn", "E": "emergency", "O": "outpatient", "OBS": "observation"},
    "to": {"ME": "yours", "NOBODY": "what nobody has"},
    "hold": {"N": "not on hold", "Y": "on hold", "ANY": "both"},
    "error": {"Y": "errors stand", "N": "no errors"},
    "sort": {word: order.label for word, order in SORTS.items()},
}
LABELS = {
    "kind": ("Kinds of work", 30), "unit": ("Unit", 12), "service": ("Service", 12), "payer": ("Payer", 12),
    "attending": ("Attending", 12), "class": ("Class", 8), "age": ("Days since discharge", 8),
    "value": ("Dollars on hold", 12), "to": ("Who has it", 12), "hold": ("On hold", 3), "reason": ("Hold reason", 12),
    "error": ("Errors", 1), "sort": ("Order", 9),
}  # fmt: skip
EXAMPLES = {"age": ">7, <3 or 4-7", "value": ">10000"}
MOST_CHOICES = 200
TEXT_WIDTH = 41  # of a line of a note: what is left of 80 columns


class Filter(FormScreen):
    """WKF: each part of the filter in a field of its own. Filing shows the queue with it."""

    title: ClassVar[str] = "Filter of the work queue"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Leave blank what does not matter; several codes with commas. F4 lists what can be keyed. F2 shows the queue. "
        "The same can be keyed as one line: FILTER CODE UNIT=3E AGE>7."
    )
    session: Session
    word = "WRK"

    def open(self, key: str) -> Opened:
        word = key.strip().upper() or "WRK"
        if word not in FIRST:
            raise ScreenError(f"{clean(word)} is no work queue: it is {' or '.join(FIRST)}.")
        self.word = word
        return Opened(_values(asked_of(self.session, word)), (f"{word}: {asked_of(self.session, word)}",))

    def sections(self) -> Sequence[Section]:
        fields = tuple(
            Field(
                name, label, width, Kind.UPPER if name != "to" else Kind.TEXT, length=60,
                lookup=name in TABLES or name in CHOICES, unlisted=True, echo=30,
                help=f"{NAMES[name.upper()].capitalize()}. {EXAMPLES.get(name, '')}".strip(),
            )
            for name, (label, width) in LABELS.items()
        )  # fmt: skip
        return (Section("filter", "What the queue shows", fields),)

    def changed(self, values: Values, path: str) -> Changed:
        echoes = {
            name: found[value] if (found := CHOICES.get(name, {})).get(value) else ""
            for name, value in values.items()
        }
        for name, table in TABLES.items():
            row = self.session.tables[table].find(values.get(name, "")) if values.get(name) else None
            echoes[name] = row.text if row else ""
        return Changed(echoes=echoes)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        """Codes that fit what stands behind the last comma."""
        before, comma, last = text.rpartition(",")
        wanted = last.strip().casefold()
        if path in TABLES:
            found = [(row.code, row.text) for row in self.session.tables[TABLES[path]].on()]
        else:
            found = list(CHOICES.get(path, {}).items())
        return [
            Choice(f"{before}{comma}{code}", says)
            for code, says in found
            if wanted in f"{code} {says}".casefold()
        ][: min(limit, MOST_CHOICES)]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        line = " ".join(
            f"{name.upper()}{value if value[:1] in '<>=' else '=' + value}"
            for name in LABELS
            if (value := values.get(name, "").replace(" ", ""))
        )
        try:
            self.session.queues[self.word] = rules.read_line(line)
        except NotUnderstood as error:
            return Refused((Finding(Level.FATAL, "W001", str(error)),))
        return Filed("", go=self.word)


def _values(asked: Asked) -> Values:
    """The fields of the form: the parts of the line."""
    found: Values = {"hold": asked.hold, "sort": asked.sort}
    for part in str(asked).split():
        name, _, value = part.partition("=")
        for mark in "<>":
            if mark in part:
                name, _, value = part.partition(mark)
                value = mark + value
        if name.lower() in LABELS:
            found[name.lower()] = value
    return found


class Hold(FormScreen):
    """WKH: why an account waits outside the queue, and until which day."""

    title: ClassVar[str] = "Put an account on hold"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "The account leaves the queue and comes back by itself on the day; without a day it waits until U takes the "
        "hold off. The reasons are the facility's (site table hold_reasons)."
    )
    session: Session
    account = ""

    def open(self, key: str) -> Opened:
        stay = encounter_named(key)
        self.account = stay.account
        viewed(
            self.session.actor, Deed.VIEW_ENCOUNTER, kind="account", record=stay.account, patient_id=stay.patient_id
        )  # fmt: skip
        here = work_acts.hand(stay.id)
        held = here.hold_until > store.current().now().day
        values = {"reason": here.hold_reason} if held else {}
        if held and here.hold_until < rules.NEVER:
            values["until"] = shown.iso(here.hold_until)
        return Opened(values, banner(stay), "reason")

    def sections(self) -> Sequence[Section]:
        return (
            Section("hold", "On hold", (
                Field("reason", "Reason", 8, Kind.UPPER, required=True, lookup=True, echo=56, help="Why it waits."),
                Field("until", "Until", 10, Kind.DATE, help="The day on which it comes back, such as T+5, or none."),
                Field("note", "Note", 60, length=400, help="What else is to be known; kept with the account."),
            )),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        row = self.session.tables["hold_reasons"].find(values.get("reason", ""), self._today)
        days = row.more.get("days") if row and path == "reason" and not values.get("until") else None
        until = {"until": shown.iso(store.current().now().day + days)} if isinstance(days, int) else {}
        return Changed(echoes={"reason": row.text if row else ""}, values=until)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        rows = self.session.tables["hold_reasons"].on(self._today)
        wanted = text.casefold()
        return [Choice(row.code, row.text) for row in rows if wanted in f"{row.code} {row.text}".casefold()][
            :limit
        ]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        code, until = values.get("reason", ""), values.get("until", "")
        if self.session.tables["hold_reasons"].find(code, self._today) is None:
            said = f"{code or 'A blank'} is no reason of the facility's list: F4 shows it."
            return Refused((Finding(Level.FATAL, "W002", said, "reason"),))
        if until and until <= self._today:
            said = "A hold ends on a day to come, such as T+5; leave it blank for no day."
            return Refused((Finding(Level.FATAL, "W003", said, "until"),))
        work_acts.hold(self.session.actor, self.account, code, day_number(until) if until else None)
        if values.get("note", "").strip():
            work_acts.note(self.session.actor, self.account, values["note"])
        return Filed(f"ON HOLD {self.account}" + (f" until {shown.day(until)}." if until else "."), go="EXIT")

    @property
    def _today(self) -> str:
        return store.current().now().local[:10]

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.account) if self.account else None


class Notes(ListScreen):
    """WKN: the notes and queries of an account, newest first."""

    title: ClassVar[str] = "Notes and queries"
    empty: ClassVar[str] = "Nothing was noted on this account."
    help: ClassVar[str] = (
        "NOTE and a text adds one. Notes are only added to; each says who wrote it and when. QUERIES (F10) lists the "
        "queries to physicians about the account."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("NOTE", "Add a note", "note"),
        Command("QUERIES", "Queries", "its_queries", "F10"),
    )
    session: Session
    account = ""
    encounter_id = 0
    who: tuple[str, ...] = ()

    def open(self, key: str) -> str:
        stay = encounter_named(key)
        self.account, self.encounter_id, self.who = stay.account, stay.id, banner(stay)
        viewed(
            self.session.actor, Deed.VIEW_ENCOUNTER, kind="account", record=stay.account, patient_id=stay.patient_id
        )  # fmt: skip
        return ""

    def heading(self) -> Sequence[str]:
        return self.who

    def columns(self) -> Sequence[Column]:
        return (Column("When", 15), Column("By", 10), Column("What", 6), Column("Text", TEXT_WIDTH))

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        found = [(note.at, note.by, "note", note.text) for note in work_acts.notes(self.encounter_id)]
        found += self._queries()
        found.sort(key=lambda row: row[0], reverse=True)
        lines = [
            ("", "", "", line) if further else (shown.moment(at), by, what, line)
            for at, by, what, text in found
            for further, line in enumerate(wrap(text, TEXT_WIDTH))
        ]
        rows = [Row((number,), cells, self.account) for number, cells in enumerate(lines)]
        return page_of(rows, key, limit, backward=backward)

    def _queries(self) -> list[tuple[str, str, str, str]]:
        """The queries about the account, for those who may see them; not while it is reviewed blind."""
        actor = self.session.actor
        if not actor.may(Deed.VIEW_QUERY) or self.encounter_id in blind.accounts_in_hand(actor.user):
            return []
        return [
            (
                each.asked_at, each.asked_by, "query",
                f"{each.number} {each.provider}: {each.wording.title}, {each.status} {each.outcome}".rstrip(),
            )
            for each in queries.of_account(self.encounter_id)
        ]  # fmt: skip

    def note(self, rest: str) -> Outcome:
        work_acts.note(self.session.actor, self.account, rest)
        return Outcome("Noted.", reload=True)

    def its_queries(self, rest: str) -> Outcome:
        return Outcome(go=f"QRL {self.account}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.account) if self.account else None
