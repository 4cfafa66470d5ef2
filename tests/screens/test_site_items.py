"""What a facility adds to the abstract by TOML alone: on the form, in help, lists, checks, store, files and print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from db.connect import database
from db.registry import cases
from tests.screens.conftest import ACCOUNT, House
from tests.screens.test_special_registry import ask, command, goto, view
from tests.screens.test_trauma import focus
from tests.tui.conftest import Workstation

GUIDE = (Path(__file__).parents[2] / "docs" / "guide-registry.md").read_text(encoding="utf-8")
ADDITION = (
    re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[1]
    .replace("required_when", "carry_patient = true\nrequired_when")
    .replace('kind = "excludes"', 'kind = "excludes"\noverride = true')
)
GROUP = """
[[section]]
id = "calls"
title = "Calls"

[[section.item]]
id = "calls"
label = "Calls"
type = "group"
rows = 5
min_rows = 1

[[section.item.column]]
id = "on"
label = "Called on"
type = "date"
required = true
"""


@pytest.fixture
def installed(house: House, tmp_path: Path) -> House:
    """The hospital with items of its own in the abstract."""
    (tmp_path / "general.toml").write_text(ADDITION.replace("\n[[edit]]", GROUP + "\n[[edit]]", 1))
    output, status = command(house, tmp_path, "dictionary", "install", tmp_path / "general.toml")
    assert status == 0, output
    assert output.startswith("Discharge abstract, version ")
    assert "+1: " in output
    return house


@pytest.fixture
def abstract(installed: House, seat: Callable[[], Workstation]) -> Workstation:
    desk = seat()
    desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
    return desk


class TestAnItemOfTheFacility:
    def test_is_asked_helped_listed_and_decoded(self, abstract: Workstation) -> None:
        goto(abstract, "FOLLOW-UP")
        assert focus(abstract) == "follow_up"
        abstract.press("f1")
        assert "How the patient was reached after discharge." in abstract.text
        if "F3" in abstract.lines[23] and focus_is_page(abstract):
            abstract.press("f3")
        abstract.press("f4")
        assert "Not reached" in abstract.text
        abstract.press("2", "enter")
        assert "Not reached" in abstract.text

    def test_is_checked_with_its_groups_and_edits(self, abstract: Workstation) -> None:
        found = {(finding.code, finding.field) for finding in view(abstract).findings}
        assert ("D004", "follow_up") in found
        assert ("D013", "calls[1].on") in found
        goto(abstract, "FOLLOW-UP", "1", "enter")
        goto(abstract, "DISPOSITION", "20", "enter")
        assert "GH1" in {finding.code for finding in view(abstract).findings}

    def test_may_be_let_stand_where_its_edit_says_so(self, abstract: Workstation) -> None:
        goto(abstract, "DISPOSITION", "20", "enter")
        goto(abstract, "FOLLOW-UP", "1", "enter")
        goto(abstract, "FOLLOW-UP")
        abstract.press("ctrl+o", "OVERRIDE called the widow", "enter")
        assert abstract.message.startswith("GH1 stands")
        said = {each.code: each.overridden for each in view(abstract).findings}
        assert said["GH1"].endswith("called the widow")
        abstract.press("f2", "f2", "later", "enter")
        case = ask(abstract, cases.by_number, "abstract", ACCOUNT)
        assert case.record["!GH1 follow_up"].endswith("called the widow")  # type: ignore[attr-defined]

    def test_is_stored_under_the_version_that_asked_it(self, abstract: Workstation) -> None:
        goto(abstract, "FOLLOW-UP", "1", "enter")
        abstract.press("f2", "f2", "later", "enter")
        case = ask(abstract, cases.by_number, "abstract", ACCOUNT)
        assert case is not None
        assert case.version.endswith("+1")  # type: ignore[attr-defined]
        assert case.record["follow_up"] == "1"  # type: ignore[attr-defined]
        rows = ask(
            abstract,
            lambda: database.execute_sql("SELECT text FROM case_item WHERE item = 'follow_up'").fetchall(),
        )
        assert rows == [("1",)]

    def test_goes_in_and_out_with_files_and_stands_in_print(self, installed: House, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text(f"account,follow_up,calls[1].on\n{ACCOUNT},2,2026-11-16\n")
        output, status = command(installed, tmp_path, "import", "records", "abstract", tmp_path / "in.csv")
        assert (json.loads(output.splitlines()[-1])["applied"], status) == (1, 0), output
        out = tmp_path / "out.json"
        command(installed, tmp_path, "export", "records", "abstract", "--out", out, "--format", "json")
        row = json.loads(out.read_text())[0]
        assert (row["account"], row["follow_up"], row["calls[1].on"]) == (ACCOUNT, "2", "2026-11-16")
        output, _ = command(installed, tmp_path, "dictionary", "print", "abstract")
        assert "Follow-up call" in output
        assert "TABLE follow_up: Follow-up call" in output
        output, _ = command(installed, tmp_path, "report", "data-dictionary", "--set", "abstract")
        assert "follow_up" in output
        output, _ = command(
            installed, tmp_path, "report", "record-counts", "--set", "abstract", "--by", "follow_up"
        )
        assert "2 Not reached" in output

    def test_a_later_file_takes_its_place_and_old_versions_stay(
        self, installed: House, tmp_path: Path
    ) -> None:
        (tmp_path / "in.csv").write_text(f"account,follow_up\n{ACCOUNT},2\n")
        command(installed, tmp_path, "import", "records", "abstract", tmp_path / "in.csv")
        same = tmp_path / "same.toml"
        same.write_text(ADDITION)
        output, status = command(installed, tmp_path, "dictionary", "install", same)
        assert status == 1
        assert "same.toml: 1 record was filed under version" in output
        same.write_text(ADDITION.replace('version = "1"', 'version = "2"'))
        output, status = command(installed, tmp_path, "dictionary", "install", same)
        assert status == 0, output
        assert "+2: " in output
        output, _ = command(installed, tmp_path, "dictionary", "list")
        assert [
            line.split()[1].rpartition("+")[2] for line in output.splitlines() if line.startswith("abstract")
        ][-2:] == ["1", "2"]


class TestARefusedFile:
    def test_changes_nothing_and_every_mistake_is_told(self, house: House, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.toml"
        wrong.write_text(
            ADDITION.replace("label =", "lable =").replace('kind = "excludes"', 'kind = "exclude"')
        )
        output, status = command(house, tmp_path, "dictionary", "install", wrong)
        assert status == 1
        assert "wrong.toml line 12, item follow_up: there is no setting 'lable'" in output
        assert "kind 'exclude' is unknown" in output
        assert not list((house.directory / "site").glob("dictionaries/*"))

    def test_that_lies_there_all_the_same_is_told_at_the_desk(
        self, house: House, seat: Callable[[], Workstation]
    ) -> None:
        (house.directory / "site" / "dictionaries").mkdir(exist_ok=True)
        (house.directory / "site" / "dictionaries" / "0001-x.toml").write_text("id = ")
        desk = seat()
        assert desk.lines[0].split()[0] == "DESK"
        assert "dictionaries cannot be used: 0001-x.toml line 1" in desk.text


def focus_is_page(desk: Workstation) -> bool:
    """Whether help fills the screen rather than the message row."""
    from tui.form import FormView

    return not isinstance(desk.shell.top, FormView)
