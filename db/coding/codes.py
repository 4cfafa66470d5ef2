"""Reads the code store: titles, validity by day, notes, weights. It holds no patient data, so nothing is audited."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import TracebackType

from config.code_sources import EXPANSIONS, FORMAT
from config.code_tables import Shelf
from db.coding.codes_book import Book, Note
from db.coding.codes_index import CodeIndex, IndexBook, IndexEntry
from db.coding.codes_schema import OPEN
from db.coding.codes_search import HIT, Row, Search
from db.coding.codes_status import Status, status
from db.coding.other_codes import FacilitySet, HcpcsFacts, OtherCode, OtherCodes
from db.coding.pcs_tables import PcsGrid, PcsTables
from rules.codes import NAME, System, dotted, fiscal_year, may_begin, normal, problem
from rules.codes_facts import valid_on
from rules.codes_notes import CodeNotes, Reference
from rules.drg import version_begins
from rules.findings import Superseded, Told
from rules.tables import TableRow

POA_EXEMPT = "poa_exempt"
ANSWERS_KEPT = 50_000
HITS_KEPT = 500
CACHE_KIB = 512  # of pages in each session; the machine keeps the file once for all of them
TABLE_HITS = 120  # codes by whose tables a PCS table is found
LONGEST = 7  # characters of a code, in both systems
SHORTEST = {System.CM: 3, System.PCS: 7}
A_YEAR = 10000  # in days as they are kept: 20261001


class CodesMissing(Told):
    """The code store is not there or cannot be read; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A code as it stands on the day asked for. ``title`` is blank when none is installed."""

    system: System
    code: str  # without dot
    title: str
    billable: bool  # may be submitted; a header may not
    valid: bool  # billable and in force on the day
    valid_from: date
    valid_to: date | None  # None: no end is known
    severity: str = ""  # CC, MCC or blank
    marks: tuple[str, ...] = ()  # edit lists: external, unspecified, newborn, maternity, non-covered ...
    poa_exempt: bool | None = None  # None: not known

    @property
    def shown(self) -> str:
        """The code as people write it."""
        return dotted(self.code, self.system)

    @property
    def text(self) -> str:
        """The title, or that there is none."""
        return self.title or "(title not installed)"


@dataclass(frozen=True, slots=True)
class Detail:
    """A code with its history, what stands above and below it, and the notes that hold for it."""

    hit: Hit
    history: tuple[Hit, ...]
    severities: tuple[tuple[date, date | None, str], ...]
    above: tuple[tuple[str, str], ...]  # key and title, chapter first
    below: tuple[Hit, ...]
    notes: tuple[Note, ...]  # inherited ones too, nearest last


@dataclass(frozen=True, slots=True)
class Weight:
    """A row of Table 5. Values are blank (None) for the DRGs that have none."""

    drg: str
    fiscal_year: int
    mdc: str
    type: str  # SURG, MED or **
    title: str
    weight: Decimal | None
    gmlos: Decimal | None
    amlos: Decimal | None
    post_acute: bool
    special_pay: bool


class CodeStore:
    """The code store, open for reading. One connection: for one thread at a time, but for ``interrupt``."""

    def __init__(self, path: Path, connection: sqlite3.Connection, shelf: Shelf) -> None:
        self.path = path
        self._db = connection
        self._shelf = shelf
        self._meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        self._search = Search(connection, shelf)
        self._book = Book(connection)
        self._index = CodeIndex(connection)
        self._pcs = PcsTables(connection, shelf)
        self._others = OtherCodes(connection)
        self._answers: dict[tuple[str, str, date], bool | None] = {}  # the file never changes: nor do they
        self._hits: dict[
            tuple[System, str, date], Hit | None
        ] = {}  # a record asks for its codes at every change
        self._weights: dict[tuple[str, int], Weight | None] = {}
        self._exempt_lists = [int(day) for day in self._meta.get("poa_lists", "").split()]
        self.valid_through = date.fromisoformat(self._meta["valid_through"])

    @classmethod
    def open(cls, path: Path, site_tables: Path | None = None) -> CodeStore:
        """Open the code store at ``path``; ``site_tables`` is the facility's folder of tables, if it has one.

        Raises ``CodesMissing``.
        """
        if not path.is_file():
            raise CodesMissing("The code sets are not built yet. Run: recordroom codes build")
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False, isolation_level=None
        )
        try:
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            store = cls(path, connection, Shelf(site_tables))
        except (sqlite3.DatabaseError, KeyError, ValueError) as error:
            connection.close()
            raise CodesMissing(f"{path} is no code store. Run: recordroom codes build") from error
        if store._meta.get("format") != str(FORMAT):
            store.close()
            raise CodesMissing(f"{path} is of another release. Run: recordroom codes build")
        return store

    @property
    def severities_from(self) -> date:
        """The first day whose CC and MCC the groupers know that it was built with."""
        return version_begins(
            min(int(text.replace(".", "")) for text in self._meta["grouper_versions"].split())
        )

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> CodeStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def interrupt(self) -> None:
        """Stop the search that runs in another thread; it raises ``Superseded`` there. Or does nothing."""
        self._db.interrupt()

    # Single codes

    def hit(self, code: str, system: System, day: date | None = None) -> Hit | None:
        """``code`` as it stands on ``day``, or as it last stood; None when the code set does not have it."""
        if day is None:
            return self._found(normal(code), system, day)
        key = (system, code, day)
        if key not in self._hits:
            if len(self._hits) >= HITS_KEPT:
                self._hits.clear()
            self._hits[key] = self._found(normal(code), system, day)
        return self._hits[key]

    def _found(self, code: str, system: System, day: date | None) -> Hit | None:
        when = self._number(day)
        row = self._version(code, system, when)
        return None if row is None else self._hit(row, when)

    def _version(self, code: str, system: System, when: int) -> Row | None:
        """The row of a code as it stands on a day, or as it last stood."""
        rows = self._search.versions(code, system)
        return next((row for row in rows if row[5] <= when <= row[6]), rows[-1]) if rows else None

    def title(self, code: str, system: System, day: date | None = None) -> str:
        """The title of ``code`` on ``day``; blank when it is unknown or has none installed."""
        row = self._version(normal(code), system, self._number(day))
        return row[3] if row else ""

    def valid(self, code: str, system: System, day: date) -> bool | None:
        """Whether ``code`` may be submitted for a discharge on ``day``; None when that cannot be said.

        A code that the store does not have is asked of the code editor itself, which may know later ones.
        """
        return self._once(system, code, day, self._valid)

    def _once(
        self, kind: str, code: str, day: date, ask: Callable[[str, str, date], bool | None]
    ) -> bool | None:
        """The answer about a code on a day, kept: a record asks the same after every change."""
        key = (kind, code, day)
        if key not in self._answers:
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            self._answers[key] = ask(kind, code, day)
        return self._answers[key]

    def _valid(self, kind: str, code: str, day: date) -> bool | None:
        system = System(kind)
        rows = self._search.versions(normal(code), system)
        if day > self.valid_through or not rows:
            return valid_on(code, system, day)
        when = _number(day)
        return any(row[4] and row[5] <= when <= row[6] for row in rows)

    def is_whole(self, text: str, system: System, day: date | None = None) -> bool:
        """Whether ``text`` is a code as it is submitted on ``day``, and no longer code begins with it.

        A text of full length is whole whether or not it is a code: nothing could follow that would make it one.
        """
        code = normal(text)
        if len(code) == LONGEST and may_begin(code, system) and any(map(str.isdecimal, code[1:])):
            return True
        if len(code) < SHORTEST.get(system, LONGEST) or not may_begin(code, system):
            return False
        when = self._number(day)
        row = self._db.execute(
            "SELECT (SELECT 1 FROM code WHERE system = ? AND code = ? AND billable AND valid_from <= ?"
            " AND valid_to >= ?) AND NOT EXISTS (SELECT 1 FROM code WHERE system = ? AND code > ? AND code < ?"
            " AND valid_from <= ? AND valid_to >= ?)",
            (system, code, when, when, system, code, code + "~", when, when),
        ).fetchone()
        return bool(row[0])

    def poa_exempt(self, code: str, day: date) -> bool | None:
        """Whether POA is not reported for a diagnosis; None when no installed list says so."""
        return self._once(POA_EXEMPT, code, day, self._poa_exempt)

    def _poa_exempt(self, kind: str, code: str, day: date) -> bool | None:
        code, when = normal(code), _number(day)
        if (listed := self._exempt_by_list(code, when)) is not None:
            return listed
        on = day.isoformat()
        for length in range(len(code), 0, -1):
            for row in self._families.get(code[:length], ()):
                if _covers(row, code) and row.holds_on(on):
                    return True if row.more.get("exempt", True) else None
        return None

    def _exempt_by_list(self, code: str, when: int) -> bool | None:
        """What the official list in force says; None before the first one, and of a code newer than the list."""
        lists = [day for day in self._exempt_lists if day <= when]
        if not lists:
            return None
        if self._db.execute(
            "SELECT 1 FROM poa_exempt WHERE code = ? AND valid_from <= ? AND valid_to >= ?",
            (code, when, when),
        ).fetchone():
            return True
        since = self._db.execute(
            "SELECT min(valid_from) FROM code WHERE system = ? AND code = ? AND billable", (System.CM, code)
        ).fetchone()[0]
        return None if since and since >= max(lists) + A_YEAR else False

    @cached_property
    def _families(self) -> Mapping[str, list[TableRow]]:
        """The families of the table of exempt codes by their beginning, the site's own first."""
        table, found = self._shelf.get(POA_EXEMPT), dict[str, list[TableRow]]()
        for row in reversed(table.rows) if table else ():
            found.setdefault(normal(row.code.partition("/")[0]), []).append(row)
        return found

    def notes(self, code: str) -> CodeNotes | None:
        """What the tabular list says about a diagnosis beside others; None when the code store does not have it."""
        return self._book.notes(code)

    def means(self, reference: Reference, code: str) -> bool:
        """Whether a reference of the tabular list means a diagnosis; ranges go by the order of the book."""
        return self._book.means(reference, code)

    def weights(self, drg: str, day: date) -> Weight | None:
        """Weight and lengths of stay by the latest Table 5 in force on or before ``day``; None when none has it."""
        key = (drg, fiscal_year(day))
        if key not in self._weights:
            self._weights[key] = self._weight(*key)
        return self._weights[key]

    def _weight(self, drg: str, year: int) -> Weight | None:
        row = self._db.execute(
            "SELECT drg, fiscal_year, mdc, type, title, weight, gmlos, amlos, post_acute, special_pay FROM weight"
            " WHERE fiscal_year = (SELECT max(fiscal_year) FROM weight WHERE fiscal_year <= ?) AND drg = ?",
            (year, drg),
        ).fetchone()
        if row is None:
            return None
        weight, gmlos, amlos = (Decimal(value) if value else None for value in row[5:8])
        _, since, mdc, kind, title = row[:5]
        return Weight(drg, since, mdc, kind, title, weight, gmlos, amlos, bool(row[8]), bool(row[9]))

    def severity(self, code: str, day: date | None = None) -> str:
        """CC, MCC or blank for a diagnosis on ``day``."""
        when = self._number(day)
        row = self._db.execute(
            "SELECT level FROM severity WHERE code = ? AND valid_from <= ? AND valid_to >= ?",
            (normal(code), when, when),
        ).fetchone()
        return row[0] if row else ""

    def exclusions(self, code: str, day: date | None = None) -> tuple[str, ...]:
        """The principal diagnoses beside which a CC or MCC does not count, by the latest Table 6K on ``day``."""
        row = self._db.execute(
            "SELECT c.codes FROM cc_exclusion AS e JOIN exclusion_collection AS c USING (fiscal_year, collection)"
            " WHERE e.code = ? AND e.fiscal_year = (SELECT max(fiscal_year) FROM cc_exclusion WHERE fiscal_year <= ?)",
            (normal(code), fiscal_year(day or self.valid_through)),
        ).fetchone()
        return tuple(row[0].split()) if row else ()

    # Search

    def search(
        self, text: str, system: System | None = System.CM, day: date | None = None, limit: int = 20
    ) -> list[Hit]:
        """The codes that ``text`` asks for, best first: a code or its beginning, a range, or words in any order.

        ``system`` None looks in all. Only what is in force on ``day`` answers words; a code is found by itself at
        any time and tells whether it is valid. Fewer than 2 characters find nothing. Raises ``Superseded``.
        """
        text = text.strip()
        if len(text) < 2:
            return []
        systems = tuple(System) if system is None else (system,)
        when = self._number(day)
        try:
            return [self._hit(row, when) for row in self._search.rows(text, systems, when, limit)]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise Superseded("More was typed meanwhile.") from error

    def choices(self, text: str, system: System, day: date | None = None, limit: int = 20) -> list[Hit]:
        """What a prompt list offers for ``text``: only codes that may be submitted on ``day``."""
        return [hit for hit in self.search(text, system, day, limit * 2) if hit.valid][:limit]

    def own_expansions(self) -> Sequence[TableRow]:
        """The facility's own abbreviations and lay terms."""
        return self._shelf.own(EXPANSIONS)

    def diagnoses_named(self, text: str) -> list[tuple[str, str]]:
        """The phrases of a running text that name a diagnosis, by the expansions, each with the code of it."""
        return self._search.diagnoses_named(text)

    def unknown_expansions(self, rows: Iterable[TableRow], day: date | None = None) -> list[tuple[str, str]]:
        """Phrases with the codes, or beginnings of codes, that they name and none in force on ``day`` begins with."""
        when = self._number(day)
        named = [(row.code, code) for row in rows for code in str(row.more.get("codes", "")).split()]
        return [(phrase, code) for phrase, code in named if not self._search.begins_any(normal(code), when)]

    # The book

    def show(self, code: str, system: System, day: date | None = None) -> Detail | None:
        """Everything about ``code``; None when the code set does not have it."""
        code = normal(code)
        found = self.hit(code, system, day)
        if found is None:
            return None
        when = self._number(day)
        above = self._above(code, system)
        keys = [key for key, _ in above] + [code]
        notes = [
            Note(key, kind, text)
            for key in keys
            for kind, text in self._db.execute(
                "SELECT kind, text FROM note WHERE key = ? ORDER BY row", (key,)
            )
            if key == code or kind != "inclusionTerm"
        ]
        return Detail(
            found,
            tuple(self._hit(row, when) for row in self._search.versions(code, system)),
            tuple(
                (_date(first), _end(last), level)
                for first, last, level in self._db.execute(
                    "SELECT valid_from, valid_to, level FROM severity WHERE code = ? ORDER BY valid_from",
                    (code,),
                )
            )
            if system is System.CM
            else (),
            above,
            tuple(self._hit(row, when) for row in self._below(code, system, when)),
            tuple(notes) if system is System.CM else (),
        )

    def excluded_by(self, code: str) -> list[Note]:
        """The Excludes 1 and 2 notes elsewhere in the tabular list that name ``code``."""
        return self._book.excluded_by(code)

    def named_by(self, code: str) -> list[Note]:
        """All notes elsewhere in the tabular list that name ``code``: excludes, code first, use additional, also."""
        return self._book.named_by(code)

    def siblings(self, code: str, system: System = System.CM, day: date | None = None) -> tuple[Hit, ...]:
        """The codes under what ``code`` stands under, itself among them, in the order of the book."""
        row = self._db.execute(
            "SELECT parent FROM code WHERE system = ? AND code = ? ORDER BY valid_from DESC",
            (system, normal(code)),
        ).fetchone()
        return self.under(row[0], system, day) if row and row[0] else ()

    def under(self, key: str, system: System = System.CM, day: date | None = None) -> tuple[Hit, ...]:
        """The codes right under a code or section, in the order of the book."""
        when = self._number(day)
        return tuple(self._hit(row, when) for row in self._below(key, system, when))

    def place(self, key: str) -> tuple[str, str] | None:
        """Title and level of a chapter or section; None for anything else."""
        row = self._db.execute("SELECT title, level FROM place WHERE key = ?", (key,)).fetchone()
        return (row[0], row[1]) if row else None

    def places(self, parent: str) -> list[tuple[str, str]]:
        """Key and title of the sections of a chapter; of the chapters for a blank one."""
        rows = self._db.execute("SELECT key, title FROM place WHERE parent = ?", (parent,)).fetchall()
        return sorted(
            rows, key=lambda row: [int(part) if part.isdecimal() else part for part in row[0].split()]
        )

    def above(self, key: str, system: System = System.CM) -> tuple[tuple[str, str], ...]:
        """Key and title of what stands over a code or section, chapter first."""
        return self._above(key, system)

    def changes(self, since: date) -> list[tuple[str, date, str, str, str, str, str]]:
        """What changed on ``since`` or later: release, day, system, code, kind, old, new."""
        rows = self._db.execute(
            "SELECT release, effective, system, code, kind, old, new FROM code_change WHERE effective >= ?"
            " ORDER BY effective, system, code, kind",
            (_number(since),),
        )
        return [(row[0], _date(row[1]), *row[2:]) for row in rows]

    # Alphabetic Index, PCS tables, HCPCS and facility sets

    @property
    def alphabetic(self) -> CodeIndex:
        """The Alphabetic Index, to go up and down in."""
        return self._index

    def index(self, book: IndexBook, parent: int = 0, limit: int = 100) -> list[IndexEntry]:
        """The terms of an index under another one; its main terms for 0."""
        return self._index.under(book, parent, None, limit)

    def index_find(self, book: IndexBook, text: str) -> list[IndexEntry]:
        """The main terms that begin with ``text``."""
        return self._index.find(book, text)

    def index_paths(self, code: str) -> list[IndexEntry]:
        """The index terms that lead to ``code``, those that name it most closely first."""
        return self._index.paths(code)

    def pcs_grid(self, pattern: str, day: date | None = None) -> PcsGrid | None:
        """What may stand in each place of a PCS code that begins so (``0SR9__Z``: ``_`` is open), valid on ``day``."""
        return self._pcs.grid(pattern, self._number(day))

    def pcs_names(self, table: str) -> tuple[str, ...]:
        """Section, body system and root operation of a PCS table."""
        return self._pcs.names(table)

    def pcs_tables(self, text: str, day: date | None = None) -> list[tuple[str, int]]:
        """The PCS tables that ``text`` asks for, by their beginning or by words, and how many of its codes it found."""
        return self._pcs.tables(
            text, self._index, self.search(text, System.PCS, day, TABLE_HITS), self._number(day)
        )

    def pcs_definitions(self, table: str) -> list[tuple[str, str, str, str]]:
        """Title, definition, explanation and what is included, for the values of a PCS table."""
        return self._pcs.definitions(table)

    def hcpcs(self, code: str, day: date | None = None) -> HcpcsFacts | None:
        """What HCPCS Level II says of a code beside its title."""
        return self._others.hcpcs(code, _number(day or self.valid_through))

    def modifiers(self, text: str = "", day: date | None = None, limit: int = 400) -> list[OtherCode]:
        """HCPCS modifiers by their beginning or by words."""
        return self._others.modifiers(text, _number(day or self.valid_through), limit)

    def facility_sets(self) -> list[FacilitySet]:
        """The facility's own code sets."""
        return self._others.sets()

    def facility(
        self, set_name: str, text: str, day: date | None = None, limit: int = 100
    ) -> list[OtherCode]:
        """Codes of a facility's own set by their beginning or by words."""
        return self._others.facility(set_name, text, _number(day or self.valid_through), limit)

    def facility_code(self, set_name: str, code: str, day: date | None = None) -> OtherCode | None:
        """One code of a facility's own set."""
        return self._others.facility_code(set_name, code, _number(day or self.valid_through))

    # Services: HCPCS Level II, and CPT where the facility has imported its own set

    def service(self, code: str, day: date) -> tuple[str, bool | None]:
        """Title of a HCPCS or CPT code, and whether it is in force on ``day``; None when no set here can say."""
        found = self.hit(code, System.HCPCS, day)
        if found:
            return found.title, found.valid
        for each in self.facility_sets():
            listed = self.facility_code(each.name, code, day)
            if listed:
                return listed.text, listed.valid
        own = not problem(code, System.HCPCS) and self._others.has_hcpcs
        return "", False if own else None

    def service_licence(self, code: str, day: date) -> str:
        """Who holds the licence of the title of a service, which then goes into no report, print or file; or blank."""
        if self.hit(code, System.HCPCS, day):
            return ""
        sets = (each for each in self.facility_sets() if self.facility_code(each.name, code, day))
        return next((each.licensed_by for each in sets), "")

    def service_valid(self, code: str, day: date) -> bool | None:
        """Whether a HCPCS or CPT code is in force on ``day``; None when no installed set can say."""
        return self._once("service", code, day, lambda _, code, day: self.service(code, day)[1])

    def modifier_valid(self, code: str, day: date) -> bool | None:
        """Whether a HCPCS modifier is in force; None without the release. Modifiers of digits are those of CPT."""
        if code.isdigit() or not self._others.has_hcpcs:
            return None
        return any(each.code == code and each.valid for each in self.modifiers(code, day))

    def _above(self, code: str, system: System) -> tuple[tuple[str, str], ...]:
        above: list[tuple[str, str]] = []
        row = (
            self._db.execute(
                "SELECT parent FROM code WHERE system = ? AND code = ?", (system, code)
            ).fetchone()
            or self._db.execute("SELECT parent FROM place WHERE key = ?", (code,)).fetchone()
        )
        while row and row[0]:
            key = row[0]
            row = (
                self._db.execute(
                    "SELECT parent, title FROM code WHERE system = ? AND code = ? ORDER BY valid_from DESC",
                    (system, key),
                ).fetchone()
                or self._db.execute("SELECT parent, title FROM place WHERE key = ?", (key,)).fetchone()
            )
            if row:
                above.append((key, row[1]))
        return tuple(reversed(above))

    def _below(self, code: str, system: System, when: int) -> list[Row]:
        return self._db.execute(
            f"SELECT {HIT} FROM code WHERE system = ? AND parent = ? AND valid_from <= ? AND valid_to >= ?"
            " ORDER BY position",
            (system, code, when, when),
        ).fetchall()

    def status(self) -> Status:
        """What is installed, and what is missing."""
        return status(self._db, self.path, self._meta)

    # Rows

    def _hit(self, row: Row, when: int) -> Hit:
        _, system, code, title, billable, first, last, marks, *_ = row
        diagnosis = system == System.CM
        return Hit(
            System(system),
            code,
            title,
            bool(billable),
            bool(billable) and first <= when <= last,
            _date(first),
            _end(last),
            self.severity(code, _date(when)) if diagnosis and billable else "",
            tuple(marks.split()),
            self.poa_exempt(code, _date(when)) if diagnosis and billable else None,
        )

    def _number(self, day: date | None) -> int:
        """``day`` as the store keeps it; what lies beyond its release is answered as of its last day."""
        return _number(min(day or self.valid_through, self.valid_through))


