"""The demo hospital's own HL7 v2.5.1 feed: what its admission system would have sent, day by day, slips included.

Sent to the listener or imported, it leads to the same census as loading the hospital directly: every slip
(a discharge taken back, a stay that never was, a message late or sent twice) is one that feeds really make.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from recordroom.demo.clock import local
from recordroom.demo.hospital import Hospital
from recordroom.demo.model import DAY, Move, Plan, Stay, Visit
from recordroom.demo.people import Person, mrn

SENDER: Final = "ADT|STILLWATER|RECORDROOM|STILLWATER"
EVENTS: Final = {
    "admit": "A01", "transfer": "A02", "service": "A02", "leave": "A21", "return": "A22", "discharge": "A03",
}  # fmt: skip
ETHNICITY: Final = {"2135-2": "H", "2186-5": "N"}
TEMPORARY: Final = ("UNKNOWN,", "DOE,", "TRAUMA,")

# Shares of stays (or transfers, visits) to which it happens.
REGISTERED_AHEAD, UPDATED, EARLY_DISCHARGE, WRONG_UNIT, NEVER_WAS = 0.2, 0.15, 0.02, 0.03, 0.004
SENT_LATE, SENT_TWICE, DICTATED, TOLD_LATER = 0.004, 0.003, 0.3, 0.01


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, its kind, and the local minute at which it was sent."""

    at: int
    kind: str
    text: str


