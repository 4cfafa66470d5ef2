"""What is shown, on paper: the word PRT and Ctrl+T print the lines of any screen to a site printer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.text import clean, to_ascii
from tui.screen import Outcome

if TYPE_CHECKING:  # loaded with the first page that is printed
    from screens.session import Session


def print_shown(session: Session, title: str, lines: Sequence[str], queue: str) -> Outcome:
    """Print the lines of a screen to ``queue``, audited; the job's title names no patient."""
    from db.actors import Action
    from db.acts import viewed
    from db.trail import privacy
    from reports import output
    from reports.page import Page, as_text

    if not queue:
        return Outcome("Name the printer: PRT QUEUE. SITE lists the printers.", error=True)
    printer = output.printer_named(queue)
    viewed(
        session.actor, Action.PRINT, kind="screen", record=title,
        patient_id=privacy.patient_on(session.actor, lines), detail={"queue": printer.queue},
    )  # fmt: skip
    plain = to_ascii if printer.setup.ascii_only else clean
    page = as_text([Page(tuple(plain(line) for line in lines), 0)], printer.setup)
    said = output.send(page.encode(), printer, "Recordroom screen")
    return Outcome(f"Printed: {said}")
