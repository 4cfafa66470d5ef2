"""What record review found: how often each element was met, over all records and by who attended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from db.worklist import reviews
from db.worklist.reviews import ANSWERED, Plan
from reports.page import Column, Document, Group, Heads, Item, Row, Total, Wrapped
from reports.parameters import NotAsked
from reports.sheet import Sheet
from rules.reviews import Rate

READ_AT_ONCE: Final = 2000
BELOW: Final = "<"


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of one record, and who attended."""

    attending: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """The answered worksheets of a plan."""

    plan: Plan
    texts: Mapping[str, str]
    parts: Mapping[str, str]
    records: tuple[Answered, ...]
    drawn: int
    floor: int


def query(parameters: Mapping[str, str]) -> Data:
    """Read the answers. Raises ``NotAsked``."""
    plan = reviews.plan(parameters["plan"])
    if plan is None or plan.kind == reviews.BLIND:
        raise NotAsked(f"There is no plan {parameters['plan']} of worksheets: RVP lists the plans.")
    sample = reviews.of_plan(plan.id, limit=READ_AT_ONCE)
    asked = reviews.elements(sample[0]) if sample else []
    answered = tuple(
        Answered(one.person, reviews.answers(one.id)) for one in sample if one.status == ANSWERED
    )
    return Data(
        plan, {row.code: row.text for row in asked}, {row.code: str(row.more.get("part", "")) for row in asked},
        answered, plan.drawn, reviews.floors().get("elements", 0),
    )  # fmt: skip


def met(answers: Iterable[str]) -> Rate:
    """Yes of yes and no; what does not apply counts nowhere."""
    given = [answer for answer in answers if answer in ("Y", "N")]
    return Rate(given.count("Y"), len(given))


def render(data: Data, width: int) -> Document:
    """A line for each element, then one for each attending physician."""
    body: list[Item] = []
    if data.records:
        body.append(Heads((
            Column("El", 3), Column("Element", width - 33), Column("Yes", 5, number=True), Column("No", 5, number=True),
            Column("NA", 5, number=True), Column("%", 8, number=True),
        )))  # fmt: skip
        part = ""
        for code, text in data.texts.items():
            if data.parts[code] != part:
                part = data.parts[code]
                body.append(Group(part.upper()))
            given = [record.answers.get(code, "") for record in data.records]
            body.append(Wrapped((code, text, *_counts(data, given))))
        every = [answer for record in data.records for answer in record.answers.values()]
        body.append(Total("All elements", ("", "", *_counts(data, every)), level=0, rule=True))
        body += [
            Heads(
                (
                    Column("Attending", width - 20),
                    Column("Records", 8, number=True),
                    Column("%", 10, number=True),
                )
            ),
            Group("BY ATTENDING PHYSICIAN"),
            *_people(data),
            Heads(),
        ]
    return Document(
        "Q03", "RECORD REVIEW: ELEMENTS MET", f"{data.plan.kind} records",
        f"plan {data.plan.number} {data.plan.title}, {len(data.records)} of {data.drawn} answered", body,
        len(data.records),
        ("%: yes of yes and no; what does not apply counts nowhere.", f"{BELOW} below the floor of {data.floor} %."),
    )  # fmt: skip


def _counts(data: Data, answers: Sequence[str]) -> tuple[str, ...]:
    numbers = [str(answers.count(answer)) for answer in ("Y", "N", "NA")]
    return (*numbers, _shown(met(answers), data.floor))


def _shown(rate: Rate, floor: int) -> str:
    percent = rate.percent
    return "-" if percent is None else f"{percent}{BELOW if percent < floor else ' '}"


def _people(data: Data) -> list[Row]:
    people: dict[str, list[Answered]] = {}
    for record in data.records:
        people.setdefault(record.attending, []).append(record)
    return [
        (
            person or "(not named)",
            str(len(records)),
            _shown(met(answer for record in records for answer in record.answers.values()), data.floor),
        )
        for person, records in sorted(people.items())
    ]


def sheets(data: Data) -> list[Sheet]:
    """The elements with their counts."""
    rows = []
    for code, text in data.texts.items():
        given = [record.answers.get(code, "") for record in data.records]
        rows.append((code, text, *(given.count(answer) for answer in ("Y", "N", "NA")), met(given).percent))
    keys = ("element", "text", "yes", "no", "na", "percent")
    return [Sheet("elements", keys, tuple(key.capitalize() for key in keys), rows)]
