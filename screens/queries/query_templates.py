"""QRT and QTE: the templates of queries, and one of them to change; a template that does not comply is not filed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from db import store
from db.actors import Action as Deed
from db.acts import permit
from db.queries import query_acts, templates
from rules import queries as rules
from rules.findings import Finding
from rules.queries import Indicator, Template, To
from rules.query_lint import Tables, in_the_way, lint
from rules.records import rows_of
from screens import shown
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.keyset import Key
from screens.queries import query_values
from screens.queries.query import TO
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

NEW = "A new template"


class Templates(ListScreen):
    """QRT: the templates that hold; QRT and a code: every version of one."""

    title: ClassVar[str] = "Templates of queries"
    empty: ClassVar[str] = "There is no template of this code."
    help: ClassVar[str] = (
        "The shipped templates and the facility's own; V 0 is as shipped. E opens one: filing makes a new version, "
        "which holds from then on. R takes one out of use, V lists the versions. Each is held to the rules of "
        "compliant queries before it is filed."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("E", "Edit", go="QTE {subject}"),
        Action("V", "Versions", go="QRT {subject}"),
        Action("R", "Take out of use", method="retire", confirm="Take this template out of use?"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("ADD", "New", "new", "F6"),)
    session: Session
    code = ""

    def open(self, key: str) -> str:
        permit(self.session.actor, Deed.VIEW_QUERY, kind=templates.RECORD, record=key.strip() or "list")
        self.code = key.strip().upper()
        return ""

    def heading(self) -> Sequence[str]:
        return (
            f"Every version of {self.code}, newest first" if self.code else "The version that holds of each",
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("Code", 12, frozen=True), Column("V", 2, ">"), Column("Kind", 6), Column("Because", 10),
            Column("Title", 43), Column("In use", 6), Column("By", 8), Column("Filed", 15), Column("Proposed by", 24),
            Column("Question", 120),
        )  # fmt: skip

    def page(self, key: Key | None, limit: int, *, backward: bool = False) -> Page:
        every = templates.templates(retired=True).values()
        found = templates.versions(self.code) if self.code else list(every)
        rows = [Row((number,), self._cells(each), each.code) for number, each in enumerate(found)]
        return page_of(rows, key, limit, backward=backward)

    def _cells(self, each: Template) -> tuple[str, ...]:
        said, zone = each.wording, store.current().zone
        return (
            each.code, str(each.version), said.kind, said.purpose, said.title, "" if each.active else "no",
            each.by or "shipped", shown.utc(each.at_utc, zone) if each.at_utc else "", " ".join(each.triggers),
            said.question,
        )  # fmt: skip

    def new(self, rest: str) -> Outcome:
        return Outcome(go="QTE")

    def retire(self, subject: str) -> Outcome:
        template = templates.templates(retired=True)[subject]
        templates.file(self.session.actor, replace(template, active=False), template.version)
        return Outcome(
            f"{subject} is out of use; its versions are kept. E and F2 bring it back.", reload=True
        )


class Edit(DraftedForm):
    """QTE code: a template as a form; without a code a new one."""

    word: ClassVar[str] = "QTE"
    title: ClassVar[str] = "Template of a query"
    help: ClassVar[str] = (
        "What the rules of compliant queries say stands at its field, and F2 files once nothing stands against it. "
        "Looked for: names of the diagnosis where it is not documented, with commas; they are never printed, they are "
        "what title and question must not say. Proposed by: codes of findings, such as MCE20 or A126, or poa_u, "
        "single_severity, hac, hac_pressure."
    )
    brief: ClassVar[bool] = True
    session: Session
    tables: Tables
    before: Template | None = None

    def open(self, key: str) -> Opened:
        self.tables = query_acts.rule_tables(self.session.codes)
        code = key.strip().upper()
        permit(self.session.actor, Deed.VIEW_QUERY, kind=templates.RECORD, record=code)
        self.before = templates.templates(retired=True).get(code)
        self.key, self.version = code, str(self.before.version if self.before else 0)
        locked = (
            "" if self.session.actor.may(Deed.AMEND_QUERY_TEMPLATE) else "A supervisor changes templates."
        )
        if self.before is None:
            values = {"code": code, "as": To.ATTENDING, "priority": "ROUTINE"}
            return self.with_draft(Opened(values, (NEW,), "title" if code else "code", locked=locked))
        each = self.before
        values = query_values.form_of(each.wording) | {
            "code": code, "as": each.to, "priority": each.priority, "target": ", ".join(each.wording.target),
            "triggers": ", ".join(each.triggers),
        }  # fmt: skip
        for number, indicator in enumerate(each.wording.indicators, 1):
            values[f"indicators[{number}].text"] = indicator.text
        by = f"version {each.version} by {each.by}" if each.version else "as shipped"
        return self.with_draft(Opened(values, (f"{code}: {by}",), "title", locked=locked))

    def sections(self) -> Sequence[Section]:
        return (
            Section("template", "Template", (
                Field("code", "Code", 12, Kind.UPPER, required=True, read_only=self.before is not None,
                      help="Short: letters, digits, hyphens."),
                query_values.TITLE, query_values.KIND, query_values.PURPOSE,
                Field("as", "Asked as", 10, Kind.UPPER, required=True, lookup=True, help="Who is usually asked."),
                Field("priority", "Priority", 8, Kind.UPPER, required=True, lookup=True, same_row=True, echo=36,
                      help="How soon the answer is usually due: site table query_due."),
                Field("target", "Looked for", 60, length=300, help="Names, with commas; never printed."),
                Field("triggers", "Proposed by", 60, length=200, help="Findings, with commas."),
            )),
            query_values.QUESTION, query_values.ANSWERS,
            Section("indicators", "Indicators to look for", (Group("indicators", "Indicator", (
                Field("text", "Indicator", 70, length=200, help="What the coder looks for in the record."),
            ), query_values.ROWS),)),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        row = self.session.tables[rules.DUE].find(
            values.get("priority", ""), store.current().now().local[:10]
        )
        taken = query_values.in_place(values, "lines") if path.startswith("lines[") else {}
        now = {**values, **taken}
        echoes = query_values.echoes(self.session, now) | {"priority": row.text if row else ""}
        return Changed(self._findings(now), echoes, taken, skip=query_values.not_asked(now))

    def _findings(self, values: Values) -> list[Finding]:
        found = lint(self._template(values).wording, self.tables, template=True)
        return query_values.at_form(found, values)

    def _template(self, values: Values) -> Template:
        said = query_values.wording(values, words(values.get("target", "")))
        looked = tuple(
            Indicator(row["text"])
            for row in rows_of(values).get("indicators", {}).values()
            if row.get("text")
        )
        return Template(
            values.get("code", ""), int(self.version), replace(said, indicators=looked), values.get("as", ""),
            values.get("priority", ""), words(values.get("triggers", "")),
        )  # fmt: skip

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "as":
            return query_values.fitting([(str(each), said) for each, said in TO.items()], text, limit)
        if path == "priority":
            return query_values.from_table(self.session, rules.DUE, text, limit)
        return query_values.choices(self.session, path, text, limit)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        found = in_the_way(self._findings(values))
        if found:
            return Refused(tuple(found))
        filed = templates.file(
            self.session.actor, self._template(values), int(self.begun or self.version), self.session.codes
        )
        self.discard_draft()
        return Filed(f"FILED {filed.code} version {filed.version}.", go="EXIT")


def words(text: str) -> tuple[str, ...]:
    """The words of a list with commas."""
    return tuple(filter(None, (word.strip() for word in text.split(","))))
