"""The menu view: numbered lines, each of which opens something by number, word, or Enter on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rules.text import cells, clean, fit
from tui.keys import Act, Stroke
from tui.screen import Entry, MenuScreen, Printout, Screen
from tui.spans import BOLD, PLAIN, REVERSE, Line, blank, line, plain, text_of, wrap
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

COUNT_WIDTH = 9
NOTE_WIDTH = 26
WORD_WIDTH = 10


class MenuView(View):
    """Entries of a menu of the table, or of a desk that counts what waits. Typing goes to the command line."""

    legend_acts = (Act.HELP, Act.EXIT, Act.REFRESH, Act.BACK, Act.FORWARD, Act.PRINT)

    def __init__(
        self, shell: Shell, title: str, entries: Sequence[Entry], screen: Screen | None = None, word: str = ""
    ) -> None:
        super().__init__(shell, screen, word)
        self._title = title
        self.heading: Sequence[str] = ()
        self.entries = list(entries)
        self.at = 0
        self.top = 0

    @property
    def _head_height(self) -> int:
        return min(len(self._head_texts) + 1, self.shell.body_height - 1) if self.heading else 0

    @property
    def _head_texts(self) -> list[str]:
        """The heading, its long sentences broken at blanks."""
        return [piece for text in self.heading for piece in wrap(clean(text), self.shell.width - 2)]

    @property
    def height(self) -> int:
        """Entries that fit; where there are more, a line below says so."""
        room = max(1, self.shell.body_height - self._head_height)
        return room if len(self.entries) <= room else max(1, room - 1)

    @property
    def title(self) -> str:
        return self._title

    async def start(self, key: str) -> None:
        assert isinstance(self.screen, MenuScreen)
        message = await self.shell.call(self.screen.open, key)
        await self.reload()
        if message:
            self.shell.say(message)

    async def reload(self) -> None:
        if isinstance(self.screen, MenuScreen):
            screen = self.screen
            self.heading, self.entries = await self.shell.call(
                lambda: (list(screen.heading()), list(screen.entries()))
            )
        elif self.shell.session is not None:
            waiting = await self.shell.call(self.shell.session.waiting, self.words)
            self.entries = [
                replace(entry, count=waiting[entry.word][0], note=waiting[entry.word][1])
                if entry.word in waiting
                else entry
                for entry in self.entries
            ]
        self.at = max(0, min(self.at, len(self.entries) - 1))

    async def resume(self) -> None:
        await self.reload()

    def body(self, width: int, height: int) -> list[Line]:
        head = [plain(" " + text, width) for text in self._head_texts]
        head = [*head, blank(width)][: self._head_height] if head else []
        if not self.top <= self.at < self.top + self.height:
            self.top = max(0, min(self.at, len(self.entries) - self.height))
        end = self.top + self.height
        rows = head + self._rows(range(self.top, end), width)
        more = "More: F8" if end < len(self.entries) else "Bottom"
        return rows if len(rows) >= height else [*rows, line([(1, more, BOLD)], width)]

    def _rows(self, numbers: Iterable[int], width: int) -> list[Line]:
        columns = self._columns(width) if self.entries else (0, 0, 0, 0)
        return [self._row(number, width, *columns) for number in numbers]

    def _columns(self, width: int) -> tuple[int, int, int, int]:
        """Cells of word, title, count and note: a title that is longer takes what no count and no note needs."""
        longest = {
            name: max(cells(getattr(each, name)) for each in self.entries)
            for name in ("word", "title", "count", "note")
        }
        word = min(WORD_WIDTH, longest["word"])
        if not longest["count"] and not longest["note"]:
            return word, width - 9 - word, 0, 0
        room = width - 12 - word
        note = max(min(NOTE_WIDTH, longest["note"]), min(NOTE_WIDTH, room - COUNT_WIDTH - longest["title"]))
        count = max(min(COUNT_WIDTH, longest["count"]), min(COUNT_WIDTH, room - note - longest["title"]))
        return word, room - count - note, count, note

    def _row(
        self, number: int, width: int, word_width: int, title_width: int, count_width: int, note_width: int
    ) -> Line:
        if number >= len(self.entries):
            return blank(width)
        entry, here = self.entries[number], number == self.at
        text = (
            f"{fit(str(number + 1), 3, '>')}  {fit(entry.word, word_width)} {fit(entry.title, title_width)}"
        )
        if count_width or note_width:
            text += f" {fit(entry.count, count_width, '>')}  {fit(entry.note, note_width)}"
        marked = entry.go or not entry.title
        return line(
            [(0, ">" if here else " ", BOLD), (1, text, REVERSE if here else PLAIN if marked else BOLD)],
            width,
        )

    async def printout(self) -> Printout:
        """All entries."""
        rows = text_of(self._rows(range(len(self.entries)), self.shell.width))
        return Printout(self.title, [*self._head_texts, *(row[1:] for row in rows)])

    def cursor(self) -> tuple[int, int] | None:
        return 0, self._head_height + self.at - self.top

    async def stroke(self, stroke: Stroke) -> bool:
        if stroke.name in ("up", "down", "shift+tab", "tab"):
            self._move(1 if stroke.name in ("down", "tab") else -1)
        elif stroke.name in ("home", "end"):
            self._move(len(self.entries) * (1 if stroke.name == "end" else -1))
        elif stroke.name == "enter":
            if self.entries:
                await self.open(self.at)
        elif not stroke.name or stroke.name == "paste":
            await self.shell.type_command(stroke)
        else:
            return False
        return True

    async def act(self, act: Act, rest: str = "") -> bool:
        if act in (Act.FORWARD, Act.BACK):
            self._move(self.height * (1 if act is Act.FORWARD else -1))
        elif act is Act.REFRESH:
            await self.reload()
        elif act is Act.CANCEL:
            return await self.act(Act.EXIT)
        else:
            return False
        return True

    @property
    def words(self) -> list[str]:
        """The words of the lines in sight, which open them."""
        return [entry.word.upper() for entry in self.entries]

    async def open(self, number: int) -> None:
        """Open entry ``number``, counted from 0."""
        if not 0 <= number < len(self.entries) or not self.entries[number].go:
            self.shell.fail(f"There is no entry {number + 1} here.")
            return
        self.at = number
        self.shell.clear_message()
        await self.shell.run(self.entries[number].go)

    def _move(self, step: int) -> None:
        self.at = max(0, min(len(self.entries) - 1, self.at + step))

    def help_lines(self) -> list[str]:
        return [
            *super().help_lines(),
            "",
            "Key a number or word and Enter, or move to a line and press Enter. 2.4 goes two menus deep.",
            "WORD and what follows opens a record: ABS 123456. =WORD leaves everything else first.",
        ]
