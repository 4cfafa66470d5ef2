"""Records of any data set from CSV: one row is one record, its columns are the paths of its items.

A row names its record by ``number``, by ``account``, or begins a new one for ``mrn``. A blank cell changes nothing,
``@`` clears the item. A row with a fatal finding is refused; with errors it goes in, and its record stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from config.data_sets import SITE, library
from db import store
from db.abstracting import abstracts, rule_context
from db.abstracting.abstracts import Drg
from db.actors import Actor
from db.changes import CLEAR, Applied, Source, refusal
from db.coding.code_tables import all_tables
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases, registries
from db.registry.cases import Case
from exchange.csv_files import CsvError, Profile, Row
from exchange.csv_import import Layout, import_with
from exchange.csv_report import Report
from rules import drg, edits, overrides
from rules.abstract_findings import claim_of, hospital_exempt, record_findings
from rules.dictionary import Context, Dictionary, Group, Item, ItemType, is_null, row_path
from rules.findings import Finding, Level
from rules.records import null_values, record_day
from rules.values import CANONICAL

if TYPE_CHECKING:
    from db.coding.codes import CodeStore

NAMING: Final = ("number", "account", "mrn")
YES_NO: Final[Mapping[str, str]] = {
    "Y": "1", "YES": "1", "T": "1", "TRUE": "1", "N": "0", "NO": "0", "F": "0", "FALSE": "0",
}  # fmt: skip
FORMULAS: Final = ("=", "+", "-", "@")
UPPER: Final = (ItemType.CODE, ItemType.DIAGNOSIS, ItemType.PROCEDURE)


def import_records(
    actor: Actor, data_set: str, path: Path, profile: Profile, codes: CodeStore | None, *, dry_run: bool = False
) -> tuple[int, Report]:  # fmt: skip
    """Import records; the number of the batch, and what became of each row.

    Raises ``CsvError`` for a data set that takes no records or a file that cannot be used, ``NotPermitted``.
    """
    here = store.current().directory
    try:
        newest = library(here / SITE).of(data_set)
    except LookupError as error:
        raise CsvError(str(error)) from error
    if newest.registry is None and data_set != abstracts.DATA_SET:
        raise CsvError(f"{newest.title} takes no records from files: it is no registry.")
    registries.check_role(actor, newest)
    context = rule_context.context(all_tables(here), codes)
    taking = Taking(actor, newest, context, profile, codes, dry_run)
    columns = tuple(dict.fromkeys((*NAMING, *paths(newest))))
    if data_set == abstracts.DATA_SET:
        layout = Layout(columns, ("account",), "account", taking.abstracts, own_acts=True)
    else:
        layout = Layout(columns, (), "account", taking.records)
    return import_with(actor, layout, f"records {data_set}", path, profile, dry_run=dry_run)


def paths(dictionary: Dictionary) -> list[str]:
    """Every path that a record of the data set can have, in the order of the form; computed items are none."""
    found = []
    for part in dictionary.parts():
        if isinstance(part, Group):
            rows = range(1, part.rows + 1)
            found += [row_path(part.id, row, column.id) for row in rows for column in part.items]
        elif not part.computed:
            found.append(part.id)
    return found


@dataclass(frozen=True, slots=True)
class Taking:
    """How rows become records of a data set."""

    actor: Actor
    newest: Dictionary
    context: Context
    profile: Profile
    codes: CodeStore | None
    dry_run: bool

    def records(self, groups: Sequence[Sequence[Row]], source: Source, report: Report) -> None:
        """Rows of a registry, inside the transaction of their slice."""
        for group in groups:
            for row in group:
                report.settle(row, self._record(row, source))

    def abstracts(self, groups: Sequence[Sequence[Row]], source: Source, report: Report) -> None:
        """Rows of the abstract: each is filed with its account and its codes, an act of its own."""
        for group in groups:
            for row in group:
                report.settle(row, self._abstract(row, source))

    def _record(self, row: Row, source: Source) -> Applied:
        case, patient_id, wrong = self._meant(row)
        if wrong is not None:
            return wrong
        stay = encounters.get(encounter_id) if (encounter_id := encounters.find(row["account"])) else None
        begun = self._defaults() | registries.known(self.newest, self.context.tables, patient_id, stay)
        start = dict(case.record) if case else begun
        start["mrn"] = patients.get(patient_id)["mrn"]
        dictionary, values = self._settled(start, row)
        found = edits.findings(dictionary, values, self.context)
        found += registries.about(dictionary, values, case)
        standing, refused = self._standing(dictionary, values, found)
        if refused is not None:
            return refused
        changed = _changed(case.record if case else {}, values)
        if case is not None and not changed:
            return Applied(case.id)
        wrong_now = any(finding.level is Level.ERROR for finding in standing)
        filed = cases.put(
            dictionary, values, before=case, patient_id=patient_id,
            encounter_id=stay.id if stay else (case.encounter_id if case else None),
            status=cases.OPEN if wrong_now else cases.COMPLETE, by=source.by, reason=source.origin,
        )  # fmt: skip
        return Applied(filed.id, _warnings(standing), changed, created=case is None)

    def _meant(self, row: Row) -> tuple[Case | None, int, Applied | None]:
        """The record and the patient that a row is about, or why it is about none."""
        case = cases.by_number(self.newest.id, row["number"].zfill(6)) if row["number"] else None
        if row["number"] and case is None:
            return None, 0, refusal("R101", "There is no record of this number.", "number")
        encounter_id = encounters.find(row["account"]) if row["account"] else 0
        if row["account"] and not encounter_id:
            return None, 0, refusal("R102", "No encounter has this account: import it first.", "account")
        if case is None and encounter_id:
            case = cases.by_encounter(self.newest.id, encounter_id)
        if row["mrn"] and not patients.by_mrn(row["mrn"]):
            return None, 0, refusal("R103", "No patient has this MRN: import the patient first.", "mrn")
        patient_id = patients.by_mrn(row["mrn"]) if row["mrn"] else 0
        owner = case.patient_id if case else encounters.get(encounter_id).patient_id if encounter_id else 0
        if owner and patient_id not in (0, owner):
            return None, 0, refusal("R104", "The record or the account belongs to another patient.", "mrn")
        if not (owner or patient_id):
            return None, 0, refusal("R105", "The row names no number, no account and no MRN.", "mrn")
        return case, owner or patient_id, None

    def _abstract(self, row: Row, source: Source) -> Applied:
        encounter_id = encounters.find(row["account"])
        if not encounter_id:
            return refusal("R102", "No encounter has this account: import it first.", "account")
        opened = abstracts.read(encounters.get(encounter_id), self.newest)
        before = opened.case
        dictionary, values = self._settled(opened.record, row)
        found = record_findings(dictionary, values, self.context)
        standing, refused = self._standing(dictionary, values, found)
        if refused is not None:
            return refused
        changed = _changed(before.record if before else {}, values)
        if before is not None and not changed:
            return Applied(before.id)
        if self.dry_run:
            return Applied(encounter_id, _warnings(standing), changed, created=before is None)
        case = abstracts.file_abstract(
            self.actor, opened, dictionary, values, standing, self._grouped(values),
            expected_revision=before.revision if before else 0, reason=source.origin,
        )  # fmt: skip
        return Applied(case.id, _warnings(standing), changed, created=before is None)

    def _grouped(self, values: Mapping[str, str]) -> Drg:
        if not values.get("diagnoses[1].code"):
            return Drg()
        grouping = drg.group(claim_of(values, poa_exempt=hospital_exempt(values, self.context)))
        day = values.get("discharged_at", "")[:10]
        row = (
            self.codes.weights(grouping.drg, date.fromisoformat(day))
            if self.codes and grouping.drg and day
            else None
        )
        weight = None if row is None or row.weight is None else int(row.weight * 10_000)
        return Drg(grouping.drg, grouping.mdc, grouping.version, weight)

    def _defaults(self) -> dict[str, str]:
        return {
            id_: item.default for id_, item in self.newest.by_id.items() if item.default and "." not in id_
        }

    def _settled(self, start: Mapping[str, str], row: Row) -> tuple[Dictionary, dict[str, str]]:
        """The row over what stands there, with dependent nulls and derived items; under the version of its date."""
        values = dict(start)
        for path, text in row.values.items():
            item = self.newest.item_at(path)
            if text[:1] == "'" and text[1:2] in FORMULAS:
                text = text[1:]  # what an export puts before a text that a spreadsheet would run
            if item is None or not text or item.computed or item.read_only:
                continue
            if text == CLEAR:
                values.pop(path, None)
            else:
                values[path] = canonical(item, text, self.profile)
        dictionary = self._version(values)
        values |= {
            path: null for path, null in null_values(dictionary, values).items() if not values.get(path)
        }
        values |= edits.computed(dictionary, values, self.context)
        return dictionary, {path: value for path, value in values.items() if value}

    def _version(self, values: Mapping[str, str]) -> Dictionary:
        day = record_day(self.newest, values, self.context)
        try:
            return library(store.current().directory / SITE).of(self.newest.id, day)
        except LookupError:
            return self.newest

    def _standing(
        self, dictionary: Dictionary, values: dict[str, str], found: Sequence[Finding]
    ) -> tuple[list[Finding], Applied | None]:
        """What stands against the record, and the refusal when something fatal does. Lapsed overrides go."""
        said = overrides.marked(found, overrides.in_force(dictionary, values, self.context.tables))
        for path in overrides.lapsed(values, said):
            del values[path]
        standing = [finding for finding in said if not finding.overridden]
        fatal = next((finding for finding in standing if finding.level is Level.FATAL), None)
        if fatal is None:
            return standing, None
        return standing, refusal(fatal.code, f"{fatal.code} {fatal.message}", fatal.field)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        path: (before.get(path, ""), after.get(path, ""))
        for path in {**before, **after}
        if before.get(path, "") != after.get(path, "")
    }


def _warnings(standing: Sequence[Finding]) -> tuple[Finding, ...]:
    """What the summary says about a row that went in: errors leave the record open, blanks are only counted."""
    return tuple(finding for finding in standing if finding.level is Level.ERROR and finding.code != "D004")


def canonical(item: Item, text: str, profile: Profile) -> str:
    """A cell as its item has it; what cannot be read stays as received, and is then found."""
    if is_null(text.upper()):
        return text.upper()
    if CANONICAL[item.type](text):
        return text
    readers: Mapping[ItemType, Callable[[str], str]] = {
        ItemType.YES_NO: lambda value: YES_NO.get(value.upper(), value),
        ItemType.DATE: lambda value: profile.date(value),
        ItemType.MOMENT: lambda value: profile.moment(value),
        ItemType.TIME: _clock,
        ItemType.INTEGER: lambda value: value.removesuffix(".0"),
    }
    if item.type in readers:
        return readers[item.type](text)
    if item.type in UPPER:
        return text.upper() if item.type is ItemType.CODE else text.upper().replace(".", "")
    return text


def _clock(text: str) -> str:
    digits = text.replace(":", "")[:4].zfill(4)
    return f"{digits[:2]}:{digits[2:]}" if digits.isdigit() else text
