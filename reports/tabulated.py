"""Small statistical tables by tabulate, as blocks of a page."""

from __future__ import annotations

from collections.abc import Sequence

from reports.page import Block
from rules.text import fit


def tabulated(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    caption: str = "",
    label_width: int = 40,
    links: Sequence[str] = (),
) -> Block:
    """A small statistical table as a block: texts at the left of each row, figures to the right of them.

    Figures stand as they are: tabulate's number parsing would turn 250.00 into 250. ``links`` says where each row
    leads. Raises ``ValueError`` when the table is wider than the page.
    """
    from tabulate import tabulate

    shown = [(fit(row[0], label_width), *row[1:]) for row in rows]
    align = ("left", *["right"] * (len(heads) - 1))
    text = tabulate(shown, heads, tablefmt="simple", disable_numparse=True, colalign=align,
                    preserve_whitespace=True)  # fmt: skip
    lines = text.splitlines()
    if (widest := max(map(len, lines))) > width:
        raise ValueError(f"A table of {widest} cells does not fit on a page of {width}.")
    lines = ["", caption, *lines] if caption else lines
    going = (*[""] * (len(lines) - len(rows)), *links) if links else ()
    return Block(tuple(lines), links=going, captioned=bool(caption))
