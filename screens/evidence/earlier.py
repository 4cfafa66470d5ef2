"""ERL and ERC: the codes of a patient's other encounters, and one of them taken over with its support here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from db.evidence import documents, earlier
from db.hospital.encounters import Encounter
from db.worklist.blind import KeptBlind
from rules import evidence
from rules.codes import System, dotted, normal
from rules.dictionary import row_path
from rules.earlier_codes import TABLE, EarlierCode, EarlierStay, Seen, by_code, next_row
from rules.evidence import Document
from rules.findings import Finding, Level
from rules.records import rows_of
from rules.values import shown as value_shown
from screens import shown
from screens.coding import coding_draft
from screens.coding.drg_lines import within
from screens.drafts import page_of
from screens.evidence.documents import chosen, numbered
from screens.hospital.account import banner, encounter_named
from screens.session import Session
from tui.screen import (
    Action,
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

GROUPS: Final = {
    "dx": "diagnoses",
    "external": "external_causes",
    "px": "procedures",
    "admitting": "diagnoses",
}
ROLES: Final = {"dx": "", "external": "E", "px": "P", "admitting": "A"}
WHY: Final = "Earlier codes say what to look for. Code only what this record supports."


class Earlier(ListScreen):
    """ERL: by encounter, newest first; or each code once, chronic and status codes on top."""

    title: ClassVar[str] = "Earlier codes of a patient"
    empty: ClassVar[str] = "No other encounter of this patient has codes."
    position_label: ClassVar[str] = "Code"
    help: ClassVar[str] = (
        "The codes of the patient's other encounters. F10 turns between the list by encounter and the one by code, "
        "with first, last and how often, chronic and status codes on top. C takes one code over into your draft: it "
        "asks which document of this record supports it, and leaves POA blank. A is the admitting diagnosis, P a "
        "procedure, E an external cause."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("C", "Copy", method="copy"),
        Action("N", "Notes", method="notes"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("TURN", "By encounter, by code", "turn", "F10"),)
    session: Session
    stay: Encounter
    stays: Sequence[EarlierStay] = ()
    once = False  # each code once

    def open(self, key: str) -> str:
        self.stay = encounter_named(key.strip().partition(" ")[0])
        self.stays = earlier.open_earlier(self.session.actor, self.stay.id)
        self.once = False
        return ""

    def heading(self) -> Sequence[str]:
        kept = sum(bool(each.withheld) for each in self.stays)
        said = f"  {kept} kept back for your blind review." if kept else ""
        count = len(self.stays)
        others = f"{count} other encounter{'' if count == 1 else 's'} with codes."
        return (*banner(self.stay), f"{others}{said}", WHY)

    def columns(self) -> Sequence[Column]:
        if self.once:
            return (
                Column("Code", 8, frozen=True), Column("What it is", 24, shorten=within),
                Column("Kind", 7), Column("Times", 5, ">"), Column("Last", 10), Column("First", 10), Column("POA", 3),
                Column("Account", 12),
            )  # fmt: skip
        return (
            Column("Ended", 10, frozen=True), Column("Code", 10), Column("What it is", 31, shorten=within),
            Column("POA", 3), Column("DRG", 3), Column("Account", 14), Column("Where", 30),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = self._by_code() if self.once else self._by_stay()
        return page_of(rows, key, limit, backward=backward)

    def _by_code(self) -> list[Row]:
        today = self.stay.discharged_at[:10]
        found = by_code(self.stays, self.session.tables.get(TABLE), today)
        return [
            Row((number,), self._once(each), _subject(each.code, each.last))
            for number, each in enumerate(found)
        ]

    def _once(self, each: Seen) -> tuple[str, ...]:
        return (
            code_of(each.code), self._title(each.code), each.kind, str(each.times), shown.day(each.last.on),
            shown.day(each.first_on), each.code.poa, each.last.account,
        )  # fmt: skip

    def _by_stay(self) -> list[Row]:
        rows: list[Row] = []
        for stay in self.stays:
            about = (stay.drg, f"{stay.patient_class} {stay.account}", stay.place)
            if stay.withheld:
                rows.append(Row((len(rows),), (shown.day(stay.on), stay.withheld, "", "", *about)))
            for number, code in enumerate(stay.codes):
                tail = about if not number else ("", "", "")
                cells = (
                    "" if number else shown.day(stay.on), f"{ROLES[code.role]:<1} {code_of(code)}", self._title(code),
                    code.poa, *tail,
                )  # fmt: skip
                rows.append(Row((len(rows),), cells, _subject(code, stay)))
        return rows

    def _title(self, code: EarlierCode) -> str:
        return self.session.codes.title(code.code, code.system) if self.session.codes else ""

    def turn(self, rest: str) -> Outcome:
        self.once = not self.once
        self.turned = ()
        return Outcome("Each code once." if self.once else "By encounter.", reload=True)

    def position(self, text: str) -> tuple[Any, ...] | None:
        """The first row at or after a code, in the list by code; in the other the first that has it."""
        wanted = normal(text)
        rows = self._by_code() if self.once else self._by_stay()
        for row in rows:
            if row.subject.partition(" ")[2].startswith(wanted):
                return (row.key[0] - 1,) if row.key[0] else None
        raise ScreenError(f"No earlier encounter has {text}.")

    def copy(self, subject: str) -> Outcome:
        if not subject:
            return Outcome("These codes are kept from you until your blind review is filed.", error=True)
        return Outcome(go=f"ERC {self.stay.account} {subject}")

    def notes(self, subject: str) -> Outcome:
        return (
            Outcome(go=f"NOT {' '.join(subject.split()[:2])} FOR {self.stay.account}")
            if subject
            else Outcome()
        )

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.stay.account)


def _subject(code: EarlierCode, stay: EarlierStay) -> str:
    return f"{code.system} {code.code} {code.role} {stay.account}"


def code_of(code: EarlierCode) -> str:
    return dotted(code.code, code.system)


class CopyCode(FormScreen):
    """ERC: one earlier code into the draft of this account, once its document in this record is named."""

    title: ClassVar[str] = "Copy an earlier code"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Key the number of the document of this record that supports the code, or its kind; F4 lists them. F2 puts the "
        "code into your draft behind the others, with that document and with POA and dates blank. Nothing is copied "
        "without a document of this record: DOC marks what the chart holds."
    )
    session: Session
    stay: Encounter
    code: EarlierCode
    account = ""  # that it comes from
    there: Sequence[Document] = ()

    def open(self, key: str) -> Opened:
        account, system, code, role, origin = (*key.split(), "", "", "", "", "")[:5]
        if system not in set(System) or role not in GROUPS or not code:
            raise ScreenError("Say which code of which account: ERL lists them, and C copies one.")
        self.stay, self.account = encounter_named(account), origin
        self.code = EarlierCode(System(system), normal(code), role, 0)
        self.there = [
            each for each in documents.open_documents(self.session.actor, self.stay.id) if each.there
        ]
        said = (
            "" if self.there else "No document of this chart is marked as present: DOC marks them, then copy."
        )
        values = {"code": f"{code_of(self.code)} {self._title()}".strip(), "origin": origin}
        return Opened(values, (banner(self.stay)[0], numbered(self.there)[0]), "document", said)

    def _title(self) -> str:
        return self.session.codes.title(self.code.code, self.code.system) if self.session.codes else ""

    def sections(self) -> Sequence[Section]:
        return (
            Section("copy", "One code, with its support in this record", (
                Field("code", "Code", 60, read_only=True),
                Field("origin", "From account", 20, read_only=True),
                Field("document", "Document", 4, Kind.UPPER, required=True, lookup=True, unlisted=True, echo=50,
                      help="Number or kind of the document in this record that supports the code."),
            )),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        text = values.get("document", "")
        if not text:
            return Changed()
        try:
            found = chosen(self.there, text)
        except ScreenError as error:
            return Changed((Finding(Level.ERROR, "ERC", str(error), "document"),))
        return Changed(echoes={"document": self._says(found)})

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        found = [(str(number), self._says(each)) for number, each in enumerate(self.there, 1)]
        wanted = text.casefold()
        return [Choice(number, says) for number, says in found if wanted in f"{number} {says}".casefold()][
            :limit
        ]

    def _says(self, document: Document) -> str:
        row = self.session.tables[evidence.TYPES].find(document.type)
        kind = row.text if row else document.type
        return f"{kind} {value_shown(document.day)} {document.author} {document.status}"

    def file(self, values: Values, reason: str) -> Filed | Refused:
        try:
            document = chosen(self.there, values.get("document", ""))
            record = coding_draft.now(self.session, self.stay.account)
        except (ScreenError, KeptBlind) as error:
            return Refused((Finding(Level.FATAL, "ERC", str(error), "document"),))
        group, rows = GROUPS[self.code.role], rows_of(record)
        if any(cells.get("code") == self.code.code for cells in rows.get(group, {}).values()):
            said = f"{code_of(self.code)} is on this record already."
            return Refused((Finding(Level.FATAL, "ERC", said, "document"),))
        cells = {"code": self.code.code, **evidence.support_of(document)}
        row = next_row(rows.get(group, {}))
        coding_draft.put(
            self.session,
            self.stay.account,
            {row_path(group, row, name): text for name, text in cells.items()},
        )
        asks = "date and surgeon" if group == "procedures" else "POA"
        return Filed(f"{code_of(self.code)} is in your draft: key its {asks}.", go="EXIT")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.stay.account)
