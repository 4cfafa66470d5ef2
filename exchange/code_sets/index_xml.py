"""The Alphabetic Index of ICD-10-CM in its four files, and the index of ICD-10-PCS (NCHS and CMS index XML)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from exchange.code_sets.official import Official, squeezed
from rules.text import clean

ROOTS = {"ICD10CM.index", "ICD10PCS.index"}
COLUMNS = frozenset("234567")  # of the tables of neoplasms and drugs; the first is the term
_NONE = "--"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A term of an index, in the order of the book; ``parent`` is the id of the one it stands under, or 0."""

    id: int
    parent: int
    level: int
    title: str
    nemod: str = ""  # non-essential modifiers: words that may be there or not
    code: str = ""  # as printed; a trailing "-" asks for more characters
    manif: str = ""  # the second code of a pair, for the manifestation
    see: str = ""
    see_also: str = ""
    cells: str = ""  # codes of a table by column number, as a JSON object


def read_index(file: Official) -> list[IndexEntry]:
    """The terms of an index. Raises ``Refused``."""
    root = file.root()
    letters = root.findall("letter")
    if root.tag not in ROOTS or not letters:
        raise file.refused("it is no index with letters")
    entries: list[IndexEntry] = []
    for letter in letters:
        for term in letter.iterfind("mainTerm"):
            _walk(file, term, 0, 0, entries)
    if not entries:
        raise file.refused("it has no terms")
    return entries


def _walk(
    file: Official, element: ElementTree.Element, parent: int, level: int, entries: list[IndexEntry]
) -> None:
    entry = _entry(element, len(entries) + 1, parent, level)
    if not entry.title:
        raise file.refused(f"a term after {entries[-1].title if entries else 'the beginning'} has no title")
    if strange := {cell.get("col", "") for cell in element.iterfind("cell")} - COLUMNS:
        raise file.refused(
            f"{entry.title} has a cell in column {min(strange) or '(none)'}, and there are 2 to 7"
        )
    entries.append(entry)
    for term in element.iterfind("term"):
        if (said := term.get("level")) and said != str(level + 1):
            raise file.refused(f"a term under {entry.title} says level {said} and stands at {level + 1}")
        _walk(file, term, entry.id, level + 1, entries)


def _entry(element: ElementTree.Element, id_: int, parent: int, level: int) -> IndexEntry:
    title = element.find("title")
    nemod = " ".join(squeezed(each) for each in element.iter("nemod") if _belongs(each, element, title))
    cells = {
        each.get("col", ""): text
        for each in element.iterfind("cell")
        if (text := squeezed(each)) and text != _NONE
    }
    return IndexEntry(
        id_, parent, level, clean(_without_nemod(title)), clean(nemod),
        clean(_joined(element, ("code", "codes", "tab"))), clean(_joined(element, ("manif",))),
        clean(_joined(element, ("see", "seecat", "seeCat"))),
        clean(_joined(element, ("seeAlso", "subcat", "use"))),
        clean(json.dumps(cells, separators=(",", ":"))) if cells else "",
    )  # fmt: skip


def _belongs(
    nemod: ElementTree.Element, element: ElementTree.Element, title: ElementTree.Element | None
) -> bool:
    return nemod in (title if title is not None else ()) or nemod in element


def _without_nemod(title: ElementTree.Element | None) -> str:
    if title is None:
        return ""
    parts = [title.text or "", *(each.tail or "" for each in title)]
    return " ".join("".join(parts).split())


def _joined(element: ElementTree.Element, tags: tuple[str, ...]) -> str:
    return "; ".join(text for text in _texts(element, tags) if text)


def _texts(element: ElementTree.Element, tags: tuple[str, ...]) -> Iterator[str]:
    """The texts of direct children; the table or codes that a PCS reference names stand in brackets behind it."""
    for child in element:
        if child.tag in tags:
            text = squeezed(child, within=False)
            named = " ".join(squeezed(each) for each in child)
            yield f"{text} [{named}]" if text and named else text or named
