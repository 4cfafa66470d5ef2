"""The work queue of the demo hospital: charges, holds, notes, queries, a return by billing, and time worked."""

from __future__ import annotations

from random import Random
from typing import Final

from db import conventions, store
from db.abstracting import abstract_release
from db.abstracting.abstract_returns import Reason
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.worklist import work, work_acts
from recordroom.demo.queries import fill_queries
from rules.work import Asked, Kind

BASE_RATE: Final = "6480.00"
CHARGED_AFTER: Final = 3  # days; of the later discharges some have no charges yet
CHARGED: Final = 0.6
REVENUE_DAYS: Final = 95  # of discharges that have charges
HELD: Final = (
    ("DOC", 5, "Operative note asked for by phone; the surgeon is back on Monday."),
    ("PATH", 3, "Pathology says Thursday."),
    ("REG", None, "Two payers on the registration: with the business office."),
)
DAYS_WORKED: Final = 14
MINUTES: Final = {"tech": (14, 34), "coder": (11, 26)}  # a record, from and to


def fill_queue(actor: Actor) -> None:
    """Put something of everything into the queue."""
    random = Random("work/1")  # noqa: S311 - a demonstration, no secret
    conventions.file_setting(actor, "drg_base_rate", BASE_RATE, 1)
    _charge(actor, random)
    waiting = [item.account for item in work.page(actor, Asked(kinds=Kind.ABSTRACT), None, 12)]
    for account, (reason, days, note) in zip(waiting, HELD, strict=False):
        work_acts.note(actor, account, note)
        work_acts.hold(actor, account, reason, store.current().now().day + days if days else None)
    for account, user in zip(waiting[3:7], ("tech", "tech", "coder", "coder"), strict=False):
        work_acts.assign(actor, account, user)
    fill_queries(actor, waiting[7:10])
    complete = [item.encounter_id for item in work.page(actor, Asked(kinds=Kind.RELEASE), None, 1)]
    for encounter_id in complete:
        reasons = [Reason("", "The payer on the claim is not the one of the stay.", "payer")]
        abstract_release.returned(actor, encounter_id, reasons)
    _worked(random)


def _charge(actor: Actor, random: Random) -> None:
    today = store.current().now().day
    rows = database.execute_sql(
        "SELECT account, coalesce(los_days, 1), discharge_day FROM encounter WHERE class = 'I' AND state = 'active'"
        " AND discharge_day > ? ORDER BY id",
        (today - REVENUE_DAYS,),
    ).fetchall()
    with writing():
        for account, los_days, discharge_day in rows:
            if discharge_day <= today - CHARGED_AFTER or random.random() < CHARGED:
                cents = max(1, los_days) * random.randrange(280_000, 910_000)
                work_acts.apply_charge(account, cents, Source(actor.user, "demo"))


def _worked(random: Random) -> None:
    """Sittings of the last days, as the clock of the forms would have taken them."""
    now, rows = store.current().now(), []
    users = dict(database.execute_sql("SELECT name, id FROM user").fetchall())
    accounts = database.execute_sql(
        "SELECT number FROM data_case WHERE data_set = 'abstract' ORDER BY filed_utc DESC LIMIT 400"
    ).fetchall()
    for number, (account,) in enumerate(accounts):
        name = ("tech", "coder")[number % 2]
        back = 1 + number * DAYS_WORKED // max(1, len(accounts))
        seconds = 60 * random.randint(*MINUTES[name])
        ended = now.utc - back * 86_400
        rows.append(
            (users[name], "abstract", account, now.day - back, ended - seconds, ended, seconds, 1, "filed")
        )
    with writing():
        database.connection().executemany(
            "INSERT INTO work_time (user_id, data_set, record, day, began_utc, ended_utc, seconds, revision, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
