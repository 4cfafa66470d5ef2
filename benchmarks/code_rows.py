"""Code look-up as it is typed, over all of CM and PCS, beside plain ranked FTS5; and whether it finds the code."""

from __future__ import annotations

import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Measure, percentile
from config.code_sources import cached_store, code_sources
from config.data_sets import library
from db.coding.codes import CodeStore
from db.coding.drg_prices import weigher
from exchange.code_sets.build import build, collect
from exchange.code_sets.index_terms import index_terms
from exchange.code_sets.write import write
from rules import drg
from rules.abstract_findings import claim_of, record_findings
from rules.codes import System, dotted, normal
from rules.codes_search import fold
from rules.dictionary import Context, Dictionary
from rules.drg_what_if import what_if

LISTS = Path(__file__).parent.parent / "tests" / "data"
PHRASES = LISTS / "code_phrases.tsv"
HELD_OUT = 2000  # inclusion terms of the tabular list that are asked for in a store that has none
USUAL = {System.CM: 400, System.PCS: 100}  # codes that a hospital's claims of a month are made of
WITH_AN_EDIT = 3  # further diagnoses of a claim that each leave the side unspecified (MCE edit 20)
WORKED = (  # worked examples of MS-DRG: diagnoses, procedure
    ("I21.4", ""), ("I21.4 N17.9", ""), ("I21.4 J96.01", ""), ("A41.9 R65.21 J96.01", "5A1955Z"), ("M16.11", "0SR90JZ"),
    ("M16.11 J96.01", "0SR90JZ"), ("S72.001A", "0SR90JZ"), ("O82 Z37.0 Z3A.39", "10D00Z1"), ("O80 Z37.0", "10E0XZZ"),
    ("Z38.00 P59.9", ""), ("I11.0 I50.23", ""), ("I25.10", "027034Z"), ("I21.02 J96.01", "027034Z"),
    ("J18.9 L89.154", ""), ("J18.9", "0DTJ4ZZ"),
)  # fmt: skip
TYPED = 60  # phrases typed letter by letter
DAY = date(2026, 11, 21)
BASE_RATE_CENTS = 650_000
WHAT_IF = [
    "A419", "R6521", "J9601", "N179", "L89154", "I5023", "E1165", "I10", "E785", "Z794", "D62", "K922", "I4891", "J441",
    "E871", "G9341", "F0390", "Z87891", "R1310", "N390", "B9620", "E43", "I69351", "Z66", "T83511A",
]  # fmt: skip  # sepsis with all that comes with it


