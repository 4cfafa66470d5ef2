"""What happened to the patients of each service in a period, and what its discharges were.

Discharges, autopsies and consultations belong to the service discharged from; operations and infections to the one
that had the patient then.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from db.connect import database
from db.hospital import site
from db.statistics.discharges import BACK, left, returning
from db.statistics.events import AUTOPSIED, CORONER, infection_limits, infections
from rules.periods import Period
from rules.statistics import Count

_DISCHARGED: Final = (
    "SELECT service_id, sum({live}), sum({live} AND " + BACK + "), count(weight_ten_thousandths),"
    " coalesce(sum(weight_ten_thousandths), 0), count(*), sum(consulted) FROM encounter"
    " WHERE {discharged} GROUP BY service_id"
)
_DEAD: Final = (
    f"SELECT service_id, sum({AUTOPSIED}), sum({CORONER} AND NOT {AUTOPSIED}) FROM encounter"
    " WHERE {discharged} AND died = 1 GROUP BY service_id"
)
_HAD: Final = (  # the service that had the patient at the time
    "SELECT coalesce((SELECT service_id FROM segment s WHERE s.encounter_id = event.encounter_id"
    " AND s.from_utc <= event.at_utc ORDER BY seq DESC LIMIT 1), (SELECT service_id FROM encounter e"
    " WHERE e.id = event.encounter_id)) AS service, kind, count(*), count(DISTINCT encounter_id) FROM event"
    " WHERE state = 'current' AND kind IN ('operation', 'infection') AND day BETWEEN :first AND :last"
    " AND (kind = 'operation' OR {infections})"
    " GROUP BY service, kind"
)


def by_service(period: Period) -> dict[str, dict[str, Count]]:
    """Counts of adults and children by the code of the service; what happened to nobody's patient is left out."""
    live, bound = returning(period)
    bound |= {"first": period.from_day, "last": period.to_day, **infection_limits(period)}
    found: dict[int, dict[str, Count]] = {}
    stays = left()

    def rows(sql: str) -> Any:
        filled = sql.replace("{discharged}", stays).replace("{live}", live)
        return database.execute_sql(filled.replace("{infections}", infections(period)), bound)

    for service, alive, back, grouped, weight, every, consulted in rows(_DISCHARGED):
        _of(found, service).update(
            live_discharges=alive, readmissions_30_day=back, discharges_grouped=grouped,
            drg_weight=Fraction(weight, 10_000), discharges_not_grouped=every - grouped,
            patients_consulted=consulted,
        )  # fmt: skip
    for service, autopsied, coroner in rows(_DEAD):
        _of(found, service).update(inpatient_autopsies=autopsied, unautopsied_coroner_cases=coroner)
    for service, kind, events, patients in rows(_HAD):
        into = _of(found, service)
        if kind == "operation":
            into.update(operations=events, patients_operated=patients)
        else:
            into["hospital_infections"] = events
    codes = site.codes("service")
    return {codes[service]: counts for service, counts in found.items() if service in codes}


def _of(found: dict[int, dict[str, Count]], service: int) -> dict[str, Count]:
    return found.setdefault(service, dict.fromkeys(COUNTED, 0))


COUNTED: Final = (
    "live_discharges", "readmissions_30_day", "discharges_grouped", "discharges_not_grouped", "drg_weight",
    "patients_consulted", "inpatient_autopsies", "unautopsied_coroner_cases", "operations", "patients_operated",
    "hospital_infections",
)  # fmt: skip
"""The counts that each service has."""


def summed(parts: Mapping[str, Mapping[str, Count]]) -> dict[str, Count]:
    """The house: the services added up. A patient operated on in two services counts in both."""
    return {
        name: sum((Fraction(each.get(name, 0)) for each in parts.values()), Fraction(0)) for name in COUNTED
    }
