"""Running, filing and printing reports on a real store: permission, audit trail, and the bytes that lp gets."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import stat
import sys
import threading
from pathlib import Path

import pytest

from db import conventions, store
from db.actors import Action, Role
from db.acts import NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.hospital import site
from reports import line_printer, output
from reports.catalogue import CATALOGUE, SITE_FILES, find
from reports.page import Setup, as_text
from reports.parameters import NotAsked
from reports.run import produce
from rules.moments import iso_date
from tests.builders import a_patient

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

    def test_page_heads_have_the_number_of_the_facility_and_json_has_its_name_alone(self, units):
        conventions.file_setting(units, "station_number", "528A6", 0)
        produced = produce(units, SITE_FILE, {"file": "unit"})
        name = store.current().facility
        assert {page.lines[0].split(" Page")[0].rstrip() for page in produced.pages(Setup())} == {
            f"{name} (528A6)"
        }
        assert produced.json_value()["facility"] == name
        assert produced.head()[:2] == [f"{name} (528A6)", "F01  Site file"]
        assert produced.head()[-1] == f"Run {produced.run.stamp} by admin"

    @pytest.mark.parametrize("file", SITE_FILES)
    @pytest.mark.parametrize("width", [80, 132])
    def test_every_site_file_fits_on_the_page(self, units, file, width):
        with writing():
            site.apply(file, "Z9", {"name": "x" * 90}, Source("test"))
        produced = produce(units, SITE_FILE, {"file": file})
        lines = [line for page in produced.pages(Setup(width)) for line in page.lines]
        assert any(line.startswith("Z9") for line in lines)
        assert max(map(len, lines)) <= width


@contextlib.contextmanager
def no_room():
    """No file may grow beyond a few bytes, as on a full disk."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def wrap_lines(text, count):
    """A text without form feeds as pages of so many lines."""
    lines = text.splitlines()
    return ["\n".join(lines[at : at + count]) for at in range(0, len(lines), count)]


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

    def test_letters_begin_with_the_same_columns_whatever_they_are_about(self, admin):
        a_patient(mrn="00004711")
        produced = produce(admin, find("accounting"), {"patient": "00004711"})
        lines = output.in_format(produced, "merge", Setup()).decode("utf-8-sig").splitlines()
        assert lines[0].startswith("letter_date,facility,addressee,street,city,state,zip,mrn,")
        assert len(lines) == 2

    def test_a_report_without_letters_says_so(self, units):
        with pytest.raises(NotAsked, match="no letters to merge"):
            output.in_format(produce(units, SITE_FILE, {"file": "unit"}), "merge", Setup())

    @pytest.mark.parametrize("form", [form for form in output.FORMATS if form != "merge"])
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
        paths = [output.to_spool(units, produced, output.Printer("", Setup())) for _ in range(2)]
        today = store.current().now().local[:10].replace("-", "")
        assert [path.name for path in paths] == [f"F01-{today}-0001.txt", f"F01-{today}-0002.txt"]
        assert stat.S_IMODE(paths[0].stat().st_mode) == 0o600

    def test_pages_leave_the_spool_after_the_days_that_the_site_set(self, units):
        spool = store.current().directory / "spool"
        today = store.current().now().day
        names = [f"F01-{iso_date(today - days).replace('-', '')}-0001.txt" for days in (0, 7, 8, 400)]
        for name in [*names, "batch-4.txt"]:
            (spool / name).write_text("page")
        assert output.clear_spool() == sorted(names[2:])
        assert {path.name for path in spool.iterdir()} == {*names[:2], "batch-4.txt"}

    def test_a_file_that_others_could_read_is_theirs_no_longer(self, units, tmp_path):
        path = tmp_path / "units.csv"
        path.write_text("old")
        path.chmod(0o644)
        output.to_file(units, produce(units, SITE_FILE, {"file": "unit"}), "csv", Setup(), path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_one_that_cannot_be_written_leaves_the_older_one_whole_and_nothing_beside_it(
        self, units, tmp_path
    ):
        path = tmp_path / "units.txt"
        path.write_text("old")
        with (
            no_room(),
            pytest.raises(output.NotDelivered, match=r"units\.txt cannot be written: File too large\."),
        ):
            output.write(path, b"page" * 1000)
        assert path.read_text() == "old"
        assert {each.name for each in tmp_path.iterdir()} == {"store", "units.txt"}

    def test_one_behind_a_link_is_written_where_the_link_leads(self, units, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path / "file")
        output.write(tmp_path / "link", b"page")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "file").read_bytes() == b"page"

    def test_a_device_is_written_to_as_it_is(self, units):
        with pytest.raises(
            output.NotDelivered, match=r"^/dev/full cannot be written: No space left on device\.$"
        ):
            output.write(Path("/dev/full"), b"page")

    def test_a_new_one_that_cannot_be_written_goes_again(self, units, tmp_path):
        with no_room(), pytest.raises(output.NotDelivered, match="cannot be written"):
            output.write(tmp_path / "units.txt", b"page" * 1000)
        spool = store.current().directory / "spool"
        with no_room(), pytest.raises(output.NotDelivered), output._spooled("F01", "csv") as path:
            output.write(path, b"page" * 1000)
        assert [*spool.iterdir(), *tmp_path.glob("units*")] == []

    def test_one_that_was_longer_holds_what_is_written_alone(self, units, tmp_path):
        path = tmp_path / "units.txt"
        for data in (b"page" * 9, b"page", b"", b"page"):
            output.write(path, data)
            assert path.read_bytes() == data


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

    def test_a_page_that_is_not_there_is_not_printed_as_nothing(self, units, lp):
        folder = lp()
        with pytest.raises(output.NotDelivered, match="no such page: the report has 2"):
            output.to_printer(
                units, produce(units, SITE_FILE, {"file": "unit"}), output.printer_named("q"), pages=[7]
            )
        assert not (folder / "argv.json").exists()

    def test_copies_are_for_lp_to_make(self, units, lp):
        folder = lp()
        produced = produce(units, SITE_FILE, {"file": "unit"})
        output.to_printer(units, produced, output.printer_named("q"), copies=3)
        assert json.loads((folder / "argv.json").read_text())[4:6] == ["-n", "3"]
        assert (folder / "bytes").read_bytes() == output.in_format(produced, "text", Setup())
        assert audited()[-1][3]["copies"] == 3

    @pytest.mark.parametrize("form_feed", ["1", "0"])
    def test_each_copy_in_the_spool_begins_on_a_page_of_its_own(self, units, form_feed):
        with writing():
            site.apply("printer", "LP", {"queue": "lp", "form_feed": form_feed}, Source("test"))
        produced, printer = produce(units, SITE_FILE, {"file": "unit"}), output.printer_named("LP")
        text = output.to_spool(units, produced, printer, 2).read_text()
        parts = text.split("\f") if form_feed == "1" else wrap_lines(text, 60)
        assert ["Page 1 of 2" in part.split("\n")[0] for part in parts] == [True, False] * 2
        assert audited()[-1][3]["copies"] == 2

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("LASER1 x3", ("LASER1", 3)),
            ("X2", ("", 2)),
            ("PRTX2", ("PRTX2", 1)),
            ("2-4 x10", ("2-4", 10)),
            ("", ("", 1)),
        ],
    )
    def test_copies_are_a_word_of_their_own(self, text, named):
        assert output.copies_named(text) == named

    def test_no_patient_stands_in_a_title_whatever_the_report(self, lp):
        assert all("{" not in report.code and report.code.isalnum() for report in CATALOGUE)


