"""Every private name of Textual that is touched, in one place. Textual is pinned exactly because of this file."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.driver import Driver
from textual.geometry import Offset, Size
from textual.screen import Screen


class QuietApp(App[int]):
    """An App that shows nothing of its own: no traceback, no palette, no bindings, no notifications."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = []

    def __init__(self, driver_class: type[Driver]) -> None:
        super().__init__(driver_class=driver_class, ansi_color=True)
        self._bindings.key_to_bindings.clear()  # Ctrl+Q and Ctrl+C of the base class
        self._disable_tooltips = True
        self._disable_notifications = True

    def patch(self, sequences: str, cursor: tuple[int, int]) -> None:
        """Write ``sequences`` and put the hardware cursor at ``cursor`` (cell, row)."""
        self.cursor_position = Offset(*cursor)
        if self._driver is not None:
            self._driver.write(f"{sequences}\x1b[{cursor[1] + 1};{cursor[0] + 1}H")

    def _display(self, screen: Screen[Any], renderable: object) -> None:
        """Textual's own paints, several whole screens at each start and resize, are not sent."""

    def crashed(self, error: BaseException) -> None:
        """Told of every unforeseen error, wherever in Textual it came up."""
        raise NotImplementedError

    def stop(self, status: int) -> None:
        """End the message loop."""
        self.exit(status, return_code=status)

    def stop_at_once(self, status: int) -> None:
        """End without another turn of the message loop, which may be what failed."""
        self._return_code = status
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        self.crashed(error)

    def _set_pointer_shape(self, shape: str) -> None:
        """A terminal is not told how to draw a mouse."""

    def _fatal_error(self) -> None:
        """Never the traceback of the base class, which shows local variables."""

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()


def set_driver_size(driver: Driver, size: tuple[int, int]) -> None:
    """Let the App take its size from the terminal, not from COLUMNS and LINES."""
    driver._size = size


def post_resize(driver: Driver, size: tuple[int, int]) -> None:
    """Tell the App of a new terminal size."""
    from textual.events import Resize

    now = Size(*size)
    driver._app.post_message(Resize(now, now))


def app_of(driver: Driver) -> App[Any]:
    return driver._app
