"""What a written report may ask for: the items of a data set over all its versions, and those of the patient index.

45 CFR 164.502(b): which of them tell a patient, so that they are shown only as far as a role may see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules.dictionary import Dictionary, Group, Item, ItemType, Section, split_path

_ROW: Final = re.compile(r"(.+) ([1-9][0-9]{0,2}): (.+)")  # a row of a group, as it is called
PATIENT: Final = "patient"
ANY: Final = "any "  # before what an item that repeats is called
ROWS: Final = "\x1f"  # between the values of an item that repeats; no text holds it
STATUS, NUMBER, FILED_BY = "record_status", "record_number", "record_filed_by"

NUMBERS: Final = frozenset({
    "mrn", "account", "ssn", "number", NUMBER, "request_number", "mother_account", "accession_number",
})  # fmt: skip
NAMES: Final = frozenset({"last_name", "first_name", "middle_name", "suffix", "patient_name"})
WHOLE: Final = frozenset({"birth_date", "street", "phone", "requester_name", "requester_address"})
"""What tells a patient: shown by its last four, by its initial, or not at all but in full."""


@dataclass(frozen=True, slots=True)
class Askable:
    """An item that may be asked for. ``path`` is ``service``, ``diagnoses.code`` or ``diagnoses[1].code``."""

    path: str
    label: str
    item: Item
    repeats: bool = False  # holds a value for each row of its group
    retired: str = ""  # the last version that had it, where the newest has not

    @property
    def type(self) -> ItemType:
        return self.item.type

    @property
    def source(self) -> str:
        """What registration calls it: ``birth_date`` of an item filled from ``patient.birth_date``."""
        return (self.item.column or self.item.fill or self.item.id).rpartition(".")[2]

    @property
    def telling(self) -> bool:
        """Whether it tells who a patient is, or may, as notes do."""
        return self.type is ItemType.NOTE or self.source in NUMBERS | NAMES | WHOLE

    @property
    def numeric(self) -> bool:
        return self.type in (ItemType.INTEGER, ItemType.DECIMAL)

    @property
    def dated(self) -> bool:
        return self.type in (ItemType.DATE, ItemType.MOMENT)

    @property
    def coded(self) -> bool:
        return self.type in (ItemType.CODE, ItemType.DIAGNOSIS, ItemType.PROCEDURE)

    @property
    def classified(self) -> bool:
        """Whether its values are codes of ICD-10-CM or ICD-10-PCS."""
        return self.type in (ItemType.DIAGNOSIS, ItemType.PROCEDURE)

    @property
    def worded(self) -> bool:
        """Whether its values have a meaning beside them."""
        return bool(self.item.table) or self.type is ItemType.YES_NO or self.classified


@dataclass(frozen=True)
class DataSet:
    """A data set as reports are written over it: its items in the order of the form, of the newest version first."""

    dictionary: Dictionary  # the newest version
    items: Mapping[str, Askable] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.dictionary.id

    def find(self, path: str) -> Askable | None:
        """The item at a path; a row of a group (``diagnoses[2].code``) is an item of its own."""
        if path in self.items:
            return self.items[path]
        group, row, column = split_path(path)
        whole = self.items.get(f"{group}.{column}") if group else None
        if whole is None:
            return None
        name, _, label = whole.label.partition(": ")
        return Askable(path, f"{name} {row}: {label}", whole.item, retired=whole.retired)

    def named(self, text: str) -> str:
        """The path that ``text`` means: a path, a label, or the beginning of just one label; else blank.

        ``any diagnosis`` means every row of a group, ``Diagnoses 1: Diagnosis`` one of them.
        """
        wanted = " ".join(text.split()).casefold()
        if not wanted or self.find(wanted):
            return wanted
        if row := _ROW.fullmatch(wanted):
            whole = self.named(f"{row[1]}: {row[3]}")
            group, dot, column = whole.partition(".")
            return f"{group}[{row[2]}].{column}" if dot and "[" not in whole else ""
        same = [path for path, each in self.items.items() if each.label.casefold() == wanted]
        begins = [path for path, each in self.items.items() if each.label.casefold().startswith(wanted)]
        found = same or begins or self._any(wanted)
        return found[0] if len(found) == 1 else ""

    def _any(self, wanted: str) -> list[str]:
        """The items that repeat and are called so after ``any``."""
        name = wanted.removeprefix(ANY)
        rows = {
            path: each.label.casefold().partition(": ")[2]
            for path, each in self.items.items()
            if each.repeats
        }
        same = [path for path, label in rows.items() if label == name]
        begins = [path for path, label in rows.items() if label.startswith(name)]
        return (same or begins) if name and name != wanted else []

    def word(self, path: str) -> str:
        """What people call an item: its label where no other has it, else its path."""
        asked = self.find(path)
        return asked.label if asked and self.named(asked.label) == path else path

    def choices(self, text: str) -> list[Askable]:
        """Items whose label or path holds ``text``; the first row of a group stands beside the whole of it.

        After ``any`` those that repeat.
        """
        wanted = text.strip().casefold()
        every = [one for each in self.items.values() for one in (each, self._first(each)) if one]
        if f"{wanted} ".startswith(ANY):
            wanted = f"{wanted} ".removeprefix(ANY).strip()
            every = [each for each in self.items.values() if each.repeats]
        begin = [each for each in every if each.label.casefold().startswith(wanted)]
        hold = [
            each
            for each in every
            if each not in begin and (wanted in each.label.casefold() or each.path.startswith(wanted))
        ]
        return begin + hold

    def _first(self, each: Askable) -> Askable | None:
        group, dot, column = each.path.partition(".")
        return self.find(f"{group}[1].{column}") if dot else None


def data_set(versions: Sequence[Dictionary]) -> DataSet:
    """A data set from all its versions, the newest first; what only older ones have is told as retired."""
    found: dict[str, Askable] = {}
    for number, dictionary in enumerate(versions):
        for part in dictionary.parts():
            group = isinstance(part, Group)
            for item in part.items if isinstance(part, Group) else (part,):
                path = f"{part.id}.{item.id}" if group else item.id
                label = f"{part.label}: {item.label}" if group else item.label
                retired = dictionary.version if number else ""
                found.setdefault(path, Askable(path, label, item, group, retired))
    if versions[0].id != PATIENT:
        for item in _OF_RECORDS:
            found.setdefault(item.id, Askable(item.id, item.label, item))
    return DataSet(versions[0], found)


_OF_RECORDS: Final = (
    Item(NUMBER, "Record number", width=12),
    Item(STATUS, "Record status", width=11),
    Item(FILED_BY, "Filed by", width=12),
)


def _of_patient(id_: str, label: str, width: int = 20, **more: object) -> Item:
    return Item(id_, label, width=width, column=f"patient.{id_}", **more)  # type: ignore[arg-type]


PATIENTS: Final = Dictionary(
    PATIENT, "Patients", "1", "CHT",
    (Section("patient", "Patient", (
        _of_patient("mrn", "MRN", 12),
        _of_patient("last_name", "Last name"),
        _of_patient("first_name", "First name", 15),
        _of_patient("middle_name", "Middle name", 10),
        _of_patient("birth_date", "Birth date", 10, type=ItemType.DATE, imprecise=True),
        _of_patient("sex", "Sex", 3, type=ItemType.CODE, table="sex"),
        _of_patient("ssn", "SSN", 9),
        _of_patient("street", "Street", 30),
        _of_patient("city", "City"),
        _of_patient("state", "State", 5),
        _of_patient("zip", "ZIP", 10),
        _of_patient("county", "County", 15),
        _of_patient("country", "Country", 7),
        _of_patient("phone", "Phone", 15),
        _of_patient("race", "Race", 12, type=ItemType.CODE, table="race", several=True),
        _of_patient("ethnicity", "Ethnicity", 9, type=ItemType.CODE, table="ethnicity"),
        _of_patient("marital", "Marital status", 8, type=ItemType.CODE, table="marital_status"),
        _of_patient("death_date", "Died", 10, type=ItemType.DATE, imprecise=True),
        _of_patient("patient_category", "Category", 8),
        _of_patient("temporary", "Temporary name", 4, type=ItemType.YES_NO),
    )),),
)  # fmt: skip
"""The patient index as a data set; it has no date of its own."""
