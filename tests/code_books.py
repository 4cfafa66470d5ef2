"""A code store with an index, PCS tables, HCPCS and a facility's own set: small files in the official layouts.

Terms are from the public-domain files of NCHS and CMS; the facility's set is made up.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from pathlib import Path

from exchange.code_sets.index_terms import index_terms
from exchange.code_sets.index_xml import read_index
from exchange.code_sets.official import Official
from exchange.code_sets.pcs_xml import read_definitions, read_tables
from exchange.code_sets.search_index import fill_index
from rules.codes_search import fold, wording

MAIN = """<ICD10CM.index><version>2027</version><title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>
<letter><title>C</title>
 <mainTerm><title>Conjunctivitis<nemod>(staphylococcal) (streptococcal) NOS</nemod></title><code>H10.9</code></mainTerm>
</letter>
<letter><title>D</title>
 <mainTerm><title>Diabetes, diabetic<nemod>(mellitus) (sugar)</nemod></title><code>E11.9</code>
  <term level="1"><title>with</title>
   <term level="2"><title>amyotrophy</title><code>E11.44</code></term>
   <term level="2"><title>arthropathy NEC</title><code>E11.618</code></term></term>
  <term level="1"><title>with unspecified side</title><see>Diabetes, type 2</see></term>
  <term level="1"><title>type 2</title><code>E11.9</code></term></mainTerm>
</letter>
<letter><title>F</title>
 <mainTerm><title>Fracture, burst</title><see>Fracture, traumatic, by site</see></mainTerm>
 <mainTerm><title>Fracture, traumatic<nemod>(abduction) (adduction) (separation)</nemod></title>
  <seeAlso>Fracture, burst</seeAlso><code>T14.8</code>
  <term level="1"><title>femur, femoral</title><code>S72.9-</code>
   <term level="2"><title>neck</title><code>S72.00-</code>
    <term level="3"><title>base</title><code>S72.04-</code></term></term>
   <term level="2"><title>shaft</title><code>S72.30-</code></term></term>
  <term level="1"><title>hip</title><see>Fracture, traumatic, femur, neck</see></term>
  <term level="1"><title>humerus</title><code>S42.30-</code>
   <term level="2"><title>surgical neck</title><code>S42.21-</code></term></term></mainTerm>
</letter>
<letter><title>P</title>
 <mainTerm><title>Parkinsonism<nemod>(idiopathic) (primary)</nemod></title><code>G20.C</code>
  <term level="1"><title>dementia in</title><code>G20.C</code><manif>F02.80</manif></term></mainTerm>
</letter></ICD10CM.index>"""
EXTERNAL = """<ICD10CM.index><version>2027</version><title>INDEX TO EXTERNAL CAUSES</title>
<letter><title>F</title><mainTerm><title>Fall, falling<nemod>(accidental)</nemod></title><code>W19</code>
 <term level="1"><title>bed</title><code>W06</code></term></mainTerm></letter></ICD10CM.index>"""
NEOPLASM = """<ICD10CM.index><version>2027</version><title>TABLE of NEOPLASMS</title>
<indexHeading><head col="1">Site</head><head col="2">Malignant Primary</head></indexHeading>
<letter><title>N</title><mainTerm><title>Neoplasm, neoplastic</title>
 <cell col="2">C80.1</cell><cell col="3">C79.9</cell><cell col="4">D09.9</cell><cell col="5">D36.9</cell>
 <cell col="6">D48.9</cell><cell col="7">D49.9</cell>
 <term level="1"><title>lung</title><cell col="2">C34.9-</cell><cell col="3">C78.0-</cell><cell col="4">D02.2-</cell>
  <cell col="5">D14.3-</cell><cell col="6">D38.1</cell><cell col="7">D49.1</cell></term>
</mainTerm></letter></ICD10CM.index>"""
DRUG = """<ICD10CM.index><version>2027</version><title>TABLE OF DRUGS AND CHEMICALS</title>
<letter><title>A</title><mainTerm><title>Aspirin<nemod>(aluminum) (soluble)</nemod></title>
 <cell col="2">T39.011</cell><cell col="3">T39.012</cell><cell col="4">T39.013</cell><cell col="5">T39.014</cell>
 <cell col="6">T39.015</cell><cell col="7">T39.016</cell></mainTerm></letter></ICD10CM.index>"""
PCS_INDEX = """<ICD10PCS.index><version>2027</version><title>ICD-10-PCS INDEX</title>
<letter><title>R</title><mainTerm><title>Replacement</title>
 <term level="1"><title>Joint</title><term level="2"><title>Hip</title>
  <term level="3"><title>Right</title><code>0SR9</code></term></term></term></mainTerm></letter></ICD10PCS.index>"""
TABLES = """<ICD10PCS.tabular><pcsTable>
<axis pos="1"><title>Section</title><label code="0">Medical and Surgical</label></axis>
<axis pos="2"><title>Body System</title><label code="S">Lower Joints</label></axis>
<axis pos="3"><title>Operation</title><label code="R">Replacement</label>
 <definition>Putting in or on biological or synthetic material that takes the place of a body part</definition></axis>
