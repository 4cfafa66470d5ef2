"""``recordroom report`` as a user types it: what goes to stdout, what is refused, with which exit status."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from db.access import presets
from db.access.sign_on import with_passphrase
from db.store import close_store
from recordroom.cli import DENIED, DONE, REFUSED, USAGE, run
from tests.builders import a_stay
from tests.conftest import ADMIN, PASSPHRASE


@pytest.fixture
def sign_on(store_directory, tmp_path):
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    return ["--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(secret)]


class Slow(io.RawIOBase):
    """Standard output without a buffer, of which a full pipe or disk takes a part at a time."""

    def __init__(self):
        self.got = b""

    def writable(self):
        return True

    def write(self, data):
        self.got += bytes(data[:100])
        return min(100, len(data))


class TestList:
    def test_it_needs_no_store(self, capfd, monkeypatch):
        monkeypatch.delenv("RECORDROOM_STORE", raising=False)
        assert run(["report", "list"]) == DONE
        assert "monthly-statistics" in capfd.readouterr().out

    def test_as_json_lines(self, capfd):
        assert run(["report", "list", "--format", "json"]) == DONE
        rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        assert {"daily-census", "monthly-statistics"} <= {row["report"] for row in rows}


class TestReport:
    def test_pages_go_to_standard_output(self, sign_on, capfd):
        assert run(["report", "site-file", "--file", "unit", *sign_on]) == DONE
        out = capfd.readouterr().out
        assert "SITE FILE: UNIT" in out
        assert "No records for the selection" in out
        assert "** END OF REPORT **" in out

    def test_the_printed_code_is_a_name_too(self, sign_on, capfd):
        assert run(["report", "f01", "--file", "unit", *sign_on]) == DONE

    def test_lists_take_codes_of_the_site_beside_what_is_not_known(self, sign_on, capfd):
        close_store()
        with_passphrase(Path(sign_on[1]), ADMIN, PASSPHRASE)
        a_stay("2026-10-01T08:00", "2026-10-03T09:00", account="A1", unit="3W")
        a_stay("2026-10-01T08:00", "2026-10-03T09:00", account="A2", unit="ICU")
        close_store()
        october = ["--from", "2026-10-01", "--to", "2026-10-31"]
        for units, count in (("3W", "1 stay"), ("3w,ICU", "2 stays"), ("none,ICU", "1 stay")):
            assert run(["report", "discharge-list", *october, "--unit", units, *sign_on]) == DONE
            assert f"TOTAL: {count};" in capfd.readouterr().out
        assert run(["report", "dnfb-accounts", "--reason", "held,query", *sign_on]) == DONE

    @pytest.mark.parametrize("mark", "-_")
    def test_a_name_of_two_words_takes_a_hyphen_or_an_underscore(self, sign_on, capfd, mark):
        asked = [f"--same{mark}day", "no", f"--no{mark}drg", "yes", f"--payer{mark}class", "medicare"]
        assert run(["report", "discharge-list", *asked, *sign_on]) == DONE
        assert "no same-day cases" in capfd.readouterr().out

    def test_a_file_is_written(self, sign_on, tmp_path):
        path = tmp_path / "units.xlsx"
        command = ["report", "site-file", "--file", "unit", "--format", "xlsx", "--out", str(path)]
        assert run([*command, *sign_on]) == DONE
        assert path.read_bytes().startswith(b"PK")

    def test_a_file_that_is_there_is_replaced(self, sign_on, tmp_path):
        path = tmp_path / "units.txt"
        path.write_text("old " * 10_000)
        assert run(["report", "site-file", "--file", "unit", "--out", str(path), *sign_on]) == DONE
        assert path.read_text().endswith("restricted by law.\n")
        assert "old" not in path.read_text()

    @pytest.mark.parametrize(
        "words",
        [
            ["nothing-of-the-kind"],
            ["site-file"],
            ["site-file", "--file", "moon"],
            ["site-file", "--file", "unit", "--format", "xlsx"],
            ["site-file", "--file", "unit", "--print", "q", "--out", "x"],
            ["monthly-statistics", "--month", "November"],
            ["daily-census", "--day", "2026-02-30"],
            ["daily-census", "--unit", "NOPE"],
            ["discharge-list", "--unit", "NOPE"],
            ["dnfb-accounts", "--reason", "held,lost"],
            ["site-file", "--file", "unit", "--out", "/nowhere/at/all.txt"],
            ["site-file", "--file", "unit", "--print", "no such queue"],
            ["site-file", "--file", "unit", "--out", "/"],
            ["site-file", "--file", "unit", "--out", "/dev/full"],
            ["site-file", "--file", "unit", "--pages", "1"],
            ["site-file", "--file", "unit", "--copies", "2"],
            ["site-file", "--file", "unit", "--print", "printers/none"],
        ],
    )
    def test_a_mistake_in_the_command_is_one_sentence_and_exit_2(self, words, sign_on, capfd):
        assert run(["report", *words, *sign_on]) == USAGE
        captured = capfd.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1

    def test_standard_output_on_a_full_disk_is_one_sentence(self, sign_on, capfd, monkeypatch):
        monkeypatch.setattr(sys, "stdout", open("/dev/full", "w"))  # noqa: SIM115 - closed below
        assert run(["report", "site-file", "--file", "unit", *sign_on]) == REFUSED
        sys.stdout.close()  # nothing waits any more that would fail again
        assert (
            capfd.readouterr().err == "recordroom: The output cannot be written: No space left on device.\n"
        )

    @pytest.mark.parametrize("words", [["site-file", "--file", "unit"], ["list"]])
    def test_a_reader_who_has_seen_enough_ends_it_without_a_word(self, words, sign_on, capfd, monkeypatch):
        reader, writer = os.pipe()
        os.close(reader)
        monkeypatch.setattr(sys, "stdout", os.fdopen(writer, "w"))
        assert run(["report", *words, *(sign_on if words != ["list"] else ())]) == DONE
        sys.stdout.close()
        assert capfd.readouterr().err == ""

    def test_standard_output_that_takes_little_at_a_time_gets_all_of_it(self, sign_on, monkeypatch):
        slow = Slow()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(slow, write_through=True))
        assert run(["report", "site-file", "--file", "unit", *sign_on]) == DONE
        assert slow.got.endswith(b"restricted by law.\n")

    def test_no_standard_output_at_all_is_one_sentence(self, sign_on, capfd, monkeypatch):
        monkeypatch.setattr(sys, "stdout", None)
        assert run(["report", "site-file", "--file", "unit", *sign_on]) == USAGE
        assert "Standard output is closed: name a file with --out." in capfd.readouterr().err

    def test_a_service_may_not_see_an_accounting(self, sign_on, tmp_path, capfd):
        key = tmp_path / "feed.key"
        assert run(["user", "service", "feed", "--out", str(key), *sign_on]) == DONE
        words = ["report", "site-file", "--file", "unit", *sign_on[:2], "--service-key", str(key)]
        assert run(words) == DENIED
        assert "may not" in capfd.readouterr().err


class TestPresets:
    def test_what_was_kept_is_asked_for_and_an_option_wins_over_it(self, sign_on, capfd):
        signed_on = with_passphrase(Path(sign_on[1]), ADMIN, PASSPHRASE)
        presets.save(signed_on.actor, "site-file", "MINE", {"file": "payer", "width": "132"})
        close_store()
        assert run(["report", "site-file", "--preset", "mine", *sign_on]) == DONE
        out = capfd.readouterr().out
        assert "SITE FILE: PAYER" in out
        assert "=" * 132 in out
        assert run(["report", "site-file", "--preset", "mine", "--file", "unit", *sign_on]) == DONE
        assert "SITE FILE: UNIT" in capfd.readouterr().out

    def test_one_that_is_not_there_is_one_sentence(self, sign_on, capfd):
        assert run(["report", "site-file", "--preset", "mine", *sign_on]) == USAGE
        assert "admin has no preset mine of site-file" in capfd.readouterr().err


class TestParameters:
    def test_no_report_asks_by_a_word_that_the_command_has_already(self):
        from recordroom.commands.reports import report
        from reports.catalogue import CATALOGUE

        for each in CATALOGUE:
            command = report.get_command(None, each.id)
            words = [word for option in command.params for word in option.opts]
            assert len(words) == len(set(words)), each.id
