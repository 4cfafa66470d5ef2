"""The physician index: the discharges of each physician as attending, surgeon or consultant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, NamedTuple

from db.statistics import discharges, stay_lists
from db.statistics.stay_lists import NONE, Stay, Wanted


class Part(StrEnum):
    """What a physician was in a stay."""

    ATTENDING = "attending"
    SURGEON = "surgeon"
    CONSULTANT = "consultant"


class Attended(NamedTuple):
    """A stay of a physician. ``at_day``: first operation or consultation by that physician."""

    physician: str
    part: Part
    stay: Stay
    procedure: str  # the first that the surgeon performed, for others the principal one
    at_day: int | None
    times: int  # procedures performed, consultations given

    @property
    def of_codes(self) -> bool:
        """Whether that the physician was there is what the abstract says."""
        return self.part is not Part.ATTENDING


_PRINCIPAL: Final = "coalesce((SELECT code FROM procedure q WHERE q.encounter_id = e.id AND q.seq = 1), '')"
# Consultants are named by the feed (SERVICE/PROVIDER) or in the abstract; a consultation told by both is one.
_BY_FEED: Final = (
    "encounter e CROSS JOIN event x ON x.encounter_id = e.id AND x.kind = 'consultation' AND x.state = 'current'"
    " AND instr(x.detail, '/') > 0"
)
_IN_ABSTRACT: Final = (
    "encounter e CROSS JOIN abstract b ON b.encounter_id = e.id CROSS JOIN case_item x ON x.case_id = b.case_id"
    " AND x.item = 'consultations.provider' AND x.text <> ''"
)
_DATE: Final = (
    "(SELECT day FROM case_item y WHERE y.case_id = x.case_id AND y.seq = x.seq"
    " AND y.item = 'consultations.date')"
)


def attended(wanted: Wanted, parts: Sequence[Part]) -> list[Attended]:
    """The discharges wanted, once for each physician and part; ``codes["provider"]`` chooses physicians."""
    physicians = tuple(wanted.codes.get("provider", ()))
    everybody = replace(wanted, codes={**wanted.codes, "provider": ()})
    ways = {Part.ATTENDING: _attending, Part.SURGEON: _surgeons, Part.CONSULTANT: _consultants}
    found = [row for part in parts for row in ways[part](everybody)]
    known = {code.casefold() for code in physicians}
    return [
        row for row in found
        if not known or row.physician.casefold() in known or (NONE in known and not row.physician)
    ]  # fmt: skip


def _attending(wanted: Wanted) -> list[Attended]:
    return [
        Attended(stay.attending, Part.ATTENDING, stay, procedure, stay.admit_day, 1)
        for stay, (procedure,) in stay_lists.read(wanted, discharges.ended("e"), also=(_PRINCIPAL,))
    ]


def _surgeons(wanted: Wanted) -> list[Attended]:
    rows = stay_lists.read(
        wanted, discharges.ended("e"), way="encounter e CROSS JOIN procedure x ON x.encounter_id = e.id",
        also=("x.surgeon", "x.seq", "x.code", "x.performed_day"),
    )  # fmt: skip
    made: dict[tuple[int, str], Attended] = {}
    for stay, (surgeon, _, code, day) in sorted(rows, key=lambda row: (row[0].encounter_id, row[1][1])):
        had = made.get((stay.encounter_id, surgeon))
        made[stay.encounter_id, surgeon] = (
            had._replace(times=had.times + 1) if had else Attended(surgeon, Part.SURGEON, stay, code, day, 1)
        )
    return list(made.values())


def _consultants(wanted: Wanted) -> list[Attended]:
    when = discharges.ended("e")
    rows = stay_lists.read(
        wanted, when, way=_BY_FEED, also=(_PRINCIPAL, "substr(x.detail, instr(x.detail, '/') + 1)", "x.day")
    ) + stay_lists.read(wanted, when, way=_IN_ABSTRACT, also=(_PRINCIPAL, "x.text", _DATE))
    given: dict[tuple[int, str], tuple[Stay, str, set[int | None]]] = {}
    for stay, (procedure, physician, day) in rows:
        given.setdefault((stay.encounter_id, physician), (stay, procedure, set()))[2].add(day)
    return [
        Attended(physician, Part.CONSULTANT, stay, procedure, _first(days), len(days))
        for (_, physician), (stay, procedure, days) in given.items()
    ]


def _first(days: set[int | None]) -> int | None:
    return min((day for day in days if day is not None), default=None)
