"""The real program in plain lines stores the same bytes as the form on the full screen."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from db.access import sign_on as signing
from db.hospital import encounters
from db.registry import cases
from tests.conftest import ADMIN, PASSPHRASE
from tests.end_to_end.test_burst import hospital, workstation
from tests.terminal import Terminal

__all__ = ["hospital"]
CODED = ("R079", "I214", "Y", "N179", "Y", "E119", "Y")


def document(store: Path) -> str:
    actor = signing.with_passphrase(store, ADMIN, PASSPHRASE).actor
    case = cases.by_encounter("abstract", encounters.find("4711") or 0)
    assert case is not None
    signing.off(actor)
    return json.dumps(case.record)


class TestPlainLines:
    def test_an_abstract_keyed_in_lines_is_stored_as_one_keyed_on_the_form(
        self, hospital: Path, codes_path: Path, tmp_path: Path
    ) -> None:
        form, lines = (Path(shutil.copytree(hospital, tmp_path / name)) for name in ("form", "lines"))
        with workstation(form, codes_path) as terminal:
            terminal.keys("ctrl+o", "=ABS 4711", "enter", *CODED, "f2")
            terminal.wait_for("FILED 4711")
        env = {"RECORDROOM_STORE": str(lines), "RECORDROOM_CODES": str(codes_path)}
        program = [sys.executable, "-m", "recordroom", "--prompt"]
        with Terminal(program, env=env, cwd=Path(__file__).parents[2], rows=300) as terminal:
            terminal.wait_for("User name:")
            terminal.send(f"{ADMIN}\n")
            terminal.wait_for("Passphrase:")
            terminal.send(f"{PASSPHRASE}\n")
            terminal.wait_for("Number, word or ^:")
            terminal.send("\n".join(("ABS 4711", *CODED, "^FILE")) + "\n")
            terminal.wait_for("FILED 4711")
            assert b"\x1b" not in terminal.raw
            assert PASSPHRASE not in terminal.text
        assert document(form) == document(lines)
