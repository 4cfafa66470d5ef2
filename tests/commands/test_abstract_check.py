"""``recordroom abstract check``: abstracts of a period under every edit, by account and code, one row of the trail."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from config.data_sets import library
from db.abstracting import abstract_check, abstracts, rule_context
from db.abstracting.abstracts import Drg
from db.access import sign_on
from db.actors import Actor
from db.coding.code_tables import all_tables
from db.connect import database
from db.hospital import encounters
from recordroom.cli import run
from rules.abstract_findings import record_findings
from rules.periods import month
from tests import builders
from tests.conftest import ADMIN, PASSPHRASE

Answer = tuple[int, str, str]
CLEAN = {
    "admitting_diagnosis": "R079", "diagnoses[1].code": "I214", "diagnoses[1].poa": "Y", "races[1].code": "2106-3",
    "ethnicity": "2186-5", "marital": "S", "priority": "1", "point_of_origin": "1", "hospice_claim": "0",
    "country": "US", "attending": "1001", "payer": "MCR",
}  # fmt: skip
BROKEN = {**CLEAN, "diagnoses[1].poa": "", "diagnoses[2].code": "I214", "zip": "1"}
DOUBTED = {**CLEAN, "diagnoses[1].poa": "U"}


def an_abstract(
    actor: Actor, account: str, discharged: str, values: dict[str, str], unit: str = "3E"
) -> None:
    """An account with a filed abstract; what stands against it is found as its form finds it."""
    stay = builders.a_stay("2026-10-01T08:00", discharged, account=account, unit=unit)
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(stay), dictionary)
    record = {path: value for path, value in {**opened.record, **values}.items() if value}
    found = record_findings(dictionary, record, rule_context.context(library().tables, None))
    abstracts.file_abstract(actor, opened, dictionary, record, found, Drg(), expected_revision=0)


@pytest.fixture
def house(store_directory: Path, admin: Actor) -> Path:
    """Four abstracts: a clean one, one with errors, one with a question, one of another month."""
    an_abstract(admin, "1001", "2026-10-04T10:00", CLEAN)
    an_abstract(admin, "1002", "2026-10-05T10:00", BROKEN, unit="ICU")
    an_abstract(admin, "1003", "2026-10-31T23:50", DOUBTED)
    an_abstract(admin, "1004", "2026-11-02T10:00", BROKEN)
    return store_directory


@pytest.fixture
def check(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run the command as the administrator; status, stdout, stderr."""
    key = tmp_path / "passphrase"
    key.write_text(PASSPHRASE)

    def command(*arguments: str) -> Answer:
        common = ("--store", str(house), "--user", ADMIN, "--passphrase-file", str(key))
        status = run(["abstract", "check", *arguments, *common])
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.fixture(autouse=True)
def _with_codes(codes_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))


class TestAMonth:
    def test_lists_findings_by_account_and_counts_them_by_code(self, check: Callable[..., Answer]) -> None:
        status, out, _ = check("--month", "2026-10")
        assert status == 1
        assert "1002  discharged 2026-10-05  ICU  open, filed by" in out
        assert "  error   A120   POA of row 1 is missing: enter Y, N, U or W" in out
        assert "1001" not in out
        assert "1004" not in out
        assert out.splitlines()[-1] == "3 abstracts checked, 1 with errors, 2 with any finding."
        assert any(line.split()[:4] == ["A122", "query", "1", "1"] for line in out.splitlines())

    def test_without_an_error_ends_well(self, check: Callable[..., Answer]) -> None:
        status, out, _ = check("--from", "2026-10-06", "--to", "2026-10-31")
        assert status == 0
        assert "A122" in out

    def test_can_be_narrowed_to_a_unit_a_status_and_to_errors(self, check: Callable[..., Answer]) -> None:
        assert "1 abstract checked" in check("--month", "2026-10", "--unit", "icu")[1]
        assert "2 abstracts checked" in check("--month", "2026-10", "--status", "complete")[1]
        status, out, _ = check("--month", "2026-10", "--errors")
        assert status == 1
        assert "A122" not in out
        assert out.splitlines()[-1] == "3 abstracts checked, 1 with errors, 1 with any finding."

    def test_of_nothing_checks_nothing(self, check: Callable[..., Answer]) -> None:
        assert check("--month", "2020-01")[:2] == (
            0,
            "0 abstracts checked, none with errors, 0 with any finding.\n",
        )


