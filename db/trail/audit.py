"""The audit trail: one row an act, chained by HMAC under a key derived from the data key, anchored outside.

The anchor (``anchor.log``, and a copy elsewhere where the site keeps one) is written after every commit. A
database that stands behind it has lost rows that were committed; one ahead of it is the tail of a crash.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from db.actors import Action, Actor
from db.connect import StoreError, database
from db.keyring.derivation import derived
from db.schema.store import TrailKey
from db.trail import anchors
from db.trail.anchors import Anchor
from rules.moments import DAY_SECONDS

ANCHOR_NAME: Final = "anchor.log"
COPY_SETTING: Final = "anchor_copy"  # a directory elsewhere that gets every line too
START: Final = b"\0" * 32
CLOCK_SECONDS: Final = 60  # that clocks may differ by
ANCHORED_WITHIN: Final = 0.05  # seconds after a commit


class Trail:
    """The audit trail of the open store: its keys, and the anchor files."""

    def __init__(self, directory: Path) -> None:
        self.anchor_path = directory / ANCHOR_NAME
        self.paths: list[Path] = []
        self._find_places()
        self._keys = [
            (key.from_seq, bytes(key.row_key), bytes(key.anchor_key))
            for key in TrailKey.select().order_by(TrailKey.from_seq.desc())
        ]
        self._owed: Anchor | None = None  # a committed state whose line could not be written yet
        self._synced_day = 0
        self.syslog_missing = False

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
        self._find_places()
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
        return chained(row, head, self._keys_of(row[0])[1])

    def anchor(self, seq: int, mac: bytes, *, sync: bool = False) -> None:
        """Append the anchor line of the state just committed, to the disk and to syslog when ``sync``.

        The act is done by now: a line that cannot be written is owed, and the next act is refused without it.
        """
        today = int(time.time()) // DAY_SECONDS
        sync = sync or today != self._synced_day
        line = anchors.signed(seq, mac, self.anchor_key(seq))
        try:
            self._write(line, sync=sync)
        except OSError:
            self._owed = line
            return
        if sync:
            self._synced_day = today
            self.syslog_missing = not anchors.to_syslog(line)

    def _find_places(self) -> None:
        """Where lines go now: another session may have named a second place since, and it holds from here on."""
        copy = database.execute_sql(
            "SELECT value FROM setting WHERE name = ? ORDER BY from_day DESC LIMIT 1", (COPY_SETTING,)
        ).fetchone()
        self.paths = [self.anchor_path, *([Path(copy[0]) / ANCHOR_NAME] if copy and copy[0] else [])]

    def check_anchors(self) -> None:
        """Raise ``StoreError`` unless the line of a next act can be written to every anchor file."""
        self._find_places()
        try:
            if self._owed is not None:
                self._write(self._owed, sync=True)
                self._owed = None
            for path in self.paths:
                anchors.check_writable(path)
        except OSError as error:
            raise StoreError(
                f"The audit anchor cannot be written ({error.strerror or error}): nothing can be done until the "
                "administrator has freed space or put back the place where it is kept."
            ) from error

    def branch(self) -> None:
        """Say in the anchor files that a restore took the trail back to the last row now in the database."""
        seq, mac = self.head()
        line = anchors.signed(seq, mac, self.anchor_key(seq), branch=True)
        try:
            self._write(line, sync=True)
        except OSError as error:
            raise StoreError(
                f"The branch of the audit trail cannot be written ({error.strerror})."
            ) from error
        self.syslog_missing = not anchors.to_syslog(line)

    def tampered(self) -> str:
        """What shows that committed rows were taken away, or an anchor that there was; empty when nothing does.

        A place for copies that is away as a whole is no tampering: acts are refused until it is back.
        """
        for path in self.paths:
            last = anchors.newest(path, self.anchor_key)
            if last is None and path.parent.is_dir() and self.head()[0]:
                return (
                    f"{path} is missing or holds no anchor: nobody can tell what was cut off the audit trail."
                )
            if last is None:
                continue
            row = database.execute_sql("SELECT mac FROM audit WHERE seq = ?", (last.seq,)).fetchone()
            if row is None or bytes(row[0]) != last.head:
                return "It stands behind its audit anchor: rows that were committed are missing."
        return ""

    def clock_behind(self) -> int:
        """Seconds by which the clock stands before the last row; 0 when it is right, or nearly so.

        Rows keep their order whatever the clock says: they are chained by number.
        """
        row = database.execute_sql("SELECT at_utc FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        behind = int(row[0]) - int(time.time()) if row else 0
        return behind if behind > CLOCK_SECONDS else 0

    def crash_tail(self) -> int:
        """How many rows the database stands ahead of its anchor: a crash came between the two."""
        if self._ahead() > 0:
            time.sleep(ANCHORED_WITHIN)  # a session that lives anchors what it has just committed
        return max(0, self._ahead())

    def _ahead(self) -> int:
        head = self.head()[0]
        last = anchors.newest(self.anchor_path, self.anchor_key)
        return head - (last.seq if last else 0)

    def sign(self, seq: int, purpose: str, text: bytes) -> bytes:
        """A MAC over what the act of a row has stored, under a key of its own for the purpose."""
        return hmac.digest(derived(self._keys_of(seq)[1], purpose), text, "sha256")

    def anchor_key(self, seq: int) -> bytes:
        """The key of anchor lines in force at a row."""
        return self._keys_of(seq)[2]

    def _write(self, line: Anchor, *, sync: bool) -> None:
        for path in self.paths:
            anchors.append(path, line, sync=sync)

    def _keys_of(self, seq: int) -> tuple[int, bytes, bytes]:
        """The keys in force at a row."""
        return next((keys for keys in self._keys if keys[0] <= seq), self._keys[-1])


def chained(row: tuple[Any, ...], head: bytes, key: bytes) -> bytes:
    """The MAC of a row that follows the row with MAC ``head``."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return hmac.digest(key, b"row\0" + head + text, "sha256")
