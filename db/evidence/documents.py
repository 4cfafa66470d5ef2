"""Documents of a chart: those that people marked, and those that the feed announced (MDM), as one list.

What the feed told is read from its notes whenever it is asked for, so that a document whose account comes later is
there as soon as that is; a row of ``chart_document`` with its number stands in its place once somebody mended it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final

from config.data_sets import library
from db import store
from db.actors import Action, Actor
from db.acts import Act, Conflict, act, viewed
from db.changes import Source, note_amendments
from db.connect import database
from db.hospital import encounters
from db.hospital.encounter_lists import Encounter, find
from db.schema.evidence import ChartDocument
from rules.evidence import EXPECTED, PRESENT, SIGNED, STATUSES, TYPES, Document
from rules.findings import Told
from rules.tables import CodeTable, listed
from rules.text import clean
from rules.values import is_date, is_moment

KIND: Final = "chart document"  # of its amendments
FIELDS: Final = ("type", "written_at", "author", "status")
_LEGAL: Final = frozenset({"AU", "LA"})  # HL7 table 0271: authenticated, legally authenticated
_LADDER: Final = (EXPECTED, PRESENT, SIGNED)
_WITHDRAWN: Final = "T11"
_REPLACING: Final = frozenset({"T09", "T10"})
_COMPLETION: Final[Mapping[str, str]] = {
    "DI": PRESENT,
    "DO": PRESENT,
    "IN": EXPECTED,
    "IP": EXPECTED,
    "PA": PRESENT,
}
_COLUMNS: Final = "id, type, written_at, author, status, feed_number, filed_by, version"


class NotMarked(Told):
    """The document cannot be marked so; one sentence."""


def of_account(account: str) -> list[Document] | None:
    """The documents of an account, oldest first; None when there is no such account."""
    encounter_id = find(account) if account else 0
    return of_encounters((encounter_id,))[encounter_id] if encounter_id else None


def of_encounters(ids: Collection[int]) -> dict[int, list[Document]]:
    """The documents of accounts, each account's oldest first."""
    chosen = ", ".join("?" * len(ids))
    found: dict[int, list[Document]] = {id_: [] for id_ in ids}
    mended: set[tuple[int, str]] = set()
    for encounter_id, void, *row in database.execute_sql(
        f"SELECT encounter_id, void_utc, {_COLUMNS} FROM chart_document WHERE encounter_id IN ({chosen})",
        tuple(ids),
    ):
        document = _document(row)
        mended.add((encounter_id, document.feed_number))
        if void is None:
            found[encounter_id].append(document)
    for encounter_id, documents in _told(ids, chosen).items():
        found[encounter_id] += [each for each in documents if (encounter_id, each.feed_number) not in mended]
    return {id_: sorted(documents, key=_order) for id_, documents in found.items()}


def open_documents(actor: Actor, encounter_id: int) -> list[Document]:
    """The documents of an account, to be shown. Raises ``KeyError``, ``NotPermitted``."""
    stay = encounters.get(encounter_id)
    viewed(actor, Action.VIEW_ENCOUNTER, kind="account", record=stay.account, patient_id=stay.patient_id)
    return of_encounters((encounter_id,))[encounter_id]


def _order(document: Document) -> tuple[bool, str, str, int, str]:
    return (not document.written_at, document.written_at, document.type, document.id, document.feed_number)


def _document(row: Sequence[Any]) -> Document:
    id_, type_, written_at, author, status, feed_number, filed_by, version = row
    source = "feed" if feed_number else "keyed"
    return Document(id_, type_, written_at, author, status, source, feed_number, filed_by, version)


# What the feed told --------------------------------------------------------------------------------------------------


def _told(ids: Collection[int], chosen: str) -> dict[int, list[Document]]:
    """The documents that the feed announced, as its last word on each has them."""
    rows = database.execute_sql(
        "SELECT n.encounter_id, n.id, n.event, n.document_type, n.document_number, n.parent_number, n.originator,"
        f" n.written_at, n.completion FROM document_note n WHERE n.encounter_id IN ({chosen})"
        " UNION SELECT e.id, n.id, n.event, n.document_type, n.document_number, n.parent_number, n.originator,"
        " n.written_at, n.completion FROM encounter e JOIN document_note n ON n.account = e.account"
        f" WHERE e.id IN ({chosen}) AND n.encounter_id IS NULL ORDER BY 2",
        (*ids, *ids),
    ).fetchall()
    kinds = _by_feed(types()) if rows else {}
    found: dict[int, dict[str, Document]] = {}
    for encounter_id, id_, event, type_, number, parent, originator, written_at, completion in rows:
        here, name = found.setdefault(encounter_id, {}), number or f"note {id_}"
        before = here.get(name) or here.get(parent) or Document(0, "", "", "", "", "feed", name)
        if event == _WITHDRAWN:
            here.pop(name, None)
            continue
        if event in _REPLACING and parent:
            here.pop(parent, None)
        here[name] = replace(
            before, type=kinds.get(type_, type_) or before.type, written_at=written_at or before.written_at,
            author=originator or before.author, feed_number=name,
            status=SIGNED if completion in _LEGAL else _COMPLETION.get(completion, before.status or PRESENT),
        )  # fmt: skip
    return {encounter_id: list(here.values()) for encounter_id, here in found.items()}


