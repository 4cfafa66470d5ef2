"""The audit trail: one row an act, chained by HMAC under a key derived from the data key, anchored outside.

The anchor (``anchor.log``: count, head, MAC) is appended after every commit. A database that stands behind
its anchor has lost rows that were committed; one that stands ahead is the tail of a crash.
"""

from __future__ import annotations

import hmac
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from db.actors import Action, Actor
from db.connect import StoreError, database
from db.derivation import derived
from db.schema.store import TrailKey

ANCHOR_NAME: Final = "anchor.log"
START: Final = b"\0" * 32


class Trail:
    """The audit trail of the open store: its keys, and the anchor file beside the database."""

    def __init__(self, directory: Path) -> None:
        self.anchor_path = directory / ANCHOR_NAME
        self._keys = [
            (key.from_seq, bytes(key.row_key), bytes(key.anchor_key))
            for key in TrailKey.select().order_by(TrailKey.from_seq.desc())
        ]

    @classmethod
    def begin(cls, directory: Path, data_key: bytes, generation: int) -> Trail:
        """Chain from the next row on under keys derived from this data key, inside the caller's transaction."""
        last = database.execute_sql("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0]
        TrailKey.create(
            from_seq=last + 1, generation=generation, row_key=derived(data_key, "audit"),
            anchor_key=derived(data_key, "anchor"),
        )  # fmt: skip
        return cls(directory)

    def add(
        self, actor: Actor, action: Action, *, kind: str = "", record: str = "",
        patient_id: int | None = None, outcome: str = "done", detail: Mapping[str, Any] | None = None,
    ) -> tuple[int, bytes]:  # fmt: skip
        """Add a row inside the caller's transaction; returns its number and MAC for the anchor."""
        seq, head = self.head()
        seq += 1
        row = (
            seq, int(time.time()), actor.user, ",".join(sorted(actor.roles)), actor.where_from, actor.session,
            str(action), kind, record, patient_id, outcome,
            json.dumps(detail, sort_keys=True, ensure_ascii=False) if detail else "",
        )  # fmt: skip
        mac = self.row_mac(row, head)
        database.execute_sql("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", (*row, mac))
        return seq, mac

    def head(self) -> tuple[int, bytes]:
        """Number and MAC of the last row."""
        row = database.execute_sql("SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        return (int(row[0]), bytes(row[1])) if row else (0, START)

    def row_mac(self, row: tuple[Any, ...], head: bytes) -> bytes:
        """The MAC of a row (all columns but ``mac``, number first) that follows the row with MAC ``head``."""
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return hmac.digest(self._keys_of(row[0])[1], b"row\0" + head + text, "sha256")

    def anchor(self, seq: int, mac: bytes, *, sync: bool = False) -> None:
        """Append the anchor line of the state just committed."""
        body = f"{seq} {mac.hex()} {int(time.time())}"
        line = f"{body} {self._anchor_mac(seq, body)}\n"
        try:
            descriptor = os.open(self.anchor_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line.encode("ascii"))
                if sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StoreError(
                f"The audit anchor cannot be written ({error.strerror}): free space on the store's disk."
            ) from error

    def behind_anchor(self) -> bool:
        """Whether the database has lost rows that were committed: someone put back an older state."""
        last = self._last_anchor()
        if last is None:
            return False
        seq, mac = last
        row = database.execute_sql("SELECT mac FROM audit WHERE seq = ?", (seq,)).fetchone()
        return row is None or bytes(row[0]) != mac

    def _last_anchor(self) -> tuple[int, bytes] | None:
        """The highest anchored state among the last lines (sessions write theirs side by side)."""
        try:
            with self.anchor_path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 65536))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return None
        best: tuple[int, bytes] | None = None
        for line in lines:
            parts = line.decode("ascii", "replace").split(" ")
            if len(parts) != 4:
                continue  # cut by the seek, or by a crash in mid-line
            body, mac = " ".join(parts[:3]), parts[3]
            if parts[0].isdecimal() and hmac.compare_digest(self._anchor_mac(int(parts[0]), body), mac):
                state = (int(parts[0]), bytes.fromhex(parts[1]))
                best = max(best, state) if best else state
        return best

    def _anchor_mac(self, seq: int, body: str) -> str:
        return hmac.digest(self._keys_of(seq)[2], body.encode(), "sha256").hex()

    def _keys_of(self, seq: int) -> tuple[int, bytes, bytes]:
        """The keys in force at a row."""
        return next((keys for keys in self._keys if keys[0] <= seq), self._keys[-1])
