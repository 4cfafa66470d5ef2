"""What waits on the desks of the demo hospital: held messages, a disagreement, trauma records, requests, a draft."""

from __future__ import annotations

from typing import Any, Final

from config.code_tables import shipped_tables
from config.data_sets import dictionary_for
from db import drafts, store
from db.abstracting import abstracts
from db.actors import Action, Actor
from db.acts import act
from db.connect import database
from db.feeds import imports
from db.hospital import encounters
from db.registry import cases
from exchange.hl7_intake import Intake
from recordroom.demo.clock import local
from recordroom.demo.evidence import mark_charts
from recordroom.demo.load import Loader
from recordroom.demo.model import DAY
from recordroom.demo.requests import file_requests
from recordroom.demo.reviews import plan_reviews
from recordroom.demo.visits import code_visits
from recordroom.demo.work import fill_queue
from recordroom.demo.working import file_working_codes
from rules import edits
from rules.dictionary import Context, Dictionary, ItemType
from rules.findings import Level
from rules.moments import iso_date, moment_at
from rules.records import null_values

TRAUMA_RECORDS, STILL_OPEN = 12, 4
MISSING: Final = ("D004", "T1101")  # findings that a required item, or the first row of a group, is blank
INCLUDED: Final = (
    "S06",
    "S12",
    "S22",
    "S32",
    "S36",
    "S72",
    "S82",
)  # NTDS inclusion criteria, those of the mix
# Worst injury by category of the principal diagnosis: AIS severity and ISS body region. Pre-dot codes are licensed
# by the AAAM, so the demo does not know them.
INJURIES: Final = {
    "S06": (("4", "1"), ("1", "6")), "S12": (("3", "1"),), "S22": (("3", "3"), ("2", "5")), "S32": (("2", "4"),),
    "S36": (("3", "4"), ("3", "3"), ("1", "6")), "S72": (("3", "5"),), "S82": (("2", "5"), ("1", "6")),
}  # fmt: skip


def leave_waiting(actor: Actor, loader: Loader) -> None:
    """Put something on every desk of a hospital that was just loaded."""
    _hold_messages(actor, loader)
    _file_trauma(actor)
    file_requests(actor)
    _begin_draft(actor)
    fill_queue(actor)
    file_working_codes(actor)
    code_visits(actor)
    mark_charts(actor)
    plan_reviews(actor)


def _rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return list(database.execute_sql(sql, values))


# -- the feed -----------------------------------------------------------------------------------------------


def _hold_messages(actor: Actor, loader: Loader) -> None:
    """A handful of messages as feeds send them: most cannot be applied, one contradicts the record."""
    run = Intake(actor, "demo feed")
    with act(actor, Action.IMPORT, kind="hl7") as done:
        run.open()
        done.record = f"batch {run.batch_id}"
        for number, text in enumerate(_messages(loader), 1):
            run.take(text.replace("CONTROL", f"D{number:06d}", 1).encode())
        imports.count(run.batch_id, run.counts, ended=True)
        done.detail.update(run.counts)


def _messages(loader: Loader) -> list[str]:
    until = loader.plan.last_minute
    yesterday, morning = (_compact(minute) for minute in (until - DAY + 540, until - 60))
    in_house = _rows(
        "SELECT p.mrn, p.last_name, p.first_name, e.account, u.code FROM encounter e"
        " JOIN patient p ON p.id = e.patient_id JOIN unit u ON u.id = e.unit_id"
        " WHERE e.class = 'I' AND e.discharge_day IS NULL AND e.newborn = 0 ORDER BY e.id LIMIT 3"
    )
    left = _rows(
        "SELECT p.mrn, p.last_name, p.first_name, e.account, u.code FROM encounter e"
        " JOIN patient p ON p.id = e.patient_id JOIN unit u ON u.id = e.unit_id"
        " WHERE e.class = 'I' AND e.discharge_day IS NOT NULL ORDER BY e.discharge_day DESC, e.id LIMIT 2"
    )
    texts = [
        _message("A01", yesterday, ("00999001", "Hathaway", "Edmund", "2699000001"), "P|3E^310^A|1||||||MED"),
        _message("A03", morning, ("00999002", "Quintero", "Ana Lucía", "2699000002"), "I|OB|1"),
        _message("A01", morning, ("00999003", "BABYGIRL", "ORTEGA", "2699000003"), "B|NSY|N||||||NBN"),
        _message(
            "A02", morning, ("00999004", "van der Berg", "Piet", "2699000004"), "I|ICU^101^A|1||||||CCM"
        ),
    ]
    if in_house:
        *who, unit = in_house[0]
        other = "ICU" if unit != "ICU" else "3E"
        texts.append(_message("A08", morning, tuple(who), f"I|{other}^104^B|1"))
    texts += [_message("A02", morning, tuple(who), "I|ICU^108^A|1||||||CCM") for *who, _ in left[:1]]
    return texts


