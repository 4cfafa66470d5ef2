"""Builders of records with sensible defaults: a test names what it is about and nothing else."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from config.data_sets import dictionary_for
from db import store
from db.abstracting import visits
from db.actors import Actor
from db.changes import Applied, Source
from db.connect import database, snapshot, writing
from db.hospital import encounters, movements
from db.hospital.movements import Movement
from db.patient_index import patients
from db.queries import query_acts
from db.queries.queries import Query
from db.queries.query_acts import Raised, Replied
from db.statistics import census, closing, closing_counts, corrections
from db.statistics.closing import Closing
from rules.census import Event
from rules.findings import Finding
from rules.moments import moment
from rules.queries import Act, Indicator, Standing, Wording

SOURCE: Final = Source("builder", "test")
_NUMBERS = count(1)

# A name of 60 characters that would move the cursor, colour the screen, start markup and turn the line round.
POISON_LAST: Final = (
    "\x1b[2J\x1b]0;owned\x07[/foo][red]O’Brïen\u202egnirts\u202c\u200b\u0085-van-den-Überlangen"
)
POISON_FIRST: Final = "[b]Zoë[/b]\x9b31m\r\n\t\x00\x7fNUL|^~\\&@${HOME}'; DROP TABLE patient; --"


def a_patient(**fields: str) -> int:
    """A registered patient (its internal number); ``fields`` as ``db.patient_index.patients.FIELDS``."""
    return _applied(patients.apply, the_fields_of_a_patient(**fields), SOURCE)


def the_fields_of_a_patient(**fields: str) -> dict[str, str]:
    """What a registration would bring: a complete one, with an MRN of its own."""
    number = next(_NUMBERS)
    return {
        "mrn": f"{900_000 + number:08d}", "last_name": "Miller", "first_name": "Ruth", "middle_name": "A",
        "birth_date": "1951-03-09", "sex": "F", "ssn": f"9{number:08d}", "street": "12 Elm St",
        "city": "Stillwater Bend", "state": "NY", "zip": "12999", "phone": "518-555-0100",
    } | fields  # fmt: skip


def the_poisoned_patient(*, raw: bool = False, **fields: str) -> int:
    """A patient whose names hold everything that must never reach a terminal or printer as it is.

    Imports clean what they take; ``raw`` puts the poison itself into the store, past them, to try the sinks.
    """
    poison = {"last_name": POISON_LAST, "first_name": POISON_FIRST, "city": POISON_LAST}
    patient_id = a_patient(**(poison | fields))
    if raw:
        database.execute_sql(
            "UPDATE patient SET last_name = ?, first_name = ?, city = ? WHERE id = ?",
            (*poison.values(), patient_id),
        )
    return patient_id


def an_encounter(patient_id: int = 0, account: str = "", **fields: str) -> int:
    """An account without movements (its internal number); ``fields`` as ``db.hospital.encounters.FIELDS``."""
    patient_id = patient_id or a_patient()
    account = account or f"26{next(_NUMBERS):08d}"
    fields = {
        "class": "I",
        "provider": "1001",
        "payer": "MCR",
        "priority": "1",
        "point_of_origin": "1",
    } | fields
    return _applied(encounters.apply, account, patient_id, fields, SOURCE)


def a_movement(encounter_id: int, event: str, at: str, unit: str = "", service: str = "", **more: str) -> int:
    """A movement on an account at canonical local time (its internal number)."""
    made = Movement(Event(event), moment(at, store.current().zone), unit, service, **more)  # type: ignore[arg-type]
    return _applied(movements.record, encounter_id, made, SOURCE)


def a_stay(
    admitted: str = "2026-11-01T08:00", discharged: str = "", *, patient_id: int = 0, account: str = "",
    unit: str = "3E", service: str = "MED", disposition: str = "01", **fields: str,
) -> int:  # fmt: skip
    """An inpatient account admitted, and discharged if a time is given (its internal number)."""
    with writing():
        encounter_id = an_encounter(patient_id, account, **fields)
        a_movement(encounter_id, "admit", admitted, unit, service)
        if discharged:
            a_movement(encounter_id, "discharge", discharged, disposition=disposition)
    return encounter_id


def a_coded_visit(
    actor: Actor, account: str, *findings: Finding, data_set: str = "visit", **values: str
) -> None:
    """The coding of a visit filed, with what came with it and these values over that."""
    opened = visits.read(encounters.get(encounters.find(account)), data_set)
    visits.file_visit(
        actor, opened, dictionary_for(data_set), {**opened.record, **values}, findings,
        expected_revision=opened.case.revision if opened.case else 0,
    )  # fmt: skip


def _applied(act: object, *arguments: object) -> int:
    with writing():
        done: Applied = act(*arguments)  # type: ignore[operator]
    assert not done.refused, done.reason
    return done.record_id


def a_weighed_abstract(encounter_id: int, weight_ten_thousandths: int) -> None:
    """What a filed abstract leaves to the figures: the weight of its DRG."""
    with writing():
        (case_id,) = database.execute_sql(
            "INSERT INTO data_case (data_set, version, number, patient_id, encounter_id, status, document, revision,"
            " created_utc, filed_utc, filed_by) SELECT 'abstract', '', account, patient_id, id, 'complete', '{}', 1,"
            " 0, 0, '' FROM encounter WHERE id = ? RETURNING id",
            (encounter_id,),
        ).fetchone()
        database.execute_sql(
            "INSERT INTO abstract (encounter_id, case_id, weight_ten_thousandths) VALUES (?, ?, ?)",
            (encounter_id, case_id, weight_ten_thousandths),
        )


def a_closed_month(actor: Actor, month: str) -> Closing:
    """A month signed with its figures alone, as it is now; closed already, a further version. No page is made."""
    census.bring_up_to_date_if_due()
    begun = closing.begin(actor, month, "as it is", restating=closing.newest(month) is not None)
    with snapshot():
        change_id = closing.last_change()
        parts = {
            closing.COUNTS: closing_counts.as_bytes(closing_counts.of_period(begun.period)),
            closing.SETTINGS: corrections.settings_as_bytes(),
        }
    made = closing.keep(actor, begun, parts, store.current().now().local, change_id)
    corrections.compare(actor, made)
    return made


def a_raised_query(**other: Any) -> Raised:
    """A query that complies, as it is keyed: on renal function, by the shipped template AKI."""
    said = {
        "title": "Renal function during the stay", "kind": "CHOICE", "purpose": "INDICATOR",
        "question": "Please document the diagnosis, if any, that accounts for the laboratory findings below.",
        "options": ("Acute kidney injury", "Chronic kidney disease", "Other: ____", "Unable to determine"),
        "indicators": (Indicator("Creatinine 0.9 to 2.4 mg/dL", "Laboratory", "2026-11-12"),),
        "target": ("acute kidney injury", "AKI"),
    }  # fmt: skip
    wording = Wording(**(said | {name: other.pop(name) for name in list(other) if name in said}))
    return Raised(wording, **({"provider": "GREEN"} | other))


def a_sent_query(actor: Actor, account: str, **other: Any) -> Query:
    """One that was sent about an account."""
    return query_acts.send(actor, account, a_raised_query(**other), Standing())


def an_answer(
    actor: Actor, query: Query, outcome: str = "agreed", said: str = "Yes, at the ED.", day: str = ""
) -> Query:
    """Its answer, keyed."""
    replied = Replied(outcome, query.provider, said)
    return query_acts.step(actor, query.number, Act.ANSWER, query.version, day=day, replied=replied)
