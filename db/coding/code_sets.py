"""The code sets of the open store, for what runs without a session of its own, such as a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from config.code_sources import SourceMissing, code_store
from db import store
from db.coding.codes import CodesMissing, CodeStore


@contextmanager
def opened() -> Iterator[CodeStore | None]:
    """The code sets while they are needed; None where they are not built."""
    directory = store.current().directory
    try:
        codes = CodeStore.open(code_store(directory), directory / "site" / "tables")
    except (CodesMissing, SourceMissing):
        yield None
        return
    try:
        yield codes
    finally:
        codes.close()


def drg_titles(drgs: Iterable[str], day: date) -> dict[str, str]:
    """The titles of MS-DRGs by the Table 5 in force on a day; a DRG that it does not have is left out."""
    with opened() as codes:
        found = {drg: codes.weights(drg, day) for drg in drgs} if codes else {}
    return {drg: weight.title for drg, weight in found.items() if weight}
