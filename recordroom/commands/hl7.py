"""``recordroom import hl7`` and ``recordroom listen hl7``: messages from files, folders and senders."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordroom.commands.common import notice, opened_store, store_options
from recordroom.commands.patients import compare_new

if TYPE_CHECKING:
    from exchange.mllp import Listener


@click.command("hl7")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--held", is_flag=True, help="Try every held message again, after a table was mended.")
@store_options
def import_hl7(paths: tuple[Path, ...], held: bool) -> None:
    """Take the HL7 v2 messages of files, and of the *.hl7 files of folders.

    A message received before is unchanged. One that cannot be applied is held with its reason. The last line
    of output is a JSON object with the counts.
    """
    if bool(paths) == held:
        raise click.UsageError("Name files or folders, or --held alone.")
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"There is no {path}: name a file or folder that exists.")
    with opened_store() as signed_on:
        from exchange import hl7_intake

        try:
            counts = (
                hl7_intake.replay_all(signed_on.actor)
                if held
                else hl7_intake.import_files(signed_on.actor, paths)
            )
            compare_new()
        except OSError as error:
            raise click.UsageError(
                f"{error.filename} cannot be read ({error.strerror}); what came before it is stored."
            ) from error
    click.echo(json.dumps(counts))
    if counts["refused"]:
        sys.exit(1)


@click.group()
def listen() -> None:
    """Receive messages from other systems: hl7."""


@listen.command("hl7")
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="TCP port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@store_options
def listen_hl7(port: int, host: str) -> None:
    """Listen for HL7 v2 messages over MLLP until SIGTERM or Ctrl+C.

    Every message is stored before it is answered: AA stored, AE not to be sent again as it is, AR not taken,
    send it again. The first line of output says where it listens, the last one holds the counts.
    """
    import asyncio

    with opened_store() as signed_on:
        from exchange.hl7_intake import ListenerIntake, refuse
        from exchange.mllp import Listener

        run = ListenerIntake.begin(signed_on.actor, f"{host}:{port}")
        listener = Listener(run.take, refuse, host, port, meanwhile=run.compare)
        try:
            asyncio.run(_serve(listener))
        except OSError as error:
            raise click.UsageError(
                f"Port {port} of {host} cannot be listened on: {error.strerror}."
            ) from error
        finally:
            counts = run.close()
    click.echo(json.dumps(counts))


async def _serve(listener: Listener) -> None:
    import asyncio
    import signal

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def listening(port: int) -> None:
        print(json.dumps({"listening": f"{listener.host}:{port}"}), flush=True)
        notice("Ctrl+C ends it; messages in hand are stored and answered first.")

    await listener.serve(stop, listening)
