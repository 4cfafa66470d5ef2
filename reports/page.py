"""The page engine: a document's rows become fixed-width pages; the same rows give the same bytes.

Every page carries its heads. A text that does not fit is clipped with a mark, a number never is. A group's
heading stands with its first row and is repeated with ``(cont.)``; a total stands with its last row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Final

from reports.lines import GAP, column_heads, row_writer, sides
from reports.lines import Cell as Cell
from reports.lines import Column as Column
from reports.lines import Row as Row
from reports.lines import wrapped as wrapped
from rules.findings import Told
from rules.text import cells, clean, fit, to_ascii

CONTINUED: Final = " (cont.)"
END: Final = "** END OF REPORT **"
EMPTY: Final = "No records for the selection"
FORM_FEED: Final = "\f"
FOOT_LINES: Final = 2
LEAST_WIDTH: Final = 80
LEAST_LINES: Final = 16  # head, heads of columns, a group with its row and total, foot


class TooSmall(Told):
    """The paper has no room for a report; one sentence."""


@dataclass(frozen=True, slots=True)
class Heads:
    """A new table: rows have these columns from here on, and no group is open. No columns: no table.

    ``title`` stands over the heads and is repeated with them.
    """

    columns: tuple[Column, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A control break. Level 1 is the outermost; a group ends those of its level and deeper."""

    text: str
    level: int = 1
    eject: bool = False  # begins on a page of its own


@dataclass(frozen=True, slots=True)
class Total:
    """A line kept with the row before it; closes the groups of its level and deeper (0: all of them).

    With ``cells`` (one a column, "" where there is no total) the label stands over the blank ones
    at the left.
    """

    label: str
    cells: Row = ()
    level: int = 1
    rule: bool = False  # dashes above the figures


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stay together on one page, when they fit on one."""

    lines: tuple[str, ...]
    keep_next: bool = False  # a caption: stays with what follows
    links: tuple[str, ...] = ()  # where each line leads, as in ``Linked``; none: nowhere
    captioned: bool = False  # begins with a caption, to which a reader may jump, as with ``keep_next``


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A row whose texts run over as many lines as they need, kept together: what must be given in full."""

    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """A row or total that leads to what is behind it: ``go`` is a command line such as ``ABS 123456``."""

    row: Row | Total | Wrapped
    go: str


Item = Row | Heads | Group | Total | Block | Wrapped | Linked


@dataclass(frozen=True, slots=True)
class Document:
    """What a report has to say, before it is brought to pages."""

    report_id: str
    title: str
    period: str
    selection: str
    body: Sequence[Item]
    records: int | None  # None where the report is no list
    conventions: tuple[str, ...] = ()
    frozen_columns: int = 0  # cells at the left that a viewer keeps when it moves sideways


@dataclass(frozen=True, slots=True)
class Run:
    """Who ran a report, where and when. Only this differs between two runs over the same data."""

    facility: str
    user: str
    stamp: str  # as shown
    audit: str = ""  # head of the audit trail, by which paper anchors it
    notice: str = "CONFIDENTIAL patient information: use and disclosure are restricted by law."
    station: str = ""  # the facility's number


@dataclass(frozen=True, slots=True)
class Setup:
    """The paper: cells in a line, lines on a page, and what the printer understands."""

    width: int = 80
    lines: int = 60
    ascii_only: bool = True
    form_feeds: bool = True
    last_form_feed: bool = False  # raw line printers need one after the last page, spooled text must not


@dataclass(frozen=True, slots=True)
class Page:
    """One page of finished lines; the first ``heading_lines`` are heads, ``title_lines`` of them the report's."""

    lines: tuple[str, ...]
    heading_lines: int
    links: tuple[str, ...] = ()  # where each line leads, "" nowhere; none: no line leads anywhere
    breaks: tuple[tuple[int, int], ...] = ()  # line and level of the headings of groups that begin here
    frozen_columns: int = 0  # cells at the left that a viewer keeps when it moves sideways
    title_lines: int = 0


def paginate(document: Document, run: Run, setup: Setup) -> list[Page]:
    """The pages of a document. Raises ``TooSmall``, and ``ValueError`` when its columns are wider than the paper."""
    if setup.width < LEAST_WIDTH or setup.lines < LEAST_LINES:
        raise TooSmall(
            f"A page of {setup.width} columns and {setup.lines} lines is too small: reports need {LEAST_WIDTH} columns"
            f" and {LEAST_LINES} lines at least."
        )
    layout = _Layout(document, setup)
    layout.lay_out(document.body or (Block((EMPTY,)),))
    for lines in _closing(document, setup.width, layout.plain):
        layout.close(lines)
    bodies = layout.pages
    count = len(bodies)
    frozen = document.frozen_columns
    return [
        _page(_head(document, run, setup, number, count), body, run, setup, frozen, last=number == count)
        for number, body in enumerate(bodies, 1)
    ]


