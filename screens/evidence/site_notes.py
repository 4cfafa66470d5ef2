"""SNT and SNE: the facility's notes and coding decisions on codes, found by words or code; one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from db.actors import Action as Deed
from db.acts import Conflict, NotPermitted
from db.evidence import code_notes
from db.evidence.code_notes import FIELDS, PROPOSED, CodeNote, NotWritten
from rules.codes import NAME, System
from rules.findings import Finding, Level
from screens import shown
from screens.drafting import DraftedForm
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    Kind,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)
from tui.spans import wrap

MARKS: Final = {PROPOSED: "?"}
WIDTH: Final = 73  # of a line of a note on the page of a code


class SiteNotes(KeysetList):
    """SNT: all notes by code, or those that a question finds."""

    title: ClassVar[str] = "Site notes on codes"
    empty: ClassVar[str] = "No note of the facility says this. F6 writes one."
    position_label: ClassVar[str] = "Words or code"
    recall: ClassVar[str] = "code"
    help: ClassVar[str] = (
        "Key / and words, or a code: notes on ranges that hold it are found too. A note that is proposed (?) is shown "
        "with its codes once a coding supervisor approves it. F6 writes one."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("E", "Open", go="SNE {subject}"),
        Action("A", "Approve", method="approve", confirm="Put this note in force?"),
        Action("V", "Void", method="void", why="Why is it taken out of use?"),
        Action("H", "History", go="HIS SNE {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("ADD", "Write a note", "add", "F6"),)
    session: Session
    asked = ""

    def open(self, key: str) -> str:
        word, _, rest = key.strip().partition(" ")
        self.asked = rest if word.lower() in set(System) and rest else key.strip()
        return ""

    def heading(self) -> Sequence[str]:
        waiting = code_notes.proposed()
        return (f"{self.asked or 'All notes'}" + (f"  {waiting} proposed" if waiting else ""),)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Codes", 14, frozen=True), Column("Note", 40), Column("Decision", 20), Column("Source", 20),
            Column("By", 10), Column("Approved", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start = (str(after[0]), str(after[1]), int(after[2])) if after else None
        return [
            Row(
                (note.system, note.first_code, note.id),
                (
                    note.codes,
                    note.text,
                    note.decision,
                    note.source,
                    note.author,
                    note.approved_by or note.status,
                ),
                str(note.id),
                MARKS.get(note.status, ""),
            )
            for note in code_notes.search(self.asked, start, limit)
        ]

    def position(self, text: str) -> Key | None:
        self.asked, self.turned = text.strip(), ()
        return None

    def approve(self, subject: str) -> Outcome:
        code_notes.approve(self.session.actor, note_named(subject))
        return Outcome("In force.", reload=True)

    def void(self, subject: str, why: str) -> Outcome:
        code_notes.void(self.session.actor, note_named(subject), why)
        return Outcome("Out of use; the reason is kept.", reload=True)

    def add(self, rest: str) -> Outcome:
        return Outcome(go=f"SNE NEW {self.asked if ' ' not in self.asked else ''}".rstrip())


def note_named(number: str) -> CodeNote:
    """The note with this number. Raises ``ScreenError`` when there is none."""
    found = code_notes.get(int(number)) if number.strip().isdecimal() else None
    if found is None:
        raise ScreenError("Say which note: SNT lists them, and F6 there writes one.")
    return found


class SiteNote(DraftedForm):
    """SNE: a note on a code, a category or a range. ``SNE`` or ``SNE NEW I50`` begins one."""

    title: ClassVar[str] = "Site note on codes"
    word: ClassVar[str] = "SNE"
    help: ClassVar[str] = (
        "A code, a category (I50) or a range (I20 to I25), what is to be known, how it is decided here, and where that "
        "comes from, such as Coding Clinic 2016 Q1 p10. It is proposed until a coding supervisor approves it (SNT, A), "
        "and proposed again when it is changed. HIST shows its versions."
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("HIST", "History, item by item", "items_history"),)
    session: Session
    note: CodeNote | None = None

    def open(self, key: str) -> Opened:
        number, _, code = key.strip().partition(" ")
        self.note = None if number.upper() in ("", "NEW") else note_named(number)
        self.key = number if self.note else ""
        if self.note is None:
            self.version = "0"
            return self.with_draft(Opened({"system": "CM", "first_code": code.upper().replace(".", "")}))
        self.version = str(self.note.version)
        values = {name: str(getattr(self.note, name)) for name in FIELDS}
        values["system"] = self.note.system.upper()
        if self.note.last_code == self.note.first_code:
            values["last_code"] = ""
        by = f"{self.note.status}, by {self.note.author}"
        line = f"{by}, approved by {self.note.approved_by}" if self.note.approved_by else by
        return self.with_draft(Opened(values, (f"{self.note.codes}  {line}",), locked=self._locked()))

    def _locked(self) -> str:
        void = self.note is not None and self.note.status == code_notes.VOID
        if void:
            return f"This note is out of use: {self.note.void_reason if self.note else ''}"
        return "" if self.session.actor.may(Deed.FILE_CODE_NOTE) else "You can only read notes."

    def sections(self) -> Sequence[Section]:
        return (
            Section("codes", "Codes", (
                Field("system", "Code set", 5, Kind.UPPER, required=True, lookup=True, echo=20,
                      help="CM, PCS or HCPCS."),
                Field("first_code", "Code, or first", 8, Kind.UPPER, required=True, echo=45, point=3,
                      help="A code, a category such as I50, or the first of a range."),
                Field("last_code", "Last of a range", 8, Kind.UPPER, echo=45, point=3,
                      help="Blank: the one above alone."),
                Field("valid_from", "From", 10, Kind.DATE, help="The first day of discharge that it holds for."),
                Field("valid_to", "To", 10, Kind.DATE, same_row=True),
            )),
            Section("note", "Note", (
                Field("text", "Note", 60, length=2000, required=True, help="What is to be known."),
                Field("decision", "Decision", 60, length=400, help="How it is coded here."),
                Field("source", "Source", 60, length=200, help="Such as Coding Clinic 2016 Q1 p10."),
            )),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        system = values.get("system", "").lower()
        echoes = {"system": NAME[System(system)] if system in set(System) else ""}
        for name in ("first_code", "last_code"):
            if self.session.codes and values.get(name) and system in set(System):
                echoes[name] = self.session.codes.title(values[name], System(system))
        return Changed(echoes=echoes)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        found = [Choice(system.upper(), NAME[system]) for system in System]
        return [each for each in found if text.casefold() in f"{each.value} {each.text}".casefold()]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        try:
            if self.note is not None and self.begun != str(self.note.version):
                raise Conflict(
                    "Somebody changed this note since your draft was begun: give it up (F12) and key it anew."
                )
            note = code_notes.write(self.session.actor, values, self.note)
        except (NotWritten, Conflict, NotPermitted) as error:
            return Refused((Finding(Level.FATAL, "SNT", str(error), getattr(error, "field", "")),))
        self.discard_draft()
        return Filed(f"FILED, proposed: {note.codes}.", go="SNT")

    def items_history(self, rest: str) -> Outcome:
        if self.note is None:
            return Outcome("This note is not filed yet.", error=True)
        return Outcome(go=f"HIS SNE {self.note.id}")


def lines_about(code: str, system: System, day: str = "") -> list[str]:
    """What the facility has noted on a code, as lines of its page; nothing without a note."""
    lines: list[str] = []
    for note in code_notes.about(code, system, day):
        days = f"{shown.day(note.valid_from)} - {shown.day(note.valid_to)}".strip(" -")
        lines += [f"  {line}" for line in wrap(f"{note.codes}: {note.text}", WIDTH)]
        lines += (
            [f"    {line}" for line in wrap(f"Decision: {note.decision}", WIDTH)] if note.decision else []
        )
        told = ", ".join(filter(None, (note.source, days, f"approved by {note.approved_by}")))
        lines += [f"    {line}" for line in wrap(told, WIDTH)]
    return lines


def in_one_line(code: str, system: System, day: str = "") -> list[str]:
    """The same beside a code that is being keyed: one line for each note, the decision first."""
    return [
        f"* {note.codes}: {f'{note.decision}. ' if note.decision else ''}{note.text}"
        for note in code_notes.about(code, system, day)
    ]


def marked(code_set: str, codes: Sequence[str], day: str = "") -> set[str]:
    """Those of a page of codes that the facility has a note on; none of a set that takes no notes."""
    if code_set not in set(System):
        return set()
    return {code for _, code in code_notes.noted([(System(code_set), code) for code in codes], day)}
