"""What a screen declares: its fields or columns, and what loading, checking and filing mean.

A module in screens/ subclasses one of the four kinds here (form, list, page, menu) and never draws, never
touches a widget and never waits: the shell calls its methods on the database thread, one at a time, while
the key gate holds the keys, and draws what they return.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from config.menu import MenuTable
from rules.findings import Finding, Told

if TYPE_CHECKING:
    from config.grids import Grid

Values = dict[str, str]
"""Canonical text by path (see ``rules.dictionary``): ``sex``, ``diagnoses[2].poa``. Blank is absent."""


class Kind(StrEnum):
    """How a field is keyed and shown."""

    TEXT = "text"
    UPPER = "upper"  # folded to upper case
    SECRET = "secret"  # never shown, never kept in a draft
    DATE = "date"  # canonical 2026-11-21, shown 11/21/2026
    TIME = "time"  # canonical 07:30, shown 0730
    MOMENT = "moment"  # canonical 2026-11-21T07:30
    INTEGER = "integer"
    DECIMAL = "decimal"
    YES_NO = "yes-no"  # canonical 1 or 0, shown Y or N


class Mode(StrEnum):
    """How a record is shown and keyed. It is one record, with one draft, whichever way it is looked at."""

    FORM = "form"
    PROMPT = "prompt"  # one prompt after the other
    OVERVIEW = "overview"  # one page, on which letters act
    WORKSHEET = "worksheet"  # one page, keyed in place, with what there is to say about the row in hand


@dataclass(frozen=True, slots=True)
class Field:
    """One place to key, or to show, a value."""

    name: str
    label: str
    width: int
    kind: Kind = Kind.TEXT
    length: int = 0  # longest value; 0 is ``width``; a longer value scrolls inside the field
    required: bool = False
    read_only: bool = False
    auto_skip: bool = False
    lookup: bool = False  # F4 offers a list; an UPPER field also takes any text that finds one choice in it
    unlisted: bool = False  # a value that the list does not have is taken too
    point: int = 0  # a value longer than this is shown with a point after so many characters, kept without it
    same_row: bool = False
    echo: int = 0  # cells to the right for the decoded meaning
    imprecise: bool = False
    past: bool = False
    within: tuple[str, ...] = ()  # two fields of the record, between which a date without its year lies
    decimals: int = 0
    nulls: tuple[str, ...] = ()  # null codes, keyed as /NA
    carry: bool = False
    default: str = ""  # canonical, or a keyed form such as T: shown when the field is entered blank
    help: str = ""
    recall: str = (
        ""  # what Space and Enter bring back here, such as "patient"; else the field's own last value
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A table of repeated rows; field ``poa`` of row 2 of ``diagnoses`` is ``diagnoses[2].poa``."""

    name: str
    label: str
    columns: tuple[Field, ...]
    rows: int = 25
    stop: bool = (
        False  # the walk through what is missing stops at its open row, because it may always have more
    )


