"""``recordroom init``: make a new store."""

from __future__ import annotations

from pathlib import Path

import click

from recordroom.commands.common import notice, passphrase, print_shares, store_options


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--facility", required=True, help="Name of the hospital, as it heads every page.")
@click.option("--admin", required=True, help="User name of the first administrator.")
@click.option("--timezone", default="America/New_York", show_default=True, help="Time zone of the facility.")
@store_options
def init(directory: Path, facility: str, admin: str, timezone: str) -> None:
    """Make a new store in DIRECTORY. The administrator holds all roles until others exist."""
    from db import store

    chosen = passphrase(f"Passphrase for {admin} (15 characters or more)", confirm=True)
    shares = store.init_store(directory, facility, admin, chosen, timezone)
    print_shares(shares, facility)
    notice(f"Made the store {directory} for {facility}; {admin} can sign on.")
