"""What becomes of an amendment that looked like an overlay: it is the same person after all, or it is undone."""

from __future__ import annotations

import time

from db import acts
from db.actors import Action, Actor
from db.changes import CLEAR, Applied, Source, refusal
from db.connect import database
from db.patient_index import overlays, patients
from rules.text import clean


def settle(actor: Actor, overlay_id: int, outcome: str, reason: str) -> Applied:
    """SAME: it is the same person after all. UNDO: what was amended is as it was before. One audited act.

    Items that were changed again since stay as they are now.
    """
    found = overlays.read(overlay_id)
    if found is None or found.outcome:
        return refusal("O101", "This amendment has been settled already.")
    if outcome not in ("SAME", "UNDO"):
        return refusal("O102", "Key SAME or UNDO.", "outcome")
    if not reason.strip():
        return refusal("O103", "Say why: the reason is kept.", "reason")
    why = clean(reason.strip())
    deed = Action.AMEND_PATIENT if outcome == "UNDO" else Action.REVIEW_DUPLICATE
    changed: dict[str, tuple[str, str]] = {}
    with acts.act(actor, deed, kind="patient", record=found.mrn, patient_id=found.patient_id) as done:
        if outcome == "UNDO":
            now = patients.get(found.patient_id)
            back = {
                item: old or CLEAR
                for item, old in found.before.items()
                if item != "aliases" and now.get(item, "") == found.after.get(item, "")
            }
            source = Source(actor.user, f"overlay {overlay_id}, undone: {why}")
            changed |= patients.apply({**back, "mrn": now["mrn"]}, source).changed
            changed |= patients.set_aliases(found.patient_id, str(found.before.get("aliases", "")), source)
        database.execute_sql(
            "UPDATE overlay SET settled_utc = ?, settled_by = ?, outcome = ?, reason = ? WHERE id = ?",
            (
                int(time.time()),
                actor.user,
                {"SAME": "same person", "UNDO": "undone"}[outcome],
                why,
                overlay_id,
            ),
        )
        done.changed({k: old for k, (old, _) in changed.items()}, {k: new for k, (_, new) in changed.items()})
        done.detail |= {"overlay": overlay_id, "outcome": outcome, "reason": why}
    return Applied(found.patient_id, changed=changed)
