"""``recordroom init``: make a new store."""

from __future__ import annotations

from pathlib import Path

import click

from config.code_tables import shipped_tables
from config.data_sets import options
from recordroom.commands.common import notice, passphrase, print_shares, store_options

KINDS = tuple(row.code for row in shipped_tables()["facility_kinds"].rows)
VA = "va"
VA_OPTION = "abstract-va"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--facility", required=True, help="Name of the hospital, as it heads every page.")
@click.option("--admin", required=True, help="User name of the first administrator.")
@click.option("--timezone", default="America/New_York", show_default=True, help="Time zone of the facility.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="Kind of facility; sets facility_kind. For va the abstract gets the VA's items and edits too.",
)
@store_options
def init(directory: Path, facility: str, admin: str, timezone: str, kind: str | None) -> None:
    """Make a new store in DIRECTORY. The administrator holds all roles until others exist."""
    from db import store

    chosen = passphrase(f"Passphrase for {admin} (15 characters or more)", confirm=True)
    shares = store.init_store(directory, facility, admin, chosen, timezone)
    if kind:
        _set_kind(directory, admin, chosen, kind)
    print_shares(shares, facility)
    notice(f"Made the store {directory} for {facility}; {admin} can sign on.")


def _set_kind(directory: Path, admin: str, words: str, kind: str) -> None:
    """Say what kind of facility it is from the first day on, and put to use what that asks of the abstract."""
    from db.access import sign_on
    from db.conventions import file_setting
    from db.registry import dictionaries

    actor = sign_on.with_passphrase(directory, admin, words).actor
    try:
        file_setting(actor, "facility_kind", kind, 1)
        if kind == VA:
            option = options()[VA_OPTION]
            dictionaries.install(actor, option.text, option.name)
    finally:
        sign_on.off(actor)
