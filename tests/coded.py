"""Abstracts of diagnoses, and reviews of them, for tests of what is said about codes over a period."""

from __future__ import annotations

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.actors import Actor
from db.connect import database
from db.hospital import encounters
from tests.builders import a_patient, a_stay


def abstract(
    actor: Actor, account: str, discharged: str, *codes: str, stay: int = 0, name: str = "ADAMS", **more: str
) -> int:
    """A filed abstract of diagnoses, principal first; the account."""
    if not stay:
        patient = a_patient(mrn=f"0000{account}", last_name=name, first_name="ANN", birth_date="1950-04-01")
        stay = a_stay(f"{discharged[:8]}01T08:00", f"{discharged}T09:00", patient_id=patient, account=account,
                      **more)  # fmt: skip
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(stay), dictionary)
    record = dict(opened.record) | {f"diagnoses[{at}].code": code for at, code in enumerate(codes, 1)}
    record |= {f"diagnoses[{at}].poa": "Y" for at in range(1, len(codes) + 1)}
    record["disposition"] = "01"
    abstracts.file_abstract(actor, opened, dictionary, record, (), Drg("", ""), expected_revision=0)
    return stay


def in_hand_for_review(reviewer: Actor, stay: int) -> None:
    """The abstract of an account is due for a blind review by ``reviewer``."""
    database.execute_sql(
        "INSERT INTO review_plan (number, kind, data_set, title, filters, method, size, per_person, seed, population,"
        " drawn_utc, drawn_by) VALUES ('P1', 'blind', 'abstract', '', '{}', 'count', '1', 0, '', 1, 0, 'x')"
    )
    database.execute_sql(
        "INSERT INTO reviewed_record (plan_id, number, case_id, revision, person, reviewer, status)"
        " SELECT 1, 'R1', id, 1, 'x', ?, 'due' FROM data_case WHERE encounter_id = ?",
        (reviewer.user, stay),
    )