class Reader:
    """A stand-in for a line printer: it reads a FIFO to its end."""

    def __init__(self, path):
        self.path, self.got = path, b""
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        self.got = self.path.read_bytes()

    def bytes(self):
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self.got


@pytest.fixture
def fifo(units):
    """A line printer without a queue: a FIFO in the store's folder of printers, and its row in the site file."""
    folder = store.current().directory / "printers"
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / "lp1", 0o600)
    with writing():
        site.apply("printer", "LP1", {"queue": "printers/lp1", "width": "132", "lines": "66", "line_end": "crlf",
                                      "last_form_feed": "1"}, Source("test"))  # fmt: skip
    return folder / "lp1"


class TestLinePrinters:
    def test_gets_the_very_bytes_with_its_own_line_ends_and_last_form_feed(self, units, fifo):
        produced = produce(units, SITE_FILE, {"file": "unit"})
        reader = Reader(fifo)
        while True:  # until the reader has opened it
            with contextlib.suppress(output.NotDelivered):
                said = output.to_printer(units, produced, output.printer_named("LP1"), copies=2)
                break
        text = as_text(produced.pages(Setup(132, 66)), Setup(132, 66, last_form_feed=True))
        once = text.replace("\n", "\r\n").encode("ascii")
        assert reader.bytes() == once * 2
        assert said == f"{2 * len(once)} bytes to printers/lp1"
        assert once.endswith(b"\r\n\f")

    def test_nobody_reading_is_one_sentence_at_once(self, units, fifo):
        with pytest.raises(output.NotDelivered, match="Nobody reads the line printer printers/lp1"):
            output.to_printer(units, produce(units, SITE_FILE, {"file": "unit"}), output.printer_named("LP1"))

    def test_one_that_stops_taking_is_given_up(self, units, fifo):
        descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            with pytest.raises(output.NotDelivered, match=r"took \d+ of 1000000 bytes and then no more"):
                line_printer.write(fifo, b"x" * 1_000_000, patience_seconds=0.01)
        finally:
            os.close(descriptor)

    def test_two_jobs_are_never_mixed(self, units, fifo):
        descriptor = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with pytest.raises(output.NotDelivered, match="another job in hand"):
                line_printer.write(fifo, b"page")
        finally:
            os.close(descriptor)

    def test_a_plain_file_is_no_printer(self, units, fifo):
        (fifo.parent / "notes").write_text("keep me")
        with pytest.raises(output.NotDelivered, match="is no line printer"):
            line_printer.write(fifo.parent / "notes", b"page")
        assert (fifo.parent / "notes").read_text() == "keep me"

    @pytest.mark.parametrize("queue", ["printers/../keys.json", "printers/", "printers/.x", "/dev/null"])
    def test_nothing_outside_the_folder_is_one(self, units, queue):
        assert line_printer.place(queue) is None


