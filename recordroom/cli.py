"""The command words, each with the module that holds it, and what an error means for the exit status."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import Any, Final

import click

from recordroom.commands.common import StoreOptions, store_options
from rules.findings import SessionOver, Told

DONE: Final = 0
REFUSED: Final = 1  # refused rows, or a check that found something
USAGE: Final = 2
STORE: Final = 3  # the store cannot be opened
DENIED: Final = 4  # not permitted

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

COMMANDS: Final = {
    "abstract": "recordroom.commands.abstract:abstract",
    "audit": "recordroom.commands.audit:audit",
    "backup": "recordroom.commands.backup:backup",
    "census": "recordroom.commands.census:census",
    "codes": "recordroom.commands.codes:codes",
    "demo": "recordroom.commands.demo:demo",
    "dictionary": "recordroom.commands.dictionary:dictionary",
    "disclosure": "recordroom.commands.disclosure:disclosure",
    "doctor": "recordroom.commands.doctor:doctor",
    "export": "recordroom.commands.exports:export",
    "group": "recordroom.commands.group:group",
    "import": "recordroom.commands.imports:import_",
    "init": "recordroom.commands.init:init",
    "key": "recordroom.commands.keys:key",
    "listen": "recordroom.commands.hl7:listen",
    "patients": "recordroom.commands.patients:patients",
    "report": "recordroom.commands.reports:report",
    "restore": "recordroom.commands.backup:restore",
    "schedule": "recordroom.commands.schedule:schedule",
    "status": "recordroom.commands.status:status",
    "table": "recordroom.commands.tables:table",
    "trauma": "recordroom.commands.trauma:trauma",
    "upgrade": "recordroom.commands.upgrade:upgrade",
    "user": "recordroom.commands.users:user",
    "verify": "recordroom.commands.backup:verify",
    "work": "recordroom.commands.work:work",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """As any group; a reader of the output who has seen enough ends it, and nobody is left to be told."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _drop_output()
            return DONE


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"max_content_width": 100})
@click.version_option(package_name="recordroom", prog_name="recordroom")
@click.option("--prompt", is_flag=True, help="The workstation in plain lines, for screen readers.")
@store_options
@click.pass_context
def cli(ctx: click.Context, prompt: bool) -> None:
    """A workstation for medical records technicians. Without a command it opens the workstation."""
    if ctx.invoked_subcommand is None:
        from recordroom.workstation import main

        options = ctx.ensure_object(StoreOptions)
        ctx.exit(main(options.store, options.user or "", service_key=options.service_key, prompt=prompt))


def run(arguments: list[str]) -> int:
    """Run one command and return the exit status. Every error is one sentence on stderr."""
    try:
        result = cli.main(arguments, prog_name="recordroom", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        click.echo(f"recordroom: {error.format_message()}", err=True)
        return error.exit_code
    except click.Abort:
        click.echo("recordroom: stopped.", err=True)
        return USAGE
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _drop_output()
        where = error.filename or "The output"
        click.echo(f"recordroom: {where} cannot be written: {error.strerror}.", err=True)
        return REFUSED
    except Exception as error:
        status = _status_of(error)
        if status is None:
            raise
        click.echo(f"recordroom: {error}", err=True)
        return status
    return result if isinstance(result, int) else DONE


def _drop_output() -> None:
    """What waits to be written goes nowhere: it would fail again at the exit."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _status_of(error: Exception) -> int | None:
    """The exit status for an error that is told in its own words; other errors are faults of ours."""
    if not isinstance(error, Told):
        return None
    acts = sys.modules.get("db.acts")
    if acts is not None and isinstance(error, acts.NotPermitted):
        return DENIED
    if isinstance(error, SessionOver):
        return STORE
    connect = sys.modules.get("db.connect")
    return STORE if connect is not None and isinstance(error, connect.StoreError) else REFUSED
