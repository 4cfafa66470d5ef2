"""``recordroom upgrade``: bring the store to the schema of this program, after a copy of it was made."""

from __future__ import annotations

import click

from recordroom.commands.common import opened_store, store_options


@click.command()
@store_options
def upgrade() -> None:
    """Bring the store to the schema of this program. A copy is made first, in STORE/backup/."""
    from db import migrations
    from db.actors import Action
    from db.acts import act
    from db.safekeeping import backup

    with opened_store(any_schema=True) as signed_on:
        present = migrations.schema_version()
        if present >= migrations.migrations()[-1].number:
            migrations.check_schema()
            click.echo(f"The store has schema {present} already: nothing to do.")
            return
        copy = backup.copy_database(f"before-schema-{migrations.migrations()[-1].number}")
        with act(signed_on.actor, Action.UPGRADE, kind="store") as done:
            taken = migrations.upgrade()
            done.detail["steps"] = [step.number for step in taken]
        click.echo(f"Upgraded from schema {present} to {taken[-1].number}; the copy is {copy}.")
