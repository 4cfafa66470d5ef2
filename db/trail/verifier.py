"""Verifies the audit trail from outside: it needs no write access, writes no row and trusts no open store.

Chain, keys, counts and anchors are checked against each other. Somebody who holds the data key can rewrite all of
them on this host: only anchors kept elsewhere show that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2

from db import store
from db.actors import PERMITTED, Action, Role
from db.acts import NotPermitted
from db.connect import StoreError
from db.keyring.derivation import derived
from db.keyring.keys import RECOVERY, Unlocked
from db.keyring.sealed import reading
from db.trail import anchors
from db.trail.anchors import Anchor
from db.trail.audit import ANCHOR_NAME, COPY_SETTING, START, chained

SHOWN: Final = 10  # findings of one kind that are told singly
CLOCK_SECONDS: Final = 60  # by which the clocks and lines of sessions side by side may differ
TRIGGERS: Final = ("audit_no_update", "audit_no_delete")


@dataclass(slots=True)
class Report:
    """What was looked at and what was found, a sentence each. Notes are no fault."""

    rows: int = 0
    head: bytes = START
    lines: int = 0
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of a stretch of the trail."""

    from_seq: int
    generation: int
    row_key: bytes
    anchor_key: bytes


def verify(
    directory: Path, opened: Unlocked, *, elsewhere: Sequence[Path] = (), printed: Sequence[str] = (),
    backup: bool = False, quick: bool = False,
) -> Report:  # fmt: skip
    """Verify the store in ``directory``; ``elsewhere`` are anchor files or system logs kept on other hosts,
    ``printed`` heads as daily pages show them (``ROW HEX``). The anchor copies that a ``backup`` names belong to
    the store that lives on, and are left out; ``quick`` leaves out what ``db.safekeeping.verify`` checks
    by itself. Raises ``StoreError``, ``NotPermitted``."""
    # Anchors first: what is committed while we read must not look like a database behind its anchor.
    kept = {directory / ANCHOR_NAME: _lines(directory / ANCHOR_NAME)}
    others = {path: _lines(path) for path in elsewhere}
    report = Report()
    try:
        generation, data_key = fitting(directory / store.DATABASE_NAME, opened)
    except StoreError as error:  # the slots opened, so the key is right
        report.findings.append(str(error))
        return report
    with reading(directory / store.DATABASE_NAME, data_key) as connection:
        report.findings += [] if quick else pages(connection)
        try:
            check_permit(connection, opened)
            for path in () if backup else _copies(connection):
                kept[path] = _lines(path)
            report.findings += [] if quick else key_file(connection, opened, generation, data_key)
            _check_trail(connection, report, generation, data_key, kept, others)
            report.findings += _few(_printed(connection, printed))
        except dbapi2.DatabaseError:
            report.findings.append("The audit trail cannot be read whole: pages are damaged or missing.")
    return report


def _check_trail(
    connection: Any, report: Report, generation: int, data_key: bytes, kept: Mapping[Path, list[bytes]],
    others: Mapping[Path, list[bytes]],
) -> None:  # fmt: skip
    stretches = _stretches(connection)
    report.findings += _key_findings(stretches, generation, data_key)
    if not stretches:
        return
    report.findings += _few(_chain(connection, stretches, report))
    for path, lines in kept.items():
        _check_own(connection, path, lines, stretches, report)
    for path, lines in others.items():
        _check_elsewhere(connection, path, lines, stretches, report)


def fitting(path: Path, opened: Unlocked) -> tuple[int, bytes]:
    """The newest data key that opens the database."""
    trouble: StoreError | None = None
    for generation in sorted(opened.ring, reverse=True):
        try:
            with reading(path, opened.ring[generation]):
                return generation, opened.ring[generation]
        except StoreError as error:
            trouble = error
    raise trouble or StoreError("This key opens nothing.")


def check_permit(connection: Any, opened: Unlocked) -> None:
    """Raise ``NotPermitted`` unless a role of the slot's holder permits it; who holds two shares holds everything."""
    if opened.slot["type"] == RECOVERY:
        return
    name = opened.slot["name"]
    rows = connection.execute(
        "SELECT r.role FROM user u JOIN user_role r ON r.user_id = u.id"
        " WHERE u.name = ? AND u.disabled_utc IS NULL",
        (name,),
    ).fetchall()
    if PERMITTED[Action.VERIFY_AUDIT].isdisjoint(Role(role) for (role,) in rows):
        raise NotPermitted(f"{name} may not {Action.VERIFY_AUDIT}.")


