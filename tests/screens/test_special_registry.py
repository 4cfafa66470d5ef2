"""A registry that is a TOML file and nothing else: installed into a store, keyed, listed, found, moved in and out."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import config
from db import store
from db.access import sign_on
from db.actors import Actor, Role
from db.acts import NotPermitted
from db.connect import database
from db.registry import cases, dictionaries, registries
from db.statistics.record_counts import counts
from recordroom.cli import cli
from recordroom.commands.common import StoreOptions
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT, POISON_MRN, House
from tests.screens.test_every_screen import assert_harmless
from tests.tui.conftest import Workstation
from tui.form import FormView

STROKE = (Path(config.__file__).parent / "examples" / "stroke.toml").read_text(encoding="utf-8")


def command(house: House, tmp_path: Path, *words: object) -> tuple[str, int]:
    """What a command prints and its exit status, as the administrator."""
    (tmp_path / "words").write_text(PASSPHRASE)
    store.close_store()
    arguments = ["--store", house.directory, "--user", ADMIN, "--passphrase-file", tmp_path / "words", *words]
    result = CliRunner().invoke(cli, [str(each) for each in arguments], obj=StoreOptions())
    store.close_store()
    return result.output, result.exit_code


@pytest.fixture(scope="module")
def stroke_template(house_template: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the hospital with the stroke registry, which came as a file. Copy it, do not open it."""
    folder = tmp_path_factory.mktemp("stroke")
    directory = Path(shutil.copytree(house_template.directory, folder / "store"))
    (folder / "stroke.toml").write_text(STROKE)
    house = replace(house_template, directory=directory)
    output, status = command(house, folder, "dictionary", "install", folder / "stroke.toml")
    assert (output, status) == ("Stroke registry, version 2026.1: 76 items, opened with STK.\n", 0)
    return directory


@pytest.fixture
def installed(stroke_template: Path, house: House) -> House:
    """The hospital with the stroke registry."""
    shutil.rmtree(house.directory)
    shutil.copytree(stroke_template, house.directory)
    return house


@pytest.fixture
def desk(installed: House, seat: Callable[[], Workstation]) -> Workstation:
    return seat()


def view(desk: Workstation) -> FormView:
    main = desk.shell.main
    assert isinstance(main, FormView)
    return main


def ask(desk: Workstation, question: Callable[..., object], *arguments: object) -> object:
    """A question to the store, on the thread that has it open."""
    return desk.shell.executor.submit(question, *arguments).result()


def goto(desk: Workstation, label: str, *keys: str) -> None:
    desk.press("ctrl+o", f"^{label}", "enter", *keys)


@pytest.fixture
def record(desk: Workstation) -> Workstation:
    """A new stroke record about an account."""
    desk.press("ctrl+o", f"=STK NEW {ACCOUNT}", "enter")
    return desk


class TestItsWords:
    def test_stand_in_the_menu_and_open_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=REGISTRY", "enter")
        for line in (
            "STL",
            "Stroke registry: records",
            "STK",
            "STF",
            "Stroke registry: cases to find",
            "TRL",
        ):
            assert line in desk.text
        for word in ("STL", "STK", "STF"):
            desk.press("ctrl+o", f"={word}", "enter")
            assert desk.lines[0].split()[0] == word
            assert_harmless(desk)

    def test_are_for_its_roles_alone(self, installed: House) -> None:
        from screens.session import Seat, Session

        signed_on = sign_on.with_passphrase(installed.directory, ADMIN, PASSPHRASE)
        menu = Session(Seat(installed.directory), signed_on).menu
        assert not menu.screens["STK"].permits({"coder"})
        assert menu.screens["STK"].permits({"registrar"})

    def test_were_installed_by_an_act_of_the_trail(self, desk: Workstation) -> None:
        row = ask(
            desk,
            lambda: database.execute_sql(
                "SELECT user, record, outcome FROM audit WHERE kind = 'dictionary'"
            ).fetchall(),
        )
        assert row == [(ADMIN, "0001-stroke-2026.1", "done")]


