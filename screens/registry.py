"""Registries: one screen for every data set that stands for itself; the trauma registry is the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from db import cases, encounters, patients, store
from db.actors import Action as Deed
from db.acts import viewed
from db.cases import COMPLETE, OPEN, Case
from rules.findings import Finding, Level
from screens import shown
from screens.account import encounter_named
from screens.data_set import DataSetForm, Loaded
from screens.keyset import Key, KeysetList
from screens.patients import patient_named
from tui.screen import Action, Changed, Column, Command, Filed, Outcome, Row, ScreenError, Values

# Items of a registry that registration knows, by the patient's item; what is keyed already is left alone.
FROM_PATIENT: Final[Mapping[str, str]] = {
    "birth_date": "birth_date",
    "home_zip": "zip",
    "home_city": "city",
    "home_state": "state",
    "home_county": "county",
    "home_country": "country",
}
NTDS_SEX: Final[Mapping[str, str]] = {"M": "1", "F": "2", "X": "3"}


class Registry(DataSetForm):
    """A record of a registry, by its number; without one, a new record that begins with MRN or account."""

    view: ClassVar[Deed] = Deed.VIEW_REGISTRY
    change: ClassVar[Deed] = Deed.FILE_REGISTRY
    number_item: ClassVar[str] = ""  # item that shows the registry's own number
    case: Case | None = None

    def load(self, key: str) -> Loaded:
        self.case = None
        if not key:
            return Loaded(self.beginning(), "0")
        case = cases.by_number(self.data_set, key)
        if case is None:
            raise ScreenError(f"There is no record {key} in this registry: its list shows those there are.")
        self.case = case
        viewed(
            self.session.actor, self.view, kind=self.data_set, record=case.number, patient_id=case.patient_id
        )
        who = patients.get(case.patient_id)
        today = store.current().now().local
        banner = (
            shown.who(who["mrn"], who["name"], who["birth_date"], who["sex"], today),
            f"Record {case.number}  {case.status}  filed {case.revision} times, last by {case.filed_by}",
        )
        return Loaded(case.record, str(case.revision), banner, (self.data_set, case.number))

    def beginning(self) -> dict[str, str]:
        """Values of a new record."""
        return {
            id_: item.default
            for id_, item in self.dictionary.by_id.items()
            if item.default and "." not in id_
        }

    def changed(self, values: Values, path: str) -> Changed:
        if path not in ("mrn", "account"):
            return super().changed(values, path)
        known = self.from_chart(values, path)
        reply = super().changed(values | known, path)
        return Changed(reply.findings, reply.echoes, {**known, **reply.values}, reply.panel, reply.skip)

    def from_chart(self, values: Values, path: str) -> dict[str, str]:
        """What registration and the account know, for items that are still blank."""
        patient_id = 0
        found: dict[str, str] = {}
        if path == "account" and values.get("account"):
            stay = encounter_named(values["account"])
            patient_id, found["mrn"] = stay.patient_id, stay.mrn
        elif values.get("mrn"):
            patient_id = patient_named(values["mrn"])
        if not patient_id:
            return {}
        who = patients.get(patient_id)
        found["mrn"] = who["mrn"]
        found |= {item: who[name] for item, name in FROM_PATIENT.items() if who.get(name)}
        if who["sex"] in NTDS_SEX:
            found["sex"] = NTDS_SEX[who["sex"]]
        known = {item for item in found if item in self.dictionary.by_id}
        return {item: found[item] for item in known if item == "mrn" or not values.get(item)}

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        if not values.get("mrn"):
            raise ScreenError("Key the MRN or the account first: a record is about somebody.")
        patient_id = patient_named(values["mrn"])
        encounter_id = encounters.find(values.get("account", "")) or None
        wrong = any(finding.level in (Level.FATAL, Level.ERROR) for finding in findings)
        case = cases.file_case(
            self.session.actor, self.change, self.dictionary, values, before=self.case,
            patient_id=patient_id, encounter_id=encounter_id, status=OPEN if wrong else COMPLETE,
        )  # fmt: skip
        state = "complete" if case.status == COMPLETE else "still open: ERR lists what is missing"
        return Filed(f"FILED {case.number}, {state}", go=self.list_word)

    list_word: ClassVar[str] = ""


class RegistryList(KeysetList):
    """The records of a registry, last filed first."""

    data_set: ClassVar[str]
    word: ClassVar[str]
    empty: ClassVar[str] = "No record yet: F6 begins one."

    def heading(self) -> Sequence[str]:
        open_, all_ = cases.count(self.data_set, OPEN), cases.count(self.data_set)
        return (f"{all_} records, {open_} of them open",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Number", 8, frozen=True), Column("Status", 8), Column("MRN", 10), Column("Name", 26),
            Column("Account", 11), Column("Filed", 15), Column("By", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = store.current().zone
        return [
            Row(
                (-row.filed_utc, -row.id),
                (
                    row.number, row.status, row.mrn, row.patient_name, row.account,
                    shown.utc(row.filed_utc, zone), row.filed_by,
                ),
                row.number,
            )
            for row in cases.listing(self.data_set, (-after[0], -after[1]) if after else None, limit)
        ]  # fmt: skip

    def new(self, rest: str) -> Outcome:
        return Outcome(go=self.word)


class Trauma(Registry):
    """TRA: a trauma record, with its scores under the form."""

    title: ClassVar[str] = "Trauma registry"
    data_set: ClassVar[str] = "trauma"
    word: ClassVar[str] = "TRA"
    list_word: ClassVar[str] = "TRL"
    help: ClassVar[str] = (
        "Key the account: name, birth date and address come from registration. /NA and /NK are the nulls. Injuries "
        "take AIS predot code and severity; the scores follow at once and are blank while an input is unknown."
    )

    def panel(self, values: Values) -> Sequence[str]:
        def score(item: str) -> str:
            return values.get(item) or "-"

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
    actions: ClassVar[tuple[Action, ...]] = (Action("O", "Open", go="TRA {subject}"),)
    commands: ClassVar[tuple[Command, ...]] = (Command("ADD", "New record", "new", "F6"),)
