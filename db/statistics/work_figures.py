"""What the department's own work says of a period: not final billed, coding and its accuracy, release of information.

Nothing of it is a figure of patients, so nothing of it is frozen as a count of a month. Each gives its counts under the
names of ``rules.statistics``, and says why one of them is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from db import store
from db.abstracting import dnfb
from db.connect import database
from db.schema.disclosure import NO_DUE_DAY
from db.worklist import reviews, work_times
from rules.periods import Period, month_of
from rules.reviews import measures
from rules.statistics import Count

ABSTRACT: Final = "abstract"
LONGEST_MONTH: Final = 42  # days, of an accounting month

Found = tuple[dict[str, Count], dict[str, str]]
"""Counts, and why others are missing, both by name."""


def counted(period: Period) -> Found:
    """All of it for a period."""
    counts: dict[str, Count] = {}
    missing: dict[str, str] = {}
    for part in _PARTS:
        found, why = part(period)
        counts |= found
        missing |= why
    return counts, missing


def _not_billed(period: Period) -> Found:
    """What is not final billed is counted as of today, so it stands beside the newest month alone."""
    today = store.current().now().day
    if period.days > LONGEST_MONTH or not month_of(today, months_back=1).from_day <= period.to_day <= today:
        return {}, {
            "unbilled_cents": "accounts that are not billed are counted as of the day of the run alone"
        }
    found = dnfb.counted()
    if found.why_no_days:
        return {}, {"unbilled_cents": found.why_no_days}
    return {
        "unbilled_cents": found.total.charge_cents,
        "revenue_cents": found.revenue.cents,
        "revenue_days": found.revenue.days,
    }, {}


def _coded(period: Period) -> Found:
    """Abstracts filed, and the hours that were worked at them."""
    kept = work_times.figures(period.from_day, period.to_day, data_set=ABSTRACT)
    if not kept:
        return {}, {"charts_coded": "no time at abstracts is on file"}
    hours = Fraction(sum(each.seconds for each in kept), 3600)
    return {"charts_coded": sum(each.records for each in kept), "coding_hours": hours}, {}


_MEASURED: Final = {"codes": "codes", "records": "records", "drg": "drgs", "poa": "poa"}


def _reviewed(period: Period) -> Found:
    """What reviews by a second person found that were settled and filed in the period."""
    outcomes, _ = reviews.outcomes(ABSTRACT, period.from_day, period.to_day)
    if not outcomes:
        why = "no review by a second person was settled"
        return {}, {f"{name}_right": why for name in _MEASURED.values()}
    made = measures(outcomes, reviews.kinds(ABSTRACT))
    counts: dict[str, Count] = {}
    for measure, name in _MEASURED.items():
        rate = getattr(made, measure)
        counts |= {f"{name}_right": rate.right, f"{name}_reviewed": rate.of}
    return counts, {}


_ANSWERED: Final = (  # received in the period or the two years before it
    "SELECT count(*), coalesce(sum(v.day - r.received_day), 0), coalesce(sum(r.due_day < :never), 0),"
    " coalesce(sum(r.due_day < :never AND v.day <= r.due_day), 0) FROM request r"
    " CROSS JOIN request_event v ON v.request_id = r.id AND v.kind = 'FIRST_COMPLETE'"
    " WHERE r.received_day BETWEEN :first - 730 AND :last AND v.day BETWEEN :first AND :last"
)


def _answered(period: Period) -> Found:
    """Requests for information that were first answered completely in the period, from receipt, and in time."""
    answered, days, limited, in_time = database.execute_sql(
        _ANSWERED, {"first": period.from_day, "last": period.to_day, "never": NO_DUE_DAY}
    ).fetchone()
    return {
        "requests_answered": answered, "turnaround_days": days, "requests_with_limit": limited,
        "requests_in_time": in_time,
    }, {}  # fmt: skip


def _not_collected(period: Period) -> Found:
    """What no record of the store tells."""
    return {}, {
        "delinquent_records": "chart completion does not feed it yet",
        "device_infections": "no event tells device days",
        "maternal_deaths_42_days": "deaths after discharge are not collected",
    }


_PARTS: Final[tuple[Callable[[Period], Found], ...]] = (
    _not_billed, _coded, _reviewed, _answered, _not_collected,
)  # fmt: skip
