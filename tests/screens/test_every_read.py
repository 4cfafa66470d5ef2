"""Nothing about a patient is shown, printed, exported or refused without a row that says whom it was about."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from db.access import sign_on, users
from db.actors import PERMITTED, Action, Role
from db.connect import database
from db.patient_index import patients
from recordroom.cli import cli, run
from reports import output
from reports.catalogue import CATALOGUE
from screens.printing import print_shown
from screens.session import Session
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT, POISON_MRN, House
from tests.screens.test_audit_rows import SHOWS, last_seq, rows_after
from tests.screens.test_every_screen import the_key
from tests.tui.conftest import Workstation

# Screens that show the record of one patient: their row names that patient, so that WHO finds it.
ONE = {
    "ADF", "CMP", "WIF", "OPC", "OFC", "LTC", "IRF",
    "ABQ", "ABS", "CDG", "OVR", "ACC", "ACD", "ALV", "CHT", "CNF", "COR", "HIS", "MOV", "PTA", "REL", "RLS", "ROI",
    "RQH", "SEN", "STP",
    "SUS", "TRA", "WHO", "FAC", "LBL", "SUM", "RVA", "RVC", "RVD", "RVW", "WKH", "WKN",
    "DCF", "DOC", "ERC", "ERL", "SUP",
    "IDN", "MRG", "OVU", "UNM", "QRE", "QRF", "QRH", "QRS", "QRY",
}  # fmt: skip
# Lists of patients: one row that says what was asked.
LISTS = {
    "ADL", "VIS",
    "DFF", "DUP", "FIL", "MRL", "OVL", "RLA", "RTN", "RVF", "RVL", "RVP", "RVS", "TRX", "TXA",
    "ADM", "ALR", "DIS", "DSC", "DTH", "HLD", "HLM", "INP", "PAT", "PGE", "QRL", "REN", "RQL", "SAW", "TRL", "TRN",
    "UNU",
    "WRC", "WRK",
}  # fmt: skip
REVIEWED = True  # reviews are under way in the small hospital
AMENDED_MRN = "00666668"  # amended into what looks like somebody else
PASSERBY = "passerby"
NOBODYS = "somebody with no business"
NO_NUMBER = "mrn,last_name\n,NOBODY\n"  # patients as they cannot be imported


def known_words() -> set[str]:
    """What tells a patient of the small hospital: numbers and names."""
    found = database.execute_sql("SELECT mrn, ssn FROM patient UNION SELECT account, '' FROM encounter")
    return {str(word) for row in found for word in row if len(str(word)) > 3} | {"MILLER"}


class TestScreens:
    @pytest.mark.parametrize("word", sorted(ONE))
    def test_of_one_patient_name_that_patient_in_the_row(
        self, desk: Workstation, house: House, word: str
    ) -> None:
        before = last_seq()
        key = the_key(word, house)
        desk.press("ctrl+o", f"={word} {key}".strip(), "enter")
        whom = patients.by_mrn(AMENDED_MRN if word == "OVU" else POISON_MRN)
        about = [row for row in rows_after(before) if row["patient_id"] == whom]
        assert SHOWS[word] in [row["action"] for row in about if row["outcome"] == "done"], desk.text

    @pytest.mark.parametrize("word", sorted(LISTS))
    def test_of_several_say_what_was_asked(self, desk: Workstation, house: House, word: str) -> None:
        before = last_seq()
        desk.press("ctrl+o", f"={word} {the_key(word, house)}".strip(), "enter")
        row = next(row for row in rows_after(before) if row["action"] == SHOWS[word])
        assert row["detail"] or row["record"], row

    @pytest.mark.parametrize("word", sorted(set(SHOWS) - ONE - LISTS))
    def test_of_no_patient_show_none(self, desk: Workstation, house: House, word: str) -> None:
        key = the_key(word, house) or ""
        desk.press("ctrl+o", f"={word} {key}".strip(), "enter")
        shown = set(re.findall(r"\w+", desk.text)) - set(re.findall(r"\w+", key))
        assert not shown & known_words(), desk.text

    @pytest.mark.parametrize("word", sorted((ONE | LISTS) - {"CNF"}))
    def test_refused_to_somebody_without_the_role_leave_a_row_of_it(
        self, desk: Workstation, house: House, word: str
    ) -> None:
        """The screen is opened past the menu, which would not even offer it. CNF compares what is open already."""
        session, menu, key = desk.shell.session, desk.shell.menu, the_key(word, house) or ""
        assert isinstance(session, Session)
        session.signed_on = replace(session.signed_on, actor=replace(session.actor, roles=frozenset()))
        open_to_all = {name: replace(entry, roles=()) for name, entry in menu.screens.items()}
        desk.shell.menu = replace(menu, screens=open_to_all)
        before = last_seq()
        desk.press("ctrl+o", f"={word} {key}".strip(), "enter")
        rows = rows_after(before)
        assert rows, desk.text
        asked_first = "view request" if word == "RLS" else SHOWS[word]
        assert (rows[0]["action"], rows[0]["user"], rows[0]["where_from"], rows[0]["outcome"]) == (
            asked_first, ADMIN, "test", "denied",
        ), desk.text  # fmt: skip
        assert {row["outcome"] for row in rows} == {"denied"}
        assert not (set(re.findall(r"\w+", desk.text)) - set(re.findall(r"\w+", key))) & known_words()


class TestPrintingAScreen:
    @pytest.fixture
    def lp(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(output, "send", lambda *_: "request id is LASER-1")

    @pytest.mark.parametrize(
        ("line", "named"), [(f"=CHT {MRN}", True), (f"=ACC {ACCOUNT}", True), ("=DESK", False)]
    )
    def test_is_a_row_that_names_the_patient_on_it(
        self, desk: Workstation, lp: None, line: str, named: bool
    ) -> None:
        desk.press("ctrl+o", f"=CHT {POISON_MRN}", "enter", "ctrl+o", line, "enter")
        before, desk.shell.printer = last_seq(), print_shown
        desk.press("ctrl+o", "PRT LASER", "enter")
        assert rows_after(before), desk.text
        row = rows_after(before)[-1]  # a list is read anew, whole, which is a row of its own
        assert (row["action"], row["outcome"]) == ("print", "done")
        assert row["patient_id"] == (patients.by_mrn(MRN) if named else None)


# What each command shows or does of patients, by the row that says so; blank: nothing of a patient.
COMMANDS = {
    "abstract answer": "import", "abstract billing": "export", "abstract check": "check abstracts",
    "abstract layouts": "", "abstract release": "release abstract", "abstract returned": "import",
    "abstract transmit": "transmit abstract", "audit copy": "", "audit list": "view audit", "audit verify": "",
    "backup": "backup", "census check": "check census", "census close": "", "census rebuild": "",
    "census restate": "", "census status": "",
    "demo": "", "disclosure check": "", "doctor": "", "export code-notes": "", "export records": "export", "group": "",
    "import beds": "", "import code-notes": "",
    "import charges": "import", "import encounters": "import", "import records": "import",
    "import events": "import", "import hl7": "import", "import movements": "import",
    "import patients": "import",
    "import payers": "", "import providers": "", "import rejects": "export", "import services": "",
    "import units": "",
    "init": "", "key recover": "", "key revoke": "", "key rotate": "", "key shares": "", "listen hl7": "import",
    "patients check": "review duplicate", "patients duplicates": "review duplicate",
    "patients weights": "", "report list": "", "restore": "", "status": "", "table import": "",
    "schedule add": "", "schedule change": "", "schedule kinds": "", "schedule list": "", "schedule log": "",
    "schedule off": "", "schedule run": "",
    "trauma score": "", "upgrade": "",
    "user add": "", "user contact": "", "user disable": "", "user expires": "", "user key": "", "user list": "",
    "user passphrase": "",
    "user patient": "administer users", "user policy": "", "user reset": "", "user role": "",
    "user service": "",
    "user totp disable": "", "user totp enable": "", "user unlock": "", "verify": "",
    "work check": "check abstracts", "work status": "",
} | {f"report {report.id}": str(report.action) if report.names_patients else "" for report in CATALOGUE}  # fmt: skip

# Words after each command that has a row, and whether the row names the one patient.
ASKED: dict[str, tuple[tuple[str, ...], bool]] = {
    "abstract answer": (("{folder}/answer.csv",), False),
    "abstract billing": (("--from", "2026-11-01", "--to", "2026-11-30", "--out", "{folder}/ub04.csv"), False),
    "abstract check": (("--month", "2026-11"), False),
    "abstract release": ((), False),
    "abstract returned": (("{folder}/returned.csv",), False),
    "abstract transmit": (
        ("--from", "2026-11-01", "--to", "2026-11-30", "--layout", "va-ptf", "--out", "{folder}"),
        False,
    ),
    "audit list": (("--mrn", POISON_MRN), True),
    "backup": (("--to", "{folder}/backup"), False),
    "census check": ((), False),
    "export records": (("abstract", "--out", "{folder}/abstracts.csv"), False),
    "import charges": (("{folder}/charges.csv", "--dry-run"), False),
    "import encounters": (("{folder}/encounters.csv", "--dry-run"), False),
    "import events": (("{folder}/events.csv", "--dry-run"), False),
    "import hl7": (("{folder}/a.hl7",), False),
    "import movements": (("{folder}/movements.csv", "--dry-run"), False),
    "import patients": (("{folder}/patients.csv", "--dry-run"), False),
    "import records": (("abstract", "{folder}/records.csv", "--dry-run"), False),
    "import rejects": (("--out", "{folder}/rejects.csv"), False),
    "patients check": ((), False),
    "patients duplicates": ((), False),
    "report accounting": (("--patient", POISON_MRN), True),
    "report audit-trail": (("--mrn", POISON_MRN), True),
    "report admission-list": ((), False),
    "report discharge-list": ((), False),
    "report patient-listing": ((), False),
    "report query-log": ((), False),
    "report code-changes": ((), False),
    "report code-edits": ((), False),
    "report dnfb-accounts": ((), False),
    "report event-list": ((), False),
    "report register": (("--register", "birth"), False),
    "report disease-index": (("--code", "I21"), False),
    "report physician-index": ((), False),
    "report procedure-index": (("--code", "0SR"), False),
    "report corrections": (("--month", "2026-10"), False),
    "report admissions-discharges": (("--from", "2026-11-16"), False),
    "report daily-census": (("--day", "2026-11-16"), False),
    "report overdue-absences": (("--day", "2026-11-16"), False),
    "report face-sheet": (("--account", POISON_ACCOUNT), True),
    "report summary-sheet": (("--account", POISON_ACCOUNT), True),
    "report chart-label": (("--patient", POISON_MRN), True),
    "report gains-and-losses": (("--day", "2026-11-16"), False),
    "report merge-slip": (("--merge", "1"), True),
    "report outguide": (("--patient", POISON_MRN, "--borrower", "CLINIC"), True),
    "report query-form": (("--query", "Q000001"), True),
    "report overrides": (("--set", "abstract"), False),
    "report writer": (("--name", "WHO LEFT"), False),
    "report review-worksheet": (("--plan", "4"), False),
    "user patient": (("passerby", POISON_MRN), True),
    "work check": ((), False),
}


def leaves(command: click.Command, *words: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, *words, name)
    else:
        yield " ".join(words)


def status_of(*words: str) -> int:
    """The exit status of a command."""
    try:
        return run(list(words))
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.fixture(scope="module")
def commanded_template(reviewed_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small hospital with somebody without a role that may look; an import has refused a row."""
    folder = tmp_path_factory.mktemp("commanded")
    directory = Path(shutil.copytree(reviewed_template, folder / "store"))
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    users.add_user(actor, PASSERBY, "", [Role.CODER], NOBODYS, cost=CHEAP)
    sign_on.off(actor)
    (folder / "patients.csv").write_text(NO_NUMBER)
    signing_on = signing_on_with(directory, folder, ADMIN, PASSPHRASE)
    assert status_of("import", "patients", str(folder / "patients.csv"), *signing_on) == 1
    return directory


