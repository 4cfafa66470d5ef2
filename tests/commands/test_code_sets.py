"""``recordroom codes import, build, status, changes`` as somebody at a terminal sees them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config import code_sources
from config.code_sources import CodeSource
from exchange.code_sets import importing
from exchange.code_sets.build import build, ready
from recordroom.cli import cli
from tests.exchange.official_files import CM_2027, CPT, FILES, FY2027, HEADERS, UNTIL_2026, order, shipped

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, CodeSource]]:
    folder = tmp_path_factory.mktemp("small")
    sources = shipped(folder / "shipped")
    build(folder / "codes.db", sources=sources)
    return folder, sources


@pytest.fixture
def run(
    small: tuple[Path, dict[str, CodeSource]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:  # the commands on a program that ships a dozen codes
    folder, sources = small
    for module in (code_sources, importing):
        monkeypatch.setattr(module, "code_sources", lambda: dict(sources))
    monkeypatch.setattr(importing.Home, "__init__", _home(sources))
    monkeypatch.delenv("RECORDROOM_CODES", raising=False)
    monkeypatch.delenv("RECORDROOM_STORE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "store").mkdir()
    shutil.copy(folder / "codes.db", tmp_path / "store" / "codes.db")
    for name, (_, data) in FILES.items():
        (tmp_path / name).write_bytes(data)

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli, ["codes", *words, "--store", str(tmp_path / "store")])

    return command


def _home(sources: dict[str, CodeSource]) -> Callable[..., None]:
    def init(self: importing.Home, file: Path | None = None) -> None:
        object.__setattr__(self, "file", file)
        object.__setattr__(self, "shipped", lambda: dict(sources))

    return init


class TestImport:
    def test_several_files_are_taken_at_once_and_what_changed_is_summed(
        self, run: Run, tmp_path: Path
    ) -> None:
        revised = FY2027 | {"A009": "Cholera, not specified"}
        (tmp_path / "icd10cm_order_2027.txt").write_bytes(order(revised, HEADERS | UNTIL_2026))
        result = run(
            "import", str(tmp_path / "icd10cm_order_2027.txt"), str(tmp_path / "POAexemptCodesFY27.txt")
        )
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines() == [
            "icd10cm_order_2027.txt: ICD-10-CM order file 2027, 13 rows",
            "POAexemptCodesFY27.txt: diagnoses exempt from POA reporting 2027, 2 rows",
            "  cm                 2 POA exemption changed",
            "  cm                 1 titles new or changed",
            f"Code store: {tmp_path / 'store' / 'codes.db'}",
        ]
        again = run("import", str(tmp_path / "icd10cm_order_2027.txt"))
        assert "is there already" in again.stdout
        status = run("status").stdout
        assert "cm-order 2027" in status
        assert "POA exempt     FY 2027" in status

    def test_a_refused_file_is_one_sentence_and_exit_1(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "icd10cm_order_2027.txt").write_bytes(CM_2027[:-150])
        result = run("import", str(tmp_path / "icd10cm_order_2027.txt"))
        assert result.exit_code == 1
        (line,) = result.stderr.splitlines()
        assert "icd10cm_order_2027.txt, line 12: it has" in line
        assert line.endswith("fetch it again and import it as published. Nothing was changed.")

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ((), "Name the files to import, or one to take out"),
            (("x.txt", "--year", "27"), "27 is no year: write 2027"),
            (("x.txt", "--remove", "cm-order", "2027"), "Name the files to import, or one"),
        ],
    )
    def test_what_is_missing_is_a_usage_error(self, run: Run, words: tuple[str, ...], told: str) -> None:
        result = run("import", *words)
        assert result.exit_code == 2
        assert told in result.output

    def test_what_was_imported_is_taken_out_by_kind_and_year_or_name_of_the_set(
        self, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "cpt.csv").write_bytes(CPT)
        said = ("--set", "cpt", "--licence-holder", "American Medical Association")
        assert run("import", str(tmp_path / "cpt.csv"), *said).exit_code == 0
        assert "American Medical Association" in run("status").stdout
        assert run("import", "--remove", "facility", "cpt").exit_code == 0
        assert "American Medical Association" not in run("status").stdout
        assert run("import", "--remove", "facility", "cpt").exit_code == 1

    def test_the_kinds_are_listed(self, run: Run) -> None:
        assert "poa-exempt       diagnoses exempt from POA reporting" in run("import", "--list").stdout


class TestChanges:
    def test_the_last_year_is_compared_with_the_one_before(self, run: Run) -> None:
        lines = run("changes").stdout.splitlines()
        assert "10/01/2026  cm     I42.0     became         a header, no longer a code" in lines
        assert len(lines) == 4
        assert run("changes", "--from", "2024", "--to", "2026").stdout == ""
        assert run("changes", "--from", "2027", "--to", "2026").exit_code == 2

    def test_what_the_last_import_changed_is_listed(self, run: Run, tmp_path: Path) -> None:
        assert "Nothing was imported" in run("changes", "--import").stderr
        run("import", str(tmp_path / "POAexemptCodesFY27.txt"))
        assert run("changes", "--import").stdout.splitlines() == [
            "Imported: poa-exempt 2027",
            "20261001  cm        I42.00    poa        - -> exempt",
            "20261001  cm        Z66       poa        - -> exempt",
        ]


class TestBuild:
    def test_a_build_of_its_own_accord_says_why(self, run: Run, tmp_path: Path) -> None:
        said: list[str] = []
        made = ready(progress=said.append)
        assert said[0] == "No code sets are built yet: building the code sets, which takes half a minute."
        made.rename(made.with_name("codes-of-other-inputs.db"))
        said.clear()
        ready(progress=said.append)
        assert said[0].startswith(
            "What the code sets are built of has changed (program, tables or imported files)"
        )
        said.clear()
        ready(progress=said.append)
        assert said == []

    def test_a_named_store_gets_its_own_code_store(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "store" / "codes.db").unlink()
        assert run("build").stdout.startswith(f"{tmp_path / 'store' / 'codes.db'}: built")
        assert "is up to date" in run("build").stdout

    def test_status_says_what_is_there_until_when_and_which_file_brings_what_is_missing(
        self, run: Run, tmp_path: Path
    ) -> None:
        told = run("status").stdout.splitlines()
        assert (
            "After that     the installed grouper is asked; a code that it cannot judge is not refused"
            in told
        )
        assert next(line for line in told if line.startswith("ICD-10-CM")).endswith(
            "codes valid now, 4 headers"
        )
        assert "HCPCS          none" in told
        assert "Missing        the Alphabetic Index: import icd10cm_index_2027.xml" in told
        assert (
            "Missing        the diagnoses exempt from POA reporting of fiscal year 2027: import POAexemptCodesFY27.txt"
            in told
        )
        assert next(line for line in told if line.startswith("Built")).endswith(" MB")
        run("import", str(tmp_path / "POAexemptCodesFY27.txt"))
        assert not [
            line
            for line in run("status").stdout.splitlines()
            if "POA reporting" in line and "Missing" in line
        ]

    def test_status_says_when_the_program_brings_other_files_than_it_was_built_of(
        self, run: Run, tmp_path: Path
    ) -> None:
        assert "Warning" not in run("status").stdout
        run("import", str(tmp_path / "POAexemptCodesFY27.txt"))
        assert "Warning" not in run("status").stdout
        (tmp_path / "store" / "codes" / "manifest.json").write_text("[]")
        assert "What it is built of has changed since: run recordroom codes build." in run("status").stdout
        assert "built" in run("build").stdout
        assert "Warning" not in run("status").stdout

    def test_a_store_that_is_not_there_is_a_usage_error(self, run: Run, tmp_path: Path) -> None:
        result = CliRunner().invoke(cli, ["codes", "build", "--store", str(tmp_path / "none")])
        assert result.exit_code == 2
        assert "is no folder: name the store" in result.output
