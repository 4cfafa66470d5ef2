"""Official files compared with what the dated code master knows: whole, of the year they claim, not of another one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from exchange.code_sets.books import told_apart
from exchange.code_sets.contents import as_date, day_before, number
from exchange.code_sets.drg_tables import DrgWeight
from exchange.code_sets.index_xml import IndexEntry
from exchange.code_sets.kinds import Kind, edition_of, first_day
from exchange.code_sets.official import Official, Refused, counted
from exchange.code_sets.order_file import Change, Entry
from exchange.code_sets.pcs_xml import composed
from exchange.code_sets.tabular import Node, seventh_codes
from exchange.code_sets.validity import grouped_by
from rules.codes import ICD10_FROM, NAME, System, dotted, normal, releases
from rules.codes_facts import invalid
from rules.drg import valid_from_to, version_begins, versions

ARE, HAVE = ("is", "are"), ("has", "have")
ALLOWED = 0.001  # share of a code set that may differ from the master; told, not refused
ALLOWED_LISTED = 0.005  # of a list of some codes, which may keep one that has ended
ALLOWED_INDEXED = 0.02  # of the codes in an index, which errs more often
ALLOWED_LEVELS = 0.05  # of the CC and MCC codes
ALLOWED_DRGS = 0.05  # of the MS-DRGs of another year
_SPLIT = re.compile(r"; |[\[\] ]")


class Known:
    """What a built code store knows, with the code master behind it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        self.through = number(valid_from_to()[1])

    def close(self) -> None:
        self._db.close()

    def valid(self, system: System, day: int) -> frozenset[str]:
        """The codes that may be submitted on ``day``."""
        rows = self._db.execute(
            "SELECT code FROM code WHERE system = ? AND billable AND valid_from <= ? AND valid_to >= ?",
            (system, day, day),
        )
        return frozenset(row[0] for row in rows)

    def beginnings(self, system: System, day: int) -> frozenset[str]:
        """Everything that a code of ``day`` begins with, itself too."""
        return frozenset(code[:size] for code in self.valid(system, day) for size in range(2, len(code) + 1))

    def titles(self, code: str, system: System) -> list[str]:
        """The titles that a code had."""
        rows = self._db.execute("SELECT title FROM code WHERE system = ? AND code = ?", (system, code))
        return [row[0] for row in rows]

    def levels(self, day: int) -> dict[str, str]:
        """CC or MCC of the codes valid on ``day``."""
        rows = self._db.execute(
            "SELECT code, level FROM severity WHERE valid_from <= ? AND valid_to >= ?", (day, day)
        )
        standing = self.valid(System.CM, day)
        return {code: level for code, level in rows if code in standing}

    def weights(self) -> dict[int, frozenset[tuple[str, str]]]:
        """DRG and weight by fiscal year."""
        found: dict[int, set[tuple[str, str]]] = {}
        for year, drg, weight in self._db.execute("SELECT fiscal_year, drg, weight FROM weight"):
            found.setdefault(year, set()).add((drg, weight))
        return {year: frozenset(rows) for year, rows in found.items()}

    @cached_property
    def poa_lists(self) -> list[int]:
        """The first days of the lists of exempt diagnoses that were imported whole."""
        rows = self._db.execute("SELECT name FROM source WHERE kind = 'poa-exempt'")
        return [first_day(name.split(" ")[1]) for (name,) in rows]

    def poa_exempt(self, day: int) -> frozenset[str]:
        """The diagnoses exempt from POA reporting on ``day`` by these lists."""
        rows = self._db.execute(
            "SELECT code FROM poa_exempt WHERE valid_from <= ? AND valid_to >= ?", (day, day)
        )
        return frozenset(row[0] for row in rows)

    @cached_property
    def days(self) -> list[int]:
        """The days on which the master changed."""
        return [number(day) for day in releases(ICD10_FROM, as_date(self.through))]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be taken in: its edition, and what is remarkable about it."""

    edition: str
    remarks: tuple[str, ...] = ()


def checked(file: Official, kind: Kind, rows: Any, edition: str, known: Known, *, said: bool) -> Checked:
    """Compare a file with what is ``known``. Raises ``Refused``. ``said``: somebody named the edition."""
    if kind.name == "facility":
        return Checked(edition)
    if check := _WHOLE.get(kind.name):
        return _whole(file, kind, check(rows), edition, known, said=said)
    if not edition:
        edition = _fitted(file, kind, rows, known)
    return Checked(
        edition, tuple(_CHECKS[kind.name](file, kind, rows, edition, known)) if kind.name in _CHECKS else ()
    )


def _fitted(file: Official, kind: Kind, rows: Any, known: Known) -> str:
    """The fiscal year whose codes a list has, where neither name nor content tells the year."""
    tables = kind.name.startswith("table-6")
    if kind.name == "poa-exempt" or tables:
        days = [day for day in known.days if day % 10000 == 1001 and (not tables or grouped_by(day))]
        apart = {day: _apart(kind, rows, known, day) for day in days}
        best = min(apart.values())
        if sum(count == best for count in apart.values()) == 1 and best <= ALLOWED_LISTED * len(rows):
            return edition_of(min(apart, key=lambda day: apart[day]))
    raise file.refused("neither its name nor its content tells its year", todo="say it with --year")


def _apart(kind: Kind, rows: Any, known: Known, day: int) -> int:
    if kind.name.startswith("table-6"):
        return len(told_apart(kind.name, rows, known.levels(day)))
    return len(_unknown(rows, kind.system, known, day))


def _unknown(codes: Iterable[str], system: System, known: Known, day: int) -> set[str]:
    """Those of ``codes`` that are not valid on ``day``, by the store and by the master itself."""
    rest = sorted(set(codes) - known.valid(system, day))
    return invalid(rest, system, as_date(day)) if day <= known.through else set(rest)


# Whole code sets


@dataclass(frozen=True, slots=True)
class CodeSet:
    """The codes of a whole set in their order, and those that it may mean beside them."""

    codes: tuple[str, ...]
    possible: frozenset[str] = frozenset()

    def missing(self, valid: frozenset[str]) -> frozenset[str]:
        return valid.difference(self.codes, self.possible)

    def apart(self, valid: frozenset[str]) -> int:
        """How many codes it has otherwise than a day on which ``valid`` are."""
        return len(self.missing(valid)) + len(frozenset(self.codes) - valid)


def _order_codes(rows: list[Entry]) -> CodeSet:
    return CodeSet(tuple(entry.code for entry in rows if entry.billable))


def _tabular_codes(nodes: dict[str, Node]) -> CodeSet:
    """The codes that are listed; those with a seventh character are possible, as not all of them exist."""
    possible = frozenset(seventh_codes(nodes))
    beginnings = {code[:size] for code in possible for size in range(3, 7)}
    beginnings |= {code[:6].rstrip("X") for code in possible}
    plain = (key for key, node in nodes.items() if node.level == "code" and not node.children)
    return CodeSet(tuple(key for key in plain if key not in beginnings and key not in possible), possible)


_WHOLE: dict[str, Callable[[Any], CodeSet]] = {
    "cm-order": _order_codes,
    "pcs-order": _order_codes,
    "cm-tabular": _tabular_codes,
    "pcs-tables": lambda rows: CodeSet(tuple(composed(rows))),
}


def _whole(file: Official, kind: Kind, listed: CodeSet, edition: str, known: Known, *, said: bool) -> Checked:
    since = first_day(edition)
    if since and since < known.days[0]:
        raise file.refused(f"{edition} is before ICD-10", todo="say the right year with --year")
    in_force = max(day for day in known.days if day <= since) if since else 0
    if since and since <= known.through and not listed.apart(known.valid(kind.system, in_force)):
        return _compared(file, kind, listed, edition, known, in_force)
    apart = {day: listed.apart(known.valid(kind.system, day)) for day in known.days}
    best = min(apart, key=lambda day: apart[day])
    if not edition:
        if apart[best] > ALLOWED * len(listed.codes):
            raise file.refused("neither its name nor its content tells its year", todo="say it with --year")
        return _compared(file, kind, listed, edition_of(best), known, best)
    if since > known.through:
        if not apart[best]:
            raise _other_year(file, edition, edition_of(best))
        return Checked(edition, ("it reaches beyond the installed code master and is taken as it stands",))
    if apart[best] < apart[in_force]:
        if edition_of(best)[:4] == edition[:4] and best > since and not said and not apart[best]:
            return Checked(edition_of(best), (f"its codes are those of {as_date(best):%m/%d/%Y}",))
        if apart[best] * 2 < apart[in_force]:
            raise _other_year(file, edition, edition_of(best))
    return _compared(file, kind, listed, edition, known, in_force)


def _compared(file: Official, kind: Kind, listed: CodeSet, edition: str, known: Known, day: int) -> Checked:
    codes = listed.codes
    missing = sorted(listed.missing(known.valid(kind.system, day)))
    extra = sorted(_unknown(codes, kind.system, known, day))
    if not missing and not extra:
        if codes and not file.whole and _shortened(codes[-1], file, kind, known):
            raise file.refused("its last title breaks off, so it was cut off")
        return Checked(edition)
    said = []
    if missing:
        said.append(
            f"{counted(len(missing))} valid on {as_date(day):%m/%d/%Y} missing, the first {missing[0]}"
        )
    if extra:
        said.append(f"{counted(len(extra), ARE)} not valid on {as_date(day):%m/%d/%Y}, the first {extra[0]}")
    if len(missing) + len(extra) > ALLOWED * len(codes):
        cut = "; it was cut off" if missing and not extra and codes and missing[0] > max(codes) else ""
        raise file.refused(" and ".join(said) + cut)
    return Checked(edition, tuple(said))


def _shortened(code: str, file: Official, kind: Kind, known: Known) -> bool:
    """Whether the last line of an order file has only the beginning of a title."""
    last = file.data.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")[77:].strip()
    return any(title != last and title.startswith(last) for title in known.titles(code, kind.system))


def _other_year(file: Official, claimed: str, found: str) -> Refused:
    return file.refused(
        f"it is taken for {claimed}, and its codes are those of {found}",
        todo=f"fetch the file of {claimed}, or say --year {found} if this one is meant",
    )


# Lists of some codes


def _check_listed(file: Official, kind: Kind, rows: list[str], edition: str, known: Known) -> Iterable[str]:
    since = first_day(edition)
    if since > known.through:
        return
    unknown = sorted(_unknown(rows, kind.system, known, since))
    if len(unknown) > ALLOWED_LISTED * len(rows):
        raise _not_valid(file, len(unknown), unknown[0], kind, since)
    if unknown:
        yield f"{counted(len(unknown), ARE)} not valid on {as_date(since):%m/%d/%Y}: {', '.join(unknown[:10])}"


def _check_poa_changes(
    file: Official, kind: Kind, rows: list[str], edition: str, known: Known
) -> Iterable[str]:
    """What is added has to be valid then; both need a list before them that they change."""
    since = first_day(edition)
    if not any(day < since for day in known.poa_lists):
        text = f"it changes the list before {edition}, and none is imported"
        raise file.refused(text, todo="import the whole list, POAexemptCodes, of that year")
    if kind.name == "poa-add":
        yield from _check_listed(file, kind, rows, edition, known)
    if since in known.poa_lists:
        yield f"the list of {edition} is there, and goes before it"
    elif kind.name == "poa-delete" and (absent := sorted(set(rows) - known.poa_exempt(day_before(since)))):
        yield f"{counted(len(absent), ARE)} not on the list that it changes: {', '.join(absent[:10])}"


def _not_valid(file: Official, count: int, first: str, kind: Kind, since: int) -> Refused:
    shown, name = dotted(first, kind.system), NAME[kind.system]
    text = f"{counted(count, ARE)} not of {name} on {as_date(since):%m/%d/%Y}, the first {shown}"
    return file.refused(text, todo="fetch the file of that year, or say the right year with --year")


def _check_changes(
    file: Official, kind: Kind, rows: list[Change], edition: str, known: Known
) -> Iterable[str]:
    added = [row.entry.code for row in rows if row.action == "add" and row.entry.billable]
    yield from _check_listed(file, kind, added, edition, known)
    since = first_day(edition)
    ended = {row.entry.code for row in rows if row.action == "delete" and row.entry.billable}
    if since <= known.through and (still := sorted(ended - _unknown(ended, kind.system, known, since))):
        raise file.refused(
            f"it deletes {still[0]}, which is valid on {as_date(since):%m/%d/%Y}",
            todo="say the right year with --year",
        )


def _check_index(
    file: Official, kind: Kind, rows: list[IndexEntry], edition: str, known: Known
) -> Iterable[str]:
    since = first_day(edition)
    begin = known.beginnings(kind.system, min(since, known.through))
    named = [code for row in rows for code in _named(row)]
    unknown = [code for code in named if code not in begin]
    if len(unknown) > ALLOWED_INDEXED * len(named):
        raise _not_valid(file, len(unknown), unknown[0], kind, since)
    if unknown:
        some = ", ".join(unknown[:10])
        yield f"{len(unknown)} of {len(named):,} codes are not valid on {as_date(since):%m/%d/%Y}: {some}"


def _named(row: IndexEntry) -> Iterable[str]:
    """The codes of a term, without dot and the hyphen that asks for more."""
    for text in (row.code, row.manif, *re.findall(r'":"([^"]*)"', row.cells)):
        for part in _SPLIT.split(text):
            if code := normal(part.rstrip("-.")):
                yield code


def _check_levels(file: Official, kind: Kind, rows: Any, edition: str, known: Known) -> Iterable[str]:
    since = first_day(edition)
    if not (version := grouped_by(since)):
        return
    levels = known.levels(since)
    apart = sorted(told_apart(kind.name, rows, levels))
    if not apart:
        yield f"it agrees with grouper {version}"
        return
    begins = (number(version_begins(each)) for each in versions())
    others = {
        day: len(told_apart(kind.name, rows, known.levels(day))) for day in begins if day % 10000 == 1001
    }
    best = min(others, key=lambda day: others[day])
    if not others[best] or others[best] * 2 < len(apart):
        raise _other_year(file, edition, edition_of(best))
    if len(apart) > ALLOWED_LEVELS * len(rows):
        text = f"{counted(len(apart), HAVE)} another level than in grouper {version}, the first {apart[0]}"
        raise file.refused(f"{text}; it was cut off, or is of another year")
    yield f"{counted(len(apart), HAVE)} another level than in grouper {version}: {', '.join(apart[:10])}"


def _check_weights(
    file: Official, kind: Kind, rows: list[DrgWeight], edition: str, known: Known
) -> Iterable[str]:
    own = {(row.drg, row.weight) for row in rows}
    years = known.weights()
    for year, weights in years.items():
        if str(year) != edition[:4] and own == weights:
            raise _other_year(file, edition, str(year))
    if years:
        year = min(years, key=lambda each: abs(each - int(edition[:4])))
        weights = years[year]
        missing = sorted({drg for drg, _ in weights} - {drg for drg, _ in own})
        if len(missing) > ALLOWED_DRGS * len(weights):
            raise file.refused(
                f"{len(missing):,} of the {len(weights):,} MS-DRGs of {year} are missing, the first {missing[0]}; "
                "it was cut off"
            )
    return ()


_CHECKS: dict[str, Callable[[Official, Kind, Any, str, Known], Iterable[str]]] = {
    "poa-exempt": _check_listed,
    "poa-add": _check_poa_changes,
    "poa-delete": _check_poa_changes,
    "cm-addenda": _check_changes,
    "pcs-addenda": _check_changes,
    "cm-changes": _check_changes,
    "table-5": _check_weights,
    **dict.fromkeys(("table-6i", "table-6j", "table-6k"), _check_levels),
    **dict.fromkeys(("cm-index", "cm-external", "cm-neoplasm", "cm-drug", "pcs-index"), _check_index),
}
