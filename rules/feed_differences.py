"""What a technician keyed against what the feed says: who wins, what follows, and what is to be shown.

1. An item that was filed just as the feed had it follows the feed.
2. An item that was keyed otherwise wins over whatever the feed says later; the difference is shown until the two
   agree, or somebody takes the feed's value.
3. An item that cannot be keyed always follows.
4. Residence, name and marital status are those of the stay: what changes about them long after the discharge is
   no correction of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from rules.dictionary import Record, split_path

Items = Mapping[str, str]
"""Values by item; a group such as ``races`` is one item, its rows as one text."""

PERSONAL: Final = frozenset(
    {
        "last_name",
        "first_name",
        "middle_name",
        "marital",
        "street",
        "city",
        "state",
        "zip",
        "county",
        "country",
    }
)
"""Items of the person that change with time without having been wrong."""

ROW, _CELL = "|", "~"


@dataclass(frozen=True, slots=True)
class Difference:
    """An item of the abstract that was keyed otherwise than the feed says now."""

    item: str
    filed: str
    feed: str


@dataclass(frozen=True, slots=True)
class Merged:
    """An abstract with the feed's present word: the record, what followed (old and new), and what differs."""

    record: Record
    followed: Mapping[str, tuple[str, str]]
    differences: Mapping[str, Difference]


def items_of(record: Record) -> dict[str, str]:
    """The values of a record by item, the rows of a group together."""
    found: dict[str, str] = {}
    groups: dict[str, dict[int, dict[str, str]]] = {}
    for path, value in record.items():
        group, row, column = split_path(path)
        if not value:
            continue
        if group:
            groups.setdefault(group, {}).setdefault(row, {})[column] = value
        else:
            found[path] = value
    for group, rows in groups.items():
        found[group] = ROW.join(_row_text(rows[number]) for number in sorted(rows))
    return found


def _row_text(cells: Mapping[str, str]) -> str:
    if len(cells) == 1:
        return next(iter(cells.values()))
    return _CELL.join(f"{column}={cells[column]}" for column in sorted(cells))


def taken_from(record: Record, items: Collection[str], source: Record) -> dict[str, str]:
    """``record`` with ``items`` as ``source`` has them, a group with all its rows."""
    kept = {path: value for path, value in record.items() if item_of(path) not in items}
    return kept | {path: value for path, value in source.items() if value and item_of(path) in items}


def merged(filed: Record, fed: Items, feed: Record, *, fixed: Callable[[str], bool]) -> Merged:
    """An abstract as it is to be shown now.

    ``filed`` is what was filed (or keyed), ``fed`` what the feed said then, ``feed`` what it says now. ``fixed``
    says which items cannot be keyed.
    """
    now, was = items_of(feed), items_of(filed)
    followed: dict[str, tuple[str, str]] = {}
    differences: dict[str, Difference] = {}
    for item in sorted({*fed, *now}):
        value, then, says = was.get(item, ""), fed.get(item, ""), now.get(item, "")
        if value == says:
            continue
        if fixed(item) or value == then:
            followed[item] = (value, says)
        elif says or then:
            differences[item] = Difference(item, value, says)
    record = taken_from(filed, followed, feed) if followed else dict(filed)
    return Merged(record, followed, differences)


def news(
    filed: Record, heard: Items, feed: Items, *, fixed: Callable[[str], bool]
) -> dict[str, tuple[str, str]]:
    """What the feed has come to say otherwise, old and new, as far as it touches the abstract.

    ``heard`` is what the feed was last heard to say. News that only agree with what was filed touch nothing.
    """
    was = items_of(filed)
    return {
        item: (heard.get(item, ""), feed.get(item, ""))
        for item in sorted({*heard, *feed})
        if heard.get(item, "") != feed.get(item, "")
        and (fixed(item) or was.get(item, "") != feed.get(item, ""))
    }


def as_of_the_stay(feed: Record, fed: Items, days_since_discharge: int, limit: int) -> dict[str, str]:
    """What the feed says about the stay: long after the discharge the person's items stand as they were."""
    if days_since_discharge <= limit:
        return dict(feed)
    kept = {path: value for path, value in feed.items() if path not in PERSONAL}
    return kept | {item: fed[item] for item in PERSONAL if fed.get(item)}


def item_of(path: str) -> str:
    """The item that a path belongs to: a group for its rows."""
    return split_path(path)[0] or path
