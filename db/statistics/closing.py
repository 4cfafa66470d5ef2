"""Closing a month: figures, conventions and pages are frozen as a supervisor signs them, version by version.

A version is never changed. Its MAC, under a key of the audit trail, covers who signed it, when, why and every stored
byte; the row of the act in the trail repeats it. It is verified at every reprint.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import act, permit
from db.connect import database, writing
from db.statistics import census_state, closing_checks, limits
from rules.findings import Told
from rules.moments import iso_date
from rules.periods import Period, month, month_of
from rules.text import clean

OPEN: Final = "open"
CLOSED: Final = "closed"
RESTATED: Final = "restated"
COUNTS: Final = "counts"  # the part that holds the frozen counts
CONVENTIONS: Final = "conventions"
SETTINGS: Final = "settings"  # every way of counting that was ever set
PURPOSE: Final = "closing"  # of the key that signs
LONGEST_REASON: Final = 400


class NotClosed(Told):
    """The month cannot be closed or restated; nothing was stored."""


class Tampered(Told):
    """What is stored of a closed month is not what was signed."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A version of a closed month: what stands beside its parts."""

    id: int
    month: str
    version: int
    from_day: int
    to_day: int
    as_of: str  # canonical local text
    closed_utc: int
    closed_by: str
    reason: str
    warnings: tuple[str, ...]  # what was still open then
    change_id: int  # the last late change that its counts know of
    audit_seq: int
    mac: bytes

    @property
    def status(self) -> str:
        return CLOSED if self.version == 1 else RESTATED

    @property
    def young(self) -> bool:
        """Whether it was closed before all readmissions of it could be known."""
        return self.as_of[:10] <= iso_date(self.to_day + limits.within("readmission_days", self.to_day))


