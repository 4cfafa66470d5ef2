"""OVR and ABQ: the abstract as one page on which letters act, and as a stream of prompts. It is the same record."""

from __future__ import annotations

from typing import ClassVar

from screens.abstracting.abstract import Abstract
from tui.screen import Mode


class AbstractOverview(Abstract):
    """OVR: the whole abstract on one page. Its draft, its lock and its filing are those of ABS."""

    mode: ClassVar[Mode | None] = Mode.OVERVIEW


class AbstractPrompts(Abstract):
    """ABQ: the abstract prompt by prompt."""

    mode: ClassVar[Mode | None] = Mode.PROMPT
