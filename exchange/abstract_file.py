"""Released abstracts to the receiver: checked once more, written in the columns of a layout, with a manifest.

A record that an edit or the layout stands against is opened again with the reason and listed; the rest goes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from db.abstracting import abstract_release, lifecycle, transmissions
from db.abstracting.abstract_release import Checker, Filter, Result, WaitingAbstract, not_clean
from db.abstracting.abstracts import AbstractRecord
from db.abstracting.transmissions import BY_RELEASE, Transmission
from db.actors import Action, Actor
from db.acts import permit
from db.connect import database, large_cache, writing
from db.conventions import convention
from db.files import replace_file
from db.patient_index import patients
from db.patient_index.pseudo_numbers import pseudo_number
from rules import edits
from rules.dictionary import Context, Dictionary
from rules.findings import Finding, Told
from rules.layouts import Layout, Line, lines
from rules.lifecycle import Status, in_the_way
from rules.moments import iso_date
from rules.records import rows_of

AT_ONCE: Final = 20  # abstracts of a slice: their checks run before the transaction, which only writes


class NotWritten(Told):
    """The file could not be written; one sentence."""


@dataclass(frozen=True, slots=True)
class Made:
    """A batch that was made: None when nothing could be sent; and what was opened again instead."""

    transmission: Transmission | None
    failed: tuple[Result, ...] = field(default=())


def transmit(
    actor: Actor, layout: Layout, check: Checker, from_day: int, to_day: int, chosen_by: str,
    progress: Callable[[int], None] = lambda count: None,
) -> Made:  # fmt: skip
    """Send what is released, discharged (or released) in a period. Raises ``NotPermitted``, ``NotAllowed``."""
    permit(actor, Action.TRANSMIT_ABSTRACT, kind="batch")
    chosen = list(_released(from_day, to_day, chosen_by))
    if not chosen:
        raise lifecycle.NotAllowed(
            f"Nothing to send: no released abstract was {chosen_by} {iso_date(from_day)} to {iso_date(to_day)}."
        )
    number = transmissions.begin(actor, layout, chosen_by, from_day, to_day)
    failed: list[Result] = []
    seq = 0
    with large_cache():
        for start in range(0, len(chosen), AT_ONCE):
            ready = [_prepared(row, layout, check) for row in chosen[start : start + AT_ONCE]]
            with writing():
                for opened, made, wrong in ready:
                    seq, result = _send(actor, number, seq, opened, made, wrong)
                    if result is not None:
                        failed.append(result)
            progress(min(start + AT_ONCE, len(chosen)))
    closed = transmissions.close(actor, number, [each.id for each in layout.records])
    return Made(closed if closed.records else None, tuple(failed))


def _released(from_day: int, to_day: int, chosen_by: str) -> Iterator[WaitingAbstract]:
    """Released abstracts of a period by discharge, then account."""
    asked = Filter(released_from=from_day, released_to=to_day)
    if chosen_by != BY_RELEASE:
        asked = Filter(from_day=from_day, to_day=to_day)
    found: list[WaitingAbstract] = []
    after = None
    while rows := abstract_release.in_status(Status.RELEASED, asked, after, 500):
        found += rows
        after = rows[-1].key
    yield from sorted(found, key=lambda row: (row.discharge_day, row.account))


def _prepared(
    row: WaitingAbstract, layout: Layout, check: Checker
) -> tuple[AbstractRecord, list[Line], list[Finding]]:
    opened, dictionary = abstract_release.read(row.encounter_id)
    made, misfits = lines(layout, dictionary, export_record(opened, dictionary))
    return opened, made, in_the_way([*check.findings(opened, dictionary), *misfits])


def _send(
    actor: Actor, number: int, seq: int, opened: AbstractRecord, made: list[Line], wrong: list[Finding]
) -> tuple[int, Result | None]:
    account = opened.encounter.account
    try:
        if wrong:
            reason = not_clean("Not transmitted", wrong)
            transmissions.fail(actor, opened, reason, [each.field for each in wrong])
            return seq, Result(account, Status.OPEN, reason)
        transmissions.add(actor, number, seq + 1, opened, made)
    except lifecycle.NotAllowed as refused:  # somebody was quicker: it is left as it is now
        return seq, Result(account, opened.status, str(refused))
    return seq + 1, None


def export_record(opened: AbstractRecord, dictionary: Dictionary) -> dict[str, str]:
    """An abstract with what layouts may name beside its items (``rules.layouts.EXTRA``)."""
    record = {**opened.record, **edits.computed(dictionary, opened.record, Context("", {}))}
    found = {**record, "station_number": convention("station_number")}
    who = patients.get(opened.encounter.patient_id)
    found["ssn"] = who.get("ssn", "")
    pseudo = "" if found["ssn"] else pseudo_number(who, opened.encounter.discharge_day)
    found["ssn_or_pseudo"], found["pseudo_mark"] = found["ssn"] or pseudo, "P" if pseudo else ""
    row = database.execute_sql(
        "SELECT drg, mdc FROM abstract WHERE encounter_id = ?", (opened.encounter.id,)
    ).fetchone()
    found["drg"], found["mdc"] = row or ("", "")
    movements = rows_of(record).get("movements", {})
    for number in movements:
        following = movements.get(number + 1)
        found[f"movements[{number}].until"] = (
            following.get("at", "") if following else record.get("discharged_at", "")
        )
        found[f"movements[{number}].last"] = "0" if following else "1"
    return {path: value for path, value in found.items() if value}


def manifest(made: Transmission) -> dict[str, Any]:
    """What the receiver, and whoever repeats the batch, compares the file with."""
    return {
        "batch": made.id, "file": f"{made.name}.txt", "layout": made.layout, "layout_version": made.layout_version,
        "chosen_by": made.chosen_by, "from": iso_date(made.from_day), "to": iso_date(made.to_day),
        "abstracts": made.records, "lines": sum(made.counts.values()), "lines_by_record": dict(made.counts),
        "bytes": made.bytes, "sha256": made.sha256, "made_at": made.made_at, "made_by": made.made_by,
    }  # fmt: skip


def write(actor: Actor, number: int, folder: Path) -> tuple[Path, Path]:
    """Write the file of a batch and its manifest, the same bytes each time. Raises ``NotWritten``, ``NotPermitted``.

    A batch that was broken off is closed with what it has first.
    """
    made = transmissions.get(number)
    if not made.closed:
        made = transmissions.close(actor, number, list(made.counts))
    if not made.records:
        raise NotWritten(f"Batch {number} holds no abstract: there is nothing to write.")
    data = transmissions.file_of(number)
    paths = folder / f"{made.name}.txt", folder / f"{made.name}.json"
    transmissions.note_written(actor, made, paths[0].name)
    try:
        replace_file(paths[0], data)
        replace_file(paths[1], (json.dumps(manifest(made), indent=2) + "\n").encode())
    except OSError as error:
        raise NotWritten(
            f"Batch {number} is made, but {folder} cannot be written ({error.strerror}): write it again with "
            f"--batch {number}."
        ) from error
    return paths
