"""Records of a data set as a table: one row for each, one column for each item and each row of a group in use.

The columns carry the paths of the items, so that what was exported can be mended and imported again. Overrides
are no items: they stand in a column of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from config.data_sets import SITE, library
from db import store
from db.abstracting import abstracts
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import large_cache
from db.registry import cases, registries
from db.registry.cases import Case
from exchange.records_import import NAMING
from rules.dictionary import Dictionary, Group, row_path, split_path
from rules.findings import Told
from rules.overrides import kept

HEAD: Final = ("number", "status", "version", "revision", "filed_utc", "filed_by")
AT_ONCE: Final = 500


class NoRecords(Told):
    """The data set cannot be exported: one sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was exported: the keys of the columns and the rows, all text."""

    title: str
    keys: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def export_records(
    actor: Actor, data_set: str, form: str, file: str, *, status: str = "", from_day: str = "", to_day: str = ""
) -> Table:  # fmt: skip
    """All records in use, oldest number first, as one audited act with a hash of their numbers.

    ``from_day`` and ``to_day`` are ISO days of the record's date. Raises ``NotPermitted``, ``NoRecords``.
    """
    try:
        dictionary = library(store.current().directory / SITE).of(data_set)
    except LookupError as error:
        raise NoRecords(str(error)) from error
    if dictionary.registry is None and data_set != abstracts.DATA_SET:
        raise NoRecords(f"{dictionary.title} keeps its records elsewhere: it cannot be exported from here.")
    permit(actor, Action.EXPORT, kind=data_set, record=file)
    registries.check_role(actor, dictionary)
    with large_cache():
        found = [case for case in _records(data_set, status) if _within(dictionary, case, from_day, to_day)]
    numbers = hashlib.sha256("\n".join(case.number for case in found).encode()).hexdigest()
    detail = {"count": len(found), "format": form, "file": file, "sha256": numbers, "status": status}
    viewed(actor, Action.EXPORT, kind=data_set, record=file, detail=detail)
    paths = used(dictionary, found)
    rows = [_row(case, paths) for case in found]
    return Table(dictionary.title, (*HEAD, *paths, "overrides"), rows)


def _records(data_set: str, status: str) -> Iterator[Case]:
    after = 0
    while some := cases.whole(data_set, after, AT_ONCE, status=status):
        yield from some
        after = some[-1].id


def _within(dictionary: Dictionary, case: Case, first: str, last: str) -> bool:
    day = case.record.get(dictionary.dated_by, "")[:10]
    return (not first or (bool(day) and day >= first)) and (not last or (bool(day) and day <= last))


def used(dictionary: Dictionary, records: Sequence[Case]) -> list[str]:
    """The columns: every item of the data set, of groups as many rows as some record fills, then what is no item."""
    most: dict[str, int] = {}
    strange: dict[str, None] = {}
    for case in records:
        for path in case.record:
            group, row, _ = split_path(path)
            if group:
                most[group] = max(row, most.get(group, 0))
            if dictionary.item_at(path) is None and not path.startswith("!"):
                strange[path] = None
    found = [name for name in NAMING[1:] if name in dictionary.by_id]
    for part in dictionary.parts():
        if isinstance(part, Group):
            rows = range(1, most.get(part.id, 1) + 1)
            found += [row_path(part.id, row, column.id) for row in rows for column in part.items]
        elif part.id not in found:
            found.append(part.id)
    return [*found, *sorted(strange)]


def _row(case: Case, paths: Sequence[str]) -> tuple[str, ...]:
    let_stand = "; ".join(f"{each.code} {each.field} {each.said}".strip() for each in kept(case.record))
    head = (case.number, case.status, case.version, str(case.revision), str(case.filed_utc), case.filed_by)
    return (*head, *(case.record.get(path, "") for path in paths), let_stand)
