"""Where finished reports go: a file, the site's spool, a print queue. No patient stands in a file or job name."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db import conventions, store
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.hospital import site
from reports import line_printer, sheet
from reports.line_printer import NotDelivered as NotDelivered
from reports.page import Page, Setup, as_text
from reports.produced import Produced
from rules.moments import iso_date
from rules.text import MARK, cells, clean, to_ascii

FORMATS: Final = ("text", "csv", "xlsx", "json", "merge")
ENDINGS: Final = {"text": "txt", "merge": "csv"}  # of their files, where they are no formats themselves
ASCII, UTF_8 = "ascii", "utf-8"
ENCODINGS: Final = (ASCII, UTF_8, "cp437", "cp850", "cp1252", "latin-1")
LINE_ENDS: Final = {"lf": "\n", "crlf": "\r\n"}
PRINT_SECONDS: Final = 60
QUEUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@/-]{0,126}")
COPIES: Final = re.compile(r"(?:(.*)\s)?[xX]([1-9]\d?)")
PAGES: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
SPOOLED: Final = re.compile(r"[A-Z]\d\d-(\d{4})(\d\d)(\d\d)-\d{4}\.(?:txt|csv|xlsx|json)")


@dataclass(frozen=True, slots=True)
class Printer:
    """A print queue, or a line printer without one, and the pages it takes."""

    queue: str
    setup: Setup
    options: tuple[str, ...] = ()  # values of ``lp -o``
    encoding: str = ASCII
    line_end: str = "\n"
    code: str = ""  # in the site file

    def data(self, pages: Sequence[Page], setup: Setup, copies: int = 1) -> bytes:
        """Pages as this printer takes them, on paper of its own or of the report's; copies begin on a page each."""
        return encoded(as_text([*pages] * copies, setup).replace("\n", self.line_end), self.encoding)


def encoded(text: str, encoding: str) -> bytes:
    """Bytes of a code; a character that it does not have becomes a plain one, as wide as it was."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_plain(character, encoding) for character in text).encode(encoding)


def _plain(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        plain = to_ascii(character)
        return plain if cells(plain) == cells(character) else MARK * cells(character)
    return character


def in_format(produced: Produced, form: str, setup: Setup) -> bytes:
    """A report as bytes in one of ``FORMATS``."""
    if form == "merge":
        return sheet.as_merge_data(produced.letters())
    if form == "csv":
        return sheet.as_csv(produced.sheets())
    if form == "xlsx":
        return produced.workbook(store.current().directory / "spool")
    if form == "json":
        return sheet.as_json(produced.json_value())
    return encoded(
        as_text(produced.pages(setup), produced.paper(setup)), ASCII if setup.ascii_only else UTF_8
    )


def to_file(
    actor: Actor, produced: Produced, form: str, setup: Setup, path: Path, removed: Sequence[str] = ()
) -> None:
    """Write a report to a file that only its owner may read. Raises ``NotPermitted``, ``NotDelivered``.

    ``removed``: the old pages that made room for it in the spool.
    """
    permit(actor, Action.EXPORT, kind="report", record=produced.report.id)
    data = in_format(produced, form, setup)
    viewed(actor, Action.EXPORT, kind="report", record=produced.report.id,
           patient_id=produced.patient_id,
           detail={"parameters": dict(produced.parameters), "format": form, "file": path.name,
                   "bytes": len(data)} | ({"removed": removed} if removed else {}))  # fmt: skip
    write(path, data)


def save(actor: Actor, produced: Produced, form: str, setup: Setup) -> Path:
    """Write a report in one of ``FORMATS`` to a file in the spool folder of the store, named as spooled pages are.

    It lies there as long as they do. Raises ``NotPermitted``, ``NotDelivered``, ``NotAsked``.
    """
    permit(actor, Action.EXPORT, kind="report", record=produced.report.id)
    removed = clear_spool()
    with _spooled(produced.report.code, ENDINGS.get(form, form)) as path:
        to_file(actor, produced, form, setup, path, removed)
    return path


def to_spool(actor: Actor, produced: Produced, printer: Printer, copies: int = 1) -> Path:
    """Put a report's pages into the spool folder of the store, for a line printer to fetch.

    A file is named by report, day and number, and lies there for as long as the setting ``spool_days`` says.
    """
    permit(actor, Action.PRINT, kind="report", record=produced.report.id)
    data = printer.data(produced.pages(printer.setup), produced.paper(printer.setup), copies)
    removed = clear_spool()
    with _spooled(produced.report.code, ENDINGS["text"]) as path:
        viewed(actor, Action.PRINT, kind="report", record=produced.report.id,
               patient_id=produced.patient_id,
               detail={"parameters": dict(produced.parameters), "spool": path.name}
               | ({"copies": copies} if copies > 1 else {}) | ({"removed": removed} if removed else {}))  # fmt: skip
        write(path, data)
    return path


@contextmanager
def _spooled(code: str, ending: str) -> Iterator[Path]:
    """A file of one's own in the spool folder, by report, day and number; it goes again when nothing is written."""
    folder = store.current().directory / "spool"
    day, number = store.current().now().local[:10].replace("-", ""), 1
    while not _taken(path := folder / f"{code}-{day}-{number:04d}.{ending}"):
        number += 1
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _taken(path: Path) -> bool:
    """Whether the name was free and is now one's own, whoever else prints at the same moment."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise NotDelivered(f"{path} cannot be written: {error.strerror}.") from error
    return True


def clear_spool() -> list[str]:
    """Remove the pages that have lain in the spool for longer than the setting ``spool_days``; their names."""
    here = store.current()
    keep = int(conventions.convention("spool_days"))
    oldest = iso_date(here.now().day - keep)
    removed = []
    for path in sorted((here.directory / "spool").iterdir()):
        named = SPOOLED.fullmatch(path.name)
        if keep and named and "-".join(named.groups()) < oldest:
            path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed


def to_printer(
    actor: Actor, produced: Produced, printer: Printer, *, copies: int = 1, pages: Sequence[int] = ()
) -> str:
    """Send a report to a printer; returns what ``lp`` answered, or what was written.

    ``pages`` (numbers from 1; none is all) picks pages. Raises ``NotPermitted``, ``NotDelivered``.
    """
    permit(actor, Action.PRINT, kind="report", record=produced.report.id)
    stack = produced.pages(printer.setup)
    chosen = [stack[number - 1] for number in pages if 0 < number <= len(stack)] if pages else stack
    if not chosen:
        raise NotDelivered(f"There is no such page: the report has {len(stack)}.")
    viewed(actor, Action.PRINT, kind="report", record=produced.report.id,
           patient_id=produced.patient_id,
           detail={"parameters": dict(produced.parameters), "queue": printer.queue,
                   "pages": len(chosen)} | ({"copies": copies} if copies > 1 else {}))  # fmt: skip
    return send(chosen, produced.paper(printer.setup), printer, f"Recordroom {produced.report.code}", copies)


def send(pages: Sequence[Page], paper: Setup, printer: Printer, title: str, copies: int = 1) -> str:
    """Give pages to ``lp``, or to a line printer itself. ``title`` shows in the queue, so it must name no patient.

    Raises ``NotDelivered``.
    """
    if (device := line_printer.place(printer.queue)) is not None:
        data = printer.data(pages, paper, copies)
        line_printer.write(device, data)
        return f"{len(data)} bytes to {printer.queue}"
    data = printer.data(pages, paper)
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
    encoding = (values.get("encoding") or ASCII).casefold()
    if encoding not in ENCODINGS:
        raise NotDelivered(
            f"The printer {word} has the code {encoding}: it must be one of {', '.join(ENCODINGS)}."
        )
    setup = Setup(
        width or int(values.get("width") or 80),
        int(values.get("lines") or 60),
        encoding == ASCII,
        values.get("form_feed", "1") != "0",
        values.get("last_form_feed", "0") == "1",
    )
    options = _lp_options(values.get("options", "")) or _usual_options(setup.width)
    line_end = (values.get("line_end") or "lf").casefold()
    if line_end not in LINE_ENDS:
        raise NotDelivered(f"The printer {word} has the line end {line_end}: it must be lf or crlf.")
    return Printer(queue, setup, options, encoding, LINE_ENDS[line_end], word)


def printer_asked(word: str, width: int | None = None) -> Printer:
    """The printer that was named, or the site's only one when none was. Raises ``NotDelivered``."""
    known = [] if word else [row.code for row in site.listing("printer", day=store.current().now().day)]
    if not word and len(known) != 1:
        names = f" Printers: {', '.join(known)}." if known else ""
        raise NotDelivered(f"Name the printer: PRT and its name.{names}")
    return printer_named(word or known[0], width)


