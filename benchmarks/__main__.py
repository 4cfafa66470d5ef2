"""``make bench``: every family of measurements, one table, exit 1 when a budget is exceeded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from benchmarks.measure import Measure, shown

FAMILIES = (
    "typing",
    "start",
    "codes",
    "abstracts",
    "desk",
    "census",
    "duckdb",
    "feed",
    "crowd",
    "encryption",
    "index",
)


def main() -> int:
    """Run the families asked for and print what they found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--scale", choices=("10k", "100k", "1m"), default="100k", help="admissions of the store"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array instead of the table")
    parser.add_argument(
        "families", nargs="*", metavar="FAMILY", help=f"of {', '.join(FAMILIES)}; all by default"
    )
    asked = parser.parse_args()
    if unknown := set(asked.families) - set(FAMILIES):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(FAMILIES)}")
    measures: list[Measure] = []
    for family in asked.families or FAMILIES:
        measures += _measured(family, asked.scale)
    _say("")
    print(
        json.dumps([measure.as_object() for measure in measures], indent=1) if asked.json else shown(measures)
    )
    return int(any(measure.within is False for measure in measures))


def _measured(family: str, scale: str) -> list[Measure]:
    """The lines of a family. Its modules are loaded here, so that one family costs no other."""
    from benchmarks import (
        abstract_rows,
        census_rows,
        code_rows,
        crowd_rows,
        desk_rows,
        duckdb_rows,
        encryption_rows,
        feed_rows,
        index_rows,
        start_rows,
        typing_rows,
    )
    from benchmarks.stores import stores

    families: dict[str, Callable[[], list[Measure]]] = {
        "typing": lambda: typing_rows.rows(_say),
        "start": lambda: start_rows.rows(stores("10k", _say), _say),
        "codes": lambda: code_rows.rows(_say),
        "abstracts": lambda: abstract_rows.rows(stores("10k", _say), _say),
        "census": lambda: census_rows.rows(stores(scale, _say), _say),
        "duckdb": lambda: duckdb_rows.rows(stores(scale, _say), _say),
        "desk": lambda: desk_rows.rows(stores(scale, _say), _say),
        "crowd": lambda: crowd_rows.rows(stores("10k", _say), _say),
        "index": lambda: index_rows.rows(scale, _say),
        "feed": lambda: feed_rows.rows(scale, _say),
        "encryption": lambda: encryption_rows.rows(stores(scale, _say), _say),
    }
    return families[family]()


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
