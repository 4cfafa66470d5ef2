"""RPW, RPE, RPC, RPV: reports that technicians write: the list, the form, its copy, the versions that were filed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from db import store
from db.actors import Action as Deed
from db.acts import permit
from db.report_writer import saved, sets
from db.report_writer.saved import Saved
from reports.parameters import MOVING_DAYS
from rules.dates import show_moment
from rules.findings import Finding, Level, Told
from rules.moments import moment_at
from rules.report_sets import Askable, DataSet
from rules.report_words import words
from rules.report_writer import (
    AS_CODES,
    AS_DATES,
    FIGURES,
    FORMS,
    LIST,
    LONGEST_NAME,
    MOST_BREAKS,
    MOST_COLUMNS,
    MOST_CONDITIONS,
    MOST_SORTS,
    NO_PERCENT,
    ORDERS,
    PERCENT,
    TESTS,
    Definition,
    problems,
    with_labels,
)
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.reporting.report_values import definition, in_words, values_of
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    Group,
    Kind,
    ListScreen,
    Opened,
    Outcome,
    Page,
    Refused,
    Row,
    Section,
    Values,
)

ITEM_WIDTH: Final = 26
LOWER: Final = frozenset(
    {"set", "form", "percent", "as", "figures", "test", "order"}
)  # words, however capitalised


class WrittenReports(ListScreen):
    """RPW: one's own reports and those that are shared, by name."""

    title: ClassVar[str] = "Written reports"
    empty: ClassVar[str] = "No report is written yet: F6 writes one."
    position_label: ClassVar[str] = "Name"
    help: ClassVar[str] = (
        "Reports of your own, and those that others share. R asks for the period and shows the report; there it is "
        "printed or saved, and RUN keeps it as a preset. E changes yours, C copies any of them, V shows what was filed "
        "when and by whom; X takes one out of use. F6 writes a new one."
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("NEW", "Write a report", "new", "F6"),)
    actions: ClassVar[tuple[Action, ...]] = (
        Action("R", "Run", go="RUN writer 'name={subject}'"),
        Action("E", "Edit", go="RPE {subject}"),
        Action("C", "Copy", go="RPC {subject}"),
        Action("V", "Versions", go="RPV {subject}"),
        Action("X", "Out of use", method="void", why="Why is it taken out of use?"),
    )
    session: Session

    def open(self, key: str) -> str:
        permit(self.session.actor, Deed.WRITE_REPORT, kind=saved.KIND, record="list")
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Name", LONGEST_NAME, frozen=True), Column("Data set", 11), Column("Form", 6), Column("Shared", 6),
            Column("V", 3, ">"), Column("Of", 10), Column("Title", 40),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row((each.name.casefold(),), (
                each.name, each.definition.data_set, each.definition.form, "Y" if each.shared else "",
                str(each.version), each.owner, each.definition.title,
            ), each.name)
            for each in saved.listing(self.session.actor)
        ]  # fmt: skip
        return page_of(sorted(rows, key=lambda row: row.key), key, limit, backward=backward)

    def position(self, text: str) -> tuple[Any, ...] | None:
        wanted = text.strip().casefold()
        before = [
            each.name.casefold()
            for each in saved.listing(self.session.actor)
            if each.name.casefold() < wanted
        ]
        return (max(before),) if before else None

    def new(self, rest: str) -> Outcome:
        return Outcome(go="RPE")

    def void(self, name: str, why: str) -> Outcome:
        saved.void(self.session.actor, name, why)
        return Outcome(f"{name} is out of use; its versions are kept.", reload=True)


