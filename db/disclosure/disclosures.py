"""Releases, their suspensions and the accounting of disclosures. Every row stands for ever as it was written.

A correction is a further version of the release that points back to the one it supersedes. Nobody decides at
entry whether a release is accounted for: every one is logged, and the accounting is a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act, permit, viewed
from db.connect import database
from db.disclosure import requests
from db.disclosure.disclosure_law import check_entitlement, law, not_allowed
from db.patient_index import patients
from db.schema.disclosure import NO_DUE_DAY, Release, Suspension
from rules.deadlines import clock, due
from rules.disclosure import Status, accounting_from
from rules.entitlement import Decision
from rules.moments import Moment, day_number, iso_date, moment
from rules.values import is_date, is_moment

REGIMES: Final = {  # regime of table accounting_regimes -> column that says whether a release falls under it
    "HIPAA": "hipaa_accountable", "PA": "pa_accountable", "PART2": "part2_accountable",
}  # fmt: skip
ALL: Final = "ALL"
ORAL, WRITTEN = "ORAL", "WRITTEN"
MOST_VERSIONS: Final = 1000
LATEST: Final = "NOT EXISTS (SELECT 1 FROM release newer WHERE newer.supersedes_id = r.id)"
_AS_WRITTEN: Final = {  # field of ReleaseRow -> column
    "number": "r.number", "version": "r.version", "request_number": "q.number", "released_on": "r.released_day",
    "recipient_name": "r.recipient_name", "recipient_address": "r.recipient_address", "what": "r.what",
    "parts": "r.parts", "purpose": "r.purpose", "authority": "r.authority", "medium": "r.medium",
    "pages": "r.pages", "note": "r.note", "released_by": "r.released_by",
    "superseding_reason": "r.superseding_reason", "exception_reason": "r.exception_reason",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What leaves, to whom and why. Codes are of tables parts, purposes, disclosure_authorities, release_media."""

    released_at: str  # local moment
    recipient_name: str
    recipient_address: str
    what: str  # brief description for the accounting
    parts: str  # codes, blanks between
    purpose: str
    authority: str
    medium: str
    pages: int = 0
    note: str = ""
    released_by: str = ""  # blank: who records it


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A version of a release in the log of a patient. ``key`` continues the list behind it."""

    number: str
    version: int
    request_number: str
    released_on: str
    released_at: str  # local moment
    recipient_name: str
    recipient_address: str
    what: str
    parts: str
    purpose: str
    authority: str
    medium: str
    pages: int
    note: str
    released_by: str
    latest: bool  # no later version supersedes it
    entered_in_error: bool
    superseding_reason: str
    exception_reason: str
    regimes: tuple[str, ...]
    b7: bool
    suspended_until: str
    key: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AccountingRow:
    """A disclosure as an accounting lists it: 45 CFR 164.528(b)(2), 5 USC 552a(c)(1)."""

    day: str
    recipient_name: str
    recipient_address: str
    what: str
    purpose: str  # in words
    basis: str  # in words
    regimes: tuple[str, ...]
    release_number: str
    version: int
    request_number: str


def release(
    actor: Actor, number: str, new: NewRelease, expected_version: int, *, complete: bool, exception: str = ""
) -> str:
    """Log a release on request ``number`` and return the number of the release.

    ``complete``: with it the request is answered; else a part of it. Releasing again from a complete request
    changes nothing of it. ``exception`` is the privacy officer's reason where the entitlement table does not
    permit. Raises ``NotPermitted``, ``NotAllowed`` and ``Conflict``.
    """
    with act(actor, Action.RELEASE_INFORMATION, kind="release") as done:
        now, request = store.current().now(), requests.read(number)
        done.patient_id = request.patient_id
        at = _check(new, request.values["received_on"], now)
        decision = _decision(request, new)
        check_entitlement(actor, decision, exception)
        word = "RESEND" if request.status is Status.COMPLETE else "COMPLETE" if complete else "PART"
        requests.move(request, word, expected_version, actor, now, day=iso_date(at.day), reason=exception)
        done.record = f"D{store.next_number('release'):06d}"
        _insert(
            new, at, now, actor, decision, number=done.record, version=1, request_id=request.id,
            patient_id=request.patient_id, exception_reason=exception,
        )  # fmt: skip
        done.detail |= {"request": number, "step": word, "row": decision.row, "exception": exception}
    return done.record


def supersede_release(
    actor: Actor, release_number: str, corrected: NewRelease | None, expected_version: int, reason: str
) -> int:
    """Log a correction as a further version and return it; ``corrected`` None: nothing was released.

    What has happened is logged whether or not the table permits it. Raises ``NotPermitted``, ``NotAllowed``
    and ``Conflict``, when ``expected_version`` of the release is no more the last one.
    """
    with act(actor, Action.RELEASE_INFORMATION, kind="release", record=release_number) as done:
        now, old = store.current().now(), _latest(release_number)
        done.patient_id = old["patient_id"]
        if not reason.strip():
            raise not_allowed(
                "RQ401", "Say why the release is corrected: the reason stays with it.", "reason"
            )
        if old["version"] != expected_version:
            raise Conflict(
                f"Somebody corrected release {release_number} meanwhile: open it again and compare."
            )
        request = requests.read(old["request_number"])
        new = corrected or _as_new(old)
        at = _check(new, request.values["received_on"], now)
        decision = _decision(request, new)
        version = expected_version + 1
        _insert(
            new, at, now, actor, decision, number=release_number, version=version, request_id=request.id,
            patient_id=old["patient_id"], exception_reason=old["exception_reason"], supersedes_id=old["id"],
            superseding_reason=reason, entered_in_error=int(corrected is None),
        )  # fmt: skip
        done.detail |= {"supersedes": expected_version, "reason": reason, "in_error": corrected is None}
    return version


def suspend_accounting(
    actor: Actor, release_number: str, kind: str, *, agency: str, official: str, statement: str,
    from_day: str = "", until: str = "",
) -> str:  # fmt: skip
    """Keep a release out of the accountings given to the patient; returns the last day of that.

    An ``ORAL`` statement holds for at most 30 days, a ``WRITTEN`` one to the day that it names:
    45 CFR 164.528(a)(2). Raises ``NotPermitted`` and ``NotAllowed``.
    """
    with act(actor, Action.SUSPEND_ACCOUNTING, kind="release", record=release_number) as done:
        now, row = store.current().now(), _latest(release_number)
        done.patient_id = row["patient_id"]
        if not row["suspendable"]:
            raise not_allowed(
                "RQ402", "Only a disclosure to law enforcement or a health oversight agency can be suspended."
            )
        if not (agency.strip() and official.strip() and statement.strip()):
            raise not_allowed("RQ403", "Name agency and official, and what they stated.")
        first = from_day or iso_date(now.day)
        last = _suspended_to(kind, first, until)
        Suspension.add({
            "release_number": release_number, "kind": kind, "from_day": day_number(first),
            "until_day": day_number(last), "agency": agency, "official": official, "statement": statement,
            "recorded_utc": now.utc, "recorded_by": actor.user,
        })  # fmt: skip
        done.detail |= {"kind": kind, "from": first, "until": last, "agency": agency}
    return last


def accounting(
    actor: Actor, patient_id: int, from_day: str = "", to_day: str = "", regime: str = ALL
) -> list[AccountingRow]:
    """The accounting of disclosures of a patient as it may be given today, logged as seen."""
    permit(actor, Action.VIEW_ACCOUNTING, kind="accounting", patient_id=patient_id)
    rows = accounting_rows(patient_id, from_day, to_day, regime)
    shown = [f"{row.release_number}.{row.version}" for row in rows]
    query = {"from": from_day, "to": to_day, "regime": regime}
    requests.log_list(actor, Action.VIEW_ACCOUNTING, "accounting", patient_id, shown, **query)
    return rows


def accounting_rows(
    patient_id: int, from_day: str = "", to_day: str = "", regime: str = ALL, *, as_of: str = ""
) -> list[AccountingRow]:
    """Disclosures from ``from_day`` to ``to_day`` (blank: all) that an accounting given on ``as_of`` lists.

    Oldest first. ``regime`` is HIPAA, PA, PART2 or ALL, which lists what any of them asks for; each looks back
    as far as its law says. Left out are superseded versions, releases entered in error, and those under a
    suspension that is active on ``as_of`` (today when blank). For callers that log what they show.
    """
    today = day_number(as_of) if as_of else store.current().now().day
    tables = law(today).tables
    chosen = [name for name in REGIMES if regime in (name, ALL)]
    first = {name: accounting_from(name, date.fromordinal(today), tables) for name in chosen}
    wanted = " OR ".join(f"(r.{REGIMES[name]} = 1 AND r.released_day >= ?)" for name in chosen)
    family = patients.family(patient_id)
    rows = database.execute_sql(
        "SELECT r.released_day, r.recipient_name, r.recipient_address, r.what, r.purpose, r.authority,"
        " r.hipaa_accountable, r.pa_accountable, r.part2_accountable, r.number, r.version, q.number"
        " FROM release r JOIN request q ON q.id = r.request_id"
        f" WHERE r.patient_id IN ({', '.join('?' for _ in family)}) AND r.released_day BETWEEN ? AND ?"
        f" AND r.entered_in_error = 0 AND {LATEST} AND ({wanted or '1 = 0'})"
        " AND NOT EXISTS (SELECT 1 FROM suspension s WHERE s.release_number = r.number"
        " AND ? BETWEEN s.from_day AND s.until_day) ORDER BY r.released_day, r.id",
        (*family, day_number(from_day) if from_day else 0, day_number(to_day) if to_day else NO_DUE_DAY,
         *(day.toordinal() if day else 0 for day in first.values()), today),
    )  # fmt: skip

    def text(table: str, code: str, day: str) -> str:
        row = tables[table].find(code, day)
        return row.text if row else code

    def listing(flags: Sequence[int], day: int) -> tuple[str, ...]:
        held = zip(REGIMES, flags, strict=True)
        return tuple(n for n, flag in held if flag and n in first and day >= _ordinal(first[n]))

    return [
        AccountingRow(
            iso_date(day), name, address, what, text("purposes", purpose, iso_date(day)),
            text("disclosure_authorities", authority, iso_date(day)), listing(flags, day), number, version, asked,
        )
        for day, name, address, what, purpose, authority, *flags, number, version, asked in rows
    ]  # fmt: skip


def releases(
    actor: Actor, patient_id: int, after: tuple[int, int] | None = None, limit: int = 50
) -> list[ReleaseRow]:
    """The log of a patient's releases for staff, newest first, every version; logged as seen."""
    permit(actor, Action.VIEW_ACCOUNTING, kind="releases", patient_id=patient_id)
    family = patients.family(patient_id)
    rows = _log(
        f"r.patient_id IN ({', '.join('?' for _ in family)}) AND (r.released_day, r.id) < (?, ?)",
        (*family, *(after or (NO_DUE_DAY, 2**62))), limit,
    )  # fmt: skip
    shown = [f"{row.number}.{row.version}" for row in rows]
    requests.log_list(actor, Action.VIEW_ACCOUNTING, "releases", patient_id, shown)
    return rows


