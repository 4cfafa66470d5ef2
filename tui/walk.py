"""Where the cursor goes on a form: next, beside, by page, by label. Pure functions over a layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.layout import Layout, Spot


@dataclass(frozen=True, slots=True)
class Walk:
    """A layout with what may be stood on, and which rows of tables are still blank."""

    layout: Layout
    stands: Callable[[Spot], bool]
    is_blank: Callable[[Spot], bool]
    is_missing: Callable[[Spot], bool] = lambda spot: False  # an answer must still be given here
    may_go_on: Callable[[Spot, Spot | None], bool] = lambda spot, here: False  # one may be given here

    def first(self) -> str:
        spots = self.layout.spots
        return next((spot.path for spot in spots if self.stands(spot)), spots[0].path if spots else "")

    def following(self, focus: str, step: int, *, round_about: bool) -> str:
        """The next field (``step`` 1) or the one before (-1); "" at the end unless the walk goes round.

        From the first column of the open row under a table the walk goes past the table.
        """
        spots, at = self.layout.spots, self.layout.order.get(focus, -1)
        here = self.layout.by_path.get(focus)
        past = (here.group, here.index) if here and here.first and step > 0 and self.is_blank(here) else None
        for offset in range(1, len(spots) + 1):
            position = at + step * offset
            if not 0 <= position < len(spots):
                if not round_about:
                    return ""
                position %= len(spots)
            spot = spots[position]
            inside_blank = step < 0 and spot.group and not spot.first and self.is_blank(spot)
            if (spot.group, spot.index) != past and not inside_blank and self.stands(spot):
                return spot.path
        return focus

    def missing(self) -> str:
        """The first field that must still be keyed or mended; "" when there is none."""
        return next(
            (spot.path for spot in self.layout.spots if self.is_missing(spot) and self.stands(spot)), ""
        )

    def needed(self, focus: str) -> str:
        """The next field that needs an answer, or where the table in hand goes on; behind the last one the first
        that is still missing. "" when nothing is."""
        spots, at = self.layout.spots, self.layout.order.get(focus, -1)
        here = self.layout.by_path.get(focus)
        past = (here.group, here.index) if here and here.first and self.is_blank(here) else None
        for spot in spots[at + 1 :]:
            wanted = self.is_missing(spot) or self.may_go_on(spot, here)
            if wanted and (spot.group, spot.index) != past and self.stands(spot):
                return spot.path
        before = spots[: max(0, at)]
        return next((spot.path for spot in before if self.is_missing(spot) and self.stands(spot)), "")

    def beside(self, focus: str, step: int) -> str:
        """The nearest field of the next row below (1) or above (-1) that has any."""
        here = self.layout.by_path.get(focus)
        if here is None:
            return ""
        rows = sorted((row for row in self.layout.on_row if (row - here.row) * step > 0), reverse=step < 0)
        for row in rows:
            spots = [spot for spot in self.layout.on_row[row] if self.stands(spot)]
            if spots:
                return min(spots, key=lambda spot: abs(spot.column - here.column)).path
        return ""

    def page(self, focus: str, step: int, height: int) -> str:
        """The first field of the next section, or of the next screenful of a longer one; "" at the ends."""
        here = self.layout.by_path.get(focus)
        if here is None:
            return ""
        spots = [spot for spot in self.layout.spots if self.stands(spot)]
        if step > 0:
            ahead = (spot for spot in spots if spot.section > here.section or spot.row >= here.row + height)
            return next((spot.path for spot in ahead if spot.row > here.row), "")
        behind = [spot for spot in spots if self.layout.order[spot.path] < self.layout.order[focus]]
        if not behind:
            return ""
        section = behind[-1].section
        return next(spot.path for spot in behind if spot.section == section and spot.row >= here.row - height)

    def target(self, label: str) -> str:
        """The field that ``^LABEL`` means: a section by its word, then the beginning of a field's label or
        name, of a section's word, of a section's title. Fields that may be stood on come first."""
        label = label.upper()
        sections = self.layout.sections
        spots = sorted(self.layout.spots, key=lambda spot: not self.stands(spot))
        for spot in spots:
            if sections[spot.section][0].upper() == label:
                return spot.path
        for names in (_own_names, self._section_words, self._section_titles):
            for spot in spots:
                if any(name.upper().startswith(label) for name in names(spot) if name):
                    return spot.path
        return ""

    def _section_words(self, spot: Spot) -> tuple[str, ...]:
        return self.layout.sections[spot.section][0], spot.group

    def _section_titles(self, spot: Spot) -> tuple[str, ...]:
        return (self.layout.sections[spot.section][1],)


def _own_names(spot: Spot) -> tuple[str, ...]:
    return spot.label, spot.field.name, spot.path
