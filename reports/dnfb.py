"""B01: discharged, not final billed: accounts, days and value by reason, age, payer and service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from db import conventions
from db.abstracting import dnfb
from db.abstracting.dnfb import Counted, Line
from reports.page import Column, Document, Group, Heads, Item, Total
from reports.sheet import Sheet, Value
from rules.dates import show_date
from rules.moments import iso_date
from rules.work import dollars

NOTES: Final = (
    "A discharge is final billed once its abstract is released. Each account counts once, by the first reason.",
    "Value: the account's charges, or its DRG weight times the base rate in force on discharge (drg_base_rate).",
)
PARTS: Final = ("Reason", "Days since discharge", "Payer", "Service")


def query(parameters: Mapping[str, str]) -> Counted:
    """Count what waits now."""
    return dnfb.counted()


def parts(counted: Counted) -> dict[str, list[Line]]:
    """The lines under each heading."""
    found = (counted.by_reason(), counted.by_band(), counted.by_payer(), counted.by_service())
    return dict(zip(PARTS, found, strict=True))


def render(counted: Counted, width: int) -> Document:
    """Each way of dividing them one under the other; all divide the same accounts."""
    columns = (
        Column("", width - 50), Column("Accounts", 8, number=True), Column("Oldest|days", 6, number=True),
        Column("Average|days", 7, number=True), Column("Value $", 15, number=True),
        Column("Without|value", 8, number=True),
    )  # fmt: skip
    body: list[Item] = [Heads(columns)]
    for heading, lines in parts(counted).items():
        body.append(Group(heading))
        body += [(line.name, *_figures(line)) for line in lines]
        body.append(Total("All accounts", ("", *_figures(counted.total)), level=1, rule=True))
    valued = counted.valued
    said = (
        f"{valued['charges']} accounts valued by charges, {valued['expected']} by weight and base rate, "
        f"{valued['']} not valued."
    )
    day = show_date(iso_date(counted.day), conventions.convention("date_style"))
    accounts = counted.total.accounts
    return Document(
        "B01", "DISCHARGED, NOT FINAL BILLED", day, "all that are not released", body if accounts else [], accounts,
        (said, *NOTES),
    )  # fmt: skip


def _figures(line: Line) -> tuple[str, ...]:
    return (
        str(line.accounts), str(line.oldest), str(line.average), dollars(line.value_cents), str(line.without_value),
    )  # fmt: skip


def sheets(counted: Counted) -> list[Sheet]:
    """Every line with the heading that it stands under."""
    keys = ("part", "name", "accounts", "oldest_days", "days", "value_cents", "without_value")
    heads = ("Part", "Name", "Accounts", "Oldest days", "Days in all", "Value in cents", "Without value")
    rows: list[tuple[Value, ...]] = [
        (part, line.name, line.accounts, line.oldest, line.days, line.value_cents, line.without_value)
        for part, lines in parts(counted).items()
        for line in lines
    ]
    return [Sheet("dnfb", keys, heads, rows)]
