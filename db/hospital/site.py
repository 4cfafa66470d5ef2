"""Site files: divisions, units, beds, services, providers, payers and printers.

Rows are never deleted: ``to_date`` ends them. ``apply`` works inside the caller's transaction, ``file`` is an act.
Every change is kept item by item in the history of the row. Conventions (db/conventions.py) are
among the site files too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from db import acts
from db.actors import Action, Actor
from db.changes import CLEAR, Applied, Source, note_amendments, refusal
from db.connect import database
from db.conventions import CONVENTIONS, convention, conventions, file_setting, settings_history
from db.schema.hospital import Division, Payer, Printer, Provider, Service, SiteRow, Unit
from rules.findings import Finding, Level
from rules.moments import day_number, iso_date
from rules.text import clean

__all__ = [
    "CONVENTIONS", "SITE_FILES", "Beds", "SiteRecord", "apply", "apply_beds", "bed_days", "bed_spans", "beds_of",
    "beds_on", "codes", "convention", "conventions", "created", "file", "file_beds", "file_setting", "get", "listing",
    "number", "number_or_new", "settings_history", "unconfirmed",
]  # fmt: skip


def _text(value: str) -> str:
    return clean(value.strip())


def _day(value: str) -> int | None:
    return day_number(value) if value else None


def _whole(value: str) -> int | None:
    return int(value) if value else None


def _yes_no(value: str) -> int:
    known = {"1": 1, "0": 0, "": 0, "Y": 1, "N": 0, "YES": 1, "NO": 0, "TRUE": 1, "FALSE": 0}
    return known[value.upper()]


def _reference(kind: str) -> Callable[[str], int | None]:
    return lambda code: number_or_new(kind, code)[0] if code else None


@dataclass(frozen=True, slots=True)
class _Item:
    """How an item of a site file is stored: its column, and canonical text to value (raises ValueError)."""

    column: str
    store: Callable[[str], Any] = _text
    refers_to: str = ""  # another site file


_DATES: Final = {"from_date": _Item("from_day", _day), "to_date": _Item("to_day", _day)}
_NAME: Final = {"name": _Item("name")}
_ITEMS: Final[Mapping[str, Mapping[str, _Item]]] = {
    "division": {**_NAME, **_DATES},
    "unit": {
        **_NAME, "type": _Item("type"), "division": _Item("division_id", _reference("division"), "division"),
        "counts_in_census": _Item("counts_in_census", _yes_no), **_DATES,
    },
    "service": {**_NAME, "obstetric": _Item("obstetric", _yes_no), **_DATES},
    "provider": {
        **_NAME, "npi": _Item("npi"), "service": _Item("service_id", _reference("service"), "service"),
        "status": _Item("status"), **_DATES,
    },
    "payer": {**_NAME, "class": _Item("class"), **_DATES},
    "printer": {
        **_NAME, "queue": _Item("queue"), "options": _Item("options"), "lines": _Item("lines", _whole),
        "width": _Item("width", _whole), "form_feed": _Item("form_feed", _yes_no),
        "encoding": _Item("encoding"), "line_end": _Item("line_end"),
        "last_form_feed": _Item("last_form_feed", _yes_no), **_DATES,
    },
}  # fmt: skip
_MODELS: Final[Mapping[str, type[SiteRow]]] = {
    "division": Division, "unit": Unit, "service": Service, "provider": Provider, "payer": Payer, "printer": Printer,
}  # fmt: skip
SITE_FILES: Final[Mapping[str, tuple[str, ...]]] = {kind: tuple(items) for kind, items in _ITEMS.items()}
"""The items of each file beside its code, as canonical text."""


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """A row of a site file as canonical text."""

    id: int
    kind: str
    code: str
    values: Mapping[str, str]
    confirmed: bool  # False: met in a feed, nobody has looked at it yet
    version: int


@dataclass(frozen=True, slots=True)
class Beds:
    """Beds of a unit from a day on."""

    unit: str
    from_day: int
    beds: int
    bassinets: int = 0
    authorized: int | None = None
    out_of_service: int | None = None
    dialysis: int | None = None  # of the beds, set up for dialysis


_BED_COUNTS: Final = ("beds", "bassinets", "authorized", "out_of_service", "dialysis")
_OF_BEDS: Final = ", ".join(f"b.{name}" for name in _BED_COUNTS)


def number(kind: str, code: str) -> int:
    """The internal number of a code, or 0."""
    _known(kind)
    row = database.execute_sql(f"SELECT id FROM {kind} WHERE code = ?", (_text(code),)).fetchone()
    return int(row[0]) if row else 0


def number_or_new(kind: str, code: str) -> tuple[int, bool]:
    """The internal number of a code; an unknown one is created unconfirmed (then True)."""
    if found := number(kind, code):
        return found, False
    return _MODELS[kind].add({"code": _text(code), "confirmed": False}), True


def created(kind: str, code: str) -> Finding:
    """The warning that goes with a code created unconfirmed."""
    sentence = (
        f"The {kind} {clean(code)} was not known: it was added unconfirmed; complete it in the site files."
    )
    return Finding(Level.WARNING, "S101", sentence, kind)


def name_unconfirmed(kind: str, code: str, name: str) -> None:
    """Give a row that a feed made the name that the feed gives, for whoever confirms it."""
    _known(kind)
    database.execute_sql(
        f"UPDATE {kind} SET name = ? WHERE code = ? AND name = '' AND confirmed = 0", (name, code.strip())
    )


def codes(kind: str) -> dict[int, str]:
    """All codes of a file by internal number."""
    _known(kind)
    return dict(database.execute_sql(f"SELECT id, code FROM {kind}"))


def get(kind: str, code: str) -> SiteRecord | None:
    """One row."""
    rows = _records(kind, "f.code = ?", (_text(code),), 1)
    return rows[0] if rows else None


def listing(
    kind: str, after: str = "", limit: int = 50, *, day: int | None = None, text: str = ""
) -> list[SiteRecord]:
    """Rows by code, those in use on ``day`` if given, whose code or name begins with ``text``."""
    where, values = "f.code > ?", [after]
    if day is not None:
        where += f" AND coalesce(f.from_day, 0) <= {day:d} AND coalesce(f.to_day, {day:d}) >= {day:d}"
    if text:
        where += " AND (f.code LIKE ? ESCAPE '!' OR f.name LIKE ? ESCAPE '!')"
        pattern = "".join("!" + c if c in "!%_" else c for c in text) + "%"
        values += [pattern, pattern]
    return _records(kind, where, tuple(values), limit)


def unconfirmed() -> dict[str, int]:
    """How many rows of each file nobody has looked at yet."""
    return {
        kind: int(database.execute_sql(f"SELECT count(*) FROM {kind} WHERE confirmed = 0").fetchone()[0])
        for kind in SITE_FILES
    }


def apply(kind: str, code: str, values: Mapping[str, str], source: Source) -> Applied:
    """Insert or amend a row; blank is no change, ``@`` clears. Whatever is filed counts as confirmed.

    Refused without a code. A value that cannot be read is left as it was, with a warning.
    """
    code = _text(code)
    if not code:
        return refusal("S102", f"A {kind} needs its code: enter it.", kind)
    existing = get(kind, code)
    findings: list[Finding] = []
    columns = _columns(kind, values, findings)
    _check_dates(existing, columns, findings)
    if existing is None:
        row_id = _MODELS[kind].add({"code": code, **columns})
    else:
        row_id = existing.id
        if columns:
            _MODELS[kind].change(row_id, columns)
    changed = _differences(existing, _records(kind, "f.id = ?", (row_id,), 1)[0])
    if existing is not None and not existing.confirmed:
        changed["confirmed"] = ("0", "1")
    if existing is not None and changed:
        _MODELS[kind].change(row_id, {"confirmed": True}, next_version=True)
    note_amendments(kind, row_id, changed, source)
    return Applied(row_id, tuple(findings), changed, created=existing is None)


def file(actor: Actor, kind: str, code: str, values: Mapping[str, str], expected_version: int) -> Applied:
    """Insert (version 0) or amend a row: one audited act. Raises ``Conflict`` on another version."""
    with acts.act(actor, Action.AMEND_SITE_FILE, kind=kind, record=_text(code)) as done:
        existing = get(kind, code)
        if (existing.version if existing else 0) != expected_version:
            raise acts.Conflict(f"The {kind} {_text(code)} was changed meanwhile: look at it again.")
        applied = apply(kind, code, values, Source(actor.user))
        done.changed(*_sides(applied))
    return applied


def apply_beds(beds: Beds, source: Source) -> Applied:
    """Set the beds of a unit from a day on, inside the caller's transaction."""
    unit, new_unit = number_or_new("unit", beds.unit)
    was = database.execute_sql(
        f"SELECT {', '.join(_BED_COUNTS)} FROM unit_beds WHERE unit_id = ? AND from_day = ?",
        (unit, beds.from_day),
    ).fetchone()
    now = tuple(getattr(beds, name) for name in _BED_COUNTS)
    day = iso_date(beds.from_day)
    changed = {
        f"{name} from {day}": ("" if old is None else str(old), "" if new is None else str(new))
        for name, old, new in zip(_BED_COUNTS, was or (None,) * len(now), now, strict=True)
        if old != new
    }
    database.execute_sql(
        f"INSERT INTO unit_beds (unit_id, from_day, {', '.join(_BED_COUNTS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (unit_id, from_day) DO UPDATE SET"
        f" {', '.join(f'{name} = excluded.{name}' for name in _BED_COUNTS)}",
        (unit, beds.from_day, *now),
    )
    note_amendments("unit", unit, changed, source)
    return Applied(unit, (created("unit", beds.unit),) if new_unit else (), changed, created=was is None)


