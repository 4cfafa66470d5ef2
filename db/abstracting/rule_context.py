"""What the rules have to know beside a record: clock, tables, code sets and the facility's settings, made in one place.

A form, a release and a check of a whole period get the same, so that they find the same.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from db import store
from db.abstracting.claims import exempt_hospital
from db.conventions import convention
from db.evidence import documents
from rules.codes import System
from rules.dictionary import Context
from rules.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from db.coding.codes import CodeStore

OPTIONS: Final = ("facility_kind", "hospital_payment", "leave_rule", "census_hour", "chart_documents")
"""Settings that edits ask about."""


def options() -> dict[str, str]:
    """The settings that edits ask about, as they are now."""
    return {name: convention(name) for name in OPTIONS}


def context(tables: Tables, codes: CodeStore | None, settings: Mapping[str, str] | None = None) -> Context:
    """The context of the rules at this moment. ``settings`` are ``options()`` when they were read before.

    Without the code sets codes are checked by form alone.
    """
    now, found = store.current().now().local, dict(options() if settings is None else settings)
    if codes is None:
        return Context(now, tables, found, hospital_exempt=exempt_hospital(), documents=documents.of_account)
    return Context(
        now, tables, found,
        diagnosis_valid=lambda code, day: codes.valid(code, System.CM, date.fromisoformat(day)),
        procedure_valid=lambda code, day: codes.valid(code, System.PCS, date.fromisoformat(day)),
        poa_exempt=lambda code, day: codes.poa_exempt(code, date.fromisoformat(day)),
        hospital_exempt=exempt_hospital(),
        service_valid=lambda code, day: codes.service_valid(code, date.fromisoformat(day)),
        modifier_valid=lambda code, day: codes.modifier_valid(code, date.fromisoformat(day)),
        notes=codes.notes,
        documents=documents.of_account,
    )  # fmt: skip
