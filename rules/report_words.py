"""What a written report asks, in plain words: the line that stands under its form and on its first page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rules.codes import dotted
from rules.dates import show_date
from rules.dictionary import is_null
from rules.report_sets import ANY, Askable, DataSet
from rules.report_writer import (
    ALONE,
    CROSS,
    DIGITS,
    DOWN,
    TOTALS,
    Condition,
    Definition,
    alternatives,
    ends,
    parts,
)
from rules.tables import Tables
from rules.values import is_date

_SAID = {
    "is": "is", "is not": "is not", "one of": "is one of", "between": "is from", "begins": "begins with",
    "contains": "contains", "over": "is over", "under": "is under", "at least": "is at least",
    "at most": "is at most", "before": "is before", "after": "is after", "blank": "is blank", "filled": "is filled",
}  # fmt: skip


_GRANTED: Final = {"is not": "is", "blank": "filled"}


def words(made: Definition, over: DataSet, tables: Tables, period: str = "", style: str = "us") -> str:
    """``Discharge abstract, discharged 10/01/2026 to 10/31/2026, where Age is over 65, by Payer``."""
    said = [over.dictionary.title]
    dated = over.find(over.dictionary.dated_by)
    if period and dated:
        said.append(f"{dated.label.lower()} {period}")
    if made.conditions:
        groups = [_any_of(group, made, over, tables, style) for group in alternatives(made.conditions)]
        said.append("where " + " and ".join(groups))
    text = ", ".join(said)
    if made.breaks and made.form == CROSS:
        ways = (by(made, over, each.item, each.as_) for each in made.breaks)
        text += "; " + ", ".join(
            f"{way} {where}" for way, where in zip(ways, ("down", "across"), strict=False)
        )
    elif made.breaks:
        text += ", by " + ", then by ".join(by(made, over, each.item, each.as_) for each in made.breaks)
    if made.sorts and made.form not in (TOTALS, CROSS):
        orders = {DOWN: " downward", DIGITS: " in terminal digit order"}
        text += "; sorted by " + ", then ".join(
            by(made, over, each.item) + orders.get(each.order, "") for each in made.sorts
        )
    return text


def by(made: Definition, over: DataSet, item: str, as_: str = "") -> str:
    """``Discharged by month``; ``Age in steps of 10``."""
    asked = over.find(item)
    name = asked.label if asked else made.label(item)
    if asked and asked.repeats:
        name = f"{ANY}{name}"
    if asked and asked.numeric and as_:
        return f"{name} in steps of {as_}"
    return f"{name} by {as_}" if asked and asked.dated and as_ else name


def _any_of(group: Sequence[Condition], made: Definition, over: DataSet, tables: Tables, style: str) -> str:
    said = " or ".join(_condition(each, made, over, tables, style) for each in group)
    return f"({said})" if len(group) > 1 else said


def _condition(each: Condition, made: Definition, over: DataSet, tables: Tables, style: str) -> str:
    asked = over.find(each.item)
    label, test = asked.label if asked else made.label(each.item) or "(which item?)", each.test
    if asked and asked.repeats:  # a record is no row of its own: of all its rows none, or any of them
        denied = test in ("is not", "blank")
        label, test = f"{'no' if denied else 'any'} {label}", _GRANTED.get(test, test)
    text = f"{label} {_SAID.get(test, test)}"
    if each.test in ALONE:
        return text
    if not all(parts(each)) or not parts(each):
        return f"{text} (which value?)"
    if each.test == "between":
        low, high = ends(each.value)
        return f"{text} {_value(asked, low, tables, style)} to {_value(asked, high, tables, style)}"
    if each.test == "one of":
        return f"{text} {', '.join(_value(asked, value, tables, style) for value in parts(each))}"
    return f"{text} {_value(asked, each.value, tables, style)}"


def _value(asked: Askable | None, value: str, tables: Tables, style: str) -> str:
    if asked is None or not value:
        return value
    if asked.dated:
        return show_date(value, style) if is_date(value) else value
    if asked.type == "yes-no":
        return {"1": "yes", "0": "no", "Y": "yes", "N": "no"}.get(value.upper(), value)
    if asked.type == "diagnosis" and not is_null(value):
        return dotted(value)
    table = tables.get(asked.item.table)
    row = table.meaning(value.upper()) if table else None
    return f"{value} ({row.text})" if row and row.text and row.text != value else value
