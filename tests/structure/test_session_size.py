"""What a session loads, in a fresh interpreter: there is one process for each person, and each keeps what it loads."""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest

from db.statistics.moved import Kind, Moved
from reports.census import admissions_discharges
from reports.page import Run, Setup, paginate
from reports.parameters import FULL
from rules.codes import dotted
from rules.conventions import Conventions
from rules.moments import day_number
from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[2]
KERNEL = {  # of the rooms of db/: what signing on, the trail of an act and the user's habits need
    "db.access.habits", "db.access.policy", "db.access.second_factor", "db.access.sessions", "db.access.sign_on",
    "db.access.sign_on_log", "db.access.ssh_keys", "db.access.standing", "db.disclosure.closures",
    "db.schema.base", "db.schema.store", "db.statistics.census_state", "db.worklist.blind",
}  # fmt: skip
FOR_ALL = ("db.keyring.", "db.migrations", "db.trail.")
RULES = {  # those that reading a count, a moment or a table takes
    "rules.codes", "rules.codes_notes", "rules.conventions", "rules.dates", "rules.deadlines", "rules.dictionary",
    "rules.findings", "rules.lifecycle", "rules.moments", "rules.tables", "rules.text", "rules.values",
}  # fmt: skip
MAIL_AND_ARCHIVES = {
    "email",
    "importlib.metadata",
    "zipfile",
}  # a megabyte that comes with a version or a resource

FIRST_SCREEN = """
import sys
from pathlib import Path
import recordroom.workstation
from config.menu import standard_menu
import screens.printing
from screens.sign_on import SignOn
from screens.session import Seat
import tui.console

seat = Seat(Path(sys.argv[1]))
standard_menu()
form = SignOn(seat)
form.sections()
{after}
print(*sys.modules)
"""
SIGNED_ON = """
session = form.file({"user": sys.argv[2], "passphrase": sys.argv[3]}, "").session
session.habits
from screens.desk import Desk
from screens.waiting import WORDS
assert len(Desk(session).entries()) >= 15
assert set(session.waiting(WORDS)) == set(WORDS)
session.end()
"""


def loaded(code: str, *arguments: str) -> set[str]:
    """Names of all modules that a program has loaded when it ends."""
    fips = ("OPENSSL_", "RECORDROOM_FIPS_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(fips)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=plain,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


def of_rooms(modules: set[str]) -> set[str]:
    """Modules in the rooms of db/, without those that count and those that every session needs."""
    return {
        name
        for name in modules
        if name.count(".") == 2
        and name.startswith("db.")
        and name not in KERNEL
        and not name.startswith(FOR_ALL)
        and not name.endswith(".counts")
    }


class TestASession:
    def test_the_sign_on_form_needs_no_dictionary_and_no_mail_parser(self, store_directory: Path) -> None:
        modules = loaded(FIRST_SCREEN.format(after=""), str(store_directory))
        assert not modules & MAIL_AND_ARCHIVES
        assert not modules & {"rules.dictionary", "rules.tables", "config.dictionary_reader"}

    def test_the_desk_and_the_menus_count_without_loading_what_is_counted(
        self, store_directory: Path
    ) -> None:
        code = FIRST_SCREEN.format(after=SIGNED_ON)
        modules = loaded(code, str(store_directory), ADMIN, PASSPHRASE)
        assert of_rooms(modules) == set()
        assert {name for name in modules if name.startswith("rules.")} <= RULES
        assert not modules & MAIL_AND_ARCHIVES
        assert not modules & {"exchange", "reports", "msdrg", "config.dictionary_reader"}

    @pytest.mark.parametrize(
        "module",
        [
            ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for path in sorted((ROOT / "db").rglob("counts.py"))
        ],
    )
    def test_a_module_that_counts_loads_the_store_alone(self, module: str) -> None:
        modules = loaded(f"import sys, {module}; print(*sys.modules)")
        assert of_rooms(modules) == set()
        assert {name for name in modules if name.startswith("rules.")} <= RULES

    def test_looking_up_a_patient_or_an_abstract_loads_no_matching_and_no_feed(self) -> None:
        screens = "screens.patient_index.patients, screens.abstracting.abstract"
        screens += ", screens.coding.codes, screens.administration.holds"
        modules = loaded(f"import sys, {screens}; print(*sys.modules)")
        assert not modules & MAIL_AND_ARCHIVES
        assert not modules & {
            "rules.matching",
            "db.patient_index.match_people",
            "exchange",
            "msdrg",
            "reports",
        }


class TestALongList:
    """A text of one of its rows that outlives it holds back a megabyte around it: thousands are all of the list."""

    def test_leaves_nothing_in_the_cache_of_a_function(self):
        born, code, day = "1907-03-11", "J9601", day_number("1907-03-11")
        left = Moved(
            Kind.DEATH, day, f"{born}T09:30", 1, 1, "A1", "M1", "MILLER, RUTH", "F", born, False, "1001", "3E", "MED",
            disposition="20", los_days=3, stay_hours=60,
        )  # fmt: skip
        data = admissions_discharges.Data(day, day, (left,), "all", FULL, Conventions(), "us")
        assert paginate(admissions_discharges.render(data, 80), Run("", "", ""), Setup())
        assert dotted(code) == "J96.01"
        kept = [
            f"{each.__module__}.{each.__qualname__}"
            for each in gc.get_objects()
            if isinstance(each, _lru_cache_wrapper)
            for texts in gc.get_referents(each)
            if isinstance(texts, dict) and any(text in repr(list(texts)) for text in (born, code))
        ]
        assert kept == []

    def test_is_matched_by_named_parts_alone(self):
        """By position the interpreter makes the name ``__match_args__`` anew each time, and keeps it."""
        by_position = [
            f"{path.relative_to(ROOT)}:{pattern.lineno}"
            for room in ("rules", "config", "db", "exchange", "reports", "tui", "screens")
            for path in sorted((ROOT / room).rglob("*.py"))
            for pattern in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(pattern, ast.MatchClass) and pattern.patterns
        ]
        assert by_position == []