def open_release(actor: Actor, release_number: str) -> list[ReleaseRow]:
    """Every version of a release, the last first; logged as seen. Raises ``NotAllowed`` when there is none."""
    permit(actor, Action.VIEW_ACCOUNTING, kind="release", record=release_number)
    patient_id = _latest(release_number)["patient_id"]
    viewed(actor, Action.VIEW_ACCOUNTING, kind="release", record=release_number, patient_id=patient_id)
    return sorted(_log("r.number = ?", (release_number,), MOST_VERSIONS), key=lambda row: -row.version)


def _log(where: str, values: Sequence[object], limit: int) -> list[ReleaseRow]:
    today = store.current().now().day
    rows = database.execute_sql(
        f"SELECT {', '.join(_AS_WRITTEN.values())}, CASE WHEN {LATEST} THEN 1 ELSE 0 END, r.entered_in_error,"
        " r.hipaa_accountable, r.pa_accountable, r.part2_accountable, r.pa_b7, (SELECT max(s.until_day)"
        " FROM suspension s WHERE s.release_number = r.number AND ? BETWEEN s.from_day AND s.until_day),"
        " r.released_utc, r.released_offset, r.id"
        f" FROM release r JOIN request q ON q.id = r.request_id WHERE {where}"
        " ORDER BY r.released_day DESC, r.id DESC LIMIT ?",
        (today, *values, limit),
    )
    return [_row(*row) for row in rows]