@dataclass(frozen=True, slots=True)
class Begun:
    """A closing under way: what its pages say of it."""

    period: Period
    version: int
    reason: str
    warnings: tuple[str, ...]

    @property
    def status(self) -> str:
        return CLOSED if self.version == 1 else RESTATED


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest version of a closed month, and what is known of changes since."""

    closing: Closing
    versions: int
    changed: bool  # something that it was counted from has changed since it was last compared
    figures: int  # that differed when it was last compared
    maturing: int  # of these, those that were bound to
    compared_utc: int

    @property
    def corrections(self) -> int:
        return self.figures - self.maturing


_COLUMNS: Final = (
    "c.id, c.month, c.version, c.from_day, c.to_day, c.as_of, c.closed_utc, c.closed_by, c.reason, c.warnings,"
    " c.change_id, c.audit_seq, c.mac"
)


def versions(month_name: str) -> list[Closing]:
    """All versions of a month, oldest first."""
    rows = database.execute_sql(
        f"SELECT {_COLUMNS} FROM closing c WHERE c.month = ? ORDER BY c.version", (month_name,)
    )
    return [_closing(row) for row in rows]


def newest(month_name: str) -> Closing | None:
    """The published version of a month; None while it is open."""
    return next(reversed(versions(month_name)), None)


def standing(before: str = "", limit: int = 60) -> list[Standing]:
    """Closed months, the latest first; ``before`` is the last one shown."""
    rows = database.execute_sql(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM closing WHERE month = s.month), s.changed, s.figures, s.maturing,"
        " s.compared_utc FROM closing_state s JOIN closing c ON c.id = s.closing_id"
        " WHERE ? = '' OR s.month < ? ORDER BY s.month DESC LIMIT ?",
        (before, before, limit),
    )
    return [Standing(_closing(row[:13]), row[13], bool(row[14]), *row[15:]) for row in rows]


def months(before: str = "", limit: int = 60) -> list[tuple[str, Standing | None]]:
    """Months from the one under way back to the first with a stay, each with what is closed of it."""
    (first,) = database.execute_sql("SELECT min(from_day) FROM segment").fetchone()
    day = store.current().now().day if not before else month(before).from_day - 1
    closed = {each.closing.month: each for each in standing(before, limit)}
    last = min([month_of(first).name] if first else [month_of(day).name], default="")
    found: list[tuple[str, Standing | None]] = []
    while len(found) < limit and (name := month_of(day).name) >= min([last, *closed]):
        found.append((name, closed.get(name)))
        day = month_of(day).from_day - 1
    return found


def unsound() -> list[str]:
    """A sentence for every stored version that is not what was signed."""
    found = []
    for row in database.execute_sql(
        f"SELECT {_COLUMNS} FROM closing c ORDER BY c.month, c.version"
    ).fetchall():
        try:
            parts(_closing(row))
        except Tampered as told:
            found.append(str(told))
    return found


def _closing(row: Sequence[Any]) -> Closing:
    values = dict(zip(Closing.__slots__, row, strict=True))
    return Closing(
        **values | {"warnings": tuple(json.loads(values["warnings"])), "mac": bytes(values["mac"])}
    )


# Closing -----------------------------------------------------------------------------------------------------


def begin(actor: Actor, month_name: str, reason: str = "", *, restating: bool = False) -> Begun:
    """Check whether a month can be closed, and watch it from now on; its pages are made next.

    Raises ``NotPermitted``, and ``NotClosed``: it is not over, it is closed already, or, without a ``reason``, the
    census is out of balance or differs from what the movements say. Restating always needs a reason.
    """
    permit(actor, Action.CLOSE_MONTH, kind="month", record=month_name)
    period, last = to_sign(month_name, restating=restating)
    reason = clean(reason.strip())[:LONGEST_REASON]
    if restating and not reason:
        raise NotClosed(f"Say why {month_name} is restated: a restated month needs a reason.")
    if not restating and not reason and (faults := closing_checks.faults(period)):
        more = f" There are {len(faults)} such." if len(faults) > 1 else ""
        raise NotClosed(
            f"{month_name} is not closed: {faults[0]}{more} Mend it, or give a reason to close it so."
        )
    with writing():
        census_state.watch(period.to_day, limits.widest("readmission_days"))
    return Begun(period, last.version + 1 if last else 1, reason, tuple(closing_checks.still_open(period)))


def to_sign(month_name: str, *, restating: bool = False) -> tuple[Period, Closing | None]:
    """The month that is to be closed or restated, and its newest version.

    Raises ``NotClosed``: it is not over, it is closed already, or there is no version to restate.
    """
    period, last = _month(month_name), newest(month_name)
    if restating and last is None:
        raise NotClosed(f"{month_name} is not closed: close it first.")
    if not restating and last is not None:
        raise NotClosed(f"{month_name} is closed, version {last.version}: restate it, with a reason.")
    return period, last


def _month(name: str) -> Period:
    try:
        period = month(name)
    except ValueError:
        raise NotClosed(f"{clean(name) or 'A blank'} is no month: write it as 2026-11.") from None
    if period.to_day >= store.current().now().day:
        raise NotClosed(f"{name} is not over: it can be closed from {iso_date(period.to_day + 1)} on.")
    return period


def last_change() -> int:
    """The last late change there is; read together with the counts that are to be frozen."""
    return int(database.execute_sql("SELECT coalesce(max(id), 0) FROM late_change").fetchone()[0])


def keep(actor: Actor, begun: Begun, parts: Mapping[str, bytes], as_of: str, change_id: int) -> Closing:
    """Sign and store a version: one audited act. ``parts`` are stored as they are, by name.

    Raises ``NotPermitted``, and ``NotClosed`` when somebody else closed or restated the month meanwhile.
    """
    name = begun.period.name
    with act(actor, Action.CLOSE_MONTH, kind="month", record=name) as done:
        last = newest(name)
        if (last.version if last else 0) != begun.version - 1:
            raise NotClosed(f"{name} was closed by somebody else meanwhile: look at it again.")
        packed = {part: zlib.compress(content, 9) for part, content in parts.items()}
        seq = store.current().trail.head()[0] + 1
        row = (name, begun.version, begun.period.from_day, begun.period.to_day, as_of, int(time.time()), actor.user,
               begun.reason, json.dumps(begun.warnings), change_id, seq)  # fmt: skip
        mac = _mac(row, packed)
        made = database.execute_sql(
            "INSERT INTO closing (month, version, from_day, to_day, as_of, closed_utc, closed_by, reason, warnings,"
            " change_id, audit_seq, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (*row, mac),
        ).fetchone()
        database.connection().executemany(
            "INSERT INTO closing_part (closing_id, name, content) VALUES (?, ?, ?)",
            [(made[0], part, content) for part, content in sorted(packed.items())],
        )
        database.execute_sql(
            "INSERT INTO closing_state (month, from_day, to_day, closing_id, changed, compared_utc)"
            " VALUES (?, ?, ?, ?, 1, 0) ON CONFLICT (month) DO UPDATE SET"
            " closing_id = excluded.closing_id, changed = 1",
            (name, begun.period.from_day, begun.period.to_day, made[0]),
        )
        done.detail.update(version=begun.version, status=begun.status, reason=begun.reason, mac=mac.hex())
        done.detail["warnings"] = list(begun.warnings)
    return _closing((made[0], *row, mac))


# Reading it again --------------------------------------------------------------------------------------------


def parts(closing: Closing) -> dict[str, bytes]:
    """Everything that was stored of a version, verified. Raises ``Tampered``."""
    packed = {
        name: bytes(content)
        for name, content in database.execute_sql(
            "SELECT name, content FROM closing_part WHERE closing_id = ?", (closing.id,)
        )
    }
    row = (closing.month, closing.version, closing.from_day, closing.to_day, closing.as_of, closing.closed_utc,
           closing.closed_by, closing.reason, json.dumps(closing.warnings), closing.change_id,
           closing.audit_seq)  # fmt: skip
    if not (hmac.compare_digest(_mac(row, packed), closing.mac) and _in_trail(closing)):
        raise Tampered(
            f"What is stored of {closing.month} version {closing.version} is not what {clean(closing.closed_by)}"
            " signed: restore the newest backup and tell the security officer; --version latest counts it anew."
        )
    return {name: zlib.decompress(content) for name, content in packed.items()}


def _mac(row: tuple[Any, ...], packed: Mapping[str, bytes]) -> bytes:
    digests = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(packed.items())]
    text = json.dumps([row, digests], ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    return store.current().trail.sign(row[-1], PURPOSE, text)


def _in_trail(closing: Closing) -> bool:
    """Whether the row of the act in the audit trail says the same: who, which month, which MAC."""
    row = database.execute_sql(
        "SELECT user, action, record, detail FROM audit WHERE seq = ?", (closing.audit_seq,)
    ).fetchone()
    if row is None or tuple(row[:3]) != (closing.closed_by, str(Action.CLOSE_MONTH), closing.month):
        return False
    return bool(json.loads(row[3] or "{}").get("mac") == closing.mac.hex())
