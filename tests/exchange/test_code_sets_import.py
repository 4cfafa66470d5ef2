"""Importing official code-set files: each kind in its published layout, every damage told, old data untouched."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.code_sources import CodeSource, SourceMissing, expiry_notice, imported, valid_through
from db.coding.codes import CodeStore
from db.coding.imported_changes import last_import
from exchange.code_sets.build import build
from exchange.code_sets.differences import summed
from exchange.code_sets.importing import Home, Outcome, Said, import_files, remove
from exchange.code_sets.official import Refused
from reports.code_page import code_page
from rules.codes import System
from tests.exchange.official_files import (
    ADDENDA_2027,
    ALWAYS,
    CM_2026,
    CM_2027,
    CPT,
    DRUG,
    FILES,
    FY2027,
    HCPCS_2026,
    HEADERS,
    PCS,
    PCS_TABLES,
    POA_2026,
    POA_2027,
    POA_ADD,
    POA_DELETE,
    TABLE_5,
    TABLE_6I,
    TABLE_6J,
    TABLE_6K,
    UNTIL_2026,
    addenda,
    hcpcs_line,
    index,
    order,
    shipped,
    tabular,
)

MEGABYTES = 1
ACCENTED = "Choléra due to Vibrio cholerae 01, biovar cholerae"
CPT_SAID = Said(set_name="cpt", title="Office procedures", licence_holder="American Medical Association")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a program would ship that knows a dozen codes, and the code store built of it."""
    folder = tmp_path_factory.mktemp("small")
    build(folder / "codes.db", sources=shipped(folder / "shipped"))
    return folder


