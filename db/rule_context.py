"""What the rules have to know beside a record: clock, tables, code sets and the facility's settings, made in one place.

A form, a release and a check of a whole period get the same, so that they find the same.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from db import store
from db.conventions import convention
from rules.codes import System
from rules.dictionary import Context
from rules.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from db.codes import CodeStore

OPTIONS: Final = ("facility_kind", "hospital_payment", "leave_rule", "census_hour")
"""Settings that edits ask about."""


def options() -> dict[str, str]:
    """The settings that edits ask about, as they are now."""
    return {name: convention(name) for name in OPTIONS}


def context(tables: Tables, codes: CodeStore | None, settings: Mapping[str, str] | None = None) -> Context:
    """The context of the rules at this moment. ``settings`` are ``options()`` when they were read before.

    Without the code sets codes are checked by form alone. Every answer about a code is kept
    for as long as the context is.
    """

    @cache
    def diagnosis_valid(code: str, day: str) -> bool | None:
        return codes.valid(code, System.CM, date.fromisoformat(day)) if codes else None

    @cache
    def procedure_valid(code: str, day: str) -> bool | None:
        return codes.valid(code, System.PCS, date.fromisoformat(day)) if codes else None

    @cache
    def poa_exempt(code: str, day: str) -> bool | None:
        return codes.poa_exempt(code, date.fromisoformat(day)) if codes else None

    now, found = store.current().now().local, dict(options() if settings is None else settings)
    if codes is None:
        return Context(now, tables, found)
    return Context(now, tables, found, diagnosis_valid, procedure_valid, poa_exempt, codes.notes)
