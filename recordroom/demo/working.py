"""Working codes of those in house in the demo hospital: what patients of the same age and sex were coded to before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from random import Random
from typing import Final

from config.data_sets import dictionary_for
from db.abstracting import working
from db.actors import Actor
from db.coding import code_sets
from db.coding.codes import CodeStore
from db.connect import database
from db.hospital import encounters
from rules.drg import group
from rules.drg_payment import expected_discharge
from rules.edit_functions import age_in_years

CODED: Final = 0.7  # of those in house
MOST: Final = 60
LIKE: Final = 400  # abstracts that codes are taken from
ALIKE_YEARS: Final = 10
CODES: Final = ("admitting_diagnosis", "diagnoses", "procedures")
LATE: Final = 2  # rows of a finished abstract that are not documented yet


def file_working_codes(actor: Actor) -> None:
    """Admission codes for most of those in house, filed by the coder."""
    random = Random("working/1")  # noqa: S311 - a demonstration, no secret
    known = [
        {path: text for path, text in json.loads(document).items() if path.partition("[")[0] in CODES}
        | {"sex": sex, "age": age}
        for document, sex, age in database.execute_sql(
            "SELECT document, json_extract(document, '$.sex'), json_extract(document, '$.age') FROM data_case"
            " WHERE data_set = 'abstract' AND json_extract(document, '$.age') <> '' ORDER BY id DESC LIMIT ?",
            (LIKE,),
        )
    ]
    coder = replace(actor, user="coder")
    with code_sets.opened() as codes:
        for person in (each.who for each in working.in_house(limit=MOST)):
            age = age_in_years(person.birth_date, person.admitted_at[:10])
            alike = [one for one in known if one["sex"] == person.sex and _near(one["age"], age)]
            if alike and random.random() < CODED:
                _file(coder, person.encounter_id, random.choice(alike), codes)


def _near(one: str, other: str) -> bool:
    return one.isdigit() and other.isdigit() and abs(int(one) - int(other)) <= ALIKE_YEARS


def _file(actor: Actor, encounter_id: int, alike: Mapping[str, str], codes: CodeStore | None) -> None:
    opened, dictionary = working.read(encounters.get(encounter_id)), dictionary_for(working.DATA_SET)
    rows = sorted({path.partition(".")[0] for path in alike if path.startswith("diagnoses[")})
    late = set(rows[max(1, len(rows) - LATE) :])
    taken = {
        path: text
        for path, text in alike.items()
        if path.partition(".")[0] not in late and path not in ("sex",)
    }
    taken = {path: text for path, text in taken.items() if not path.startswith("procedures[") or _asked(path)}
    day = working.coded_on(opened.encounter)
    record = working.at_day({**opened.record, **taken}, day)
    drg = group(working.claim(record)).drg
    row = codes.weights(drg, date.fromisoformat(day)) if codes and drg else None
    admitted = date.fromisoformat(opened.encounter.admitted_at[:10])
    leaves = expected_discharge(admitted, row.gmlos) if row and row.gmlos else None
    weight, gmlos = (row.weight, row.gmlos) if row else (None, None)
    record = working.with_figures(record, drg, weight, gmlos, leaves)
    working.file_working(actor, opened, dictionary, record, (), expected_revision=0)


def _asked(path: str) -> bool:
    """Of a procedure the code alone: its day was that of another stay."""
    return path.endswith("].code")
