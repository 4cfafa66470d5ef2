"""``recordroom table``: the facility's own rows of code tables."""

from __future__ import annotations

from pathlib import Path

import click

from recordroom.commands.common import opened_store, store_options


@click.group()
def table() -> None:
    """The facility's own rows of code tables: import."""


@table.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@store_options
def import_(file: Path) -> None:
    """Put the rows of FILE (TOML, as in config/tables/) in force; they win over the shipped rows."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{file} cannot be read as a text file.") from error
    with opened_store() as signed_on:
        from db.coding.site_tables import import_table

        made = import_table(signed_on.actor, text, file.name)
    click.echo(f"{made.title}: {len(made.rows)} rows are in force.")
