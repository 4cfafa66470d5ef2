"""Prints about one record keep to their paper with names of 60 characters and wide ones, and mark what they clip."""

from __future__ import annotations

import gc

import pytest

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, site
from db.patient_index import patients
from db.worklist import review_acts
from db.worklist.review_acts import Asked
from reports.catalogue import CATALOGUE, Report, find
from reports.page import Setup
from reports.run import produce
from rules.moments import day_number
from rules.reviews import Method
from rules.text import CLIPPED, cells
from tests import builders

LATIN = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks-Wemyss"
WIDE = (
    "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処藪ら柑子の藪柑子パイポパイポの"
)
ACCENTED = "Wołodkowicz-Ünlü-Þórðardóttir-Œuvrard-Straßenburg-Ångström-Ž"
ASKED_FOR = {  # what needs more than a record
    "writer", "corrections", "data-dictionary", "record-counts", "site-file", "review-rates", "worksheet-rates",
}  # fmt: skip
MRN, OTHER, ACCOUNT = "00454999", "00454998", "L1"
ONE: dict[str, dict[str, str]] = {
    "face-sheet": {"account": ACCOUNT}, "summary-sheet": {"account": ACCOUNT}, "chart-label": {"patient": MRN},
    "outguide": {"patient": MRN, "borrower": "NAME"}, "merge-slip": {"merge": "1"}, "accounting": {"patient": MRN},
    "review-worksheet": {"plan": "1"}, "query-form": {"query": "Q000001"},
}  # fmt: skip


def a_record(admin: Actor, name: str) -> None:
    """A stay with its abstract, a merge and a worksheet, with one long name wherever a name can stand."""
    with writing():
        site.apply("unit", "3E", {"name": name, "type": "MED"}, Source("test"))
        site.apply("service", "MED", {"name": name}, Source("test"))
        site.apply("provider", "1001", {"name": name}, Source("test"))
        site.apply("payer", "MCR", {"name": name}, Source("test"))
    fields = {
        "last_name": name,
        "first_name": name,
        "middle_name": name,
        "aliases": name,
        "street": name,
        "city": name,
    }
    patient = builders.a_patient(mrn=MRN, **fields)
    builders.a_patient(mrn=OTHER, ssn="", **fields)
    with writing():
        patients.merge(patient, patients.by_mrn(OTHER), Source("test"))
    stay = builders.a_stay("2026-11-02T08:00", "2026-11-05T11:00", patient_id=patient, account=ACCOUNT)
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(stay), dictionary)
    record = dict(opened.record) | {
        "operating": "1001", "referring_facility": name,
        "diagnoses[1].code": "I2109", "diagnoses[1].poa": "Y",
    }  # fmt: skip
    abstracts.file_abstract(admin, opened, dictionary, record, (), Drg(), expected_revision=0)
    builders.a_sent_query(admin, ACCOUNT, provider="1001")  # its own texts run on over lines
    review_acts.plan(admin, Asked("closed", name, method=Method.FOCUSED, named=ACCOUNT, seed="1"))


def test_every_report_about_one_record_is_tried_here() -> None:
    of_one = {
        each.id for each in CATALOGUE
        if {parameter.name for parameter in each.parameters} & {"account", "patient", "merge", "query"}
    }  # fmt: skip
    assert of_one <= set(ONE)


@pytest.mark.parametrize("name", [LATIN, ACCENTED, WIDE], ids=["latin", "accented", "wide"])
@pytest.mark.parametrize("ascii_only", [True, False], ids=["ascii", "utf-8"])
@pytest.mark.parametrize("report", sorted(ONE))
def test_nothing_is_wider_than_the_paper_and_what_is_clipped_is_marked(
    admin: Actor, report: str, name: str, *, ascii_only: bool
) -> None:
    a_record(admin, name)
    found = find(report)
    assert found is not None
    asked = {key: value.replace("NAME", name) for key, value in ONE[report].items()}
    produced = produce(admin, found, asked)
    setup = Setup(80, 60, ascii_only=ascii_only)
    paper = produced.paper(setup)
    lines = [line for page in produced.pages(setup) for line in page.lines]
    assert lines
    for line in lines:
        assert cells(line) <= paper.width, line
        assert line.isprintable()
        assert line.isascii() or not ascii_only
    assert_marked(lines, name, ascii_only=ascii_only)


@pytest.mark.parametrize("name", [LATIN, WIDE], ids=["latin", "wide"])
def test_lists_of_patients_keep_to_their_paper_with_long_names(admin: Actor, name: str) -> None:
    a_record(admin, name)
    database.execute_sql(
        "INSERT INTO procedure VALUES ((SELECT id FROM encounter WHERE account = ?), 1, '0SR90JZ', ?, '1001', 'G')",
        (ACCOUNT, day_number("2026-11-03")),
    )
    of_patients = [each for each in CATALOGUE if "identifiers" in {asked.name for asked in each.parameters}]
    assert {each.id for each in of_patients if each.id[-5:] == "index" or each.id[-4:] == "list"} <= {
        each.id for each in of_patients if _of(each) is not None
    }
    named = 0
    for report in of_patients:
        asked = _of(report)
        made = produce(admin, report, asked) if asked is not None else None
        for width, ascii_only in ((80, True), (132, True), (80, False), (132, False)) if made else ():
            assert made is not None
            lines = [
                line for page in made.pages(Setup(width, 60, ascii_only=ascii_only)) for line in page.lines
            ]
            assert max(map(cells, lines)) <= width, report.id
            assert all(line.isprintable() and (line.isascii() or not ascii_only) for line in lines), report.id
            assert_marked(lines, name, ascii_only=ascii_only)
            named += name[:6] in "".join(lines)
    assert named


def test_reports_leave_nothing_to_the_collector_of_cycles(admin: Actor) -> None:
    """Data of a long list that stand in a cycle would stay until a collection that a quiet session never comes to."""
    a_record(admin, LATIN)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for report in CATALOGUE:
            asked = ONE.get(report.id, _of(report)) if report.id not in ASKED_FOR else None
            if asked is not None:
                made = produce(admin, report, asked | ({"borrower": "X"} if report.id == "outguide" else {}))
                assert made.pages(Setup(80))
                del made
        gc.collect()
        left = {f"{type(each).__module__}.{type(each).__name__}" for each in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert {name for name in left if name.startswith("reports.")} == set()


def _of(report: Report) -> dict[str, str] | None:
    """What a report asks for to hold the record; None for those that need more than a stay."""
    if report.id == "writer":
        return None
    november = {"from": "2026-11-01", "to": "2026-11-30", "day": "2026-11-04", "month": "2026-11"}
    more = {"code": "0SR" if report.id == "procedure-index" else "I21", "register": "operation"}
    return {
        each.name: (november | more)[each.name] for each in report.parameters if each.name in november | more
    }


def assert_marked(lines: list[str], name: str, *, ascii_only: bool) -> None:
    """Where the beginning of the name stands, so does the whole of it, or the mark behind what is left of it."""
    from rules.text import to_ascii

    shown = to_ascii(name) if ascii_only else name
    begun = [line for line in lines if shown[:12] in line and "?????" not in line]
    for line in begun:
        rest = line[line.index(shown[:12]) :]
        assert shown in rest or CLIPPED in rest, line