def write(directory: Path, plan: Plan) -> Counter[str]:
    """Write the feed as one ``YYYY-MM-DD.hl7`` a day; returns how many messages of each kind.

    The directory is made when it is missing; files of the same names are replaced.
    """
    directory.mkdir(parents=True, exist_ok=True)
    days: dict[int, list[Sent]] = defaultdict(list)
    for message in messages(Hospital(plan)):
        days[message.at // DAY].append(message)
    kinds: Counter[str] = Counter()
    for day, of_day in sorted(days.items()):
        kinds.update(message.kind for message in of_day)
        text = "".join(message.text for message in of_day)
        (directory / f"{date.fromordinal(day).isoformat()}.hl7").write_text(text, "utf-8", newline="")
    return kinds


def messages(hospital: Hospital) -> list[Sent]:
    """All messages in the order in which they were sent."""
    writer = _Writer(hospital)
    sent = [message for row in hospital.run() for message in writer.of(row)]
    sent += writer.merges()
    sent = [message for message in sent if message.at < hospital.plan.last_minute]
    sent.sort(key=lambda message: message.at)
    return [replace(message, text=message.text.replace("CONTROL", f"{number:08d}", 1))
            for number, message in _numbered(sent, writer.random)]  # fmt: skip


def _numbered(sent: Iterable[Sent], random: Random) -> Iterator[tuple[int, Sent]]:
    """Control ids in order of sending; now and then a message goes out twice under one."""
    for number, message in enumerate(sent, 1):
        yield number, message
        if random.random() < SENT_TWICE:
            yield number, message


class _Writer:
    """Messages of stays and visits, with the slips of the people who send them."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.random = Random(f"feed/{hospital.plan.seed}")  # noqa: S311 - a demonstration, no secret
        self._names = {doctor.code: doctor.name for doctor in hospital.providers}
        self._wards = [unit.code for unit in hospital.units if unit.in_census and unit.beds]
        self._seen: dict[int, int] = {}  # person's number -> when last sent

    def of(self, row: Stay | Visit) -> Iterator[Sent]:
        """Everything that is sent for a stay or a visit."""
        self._seen[row.person.number] = row.moves[-1].at if isinstance(row, Stay) else row.arrived
        yield from self._stay(row) if isinstance(row, Stay) else self._visit(row)

    def merges(self) -> Iterator[Sent]:
        """A40 for people who were registered twice: found out some days after they were last seen."""
        for number, known in self.hospital.register.duplicates.items():
            last = max(self._seen.get(number, 0), self._seen.get(known.number, 0))
            if number in self._seen and known.number in self._seen and last + 5 * DAY < self._end:
                loser = _segment("MRG", {1: f"{mrn(number)}^^^SBH^MR"})
                yield self._message(last + 5 * DAY, "ADT^A40^ADT_A39", known, "", loser)

    @property
    def _end(self) -> int:
        return self.hospital.plan.last_minute

    def _stay(self, stay: Stay) -> Iterator[Sent]:
        random, person = self.random, _as_first_registered(stay.person)
        before: Move | None = None
        place, service = "", ""
        late = random.random() < SENT_LATE and len(stay.moves) > 1
        if stay.priority == "3" and random.random() < REGISTERED_AHEAD:
            yield self._message(stay.admitted - 2 * DAY, "ADT^A28^ADT_A05", person, "", "")
        for move in stay.moves:
            gap = move.at - before.at if before else 0
            prior = place
            place, service = _place(move) or place, move.service or service
            if move.event == "transfer" and gap > 30 and random.random() < WRONG_UNIT:
                yield from self._wrong_unit(stay, person, move.at, prior, service)
            if move.event == "discharge" and gap > 300 and random.random() < EARLY_DISCHARGE:
                told = self._pv1(stay, place, "", service, move.at - 120, "01")
                yield self._message(move.at - 120, "ADT^A03^ADT_A03", person, stay.account, told)
                told = self._pv1(stay, place, "", service)
                yield self._message(move.at - 95, "ADT^A13^ADT_A01", person, stay.account, told)
            code = EVENTS[move.event]
            left = move.at if move.event == "discharge" else None
            told = self._pv1(stay, place, prior if code == "A02" else "", service, left)
            sent = self._message(move.at, f"ADT^{code}", person, stay.account, told, stay.mother_account)
            if late and move.event == "admit":
                sent = replace(sent, at=stay.moves[1].at + 2)
            yield sent
            if move.event == "admit":
                yield from self._updates(stay, person, place, service)
                person = stay.person if _soon_named(stay) else person
            before = move
        if stay.disposition and random.random() < DICTATED:
            yield self._document(stay)

    def _wrong_unit(self, stay: Stay, person: Person, at: int, place: str, service: str) -> Iterator[Sent]:
        """A transfer to a unit keyed in error, and its cancellation."""
        wrong = self.random.choice(self._wards)
        told = self._pv1(stay, f"{wrong}^HALL", place, service)
        yield self._message(at - 9, "ADT^A02^ADT_A02", person, stay.account, told)
        yield self._message(
            at - 5, "ADT^A12^ADT_A12", person, stay.account, self._pv1(stay, place, "", service)
        )

    def _updates(self, stay: Stay, person: Person, place: str, service: str) -> Iterator[Sent]:
        """A08 after the admission: the telephone asked for again, or the real name found out."""
        until = stay.moves[1].at if len(stay.moves) > 1 else self._end
        at = stay.admitted + 20
        if at < until and (_soon_named(stay) or self.random.random() < UPDATED):
            told = self._pv1(stay, place, "", service)
            yield self._message(at, "ADT^A08^ADT_A01", stay.person, stay.account, told)

    def _visit(self, visit: Visit) -> Iterator[Sent]:
        class_, kind = ("O", "OBS") if visit.kind == "OBS" else (visit.kind, "")
        told = {
            1: "1", 2: class_, 3: visit.unit, 7: self._doctor(visit.provider), 18: kind, 19: visit.account,
            44: _stamp(visit.arrived),
        }  # fmt: skip
        insurance = _segment("IN1", {1: "1", 2: visit.payer})
        yield self._message(
            visit.arrived, "ADT^A04^ADT_A01", visit.person, visit.account, _segment("PV1", told) + insurance
        )
        if visit.departed is not None:
            told |= {36: visit.disposition, 45: _stamp(visit.departed)}
            yield self._message(
                visit.departed,
                "ADT^A03^ADT_A03",
                visit.person,
                visit.account,
                _segment("PV1", told) + insurance,
            )
        if self.random.random() < TOLD_LATER:
            yield self._message(visit.arrived + 3 * DAY, "ADT^A31^ADT_A05", visit.person, "", "")
        if visit.kind == "E" and self.random.random() < NEVER_WAS:
            account = f"X{visit.account}"
            never = _segment(
                "PV1", {1: "1", 2: "I", 3: f"{self._wards[0]}^HALL", 4: "1", 10: "MED", 19: account}
            )
            for minutes, event in ((30, "A01"), (41, "A11")):
                yield self._message(visit.arrived + minutes, f"ADT^{event}", visit.person, account, never)

    def _document(self, stay: Stay) -> Sent:
        """A discharge summary, transcribed within some days."""
        at = stay.moves[-1].at + self.random.randrange(2 * 60, 9 * DAY)
        doctor = self._doctor(stay.attending)
        told = _segment("PV1", {1: "1", 2: "I", 7: doctor, 19: stay.account}) + _segment("TXA", {
            1: "1", 2: "DS^Discharge summary", 3: "TX", 4: _stamp(at), 6: _stamp(at), 9: doctor,
            12: f"D{stay.account}", 17: "AU",
        })  # fmt: skip
        return self._message(at, "MDM^T02^MDM_T02", stay.person, stay.account, told)

    def _pv1(
        self, stay: Stay, place: str, prior: str, service: str, left: int | None = None, disposition: str = ""
    ) -> str:
        fields = {
            1: "1", 2: "I", 3: place, 4: "N" if stay.newborn else stay.priority, 6: prior,
            7: self._doctor(stay.attending), 10: service, 14: stay.origin, 19: stay.account,
            44: _stamp(stay.admitted),
        }  # fmt: skip
        if left is not None:
            fields |= {36: disposition or stay.disposition, 45: _stamp(left)}
        return _segment("PV1", fields) + _segment("IN1", {1: "1", 2: stay.payer})

    def _doctor(self, code: str) -> str:
        last, _, given = self._names[code].partition(", ")
        return f"{code}^{_escaped(last)}^{_escaped(given)}"

    def _message(
        self, at: int, kind: str, person: Person, account: str, more: str, mother: str = ""
    ) -> Sent:  # fmt: skip
        structure, event = kind.split("^")[0], kind.split("^")[1]
        head = (
            f"MSH|^~\\&|{SENDER}|{_stamp(at)}||{kind}|CONTROL|P|2.5.1||||||UNICODE UTF-8\r"
            f"EVN|{event}|{_stamp(at)}||||{_stamp(at)}\r"
        )
        return Sent(at, f"{structure}^{event}", head + _pid(person, account, mother) + more)


def _as_first_registered(person: Person) -> Person:
    """The person under the temporary name that the registration began with."""
    if not (person.alias.startswith(TEMPORARY) or ",BABY" in person.alias):
        return person
    last, _, first = person.alias.partition(",")
    return replace(person, last=last, first=first, alias="")


def _soon_named(stay: Stay) -> bool:
    return _as_first_registered(stay.person) is not stay.person


def _place(move: Move) -> str:
    """PV1-3 of a movement: unit, room, bed."""
    room, _, bed = move.bed.partition("-")
    return "^".join((move.unit, room, bed)).rstrip("^")


def _pid(person: Person, account: str, mother: str) -> str:
    name = (person.last, person.first, person.middle, person.suffix)
    address = (person.street, "", person.city, person.state, person.postal_code, "US", "", "", person.county)
    return _segment("PID", {
        1: "1", 3: f"{person.mrn}^^^SBH^MR", 5: "^".join(_escaped(part) for part in name).rstrip("^"),
        7: person.birth_date.replace("-", ""), 8: person.sex, 10: person.race,
        11: "^".join(_escaped(part) for part in address), 13: person.phone, 16: person.marital, 18: account,
        19: person.ssn, 21: mother, 22: ETHNICITY.get(person.ethnicity, ""),
    })  # fmt: skip


def _segment(name: str, fields: dict[int, str]) -> str:
    """A segment from its fields by number."""
    texts = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return f"{name}|{'|'.join(texts).rstrip('|')}\r"


def _escaped(text: str) -> str:
    for mark, letter in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(mark, f"\\{letter}\\")
    return text


def _stamp(minute: int) -> str:
    return local(minute).translate({ord("-"): None, ord("T"): None, ord(":"): None})
