"""A form made of a data dictionary: fields, help, prompt lists, findings and drafts come from the one declaration.

The abstract, the registries and the disclosure request subclass it and say only what loading and filing mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from config.data_sets import library
from db import drafts, locks, store
from rules import edits, records
from rules.codes import System
from rules.dictionary import Context, Dictionary, Group, Item, ItemType, Record, is_null, split_path
from rules.findings import Finding, Level
from screens.session import Session
from tui import screen
from tui.screen import Changed, Choice, Filed, FormScreen, Kind, Opened, Refused, Values

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
ECHO_CELLS = 30
CODE_ECHO_CELLS = 44


@dataclass(frozen=True, slots=True)
class Loaded:
    """A record as its store has it. ``version`` goes back when it is filed, so that no change is lost."""

    record: Record
    version: str
    banner: tuple[str, ...] = ()
    lock: tuple[str, str] = ("", "")  # kind and number of the record to lock while it is keyed
    read_only: str = ""  # why it cannot be changed, in words


class DataSetForm(FormScreen):
    """A record of one data set."""

    data_set: ClassVar[str]
    word: ClassVar[str]  # fast-path word, under which drafts are kept
    session: Session

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.key = ""
        self.version = ""
        self.lock = ("", "")
        self.nulls: dict[
            str, str
        ] = {}  # dependent nulls in force: filled in, not asked, taken back when they go
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

    # What all data sets have in common --------------------------------------------------------------

    def dictionary_on(self, day: str) -> Dictionary:
        """The version of the data set in force on an ISO day; the newest on a blank one."""
        return library(self.session.seat.directory / "site").of(self.data_set, day)

    def open(self, key: str) -> Opened:
        loaded = self.load(key)
        self.key, self.version, self.lock, self.nulls = key, loaded.version, loaded.lock, {}
        held = self._take_lock()
        draft = drafts.load(self.session.actor, (self.word, key))
        values, focus, message = dict(loaded.record), "", ""
        if draft is not None:
            values, focus = draft.values, draft.focus
            message = "Your draft of this record is resumed."
            if draft.version != loaded.version:
                message = "Your draft is resumed, but the record was changed since: compare before filing."
        return Opened(
            values, loaded.banner, focus, message, locked=loaded.read_only or held, resumed=draft is not None
        )

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
        context = self.context()
        nulls = records.null_values(self.dictionary, values)
        freed = {p: "" for p, v in self.nulls.items() if p not in nulls and values.get(p) == v}
        self.nulls = nulls
        derived = freed | {p: v for p, v in nulls.items() if values.get(p) != v}
        settled = values | derived
        computed = edits.computed(self.dictionary, settled, context)
        derived |= {p: v for p, v in computed.items() if values.get(p, "") != v}
        settled |= derived
        return Changed(
            self.findings(settled), self.echoes(settled), derived, self.panel(settled), frozenset(nulls)
        )

    def findings(self, values: Values) -> list[Finding]:
        """Everything there is to say about the record."""
        found = edits.findings(self.dictionary, values, self.context())
        return found + list(self.more_findings(values))

    def file(self, values: Values, reason: str) -> Filed | Refused:
        found = self.findings(values)
        fatal = [finding for finding in found if finding.level is Level.FATAL]
        if fatal:
            return Refused(fatal)
        filed = self.put(values, found)
        drafts.discard(self.session.actor, (self.word, self.key))
        return filed

    def save_draft(self, values: Values, focus: str) -> None:
        drafts.save(self.session.actor, (self.word, self.key), values, focus, self.version)
        if self.lock[0]:
            locks.keep(self.session.actor, *self.lock)

    def discard_draft(self) -> None:
        drafts.discard(self.session.actor, (self.word, self.key))

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
        return [Choice(hit.code, f"{hit.shown:<9}{hit.severity:<4}{hit.text}") for hit in hits]

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

    def _take_lock(self) -> str:
        if not self.lock[0]:
            return ""
        held = locks.take(self.session.actor, *self.lock)
        if held is None:
            return ""
        self.lock = ("", "")
        name = held.full_name or held.user
        return f"{name} has been changing this record: you can read it, and change it when they leave it."

    def _part(self, part: Item | Group) -> screen.Field | screen.Group:
        if isinstance(part, Group):
            columns = tuple(field_of(item, echo=not index) for index, item in enumerate(part.items))
            return screen.Group(part.id, part.label, columns, part.rows)
        return field_of(part)


def field_of(item: Item, *, echo: bool = True) -> screen.Field:
    """The form's field for a dictionary's item."""
    decoded = bool(item.table) or item.type in SYSTEMS
    cells = CODE_ECHO_CELLS if item.type in SYSTEMS else ECHO_CELLS
    return screen.Field(
        item.id,
        item.label,
        item.width,
        KINDS[item.type],
        length=item.length,
        required=item.required,
        read_only=item.read_only or bool(item.computed),
        auto_skip=item.auto_skip,
        lookup=decoded,
        same_row=item.same_row,
        echo=cells if decoded and echo else 0,
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
