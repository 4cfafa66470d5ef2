"""What is not final billed account by account: since when, worth how much, why, and in whose hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from db import store
from db.abstracting.dnfb import STAYS, waited, waiting
from db.connect import database
from rules import work
from rules.identity import Name, shown_name
from rules.work import Reason


class NotBilled(NamedTuple):
    """An account that is not final billed."""

    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    td_key: str
    name_key: str
    name: str
    discharge_day: int
    days: int  # since discharge
    class_: str
    unit: str
    service: str
    payer: str
    attending: str
    reason: Reason
    hold: str  # reason of the hold, blank without one
    holder: str  # who has it in hand
    value_cents: int | None
    value_from: str
    sensitive: str


_ACCOUNTS: Final = (
    "SELECT w.encounter_id, w.account, w.patient_id, w.mrn, w.td_key, w.name_key, p.last_name, p.first_name,"
    " p.middle_name, p.suffix, w.discharge_day, w.class, w.unit, w.service, w.payer, w.attending, w.kinds,"
    " CASE WHEN w.hold_until > :today THEN w.hold_reason END, w.assigned, w.value_cents, w.value_from,"
    " coalesce(s.class, '') FROM ({}) w CROSS JOIN patient p ON p.id = w.patient_id"
    " LEFT JOIN sensitive_patient s ON s.patient_id = w.patient_id"
)


def not_billed(classes: Sequence[str] = STAYS) -> list[NotBilled]:
    """Every account of these classes that is not final billed now, oldest discharge first."""
    today = store.current().now().day
    found = [
        NotBilled(
            id_, account, patient, mrn, td_key, name_key, shown_name(Name(last, first, middle, suffix)), day,
            waited(day, today), class_, unit, service, payer, attending, work.reason(kinds, held=hold is not None),
            hold or "", holder, cents, source, sensitive,
        )
        for id_, account, patient, mrn, td_key, name_key, last, first, middle, suffix, day, class_, unit, service,
        payer, attending, kinds, hold, holder, cents, source, sensitive in database.execute_sql(
            _ACCOUNTS.format(waiting(classes)), {"today": today}
        )
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.discharge_day, each.encounter_id))
