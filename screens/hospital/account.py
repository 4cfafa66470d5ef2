"""ACC and MOV: the movements of an account, as they came; one is cancelled or added, never overwritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from db import store
from db.actors import Action as Deed
from db.acts import NotPermitted, act, viewed
from db.changes import Applied, Source
from db.hospital import encounters, movements
from rules.census import Event
from rules.findings import Finding, Level
from rules.moments import moment
from screens import shown
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
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
    "pass": "Pass",
    "aa": "Authorized absence",
    "ua": "Unauthorized absence",
    "asih": "Absent sick in hospital",
}
ONLY_BOTH = "One cannot go without the other: L cancels the leave with its return."
WHY = "Why is it cancelled? The census is recounted."


def encounter_named(account: str) -> encounters.Encounter:
    """The encounter with this account number. Raises ``ScreenError`` when there is none."""
    if not account.strip():
        raise ScreenError("Say which account: the work lists and the patient's chart open it too.")
    found = encounters.find(account.strip())
    if not found:
        raise ScreenError(f"There is no account {account}: PAT finds the patient and lists the accounts.")
    return encounters.get(found)


def banner(stay: encounters.Encounter) -> tuple[str, ...]:
    """Who an account is about, for the two banner rows."""
    from db.patient_index import patients

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
        Action("D", "Details", method="details"),
        Action("C", "Correct", method="correct"),
        Action("X", "Cancel", method="cancel", why=WHY),
        Action("L", "Cancel a leave with its return", method="cancel_leave", why=WHY),
    )
    help: ClassVar[str] = (
        "Every movement as it came; x marks cancelled and superseded ones, which count nowhere. C puts a corrected "
        "version in the place of one, X cancels one, F6 adds one: the census is recounted at once. A leave and its "
        "return go together: L cancels both, and a leave before a later movement is filed with its return."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "Add", "add", "F6"),
        Command("ABST", "Abstract", "abstract", "F10"),
        Command("CHART", "Chart", "chart", "F11"),
        Command("FACE", "Face sheet", "face"),
        Command("HIST", "History, item by item", "items_history"),
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

    def items_history(self, rest: str) -> Outcome:
        return Outcome(go=f"HIS ACC {self.account}")

    def face(self, rest: str) -> Outcome:
        return Outcome(go=f"FAC {self.account}")

    def heading(self) -> Sequence[str]:
        return banner(encounters.get(self.encounter_id))

    def columns(self) -> Sequence[Column]:
        return (
            Column("When", 15, frozen=True), Column("Event", 9), Column("Unit", 6), Column("Serv", 5),
            Column("Bed", 6), Column("Disp", 4), Column("Leave", 5), Column("State", 10), Column("From", 9),
            Column("By", 10), Column("Reason", 30),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row(
                (row.at_utc, row.seq, row.id),
                (
                    shown.moment(row.at), str(row.event), row.unit, row.service, row.bed, row.disposition,
                    row.leave_type, "" if row.state == "current" else row.state, row.origin, row.by, row.reason,
                ),
                str(row.id),
                "" if row.state == "current" else "x",
            )
            for row in movements.of_encounter(self.encounter_id, every=True)
        ]  # fmt: skip
        return page_of(sorted(rows, key=lambda row: row.key), key, limit, backward=backward)

    def details(self, subject: str) -> Outcome:
        rows = movements.of_encounter(self.encounter_id, every=True)
        row = next(row for row in rows if str(row.id) == subject)
        zone = store.current().zone
        said = f"{EVENTS[row.event]}, recorded {shown.utc(row.recorded_utc, zone)} by {row.by} ({row.origin})"
        if row.ended_utc is not None:
            said += f"; {row.state} {shown.utc(row.ended_utc, zone)} by {row.ended_by}"
        return Outcome(f"{said}. {row.reason}".strip())

    def correct(self, subject: str) -> Outcome:
        return Outcome(go=f"MOV {self.account} {subject}")

    def cancel(self, subject: str, why: str) -> Outcome:
        event = next(
            (row.event for row in movements.of_encounter(self.encounter_id) if str(row.id) == subject), ""
        )
        applied = self._cancelled(movements.cancel, subject, why)
        if applied.refused:
            half = event in (Event.LEAVE, Event.RETURN)
            return Outcome(ONLY_BOTH if half else applied.reason, error=True)
        return Outcome("The movement is cancelled.", reload=True)

    def cancel_leave(self, subject: str, why: str) -> Outcome:
        applied = self._cancelled(movements.cancel_leave, subject, why)
        if applied.refused:
            return Outcome(applied.reason, error=True)
        return Outcome("The leave and its return are cancelled.", reload=True)

    def _cancelled(self, cancel: Callable[[int, Source, str], Applied], subject: str, why: str) -> Applied:
        with act(self.session.actor, Deed.AMEND_MOVEMENT, kind="account", record=self.account) as done:
            applied = cancel(int(subject), Source(self.session.actor.user), why)
            done.detail |= {"cancelled": subject if not applied.refused else "", "reason": why}
            done.detail["changed"] = {name: list(pair) for name, pair in applied.changed.items()}
        return applied

    def add(self, rest: str) -> Outcome:
        return Outcome(go=f"MOV {self.account}")

    def abstract(self, rest: str) -> Outcome:
        return Outcome(go=f"ABS {self.account}")

    def chart(self, rest: str) -> Outcome:
        return Outcome(go=f"CHT {self.mrn}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.account)


class Movement(DraftedForm):
    """One movement more on an account, or another version of one. What cannot have happened is refused."""

    title: ClassVar[str] = "Record a movement"
    word: ClassVar[str] = "MOV"
    help: ClassVar[str] = (
        "Only what the event needs is asked. Filing checks the whole path of the account and recounts the census from "
        "that day on. A leave before a later movement is filed with its return. A corrected movement stays in the "
        "account, marked superseded, with the reason."
    )
    account = ""
    encounter_id = 0
    corrects = 0  # movement that gets another version
    path: Sequence[movements.MovementRow] = ()

    def sections(self) -> tuple[Section, ...]:
        return SECTIONS

    def open(self, key: str) -> Opened:
        account, _, number = key.strip().partition(" ")
        stay = encounter_named(account)
        self.account, self.encounter_id = stay.account, stay.id
        viewed(
            self.session.actor, Deed.VIEW_ENCOUNTER, kind="account", record=stay.account,
            patient_id=stay.patient_id,
        )  # fmt: skip
        self.corrects = int(number) if number.isdecimal() else 0
        self.path = movements.of_encounter(stay.id)
        self.key, values = f"{stay.account} {number}".strip(), {}
        if self.corrects:
            values = self._stored(number)
        message = "Correct what is wrong, give the reason, and F2 files it." if values else ""
        return self.with_draft(Opened(values, banner(stay), "at" if values else "event", message))

    def _stored(self, number: str) -> Values:
        row = next((row for row in self.path if row.id == self.corrects), None)
        if row is None:
            raise ScreenError("That movement is no longer current: look at the account again.")
        self.version = number
        stored = {
            "event": str(row.event), "at": row.at, "unit": row.unit, "service": row.service, "bed": row.bed,
            "disposition": row.disposition, "leave_type": row.leave_type,
        }  # fmt: skip
        return {name: value for name, value in stored.items() if value}

    def changed(self, values: Values, path: str) -> Changed:
        asked = ASKED.get(values.get("event", ""), frozenset())
        skip = {name for name in OF_SOME if name not in asked}
        cleared = {name: "" for name in skip if values.get(name)} if values.get("event") else {}
        if not self.corrects:
            skip.add("reason")
        if not self._follows(values):
            skip.add("back")
            cleared |= {"back": ""} if values.get("back") else {}
        echoes = {path: self._meaning(values, path) for path in ("event", *OF_SOME) if values.get(path)}
        return Changed(echoes=echoes, values=cleared, skip=skip)

    def _follows(self, values: Values) -> Event | None:
        """What comes next after a leave that is keyed late: it has to end before that."""
        if values.get("event") != Event.LEAVE or self.corrects:
            return None
        return next((row.event for row in self.path if row.at > values.get("at", "")), None)

    def _meaning(self, values: Values, path: str) -> str:
        return next((text for code, text in self._rows(values, path) if code == values[path]), "")

    def _rows(self, values: Values, path: str) -> list[tuple[str, str]]:
        if path in SHORT_LISTS:
            return list(SHORT_LISTS[path].items())
        if path not in TABLES:
            return []
        return [
            (row.code, row.text) for row in self.session.tables[TABLES[path]].on(values.get("at", "")[:10])
        ]

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        wanted = text.casefold()
        rows = self._rows(values, path)
        begin = [row for row in rows if row[0].casefold().startswith(wanted)]
        hold = [row for row in rows if wanted in row[1].casefold() and row not in begin]
        return [Choice(*row) for row in (begin + hold)[:limit]]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        missing = [name for name in ("event", "at", *self._needed(values)) if not values.get(name)]
        if missing:
            return Refused([Finding(Level.FATAL, "M001", MISSING[name], name) for name in missing])
        movement = movements.Movement(
            Event(values["event"]), moment(values["at"], store.current().zone), values.get("unit", ""),
            values.get("service", ""), values.get("bed", ""), disposition=values.get("disposition", ""),
            leave_type=values.get("leave_type", ""),
        )  # fmt: skip
        try:
            applied = self._apply(movement, values.get("back", ""), values.get("reason", ""))
        except NotPermitted as error:
            return Refused((Finding(Level.FATAL, "M001", str(error)),))
        if applied.refused:
            return Refused(applied.findings)
        self.discard_draft()
        said = "" if applied.changed else ": it stood there already"
        what = "Leave and return" if values.get("back") else EVENTS[movement.event]
        return Filed(f"FILED {what}{said}.", go=f"ACC {self.account}")

    def _needed(self, values: Values) -> tuple[str, ...]:
        reason = ("reason",) if self.corrects else ()
        back = ("back",) if self._follows(values) not in (None, Event.DISCHARGE) else ()
        return NEEDED.get(values.get("event", ""), ()) + back + reason

    def _apply(self, movement: movements.Movement, back: str, reason: str) -> Applied:
        with act(self.session.actor, Deed.AMEND_MOVEMENT, kind="account", record=self.account) as done:
            source = Source(self.session.actor.user)
            if self.corrects:
                applied = movements.change(self.corrects, movement, source, reason)
            elif back:
                returned = moment(back, store.current().zone)
                applied = movements.record_leave(self.encounter_id, movement, returned, source)
            else:
                applied = movements.record(self.encounter_id, movement, source)
            done.detail["changed"] = {name: list(pair) for name, pair in applied.changed.items()}
        return applied


def _coded(name: str, label: str, width: int, help_: str = "", **more: Any) -> Field:
    return Field(name, label, width, Kind.UPPER, lookup=True, echo=40, help=help_, **more)


SECTIONS = (
    Section(
        "movement",
        "Movement",
        (
            _coded(
                "event",
                "Event",
                9,
                "What happened; the beginning of a word is enough, such as TR.",
                required=True,
            ),
            Field(
                "at", "When", 16, Kind.MOMENT, required=True, past=True, help="Date and time, such as T@0730."
            ),
            _coded("unit", "Unit", 10, "Unit after the movement.", unlisted=True),
            _coded("service", "Service", 10, "Service after the movement; blank: as before.", unlisted=True),
            Field("bed", "Bed", 8, Kind.UPPER, help="Bed in the unit."),
            _coded("disposition", "Disposition", 2, "Where the patient went.", auto_skip=True),
            _coded("leave_type", "Kind of leave", 4, "Blank is a pass."),
            Field(
                "back",
                "Returned",
                16,
                Kind.MOMENT,
                past=True,
                help="When the patient came back; blank only if the leave ended by the discharge.",
            ),
            Field("reason", "Reason", 50, length=200, help="Why it is corrected; kept with the old version."),
        ),
    ),
)
SHORT_LISTS = {"event": {str(event): meaning for event, meaning in EVENTS.items()}, "leave_type": LEAVES}
TABLES = {"unit": "site.units", "service": "site.services", "disposition": "discharge_disposition"}
OF_SOME = ("unit", "service", "bed", "disposition", "leave_type")
ASKED = {
    "admit": frozenset(("unit", "service", "bed")),
    "transfer": frozenset(("unit", "service", "bed")),
    "service": frozenset(("service",)),
    "leave": frozenset(("leave_type",)),
    "return": frozenset[str](),
    "discharge": frozenset(("disposition",)),
}
NEEDED = {
    "admit": ("unit", "service"), "transfer": ("unit",), "service": ("service",), "discharge": ("disposition",),
}  # fmt: skip
MISSING = {
    "event": "The event is missing: F4 lists the six that there are.",
    "at": "The time is missing: key date and time, such as T@0730.",
    "unit": "The unit is missing: key it, F4 lists them.",
    "service": "The service is missing: key it, F4 lists them.",
    "disposition": "The disposition is missing: say where the patient went, F4 lists them.",
    "back": "The return is missing: the account has a later movement; key when the patient came back.",
    "reason": "The reason is missing: say why the movement is corrected.",
}
