"""The patient index at the keys: a look at who is alike, decisions pair by pair, merges made and taken apart."""

from __future__ import annotations

import json
import re

import pytest

from db.changes import Source
from db.connect import database, writing
from db.patient_index import counts as patient_counts
from db.patient_index import duplicates, overlays, patients
from tests import builders
from tests.screens.conftest import ACCOUNT, MRN
from tests.tui.conftest import Workstation


def keyed_again(desk: Workstation, *more: str) -> None:
    """Somebody registers RUTH MILLER once more."""
    desk.press(
        "ctrl+o",
        "=REG",
        "enter",
        "00777777",
        "enter",
        "MILLER",
        "enter",
        "RUTH",
        "enter",
        "A",
        "enter",
        "enter",
    )
    desk.press("enter", "03/09/1951", "enter", *more)


@pytest.fixture
def doubled(desk: Workstation) -> Workstation:
    """A second chart of RUTH MILLER."""
    first = patients.get(patients.by_mrn(MRN))
    again = {
        name: first[name] for name in ("last_name", "first_name", "birth_date", "sex", "ssn", "street", "zip")
    }
    chart = builders.a_patient(mrn="00777777", **again)
    builders.an_encounter(chart, "7777", **{"class": "O"})
    return desk


class TestRegistering:
    def test_a_blank_mrn_takes_the_next_number(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=REG", "enter", "enter", "BAKER", "enter", "ANN", "enter", "f2")
        assert desk.message == "FILED 00000001"
        desk.press("ctrl+o", "=REG", "enter", "enter", "COOK", "enter", "BEN", "enter", "f2")
        assert desk.message == "FILED 00000002"

    def test_who_looks_alike_stands_under_the_form_with_score_and_reasons(self, desk: Workstation) -> None:
        keyed_again(desk)
        assert "1 chart looks like this one" in desk.text
        assert MRN in desk.text
        assert "birth date same" in desk.text

    def test_filing_asks_which_were_looked_at(self, desk: Workstation) -> None:
        keyed_again(desk, "f2")
        assert "looks like this one" in desk.message
        assert not patients.by_mrn("00777777")
        assert "Looked at" in desk.at_cursor

    def test_looked_at_it_is_filed_and_the_pair_waits_for_review(self, desk: Workstation) -> None:
        keyed_again(desk, "f2")
        desk.press(MRN, "f2")
        assert desk.message == "FILED 00777777"
        (detail,) = database.execute_sql(
            "SELECT detail FROM audit WHERE action = 'amend patient' AND record = '00777777'"
        ).fetchone()
        assert MRN in json.loads(detail)["looked_at"]
        desk.press("ctrl+o", "=DUP", "enter")
        assert MRN in desk.text
        assert "00777777" in desk.text


class TestDeciding:
    def test_the_list_and_the_desk_count_the_pair(self, doubled: Workstation) -> None:
        doubled.press("ctrl+o", "=DUP", "enter")
        assert "2 pairs wait" in doubled.text  # the poisoned patients are a pair too
        doubled.press("ctrl+o", "=DESK", "enter")
        row = next(line for line in doubled.lines if "may be one person" in line)
        assert " 2" in row

    def test_the_desk_counts_no_further_than_it_tells(
        self, desk: Workstation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            builders.a_patient()
        monkeypatch.setattr(patient_counts, "MOST", 2)
        desk.press("ctrl+o", "=DESK", "enter")
        assert "2+ not compared" in next(line for line in desk.lines if "may be one person" in line)

    def test_f5_goes_on_with_charts_that_are_not_compared_yet(
        self, desk: Workstation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            builders.a_patient()
        monkeypatch.setattr("screens.patient_index.duplicates.COMPARING_S", 0.0)  # one chart at a time
        desk.press("ctrl+o", "=DUP", "enter")
        told = [patient_counts.not_compared()]
        assert f"{told[0]} charts are not compared yet: F5 goes on." in desk.text
        while "1 chart is not compared yet" not in desk.text:
            desk.press("f5")
            told.append(patient_counts.not_compared())
            assert told[-1] < told[-2]
        desk.press("f5")
        assert "not compared" not in desk.text

    def test_many_that_are_not_compared_are_left_for_the_whole_file(
        self, desk: Workstation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("screens.patient_index.duplicates.COMPARING_S", 0.0)
        monkeypatch.setattr(duplicates, "BESIDE", 1)
        desk.press("ctrl+o", "=DUP", "enter")
        assert "not compared yet: 'patients duplicates' compares all." in desk.text

    def test_side_by_side_shows_what_each_field_weighs(self, doubled: Workstation) -> None:
        doubled.press("ctrl+o", f"=MRG {MRN} 00777777", "enter")
        assert "Birth date" in doubled.text
        assert "same +" in doubled.text
        assert "the same person" in doubled.text

    def test_not_the_same_does_not_come_back(self, doubled: Workstation) -> None:
        doubled.press(
            "ctrl+o",
            "=DUP",
            "enter",
            "s",
            "NOT",
            "enter",
            "Twin sisters",
            "f2",
            "ctrl+o",
            "=DUP",
            "enter",
        )
        assert "00777777" not in doubled.text
        with writing():
            patients.apply({"mrn": "00777777", "county": "ALBANY"}, Source("clerk", "test"))
        doubled.press("ctrl+o", "=DUP", "enter")
        assert "00777777" not in doubled.text

    def test_unless_the_identity_of_one_is_changed(self, doubled: Workstation) -> None:
        doubled.press("ctrl+o", "=DUP", "enter", "s", "NOT", "enter", "Twin sisters", "f2")
        with writing():
            patients.apply({"mrn": "00777777", "phone": "518-555-0111"}, Source("clerk", "test"))
        doubled.press("ctrl+o", "=DUP", "enter")
        assert "00777777" in doubled.text

    def test_later_waits_on_a_list_of_its_own(self, doubled: Workstation) -> None:
        doubled.press("ctrl+o", "=DUP", "enter", "s", "LATER", "enter", "Asked the ward", "f2")
        doubled.press("ctrl+o", "=DUP LATER", "enter")
        assert "00777777" in doubled.text

    def test_a_decision_needs_a_reason(self, doubled: Workstation) -> None:
        doubled.press("ctrl+o", "=DUP", "enter", "s", "NOT", "enter", "f2")
        assert "Because" in doubled.at_cursor or "reason" in doubled.message.lower()


class TestMerging:
    def merged(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=MRG {MRN} 00777777", "enter", "SAME", "enter", "Registered twice", "f2")

    def test_merges_and_shows_the_slip_for_the_file_room(self, doubled: Workstation) -> None:
        self.merged(doubled)
        assert "MERGE SLIP" in doubled.text
        assert MRN in doubled.text
        assert "00777777" in doubled.text
        assert patients.by_mrn("00777777") == patients.by_mrn(MRN)

    def test_the_old_number_finds_the_chart(self, doubled: Workstation) -> None:
        self.merged(doubled)
        doubled.press("ctrl+o", "=CHT 00777777", "enter")
        assert f"{MRN}  MILLER" in doubled.text
        assert ACCOUNT in doubled.text
        assert "7777" in doubled.text

    def test_tells_on_its_list_why_it_was_made_and_why_undone(self, doubled: Workstation) -> None:
        self.merged(doubled)
        doubled.press("ctrl+o", "=MRL", "enter", "u", "enter")
        assert ": Registered twice" in doubled.text
        assert "To 00777777: 1 account." in doubled.text
        doubled.press("two cousins", "enter", "f2")
        doubled.press("ctrl+o", "=MRL", "enter", *["right"] * 8)
        assert "Registered twice / undone: two cousins" in doubled.text

    def test_undone_its_slip_parts_two_folders_and_keeps_none(self, doubled: Workstation) -> None:
        self.merged(doubled)
        assert "FOLDER TO KEEP" in doubled.text
        assert "Filed at 56 34 12" in doubled.text
        doubled.press("ctrl+o", "=MRL", "enter", "u", "enter", "two cousins", "enter", "f2")
        assert "FIRST FOLDER" in doubled.text
        assert "FOLDER TO" not in doubled.text
        doubled.press("f8")
        assert "Parted by" in doubled.text
        assert "for ever" not in doubled.text

    def test_is_undone_from_its_list_with_a_reason(self, doubled: Workstation) -> None:
        self.merged(doubled)
        doubled.press("ctrl+o", "=MRL", "enter", "u", "Two sisters after all", "f2")
        assert "UNDONE" in doubled.text
        assert patients.by_mrn("00777777") != patients.by_mrn(MRN)
        doubled.press("ctrl+o", "=DUP", "enter")
        assert "00777777" not in doubled.text


class TestOverlays:
    OTHER = {"mrn": MRN, "last_name": "BAKER", "first_name": "GEORGE", "birth_date": "1980-11-30", "sex": "M"}

    def test_the_feed_that_makes_another_person_of_a_chart_is_listed(self, desk: Workstation) -> None:
        with writing():
            patients.apply(self.OTHER, Source("feed", "hl7 1"))
        desk.press("ctrl+o", "=OVL", "enter")
        row = next(line for line in desk.lines if MRN in line)
        assert "MILLER,RUTH" in row
        assert "BAKER,GEORGE" in row
        desk.press("ctrl+o", f"=CHT {MRN}", "enter")
        assert "another person" in desk.text

    def test_undone_the_registration_and_the_names_are_as_before(self, desk: Workstation) -> None:
        chart = patients.by_mrn(MRN)
        before = patients.get(chart)
        with writing():
            patients.apply(self.OTHER, Source("feed", "hl7 1"))
        number = database.execute_sql("SELECT max(id) FROM overlay").fetchone()[0]
        desk.press("ctrl+o", f"=OVU {number}", "enter", "UNDO", "enter", "Wrong number in the feed", "f2")
        assert desk.message == "The registration is as it was before."
        after = patients.get(chart)
        assert {k: v for k, v in after.items() if k != "version"} == {
            k: v for k, v in before.items() if k != "version"
        }
        assert overlays.read(number).outcome == "undone"  # type: ignore[union-attr]

    def test_keyed_it_asks_whether_it_is_the_right_chart(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "BAKER", "enter", "GEORGE", "enter", "^BIRTH", "enter")
        desk.press("11/30/1980", "enter", "M", "f2")
        assert "right chart" in desk.text
        assert patients.get(patients.by_mrn(MRN))["last_name"].upper() == "MILLER"


class TestNumbersAndNames:
    def test_a_number_of_another_issuer_finds_the_chart_and_is_shown_again(self, desk: Workstation) -> None:
        desk.press(
            "ctrl+o",
            f"=IDN {MRN}",
            "enter",
            "INSURANCE",
            "enter",
            "BLUE CROSS",
            "enter",
            "XJ-4711",
            "enter",
            "f2",
        )
        assert desk.message == f"FILED {MRN}"
        desk.press("ctrl+o", "PAT XJ4711", "enter")
        assert MRN in desk.text
        desk.press("ctrl+o", f"=IDN {MRN}", "enter")
        assert "BLUE CROSS" in desk.text


class TestFilingOrder:
    def test_charts_stand_by_terminal_digits(self, desk: Workstation) -> None:
        for number in ("45-49-99", "60-49-99", "44-50-99", "45-50-99", "44-51-99"):
            builders.a_patient(mrn=number)
        desk.press("ctrl+o", "=FIL", "enter", "/49-99", "enter")
        shown = [line for line in desk.lines if "-99 " in line]
        assert [re.findall(r"\d\d-\d\d-99", line)[0] for line in shown] == [
            "45-49-99",
            "60-49-99",
            "44-50-99",
            "45-50-99",
            "44-51-99",
        ]
        assert shown[0].split()[2:5] == ["99", "49", "45"], "as they stand on the shelf"
