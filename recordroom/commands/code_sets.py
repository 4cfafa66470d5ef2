"""``recordroom codes`` build, import, status and changes: what the code sets are made of. Nobody signs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.code_sources import FILE, FOLDER, SourceMissing, cached_store, expiry_notice, fingerprint, inputs
from db.coding.codes import CodesMissing, CodeStore
from recordroom.commands.common import named_store, notice, store_options
from rules.codes import NAME, System, dotted
from rules.text import clean

if TYPE_CHECKING:
    from exchange.code_sets.importing import Outcome

LISTED = 10  # remarks and examples that are shown of many
BEYOND = "the installed grouper is asked; a code that it cannot judge is not refused"
BY_FAMILIES = "by families (table poa_exempt, to be confirmed) until a list is imported"
_KINDS = {
    "new": "new", "deleted": "deleted", "revised": "title revised", "header": "became", "severity": "CC/MCC",
    "poa": "POA",
}  # fmt: skip


@contextmanager
def opened_codes() -> Iterator[CodeStore]:
    """The code store, built into the user's cache when none is there."""
    from exchange.code_sets.build import ready

    store = named_store()
    with (
        _told(),
        CodeStore.open(ready(store, progress=notice), store / "site" / "tables" if store else None) as found,
    ):
        yield found


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong with the code sets, as one sentence."""
    from exchange.code_sets.official import Refused

    try:
        yield
    except (SourceMissing, CodesMissing) as error:
        raise click.ClickException(str(error)) from error
    except Refused as error:
        raise click.ClickException(f"{error} Nothing was changed.") from error
    except OSError as error:
        raise click.ClickException(
            f"The code store cannot be written: {error.strerror}. The old one stays as it was."
        ) from error


def _home_file() -> Path | None:
    """The code store that is built and imported into: the one named, that of the store named; None: the cache's."""
    if named := os.environ.get("RECORDROOM_CODES"):
        return Path(named)
    store = named_store()
    if store is not None and not store.is_dir():
        raise click.UsageError(f"{store} is no folder: name the store.")
    return store / FILE if store else None


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; codes.db of the store named, or the user's cache otherwise.",
)
@click.option("--again", is_flag=True, help="Build even when it is there for the same inputs.")
@store_options
def build(out: Path | None, again: bool) -> None:
    """Build the code store from the installed packages, the shipped seeds and what was imported."""
    from exchange.code_sets.build import build as build_store

    with _told():
        made = build_store(out or _home_file() or cached_store(), progress=notice, again=again)
    click.echo(f"{made.path}: {'built' if made.made else 'is up to date'}")
    for name, count in sorted(made.counts.items()):
        click.echo(f"  {name:<14} {count:>9,}")


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--kind", help="Kind of the files, when their content does not tell (see --list).")
@click.option("--year", help="Fiscal year such as 2027, or 2027-04 for an update of April; HCPCS 2027-01.")
@click.option("--set", "set_name", help="Name of a facility's own set in one word, such as cpt.")
@click.option("--title", help="Title of a facility's own set.")
@click.option("--licence-holder", help="Who holds the licence of a facility's own set, or none.")
@click.option(
    "--remove",
    nargs=2,
    metavar="KIND YEAR",
    help="Take an imported file out: KIND and YEAR, or the set's name.",
)
@click.option("--list", "list_kinds", is_flag=True, help="List the kinds of files.")
@store_options
def import_(
    files: Sequence[Path], kind: str | None, year: str | None, set_name: str | None, title: str | None,
    licence_holder: str | None, remove: tuple[str, str] | None, list_kinds: bool,
) -> None:  # fmt: skip
    """Import official code-set files, and code sets of the facility's own (CPT, CDT, charge master) from CSV.

    Each file is recognised by its content and checked whole; all are taken, or none and nothing changes.
    """
    from exchange.code_sets.importing import Home, Said, import_files
    from exchange.code_sets.importing import remove as take_out
    from exchange.code_sets.kinds import KINDS, is_edition

    if list_kinds:
        for each in KINDS.values():
            click.echo(f"{each.name:<16} {each.title}")
        return
    if bool(files) == bool(remove):
        raise click.UsageError("Name the files to import, or one to take out with --remove KIND YEAR.")
    if year and not is_edition(year):
        raise click.UsageError(f"{clean(year)} is no year: write 2027, or 2027-04 for the update of April.")
    if set_name and not licence_holder and sys.stdin.isatty():
        licence_holder = click.prompt(f"Who holds the licence of the texts of {set_name}", err=True)
    said = Said(kind or "", year or "", set_name or "", title or "", licence_holder or "")
    home = Home(_home_file())
    with _told():
        made = (
            take_out(*remove, home, progress=notice)
            if remove
            else import_files(files, home, said, progress=notice)
        )
    _tell(made)


def _tell(made: Outcome) -> None:
    from exchange.code_sets.differences import summed
    from exchange.code_sets.kinds import KINDS

    for each in made.taken:
        source = each.source
        what = " ".join(
            (KINDS[source.kind].title, source.title if source.kind == "facility" else "", source.edition)
        )
        click.echo(
            f"{each.file}: {' '.join(what.split())}, "
            + (f"{each.rows:,} rows" if each.new else "is there already")
        )
        for remark in each.remarks:
            click.echo(f"  {remark}")
    for system, text, count in summed(made.differences):
        click.echo(f"  {clean(system):<10} {count:>9,} {text}")
    click.echo(f"Code store: {made.path}")