class TestForms:
    def test_json_lines_hold_each_finding_and_a_summary(self, check: Callable[..., Answer]) -> None:
        lines = [
            json.loads(line) for line in check("--month", "2026-10", "--format", "jsonl")[1].splitlines()
        ]
        assert {(line["account"], line["code"], line["field"]) for line in lines[:-1]} >= {
            ("1002", "A120", "diagnoses[1].poa"), ("1002", "A112", "diagnoses[2].code"), ("1002", "A105", "zip"),
            ("1003", "A122", "diagnoses[1].poa"),
        }  # fmt: skip
        assert lines[-1]["summary"]["checked"] == 3
        assert lines[-1]["summary"]["codes"]["A122"] == {"level": "query", "accounts": 1, "findings": 1}

    def test_csv_holds_a_row_for_each_finding_and_says_the_rest_aside(
        self, check: Callable[..., Answer]
    ) -> None:
        _, out, err = check("--month", "2026-10", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert {(row["account"], row["code"]) for row in rows} >= {("1002", "A120"), ("1003", "A122")}
        assert "3 abstracts checked" in err

    @pytest.mark.parametrize(
        "arguments",
        [(), ("--month", "2026-10", "--from", "2026-10-01"), ("--from", "2026-10-01"), ("--month", "10/2026"),
         ("--from", "2026-10-31", "--to", "2026-10-01")],
    )  # fmt: skip
    def test_a_period_is_named_once_and_wholly(
        self, check: Callable[..., Answer], arguments: tuple[str, ...]
    ) -> None:
        assert check(*arguments)[0] == 2


class TestTheTrail:
    def test_has_one_row_for_a_check_with_what_was_asked_and_found(
        self, check: Callable[..., Answer], house: Path
    ) -> None:
        check("--month", "2026-10")
        actor = sign_on.with_passphrase(house, ADMIN, PASSPHRASE).actor
        rows = database.execute_sql(
            "SELECT record, detail FROM audit WHERE action = 'check abstracts'"
        ).fetchall()
        sign_on.off(actor)
        assert len(rows) == 1
        detail = json.loads(rows[0][1])
        assert rows[0][0] == "2026-10"
        assert (detail["count"], detail["wrong"], detail["codes"]["A122"]) == (3, 1, 1)

    def test_has_the_refusal_of_somebody_who_may_not(
        self, actor_with: Callable[..., Actor], house: Path
    ) -> None:
        from db.actors import Role
        from db.acts import NotPermitted

        with pytest.raises(NotPermitted):
            abstract_check.check(
                actor_with(Role.ROI), month("2026-10"), rule_context.context(library().tables, None)
            )


class TestTheEngine:
    def test_finds_what_the_form_finds(self, house: Path, admin: Actor) -> None:
        tables = all_tables(house)
        made = abstract_check.check(admin, month("2026-10"), rule_context.context(tables, None))
        assert made.found
        for each in made.found:
            opened = abstracts.read(encounters.get(encounters.find(each.account)), library().of("abstract"))
            found = record_findings(
                library().of("abstract"), opened.record, rule_context.context(tables, None)
            )
            assert list(each.findings) == found

    def test_reads_a_slice_in_as_many_queries_as_one_abstract(
        self, house: Path, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        counts = []
        for period in ("2026-11", "2026-10"):
            context = rule_context.context(library().tables, None)
            asked.clear()
            database.connection().set_trace_callback(asked.append)
            try:
                abstract_check.check(admin, month(period), context)
            finally:
                database.connection().set_trace_callback(None)
            counts.append(len([sql for sql in asked if sql.lstrip().upper().startswith("SELECT")]))
        assert counts[0] == counts[1]
