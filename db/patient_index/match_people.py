"""Charts as duplicates are looked for: read whole, kept under their keys, and the model that compares them.

Triggers note every chart whose identity was changed (``match_pending``); its keys are made again before anything is
compared. So no writer of charts has to think of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from config.code_tables import Shelf
from db import store
from db.connect import database, writing
from rules.identity import Name
from rules.matching import Habits, Model, Rates, Shares, habits_of
from rules.matching_fields import BANDS, Names, Person, names_of, person_of
from rules.matching_keys import blocking_keys

ITEMS: Final = (
    "mrn", "last_name", "first_name", "middle_name", "suffix", "birth_date", "sex", "ssn", "street", "city", "zip",
    "phone",
)  # fmt: skip
SLICE: Final = 400  # charts keyed in one transaction
FEW: Final = 300  # candidates
OF_NAMES: Final = frozenset("zfny")  # first letters of keys that say nothing but names, place and year
MANY: Final = 400  # values bound in one statement
_SELECT: Final = f"SELECT p.id, {', '.join(f'p.{item}' for item in ITEMS)} FROM patient p"
LIVING: Final = "p.merged_into_id IS NULL AND p.void_utc IS NULL"


@cache
def _tables(folder: str) -> Shelf:
    from pathlib import Path

    return Shelf(Path(folder))


def name_tables() -> Names:
    """Short forms of given names, and names that stand in for one unknown: shipped and the facility's own."""
    return _names(str(store.current().directory / "site" / "tables"))


@cache
def _names(folder: str) -> Names:
    tables = _tables(folder)
    return names_of(tables["given_names"], tables["temporary_names"])


def person(id_: int, values: Mapping[str, str], former: Iterable[Name] = ()) -> Person:
    """A chart that may not be stored yet."""
    return person_of(id_, {item: values.get(item, "") for item in ITEMS}, former, name_tables())


def people(ids: Iterable[int]) -> dict[int, Person]:
    """These charts, but for those that were merged into another or are void."""
    found: dict[int, Person] = {}
    wanted, tables = list(ids), name_tables()
    for start in range(0, len(wanted), MANY):
        some = wanted[start : start + MANY]
        marks = ", ".join("?" * len(some))
        aliases: dict[int, list[Name]] = {}
        for id_, *parts in database.execute_sql(
            "SELECT patient_id, last_name, first_name, middle_name FROM patient_alias"
            f" WHERE patient_id IN ({marks})",
            some,
        ):
            aliases.setdefault(id_, []).append(Name(*parts))
        for row in database.execute_sql(f"{_SELECT} WHERE p.id IN ({marks}) AND {LIVING}", some):
            found[row[0]] = person_of(
                row[0], dict(zip(ITEMS, row[1:], strict=True)), aliases.get(row[0], ()), tables
            )
    return found


def everybody(after: int, limit: int) -> list[Person]:
    """The next charts of the index by internal number."""
    ids = [
        id_
        for (id_,) in database.execute_sql(
            f"SELECT p.id FROM patient p WHERE p.id > ? AND {LIVING} ORDER BY p.id LIMIT ?", (after, limit)
        )
    ]
    return list(people(ids).values())


def unkeyed() -> bool:
    """Whether there are charts whose keys are to be made again."""
    row = database.execute_sql("SELECT 1 FROM match_pending WHERE keyed = 0 LIMIT 1").fetchone()
    return row is not None


def key_some(limit: int = SLICE) -> int:
    """Make the keys of so many changed charts again, in a transaction of its own; returns how many there were."""
    with writing():
        ids = [
            id_
            for (id_,) in database.execute_sql(
                "SELECT patient_id FROM match_pending WHERE keyed = 0 LIMIT ?", (limit,)
            )
        ]
        _key(ids)
    return len(ids)


def key_one(patient_id: int) -> None:
    """Make the keys of one chart again, inside the caller's transaction."""
    _key([patient_id])


def _key(ids: Sequence[int]) -> None:
    write_keys(ids, people(ids))


