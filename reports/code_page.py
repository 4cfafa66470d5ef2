"""The page of a code: standing, edits, place in the book, notes, index terms, what excludes it, history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rules.code_words import KINDS, MARKS, SEX
from rules.codes import NAME, System, dotted, normal
from rules.codes_notes import references
from rules.text import cells

if TYPE_CHECKING:
    from db.coding.codes import CodeStore, Detail, Hit
    from db.coding.codes_book import Note
    from db.coding.codes_index import IndexEntry

WIDTH = 78
EXCLUDED = 12  # principal diagnoses that are named of many
GROUP = 1  # level of the heading of a group
Days = Callable[[date], str]


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of the page. ``leads``: the code or section it is about; ``level``: it heads a group."""

    text: str
    leads: str = ""
    level: int = 0


def code_page(codes: CodeStore, detail: Detail, days: Days) -> list[PageLine]:
    """Everything that the code store knows of a code; ``days`` writes a day."""
    hit = detail.hit
    lines = _lines(f"{hit.shown}  {hit.text}", "")
    lines += _lines("; ".join(_standing(hit, days)))
    diagnosis = hit.system is System.CM
    parts: list[tuple[str, list[PageLine]]] = [
        ("Edits", [*_edits(hit), *_excluded(codes, hit)]),
        ("In the book", [line for each in detail.above for line in _place(*each)]),
        ("Notes, nearest first", [line for note in nearest_first(detail.notes) for line in _note(note)]),
        ("Under it", [line for each in detail.below for line in _hit(each)]),
    ]  # fmt: skip
    if diagnosis:
        named = codes.named_by(hit.code)
        excluding = sorted((note for note in named if "excludes" in note.kind), key=lambda note: note.kind)
        others = [note for note in named if "excludes" not in note.kind]
        parts += [
            ("Index terms that lead here", list(_index(codes, hit))),
            ("Excluded by", [line for note in excluding for line in _note(note, leads=note.key)]
                or _lines("No Excludes note elsewhere names it.")),
            ("Asked for by notes elsewhere", [line for note in others for line in _note(note, leads=note.key)]),
        ]  # fmt: skip
    if hit.system is System.HCPCS:
        parts.append(("What HCPCS says more", list(_hcpcs(codes, hit.code, days))))
    parts.append(("History", list(_history(codes, detail, days))))
    for heading, found in parts:
        if found:
            lines += [PageLine(""), PageLine(heading, level=GROUP), *found]
    return lines


def written(key: str) -> str:
    """A code as the book writes it; chapters and sections by their names."""
    return dotted(key) if normal(key) == key and "-" not in key else key.replace("chapter", "Chapter")


def nearest_first(notes: Sequence[Note]) -> list[Note]:
    """The notes of the code itself, then those of what it stands under, each place's in their order."""
    places = list(dict.fromkeys(note.key for note in notes))
    return sorted(notes, key=lambda note: -places.index(note.key))


def _standing(hit: Hit, days: Days) -> Iterator[str]:
    yield NAME[hit.system]
    if not hit.billable:
        yield "header: a more specific code is needed"
    elif hit.valid:
        yield "billable"
    else:
        yield "not valid on this day"
    if hit.severity:
        yield hit.severity
    yield f"since {days(hit.valid_from)}" + (f", ended {days(hit.valid_to)}" if hit.valid_to else "")


def _edits(hit: Hit) -> Iterator[PageLine]:
    """POA exemption and the edit lists of the code, in words."""
    if hit.system is System.CM and hit.billable:
        exempt = {
            True: "exempt from POA reporting",
            False: "POA is reported",
            None: "not known (no list imported)",
        }
        yield from _lines(f"POA: {exempt[hit.poa_exempt]}")
    for mark in hit.marks:
        yield from _lines(f"{MARKS.get(mark, mark)}")
    if hit.system is System.CM and hit.billable:
        yield from _lines(SEX)


