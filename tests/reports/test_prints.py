"""Face sheet, summary sheet, label and outguide on paper: golden pages, nothing too wide, nobody named in a title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, site
from reports import output
from reports.catalogue import find
from reports.output import Printer
from reports.page import Page, Setup
from reports.parameters import NotAsked
from reports.prints import chart_label
from reports.produced import Produced
from reports.run import produce
from rules import labels
from tests import builders
from tests.reports.conftest import GOLDEN

LONG = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks-Wemyss"
MRN, ACCOUNT = "00454999", "H0000012"
PATH = (
    ("admit", "2026-11-02T23:40", "3E", "MED"), ("transfer", "2026-11-03T06:15", "ICU", ""),
    ("service", "2026-11-04T09:00", "", "SUR"), ("transfer", "2026-11-06T14:20", "4W", ""),
    ("discharge", "2026-11-09T11:05", "", ""),
)  # fmt: skip
ABSTRACT = {
    "admitting_diagnosis": "R0789", "operating": "1002", "payer_2": "BCBS", "note": "Seen by the trial nurse. " * 6,
    "diagnoses[1].code": "I2109", "diagnoses[1].poa": "Y", "diagnoses[2].code": "N179", "diagnoses[2].poa": "N",
    "diagnoses[3].code": "E119", "diagnoses[3].poa": "Y", "procedures[1].code": "027034Z",
    "procedures[1].date": "2026-11-03", "procedures[1].surgeon": "1002",
}  # fmt: skip


@pytest.fixture
def stay(admin: Actor) -> int:
    """A surgical stay with transfers under a name that no line holds."""
    with writing():
        for unit, name in (("3E", "Three East"), ("ICU", "Intensive care"), ("4W", "Four West")):
            site.apply("unit", unit, {"name": name, "type": "MED"}, Source("test"))
        for provider, name in (("1001", "GRAY, ANN"), ("1002", LONG)):
            site.apply("provider", provider, {"name": name}, Source("test"))
        site.apply("payer", "MCR", {"name": "Medicare"}, Source("test"))
    patient = builders.a_patient(
        mrn=MRN,
        last_name=LONG,
        first_name="Philippa Wilhelmina",
        aliases="JONES,PIP",
        race="2106-3",
        ssn="123456789",
    )
    encounter_id = builders.an_encounter(patient, ACCOUNT)
    for event, at, unit, service in PATH:
        builders.a_movement(
            encounter_id, event, at, unit, service, disposition="01" if event == "discharge" else ""
        )
    return encounter_id


@pytest.fixture
def filed(admin: Actor, stay: int) -> int:
    """Its abstract, filed once and amended once."""
    dictionary = library().of("abstract")
    for more, reason in (({}, ""), ({"diagnoses[3].poa": "U"}, "Query answered")):
        opened = abstracts.read(encounters.get(stay), dictionary)
        record = dict(opened.record) | ABSTRACT | more
        drg = Drg("321", "05", "44.0", 29_871)
        revision = opened.case.revision if opened.case else 0
        abstracts.file_abstract(
            admin, opened, dictionary, record, (), drg, expected_revision=revision, reason=reason
        )
    return stay


def produced(admin: Actor, report: str, **asked: str) -> Produced:
    found = find(report)
    assert found is not None
    return produce(admin, found, asked)


def with_fixed_times(data: object) -> object:
    """The filings at one moment: the clock of the run is no part of a golden page."""
    from dataclasses import replace

    from reports.prints.summary_sheet import Data

    assert isinstance(data, Data)
    steps = tuple(replace(step, at="2026-11-10T09:30") for step in data.steps)
    filings = tuple(replace(filing, at="2026-11-10T09:30") for filing in data.filings)
    return replace(data, steps=steps, filings=filings)


@pytest.fixture
def with_codes(codes_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))


def golden_slip(name: str, lines: bytes) -> None:
    import os

    path = GOLDEN / f"{name}.txt"
    assert lines.isascii()
    if os.environ.get("RECORDROOM_REWRITE_GOLDEN"):
        path.write_bytes(lines)
    assert lines == path.read_bytes()


@pytest.mark.usefixtures("with_codes")
class TestSheets:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_face_sheet(
        self, admin: Actor, filed: int, golden: Callable[..., None], width: int
    ) -> None:
        from reports.prints.face_sheet import render

        golden("face-sheet", render(produced(admin, "face-sheet", account=ACCOUNT).data, width), width)

    def test_golden_face_sheet_at_admission(self, admin: Actor, golden: Callable[..., None]) -> None:
        from reports.prints.face_sheet import render

        builders.a_stay(
            "2026-11-16T09:00", patient_id=builders.a_patient(mrn="00000007", ssn=""), account="H7"
        )
        golden("face-sheet-in-house", render(produced(admin, "face-sheet", account="H7").data, 80), 80)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_summary_sheet(
        self, admin: Actor, filed: int, golden: Callable[..., None], width: int
    ) -> None:
        from reports.prints.summary_sheet import render

        data = with_fixed_times(produced(admin, "summary-sheet", account=ACCOUNT).data)
        golden("summary-sheet", render(data, width), width)

    @pytest.mark.parametrize("report", ["face-sheet", "summary-sheet"])
    @pytest.mark.parametrize("width", [80, 132])
    def test_a_long_name_is_clipped_with_a_mark_and_nothing_is_too_wide(
        self, admin: Actor, filed: int, report: str, width: int
    ) -> None:
        made = produced(admin, report, account=ACCOUNT)
        lines = [line for page in made.pages(Setup(width)) for line in page.lines]
        assert max(map(len, lines)) <= width
        assert any(">" in line or LONG in line for line in lines)
        assert sum("** END OF REPORT **" in line for line in lines) == 1

    def test_a_part_that_goes_on_is_headed_again(self, admin: Actor, filed: int) -> None:
        made = produced(admin, "summary-sheet", account=ACCOUNT)
        pages = made.pages(Setup(80, 20))
        assert len(pages) > 3
        assert any("(cont.)" in line for page in pages for line in page.lines)
        assert all(page.lines[1].strip() == "H02  ABSTRACT AND CODING SUMMARY SHEET" for page in pages)

    def test_the_summary_of_an_abstract_that_is_not_filed_says_so(self, admin: Actor, stay: int) -> None:
        made = produced(admin, "summary-sheet", account=ACCOUNT)
        assert "not filed yet" in "\n".join(made.pages(Setup())[0].lines)

    def test_findings_stand_on_the_summary_sheet(self, admin: Actor, filed: int) -> None:
        data = produced(admin, "summary-sheet", account=ACCOUNT).data
        assert {finding.code for finding in data.findings}
        text = "\n".join(
            line
            for page in produced(admin, "summary-sheet", account=ACCOUNT).pages(Setup())
            for line in page.lines
        )
        assert all(finding.code in text for finding in data.findings)

    @pytest.mark.parametrize("report", ["face-sheet", "summary-sheet"])
    def test_an_unknown_account_is_one_sentence(self, admin: Actor, report: str) -> None:
        with pytest.raises(NotAsked, match="There is no account 1"):
            produced(admin, report, account="1")


class TestLabels:
    def test_golden_label(self, admin: Actor, stay: int) -> None:
        made = produced(admin, "chart-label", patient=MRN)
        golden_slip("chart-label", output.in_format(made, "text", Setup()))

    def test_golden_labels_two_across(self, admin: Actor, stay: int) -> None:
        made = produced(admin, "chart-label", patient=MRN, stock="label-2up", labels="3")
        golden_slip("chart-label-2up", output.in_format(made, "text", Setup()))

    def test_golden_outguide(self, admin: Actor, stay: int) -> None:
        made = produced(admin, "outguide", patient=MRN, borrower="Dr Gray, Cardiology", since="2026-11-21",
                        due="2026-12-05", volume="2")  # fmt: skip
        golden_slip("outguide", output.in_format(made, "text", Setup()))

    def test_every_label_has_just_the_rows_of_its_stock(self, admin: Actor, stay: int) -> None:
        made = produced(admin, "chart-label", patient=MRN, labels="5")
        data = made.data
        assert isinstance(data, chart_label.Data)
        lines = output.in_format(made, "text", Setup()).decode().split("\n")[:-1]
        assert len(lines) == 5 * data.stock.rows
        assert max(map(len, lines)) <= data.stock.columns
        assert "\f" not in "".join(lines)

    def test_the_size_is_the_sites_to_change(self, admin: Actor, stay: int, store_directory: Path) -> None:
        from db.coding.site_tables import import_table

        rows = '{ code = "label", text = "Small", columns = 22, rows = 4 }'
        import_table(
            admin, f'id = "label_stock"\ntitle = "Stock"\nrows = [\n  {rows},\n]\n', "label_stock.toml"
        )
        made = produced(admin, "chart-label", patient=MRN)
        lines = output.in_format(made, "text", Setup()).decode().split("\n")[:-1]
        assert (len(lines), max(map(len, lines))) == (4, 22)
        assert lines[0].endswith(">") or len(lines[0]) <= 22

    def test_a_stock_that_holds_too_little_is_refused(self, admin: Actor, stay: int) -> None:
        with pytest.raises(NotAsked, match="There is no stock 'moon'"):
            produced(admin, "chart-label", patient=MRN, stock="moon")
        with pytest.raises(NotAsked, match="too small"):
            produced(admin, "outguide", patient=MRN, borrower="X", stock="label")

    def test_half_a_bar_code_is_never_printed(self) -> None:
        stock = chart_label.Stock("x", "", 20, 4)
        data = chart_label.Data(1, "1234567890123456789012", "A,B", "", "", labels.TERMINAL, "us", stock, 1)
        (page,) = chart_label.pages(data, Setup())
        assert not any(line.startswith("*") for line in page.lines)

    def test_poison_does_not_reach_the_printer(self, admin: Actor) -> None:
        builders.the_poisoned_patient(raw=True, mrn="00666666")
        for setup in (Setup(), Setup(ascii_only=False)):
            text = output.in_format(
                produced(admin, "chart-label", patient="00666666"), "text", setup
            ).decode()
            assert all(line.isprintable() for line in text.split("\n"))

    def test_an_outguide_names_no_patient(self, admin: Actor, stay: int) -> None:
        text = output.in_format(
            produced(admin, "outguide", patient=MRN, borrower="ER"), "text", Setup()
        ).decode()
        assert MRN in text
        assert LONG[:10].upper() not in text.upper()

    def test_a_chart_is_not_due_before_it_is_out(self, admin: Actor, stay: int) -> None:
        with pytest.raises(NotAsked, match="lies before"):
            produced(admin, "outguide", patient=MRN, borrower="ER", since="2026-11-21", due="2026-11-20")


class TestTheTrail:
    def test_a_print_is_a_row_with_the_patient_and_its_title_names_nobody(
        self, admin: Actor, stay: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[tuple[int, str]] = []

        def send(pages: Sequence[Page], paper: Setup, printer: Printer, title: str, copies: int = 1) -> str:
            sent.append((len(pages), title))
            return "request id is Q-1"

        monkeypatch.setattr(output, "send", send)
        patient_id = encounters.get(stay).patient_id
        for report, about in (("face-sheet", {"account": ACCOUNT}), ("chart-label", {"patient": MRN})):
            output.to_printer(admin, produced(admin, report, **about), Printer("Q", Setup()))
            row = database.execute_sql(
                "SELECT action, record, patient_id, outcome FROM audit ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            assert row == ("print", report, patient_id, "done")
        assert sent == [(1, "Recordroom H01"), (1, "Recordroom H03")]


class TestFilingDigits:
    @pytest.mark.parametrize(
        ("number", "order", "blocks"),
        [
            ("454999", labels.TERMINAL, ("99", "49", "45")), ("454999", labels.MIDDLE, ("49", "45", "99")),
            ("00454999", labels.TERMINAL, ("99", "49", "0045")), ("12", labels.TERMINAL, ("12", "00", "00")),
            ("454999", labels.STRAIGHT, ()),
        ],
    )  # fmt: skip
    def test_stand_in_the_order_in_which_charts_are_filed(
        self, number: str, order: str, blocks: tuple[str, ...]
    ) -> None:
        assert labels.blocks(number, order) == blocks

    @pytest.mark.parametrize(
        ("text", "coded"), [("a-12", "*A-12*"), ("12", "*12*"), ("1*2", ""), ("é1", ""), ("", "")]
    )
    def test_code_39_knows_its_characters_alone(self, text: str, coded: str) -> None:
        assert labels.code_39(text) == coded