def _row(*columns: Any) -> ReleaseRow:
    *texts, latest, in_error, hipaa, pa, part2, b7, until, utc, offset, id_ = columns
    named = dict(zip(_AS_WRITTEN, texts, strict=True))
    day = named["released_on"]
    named["released_on"] = iso_date(day)
    return ReleaseRow(
        **named, released_at=Moment(utc, offset, day).local, latest=bool(latest), entered_in_error=bool(in_error),
        regimes=tuple(n for n, flag in zip(REGIMES, (hipaa, pa, part2), strict=True) if flag), b7=bool(b7),
        suspended_until=iso_date(until) if until else "", key=(day, id_),
    )  # fmt: skip


def _check(new: NewRelease, received_on: str, now: Moment) -> Moment:
    """The moment of the release; raises ``NotAllowed`` where the row would not do for an accounting."""
    if not is_moment(new.released_at) or not received_on <= new.released_at[:10]:
        raise not_allowed("RQ412", "Enter day and time of the release, after the receipt.", "released_at")
    at = moment(new.released_at, store.current().zone)
    if at.utc > now.utc:
        raise not_allowed("RQ404", "The release cannot lie ahead.", "released_at")
    for field in ("recipient_name", "what", "parts", "purpose", "authority", "medium"):
        if not getattr(new, field).strip():
            raise not_allowed("RQ405", "Every accounting asks for this: fill it in.", field)
    if new.pages < 0:
        raise not_allowed("RQ406", "Pages cannot be fewer than none.", "pages")
    return at