class TestCodes:
    @pytest.mark.parametrize(
        ("encoding", "printed"), [("cp850", b"Z\x94e M\x81ller ??"), ("latin-1", b"Z\xf6e M\xfcller ??")]
    )
    def test_what_a_code_does_not_have_is_as_wide_as_it_was(self, encoding, printed):
        assert output.encoded("Z\u00f6e M\u00fcller \u6771", encoding) == printed

    def test_a_plain_letter_stands_for_one_that_the_code_has_only_with_its_accent(self):
        assert output.encoded("\u0141\u0119cki \u2014", "latin-1") == b"Lecki -"

    @pytest.mark.parametrize(("text", "pages"), [("", ()), ("2-4,7", (2, 3, 4, 7)), (" 3 ", (3,))])
    def test_a_range_of_pages_is_read(self, text, pages):
        assert output.pages_named(text) == pages

    @pytest.mark.parametrize("text", ["x", "2-", "-3", "1-2-3", "1;2", "5-2", "1,5-2"])
    def test_what_is_no_range_is_one_sentence(self, text):
        with pytest.raises(output.NotDelivered, match="no range of pages"):
            output.pages_named(text)

    def test_a_line_end_that_is_not_known_is_one_sentence(self, units):
        with writing():
            site.apply("printer", "OLD", {"queue": "old", "line_end": "cr"}, Source("test"))
        with pytest.raises(output.NotDelivered, match="line end cr: it must be lf or crlf"):
            output.printer_named("OLD")

    def test_a_printer_with_a_code_that_is_not_known_is_one_sentence(self, units):
        with writing():
            site.apply("printer", "OLD", {"queue": "old", "encoding": "ebcdic"}, Source("test"))
        with pytest.raises(output.NotDelivered, match="ebcdic: it must be one of ascii, utf-8"):
            output.printer_named("OLD")


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
