"""Encounters (accounts): who, which class, who attends and pays. Places and times of a stay come from movements.

``apply`` and the other changes work inside the caller's transaction. Reading is in db/hospital/encounter_lists.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from db import store
from db.abstracting import late_changes
from db.abstracting.filed_abstracts import OWN
from db.changes import CLEAR, Applied, Source, note_amendments, refusal
from db.connect import database
from db.hospital import site
from db.hospital.encounter_lists import Encounter, find, get, of_ids, of_patient
from db.hospital.movements import disposition
from db.patient_index.merging import merge_accounts as merge
from db.patient_index.merging import undo_accounts as undo_merge
from db.schema.hospital import Attending, Patient
from db.schema.hospital import Encounter as StoredEncounter
from db.statistics import summary
from rules.census import DEATHS, PATIENT_CLASSES
from rules.findings import Finding, Level
from rules.moments import Moment, moment
from rules.text import clean

__all__ = [
    "FIELDS", "Encounter", "apply", "cancel_attending", "change_account", "change_attending", "find",
    "get", "merge", "move_to_patient", "of_ids",
    "of_patient",
    "undo_merge",
]  # fmt: skip

FIELDS: Final = (
    "class", "newborn", "arrived_at", "departed_at", "location", "provider", "disposition", "payer", "priority",
    "point_of_origin", "mother_account", "birth_weight_g", "gestation_weeks", "diagnoses",
)  # fmt: skip
_TEXTS: Final = ("location", "priority", "point_of_origin", "mother_account")
_NUMBERS: Final = {"birth_weight_g": (50, 15_000), "gestation_weeks": (15, 50)}  # beyond: a slip of the pen
_REFERENCES: Final = {"provider": ("provider", "attending_id"), "payer": ("payer", "payer_id")}
_MOMENTS: Final = {"arrived_at": "arrived", "departed_at": "discharged"}


class _Change:
    """The columns that a change writes, what differs by them, and what is to be said about it."""

    def __init__(self, before: Mapping[str, Any]) -> None:
        self.before = before
        self.columns: dict[str, Any] = {}
        self.changed: dict[str, tuple[str, str]] = {}
        self.findings: list[Finding] = []
        self.unreadable: dict[str, str] = json.loads(before.get("unreadable") or "{}")

    def put(self, name: str, columns: Mapping[str, Any], old: str, new: str) -> None:
        """Write columns for an item; they count as a change when its texts differ."""
        self.unreadable.pop(name, None)
        if old != new:
            self.columns.update(columns)
            self.changed[name] = (old, new)

    def keep_as_received(self, name: str, value: str) -> None:
        if self.unreadable.get(name) != value:
            self.changed[name] = (self.unreadable.get(name, ""), value)
            self.unreadable[name] = value
            self.warn("E102", f"The {name.replace('_', ' ')} cannot be read: it was kept as received.", name)

    def warn(self, code: str, sentence: str, name: str) -> None:
        self.findings.append(Finding(Level.WARNING, code, sentence, name))


def apply(account: str, patient_id: int, fields: Mapping[str, str], source: Source) -> Applied:
    """Insert or amend an encounter by its account number. ``record_id`` of the result is the encounter.

    ``fields``: any of ``FIELDS`` as canonical text; a blank is no change, ``@`` clears; ``provider`` is the
    attending, ``diagnoses`` are codes joined by ``|``. A new encounter has class I unless said otherwise.
    Optional values that cannot be read are kept as received and flagged. Refused when the account belongs to
    another patient. What movements say of an account (class, times, disposition) is theirs alone: an account
    that has become a stay remains one.
    """
    account = clean(account.strip())
    if not account:
        return refusal("E101", "The encounter has no account number: enter it.", "account")
    encounter_id = find(account)
    before = _row(encounter_id) if encounter_id else {"class": "I"}
    if encounter_id and before["patient_id"] != patient_id:
        return refusal(
            "E103", "The account belongs to another patient: correct the MRN or the account.", "mrn"
        )
    fields, words = {name: clean(value.strip()) for name, value in fields.items()}, dict[str, str]()
    if fields.get("disposition", "") not in ("", CLEAR):
        fields["disposition"] = disposition(fields["disposition"], [])
    if encounter_id:
        moved = bool(before["has_movements"])
        fields, words = late_changes.withheld(encounter_id, fields, source, moved=moved)
    change = _Change(before)
    _read(change, fields)
    if before.get("state") == "cancelled" and not change.changed.keys().isdisjoint(("class", "arrived_at")):
        change.columns["state"] = "active"  # the visit has come after all
    created = not encounter_id
    if created:
        encounter_id = _insert(account, patient_id, change)
    elif change.changed:
        _update(encounter_id, change)
    _after(encounter_id, change, fields, created, source)
    note_amendments("encounter", encounter_id, {} if created else change.changed, source)
    if not created and (change.changed or words):
        late_changes.of_encounters((encounter_id,), source, words)
    return Applied(encounter_id, tuple(change.findings), change.changed, created=created)


def _read(change: _Change, values: Mapping[str, str]) -> None:
    """What the fields change, item by item."""
    before = change.before
    moved = bool(before.get("has_movements"))
    _read_class(change, values.get("class", "").upper(), moved)
    if (newborn := values.get("newborn", "")) and newborn != CLEAR:
        if newborn in ("0", "1"):
            old = str(int(before.get("newborn", 0)))
            change.put("newborn", {"newborn": int(newborn)}, old, newborn)
        else:
            change.keep_as_received("newborn", newborn)
    for name in _TEXTS:
        if value := values.get(name, ""):
            new = "" if value == CLEAR else value
            change.put(name, {name: new}, before.get(name, ""), new)
    for name, limits in _NUMBERS.items():
        _read_number(change, name, values.get(name, ""), limits)
    for name, (kind, column) in _REFERENCES.items():
        _read_reference(change, name, values.get(name, ""), kind, column)
    if not moved:
        for name, stem in _MOMENTS.items():
            _read_moment(change, name, values.get(name, ""), stem)
        if value := values.get("disposition", ""):
            status = "" if value == CLEAR else disposition(value, change.findings)
            columns = {"disposition": status, "died": status in DEATHS}
            change.put("disposition", columns, before.get("disposition", ""), status)
    elif (value := values.get("arrived_at", "")) and before["class"] == "I":
        _read_moment(change, "arrived_at", value, "arrived")


def _read_class(change: _Change, chosen: str, moved: bool) -> None:
    old = str(change.before["class"])
    if not chosen or chosen == old:
        return
    if chosen not in PATIENT_CLASSES:
        change.keep_as_received("class", chosen)
    elif moved:
        change.warn(
            "E104", f"Movements make this an account of class {old}: its class was not changed.", "class"
        )
    else:
        change.put("class", {"class": chosen}, old, chosen)


def _read_number(change: _Change, name: str, value: str, limits: tuple[int, int]) -> None:
    if not value:
        return
    old = change.before.get(name)
    shown = "" if old is None else str(old)
    if value == CLEAR:
        change.put(name, {name: None}, shown, "")
    elif value.isascii() and value.isdigit() and limits[0] <= int(value) <= limits[1]:
        change.put(name, {name: int(value)}, shown, str(int(value)))
    else:
        change.keep_as_received(name, value)


def _read_reference(change: _Change, name: str, value: str, kind: str, column: str) -> None:
    if not value:
        return
    old = str(change.before.get(name) or "")
    if value == CLEAR:
        change.put(name, {column: None}, old, "")
        return
    number, new = site.number_or_new(kind, value)
    if new:
        change.findings.append(site.created(kind, value))
    if number != change.before.get(column):
        change.put(name, {column: number}, old, value)


def _read_moment(change: _Change, name: str, value: str, stem: str) -> None:
    if not value:
        return
    day = "discharge_day" if stem == "discharged" else f"{stem}_day"
    utc, offset = change.before.get(f"{stem}_utc"), change.before.get(f"{stem}_offset")
    old = "" if utc is None else Moment(utc, offset or 0, 0).local
    if value == CLEAR:
        change.put(name, {f"{stem}_utc": None, f"{stem}_offset": None, day: None}, old, "")
        return
    try:
        at = moment(value, store.current().zone)
    except ValueError:
        change.keep_as_received(name, value)
        return
    change.put(name, {f"{stem}_utc": at.utc, f"{stem}_offset": at.offset, day: at.day}, old, at.local)


def _insert(account: str, patient_id: int, change: _Change) -> int:
    return StoredEncounter.add({
        "account": account, "patient_id": patient_id, "class": "I", **change.columns, "unreadable": _flags(change),
        "created_utc": int(time.time()),
    })  # fmt: skip


def _update(encounter_id: int, change: _Change) -> None:
    columns = {**change.columns, "unreadable": _flags(change)}
    StoredEncounter.change(encounter_id, columns, next_version=True)


def _flags(change: _Change) -> str:
    return json.dumps(change.unreadable, sort_keys=True) if change.unreadable else ""


def _after(
    encounter_id: int, change: _Change, fields: Mapping[str, str], created: bool, source: Source
) -> None:
    """What hangs on the encounter's items: its diagnoses, its attending, and the census of a newborn."""
    if diagnoses := fields.get("diagnoses", "").strip():
        _write_diagnoses(encounter_id, diagnoses, change)
    if (provider := change.columns.get("attending_id")) is not None:
        since = change.before.get("admitted_utc") or change.before.get("arrived_utc") or 0
        _note_attending(encounter_id, provider, since, source)
    if not created and "newborn" in change.changed and change.before.get("has_movements"):
        summary.derive_anew((encounter_id,))


