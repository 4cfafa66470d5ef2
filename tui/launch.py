"""What must be set before Textual is imported, because it reads its constants then."""

from __future__ import annotations

import os

ENVIRONMENT = {
    "TEXTUAL_DISABLE_KITTY_KEY": "1",  # F13-F20 decode right, no protocol is pushed to the terminal
    "ESCDELAY": "400",  # ms; sequences are split by slow lines
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TEXTUAL_COLOR_SYSTEM": "standard",  # attributes only: fewer bytes, no colour that means something
}
UNWANTED = (
    "TEXTUAL", "TEXTUAL_DRIVER", "TEXTUAL_LOG", "TEXTUAL_FILTERS", "TEXTUAL_DEBUG", "TEXTUAL_PRESS",
    "TEXTUAL_SCREENSHOT", "TEXTUAL_SCREENSHOT_LOCATION", "TEXTUAL_SHOW_RETURN", "TEXTUAL_THEME",
)  # fmt: skip


def prepare_environment() -> None:
    """Set the terminal's environment; developer switches that could write data elsewhere are dropped."""
    for name in UNWANTED:
        os.environ.pop(name, None)
    os.environ.update(ENVIRONMENT)
