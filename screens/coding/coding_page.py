"""CDG: the codes of an account on one page, with their DRG, edits and notes. The record, draft and filing are ABS's."""

from __future__ import annotations

from typing import ClassVar

from screens.abstracting.abstract import Abstract
from tui.screen import Mode


class Coding(Abstract):
    """Diagnoses and procedures keyed in place. F11 leads to the form and back."""

    title: ClassVar[str] = "Coding"
    mode: ClassVar[Mode | None] = Mode.WORKSHEET
    help: ClassVar[str] = (
        "Key codes one after the other: I21.4 Y J9601 Y N179 N. A whole code is left by itself; a blank or Enter "
        "behind it does no harm. Words (hip fx) list codes; so does a code that lacks its 7th character or is a "
        "category. Signs act on the row in hand while nothing is keyed into it: ! makes it the principal one, < "
        "and > move it up and down, + and - say POA Y and N, @ takes it out; Ctrl+U takes any of it back. To "
        "replace a code, key another over it. The pane shows edits and notes of the code in hand, F8 the rest of "
        "them: ! stands against the record, - is not on it, + is on it. It is advice: code only what the record "
        "supports. F11 shows the form, where everything else is asked. F2 files."
    )
