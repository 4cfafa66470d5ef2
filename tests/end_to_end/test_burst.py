"""A whole day's typing in one burst on the real program lands exactly where slow typing lands; a killed one resumes."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from db import drafts
from db.access import sign_on as signing
from db.hospital import encounters
from db.registry import cases
from tests import builders
from tests.conftest import ADMIN, PASSPHRASE
from tests.terminal import KEYS, Terminal

ACCOUNTS = ("4711", "4712", "4713")
CODES = (
    ("R079", ("I214", "N179", "E119", "I10", "E785", "J449", "I2510", "N1830", "F329", "K219")),
    ("R0602", ("I5023", "J9601", "E876", "I4891", "D649", "E039", "M109", "G4733", "D509", "N390")),
    ("R109", ("K8000", "K219", "I10", "E669", "E785", "F419", "M5450", "N400", "G43909", "H409")),
)


@pytest.fixture(scope="module")
def hospital(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three discharges that wait. Copy it, do not open it."""
    directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("burst") / "store"))
    actor = signing.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    for number, account in enumerate(ACCOUNTS, 1):
        patient = builders.a_patient(mrn=f"0000{number}", ethnicity="2186-5")
        stay = {"patient_id": patient, "account": account}
        builders.a_stay(f"2026-09-0{number}T08:00", f"2026-09-1{number}T11:30", **stay)  # type: ignore[arg-type]
    signing.off(actor)
    return directory


@contextmanager
def workstation(store: Path, codes: Path) -> Iterator[Terminal]:
    """The real program on its own terminal, signed on."""
    env = {"RECORDROOM_STORE": str(store), "RECORDROOM_CODES": str(codes)}
    with Terminal([sys.executable, "-m", "recordroom"], env=env, cwd=Path(__file__).parents[2]) as terminal:
        terminal.wait_for("User name")
        terminal.keys(ADMIN, "enter", PASSPHRASE, "enter")
        terminal.wait_for("Work queue")
        yield terminal


def a_day() -> list[str]:
    """Three abstracts from the work list, with a look-up on the way, and the work list again."""
    keys = ["ctrl+o", "=WRK", "enter", "a"]
    for number, (admitting, codes) in enumerate(CODES):
        keys += [admitting, "enter"]
        for code in codes:
            keys += [code, "enter", "y"]
        if number == 1:
            keys += ["ctrl+o", "PAT 00001", "enter", "f3"]
        keys += [
            "^NOTE",
            "enter",
            f"abstract {number} of the day, keyed in one go and without looking up",
            "enter" if number == 2 else "f2",
        ]
    return [*keys, "ctrl+o", "=WRC", "enter"]


def stored(store: Path) -> dict[str, object]:
    """Every abstract as it was filed, with its status."""
    actor = signing.with_passphrase(store, ADMIN, PASSPHRASE).actor
    found: dict[str, object] = {}
    for account in ACCOUNTS:
        case = cases.by_encounter("abstract", encounters.find(account) or 0)
        found[account] = case and (case.status, json.dumps(case.record, sort_keys=True))
    found["drafts"] = len(drafts.waiting(actor))
    signing.off(actor)
    return found


class TestTypeAhead:
    def test_a_burst_lands_exactly_where_slow_typing_lands(
        self, hospital: Path, codes_path: Path, tmp_path: Path
    ) -> None:
        keys = a_day()
        assert sum(1 if key in KEYS else len(key) for key in keys) >= 400
        results = []
        for pace in ("burst", "slowly"):
            store = Path(shutil.copytree(hospital, tmp_path / pace))
            with workstation(store, codes_path) as terminal:
                (terminal.keys if pace == "burst" else terminal.slowly)(*keys)
                terminal.wait_for("Nothing waits to be coded")
                picture = terminal.text
                terminal.keys("ctrl+o", "OFF", "enter")
                assert terminal.wait_exit() == 0
            results.append((picture, stored(store)))
        assert results[0] == results[1]
        assert all(results[0][1][account] for account in ACCOUNTS)

    def test_an_error_in_the_middle_keeps_the_keys_that_wait(
        self, hospital: Path, codes_path: Path, tmp_path: Path
    ) -> None:
        store = Path(shutil.copytree(hospital, tmp_path / "store"))
        with workstation(store, codes_path) as terminal:
            terminal.keys("ctrl+o", "=WRK", "enter", "a", "zzzz", "enter", "I214", "enter", "y")
            terminal.wait_for("Nothing is known as ZZZZ")
            terminal.wait_for("F12 discards")
            terminal.keys("f12", "R079", "enter", "I214", "enter", "y")
            terminal.wait_for("MS-DRG 282")


class TestAKilledProgram:
    def test_resumes_where_it_was(self, hospital: Path, codes_path: Path, tmp_path: Path) -> None:
        store = Path(shutil.copytree(hospital, tmp_path / "store"))
        with workstation(store, codes_path) as terminal:
            terminal.keys(
                "ctrl+o", "=WRK", "enter", "a", "R079", "enter", "I214", "enter", "y", "N179", "enter"
            )
            terminal.wait_for("MS-DRG 281")
            terminal.signal(signal.SIGKILL)
            assert terminal.wait_exit() == -signal.SIGKILL
        with workstation(store, codes_path) as terminal:
            terminal.wait_for("ABS 4711")  # the desk names the draft
            terminal.keys("ctrl+o", "=ABS 4711 WRK", "enter")
            terminal.wait_for("Your draft of this record is resumed.")
            terminal.wait_for("MS-DRG 281")
            terminal.keys("^POA", "enter", "ctrl+e", "enter", "y", "f2")
            terminal.wait_for("FILED 4711")
