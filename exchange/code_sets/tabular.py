"""Reads the ICD-10-CM tabular list: titles, inclusion terms and notes of every code, seventh characters spelled out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO
from xml.etree import ElementTree

from exchange.code_sets.official import Official
from rules.codes import System, dotted, normal, problem
from rules.text import clean

# Kinds of note as the tabular list names them; "inclusionTerm" gives wordings of the code itself.
NOTES = (
    "includes",
    "excludes1",
    "excludes2",
    "codeFirst",
    "useAdditionalCode",
    "codeAlso",
    "notes",
    "sevenChrNote",
)


@dataclass(slots=True)
class Node:
    """A code, section or chapter of the tabular list. ``parent`` is the key of the node it stands under."""

    key: str
    title: str
    parent: str
    level: str  # chapter, section or code
    terms: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    seventh: list[tuple[str, str]] = field(default_factory=list)
    children: list[str] = field(default_factory=list)


def read_tabular(file: IO[bytes]) -> dict[str, Node]:
    """Every node by key, in the order of the list; a chapter's key is ``chapter 9``, a section's ``I20-I25``.

    A section that bears the name of its only category (B20, Z66) has the key ``section B20``.
    Raises ``xml.etree.ElementTree.ParseError`` when the file is no XML.
    """
    nodes: dict[str, Node] = {}
    root = ElementTree.parse(file).getroot()  # noqa: S314 (the package's own file, or one a supervisor imports)
    for chapter in root.iterfind("chapter"):
        key = f"chapter {_text(chapter, 'name')}"
        nodes[key] = _node(chapter, key, "", "chapter")
        for section in chapter.iterfind("section"):
            name = section.get("id", "")
            section_key = name if "-" in name else f"section {name}"
            nodes[section_key] = _node(section, section_key, key, "section")
            nodes[key].children.append(section_key)
            for diagnosis in section.iterfind("diag"):
                _read_diagnosis(diagnosis, section_key, nodes)
    return nodes


def read_official(file: Official) -> dict[str, Node]:
    """The nodes of an imported tabular list. Raises ``Refused``."""
    root = file.root()
    if root.tag != "ICD10CM.tabular" or root.find("chapter/section/diag") is None:
        raise file.refused("it has no chapters with diagnoses")
    names = [normal(_text(each, "name")) for each in root.iter("diag")]
    if wrong := next((name for name in names if problem(name, System.CM)), None):
        raise file.refused(f"{clean(wrong) or 'a blank'} is no code of ICD-10-CM")
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise file.refused(f"the code {dotted(twice)} is there twice")
    return read_tabular(BytesIO(file.data))


def _read_diagnosis(element: ElementTree.Element, parent: str, nodes: dict[str, Node]) -> None:
    key = normal(_text(element, "name"))
    nodes[key] = _node(element, key, parent, "code")
    nodes[parent].children.append(key)
    for child in element.iterfind("diag"):
        _read_diagnosis(child, key, nodes)


def _node(element: ElementTree.Element, key: str, parent: str, level: str) -> Node:
    node = Node(key, _text(element, "desc"), parent, level)
    for child in element:
        if child.tag == "inclusionTerm":
            node.terms += [_squeezed(note) for note in child.iterfind("note")]
        elif child.tag in NOTES:
            node.notes += [(child.tag, _squeezed(note)) for note in child.iterfind("note")]
        elif child.tag == "sevenChrDef":
            node.seventh = [(each.get("char", ""), _squeezed(each)) for each in child.iterfind("extension")]
    return node


def _text(element: ElementTree.Element, tag: str) -> str:
    found = element.find(tag)
    return "" if found is None else _squeezed(found)


def _squeezed(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def spell_out(nodes: dict[str, Node], listed: frozenset[str]) -> None:
    """Add the codes with a seventh character that the list leaves out; only those in ``listed`` exist."""
    for key in [key for key, node in nodes.items() if node.level == "chapter"]:
        _spell_out(nodes, key, [], listed)


def _spell_out(
    nodes: dict[str, Node], key: str, seventh: list[tuple[str, str]], listed: frozenset[str]
) -> None:
    node = nodes[key]
    seventh = node.seventh or seventh  # the nearest definition wins
    for child in list(node.children):
        _spell_out(nodes, child, seventh, listed)
    if node.children or node.level != "code" or len(key) > 6:
        return
    for character, text in seventh:
        code = key.ljust(6, "X") + character
        if code in listed and code not in nodes:
            nodes[code] = Node(code, f"{node.title}, {text}", key, "code")
            node.children.append(code)


def seventh_codes(nodes: dict[str, Node]) -> Iterator[str]:
    """Every code with a seventh character that the list could mean, and those that it spells out itself."""
    yield from (key for key, node in nodes.items() if node.level == "code" and len(key) == 7)
    pending = [(key, nodes[key].seventh) for key in nodes if nodes[key].level == "chapter"]
    while pending:
        key, seventh = pending.pop()
        node = nodes[key]
        seventh = node.seventh or seventh
        pending += [(child, seventh) for child in node.children]
        if not node.children and node.level == "code" and len(key) <= 6:
            yield from (key.ljust(6, "X") + character for character, _ in seventh)


def place(nodes: dict[str, Node], code: str, title: str) -> None:
    """Put a code that the list does not have yet where it belongs: under its longest beginning, or a section."""
    parent = next((code[:size] for size in range(len(code) - 1, 2, -1) if code[:size] in nodes), "")
    if not parent:
        before = max(
            (key for key, node in nodes.items() if node.level == "code" and key[:3] < code[:3]), default=""
        )
        parent = nodes[before[:3]].parent
    nodes[code] = Node(code, title, parent, "code")
    siblings = nodes[parent].children
    siblings.insert(next((i for i, other in enumerate(siblings) if other > code), len(siblings)), code)


def in_order(nodes: dict[str, Node]) -> Iterator[Node]:
    """All nodes in tabular order: every node before those under it."""
    pending = [key for key in reversed(nodes) if nodes[key].level == "chapter"]
    while pending:
        node = nodes[pending.pop()]
        yield node
        pending += reversed(node.children)
