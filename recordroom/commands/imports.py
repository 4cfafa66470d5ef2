"""``recordroom import``: files and feeds of other systems, each with the counts of what became of them."""

from __future__ import annotations

import click

from recordroom.commands.hl7 import import_hl7


@click.group("import")
def import_() -> None:
    """Take in files of other systems. The last line of output is a JSON object with the counts."""


import_.add_command(import_hl7)
