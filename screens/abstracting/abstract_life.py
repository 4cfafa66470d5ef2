"""RLA, TRX, TXA, RTN, DFF: abstracts released and transmitted by batch, what came back, and where the feed differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from config.data_sets import dictionary_for
from config.layout_reader import layouts
from db import store
from db.abstracting import abstract_release, abstract_returns, feed_words, transmissions
from db.abstracting import counts as abstract_counts
from db.abstracting.abstract_release import EVERY, Checker, Filter
from db.abstracting.lifecycle import NotAllowed
from db.hospital import encounters
from exchange import abstract_file
from rules.dates import Unclear, parse_date
from rules.feed_differences import taken_from
from rules.lifecycle import Status
from rules.moments import day_number, iso_date, moment_at
from screens import shown
from screens.abstracting.abstract import Abstract
from screens.data_set import item_label
from screens.keyset import Key, KeysetList
from tui.screen import Action, Column, Command, Outcome, Row, ScreenError

MOST_AT_ONCE: Final = 500  # released by one word; more goes by the command line
FILTERS: Final = ("from", "to", "unit", "service", "payer", "by")


class ToRelease(KeysetList):
    """RLA: complete abstracts that wait for release, first filed first."""

    title: ClassVar[str] = "Abstracts to release"
    empty: ClassVar[str] = "No complete abstract waits for release."
    help: ClassVar[str] = (
        "R releases the row, or the rows that were selected (1-3,7 and Enter). The edits run once more: an abstract "
        "that one stands against is opened again with the reason, and the rest goes on. ONLY unit=3E service=MED "
        "from=11/01/2026 to=11/30/2026 payer=MCR by=jsmith narrows the list, ONLY alone shows all. ALL and the number "
        "that are listed releases them."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("A", "Abstract", go="ABS {subject}"),
        Action("R", "Release", method="release", confirm="Release?"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ONLY", "Narrow the list", "only"),
        Command("ALL", "Release all that are listed", "release_all"),
    )
    asked: Filter = EVERY
    said = ""
    check: Checker | None = None
    released = 0
    reopened: tuple[str, ...] = ()

    def open(self, key: str) -> str:
        abstract_release.open_list(self.session.actor, Status.COMPLETE)
        if key.strip():
            self.only(key)
        return ""

    def heading(self) -> Sequence[str]:
        listed = f"only {self.said}" if self.said else "all"
        lines = [f"{abstract_release.count(Status.COMPLETE)} complete, shown: {listed}"]
        if self.released or self.reopened:
            again = f"; opened again or left: {', '.join(self.reopened)}" if self.reopened else ""
            lines.append(f"Released here: {self.released}{again}"[:78])
        return lines

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 11, frozen=True), Column("MRN", 10), Column("Name", 20), Column("Discharged", 10),
            Column("Unit", 6), Column("Service", 7), Column("Payer", 8), Column("Filed", 10), Column("By", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        place = (int(after[0]), int(after[1])) if after else None
        return [
            Row(
                row.key,
                (
                    row.account, row.mrn, row.patient_name, shown.day(row.discharged_at[:10]), row.unit, row.service,
                    row.payer, _day(row.filed_utc), row.filed_by,
                ),
                row.account,
            )
            for row in abstract_release.in_status(Status.COMPLETE, self.asked, place, limit)
        ]  # fmt: skip

    def only(self, rest: str) -> Outcome:
        """``ONLY unit=3E from=11/01/2026``: what is listed."""
        given: dict[str, str] = {}
        for word in rest.split():
            name, equals, value = word.partition("=")
            if not equals or name.lower() not in FILTERS:
                return Outcome(
                    f"{word} is no filter: write {', '.join(f'{each}=' for each in FILTERS)}.", error=True
                )
            given[name.lower()] = value
        days = {name: day_of(given[name]) for name in ("from", "to") if name in given}
        self.asked = Filter(
            days.get("from"), days.get("to"), given.get("unit", "").upper(), given.get("service", "").upper(),
            given.get("payer", "").upper(), given.get("by", ""),
        )  # fmt: skip
        self.said = rest.strip()
        return Outcome(reload=True)

    def release(self, account: str) -> Outcome:
        """Release one row; what could not be is named above the list, and the next row goes on."""
        encounter_id = encounters.find(account)
        (result,) = abstract_release.release_all(self.session.actor, [encounter_id], self.checker())
        if result.went_on:
            self.released += 1
            return Outcome(f"RELEASED {account}.", reload=True)
        self.reopened = (*self.reopened, account)
        return Outcome(f"{account}: {result.sentence}", reload=True)

    def release_all(self, rest: str) -> Outcome:
        """``ALL 12``: release the twelve that are listed; without the number it says how many there are."""
        rows = abstract_release.in_status(Status.COMPLETE, self.asked, None, MOST_AT_ONCE)
        if rest.strip() != str(len(rows)):
            listed = "1 is listed: ALL 1 releases it." if len(rows) == 1 else ""
            return Outcome(listed or f"{len(rows)} are listed: ALL {len(rows)} releases them.", error=True)
        results = list(
            abstract_release.release_all(
                self.session.actor, [row.encounter_id for row in rows], self.checker()
            )
        )
        failed = [each.account for each in results if not each.went_on]
        self.released += len(results) - len(failed)
        self.reopened = (*self.reopened, *failed)
        return Outcome(f"{len(results) - len(failed)} released, {len(failed)} not.", reload=True)

    def checker(self) -> Checker:
        if self.check is None:
            self.check = Checker(self.session.tables, self.session.codes)
        return self.check


class Batches(KeysetList):
    """TRX: batches for the receiver, newest first."""

    title: ClassVar[str] = "Transmissions"
    empty: ClassVar[str] = "Nothing has been transmitted."
    help: ClassVar[str] = (
        "SEND 11/01/2026 11/30/2026 va-ptf makes a batch of the released abstracts discharged in the period, in the "
        "layout named, and writes it with its manifest to the spool folder of the store. An abstract that an edit "
        "stands against is opened again with the reason, the rest goes. W writes a batch again, the same bytes."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("R", "Records", go="TXA {subject}"),
        Action("W", "Write again", method="write"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("SEND", "Make a batch: from, to, layout", "send"),)

    def open(self, key: str) -> str:
        transmissions.open_list(self.session.actor)
        return ""

    def heading(self) -> Sequence[str]:
        return (f"{abstract_release.count(Status.RELEASED)} released and not sent.",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Batch", 6, ">", frozen=True), Column("Made", 10), Column("Layout", 8),
            Column("From", 10), Column("To", 10), Column("Sent", 6, ">"), Column("Acc.", 5, ">"),
            Column("Rej.", 5, ">"), Column("Open", 5, ">"), Column("By", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (row.id,),
                (
                    str(row.id), shown.day(row.made_at[:10]), row.layout,
                    shown.day(iso_date(row.from_day)), shown.day(iso_date(row.to_day)), str(row.records),
                    str(row.accepted), str(row.rejected), str(row.unanswered),
                    row.made_by,
                ),
                str(row.id),
                "" if row.closed else "!",
            )
            for row in transmissions.listing(int(after[0]) if after else None, limit)
        ]  # fmt: skip

    def send(self, rest: str) -> Outcome:
        """``SEND from to layout``."""
        words = rest.split()
        known = layouts(store.current().directory / "site", Abstract(self.session).dictionary)
        if len(words) != 3 or words[2] not in known:
            return Outcome(
                f"Write SEND, first and last day of discharge and a layout ({', '.join(sorted(known))}).",
                error=True,
            )
        check = Checker(self.session.tables, self.session.codes)
        made = abstract_file.transmit(
            self.session.actor,
            known[words[2]],
            check,
            day_of(words[0]),
            day_of(words[1]),
            transmissions.BY_DISCHARGE,
        )
        failed = f"{len(made.failed)} not sent, open again with the reason (WRK). " if made.failed else ""
        if made.transmission is None:
            return Outcome(f"{failed}No abstract could be sent.", reload=True, error=True)
        return Outcome(f"{failed}{self._written(made.transmission.id)}", reload=True)

    def write(self, number: str) -> Outcome:
        return Outcome(self._written(int(number)), reload=True)

    def _written(self, number: int) -> str:
        folder = store.current().directory / "spool"
        folder.mkdir(mode=0o700, exist_ok=True)
        file, _ = abstract_file.write(self.session.actor, number, folder)
        return f"Batch {number}: {transmissions.get(number).records} abstracts in spool/{file.name}."


class BatchRecords(KeysetList):
    """TXA batch: the abstracts of a batch, what the receiver answered and where they stand now."""

    title: ClassVar[str] = "Abstracts of a batch"
    empty: ClassVar[str] = "The batch holds no abstract."
    actions: ClassVar[tuple[Action, ...]] = (Action("A", "Abstract", go="ABS {subject}"),)
    number = 0

    def open(self, key: str) -> str:
        if not key.strip().isdecimal():
            raise ScreenError("Name the batch: TXA 12. TRX lists them.")
        self.number = transmissions.get(int(key)).id
        transmissions.open_list(self.session.actor)
        return ""

    def heading(self) -> Sequence[str]:
        made = transmissions.get(self.number)
        lines = ", ".join(f"{count} {type_}" for type_, count in made.counts.items() if count)
        return (f"Batch {made.id}, {made.layout} {made.layout_version}: {lines or 'no lines'}"[:78],)

    def columns(self) -> Sequence[Column]:
        return (
            Column("No.", 5, ">", frozen=True), Column("Account", 12), Column("Filing", 6, ">"),
            Column("Sent as", 10), Column("Answer", 10), Column("Now", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (row.seq,),
                (
                    str(row.seq), row.account, str(row.revision), "correction" if row.correction else "first",
                    row.outcome, row.status,
                ),
                row.account,
            )
            for row in transmissions.sent(self.number, int(after[0]) if after else 0, limit)
        ]  # fmt: skip


class Returned(KeysetList):
    """RTN: what the receiver rejected and billing returned, oldest first."""

    title: ClassVar[str] = "Returned abstracts"
    empty: ClassVar[str] = "Nothing has come back."
    help: ClassVar[str] = (
        "Enter opens the abstract with the reason at its field. It goes when the field is changed and filed, or when "
        "CLEAR says there why it stands as it is."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("A", "Abstract", go="ABS {subject}"),)

    def open(self, key: str) -> str:
        abstract_returns.open_list(self.session.actor)
        return ""

    def heading(self) -> Sequence[str]:
        count = abstract_counts.returns()
        return ("1 reason waits for an answer" if count == 1 else f"{count} reasons wait for an answer",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 11, frozen=True), Column("Days", 4, ">"), Column("From", 8), Column("Code", 6),
            Column("Item", 14), Column("Reason", 28), Column("MRN", 10), Column("Name", 20),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        today = store.current().now().day
        place = (int(after[0]), int(after[1])) if after else None
        dictionary = dictionary_for("abstract", "", self.session.seat.directory)
        return [
            Row(
                row.key,
                (
                    row.account, shown.days_since(row.day, today), row.kind, row.code,
                    item_label(dictionary, row.item), row.message, row.mrn, row.patient_name,
                ),
                row.account,
            )
            for row in abstract_returns.waiting(place, limit, user=self.session.user)
        ]  # fmt: skip


class Differences(KeysetList):
    """DFF: items that were keyed otherwise than the feed says by now, oldest first."""

    title: ClassVar[str] = "Abstract and feed differ"
    empty: ClassVar[str] = "No abstract differs from what the feed has said since."
    help: ClassVar[str] = (
        "What was keyed stands until you decide. F takes the feed's value and files the abstract with it, K keeps "
        "what was keyed; the field shows the difference in either case until both say the same."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("A", "Abstract", go="ABS {subject}"),
        Action("F", "Feed's value", method="take"),
        Action("K", "Keep what was keyed", method="keep"),
    )

    def open(self, key: str) -> str:
        feed_words.open_list(self.session.actor)
        return ""

    def heading(self) -> Sequence[str]:
        count = abstract_counts.differences()
        return ("1 difference to look at" if count == 1 else f"{count} differences to look at",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 11, frozen=True), Column("Item", 16), Column("Keyed", 14), Column("Feed says", 14),
            Column("Since", 10), Column("By", 24), Column("Abstract", 11), Column("MRN", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        place = (int(after[0]), int(after[1]), str(after[2])) if after else None
        return [
            Row(
                row.key,
                (
                    row.account, row.label, row.filed, row.feed, _day(row.since_utc), row.source,
                    row.status, row.mrn,
                ),
                f"{row.account} {row.item}",
            )
            for row in feed_words.waiting(place, limit, user=self.session.user)
        ]  # fmt: skip

    def take(self, subject: str) -> Outcome:
        """The feed's value, filed as an amendment of its own."""
        account, _, item = subject.partition(" ")
        form = Abstract(self.session)
        opened = form.open(account)
        try:
            if opened.locked or opened.resumed:
                raise NotAllowed(
                    opened.locked or "You have a draft of this abstract: open it and take the value there."
                )
            values = dict(taken_from(opened.values, (item,), form.opened.feed))
            form.reason = "The feed's value was taken"
            form.put(values, form.findings(values))
        finally:
            form.close()
        return Outcome(f"{account} is filed with the feed's value.", reload=True)

    def keep(self, subject: str) -> Outcome:
        """What was keyed stands; the row goes from the list."""
        account, _, item = subject.partition(" ")
        opened, _ = abstract_release.read(encounters.find(account))
        if opened.case is None:
            raise NotAllowed("The abstract is not filed any more.")
        feed_words.keep_own(self.session.actor, opened.case.id, item)
        return Outcome(f"{account} keeps what was keyed.", reload=True)


def day_of(text: str) -> int:
    """The day number of a day as people key it. Raises ``ScreenError``."""
    found = parse_date(text, datetime.fromisoformat(store.current().now().local))
    if isinstance(found, Unclear):
        raise ScreenError(f"{text} is no day: key it as 11/21/2026 or T-1.")
    return day_number(found)


def _day(utc: int) -> str:
    return shown.day(moment_at(utc, store.current().zone).local[:10])
