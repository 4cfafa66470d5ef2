"""A form made of a data dictionary: fields, help, prompt lists, findings and drafts come from the one declaration.

The abstract, the registries and the disclosure request subclass it and say only what loading and filing mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import ClassVar

from config.data_sets import library
from db import drafts, locks, store
from db.acts import Conflict
from db.cases import Case, revisions
from db.history import Change
from rules import edits, records
from rules.codes import System
from rules.dictionary import Context, Dictionary, Group, Item, ItemType, Record, is_null, split_path
from rules.findings import Finding, Level
from screens.drafting import DraftedForm
from screens.session import Session
from tui import screen
from tui.screen import Changed, Choice, Filed, Kind, Opened, Refused, Values

KINDS: dict[ItemType, Kind] = {
    ItemType.TEXT: Kind.TEXT,
    ItemType.CODE: Kind.UPPER,
    ItemType.DIAGNOSIS: Kind.UPPER,
    ItemType.PROCEDURE: Kind.UPPER,
    ItemType.DATE: Kind.DATE,
    ItemType.TIME: Kind.TIME,
    ItemType.MOMENT: Kind.MOMENT,
    ItemType.INTEGER: Kind.INTEGER,
    ItemType.DECIMAL: Kind.DECIMAL,
    ItemType.YES_NO: Kind.YES_NO,
    ItemType.NOTE: Kind.TEXT,
}
SYSTEMS = {ItemType.DIAGNOSIS: System.CM, ItemType.PROCEDURE: System.PCS}
ECHO_CELLS = {ItemType.DIAGNOSIS: 54, ItemType.PROCEDURE: 44}
MOST_ECHO_CELLS = 30
CATEGORY = 3  # characters of an ICD-10-CM code before its point
SITE = "site."  # the facility's own lists: somebody whom they lack is taken and confirmed later


RECORD_WORDS = (
    screen.Command("HIST", "History, item by item", "items_history"),
    screen.Command("TAKEOVER", "Take over from whoever has it", "take_over"),
)
UNDO = screen.Command("UNDOFILE", "Undo the last filing", "undo_filing")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A record as its store has it. ``version`` goes back when it is filed, so that no change is lost."""

    record: Record
    version: str
    banner: tuple[str, ...] = ()
    lock: tuple[str, str] = ("", "")  # kind and number of the record to lock while it is keyed
    read_only: str = ""  # why it cannot be changed, in words


