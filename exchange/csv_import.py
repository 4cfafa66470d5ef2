"""Imports from CSV: what columns each kind of file has, and how its rows are taken, slice by slice.

Rows that belong together (an account, a chart) are taken in one slice, so order in the file does not matter. Each
slice is a transaction of its own; a dry run rolls each back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from config.code_tables import Shelf
from db import store
from db.actors import Actor
from db.changes import Applied, Source, refusal
from db.connect import large_cache, writing
from db.evidence import code_notes
from db.feeds import imports
from db.hospital import encounters, events, site
from db.patient_index import patients
from db.planner import take_statistics
from db.statistics import census
from db.worklist import work_acts
from exchange import csv_movements
from exchange.csv_files import CsvError, Profile, Row, read
from exchange.csv_report import Report
from rules.census import VISIT_CLASSES
from rules.findings import Finding, Level
from rules.moments import day_number, iso_date, moment
from rules.temporary_names import is_temporary

SLICE_ROWS: Final = 250  # a slice takes less than 100 ms
DIAGNOSES: Final = tuple(f"dx{number}" for number in range(1, 13))

Apply = Callable[[Sequence[Sequence[Row]], Source, Report], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of file. ``together``: rows with the same text in this column are taken together."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    together: str
    apply: Apply
    own_acts: bool = (
        False  # each row is an act of its own, outside the transaction; a dry run is its own affair
    )


class _DryRun(Exception):
    """Rolls a slice back."""


def import_file(
    actor: Actor, kind: str, path: Path, profile: Profile, *, dry_run: bool = False,
    progress: Callable[[int], None] = lambda lines: None,
) -> tuple[int, Report]:  # fmt: skip
    """Import a file; returns the number of the batch and the report, whose counts add up to the rows read.

    Raises ``CsvError`` when the file cannot be used at all, ``NotPermitted``.
    """
    return import_with(actor, LAYOUTS[kind], kind, path, profile, dry_run=dry_run, progress=progress)


def import_with(
    actor: Actor, layout: Layout, kind: str, path: Path, profile: Profile, *, dry_run: bool = False,
    progress: Callable[[int], None] = lambda lines: None,
) -> tuple[int, Report]:  # fmt: skip
    """Import a file whose rows ``layout`` takes; ``kind`` is what the batch is called."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CsvError(f"{path.name} cannot be read: {error.strerror}.") from error
    rows = read(data, layout.columns, layout.required, profile)
    report = Report()
    batch = imports.begin(actor, kind, path.name, hashlib.sha256(data).hexdigest(), dry_run=dry_run)
    source = Source(actor.user, f"csv {batch}")
    with large_cache():
        for groups in _slices(rows, layout.together):
            _take_slice(layout, groups, source, report, batch, dry_run=dry_run)
            progress(report.counts["read"])
        if not dry_run:
            take_statistics()
        if kind == "movements" and not dry_run:
            census.bring_up_to_date()
    with writing():
        imports.count(batch, report.counts, ended=True)
    return batch, report


def _slices(rows: Iterator[Row], together: str) -> Iterator[list[list[Row]]]:
    """Groups of rows that belong together, in order of their first row, some groups at a time."""
    groups: dict[str, list[Row]] = {}
    for number, row in enumerate(rows):
        # What has no key, or is no row at all, stands alone.
        key = row[together].upper() if not row.problem and row[together] else f"\0{number}"
        groups.setdefault(key, []).append(row)
    some: list[list[Row]] = []
    count = 0
    for group in groups.values():
        some.append(group)
        count += len(group)
        if count >= SLICE_ROWS:
            yield some
            some, count = [], 0
    if some:
        yield some


