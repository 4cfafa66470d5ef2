"""Records of a data set as a table: one row for each, one column for each item and each row of a group in use.

The columns carry the paths of the items, so that what was exported can be mended and imported again. Overrides
are no items: they stand in a column of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from config.data_sets import SITE, library
from db import store
from db.abstracting import abstracts
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import large_cache, snapshot
from db.files import replacing
from db.registry import cases, registries
from db.registry.cases import Case
from db.worklist import blind
from exchange.records_import import NAMING
from rules.dictionary import Dictionary, Group, row_path, split_path
from rules.findings import Told
from rules.overrides import MARK, kept

HEAD: Final = ("number", "status", "version", "revision", "filed_utc", "filed_by")
AT_ONCE: Final = 500
NEWLINE: Final = "\n"  # between the numbers that are hashed


class NoRecords(Told):
    """The data set cannot be exported: one sentence."""


Writer = Callable[[Path, str, Sequence[str], Iterable[Sequence[str]]], None]
"""Writes a table to a file row by row: the file, a title, the keys of the columns, and the rows, all text."""


@dataclass(slots=True)
class _Surveyed:
    """What the first reading of the records found: the columns in use, how many there are, and which."""

    count: int = 0
    numbers: Any = field(default_factory=hashlib.sha256)
    most: dict[str, int] = field(default_factory=dict)  # rows of each group
    strange: dict[str, None] = field(default_factory=dict)  # paths that the data set does not have (any more)
    in_review: set[int] = field(default_factory=set)  # of whoever exports


def export_records(
    actor: Actor, data_set: str, path: Path, write: Writer, *, form: str = "", status: str = "", from_day: str = "",
    to_day: str = "",
) -> int:  # fmt: skip
    """Write all records in use, oldest number first, as one audited act with a hash of their numbers.

    The records are read twice in one snapshot, for the columns and for the rows, and never held together. The file
    takes its name once the act is in the audit trail. ``from_day`` and ``to_day`` are ISO days of the record's date.
    Returns how many. Raises ``NotPermitted``, ``NoRecords``, ``KeptBlind``, ``OSError``.
    """
    try:
        dictionary = library(store.current().directory / SITE).of(data_set)
    except LookupError as error:
        raise NoRecords(str(error)) from error
    if dictionary.registry is None and data_set != abstracts.DATA_SET:
        raise NoRecords(f"{dictionary.title} keeps its records elsewhere: it cannot be exported from here.")
    permit(actor, Action.EXPORT, kind=data_set, record=path.name)
    registries.check_role(actor, dictionary)

    def asked() -> Iterator[Case]:
        return (case for case in _records(data_set, status) if _within(dictionary, case, from_day, to_day))

    with replacing(path) as file:
        with large_cache(), snapshot():
            found = _surveyed(dictionary, asked(), blind.in_hand(actor.user))
            if not found.in_review:
                paths = _columns(dictionary, found)
                write(
                    file,
                    dictionary.title,
                    (*HEAD, *paths, "overrides"),
                    (_row(case, paths) for case in asked()),
                )
        detail = {
            "count": found.count, "format": form, "file": path.name, "sha256": found.numbers.hexdigest(),
            "status": status,
        }  # fmt: skip
        viewed(actor, Action.EXPORT, kind=data_set, record=path.name, detail=detail, cases=found.in_review)
    return found.count


def _records(data_set: str, status: str) -> Iterator[Case]:
    after = 0
    while some := cases.whole(data_set, after, AT_ONCE, status=status):
        yield from some
        after = some[-1].id


def _within(dictionary: Dictionary, case: Case, first: str, last: str) -> bool:
    day = case.record.get(dictionary.dated_by, "")[:10]
    return (not first or (bool(day) and day >= first)) and (not last or (bool(day) and day <= last))


def _surveyed(dictionary: Dictionary, records: Iterable[Case], held: Container[int]) -> _Surveyed:
    found = _Surveyed()
    for case in records:
        found.numbers.update(f"{NEWLINE * bool(found.count)}{case.number}".encode())
        found.count += 1
        if case.id in held:
            found.in_review.add(case.id)
        for path in case.record:
            group, row, _ = split_path(path)
            if group:
                found.most[group] = max(row, found.most.get(group, 0))
            if dictionary.item_at(path) is None and not path.startswith(MARK):
                found.strange[path] = None
    return found


def _columns(dictionary: Dictionary, used: _Surveyed) -> list[str]:
    """Every item of the data set, of groups as many rows as some record fills, then what is no item."""
    found = [name for name in NAMING[1:] if name in dictionary.by_id]
    for part in dictionary.parts():
        if isinstance(part, Group):
            rows = range(1, used.most.get(part.id, 1) + 1)
            found += [row_path(part.id, row, column.id) for row in rows for column in part.items]
        elif part.id not in found:
            found.append(part.id)
    return [*found, *sorted(used.strange)]


def _row(case: Case, paths: Sequence[str]) -> tuple[str, ...]:
    let_stand = "; ".join(f"{each.code} {each.field} {each.said}".strip() for each in kept(case.record))
    head = (case.number, case.status, case.version, str(case.revision), str(case.filed_utc), case.filed_by)
    return (*head, *(case.record.get(path, "") for path in paths), let_stand)
