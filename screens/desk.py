"""DESK: what waits, how much and how old. Where everybody starts; each line opens its list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import ClassVar, Final

from config.code_sources import expiry_notice, standing_store
from db import store
from db.access import counts as access_counts
from db.actors import Action as Deed
from db.disclosure import counts as request_counts
from db.feeds import counts as feed_counts
from db.patient_index import counts as patient_counts
from db.registry import counts as registry_counts
from db.schedule import counts as schedule_counts
from db.statistics import counts as census_counts
from db.worklist import counts as work_counts
from rules.moments import iso_date
from screens.session import Session
from screens.waiting import aged, counts
from tui.screen import Entry, MenuScreen

MANY: Final = 100  # a longer list is said to hold more


class Desk(MenuScreen):
    """Counts for the roles of whoever sits here."""

    title: ClassVar[str] = "Desk"
    session: Session

    def heading(self) -> Sequence[str]:
        name = self.session.signed_on.full_name or self.session.user
        roles = "all roles" if len(self.session.roles) >= 7 else ", ".join(sorted(self.session.roles))
        full = self.session.signed_on.disk_warning
        wrong = self.session.wrong_dictionary
        wrong = f"The facility's dictionaries cannot be used: {wrong}" if wrong else ""
        return (f"{name}, {roles}", *filter(None, (full, wrong, self._end_of_codes())))

    def _end_of_codes(self) -> str:
        """That the code sets end soon, for whoever codes: read off the first bytes of their file."""
        path = (
            standing_store(self.session.seat.directory)
            if self.session.actor.may(Deed.FILE_ABSTRACT)
            else None
        )
        today = date.fromisoformat(iso_date(store.current().now().day))
        return expiry_notice(path, today) if path else ""

    def entries(self) -> Sequence[Entry]:
        may = self.session.actor.may
        return [entry for deed, make in PARTS if may(deed) for entry in make(self.session)]


def work_queue(session: Session) -> Iterable[Entry]:
    own = work_counts.mine(session.actor)
    found = counts(session.actor, ("WRK", "WRC"))
    for word, title in (("WRK", "Work queue"), ("WRC", "Discharges to code")):
        yield Entry(word, title, word, *found[word])
    if own.items:
        yield Entry("MINE", "Work that is yours", "WRK TO=ME", *aged(own))


def physician_queries(session: Session) -> Iterable[Entry]:
    yield Entry("QRL", "Queries to physicians", "QRL", *counts(session.actor, ("QRL",))["QRL"])


def house(session: Session) -> Iterable[Entry]:
    units = census_counts.census_now()
    heads = sum(row[1] for row in units)
    newborns, away = sum(row[2] for row in units), sum(row[3] for row in units)
    yield Entry("CEN", "In house now", "CEN", str(heads + newborns), f"{newborns} newborn, {away} on leave")
    if away and session.actor.may(Deed.RUN_REPORT) and (overdue := _overdue()):
        yield Entry("N05", "Absences past their limit", "PGE overdue-absences", str(overdue))
    counts = census_counts.event_counts(store.current().now().day - 1)
    yield Entry("ADM", "Admitted yesterday", "ADM", str(counts["admissions"]))
    yield Entry("DSC", "Discharged yesterday", "DSC", str(counts["discharges"]), f"{counts['deaths']} died")
    yield Entry("TRN", "Transferred yesterday", "TRN", str(counts["transfers"]))
    yield Entry("DTH", "Died yesterday", "DTH", str(counts["deaths"]))


def _overdue() -> int:
    """Absences past their limit at the last census. Only where somebody is away are their limits read."""
    from db.statistics import absences

    return len(absences.overdue(store.current().now().day - 1))


def feed(session: Session) -> Iterable[Entry]:
    yield Entry("HLD", "Held messages", "HLD", str(feed_counts.held()))
    yield Entry("DIS", "Feed disagrees", "DIS", str(feed_counts.disagreements()))
    unnamed = patient_counts.unnamed(MANY + 1)
    yield Entry("REN", "Patients to rename", "REN", f"{MANY}+" if unnamed > MANY else str(unnamed))


def patient_index(session: Session) -> Iterable[Entry]:
    waiting, later = patient_counts.pairs()
    new = patient_counts.not_compared(patient_counts.MOST)
    others = ((later, "put off"), (new, "not compared"))
    note = ", ".join(f"{_up_to(count)} {what}" for count, what in others if count)
    yield Entry("DUP", "Charts that may be one person", "DUP", _up_to(waiting), note)
    yield Entry("OVL", "Amended into another person?", "OVL", str(patient_counts.overlays()))


def _up_to(count: int) -> str:
    return f"{patient_counts.MOST}+" if count >= patient_counts.MOST else str(count)


def review(session: Session) -> Iterable[Entry]:
    user, due = session.user, work_counts.reviews_due(session.user)
    unseen = work_counts.reviews_unseen(user)
    if due:
        yield Entry("RVL", "Reviews due", "RVL", str(due))
    if unseen:
        yield Entry("RVF", "Reviews of your records, not seen", "RVF", str(unseen))
    if session.actor.may(Deed.ARBITRATE_REVIEW) and (waiting := work_counts.reviews_to_settle(user)):
        yield Entry("RVL SETTLE", "Reviews to settle", "RVL SETTLE", str(waiting))


def disclosure(session: Session) -> Iterable[Entry]:
    counts = request_counts.requests(session.actor)
    parts = ((counts.overdue, "late"), (counts.due_soon, "soon due"), (counts.held, "held"))
    waiting = ", ".join(f"{count} {what}" for count, what in parts if count)
    yield Entry("RQL", "Requests for information", "RQL", str(counts.open), waiting)


def registries(session: Session) -> Iterable[Entry]:
    for entry in dict.fromkeys(session.menu.screens.values()):
        if not entry.permits(session.roles):
            continue
        if entry.screen == "screens.registry:records":
            name = entry.title.partition(":")[0].removesuffix(" registry")
            count = registry_counts.records(entry.data_set, "open")
            yield Entry(entry.word, f"{name} records still open", entry.word, str(count))
        elif entry.screen == "screens.registry:suspense":
            yield Entry(entry.word, entry.title, entry.word, str(_suspects(session, entry.data_set)))


def _suspects(session: Session, data_set: str) -> int:
    """Accounts that may be cases. Which they are, the dictionary says, and only this asks for one."""
    from config.data_sets import SITE, library
    from db.registry.registries import suspects_count

    return suspects_count(library(session.seat.directory / SITE).of(data_set))


def privacy_alerts(session: Session) -> Iterable[Entry]:
    yield Entry("ALR", "Alerts to review", "ALR", str(access_counts.alerts()))


def scheduled(session: Session) -> Iterable[Entry]:
    found = schedule_counts.troubled()
    parts = ((found.failed, "failed"), (found.overdue, "overdue"))
    note = ", ".join(f"{count} {what}" for count, what in parts if count)
    if note:
        yield Entry("SCH", "Scheduled jobs to look at", "SCH", str(found.failed + found.overdue), note)


def own_drafts(session: Session) -> Iterable[Entry]:
    count, newest = counts(session.actor, ("DRF",))["DRF"]
    if newest:
        yield Entry("DRF", "Your drafts", "DRF", count, newest)


PARTS: Final[tuple[tuple[Deed, Callable[[Session], Iterable[Entry]]], ...]] = (
    (Deed.RUN_JOB, scheduled),  # there only where one is in trouble, and then never on a further page
    (Deed.SIGN_ON, own_drafts),  # what one was in the midst of comes before what waits
    (Deed.FILE_ABSTRACT, work_queue),
    (Deed.FILE_QUERY, physician_queries),
    (Deed.VIEW_CENSUS, house),
    (Deed.VIEW_HOLD_QUEUE, feed),
    (Deed.REVIEW_DUPLICATE, patient_index),
    (Deed.VIEW_REGISTRY, registries),
    (Deed.VIEW_REQUEST, disclosure),
    (Deed.REVIEW_RECORD, review),
    (Deed.REVIEW_ALERT, privacy_alerts),
)
