"""ACC and MOV: the movements of an account, as they came; one is cancelled or added, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from db import encounters, movements, store
from db.actors import Action as Deed
from db.acts import NotPermitted, act, viewed
from db.changes import Applied, Source
from rules.census import Event
from rules.findings import Finding, Level
from rules.moments import moment
from screens import shown
from screens.drafts import page_of
from screens.session import Session
from tui.screen import (
    Action,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Kind,
    ListScreen,
    Opened,
    Outcome,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

EVENTS = {
    Event.ADMIT: "Admission",
    Event.TRANSFER: "Transfer to a unit or bed",
    Event.SERVICE: "Change of service",
    Event.LEAVE: "Leave begins",
    Event.RETURN: "Return from leave",
    Event.DISCHARGE: "Discharge",
}
LEAVES = {
    "pass": "Pass under 96 hours",
    "aa": "Authorized absence",
    "ua": "Unauthorized absence",
    "asih": "Absent sick in hospital",
}


def encounter_named(account: str) -> encounters.Encounter:
    """The encounter with this account number. Raises ``ScreenError`` when there is none."""
    found = encounters.find(account.strip())
    if not found:
        raise ScreenError(f"There is no account {account}: PAT finds the patient and lists the accounts.")
    return encounters.get(found)


def banner(stay: encounters.Encounter) -> tuple[str, ...]:
    """Who an account is about, for the two banner rows."""
    from db import patients

    who = patients.get(stay.patient_id)
    first = shown.who(
        stay.mrn, stay.patient_name, who["birth_date"], who["sex"], stay.admitted_at or stay.arrived_at
    )
    left = shown.moment(stay.discharged_at) or "in house"
    came = shown.moment(stay.admitted_at or stay.arrived_at)
    return first, f"Account {stay.account}  {stay.patient_class}  {came} - {left}  {stay.unit} {stay.service}"


class Movements(ListScreen):
    """The movements of an account; cancelled ones stay in sight, marked."""

    title: ClassVar[str] = "Account and movements"
    empty: ClassVar[str] = "This account has no movements."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("X", "Cancel", method="cancel", confirm="Cancel this movement? The census is recounted."),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "Add a movement", "add", "F6"),
        Command("ABST", "Abstract", "abstract", "F10"),
        Command("CHART", "Chart", "chart", "F11"),
    )
    session: Session
    account = ""
    encounter_id = 0
    mrn = ""

    def open(self, key: str) -> str:
        stay = encounter_named(key)
        self.account, self.encounter_id, self.mrn = stay.account, stay.id, stay.mrn
        viewed(
            self.session.actor,
            Deed.VIEW_ENCOUNTER,
            kind="account",
            record=stay.account,
            patient_id=stay.patient_id,
        )
        return ""

    def heading(self) -> Sequence[str]:
        return banner(encounters.get(self.encounter_id))

    def columns(self) -> Sequence[Column]:
        return (
            Column("When", 15, frozen=True), Column("Event", 9), Column("Unit", 6), Column("Service", 8),
            Column("Bed", 6), Column("Disp", 4), Column("Leave", 5), Column("State", 10),
            Column("By", 10), Column("From", 10), Column("Reason", 30),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row(
                (row.at_utc, row.seq, row.id),
                (
                    shown.moment(row.at), str(row.event), row.unit, row.service, row.bed, row.disposition,
                    row.leave_type, "" if row.state == "current" else row.state, row.by, row.origin, row.reason,
                ),
                str(row.id),
                "" if row.state == "current" else "x",
            )
            for row in movements.of_encounter(self.encounter_id, every=True)
        ]  # fmt: skip
        return page_of(sorted(rows, key=lambda row: row.key), key, limit, backward=backward)

    def cancel(self, subject: str) -> Outcome:
        with act(self.session.actor, Deed.AMEND_MOVEMENT, kind="account", record=self.account) as done:
            applied = movements.cancel(int(subject), Source(self.session.actor.user))
            done.detail["cancelled"] = subject if not applied.refused else ""
        if applied.refused:
            return Outcome(applied.reason, error=True)
        return Outcome("The movement is cancelled.", reload=True)

    def add(self, rest: str) -> Outcome:
        return Outcome(go=f"MOV {self.account}")

    def abstract(self, rest: str) -> Outcome:
        return Outcome(go=f"ABS {self.account}")

    def chart(self, rest: str) -> Outcome:
        return Outcome(go=f"CHT {self.mrn}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.account)


class Movement(FormScreen):
    """One movement more on an account. The rules of the path refuse what cannot have happened."""

    title: ClassVar[str] = "Record a movement"
    session: Session
    account = ""
    encounter_id = 0

    def sections(self) -> tuple[Section, ...]:
        return (
            Section(
                "movement",
                "Movement",
                (
                    Field(
                        "event", "Event", 9, required=True, lookup=True, echo=28,
                        help="admit, transfer, service, leave, return or discharge.",
                    ),
                    Field("at", "When", 16, Kind.MOMENT, required=True, past=True, help="Such as T@0730."),
                    Field("unit", "Unit", 10, Kind.UPPER, lookup=True, echo=30, help="Of admission and transfer."),
                    Field("service", "Service", 10, Kind.UPPER, lookup=True, echo=30),
                    Field("bed", "Bed", 8, Kind.UPPER),
                    Field("disposition", "Disposition", 2, Kind.UPPER, lookup=True, echo=40, help="Of a discharge."),
                    Field("leave_type", "Kind of leave", 4, lookup=True, echo=30, help="pass, aa, ua or asih."),
                ),
            ),
        )  # fmt: skip

    def open(self, key: str) -> Opened:
        stay = encounter_named(key)
        self.account, self.encounter_id = stay.account, stay.id
        return Opened({}, banner(stay), "event")

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "event":
            rows = [(str(event), meaning) for event, meaning in EVENTS.items()]
        elif path == "leave_type":
            rows = list(LEAVES.items())
        else:
            table = {
                "unit": "site.units",
                "service": "site.services",
                "disposition": "discharge_disposition",
            }[path]
            rows = [(row.code, row.text) for row in self.session.tables[table].on(values.get("at", "")[:10])]
        wanted = text.casefold()
        return [
            Choice(*row)
            for row in rows
            if row[0].casefold().startswith(wanted) or wanted in row[1].casefold()
        ][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if values.get("event", "").lower() not in {str(event) for event in EVENTS}:
            return _refused("The event is missing or unknown: F4 lists the six that there are.", "event")
        if not values.get("at"):
            return _refused("The time is missing: key date and time, such as T@0730.", "at")
        movement = movements.Movement(
            Event(values["event"].lower()),
            moment(values["at"], store.current().zone),
            values.get("unit", ""),
            values.get("service", ""),
            values.get("bed", ""),
            disposition=values.get("disposition", ""),
            leave_type=values.get("leave_type", "").lower(),
        )
        try:
            applied = self._record(movement)
        except NotPermitted as error:
            return _refused(str(error), "")
        if applied.refused:
            return Refused(applied.findings)
        return Filed("FILED: " + EVENTS[movement.event], go=f"ACC {self.account}")

    def _record(self, movement: movements.Movement) -> Applied:
        with act(self.session.actor, Deed.AMEND_MOVEMENT, kind="account", record=self.account) as done:
            applied = movements.record(self.encounter_id, movement, Source(self.session.actor.user))
            done.detail["changed"] = {name: list(pair) for name, pair in applied.changed.items()}
        return applied


def _refused(message: str, field: str) -> Refused:
    return Refused((Finding(Level.FATAL, "M001", message, field),))
