"""PAT, CHT, PTA, REN: find a patient by anything known, see the chart, amend it, name the unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from db import store
from db.actors import Action as Deed
from db.acts import Conflict, NotPermitted, viewed
from db.history import Change, of_amendments
from db.hospital import encounters
from db.patient_index import patients
from db.patient_index.patients import PatientRow
from rules.findings import Finding, Level
from screens import shown
from screens.keyset import Key, KeysetList
from screens.record import RECORD_WORDS, Loaded, RecordForm
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    Kind,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

FORMS_OF_ASKING = (
    "Key any of: LAST,FIRST (either cut short), MRN, SSN, initial and last 4",
    "(H9999), birth date, account, terminal digits (45-49-99), former name or",
    "number, and Enter. Over a list key / first.",
)


class FindPatient(KeysetList):
    """Patients that what was keyed may mean."""

    title: ClassVar[str] = "Find a patient"
    position_label: ClassVar[str] = "Patient"
    asks: ClassVar[bool] = True
    recall: ClassVar[str] = "patient"
    empty: ClassVar[str] = "No patient found."
    help: ClassVar[str] = (
        " ".join(FORMS_OF_ASKING)
        + " The Note says what was found when the row does not show it, and warns: another "
        "patient of the same name, deceased, a temporary name. R begins a request for records."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("C", "Chart", go="CHT {subject}"),
        Action("E", "Edit", go="PTA {subject}"),
        Action("R", "Request", go="ROI NEW {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("NEW", "Register", "register", "F6"),)
    text = ""

    def open(self, key: str) -> str:
        self.ask(key)
        return ""

    def ask(self, text: str) -> None:
        """Look for another patient; the search is one row of the audit trail."""
        self.text = text.strip()
        if self.text:
            viewed(self.session.actor, Deed.FIND_PATIENT, kind="patient list", detail={"asked": self.text})

    def heading(self) -> Sequence[str]:
        return (f"Asked for: {self.text}",) if self.text else FORMS_OF_ASKING

    def columns(self) -> Sequence[Column]:
        return (
            Column("MRN", 10, frozen=True), Column("Name", 26), Column("Born", 10), Column("S", 1), Column("SSN", 4),
            Column("Note", 40),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        if not self.text:
            return []
        return [row_of(found) for found in patients.find(self.text, after, limit)]

    def position(self, text: str) -> Key | None:
        self.ask(text)
        return None

    def register(self, rest: str) -> Outcome:
        return Outcome(go="REG")


SHORTER = {"same name as another patient": "same name"}  # so that it is seen beside the name at 80 columns


def row_of(found: PatientRow) -> Row:
    """A patient as a row of a list."""
    matched = (f"also {found.matched}",) if found.matched else ()
    note = "; ".join((*(SHORTER.get(warning, warning) for warning in found.warnings), *matched))
    cells = (found.mrn, found.name, shown.day(found.birth_date), found.sex, found.ssn_last4, note)
    return Row(found.key, cells, found.mrn, "!" if found.warnings else "")


class Chart(KeysetList):
    """A patient's encounters, newest first."""

    title: ClassVar[str] = "Patient chart"
    empty: ClassVar[str] = "This patient has no encounters."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("A", "Abstract", go="ABS {subject}"),
        Action("M", "Movements", go="ACC {subject}"),
        Action("F", "Face sheet", go="FAC {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("EDIT", "Amend", "amend", "F10"),
        Command("ACCT", "Accounting", "accounting", "F11"),
        Command("REQ", "Request", "request"),
        Command("LABEL", "Chart label", "label"),
        Command("OUTGUIDE", "Outguide", "outguide"),
        Command("HIST", "History, item by item", "items_history"),
        Command("IDS", "Numbers and names", "numbers"),
    )
    help: ClassVar[str] = (
        "Encounters, newest first; x marks cancelled ones. Cls: I inpatient, E emergency, O outpatient, OBS "
        "observation. Dp is the disposition, Abstr says whether the abstract is filed. EDIT amends the "
        "registration, REQ begins a request for records, ACCT lists the accounting of disclosures."
    )
    patient_id = 0
    mrn = ""
    lines: Sequence[str] = ()

    def open(self, key: str) -> str:
        self.patient_id = patient_named(key)
        who = patients.get(self.patient_id)
        self.mrn = who["mrn"]
        viewed(
            self.session.actor, Deed.VIEW_PATIENT, kind="patient", record=self.mrn, patient_id=self.patient_id
        )
        today = store.current().now().local
        lines = [
            shown.who(self.mrn, who["name"], who["birth_date"], who["sex"], today),
            ", ".join(part for part in (who["street"], who["city"], who["state"], who["zip"]) if part),
        ]
        if warned := patients.warnings(self.patient_id):
            lines.append("NOTE: " + "; ".join(warned))
        self.lines = lines
        return ""

    def items_history(self, rest: str) -> Outcome:
        return Outcome(go=f"HIS PTA {self.mrn}")

    def heading(self) -> Sequence[str]:
        return self.lines

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 12, frozen=True), Column("Cls", 3), Column("From", 15), Column("To", 15),
            Column("Unit", 5), Column("Serv", 5), Column("Dp", 2), Column("LOS", 4, ">"), Column("Abstr", 5),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (-(stay.admit_day or 0), -stay.id),
                (
                    stay.account, stay.patient_class, shown.moment(stay.admitted_at or stay.arrived_at),
                    shown.moment(stay.discharged_at), stay.unit or stay.location, stay.service, stay.disposition,
                    "" if stay.los_days is None else str(stay.los_days), "filed" if stay.abstracted_day else "",
                ),
                stay.account,
                "x" if stay.state == "cancelled" else "",
            )
            for stay in encounters.of_patient(self.patient_id, (-after[0], -after[1]) if after else None, limit)
        ]  # fmt: skip

    def recall_as(self) -> tuple[str, str] | None:
        return ("patient", self.mrn)

    def amend(self, rest: str) -> Outcome:
        return Outcome(go=f"PTA {self.mrn}")

    def numbers(self, rest: str) -> Outcome:
        return Outcome(go=f"IDN {self.mrn}")

    def request(self, rest: str) -> Outcome:
        return Outcome(go=f"ROI NEW {self.mrn}")

    def accounting(self, rest: str) -> Outcome:
        return Outcome(go=f"ACD {self.mrn}")

    def label(self, rest: str) -> Outcome:
        return Outcome(go=f"LBL {self.mrn} {rest}".strip())

    def outguide(self, rest: str) -> Outcome:
        return Outcome(go=f"OUT {self.mrn}")


