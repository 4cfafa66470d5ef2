"""Release of information: the steps of a request, the day it is due, and how far an accounting looks back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.deadlines import Pause, clock, due
from rules.tables import Tables, listed


class Status(StrEnum):
    """Where a request stands."""

    RECEIVED = "RECEIVED"
    REVIEW = "REVIEW"  # somebody works on it
    WAITING = "WAITING"  # the requester owes an answer
    HELD = "HELD"  # with a supervisor; the requester is told nothing but that we write
    APPROVED = "APPROVED"  # may be released
    PARTIAL = "PARTIAL"  # a part has been released
    COMPLETE = "COMPLETE"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    CLOSED = "CLOSED"
    VOID = "VOID"  # filed in error


OPEN = frozenset(
    {Status.RECEIVED, Status.REVIEW, Status.WAITING, Status.HELD, Status.APPROVED, Status.PARTIAL}
)
IN_HAND = frozenset({Status.RECEIVED, Status.REVIEW, Status.APPROVED, Status.PARTIAL})
RELEASING = frozenset({Status.APPROVED, Status.PARTIAL})
DONE = frozenset({Status.COMPLETE, Status.DENIED, Status.WITHDRAWN})
ENDED = DONE | {Status.CLOSED, Status.VOID}
UNANSWERED = frozenset({Status.RECEIVED, Status.REVIEW, Status.WAITING, Status.APPROVED})


@dataclass(frozen=True, slots=True)
class Step:
    """A change of status by the word that brings it about. ``to`` None leaves the status as it is."""

    word: str
    text: str
    sources: frozenset[Status]
    to: Status | None
    reason: bool = False  # it has to be said why
    clearance: bool = False  # for a supervisor or the privacy officer
    by_release: bool = False  # taken by releasing information, never by itself


STEPS: Mapping[str, Step] = {
    step.word: step
    for step in (
        Step("ACK", "Acknowledged in writing", OPEN, None),
        Step("REVIEW", "Take into review", frozenset({Status.RECEIVED}), Status.REVIEW),
        Step("ASK", "Ask the requester", IN_HAND, Status.WAITING, reason=True),
        Step("FEES", "Ask about fees", IN_HAND, Status.WAITING, reason=True),
        Step("ANSWER", "Requester has answered", frozenset({Status.WAITING}), Status.REVIEW),
        Step("HOLD", "Hold for a supervisor", IN_HAND, Status.HELD, reason=True),
        Step("CLEAR", "Clear the hold", frozenset({Status.HELD}), Status.REVIEW, reason=True, clearance=True),
        Step("EXTEND", "Extend the time, in writing", OPEN, None, reason=True),
        Step("APPROVE", "Approve for release", frozenset({Status.RECEIVED, Status.REVIEW}), Status.APPROVED),
        Step("PART", "Released in part", RELEASING, Status.PARTIAL, by_release=True),
        Step("COMPLETE", "Released completely", RELEASING, Status.COMPLETE, by_release=True),
        Step("RESEND", "Released again", frozenset({Status.COMPLETE}), None, by_release=True),
        Step("DENY", "Deny", OPEN, Status.DENIED, reason=True),
        Step("WITHDRAW", "Withdrawn by the requester", OPEN, Status.WITHDRAWN),
        Step("CLOSE", "Close", DONE, Status.CLOSED),
        Step("VOID", "Filed in error", UNANSWERED, Status.VOID, reason=True),
        Step("REOPEN", "Open again", ENDED, Status.REVIEW, reason=True),
    )
}


def permitted_steps(status: Status) -> list[Step]:
    """The steps that can be taken from a status, in the order of the table."""
    return [step for step in STEPS.values() if status in step.sources]


def next_status(status: Status, word: str) -> Status | None:
    """The status after a step, or None when it cannot be taken from here."""
    step = STEPS.get(word)
    if step is None or status not in step.sources:
        return None
    return step.to or status


def due_day(
    codes: Iterable[str],
    facility: str,
    start: date,
    tables: Tables,
    *,
    extended: bool = False,
    pauses: Collection[Pause] = (),
    named: date | None = None,
    closures: Collection[date] = (),
) -> tuple[date | None, str]:
    """The earliest day that the clocks of a row set for a facility, and the clock that sets it."""
    best: tuple[date | None, str] = (None, "")
    for code in codes:
        row = tables["clocks"].find(code, start.isoformat())
        if row is None or facility not in (listed(row.more.get("facilities")) or (facility,)):
            continue
        day = due(
            clock(row), start, extended=extended, pauses=pauses, named=named, closures=closures
        )  # fmt: skip
        if day is not None and (best[0] is None or day < best[0]):
            best = (day, code)
    return best


def accounting_from(regime: str, today: date, tables: Tables) -> date | None:
    """The first day that an accounting under a regime reaches back to; None: the life of the record."""
    row = tables["accounting_regimes"].find(regime, today.isoformat())
    years = row.more.get("years") if row else None
    if not isinstance(years, int) or not years:
        return None
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February
        return date(today.year - years, 2, 28)
