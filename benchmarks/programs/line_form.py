"""What is measured against it: forty fields on our form, drafts and findings asked for at each field exit."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar


def main() -> int:
    """Run until the line is closed."""
    from tui.launch import prepare_environment

    prepare_environment()
    from config.menu import read_menu
    from tui import console
    from tui.screen import Changed, Field, Filed, FormScreen, Kind, Opened, Section, Values
    from tui.shell import Shell

    class Request(FormScreen):
        title: ClassVar[str] = "Request"

        def __init__(self, session: object = None) -> None:
            super().__init__(session)

        def sections(self) -> Sequence[Section]:
            fields = tuple(Field(f"f{n}", f"Field {n}", 40, Kind.TEXT, length=400) for n in range(1, 41))
            return (Section("request", "REQUEST", fields),)

        def open(self, key: str) -> Opened:
            return Opened({})

        def changed(self, values: Values, path: str) -> Changed:
            return Changed()

        def save_draft(self, values: Values, focus: str) -> None:
            """Nothing is kept: what the store costs is measured elsewhere."""

        def file(self, values: Values, reason: str) -> Filed:
            return Filed("FILED")

    with ThreadPoolExecutor(1) as executor:
        shell = Shell(lambda: Request(), read_menu(""), executor)
        return console.run(shell, Path("/dev/null"))


if __name__ == "__main__":
    sys.exit(main())
