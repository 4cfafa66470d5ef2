"""Reports that technicians write: columns, conditions, breaks and sorts as plain values, checked before they are kept.

A condition is a line. A line marked *or* is another way for the line above it to hold; all others must hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from rules.codes import normal
from rules.dates import Unclear, parse_date, parse_time
from rules.dictionary import ItemType, is_null
from rules.findings import Finding, Level
from rules.report_sets import Askable, DataSet
from rules.tables import Tables
from rules.values import decimal_of

LIST, TOTALS, CROSS = "list", "totals", "cross"
FORMS: Final = {
    LIST: "A line for each record, subtotals at each break",
    TOTALS: "A line for each group, no records",
    CROSS: "The first break goes down, the second across",
}
FIGURES: Final = {
    "count": "How many hold a value", "sum": "Sum", "mean": "Sum by how many hold a value", "min": "Smallest",
    "max": "Largest",
}  # fmt: skip
NO_PERCENT: Final = "none"
PERCENT: Final = {
    NO_PERCENT: "Figures alone",
    "row": "Of each line",
    "column": "Of each column",
    "both": "Both",
}
UP, DOWN, DIGITS = "up", "down", "terminal"
ORDERS: Final = {
    UP: "Smallest or first in the alphabet first", DOWN: "The other way round",
    DIGITS: "Terminal digits, as charts are filed",
}  # fmt: skip
AS_DATES: Final = {"day": "Day", "month": "Month", "quarter": "Quarter of the calendar year", "year": "Year"}
AS_CODES: Final = {"code": "Code", "text": "What the code stands for", "both": "Code and what it stands for"}
TESTS: Final = {
    "is": "Is this", "is not": "Is anything else, or blank", "one of": "Is one of these: MED, SUR",
    "between": "From the first to the second: 18 to 64", "begins": "Begins with this", "contains": "Holds this",
    "over": "Is larger", "under": "Is smaller", "at least": "Is as large or larger",
    "at most": "Is as small or smaller", "before": "Is an earlier date: T-30", "after": "Is a later date",
    "blank": "Nothing stands there", "filled": "Something stands there",
}  # fmt: skip
NUMERIC: Final = frozenset({"over", "under", "at least", "at most"})
DATED: Final = frozenset({"before", "after"})
ALONE: Final = frozenset({"blank", "filled"})
RELATIVE: Final = re.compile(r"(?:T|TODAY|N|NOW)(?:[+-][0-9]{1,5}[DWM]?)?")  # moves with the day of the run
HIGHEST_STEP: Final = 1000
LONGEST_NAME: Final = 30
MOST_COLUMNS, MOST_CONDITIONS, MOST_BREAKS, MOST_SORTS = 20, 15, 4, 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A column. ``width`` 0 is the item's own; ``figures`` are words of ``FIGURES``, blanks between."""

    item: str
    as_: str = ""
    heading: str = ""
    width: int = 0
    figures: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a record must meet; ``other``: or else the line above."""

    item: str
    test: str = "is"
    value: str = ""
    other: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """What records are grouped by; ``as_`` a date by its month, a number by steps of so many."""

    item: str
    as_: str = ""
    eject: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the lines within the innermost group."""

    item: str
    order: str = UP


@dataclass(frozen=True, slots=True)
class Definition:
    """A report as it was written. ``first`` and ``last`` are its period: dates, T-30, or words that move."""

    data_set: str = ""
    title: str = ""
    form: str = LIST
    columns: tuple[Shown, ...] = ()
    conditions: tuple[Condition, ...] = ()
    breaks: tuple[Break, ...] = ()
    sorts: tuple[Sort, ...] = ()
    percent: str = NO_PERCENT
    first: str = ""
    last: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # of its items, when it was written

    def label(self, item: str) -> str:
        """What an item was called when the report was written."""
        return self.labels.get(item, item)

    @property
    def paths(self) -> tuple[str, ...]:
        """The items whose values it shows, groups or sorts by, each once."""
        asked = [each.item for each in self.breaks] + [each.item for each in self.columns]
        return tuple(dict.fromkeys(asked + [each.item for each in self.sorts]))

    @property
    def every_path(self) -> tuple[str, ...]:
        """Those, and what its conditions ask about."""
        return tuple(dict.fromkeys((*self.paths, *(each.item for each in self.conditions))))


