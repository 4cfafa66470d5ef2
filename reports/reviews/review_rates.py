"""Rates of reviews side by side, each named by its method: of each person, of each item, of the data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from db import conventions
from db.registry import registries
from db.worklist import reviews
from db.worklist.reviews import DrgChange
from reports.page import Column, Document, Group, Heads, Item, Linked, Row, Total
from reports.parameters import Asked, NotAsked
from reports.sheet import Sheet, Value
from rules import reviews as rules
from rules.dates import show_date
from rules.moments import day_number
from rules.reviews import Element, Kinds, Measures, Outcome, Rate

NONE: Final = "-"
BELOW: Final = "<"
CHANGED: Final = "DRGs changed: the weight that holds less the first, by CMS Table 5 in force on discharge."
MEASURES: Final = ("codes", "records", "drg", "poa", "agreement")
HEADS: Final = {"codes": "Codes", "records": "Records", "drg": "DRG", "poa": "POA", "agreement": "Agreed"}


@dataclass(frozen=True, slots=True)
class Data:
    """The outcomes of reviews of one data set."""

    title: str
    labels: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    kinds: Kinds
    floors: Mapping[str, int]
    waiting: int  # compared, and not settled yet
    period: str
    selection: str
    drg_changes: tuple[DrgChange, ...] = ()


def query(parameters: Asked) -> Data:
    """Read what was settled in a period, or of one plan. Raises ``NotAsked``."""
    number, data_set = parameters.get("plan", ""), parameters.get("set", "").casefold()
    plan = reviews.plan(number) if number else None
    if number and (plan is None or plan.kind != reviews.BLIND):
        raise NotAsked(f"There is no plan {number} of a second abstraction: RVP lists the plans.")
    data_set = plan.data_set if plan else data_set or reviews.ABSTRACT
    first, last = parameters.get("from", ""), parameters.get("to", "")
    if not plan and not (first and last):
        raise NotAsked("Name a plan with --plan, or a period with --from and --to.")
    try:
        dictionary = reviews.dictionary_of(data_set)
    except LookupError as error:
        raise NotAsked(str(error)) from error
    registries.check_view(parameters.actor, dictionary)
    days = (day_number(first) if first else 1, day_number(last) if last else 3_000_000)
    found, waiting = reviews.outcomes(
        data_set, *days, plan_number=number, person=parameters.get("person", "")
    )
    style = conventions.convention("date_style")
    period = f"{show_date(first, style)} to {show_date(last, style)}" if first and last else "the whole plan"
    selection = f"plan {plan.number} {plan.title}" if plan else "reviews settled in the period"
    labels = {id_: item.label for id_, item in dictionary.by_id.items()}
    return Data(
        dictionary.title,
        labels,
        tuple(found),
        reviews.kinds(data_set),
        reviews.floors(),
        waiting,
        period,
        selection,
        tuple(reviews.drg_changes(found, parameters.actor.user)),
    )


def render(data: Data, width: int) -> Document:
    """People, items and kinds of errors, one table below the other."""
    people = rules.by_person(data.outcomes, data.kinds)
    body: list[Item] = []
    if data.outcomes:
        body += [Heads(_person_columns(width)), Group("RATES BY PERSON, IN PERCENT")]
        body += [_person_row(data, name, people[name]) for name in people]
        together = rules.measures(data.outcomes, data.kinds)
        body += [Total("All", _person_row(data, "", together), rule=True)]
        body += [Total("Right of", ("", *_counts(together), ""))]
        body += [Heads(_element_columns(width)), Group("BY ITEM, THOSE THAT DIFFER MOST FIRST")]
        body += [_element_row(data, each) for each in rules.by_element(data.outcomes, data.kinds)]
        if tally := _tally(data):
            body += [Heads(_kind_columns(width)), Group("ERRORS BY PERSON AND KIND"), *tally]
        if data.drg_changes:
            body += [
                Heads(_change_columns(width)),
                Group("DRGS CHANGED"),
                *map(_change_row, data.drg_changes),
            ]
            body += [Total("All", ("", "", "", "", "", "", _signed(_sum_of_changes(data))), rule=True)]
        body += [Heads()]
    return Document(
        "Q01", f"RATES OF REVIEW: {data.title.upper()}", data.period, data.selection, body, len(data.outcomes),
        _said(data),
    )  # fmt: skip


def _said(data: Data) -> tuple[str, ...]:
    floors = ", ".join(f"{HEADS[name]} {data.floors[name]}" for name in MEASURES if name in data.floors)
    waiting = f"{data.waiting} reviews still wait for a decision and count nowhere." if data.waiting else ""
    said = (CHANGED,) if data.drg_changes else ()
    return (
        *rules.METHODS.values(),
        *said,
        f"{BELOW} below the floor: {floors} %.",
        *filter(None, (waiting,)),
    )


def _person_columns(width: int) -> tuple[Column, ...]:
    measures = [Column(HEADS[name], 8, number=True) for name in MEASURES]
    return (
        Column("Person", width - 62),
        Column("Rev", 5, number=True),
        *measures,
        Column("Kappa", 7, number=True),
    )


def _person_row(data: Data, name: str, made: Measures) -> Row:
    rates = [_shown(getattr(made, measure), data.floors.get(measure, 0)) for measure in MEASURES]
    return (name, str(made.records.of), *rates, _kappa(made.kappa))


def _counts(made: Measures) -> tuple[str, ...]:
    rates: list[Rate] = [getattr(made, measure) for measure in MEASURES]
    return ("", *(f"{rate.right}/{rate.of}" if rate.of else NONE for rate in rates))


def _shown(rate: Rate, floor: int) -> str:
    percent = rate.percent
    return NONE if percent is None else f"{percent}{BELOW if percent < floor else ' '}"


def _kappa(kappa: Decimal | None) -> str:
    return NONE if kappa is None else str(kappa)


def _element_columns(width: int) -> tuple[Column, ...]:
    return (
        Column("Item", width - 44), Column("Compared", 8, number=True), Column("Agreed", 8, number=True),
        Column("%", 8, number=True), Column("Kappa", 8, number=True), Column("Errors", 7, number=True),
    )  # fmt: skip


def _element_row(data: Data, each: Element) -> Row:
    rate = each.agreement
    return (
        label_of(data, each.item), str(rate.of), str(rate.right), _shown(rate, data.floors.get("agreement", 0)),
        _kappa(each.kappa), str(each.errors),
    )  # fmt: skip


def label_of(data: Data, item: str) -> str:
    """An item as people know it, with its group."""
    group, _, column = item.partition(".")
    if column == rules.PLACE:
        return f"{group.replace('_', ' ').capitalize()}: which is principal"
    label = data.labels.get(item, item)
    return f"{group.replace('_', ' ').capitalize()}: {label}" if column else label


def _kind_columns(width: int) -> tuple[Column, ...]:
    kind = width - 45
    return Column("Person", 26), Column("Kind", kind), Column("Errors", 8, number=True), Column("Counts", 8)


def _tally(data: Data) -> list[Row]:
    against = (rules.Decision.SECOND, rules.Decision.BOTH)
    found = Counter(
        (outcome.person, each.category)
        for outcome in data.outcomes
        for each in outcome.decided
        if each.decision in against
    )
    known = data.kinds.categories
    return [
        (
            person,
            known[code].text if code in known else code,
            str(count),
            "yes" if code not in known or known[code].counts else "no",
        )
        for (person, code), count in sorted(
            found.items(), key=lambda each: (each[0][0], -each[1], each[0][1])
        )
    ]


def _change_columns(width: int) -> tuple[Column, ...]:
    weights = Column("Weight", 8, number=True)
    return (
        Column("Record", 14), Column("Person", width - 54), Column("First", 5), weights, Column("Holds", 5), weights,
        Column("Weight|change", 8, number=True),
    )  # fmt: skip


def _change_row(each: DrgChange) -> Linked:
    weights = [NONE if weight is None else str(weight) for weight in (each.first_weight, each.final_weight)]
    row = (
        each.subject, each.person, each.first_drg or NONE, weights[0], each.final_drg or NONE, weights[1],
        _signed(each.weight_change),
    )  # fmt: skip
    return Linked(row, f"RVC {each.number}")


def _sum_of_changes(data: Data) -> Decimal:
    return sum((each.weight_change or Decimal(0) for each in data.drg_changes), Decimal(0))


def _signed(change: Decimal | None) -> str:
    return NONE if change is None else f"{change:+f}"


def sheets(data: Data) -> list[Sheet]:
    """People and items as tables."""
    people = {**rules.by_person(data.outcomes, data.kinds), "": rules.measures(data.outcomes, data.kinds)}
    rows: list[tuple[Value, ...]] = []
    for name, made in people.items():
        cells: list[Value] = [name or "all", made.records.of]
        for measure in MEASURES:
            rate: Rate = getattr(made, measure)
            cells += [rate.right, rate.of, rate.percent]
        rows.append((*cells, made.kappa))
    keys = (
        "person",
        "reviewed",
        *(f"{m}_{part}" for m in MEASURES for part in ("right", "of", "percent")),
        "kappa",
    )
    elements: list[tuple[Value, ...]] = [
        (
            e.item,
            label_of(data, e.item),
            e.agreement.of,
            e.agreement.right,
            e.agreement.percent,
            e.kappa,
            e.errors,
        )
        for e in rules.by_element(data.outcomes, data.kinds)
    ]
    changes: list[tuple[Value, ...]] = [(*each, each.weight_change) for each in data.drg_changes]
    changed = (*DrgChange._fields, "weight_change")
    names = ("item", "label", "compared", "agreed", "percent", "kappa", "errors")
    return [
        Sheet("people", keys, tuple(key.replace("_", " ").capitalize() for key in keys), rows, _said(data)),
        Sheet("items", names, tuple(name.capitalize() for name in names), elements, _said(data)),
        Sheet(
            "drg_changes", changed, tuple(name.replace("_", " ").capitalize() for name in changed), changes
        ),
    ]
