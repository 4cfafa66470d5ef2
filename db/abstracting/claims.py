"""The claim of a record of this hospital: whether the hospital reports POA is as it has filed itself, by day.

A hospital that does not report present-on-admission indicators to Medicare has no reduction for hospital-acquired
conditions (table ``poa_exempt_hospitals``). The default of a setting that nobody filed claims nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from config.code_tables import Shelf
from db import store
from db.conventions import settings_history
from rules.abstract_findings import claim_of
from rules.drg import Claim
from rules.edit_functions import age_in_years
from rules.moments import day_number
from rules.tables import CodeTable, listed
from rules.values import is_date

KINDS: Final = "poa_exempt_hospitals"
FACILITY, PAYMENT = "facility_kind", "hospital_payment"

Filed = list[tuple[int, str]]


def claims() -> Callable[[Mapping[str, str]], Claim]:
    """Makes the claims of records, one or many, with the age on admission: what the hospital has filed is read once."""
    exempt = exempt_hospital()

    def claim(record: Mapping[str, str]) -> Claim:
        age = age_in_years(record.get("birth_date", ""), record.get("admitted_at", "")[:10])
        dated = {**record, "age": age or record.get("age", "")}
        return claim_of(dated, poa_exempt=exempt(record.get("discharged_at", "")[:10]))

    return claim


def exempt_hospital() -> Callable[[str], bool]:
    """Whether the hospital is exempt from POA reporting on an ISO day. Read when it is first asked."""
    found: list[tuple[CodeTable, Filed, Filed]] = []

    def exempt(day: str) -> bool:
        if not is_date(day):
            return False
        if not found:
            found.append((_table(), _filed(FACILITY), _filed(PAYMENT)))
        table, kinds, payments = found[0]
        kind, payment = _on(kinds, day), _on(payments, day)
        return any(
            row.code == kind or (payment and payment in listed(row.more.get("payment")))
            for row in table.on(day)
        )

    return exempt


def _table() -> CodeTable:
    return Shelf(store.current().directory / "site" / "tables")[KINDS]


def _filed(name: str) -> Filed:
    return [(since, value) for since, value, *_ in settings_history(name)]


def _on(filed: Filed, iso_day: str) -> str:
    """What was filed for a day; blank when nothing was."""
    number = day_number(iso_day)
    return next((value for since, value in reversed(filed) if since <= number), "")
