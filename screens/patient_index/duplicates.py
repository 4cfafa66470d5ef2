"""DUP, MRG, MRL, UNM: charts that may be one person, two of them side by side, and merges with their undoing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from db import store
from db.actors import Action as Deed
from db.acts import Conflict, NotPermitted, viewed
from db.patient_index import counts as patient_counts
from db.patient_index import duplicates, patient_merges, patients
from db.patient_index.duplicates import Pair
from rules.findings import Finding, Level
from rules.matching import Match
from rules.text import fit
from screens import shown
from screens.keyset import Key, KeysetList
from screens.patient_index.patients import patient_named
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Kind,
    Note,
    Opened,
    Outcome,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

DECISIONS: Final = (
    Choice("SAME", "One person: merge the two charts"),
    Choice("NOT", "Two people: the pair does not come back unless their identity is changed"),
    Choice("LATER", "Put off, with the reason"),
)
SIDE: Final = (
    ("Last name", "last_name", "last name"), ("First name", "first_name", "first name"),
    ("Middle", "middle_name", "middle name"), ("Birth date", "birth_date", "birth date"), ("Sex", "sex", "sex"),
    ("SSN", "ssn", "SSN"), ("Street", "street", "address"), ("City, ZIP", "place", ""), ("Phone", "phone", "phone"),
    ("Suffix", "suffix", ""), ("Other names", "aliases", ""),
)  # fmt: skip
COMPARING_S: Final = 0.25  # for charts that are not compared yet, whenever the list begins


class Duplicates(KeysetList):
    """DUP: pairs that wait for a decision, the likeliest first."""

    title: ClassVar[str] = "Charts that may be one person"
    empty: ClassVar[str] = "No pair waits."
    help: ClassVar[str] = (
        "Two charts that may be one person. Score: 10 is a thousand to one, 0 even odds. S shows the two side by side "
        "and takes your decision: SAME merges them, NOT keeps them apart until their identity is changed, LATER puts "
        "them off. DUP LATER lists what was put off. 'recordroom patients duplicates' compares the whole index."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("S", "Side by side", go="MRG {subject}"),
        Action("C", "Chart", method="chart"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("LATER", "Put off", "put_off", "F10"),
        Command("MERGES", "Merges made", "merges", "F11"),
    )
    later = False
    left = 0

    def open(self, key: str) -> str:
        self.later = key.strip().upper() == "LATER"
        viewed(self.session.actor, Deed.REVIEW_DUPLICATE, kind="list", record="duplicates")
        return ""

    def page(self, key: Key | None, limit: int, *, backward: bool = False) -> Page:
        if key is None and not backward and not self.session.signed_on.store.tampered:
            self.left = duplicates.catch_up(duplicates.BESIDE, COMPARING_S)
        return super().page(key, limit, backward=backward)

    def heading(self) -> Sequence[str]:
        waiting, later = patient_counts.pairs()
        pairs = "1 pair waits" if waiting == 1 else f"{waiting} pairs wait"
        lines = [f"{later} put off" if self.later else f"{pairs}, {later} put off"]
        if self.left:
            charts = "1 chart is" if self.left == 1 else f"{self.left} charts are"
            how = "'patients duplicates' compares all" if self.left > duplicates.BESIDE else "F5 goes on"
            lines.append(f"{charts} not compared yet: {how}.")
        return lines

    def columns(self) -> Sequence[Column]:
        return (
            Column("Score", 5, ">", frozen=True), Column("MRN", 9), Column("Name", 19), Column("Born", 10),
            Column("MRN", 9), Column("Name", 19), Column("Born", 10), Column("Why", 60), Column("Reason", 40),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        found = duplicates.waiting(
            self.session.actor, (after[0], after[1]) if after else None, limit, later=self.later
        )
        return [self._row(pair) for pair in found]

    def _row(self, pair: Pair) -> Row:
        one, other = pair.one, pair.other
        cells = (
            f"{pair.score:.0f}", one.mrn, one.name, shown.day(one.birth_date), other.mrn, other.name,
            shown.day(other.birth_date), "; ".join(pair.reasons), pair.reason,
        )  # fmt: skip
        mark = "=" if pair.match == duplicates.SAME else ""
        return Row((-round(pair.score * 100), pair.id), cells, f"{one.mrn} {other.mrn}", mark)

    def chart(self, subject: str) -> Outcome:
        return Outcome(go=f"CHT {subject.partition(' ')[0]}")

    def put_off(self, rest: str) -> Outcome:
        return Outcome(go="DUP" if self.later else "DUP LATER")

    def merges(self, rest: str) -> Outcome:
        return Outcome(go="MRL")


class Decide(FormScreen):
    """MRG mrn mrn: two charts side by side, with what each field weighs, and the decision."""

    title: ClassVar[str] = "Two charts: one person or not"
    queue: ClassVar[bool] = True
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Each field of the two charts with how it agrees and what it weighs in bits: +10 makes one person a thousand "
        "times as likely. Decide SAME, NOT or LATER and say why. SAME merges: everything moves to the chart that is "
        "kept, its blanks are filled, the other number goes on finding it for ever, and MRL takes "
        "the two apart again."
    )
    session: Session
    ids: tuple[int, int] = (0, 0)
    match: Match | None = None
    next = ""

    def open(self, key: str) -> Opened:
        words = key.split()
        if len(words) != 2:
            raise ScreenError("Name two charts: MRG and both MRNs. DUP lists pairs that wait.")
        one, other = patient_named(words[0]), patient_named(words[1])
        if one == other:
            raise ScreenError(f"{words[0]} and {words[1]} are one chart already.")
        kept = patient_merges.survivor_of(one, other)
        self.ids = (kept, other if kept == one else one)
        for id_ in self.ids:
            viewed(
                self.session.actor,
                Deed.VIEW_PATIENT,
                kind="patient",
                record=patients.get(id_)["mrn"],
                patient_id=id_,
            )
        try:
            self.match = duplicates.compared(*self.ids)
        except KeyError:
            raise ScreenError("One of the two was registered in error: it is nobody's chart.") from None
        self.plan = patient_merges.plan(*self.ids)
        known = duplicates.pair_of(*self.ids)
        said = f"{known.state}: {known.reason} ({known.decided_by})" if known and known.decided_by else ""
        banner = (f"Score {self.match.score:+.1f}  {self._verdict()}", said)
        values = {"keep": self.plan.survivor["mrn"]}
        return Opened(values, tuple(line for line in banner if line), "decision")

    def _verdict(self) -> str:
        match = self.match
        assert match is not None
        doubts = f" ({'; '.join(match.doubts)})" if match.doubts else ""
        return {"same": "the same person", "review": "to be looked at"}.get(
            match.verdict, "not alike"
        ) + doubts

    def sections(self) -> Sequence[Section]:
        keep = Field(
            "keep",
            "Chart to keep",
            20,
            kind=Kind.UPPER,
            help="Its MRN stays in force; SAME alone asks for it.",
        )
        decision = Field(
            "decision", "Decision", 5, kind=Kind.UPPER, required=True, lookup=True, same_row=True, echo=40,
            help="SAME, NOT or LATER.",
        )  # fmt: skip
        reason = Field(
            "reason", "Because", 60, length=200, required=True, help="Kept with the pair or the merge."
        )
        return (
            Section("compare", "Side by side", tuple(Note(line) for line in self._lines())),
            Section("decide", "", (keep, decision, reason)),
            Section("merge", "SAME would do this", tuple(Note(line) for line in self._consequences())),
        )

    def _lines(self) -> list[str]:
        one, other = self.plan.survivor, self.plan.loser
        assert self.match is not None
        weights = {part.field: part for part in self.match.parts}
        lines = [f"{'MRN':11} {fit(one['mrn'], 23)} {fit(other['mrn'], 23)} Agreement, weight"]
        for label, item, field in SIDE:
            part, values = weights.get(field), (_value(one, item), _value(other, item))
            said = f"{part.band or 'missing'} {part.bits:+.1f}" if part else ""
            if part or any(values):
                lines.append(f"{label:11} {fit(values[0], 23)} {fit(values[1], 23)} {said}".rstrip())
        return lines

    def _consequences(self) -> list[str]:
        moves = ", ".join(self.plan.moves)
        return [
            f"{self.plan.loser['mrn']} gives up: {moves or 'nothing but its number'}.",
            *self.plan.notes,
        ]

    def changed(self, values: Values, path: str) -> Changed:
        meaning = next((choice.text for choice in DECISIONS if choice.value == values.get("decision")), "")
        return Changed(echoes={"decision": meaning} if meaning else {})

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        return [choice for choice in DECISIONS if choice.value.startswith(text.upper())][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        decision, because = values.get("decision", ""), values.get("reason", "")
        try:
            if decision == "SAME":
                return self._merge(values.get("keep", ""), because)
            applied = duplicates.decide(self.session.actor, *self.ids, decision, because)
        except (Conflict, NotPermitted) as error:
            return Refused((Finding(Level.FATAL, "D103", str(error), "decision"),))
        if applied.refused:
            return Refused(applied.findings)
        said = {"NOT": "Two people: kept apart.", "LATER": "Put off."}.get(decision, "Open again.")
        return Filed(said, next=self._next())

    def _merge(self, keep: str, because: str) -> Filed | Refused:
        kept = patients.by_mrn(keep)
        if kept not in self.ids:
            message = f"Key one of the two numbers: {self.plan.survivor['mrn']} or {self.plan.loser['mrn']}."
            return Refused((Finding(Level.FATAL, "D104", message, "keep"),))
        swapped = kept != self.ids[0]
        survivor, loser = self.ids[::-1] if swapped else self.ids
        versions = self.plan.versions[::-1] if swapped else self.plan.versions
        applied = patient_merges.merge(
            self.session.actor, survivor, loser, because, (versions[0], versions[1])
        )
        if applied.refused:
            return Refused(applied.findings)
        return Filed(
            f"MERGED into {patients.get(survivor)['mrn']}.", go=f"PGE merge-slip merge={applied.record_id}"
        )

    def _next(self) -> str:
        waiting = duplicates.waiting(self.session.actor, None, 1)
        return f"{waiting[0].one.mrn} {waiting[0].other.mrn}" if waiting else ""


def _value(chart: Mapping[str, str], item: str) -> str:
    if item == "place":
        return " ".join(part for part in (chart["city"], chart["zip"]) if part)
    if item == "aliases":
        return chart["aliases"].replace("|", "; ")
    return shown.day(chart[item]) if item == "birth_date" else chart[item]


class Merges(KeysetList):
    """MRL: merges of charts, newest first."""

    title: ClassVar[str] = "Merges of charts"
    empty: ClassVar[str] = "No charts were ever merged."
    help: ClassVar[str] = (
        "Charts that were put together, by people and by the feed. U takes the two apart again: "
        "everything that moved "
        "goes back, what was added since stays. S shows the slip for the file room. x marks merges that were undone."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("S", "Slip", go="PGE merge-slip merge={subject}"),
        Action("U", "Undo", go="UNM {subject}"),
    )

    def open(self, key: str) -> str:
        viewed(self.session.actor, Deed.VIEW_PATIENT, kind="list", record=self.title)
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Made", 15, frozen=True), Column("Kept", 10), Column("Name", 22), Column("Merged into it", 14),
            Column("By", 10), Column("Undone", 15), Column("By", 10),
            Column("Because", 60),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = store.current().zone
        return [
            Row(
                (-each.id,),
                (
                    shown.utc(each.at_utc, zone), each.survivor, each.name, each.loser, each.by,
                    shown.utc(each.undone_utc, zone) if each.undone_utc else "", each.undone_by, each.reason,
                ),
                str(each.id),
                "x" if each.undone_utc else "",
            )
            for each in patient_merges.merges(-after[0] if after else None, limit)
        ]  # fmt: skip


class UndoMerge(FormScreen):
    """UNM: take two charts apart again, with the reason."""

    title: ClassVar[str] = "Undo a merge"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Filing takes the two charts apart: accounts, records and numbers go back to where they "
        "were, what was filled in "
        "is taken out unless it was changed since. What was added since the merge stays with the "
        "chart that was kept. "
        "The pair is remembered as two people."
    )
    session: Session
    merge_id = 0

    def open(self, key: str) -> Opened:
        found = patient_merges.read(int(key)) if key.isdecimal() and len(key) < 15 else None
        if found is None:
            raise ScreenError("Name the merge by its number: MRL lists them.")
        self.merge_id = found.id
        viewed(
            self.session.actor,
            Deed.VIEW_PATIENT,
            kind="patient",
            record=found.survivor,
            patient_id=found.survivor_id,
        )
        when = shown.utc(found.at_utc, store.current().zone)
        said = f": {found.reason}" if found.reason else ""
        banner = (
            f"{found.survivor}  {found.name}", f"Merged into it: {found.loser}, {when} by {found.by}{said}",
        )  # fmt: skip
        locked = f"{found.undone_by} has undone this merge." if found.undone_utc else ""
        self.lines = [
            f"To {found.loser}: {patient_merges.how_many(name.partition('.')[0], len(rows))}."
            for name, rows in found.snapshot["moved"].items()
        ]
        return Opened({}, banner, "reason", locked=locked)

    def sections(self) -> Sequence[Section]:
        field = Field(
            "reason", "Because", 60, length=200, required=True, help="Why they are two people: it is kept."
        )
        return (
            Section("undo", "", (field,)),
            Section("back", "What goes back", tuple(Note(line) for line in self.lines)),
        )

    def file(self, values: Values, reason: str) -> Filed | Refused:
        try:
            applied = patient_merges.undo(self.session.actor, self.merge_id, values.get("reason", ""))
        except NotPermitted as error:
            return Refused((Finding(Level.FATAL, "D103", str(error), "reason"),))
        if applied.refused:
            return Refused(applied.findings)
        return Filed("The two charts stand apart again.", go=f"PGE merge-slip merge={self.merge_id}")
