"""Golden pages of reports that have no test module of their own, and none of the catalogue without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.dictionary_reader import read_dictionary
from db.actors import Actor
from db.hospital.site import SiteRecord
from db.statistics.record_counts import Counts
from db.trail import privacy
from reports.administration import audit_trail, data_dictionary, site_file
from reports.catalogue import CATALOGUE
from reports.page import END
from reports.prints import merge_slip
from reports.statistics import record_counts
from rules.dictionary import Dictionary
from tests.reports.conftest import RUN

GOLDEN = Path(__file__).parent.parent / "golden"
OWN_STOCK = {"chart-label", "outguide"}  # forms of their own size, with golden forms
CALLED = {"writer": "written-list"}
SMALL = """
id = "falls"
title = "Falls of inpatients"
version = "2026"
word = "FAL"
dated_by = "fell_on"

[[section]]
id = "fall"
title = "The fall"

  [[section.item]]
  id = "fell_on"
  label = "Fell on"
  type = "date"
  required = true
  help = "The day of the fall, by the facility's clock; the day it was found when nobody saw it."

  [[section.item]]
  id = "place"
  label = "Place"
  type = "code"
  width = 2
  table = "places"

[[table]]
id = "places"
title = "Places"
rows = [
  { code = "01", text = "At the bed" },
  { code = "02", text = "In the bathroom or on the way to it, with or without somebody at hand" },
]
"""


def a_small_set() -> Dictionary:
    made, mistakes = read_dictionary(SMALL, "falls.toml", {})
    assert made is not None, mistakes
    return made


def a_row(seq: int, record: str, detail: str = "{}") -> tuple[privacy.Row, str]:
    row = privacy.Row(seq, 1795520000 + 60 * seq, "jones", "coder", "10.0.0.9", "beef", "view patient", "patient",
                      record, 7, "done", detail)  # fmt: skip
    return row, record


@pytest.mark.parametrize("width", [80, 132])
class TestGoldenPages:
    def test_of_a_site_file(self, golden: Callable[..., None], width: int) -> None:
        rows = (
            SiteRecord(1, "unit", "3E", {"name": "Medical 3E", "type": "acute", "counts_in_census": "1"}, True, 1),
            SiteRecord(2, "unit", "ED", {"name": "Emergency Department of the Main Building", "type": "emergency",
                                         "counts_in_census": "0", "to_date": "2026-10-31"}, True, 1),
            SiteRecord(3, "unit", "X9", {"name": "X9"}, False, 1),
        )  # fmt: skip
        data = site_file.Data("unit", rows, "2026-11-22", "us")
        golden("site-file", site_file.render(data, width), width)

    def test_of_a_merge_slip(self, golden: Callable[..., None], width: int) -> None:
        kept = {
            "mrn": "00123456",
            "name": "MILLER,ANN",
            "birth_date": "1961-05-02",
            "sex": "F",
            "aliases": "MILER,ANN",
        }
        gone = {"mrn": "00123465", "name": "MILER,ANN", "birth_date": "", "sex": "", "aliases": ""}
        data = merge_slip.Data(1, 4, kept, gone, "2026-11-21T07:30", "jones", "",
                               "in house, unit 3E bed 301-A", {"encounter": 2},
                               "terminal digit", "us")  # fmt: skip
        golden("merge-slip", merge_slip.render(data, width), width)

    def test_of_the_audit_trail(self, admin: Actor, golden: Callable[..., None], width: int) -> None:
        rows = (
            a_row(11, "00123456"),
            a_row(12, "00777777", '{"parameters": {"day": "2026-11-20", "unit": "3E"}}'),
        )
        data = audit_trail.Data("11/18/2026", "by row", rows, "us", None)
        golden("audit-trail", audit_trail.render(data, width), width)

    def test_of_record_counts(self, golden: Callable[..., None], width: int) -> None:
        counts = Counts(
            {"01": {"open": 1, "closed": 842}, "02": {"closed": 1151}, "": {"open": 3}},
            {"open": 4, "closed": 1993},
        )
        data = record_counts.Data(
            a_small_set(),
            "place",
            "Place",
            counts,
            {"01": "At the bed", "02": "In the bathroom " * 6},
            "11/2026",
        )
        golden("record-counts", record_counts.render(data, width), width)

    def test_of_a_data_dictionary(self, golden: Callable[..., None], width: int) -> None:
        golden(
            "data-dictionary", data_dictionary.render(data_dictionary.Data(a_small_set(), {}), width), width
        )


@pytest.mark.parametrize("width", [80, 132])
def test_every_report_has_a_golden_page(width: int) -> None:
    there = [path.name for path in GOLDEN.glob(f"*-{width}.txt")]
    without = [
        report.id
        for report in CATALOGUE
        if report.id not in OWN_STOCK
        and not any(name.startswith(f"{CALLED.get(report.id, report.id)}-") for name in there)
    ]
    assert without == []


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*-80.txt")) + sorted(GOLDEN.glob("*-132.txt")), ids=lambda p: p.stem
)
def test_every_golden_page_is_one_that_can_be_signed(path: Path) -> None:
    width = int(path.stem.rpartition("-")[2])
    pages = path.read_text("ascii").split("\f")
    for number, page in enumerate(pages, 1):
        lines = page.removesuffix("\n").split("\n")
        assert lines[0].startswith(RUN.facility)
        assert lines[0].endswith(f" Page {number} of {len(pages)}")
        assert lines[1].strip()
        assert lines[2].endswith(f"Run {RUN.stamp} by {RUN.user}")
        assert lines[4] == "=" * width
        assert lines[-1].strip() == RUN.notice
        assert len(lines) == 60 if number < len(pages) else len(lines) <= 60
        assert max(map(len, lines)) <= width
    *_, end, blank, _ = lines
    assert (end.strip(), blank) == (END, "")
    assert sum(page.count(END) for page in pages) == 1
