"""``recordroom dictionary``: checks, installs, lists and prints data dictionaries."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.code_tables import Shelf, TableError
from config.data_sets import SITE, DictionaryError, clash, library, options
from config.dictionary_reader import read_dictionary
from recordroom.commands.common import named_store, opened_store, store_options
from rules.dictionary import Dictionary

if TYPE_CHECKING:
    from config.data_sets import Library


@click.group()
def dictionary() -> None:
    """Data dictionaries: what is collected, as data."""


@dictionary.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--tables", "folder", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the facility's own code tables.",
)  # fmt: skip
def check(files: tuple[Path, ...], folder: Path | None) -> None:
    """Check dictionaries (TOML) before they are put to use; later files may extend earlier ones.

    Every mistake is one line with file and line number, and the exit status is then 1.
    """
    tables = Shelf(folder)
    known, here = _shipped(), list[Dictionary]()
    sound = True
    for file in files:
        found, mistakes = read_dictionary(_text(file), file.name, tables, known)
        if found is not None:
            mistakes = clash(file.name, found, here)
        for mistake in mistakes:
            click.echo(str(mistake))
        if found is None or mistakes:
            sound = False
            continue
        known.append(found)
        here.append(found)
        sound = _tables_sound(found, tables) and sound
        columns = len(found.by_id)
        click.echo(f"{file.name}: {found.title}, version {found.version}, {columns} items, no mistakes.")
    click.get_current_context().exit(0 if sound else 1)


@dictionary.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@store_options
def install(file: Path) -> None:
    """Put FILE (a data set, or an addition to one) in force in the store.

    It is checked first, with everything that is there already; with a mistake nothing is changed and the exit status
    is 1. Who is signed on sees new screens at the next sign-on, and new items when a record is next opened.
    """
    _install(_text(file), file.name)


@dictionary.command()
@click.argument("name", type=click.Choice(sorted(options())))
@store_options
def use(name: str) -> None:
    """Put a shipped addition to the abstract to use: the VA's items and edits, services, or certificates.

    It is installed as it stands in this release; a later release's takes its place when it is put to use again.
    """
    chosen = options()[name]
    _install(chosen.text, chosen.name)


def _install(text: str, file: str) -> None:
    with opened_store() as signed_on:
        from db.registry.dictionaries import install as put_in_force

        try:
            made = put_in_force(signed_on.actor, text, file)
        except DictionaryError as error:
            for mistake in error.mistakes:
                click.echo(str(mistake))
            sys.exit(1)
    if not made:
        click.echo("It is in force already, just so.")
    for each in made:
        words = f", opened with {each.word}" if each.registry else ""
        click.echo(f"{each.title}, version {each.version}: {len(each.by_id)} items{words}.")


@dictionary.command()
@click.argument("name", type=click.Choice(["stroke"]))
def example(name: str) -> None:
    """Print a whole registry to begin from, as it would be installed."""
    click.echo(
        (resources.files("config") / "examples" / f"{name}.toml").read_text(encoding="utf-8"), nl=False
    )


@dictionary.command("list")
@store_options
def list_() -> None:
    """List the data sets in all versions, with the facility's own when a store is named. Needs no sign-on."""
    from tabulate import tabulate

    rows = [
        (
            each.id, each.version, each.title, each.word, each.registry.list_word if each.registry else "",
            len(each.by_id), len(each.edits), each.valid_from, each.valid_to,
        )
        for each in _library().dictionaries
    ]  # fmt: skip
    heads = ("data set", "version", "title", "word", "list", "items", "edits", "from", "to")
    click.echo(tabulate(rows, heads, disable_numparse=True))


@dictionary.command("print")
@click.argument("data_set")
@click.option("--version", help="A version by name; the newest otherwise.")
@click.option("--width", type=click.Choice(["80", "132"]), default="80", show_default=True)
@click.option("--lines", type=click.IntRange(20, 200), default=60, show_default=True)
@store_options
def print_(data_set: str, version: str | None, width: str, lines: int) -> None:
    """Print the data dictionary of DATA_SET: items, values, rules. Needs no sign-on; a store adds its own."""
    from reports.administration.data_dictionary import Data, render
    from reports.page import Run, Setup, as_text, paginate

    made = _library()
    try:
        chosen = made.version(data_set, version) if version else made.of(data_set)
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    setup = Setup(int(width), lines)
    run = Run("", "", "", notice="")
    pages = paginate(render(Data(chosen, made.tables), setup.width), run, setup)
    sys.stdout.write(as_text(pages, setup))


def _library() -> Library:
    store = named_store()
    return library(store / SITE if store else None)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read as UTF-8 text.") from error


def _shipped() -> list[Dictionary]:
    """The dictionaries that a file may extend; none while one of them is being mended."""
    try:
        return list(library().dictionaries)
    except DictionaryError:
        return []


def _tables_sound(dictionary: Dictionary, tables: Shelf) -> bool:
    """Whether every code table of the dictionary can be read; tells what is wrong with those that cannot."""
    named = {item.table for item in dictionary.by_id.values()}
    named |= {rule.table for item in dictionary.by_id.values() for rule in item.table_when}
    sound = True
    for name in sorted(named & set(tables)):
        try:
            tables[name]
        except TableError as error:
            click.echo(str(error))
            sound = False
    return sound
