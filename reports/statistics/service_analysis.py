"""S02: services with discharges, deaths, days, average stay and census, consultations, autopsies and infections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.statistics import figures, services
from reports.page import Block, Column, Document, Group, Heads, Item, Linked, Row, Total
from reports.parameters import Asked
from reports.sheet import Sheet
from reports.statistics import drill
from reports.statistics.measures import (
    MISSING,
    NO_VALUE,
    OF_SERVICES,
    PART_LINES,
    Counting,
    asked_period,
    chosen,
    counting,
    label,
    listed,
    so_far,
    span,
    worked,
)
from rules import statistics
from rules.moments import iso_date
from rules.periods import Period
from rules.statistics import ADULTS, NEWBORN, Count

EVENT_LINES: Final = (
    "patients_consulted", "consultation_rate", "inpatient_autopsies", "gross_autopsy_rate", "net_autopsy_rate",
    "hospital_infections", "infection_rate", "operations", "patients_operated", "readmission_30_day_rate",
    "case_mix_index", "discharges_grouped", "discharges_not_grouped",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """The counts of each service in a period, and of the house: its sums."""

    period: Period
    house: Mapping[str, Count]
    by_service: Mapping[str, Mapping[str, Count]]
    names: Mapping[str, str]
    counting: Counting
    as_of: str
    status: str
    version: int | None


def query(asked: Asked) -> Data:
    """Count the services: sums of the days, and what happened to their patients."""
    period = so_far(asked_period(asked))
    census, events = figures.period_counts(period), services.by_service(period)
    nothing = dict.fromkeys(services.COUNTED, 0)
    none = dict.fromkeys((*(prefix + key for prefix in (ADULTS, NEWBORN) for key in PART_LINES), *nothing), 0)
    by_service = {
        code: {
            **none,
            **census.by_service.get(code, {}),
            **nothing,
            **events.get(code, {}),
            "days": period.days,
        }
        for code in sorted({*census.by_service, *events})
    }
    for counts in by_service.values():  # beds are not counted by service
        for name in OF_SERVICES:
            counts.pop(name, None)
    house: dict[str, Count] = {**census.house, **services.summed(events)}
    return Data(
        period, house, by_service, figures.names("service"), counting(period.to_day), store.current().now().local,
        asked.status, asked.version,
    )  # fmt: skip


_ADULT_COLUMNS: Final = {
    80: (
        ("discharges", "Disch", 5), ("deaths", "Died", 4), ("discharge_days", "Disch|days", 6),
        ("average_length_of_stay", "ALOS", 6), ("inpatient_service_days", "Service|days", 7),
        ("average_daily_census", "ADC", 6), ("patients_consulted", "Cons", 5), ("inpatient_autopsies", "Aut", 4),
        ("hospital_infections", "Inf", 4), ("case_mix_index", "CMI", 6),
    ),
    132: (
        ("admissions", "Adm", 6), ("discharges", "Disch", 6), ("deaths", "Died", 5),
        ("gross_death_rate", "Gross|death%", 6),
        ("discharge_days", "Disch|days", 8), ("average_length_of_stay", "ALOS", 6),
        ("inpatient_service_days", "Service|days", 8), ("average_daily_census", "ADC", 7),
        ("patients_consulted", "Cons", 5), ("consultation_rate", "Cons|%", 6), ("inpatient_autopsies", "Aut", 4),
        ("gross_autopsy_rate", "Aut|%", 6), ("hospital_infections", "Inf", 4), ("infection_rate", "Inf|%", 5),
        ("readmission_30_day_rate", "Readm|%", 5), ("case_mix_index", "CMI", 6),
    ),
}  # fmt: skip
_NEWBORN_COLUMNS: Final = (
    ("admissions", "Adm", 6), ("discharges", "Disch", 6), ("deaths", "Died", 5),
    ("gross_death_rate", "Gross|death%", 6), ("discharge_days", "Disch|days", 8), ("average_length_of_stay", "ALOS", 6),
    ("inpatient_service_days", "Service|days", 8), ("average_daily_census", "ADC", 7),
)  # fmt: skip


def render(data: Data, width: int) -> Document:
    """Adults and children, then newborns; a line for each service and one for the house."""
    wide = 132 if width >= 132 else 80
    body: list[Item] = []
    for prefix, title, lines in (
        (ADULTS, "ADULTS AND CHILDREN", _ADULT_COLUMNS[wide]),
        (NEWBORN, "NEWBORNS", _NEWBORN_COLUMNS),
    ):
        body += _table(data, prefix, title, lines, width)
    doubts = [
        f"{code}: {figure.doubt}"
        for code, counts in data.by_service.items()
        for prefix, key in _lines()
        if (figure := worked(key, counts, prefix, OF_SERVICES)).doubt
    ]
    if doubts:
        body += [Heads(), Block(("", "LOOK AT THESE BEFORE SIGNING", *listed(doubts, width)))]
    return Document(
        "S02", "ANALYSIS BY SERVICE", span(data.period, data.counting.style), chosen("all services", data.period), body,
        len(data.by_service), _sentences(data), frozen_columns=23 if width >= 132 else 17,
    )  # fmt: skip


def _table(
    data: Data, prefix: str, title: str, lines: tuple[tuple[str, str, int], ...], width: int
) -> list[Item]:
    chosen = {code: counts for code, counts in data.by_service.items() if _anything(counts, prefix)}
    if not chosen:
        return []
    first = min(40, width - sum(size + 1 for _, _, size in lines))
    items: list[Item] = [
        Heads((Column("Service", first), *[Column(head, size, number=True) for _, head, size in lines]))
    ]
    items.append(Group(title))
    for code, counts in chosen.items():
        name = data.names.get(code) or code
        row = _row(name if name == code else f"{code} {name}", counts, prefix, lines, OF_SERVICES)
        items.append(Linked(row, drill.behind("discharges", data.period, prefix, service=code)))
    total = Total("House", _row("", data.house, prefix, lines, MISSING), rule=True)
    return [*items, Linked(total, drill.behind("discharges", data.period, prefix))]


def _anything(counts: Mapping[str, Count], prefix: str) -> bool:
    names = [prefix + key for key in ("admissions", "discharges", "inpatient_service_days")]
    return any(counts.get(name) for name in (*names, *([] if prefix else services.COUNTED)))


def _row(
    name: str, counts: Mapping[str, Count], prefix: str, lines: tuple[tuple[str, str, int], ...],
    missing: Mapping[str, str],
) -> Row:  # fmt: skip
    return (name, *[worked(key, counts, prefix, missing).shown for key, _, _ in lines])


def _sentences(data: Data) -> tuple[str, ...]:
    return (
        *data.counting.sentences(),
        "Discharges, consultations and autopsies belong to the service discharged from.",
        "Infections and operations belong to the service that had the patient then.",
        NO_VALUE,
    )


def sheets(data: Data) -> list[Sheet]:
    """A row for each service, and the house last."""
    lines = _lines()
    headings = ("Service", "Name", *[label(key, prefix) for prefix, key in lines])
    rows = [
        (
            code,
            data.names.get(code) or "",
            *[worked(key, counts, prefix, OF_SERVICES).value for prefix, key in lines],
        )
        for code, counts in data.by_service.items()
    ]
    rows.append(("", "House", *[worked(key, data.house, prefix, MISSING).value for prefix, key in lines]))
    keys = ("service", "name", *[prefix + key for prefix, key in lines])
    return [Sheet("services", keys, headings, rows, _sentences(data))]


def _lines() -> list[tuple[str, str]]:
    """Every figure of a service, as the prefix of its class and its key."""
    return [
        *((ADULTS, key) for key in PART_LINES), *((ADULTS, key) for key in EVENT_LINES),
        *((NEWBORN, key) for key in PART_LINES),
    ]  # fmt: skip


def as_json(data: Data) -> dict[str, Any]:
    """The house and each service by its code; figures as in the monthly summary."""

    def told(counts: Mapping[str, Count], missing: Mapping[str, str]) -> dict[str, Any]:
        made = (worked(key, counts, prefix, missing) for prefix, key in _lines())
        return {each.key: statistics.as_json(each) for each in made}

    return {
        "period": data.period.name,
        "from": iso_date(data.period.from_day),
        "to": iso_date(data.period.to_day),
        "status": data.status,
        "version": data.version,
        "as_of": data.as_of,
        "conventions": data.counting.as_json(),
        "figures": told(data.house, MISSING),
        "by_service": {code: told(counts, OF_SERVICES) for code, counts in data.by_service.items()},
    }
