"""``recordroom dictionary check``: reads a data dictionary and tells every mistake in it."""

from __future__ import annotations

from pathlib import Path

import click

from config.code_tables import Shelf, TableError
from config.data_sets import DictionaryError, library
from config.dictionary_reader import read_dictionary
from rules.dictionary import Dictionary


@click.group()
def dictionary() -> None:
    """Data dictionaries of the registries."""


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
    known = _shipped()
    sound = True
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"{file} cannot be read as UTF-8 text.") from error
        found, mistakes = read_dictionary(text, file.name, tables, known)
        for mistake in mistakes:
            click.echo(str(mistake))
        if found is None:
            sound = False
            continue
        known.append(found)
        sound = _tables_sound(found, tables) and sound
        columns = len(found.by_id)
        click.echo(f"{file.name}: {found.title}, version {found.version}, {columns} items, no mistakes.")
    click.get_current_context().exit(0 if sound else 1)


def _shipped() -> list[Dictionary]:
    """The dictionaries that a file may extend; none while one of them is being mended."""
    try:
        return list(library().dictionaries)
    except DictionaryError:
        return []


def _tables_sound(dictionary: Dictionary, tables: Shelf) -> bool:
    """Whether every code table of the dictionary can be read; tells what is wrong with those that cannot."""
    sound = True
    for name in sorted(
        {name for item in dictionary.by_id.values() for name in (item.table,) if name in tables}
    ):
        try:
            tables[name]
        except TableError as error:
            click.echo(str(error))
            sound = False
    return sound
