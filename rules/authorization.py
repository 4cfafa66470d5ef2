"""Whether a written authorization may be acted on: what it has to hold, and the five defects that void it.

45 CFR 164.508(b)-(c), 38 CFR 1.475 and 42 CFR 2.31. What an authorization says is a mapping of the keys that
table ``authorization_elements`` names; texts are as written, days ISO, statements true or false.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from rules.tables import TableRow, Tables, listed
from rules.values import is_date

Authorization = Mapping[str, object]
"""What an authorization says, by key: ``information``, ``expires_on``, ``revoked_on``, ``combined`` ..."""

STATES = {  # beside the keys of the elements
    "classes": "classes of information that it names",
    "own_form": "it is an authorization for psychotherapy or counseling notes alone",
    "expired_event": "the event that ends it has occurred",
    "revoked_on": "day of its revocation",
    "combined": "combined with another document against 45 CFR 164.508(b)(3)",
    "conditioned": "care or payment depends on it against 45 CFR 164.508(b)(4)",
    "known_false": "something material in it is known to be false",
}


class Defect(StrEnum):
    """Why an authorization is not valid: 45 CFR 164.508(b)(2)(i)-(v). Codes of ``authorization_defects``."""

    EXPIRED = "EXPIRED"
    INCOMPLETE = "INCOMPLETE"
    REVOKED = "REVOKED"
    COMPOUND = "COMPOUND"
    FALSE = "FALSE"


def missing_elements(authorization: Authorization, laws: Collection[str], tables: Tables) -> list[TableRow]:
    """The elements of ``authorization_elements`` that ``laws`` ask for and the authorization does not hold.

    ``laws`` are ``hipaa``, ``7332`` (VA) and ``part2`` (substance use disorder records).
    """
    table = tables.get("authorization_elements")
    return [
        row
        for row in (table.rows if table else ())
        if not set(laws).isdisjoint(listed(row.more.get("laws")))
        and row.more.get("when_signed_by", authorization.get("signed_by")) == authorization.get("signed_by")
        and not any(_filled(authorization.get(key)) for key in listed(row.more.get("keys")))
    ]


def defects(authorization: Authorization, laws: Collection[str], today: str, tables: Tables) -> list[Defect]:
    """Every defect that holds on the ISO day ``today``; none: the authorization is valid.

    It may be used on the day of its expiry, and no more from the day of its revocation. A day that cannot
    be read counts as not filled in.
    """
    expires, revoked = authorization.get("expires_on"), authorization.get("revoked_on")
    unreadable = any(
        _filled(day) and not _is_day(day) for day in (expires, authorization.get("signed_on"))
    ) or _later(authorization.get("signed_on"), today)
    held = {
        Defect.EXPIRED: _later(today, expires) or _filled(authorization.get("expired_event")),
        Defect.INCOMPLETE: unreadable or bool(missing_elements(authorization, laws, tables)),
        Defect.REVOKED: _filled(revoked) and not _later(revoked, today),
        Defect.COMPOUND: _filled(authorization.get("combined")) or _filled(authorization.get("conditioned")),
        Defect.FALSE: _filled(authorization.get("known_false")),
    }
    return [defect for defect, holds in held.items() if holds]


def paragraph(defect: Defect, tables: Tables, day: str = "") -> str:
    """The paragraph of a deficiency letter about a defect. It never tells what is in the record."""
    table = tables.get("authorization_defects")
    row = table.find(defect, day) if table else None
    return row.text if row else ""


def _filled(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _is_day(value: object) -> bool:
    return isinstance(value, str) and is_date(value)


def _later(day: object, than: object) -> bool:
    """Whether one ISO day lies after another; no where either is none."""
    return isinstance(day, str) and isinstance(than, str) and is_date(day) and is_date(than) and day > than
