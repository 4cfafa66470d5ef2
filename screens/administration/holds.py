"""HLD, HLM, DIS: messages of the feed that could not be applied, and values in which feed and record differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db.feeds import intake
from db.feeds.intake import HeldMessage
from rules.findings import Finding, Level
from rules.values import is_moment
from screens import shown
from screens.data_set import rows_in
from screens.drafting import DraftedForm
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import (
    Action,
    Column,
    Command,
    Field,
    Filed,
    Group,
    Note,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

LONGEST_SEGMENT = 4000
SEGMENTS = 200


class Held(KeysetList):
    """The hold queue, oldest first."""

    title: ClassVar[str] = "Held messages"
    empty: ClassVar[str] = "No message is held."
    help: ClassVar[str] = (
        "A message that could not be applied waits here with its reason. O opens it: mend its text and file it, "
        "or say why it is not to be applied. R tries the message again as it is, after a table was mended."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", go="HLM {subject}"),
        Action("R", "Try again", method="again"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("ALL", "Try all again", "everything", "F10"),)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Received", 15, frozen=True), Column("Event", 8), Column("Account", 10), Column("Reason", 60),
            Column("MRN", 10), Column("Sender", 12), Column("Control id", 20),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (held.id,),
                (
                    shown.moment(held.received), held.event, held.account, held.reason, held.mrn,
                    held.application, held.control_id,
                ),
                str(held.id),
            )
            for held in intake.held_messages(self.session.actor, after=after[0] if after else 0, limit=limit)
        ]  # fmt: skip

    def again(self, subject: str) -> Outcome:
        from exchange import hl7_intake  # the whole feed, for those alone who try again

        settled = hl7_intake.replay(self.session.actor, int(subject))
        if settled.outcome is intake.Outcome.HELD:
            return Outcome(f"Still held: {settled.reason}", error=True)
        return Outcome(f"The message is {settled.outcome}.", reload=True)

    def everything(self, rest: str) -> Outcome:
        from exchange import hl7_intake  # the whole feed, for those alone who try again

        counts = hl7_intake.replay_all(self.session.actor)
        return Outcome(
            ", ".join(f"{number} {what}" for what, number in counts.items() if number), reload=True
        )


class Message(DraftedForm):
    """A held message: its reason and its segments, to be mended and applied, or dismissed."""

    word: ClassVar[str] = "HLM"
    title: ClassVar[str] = "A held message"
    session: Session
    held: HeldMessage

    def open(self, key: str) -> Opened:
        if not key.isdecimal():
            raise ScreenError("Name the message by its number: HLD lists them.")
        self.held, text = intake.held_message(self.session.actor, int(key))
        values = {
            f"segments[{number}].text": line for number, line in enumerate(text.splitlines(), 1) if line
        }
        held = self.held
        banner = (
            f"{held.event} from {held.application} {held.facility}, number {held.control_id}",
            f"Received {shown.moment(held.received)}  MRN {held.mrn or '-'}  account {held.account or '-'}",
        )
        locked = "" if self.held.outcome is intake.Outcome.HELD else f"This message is {self.held.outcome}."
        self.key, self.version = str(held.id), str(held.outcome)
        return self.with_draft(Opened(values, banner, "segments[1].text", locked=locked))

    def sections(self) -> Sequence[Section]:
        text = Field(
            "text", "Segment", 70, length=LONGEST_SEGMENT, help="One segment, its fields between bars."
        )
        dismiss = Field(
            "dismiss", "Do not apply, because", 50, length=200,
            help="Filing with a reason here takes the message out of the queue; without one the text is applied.",
        )  # fmt: skip
        return (
            Section(
                "why", "Why it is held", tuple(Note(why) for why in (self.held.reason, *self.held.warnings))
            ),
            Section("message", "Message, to be mended", (Group("segments", "Segment", (text,), SEGMENTS),)),
            Section("dismiss", "Or take it out of the queue", (dismiss,)),
        )

    def file(self, values: Values, reason: str) -> Filed | Refused:
        from exchange import hl7_intake

        if because := values.get("dismiss", ""):
            intake.dismiss(self.session.actor, self.held.id, because)
            self.discard_draft()
            return Filed("The message is dismissed.", go="HLD")
        text = "\r".join(row.get("text", "") for row in rows_in(values, "segments"))
        settled = hl7_intake.replay(self.session.actor, self.held.id, text)
        if settled.outcome is intake.Outcome.HELD:
            return Refused((Finding(Level.FATAL, "H001", f"Still held: {settled.reason}"),))
        self.discard_draft()
        return Filed(f"The message is {settled.outcome}.", go="HLD")


IN_WORDS = {
    "PV1-3": "Unit, bed", "PV1-6": "Unit left", "PV1-10": "Service", "PV1-36": "Disposition", "PV1-44": "Admitted",
    "PV1-45": "Discharged",
}  # fmt: skip


class Disagreements(KeysetList):
    """Values that the feed gives otherwise than the record; nothing was moved."""

    title: ClassVar[str] = "Feed disagrees"
    empty: ClassVar[str] = "Feed and records agree."
    help: ClassVar[str] = (
        "An update from the feed differs in place or time from the movements here, and has moved nothing. M opens "
        "the movements, to be amended there; then, or when ours is right, the item is closed."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("M", "Movements", method="movements"),
        Action("O", "Ours is right", method="ours", confirm="Close this item: ours is right?"),
        Action("A", "Amended", method="amended", confirm="Close this item: our movements were amended?"),
    )

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 10, frozen=True), Column("Item", 12), Column("Here", 15), Column("In the feed", 15),
            Column("Name", 18), Column("MRN", 10), Column("Since", 15), Column("Times", 5, ">"),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (item.id,),
                (
                    item.account, IN_WORDS.get(item.item, item.item), value_shown(item.ours),
                    value_shown(item.theirs), item.name, item.mrn, shown.moment(item.opened), str(item.times),
                ),
                f"{item.id} {item.account}",
            )
            for item in intake.disagreements(self.session.actor, after=after[0] if after else 0, limit=limit)
        ]  # fmt: skip

    def movements(self, subject: str) -> Outcome:
        return Outcome(go=f"ACC {subject.partition(' ')[2]}")

    def ours(self, subject: str) -> Outcome:
        return self._close(subject, "ours is right")

    def amended(self, subject: str) -> Outcome:
        return self._close(subject, "our movements were amended")

    def _close(self, subject: str, decision: str) -> Outcome:
        number, _, account = subject.partition(" ")
        intake.resolve(self.session.actor, int(number), decision)
        return Outcome(f"{account}: {decision}.", reload=True)


def value_shown(text: str) -> str:
    """A value of feed or record: a moment as people read it, else as it is."""
    return shown.moment(text) if is_moment(text) else text