class DataSetForm(DraftedForm):
    """A record of one data set."""

    data_set: ClassVar[str]
    reason_for_errors: ClassVar[bool] = False  # with errors it is filed only with a reason

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.lock = ("", "")
        self.taken_over = ""  # by whom, in words, when a supervisor took the lock
        self.reason = ""  # given for filing in spite of errors
        self.nulls: dict[str, str] = {}  # dependent nulls in force: filled in, taken back when they go
        self.dictionary: Dictionary = self.dictionary_on("")

    # What a subclass says ---------------------------------------------------------------------------

    @abstractmethod
    def load(self, key: str) -> Loaded:
        """The record for ``key``. Raises ``ScreenError`` when there is none."""

    @abstractmethod
    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        """File the record. Raises ``db.acts.Conflict`` when somebody else changed it meanwhile."""

    def panel(self, values: Values) -> Sequence[str]:
        """Lines under the form that follow every change, such as the DRG or the scores."""
        return ()

    def more_findings(self, values: Values) -> Sequence[Finding]:
        """Findings that need more than the dictionary."""
        return ()

    def filed(self) -> Case | None:
        """The record as it stands in the store, if it is one of a data set's table."""
        return None

    def filed_by(self) -> str:
        """Who filed it last."""
        case = self.filed()
        return case.filed_by if case else ""

    def record_at(self, version: str) -> Record | None:
        """The record as it was in an earlier version; None when that is not known any more."""
        case = self.filed()
        found = {number: record for number, *_, record in revisions(case.id)} if case else {}
        return {} if version == "0" else found.get(int(version))

    def amended(self) -> list[Change]:
        """The history of a record that is in no table of a data set."""
        return []

    # What all data sets have in common --------------------------------------------------------------

    def dictionary_on(self, day: str) -> Dictionary:
        """The version of the data set in force on an ISO day; the newest on a blank one."""
        return library(self.session.seat.directory / "site").of(self.data_set, day)

    def open(self, key: str) -> Opened:
        loaded = self.load(key)
        self.key, self.version, self.lock, self.nulls = key, loaded.version, loaded.lock, {}
        self.taken_over = ""
        held = self._take_lock()
        return self.with_draft(Opened(dict(loaded.record), loaded.banner, locked=loaded.read_only or held))

    def close(self) -> None:
        if self.lock[0]:
            locks.release(self.session.actor, *self.lock)
            self.lock = ("", "")

    def sections(self) -> tuple[screen.Section, ...]:
        return tuple(
            screen.Section(section.id, section.title, tuple(self._part(part) for part in section.parts))
            for section in self.dictionary.sections
        )

    def changed(self, values: Values, path: str) -> Changed:
        if path:
            self._keep_lock()
        context = self.context()
        nulls = records.null_values(self.dictionary, values)
        freed = {p: "" for p, v in self.nulls.items() if p not in nulls and values.get(p) == v}
        self.nulls = nulls
        derived = freed | {p: v for p, v in nulls.items() if values.get(p) != v}
        settled = values | derived
        computed = edits.computed(self.dictionary, settled, context)
        derived |= {p: v for p, v in computed.items() if values.get(p, "") != v}
        settled = {p: v for p, v in (settled | derived).items() if v}
        return Changed(
            self.findings(settled), self.echoes(settled), derived, self.panel(settled), self.skip(settled),
            self.taken_over,
        )  # fmt: skip

    def skip(self, values: Values) -> Collection[str]:
        """Paths that are not asked as the record stands."""
        return records.not_asked(self.dictionary, values)

    def findings(self, values: Values) -> list[Finding]:
        """Everything there is to say about the record."""
        found = edits.findings(self.dictionary, values, self.context())
        return found + list(self.more_findings(values))

    def file(self, values: Values, reason: str) -> Filed | Refused:
        self._keep_lock()
        if self.taken_over:
            self.save_draft(values, "")
            raise screen.ScreenError(f"NOT FILED. {self.taken_over}")
        if self.begun != self.version:
            return self._compare(values)
        found = self.findings(values)
        for level, overridable in ((Level.FATAL, False), (Level.ERROR, True)):
            in_the_way = [finding for finding in found if finding.level is level]
            if in_the_way and (not overridable or (self.reason_for_errors and not reason)):
                return Refused(self.in_order(in_the_way), overridable)
        self.reason = reason
        try:
            filed = self.put(values, found)
        except Conflict:
            if not self.lock[0]:
                raise  # a new record, which somebody else began too: there is none here to compare with
            return self._compare(values)
        self.discard_draft()
        return filed

    def _compare(self, values: Values) -> Filed:
        """Nothing is filed: what was keyed goes into the draft, and both sides are shown item by item."""
        self.save_draft({path: value for path, value in values.items() if value}, "")
        return Filed(
            "NOT FILED: somebody else filed this record meanwhile. Take one value or the other, then file.",
            go=f"CNF {self.word} {self.key}",
        )

    # Words that every record has --------------------------------------------------------------------

    def items_history(self, rest: str) -> screen.Outcome:
        """HIST: every item that was ever changed."""
        return screen.Outcome(go=f"HIS {self.word} {self.key}")

    def undo_filing(self, rest: str) -> screen.Outcome:
        """``UNDOFILE why``: what was filed before stands again, as a filing of its own; nothing is forgotten."""
        case = self.filed()
        if case is None or case.revision < 2:
            return screen.Outcome(
                "It was filed once only: there is nothing earlier to go back to.", error=True
            )
        if not rest:
            return screen.Outcome("Say why: UNDOFILE and the reason.", error=True)
        if not self.lock[0]:
            return screen.Outcome("You can only read this record now.", error=True)
        if drafts.load(self.session.actor, (self.word, self.key)) is not None:
            return screen.Outcome("Give up what you keyed first (F12): it is not filed.", error=True)
        before = dict(self.record_at(str(case.revision - 1)) or {})
        self.reason = f"Filing {case.revision} undone: {rest}"
        self.put(before, self.findings(before))
        return screen.Outcome(
            f"Filing {case.revision} is undone: the record is as it was before.", reload=True
        )

    def take_over(self, rest: str) -> screen.Outcome:
        """``TAKEOVER why``: a supervisor takes the record from whoever has it."""
        if self.lock[0]:
            return screen.Outcome("You have this record yourself.", error=True)
        if not rest:
            return screen.Outcome("Say why: TAKEOVER and the reason.", error=True)
        lock = self.load(self.key).lock
        if not lock[0]:
            return screen.Outcome("Nobody has this record.", error=True)
        was = locks.take_over(self.session.actor, *lock, rest)
        return screen.Outcome(f"Taken over from {was}." if was else "Nobody had it any more.", reload=True)

    def in_order(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings as their fields stand on the form, those about the whole record last."""
        order = {id_: number for number, id_ in enumerate(self.dictionary.by_id)}

        def place(finding: Finding) -> tuple[int, int, int]:
            group, row, column = split_path(finding.field)
            id_ = f"{group}.{column}" if group else column
            first = (
                order.get(f"{group}.{self.columns[group][0]}", 0) if group in self.columns else order.get(id_)
            )
            return (len(order), 0, 0) if first is None else (first, row, order.get(id_, 0))

        return sorted(findings, key=place)

    @cached_property
    def columns(self) -> Mapping[str, Sequence[str]]:
        """Columns by group."""
        return {
            part.id: [column.id for column in part.items]
            for part in self.dictionary.parts()
            if isinstance(part, Group)
        }

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        item = self.dictionary.item_at(path)
        if item is None:
            return ()
        if item.type in SYSTEMS:
            return self.code_choices(item, values, text, limit)
        rows = records.choices(
            self.dictionary, self.session.tables, path, text, values, self.day(values), limit
        )
        return [Choice(row.code, row.text + (" (to be confirmed)" if row.confirm else "")) for row in rows]

    def code_choices(self, item: Item, values: Values, text: str, limit: int) -> list[Choice]:
        """Codes that fit what was typed: words, abbreviations or the beginning of a code."""
        if self.session.codes is None:
            raise screen.ScreenError("The code sets are not built yet: run 'recordroom codes build'.")
        hits = self.session.codes.choices(text, SYSTEMS[item.type], _date(self.day(values)), limit)
        return [Choice(hit.code, f"{hit.severity:<4}{hit.text}") for hit in hits]

    def echoes(self, values: Mapping[str, str]) -> dict[str, str]:
        """What every coded value stands for."""
        day, shown = self.day(values), {}
        for path, value in values.items():
            item = self.dictionary.item_at(path)
            if item is not None and value:
                text = self._meaning(item, path, value, values, day)
                if text:
                    shown[path] = text
        return shown

    def day(self, values: Mapping[str, str]) -> str:
        """The ISO day that picks code tables and code sets."""
        return records.record_day(self.dictionary, values, self.context())

    def context(self) -> Context:
        """Clock, tables and code sets for the rules."""
        codes, now = self.session.codes, store.current().now().local
        if codes is None:
            return Context(now, self.session.tables)
        return Context(
            now,
            self.session.tables,
            diagnosis_valid=lambda code, day: codes.valid(code, System.CM, date.fromisoformat(day)),
            procedure_valid=lambda code, day: codes.valid(code, System.PCS, date.fromisoformat(day)),
            poa_exempt=lambda code, day: codes.poa_exempt(code, date.fromisoformat(day)),
        )

    def _meaning(self, item: Item, path: str, value: str, values: Mapping[str, str], day: str) -> str:
        if item.type in SYSTEMS and not is_null(value):
            hit = (
                self.session.codes.hit(value, SYSTEMS[item.type], _date(day)) if self.session.codes else None
            )
            return hit.text if hit else ""
        return records.decode(self.dictionary, self.session.tables, path, value, values, day)

    def _keep_lock(self) -> None:
        """Renew the lock, or learn who has it now."""
        held = locks.keep(self.session.actor, *self.lock) if self.lock[0] else None
        if held is not None:
            self.lock = ("", "")
            name = held.full_name or held.user
            self.taken_over = f"{name} has taken this record over: you can only read it. Your draft is kept."

    def _take_lock(self) -> str:
        if not self.lock[0]:
            return ""
        held = locks.take(self.session.actor, *self.lock)
        if held is None:
            return ""
        self.lock = ("", "")
        name = held.full_name or held.user
        return f"{name} is changing this record now: you can only read it."

    def _part(self, part: Item | Group) -> screen.Field | screen.Group:
        if isinstance(part, Group):
            columns = tuple(self._field(item, echo=not index) for index, item in enumerate(part.items))
            return screen.Group(part.id, part.label, columns, part.rows)
        return self._field(part)

    def _field(self, item: Item, *, echo: bool = True) -> screen.Field:
        made = field_of(item, echo=echo)
        if item.type in SYSTEMS:
            listed = self.session.codes is not None
        else:
            listed = not item.table or item.table in self.session.tables
        return made if listed else replace(made, unlisted=True)


def field_of(item: Item, *, echo: bool = True) -> screen.Field:
    """The form's field for a dictionary's item."""
    decoded = bool(item.table) or item.type in SYSTEMS
    return screen.Field(
        item.id,
        item.label,
        item.width,
        KINDS[item.type],
        length=item.length,
        required=item.required,
        read_only=item.read_only or bool(item.computed),
        auto_skip=item.auto_skip or item.type is ItemType.YES_NO or (bool(item.table) and item.width == 1),
        lookup=decoded,
        same_row=item.same_row,
        unlisted=item.table.startswith(SITE),
        point=CATEGORY if item.type is ItemType.DIAGNOSIS else 0,
        echo=ECHO_CELLS.get(item.type, MOST_ECHO_CELLS) if decoded and echo else 0,
        imprecise=item.imprecise,
        past=item.past,
        decimals=item.decimals,
        nulls=item.nulls,
        carry=item.carry,
        default=item.default,
        help=help_of(item),
    )


def help_of(item: Item) -> str:
    """What F1 says about an item: its text, its standard name, its nulls, whether it is to be confirmed."""
    parts = [item.help or item.label + "."]
    if item.standard:
        parts.append(f"In the standard: {item.standard}.")
    if item.nulls:
        parts.append("Permitted nulls: " + ", ".join(f"/{null}" for null in item.nulls) + ".")
    if item.citation:
        parts.append(f"Source: {item.citation}.")
    if item.confirm:
        parts.append("Its list of values is still to be confirmed by the site.")
    return " ".join(parts)


def rows_in(values: Mapping[str, str], group: str) -> list[dict[str, str]]:
    """The rows of a repeating group in order, each by column."""
    found: dict[int, dict[str, str]] = {}
    for path, value in values.items():
        name, row, column = split_path(path)
        if name == group and value:
            found.setdefault(row, {})[column] = value
    return [found[row] for row in sorted(found)]


def _date(day: str) -> date | None:
    return date.fromisoformat(day) if len(day) == 10 else None