def _decision(request: requests.Request, new: NewRelease) -> Decision:
    return requests.decision_of(
        request, new.released_at[:10], parts=new.parts, purpose=new.purpose, authority=new.authority,
        medium=new.medium,
    )  # fmt: skip


def _insert(
    new: NewRelease, at: Moment, now: Moment, actor: Actor, decision: Decision, **more: str | int
) -> None:
    flags = decision.flags
    Release.add({
        "released_utc": at.utc, "released_offset": at.offset, "released_day": at.day,
        "recipient_name": new.recipient_name, "recipient_address": new.recipient_address, "what": new.what,
        "parts": new.parts, "purpose": new.purpose, "authority": new.authority, "medium": new.medium,
        "pages": new.pages, "note": new.note, "released_by": new.released_by or actor.user,
        "facility_kind": law(at.day).facility, "entitlement": decision.row,
        "pa_accountable": int(flags.privacy_act), "hipaa_accountable": int(flags.hipaa),
        "part2_accountable": int(flags.part2), "pa_b7": int(flags.b7), "suspendable": int(flags.suspendable),
        "recorded_utc": now.utc, "recorded_by": actor.user, **more,
    })  # fmt: skip


def _latest(release_number: str) -> dict[str, Any]:
    names = (
        "id", "version", "patient_id", "released_utc", "released_offset", "recipient_name",
        "recipient_address", "what", "parts", "purpose", "authority", "medium", "pages", "note", "released_by",
        "exception_reason", "suspendable",
    )  # fmt: skip
    row = database.execute_sql(
        f"SELECT q.number, {', '.join(f'r.{name}' for name in names)} FROM release r"
        f" JOIN request q ON q.id = r.request_id WHERE r.number = ? AND {LATEST}",
        (release_number,),
    ).fetchone()
    if row is None:
        raise not_allowed("RQ407", f"There is no release {release_number}: look it up by patient.")
    return dict(zip(("request_number", *names), row, strict=True))


def _as_new(old: dict[str, Any]) -> NewRelease:
    at = Moment(old["released_utc"], old["released_offset"], 0).local
    names = ("recipient_name", "recipient_address", "what", "parts", "purpose", "authority", "medium", "pages",
             "note", "released_by")  # fmt: skip
    return NewRelease(at, **{name: old[name] for name in names})


def _suspended_to(kind: str, first: str, until: str) -> str:
    """The last day of a suspension, checked against how it was asked for."""
    if kind not in (ORAL, WRITTEN):
        raise not_allowed("RQ408", "A suspension is asked for ORAL or WRITTEN.", "kind")
    if not is_date(first) or (until and (not is_date(until) or until < first)):
        raise not_allowed("RQ409", "The suspension ends before it begins: correct its days.", "until")
    if kind == WRITTEN:
        if not until:
            raise not_allowed("RQ410", "A written statement names its end: enter the day.", "until")
        return until
    row = law().tables["clocks"].find("ORAL_SUSPENSION", first)
    last = due(clock(row), date.fromisoformat(first)) if row else None
    longest = last.isoformat() if last else first
    if until > longest:
        raise not_allowed(
            "RQ411", f"An oral statement holds to {longest} at most: ask for a written one.", "until"
        )
    return until or longest


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0