class TestItsForm:
    def test_takes_from_registration_and_account_what_it_declares(self, record: Workstation) -> None:
        values = view(record).record.values
        assert (values["mrn"], values["birth_date"], values["sex"]) == (MRN, "1951-03-09", "F")
        assert (values["arrival_date"], values["arrival_time"]) == ("2026-11-10", "08:00")
        assert (values["discharge_date"], values["disposition"], values["los_days"]) == (
            "2026-11-14",
            "01",
            "4",
        )
        assert values["age"] == "75"

    def test_shows_help_prompts_and_meanings_of_its_own_tables(self, record: Workstation) -> None:
        goto(record, "CLINICAL", "f4")
        assert "Subarachnoid hemorrhage" in record.text
        record.press("SAH", "enter")
        assert "Subarachnoid hemorrhage" in record.text
        goto(record, "CAME BY", "f1")
        assert "how the patient got to the hospital" in record.text

    def test_computes_times_as_they_are_keyed(self, record: Workstation) -> None:
        goto(record, "CLINICAL", "IS", "enter")
        goto(record, "LAST KNOWN", "11102026", "0630", "enter")
        assert "Onset to door 90" in record.text
        goto(record, "IV THROMB", "y")
        goto(record, "LYSIS BEGUN", "11102026", "0842", "enter")
        assert "door to needle 42" in record.text

    def test_sets_and_skips_what_does_not_apply(self, record: Workstation) -> None:
        goto(record, "CLINICAL", "ICH", "enter")
        values = view(record).record.values
        assert (values["lysis"], values["lysis_date"], values["tici"]) == ("/NA", "/NA", "/NA")

    def test_finds_what_its_edits_say(self, record: Workstation) -> None:
        goto(record, "MRS AT DISCHARGE", "6")
        codes = {finding.code for finding in view(record).findings}
        assert "ST131" in codes

    def test_keeps_a_field_for_the_next_record_of_the_session(self, record: Workstation) -> None:
        goto(record, "ABSTRACTED", "HKENT", "enter", "f2")
        record.press("ctrl+o", f"=STK NEW {POISON_ACCOUNT}", "enter")
        assert view(record).record.values["abstractor"] == "HKENT"

    def test_keeps_what_the_patient_brings_along_for_the_next_record_of_the_patient(
        self, record: Workstation
    ) -> None:
        goto(record, "CONDITIONS", "HTN DM", "enter", "f2")
        record.press("ctrl+o", "=STK", "enter", MRN, "enter")
        assert view(record).record.values["conditions"] == "HTN DM"


class TestAnOverride:
    @pytest.fixture
    def wrong(self, record: Workstation) -> Workstation:
        """A total that is not the sum of its items."""
        goto(record, "NIHSS DONE", "y")
        goto(record, "NIHSS_SCORES", "1A", "enter", "2", "enter")
        goto(record, "NIHSS TOTAL", "7", "enter")
        goto(record, "NIHSS TOTAL")
        return record

    def test_is_asked_for_at_the_field_with_a_reason(self, wrong: Workstation) -> None:
        assert "ST110" in {finding.code for finding in view(wrong).findings if not finding.overridden}
        wrong.press("ctrl+o", "OVERRIDE", "enter")
        assert "Say why ST110 may stand" in wrong.message
        wrong.press("f12", "ctrl+o", "OVERRIDE charted in words only", "enter")
        assert wrong.message.startswith("ST110 stands")
        wrong.press("ctrl+e")
        assert "OVERRIDDEN" in wrong.text or "overridden" in wrong.text

    def test_is_kept_with_the_record_and_in_its_history(self, wrong: Workstation) -> None:
        wrong.press("ctrl+o", "OVERRIDE charted in words only", "enter", "f2")
        assert wrong.message.startswith("FILED 000001")
        case = ask(wrong, cases.by_number, "stroke", "000001")
        assert case is not None
        text = case.record["!ST110 nihss"]  # type: ignore[attr-defined]
        assert text.split(" ", 3)[1] == ADMIN
        assert text.endswith("charted in words only")
        wrong.press("ctrl+o", "HIS STK 1", "enter")
        assert "Override ST110" in wrong.text
        line = next(line for line in wrong.lines if "Override ST110" in line)
        assert re.search(rf"{ADMIN} \d\d/", line)
        detail = ask(
            wrong,
            lambda: database.execute_sql(
                "SELECT detail FROM audit WHERE action = 'file registry' ORDER BY seq DESC LIMIT 1"
            ).fetchone()[0],
        )
        assert "charted in words only" in json.loads(str(detail))["after"]["!ST110 nihss"]

    def test_lapses_when_the_value_changes(self, wrong: Workstation) -> None:
        wrong.press("ctrl+o", "OVERRIDE charted in words only", "enter")
        goto(wrong, "NIHSS TOTAL", "8", "enter")
        standing = [each.code for each in view(wrong).findings if not each.overridden]
        assert "ST110" in standing
        wrong.press("f2")
        case = ask(wrong, cases.by_number, "stroke", "000001")
        assert "!ST110 nihss" not in case.record  # type: ignore[attr-defined]

    def test_is_not_for_every_finding(self, record: Workstation) -> None:
        goto(record, "CLINICAL")
        record.press("ctrl+o", "OVERRIDE because", "enter")
        assert "D004 cannot be overridden" in record.message


