"""``recordroom status``: what the store is, and whether it is fit to work on."""

from __future__ import annotations

import click

from recordroom.commands.common import opened_store, store_options


@click.command()
@click.option("--security", is_flag=True, help="Algorithms, provider, costs, slots, sessions and lockouts.")
@store_options
def status(security: bool) -> None:
    """Show facility, schema, audit anchor and code sets of the store."""
    from db import migrations
    from db.files import disk_warning, percent_used

    if security:
        _security()
        return
    with opened_store(any_schema=True) as signed_on:
        here = signed_on.store
        click.echo(f"Facility        {here.facility}")
        click.echo(f"Time zone       {here.zone.key}")
        click.echo(f"Schema          {migrations.schema_version()} of {migrations.migrations()[-1].number}")
        click.echo(
            f"Audit trail     {here.trail.head()[0]} rows, " + (here.tampered or "agrees with its anchor")
        )
        room = disk_warning(here.directory) or f"{percent_used(here.directory)} % full"
        click.echo(f"Disk            {room}")
        if here.tampered:
            raise SystemExit(1)


def _security() -> None:
    from tabulate import tabulate

    from db.keyring.security_state import security_state
    from rules.moments import moment_at
    from rules.text import clean

    with opened_store() as signed_on:
        state, zone = security_state(signed_on.actor), signed_on.store.zone
    for name, fact in state.facts:
        click.echo(f"{name:<23} {clean(fact)}")

    def at(second: int) -> str:
        return moment_at(second, zone).local.replace("T", " ")

    slots = [
        (
            each.kind,
            clean(each.name),
            each.derivation,
            at(each.created_utc),
            clean(each.created_by),
            each.state,
        )
        for each in state.slots
    ]
    heads = ("slot", "name", "derivation", "created", "by", "state")
    click.echo("\n" + tabulate(slots, heads, disable_numparse=True))
    here = [(clean(each.user), at(each.since_utc)) for each in state.sessions]
    click.echo("\n" + tabulate(here or [("nobody else", "")], ("signed on", "since"), disable_numparse=True))
