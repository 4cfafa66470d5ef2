"""What each HL7 v2 event means for patients, accounts and the census; MSH-9 decides which event it is.

Every handler changes the store inside the caller's transaction or raises ``Hold``. Sources: HL7 v2.3 to v2.8
chapters 3 and 9; Medicare Claims Processing Manual chapter 1 section 50.3 (inpatient made outpatient).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from db.feeds import intake
from db.hospital import encounters, movements, site
from db.hospital.encounters import Encounter
from db.hospital.movements import Movement
from db.patient_index import patients
from exchange import hl7_fields
from exchange.hl7_case import Case, Hold
from exchange.hl7_fields import CLEAR, Place
from rules.census import DEATHS, Event
from rules.moments import Moment, iso_date

# Arriving -------------------------------------------------------------------------------------------------


def person(case: Case) -> None:
    """A05, A28, A31: the person only. A pre-admission is no stay."""
    case.apply_person()


def arrive(case: Case) -> None:
    """A01, A04: a stay begins when the class is inpatient, otherwise a visit."""
    row = case.patient_class()
    case.apply_person()
    if row.more["class"] == "I":
        _admit(case, newborn=row.more.get("newborn") is True)
    else:
        _register(case, str(row.more["class"]))


def to_inpatient(case: Case) -> None:
    """A06: a visit becomes a stay, on its own account or on another one (MRG-3 is the visit's)."""
    row = case.patient_class()
    if row.more["class"] != "I":
        raise Hold("A06 makes an inpatient, but PV1-2 is another class: correct it in the text and replay.")
    case.apply_person()
    at = case.happened(case.visit.admitted, "PV1-44")
    before = _prior_encounter(case)
    if before is not None and before.patient_class != "I" and not before.discharged_at:
        left = {"departed_at": at.local}
        case.stored(encounters.apply(before.account, before.patient_id, left, case.source))
    _admit(case, newborn=row.more.get("newborn") is True)


def to_outpatient(case: Case) -> None:
    """A07: the admission never was; what remains is a visit from the time it began."""
    row = case.patient_class()
    if row.more["class"] == "I":
        raise Hold("A07 makes an outpatient, but PV1-2 is inpatient: correct it in the text and replay.")
    stay = _prior_encounter(case) or case.encounter()
    if stay.patient_class == "I":
        case.stored(movements.cancel_all(stay.id, case.source, "A07: inpatient made outpatient"))
    case.apply_person()
    _register(case, str(row.more["class"]), began=stay.admitted_at or stay.arrived_at)


def _admit(case: Case, *, newborn: bool) -> None:
    visit, at = case.visit, case.happened(case.visit.admitted, "PV1-44")
    service = visit.service or case.feed.default_service
    if not visit.place.unit:
        raise Hold("PV1-3 names no unit: add it to the text and replay.")
    if not service:
        raise Hold("PV1-10 names no service: add it to the text, or set a service for this feed, and replay.")
    known = case.find_encounter(case.account)
    fields = _account_fields(case) | ({"newborn": "1"} if newborn else {})
    if known is None:
        fields["class"] = "I"
    _apply_account(case, case.patient_id or 0, case.account, fields)
    movement = Movement(Event.ADMIT, at, visit.place.unit, service, visit.place.bed)
    _move(case, movement)
    intake.agree(case.account, ("account",), "The admission arrived.", case.source.by)


def _register(case: Case, patient_class: str, began: str = "") -> None:
    visit = case.visit
    at = began or case.happened(visit.admitted, "PV1-44").local
    case.find_encounter(case.account)
    fields = _account_fields(case) | {
        "class": patient_class, "arrived_at": at, "location": visit.place.unit,
        "departed_at": visit.discharged.local if visit.discharged else "",
    }  # fmt: skip
    _apply_account(case, case.patient_id or 0, case.account, fields)
    if encounters.get(case.encounter_id or 0).state == "cancelled":
        case.stored(encounters.set_cancelled(case.encounter_id or 0, case.source, cancelled=False))
    case.arrived.append(f"account:{case.account}")


def _apply_account(case: Case, patient_id: int, account: str, fields: dict[str, str]) -> None:
    """Insert or amend an account; what was not known before gets the name that the message gives."""
    case.encounter_id = case.stored(encounters.apply(account, patient_id, fields, case.source))
    visit = case.visit
    for kind, code, name in (
        ("provider", visit.attending, visit.attending_name),
        ("payer", visit.payer, visit.payer_name),
    ):
        if code and name:
            site.name_unconfirmed(kind, code, name)


def _account_fields(case: Case) -> dict[str, str]:
    """What PV1, PID and IN1 say about an account beside place and times."""
    visit = case.visit
    kinds = case.feed.tables["hl7_admission_type"]
    priority = kinds.find(visit.admission_type.upper(), iso_date(case.feed.now.day))
    fields = {
        "provider": visit.attending, "payer": visit.payer, "point_of_origin": visit.point_of_origin,
        "priority": str(priority.more["priority"]) if priority else visit.admission_type,
        "mother_account": visit.mother_account,
    }  # fmt: skip
    return {item: value for item, value in fields.items() if value}


# Moving ---------------------------------------------------------------------------------------------------


def transfer(case: Case) -> None:
    """A02: to PV1-3, or to another service in the same bed.

    A unit left (PV1-6) that is not ours opens an item, and the transfer holds good.
    """
    known = case.encounter()
    place, at = case.visit.place, case.happened()
    if not place.unit:
        raise Hold("PV1-3 names no unit: add it to the text and replay.")
    if known.patient_class != "I":
        case.stored(encounters.apply(known.account, known.patient_id, {"location": place.unit}, case.source))
        return
    prior = case.visit.prior_place
    if prior.unit and _later_than_all(known, at):
        _compare(case, known, "PV1-6", known.unit, prior.unit)
    service = "" if _same(case.visit.service, known.service) else case.visit.service
    stays = _same(place.unit, known.unit) and (not place.bed or _same(place.bed, known.bed))
    event = Event.SERVICE if stays and service else Event.TRANSFER
    _move(case, Movement(event, at, place.unit, service, place.bed))


def swap(case: Case) -> None:
    """A17: two patients exchange beds; both move or neither."""
    pair = case.message.groups("PID")
    if len(pair) != 2:
        raise Hold(
            "A17 exchanges the beds of two patients, but there are not two PID segments: replay as A02."
        )
    for message in pair:
        transfer(replace(case, message=message))


def discharge(case: Case) -> None:
    """A03: at PV1-45 with the disposition of PV1-36."""
    known = case.encounter()
    at = case.happened(case.visit.discharged, "PV1-45")
    case.apply_person()
    disposition = case.visit.disposition
    if known.patient_class != "I":
        left = {"departed_at": at.local, "disposition": disposition}
        case.stored(encounters.apply(known.account, known.patient_id, left, case.source))
        return
    told = case.message.first("PID").text(30).upper()
    if told and (told == "Y") != (disposition.zfill(2) in DEATHS):
        case.warnings.append("PID-30 (death indicator) and PV1-36 (disposition) do not agree.")
    _move(case, Movement(Event.DISCHARGE, at, disposition=disposition))


def leave(case: Case) -> None:
    """A21: out on leave."""
    _inpatient(case)
    _move(case, Movement(Event.LEAVE, case.happened()))


def come_back(case: Case) -> None:
    """A22: back from leave."""
    _inpatient(case)
    _move(case, Movement(Event.RETURN, case.happened()))


def _move(case: Case, movement: Movement) -> None:
    case.stored(movements.record(case.encounter_id or 0, movement, case.source), f"order:{case.account}")
    case.arrived.append(f"account:{case.account}")


def _inpatient(case: Case) -> Encounter:
    known = case.encounter()
    if known.patient_class != "I":
        raise Hold(
            f"Account {known.account} is a visit, not a stay: make it one (A06) and replay, or dismiss this."
        )
    return known


def _later_than_all(known: Encounter, at: Moment) -> bool:
    last = movements.latest(known.id)
    return last is None or last.at_utc <= at.utc


# Cancelling -----------------------------------------------------------------------------------------------


def cancel_arrival(case: Case) -> None:
    """A11: the admission or registration never was."""
    known = case.encounter()
    if movements.latest(known.id) is None:
        case.stored(encounters.set_cancelled(known.id, case.source, cancelled=True))
    else:
        case.stored(movements.cancel_all(known.id, case.source, "A11: cancelled by the feed"))


def cancel_discharge(case: Case) -> None:
    """A13: the patient is still here."""
    known = case.encounter()
    if known.patient_class == "I":
        _cancel_latest(case, known, Event.DISCHARGE)
        return
    still = {"departed_at": CLEAR, "disposition": CLEAR}
    case.stored(encounters.apply(known.account, known.patient_id, still, case.source))


def cancel_transfer(case: Case) -> None:
    """A12: the last transfer, of unit, bed or service, never was."""
    known = _inpatient(case)
    rows = [row for row in movements.of_encounter(known.id) if row.event in (Event.TRANSFER, Event.SERVICE)]
    _cancel_latest(case, known, rows[-1].event if rows else Event.TRANSFER)


def cancel_of(event: Event) -> Callable[[Case], None]:
    """A52, A53: the latest movement of a kind is cancelled."""

    def cancel(case: Case) -> None:
        _cancel_latest(case, _inpatient(case), event)

    return cancel


def _cancel_latest(case: Case, known: Encounter, event: Event) -> None:
    why = f"{case.message.event}: cancelled by the feed"
    applied = movements.cancel_latest(known.id, event, case.source, why)
    case.stored(applied, f"order:{case.account}")


# Updating -------------------------------------------------------------------------------------------------


def update(case: Case) -> None:
    """A08: the person and the account's other items; place, service and times are compared and never moved."""
    case.apply_person()
    if not case.visit.account or not case.message.first("PV1"):
        return
    known = case.find_encounter(case.account)
    if known is None or known.state != "active":
        _missing_stay(case, known)
        return
    _apply_account(case, known.patient_id, known.account, _account_fields(case))
    if known.patient_class != "I":
        return
    for item, (ours, theirs) in _both_values(case, known).items():
        _compare(case, known, item, ours, theirs)


def _both_values(case: Case, known: Encounter) -> dict[str, tuple[str, str]]:
    """Record and feed by item, for what the message says at all."""
    visit, pv1 = case.visit, case.message.first("PV1")
    beds = bool(known.bed and visit.place.bed)
    admitted = visit.admitted.local if visit.admitted else hl7_fields.shown(pv1.text(44))
    discharged = visit.discharged.local if visit.discharged else hl7_fields.shown(pv1.text(45))
    both = {
        "PV1-3": (_place(Place(known.unit, known.bed), beds), _place(visit.place, beds)),
        "PV1-10": (known.service, visit.service),
        "PV1-44": (known.admitted_at, admitted),
        "PV1-45": (known.discharged_at, discharged),
    }
    if known.discharged_at:
        both["PV1-36"] = (known.disposition, visit.disposition and visit.disposition.zfill(2))
    return {item: values for item, values in both.items() if values[1]}


def _compare(case: Case, known: Encounter, item: str, ours: str, theirs: str) -> None:
    if _same(ours, theirs):
        intake.agree(known.account, (item,), "Feed and record agree again.", case.source.by)
        return
    intake.disagree(case.message_id, known.account, known.patient_id, item, ours or "(none)", theirs)
    case.warnings.append(f"{item} differs from the record: nothing was moved, see feed disagreements.")


def _missing_stay(case: Case, known: Encounter | None) -> None:
    """The feed speaks of an inpatient whose admission is not here: worth an item when it is one."""
    codes, classes = case.visit.class_codes, case.feed.tables["patient_class"]
    row = hl7_fields.patient_class(codes, classes, iso_date(case.feed.now.day))
    if row is None or row.more.get("class") != "I":
        case.warnings.append("The account is not known here: only the person was updated.")
        return
    ours = f"({known.state})" if known is not None else "(not known)"
    since = case.visit.admitted.local if case.visit.admitted else "an unknown time"
    theirs = f"inpatient in {case.visit.place.unit or 'an unknown unit'} since {since}"
    intake.disagree(case.message_id, case.account, case.patient_id, "account", ours, theirs)
    case.warnings.append("The admission of this account is not here: see feed disagreements.")


def attending(case: Case) -> None:
    """A54: another attending; the census is not touched."""
    known = case.encounter()
    if not case.visit.attending:
        raise Hold("PV1-7 names no attending: add the provider to the text and replay.")
    at = case.happened()
    case.stored(encounters.change_attending(known.id, case.visit.attending, at.utc, case.source))


def cancel_attending(case: Case) -> None:
    """A55: the change of attending is taken back."""
    known = case.encounter()
    case.stored(encounters.cancel_attending(known.id, case.source), f"order:{case.account}")


# Merging and renumbering ----------------------------------------------------------------------------------


def merge_patient(case: Case) -> None:
    """A18, A34, A40: the chart in MRG-1 is the one in PID. Its number goes on finding the chart."""
    for part in _pairs(case):
        prior = _prior_mrn(part)
        survivor, loser = part.apply_person(), patients.by_mrn(prior)
        if not loser:
            patients.add_identifier(survivor, "mrn", prior)
            part.warnings.append("The number in MRG-1 had no chart here; it now leads to this one.")
        elif loser != survivor:
            part.stored(patients.merge(survivor, loser, part.source))
        part.arrived += [f"mrn:{prior}", f"mrn:{part.mrn}"]
        case.patient_id = survivor


def merge_account(case: Case) -> None:
    """A35, A41: the account in MRG-3 is the one in PID-18."""
    for part in _pairs(case):
        part.apply_person()
        _merge_account(part)


def merge_both(case: Case) -> None:
    """A36: patient and account."""
    merge_patient(case)
    for part in _pairs(case):
        if _prior_account(part):
            _merge_account(part)


def _merge_account(case: Case) -> None:
    prior, account = _prior_account(case), case.account
    if not prior:
        raise Hold("MRG-3 holds no account number: add the account that goes, and replay.")
    loser, survivor = encounters.find(prior), encounters.find(account)
    if not loser:
        raise Hold(
            f"Account {prior} in MRG-3 is not known here. The message is applied by itself when it arrives.",
            f"account:{prior}",
        )
    if not survivor:
        case.stored(encounters.change_account(loser, account, case.source))
    elif survivor != loser:
        case.stored(encounters.merge(survivor, loser, case.source))
    case.encounter_id = survivor or loser
    case.arrived.append(f"account:{account}")


def move_account(case: Case) -> None:
    """A45: the visit in MRG-5 or MRG-3 belongs to the patient in PID, under the account given there."""
    for part in _pairs(case):
        mrg = part.message.first("MRG")
        numbers = (mrg.text(3), mrg.text(5), part.visit.account, part.message.first("PV1").text(19))
        moved = next((found for number in numbers if number and (found := encounters.find(number))), 0)
        if not moved:
            raise Hold(
                f"Account {part.account} is not known here. The message is applied by itself when it arrives.",
                f"account:{part.account}",
            )
        patient_id = part.apply_person()
        known = encounters.get(moved)
        if known.patient_id != patient_id:
            part.stored(encounters.move_to_patient(moved, patient_id, part.source))
        if part.visit.account and not encounters.find(part.visit.account):
            part.stored(encounters.change_account(moved, part.visit.account, part.source))
        case.patient_id, case.encounter_id = patient_id, moved


def change_number(case: Case) -> None:
    """A47: the chart in MRG-1 has the number in PID-3 from now on."""
    for part in _pairs(case):
        prior = _prior_mrn(part)
        chart, other = patients.by_mrn(prior), patients.by_mrn(part.mrn)
        if chart and other and chart != other:
            raise Hold(
                f"MRN {prior} and MRN {part.mrn} both have a chart here: merge them if they are one person, "
                "then dismiss this message."
            )
        if chart and not other:
            part.stored(patients.change_mrn(chart, part.mrn, part.source))
        case.patient_id = part.apply_person()
        if not chart:
            patients.add_identifier(case.patient_id, "mrn", prior)
            part.warnings.append("The number in MRG-1 had no chart here; it now leads to this one.")


def _pairs(case: Case) -> list[Case]:
    """A message may carry several PID and MRG pairs."""
    return [replace(case, message=message) for message in case.message.groups("PID")]


def _prior_mrn(case: Case) -> str:
    prior = hl7_fields.read_prior(case.message, case.feed.sites).mrn
    if not prior:
        raise Hold("MRG-1 holds no record number: add the number that goes, and replay.")
    return prior


def _prior_account(case: Case) -> str:
    return hl7_fields.read_prior(case.message, case.feed.sites).account


def _prior_encounter(case: Case) -> Encounter | None:
    prior = _prior_account(case)
    return case.find_encounter(prior) if prior and prior != case.visit.account else None


# Documents ------------------------------------------------------------------------------------------------


def document(case: Case) -> None:
    """MDM: a document exists, was replaced or cancelled; noted for chart completion, whoever's it is."""
    if not case.message.first("TXA"):
        raise Hold("There is no TXA segment, which names the document: dismiss the message, or add it.")
    account, mrn = case.visit.account, case.person.get("mrn", "")
    case.patient_id = (patients.by_mrn(mrn) if mrn else 0) or None
    case.encounter_id = (encounters.find(account) if account else 0) or None
    note = hl7_fields.read_document(case.message, case.feed.zone)
    intake.note_document(case.message_id, mrn, account, case.patient_id, case.encounter_id, note)


def _same(one: str, other: str) -> bool:
    return one.upper() == other.upper()


def _place(place: Place, with_bed: bool) -> str:
    return f"{place.unit} {place.bed}" if with_bed else place.unit


HANDLERS: Final[Mapping[tuple[str, str], Callable[[Case], None]]] = {
    ("ADT", "A01"): arrive, ("ADT", "A02"): transfer, ("ADT", "A03"): discharge, ("ADT", "A04"): arrive,
    ("ADT", "A05"): person, ("ADT", "A06"): to_inpatient, ("ADT", "A07"): to_outpatient,
    ("ADT", "A08"): update, ("ADT", "A11"): cancel_arrival, ("ADT", "A12"): cancel_transfer,
    ("ADT", "A13"): cancel_discharge, ("ADT", "A17"): swap, ("ADT", "A18"): merge_patient,
    ("ADT", "A21"): leave, ("ADT", "A22"): come_back, ("ADT", "A28"): person, ("ADT", "A31"): person,
    ("ADT", "A34"): merge_patient, ("ADT", "A35"): merge_account, ("ADT", "A36"): merge_both,
    ("ADT", "A40"): merge_patient, ("ADT", "A41"): merge_account, ("ADT", "A45"): move_account,
    ("ADT", "A47"): change_number, ("ADT", "A52"): cancel_of(Event.LEAVE),
    ("ADT", "A53"): cancel_of(Event.RETURN), ("ADT", "A54"): attending, ("ADT", "A55"): cancel_attending,
    **{("MDM", f"T{number:02}"): document for number in range(1, 12)},
}  # fmt: skip
"""What is done for an event. Every other one is accepted and not used."""
