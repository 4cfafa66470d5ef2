"""The life cycle of a discharge abstract: one table says what may be done to it, by whom, and what it is then.

1. Every pair of status and act is in the table: it leads to a status, or it is refused in one sentence.
2. An act that needs a clean record is refused while an error stands against it; what was complete or released
   and turns out not to be is opened again, never sent on.
3. Released and transmitted abstracts are read-only: they are reopened first, with a reason.

Statuses and steps are those of the VA Patient Treatment File (PIMS 5.3 PTF manual): open, closed, released,
transmitted; here a closed abstract is called complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.findings import Finding, Level


class Status(StrEnum):
    """Where an abstract stands. The value is the status of its record in the store."""

    NEW = ""  # not filed yet
    OPEN = "open"  # keyed; something stands against it, or it was left open
    COMPLETE = "complete"  # nothing stands against it
    RELEASED = "released"  # a supervisor let it go
    TRANSMITTED = "transmitted"  # it is in a batch for the receiver


class Act(StrEnum):
    """What may be done to an abstract. The value is the word in its history."""

    KEEP = "file"  # filed and left open
    COMPLETE = "complete"  # filed, and nothing stands against it
    RELEASE = "release"
    TRANSMIT = "transmit"
    REOPEN = "reopen"  # by a person
    FAIL = "fail"  # an edit stands against it at a later step
    CHANGE = "change"  # the feed, the movements or the registration say something else now
    REJECT = "reject"  # by the receiver
    ACCEPT = "accept"  # by the receiver
    RETURN = "return"  # by billing
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Transition:
    """What an act leads to. ``reason``: it has to be said why. ``clean``: no error may stand against the record."""

    to: Status
    clean: bool = False
    reason: bool = False


TECHNICIANS: Final = frozenset({"technician", "coder", "supervisor"})
SUPERVISORS: Final = frozenset({"supervisor"})
SENDERS: Final = frozenset({"supervisor", "service"})
ANYBODY: Final = frozenset(
    {"technician", "coder", "registrar", "roi", "supervisor", "privacy officer", "administrator", "service"}
)

MAY: Final[Mapping[Act, frozenset[str]]] = {
    Act.KEEP: TECHNICIANS,
    Act.COMPLETE: TECHNICIANS,
    Act.RELEASE: SUPERVISORS,
    Act.TRANSMIT: SENDERS,
    Act.REOPEN: SUPERVISORS,
    Act.FAIL: SENDERS,  # found by whoever releases or transmits
    Act.CHANGE: ANYBODY,  # follows from a change that was permitted
    Act.REJECT: SENDERS,
    Act.ACCEPT: SENDERS,
    Act.RETURN: TECHNICIANS | SENDERS,
    Act.VOID: TECHNICIANS,
}
"""Roles that may do an act, in any status that permits it."""

_READ_ONLY = "the abstract is {status}: read only until a supervisor reopens it (REOPEN)"
_UNFILED = "the abstract is not filed yet"
_NOT_COMPLETE = "the abstract is not complete: file it without errors first"
_NOT_RELEASED = "the abstract is not released: release it first"
_NOT_SENT = "the abstract was not transmitted, so the receiver cannot have answered it"

_OPENED = Transition(Status.OPEN, reason=True)

TABLE: Final[Mapping[tuple[Status, Act], Transition | str]] = {
    (Status.NEW, Act.KEEP): Transition(Status.OPEN),
    (Status.NEW, Act.COMPLETE): Transition(Status.COMPLETE, clean=True),
    (Status.NEW, Act.RELEASE): _UNFILED,
    (Status.NEW, Act.TRANSMIT): _UNFILED,
    (Status.NEW, Act.REOPEN): _UNFILED,
    (Status.NEW, Act.FAIL): _UNFILED,
    (Status.NEW, Act.CHANGE): _UNFILED,
    (Status.NEW, Act.REJECT): _UNFILED,
    (Status.NEW, Act.ACCEPT): _UNFILED,
    (Status.NEW, Act.RETURN): _UNFILED,
    (Status.NEW, Act.VOID): _UNFILED,
    (Status.OPEN, Act.KEEP): Transition(Status.OPEN),
    (Status.OPEN, Act.COMPLETE): Transition(Status.COMPLETE, clean=True),
    (Status.OPEN, Act.RELEASE): _NOT_COMPLETE,
    (Status.OPEN, Act.TRANSMIT): _NOT_COMPLETE,
    (Status.OPEN, Act.REOPEN): "the abstract is open already",
    (Status.OPEN, Act.FAIL): Transition(Status.OPEN, reason=True),
    (Status.OPEN, Act.CHANGE): Transition(Status.OPEN, reason=True),
    (Status.OPEN, Act.REJECT): Transition(Status.OPEN, reason=True),  # opened again before the answer came
    (Status.OPEN, Act.ACCEPT): Transition(Status.OPEN),
    (Status.OPEN, Act.RETURN): Transition(Status.OPEN, reason=True),
    (Status.OPEN, Act.VOID): Transition(Status.NEW, reason=True),
    (Status.COMPLETE, Act.KEEP): Transition(Status.OPEN, reason=True),
    (Status.COMPLETE, Act.COMPLETE): Transition(Status.COMPLETE, clean=True, reason=True),
    (Status.COMPLETE, Act.RELEASE): Transition(Status.RELEASED, clean=True),
    (Status.COMPLETE, Act.TRANSMIT): _NOT_RELEASED,
    (Status.COMPLETE, Act.REOPEN): _OPENED,
    (Status.COMPLETE, Act.FAIL): _OPENED,
    (Status.COMPLETE, Act.CHANGE): _OPENED,
    (Status.COMPLETE, Act.REJECT): _OPENED,
    (Status.COMPLETE, Act.ACCEPT): Transition(Status.COMPLETE),
    (Status.COMPLETE, Act.RETURN): _OPENED,
    (Status.COMPLETE, Act.VOID): Transition(Status.NEW, reason=True),
    (Status.RELEASED, Act.KEEP): _READ_ONLY,
    (Status.RELEASED, Act.COMPLETE): _READ_ONLY,
    (Status.RELEASED, Act.RELEASE): "the abstract is released already",
    (Status.RELEASED, Act.TRANSMIT): Transition(Status.TRANSMITTED, clean=True),
    (Status.RELEASED, Act.REOPEN): _OPENED,
    (Status.RELEASED, Act.FAIL): _OPENED,
    (Status.RELEASED, Act.CHANGE): _OPENED,
    (Status.RELEASED, Act.REJECT): _OPENED,
    (Status.RELEASED, Act.ACCEPT): Transition(Status.RELEASED),
    (Status.RELEASED, Act.RETURN): _OPENED,
    (Status.RELEASED, Act.VOID): _READ_ONLY,
    (Status.TRANSMITTED, Act.KEEP): _READ_ONLY,
    (Status.TRANSMITTED, Act.COMPLETE): _READ_ONLY,
    (Status.TRANSMITTED, Act.RELEASE): "the abstract is transmitted already",
    (Status.TRANSMITTED, Act.TRANSMIT): (
        "the abstract is transmitted already: repeat its batch, or reopen it to send a correction"
    ),
    (Status.TRANSMITTED, Act.REOPEN): _OPENED,
    (Status.TRANSMITTED, Act.FAIL): _OPENED,
    (Status.TRANSMITTED, Act.CHANGE): _OPENED,
    (Status.TRANSMITTED, Act.REJECT): _OPENED,
    (Status.TRANSMITTED, Act.ACCEPT): Transition(Status.TRANSMITTED),
    (Status.TRANSMITTED, Act.RETURN): _OPENED,
    (Status.TRANSMITTED, Act.VOID): _READ_ONLY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the table says about an act: where it leads, or the sentence in which it is refused."""

    to: Status | None
    sentence: str = ""

    @property
    def refused(self) -> bool:
        return self.to is None


