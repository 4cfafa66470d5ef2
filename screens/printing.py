"""What is shown, on paper: PRT and Ctrl+T print any screen whole, a list with all its rows, on a site printer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.screen import Outcome, Printout

if TYPE_CHECKING:  # loaded with the first page that is printed
    from reports.page import Column, Document
    from screens.session import Session
    from tui.screen import Column as Shown
    from tui.screen import Row

NARROW, WIDE = 80, 132
FEW_ROWS: Final = 50  # rows that may all be about one patient; a longer list names many
LEAST_WIDTH: Final = 4  # of a column that makes room


def print_shown(session: Session, printout: Printout, queue: str) -> Outcome:
    """Print a screen, audited; the job's title names no patient. Raises ``NotPermitted``, ``NotDelivered``."""
    from db import store
    from db.actors import Action
    from db.acts import permit, viewed
    from db.trail import privacy
    from reports import output
    from reports.page import paginate
    from reports.run import run_by

    permit(session.actor, Action.PRINT, kind="screen", record=printout.title)
    queue, copies = output.copies_named(queue)
    printer = output.printer_asked(queue)
    width = max(printer.setup.width, needed(printout.columns))
    if width > printer.setup.width:
        printer = output.printer_named(queue or printer.code, width)
    run = run_by(session.actor, store.current().now().local)
    pages = paginate(document(printout, width), run, printer.setup)
    texts = [" ".join(row.cells) for row in printout.rows]
    seen = [*printout.lines, *(texts if len(texts) <= FEW_ROWS else ())]
    ids = hashlib.sha256(
        "\n".join(row.subject for row in printout.rows).encode("utf-8", "replace")
    ).hexdigest()[:16]
    viewed(
        session.actor, Action.PRINT, kind="screen", record=printout.title,
        patient_id=privacy.patient_on(session.actor, seen),
        detail={"queue": printer.queue} | ({"copies": copies} if copies > 1 else {})
        | ({"rows": len(printout.rows), "ids": ids} if printout.rows else {}),
    )  # fmt: skip
    output.send(pages, printer.setup, printer, "Recordroom screen", copies)
    count = f"{len(pages)} page{'s' if len(pages) > 1 else ''}" + output.in_copies(copies)
    return Outcome(f"Sent to {printer.queue}: {count}, {width} columns.")


def document(printout: Printout, width: int) -> Document:
    """A screen as a document: its lines, and the rows of a list under its heads on every page."""
    from reports.page import EMPTY, Block, Document, Heads, Item

    body: list[Item] = [Block((line,)) for line in printout.lines]
    if printout.columns:
        made = columns(printout.columns, width)
        body.append(Heads(made))
        body += [_row(row, len(made)) for row in printout.rows] or [Block((EMPTY,))]
    records = len(printout.rows) if printout.columns else None
    return Document("", printout.title.upper(), "", "", body, records)


def needed(shown: Sequence[Shown]) -> int:
    """The paper that a list needs: 80 columns or 132."""
    return WIDE if 1 + sum(column.width + 1 for column in shown) > NARROW else NARROW


def columns(shown: Sequence[Shown], width: int) -> tuple[Column, ...]:
    """The columns of a list on paper, the mark of a row before them; the widest make room when it is too little."""
    from reports.page import Column

    made = [Column(column.heading, column.width, number=column.align == ">") for column in shown]
    while 1 + sum(column.width + 1 for column in made) > width:
        widest = max(range(len(made)), key=lambda at: (not made[at].number, made[at].width))
        if made[widest].width <= LEAST_WIDTH:
            made.pop()  # too many columns for any paper: the last ones stay on the screen
        else:
            made[widest] = replace(made[widest], width=made[widest].width - 1)
    return (Column("", 1), *made)


def _row(row: Row, count: int) -> tuple[str, ...]:
    """The mark and the cells of a row, as many as there are columns."""
    cells = (row.mark, *row.cells)
    return (*cells, *[""] * (count - len(cells)))[:count]
