"""ICD-10-PCS tables and definitions (CMS, ICD-10-PCS code tables and index XML)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from xml.etree import ElementTree

from exchange.code_sets.official import Official, squeezed
from rules.text import clean

_PLACES = (4, 5, 6, 7)
_NOTHING = ("No Device", "No Qualifier", "None")


@dataclass(frozen=True, slots=True)
class Value:
    """A character that a PCS code may have at a position: of its table (row 0), or of one row of it."""

    table: str
    row: int
    pos: int
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Definition:
    """What a value of ICD-10-PCS means."""

    section: str
    pos: int
    title: str
    definition: str
    explanation: str
    includes: str


def read_tables(file: Official) -> list[Value]:
    """The values of all tables, the number of codes of each row compared with its own. Raises ``Refused``."""
    root = file.root()
    tables = root.findall("pcsTable")
    if root.tag != "ICD10PCS.tabular" or not tables:
        raise file.refused("it has no PCS tables")
    values = [value for table in tables for value in _table(file, table)]
    seen = set[str]()
    for table_name in dict.fromkeys(value.table for value in values):
        if table_name in seen:
            raise file.refused(f"the table {table_name} is there twice")
        seen.add(table_name)
    return values


def _table(file: Official, table: ElementTree.Element) -> Iterator[Value]:
    head = [_axis(axis) for axis in sorted(table.iterfind("axis"), key=_pos)]
    if [pos for pos, _ in head] != [1, 2, 3] or any(len(labels) != 1 for _, labels in head):
        raise file.refused("a table has not one value for each of its first three characters")
    name = "".join(labels[0][0] for _, labels in head)
    yield from (Value(name, 0, pos, *labels[0]) for pos, labels in head)
    for number, row in enumerate(table.iterfind("pcsRow"), 1):
        axes = [_axis(axis) for axis in sorted(row.iterfind("axis"), key=_pos)]
        codes = prod(len(labels) for _, labels in axes)
        if tuple(pos for pos, _ in axes) != _PLACES:
            raise file.refused(f"row {number} of table {name} has not the characters 4 to 7")
        if row.get("codes", str(codes)) != str(codes):
            raise file.refused(
                f"row {number} of table {name} makes {codes} codes and says {row.get('codes')}"
            )
        yield from (Value(name, number, pos, *label) for pos, labels in axes for label in labels)


def _pos(axis: ElementTree.Element) -> int:
    text = axis.get("pos", "")
    return int(text) if text.isdecimal() else 0


def _axis(axis: ElementTree.Element) -> tuple[int, list[tuple[str, str]]]:
    return _pos(axis), [(each.get("code", ""), clean(squeezed(each))) for each in axis.iterfind("label")]


def composed(values: list[Value]) -> dict[str, str]:
    """Every code that the tables make, with its values put together: a wording to find it by, not its title."""
    return {code: title for each in _by_row(values) for code, title in _codes(*each)}


def _by_row(values: list[Value]) -> Iterator[tuple[list[Value], list[list[Value]]]]:
    heads: dict[str, list[Value]] = {}
    rows: dict[tuple[str, int], list[list[Value]]] = {}
    for value in values:
        if value.row == 0:
            heads.setdefault(value.table, []).append(value)
        else:
            rows.setdefault((value.table, value.row), [[], [], [], []])[value.pos - _PLACES[0]].append(value)
    for (table, _), axes in rows.items():
        yield heads[table], axes


def _codes(head: list[Value], axes: list[list[Value]]) -> Iterator[tuple[str, str]]:
    table, operation = head[0].table, head[2].title
    for part, approach, device, qualifier in product(*axes):
        said = [each.title for each in (device, qualifier) if each.title not in _NOTHING]
        title = f"{operation} {part.title}{' with ' if said else ''}{', '.join(said)}, {approach.title}"
        yield table + part.code + approach.code + device.code + qualifier.code, title


def read_definitions(file: Official) -> list[Definition]:
    """What the values mean, by section and position. Raises ``Refused``."""
    root = file.root()
    found = [each for section in root.iterfind("section") for each in _section(section)]
    if root.tag != "ICD10PCS.definitions" or not found:
        raise file.refused("it has no definitions")
    return found


def _section(section: ElementTree.Element) -> Iterator[Definition]:
    for axis in section.iterfind("axis"):
        for terms in axis.iterfind("terms"):
            definition, explanation, includes = (
                clean("; ".join(squeezed(each) for each in terms.iterfind(tag)))
                for tag in ("definition", "explanation", "includes")
            )
            for title in terms.iterfind("title"):
                yield Definition(
                    section.get("code", ""),
                    _pos(axis),
                    clean(squeezed(title)),
                    definition,
                    explanation,
                    includes,
                )
