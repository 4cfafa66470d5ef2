"""What is done to queries to physicians: kept, sent, reminded, escalated, answered, taken back. Each is an audited act.

The rules of wording are held to once more when a query is sent, whatever sent it. The work queue follows by triggers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import Act as Deed
from db.acts import Conflict, act
from db.connect import StoreError, database
from db.conventions import convention
from db.disclosure.closures import closing_days, tables
from db.hospital import encounters
from db.queries import effects
from db.queries.queries import KIND, Query, read
from rules import queries as rules
from rules.findings import Finding, Told
from rules.moments import day_number, iso_date
from rules.queries import Act, Outcome, Standing, Status, Wording
from rules.query_lint import PURPOSES, WORDS, Tables, in_the_way, lint, no_names
from rules.text import clean
from rules.values import is_date

if TYPE_CHECKING:
    from db.coding.codes import CodeStore

COUNTER: Final = "query"
LEGAL: Final = "legal record"


class NotDone(Told):
    """The query does not permit it, or its wording does not; one sentence."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(sentence)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Raised:
    """A query as it is keyed. ``provider`` is asked as attending, surgeon or consultant (``asked_as``)."""

    wording: Wording
    provider: str = ""
    asked_as: str = "ATTENDING"
    channel: str = "WRITTEN"
    priority: str = "ROUTINE"
    template: str = ""
    template_version: int = 0
    finding: str = ""  # about the abstract, from which it was raised
    path: str = ""  # of the item that it is about
    code: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """An answer as it is keyed: who gave it when, what came of it, and the words of it verbatim."""

    outcome: str = ""
    answerer: str = ""
    said: str = ""


def rule_tables(codes: CodeStore | None = None) -> Tables:
    """What the rules of wording read, with the facility's own rows, as of today; with ``codes`` also the names by
    which conditions go, each text looked through once.
    """
    here, day = tables(), iso_date(store.current().now().day)
    names = lru_cache(maxsize=200)(codes.diagnoses_named) if codes else no_names
    return Tables(here[WORDS], here[PURPOSES], day, names)


def stay_days(stay: encounters.Encounter) -> tuple[str, str]:
    """First and last ISO day of a stay, as far as they are known."""
    return (stay.arrived_at or stay.admitted_at)[:10], stay.discharged_at[:10]


# Raise -----------------------------------------------------------------------------------------------------


def keep(actor: Actor, account: str, raised: Raised, *, number: str = "", expected_version: int = 0) -> Query:
    """Keep a query as a draft: a new one, or the draft with ``number``. Raises ``NotDone``, ``Conflict``."""
    with _raising(actor, account, number, expected_version) as (stay, before, done):
        _permit(before.status if before else Status.DRAFT, Act.KEEP)
        after = _write(actor, stay, raised, before)
        _note(actor, after, Act.KEEP, Status.DRAFT, Status.DRAFT)
        done.record = after.number
        done.changed(_said(before), _said(after))
    return after


def send(
    actor: Actor, account: str, raised: Raised, now: Standing, *, number: str = "", expected_version: int = 0,
    codes: CodeStore | None = None,
) -> Query:  # fmt: skip
    """Send a query: a new one, or the draft with ``number``. The account waits for its answer from now on.

    ``now``: codes and DRG as they stand; ``codes`` knows the names of conditions.
    Raises ``NotDone`` with the findings where the wording does not comply.
    """
    with _raising(actor, account, number, expected_version) as (stay, before, done):
        status = before.status if before else Status.DRAFT
        to = _permit(status, Act.SEND)
        _check(raised, stay, codes)
        after = _write(actor, stay, raised, before)
        due = rules.due_day(tables()[rules.DUE], raised.priority, _today(), closing_days())
        _change(after, {
            "status": to, "due_day": due.toordinal() if due else None,
            "in_record": int(convention("query_record") == LEGAL),
        })  # fmt: skip
        effects.begin(after.id, now)
        _note(actor, after, Act.SEND, status, to, to_whom=raised.provider)
        done.record, after = after.number, read(after.number)
        done.changed(_said(before), _said(after))
    return after


@contextmanager
def _raising(
    actor: Actor, account: str, number: str, expected_version: int
) -> Iterator[tuple[encounters.Encounter, Query | None, Deed]]:
    encounter_id = encounters.find(account.strip())
    if not encounter_id:
        raise StoreError(f"There is no account {clean(account)}.")
    stay = encounters.get(encounter_id)
    with act(actor, Action.FILE_QUERY, kind=KIND, record=number, patient_id=stay.patient_id) as done:
        before = read(number) if number else None
        if before is not None:
            _check_version(before, expected_version)
        done.detail["account"] = stay.account
        yield stay, before, done


