"""The columns of every report, as docs/report-columns.md tells them; RECORDROOM_REWRITE_GOLDEN=1 writes that page."""

from __future__ import annotations

import os
from pathlib import Path

from db import store
from db.access import sign_on
from db.actors import Actor
from reports.catalogue import CATALOGUE, Report
from reports.run import produce
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import POISON_ACCOUNT, POISON_MRN, House

REVIEWED = True  # reviews are under way in the small hospital
PAGE = Path(__file__).parents[2] / "docs" / "report-columns.md"
ANSWERS = {
    "account": POISON_ACCOUNT, "borrower": "CLINIC", "code": "I21", "day": "2026-11-16", "file": "unit",
    "from": "2026-11-01", "merge": "1", "month": "2026-11", "patient": POISON_MRN, "plan": "4",
    "query": "Q000001", "set": "abstract",
    "to": "2026-11-30",
}  # fmt: skip
HEAD = """# Columns of every report

The first line of a table in CSV, the keys of its rows in JSON, the heads of its sheet in XLSX. Some depend on what was
asked: these are those of a small hospital. What each report is and asks for: [reports.md](reports.md).
"""


def told(report: Report, actor: Actor) -> str:
    """A report's tables with their columns, and what its JSON holds where that is no list of rows."""
    asked = {}
    for each in report.parameters:
        if each.name in ANSWERS and (each.required or each.name in ("from", "to")):
            asked[each.name] = ANSWERS[each.name]
        elif each.required and not each.default and not each.choices:
            return f"\n## {report.code} {report.id}\n\nIts columns go by what {each.label.lower()} says.\n"
        elif each.required and not each.default:
            asked[each.name] = each.choices[0]
    made = produce(actor, report, asked)
    lines = [f"\n## {report.code} {report.id}\n", "| table | columns |", "|---|---|"]
    lines += [f"| {sheet.name} | {' '.join(f'`{key}`' for key in sheet.keys)} |" for sheet in made.sheets()]
    own = [key for key in made.json_value() if key not in ("report", "facility", "parameters")]
    if own != [sheet.name for sheet in made.sheets()]:
        lines.append(f"\nJSON: {' '.join(f'`{key}`' for key in own)}, and `facility`.")
    return "\n".join(lines) + "\n"


def test_the_columns_of_every_report_are_documented(house: House) -> None:
    actor = sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE).actor
    text = HEAD + "".join(told(report, actor) for report in CATALOGUE)
    store.close_store()
    if os.environ.get("RECORDROOM_REWRITE_GOLDEN"):
        PAGE.write_text(text, encoding="utf-8")
    assert text == PAGE.read_text(encoding="utf-8")