def _copies(connection: Any) -> list[Path]:
    row = connection.execute(
        "SELECT value FROM setting WHERE name = ? ORDER BY from_day DESC LIMIT 1", (COPY_SETTING,)
    ).fetchone()
    return [Path(row[0]) / ANCHOR_NAME] if row and row[0] else []


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"The anchors {path} cannot be read ({error.strerror}).") from error


def pages(connection: Any) -> Iterator[str]:
    """Page MACs, structure, references. The MACs alone tell of a free page, the structure alone of pages cut off.

    The check of MACs looks past the log at the file, where a checkpoint that was cut short leaves pages torn; the
    check of structure reads every page in use through the log, and its MAC with it. So while a log waits a torn page
    counts when it is still in use.
    """
    try:
        torn = bool(connection.execute("PRAGMA cipher_integrity_check").fetchall())
        whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if torn and not (whole and _log_waits(connection)):
            yield "Pages of the database were changed without the key, or are damaged."
        if not whole:
            yield "The database does not hang together: pages are missing, or of different times."
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            yield "Rows of the database refer to rows that are not there."
    except dbapi2.DatabaseError:
        yield "Pages of the database cannot be read: they were changed without the key, or are damaged or missing."


def _log_waits(connection: Any) -> bool:
    log = Path(connection.execute("PRAGMA database_list").fetchone()[2] + "-wal")
    return log.is_file() and log.stat().st_size > 0


def key_file(connection: Any, opened: Unlocked, generation: int, data_key: bytes) -> Iterator[str]:
    """Whether slot file and database belong together, and the triggers that guard the trail are there."""
    try:
        opened.file.check(data_key, generation)
    except StoreError as error:
        yield str(error)
    state = connection.execute("SELECT generation, revision FROM key_state").fetchone()
    if state is None or opened.file.revision < state[1]:
        yield "keys.json is older than the database: it was put back."
    elif state[0] > generation:
        yield "The database names a newer data key than the one that opens it: it was put back."
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    for trigger in TRIGGERS:
        if trigger not in known:
            yield f"The trigger {trigger}, which keeps audit rows from being changed, was taken out."