def _write_diagnoses(encounter_id: int, text: str, change: _Change) -> None:
    codes = (
        [] if text == CLEAR else [clean(code.strip()).upper().replace(".", "") for code in text.split("|")]
    )
    codes = [code for code in codes if code]
    known = [
        code
        for (code,) in database.execute_sql(
            "SELECT code FROM encounter_diagnosis WHERE encounter_id = ? ORDER BY seq", (encounter_id,)
        )
    ]
    if codes != known:
        database.execute_sql("DELETE FROM encounter_diagnosis WHERE encounter_id = ?", (encounter_id,))
        database.connection().executemany(
            "INSERT INTO encounter_diagnosis VALUES (?, ?, ?)",
            [(encounter_id, seq, code) for seq, code in enumerate(codes, 1)],
        )
        change.changed["diagnoses"] = ("|".join(known), "|".join(codes))


def _note_attending(encounter_id: int, provider: int, from_utc: int, source: Source) -> None:
    Attending.add({
        "encounter_id": encounter_id, "provider_id": provider, "from_utc": from_utc, "recorded_utc": int(time.time()),
        "by": source.by, "origin": source.origin,
    })  # fmt: skip


def change_attending(encounter_id: int, provider: str, at_utc: int, source: Source) -> Applied:
    """A54: another attending from a moment on. The census is not touched."""
    if not provider.strip():
        return refusal("E105", "The change of attending names no provider: enter the code.", "provider")
    number, new = site.number_or_new("provider", provider)
    findings = (site.created("provider", provider),) if new else ()
    told = _attendings_told(encounter_id)
    if not told or told[0].provider_id != number:
        _note_attending(encounter_id, number, at_utc, source)
    return _follow_attending(encounter_id, findings, source)


