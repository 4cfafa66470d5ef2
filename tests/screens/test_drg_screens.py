"""A coder weighs codes beside the coding screen: what if, two code sets, admission coding, the DRG calculator."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from config.data_sets import dictionary_for
from db import drafts, store
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.actors import Actor
from db.connect import database
from db.conventions import file_setting
from db.hospital import encounters
from reports import output
from screens.printing import print_shown
from tests import builders
from tests.screens.conftest import ACCOUNT
from tests.screens.test_abstract import focus, values
from tests.tui.conftest import Workstation
from tui.pager import Pager

pytestmark = pytest.mark.usefixtures("coded")

IN_HOUSE = "4713"
AMI = ("R079", "i21.4 y j9601 y n179 y")  # admitting diagnosis, then codes with POA
REVIEW_AID = "REVIEW AID: code only what the record supports."


def do(desk: Workstation, act: Callable[[Actor], Any]) -> Any:
    """Something done to the store by whoever sits there, on its own thread."""
    actor = desk.shell.session.actor  # type: ignore[union-attr]
    return desk.shell.executor.submit(act, actor).result()


def go(desk: Workstation, line: str) -> None:
    desk.press("ctrl+o", line, "enter")


@pytest.fixture
def paid(desk: Workstation) -> Workstation:
    """A base rate is in force."""
    do(desk, lambda actor: file_setting(actor, "drg_base_rate", "6500.00", 1))
    return desk


@pytest.fixture
def keyed(paid: Workstation) -> Workstation:
    """An account with three diagnoses keyed and not filed."""
    go(paid, f"=CDG {ACCOUNT}")
    paid.press(*AMI)
    return paid


@pytest.fixture
def filed(paid: Workstation) -> Workstation:
    """An account with three diagnoses filed."""
    do(paid, lambda actor: file_codes(actor, ACCOUNT, "I214", "J9601", "N179"))
    return paid


@pytest.fixture
def admitted(paid: Workstation) -> Workstation:
    """Working codes of the patient in house, filed."""
    go(paid, f"=ADF {IN_HOUSE}")
    paid.press(*AMI, "f2")
    assert paid.message == f"FILED {IN_HOUSE}, filing 1, working DRG 280."
    return paid


@pytest.fixture
def calculator(paid: Workstation) -> Workstation:
    """A man of 65 on the DRG calculator."""
    go(paid, "=HYP")
    paid.press("65", "enter", "m")
    return paid


def page_of(desk: Workstation) -> str:
    """The whole page in sight."""
    assert isinstance(desk.shell.top, Pager), desk.text
    return "\n".join(desk.shell.top.stack.texts())


def line_of(desk: Workstation, text: str) -> str:
    return next(line for line in desk.lines if text in line)


class TestWhatIf:
    def test_opens_from_the_coding_screen_on_what_is_keyed_there(self, keyed: Workstation) -> None:
        go(keyed, "WHATIF")
        assert keyed.lines[0].split()[0] == "WIF"
        assert "As keyed now: DRG 280" in keyed.text
        assert "expected payment 10,426.65" in keyed.text

    def test_says_on_every_page_that_it_is_a_review_aid(self, keyed: Workstation) -> None:
        go(keyed, f"=WIF {ACCOUNT}")
        assert REVIEW_AID in keyed.text
        keyed.press("c", "f8")
        assert REVIEW_AID in keyed.text

    def test_every_printed_page_says_it_too(self, desk: Workstation, monkeypatch: pytest.MonkeyPatch) -> None:
        printed: list[str] = []
        monkeypatch.setattr(
            output, "send", lambda pages, *_: printed.extend("\n".join(page.lines) for page in pages)
        )
        codes = [
            "I214", "J9601", "N179", "E1165", "I5021", "I4891", "J441", "E871", "D62", "N390", "I10", "Z794", "E785",
            "K922", "G9341", "E43", "R1310", "Z87891", "Z66", "B9620", "I69351", "F0390", "L89154", "J189", "R6521",
        ]  # fmt: skip
        values = {"coded_on": "2026-11-20", "age": "65", "sex": "M", "disposition": "01"}
        desk.shell.session.hypothetical = values | {  # type: ignore[union-attr]
            f"diagnoses[{row}].code": code for row, code in enumerate(codes, 1)
        }
        go(desk, "=WIF HYP")
        desk.shell.printer = print_shown
        go(desk, "PRT LASER")
        assert len(printed) > 1, desk.text
        assert all(REVIEW_AID.upper() in page.upper() for page in printed)

    def test_tells_the_code_that_carries_the_drg(self, keyed: Workstation) -> None:
        go(keyed, f"=WIF {ACCOUNT}")
        assert "J96.01 (MCC) alone carries DRG 280: without it 281." in keyed.text

    def test_lines_give_weight_and_payment_against_the_record(self, keyed: Workstation) -> None:
        go(keyed, f"=WIF {ACCOUNT}")
        assert line_of(keyed, "Without J96.01").split()[3:6] == ["281", "-0.6850", "-4,452.50"]
        assert "0.0000        0.00 Same DRG." in line_of(keyed, "Without N17.9")
        keyed.press(*["right"] * 4)
        assert line_of(keyed, "Without J96.01").split()[-1] == "0.9191"

    def test_what_a_line_is_told_apart_by_stands_within_80_columns(self, keyed: Workstation) -> None:
        keyed.press("z66 ")
        go(keyed, f"=WIF {ACCOUNT}")
        assert line_of(keyed, "Without J96.01").rstrip().endswith("Alive w CC")
        assert "not acceptable as PDX" in line_of(keyed, "Z66 as principal")

    def test_a_code_that_the_editor_does_not_take_as_principal_is_marked_with_the_reason(
        self, keyed: Workstation
    ) -> None:
        keyed.press("z66 ")
        go(keyed, "WHATIF")
        assert line_of(keyed, "Z66 as principal")[3] == "x"
        keyed.press(*["right"] * 3)
        assert "is not acceptable as the principal diagnosis" in line_of(keyed, "Z66 as principal")

    def test_compare_on_a_line_shows_that_very_line_beside_the_record(self, keyed: Workstation) -> None:
        go(keyed, f"=WIF {ACCOUNT}")
        number = line_of(keyed, "Without J96.01").split()[0].lstrip(">")
        keyed.press(f"{number}", "enter", "c")
        page = page_of(keyed)
        assert "B  Without J96.01" in page
        assert "dropped      J96.01" in page

    def test_options_of_an_open_query_that_name_a_code_are_tried(self, keyed: Workstation) -> None:
        do(keyed, lambda actor: builders.a_sent_query(actor, ACCOUNT, code="N179"))
        go(keyed, f"=WIF {ACCOUNT}")
        assert "Q000002: Acute kidney in>" in keyed.text
        assert "Q000002: Other: ____" in keyed.text

    def test_nothing_of_it_reaches_the_record(self, keyed: Workstation) -> None:
        before = values(keyed)
        go(keyed, "WHATIF")
        keyed.press("c", "f3", "f3")
        assert values(keyed) == before

    def test_an_account_in_house_leads_to_its_working_codes(self, admitted: Workstation) -> None:
        go(admitted, f"=WIF {IN_HOUSE}")
        assert admitted.message == f"The patient is in house: WIF {IN_HOUSE} ADMIT takes the working codes."
        go(admitted, f"=WIF {IN_HOUSE} ADMIT")
        assert "Without J96.01" in admitted.text
        admitted.press("4", "enter", "c")
        assert "A  Admission codes as of" in page_of(admitted)

    def test_a_single_code_says_that_there_is_nothing_to_try(self, paid: Workstation) -> None:
        go(paid, f"=CDG {ACCOUNT}")
        paid.press("R079", "i21.4 y ")
        go(paid, "WHATIF")
        assert "Nothing to try: the principal diagnosis stands alone" in paid.text


class TestCompare:
    def test_draft_against_what_is_filed(self, filed: Workstation) -> None:
        go(filed, f"=CDG {ACCOUNT}")
        filed.press("^DIAGNOSES", "enter", "down", "down", "@")
        assert "diagnoses[3].code" not in values(filed), filed.text
        go(filed, "COMPARE")
        page = page_of(filed)
        assert "A  Filing 1," in page
        assert "B  As keyed now" in page
        assert "dropped" in page

    def test_typed_codes_against_what_is_keyed_with_weight_and_payment_of_both(
        self, keyed: Workstation
    ) -> None:
        go(keyed, f"=CMP {ACCOUNT} I21.4 N17.9/N")
        page = page_of(keyed)
        assert "A  As keyed now" in page
        assert "dropped      J96.01" in page
        assert "POA          N17.9    Y to N" in page
        assert "Expected payment  10,426.65             5,974.15              -4,452.50" in page

    def test_filings_against_each_other(self, filed: Workstation) -> None:
        do(filed, lambda actor: file_codes(actor, ACCOUNT, "I214", "J9601"))
        go(filed, f"=CMP {ACCOUNT}")
        page = page_of(filed)
        assert "A  Filing 1," in page
        assert "B  Filing 2," in page
        assert "dropped      N17.9    3 Y" in page
        assert re.search(r"Weight +1\.6041 \(FY2026\) +1\.6041 \(FY2026\) +0\.0000\n", page)
        go(filed, f"=CMP {ACCOUNT} 2 : 1")
        assert "added        N17.9" in page_of(filed)

    def test_drgs_and_the_codes_that_differ_stand_on_the_first_screen(self, keyed: Workstation) -> None:
        go(keyed, f"=CMP {ACCOUNT} I21.4 N17.9/N")
        assert "MS-DRG 280 to 281, weight -0.6850, payment -4,452.50" in keyed.text
        assert "dropped      J96.01" in keyed.text
        assert "POA          N17.9    Y to N" in keyed.text

    def test_two_typed_lists_are_of_the_stay_of_the_account(self, keyed: Workstation) -> None:
        go(keyed, f"=CMP {ACCOUNT} I21.4 N17.9 : N17.9 I21.4 B2111ZZ")
        page = page_of(keyed)
        assert "principal    N17.9    was I21.4" in page
        assert "resequenced" in page
        assert "added        B2111ZZ" in page

    def test_what_is_no_side_is_told(self, keyed: Workstation) -> None:
        go(keyed, f"=CMP {ACCOUNT} chest pain")
        assert "chest is neither a code nor DRAFT" in keyed.message
        go(keyed, f"=CMP {ACCOUNT} 7 : 8")
        assert "is not filed yet" in keyed.message

    def test_one_code_set_alone_is_told(self, keyed: Workstation) -> None:
        go(keyed, f"=CMP {ACCOUNT}")
        assert "There is one code set of this account" in keyed.message

    def test_a_transfer_is_told_and_not_priced(self, paid: Workstation) -> None:
        do(
            paid,
            lambda _: builders.a_stay("2026-11-10T08:00", "2026-11-12T10:00", account="T1", disposition="02"),
        )
        go(paid, "=CMP T1 A41.9 R65.21 5A1955Z : A41.9")
        page = " ".join(page_of(paid).split())
        assert "a stay of 2 days against a mean of" in page
        assert "The expected payment here is that of the whole DRG." in page


class TestAdmissionCoding:
    def test_is_dated_kept_by_filing_and_shows_the_working_drg_and_the_expected_day(
        self, admitted: Workstation
    ) -> None:
        go(admitted, f"=ADF {IN_HOUSE}")
        assert "Working DRG 280" in admitted.text
        assert "expected discharge 11/20/2026  filing 1 by admin, " in admitted.text
        rows = do(admitted, lambda _: database.execute_sql(
            "SELECT r.revision, r.filed_by, json_extract(r.document, '$.working_drg') FROM case_revision r"
            " JOIN data_case c ON c.id = r.case_id WHERE c.data_set = 'working'"
        ).fetchall())  # fmt: skip
        assert rows == [(1, "admin", "280")]

    def test_a_second_filing_leaves_the_first_as_it_was(self, admitted: Workstation) -> None:
        go(admitted, f"=ADF {IN_HOUSE}")
        admitted.press("i5021 y ", "f2")
        assert admitted.message.startswith(f"FILED {IN_HOUSE}, filing 2")
        go(admitted, f"=HIS ADF {IN_HOUSE}")
        assert "4 Diagnosis" in admitted.text

    def test_the_abstract_has_nothing_of_it(self, admitted: Workstation) -> None:
        go(admitted, f"=CDG {IN_HOUSE}")
        assert "diagnoses[1].code" not in values(admitted)

    def test_the_list_has_the_stay_against_its_mean(self, admitted: Workstation) -> None:
        go(admitted, "=ADL")
        row = line_of(admitted, "280")
        days = do(admitted, lambda _: store.current().now().day) - date(2026, 11, 16).toordinal()
        assert f"280  1.6041 {days:>3}   4.1 " in row
        assert ("*" in row[:4]) is (days > 4)

    def test_stays_beyond_the_mean_are_listed_alone(self, admitted: Workstation) -> None:
        do(admitted, lambda _: builders.a_stay("2026-11-15T08:00", account="LATER"))
        go(admitted, "=ADL 3E OVER")
        assert "stays beyond the mean" in admitted.text
        beyond = do(admitted, lambda _: store.current().now().day) - date(2026, 11, 16).toordinal() > 4
        assert ("280" in admitted.text) is beyond
        assert "MILLER" not in admitted.text

    def test_lists_who_is_not_coded_yet_too(self, desk: Workstation) -> None:
        go(desk, "=ADL 3E")
        assert "Unit 3E" in desk.text
        assert line_of(desk, "3E   ").split()[-1].isdecimal()

    def test_the_final_codes_are_compared_with_them(self, admitted: Workstation) -> None:
        go(admitted, f"=CMP {IN_HOUSE} ADMIT : I21.4/Y N17.9/Y")
        page = page_of(admitted)
        assert "A  Admission codes as of" in page
        assert "by admin" in page
        assert "dropped      J96.01" in page

    def test_ends_within_80_columns_with_the_age_of_the_codes(self, admitted: Workstation) -> None:
        go(admitted, "=ADL")
        assert line_of(admitted, "280  1.6041").rstrip().endswith(" 0 d")

    def test_asks_nothing_any_more_once_the_final_codes_are_filed(self, filed: Workstation) -> None:
        go(filed, f"=ADF {ACCOUNT}")
        assert filed.message == "The final codes are filed (admin), these can only be read: F10 compares."
        assert "No findings" in filed.text

    def test_they_become_a_draft_of_the_abstract_once_the_patient_has_left(
        self, admitted: Workstation
    ) -> None:
        go(admitted, f"=ADF {IN_HOUSE}")
        go(admitted, "FINAL")
        assert "The patient is in house" in admitted.message
        do(admitted, lambda _: discharge(IN_HOUSE))
        admitted.press("f3")
        go(admitted, f"=ADF {IN_HOUSE}")
        go(admitted, "FINAL")
        assert admitted.lines[0].split()[0] == "CDG"
        assert values(admitted)["diagnoses[2].code"] == "J9601"
        draft = do(admitted, lambda actor: drafts.load(actor, ("ABS", IN_HOUSE)))
        assert draft is not None

    def test_once_the_abstract_has_codes_they_are_only_read(self, admitted: Workstation) -> None:
        do(admitted, lambda _: discharge(IN_HOUSE))
        do(admitted, lambda actor: file_codes(actor, IN_HOUSE, "I214"))
        go(admitted, f"=ADF {IN_HOUSE}")
        assert "The final codes are filed (admin)" in admitted.text
        admitted.press("f10")
        page = page_of(admitted)
        assert "A  Admission codes" in page
        assert "dropped      J96.01" in page

    def test_an_outpatient_has_no_working_codes(self, desk: Workstation) -> None:
        do(desk, lambda _: an_emergency("E1"))
        go(desk, "=ADF E1")
        assert "is no inpatient's account" in desk.message


class TestCalculator:
    def test_groups_with_the_keys_of_the_coding_screen(self, calculator: Workstation) -> None:
        calculator.press("i21.4 y j9601 y n179 y")
        assert "MS-DRG 280" in calculator.text
        assert "GMLOS 4.1" in calculator.text
        assert "trim 1-" in calculator.text
        assert "expected payment 10,426.65" in calculator.text
        calculator.press("up", "up", "@")
        assert "MS-DRG 281" in calculator.text

    def test_says_what_drives_a_drg_of_which_the_grouper_marks_nothing(self, paid: Workstation) -> None:
        go(paid, "=HYP")
        paid.press("0", "enter", "f", "z3800 p0718 y p0739 y p599 y")
        assert "MS-DRG 792 Prematurity without Major Problems" in paid.text
        assert line_of(paid, "2 P07.18").rstrip().endswith("drives")
        assert not line_of(paid, "4 P59.9").rstrip().endswith("drives")

    def test_death_age_and_disposition_count(self, calculator: Workstation) -> None:
        calculator.press("i21.4 y j9601 y ")
        calculator.press("^DISP", "enter", "20")
        assert "MS-DRG 283" in calculator.text

    def test_an_edit_shows_at_its_code(self, calculator: Workstation) -> None:
        calculator.press("v0001xa y ")
        calculator.press("ctrl+e")
        assert "V00.01XA is an external cause and cannot be" in calculator.text

    def test_nothing_is_stored_of_it(self, calculator: Workstation) -> None:
        calculator.press("i21.4 y ", "f2")
        assert "KEEP and a name keeps it for you" in calculator.text
        calculator.press("f3")
        assert do(calculator, lambda actor: drafts.waiting(actor)) == []
        assert do(
            calculator, lambda _: database.execute_sql("SELECT count(*) FROM hypothetical").fetchone()
        ) == (0,)

    def test_it_is_there_again_in_the_same_session_until_another_is_begun(
        self, calculator: Workstation
    ) -> None:
        calculator.press("i21.4 y ", "f3")
        go(calculator, "=HYP")
        assert "MS-DRG 282" in calculator.text
        calculator.press("f6")
        assert "I21.4" not in calculator.text

    def test_a_name_keeps_it_and_brings_it_back(self, calculator: Workstation) -> None:
        calculator.press("i21.4 y j9601 y ")
        go(calculator, "KEEP ami 1")
        assert calculator.message == "Kept as AMI 1: HYP AMI 1 brings it back."
        calculator.press("f6")
        go(calculator, "=HYP ami 1")
        assert "MS-DRG 280" in calculator.text
        go(calculator, "KEPT")
        assert calculator.message == "Kept: AMI 1."
        go(calculator, "FORGET ami 1")
        go(calculator, "KEPT")
        assert calculator.message == "You keep none yet."

    def test_what_if_and_compare_take_it(self, calculator: Workstation) -> None:
        calculator.press("i21.4 y j9601 y ", "f10")
        assert "Hypothetical patient" in calculator.text
        assert "Without J96.01" in calculator.text
        calculator.press("f3")
        go(calculator, "COMPARE I21.4 N17.9")
        assert "added        N17.9" in page_of(calculator)

    def test_an_account_lends_its_codes_and_is_left_alone(self, keyed: Workstation) -> None:
        go(keyed, f"=HYP {ACCOUNT}")
        assert "MS-DRG 280" in keyed.text
        assert "MILLER" not in keyed.text
        keyed.press("^DISP", "enter", "20")
        go(keyed, f"=CDG {ACCOUNT}")
        assert values(keyed)["disposition"] == "01"

    def test_what_the_calculator_does_not_ask_is_not_taken_over(self, keyed: Workstation) -> None:
        keyed.press("tab", "027034Z", "11112026", "1001", "n")
        go(keyed, f"=HYP {ACCOUNT}")
        assert values(keyed)["procedures[1].code"] == "027034Z"
        assert "procedures[1].surgeon" not in values(keyed)
        assert "D010" not in keyed.text

    def test_neither_name_nor_account_is_told(self, desk: Workstation) -> None:
        go(desk, "=HYP nobody")
        assert "You keep nothing under nobody" in desk.message

    def test_begins_at_the_age(self, desk: Workstation) -> None:
        go(desk, "=HYP")
        assert focus(desk) == "age"


def an_emergency(account: str) -> None:
    fields = {"class": "E"}
    builders.an_encounter(0, account, **fields)


def discharge(account: str) -> None:
    builders.a_movement(encounters.find(account), "discharge", "2026-11-20T10:00", disposition="01")


def file_codes(actor: Actor, account: str, *codes: str) -> None:
    """These diagnoses filed as those of the abstract, left open."""
    opened = abstracts.read(encounters.get(encounters.find(account)), dictionary_for("abstract"))
    record = {path: text for path, text in opened.record.items() if not path.startswith("diagnoses")}
    for row, code in enumerate(codes, 1):
        record |= {f"diagnoses[{row}].code": code, f"diagnoses[{row}].poa": "Y"}
    revision = opened.case.revision if opened.case else 0
    abstracts.file_abstract(
        actor,
        opened,
        dictionary_for("abstract"),
        record,
        (),
        Drg(),
        expected_revision=revision,
        leave_open=True,
    )
