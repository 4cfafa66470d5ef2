"""``recordroom backup``, ``restore`` and ``verify``: copies that are known to open, a store known to be whole."""

from __future__ import annotations

from pathlib import Path

import click

from recordroom.commands.common import (
    notice,
    opened_store,
    options,
    recovery_shares,
    store_options,
    store_path,
    unlocked,
)


@click.command()
@click.option("--to", type=click.Path(path_type=Path), help="Folder of the backups; STORE/backup otherwise.")
@click.option("--keep", type=click.IntRange(1), default=14, show_default=True, help="Backups kept there.")
@store_options
def backup(to: Path | None, keep: int) -> None:
    """Make a backup while others work: copied, opened and checked before it counts. Oldest ones go."""
    from db.safekeeping import backup

    with opened_store() as signed_on:
        made = backup.make(signed_on.actor, to, keep=keep)
    records = sum(made.manifest.counts.values())
    click.echo(f"{made.path}: {records} rows, audit trail at row {made.manifest.rows}; opened and checked.")
    for name in made.removed:
        click.echo(f"Removed {name}.")
    if made.same_disk:
        notice("It lies on the disk of the store: keep a copy on another one, or use --to.")


@click.command()
@click.argument("backup", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--shares", "by_shares", is_flag=True, help="Open it with two recovery shares, asked for here.")
@click.option(
    "--shares-file", type=click.Path(path_type=Path), help="File with two recovery shares, one a line."
)
@store_options
def restore(backup: Path, directory: Path, *, by_shares: bool, shares_file: Path | None) -> None:
    """Make a store in the new place DIRECTORY of a BACKUP, with a passphrase, key file or shares of its day."""
    from db.keyring import keys
    from db.safekeeping import restore
    from recordroom.workstation import where_from

    if options().store is not None:
        raise click.UsageError("A restore goes to a new place: --store has no meaning here.")
    if by_shares := by_shares or shares_file is not None:
        opened = keys.unlock_with_shares(backup, recovery_shares(shares_file))
    else:
        opened = unlocked(backup, backup=True)
    done = restore.restore(backup, directory, opened, where_from=where_from())
    click.echo(
        f"{directory}: restored, audit trail at row {done.manifest.rows}. What was committed after the backup was "
        "made is not in it."
    )
    if by_shares:
        click.echo(
            f"The same shares let one of its administrators in ({', '.join(done.administrators)}): recordroom key "
            f"recover {done.administrators[0]} --store {directory}"
        )
    if done.anchor_copy:
        click.echo(
            f"The old store's second anchors in {done.anchor_copy} were left alone: name a new place for those of "
            "this one."
        )


@click.command()
@store_options
def verify() -> None:
    """Check database, keys, drafts, site files, backups, schema and audit trail. Exit 1 when one is wrong."""
    from db.safekeeping import verify

    directory, wrong = store_path(), 0
    for check in verify.verify(directory, unlocked(directory)):
        wrong += bool(check.faults)
        click.echo(f"{'WRONG' if check.faults else 'good':6}{check.name:13}{check.said}")
        for fault in check.faults:
            click.echo(f"      {fault}")
    if wrong:
        raise click.exceptions.Exit(1)
