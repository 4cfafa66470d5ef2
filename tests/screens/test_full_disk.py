"""The disk fills up under somebody's hands: what was keyed stays on the form and in the draft, and is filed later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.menu import standard_menu
from db import drafts, store
from db.patient_index import patients
from screens.session import Seat
from screens.sign_on import SignOn
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import MRN, House
from tests.tui.conftest import Workstation
from tui.shell import Shell

MEGABYTES = 12


@pytest.fixture
def desk(disk: Path, house_template: House) -> Iterator[Workstation]:
    """Signed on at a store on that disk."""
    directory = Path(shutil.copytree(house_template.directory, disk / "store"))
    with ThreadPoolExecutor(1) as executor:
        desk = Workstation(Shell(lambda: SignOn(Seat(directory, "test")), standard_menu(), executor))
        desk.press(ADMIN, "enter", PASSPHRASE, "enter")
        yield desk
        executor.submit(store.close_store).result()
        desk.loop.close()


def fill(disk: Path) -> Path:
    path = disk / "ballast"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return path


def city(desk: Workstation) -> str:
    return desk.shell.executor.submit(lambda: patients.get(patients.by_mrn(MRN))["city"]).result()


class TestAFullDisk:
    def test_in_the_middle_of_a_form_loses_nothing_and_it_is_filed_when_there_is_room(
        self, desk: Workstation, disk: Path
    ) -> None:
        before = city(desk)
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "^COUNTY", "enter", "Kings", "enter")
        ballast = fill(disk)
        desk.press("^CITY", "enter", "@", "enter", "^CITY", "enter", "Troy", "enter")
        assert "draft could not be saved" in desk.text
        desk.press("f2")
        assert "draft could not be saved" in desk.text
        assert desk.lines[0].split()[0] == "PTA"
        assert city(desk) == before
        actor = desk.shell.session.actor  # type: ignore[union-attr]
        kept = desk.shell.executor.submit(lambda: drafts.load(actor, ("PTA", MRN))).result()
        assert kept is not None
        assert kept.values["county"] == "Kings"
        ballast.unlink()
        desk.press("enter", "f2")
        assert desk.message.startswith(f"FILED {MRN}"), desk.text
        assert city(desk) == "Troy"

    def test_when_it_is_filed_refuses_in_a_sentence_and_files_when_there_is_room(
        self, desk: Workstation, disk: Path
    ) -> None:
        before = city(desk)
        desk.press(
            "ctrl+o",
            f"=PTA {MRN}",
            "enter",
            "^CITY",
            "enter",
            "@",
            "enter",
            "^CITY",
            "enter",
            "Troy",
            "enter",
        )
        ballast = fill(disk)
        desk.press("f2")
        assert "the disk is full" in desk.text, desk.text
        assert (desk.lines[0].split()[0], city(desk)) == ("PTA", before)
        ballast.unlink()
        desk.press("f2")
        assert desk.message.startswith(f"FILED {MRN}"), desk.text
        assert city(desk) == "Troy"

    def test_under_a_page_is_one_sentence_and_leaves_nothing_in_the_spool(
        self, desk: Workstation, disk: Path
    ) -> None:
        desk.press("ctrl+o", "=PGE daily-census day=2026-11-16", "enter")
        fill(disk)
        for word in ("SAVE", "SPOOL"):
            desk.press("ctrl+o", word, "enter")
            assert "the disk is full" in desk.message, word
            assert "DAILY CENSUS" in desk.text
            desk.press("f12")
        assert list((disk / "store" / "spool").iterdir()) == []
