"""``recordroom work``: whether the work queue is what its causes say, and what waits in it."""

from __future__ import annotations

import json

import click

from recordroom.commands.common import notice, opened_store, store_options

SHOWN = 20


@click.group()
def work() -> None:
    """The work queue: its check, and what waits."""


@work.command()
@click.option("--mend", is_flag=True, help="Make the rows anew that are not what they must be.")
@store_options
def check(*, mend: bool) -> None:
    """Compare every row of the work queue with accounts, abstracts, returns and holds.

    The queue is kept in the same transaction as what causes it, so nothing should ever differ. The last line of output
    is a JSON object; the exit status is 1 when something differed and was not mended.
    """
    with opened_store() as signed_on:
        from db.worklist import work as queue

        found = queue.check(signed_on.actor, mend=mend)
    for account in found.wrong[:SHOWN]:
        click.echo(account)
    if len(found.wrong) > SHOWN:
        notice(f"{len(found.wrong) - SHOWN} more.")
    click.echo(
        json.dumps(
            {"rows": found.rows, "wrong": len(found.wrong), "tally": not found.tally_wrong, "mended": mend}
        )
    )
    click.get_current_context().exit(0 if found.sound or mend else 1)


@work.command()
@store_options
def status() -> None:
    """How many accounts wait for each kind of work, and the oldest of them, as JSON lines."""
    with opened_store() as signed_on:
        from db import store
        from db.actors import Action
        from db.acts import permit
        from db.worklist import counts
        from rules.work import LETTERS, STORED

        permit(signed_on.actor, Action.RUN_REPORT, kind="work queue", record="status")
        today = store.current().now().day
        lines = [
            {"kind": (kind.name or "").lower(), "accounts": waiting.items,
             "oldest_days": None if waiting.oldest is None else max(0, today - waiting.oldest)}
            for kind in LETTERS
            if kind & STORED
            for waiting in (counts.waiting(kind),)
        ]  # fmt: skip
    for line in lines:
        click.echo(json.dumps(line))