def file_beds(actor: Actor, beds: Beds) -> Applied:
    """Set the beds of a unit from a day on: one audited act."""
    with acts.act(actor, Action.AMEND_SITE_FILE, kind="unit", record=beds.unit) as done:
        applied = apply_beds(beds, Source(actor.user))
        done.changed(*_sides(applied))
    return applied


def beds_of(unit: str) -> list[Beds]:
    """A unit's bed rows, oldest first."""
    return _beds("u.code = ? ORDER BY b.from_day", (_text(unit),))


def beds_on(day: int) -> dict[int, Beds]:
    """Beds in force on a day by internal number of the unit."""
    rows = database.execute_sql(
        f"SELECT b.unit_id, u.code, b.from_day, {_OF_BEDS}"
        " FROM unit_beds b JOIN unit u ON u.id = b.unit_id WHERE b.from_day ="
        " (SELECT max(from_day) FROM unit_beds WHERE unit_id = b.unit_id AND from_day <= ?)",
        (day,),
    )
    return {unit: Beds(*rest) for unit, *rest in rows}


def outside_census() -> tuple[str, ...]:
    """The units that do not count in the census."""
    rows = database.execute_sql("SELECT code FROM unit WHERE counts_in_census = 0 ORDER BY code")
    return tuple(code for (code,) in rows)


