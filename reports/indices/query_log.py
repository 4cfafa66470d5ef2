"""B03: the log of queries to physicians, with the response rate and the days to the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from db import conventions
from db.statistics import figures
from db.worklist import query_log
from db.worklist.query_log import Query
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked

__all__ = ["query", "render", "sheets"]

COLUMNS: Final = (
    Shown("asked", "Asked", 10, 11, kind="date"), Shown("account", "Account", 10, 12), Shown("name", "Name", 14, 20),
    Shown("mrn", "MRN", 0, 10), Shown("physician", "Physician", 0, 9), Shown("service", "Serv", 0, 5),
    Shown("by", "Asked by", 8, 8), Shown("question", "Question", 18, 24),
    Shown("answered", "Answered", 10, 11, kind="date"),
    Shown("days", "Days", 4, 4, number=True), Shown("answer", "Answer", 0, 0),
)  # fmt: skip
SORTS: Final[Mapping[str, Callable[[Query], tuple[Any, ...]]]] = {
    "asked": lambda row: (row.asked_day, row.number),
    "days": lambda row: (-row.days,),
    "name": lambda row: (row.name,),
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[Query], str], str]]] = {
    "physician": ("Physician", lambda row: row.physician, "provider"),
    "service": ("Service", lambda row: row.service, "service"),
    "asker": ("Asked by", lambda row: row.asked_by, ""),
}
MEASURES: Final = (
    Measure("Answered", 0), Measure("Response|%", 1, -1), Measure("Days to|answer", 2, 0),
)  # fmt: skip
NOTES: Final = (
    "Response: answered in per cent of those asked. Days to the answer of those answered; of others until today.",
    "Type, indicator and outcome of a query are not recorded.",
)


def query(asked: Asked) -> Listing:
    """Read the queries asked for. Raises ``NotAsked``."""
    found, physicians = query_log.asked(stays.period(asked)), asked.listed("provider")
    if physicians:
        found = [row for row in found if (row.physician or "none") in physicians]
    if "open" in asked:
        found = [row for row in found if (row.answered_day is None) == asked.yes("open")]
    head, group, file = BREAKS[asked["break"]]
    found.sort(key=SORTS[asked["sort"]])
    found.sort(key=group)
    withheld, style = Withheld.of(asked), conventions.convention("date_style")
    summary = asked["detail"] == SUMMARY
    said = [f"physicians {asked['provider']}"] if physicians else []
    said += [("answered", "not answered")[asked.yes("open")]] if "open" in asked else []
    return Listing(
        "B03", "QUERIES TO PHYSICIANS", stays.period_said(asked, style), "; ".join(said) or "all queries", COLUMNS,
        [_line(row, withheld, group(row)) for row in found], MEASURES, (head,), (*NOTES, *withheld.sentences()),
        "query", "queries", summary, asked.yes("eject"), style, [row.number for row in found],
        titles=figures.names(file) if file else {},
    )  # fmt: skip


def _line(row: Query, withheld: Withheld, group: str) -> Line:
    mrn, name, account = withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
    question, answer = withheld.content(row.encounter_id, row.question, row.answer)
    answered = row.answered_day is not None
    values = (
        stays.day_text(row.asked_day), account, name, mrn, row.physician, row.service, row.asked_by, question,
        stays.day_text(row.answered_day) if row.answered_day else "", row.days, answer,
    )  # fmt: skip
    return Line(
        values, f"ABS {row.account}", (group,), (int(answered), 100 * answered, row.days if answered else 0)
    )
