"""The shell: one stack of views, one command line, one message row, and one key at a time.

It knows screens only as ``tui.screen`` declares them. Their methods run on the one thread of ``executor``, while
the key gate holds the keys. It draws lines and knows no terminal, so that everything here runs without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from config.menu import MenuTable, ScreenEntry
from rules.findings import SessionOver, Superseded, Told
from rules.text import clean
from tui import chrome, picture
from tui.commands import Commands
from tui.field import Entry
from tui.form import FormView
from tui.gate import NOBODYS
from tui.keys import Act, KeyMap, Stroke, shown_key, standard_keymap
from tui.leaving import Leaving
from tui.listing import ListView
from tui.locked import LockedView
from tui.menu import MenuView
from tui.pager import Pager, text_document
from tui.picks import Pick
from tui.screen import (
    AlreadyOpen,
    Document,
    FormScreen,
    Habits,
    ListScreen,
    MenuScreen,
    Outcome,
    PageScreen,
    Printout,
    Screen,
    Session,
    Values,
)
from tui.spans import Line
from tui.view import Question, View

BUSY_AFTER_SECONDS = 0.4  # Doherty and Thadani: what takes longer needs a sign of life
DEEPEST = 20  # views on the stack
T = TypeVar("T")

STRANGERS = Habits()  # before anybody has signed on
Printer = Callable[[Any, Printout, str], Outcome]
"""Prints what is shown: session, title, lines, queue. Runs on the database thread."""


class Shell:
    """All that is open. ``first`` makes the screen that comes before anybody is signed on."""

    def __init__(
        self,
        first: Callable[[], Screen],
        menu: MenuTable,
        executor: Executor,
        *,
        keymap: KeyMap | None = None,
        habits: Habits = STRANGERS,
        printer: Printer | None = None,
    ) -> None:
        self.first, self.menu, self.executor = first, menu, executor
        self.keymap = keymap or standard_keymap()
        self.habits, self.printer = habits, printer
        self.session: Session | None = None
        self.stack: list[View] = []
        self.commands = Commands(self)
        self.leaving = Leaving(self)
        self.command = Entry("", 0, fresh=False)
        self.in_command = False
        self.question: Question | None = None
        self.message = ""
        self.message_is_error = False
        self.failed = False  # the key in hand met a hard error: the gate keeps the waiting keys
        self.linear = False  # plain lines: records are asked for prompt by prompt, and a line is one answer
        self.gave_up = False  # the key in hand left a screen: keys that wait were meant for that one
        self.strokes = 0  # keys that hands have made
        self.left_by_itself = False  # the key in hand completed a field, which was then left without Enter
        self.held = 0  # keys that wait, as the gate says
        self.busy = False
        self.ended: int | None = None  # exit status, once the session is over
        self.redraw = False  # paint everything, whatever was there before
        self.width, self.height = chrome.LEAST_WIDTH, chrome.LEAST_HEIGHT
        self.recalls: dict[str, str] = {}  # last value by kind, for Space and Enter
        self.previous: dict[str, Values] = {}  # last record filed, by kind of form, for F9 and carried fields
        self.on_busy: Callable[[], None] = lambda: None
        self.on_session: Callable[[], None] = lambda: None

    @property
    def now(self) -> Callable[[], datetime]:
        return self.habits.now

    @property
    def date_style(self) -> str:
        return self.habits.date_style

    # --- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        await self.open_screen(await self.call(self.first), "", "")

    async def sign_on(self, session: Session, go: str = "") -> None:
        """From now on ``session`` is whose screens these are. Everything open before is left."""
        while self.stack:
            await self.drop(self.top, resume=False)
        self.session = session
        self.habits = await self.call(lambda: session.habits)
        self.menu = self.habits.menu or self.menu
        self.on_session()
        self.recalls.clear()
        self.previous.clear()
        await self.go_home(go)

    async def go_home(self, go: str = "") -> None:
        """The desk of whoever is signed on, or the main menu; before sign-on the first screen."""
        if self.session is None:
            await self.start()
            return
        home = go or self.session.home
        if home:
            failed, self.failed = self.failed, False  # what failed before does not keep anybody out
            await self.run(home)
            self.failed = self.failed or failed
        if not self.stack and self.menu.main:
            await self.open_menu(self.menu.main)

    async def end(self, status: int = 0) -> None:
        """The session is over in good order."""
        while self.stack:
            await self.drop(self.top, resume=False)
        if self.session is not None:
            await self.call(self.session.end)
        self.ended = status

    async def hang_up(self) -> None:
        """The line dropped or the program must stop: keep drafts, give locks back. No key is waited for."""
        stack, self.stack = self.stack, []
        session = self.session

        def save_and_close() -> None:
            errors: list[Exception] = []
            steps: list[Callable[[], object]] = [view.save for view in reversed(stack)]
            steps += [view.screen.close for view in reversed(stack) if view.screen]
            if session is not None:
                steps.append(session.end)
            for step in steps:
                try:
                    step()
                except Exception as error:  # one draft that cannot be kept must not cost the others
                    errors.append(error)
            if errors:
                raise errors[0]

        await self.call(save_and_close)

    async def call(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run a screen's method on the database thread; the X SYSTEM mark appears when it takes its time."""
        loop = asyncio.get_running_loop()
        mark = loop.call_later(BUSY_AFTER_SECONDS, self._mark_busy)
        try:
            return await loop.run_in_executor(self.executor, partial(work, *arguments))
        finally:
            mark.cancel()
            self.busy = False

    def _mark_busy(self) -> None:
        self.busy = True
        self.on_busy()

    # --- the stack -----------------------------------------------------------------------------------------

    @property
    def top(self) -> View:
        return self.stack[-1]

    @property
    def main(self) -> View:
        """The view with a screen or menu of its own that is on top, under any list drawn over it."""
        return next((view for view in reversed(self.stack) if not isinstance(view, Pick)), self.top)

    @property
    def choosing(self) -> bool:
        """A list is open over the field, or a question is asked: Enter answers it."""
        return self.question is not None or (bool(self.stack) and isinstance(self.top, Pick))

    @property
    def body_height(self) -> int:
        return max(1, self.height - chrome.ROWS)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.session.roles) if self.session else frozenset()

    async def open_entry(self, entry: ScreenEntry, key: str) -> None:
        if not entry.permits(self.roles):
            self.fail(f"{entry.word} is for the roles: {', '.join(entry.roles)}.")
            return
        if len(self.stack) >= DEEPEST:
            self.fail("Too many screens are open. F3 leaves this one; =WORD leaves them all.")
            return
        await self.open_screen(await self.call(self._make, entry), entry.word, key)

    def _make(self, entry: ScreenEntry) -> Screen:
        module, _, name = entry.screen.partition(":")
        make = getattr(import_module(module), name)
        made = make(self.session, entry.data_set) if entry.data_set else make(self.session)
        assert isinstance(made, Screen)
        return made

    async def open_screen(self, screen: Screen, word: str, key: str) -> None:
        """Open a screen on top of the stack. ``ScreenError`` says why it cannot be; nothing has moved then."""
        view: FormView | ListView | MenuView | Pager
        if isinstance(screen, FormScreen):
            view = FormView(self, screen, word)
        elif isinstance(screen, ListScreen):
            view = ListView(self, screen, word)
        elif isinstance(screen, MenuScreen):
            view = MenuView(self, screen.title, (), screen, word)
        else:
            assert isinstance(screen, PageScreen)
            view = Pager(self, Document(screen.title, ()), screen, word)
        try:
            await view.start(key)
        except AlreadyOpen as again:
            await self.call(screen.close)
            await self._go_back_to(again.screen, view)
            return
        except Told:
            await self.call(screen.close)
            raise
        self.remember(screen)
        self._push(view)

    async def _go_back_to(self, screen: FormScreen, asked: View) -> None:
        """The record that is asked for is open: what stands over it is left, forms that were not filed as drafts."""
        while self.top.screen is not screen:
            await self.call(self.top.save)
            await self.drop(self.top, resume=False)
        here = self.top
        await here.resume()
        if (
            isinstance(here, FormView)
            and isinstance(asked, FormView)
            and asked.screen.mode
            and await here.settle()
        ):
            here.look(asked.mode)
        self.leave_command()
        self.say("This record was open already: you are back in it.")

    async def open_menu(self, menu_id: str) -> None:
        view = MenuView(self, self.menu.menus[menu_id].title, self.commands.entries(menu_id), word=menu_id)
        await view.reload()
        self._push(view)

    async def push(self, view: Pick) -> None:
        """A list drawn over what is open."""
        await view.start()
        self._push(view)

    async def show(self, title: str, sentences: Sequence[str]) -> None:
        """Sentences to read: help, or a message in full."""
        self._push(Pager(self, text_document(clean(title), [clean(text) for text in sentences], self.width)))

    def _push(self, view: View) -> None:
        self.stack.append(view)
        self.leave_command()

    async def drop(self, view: View, *, resume: bool = True) -> None:
        """Take a view off the stack, close its screen, and go on with the one below."""
        if view in self.stack:
            self.stack.remove(view)
        if view.screen:
            self.remember(view.screen)
            await self.call(view.screen.close)
        if resume and self.stack:
            await self.top.resume()

    async def return_to(self, line: str) -> None:
        """Run a command line after a screen is done; a view that is open under this very word is gone back to."""
        if not (self.stack and self.main.word and line.upper() == self.main.word):
            await self.run(line)

    async def drop_all(self) -> None:
        """Leave everything. Forms that were not filed keep their drafts."""
        kept = [view.word or view.title for view in self.stack if view.unsaved()]
        for view in self.stack:
            await self.call(view.save)
        while self.stack:
            await self.drop(self.top, resume=False)
        if kept:
            self.say(f"Not filed, kept as a draft: {', '.join(kept)}.")

    def remember(self, screen: Screen) -> None:
        """What Space and Enter bring back later: the last patient, account or code of a screen."""
        if recalled := screen.recall_as():
            kind, value = recalled
            self.recalls[kind] = value

    # --- messages ------------------------------------------------------------------------------------------

    def say(self, message: str) -> None:
        self.message, self.message_is_error = clean(message), False

    def fail(self, message: str) -> None:
        """A hard error: said, and keys that were keyed ahead are kept until the person decides."""
        self.message, self.message_is_error = clean(message), True
        self.failed = True

    def clear_message(self) -> None:
        self.message, self.message_is_error = "", False

    def ask(self, text: str, then: Callable[[str], Any], letters: str = "", *, secret: bool = False) -> None:
        """Ask on the message row; ``then`` gets the letter, or the line that was keyed."""
        self.question = Question(clean(text), then, letters, secret)

    async def outcome(self, outcome: Outcome, view: View) -> None:
        """Do what a screen's command or action brought about."""
        if outcome.values and isinstance(view, FormView):
            await view.put(outcome.values)
        if outcome.reload and view in self.stack:
            await view.reload()
        if outcome.message:
            (self.fail if outcome.error else self.say)(outcome.message)
        elif outcome.error:
            self.failed = True
        if outcome.go:
            await self.run(outcome.go)

    # --- keys ----------------------------------------------------------------------------------------------

    async def key(self, stroke: Stroke) -> None:
        """Handle one key to its end. ``failed`` says afterwards whether it met a hard error."""
        self.failed = self.left_by_itself = self.gave_up = False
        self.strokes += stroke.name not in NOBODYS
        try:
            await self._key(stroke)
        except SessionOver as over:
            await self.lock(str(over))
        except Superseded:
            self.clear_message()
        except Told as error:
            self.fail(str(error))
        if not self.stack and self.ended is None:
            await self.go_home()
        if self.stack:
            await self.top.after()

    def hurry(self, following: Stroke) -> None:
        """More is typed into a list while it is being looked up: the next key asks anew, so this may stop."""
        typed = not following.name or following.name == "backspace"
        if typed and self.stack and isinstance(self.top, Pick) and self.session is not None:
            self.session.stop_looking()

    async def _key(self, stroke: Stroke) -> None:
        act = self.keymap.act(stroke)
        if act is Act.REDRAW:
            self.redraw = True
        elif stroke.name == "idle":
            await self.lock()
        elif stroke.name == "watch":
            if self.session is not None:
                await self.call(self.session.check)
        elif stroke.name == "resize":
            if self.stack:
                await self.top.resized()
        elif isinstance(self.top, LockedView):
            await self.top.stroke(stroke)
        elif self.question:
            await self._answer(self.question, stroke, act)
        elif act is Act.COMMAND:
            self.in_command = not self.in_command
        elif self.in_command:
            await self._command_key(stroke, act)
        elif act is not Act.NONE:
            if act is not Act.HELP:
                self.clear_message()
            await self.do(act)
        elif not await self._own_key(stroke) and not await self._view_key(stroke):
            self._means_nothing(stroke)

    async def _view_key(self, stroke: Stroke) -> bool:
        """A key for the view. A message stands until the next step; in a form, until a field is left."""
        if stroke.name and not isinstance(self.top, FormView):
            self.clear_message()
        return await self.top.stroke(stroke)

    def _means_nothing(self, stroke: Stroke) -> None:
        if stroke.name:
            self.say(f"{shown_key(stroke.name)} does nothing here.")

    async def _own_key(self, stroke: Stroke) -> bool:
        """A function key that the screen has given to a word of its own."""
        screen = self.top.screen
        command = (
            next((each for each in screen.commands if each.key.lower() == stroke.name), None)
            if screen
            else None
        )
        if command is None or not stroke.name:
            return False
        await self.commands.own(self.top, command, "")
        return True

    async def _own_act(self, act: Act, rest: str) -> bool:
        """A screen's own word on a function key that means something elsewhere: F6, Ctrl+N and NEW are that word."""
        screen = self.top.screen if self.stack else None
        for command in screen.commands if screen else ():
            if command.key and self.keymap.act(Stroke(command.key.lower())) is act:
                await self.commands.own(self.top, command, rest)
                return True
        return False

    async def do(self, act: Act, rest: str = "") -> None:
        """An act by key or word: what the view makes of it, else what it means everywhere."""
        if act is Act.HELP and chrome.is_clipped(self.message, self.width):
            message = self.message
            self.clear_message()
            await self.show("Message in full", [message])
            return
        if await self._own_act(act, rest) or await self.top.act(act, rest):
            return
        if act in (Act.EXIT, Act.CANCEL):
            await self.leaving.ask(act)
        elif act is Act.HELP:
            await self._help()
        elif act is Act.HOME:
            self.gave_up = True
            await self.drop_all()
            await self.go_home()
        elif act is Act.OFF:
            await self.drop_all()
            await self.end()
        elif act is Act.PRINT:
            await self.print_out(rest)
        elif act is Act.REDRAW:
            self.redraw = True
        elif act is Act.USE:
            await self.use(rest.strip())
        elif act is Act.REFRESH:
            self.clear_message()
        else:
            self.say(f"{self.keymap.table.action(act).label} means nothing here.")

    async def use(self, value: str) -> None:
        """Put what was found on the screens on top into the field that they were opened from."""
        below = (view for view in reversed(self.stack) if isinstance(view, FormView))
        form = next((view for view in below if not view.screen.scratch), None)
        choice = await form.lists.use(value) if form and value else None
        if form is None or choice is None:
            field = f"{form.spot.label} of " if form and form.spot and form.spot.label else ""
            self.fail(
                f"{field}{form.title} does not take {clean(value) or 'nothing'}: F4 there lists what it takes."
                if form
                else "No form is open under this: key the word of the look-up from a field of a form."
            )
            return
        while self.top is not form:
            await self.drop(self.top, resume=False)
        await form.resume()
        self.leave_command()
        await form.lists.take(form.focus, choice)

    async def _help(self) -> None:
        if (
            isinstance(self.top, Pager) and self.top.screen is None
        ):  # F1 again: what it explained explains itself
            await self.drop(self.top, resume=False)
            await self.do(Act.HELP)
            return
        await self.show(self.top.title or "Help", self.top.help_lines())

    async def print_out(self, queue: str) -> None:
        """Print what the view in hand shows, whole."""
        if self.printer is None:
            self.say("No printer is set up.")
            return
        printout = await self.main.printout()
        if self.main.screen is not None:
            printout = await self.call(self.main.screen.on_paper, printout)
        outcome = await self.call(self.printer, self.session, printout, queue)
        await self.outcome(outcome, self.top)

    async def _answer(self, question: Question, stroke: Stroke, act: Act) -> None:
        letter = stroke.text.upper()
        if act in (Act.CANCEL, Act.EXIT):
            self.question = None
        elif letter in tuple(question.letters):
            self.question = None
            self.clear_message()
            await question.then(letter)
        elif question.letters:
            self.failed = bool(stroke.name == "enter" or letter)
        elif stroke.name == "enter":
            self.question = None
            self.clear_message()
            await question.then(question.answer)
        elif stroke.name == "backspace":
            question.answer = question.answer[:-1]
        elif not stroke.name or stroke.name == "paste":
            question.answer += clean(stroke.text)

    # --- the command line ----------------------------------------------------------------------------------

    async def type_command(self, stroke: Stroke) -> None:
        """What is typed where nothing else takes text goes to the command line."""
        self.in_command = True
        self.command.key("", " ".join(stroke.text.split("\n")))

    def leave_command(self) -> None:
        self.in_command = False
        self.command = Entry("", 0, fresh=False)

    async def run(self, line: str) -> None:
        await self.commands.run(line)

    async def _command_key(self, stroke: Stroke, act: Act) -> None:
        if stroke.name == "enter":
            await self.commands.take(self.command.text)
        elif act in (Act.CANCEL, Act.EXIT) or stroke.name in ("up", "tab", "shift+tab"):
            self.leave_command()
            self.clear_message()
        elif act is Act.SAME:
            self.command = Entry(text := self.commands.retrieve(), len(text), fresh=False)
        elif act in (Act.ERASE, Act.UNDO):
            self.command = Entry("", 0, fresh=False) if act is Act.UNDO else self.command
            self.command.erase()
        elif act is not Act.NONE:
            await self.do(act)
        elif stroke.name == "paste":
            self.command.key("", clean(" ".join(stroke.text.split())))
        elif stroke.text.startswith(" ") and self.command.fresh:  # goes on with a line that was refused
            self.command.key("end", "")
            self.command.key("", stroke.text)
        elif not self.command.key(stroke.name, stroke.text):
            self._means_nothing(stroke)

    # --- idle ----------------------------------------------------------------------------------------------

    async def lock(self, over: str = "") -> None:
        """Nobody has keyed for a while: hide everything, keep the draft, ask who is there.

        When the session is ``over``, that sentence is all there is left, and nothing unlocks.
        """
        if self.session is None or not (self.stack or over):
            return
        if not (self.stack and isinstance(self.top, LockedView)):
            for view in list(self.stack):
                await self.call(view.save)
            self.stack.append(LockedView(self, self.session))
        if over:
            assert isinstance(self.top, LockedView)
            self.top.over, self.question = over, None

    # --- drawing -------------------------------------------------------------------------------------------

    def frame(self) -> list[Line]:
        """Every line of the terminal, top to bottom."""
        return picture.frame(self)

    def cursor(self) -> tuple[int, int]:
        """Cell and row of the hardware cursor."""
        return picture.cursor(self)