def code_problem(codes: CodeStore | None, code: str, system: System, day: date | None) -> str:
    """Why ``code`` cannot be entered for a discharge on ``day``, in a sentence; blank when it can.

    Works without a code store: form first, then the code editor's own list. A valid code without an installed title
    is no problem.
    """
    if wrong := problem(code, system):
        return wrong
    if day is None:
        return ""
    valid = codes.valid(code, system, day) if codes else valid_on(code, system, day)
    if valid is not False:
        return ""
    shown = dotted(code, system)
    found = codes.hit(code, system, day) if codes else None
    if found and not found.billable:
        return f"{shown} is a header: a more specific code is needed."
    if found and found.valid_to and found.valid_to < day:
        return f"{shown} ended on {found.valid_to:%m/%d/%Y}."
    if found and found.valid_from > day:
        return f"{shown} is valid only from {found.valid_from:%m/%d/%Y}."
    return f"{shown} is not a valid {NAME[system]} code on {day:%m/%d/%Y}."


def _covers(family: TableRow, code: str) -> bool:
    """Whether ``code``, which begins so, is of a family such as ``S/DS``: those with a seventh character D or S."""
    seventh = family.code.partition("/")[2]
    return not seventh or (len(code) == 7 and code[6] in seventh)


def _number(day: date) -> int:
    return day.year * 10000 + day.month * 100 + day.day


def _date(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)


def _end(number: int) -> date | None:
    return None if number == OPEN else _date(number)
