"""PCT: an ICD-10-PCS code from its table, character by character; what is not in one row together cannot be keyed.

Whether a combination is permitted is asked of the codes valid on the day, which are what the rows of the tables make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from db.coding.pcs_tables import AXES, OPEN_AXIS, PcsGrid
from rules.codes import System, normal
from rules.findings import Finding, Level
from rules.text import cells, fit
from screens.coding.book import Asked, asked, installed
from screens.session import Session
from tui.screen import (
    Changed,
    Choice,
    Command,
    Document,
    Field,
    Filed,
    FormScreen,
    Kind,
    Mode,
    Opened,
    Outcome,
    PageScreen,
    PlainPage,
    Refused,
    ScreenError,
    Section,
    Values,
)

TABLE, CODE = "table", "code"
PLACES = {f"p{at}": at for at in AXES}
LABELS = {4: "4 Body part", 5: "5 Approach", 6: "6 Device", 7: "7 Qualifier"}  # as in section 0
GRID = 78  # cells of the four columns of the grid
LEAST = 12  # cells of one
ROWS = 8  # values of a character that the grid shows; F4 lists all


class PcsTable(FormScreen):
    """A table, and a choice for each of its four open characters."""

    title: ClassVar[str] = "PCS tables"
    scratch: ClassVar[bool] = True
    mode: ClassVar[Mode | None] = Mode.FORM
    help: ClassVar[str] = (
        "Key the first three characters of a code, or words such as hip replacement, and Enter; F4 lists the tables. "
        "Then a character, or words of its name, for each place: only what one row of the table has beside the other "
        "choices is taken, and a place with one choice left is filled in. The columns below show what is left. F2 "
        "puts the code into the field of the form that the table was opened from, or shows its notes; N on the "
        "command line does that too. F10 reads the definitions, "
        "CODES lists the codes that are left. In other sections than 0 the places have other names."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("TAKE", "Use", "take", "F2"),
        Command("NOTES", "Notes", "notes"),
        Command("DEF", "Definitions", "definitions", "F10"),
        Command("CODES", "Codes that are left", "codes_left"),
    )
    session: Session

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.day: Asked = asked(session, "")
        self.filled: dict[
            str, str
        ] = {}  # places with one choice left, filled in and taken back when that changes
        self.values: Values = {}

    def sections(self) -> Sequence[Section]:
        axes = tuple(
            Field(
                name,
                LABELS[at],
                1,
                Kind.UPPER,
                length=30,
                lookup=True,
                echo=50,
                help="F4 lists what is permitted.",
            )
            for name, at in PLACES.items()
        )
        table = Field(
            TABLE, "Table", 7, Kind.UPPER, length=40, required=True, lookup=True, echo=50,
            help="The first three characters, or words such as hip replacement: F4 lists the tables that have them.",
        )  # fmt: skip
        code = Field(CODE, "Code", 7, Kind.UPPER, read_only=True, echo=60)
        return (Section("table", f"ICD-10-PCS {self.day.shown_day}", (table, *axes, code)),)

    def open(self, key: str) -> Opened:
        self.day = asked(self.session, key)
        installed(self.session)
        text = self.day.text.strip()
        code = normal(text) if text else ""
        self.values = {}
        if 3 <= len(code) <= 7 and self._grid({TABLE: code[:3]}):
            self.values = {TABLE: code[:3]} | {f"p{at}": code[at - 1] for at in AXES if len(code) >= at}
            return Opened(dict(self.values), focus=self._first_open(self.values))
        if not text:
            return Opened({})
        tables = self._tables(text)
        if not tables:
            raise ScreenError(f"No table has {text}: key other words, or the first three characters.")
        if len(tables) == 1:
            return Opened({TABLE: tables[0].value}, focus=self._first_open({TABLE: tables[0].value}))
        others = ", ".join(each.value for each in tables[1:6])
        more = " ..." if len(tables) > 6 else ""
        said = f"{tables[0].value} fits best; so do {others}{more}: F4 in Table lists them."
        focus = self._first_open({TABLE: tables[0].value})
        return Opened({TABLE: tables[0].value}, focus=focus, message=said)

    def changed(self, values: Values, path: str) -> Changed:
        grid = self._grid(values)
        freed = {name: "" for name, value in self.filled.items() if values.get(name) == value}
        settled = {**values, **freed}
        if path == TABLE and values.get(TABLE, "") != self.values.get(TABLE, ""):
            settled |= dict.fromkeys(PLACES, "")
        grid = self._grid(settled)
        self.filled = {}
        while grid and (more := self._forced(grid, settled)):
            self.filled |= more
            settled |= more
            grid = self._grid(settled)
        settled[CODE] = grid.codes[0] if grid and len(grid.codes) == 1 and self._complete(settled) else ""
        derived = {name: value for name, value in settled.items() if values.get(name, "") != value}
        self.values = {name: value for name, value in settled.items() if value}
        return Changed(
            self._findings(grid, settled), self._echoes(grid, settled), derived, self._panel(grid, settled)
        )

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == TABLE:
            return self._tables(text)[:limit]
        wanted = text.casefold()
        listed = self._choices(values, path)
        exact = [each for each in listed if each.value.casefold() == wanted]
        return (exact or [each for each in listed if wanted in each.text.casefold()])[:limit]

    def _choices(self, values: Values, path: str) -> list[Choice]:
        """What may stand in a place beside the others, those that were only filled in left open."""
        grid = self._grid({name: value for name, value in values.items() if name not in (path, *self.filled)})
        if grid is None:
            raise ScreenError("Key the table first: three characters, or words such as hip replacement.")
        return [Choice(value, name) for value, name in grid.permitted[PLACES[path]]]

    def is_complete(self, values: Values, path: str, text: str) -> bool:
        """Whether a character is one of the table and begins the name of no other."""
        if path == TABLE:
            return False
        found = self.lookup(values, path, text, 2)
        names = [word for each in self._choices(values, path) for word in each.text.casefold().split()]
        return (
            len(found) == 1
            and found[0].value == text.upper()
            and not any(name.startswith(text.casefold()) for name in names)
        )

    def file(self, values: Values, reason: str) -> Filed | Refused:
        code = self.values.get(CODE, "")
        if not code:
            name = self._first_open(self.values) or TABLE
            return Refused(
                (Finding(Level.ERROR, "PCS", "The code is not complete: choose this character.", name),)
            )
        return Filed("", go=f"NOT pcs {code}{self.day.on}")

    def take(self, rest: str) -> Outcome:
        """F2: the code goes into the field that the table was opened from; with no record open its notes are shown."""
        code = self.values.get(CODE, "")
        if not code:
            raise ScreenError("The code is not complete: choose a character for each place.")
        return Outcome(go=f"USE {code}") if self.session.records else self.notes("")

    def notes(self, rest: str) -> Outcome:
        """NOTES: what is known of the code as it stands."""
        code = self.values.get(CODE, "")
        if not code:
            raise ScreenError("The code is not complete: NOTES comes with the last character.")
        return Outcome(go=f"NOT pcs {code}{self.day.on}")

    def definitions(self, rest: str) -> Outcome:
        if not self.values.get(TABLE):
            raise ScreenError("Key the table first.")
        return Outcome(go=f"PCD {self.values[TABLE]}")

    def codes_left(self, rest: str) -> Outcome:
        grid = self._grid(self.values)
        if grid is None or not grid.codes:
            raise ScreenError("No code is left.")
        return Outcome(go=f"COD pcs {grid.codes[0]}-{grid.codes[-1]}{self.day.on}")

    # --- the grid ------------------------------------------------------------------------------------------

    def _grid(self, values: Mapping[str, str]) -> PcsGrid | None:
        table = values.get(TABLE, "")
        if len(table) != 3:
            return None
        places = "".join(values.get(name) or OPEN_AXIS for name in PLACES)
        return installed(self.session).pcs_grid(table + places, self.day.day)

    def _tables(self, text: str) -> list[Choice]:
        codes = installed(self.session)
        found = codes.pcs_tables(text, self.day.day)
        return [
            Choice(table, f"{_named(codes.pcs_names(table))}  {count} codes".strip())
            for table, count in found
        ]

    def _forced(self, grid: PcsGrid, values: Mapping[str, str]) -> Values:
        return {
            name: grid.permitted[at][0][0]
            for name, at in PLACES.items()
            if not values.get(name) and len(grid.permitted[at]) == 1
        }

    def _complete(self, values: Mapping[str, str]) -> bool:
        return all(values.get(name) for name in PLACES)

    def _first_open(self, values: Mapping[str, str]) -> str:
        """The first place in which there is something to choose."""
        grid = self._grid(values)
        if grid is None:
            return ""
        left = [name for name, at in PLACES.items() if not values.get(name) and len(grid.permitted[at]) != 1]
        return left[0] if left else ""

    def _findings(self, grid: PcsGrid | None, values: Mapping[str, str]) -> list[Finding]:
        table = values.get(TABLE, "")
        if table and grid is None:
            said = f"No code of table {table} is valid on the day."
            return [Finding(Level.ERROR, "PCS", said, TABLE)]
        if grid is None:
            return []
        return [
            Finding(Level.ERROR, "PCS", f"{values[name]} stands in no row with the other choices.", name)
            for name, at in PLACES.items()
            if values.get(name) and values[name] not in dict(grid.permitted[at])
        ]

    def _echoes(self, grid: PcsGrid | None, values: Mapping[str, str]) -> dict[str, str]:
        if grid is None:
            return {}
        found = {name: dict(grid.permitted[at]).get(values.get(name, ""), "") for name, at in PLACES.items()}
        code = values.get(CODE, "")
        title = installed(self.session).title(code, System.PCS, self.day.day) if code else ""
        return found | {TABLE: _named(grid.names), CODE: title or ("(title not installed)" if code else "")}

    def _panel(self, grid: PcsGrid | None, values: Mapping[str, str]) -> list[str]:
        """What may still be chosen, a column for each character; > is what was."""
        if grid is None:
            return []
        count = "1 code is left" if len(grid.codes) == 1 else f"{len(grid.codes)} codes are left"
        source = "" if grid.imported else "; names from titles, the tables file is not imported"
        listed = [
            [self._value(value, name, values.get(f"p{at}")) for value, name in grid.permitted[at]]
            for at in AXES
        ]
        columns = [[LABELS[at], *_cut(column)] for at, column in zip(AXES, listed, strict=True)]
        widths = _widths([max(map(cells, column)) for column in columns])
        rows = [
            " ".join(
                fit(column[row] if row < len(column) else "", width)
                for column, width in zip(columns, widths, strict=True)
            )
            for row in range(max(map(len, columns)))
        ]  # fmt: skip
        return [f" {count}{source}", *(f" {row}".rstrip() for row in rows)]

    def _value(self, value: str, name: str, chosen: str | None) -> str:
        return f"{'>' if value == chosen else ' '}{value} {name}"


class PcsDefinitions(PageScreen):
    """What the values of a PCS table mean."""

    title: ClassVar[str] = "PCS definitions"
    session: Session

    def open(self, key: str) -> Document:
        table = normal(key)[:3]
        if len(table) != 3:
            raise ScreenError("Say which table: PCD 0SR.")
        codes = installed(self.session)
        found = codes.pcs_definitions(table)
        from reports.code_page import wrapped

        lines = [f"{table}  {_named(codes.pcs_names(table))}", ""]
        for title, definition, explanation, includes in found:
            lines += [title, *wrapped(definition, "  ")]
            lines += [
                line
                for text in (explanation, includes and f"Includes: {includes}")
                if text
                for line in wrapped(text, "  ")
            ]
        if not found:
            lines.append(
                "No definitions are imported: recordroom codes import takes the PCS definitions XML."
            )
        return Document(lines[0], [PlainPage(lines)])


def _named(names: Sequence[str]) -> str:
    """Root operation first: it is what the table is looked for by."""
    section, system, operation = names
    return ", ".join(filter(None, (operation, system, section)))


def _cut(column: Sequence[str]) -> list[str]:
    """The values that the grid has room for, and how many more there are."""
    return (
        list(column)
        if len(column) <= ROWS
        else [*column[: ROWS - 1], f"  + {len(column) - ROWS + 1} more: F4"]
    )


def _widths(wanted: Sequence[int]) -> list[int]:
    """Cells of each column: what it wants, the widest ones less, so that all fit."""
    widths = [max(LEAST, each) for each in wanted]
    while sum(widths) + len(widths) - 1 > GRID:
        widths[widths.index(max(widths))] -= 1
    return widths