@click.command()
@store_options
def status() -> None:
    """Say what the code store holds, what it was made from, what is missing and how long it is valid."""
    with opened_codes() as store:
        found = store.status()
        ended = store.unknown_expansions(store.own_expansions(), date.today())  # noqa: DTZ011 (the calendar day at the terminal)
    click.echo(f"Code store     {found.path}")
    click.echo(f"Built          {_built(found.path)}")
    click.echo(f"Valid through  {found.valid_through:%m/%d/%Y}")
    click.echo(f"After that     {BEYOND}")
    if warning := expiry_notice(found.path, date.today()):  # noqa: DTZ011 (the calendar day at the terminal)
        click.echo(f"Warning        {warning}")
    with _told():
        if found.inputs != fingerprint(inputs(found.path)):
            click.echo("Warning        What it is built of has changed since: run recordroom codes build.")
    click.echo(f"Groupers       {', '.join(found.grouper_versions)}")
    for system in System:
        click.echo(f"{NAME[system].partition(' Level')[0]:<14} {_codes_of(system, found.counts)}")
    click.echo(f"Weights        {_weights(found.weight_years)}")
    lists = ", ".join(f"FY {year}" for year in found.poa_lists)
    click.echo(f"POA exempt     {lists or BY_FAMILIES}")
    for imported in (False, True):
        rows = [each for each in found.sources if bool(each.kind) is imported]
        if rows:
            click.echo("Imported" if imported else "Came with the program")
        for each in rows:
            release = f"{each.imported_utc[:10]} {each.licence_holder}".strip() if imported else each.release
            line = f"  {each.name:<18} {release:<24} {each.rows:>8,} rows  {each.sha256[:16]}  {each.file}"
            click.echo(clean(line))
    for difference in found.differences:
        click.echo(f"Compared       {clean(difference)}")
    for missing in found.missing:
        click.echo(f"Missing        {missing.what}: import {missing.file}")
    for phrase, code in ended:
        click.echo(clean(f"Search words   {phrase}: no code in force is or begins with {code}."))


def _built(path: Path) -> str:
    about = path.stat()
    return f"{datetime.fromtimestamp(about.st_mtime):%m/%d/%Y %H:%M}, {about.st_size / 1e6:.0f} MB"  # noqa: DTZ006 (the host's own clock)


def _codes_of(system: System, counts: Mapping[str, int]) -> str:
    """How many codes of a set are valid now, their headers, and how many of them have no title."""
    valid, headers, untitled = (
        counts.get(f"{system} {what}", 0) for what in ("valid", "headers", "untitled")
    )
    if not valid:
        return "none"
    more = [f"{headers:,} headers"] if headers else []
    more += [f"{untitled:,} of them without a title, which can be entered all the same"] if untitled else []
    return ", ".join((f"{valid:,} codes valid now", *more))


def _weights(years: Sequence[int]) -> str:
    """For which discharges there are weights: a table holds until that of a later year."""
    if not years:
        return "none"
    return (
        f"{', '.join(f'FY {year}' for year in years)}; the last one holds until a later Table 5 is imported"
    )


@click.command()
@click.option("--from", "first", type=int, help="Fiscal year to compare with; the one before --to otherwise.")
@click.option("--to", "last", type=int, help="Fiscal year that is compared; the last one known otherwise.")
@click.option("--system", type=click.Choice([system.value for system in System]), help="One code set alone.")
@click.option("--import", "by_import", is_flag=True, help="What the last import changed.")
@store_options
def changes(first: int | None, last: int | None, system: str | None, by_import: bool) -> None:
    """List what changed between two fiscal years: new, deleted, revised, made headers, CC/MCC, POA exemption."""
    if by_import:
        _last_import(system)
        return
    with opened_codes() as store:
        last = last or store.valid_through.year + (store.valid_through.month >= 10)
        first = first if first is not None else last - 1
        if first >= last:
            raise click.UsageError(f"--from {first} must be a year before --to {last}.")
        rows = [row for row in store.changes(date(first, 10, 1)) if row[1] < date(last, 10, 1)]
    for _, effective, of, code, kind, old, new in rows:
        if system in (None, of):
            shown = dotted(code, System(of))
            click.echo(
                clean(
                    f"{effective:%m/%d/%Y}  {of:<5}  {shown:<8}  {_KINDS[kind]:<13}  {_described(kind, old, new)}"
                )
            )
    if not rows:
        click.echo("Nothing changed.", err=True)


def _described(kind: str, old: str, new: str) -> str:
    if kind in ("new", "deleted", "header"):
        return f"{new or old}".replace("header", "a header, no longer a code")
    return f"{old or '-'} -> {new or '-'}"


def _last_import(system: str | None) -> None:
    from db.coding.imported_changes import last_import

    file = _home_file()
    imported, rows = last_import((file.parent if file else cached_store().parent) / FOLDER)
    if not imported:
        click.echo("Nothing was imported.", err=True)
        return
    click.echo(clean(f"Imported: {imported}"))
    for row in rows:
        if system in (None, row.system):
            shown = dotted(row.code, System(row.system)) if row.system in set(System) else row.code
            said = f"{row.kind:<9}  {row.old or '-'} -> {row.new or '-'}"
            click.echo(clean(f"{row.since or '':>8}  {row.system:<8}  {shown:<8}  {said}"))