class ToRename(KeysetList):
    """Patients under a name that stands in for one not known yet."""

    title: ClassVar[str] = "Patients to rename"
    empty: ClassVar[str] = "Every patient has a name."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("E", "Edit the name", go="PTA {subject}"),
        Action("K", "Keep: this is the name", method="keep", confirm="Is this the patient's real name?"),
    )

    def open(self, key: str) -> str:
        viewed(self.session.actor, Deed.VIEW_PATIENT, kind="list", record=self.title)
        return ""

    def columns(self) -> Sequence[Column]:
        return (Column("MRN", 10), Column("Name", 30), Column("Born", 10), Column("S", 1))

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (found.patient_id,),
                (found.mrn, found.name, shown.day(found.birth_date), found.sex),
                found.mrn,
            )
            for found in patients.temporary(after[0] if after else 0, limit)
        ]

    def keep(self, subject: str) -> Outcome:
        from db.acts import act

        patient_id = patient_named(subject)
        with act(
            self.session.actor, Deed.AMEND_PATIENT, kind="patient", record=subject, patient_id=patient_id
        ) as done:
            patients.set_temporary(patient_id, temporary=False)
            done.changed({"temporary": "1"}, {"temporary": "0"})
        return Outcome(f"{subject} keeps its name.", reload=True)


