"""Closing and restating a month: every report that closes is made once, and its pages are signed with the figures.

The figures and all pages are read in one snapshot. What is changed while they are made is a late change already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from db import conventions, store
from db.actors import Actor
from db.connect import large_cache, snapshot
from db.statistics import census, closing, closing_counts, corrections
from db.statistics.closing import Begun, Closing, NotClosed
from db.statistics.corrections import Compared
from reports import conventions as said
from reports.catalogue import CATALOGUE, Report
from reports.page import Setup, as_text
from reports.parameters import Asked, resolved
from reports.produced import Produced
from reports.remarks import of_report
from reports.reprint import VERSION, WIDTHS, WORKBOOK, signed_now, typed
from reports.run import run_by
from rules.moments import iso_date


def close(actor: Actor, month: str, reason: str = "") -> Compared:
    """Close a month that is over: version 1. Raises ``NotPermitted``, ``NotClosed``.

    ``reason``: why it is closed although the census is out of balance or differs from the movements.
    """
    census.bring_up_to_date_if_due()
    return _keep(actor, closing.begin(actor, month, reason))


def restate(actor: Actor, month: str, reason: str) -> Compared:
    """A further version of a closed month, with what has changed since. Raises ``NotPermitted``, ``NotClosed``."""
    census.bring_up_to_date_if_due()
    begun = closing.begin(actor, month, reason, restating=True)
    last = closing.newest(month)
    assert last is not None
    if not corrections.compare(actor, last).figures and not _remarked(last):
        raise NotClosed(
            f"No figure of {month} differs from version {last.version}: there is nothing to restate."
        )
    return _keep(actor, begun)


def _remarked(last: Closing) -> bool:
    """Whether remarks were filed since the version was closed."""
    kept = closing.parts(last)
    return any(
        json.loads(kept[f"{report.id}/form"])["remarks"] != list(of_report(report, last.month))
        for report in closing_reports()
        if f"{report.id}/form" in kept
    )


def closing_reports() -> tuple[Report, ...]:
    """The reports whose pages are stored with a closed month."""
    return tuple(report for report in CATALOGUE if report.closes)


def _keep(actor: Actor, begun: Begun) -> Compared:
    now = store.current().now()
    with large_cache(), snapshot():
        change_id = closing.last_change()
        parts = {
            closing.COUNTS: closing_counts.as_bytes(closing_counts.of_period(begun.period)),
            closing.SETTINGS: corrections.settings_as_bytes(),
            closing.CONVENTIONS: _bytes(said.as_json(
                conventions.conventions(begun.period.to_day),
                fiscal_year_start=conventions.convention("fiscal_year_start", begun.period.to_day),
            )),
        }  # fmt: skip
        for report in closing_reports():
            parts |= dict(_parts(_made(actor, report, begun, now.local)))
    return corrections.compare(actor, closing.keep(actor, begun, parts, now.local, change_id))


def _made(actor: Actor, report: Report, begun: Begun, now: str) -> Produced:
    """A report of the month as it will be reprinted: with everything else that it asks for at its default."""
    today = store.current().now().day
    first, last = iso_date(begun.period.from_day), iso_date(begun.period.to_day)
    given = {"month": begun.period.name, "from": first, "to": last, "day": last}
    parameters = {
        each.name: value
        for each in report.parameters
        if each.name != VERSION and (value := resolved(each, given.get(each.name, ""), today))
    }
    asked = Asked(actor, parameters)
    asked.status, asked.version = begun.status, begun.version
    remarks = of_report(report, begun.period.name)
    run = run_by(actor, now)
    return Produced(report, parameters, report.load().query(asked), run, remarks, (signed_now(begun, run),))


def _parts(made: Produced) -> Iterator[tuple[str, bytes]]:
    """A report in every form that it can be asked for again."""
    forms: dict[str, Any] = {
        "parameters": dict(made.parameters),
        "remarks": list(made.remarks),
        "run": [made.run.facility, made.run.user, made.run.stamp, made.run.station],
    }
    for width in WIDTHS:
        setup = Setup(width)
        pages, document = made.pages(setup), made.document(width)
        yield f"{made.report.id}/{width}", as_text(pages, setup).encode("ascii")
        forms[str(width)] = {
            "heading_lines": [page.heading_lines for page in pages],
            "links": [list(page.links) for page in pages],
            "breaks": [page.breaks for page in pages],
            "title_lines": [page.title_lines for page in pages],
            "frozen": document.frozen_columns,
            "period": document.period,
            "selection": document.selection,
        }
    yield f"{made.report.id}/form", _bytes(forms)
    yield f"{made.report.id}/json", _bytes(made.json_value())
    yield f"{made.report.id}/sheets", _bytes([typed(sheet) for sheet in made.sheets()])
    yield f"{made.report.id}/{WORKBOOK}", made.workbook()


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
