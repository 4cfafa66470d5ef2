"""The work queue read: a page in any order, counts by kind and age, and whether the table is what it must be.

``work_item`` is kept by triggers (migration 015). What only the one who asks has, drafts, and what only the patient
index knows, pairs of charts, is added when a page is read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from db import drafts, store
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import database, writing
from db.hospital.encounter_lists import find
from db.worklist.counts import Waiting, waiting
from rules import work
from rules.identity import Name, name_prefix, shown_name
from rules.moments import Moment
from rules.text import clean
from rules.work import ME, NOBODY, Asked, Kind

FEW: Final = 0.2  # of the queue: what asks for less is found by going through it once, and sorted
NEXT: Final = 5  # accounts read at once on the way to one that nobody is changing
SLICE: Final = 2000  # accounts compared at once
_WORDS: Final = ("ABS", "ABQ", "OVR")  # under which abstracts are drafted

Key = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Item:
    """An account in the queue. ``key`` places it in the order that was asked for."""

    encounter_id: int
    key: Key
    account: str
    mrn: str
    patient_name: str
    kinds: int
    since_day: int
    discharge_day: int
    discharged_at: str
    los_days: int
    class_: str
    unit: str
    service: str
    payer: str
    attending: str
    status: str
    errors: int
    value_cents: int | None
    value_from: str  # charges, expected, or blank
    assigned: str
    hold_reason: str  # blank when the hold is over
    hold_until: int
    note: str  # the latest


@dataclass(frozen=True, slots=True)
class _Question:
    """A filter as SQL."""

    where: str
    values: tuple[Any, ...]
    drafted: tuple[int, ...]  # accounts that the asker has drafts of

    def also(self, where: str, *values: Any) -> _Question:
        """The same, narrowed by one more condition."""
        return replace(self, where=f"{self.where} AND {where}", values=(*self.values, *values))


# The list --------------------------------------------------------------------------------------------------


def open_list(actor: Actor, asked: Asked) -> None:
    """Log that the queue is shown, and what was asked for."""
    viewed(actor, Action.VIEW_ENCOUNTER, kind="list", record="work queue", detail={"query": str(asked)})


def page(
    actor: Actor, asked: Asked, after: Key | None = None, limit: int = 50, *, free: bool = False
) -> list[Item]:
    """Accounts in the order asked for; ``after`` is the key of the last one shown. ``free``: that nobody else has."""
    question = _question(actor, asked)
    if free:
        question = question.also("(w.assigned_id IS NULL OR w.assigned_id = ?)", actor.user_id)
    return _items(_places(question, asked, after, limit), asked.order.column, question)


def find_number(actor: Actor, asked: Asked, text: str) -> Key | None:
    """The place, in whatever order, of an account or of the first one of a chart."""
    number = clean(text).strip().upper()
    question = _question(actor, asked).also("(w.account = ? OR w.mrn = ?)", number, number)
    return next(iter(_places(question, asked, None, 1)), None)


def find_name(actor: Actor, asked: Asked, text: str, after: Key | None = None) -> Key | None:
    """The next place, in whatever order, of somebody whose name begins so: ``SMITH``, ``SMI,JO``."""
    last, first = name_prefix(text)
    if not last:
        return None
    begins = f"{_literal(last)}%,{_literal(first)}%" if first else f"{_literal(last)}%"
    question = _question(actor, asked).also("w.name_key LIKE ? ESCAPE '\\'", begins)
    return next(iter(_places(question, asked, after, 1)), None)


def _literal(text: str) -> str:
    """A text in which LIKE finds nothing to mean something else."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def _places(question: _Question, asked: Asked, after: Key | None, limit: int) -> list[Key]:
    column = asked.order.column
    found = _keys(question, asked, column, after, limit)
    if _drafts_count(asked):
        found = sorted({*found, *_loose(question, question.drafted, column, after, limit)})[:limit]
    return found


def count(actor: Actor, asked: Asked) -> Waiting:
    """How many accounts are asked for, and since which day the one that waits longest waits."""
    if asked == work.EVERYTHING:
        found = waiting()
    else:
        question = _question(actor, asked)
        busy = not asked.kinds & (Kind.RELEASE | Kind.WAITING)
        source = "work_item w" if asked.to == ME else _once_through(busy=busy)
        where = f"{question.where} AND w.kinds >= 4" if busy else question.where
        row = database.execute_sql(
            f"SELECT count(*), min(w.since_day) FROM {source} WHERE {where}", question.values
        ).fetchone()
        found = Waiting(row[0], row[1])
    question = _question(actor, asked)
    loose = _loose(question, question.drafted, "since_day", None, 1000) if _drafts_count(asked) else []
    drafts_alone = [id_ for _, id_ in loose if not _is_busy(id_)]
    return Waiting(found.items + len(drafts_alone), found.oldest)