def as_text(pages: Sequence[Page], setup: Setup) -> str:
    """The pages as a printer takes them: form feeds between them, or each page filled with blank lines."""
    if setup.form_feeds:
        text = FORM_FEED.join("\n".join(page.lines) + "\n" for page in pages)
        return text + FORM_FEED if setup.last_form_feed else text
    filled = ((*page.lines, *[""] * (setup.lines - len(page.lines))) for page in pages)
    return "".join("\n".join(lines) + "\n" for lines in filled)


def _head(document: Document, run: Run, setup: Setup, number: int, count: int) -> list[str]:
    plain = to_ascii if setup.ascii_only else clean
    width = setup.width
    period = f"Period: {plain(document.period)}" if document.period else ""
    selection = f"Selection: {plain(document.selection)}" if document.selection else ""
    page = f"Page {number} of {count}"
    return [
        sides(letterhead(run, width - len(page) - 1, plain), page, width),
        fit(plain(f"{document.report_id}  {document.title}".strip()), width, "^"),
        sides(period, plain(f"Run {run.stamp} by {run.user}"), width),
        sides(selection, plain(run.audit), width) if run.audit else fit(selection, width),
        "=" * width,
    ]


def letterhead(run: Run, room: int = 200, plain: Callable[[str], str] = clean) -> str:
    """The facility and its number; a name that is too long makes room for the number."""
    name, number = plain(run.facility), f" ({plain(run.station)})" if run.station else ""
    return fit(name, min(cells(name), room - len(number))) + number


HEAD_LINES: Final = 5


def _page(head: list[str], body: _Body, run: Run, setup: Setup, frozen: int, *, last: bool) -> Page:
    lines = [*head, *body.lines]
    if not last:  # the notice stands at the foot of a full page, and right after the end of a report
        lines += [""] * (setup.lines - FOOT_LINES - len(lines))
    notice = to_ascii(run.notice) if setup.ascii_only else clean(run.notice)
    lines += ["", fit(notice, setup.width, "^")]
    links = tuple(body.links.get(at - len(head), "") for at in range(len(lines))) if body.links else ()
    breaks = tuple((len(head) + at, level) for at, level in body.breaks)
    texts = tuple(line.rstrip() for line in lines)
    return Page(texts, HEAD_LINES + body.heading_lines, links, breaks, frozen, HEAD_LINES)


def _closing(document: Document, width: int, plain: Callable[[str], str]) -> list[list[str]]:
    """The conventions a sentence at a time, the last one together with count and end."""
    said = [wrapped(plain(sentence), width) for sentence in document.conventions] or [[]]
    said[0] = ["", *said[0]]
    if document.records is not None:
        said[-1] = [*said[-1], f"Records: {document.records:,}"]
    said[-1] = [*said[-1], fit(END, width, "^")]
    return said


@dataclass(slots=True)
class _Body:
    """The lines of one page between its head and its foot."""

    lines: list[str] = field(default_factory=list)
    heading_lines: int = 0
    links: dict[int, str] = field(default_factory=dict)  # by line
    breaks: list[tuple[int, int]] = field(default_factory=list)  # line and level


