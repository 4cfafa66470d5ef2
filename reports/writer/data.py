"""A written report that was run: what was asked, its lines, and how its values read."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final

from reports.parameters import RECORDS
from reports.statistics.drill import go
from rules.codes import dotted
from rules.dates import show_date, show_moment
from rules.dictionary import ItemType, is_null
from rules.report_figures import Crossed, Line, Node, Tally, crossed, distinct, grouped, sort_key
from rules.report_sets import ROWS, Askable, DataSet
from rules.report_writer import FIGURES, Definition, Shown
from rules.statistics import NOT_APPLICABLE
from rules.tables import Tables

BLANK: Final = "(blank)"
HEAD_LINES: Final = 3
HEADS: Final = {"count": "with", "sum": "sum", "mean": "mean", "min": "min", "max": "max"}


@dataclass(frozen=True)
class Data:
    """A report that was run: what was asked, and its lines in their order, as they may be shown."""

    made: Definition
    over: DataSet
    tables: Tables
    style: str
    period: str
    by: str
    words: str
    lines: Sequence[Line]
    notes: tuple[str, ...]
    listed: Mapping[str, str | int]
    titles: Mapping[tuple[ItemType, str], str] = field(
        default_factory=dict
    )  # of codes that are put into words
    ends: Mapping[str, str] = field(default_factory=dict)  # of the period, as it is asked for
    facility: str = ""
    as_of: str = ""  # the ISO day of the run
    again: Mapping[str, str] = field(default_factory=dict)  # what asks for it once more; none: it has no name

    def asked(self, item: str) -> Askable | None:
        """An item of the report; None when no version knows it any more."""
        return self.over.find(item)

    @cached_property
    def records(self) -> int:
        """How many records there are, each once."""
        return len(distinct(self.lines))

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Which cells hold numbers."""
        found = (self.asked(each.item) for each in self.made.columns)
        return tuple(bool(each and each.numeric) for each in found)

    @cached_property
    def root(self) -> Node:
        """The lines in their groups."""
        asked = [
            numeric if each.figures else None
            for each, numeric in zip(self.made.columns, self.numeric, strict=True)
        ]
        return grouped(self.lines, len(self.made.breaks), asked)

    @cached_property
    def table(self) -> Crossed:
        """The lines crossed by the two breaks."""
        across = self.asked(self.made.breaks[1].item)
        summed = next((at for at, each in enumerate(self.made.columns) if each.figures == "sum"), None)
        blank = (1, 0.0, "", "")
        return crossed(self.lines, summed, lambda key: sort_key(across, key) if across else blank)

    @property
    def asked_and_noted(self) -> tuple[str, ...]:
        """What a workbook says beside its figures: what was asked, and what is to be known of it."""
        return (f"{self.words}.", *self.notes)

    @property
    def called(self) -> str:
        """What it was called when it was written."""
        return self.made.title or self.over.dictionary.title


def heading(data: Data, each: Shown) -> str:
    """The head of a column: as written, or the item's label."""
    asked = data.asked(each.item)
    return each.heading or (asked.label if asked else data.made.label(each.item))


def over_lines(text: str, width: int) -> str:
    """A head over as many lines as it needs, as ``Column.head`` has them; at most three."""
    lines = textwrap.wrap(text, width, break_long_words=False) or [""]
    return "|".join(
        [*lines[: HEAD_LINES - 1], " ".join(lines[HEAD_LINES - 1 :])] if len(lines) > HEAD_LINES else lines
    )


def shown(data: Data, asked: Askable | None, as_: str, value: str) -> str:
    """A canonical value as people read it."""
    if ROWS in value:
        return ", ".join(shown(data, asked, as_, each) for each in value.split(ROWS))
    if asked is None or not value or is_null(value):
        return value
    if asked.dated:
        day = as_ if as_ in ("year", "quarter") else ""
        if day:
            return value
        return show_moment(value, data.style) if "T" in value else show_date(value, data.style)
    if asked.worded and as_ in ("text", "both"):
        meaning = meaning_of(data, asked, value)
        code = dotted(value) if asked.type is ItemType.DIAGNOSIS else value
        return meaning or code if as_ == "text" else f"{code} {meaning}".strip()
    if asked.type is ItemType.YES_NO:
        return {"1": "Y", "0": "N"}.get(value, value)
    return dotted(value) if asked.type is ItemType.DIAGNOSIS else value


def meaning_of(data: Data, asked: Askable, value: str) -> str:
    """What a code stands for."""
    if asked.type is ItemType.YES_NO:
        return {"1": "Yes", "0": "No"}.get(value, "")
    if asked.classified:
        return data.titles.get((asked.type, value), "")
    table = data.tables.get(asked.item.table)
    codes = value.split(" ") if asked.item.several else (value,)
    rows = [table.meaning(code) for code in codes] if table else []
    return "; ".join(row.text for row in rows if row)


def group_name(data: Data, level: int, key: str) -> str:
    """How a group is called: its code with what it stands for, its month, its step."""
    each = data.made.breaks[level]
    asked = data.asked(each.item)
    if not key:
        return BLANK
    if asked is None or is_null(key):
        return key
    as_ = each.as_ or ("both" if asked.worded else "")
    return shown(data, asked, as_, key)


def behind(data: Data, *keys: str) -> str:
    """The command line of the records behind a group; without keys behind all of them."""
    group = {"group": group_text(keys)} if keys else {}
    return go("writer", **data.again, show=RECORDS, **group) if data.again else ""


def group_text(keys: Iterable[str]) -> str:
    """The keys of a group in a parameter: ``MED|01``, quoted as in CSV where one holds a bar."""
    out = io.StringIO()
    csv.writer(out, delimiter="|", lineterminator="").writerow(keys)
    return out.getvalue()


def group_keys(text: str) -> tuple[str, ...]:
    """The keys of a group from a parameter, the outermost first."""
    return tuple(next(csv.reader([text], delimiter="|"), ())) if text else ()


def by_label(data: Data, level: int) -> str:
    """What a level of groups is called."""
    item = data.made.breaks[level].item
    asked = data.asked(item)
    return asked.label if asked else data.made.label(item)


def figure_shown(data: Data, at: int, tally: Tally, word: str) -> str:
    """A figure as printed; the smallest and the largest as the column shows them."""
    value = tally.figure(word)
    each = data.made.columns[at]
    if word in ("min", "max"):
        return shown(data, data.asked(each.item), each.as_, value)
    return value if value == NOT_APPLICABLE else f"{Decimal(value):,f}"


def figures_asked(data: Data) -> list[tuple[int, str]]:
    """Column and word of each figure, in their order."""
    return [
        (at, word)
        for at, each in enumerate(data.made.columns)
        for word in FIGURES
        if word in each.figures.split()
    ]
