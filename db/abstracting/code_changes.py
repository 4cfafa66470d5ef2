"""Abstracts that are not released and bear a code that changed for their discharge date, with what changed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from config.code_sources import FOLDER
from db.coding.codes import CodeStore
from db.coding.imported_changes import Difference, last_import
from db.connect import database
from rules.codes import System, fiscal_year
from rules.identity import Name, shown_name
from rules.moments import iso_date

TOUCHING: Final = ("deleted", "header", "revised", "severity", "poa")  # a code that is new was chosen as such
OF_IMPORTS: Final = ("gone", "dates", "title", "severity", "poa")


class Touched(NamedTuple):
    """A code of an open abstract that changed, and why it is to be looked at."""

    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    td_key: str
    name: str
    discharge_day: int
    service: str
    status: str
    holder: str
    system: System
    code: str
    kind: str  # as above
    since: str  # ISO day
    why: str
    sensitive: str


_OPEN: Final = (
    "SELECT DISTINCT e.id, e.account, p.id, p.mrn, p.td_key, p.last_name, p.first_name, p.middle_name, p.suffix,"
    " e.discharge_day, coalesce(v.code, ''), c.status, coalesce(w.assigned, ''), k.system, k.code,"
    " coalesce(s.class, '') FROM data_case c JOIN encounter e ON e.id = c.encounter_id"
    " JOIN (SELECT encounter_id, 'cm' AS system, code FROM diagnosis UNION SELECT encounter_id, 'pcs', code FROM"
    " procedure) k ON k.encounter_id = e.id JOIN patient p ON p.id = e.patient_id"
    " LEFT JOIN service v ON v.id = e.service_id LEFT JOIN work_item w ON w.encounter_id = e.id"
    " LEFT JOIN sensitive_patient s ON s.patient_id = p.id"
    " WHERE c.data_set = 'abstract' AND c.void_utc IS NULL AND c.status NOT IN ('released', 'transmitted')"
    " AND e.state = 'active' AND e.discharge_day IS NOT NULL ORDER BY e.discharge_day, e.id, k.system, k.code"
)


def touched(codes: CodeStore) -> list[Touched]:
    """Every code of an open abstract that changed in the fiscal year of its discharge, or by the last import."""
    rows = database.execute_sql(_OPEN).fetchall()
    if not rows:
        return []
    first = date.fromisoformat(iso_date(rows[0][9]))
    released = _by_code(codes, date(fiscal_year(first) - 1, 10, 1))
    imported, differences = last_import(codes.path.parent / FOLDER)
    by_import = _of_import(differences)
    found: list[Touched] = []
    for (
        id_,
        account,
        patient,
        mrn,
        td_key,
        *name,
        day,
        service,
        status,
        holder,
        system,
        code,
        sensitive,
    ) in rows:
        discharged = date.fromisoformat(iso_date(day))
        for kind, since, why in _reasons(
            released.get((system, code), ()), by_import.get((system, code), ()), discharged, imported
        ):
            found.append(
                Touched(
                    id_, account, patient, mrn, td_key, shown_name(Name(*name)), day, service, status, holder,
                    System(system), code, kind, since.isoformat(), why, sensitive,
                )
            )  # fmt: skip
    return found


Change = tuple[date, str, str, str]  # effective, kind, old, new


def _by_code(codes: CodeStore, since: date) -> Mapping[tuple[str, str], list[Change]]:
    found: dict[tuple[str, str], list[Change]] = {}
    for _, effective, system, code, kind, old, new in codes.changes(since):
        if kind in TOUCHING:
            found.setdefault((system, code), []).append((effective, kind, old, new))
    return found


def _of_import(differences: Iterable[Difference]) -> Mapping[tuple[str, str], list[Difference]]:
    found: dict[tuple[str, str], list[Difference]] = {}
    for each in differences:
        if each.kind in OF_IMPORTS and (
            each.old or each.kind == "poa"
        ):  # a title where none was changes nothing
            found.setdefault((each.system, each.code), []).append(each)
    return found


def _reasons(
    released: Iterable[Change], by_import: Iterable[Difference], discharged: date, imported: str
) -> Iterator[tuple[str, date, str]]:
    year = fiscal_year(discharged)
    for effective, kind, old, new in released:
        if effective <= discharged and fiscal_year(effective) == year:
            yield kind, effective, _WHY[kind](old, new)
    for each in by_import:
        since = date(each.since // 10000, each.since // 100 % 100, each.since % 100)
        if since <= discharged:
            yield each.kind, since, f"{_WHY[each.kind](each.old, each.new)}, by the import of {imported}"


_WHY: Final[Mapping[str, Callable[[str, str], str]]] = {
    "deleted": lambda old, new: "no longer a code",
    "gone": lambda old, new: "no longer a code",
    "dates": lambda old, new: f"valid {new}, before {old}",
    "header": lambda old, new: (
        "a header now: key a longer code" if new == "header" else "a code now, no header"
    ),
    "revised": lambda old, new: f"title was: {old}",
    "title": lambda old, new: f"title was: {old}",
    "severity": lambda old, new: f"{new or 'no CC'} now, {old or 'no CC'} before",
    "poa": lambda old, new: "exempt from POA reporting" if new else "POA is reported",
}
