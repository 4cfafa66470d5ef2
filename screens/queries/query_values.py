"""The wording of a query as a form has it: long texts in lines, answers and indicators in rows, and back again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from db import store
from rules.findings import Finding
from rules.queries import KINDS, Indicator, Kind, Wording
from rules.query_lint import PURPOSES
from rules.records import rows_of
from rules.text import cells
from screens.session import Session
from tui.screen import Choice, Field, Group, Section, Values
from tui.screen import Kind as Keyed
from tui.spans import wrap

LINE: Final = 74  # cells of a line of a long text
LINES: Final = 12
ROWS: Final = 20
TITLE: Final = Field(
    "title", "Title", 60, required=True,
    help="What the findings are about. It stands on the query and names no diagnosis that is not documented.",
)  # fmt: skip
KIND: Final = Field(
    "kind", "Kind", 6, Keyed.UPPER, required=True, lookup=True, echo=20, help="How it is asked."
)
PURPOSE: Final = Field(
    "purpose",
    "Because",
    10,
    Keyed.UPPER,
    required=True,
    lookup=True,
    echo=50,
    help="Why it is asked; F4 lists it.",
)
LONGEST: Final = 400  # characters of a line while it is keyed; it is broken into lines when it is left
_LINE: Final = Field("text", "Text", LINE, length=LONGEST, help="As it is put to the physician.")
QUESTION: Final = Section("question", "Question", (Group("lines", "Line", (_LINE,), LINES, stop=True),))
ANSWERS: Final = Section(
    "options", "Answers offered (none where it is open-ended)",
    (Group("options", "Answer", (
        Field("text", "Answer", 70, length=120, help="What the indicators support; Other; Unable to determine."),
    ), ROWS, stop=True),),
)  # fmt: skip


def wording(values: Values, target: Sequence[str] = ()) -> Wording:
    """What the form says."""
    rows = rows_of(values)
    return Wording(
        values.get("title", ""), values.get("kind", ""), values.get("purpose", ""), joined(values, "lines"),
        tuple(row["text"] for row in rows.get("options", {}).values() if row.get("text")),
        tuple(
            Indicator(row.get("text", ""), row.get("source", ""), row.get("day", ""))
            for row in rows.get("indicators", {}).values() if any(row.values())
        ),
        tuple(target),
    )  # fmt: skip


def joined(values: Values, group: str) -> str:
    """The lines of a long text as one."""
    return " ".join(row["text"].strip() for row in rows_of(values).get(group, {}).values() if row.get("text"))


def in_lines(text: str, group: str) -> Values:
    """A long text in the lines of its group."""
    return (
        {f"{group}[{number}].text": line for number, line in enumerate(wrap(text, LINE), 1)} if text else {}
    )


def in_place(values: Values, group: str) -> Values:
    """Changes that break a long text into lines anew where one of them has become too long; none where none has."""
    texts = [row.get("text", "") for row in rows_of(values).get(group, {}).values()]
    if all(cells(text) <= LINE for text in texts):
        return {}
    return cleared(values, (group,), in_lines(joined(values, group), group))


def not_asked(values: Values) -> set[str]:
    """Tables that the walk passes over: answers where the question is open-ended."""
    offered = any(path.startswith("options[") and value for path, value in values.items())
    return {"options"} if values.get("kind") == Kind.OPEN and not offered else set()


def form_of(said: Wording) -> Values:
    """A wording as the form shows it, but its indicators."""
    options = {f"options[{number}].text": option for number, option in enumerate(said.options, 1)}
    found = {
        "title": said.title,
        "kind": said.kind,
        "purpose": said.purpose,
        **in_lines(said.question, "lines"),
        **options,
    }
    return {path: value for path, value in found.items() if value}


def cleared(values: Mapping[str, str], groups: Sequence[str], wanted: Values) -> Values:
    """Changes that put ``wanted`` in the place of all rows of some groups."""
    old = {path: "" for path in values if path.partition("[")[0] in groups}
    return old | wanted


def at_form(findings: Sequence[Finding], values: Values) -> list[Finding]:
    """Findings about a wording at the fields that it was keyed in: rows keep the numbers that they have on the form."""
    rows = rows_of(values)
    numbers = {
        "options": [n for n, row in rows.get("options", {}).items() if row.get("text")],
        "indicators": [n for n, row in rows.get("indicators", {}).items() if any(row.values())],
    }
    return [replace(each, field=_path(each.field, numbers)) for each in findings]


def _path(path: str, numbers: Mapping[str, Sequence[int]]) -> str:
    if path == "question":
        return "lines[1].text"
    group, bracket, rest = path.partition("[")
    if not bracket:
        return path
    number, _, column = rest.partition("].")
    of, place = numbers[group], int(number) - 1
    row = of[place] if place < len(of) else (of[-1] + 1 if of else int(number))
    return f"{group}[{row}].{column}"


def echoes(session: Session, values: Values) -> dict[str, str]:
    """What the coded fields of a wording stand for."""
    kind, purpose = values.get("kind", ""), session.tables[PURPOSES].find(values.get("purpose", ""))
    return {
        "kind": KINDS[Kind(kind)] if kind in tuple(Kind) else "", "purpose": purpose.text if purpose else "",
    }  # fmt: skip


def choices(session: Session, path: str, text: str, limit: int) -> list[Choice]:
    """What F4 offers at the coded fields of a wording."""
    if path == "kind":
        return fitting([(str(kind), said) for kind, said in KINDS.items()], text, limit)
    return from_table(session, PURPOSES, text, limit) if path == "purpose" else []


def from_table(session: Session, table: str, text: str, limit: int) -> list[Choice]:
    """The rows of a table in force today that fit what was typed."""
    today = store.current().now().local[:10]
    return fitting([(row.code, row.text) for row in session.tables[table].on(today)], text, limit)


def fitting(rows: Sequence[tuple[str, str]], text: str, limit: int) -> list[Choice]:
    """Rows whose code begins with what was typed; without one those in which it stands."""
    wanted = text.casefold()
    begun = [(code, said) for code, said in rows if code.casefold().startswith(wanted)]
    found = begun or [(code, said) for code, said in rows if wanted in f"{code} {said}".casefold()]
    return [Choice(code, said) for code, said in found[:limit]]
