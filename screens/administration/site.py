"""SITE, SFL, SFR: the facility's own tables. Rows are dated and never deleted; each change is an audited act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db import conventions, store
from db.acts import Conflict, NotPermitted
from db.changes import Applied
from db.hospital import site
from rules.findings import Finding, Level
from rules.moments import day_number, iso_date
from screens import shown
from screens.drafting import DraftedForm
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Entry,
    Field,
    Filed,
    Group,
    Kind,
    MenuScreen,
    Note,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

TITLES = {
    "division": "Divisions", "unit": "Units", "service": "Services", "provider": "Providers", "payer": "Payers",
    "printer": "Printers",
}  # fmt: skip
WORDS = {
    "division": "DIV", "unit": "UNIT", "service": "SVC", "provider": "PROV", "payer": "PAYER", "printer": "PRTR",
}  # fmt: skip
YES_NO = ("counts_in_census", "obstetric", "form_feed", "last_form_feed")
DATES = ("from_date", "to_date")
WIDTHS = {"name": 40, "options": 40, "queue": 30, "npi": 10, "lines": 3, "width": 3}
LOOK_UPS = {"service": "service", "division": "division"}  # item -> site file that lists its codes
OFFERED = ("encoding", "line_end")  # items of a printer that take one of a few words
MOST_CHOICES = 1000
SETTING = "setting"
FACILITY = {"facility": "Name of the facility"}


class SiteFiles(MenuScreen):
    """The files, with how many of their rows nobody has looked at yet."""

    title: ClassVar[str] = "Site files"
    session: Session

    def heading(self) -> Sequence[str]:
        return ("Rows met in a feed are unconfirmed until somebody files them.",)

    def entries(self) -> Sequence[Entry]:
        waiting = site.unconfirmed()
        files = [
            Entry(
                WORDS[kind], title, f"SFL {kind}", str(waiting.get(kind, 0) or ""),
                "unconfirmed" if waiting.get(kind) else "",
            )
            for kind, title in TITLES.items()
        ]  # fmt: skip
        return [*files, Entry("CONV", "Conventions", f"SFL {SETTING}")]


class Rows(KeysetList):
    """The rows of one file by code, or the conventions."""

    title: ClassVar[str] = "Site file"
    actions: ClassVar[tuple[Action, ...]] = (Action("E", "Edit", go="SFR {subject}"),)
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "Add a row", "add", "F6"),
        Command("PAGE", "Print the file", "printed", "F10"),
    )
    kind = "unit"

    def open(self, key: str) -> str:
        self.kind = key.strip().lower() or "unit"
        if self.kind not in TITLES and self.kind != SETTING:
            raise ScreenError(f"There is no site file {key}: SITE lists them.")
        return ""

    def heading(self) -> Sequence[str]:
        return (TITLES.get(self.kind, "Facility and conventions"),)

    def columns(self) -> Sequence[Column]:
        if self.kind == SETTING:
            return (
                Column("Setting", 23, frozen=True),
                Column("Convention", 26),
                Column("In force", 12),
                Column("Since", 10),
                Column("Set by", 12),
            )
        items = [name for name in site.SITE_FILES[self.kind] if name != "name"]
        return (
            Column("Code", 10, frozen=True),
            Column("Name", 26),
            *(Column(label_of(name), column_width(name)) for name in items),
        )

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        if self.kind == SETTING:
            return [row for row in self._conventions() if after is None or row.key > after][:limit]
        items = [name for name in site.SITE_FILES[self.kind] if name != "name"]
        return [
            Row(
                (row.code,),
                (
                    row.code,
                    row.values.get("name", ""),
                    *(shown_as(name, row.values.get(name, "")) for name in items),
                ),
                f"{self.kind} {row.code}",
                "" if row.confirmed else "?",
            )
            for row in site.listing(self.kind, after[0] if after else "", limit)
        ]

    def position(self, text: str) -> Key | None:
        code = text.strip().lower() if self.kind == SETTING else text.strip().upper()
        return (code[:-1] + chr(ord(code[-1]) - 1) + "\U0010ffff",) if code else None

    def add(self, rest: str) -> Outcome:
        if self.kind == SETTING:
            return Outcome("Conventions are fixed: E sets another value from a day on.", error=True)
        return Outcome(go=f"SFR {self.kind}")

    def printed(self, rest: str) -> Outcome:
        return Outcome(go=f"RUN site-file file={self.kind}")

    def _conventions(self) -> list[Row]:
        rows = []
        texts = {name: (default, text) for name, (default, _, text) in site.CONVENTIONS.items()}
        for name, text in FACILITY.items():
            texts[name] = (store.current().facility, text)
        for name, (default, text) in sorted(texts.items()):
            history = site.settings_history(name)
            _, value, by, _ = history[-1] if history else (0, default, "", 0)
            since = "not filed" if not history else "always"
            if history and history[-1][0] > 1:
                since = shown.day(iso_date(history[-1][0]))
            rows.append(Row((name,), (name, text, value, since, by), f"{SETTING} {name}"))
        return rows


class RowForm(DraftedForm):
    """One row of a site file, or one convention from a day on."""

    word: ClassVar[str] = "SFR"
    title: ClassVar[str] = "Row of a site file"
    commands: ClassVar[tuple[Command, ...]] = (Command("HIST", "History, item by item", "items_history"),)
    session: Session
    kind = "unit"
    code = ""
    row_version = 0
    before: Values

    def open(self, key: str) -> Opened:
        opened = self._row(key)
        self.key, self.version = f"{self.kind} {self.code}".strip(), str(self.row_version)
        return self.with_draft(opened)

    def _row(self, key: str) -> Opened:
        kind, _, code = key.strip().partition(" ")
        self.kind, self.code = kind.lower(), code.strip()
        self.before, self.row_version = {}, 0
        if self.kind == SETTING:
            return self._open_setting()
        if self.kind not in TITLES:
            raise ScreenError(f"There is no site file {kind}: SITE lists them.")
        row = site.get(self.kind, self.code) if self.code else None
        if row is None:
            return Opened({"code": self.code} if self.code else {}, focus="code", message="A new row.")
        self.before, self.row_version = (
            {name: value for name, value in row.values.items() if value},
            row.version,
        )
        note = "" if row.confirmed else "Met in a feed: check it and file it, and it counts as confirmed."
        return Opened({"code": row.code, **self.before}, focus="name", message=note)

    def sections(self) -> tuple[Section, ...]:
        if self.kind == SETTING:
            return self._setting_section()
        fields = [Field("code", "Code", 12, Kind.UPPER, required=True, read_only=bool(self.row_version))]
        fields += [_field(name) for name in site.SITE_FILES[self.kind]]
        return (Section(self.kind, TITLES[self.kind], tuple(fields)),)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        wanted = text.casefold()
        if self.kind == SETTING:
            found = [Choice(value, "") for value in site.CONVENTIONS.get(self.code, ("", (), ""))[1] if value]
        elif path in OFFERED:
            from reports.output import ENCODINGS, LINE_ENDS

            found = [Choice(word, "") for word in (ENCODINGS if path == "encoding" else LINE_ENDS)]
        else:
            rows = site.listing(LOOK_UPS[path], "", MOST_CHOICES)
            found = [Choice(row.code, row.values.get("name", "")) for row in rows]
        return [each for each in found if wanted in f"{each.value} {each.text}".casefold()][:limit]

    def changed(self, values: Values, path: str) -> Changed:
        """What the code of another site file stands for."""
        rows = {name: site.get(kind, values[name]) for name, kind in LOOK_UPS.items() if values.get(name)}
        return Changed(echoes={name: row.values.get("name", "") for name, row in rows.items() if row})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        try:
            applied = self._file_setting(values) if self.kind == SETTING else self._file_row(values)
        except (Conflict, NotPermitted, ScreenError) as error:
            return Refused((Finding(Level.FATAL, "S002", str(error)),))
        if applied.refused:
            return Refused(applied.findings)
        self.session.__dict__.pop("tables", None)  # the prompt lists read the file again
        self.discard_draft()
        return Filed(f"FILED {self.code}", go=f"SFL {self.kind}")

    def items_history(self, rest: str) -> Outcome:
        return Outcome(go=f"HIS SFR {self.kind} {self.code}")

    def _file_row(self, values: Values) -> Applied:
        self.code = values.get("code", "")
        if not self.code:
            raise ScreenError("The code is missing: key the code that people use for this row.")
        items = {
            name: values.get(name) or ("@" if self.before.get(name) else "")
            for name in site.SITE_FILES[self.kind]
        }
        return site.file(self.session.actor, self.kind, self.code, items, self.row_version)

    def _file_setting(self, values: Values) -> Applied:
        day = values.get("from_day") or store.current().now().local[:10]
        return site.file_setting(self.session.actor, self.code, values.get("value", ""), day_number(day))

    def _open_setting(self) -> Opened:
        if self.code not in site.CONVENTIONS and self.code not in FACILITY:
            raise ScreenError(f"There is no convention {self.code}: SFL setting lists them.")
        history = site.settings_history(self.code)
        value = history[-1][1] if history else site.CONVENTIONS.get(self.code, ("",))[0]
        return Opened({"value": value, "from_day": store.current().now().local[:10]}, focus="value")

    def _setting_section(self) -> tuple[Section, ...]:
        _, permitted, text = site.CONVENTIONS.get(self.code, ("", (), FACILITY.get(self.code, self.code)))
        choices = "One of: " + ", ".join(each or "blank" for each in permitted) + "." if permitted else ""
        source = conventions.CITATIONS.get(self.code, "")
        fields: tuple[Field | Group | Note, ...] = (
            *(Note(line) for line in (choices, source and f"Source: {source}.") if line),
            Note(""),
            Field("value", "Value", 40, lookup=bool(permitted), help=f"{text}. {choices}"),
            Field(
                "from_day", "From", 10, Kind.DATE, required=True, help="Counted anew from this day on."
            ),
        )  # fmt: skip
        past = [
            Note(f"{shown.day(iso_date(day)) if day > 1 else 'At first':<12}{value or 'blank'}, set by {by}")
            for day, value, by, _ in reversed(site.settings_history(self.code))
        ]
        return (
            Section("setting", text, fields),
            Section("history", "Set so far" if past else "Not filed: the default holds", tuple(past)),
        )


def _field(name: str) -> Field:
    kind = Kind.DATE if name in DATES else Kind.YES_NO if name in YES_NO else Kind.TEXT
    if name in ("lines", "width"):
        kind = Kind.INTEGER
    width = {Kind.DATE: 10, Kind.YES_NO: 1}.get(kind, WIDTHS.get(name, 12))
    return Field(
        name,
        label_of(name),
        width,
        kind,
        lookup=name in LOOK_UPS or name in OFFERED,
        help=label_of(name) + ".",
    )


def column_width(name: str) -> int:
    """Cells of an item in the list: its label, a date, a print queue, or a short code."""
    return max(len(label_of(name)), 10 if name in (*DATES, "npi") else 14 if name == "queue" else 8)


def label_of(name: str) -> str:
    """An item's id as a label."""
    return {"npi": "NPI"}.get(name, name.replace("_", " ").capitalize())


def shown_as(name: str, value: str) -> str:
    """A value of a row as the list shows it."""
    if name in DATES:
        return shown.day(value)
    return {"1": "yes", "0": "no"}.get(value, value) if name in YES_NO else value
