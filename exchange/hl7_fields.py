"""What an HL7 v2 message says about a person, a visit and a merge, as canonical values.

Field numbers are those of HL7 v2.3 to v2.8 chapters 3 and 9. An empty field says nothing; one that holds two
double quotes says that the value is to be taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from db.feeds.intake import DocumentNote
from exchange.hl7_message import NULL, Message, Repetition, Segment
from rules.moments import Moment, moment, moment_at
from rules.tables import CodeTable, TableRow
from rules.text import clean

CLEAR: Final = "@"  # takes a value away, as in the patient file
LONGEST: Final = 200  # characters kept of any one value
_TIME: Final = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d+)?)?)?)?)?)?([+-]\d{4})?"
)
_RECORD_NUMBER_KINDS: Final = ("MR", "PI", "PT")  # PID-3.5, best first; then one that says no kind
_OTHER_KINDS: Final = frozenset({
    "SS", "AN", "VN", "DL", "MA", "MC", "MI", "MB", "EI", "EN", "NI", "NPI", "PPN", "BC", "PN", "XX", "JHN",
})  # fmt: skip  # table 0203: numbers that are surely no record number


@dataclass(frozen=True, slots=True)
class Sites:
    """Choices of a facility about its feed."""

    mrn_authority: str = ""  # PID-3.4 of the record number, when a patient has several
    account_field: str = ""  # PID-18 or PV1-19; blank: PID-18, or PV1-19 when that is empty


@dataclass(frozen=True, slots=True)
class Place:
    """PV1-3 or PV1-6: point of care, and room and bed as one text."""

    unit: str = ""
    bed: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """PV1 and what belongs to it. Times are None when absent or unreadable."""

    account: str
    class_codes: tuple[str, str, str]  # PV1-2, PV1-4, PV1-18
    place: Place
    prior_place: Place
    service: str
    attending: str
    attending_name: str
    admitted: Moment | None
    discharged: Moment | None
    disposition: str
    admission_type: str
    point_of_origin: str
    payer: str
    payer_name: str
    mother_account: str
    told: frozenset[str]  # which of PV1-44 and PV1-45 hold anything at all


@dataclass(frozen=True, slots=True)
class Prior:
    """MRG: the numbers that go."""

    mrn: str
    account: str


def read_moment(text: str, zone: tzinfo) -> Moment | None:
    """A time stamp to the minute on the facility's clock; None unless it has a day, an hour and a minute.

    An offset from UTC is honoured; without one the time is the facility's own.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None or match[5] is None:
        return None
    year, month, day, hour, minute = (int(match[place]) for place in range(1, 6))
    late = timedelta(days=1) if (hour, minute) == (24, 0) else timedelta()
    try:
        naive = datetime(year, month, day, 0 if late else hour, minute) + late  # noqa: DTZ001
        if match[7] is None:
            return moment(naive.isoformat(timespec="minutes"), zone)
        east = timedelta(hours=int(match[7][1:3]), minutes=int(match[7][3:]))
        aware = naive.replace(tzinfo=timezone(east if match[7][0] == "+" else -east))
        return moment_at(int(aware.astimezone(UTC).timestamp()), zone)
    except (ValueError, OverflowError):
        return None


def read_date(text: str) -> str:
    """A date as YYYY-MM-DD, YYYY-MM or YYYY, as precise as sent; what cannot be read stays as it is."""
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    return "-".join(part for part in match.groups()[:3] if part)


def read_place(segment: Segment, number: int) -> Place:
    """A location: point of care, room and bed."""
    room_and_bed = (segment.text(number, 2), segment.text(number, 3))
    return Place(_code(segment.text(number)), _code("-".join(part for part in room_and_bed if part)))


def record_number(segment: Segment, number: int, sites: Sites) -> str:
    """The record number among the identifiers of PID-3 or MRG-1."""
    found = [one for one in segment.repetitions(number) if one.text() and one.raw != NULL]
    of_authority = [one for one in found if sites.mrn_authority and one.text(4) == sites.mrn_authority]
    for kind in (*_RECORD_NUMBER_KINDS, ""):
        for one in of_authority or found:
            if _identifier_kind(one) == kind:
                return _code(one.text())
    return ""


def read_account(message: Message, sites: Sites) -> str:
    """The account: PID-18, or PV1-19 where the facility says so or PID-18 is empty."""
    by_field = {"PID-18": message.first("PID").text(18), "PV1-19": message.first("PV1").text(19)}
    if sites.account_field:
        return _code(by_field.get(sites.account_field, ""))
    return _code(by_field["PID-18"] or by_field["PV1-19"])


def read_person(message: Message, sites: Sites) -> dict[str, str]:
    """PID as the fields of the patient file, codes as sent; what the message does not say is absent."""
    pid = message.first("PID")
    name, *others = _names(pid)
    address = next(iter(pid.repetitions(11)), Repetition("", pid.separators))
    fields = {
        "mrn": record_number(pid, 3, sites) or _code(pid.text(2)),
        "last_name": name.text(1), "first_name": name.text(2), "middle_name": name.text(3),
        "suffix": name.text(4), "birth_date": read_date(pid.text(7)),
        "sex": pid.text(8).upper(), "ssn": _ssn(pid),
        "street": " ".join(filter(None, (address.text(1), address.text(2)))), "city": address.text(3),
        "state": address.text(4), "zip": address.text(5), "country": address.text(6),
        "county": address.text(9) or pid.text(12), "phone": _phone(pid),
        "race": "|".join(filter(None, (one.text() for one in pid.repetitions(10)))),
        "ethnicity": pid.text(22), "marital": pid.text(16).upper(),
        "death_date": read_date(pid.text(29))[:10],
        "aliases": "|".join(
            f"{one.text(1)},{one.text(2)}"
            for one in [*others, *pid.repetitions(9)]
            if one.text(1) and one.raw != name.raw
        ),
    }  # fmt: skip
    return {item: CLEAR if value == NULL else _kept(value) for item, value in fields.items() if value}


