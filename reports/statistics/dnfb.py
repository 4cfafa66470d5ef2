"""B01: discharged, not final billed: accounts, days, value and DNFB days by reason, hold, age, payer and service."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from db import conventions
from db.abstracting import dnfb
from db.abstracting.dnfb import NO_CODE, Counted, Line
from db.abstracting.visits import CODED_FROM, coded_from
from reports.indices import stays
from reports.page import Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import Asked
from reports.sheet import Sheet, Value
from rules.dates import show_date
from rules.moments import iso_date
from rules.work import BANDS, REASONS, dollars

NOTES: Final = (
    "A discharge is final billed once its abstract is released. Each account counts once, by the first reason.",
    "Value: the account's charges, or its DRG weight times the base rate in force on discharge (drg_base_rate).",
    "DNFB days: charges of the inpatient accounts by the average daily charges of inpatient discharges.",
)
VISITS: Final = (
    *NOTES[:-1],
    "A visit is final billed once its coding is complete; its days count from its end or, untold, its arrival.",
    "DNFB days: charges of these accounts by the average daily charges of all accounts of their kinds.",
)
HOLDS: Final = "Reason of the hold"
KIND: Final = "Kind of account"
PARTS: Final = ("Reason", HOLDS, KIND, "Days since discharge", "Payer", "Service")
NOT_TOLD: Final = "n/a"
ACCOUNTS: Final = "PGE dnfb-accounts"


@dataclass(frozen=True, slots=True)
class Data:
    """What is not billed, and the day as it is printed."""

    counted: Counted
    day: str
    accounts: str = "inpatient"  # kinds of accounts, as they were asked for
    since: str = ""  # a sentence: from which day visits are counted


def query(asked: Asked) -> Data:
    """Count what waits now."""
    counted = dnfb.counted(stays.classes(asked))
    day = show_date(iso_date(counted.day), conventions.convention("date_style"))
    return Data(counted, day, asked["accounts"], since(stays.classes(asked)))


def since(classes: Sequence[str]) -> str:
    """From which day visits are counted, in a sentence, where they are and the facility says so."""
    first = coded_from() if tuple(classes) != dnfb.STAYS else 0
    told = show_date(iso_date(first), conventions.convention("date_style")) if first else ""
    return f"Visits that arrived before {told} are not counted (setting {CODED_FROM})." if told else ""


def parts(counted: Counted) -> dict[str, list[Line]]:
    """The lines under each heading."""
    found = (
        counted.by_reason(),
        counted.by_hold(),
        counted.by_kind(),
        counted.by_band(),
        counted.by_payer(),
        counted.by_service(),
    )
    return dict(zip(PARTS, found, strict=True))


def render(data: Data, width: int) -> Document:
    """Each way of dividing them one under the other; all but that by hold divide the same accounts."""
    counted = data.counted
    columns = (
        Column("", width - 57), Column("Accounts", 8, number=True), Column("Oldest|days", 6, number=True),
        Column("Average|days", 7, number=True), Column("Value $", 15, number=True),
        Column("Without|value", 8, number=True), Column("DNFB|days", 6, number=True),
    )  # fmt: skip
    body: list[Item] = [Heads(columns)]
    for heading, lines in parts(counted).items():
        if not lines:
            continue
        whole = counted.on_hold if heading == HOLDS else counted.total
        body.append(Group(heading))
        body += [
            Linked((line.name, *_figures(counted, line)), _accounts(data, heading, at, line))
            for at, line in enumerate(lines)
        ]
        total = Total(whole.name, ("", *_figures(counted, whole)), level=1, rule=True)
        body.append(total if heading == HOLDS else Linked(total, _asking(data)))
    uncoded = counted.uncoded
    if uncoded.accounts:
        body += [Group("Of all accounts"), (uncoded.name, *_figures(counted, uncoded))]
    valued = counted.valued
    said = (
        f"{valued['charges']} accounts valued by charges, {valued['expected']} by weight and base rate, "
        f"{valued['']} not valued."
    )
    accounts = counted.total.accounts
    return Document(
        "B01", "DISCHARGED, NOT FINAL BILLED", data.day,
        f"accounts {data.accounts}" if _visits(data) else "all that are not released",
        body if accounts else [], accounts,
        (said, f"{days_said(counted)}.", *(VISITS if _visits(data) else NOTES), *filter(None, (data.since,))),
    )  # fmt: skip


def _visits(data: Data) -> bool:
    return tuple(data.counted.classes) != dnfb.STAYS


def _asking(data: Data) -> str:
    return f"{ACCOUNTS} {shlex.quote(f'accounts={data.accounts}')}" if _visits(data) else ACCOUNTS


def _accounts(data: Data, heading: str, at: int, line: Line) -> str:
    """The list of the accounts of a line."""
    if heading == KIND:
        return f"{ACCOUNTS} accounts={line.name.casefold()}"
    if heading == "Days since discharge":
        low, high = BANDS[at]
        asked = f"days={low}+" if high is None else f"days={low}-{high}"
    elif heading == "Reason":
        asked = "reason=" + next(
            reason.name.casefold() for reason, (name, _) in REASONS.items() if name == line.name
        )
    else:
        name = "hold" if heading == HOLDS else heading.casefold()
        asked = f"{name}={'none' if line.name == NO_CODE else line.name}"
    return f"{_asking(data)} {shlex.quote(asked)}"


def days_said(counted: Counted) -> str:
    """DNFB days, the part of them that waits for codes and what they are made of; or why they cannot be told."""
    days, uncoded = (counted.days_of(line) for line in (counted.total, counted.uncoded))
    if days is None:
        return f"DNFB days {NOT_TOLD}: {counted.why_no_days}"
    found = counted.revenue
    aim = "" if found.target is None else f" (aim {found.target})"
    daily = f"${dollars(found.cents // found.days)} a day over {found.days} days"
    return f"DNFB {days} days{aim}, of these {uncoded} for codes; {daily}"


def _figures(counted: Counted, line: Line) -> tuple[str, ...]:
    days = counted.days_of(line)
    return (
        str(line.accounts), str(line.oldest), str(line.average), dollars(line.value_cents), str(line.without_value),
        NOT_TOLD if days is None else str(days),
    )  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """Every line with the heading that it stands under."""
    keys = ("part", "name", "accounts", "oldest_days", "days", "value_cents", "without_value", "dnfb_days")
    heads = (
        "Part",
        "Name",
        "Accounts",
        "Oldest days",
        "Days in all",
        "Value, $",
        "Without value",
        "DNFB days",
    )
    rows: list[tuple[Value, ...]] = [
        (
            part,
            line.name,
            line.accounts,
            line.oldest,
            line.days,
            line.value_cents,
            line.without_value,
            data.counted.days_of(line),
        )
        for part, lines in parts(data.counted).items()
        for line in lines
    ]
    return [Sheet("dnfb", keys, heads, rows)]