def _excluded(codes: CodeStore, hit: Hit) -> Iterator[PageLine]:
    """Beside which principal diagnoses it is no CC or MCC, where Table 6K is imported."""
    if hit.severity and (found := codes.exclusions(hit.code)):
        some = ", ".join(map(dotted, found[:EXCLUDED])) + (" ..." if len(found) > EXCLUDED else "")
        yield from _lines(f"no {hit.severity} beside {len(found):,} principal diagnoses: {some}")


def _place(key: str, title: str) -> list[PageLine]:
    return _lines(f"{written(key)}  {title}", leads=key)


def _note(note: Note, leads: str = "") -> list[PageLine]:
    to = leads or next((each.first for each in references(note.text)), "")
    return _lines(f"{written(note.key)} {KINDS.get(note.kind, note.kind)}: {note.text}", leads=to)


def _hit(hit: Hit) -> list[PageLine]:
    return _lines(f"{hit.shown}  {hit.text}", leads=hit.code)


def _index(codes: CodeStore, hit: Hit) -> Iterator[PageLine]:
    if not codes.alphabetic.books():
        yield from _lines("No Alphabetic Index is imported: recordroom codes import takes its XML files.")
        return
    found = codes.index_paths(hit.code)
    for entry in found:
        yield from _lines(index_line(entry))
    if not found:
        yield from _lines("No term leads to it.")


def index_line(entry: IndexEntry) -> str:
    """A term with its path, as ``Fracture, traumatic > femur > neck S72.00-``."""
    title = " ".join(filter(None, (entry.title, _bracketed(entry.nemod))))
    code = " ".join(filter(None, (entry.code, f"[{entry.manif.strip('[]')}]" if entry.manif else "")))
    return f"{' > '.join((*entry.path, title))}  {code or ' '.join(entry.cells.values())}".rstrip()


def _bracketed(nemod: str) -> str:
    return nemod if not nemod or nemod.startswith("(") else f"({nemod})"


def _hcpcs(codes: CodeStore, code: str, days: Days) -> Iterator[PageLine]:
    facts = codes.hcpcs(code)
    if facts is None:
        return
    said = {
        "Short": facts.short, "Coverage": facts.coverage, "BETOS": facts.betos, "Pricing": facts.pricing,
        "Action": facts.action, "Added": days(facts.added) if facts.added else "",
    }  # fmt: skip
    yield from _lines("; ".join(f"{label} {text}" for label, text in said.items() if text))


def _history(codes: CodeStore, detail: Detail, days: Days) -> Iterator[PageLine]:
    from db.coding.codes_history import came_from, spells, went_to

    title = ""
    for spell in spells(codes, detail):
        until = days(spell.last) if spell.last else "today"
        said = ["billable" if spell.billable else "header"]
        if detail.hit.system is System.CM and spell.billable:
            said.append(
                spell.severity or ("no CC" if spell.first >= codes.severities_from else "CC not known")
            )
            said.append({True: "POA exempt", False: "POA reported", None: "POA not known"}[spell.exempt])
        text = "" if spell.title == title else spell.title
        title = spell.title
        yield from _lines(
            f"{days(spell.first)} - {until:<10}  {', '.join(said)}  {text}".rstrip(), indent="  "
        )
    for word, hits in (("Came from", came_from(codes, detail)), ("Since then", went_to(codes, detail))):
        for each in hits:
            yield from _lines(f"{word}: {each.shown}  {each.text}", leads=each.code)


def _lines(text: str, indent: str = "  ", leads: str = "") -> list[PageLine]:
    return [PageLine(line, leads) for line in wrapped(text, indent)]


def wrapped(text: str, indent: str = "") -> list[str]:
    """``text`` in lines of the page's width, what goes on further in."""
    lines, line = [], indent
    for word in text.split(" "):
        if line.strip() and cells(line) + cells(word) + 1 > WIDTH:
            lines.append(line.rstrip())
            line = indent + "  "
        line = f"{line} {word}" if line.strip() else line + word
    return [*lines, line.rstrip()]


def groups(lines: Iterable[PageLine], size: int) -> Iterator[Sequence[PageLine]]:
    """The lines in pages of ``size``."""
    listed = list(lines)
    yield from (listed[at : at + size] for at in range(0, len(listed), size))
