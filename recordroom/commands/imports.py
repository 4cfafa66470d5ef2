"""``recordroom import``: files of other systems into the store, and the rows that were refused out of it."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordroom.commands.common import notice, opened_store, store_options
from recordroom.commands.hl7 import import_hl7
from recordroom.commands.patients import compare_new
from rules.text import clean

if TYPE_CHECKING:
    from exchange.csv_report import Report

KINDS = {
    "patients": "Patients: mrn and whatever else is known of each.",
    "encounters": "Emergency, outpatient and observation visits.",
    "movements": "Admissions, transfers, leaves and discharges.",
    "events": "Operations, births, deaths, autopsies, consultations, infections.",
    "charges": "Charges of accounts, in dollars: what the value on hold is by.",
    "code-notes": "Notes and coding decisions of the facility: proposed until they are approved.",
    "beds": "Beds set up and staffed in each unit from a day on.",
    "units": "Units (wards).",
    "services": "Treating services.",
    "providers": "Physicians and other providers.",
    "payers": "Payers.",
}
SHOWN = 20  # refusals and warnings told on a terminal


@click.group("import")
def import_() -> None:
    """Import files of other systems. The last line of output is a JSON object with the counts."""


def _file_command(kind: str, text: str) -> click.Command:
    @click.command(kind, help=f"{text} FILE is CSV with a header row.")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would become of each row, and change nothing.")
    @click.option(
        "--profile", type=click.Path(path_type=Path), help="TOML file that says how the sender writes."
    )
    @store_options
    def command(file: Path, dry_run: bool, profile: Path | None) -> None:
        with opened_store() as signed_on:
            from exchange.csv_files import CsvError, Profile, load_profile
            from exchange.csv_import import import_file

            try:
                chosen = load_profile(profile) if profile else Profile()
                batch, report = import_file(signed_on.actor, kind, file, chosen, dry_run=dry_run)
                if not dry_run:
                    compare_new()
            except CsvError as error:
                raise click.UsageError(str(error)) from error
        _tell(report, batch, dry_run=dry_run)
        click.echo(json.dumps(report.counts))
        if report.counts["refused"]:
            sys.exit(1)

    return command


def _tell(report: Report, batch: int, *, dry_run: bool) -> None:
    """Say which lines were refused and why; never what they held."""
    for refusal in report.told[:SHOWN]:
        click.echo(f"line {refusal.line}: {refusal.field or 'row'}: {refusal.reason}", err=True)
    for line, sentence in report.warnings[:SHOWN]:
        click.echo(f"line {line}: warning: {sentence}", err=True)
    if report.warned > SHOWN:
        click.echo(f"{report.warned - SHOWN} more warnings.", err=True)
    if (refused := report.counts["refused"]) and not dry_run:
        rows = "1 row was" if refused == 1 else f"{refused} rows were"
        click.echo(
            f"{rows} refused: recordroom import rejects --batch {batch} --out FILE writes them with their reasons.",
            err=True,
        )


@import_.command("records")
@click.argument("data_set")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and change nothing.")
@click.option("--profile", type=click.Path(path_type=Path), help="TOML file that says how the sender writes.")
@store_options
def records(data_set: str, file: Path, dry_run: bool, profile: Path | None) -> None:
    """Records of a registry, or abstracts, from CSV: columns are the items of DATA_SET, such as diagnoses[2].code.

    Each row names its record by number or account, or begins one for an mrn. Blank changes nothing, @ clears.
    """
    with opened_store() as signed_on:
        from config.code_sources import SourceMissing, code_store
        from db.coding.codes import CodesMissing, CodeStore
        from exchange.csv_files import CsvError, Profile, load_profile
        from exchange.records_import import import_records

        directory = signed_on.store.directory
        try:
            codes = CodeStore.open(code_store(directory), directory / "site" / "tables")
        except (CodesMissing, SourceMissing):
            codes = None
        try:
            chosen = load_profile(profile) if profile else Profile()
            batch, report = import_records(
                signed_on.actor, data_set.casefold(), file, chosen, codes, dry_run=dry_run
            )
        except CsvError as error:
            raise click.UsageError(str(error)) from error
    _tell(report, batch, dry_run=dry_run)
    click.echo(json.dumps(report.counts))
    if report.counts["refused"]:
        sys.exit(1)


@import_.command("rejects")
@click.option("--batch", type=int, help="Number of the import; the last one that refused rows otherwise.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV file to write.")
@store_options
def rejects(batch: int | None, out: Path) -> None:
    """Write refused rows, with line, column and reason, to a CSV file that can be mended and imported again."""
    with opened_store() as signed_on:
        from db.feeds import imports

        chosen = batch or imports.last_batch_with_refusals()
        refused = list(imports.refused_rows(signed_on.actor, chosen)) if chosen else []
    if not refused:
        raise click.UsageError(f"Import {batch} refused no row." if batch else "No import refused a row.")
    names = list(dict.fromkeys(name for row in refused for name in row.values))
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "refused_line", "refused_column", "refused_because"])
        for row in refused:
            values = [clean(row.values.get(name, "")) for name in names]
            writer.writerow([*values, row.line, row.field, row.reason])
    notice(f"{len(refused)} refused rows of import {chosen} written.")


for _kind, _text in KINDS.items():
    import_.add_command(_file_command(_kind, _text))
import_.add_command(import_hl7)
