"""The whole terminal as lines: the rows around a body, and what stands in their places just now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.dates import show_date
from tui import chrome
from tui.keys import Act
from tui.locked import LockedView
from tui.spans import Line, blank
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell


def frame(shell: Shell) -> list[Line]:
    """Every line of the terminal, top to bottom."""
    width, height = shell.width, shell.height
    if width < chrome.LEAST_WIDTH or height < chrome.LEAST_HEIGHT:
        return chrome.too_small(width, height)
    if not shell.stack:
        return [blank(width)] * height
    view = shell.top
    if isinstance(view, LockedView):
        return view.body(width, height)
    return [
        _title(shell, view),
        *chrome.banner_rows(shell.main.banner(), width),
        *view.body(width, shell.body_height),
        _message(shell),
        chrome.command_row(_command_text(shell), shell.busy, shell.in_command, width),
        chrome.legend_row(_legend(shell, view), width, shell.keymap.shown(Act.HELP)),
    ]


def cursor(shell: Shell) -> tuple[int, int]:
    """Cell and row of the hardware cursor: always where the next key goes."""
    if shell.width < chrome.LEAST_WIDTH or shell.height < chrome.LEAST_HEIGHT or not shell.stack:
        return 0, 0
    message_row = shell.height - chrome.FOOT_ROWS
    if isinstance(shell.top, LockedView):
        return shell.top.cursor_cell()
    if shell.question:
        return chrome.question_row(shell.question.text, shell.question.shown, shell.width)[1], message_row
    place = None if shell.in_command else shell.top.cursor()
    if place is None:
        return len(chrome.ARROW) + shell.command.window(_command_room(shell))[1], message_row + 1
    return place[0], place[1] + 1 + chrome.BANNER_ROWS


def _title(shell: Shell, view: View) -> Line:
    main, session = shell.main, shell.session
    return chrome.title_row(
        main.word,
        view.title or main.title,
        session.facility if session else "",
        session.user if session else "",
        show_date(shell.now().date().isoformat(), shell.date_style),
        shell.width,
    )


def _message(shell: Shell) -> Line:
    if shell.question:
        return chrome.question_row(shell.question.text, shell.question.shown, shell.width)[0]
    return chrome.message_row(shell.message, shell.message_is_error, shell.width)


def _command_room(shell: Shell) -> int:
    return shell.width - len(chrome.ARROW) - len(chrome.BUSY) - 2


def _command_text(shell: Shell) -> str:
    return shell.command.window(_command_room(shell))[0]


def _legend(shell: Shell, view: View) -> list[str]:
    waiting = "1 key waits:" if shell.held == 1 else f"{shell.held} keys wait:"
    if shell.question:
        answers = ["Y or N" if shell.question.letters == "YN" else "Enter=Answer", "F12=Cancel"]
        return [answers[0], waiting, "F12 discards"] if shell.held else answers
    if shell.held:
        return [waiting, "Enter replays", "F12 discards, leaving too"]
    return view.legend()
