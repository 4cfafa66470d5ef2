"""How the facility counts, in the words that stand under every page of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        "Newborns (born here during the stay) are counted apart. Discharges include deaths. Open stays count too.",
    )


_INFECTIONS: Final = {
    "as marked": "Hospital-acquired infections: as infection control marks them.",
    "textbook": "Hospital-acquired infections: those marked so, over {infection_hours} hours after admission.",
    "nhsn": "Hospital-acquired infections: those marked so, on hospital day {infection_hospital_day} or later.",
}
_READMISSIONS: Final = {
    "all cause": "Readmissions: for any cause, within {readmission_days} days of a live discharge.",
    "cms": "Readmissions: for any cause, within {readmission_days} days of a live discharge that is neither against "
    "advice nor a transfer.",
}


def of_rates(rates: Mapping[str, str], windows: Mapping[str, int | None]) -> tuple[str, ...]:
    """The conventions of rates, one sentence each; ``windows`` are the limits that they count within."""
    known = {name: "any" if value is None else str(value) for name, value in windows.items()}
    return (
        f"The hospital's death rates have newborns in {rates['newborns_in_death_rates']}.",
        _INFECTIONS[rates["infection_rule"]].format(**known),
        _READMISSIONS[rates["readmission_rule"]].format(**known),
        f"Postoperative deaths: within {known['postoperative_days']} days of an operation.",
    )


def of_units(outside: Sequence[str]) -> tuple[str, ...]:
    """What it does to the figures that some units are outside of the census; nothing where there are none."""
    if not outside:
        return ()
    named = ("Unit " if len(outside) == 1 else "Units ") + ", ".join(outside)
    return (f"{named}: outside of the census; a transfer from or to there is only in or only out.",)


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