class Versions(ListScreen):
    """RPV name: every version of a report, newest first."""

    title: ClassVar[str] = "Versions of a report"
    empty: ClassVar[str] = "Name a report: RPV and its name; RPW lists them."
    help: ClassVar[str] = "P shows the report as it was written in that version, with the records of now."
    actions: ClassVar[tuple[Action, ...]] = (Action("P", "Show", go="PGE writer {subject}"),)
    session: Session
    name = ""

    def open(self, key: str) -> str:
        permit(self.session.actor, Deed.WRITE_REPORT, kind=saved.KIND, record=key)
        self.name = saved.opened(self.session.actor, key).name if key.strip() else ""
        return ""

    def heading(self) -> Sequence[str]:
        return (self.name,)

    def columns(self) -> Sequence[Column]:
        return (
            Column("V", 3, ">", frozen=True), Column("Filed", 15), Column("By", 10), Column("Shared", 6),
            Column("Title", 24), Column("What it asks", 120),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        found = saved.versions(self.session.actor, self.name) if self.name else []
        zone = store.current().zone
        rows = [
            Row((-each.version,), (
                str(each.version), show_moment(moment_at(each.filed_utc, zone).local), each.filed_by,
                "Y" if each.shared else "", each.definition.title, self._asks(each),
            ), f"'name={self.name}' version={each.version}")
            for each in found
        ]  # fmt: skip
        return page_of(rows, key, limit, backward=backward)

    def _asks(self, each: Saved) -> str:
        made = each.definition
        return words(made, sets.find(made.data_set), self.session.tables, _period(made))


class Write(DraftedForm):
    """RPE name: a report as a form; without a name a new one."""

    title: ClassVar[str] = "Write a report"
    word: ClassVar[str] = "RPE"
    help: ClassVar[str] = (
        "Say over which data set, then the columns, the conditions, what lines are grouped by and how they are sorted; "
        "F4 lists what each field takes. All conditions must hold; Or = Y is another way for the line above. "
        "Form: list prints each record with subtotals at each break; totals prints a line for each group; cross sets "
        "the first break against the second. An item that repeats (any diagnosis) counts a record once for each value "
        "as a break, and is met by any row in a condition. As: a date by month, a code by what it stands for, a number "
        "in steps such as 10. Figures of a column: count, sum, mean, min, max. First and last day: a date, T-30, or a "
        "word of F4 that moves. LOOK (F10) says how many records there are and shows the first lines. F2 files a new "
        "version."
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("LOOK", "First lines", "look", "F10"),)
    session: Session
    before: Saved | None = None
    over: DataSet | None = None
    keyed: Values
    looked: Definition | None = None  # what LOOK looked at
    seen: Sequence[str] = ()  # and what it showed

    def open(self, key: str) -> Opened:
        permit(self.session.actor, Deed.WRITE_REPORT, kind=saved.KIND, record=key)
        self.before = saved.opened(self.session.actor, key) if key.strip() else None
        self.key = self.before.name if self.before else ""
        self.version = str(self.before.newest if self.before else 0)
        if self.before is None:
            return self.with_draft(Opened(_new(), ("A new report",), "name"))
        owner = f"{self.before.name}: version {self.before.version}, {self.before.owner}'s"
        values = values_of(self.before, sets.find(self.before.definition.data_set))
        if not saved.may_change(self.session.actor, self.before):
            locked = f"{self.before.name} is {self.before.owner}'s: C at RPW copies it for you."
            return Opened(values, (owner,), locked=locked)
        return self.with_draft(Opened(values, (owner,), "title"))

    def sections(self) -> Sequence[Section]:
        item = Field(
            "item", "Item", ITEM_WIDTH, length=60, lookup=True, unlisted=True, help="F4 lists the items."
        )
        as_ = Field(
            "as", "As", 7, lookup=True, unlisted=True, help="day, month, year; code, text, both; or a step."
        )
        return (
            Section("report", "Report", (
                Field("name", "Name", LONGEST_NAME, required=True, help="By which it is run."),
                Field("title", "Title", 60, required=True, help="On each page."),
                Field("set", "Data set", 20, required=True, lookup=True, help="What is counted or listed.", echo=40),
                Field("form", "Form", 6, required=True, lookup=True, help="list, totals or cross.", echo=40),
                Field("shared", "Shared", 1, Kind.YES_NO, help="Y: everybody may run it who may see such records."),
                Field("first", "First day", 21, lookup=True, unlisted=True, help="Of the period; blank: any."),
                Field("last", "Last day", 21, lookup=True, unlisted=True, same_row=True, help="Blank: up to now."),
                Field("percent", "Percent", 6, lookup=True, help="Of a cross-tabulation: none, row, column, both."),
            )),
            Section("columns", "Columns", (Group("columns", "Column", (
                item, as_, Field("heading", "Heading", 14, help="Instead of the label."),
                Field("width", "Width", 3, Kind.INTEGER, help="Cells; blank: what the item takes."),
                Field("figures", "Figures", 14, lookup=True, unlisted=True, help="count sum mean min max."),
            ), MOST_COLUMNS),)),
            Section("where", "Where", (Group("conditions", "Condition", (
                item, Field("test", "Test", 8, lookup=True, help="F4 lists the tests."),
                Field("value", "Value", 30, length=100, lookup=True, unlisted=True, help="MED; 18 to 64; I20, I21."),
                Field("other", "Or", 1, Kind.YES_NO, help="Y: or else the line above."),
            ), MOST_CONDITIONS),)),
            Section("breaks", "Grouped by", (Group("breaks", "Break", (
                item, as_, Field("eject", "Page", 1, Kind.YES_NO, help="Y: each group on a page of its own."),
            ), MOST_BREAKS),)),
            Section("sorts", "Sorted by", (Group("sorts", "Sort", (
                item, Field("order", "Order", 8, lookup=True, help="up, down or terminal digits."),
            ), MOST_SORTS),)),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        self.over = _over(self.session, values.get("set", ""))
        taken = {
            where: word for where, word in in_words(values, self.over).items() if values.get(where) != word
        }
        self.keyed = values | taken
        made = definition(self.keyed, self.over)
        seen = self.seen if made == self.looked else ()
        findings = self._findings(made)
        said = [f"{words(made, self.over, self.session.tables, _period(made))}."] if self.over else []
        title = self.over.dictionary.title if self.over else ""
        return Changed(
            findings, {"set": title, "form": FORMS.get(made.form, "")}, taken, [*seen, *_wrapped(said)]
        )

    def _findings(self, made: Definition) -> list[Finding]:
        if self.over is None:
            known = ", ".join(sets.visible(self.session.actor))
            return [Finding(Level.FATAL, "RW2", f"Key one of the data sets {known}.", "set")]
        return problems(made, self.over, self.session.tables, _now(), MOVING_DAYS)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        over, (row, _, name) = _over(self.session, values.get("set", "")), path.rpartition(".")
        wanted = text.strip().casefold()
        if name == "set":
            known = [Choice(id_, sets.title(id_)) for id_ in sets.visible(self.session.actor)]
            return [each for each in known if wanted in f"{each.value} {each.text}".casefold()]
        if name in ("first", "last"):
            return [Choice(word, "") for word in MOVING_DAYS if wanted in word]
        if name == "item":
            found = over.choices(text)[:limit] if over else []
            return [Choice(each.path, _about(each)) for each in found]
        asked = over.find(over.named(values.get(f"{row}.item", ""))) if over and row else None
        if name == "value":
            return self._codes(asked, text)[:limit]
        known_words = {
            "form": FORMS, "percent": PERCENT, "test": TESTS, "order": ORDERS, "figures": FIGURES,
            "as": AS_DATES if asked and asked.dated else AS_CODES if asked and asked.worded else {},
        }.get(name, {})  # fmt: skip
        kept, _, last = wanted.rpartition(" ") if name == "figures" else ("", "", wanted)
        return [
            Choice(f"{kept} {word}".strip(), text)
            for word, text in known_words.items()
            if word.startswith(last)
        ]

    def _codes(self, asked: Askable | None, text: str) -> list[Choice]:
        """The codes of an item's table, the next one after those that stand there."""
        table = self.session.tables.get(asked.item.table) if asked else None
        kept, comma, last = text.rpartition(",")
        wanted = last.strip().casefold()
        return [
            Choice(f"{kept}{comma}{each.code}", each.text)
            for each in (table.on("") if table else ())
            if wanted in f"{each.code} {each.text}".casefold()
        ]

    def look(self, rest: str) -> Outcome:
        """LOOK: how many records are found, and the first lines."""
        from reports.writer import written

        made = definition(self.keyed, self.over)
        if wrong := self._findings(made):
            return Outcome(wrong[0].message, error=True)
        number, lines = written.preview(self.session.actor, made)
        self.looked, self.seen = made, (f"{number} {'record' if number == 1 else 'records'} found.", *lines)
        return Outcome(self.seen[0], values={"title": made.title})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        made = definition(values, self.over)
        if wrong := self._findings(made):
            return Refused(tuple(wrong))
        assert self.over is not None
        sets.open_set(self.session.actor, self.over.id)
        try:
            found = saved.save(
                self.session.actor, values.get("name", ""), with_labels(made, self.over),
                shared=values.get("shared") == "1", before=self.before,
            )  # fmt: skip
        except Told as error:
            return Refused((Finding(Level.FATAL, "RW3", str(error), "name"),))
        self.discard_draft()
        return Filed(f"FILED {found.name}, version {found.version}", go="EXIT")


class CopyReport(Write):
    """RPC name: a new report that begins as another."""

    title: ClassVar[str] = "Copy a report"
    word: ClassVar[str] = "RPC"

    def open(self, key: str) -> Opened:
        permit(self.session.actor, Deed.WRITE_REPORT, kind=saved.KIND, record=key)
        self.before, self.key, self.version = None, key.strip(), "0"
        if not self.key:
            return self.with_draft(Opened(_new(), ("A new report",), "name"))
        found = saved.opened(self.session.actor, key)
        values = values_of(found, sets.find(found.definition.data_set)) | {"name": "", "shared": ""}
        return self.with_draft(
            Opened(values, (f"Copied from {found.name}, version {found.version}",), "name")
        )


def _new() -> Values:
    return {"set": "abstract", "form": LIST, "percent": NO_PERCENT, "shared": "0"}


def _over(session: Session, id_: str) -> DataSet | None:
    """The data set, to whoever may see its records."""
    return sets.find(id_) if id_ in sets.visible(session.actor) else None


def _about(each: Askable) -> str:
    label = f"{each.label} (any row)" if each.repeats else each.label
    return f"{label} (until version {each.retired})" if each.retired else label


def _period(made: Definition) -> str:
    if not (made.first or made.last):
        return ""
    return f"{made.first or 'beginning'} to {made.last or 'today'}"


def _wrapped(lines: Sequence[str]) -> list[str]:
    from reports.page import wrapped

    return [part for line in lines for part in wrapped(line, 78)]


def _now() -> datetime:
    return datetime.fromisoformat(store.current().now().local)
