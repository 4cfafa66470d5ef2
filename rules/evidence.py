"""What codes rest on: the documents of a chart, those that must be there, and the one that a code was taken from.

Whether a document exists, of which kind, day and author, is all that is known of it here. What has to be there is the
facility's table ``document_requirements``: 42 CFR 482.24(c), Joint Commission RC. A requirement is held against an
abstract as setting ``chart_documents`` says: not at all, as a warning on accounts of which documents are kept, or so
that the abstract cannot be complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from rules.dictionary import Context, Record, is_null, row_path
from rules.findings import Finding, Level
from rules.records import rows_of
from rules.tables import TableRow, listed
from rules.values import is_date, is_moment, shown

TYPES: Final = "chart_documents"
REQUIREMENTS: Final = "document_requirements"
SETTING: Final = "chart_documents"
OFF, WARNING, HOLD = "off", "warning", "hold"
EXPECTED, PRESENT, SIGNED = "expected", "present", "signed"
STATUSES: Final[Mapping[str, str]] = {"E": EXPECTED, "P": PRESENT, "S": SIGNED}
CODED: Final = ("diagnoses", "external_causes", "procedures")
SUPPORT: Final = ("document", "document_date", "document_author")
"""The columns of a code's row that say which document it was taken from."""
NOT_THERE: Final = "E10"


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an account. ``written_at`` is an ISO day or moment, or blank; ``author`` a code or a name.

    ``id`` is 0 for one that the feed announced and nobody touched; ``feed_number`` is that of the feed.
    """

    id: int
    type: str
    written_at: str
    author: str
    status: str
    source: str = "keyed"  # or feed
    feed_number: str = ""
    filed_by: str = ""
    version: int = 0

    @property
    def there(self) -> bool:
        """Whether it can be read: what is only expected cannot."""
        return self.status in (PRESENT, SIGNED)

    @property
    def day(self) -> str:
        return self.written_at[:10]


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that is required and not there; ``field`` is the code that asks for it, blank for the stay."""

    row: TableRow
    field: str = ""
    day: str = ""  # of the procedure

    @property
    def document(self) -> str:
        """The kind that it is asked for by."""
        return listed(self.row.more.get("documents"))[0]


def findings(
    record: Record, context: Context, operating_room: Callable[[str, date], bool] | None = None
) -> list[Finding]:
    """What the documents of the account say against an abstract; nothing where documents are not looked at."""
    rule = context.options.get(SETTING, OFF)
    if rule == OFF or context.documents is None:
        return []
    documents = context.documents(record.get("account", ""))
    if documents is None:
        return []
    level = Level.ERROR if rule == HOLD else Level.WARNING
    found = [
        Finding(level, each.row.code, _sentence(each), each.field)
        for each in (missing(record, documents, context, operating_room) if documents or rule == HOLD else ())
    ]
    return found + list(_not_there(record, documents))


def _sentence(each: Missing) -> str:
    of = f" for the procedure of {shown(each.day)}" if each.day else ""
    return f"There is no {each.row.text}{of} in the chart: mark it when it comes (DOC), or ask the provider."


def _not_there(record: Record, documents: Sequence[Document]) -> Iterator[Finding]:
    """Codes that name a document which the chart does not have (any more)."""
    there = {(each.type, each.day) for each in documents if each.there}
    for group, number, cells in coded_rows(record):
        kind, day = cells.get("document", ""), cells.get("document_date", "")
        if kind and (kind, day) not in there:
            said = f"The document that supports this code, {kind} {shown(day)}".rstrip()
            message = f"{said}, is not in the chart: name another (SUP), or mark it there (DOC)."
            yield Finding(Level.WARNING, NOT_THERE, message, row_path(group, number, "code"))


def coded_rows(record: Record) -> Iterator[tuple[str, int, Mapping[str, str]]]:
    """Group, number and cells of every row that holds a code, in the order of the form."""
    rows = rows_of(record)
    for group in CODED:
        for number, cells in rows.get(group, {}).items():
            if cells.get("code"):
                yield group, number, cells


def missing(
    record: Record, documents: Sequence[Document], context: Context,
    operating_room: Callable[[str, date], bool] | None = None,
) -> list[Missing]:  # fmt: skip
    """The documents that are required on the day of discharge (or today) and not there."""
    left = record.get("discharged_at", "")[:10]
    on = left if is_date(left) else context.now[:10]
    found: list[Missing] = []
    table = context.tables.get(REQUIREMENTS)
    for row in table.on(on) if table else ():
        if row.more.get("about") == "procedure":
            found += _of_procedures(row, record, documents, on, operating_room)
        elif is_date(left) and _asked_of_stay(row, record) and not _met(row, documents, kinds(row, record)):
            found.append(Missing(row))
    return found


