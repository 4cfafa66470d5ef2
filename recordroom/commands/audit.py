"""``recordroom audit``: lists the audit trail, verifies it from outside, and says where its anchors are copied."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recordroom.commands.common import opened_store, store_options, store_path, unlocked

if TYPE_CHECKING:
    from db.trail.privacy import Row

COLUMNS = (
    "seq", "at_utc", "user", "roles", "where_from", "session", "action", "kind", "record", "patient_id",
    "outcome", "detail",
)  # fmt: skip


@click.group()
def audit() -> None:
    """The audit trail: list, verify, copy of the anchors."""


@audit.command("list")
@click.option("--from", "from_", metavar="DATE", help="First day, YYYY-MM-DD; all when it is left out.")
@click.option("--to", metavar="DATE", help="Last day; that of --from when it is left out.")
@click.option("--by", default="", metavar="NAME", help="What this user did.")
@click.option("--mrn", default="", help="What was done about this patient.")
@click.option("--action", default="", help="One kind of act, such as 'view patient'.")
@click.option("--outcome", type=click.Choice(["done", "denied", "failed"]), help="How it ended.")
@click.option("--sort", type=click.Choice(COLUMNS), default="seq", show_default=True)
@click.option("--descending", is_flag=True, help="Largest, or newest, first.")
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)
@store_options
def list_(
    from_: str | None, to: str | None, by: str, mrn: str, action: str, outcome: str | None, sort: str,
    form: str, *, descending: bool,
) -> None:  # fmt: skip
    """List rows of the audit trail, which is a row of it as well."""
    from db.connect import StoreError
    from db.patient_index import patients
    from db.trail import privacy

    with opened_store() as signed_on:
        zone = signed_on.store.zone
        patient_id = patients.by_mrn(mrn) if mrn else 0
        if mrn and not patient_id:
            raise StoreError(f"There is no patient {mrn}.")
        wanted = privacy.Filter(
            _midnight(from_, zone) if from_ else 0,
            _midnight(to or from_, zone, days=1) if to or from_ else 1 << 40,
            by, patient_id, action, outcome or "",
        )  # fmt: skip
        rows = privacy.rows(signed_on.actor, wanted, sort, descending=descending)
        _write(rows, form)


@audit.command()
@click.option(
    "--anchors", "elsewhere", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Anchor lines kept elsewhere: a copy of anchor.log, or a system log of another host.",
)  # fmt: skip
@click.option(
    "--head", "printed", multiple=True, metavar="'ROW HEX'", help="Head as a printed page shows it."
)
@store_options
def verify(elsewhere: tuple[Path, ...], printed: tuple[str, ...]) -> None:
    """Verify chain, keys and anchors without writing anything; exit status 1 when something was found."""
    from db.trail import verifier

    report = verifier.verify(store_path(), unlocked(store_path()), elsewhere=elsewhere, printed=printed)
    for sentence in report.findings:
        click.echo(sentence)
    for sentence in report.notes:
        click.echo(f"Note: {sentence}")
    found = f"{len(report.findings)} findings" if report.findings else "no findings"
    click.echo(f"{report.rows} rows and {report.lines} anchors verified: {found}.")
    if not elsewhere and not printed:
        click.echo(
            "Note: somebody who holds the key is found out only by anchors kept elsewhere (--anchors)."
        )
    click.get_current_context().exit(1 if report.findings else 0)


@audit.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@store_options
def copy(directory: Path | None) -> None:
    """Keep every anchor line in DIRECTORY too: a mount or account that others cannot write to. None ends it."""
    from db.trail import audit_copy

    with opened_store() as signed_on:
        audit_copy.set_anchor_copy(signed_on.actor, directory)


def _midnight(day: str | None, zone: Any, *, days: int = 0) -> int:
    from rules.moments import day_number, iso_date, moment

    try:
        return moment(f"{iso_date(day_number(day or '') + days)}T00:00", zone).utc
    except ValueError:
        raise click.UsageError(f"{day} is no day such as 2026-11-21.") from None


def _write(rows: Sequence[Row], form: str) -> None:
    from rules.text import clean

    if form == "json":
        for row in rows:
            detail = json.loads(row.detail) if row.detail else None
            click.echo(json.dumps(asdict(row) | {"at": row.local(), "detail": detail}))
        return
    table = [
        [row.local(), *(clean(str(value)) if value is not None else "" for value in asdict(row).values())]
        for row in rows
    ]
    if form == "csv":
        from reports.sheet import safe

        csv.writer(sys.stdout).writerows([["at", *COLUMNS], *([safe(c) for c in line] for line in table)])
        return
    from tabulate import tabulate

    heads = ("at", "user", "action", "record", "outcome", "where from", "detail", "row")
    picked = [[line[i] for i in (0, 3, 7, 9, 11, 5, 12, 1)] for line in table]
    click.echo(tabulate(picked, heads, disable_numparse=True))
