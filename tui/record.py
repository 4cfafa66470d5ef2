"""The record in a form's hands: its values, rows of tables, and the steps that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rules.text import clean
from tui.layout import PATH
from tui.screen import Field, Group, Kind, Section, Values

STEPS_KEPT = 50  # changes that can be taken back


class Record:
    """Canonical values by path. Every change goes through ``step``, so that it can be taken back."""

    def __init__(self, sections: Sequence[Section], values: Mapping[str, str]) -> None:
        self.values: Values = {path: value for path, value in values.items() if value}
        self.groups = {
            part.name: part for section in sections for part in section.parts if isinstance(part, Group)
        }
        self.secret = {
            part.name
            for section in sections
            for part in section.parts
            if isinstance(part, Field) and part.kind is Kind.SECRET
        }
        self._steps: list[tuple[str, Values]] = []
        self.changed = False  # something was keyed since the record was opened

    def step(self, path: str) -> None:
        """Remember the record as it stands, before a change at ``path``."""
        self._steps.append((path, dict(self.values)))
        del self._steps[:-STEPS_KEPT]
        self.changed = True

    def back(self) -> str | None:
        """Take the last change back. Returns its path; None when there is nothing to take back."""
        if not self._steps:
            return None
        path, self.values = self._steps.pop()
        return path

    @contextmanager
    def one_step(self, path: str) -> Iterator[None]:
        """All changes made within are taken back at once, and the cursor then goes to ``path``."""
        before, count = dict(self.values), len(self._steps)
        yield
        if self.values != before:
            del self._steps[count:]
            self._steps.append((path, before))

    def put(self, path: str, value: str) -> None:
        if value:
            self.values[path] = value
        else:
            self.values.pop(path, None)

    def get(self, path: str) -> str:
        return clean(self.values.get(path, ""))

    def keepable(self) -> Values:
        """What a draft may hold: everything but secrets."""
        return {path: value for path, value in self.values.items() if path not in self.secret}

    def forget_secrets(self) -> None:
        """Let go of every secret, in the steps that can be taken back too."""
        for values in (self.values, *(kept for _, kept in self._steps)):
            for path in self.secret:
                values.pop(path, None)

    def is_blank_row(self, group: str, index: int) -> bool:
        """Whether this row of a table holds nothing; False outside tables."""
        prefix = f"{group}[{index}]."
        return bool(group) and not any(path.startswith(prefix) for path in self.values)

    def delete_row(self, group: str, index: int) -> None:
        self._renumber(group, lambda row: 0 if row == index else row - 1 if row > index else row)

    def insert_row(self, group: str, index: int) -> None:
        self._renumber(group, lambda row: row + 1 if row >= index else row)

    def move_row(self, group: str, index: int, to: int) -> None:
        """Row ``index`` becomes row ``to``; the rows between make room."""

        def place(row: int) -> int:
            if row == index:
                return to
            if index < row <= to:
                return row - 1
            return row + 1 if to <= row < index else row

        self._renumber(group, place)

    def _renumber(self, group: str, place: Callable[[int], int]) -> None:
        kept: Values = {}
        for path, value in self.values.items():
            match = PATH.fullmatch(path)
            if match is None or match["group"] != group:
                kept[path] = value
            elif row := place(int(match["row"])):
                kept[f"{group}[{row}].{match['column']}"] = value
        self.values = kept
