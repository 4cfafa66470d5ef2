"""Registries: one form, one list and one list of cases to find for every data set that stands for itself.

``record``, ``records`` and ``suspense`` are what the menu names; which registry it is stands in the menu's row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar, cast

from config.data_sets import library
from db import store
from db.abstracting.abstracts import DATA_SET
from db.actors import Action as Deed
from db.acts import viewed
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases, registries
from db.registry import counts as registry_counts
from db.registry.cases import COMPLETE, OPEN, Case
from rules.codes import dotted
from rules.dates import Unclear, parse_date
from rules.dictionary import Dictionary, Item, ItemType
from rules.dictionary import Registry as Declared
from rules.findings import Finding, Level
from rules.moments import day_number, iso_date
from rules.records import decode
from screens import shown
from screens.data_set import OVERRIDE, DataSetForm
from screens.hospital.account import encounter_named
from screens.keyset import Key, KeysetList
from screens.patient_index.patients import patient_named
from screens.record import RECORD_WORDS, Loaded
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Column,
    Command,
    Field,
    Filed,
    Group,
    Note,
    Opened,
    Outcome,
    Row,
    ScreenError,
    Section,
    Values,
)

NEW: Final = "NEW"
NUMBER_DIGITS: Final = 6
FIND_FIRST: Final = ("mrn", "account")
COLUMN_CELLS: Final = {ItemType.DATE: 10, ItemType.MOMENT: 16, ItemType.TIME: 5, ItemType.YES_NO: 3}
WIDEST_COLUMN: Final = 20
HELP: Final = (
    "Key the account: patient, arrival and discharge come from registration. / is the first null of a field, "
    "// the second. OVERRIDE and a reason lets the finding at the cursor stand, where its edit permits that. "
)
_NAMED: Final = re.compile(r"\{([^}]*)\}")
S = TypeVar("S", bound="OfRegistry")


class OfRegistry:
    """What the screens of a registry know about it; a class of its own is made for each of them."""

    session: Session
    data_set: ClassVar[str]

    @property
    def declared(self) -> Dictionary:
        """The newest version."""
        return library(self.session.seat.directory / "site").of(self.data_set)

    @property
    def registry(self) -> Declared:
        """Its words, list and case finding."""
        registry = self.declared.registry
        assert registry is not None
        return registry


def record(session: Session, data_set: str) -> Registry:
    """The form of a registry."""
    return _made(Registry, session, data_set)


def records(session: Session, data_set: str) -> RegistryList:
    """The list of a registry."""
    return _made(RegistryList, session, data_set)


def suspense(session: Session, data_set: str) -> Suspense:
    """The accounts that may be cases of a registry."""
    return _made(Suspense, session, data_set)


def _made(kind: type[S], session: Session, data_set: str) -> S:
    dictionary = library(session.seat.directory / "site").of(data_set)
    registry = dictionary.registry
    if registry is None:
        raise ScreenError(f"{dictionary.title} is no registry: its dictionary has no [registry].")
    registries.check_role(session.actor, dictionary)
    finding = registry.case_finding
    titles = {
        Registry: dictionary.title,
        RegistryList: registry.list_title,
        Suspense: finding.title if finding else "",
    }
    attributes: dict[str, Any] = {
        "data_set": data_set, "word": dictionary.word, "list_word": registry.list_word, "title": titles[kind],
    }  # fmt: skip
    if kind is Registry:
        attributes["help"] = HELP + registry.help
    else:
        attributes["actions"] = tuple(
            replace(each, go=each.go.replace("{word}", dictionary.word))
            for each in getattr(kind, "actions", ())
        )
    made: S = cast(Any, type(kind.__name__, (kind,), attributes))(session)
    return made


class Registry(OfRegistry, DataSetForm):
    """A record of a registry by its number; ``NEW account`` or nothing begins one."""

    list_word: ClassVar[str]  # the list to which filing goes back
    view: ClassVar[Deed] = Deed.VIEW_REGISTRY
    change: ClassVar[Deed] = Deed.FILE_REGISTRY
    commands: ClassVar[tuple[Command, ...]] = (
        Command("CHART", "Chart", "chart"),
        OVERRIDE,
        *RECORD_WORDS,
    )
    case: Case | None = None

    def load(self, key: str) -> Loaded:
        self.case = None
        word, _, account = key.partition(" ")
        if not key or word.upper() == NEW:
            begin = {"account": account.strip()} if account else {}
            return Loaded(self.beginning() | begin | self.from_chart(begin, "account"), "0")
        case = cases.by_number(self.data_set, key.zfill(NUMBER_DIGITS))
        if case is None:
            raise ScreenError(f"There is no record {key} in this registry: {self.list_word} lists them.")
        self.case = case
        viewed(
            self.session.actor, self.view, kind=self.data_set, record=case.number, patient_id=case.patient_id,
            cases=(case.id,),
        )  # fmt: skip
        who = patients.get(case.patient_id)
        filed = shown.utc(case.filed_utc, store.current().zone)
        times = "once" if case.revision == 1 else f"{case.revision} times"
        banner = (
            shown.who(
                who["mrn"], who["name"], who["birth_date"], who["sex"], store.current().now().local[:10]
            ),
            f"Record {case.number}, {case.status}, filed {times}, last {filed} by {case.filed_by}",
        )
        return Loaded(case.record, str(case.revision), banner, (self.data_set, case.number))

    def open(self, key: str) -> Opened:
        """A new record whose account is known begins at the first thing that is missing."""
        opened = super().open(key)
        if not opened.new or opened.focus or not opened.values.get("mrn"):
            return opened
        missing = [each for each in self.findings(opened.values) if self.item_at(each.field)[1]]
        return replace(opened, focus=self.in_order(missing)[0].field if missing else "")

    def filed(self) -> Case | None:
        return self.case

    def beginning(self) -> dict[str, str]:
        """Values of a new record."""
        return {
            id_: item.default
            for id_, item in self.dictionary.by_id.items()
            if item.default and "." not in id_
        }

    def sections(self) -> tuple[Section, ...]:
        """A record that is filed stays with its patient, and with its account once it has one."""
        fixed: set[str] = set()
        if self.case is not None:
            fixed = {"mrn", "account"} if self.case.encounter_id else {"mrn"}
        own_number = f"{self.data_set}_number"  # stands in the banner

        def shown_part(part: Field | Group | Note) -> Field | Group | Note:
            return replace(part, read_only=True) if isinstance(part, Field) and part.name in fixed else part

        return tuple(
            replace(
                section, parts=tuple(shown_part(part) for part in section.parts if named(part) != own_number)
            )
            for section in super().sections()
        )

    def changed(self, values: Values, path: str) -> Changed:
        known = self.from_chart(values, path) if path in ("mrn", "account") else {}
        values = values | known
        reply = super().changed(values, path)
        about = self.whom(values) if self.case is None else ()
        return replace(reply, values={**known, **reply.values}, panel=(*about, *reply.panel))

    def whom(self, values: Values) -> Sequence[str]:
        """Who a new record is about: the banner says it once it is filed."""
        patient_id = patients.by_mrn(values.get("mrn", ""))
        if not patient_id:
            return ()
        who, today = patients.get(patient_id), store.current().now().local[:10]
        line = shown.who(who["mrn"], who["name"], who["birth_date"], who["sex"], today)
        encounter_id = encounters.find(values.get("account", ""))
        if encounter_id:
            stay = encounters.get(encounter_id)
            came, left = stay.admitted_at or stay.arrived_at, shown.day(stay.discharged_at[:10])
            line += f"  {shown.day(came[:10])} - {left or 'in house'}"
        return (line,)

    def from_chart(self, values: Values, path: str) -> dict[str, str]:
        """What registration, the account and the patient's record before know, for items that are still blank."""
        if not values.get(path):
            return {}
        stay = encounter_named(values["account"]) if path == "account" else None
        patient_id = stay.patient_id if stay else patient_named(values["mrn"])
        number = stay.account if stay else values["mrn"]
        abstract = cases.by_encounter(DATA_SET, stay.id) if stay else None
        viewed(
            self.session.actor, self.view, kind=self.data_set, record=f"{NEW} {number}", patient_id=patient_id,
            cases=(abstract.id,) if abstract else (),
        )  # fmt: skip
        found = registries.known(self.dictionary, self.session.tables, patient_id, stay)
        return {"mrn": patients.get(patient_id)["mrn"]} | {
            item: value for item, value in found.items() if not values.get(item)
        }

    def more_findings(self, values: Values) -> Sequence[Finding]:
        return registries.about(self.dictionary, values, self.case)

    def panel(self, values: Values) -> Sequence[str]:
        registry = self.dictionary.registry

        def answer(match: re.Match[str]) -> str:
            value = values.get(match[1], "").lstrip("/")
            item = self.dictionary.item_at(match[1])
            return (shown.day(value) if item and item.type is ItemType.DATE else value) or "-"

        return tuple(_NAMED.sub(answer, line) for line in registry.panel) if registry else ()

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        standing = [finding for finding in findings if not finding.overridden]
        case = registries.file(
            self.session.actor, self.dictionary, values, standing, before=self.case, reason=self.reason
        )
        wrong = sum(finding.level in (Level.FATAL, Level.ERROR) for finding in standing)
        state = "complete" if case.status == COMPLETE else f"still open: {wrong} to fill in or to mend"
        return Filed(f"FILED {case.number}, {state}", go=self.list_word)

    def chart(self, rest: str) -> Outcome:
        if self.case is None:
            return Outcome("File the record first (F2).", error=True)
        return Outcome(go=f"CHT {patients.get(self.case.patient_id)['mrn']}")

    def withdraw(self, why: str) -> None:
        if self.case is not None:
            cases.void_case(self.session.actor, self.change, self.case, why)

    def begun_anew(self) -> tuple[str, Values]:
        values = dict(self.case.record) if self.case else {}
        return f"{NEW} {values.get('account', '')}".strip(), values

    def left_for(self) -> str:
        return f"={self.list_word}"


