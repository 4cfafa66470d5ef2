"""How anything is done to the store: permission, change, version check and audit row in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from db import store
from db.access import sign_on_log, standing
from db.actors import Action, Actor, Role
from db.connect import StoreError, database, writing
from db.worklist import blind
from rules.findings import SessionOver, Told

EMERGENCY: Final = frozenset({Action.VIEW_PATIENT, Action.VIEW_ENCOUNTER, Action.VIEW_ABSTRACT})
"""What broken glass opens, of the one patient."""
OVERSIGHT: Final = frozenset(
    {Action.VIEW_AUDIT, Action.MARK_SENSITIVE, Action.OPEN_SENSITIVE, Action.BREAK_GLASS, Action.REVIEW_ALERT}
)
"""What shows nothing of the chart itself."""


class NotPermitted(Told):
    """The actor's roles do not permit the act. The refusal is in the audit trail."""


class ReasonNeeded(Told):
    """The chart is marked sensitive and this session has given no reason yet."""


class Conflict(Told):
    """Somebody else changed the record since it was read; nothing was changed."""


@dataclass(slots=True)
class Act:
    """An act under way: what it is about and what it changed, for its audit row."""

    action: Action
    kind: str = ""
    record: str = ""
    patient_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Note the items that differ, old and new."""
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        self.detail["before"] = {name: before.get(name) for name in names}
        self.detail["after"] = {name: after.get(name) for name in names}


@contextmanager
def act(
    actor: Actor, action: Action, *, kind: str = "", record: str = "", patient_id: int | None = None
) -> Iterator[Act]:
    """Do something: everything inside is one IMMEDIATE transaction with its audit row, or nothing at all.

    ``kind`` and ``record`` name the record as people know it (``account``, ``4711``); details can be added to
    the ``Act`` until the end. Raises ``NotPermitted``, ``StoreError`` (busy, read-only) and whatever the
    caller raises, in which case nothing is changed.
    """
    if database.in_transaction():
        raise RuntimeError("Acts do not nest: the inner one would be anchored before it is committed.")
    permit(actor, action, kind=kind, record=record, patient_id=patient_id)
    trail = store.current().trail_for_writing()
    done = Act(action, kind, record, patient_id)
    try:
        with writing():
            yield done
            state = trail.add(
                actor, done.action, kind=done.kind, record=done.record, patient_id=done.patient_id,
                detail=done.detail,
            )  # fmt: skip
    except Told as refused:
        with suppress(StoreError):  # the disk that refused the act may refuse its row, and has said so
            _note(actor, done, "failed", refused)
        raise
    trail.anchor(*state)


def _note(actor: Actor, tried: Act, outcome: str, why: Told | None = None) -> None:
    """Log an act that changed nothing, with the sentence in which it was refused."""
    trail = store.current().trail_for_writing()
    detail = {"why": str(why)} if why else None
    with writing():
        state = trail.add(
            actor, tried.action, kind=tried.kind, record=tried.record, patient_id=tried.patient_id,
            outcome=outcome, detail=detail,
        )  # fmt: skip
    trail.anchor(*state)


def permit(
    actor: Actor, action: Action, *, kind: str = "", record: str = "", patient_id: int | None = None
) -> None:
    """Raise ``NotPermitted``, and log the refusal, unless the actor's roles permit the act.

    Raises ``SessionOver``, logged likewise, for a session that was ended from elsewhere or has lasted too long.
    """
    try:
        standing.check()
    except SessionOver as over:
        if not store.current().tampered:
            _note(actor, Act(action, kind, record, patient_id), "denied", over)
        raise
    if actor.may(action) or (action in EMERGENCY and patient_id in store.current().opened_with_reason):
        return
    if not store.current().tampered:
        _note(actor, Act(action, kind, record, patient_id), "denied")
    held = ", ".join(sorted(actor.roles)) or "none"
    emergency = action in EMERGENCY and actor.may(Action.BREAK_GLASS)
    raise NotPermitted(
        f"{actor.user} may not {action}: roles held are {held}."
        + (f" In an emergency WHY {record} opens the chart with a reason." if emergency and record else "")
    )


def viewed(
    actor: Actor, action: Action, *, kind: str, record: str = "", patient_id: int | None = None,
    detail: Mapping[str, Any] | None = None, cases: Collection[int] = (),
) -> None:  # fmt: skip
    """Log that a record, or a list (query, count, hash of ids in ``detail``), is about to be shown.

    ``cases`` are the records of data sets (ids) whose content it shows. Raises ``KeptBlind`` for whoever has one of
    them in hand for a blind review. While the store is open for reading only the log beside it takes the line, until
    a good sign-on.
    """
    here = store.current()
    if here.tampered:
        permit(actor, action, kind=kind, record=record, patient_id=patient_id)
        blind.keep(actor.user, cases)
        sign_on_log.note(here.directory, sign_on_log.VIEWED, actor.user, f"{action}:{patient_id or 0}")
        return
    permit(actor, action, kind=kind, record=record, patient_id=patient_id)
    _guard(actor, action, patient_id)
    with act(actor, action, kind=kind, record=record, patient_id=patient_id) as seen:
        blind.keep(actor.user, cases)
        seen.detail.update(detail or {})


def _guard(actor: Actor, action: Action, patient_id: int | None) -> None:
    """Raise ``ReasonNeeded`` for a person who looks at a sensitive chart without having said why."""
    here = store.current()
    if patient_id is None or action in OVERSIGHT or Role.SERVICE in actor.roles:
        return
    if patient_id in here.opened_with_reason:
        return
    row = database.execute_sql(
        "SELECT s.class, p.mrn FROM sensitive_patient s JOIN patient p ON p.id = s.patient_id"
        " WHERE s.patient_id = ?",
        (patient_id,),
    ).fetchone()
    if row:
        raise ReasonNeeded(f"Chart {row[1]} is sensitive ({row[0]}): WHY {row[1]} asks for your reason.")
