"""The codes of an account as they are being keyed: one draft for ABS, OVR, ABQ and CDG, read and written from beside.

What-if, earlier encounters, evidence and queries take the record from here and put codes here, as if they were keyed.
"""

from __future__ import annotations

from db import drafts, locks
from rules.abstract_findings import settled
from screens.abstracting.abstract import Abstract
from screens.session import Session
from tui.screen import Opened, ScreenError, Values


def now(session: Session, account: str) -> Values:
    """The abstract of an account as it stands: the draft over what is filed, with its computed items.

    Audited as a view unless it stands open in this session. Raises ``ScreenError`` and ``NotPermitted``.
    """
    form = _open_form(session, account)
    if form is not None:
        return _with(form.values, form.incoming)
    form, opened = _read(session, account)
    return settled(form.dictionary, opened.values, form.context())


def put(session: Session, account: str, changes: Values) -> None:
    """Put values into the draft of an account as if they were keyed; "" clears one.

    The form takes them up as one step when somebody comes back to it. Raises ``ScreenError`` when the record can
    only be read now.
    """
    form = _open_form(session, account)
    if form is not None:
        if form.taken_over:
            raise ScreenError(form.taken_over)
        form.incoming = {**form.incoming, **changes}
        form.save_draft(form.values, _focus(form))
        return
    form, opened = _read(session, account)
    if opened.locked:
        raise ScreenError(opened.locked)
    lock = ("abstract", form.key)
    held = locks.take(session.actor, *lock)
    if held is not None:
        raise ScreenError(f"{held.full_name or held.user} is changing this record: nothing was put into it.")
    try:
        form.save_draft(_with(opened.values, changes), opened.focus)
    finally:
        locks.release(session.actor, *lock)


def _open_form(session: Session, account: str) -> Abstract | None:
    """The form on which the account is being keyed in this session."""
    form = session.records.get(("abstract", account.strip()))
    return form if isinstance(form, Abstract) else None


def _read(session: Session, account: str) -> tuple[Abstract, Opened]:
    """The record and its draft, read without a lock."""
    form = Abstract(session)
    loaded = form.load(account)
    form.key, form.version = loaded.lock[1], loaded.version
    form.take_version(loaded.record)
    return form, form.with_draft(Opened(dict(loaded.record), loaded.banner, locked=loaded.read_only))


def _focus(form: Abstract) -> str:
    draft = drafts.load(form.session.actor, (form.word, form.key))
    return draft.focus if draft else ""


def _with(values: Values, changes: Values) -> Values:
    return {path: value for path, value in {**values, **changes}.items() if value}
