"""The numbers and other names of a patient, by issuer and in time: each finds the chart, none is ever thrown away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from db import acts
from db.actors import Action, Actor
from db.changes import Applied, Source, note_amendments, refusal
from db.connect import database
from db.patient_index import patients
from rules.identity import Name, name_key, number_key, shown_name
from rules.text import clean
from rules.values import is_date


class Identifier(NamedTuple):
    """A number of a patient. ``valid_from`` and ``valid_to`` are ISO days or blank."""

    kind: str
    issuer: str
    value: str
    valid_from: str = ""
    valid_to: str = ""


class OtherName(NamedTuple):
    """A name that a patient has or had. ``kind``: former, maiden, alias, preferred or blank."""

    last: str
    first: str = ""
    middle: str = ""
    kind: str = ""


def identifiers(patient_id: int) -> list[Identifier]:
    """All numbers that find the chart but for its MRNs, which have their own history."""
    rows = database.execute_sql(
        "SELECT kind, issuer, value, valid_from, valid_to FROM patient_identifier"
        " WHERE patient_id = ? AND retired_utc IS NULL AND value NOT IN (SELECT mrn FROM patient"
        " WHERE id = patient_id OR merged_into_id = patient_id) ORDER BY kind, issuer, id",
        (patient_id,),
    )
    return [Identifier(*row) for row in rows]


def names(patient_id: int) -> list[OtherName]:
    """All other names, in the order in which they became known."""
    rows = database.execute_sql(
        "SELECT last_name, first_name, middle_name, kind FROM patient_alias WHERE patient_id = ? ORDER BY id",
        (patient_id,),
    )
    return [OtherName(*row) for row in rows]


def file(
    actor: Actor, patient_id: int, numbers: Sequence[Identifier], others: Sequence[OtherName], version: int
) -> Applied:
    """Bring numbers and names to what is given: one audited act. A number taken away is retired and still finds.

    Raises ``Conflict`` when the chart was changed since ``version``.
    """
    wrong = _check(numbers, others)
    if wrong is not None:
        return wrong
    who = patients.get(patient_id)
    with acts.act(
        actor, Action.AMEND_PATIENT, kind="patient", record=who["mrn"], patient_id=patient_id
    ) as done:
        if int(patients.get(patient_id)["version"]) != version:
            raise acts.Conflict(
                "The patient was changed by somebody else meanwhile: look at the chart again."
            )
        changed = _numbers(patient_id, numbers) | _names(patient_id, others)
        if changed:
            note_amendments("patient", patient_id, changed, Source(actor.user, f"numbers {version}"))
            database.execute_sql("UPDATE patient SET version = version + 1 WHERE id = ?", (patient_id,))
        done.changed({k: old for k, (old, _) in changed.items()}, {k: new for k, (_, new) in changed.items()})
    return Applied(patient_id, changed=changed)


def _check(numbers: Sequence[Identifier], others: Sequence[OtherName]) -> Applied | None:
    for row, number in enumerate(numbers, 1):
        if not number_key(number.value):
            return refusal("P120", "The number is missing.", f"identifiers[{row}].value")
        if not number.kind:
            return refusal("P121", "Say what kind of number it is.", f"identifiers[{row}].kind")
        for name in ("valid_from", "valid_to"):
            if getattr(number, name) and not is_date(getattr(number, name)):
                return refusal("P122", "Key a day.", f"identifiers[{row}].{name}")
        if number.valid_from and number.valid_to and number.valid_from > number.valid_to:
            return refusal("P123", "It ends before it begins.", f"identifiers[{row}].valid_to")
    for row, other in enumerate(others, 1):
        if not other.last:
            return refusal("P124", "The last name is missing.", f"names[{row}].last")
    return None


def _numbers(patient_id: int, wanted: Sequence[Identifier]) -> dict[str, tuple[str, str]]:
    changed: dict[str, tuple[str, str]] = {}
    before = {(each.kind, each.issuer, each.value): each for each in identifiers(patient_id)}
    for each in (Identifier(*(clean(part.strip()) for part in number)) for number in wanted):
        key = (each.kind, each.issuer, each.value)
        known = before.pop(key, None)
        if known is None:
            database.execute_sql(
                "INSERT INTO patient_identifier (patient_id, kind, issuer, value, value_key, valid_from, valid_to)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (patient_id, *key, number_key(each.value), each.valid_from, each.valid_to),
            )
            changed[f"{each.kind} {each.issuer}".strip()] = ("", _told(each))
        elif known != each:
            database.execute_sql(
                "UPDATE patient_identifier SET valid_from = ?, valid_to = ? WHERE patient_id = ? AND kind = ?"
                " AND issuer = ? AND value = ? AND retired_utc IS NULL",
                (each.valid_from, each.valid_to, patient_id, *key),
            )
            changed[f"{each.kind} {each.issuer}".strip()] = (_told(known), _told(each))
    for key, gone in before.items():
        database.execute_sql(
            "UPDATE patient_identifier SET retired_utc = ? WHERE patient_id = ? AND kind = ? AND issuer = ?"
            " AND value = ? AND retired_utc IS NULL",
            (int(time.time()), patient_id, *key),
        )
        changed[f"{gone.kind} {gone.issuer}".strip()] = (_told(gone), "")
    return changed


def _told(number: Identifier) -> str:
    times = f" {number.valid_from}..{number.valid_to}" if number.valid_from or number.valid_to else ""
    return number.value + times


def _names(patient_id: int, wanted: Sequence[OtherName]) -> dict[str, tuple[str, str]]:
    before = names(patient_id)
    now = [OtherName(*(clean(part.strip()) for part in name)) for name in wanted]
    if before == now:
        return {}
    database.execute_sql("DELETE FROM patient_alias WHERE patient_id = ?", (patient_id,))
    for each in now:
        key = name_key(Name(each.last, each.first, each.middle))
        database.execute_sql(
            "INSERT INTO patient_alias (patient_id, last_name, first_name, middle_name, name_key, kind)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (patient_id, each.last, each.first, each.middle, key, each.kind),
        )
    return {"aliases": ("|".join(map(_shown, before)), "|".join(map(_shown, now)))}


def _shown(name: OtherName) -> str:
    return shown_name(Name(name.last, name.first, name.middle))
