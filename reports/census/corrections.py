"""C04: what has changed in a closed month since it was signed: figures old and new, and the late changes behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from db import conventions, store
from db.statistics import closing, corrections
from db.statistics.closing import Closing
from db.statistics.corrections import Compared
from db.statistics.late_records import Change
from reports import identifiers
from reports.page import Block, Column, Document, Group, Heads, Item, Linked, Wrapped
from reports.parameters import FULL, NONE, VERSION, Asked, NotAsked
from reports.sheet import Sheet, as_objects
from rules.corrections import HOUSE, Differing
from rules.dates import show_date, show_moment
from rules.moments import iso_date

PUBLISHED: Final = frozenset({"", "published", "latest"})
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclass(frozen=True, slots=True)
class Data:
    """A closed month beside what is counted now; ``found`` None: the month is open."""

    month: str
    found: Compared | None
    style: str
    as_of: str

    @property
    def closing(self) -> Closing | None:
        return self.found.closing if self.found else None


def query(asked: Asked) -> Data:
    """Compare the version asked for, the newest without one. Raises ``NotAsked`` and ``Tampered``."""
    month, version = asked["month"], asked.get(VERSION.name, "")
    closings = closing.versions(month)
    chosen = [each for each in closings if version in PUBLISHED or str(each.version) == version]
    if closings and not chosen:
        raise NotAsked(f"There is no version {version!r} of {month}: the newest is {closings[-1].version}.")
    found = corrections.read(chosen[-1]) if chosen else None
    return Data(month, found, conventions.convention("date_style"), store.current().now().local)


def render(data: Data, width: int) -> Document:
    """The corrections as a document for a page of 80 or 132 columns."""
    found, month = data.found, show_date(data.month, data.style)
    if found is None:
        body: list[Item] = [
            Block((f"{month} is open: there are no signed figures that could be corrected.",))
        ]
        return Document("C04", "CORRECTIONS OF A CLOSED MONTH", month, "open", body, 0)
    closed = found.closing
    at = show_moment(closed.as_of, data.style)
    selection = f"version {closed.version}, {closed.status} by {closed.closed_by} {at}"
    return Document(
        "C04", "CORRECTIONS OF A CLOSED MONTH", month, selection, list(_body(data, found, width)),
        len(found.changes), _sentences(data),
    )  # fmt: skip


def _body(data: Data, found: Compared, width: int) -> Iterator[Item]:
    if not found.figures:
        yield Block((f"No figure differs from version {found.closing.version}.",))
        return
    if found.earliest_day:
        earliest = show_date(iso_date(found.earliest_day), data.style)
        yield Block((f"Earliest day of the month that is affected: {earliest}",), keep_next=True)
    yield from _figures(found.figures, width)
    yield from _changes(data, found.changes, width)


def _figures(figures: tuple[Differing, ...], width: int) -> Iterator[Item]:
    label = 48 if width < 132 else 80
    yield Heads(
        (
            Column("Figure", label),
            Column("As|signed", 14, number=True),
            Column("Counted|now", 14, number=True),
        )
    )
    part = ""
    for each in sorted(figures, key=lambda figure: (figure.maturing, figure.part != HOUSE)):
        caption = "Known only some time after the month, by their definition" if each.maturing else each.part
        if caption != part:
            part = caption
            yield Group(part)
        yield (each.label, each.old, each.new)


_NARROW: Final = (Column("Correction", 16), Column("Account", 11), Column("Old", 16), Column("New", 16),
                  Column("By, on, why", 17))  # fmt: skip
_WIDE: Final = (Column("Correction", 21), Column("Account", 12), Column("Old", 22), Column("New", 22), Column("By", 10),
                Column("On", 15), Column("Affects|from", 10), Column("Why, or|from where", 13))  # fmt: skip


def _changes(data: Data, changes: tuple[Change, ...], width: int) -> Iterator[Item]:
    yield Heads()
    if not changes:
        yield Block(("", "No late change is on file that explains this: run 'census check'."))
        return
    yield from late_changes(changes, data.style, width)


def late_changes(changes: Iterable[Change], style: str, width: int, level: str = FULL) -> Iterator[Item]:
    """Late changes, a line each that leads to its account; ``level``: how much of the account may be shown."""
    yield Heads(_WIDE if width >= 132 else _NARROW)
    yield Group("LATE CHANGES, IN THE ORDER OF THEIR ACCOUNTS")
    for each in sorted(changes, key=_account):
        account = identifiers.number(each.subject, level) if each.patient_id else each.subject
        texts = (each.kind, account, _dated(each.old, style), _dated(each.new, style))
        on, why = show_moment(each.changed_at, style), each.reason or each.origin
        day = show_date(iso_date(each.earliest_day), style) if each.earliest_day > 1 else "all days"
        last = (each.by, on, day, why) if width >= 132 else (" ".join(filter(None, (each.by, on, why))),)
        row = Wrapped((*texts, *last))
        yield Linked(row, f"ACC {each.subject}") if each.patient_id and level != NONE else row


def _account(each: Change) -> tuple[bool, str]:
    """Accounts by number, and after them what is of no account."""
    return (not each.patient_id, each.subject if each.patient_id else "")


def _dated(text: str, style: str) -> str:
    """Moments and days in it as people write them."""
    shown = _MOMENT.sub(lambda match: show_moment(match[0], style), text)
    return _DAY.sub(lambda match: show_date(match[0], style), shown)


def _sentences(data: Data) -> tuple[str, ...]:
    closed = data.closing
    reason = closed.reason if closed else ""
    return (
        *((f"Version {closed.version} was signed for this reason: {reason}",) if closed and reason else ()),
        f"Counted now: {show_moment(data.as_of, data.style)}. Signed figures stay until the month is restated.",
        "Kinds of corrections: VA PIMS 5.3, Gains and Losses; absences are transfers.",
        "An account is listed when its stay now adds something else to the month, or ended otherwise.",
    )


def sheets(data: Data) -> list[Sheet]:
    """The figures that differ, and the late changes."""
    figures = data.found.figures if data.found else ()
    changes = data.found.changes if data.found else ()
    return [
        Sheet(
            "figures", ("part", "key", "figure", "signed", "now", "expected"),
            ("Part", "Key", "Figure", "As signed", "Counted now", "Expected by its definition"),
            [(each.part, each.key, each.label, each.old, each.new, int(each.maturing)) for each in figures],
        ),
        Sheet(
            "changes",
            ("correction", "subject", "at", "old", "new", "by", "changed_at", "origin", "reason", "earliest_day"),
            ("Correction", "Account", "At", "Old", "New", "By", "Changed", "From where", "Why", "Affects from"),
            [
                (
                    each.kind, each.subject, each.at, each.old, each.new, each.by, each.changed_at, each.origin,
                    each.reason, iso_date(each.earliest_day),
                )
                for each in changes
            ],
        ),
    ]  # fmt: skip


def as_json(data: Data) -> dict[str, Any]:
    """The same as a JSON object."""
    closed, earliest = data.closing, data.found.earliest_day if data.found else 0
    return {
        "period": data.month,
        "status": closed.status if closed else closing.OPEN,
        "version": closed.version if closed else None,
        "closed_by": closed.closed_by if closed else None,
        "closed_at": closed.as_of if closed else None,
        "as_of": data.as_of,
        "earliest_day": iso_date(earliest) if earliest else None,
        **{sheet.name: as_objects(sheet) for sheet in sheets(data)},
    }
