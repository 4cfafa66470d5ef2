"""Births in the demo hospital: a delivery closes one event on the mother's account and opens a newborn's stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from recordroom.demo.data import Case, Weighted, cases
from recordroom.demo.model import DAY, Happening, Stay, Visit

if TYPE_CHECKING:
    from recordroom.demo.hospital import Hospital, Open

TWINS = 0.016
STILLBORN = 0.005
NAMED_LATE = 0.25  # registered as BABYBOY or BABYGIRL, and named some days later or never


def deliver(at: int, hospital: Hospital, mother: Open) -> Iterator[Stay | Visit]:
    """The delivery of ``mother``: codes and events for her, a stay for each child born alive."""
    random, stay = hospital.random, mother.stay
    if not stay.disposition:
        twins = random.random() < TWINS
        case = Weighted([(each, each.share) for each in cases("newborn")]).draw(random)
        weeks = random.randint(*case.weeks)
        stay.events.append(Happening(at, "delivery", mother.case.delivery))
        if mother.case.operation:
            stay.events.append(Happening(at, "anesthetic"))
        if random.random() < STILLBORN:
            stay.events.append(Happening(at, "fetal_death", "late" if weeks >= 28 else "intermediate"))
            stay.diagnoses += [("Z37.1", "1"), (f"Z3A.{weeks}", "1")]
        else:
            stay.diagnoses += [("Z37.2" if twins else "Z37.0", "1"), (f"Z3A.{weeks}", "1")]
            if twins:
                stay.diagnoses.append(("O30.003", "Y"))
            for order in ("A", "B") if twins else ("",):
                stay.events.append(Happening(at, "live_birth"))
                _newborn(at, hospital, mother, case, weeks, order)
                at += random.randrange(2, 12)
    yield from ()


def _newborn(at: int, hospital: Hospital, mother: Open, case: Case, weeks: int, order: str) -> None:
    from recordroom.demo.hospital import Open

    random = hospital.random
    child = hospital.register.newborn(mother.stay.person, at // DAY, order)
    if random.random() < NAMED_LATE:
        child.first, child.middle = f"BABY{'BOY' if child.sex == 'M' else 'GIRL'}", order
        child.temporary = True
    birth = {"vaginal": ("Z38.00", "Z38.30"), "cesarean": ("Z38.01", "Z38.31")}[mother.case.delivery]
    own = replace(
        case, service="NBN", principal=(birth[bool(order)],), died=0.004 if case.special else 0.0003
    )
    unit = hospital.beds.unit_for("special nursery" if case.special else "nursery")
    stay = Stay(
        hospital.account(at // DAY), child, True, hospital.attending("NBN"), mother.stay.payer, "4", "5",
        mother_account=mother.stay.account, birth_weight_g=random.randint(*case.grams),
        gestation_weeks=weeks,
    )  # fmt: skip
    hospital.settle(at, Open(stay, own, "nursery"), unit)


def named(hospital: Hospital, stay: Stay) -> None:
    """The real name of somebody registered under a temporary one has been found out."""
    person = stay.person
    found = hospital.register.adult_or_child(person.birth_day or 0, person.sex, (20, 60))
    person.alias = f"{person.last},{person.first}"
    person.first, person.temporary = found.first, False
    if not stay.newborn:
        person.last = found.last