def _take_slice(
    layout: Layout,
    groups: Sequence[Sequence[Row]],
    source: Source,
    report: Report,
    batch: int,
    *,
    dry_run: bool,
) -> None:
    usable = []
    for group in groups:
        for row in group:
            if row.problem:
                report.refuse(row, "", row.problem)
        if rows := [row for row in group if not row.problem]:
            usable.append(rows)
    try:
        if layout.own_acts:
            layout.apply(usable, source, report)
        with writing():
            if not layout.own_acts:
                layout.apply(usable, source, report)
            refused = report.close_slice()
            if dry_run:
                raise _DryRun
            imports.refuse(batch, refused)
            imports.count(batch, report.counts, ended=False)
    except _DryRun:
        pass


def _each(apply: Callable[[Row, Source], Applied]) -> Apply:
    """Take rows one by one."""

    def rows(groups: Sequence[Sequence[Row]], source: Source, report: Report) -> None:
        for group in groups:
            for row in group:
                report.settle(row, apply(row, source))

    return rows


def _patients(groups: Sequence[Sequence[Row]], source: Source, report: Report) -> None:
    names = Shelf(store.current().directory / "site" / "tables")["temporary_names"]
    today = iso_date(store.current().now().day)
    for group in groups:
        for row in group:
            applied = patients.apply(row.values, source)
            renamed = applied.created or not applied.changed.keys().isdisjoint(("last_name", "first_name"))
            if renamed and is_temporary(row["last_name"], row["first_name"], names, today):
                patients.set_temporary(applied.record_id, temporary=True)
            report.settle(row, applied)


def _encounter(row: Row, source: Source) -> Applied:
    """An emergency, outpatient or observation visit."""
    for column in ("mrn", "account", "class", "arrived_at"):
        if not row[column]:
            return refusal("C201", f"The {column} is blank: it is needed.", column)
    if row["class"].upper() not in VISIT_CLASSES:
        return refusal(
            "C202", "The class is none of E, O, OBS; stays (I) come with their movements.", "class"
        )
    try:
        moment(row["arrived_at"], store.current().zone)
    except ValueError:
        return refusal("C203", "The arrival cannot be read: write it as YYYY-MM-DDTHH:MM.", "arrived_at")
    patient_id = patients.by_mrn(row["mrn"])
    if not patient_id:
        return refusal("C204", "No patient has this MRN: import the patient first.", "mrn")
    fields = dict(row.values)
    fields["diagnoses"] = "|".join(row[name] for name in DIAGNOSES if row[name])
    return encounters.apply(row["account"], patient_id, fields, source)


def _events(groups: Sequence[Sequence[Row]], source: Source, report: Report) -> None:
    for group in groups:
        taken: set[int] = set()
        # Rows that stand there just so claim their events first; a changed row then finds the one left over.
        for row in sorted(group, key=lambda row: not _event(row, source, frozenset(), trial=True)):
            applied = _event(row, source, frozenset(taken))
            if isinstance(applied, Applied):
                taken.add(applied.record_id)
                report.settle(row, applied)


def _event(row: Row, source: Source, taken: frozenset[int], *, trial: bool = False) -> Applied | bool:
    """Take an event; in a ``trial`` only tell whether it stands there just so."""
    try:
        at = moment(row["at"], store.current().zone)
    except ValueError:
        return not trial and refusal("C301", "The time cannot be read: write it as YYYY-MM-DDTHH:MM.", "at")
    encounter_id = encounters.find(row["account"]) if row["account"] else 0
    patient_id = patients.by_mrn(row["mrn"]) if row["mrn"] else 0
    if row["account"] and not encounter_id:
        return not trial and refusal("C302", "No encounter has this account: import it first.", "account")
    if row["mrn"] and not patient_id:
        return not trial and refusal("C204", "No patient has this MRN: import the patient first.", "mrn")
    if encounter_id:
        owner = encounters.get(encounter_id).patient_id
        if patient_id not in (0, owner):
            return not trial and refusal("C303", "The account belongs to another patient.", "mrn")
        patient_id = owner
    if trial:
        return any(
            (stored.kind, stored.at, stored.detail) == (row["kind"].lower(), at.local, row["detail"].lower())
            for stored in (events.of_encounter(encounter_id) if encounter_id else ())
        )
    return events.apply(encounter_id, patient_id, row["kind"], at, row["detail"], source, taken)


