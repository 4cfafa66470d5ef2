"""Running a report: permission, what was asked, the data read in one snapshot, and the row in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from db import conventions, store
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import large_cache, snapshot
from db.hospital import site
from db.statistics import census
from reports import identifiers, remarks
from reports.catalogue import Report
from reports.page import Document, Page, Run, Setup, letterhead, paginate
from reports.parameters import IDENTIFIERS, Asked, NotAsked, Parameter, month_asked, named, resolved
from reports.sheet import Sheet, as_objects, as_xlsx
from rules.dates import show_moment
from rules.text import clean

ANCHORS: Final = frozenset({"daily-census"})  # printed every day and kept: the audit trail is anchored on it
HEAD_DIGITS: Final = 16
WIDTH: Final = 80  # of the page by whose heads a workbook is named
USER: Final = "user"  # the kind of a parameter that names whose figures are asked for


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


def produce(actor: Actor, report: Report, asked: Mapping[str, str]) -> Produced:
    """Run a report. Raises ``NotPermitted``, ``NotAsked``, ``StoreError``."""
    permit(actor, report.action, kind="report", record=report.id)
    asked = named(report.parameters, asked)
    _no_others(report, asked)
    now = store.current().now()
    parameters = {
        parameter.name: value
        for parameter in report.parameters
        if (value := known(parameter, resolved(parameter, asked.get(parameter.name, ""), now.day)))
    }
    parameters |= _own(actor, report, parameters) | _identifiers(actor, parameters)
    if report.closes:
        from reports import reprint

        if (signed := reprint.stored(report, parameters)) is not None:
            viewed(actor, report.action, kind="report", record=report.id,
                   detail={"parameters": parameters, "version": signed.closing.version})  # fmt: skip
            return signed
    census.bring_up_to_date_if_due()
    with large_cache(), snapshot():
        data = report.load().query(Asked(actor, parameters))
    viewed(
        actor, report.action, kind="report", record=report.id,
        patient_id=getattr(data, "patient_id", None),
        detail={"parameters": parameters, **getattr(data, "listed", {})},
        cases=getattr(data, "case_ids", ()),
    )  # fmt: skip
    run = run_by(actor, now.local, _audit_head() if report.id in ANCHORS else "")
    of_month = month_asked(parameters)
    standing = (reprint.counted_now(of_month, run.stamp),) if report.closes else ()
    return Produced(report, parameters, data, run, remarks.of_report(report, of_month), standing)


def run_by(actor: Actor, local: str, audit: str = "") -> Run:
    """The run that page heads tell of: the facility and its number, the user, the local time as shown here."""
    stamp = show_moment(local, conventions.convention("date_style"))
    station = conventions.convention("station_number")
    return Run(store.current().facility, actor.user, stamp, audit, station=station)


def _no_others(report: Report, asked: Mapping[str, str]) -> None:
    """Raise ``NotAsked`` for what the report does not ask for: a slip would otherwise print everything."""
    names = [parameter.name for parameter in report.parameters]
    if strangers := [clean(name) for name in asked if name not in names]:
        known_ones = f"it asks for {', '.join(names)}" if names else "it asks for nothing"
        raise NotAsked(f"{report.id} does not ask for {', '.join(strangers)}: {known_ones}.")


def _own(actor: Actor, report: Report, parameters: Mapping[str, str]) -> dict[str, str]:
    """Whose figures are shown: one's own, unless the actor may see everybody's. Raises ``NotPermitted``."""
    asked = next((each.name for each in report.parameters if each.kind == USER), "")
    if not asked or actor.may(Action.VIEW_PRODUCTIVITY):
        return {}
    if parameters.get(asked, actor.user).lower() != actor.user.lower():
        permit(actor, Action.VIEW_PRODUCTIVITY, kind="report", record=report.id)
    return {asked: actor.user}


def _identifiers(actor: Actor, parameters: Mapping[str, str]) -> dict[str, str]:
    """What may be shown of who the patients are, however much was asked for."""
    asked = parameters.get(IDENTIFIERS.name)
    return {IDENTIFIERS.name: identifiers.lowered(asked, identifiers.ceiling(actor))} if asked else {}


def known(parameter: Parameter, value: str) -> str:
    """The codes of a list as its site file has them. Raises ``NotAsked`` for one that it does not have."""
    if parameter.kind != "list" or not parameter.source:
        return value
    found = []
    for code in filter(None, value.split(",")):
        if code.casefold() in parameter.choices:
            found.append(code.casefold())
            continue
        row = site.get(parameter.source, code)
        if row is None:
            raise NotAsked(f"There is no {parameter.source} {code}: report site-file lists them.")
        found.append(row.code)
    return ",".join(found)


def _audit_head() -> str:
    """Row and beginning of the MAC that the audit trail ends with; 'recordroom audit verify --head' asks for it."""
    seq, mac = store.current().trail.head()
    return f"Audit {seq} {mac.hex()[:HEAD_DIGITS]}"
