"""Builds the code store from the installed packages, the shipped seeds and the imported official files.

The same inputs give the same bytes. What an official file says goes before a seed, and a seed before a package; what
is valid when, CC and MCC and the edit lists come from the grouper and code editor themselves, asked day by day.
"""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.code_sources import EXPANSIONS, CodeSource, cached_store, code_store, fingerprint
from config.code_sources import inputs as all_inputs
from exchange.code_sets import books, diagnoses, procedures
from exchange.code_sets.contents import Contents, Imports, as_date
from exchange.code_sets.validity import severity_rows
from exchange.code_sets.write import write
from rules.codes import System


@dataclass(frozen=True, slots=True)
class Built:
    """What ``build`` made."""

    path: Path
    counts: dict[str, int]
    made: bool = True  # False when the file was there already


KEPT: Final = 2  # code stores of one user's cache: the newest, and one for an installation of another release
Progress = Callable[[str], None]
FIRST = "No code sets are built yet"
CHANGED = "What the code sets are built of has changed (program, tables or imported files)"


def build(
    path: Path,
    *,
    progress: Progress = lambda text: None,
    again: bool = False,
    sources: Mapping[str, CodeSource] | None = None,
    settle: Callable[[Path], None] = lambda part: None,
) -> Built:
    """Build the code store at ``path`` unless it is there for the same inputs; replaced by rename.

    ``sources`` are what is installed and imported unless given. ``settle`` is called with the new file before it
    takes its place. Raises ``config.code_sources.SourceMissing`` and ``OSError``; an older file then stays as it was.
    """
    sources = dict(sources or all_inputs(path))
    inputs = fingerprint(sources)
    if not again and (counts := _counts_of(path, inputs)):
        return Built(path, counts, made=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _nothing_collected():
            contents = collect(sources, progress)
            progress("Writing the code store.")
            counts = write(part, contents, sources, inputs)
        settle(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Built(path, counts)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What a build makes stays until it ends: to look for rubbish in it takes a sixth of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _clear(path: Path) -> None:
    """Remove what builds left behind that were killed."""
    for part in path.parent.glob(".codes*.part"):
        process = part.name.split(".")[-2]
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            part.unlink(missing_ok=True)
        except (OSError, ValueError):
            continue  # another account's, or not ours


def _counts_of(path: Path, inputs: str) -> dict[str, int]:
    """Counts of the code store at ``path`` when it was built from ``inputs``, else nothing."""
    if not path.is_file():
        return {}
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        try:
            meta = dict(connection.execute("SELECT name, value FROM meta"))
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return {}
    if meta.get("inputs") != inputs:
        return {}
    return {
        name.removeprefix("count "): int(value) for name, value in meta.items() if name.startswith("count ")
    }


def collect(sources: Mapping[str, CodeSource], progress: Progress = lambda text: None) -> Contents:
    """What the code store of ``sources`` holds. Raises ``SourceMissing`` and ``OSError``."""
    contents, imports = Contents(), Imports(sources)
    contents.rows = imports.rows()
    if EXPANSIONS in sources:
        contents.expansions = sources[EXPANSIONS].read().decode()
    progress("Reading ICD-10-CM, and asking the code editor which codes are valid when.")
    through = [diagnoses.collect(contents, sources, imports)]
    progress("The same for ICD-10-PCS.")
    through.append(procedures.collect(contents, sources, imports))
    procedures.collect_hcpcs(contents, imports)
    progress("Asking the grouper for CC and MCC.")
    codes = sorted({each.code for each in contents.versions if each.system is System.CM and each.billable})
    contents.severity = severity_rows(codes, imports)
    contents.rows["grouper"] = len(contents.severity)
    books.collect(contents, sources, imports)
    contents.meta |= {"valid_through": as_date(min(through)).isoformat()} | books.differences(
        contents, imports
    )
    return contents


def ready(store: Path | None = None, *, progress: Progress = lambda text: None) -> Path:
    """The code store to use (see ``config.code_sources.code_store``), built first when the user's cache has none.

    Raises ``config.code_sources.SourceMissing`` and ``OSError``.
    """
    path = code_store(store)
    if not path.is_file() and path == cached_store():
        older = any(path.parent.glob("codes-*.db"))
        progress(f"{CHANGED if older else FIRST}: building the code sets, which takes half a minute.")
        build(path, progress=progress)
        _forget_older(path)
    return path


def _forget_older(path: Path) -> None:
    """Keep the code store just made and the one made before it: an upgrade leaves no pile of them in a cache."""
    made = sorted(path.parent.glob("codes-*.db"), key=lambda each: each.stat().st_mtime_ns)
    for older in made[:-KEPT]:
        older.unlink(missing_ok=True)