class TestItsList:
    def test_shows_the_columns_it_declares(self, record: Workstation) -> None:
        goto(record, "CLINICAL", "TIA", "enter", "f2")
        assert record.lines[0].split()[0] == "STL"
        head, row = (next(line for line in record.lines if word in line) for word in ("Diagnosis", MRN))
        assert ("Arrived" in head, "NIHSS" in head, "DTN" in head) == (True, True, True)
        assert "11/10/2026" in row
        assert "TIA Transient" in row


def code(desk: Workstation, account: str, *codes: str) -> None:
    """Give an account diagnoses, as its abstract would."""

    def write() -> None:
        from db.connect import writing
        from db.hospital import encounters

        with writing():
            for seq, each in enumerate(codes, 1):
                database.execute_sql(
                    "INSERT INTO diagnosis (encounter_id, role, seq, code) VALUES (?, 'dx', ?, ?)",
                    (encounters.find(account), seq, each),
                )

    ask(desk, write)


class TestCaseFinding:
    def test_brings_up_accounts_by_their_codes_until_they_have_a_record(self, desk: Workstation) -> None:
        code(desk, ACCOUNT, "I10", "I6359")
        code(desk, POISON_ACCOUNT, "I64", "G453")  # neither is declared
        desk.press("ctrl+o", "=STF", "enter")
        assert "1 to look at" in desk.text
        assert "I63.59" in next(line for line in desk.lines if ACCOUNT in line)
        assert POISON_ACCOUNT not in desk.text
        desk.press("a")
        assert desk.lines[0].split()[0] == "STK"
        assert view(desk).record.values["account"] == ACCOUNT
        desk.press("f2")
        desk.press("ctrl+o", "=STF", "enter")
        assert "0 to look at" in desk.text

    def test_remembers_what_is_no_case_and_why(self, desk: Workstation) -> None:
        code(desk, ACCOUNT, "I6359")
        desk.press("ctrl+o", "=STF", "enter", "ctrl+o", f"NOT {ACCOUNT}", "enter")
        assert "why it is no case" in desk.message
        desk.press("f12", "n")
        assert "Why is it no case?" in desk.text
        desk.press("an old infarct", "enter")
        assert "0 to look at" in desk.text
        desk.press("f10")
        assert "an old infarct" in desk.text
        desk.press("b", "f10")
        assert "1 to look at" in desk.text

    def test_is_an_act_for_who_may_file(self, installed: House) -> None:
        from config.data_sets import library

        actor = sign_on.with_passphrase(installed.directory, ADMIN, PASSPHRASE).actor
        coder = Actor(actor.user_id, actor.user, frozenset({Role.CODER}))
        stroke = library(installed.directory / "site").of("stroke")
        with pytest.raises(NotPermitted):
            registries.not_a_case(coder, stroke, ACCOUNT, "no")


