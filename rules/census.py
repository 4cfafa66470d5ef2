"""Counting inpatients: the stay that follows from an account's movements, and all that it adds to a day's counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from rules.conventions import Conventions, LeaveRule
from rules.moments import Moment

NEVER: Final = 3_652_059  # day number of 9999-12-31: the end of what has not ended
DEATHS: Final = frozenset({"20", "40", "41", "42"})  # UB-04 patient discharge status: expired
STILL_HERE: Final = frozenset({"30"})  # UB-04: still a patient, on bills for a part of a stay
VISIT_CLASSES: Final = ("E", "O", "OBS")
PATIENT_CLASSES: Final = ("I", *VISIT_CLASSES)
LEAVE_TYPES: Final = ("pass", "aa", "ua", "asih")
MEASURES: Final = (
    "census", "same_day", "admissions", "discharges", "deaths", "deaths_under_48h", "unit_in", "unit_out",
    "service_in", "service_out", "leave_out", "leave_in", "on_leave", "discharge_days",
)  # fmt: skip


class Event(StrEnum):
    """What moves a patient."""

    ADMIT = "admit"
    TRANSFER = "transfer"  # to another unit or bed; may change the service too
    SERVICE = "service"  # to another service, in the same bed
    LEAVE = "leave"
    RETURN = "return"
    DISCHARGE = "discharge"


class Step(NamedTuple):
    """A movement as the counting sees it; unit and service are internal numbers."""

    event: Event
    utc: int
    offset: int  # minutes east of UTC
    day: int
    unit: int | None = None
    service: int | None = None
    bed: str = ""
    patient_class: str = ""  # on admit; blank is I
    disposition: str = ""
    leave_type: str = ""
    seq: int = 0  # order within one minute; an admission comes first and a discharge last in any case
    place: int = 0  # order of arrival: settles what one minute and ``seq`` leave open

    @property
    def local(self) -> str:
        """Canonical local text."""
        return Moment(self.utc, self.offset, self.day).local


class Piece(NamedTuple):
    """A half-open piece of a stay in one unit, service and bed. Days are counting days."""

    unit: int
    service: int
    bed: str
    from_utc: int
    from_day: int
    to_utc: int | None
    to_day: int  # NEVER while open


class Away(NamedTuple):
    """A leave. ``absent``: by the site's convention it is off the census."""

    type: str
    unit: int
    service: int
    from_utc: int
    from_day: int
    to_utc: int | None
    to_day: int
    absent: bool

    @property
    def nights(self) -> int:
        return self.to_day - self.from_day


class Counted(NamedTuple):
    """What counting needs of an inpatient stay; without pieces it counts nowhere."""

    newborn: bool
    pieces: Sequence[Piece]
    leaves: Sequence[Away]
    discharged_on: int | None  # local day; a discharge at midnight may be counted on the day before
    died: bool
    died_early: bool
    los_days: int


@dataclass(frozen=True, slots=True)
class Stay:
    """What follows from the path of an account. Only class I has pieces and counts in the census."""

    patient_class: str
    newborn: bool
    arrived: Step  # first contact: earlier than ``admitted`` when a visit became a stay
    admitted: Step
    discharged: Step | None
    pieces: tuple[Piece, ...]
    leaves: tuple[Away, ...]
    unit: int | None  # present or last
    service: int | None
    bed: str
    on_leave: str
    died: bool
    died_early: bool
    los_days: int | None  # of a discharged inpatient
    leave_days: int  # nights of ended leaves off the census

    @property
    def counted(self) -> Counted:
        return Counted(
            self.newborn, self.pieces, self.leaves, self.discharged.day if self.discharged else None, self.died,
            self.died_early, self.los_days or 0,
        )  # fmt: skip


class Effect(NamedTuple):
    """What a stay adds to a measure of the day summary, on every day of [from_day, to_day)."""

    from_day: int
    to_day: int
    unit: int
    service: int
    newborn: bool
    measure: int  # index into MEASURES
    amount: int