def read_visit(message: Message, sites: Sites, zone: tzinfo) -> Visit:
    """PV1, with the account of PID, the payer of IN1 and the mother of a newborn."""
    pid, pv1, in1 = (message.first(name) for name in ("PID", "PV1", "IN1"))
    attending = pv1.repetitions(7)[0] if pv1.repetitions(7) else Repetition("", pv1.separators)
    return Visit(
        account=read_account(message, sites),
        class_codes=(_code(pv1.text(2)), _code(pv1.text(4)), _code(pv1.text(18))),
        place=read_place(pv1, 3),
        prior_place=read_place(pv1, 6),
        service=_code(pv1.text(10)),
        attending=_code(attending.text(1)),
        attending_name=_kept(", ".join(filter(None, (attending.text(2), attending.text(3))))),
        admitted=read_moment(pv1.text(44), zone),
        discharged=read_moment(pv1.text(45), zone),
        disposition=_code(pv1.text(36)),
        admission_type=_code(pv1.text(4)),
        point_of_origin=_code(pv1.text(14)),
        payer=_code(in1.text(2)),
        payer_name=_code(in1.text(4) or in1.text(2, 2)),
        mother_account=_code(pid.text(21)),
        told=frozenset(f"PV1-{number}" for number in (44, 45) if pv1.text(number) not in ("", NULL)),
    )


def read_prior(message: Message, sites: Sites) -> Prior:
    """MRG-1 with MRG-3, or MRG-5 (prior visit) where the account is PV1-19 or MRG-3 is empty."""
    mrg = message.first("MRG")
    by_field = {"PID-18": mrg.text(3), "PV1-19": mrg.text(5)}
    account = by_field.get(sites.account_field) if sites.account_field else mrg.text(3) or mrg.text(5)
    return Prior(record_number(mrg, 1, sites), _code(account or ""))


def event_moment(message: Message, zone: tzinfo) -> Moment | None:
    """When it happened: EVN-6, or EVN-2 (recorded) when the feed does not say."""
    evn = message.first("EVN")
    return read_moment(evn.text(6), zone) or read_moment(evn.text(2), zone)


def sent_moment(message: Message, zone: tzinfo) -> Moment | None:
    """When the message was sent: MSH-7, or EVN-2 when the header does not say."""
    return read_moment(message.header.text(7), zone) or read_moment(message.first("EVN").text(2), zone)


def read_document(message: Message, zone: tzinfo) -> DocumentNote:
    """TXA: which document, by whom, when (transcribed, else active or originated), how complete."""
    txa = message.first("TXA")
    times = (read_moment(txa.text(number), zone) for number in (7, 4, 6))
    written = next((moment.local for moment in times if moment is not None), "")
    originator = ", ".join(filter(None, (txa.text(9, 2), txa.text(9, 3)))) or txa.text(9)
    return DocumentNote(
        message.event, _code(txa.text(2)), _code(txa.text(12)), _code(txa.text(13)), _kept(originator),
        written, _code(txa.text(17)),
    )  # fmt: skip


def shown(text: str) -> str:
    """A value as sent, fit to be shown; empty when the field says nothing or is to be emptied."""
    return _code(text)


def patient_class(codes: tuple[str, str, str], table: CodeTable, day: str) -> TableRow | None:
    """The row of the class table for PV1-2, PV1-4 and PV1-18 on a day; the one that names most.

    PV1-2 weighs more than PV1-4, and that more than PV1-18; ``*`` stands for any. None: not mapped.
    """
    one, two, three = (code.upper() or "-" for code in codes)
    for first in (one, "*"):
        for second, third in ((two, three), (two, "*"), ("*", three), ("*", "*")):
            row = table.find(f"{first}|{second}|{third}", day)
            if row is not None and row.holds_on(day):
                return row
    return None


def _names(pid: Segment) -> Iterable[Repetition]:
    """The legal name, or the first one, and then the others."""
    found = pid.repetitions(5)
    if not found:
        return [Repetition("", pid.separators)]
    legal = next((one for one in found if one.text(7).upper() == "L"), found[0])
    return [legal, *(one for one in found if one is not legal)]


def _identifier_kind(one: Repetition) -> str:
    """PID-3.5; some senders leave a component out or put one in, and so shift it. Blank: none is said."""
    for place in (5, 6, 4):
        kind = one.text(place).upper()
        if kind in _RECORD_NUMBER_KINDS or kind in _OTHER_KINDS:
            return kind
    return "SS" if "SSA" in one.raw.upper() else ""


def _ssn(pid: Segment) -> str:
    """PID-19, or the number that PID-3 marks as one of the Social Security Administration."""
    own = re.sub(r"[\s-]", "", pid.text(19))
    others = (re.sub(r"[\s-]", "", one.text()) for one in pid.repetitions(3) if _identifier_kind(one) == "SS")
    listed = next((number for number in others if len(number) == 9), "")
    return own if len(own) == 9 or own == NULL or not listed else listed


def _phone(pid: Segment) -> str:
    for one in pid.repetitions(13):
        parts = "".join(one.text(place) for place in (6, 7))
        if number := one.text(1) or one.text(12) or parts:
            return number
    return ""


def _code(text: str) -> str:
    """A code or number: cleaned, without blanks around; the sign for taking away says nothing here."""
    return "" if text == NULL else _kept(text)


def _kept(text: str) -> str:
    return " ".join(clean(text[:LONGEST]).split())