def types() -> CodeTable:
    """The kinds of documents that the facility has."""
    return library(store.current().directory / "site").tables[TYPES]


def _by_feed(table: CodeTable) -> dict[str, str]:
    """Our code by what feeds call a kind of document."""
    return {name: row.code for row in table.rows for name in (row.code, *listed(row.more.get("hl7")))}


# Acts ----------------------------------------------------------------------------------------------------------------


def mark(actor: Actor, encounter_id: int, given: Iterable[Mapping[str, str]]) -> int:
    """Mark documents of an account as expected, present or signed: one audited act. Returns how many changed.

    ``given`` are ``FIELDS`` by name; a kind with day and author that stands there already, or is expected, gets the new
    status instead of a second row, and loses none: what is signed stays so (``amend`` takes that back).
    Raises ``NotMarked``, ``NotPermitted``.
    """
    stay = encounters.get(encounter_id)
    with _on(actor, stay) as done:
        standing = of_encounters((encounter_id,))[encounter_id]
        changed = 0
        for fields in given:
            columns = _checked(fields)
            same = _standing(standing, columns)
            if same is not None:
                columns = {name: columns[name] or getattr(same, name) for name in FIELDS}
                columns["status"] = max(columns["status"], same.status, key=_LADDER.index)
                if all(columns[name] == getattr(same, name) for name in FIELDS):
                    continue
            _write(actor, stay, same, columns, done)
            changed += 1
    return changed


def amend(actor: Actor, encounter_id: int, document: Document, fields: Mapping[str, str]) -> None:
    """Change a document: one audited act. Raises ``NotMarked``, ``Conflict`` when somebody changed it meanwhile."""
    stay = encounters.get(encounter_id)
    with _on(actor, stay) as done:
        _write(actor, stay, document, _checked(fields), done)


def void(actor: Actor, encounter_id: int, document: Document, reason: str) -> None:
    """Take a document off the list, with a reason: one audited act. Raises ``NotMarked``, ``Conflict``."""
    if not reason.strip():
        raise NotMarked("Say why: the reason stays with the document.")
    stay = encounters.get(encounter_id)
    with _on(actor, stay) as done:
        now = {"void_utc": int(time.time()), "void_reason": clean(reason.strip())}
        _write(actor, stay, document, {name: getattr(document, name) for name in FIELDS}, done, now)
        done.detail["void"] = reason


def _on(actor: Actor, stay: Encounter) -> AbstractContextManager[Act]:
    return act(actor, Action.FILE_DOCUMENT, kind="account", record=stay.account, patient_id=stay.patient_id)


def _standing(documents: Sequence[Document], columns: Mapping[str, str]) -> Document | None:
    """The document that is meant: of this kind and day, or one that was expected."""
    alike = [each for each in documents if each.type == columns["type"]]
    for each in alike:
        if each.day == columns["written_at"][:10] and columns["author"] in ("", each.author):
            return each
    return next((each for each in alike if each.status == EXPECTED), None)


def _checked(fields: Mapping[str, str]) -> dict[str, str]:
    """The columns as they are kept. Raises ``NotMarked``."""
    columns = {name: clean(fields.get(name, "").strip()) for name in FIELDS}
    columns["type"] = columns["type"].upper()
    if types().find(columns["type"]) is None:
        raise NotMarked(
            f"{columns['type'] or 'A blank'} is no kind of document of the facility's list: F6, then F4, shows it."
        )
    if columns["status"] not in STATUSES.values():
        raise NotMarked("A document is expected, present or signed.")
    if columns["written_at"] and not (is_date(columns["written_at"]) or is_moment(columns["written_at"])):
        raise NotMarked("The date of a document is a day, or a day and a time.")
    if columns["written_at"][:10] > store.current().now().local[:10]:
        raise NotMarked("The date of a document is not ahead: key the day on which it was written.")
    return columns


def _write(
    actor: Actor, stay: Encounter, before: Document | None, columns: Mapping[str, str], done: Act,
    more: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    filing = {"filed_utc": int(time.time()), "filed_by": actor.user, **(more or {})}
    old = {name: getattr(before, name) for name in FIELDS} if before else {}
    if before is None or not before.id:
        feed_number = before.feed_number if before else ""
        id_ = ChartDocument.add({**columns, **filing, "encounter_id": stay.id, "feed_number": feed_number})
    else:
        id_ = before.id
        same = {"version": before.version}
        if not ChartDocument.change(id_, {**columns, **filing}, next_version=True, only_if=same):
            raise Conflict("Somebody changed this document meanwhile: look at the list again.")
    changed = {
        name: (str(old.get(name, "")), columns[name]) for name in FIELDS if old.get(name, "") != columns[name]
    }
    if more:
        changed["status"] = (str(old.get("status", "")), "void")
    note_amendments(KIND, id_, changed, Source(actor.user))
    done.detail.setdefault("documents", []).append(
        {"id": id_, **{name: list(two) for name, two in changed.items()}}
    )
