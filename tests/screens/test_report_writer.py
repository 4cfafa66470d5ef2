"""RPW, RPE, RPC, RPV: a report is written, looked at, filed, run, copied and taken out of use with keys alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.data_sets import library
from db.access import sign_on
from db.actors import Actor
from db.connect import database, writing
from db.patient_index import patients
from db.registry import cases
from db.report_writer import saved
from rules.report_writer import LIST, TOTALS, Break, Condition, Definition, Shown
from screens.session import Session
from tests.screens.conftest import MRN, House
from tests.screens.test_audit_rows import last_seq, rows_after
from tests.tui.conftest import Workstation


@pytest.fixture
def coded(desk: Workstation, house: House) -> Workstation:
    """Signed on, with three abstracts."""
    rows = [("B1", "70", "MED"), ("B2", "30", "SUR"), ("B3", "66", "MED")]
    for account, age, service in rows:
        record = {"account": account, "age": age, "service": service, "discharged_at": "2026-10-05T10:00"}
        with writing():
            cases.put(
                library().of("abstract"), record, before=None, number=account, patient_id=patients.by_mrn(MRN),
                status="complete", by="test",
            )  # fmt: skip
    return desk


def write(desk: Workstation, name: str = "OVER 65", value: str = "65") -> None:
    """Key a report up to its condition."""
    desk.press("ctrl+o", "=RPE", "enter", name, "enter", "Who is over 65", "enter")
    desk.press("ctrl+o", "^Columns", "enter", "account", "tab", "tab", "tab", "tab", "tab")
    desk.press("age", "tab", "tab", "tab", "tab", "mean", "enter")
    desk.press("ctrl+o", "^Condition", "enter", "age", "tab", "over", "tab", value, "tab")


def someone(desk: Workstation) -> Actor:
    """Who sits there."""
    session = desk.shell.session
    assert isinstance(session, Session)
    return session.actor


class TestWriting:
    def test_says_in_plain_words_what_is_asked(self, coded: Workstation) -> None:
        write(coded)
        assert "Discharge abstract, where Age is over 65." in coded.text

    def test_a_bad_condition_is_one_sentence_at_its_field(self, coded: Workstation) -> None:
        write(coded, value="sixty")
        assert coded.message == "RW1 sixty is no number."
        coded.press("f2")
        assert [each.name for each in saved.listing(someone(coded))] == ["WHO LEFT"]

    def test_a_look_says_how_many_and_shows_the_first(self, coded: Workstation) -> None:
        write(coded)
        before = last_seq()
        coded.press("f10")
        assert coded.message == "2 records found."
        assert [line.split() for line in coded.lines if line.startswith("B")] == [["B1", "70"], ["B3", "66"]]
        (row,) = (each for each in rows_after(before) if each["action"] == "run report")
        assert '"count":2' in str(row["detail"]).replace(" ", "")

    def test_items_are_listed_by_label(self, coded: Workstation) -> None:
        coded.press("ctrl+o", "=RPE", "enter", "ctrl+o", "^Columns", "enter", "princ", "f4")
        assert "Principal payer" in coded.text
        coded.press("enter")
        assert "Principal payer" in coded.text
        assert "Columns" in coded.text

    def test_is_filed_run_and_printed_as_any_report(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2")
        assert coded.message == "FILED OVER 65, version 1"
        coded.press("ctrl+o", "=RPW", "enter")
        assert "OVER 65" in coded.text
        coded.press("enter", "f2")
        assert coded.lines[0].startswith(" PGE    A written report")
        assert "TOTAL: 2 records" in coded.text
        assert "68.00" in coded.text

    def test_a_change_is_a_further_version(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2", "ctrl+o", "=RPE OVER 65", "enter", "ctrl+o", "^Value", "enter", "69", "tab", "f2")
        assert coded.message == "FILED OVER 65, version 2"
        kept = saved.of(someone(coded), "OVER 65").definition
        assert kept.conditions == (Condition("age", "over", "69"),)
        coded.press("ctrl+o", "=RPV OVER 65", "enter")
        assert len([line for line in coded.lines[3:] if " admin " in line]) == 2
        coded.press("down", "p", "enter")
        assert "version 1" in coded.text
        assert "TOTAL: 2 records" in coded.text

    def test_a_copy_is_ones_own(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2", "ctrl+o", "=RPC OVER 65", "enter", "MINE", "tab", "f2")
        assert coded.message == "FILED MINE, version 1"
        assert {each.name for each in saved.listing(someone(coded))} == {"MINE", "OVER 65", "WHO LEFT"}

    def test_a_copy_without_a_name_is_told_at_the_name(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2", "ctrl+o", "=RPC OVER 65", "enter", "f2")
        assert coded.message.startswith("NOT FILED. RW3 Name: A name has letters")

    def test_out_of_use_asks_why(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2", "ctrl+o", "=RPW", "enter", "x")
        coded.press("Nobody reads it.", "enter")
        assert coded.message == "OVER 65 is out of use; its versions are kept."
        kept = database.execute_sql(
            "SELECT void_reason FROM written_report WHERE name = 'OVER 65'"
        ).fetchone()
        assert kept == ("Nobody reads it.",)

    def test_what_was_keyed_is_a_draft(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f3", "y", "ctrl+o", "=RPE", "enter")
        assert "Your draft of this record is resumed." in coded.text
        assert "where Age is over 65." in coded.text

    def test_a_name_that_is_taken_is_told_at_the_name(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2")
        write(coded)
        coded.press("f2")
        assert "The name OVER 65 is taken: choose another." in coded.text


class TestFromAFigure:
    def test_enter_on_a_line_opens_its_records_and_f3_comes_back(self, coded: Workstation) -> None:
        made = Definition("abstract", "By service", TOTALS, breaks=(Break("service"),))
        saved.save(someone(coded), "BY SERVICE", made, shared=False)
        coded.press("ctrl+o", "=PGE writer 'name=BY SERVICE'", "enter", "tab", "enter")
        assert "by Service; only Service: MED" in coded.text
        assert [line.split()[0] for line in coded.lines if re.match(r"B\d ", line)] == ["B1", "B3"]
        coded.press("f3")
        assert "Enter: what is behind" in coded.text
        assert "only Service" not in coded.text


class TestWhatIsMissing:
    def test_a_condition_without_a_value_is_told_at_its_field_and_in_the_words(
        self, coded: Workstation
    ) -> None:
        write(coded, value="")
        assert "where Age is over (which value?)." in coded.text
        coded.press("f2")
        assert coded.message.startswith("NOT FILED. RW1 Value 1: Age needs a value")

    def test_an_item_that_is_gone_is_told_at_its_field(self, coded: Workstation) -> None:
        made = Definition(
            "abstract", "Old", LIST, (Shown("account"), Shown("gone")), labels={"gone": "Old question"}
        )
        saved.save(someone(coded), "OLD", made, shared=False)
        coded.press("ctrl+o", "=RPE OLD", "enter", "f2")
        assert "NOT FILED. RW1 Item 2: gone is no item of Discharge abstract" in coded.message
        coded.press("ctrl+o", "=PGE writer name=OLD", "enter")
        assert "Old question (gone) is in no version of Discharge abstract any more" in coded.text


class TestTwoWhoChangeOne:
    def test_the_second_is_told_and_keeps_a_draft(self, coded: Workstation) -> None:
        write(coded)
        coded.press("f2", "ctrl+o", "=RPE OVER 65", "enter")
        first = saved.of(someone(coded), "OVER 65")
        saved.save(
            someone(coded), "OVER 65", first.definition, shared=True, before=first
        )  # somebody else, meanwhile
        coded.press("ctrl+o", "^Title", "enter", "My own", "tab", "f2")
        assert coded.message == "NOT FILED. RW3 Name: Somebody has changed OVER 65 meanwhile: RPV shows it."
        coded.press("f3", "y", "ctrl+o", "=RPE OVER 65", "enter")
        assert "the record was changed since: compare before filing" in coded.text
        assert saved.of(someone(coded), "OVER 65").version == 2


class TestCommandLine:
    def test_runs_by_name(
        self, coded: Workstation, house: House, capfd: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        from recordroom.cli import run
        from tests.conftest import ADMIN, PASSPHRASE

        write(coded)
        coded.press("f2")
        sign_on.off(someone(coded))
        (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
        who = [
            "--store",
            str(house.directory),
            "--user",
            ADMIN,
            "--passphrase-file",
            str(tmp_path / "passphrase"),
        ]
        assert run(["report", "writer", "--name", "over 65", "--format", "json", *who]) == 0
        out = capfd.readouterr().out
        assert '"account": "B1"' in out
        assert '"age": 70' in out
        assert run(["report", "writer", "--name", "none such", *who]) == 2
