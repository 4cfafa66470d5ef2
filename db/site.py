"""Site files: divisions, units, beds, services, providers, payers, printers and the facility's conventions.

Rows are never deleted: ``to_date`` ends them. ``apply`` works inside the caller's transaction, ``file`` is an act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.actors import Actor
from db.changes import Applied, Source
from rules.census import Conventions

SITE_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "division": ("name", "from_date", "to_date"),
    "unit": ("name", "type", "division", "counts_in_census", "from_date", "to_date"),
    "service": ("name", "obstetric", "from_date", "to_date"),
    "provider": ("name", "npi", "service", "status", "from_date", "to_date"),
    "payer": ("name", "class", "from_date", "to_date"),
    "printer": (
        "name",
        "queue",
        "options",
        "lines",
        "width",
        "form_feed",
        "encoding",
        "from_date",
        "to_date",
    ),
}  # the items of each file beside its code, canonical text


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """A row of a site file as canonical text."""

    id: int
    kind: str
    code: str
    values: Mapping[str, str]
    confirmed: bool  # False: met in a feed, nobody has looked at it yet
    version: int


def number(kind: str, code: str) -> int:
    """The internal number of a code, or 0."""
    raise NotImplementedError


def number_or_new(kind: str, code: str) -> tuple[int, bool]:
    """The internal number of a code; an unknown one is created unconfirmed (then True)."""
    raise NotImplementedError


def codes(kind: str) -> dict[int, str]:
    """All codes of a file by internal number."""
    raise NotImplementedError


def get(kind: str, code: str) -> SiteRecord | None:
    """One row."""
    raise NotImplementedError


def listing(
    kind: str, after: str = "", limit: int = 50, *, day: int | None = None, text: str = ""
) -> list[SiteRecord]:
    """Rows by code, those in use on ``day`` if given, whose code or name begins with ``text``."""
    raise NotImplementedError


def unconfirmed() -> dict[str, int]:
    """How many rows of each file nobody has looked at yet."""
    raise NotImplementedError


def apply(kind: str, code: str, values: Mapping[str, str], source: Source) -> Applied:
    """Insert or amend a row; blank is no change, ``@`` clears. Whatever is filed counts as confirmed."""
    raise NotImplementedError


def file(actor: Actor, kind: str, code: str, values: Mapping[str, str], expected_version: int) -> Applied:
    """Insert (version 0) or amend a row: one audited act. Raises ``Conflict`` on another version."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Beds:
    """Beds of a unit from a day on."""

    unit: str
    from_day: int
    beds: int
    bassinets: int = 0
    authorized: int | None = None
    out_of_service: int | None = None


def apply_beds(beds: Beds, source: Source) -> Applied:
    """Set the beds of a unit from a day on, inside the caller's transaction."""
    raise NotImplementedError


def file_beds(actor: Actor, beds: Beds) -> Applied:
    """Set the beds of a unit from a day on: one audited act."""
    raise NotImplementedError


def beds_of(unit: str) -> list[Beds]:
    """A unit's bed rows, oldest first."""
    raise NotImplementedError


def beds_on(day: int) -> dict[int, Beds]:
    """Beds in force on a day by internal number of the unit."""
    raise NotImplementedError


def bed_days(from_day: int, to_day: int) -> dict[int, tuple[int, int]]:
    """Bed count days and bassinet days of a period by unit, added up day by day."""
    raise NotImplementedError


CONVENTIONS: Final[Mapping[str, tuple[str, tuple[str, ...], str]]] = {
    "census_hour": ("23:59", ("23:59", "00:00"), "Hour of the census"),
    "leave_rule": ("every night", ("every night", "vista", "no deduction"), "Leave nights taken off"),
    "same_day_unit": ("discharging", ("discharging", "admitting"), "Unit credited with a same-day case"),
    "early_death_hours": ("48", ("48",), "Clock hours that make an early death"),
    "newborns_in_death_rates": ("0", ("0", "1"), "Newborns in both terms of the death rates"),
    "fiscal_year_start": ("10-01", (), "First day of the fiscal year, MM-DD"),
    "date_style": ("us", ("us", "military"), "Dates shown as 11/21/2026 or 21 NOV 2026"),
}  # setting -> default, permitted values (none: free), what it says


def convention(name: str, day: int | None = None) -> str:
    """A convention in force on a day (now when None), its default when the site never set it."""
    raise NotImplementedError


def conventions(day: int | None = None) -> Conventions:
    """How the facility counts on a day."""
    raise NotImplementedError


def file_setting(actor: Actor, name: str, value: str, from_day: int) -> Applied:
    """Set a convention from a day on: one audited act. The census is recomputed from that day."""
    raise NotImplementedError


def settings_history(name: str) -> list[tuple[int, str, str, int]]:
    """Every value a setting had: from day, value, set by, set at (UTC second), oldest first."""
    raise NotImplementedError