def _check(raised: Raised, stay: encounters.Encounter, codes: CodeStore | None) -> None:
    """Raise ``NotDone`` while something stands against sending it."""
    days, today = stay_days(stay), iso_date(store.current().now().day)
    if days[0] > today:
        raise NotDone("The stay has not begun yet: nothing is documented that could be asked about.")
    found = in_the_way(lint(raised.wording, rule_tables(codes), stay=days))
    if not raised.provider.strip():
        raise NotDone("Say which physician is asked: F4 lists them.")
    if tables()[rules.DUE].find(raised.priority, today) is None:
        raise NotDone(f"{clean(raised.priority) or 'A blank'} is no priority: F4 lists them.")
    if found:
        more = f" And {len(found) - 1} more." if len(found) > 1 else ""
        raise NotDone(f"{found[0].code} {found[0].message}{more}", tuple(found))


def _write(actor: Actor, stay: encounters.Encounter, raised: Raised, before: Query | None) -> Query:
    said, now = raised.wording, store.current().now()
    columns = {
        "provider": clean(raised.provider.strip()), "title": clean(said.title.strip()), "kind": said.kind,
        "purpose": said.purpose, "question": clean(said.question.strip()),
        "options": _json([clean(option.strip()) for option in said.options if option.strip()]),
        "indicators": _json([[clean(each.text), clean(each.source), each.day] for each in said.indicators]),
        "target": _json(list(said.target)), "asked_as": raised.asked_as, "channel": raised.channel,
        "priority": raised.priority, "template": raised.template, "template_version": raised.template_version,
        "finding": clean(raised.finding), "path": raised.path, "code": raised.code, "asked_utc": now.utc,
        "asked_day": now.day, "asked_by": actor.user,
    }  # fmt: skip
    if before is not None:
        _change(before, columns)
        return read(before.number)
    number = f"Q{store.next_number(COUNTER):06d}"
    columns |= {"number": number, "encounter_id": stay.id, "status": Status.DRAFT}
    database.execute_sql(
        f"INSERT INTO work_query ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        tuple(columns.values()),
    )
    return read(number)


# Steps -----------------------------------------------------------------------------------------------------


def step(
    actor: Actor, number: str, wanted: Act, expected_version: int, *, day: str = "", reason: str = "",
    to_whom: str = "", replied: Replied = Replied(),
) -> Query:  # fmt: skip
    """One step of a query that was sent, or a draft made void. ``day``: ISO, today if blank.

    Raises ``NotDone``, ``Conflict``, ``NotPermitted``.
    """
    action = Action.CHASE_QUERY if wanted in (Act.REMIND, Act.ESCALATE) else Action.FILE_QUERY
    before = read(number)
    with act(actor, action, kind=KIND, record=before.number, patient_id=before.patient_id) as done:
        before = read(number)
        _check_version(before, expected_version)
        to, on = _permit(before.status, wanted, reason), _day(before, day)
        columns: dict[str, Any] = {"status": to}
        if wanted in (Act.ANSWER, Act.CORRECT):
            _check_reply(replied)
            columns |= {
                "outcome": replied.outcome, "answer": clean(replied.said), "answerer": clean(replied.answerer.strip()),
                "answered_utc": int(time.time()), "answered_day": on, "answered_by": actor.user, "settled_utc": None,
            }  # fmt: skip
            because = f"({reason.strip()})" if reason.strip() else ""
            reason = " ".join(filter(None, (because, replied.said.strip())))
        if wanted in (Act.CLOSE, Act.WITHDRAW, Act.VOID):
            columns["settled_utc"] = int(time.time())
        if wanted in (Act.REMIND, Act.ESCALATE) and before.late_by(store.current().now().day) > 0:
            columns["rung"] = rung.number if (rung := next_rung(before, wanted)) else before.rung
        _change(before, columns)
        _note(
            actor, before, wanted, before.status, to, day=on, to_whom=to_whom or _whom(before, wanted, replied),
            outcome=replied.outcome, text=reason,
        )  # fmt: skip
        after = read(before.number)
        done.changed(_said(before), _said(after))
        done.detail |= {"step": str(wanted)} | ({"reason": clean(reason)} if reason else {})
    return after


def _whom(before: Query, wanted: Act, replied: Replied) -> str:
    """Who was reminded, told or answered, where nothing else is said. Raises ``NotDone``."""
    if wanted is Act.REMIND:
        return before.provider
    if wanted is Act.ESCALATE:
        rung = next_rung(before, wanted)
        if rung is None:
            raise NotDone("Say who was told: the escalation of the facility has no further step.")
        return rung.to
    return replied.answerer.strip() if wanted in (Act.ANSWER, Act.CORRECT) else ""


def _check_reply(replied: Replied) -> None:
    if replied.outcome not in tuple(Outcome):
        raise NotDone(f"Say what came of it: {', '.join(Outcome)}.")
    if not replied.said.strip():
        raise NotDone("Key the physician's own words, or for no answer what was tried.")
    if not replied.answerer.strip() and replied.outcome != Outcome.NO_ANSWER:
        raise NotDone("Say who answered: F4 lists the physicians.")


