"""Whatever is done to a store after its months were closed, a month whose figures differ is marked, and says why."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import store
from db.actors import Actor
from db.changes import Source
from db.connect import database, snapshot, writing
from db.hospital import encounters, events, movements, site
from db.hospital.movements import Movement
from db.hospital.site import Beds
from db.patient_index import merging, patients
from db.statistics import census, closing, corrections
from rules.census import Event
from rules.moments import day_number, moment
from tests.builders import a_closed_month, a_patient, a_stay

SOURCE = Source("clerk", "test")
MONTHS = ("2025-10", "2025-11")
ACTS = ("admit", "discharge", "leave", "return", "move", "cancel", "earlier", "newborn", "merge", "charts", "event",
        "void", "beds", "unit", "weight", "leave rule")  # fmt: skip

histories = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 4), st.integers(1, 75)), min_size=1, max_size=8
)

Hospital = tuple[list[int], list[int]]
"""Accounts and patients."""


def a_hospital() -> Hospital:
    """Five accounts of October to December 2025."""
    people = [a_patient() for _ in range(3)]
    accounts = [
        a_stay("2025-10-03T08:00", "2025-10-09T09:00", patient_id=people[0]),
        a_stay("2025-10-28T08:00", "2025-11-04T09:00", patient_id=people[1]),
        a_stay("2025-11-10T08:00", "2025-11-12T09:00", patient_id=people[2], disposition="20"),
        a_stay("2025-11-20T08:00", patient_id=people[0]),
        a_stay("2025-12-02T08:00", "2025-12-04T09:00", patient_id=people[1]),
    ]
    with writing():
        events.apply(
            accounts[2], people[2], "autopsy", moment("2025-11-13T08:00", store.current().zone), "", SOURCE
        )
    return accounts, people


def sign_everything(actor: Actor) -> None:
    """Both months are signed as they are now."""
    for month in MONTHS:
        last = closing.newest(month)
        if last is None or corrections.compare(actor, last).figures:
            a_closed_month(actor, month)


def do(actor: Actor, hospital: Hospital, name: str, which: int, days: int) -> None:
    """One late act; one that is refused changes nothing."""
    accounts, people = hospital
    account = accounts[which]
    at = moment(f"{day(days)}T{10 + which}:00", store.current().zone)
    with writing():
        match name:
            case "admit" | "discharge" | "leave" | "return":
                movements.record(account, Movement(Event(name), at, "3E", "MED", disposition="01"), SOURCE)
            case "move":
                movements.record(account, Movement(Event.TRANSFER, at, "4W", "SUR"), SOURCE)
            case "cancel":
                movements.cancel_latest(account, Event.DISCHARGE if days % 2 else Event.ADMIT, SOURCE)
            case "earlier":
                if (row := movements.latest(account)) is not None:
                    movements.change(row.id, Movement(row.event, at, "3E", "MED", disposition="20"), SOURCE)
            case "newborn":
                number, owner = database.execute_sql(
                    "SELECT account, patient_id FROM encounter WHERE id = ?", (account,)
                ).fetchone()
                encounters.apply(number, owner, {"newborn": str(days % 2)}, SOURCE)
            case "merge":
                merging.merge_accounts(account, accounts[(which + 1) % len(accounts)], SOURCE)
            case "charts":
                patients.merge(people[which % 3], people[(which + 1) % 3], SOURCE)
            case "event":
                events.apply(account, people[0], "operation", at, "clean", SOURCE)
            case "void":
                (last,) = database.execute_sql("SELECT max(id) FROM event").fetchone()
                events.void(last, SOURCE)
            case "beds":
                site.apply_beds(Beds("3E", day_number(day(days)), 10 + which), SOURCE)
            case "unit":
                site.apply("unit", "3E", {"counts_in_census": str(days % 2)}, SOURCE)
            case "weight":
                database.execute_sql(
                    "UPDATE encounter SET weight_ten_thousandths = ? WHERE id = ?", (days * 100, account)
                )
    if name == "leave rule":
        site.file_setting(actor, "leave_rule", ("vista", "every night")[which % 2], day_number(day(days)))


def day(days: int) -> str:
    """One of 28 days of October, November or December 2025."""
    return f"2025-{10 + (days - 1) // 28:02d}-{(days - 1) % 28 + 1:02d}"


class TestMarks:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(histories)
    def test_never_miss_a_month_whose_figures_differ(
        self, admin: Actor, history: list[tuple[str, int, int]]
    ) -> None:
        hospital = a_hospital()
        sign_everything(admin)
        assert not any(each.changed for each in closing.standing())
        for name, which, days in history:
            do(admin, hospital, name, which, days)
        census.bring_up_to_date_if_due()
        for each in closing.standing():
            with snapshot():
                found = corrections.read(each.closing)
            if found.figures:
                assert each.changed, found.figures
                assert found.changes, found.figures
