"""``recordroom key``: a new data key, keys taken away, and the way back in with recovery shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordroom.commands.common import (
    notice,
    opened_store,
    options,
    passphrase_from,
    print_shares,
    recovery_shares,
    store_options,
    store_path,
)

if TYPE_CHECKING:
    from db.keyring.rotation import Rotated

WAIT = click.option(
    "--wait", is_flag=True, help="Let nobody in any more and wait until those signed on are out."
)


@click.group()
def key() -> None:
    """The data key and who holds it: rotate, revoke, recover, shares."""


@key.command()
@WAIT
@store_options
def rotate(wait: bool) -> None:
    """Give the store a new data key, or finish a rotation that was cut short. Everybody else must be out."""
    from db.keyring import rotation

    with opened_store() as signed_on:
        done = rotation.rotate(signed_on.actor, wait=wait)
    _say(done)


@key.command()
@click.argument("name")
@WAIT
@store_options
def revoke(name: str, wait: bool) -> None:
    """Take the key of the user or service NAME away for cause, and give the store a new data key."""
    from db.keyring import rotation

    with opened_store() as signed_on:
        done = rotation.revoke(signed_on.actor, name, wait=wait)
    _say(done)
    click.echo(
        f"{name} opens nothing any more. Backups and copies made before today are still open to what {name} "
        "had: make a new backup and destroy them."
    )


@key.command()
@click.argument("name")
@click.option(
    "--shares-file", type=click.Path(path_type=Path), help="File with two recovery shares, one a line."
)
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), help="File that holds the new one.")
@store_options
def recover(name: str, shares_file: Path | None, new_passphrase_file: Path | None) -> None:
    """Give the administrator NAME a new passphrase, with two of the three recovery shares."""
    from db.keyring import rotation
    from recordroom.workstation import where_from

    if options().passphrase_file is not None or options().service_key is not None:
        raise click.UsageError("Recovery opens the store with shares alone: name no passphrase or key file.")
    shares = recovery_shares(shares_file)
    chosen = passphrase_from(
        new_passphrase_file, "--new-passphrase-file", f"New passphrase for {name}", confirm=True
    )
    rotation.recover(store_path(), shares, name, chosen, where_from=where_from())
    notice(f"{name} can sign on with the new passphrase.")


@key.command()
@store_options
def shares() -> None:
    """Print new recovery shares; the old ones open nothing any more."""
    from db.keyring import rotation

    with opened_store() as signed_on:
        print_shares(rotation.new_shares(signed_on.actor), signed_on.store.facility)


def _say(done: Rotated) -> None:
    what = "The rotation that was cut short is finished" if done.resumed else "The store has a new data key"
    click.echo(f"{what}: generation {done.generation} is in force, and every passphrase is as it was.")
    for name in done.damaged_drafts:
        click.echo(f"drafts/{name} could not be read under any key and was left as it is.", err=True)
