"""Definitions of written reports: kept by name in every version, one's own or shared. They hold no patient data."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from db.actors import Action, Actor, Role
from db.acts import Conflict, NotPermitted, act, permit
from db.connect import StoreError, database
from db.report_writer import sets
from db.schema.report_writer import WrittenReport, WrittenReportVersion
from rules.report_writer import LONGEST_NAME, Definition, as_json, from_json
from rules.text import clean

KIND: Final = "written report"
NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9 _-]{{0,{LONGEST_NAME - 1}}}")  # stands on command lines


@dataclass(frozen=True, slots=True)
class Saved:
    """A report in one of its versions."""

    id: int
    name: str
    owner: str
    shared: bool
    version: int
    newest: int
    definition: Definition
    filed_utc: int
    filed_by: str


_SELECT: Final = (
    "SELECT r.id, r.name, u.name, r.shared, v.version, r.version, v.definition, v.filed_utc, v.filed_by"
    " FROM written_report r JOIN user u ON u.id = r.owner_id JOIN written_report_version v ON v.report_id = r.id"
    " WHERE r.void_utc IS NULL AND (r.shared OR r.owner_id = ? OR ?)"
)


def listing(actor: Actor) -> list[Saved]:
    """The reports that somebody may run, by name: one's own, and those that are shared over what they may see."""
    rows = database.execute_sql(f"{_SELECT} AND v.version = r.version ORDER BY r.name", _whose(actor))
    seen = frozenset(sets.visible(actor))
    found = [_saved(row) for row in rows]
    return [each for each in found if each.owner == actor.user or each.definition.data_set in seen]


def of(actor: Actor, name: str, version: int = 0) -> Saved:
    """A report that somebody may run, however its name is capitalised. Raises ``StoreError``."""
    rows = database.execute_sql(
        f"{_SELECT} AND r.name = ? AND v.version = iif(?, ?, r.version)",
        (*_whose(actor), name.strip(), version, version),
    ).fetchall()
    if not rows:
        numbered = f" with a version {version}" if version else ""
        raise StoreError(
            f"There is no report {clean(name.strip())}{numbered} that you may run: RPW lists them."
        )
    return _saved(rows[0])


def opened(actor: Actor, name: str) -> Saved:
    """A report whose definition is looked at: its conditions may name whom they are about.

    Raises ``StoreError``, and ``NotPermitted`` where the records of its data set are for others.
    """
    found = of(actor, name)
    sets.open_set(actor, found.definition.data_set)
    return found


def versions(actor: Actor, name: str) -> list[Saved]:
    """Every version of a report, the newest first. Raises ``StoreError``."""
    found = of(actor, name)
    rows = database.execute_sql(f"{_SELECT} AND r.id = ? ORDER BY v.version DESC", (*_whose(actor), found.id))
    return [_saved(row) for row in rows]


def save(actor: Actor, name: str, made: Definition, *, shared: bool, before: Saved | None = None) -> Saved:
    """Keep a new report, or a further version of ``before``; returns it.

    Raises ``StoreError`` for a name that cannot be or is taken, ``NotPermitted``, and ``Conflict`` when somebody
    filed a version meanwhile.
    """
    name = clean(" ".join(name.split()))
    if not NAME.fullmatch(name):
        raise StoreError(f"A name has letters, digits, blanks, - and _, 1 to {LONGEST_NAME} of them.")
    now = int(time.time())
    with act(actor, Action.WRITE_REPORT, kind=KIND, record=name) as done:
        if before is None:
            _check_free(name)
            id_, version = _insert(actor, name, shared), 1
        else:
            _check_may_change(actor, before)
            if name.casefold() != before.name.casefold():
                _check_free(name)
            id_, version = before.id, before.newest + 1
            columns = {"name": name, "shared": shared, "version": version}
            if not WrittenReport.change(id_, columns, only_if={"version": before.newest}):
                raise Conflict(f"Somebody has changed {before.name} meanwhile: RPV shows it.")
            _check_in_use(before)
        WrittenReportVersion.add({
            "report_id": id_, "version": version, "definition": as_json(made), "shared": shared, "filed_utc": now,
            "filed_by": actor.user,
        })  # fmt: skip
        was = (
            {"definition": as_json(before.definition), "shared": before.shared, "name": before.name}
            if before
            else {}
        )
        done.changed(was, {"definition": as_json(made), "shared": shared, "name": name})
        done.detail["version"] = version
    return of(actor, name)


def void(actor: Actor, name: str, reason: str) -> None:
    """Take a report out of use; its versions stay. Raises ``StoreError`` without a reason, ``NotPermitted``."""
    if not reason.strip():
        raise StoreError("Say why the report is taken out of use: the reason stays with it.")
    found = of(actor, name)
    with act(actor, Action.WRITE_REPORT, kind=KIND, record=found.name) as done:
        _check_may_change(actor, found)
        columns = {"void_utc": int(time.time()), "void_by": actor.user, "void_reason": clean(reason.strip())}
        _check_in_use(found)
        if not WrittenReport.change(found.id, columns, only_if={"version": found.newest}):
            raise Conflict(f"Somebody has changed {found.name} meanwhile: look at it again first.")
        done.detail["void"] = clean(reason.strip())


def may_change(actor: Actor, found: Saved) -> bool:
    """Whether it is the actor's own, or the actor is a supervisor."""
    return found.owner == actor.user or Role.SUPERVISOR in actor.roles


def _check_may_change(actor: Actor, found: Saved) -> None:
    permit(actor, Action.WRITE_REPORT, kind=KIND, record=found.name)
    if not may_change(actor, found):
        raise NotPermitted(f"{found.name} is {found.owner}'s: copy it under a name of your own.")


def _check_in_use(found: Saved) -> None:
    row = database.execute_sql("SELECT 1 FROM written_report WHERE id = ? AND void_utc IS NULL", (found.id,))
    if not row.fetchone():
        raise Conflict(f"{found.name} was taken out of use meanwhile: file it as a new report, RPE alone.")


def _whose(actor: Actor) -> tuple[int, bool]:
    """Bound to the choice of reports: who asks, and whether a batch asks, which runs what its owner had it run."""
    return actor.user_id, Role.SERVICE in actor.roles


def _insert(actor: Actor, name: str, shared: bool) -> int:
    return WrittenReport.add({"name": name, "owner_id": actor.user_id, "shared": shared, "version": 1})


def _check_free(name: str) -> None:
    row = database.execute_sql("SELECT 1 FROM written_report WHERE name = ? AND void_utc IS NULL", (name,))
    if row.fetchone():
        raise StoreError(f"The name {name} is taken: choose another.")


def _saved(row: tuple[object, ...]) -> Saved:
    id_, name, owner, shared, version, newest, definition, filed_utc, filed_by = row
    return Saved(
        int(str(id_)), str(name), str(owner), bool(shared), int(str(version)), int(str(newest)),
        from_json(str(definition)), int(str(filed_utc)), str(filed_by),
    )  # fmt: skip