def _is_busy(encounter_id: int) -> bool:
    row = database.execute_sql(
        "SELECT 1 FROM work_item WHERE encounter_id = ? AND kinds >= 4", (encounter_id,)
    ).fetchone()
    return row is not None


def next_of(actor: Actor, asked: Asked, after: Key | None = None) -> Item | None:
    """The account that comes after a place in the queue and that nobody else has or is changing."""
    while True:
        found = page(actor, asked, after, NEXT, free=True)
        for each in found:
            if not _in_hand(actor, each.account):
                return each
        if len(found) < NEXT:
            return None
        after = found[-1].key


def place(actor: Actor, asked: Asked, encounter_id: int) -> Key | None:
    """Where an account stands in an order, whether or not it is asked for."""
    row = database.execute_sql(
        f"SELECT {asked.order.column} FROM work_account WHERE encounter_id = ?", (encounter_id,)
    ).fetchone()
    return None if row is None else (row[0], encounter_id)


def _question(actor: Actor, asked: Asked) -> _Question:
    drafted = _drafted(actor)
    parts: list[str] = []
    values: list[Any] = []

    def add(text: str, *given: Any) -> None:
        parts.append(text)
        values.extend(given)

    _add_kinds(asked, drafted, add)
    for column, codes in asked.among.items():
        add(f"w.{column} IN ({', '.join('?' * len(codes))})", *codes)
    today = store.current().now().day
    if asked.age is not None:
        high, low = asked.age.low, asked.age.high  # the older, the smaller the day
        add("w.discharge_day BETWEEN ? AND ?", 0 if low is None else today - low, today - (high or 0))
    if asked.value is not None:
        low_cents, high_cents = (None if n is None else n * 100 for n in (asked.value.low, asked.value.high))
        add("w.value_cents BETWEEN ? AND ?", low_cents or 0, 2**62 if high_cents is None else high_cents + 99)
    if asked.to == NOBODY:
        add("w.assigned_id IS NULL")
    elif asked.to == ME:
        add("w.assigned_id = ?", actor.user_id)
    elif asked.to:
        add("w.assigned = ? COLLATE NOCASE", asked.to)
    if asked.hold != "ANY":
        add("w.hold_until > ?" if asked.hold == "Y" else "w.hold_until <= ?", today)
    if asked.reasons:
        add(f"w.hold_reason IN ({', '.join('?' * len(asked.reasons))})", *asked.reasons)
    if asked.errors:
        add("w.errors > 0" if asked.errors == "Y" else "w.errors = 0")
    if asked.billed:
        add("w.billed = ?", int(asked.billed == "Y"))
    return _Question(" AND ".join(parts) or "1", tuple(values), drafted)


_PAIRED: Final = (
    "EXISTS (SELECT 1 FROM chart_pair WHERE state <> 'apart' AND low_id = w.patient_id)"
    " OR EXISTS (SELECT 1 FROM chart_pair WHERE state <> 'apart' AND high_id = w.patient_id)"
)


def _add_kinds(asked: Asked, drafted: Sequence[int], add: Any) -> None:
    if not asked.kinds:
        return
    parts = ["w.kinds & ?"]
    if asked.kinds & Kind.DRAFT and drafted:
        parts.append(f"w.encounter_id IN ({', '.join(map(str, drafted))})")
    if asked.kinds & Kind.DUPLICATE:
        parts.append(_PAIRED)
    add(f"({' OR '.join(parts)})", int(asked.kinds & work.STORED))


def _drafts_count(asked: Asked) -> bool:
    """Whether an account is asked for although nothing but a draft of it waits."""
    return not asked.kinds or bool(asked.kinds & Kind.DRAFT)