def as_json(made: Definition) -> str:
    """A definition as it is kept."""
    return json.dumps(asdict(made), sort_keys=True, ensure_ascii=False)


def from_json(text: str) -> Definition:
    """A definition that was kept."""
    kept: dict[str, Any] = json.loads(text)
    kinds = {"columns": Shown, "conditions": Condition, "breaks": Break, "sorts": Sort}
    rows: dict[str, Any] = {name: tuple(kind(**row) for row in kept[name]) for name, kind in kinds.items()}
    return Definition(**(kept | rows))


def with_labels(made: Definition, over: DataSet) -> Definition:
    """The definition with what its items are called now."""
    found = {path: over.find(path) for path in made.every_path}
    return replace(made, labels={path: each.label for path, each in found.items() if each})


def told(made: Definition, over: DataSet) -> tuple[str, ...]:
    """What has become of the items of a report since it was written, a sentence each."""
    said = []
    for path in made.every_path:
        before, now = made.label(path), over.find(path)
        if now is None:
            said.append(
                f"{before} ({path}) is in no version of {over.dictionary.title} any more: it is blank."
            )
        elif now.retired:
            said.append(
                f"{now.label} is no longer collected: version {now.retired} was the last that had it."
            )
        elif before != now.label and path in made.labels:
            said.append(f"{before} is called {now.label} now.")
    return tuple(said)


def alternatives(conditions: Sequence[Condition]) -> list[list[Condition]]:
    """Groups of conditions that must all hold; of each group one is enough."""
    groups: list[list[Condition]] = []
    for each in conditions:
        if each.other and groups:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


# Values of conditions


def ends(value: str) -> tuple[str, str]:
    """``18 to 64`` as its two ends; the second is blank where there is none."""
    low, _, high = (" " + " ".join(value.split()) + " ").partition(" to ")
    return low.strip(), high.strip()


def parts(condition: Condition) -> tuple[str, ...]:
    """The values of a condition: of *one of* and *between* several, else the one."""
    if condition.test == "one of":
        return tuple(filter(None, (part.strip() for part in condition.value.split(","))))
    if condition.test == "between":
        return ends(condition.value)
    return () if condition.test in ALONE else (condition.value.strip(),)


def canonical(asked: Askable, text: str, now: datetime, *, moving: bool = False) -> str | Unclear:
    """A keyed value as records hold it; with ``moving`` a date that moves stays as it was keyed."""
    if is_null(text):
        return text
    if asked.dated:
        day = parse_date(text, now, imprecise=asked.item.imprecise)
        return text.upper() if moving and RELATIVE.fullmatch(text.upper()) else day
    if asked.type is ItemType.TIME:
        return parse_time(text, now)
    if asked.numeric:
        return text if decimal_of(text) is not None else Unclear(f"{text} is no number.")
    if asked.type is ItemType.YES_NO:
        found = {"Y": "1", "YES": "1", "1": "1", "N": "0", "NO": "0", "0": "0"}.get(text.upper())
        return found if found else Unclear("Key Y or N.")
    if asked.type in (ItemType.DIAGNOSIS, ItemType.PROCEDURE):
        return normal(text)
    return text.upper() if asked.type is ItemType.CODE else text


# What is wrong with a report


