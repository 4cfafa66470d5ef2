"""Messages taken into the store: logged, known again, applied or held, and what waited for them tried again.

A message that was received before (same sender, control id and content) is unchanged. One that cannot be
applied is held with its reason. Nothing is dropped, and no message can stop the next one.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from peewee import OperationalError

from config.code_tables import Shelf
from db import store
from db.actors import Action, Actor
from db.acts import Conflict, NotPermitted, act, permit
from db.changes import Source
from db.connect import StoreError, large_cache, writing
from db.conventions import convention
from db.feeds import imports, intake
from db.feeds.intake import Outcome, Received, Settled
from db.patient_index import duplicates
from db.planner import take_statistics
from exchange import hl7_fields
from exchange.hl7_case import PERSON_TABLES, Case, Feed, Hold
from exchange.hl7_events import HANDLERS
from exchange.hl7_fields import Sites
from exchange.hl7_message import Answer, Message, answer, decoded, read_message, read_text, split_messages
from rules.findings import SessionOver
from rules.moments import Moment
from rules.tables import Tables
from rules.text import clean

COMPARING_S: Final = 0.1  # that a message may have to wait while charts are compared
SLICE_S: Final = 0.08  # a transaction takes no longer than this many seconds and one message
TABLES: Final = ("patient_class", "temporary_names", "hl7_admission_type", *PERSON_TABLES.values())
COUNTED: Final = {
    Outcome.APPLIED: "applied", Outcome.UNCHANGED: "unchanged", Outcome.NOT_USED: "not_used",
    Outcome.REFUSED: "refused", Outcome.HELD: "held",
}  # fmt: skip
NO_MESSAGE: Final = "This is no HL7 message: it does not begin with MSH and its separators."


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was taken: what it said, if it could be read, and what became of it."""

    message: Message | None
    settled: Settled


class _StillHeldError(Exception):
    """Takes the mended text back out of the log."""

    def __init__(self, settled: Settled) -> None:
        super().__init__(settled.reason)
        self.settled = settled


