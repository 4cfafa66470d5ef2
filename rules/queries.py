"""A query to a physician: its wording, and its life cycle, of which one table says what may be done to it.

1. Every pair of status and act is in the table: it leads to a status, or it is refused in one sentence.
2. What was sent stays as it was worded: it is withdrawn, or void with a reason, and asked anew.
3. Nobody's silence is an answer: without one the query is settled as such, with a reason.

AHIMA and ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update); verbal queries keep the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from rules import deadlines
from rules.codes import dotted
from rules.findings import Told
from rules.records import rows_of
from rules.tables import CodeTable, TableRow, listed


class Kind(StrEnum):
    """How the question is put."""

    OPEN = "OPEN"
    CHOICE = "CHOICE"
    YES_NO = "YESNO"


KINDS: Final[Mapping[Kind, str]] = {
    Kind.OPEN: "open-ended", Kind.CHOICE: "multiple choice", Kind.YES_NO: "yes or no",
}  # fmt: skip


class Channel(StrEnum):
    """How it is put to the physician."""

    WRITTEN = "WRITTEN"
    VERBAL = "VERBAL"


class To(StrEnum):
    """What the physician asked is to the stay."""

    ATTENDING = "ATTENDING"
    SURGEON = "SURGEON"
    CONSULTANT = "CONSULTANT"


class Outcome(StrEnum):
    """What came of a query. The value is as it is kept and shown."""

    AGREED = "agreed"
    DISAGREED = "disagreed"
    OTHER = "other"
    UNDETERMINED = "unable to determine"
    NO_ANSWER = "no answer"


OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.AGREED: "what was asked about is documented, confirmed",
    Outcome.DISAGREED: "it was not confirmed",
    Outcome.OTHER: "something else was documented",
    Outcome.UNDETERMINED: "it cannot be determined clinically",
    Outcome.NO_ANSWER: "none will come: say what was tried",
}


class Status(StrEnum):
    """Where a query stands."""

    DRAFT = "draft"
    SENT = "sent"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    ANSWERED = "answered"
    CLOSED = "closed"  # the abstract took the answer up, or nothing had to change
    WITHDRAWN = "withdrawn"
    VOID = "void"  # raised in error


ASKED: Final = (Status.SENT, Status.REMINDED, Status.ESCALATED)
"""What waits for an answer, and holds the release of the abstract."""
COUNTED: Final = (*ASKED, Status.ANSWERED, Status.CLOSED)
"""What counts as asked in rates of response: not drafts, nor what was taken back."""


class Act(StrEnum):
    """What may be done to a query. The value is the word in its history."""

    KEEP = "keep"  # as a draft
    SEND = "send"
    REMIND = "remind"
    ESCALATE = "escalate"
    ANSWER = "answer"
    CORRECT = "correct"  # an answer that was keyed wrong
    CLOSE = "close"
    WITHDRAW = "withdraw"
    VOID = "void"


STEPS: Final[Mapping[Act, str]] = {
    Act.REMIND: "the physician was reminded", Act.ESCALATE: "somebody above was told",
    Act.ANSWER: "the physician answered", Act.CORRECT: "the answer was keyed wrong: key it anew",
    Act.CLOSE: "the answer changes nothing in the abstract", Act.WITHDRAW: "it is not asked any more",
    Act.VOID: "it was raised in error",
}  # fmt: skip
"""What is keyed as a step of a query that was sent; the rest is done on its form."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What an act leads to. ``reason``: it has to be said why."""

    to: Status
    reason: bool = False


_SENT = "the query was sent: what was asked stays as it was worded. WITHDRAW it and raise another"
_DRAFT = "the query was not sent yet"
_UNANSWERED = "the query is not answered yet"
_ANSWERED = "the query is answered already: CORRECT mends an answer that was keyed wrong"
_OVER = "the query is {status}: raise another"