ROWS = (
    "account,mrn,Diagnose,came,lysis,lysis_date,nihss_scores[1].part,nihss_scores[1].score\r\n"
    f"{ACCOUNT},,ischemic,10.11.2026,Y,2026-11-10,1a,2\r\n"
    f"{POISON_ACCOUNT},{POISON_MRN},TIA,,,,,\r\n"
    "9999,,TIA,,,,,\r\n"
    f",{MRN},IS,somewhen,,,,\r\n"
)
PROFILE = (
    'dates = ["%d.%m.%Y"]\n[columns]\ndiagnosis = "Diagnose"\narrival_date = "came"\n'
    '[values.diagnosis]\nischemic = "IS"\n'
)


class TestImportAndExport:
    @pytest.fixture
    def imported(self, installed: House, tmp_path: Path) -> tuple[House, str, int]:
        (tmp_path / "rows.csv").write_text(ROWS)
        (tmp_path / "profile.toml").write_text(PROFILE)
        output, status = command(
            installed, tmp_path, "import", "records", "stroke", tmp_path / "rows.csv",
            "--profile", tmp_path / "profile.toml",
        )  # fmt: skip
        return installed, output, status

    def test_rows_become_records_and_what_cannot_is_kept_with_its_reason(
        self, imported: tuple[House, str, int]
    ) -> None:
        house, output, status = imported
        assert json.loads(output.splitlines()[-1]) == {
            "read": 4, "applied": 2, "unchanged": 0, "not_used": 0, "refused": 2, "held": 0,
        }  # fmt: skip
        assert status == 1
        sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE)
        first = cases.by_number("stroke", "000001")
        assert first is not None
        assert (first.record["diagnosis"], first.record["lysis"], first.status) == ("IS", "1", "open")
        assert (first.record["nihss_scores[1].part"], first.record["nihss_sum"]) == ("1A", "2")
        assert first.record["birth_date"] == "1951-03-09"  # from registration, as on the form
        reasons = [row[0] for row in database.execute_sql("SELECT reason FROM refused_row ORDER BY line")]
        assert reasons[0] == "No encounter has this account: import it first."
        assert "Arrived cannot be read" in reasons[1]

    def test_the_same_rows_again_change_nothing(
        self, imported: tuple[House, str, int], tmp_path: Path
    ) -> None:
        output, _ = command(
            imported[0], tmp_path, "import", "records", "stroke", tmp_path / "rows.csv",
            "--profile", tmp_path / "profile.toml",
        )  # fmt: skip
        assert json.loads(output.splitlines()[-1])["unchanged"] == 2

    def test_what_is_exported_can_be_imported_again(
        self, imported: tuple[House, str, int], tmp_path: Path
    ) -> None:
        house = imported[0]
        out = tmp_path / "out.csv"
        output, status = command(house, tmp_path, "export", "records", "stroke", "--out", out)
        assert (output, status) == ("", 0)
        assert out.stat().st_mode & 0o077 == 0
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert [(row["number"], row["account"], row["diagnosis"]) for row in rows] == [
            ("000001", ACCOUNT, "IS"),
            ("000002", POISON_ACCOUNT, "TIA"),
        ]
        output, status = command(house, tmp_path, "import", "records", "stroke", out)
        assert json.loads(output.splitlines()[-1])["unchanged"] == 2
        for form in ("json", "xlsx"):
            path = tmp_path / f"out.{form}"
            assert (
                command(house, tmp_path, "export", "records", "stroke", "--out", path, "--format", form)[1]
                == 0
            )
        assert json.loads((tmp_path / "out.json").read_text())[0]["diagnosis"] == "IS"

    def test_an_export_needs_its_permission_and_leaves_its_row(
        self, imported: tuple[House, str, int], tmp_path: Path
    ) -> None:
        from exchange.records_export import export_records
        from reports import sheet

        house = imported[0]
        command(house, tmp_path, "export", "records", "stroke", "--out", tmp_path / "o.csv")
        actor = sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE).actor
        detail = database.execute_sql(
            "SELECT detail FROM audit WHERE action = 'export' AND kind = 'stroke'"
        ).fetchone()
        assert json.loads(detail[0])["count"] == 2
        registrar = Actor(actor.user_id, actor.user, frozenset({Role.REGISTRAR}))
        with pytest.raises(NotPermitted):
            export_records(registrar, "stroke", tmp_path / "p.csv", sheet.write_csv)

    def test_counts_by_month_status_and_item(self, imported: tuple[House, str, int], tmp_path: Path) -> None:
        house = imported[0]
        output, status = command(
            house, tmp_path, "report", "record-counts", "--set", "stroke", "--by", "diagnosis"
        )
        assert status == 0
        assert "IS Ischemic stroke" in output
        assert "Records: 2" in output
        output, _ = command(house, tmp_path, "report", "record-counts", "--set", "stroke")
        assert "2026-11" in output
        sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE)
        from config.data_sets import library

        stroke = library(house.directory / "site").of("stroke")
        found = counts(stroke, "nihss_scores.part")
        assert found.by_value == {"1A": {"open": 1}, "": {"open": 1}}
        assert counts(stroke, "status", 0, 1).records == {}


