"""OVL, OVU: amendments that look as if a chart was taken for somebody else's: before and after, kept or undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from db import store
from db.actors import Action as Deed
from db.acts import NotPermitted, viewed
from db.patient_index import overlay_acts, overlays
from db.patient_index.overlays import Overlay
from rules.findings import Finding, Level
from rules.text import fit
from screens import shown
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import (
    Action,
    Choice,
    Column,
    Field,
    Filed,
    FormScreen,
    Kind,
    Note,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

OUTCOMES: Final = (
    Choice("SAME", "It is the same person: the amendment stands"),
    Choice("UNDO", "Another person: the registration is as it was before"),
)


class Overlays(KeysetList):
    """Amendments that nobody has looked at, oldest first."""

    title: ClassVar[str] = "Charts amended into another person?"
    empty: ClassVar[str] = "No amendment waits."
    help: ClassVar[str] = (
        "The name and the birth date, sex or SSN of a chart were changed at once, by the feed or at "
        "a screen: it may have "
        "been taken for another patient's. O opens it with before and after: keep the amendment, or undo it whole."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", go="OVU {subject}"),
        Action("C", "Chart", method="chart"),
    )

    def open(self, key: str) -> str:
        viewed(self.session.actor, Deed.REVIEW_DUPLICATE, kind="list", record="overlays")
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("When", 15, frozen=True), Column("MRN", 10), Column("Before", 24), Column("After", 24),
            Column("By", 10), Column("From", 20),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = store.current().zone
        return [
            Row(
                (each.id,),
                (
                    shown.utc(each.at_utc, zone),
                    each.mrn,
                    _name(each.before),
                    _name(each.after),
                    each.by,
                    each.origin,
                ),
                str(each.id),
                "!",
            )
            for each in overlays.waiting(self.session.actor, after[0] if after else 0, limit)
        ]

    def chart(self, subject: str) -> Outcome:
        found = overlays.read(int(subject))
        return Outcome(go=f"CHT {found.mrn}" if found else "OVL")


def _name(values: Mapping[str, str]) -> str:
    return ",".join(part for part in (values.get("last_name", ""), values.get("first_name", "")) if part)


class SettleOverlay(FormScreen):
    """OVU: before and after of one amendment, and what is to become of it."""

    title: ClassVar[str] = "Before and after an amendment"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "SAME keeps the amendment. UNDO gives every item back what it was before, unless it was "
        "changed again since, and "
        "takes the other person's name off the list of former names. Accounts that were opened since "
        "stay: look at them."
    )
    session: Session
    found: Overlay

    def open(self, key: str) -> Opened:
        found = overlays.read(int(key)) if key.isdecimal() and len(key) < 15 else None
        if found is None:
            raise ScreenError("Name the amendment by its number: OVL lists them.")
        self.found = found
        viewed(
            self.session.actor,
            Deed.VIEW_PATIENT,
            kind="patient",
            record=found.mrn,
            patient_id=found.patient_id,
        )
        when = shown.utc(found.at_utc, store.current().zone)
        banner = (
            f"Chart {found.mrn}, amended {when} by {found.by} ({found.origin})",
            f"Score {found.score:+.1f}",
        )
        locked = f"{found.settled_by}: {found.outcome}." if found.outcome else ""
        return Opened({}, banner, "outcome", locked=locked)

    def sections(self) -> Sequence[Section]:
        lines = [f"{'':14} {'Before':31} After"] + [
            f"{item.replace('_', ' '):14} {fit(old, 31)} {self.found.after.get(item, '')}"
            for item, old in self.found.before.items()
            if item != "aliases"
        ]
        return (
            Section("compare", "What was changed", tuple(Note(line) for line in lines)),
            Section(
                "settle", "",
                (
                    Field("outcome", "Outcome", 4, kind=Kind.UPPER, required=True, lookup=True, help="SAME or UNDO."),
                    Field("reason", "Because", 60, length=200, required=True, help="Kept with the amendment."),
                ),
            ),
        )  # fmt: skip

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        return [choice for choice in OUTCOMES if choice.value.startswith(text.upper())][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        try:
            applied = overlay_acts.settle(
                self.session.actor, self.found.id, values.get("outcome", ""), values.get("reason", "")
            )
        except NotPermitted as error:
            return Refused((Finding(Level.FATAL, "D103", str(error), "outcome"),))
        if applied.refused:
            return Refused(applied.findings)
        undone = values.get("outcome") == "UNDO"
        return Filed("The registration is as it was before." if undone else "The amendment stands.", go="OVL")
