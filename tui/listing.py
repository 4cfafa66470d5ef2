"""The list: keyset pages of a screen's rows, one terminal page at a time, with a position-to line and letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rules.text import cells, clean, fit
from tui.field import Entry
from tui.keys import Act, Stroke
from tui.screen import Action, Column, ListScreen, Page, Printout, Row, ScreenError
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, blank, line, plain
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

POSITION_WIDTH = 30
GUTTER = 5  # cells before the columns: cursor or selection mark, row number, row mark
STRIDE = 500  # rows read at once for a printer
MOST_PRINTED = 20_000  # rows
LETTERED = re.compile(r"(\d{1,2})([A-Za-z])")  # 5C: what C does, to the fifth row in sight
PICKS = re.compile(r"-?\d{1,2}(?:-\d{1,2})?(?:[, ]+-?\d{1,2}(?:-\d{1,2})?)*")


class ListView(View):
    """Rows of a ``ListScreen``. Only the rows in sight are held; going on asks for the next page."""

    screen: ListScreen
    legend_acts = (Act.HELP, Act.EXIT, Act.REFRESH, Act.BACK, Act.FORWARD, Act.PRINT)

    def __init__(self, shell: Shell, screen: ListScreen, word: str) -> None:
        super().__init__(shell, screen, word)
        self.columns: Sequence[Column] = ()
        self.heading: Sequence[str] = ()
        self.page = Page(())
        self.anchor: tuple[Any, ...] | None = None  # key before the first row in sight
        self.at = 0
        self.left = 0  # first column shown after the frozen ones
        self.selected: set[tuple[Any, ...]] = set()
        self.typing: Entry | None = None  # what is being keyed to position or to select
        self.slashed = False  # it was opened with /: always a position, never a row number or word
        self.height = 0

    async def start(self, key: str) -> None:
        screen = self.screen
        message = await self.shell.call(lambda: screen.open(key))
        self.columns = await self.shell.call(screen.columns)
        self.height = self._rows_in_sight(self.shell.body_height)
        if not await self._turn():
            await self._load(None)
        if message:
            self.shell.say(message)

    # --- drawing -------------------------------------------------------------------------------------------

    def _rows_in_sight(self, height: int) -> int:
        return max(1, height - 2 - len(self.heading))

    def body(self, width: int, height: int) -> list[Line]:
        lines = [self._top_line(width)]
        lines += [plain(" " + text, width) for text in self.heading]
        columns = self._columns_shown(width)
        lines.append(self._heads(columns, width))
        rows = self._rows_in_sight(height)
        for number in range(rows):
            lines.append(self._row(number, columns, width))
        if not self.page.rows:
            lines[min(len(lines) - 1, len(self.heading) + 2)] = plain("  " + self.screen.empty, width)
        return lines[:height]

    def _top_line(self, width: int) -> Line:
        label = f"{self._label}: "
        typed = self.typing.window(POSITION_WIDTH)[0] if self.typing else " " * POSITION_WIDTH
        place = [
            (1, fit(label, cells(label)), PLAIN),
            (1 + cells(label), typed, REVERSE if self.typing else UNDERLINE),
        ]
        more = "More: F8" if self.page.after else "Bottom"
        shown = place if self.typing or self.positions else []
        return line([*shown, (width - 10, fit(more, 9, ">"), BOLD)], width)

    @property
    def positions(self) -> bool:
        """Whether the screen can be asked for a place in its list."""
        return type(self.screen).position is not ListScreen.position

    @property
    def _label(self) -> str:
        return self.screen.position_label if self.positions else "Rows"

    def _columns_shown(self, width: int) -> list[tuple[int, int]]:
        """Position in the row and first cell of each column in sight."""
        places, at, passed = [], GUTTER, 0
        for position, column in enumerate(self.columns):
            if not column.frozen and passed < self.left:
                passed += 1
                continue
            if at + min(column.width, 4) > width:
                break
            places.append((position, at))
            at += column.width + 1
        return places

    def _heads(self, columns: list[tuple[int, int]], width: int) -> Line:
        pieces = [
            (
                at,
                fit(
                    self.columns[position].heading,
                    min(self.columns[position].width, width - at),
                    self.columns[position].align,
                ),
                BOLD,
            )
            for position, at in columns
        ]
        return line(pieces, width)

    def _row(self, number: int, columns: list[tuple[int, int]], width: int) -> Line:
        if number >= len(self.page.rows):
            return blank(width)
        row, here = self.page.rows[number], number == self.at
        attributes = REVERSE if here else PLAIN
        texts = []
        at = GUTTER
        for position, start in columns:
            column = self.columns[position]
            cell = row.cells[position] if position < len(row.cells) else ""
            room = min(column.width, width - start)
            if column.shorten and cells(cell) > room:
                cell = column.shorten(cell, room)
            texts.append(" " * (start - at) + fit(cell, room, column.align))
            at = start + room
        chosen = "x" if row.key in self.selected else ">" if here else " "
        gutter = f"{chosen}{fit(str(number + 1), 2, '>')}{fit(row.mark or ' ', 1)} "
        return line([(0, gutter, BOLD if here else PLAIN), (GUTTER, "".join(texts), attributes)], width)

    def cursor(self) -> tuple[int, int] | None:
        if self.typing:
            return 1 + cells(self._label) + 2 + self.typing.window(POSITION_WIDTH)[1], 0
        return 0, len(self.heading) + 2 + (self.at if self.page.rows else 0)

    def legend(self) -> list[str]:
        actions = [f"{action.letter}={action.label}" for action in self.screen.actions[1:]]
        enter = [f"Enter={self.screen.actions[0].label}"] if self.screen.actions else []
        keyed = [each.item for each in self.screen.commands if each.key]
        rest = [item for item in super().legend() if item not in keyed]
        return [*enter, *actions, *keyed, *rest, *(["/=Position"] if self.positions else [])]

    # --- rows ----------------------------------------------------------------------------------------------

    async def _load(
        self, key: tuple[Any, ...] | None, *, backward: bool = False, fallback: bool = False
    ) -> bool:
        """The rows after ``key`` (before it when ``backward``). False: there were none, and nothing moved."""
        screen, limit = self.screen, max(1, self.height)

        def fetch() -> tuple[Page, tuple[Any, ...] | None, Sequence[str]]:
            page = screen.page(key, limit, backward=backward)
            anchor = key
            if backward and page.rows:
                before = screen.page(page.rows[0].key, 1, backward=True)
                anchor = before.rows[0].key if before.rows else None
            return page, anchor, list(screen.heading())

        page, anchor, heading = await self.shell.call(fetch)
        if fallback and not page.rows:
            return False
        self.page, self.anchor, self.heading = page, anchor, heading
        self.at = max(0, min(self.at, len(page.rows) - 1))
        fits = self._rows_in_sight(self.shell.body_height)
        if fits != self.height:
            self.height = fits
            return await self._load(key, backward=backward)
        return True

    async def _turn(self) -> bool:
        """The list from where the screen has turned to; False when it shows what it did."""
        screen, key = self.screen, self.screen.turned
        if key is None:
            return False
        screen.turned = None
        half = max(1, self.height // 2)

        def before() -> tuple[Any, ...] | None:
            page = screen.page(key, half, backward=True) if key else Page(())
            return page.rows[0].key if page.before else None

        self.columns = await self.shell.call(screen.columns)
        self.selected.clear()
        self.left = self.at = 0
        await self._load(await self.shell.call(before))
        self.at = next((number for number, row in enumerate(self.page.rows) if row.key == key), 0)
        return True

    async def reload(self) -> None:
        """The same page anew, the cursor on the same record; nearest when that is gone."""
        if await self._turn():
            return
        here = self.here
        number = self.at
        self.height = self._rows_in_sight(self.shell.body_height)
        if not await self._load(self.anchor, fallback=True):
            await self._load(self.anchor, backward=True)
        same = [position for position, row in enumerate(self.page.rows) if here and row.key == here.key]
        self.at = same[0] if same else max(0, min(number, len(self.page.rows) - 1))

    async def resume(self) -> None:
        await self.reload()

    async def resized(self) -> None:
        await self.reload()

    @property
    def here(self) -> Row | None:
        return self.page.rows[self.at] if self.at < len(self.page.rows) else None

    async def _forward(self) -> None:
        if not self.page.rows or not await self._load_next():
            self.at = max(0, len(self.page.rows) - 1)
            self.shell.say("Bottom.")

    async def _load_next(self) -> bool:
        if not self.page.after:
            return False
        found = await self._load(self.page.rows[-1].key, fallback=True)
        if found:
            self.at = 0
        return found

    async def _back(self, to_last: bool = False) -> None:
        if (
            self.page.rows
            and self.anchor is not None
            and await self._load(self.page.rows[0].key, backward=True, fallback=True)
        ):
            if len(self.page.rows) < self.height:
                await self._load(None)
            self.at = len(self.page.rows) - 1 if to_last else 0
            return
        self.at = 0
        self.shell.say("Top.")

    async def _ends(self, last: bool) -> None:
        if last:
            await self._load(None, backward=True)
            self.at = max(0, len(self.page.rows) - 1)
        else:
            await self._load(None)
            self.at = 0

    async def printout(self) -> Printout:
        """The whole list, all its columns."""
        screen = self.screen

        def read() -> Printout:
            page = screen.page(None, STRIDE)
            rows = list(page.rows)
            while page.after and page.rows and len(rows) <= MOST_PRINTED:
                page = screen.page(page.rows[-1].key, STRIDE)
                rows += page.rows
            if len(rows) > MOST_PRINTED:
                raise ScreenError(f"The list has more than {MOST_PRINTED} rows: ask for less of it first.")
            return Printout(screen.title, list(screen.heading()), screen.columns(), rows)

        return await self.shell.call(read)

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        if self.typing is not None:
            return await self._typing(self.typing, stroke)
        if stroke.name in ("down", "up", "tab", "shift+tab"):
            await self._move(stroke.name in ("down", "tab"))
        elif stroke.name in ("home", "end"):
            await self._ends(stroke.name == "end")
        elif stroke.name in ("right", "left"):
            self._sideways(1 if stroke.name == "right" else -1)
        elif stroke.name == "enter":
            await self._enter()
        elif stroke.name == "paste":
            self.typing, self.slashed = Entry("", 0, fresh=False), True
            self.typing.key("", " ".join(stroke.text.split()))
        elif not stroke.name:
            await self._letter(stroke.text)
        else:
            return False
        return True

    async def _letter(self, text: str) -> None:
        letter = text.upper()
        action = self._action(letter)
        if self.screen.asks and not self.page.rows and text not in "/^=":
            self.typing, self.slashed = Entry("", 0, fresh=False), True
            self.typing.key("", text)
        elif action:
            await self._act_on(action)
        elif text in "+-<>":
            if text in "+-":
                await (self._forward() if text == "+" else self._back())
            else:
                self._sideways(1 if text == ">" else -1)
        else:
            self.slashed = text == "/"
            self.typing = Entry("", 0, fresh=False)
            if text == "^" or text == "=":
                self.typing = None
                await self.shell.type_command(Stroke("", text))
            elif not self.slashed:
                self.typing.key("", text)

    async def _typing(self, typing: Entry, stroke: Stroke) -> bool:
        if stroke.name == "enter":
            self.typing = None
            text = typing.text
            if self.screen.recall and text and not text.strip():
                text, self.slashed = self.shell.recalls.get(self.screen.recall, ""), True
            await self._take(text.strip())
        elif stroke.name in ("up", "down", "tab"):
            self.typing = None
        elif stroke.name == "paste":
            typing.key("", " ".join(stroke.text.split()))
        elif not typing.key(stroke.name, stroke.text):
            return False
        elif not typing.text and stroke.name == "backspace":
            self.typing = None
        return True

    async def _take(self, text: str) -> None:
        """Row numbers select, one with a letter behind it acts, a word of the key table does what it says.

        Anything else positions.
        """
        if not self.slashed:
            if act := self.shell.keymap.entry(text) or self.shell.keymap.word(text):
                act = (
                    Act.HELP if act is Act.PROMPT else act
                )  # ?? lists the hidden actions, as in VistA's List Manager
                await self.shell.do(act)
                return
            if PICKS.fullmatch(text) and self._take_rows(text):
                return
            both = LETTERED.fullmatch(text)
            if both and (action := self._action(both[2])) and self._take_rows(both[1]):
                self.selected.clear()  # this row is meant, not those that were selected before
                await self._act_on(action)
                return
        if not self.positions and not self.slashed and not PICKS.fullmatch(text):
            await self.shell.run(text)  # a list that cannot be positioned takes words, as a menu does
            return
        if not self.positions:
            self.shell.fail(f"{clean(text)} is no row in sight.")
            return
        key = await self.shell.call(self.screen.position, text)
        if await self._turn():
            return
        self.at = 0
        if not await self._load(key, fallback=True):
            await self._ends(last=True)

    def _take_rows(self, text: str) -> bool:
        """``3`` moves to a row in sight; ``1-3,7`` selects rows, ``-2`` takes one out again."""
        picks = re.split(r"[, ]+", text)
        if len(picks) == 1 and picks[0].isdecimal():
            if not 1 <= int(picks[0]) <= len(self.page.rows):
                return False
            self.at = int(picks[0]) - 1
            return True
        for pick in picks:
            if pick.startswith("-"):
                first = last = int(pick[1:].partition("-")[0])
            else:
                low, _, high = pick.partition("-")
                first, last = int(low), int(high or low)
            keys = {row.key for row in self.page.rows[max(0, first - 1) : last]}
            if pick.startswith("-"):
                self.selected -= keys
            else:
                self.selected |= keys
        return True

    async def act(self, act: Act, rest: str = "") -> bool:
        if act is Act.FORWARD:
            await self._forward()
        elif act is Act.BACK:
            await self._back()
        elif act in (Act.FIRST, Act.LAST):
            await self._ends(act is Act.LAST)
        elif act in (Act.LEFT, Act.RIGHT):
            self._sideways(1 if act is Act.RIGHT else -1)
        elif act is Act.FIND:
            self.slashed = True
            await self._take(rest.strip())
        elif act is Act.REFRESH:
            self.typing = None
            await self.reload()
        elif act is Act.ERASE and self.typing:
            self.typing.erase()
        elif act in (Act.CANCEL, Act.UNDO) and (self.typing or self.selected):
            self.typing = None
            self.selected.clear()
        elif act is Act.CANCEL:
            return await self.act(Act.EXIT)
        else:
            return False
        return True

    async def _move(self, down: bool) -> None:
        if down and self.at + 1 < len(self.page.rows):
            self.at += 1
        elif not down and self.at:
            self.at -= 1
        elif down:
            await self._forward()
        else:
            await self._back(to_last=True)

    def _sideways(self, step: int) -> None:
        loose = sum(not column.frozen for column in self.columns)
        self.left = max(0, min(self.left + step, loose - 1))

    # --- acting on rows ------------------------------------------------------------------------------------

    async def _enter(self) -> None:
        if self.screen.actions:
            await self._act_on(self.screen.actions[0])

    def _action(self, letter: str) -> Action | None:
        return next((each for each in self.screen.actions if each.letter.upper() == letter.upper()), None)

    async def _act_on(self, action: Action) -> None:
        rows = [row for row in self.page.rows if row.key in self.selected] or [
            row for row in (self.here,) if row
        ]
        if not rows:
            self.shell.fail("There is no row to act on.")
            return
        subjects = [row.subject for row in rows]

        async def confirmed(answer: str) -> None:
            if answer == "Y":
                await self._do(action, subjects)

        async def explained(answer: str) -> None:
            if answer.strip():
                await self._do(action, subjects, answer.strip())
            else:
                self.shell.fail("NOT DONE. A reason is needed.")

        if action.why:
            self.shell.ask(action.why, explained)
        elif action.confirm:
            several = f" {len(subjects)} rows." if len(subjects) > 1 else ""
            self.shell.ask(f"{action.confirm}{several} Y or N", confirmed, "YN")
        else:
            await self._do(action, subjects)

    async def _do(self, action: Action, subjects: Sequence[str], *why: str) -> None:
        self.selected.clear()
        self.shell.clear_message()
        if action.go:  # the last is opened first, so that the first is on top and F3 goes on to the next
            commands = [action.go.replace("{subject}", subject) for subject in reversed(subjects)]
            await self.shell.run(";".join(commands))
            return
        method = getattr(self.screen, action.method)
        for subject in subjects:
            outcome = await self.shell.call(method, subject, *why)
            await self.shell.outcome(outcome, self)
            if outcome.error:
                break

    def help_lines(self) -> list[str]:
        letters = [f"Letters act on the row of the cursor, or on the selected rows; Enter is {first.letter}."
                   for first in self.screen.actions[:1]]  # fmt: skip
        return [
            *super().help_lines(),
            "",
            *letters,
            "Key / and a text to position the list to it. A number moves to that row in sight, with a letter",
            "behind it that acts on that row alone; 1-3,7 selects rows and -2 takes one out again.",
            "F7 F8 turn pages, < and > move a wide list sideways.",
            "Also + and - (page), FS and LS (first, last), RD (refresh), Q (leave).",
        ]
