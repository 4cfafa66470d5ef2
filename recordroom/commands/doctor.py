"""``recordroom doctor``: whether this host is set up as docs/operate.md says."""

from __future__ import annotations

from pathlib import Path

import click

from recordroom.commands.common import named_store, store_options


@click.command()
@click.option("--technician", default="", help="Somebody who comes in by SSH: whose sshd options to look at.")
@click.option("--group", default="technicians", show_default=True, help="Group of those who come in by SSH.")
@click.option(
    "--backups", type=click.Path(path_type=Path), help="Folder of the backups; STORE/backup otherwise."
)
@store_options
def doctor(technician: str, group: str, backups: Path | None) -> None:
    """Look this host over and say what to change. Exit 1 when something is found. Nobody signs on."""
    from recordroom.doctor import Host, look_over

    found = 0
    for look in look_over(Host(named_store(), backups, technician=technician, group=group)):
        found += len(look.faults)
        word = "WRONG" if look.faults else "not seen" if look.skipped else "good"
        click.echo(f"{word:9} {look.name}" + (f": {look.skipped}" if look.skipped else ""))
        for fault in look.faults:
            click.echo(f"          {fault}")
    if found:
        raise click.exceptions.Exit(1)
