"""Tables of the inpatient payment rule: Table 5 (weights), 6I and 6J (MCC, CC), 6K (exclusions), and the POA list."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from exchange.code_sets.official import Official, distinct
from rules.codes import System, normal, problem
from rules.text import clean

CP1252 = "cp1252"
_TEXT_FILE = "take the text file of Table 5"
LAST_DRGS = ("998", "999")  # end every Table 5
_FISCAL_YEAR = re.compile(r"(?:FY|FISCAL YEAR) *(20\d\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MEMBER = re.compile(r" ?([0-9A-Z]{3,7}) +(CC|MCC) +(?:(\d{4}):([\d,]+) codes?|No Excl) *(.*)")
_COLLECTION = re.compile(r"PDX collection (\d{4})", re.IGNORECASE)
_PRINCIPAL = re.compile(r" +([0-9A-Z]{3,7}) +\S.*")


@dataclass(frozen=True, slots=True)
class DrgWeight:
    """A row of Table 5; figures blank where the DRG has none."""

    drg: str
    mdc: str
    type: str
    post_acute: bool
    special_pay: bool
    weight: str  # after the cap on its decrease
    gmlos: str
    amlos: str
    title: str


@dataclass(slots=True)
class Exclusions:
    """Table 6K: the level of each CC and MCC, and the collection of principal diagnoses beside which it is none."""

    members: list[tuple[str, str, str]] = field(default_factory=list)  # code, level, collection or blank
    collections: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.members)


def stated_year(file: Official) -> int:
    """The fiscal year that the title of a table names; 0 when it names none."""
    found = _FISCAL_YEAR.search(file.data[:2000].decode(CP1252, "replace"))
    return int(found[1]) if found else 0


def read_table5(file: Official) -> list[DrgWeight]:
    """The rows of Table 5. Raises ``Refused``."""
    text = file.text(CP1252)
    table = csv.reader(text.splitlines(keepends=True), "excel-tab")
    rows = [(table.line_num, [cell.strip() for cell in row]) for row in table]
    columns = _columns5(file, rows)
    begins = next((line for line, row in rows if row and row[0].isdecimal()), 1)
    file.check_ends("".join(text.splitlines(keepends=True)[begins - 1 :]), begins)
    found = [(line, _weight(file, line, row, columns)) for line, row in rows if line >= begins and any(row)]
    distinct(file, ((line, each.drg) for line, each in found), "the MS-DRG")
    if tuple(each.drg for _, each in found[-2:]) != LAST_DRGS:
        raise file.refused("it does not end with the MS-DRGs 998 and 999, so it was cut off")
    return [each for _, each in found]


# A column is found by the words of its heading, so that a year which moves or adds one is read all the same.
_HEADINGS = {
    "drg": r"ms-?drg", "post_acute": r".*post-?acute.*", "special_pay": r".*special pay.*", "mdc": r"mdc",
    "type": r"type", "title": r"ms-?drg title", "weight": r"weights?(.*cap applied.*)?", "gmlos": r"geometric mean.*",
    "amlos": r"arithmetic mean.*",
}  # fmt: skip


def _columns5(file: Official, rows: Sequence[tuple[int, list[str]]]) -> dict[str, int]:
    for _, row in rows[:6]:
        heads = [" ".join(cell.casefold().replace("\u2013", "-").split()) for cell in row]
        found = {
            name: next((at for at, head in enumerate(heads) if re.fullmatch(pattern, head)), -1)
            for name, pattern in _HEADINGS.items()
        }
        if found["drg"] >= 0 and found["title"] >= 0:
            if missing := [name for name, at in found.items() if at < 0]:
                raise file.refused(f"its heading has no column for {missing[0]}", todo=_TEXT_FILE)
            return found
    raise file.refused("it has no heading MS-DRG, MDC, TYPE, MS-DRG Title, Weights", todo=_TEXT_FILE)


def _weight(file: Official, line: int, row: list[str], at: dict[str, int]) -> DrgWeight:
    if len(row) <= max(at.values()):
        raise file.refused(f"it has {len(row)} columns of {max(at.values()) + 1}, so it was cut off", line)
    drg, kind = row[at["drg"]], row[at["type"]]
    if not re.fullmatch(r"\d{3}", drg) or kind not in ("SURG", "MED", "**"):
        raise file.refused(f"{clean(drg)} {clean(kind)} is no MS-DRG with its type", line)
    numbers = []
    for name in ("weight", "gmlos", "amlos"):
        text = row[at[name]].replace(",", "")
        if text not in (".", "") and not _NUMBER.fullmatch(text):
            raise file.refused(f"{clean(text)} is no number for {name}", line)
        numbers.append("" if text == "." else text)
    yes = [row[at[name]].casefold() == "yes" for name in ("post_acute", "special_pay")]
    weight, gmlos, amlos = numbers
    mdc, title = clean(row[at["mdc"]]), clean(row[at["title"]])
    return DrgWeight(drg, mdc, kind, yes[0], yes[1], weight, gmlos, amlos, title)


def read_list(file: Official) -> list[str]:
    """The codes of Table 6I or 6J, without dots. Raises ``Refused``."""
    lines = file.lines(CP1252)
    begins = next((at for at, line in enumerate(lines) if line.casefold().startswith("diagnosis code\t")), -1)
    if begins < 0:
        raise file.refused("it has no heading 'Diagnosis Code TAB Description'", todo="take the text file")
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines[begins + 1 :], begins + 2):
        code, tab, title = line.partition("\t")
        if not code.strip():  # the notes at its end
            break
        if not tab or not title.strip() or problem(code, System.CM):
            raise file.refused(f"{clean(code)} is no diagnosis code with its description", number)
        found.append((number, normal(code)))
    else:
        raise file.refused("it does not end with its notes, so it was cut off")
    distinct(file, iter(found))
    return [code for _, code in found]


def read_exclusions(file: Official) -> Exclusions:
    """Table 6K or Appendix C, each collection as long as its members say. Raises ``Refused``."""
    found, sizes, current = Exclusions(), dict[str, int](), ""
    for number, line in enumerate(file.lines(CP1252), 1):
        if begins := _COLLECTION.match(line):
            current = begins[1]
            found.collections[current] = []
        elif current and (code := _PRINCIPAL.fullmatch(line)) and not problem(code[1], System.CM):
            found.collections[current].append(code[1])
        elif found.collections and line.strip():  # the parts behind the collections
            current = ""
        elif not found.collections and (member := _MEMBER.fullmatch(line)):
            code_, level, collection, count, _ = member.groups()
            size = int((count or "0").replace(",", ""))
            if sizes.setdefault(collection or "", size) != size:
                raise file.refused(
                    f"{code_} gives collection {collection} another size than a line before", number
                )
            found.members.append((code_, level, collection or ""))
    for collection, size in sizes.items():
        has = len(found.collections.get(collection, ()))
        if has != size:
            raise file.refused(
                f"collection {collection} has {has} codes of {size}, so it was cut off or damaged"
            )
    if not found.members:
        raise file.refused("it has no list of CC and MCC codes")
    return found


def read_poa(file: Official) -> list[str]:
    """The diagnoses exempt from POA reporting, without dots. Raises ``Refused``."""
    rows = _exempt(file)
    for (_, before, _), (line, order, _) in pairwise(rows):
        if order <= before:
            raise file.refused(f"its order number {order} does not follow {before}", line)
    if not any(code[0] == "Z" for *_, code in rows):
        raise file.refused("it has no codes of chapter 21 (Z), so it was cut off")
    return [code for *_, code in rows]


def read_poa_changes(file: Official) -> list[str]:
    """The diagnoses that join or leave the list of a year, without dots. Raises ``Refused``.

    The files for codes that were added and deleted have the columns of the list; that of revised ones is about
    descriptions alone.
    """
    rows = _exempt(file)
    if not rows:
        raise file.refused("it has no rows", todo="there is nothing to import")
    return [code for *_, code in rows]


def refused_revision(file: Official) -> list[str]:
    """Raises ``Refused``: descriptions of the exempt codes are those of the code set."""
    raise file.refused("it revises descriptions alone, and no exemption", todo="nothing of it is needed")


def _exempt(file: Official) -> list[tuple[int, int, str]]:
    """Line, order number and code of each row below the heading; no code twice."""
    lines = file.lines(CP1252)
    if not lines or "poa" not in lines[0].casefold():
        raise file.refused("its first line is no heading (OrdFY25, POAexemptCode, Description)", 1)
    rows = list(_exempt_rows(file, lines[1:]))
    distinct(file, ((line, code) for line, _, code in rows))
    return rows


def _exempt_rows(file: Official, lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for number, line in enumerate(lines, 2):
        order, *rest = line.split("\t")
        if len(rest) != 2 or not order.strip().isdecimal() or not rest[1].strip():
            raise file.refused("it is not order number TAB code TAB description, so it was cut off", number)
        if problem(rest[0], System.CM):
            raise file.refused(f"{clean(rest[0])} is no diagnosis code", number)
        yield number, int(order), normal(rest[0])