<pcsRow codes="6"><axis pos="4"><title>Body Part</title><label code="9">Hip Joint, Right</label>
 <label code="B">Hip Joint, Left</label></axis>
 <axis pos="5"><title>Approach</title><label code="0">Open</label></axis>
 <axis pos="6"><title>Device</title><label code="J">Synthetic Substitute</label></axis>
 <axis pos="7"><title>Qualifier</title><label code="9">Cemented</label><label code="A">Uncemented</label>
 <label code="Z">No Qualifier</label></axis></pcsRow></pcsTable></ICD10PCS.tabular>"""
DEFINITIONS = """<ICD10PCS.definitions><section code="0"><axis pos="3"><terms><title>Replacement</title>
<definition>Putting in or on biological or synthetic material that physically takes the place of all or a portion of a
 body part</definition><explanation>The body part may have been taken out or replaced</explanation></terms></axis>
</section></ICD10PCS.definitions>"""
HCPCS = (("G0378", "Hospital observation service, per hour"), ("K0001", "Standard wheelchair"))
MODIFIERS = (("LT", "Left side (used to identify procedures performed on the left side of the body)"),
             ("RT", "Right side (used to identify procedures performed on the right side of the body)"))  # fmt: skip
BOOKS = {"main": MAIN, "external": EXTERNAL, "neoplasm": NEOPLASM, "drug": DRUG, "pcs": PCS_INDEX}


def filled(store: Path, made: Path) -> Path:
    """A copy of the code store at ``store`` with all of the above in it."""
    shutil.copyfile(store, made)
    with sqlite3.connect(made) as connection:
        _indexes(connection)
        _tables(connection)
        _others(connection)
    connection.close()
    return made


def _indexes(connection: sqlite3.Connection) -> None:
    base = 0
    for book, text in BOOKS.items():
        rows = read_index(Official(f"{book}.xml", text.encode()))
        for row in rows:
            parent = base + row.parent if row.parent else 0
            cells = (base + row.id, book, parent, row.level, row.title, row.nemod, row.code, row.manif, row.see,
                     row.see_also, row.cells)  # fmt: skip
            connection.execute(f"INSERT INTO index_entry VALUES ({', '.join('?' * 11)})", cells)
            connection.execute(
                "INSERT INTO index_title VALUES (?, ?, ?)", (book, fold(row.title), base + row.id)
            )
        base += len(rows)
    _terms(connection)


def _terms(connection: sqlite3.Connection) -> None:
    """The wordings of the indexes, as the search asks for them."""
    entries, titles = (
        connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()
        for table in ("index_entry", "index_title")
    )
    terms = [(id_, *term) for id_, term in enumerate(index_terms(entries, titles), 1)]
    connection.executemany("INSERT INTO index_term VALUES (?, ?, ?)", terms)
    connection.execute("DROP TABLE words_index")
    counts: dict[tuple[str, str], int] = defaultdict(int)
    fill_index(connection, terms, counts)
    connection.executemany(
        "INSERT OR IGNORE INTO word VALUES (?, ?, ?)", [(*key, count) for key, count in counts.items()]
    )


def _tables(connection: sqlite3.Connection) -> None:
    for value in read_tables(Official("tables.xml", TABLES.replace('codes="6"', 'codes="6"').encode())):
        row = (value.table, value.row, value.pos, value.code, value.title)
        connection.execute("INSERT INTO pcs_value VALUES (?, ?, ?, ?, ?)", row)
    for each in read_definitions(Official("definitions.xml", DEFINITIONS.encode())):
        told = (each.section, each.pos, each.title, each.definition, each.explanation, each.includes)
        connection.execute("INSERT INTO pcs_definition VALUES (?, ?, ?, ?, ?, ?)", told)


def _others(connection: sqlite3.Connection) -> None:
    first = connection.execute("SELECT max(id) FROM code").fetchone()[0] + 1
    for id_, (code, title) in enumerate(HCPCS, first):
        cells = (id_, "hcpcs", code, title, 1, 20000101, 99991231, "", id_, "", 0.0, wording(fold(title)))
        connection.execute(f"INSERT INTO code VALUES ({', '.join('?' * 12)})", cells)
        connection.execute("INSERT INTO words_hcpcs (rowid, text) VALUES (?, ?)", (id_, fold(title)))
        more = (code, 20000101, 99991231, title[:28], "D", "M5D", "00", "N", 20000101)
        connection.execute("INSERT INTO hcpcs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", more)
    for code, title in MODIFIERS:
        connection.execute("INSERT INTO hcpcs_modifier VALUES (?, ?, 20000101, 99991231)", (code, title))
    connection.execute(
        "INSERT INTO facility_set VALUES ('cdm', 'Charge master', 'Example Hospital Group', 2027)"
    )
    for code, text in (
        ("X100", "Room and board, ward"),
        ("X200", "Cast, long leg"),
        ("73562", "Knee film, three views"),
    ):
        connection.execute(
            "INSERT INTO facility_code VALUES ('cdm', ?, ?, ?, 20261001, 99991231)", (code, text[:12], text)
        )