def ask(
    status: str, act: Act, roles: Collection[str], *, findings: Iterable[Finding] = (), reason: str = ""
) -> Answer:
    """Whether ``act`` may be done to an abstract in ``status`` by somebody in ``roles``.

    ``findings`` are those of the record as it stands; one that was overridden stands in nobody's way. The sentence
    is for the user.
    """
    found = TABLE[Status(status), act]
    if isinstance(found, str):
        return Answer(None, _sentence(found.format(status=status)))
    if MAY[act].isdisjoint(roles):
        wanted = " or ".join(sorted(MAY[act] - {"service"}))
        return Answer(None, f"To {act} an abstract takes the role {wanted}.")
    if found.reason and not reason.strip():
        return Answer(None, f"To {act} an abstract that is {status or 'new'} takes a reason: say why.")
    wrong = in_the_way(findings)
    if found.clean and wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Answer(None, f"{wrong[0].code} stands against the abstract{more}: {wrong[0].message}")
    return Answer(found.to)


def reason_asked(status: str, act: Act) -> bool:
    """Whether an act in this status takes a reason."""
    found = TABLE[Status(status), act]
    return isinstance(found, Transition) and found.reason


def read_only(status: str) -> str:
    """Why an abstract in this status cannot be changed, in words; blank when it can."""
    found = TABLE[Status(status), Act.KEEP]
    return _sentence(found.format(status=status)) if isinstance(found, str) else ""


def is_open(status: str) -> bool:
    """Whether work is still to be done before the abstract can be released."""
    return Status(status) in (Status.NEW, Status.OPEN)


def has_gone(status: str) -> bool:
    """Whether the abstract has left the technician's hands: nothing but a reopening changes it."""
    return bool(read_only(status))


def in_the_way(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with which an abstract cannot be complete: errors that nobody let stand."""
    return [each for each in findings if each.level in (Level.FATAL, Level.ERROR) and not each.overridden]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