def copies_named(text: str) -> tuple[str, int]:
    """``2-4 x3`` as what stands before, and the copies: 1 unless said."""
    found = COPIES.fullmatch(text.strip())
    return ((found[1] or "").strip(), int(found[2])) if found else (text, 1)


def in_copies(copies: int) -> str:
    """How many copies were made, to be said after the pages; nothing for one."""
    return f", {copies} copies" if copies > 1 else ""


def pages_named(text: str) -> tuple[int, ...]:
    """``2-4,7`` as page numbers; blank is all. Raises ``NotDelivered``."""
    numbers: list[int] = []
    for part in filter(None, text.replace(" ", "").split(",")):
        found = PAGES.fullmatch(part)
        named = range(int(found[1]), int(found[2] or found[1]) + 1) if found else ()
        if not named:  # one that ends before it begins would ask for none, and none is all
            raise NotDelivered(f"{clean(text)} is no range of pages: write 2-4 or 1,3.")
        numbers += named
    return tuple(numbers)


def _lp_options(text: str) -> tuple[str, ...]:
    """``-o cpi=12 -o lpi=6`` and ``cpi=12 lpi=6`` alike, as values of ``-o``."""
    return tuple(word for word in shlex.split(text) if word != "-o")


def _usual_options(width: int) -> tuple[str, ...]:
    """What the CUPS text filter needs for 60 lines on letter paper: 80 columns upright, 132 lying."""
    return ("landscape", "cpi=15", "lpi=8") if width > 80 else ("cpi=12", "lpi=6")


def write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read. Raises ``NotDelivered``.

    The room is taken first: without it an older file stays as it was, and a new one goes again. No second file holds
    what is written, not even for a moment.
    """
    was_there = path.exists()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            if is_file:
                os.fchmod(descriptor, 0o600)  # one that was there already may have been open to others
                _take_room(descriptor, len(data))
            file.write(data)
            if is_file:
                file.truncate()
    except OSError as error:
        if not was_there:
            path.unlink(missing_ok=True)
        raise NotDelivered(f"{path} cannot be written: {error.strerror}.") from error


def _take_room(descriptor: int, size: int) -> None:
    """Have the disk keep room for a file; what stands in it stays. Raises ``OSError`` when there is none."""
    before = os.fstat(descriptor).st_size
    try:
        os.posix_fallocate(descriptor, 0, max(1, size))
    except OSError:
        os.ftruncate(descriptor, before)
        raise
