"""DOC, DCF and SUP: the documents of an account, one of them, and the document that each code was taken from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from db.abstracting import rule_context
from db.acts import Conflict, NotPermitted
from db.evidence import documents
from db.evidence.documents import NotMarked
from db.hospital.encounters import Encounter
from db.worklist.blind import KeptBlind
from rules import drg, evidence
from rules.codes import System, dotted
from rules.dictionary import Record, row_path, split_path
from rules.evidence import SUPPORT, TYPES, Document, Missing
from rules.findings import Finding, Level
from rules.text import cells as cells_of
from rules.values import shown as value_shown
from screens import shown
from screens.coding import coding_draft
from screens.coding.drg_lines import within
from screens.drafting import DraftedForm
from screens.drafts import page_of
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

MISSING: Final = "missing"
MOST_TOLD: Final = 3  # lines of documents above the codes
ACROSS: Final = 74  # cells of such a line


@dataclass(frozen=True, slots=True)
class Chart:
    """An account with its documents, and its abstract as it stands; blank while a blind review keeps it."""

    stay: Encounter
    documents: Sequence[Document]
    record: Record
    missing: Sequence[Missing]


def chart_of(session: Session, account: str) -> Chart:
    """What is shown of an account. Raises ``ScreenError``, ``NotPermitted``."""
    stay = encounter_named(account)
    found = documents.open_documents(session.actor, stay.id)
    record: Values = {}
    if stay.patient_class == "I":
        with suppress(KeptBlind):  # what is there is shown; what the first person coded from it is not
            record = coding_draft.now(session, stay.account)
    return renewed(session, Chart(stay, found, record, ()))


def renewed(session: Session, chart: Chart, changes: Values | None = None) -> Chart:
    """A chart that is shown already, with its documents as they are now and what was put into its codes."""
    found = documents.of_encounters((chart.stay.id,))[chart.stay.id]
    record = {path: text for path, text in {**chart.record, **(changes or {})}.items() if text}
    context = rule_context.context(session.tables, session.codes)
    asked = evidence.missing(record, found, context, drg.is_operating_room) if record else []
    return Chart(chart.stay, found, record, asked)


def kind_shown(session: Session, code: str) -> str:
    """A kind of document with what it stands for."""
    row = session.tables[TYPES].find(code)
    return f"{code} {row.text}" if row else code


class Documents(ListScreen):
    """The documents of an account: what is missing first, then what is there."""

    title: ClassVar[str] = "Documents of a chart"
    empty: ClassVar[str] = "No document is marked. MARK HP DS OP=S marks what the chart holds."
    help: ClassVar[str] = (
        "What the chart holds, never what it says. A line with ! is asked for by the codes or the stay and is not "
        "there: P or S marks it as present or signed. MARK and kinds mark several at once: MARK HP DS OP=S, where =S "
        "is signed and =E only expected. Day and author are offered from the stay and the procedure; E corrects them. "
        "SUP names the document behind each code."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("E", "Edit", go="DCF {subject}"),
        Action("P", "Present", method="present"),
        Action("S", "Signed", method="signed"),
        Action("X", "Expected", method="expected"),
        Action("V", "Void", method="void", why="Why is it no document of this chart?"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "Add a document", "add", "F6"),
        Command("CODES", "Support of the codes", "support", "F10"),
        Command("MARK", "Mark kinds: MARK HP DS OP=S", "mark"),
        Command("ASK", "Ask the physician", "ask"),
    )
    session: Session
    chart: Chart

    def open(self, key: str) -> str:
        self.chart = chart_of(self.session, key)
        return ""

    def heading(self) -> Sequence[str]:
        return banner(self.chart.stay)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Document", 28, frozen=True), Column("Written", 15), Column("Author", 12), Column("Status", 8),
            Column("Codes", 8), Column("From", 12),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        self.chart = renewed(self.session, self.chart)
        account = self.chart.stay.account
        lines = [(self._missing(each), f"{account} {_name(each)}", "!") for each in self.chart.missing]
        lines += [(self._cells(each), f"{account} {_name(each)}", "") for each in self.chart.documents]
        rows = [Row((number,), cells, subject, mark) for number, (cells, subject, mark) in enumerate(lines)]
        return page_of(rows, key, limit, backward=backward)

    def _missing(self, each: Missing) -> tuple[str, ...]:
        code = self.chart.record.get(each.field, "") or "stay"
        return (
            kind_shown(self.session, each.document),
            shown.day(each.day),
            "",
            MISSING,
            code,
            each.row.code,
        )

    def _cells(self, each: Document) -> tuple[str, ...]:
        codes = evidence.supporting(self.chart.record, each)
        return (
            kind_shown(self.session, each.type), value_shown(each.written_at), each.author, each.status,
            str(len(codes) or ""), each.filed_by or each.source,
        )  # fmt: skip

    def present(self, subject: str) -> Outcome:
        return self._set(subject, evidence.PRESENT)

    def signed(self, subject: str) -> Outcome:
        return self._set(subject, evidence.SIGNED)

    def expected(self, subject: str) -> Outcome:
        return self._set(subject, evidence.EXPECTED)

    def _set(self, subject: str, status: str) -> Outcome:
        found = named(self.chart, subject.partition(" ")[2])
        if isinstance(found, Document):
            fields = {name: getattr(found, name) for name in documents.FIELDS} | {"status": status}
            documents.amend(self.session.actor, self.chart.stay.id, found, fields)
        else:
            fields = self._offered(found.document, status, found.day)
            documents.mark(self.session.actor, self.chart.stay.id, [fields])
        return self._again(f"{fields['type']} is {status}.")

    def _offered(self, kind: str, status: str, day: str = "") -> dict[str, str]:
        """A document of a kind, as it is marked without more."""
        row = self.session.tables[TYPES].find(kind)
        given = evidence.presumed(row, self.chart.record, day) if row and status != evidence.EXPECTED else {}
        return {"type": kind, "status": status, **given}

    def mark(self, rest: str) -> Outcome:
        """``MARK HP DS OP=S``: kinds that are there, signed (=S) or only expected (=E)."""
        if not rest.strip():
            return Outcome(f"Say which kinds: MARK {self._usual()}. =S is signed, =E expected.", error=True)
        given = []
        for word in rest.upper().replace(",", " ").split():
            kind, _, letter = word.partition("=")
            status = evidence.STATUSES.get(letter or "P", letter)
            day = next((each.day for each in self.chart.missing if each.document == kind), "")
            given.append(self._offered(kind, status, day))
        count = documents.mark(self.session.actor, self.chart.stay.id, given)
        return self._again(f"{count} document{'' if count == 1 else 's'} marked.")

    def _usual(self) -> str:
        return " ".join(dict.fromkeys(each.document for each in self.chart.missing)) or "HP DS"

    def void(self, subject: str, why: str) -> Outcome:
        found = named(self.chart, subject.partition(" ")[2])
        if isinstance(found, Missing):
            return Outcome("There is nothing here to take off: the document is missing.", error=True)
        documents.void(self.session.actor, self.chart.stay.id, found, why)
        return self._again("Off the list; the reason is kept.")

    def _again(self, said: str) -> Outcome:
        return Outcome(said, reload=True)

    def add(self, rest: str) -> Outcome:
        return Outcome(go=f"DCF {self.chart.stay.account} {rest}".rstrip())

    def support(self, rest: str) -> Outcome:
        return Outcome(go=f"SUP {self.chart.stay.account}")

    def ask(self, rest: str) -> Outcome:
        return Outcome(go=f"QRY {self.chart.stay.account}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.chart.stay.account)


def _name(each: Document | Missing) -> str:
    """What names a row of the list."""
    if isinstance(each, Missing):
        return f"?{each.document} {each.day}".rstrip()
    return f"#{each.id}" if each.id else f"={each.feed_number}"


def named(chart: Chart, name: str) -> Document | Missing:
    """The document, or the one that is missing, of a row. Raises ``ScreenError`` when it is gone."""
    every: list[Document | Missing] = [*chart.documents, *chart.missing]
    for each in every:
        if _name(each) == name:
            return each
    raise ScreenError("The document is not on the list any more: DOC shows it as it is now.")


class DocumentForm(DraftedForm):
    """DCF: one document of an account. ``DCF account`` is a new one; DOC opens those that are there."""

    title: ClassVar[str] = "Document"
    word: ClassVar[str] = "DCF"
    help: ClassVar[str] = (
        "Kind, day and author of a document, and whether it is there. The text stays where it is."
    )
    session: Session
    chart: Chart
    document: Document | None = None

    def open(self, key: str) -> Opened:
        account, _, name = key.strip().partition(" ")
        self.chart, self.document = chart_of(self.session, account), None
        self.key, values = key.strip(), {"status": "P"}
        if name[:1] in ("#", "=", "?"):
            found = named(self.chart, name)
            if isinstance(found, Document):
                self.document = found
                values = {name: getattr(found, name) for name in documents.FIELDS}
                values["status"] = found.status[:1].upper()
            else:
                row = self.session.tables[TYPES].find(found.document)
                values |= {"type": found.document}
                values |= evidence.presumed(row, self.chart.record, found.day) if row else {}
        elif name:
            values["type"] = name.upper()
        self.version = str(self.document.version if self.document else 0)
        return self.with_draft(Opened(values, banner(self.chart.stay)))

    def sections(self) -> Sequence[Section]:
        return (
            Section("document", "Document", (
                Field("type", "Kind", 4, Kind.UPPER, required=True, lookup=True, echo=40, help="What it is."),
                Field("written_at", "Written", 16, Kind.MOMENT, past=True, help="Day, and time when it is known."),
                Field("author", "Author", 12, Kind.UPPER, length=60, lookup=True, unlisted=True, echo=30,
                      help="The provider's code, or a name."),
                Field("status", "Status", 1, Kind.UPPER, auto_skip=True, lookup=True, echo=20,
                      help="P present, S signed, E only expected."),
            )),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        author = self.session.tables["site.providers"].find(values.get("author", ""))
        row = self.session.tables[TYPES].find(values.get("type", ""))
        echoes = {
            "type": row.text if row else "", "author": author.text if author else "",
            "status": evidence.STATUSES.get(values.get("status", ""), ""),
        }  # fmt: skip
        offered = evidence.presumed(row, self.chart.record) if row and path == "type" else {}
        return Changed(
            echoes=echoes, values={name: text for name, text in offered.items() if not values.get(name)}
        )

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "status":
            found = list(evidence.STATUSES.items())
        else:
            table = self.session.tables[TYPES if path == "type" else "site.providers"]
            found = [(row.code, row.text) for row in table.on(self.chart.stay.discharged_at[:10])]
        wanted = text.casefold()
        return [Choice(code, says) for code, says in found if wanted in f"{code} {says}".casefold()][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        fields = values | {
            "status": evidence.STATUSES.get(values.get("status", ""), values.get("status", ""))
        }
        stay = self.chart.stay
        try:
            if self.document is None:
                documents.mark(self.session.actor, stay.id, [fields])
            else:
                documents.amend(self.session.actor, stay.id, self.document, fields)
        except (NotMarked, Conflict, NotPermitted) as error:
            return Refused((Finding(Level.FATAL, "DOC", str(error)),))
        self.discard_draft()
        return Filed(f"{fields['type']} is {fields['status']}.", go="EXIT")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.chart.stay.account)


class Support(ListScreen):
    """SUP: the codes of an account as they are being keyed, each with the document that it was taken from."""

    title: ClassVar[str] = "Support of the codes"
    empty: ClassVar[str] = "This account has no codes yet."
    help: ClassVar[str] = (
        "Enter, and the number of a document above, or its kind: the code was taken from it. S takes the document of "
        "the code before. 1-9 and Enter first chooses several codes. It goes into your draft as if it were keyed; "
        "filing the abstract keeps it with each code, and a code that is keyed over loses it."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("D", "Document", method="name", why="Taken from which document: its number, or its kind"),
        Action("S", "Same as the code before", method="same"),
        Action("C", "Clear", method="clear"),
        Action("N", "Notes", method="notes"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("DOCS", "Documents of the chart", "listed", "F10"),)
    session: Session
    chart: Chart

    def open(self, key: str) -> str:
        self.chart = chart_of(self.session, key.strip().partition(" ")[0])
        return ""

    def heading(self) -> Sequence[str]:
        return (*banner(self.chart.stay), *numbered(self._there))

    @property
    def _there(self) -> list[Document]:
        return [each for each in self.chart.documents if each.there]

    def columns(self) -> Sequence[Column]:
        return (
            Column("Code", 8, frozen=True),
            Column("POA", 3),
            Column("What it is", 30, shorten=within),
            Column("Support", 32),
        )

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        self.chart = renewed(self.session, self.chart)
        coded = enumerate(evidence.coded_rows(self.chart.record))
        rows = [self._row(number, *each) for number, each in coded]
        return page_of(rows, key, limit, backward=backward)

    def _row(self, number: int, group: str, row: int, cells: Mapping[str, str]) -> Row:
        code, system = cells["code"], "pcs" if group == "procedures" else "cm"
        shows = (code_shown(group, code), cells.get("poa", ""), self._title(group, code), says(cells))
        subject = f"{system} {code} {row_path(group, row, 'code')}"
        return Row((number,), shows, subject, "" if cells.get("document") else "-")

    def _title(self, group: str, code: str) -> str:
        if self.session.codes is None:
            return ""
        hit = self.session.codes.hit(code, System.PCS if group == "procedures" else System.CM, None)
        return hit.text if hit else ""

    def name(self, subject: str, answer: str) -> Outcome:
        return self._put(subject, evidence.support_of(self.chosen(answer)))

    def chosen(self, answer: str) -> Document:
        """The document of this number, or the first of this kind. Raises ``ScreenError``."""
        return chosen(self._there, answer)

    def same(self, subject: str) -> Outcome:
        before: Mapping[str, str] = {}
        for group, row, cells in evidence.coded_rows(self.chart.record):
            if row_path(group, row, "code") == subject.split()[-1]:
                break
            before = cells
        if not before.get("document"):
            return Outcome("The code before has no document: Enter names one here.", error=True)
        return self._put(subject, {name: before.get(name, "") for name in SUPPORT})

    def notes(self, subject: str) -> Outcome:
        return Outcome(go=f"NOT {' '.join(subject.split()[:2])} FOR {self.chart.stay.account}")

    def clear(self, subject: str) -> Outcome:
        return self._put(subject, dict.fromkeys(SUPPORT, ""))

    def _put(self, subject: str, cells: Mapping[str, str]) -> Outcome:
        _, code, path = subject.split()
        if self.chart.record.get(path) != code:
            raise ScreenError("The codes have changed meanwhile: look at the list again.")
        group, row, _ = split_path(path)
        changes = {row_path(group, row, name): text for name, text in cells.items()}
        coding_draft.put(self.session, self.chart.stay.account, changes)
        self.chart = renewed(self.session, self.chart, changes)
        return Outcome("In your draft: F2 on the abstract files it.", reload=True)

    def listed(self, rest: str) -> Outcome:
        return Outcome(go=f"DOC {self.chart.stay.account}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.chart.stay.account)


def numbered(there: Sequence[Document]) -> list[str]:
    """The documents that are there, by the numbers that they are chosen by, on a few lines."""
    lines = [""]
    for number, each in enumerate(there, 1):
        item = f"{number} {each.type} {value_shown(each.day)} {each.author}".rstrip()
        joined = f"{lines[-1]}   {item}" if lines[-1] else item
        if cells_of(joined) > ACROSS:
            lines.append(item)
        else:
            lines[-1] = joined
    kept = lines[:MOST_TOLD]
    if len(lines) > MOST_TOLD:
        kept[-1] = f"{kept[-1]} ..."
    return kept if there else ["No document is marked as present: DOC marks them."]


def chosen(there: Sequence[Document], answer: str) -> Document:
    """The document of this number among those there, or the first of this kind. Raises ``ScreenError``."""
    text = answer.strip().upper()
    if text.isdecimal() and 1 <= int(text) <= len(there):
        return there[int(text) - 1]
    found = next((each for each in there if each.type == text), None)
    if found is None:
        raise ScreenError(
            f"{answer} is no document of this chart that is there: key its number, or its kind."
        )
    return found


def says(cells: Mapping[str, str]) -> str:
    """The document that a code was taken from: kind, day, author."""
    day = value_shown(cells.get("document_date", ""))
    return " ".join(filter(None, (cells.get("document"), day, cells.get("document_author"))))


def code_shown(group: str, code: str) -> str:
    """A code of a record as people write it."""
    return code if group == "procedures" else dotted(code)
