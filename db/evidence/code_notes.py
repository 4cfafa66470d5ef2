"""Notes and coding decisions of the facility on codes: written by those who code, in force once a supervisor approves.

A note holds for its codes and all below, on its days; every change is kept, and one that was approved is proposed
again when it is changed. No patient stands in them, so looking is no row of the audit trail; writing is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act
from db.changes import Applied, Source, note_amendments, refusal
from db.connect import database
from db.history import Change, of_amendments
from db.schema.evidence import CodeNote as Stored
from rules.codes import System, dotted, normal, problem
from rules.earlier_codes import within
from rules.findings import Told
from rules.text import clean
from rules.values import is_date

KIND: Final = "code note"
FIELDS: Final = ("system", "first_code", "last_code", "text", "decision", "source", "valid_from", "valid_to")
PROPOSED, APPROVED, VOID = "proposed", "approved", "void"
_COLUMNS: Final = (
    "id, system, first_code, last_code, text, decision, source, valid_from, valid_to, status, author, approved_by,"
    " version, void_reason"
)
_LONGEST: Final = {System.CM: 7, System.PCS: 7, System.HCPCS: 5}


class NotWritten(Told):
    """The note cannot be as it is; one sentence. ``field`` is where."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class CodeNote:
    """A note on the codes from ``first_code`` to ``last_code`` with all below them; ISO days, blank is open."""

    id: int
    system: str
    first_code: str
    last_code: str
    text: str
    decision: str
    source: str
    valid_from: str
    valid_to: str
    status: str
    author: str
    approved_by: str
    version: int
    void_reason: str

    @property
    def codes(self) -> str:
        """The code or range as people write it."""
        first, last = (dotted(code, System(self.system)) for code in (self.first_code, self.last_code))
        return first if first == last else f"{first}-{last}"

    def is_about(self, code: str, day: str = "") -> bool:
        """Whether the note holds for a code (without dot) on an ISO day."""
        held = (not self.valid_from or self.valid_from <= day) and (not self.valid_to or day <= self.valid_to)
        return within(code, self.first_code, self.last_code) and (held or not day)


def get(note_id: int) -> CodeNote | None:
    """One note, void ones too."""
    row = database.execute_sql(f"SELECT {_COLUMNS} FROM code_note WHERE id = ?", (note_id,)).fetchone()
    return CodeNote(*row) if row else None


def about(code: str, system: System, day: str = "") -> list[CodeNote]:
    """The approved notes that hold for a code on an ISO day (blank: any), those on the narrowest range first."""
    wanted = normal(code)
    rows = database.execute_sql(
        f"SELECT {_COLUMNS} FROM code_note WHERE system = ? AND status = ? AND first_code <= ?"
        " AND substr(?, 1, length(last_code)) <= last_code",
        (system, APPROVED, wanted, wanted),
    )
    found = [note for note in (CodeNote(*row) for row in rows) if note.is_about(wanted, day)]
    return sorted(found, key=lambda note: (-len(note.first_code), note.first_code != note.last_code, note.id))


def noted(codes: Iterable[tuple[System, str]], day: str = "") -> set[tuple[System, str]]:
    """Those of a page of codes that have an approved note on an ISO day, asked for all at once."""
    rows = database.execute_sql(f"SELECT {_COLUMNS} FROM code_note WHERE status = ?", (APPROVED,))
    notes = [CodeNote(*row) for row in rows]
    return {
        (system, code)
        for system, code in codes
        if any(note.system == system and note.is_about(normal(code), day) for note in notes)
    }


def search(words: str, after: tuple[str, str, int] | None = None, limit: int = 50) -> list[CodeNote]:
    """Notes that hold every word, or that are about a code, by system and code; ``after`` is the key of the last.

    A single word that can be a code also finds the notes on ranges that hold it. Void notes are left out.
    """
    asked, values = ["status <> ?", "(system, first_code, id) > (?, ?, ?)"], [VOID, *(after or ("", "", 0))]
    told = words.split()
    for word in told:
        code = normal(word)
        said = "text || ' ' || decision || ' ' || source || ' ' || author || ' ' || status LIKE ? ESCAPE '\\'"
        pattern = f"%{_escaped(word)}%"
        if len(told) == 1 and any(each.isdigit() for each in code):
            held = "(first_code LIKE ? || '%' OR first_code <= ? AND substr(?, 1, length(last_code)) <= last_code)"
            asked.append(f"({said} OR {held})")
            values += [pattern, code, code, code]
        else:
            asked.append(f"({said})")
            values.append(pattern)
    rows = database.execute_sql(
        f"SELECT {_COLUMNS} FROM code_note WHERE {' AND '.join(asked)} ORDER BY system, first_code, id LIMIT ?",
        (*values, limit),
    )
    return [CodeNote(*row) for row in rows]


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def every() -> Iterator[CodeNote]:
    """Every note that is not void, by system and code."""
    rows = database.execute_sql(
        f"SELECT {_COLUMNS} FROM code_note WHERE status <> ? ORDER BY system, first_code, id", (VOID,)
    )
    return (CodeNote(*row) for row in rows.fetchall())


def proposed() -> int:
    """How many notes wait for approval."""
    row = database.execute_sql("SELECT count(*) FROM code_note WHERE status = ?", (PROPOSED,)).fetchone()
    return int(row[0])


def history(note_id: int) -> list[Change]:
    """Every change of a note, newest first."""
    return of_amendments(KIND, note_id)


# Acts ----------------------------------------------------------------------------------------------------------------


