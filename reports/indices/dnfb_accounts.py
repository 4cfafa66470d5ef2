"""B01 account by account: discharge, payer, value, reason and who has it, behind every line of what is not billed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from db import conventions, store
from db.abstracting.dnfb import KINDS, STAYS
from db.abstracting.dnfb_accounts import NotBilled, not_billed
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets, widened
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from rules import work
from rules.dates import show_date
from rules.work import REASONS, dollars

__all__ = ["query", "render", "sheets"]

COLUMNS: Final = (
    Shown("account", "Account", 10, 12), Shown("name", "Name", 14, 22), Shown("mrn", "MRN", 0, 12),
    Shown("discharged", "Discharged", 10, 11, kind="date"), Shown("days", "Days", 4, 5, number=True),
    Shown("class", "C", 0, 3), Shown("service", "Serv", 0, 6), Shown("payer", "Payer", 5, 8),
    Shown("value", "Value $", 10, 12, number=True), Shown("reason", "Reason", 12, 20), Shown("hold", "Hold", 0, 0),
    Shown("holder", "In hand", 8, 10), Shown("value_cents", "Value, $", 0, 0, kind="cents"),
    Shown("value_from", "Value from", 0, 0),
)  # fmt: skip
SORTS: Final[Mapping[str, Callable[[NotBilled], tuple[Any, ...]]]] = {
    "days": lambda row: (-row.days,),
    "value": lambda row: (-(row.value_cents or 0),),
    "account": lambda row: (row.account,),
    "name": lambda row: (row.name_key,),
    "terminal-digit": lambda row: (row.td_key,),
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[NotBilled], tuple[int, str]]]]] = {
    "reason": ("Reason", lambda row: (row.reason, REASONS[row.reason][0])),
    "hold": ("Hold", lambda row: (0, row.hold)),
    "days": ("Days", lambda row: (work.band(row.days), work.band_name(work.band(row.days)))),
    "payer": ("Payer", lambda row: (0, row.payer)),
    "service": ("Service", lambda row: (0, row.service)),
    "physician": ("Physician", lambda row: (0, row.attending)),
    "class": ("Class", lambda row: (0, "I" if row.class_ == "N" else row.class_)),
    "holder": ("In hand of", lambda row: (0, row.holder)),
}
NAMED_ABOVE: Final = {"reason": (0, 0), "hold": (5, 8), "name": (21, 34)}  # where lines are grouped by reason
MEASURES: Final = (
    Measure("Value $", 0, scale=100, places=0), Measure("Average|days", 1, -1), Measure("Without|value", 2),
)  # fmt: skip
STAYS_AND_NEWBORNS: Final = ("I", "N")
VISITS: Final = (
    "A visit waits until its coding is complete; its days count from its end or, untold, its arrival."
)
NOTE: Final = (
    "Each account once, by the first reason. A discharge is final billed once its abstract is released."
)


def query(asked: Asked) -> Listing:
    """Read the accounts asked for. Raises ``NotAsked``."""
    low, high = stays.span_of("Days", asked.get("days", ""))
    chosen: dict[str, Callable[[NotBilled], str]] = {
        "reason": lambda row: row.reason.name.casefold(), "hold": lambda row: row.hold,
        "payer": lambda row: row.payer, "service": lambda row: row.service, "holder": lambda row: row.holder,
    }  # fmt: skip
    found = [row for row in not_billed(stays.classes(asked)) if low <= row.days <= high]
    for name, of in chosen.items():
        if codes := {code.casefold() for code in asked.listed(name)}:
            found = [row for row in found if (of(row).casefold() or "none") in codes]
    head, group = BREAKS[asked["break"]]
    found.sort(key=SORTS[asked["sort"]])
    found.sort(key=group)
    withheld, style = Withheld.of(asked), conventions.convention("date_style")
    today = show_date(stays.day_text(store.current().now().day), style)
    said = "; ".join(f"{name} {asked[name]}" for name in ("reason", "hold", "days", "payer", "service", "holder")
                     if asked.get(name))  # fmt: skip
    visits = stays.classes(asked) != STAYS
    if visits:
        said = "; ".join(filter(None, (f"accounts {asked['accounts']}", said)))
    return Listing(
        "B04", "ACCOUNTS NOT FINAL BILLED", today, said or "all that are not released",
        widened(COLUMNS, NAMED_ABOVE) if asked["break"] == "reason" else COLUMNS,
        [_line(row, withheld, group(row)[1]) for row in found], MEASURES, (head,),
        (NOTE, *((VISITS,) if visits else ()), *withheld.sentences()),
        "account", "accounts", asked["detail"] == SUMMARY, asked.yes("eject"), style,
        [row.encounter_id for row in found], titles=KINDS if asked["break"] == "class" else {},
    )  # fmt: skip


def _line(row: NotBilled, withheld: Withheld, group: str) -> Line:
    mrn, name, account = withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
    reason = REASONS[row.reason][0]
    values = (
        account, name, mrn, stays.day_text(row.discharge_day) if row.discharge_day else "", row.days, row.class_,
        row.service, row.payer, dollars(row.value_cents), f"{reason}: {row.hold}" if row.hold else reason, row.hold,
        row.holder, row.value_cents, row.value_from,
    )  # fmt: skip
    return Line(
        values,
        f"{'ABS' if row.class_ in STAYS_AND_NEWBORNS else 'OPC'} {row.account}",
        (group,),
        (row.value_cents or 0, row.days, int(row.value_cents is None)),
    )
