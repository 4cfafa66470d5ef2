"""The steps of an abstract's life: each is asked of rules/lifecycle.py, written here alone, and kept for good.

Tables: the status in ``data_case``, the days on the account, ``abstract_cycle`` and ``abstract_step``. Everything
works inside the caller's transaction; the acts are in abstract_release.py and transmissions.py beside it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.changes import Source
from db.connect import database
from db.schema.abstract_cycle import AbstractStep
from db.schema.hospital import Encounter
from rules.feed_differences import item_of
from rules.findings import Finding, Told
from rules.lifecycle import Act, Status, ask
from rules.moments import moment_at

CODED: Final = frozenset({"diagnoses", "procedures", "external_causes", "admitting_diagnosis"})
"""Items of coding: when one of them is touched the discharge is to be coded again."""
UNDONE: Final = "undo"  # in the history: no act of the table, for it takes back one that should not have been


class NotAllowed(Told):
    """The life cycle does not permit the act; one sentence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an abstract stands now."""

    case_id: int
    encounter_id: int
    patient_id: int
    number: str  # the account when it was first filed
    status: Status
    revision: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was taken, in local time."""

    at: str
    by: str
    act: str
    before: str
    after: str
    reason: str
    revision: int


def standing(case_id: int) -> Standing:
    """Where an abstract stands. Raises ``KeyError``."""
    row = database.execute_sql(
        "SELECT id, encounter_id, patient_id, number, status, revision FROM data_case WHERE id = ?",
        (case_id,),
    ).fetchone()
    if row is None:
        raise KeyError(case_id)
    id_, encounter_id, patient_id, number, status, revision = row
    return Standing(id_, encounter_id, patient_id, number, Status(status), revision)


def follow(case_id: int, act: Act, reason: str, source: Source, items: Collection[str] = ()) -> Status:
    """Take a step that follows from something else: a late change, a refusal by the receiver, a return.

    ``items`` are those that it is about. Raises ``NotAllowed``.
    """
    here = standing(case_id)
    answer = ask(here.status, act, {"service", "supervisor", "technician"}, reason=reason)
    if answer.to is None:
        raise NotAllowed(answer.sentence)
    take(here, act, answer.to, reason, source, items=items)
    return answer.to


def asked(
    here: Standing, act: Act, roles: Iterable[str], findings: Iterable[Finding] = (), reason: str = ""
) -> Status:
    """Where an act would lead. Raises ``NotAllowed`` with the sentence of the table."""
    answer = ask(here.status, act, frozenset(map(str, roles)), findings=findings, reason=reason)
    if answer.to is None:
        raise NotAllowed(answer.sentence)
    return answer.to


def take(
    here: Standing, act: Act, to: Status, reason: str, source: Source, *, items: Collection[str] = (),
    transmission_id: int | None = None,
) -> None:  # fmt: skip
    """Write a step that was asked for: status, marks of the account, and the row of its history."""
    now, today = int(time.time()), store.current().now().day
    if to not in (here.status, Status.NEW):
        database.execute_sql("UPDATE data_case SET status = ? WHERE id = ?", (to, here.case_id))
    if to is Status.OPEN and here.status is not Status.OPEN:
        mark_abstracted(here.encounter_id, None)
    if to is Status.OPEN and not CODED.isdisjoint(map(item_of, items)):
        mark_coded(here.encounter_id, None)
    columns: dict[str, Any] = {}
    if to is Status.OPEN:
        columns = {"completed_utc": None, "completed_by": "", "released_utc": None, "released_day": None,
                   "released_by": ""}  # fmt: skip
    if act is Act.COMPLETE:
        columns = {"completed_utc": now, "completed_by": source.by}
    elif act is Act.RELEASE:
        columns = {"released_utc": now, "released_day": today, "released_by": source.by}
    elif act is Act.TRANSMIT:
        columns = {"transmission_id": transmission_id, "accepted_utc": None}
    elif act is Act.ACCEPT:
        columns = {"accepted_utc": now}
    _note(here.case_id, columns)
    AbstractStep.add({
        "case_id": here.case_id, "revision": here.revision, "act": act, "before": here.status, "after": to,
        "reason": reason, "at_utc": now, "by": source.by, "origin": source.origin, "transmission_id": transmission_id,
    })  # fmt: skip


def go_back(case_id: int, left: str, reason: str, source: Source) -> None:
    """Say in the history that an abstract, whose status and marks were put back already, stands where it stood before
    something that was a mistake. ``left`` is the status that it had meanwhile."""
    here = standing(case_id)
    AbstractStep.add({
        "case_id": case_id, "revision": here.revision, "act": UNDONE, "before": left, "after": here.status,
        "reason": reason, "at_utc": int(time.time()), "by": source.by, "origin": source.origin, "transmission_id": None,
    })  # fmt: skip


def mark_abstracted(encounter_id: int, day: int | None) -> None:
    """Note the day on which the abstract was completed; None takes it off the mark again."""
    Encounter.change(encounter_id, {"abstracted_day": day})


def mark_coded(encounter_id: int, day: int | None) -> None:
    """Note the day on which coding was completed; None takes it off the mark again."""
    Encounter.change(encounter_id, {"coded_day": day})


def is_at_receiver(case_id: int) -> bool:
    """Whether the receiver has the abstract: the batch that it went with last did not come back rejected."""
    row = database.execute_sql(
        "SELECT outcome FROM abstract_sent WHERE case_id = ? ORDER BY transmission_id DESC LIMIT 1",
        (case_id,),
    ).fetchone()
    return row is not None and row[0] != "rejected"


def _note(case_id: int, columns: dict[str, Any]) -> None:
    if not columns:
        return
    database.execute_sql(
        "INSERT INTO abstract_cycle (case_id, fed, heard) SELECT id, '', '' FROM data_case WHERE id = ?"
        " ON CONFLICT (case_id) DO NOTHING",
        (case_id,),
    )
    written = ", ".join(f"{name} = ?" for name in columns)
    database.execute_sql(
        f"UPDATE abstract_cycle SET {written} WHERE case_id = ?", (*columns.values(), case_id)
    )


def steps(case_id: int) -> list[Step]:
    """The history of an abstract, newest first."""
    zone = store.current().zone
    rows = database.execute_sql(
        "SELECT at_utc, by, act, before, after, reason, revision FROM abstract_step WHERE case_id = ?"
        " ORDER BY id DESC",
        (case_id,),
    )
    return [Step(moment_at(utc, zone).local, *rest) for utc, *rest in rows]


def why_open(case_id: int) -> str:
    """Why an abstract that was complete is open again: the reasons since it was last complete, oldest first."""
    found: list[str] = []
    rows = database.execute_sql(
        "SELECT act, after, reason FROM abstract_step WHERE case_id = ? ORDER BY id DESC LIMIT 20", (case_id,)
    )
    for act, after, reason in rows:
        if after != Status.OPEN:
            break
        if reason and act != Act.KEEP:
            found.append(reason)
    return " ".join(reason if reason.endswith(".") else f"{reason}." for reason in reversed(found))