def bed_days(from_day: int, to_day: int) -> dict[int, tuple[int, int]]:
    """Bed count days and bassinet days of a period by unit of the census, day by day, while the unit was in use."""
    totals: dict[int, tuple[int, int]] = {}
    for unit, beds, bassinets, first, last in bed_spans(from_day, to_day):
        bed, bassinet = totals.get(unit, (0, 0))
        days = max(0, last - first + 1)
        totals[unit] = (bed + beds * days, bassinet + bassinets * days)
    return totals


def bed_spans(from_day: int, to_day: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Unit of the census, beds, bassinets, and the first and last day of a period on which it had them in use."""
    rows = database.execute_sql(
        "SELECT b.unit_id, b.beds, b.bassinets, max(b.from_day, coalesce(u.from_day, 0)),"
        " min(coalesce(lead(b.from_day) OVER (PARTITION BY b.unit_id ORDER BY b.from_day) - 1, ?),"
        " coalesce(u.to_day, ?)) FROM unit_beds b JOIN unit u ON u.id = b.unit_id WHERE u.counts_in_census = 1",
        (to_day, to_day),
    )
    for unit, beds, bassinets, first, last in rows:
        yield unit, beds, bassinets, max(first, from_day), min(last, to_day)


def _known(kind: str) -> None:
    if kind not in _ITEMS:
        raise KeyError(kind)


def _columns(kind: str, values: Mapping[str, str], findings: list[Finding]) -> dict[str, Any]:
    """Column values of the items given; what cannot be read becomes a warning."""
    columns: dict[str, Any] = {}
    for name, item in _ITEMS[kind].items():
        value = _text(values.get(name, ""))
        if not value:
            continue
        try:
            cleared = value == CLEAR
            columns[item.column] = item.store("" if cleared else value)
        except (ValueError, KeyError):
            sentence = f"The {name.replace('_', ' ')} {value} cannot be read: it was left as it was."
            findings.append(Finding(Level.WARNING, "S103", sentence, name))
    return {column: value for column, value in columns.items() if value is not None or column in _NULLABLE}


_NULLABLE: Final = ("from_day", "to_day", "division_id", "service_id")


def _check_dates(existing: SiteRecord | None, columns: Mapping[str, Any], findings: list[Finding]) -> None:
    """A period that ends before it begins is taken, with a warning: nothing is counted by it."""
    old = existing.values if existing else {}
    begins = columns.get("from_day", _day(old.get("from_date", "")))
    ends = columns.get("to_day", _day(old.get("to_date", "")))
    if begins is not None and ends is not None and ends < begins:
        findings.append(
            Finding(Level.WARNING, "S104", "The last day is before the first: correct one.", "to_date")
        )


def _records(kind: str, where: str, values: tuple[Any, ...], limit: int) -> list[SiteRecord]:
    _known(kind)
    items = _ITEMS[kind]
    shown = [
        f"(SELECT code FROM {item.refers_to} WHERE id = f.{item.column})"
        if item.refers_to
        else f"f.{item.column}"
        for item in items.values()
    ]
    rows = database.execute_sql(
        f"SELECT f.id, f.code, f.confirmed, f.version, {', '.join(shown)} FROM {kind} f"
        f" WHERE {where} ORDER BY f.code LIMIT ?",
        (*values, limit),
    )
    return [SiteRecord(row[0], kind, row[1], _as_text(items, row[4:]), bool(row[2]), row[3]) for row in rows]


def _as_text(items: Mapping[str, _Item], row: tuple[Any, ...]) -> dict[str, str]:
    return {
        name: "" if value is None else iso_date(value) if item.store is _day else str(value)
        for (name, item), value in zip(items.items(), row, strict=True)
    }


def _differences(before: SiteRecord | None, after: SiteRecord) -> dict[str, tuple[str, str]]:
    old = before.values if before else {}
    return {name: (old.get(name, ""), new) for name, new in after.values.items() if old.get(name, "") != new}


def _beds(where: str, values: tuple[Any, ...]) -> list[Beds]:
    return [
        Beds(*row)
        for row in database.execute_sql(
            f"SELECT u.code, b.from_day, {_OF_BEDS}"
            f" FROM unit_beds b JOIN unit u ON u.id = b.unit_id WHERE {where}",
            values,
        )
    ]


def _sides(applied: Applied) -> tuple[dict[str, str], dict[str, str]]:
    """Before and after for the audit row."""
    return (
        {name: old for name, (old, _) in applied.changed.items()},
        {name: new for name, (_, new) in applied.changed.items()},
    )
