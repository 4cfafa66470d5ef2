"""Every screen opens on a poisoned patient, keeps within 80x24 and lets nothing through that moves a terminal."""

from __future__ import annotations

import unicodedata

import pytest

from config.menu import standard_menu
from rules.text import cells
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT, POISON_MRN, House
from tests.tui.conftest import Workstation
from tui.form import FormView
from tui.pager import Pager
from tui.view import own_words

KEYS = {
    "CHT": POISON_MRN, "PTA": POISON_MRN, "PAT": POISON_MRN, "ACD": POISON_MRN, "ACC": POISON_ACCOUNT,
    "DOC": POISON_ACCOUNT, "DCF": POISON_ACCOUNT, "SUP": POISON_ACCOUNT, "ERL": POISON_ACCOUNT,
    "ERC": f"{POISON_ACCOUNT} cm I10 dx {ACCOUNT}", "SNE": "NEW I50",
    "MOV": POISON_ACCOUNT, "WKH": POISON_ACCOUNT, "WKN": POISON_ACCOUNT, "ABS": POISON_ACCOUNT,
    "OVR": POISON_ACCOUNT, "CDG": POISON_ACCOUNT, "ABQ": POISON_ACCOUNT,
    "ADM": "11/16/2026", "DSC": "11/15/2026", "TRN": "11/15/2026",
    "DTH": "11/15/2026", "INP": "3E", "NOT": "I214", "COD": "chf", "TRE": "I214",
    "PCT": "0SR", "PCD": "0SR", "RUN": "daily-census",
    "RVA": "1", "RVD": "2", "RVC": "3", "RVS": "1", "RVW": "4",
    "FAC": POISON_ACCOUNT, "SUM": POISON_ACCOUNT, "LBL": POISON_MRN, "OUT": POISON_MRN,
    "WHO": POISON_MRN, "SAW": "admin", "SEN": POISON_MRN, "WHY": POISON_MRN,
    "RPC": "WHO LEFT", "RPE": "WHO LEFT", "RPV": "WHO LEFT",
    "PGE": "daily-census day=2026-11-16", "SFL": "provider", "SFR": "provider 1001",
    "CNF": f"ABS {POISON_ACCOUNT}", "HIS": f"PTA {POISON_MRN}", "TXA": "1", "IDN": POISON_MRN,
    "MRG": f"{MRN} {POISON_MRN}",
    "CLM": "2026-10", "RMK": "2026-10", "RMH": "2026-10",
    "QRY": POISON_ACCOUNT, "QRS": "Q000001", "QRH": "Q000001", "QRE": "Q000001", "QRF": "Q000001", "QTE": "AKI",
    "UNM": "1", "OVU": "1", "SIGNON": None,
    "OPC": "VISIT", "OFC": "OFFICE", "LTC": "NURSING", "IRF": "INTENSE",
    "ADF": "4713", "CMP": f"{POISON_ACCOUNT} I21.4 N17.9", "WIF": POISON_ACCOUNT,
}  # fmt: skip
REVIEWED = True  # reviews are under way in the small hospital
UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def the_key(word: str, house: House) -> str | None:
    by_house = {
        "ROI": house.request, "RQH": house.request, "STP": house.request, "REL": house.request, "RLS": house.request,
        "COR": house.release, "SUS": house.release, "TRA": house.trauma, "HLM": house.message, "ALV": house.alert,
    }  # fmt: skip
    return by_house.get(word, KEYS.get(word, ""))


def assert_harmless(desk: Workstation) -> None:
    assert len(desk.lines) == 24
    for line in desk.lines:
        assert cells(line) <= 80, line
        assert not [c for c in line if unicodedata.category(c) in UNSAFE], repr(line)


WORDS = sorted({entry.word for entry in standard_menu().screens.values()} - {"SIGNON"})


@pytest.mark.usefixtures("coded")
class TestPoisonedPatient:
    @pytest.mark.parametrize("word", WORDS)
    def test_goes_through_the_screen_without_harm(self, desk: Workstation, house: House, word: str) -> None:
        desk.press("ctrl+o", f"={word} {the_key(word, house)}".strip(), "enter")
        assert desk.lines[0].split()[0] == word, desk.text
        assert_harmless(desk)
        for key in ("f8", "f8", "right", "f1"):
            desk.press(key)
            assert_harmless(desk)
        desk.press("f3")
        assert desk.shell.ended is None

    @pytest.mark.parametrize("word", WORDS)
    def test_every_key_that_works_is_in_the_legend_or_first_under_f1(
        self, desk: Workstation, house: House, word: str
    ) -> None:
        desk.press("ctrl+o", f"={word} {the_key(word, house)}".strip(), "enter")
        legend, shown = desk.shell.top.legend(), desk.lines[-1]
        assert desk.shell.top.screen
        words = own_words(desk.shell.top.screen)
        own = {each.item for each in desk.shell.top.screen.commands}
        hidden = [item for item in legend if item not in shown and item != "F1=Help"]
        assert f"F1=Help +{len(hidden)}" in shown if hidden else "F1=Help +" not in shown
        desk.press(*["f1"] * (1 + isinstance(desk.shell.top, FormView)))  # in a form the field comes first
        assert isinstance(desk.shell.top, Pager)
        page = " ".join(desk.shell.top.stack.texts())
        assert [item for item in legend if item not in page and item not in own] == []
        assert [line for line in words if " ".join(line.split()) not in " ".join(page.split())] == []

    def test_is_found_by_the_readable_part_of_the_name(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"PAT {POISON_MRN}", "enter")
        assert POISON_MRN in desk.text
        assert "[/foo]" in desk.text

    def test_menus_show_what_is_permitted_and_stay_within_the_screen(self, desk: Workstation) -> None:
        for menu in standard_menu().menus:
            desk.press("ctrl+o", f"={menu}", "enter")
            assert_harmless(desk)


class TestTheWayBack:
    def test_a_screen_left_for_a_look_up_is_resumed_with_what_was_keyed(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^NOTE", "enter", "half a word")
        desk.press("ctrl+o", "PAT MILLER", "enter")
        assert "MILLER" in desk.text
        desk.press("f3")
        assert desk.lines[0].split()[0] == "ABS"
        assert "half a word" in desk.text