@dataclass
class Intake:
    """One run: an import of files, a listener from its start to its end, or a replay."""

    actor: Actor
    source: str
    batch_id: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("read", "applied", "unchanged", "not_used", "refused", "held"), 0
        )
    )
    _held: set[int] = field(default_factory=set)  # by this run
    _feed: Feed | None = None
    _stamp: tuple[int, ...] = ()

    def open(self) -> None:
        """Begin the run, inside a transaction."""
        self.batch_id = intake.open_batch(self.actor, "hl7", self.source)

    def take(self, data: bytes, where: str = "") -> Taken:
        """Take one message, inside a transaction. ``where`` names its place for the list of refusals."""
        self.counts["read"] += 1
        message = read_message(data)
        if message is None:
            self.counts["refused"] += 1
            reason = f"{where}: {NO_MESSAGE}" if where else NO_MESSAGE
            intake.refuse(self.batch_id, self.counts["read"], reason, decoded(data, "utf-8")[0])
            return Taken(None, Settled(Outcome.REFUSED, NO_MESSAGE))
        received = self._received(message)
        before = intake.find_content(received)
        if before is not None:
            self.counts["unchanged"] += 1
            return Taken(message, Settled(Outcome.UNCHANGED))
        notes = list(message.warnings)
        if intake.control_id_used(received):
            notes.append(f"Control id {received.control_id} was used before for other content.")
        number = intake.add_message(self.batch_id, received)
        settled, arrived = self.apply(message, number, notes=notes)
        intake.settle(number, settled, self.actor.user)
        self.counts[COUNTED[settled.outcome]] += 1
        if settled.outcome is Outcome.HELD:
            self._held.add(number)
        self.try_again(arrived, message)
        return Taken(message, settled)

    def apply(
        self, message: Message, number: int, *, again: bool = False, notes: Sequence[str] = ()
    ) -> tuple[Settled, list[str]]:
        """Apply a message that is logged: what became of it, and the keys that others may wait for."""
        case = Case(
            message, number, self.feed(), Source(self.actor.user, f"hl7 {number}"), again, list(notes)
        )
        try:
            handler = HANDLERS.get((message.kind, message.event))
            if handler is None:
                return _not_used(message, notes), []
            _accept(case)
            with writing():
                handler(case)
        except Hold as hold:
            return Settled(Outcome.HELD, clean(hold.reason), hold.waits_for, tuple(notes)), []
        except (StoreError, NotPermitted, OperationalError):
            raise  # the store's trouble, not the message's
        except Exception as fault:
            # One message must not stop a feed; it waits with the place of the fault, which names no patient.
            return Settled(Outcome.HELD, _fault(fault), "", tuple(notes)), []
        done = Settled(
            Outcome.APPLIED, "", "", tuple(case.warnings), case.patient_id or None, case.encounter_id or None
        )
        return done, case.arrived

    def try_again(self, arrived: Iterable[str], message: Message) -> None:
        """Apply what was held for an account or record number that came with ``message``, and what waits for that."""
        zone = self.feed().zone
        keys = [(key, hl7_fields.sent_moment(message, zone)) for key in dict.fromkeys(arrived)]
        while keys:
            key, sent = keys.pop(0)
            late = f"order:{key.removeprefix('account:')}"
            for wanted in (key, late):
                for number, text in intake.waiting_for(wanted):
                    waiting = read_text(text)
                    if waiting is None or (wanted is late and _sent_before(waiting, sent, zone)):
                        continue
                    settled, more = self.apply(waiting, number, again=True, notes=waiting.warnings)
                    self._settle_again(number, settled)
                    at = hl7_fields.sent_moment(waiting, zone)
                    keys.extend((name, at) for name in more if (name, at) not in keys)

    def _settle_again(self, number: int, settled: Settled) -> None:
        intake.settle(number, settled, self.actor.user)
        if settled.outcome is not Outcome.HELD and number in self._held:
            self._held.discard(number)
            self.counts["held"] -= 1
            self.counts[COUNTED[settled.outcome]] += 1

    def again(self, number: int, message: Message) -> Settled:
        """Try a held message again, and then what waits for it."""
        settled, arrived = self.apply(message, number, again=True, notes=message.warnings)
        intake.settle(number, settled, self.actor.user)
        self.try_again(arrived, message)
        return settled

    def retake(self, number: int, text: str) -> None:
        """Try a held message again and count it, unless another one has brought it along meanwhile."""
        self.counts["read"] += 1
        outcome = intake.outcome_of(number)
        message = read_text(text)
        if outcome is Outcome.HELD and message is not None:
            outcome = self.again(number, message).outcome
        self.counts[COUNTED[outcome]] += 1
        if outcome is Outcome.HELD:
            self._held.add(number)

    def mend(self, message_id: int, message: Message) -> Settled:
        """Apply a mended text in place of a held message; nothing is stored when it cannot be applied."""
        received = self._received(message)
        if intake.find_content(received) is not None:
            raise Conflict("A message with this text was received before: dismiss the held one.")
        try:
            with writing():
                number = intake.add_message(self.batch_id, received, mends_id=message_id)
                settled, arrived = self.apply(message, number, again=True, notes=message.warnings)
                if settled.outcome is Outcome.HELD:
                    raise _StillHeldError(settled)
                intake.settle(number, settled, self.actor.user)
                intake.mark_mended(message_id, self.actor.user)
                self.try_again(arrived, message)
        except _StillHeldError as still:
            return still.settled
        return settled

    def feed(self) -> Feed:
        """The facility's choices and tables as they are now; the tables are read again when they change."""
        here = store.current()
        folder = here.directory / "site" / "tables"
        stamp = tuple(_changed_ns(folder / f"{name}.toml") for name in TABLES)
        if self._feed is None or stamp != self._stamp or here.now().utc - self._feed.now.utc > 5:
            tables = self._feed.tables if self._feed is not None and stamp == self._stamp else Shelf(folder)
            self._feed, self._stamp = _feed(tables), stamp
        return self._feed

    def _received(self, message: Message) -> Received:
        sites = self.feed().sites
        application, facility = message.sender
        return Received(
            application, facility, message.control_id, message.kind, message.event,
            hl7_fields.record_number(message.first("PID"), 3, sites),
            hl7_fields.read_account(message, sites), message.canonical,
        )  # fmt: skip


