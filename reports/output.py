"""Where finished reports go: a file, the site's spool, a print queue. No patient stands in a file or job name."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.hospital import site
from reports import sheet
from reports.page import Setup, as_text
from reports.run import Produced
from rules.findings import Told
from rules.text import clean

FORMATS: Final = ("text", "csv", "xlsx", "json")
PRINT_SECONDS: Final = 60
QUEUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@/-]{0,126}")


class NotDelivered(Told):
    """The report could not be put where it should go; one sentence."""


@dataclass(frozen=True, slots=True)
class Printer:
    """A print queue and the pages it takes."""

    queue: str
    setup: Setup
    options: tuple[str, ...] = ()  # values of ``lp -o``


def in_format(produced: Produced, form: str, setup: Setup) -> bytes:
    """A report as bytes in one of ``FORMATS``."""
    if form == "csv":
        return sheet.as_csv(produced.sheets())
    if form == "xlsx":
        return sheet.as_xlsx(produced.report.title, produced.sheets())
    if form == "json":
        return sheet.as_json(produced.json_value())
    encoding = "ascii" if setup.ascii_only else "utf-8"
    return as_text(produced.pages(setup), produced.paper(setup)).encode(encoding, "replace")


def to_file(actor: Actor, produced: Produced, form: str, setup: Setup, path: Path) -> None:
    """Write a report to a new file that only its owner may read. Raises ``NotPermitted``, ``NotDelivered``."""
    permit(actor, Action.EXPORT, kind="report", record=produced.report.id)
    data = in_format(produced, form, setup)
    viewed(actor, Action.EXPORT, kind="report", record=produced.report.id,
           patient_id=produced.patient_id,
           detail={"parameters": dict(produced.parameters), "format": form, "file": path.name,
                   "bytes": len(data)})  # fmt: skip
    write(path, data)


def to_spool(actor: Actor, produced: Produced, setup: Setup) -> Path:
    """Put a report's pages into the spool folder of the store, for a line printer to fetch."""
    permit(actor, Action.PRINT, kind="report", record=produced.report.id)
    data = in_format(produced, "text", setup)
    with_number = 1
    folder = store.current().directory / "spool"
    while (path := folder / f"{produced.report.code}-{with_number:06d}.txt").exists():
        with_number += 1
    viewed(actor, Action.PRINT, kind="report", record=produced.report.id,
           patient_id=produced.patient_id,
           detail={"parameters": dict(produced.parameters), "spool": path.name})  # fmt: skip
    write(path, data)
    return path


def to_printer(
    actor: Actor, produced: Produced, printer: Printer, *, copies: int = 1, pages: Sequence[int] = ()
) -> str:
    """Send a report to a print queue with ``lp``; returns what ``lp`` answered.

    ``pages`` (numbers from 1; none is all) picks pages. Raises ``NotPermitted``, ``NotDelivered``.
    """
    permit(actor, Action.PRINT, kind="report", record=produced.report.id)
    stack = produced.pages(printer.setup)
    chosen = [stack[number - 1] for number in pages if 0 < number <= len(stack)] if pages else stack
    encoding = "ascii" if printer.setup.ascii_only else "utf-8"
    data = as_text(chosen, produced.paper(printer.setup)).encode(encoding, "replace")
    viewed(actor, Action.PRINT, kind="report", record=produced.report.id,
           patient_id=produced.patient_id,
           detail={"parameters": dict(produced.parameters), "queue": printer.queue,
                   "pages": len(chosen)})  # fmt: skip
    return send(data, printer, f"Recordroom {produced.report.code}", copies)


def send(data: bytes, printer: Printer, title: str, copies: int = 1) -> str:
    """Give bytes to ``lp``. ``title`` shows in the queue, so it must name no patient."""
    options = [word for option in printer.options for word in ("-o", option)]
    command = ["lp", "-d", printer.queue, "-t", title, "-n", str(copies), *options, "--", "-"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=PRINT_SECONDS, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise NotDelivered(
            "There is no lp command here: install the CUPS client, or write to a file."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise NotDelivered(
            f"The queue {printer.queue} did not answer within {PRINT_SECONDS} seconds."
        ) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotDelivered(
            f"The queue {printer.queue} took no job: {clean(said[0]).rstrip('.') if said else 'lp gave no reason'}."
        )
    return done.stdout.decode("utf-8", "replace").strip()


def printer_named(word: str, width: int | None = None) -> Printer:
    """A printer of the site's file by its code, or any print queue by its name.

    ``width`` overrides what the file says. Raises ``NotDelivered`` for what cannot be the name of a queue.
    """
    row = site.get("printer", word)
    values = dict(row.values) if row else {}
    queue = values.get("queue") or word
    if not QUEUE.fullmatch(queue):
        raise NotDelivered(f"{queue!r} cannot be the name of a print queue.")
    setup = Setup(
        width or int(values.get("width") or 80),
        int(values.get("lines") or 60),
        values.get("encoding", "ascii") != "utf-8",
        values.get("form_feed", "1") != "0",
    )
    return Printer(queue, setup, _lp_options(values.get("options", "")) or _usual_options(setup.width))


def _lp_options(text: str) -> tuple[str, ...]:
    """``-o cpi=12 -o lpi=6`` and ``cpi=12 lpi=6`` alike, as values of ``-o``."""
    return tuple(word for word in shlex.split(text) if word != "-o")


def _usual_options(width: int) -> tuple[str, ...]:
    """What the CUPS text filter needs for 60 lines on letter paper: 80 columns upright, 132 lying."""
    return ("landscape", "cpi=15", "lpi=8") if width > 80 else ("cpi=12", "lpi=6")


def write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read. Raises ``NotDelivered``."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise NotDelivered(f"{path} cannot be written: {error.strerror}.") from error
