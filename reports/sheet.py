"""Reports as tables of typed values, and their CSV, XLSX and JSON. A spreadsheet must never run what it reads."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any, Final

from rules.text import clean, csv_cell

Value = str | int | Decimal | None


_AS_TEXT: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MADE: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - of every workbook: the same figures are the same bytes
MANY_ROWS: Final = 20_000  # from here on a workbook is written through files, not held in memory
FORMATS: Final = {
    "text": "@",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "money": "#,##0.00",  # dollars
    "cents": "#,##0.00",  # whole cents, shown as dollars
    "percent": "0.00%",  # 86.00 is 86 percent
}
"""How a column of a spreadsheet is shown, by what it holds."""
_LOOKS: Final = {10: ("date", re.compile(r"(19|[2-9]\d)\d\d-\d\d-\d\d")),
                 16: ("moment", re.compile(r"(19|[2-9]\d)\d\d-\d\d-\d\dT\d\d:\d\d"))}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its name, the keys of its columns and their headings, and rows of canonical values."""

    name: str
    keys: tuple[str, ...]
    headings: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]
    conventions: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(
        default_factory=dict
    )  # by key, one of ``FORMATS``; else as ``kind`` sees it


def as_objects(sheet: Sheet) -> list[dict[str, Value]]:
    """The rows as JSON objects; decimals as text, just as printed."""
    return [
        {key: str(value) if isinstance(value, Decimal) else value
         for key, value in zip(sheet.keys, row, strict=True)}
        for row in sheet.rows
    ]  # fmt: skip


