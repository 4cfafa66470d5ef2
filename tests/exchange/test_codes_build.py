"""Building the code store: what goes in is what the sources say, and a failed build leaves the old one alone."""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from config import code_sources as sources
from config.code_sources import EXPANSIONS, SEEDS, code_store, fingerprint
from exchange.code_sets import build as builder
from exchange.code_sets import write
from exchange.code_sets.build import build
from exchange.code_sets.contents import Contents, day_after, number
from exchange.code_sets.tabular import in_order, place, read_tabular, spell_out
from exchange.code_sets.validity import validity
from rules.codes import System

SEED_FOLDER = Path(sources.__file__).parent / "seeds"


@pytest.fixture
def built(codes_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{codes_path.as_uri()}?immutable=1", uri=True)) as connection:
        yield connection


def content(path: Path) -> str:
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        for table in ("meta", "source", "code", "place", "note", "severity", "weight", "word", "code_change"):
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                digest.update(repr(row).encode())
    return digest.hexdigest()


class TestSeeds:
    def test_every_seed_is_the_one_whose_origin_is_recorded(self) -> None:
        recorded = dict(
            re.findall(
                r"^\| `([^`]+)` .* `([0-9a-f]{64})` \|$", (SEED_FOLDER / "README.md").read_text(), re.M
            )
        )
        actual = {
            name: hashlib.sha256((SEED_FOLDER / name).read_bytes()).hexdigest() for name in SEEDS.values()
        }
        assert recorded == actual

    def test_the_procedure_titles_are_those_of_april_2024(self) -> None:
        lines = lzma.decompress((SEED_FOLDER / SEEDS["pcs_titles"]).read_bytes()).decode().splitlines()
        assert len(lines) == 78638
        assert all(re.fullmatch(r"[0-9A-HJ-NP-Z]{7}\t\S.*\S", line) for line in lines)


class TestContent:
    @pytest.mark.parametrize(
        ("system", "day", "count"),
        [
            ("cm", 20241001, 74260), ("cm", 20251001, 74719), ("cm", 20260401, 74719), ("cm", 20261001, 74879),
            ("pcs", 20241001, 78948), ("pcs", 20251001, 79115), ("pcs", 20260401, 79193), ("pcs", 20261001, 79256),
        ],
    )  # fmt: skip
    def test_as_many_codes_are_valid_as_the_release_has(
        self, built: sqlite3.Connection, system: str, day: int, count: int
    ) -> None:
        (found,) = built.execute(
            "SELECT count(*) FROM code WHERE system = ? AND billable AND valid_from <= ? AND valid_to >= ?",
            (system, day, day),
        ).fetchone()
        assert found == count

    def test_no_code_is_twice_in_force_on_one_day(self, built: sqlite3.Connection) -> None:
        assert not built.execute(
            "SELECT 1 FROM code a JOIN code b ON a.system = b.system AND a.code = b.code AND a.id < b.id"
            " AND a.valid_from <= b.valid_to AND b.valid_from <= a.valid_to"
        ).fetchone()

    @pytest.mark.parametrize(("day", "cc", "mcc"), [(20251001, 15078, 3354), (20261001, 15113, 3357)])
    def test_cc_and_mcc_are_as_many_as_cms_tables_6i_and_6j_list(
        self, built: sqlite3.Connection, day: int, cc: int, mcc: int
    ) -> None:
        counts = dict(
            built.execute(
                "SELECT level, count(*) FROM severity JOIN code USING (code) WHERE system = 'cm' AND billable"
                " AND severity.valid_from <= ?1 AND severity.valid_to >= ?1 AND code.valid_from <= ?1"
                " AND code.valid_to >= ?1 GROUP BY level",
                (day,),
            )
        )
        assert counts == {"CC": cc, "MCC": mcc}

    @pytest.mark.parametrize(
        ("mark", "count"),
        [("external", 7461), ("manifestation", 422), ("newborn", 42), ("pediatric", 126), ("maternity", 2587),
         ("adult", 857), ("unspecified", 3476), ("questionable", 30), ("needs-secondary", 1)],
    )  # fmt: skip
    def test_the_edit_lists_have_the_length_that_the_code_editor_has(
        self, built: sqlite3.Connection, mark: str, count: int
    ) -> None:
        (found,) = built.execute(
            "SELECT count(*) FROM code WHERE valid_to = 99991231 AND ' ' || marks || ' ' LIKE ?",
            (f"% {mark} %",),
        ).fetchone()
        assert found == count

    def test_every_source_is_recorded_with_its_hash(self, built: sqlite3.Connection) -> None:
        rows = dict(built.execute("SELECT name, sha256 FROM source"))
        assert set(rows) == {*SEEDS, EXPANSIONS, "cm_tabular", "cm_codes", "grouper"}
        assert rows["table5"] == hashlib.sha256((SEED_FOLDER / SEEDS["table5"]).read_bytes()).hexdigest()

    @pytest.mark.skipif(
        os.environ.get("RECORDROOM_REQUIRE_ALL") != "1", reason="builds everything a second time"
    )
    def test_the_same_inputs_give_the_same_content(self, codes_path: Path, tmp_path: Path) -> None:
        assert content(build(tmp_path / "codes.db").path) == content(codes_path)


class TestValidity:
    def test_first_and_last_day_are_found_for_codes_of_every_history(self) -> None:
        found = validity(["I214", "I420", "I4200", "S23420A", "S7200", "ZZZZ"], System.CM)
        assert found == {
            "I214": (20151001, 99991231),
            "I420": (20151001, 20260930),
            "I4200": (20261001, 99991231),
            "S23420A": (20151001, 20260930),
        }


class TestTabularList:
    XML = b"""<?xml version="1.0"?><ICD10CM.tabular><chapter><name>19</name><desc>Injury</desc>
    <section id="S70-S79"><desc>Hip</desc><diag><name>S72</name><desc>Fracture</desc>
    <sevenChrDef><extension char="A">initial</extension><extension char="D">later</extension></sevenChrDef>
    <diag><name>S72.0</name><desc>Neck</desc><inclusionTerm><note>Hip  NOS</note></inclusionTerm></diag>
    <diag><name>S72.1</name><desc>Shaft</desc><sevenChrDef><extension char="S">sequela</extension></sevenChrDef></diag>
    </diag></section></chapter></ICD10CM.tabular>"""

    def test_seventh_characters_are_padded_and_the_nearest_definition_wins(self) -> None:
        nodes = read_tabular(BytesIO(self.XML))
        spell_out(nodes, frozenset({"S720XXA", "S720XXD", "S721XXS", "S721XXA"}))
        titles = {key: node.title for key, node in nodes.items() if len(key) == 7 and node.level == "code"}
        assert titles == {"S720XXA": "Neck, initial", "S720XXD": "Neck, later", "S721XXS": "Shaft, sequela"}
        assert nodes["S720"].terms == ["Hip NOS"]

    def test_what_the_code_list_does_not_have_is_not_made_up(self) -> None:
        nodes = read_tabular(BytesIO(self.XML))
        spell_out(nodes, frozenset({"S720XXA"}))
        assert "S720XXD" not in nodes

    def test_a_later_code_takes_its_place_in_the_order_of_the_book(self) -> None:
        nodes = read_tabular(BytesIO(self.XML))
        place(nodes, "S7205", "Between")
        place(nodes, "S73", "After")
        order = [node.key for node in in_order(nodes)]
        assert order == ["chapter 19", "S70-S79", "S72", "S720", "S7205", "S721", "S73"]


class TestBuilding:
    def test_a_store_of_the_same_inputs_is_left_as_it_is(self, codes_path: Path) -> None:
        before = codes_path.stat().st_mtime_ns
        assert not build(codes_path).made
        assert codes_path.stat().st_mtime_ns == before

    def test_a_build_that_fails_leaves_the_old_store_and_no_rest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "codes.db"
        path.write_text("old")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(builder, "collect", lambda *_: Contents())
        monkeypatch.setattr(write, "_describe", fail)
        with pytest.raises(OSError, match="No space"):
            build(path)
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_the_file_is_named_by_setting_then_record_store_then_cache(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("RECORDROOM_CODES", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        inputs = fingerprint(sources.code_sources())
        assert code_store() == tmp_path / "cache" / "recordroom" / f"codes-{inputs[:16]}.db"
        assert code_store(tmp_path) == code_store()
        (tmp_path / "codes.db").touch()
        assert code_store(tmp_path) == tmp_path / "codes.db"
        monkeypatch.setenv("RECORDROOM_CODES", "/srv/codes.db")
        assert code_store(tmp_path) == Path("/srv/codes.db")

    def test_a_cache_keeps_the_newest_store_and_the_one_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("RECORDROOM_CODES", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        folder = tmp_path / "recordroom"
        folder.mkdir()
        for second, name in enumerate(("codes-1.db", "codes-2.db", "codes-3.db", "other.db")):
            (folder / name).touch()
            os.utime(folder / name, (second, second))
        monkeypatch.setattr(builder, "build", lambda path, **_: path.touch())
        made = builder.ready()
        assert {each.name for each in folder.iterdir()} == {made.name, "codes-3.db", "other.db"}
        builder.ready()
        assert made.is_file()

    def test_days_are_kept_as_whole_numbers(self) -> None:
        assert number(date(2026, 10, 1)) == 20261001
        assert day_after(20260930) == 20261001
