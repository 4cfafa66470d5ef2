"""Findings by real keys: sixty of them listed in pages, each one key from its field, gone when it is mended there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from config.data_sets import library
from db.abstracting import abstracts, rule_context
from db.abstracting.abstracts import Drg
from db.actors import Actor
from db.hospital import encounters
from rules.abstract_findings import record_findings
from rules.findings import Finding, Level
from tests.screens.conftest import ACCOUNT
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")

WRONG = 60
MENDS = {
    "poa": ("y",),
    "date": ("11/11/2026", "enter"),
    "surgeon": ("1001", "enter"),
    "zip": ("12999", "enter"),
}


def some_codes(path: Path, system: str, marks: str, count: int) -> list[str]:
    """Codes that raise no edit of their own."""
    with sqlite3.connect(path) as codes:
        rows = codes.execute(
            "SELECT code FROM code WHERE system = ? AND billable = 1 AND marks = '' AND valid_to > 20270101"
            f" AND {marks} ORDER BY id LIMIT ?",
            (system, count),
        )
        return [code for (code,) in rows]


@pytest.fixture
def sixty(desk: Workstation, codes_path: Path) -> Workstation:
    """An abstract filed with sixty errors, open: no POA, procedures without date and surgeon, a wrong ZIP."""
    dx = some_codes(codes_path, "cm", "code LIKE 'K%' AND id % 7 = 0", 23)
    px = some_codes(codes_path, "pcs", "code LIKE '0D%' AND id % 5 = 0", 18)
    changes = {"zip": "1", "ethnicity": "2186-5", "races[1].code": "2106-3", "operating": "1001"}
    changes |= {f"diagnoses[{row}].code": code for row, code in enumerate(dx, 1)}
    changes |= {f"procedures[{row}].code": code for row, code in enumerate(px, 1)}
    changes["admitting_diagnosis"] = dx[0]
    actor = desk.shell.session.actor  # type: ignore[union-attr]
    desk.shell.executor.submit(file_abstract, actor, changes).result()
    desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
    return desk


def file_abstract(actor: Actor, changes: dict[str, str]) -> None:
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(encounters.find(ACCOUNT)), dictionary)
    record = {**opened.record, **changes}
    found = record_findings(dictionary, record, rule_context.context(library().tables, None))
    abstracts.file_abstract(
        actor, opened, dictionary, record, found, Drg(), expected_revision=0, reason="begun"
    )


def findings(desk: Workstation) -> list[Finding]:
    return list(desk.shell.main.findings)  # type: ignore[attr-defined]


def errors(desk: Workstation) -> set[tuple[str, str]]:
    found = findings(desk)
    return {(each.code, each.field) for each in found if each.level in (Level.FATAL, Level.ERROR)}


def focus(desk: Workstation) -> str:
    return str(getattr(desk.shell.main, "focus", ""))


class TestSixtyFindings:
    def test_are_listed_in_pages_with_their_sentences(self, sixty: Workstation) -> None:
        told = errors(sixty)
        assert len(told) >= WRONG
        sixty.press("ctrl+e")
        assert "1 error, " in sixty.text
        assert f"{len(told) - 1} fields to fill in" in sixty.text
        seen: list[str] = []
        for _ in range(1 + len(findings(sixty)) // 10):
            seen += [line for line in sixty.lines if line not in seen]
            sixty.press("f8")
        shown = "\n".join(seen)
        for code, path in told:
            group, _, rest = path.partition("[")
            label = {"poa": "POA", "date": "Date", "surgeon": "Surgeon", "zip": "ZIP"}[
                path.rpartition(".")[2]
            ]
            row = rest.partition("]")[0]
            assert f"{code} {label} of row {row} " in shown if group != path else f"{code} {label} " in shown

    def test_lead_to_their_fields_and_are_gone_when_they_are_mended_there(self, sixty: Workstation) -> None:
        left = len(errors(sixty))
        while left:
            sixty.press("ctrl+e", "enter")
            path = focus(sixty)
            here = {each for each in errors(sixty) if each[1] == path}
            assert here, path
            sixty.press(*MENDS[path.rpartition(".")[2]])
            now = errors(sixty)
            assert not here & now, path
            assert len(now) < left
            left = len(now)
        assert not errors(sixty)
        sixty.press("f2")
        assert sixty.message == f"FILED {ACCOUNT}."

    def test_narrow_to_what_is_typed(self, sixty: Workstation) -> None:
        sixty.press("ctrl+e", "surgeon of row 7")
        assert sum(" D004 " in line for line in sixty.lines) == 1
        sixty.press("enter")
        assert focus(sixty) == "procedures[7].surgeon"

    def test_stand_where_the_list_was_left(self, sixty: Workstation) -> None:
        sixty.press("ctrl+e", *("down",) * 30, "enter")
        first = focus(sixty)
        sixty.press(*MENDS[first.rpartition(".")[2]], "ctrl+e", "enter")
        second = focus(sixty)
        assert second != first
        everything = [path for _, path in sorted(errors(sixty))]
        assert second in everything
        sixty.press("ctrl+e", "up", "enter")
        assert focus(sixty) not in (first, second)

    def test_of_what_cannot_be_keyed_here_say_where_it_is_mended(
        self, abstract_of: Callable[[dict[str, str]], Workstation]
    ) -> None:
        desk = abstract_of({"last_name": "M1LLER"})
        desk.press("ctrl+e", "digits", "enter")
        assert "have the registration corrected" in desk.message


@pytest.fixture
def abstract_of(desk: Workstation) -> Callable[[dict[str, str]], Workstation]:
    """The abstract of the account, its patient registered otherwise."""

    def opened(changes: dict[str, str]) -> Workstation:
        from db.changes import Source
        from db.connect import writing
        from db.patient_index import patients

        def change() -> None:
            stay = encounters.get(encounters.find(ACCOUNT))
            with writing():
                patients.apply({"mrn": stay.mrn, **changes}, Source("test"))

        desk.shell.executor.submit(change).result()
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        return desk

    return opened