def _stretches(connection: Any) -> list[_Keys]:
    rows = connection.execute(
        "SELECT from_seq, generation, row_key, anchor_key FROM trail_key ORDER BY from_seq"
    ).fetchall()
    return [_Keys(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


def _key_findings(stretches: Sequence[_Keys], generation: int, data_key: bytes) -> Iterator[str]:
    if not stretches or stretches[0].from_seq != 1:
        yield "The keys of the first audit rows are missing."
        return
    for earlier, later in pairwise(stretches):
        if later.generation <= earlier.generation:
            yield f"The audit keys from row {later.from_seq} on are of an earlier data key than those before."
    last = stretches[-1]
    if last.generation == generation and (last.row_key, last.anchor_key) != (
        derived(data_key, "audit"),
        derived(data_key, "anchor"),
    ):
        yield f"The audit keys from row {last.from_seq} on are not those of the data key."


def _of(stretches: Sequence[_Keys], seq: int) -> _Keys:
    return next((keys for keys in reversed(stretches) if keys.from_seq <= seq), stretches[0])


def _chain(connection: Any, stretches: Sequence[_Keys], report: Report) -> Iterator[str]:
    """Walk every row. After a break the walk goes on from the row as it stands, so that each is told once."""
    seq, head = 0, START
    for *row, kept in connection.execute("SELECT * FROM audit ORDER BY seq"):
        if row[0] > seq + 1:
            yield _missing(seq + 1, row[0] - 1)
            good = True  # whether it fits cannot be told without the row before it
        else:
            good = chained(tuple(row), head, _of(stretches, row[0]).row_key) == bytes(kept)
        if not good:
            yield (
                f"Row {row[0]} is not what was written after row {seq}: it was changed, moved or put in, or "
                "the row before it was."
            )
        seq, head, report.rows = row[0], bytes(kept), report.rows + 1
    report.head = head


def _missing(first: int, last: int) -> str:
    return f"Row {first} is missing." if first == last else f"Rows {first} to {last} are missing."


def _check_own(
    connection: Any, path: Path, lines: list[bytes], stretches: Sequence[_Keys], report: Report
) -> None:
    """The anchors that the store itself keeps: every line must be signed, in order, and true."""
    found = list(anchors.read(lines))
    good: list[Anchor] = []
    forged = []
    for each in found:
        if isinstance(each, int):
            report.notes.append(f"{path}, line {each} is cut or no anchor.")
        elif each.is_signed(lambda seq: _of(stretches, seq).anchor_key):
            good.append(each)
        else:
            forged.append(
                f"{path}, line {each.number} was not written by this store: it was forged or changed."
            )
    report.lines += len(good)
    report.findings += _few(forged)
    if not good:
        report.findings.append(f"{path} is missing or holds no anchor: nobody can tell what was cut off.")
        return
    report.findings += _few(_out_of_order(path, good))
    report.findings += _few(_untrue(connection, path, good, report))
    ahead = report.rows - max(each.seq for each in good)
    if ahead > 0:
        report.notes.append(
            f"{ahead} rows stand ahead of {path}: the tail of a crash, or somebody is working."
        )


def _check_elsewhere(
    connection: Any, path: Path, lines: list[bytes], stretches: Sequence[_Keys], report: Report
) -> None:
    found = [each for each in anchors.read(lines, anywhere=True) if isinstance(each, Anchor)]
    if not found:
        report.findings.append(f"{path} holds no anchor.")
    foreign = [each for each in found if not each.is_signed(lambda seq: _of(stretches, seq).anchor_key)]
    report.findings += _few(
        f"{path}, line {each.number} is no anchor of this store, or the keys of the trail were changed."
        for each in foreign
    )
    report.lines += len(found) - len(foreign)
    report.findings += _few(_untrue(connection, path, found, report))


def _out_of_order(path: Path, lines: Sequence[Anchor]) -> Iterator[str]:
    """Sessions write side by side, so that lines may be a little early or late; a restore begins anew."""
    highest = lines[0]
    for line in lines[1:]:
        late = line.seq < highest.seq and line.at_utc + CLOCK_SECONDS < highest.at_utc
        if late and not line.branch:
            yield f"{path}, line {line.number} is older than line {highest.number} before it: lines were moved."
        elif line.branch or line.seq > highest.seq:
            highest = line


def _untrue(connection: Any, path: Path, lines: Sequence[Anchor], report: Report) -> Iterator[str]:
    """Anchored states that the database does not have. What a restore gave up, it need not have."""
    floor = 1 << 62
    beyond: list[Anchor] = []
    other: list[Anchor] = []
    for line in reversed(lines):
        if line.seq <= floor:
            kept = connection.execute("SELECT mac FROM audit WHERE seq = ?", (line.seq,)).fetchone()
            if kept is None:
                beyond.append(line)
            elif bytes(kept[0]) != line.head:
                other.append(line)
        if line.branch and line.seq < floor:
            floor = line.seq
            report.notes.append(f"{path}, line {line.number}: a restore went back to row {line.seq}.")
    for line in reversed(other):
        yield (
            f"Row {line.seq} is not the one that {path}, line {line.number} anchors: rows were written anew, or "
            "an older database was put back."
        )
    if beyond:
        last = max(beyond, key=lambda line: line.seq)
        yield (
            f"{path} anchors row {last.seq}, which the database does not have: the newest rows were cut off, or "
            "an older database was put back."
        )


def _printed(connection: Any, heads: Iterable[str]) -> Iterator[str]:
    for text in heads:
        seq, _, begin = text.replace(":", " ").strip().partition(" ")
        row = connection.execute("SELECT mac FROM audit WHERE seq = ?", (int(seq) if seq.isdecimal() else 0,))
        kept = row.fetchone()
        if kept is None or not begin or not bytes(kept[0]).hex().startswith(begin.strip().lower()):
            yield f"The printed head {text} is not in the database: rows were cut off or written anew."


def _few(findings: Iterable[str]) -> list[str]:
    """The first findings of a kind, and how many more there are."""
    every = iter(findings)
    told = list(islice(every, SHOWN))
    more = sum(1 for _ in every)
    return [*told, f"... and {more} more of this kind."] if more else told
