"""A month of a small hospital made by chance: stays with transfers, leaves, deaths, midnights and newborns."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from db.changes import Source
from db.connect import writing
from db.hospital import site
from db.hospital.site import Beds
from rules.moments import day_number
from tests.builders import a_movement, a_stay

UNITS: Final = ("3E", "4W", "ICU", "ED")  # ED is out of the census
SERVICES: Final = ("MED", "SUR", "PSY")


def the_units() -> None:
    """Three wards in two divisions, and an emergency room that is out of the census."""
    with writing():
        site.apply("division", "ACU", {"name": "ACUTE"}, Source("test"))
        for unit in UNITS:
            division = "ACU" if unit in ("3E", "ICU") else ""
            site.apply("unit", unit, {"name": f"UNIT {unit}", "division": division,
                                      "counts_in_census": "0" if unit == "ED" else "1"}, Source("test"))  # fmt: skip
            site.apply_beds(Beds(unit, day_number("2025-01-01"), 8, 2), Source("test"))


def a_random_month(seed: int) -> None:
    """Forty stays about October with transfers, changes of service, leaves, deaths and midnights."""
    chance = random.Random(seed)
    with writing():
        for number in range(40):
            _a_stay_by(chance, number)


def _a_stay_by(chance: random.Random, number: int) -> None:
    at = datetime(2025, 9, 20) + timedelta(minutes=chance.randrange(0, 45 * 1440, 15))
    newborn = {"newborn": "1"} if number % 9 == 0 else {}
    id_ = a_stay(minute(at), unit=chance.choice(UNITS), service=chance.choice(SERVICES), **newborn)
    for _ in range(chance.randrange(4)):
        at += timedelta(minutes=chance.randrange(30, 4000, 15))
        what = chance.choice(("transfer", "service", "leave", "leave"))
        if what == "leave":
            a_movement(id_, "leave", minute(at), leave_type=chance.choice(("pass", "aa", "ua", "asih")))
            at += timedelta(minutes=chance.choice((300, 1500, 7000)))
            if chance.random() < 0.8:
                a_movement(id_, "return", minute(at))
                continue
            break
        unit = chance.choice(UNITS) if what == "transfer" else ""
        a_movement(id_, what, minute(at), unit, chance.choice(SERVICES))
    if chance.random() < 0.8:
        at = at.replace(hour=0, minute=0) + timedelta(days=chance.randrange(1, 9)) if chance.random() < 0.2 else (
            at + timedelta(minutes=chance.randrange(30, 9000, 15))
        )  # fmt: skip
        a_movement(id_, "discharge", minute(at), disposition=chance.choice(("01", "02", "20")))


def minute(at: datetime) -> str:
    """Canonical local text."""
    return at.strftime("%Y-%m-%dT%H:%M")
