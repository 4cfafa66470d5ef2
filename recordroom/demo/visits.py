"""Visits of the demo hospital that are coded: most of the newest ones that came with a diagnosis."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from config.data_sets import dictionary_for
from db import conventions
from db.abstracting import visit_lists, visits
from db.abstracting.visits import CODED_FROM
from db.actors import Actor
from db.connect import database
from db.hospital import encounters
from rules.moments import iso_date

LOOKED_AT: Final = 60  # of each class
CODED: Final = 0.6
SERVICES: Final = {"E": "G0383", "O": "G0463", "OBS": "G0378"}  # HCPCS Level II alone: CPT is licensed
HOURS: Final = 26  # of observation
DAYS: Final = 30  # since visits are coded here


def code_visits(actor: Actor) -> None:
    """Code some visits, as the coder; those of long ago were coded elsewhere."""
    (newest,) = database.execute_sql("SELECT max(arrived_day) FROM encounter WHERE class <> 'I'").fetchone()
    if newest:
        conventions.file_setting(actor, CODED_FROM, iso_date(newest - DAYS), 1)
    random, coder = Random("visits/1"), replace(actor, user="coder")  # noqa: S311 - a demonstration, no secret
    dictionary = dictionary_for("visit")
    for of_class, code in SERVICES.items():
        for row in visit_lists.listing(of_class, limit=LOOKED_AT):
            opened = visits.read(encounters.get(row.encounter_id), "visit")
            if not opened.record.get("diagnoses[1].code") or random.random() > CODED:
                continue
            service = {
                "services[1].code": code,
                "services[1].units": str(HOURS) if of_class == "OBS" else "1",
            }
            visits.file_visit(
                coder, opened, dictionary, {**opened.record, **service}, (), expected_revision=0
            )
