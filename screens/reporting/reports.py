"""REP, RUN, PGE: choose a report, say for when, read it exactly as it is printed, print it."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import ClassVar

from db import store
from db.access import presets
from db.actors import Action as Deed
from db.connect import give_back
from reports import output
from reports.catalogue import CATALOGUE, Report, find
from reports.output import Printer
from reports.packed import PackedPages
from reports.page import Setup
from reports.parameters import NotAsked, named, resolved
from reports.produced import Produced
from reports.run import known, produce
from rules.findings import Finding, Level
from screens.reporting.report_fields import choices, field_of
from screens.session import Session
from tui.screen import (
    Changed,
    Choice,
    Command,
    Document,
    Entry,
    Field,
    Filed,
    FormScreen,
    Kind,
    MenuScreen,
    Opened,
    Outcome,
    PageScreen,
    Refused,
    ScreenError,
    Section,
    Values,
)

NARROW, WIDE = "80", "132"
MOST_KEPT = 200  # pages whose data are kept while they are read
PRESET, WIDTH = "preset", "width"  # fields beside the report's own
WIDTHS = {NARROW: "80 columns, portrait", WIDE: "132 columns, landscape"}


class Catalogue(MenuScreen):
    """All reports that the user may run."""

    title: ClassVar[str] = "Reports"
    help: ClassVar[str] = "RUN and the id or the code runs a report at once: RUN C01 day=2026-11-20."
    session: Session

    def entries(self) -> Sequence[Entry]:
        return [
            Entry(report.code, report.title, f"RUN {report.id}")
            for report in CATALOGUE
            if self.session.actor.may(report.action)
        ]


class Parameters(FormScreen):
    """What a report asks for, its defaults filled in."""

    title: ClassVar[str] = "Run a report"
    help: ClassVar[str] = (
        "F2 shows the report. PRESET takes what you kept before: F4 lists your names. KEEP and a name keeps what the "
        "form asks for, all but what is as usual, so that dates which move go on moving; DROP and a name forgets it. "
        "RUN C01 preset=NIGHT opens with it."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("KEEP", "Keep as a preset", "keep"),
        Command("DROP", "Forget a preset", "drop"),
    )
    word: ClassVar[str] = "RUN"
    scratch: ClassVar[bool] = True
    session: Session
    report: Report
    asked: Values
    preset = ""

    def open(self, key: str) -> Opened:
        word, _, rest = key.partition(" ")
        self.report = report_named(word)
        if self.report.action is Deed.VIEW_AUDIT:
            self.session.confirm_first(f"{self.word} {key if self.word == 'RUN' else rest}".strip())
        asked = arguments(rest)
        self.preset = asked.pop(PRESET, "")
        self.asked = self._filled(self._kept(self.preset) | asked) | {PRESET: self.preset}
        first = self.report.parameters[0].name if self.report.parameters else WIDTH
        return Opened(self.asked, tuple(wrap(self.report.about, int(NARROW) - 2)), first)

    def _kept(self, name: str) -> dict[str, str]:
        return kept(self.session, self.report, name)

    def _filled(self, asked: Mapping[str, str]) -> dict[str, str]:
        """What the report asks for, the usual where nothing else is said."""
        today, asked = store.current().now().day, named(self.report.parameters, asked)
        values = {WIDTH: asked.get(WIDTH, NARROW)}
        for parameter in self.report.parameters:
            try:
                values[parameter.name] = resolved(parameter, asked.get(parameter.name, ""), today)
            except NotAsked:  # the form is there to ask for it
                values[parameter.name] = ""
        return values

    def sections(self) -> Sequence[Section]:
        fields = [field_of(parameter) for parameter in self.report.parameters]
        preset = Field(PRESET, "Preset", presets.LONGEST_NAME, Kind.TEXT, lookup=True, auto_skip=True,
                       help="What you kept under a name; F4 lists your names.")  # fmt: skip
        width = Field(WIDTH, "Width", 3, Kind.UPPER, required=True, lookup=True, help="Columns of the page.")
        return (Section("parameters", self.report.title, (preset, *fields, width)),)

    def changed(self, values: Values, path: str) -> Changed:
        taken: dict[str, str] = {}
        if path == PRESET and values.get(PRESET, "") != self.preset:
            taken = self._filled(self._kept(values.get(PRESET, "")))
            self.preset = values.get(PRESET, "")
        self.asked = {**values, **taken}
        return Changed(echoes={WIDTH: WIDTHS.get(self.asked.get(WIDTH, ""), "")}, values=taken)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == WIDTH:
            return [Choice(*row) for row in WIDTHS.items() if row[0].startswith(text)]
        if path == PRESET:
            names = presets.names(self.session.actor, self.report.id)
            return [Choice(name, "") for name in names if name.casefold().startswith(text.casefold())]
        parameter = next(each for each in self.report.parameters if each.name == path)
        return choices(self.session, parameter, text, limit)

    def keep(self, rest: str) -> Outcome:
        """KEEP NAME: what differs from the usual, under a name."""
        usual, name = self._filled({}), " ".join(rest.split()) or self.preset
        kept = {
            key: value for key, value in self.asked.items() if key != PRESET and value != usual.get(key, "")
        }
        presets.save(self.session.actor, self.report.id, name, kept)
        self.preset = name
        return Outcome(f"KEPT as {name}.", values={PRESET: name})

    def drop(self, rest: str) -> Outcome:
        """DROP NAME: forget a preset; what stands on the form stays."""
        name = " ".join(rest.split()) or self.preset
        presets.remove(self.session.actor, self.report.id, name)
        self.preset = ""
        return Outcome(f"{name} is forgotten.", values={PRESET: ""})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        today = store.current().now().day
        for parameter in self.report.parameters:
            try:
                known(parameter, resolved(parameter, values.get(parameter.name, ""), today))
            except NotAsked as error:
                return Refused((Finding(Level.FATAL, "R001", str(error), parameter.name),))
        asked = {name: value for name, value in values.items() if value and name != PRESET}
        words = [shlex.quote(f"{name}={value}") for name, value in asked.items()]
        return Filed("", go=f"PGE {self.report.id} {' '.join(words)}")


class Page(PageScreen):
    """A report as it is printed."""

    title: ClassVar[str] = "Printed page"
    help: ClassVar[str] = (
        "The page as a printer gets it, at 80 or 132 columns. SPOOL keeps it for a line printer to fetch. SAVE writes "
        "it to a file in the spool of the store, for those who may export: SAVE CSV, SAVE XLSX and SAVE JSON the "
        "figures behind it, SAVE MERGE letters. More than 200 pages are read anew when they are turned or printed."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("WIDE", "80/132", "wide", "F10"),
        Command("SAVE", "Save", "save", "F2"),
        Command("SPOOL", "Keep in the spool", "spool"),
    )
    session: Session
    run: tuple[Report, dict[str, str]]  # what was asked for
    produced: Produced | None = None
    packed: PackedPages | None = None  # of a long one
    setup: Setup

    def open(self, key: str) -> Document:
        word, _, rest = key.partition(" ")
        report, asked = report_named(word), arguments(rest)
        if report.action is Deed.VIEW_AUDIT:
            self.session.confirm_first(f"PGE {key}")
        asked = kept(self.session, report, asked.pop(PRESET, "")) | asked
        width = asked.pop(WIDTH, NARROW)
        if width not in WIDTHS:
            raise ScreenError(f"A page is {' or '.join(WIDTHS)} columns wide.")
        self.setup = Setup(int(width))
        self.run = report, asked
        return self.shown()

    def shown(self) -> Document:
        """The page stack at the width in hand."""
        made = self.made
        title, pages = made.report.title, made.pages(self.setup)
        if len(pages) <= MOST_KEPT:
            self.produced = made
            return Document(title, pages, self.setup.width)
        self.produced, self.packed = None, PackedPages(pages)
        del made, pages
        gc.collect()  # the interpreter's free lists hold on to the memory of the rows
        give_back()
        return Document(title, self.packed, self.setup.width)

    def close(self) -> None:
        """The pages go at once: what showed them lives for a while yet."""
        self.produced = None
        if self.packed is not None:
            self.packed.clear()
        give_back()

    @property
    def made(self) -> Produced:
        """The report with its data: a long one is not kept, it is read anew."""
        return self.produced or produce(self.session.actor, *self.run)

    def again(self, key: str) -> Document:
        """At another width."""
        return self.shown()

    def wide(self, rest: str) -> Outcome:
        other = WIDE if self.setup.width == int(NARROW) else NARROW
        self.setup = Setup(int(other))
        return Outcome(WIDTHS[other] + ".", reload=True)

    def print(self, queue: str, pages: str) -> Outcome:
        printer = output.printer_asked(queue, self.setup.width)
        pages, copies = output.copies_named(pages)
        asked = output.pages_named(pages)
        output.to_printer(self.session.actor, self.made, printer, copies=copies, pages=asked)
        which = (f"pages {pages}" if asked else "all pages") + output.in_copies(copies)
        return Outcome(f"Sent to {printer.queue}: {which}, {self.setup.width} columns.")

    def save(self, rest: str) -> Outcome:
        """SAVE, or SAVE and a format: a file in the spool of the store."""
        form = rest.strip().casefold() or output.FORMATS[0]
        if form not in output.FORMATS:
            raise ScreenError(f"There is no form {rest.strip()}: SAVE, or SAVE CSV, XLSX, JSON, MERGE.")
        path = output.save(self.session.actor, self.made, form, self.setup)
        return Outcome(f"Saved as {path.name} in the spool of the store.")

    def spool(self, rest: str) -> Outcome:
        """SPOOL, or SPOOL and a printer: as that printer takes it; x2 for two copies."""
        name, copies = output.copies_named(rest)
        name = name.strip()
        printer = output.printer_named(name, self.setup.width) if name else Printer("", self.setup)
        path = output.to_spool(self.session.actor, self.made, printer, copies)
        return Outcome(f"Kept as {path.name} in the spool of the store.")


def report_named(word: str) -> Report:
    """A report by id or code. Raises ``ScreenError``."""
    if not word:
        raise ScreenError("Say which report: REP lists them.")
    report = find(word)
    if report is None:
        raise ScreenError(f"There is no report {word}: REP lists them.")
    return report


def kept(session: Session, report: Report, name: str) -> dict[str, str]:
    """What a preset asks for; no name asks for nothing. Raises ``ScreenError``."""
    found = presets.of(session.actor, report.id, name) if name else {}
    if found is None:
        raise ScreenError(
            f"You have no preset {name} of this report: F4 on its form lists them, KEEP makes one."
        )
    return found


def arguments(text: str) -> dict[str, str]:
    """``day=2026-11-20 unit=ICU`` as a dict. Raises ``ScreenError``."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise ScreenError("A quotation mark is not closed: write name=value, one after the other.") from None
    pairs = [word.partition("=") for word in words]
    if any(not mark for _, mark, _ in pairs):
        raise ScreenError(f"{text} cannot be read: write name=value, such as day=2026-11-20.")
    return {name.lower(): value for name, _, value in pairs}
