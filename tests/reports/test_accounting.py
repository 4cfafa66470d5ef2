"""The accounting of disclosures on paper: every row whole, the patient named, nothing clipped."""

from __future__ import annotations

import pytest

from db.connect import database
from db.disclosure.disclosures import AccountingRow
from reports.catalogue import find
from reports.disclosure.accounting import Data, render, sheets
from reports.page import Run, Setup, paginate
from reports.parameters import NotAsked
from reports.run import produce
from tests.builders import a_patient

LONG = "Office of the Attorney General of the Commonwealth, Division of Consumer Protection"
POISON = "Eve\x1b[2J[/x]\u202e " + "y" * 70


def a_row(number=1, **others):
    values = {
        "day": "2026-03-14", "recipient_name": LONG, "recipient_address": "1 Main Street, Springfield 01101",
        "what": "Discharge summary, operative report", "purpose": "Law enforcement",
        "basis": "Court order, 45 CFR 164.512(e)", "regimes": ("HIPAA",), "release_number": f"D{number:06d}",
        "version": 1, "request_number": "R000001",
    }  # fmt: skip
    return AccountingRow(**(values | others))


def an_accounting(*rows):
    return Data(7, "00123456", "ADAMS, ANN B", "1961-05-02", "", "", "2026-11-30", rows, "us")


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        rows = [a_row(n) for n in range(12)] + [a_row(13, recipient_name=POISON, recipient_address="")]
        golden("accounting", render(an_accounting(*rows), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_a_long_recipient_is_given_in_full(self, width):
        pages = paginate(render(an_accounting(a_row()), width), Run("", "", ""), Setup(width))
        column = slice(11, 36) if width == 80 else slice(12, 54)
        said = " ".join(line[column].strip() for page in pages for line in page.lines)
        assert LONG in " ".join(said.split())

    def test_a_disclosure_is_not_parted_by_a_page_break(self):
        pages = paginate(render(an_accounting(*[a_row(n) for n in range(30)]), 80), Run("", "", ""), Setup())
        assert len(pages) > 1
        for page in pages:
            text = "\n".join(page.lines)
            assert (
                text.count("Office of the Attorney") == text.count("Consumer Protection") > 0
                or page is pages[-1]
            )

    def test_none_is_said_in_words(self):
        pages = paginate(render(an_accounting(), 80), Run("", "", ""), Setup())
        assert "No disclosures are to be accounted for." in pages[0].lines

    def test_the_table_has_what_the_log_has(self):
        (sheet,) = sheets(an_accounting(a_row()))
        assert sheet.rows[0][sheet.keys.index("release")] == "D000001"


class TestRunning:
    def test_it_is_logged_with_the_patient(self, admin):
        patient_id = a_patient(mrn="00777777")
        produced = produce(admin, find("accounting"), {"patient": "00777777"})
        assert (produced.data.patient_id, produced.data.rows) == (patient_id, ())
        action, seen = database.execute_sql(
            "SELECT action, patient_id FROM audit WHERE record = 'accounting' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert (action, seen) == ("view accounting", patient_id)

    def test_an_unknown_mrn_is_one_sentence(self, admin):
        with pytest.raises(NotAsked, match="No patient has the MRN 1"):
            produce(admin, find("accounting"), {"patient": "1"})