def problems(
    made: Definition, over: DataSet, tables: Tables, now: datetime, moving: Collection[str] = ()
) -> list[Finding]:
    """Everything that stands in the way, one sentence at its field. ``moving`` are words for ends of a period."""
    found = []
    if not made.title.strip():
        found.append(_wrong("title", "Give the report a title: it stands on each page."))
    if made.form not in FORMS:
        found.append(_wrong("form", f"Key {', '.join(FORMS)}."))
    if made.percent not in PERCENT:
        found.append(_wrong("percent", f"Key {', '.join(PERCENT)}."))
    if not made.columns and made.form == LIST:
        found.append(_wrong("columns[1].item", "A list needs a column: F4 lists the items."))
    for number, each in enumerate(made.columns, 1):
        found += _column(f"columns[{number}]", each, over, first=number == 1 and made.form == LIST)
    for number, condition in enumerate(made.conditions, 1):
        found += _condition(f"conditions[{number}]", condition, over, tables, now)
    if made.conditions and made.conditions[0].other:
        found.append(_wrong("conditions[1].other", "The first condition has none above it: leave Or blank."))
    for number, group in enumerate(made.breaks, 1):
        found += _grouping(f"breaks[{number}]", group, over)
    repeating = [number for number, group in enumerate(made.breaks, 1) if _repeats(group.item, over)]
    if repeating[1:]:  # a record would stand in the product of its rows
        found.append(
            _wrong(
                f"breaks[{repeating[1]}].item",
                "Two breaks that have several values each: take one row of this one.",
            )
        )
    for number, sort in enumerate(made.sorts, 1):
        found += _unknown(f"sorts[{number}].item", sort.item, over, single=True)
        if sort.order not in ORDERS:
            found.append(_wrong(f"sorts[{number}].order", f"Key {', '.join(ORDERS)}."))
    return found + _form(made) + _period(made, over, now, moving)


def _wrong(path: str, sentence: str) -> Finding:
    return Finding(Level.FATAL, "RW1", sentence, path)


def _unknown(path: str, item: str, over: DataSet, *, single: bool = False) -> list[Finding]:
    asked = over.find(item)
    if asked is None:
        said = f"{item} is no item of {over.dictionary.title}: F4 lists them."
        return [_wrong(path, said if item else "Which item? F4 lists them.")]
    return [_wrong(path, _one_row(asked))] if single and asked.repeats else []


def _one_row(asked: Askable) -> str:
    group, _, label = asked.label.partition(": ")
    return f"{asked.label} has several values: take one row of it, {group} 1: {label}."


def _column(path: str, each: Shown, over: DataSet, *, first: bool) -> list[Finding]:
    if found := _unknown(f"{path}.item", each.item, over):
        return found
    asked = over.items.get(each.item) or over.find(each.item)
    assert asked is not None
    found = _as(f"{path}.as", each.as_, asked)
    if not 0 <= each.width <= 132:
        found.append(_wrong(f"{path}.width", "A column is 1 to 132 wide."))
    if unknown := [word for word in each.figures.split() if word not in FIGURES]:
        found.append(_wrong(f"{path}.figures", f"{unknown[0]} is none of {', '.join(FIGURES)}."))
    elif not asked.numeric and {"sum", "mean"} & set(each.figures.split()):
        found.append(
            _wrong(f"{path}.figures", f"{asked.label} holds no number: count, min and max are possible.")
        )
    elif asked.repeats and each.figures:
        found.append(_wrong(f"{path}.figures", _one_row(asked)))
    elif first and each.figures:
        found.append(
            _wrong(f"{path}.figures", "Put another column first: the words of the subtotal stand there.")
        )
    return found


def _as(path: str, as_: str, asked: Askable) -> list[Finding]:
    if not as_:
        return []
    if asked.numeric:
        fine = as_.isascii() and as_.isdigit() and 0 < int(as_) <= HIGHEST_STEP
        return [] if fine else [_wrong(path, "Key how wide a step is, such as 10 for 0-9, 10-19.")]
    known = AS_DATES if asked.dated else AS_CODES if asked.worded else {}
    if as_ in known:
        return []
    said = f"Key {', '.join(known)}." if known else f"{asked.label} is shown as it stands: leave this blank."
    return [_wrong(path, said)]