def _message(event: str, at: str, who: tuple[str, ...], visit: str) -> str:
    mrn, last, first, account = who
    return (
        f"MSH|^~\\&|ADT|STILLWATER|RECORDROOM|STILLWATER|{at}||ADT^{event}|CONTROL|P|2.5.1||||||UNICODE UTF-8\r"
        f"EVN|{event}|{at}||||{at}\r"
        f"PID|1||{mrn}^^^SBH^MR||{last}^{first}|||||||||||||{account}\r"
        f"PV1|1|{visit}\r"
    )


def _compact(minute: int) -> str:
    return local(minute).translate({ord("-"): None, ord("T"): None, ord(":"): None})


# -- the trauma registry and drafts -------------------------------------------------------------------------


def _file_trauma(actor: Actor) -> None:
    """Records of the latest trauma discharges: all scored, the newest still open, the older ones complete."""
    dictionary = dictionary_for("trauma")
    zone = store.current().zone
    context = Context(store.current().now().local, shipped_tables())
    found = _rows(
        "SELECT e.id, e.account, e.admitted_utc, e.discharged_utc, e.disposition, p.id, p.mrn, p.birth_date, p.sex,"
        " p.zip, d.code FROM encounter e JOIN patient p ON p.id = e.patient_id"
        " JOIN diagnosis d ON d.encounter_id = e.id AND d.role = 'dx' AND d.seq = 1"
        f" WHERE substr(d.code, 1, 3) IN ({','.join('?' * len(INCLUDED))}) AND d.code LIKE '%A'"
        " ORDER BY e.discharge_day DESC, e.id DESC LIMIT ?",
        *INCLUDED, TRAUMA_RECORDS,
    )  # fmt: skip
    for number, row in enumerate(found):
        encounter_id, account, admitted, discharged, disposition, patient_id, mrn, born, sex, postal, code = (
            row
        )
        arrived, left = (moment_at(utc, zone).local for utc in (admitted, discharged))
        record = {
            "mrn": mrn, "account": account, "ntds": "1", "tqip": "1", "home_zip": postal, "home_country": "US",
            "birth_date": born, "sex": {"M": "1", "F": "2"}.get(sex, "/NK"), "incident_date": arrived[:10],
            "incident_time": "/NK", "work_related": "0", "mechanism_type": "BLUNT", "transport_mode": "1",
            "arrival_date": arrived[:10], "arrival_time": arrived[11:], "sbp": str(96 + number * 7 % 60),
            "pulse": str(72 + number * 11 % 50), "rr": str(14 + number % 9), "spo2": str(92 + number % 8),
            "gcs_eye": "4" if number % 4 else "2", "gcs_verbal": "5" if number % 3 else "3", "gcs_motor": "6",
            "gcs_total": str((4 if number % 4 else 2) + (5 if number % 3 else 3) + 6),
            "respiratory_assistance": "1", "supplemental_oxygen": "1", "ed_disposition": "1",
            "discharge_date": left[:10], "discharge_time": left[11:], "diagnoses[1].code": code,
            "hospital_disposition": "5" if disposition == "20" else "7" if disposition == "03" else "6",
        }  # fmt: skip
        for line, (severity, region) in enumerate(INJURIES[code[:3]], 1):
            record |= {
                f"injuries[{line}].predot": "/NK", f"injuries[{line}].severity": severity,
                f"injuries[{line}].region": region, f"injuries[{line}].version": "15",
            }  # fmt: skip
        if number >= STILL_OPEN:
            record = _completed(dictionary, record, context)
        record |= edits.computed(dictionary, record, context)
        wrong = [
            f for f in edits.findings(dictionary, record, context) if f.level in (Level.FATAL, Level.ERROR)
        ]
        cases.file_case(
            actor, Action.FILE_REGISTRY, dictionary, record, before=None, patient_id=patient_id,
            encounter_id=encounter_id, status=cases.OPEN if wrong else cases.COMPLETE,
        )  # fmt: skip


def _completed(dictionary: Dictionary, record: dict[str, str], context: Context) -> dict[str, str]:
    """The record as a registrar closes it: no where nothing is charted, else not known or not applicable."""
    record = dict(record)
    for _ in range(3):  # an answer may ask for another
        record |= null_values(dictionary, record)
        for finding in edits.findings(dictionary, record, context):
            item = dictionary.item_at(finding.field)
            if finding.code in MISSING and item is not None:
                nulls = f"/{item.nulls[-1]}" if item.nulls else ""
                record[finding.field] = "0" if item.type is ItemType.YES_NO else nulls
    return record


def _begin_draft(actor: Actor) -> None:
    """An abstract that was begun this morning and not filed."""
    waiting = _rows(
        "SELECT id, discharge_day FROM encounter WHERE class = 'I' AND abstracted_day IS NULL AND newborn = 0"
        " AND discharge_day IS NOT NULL AND disposition = '01' ORDER BY discharge_day, id LIMIT 1"
    )
    for encounter_id, day in waiting:
        opened = abstracts.read(encounters.get(encounter_id), dictionary_for(abstracts.DATA_SET))
        note = f"Operative note of {iso_date(day)} is not in the chart yet."
        drafts.save(
            actor,
            ("ABS", opened.encounter.account),
            {**opened.record, "note": note},
            "admitting_diagnosis",
            "0",
        )
