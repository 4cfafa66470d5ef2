"""``recordroom codes``: build, search and show the code sets. They are no patient data: nobody signs on."""

from __future__ import annotations

import json
import sys
import time
from datetime import date, datetime
from typing import IO

import click

from db.coding.codes import CodeStore, Hit
from recordroom.commands.code_sets import build, changes, import_, opened_codes, status
from recordroom.commands.common import store_options
from rules.codes import System, may_begin
from rules.text import clean

_SYSTEMS = click.Choice([*(system.value for system in System), "all"])
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def codes() -> None:
    """Code sets: ICD-10-CM, ICD-10-PCS, MS-DRG weights."""


@codes.command()
@click.argument("words", nargs=-1)
@click.option("--system", type=_SYSTEMS, default="cm", show_default=True, help="Code set to search.")
@click.option("--day", type=_DAY, help="Discharge date; today otherwise.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option(
    "--batch", type=click.File("r", encoding="utf-8-sig"), help="File of queries, one a line (- is stdin)."
)
@store_options
def search(
    words: tuple[str, ...], system: str, day: datetime | None, limit: int, batch: IO[str] | None
) -> None:
    """Search by words, abbreviations, a code or its beginning, or a range of codes."""
    if not words and batch is None:
        raise click.UsageError("Say what to search for, or name a file with --batch.")
    chosen = None if system == "all" else System(system)
    when = day.date() if day else date.today()  # noqa: DTZ011 (the calendar day at the terminal)
    with opened_codes() as store:
        if batch is not None:
            for line in batch:
                _answer(store, line.rstrip("\r\n"), chosen, when, limit)
            return
        found = store.search(" ".join(words), chosen, when, limit)
    for hit in found:
        click.echo(_line(hit))
    if not found:
        click.echo("Nothing was found.", err=True)


def _answer(store: CodeStore, query: str, system: System | None, day: date, limit: int) -> None:
    start = time.perf_counter()
    hits = store.search(query, system, day, limit)
    milliseconds = (time.perf_counter() - start) * 1000
    answer = {"query": query, "codes": [hit.shown for hit in hits], "ms": round(milliseconds, 3)}
    click.echo(json.dumps(answer, ensure_ascii=False))


def _line(hit: Hit) -> str:
    standing = "" if hit.valid else "header" if not hit.billable else "invalid"
    return clean(f"{hit.shown:<8}  {standing or hit.severity:<7} {hit.text}").rstrip()


@codes.command()
@click.argument("code")
@click.option(
    "--system", type=click.Choice([system.value for system in System]), help="Code set, when it is not plain."
)
@click.option("--day", type=_DAY, help="Discharge date; today otherwise.")
@store_options
def show(code: str, system: str | None, day: datetime | None) -> None:
    """Show a code as the screen NOT does: standing, edits, place in the book, notes, index terms, history."""
    from reports.code_page import code_page

    when = day.date() if day else date.today()  # noqa: DTZ011 (the calendar day at the terminal)
    with opened_codes() as store:
        for each in [System(system)] if system else [each for each in System if may_begin(code, each)]:
            if detail := store.show(code, each, when):
                for line in code_page(store, detail, _written):
                    click.echo(clean(line.text))
                return
    click.echo(
        f"recordroom: There is no code {clean(code)} in ICD-10-CM, ICD-10-PCS or HCPCS Level II;"
        " the facility's own sets are on the screen HCP.",
        err=True,
    )
    sys.exit(1)


def _written(day: date) -> str:
    return f"{day:%m/%d/%Y}"


for command in (build, changes, import_, status):
    codes.add_command(command)
