"""``recordroom abstract``: abstracts released, transmitted and answered by batch, and handed over to billing."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recordroom.commands.abstract_check import check
from recordroom.commands.common import Command, notice, opened_store, store_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from db.abstracting.abstract_release import Checker, Result
    from exchange.csv_report import Report

SHOWN = 50  # abstracts named on a terminal


@click.group()
def abstract() -> None:
    """Discharge abstracts: edits, release, transmission to the receiver and its answers, billing."""


abstract.add_command(check)


def _day(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    from rules.moments import day_number

    try:
        return None if value is None else day_number(value)
    except ValueError as error:
        raise click.BadParameter(f"{value} is no day: write it as 2026-11-21.") from error


def period(*, required: bool = True) -> Callable[[Command], Command]:
    """The options ``--from`` and ``--to``."""

    def add(command: Command) -> Command:
        for name, text in (("to", "Last"), ("from", "First")):
            command = click.option(
                f"--{name}",
                f"{name}_day",
                required=required,
                callback=_day,
                metavar="DAY",
                help=f"{text} day, ISO.",
            )(command)
        return command

    return add


@abstract.command()
@period(required=False)
@click.option("--unit", default="", help="Of this unit alone.")
@click.option("--service", default="", help="Of this service alone.")
@click.option("--payer", default="", help="Of this payer alone.")
@click.option("--filed-by", default="", help="Filed by this user alone.")
@store_options
def release(
    from_day: int | None, to_day: int | None, unit: str, service: str, payer: str, filed_by: str
) -> None:
    """Release complete abstracts, discharged in a period if one is given.

    The edits run once more: an abstract that one stands against is opened again with the reason, the rest goes on.
    """
    with opened_store() as signed_on, _checker() as check:
        from db.abstracting import abstract_release
        from db.abstracting.abstract_release import Filter
        from db.actors import Action
        from db.acts import permit
        from db.connect import large_cache
        from rules.lifecycle import Status

        permit(signed_on.actor, Action.RELEASE_ABSTRACT, kind="list", record="release")
        asked = Filter(from_day, to_day, unit, service, payer, filed_by)
        results: list[Result] = []
        after = None
        with large_cache():
            while rows := abstract_release.in_status(Status.COMPLETE, asked, after, 100):
                chosen = [row.encounter_id for row in rows]
                results += abstract_release.release_all(signed_on.actor, chosen, check)
                after = rows[-1].key
    _tell(results)
    failed = sum(not each.went_on for each in results)
    click.echo(json.dumps({"read": len(results), "released": len(results) - failed, "not_released": failed}))
    sys.exit(1 if failed else 0)


@abstract.command()
@period(required=False)
@click.option("--layout", help="Layout of the file; 'recordroom abstract layouts' lists them.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@click.option(
    "--by",
    type=click.Choice(["discharged", "released"]),
    default="discharged",
    show_default=True,
    help="What the period is about.",
)
@click.option("--batch", type=int, help="Write this batch again, the same bytes, instead of making one.")
@store_options
def transmit(
    from_day: int | None, to_day: int | None, layout: str | None, out: Path, by: str, batch: int | None
) -> None:  # fmt: skip
    """Write the released abstracts of a period to a fixed-width file with its manifest.

    The edits run once more: an abstract that one, or the layout, stands against is opened again with the reason,
    the rest goes. The last line of output is a JSON object with the manifest.
    """
    if batch is None and (layout is None or from_day is None or to_day is None):
        raise click.UsageError(
            "Name --from, --to and --layout for a new batch, or --batch for one that was made."
        )
    if not out.is_dir():
        raise click.UsageError(f"There is no folder {out}.")
    failed: tuple[Result, ...] = ()
    with opened_store() as signed_on:
        from db.abstracting import transmissions
        from exchange import abstract_file

        number = batch
        if number is None:
            chosen = _layouts()[_known_layout(layout or "")]
            with _checker() as check:
                made = abstract_file.transmit(signed_on.actor, chosen, check, from_day or 0, to_day or 0, by)
            failed = made.failed
            number = made.transmission.id if made.transmission else None
        if number is not None:
            abstract_file.write(signed_on.actor, number, out)
            told = abstract_file.manifest(transmissions.get(number))
    _tell(failed)
    click.echo(json.dumps((told if number is not None else {"abstracts": 0}) | {"not_sent": len(failed)}))
    sys.exit(1 if failed else 0)


@abstract.command("layouts")
@click.option(
    "--check", "file", type=click.Path(path_type=Path, dir_okay=False), help="Check this file instead."
)
@store_options
def layouts_(file: Path | None) -> None:
    """List the layouts that there are, or check the file of one: every mistake with its line."""
    from recordroom.commands.common import named_store

    if file is not None:
        from config.data_sets import dictionary_for
        from config.layout_reader import read_layout

        layout, mistakes = read_layout(_text(file), file.name, dictionary_for("abstract", "", named_store()))
        for mistake in mistakes:
            click.echo(str(mistake))
        if layout is None:
            sys.exit(1)
        click.echo(
            f"{layout.id} version {layout.version}: {len(layout.records)} types of record, no mistake."
        )
        return
    for each in _layouts().values():
        confirm = "  (to be confirmed)" if each.confirm else ""
        click.echo(f"{each.id}  {each.version}  {each.title}{confirm}")


@abstract.command("answer")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--profile", type=click.Path(path_type=Path), help="TOML file that says how the sender writes.")
@store_options
def answer(file: Path, profile: Path | None) -> None:
    """Take in the receiver's list: batch, account, status (accepted or rejected), code, record, column, field, message.

    Accepted abstracts are marked, rejected ones opened again with the reason at its field.
    """
    from exchange.abstract_answers import take_answers

    _take(file, profile, lambda actor, chosen: take_answers(actor, file, _layouts(), chosen))


@abstract.command("returned")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--profile", type=click.Path(path_type=Path), help="TOML file that says how the sender writes.")
@store_options
def returned(file: Path, profile: Path | None) -> None:
    """Take in what billing returns: account, code, field and reason. The abstracts are opened again."""
    from exchange.abstract_answers import take_returns

    _take(file, profile, lambda actor, chosen: take_returns(actor, file, chosen))


@abstract.command("billing")
@period(required=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="CSV file to write."
)
@click.option("--complete", is_flag=True, help="Complete ones too, not released ones alone.")
@store_options
def billing(from_day: int, to_day: int, out: Path, complete: bool) -> None:
    """Hand the abstracts discharged in a period over to billing, as CSV by the form locators of the UB-04."""
    with opened_store() as signed_on:
        from exchange.billing import HANDED, hand_over
        from rules.lifecycle import Status

        statuses = (Status.COMPLETE, *HANDED) if complete else HANDED
        handed = hand_over(signed_on.actor, out, from_day, to_day, statuses)
    click.echo(json.dumps({"abstracts": handed.records, "bytes": handed.bytes}))


def _take(file: Path, profile: Path | None, take: Any) -> None:
    with opened_store() as signed_on:
        from exchange.csv_files import CsvError, Profile, load_profile

        try:
            batch, report = take(signed_on.actor, load_profile(profile) if profile else Profile())
        except CsvError as error:
            raise click.UsageError(str(error)) from error
    _tell_rows(report, batch)
    click.echo(json.dumps(report.counts))
    sys.exit(1 if report.counts["refused"] else 0)


def _tell_rows(report: Report, batch: int) -> None:
    for refusal in report.told[:SHOWN]:
        click.echo(f"line {refusal.line}: {refusal.field or 'row'}: {refusal.reason}", err=True)
    for line, sentence in report.warnings[:SHOWN]:
        click.echo(f"line {line}: {sentence}", err=True)
    if report.counts["refused"]:
        click.echo(f"recordroom import rejects --batch {batch} --out FILE writes the refused rows.", err=True)


def _tell(results: Any) -> None:
    """Name the accounts that did not go on; why they did not stands with the abstract."""
    failed = [each for each in results if not each.went_on]
    for each in failed[:SHOWN]:
        click.echo(f"account {each.account}: {each.sentence}", err=True)
    if len(failed) > SHOWN:
        notice(f"{len(failed) - SHOWN} more.")


@contextmanager
def _checker() -> Iterator[Checker]:
    """All edits, with the code sets where they are built."""
    from config.code_sources import SourceMissing, code_store
    from db import store
    from db.abstracting.abstract_release import Checker
    from db.coding.code_tables import all_tables
    from db.coding.codes import CodesMissing, CodeStore

    directory = store.current().directory
    tables = all_tables(directory)
    try:
        codes = CodeStore.open(code_store(directory), directory / "site" / "tables")
    except (CodesMissing, SourceMissing):
        click.echo(
            "The code sets are not built: codes are checked by form alone (recordroom codes build).", err=True
        )
        yield Checker(tables, None)
        return
    with codes:
        yield Checker(tables, codes)


def _layouts() -> Any:
    from config.data_sets import dictionary_for
    from config.layout_reader import layouts
    from recordroom.commands.common import named_store

    directory = named_store()
    return layouts(directory / "site" if directory else None, dictionary_for("abstract", "", directory))


def _known_layout(id_: str) -> str:
    known = _layouts()
    if id_ not in known:
        raise click.UsageError(f"There is no layout {id_}: use one of {', '.join(sorted(known))}.")
    return id_


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{file} cannot be read.") from error