class AmendPatient(RecordForm):
    """A patient's registration. What changes is kept with old and new value."""

    title: ClassVar[str] = "Patient"
    word: ClassVar[str] = "PTA"
    help: ClassVar[str] = (
        "The registration of a patient. A former name is kept and still finds the chart. @ clears a field. VOID and "
        "a reason: registered in error; filing it again brings it back."
    )
    commands: ClassVar[tuple[Command, ...]] = RECORD_WORDS
    patient_id = 0
    before: Values

    def sections(self) -> tuple[Section, ...]:
        return SECTIONS

    def open(self, key: str) -> Opened:
        opened = super().open(patients.get(patient_named(key))["mrn"] if key else "")
        if opened.resumed:
            return opened
        if not key:
            return replace(opened, focus="mrn", message="A new patient: key the MRN first.")
        return replace(opened, focus="last_name")

    def load(self, key: str) -> Loaded:
        self.patient_id, self.before = 0, {}
        if not key:
            return Loaded({}, "0")
        self.patient_id = patient_named(key)
        who = patients.get(self.patient_id)
        mrn = who["mrn"]
        viewed(self.session.actor, Deed.VIEW_PATIENT, kind="patient", record=mrn, patient_id=self.patient_id)
        self.before = {name: who[name] for name in NAMES if who.get(name)}
        today = store.current().now().local
        banner = [shown.who(mrn, who["name"], who["birth_date"], who["sex"], today)]
        if who["void"]:
            banner.append(f"REGISTERED IN ERROR: {who['void']}. Filing brings the chart back.")
        version = f"{who['version']} {patients.last_amendment(self.patient_id)}"
        return Loaded(self.before, version, tuple(banner), ("patient", mrn))

    def filed_by(self) -> str:
        return next((change.by for change in self.amended()), "")

    def record_at(self, version: str) -> Values | None:
        if " " not in version:  # a draft of an older release knows no amendment
            return {} if version == "0" else None
        found = patients.values_at(self.patient_id, int(version.partition(" ")[2]))
        return {name: found[name] for name in NAMES if found.get(name)}

    def item_at(self, path: str) -> tuple[str, bool]:
        return LABELS.get(path, path), path in LABELS and path != "mrn"

    def amended(self) -> list[Change]:
        return of_amendments("patient", self.patient_id)

    def is_first_filing(self) -> bool:
        last = patients.last_filing(self.patient_id)[0]
        return not last or patients.VOID in last

    def go_back(self, why: str) -> None:
        patients.undo_filing(self.session.actor, self.patient_id, self._number(), why)

    def withdraw(self, why: str) -> None:
        patients.void(self.session.actor, self.patient_id, self._number(), why)

    def left_for(self) -> str:
        return f"=CHT {self.key}"

    def _number(self) -> int:
        return int(self.version.partition(" ")[0])

    def changed(self, values: Values, path: str) -> Changed:
        if path:
            self.keep_lock()
        echoes = {path: self._meaning(path, values[path]) for path in TABLES if values.get(path)}
        return Changed(echoes=echoes, locked=self.taken_over)

    def _meaning(self, path: str, value: str) -> str:
        rows = [self.session.tables[TABLES[path]].find(code) for code in value.split("|")]
        return "; ".join(row.text for row in rows if row)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        before, bar, last = text.rpartition("|") if path == "race" else ("", "", text)
        rows, wanted = list(self.session.tables[TABLES[path]].on()), last.strip().casefold()
        begin = [row for row in rows if row.code.casefold().startswith(wanted)]
        hold = [row for row in rows if wanted in row.text.casefold() and row not in begin]
        return [Choice(before + bar + row.code, row.text) for row in (begin + hold)[:limit]]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if not values.get("last_name"):
            message = "The last name is missing: key it, or UNKNOWN for somebody not identified yet."
            return Refused((Finding(Level.FATAL, "P001", message, "last_name"),))
        self.refuse_when_taken_over(values)
        if self.begun != self.version:
            return self.compare(values)
        fields = {name: values.get(name) or ("@" if self.before.get(name) else "") for name in NAMES}
        if self.key and not reason and self._another(values):
            return Refused((Finding(Level.WARNING, "P202", OVERLAID, "first_name"),), overridable=True)
        try:
            applied = patients.file(self.session.actor, fields, self._number())
        except Conflict:
            if self.key:
                return self.compare(values)
            taken = "This MRN has a patient already: PAT finds the chart."
            return Refused((Finding(Level.FATAL, "S002", taken, "mrn"),))
        except NotPermitted as error:
            return Refused((Finding(Level.FATAL, "S002", str(error)),))
        if applied.refused:
            return Refused(applied.findings)
        self.discard_draft()
        return Filed(f"FILED {values.get('mrn', '')}", go=f"CHT {values.get('mrn', '')}")

    def _another(self, values: Values) -> bool:
        """Whether the amendment seems to make another person of the chart."""
        from db.patient_index import overlays

        return overlays.likely(self.before, values)

    def recall_as(self) -> tuple[str, str] | None:
        return ("patient", self.key) if self.key else None


