"""``recordroom report``: runs any report of the catalogue; each report is a command with its own parameters."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from recordroom.commands.common import notice, opened_store, store_options
from reports.catalogue import CATALOGUE, Report, find
from reports.parameters import Parameter as Asked

if TYPE_CHECKING:
    from db.actors import Actor
    from reports.produced import Produced

OWN: Final = (
    "asked_"  # before the name of a report's own parameter: it cannot be mistaken for an option of all
)
HELP_OF_KIND: Final = {
    "date": "ISO date", "month": "YYYY-MM", "user": "name", "yes/no": "yes or no", "number": "a number",
    "list": "codes, comma separated", "codes": "such as I20-I25,J18",
}  # fmt: skip


class Catalogue(click.Group):
    """The reports of the catalogue as commands, and ``list``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *[report.id for report in CATALOGUE]]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        found = find(cmd_name)
        return _command(found) if found else None


@click.group(cls=Catalogue)
def report() -> None:
    """Run a report: pages on the terminal, a file, or a print queue."""


@report.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(form: str) -> None:
    """List the reports with what they ask for."""
    if form == "json":
        import json

        for each in CATALOGUE:
            asked = [{"name": p.name, "kind": p.kind, "required": p.required and not p.default}
                     for p in each.parameters]  # fmt: skip
            click.echo(json.dumps({"report": each.id, "code": each.code, "title": each.title,
                                   "about": each.about, "parameters": asked}))  # fmt: skip
        return
    from tabulate import tabulate

    rows = [
        (each.id, each.code, each.title, " ".join(_usage(p) for p in each.parameters)) for each in CATALOGUE
    ]
    click.echo(tabulate(rows, ("report", "code", "title", "asks for"), disable_numparse=True))


def _usage(parameter: Asked) -> str:
    needed = parameter.required and not parameter.default
    return f"--{parameter.name}" if needed else f"[--{parameter.name}]"


def _command(found: Report) -> click.Command:
    """The command of a report: its own parameters, then what all of them share."""
    command: Any = store_options(_runner(found))
    for option in (
        click.option("--print", "queue", metavar="QUEUE", help="Send to this printer or print queue."),
        click.option("--pages", default="", help="Print these pages alone, such as 2-4,7."),
        click.option("--copies", type=click.IntRange(1, 99), default=1, help="Copies to print."),
        click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
                     help="Write to this file, in the place of one that is there; needs the export permission."),
        click.option("--format", "form", type=click.Choice(["text", "csv", "xlsx", "json", "merge"]), default="text",
                     show_default=True, help="merge: a row for each letter, for a word processor."),
        click.option("--width", type=click.Choice(["80", "132"]), help="Columns of the page; 80 by default."),
        click.option("--lines", type=click.IntRange(20, 200), default=60, show_default=True,
                     help="Lines of the page."),
        click.option("--utf8", is_flag=True, help="Keep letters beyond ASCII."),
        click.option("--preset", metavar="NAME", help="Ask for what you kept under this name; options win over it."),
    ):  # fmt: skip
        command = option(command)
    for parameter in reversed(found.parameters):
        text = ", ".join(filter(None, (parameter.label, _help_of(parameter), parameter.default)))
        command = click.option(
            *dict.fromkeys((f"--{parameter.name}", f"--{parameter.name.replace('_', '-')}")), f"{OWN}{parameter.name}",
            help=text + ".",
            type=click.Choice(parameter.choices) if parameter.kind == "choice" else str,
        )(command)  # fmt: skip
    made: click.Command = click.command(found.id, help=found.about, short_help=found.title)(command)
    return made


def _help_of(parameter: Asked) -> str:
    if parameter.chosen_of:
        return f"of {', '.join(parameter.chosen_of)}, comma separated"
    return HELP_OF_KIND.get(parameter.kind, "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every report's command takes beside the report's own parameters."""

    queue: str | None
    pages: str
    copies: int
    out: Path | None
    form: str
    width: str | None
    lines: int
    utf8: bool
    preset: str | None


def _runner(found: Report) -> Any:
    def run(**options: Any) -> None:
        asked = {
            name.removeprefix(OWN): value for name, value in options.items() if name.startswith(OWN) and value
        }
        wanted = Wanted(**{name: value for name, value in options.items() if not name.startswith(OWN)})
        if wanted.queue and (wanted.out or wanted.form != "text"):
            raise click.UsageError("--print sends pages of text: leave out --out and --format.")
        if not wanted.queue and (wanted.pages or wanted.copies > 1):
            raise click.UsageError("--pages and --copies are for a printer: name it with --print.")
        if wanted.form == "xlsx" and not wanted.out:
            raise click.UsageError("A spreadsheet is no text for a terminal: name a file with --out.")
        _run(found, asked, wanted)

    return run


def _run(found: Report, asked: dict[str, str], wanted: Wanted) -> None:
    from db.access import presets
    from reports.output import NotDelivered
    from reports.parameters import NotAsked
    from reports.run import produce

    with opened_store() as signed_on:
        try:
            if wanted.preset:
                asked = presets.kept(signed_on.actor, found.id, wanted.preset) | asked
            kept_width = asked.pop("width", "")
            _deliver(
                signed_on.actor, produce(signed_on.actor, found, asked), wanted, wanted.width or kept_width
            )
        except (NotAsked, NotDelivered, presets.NoPreset) as error:
            raise click.UsageError(str(error)) from error


def _deliver(actor: Actor, produced: Produced, wanted: Wanted, width: str) -> None:
    """Print a report, write it to a file, or show it."""
    from reports import output
    from reports.page import Setup

    setup = Setup(int(width or 80), wanted.lines, ascii_only=not wanted.utf8)
    if wanted.queue:
        printer = output.printer_named(wanted.queue, int(width) if width else None)
        pages = output.pages_named(wanted.pages)
        notice(output.to_printer(actor, produced, printer, copies=wanted.copies, pages=pages))
    elif wanted.out:
        output.to_file(actor, produced, wanted.form, setup, wanted.out)
    elif sys.stdout is None:
        raise click.UsageError("Standard output is closed: name a file with --out.")
    else:
        _show(output.in_format(produced, wanted.form, setup))


def _show(data: bytes) -> None:
    """Write all of it: standard output without a buffer (PYTHONUNBUFFERED) may take a part and say nothing."""
    rest = memoryview(data)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()