def write_keys(ids: Sequence[int], found: Mapping[int, Person]) -> None:
    """Write the keys of charts again, inside the caller's transaction; one that is not ``found`` has none any more."""
    connection = database.connection()
    known: dict[int, str] = {}
    for start in range(0, len(ids), MANY):
        some = ids[start : start + MANY]
        marks = ", ".join("?" * len(some))
        known |= dict(
            database.execute_sql(
                f"SELECT patient_id, keys FROM match_person WHERE patient_id IN ({marks})", some
            ).fetchall()
        )
    connection.executemany(
        "DELETE FROM match_key WHERE key = ? AND patient_id = ?",
        [(key, id_) for id_, keys in known.items() for key in keys.split()],
    )
    keys_of = {id_: blocking_keys(each) for id_, each in found.items()}
    connection.executemany(
        "INSERT OR REPLACE INTO match_person VALUES (?, ?)",
        [(id_, " ".join(sorted(keys))) for id_, keys in keys_of.items()],
    )
    connection.executemany(
        "DELETE FROM match_person WHERE patient_id = ?", [(id_,) for id_ in known if id_ not in found]
    )
    insert_keys(sorted((key, id_) for id_, keys in keys_of.items() for key in keys))
    connection.executemany(
        "INSERT INTO match_name VALUES (?, ?, 1) ON CONFLICT (kind, name) DO UPDATE SET people = people + 1",
        [
            (kind, name)
            for id_, each in found.items()
            if id_ not in known
            for kind, name in (("last", each.last), ("first", each.first), ("birth", each.birth))
            if name
        ],
    )
    connection.executemany("UPDATE match_pending SET keyed = 1 WHERE patient_id = ?", [(id_,) for id_ in ids])


def insert_keys(rows: Sequence[tuple[str, int]]) -> None:
    """Keys of charts that have none, in the order of the keys."""
    database.connection().executemany("INSERT INTO match_key VALUES (?, ?)", rows)


def candidates(one: Person) -> set[int]:
    """The charts that share a key with this one, itself left out.

    Of very many those are left out that share a single key made of names alone: they would agree in nothing else.
    """
    keys = sorted(blocking_keys(one))
    marks = ", ".join("?" * len(keys))
    shared: dict[int, list[str]] = {}
    for key, id_ in database.execute_sql(
        f"SELECT key, patient_id FROM match_key WHERE key IN ({marks})", keys
    ):
        if id_ != one.id:
            shared.setdefault(id_, []).append(key)
    if len(shared) <= FEW:
        return set(shared)
    return {id_ for id_, found in shared.items() if len(found) > 1 or found[0][0] not in OF_NAMES}


def rates() -> Rates:
    """The rates in force today: the facility's own, else the shipped ones."""
    today = store.current().now().day
    shipped = _tables(str(store.current().directory / "site" / "tables"))["matching_rates"]
    found = {}
    for row in shipped.on(store.current().now().local[:10]):
        field, _, band = row.code.rpartition(".")
        found[field, band] = (float(str(row.more["m"])), float(str(row.more["u"])))
    own = database.execute_sql(
        "SELECT field, band, m, u FROM match_rate"
        " WHERE from_day = (SELECT max(from_day) FROM match_rate WHERE from_day <= ?)",
        (today,),
    )
    found |= {(field, band): (m, u) for field, band, m, u in own if band in BANDS.get(field, ())}
    return found


def model(of: Iterable[Person], shares: Shares | None = None) -> Model:
    """What these people are compared with: rates, how common their names are, the facility's thresholds."""
    from db.conventions import convention

    strong, listed = float(convention("duplicate_strong")), float(convention("duplicate_listed"))
    return Model(rates(), shares or _shares(of), _habits(), strong, listed)


def _habits() -> Habits:
    """The habits in force today: the facility's own rows, else the shipped ones."""
    here = store.current()
    return habits_of(
        _tables(str(here.directory / "site" / "tables"))["matching_habits"], here.now().local[:10]
    )


def index_size() -> int:
    """About how many charts there are: the highest internal number."""
    return int(database.execute_sql("SELECT max(id) FROM patient").fetchone()[0] or 0)


def _shares(of: Iterable[Person]) -> Shares:
    wanted: dict[str, set[str]] = {"last": set(), "first": set(), "birth": set()}
    for each in of:
        wanted["last"].add(each.last)
        wanted["first"].add(each.first)
        wanted["birth"].add(each.birth)
    counts: dict[str, dict[str, int]] = {kind: {} for kind in wanted}
    for kind, names in wanted.items():
        listed = sorted(names)
        for start in range(0, len(listed), MANY):
            some = listed[start : start + MANY]
            marks = ", ".join("?" * len(some))
            counts[kind] |= dict(
                database.execute_sql(
                    f"SELECT name, people FROM match_name WHERE kind = ? AND name IN ({marks})", (kind, *some)
                ).fetchall()
            )
    return Shares(index_size(), **counts)
