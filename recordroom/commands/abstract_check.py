"""``recordroom abstract check``: every edit over the stored abstracts of a period, with the engine the form uses."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from recordroom.commands.common import opened_store, store_options
from rules.lifecycle import Status
from rules.periods import Period, month, span

if TYPE_CHECKING:
    from db.abstracting.abstract_check import Checkup
    from db.access.sign_on import SignedOn

HEADS = ("account", "discharged", "unit", "status", "level", "code", "field", "sentence")
STATUSES = tuple(str(status) for status in Status if status)


@click.command()
@click.option("--from", "first", metavar="DAY", help="First day of discharge, ISO.")
@click.option("--to", "last", metavar="DAY", help="Last day of discharge, ISO.")
@click.option(
    "--month", "month_", metavar="YYYY-MM", help="The discharges of a month, instead of --from and --to."
)
@click.option("--status", type=click.Choice(STATUSES), help="Only abstracts in this status.")
@click.option("--unit", help="Only discharges from this unit.")
@click.option("--errors", is_flag=True, help="Leave out warnings and queries.")
@click.option(
    "--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table", show_default=True
)
@store_options
def check(
    first: str | None, last: str | None, month_: str | None, status: str | None, unit: str | None, form: str,
    *, errors: bool,
) -> None:  # fmt: skip
    """Check the abstracts of a period: every edit, on the records as their forms show them.

    Findings are listed by account with code and sentence, then counted by code. Findings that somebody let stand
    with a reason are left out. The exit status is 1 when an error or worse was found. The check is one row of the
    audit trail.
    """
    period = _period(first, last, month_)
    with opened_store() as signed_on:
        made = _made(signed_on, period, status or "", unit or "")
    if errors:
        made = made.errors()
    {"table": _table, "jsonl": _json_lines, "csv": _csv}[form](made)
    click.get_current_context().exit(1 if made.wrong else 0)


def _period(first: str | None, last: str | None, month_: str | None) -> Period:
    if bool(month_) == bool(first or last) or bool(first) != bool(last):
        raise click.UsageError("Name the period with --month YYYY-MM, or with --from DAY and --to DAY.")
    try:
        return month(month_) if month_ else span(first or "", last or "")
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _made(signed_on: SignedOn, period: Period, status: str, unit: str) -> Checkup:
    from config.code_sources import SourceMissing, code_store
    from db.abstracting import rule_context
    from db.abstracting.abstract_check import check as check_period
    from db.coding.code_tables import all_tables
    from db.coding.codes import CodesMissing, CodeStore

    directory = signed_on.store.directory
    try:
        codes = CodeStore.open(code_store(directory), directory / "site" / "tables")
    except (CodesMissing, SourceMissing):
        codes = None
        click.echo("The code sets are not built: codes are checked by form alone.", err=True)
    try:
        context = rule_context.context(all_tables(directory), codes)
        return check_period(signed_on.actor, period, context, status=status, unit=unit, progress=_progress)
    finally:
        if codes is not None:
            codes.close()
        _progress(0)


def _progress(done: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{done:,} abstracts" if done else "\r\x1b[K", err=True, nl=False)


def _rows(made: Checkup) -> Iterator[tuple[str, ...]]:
    for each in made.found:
        for finding in each.findings:
            yield (
                each.account, each.discharged_at[:10], each.unit, each.status, str(finding.level), finding.code,
                finding.field, finding.message,
            )  # fmt: skip


def _table(made: Checkup) -> None:
    from tabulate import tabulate

    for each in made.found:
        click.echo(
            f"{each.account}  discharged {each.discharged_at[:10]}  {each.unit}  {each.status},"
            f" filed by {each.filed_by}"
        )
        for finding in each.findings:
            click.echo(f"  {finding.level:<8}{finding.code:<7}{finding.message}")
    if made.summary:
        rows = [(t.code, str(t.level), t.accounts, t.findings, t.message) for t in made.summary]
        click.echo()
        click.echo(
            tabulate(
                rows, ("code", "level", "accounts", "findings", "such as"), disable_numparse=True,
                colalign=("left", "left", "right", "right", "left"),
            )
        )  # fmt: skip
        click.echo()
    click.echo(_sentence(made))


def _sentence(made: Checkup) -> str:
    with_errors = f"{made.wrong:,} with errors" if made.wrong else "none with errors"
    counted = "1 abstract" if made.checked == 1 else f"{made.checked:,} abstracts"
    return f"{counted} checked, {with_errors}, {len(made.found):,} with any finding."


def _json_lines(made: Checkup) -> None:
    for row in _rows(made):
        click.echo(json.dumps(dict(zip(HEADS, row, strict=True)), ensure_ascii=False))
    codes: dict[str, Any] = {
        t.code: {"level": str(t.level), "accounts": t.accounts, "findings": t.findings} for t in made.summary
    }
    summary = {
        "checked": made.checked,
        "with_errors": made.wrong,
        "with_findings": len(made.found),
        "codes": codes,
    }
    click.echo(json.dumps({"summary": summary}, ensure_ascii=False))


def _csv(made: Checkup) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(_rows(made))
    click.echo(_sentence(made), err=True)
