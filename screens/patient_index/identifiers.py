"""IDN, FIL: numbers and other names of a patient by issuer and time; charts in the order in which they are filed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db import store
from db.actors import Action as Deed
from db.acts import Conflict, NotPermitted, viewed
from db.patient_index import filing, identifiers, patients
from db.patient_index.identifiers import Identifier, OtherName
from rules.findings import Finding, Level
from rules.identity import filing_place
from screens import shown
from screens.data_set import rows_in
from screens.drafting import DraftedForm
from screens.keyset import Key, KeysetList
from screens.patient_index.patients import patient_named
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Field,
    Filed,
    Group,
    Kind,
    Opened,
    Refused,
    Row,
    Section,
    Values,
)

NAME_KINDS = (
    Choice("FORMER", "A name of another time"), Choice("MAIDEN", "Name at birth"), Choice("ALIAS", "Goes by it too"),
    Choice("PREFERRED", "Wants to be called so"),
)  # fmt: skip


class NumbersAndNames(DraftedForm):
    """All that finds a chart beside its MRN. Nothing is thrown away: a number taken off is retired "
    "and still finds."""

    word: ClassVar[str] = "IDN"
    title: ClassVar[str] = "Numbers and names of a patient"
    help: ClassVar[str] = (
        "Numbers by issuer: another hospital's MRN, the network's number, an insurance number, each "
        "with the days from and "
        "to which it is good. Other names: former, maiden, alias, preferred. All of them find the chart in PAT."
    )
    patient_id = 0

    def open(self, key: str) -> Opened:
        self.patient_id = patient_named(key)
        who = patients.get(self.patient_id)
        self.key, self.version = who["mrn"], who["version"]
        viewed(
            self.session.actor, Deed.VIEW_PATIENT, kind="patient", record=self.key, patient_id=self.patient_id
        )
        values: Values = {}
        for row, number in enumerate(identifiers.identifiers(self.patient_id), 1):
            parts = number._replace(kind=number.kind.upper())._asdict()
            values |= {f"identifiers[{row}].{name}": value for name, value in parts.items() if value}
        for row, name in enumerate(identifiers.names(self.patient_id), 1):
            parts = name._replace(kind=name.kind.upper())._asdict()
            values |= {f"names[{row}].{part}": value for part, value in parts.items() if value}
        banner = shown.who(self.key, who["name"], who["birth_date"], who["sex"], store.current().now().local)
        return self.with_draft(Opened(values, (banner,), "identifiers[1].kind"))

    def sections(self) -> Sequence[Section]:
        return (
            Section("numbers", "Numbers by issuer", (Group("identifiers", "Number", (
                Field("kind", "Type", 10, kind=Kind.UPPER, lookup=True, help="F4 lists the types."),
                Field("issuer", "Issuer", 18, length=40, kind=Kind.UPPER, help="Who gave it: hospital, plan, state."),
                Field("value", "Number", 18, length=40, kind=Kind.UPPER),
                Field("valid_from", "From", 10, kind=Kind.DATE),
                Field("valid_to", "To", 10, kind=Kind.DATE),
            ), 20),)),
            Section("names", "Other names", (Group("names", "Name", (
                Field("last", "Last", 22, length=60, kind=Kind.UPPER),
                Field("first", "First", 18, length=60, kind=Kind.UPPER),
                Field("middle", "Middle", 12, length=60, kind=Kind.UPPER),
                Field("kind", "Kind", 9, kind=Kind.UPPER, lookup=True, help="FORMER, MAIDEN, ALIAS or PREFERRED."),
            ), 20),)),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        return Changed()

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path.startswith("names"):
            choices: Sequence[Choice] = NAME_KINDS
        else:
            choices = [
                Choice(row.code.upper(), row.text) for row in self.session.tables["identifier_types"].on()
            ]
        wanted = text.strip().upper()
        return [choice for choice in choices if choice.value.startswith(wanted)][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        numbers = [
            Identifier(
                row.get("kind", "").lower(), row.get("issuer", ""), row.get("value", ""), row.get("valid_from", ""),
                row.get("valid_to", ""),
            )
            for row in rows_in(values, "identifiers")
        ]  # fmt: skip
        names = [
            OtherName(
                row.get("last", ""), row.get("first", ""), row.get("middle", ""), row.get("kind", "").lower()
            )
            for row in rows_in(values, "names")
        ]
        try:
            applied = identifiers.file(self.session.actor, self.patient_id, numbers, names, int(self.begun))
        except (Conflict, NotPermitted) as error:
            return Refused((Finding(Level.FATAL, "S002", str(error)),))
        if applied.refused:
            return Refused(applied.findings)
        self.discard_draft()
        return Filed(f"FILED {self.key}", go=f"CHT {self.key}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("patient", self.key) if self.key else None


class FilingOrder(KeysetList):
    """Charts as they stand in the file room, by the site's order; position to a number or its last digits."""

    title: ClassVar[str] = "Charts in filing order"
    position_label: ClassVar[str] = "Number"
    empty: ClassVar[str] = "There are no charts."
    help: ClassVar[str] = (
        "The order of the setting filing_order: terminal digit (45-49-99 files under 99, 49, 45), "
        "middle digit or straight "
        "numeric. Key / and a number to go to its place on the shelf."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("C", "Chart", go="CHT {subject}"),)

    def open(self, key: str) -> str:
        viewed(self.session.actor, Deed.VIEW_PATIENT, kind="list", record=self.title)
        return ""

    def heading(self) -> Sequence[str]:
        return (f"By {filing.order()}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Filed at", 18, frozen=True), Column("MRN", 12), Column("Name", 30), Column("Born", 10),
            Column("S", 1),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row((key, id_), (filing_place(key), mrn, name, shown.day(born), sex), mrn)
            for key, id_, mrn, name, born, sex in filing.charts(
                (after[0], after[1]) if after else None, limit
            )
        ]

    def position(self, text: str) -> Key | None:
        return (filing.place_of(text), 0)