def cancel_attending(encounter_id: int, source: Source) -> Applied:
    """A55: the latest change of attending is cancelled; the one before is in force again.

    The attending that the account began with is no change: a cancellation that comes before its change waits.
    """
    row, told = _row(encounter_id), _attendings_told(encounter_id)
    began = row["admitted_utc"] or row["arrived_utc"] or 0
    changes = [each for each in told if each.from_utc > began] or told[:-1]
    if not changes:
        return refusal("E106", "The account has no change of attending that could be cancelled.", "provider")
    Attending.change(changes[0].id, {"cancelled_utc": int(time.time())})
    return _follow_attending(encounter_id, (), source)


class _Told(NamedTuple):
    """An attending as it was told, not as an abstract settled it."""

    id: int
    provider_id: int
    code: str
    from_utc: int


def _attendings_told(encounter_id: int) -> list[_Told]:
    """The attendings of an account that feeds and people named, the one in force first."""
    rows = database.execute_sql(
        "SELECT a.id, a.provider_id, p.code, a.from_utc FROM attending a JOIN provider p ON p.id = a.provider_id"
        " WHERE a.encounter_id = ? AND a.cancelled_utc IS NULL AND a.origin <> ?"
        " ORDER BY a.from_utc DESC, a.id DESC",
        (encounter_id, OWN),
    )
    return [_Told(*row) for row in rows]


