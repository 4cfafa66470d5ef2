"""``recordroom codes``: build, search and show the code sets. They are no patient data: nobody signs on."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO

import click

from db.coding.codes import CodeStore, Detail, Hit
from recordroom.commands.code_sets import build, changes, import_, opened_codes, status
from recordroom.commands.common import store_options
from rules.codes import NAME, System, dotted, may_begin, normal
from rules.text import clean

_SYSTEMS = click.Choice([*(system.value for system in System), "all"])
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_MARKS = {
    "external": "external cause",
    "manifestation": "manifestation",
    "not-principal": "not as principal",
    "needs-secondary": "needs a secondary diagnosis",
    "questionable": "questionable admission",
    "unspecified": "unspecified side",
    "newborn": "age 0",
    "pediatric": "age 0-17",
    "maternity": "age 9-64",
    "adult": "age 15-124",
    "non-covered": "non-covered",
    "limited-coverage": "limited coverage",
}
_KINDS = {
    "inclusionTerm": "Is also called",
    "includes": "Includes",
    "excludes1": "Excludes 1 (not coded together)",
    "excludes2": "Excludes 2 (not included here)",
    "codeFirst": "Code first",
    "useAdditionalCode": "Use additional code",
    "codeAlso": "Code also",
    "notes": "Note",
    "sevenChrNote": "Seventh character",
}


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
    """Show a code: standing, history, its place in the book, and all notes that hold for it."""
    when = day.date() if day else date.today()  # noqa: DTZ011 (the calendar day at the terminal)
    with opened_codes() as store:
        for each in [System(system)] if system else [each for each in System if may_begin(code, each)]:
            if detail := store.show(code, each, when):
                for line in _described(detail):
                    click.echo(clean(line))
                return
    click.echo(f"recordroom: There is no code {clean(code)}.", err=True)
    sys.exit(1)


def _described(detail: Detail) -> Iterator[str]:
    hit = detail.hit
    yield f"{hit.shown}  {hit.text}"
    yield f"  {NAME[hit.system]}, {'valid' if hit.valid else 'header' if not hit.billable else 'not valid on this day'}"
    for each in detail.history:
        end = f"to {each.valid_to:%m/%d/%Y}" if each.valid_to else "on"
        yield f"  {'billable' if each.billable else 'header':<8} from {each.valid_from:%m/%d/%Y} {end}"
    for first, last, level in detail.severities:
        yield f"  {level:<8} from {first:%m/%d/%Y} {f'to {last:%m/%d/%Y}' if last else 'on'}"
    if hit.marks:
        yield "  " + ", ".join(_MARKS.get(mark, mark) for mark in hit.marks)
    if hit.poa_exempt:
        yield "  exempt from POA reporting (to be confirmed)"
    for depth, (key, title) in enumerate(detail.above):
        yield f"{'  ' * depth}  {_shown(key, hit.system)}  {title}"
    for below in detail.below:
        yield f"    > {below.shown:<8}  {below.text}"
    for note in detail.notes:
        yield f"  {_KINDS.get(note.kind, note.kind)} [{_shown(note.key, hit.system)}]: {note.text}"


def _shown(key: str, system: System) -> str:
    return dotted(key, system) if normal(key) == key and "-" not in key else key


for command in (build, changes, import_, status):
    codes.add_command(command)
