"""How requests read on screens: numbers, days left, steps, and what the law says to them."""

from __future__ import annotations

from datetime import date
from typing import Final

from db import store
from db.disclosure import disclosure_law, requests
from db.disclosure.requests import Request as Filing
from rules.deadlines import working_days_between
from rules.disclosure import OPEN, STEPS
from rules.entitlement import Decision, Outcome
from screens import shown
from tui.screen import ScreenError

DIGITS: Final = 6  # of the numbers of requests and releases
EVENTS = {
    "RECEIVED": "Received", "CLOCK_START": "Clock starts", "FIRST_COMPLETE": "Answered for the first time",
    "CORRECTED": "Day of receipt corrected",
}  # fmt: skip


def event_named(kind: str) -> str:
    """What happened, in words."""
    return EVENTS.get(kind) or (STEPS[kind].text if kind in STEPS else kind)


def last_event(filing: Filing) -> str:
    """The step that was taken last, for the banner."""
    steps = [event for event in filing.events if event.kind in STEPS]
    if not steps:
        return f"received {shown.day(filing.values.get('received_on', ''))}"
    return f"{event_named(steps[-1].kind).lower()} {shown.day(steps[-1].day)} by {steps[-1].by}"


def number_named(text: str, letter: str = "R") -> str:
    """The number of a request or release: zeros and letter are supplied. Raises ``ScreenError`` for a blank."""
    text = text.strip().upper()
    if not text:
        what = "request: RQL" if letter == "R" else "release: RLS and the request"
        raise ScreenError(f"Say which {what} lists them by number.")
    return f"{letter}{int(text):0{DIGITS}d}" if text.isdecimal() and len(text) <= DIGITS else text


def working_days_left(day: date) -> int:
    """Working days from today to a day, less than none when it has passed."""
    today = date.fromordinal(store.current().now().day)
    closures = disclosure_law.law().closures
    if day < today:
        return -working_days_between(day, today, closures)
    return working_days_between(today, day, closures)


def in_words(day: date) -> str:
    """How far off a due day is."""
    left = working_days_left(day)
    if left == 0:
        return (
            "today or on the days off before it"
            if day > date.fromordinal(store.current().now().day)
            else "today"
        )
    days = f"{abs(left)} working day{'' if abs(left) == 1 else 's'}"
    return f"in {days}" if left > 0 else f"{days} OVERDUE"


def left_of(row: requests.RequestRow) -> str:
    """Working days left for an open request, as the list shows them."""
    if not row.due_on or row.status not in OPEN:
        return ""
    day = date.fromisoformat(row.due_on)
    left = working_days_left(day)
    return str(left) if left or day.toordinal() >= store.current().now().day else "-0"


def answer_of(decision: Decision) -> str:
    """What the entitlement table answers, in a sentence for staff."""
    said = {
        Outcome.RELEASE: "May be released",
        Outcome.OBTAIN: f"May be released once these are on file: {', '.join(decision.missing)}",
        Outcome.HOLD: f"Hold it for a supervisor; missing: {', '.join(decision.missing) or 'authority'}",
        Outcome.REFUSE: "Not to be released; the privacy officer decides",
    }[decision.outcome]
    defects = f". The authorization is not valid: {', '.join(decision.defects)}" if decision.defects else ""
    return f"{said}{defects} (row {decision.row}: {decision.text})"
