"""What an answered query changed: codes and DRG when it was sent and when the abstract was next filed, for the few.

Never on a query: AHIMA and ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from db.actors import Action, Actor
from db.acts import act, permit
from db.connect import database
from db.queries.queries import KIND, read
from rules.dictionary import Record
from rules.findings import Told
from rules.queries import CodeChange, Standing, code_changes, standing


class NotMarked(Told):
    """There is nothing to mark yet, or a code that did not change; one sentence."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Before and after. ``after`` is None until the abstract is filed, ``marked`` until somebody said what changed."""

    before: Standing
    after: Standing | None = None
    marked: tuple[str, ...] | None = None
    marked_by: str = ""

    @property
    def changes(self) -> list[CodeChange]:
        """What differs, by whatever; nothing until the abstract is filed."""
        return code_changes(self.before, self.after) if self.after else []


def begin(query_id: int, now: Standing) -> None:
    """Keep codes and DRG as they stand when a query is sent, inside the act that sends it."""
    database.execute_sql(
        "INSERT INTO query_effect (query_id, before, before_utc) VALUES (?, ?, ?)",
        (query_id, _text(now), int(time.time())),
    )


def note_filed(
    encounter_id: int, values: Record, drg: str, weight_ten_thousandths: int | None, by: str
) -> None:
    """Keep codes and DRG for the answered queries of an account, inside the act that files its abstract."""
    rows = database.execute_sql(
        "SELECT id FROM work_query WHERE encounter_id = ? AND status = 'answered'", (encounter_id,)
    ).fetchall()
    after = _text(standing(values, drg, weight_ten_thousandths)) if rows else ""
    for (query_id,) in rows:
        database.execute_sql(
            "UPDATE query_effect SET after = ?, after_utc = ?, filed_by = ?, marked = NULL WHERE query_id = ?",
            (after, int(time.time()), by, query_id),
        )


def effect_of(actor: Actor, query_id: int) -> Effect | None:
    """What a query changed. None where nothing was kept. Raises ``NotPermitted``."""
    permit(actor, Action.VIEW_QUERY_EFFECT, kind=KIND, record=str(query_id))
    return read_all((query_id,)).get(query_id)


def read_all(query_ids: tuple[int, ...]) -> dict[int, Effect]:
    """The effects of queries, without permission, for a report that has asked for it."""
    rows = database.execute_sql(
        "SELECT query_id, before, after, marked, marked_by FROM query_effect WHERE query_id IN"
        " (SELECT value FROM json_each(?))",
        (json.dumps(query_ids),),
    )
    return {
        id_: Effect(
            _read(before), _read(after) if after else None, tuple(json.loads(marked)) if marked else None, by
        )
        for id_, before, after, marked, by in rows
    }


def mark(actor: Actor, number: str, codes: tuple[str, ...]) -> Effect:
    """Say which of the codes that differ changed by this query; none says that it changed none. One audited act.

    Raises ``NotPermitted``, ``NotMarked``.
    """
    query = read(number)
    permit(actor, Action.VIEW_QUERY_EFFECT, kind=KIND, record=query.number)
    with act(actor, Action.FILE_QUERY, kind=KIND, record=query.number, patient_id=query.patient_id) as done:
        found = read_all((query.id,)).get(query.id)
        if found is None or found.after is None:
            raise NotMarked(
                "The abstract was not filed since the answer: file it first, then say what changed."
            )
        known = {each.code for each in found.changes}
        strangers = [code for code in codes if code not in known]
        if strangers:
            raise NotMarked(f"{strangers[0]} did not change since the query was sent.")
        database.execute_sql(
            "UPDATE query_effect SET marked = ?, marked_by = ?, marked_utc = ? WHERE query_id = ?",
            (json.dumps(codes), actor.user, int(time.time()), query.id),
        )
        done.changed({"marked": list(found.marked or ())}, {"marked": list(codes)})
    return read_all((query.id,))[query.id]


def _text(made: Standing) -> str:
    return json.dumps([made.dx, made.px, made.drg, made.weight_ten_thousandths], separators=(",", ":"))


def _read(text: str) -> Standing:
    dx, px, drg, weight = json.loads(text)
    return Standing(tuple((code, poa) for code, poa in dx), tuple(px), drg, weight)
