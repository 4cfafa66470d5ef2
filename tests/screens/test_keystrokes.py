"""What three common abstracts cost in keys, as a form and prompt by prompt, and that both store the same bytes.

A key is data when it is a character of a value that is stored. Every other key is overhead: Enter, Tab, function keys,
jumps. Counted is from the moment the record stands there until the next one does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.menu import standard_menu
from db import store
from db.access import habits, sign_on
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, site
from db.registry import cases
from screens.session import Seat
from screens.sign_on import SignOn
from tests import builders
from tests.conftest import ADMIN, PASSPHRASE
from tests.tui.conftest import Workstation, strokes
from tui.screen import Mode
from tui.shell import Shell

pytestmark = pytest.mark.usefixtures("coded")

MOST_OVERHEAD = 0.15
KNOWN = {"ethnicity": "2186-5", "race": "2106-3", "marital": "M"}


@dataclass(frozen=True)
class Value:
    """Something that is stored: what is keyed, and where it must be found."""

    path: str
    keyed: str


@dataclass(frozen=True)
class Record:
    """A common abstract: its account, what is keyed into it in order, and the budget of all keys."""

    account: str
    script: tuple[Value | str, ...]
    budget: int

    @property
    def keys(self) -> list[str]:
        return [each.keyed if isinstance(each, Value) else each for each in self.script]

    @property
    def values(self) -> list[Value]:
        return [each for each in self.script if isinstance(each, Value)]

    @property
    def with_habit(self) -> list[str]:
        """The same from somebody who presses Enter behind every value, whether it is left by itself or not."""
        found: list[str] = []
        for each, behind in zip(self.script, (*self.script[1:], ""), strict=True):
            found += [each.keyed, *["enter"] * (behind != "enter")] if isinstance(each, Value) else [each]
        return found


def coded(group: str, *rows: tuple[str, ...]) -> list[Value]:
    columns = {"diagnoses": ("code", "poa"), "external_causes": ("code", "poa")}.get(
        group, ("code", "date", "surgeon", "anesthesia", "anesthetist")
    )
    return [
        Value(f"{group}[{number}].{column}", keyed)
        for number, row in enumerate(rows, 1)
        for column, keyed in zip(columns, row, strict=False)
    ]


NEWBORN = Record(
    "5001",
    (
        Value("birth_weight_g", "3350"), "enter", Value("admitting_diagnosis", "Z3800"),
        *coded("diagnoses", ("Z3800",), ("Z23",)), "f8",
        *coded("procedures", ("0VTTXZZ", "11112026", "1001", "L")), "f2",
    ),
    budget=40,
)  # fmt: skip
MEDICAL = Record(
    "5002",
    (
        Value("admitting_diagnosis", "R0602"),
        *coded("diagnoses", ("J189", "Y"), ("J9601", "Y"), ("I10", "Y"), ("E119", "Y")), "f2",
    ),
    budget=26,
)  # fmt: skip
SURGICAL = Record(
    "5003",
    (
        Value("receiving_facility", "Mercy Rehabilitation"), "enter", Value("admitting_diagnosis", "M25551"),
        *coded("diagnoses", ("S72001A", "Y"), ("D62", "N"), ("I10", "Y"), ("E119", "Y")), "tab",
        *coded("external_causes", ("W010XXA", "Y"), ("Y92009",)), "f8",
        *coded("procedures", ("0SRR0JA", "11112026", "1001", "G", "1002"), ("30233N1", "11122026", "1001", "N")),
        "f2",
    ),
    budget=109,
)  # fmt: skip
RECORDS = {"newborn": NEWBORN, "two days, medical": MEDICAL, "surgical, transferred": SURGICAL}


@pytest.fixture(scope="module")
def ward(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three discharges as a feed leaves them. Copy it, do not open it."""
    directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("ward") / "store"))
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    with writing():
        site.apply("unit", "3E", {"name": "Three East", "type": "MED"}, Source("test"))
        for code, name in (("1001", "Adams, Jane"), ("1002", "Baker, Tom")):
            site.apply("provider", code, {"name": name}, Source("test"))
    born = builders.a_patient(birth_date="2026-11-10", sex="M", **(KNOWN | {"marital": "S"}))
    builders.a_stay(
        "2026-11-10T08:00", "2026-11-12T11:30", patient_id=born, account="5001", priority="4",
        point_of_origin="5", attending="1001", service="NB",
    )  # fmt: skip
    grown = builders.a_patient(**KNOWN)
    builders.a_stay(
        "2026-11-10T08:00", "2026-11-12T11:30", patient_id=grown, account="5002", attending="1001"
    )
    moved = builders.a_patient(**KNOWN)
    stay = builders.a_stay("2026-11-10T08:00", patient_id=moved, account="5003", attending="1001")
    builders.a_movement(stay, "transfer", "2026-11-11T15:00", "3E", "ORT")
    builders.a_movement(stay, "discharge", "2026-11-14T09:30", disposition="62")
    sign_on.off(actor)
    store.close_store()
    return directory