OVERLAID = "Is this the right chart? The name and more change at once: say why it is the same person."


def patient_named(text: str) -> int:
    """The one patient that ``text`` means. Raises ``ScreenError`` when there is none, or more than one."""
    if not text.strip():
        raise ScreenError("Say which patient, by MRN or in any form that PAT takes.")
    if exact := patients.by_mrn(text.strip()):
        return exact
    found = patients.find(text, None, 2)
    if len(found) == 1:
        return found[0].patient_id
    if found:
        raise ScreenError(f"{text} may be several patients: choose one with PAT {text}.")
    raise ScreenError(f"No patient is known as {text}: PAT lists the ways to look for one.")


def _field(name: str, label: str, width: int, **more: Any) -> Field:
    return Field(name, label, width, **more)


SECTIONS = (
    Section(
        "name",
        "Name and numbers",
        (
            _field("mrn", "MRN", 20, kind=Kind.UPPER, required=True, help="The medical record number, one for life."),
            _field("last_name", "Last name", 30, length=60, kind=Kind.UPPER, required=True),
            _field("first_name", "First name", 30, length=60, kind=Kind.UPPER),
            _field("middle_name", "Middle name", 20, length=60, kind=Kind.UPPER),
            _field("suffix", "Suffix", 6, kind=Kind.UPPER, same_row=True, help="JR, SR, III."),
            _field(
                "aliases", "Other names", 40, length=200, kind=Kind.UPPER,
                help="Former or other names as LAST,FIRST; several joined by |. They find the chart too.",
            ),
            _field("birth_date", "Birth date", 10, kind=Kind.DATE, past=True, imprecise=True),
            _field(
                "sex", "Sex", 1, kind=Kind.UPPER, lookup=True, unlisted=True, auto_skip=True, same_row=True, echo=10,
                help="M, F, U or X.",
            ),
            _field("ssn", "SSN", 9, help="Nine digits, without dashes."),
        ),
    ),
    Section(
        "residence",
        "Residence",
        (
            _field("street", "Street", 40, length=80),
            _field("city", "City", 25, length=50),
            _field("state", "State", 2, kind=Kind.UPPER, auto_skip=True, same_row=True),
            _field("zip", "ZIP", 10, same_row=True),
            _field("county", "County", 25),
            _field("country", "Country", 2, kind=Kind.UPPER, same_row=True),
            _field("phone", "Phone", 20),
        ),
    ),
    Section(
        "more",
        "More",
        (
            _field(
                "race", "Race", 20, length=60, kind=Kind.UPPER, lookup=True, echo=40,
                help="As the patient states it; several joined by |, such as 2106-3|2054-5.",
            ),
            _field("ethnicity", "Ethnicity", 8, kind=Kind.UPPER, lookup=True, echo=40),
            _field("marital", "Marital status", 1, kind=Kind.UPPER, lookup=True, auto_skip=True, echo=40),
            _field("death_date", "Died on", 10, kind=Kind.DATE, past=True),
            _field("patient_category", "Category", 12, kind=Kind.UPPER),
            _field(
                "us_person", "US person", 1, kind=Kind.YES_NO,
                help="A living citizen or permanent resident: the Privacy Act protects them, 5 USC 552a(a)(2).",
            ),
        ),
    ),
)  # fmt: skip
TABLES = {"sex": "sex", "race": "race", "ethnicity": "ethnicity", "marital": "marital_status"}
LABELS = {part.name: part.label for section in SECTIONS for part in section.parts if isinstance(part, Field)}
NAMES = tuple(LABELS)
