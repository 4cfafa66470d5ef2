"""Codes beside ICD-10 in the code store: what HCPCS Level II says more of its codes, its modifiers, facility sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from db.coding.codes_schema import OPEN
from rules.codes_search import fold

if TYPE_CHECKING:
    from sqlite3 import Connection


OWN = "none"  # what stands for the licence holder of a set that nobody else has rights in


@dataclass(frozen=True, slots=True)
class OtherCode:
    """A modifier or a code of a facility's own set."""

    code: str
    text: str
    short: str
    valid_from: date | None
    valid_to: date | None
    valid: bool  # on the day asked for


@dataclass(frozen=True, slots=True)
class FacilitySet:
    """A facility's own code set, and who licenses its texts."""

    name: str
    title: str
    licence_holder: str
    year: int

    @property
    def licensed_by(self) -> str:
        """Whose leave it takes to write its texts elsewhere; blank for a set that is the facility's own."""
        return "" if self.licence_holder.strip().casefold() in ("", OWN) else self.licence_holder


@dataclass(frozen=True, slots=True)
class HcpcsFacts:
    """What the release says of a HCPCS code beside its title; letters as CMS gives them."""

    short: str
    coverage: str
    betos: str
    pricing: str
    action: str
    added: date | None


class OtherCodes:
    """Modifiers, facility sets and HCPCS facts of one code store, over its connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @cached_property
    def has_hcpcs(self) -> bool:
        """Whether a release of HCPCS is installed."""
        return self._db.execute("SELECT 1 FROM hcpcs_modifier LIMIT 1").fetchone() is not None

    def hcpcs(self, code: str, when: int) -> HcpcsFacts | None:
        """What HCPCS says more of ``code`` on a day, or last said."""
        row = self._db.execute(
            "SELECT short, coverage, betos, pricing, action, added FROM hcpcs WHERE code = ?"
            " ORDER BY NOT (valid_from <= ? AND valid_to >= ?), valid_from DESC LIMIT 1",
            (code.upper(), when, when),
        ).fetchone()
        if row is None:
            return None
        short, coverage, betos, pricing, action, added = row
        return HcpcsFacts(short, coverage, betos, pricing, action, _day(added))

    def modifiers(self, text: str, when: int, limit: int) -> list[OtherCode]:
        """The HCPCS modifiers that ``text`` begins, or whose wording has its words; all of them for a blank one."""
        rows = self._db.execute(
            "SELECT code, title, '', valid_from, valid_to FROM hcpcs_modifier ORDER BY code"
        )
        return _matching([_other(row, when) for row in rows], text, limit)

    def sets(self) -> list[FacilitySet]:
        """The facility sets that are imported."""
        rows = self._db.execute("SELECT name, title, licence_holder, year FROM facility_set ORDER BY name")
        return [FacilitySet(*row) for row in rows]

    def facility(self, set_name: str, text: str, when: int, limit: int) -> list[OtherCode]:
        """The codes of a facility set that ``text`` begins, or whose wording has its words."""
        beginning, words = text.strip().upper(), fold(text).split()
        if not words:
            return []
        wanted = " AND ".join(["(long LIKE ? OR short LIKE ?)"] * len(words))
        likes = [like for word in words for like in (f"%{word}%", f"%{word}%")]
        rows = self._db.execute(
            "SELECT code, long, short, valid_from, valid_to FROM facility_code WHERE set_name = ?"
            f" AND ((code >= ? AND code < ?) OR ({wanted})) ORDER BY code, valid_from LIMIT ?",
            (set_name, beginning, beginning + "~", *likes, limit),
        )
        return [_other(row, when) for row in rows]

    def facility_code(self, set_name: str, code: str, when: int) -> OtherCode | None:
        """One code of a facility set on a day, or as it last was."""
        row = self._db.execute(
            "SELECT code, long, short, valid_from, valid_to FROM facility_code WHERE set_name = ? AND code = ?"
            " ORDER BY NOT (valid_from <= ? AND valid_to >= ?), valid_from DESC LIMIT 1",
            (set_name, code.strip().upper(), when, when),
        ).fetchone()
        return _other(row, when) if row else None


def _matching(found: list[OtherCode], text: str, limit: int) -> list[OtherCode]:
    beginning, words = text.strip().upper(), fold(text).split()
    return [
        each
        for each in found
        if each.code.startswith(beginning) or all(f" {word}" in f" {fold(each.text)}" for word in words)
    ][:limit]


def _other(row: tuple[Any, ...], when: int) -> OtherCode:
    code, text, short, first, last = row
    return OtherCode(code, text or short, short, _day(first), _day(last), first <= when <= last)


def _day(number: int) -> date | None:
    if number <= 0 or number >= OPEN:
        return None
    return date(number // 10000, number // 100 % 100, number % 100)
