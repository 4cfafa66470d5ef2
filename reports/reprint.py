"""A report of a closed month as it was signed: the stored bytes, verified, whatever has changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from db.statistics import closing
from db.statistics.closing import Begun, Closing
from reports.catalogue import Report
from reports.page import FORM_FEED, Document, Page, Run, Setup
from reports.parameters import NotAsked, month_asked
from reports.produced import Produced
from reports.sheet import Sheet, Value

VERSION: Final = "version"  # the parameter that names a version of a closed month
PUBLISHED: Final = "published"  # the newest version that was closed; counted now while the month is open
LATEST: Final = "latest"  # counted now
WIDTHS: Final = (80, 132)
WORKBOOK: Final = "xlsx"  # its part: another release of what writes workbooks would lay it out otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprint(Produced):
    """A report of a closed month in every form that was stored of it."""

    closing: Closing
    parts: Mapping[str, bytes] = field(repr=False)

    def document(self, width: int) -> Document:
        """Its heads alone: what it says stands on its pages."""
        form = self._form(width)
        period, selection = form.get("period", self.closing.month), form.get("selection", "")
        return Document(
            self.report.code, self.report.title, period, selection, (), None, frozen_columns=form["frozen"]
        )

    def paper(self, setup: Setup) -> Setup:
        return setup

    def pages(self, setup: Setup) -> list[Page]:
        """The pages as they were signed. Raises ``NotAsked`` for shorter paper."""
        form = self._form(setup.width)
        texts = self.parts[f"{self.report.id}/{_stored_width(setup.width)}"].decode("ascii").split(FORM_FEED)
        marks = zip(
            texts, form["heading_lines"], form["links"], form["breaks"], form["title_lines"], strict=True
        )
        pages = [
            Page(
                tuple(text.removesuffix("\n").split("\n")), heading_lines, tuple(links),
                tuple((line, level) for line, level in breaks), form["frozen"], title_lines,
            )
            for text, heading_lines, links, breaks, title_lines in marks
        ]  # fmt: skip
        if (longest := max(len(page.lines) for page in pages)) > setup.lines:
            raise NotAsked(
                f"{self.closing.month} was closed on pages of {longest} lines, and a page of {setup.lines} has no room"
                " for them: print it with more lines, or --version latest."
            )
        return pages

    def _form(self, width: int) -> dict[str, Any]:
        form: dict[str, Any] = self._json("form")[str(_stored_width(width))]
        return form

    def _json(self, part: str) -> Any:
        return json.loads(self.parts[f"{self.report.id}/{part}"])

    def sheets(self) -> list[Sheet]:
        """Its tables of typed values."""
        return [
            Sheet(
                each["name"], tuple(each["keys"]), tuple(each["headings"]),
                [tuple(_value(cell) for cell in row) for row in each["rows"]], tuple(each["conventions"]),
                each["kinds"],
            )
            for each in self._json("sheets")
        ]  # fmt: skip

    def workbook(self, folder: Path | None = None) -> bytes:
        """The workbook as it was signed; of versions signed before workbooks were kept, one of the stored values."""
        kept = self.parts.get(f"{self.report.id}/{WORKBOOK}")
        return super(Reprint, self).workbook(folder) if kept is None else kept

    def json_value(self) -> Any:
        """Its JSON value."""
        return self._json("json")


def counted_now(month: str, stamp: str) -> str:
    """What a report that closes says of figures that are counted in this run; ``month`` blank: of no whole month."""
    signed = closing.newest(month) if month else None
    if signed is not None:
        return f"Counted {stamp}; signed is version {signed.version} of the month, and these figures are not of it."
    return f"Counted {stamp}; the month is open." if month else f"Counted {stamp}."


def signed_now(begun: Begun, run: Run) -> str:
    """What it says of figures that are signed in this run, and why, where a reason was given."""
    said = f"Signed {run.stamp} by {run.user} as version {begun.version}; the month is {begun.status}."
    return f"{said} Reason: {begun.reason}" if begun.reason else said


def typed(sheet: Sheet) -> dict[str, Any]:
    """A sheet as it is stored; a decimal is an object, so that it comes back as one."""
    rows = [[{"d": str(cell)} if isinstance(cell, Decimal) else cell for cell in row] for row in sheet.rows]
    return {
        "name": sheet.name, "keys": sheet.keys, "headings": sheet.headings, "rows": rows,
        "conventions": sheet.conventions, "kinds": dict(sheet.kinds),
    }  # fmt: skip


def _value(cell: Any) -> Value:
    return Decimal(cell["d"]) if isinstance(cell, dict) else cell


def _stored_width(width: int) -> int:
    return max((each for each in WIDTHS if each <= width), default=WIDTHS[0])


def stored(report: Report, parameters: Mapping[str, str]) -> Reprint | None:
    """What is stored of a report for the month and version asked for; None when it is to be counted now.

    Raises ``NotAsked`` for a version that there is none of, and ``Tampered``.
    """
    month, version = month_asked(parameters), parameters.get(VERSION, PUBLISHED)
    chosen = None if version == LATEST else _chosen(month, version)
    if chosen is None:
        return None
    parts = closing.parts(chosen)
    form = json.loads(parts.get(f"{report.id}/form", b"{}"))
    if form.get("parameters") != {name: value for name, value in parameters.items() if name != VERSION}:
        if version == PUBLISHED:  # asked for otherwise than it was signed: counted now
            return None
        raise NotAsked(
            f"Version {version} of {month} was stored as the report is usually asked for: leave out the other choices,"
            " or ask for --version latest."
        )
    facility, user, stamp, station = form["run"]
    return Reprint(
        report,
        parameters,
        None,
        Run(facility, user, stamp, station=station),
        tuple(form["remarks"]),
        closing=chosen,
        parts=parts,
    )


def _chosen(month: str, version: str) -> Closing | None:
    closings = closing.versions(month)
    if version == PUBLISHED:
        return closings[-1] if closings else None
    for each in closings:
        if str(each.version) == version:
            return each
    there = ", ".join(str(each.version) for each in closings) or "none, the month is open"
    raise NotAsked(
        f"Version {version!r} of {month} is not stored: name {PUBLISHED}, {LATEST} or one that is there ({there})."
    )
