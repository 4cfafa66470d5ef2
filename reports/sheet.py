"""Reports as tables of typed values, and their CSV, XLSX and JSON. A spreadsheet must never run what it reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any, Final

from rules.text import clean, csv_cell

Value = str | int | Decimal | None


_AS_TEXT: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its name, the keys of its columns and their headings, and rows of canonical values."""

    name: str
    keys: tuple[str, ...]
    headings: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]
    conventions: tuple[str, ...] = ()


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
        writer.writerow(sheet.keys)
        writer.writerows([safe(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8")


def as_xlsx(title: str, sheets: Sequence[Sheet]) -> bytes:
    """A workbook: typed columns, frozen heads, and a sheet that states the conventions."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **_AS_TEXT})
    book.set_properties({"title": title})
    for sheet in sheets:
        widths = [_width(sheet, column) for column in range(len(sheet.headings))]
        _add_page(book, sheet.name, sheet.headings, widths, sheet.rows)
    notes = book.add_worksheet("Conventions")
    notes.set_column(0, 0, 100)
    for at, sentence in enumerate(dict.fromkeys(s for sheet in sheets for s in sheet.conventions)):
        notes.write_string(at, 0, clean(sentence))
    book.close()
    return out.getvalue()


def _add_page(
    book: Any, name: str, headings: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[Value]]
) -> None:
    """One worksheet, top to bottom, so that a book which keeps no rows can be written too."""
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    page = book.add_worksheet(_sheet_name(name))
    page.freeze_panes(1, 1)
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, clean(heading), bold)
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(at, column, clean(value))
            elif value is not None:
                page.write_number(at, column, value)


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
        book.set_properties({"title": name})
        _add_page(book, name, keys, [min(40, max(8, len(key))) + 1 for key in keys], rows)
        book.close()
