"""What a benchmark found: a value, its anchor, its budget; and the table that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table. ``anchor`` is measured in the same run, by the program or query it names.

    ``most_ratio`` bounds here / anchor; ``most`` bounds the value itself, ``least`` from below.
    """

    name: str
    here: float
    unit: str
    anchor: float | None = None
    anchor_name: str = ""
    most_ratio: float | None = None
    most: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float | None:
        """Here / anchor."""
        return self.here / self.anchor if self.anchor else None

    @property
    def within(self) -> bool | None:
        """Whether the budget is kept; None when there is none."""
        kept = []
        if self.most_ratio is not None and self.ratio is not None:
            kept.append(self.ratio <= self.most_ratio)
        if self.most is not None:
            kept.append(self.here <= self.most)
        if self.least is not None:
            kept.append(self.here >= self.least)
        return all(kept) if kept else None

    @property
    def budget(self) -> str:
        """The budget in words."""
        parts = []
        if self.most_ratio is not None:
            parts.append(f"x{self.most_ratio:g}")
        if self.most is not None:
            parts.append(f"<= {self.most:g} {self.unit}")
        if self.least is not None:
            parts.append(f">= {self.least:g} {self.unit}")
        return ", ".join(parts)

    def as_object(self) -> dict[str, object]:
        """The line for ``--json``."""
        return {
            "measure": self.name, "here": self.here, "unit": self.unit, "anchor": self.anchor,
            "anchor_name": self.anchor_name, "ratio": self.ratio, "budget": self.budget, "within": self.within,
        }  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(1, ceil(share * len(ordered))) - 1]


def shown(measures: Sequence[Measure]) -> str:
    """The table for people."""
    from tabulate import tabulate

    rows = [
        (
            measure.name, f"{measure.here:,.2f} {measure.unit}",
            f"{measure.anchor:,.2f} {measure.anchor_name}" if measure.anchor is not None else measure.anchor_name,
            f"{measure.ratio:.2f}" if measure.ratio is not None else "", measure.budget,
            {True: "", False: "OVER", None: ""}[measure.within],
        )
        for measure in measures
    ]  # fmt: skip
    return tabulate(rows, ("measure", "here", "anchor", "ratio", "budget", ""), disable_numparse=True)
