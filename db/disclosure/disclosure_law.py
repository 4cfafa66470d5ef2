"""The rules of disclosure applied to a request: what the store knows of facility, patient and papers in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from db.actors import Action, Actor
from db.connect import database
from db.conventions import convention
from db.disclosure.closures import closing_days, tables
from rules.authorization import Authorization
from rules.deadlines import Pause, clock, foia_start, may_extend
from rules.dictionary import is_null
from rules.disclosure import due_day
from rules.entitlement import Decision, Inquiry, Outcome, classes_of, decide, entitlement_row
from rules.findings import Finding, Level, Told
from rules.tables import TableRow, Tables, listed
from rules.values import is_date

QUESTIONS: Final = {"ASK": False, "FEES": True}  # step -> whether it is about fees
ENDS_OF_A_QUESTION: Final = frozenset({"ANSWER", "DENY", "WITHDRAW", "REOPEN"})
_ELEMENTS: Final = (  # of an authorization that the technician has read and found complete
    "information", "discloser", "recipient", "purpose", "patient", "revocation_notice", "conditioning_notice",
    "redisclosure_notice",
)  # fmt: skip

Values = Mapping[str, str]
"""A request as it was filed: canonical text by item of data set ``disclosure``."""


class NotAllowed(Told):
    """What was asked cannot be done now; ``findings`` say why, a sentence each. Nothing was changed."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(" ".join(finding.message for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Law:
    """The laws of disclosure at this facility on a day."""

    facility: str  # code of table facility_kinds
    majority: int  # years
    closures: frozenset[date]
    tables: Tables


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a request."""

    kind: str  # RECEIVED, CLOCK_START, FIRST_COMPLETE, CORRECTED, or the word of a step
    day: str
    by: str
    reason: str
    status: str


@dataclass(frozen=True, slots=True)
class PatientState:
    """What entitlement asks about the patient; None is not known."""

    minor: bool | None
    deceased: bool
    us_person: bool | None


def not_allowed(code: str, message: str, field: str = "") -> NotAllowed:
    """One reason why something cannot be done."""
    return NotAllowed((Finding(Level.FATAL, code, message, field),))


def law(day: int | None = None) -> Law:
    """The laws in force at the facility on a day number (now when None)."""
    return Law(
        convention("facility_kind", day), int(convention("age_of_majority", day)), closing_days(day), tables()
    )


def patient_state(patient_id: int, day: str, majority: int) -> PatientState:
    """The patient's state on an ISO day. A birth date that is not full leaves the age unknown."""
    born, died, us_person = database.execute_sql(
        "SELECT birth_date, death_date, us_person FROM patient WHERE id = ?", (patient_id,)
    ).fetchone()
    return PatientState(
        minor=_is_under(born, day, majority),
        deceased=bool(died) and not died > day,
        us_person={"1": True, "0": False}.get(us_person),
    )


def decide_values(values: Values, patient_id: int, day: str) -> Decision:
    """What the entitlement table says to a request on an ISO day."""
    here = law()
    known = {name: text for name, text in values.items() if not is_null(text)}
    state = patient_state(patient_id, day, here.majority)
    asked = Inquiry(
        known.get("requester_kind", ""), known.get("authority", ""), here.facility, day,
        classes_of(known.get("parts", "").split(), here.tables, day), known.get("purpose", ""),
        known.get("medium", ""), state.minor, state.deceased, state.us_person,
        documents_in_hand(known), authorization_of(known),
    )  # fmt: skip
    return decide(asked, here.tables)


def documents_in_hand(values: Values) -> frozenset[str]:
    """Codes of table ``disclosure_documents`` that the request says are on file."""
    documents = set(values.get("documents", "").split())
    if values.get("identity_verified"):
        documents.add("ID")
    if values.get("authorization_signed_on"):
        documents.add("SIGNED_REQUEST")
    return frozenset(documents)


