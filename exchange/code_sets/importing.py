"""Takes official files in: each is checked whole, a copy is kept beside the code store, and the store built anew.

A file that is refused, a full disk and a killed process leave the old store and its inputs as they were: copies are
written first, under names of their own; then the new store; then the manifest and the store take their places.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.code_sources import (
    FOLDER,
    MANIFEST,
    CodeSource,
    cache,
    cached_store,
    code_sources,
    imported,
    manifest,
)
from db.coding.imported_changes import LAST_IMPORT, Difference, written
from db.files import replace_file
from exchange.code_sets.against import Known, checked
from exchange.code_sets.build import Progress, build
from exchange.code_sets.differences import between
from exchange.code_sets.kinds import KINDS, edition, first_day, recognised
from exchange.code_sets.official import Official, Refused
from rules.text import clean

LOCK = ".lock"
LARGEST = 300_000_000  # bytes; the largest official file has 20 million
_QUIET: Progress = lambda text: None  # noqa: E731


@dataclass(frozen=True, slots=True)
class Said:
    """What whoever imports says about the files."""

    kind: str = ""
    edition: str = ""
    set_name: str = ""
    title: str = ""
    licence_holder: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken in, or was there already."""

    file: str
    source: CodeSource
    rows: int = 0
    remarks: tuple[str, ...] = ()
    new: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import, or the removal of one, made of a code store."""

    path: Path
    taken: tuple[Taken, ...] = ()
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """Where a code store and the copies of its inputs lie; ``file`` None is the user's cache."""

    file: Path | None = None
    shipped: Callable[[], dict[str, CodeSource]] = code_sources

    @property
    def folder(self) -> Path:
        return (self.file.parent if self.file else cache()) / FOLDER

    def path(self, sources: dict[str, CodeSource]) -> Path:
        """The code store of these inputs."""
        return self.file or cached_store(sources)

    def sources(self) -> dict[str, CodeSource]:
        """The inputs that are there. Raises ``SourceMissing``."""
        return self.shipped() | imported(self.folder)


def import_files(paths: Sequence[Path], home: Home, said: Said, *, progress: Progress = _QUIET) -> Outcome:
    """Take files in, all or none. Raises ``Refused``, ``SourceMissing`` and ``OSError``; nothing has changed then."""
    with _alone(home):
        old = home.sources()
        current = build(home.path(old), sources=old, progress=progress).path
        known = Known(current)
        try:
            read = [_read_in(path, home, old, said, known) for path in paths]
        finally:
            known.close()
        taken = [each for each, _ in read]
        new = {each.source.name: each.source for each in taken if each.new}
        if len(new) < sum(each.new for each in taken):
            raise Refused("Two of the files are of the same kind and year: import the right one alone.")
        if not new:
            return Outcome(current, tuple(taken))
        try:
            for each, packed in read:
                if each.new:
                    replace_file(each.source.file, packed)
            return _replaced(home, old, old | new, tuple(taken), progress)
        finally:
            _tidy(home)


def remove(kind: str, edition_or_set: str, home: Home, *, progress: Progress = _QUIET) -> Outcome:
    """Take an imported file out again. Raises ``Refused`` when it is not there."""
    with _alone(home):
        old = home.sources()
        names = [
            name for name, source in old.items()
            if source.kind == kind and edition_or_set in (source.edition, name.split(" ")[1])
        ]  # fmt: skip
        if not names:
            there = ", ".join(sorted(name for name, source in old.items() if source.kind)) or "nothing"
            raise Refused(f"{kind} {edition_or_set} is not imported: there is {there}.")
        left = {name: source for name, source in old.items() if name not in names}
        try:
            return _replaced(home, old, left, (), progress)
        finally:
            _tidy(home)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One import at a time."""
    home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(home.folder / LOCK, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_in(
    path: Path, home: Home, old: Mapping[str, CodeSource], said: Said, known: Known
) -> tuple[Taken, bytes]:
    """A file that may be taken in, and the copy of it that is kept."""
    file = _read(path)
    taken = _taken(file, home, old, said, known)
    return taken, gzip.compress(file.data, 6, mtime=0) if taken.new else b""


def _taken(file: Official, home: Home, old: Mapping[str, CodeSource], said: Said, known: Known) -> Taken:
    digest = hashlib.sha256(file.data).hexdigest()
    same = next((each for each in old.values() if each.sha256 == digest and _fits(each, said)), None)
    if same is not None:
        return Taken(file.name, same, new=False)
    if said.kind and said.kind not in KINDS:
        raise Refused(f"{clean(said.kind)} is no kind of file: --list lists the kinds.")
    kind = KINDS[said.kind] if said.kind else recognised(file)
    rows = kind.read(file)
    found = checked(file, kind, rows, edition(file, kind, rows, said.edition), known, said=bool(said.edition))
    parts = [kind.name, _set_name(file, said) if kind.name == "facility" else "", found.edition]
    source = CodeSource(
        " ".join(part for part in parts if part), found.edition or "imported",
        home.folder / f"{'-'.join(part for part in parts if part)}-{digest[:12]}.gz",
        kind.name, found.edition, first_day(found.edition), file.name, digest, clean(said.title or said.set_name),
        clean(said.licence_holder), datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    return Taken(file.name, source, len(rows), found.remarks)


def _read(path: Path) -> Official:
    if path.is_dir():
        raise Refused(f"{path} is a folder: name the files in it.")
    if not path.is_file():
        raise Refused(f"{path} is not there: check the name.")
    if path.stat().st_size > LARGEST:
        raise Refused(f"{path} has more than {LARGEST:,} bytes, as no official file has: name the right one.")
    return Official(clean(path.name), path.read_bytes())


def _fits(source: CodeSource, said: Said) -> bool:
    return (
        said.edition in ("", source.edition)
        and said.kind in ("", source.kind)
        and (not said.set_name or source.name.split(" ")[1:2] == [said.set_name])
        and said.licence_holder in ("", source.licence_holder)
    )


def _set_name(file: Official, said: Said) -> str:
    if not said.set_name.isalnum() or not said.set_name.isascii():
        raise file.refused("it is a facility's own set", todo="name it in one word with --set, such as cpt")
    if not said.licence_holder.strip():
        todo = "name them with --licence-holder, such as 'American Medical Association', or 'none'"
        raise file.refused(
            "it is a facility's own set, and nobody says who holds the licence of its texts", todo=todo
        )
    return said.set_name.casefold()


def _replaced(
    home: Home,
    old: dict[str, CodeSource],
    new: dict[str, CodeSource],
    taken: tuple[Taken, ...],
    progress: Progress,
) -> Outcome:
    """Build the store of the ``new`` inputs and put it, with its manifest, in the place of the old one."""
    before = home.path(old)
    found: list[Difference] = []

    def settle(part: Path) -> None:
        found.extend(between(before, part))
        replace_file(home.folder / LAST_IMPORT, written(found, [each.source.name for each in taken]))
        replace_file(home.folder / MANIFEST, manifest(new).encode())

    path = build(home.path(new), sources=new, progress=progress, again=True, settle=settle).path
    if before != path:
        before.unlink(missing_ok=True)
    return Outcome(path, taken, tuple(found))


def _tidy(home: Home) -> None:
    """Remove copies that no manifest names: of a refused or killed import, or replaced."""
    kept = {source.file.name for source in imported(home.folder).values()}
    for file in home.folder.glob("*.gz"):
        if file.name not in kept:
            file.unlink(missing_ok=True)
