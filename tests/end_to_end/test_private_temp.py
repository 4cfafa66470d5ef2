"""No temporary file: what a sort, a print, a spreadsheet and a workstation open to write, as strace sees it.

That is every file that Python, SQLCipher and their children open, also one without a name.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from db.access import sign_on
from tests.builders import a_stay
from tests.conftest import ADMIN, PASSPHRASE
from tests.terminal import Terminal

pytestmark = pytest.mark.needs("strace")
ROOT = Path(__file__).parents[2]
TRACE = (
    "strace",
    "-f",
    "-qq",
    "-s",
    "4096",
    "-e",
    "signal=none",
    "-e",
    "trace=open,openat,openat2,creat,memfd_create",
)
OPENED = re.compile(r'(?:open|openat|openat2|creat)\((?:[^"]*, )?"(?P<path>[^"]*)", (?P<how>[^)]*)\) = \d')
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE")
TERMINALS = re.compile(r"/dev/(null|tty|ptmx|pts/\d+|log)")

# Arguments: store, user, spreadsheet. Sorts far more than any cache holds, prints, and exports.
WORK = """
import sys
from pathlib import Path
from recordroom import fips
fips.load()
from db.access import sign_on
from db.connect import database, large_cache
from reports import catalogue, output
from reports.page import Setup
from reports.run import produce
from screens.printing import print_shown
actor = sign_on.with_passphrase(Path(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip()).actor
many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
for cache in (None, large_cache()):
    with cache or database.atomic("DEFERRED"):
        rows = database.execute_sql(
            many + " SELECT hex(randomblob(500)) || last_name AS text FROM n, patient ORDER BY text")
        assert sum(1 for _ in rows) == 60000
census = produce(actor, catalogue.find("daily-census"), {"day": "2026-11-01"})
output.to_file(actor, census, "xlsx", Setup(80), Path(sys.argv[3]))
output.to_printer(actor, census, output.printer_named("ward"))
sign_on.off(actor)
"""
LP = "#!/bin/sh\nwhile read -r line; do :; done\necho 'request id is ward-1 (1 file(s))'\n"


@pytest.fixture
def place(store_directory: Path, tmp_path: Path) -> Path:
    """A store with an inpatient, a stand-in for lp, and folders for temporary files that nobody may use."""
    actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
    a_stay("2026-11-01T08:00")
    sign_on.off(actor)
    for name in ("bin", "temporary"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin" / "lp").write_text(LP)
    (tmp_path / "bin" / "lp").chmod(0o700)
    return tmp_path


def surroundings(place: Path) -> dict[str, str]:
    temporary = {name: str(place / "temporary") for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR")}
    return os.environ | temporary | {
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
        "RECORDROOM_STORE": str(place / "store"),
    }  # fmt: skip


def written(log: Path, place: Path) -> set[str]:
    """Every file outside the store that was opened to be written, and every memory file."""
    lines = log.read_text(errors="replace").splitlines()
    found = {line for line in lines if "memfd_create" in line}
    opened = [match for line in lines if (match := OPENED.search(line))]
    assert len(opened) > 100  # the log is one
    assert any(WRITES.search(match["how"]) and "recordroom.db" in match["path"] for match in opened)
    paths = {match["path"] for match in opened if WRITES.search(match["how"])}
    outside = {path for path in paths if not path.startswith(f"{place / 'store'}/")}
    return found | {path for path in outside if not TERMINALS.fullmatch(path)}


def test_a_sort_a_print_and_a_spreadsheet_use_no_temporary_file(place: Path) -> None:
    sheet = place / "census.xlsx"
    done = subprocess.run(
        [*TRACE, "-o", str(place / "log"), sys.executable, "-c", WORK, str(place / "store"), ADMIN, str(sheet)],
        cwd=ROOT, env=surroundings(place), input=PASSPHRASE + "\n", capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert written(place / "log", place) == {str(sheet)}


def test_a_workstation_writes_to_the_store_and_the_terminal_alone(place: Path) -> None:
    words = [*TRACE, "-o", str(place / "log"), sys.executable, "-m", "recordroom"]
    with Terminal(words, cwd=ROOT, env=surroundings(place)) as terminal:
        terminal.wait_for("User name")
        terminal.keys(ADMIN, "enter", PASSPHRASE, "enter")
        terminal.wait_for("DESK")
        terminal.keys("ctrl+o", "=PAT MILLER", "enter")
        terminal.wait_for("Miller,Ruth")
        terminal.keys("ctrl+o", "PRT ward", "enter")
        terminal.wait_for("Sent to")
        terminal.slowly("f3", "f3", "y")
        assert terminal.wait_exit() == 0
    assert written(place / "log", place) == set()