def _follow_attending(encounter_id: int, findings: tuple[Finding, ...], source: Source) -> Applied:
    """Put in force who is told to attend, unless an abstract settled it otherwise: then that is compared."""
    before, told = _row(encounter_id), _attendings_told(encounter_id)
    word = told[0].code if told else ""
    kept, words = late_changes.withheld(
        encounter_id, {"provider": word or CLEAR}, source, moved=bool(before["has_movements"])
    )
    old, changed = before["provider"] or "", dict[str, tuple[str, str]]()
    if "provider" in kept and old != word:
        chosen = told[0].provider_id if told else None
        StoredEncounter.change(encounter_id, {"attending_id": chosen}, next_version=True)
        changed = {"provider": (old, word)}
    note_amendments("encounter", encounter_id, changed, source)
    late_changes.of_encounters((encounter_id,), source, words)
    return Applied(encounter_id, findings, changed)


def move_to_patient(encounter_id: int, patient_id: int, source: Source) -> Applied:
    """A45: the visit belongs to another patient, with its events."""
    before = _row(encounter_id)
    if before["patient_id"] == patient_id:
        return Applied(encounter_id)
    mrns = [str(Patient.get_by_id(id_).mrn) for id_ in (before["patient_id"], patient_id)]
    StoredEncounter.change(encounter_id, {"patient_id": patient_id}, next_version=True)
    for table in ("event", "data_case"):
        database.execute_sql(
            f"UPDATE {table} SET patient_id = ? WHERE encounter_id = ? AND patient_id = ?",
            (patient_id, encounter_id, before["patient_id"]),
        )
    changed = {"mrn": (mrns[0], mrns[1])}
    note_amendments("encounter", encounter_id, changed, source)
    late_changes.of_encounters((encounter_id,), source)
    return Applied(encounter_id, (), changed)


def change_account(encounter_id: int, account: str, source: Source) -> Applied:
    """The account has another number from now on."""
    account = clean(account.strip())
    before = str(_row(encounter_id)["account"])
    if before.casefold() == account.casefold():
        return Applied(encounter_id)
    if not account:
        return refusal("E101", "The new account number is blank: enter it.", "account")
    if find(account):
        return refusal("E107", "The new account number is in use: merge the two accounts instead.", "account")
    StoredEncounter.change(encounter_id, {"account": account}, next_version=True)
    changed = {"account": (before, account)}
    note_amendments("encounter", encounter_id, changed, source)
    late_changes.of_encounters((encounter_id,), source)
    return Applied(encounter_id, (), changed)


def set_cancelled(encounter_id: int, source: Source, *, cancelled: bool) -> Applied:
    """A visit that never was (A11), or is one after all. What has movements follows from them, and is refused."""
    before = _row(encounter_id)
    if before["has_movements"]:
        return refusal("E108", "The account has movements: cancel those instead.", "account")
    old, new = str(before["state"]), "cancelled" if cancelled else "active"
    if old in (new, "merged"):
        return Applied(encounter_id)
    StoredEncounter.change(encounter_id, {"state": new}, next_version=True)
    changed = {"state": (old, new)}
    note_amendments("encounter", encounter_id, changed, source)
    late_changes.of_encounters((encounter_id,), source)
    return Applied(encounter_id, (), changed)


_ROW_COLUMNS: Final = (
    "account", "patient_id", "class", "state", "newborn", "location", "disposition", "priority", "point_of_origin",
    "mother_account", "birth_weight_g", "gestation_weeks", "attending_id", "payer_id", "arrived_utc",
    "arrived_offset", "admitted_utc", "discharged_utc", "discharged_offset", "unreadable",
)  # fmt: skip


def _row(encounter_id: int) -> dict[str, Any]:
    row = database.execute_sql(
        f"SELECT {', '.join(_ROW_COLUMNS)}, (SELECT code FROM provider WHERE id = attending_id),"
        " (SELECT code FROM payer WHERE id = payer_id), EXISTS (SELECT 1 FROM movement WHERE"
        " encounter_id = encounter.id AND state = 'current') FROM encounter WHERE id = ?",
        (encounter_id,),
    ).fetchone()
    if row is None:
        raise KeyError(encounter_id)
    return dict(zip((*_ROW_COLUMNS, "provider", "payer", "has_movements"), row, strict=True))
