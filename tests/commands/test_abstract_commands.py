"""``recordroom abstract`` from release to answer on a real store: what it prints, writes, and its exit status."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from db import conventions, store
from db.abstracting import abstract_release
from db.access import sign_on, users
from db.actors import Role
from db.hospital import encounters
from recordroom.cli import run
from rules.lifecycle import Status
from tests import builders
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.exchange.test_abstract_file import LAYOUT, complete

NOVEMBER = ("--from", "2026-11-01", "--to", "2026-11-30")


@pytest.fixture(scope="module")
def filed_template(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three complete abstracts of November; one of them has no social security number."""
    directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("filed") / "store"))
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    conventions.file_setting(actor, "station_number", "528", 0)
    users.add_user(actor, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
    for number in (1, 2, 3):
        patient = builders.a_patient(
            race="2106-3", ethnicity="2186-5", **({"ssn": ""} if number == 3 else {})
        )
        day = f"2026-11-1{number}T11:30"
        stay = builders.a_stay(f"2026-11-0{number}T08:00", day, patient_id=patient, account=f"471{number}")
        complete(actor, stay)
    sign_on.off(actor)
    return directory


@pytest.fixture
def filed(filed_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filed_template, tmp_path / "store"))


def recordroom(*words: str) -> subprocess.CompletedProcess[str]:
    """The command in this process, with what it prints; the process itself is tried in test_store_commands."""
    said, told = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(told):
        try:
            status = run(list(words))
        except SystemExit as ended:
            status = int(ended.code or 0)
    store.close_store()
    return subprocess.CompletedProcess(words, status, said.getvalue(), told.getvalue())


def abstract(
    filed: Path, *words: str, user: str = ADMIN, phrase: str = PASSPHRASE
) -> subprocess.CompletedProcess[str]:
    key = filed.parent / f"{user}.key"
    key.write_text(phrase)
    return recordroom(
        "abstract", *words, "--store", str(filed), "--user", user, "--passphrase-file", str(key)
    )


def last(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def status(filed: Path, account: str) -> Status:
    actor = sign_on.with_passphrase(filed, ADMIN, PASSPHRASE).actor
    try:
        return abstract_release.read(encounters.find(account))[0].status
    finally:
        sign_on.off(actor)


class TestTheWholeWay:
    def test_from_release_to_answer_and_back(self, filed: Path, tmp_path: Path) -> None:
        released = abstract(filed, "release", *NOVEMBER)
        assert (released.returncode, last(released)) == (0, {"read": 3, "released": 3, "not_released": 0})

        out = tmp_path / "out"
        out.mkdir()
        sent = abstract(filed, "transmit", *NOVEMBER, "--layout", "va-ptf", "--out", str(out))
        assert sent.returncode == 1  # one was not sent
        assert (
            "account 4713: Not transmitted: FILE Record N101 of layout va-ptf needs the ssn: enter it on the chart"
            in sent.stderr
        )
        told = last(sent)
        assert (told["batch"], told["abstracts"], told["not_sent"]) == (1, 2, 1)
        file, manifest = out / str(told["file"]), out / "abstracts-000001-va-ptf.json"
        assert json.loads(manifest.read_text()).items() <= told.items()
        assert len(file.read_bytes()) == told["bytes"]
        assert status(filed, "4713") is Status.OPEN

        first = file.read_bytes(), manifest.read_bytes()
        shutil.rmtree(out)
        out.mkdir()
        again = abstract(filed, "transmit", "--batch", "1", "--out", str(out))
        assert again.returncode == 0
        assert (file.read_bytes(), manifest.read_bytes()) == first

        answers = tmp_path / "answers.csv"
        answers.write_text(
            "batch,account,status,code,field,message\n1,4711,accepted,,,\n1,4712,rejected,188,payer,Not known\n"
            "1,9999,accepted,,,\n"
        )
        answered = abstract(filed, "answer", str(answers))
        assert (answered.returncode, last(answered)["applied"], last(answered)["refused"]) == (1, 2, 1)
        assert "import rejects --batch" in answered.stderr
        assert status(filed, "4712") is Status.OPEN

        billed = abstract(filed, "billing", *NOVEMBER, "--out", str(tmp_path / "ub.csv"))
        assert (billed.returncode, last(billed)["abstracts"]) == (0, 1)
        back = tmp_path / "back.csv"
        back.write_text("account,reason\n4711,No consent\n")
        assert last(abstract(filed, "returned", str(back)))["applied"] == 1
        assert status(filed, "4711") is Status.OPEN


class TestRefusals:
    def test_a_coder_neither_releases_nor_transmits(self, filed: Path, tmp_path: Path) -> None:
        for words in (
            ("release",), ("transmit", *NOVEMBER, "--layout", "va-ptf", "--out", str(tmp_path)),
            ("billing", *NOVEMBER, "--out", str(tmp_path / "x.csv")),
        ):  # fmt: skip
            done = abstract(filed, *words, user="jones", phrase="mary jones has a key")
            assert (done.returncode, done.stdout) == (4, ""), words
        assert not (tmp_path / "x.csv").exists()

    def test_what_is_asked_wrongly_is_told_in_a_sentence(self, filed: Path, tmp_path: Path) -> None:
        def told(*words: str) -> str:
            done = abstract(filed, *words)
            assert done.returncode == 2, done
            assert done.stderr.count("\n") == 1
            return done.stderr

        out = ("--out", str(tmp_path))
        assert "There is no layout va-pft: use one of va-ptf." in told(
            "transmit", *NOVEMBER, "--layout", "va-pft", *out
        )
        assert "Name --from, --to and --layout" in told("transmit", *out)
        assert "There is no folder" in told("transmit", "--batch", "1", "--out", str(tmp_path / "none"))
        assert "2026-13-01 is no day" in told("release", "--from", "2026-13-01")
        assert "cannot be read" in told("answer", str(tmp_path / "none.csv"))

    def test_a_batch_that_is_not_there_is_told(self, filed: Path, tmp_path: Path) -> None:
        done = abstract(filed, "transmit", "--batch", "9", "--out", str(tmp_path))
        assert (done.returncode, done.stderr) == (1, "recordroom: There is no batch 9.\n")


class TestLayouts:
    def test_are_listed_and_a_file_is_checked_by_line(self, filed: Path, tmp_path: Path) -> None:
        assert recordroom("abstract", "layouts").stdout.startswith("va-ptf  2019  ")
        good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
        good.write_text(LAYOUT)
        bad.write_text(LAYOUT.replace('item = "account"', 'item = "acount"'))
        assert recordroom("abstract", "layouts", "--check", str(good)).stdout.startswith(
            "state version 1: 1 type"
        )
        done = recordroom("abstract", "layouts", "--check", str(bad))
        assert done.returncode == 1
        assert done.stdout.startswith("bad.toml line 16, record D, column account: there is no item 'acount'")

    def test_a_sites_own_layout_is_found(self, filed: Path, tmp_path: Path) -> None:
        folder = filed / "site" / "layouts"
        folder.mkdir(parents=True)
        (folder / "state.toml").write_text(LAYOUT)
        assert (
            "state  1  State discharge data"
            in recordroom("abstract", "layouts", "--store", str(filed)).stdout
        )
        assert abstract(filed, "release").returncode == 0
        sent = abstract(filed, "transmit", *NOVEMBER, "--layout", "state", "--out", str(tmp_path))
        assert (sent.returncode, last(sent)["lines"]) == (0, 3)
        line = (tmp_path / str(last(sent)["file"])).read_text().splitlines()[0]
        assert line == "D4711        220261111I214    "