def kinds(row: TableRow, record: Record) -> tuple[str, ...]:
    """The kinds of which one will do for this stay."""
    instead, hours = listed(row.more.get("instead")), row.more.get("instead_hours")
    brief = isinstance(hours, int) and (lasted := stay_hours(record)) is not None and lasted < hours
    begins = listed(row.more.get("instead_principal"))
    simple = bool(begins) and record.get("diagnoses[1].code", "").startswith(begins)
    return listed(row.more.get("documents")) + (instead if brief or simple else ())


def stay_hours(record: Record) -> float | None:
    """Hours from admission to discharge; None while either is not known."""
    came, left = record.get("admitted_at", ""), record.get("discharged_at", "")
    if not (is_moment(came) and is_moment(left)):
        return None
    return (datetime.fromisoformat(left) - datetime.fromisoformat(came)) / timedelta(hours=1)


def _asked_of_stay(row: TableRow, record: Record) -> bool:
    dispositions, hours = listed(row.more.get("dispositions")), row.more.get("from_hours")
    if dispositions and record.get("disposition", "") not in dispositions:
        return False
    lasted = stay_hours(record)
    return not isinstance(hours, int) or lasted is None or lasted >= hours


def _met(row: TableRow, documents: Sequence[Document], wanted: Sequence[str], since: str = "") -> bool:
    enough = (SIGNED,) if row.more.get("signed") is True else (PRESENT, SIGNED)
    return any(
        each.type in wanted and each.status in enough and (not each.day or each.day >= since)
        for each in documents
    )


def _of_procedures(
    row: TableRow, record: Record, documents: Sequence[Document], on: str,
    operating_room: Callable[[str, date], bool] | None,
) -> Iterator[Missing]:  # fmt: skip
    """One finding for each day of procedures that ask for the document, at the first of them."""
    told: set[str] = set()
    for number, cells in rows_of(record).get("procedures", {}).items():
        code, day = cells.get("code", ""), cells.get("date", "")[:10]
        since = day if is_date(day) else ""
        if since in told or not _asks(row, code, on, operating_room):
            continue
        told.add(since)
        if not _met(row, documents, kinds(row, record), since):
            yield Missing(row, row_path("procedures", number, "code"), since)


def _asks(row: TableRow, code: str, on: str, operating_room: Callable[[str, date], bool] | None) -> bool:
    """Whether a procedure is one of those that the row is about."""
    if len(code) != 7 or not (code.isascii() and code.isalnum()):
        return False
    if row.more.get("operating_room") is True and (
        operating_room is None or not operating_room(code, date.fromisoformat(on))
    ):
        return False
    masks = listed(row.more.get("masks"))
    return not masks or any(fnmatchcase(code, mask) for mask in masks)


# Marking what is there


def presumed(kind: TableRow, record: Record, day: str = "") -> dict[str, str]:
    """Day and author that are offered for a document of a kind, to be corrected where they are others.

    ``day`` is that of a procedure whose report it is; without it that of the first procedure.
    """
    rows = rows_of(record).get("procedures", {}).values()
    cells = next((each for each in rows if not day or each.get("date", "")[:10] == day), {})
    days = {
        "admission": record.get("admitted_at", "")[:10], "discharge": record.get("discharged_at", "")[:10],
        "procedure": day or cells.get("date", "")[:10],
    }  # fmt: skip
    people = {"attending": record.get("attending", ""), "surgeon": cells.get("surgeon", "")}
    found = days.get(str(kind.more.get("day", "")), "")
    author = people.get(str(kind.more.get("by", "")), "")
    return {"written_at": found if is_date(found) else "", "author": "" if is_null(author) else author}


def supporting(record: Record, document: Document) -> list[str]:
    """The codes of a record that were taken from a document."""
    named = (document.type, document.day)
    return [
        cells["code"]
        for _, _, cells in coded_rows(record)
        if (cells.get("document"), cells.get("document_date", "")) == named
    ]


# What a code was taken from


def support_of(document: Document) -> dict[str, str]:
    """The cells of a code's row that say which document supports it."""
    return dict(zip(SUPPORT, (document.type, document.day, document.author), strict=True))