@pytest.fixture
def sit(ward: Path, tmp_path: Path) -> Iterator[Callable[..., Workstation]]:
    """Sit down at a copy of the ward as somebody with habits, as often as one likes."""
    open_now: list[tuple[Workstation, ThreadPoolExecutor]] = []

    def leave() -> None:
        while open_now:
            desk, executor = open_now.pop()
            executor.submit(store.close_store).result()
            executor.shutdown()
            desk.loop.close()

    def sit_down(**own: str) -> Workstation:
        leave()
        shutil.rmtree(tmp_path / "ward", ignore_errors=True)
        directory = Path(shutil.copytree(ward, tmp_path / "ward"))
        executor = ThreadPoolExecutor(1)
        desk = Workstation(Shell(lambda: SignOn(Seat(directory, "test")), standard_menu(), executor))
        open_now.append((desk, executor))
        desk.press(ADMIN, "enter", PASSPHRASE, "enter")
        session = desk.shell.session
        executor.submit(lambda: habits.change(session.actor, own)).result()  # type: ignore[union-attr]
        desk.shell.habits = executor.submit(lambda: session.habits).result()  # type: ignore[union-attr]
        return desk

    yield sit_down
    leave()


def keyed(desk: Workstation, record: Record, keys: list[str]) -> None:
    desk.press("ctrl+o", f"=ABS {record.account}", "enter")
    desk.press(*keys)
    assert desk.message.startswith(f"FILED {record.account}."), desk.text


def stored(desk: Workstation, account: str) -> tuple[str, list[tuple[object, ...]], dict[str, str]]:
    """The document and the rows of its items as they stand in the store, and the record."""

    def read() -> tuple[str, list[tuple[object, ...]], dict[str, str]]:
        case = cases.by_encounter("abstract", encounters.find(account) or 0)
        assert case is not None
        row = database.execute_sql("SELECT document FROM data_case WHERE id = ?", (case.id,)).fetchone()
        items = database.execute_sql(
            "SELECT item, seq, text, number, day, null_code FROM case_item WHERE case_id = ? ORDER BY item, seq",
            (case.id,),
        ).fetchall()
        return row[0], items, dict(case.record)

    return desk.shell.executor.submit(read).result()


def is_data(value: Value, kept: str) -> bool:
    """Whether each key is a character of the stored value; a date is stored in another order of the same digits."""
    if len(kept) == 10 and kept[4] == "-":
        return value.keyed == f"{kept[5:7]}{kept[8:]}{kept[:4]}"
    return value.keyed == kept


class TestBudget:
    @pytest.mark.parametrize("mode", ["form", "prompt"])
    @pytest.mark.parametrize("name", RECORDS)
    def test_overhead_keys_are_at_most_fifteen_percent_of_all_keys(
        self, sit: Callable[..., Workstation], name: str, mode: str
    ) -> None:
        record = RECORDS[name]
        desk = sit(mode=mode)
        keyed(desk, record, record.keys)
        kept = stored(desk, record.account)[2]
        assert [value for value in record.values if not is_data(value, kept.get(value.path, ""))] == []
        pressed = sum(len(strokes(key)) for key in record.keys)
        data = sum(len(value.keyed) for value in record.values)
        assert pressed <= record.budget
        assert (pressed - data) / pressed <= MOST_OVERHEAD, (pressed - data, pressed)


class TestSameBytes:
    @pytest.mark.parametrize("name", RECORDS)
    def test_form_prompts_and_the_habit_of_enter_store_the_same(
        self, sit: Callable[..., Workstation], name: str
    ) -> None:
        record, found = RECORDS[name], []
        for mode, keys in (("form", record.keys), ("prompt", record.keys), ("form", record.with_habit),
                           ("prompt", record.with_habit)):  # fmt: skip
            desk = sit(mode=mode)
            keyed(desk, record, keys)
            found.append(stored(desk, record.account)[:2])
        assert found[0] == found[1] == found[2] == found[3]

    def test_the_mode_that_is_a_habit_opens_first(self, sit: Callable[..., Workstation]) -> None:
        desk = sit(mode="prompt")
        desk.press("ctrl+o", "=ABS 5002", "enter")
        assert desk.shell.main.mode is Mode.PROMPT  # type: ignore[attr-defined]
        assert desk.text.count("//") == 0  # nothing is asked that is known
        assert desk.at_cursor.strip() == "Admitting diagnosis:"
