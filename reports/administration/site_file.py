"""Site files on paper: every row with the days on which it is in use; what nobody has confirmed is marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from db import conventions, store
from db.hospital import site
from db.hospital.site import SiteRecord
from reports.page import Block, Column, Document, Heads, Item
from reports.sheet import Sheet, Value
from rules.dates import show_date
from rules.moments import iso_date

PAGE: Final = 500

# Item -> heading and width at 80 and at 132 columns; an item not named here takes 10 and 16, the name the rest.
WIDTHS: Final[Mapping[str, tuple[str, int, int]]] = {
    "name": ("Name", 1, 1), "type": ("Type", 8, 16), "division": ("Div", 6, 12),
    "counts_in_census": ("In|census", 6, 6), "from_date": ("From", 10, 11), "to_date": ("To", 10, 11),
    "obstetric": ("Obst", 4, 10), "npi": ("NPI", 10, 10), "service": ("Service", 7, 16),
    "status": ("Status", 6, 14), "class": ("Class", 10, 20), "queue": ("Queue", 7, 20),
    "options": ("Opt", 4, 14), "lines": ("Lns", 3, 5), "width": ("Col", 3, 5),
    "form_feed": ("FF", 2, 3), "encoding": ("Code", 5, 8), "line_end": ("EOL", 4, 4),
    "last_form_feed": ("FF|end", 3, 3),
}  # fmt: skip


ANSWERS: Final = frozenset({"counts_in_census", "obstetric", "form_feed", "last_form_feed"})
ANSWERED: Final = {"1": "yes", "0": "no"}


@dataclass(frozen=True, slots=True)
class Data:
    """The rows of one site file."""

    file: str
    rows: tuple[SiteRecord, ...]
    today: str
    style: str


def query(parameters: Mapping[str, str]) -> Data:
    """Read a whole site file."""
    rows: list[SiteRecord] = []
    while some := site.listing(parameters["file"], rows[-1].code if rows else "", PAGE):
        rows += some
    today = iso_date(store.current().now().day)
    return Data(parameters["file"], tuple(rows), today, conventions.convention("date_style"))


def render(data: Data, width: int) -> Document:
    """The file as a document for a page of 80 or 132 columns."""
    items = site.SITE_FILES[data.file]
    body: list[Item] = []
    if data.rows:
        body = [
            Heads(_columns(items, width)),
            *[_row(each, data) for each in data.rows],
        ]
    new = sum(not each.confirmed for each in data.rows)
    if new:
        body.append(Block(("", f"? met in a feed and not confirmed by anybody yet: {new}")))
    return Document(
        "F01", f"SITE FILE: {data.file.upper()}", f"as of {show_date(data.today, data.style)}", "all rows", body,
        len(data.rows), ("A row in use has begun and not ended; rows are ended, never deleted.",),
        frozen_columns=13,
    )  # fmt: skip


def _columns(items: tuple[str, ...], width: int) -> tuple[Column, ...]:
    """The columns of a file; the name takes what the others leave."""
    wide = width >= 132
    found = [Column("Code", 12 if wide else 10), Column("", 1)]
    for item in items:
        heading, narrow, broad = WIDTHS.get(item, (item.replace("_", " ").capitalize(), 10, 16))
        found.append(Column(heading, broad if wide else narrow))
    others = sum(column.width + 1 for column in found if column.head != "Name")
    return tuple(
        replace(column, width=min(40, width - others)) if column.head == "Name" else column
        for column in found
    )


def _row(each: SiteRecord, data: Data) -> tuple[str, ...]:
    values = [_shown(item, each.values.get(item, ""), data.style) for item in site.SITE_FILES[data.file]]
    return (each.code, "" if each.confirmed else "?", *values)


def _shown(item: str, value: str, style: str) -> str:
    if item in ANSWERS:
        return ANSWERED.get(value, value)
    return show_date(value, style) if item.endswith("_date") and value else value


def sheets(data: Data) -> list[Sheet]:
    """The rows as a table that can be imported again."""
    items = site.SITE_FILES[data.file]
    rows: list[tuple[Value, ...]] = [
        (each.code, *[each.values.get(item, "") for item in items], int(each.confirmed)) for each in data.rows
    ]
    keys = (data.file, *items, "confirmed")
    headings = tuple(key.replace("_", " ").capitalize() for key in keys)
    return [Sheet(data.file, keys, headings, rows)]
