"""``recordroom status``: what the store is, and whether it is fit to work on."""

from __future__ import annotations

import click

from recordroom.commands.common import opened_store, store_options


@click.command()
@store_options
def status() -> None:
    """Show facility, schema, audit anchor and code sets of the store."""
    from db import migrations

    with opened_store(any_schema=True) as signed_on:
        here = signed_on.store
        click.echo(f"Facility        {here.facility}")
        click.echo(f"Time zone       {here.zone.key}")
        click.echo(f"Schema          {migrations.schema_version()} of {migrations.migrations()[-1].number}")
        click.echo(
            f"Audit trail     {here.trail.head()[0]} rows, " + (here.tampered or "agrees with its anchor")
        )
