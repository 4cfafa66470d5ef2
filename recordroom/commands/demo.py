"""``recordroom demo``: a synthetic hospital in a private temporary store, gone when the command ends."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from recordroom.demo.model import Plan


@click.command()
@click.option(
    "--print", "printed", is_flag=True, help="Print the daily census and the monthly statistics instead."
)
@click.option(
    "--beds", type=click.IntRange(20, 5000), default=120, show_default=True, help="Beds of the hospital."
)
@click.option(
    "--months", type=click.IntRange(1, 240), default=14, show_default=True, help="Months of its history."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same hospital.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Its last day; today otherwise.")
@click.option(
    "--feed", type=click.Path(path_type=Path, file_okay=False), help="Write its HL7 feed to a folder instead."
)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Make the store in this new folder and leave it there."
)
def demo(
    printed: bool, beds: int, months: int, seed: int, until: datetime | None, feed: Path | None, keep: Path | None
) -> int:  # fmt: skip
    """Make a synthetic hospital and open the workstation on it.

    With --print, or without a terminal, its daily census and monthly statistics are printed instead.
    """
    from recordroom.demo.model import Plan

    plan = Plan(until.date() if until else _last_day(), beds, months, seed)
    if feed is not None:
        return _write_feed(feed, plan)
    with _folder(keep) as directory:
        from recordroom.demo.store import PASSPHRASE, USER, make_store

        make_store(directory, plan)
        if keep is not None:
            click.echo(f"Sign on to {keep} as {USER}, passphrase: {PASSPHRASE}", err=printed)
            return _print_reports(directory, plan) if printed else 0
        if printed or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _print_reports(directory, plan)
        from recordroom.workstation import main

        return main(directory, USER, guided=True, hint=f"Sign on as {USER}, passphrase: {PASSPHRASE}")


def _last_day() -> date:
    """Today on the demo hospital's clock; yesterday in the small hours, which the hospital has not seen yet."""
    from recordroom.demo.data import table

    here = datetime.now(UTC).astimezone(ZoneInfo(table("hospital")["timezone"]))
    return (here - timedelta(hours=6)).date()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    parent = Path(tempfile.mkdtemp(prefix="recordroom-demo-"))  # mkdtemp: nobody else may enter
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))  # so that the store goes away
    try:
        yield parent / "store"
    finally:
        shutil.rmtree(parent)


def _write_feed(directory: Path, plan: Plan) -> int:
    from recordroom.demo.feed import write

    kinds = write(directory, plan)
    for kind, number in sorted(kinds.items()):
        click.echo(f"{kind:<10}{number:>8}")
    click.echo(f"{'total':<10}{kinds.total():>8}")
    return 0


def _print_reports(directory: Path, plan: Plan) -> int:
    from db.access import sign_on
    from recordroom.demo.store import PASSPHRASE, USER
    from reports.catalogue import find
    from reports.page import Setup, as_text
    from reports.run import produce
    from rules.periods import month_of

    signed_on = sign_on.with_passphrase(directory, USER, PASSPHRASE)
    try:
        last = plan.until.toordinal()
        asked = {
            "daily-census": {"day": date.fromordinal(last - 1).isoformat()},
            "monthly-statistics": {"month": month_of(last, months_back=1).name},
        }
        for word, parameters in asked.items():
            report = find(word)
            assert report is not None
            pages = produce(signed_on.actor, report, parameters).pages(Setup())
            click.echo(as_text(pages, Setup()), nl=False)
    finally:
        sign_on.off(signed_on.actor)
    return 0
