"""Running, filing and printing reports on a real store: permission, audit trail, and the bytes that lp gets."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from db.actors import Action, Role
from db.acts import NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.hospital import site
from reports import output
from reports.catalogue import CATALOGUE, SITE_FILES, find
from reports.page import Setup
from reports.parameters import NotAsked
from reports.run import produce

SITE_FILE = find("site-file")

LP = """#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
(here / "argv.json").write_text(json.dumps(sys.argv[1:]))
(here / "bytes").write_bytes(sys.stdin.buffer.read())
print("request id is ward-1 (1 file(s))")
sys.exit({status})
"""


@pytest.fixture
def lp(tmp_path, monkeypatch):
    """A stand-in for lp that keeps what it was called with."""

    def make(status=0):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "lp"
        program.write_text(LP.format(python=sys.executable, folder=str(folder), status=status))
        program.chmod(0o700)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return make


@pytest.fixture
def units(admin):
    with writing():
        for number in range(70):
            site.apply("unit", f"U{number:02d}", {"name": f"WARD {number} \x1b[31mÉAST", "type": "acute"},
                       Source("test"))  # fmt: skip
    return admin


def audited():
    rows = database.execute_sql(
        "SELECT action, kind, record, outcome, detail FROM audit ORDER BY seq"
    ).fetchall()
    return [(action, record, outcome, json.loads(detail or "{}")) for action, kind, record, outcome, detail in rows
            if kind == "report"]  # fmt: skip


class TestRunning:
    def test_a_run_is_in_the_audit_trail_with_what_was_asked(self, units):
        produce(units, SITE_FILE, {"file": "unit"})
        assert audited() == [
            ("view site file", "site-file", "done", {"parameters": {"file": "unit"}})
        ]  # fmt: skip

    def test_who_may_not_is_refused_before_anything_is_read(self, units, actor_with):
        with pytest.raises(NotPermitted):
            produce(actor_with(Role.SERVICE), SITE_FILE, {"file": "unit"})
        assert audited()[-1][2] == "denied"

    @pytest.mark.parametrize(
        ("report", "asked"),
        [("site-file", {}), ("site-file", {"file": "moon"}), ("daily-census", {"day": "yesterdays"}),
         ("monthly-statistics", {"month": "2026-13"}), ("accounting", {})],
    )  # fmt: skip
    def test_what_cannot_be_understood_is_one_sentence(self, admin, report, asked):
        with pytest.raises(NotAsked, match=r"\.$"):
            produce(admin, find(report), asked)

    @pytest.mark.parametrize("file", SITE_FILES)
    @pytest.mark.parametrize("width", [80, 132])
    def test_every_site_file_fits_on_the_page(self, units, file, width):
        with writing():
            site.apply(file, "Z9", {"name": "x" * 90}, Source("test"))
        produced = produce(units, SITE_FILE, {"file": file})
        lines = [line for page in produced.pages(Setup(width)) for line in page.lines]
        assert any(line.startswith("Z9") for line in lines)
        assert max(map(len, lines)) <= width


class TestFiles:
    def test_a_file_is_for_its_owner_alone_and_audited(self, units, tmp_path):
        produced = produce(units, SITE_FILE, {"file": "unit"})
        path = tmp_path / "units.csv"
        output.to_file(units, produced, "csv", Setup(), path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_bytes().startswith(b"unit,name,type,")
        action, _, _, detail = audited()[-1]
        assert (action, detail["file"], detail["format"]) == ("export", "units.csv", "csv")

    def test_it_needs_the_export_permission(self, units, actor_with, tmp_path):
        clerk = actor_with(Role.TECHNICIAN)
        produced = produce(clerk, SITE_FILE, {"file": "unit"})
        with pytest.raises(NotPermitted):
            output.to_file(clerk, produced, "text", Setup(), tmp_path / "x")
        assert not (tmp_path / "x").exists()

    @pytest.mark.parametrize("form", output.FORMATS)
    def test_every_format_can_be_made(self, units, form):
        assert output.in_format(produce(units, SITE_FILE, {"file": "unit"}), form, Setup())

    def test_the_same_data_give_the_same_bytes(self, units):
        made = [
            output.in_format(produce(units, SITE_FILE, {"file": "unit"}), "text", Setup()) for _ in range(2)
        ]
        unstamped = [b"\n".join(line for line in each.split(b"\n") if b"Run " not in line) for each in made]
        assert unstamped[0] == unstamped[1]

    def test_the_spool_numbers_its_files_and_names_no_patient(self, units):
        produced = produce(units, SITE_FILE, {"file": "unit"})
        paths = [output.to_spool(units, produced, Setup()) for _ in range(2)]
        assert [path.name for path in paths] == ["F01-000001.txt", "F01-000002.txt"]


class TestPrinting:
    def test_lp_gets_the_very_bytes_of_the_page_and_a_title_without_patients(self, units, lp):
        folder = lp()
        produced = produce(units, SITE_FILE, {"file": "unit"})
        printer = output.printer_named("ward-1")
        assert output.to_printer(units, produced, printer) == "request id is ward-1 (1 file(s))"
        assert json.loads((folder / "argv.json").read_text()) == [
            "-d", "ward-1", "-t", "Recordroom F01", "-n", "1", "-o", "cpi=12", "-o", "lpi=6", "--", "-"
        ]  # fmt: skip
        sent = (folder / "bytes").read_bytes()
        assert sent == output.in_format(produced, "text", printer.setup)
        assert sent.count(b"\f") == 1
        assert audited()[-1][0] == "print"

    def test_a_printer_of_the_site_file_brings_its_own_page(self, units, lp):
        folder = lp()
        with writing():
            site.apply("printer", "LP132", {"queue": "records_lp", "width": "132", "lines": "66", "form_feed": "0",
                                            "options": "raw"}, Source("test"))  # fmt: skip
        output.to_printer(units, produce(units, SITE_FILE, {"file": "unit"}), output.printer_named("LP132"))
        assert json.loads((folder / "argv.json").read_text())[:2] == ["-d", "records_lp"]
        sent = (folder / "bytes").read_bytes()
        assert b"\f" not in sent
        assert sent.count(b"\n") == 66 * 2

    def test_a_range_of_pages_can_be_printed(self, units, lp):
        folder = lp()
        produced = produce(units, SITE_FILE, {"file": "unit"})
        output.to_printer(units, produced, output.printer_named("q"), pages=[2])
        assert b"Page 2 of 2" in (folder / "bytes").read_bytes()
        assert b"Page 1 of 2" not in (folder / "bytes").read_bytes()

    def test_a_queue_that_takes_no_job_is_one_sentence(self, units, lp):
        lp(status=1)
        with pytest.raises(output.NotDelivered, match="took no job"):
            output.to_printer(units, produce(units, SITE_FILE, {"file": "unit"}), output.printer_named("q"))

    def test_no_lp_at_all_is_one_sentence(self, units, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(output.NotDelivered, match="no lp command"):
            output.to_printer(units, produce(units, SITE_FILE, {"file": "unit"}), output.printer_named("q"))

    @pytest.mark.parametrize("word", ["-h evil", "a b", "-oraw", "", "x;y"])
    def test_what_cannot_be_a_queue_never_reaches_lp(self, admin, word):
        with pytest.raises(output.NotDelivered, match="cannot be the name"):
            output.printer_named(word)


class TestCatalogue:
    def test_ids_and_codes_are_there_once(self):
        words = [word for report in CATALOGUE for word in (report.id, report.code.casefold())]
        assert len(set(words)) == len(words)

    @pytest.mark.parametrize(
        "report", [r for r in CATALOGUE if Path(r.module.replace(".", "/") + ".py").exists()]
    )
    def test_every_module_does_what_the_catalogue_promises(self, report):
        module = report.load()
        assert callable(module.query)
        assert callable(module.render)
        assert callable(module.sheets)
        assert report.action in Action
