"""B03: the log of queries to physicians, and how they respond: rates from counts, by physician, type and more.

What a query changed of codes and DRG is on it for those alone who may see that (permission "view query effect").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from db import conventions, store
from db.access import users
from db.access.users import Contact
from db.actors import Action
from db.disclosure.closures import tables
from db.queries import log
from db.queries.effects import Effect
from db.queries.log import Logged
from db.statistics import figures
from reports import letters as merge
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from reports.sheet import Sheet
from rules.moments import iso_date
from rules.queries import ASKED, KINDS, Kind, Outcome
from rules.query_lint import PURPOSES

__all__ = ["letters", "query", "render", "sheets"]

COLUMNS: Final = (
    Shown("asked", "Asked", 10, 11, kind="date"), Shown("query", "Query", 7, 7), Shown("account", "Account", 10, 12),
    Shown("name", "Name", 0, 18), Shown("mrn", "MRN", 0, 0), Shown("physician", "Physician", 0, 0),
    Shown("service", "Serv", 0, 0), Shown("by", "Asked by", 0, 8), Shown("kind", "Kind", 6, 6),
    Shown("purpose", "Because", 10, 10), Shown("finding", "Raised from", 0, 0), Shown("channel", "Put", 0, 0),
    Shown("title", "Title", 0, 0), Shown("indicators", "Indicators", 0, 0, number=True),
    Shown("indicator", "Indicator", 0, 15), Shown("question", "Question", 0, 0), Shown("due", "Due", 0, 0, kind="date"),
    Shown("status", "Status", 0, 0), Shown("answered", "Answered", 10, 11, kind="date"),
    Shown("days", "Days", 4, 4, number=True), Shown("outcome", "Outcome", 9, 14),
    Shown("late", "Late", 4, 4), Shown("reminders", "Reminders", 0, 0, number=True),
    Shown("escalations", "Escalated", 0, 0, number=True), Shown("answer", "Answer", 0, 0),
)  # fmt: skip
EFFECT: Final = (
    Shown("drg_before", "DRG before", 0, 0), Shown("drg_after", "DRG after", 0, 0),
    Shown("weight_change", "Weight", 0, 0, number=True), Shown("codes_changed", "Codes changed", 0, 0),
)  # fmt: skip
SORTS: Final[Mapping[str, Callable[[Logged], tuple[Any, ...]]]] = {
    "asked": lambda row: (row.asked_day, row.id),
    "days": lambda row: (-row.days,),
    "name": lambda row: (row.name,),
}
Break = tuple[str, Callable[[Logged], str], str]
PHYSICIAN: Final[Break] = ("Physician", lambda row: row.physician, "provider")
KIND: Final[Break] = ("Type", lambda row: KINDS[Kind(row.kind)], "")
BREAKS: Final[Mapping[str, tuple[Break, ...]]] = {
    "physician": (PHYSICIAN,),
    "physician-type": (PHYSICIAN, KIND),
    "type": (KIND,),
    "reason": (("Because", lambda row: row.purpose, "purpose"),),
    "outcome": (("Outcome", lambda row: row.outcome or row.status, ""),),
    "service": (("Service", lambda row: row.service, "service"),),
    "asker": (("Asked by", lambda row: row.asked_by, "asker"),),
}
MEASURES: Final = (
    Measure("Answered|of asked %", 0, 1, share=True), Measure("In time|of due %", 2, 3, share=True),
    Measure("Agreed|of answered %", 4, 0, share=True), Measure("Days to|answer", 5, 0), Measure("Reminded", 6),
    Measure("Escalated", 7),
)  # fmt: skip
NOTES: Final = (
    (
        "Counts before each per cent: answered of those asked; answered by the day on which they were due, of those"
        " answered or late; agreed, of those answered. Days to the answer: the mean of those answered."
    ),
    "Withdrawn queries are listed and count in no rate; drafts and void ones are left out.",
)
RESTRICTED: Final = "Codes and DRG before and after stand in the table of this report: not for physicians."


def query(asked: Asked) -> Listing:
    """Read the queries asked for. Raises ``NotAsked``."""
    found = [row for row in log.asked(stays.period(asked)) if _wanted(row, asked)]
    breaks = BREAKS[asked["break"]]
    found.sort(key=SORTS[asked["sort"]])
    for _, of, _ in reversed(breaks):
        found.sort(key=of)
    withheld, style = Withheld.of(asked), conventions.convention("date_style")
    told = asked.actor.may(Action.VIEW_QUERY_EFFECT)
    changed = log.effects_of(found) if told else {}
    lines = [
        _line(row, withheld, tuple(of(row) for _, of, _ in breaks), changed.get(row.id), told=told)
        for row in found
    ]
    return Listing(
        "B03", "QUERIES TO PHYSICIANS", stays.period_said(asked, style), _said(asked) or "all queries",
        (*COLUMNS, *(EFFECT if told else ())), lines, MEASURES, tuple(head for head, _, _ in breaks),
        (*NOTES, *((RESTRICTED,) if told else ()), *withheld.sentences()), "query", "queries",
        asked["detail"] == SUMMARY, asked.yes("eject"), style, [row.id for row in found],
        titles=_titles(breaks[0][2], found),
    )  # fmt: skip


def _titles(of: str, rows: list[Logged]) -> Mapping[str, str]:
    """What the codes of groups stand for."""
    if of == "asker":
        return {name: users.contact(name).full_name for name in {row.asked_by for row in rows}}
    if of == "purpose":
        return {row.code: row.text for row in tables()[PURPOSES].rows}
    return figures.names(of) if of else {}


def _wanted(row: Logged, asked: Asked) -> bool:
    chosen = (
        ("provider", row.physician or "none"), ("kind", row.kind.casefold()), ("purpose", row.purpose.casefold()),
        ("outcome", row.outcome.replace(" ", "-") or "none"),
    )  # fmt: skip
    if any(codes and value not in codes for name, value in chosen if (codes := _listed(asked, name))):
        return False
    return "open" not in asked or (row.status in ASKED) == asked.yes("open")


def _listed(asked: Asked, name: str) -> tuple[str, ...]:
    codes = asked.listed(name)
    return codes if name == "provider" else tuple(code.casefold() for code in codes)


def _said(asked: Asked) -> str:
    words = {"provider": "physicians", "kind": "types", "purpose": "because", "outcome": "outcomes"}
    said = [f"{word} {asked[name]}" for name, word in words.items() if asked.get(name)]
    said += [("answered", "not answered")[asked.yes("open")]] if "open" in asked else []
    return "; ".join(said)


def _line(
    row: Logged, withheld: Withheld, groups: tuple[str, ...], effect: Effect | None, *, told: bool
) -> Line:
    mrn, name, account = withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
    texts = (row.title, row.first_indicator, row.question, row.answer, row.finding)
    title, indicator, question, answer, finding = withheld.content(row.encounter_id, *texts)
    shown = row.encounter_id not in withheld.reviewed
    late = not row.in_time and row.counts and (row.answered_day is not None or row.status in ASKED)
    values = (
        stays.day_text(row.asked_day), row.number, account, name, mrn, row.physician, row.service, row.asked_by,
        row.kind, row.purpose, finding, row.channel, title, row.indicators, indicator, question,
        stays.day_text(row.due_day) if row.due_day else "", row.status,
        stays.day_text(row.answered_day) if row.answered_day else "", row.days,
        row.outcome or (row.status if row.status == "withdrawn" else ""), "late" if late else "", row.reminders,
        row.escalations, answer, *(_effect(effect if shown else None) if told else ()),
    )  # fmt: skip
    replied, counts = int(row.replied and row.counts), int(row.counts)
    over = int(counts and (row.replied or not row.in_time))
    counted = (
        replied, counts, int(replied and row.in_time), over, int(replied and row.outcome == Outcome.AGREED),
        row.days * replied, row.reminders * counts, row.escalations * counts,
    )  # fmt: skip
    return Line(values, f"QRF {row.number}", groups, counted)


def _effect(effect: Effect | None) -> tuple[str, ...]:
    if effect is None or effect.after is None:
        return (effect.before.drg if effect else "", "", "", "")
    old, new = effect.before.weight_ten_thousandths, effect.after.weight_ten_thousandths
    change = "" if old is None or new is None else f"{(new - old) / 10_000:+.4f}"
    meant = [each for each in effect.changes if effect.marked is None or each.code in effect.marked]
    said = " ".join(dict.fromkeys(each.shown for each in meant))
    return (
        effect.before.drg,
        effect.after.drg,
        change,
        said if effect.marked is not None else f"{said} (not marked)".strip(),
    )


def _asker(asker: Contact) -> dict[str, str]:
    return {"asked_by": asker.full_name, "asker_title": asker.title, "asker_phone": asker.phone}


def letters(data: Listing) -> Sheet:
    """A letter to each physician who was asked: the queries of the list that wait for an answer."""
    keys = [column.key for column in data.columns]
    rows = [dict(zip(keys, line.values, strict=True)) for line in data.lines]
    here, today = store.current(), iso_date(store.current().now().day)
    own = (
        "query", "account", "name", "asked", "due", "title", "question", "indicator", "asked_by", "asker_title",
        "asker_phone",
    )  # fmt: skip
    askers = {by: users.contact(by) for by in {str(row["by"]) for row in rows}}
    made = [
        {"letter_date": today, "facility": here.facility, "mrn": row["mrn"],
         "addressee": data.titles.get(str(row["physician"]), "") or row["physician"], **row,
         **_asker(askers[str(row["by"])])}
        for row in rows if row["status"] in ASKED
    ]  # fmt: skip
    return merge.letters(own, made)
