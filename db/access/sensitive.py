"""Sensitive charts and emergency access: one mechanism of reason, alert and review.

A chart marked employee, VIP, 38 USC 7332 or 42 CFR Part 2 asks whoever opens it for a reason; so does any chart
for somebody without the permission to look (45 CFR 164.312(a)(2)(ii), emergency access). Each opening alerts the
privacy officer, once a session and chart.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import act, permit, viewed
from db.connect import StoreError, database
from db.schema.privacy import PrivacyAlert, SensitivePatient
from rules.text import clean

CLASSES: Final = {
    "employee": "Employee or relative of one",
    "vip": "Person of public interest",
    "7332": "Substance use, HIV or sickle cell, 38 USC 7332",
    "part2": "Substance use disorder program, 42 CFR Part 2",
}
SHORTEST_REASON: Final = 5


@dataclass(frozen=True, slots=True)
class Alert:
    """A sensitive chart that was opened, or glass that was broken."""

    id: int
    at_utc: int
    action: str
    user: str
    where_from: str
    mrn: str
    patient_id: int
    class_: str
    reason: str
    reviewed_utc: int | None
    reviewed_by: str
    review: str


def class_of(patient_id: int) -> str:
    """Why a chart is sensitive; empty when it is not."""
    found: SensitivePatient | None = SensitivePatient.get_or_none(SensitivePatient.patient == patient_id)
    return str(found.class_) if found else ""


def mark(actor: Actor, patient_id: int, class_: str, reason: str) -> None:
    """Mark a chart sensitive, or change why; a blank class takes the mark away. Raises ``StoreError``."""
    if class_ and class_ not in CLASSES:
        raise StoreError(f"{clean(class_)} is no class of sensitive charts: choose {', '.join(CLASSES)}.")
    said = _said(reason)
    with act(
        actor, Action.MARK_SENSITIVE, kind="patient", record=_mrn(patient_id), patient_id=patient_id
    ) as done:
        done.changed({"class": class_of(patient_id)}, {"class": class_})
        done.detail["reason"] = said
        SensitivePatient.delete().where(SensitivePatient.patient == patient_id).execute()
        if class_:
            SensitivePatient.create(
                patient=patient_id,
                class_=class_,
                reason=said,
                marked_utc=int(time.time()),
                marked_by=actor.user,
            )


def open_mark(actor: Actor, patient_id: int) -> str:
    """The class of a chart for somebody who may change it."""
    viewed(actor, Action.MARK_SENSITIVE, kind="patient", record=_mrn(patient_id), patient_id=patient_id)
    return class_of(patient_id)


def open_with_reason(actor: Actor, patient_id: int, reason: str) -> Action:
    """Let this session look at a chart: with the permission to look as a sensitive one, without as broken glass.

    Raises ``StoreError`` when no reason is given, ``NotPermitted``.
    """
    said = _said(reason)
    action = Action.OPEN_SENSITIVE if actor.may(Action.VIEW_PATIENT) else Action.BREAK_GLASS
    with act(actor, action, kind="patient", record=_mrn(patient_id), patient_id=patient_id) as done:
        done.detail.update({"reason": said, "class": class_of(patient_id)})
        PrivacyAlert.create(
            at_utc=int(time.time()), action=str(action), user=actor.user, where_from=actor.where_from,
            session=actor.session, patient=patient_id, class_=class_of(patient_id), reason=said,
        )  # fmt: skip
    store.current().opened_with_reason.add(patient_id)
    return action


def alerts(actor: Actor, after: int, limit: int, *, reviewed: bool = False) -> list[Alert]:
    """Alerts after one, oldest first: those that wait, or with ``reviewed`` all."""
    if not after:
        viewed(actor, Action.REVIEW_ALERT, kind="list", record="alerts")
    rows = database.execute_sql(
        _ALERT + " WHERE a.id > ?" + ("" if reviewed else " AND a.reviewed_utc IS NULL")
        + " ORDER BY a.id LIMIT ?", (after, limit),
    )  # fmt: skip
    return [Alert(*row) for row in rows]


def open_alert(actor: Actor, id_: int) -> Alert:
    """One alert to be reviewed. Raises ``StoreError``, ``NotPermitted``."""
    permit(actor, Action.REVIEW_ALERT, kind="alert", record=str(id_))
    found = _alert(id_)
    viewed(actor, Action.REVIEW_ALERT, kind="alert", record=str(id_), patient_id=found.patient_id)
    return found


def _alert(id_: int) -> Alert:
    row = database.execute_sql(_ALERT + " WHERE a.id = ?", (id_,)).fetchone()
    if row is None:
        raise StoreError(f"There is no alert {id_}: ALR lists those that wait.")
    return Alert(*row)


def review(actor: Actor, id_: int, finding: str) -> None:
    """Close an alert with what came of it; nobody reviews their own. Raises ``StoreError``."""
    said, found = _said(finding), _alert(id_)
    with act(actor, Action.REVIEW_ALERT, kind="alert", record=str(id_), patient_id=found.patient_id) as done:
        if found.user == actor.user:
            raise StoreError("You raised this alert yourself: somebody else has to review it.")
        if found.reviewed_utc is not None:
            raise StoreError(f"{found.reviewed_by} has reviewed this alert already.")
        PrivacyAlert.update(reviewed_utc=int(time.time()), reviewed_by=actor.user, review=said).where(
            PrivacyAlert.id == id_
        ).execute()
        done.detail["review"] = said


_ALERT: Final = (
    "SELECT a.id, a.at_utc, a.action, a.user, a.where_from, p.mrn, a.patient_id, a.class, a.reason,"
    " a.reviewed_utc, a.reviewed_by, a.review FROM privacy_alert a JOIN patient p ON p.id = a.patient_id"
)


def _said(reason: str) -> str:
    said = clean(reason.strip())
    if len(said) < SHORTEST_REASON:
        raise StoreError("A reason is asked for here: say it in a few words.")
    return said


def _mrn(patient_id: int) -> str:
    row = database.execute_sql("SELECT mrn FROM patient WHERE id = ?", (patient_id,)).fetchone()
    if row is None:
        raise StoreError("There is no such patient.")
    return str(row[0])
