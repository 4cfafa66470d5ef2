"""The remarks of the department on a page of their own, before the end of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from db.statistics import remarks
from reports.catalogue import Report
from reports.page import Block, Document, Group, Heads, Item

HEAD: Final = "REMARKS"


def of_report(report: Report, month: str) -> tuple[str, ...]:
    """The lines that stand beside the figures of a month now; none where the report is not of a closing month."""
    found = remarks.in_force(month, report.id) if report.closes and month else None
    return found.lines if found else ()


def added(document: Document, lines: Sequence[str]) -> Document:
    """The document with the remarks after everything else that it says; without any it stays as it is."""
    if not lines:
        return document
    page: list[Item] = [Heads(), Group(HEAD, eject=True), *[Block((line,)) for line in ("", *lines)]]
    return replace(document, body=[*document.body, *page])
