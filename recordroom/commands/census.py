"""``recordroom census``: the day summary against the movements, and months closed, compared and restated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from recordroom.commands.common import opened_store, store_options

if TYPE_CHECKING:
    from db.statistics.closing import Standing
    from db.statistics.corrections import Compared

SHOWN: Final = 50  # differences told one by one
ISO_DATE: Final = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def census() -> None:
    """The census: its check, and the closing of months."""


@census.command()
@click.option("--from", "from_", type=ISO_DATE, help="First day; the beginning of last month without it.")
@click.option("--to", type=ISO_DATE, help="Last day; yesterday without it.")
@store_options
def check(from_: Any, to: Any) -> None:
    """Count the census anew from the movements, and compare what was signed with what is counted now.

    Each difference names the movement whose stay is not what follows from it. Units and services must balance, the
    running totals of the fiscal year must be what the stays add up to, and every signed month must be as it was signed.
    Closed months that something has changed for are compared. The last line of output is a JSON object; the exit
    status is 1 when something was found. Corrections of closed months are told and change no exit status.
    """
    with opened_store() as signed_on:
        from db import store
        from db.statistics import closing, corrections, self_check
        from rules.moments import iso_date
        from rules.periods import month_of

        today = store.current().now().day
        first = from_.date().toordinal() if from_ else month_of(today, months_back=1).from_day
        last = to.date().toordinal() if to else today - 1
        if last < first:
            raise click.UsageError(
                f"The period ends ({iso_date(last)}) before it begins ({iso_date(first)})."
            )
        if first > today:
            raise click.UsageError(f"{iso_date(first)} is still to come: there is nothing to count yet.")
        found = self_check.check(signed_on.actor, first, last)
        unsound = closing.unsound()
        compared = [] if unsound else corrections.compare_changed(signed_on.actor)
        days = {"from": iso_date(first), "to": iso_date(last)}
    told = [*found.sentences, *unsound]
    for sentence in told[:SHOWN]:
        click.echo(sentence)
    if len(told) > SHOWN:
        click.echo(f"{len(told) - SHOWN} more.")
    for each in compared:
        if each.figures:
            click.echo(_differs(each))
    click.echo(json.dumps(
        days | {"differences": len(found.differences), "out_of_balance": len(found.balance),
                "running_totals": len(found.running), "not_as_signed": len(unsound),
                "corrected_months": sum(bool(each.figures) for each in compared)}
    ))  # fmt: skip
    click.get_current_context().exit(1 if told else 0)


def _differs(found: Compared) -> str:
    closed, figures, changes = found.closing, len(found.figures), len(found.changes)
    return (
        f"{closed.month} version {closed.version}: {figures} figure{'s differ' if figures != 1 else ' differs'} from"
        f" those signed, by {changes} late change{'s' if changes != 1 else ''}. See 'report corrections --month"
        f" {closed.month}'."
    )


@census.command()
@store_options
def rebuild() -> None:
    """Derive every stay and the whole day summary from the movements anew. Others can work meanwhile."""
    with opened_store() as signed_on:
        from db.statistics import self_check

        self_check.rebuild(signed_on.actor)
    click.echo("The census was derived from the movements anew.")


@census.command()
@click.argument("month")
@click.option("--reason", default="", help="Why it is closed although the census is not sound.")
@store_options
def close(month: str, reason: str) -> None:
    """Close MONTH (such as 2026-10): sign its figures and pages.

    Refused, with exit status 1, while the month is not over, and, without a reason, while the census of the month is
    out of balance or differs from the movements. What is still open is told with the result.
    """
    with opened_store() as signed_on:
        from reports import closing

        found = closing.close(signed_on.actor, month, reason)
    _told(found)


@census.command()
@click.argument("month")
@click.option("--reason", required=True, help="Why the month is restated.")
@store_options
def restate(month: str, reason: str) -> None:
    """Sign a further version of a closed MONTH, with everything that came late. Earlier versions stay."""
    with opened_store() as signed_on:
        from reports import closing

        found = closing.restate(signed_on.actor, month, reason)
    _told(found)


def _told(found: Compared) -> None:
    closed = found.closing
    click.echo(json.dumps(
        {"month": closed.month, "version": closed.version, "status": closed.status, "closed_by": closed.closed_by,
         "as_of": closed.as_of, "reason": closed.reason, "still_open": list(closed.warnings)}
    ))  # fmt: skip


@census.command()
@click.option("--months", type=click.IntRange(1, 600), default=12, show_default=True, help="Months listed.")
@store_options
def status(months: int) -> None:
    """What is closed: a JSON line a month, the latest first."""
    with opened_store() as signed_on:
        from db.actors import Action
        from db.acts import permit
        from db.statistics import closing

        permit(signed_on.actor, Action.RUN_REPORT, kind="month", record="status")
        lines = [_line(month, standing) for month, standing in closing.months(limit=months)]
    for line in lines:
        click.echo(json.dumps(line))


def _line(month: str, standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {"month": month, "status": "open", "version": None}
    closed = standing.closing
    return {
        "month": month, "status": closed.status, "version": closed.version, "closed_by": closed.closed_by,
        "as_of": closed.as_of, "changed_since": standing.changed, "corrected_figures": standing.corrections,
    }  # fmt: skip
