"""How a report's parameters are keyed: the form's field for each kind, and what F4 offers there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from db import store
from db.hospital import site
from db.report_writer import saved
from reports.parameters import Parameter
from rules.codes import System
from screens.session import Session
from tui.screen import Choice, Field, Kind

LONGEST: Final = 200  # characters of a list or of a text
KINDS: Final = {
    "date": (Kind.DATE, 10, 0, "A date, such as T-1."),
    "month": (Kind.TEXT, 7, 0, "Year and month, such as 2026-10."),
    "yes/no": (Kind.YES_NO, 1, 0, "Y or N."),
    "number": (Kind.INTEGER, 9, 0, "A whole number."),
    "list": (Kind.TEXT, 40, LONGEST, "Codes with commas between them; blank is all. F4 adds one."),
    "codes": (Kind.TEXT, 40, LONGEST, "Codes and ranges, such as I20-I25,J18; a code takes in all below it."),
    "choice": (Kind.TEXT, 20, 0, "F4 lists what it may be."),
}


def field_of(parameter: Parameter) -> Field:
    """The form's field for a parameter."""
    kind, width, length, text = KINDS.get(parameter.kind, (Kind.TEXT, 40, LONGEST, ""))
    return Field(
        parameter.name, parameter.label, width, kind, length=length, required=parameter.required,
        lookup=bool(parameter.choices or parameter.source), help=text or f"{parameter.label}.",
    )  # fmt: skip


def choices(session: Session, parameter: Parameter, text: str, limit: int) -> list[Choice]:
    """What F4 offers: words, rows of a site file, or codes; in a list the next one after those that stand there."""
    if parameter.source == "written":
        reports = [each for each in saved.listing(session.actor) if text.casefold() in each.name.casefold()]
        return [Choice(each.name, each.definition.title) for each in reports[:limit]]
    kept, comma, last = text.rpartition(",") if parameter.kind in ("list", "codes") else ("", "", text)
    if parameter.choices and not parameter.source:
        words = [word for word in parameter.choices if word.startswith(last.strip().casefold())]
        return [Choice(f"{kept}{comma}{word}", word if comma else "") for word in words]
    if parameter.source in site.SITE_FILES:
        found = _rows(parameter.source, last.strip(), limit)
    else:
        begun, dash, last = last.rpartition("-")
        kept, comma = f"{kept}{comma}{begun}", dash or comma
        found = _codes(session, parameter.source, last.strip(), limit)
    return [Choice(f"{kept}{comma}{code}", name) for code, name in found]


def _rows(kind: str, text: str, limit: int) -> Sequence[tuple[str, str]]:
    rows = site.listing(kind, "", limit, text=text)
    return [(row.code, row.values.get("name", "")) for row in rows]


def _codes(session: Session, source: str, text: str, limit: int) -> Sequence[tuple[str, str]]:
    if session.codes is None or source not in set(System):
        return ()
    today = date.fromordinal(store.current().now().day)
    return [(hit.code, hit.text) for hit in session.codes.search(text, System(source), today, limit)]
