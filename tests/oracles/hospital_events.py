"""What happened to the patients of a month, counted fact by fact: written apart from the product, from the rules.

Each figure is worked by going through all accounts and looking. It imports the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from tests.oracles.hospital_clock import (
    EXPIRED,
    Account,
    Fact,
    Happening,
    House,
    Rules,
    belongs_to,
    inpatient_admission,
    local,
    readmitted,
)

OBSTETRIC = ("OB",)
POSTOPERATIVE = timedelta(days=10)
COUNTS = (
    "live_births", "deliveries", "operations", "patients_operated", "anesthetics", "patients_consulted",
    "hospital_infections", "clean_case_infections", "live_discharges", "readmissions_30_day", "discharges_grouped",
    "discharges_not_grouped",
)  # fmt: skip


def figures_of_events(house: House, first: date, last: date) -> dict[str, str | None]:
    """Each figure: a count, or ``numerator/denominator = value``; None where there is nothing to divide by."""
    rules = [rules for since, rules in house.rules if since <= last][-1]
    counts = _dated(house, rules, first, last) | _of_discharges(house, first, last)
    live, back = readmitted(house, first, last)
    counts |= {"live_discharges": live, "readmissions_30_day": back}
    found: dict[str, str | None] = {name: str(counts[name]) for name in COUNTS}
    died, went = counts["deaths"], counts["discharges"]
    bodies = died - counts["coroner_only"]
    fetal = counts["fetal_deaths"]
    for key, top, bottom in (
        ("cesarean_rate", counts["cesareans"], counts["deliveries"]),
        ("fetal_death_rate", fetal, counts["live_births"] + fetal),
        ("maternal_death_rate", counts["maternal"], counts["obstetric"]),
        ("postoperative_death_rate", counts["postoperative"], counts["patients_operated"]),
        ("anesthesia_death_rate", counts["by_anesthesia"], counts["anesthetics"]),
        ("gross_autopsy_rate", counts["autopsied"], died),
        ("net_autopsy_rate", counts["autopsied"], bodies),
        ("adjusted_autopsy_rate", counts["autopsied"] + counts["elsewhere"], bodies + counts["elsewhere"]),
        ("consultation_rate", counts["patients_consulted"], went),
        ("infection_rate", counts["hospital_infections"], went),
        ("postoperative_infection_rate", counts["clean_case_infections"], counts["operations"]),
        ("readmission_30_day_rate", back, live),
    ):
        found[key] = _shown(Fraction(top), bottom, 100, "0.01")
    weight = Fraction(counts["weight"], 10_000)
    found["case_mix_index"] = _shown(weight, counts["discharges_grouped"], 1, "0.0001")
    return found


def _shown(top: Fraction, bottom: int, factor: int, places: str) -> str | None:
    if bottom <= 0:
        return None
    with localcontext() as context:
        context.prec = 60

        def rounded(value: Fraction, to: str) -> Decimal:
            exact = Decimal(value.numerator) / Decimal(value.denominator)
            return exact.quantize(Decimal(to), ROUND_HALF_UP)

        numerator = str(top) if top.denominator == 1 else str(rounded(top, "0.0001"))
        return f"{numerator}/{bottom} = {rounded(top * factor / bottom, places)}"


def _dated(house: House, rules: Rules, first: date, last: date) -> dict[str, int]:
    """What happened on the dates of the month, to whomever."""

    def told(kind: str, *details: str) -> list[tuple[Account | None, Fact]]:
        return [
            (account, fact)
            for account, fact in _facts(house)
            if fact.kind == kind
            and (not details or fact.detail in details)
            and first <= _date(house, fact) <= last
        ]

    return {
        "live_births": len(told("live_birth")),
        "deliveries": len(told("delivery")),
        "cesareans": len(told("delivery", "cesarean")),
        "operations": len(told("operation")),
        "patients_operated": len({account.number for account, _ in told("operation") if account}),
        "anesthetics": len(told("anesthetic")),
        "clean_case_infections": len(told("infection", "postoperative-clean")),
        "elsewhere": len(told("autopsy", "former-patient", "doa")),
        "fetal_deaths": sum(_counts_as_fetal_death(fact.detail) for _, fact in told("fetal_death")),
        "hospital_infections": sum(
            account is not None and _is_the_hospitals(house, rules, account, fact)
            for account, fact in told("infection", "hai")
        ),
    }


def _facts(house: House) -> Iterator[tuple[Account | None, Fact]]:
    for fact in house.bodies:
        yield None, fact
    for account in house.accounts.values():
        for fact in account.facts.values():
            yield account, fact


def _counts_as_fetal_death(detail: str) -> bool:
    """From 20 weeks on; where the weeks are not known, over 500 g."""
    if detail in ("intermediate", "late"):
        return True
    weeks, grams = re.search(r"weeks=(\d+)", detail), re.search(r"grams=(\d+)", detail)
    return int(weeks[1]) >= 20 if weeks else int(grams[1]) > 500 if grams else False


def _is_the_hospitals(house: House, rules: Rules, account: Account, fact: Fact) -> bool:
    came = inpatient_admission(account)
    if rules.infection == "as marked":
        return True
    if came is None:
        return False
    if rules.infection == "textbook":  # over 72 hours after admission
        return fact.minute - came.minute > 72 * 60
    return _date(house, fact) - local(came.minute, house.zone).date() >= timedelta(
        days=2
    )  # hospital day 3 on


def _of_discharges(house: House, first: date, last: date) -> dict[str, int]:
    """What is known of the adults and children who left the census in the month."""
    left = [
        (account, gone) for account, gone in _left(house) if first <= belongs_to(house, account, gone) <= last
    ]
    dead = [(account, gone) for account, gone in left if gone.status in EXPIRED]
    weighed = [account.weight for account, _ in left if account.weight is not None]
    return {
        "discharges": len(left),
        "deaths": len(dead),
        "obstetric": sum(account.last_place()[1] in OBSTETRIC for account, _ in left),
        "patients_consulted": sum(_has(account, "consultation") for account, _ in left),
        "weight": sum(weighed),
        "discharges_grouped": len(weighed),
        "discharges_not_grouped": len(left) - len(weighed),
        "autopsied": sum(_has(account, "autopsy", "inpatient") for account, _ in dead),
        "coroner_only": sum(
            _has(account, "coroner") and not _has(account, "autopsy", "inpatient") for account, _ in dead
        ),
        "maternal": sum(_has(account, "death_class", "maternal-direct") for account, _ in dead),
        "by_anesthesia": sum(_has(account, "death_class", "anesthesia") for account, _ in dead),
        "postoperative": sum(_died_of_operation(house, account, gone) for account, gone in dead),
    }


def _left(house: House) -> Iterator[tuple[Account, Happening]]:
    for account in house.accounts.values():
        gone = account.discharge
        counted = gone and not account.newborn and inpatient_admission(account)
        if gone and counted and house.units[account.last_place()[0]].in_census:
            yield account, gone


def _has(account: Account, kind: str, detail: str = "") -> bool:
    return any(fact.kind == kind and detail in ("", fact.detail) for fact in account.facts.values())


def _died_of_operation(house: House, account: Account, gone: Happening) -> bool:
    died = local(gone.minute, house.zone).date()
    return any(
        timedelta() <= died - _date(house, fact) <= POSTOPERATIVE
        for fact in account.facts.values()
        if fact.kind == "operation"
    )


def _date(house: House, fact: Fact) -> date:
    return local(fact.minute, house.zone).date()
