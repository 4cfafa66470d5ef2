"""What stands in the way of closing a month, and what is still open when it is closed all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from db import store
from db.connect import database
from db.feeds import counts as feed_counts
from db.hospital import site
from db.statistics import limits, self_check
from rules.moments import iso_date
from rules.periods import Period, month_of

_WITHOUT_ABSTRACT: Final = (
    "SELECT count(*) FROM encounter e WHERE class = 'I' AND state = 'active' AND discharge_day BETWEEN ? AND ?"
    " AND NOT EXISTS (SELECT 1 FROM data_case d WHERE d.encounter_id = e.id AND d.data_set = 'abstract'"
    " AND d.encounter_id IS NOT NULL AND d.void_utc IS NULL)"
)


def faults(period: Period) -> list[str]:
    """Why the figures of a month cannot be signed: counts that differ from the movements, or are out of balance."""
    return [
        *self_check.out_of_balance(period.from_day, period.to_day),
        *self_check.sentences(period.from_day, period.to_day),
    ]


def still_open(period: Period) -> Iterator[str]:
    """What may still change the figures of a month, a sentence each."""
    held, disagreeing = feed_counts.held(), feed_counts.disagreements()
    unconfirmed = {
        kind: count for kind, count in site.unconfirmed().items() if count and kind in ("unit", "service")
    }
    (without,) = database.execute_sql(_WITHOUT_ABSTRACT, (period.from_day, period.to_day)).fetchone()
    (ungrouped,) = database.execute_sql(
        "SELECT count(*) FROM encounter WHERE class = 'I' AND state = 'active' AND newborn = 0"
        " AND discharge_day BETWEEN ? AND ? AND weight_ten_thousandths IS NULL",
        (period.from_day, period.to_day),
    ).fetchone()
    before = month_of(period.from_day, months_back=1).name
    closed = {name for (name,) in database.execute_sql("SELECT month FROM closing_state")}
    if without:
        yield f"{_many(without, 'discharge')} of the month without an abstract."
    if ungrouped:
        yield f"{_many(ungrouped, 'discharge')} of the month without a DRG weight."
    if held:
        yield f"{_many(held, 'message')} held in the feed."
    if disagreeing:
        yield f"{_many(disagreeing, 'value')} in which feed and record disagree."
    for kind, count in unconfirmed.items():
        yield f"{_many(count, kind)} that nobody has confirmed yet."
    if before not in closed and any(name < period.name for name in closed):  # not of the first one closed
        yield f"{before} is not closed."
    days = limits.within("readmission_days", period.to_day)
    known = period.to_day + days
    if store.current().now().day <= known:
        yield f"Readmissions within {days} days are known from {iso_date(known + 1)} on."


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("s" if count != 1 else "")