def _keys(question: _Question, asked: Asked, column: str, after: Key | None, limit: int) -> list[Key]:
    """Places in the queue: along the index of the order, or, when little of it is asked for, gone through once."""
    every = not asked.kinds or bool(
        asked.kinds & ~(Kind.RELEASE | Kind.WAITING | Kind.DRAFT | Kind.DUPLICATE)
    )
    busy = every and not asked.kinds & (Kind.RELEASE | Kind.WAITING)
    if busy and not _asks_for_few(asked):
        source, order = f"work_item w INDEXED BY work_item_{_INDEXES[column]}", f"w.{column}, w.encounter_id"
    else:
        source, order = _once_through(busy=busy), f"+w.{column}, +w.encounter_id"
    where = f"{question.where} AND w.kinds >= 4" if busy else question.where
    if asked.to == ME:
        source = "work_item w"
    values = question.values
    if after is not None:
        where, values = f"{where} AND (w.{column}, w.encounter_id) > (?, ?)", (*values, *after)
    rows = database.execute_sql(
        f"SELECT w.{column}, w.encounter_id FROM {source} WHERE {where} ORDER BY {order} LIMIT ?",
        (*values, limit),
    )
    return [(row[0], row[1]) for row in rows]


_INDEXES: Final = {
    "discharge_day": "discharged", "since_day": "since", "account": "account", "mrn": "mrn", "name_key": "name",
    "td_key": "td", "md_key": "md", "unit": "unit", "service": "service", "payer": "payer",
    "attending": "attending", "value_order": "value", "standing": "standing", "assigned": "assigned",
}  # fmt: skip


def _once_through(*, busy: bool) -> str:
    """The queue gone through once: the table, or what is keyed alone where most of it waits for a release."""
    counts = tally()
    keyed = sum(items for kinds, items in counts.items() if kinds >= work.TO_DO)
    most_is_done = busy and sum(counts.values()) > 4 * keyed
    return f"work_item w {'INDEXED BY work_item_discharged' if most_is_done else 'NOT INDEXED'}"


def _asks_for_few(asked: Asked) -> bool:
    if asked.among or asked.age or asked.value or asked.reasons or asked.errors or asked.billed == "Y":
        return True
    if asked.hold == "Y" or asked.to not in ("", NOBODY):
        return True
    if not asked.kinds:
        return False
    if asked.kinds & Kind.DUPLICATE:
        return True
    counts = tally()
    everything = sum(items for kinds, items in counts.items() if kinds >= work.TO_DO)
    return sum(items for kinds, items in counts.items() if kinds & asked.kinds) < FEW * everything


def _loose(question: _Question, ids: Sequence[int], column: str, after: Key | None, limit: int) -> list[Key]:
    """Accounts of which the asker has a draft, whether or not something else waits there."""
    if not ids:
        return []
    where, values = question.where, question.values
    if after is not None:
        where, values = f"{where} AND (w.{column}, w.encounter_id) > (?, ?)", (*values, *after)
    rows = database.execute_sql(
        f"SELECT w.{column}, w.encounter_id FROM work_account w WHERE w.encounter_id IN"
        f" ({', '.join(map(str, ids))}) AND {where} ORDER BY w.{column}, w.encounter_id LIMIT ?",
        (*values, limit),
    )
    return [(row[0], row[1]) for row in rows]


def _drafted(actor: Actor) -> tuple[int, ...]:
    """Accounts whose abstract the user has begun and not filed."""
    accounts = {draft.key for draft in drafts.waiting(actor) if draft.screen in _WORDS and draft.key}
    return tuple(sorted(filter(None, map(find, accounts))))


_ITEM: Final = (
    "SELECT w.encounter_id, w.{column}, w.account, w.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, w.kinds,"
    " w.since_day, w.discharge_day, e.discharged_utc, e.discharged_offset, coalesce(e.los_days, 0), w.class, w.unit,"
    " w.service, w.payer, w.attending, w.status, w.errors, w.value_cents, w.value_from, w.assigned, w.hold_reason,"
    " w.hold_until, coalesce((SELECT n.text FROM work_note n WHERE n.encounter_id = w.encounter_id ORDER BY n.id DESC"
    " LIMIT 1), ''), {paired} FROM {table} w JOIN encounter e ON e.id = w.encounter_id"
    " JOIN patient p ON p.id = w.patient_id WHERE w.encounter_id IN ({ids})"
)


def _items(keys: Sequence[Key], column: str, question: _Question) -> list[Item]:
    """The accounts at these places, in the order of the places."""
    if not keys:
        return []
    ids = ", ".join(str(id_) for _, id_ in keys)
    today, found = store.current().now().day, {}
    for table in ("work_item", "work_account"):
        sql = _ITEM.format(column=column, table=table, ids=ids, paired=f"({_PAIRED})")
        found.update({row[0]: _item(row, question.drafted, today) for row in database.execute_sql(sql)})
        if len(found) == len(keys):
            break
        ids = ", ".join(str(id_) for _, id_ in keys if id_ not in found)
    return [found[id_] for _, id_ in keys if id_ in found]