def named(part: Field | Group | Note) -> str:
    """The name of a part of a form; a note has none."""
    return "" if isinstance(part, Note) else part.name


class RegistryList(OfRegistry, KeysetList):
    """The records of a registry, last filed first; with a patient's name or number, those of the patient."""

    word: ClassVar[str]  # opens a record
    actions: ClassVar[tuple[Action, ...]] = (Action("O", "Open", go="{word} {subject}"),)
    empty: ClassVar[str] = "No record here: F6 begins one, F10 shows all of them."
    position_label: ClassVar[str] = "Record number or patient"
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "New", "new", "F6"),
        Command("ALL", "Open or all", "every", "F10"),
    )
    open_only = False
    patient_id = 0

    def open(self, key: str) -> str:
        self.open_only = key.upper() == "OPEN"
        self.patient_id = patient_named(key) if key and not self.open_only else 0
        viewed(
            self.session.actor, Deed.VIEW_REGISTRY, kind="list", record=self.data_set,
            patient_id=self.patient_id or None, detail={"open": int(self.open_only)},
        )  # fmt: skip
        return ""

    def heading(self) -> Sequence[str]:
        if self.patient_id:
            who = patients.get(self.patient_id)
            return (f"Records of {who['mrn']} {who['name']}",)
        open_, all_ = registry_counts.records(self.data_set, OPEN), registry_counts.records(self.data_set)
        counted = "1 record" if all_ == 1 else f"{all_} records"
        return (f"{counted}, {open_} open" + (": the open ones" if self.open_only else ""),)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Number", 6, frozen=True), Column("Status", 8), *(column_of(*each) for each in self.items()),
            Column("MRN", 8), Column("Name", 22), Column("Account", 10), Column("Filed", 15), Column("By", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = store.current().zone
        found = cases.listing(
            self.data_set, (-after[0], -after[1]) if after else None, limit,
            status=OPEN if self.open_only else "", patient_id=self.patient_id,
        )  # fmt: skip
        own = cases.texts([row.id for row in found], [name for name, _ in self.registry.columns])
        return [
            Row(
                (-row.filed_utc, -row.id),
                (
                    row.number, row.status, *self.own_cells(own[row.id]), row.mrn, row.patient_name, row.account,
                    shown.utc(row.filed_utc, zone), row.filed_by,
                ),
                row.number,
            )
            for row in found
        ]  # fmt: skip

    def items(self) -> list[tuple[Item, str]]:
        """The items that the registry's own columns show, with their headings."""
        dictionary = self.declared
        return [(dictionary.by_id[name], heading) for name, heading in self.registry.columns]

    def own_cells(self, texts: Mapping[str, str]) -> list[str]:
        """The registry's own columns of a record; a code stands with what it means where there is room."""
        return [self._cell(item, texts.get(item.id, "")) for item, _ in self.items()]

    def _cell(self, item: Item, value: str) -> str:
        if item.type in (ItemType.DATE, ItemType.MOMENT):
            return f"{shown.day(value[:10])} {value[11:].replace(':', '')}".strip()
        if item.type is ItemType.CODE and value:
            meaning = decode(self.declared, self.session.tables, item.id, value)
            return f"{value} {meaning}".strip()
        return {"1": "Y", "0": "N"}.get(value, value) if item.type is ItemType.YES_NO else value

    def position(self, text: str) -> Key | None:
        """Just before the record with this number, or the last one of this patient."""
        case = cases.by_number(self.data_set, text.strip().zfill(NUMBER_DIGITS))
        if case is not None:
            return (-case.filed_utc, -case.id - 1)
        found = cases.listing(self.data_set, None, 1, patient_id=patient_named(text))
        if not found:
            raise ScreenError(f"This registry has no record of {text}.")
        return (-found[0].filed_utc, -found[0].id - 1)

    def new(self, rest: str) -> Outcome:
        return Outcome(go=f"{self.word} {NEW} {rest}" if rest else self.word)

    def every(self, rest: str) -> Outcome:
        self.open_only, self.patient_id = not (self.open_only or self.patient_id), 0
        return Outcome(reload=True)


def column_of(item: Item, heading: str) -> Column:
    """The column of a list for an item: its heading over what the item needs."""
    cells = COLUMN_CELLS.get(item.type, min(max(item.width, 3), WIDEST_COLUMN))
    if item.type is ItemType.CODE:
        cells = WIDEST_COLUMN
    heading = heading or item.label
    right = item.type in (ItemType.INTEGER, ItemType.DECIMAL)
    return Column(
        heading[:WIDEST_COLUMN], max(cells, min(len(heading), WIDEST_COLUMN)), ">" if right else "<"
    )


class Suspense(OfRegistry, KeysetList):
    """Discharged accounts with a diagnosis of the registry and no record in it yet, oldest first."""

    word: ClassVar[str]
    empty: ClassVar[str] = "Every account that was found is settled: it has a record, or it is no case."
    position_label: ClassVar[str] = "Discharged on or after"
    help: ClassVar[str] = (
        "A begins the record of the account under the cursor. N asks why it is no case: then it does not come again. "
        "F10 shows those, and B brings one back. The codes are those that found it."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("A", "Begin record", go="{word} NEW {subject}"),
        Action("N", "Not a case", method="dismiss", why="Why is it no case?"),
        Action("B", "Bring back", method="bring_back"),
        Action("C", "Account", go="ACC {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ALL", "Waiting or not cases", "other", "F10"),
        Command("NOT", "Not a case: account and why", "not_a_case"),
    )
    dismissed = False
    count = 0

    def open(self, key: str) -> str:
        self.dismissed = key.strip().upper() == "NOT"
        self.count = registries.suspects_count(self.declared)
        registries.view_suspects(self.session.actor, self.declared, self.count)
        return ""

    def heading(self) -> Sequence[str]:
        self.count = registries.suspects_count(self.declared)
        what = "Said to be no cases" if self.dismissed else f"{self.count} to look at"
        return (what,)

    def columns(self) -> Sequence[Column]:
        why = (Column("Why", 32), Column("Said by", 10)) if self.dismissed else ()
        return (
            Column("Account", 11, frozen=True), Column("Discharged", 10), *why, Column("Found by", 20),
            Column("MRN", 10), Column("Name", 22),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start = (after[0], after[1]) if after else None
        return [
            Row(
                row.key,
                (
                    row.account, shown.day(iso_date(row.discharge_day)),
                    *((row.reason, row.by) if self.dismissed else ()),
                    " ".join(map(dotted, row.codes.split())), row.mrn, row.patient_name,
                ),
                row.account,
            )
            for row in registries.suspects(
                self.declared, start, limit, dismissed=self.dismissed, user=self.session.user
            )
        ]  # fmt: skip

    def position(self, text: str) -> Key | None:
        found = parse_date(text, datetime.fromisoformat(store.current().now().local), past=True)
        return None if isinstance(found, Unclear) else (day_number(found) - 1, 2**62)

    def dismiss(self, account: str, reason: str) -> Outcome:
        """N: it is no case, and why."""
        return self.not_a_case(f"{account} {reason}")

    def not_a_case(self, rest: str) -> Outcome:
        """``NOT account why``."""
        account, _, reason = rest.strip().partition(" ")
        if not account or not reason.strip():
            return Outcome("Key NOT, the account, and why it is no case.", error=True)
        stay = encounter_named(account)
        registries.not_a_case(self.session.actor, self.declared, stay.account, reason)
        return Outcome(f"Account {stay.account} is no case; F10 lists those.", reload=True)

    def bring_back(self, account: str) -> Outcome:
        """B: it waits again."""
        registries.a_case_after_all(self.session.actor, self.declared, account)
        return Outcome(f"Account {account} waits again.", reload=True)

    def other(self, rest: str) -> Outcome:
        self.dismissed = not self.dismissed
        return Outcome("Accounts that are no case." if self.dismissed else "Accounts that wait.", reload=True)
