"""One HL7 message being applied: what it names is looked up once, and what stands in its way is said once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import Final

from db.changes import Applied, Source
from db.hospital import encounters
from db.hospital.encounters import Encounter
from db.patient_index import patients
from exchange import hl7_fields
from exchange.hl7_fields import Sites, Visit
from exchange.hl7_message import Message
from rules.census import PATIENT_CLASSES
from rules.moments import Moment, iso_date
from rules.tables import TableRow, Tables
from rules.temporary_names import is_temporary

CANCELLING: Final = frozenset({"A11", "A12", "A13", "A52", "A53", "A55"})
PERSON_TABLES: Final = {
    "sex": "hl7_sex",
    "ethnicity": "hl7_ethnicity",
}  # item -> table that says what a code means
AHEAD_S: Final = 24 * 3600  # the sender's clock may run fast, or a discharge be keyed for tonight; no more


class Hold(Exception):
    """The message cannot be applied. Says what is wrong, where, and what to do.

    ``waits_for`` is the ``account:`` or ``mrn:`` with whose arrival it is tried again by itself; ``order:`` and
    an account, when only what was sent before it may bring it along: a cancellation must not meet a movement
    that was sent later.
    """

    def __init__(self, reason: str, waits_for: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.waits_for = waits_for


@dataclass(frozen=True, slots=True)
class Feed:
    """What is known beside the message: the facility's choices, tables and clock."""

    sites: Sites
    tables: Tables
    zone: tzinfo
    now: Moment
    default_service: str = ""  # for feeds without PV1-10
    processing_ids: tuple[str, ...] = ("P", "")


@dataclass
class Case:
    """A message on its way into the store, inside the caller's transaction.

    ``again``: it was held, and the person may have been updated since; ``arrived`` collects what held
    messages may be waiting for.
    """

    message: Message
    message_id: int
    feed: Feed
    source: Source
    again: bool = False
    warnings: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    patient_id: int | None = None
    encounter_id: int | None = None

    @cached_property
    def visit(self) -> Visit:
        """PV1 and what belongs to it."""
        return hl7_fields.read_visit(self.message, self.feed.sites, self.feed.zone)

    @cached_property
    def person(self) -> dict[str, str]:
        """PID as fields of the patient file, codes as the tables of the feed say."""
        fields = hl7_fields.read_person(self.message, self.feed.sites)
        for item, table in PERSON_TABLES.items():
            row = self.feed.tables[table].find(fields.get(item, "").upper(), iso_date(self.feed.now.day))
            if row is not None:
                fields[item] = str(row.more["value"])
        return fields

    @cached_property
    def mrn(self) -> str:
        """The record number. Holds without one."""
        if mrn := self.person.get("mrn"):
            return mrn
        raise Hold("PID-3 holds no record number: add it to the text and replay, or dismiss the message.")

    @cached_property
    def account(self) -> str:
        """The account number. Holds without one."""
        if self.visit.account:
            return self.visit.account
        raise Hold("PID-18 and PV1-19 hold no account number: add it to the text and replay.")

    def stored(self, applied: Applied, waits_for: str = "") -> int:
        """The record of a change that was made; holds for the reason when it was refused."""
        if applied.refused:
            later = " It is tried again when what was sent before it arrives; dismiss it if nothing will."
            raise Hold(applied.reason + (later if waits_for else ""), waits_for)
        self.warnings.extend(finding.message for finding in applied.findings)
        return applied.record_id

    def apply_person(self) -> int:
        """Insert or amend the patient of PID, on the rename list when the name is a stand-in."""
        known = patients.by_mrn(self.mrn)
        if known and self.again:
            self.patient_id = known
            return known
        applied = patients.apply(self.person, self.source)
        self.patient_id = self.stored(applied)
        if applied.created:
            self.arrived.append(f"mrn:{self.mrn}")
        if applied.created or not applied.changed.keys().isdisjoint(("last_name", "first_name")):
            names = self.feed.tables["temporary_names"]
            last, first = self.person.get("last_name", ""), self.person.get("first_name", "")
            if is_temporary(last, first, names, iso_date(self.feed.now.day)):
                patients.set_temporary(self.patient_id, temporary=True)
                self.warnings.append("The name stands in for one not known yet: it is on the rename list.")
        return self.patient_id

    def find_encounter(self, account: str) -> Encounter | None:
        """The encounter of an account, if it is known. Holds when the message names another patient."""
        number = encounters.find(account)
        if not number:
            return None
        found = encounters.get(number)
        named = self.person.get("mrn", "")
        if named and patients.by_mrn(named) != found.patient_id:
            raise Hold(
                f"Account {account} belongs to MRN {found.mrn}, PID-3 names {named}: merge the two if they are "
                "one person, or correct the account in the text, and replay.",
                f"mrn:{named}",
            )
        self.patient_id, self.encounter_id = found.patient_id, found.id
        return found

    def encounter(self) -> Encounter:
        """The encounter of the message's account. Holds, to be tried again, while it is not known."""
        found = self.find_encounter(self.account)
        if found is None:
            raise Hold(
                f"Account {self.account} is not known here: its admission or registration has not come. "
                "The message is applied by itself when that arrives.",
                f"{'order' if self.message.event in CANCELLING else 'account'}:{self.account}",
            )
        self.arrived.append(f"account:{self.account}")
        return found

    def happened(self, own: Moment | None = None, own_field: str = "") -> Moment:
        """When it happened: the field that says so, else EVN-6 or EVN-2. Holds without, or far ahead of now."""
        if own is None and own_field in self.visit.told:
            raise Hold(f"{own_field} is no time to the minute: correct it in the text and replay.")
        moment = own or hl7_fields.event_moment(self.message, self.feed.zone)
        if moment is None:
            where = f"{own_field}, EVN-6 and EVN-2 hold" if own_field else "EVN-6 and EVN-2 hold"
            raise Hold(f"{where} no time to the minute: add it to the text and replay.")
        if moment.utc > self.feed.now.utc + AHEAD_S:
            shown = moment.local.replace("T", " ")
            raise Hold(
                f"The event is dated {shown}, which has not come yet: correct the time in the text and replay."
            )
        if moment.repeated:
            self.warnings.append("The hour occurs twice on this day; the first was taken.")
        return moment

    def patient_class(self) -> TableRow:
        """The class that the site's table gives to PV1-2, PV1-4 and PV1-18. Holds when it gives none."""
        day = self.visit.admitted or hl7_fields.event_moment(self.message, self.feed.zone) or self.feed.now
        row = hl7_fields.patient_class(
            self.visit.class_codes, self.feed.tables["patient_class"], iso_date(day.day)
        )
        shown = "|".join(code or "(blank)" for code in self.visit.class_codes)
        mend = "Add a row to the table of patient classes, or correct the text, and replay."
        if row is None:
            raise Hold(
                f"PV1-2, PV1-4 and PV1-18 are {shown}, which the table of patient classes lacks. {mend}"
            )
        if row.more.get("class") not in PATIENT_CLASSES:
            raise Hold(f"{row.text} (PV1-2, PV1-4, PV1-18: {shown}). {mend}")
        return row