def import_files(actor: Actor, paths: Sequence[Path]) -> dict[str, int]:
    """Take the messages of files, and of the ``*.hl7`` files of folders in order of name; returns the counts.

    Committed in slices: a run that was broken off is finished by another one. Raises ``NotPermitted``,
    ``StoreError``, and ``OSError`` for a file that cannot be read.
    """
    run = Intake(actor, ", ".join(path.name for path in paths)[:200])
    with act(actor, Action.IMPORT, kind="hl7") as begun:
        run.open()
        begun.record = f"batch {run.batch_id}"
        begun.detail["files"] = run.source
    pending = _messages(paths)
    with large_cache():
        more = True
        while more:
            with writing():
                until = time.monotonic() + SLICE_S
                while more and time.monotonic() < until:
                    more = _take_next(run, pending)
        take_statistics()
    with act(actor, Action.IMPORT, kind="hl7", record=f"batch {run.batch_id}") as ended:
        imports.count(run.batch_id, run.counts, ended=True)
        ended.detail.update(run.counts)
    return run.counts


def _take_next(run: Intake, pending: Iterator[tuple[str, bytes]]) -> bool:
    for where, data in pending:
        run.take(data, where)
        return True
    return False


def _messages(paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        found = (
            sorted(one for one in path.rglob("*") if one.suffix.lower() == ".hl7" and one.is_file())
            if path.is_dir()
            else [path]
        )
        for file in found:
            for number, data in enumerate(split_messages(file.read_bytes()), 1):
                yield f"{file.name}, message {number}", data


def replay(actor: Actor, message_id: int, text: str | None = None) -> Settled:
    """Try a held message again, as it is or with its text mended; one audited act.

    A mended text that can be applied is logged as a message of its own in place of the held one, which is
    kept; one that cannot changes nothing. Raises ``Conflict`` when the message is no longer held, or the text
    is no message or was received before.
    """
    run = Intake(actor, "replay")
    with act(actor, Action.MEND_HOLD_QUEUE, kind="message") as done:
        kept, run.batch_id = intake.held_text(message_id)
        message = read_text(kept if text is None else text)
        if message is None:
            raise Conflict(NO_MESSAGE)
        mended = message.canonical != kept
        settled = run.mend(message_id, message) if mended else run.again(message_id, message)
        done.record, done.patient_id = message.control_id, settled.patient_id
        done.detail |= {"outcome": str(settled.outcome), "mended": mended}
    return settled


def replay_all(actor: Actor) -> dict[str, int]:
    """Try every held message again, oldest first, after a table was mended; returns the counts."""
    run, after = Intake(actor, "replay"), 0
    permit(actor, Action.MEND_HOLD_QUEUE, kind="hl7")
    with large_cache():
        while batch := intake.held_after(after, 20):
            with writing():
                for number, text in batch:
                    run.retake(number, text)
                    after = number
    with act(actor, Action.MEND_HOLD_QUEUE, kind="hl7", record="all held") as ended:
        ended.detail.update(run.counts)
    return run.counts


@dataclass
class ListenerIntake:
    """The store's side of the listener: slices of messages in, their answers out after the commit."""

    run: Intake
    held_answer: Answer = Answer.ACCEPT

    @classmethod
    def begin(cls, actor: Actor, source: str) -> ListenerIntake:
        """Open a run for a listener. Raises ``NotPermitted``, ``StoreError``."""
        run = Intake(actor, source)
        with act(actor, Action.IMPORT, kind="hl7") as begun:
            run.open()
            begun.record = f"batch {run.batch_id}"
            begun.detail["listener"] = source
        held = Answer.ERROR if convention("hl7_held_answer") == "AE" else Answer.ACCEPT
        return cls(run, held)

    def take(self, messages: list[bytes]) -> list[bytes]:
        """Commit messages together and answer each; when the store cannot, refuse all so that they come again."""
        counts, held = dict(self.run.counts), set(self.run._held)
        try:
            taken = self._stored(messages)
        except Exception as error:
            # Whatever it was, nothing of this slice is stored, and the sender is told so.
            self.run.counts, self.run._held = counts, held
            known = isinstance(error, (StoreError, NotPermitted, SessionOver))
            why = str(error) if known else f"Not taken ({type(error).__name__}); send it again."
            return [_answer(read_message(data), Answer.REJECT, why) for data in messages]
        return [self._answered(one) for one in taken]

    def compare(self) -> bool:
        """Compare a few of the charts that came with all others, while no message waits; whether more of them do."""
        try:
            return 0 < duplicates.catch_up_beside(COMPARING_S) <= duplicates.BESIDE
        except (StoreError, OperationalError):
            return False  # the charts stay noted, and are tried again after the next message
        except Exception as fault:
            # A chart that cannot be compared must not stop a feed; the place of the fault names no patient.
            sys.stderr.write(
                f"Charts that came were not compared ({_place(fault)}): run 'recordroom patients duplicates'"
                " and tell the administrator.\n"
            )
            return False

    def close(self) -> dict[str, int]:
        """End the run; returns its counts."""
        with act(self.run.actor, Action.IMPORT, kind="hl7", record=f"batch {self.run.batch_id}") as ended:
            imports.count(self.run.batch_id, self.run.counts, ended=True)
            ended.detail.update(self.run.counts)
        return self.run.counts

    def _stored(self, messages: list[bytes]) -> list[Taken]:
        with act(self.run.actor, Action.IMPORT, kind="hl7") as done:
            taken = [self.run.take(data) for data in messages]
            first = taken[0].message
            done.record = (
                first.control_id if len(taken) == 1 and first is not None else f"{len(taken)} messages"
            )
            done.detail["outcomes"] = [str(one.settled.outcome) for one in taken]
        return taken

    def _answered(self, taken: Taken) -> bytes:
        outcome = taken.settled.outcome
        if outcome is Outcome.REFUSED:
            return _answer(taken.message, Answer.REJECT, NO_MESSAGE)
        if outcome is Outcome.HELD:
            return _answer(taken.message, self.held_answer, "Stored and held for a records technician.")
        return _answer(taken.message, Answer.ACCEPT, "")


def refuse(data: bytes, why: str) -> bytes:
    """The answer to a message that was not taken because of what it is."""
    return _answer(read_message(data), Answer.ERROR, why)


def _answer(message: Message | None, code: Answer, text: str) -> bytes:
    now = datetime.now(UTC)
    at = now.astimezone(store.current().zone).strftime("%Y%m%d%H%M%S%z")
    return answer(message, code, text, at=at, control_id=f"RR{now:%Y%m%d%H%M%S%f}")


def _accept(case: Case) -> None:
    processing = case.message.header.text(11).upper()
    if processing not in case.feed.processing_ids:
        raise Hold(
            f"MSH-11 is {processing}, no production message: dismiss it, or permit {processing} for this feed."
        )


def _not_used(message: Message, notes: Sequence[str]) -> Settled:
    if not message.kind or (message.kind in ("ADT", "MDM") and not message.event):
        reason = "MSH-9 does not say what the message is: add type and event to the text and replay."
        return Settled(Outcome.HELD, reason, "", tuple(notes))
    return Settled(Outcome.NOT_USED, "", "", tuple(notes))


def _sent_before(message: Message, moment: Moment | None, zone: tzinfo) -> bool:
    sent = hl7_fields.sent_moment(message, zone)
    return sent is not None and moment is not None and sent.utc < moment.utc


def _fault(fault: Exception) -> str:
    return (
        f"The program failed on this message ({_place(fault)}): tell the administrator, and replay after the next "
        "update."
    )


def _place(fault: Exception) -> str:
    """What failed and where, without a word of what was read."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} in {Path(place.filename).name} line {place.lineno}"


def _feed(tables: Tables) -> Feed:
    here = store.current()
    permitted = convention("hl7_processing_ids").split(",")
    sites = Sites(convention("hl7_mrn_authority"), convention("hl7_account_field"))
    return Feed(sites, tables, here.zone, here.now(), convention("hl7_default_service"), (*permitted, ""))


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