def write(actor: Actor, given: Mapping[str, str], before: CodeNote | None = None) -> CodeNote:
    """Write a note or change one: proposed until it is approved. One audited act.

    Raises ``NotWritten``, ``NotPermitted``, ``Conflict``.
    """
    columns = checked(given)
    with act(actor, Action.FILE_CODE_NOTE, kind=KIND) as done:
        note = _put(columns, before, Source(actor.user))
        done.record = note.codes
        done.changed({name: getattr(before, name) for name in FIELDS} if before else {}, columns)
    return note


def approve(actor: Actor, note: CodeNote) -> None:
    """Put a note in force: one audited act of a supervisor. Raises ``NotPermitted``, ``Conflict``."""
    with act(actor, Action.APPROVE_CODE_NOTE, kind=KIND, record=note.codes) as done:
        now = {"status": APPROVED, "approved_by": actor.user, "approved_utc": int(time.time())}
        _settle(note, now, Source(actor.user))
        done.changed({"status": note.status}, {"status": APPROVED})


def void(actor: Actor, note: CodeNote, reason: str) -> None:
    """Take a note out of use, with a reason: one audited act. What is in force takes a supervisor."""
    if not reason.strip():
        raise NotWritten("Say why the note is taken out of use.")
    deed = Action.APPROVE_CODE_NOTE if note.status == APPROVED else Action.FILE_CODE_NOTE
    with act(actor, deed, kind=KIND, record=note.codes) as done:
        _settle(note, {"status": VOID, "void_reason": clean(reason.strip())}, Source(actor.user))
        done.changed({"status": note.status}, {"status": VOID})
        done.detail["void"] = reason


def apply(given: Mapping[str, str], source: Source) -> Applied:
    """A row of a file, inside the caller's transaction: proposed, or unchanged when the same note stands there."""
    try:
        columns = checked(given)
    except NotWritten as error:
        return refusal("N101", str(error), error.field)
    names = ("system", "first_code", "last_code", "text")
    row = database.execute_sql(
        f"SELECT {_COLUMNS} FROM code_note WHERE status <> ? AND "
        + " AND ".join(f"{name} = ?" for name in names),
        (VOID, *(columns[name] for name in names)),
    ).fetchone()
    before = CodeNote(*row) if row else None
    changed = {
        name: (str(getattr(before, name)) if before else "", columns[name])
        for name in FIELDS
        if (str(getattr(before, name)) if before else "") != columns[name]
    }
    if before is not None and not changed:
        return Applied(before.id)
    note = _put(columns, before, source)
    return Applied(note.id, (), changed, created=before is None)


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """The columns of a note as they are kept. Raises ``NotWritten``."""
    columns = {name: clean(given.get(name, "").strip()) for name in FIELDS}
    columns["system"] = columns["system"].lower() or System.CM
    if columns["system"] not in set(System):
        raise NotWritten(f"{columns['system']} is no code set: it is one of {', '.join(System)}.", "system")
    first, _, last = columns["first_code"].partition("-")
    columns["first_code"] = normal(first)
    columns["last_code"] = normal(last or columns["last_code"]) or columns["first_code"]
    for name in ("first_code", "last_code"):
        if wrong := _not_a_code(columns[name], System(columns["system"])):
            raise NotWritten(wrong, name)
    if (
        columns["last_code"][: len(columns["first_code"])]
        < columns["first_code"][: len(columns["last_code"])]
    ):
        raise NotWritten("The range ends before it begins: exchange the two codes.", "last_code")
    if not columns["text"]:
        raise NotWritten("A note says something.", "text")
    for name in ("valid_from", "valid_to"):
        if columns[name] and not is_date(columns[name]):
            raise NotWritten("A day is written as 2026-10-01.", name)
    if columns["valid_from"] and columns["valid_to"] and columns["valid_to"] < columns["valid_from"]:
        raise NotWritten("The note ends before it begins.", "valid_to")
    return columns


def _not_a_code(code: str, system: System) -> str:
    """Why a text names no code, category or beginning of one; blank when it does."""
    if not code:
        return "Say which code, category or range the note is about."
    if not (code.isascii() and code.isalnum()) or len(code) > _LONGEST[system]:
        return f"{code} is no code, category or range: write I50, I50.2 or I20-I25."
    return problem(code, system) if system is System.CM and len(code) >= 3 else ""


def _put(columns: Mapping[str, str], before: CodeNote | None, source: Source) -> CodeNote:
    now = {
        "author": source.by,
        "written_utc": int(time.time()),
        "status": PROPOSED,
        "approved_by": "",
        "approved_utc": None,
    }
    old = {name: str(getattr(before, name)) for name in (*FIELDS, "status")} if before else {}
    new = {**columns, "status": PROPOSED}
    if before is None:
        note_id = Stored.add({**columns, **now})
    else:
        note_id = before.id
        _change(before, {**columns, **now})
    changed = {name: (old.get(name, ""), new[name]) for name in new if old.get(name, "") != new[name]}
    note_amendments(KIND, note_id, changed, source)
    found = get(note_id)
    assert found is not None
    return found


def _settle(note: CodeNote, columns: Mapping[str, Any], source: Source) -> None:
    _change(note, columns)
    changed = {"status": (note.status, str(columns["status"]))}
    if columns.get("void_reason"):
        changed["void reason"] = ("", str(columns["void_reason"]))
    note_amendments(KIND, note.id, changed, source)


def _change(note: CodeNote, columns: Mapping[str, Any]) -> None:
    if not Stored.change(note.id, columns, next_version=True, only_if={"version": note.version}):
        raise Conflict("Somebody changed this note meanwhile: open it again and compare.")


def today() -> str:
    """The ISO day of the facility's clock."""
    return store.current().now().local[:10]
