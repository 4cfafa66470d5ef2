"""Edits of coding outside the inpatient claim: services by HCPCS and CPT, modifiers, what may be listed first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from rules.abstract_edits import cells_of
from rules.codes import System, dotted
from rules.codes_edits import EDITS
from rules.codes_facts import principal_edits
from rules.dictionary import Context, Edit, Record, is_null, row_path
from rules.drg import valid_from_to
from rules.edit_functions import Hit, answered
from rules.records import Rows
from rules.values import is_date

CPT: Final = re.compile(r"[0-9]{4}[0-9AFMTU]")  # categories I, II (F) and III (T); lab tests M and U
HCPCS: Final = re.compile(r"[A-V][0-9]{4}")
MODIFIER: Final = re.compile(r"[A-Z0-9]{2}")
MOST_MODIFIERS: Final = 4
SIDES: Final = frozenset({"RT", "LT", "50"})
NOT_FIRST: Final = frozenset({"E_CODE_AS_PDX", "MANIFESTATION_AS_PDX"})


def service_code(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A service has a HCPCS code that is in force on its date, or a code in the form of CPT."""
    for path, cells, day in _services(edit, record, rows):
        code = cells["code"].upper()
        if not HCPCS.fullmatch(code) and not CPT.fullmatch(code):
            told = "ICD-10-PCS codes are those of inpatient claims. " if len(code) == 7 else ""
            message = f"{code} is no HCPCS or CPT code: {told}Key five characters, such as G0378 or 99284."
            yield Hit(row_path(*path, "code"), message)
        elif day and context.service_valid and context.service_valid(code, day) is False:
            yield Hit(row_path(*path, "code"), f"{code} is not in force on the date of the service.")


def modifiers_known(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Up to four different modifiers of two characters, each in force where the release of HCPCS is installed."""
    for path, cells, day in _services(edit, record, rows):
        modifiers = cells.get("modifiers", "").upper().split()
        cell = row_path(*path, "modifiers")
        if len(modifiers) > MOST_MODIFIERS:
            yield Hit(cell, f"A service has up to {MOST_MODIFIERS} modifiers, not {len(modifiers)}.")
        for each in dict.fromkeys(modifiers):
            known = context.modifier_valid(each, day) if day and context.modifier_valid else None
            if modifiers.count(each) > 1:
                yield Hit(cell, f"Modifier {each} stands there twice.")
            elif not MODIFIER.fullmatch(each) or known is False:
                yield Hit(cell, f"{each} is no modifier in force on the date of the service.")


def sides_agree(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """One side in a row: right, left, or both (50)."""
    for path, cells, _ in _services(edit, record, rows):
        sides = SIDES & set(cells.get("modifiers", "").upper().split())
        if len(sides) > 1:
            named = " and ".join(sorted(sides))
            message = f"{named} contradict each other: key 50 for both sides, or a row for each side."
            yield Hit(row_path(*path, "modifiers"), message)


def _services(
    edit: Edit, record: Record, rows: Rows
) -> Iterator[tuple[tuple[str, int], dict[str, str], str]]:
    """The rows with a code, and the day on which each is judged: its own, else that of the visit, or blank."""
    visit = (answered(record, "admitted_at") or answered(record, "discharged_at"))[:10]
    for group in edit.values:
        for number, cells in rows.get(group, {}).items():
            if cells.get("code") and not is_null(cells["code"]):
                day = cells.get("date", "") or visit
                yield (group, number), dict(cells), day if is_date(day) else ""


def not_first_listed(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """An external cause or a manifestation is not the first-listed diagnosis."""
    day = (answered(record, "discharged_at") or answered(record, "admitted_at") or context.now)[:10]
    for group in edit.values:
        code = rows.get(group, {}).get(1, {}).get("code", "")
        if not (code.isascii() and code.isalnum()) or not is_date(day):
            continue
        on = min(date.fromisoformat(day), valid_from_to()[1])
        for name in sorted(principal_edits(code, on) & NOT_FIRST):
            said = EDITS[name][2].replace("be the principal diagnosis", "be listed first")
            yield Hit(row_path(group, 1, "code"), f"{dotted(code, System.CM)} {said}.")


def has_form(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The items have the form of the edit's pattern."""
    (pattern,) = edit.values
    for path, value in cells_of(edit.items, record, rows):
        if not re.fullmatch(pattern, value.upper()):
            yield Hit(path)