def authorization_of(values: Values) -> Authorization | None:
    """The authorization on file, None while none was signed.

    The technician reads the form: ``authorization_complete`` 0 says that elements or notices are missing.
    """
    if not values.get("authorization_signed_on"):
        return None
    complete = values.get("authorization_complete") != "0"
    return {
        **dict.fromkeys(_ELEMENTS, complete),
        "signed_on": values["authorization_signed_on"],
        "signed_by": values.get("authorization_signed_by", "PATIENT").lower(),
        "representative_authority": "REP_AUTHORITY" in values.get("documents", "").split(),
        "expires_on": values.get("authorization_expires_on", ""),
        "expires_event": values.get("authorization_expires_event", ""),
        "expired_event": values.get("authorization_event_occurred") == "1",
        "revoked_on": values.get("authorization_revoked_on", ""),
        "combined": values.get("authorization_compound") == "1",
        "known_false": values.get("authorization_false") == "1",
        "classes": values.get("authorization_classes", "").split(),
        "own_form": values.get("authorization_own_form") == "1",
    }


def check_entitlement(actor: Actor, decision: Decision, exception: str) -> None:
    """Raise ``NotAllowed`` unless the table permits, or the privacy officer says why it is done nevertheless."""
    if decision.outcome is Outcome.RELEASE:
        return
    if actor.may(Action.RELEASE_BY_EXCEPTION) and exception.strip():
        return
    why = {
        Outcome.OBTAIN: f"What is missing: {', '.join(decision.missing)}.",
        Outcome.HOLD: f"Hold it for a supervisor; missing: {', '.join(decision.missing) or 'authority'}.",
    }.get(decision.outcome, "Route it to the privacy officer.")
    defects = f" The authorization is not valid: {', '.join(decision.defects)}." if decision.defects else ""
    reasons = "".join(f" {reason}" for reason in decision.reasons)
    raise not_allowed("RQ301", f"Row {decision.row} does not permit this release. {why}{defects}{reasons}")


def clock_start(values: Values) -> date:
    """The day that the clock starts: receipt; under FOIA, receipt by the component that answers."""
    received = date.fromisoformat(values["received_on"])
    component = values.get("component_received_on", "")
    limit = law().tables["clocks"].find("FOIA_REFERRAL", values["received_on"])
    if values.get("authority") == "FOIA" and is_date(component) and limit is not None:
        return max(received, foia_start(received, date.fromisoformat(component), clock(limit)))
    return received


def due(values: Values, events: Sequence[Event]) -> tuple[date | None, str]:
    """The day that a request is due, and the clock that sets it; no day: none is set, or it stands still.

    ``respond_by`` is the day that an order, subpoena or letter names.
    """
    here, start, named = law(), clock_start(values), values.get("respond_by", "")
    return due_day(
        _clocks(values, here, start), here.facility, start, here.tables,
        extended=_extended(events), pauses=_pauses(events),
        named=date.fromisoformat(named) if is_date(named) else None, closures=here.closures,
    )  # fmt: skip


def extensible(values: Values, events: Sequence[Event], day: date) -> bool:
    """Whether the time can be extended by a notice sent on ``day``."""
    here, start, extended = law(), clock_start(values), _extended(events)
    rows = (here.tables["clocks"].find(code, start.isoformat()) for code in _clocks(values, here, start))
    return any(
        may_extend(clock(row), start, day, extended=extended, closures=here.closures)
        for row in rows
        if row is not None and _binds(row, here.facility)
    )


def _clocks(values: Values, here: Law, start: date) -> tuple[str, ...]:
    """The clocks of the row of table ``entitlement`` that the request falls under."""
    requester, authority = values.get("requester_kind", ""), values.get("authority", "")
    row = entitlement_row(requester, authority, here.facility, here.tables, start.isoformat())
    return listed(row.more.get("clocks"))


def _binds(row: TableRow, facility: str) -> bool:
    return facility in (listed(row.more.get("facilities")) or (facility,))


def _extended(events: Iterable[Event]) -> bool:
    return any(event.kind == "EXTEND" for event in events)


def _pauses(events: Iterable[Event]) -> list[Pause]:
    found: list[Pause] = []
    for event in events:
        day = date.fromisoformat(event.day)
        if event.kind in QUESTIONS:
            found.append(Pause(day, None, QUESTIONS[event.kind]))
        elif event.kind in ENDS_OF_A_QUESTION and found and found[-1].answered is None:
            found[-1] = Pause(found[-1].asked, day, found[-1].about_fees)
    return found


def _is_under(born: str, day: str, years: int) -> bool | None:
    if not is_date(born):
        return None
    return (int(day[:4]) - int(born[:4]) - (day[5:] < born[5:])) < years