NEXT_YEAR = (
    STROKE.replace('version = "2026.1"', 'version = "2027"')
    .replace('valid_from = "2026-01-01"', 'valid_from = "2026-11-01"')
    .replace('label = "Glucose (mg/dL)"', 'label = "Glucose (mg/dL)"\nrequired = true')
)


class TestVersions:
    def test_a_record_keeps_its_version_until_it_is_filed_again(
        self, record: Workstation, house: House
    ) -> None:
        record.press("f2")

        def install() -> None:
            actor = Actor(1, ADMIN, frozenset(Role))
            dictionaries.install(actor, NEXT_YEAR, "next.toml")

        ask(record, install)
        record.press("ctrl+o", "=STK 1", "enter")
        assert (
            "Entered under version 2026.1. Filing takes up 2027: asked otherwise: Glucose" in record.message
        )
        assert ask(record, cases.by_number, "stroke", "1".zfill(6)).version == "2026.1"  # type: ignore[attr-defined]
        record.press("f2")
        assert ask(record, cases.by_number, "stroke", "000001").version == "2027"  # type: ignore[attr-defined]

    def test_the_values_of_a_new_version_are_listed_at_once(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=STK NEW {ACCOUNT}", "enter")

        def install() -> None:
            actor = Actor(1, ADMIN, frozenset(Role))
            later = NEXT_YEAR.replace('text = "Ischemic stroke"', 'text = "Infarct of the brain"')
            dictionaries.install(actor, later, "next.toml")

        ask(desk, install)
        desk.press("ctrl+o", f"=STK NEW {ACCOUNT}", "enter")
        goto(desk, "CLINICAL", "f4")
        assert "Infarct of the brain" in desk.text

    def test_the_date_of_the_record_picks_its_version(self, record: Workstation) -> None:
        def install() -> None:
            dictionaries.install(Actor(1, ADMIN, frozenset(Role)), NEXT_YEAR, "next.toml")

        ask(record, install)
        record.press("ctrl+o", f"=STK NEW {ACCOUNT}", "enter")
        goto(record, "ARRIVED", "10152026")
        assert "V001" in {finding.code for finding in view(record).findings}
        record.press("f2")
        case = ask(record, cases.by_number, "stroke", "000001")
        assert case.version == "2026.1"  # type: ignore[attr-defined]

    def test_a_version_that_has_records_is_never_rewritten(self, record: Workstation, tmp_path: Path) -> None:
        record.press("f2")
        from config.data_sets import DictionaryError

        def install() -> str:
            actor = Actor(1, ADMIN, frozenset(Role))
            with pytest.raises(DictionaryError) as raised:
                dictionaries.install(actor, STROKE.replace("mRS before", "mRS earlier"), "stroke.toml")
            return str(raised.value)

        said = ask(record, install)
        assert said == (
            "stroke.toml: 1 record was filed under version '2026.1' of 'stroke': give this file another version."
        )