(CENSUS, SAME_DAY, ADMISSIONS, DISCHARGES, DEATH, EARLY_DEATH, UNIT_IN, UNIT_OUT, SERVICE_IN, SERVICE_OUT,
 LEAVE_OUT, LEAVE_IN, ON_LEAVE, DISCHARGE_DAYS) = range(len(MEASURES))  # fmt: skip

# Within one minute an admission comes first and a discharge last, whatever order the file had.
_RANK = {Event.ADMIT: 0, Event.DISCHARGE: 2}


def in_order(steps: Iterable[Step]) -> list[Step]:
    """The steps in the order in which they happened."""
    return sorted(steps, key=_order)


def _order(step: Step) -> tuple[int, int, int, int]:
    return (step.utc, _RANK.get(step.event, 1), step.seq, step.place)


def counting_day(step: Step, conventions: Conventions) -> int:
    """The day whose census first sees the step: with a census at 00:00, midnight ends the day before."""
    if conventions.census_hour == "00:00" and (step.utc // 60 + step.offset) % 1440 == 0:
        return step.day - 1
    return step.day


def stay(steps: Sequence[Step], newborn: bool, conventions: Conventions, now_utc: int) -> Stay | None:
    """The stay that follows from a possible path; None for an empty one. ``now_utc`` ages open passes."""
    path = in_order(steps)
    if not path:
        return None
    admitted = _admission(path)
    inpatient = (admitted.patient_class or "I") == "I"
    discharged = path[-1] if path[-1].event is Event.DISCHARGE else None
    pieces: list[Piece] = []
    leaves: list[Away] = []
    unit, service, bed, begun, away = admitted.unit, admitted.service, admitted.bed, admitted, None
    for step in path[path.index(admitted) + 1 :]:
        if step.event in (Event.TRANSFER, Event.SERVICE):
            if inpatient:
                pieces.append(_piece(unit, service, bed, begun, step, conventions))
            bed = (
                step.bed if step.event is Event.TRANSFER or step.unit not in (None, unit) else step.bed or bed
            )
            unit, service, begun = step.unit or unit, step.service or service, step
        elif step.event is Event.LEAVE:
            away = step
        elif away is not None and step.event in (Event.RETURN, Event.DISCHARGE):
            leaves.append(_away(unit, service, away, step, conventions, now_utc))
            away = None
    if away is not None:
        leaves.append(_away(unit, service, away, None, conventions, now_utc))
    if inpatient:
        pieces.append(_piece(unit, service, bed, begun, discharged, conventions))
    died = discharged is not None and discharged.disposition in DEATHS
    hours_48 = conventions.early_death_hours * 3600
    absent_nights = sum(leave.nights for leave in leaves if leave.absent and leave.to_utc is not None)
    return Stay(
        patient_class=admitted.patient_class or "I",
        newborn=newborn,
        arrived=path[0],
        admitted=admitted,
        discharged=discharged,
        pieces=tuple(pieces),
        leaves=tuple(leaves) if inpatient else (),
        unit=unit,
        service=service,
        bed=bed,
        on_leave=(away.leave_type or "pass") if away is not None else "",
        died=died,
        died_early=died and discharged is not None and discharged.utc - admitted.utc < hours_48,
        los_days=_los(admitted, discharged, absent_nights, conventions) if inpatient else None,
        leave_days=absent_nights if inpatient else 0,
    )


def _admission(path: list[Step]) -> Step:
    """The admission that counts: the inpatient one, else the first."""
    admissions = [step for step in path if step.event is Event.ADMIT]
    return next((step for step in admissions if (step.patient_class or "I") == "I"), admissions[0])


def _piece(
    unit: int | None, service: int | None, bed: str, begun: Step, ended: Step | None, conventions: Conventions
) -> Piece:
    return Piece(
        unit or 0, service or 0, bed, begun.utc, counting_day(begun, conventions),
        ended.utc if ended else None, counting_day(ended, conventions) if ended else NEVER,
    )  # fmt: skip


def _away(
    unit: int | None,
    service: int | None,
    left: Step,
    back: Step | None,
    conventions: Conventions,
    now_utc: int,
) -> Away:
    kind = left.leave_type or "pass"
    hours = ((back.utc if back else now_utc) - left.utc) / 3600
    absent = conventions.leave is not LeaveRule.VISTA or kind != "pass" or hours >= conventions.pass_hours
    return Away(
        kind, unit or 0, service or 0, left.utc, counting_day(left, conventions),
        back.utc if back else None, counting_day(back, conventions) if back else NEVER, absent,
    )  # fmt: skip


def _los(admitted: Step, discharged: Step | None, absent_nights: int, conventions: Conventions) -> int | None:
    """Discharge days: calendar days less the leave nights of the site's convention, at least 1."""
    if discharged is None:
        return None
    deducted = 0 if conventions.leave is LeaveRule.NO_DEDUCTION else absent_nights
    days = counting_day(discharged, conventions) - counting_day(admitted, conventions)
    return max(1, days - deducted)


def effects(stay: Counted, same_day_unit: str) -> Iterator[Effect]:
    """All that an inpatient stay adds to the day summary; ``same_day_unit`` as in ``Conventions``."""
    if not stay.pieces:
        return
    newborn = stay.newborn
    first, last = stay.pieces[0], stay.pieces[-1]
    yield _once(first.from_day, first, newborn, ADMISSIONS)
    before = None
    for piece in stay.pieces:
        if before is not None and piece.unit != before.unit:
            yield _once(piece.from_day, before, newborn, UNIT_OUT)
            yield _once(piece.from_day, piece, newborn, UNIT_IN)
        if before is not None and piece.service != before.service:
            yield _once(piece.from_day, before, newborn, SERVICE_OUT)
            yield _once(piece.from_day, piece, newborn, SERVICE_IN)
        if piece.from_day < piece.to_day:
            yield Effect(piece.from_day, piece.to_day, piece.unit, piece.service, newborn, CENSUS, 1)
        before = piece
    for leave in stay.leaves:
        yield from _leave_effects(leave, newborn)
    if stay.discharged_on is not None:
        day = last.to_day
        yield _once(day, last, newborn, DISCHARGES)
        yield _once(day, last, newborn, DISCHARGE_DAYS, stay.los_days)
        if stay.died:
            yield _once(day, last, newborn, DEATH)
        if stay.died_early:
            yield _once(day, last, newborn, EARLY_DEATH)
        if first.from_day == day:
            yield _once(day, last if same_day_unit == "discharging" else first, newborn, SAME_DAY)


def _once(day: int, piece: Piece, newborn: bool, measure: int, amount: int = 1) -> Effect:
    return Effect(day, day + 1, piece.unit, piece.service, newborn, measure, amount)


def _leave_effects(leave: Away, newborn: bool) -> Iterator[Effect]:
    """A leave over no census hour changes nothing; one that ends by discharge comes back to be discharged."""
    if leave.from_day == leave.to_day:
        return
    cell = (leave.unit, leave.service, newborn)
    yield Effect(leave.from_day, leave.to_day, *cell, ON_LEAVE, 1)
    if leave.absent:
        yield Effect(leave.from_day, leave.to_day, *cell, CENSUS, -1)
        yield Effect(leave.from_day, leave.from_day + 1, *cell, LEAVE_OUT, 1)
        if leave.to_day < NEVER:
            yield Effect(leave.to_day, leave.to_day + 1, *cell, LEAVE_IN, 1)


def service_days(stay: Counted, from_day: int, to_day: int) -> int:
    """Service days of one stay in a period, by the closed form: overlap, same-day case, less leave nights."""
    if not stay.pieces:
        return 0
    begins, ends = stay.pieces[0].from_day, stay.pieces[-1].to_day
    if begins == ends:
        return int(from_day <= begins <= to_day)
    absent = sum(
        _overlap(leave.from_day, leave.to_day, from_day, to_day) for leave in stay.leaves if leave.absent
    )
    return _overlap(begins, ends, from_day, to_day) - absent


def _overlap(begins: int, ends: int, from_day: int, to_day: int) -> int:
    """Days of [begins, ends) that lie in the period, both of whose ends count."""
    return max(0, min(ends, to_day + 1) - max(begins, from_day))
