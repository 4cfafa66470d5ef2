"""A session's beginning and size: cold start to the painted sign-on form, private memory, beside bare Textual."""

from __future__ import annotations

import compileall
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.lines import ROOT, Line
from benchmarks.measure import Measure
from benchmarks.stores import Stores
from recordroom.demo.store import PASSPHRASE, USER

RUNS = 7
ROOMS = ("recordroom", "screens", "tui", "reports", "exchange", "db", "config", "rules")
SCREENS = (  # what is keyed, and what shows that it is there
    ("WRK", "Work queue"), ("CEN", "CEN"), ("PAT SMITH", "SMITH"), ("COD heart failure", "I50"),
    ("ABS {account}", "MS-DRG"), ("TRL", "TRL"), ("RQL", "RQL"), ("HLD", "HLD"), ("SFL unit", "SFL"), ("MENU", "MENU"),
)  # fmt: skip

CODED = (  # keyed on the coding screen: diagnoses with POA, then procedures, and the way over all of their notes
    "a419 y r6521 y j9601 y n179 y e1165 y i5021 y i4891 y j441 y e871 y d62 n n390 y z794 ",
    "\t5a1955z11112026\t\t02hv33z11112026\t\t4a023n711112026\t\t",
    *("\x1b[A",) * 18,
)


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table. Among the ten screens are a search for a code and an abstract that is grouped.

    Memory is what one more session takes: another is open beside it, so that the libraries and tables of the grouper
    that both have mapped count for neither.
    """
    store, (account, another) = made.directory, _abstracted(made.plain)
    for room in ROOMS:  # as an installation leaves them; what a session compiles itself, it pays for
        compileall.compile_dir(ROOT / room, quiet=1)
    here, anchor = [], []
    for run in range(RUNS):
        say(f"start-up {run + 1}/{RUNS}")
        with Line.of("bare_textual") as line:
            anchor.append(line.until("Passphrase") * 1000)
        with _workstation(store) as line:
            here.append(line.until("assphrase") * 1000)
    found = [
        Measure("cold start to the sign-on form", median(here), "ms", median(anchor), "bare Textual", 1.5)
    ]
    say("memory")
    with Line.of("bare_textual") as beside, Line.of("bare_textual") as line:
        for each in (beside, line):
            each.until("Passphrase")
            each.quiet()
        bare = line.private_mb
    with _workstation(store) as beside, _workstation(store) as line:
        _sign_on(beside)
        _walk(beside, account)
        _sign_on(line)
        first = line.private_mb
        _walk(line, account)
        ten = line.private_mb
    with _workstation(store) as beside, _workstation(store) as line:
        _sign_on(beside)
        _code(beside, account)
        _sign_on(line)
        before = line.private_mb
        _code(line, another)
        coding = line.private_mb - before
    return [
        *found,
        Measure("private memory, first screen", first, "MB", bare, "bare Textual", most=42),
        Measure("private memory, ten screens", ten, "MB", bare, "bare Textual", most=50),
        Measure("memory grown by coding", coding, "MB", most=15),
    ]


def _sign_on(line: Line) -> None:
    line.until("assphrase")
    line.quiet()
    line.send(f"{USER}\t{PASSPHRASE}\r")
    line.until("Last sign-on")
    line.quiet(0.8)


def _walk(line: Line, account: str) -> None:
    for keyed, shown in SCREENS:
        line.send(f"\x0f={keyed.format(account=account)}\r")
        line.until(shown)
        line.quiet(0.5)


def _code(line: Line, account: str) -> None:
    """Twelve diagnoses and three procedures on the coding screen, each looked at, then the desk."""
    line.send(f"\x0f=CDG {account}\r")
    line.until("Principal")
    line.quiet(0.5)
    for keyed in CODED:
        line.send(keyed)
        line.quiet(0.3)
    line.send("\x0f=DESK\r")
    line.until("Work queue")
    line.quiet(0.5)


def _abstracted(plain: Path) -> list[str]:
    """Two accounts whose abstracts have a DRG and are not released: they can be changed."""
    with closing(sqlite3.connect(plain)) as connection:
        found = connection.execute(
            "SELECT e.account FROM abstract a JOIN encounter e ON e.id = a.encounter_id"
            " JOIN data_case c ON c.id = a.case_id WHERE a.drg <> '' AND c.status = 'open' LIMIT 2"
        ).fetchall()
    return [str(account) for (account,) in found]


def _workstation(store: Path) -> Line:
    return Line([sys.executable, "-m", "recordroom"], {"RECORDROOM_STORE": str(store)})
