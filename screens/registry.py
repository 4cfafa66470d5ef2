"""Registries: one screen for every data set that stands for itself; the trauma registry is the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from db import cases, encounters, patients, store
from db.actors import Action as Deed
from db.acts import viewed
from db.cases import COMPLETE, OPEN, Case
from db.encounters import Encounter
from rules.findings import Finding, Level
from screens import shown
from screens.account import encounter_named
from screens.data_set import DataSetForm
from screens.keyset import Key, KeysetList
from screens.patients import patient_named
from screens.record import RECORD_WORDS, Loaded
from tui.screen import (
    Action,
    Changed,
    Column,
    Command,
    Field,
    Filed,
    Group,
    Note,
    Outcome,
    Row,
    ScreenError,
    Section,
    Values,
)

NEW: Final = "NEW"
NUMBER_DIGITS: Final = 6
# Items of any registry that registration and the account know; what is keyed already is left alone.
FROM_PATIENT: Final[Mapping[str, str]] = {"birth_date": "birth_date", "home_zip": "zip", "sex": "sex"}


class Registry(DataSetForm):
    """A record of a registry by its number; ``NEW account`` or nothing begins one."""

    list_word: ClassVar[str]  # the list to which filing goes back
    view: ClassVar[Deed] = Deed.VIEW_REGISTRY
    change: ClassVar[Deed] = Deed.FILE_REGISTRY
    commands: ClassVar[tuple[Command, ...]] = (
        Command("CHART", "Chart", "chart", "F11"),
        *RECORD_WORDS,
    )
    case: Case | None = None

    def load(self, key: str) -> Loaded:
        self.case = None
        word, _, account = key.partition(" ")
        if not key or word.upper() == NEW:
            begin = {"account": account.strip()} if account else {}
            return Loaded(self.beginning() | begin | self.from_chart(begin, "account"), "0")
        case = cases.by_number(self.data_set, key.zfill(NUMBER_DIGITS))
        if case is None:
            raise ScreenError(f"There is no record {key} in this registry: {self.list_word} lists them.")
        self.case = case
        viewed(
            self.session.actor, self.view, kind=self.data_set, record=case.number, patient_id=case.patient_id
        )
        who = patients.get(case.patient_id)
        filed = shown.utc(case.filed_utc, store.current().zone)
        times = "once" if case.revision == 1 else f"{case.revision} times"
        banner = (
            shown.who(
                who["mrn"], who["name"], who["birth_date"], who["sex"], store.current().now().local[:10]
            ),
            f"Record {case.number}, {case.status}, filed {times}, last {filed} by {case.filed_by}",
        )
        return Loaded(case.record, str(case.revision), banner, (self.data_set, case.number))

    def filed(self) -> Case | None:
        return self.case

    def beginning(self) -> dict[str, str]:
        """Values of a new record."""
        return {
            id_: item.default
            for id_, item in self.dictionary.by_id.items()
            if item.default and "." not in id_
        }

    def sections(self) -> tuple[Section, ...]:
        """A record that is filed stays with its patient, and with its account once it has one."""
        fixed: set[str] = set()
        if self.case is not None:
            fixed = {"mrn", "account"} if self.case.encounter_id else {"mrn"}
        own_number = f"{self.data_set}_number"  # stands in the banner

        def shown_part(part: Field | Group | Note) -> Field | Group | Note:
            return replace(part, read_only=True) if isinstance(part, Field) and part.name in fixed else part

        return tuple(
            replace(
                section, parts=tuple(shown_part(part) for part in section.parts if named(part) != own_number)
            )
            for section in super().sections()
        )

    def changed(self, values: Values, path: str) -> Changed:
        known = self.from_chart(values, path) if path in ("mrn", "account") else {}
        values = values | known
        reply = super().changed(values, path)
        about = self.about(values) if self.case is None else ()
        return replace(reply, values={**known, **reply.values}, panel=(*about, *reply.panel))

    def about(self, values: Values) -> Sequence[str]:
        """Who a new record is about: the banner says it once it is filed."""
        patient_id = patients.by_mrn(values.get("mrn", ""))
        if not patient_id:
            return ()
        who, today = patients.get(patient_id), store.current().now().local[:10]
        line = shown.who(who["mrn"], who["name"], who["birth_date"], who["sex"], today)
        encounter_id = encounters.find(values.get("account", ""))
        if encounter_id:
            stay = encounters.get(encounter_id)
            came, left = stay.admitted_at or stay.arrived_at, shown.day(stay.discharged_at[:10])
            line += f"  {shown.day(came[:10])} - {left or 'in house'}"
        return (line,)

    def from_chart(self, values: Values, path: str) -> dict[str, str]:
        """What registration and the account know, for items that are still blank."""
        if not values.get(path):
            return {}
        stay = encounter_named(values["account"]) if path == "account" else None
        patient_id = stay.patient_id if stay else patient_named(values["mrn"])
        who = patients.get(patient_id)
        found = {item: self.as_coded(item, who.get(name, "")) for item, name in FROM_PATIENT.items()}
        found |= of_the_stay(stay) if stay else {}
        blank = {item for item in found if item in self.dictionary.by_id and not values.get(item)}
        return {"mrn": who["mrn"], **{item: found[item] for item in blank if found[item]}}

    def as_coded(self, item: str, value: str) -> str:
        """A code of registration as the registry's own table has it, by its meaning; blank when it has none."""
        table = (
            self.session.tables.get(self.dictionary.by_id[item].table)
            if item in self.dictionary.by_id
            else None
        )
        ours = self.session.tables.get(item)
        if table is None or ours is None or not value:
            return value
        row = ours.find(value)
        return next((each.code for each in table.on("") if row and each.text == row.text), "")

    def more_findings(self, values: Values) -> Sequence[Finding]:
        """A record is about one patient and one of the accounts of that patient, and it is the only one."""
        if self.case is not None and self.case.encounter_id:
            return ()
        if not values.get("mrn"):
            return (_fatal("G101", "Key the MRN or the account first: a record is about somebody.", "mrn"),)
        if not patients.by_mrn(values["mrn"]):
            return (_fatal("G102", f"No patient has the MRN {values['mrn']}.", "mrn"),)
        encounter_id = encounters.find(values.get("account", ""))
        if not encounter_id:
            unknown = values.get("account")
            return (_fatal("G103", f"There is no account {unknown}.", "account"),) if unknown else ()
        if encounters.get(encounter_id).patient_id != patients.by_mrn(values["mrn"]):
            return (_fatal("G104", "The account belongs to another patient than the MRN.", "account"),)
        other = cases.by_encounter(self.data_set, encounter_id)
        if other and (self.case is None or other.id != self.case.id):
            return (_fatal("G105", f"{self.word} {other.number} is about this account already.", "account"),)
        return ()

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        wrong = sum(finding.level in (Level.FATAL, Level.ERROR) for finding in findings)
        case = cases.file_case(
            self.session.actor, self.change, self.dictionary, values, before=self.case,
            patient_id=patient_named(values["mrn"]), encounter_id=encounters.find(values.get("account", "")) or None,
            status=OPEN if wrong else COMPLETE, reason=self.reason,
        )  # fmt: skip
        state = "complete" if case.status == COMPLETE else f"still open: {wrong} to fill in or to mend"
        return Filed(f"FILED {case.number}, {state}", go=self.list_word)

    def chart(self, rest: str) -> Outcome:
        if self.case is None:
            return Outcome("File the record first (F2).", error=True)
        return Outcome(go=f"CHT {patients.get(self.case.patient_id)['mrn']}")

    def withdraw(self, why: str) -> None:
        if self.case is not None:
            cases.void_case(self.session.actor, self.change, self.case, why)

    def begun_anew(self) -> tuple[str, Values]:
        values = dict(self.case.record) if self.case else {}
        return f"{NEW} {values.get('account', '')}".strip(), values

    def left_for(self) -> str:
        return f"={self.list_word}"


