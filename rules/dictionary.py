"""What a data set is: sections, items, repeating groups and edits, as plain values loaded from TOML.

A dictionary declares a data set once. Form, help, prompt lists, validation, stored shape, import and export
columns and the printed data dictionary all come from it. A record is a ``Record``: canonical text by item
path. Canonical text is ISO for dates (``2026-11-21``), ``HH:MM`` for times, ``2026-11-21T07:30`` for both,
``1``/``0`` for yes and no, a plain decimal for numbers; a null value is its code with a leading ``/``
(``/NA``, ``/NK``), so that no null can be taken for a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from rules.codes_notes import CodeNotes
from rules.findings import Level
from rules.tables import CodeTable, Tables

if TYPE_CHECKING:
    from rules.evidence import Document

Record = Mapping[str, str]
"""Canonical text by path: ``sex``, or ``diagnoses[2].poa`` for the second row of a group. Blank is absent."""


class ItemType(StrEnum):
    """What an item holds, and so how it is keyed, checked and kept."""

    TEXT = "text"  # as keyed
    CODE = "code"  # one value of a code table, folded to upper case
    DIAGNOSIS = "diagnosis"  # ICD-10-CM, kept without the dot
    PROCEDURE = "procedure"  # ICD-10-PCS
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"  # date and time
    INTEGER = "integer"
    DECIMAL = "decimal"
    YES_NO = "yes-no"
    NOTE = "note"  # longer text


@dataclass(frozen=True, slots=True)
class Condition:
    """``item`` compared with ``values``: the one form in which rules ask about other items.

    ``test`` is ``in``, ``not-in``, ``begins`` (with one of the values), ``answered`` or ``blank``; ``values`` may
    hold null codes (``/NA``).
    Conditions in a tuple must all hold. An item that is still blank is neither ``in`` nor ``not-in``; a
    null is not ``answered`` and not ``blank``. ``item`` may be a column (``diagnoses.code``: of the row in
    hand, or of any row when the rule is about no row), a row's column (``diagnoses[1].code``) or a group.
    """

    item: str
    test: str = "in"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NullWhen:
    """A dependent null: while ``when`` holds, the item takes ``null`` and is not asked."""

    null: str
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class TableWhen:
    """While ``when`` holds, the item's values come from ``table`` instead of the item's own one."""

    table: str
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is collected."""

    id: str
    label: str
    type: ItemType = ItemType.TEXT
    width: int = 20
    length: int = 0  # longest value; 0 is ``width``
    table: str = ""  # code table that lists the permitted values; ``site.providers`` and such are the site's
    table_when: tuple[TableWhen, ...] = ()
    several: bool = False  # holds several codes of its table, a blank between two
    required: bool = False
    required_when: tuple[Condition, ...] = ()
    asked_when: tuple[Condition, ...] = ()  # while it does not hold, the walk passes over the blank item
    nulls: tuple[str, ...] = ()  # null codes permitted here, such as NA and NK
    null_when: tuple[NullWhen, ...] = ()
    minimum: str = ""
    maximum: str = ""
    decimals: int = 0
    default: str = ""
    help: str = ""
    standard: str = ""  # the standard's own name for it, such as "NTDS IncidentDate"
    citation: str = ""
    column: str = ""  # typed table and column that holds it; else the record's JSON document
    computed: str = ""  # name of the function in rules that derives it; such an item is never keyed
    of: tuple[str, ...] = ()  # what a general function derives it from; ``date+time`` make a moment
    fill: str = ""  # where a new record has it from: ``patient.zip``, ``account.arrived_date``
    read_only: bool = False
    auto_skip: bool = False  # fixed length: the field is left when it is full
    carry: bool = False  # keeps its value on the next record of the session
    carry_patient: bool = False  # a new record has it from the patient's record before
    imprecise: bool = False  # a date may lack its day, or day and month
    past: bool = False  # a date that cannot lie ahead: two-digit years turn back
    within: tuple[str, ...] = ()  # two items whose days it lies between: a year left out is theirs
    same_row: bool = False  # stands on the row of the item before it
    aside: bool = False  # keyed on a screen of its own, never asked in the form
    confirm: bool = False  # value list or wording still to be confirmed by a person
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Items that repeat as numbered rows, such as diagnoses or injuries."""

    id: str
    label: str
    items: tuple[Item, ...]
    rows: int = 25
    help: str = ""
    min_rows: int = 0  # rows without which the record is not complete
    stop: bool = False  # the walk through what is missing stops at its open row: there may always be more
    asked_when: tuple[Condition, ...] = ()  # while it does not hold, the walk passes over the open row


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of the record; ``id`` is its jump word."""

    id: str
    title: str
    parts: tuple[Item | Group, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A rule over several items.

    ``kind`` is ``required-when``, ``order`` (``items`` are moments or dates that must not decrease; a date
    item and a time item joined by ``+`` make a moment), ``range``, ``in-table`` (``table``), ``excludes``
    (``items`` hold nothing, or none of ``values``), ``sum`` (the last of ``items`` equals the sum of the
    others), ``unique`` (no two rows of a group agree in all of ``items``), ``alone`` (a column that holds one of
    ``values`` in one row holds nothing in the others) or ``function`` (``function`` names an entry of the
    registered table). ``when`` limits all of them. ``message`` may say ``{item}``, and in an
    ``order`` ``{earlier}`` and ``{later}``, for the labels of the items found. An edit over columns of a
    group is asked of every row.
    """

    code: str
    level: Level
    kind: str
    message: str
    items: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    values: tuple[str, ...] = ()
    minimum: str = ""
    maximum: str = ""
    table: str = ""
    function: str = ""
    citation: str = ""
    standard: str = ""  # the standard's own number for the rule
    confirm: bool = False
    override: bool = False  # what it finds may be let stand with a reason


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """Discharged accounts that may belong into a registry: those with a diagnosis in one of the ranges.

    A range is its first and its last code without point, both inside, with everything below them:
    ``("I60", "I63")`` holds I639.
    """

    word: str  # opens the suspense list
    title: str
    diagnoses: tuple[tuple[str, str], ...]
    principal: bool = False  # the principal diagnosis alone counts
    discharged_from: str = ""  # earlier discharges are not looked at


@dataclass(frozen=True, slots=True)
class Registry:
    """What makes a data set a registry with screens of its own: its list, who may open it, how it finds cases."""

    list_word: str
    list_title: str
    roles: tuple[str, ...] = ()  # of those who may look at registries; none: all of them
    columns: tuple[tuple[str, str], ...] = ()  # items that the list shows, each with its heading or blank
    panel: tuple[str, ...] = ()  # lines under the form; ``{item}`` stands for what the item holds
    help: str = ""
    case_finding: CaseFinding | None = None


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A data set in one version. A record keeps the version that it was entered under.

    ``by_id`` finds an item by its id, and a column of a group by both: ``diagnoses.poa``.
    """

    id: str
    title: str
    version: str
    word: str  # menu and fast-path word
    sections: tuple[Section, ...]
    edits: tuple[Edit, ...] = ()
    valid_from: str = ""
    valid_to: str = ""
    citation: str = ""
    dated_by: str = ""  # item whose date picks version and table rows
    registry: Registry | None = None
    tables: tuple[CodeTable, ...] = ()  # code tables that the declaration brings with it
    by_id: Mapping[str, Item] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", dict(self.every_item()))

    def every_item(self) -> Iterator[tuple[str, Item]]:
        """Every item and column with its id in ``by_id``, in the order of the form."""
        for part in self.parts():
            if isinstance(part, Group):
                for column in part.items:
                    yield f"{part.id}.{column.id}", column
            else:
                yield part.id, part

    def parts(self) -> Iterator[Item | Group]:
        """Items and groups in the order of the form."""
        for section in self.sections:
            yield from section.parts

    def item_at(self, path: str) -> Item | None:
        """The item that a record's path is about, or None when the data set has none."""
        group, _, column = split_path(path)
        return self.by_id.get(f"{group}.{column}" if group else column)


@dataclass(frozen=True, slots=True)
class Context:
    """What rules have to know beside the record. A look-up that is absent, or answers None, checks nothing.

    ``now`` is the local moment. ``options`` are site settings by name.
    """

    now: str
    tables: Tables = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    diagnosis_valid: Callable[[str, str], bool | None] | None = None  # code, ISO day
    procedure_valid: Callable[[str, str], bool | None] | None = None
    poa_exempt: Callable[[str, str], bool | None] | None = None
    hospital_exempt: Callable[[str], bool] | None = None  # from POA reporting, on an ISO day of discharge
    service_valid: Callable[[str, str], bool | None] | None = None  # HCPCS or CPT
    modifier_valid: Callable[[str, str], bool | None] | None = None
    notes: Callable[[str], CodeNotes | None] | None = None  # of the tabular list, by diagnosis
    documents: Callable[[str], Sequence[Document] | None] | None = None  # of the chart, by account


_PATH = re.compile(r"([a-z][a-z0-9_]*)\[([1-9][0-9]{0,3})\]\.([a-z][a-z0-9_]*)", re.ASCII)
_NULL = re.compile(r"/[A-Z]{1,4}", re.ASCII)


@lru_cache(maxsize=4096)
def split_path(path: str) -> tuple[str, int, str]:
    """Group, row and item of a path: ``("diagnoses", 2, "poa")``, or ``("", 0, "sex")``."""
    match = _PATH.fullmatch(path)
    if match is None:
        return "", 0, path
    return match[1], int(match[2]), match[3]


def row_path(group: str, row: int, item: str) -> str:
    """The path of an item in a row of a group, or of the item alone when there is no group."""
    return f"{group}[{row}].{item}" if group else item


def is_null(value: str) -> bool:
    """Whether a canonical value is a null code rather than a value."""
    return value[:1] == "/" and _NULL.fullmatch(value) is not None
