"""How values of the hospital read on a screen: dates, ages, names. Canonical text goes in, short text comes out."""

from __future__ import annotations

from datetime import date, tzinfo

from rules.dates import show_date, show_moment
from rules.edit_functions import age_in_years
from rules.moments import moment_at

SEX = {"M": "M", "F": "F", "U": "U", "X": "X"}


def day(iso: str) -> str:
    """A date, full or partial, as MM/DD/YYYY; what cannot be read stays as it is."""
    return show_date(iso) if iso else ""


def moment(local: str) -> str:
    """A moment as MM/DD/YYYY HHMM."""
    return show_moment(local) if local else ""


def age(birth: str, on: str) -> str:
    """Completed years on a day; blank when the birth date is not known well enough."""
    return age_in_years(birth, on[:10]) if len(birth) == 10 and on else ""


def who(mrn: str, name: str, birth: str, sex: str, today: str) -> str:
    """The first line of a patient banner."""
    years = age(birth, today)
    return (
        f"{mrn}  {name}  DOB {day(birth) or 'unknown'}" + (f" ({years})" if years else "") + f"  {sex or '?'}"
    )


def days_since(ordinal: int, today: int) -> str:
    """Age of something that waits, in days."""
    return str(max(0, today - ordinal))


def iso(ordinal: int) -> str:
    """The ISO date of a day number."""
    return date.fromordinal(ordinal).isoformat()


def utc(second: int, zone: tzinfo) -> str:
    """A UTC second on the facility's clock."""
    return moment(moment_at(second, zone).local)
