"""A form made of a data dictionary: fields, help, prompt lists, findings and drafts come from the one declaration.

The abstract, the registries and the disclosure request subclass it and say only what loading and filing mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from math import inf
from time import monotonic, time
from typing import ClassVar

from config.data_sets import library
from db import store
from db.abstracting import rule_context
from db.acts import Conflict
from db.connect import StoreError
from db.history import Change, of_case
from db.hospital import encounters
from db.patient_index import patients
from db.registry import registries
from db.registry.cases import VOID, Case, revisions
from db.worklist import work_times
from rules import edits, overrides, records
from rules.codes import System
from rules.dictionary import Context, Dictionary, Group, Item, ItemType, Record, is_null, split_path
from rules.findings import Finding, Level
from rules.versions import differences
from rules.work import LIMITS, Stopwatch, limit
from screens.record import RecordForm
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


OVERRIDE = screen.Command("OVERRIDE", "Let the finding here stand, with a reason", "override")


class DataSetForm(RecordForm):
    """A record of one data set."""

    data_set: ClassVar[str]
    reason_for_errors: ClassVar[bool] = False  # with errors it is filed only with a reason

    def __init__(self, session: Session, data_set: str = "") -> None:
        """``data_set`` is what the menu says that the word opens; the class says so too."""
        super().__init__(session)
        self.reason = ""  # given for filing in spite of errors
        self._settings: Mapping[str, str] | None = None  # of the facility, as edits ask for them
        self.nulls: dict[str, str] = {}  # dependent nulls in force: filled in, taken back when they go
        self.dated = ""  # the date for which the version was last looked up
        self.dated_otherwise: Sequence[Finding] = ()
        pause = limit(session.tables[LIMITS], "pause", store.current().now().local[:10])
        self.longest_pause = inf if pause is None else pause  # seconds
        self.watch, self.began_utc = Stopwatch(monotonic(), self.longest_pause), int(time())
        self.values: Values = {}  # as they stood when a field was last left
        self.dictionary: Dictionary = self.dictionary_on("")

    # What a subclass says ---------------------------------------------------------------------------

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
        case = self.filed()
        return case.filed_by if case else ""

    def record_at(self, version: str) -> Record | None:
        case = self.filed()
        found = {each.number: each.record for each in revisions(case.id)} if case else {}
        return {} if version == "0" else found.get(int(version))

    def item_at(self, path: str) -> tuple[str, bool]:
        if overrides.is_override(path):
            return overrides.named(self.dictionary, path), True
        item = self.dictionary.item_at(path)
        return item_label(self.dictionary, path), item is not None and not (item.read_only or item.computed)

    def is_first_filing(self) -> bool:
        case = self.filed()
        return case is not None and (case.revision == 1 or revisions(case.id)[1].status == VOID)

    def go_back(self, why: str) -> None:
        before = dict(self.record_at(str(int(self.version) - 1)) or {})
        self.reason = f"Filing {self.version} undone: {why}"
        self.put(before, [finding for finding in self.findings(before) if not finding.overridden])

    def amended(self) -> list[Change]:
        case = self.filed()
        return [readable(change) for change in of_case(case.id)] if case else []

    # What all data sets have in common --------------------------------------------------------------

    def dictionary_on(self, day: str) -> Dictionary:
        """The version of the data set in force on an ISO day; the newest on a blank one."""
        return library(self.session.seat.directory / "site").of(self.data_set, day)

    def open(self, key: str) -> Opened:
        self.nulls = {}
        self.stop_watch(None)
        opened = super().open(key)
        self.watch, self.began_utc = Stopwatch(monotonic(), self.longest_pause), int(time())
        self.take_version(opened.values)
        self.dated, self.dated_otherwise = opened.values.get(self.dictionary.dated_by, "")[:10], ()
        if self.version == "0" and not opened.resumed:
            opened = replace(opened, new=True, values=self.brought(opened.values) | opened.values)
        return opened if opened.message else replace(opened, message=self.what_changed())

    def brought(self, values: Values) -> Values:
        """What a new record has from registration, the account and the patient's record before."""
        if not any(item.fill or item.carry_patient for item in self.dictionary.by_id.values()):
            return {}
        encounter_id = encounters.find(values.get("account", ""))
        stay = encounters.get(encounter_id) if encounter_id else None
        patient_id = stay.patient_id if stay else patients.by_mrn(values.get("mrn", ""))
        if not patient_id:
            return {}
        return registries.known(self.dictionary, self.session.tables, patient_id, stay)

    def take_version(self, values: Mapping[str, str]) -> None:
        """Take the version of the data set that holds on the record's date: the record is filed under it."""
        newest = self.dictionary_on("")
        self.session.refresh_tables()
        try:
            self.dictionary = self.dictionary_on(records.record_day(newest, values, self.context()))
        except LookupError:  # no version holds on that day: the newest is as good as any
            self.dictionary = newest
        self.__dict__.pop("columns", None)

    def other_version(self, values: Values) -> Sequence[Finding]:
        """That the date now in the record belongs to another version than the form shows."""
        day = values.get(self.dictionary.dated_by, "")[:10]
        if day == self.dated or len(day) < 10:
            return self.dated_otherwise
        self.dated, shown = day, self.dictionary
        self.take_version(values)
        holds, self.dictionary = self.dictionary, shown
        self.dated_otherwise = ()
        if holds.version != shown.version:
            message = (
                f"Version {holds.version} holds on this date, and it is filed under it: leave with F3 (a draft is "
                "kept) and open it again to see what that asks."
            )
            self.dated_otherwise = (Finding(Level.WARNING, "V001", message, self.dictionary.dated_by),)
        return self.dated_otherwise

    def what_changed(self) -> str:
        """What is new for a record that was entered under another version; blank when it was not."""
        case = self.filed()
        if case is None or case.version == self.dictionary.version:
            return ""
        try:
            entered = library(self.session.seat.directory / "site").version(self.data_set, case.version)
        except LookupError:
            gone = f"Entered under version {case.version}, which is not here any more."
            return f"{gone} Filing takes up {self.dictionary.version}."
        changed = "; ".join(differences(entered, self.dictionary)) or "nothing that is asked"
        return f"Entered under version {case.version}. Filing takes up {self.dictionary.version}: {changed}."

    def sections(self) -> tuple[screen.Section, ...]:
        return tuple(
            screen.Section(
                section.id,
                section.title,
                tuple(self._part(part) for part in section.parts if not is_aside(part)),
            )
            for section in self.dictionary.sections
        )

    def changed(self, values: Values, path: str) -> Changed:
        if path:
            self.keep_lock()
            self.watch.touch(monotonic())
            self._coded(values, path)
        context = self.context()
        followed = self.follows(values, path)
        values = values | followed
        nulls = records.null_values(self.dictionary, values)
        freed = {p: "" for p, v in self.nulls.items() if p not in nulls and values.get(p) == v}
        self.nulls = nulls
        derived = followed | freed | {p: v for p, v in nulls.items() if values.get(p) != v}
        settled = values | derived
        computed = edits.computed(self.dictionary, settled, context)
        derived |= {p: v for p, v in computed.items() if values.get(p, "") != v}
        settled = {p: v for p, v in (settled | derived).items() if v}
        self.values = settled
        found = [*self.findings(settled), *self.other_version(settled)]
        return Changed(
            found, self.echoes(settled), derived, self.panel(settled), self.skip(settled), self.taken_over
        )

    def _coded(self, values: Values, path: str) -> None:
        """A code in a field ends what was looked for before."""
        item = self.dictionary.item_at(path)
        if item is not None and item.type in SYSTEMS and values.get(path):
            self.session.search_log.chose(values[path], SYSTEMS[item.type])

    def follows(self, values: Values, path: str) -> Values:
        """Values that what was keyed at ``path`` brings with it."""
        return {}

    def skip(self, values: Values) -> Collection[str]:
        """Paths that are not asked as the record stands."""
        return records.not_asked(self.dictionary, values)

    def findings(self, values: Values) -> list[Finding]:
        """Everything there is to say about the record."""
        found = edits.findings(self.dictionary, values, self.context())
        found += list(self.more_findings(values))
        return overrides.marked(found, overrides.in_force(self.dictionary, values, self.session.tables))

    def file(self, values: Values, reason: str) -> Filed | Refused:
        self.refuse_when_taken_over(values)
        if self.begun != self.version:
            return self.compare(values)
        self.take_version(values)
        found = self.findings(values)
        for path in overrides.lapsed(values, found):
            del values[path]
        found = [finding for finding in found if not finding.overridden]
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
            return self.compare(values)
        before = self.version.partition(" ")[0]
        self.stop_watch(int(before) + 1 if before.isdecimal() else 1)
        self.discard_draft()
        return filed

    def stop_watch(self, revision: int | None) -> None:
        """Keep the time at this record, which ended with a filing or without one; whoever only looked has none."""
        watch, self.watch = self.watch, Stopwatch(monotonic(), self.longest_pause)
        if revision is not None:
            watch.touch(monotonic())
        changing = bool(self.lock[0]) or self.version == "0"
        if store.current().tampered or not changing or (revision is None and watch.seconds < 1):
            return
        record, seconds = self.key.partition(" ")[0], round(watch.seconds)
        with suppress(StoreError):  # filed, or kept as a draft: the time is not worth an error
            work_times.note(self.session.actor, self.data_set, record, self.began_utc, seconds, revision)

    def close(self) -> None:
        self.stop_watch(None)
        super().close()

    def override(self, rest: str) -> screen.Outcome:
        """``OVERRIDE why``: the finding at the cursor stands with a reason, until what it is about changes.

        ``OVERRIDE code why`` picks one of several, and one that is about the whole record.
        """
        word, _, reason = rest.partition(" ")
        tables, today = self.session.tables, store.current().now().local[:10]
        found = [each for each in self.findings(self.values) if not each.overridden]
        asked = [each for each in found if each.code.upper() == word.upper()]
        if asked:
            asked = [each for each in asked if each.field == self.focus] or asked
        else:
            reason = rest
            asked = sorted(
                (each for each in found if each.field == self.focus),
                key=lambda each: not overrides.may_be_overridden(self.dictionary, each, tables, today),
            )
        if not asked:
            return screen.Outcome(
                "There is no finding here: Ctrl+E lists them, Enter goes to one.", error=True
            )
        finding = asked[0]
        if not overrides.may_be_overridden(self.dictionary, finding, tables, today):
            return screen.Outcome(f"{finding.code} cannot be overridden: {finding.message}", error=True)
        if not reason.strip():
            return screen.Outcome(f"Say why {finding.code} may stand: OVERRIDE and the reason.", error=True)
        if not self.lock[0] and self.version != "0":
            return screen.Outcome("You can only read this record now.", error=True)
        path, text = overrides.overriding(
            self.dictionary, self.values, finding, tables, self.session.user, today, reason
        )
        return screen.Outcome(f"{finding.code} stands with your reason once you file.", values={path: text})

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

    def is_complete(self, values: Values, path: str, text: str) -> bool:
        item = self.dictionary.item_at(path)
        if item is None or item.several:
            return False
        if item.type in SYSTEMS:
            codes = self.session.codes
            return codes is not None and codes.is_whole(text, SYSTEMS[item.type], _date(self.day(values)))
        table = self.session.tables.get(records.table_of(item, self.dictionary, values, path))
        return table is not None and table.is_whole(text.upper(), self.day(values))

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
        self.session.search_log.looked(text, SYSTEMS[item.type], self.data_set, len(hits), to_choose=True)
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
        if self._settings is None:
            self._settings = rule_context.options()
        return rule_context.context(self.session.tables, self.session.codes, self._settings)

    def _meaning(self, item: Item, path: str, value: str, values: Mapping[str, str], day: str) -> str:
        if item.type in SYSTEMS and not is_null(value):
            hit = (
                self.session.codes.hit(value, SYSTEMS[item.type], _date(day)) if self.session.codes else None
            )
            return hit.text if hit else ""
        return records.decode(self.dictionary, self.session.tables, path, value, values, day)

    def _part(self, part: Item | Group) -> screen.Field | screen.Group:
        if isinstance(part, Group):
            asked = [item for item in part.items if not item.aside]
            columns = tuple(self._field(item, echo=not index) for index, item in enumerate(asked))
            return screen.Group(part.id, part.label, columns, part.rows, part.stop)
        return self._field(part)

    def _field(self, item: Item, *, echo: bool = True) -> screen.Field:
        made = field_of(item, echo=echo)
        if item.type in SYSTEMS:
            listed = self.session.codes is not None
        else:
            listed = not item.table or item.table in self.session.tables
        return made if listed else replace(made, unlisted=True)


def readable(change: Change) -> Change:
    """A change in the history; of an override who let it stand and why."""
    if not overrides.is_override(change.item):
        return change
    old, new = (
        overrides.kept({change.item: text})[0].said if text else "" for text in (change.old, change.new)
    )
    return replace(change, old=old, new=new)


def is_aside(part: Item | Group) -> bool:
    """Whether a part of a data set is keyed on a screen of its own."""
    return isinstance(part, Item) and part.aside


def item_label(dictionary: Dictionary, path: str) -> str:
    """An item as people know it, with the number of its row."""
    item, (_, row, _) = dictionary.item_at(path), split_path(path)
    label = item.label if item else path
    return f"{row} {label}" if row else label


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
        within=item.within,
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
