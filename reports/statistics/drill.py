"""Where a figure leads: the command line of the workstation that shows the list behind a count."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from typing import Final

from reports import catalogue
from rules.moments import iso_date
from rules.periods import Period
from rules.statistics import ADULTS, NEWBORN

DISCHARGES: Final = "discharge-list"
ADMISSIONS: Final = "admission-list"
EVENTS: Final = "event-list"
FLOWS: Final = "admissions-discharges"
RECAP: Final = "census-recap"

# The list behind each count or rate, and what it is asked for beside the period.
_BEHIND: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "admissions": (ADMISSIONS, {}),
    "discharges": (DISCHARGES, {}),
    "discharge_days": (DISCHARGES, {"sort": "days"}),
    "average_length_of_stay": (DISCHARGES, {"sort": "days"}),
    "deaths": (DISCHARGES, {"died": "1"}),
    "gross_death_rate": (DISCHARGES, {"died": "1"}),
    "hospital_gross_death_rate": (DISCHARGES, {"died": "1"}),
    "newborn_death_rate": (DISCHARGES, {"died": "1", "newborn": "1"}),
    "deaths_under_48h": (DISCHARGES, {"under48": "1"}),
    "net_death_rate": (DISCHARGES, {"died": "1", "under48": "0"}),
    "hospital_net_death_rate": (DISCHARGES, {"died": "1", "under48": "0"}),
    "same_day_cases": (DISCHARGES, {"same_day": "1"}),
    "live_discharges": (DISCHARGES, {"died": "0"}),
    "readmissions_30_day": (DISCHARGES, {"readmitted": "1"}),
    "discharges_grouped": (DISCHARGES, {"no_drg": "0"}),
    "readmission_30_day_rate": (DISCHARGES, {"readmitted": "1"}),
    "case_mix_index": (DISCHARGES, {"no_drg": "0", "sort": "drg"}),
    "discharges_not_grouped": (DISCHARGES, {"no_drg": "1"}),
    "transfers_in": (FLOWS, {"event": "transfers"}),
    "transfers_out": (FLOWS, {"event": "transfers"}),
    "live_births": (EVENTS, {"kind": "live_birth"}),
    "newborn_deaths_per_1000_live_births": (DISCHARGES, {"died": "1", "newborn": "1"}),
    "deliveries": (EVENTS, {"kind": "delivery"}),
    "cesarean_rate": (EVENTS, {"kind": "delivery", "word": "cesarean"}),
    "fetal_death_rate": (EVENTS, {"kind": "fetal_death"}),
    "maternal_death_rate": (EVENTS, {"kind": "death_class", "word": "maternal-direct"}),
    "anesthesia_death_rate": (EVENTS, {"kind": "death_class", "word": "anesthesia"}),
    "anesthetics": (EVENTS, {"kind": "anesthetic"}),
    "patients_operated": (EVENTS, {"kind": "operation"}),
    "operations": (EVENTS, {"kind": "operation"}),
    "postoperative_death_rate": (EVENTS, {"kind": "operation"}),
    "gross_autopsy_rate": (EVENTS, {"kind": "autopsy", "word": "inpatient"}),
    "net_autopsy_rate": (EVENTS, {"kind": "autopsy", "word": "inpatient"}),
    "adjusted_autopsy_rate": (EVENTS, {"kind": "autopsy"}),
    "patients_consulted": (EVENTS, {"kind": "consultation"}),
    "consultation_rate": (EVENTS, {"kind": "consultation"}),
    "infection_rate": (EVENTS, {"kind": "infection", "word": "hai"}),
    "hospital_infections": (EVENTS, {"kind": "infection", "word": "hai"}),
    "postoperative_infection_rate": (EVENTS, {"kind": "infection", "word": "postoperative-clean"}),
    "clean_case_infections": (EVENTS, {"kind": "infection", "word": "postoperative-clean"}),
    "coding_productivity": ("productivity", {}),
    "code_accuracy_rate": ("review-rates", {}),
    "record_accuracy_rate": ("review-rates", {}),
    "drg_accuracy_rate": ("review-rates", {}),
    "poa_accuracy_rate": ("review-rates", {}),
    "dnfb_days": ("dnfb", {}),
}
_OF_STAYS: Final = {ADULTS: {"newborn": "0"}, NEWBORN: {"newborn": "1"}}
_CLASS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {  # how a list is asked for a class
    DISCHARGES: _OF_STAYS,
    ADMISSIONS: _OF_STAYS,
    FLOWS: {ADULTS: {"patients": "adults"}, NEWBORN: {"patients": "newborns"}},
}
_BY_MONTH: Final = ("leave_days", "inpatient_service_days", "average_daily_census",
                    "occupancy_rate", "bed_count_days", "peak_census", "minimum_census")  # fmt: skip


def behind(key: str, period: Period, prefix: str = "", **chosen: str) -> str:
    """The list behind a figure of a period; blank where there is none. ``chosen`` narrows it, as to a unit."""
    first, last = iso_date(period.from_day), iso_date(period.to_day)
    if key in ("opening_census", "closing_census"):
        day = iso_date(period.from_day - 1) if key == "opening_census" else last
        return go("daily-census", day=day, **{name: chosen[name] for name in ("unit",) if name in chosen})
    if key in _BY_MONTH:
        return go(RECAP, month=period.name) if period.of_calendar else ""
    report, asked = _BEHIND.get(key, ("", {}))
    if not report:
        return ""
    more = {**_CLASS.get(report, {}).get(prefix, {}), **asked}
    within = {} if report == "dnfb" else {"from": first, "to": last}
    return go(report, **within, **more, **chosen)


def go(report_id: str, **asked: str) -> str:
    """The command line of a report; blank when there is no such report, or it does not ask for one of these."""
    names = _names(report_id)
    if not names >= asked.keys():
        return ""
    words = (shlex.quote(f"{name}={value}") for name, value in asked.items())
    return " ".join((f"PGE {report_id}", *words)) if names or not asked else ""


@cache
def _names(report_id: str) -> frozenset[str]:
    report = catalogue.find(report_id)
    return frozenset(parameter.name for parameter in report.parameters) if report else frozenset()
