"""What the feed says about an abstract: kept when it is filed, compared when it changes, shown until it is settled.

Tables: ``abstract_cycle.fed`` and ``heard``, ``abstract_difference``. Everything works inside the caller's
transaction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from config.data_sets import DictionaryError, dictionary_for
from db import store
from db.abstracting import counts, lifecycle
from db.abstracting.abstract_feed import from_account
from db.abstracting.filed_abstracts import FiledAbstract, settled
from db.actors import Action, Actor
from db.acts import act, viewed
from db.changes import Source
from db.connect import database
from db.conventions import convention
from db.hospital import encounter_lists
from db.hospital.encounter_lists import Encounter
from db.worklist import blind
from rules.dictionary import Dictionary, Group, Record
from rules.feed_differences import ROW, Difference, Merged, as_of_the_stay, items_of, merged, news
from rules.lifecycle import Act
from rules.values import shown

UNASKED: Final = frozenset({"consultations"})  # filled in by the feed, and there to be keyed
MOST_NAMED: Final = 6  # items that a reason names; the history has all


def present(
    stay: Encounter, given: Record, abstract: FiledAbstract | None, words: Mapping[str, str] | None = None,
    follow_days: int | None = None,
) -> dict[str, str]:  # fmt: skip
    """What the feed says now. ``given`` is what account and chart hold, in which the technician's word may stand.

    ``follow_days`` is the setting ``abstract_follow_days`` when it was read before.
    """
    told = dict(given)
    if abstract is None or abstract.fed is None:
        return told
    heard = abstract.heard or {}
    for item in settled(moved="path" in given):
        value = abstract.record.get(item, "")
        if value and value != abstract.fed.get(item, "") and told.get(item, "") == value:
            word = (words or {}).get(item, heard.get(item, ""))
            told = (
                {**told, item: word} if word else {path: each for path, each in told.items() if path != item}
            )
    since = store.current().now().day - stay.discharge_day if stay.discharge_day is not None else 0
    if follow_days is None:
        follow_days = int(convention("abstract_follow_days"))
    return as_of_the_stay(told, abstract.fed, since, follow_days)


def merge(
    abstract: FiledAbstract, feed: Record, dictionary: Dictionary, fixed: Callable[[str], bool] | None = None
) -> Merged:
    """An abstract as it is to be shown now. ``fixed`` is ``cannot_be_keyed(dictionary)`` when it is at hand."""
    fed = abstract.fed
    if fed is None:  # filed before it was kept: what was filed stands, and what differs is shown
        fed = items_of(feed)
    return merged(abstract.record, fed, feed, fixed=fixed or cannot_be_keyed(dictionary))


def keep(case_id: int, filed: Record, feed: Record, dictionary: Dictionary) -> None:
    """Keep what the feed said when an abstract was filed, and what was keyed otherwise."""
    fed = json.dumps(items_of(feed), ensure_ascii=False, sort_keys=True)
    database.execute_sql(
        "INSERT INTO abstract_cycle (case_id, fed, heard) VALUES (?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET"
        " fed = excluded.fed, heard = excluded.heard",
        (case_id, fed, fed),
    )
    told = merged(filed, items_of(feed), feed, fixed=cannot_be_keyed(dictionary))
    _write_differences(case_id, told.differences, "filed", seen=True)


def compare(abstract: FiledAbstract, source: Source, words: Mapping[str, str]) -> None:
    """An account or chart has changed: note what differs now, and reopen the abstract if it is touched."""
    stay = encounter_lists.get(abstract.encounter_id)
    dictionary = _dictionary(stay.discharged_at[:10])
    feed = present(stay, from_account(stay), abstract, words)
    said, fixed = items_of(feed), cannot_be_keyed(dictionary)
    heard = abstract.heard
    if heard is None:
        was = items_of(abstract.record)
        # What the record has no word of was not kept when it was filed: that is no news.
        new = {item for item in said if fixed(item) or item in UNASKED} - was.keys()
        heard = {
            item: said[item] if item in new else was[item] for item in said if item in new or item in was
        }
    if said == heard:
        return
    touched = news(abstract.record, heard, said, fixed=fixed)
    touched = {item: change for item, change in touched.items() if _item_label(dictionary, item)}
    now = json.dumps(said, ensure_ascii=False, sort_keys=True)
    then = json.dumps(abstract.fed if abstract.fed is not None else heard, ensure_ascii=False, sort_keys=True)
    database.execute_sql(
        "INSERT INTO abstract_cycle (case_id, fed, heard) VALUES (?, ?, ?)"
        " ON CONFLICT (case_id) DO UPDATE SET heard = excluded.heard,"
        " fed = CASE fed WHEN '' THEN excluded.fed ELSE fed END",
        (abstract.case_id, then, now),
    )
    told = merged(abstract.record, json.loads(then), feed, fixed=fixed)
    where_from = words_of(source)
    _write_differences(abstract.case_id, told.differences, where_from)
    if touched:
        reason = f"{where_from} changed {in_words(dictionary, touched)}"
        lifecycle.follow(abstract.case_id, Act.CHANGE, reason, source, tuple(touched))


def forget(case_id: int) -> None:
    """The abstract is void: nothing of it differs from the feed any more."""
    _write_differences(case_id, {}, "")


def _dictionary(day: str) -> Dictionary:
    """The data set in force; the one that came with the program while the site's own cannot be read.

    A mistake in a file of the site must not hold up a feed.
    """
    try:
        return dictionary_for("abstract", day, store.current().directory)
    except (DictionaryError, LookupError):
        return dictionary_for("abstract")


def differences(case_id: int) -> dict[str, Difference]:
    """Items of an abstract that were keyed otherwise than the feed says."""
    rows = database.execute_sql(
        "SELECT item, filed, feed FROM abstract_difference WHERE case_id = ? ORDER BY item", (case_id,)
    )
    return {item: Difference(item, filed, feed) for item, filed, feed in rows}


def _write_differences(
    case_id: int, found: Mapping[str, Difference], where_from: str, *, seen: bool = False
) -> None:
    """The differences as they stand now; one that somebody has looked at stays so while it is the same."""
    known = {
        item: (filed, feed)
        for item, filed, feed in database.execute_sql(
            "SELECT item, filed, feed FROM abstract_difference WHERE case_id = ?", (case_id,)
        )
    }
    now = int(time.time())
    for item in known.keys() - found.keys():
        database.execute_sql(
            "DELETE FROM abstract_difference WHERE case_id = ? AND item = ?", (case_id, item)
        )
    for item, each in found.items():
        if known.get(item) == (each.filed, each.feed) and not seen:
            continue
        database.execute_sql(
            "INSERT INTO abstract_difference (case_id, item, filed, feed, since_utc, source, seen_utc)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id, item) DO UPDATE SET filed = excluded.filed,"
            " feed = excluded.feed, since_utc = excluded.since_utc, source = excluded.source,"
            " seen_utc = excluded.seen_utc, seen_by = ''",
            (case_id, item, each.filed, each.feed, now, where_from, now if seen else None),
        )


def words_of(source: Source) -> str:
    """Where a change came from, as people know it: ``A08 of 11/21/2026 0730``, ``jsmith``, ``Import 12``."""
    kind, _, number = source.origin.partition(" ")
    if kind == "hl7" and number.isdecimal():
        row = database.execute_sql(
            "SELECT event, received_utc FROM received_message WHERE id = ?", (int(number),)
        ).fetchone()
        if row:
            from rules.moments import moment_at

            return f"{row[0]} of {shown(moment_at(row[1], store.current().zone).local)}"
    if kind == "csv":
        return f"Import {number}"
    return source.by


def in_words(dictionary: Dictionary, changed: Mapping[str, tuple[str, str]]) -> str:
    """Changed items in a sentence: ``Disposition 01 to 03, Payer blank to MCR``."""
    named = [
        f"{_item_label(dictionary, item)} {text_of(dictionary, item, old)} to {text_of(dictionary, item, new)}"
        for item, (old, new) in changed.items()
    ]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more


def text_of(dictionary: Dictionary, item: str, text: str) -> str:
    """A value as a sentence says it: a day as people write it, a table of several columns by its rows."""
    if not text:
        return "blank"
    if any(
        part.id == item and isinstance(part, Group) and len(part.items) > 1 for part in dictionary.parts()
    ):
        rows = text.count(ROW) + 1
        return "1 row" if rows == 1 else f"{rows} rows"
    return shown(text)


def _item_label(dictionary: Dictionary, item: str) -> str:
    return next((part.label for part in dictionary.parts() if part.id == item), "")


def cannot_be_keyed(dictionary: Dictionary) -> Callable[[str], bool]:
    """Whether an item cannot be keyed: a read-only one, a group of nothing else, or none of the data set's."""
    keyed = _keyed(dictionary)
    return lambda item: item not in keyed


