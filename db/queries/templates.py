"""Templates of queries: the shipped ones, and the facility's own with every version kept; the newest holds."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act
from db.connect import database
from db.disclosure.closures import tables
from db.queries.query_acts import NotDone, rule_tables
from rules.moments import iso_date
from rules.queries import Indicator, Template, To, Wording, shipped
from rules.query_lint import in_the_way, lint
from rules.text import clean

if TYPE_CHECKING:
    from db.coding.codes import CodeStore

SHIPPED: Final = "query_templates"
RECORD: Final = "query template"
CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")


def templates(*, retired: bool = False) -> dict[str, Template]:
    """The templates that hold, by code; ``retired``: those that were taken out of use too."""
    day = iso_date(store.current().now().day)
    found = {row.code: shipped(row) for row in tables()[SHIPPED].on(day)}
    rows = database.execute_sql(
        "SELECT code, version, active, document, filed_by, filed_utc FROM query_template ORDER BY id"
    )
    found |= {row[0]: _template(row) for row in rows}
    return {code: found[code] for code in sorted(found) if retired or found[code].active}


def versions(code: str) -> list[Template]:
    """Every version of a template, newest first; the shipped one is the last."""
    rows = database.execute_sql(
        "SELECT code, version, active, document, filed_by, filed_utc FROM query_template WHERE code = ?"
        " ORDER BY version DESC",
        (code,),
    )
    row = tables()[SHIPPED].find(code, iso_date(store.current().now().day))
    return [*map(_template, rows), *([shipped(row)] if row else ())]


def find(code: str) -> Template | None:
    """The template that holds for a code."""
    return templates().get(code.strip().upper())


def file(actor: Actor, template: Template, expected_version: int, codes: CodeStore | None = None) -> Template:
    """File a new version of a template: one audited act. ``codes`` knows the names of conditions.

    Raises ``NotDone`` where its wording does not comply.
    """
    code = template.code.strip().upper()
    if not CODE.fullmatch(code):
        raise NotDone("A template has a code of at most 12 letters, digits and hyphens, such as SEPSIS.")
    with act(actor, Action.AMEND_QUERY_TEMPLATE, kind=RECORD, record=code) as done:
        before = templates(retired=True).get(code)
        if (before.version if before else 0) != expected_version:
            raise Conflict(f"Template {code} was changed by somebody else meanwhile: look at it again.")
        rules = rule_tables(codes)
        found = in_the_way(lint(template.wording, rules, template=True)) if template.active else []
        if found:
            raise NotDone(f"{found[0].code} {found[0].message}", tuple(found))
        document = _document(template)
        database.execute_sql(
            "INSERT INTO query_template (code, version, active, document, filed_by, filed_utc)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (code, expected_version + 1, int(template.active), json.dumps(document, ensure_ascii=False), actor.user,
             int(time.time())),
        )  # fmt: skip
        done.changed(
            _document(before) | {"active": before.active} if before else {},
            document | {"active": template.active},
        )
    return templates(retired=True)[code]


def _document(template: Template) -> dict[str, Any]:
    said = template.wording
    return {
        "title": clean(said.title.strip()), "kind": said.kind, "purpose": said.purpose,
        "question": clean(said.question.strip()),
        "options": [clean(option.strip()) for option in said.options if option.strip()],
        "indicators": [clean(each.text.strip()) for each in said.indicators if each.text.strip()],
        "target": [clean(name.strip()) for name in said.target if name.strip()], "to": template.to,
        "priority": template.priority, "triggers": list(template.triggers),
    }  # fmt: skip


def _template(row: tuple[Any, ...]) -> Template:
    code, version, active, document, by, utc = row
    said = json.loads(document)
    wording = Wording(
        said["title"], said["kind"], said["purpose"], said["question"], tuple(said["options"]),
        tuple(Indicator(text) for text in said["indicators"]), tuple(said["target"]),
    )  # fmt: skip
    return Template(
        code, version, wording, said.get("to", To.ATTENDING), said.get("priority", "ROUTINE"),
        tuple(said.get("triggers", ())), bool(active), by, utc,
    )  # fmt: skip