def _item(row: Sequence[Any], drafted: Sequence[int], today: int) -> Item:
    id_, sorted_by, account, mrn, last, first, middle, suffix, kinds, since, day, utc, offset, los, *rest = (
        row
    )
    *same, note, paired = rest
    class_, unit, service, payer, attending, status, errors, cents, source, assigned, reason, until = same
    kinds |= Kind.DRAFT * (id_ in drafted) | Kind.DUPLICATE * bool(paired)
    at = "" if utc is None else Moment(utc, offset or 0, 0).local
    held = until > today
    return Item(
        id_, (sorted_by, id_), account, mrn, shown_name(Name(last, first, middle, suffix)), kinds, since or 0, day or 0,
        at, los, class_, unit, service, payer, attending, status, errors, cents, source, assigned,
        reason if held else "", until if held else 0, note,
    )  # fmt: skip


def _in_hand(actor: Actor, account: str) -> bool:
    """Whether somebody else is changing the abstract now."""
    row = database.execute_sql(
        "SELECT 1 FROM record_lock WHERE kind = 'abstract' AND record_id = ? AND user_id <> ?"
        " AND expires_utc > ?",
        (account, actor.user_id, int(time.time())),
    ).fetchone()
    return row is not None


# Counts ----------------------------------------------------------------------------------------------------


def tally() -> dict[int, int]:
    """How many accounts have each combination of kinds."""
    return dict(database.execute_sql("SELECT kinds, sum(items) FROM work_tally GROUP BY kinds").fetchall())


# The check -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows the queue must have, the accounts whose row was not what it must be, and a tally that was off."""

    rows: int
    wrong: tuple[str, ...]
    tally_wrong: bool

    @property
    def sound(self) -> bool:
        return not self.wrong and not self.tally_wrong


def check(actor: Actor, *, mend: bool = False) -> Checked:
    """Compare the queue with what its causes say, slice by slice; with ``mend`` make anew what differs."""
    permit(actor, Action.CHECK_ABSTRACTS, kind="work queue", record="check")
    wrong: list[int] = []
    rows = 0
    for low, high in _slices():
        rows += int(
            database.execute_sql(
                "SELECT count(*) FROM work_now WHERE encounter_id BETWEEN ? AND ?", (low, high)
            ).fetchone()[0]
        )
        found = _differing(low, high)
        wrong += found
        if mend and found:
            with writing():
                database.connection().executemany(
                    "INSERT INTO work_refresh VALUES (?)", [(id_,) for id_ in found]
                )
    off = _tally_differs()
    if mend and off:
        with writing():
            database.execute_sql("DELETE FROM work_tally")
            database.execute_sql(
                "INSERT INTO work_tally SELECT kinds, since_day, count(*) FROM work_item GROUP BY kinds, since_day"
            )
    viewed(
        actor, Action.CHECK_ABSTRACTS, kind="work queue", record="mend" if mend else "check",
        detail={"rows": rows, "wrong": len(wrong), "tally": off},
    )  # fmt: skip
    return Checked(rows, tuple(_accounts(wrong)), off)


def _slices() -> Iterator[tuple[int, int]]:
    last = database.execute_sql("SELECT max(id) FROM encounter").fetchone()[0] or 0
    for low in range(1, last + 1, SLICE):
        yield low, low + SLICE - 1


def _differing(low: int, high: int) -> list[int]:
    """Accounts whose row is not the one that the view gives."""
    between = "WHERE encounter_id BETWEEN ? AND ?"
    now, kept = f"SELECT * FROM work_now {between}", f"SELECT * FROM work_item {between}"
    rows = database.execute_sql(
        f"SELECT encounter_id FROM (SELECT * FROM ({now} EXCEPT {kept}) UNION ALL SELECT * FROM ({kept} EXCEPT {now}))",
        (low, high) * 4,
    )
    return sorted({row[0] for row in rows})


def _tally_differs() -> bool:
    counted = "SELECT kinds, since_day, count(*) FROM work_item GROUP BY kinds, since_day"
    kept = "SELECT kinds, since_day, items FROM work_tally"
    return bool(
        database.execute_sql(
            f"SELECT EXISTS ({counted} EXCEPT {kept}) OR EXISTS ({kept} EXCEPT {counted})"
        ).fetchone()[0]
    )


def _accounts(ids: Iterable[int]) -> Iterator[str]:
    for id_ in ids:
        yield database.execute_sql("SELECT account FROM encounter WHERE id = ?", (id_,)).fetchone()[0]
