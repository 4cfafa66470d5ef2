"""What the events of a period say: births, deliveries, operations, infections, and deaths explained.

Names of counts are those of ``rules.statistics``. Limits and bands are those in force on the last day of the period.
"""

from __future__ import annotations

from typing import Final

from db.connect import database
from db.conventions import convention
from db.statistics import limits
from db.statistics.discharges import one
from rules.periods import Period
from rules.statistics import FetalBand, fetal_band

Counts = dict[str, int]


def event_counts(period: Period) -> Counts:
    """What the events of a period say: births, deliveries, operations, infections, and the deaths they explain.

    Autopsies, coroner's cases and death classes belong to the period of the discharge by death; everything else to
    the day on which it happened.
    """
    counts = _happened(period) | _fetal_deaths(period) | _deaths(period)
    counts["hospital_autopsies"] = counts["inpatient_autopsies"] + counts["autopsies_elsewhere"]
    counts["bodies_available"] = (
        counts["deaths_all"] - counts["unautopsied_coroner_cases"] + counts["autopsies_elsewhere"]
    )
    counts["obstetric_discharges"] = one(
        "SELECT coalesce(sum(discharges), 0) FROM day_stats WHERE day BETWEEN :first AND :last"
        " AND service_id IN (SELECT id FROM service WHERE obstetric = 1) AND newborn = 0"
        " AND unit_id IN (SELECT id FROM unit WHERE counts_in_census = 1)",
        period,
    )[0]
    return counts


_HAPPENED: Final = {
    "live_births": ("live_birth", None),
    "deliveries": ("delivery", None),
    "cesareans": ("delivery", "cesarean"),
    "operations": ("operation", None),
    "anesthetics": ("anesthetic", None),
    "clean_case_infections": ("infection", "postoperative-clean"),
    "autopsies_former": ("autopsy", "former-patient"),
    "autopsies_doa": ("autopsy", "doa"),
}  # fmt: skip


def _happened(period: Period) -> Counts:
    kinds = {kind for kind, _ in _HAPPENED.values()}
    rows = database.execute_sql(
        "SELECT kind, detail, sum(number) FROM (SELECT kind, day, detail, count(*) AS number FROM event"  # as indexed
        f" WHERE state = 'current' AND kind IN ({', '.join('?' * len(kinds))}) AND day BETWEEN ? AND ?"
        " GROUP BY kind, day, detail) GROUP BY kind, detail",
        (*kinds, period.from_day, period.to_day),
    ).fetchall()
    counts = {
        name: sum(n for kind, detail, n in rows if kind == asked and part in (None, detail))
        for name, (asked, part) in _HAPPENED.items()
    }
    counts["autopsies_elsewhere"] = counts.pop("autopsies_former") + counts.pop("autopsies_doa")
    counts["patients_operated"] = patients_operated(period)
    counts["hospital_infections"] = one(
        f"SELECT count(*) FROM event WHERE {infections(period)} AND day BETWEEN :first AND :last", period,
        **infection_limits(period),
    )[0]  # fmt: skip
    return counts


def patients_operated(period: Period) -> int:
    """Stays with an operation in the period, each once."""
    return one(
        "SELECT count(DISTINCT encounter_id) FROM event WHERE state = 'current' AND kind = 'operation'"
        " AND day BETWEEN :first AND :last",
        period,
    )[0]


_INFECTED: Final = "state = 'current' AND kind = 'infection' AND detail = 'hai'"
_STAY: Final = "EXISTS (SELECT 1 FROM encounter e WHERE e.id = event.encounter_id AND {})"
_INFECTIONS: Final = {
    "as marked": _INFECTED,
    "textbook": f"{_INFECTED} AND {_STAY.format('event.at_utc - e.admitted_utc > :hours * 3600')}",
    "nhsn": f"{_INFECTED} AND {_STAY.format('event.day - e.admit_day + 1 >= :hospital_day')}",
}


def infections(period: Period) -> str:
    """The condition for events that are hospital-acquired infections by the facility's rule."""
    return _INFECTIONS[convention("infection_rule", period.to_day)]


def infection_limits(period: Period) -> dict[str, int]:
    """What ``infections`` binds."""
    return {
        "hours": limits.within("infection_hours", period.to_day),
        "hospital_day": limits.within("infection_hospital_day", period.to_day),
    }


def _fetal_deaths(period: Period) -> Counts:
    counts = {f"fetal_deaths_{band}": 0 for band in FetalBand}
    bands = limits.fetal_bands(period.to_day)
    for detail, weeks, grams in database.execute_sql(
        "SELECT detail, weeks, grams FROM event WHERE state = 'current' AND kind = 'fetal_death'"
        " AND day BETWEEN ? AND ?",
        (period.from_day, period.to_day),
    ):
        band = FetalBand(detail) if detail in set(FetalBand) else fetal_band(weeks, grams, bands)
        if band is not None:
            counts[f"fetal_deaths_{band}"] += 1
    return counts


_SAID: Final = (
    "EXISTS (SELECT 1 FROM event WHERE encounter_id = encounter.id AND event.state = 'current' AND {})".format
)
AUTOPSIED: Final = _SAID("kind = 'autopsy' AND detail = 'inpatient'")
CORONER: Final = _SAID("kind = 'coroner'")


def _deaths(period: Period) -> Counts:
    """What is known of each inpatient death of adults and children in the period."""
    maternal = _SAID("kind = 'death_class' AND detail = 'maternal-direct'")
    anesthesia = _SAID("kind = 'death_class' AND detail = 'anesthesia'")
    operated = _SAID("kind = 'operation' AND event.day BETWEEN discharge_day - :days AND discharge_day")
    days = limits.within("postoperative_days", period.to_day)
    row = one(
        f"SELECT count(*), coalesce(sum({AUTOPSIED}), 0), coalesce(sum({CORONER} AND NOT {AUTOPSIED}), 0),"
        f" coalesce(sum({maternal}), 0), coalesce(sum({anesthesia}), 0), coalesce(sum({operated}), 0)"
        " FROM encounter INDEXED BY encounter_death WHERE {discharged} AND died = 1", period, days=days,
    )  # fmt: skip
    found = ("deaths_all", "inpatient_autopsies", "unautopsied_coroner_cases", "maternal_deaths",
             "anesthesia_deaths", "postoperative_deaths")  # fmt: skip
    return dict(zip(found, row, strict=True))
