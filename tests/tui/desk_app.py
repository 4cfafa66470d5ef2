"""A small hospital in memory, for tests through a real terminal: sign-on, desk, two forms, a long list, a page."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from config.menu import read_menu
from rules.findings import Finding, Level, SessionOver
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Document,
    Entry,
    Field,
    Filed,
    FormScreen,
    Group,
    Habits,
    Kind,
    ListScreen,
    MenuScreen,
    Note,
    Opened,
    Outcome,
    Page,
    PageScreen,
    PlainPage,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)
from tui.shell import Shell

NOW = datetime(2026, 11, 21, 9, 41)
POISON = "O\x1b[2JNeil [/foo] \u202eevil\x9b31m" + "x" * 60
CODES = {
    "I10": "Essential (primary) hypertension",
    "I214": "Non-ST elevation (NSTEMI) myocardial infarction",
    "I2101": "STEMI of left main coronary artery",
    "E119": "Type 2 diabetes mellitus without complications",
    "J189": "Pneumonia, unspecified organism",
    "POISON": POISON,
}
MENU = """
[[screen]]
word = "DESK"
title = "Desk"
screen = "desk_app:Desk"
[[screen]]
word = "ABS"
title = "Abstract"
screen = "desk_app:Abstract"
[[screen]]
word = "REQ"
title = "Request"
screen = "desk_app:Request"
[[screen]]
word = "WRK"
title = "Work list"
screen = "desk_app:WorkList"
aliases = ["W"]
[[screen]]
word = "CEN"
title = "Census"
screen = "desk_app:Census"
[[screen]]
word = "DLS"
title = "Discharges"
screen = "desk_app:Discharges"
[[screen]]
word = "ADM"
title = "For administrators"
screen = "desk_app:Census"
roles = ["administrator"]
[[menu]]
id = "MAIN"
title = "Main menu"
entries = ["DESK", "WRK", "RECORDS", "CEN"]
[[menu]]
id = "RECORDS"
title = "Records"
entries = ["ABS", "REQ", "ADM"]
"""

FILED: list[dict[str, str]] = []
DRAFTS: dict[str, tuple[Values, str]] = {}
EVENTS: list[str] = []
OVER: list[str] = []  # not empty when the session was ended from elsewhere


class Signed:
    user = "TECH1"
    facility = "General Hospital"
    roles = frozenset({"technician"})
    home = "DESK"

    @property
    def habits(self) -> Habits:
        return Habits(now=lambda: NOW, idle_seconds=IDLE_SECONDS, watch_seconds=WATCH_SECONDS)

    def unlock(self, passphrase: str) -> bool:
        return passphrase == "open sesame"

    def waiting(self, words: Collection[str]) -> Mapping[str, tuple[str, str]]:
        return {"WRK": ("42", "oldest 12 days")} if "WRK" in words else {}

    def check(self) -> None:
        if OVER or (LOG_FILE is not None and (LOG_FILE.parent / "over").exists()):
            raise SessionOver("Your session was ended.")

    def stop_looking(self) -> None:
        EVENTS.append("stop looking")

    def end(self) -> None:
        EVENTS.append("end")


class SignOn(FormScreen):
    title = "Sign on"
    scratch = True

    def __init__(self, session: Any = None) -> None:
        super().__init__(session)

    def sections(self) -> Sequence[Section]:
        return (
            Section(
                "sign",
                "",
                (
                    Note("This is a test system. Any user, passphrase OPEN."),
                    Field("user", "User", 12, Kind.UPPER, required=True),
                    Field("passphrase", "Passphrase", 30, Kind.SECRET, required=True),
                ),
            ),
        )

    def open(self, key: str) -> Opened:
        return Opened({})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if values.get("passphrase", "").upper() != "OPEN":
            return Refused((Finding(Level.FATAL, "S001", "Unknown user or passphrase.", "passphrase"),))
        return Filed("Welcome.", session=Signed())


class Desk(MenuScreen):
    title = "Desk"

    def heading(self) -> Sequence[str]:
        return ("Census 118 of 120 beds", POISON)

    def entries(self) -> Sequence[Entry]:
        return (
            Entry("WRK", "Not abstracted", "WRK", "100,000", "oldest 12 days"),
            Entry("ABS", "New abstract", "ABS"),
            Entry("REQ", "New request " + POISON, "REQ"),
            Entry("CEN", "Census", "CEN"),
        )


class Abstract(FormScreen):
    title = "Discharge abstract"
    help = "Abstracts a discharge."
    commands = (
        Command("SLOW", "Slow", "slow"),
        Command("BOOM", "Crash", "boom"),
        Command("NOTE", "Notes", "note", key="f10"),
    )

    def sections(self) -> Sequence[Section]:
        return (
            Section(
                "person",
                "Patient",
                (
                    Field("mrn", "MRN", 10, Kind.UPPER, required=True, recall="patient"),
                    Field("name", "Name", 20, length=40, required=True),
                    Field("sex", "Sex", 1, Kind.UPPER, auto_skip=True, same_row=True, echo=8),
                    Field("birth", "Born", 10, Kind.DATE, past=True, auto_skip=True),
                    Field(
                        "weight", "Weight kg", 6, Kind.DECIMAL, decimals=1, same_row=True, nulls=("NA", "NK")
                    ),
                    Field("payer", "Payer", 6, Kind.UPPER, carry=True, default="MC"),
                    Field("autopsy", "Autopsy", 1, Kind.YES_NO, auto_skip=True, same_row=True),
                ),
            ),
            Section(
                "stay",
                "Stay",
                (
                    Field("admitted", "Admitted", 16, Kind.MOMENT, required=True),
                    Field("discharged", "Discharged", 16, Kind.MOMENT),
                    Field("los", "Days", 4, Kind.INTEGER, read_only=True, same_row=True),
                ),
            ),
            Section(
                "codes",
                "Diagnoses",
                (
                    Group(
                        "dx",
                        "Diagnoses",
                        (
                            Field("code", "Code", 8, Kind.UPPER, lookup=True, echo=40, recall="code"),
                            Field("poa", "POA", 1, Kind.UPPER, auto_skip=True),
                        ),
                        rows=25,
                    ),
                ),
            ),
            Section("end", "Remarks", (Field("remark", "Remark", 40, length=120),)),
        )

    def open(self, key: str) -> Opened:
        if key == "NONE":
            raise ScreenError("There is no account NONE. WRK lists what waits.")
        if key in DRAFTS:
            values, focus = DRAFTS[key]
            return Opened(dict(values), ("draft",), focus=focus, resumed=True)
        if not key:
            return Opened({})
        return Opened({"mrn": key, "name": "DOE,JANE"}, (f"{key} DOE,JANE  F 61", POISON))

    def changed(self, values: Values, path: str) -> Changed:
        self.values = values
        findings = []
        if values.get("sex", "F") not in ("F", "M"):
            findings.append(Finding(Level.ERROR, "A101", "Sex is F or M. " + POISON, "sex"))
        if values.get("name", "").startswith("X"):
            findings.append(Finding(Level.WARNING, "A102", "Look at the name again.", "name"))
        echoes = {"sex": {"F": "female", "M": "male"}.get(values.get("sex", ""), "")}
        for name, value in values.items():
            if name.endswith(".code"):
                echoes[name] = CODES.get(value, "title not known")
        computed = {"los": "3" if values.get("discharged") else ""}
        return Changed(findings, echoes, computed, ("DRG 291 HEART FAILURE W MCC", POISON))

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        wanted = text.upper().replace(".", "")
        return [Choice(code, title) for code, title in CODES.items() if wanted in f"{code} {title.upper()}"][
            :limit
        ]

    def is_complete(self, values: Values, path: str, text: str) -> bool:
        wanted = text.upper().replace(".", "")
        return [code for code in CODES if code.startswith(wanted)] == [wanted]

    def save_draft(self, values: Values, focus: str) -> None:
        EVENTS.append(f"draft {focus} {sorted(values.items())}")
        self.drafted = (dict(values), focus)
        if self.session is not None and DRAFT_FILE:
            DRAFT_FILE.write_text(
                f"{focus}\n" + "\n".join(f"{name}={value}" for name, value in values.items())
            )

    def discard_draft(self) -> None:
        EVENTS.append("discard")

    def close(self) -> None:
        EVENTS.append("close ABS")
        if DRAFT_FILE:
            with DRAFT_FILE.with_suffix(".closed").open("a") as file:
                file.write("ABS\n")

    def recall_as(self) -> tuple[str, str] | None:
        mrn = getattr(self, "values", {}).get("mrn")
        return ("patient", mrn) if mrn else None

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if values.get("name", "").startswith("X") and not reason:
            return Refused(
                (Finding(Level.WARNING, "A102", "Look at the name again.", "name"),), overridable=True
            )
        if not values.get("mrn"):
            return Refused((Finding(Level.FATAL, "A001", "MRN is needed.", "mrn"),))
        FILED.append(dict(values))
        if LOG_FILE:
            with LOG_FILE.open("a") as file:
                file.write("|".join(f"{name}={value}" for name, value in sorted(values.items())) + "\n")
        return Filed(f"FILED {len(FILED):06}")

    def slow(self, rest: str) -> Outcome:
        time.sleep(float(rest or "0.6"))
        return Outcome("Done.")

    def boom(self, rest: str) -> Outcome:
        secret_name = "DOE,JANE 999-12-3456"
        raise ValueError(f"cannot do it for {secret_name}")

    def note(self, rest: str) -> Outcome:
        return Outcome("A note.")


class Request(FormScreen):
    title = "Request"
    queue = True

    def sections(self) -> Sequence[Section]:
        return (
            Section(
                "request",
                "Request",
                tuple(Field(f"f{number}", f"Field {number}", 12, Kind.UPPER) for number in range(1, 41)),
            ),
        )

    def open(self, key: str) -> Opened:
        return Opened({"f1": key} if key else {})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        FILED.append(dict(values))
        if LOG_FILE:
            with LOG_FILE.open("a") as file:
                file.write("|".join(f"{name}={value}" for name, value in sorted(values.items())) + "\n")
        return Filed(f"FILED {len(FILED):06}", go="EXIT")


class WorkList(ListScreen):
    title = "Not abstracted"
    size = 100_000
    actions = (
        Action("A", "Abstract", go="ABS {subject}"),
        Action("D", "Done", method="done", confirm="Mark as done?"),
        Action("M", "Mark", method="mark"),
    )

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.marked: set[str] = set()
        self.calls = 0

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 10, frozen=True),
            Column("Name", 25),
            Column("Days", 5, ">"),
            *(Column(f"Column {number}", 20) for number in range(1, 5)),
        )

    def heading(self) -> Sequence[str]:
        return (f"{self.size} discharges",)

    def _row(self, number: int) -> Row:
        name = POISON if number == 2 else f"NAME{number}"
        cells = (f"A{number:07}", name, str(number % 40), "one", "two", "three", "four")
        return Row((number,), cells, f"{number:06}", "*" if f"{number:06}" in self.marked else "")

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        self.calls += 1
        if backward:
            end = key[0] if key else self.size
            numbers = range(max(0, end - limit), end)
        else:
            start = key[0] + 1 if key else 0
            numbers = range(start, min(self.size, start + limit))
        rows = [self._row(number) for number in numbers]
        return Page(rows, bool(rows) and rows[0].key[0] > 0, bool(rows) and rows[-1].key[0] < self.size - 1)

    def position(self, text: str) -> tuple[Any, ...] | None:
        digits = "".join(character for character in text if character.isdecimal())
        return (int(digits) - 1,) if digits and int(digits) else None

    def mark(self, subject: str) -> Outcome:
        self.marked.add(subject)
        return Outcome(f"{subject} marked.", reload=True)

    def done(self, subject: str) -> Outcome:
        return Outcome(f"{subject} cannot be done.", error=True)


class Census(PageScreen):
    title = "Daily census"

    def open(self, key: str) -> Document:
        pages = [
            ["GENERAL HOSPITAL" + " " * 50 + f"Page {page} of 3", "Unit   Patients", POISON]
            + [
                f"UNIT{page}{line:02}  " + "".join(f"{column:>10}" for column in range(12))
                for line in range(50)
            ]
            for page in (1, 2, 3)
        ]
        return Document("Daily census", [PlainPage(page, 2, frozen_columns=9) for page in pages], width=132)

    def print(self, queue: str, pages: str) -> Outcome:
        return Outcome(f"Printed {pages or 'all'} on {queue or 'the usual printer'}.")


class Discharges(PageScreen):
    """40 pages of 132 columns or 80: a group of 25 rows on each, a total that leads on, a row in wide characters."""

    title = "Discharges"
    commands = (Command("WIDE", "80/132", "wide", "F10"),)
    COUNT = 40
    width = 132

    def open(self, key: str) -> Document:
        return Document("Discharges", [self._page(number) for number in range(1, self.COUNT + 1)], self.width)

    def _page(self, number: int) -> PlainPage:
        head = [f"GENERAL HOSPITAL{f'Page {number} of {self.COUNT}':>{self.width - 16}}", "=" * self.width]
        heads = ["Account  Name                 Admitted   Discharged  Attending physician"]
        heads.append("-------- -------------------- ---------- ----------- -------------------- ----------")
        rows = [
            f"A{number:03}{row:02}   {'東京太郎' if row == 3 else 'DOE,JANE':<20} 11/{number % 30 + 1:02}/2026"
            for row in range(25)
        ]
        rows = [f"{text:<41} 11/21/2026  {'SMITH' if row % 2 else 'Muster'}" for row, text in enumerate(rows)]
        if self.width == 132:
            rows = [f"{text:<110} far right" for text in rows]
            heads = [f"{heads[0]:<110} Remark", f"{heads[1]:<110} ---------"]
        lines = [*head, *heads, f"UNIT {number}", *rows, f"{len(rows)} discharges of unit {number}"]
        links = ["" for _ in lines]
        links[-1] = f"WRK unit {number};OFF"
        if number == 2:
            links[-2] = "NOWHERE"
        return PlainPage(lines, 4, 2, 9, links, ((4, 1),))

    def wide(self, rest: str) -> Outcome:
        self.width = 80 if self.width == 132 else 132
        return Outcome(f"{self.width} columns.", reload=True)

    def again(self, key: str) -> Document:
        return self.open(key)


LOG_FILE: Path | None = None
IDLE_SECONDS: float = 0
WATCH_SECONDS: float = 0
DRAFT_FILE: Path | None = None


def make_shell(executor: ThreadPoolExecutor, **options: Any) -> Shell:
    sys.modules.setdefault("desk_app", sys.modules[__name__])
    return Shell(SignOn, read_menu(MENU), executor, habits=Habits(now=lambda: NOW), **options)


def main(arguments: Sequence[str]) -> int:
    """``desk_app.py FOLDER [idle [watch seconds]]``: runs on this terminal; what is filed goes to FOLDER/filed.

    With RECORDROOM_PROMPT set it asks in plain lines.
    """
    from tui.launch import prepare_environment

    global LOG_FILE, DRAFT_FILE, IDLE_SECONDS, WATCH_SECONDS
    folder = Path(arguments[0])
    LOG_FILE, DRAFT_FILE = folder / "filed", folder / "draft"
    prepare_environment()
    from tui import console, linear

    IDLE_SECONDS = float(arguments[1]) if len(arguments) > 1 else 0
    WATCH_SECONDS = float(arguments[2]) if len(arguments) > 2 else 0
    with ThreadPoolExecutor(1) as executor:
        run = linear.run if os.environ.get("RECORDROOM_PROMPT") else console.run
        return run(make_shell(executor), folder / "incidents")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    raise SystemExit(main(sys.argv[1:]))