@dataclass(frozen=True, slots=True)
class Note:
    """Lines of fixed text inside a form."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a form; ``name`` is its jump word."""

    name: str
    title: str
    parts: tuple[Field | Group | Note, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A record brought to a form."""

    values: Values
    banner: tuple[str, ...] = ()  # up to two lines: who this record is about
    focus: str = ""  # where the cursor stood when a draft was left
    message: str = ""
    locked: str = ""  # why nothing can be changed, in words; the form is then shown read-only
    resumed: bool = False  # the values come from a draft
    new: bool = False  # begun now: fields that carry take the value of the record filed before


@dataclass(frozen=True, slots=True)
class Changed:
    """What a field exit brought about."""

    findings: Sequence[Finding] = ()  # all findings of the record as it stands, not only the new ones
    echoes: Mapping[str, str] = field(default_factory=dict)  # decoded meaning by path
    values: Mapping[str, str] = field(default_factory=dict)  # to set: computed, nulls; "" clears
    panel: Sequence[str] = ()  # lines shown under the form, such as DRG or scores
    skip: Collection[str] = ()  # paths, and tables, not asked as the record stands: the walk passes over them
    locked: str = ""  # why nothing can be changed any more, in words


@dataclass(frozen=True, slots=True)
class Filed:
    """The record is in the store."""

    message: str  # such as "FILED 004211"
    next: str = ""  # key of the record that comes now; empty clears the form for a new one
    go: str = ""  # or a command line to run instead, such as "WRK"
    session: Any = None  # who is signed on from now on: every screen opened before is left
    habits: Habits | None = None  # how the workstation behaves from now on


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was stored: what stands in the way, worst first, the cursor goes to the first field named.

    ``overridable`` findings pass when filing is repeated with a reason.
    """

    findings: Sequence[Finding]
    overridable: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of a prompt list: what is put into the field, and what tells the user what it is."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list."""

    heading: str
    width: int
    align: str = "<"
    frozen: bool = False  # stays when the list is moved sideways
    shorten: Callable[[str, int], str] | None = None  # of a text that takes more than so many cells


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list. ``key`` places it in the order of the list and is never shown."""

    key: tuple[Any, ...]
    cells: tuple[str, ...]
    subject: str = ""  # what an action opens: an account, an MRN, a message number
    mark: str = ""  # one character before the row, such as "*" for in error


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list in its order, and whether there are more on either side."""

    rows: Sequence[Row]
    before: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What a letter does to the row under the cursor.

    ``go`` is a command line in which ``{subject}`` stands for the row's subject (``ABS {subject}``);
    without it the shell calls the screen's method ``method(subject)``, which returns an ``Outcome``.
    """

    letter: str
    label: str
    go: str = ""
    method: str = ""
    confirm: str = ""  # question that must be answered Y first
    why: str = ""  # question whose answer, which may not be blank, is the method's second argument


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a screen's own command or action brought about."""

    message: str = ""
    go: str = ""  # command line to run next
    reload: bool = False  # the screen's data have changed
    values: Mapping[str, str] = field(default_factory=dict)  # to put into the form, as one step
    error: bool = False  # message is an error: type-ahead is held


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a menu or desk: ``word`` opens it, ``count`` and ``age`` say what waits there."""

    word: str
    title: str
    go: str
    count: str = ""
    note: str = ""


class PrintedPage(Protocol):
    """One page as the pager shows it, exactly as a printer gets it."""

    @property
    def lines(self) -> Sequence[str]: ...
    @property
    def heading_lines(self) -> int:
        """Lines at the top that stay when the page is moved down, all but the first ``title_lines``."""

    @property
    def title_lines(self) -> int: ...
    @property
    def frozen_columns(self) -> int:
        """Cells at the left that stay when the page is moved sideways."""

    @property
    def links(self) -> Sequence[str]:
        """By line, the command line it leads to; "" nowhere. None: no line leads anywhere."""

    @property
    def breaks(self) -> Sequence[tuple[int, int]]:
        """Line and level (1 is the outermost) of the headings of groups that begin here."""


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page of text."""

    lines: Sequence[str]
    heading_lines: int = 0
    title_lines: int = 0
    frozen_columns: int = 0
    links: Sequence[str] = ()
    breaks: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A printed page stack."""

    title: str
    pages: Sequence[PrintedPage]
    width: int = 80


@dataclass(frozen=True, slots=True)
class Printout:
    """All that a screen shows, in sight or not, for a printer: lines, and the rows of a list."""

    title: str
    lines: Sequence[str]
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A word of a screen's own, listed by F1 and in the legend: ``key`` is its function key, if any."""

    word: str
    label: str
    method: str  # called with the rest of the command line, returns an Outcome
    key: str = ""
    often: bool = False  # first in the legend; without a key its word stands there alone

    @property
    def item(self) -> str:
        """As the legend shows it: ``F10=Notes`` or ``DRG=What if``."""
        return self.word if self.often and not self.key else f"{self.key.upper() or self.word}={self.label}"


@dataclass(frozen=True, slots=True)
class Habits:
    """How the workstation behaves for whoever sits there."""

    now: Callable[[], datetime] = datetime.now  # the facility's clock
    date_style: str = "us"  # or "military": 21 NOV 2026
    idle_seconds: float = 0  # without a key, then it locks; 0 is never
    watch_seconds: float = 0  # between two looks at whether the session still stands; 0 is never
    menu: MenuTable | None = None  # with the facility's own screens; None: the one that came with the program
    leaves: bool = True  # a field is left by itself when what was keyed is complete
    forgives: bool = True  # Enter right after that does nothing more
    every_field: bool = False  # Enter goes to every field, also on a form that passes over what is answered
    mode: Mode = Mode.FORM  # how records open


class Session(Protocol):
    """What the shell itself asks of whoever is signed on; screens know the rest of it."""

    @property
    def user(self) -> str:
        """Name on the title row."""

    @property
    def facility(self) -> str:
        """Hospital on the title row."""

    @property
    def roles(self) -> Collection[str]:
        """Names of roles, as the menu table uses them."""

    @property
    def home(self) -> str:
        """Command line that opens the first screen, such as "DESK"; empty opens the main menu."""

    @property
    def habits(self) -> Habits:
        """How the workstation behaves from sign-on on."""

    def unlock(self, passphrase: str) -> bool:
        """Whether this is the passphrase of the user, after the idle lock."""

    def waiting(self, words: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """What waits behind the entries of a menu that can say so at once: count, and how old it is."""

    def check(self) -> None:
        """Raise ``SessionOver`` when the session was ended from elsewhere or has lasted too long."""

    def stop_looking(self) -> None:
        """What is being looked up is stale. Called beside the database thread; that raises ``Superseded``."""

    def end(self) -> None:
        """The session is over, however it came to that: give back what it holds."""


class Screen:
    """Common to all kinds. ``session`` is whoever is signed on, opaque to the toolkit."""

    title: ClassVar[str] = ""
    commands: ClassVar[tuple[Command, ...]] = ()
    help: ClassVar[str] = ""

    def __init__(self, session: Any) -> None:
        self.session = session

    def close(self) -> None:
        """Called when the screen is left, however it is left: give back locks."""

    def recall_as(self) -> tuple[str, str] | None:
        """What Space and Enter may recall from here: ("patient", "00123456"), ("account", ...)."""
        return None

    def on_paper(self, printout: Printout) -> Printout:
        """What of all that is shown may go to paper. Raises ``ScreenError`` when nothing may."""
        return printout


class FormScreen(Screen):
    """A record to key. The form is drawn from ``sections()``, asked after each ``open``; all values are
    canonical text. ``changed`` is called once with path "" when the record has been opened."""

    queue: ClassVar[bool] = False  # one record after the other: without ``Filed.next`` the screen is left
    reread: ClassVar[bool] = False  # read anew when it is come back to, unless something was keyed
    scratch: ClassVar[bool] = False  # nothing is lost when it is left, as with a sign-on or a search
    focus: str = ""  # where the cursor stands while a word of the screen's own is done
    brief: ClassVar[bool] = False  # Enter goes to what needs an answer; Tab still goes to every field
    mode: ClassVar[Mode | None] = None  # how it opens; None: as the habits of the user say
    grid: Grid | None = None  # what its overview shows and what letters do there; None: it has no overview
    worksheet: Grid | None = None  # the same of its worksheet; None: it has none

    def shorten(self, text: str, room: int) -> str:
        """What panel and worksheet say in place of ``text`` that takes more than ``room`` cells."""
        return text

    def sections(self) -> Sequence[Section]:
        raise NotImplementedError

    def open(self, key: str) -> Opened:
        """The record for ``key``; blank is a new one. Raises ``ScreenError`` when there is none."""
        raise NotImplementedError

    def changed(self, values: Values, path: str) -> Changed:
        """After the field ``path`` was left ("" after opening). Must be quick: it runs on each exit."""
        return Changed()

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        """What F4 offers at ``path`` when ``text`` has been typed to narrow the list."""
        return ()

    def is_complete(self, values: Values, path: str, text: str) -> bool:
        """Whether ``text``, keyed at ``path``, is a value and the beginning of nothing else that the list has, so
        that the field may be left by itself. Asked at each key: it must be as quick as a look into an index."""
        return False

    def unfinished(self, values: Values, path: str, text: str) -> str:
        """Why ``text`` at ``path`` is only the beginning of values in the list, in a sentence; blank: it is not."""
        return ""

    def unknown(self, values: Values, path: str, text: str) -> str:
        """Why nothing in the list is ``text`` at ``path``, where more can be said than that nothing is known as it."""
        return ""

    def about(self, values: Values, path: str) -> Sequence[str]:
        """What the worksheet says about the row in hand. Asked when the cursor comes into another row."""
        return ()

    def put_meanwhile(self) -> Values:
        """What other screens put into the record since it was left for them: taken in as one step."""
        return {}

    def standing(self, values: Values) -> str:
        """What the overview says about the record as a whole, such as its status."""
        return ""

    def save_draft(self, values: Values, focus: str) -> None:
        """Called at each field exit that changed something and on hang-up; ``focus`` is given back to
        ``Opened.focus`` as it is. Secret fields are never among ``values``."""

    def discard_draft(self) -> None:
        """The user gave the changes up (F12)."""

    def file(self, values: Values, reason: str) -> Filed | Refused:
        """Store the record; ``reason`` is given when findings are overridden."""
        raise NotImplementedError


class ListScreen(Screen):
    """A virtual list over keyset pages."""

    actions: ClassVar[tuple[Action, ...]] = ()
    empty: ClassVar[str] = "Nothing is waiting here."
    position_label: ClassVar[str] = "Position to"
    asks: ClassVar[bool] = False  # over no rows everything typed is a question that the list answers
    recall: ClassVar[str] = ""  # what a blank and Enter ask for again, such as "patient"
    turned: tuple[Any, ...] | None = (
        None  # it shows something else now: the row for the cursor, () the first one
    )

    def columns(self) -> Sequence[Column]:
        raise NotImplementedError

    def open(self, key: str) -> str:
        """Called once with the rest of the command line (a filter); returns a message."""
        return ""

    def heading(self) -> Sequence[str]:
        """Lines above the column heads: filter in force, counts."""
        return ()

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        """``limit`` rows after ``key`` (before it when ``backward``), in list order; None is the start, or
        the end when backward. The row at ``key`` is not among them."""
        raise NotImplementedError

    def position(self, text: str) -> tuple[Any, ...] | None:
        """The key just before the first row at or after what was typed; None is the start."""
        return None


class MenuScreen(Screen):
    """A menu or a desk: headed lines of counts, each of which opens something by number or word."""

    def open(self, key: str) -> str:
        return ""

    def heading(self) -> Sequence[str]:
        return ()

    def entries(self) -> Sequence[Entry]:
        raise NotImplementedError


class PageScreen(Screen):
    """A printed page stack to read, move about in and print."""

    turned: bool = False  # ``again`` gives other pages now: they are shown from the top

    def open(self, key: str) -> Document:
        raise NotImplementedError

    def again(self, key: str) -> Document:
        """The page stack after ``reload``: read anew, unless the screen knows it still holds."""
        return self.open(key)

    def print(self, queue: str, pages: str) -> Outcome:
        """Send ``pages`` ("" is all, "2-4" a range) to a site printer; a screen without it prints its text."""
        raise NotImplementedError


class ScreenError(Told):
    """What a screen cannot do, in one sentence for the user."""


class AlreadyOpen(ScreenError):
    """The record stands open on ``screen``, under whatever is open now: there cannot be two of it."""

    def __init__(self, screen: FormScreen) -> None:
        super().__init__("This record is open already, on a screen under this one: F3 leads back to it.")
        self.screen = screen
