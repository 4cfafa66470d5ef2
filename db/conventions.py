"""How the facility counts and prints: dated settings with their defaults, stated in every footer that uses them."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final

from db import acts, store
from db.actors import Action, Actor
from db.changes import Applied, refusal
from db.connect import database
from db.statistics import census_state
from rules.conventions import Conventions, LeaveRule
from rules.text import clean
from rules.values import is_date

CONVENTIONS: Final[Mapping[str, tuple[str, tuple[str, ...], str]]] = {
    "census_hour": ("23:59", ("23:59", "00:00"), "Hour of the census"),
    "leave_rule": ("every night", tuple(LeaveRule), "Leave nights taken off"),
    "same_day_unit": ("discharging", ("discharging", "admitting"), "Unit credited with a same-day case"),
    "early_death_hours": ("48", (), "Clock hours that make an early death"),
    "pass_hours": ("96", (), "Hours of absence from which a pass counts as leave"),
    "fiscal_year_start": ("10-01", (), "First day of the fiscal year, MM-DD"),
    "accounting_weekday": (
        "sunday",
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        "Weekday on which a 4-4-5 accounting year begins, the one nearest to the fiscal year's first day",
    ),
    "newborns_in_death_rates": (
        "neither term",
        ("neither term", "both terms"),
        "Newborns in the hospital's death rates",
    ),
    "infection_rule": (
        "as marked",
        ("as marked", "textbook", "nhsn"),
        "Which infections are the hospital's: as infection control marks them, or of these those late enough",
    ),
    "readmission_rule": (
        "all cause",
        ("all cause", "cms"),
        "Discharges that a readmission may follow; cms leaves out departures against advice and transfers",
    ),
    "date_style": ("us", ("us", "military"), "Dates shown as 11/21/2026 or 21 NOV 2026"),
    "facility_kind": (
        "va",
        ("va", "ihs", "dod", "bop", "nonfederal"),
        "Kind of facility, which tells the laws of disclosure and, once filed, whether POA is reported",
    ),
    "hospital_payment": (
        "ipps",
        ("ipps", "excluded", "cah", "cah owned"),
        "How Medicare pays; tells the days before a stay that are of it and, once filed, whether POA is reported",
    ),
    "age_of_majority": ("18", (), "Age at which a patient is no minor"),
    "closure_area": ("", ("", "dc"), "Area whose closing days are no working days"),
    "mrn_format": ("########", (), "Numbers of new charts: each # is a digit, such as ######## or M-######"),
    "filing_order": (
        "terminal digit",
        ("terminal digit", "middle digit", "straight numeric"),
        "Order in which charts are filed",
    ),
    "duplicate_strong": ("10", (), "Score from which two charts are called the same person"),
    "duplicate_listed": ("0", (), "Score from which two charts are listed for review"),
    "hl7_mrn_authority": ("", (), "PID-3.4 of the record number in an HL7 feed, when patients have several"),
    "hl7_account_field": ("", ("", "PID-18", "PV1-19"), "Field of an HL7 feed that holds the account"),
    "hl7_default_service": ("", (), "Service of an HL7 admission without PV1-10; blank holds it"),
    "hl7_processing_ids": ("P", (), "MSH-11 of HL7 messages that are applied, such as P or P,T"),
    "hl7_held_answer": ("AA", ("AA", "AE"), "Answer to an HL7 message that is held"),
    "abstract_follow_days": (
        "30",
        (),
        "Days after discharge in which an abstract's name and residence follow the feed",
    ),
    "pseudo_ssn": ("", ("", "va"), "Rule for patients without an SSN in abstract files"),
    "station_number": ("", (), "Number of the facility, on page heads and in abstract files"),
    "spool_days": ("7", (), "Days that pages lie in the spool folder; 0 leaves them"),
    "job_run_days": ("400", (), "Days that runs of scheduled jobs are listed; 0 keeps them all"),
    "search_miss_days": ("90", (), "Days that searches for codes that missed are kept; 0 keeps none"),
    "query_record": (
        "business record",
        ("business record", "legal record"),
        "Queries to physicians and their answers are kept as part of which record",
    ),
    "drg_base_rate": (
        "",
        (),
        "Dollars for a DRG weight of 1, such as 6500.00: expected payment of accounts without charges",
    ),
    "visits_coded_from": (
        "",
        (),
        "Day, YYYY-MM-DD, from which visits and stays of other settings wait here for coding; blank: all on file",
    ),
    "chart_documents": (
        "warning",
        ("off", "warning", "hold"),
        "Documents that codes rest on: not looked at, a warning where an account has any marked, or no final status",
    ),
}
"""Setting -> default, permitted values (none: free), what it says."""

CITATIONS: Final[Mapping[str, str]] = {
    "census_hour": "VA PIMS 5.3, Gains and Losses: heads at the end of the day",
    "leave_rule": (
        "every night: off census and stay, Queensland Health; vista: VA PIMS 5.3, passes under 96 hours stay in; "
        "no deduction: US textbooks, off the census only"
    ),
    "same_day_unit": "No textbook rules on it: the facility's choice",
    "early_death_hours": "Net death rate: deaths under 48 clock hours, HIM statistics textbooks",
    "pass_hours": "VA PIMS 5.3, Gains and Losses: a pass is an absence of less than 96 hours",
    "fiscal_year_start": "31 USC 1102: 1 October",
    "accounting_weekday": "4-4-5 calendar: the facility's accounting department",
    "newborns_in_death_rates": "HIM statistics textbooks: newborns in both terms of a death rate or in neither",
    "infection_rule": (
        "textbook: over 72 hours after admission, HIM statistics textbooks; nhsn: hospital day 3 or later, NHSN "
        "Patient Safety Component Manual chapter 2; hours and day in table statistics_limits"
    ),
    "readmission_rule": "42 CFR 412.152; deaths are left out by either rule; days in table statistics_limits",
    "facility_kind": "5 USC 552a; 38 USC 7332; 42 CFR 2.12; 45 CFR 160.203(b); POA in table poa_exempt_hospitals",
    "hospital_payment": (
        "42 CFR 412.2(c)(5); 42 CFR 413.40(c)(2); Medicare Claims Processing Manual, chapter 3, section 40.3"
    ),
    "age_of_majority": "State law; 45 CFR 164.502(g)(3)",
    "closure_area": "5 USC 6103(c)",
    "mrn_format": "Unit numbering: one number for life, AHIMA filing systems; the facility's choice",
    "filing_order": "AHIMA filing systems: terminal digit, middle digit, straight numeric",
    "duplicate_strong": "Fellegi and Sunter 1969: bits above even odds, 10 is a thousand to one",
    "duplicate_listed": "Fellegi and Sunter 1969: bits above even odds",
    "hl7_mrn_authority": "HL7 v2 chapter 3, PID-3",
    "hl7_account_field": "HL7 v2 chapter 3, PID-18 and PV1-19; blank: PV1-19 when PID-18 is empty",
    "hl7_default_service": "HL7 v2 chapter 3, PV1-10 is optional",
    "hl7_processing_ids": "HL7 v2 chapter 2, MSH-11, table 0103",
    "hl7_held_answer": "HL7 v2 chapter 2, MSA-1, table 0008",
    "abstract_follow_days": "UHDDS 5: the residence at the time of the stay; the facility's choice of days",
    "pseudo_ssn": "VA PIMS 5.3: initials and birth date, marked P; table pseudo_ssn, to be confirmed by the receiver",
    "station_number": "VA PIMS 5.3 PTF manual: facility and suffix, up to six characters",
    "spool_days": "45 CFR 164.310(d): pages in clear are kept no longer than needed; the facility's choice",
    "job_run_days": "A year and a month, to compare with; the audit trail keeps how each run ended",
    "search_miss_days": "The facility's choice: they name who typed what, and no patient",
    "query_record": (
        "AHIMA and ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update): the facility decides"
    ),
    "visits_coded_from": "The facility's choice: visits that came with the first import were coded elsewhere",
    "chart_documents": "42 CFR 482.24(c); Joint Commission RC; what has to be there in table document_requirements",
    "drg_base_rate": "42 CFR 412.64: the hospital's own operating and capital base rate; from the chief of finance",
}

STATISTICAL: Final = ("newborns_in_death_rates", "infection_rule", "readmission_rule")
COUNTING: Final = frozenset({"census_hour", "leave_rule", "same_day_unit", "early_death_hours", "pass_hours"})
OF_FIGURES: Final = COUNTING | frozenset(STATISTICAL)  # what the figures of a closed month rest on
_FREE: Final[Mapping[str, str]] = {
    "early_death_hours": "[1-9][0-9]{0,2}",
    "pass_hours": "[1-9][0-9]{0,2}",
    "age_of_majority": "1[0-9]|2[01]",
    "fiscal_year_start": "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
    "facility": r"\S.*",
    "mrn_format": r"[A-Z0-9-]{0,8}#{4,15}",
    "duplicate_strong": r"[0-9]{1,2}(\.[0-9])?",
    "duplicate_listed": r"-?[0-9]{1,2}(\.[0-9])?",
    "hl7_mrn_authority": r"[!-~]{0,60}",
    "hl7_default_service": r"[!-~]{0,20}",
    "hl7_processing_ids": r"[A-Z](,[A-Z])*",
    "abstract_follow_days": "0|[1-9][0-9]{0,3}",
    "station_number": "[0-9A-Z]{0,6}",
    "spool_days": "0|[1-9][0-9]{0,2}",
    "search_miss_days": "0|[1-9][0-9]{0,3}",
    "job_run_days": "0|[1-9][0-9]{0,3}",
    "drg_base_rate": r"([1-9][0-9]{2,5}\.[0-9]{2})?",
}  # settings of any wording, and the pattern they must have
_DAYS: Final = frozenset({"visits_coded_from"})  # settings that are a day, or blank


def convention(name: str, day: int | None = None) -> str:
    """A convention in force on a day (the newest on file when None), its default when the site never set it."""
    return store.setting(name, day, CONVENTIONS[name][0])


def conventions(day: int | None = None) -> Conventions:
    """How the facility counts on a day."""
    return conventions_by_day()(store.FOREVER if day is None else day)


def statistical(day: int | None = None) -> dict[str, str]:
    """The conventions that rates rest on beside those of the census, on a day."""
    return {name: convention(name, day) for name in STATISTICAL}


def conventions_by_day() -> Callable[[int], Conventions]:
    """How the facility counts, as a function of the day: one read for many stays."""
    marks = ", ".join("?" * len(COUNTING))
    rows = database.execute_sql(
        f"SELECT from_day, name, value FROM setting WHERE name IN ({marks}) ORDER BY from_day",
        tuple(COUNTING),
    )
    values = {name: CONVENTIONS[name][0] for name in COUNTING}
    days, in_force = [], [_counting(values)]
    for day, changed in groupby(rows, itemgetter(0)):
        values |= {name: value for _, name, value in changed}
        days.append(day)
        in_force.append(_counting(values))
    return lambda day: in_force[bisect_right(days, day)]


def _counting(values: Mapping[str, str]) -> Conventions:
    return Conventions(
        values["census_hour"], LeaveRule(values["leave_rule"]), values["same_day_unit"],
        int(values["early_death_hours"]), int(values["pass_hours"]),
    )  # fmt: skip


def file_setting(actor: Actor, name: str, value: str, from_day: int) -> Applied:
    """Set a convention from a day on: one audited act. What was counted since that day is to be recounted."""
    default, permitted, title = CONVENTIONS.get(name, ("", (), name))
    if not _fits(name, value, permitted):
        wanted = f"choose from {', '.join(permitted)}" if permitted else f"enter it as said ({title})"
        return refusal("S105", f"{clean(value)} is no {title.lower()}: {wanted}.", name)
    with acts.act(actor, Action.AMEND_SITE_FILE, kind="convention", record=name) as done:
        before = store.setting(name, from_day, default)
        database.execute_sql(
            "INSERT INTO setting VALUES (?, ?, ?, ?, ?) ON CONFLICT (name, from_day) DO UPDATE SET"
            " value = excluded.value, set_by = excluded.set_by, set_utc = excluded.set_utc",
            (name, from_day, value, actor.user, int(time.time())),
        )
        done.changed({name: before}, {name: value})
        done.detail["from_day"] = from_day
        if name in COUNTING and before != value:
            census_state.mark_for_deriving(from_day)
        if name in STATISTICAL and before != value:
            census_state.closed_days_changed(from_day, store.current().now().day)
    return Applied(1, changed={name: (before, value)} if before != value else {})


def _fits(name: str, value: str, permitted: tuple[str, ...]) -> bool:
    if name in _DAYS:
        return not value or is_date(value)
    return value in permitted or re.fullmatch(_FREE.get(name, "(?!)"), value) is not None


def settings_history(name: str) -> list[tuple[int, str, str, int]]:
    """Every value a setting had: from day, value, set by, set at (UTC second), oldest first."""
    return list(
        database.execute_sql(
            "SELECT from_day, value, set_by, set_utc FROM setting WHERE name = ? ORDER BY from_day", (name,)
        )
    )
