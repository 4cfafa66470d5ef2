"""Abstracts released, reopened and returned: acts of the life cycle, the edits run anew before each.

A batch takes its records one by one: one that an edit stands against is opened again with the reason and listed,
the rest goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from config.data_sets import SITE, dictionary_for, library
from db import store
from db.abstracting import abstract_returns, abstracts, lifecycle, rule_context
from db.abstracting.abstract_returns import Kind, Reason
from db.abstracting.abstracts import DATA_SET, AbstractRecord
from db.abstracting.lifecycle import NotAllowed
from db.actors import Action, Actor
from db.acts import Conflict, act, permit, viewed
from db.changes import Source
from db.connect import database
from db.hospital import encounters
from db.queries import queries
from rules.abstract_findings import record_findings
from rules.dictionary import Dictionary
from rules.findings import Finding
from rules.identity import Name, shown_name
from rules.lifecycle import Act, Status, in_the_way
from rules.moments import Moment
from rules.tables import Tables

if TYPE_CHECKING:
    from db.coding.codes import CodeStore

MOST_SAID: Final = 3  # findings that a reason names


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one abstract of a batch: its status now, and the sentence if it did not go on."""

    account: str
    status: Status
    sentence: str = ""

    @property
    def went_on(self) -> bool:
        return not self.sentence