def _keyed(dictionary: Dictionary) -> frozenset[str]:
    found = set()
    for part in dictionary.parts():
        columns = part.items if isinstance(part, Group) else (part,)
        if not all(column.read_only or column.computed for column in columns):
            found.add(part.id)
    return frozenset(found)


# For the form and the list of differences ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitingDifference:
    """A difference that nobody has looked at, with the account that it is about."""

    case_id: int
    account: str
    mrn: str
    item: str
    label: str
    filed: str
    feed: str
    since_utc: int
    source: str
    status: str

    @property
    def key(self) -> tuple[int, int, str]:
        return (self.since_utc, self.case_id, self.item)


def resumed(draft: Record, fed: Mapping[str, str], feed: Record, dictionary: Dictionary) -> Merged:
    """A draft over what the feed says by now; ``fed`` is what it said when the draft was kept."""
    return merged(draft, fed, feed, fixed=cannot_be_keyed(dictionary))


def differing(
    record: Record, feed: Record, known: Iterable[Difference], dictionary: Dictionary
) -> list[Difference]:
    """Items of a record that can be keyed and hold something else than the feed says now."""
    fixed, values, said = cannot_be_keyed(dictionary), items_of(record), items_of(feed)
    found = [
        Difference(item, values.get(item, ""), text)
        for item, text in said.items()
        if not fixed(item) and values.get(item, "") != text
    ]
    gone = [each for each in known if not each.feed and values.get(each.item) == each.filed]
    return found + gone


