"""What is wrong with the patients of the demo hospital and what is done for them: codes, events, outcomes."""

from __future__ import annotations

from functools import cache
from math import log
from random import Random

from recordroom.demo.data import Case, Weighted, table
from recordroom.demo.model import DAY, Happening, Stay

SPREAD = 0.62  # sigma of the log-normal length of stay
LONGEST_DAYS = 190
LONG_STAYERS = 0.004

# Families whose codes are mostly exempt from POA reporting; they are marked 1 (CMS list of exempt codes).
_EXEMPT = ("Z", "W", "V", "Y92", "O80", "I69")
_HOME = Weighted([("01", 66.0), ("06", 14.0), ("03", 9.0), ("62", 3.5), ("02", 2.0), ("07", 1.6), ("04", 0.8),
                  ("50", 0.7), ("51", 0.7), ("63", 0.5), ("65", 0.4), ("21", 0.3), ("70", 0.2)])  # fmt: skip


def los_days(case: Case, random: Random) -> int:
    """Days of stay: log-normal about the case's median, with a few long stayers."""
    days = random.lognormvariate(log(case.los), SPREAD)
    if random.random() < LONG_STAYERS:
        days = days * random.uniform(5, 12) + 10
    return min(LONGEST_DAYS, int(days + 0.5))


def disposition(stay: Stay, age: float, random: Random) -> str:
    """Where somebody goes who leaves alive (UB-04 patient discharge status)."""
    if age < 18 or stay.newborn:
        return "01" if random.random() < 0.97 else "02"
    chosen = _HOME.draw(random)
    return "01" if chosen in ("03", "04", "62", "06") and age < 55 and random.random() < 0.7 else chosen


def code(stay: Stay, case: Case, random: Random) -> None:
    """Give a finished stay its diagnoses and procedures. Draws the same number for every stay of a case."""
    principal = random.choice(case.principal)
    stay.diagnoses = [(principal, _poa(principal, random)), *stay.diagnoses]
    coded = {principal} | {known for known, _ in stay.diagnoses}
    for other, chance in case.secondary:
        if random.random() < chance and other not in coded:
            coded.add(other)
            stay.diagnoses.append((other, _poa(other, random)))
    first = stay.admitted
    last = stay.moves[-1].at
    for done, chance in case.procedures:
        if random.random() < chance:
            at = min(last, first + random.randrange(60, 1200))
            stay.procedures.append((done, operated_at(stay) or at))


def comorbidities(stay: Stay, most: int, random: Random) -> None:
    """Code what else an adult has, from none to ``most`` conditions; newborns have only what their case says."""
    coded = {known for known, _ in stay.diagnoses}
    for _ in range(0 if stay.newborn else random.randrange(most + 1)):
        condition = _comorbid().draw(random)
        if condition not in coded:
            coded.add(condition)
            stay.diagnoses.append((condition, _poa(condition, random)))


@cache
def _comorbid() -> Weighted[str]:
    return Weighted([(code, weight) for code, weight in table("code_mix")["comorbid"]])


def operated_at(stay: Stay) -> int | None:
    """When the stay's operation or delivery was."""
    for event in stay.events:
        if event.kind in ("operation", "delivery"):
            return event.at
    return None


def _poa(diagnosis: str, random: Random) -> str:
    if diagnosis.startswith(_EXEMPT):
        return "1"
    chance = random.random()
    return "Y" if chance < 0.94 else "N" if chance < 0.98 else "U" if chance < 0.99 else "W"


def happenings(stay: Stay, case: Case, random: Random) -> None:
    """Give a finished stay its operation, consultation, infection and what follows a death."""
    first, last = stay.admitted, stay.moves[-1].at
    if case.operation and not case.delivery and random.random() < 0.93:
        # An emergency waits for its operation; an elective one is on the list for the same day.
        wait = random.randrange(60, 300) if stay.priority == "3" else random.randrange(120, 1500)
        at = min(first + wait, (first + last) // 2)
        stay.events.append(Happening(at, "operation", "clean" if case.operation == "clean" else ""))
        stay.events.append(Happening(at, "anesthetic"))
        if case.operation == "clean" and random.random() < 0.012:
            stay.events.append(Happening((at + last) // 2, "infection", "postoperative-clean"))
    if random.random() < (0.34 if case.path != "ward" else 0.18):
        stay.events.append(Happening((first * 2 + last) // 3, "consultation"))
    if last - first > 4 * DAY and random.random() < 0.014:
        stay.events.append(Happening(first + 3 * DAY + 720, "infection", "hai"))
        stay.diagnoses.append((random.choice(("A04.72", "N39.0", "J18.9")), "N"))
    if stay.disposition == "20":
        _after_death(stay, case, random)


def _after_death(stay: Stay, case: Case, random: Random) -> None:
    last = stay.moves[-1].at
    coroner = random.random() < (0.5 if case.service == "TRA" else 0.08)
    if coroner:
        stay.events.append(Happening(last + 60, "coroner"))
    if not coroner and random.random() < 0.14:
        stay.events.append(Happening(last + random.randrange(600, 2800), "autopsy", "inpatient"))
    if case.delivery:
        stay.events.append(Happening(last, "death_class", "maternal-direct"))
    elif any(event.kind == "anesthetic" for event in stay.events) and random.random() < 0.02:
        stay.events.append(Happening(last, "death_class", "anesthesia"))
