"""A coder codes visits: the list, the form of each type of account, what stands against a visit, filing."""

from __future__ import annotations

import pytest

from db.actors import Actor, Role
from db.connect import database
from db.conventions import file_setting
from db.patient_index import patients
from tests import builders
from tests.screens.conftest import ACCOUNT, MRN
from tests.screens.test_abstract import values
from tests.screens.test_drg_screens import do, go
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")


class TestVisits:
    def test_an_emergency_is_coded_from_the_list_by_keys(self, desk: Workstation) -> None:
        do(desk, lambda _: an_emergency("E1"))
        go(desk, "=VIS E")
        assert "E1" in desk.text
        desk.press("enter")
        assert desk.lines[0].split()[0] == "OPC"
        assert values(desk)["diagnoses[1].code"] == "R079"
        desk.press("f2")
        assert desk.message.startswith("FILED E1, complete"), desk.text
        assert desk.lines[0].split()[0] == "VIS"
        assert "None waits for coding." in desk.text
        desk.press("f10")
        assert "complete" in desk.text

    def test_services_are_keyed_with_modifiers_and_units(self, desk: Workstation) -> None:
        do(desk, lambda _: an_emergency("E1"))
        go(desk, "=OPC E1")
        desk.press("f8", "f8", "g9999", "25 rt", "enter", "1", "enter")
        assert values(desk)["services[1].code"] == "G9999"
        assert values(desk)["services[1].modifiers"] == "25 RT"
        assert "G9999 (title not installed)" in desk.text

    def test_what_stands_against_a_service_is_told(self, desk: Workstation) -> None:
        do(desk, lambda _: an_emergency("E1"))
        go(desk, "=OPC E1")
        desk.press("f8", "f8", "73562", "RT LT", "enter", "ctrl+e")
        assert "LT and RT contradict each other" in desk.text
        desk.press("f3", "f2")
        assert desk.message == "FILED E1, still open"

    def test_what_came_with_the_account_stays_where_it_was(self, desk: Workstation) -> None:
        do(desk, lambda _: an_emergency("E1"))
        go(desk, "=OPC E1")
        desk.press("f2")
        kept = do(desk, lambda _: database.execute_sql("SELECT code FROM encounter_diagnosis").fetchall())
        assert ("R079",) in kept

    def test_another_account_of_the_patient_shows_what_the_visit_was_coded_to(
        self, desk: Workstation
    ) -> None:
        do(desk, lambda _: an_emergency("E1", patients.by_mrn(MRN)))
        go(desk, "=OPC E1")
        desk.press("f8", "down", "k219", "f2")
        assert desk.message.startswith("FILED E1"), desk.text
        go(desk, f"=ERL {ACCOUNT}")
        assert "K21.9" in desk.text
        assert "R07.9" not in desk.text

    @pytest.mark.parametrize(("word", "account"), [("OFC", "OFFICE"), ("LTC", "NURSING"), ("IRF", "INTENSE")])
    def test_the_type_of_account_tells_the_form(self, desk: Workstation, word: str, account: str) -> None:
        go(desk, f"=OPC {account}")
        assert f"{word} {account}" in desk.message
        go(desk, f"={word} {account}")
        assert desk.lines[0].split()[0] == word

    def test_an_inpatient_is_coded_elsewhere(self, desk: Workstation) -> None:
        go(desk, f"=OPC {ACCOUNT}")
        assert f"CDG {ACCOUNT}" in desk.message

    def test_an_office_visit_waits_in_the_list_too(self, desk: Workstation) -> None:
        go(desk, "=VIS O")
        assert "OFFICE" in desk.text
        assert "VISIT" in desk.text
        assert ACCOUNT not in desk.text.split()

    def test_a_class_that_visits_do_not_have_is_refused(self, desk: Workstation) -> None:
        go(desk, "=VIS I")
        assert "no class of visits" in desk.message

    @pytest.mark.parametrize(("setting", "account"), [("LTC", "NURSING"), ("IRF", "INTENSE")])
    def test_a_stay_of_another_setting_is_coded_from_its_own_list(
        self, desk: Workstation, setting: str, account: str
    ) -> None:
        do(
            desk,
            lambda _: file_setting(Actor(1, "admin", frozenset(Role)), "visits_coded_from", "2026-01-31", 1),
        )
        go(desk, f"=VIS {setting}")
        assert "Admitted" in desk.text
        assert "not coded completely, here from 01/31/2026" in desk.text
        desk.press("enter")
        assert desk.lines[0].split()[0] == setting
        assert account in desk.text


def an_emergency(account: str, patient_id: int = 0) -> None:
    """An emergency visit that came with a diagnosis."""
    builders.an_encounter(
        patient_id, account, **{"class": "E"}, arrived_at="2026-11-02T08:00", departed_at="2026-11-02T11:00",
        disposition="01", diagnoses="R079|I10",
    )  # fmt: skip