def path_of(dictionary: Dictionary, item: str) -> str:
    """Where a difference is shown: at the item, or at the first row of a group."""
    for part in dictionary.parts():
        if part.id == item and isinstance(part, Group):
            return f"{item}[1].{part.items[0].id}"
    return item


def waiting(
    after: tuple[int, int, str] | None = None, limit: int = 50, *, user: str = ""
) -> list[WaitingDifference]:
    """Differences that nobody has looked at, oldest first; ``after`` is the ``key`` of the last one shown.

    What was keyed in an abstract that ``user`` has in hand for a blind review is withheld.
    """
    dictionary, held = _dictionary(""), blind.in_hand(user)
    rows = database.execute_sql(
        "SELECT d.case_id, e.account, p.mrn, d.item, d.filed, d.feed, d.since_utc, d.source, c.status"
        " FROM abstract_difference d JOIN data_case c ON c.id = d.case_id JOIN encounter e ON e.id = c.encounter_id"
        " JOIN patient p ON p.id = c.patient_id"
        " WHERE d.seen_utc IS NULL AND (d.since_utc, d.case_id, d.item) > (?, ?, ?)"
        " ORDER BY d.since_utc, d.case_id, d.item LIMIT ?",
        (*(after or (0, 0, "")), limit),
    )
    return [
        WaitingDifference(
            case_id,
            account,
            mrn,
            item,
            _item_label(dictionary, item) or item,
            blind.WITHHELD if case_id in held else text_of(dictionary, item, filed),
            text_of(dictionary, item, feed),
            *rest,
        )
        for case_id, account, mrn, item, filed, feed, *rest in rows
    ]


def open_list(actor: Actor) -> None:
    """Log that the list of differences is shown."""
    viewed(
        actor, Action.VIEW_ABSTRACT, kind="list", record="differences", detail={"count": counts.differences()}
    )


def keep_own(actor: Actor, case_id: int, item: str) -> None:
    """Somebody has looked and keeps what was keyed: one audited act. The difference stays marked."""
    here = lifecycle.standing(case_id)
    with act(
        actor, Action.FILE_ABSTRACT, kind="account", record=here.number, patient_id=here.patient_id
    ) as done:
        database.execute_sql(
            "UPDATE abstract_difference SET seen_utc = ?, seen_by = ? WHERE case_id = ? AND item = ?",
            (int(time.time()), actor.user, case_id, item),
        )
        done.detail["kept"] = item