def _condition(path: str, each: Condition, over: DataSet, tables: Tables, now: datetime) -> list[Finding]:
    if found := _unknown(f"{path}.item", each.item, over):
        return found
    asked = over.find(each.item)
    assert asked is not None
    if each.test not in TESTS:
        return [_wrong(f"{path}.test", f"{each.test or 'A blank'} is no test: F4 lists them.")]
    if each.test in NUMERIC and not asked.numeric:
        other = "before or after" if asked.dated else "is or between"
        return [_wrong(f"{path}.test", f"{asked.label} holds no number: use {other}.")]
    if each.test in DATED and not asked.dated:
        return [_wrong(f"{path}.test", f"{asked.label} holds no date: use over, under or between.")]
    if each.test in ALONE:
        blank = [_wrong(f"{path}.value", f"{each.test.capitalize()} takes no value: leave this blank.")]
        return blank if each.value else []
    given = parts(each)
    if not given or not all(given):
        how = "two values, such as 18 to 64," if each.test == "between" else "a value"
        return [_wrong(f"{path}.value", f"{asked.label} needs {how} to compare with.")]
    for text in given if each.test not in ("begins", "contains") else ():
        value = canonical(asked, text, now)
        if isinstance(value, Unclear):
            return [_wrong(f"{path}.value", value.sentence)]
        if is_null(value) and each.test not in ("is", "is not", "one of"):
            return [_wrong(f"{path}.value", f"{value} is no value that others lie before or after: use is.")]
        table = tables.get(asked.item.table) if each.test in ("is", "is not", "one of") else None
        if table is not None and not is_null(value) and value not in table.by_code and value.upper() not in (
            code.upper() for code in table.by_code
        ):  # fmt: skip
            return [_wrong(f"{path}.value", f"{value} is no {asked.label.lower()}: F4 lists them.")]
    return []


def _repeats(item: str, over: DataSet) -> bool:
    asked = over.find(item)
    return asked is not None and asked.repeats


def _grouping(path: str, each: Break, over: DataSet) -> list[Finding]:
    if found := _unknown(f"{path}.item", each.item, over):
        return found
    asked = over.find(each.item)
    assert asked is not None
    if asked.type is ItemType.NOTE:
        return [_wrong(f"{path}.item", f"{asked.label} is text: nothing can be grouped by it.")]
    return _as(f"{path}.as", each.as_, asked)


def _form(made: Definition) -> list[Finding]:
    if made.form == TOTALS and not made.breaks:
        return [_wrong("breaks[1].item", "Totals need a break: what are the lines to be?")]
    if made.form == CROSS and len(made.breaks) != 2:
        return [_wrong("breaks[1].item", "A cross-tabulation needs two breaks: one down, one across.")]
    if made.form == CROSS and len([each for each in made.columns if each.figures]) > 1:
        return [
            _wrong("columns[2].figures", "A cross-tabulation has one figure in its cells: leave one column.")
        ]
    if made.form == CROSS and any(each.figures not in ("", "sum") for each in made.columns):
        return [_wrong("columns[1].figures", "The cells of a cross-tabulation hold counts, or a sum.")]
    return []


def _period(made: Definition, over: DataSet, now: datetime, moving: Collection[str]) -> list[Finding]:
    if (made.first or made.last) and not over.dictionary.dated_by:
        return [
            _wrong("first", f"{over.dictionary.title} have no date of their own: leave the period blank.")
        ]
    found = []
    for path, text in (("first", made.first), ("last", made.last)):
        if text and text not in moving and isinstance(said := parse_date(text, now), Unclear):
            found.append(_wrong(path, f"{said.sentence} F4 lists words such as start of month."))
    return found
