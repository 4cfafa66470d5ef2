"""FAC, SUM, LBL and OUT: the sheets and labels of one chart, shown as they are printed; PRT prints them."""

from __future__ import annotations

import shlex
from typing import ClassVar

from screens.patient_index.patients import patient_named
from screens.reporting.reports import Page, Parameters, report_named
from tui.screen import Command, Document, Opened, ScreenError


class Sheet(Page):
    """A page of the catalogue that is opened by the number of what it is about."""

    report: ClassVar[str]
    about: ClassVar[str]  # the report's parameter that the key gives

    def open(self, key: str) -> Document:
        number, _, rest = key.strip().partition(" ")
        if not number:
            label = next(
                each.label for each in report_named(self.report).parameters if each.name == self.about
            )
            raise ScreenError(f"Say which {label}: key it after the word.")
        return super().open(f"{self.report} {shlex.quote(f'{self.about}={number}')} {rest}".strip())


class FaceSheet(Sheet):
    """FAC account."""

    title: ClassVar[str] = "Face sheet"
    report: ClassVar[str] = "face-sheet"
    about: ClassVar[str] = "account"


class SummarySheet(Sheet):
    """SUM account."""

    title: ClassVar[str] = "Abstract and coding summary"
    report: ClassVar[str] = "summary-sheet"
    about: ClassVar[str] = "account"


class Label(Sheet):
    """LBL MRN."""

    title: ClassVar[str] = "Chart label"
    report: ClassVar[str] = "chart-label"
    about: ClassVar[str] = "patient"
    commands: ClassVar[tuple[Command, ...]] = (Command("SPOOL", "Keep in the spool", "spool"),)
    help: ClassVar[str] = (
        "The label as the printer gets it, on the stock of the table label_stock. LBL and the MRN, labels=4 for four "
        "of them, stock=label-2up for another stock. PRT and the name of a printer prints."
    )


class Outguide(Parameters):
    """OUT MRN: who borrows the chart, until when; the slip is shown then."""

    title: ClassVar[str] = "Outguide"
    word: ClassVar[str] = "OUT"
    help: ClassVar[str] = (
        "Who takes the chart and until when. F2 shows the slip, PRT prints it. The slip names no patient."
    )

    def open(self, key: str) -> Opened:
        given = ""
        if key.strip():
            patient_named(key.strip())
            given = shlex.quote(f"patient={key.strip()}")
        opened = super().open(f"outguide {given}".strip())
        return Opened(opened.values, opened.banner, "borrower" if given else "patient")
