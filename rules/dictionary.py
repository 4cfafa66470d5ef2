"""What a data set is: sections, items, repeating groups and edits, as plain values loaded from TOML.

A dictionary declares a data set once. Form, help, prompt lists, validation, stored shape, import and export
columns and the printed data dictionary all come from it. A record is a ``Record``: canonical text by item
path. Canonical text is ISO for dates (``2026-11-21``), ``HH:MM`` for times, ``2026-11-21T07:30`` for both,
``1``/``0`` for yes and no, a plain decimal for numbers; a null value is its code with a leading ``/``
(``/NA``, ``/NK``), so that no null can be taken for a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.findings import Level

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

    ``test`` is ``in``, ``not-in``, ``answered`` or ``blank``; ``values`` may hold null codes (``/NA``).
    Conditions in a tuple must all hold.
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
class Item:
    """One thing that is collected."""

    id: str
    label: str
    type: ItemType = ItemType.TEXT
    width: int = 20
    table: str = ""  # code table that lists the permitted values
    required: bool = False
    required_when: tuple[Condition, ...] = ()
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
    read_only: bool = False
    auto_skip: bool = False  # fixed length: the field is left when it is full
    carry: bool = False  # keeps its value on the next record of the session
    imprecise: bool = False  # a date may lack its day, or day and month
    past: bool = False  # a date that cannot lie ahead: two-digit years turn back
    same_row: bool = False  # stands on the row of the item before it
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


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of the record; ``id`` is its jump word."""

    id: str
    title: str
    parts: tuple[Item | Group, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A rule over several items.

    ``kind`` is ``required-when``, ``order`` (``items`` are moments or dates that must not decrease),
    ``range``, ``in-table``, ``excludes``, ``sum`` (the last of ``items`` equals the sum of the others) or
    ``function`` (``function`` names an entry of the registered table). ``when`` limits all of them.
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
    function: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A data set in one version. A record keeps the version that it was entered under."""

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
    by_id: Mapping[str, Item] = field(default_factory=dict, compare=False, repr=False)