class _Layout:
    """Fills pages with chunks: lines that must not be parted, such as a heading, a row and its totals."""

    def __init__(self, document: Document, setup: Setup) -> None:
        self.width = setup.width
        self.room = setup.lines - HEAD_LINES - FOOT_LINES
        self.plain = to_ascii if setup.ascii_only else clean
        self.pages: list[_Body] = [_Body()]
        self.columns: tuple[Column, ...] = ()
        self.heads: list[str] = []
        self.heads_title = ""
        self.groups: list[Group] = []
        self.line: Callable[[Row], str] = lambda row: ""
        self.chunk: list[str] = []
        self.links: dict[int, str] = {}  # by line of the chunk
        self.breaks: dict[int, int] = {}  # levels by line of the chunk
        self.repeat: list[str] = []  # what a page that begins with this chunk repeats
        self.regrouped = False  # heads or groups are others than those of ``repeat``
        self.eject = False

    def lay_out(self, items: Iterable[Item]) -> None:
        following = chain(items, (None,))
        item = next(following)
        for after in following:
            if item is None:
                return
            if not self.chunk:
                self._begin(item)
            if type(item) is tuple:
                self.chunk.append(self.line(item))
                keep_next = False
            else:
                keep_next = self._add(item)
            if not (keep_next and after is not None) and not _closes(after):
                self._place()
            item = after

    def close(self, lines: Sequence[str]) -> None:
        """Lines at the end of the report, which belong to no table or group."""
        self.repeat, self.chunk = [], [self._text(line) for line in lines]
        self._place()

    def _begin(self, item: Item) -> None:
        """Note what a page break before ``item`` would have to repeat."""
        if isinstance(item, Heads):
            self.heads, self.heads_title, self.groups, self.regrouped = [], "", [], True
        elif isinstance(item, Group):
            self._close_groups(item.level)
        if self.regrouped:
            heads = (
                [self._text(self.heads_title, CONTINUED), *self.heads[1:]] if self.heads_title else self.heads
            )
            self.repeat = heads + [self._text(group.text, CONTINUED) for group in self.groups]
            self.regrouped = False

    def _close_groups(self, level: int) -> None:
        """End the groups of this level and deeper."""
        self.groups = [group for group in self.groups if group.level < level]
        self.regrouped = True

    def _add(self, item: Item) -> bool:
        """Add an item to the chunk; whether the next one must stand with it.

        Its parts are named: for patterns by position the interpreter makes the name ``__match_args__`` anew each time
        and keeps thousands of these, and each holds back a piece of the memory of a long list that is gone.
        """
        match item:
            case Heads(columns=columns, title=title):
                self._close_groups(0)
                self._set_columns(columns, title)
                if columns:
                    self.chunk += ["", *self.heads]
                return True
            case Group(text=text, level=level, eject=eject):
                self._close_groups(level)
                self.groups.append(item)
                self.eject = self.eject or eject
                self.chunk += [self._text(text)] if self.chunk else ["", self._text(text)]
                self.breaks[len(self.chunk) - 1] = level
                return True
            case Total(level=level):
                self.chunk += self._total(item)
                self._close_groups(level)
                return False
            case Block(lines=lines, keep_next=keep_next, links=links, captioned=captioned):
                if captioned or keep_next:
                    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
                    self.breaks[len(self.chunk) + first] = 1
                self.links |= {len(self.chunk) + at: go for at, go in enumerate(links) if go}
                self.chunk += [self._text(line) for line in lines]
                return keep_next
            case Wrapped(cells=values):
                texts = zip(self.columns, values, strict=True)
                parts = [wrapped(self.plain(text), column.width, "") for column, text in texts]
                self.chunk += [self.line(row) for row in zip_longest(*parts, fillvalue="")]
                return False
            case Linked(row=row, go=go):
                begun = len(self.chunk)
                if type(row) is tuple:
                    self.chunk.append(self.line(row))
                else:
                    self._add(row)
                self.links[len(self.chunk) - 1 if isinstance(row, Total) else begun] = go
                return False
        raise TypeError(f"{item!r} is no item of a page.")

    def _place(self) -> None:
        """Put the chunk on the page, or on the next one when it does not fit."""
        body = self.pages[-1]
        if body.lines and (self.eject or len(body.lines) + len(self.chunk) > self.room):
            body = self._new_page()
        self.eject = False
        dropped = 0
        if len(body.lines) == body.heading_lines:
            while self.chunk and not self.chunk[0]:
                self.chunk.pop(0)
                dropped += 1
        if not body.lines:
            body.heading_lines = min(len(self.heads), len(self.chunk)) if self._begins_with_heads() else 0
        for at, line in enumerate(self.chunk, dropped):  # a chunk longer than a page has to be parted
            if len(body.lines) >= self.room:
                body = self._new_page()
            if at in self.links:
                body.links[len(body.lines)] = self.links[at]
            if at in self.breaks:
                body.breaks.append((len(body.lines), self.breaks[at]))
            body.lines.append(line)
        self.chunk, self.links, self.breaks = [], {}, {}

    def _begins_with_heads(self) -> bool:
        return bool(self.heads) and self.chunk[: len(self.heads)] == self.heads

    def _new_page(self) -> _Body:
        repeat = self.repeat if len(self.repeat) < self.room // 2 else []
        body = _Body(list(repeat), len(repeat))
        self.pages.append(body)
        return body

    def _text(self, text: str, after: str = "") -> str:
        return fit(self.plain(text), self.width - len(after)).rstrip() + after

    def _set_columns(self, columns: tuple[Column, ...], title: str) -> None:
        taken = sum(column.width for column in columns) + len(GAP) * max(0, len(columns) - 1)
        if taken > self.width:
            raise ValueError(f"{taken} cells of columns do not fit on a page of {self.width}.")
        over = [self._text(title)] if title else []
        self.columns, self.heads, self.heads_title = columns, over + column_heads(columns), title
        self.line = row_writer(columns, self.plain)

    def _total(self, total: Total) -> list[str]:
        if not total.cells:
            return wrapped(self.plain(total.label), self.width)
        widths = [column.width for column in self.columns]
        first = next((n for n, cell in enumerate(total.cells) if cell != ""), len(widths))
        label_width = sum(widths[:first]) + len(GAP) * max(0, first - 1)
        line = self.line(total.cells)
        lines = [fit(self.plain(total.label), label_width) + line[label_width:] if first else line]
        if total.rule:
            dashes = tuple("-" * w if cell != "" else "" for w, cell in zip(widths, total.cells, strict=True))
            lines.insert(0, self.line(dashes))
        return lines


def _closes(item: Item | None) -> bool:
    """Whether an item stands with the row before it."""
    return isinstance(item, Total) or (isinstance(item, Linked) and isinstance(item.row, Total))