class House:
    """A code store to import into."""

    def __init__(self, small: Path, folder: Path) -> None:
        self.folder = folder
        self.sources = {
            **{file.name: CodeSource(file.name, "shipped", file) for file in (small / "shipped").iterdir()},
            "grouper": shipped_grouper(),
        }
        shutil.copytree(small, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("shipped", "files"))
        self.home = Home(folder / "codes.db", lambda: dict(self.sources))

    @property
    def path(self) -> Path:
        return self.folder / "codes.db"

    def take(self, name: str, data: bytes, said: Said = Said()) -> Outcome:  # noqa: B008 (frozen)
        file = self.folder / "files" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        return import_files([file], self.home, said)

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(f"{self.path.as_uri()}?immutable=1", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def state(self) -> dict[str, str]:
        """Everything that lies there, by content; the lock and the files to import apart."""
        return {
            str(file.relative_to(self.folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self.folder.rglob("*"))
            if file.is_file() and file.name != ".lock" and file.parent.name != "files"
        }


def shipped_grouper() -> CodeSource:
    from config.code_sources import code_sources

    return code_sources()["grouper"]


@pytest.fixture(scope="module")
def used(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in which something was imported already."""
    house = House(small, tmp_path_factory.mktemp("used"))
    house.take("Table 6J FY 2027.txt", TABLE_6J)
    shutil.copytree(small / "shipped", house.folder / "shipped")
    return house.folder


@pytest.fixture
def house(small: Path, tmp_path: Path) -> House:
    return House(small, tmp_path)


class TestEveryKind:
    @pytest.mark.parametrize("name", FILES)
    def test_a_file_as_published_is_recognised_by_its_content_whatever_its_name(
        self, house: House, name: str
    ) -> None:
        kind, data = FILES[name]
        taken = house.take(name, data).taken[0]
        assert (taken.source.kind, taken.new) == (kind, True)
        assert taken.source.edition == ("2026-01" if kind == "hcpcs" else "2027")
        ((file, sha256, rows, imported_utc),) = house.rows(
            f"SELECT file, sha256, rows, imported_utc FROM source WHERE kind = '{kind}'"
        )
        assert (file, sha256, rows) == (name, hashlib.sha256(data).hexdigest(), taken.rows)
        assert imported_utc.endswith("+00:00")

    def test_the_titles_of_each_year_stand_side_by_side(self, house: House) -> None:
        house.take("icd10cm_order_2026.txt", CM_2026)
        revised = FY2027 | {"A009": "Cholera, not specified"}
        house.take("icd10cm-order-2027.txt", order(revised, HEADERS | UNTIL_2026))
        assert house.rows("SELECT title, valid_from, valid_to FROM code WHERE code = 'A009' ORDER BY 2") == [
            ("Cholera, unspecified", 20151001, 20260930),
            ("Cholera, not specified", 20261001, 99991231),
        ]
        assert house.rows("SELECT release, kind, old, new FROM code_change WHERE code = 'A009'") == [
            ("2027", "revised", "Cholera, unspecified", "Cholera, not specified")
        ]

    def test_what_the_code_master_says_of_validity_holds_whatever_a_file_is_called(
        self, house: House
    ) -> None:
        house.take("icd10cm_order_2027.txt", CM_2027)
        assert house.rows(
            "SELECT billable, valid_from, valid_to FROM code WHERE code = 'I420' ORDER BY 2"
        ) == [
            (1, 20151001, 20260930),
            (0, 20261001, 99991231),
        ]

    @pytest.mark.parametrize(("more", "edition"), [({}, "2026"), ({"02HM3JZ": "Of April 2026"}, "2026-04")])
    def test_an_update_of_april_is_known_by_its_codes_where_its_name_says_nothing(
        self, house: House, more: dict[str, str], edition: str
    ) -> None:
        later = house.folder / "untitled"
        later.write_bytes(lzma.compress(b"pcs\t02HM3JZ\n"))
        house.sources["untitled_codes"] = CodeSource("untitled_codes", "shipped", later)
        taken = house.take(
            "icd10pcs_order_2026.txt", order(PCS | more, {"0DT": "Resection", "02H": "Insertion"})
        )
        assert taken.taken[0].source.edition == edition
        assert house.rows("SELECT title, valid_from FROM code WHERE code = '02HM3JZ'") == [
            (more.get("02HM3JZ", ""), 20260401)
        ]

    def test_beyond_the_code_master_a_file_says_what_is_valid_and_until_when(self, house: House) -> None:
        later = {code: title for code, title in FY2027.items() if code != "A001"} | {"A008": "A later code"}
        taken = house.take("icd10cm_order_2028.txt", order(later, HEADERS | UNTIL_2026)).taken[0]
        assert "beyond the installed code master" in taken.remarks[0]
        assert house.rows(
            "SELECT valid_from, valid_to FROM code WHERE code IN ('A001', 'A008') ORDER BY code"
        ) == [
            (20151001, 20270930),
            (20271001, 99991231),
        ]
        assert valid_through(house.path) == date(2027, 3, 31)  # the procedures go no further

    def test_an_addendum_brings_new_and_revised_titles(self, house: House) -> None:
        house.take("icd10cm_order_addenda_2027.txt", ADDENDA_2027)
        assert house.rows("SELECT title FROM code WHERE code = 'A009' AND valid_to = 99991231") == [
            ("Cholera, not specified",)
        ]

    def test_a_change_list_that_somebody_typed_is_taken(self, house: House) -> None:
        data = b"action\tbillable\tcode\ttitle\nadd\t1\tI42.00\tDilated, as typed\nrevise\t1\tZ66\tDNR\n"
        assert house.take("changes FY2027.tsv", data).taken[0].source.kind == "cm-changes"
        assert house.rows("SELECT title FROM code WHERE code = 'Z66' AND valid_to = 99991231") == [("DNR",)]

    def test_a_newer_tabular_list_gives_the_notes_and_an_older_one_keeps_what_has_ended(
        self, house: House
    ) -> None:
        house.take("icd10cm_tabular_2027.xml", tabular(2027))
        assert house.rows("SELECT parent FROM code WHERE code = 'I4201'") == [("I420",)]
        assert house.rows("SELECT kind, text FROM note WHERE key = 'I42'") == [
            ("excludes2", "ventricular hypertrophy (I51.7)")
        ]

    def test_titles_that_differ_in_accents_alone_are_one_and_the_official_spelling_stands(
        self, house: House
    ) -> None:
        house.take("icd10cm_tabular_2027.xml", tabular(2027, ACCENTED))
        assert house.rows("SELECT title FROM code WHERE code = 'A000'") == [(ACCENTED,)]
        house.take("icd10cm_order_2026.txt", CM_2026)
        assert house.rows("SELECT title, valid_to FROM code WHERE code = 'A000'") == [
            (ALWAYS["A000"], 99991231)
        ]
        assert not house.rows("SELECT 1 FROM code_change WHERE code = 'A000'")

    def test_an_index_keeps_its_order_modifiers_and_references(self, house: House) -> None:
        outcome = house.take("icd10cm_index_2027.xml", FILES["icd10cm_index_2027.xml"][1])
        assert summed(outcome.differences) == [("main", "index terms added or removed", 6)]
        columns = "id, parent, level, title, nemod, code, manif, see, see_also"
        assert house.rows(f"SELECT {columns} FROM index_entry ORDER BY id") == [
            (1, 0, 0, "Cardiomyopathy", "(familial) (idiopathic)", "I42.1", "", "", ""),
            (2, 1, 1, "dilated", "", "I42.0-", "", "", ""),
            (3, 2, 2, "genetic", "", "I42.01", "", "", ""),
            (4, 1, 1, "in cholera", "", "A00.9", "I42.1", "", ""),
            (5, 0, 0, "Cholera", "", "A00.9", "", "", "Typhoid"),
            (6, 0, 0, "Disease, heart muscle", "", "", "", "Cardiomyopathy", ""),
        ]
        assert house.rows(
            "SELECT id FROM index_title WHERE book = 'main' AND folded = 'disease heart muscle'"
        ) == [(6,)]

    def test_its_terms_find_codes_by_path_modifier_and_reference(self, house: House) -> None:
        def first(words: str) -> list[str]:
            with CodeStore.open(house.path) as codes:
                return [hit.code for hit in codes.search(words, System.CM, date(2026, 11, 1))]

        assert "I421" not in first("idiopathic cardiomyopathy")[:1]
        assert "I421" not in first("disease heart muscle")
        house.take("icd10cm_index_2027.xml", FILES["icd10cm_index_2027.xml"][1])
        assert first("idiopathic cardiomyopathy")[:1] == ["I421"]
        assert first("disease heart muscle") == ["I421"]
        assert {"A009", "I421"} <= set(first("cardiomyopathy in cholera"))
        assert first("dilated genetic cardiomyopathy")[:1] == ["I4201"]
        house.take("icd10cm_drug_2027.xml", FILES["icd10cm_drug_2027.xml"][1])
        assert set(first("vibrio vaccine poisoning")[:3]) == {"A000", "A001", "A009"}
        assert first("vibrio vaccine accidental poisoning")[:1] == ["A000"]
        remove("cm-index", "2027", house.home)
        assert "I421" not in first("disease heart muscle")

    def test_the_cells_of_the_drug_table_stand_by_their_column(self, house: House) -> None:
        house.take("icd10cm_drug_2027.xml", FILES["icd10cm_drug_2027.xml"][1])
        ((cells,),) = house.rows("SELECT cells FROM index_entry WHERE book = 'drug'")
        assert json.loads(cells) == {"2": "A00.0", "3": "A00.1", "5": "A00.9"}

    def test_pcs_values_stand_by_table_row_and_position(self, house: House) -> None:
        house.take("icd10pcs_tables_2027.xml", PCS_TABLES)
        assert house.rows("SELECT * FROM pcs_value WHERE pos IN (3, 4)") == [
            ("0DT", 0, 3, "T", "Resection"),
            ("0DT", 1, 4, "J", "Appendix"),
        ]

    def test_a_code_without_a_title_gets_a_wording_from_the_tables_that_is_marked(self, house: House) -> None:
        house.sources["pcs_titles"].file.parent.mkdir(exist_ok=True)
        few = house.folder / "titles"
        few.write_bytes(lzma.compress(b"0DTJ4ZZ\tResection of Appendix, Percutaneous Endoscopic Approach\n"))
        house.sources["pcs_titles"] = CodeSource("pcs_titles", "shipped", few)
        house.take("icd10pcs_tables_2027.xml", PCS_TABLES)
        assert house.rows(
            "SELECT title, marks FROM code WHERE code LIKE '0DTJ_ZZ' ORDER BY code LIMIT 2"
        ) == [
            ("Resection Appendix, Open", "composed"),
            ("Resection of Appendix, Percutaneous Endoscopic Approach", ""),
        ]

    def test_hcpcs_lines_of_a_code_are_one_title_and_dental_codes_stay_out(self, house: House) -> None:
        house.take("HCPC2026_JAN_ANWEB.txt", HCPCS_2026)
        assert house.rows("SELECT code, title, valid_to FROM code WHERE system = 'hcpcs' ORDER BY code") == [
            ("G0378", "Hospital observation service, per hour (café style)", 99991231),
            ("J9999", "Not otherwise classified", 20260331),
        ]
        assert house.rows("SELECT code, title FROM hcpcs_modifier") == [("LT", "Left side")]
        assert house.rows("SELECT short, coverage, betos FROM hcpcs WHERE code = 'G0378'") == [
            ("Hospital observation per hr", "C", "Y1A")
        ]

    def test_a_code_that_a_later_hcpcs_release_leaves_out_has_ended(self, house: House) -> None:
        house.take("HCPC2026_JAN_ANWEB.txt", HCPCS_2026)
        data = "\r\n".join(
            [hcpcs_line("G0379", 100, "3", "Direct admission", begins="20260401"), ""]
        ).encode()
        house.take("HCPC2026_APR_ANWEB.txt", data)
        assert house.rows("SELECT valid_to FROM code WHERE code = 'G0378'") == [(20260331,)]

    def test_table_5_gives_the_capped_weight_and_the_years_stand_side_by_side(self, house: House) -> None:
        house.take("Table 5.txt", TABLE_5)
        assert house.rows("SELECT fiscal_year, drg, weight, title FROM weight ORDER BY 1, 2") == [
            (2026, "282", "0.7231", "ACUTE MYOCARDIAL INFARCTION"),
            (2027, "003", "21.2252", "ECMO OR TRACHEOSTOMY, >96 HOURS"),
            (2027, "282", "0.7200", "ACUTE MYOCARDIAL INFARCTION"),
            (2027, "998", "", "PRINCIPAL DIAGNOSIS INVALID"),
            (2027, "999", "", "UNGROUPABLE"),
        ]

    def test_table_6k_names_the_principal_diagnoses_beside_which_a_code_does_not_count(
        self, house: House
    ) -> None:
        house.take("Table 6K FY 2027.txt", TABLE_6K)
        with CodeStore.open(house.path) as codes:
            assert codes.exclusions("A00.1", date(2026, 11, 1)) == ("A000", "A001", "A009")
            assert codes.exclusions("I42.1", date(2026, 11, 1)) == ()
            assert codes.exclusions("A00.1", date(2026, 9, 30)) == ()  # no table of that year
            detail = codes.show("A00.1", System.CM)
            assert detail is not None
            page = [line.text.strip() for line in code_page(codes, detail, str)]
        assert "no CC beside 3 principal diagnoses: A00.0, A00.1, A00.9" in page

    def test_where_a_table_differs_from_the_grouper_is_told(self, house: House) -> None:
        assert house.take("Table 6I FY 2027.txt", TABLE_6I).taken[0].remarks == (
            "it agrees with grouper 44.0",
        )
        with CodeStore.open(house.path) as codes:
            assert codes.status().differences == ("MCC list, Table 6I of 2027: agrees (grouper 44.0)",)
        with pytest.raises(
            Refused, match=r"2 codes have another level than in grouper 44\.0, the first A001"
        ):
            house.take("Table 6I FY 2027.txt", TABLE_6I.replace(b"A02.1\t", b"A00.1\t"))


class TestExemptFromPoa:
    def test_the_list_of_the_year_decides_before_the_families(self, house: House) -> None:
        house.take("POAexemptCodesFY26.txt", POA_2026)
        house.take("POAexemptCodesFY27.txt", POA_2027)
        with CodeStore.open(house.path) as codes:
            assert codes.poa_exempt("A00.0", date(2026, 9, 30)) is True
            assert codes.poa_exempt("A00.0", date(2026, 10, 1)) is False
            assert codes.poa_exempt("I42.00", date(2026, 10, 1)) is True
            assert codes.poa_exempt("Z66", date(2026, 5, 1)) is True
        assert house.rows("SELECT old, new FROM code_change WHERE kind = 'poa'") == [("exempt", "")]

    def test_a_code_newer_than_the_list_is_left_to_the_families(self, house: House) -> None:
        house.take("POAexemptCodesFY26.txt", POA_2026)
        with CodeStore.open(house.path) as codes:
            assert codes.poa_exempt("I42.00", date(2026, 11, 1)) is None
            assert codes.poa_exempt("A00.1", date(2026, 11, 1)) is False


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\r\n")


CUT_AT_A_LINE = b"\r\n".join(_lines(CM_2027)[:9]) + b"\r\n"
MIXED = CM_2027.replace(b"\r\n", b"\n", 3)
LATIN_1 = CM_2027.replace(b"Cholera, unspecified", b"Cholera, unspecifi\xe9d")
A_HOLE = b"\r\n".join(_lines(CM_2027)[:4] + _lines(CM_2027)[5:])
A_BLANK = b"\r\n".join([*_lines(CM_2027)[:4], b"", *_lines(CM_2027)[4:]])
POA_BOM = b"\xef\xbb\xbf" + POA_2027
UNKNOWN = b"Order27\tPOAexemptCode\tDescription\r\n00012\tI42.77\tNone\r\n90000\tZ66\tDo not resuscitate\r\n"

ORDER, INDEX, TABULAR, TABLES = (
    "icd10cm_order_2027.txt", "icd10cm_index_2027.xml", "icd10cm_tabular_2027.xml", "icd10pcs_tables_2027.xml",
)  # fmt: skip
POA, T6I, HCPCS = "POAexemptCodesFY27.txt", "Table 6I FY 2027.txt", "HCPC2026_JAN_ANWEB.txt"
TWICE = CM_2027.replace(b" A001    1", b" A000    1")
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "b">]>' + index()[38:]
OTHER_CODES = index(terms="<mainTerm><title>x</title><code>Q77.7</code></mainTerm>")
OUT_OF_LEVEL = index(terms="<mainTerm><title>x</title><term level='2'><title>y</title></term></mainTerm>")
OTHER_TABULAR = tabular(2027).replace(b"A00.1", b"A00.8")
FIVE = PCS_TABLES.replace(b'codes="4"', b'codes="5"')
WITHOUT_8 = PCS_TABLES.replace(
    b'<label code="8">Via Natural or Artificial Opening Endoscopic</label>', b""
).replace(b'codes="4"', b'codes="3"')

DRUGS = "icd10cm_drug_2027.xml"
DAMAGE: tuple[tuple[str, str, bytes, str], ...] = (
    ("cut off within a line", ORDER, CM_2027[:-140], "line 12: it has .* so it was cut off"),
    ("cut off at a line", ORDER, CUT_AT_A_LINE, "4 codes valid on .* missing, the first I4201; it was cut off"),
    ("cut off in the last title", ORDER, CM_2027[:-6], "last title breaks off"),
    ("mixed line ends", ORDER, MIXED, "line 4: it ends otherwise than the lines before"),
    ("Latin-1", ORDER, LATIN_1, "line 4: byte E9 is not of the published encoding"),
    ("byte-order mark", ORDER, b"\xef\xbb\xbf" + CM_2027, "begins with a byte-order mark"),
    ("UTF-16", ORDER, CM_2027.decode().encode("utf-16"), "none of the files"),
    ("an error page", ORDER, b"<!DOCTYPE html>\n<html><body>404</body></html>", "it is a web page"),
    ("blank line", ORDER, A_BLANK, "line 5: it is blank"),
    ("gap in the order numbers", ORDER, A_HOLE, "line 5: its order number is 00006 and not 00005"),
    ("a code twice", ORDER, TWICE, "line 3: the code A000 is"),
    ("a wrong code", ORDER, CM_2027.replace(b" A001    1", b" A0!1    1"), "A0!1 is no code"),
    ("the wrong year", "icd10cm_order_2026.txt", CM_2027, "taken for 2026, and .* of 2027"),
    ("last year's under this year's name", ORDER, CM_2026, "taken for 2027, .* those of"),
    ("a later year's name", "icd10cm_order_2029.txt", CM_2027, "taken for 2029, and .* of 2027"),
    ("shifted columns", ORDER, CM_2027.replace(b" A001 ", b" A001  "), "line 3: it is not in the col"),
    ("the codes file", "icd10cm_codes_2027.txt", b"A000    Cholera\r\nA001    Cholera\r\n", "none of the files"),
    ("addendum cut off", "icd10cm_order_addenda_2027.txt", ADDENDA_2027[:-40], "closing lines with the counts"),
    ("addendum miscounted", "addenda_2027.txt", addenda([("Add:", "1", "I4200", "T")], "Add: 2"), "a count of 2"),
    ("addendum of another year", "addenda_2026.txt", ADDENDA_2027, "3 codes are not of ICD-10-CM on 10/01/2025"),
    ("XML cut off", INDEX, index()[:-40], "the XML breaks off"),
    ("XML of another version", "icd10cm_index_2026.xml", index(), "its name says 2026"),
    ("XML with entities", INDEX, ENTITIES, "defines entities"),
    ("index of other codes", INDEX, OTHER_CODES, "Q77.7"),
    ("index out of level", INDEX, OUT_OF_LEVEL, "level 2"),
    ("a table with an eighth column", DRUGS, DRUG.replace(b"col='5'", b"col='8'"), "vaccine has a cell in column 8"),
    ("a table with a cell of no column", DRUGS, DRUG.replace(b" col='5'", b""), "a cell in column .none."),
    ("tabular without a code", TABULAR, OTHER_TABULAR, "1 code valid on .* A001"),
    ("PCS row miscounted", TABLES, FIVE, "makes 4 codes and says 5"),
    ("PCS table without a value", TABLES, WITHOUT_8, "0DTJ8ZZ"),
    ("POA without heading", POA, POA_2027[40:], "none of the files"),
    ("POA with a byte-order mark", POA, POA_BOM, "byte-order mark"),
    ("POA cut off", POA, POA_2027[:-20] , "no codes of chapter 21|so it was cut off"),
    ("POA of another year", "POAexemptCodesFY26.txt", POA_2027, "1 code is not of ICD-10-CM on 10/01/2025"),
    ("POA with an unknown code", POA, UNKNOWN, "the first I42.77"),
    ("POA out of order", POA, POA_2027.replace(b"90000", b"00001"), "line 3: its order number 1"),
    ("Table 5 cut off", "Table 5.txt", TABLE_5[: TABLE_5.index(b"999\tNo")], "does not end with the MS-DRGs"),
    ("Table 5 cut in its middle", "Table 5.txt", re.sub(rb"282\tNo.*?\r\n", b"", TABLE_5), "1 of the 1 MS-DRGs"),
    ("Table 5 of another year", "FY 2026 Table 5.txt", TABLE_5, "its name says 2026"),
    ("Table 5 headed otherwise", "Table 5.txt", TABLE_5.replace(b"Geometric mean LOS", b"GMLOS"), "no column for"),
    ("Table 5 with mixed ends", "Table 5.txt", TABLE_5.replace(b"\t33.0\t\r\n", b"\t33.0\t\n"), "ends otherwise"),
    ("Table 5 with a wrong number", "Table 5.txt", TABLE_5.replace(b"21.2252", b"21.22x2"), "21.22x2 is no number"),
    ("Table 6I cut off", T6I, TABLE_6I[:-12], "does not end with its notes"),
    ("Table 6I without a year", "Table 6I.txt", TABLE_6I, "neither its name nor its content"),
    ("Table 6K cut off", "Table 6K FY 2027.txt", TABLE_6K[:-110], "0003 has 0 codes of 1"),
    ("HCPCS cut off", HCPCS, HCPCS_2026[:-200], "it has .* characters of 293 to 320"),
    ("HCPCS of another year", "HCPC2025_JAN_ANWEB.txt", HCPCS_2026, "2025-01 by its name .* in 2026-01"),
    ("HCPCS out of order", HCPCS, HCPCS_2026.replace(b"G037800110", b"G037800090"), "continues no code"),
    ("packed", "icd10cm.zip", b"PK\x03\x04anything", "it is packed: unpack it"),
    ("empty", ORDER, b"", "it is empty"),
)  # fmt: skip


class TestRefused:
    @pytest.mark.parametrize(("what", "name", "data", "told"), DAMAGE, ids=[row[0] for row in DAMAGE])
    def test_a_damaged_file_is_told_in_a_sentence_and_changes_nothing(
        self, used: Path, tmp_path: Path, what: str, name: str, data: bytes, told: str
    ) -> None:
        house = House(used, tmp_path)
        before = house.state()
        assert "codes/manifest.json" in before
        with pytest.raises(Refused, match=told) as refused:
            house.take(name, data)
        assert str(refused.value).startswith(name)
        assert str(refused.value).endswith(".")
        assert house.state() == before

    def test_one_bad_file_of_several_keeps_all_out(self, house: House) -> None:
        files = house.folder / "files"
        files.mkdir()
        (files / "icd10cm_order_2027.txt").write_bytes(CM_2027)
        (files / "POAexemptCodesFY27.txt").write_bytes(POA_BOM)
        before = house.state()
        with pytest.raises(Refused):
            import_files(sorted(files.iterdir()), house.home, Said())
        assert house.state() == before

    def test_a_file_that_is_not_there_or_a_folder_is_told(self, house: House) -> None:
        for path, told in ((house.folder / "none.txt", "is not there"), (house.folder, "is a folder")):
            with pytest.raises(Refused, match=told):
                import_files([path], house.home, Said())

    def test_unix_line_ends_throughout_are_taken(self, house: House) -> None:
        assert house.take("icd10cm_order_2027.txt", CM_2027.replace(b"\r\n", b"\n")).taken[0].new


class TestRepeating:
    def test_the_same_file_again_says_so_and_changes_nothing(self, house: House) -> None:
        house.take("icd10cm_order_2027.txt", CM_2027)
        before = house.state()
        assert house.take("another name.txt", CM_2027).taken[0].new is False
        assert house.state() == before

    def test_a_corrected_file_of_the_same_year_takes_the_place_of_the_first(self, house: House) -> None:
        house.take("icd10cm_order_2027.txt", order(FY2027 | {"Z66": "Mistyped"}, HEADERS | UNTIL_2026))
        house.take("icd10cm_order_2027.txt", CM_2027)
        assert list(imported(house.home.folder)) == ["cm-order 2027"]
        assert len(list(house.home.folder.glob("*.gz"))) == 1
        assert house.rows("SELECT title FROM code WHERE code = 'Z66'") == [(ALWAYS["Z66"],)]

    def test_the_order_of_imports_makes_no_difference(self, small: Path, tmp_path: Path) -> None:
        contents = []
        for name, names in (("a", FILES), ("b", reversed(FILES))):
            (tmp_path / name).mkdir()
            house = House(small, tmp_path / name)
            for file in names:
                house.take(file, FILES[file][1])
            tables = [
                row[0] for row in house.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
            ]
            contents.append({
                table: sorted(map(repr, house.rows(f"SELECT * FROM {table}")))
                for table in tables if table != "source" and "words" not in table
            })  # fmt: skip
        assert contents[0] == contents[1]

    def test_the_same_inputs_give_the_same_bytes(self, house: House) -> None:
        house.take("icd10cm_order_2027.txt", CM_2027)
        house.take("Table 5.txt", TABLE_5)
        first = house.path.read_bytes()
        build(house.path, sources=house.home.sources(), again=True)
        assert house.path.read_bytes() == first

    def test_what_was_imported_can_be_taken_out_again(self, house: House) -> None:
        before = house.rows("SELECT * FROM code ORDER BY id")
        house.take("icd10pcs_order_2027.txt", FILES["icd10pcs_order_2027.txt"][1])
        assert house.rows("SELECT * FROM code ORDER BY id") != before
        remove("pcs-order", "2027", house.home)
        assert house.rows("SELECT * FROM code ORDER BY id") == before
        assert imported(house.home.folder) == {}
        with pytest.raises(Refused, match="pcs-order 2027 is not imported: there is nothing"):
            remove("pcs-order", "2027", house.home)

    def test_a_copy_that_was_changed_is_noticed(self, house: House) -> None:
        house.take("icd10cm_order_2027.txt", CM_2027)
        (copy,) = house.home.folder.glob("*.gz")
        copy.write_bytes(gzip.compress(CM_2026))
        with pytest.raises(SourceMissing, match=r"import icd10cm_order_2027.txt again"):
            build(house.path, sources=house.home.sources(), again=True)

    def test_a_copy_that_this_release_cannot_use_is_told_and_can_be_taken_out(self, house: House) -> None:
        house.take("icd10cm_order_2027.txt", CM_2027)
        manifest = house.home.folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"kind": "cm-order"', '"kind": "pcs-order"'))
        with pytest.raises(SourceMissing, match="take it out with 'codes import --remove pcs-order 2027'"):
            house.take("Table 5.txt", TABLE_5)
        remove("pcs-order", "2027", house.home)
        assert house.take("Table 5.txt", TABLE_5).taken[0].new

    def test_copies_are_readable_by_their_owner_alone(self, house: House) -> None:
        house.take("icd10cm_order_2027.txt", CM_2027)
        assert {
            file.stat().st_mode & 0o077 for file in (house.home.folder, *house.home.folder.glob("*.[gjt]*"))
        } == {0}


class TestWhatAnImportChanged:
    def test_codes_added_to_a_list_and_deleted_make_the_list_of_the_next_year(self, house: House) -> None:
        house.take("POAexemptCodesFY26.txt", POA_2026)
        house.take("POAexemptAddCodesFY27.txt", POA_ADD)
        house.take("POAexemptDeleteCodesFY27.txt", POA_DELETE)
        with CodeStore.open(house.path) as codes:
            before, after = date(2026, 9, 30), date(2026, 10, 1)
            assert [codes.poa_exempt(code, before) for code in ("A000", "Z66")] == [True, True]
            assert [codes.poa_exempt(code, after) for code in ("A000", "I4200", "Z66")] == [False, True, True]
            assert codes.status().poa_lists == ("2026", "2027")

    def test_a_list_that_is_there_goes_before_changes_to_the_one_before(self, house: House) -> None:
        house.take("POAexemptCodesFY26.txt", POA_2026)
        house.take("POAexemptCodesFY27.txt", POA_2027)
        outcome = house.take("POAexemptDeleteCodesFY27.txt", POA_DELETE.replace(b"A00.0", b"Z66"))
        assert outcome.taken[0].remarks == ("the list of 2027 is there, and goes before it",)
        with CodeStore.open(house.path) as codes:
            assert codes.poa_exempt("Z66", date(2026, 10, 1))

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            (
                "POAexemptAddFY27.txt",
                "it changes the list before 2027, and none is imported: import the whole list",
            ),
            ("POAexemptReviseCodesFY27.txt", "it revises descriptions alone, and no exemption"),
        ],
    )
    def test_what_changes_no_list_is_refused(self, house: House, name: str, says: str) -> None:
        before = house.state()
        with pytest.raises(Refused, match=says):
            house.take(name, POA_ADD)
        assert house.state() == before

    def test_new_and_changed_titles_weights_and_exemptions_are_listed(self, house: House) -> None:
        revised = FY2027 | {"A009": "Cholera, not specified"}
        house.take("icd10cm_order_2027.txt", order(revised, HEADERS | UNTIL_2026))
        name, rows = last_import(house.home.folder)
        assert name == "cm-order 2027"
        assert [(row.code, row.kind, row.since, row.old, row.new) for row in rows] == [
            ("A009", "title", 20261001, "Cholera, unspecified", "Cholera, not specified")
        ]
        outcome = house.take("POAexemptCodesFY27.txt", POA_2027)
        assert [(row.code, row.kind, row.old, row.new) for row in outcome.differences] == [
            ("I4200", "poa", "", "exempt"), ("Z66", "poa", "", "exempt"),
        ]  # fmt: skip


class TestFacilitySets:
    def test_codes_texts_and_dates_are_taken_and_the_licence_holder_stands_beside_them(
        self, house: House
    ) -> None:
        house.take("cpt.csv", CPT, CPT_SAID)
        assert house.rows("SELECT * FROM facility_set") == [
            ("cpt", "Office procedures", "American Medical Association", 0)
        ]
        assert house.rows("SELECT code, short, valid_from, valid_to FROM facility_code ORDER BY code") == [
            ("99000", "Handling", 20151001, 20251231),
            ("99213", "Office visit", 20240101, 99991231),
        ]
        assert house.rows("SELECT licence_holder FROM source WHERE kind = 'facility'") == [
            ("American Medical Association",)
        ]

    @pytest.mark.parametrize(
        ("data", "said", "told"),
        [
            (CPT, Said(set_name="cpt"), "nobody says who holds the licence .* --licence-holder"),
            (CPT, Said(licence_holder="AMA"), "name it in one word with --set"),
            (CPT + b"99213,Again,,2024-01-01,\r\n", CPT_SAID, "line 4: the code 99213 is there twice"),
            (CPT + b"99214,Visit,,01/01/2024,\r\n", CPT_SAID, "line 4: 01/01/2024 is no date YYYY-MM-DD"),
            (CPT + b"99214,,,,\r\n", CPT_SAID, "line 4: 99214 has neither a short nor a long text"),
            (
                CPT + b"99214,Visit,,2025-01-01,2024-01-01\r\n",
                CPT_SAID,
                "line 4: 99214 ends before it begins",
            ),
            (CPT[:-15], CPT_SAID, "line 3: it ends within a row"),
        ],
    )
    def test_what_is_missing_or_wrong_is_told(self, house: House, data: bytes, said: Said, told: str) -> None:
        before = house.state()
        with pytest.raises(Refused, match=told):
            house.take("cpt.csv", data, said)
        assert house.state() == before

    def test_a_spreadsheets_own_headings_and_latin_1_are_understood(self, house: House) -> None:
        data = "Code;Short Description;Long Description\r\nX1;Café;Café visit\r\n".encode("cp1252")
        house.take("charges.csv", data, Said(set_name="charges", licence_holder="none"))
        assert house.rows("SELECT short FROM facility_code") == [("Café",)]

    def test_nothing_that_writes_files_or_pages_reads_them(self) -> None:
        """Licensed texts are never exported: no report, export or feed module names the tables or their reader."""
        root = Path(__file__).parents[2]
        writers = [
            *root.glob("reports/**/*.py"),
            *(file for file in root.glob("exchange/*.py")),
            *root.glob("db/report_writer/*.py"), *root.glob("db/statistics/*.py"), *root.glob("recordroom/demo/*.py"),
        ]  # fmt: skip
        assert len(writers) > 100
        named = [
            file.name for file in writers
            if any(word in file.read_text() for word in ("facility_code", ".facility(", "OtherCodes", "facility_set"))
        ]  # fmt: skip
        assert named == []


class TestWhenItGoesWrong:
    @pytest.mark.usefixtures("disk")
    def test_a_full_disk_leaves_the_old_store_and_its_inputs(self, small: Path, disk: Path) -> None:
        house = House(small, disk)
        spare = disk / "files" / "filler"
        spare.parent.mkdir()
        free = shutil.disk_usage(disk).free
        spare.write_bytes(b"x" * (free - 60_000))
        before = house.state()
        file = house.folder.parent / "icd10cm_order_2027.txt"
        file.write_bytes(CM_2027)
        with pytest.raises(OSError, match="No space left"):
            import_files([file], house.home, Said())
        assert house.state() == before

    def test_a_build_that_is_killed_leaves_the_old_store_and_the_next_one_clears_up(
        self, house: House, small: Path
    ) -> None:
        before = house.state()
        script = (
            "import os, signal, sys; from pathlib import Path\n"
            "from exchange.code_sets import build, write\n"
            "from config.code_sources import CodeSource, code_sources\n"
            "write._describe = lambda *given: os.kill(os.getpid(), signal.SIGKILL)\n"
            f"files = Path({str(small / 'shipped')!r}).iterdir()\n"
            "sources = {file.name: CodeSource(file.name, 'shipped', file) for file in files}\n"
            "sources['grouper'] = code_sources()['grouper']\n"
            f"build.build(Path({str(house.path)!r}), sources=sources, again=True)\n"
        )
        root = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=False
        )
        assert done.returncode == -signal.SIGKILL
        parts = list(house.folder.glob(".codes*.part"))
        assert len(parts) == 1
        assert {
            name: digest for name, digest in house.state().items() if not name.endswith(".part")
        } == before
        house.take("icd10cm_order_2027.txt", CM_2027)
        assert not parts[0].exists()

    def test_the_end_of_the_code_sets_is_told_sixty_days_before(self, house: House) -> None:
        assert valid_through(house.path) == date(2027, 3, 31)
        assert expiry_notice(house.path, date(2027, 1, 29)) == ""
        assert "end in 60 days, on 03/31/2027" in expiry_notice(house.path, date(2027, 1, 30))
        assert "ended on 03/31/2027" in expiry_notice(house.path, date(2027, 4, 1))

    def test_a_code_beyond_every_file_is_still_enterable(self, house: House) -> None:
        with CodeStore.open(house.path) as codes:
            assert (
                codes.valid("J18.9", System.CM, date(2026, 11, 1)) is True
            )  # not in this store: the master knows it
