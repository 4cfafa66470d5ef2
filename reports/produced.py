"""A report that was run: its data, and the forms it can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from reports import identifiers, remarks
from reports.catalogue import Report
from reports.page import Document, Page, Run, Setup, letterhead, paginate
from reports.parameters import IDENTIFIERS, NotAsked
from reports.sheet import Sheet, as_objects, as_xlsx

WIDTH: Final = 80  # of the page by whose heads a workbook is named


@dataclass(frozen=True, slots=True)
class Produced:
    """A report that was run: its data, and the forms it can take."""

    report: Report
    parameters: Mapping[str, str]
    data: Any
    run: Run
    remarks: tuple[str, ...] = ()  # of the department, beside the figures of the month
    standing: tuple[str, ...] = ()  # of what closes with a month: counted now, or signed

    @property
    def patient_id(self) -> int | None:
        """The one patient that the report is about, if it is about one."""
        found: int | None = getattr(self.data, "patient_id", None)
        return found

    @property
    def title(self) -> str:
        """What it is called: of a report that somebody wrote, as they called it."""
        own: str = getattr(self.data, "called", "")
        return own or self.report.title

    @property
    def _module(self) -> ModuleType:
        return self.report.load()

    def document(self, width: int) -> Document:
        """What the report says, for a page of this width."""
        document: Document = remarks.added(self._module.render(self.data, width), self.remarks)
        if self.standing:
            document = replace(document, conventions=(*document.conventions, *self.standing))
        if level := self.parameters.get(IDENTIFIERS.name):
            return replace(document, selection=f"{document.selection}; {identifiers.SAID[level]}")
        return document

    def paper(self, setup: Setup) -> Setup:
        """What it is printed on: the paper of the printer, or stock of its own, as labels have it."""
        own: Setup = self._module.paper(self.data, setup) if hasattr(self._module, "paper") else setup
        return own

    def pages(self, setup: Setup) -> list[Page]:
        """The report on paper, or on stock of its own."""
        if hasattr(self._module, "pages"):
            own: list[Page] = self._module.pages(self.data, setup)
            return own
        return paginate(self.document(setup.width), self.run, setup)

    def head(self) -> list[str]:
        """What the heads of its pages say, for a workbook: facility, report, period, selection, run."""
        document = self.document(WIDTH)
        said = (("Period", document.period), ("Selection", document.selection))
        return [
            letterhead(self.run),
            f"{self.report.code}  {self.title}",
            *(f"{label}: {text}" for label, text in said if text),
            f"Run {self.run.stamp} by {self.run.user}",
        ]

    def sheets(self) -> list[Sheet]:
        """The report as tables of typed values."""
        sheets: list[Sheet] = self._module.sheets(self.data)
        return [replace(each, conventions=(*each.conventions, *self.standing)) for each in sheets]

    def workbook(self, folder: Path | None = None) -> bytes:
        """Its tables as a workbook; a large one is put together in ``folder``."""
        return as_xlsx(self.title, self.sheets(), folder, self.head())

    def letters(self) -> Sheet:
        """A row for each letter, for a word processor to merge. Raises ``NotAsked`` where there are none to write."""
        if not hasattr(self._module, "letters"):
            raise NotAsked(f"{self.report.id} has no letters to merge: csv has its figures.")
        sheet: Sheet = self._module.letters(self.data)
        return sheet

    def json_value(self) -> Any:
        """The report as a JSON value."""
        if hasattr(self._module, "as_json"):
            return {**self._module.as_json(self.data), "facility": self.run.facility}
        return {
            "report": self.report.id,
            "facility": self.run.facility,
            "parameters": dict(self.parameters),
            **{sheet.name: as_objects(sheet) for sheet in self.sheets()},
        }
