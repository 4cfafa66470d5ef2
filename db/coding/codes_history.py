"""A code through the years: title, standing, severity and POA exemption, and what stands in its place since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rules.codes import System, releases

if TYPE_CHECKING:
    from db.coding.codes import CodeStore, Detail, Hit


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which nothing about a code changed. ``last`` None: as far as is known."""

    first: date
    last: date | None
    billable: bool
    title: str
    severity: str
    exempt: bool | None


def spells(codes: CodeStore, detail: Detail) -> list[Spell]:
    """The times of a code, oldest first; neighbours that are alike are one. Times in which it did not exist are
    left out."""
    found: list[Spell] = []
    for version in detail.history:
        days = [version.valid_from]
        last = version.valid_to or codes.valid_through
        if version.system is not System.HCPCS and version.billable:
            days += [day for day in releases(version.valid_from, last) if day > version.valid_from]
        for day in days:
            here = codes.hit(version.code, version.system, day)
            if here is None:
                continue
            spell = Spell(
                day, version.valid_to, version.billable, version.title, here.severity, here.poa_exempt
            )
            if found and _alike(found[-1], spell):
                found[-1] = replace(found[-1], last=spell.last)
                continue
            if found and (found[-1].last is None or found[-1].last >= day):
                found[-1] = replace(found[-1], last=day - timedelta(days=1))
            found.append(spell)
    return found


def _alike(first: Spell, second: Spell) -> bool:
    return replace(first, first=second.first, last=second.last) == second


def came_from(codes: CodeStore, detail: Detail) -> list[Hit]:
    """The codes that ended when this one began and under which, or beside which, it stands."""
    begins = detail.history[0].valid_from
    eve = begins - timedelta(days=1)
    beside = codes.siblings(detail.hit.code, detail.hit.system, eve)
    over = [codes.hit(key, detail.hit.system, eve) for key, _ in detail.above[-1:]]
    return [
        each for each in (*over, *beside) if each and each.valid and each.billable and each.valid_to == eve
    ]


def went_to(codes: CodeStore, detail: Detail) -> list[Hit]:
    """The codes that began when this one ended: those under it now, else those new beside it."""
    ended = [each.valid_to for each in detail.history if each.billable and each.valid_to]
    if not ended or ended[-1] is None or ended[-1] >= codes.valid_through:
        return []
    since, hit = ended[-1] + timedelta(days=1), detail.hit
    under = [each for each in codes.under(hit.code, hit.system, since) if each.valid_from == since]
    beside = [each for each in codes.siblings(hit.code, hit.system, since) if each.valid_from == since]
    return under or [each for each in beside if each.code != hit.code]