def named(part: Field | Group | Note) -> str:
    """The name of a part of a form; a note has none."""
    return "" if isinstance(part, Note) else part.name


def of_the_stay(stay: Encounter) -> dict[str, str]:
    """Arrival and discharge of an account as items of a registry."""
    came = stay.arrived_at or stay.admitted_at
    moments = {"arrival": came, "discharge": stay.discharged_at}
    return {f"{name}_date": at[:10] for name, at in moments.items()} | {
        f"{name}_time": at[11:16] for name, at in moments.items()
    }


def _fatal(code: str, message: str, field: str) -> Finding:
    return Finding(Level.FATAL, code, message, field)


class RegistryList(KeysetList):
    """The records of a registry, last filed first; with a patient's name or number, those of the patient."""

    data_set: ClassVar[str]
    word: ClassVar[str]
    items: ClassVar[tuple[Column, ...]] = ()  # columns of the registry's own
    item_names: ClassVar[tuple[str, ...]] = ()  # the items that these columns show
    empty: ClassVar[str] = "No record here: F6 begins one, F10 shows all of them."
    position_label: ClassVar[str] = "Record number or patient"
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "New", "new", "F6"),
        Command("ALL", "Open or all", "every", "F10"),
    )
    open_only = False
    patient_id = 0

    def open(self, key: str) -> str:
        self.open_only = key.upper() == "OPEN"
        self.patient_id = patient_named(key) if key and not self.open_only else 0
        viewed(
            self.session.actor, Deed.VIEW_REGISTRY, kind="list", record=self.data_set,
            patient_id=self.patient_id or None, detail={"open": int(self.open_only)},
        )  # fmt: skip
        return ""

    def heading(self) -> Sequence[str]:
        if self.patient_id:
            who = patients.get(self.patient_id)
            return (f"Records of {who['mrn']} {who['name']}",)
        open_, all_ = cases.count(self.data_set, OPEN), cases.count(self.data_set)
        return (f"{all_} records, {open_} of them open" + (": the open ones" if self.open_only else ""),)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Number", 6, frozen=True), Column("Status", 8), *self.items, Column("MRN", 8),
            Column("Name", 22), Column("Account", 10), Column("Filed", 15), Column("By", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = store.current().zone
        found = cases.listing(
            self.data_set, (-after[0], -after[1]) if after else None, limit,
            status=OPEN if self.open_only else "", patient_id=self.patient_id,
        )  # fmt: skip
        own = cases.texts([row.id for row in found], self.item_names)
        return [
            Row(
                (-row.filed_utc, -row.id),
                (
                    row.number, row.status, *self.own_cells(own[row.id]), row.mrn, row.patient_name, row.account,
                    shown.utc(row.filed_utc, zone), row.filed_by,
                ),
                row.number,
            )
            for row in found
        ]  # fmt: skip

    def own_cells(self, texts: Mapping[str, str]) -> list[str]:
        """The registry's own columns of a record."""
        return [
            shown.day(texts.get(name, "")) if name.endswith("_date") else texts.get(name, "")
            for name in self.item_names
        ]

    def position(self, text: str) -> Key | None:
        """Just before the record with this number, or the last one of this patient."""
        case = cases.by_number(self.data_set, text.strip().zfill(NUMBER_DIGITS))
        if case is not None:
            return (-case.filed_utc, -case.id - 1)
        found = cases.listing(self.data_set, None, 1, patient_id=patient_named(text))
        if not found:
            raise ScreenError(f"This registry has no record of {text}.")
        return (-found[0].filed_utc, -found[0].id - 1)

    def new(self, rest: str) -> Outcome:
        return Outcome(go=f"{self.word} {NEW} {rest}" if rest else self.word)

    def every(self, rest: str) -> Outcome:
        self.open_only, self.patient_id = not (self.open_only or self.patient_id), 0
        return Outcome(reload=True)


class Trauma(Registry):
    """TRA: a trauma record, with its scores under the form."""

    title: ClassVar[str] = "Trauma record"
    data_set: ClassVar[str] = "trauma"
    word: ClassVar[str] = "TRA"
    list_word: ClassVar[str] = "TRL"
    help: ClassVar[str] = (
        "Key the account: patient, arrival and discharge come from registration. / is the first null of a field, "
        "// the second. Injuries take AIS predot code and severity; the scores follow at once and stay blank while "
        "an input is unknown."
    )

    def panel(self, values: Values) -> Sequence[str]:
        def score(item: str) -> str:
            return values.get(item, "").lstrip("/") or "-"

        return (
            (
                f"ISS {score('iss')}  NISS {score('niss')}  RTS {score('rts')}  triage {score('triage_rts')}  "
                f"Ps {score('ps')}  SI {score('shock_index')}  GAP {score('gap')}  MGAP {score('mgap')}"
            ),
        )


class TraumaList(RegistryList):
    """TRL: the trauma registry."""

    title: ClassVar[str] = "Trauma registry"
    data_set: ClassVar[str] = "trauma"
    word: ClassVar[str] = "TRA"
    items: ClassVar[tuple[Column, ...]] = (Column("Arrived", 10), Column("ISS", 3, ">"))
    item_names: ClassVar[tuple[str, ...]] = ("arrival_date", "iss")
    actions: ClassVar[tuple[Action, ...]] = (Action("O", "Open", go="TRA {subject}"),)
