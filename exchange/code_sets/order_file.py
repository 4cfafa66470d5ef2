"""ICD-10-CM and ICD-10-PCS order files and their addenda, fixed columns (CMS, ICD-10 order file format)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from sys import intern

from exchange.code_sets.official import Official, distinct
from rules.codes import System, may_begin, normal, problem
from rules.text import clean

# Columns counted from 0: number 0-4, code 6-12, flag 14, short title 16-75, long title from 77.
SHORTEST = 78
CHANGES = {"add": "add", "delete": "delete", "revise": "revise to", "header": "header"}  # of a change list
LONGEST_TOTAL = 40  # characters of a closing line of an addendum, which says how many there are of an action
_BLANKS = (5, 13, 15, 76)
_ADDENDUM = re.compile(r"(Add|Delete|Revise from|Revise to): *(?= )", re.IGNORECASE)
_TOTAL = re.compile(r"(?P<word>add|delet|revis)\w*(?P<side> from| to)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d,]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an order file: a code, or a header that codes stand under."""

    code: str
    billable: bool
    title: str


@dataclass(frozen=True, slots=True)
class Change:
    """A line of an addendum. ``action``: add, delete, revise from, revise to, header."""

    action: str
    entry: Entry


def read_order(file: Official, system: System) -> list[Entry]:
    """The lines of an order file. Raises ``Refused``."""
    lines = file.lines()
    entries = [_entry(file, number, line, system) for number, line in enumerate(lines, 1)]
    if not entries:
        raise file.refused("it is empty")
    distinct(file, ((number, entry.code) for number, entry in enumerate(entries, 1)))
    return entries


def _entry(file: Official, number: int, line: str, system: System) -> Entry:
    if not line.strip():
        raise file.refused("it is blank; order files have no blank lines", number)
    if len(line) < SHORTEST:
        raise file.refused(f"it has {len(line)} characters of at least {SHORTEST}, so it was cut off", number)
    if any(line[at] != " " for at in _BLANKS) or line[14] not in "01":
        raise file.refused(
            "it is not in the columns of an order file (code in 7-13, flag in 15, title in 78)", number
        )
    if line[:5] != f"{number:05}":
        raise file.refused(
            f"its order number is {clean(line[:5])} and not {number:05}: lines are missing", number
        )
    code = line[6:13].rstrip()
    billable = line[14] == "1"
    if not _well_formed(code, system, billable=billable):
        raise file.refused(f"{clean(code) or 'blank'} is no code of this set", number)
    return Entry(code, billable, intern(clean(line[77:].strip())))  # most titles are those of the year before


def _well_formed(code: str, system: System, *, billable: bool) -> bool:
    if system is System.PCS and not billable:
        return len(code) == 3 and bool(re.fullmatch("[0-9A-HJ-NP-Z]{3}", code))
    return code == code.strip() and not problem(code, system)


def read_addenda(file: Official, system: System) -> list[Change]:
    """The lines of an addendum, its closing counts compared with what it has. Raises ``Refused``."""
    changes: list[Change] = []
    totals: dict[str, int] = {}
    for number, line in enumerate(file.lines(), 1):
        if (found := _ADDENDUM.match(line[:12].ljust(13))) and len(line) > LONGEST_TOTAL:
            changes.append(Change(found[1].lower(), _changed(file, number, line, system)))
        elif (said := _TOTAL.search(line)) and len(numbers := _NUMBER.findall(line)) == 1:
            totals[_action(said)] = int(numbers[0].replace(",", ""))
    _check_totals(file, changes, totals)
    return changes


def _action(said: re.Match[str]) -> str:
    word = said["word"].lower()
    return {"add": "add", "delet": "delete"}.get(word) or f"revise{(said['side'] or ' to').lower()}"


def _changed(file: Official, number: int, line: str, system: System) -> Entry:
    code, flag = line[15:22].rstrip(), line[13:14]
    if flag not in ("0", "1") or len(line) < 84 or not _named(code, system):
        raise file.refused(
            "it is not in the columns of an addendum (flag in 14, code in 16-22, title in 85)", number
        )
    return Entry(code, flag == "1", clean(line[84:].strip()))


def _named(code: str, system: System) -> bool:
    return bool(re.fullmatch("[0-9A-HJ-NP-Z]{3}", code)) if len(code) == 3 else may_begin(code, system)


def _check_totals(file: Official, changes: list[Change], totals: dict[str, int]) -> None:
    counts = Counter(change.action for change in changes)
    said = {action.partition(" ")[0] for action in totals}
    if not totals or {action.partition(" ")[0] for action in counts} - said:
        raise file.refused("its closing lines with the counts are missing, so it was cut off")
    for action, count in totals.items():
        if counts[action] != count:
            raise file.refused(
                f"it has {counts[action]:,} lines {action!r} and closes with a count of {count:,}"
            )
    if (old := counts["revise from"]) != (new := counts["revise to"]):
        raise file.refused(f"it has {old:,} lines 'revise from' and {new:,} lines 'revise to'")


def read_changes(file: Official) -> list[Change]:
    """A change list as tab-separated columns action, billable, code, title (add, delete, revise, header).

    Raises ``Refused``.
    """
    changes: list[Change] = []
    for number, line in enumerate(file.lines()[1:], 2):
        cells = line.split("\t")
        if len(cells) != 4 or cells[0] not in CHANGES or cells[1] not in ("0", "1"):
            raise file.refused(
                "it is not action, billable (1 or 0), code and title with tabs between", number
            )
        if problem(cells[2], System.CM):
            raise file.refused(f"{clean(cells[2])} is no diagnosis code", number)
        title = clean(cells[3].strip())
        changes.append(Change(CHANGES[cells[0]], Entry(normal(cells[2]), cells[1] == "1", title)))
    return changes