def safe(value: Value) -> str:
    """A cell of a CSV file. Text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    return csv_cell(value)


def as_csv(sheets: Sequence[Sheet]) -> bytes:
    """UTF-8 with header row. Several sheets stand one below the other, each after its name and a blank line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for number, sheet in enumerate(sheets):
        if len(sheets) > 1:
            if number:
                writer.writerow(())
            writer.writerow((safe(sheet.name),))
        writer.writerow([safe(key) for key in sheet.keys])  # of a cross-tabulation they are values too
        writer.writerows([safe(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8")


def as_merge_data(sheet: Sheet) -> bytes:
    """Letters for a word processor to merge: CSV with a byte-order mark, by which it knows UTF-8."""
    return "\ufeff".encode() + as_csv([sheet])


def as_xlsx(
    title: str, sheets: Sequence[Sheet], folder: Path | None = None, about: Sequence[str] = ()
) -> bytes:
    """A workbook: typed columns, frozen heads, filters, and a sheet with ``about`` and the conventions.

    With many rows it is put together from files in ``folder``, where only the owner may look.
    """
    if folder is None or sum(len(sheet.rows) for sheet in sheets) < MANY_ROWS:
        return _workbook(title, sheets, about, {"in_memory": True})
    with TemporaryDirectory(dir=folder, prefix="workbook.") as own:
        return _workbook(title, sheets, about, {"constant_memory": True, "tmpdir": own})


def _workbook(title: str, sheets: Sequence[Sheet], about: Sequence[str], options: Mapping[str, Any]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {**options, **_AS_TEXT})
    book.set_properties({"title": title, "created": MADE})
    for sheet in sheets:
        widths = [_width(sheet, column) for column in range(len(sheet.headings))]
        kinds = [kind(sheet, column) for column in range(len(sheet.keys))]
        _add_page(book, sheet.name, sheet.headings, widths, sheet.rows, kinds)
    notes = book.add_worksheet("Conventions")
    notes.set_column(0, 0, 100)
    for at, sentence in enumerate(
        dict.fromkeys((*about, *(s for sheet in sheets for s in sheet.conventions)))
    ):
        notes.write_string(at, 0, clean(sentence))
    book.close()
    return out.getvalue()


def kind(sheet: Sheet, column: int) -> str:
    """What a column holds: as the report says, by its key or heading, or as its values look."""
    key, heading = sheet.keys[column], sheet.headings[column]
    said = "cents" if key.endswith("_cents") else "percent" if heading.rstrip().endswith("%") else ""
    return sheet.kinds.get(key) or said or looks_like(sheet.rows, column)


def looks_like(rows: Sequence[Sequence[Value]], column: int) -> str:
    """``date`` or ``moment`` for a column in which every text is one, else nothing."""
    values = [value for row in rows if (value := row[column])]
    first = values[0] if values else None
    kind, pattern = _LOOKS.get(len(first), ("", None)) if isinstance(first, str) else ("", None)
    whole = pattern and all(isinstance(value, str) and pattern.fullmatch(value) for value in values)
    return kind if whole else ""


def _add_page(
    book: Any, name: str, headings: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[Value]],
    kinds: Sequence[str] = (),
) -> None:  # fmt: skip
    """One worksheet, top to bottom, so that a book which keeps no rows can be written too."""
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    formats = _Formats(book)
    page = book.add_worksheet(_sheet_name(name))
    page.freeze_panes(1, 1)
    kinds = kinds or [""] * len(headings)
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, clean(heading), bold)
    last = 0
    for at, row in enumerate(rows, 1):
        last = at
        for column, value in enumerate(row):
            _put(page, at, column, value, kinds[column], formats)
    if headings:
        page.autofilter(0, 0, last, len(headings) - 1)


class _Formats:
    """The number formats of a book, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def __getitem__(self, shown: str) -> Any:
        if shown not in self._made:
            self._made[shown] = self._book.add_format({"num_format": shown})
        return self._made[shown]


def _put(page: Any, at: int, column: int, value: Value, kind: str, formats: _Formats) -> None:
    """A cell as what it is: text, date, number with its own decimals, money, percent."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        if kind in ("date", "moment") and (read := _read(value)):
            page.write_datetime(at, column, read, formats[FORMATS[kind]])
        else:
            page.write_string(at, column, clean(value))
    elif kind in ("percent", "cents"):
        page.write_number(at, column, Decimal(value) / 100, formats[FORMATS[kind]])
    elif kind == "money":
        page.write_number(at, column, value, formats[FORMATS[kind]])
    elif isinstance(value, Decimal) and (places := -int(value.as_tuple().exponent)) > 0:
        page.write_number(at, column, value, formats[f"0.{'0' * places}"])
    else:
        page.write_number(at, column, value)


def _read(text: str) -> datetime | None:
    """A day or moment that a spreadsheet can hold: none before 1900."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year >= 1900 else None


def as_json(value: Any) -> bytes:
    """A JSON value on lines of its own, UTF-8."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _sheet_name(name: str) -> str:
    return "".join(c for c in clean(name) if c not in "[]:*?/\\'")[:31] or "Sheet"


def _width(sheet: Sheet, column: int) -> int:
    longest = max((len(str(row[column])) for row in sheet.rows[:200]), default=0)
    return min(40, max(8, longest, len(sheet.headings[column])) + 1)


# Tables of any length, written row by row


def write_csv(path: Path, name: str, keys: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """What ``as_csv`` makes of one sheet."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(keys)
        writer.writerows([safe(value) for value in row] for row in rows)


def write_json(path: Path, name: str, keys: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """One list with an object for each row, as ``as_json`` makes it of ``as_objects``."""
    with path.open("wb") as out:
        between = b"[\n"
        for row in rows:
            made = json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False, indent=1, default=str)
            out.write(between + indent(made, " ").encode("utf-8", "replace"))
            between = b",\n"
        out.write(b"[]\n" if between == b"[\n" else b"\n]\n")


def write_xlsx(path: Path, name: str, keys: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """A workbook of one sheet. What it is zipped from lies beside it meanwhile, where only the owner looks in."""
    import xlsxwriter

    with TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as own:
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": own, **_AS_TEXT})
        book.set_properties({"title": name, "created": MADE})
        _add_page(book, name, keys, [min(40, max(8, len(key))) + 1 for key in keys], rows)
        book.close()
