"""Patients: every chart found by any number or name it ever had; nothing about it lost when it changes.

``apply`` and the other changes work inside the caller's transaction. Finding is in patient_search.py, putting
charts together in merging.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from db import acts, store
from db.abstracting import late_changes
from db.actors import Action, Actor
from db.changes import CLEAR, Applied, Source, note_amendments, refusal
from db.connect import StoreError, database
from db.conventions import convention
from db.patient_index import merging
from db.patient_index.merging import family
from db.patient_index.patient_search import PatientRow, find, temporary, warnings
from db.schema.hospital import Patient, PatientAlias, PatientIdentifier
from rules.findings import Finding, Level
from rules.identity import (
    Name,
    initial_and_last4,
    middle_digit_key,
    name_key,
    number_key,
    numeric_key,
    shown_name,
    social_security_number,
    split_name,
    terminal_digit_key,
    unit_number,
)
from rules.text import clean

__all__ = [
    "FIELDS", "PatientRow", "add_identifier", "apply", "by_mrn", "by_mrns", "change_mrn", "family", "file", "find",
    "get", "last_amendment", "last_filing", "merge", "next_mrn", "register", "set_aliases", "set_temporary",
    "temporary", "undo_filing", "undo_merge", "values_at", "void", "warnings",
]  # fmt: skip

FIELDS: Final = (
    "mrn", "mrn_issuer", "last_name", "first_name", "middle_name", "suffix", "aliases", "birth_date", "sex",
    "ssn", "street", "city", "state", "zip", "county", "country", "phone", "race", "ethnicity", "marital",
    "death_date", "patient_category", "us_person",
)  # fmt: skip
_COLUMNS: Final = tuple(name for name in FIELDS if name not in ("mrn", "aliases"))
_SEXES: Final = frozenset("MFUXO")
VOID: Final = "registered in error"
FILING: Final = (
    "version "  # begins the origin of what a form changed, before the version that it started from
)
IN_USE: Final[Mapping[str, Any]] = {"void_utc": None, "void_reason": ""}


def apply(fields: Mapping[str, str], source: Source) -> Applied:
    """Insert or amend the patient with ``fields["mrn"]``; ``record_id`` of the result is the patient.

    Fields are canonical text; absent or blank is no change, ``@`` clears. ``aliases`` are names
    ``LAST,FIRST`` joined by ``|`` and are added to those known. A value that cannot be read is kept as received
    and flagged. A retired MRN amends the patient that it leads to. Refused only without MRN.
    """
    mrn = clean(fields.get("mrn", "").strip())
    if not number_key(mrn):
        return refusal("P101", "The patient has no MRN: enter it.", "mrn")
    patient_id = by_mrn(mrn)
    before = _row(patient_id) if patient_id else dict.fromkeys(_COLUMNS, "")
    known = aliases(patient_id) if patient_id else []
    findings: list[Finding] = []
    after, unreadable = _merged_values(before, fields, findings)
    changed = {name: (before[name], after[name]) for name in _COLUMNS if before[name] != after[name]}
    if not patient_id:
        patient_id = _insert(mrn, after, unreadable)
        _keep_names(patient_id, before, after, fields.get("aliases", ""))
        created = True
    else:
        created = False
        if before["void"]:
            changed[VOID] = (before["void"], "")
        if _keep_names(patient_id, before, after, fields.get("aliases", "")):
            changed["aliases"] = ("|".join(known), "|".join(aliases(patient_id)))
        if before["temporary"] == "1" and _renamed(before, after):
            changed["temporary"] = ("1", "")
        if changed:
            _update(patient_id, before, after, unreadable)
    note_amendments("patient", patient_id, {} if created else changed, source)
    if changed and not created:
        late_changes.of_patient(patient_id, source)
        if "first_name" in changed:
            _note_overlay(patient_id, before, after, known, source)
    return Applied(patient_id, tuple(findings), changed, created=created)


def _note_overlay(
    patient_id: int, before: Mapping[str, str], after: Mapping[str, str], known: Iterable[str], source: Source
) -> None:
    from db.patient_index import overlays  # what compares people is loaded where some are to be compared

    overlays.note(patient_id, before, after, "|".join(known), source)


def _merged_values(
    before: Mapping[str, str], fields: Mapping[str, str], findings: list[Finding]
) -> tuple[dict[str, str], dict[str, str]]:
    """The values after the change, and those among them that cannot be read."""
    after = {name: before[name] for name in _COLUMNS}
    for name in _COLUMNS:
        value = clean(fields.get(name, "").strip())
        if value == CLEAR:
            after[name] = ""
        elif value:
            after[name] = _canonical(name, value)
    unreadable = {name: value for name, value in after.items() if value and not _readable(name, value)}
    for name, value in unreadable.items():
        if value != before[name]:
            sentence = f"The {name.replace('_', ' ')} cannot be read: it was kept as received."
            findings.append(Finding(Level.WARNING, "P102", sentence, name))
    return after, unreadable


def _canonical(name: str, value: str) -> str:
    if name == "ssn":
        return social_security_number(value) or value
    if name in ("sex", "state", "us_person"):
        return value.upper()
    return value


def _readable(name: str, value: str) -> bool:
    match name:
        case "birth_date":
            return birth_day(value) is not None or _is_part_of_date(value)
        case "death_date":
            return birth_day(value) is not None
        case "ssn":
            return social_security_number(value) is not None
        case "sex":
            return value in _SEXES
        case "us_person":
            return value in ("0", "1", "Y", "N")
    return True


def birth_day(text: str) -> int | None:
    """The day number of a full ISO date, else None."""
    try:
        return date.fromisoformat(text).toordinal() if len(text) == 10 else None
    except ValueError:
        return None


def _is_part_of_date(text: str) -> bool:
    """A year, or a year and month, as imprecise birth dates are known."""
    if len(text) == 4 and text.isascii() and text.isdigit():
        return text > "1800"
    return len(text) == 7 and birth_day(f"{text}-01") is not None


def _derived(
    mrn: str, values: Mapping[str, str], unreadable: Mapping[str, str], temporary: bool
) -> dict[str, Any]:
    """The columns that follow from the others."""
    return {
        "name_key": name_key(name_of(values)), **filing_keys(mrn),
        "birth_day": birth_day(values["birth_date"]),
        "ssn_key": initial_and_last4(values["last_name"], values["ssn"]), "temporary": temporary,
        "unreadable": json.dumps(unreadable, sort_keys=True) if unreadable else "",
    }  # fmt: skip


def filing_keys(mrn: str) -> dict[str, str]:
    """The stored sort keys of a number, one for each way of filing charts."""
    return {
        "td_key": terminal_digit_key(mrn), "md_key": middle_digit_key(mrn), "number_order": numeric_key(mrn),
    }  # fmt: skip


def name_of(values: Mapping[str, str]) -> Name:
    """The name among a patient's values."""
    return Name(values["last_name"], values["first_name"], values["middle_name"], values["suffix"])


