"""Discharge abstracts of the demo hospital: older discharges are abstracted, coded and grouped, recent ones wait."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from random import Random
from typing import Final

from config.code_sources import code_sources
from config.data_sets import dictionary_for
from db.abstracting import abstracts
from db.registry.cases import COMPLETE, OPEN
from recordroom.demo.clinical import operated_at
from recordroom.demo.clock import local
from recordroom.demo.model import DAY, Stay
from rules import drg
from rules.codes import fiscal_year, normal
from rules.lifecycle import Status
from rules.records import items

# Share of discharges that is finished, by days since discharge: the backlog of a department that copes.
FINISHED: Final = ((2, 0.05), (4, 0.35), (7, 0.75), (14, 0.94), (30, 0.992), (10_000, 0.9995))
HALF_DONE: Final = 0.04  # coded, but something else is missing
EXTERNAL: Final = ("V", "W", "X", "Y")
FACILITIES: Final = (
    "Lakeside Nursing and Rehabilitation", "Adirondack Regional Hospital", "Calloway County Home",
    "Upper Valley Medical Center", "Maplewood Hospice House",
)  # fmt: skip
TRANSFERRED: Final = frozenset({"02", "03", "04", "05", "43", "61", "62", "63", "64", "65", "66", "69", "70"})
TABLE5_YEAR: Final = 2026
UNRELEASED_DAYS: Final = 4  # complete abstracts wait that long for the supervisor

Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Filed:
    """When an abstract was completed and coded: day numbers, None while it waits."""

    abstracted: int | None = None
    coded: int | None = None


class Abstracts:
    """Makes the rows of abstracts. ``documents=False`` leaves out documents and their items, for benchmarks."""

    def __init__(self, seed: int, today: int, by: str, *, documents: bool = True) -> None:
        self._random = Random(f"abstracts/{seed}")  # noqa: S311 - a demonstration, no secret
        self._today, self._by, self._documents = today, by, documents
        self._dictionary = dictionary_for(abstracts.DATA_SET)
        self._cases = 0

    def add(self, rows: Rows, stay: Stay, encounter_id: int, patient_id: int, discharged_utc: int) -> Filed:
        """Put the rows of a finished abstract to ``rows`` by table, or nothing while the discharge waits."""
        assert stay.discharged is not None
        day = stay.discharged // DAY
        age = self._today - day
        finished = next(share for days, share in FINISHED if age < days)
        if self._random.random() >= finished:
            return Filed()
        filed_day = min(self._today - 1, day + 1 + int(self._random.expovariate(0.35)))
        complete = self._random.random() >= (HALF_DONE if age < 30 else 0.0)
        self._cases += 1
        record = self._record(stay) if self._documents else _codes(stay)
        if not complete:
            record.pop("ethnicity", None)
        self._case(
            rows,
            record,
            stay,
            encounter_id,
            patient_id,
            complete,
            discharged_utc + (filed_day - day) * 86_400,
            released=complete and self._today - filed_day >= UNRELEASED_DAYS,
        )
        rows["diagnosis"] += abstracts.diagnosis_rows(encounter_id, record)
        rows["procedure"] += abstracts.procedure_rows(encounter_id, record)
        rows["abstract"].append(
            (encounter_id, self._cases, *_grouped(stay, day, principal_only=not self._documents))
        )
        return Filed(filed_day if complete else None, filed_day)

    def _case(
        self, rows: Rows, record: dict[str, str], stay: Stay, encounter_id: int, patient_id: int, complete: bool,
        utc: int, *, released: bool,
    ) -> None:  # fmt: skip
        document = json.dumps(dict(sorted(record.items())), ensure_ascii=False) if self._documents else "{}"
        version, status = self._dictionary.version, COMPLETE if complete else OPEN
        rows["data_case"].append((
            self._cases, abstracts.DATA_SET, version, stay.account, patient_id, encounter_id,
            Status.RELEASED if released else status,
            document, 1, utc, utc, self._by,
        ))  # fmt: skip
        if self._documents:
            if released:
                row = (self._cases, "", "", utc, self._by, utc + 86_400, utc // 86_400 + 719_164, self._by)
                rows["abstract_cycle"].append(row)
            rows["case_revision"].append((self._cases, 1, version, document, status, utc, self._by))
            rows["case_item"] += [
                (self._cases, item.item, item.seq, item.text, item.number, item.day, item.null_code)
                for item in items(self._dictionary, record)
            ]

    def _record(self, stay: Stay) -> dict[str, str]:
        person = stay.person
        last = next(move for move in reversed(stay.moves) if move.unit)
        record = {
            "mrn": person.mrn, "last_name": person.last, "first_name": person.first, "middle_name": person.middle,
            "birth_date": person.birth_date, "sex": person.sex, "races[1].code": person.race or "UNK",
            "ethnicity": person.ethnicity or "UNK", "marital": person.marital, "street": person.street,
            "city": person.city, "state": person.state, "zip": person.postal_code, "county": person.county,
            "country": "US", "account": stay.account, "admitted_at": local(stay.admitted),
            "priority": stay.priority, "point_of_origin": stay.origin, "payer": stay.payer,
            "attending": stay.attending, "service": last.service, "unit": last.unit, "path": _path(stay),
            "discharged_at": local(stay.moves[-1].at), "disposition": stay.disposition, "hospice_claim": "0",
            "age": str(_age(stay)), "los_days": str(_los_days(stay)),
        }  # fmt: skip
        if stay.newborn:
            record["birth_weight_g"] = str(stay.birth_weight_g)
            record["gestation_weeks"] = str(stay.gestation_weeks)
        if stay.origin == "4" and not stay.newborn:
            record["referring_facility"] = self._random.choice(FACILITIES)
        if stay.disposition in TRANSFERRED:
            record["receiving_facility"] = self._random.choice(FACILITIES)
        if stay.disposition == "20":
            kinds = {event.kind for event in stay.events}
            record |= {"died_at": record["discharged_at"], "autopsy": str(int("autopsy" in kinds)),
                       "coroner": str(int("coroner" in kinds))}  # fmt: skip
        consulted = sorted(event.at for event in stay.events if event.kind == "consultation")
        for number, at in enumerate(consulted, 1):
            record[f"consultations[{number}].date"] = local(at)[:10]
        record |= _codes(stay)
        return {path: value for path, value in record.items() if value}


def _codes(stay: Stay) -> dict[str, str]:
    record = {"admitting_diagnosis": normal(stay.diagnoses[0][0])}
    counts = {"diagnoses": 0, "external_causes": 0}
    for code, poa in stay.diagnoses:
        group = "external_causes" if code.startswith(EXTERNAL) else "diagnoses"
        counts[group] += 1
        record[f"{group}[{counts[group]}].code"] = normal(code)
        record[f"{group}[{counts[group]}].poa"] = poa
    for number, (code, at) in enumerate(stay.procedures, 1):
        record |= {
            f"procedures[{number}].code": code, f"procedures[{number}].date": local(at)[:10],
            f"procedures[{number}].surgeon": stay.attending,
        }  # fmt: skip
        if operated_at(stay):
            record[f"procedures[{number}].anesthesia"] = "G" if code[0] == "0" else "R"
    if stay.procedures:
        record["operating"] = stay.attending
    return record


def _path(stay: Stay) -> str:
    places: list[str] = []
    for move in stay.moves:
        if move.unit and (not places or places[-1] != f"{move.unit}/{move.service}"):
            places.append(f"{move.unit}/{move.service}")
    return " > ".join(places)


def _age(stay: Stay) -> int:
    """Completed years on admission."""
    return max(0, stay.admitted // DAY - stay.person.birth_day) * 4 // 1461


def _los_days(stay: Stay) -> int:
    """Days from admission to discharge less the nights on leave, at least 1."""
    nights = sum(
        back.at // DAY - out.at // DAY
        for out, back in zip(stay.moves, stay.moves[1:], strict=False)
        if out.event == "leave"
    )
    return max(1, stay.moves[-1].at // DAY - stay.admitted // DAY - nights)


def _grouped(stay: Stay, day: int, *, principal_only: bool) -> tuple[str, str, str, int | None]:
    """DRG, MDC, grouper version and weight in ten-thousandths of a discharge on a day number.

    ``principal_only``: by the principal diagnosis and the procedures, which few discharges have to themselves.
    """
    diagnoses = tuple(pair for pair in stay.diagnoses if not pair[0].startswith(EXTERNAL))
    return _group(
        diagnoses[:1] if principal_only else diagnoses,
        tuple(code for code, _ in stay.procedures), 18 if (age := _age(stay)) >= 18 else age, stay.person.sex,
        stay.disposition, max(release for release in _releases(day) if release <= day),
    )  # fmt: skip


@lru_cache(maxsize=100_000)
def _group(
    diagnoses: tuple[tuple[str, str], ...], procedures: tuple[str, ...], age: int, sex: str, disposition: str,
    release: int,
) -> tuple[str, str, str, int | None]:  # fmt: skip
    """Most discharges of a large hospital are coded as others were: each way is grouped once for a release."""
    on = date.fromordinal(release)
    dx = tuple(drg.Diagnosis(normal(code), poa) for code, poa in diagnoses)
    px = tuple(drg.Procedure(code, on) for code in procedures)
    found = drg.group(drg.Claim(on, dx, px, age=age, sex=sex, disposition=disposition, admitted_on=on))
    weight = _weights().get(found.drg) if fiscal_year(on) >= TABLE5_YEAR else None
    return found.drg, found.mdc, found.version, weight


def _releases(day: int) -> tuple[int, ...]:
    """The days about ``day`` on which grouper versions came into force: 1 April and 1 October."""
    year = date.fromordinal(day).year
    return (
        date(year - 1, 10, 1).toordinal(), date(year, 4, 1).toordinal(), date(year, 10, 1).toordinal(),
    )  # fmt: skip


@cache
def _weights() -> dict[str, int]:
    """Relative weight by DRG in ten-thousandths (CMS Table 5 of fiscal year 2026)."""
    text = code_sources()["table5"].read().decode("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return {row["drg"]: round(float(row["weight"]) * 10_000) for row in rows if row["weight"]}