def _waiting(status: Status) -> dict[tuple[Status, Act], Transition | str]:
    """What may be done while an answer is waited for; a reminder does not take an escalation back."""
    reminded = Status.ESCALATED if status is Status.ESCALATED else Status.REMINDED
    return {
        (status, Act.KEEP): _SENT,
        (status, Act.SEND): _SENT,
        (status, Act.REMIND): Transition(reminded),
        (status, Act.ESCALATE): Transition(Status.ESCALATED),
        (status, Act.ANSWER): Transition(Status.ANSWERED),
        (status, Act.CORRECT): _UNANSWERED,
        (status, Act.CLOSE): _UNANSWERED,
        (status, Act.WITHDRAW): Transition(Status.WITHDRAWN, reason=True),
        (status, Act.VOID): Transition(Status.VOID, reason=True),
    }


TABLE: Final[Mapping[tuple[Status, Act], Transition | str]] = {
    (Status.DRAFT, Act.KEEP): Transition(Status.DRAFT),
    (Status.DRAFT, Act.SEND): Transition(Status.SENT),
    (Status.DRAFT, Act.REMIND): _DRAFT,
    (Status.DRAFT, Act.ESCALATE): _DRAFT,
    (Status.DRAFT, Act.ANSWER): _DRAFT,
    (Status.DRAFT, Act.CORRECT): _DRAFT,
    (Status.DRAFT, Act.CLOSE): _DRAFT,
    (Status.DRAFT, Act.WITHDRAW): "the query was not sent yet: VOID takes the draft away",
    (Status.DRAFT, Act.VOID): Transition(Status.VOID, reason=True),
    **_waiting(Status.SENT),
    **_waiting(Status.REMINDED),
    **_waiting(Status.ESCALATED),
    (Status.ANSWERED, Act.KEEP): _SENT,
    (Status.ANSWERED, Act.SEND): _SENT,
    (Status.ANSWERED, Act.REMIND): _ANSWERED,
    (Status.ANSWERED, Act.ESCALATE): _ANSWERED,
    (Status.ANSWERED, Act.ANSWER): _ANSWERED,
    (Status.ANSWERED, Act.CORRECT): Transition(Status.ANSWERED, reason=True),
    (Status.ANSWERED, Act.CLOSE): Transition(Status.CLOSED),
    (Status.ANSWERED, Act.WITHDRAW): "the query is answered: an answer is kept. CLOSE it when nothing follows from it",
    (Status.ANSWERED, Act.VOID): Transition(Status.VOID, reason=True),
    (Status.CLOSED, Act.KEEP): _SENT,
    (Status.CLOSED, Act.SEND): _SENT,
    (Status.CLOSED, Act.REMIND): _ANSWERED,
    (Status.CLOSED, Act.ESCALATE): _ANSWERED,
    (Status.CLOSED, Act.ANSWER): _ANSWERED,
    (Status.CLOSED, Act.CORRECT): Transition(Status.ANSWERED, reason=True),
    (Status.CLOSED, Act.CLOSE): "the query is closed already",
    (Status.CLOSED, Act.WITHDRAW): "the query is closed: an answer is kept",
    (Status.CLOSED, Act.VOID): Transition(Status.VOID, reason=True),
    **{(over, act): _OVER for over in (Status.WITHDRAWN, Status.VOID) for act in Act if act is not Act.VOID},
    (Status.WITHDRAWN, Act.VOID): Transition(Status.VOID, reason=True),
    (Status.VOID, Act.VOID): "the query is void already",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the table says about an act: where it leads, or the sentence in which it is refused."""

    to: Status | None
    sentence: str = ""


def ask(status: str, act: Act, reason: str = "") -> Answer:
    """Whether ``act`` may be done to a query in ``status``; the sentence is for the user."""
    found = TABLE[Status(status), act]
    if isinstance(found, str):
        said = found.format(status=status)
        return Answer(None, f"{said[:1].upper()}{said[1:]}.")
    if found.reason and not reason.strip():
        return Answer(None, f"To {act} a query that is {status} takes a reason: say why.")
    return Answer(found.to)


def reason_asked(status: str, act: Act) -> bool:
    """Whether an act in this status takes a reason."""
    found = TABLE[Status(status), act]
    return isinstance(found, Transition) and found.reason


def steps_from(status: str) -> list[Act]:
    """The steps that can be keyed in a status, in the order in which they are offered."""
    return [act for act in STEPS if isinstance(TABLE[Status(status), act], Transition)]


# What it says ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Indicator:
    """A clinical indicator: what is found, in which document, of which ISO day."""

    text: str
    source: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a query, or the template of one, says.

    ``target`` are names of the diagnosis that is looked for, where it is not documented: they are never printed, they
    are what title and question must not say.
    """

    title: str = ""
    kind: str = ""
    purpose: str = ""  # code of table query_purposes
    question: str = ""
    options: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    target: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """How a query of one sort begins. In its ``wording`` an indicator is what is to be looked for."""

    code: str
    version: int  # 0: as shipped
    wording: Wording
    to: str = To.ATTENDING
    priority: str = "ROUTINE"
    triggers: tuple[str, ...] = ()  # findings that propose it
    active: bool = True
    by: str = ""  # who filed this version
    at_utc: int = 0
    citation: str = ""


def shipped(row: TableRow) -> Template:
    """The template that a row of table ``query_templates`` says."""
    more = row.more
    wording = Wording(
        row.text, str(more.get("kind", "")), str(more.get("purpose", "")), str(more.get("question", "")),
        listed(more.get("options")), tuple(Indicator(text) for text in listed(more.get("indicators"))),
        listed(more.get("target")),
    )  # fmt: skip
    return Template(
        row.code, 0, wording, str(more.get("to", To.ATTENDING)), str(more.get("priority", "ROUTINE")),
        listed(more.get("triggers")), citation=row.citation,
    )  # fmt: skip


# When it is due --------------------------------------------------------------------------------------------

DUE: Final = "query_due"
ESCALATION: Final = "query_escalation"


def due_day(table: CodeTable, priority: str, sent: date, closures: Collection[date] = ()) -> date | None:
    """The last day on which an answer to a query sent on ``sent`` is in time, by table ``query_due``.

    None where the facility holds no clock for the priority.
    """
    row = table.find(priority, sent.isoformat())
    return deadlines.due(deadlines.clock(row), sent, closures=closures) if row else None


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the escalation: which act, on which day at the latest, and who is told."""

    number: int
    act: Act
    on: date
    to: str


def ladder(table: CodeTable, due: date, closures: Collection[date] = ()) -> list[Rung]:
    """The steps of the escalation of a query that is due on ``due``, in their order, by table ``query_escalation``."""
    found = []
    for row in table.on(due.isoformat()):
        on = deadlines.due(deadlines.clock(row), due, closures=closures)
        act = str(row.more.get("act", ""))
        if on is not None and row.code.isdecimal() and act in (Act.REMIND, Act.ESCALATE):
            found.append(Rung(int(row.code), Act(act), on, row.text))
    return sorted(found, key=lambda rung: (rung.on, rung.number))


def rung_due(rungs: Iterable[Rung], taken: int, today: date) -> Rung | None:
    """The farthest step that has come by ``today`` and is beyond number ``taken``: what was slept through is passed."""
    return next((rung for rung in reversed(list(rungs)) if rung.on <= today and rung.number > taken), None)


# What came of it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """The codes of an abstract and what they group to. Diagnoses with POA, the principal first, then procedures."""

    dx: tuple[tuple[str, str], ...] = ()
    px: tuple[str, ...] = ()
    drg: str = ""
    weight_ten_thousandths: int | None = None


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A code that is another one, or another POA or place, than it was."""

    code: str
    said: str  # such as added, removed, POA N to Y, principal
    procedure: bool = False

    @property
    def shown(self) -> str:
        """The code as people write it."""
        return self.code if self.procedure else dotted(self.code)


def standing(record: Mapping[str, str], drg: str, weight_ten_thousandths: int | None = None) -> Standing:
    """The codes of an abstract's record beside what it groups to."""
    rows = rows_of(record)
    dx = [(row["code"], row.get("poa", "")) for row in rows.get("diagnoses", {}).values() if row.get("code")]
    px = [row["code"] for row in rows.get("procedures", {}).values() if row.get("code")]
    return Standing(tuple(dx), tuple(px), drg, weight_ten_thousandths)


def code_changes(before: Standing, after: Standing) -> list[CodeChange]:
    """What differs between two standings, code by code: removed, added, another POA, another principal diagnosis."""
    old, new = dict(before.dx), dict(after.dx)
    found = [CodeChange(code, "removed") for code in old if code not in new]
    found += [
        CodeChange(code, f"added, POA {poa}" if poa else "added")
        for code, poa in new.items()
        if code not in old
    ]
    found += [
        CodeChange(code, f"POA {old[code] or 'blank'} to {poa or 'blank'}")
        for code, poa in new.items()
        if code in old and old[code] != poa
    ]
    if before.dx and after.dx and before.dx[0][0] != after.dx[0][0]:
        found.append(CodeChange(after.dx[0][0], f"principal, before {dotted(before.dx[0][0])}"))
    found += [CodeChange(code, "removed", True) for code in before.px if code not in after.px]
    found += [CodeChange(code, "added", True) for code in after.px if code not in before.px]
    return found


# The list --------------------------------------------------------------------------------------------------

WHICH: Final[Mapping[str, str]] = {
    "OPEN": "not answered yet, and answers to take up", "DUE": "waiting for an answer, not late",
    "OVERDUE": "late", "ANSWERED": "answered, the abstract not filed since", "DRAFT": "not sent",
    "MINE": "raised by you and not settled", "ALL": "every one, void ones too",
}  # fmt: skip
ORDERS: Final[Mapping[str, str]] = {
    "DUE": "due day", "ASKED": "asked first", "PHYSICIAN": "physician", "ACCOUNT": "account", "NEWEST": "newest first",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """What of the queries is asked for, and in which order."""

    which: str = "OPEN"
    physician: str = ""
    account: str = ""
    order: str = "DUE"

    def __str__(self) -> str:
        words = [self.which]
        words += [f"PHYSICIAN={self.physician}"] * bool(self.physician)
        words += [f"ACCOUNT={self.account}"] * bool(self.account)
        return " ".join([*words, *[f"SORT={self.order}"] * (self.order != "DUE")])


FIRST: Final = Listed()


class NotUnderstood(Told):
    """A word of the line is not known; one sentence."""


def read_line(line: str, base: Listed = FIRST) -> Listed:
    """What a line such as ``OVERDUE PHYSICIAN=GREEN SORT=ASKED`` asks for; a bare word that is none is an account.

    Raises ``NotUnderstood``.
    """
    found = base
    for word in line.split():
        name, mark, value = word.partition("=")
        upper = name.upper()
        if not mark:
            found = (
                replace(found, which=upper) if upper in WHICH else replace(found, account=word, which="ALL")
            )
        elif upper == "PHYSICIAN":
            found = replace(found, physician=value.upper())
        elif upper == "ACCOUNT":
            found = replace(found, account=value)
        elif upper == "SORT" and value.upper() in ORDERS:
            found = replace(found, order=value.upper())
        else:
            raise NotUnderstood(
                f"{word} asks for nothing here: key {', '.join(WHICH)}, PHYSICIAN=X, ACCOUNT=X, or SORT= and one of"
                f" {', '.join(ORDERS)}."
            )
    return found
