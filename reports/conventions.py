"""How the facility counts, in the words that stand under every page of figures."""

from __future__ import annotations

from typing import Final

from rules.conventions import Conventions, LeaveRule

_DAYS: Final = "The day of admission counts, the day of discharge does not; in and out on one day counts one."
_LEAVE: Final = {
    LeaveRule.EVERY_NIGHT: "A night on leave counts in neither census, service days nor length of stay.",
    LeaveRule.VISTA: "Passes under {hours} hours stay in census, service days and length of stay; "
    "longer, unauthorized and sick absences do not.",
    LeaveRule.NO_DEDUCTION: "A night on leave counts in neither census nor service days; "
    "it is not taken off the length of stay.",
}


def sentences(conventions: Conventions) -> tuple[str, ...]:
    """The conventions that a census or a statistic rests on, one sentence each."""
    return (
        f"Census at {conventions.census_hour.replace(':', '')}. {_DAYS}",
        _LEAVE[conventions.leave].format(hours=conventions.pass_hours),
        f"A same-day case belongs to the {conventions.same_day_unit} unit.",
        "Newborns (born here during the stay) are counted apart. Discharges include deaths.",
    )


def as_json(conventions: Conventions, **others: str) -> dict[str, str]:
    """The same as values."""
    return {
        "census_hour": conventions.census_hour,
        "leave_rule": str(conventions.leave),
        "same_day_unit": conventions.same_day_unit,
        "early_death_hours": str(conventions.early_death_hours),
        "pass_hours": str(conventions.pass_hours),
        **others,
    }
