"""Options of the abstract put to use: by ``init --kind va``, and by ``dictionary use`` on a store that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.data_sets import library, options
from db.access import sign_on
from db.conventions import convention
from recordroom.cli import run
from tests.conftest import ADMIN, PASSPHRASE


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE)
    return path


class TestInit:
    @pytest.mark.parametrize(("kind", "asks"), [("va", True), ("nonfederal", False)])
    def test_says_what_kind_of_facility_it_is_and_what_its_abstract_asks(
        self, tmp_path: Path, key: Path, kind: str, asks: bool
    ) -> None:
        store = tmp_path / "made"
        arguments = (
            "--facility",
            "General",
            "--admin",
            "boss",
            "--passphrase-file",
            str(key),
            "--kind",
            kind,
        )
        assert run(["init", str(store), *arguments]) == 0
        assert ("means_test" in library(store / "site").of("abstract").by_id) is asks
        actor = sign_on.with_passphrase(store, "boss", PASSPHRASE).actor
        assert convention("facility_kind") == kind
        sign_on.off(actor)


class TestUse:
    def test_adds_an_option_to_the_abstract_of_a_store(
        self, store_directory: Path, key: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        common = ("--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key))
        assert run(["dictionary", "use", "abstract-services", *common]) == 0
        assert run(["dictionary", "use", "abstract-va", *common]) == 0
        assert "items" in capsys.readouterr().out
        made = library(store_directory / "site").of("abstract")
        assert {"services.code", "means_test"} <= set(made.by_id)
        assert made.version == f"{library().of('abstract').version}+services1+va1"
        assert run(["dictionary", "use", "abstract-va", *common]) == 0
        assert "in force already" in capsys.readouterr().out

    def test_knows_the_options_alone(self, store_directory: Path) -> None:
        assert set(options()) == {"abstract-registers", "abstract-services", "abstract-va"}
        assert run(["dictionary", "use", "abstract-navy"]) == 2