@dataclass(frozen=True, slots=True)
class WaitingAbstract:
    """An abstract that waits for a step, in a list."""

    case_id: int
    encounter_id: int
    account: str
    mrn: str
    patient_name: str
    discharged_at: str
    discharge_day: int
    unit: str
    service: str
    payer: str
    filed_utc: int
    filed_by: str

    @property
    def key(self) -> tuple[int, int]:
        return (self.filed_utc, self.case_id)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which abstracts of a status are listed; blank or None asks for all."""

    from_day: int | None = None  # of discharge
    to_day: int | None = None
    unit: str = ""
    service: str = ""
    payer: str = ""
    filed_by: str = ""
    released_from: int | None = None
    released_to: int | None = None


EVERY: Final = Filter()


class Checker:
    """All edits of abstracts, as the form runs them; ``tables`` and ``codes`` as for the rules of a session."""

    def __init__(self, tables: Tables, codes: CodeStore | None) -> None:
        self._context = rule_context.context(tables, codes)

    def findings(self, opened: AbstractRecord, dictionary: Dictionary) -> list[Finding]:
        """What stands against an abstract as it is now, reasons for which it came back too."""
        found = record_findings(dictionary, opened.record, self._context)
        if opened.case is not None:
            found += abstract_returns.findings(abstract_returns.of_case(opened.case.id), opened.record)
        return found


def read(encounter_id: int) -> tuple[AbstractRecord, Dictionary]:
    """An abstract as it stands, with the version of the data set that it was filed under.

    What a later version has come to ask stands against it only once it is filed again.
    """
    stay, directory = encounters.get(encounter_id), store.current().directory
    dictionary = dictionary_for(DATA_SET, stay.discharged_at[:10], directory)
    opened = abstracts.read(stay, dictionary)
    if opened.case is None or opened.case.version == dictionary.version:
        return opened, dictionary
    try:
        dictionary = library(directory / SITE).version(DATA_SET, opened.case.version)
    except LookupError:  # it is not here any more
        return opened, dictionary
    return abstracts.read(stay, dictionary), dictionary


def release(actor: Actor, encounter_id: int, check: Checker) -> Result:
    """Release one complete abstract: one audited act. With an error against it, it is opened again instead.

    Raises ``NotPermitted``, ``NotAllowed``.
    """
    opened, dictionary = read(encounter_id)
    stay, findings = opened.encounter, check.findings(opened, dictionary)
    with act(
        actor, Action.RELEASE_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        here = _standing(opened)
        _not_in_hand(actor, stay.account)
        _nothing_asked(stay.id)
        source = Source(actor.user)
        wrong = in_the_way(findings)
        if wrong and here.status is Status.COMPLETE:
            reason = not_clean("Not released", wrong)
            to = lifecycle.asked(here, Act.FAIL, actor.roles, reason=reason)
            lifecycle.take(here, Act.FAIL, to, reason, source, items=[each.field for each in wrong])
        else:
            reason = ""
            to = lifecycle.asked(here, Act.RELEASE, actor.roles, findings)
            lifecycle.take(here, Act.RELEASE, to, "", source)
        done.changed({"status": str(here.status)}, {"status": str(to)})
        if reason:
            done.detail["reason"] = reason
    return Result(stay.account, to, reason)


def release_all(actor: Actor, encounter_ids: Iterable[int], check: Checker) -> Iterator[Result]:
    """Release a batch, one act each. What cannot be released is said in its result."""
    permit(actor, Action.RELEASE_ABSTRACT, kind="list", record="release")
    for encounter_id in encounter_ids:
        try:
            yield release(actor, encounter_id, check)
        except (NotAllowed, Conflict) as refused:
            stay = encounters.get(encounter_id)
            yield Result(stay.account, read(encounter_id)[0].status, str(refused))


def reopen(actor: Actor, encounter_id: int, reason: str) -> None:
    """Open an abstract again: one audited act. Raises ``NotPermitted``, ``NotAllowed`` (without a reason too)."""
    stay = encounters.get(encounter_id)
    opened, _ = read(encounter_id)
    with act(
        actor, Action.REOPEN_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        here = _standing(opened)
        to = lifecycle.asked(here, Act.REOPEN, actor.roles, reason=reason)
        lifecycle.take(here, Act.REOPEN, to, reason, Source(actor.user))
        done.changed({"status": str(here.status)}, {"status": str(to)})
        done.detail["reason"] = reason


def returned(actor: Actor, encounter_id: int, reasons: Sequence[Reason], *, origin: str = "screen") -> None:
    """Billing returns an abstract: one audited act; it opens again. Raises ``NotPermitted``, ``NotAllowed``."""
    opened, _ = read(encounter_id)
    stay = opened.encounter
    with act(
        actor, Action.RETURN_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        here = _standing(opened)
        if not any(each.message.strip() for each in reasons):
            raise NotAllowed("Say why billing returned it: RETURN and the reason.")
        lifecycle.asked(here, Act.RETURN, actor.roles, reason="said")
        abstract_returns.send_back(actor, here.case_id, Kind.BILLING, reasons, opened.record, origin=origin)
        done.changed({"status": str(here.status)}, {"status": str(Status.OPEN)})
        done.detail["reasons"] = [f"{each.code} {each.message} {each.item}".strip() for each in reasons]


def not_clean(what: str, wrong: Sequence[Finding]) -> str:
    """The reason why an abstract was opened again: what stands against it."""
    said = " ".join(f"{each.code} {each.message}" for each in wrong[:MOST_SAID])
    more = f" And {len(wrong) - MOST_SAID} more." if len(wrong) > MOST_SAID else ""
    return f"{what}: {said}{more}"


def _standing(opened: AbstractRecord) -> lifecycle.Standing:
    if opened.case is None:
        raise NotAllowed("The abstract is not filed yet.")
    here = lifecycle.standing(opened.case.id)
    if here.revision != opened.case.revision:
        raise Conflict("Somebody filed this abstract meanwhile: look at it again.")
    return here


def _nothing_asked(encounter_id: int) -> None:
    """Refuse to let go what a physician was asked about and has not answered."""
    waiting = queries.not_answered(encounter_id)
    if waiting:
        number, provider = waiting[0]
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        whom = f"{provider or 'the attending'}{more}"
        raise NotAllowed(f"Query {number} to {whom} is not answered: QRS {number} ANSWER (or NO ANSWER).")


def _not_in_hand(actor: Actor, account: str) -> None:
    """Refuse to let go what somebody else is changing now."""
    row = database.execute_sql(
        "SELECT u.name FROM record_lock l JOIN user u ON u.id = l.user_id WHERE l.kind = 'abstract'"
        " AND l.record_id = ? AND l.user_id <> ? AND l.expires_utc > ?",
        (account, actor.user_id, int(time.time())),
    ).fetchone()
    if row:
        raise NotAllowed(f"{row[0]} is changing this abstract now.")


# Lists ----------------------------------------------------------------------------------------------------

_SELECT: Final = (
    "SELECT c.id, e.id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, e.discharged_utc,"
    " e.discharged_offset, coalesce(e.discharge_day, 0), coalesce(u.code, ''), coalesce(s.code, ''),"
    " coalesce(y.code, ''), c.filed_utc, c.filed_by FROM data_case c JOIN encounter e ON e.id = c.encounter_id"
    " JOIN patient p ON p.id = c.patient_id LEFT JOIN unit u ON u.id = e.unit_id"
    " LEFT JOIN service s ON s.id = e.service_id LEFT JOIN payer y ON y.id = e.payer_id"
)


def in_status(
    status: Status, asked: Filter = EVERY, after: tuple[int, int] | None = None, limit: int = 50
) -> list[WaitingAbstract]:
    """Abstracts in a status, first filed first; ``after`` is the ``key`` of the last one shown."""
    where, values = _where(asked)
    joined = " JOIN abstract_cycle z ON z.case_id = c.id" if "z." in where else ""
    rows = database.execute_sql(
        f"{_SELECT}{joined} WHERE c.data_set = ? AND c.status = ? AND c.void_utc IS NULL"
        f" AND (c.filed_utc, c.id) > (?, ?){where} ORDER BY c.filed_utc, c.id LIMIT ?",
        (DATA_SET, status, *(after or (0, 0)), *values, limit),
    )
    return [_waiting(row) for row in rows]


def count(status: Status) -> int:
    """How many abstracts are in a status."""
    row = database.execute_sql(
        "SELECT count(*) FROM data_case WHERE data_set = ? AND status = ? AND void_utc IS NULL",
        (DATA_SET, status),
    ).fetchone()
    return int(row[0])


def open_list(actor: Actor, status: Status) -> None:
    """Log that the list of abstracts in a status is shown."""
    viewed(actor, Action.VIEW_ABSTRACT, kind="list", record=str(status), detail={"count": count(status)})


def _where(asked: Filter) -> tuple[str, list[object]]:
    parts: Sequence[tuple[str, object]] = (
        ("e.discharge_day >= ?", asked.from_day), ("e.discharge_day <= ?", asked.to_day),
        ("u.code = ?", asked.unit), ("s.code = ?", asked.service), ("y.code = ?", asked.payer),
        ("c.filed_by = ?", asked.filed_by), ("z.released_day >= ?", asked.released_from),
        ("z.released_day <= ?", asked.released_to),
    )  # fmt: skip
    chosen = [(text, value) for text, value in parts if value not in ("", None)]
    return "".join(f" AND {text}" for text, _ in chosen), [value for _, value in chosen]


def _waiting(row: tuple[Any, ...]) -> WaitingAbstract:
    case_id, encounter_id, account, mrn, last, first, middle, suffix, utc, offset, *rest = row
    at = "" if utc is None else Moment(utc, offset or 0, 0).local
    return WaitingAbstract(
        case_id, encounter_id, account, mrn, shown_name(Name(last, first, middle, suffix)), at, *rest
    )
