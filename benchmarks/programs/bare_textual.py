"""The anchor of the start-up benchmark: the least Textual application, with one widget."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        """The widget."""
        yield Static("Passphrase")


if __name__ == "__main__":
    Bare().run()
