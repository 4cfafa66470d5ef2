"""Every edit over the abstracts of a year, read, judged and counted, as ``abstract check`` does it."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.measure import Measure
from benchmarks.stores import Stores, opened
from config.code_sources import cached_store
from db.abstracting import rule_context
from db.abstracting.abstract_check import check
from db.coding.code_tables import all_tables
from db.coding.codes import CodeStore
from exchange.code_sets.build import build
from rules.periods import Period

WANTED = 10_000
MOST_S = 30.0


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table. A store of fewer abstracts is taken as if it had as many as are asked for."""
    path = cached_store()
    build(path, progress=say)
    say("abstract check")
    until = made.plan.until.toordinal()
    period = Period(made.plan.first_day, until, "benchmark")
    with opened(made) as actor, CodeStore.open(path) as codes:
        begin = time.perf_counter()
        found = check(actor, period, rule_context.context(all_tables(made.directory), codes))
        taken = time.perf_counter() - begin
    name = f"abstract check of {WANTED:,}, every edit"
    return [
        Measure(name, taken * WANTED / max(1, found.checked), "s", None, f"of {found.checked:,}", most=MOST_S)
    ]