def _day(before: Query, day: str) -> int:
    today = store.current().now().day
    if not day:
        return today
    if not is_date(day):
        raise NotDone(f"{clean(day)} is no day: key it as MMDDYYYY, or T.")
    on = day_number(day)
    if on > today:
        raise NotDone("A step is noted when it was done: the day is still to come.")
    if before.status is not Status.DRAFT and on < before.asked_day:
        raise NotDone("A step follows the query: the day is before it was sent.")
    return on


# Escalation ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chased:
    """A query of which the schedule took a step: which, and who is to be told."""

    number: str
    act: Act
    to_whom: str


def due_steps(today: int) -> list[tuple[Query, rules.Rung]]:
    """The step of the escalation that has come for each query that is late, the latest only."""
    rows = database.execute_sql(
        "SELECT number FROM work_query WHERE status IN ('sent', 'reminded', 'escalated') AND due_day < ? ORDER BY id",
        (today,),
    ).fetchall()
    table, closures, found = tables()[rules.ESCALATION], closing_days(), []
    for (number,) in rows:
        query = read(number)
        assert query.due_day is not None
        ladder = rules.ladder(table, date.fromordinal(query.due_day), closures)
        rung = rules.rung_due(ladder, query.rung, date.fromordinal(today))
        if rung is not None:
            found.append((query, rung))
    return found


def next_rung(query: Query, wanted: Act) -> rules.Rung | None:
    """The next step of the escalation of a query that is this act, whenever it is due; None where none is left.

    A reminder stands for no step behind an escalation that is still to come.
    """
    if query.due_day is None:
        return None
    ladder = rules.ladder(tables()[rules.ESCALATION], date.fromordinal(query.due_day), closing_days())
    left = [rung for rung in ladder if rung.number > query.rung]
    if wanted is Act.REMIND:
        left = list(takewhile(lambda rung: rung.act is Act.REMIND, left))
    return next((rung for rung in left if rung.act is wanted), None)


def chase(actor: Actor) -> list[Chased]:
    """Take the step of the escalation that has come for each query that is late: one audited act each."""
    done = []
    for query, rung in due_steps(store.current().now().day):
        whom = query.provider if rung.act is Act.REMIND and query.provider else rung.to
        with act(
            actor, Action.CHASE_QUERY, kind=KIND, record=query.number, patient_id=query.patient_id
        ) as row:
            before = read(query.number)
            if before.version != query.version:
                row.detail["left"] = "changed by somebody else meanwhile"
                continue
            to = _permit(before.status, rung.act)
            _change(before, {"status": to, "rung": rung.number})
            _note(
                actor,
                before,
                rung.act,
                before.status,
                to,
                to_whom=whom,
                text=f"step {rung.number} of the escalation",
            )
            row.detail |= {"step": str(rung.act), "rung": rung.number, "to": whom}
        done.append(Chased(query.number, rung.act, whom))
    return done


# Inside ----------------------------------------------------------------------------------------------------


def _permit(status: Status, wanted: Act, reason: str = "") -> Status:
    """Where the act leads. Raises ``NotDone``."""
    answer = rules.ask(status, wanted, reason)
    if answer.to is None:
        raise NotDone(answer.sentence)
    return answer.to


def _check_version(before: Query, expected: int) -> None:
    if before.version != expected:
        raise Conflict(f"{before.number} was changed by somebody else meanwhile: look at it again.")


def _change(query: Query, columns: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = ?" for name in columns)
    database.execute_sql(
        f"UPDATE work_query SET {names}, version = version + 1 WHERE id = ?", (*columns.values(), query.id)
    )


def _note(
    actor: Actor, query: Query, done: Act, before: Status, after: Status, *, day: int = 0, to_whom: str = "",
    outcome: str = "", text: str = "",
) -> None:  # fmt: skip
    database.execute_sql(
        "INSERT INTO query_step (query_id, at_utc, day, by, act, before, after, to_whom, outcome, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (query.id, int(time.time()), day or store.current().now().day, actor.user, done, before, after,
         clean(to_whom.strip()), outcome, clean(text.strip())),
    )  # fmt: skip


def _said(query: Query | None) -> dict[str, Any]:
    """What of a query the audit trail keeps, old and new."""
    if query is None:
        return {}
    return {
        "status": str(query.status), "provider": query.provider, "title": query.wording.title,
        "question": query.wording.question, "options": list(query.wording.options),
        "indicators": [each.text for each in query.wording.indicators], "due_day": query.due_day,
        "outcome": query.outcome, "answer": query.answer, "answerer": query.answerer,
    }  # fmt: skip


def _today() -> date:
    return date.fromordinal(store.current().now().day)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