def rows(say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    path = cached_store()
    build(path, progress=say)
    phrases = [line.split("\t") for line in PHRASES.read_text(encoding="utf-8").splitlines() if "\t" in line]
    step = max(1, len(phrases) // TYPED)
    typed = list(_typed([text for text, _ in phrases[::step]]))
    say(f"code search: {len(typed)} queries")
    with CodeStore.open(path) as codes:
        codes.search("heart", None, DAY, 10)
        here = [_timed(lambda text=text: codes.search(text, None, DAY, 10)) for text in typed]  # type: ignore[misc]
        found = [_finds(codes, text, wanted.split()) for text, wanted in phrases]
    plain = _plain(path)
    anchor = [_timed(lambda text=text: _ranked(plain, text)) for text in typed]  # type: ignore[misc]
    plain.close()
    measures = [
        Measure(f"code search as typed, {name}", percentile(here, share), "ms", percentile(anchor, share),
                "ranked FTS5", most=most)
        for name, share, most in (("p50", 0.5, 3), ("p95", 0.95, 20), ("p99", 0.99, 50))
    ]  # fmt: skip
    right = sum(found) / len(found) * 100
    measures.append(
        Measure("right code in the first ten", right, "%", None, f"{len(found)} phrases", least=95)
    )
    measures += _lists(path)
    say(f"{HELD_OUT} inclusion terms in a code store that has none")
    measures += _held_out()
    say("grouping")
    return [*measures, _regrouping(path), _what_if(path), *_claims_per_second(path)]


def _lists(path: Path) -> Iterator[Measure]:
    """The lists of everyday phrases by authors who did not write the expansions; one line for each that is there."""
    with CodeStore.open(path) as codes:
        for file in sorted(LISTS.glob("everyday_*.tsv")):
            system = System.PCS if "procedures" in file.name else System.CM
            lines = [
                line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if "\t" in line
            ]
            right = sum(_finds(codes, text, wanted.split(), system) for text, wanted, *_ in lines)
            what = "everyday procedures" if system is System.PCS else "everyday diagnoses"
            yield Measure(
                f"{what} in the first ten", right / len(lines) * 100, "%", None, f"{len(lines)} phrases"
            )


def _held_out() -> Iterator[Measure]:
    """Inclusion terms asked for in a store that was built without any: titles and expansions have to answer them.

    Right is the code that has the term, or one below it, among the first ten. Then once more with the terms as an
    Alphabetic Index, each under its main word: that says only that what an index has is found.
    """
    sources = code_sources()
    contents = collect(sources)
    terms = [
        (term, node.key) for node in contents.nodes.values() if node.level == "code" for term in node.terms
    ]
    asked = [terms[at * len(terms) // HELD_OUT] for at in range(HELD_OUT)]
    for version in contents.versions:
        version.terms = version.borrowed = ()
    for name, index in (("inclusion terms held out", []), ("the same, in an index", terms)):
        contents.tables |= _tables_of(index)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "codes.db"
            write(path, contents, sources, "held out")
            with CodeStore.open(path) as codes:
                right = sum(_finds(codes, term, [code], System.CM) for term, code in asked)
        yield Measure(f"{name}, first ten", right / len(asked) * 100, "%", None, f"{HELD_OUT} terms")


def _tables_of(terms: Sequence[tuple[str, str]]) -> dict[str, list[tuple[Any, ...]]]:
    """An index in which each term stands under the last word of its beginning: ``edema``, ``acute, of lung``."""
    under: dict[str, list[tuple[str, str]]] = {}
    for term, code in terms:
        head = re.split(r" (?:of|in|due|with) |,", term)[0]
        *words, main = head.split() or [term]
        under.setdefault(main, []).append((f"{' '.join(words)} {term[len(head) :]}".strip(" ,"), code))
    rows: list[tuple[Any, ...]] = []
    for main in sorted(under):
        parent = len(rows) + 1
        rows.append((parent, "main", 0, 0, main, "", "", "", "", "", ""))
        for title, code in sorted(under[main]):
            rows.append((len(rows) + 1, "main", parent, 1, title, "", f"{dotted(code)}-", "", "", "", ""))
    titles = [("main", fold(row[4]), row[0]) for row in rows]
    found = enumerate(index_terms(rows, titles), 1) if rows else ()
    return {"index_entry": rows, "index_title": titles, "index_term": [(id_, *term) for id_, term in found]}


def _typed(phrases: list[str]) -> Iterator[str]:
    for phrase in phrases:
        for length in range(2, len(phrase) + 1):
            yield phrase[:length]


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def _finds(codes: CodeStore, text: str, wanted: list[str], system: System | None = None) -> bool:
    first = [hit.code for hit in codes.search(text, system, DAY, 10)]
    return any(code.startswith(normal(beginning)) for code in first for beginning in wanted)


def _plain(path: Path) -> sqlite3.Connection:
    plain = sqlite3.connect(":memory:")
    plain.execute("CREATE VIRTUAL TABLE words USING fts5 (code, title, prefix='2 3')")
    source = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
    rows_of_codes = source.execute("SELECT code, title FROM code WHERE system IN ('cm', 'pcs')")
    plain.executemany("INSERT INTO words VALUES (?, ?)", rows_of_codes)
    source.close()
    return plain


def _ranked(plain: sqlite3.Connection, text: str) -> list[tuple[str]]:
    words = ["".join(character for character in word if character.isalnum()) for word in text.split()]
    asked = " ".join(f'"{word}"*' for word in words if word)
    return plain.execute(
        "SELECT code FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10", (asked or '"x"',)
    ).fetchall()


def _regrouping(path: Path) -> Measure:
    """An abstract of 25 diagnoses and 25 procedures: grouped, and every edit asked, anew after each change."""
    source = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)

    def some(system: System, step: int) -> list[str]:
        found = source.execute(
            "SELECT code FROM code WHERE system = ? AND billable = 1 AND valid_from <= 20261101"
            " AND valid_to >= 20261101 AND id % ? = 7 LIMIT 40",
            (system, step),
        )
        return [code for (code,) in found]

    diagnoses, procedures = some(System.CM, 1801), some(System.PCS, 2111)
    source.close()
    dictionary, now = library().of("abstract"), "2026-11-21T10:00"
    times = []
    with CodeStore.open(path) as codes:
        context = Context(
            now, library().tables, {"facility_kind": "nonfederal"},
            lambda code, day: codes.valid(code, System.CM, date.fromisoformat(day)),
            lambda code, day: codes.valid(code, System.PCS, date.fromisoformat(day)),
            lambda code, day: codes.poa_exempt(code, date.fromisoformat(day)), notes=codes.notes,
        )  # fmt: skip
        for turn in range(15):
            record = _record(["I214", *diagnoses[turn : turn + 24]], procedures[turn : turn + 25])
            times.append(_timed(lambda record=record: _asked(dictionary, record, context)))  # type: ignore[misc]
    return Measure("regroup and all edits, 25 dx, 25 px", percentile(times[5:], 0.5), "ms", most=5)


def _what_if(path: Path) -> Measure:
    """The what-if list of 25 diagnoses, beside as many groupings as it has lines."""
    with CodeStore.open(path) as codes:
        weigh = weigher(codes, DAY)
        record = _record(WHAT_IF, [])
        claim = replace(claim_of(record), age=61)
        count = len(what_if(claim, weigh, BASE_RATE_CENTS))
        here = [_timed(lambda: what_if(claim, weigh, BASE_RATE_CENTS)) for _ in range(15)]
        anchor = [_timed(lambda: [drg.group(claim) for _ in range(count)]) for _ in range(15)]
    return Measure("what-if list, 25 dx", percentile(here, 0.5), "ms", percentile(anchor, 0.5), f"{count} groupings",
                   most_ratio=1.5)  # fmt: skip


def _claims_per_second(path: Path) -> list[Measure]:
    """Claims through ``recordroom group``, without its start: user and system time of the one process."""
    source = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
    coded = "SELECT code FROM code WHERE system = ? AND billable AND 20261101 BETWEEN valid_from AND valid_to"
    pool = Random(44)
    codes = {
        system: pool.sample([code for (code,) in source.execute(coded, (system,))], many)
        for system, many in USUAL.items()
    }
    vague = [
        code
        for (code,) in source.execute(
            "SELECT code FROM code WHERE system = 'cm' AND billable AND marks LIKE '%unspecified%'"
            " AND valid_to >= 20261101 ORDER BY id % 7919 LIMIT 60"
        )
    ]
    source.close()
    asked: dict[str, list[bytes]] = {
        "worked examples": [_worked(*WORKED[at % len(WORKED)]) for at in range(10_000)]
    }
    for name, most_dx, most_px, count, more in (
        ("codes at random, 1-12 dx, 0-2 px", 12, 2, 5000, []), ("three more with an edit", 12, 2, 5000, vague),
        ("25 dx, 25 px", 25, 25, 500, []),
    ):  # fmt: skip
        chosen = Random(11)
        asked[name] = [_claim(chosen, codes, most_dx, most_px, more) for _ in range(count)]
    measures = []
    for name, claims in asked.items():
        taken = _group_cpu_s(path, claims) - _group_cpu_s(path, claims[:1])
        least = (
            5000 if name == "worked examples" else None
        )  # codes at random make claims that the code editor returns
        measures.append(Measure(f"recordroom group, {name}", len(claims) / taken, "claims/s", least=least))
    return measures


def _worked(diagnoses: str, procedure: str) -> bytes:
    dx = diagnoses.split()
    claim = {
        "id": 1, "discharge_date": "2026-11-01", "admit_date": "2026-10-28", "sex": "F", "disposition": "01",
        "age": 0 if dx[0].startswith("Z38") else 30 if dx[0].startswith("O") else 65, "admit_dx": dx[0],
        "dx": [{"code": code, "poa": "Y"} for code in dx],
        "px": [{"code": procedure, "date": "2026-10-29"}] if procedure else [],
    }  # fmt: skip
    return json.dumps(claim).encode() + b"\n"


def _claim(
    chosen: Random, codes: Mapping[System, list[str]], most_dx: int, most_px: int, more: Sequence[str] = ()
) -> bytes:
    few = most_dx != most_px
    claim = {
        "id": 1, "discharge_date": "2026-11-01", "admit_date": "2026-10-28", "age": chosen.randint(18, 90),
        "sex": chosen.choice("MF"), "disposition": "01",
        "dx": [
            {"code": dotted(code), "poa": chosen.choice("YNUW")}
            for code in (
                *chosen.choices(codes[System.CM], k=chosen.randint(1, most_dx) if few else most_dx),
                *(chosen.choices(more, k=WITH_AN_EDIT) if more else ()),
            )
        ],
        "px": [
            {"code": code, "date": "2026-10-29"}
            for code in chosen.choices(codes[System.PCS], k=chosen.randint(0, most_px) if few else most_px)
        ],
    }  # fmt: skip
    return json.dumps(claim).encode() + b"\n"


def _group_cpu_s(path: Path, claims: Iterable[bytes]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "recordroom", "group"], input=b"".join(claims), stdout=subprocess.DEVNULL,
        env={**os.environ, "RECORDROOM_CODES": str(path)}, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def _asked(dictionary: Dictionary, record: dict[str, str], context: Context) -> None:
    drg.group(claim_of({**record, "age": "61"}))
    record_findings(dictionary, record, context)


def _record(diagnoses: list[str], procedures: list[str]) -> dict[str, str]:
    record = {
        "mrn": "1", "last_name": "MILLER", "birth_date": "1965-03-09", "sex": "M", "account": "4711",
        "admitted_at": "2026-11-17T08:00", "discharged_at": "2026-11-21T09:00", "disposition": "01", "priority": "1",
        "point_of_origin": "1", "payer": "MCR", "attending": "1001", "admitting_diagnosis": "R079", "los_days": "4",
        "movements[1].at": "2026-11-17T08:00", "movements[1].unit": "3E", "movements[1].service": "MED",
        "movements[1].days": "4",
    }  # fmt: skip
    for row, code in enumerate(diagnoses, 1):
        record |= {f"diagnoses[{row}].code": code, f"diagnoses[{row}].poa": "Y"}
    for row, code in enumerate(procedures, 1):
        record |= {
            f"procedures[{row}].code": code, f"procedures[{row}].date": "2026-11-18",
            f"procedures[{row}].surgeon": "1001", f"procedures[{row}].anesthesia": "G",
        }  # fmt: skip
    return record
