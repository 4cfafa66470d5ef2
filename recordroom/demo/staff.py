"""The medical staff of the demo hospital, with provider identifiers that carry a right check digit."""

from __future__ import annotations

from random import Random

from recordroom.demo.data import table
from recordroom.demo.model import Plan, Provider
from recordroom.demo.people import Register


def providers(plan: Plan) -> list[Provider]:
    """The medical staff: some for each service, a few no longer active."""
    random = Random(f"staff/{plan.seed}")  # noqa: S311
    staff = Register(random)
    made: list[Provider] = []
    for row in table("hospital")["service"]:
        for _ in range(3 + round(plan.beds * max(row["share"], 0.03) * 0.5)):
            person = staff.adult_or_child(plan.first_day, "", (32, 66))
            number = len(made) + 1
            made.append(Provider(f"{1000 + number}", f"{person.last}, {person.first} {person.middle}".strip(),
                                 npi(f"99999{number:04d}"), row["code"], random.random() > 0.04))  # fmt: skip
    return made


def npi(first_nine: str) -> str:
    """A provider identifier with its check digit: Luhn over 80840 and the number (45 CFR 162.406)."""
    total = 24
    for place, digit in enumerate(reversed(first_nine)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{first_nine}{-total % 10}"


def active_by_service(staff: list[Provider]) -> dict[str, list[str]]:
    """Codes of those who still practise, by service."""
    grouped: dict[str, list[str]] = {}
    for provider in staff:
        if provider.active:
            grouped.setdefault(provider.service, []).append(provider.code)
    return grouped