def _beds(row: Row, source: Source) -> Applied:
    numbers: dict[str, int] = {}
    findings: list[Finding] = []
    if not row["unit"]:
        return refusal("C401", "The unit is blank: it is needed.", "unit")
    try:
        from_day = day_number(row["from_date"])
    except ValueError:
        return refusal("C402", "The from_date cannot be read: write it as YYYY-MM-DD.", "from_date")
    for column in ("beds", "bassinets", "authorized", "out_of_service", "dialysis"):
        text = row[column]
        if text.isascii() and text.isdigit():
            numbers[column] = int(text)
        elif column == "beds":
            return refusal("C403", "The beds are no whole number: correct them.", column)
        elif text:
            findings.append(
                Finding(Level.WARNING, "C404", f"The {column} are no whole number: not used.", column)
            )
    if numbers.get("dialysis", 0) > numbers["beds"]:
        del numbers["dialysis"]
        findings.append(
            Finding(Level.WARNING, "C405", "More beds for dialysis than are set up: not used.", "dialysis")
        )
    beds = site.Beds(
        row["unit"], from_day, numbers["beds"], numbers.get("bassinets", 0), numbers.get("authorized"),
        numbers.get("out_of_service"), numbers.get("dialysis"),
    )  # fmt: skip
    applied = site.apply_beds(beds, source)
    return Applied(applied.record_id, (*applied.findings, *findings), applied.changed, applied.created)


def _code_note(row: Row, source: Source) -> Applied:
    """A note of the facility on a code or a range: proposed, until a supervisor approves it."""
    return code_notes.apply(row.values, source)


def _charges(row: Row, source: Source) -> Applied:
    """What another system charges for an account, in dollars and cents."""
    found = re.fullmatch(r"\$?(\d{1,9})(?:\.(\d{2}))?", row["charges"].replace(",", ""))
    if found is None:
        return refusal(
            "C501", "The charges are no amount: write dollars and cents, such as 12345.67.", "charges"
        )
    return work_acts.apply_charge(row["account"], int(found[1]) * 100 + int(found[2] or 0), source)


def _site(kind: str, row: Row, source: Source) -> Applied:
    return site.apply(kind, row[kind], row.values, source)


def _site_layout(kind: str, *columns: str) -> Layout:
    return Layout((kind, *columns), (kind,), kind, _each(partial(_site, kind)))


LAYOUTS: Final[Mapping[str, Layout]] = {
    "patients": Layout(patients.FIELDS, ("mrn",), "mrn", _patients),
    "encounters": Layout(
        ("mrn", "account", "class", "arrived_at", "departed_at", "location", "provider", "disposition", *DIAGNOSES),
        ("mrn", "account", "class", "arrived_at"), "account", _each(_encounter),
    ),
    "movements": Layout(csv_movements.COLUMNS, csv_movements.REQUIRED, "account", csv_movements.apply),
    "events": Layout(("mrn", "account", "kind", "at", "detail"), ("kind", "at"), "account", _events),
    "beds": Layout(
        ("unit", "from_date", "beds", "bassinets", "authorized", "out_of_service", "dialysis"),
        ("unit", "from_date", "beds"), "unit", _each(_beds),
    ),
    "code-notes": Layout(code_notes.FIELDS, ("first_code", "text"), "first_code", _each(_code_note)),
    "charges": Layout(("account", "charges"), ("account", "charges"), "account", _each(_charges)),
    "units": _site_layout("unit", "name", "type", "division", "counts_in_census", "from_date", "to_date"),
    "services": _site_layout("service", "name", "obstetric", "from_date", "to_date"),
    "providers": _site_layout("provider", "name", "npi", "service", "status"),
    "payers": _site_layout("payer", "name", "class"),
}  # fmt: skip