def _insert(mrn: str, values: Mapping[str, str], unreadable: Mapping[str, str]) -> int:
    derived = _derived(mrn, values, unreadable, False)
    patient_id = Patient.add({"mrn": mrn, **values, **derived, "created_utc": int(time.time())})
    add_identifier(patient_id, "mrn", mrn, values["mrn_issuer"])
    return patient_id


def _update(
    patient_id: int, before: Mapping[str, str], after: Mapping[str, str], unreadable: Mapping[str, str]
) -> None:
    temporary = before["temporary"] == "1" and not _renamed(before, after)
    derived = _derived(before["mrn"], after, unreadable, temporary)
    Patient.change(patient_id, {**after, **derived, **IN_USE}, next_version=True)


def _renamed(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return any(before[name] != after[name] for name in ("last_name", "first_name"))


def refresh_keys(patient_id: int) -> None:
    """The search keys of a patient whose items were written without ``apply``, by one who counts the version."""
    values = _row(patient_id)
    unreadable = {
        name: values[name] for name in _COLUMNS if values[name] and not _readable(name, values[name])
    }
    derived = _derived(values["mrn"], values, unreadable, values["temporary"] == "1")
    Patient.change(patient_id, derived)


def _keep_names(patient_id: int, before: Mapping[str, str], after: Mapping[str, str], text: str) -> bool:
    """Keep a former name, and other names not known yet; a clearing ``@`` takes all of these away.

    Returns whether the other names are not what they were.
    """
    former = [name_of(before)] if before["last_name"] and _renamed(before, after) else []
    if text.strip() == CLEAR:
        return bool(PatientAlias.delete().where(PatientAlias.patient == patient_id).execute())
    others = [split_name(clean(part.strip())) for part in text.split("|")]
    return sum(_insert_alias(patient_id, name) for name in former + others) > 0


def _insert_alias(patient_id: int, name: Name) -> bool:
    """Keep another name unless it is blank or known; whether it was new."""
    key = name_key(name)
    known = (
        not key
        or database.execute_sql(
            "SELECT 1 FROM patient_alias WHERE patient_id = ? AND name_key = ?", (patient_id, key)
        ).fetchone()
    )
    if not known:
        PatientAlias.add({
            "patient_id": patient_id, "last_name": name.last, "first_name": name.first,
            "middle_name": name.middle, "name_key": key,
        })  # fmt: skip
    return not known


def aliases(patient_id: int) -> list[str]:
    """Other names, ``LAST,FIRST MIDDLE``, in the order in which they became known."""
    rows = database.execute_sql(
        "SELECT last_name, first_name, middle_name FROM patient_alias WHERE patient_id = ? ORDER BY id",
        (patient_id,),
    )
    return [shown_name(Name(*row)) for row in rows]


def file(actor: Actor, fields: Mapping[str, str], expected_version: int) -> Applied:
    """Insert (version 0) or amend a patient from a screen: one audited act. Raises ``Conflict``."""
    with acts.act(actor, Action.AMEND_PATIENT, kind="patient", record=fields.get("mrn", "")) as done:
        patient_id = by_mrn(fields.get("mrn", ""))
        _check_version(patient_id, expected_version)
        applied = apply(fields, Source(actor.user, f"{FILING}{expected_version}"))
        done.patient_id = applied.record_id or None
        if applied.record_id and (applied.created or applied.changed):
            _compare(applied.record_id)
        _note_changed(done, applied)
    return applied


def register(actor: Actor, fields: Mapping[str, str], looked_at: Mapping[str, float]) -> Applied:
    """A new patient from a screen: one audited act. A blank MRN takes the next number in the facility's form.

    ``looked_at`` are the charts that look like this one, with their scores: who registered has seen them. The pairs
    go on the list of duplicates all the same.
    """
    with acts.act(actor, Action.AMEND_PATIENT, kind="patient") as done:
        mrn = fields.get("mrn", "").strip() or next_mrn()
        done.record = mrn
        if by_mrn(mrn):
            return refusal("S002", "This MRN has a patient already: PAT finds the chart.", "mrn")
        applied = apply({**fields, "mrn": mrn}, Source(actor.user, f"{FILING}0"))
        if applied.refused:
            return applied
        done.patient_id = applied.record_id
        done.detail |= {"registered": mrn} | ({"looked_at": dict(looked_at)} if looked_at else {})
        _compare(applied.record_id)
    return applied


def _compare(patient_id: int) -> None:
    from db.patient_index import duplicates

    duplicates.refresh(patient_id)


def next_mrn() -> str:
    """The next number that no chart has, in the facility's form, inside the caller's transaction."""
    form = convention("mrn_format")
    while True:
        try:
            number = unit_number(form, store.next_number("mrn"))
        except ValueError:
            raise StoreError(
                f"The numbers of the form {form} are used up: set another form (mrn_format)."
            ) from None
        if not by_mrn(number):
            return number


def _check_version(patient_id: int, expected: int) -> None:
    if (int(_row(patient_id)["version"]) if patient_id else 0) != expected:
        raise acts.Conflict("The patient was changed by somebody else meanwhile: look at the chart again.")


def _note_changed(done: acts.Act, applied: Applied) -> None:
    done.changed(
        {name: old for name, (old, _) in applied.changed.items()},
        {name: new for name, (_, new) in applied.changed.items()},
    )


def last_amendment(patient_id: int) -> int:
    """The number of the last amendment of a patient; with it ``values_at`` finds the way back."""
    row = database.execute_sql(
        "SELECT coalesce(max(id), 0) FROM amendment WHERE kind = 'patient' AND record_id = ?", (patient_id,)
    ).fetchone()
    return int(row[0])


def values_at(patient_id: int, amendment: int) -> dict[str, str]:
    """What a registration said just after an amendment: the later ones, taken back."""
    rows = database.execute_sql(
        "SELECT field, old FROM amendment WHERE kind = 'patient' AND record_id = ? AND id > ? ORDER BY id DESC",
        (patient_id, amendment),
    )
    return {**get(patient_id), **dict(rows)}


def last_filing(patient_id: int) -> tuple[dict[str, str], str]:
    """Old values of what was changed last, by item, and where that change came from; nothing when never changed."""
    rows = database.execute_sql(
        "SELECT field, old, origin FROM amendment WHERE kind = 'patient' AND record_id = ? AND origin = (SELECT origin"
        " FROM amendment WHERE kind = 'patient' AND record_id = ? ORDER BY id DESC LIMIT 1) ORDER BY id DESC",
        (patient_id, patient_id),
    ).fetchall()
    return {field: old for field, old, _ in rows}, rows[0][2] if rows else ""


def undo_filing(actor: Actor, patient_id: int, expected_version: int, reason: str) -> None:
    """What the last filing at a screen changed is as it was before, other names too: one audited act."""
    mrn = _row(patient_id)["mrn"]
    with acts.act(actor, Action.AMEND_PATIENT, kind="patient", record=mrn, patient_id=patient_id) as done:
        _check_version(patient_id, expected_version)
        old, origin = last_filing(patient_id)
        if not origin.startswith(FILING):
            raise StoreError(
                f"The last change came from {origin}, not from this form: amend what is wrong instead."
            )
        source = Source(actor.user, f"{FILING}{expected_version}, undone: {reason}")
        names = old.get("aliases", "|".join(aliases(patient_id)))
        values: dict[str, str] = {name: old[name] or CLEAR for name in _COLUMNS if name in old}
        applied = apply(values | {"mrn": mrn}, source)
        changed = dict(applied.changed) | set_aliases(patient_id, names, source)
        if old.get("temporary"):
            set_temporary(patient_id, temporary=True)
        _note_changed(done, Applied(patient_id, changed=changed))
        done.detail["reason"] = reason


def set_aliases(patient_id: int, names: str, source: Source) -> dict[str, tuple[str, str]]:
    """A patient has these other names and no more, as a change."""
    now = "|".join(aliases(patient_id))
    if now == names:
        return {}
    PatientAlias.delete().where(PatientAlias.patient == patient_id).execute()
    for name in names.split("|"):
        _insert_alias(patient_id, split_name(name))
    changed = {"aliases": (now, names)}
    note_amendments("patient", patient_id, changed, source)
    return changed


DEPENDING: Final = (
    ("accounts", "SELECT account FROM encounter WHERE patient_id = ?"),
    ("registry records", "SELECT number FROM data_case WHERE patient_id = ? AND void_utc IS NULL"),
    ("requests", "SELECT number FROM request WHERE patient_id = ? AND status <> 'VOID'"),
    ("charts merged into it", "SELECT mrn FROM patient WHERE merged_into_id = ?"),
    ("events", "SELECT kind FROM event WHERE patient_id = ? AND encounter_id IS NULL AND state = 'current'"),
    (
        "users who are this patient",
        "SELECT name FROM user JOIN user_patient ON user_id = id WHERE patient_id = ?",
    ),
)


def void(actor: Actor, patient_id: int, expected_version: int, reason: str) -> None:
    """A chart was registered in error: one audited act. Its number is not given to anybody else.

    Refused in a sentence that names what stands on the chart. Filing it again brings it back.
    """
    before = _row(patient_id)
    with acts.act(
        actor, Action.AMEND_PATIENT, kind="patient", record=before["mrn"], patient_id=patient_id
    ) as done:
        _check_version(patient_id, expected_version)
        if before["void"]:
            raise StoreError(f"{before['mrn']} is out of use already: file it (F2) to bring it back.")
        for what, sql in DEPENDING:
            if found := [name for (name,) in database.execute_sql(f"{sql} LIMIT 4", (patient_id,))]:
                named = ", ".join(found[:3]) + (" ..." if len(found) > 3 else "")
                raise StoreError(
                    f"{before['mrn']} stays: it has {what} ({named}). Settle these, or merge the charts."
                )
        Patient.change(patient_id, {"void_utc": int(time.time()), "void_reason": reason}, next_version=True)
        changed = {VOID: ("", reason)}
        note_amendments("patient", patient_id, changed, Source(actor.user))
        done.changed({}, {VOID: reason})


def by_mrn(mrn: str) -> int:
    """The patient with this MRN, in force or retired, or 0. A merged one leads to its survivor."""
    return by_mrns((mrn,)).get(mrn, 0)


def by_mrns(mrns: Iterable[str]) -> dict[str, int]:
    """Patients by MRN as it was asked for; a number in force goes before a retired one."""
    return {mrn: patient for mrn in mrns if (patient := _holder(clean(mrn.strip())))}


def _holder(mrn: str) -> int:
    """The patient whom an MRN leads to, or 0."""
    row = (
        database.execute_sql("SELECT id, merged_into_id FROM patient WHERE mrn = ?", (mrn,)).fetchone()
        or database.execute_sql(
            "SELECT p.id, p.merged_into_id FROM patient_identifier i JOIN patient p ON p.id = i.patient_id"
            " WHERE i.value_key = ? AND i.kind = 'mrn' AND i.value = ? COLLATE NOCASE ORDER BY i.id DESC",
            (number_key(mrn), mrn),
        ).fetchone()
    )
    return survivor(*row) if row else 0


def survivor(patient_id: int, merged_into_id: int | None) -> int:
    """Where a merged chart has gone in the end."""
    while merged_into_id:
        patient_id = merged_into_id
        merged_into_id = _record(patient_id)["merged_into_id"]
    return patient_id


def get(patient_id: int) -> dict[str, str]:
    """All of ``FIELDS`` as canonical text, with ``id``, ``version``, ``temporary``, ``merged_into`` (an MRN),
    ``void`` (why it was registered in error) and ``name``. Raises ``KeyError``."""
    values = _row(patient_id)
    values["aliases"] = "|".join(aliases(patient_id))
    values["name"] = shown_name(name_of(values))
    return values


def _row(patient_id: int) -> dict[str, str]:
    record = _record(patient_id)
    into = record["merged_into_id"]
    names = ("id", "mrn", *_COLUMNS, "version", "temporary", "unreadable")
    more = {"merged_into": _record(into)["mrn"] if into else "", "void": record["void_reason"]}
    return {name: str(record[name]) for name in names} | more


def _record(patient_id: int) -> dict[str, Any]:
    if (found := Patient.row(patient_id)) is None:
        raise KeyError(patient_id)
    return found


def merge(survivor_id: int, loser_id: int, source: Source) -> Applied:
    """A40, A34, A36, A18: two charts are one person. ``record_id`` of the result is the merge.

    In one transaction everything of the loser moves to the survivor, blanks are filled, the loser's name and
    numbers go on leading to the survivor, and a snapshot is kept for ``undo_merge``.
    """
    applied = merging.merge_patients(survivor_id, loser_id, source)
    if not applied.refused:
        refresh_keys(survivor_id)
    return applied


def undo_merge(merge_id: int, source: Source) -> Applied:
    """Take two charts apart again; what was added to the survivor since stays there."""
    applied = merging.undo_patients(merge_id, source)
    if not applied.refused:
        refresh_keys(merging.parties(merge_id)[0])
    return applied


def set_temporary(patient_id: int, *, temporary: bool) -> None:
    """Put a patient on the rename list, or take off. A new last or first name takes off by itself."""
    Patient.change(patient_id, {"temporary": temporary})


def change_mrn(patient_id: int, mrn: str, source: Source) -> Applied:
    """A47: another MRN from now on; the old one is retired and goes on finding the chart."""
    mrn = clean(mrn.strip())
    if not number_key(mrn):
        return refusal("P101", "The new MRN is blank: enter it.", "mrn")
    before = _row(patient_id)
    if before["mrn"].casefold() == mrn.casefold():
        return Applied(patient_id)
    if Patient.get_or_none(Patient.mrn == mrn):
        return refusal("P103", "The new MRN belongs to another chart: merge the two charts instead.", "mrn")
    held = PatientIdentifier
    held.update(retired_utc=int(time.time())).where(
        held.patient == patient_id, held.kind == "mrn", held.value == before["mrn"]
    ).execute()
    Patient.change(patient_id, {"mrn": mrn, **filing_keys(mrn)}, next_version=True)
    add_identifier(patient_id, "mrn", mrn, before["mrn_issuer"])
    changed = {"mrn": (before["mrn"], mrn)}
    note_amendments("patient", patient_id, changed, source)
    late_changes.of_patient(patient_id, source)
    return Applied(patient_id, (), changed)


def add_identifier(patient_id: int, kind: str, value: str, issuer: str = "") -> None:
    """One more number that finds the chart (``chart``, ``mrn`` of another issuer ...)."""
    value = clean(value.strip())
    known = database.execute_sql(
        "SELECT 1 FROM patient_identifier WHERE patient_id = ? AND kind = ? AND issuer = ? AND value = ?"
        " AND retired_utc IS NULL",
        (patient_id, kind, issuer, value),
    ).fetchone()
    if not known:
        PatientIdentifier.add({
            "patient_id": patient_id, "kind": kind, "issuer": issuer, "value": value, "value_key": number_key(value),
        })  # fmt: skip
