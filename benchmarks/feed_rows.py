"""HL7 intake: messages read, and messages read, applied and committed, beside the ``hl7`` package's reading."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import hl7

from benchmarks.measure import Measure
from db import store
from db.access import sign_on
from db.keyring.derivation import Cost
from exchange.hl7_intake import import_files
from exchange.hl7_message import read_message
from recordroom.demo import feed
from recordroom.demo.hospital import Hospital
from recordroom.demo.model import Plan
from recordroom.demo.store import PASSPHRASE, USER

PLAN: Final = Plan(date(2026, 11, 10), beds=60, months=1, seed=2)
TAKEN: Final = {"10k": 250, "100k": 2500, "1m": 2500}  # messages, by the scale asked for


def rows(scale: str, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    say("HL7 intake")
    texts = [message.text for message in feed.messages(Hospital(PLAN))][: TAKEN[scale]]
    here = _a_second(lambda: [read_message(text.encode()) for text in texts], len(texts))
    anchor = _a_second(lambda: [hl7.parse(text) for text in texts], len(texts))
    with tempfile.TemporaryDirectory(prefix="recordroom-bench-") as name:
        folder = Path(name)
        store.init_store(
            folder / "store", "Benchmark", USER, PASSPHRASE, "America/New_York", cost=Cost(rounds=1000)
        )
        actor = sign_on.with_passphrase(folder / "store", USER, PASSPHRASE).actor
        (folder / "feed.hl7").write_text("".join(texts), "utf-8", newline="")
        committed = _a_second(lambda: import_files(actor, [folder / "feed.hl7"]), len(texts))
        store.close_store()
    return [
        Measure("HL7 messages read", here, "/s", anchor, "hl7 package", least=1000),
        Measure("HL7 messages committed", committed, "/s", None, "", least=200),
    ]


def _a_second(act: Callable[[], object], number: int) -> float:
    begin = time.perf_counter()
    act()
    return number / (time.perf_counter() - begin)
