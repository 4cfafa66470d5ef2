"""Imports: what was read, what became of it, and the rows refused, which stay in the store with their reason."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from db import acts
from db.actors import Action, Actor
from db.connect import database
from db.schema.store import ImportBatch

COUNTS = ("read", "applied", "unchanged", "not_used", "refused", "held")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that could not be taken: where it stands, why, and what it held."""

    line: int
    field: str
    reason: str
    values: Mapping[str, str]


def begin(actor: Actor, kind: str, source: str, sha256: str, *, dry_run: bool) -> int:
    """Begin an import: the audit row, and the number of its batch. Raises ``NotPermitted``."""
    with acts.act(actor, Action.IMPORT, kind="import") as done:
        batch_id = ImportBatch.add({
            "kind": kind, "source": source, "sha256": sha256, "started_utc": int(time.time()), "user": actor.user,
            "dry_run": dry_run,
        })  # fmt: skip
        done.record = str(batch_id)
        done.detail.update({"kind": kind, "source": source, "sha256": sha256, "dry_run": dry_run})
    return batch_id


def refuse(batch_id: int, refusals: Sequence[Refusal]) -> None:
    """Keep refused rows, inside the caller's transaction."""
    database.connection().executemany(
        "INSERT INTO refused_row (batch_id, line, field, reason, raw_text) VALUES (?, ?, ?, ?, ?)",
        [
            (batch_id, row.line, row.field, row.reason, json.dumps(dict(row.values), ensure_ascii=False))
            for row in refusals
        ],
    )


def count(batch_id: int, counts: Mapping[str, int], *, ended: bool) -> None:
    """Note the counts so far, inside the caller's transaction."""
    so_far = {name: counts[name] for name in COUNTS}
    ImportBatch.change(batch_id, {**so_far, "ended_utc": int(time.time()) if ended else None})


def last_batch_with_refusals() -> int:
    """The latest batch that refused rows, or 0."""
    row = database.execute_sql("SELECT max(batch_id) FROM refused_row").fetchone()
    return int(row[0] or 0)


def refused_rows(actor: Actor, batch_id: int) -> Iterator[Refusal]:
    """The rows that a batch refused, as received, for export: one audited act. Raises ``NotPermitted``."""
    with acts.act(actor, Action.EXPORT, kind="refused rows", record=str(batch_id)) as done:
        rows = list(
            database.execute_sql(
                "SELECT line, field, reason, raw_text FROM refused_row WHERE batch_id = ? ORDER BY line, id",
                (batch_id,),
            )
        )
        done.detail["count"] = len(rows)
    for line, field, reason, raw_text in rows:
        yield Refusal(line, field, reason, _values(raw_text))


def _values(raw_text: str) -> dict[str, str]:
    """The columns of a refused row; a message of a feed is one column."""
    try:
        values = json.loads(raw_text)
    except ValueError:
        return {"text": raw_text}
    return values if isinstance(values, dict) else {"text": raw_text}
