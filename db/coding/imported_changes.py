"""What the last import of official files changed in the code store: a file beside the copies of what was imported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.text import clean

LAST_IMPORT = "last-import.tsv"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two code stores; ``since`` is the first day that it is about, as 20261001."""

    system: str
    code: str
    kind: str  # new, gone, title, dates, severity, poa, weight, index, facility
    since: int
    old: str
    new: str


def written(differences: Iterable[Difference], sources: Sequence[str]) -> bytes:
    """Differences as a file: the first line says what was imported, then tab-separated rows."""
    lines = [clean(", ".join(sources) or "taken out")]
    lines += [
        "\t".join((each.system, each.code, each.kind, str(each.since), each.old, each.new))
        for each in differences
    ]
    return ("\n".join(lines) + "\n").encode()


def last_import(folder: Path) -> tuple[str, list[Difference]]:
    """What the last import into a folder was, and what it changed. Nothing where there was none."""
    try:
        lines = (folder / LAST_IMPORT).read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return "", []
    rows = (line.split("\t") for line in lines[1:] if line)
    return lines[0], [Difference(row[0], row[1], row[2], int(row[3]), row[4], row[5]) for row in rows]
