"""``recordroom export``: records of a data set into a file; needs the export permission and is audited."""

from __future__ import annotations

from pathlib import Path

import click

from recordroom.commands.common import notice, opened_store, store_options

FORMATS = ("csv", "json", "xlsx")


@click.group()
def export() -> None:
    """Write records to a file. Needs the export permission; what was written is in the audit trail."""


@export.command()
@click.argument("data_set")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--status", default="", help="Only records in this status, such as complete.")
@click.option("--from", "first", default="", help="Only records dated on this ISO day or later.")
@click.option("--to", "last", default="", help="Only records dated on this ISO day or earlier.")
@store_options
def records(data_set: str, out: Path, form: str, status: str, first: str, last: str) -> None:
    """Write the records of DATA_SET: one row each, columns named by item, as import records takes them."""
    from rules.values import is_date

    for day in filter(None, (first, last)):
        if not is_date(day):
            raise click.UsageError(f"{day!r} is no day: write it as 2026-11-21.")
    with opened_store() as signed_on:
        from exchange.records_export import NoRecords, export_records
        from reports import sheet

        write = {"csv": sheet.write_csv, "json": sheet.write_json, "xlsx": sheet.write_xlsx}[form]
        try:
            count = export_records(
                signed_on.actor, data_set.casefold(), out, write, form=form, status=status, from_day=first, to_day=last
            )  # fmt: skip
        except NoRecords as error:
            raise click.UsageError(str(error)) from error
        except OSError as error:
            raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
    notice("1 record written." if count == 1 else f"{count} records written.")


@export.command("code-notes")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@store_options
def code_notes(out: Path) -> None:
    """Write the facility's notes on codes as CSV, as import code-notes takes them; void ones are left out."""
    with opened_store() as signed_on:
        from db.actors import Action
        from db.acts import permit, viewed
        from db.evidence import code_notes as notes
        from db.files import replacing
        from reports import sheet

        permit(signed_on.actor, Action.EXPORT, kind=notes.KIND, record=out.name)
        rows = [(*(str(getattr(each, name)) for name in notes.FIELDS), each.status) for each in notes.every()]
        try:
            with replacing(out) as file:
                sheet.write_csv(file, "Site notes on codes", (*notes.FIELDS, "status"), rows)
        except OSError as error:
            raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
        viewed(signed_on.actor, Action.EXPORT, kind=notes.KIND, record=out.name, detail={"count": len(rows)})
    notice("1 note written." if len(rows) == 1 else f"{len(rows)} notes written.")
