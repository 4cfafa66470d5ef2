"""Requests for information in the demo hospital: some answered and accounted for, the others at every stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from db import store
from db.actors import Actor
from db.connect import database
from db.disclosure import disclosures, requests
from db.disclosure.disclosures import NewRelease
from rules.moments import iso_date


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the steps that have been taken on it."""

    days_ago: int
    name: str
    kind: str
    authority: str
    purpose: str
    parts: str
    method: str = "MAIL"
    address: str = "PO Box 117, Stillwater Bend NY 12999"
    proof: str = "SIGNATURE"
    steps: tuple[tuple[str, str], ...] = ()  # word, reason
    released: str = ""  # what left, when anything did
    pages: int = 0
    more: dict[str, str] = field(default_factory=dict)
    dead: bool = False  # about somebody who died here


HOME: Final = "(address on file)"
SIGNED: Final = {
    "documents": "AUTH",
    "authorization_signed_by": "PATIENT",
}
REVIEW: Final = ("REVIEW", "")
APPROVE: Final = ("APPROVE", "")
ASKED: Final = (
    Asked(1, "Calloway County Health Department", "PUBHEALTH", "PUBHEALTH", "PUBHEALTH", "LAB", "FAX",
          "9 County Square, Stillwater Bend NY 12999", "LETTERHEAD", (REVIEW, APPROVE),
          "Report of a notifiable condition", 2, {"documents": "STATUTE"}),
    Asked(3, "(the patient)", "PATIENT", "ACCESS", "PERSONAL", "DS LAB", "PORTAL", HOME, "PORTAL"),
    Asked(5, "Lakeside Nursing and Rehabilitation", "PROVIDER", "TREATMENT", "TREATMENT", "DS HP MEDS", "FAX",
          "40 Lake Dr, Millbrook Heights NY 12996", "CALLBACK", (REVIEW, APPROVE),
          "Discharge summary, history and physical, medication list", 14, {"documents": "TREATMENT"}),
    Asked(9, "Harmon & Pell, attorneys", "ATTORNEY", "AUTH", "LEGAL", "ALL", steps=(REVIEW,),
          more=SIGNED | {"authorization_complete": "1"}),
    Asked(12, "Union Health Plan", "INSURER", "AUTH", "INSURANCE", "ABSTRACT",
          steps=(REVIEW, ("ASK", "The authorization names no expiry date."))),
    Asked(16, "Dorr v. North Calloway Transit, counsel for the defendant", "LITIGANT", "SUBPOENA", "LEGAL", "ED RAD",
          "SERVED", proof="LETTERHEAD",
          steps=(REVIEW, ("HOLD", "No proof of notice to the patient; see 45 CFR 164.512(e)."))),
    Asked(24, "Calloway County Medical Examiner", "CORONER", "DECEDENT", "DEATH", "ED OP DS", "PHONE",
          "1 Court St, Stillwater Bend NY 12999", "CALLBACK", (REVIEW, APPROVE),
          "Emergency record, operative report and discharge summary", 22,
          {"documents": "OFFICIAL_ID CAUSE_OF_DEATH"}, dead=True),
    Asked(35, "(the patient)", "PATIENT", "ACCESS", "PERSONAL", "ALL", "PERSON", "", "PHOTO", (REVIEW,)),
    Asked(52, "(the patient)", "PATIENT", "ACCESS", "PERSONAL", "IMM", "PERSON", "", "PHOTO", (REVIEW, APPROVE),
          "Immunization record", 1, {"documents": "SIGNED_REQUEST ID"}),
)  # fmt: skip


def file_requests(actor: Actor) -> None:
    """File the requests about people who were inpatients, and take the steps that were taken."""
    today = store.current().now().day
    alive, dead = _patients("e.died = 0 AND p.death_date = ''"), _patients("e.died = 1")
    for asked in ASKED:
        people = dead if asked.dead else alive
        before = [person for person in people if person[3] < today - asked.days_ago]
        if not before:
            continue
        people.remove(before[-1])
        patient_id, name, first_day, last_day = before[-1]
        day = iso_date(today - asked.days_ago)
        requester = name if asked.kind == "PATIENT" else asked.name
        values = {
            "requester_name": requester, "requester_kind": asked.kind, "requester_address": asked.address,
            "authority": asked.authority, "purpose": asked.purpose, "parts": asked.parts, "received_on": day,
            "service_from": iso_date(first_day), "service_to": iso_date(last_day),
            "received_by_method": asked.method, "identity_verified": asked.proof, **asked.more,
            "authorization_signed_on": day if asked.authority == "AUTH" else "",
        }  # fmt: skip
        number = requests.file_request(actor, patient_id, values, dictionary="disclosure")
        request = requests.read(number)
        for word, reason in asked.steps:
            request = requests.step(actor, number, word, request.version, reason=reason, day=day)
        if asked.released:
            new = NewRelease(
                f"{day}T23:30", requester, asked.address, asked.released, asked.parts, asked.purpose,
                asked.authority, "PAPER" if asked.method != "FAX" else "FAX", asked.pages,
            )  # fmt: skip
            disclosures.release(actor, number, new, request.version, complete=True)


def _patients(who: str) -> list[tuple[int, str, int, int]]:
    """Adult inpatients without specially protected care: id, name, first and last day, the latest last."""
    rows = database.execute_sql(
        "SELECT p.id, p.last_name || ', ' || p.first_name, e.admit_day, max(e.discharge_day) FROM encounter e"
        f" JOIN patient p ON p.id = e.patient_id JOIN service s ON s.id = e.service_id WHERE e.class = 'I' AND {who}"
        " AND s.code IN ('SUR', 'ORT', 'CAR', 'NEU') AND p.birth_day < e.admit_day - 19 * 366"
        " AND e.discharge_day IS NOT NULL AND p.temporary = 0 GROUP BY p.id ORDER BY max(e.discharge_day) DESC"
        " LIMIT 400"
    )
    return [(int(id_), str(name), int(first), int(last)) for id_, name, first, last in rows][::-1]
