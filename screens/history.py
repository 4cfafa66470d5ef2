"""HIS: a record item by item: who changed what, when, from which value to which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from db import history, store
from db.abstracting.abstracts import DATA_SET
from db.actors import Action as Deed
from db.acts import viewed
from db.evidence import code_notes
from db.history import Change
from db.hospital import site
from db.patient_index import patients
from db.registry import cases
from rules.values import shown as value_shown
from screens import shown
from screens.conflict import form_of
from screens.hospital.account import encounter_named
from screens.keyset import Key, KeysetList
from screens.patient_index.patients import patient_named
from screens.record import RecordForm
from tui.screen import Column, Row, ScreenError

PATIENT: Final = "PTA"
ACCOUNT: Final = "ACC"
SITE_ROW: Final = "SFR"
CODE_NOTE: Final = "SNE"


class ItemHistory(KeysetList):
    """The changes of one record, newest first. ``HIS word key``: the word that opens the record, and its key."""

    title: ClassVar[str] = "History, item by item"
    empty: ClassVar[str] = "Nothing of this record was ever changed."
    position_label: ClassVar[str] = "Item"
    help: ClassVar[str] = (
        "Each line is one item that one filing changed, the newest on top. What an item was when the record was "
        "first filed stands at the end. Key the beginning of an item's name to go to its last change."
    )
    changes: Sequence[Change] = ()
    labels: Sequence[str] = ()
    about = ""

    def open(self, key: str) -> str:
        word, _, record = key.strip().partition(" ")
        word, record = word.upper(), record.strip()
        if not record:
            self.about = "HIST on a record shows its history."
            return ""
        if word in (PATIENT, ACCOUNT, SITE_ROW, CODE_NOTE):
            self.changes = self._of_hospital(word, record)
            self.labels = [change.item.replace("_", " ") for change in self.changes]
        else:
            form = form_of(self.session, word)
            self.changes = self._of_form(form, record)
            self.labels = [form.item_at(change.item)[0] for change in self.changes]
        self.about = f"{word} {record}"
        return ""

    def _of_form(self, form: RecordForm, key: str) -> list[Change]:
        form.load(key)  # says who may look, and logs it
        return form.amended()

    def _of_hospital(self, word: str, key: str) -> list[Change]:
        actor = self.session.actor
        if word == PATIENT:
            patient_id = patient_named(key)
            viewed(
                actor,
                Deed.VIEW_PATIENT,
                kind="patient",
                record=patients.get(patient_id)["mrn"],
                patient_id=patient_id,
            )
            return history.of_amendments("patient", patient_id)
        if word == ACCOUNT:
            stay = encounter_named(key)
            abstract = cases.by_encounter(DATA_SET, stay.id)  # it settles things about its account
            viewed(
                actor, Deed.VIEW_ENCOUNTER, kind="account", record=stay.account, patient_id=stay.patient_id,
                cases=(abstract.id,) if abstract else (),
            )  # fmt: skip
            return history.of_account(stay.id)
        if word == CODE_NOTE:
            return code_notes.history(int(key)) if key.isdecimal() else []
        kind, _, code = key.partition(" ")
        row = site.get(kind.lower(), code.strip()) if kind.lower() in site.SITE_FILES else None
        if row is None:
            raise ScreenError(f"There is no row {key} in the site files.")
        viewed(actor, Deed.VIEW_SITE_FILE, kind=kind.lower(), record=row.code)
        return history.of_amendments(kind.lower(), row.id)

    def heading(self) -> Sequence[str]:
        return (self.about,)

    def columns(self) -> Sequence[Column]:
        return (
            Column("When", 15, frozen=True), Column("By", 10), Column("Item", 22), Column("Before", 14),
            Column("After", 14), Column("Why, or from", 40),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start, zone = (after[0] + 1 if after else 0), store.current().zone
        return [
            Row(
                (n,),
                (
                    shown.utc(c.at_utc, zone),
                    c.by,
                    self.labels[n],
                    value_shown(c.old),
                    value_shown(c.new),
                    c.why,
                ),
            )
            for n, c in list(enumerate(self.changes))[start : start + limit]
        ]

    def position(self, text: str) -> Key | None:
        wanted = text.strip().casefold()
        for number, label in enumerate(self.labels):
            if label.casefold().startswith(wanted):
                return (number - 1,) if number else None
        raise ScreenError(f"No item that begins with {text} was changed.")
