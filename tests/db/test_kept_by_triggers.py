"""Columns that triggers keep (return, consultations, DRG weight) equal a recount after whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import store
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, events, movements
from db.hospital.movements import Movement
from db.patient_index import patients
from rules.census import Event
from rules.moments import moment
from tests.builders import a_patient, a_stay, a_weighed_abstract, an_encounter

SOURCE = Source("clerk", "test")

Stay = tuple[int, int, str, str, int | None, int | None, int | None, int | None]


def kept() -> dict[int, int | None]:
    """The day of return of every discharged stay."""
    return dict(
        database.execute_sql(
            "SELECT id, return_day FROM encounter WHERE class = 'I' AND discharge_day IS NOT NULL"
        ).fetchall()
    )


def recounted() -> dict[int, int | None]:
    """The same, by comparing every stay with every other."""
    stays: list[Stay] = database.execute_sql(
        "SELECT id, patient_id, class, state, admitted_utc, admit_day, discharged_utc, discharge_day FROM encounter"
    ).fetchall()
    found: dict[int, int | None] = {}
    for id_, patient, class_, _, _, _, gone, gone_day in stays:
        if class_ == "I" and gone is not None and gone_day is not None:
            days = [
                day
                for other, owner, kind, state, admitted, day, _, _ in stays
                if (owner, kind, state) == (patient, "I", "active") and other != id_
                and admitted is not None and day is not None and admitted >= gone
            ]  # fmt: skip
            found[id_] = min(days, default=None)
    return found


def consulted() -> set[int]:
    """The accounts that are marked as consulted."""
    return {id_ for (id_,) in database.execute_sql("SELECT id FROM encounter WHERE consulted")}


def told() -> set[int]:
    """Those that have a consultation in force."""
    return {
        id_
        for (id_,) in database.execute_sql(
            "SELECT encounter_id FROM event WHERE kind = 'consultation' AND state = 'current'"
        )
    }


def weights() -> dict[int, int | None]:
    return dict(database.execute_sql("SELECT id, weight_ten_thousandths FROM encounter").fetchall())


def grouped(encounter_id: int) -> tuple[str, str]:
    row = database.execute_sql("SELECT drg, mdc FROM encounter WHERE id = ?", (encounter_id,)).fetchone()
    return (row[0], row[1])


acts = st.lists(
    st.tuples(
        st.integers(0, 3),  # account
        st.sampled_from(
            [
                "admit",
                "discharge",
                "cancel",
                "change",
                "owner",
                "charts",
                "apart",
                "accounts",
                "split",
                "consult",
                "unsay",
            ]
        ),
        st.integers(1, 28),  # day
        st.integers(0, 3),  # which owner, movement or other account
    ),
    max_size=25,
)


class TestDayOfReturn:
    def test_is_that_of_the_next_admission_whenever_it_is_keyed(self, admin: Actor) -> None:
        patient = a_patient()
        first = a_stay("2026-01-02T08:00", "2026-01-04T09:00", patient_id=patient)
        a_stay("2026-01-20T08:00", patient_id=patient)
        late = a_stay("2026-01-10T08:00", "2026-01-11T08:00", patient_id=patient)
        kept_days = kept()
        assert kept_days == recounted()
        assert None not in (kept_days[first], kept_days[late])

    @given(acts)
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_equals_a_recount_after_any_acts(
        self, admin: Actor, history: list[tuple[int, str, int, int]]
    ) -> None:
        database.execute_sql("DELETE FROM merge")
        owners = [a_patient() for _ in range(2)]
        accounts = [an_encounter(owners[number % 2]) for number in range(4)]
        for which, act, day, choice in history:
            with writing():
                self._do(accounts, owners, which, act, day, choice)
        assert kept() == recounted()
        assert consulted() == told()

    def _do(
        self, accounts: list[int], owners: list[int], which: int, act: str, day: int, choice: int
    ) -> None:
        account, rows = accounts[which], movements.of_encounter(accounts[which])
        row = rows[choice % len(rows)] if rows else None
        at = moment(f"2026-01-{day:02}T10:00", store.current().zone)
        if act in ("admit", "discharge"):
            movements.record(account, Movement(Event(act), at, "4W", "MED", disposition="01"), SOURCE)
        elif act == "cancel" and row:
            movements.cancel(row.id, SOURCE)
        elif act == "change" and row:
            movements.change(row.id, Movement(row.event, at, row.unit, row.service), SOURCE)
        elif act == "consult":
            events.apply(account, 0, "consultation", at, "MED", SOURCE)
        elif act == "unsay" and (said := events.of_encounter(account)):
            events.void(said[choice % len(said)].id, SOURCE)
        elif act == "owner":
            encounters.move_to_patient(account, owners[choice % 2], SOURCE)
        elif act == "charts":
            patients.merge(owners[choice % 2], owners[1 - choice % 2], SOURCE)
        elif act == "accounts":
            encounters.merge(account, accounts[choice], SOURCE)
        elif act in ("apart", "split"):
            undo, kind = (
                (patients.undo_merge, "patient") if act == "apart" else (encounters.undo_merge, "account")
            )
            for (merge_id,) in database.execute_sql(
                "SELECT id FROM merge WHERE kind = ? AND undone_utc IS NULL ORDER BY id DESC LIMIT 1", (kind,)
            ).fetchall():
                undo(merge_id, SOURCE)


@pytest.mark.usefixtures("admin")
class TestWeight:
    def test_follows_the_abstract_when_it_is_filed_changed_and_taken_away(self) -> None:
        stay = a_stay("2026-01-02T08:00", "2026-01-04T09:00")
        a_weighed_abstract(stay, 12_500)
        assert weights()[stay] == 12_500
        database.execute_sql("UPDATE abstract SET weight_ten_thousandths = NULL")
        assert weights()[stay] is None
        database.execute_sql("UPDATE abstract SET weight_ten_thousandths = 9000")
        database.execute_sql("DELETE FROM abstract")
        assert weights()[stay] is None

    def test_goes_with_the_abstract_to_the_account_that_survives_and_back(self) -> None:
        patient = a_patient()
        survivor = an_encounter(patient)
        loser = a_stay("2026-01-02T08:00", "2026-01-04T09:00", patient_id=patient)
        a_weighed_abstract(loser, 12_500)
        with writing():
            merged = encounters.merge(survivor, loser, SOURCE)
        assert (weights()[survivor], weights()[loser]) == (12_500, None)
        with writing():
            encounters.undo_merge(merged.record_id, SOURCE)
        assert (weights()[survivor], weights()[loser]) == (None, 12_500)

    def test_comes_with_the_drg_and_its_category(self) -> None:
        stay = a_stay("2026-01-02T08:00", "2026-01-04T09:00")
        a_weighed_abstract(stay, 12_500)
        for drg, mdc in (("470", "08"), ("469", "08"), ("", "")):
            database.execute_sql("UPDATE abstract SET drg = ?, mdc = ?", (drg, mdc))
            assert grouped(stay) == (drg, mdc)
        database.execute_sql("UPDATE abstract SET drg = '791', mdc = '15'")
        database.execute_sql("DELETE FROM abstract")
        assert grouped(stay) == ("", "")

    def test_a_change_of_it_is_told_once_of_a_closed_month(self) -> None:
        stay = a_stay("2026-01-02T08:00", "2026-01-04T09:00")
        a_weighed_abstract(stay, 12_500)
        day = encounters.get(stay).discharge_day
        database.execute_sql("UPDATE census_state SET watched_through = ?", (day,))
        database.execute_sql("UPDATE abstract SET weight_ten_thousandths = 9000, drg = '470'")
        told = database.execute_sql("SELECT old, new FROM late_change WHERE kind = 'weight'").fetchall()
        assert told == [("1.2500", "0.9000")]