def signing_on_with(directory: Path, folder: Path, user: str, passphrase: str) -> tuple[str, ...]:
    secret = folder / "secret"
    secret.write_text(passphrase)
    return ("--store", str(directory), "--user", user, "--passphrase-file", str(secret))


class TestCommands:
    @pytest.fixture
    def house(self, house_template: House, commanded_template: Path, tmp_path: Path) -> House:
        directory = Path(shutil.copytree(commanded_template, tmp_path / "store"))
        return replace(house_template, directory=directory)

    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        """What the commands read."""
        for name, text in (
            ("patients", NO_NUMBER), ("encounters", f"mrn,account,class,arrived_at\n{MRN},,E,\n"),
            ("movements", f"mrn,account,newborn,event,at,unit,service,disposition\n{MRN},,0,admit,,,,\n"),
            ("charges", "account,charges\n,1.00\n"),
            ("answer", "batch,account,status,code,record,column,field,message\n1,,accepted,,,,,\n"),
            ("returned", "account,code,field,reason\n,,,\n"), ("records", "account\n\n"),
            ("events", f"mrn,account,kind,at,detail\n{MRN},,operation,,\n"),
        ):  # fmt: skip
            (tmp_path / f"{name}.csv").write_text(text)
        (tmp_path / "a.hl7").write_text("MSH|^~\\&|A|B|C|D|20261116||ADT^A08|1|P|2.5\r")
        return tmp_path

    def run(self, house: House, files: Path, command: str, user: str, passphrase: str, *more: str) -> int:
        words = [word.format(folder=files) for word in (*ASKED[command][0], *more)]
        signing_on = signing_on_with(house.directory, files, user, passphrase)
        return status_of(*command.split(), *words, *signing_on)

    def rows(self, house: House) -> list[dict[str, object]]:
        sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE)
        return rows_after(0)

    def test_every_command_is_decided(self) -> None:
        decided = {word for word in leaves(cli) if not word.startswith(("codes ", "dictionary "))}
        assert decided == set(COMMANDS)  # code sets and dictionaries know no patient
        with_rows = {command for command, action in COMMANDS.items() if action}
        assert with_rows - {"listen hl7"} == set(
            ASKED
        )  # the listener's rows: tests/exchange/test_hl7_listener.py

    @pytest.mark.parametrize("command", sorted(ASKED))
    def test_leave_their_row(self, house: House, files: Path, command: str) -> None:
        self.run(house, files, command, ADMIN, PASSPHRASE)
        found = [
            row for row in self.rows(house) if row["action"] == COMMANDS[command] and row["user"] == ADMIN
        ]
        assert found[-1]["outcome"] == "done"
        if ASKED[command][1]:
            assert found[-1]["patient_id"] == patients.by_mrn(POISON_MRN)

    @pytest.mark.parametrize(
        "command", [word for word in ASKED if Role.CODER not in PERMITTED[Action(COMMANDS[word])]]
    )
    def test_refused_leave_a_row_of_that_and_show_nothing(
        self, house: House, files: Path, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert self.run(house, files, command, PASSERBY, NOBODYS) == 4
        assert capsys.readouterr().out == ""
        mine = [row for row in self.rows(house) if row["user"] == PASSERBY]
        assert [(row["action"], row["outcome"]) for row in mine] == [
            ("sign on", "done"), (COMMANDS[command], "denied"), ("sign off", "done"),
        ]  # fmt: skip

    @pytest.mark.parametrize("report", [report.id for report in CATALOGUE if report.names_patients])
    @pytest.mark.parametrize("to", ["file", "printer", "terminal"])
    def test_reports_that_leave_the_store_are_rows_of_their_own(
        self, house: House, files: Path, report: str, to: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(output, "send", lambda *_, **__: "request id is LASER-1")
        more = {"file": ("--out", str(files / "page.txt")), "printer": ("--print", "LASER"), "terminal": ()}[
            to
        ]
        assert self.run(house, files, f"report {report}", ADMIN, PASSPHRASE, *more) == 0
        left = [
            row
            for row in self.rows(house)
            if row["action"] in ("print", "export") and row["record"] == report
        ]
        assert [row["action"] for row in left] == {"file": ["export"], "printer": ["print"], "terminal": []}[
            to
        ]
        if ASKED[f"report {report}"][1]:
            assert all(row["patient_id"] == patients.by_mrn(POISON_MRN) for row in left)
