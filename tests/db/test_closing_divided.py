"""What signed pages divide people by: a late change of it marks the closed month, and is named with old and new."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from db.actors import Actor
from db.changes import Source
from db.coding.site_tables import import_table
from db.connect import database, snapshot, writing
from db.hospital import encounters, site
from db.patient_index import patients
from db.statistics import closing, closing_counts, corrections, discharges
from db.statistics.late_records import Change
from rules.corrections import Differing
from tests.builders import a_closed_month, a_patient, a_stay

SOURCE = Source("clerk", "test")
MONTH = "2025-11"

FIRST: dict[str, str] = {"race": "2106-3", "ethnicity": "2186-5", "county": "Kent", "zip": "12999"}


class Divided:
    """Two people of October to December: one left in November, the other in December; and a payer of each."""

    def __init__(self) -> None:
        self.gone, self.there = a_patient(**FIRST), a_patient(**FIRST)
        self.stay = a_stay("2025-11-03T08:00", "2025-11-09T09:00", patient_id=self.gone, account="D1", payer="MCR",
                           point_of_origin="1")  # fmt: skip
        other = a_patient(**FIRST)
        self.long = a_stay(
            "2025-11-03T08:00", "2025-11-19T09:00", patient_id=other, account="D2", payer="BCX"
        )
        a_stay("2025-10-20T08:00", "2025-12-04T09:00", patient_id=self.there, account="D3", payer="MCR")
        with writing():
            site.apply("payer", "MCR", {"class": "medicare"}, SOURCE)

    def amend(self, patient_id: int, name: str, value: str) -> None:
        (mrn,) = database.execute_sql("SELECT mrn FROM patient WHERE id = ?", (patient_id,)).fetchone()
        with writing():
            patients.apply({"mrn": mrn, name: value}, SOURCE)

    def say(self, account: int, **fields: str) -> None:
        number, owner = database.execute_sql(
            "SELECT account, patient_id FROM encounter WHERE id = ?", (account,)
        ).fetchone()
        with writing():
            encounters.apply(number, owner, fields, SOURCE)


@pytest.fixture
def divided(admin: Actor) -> Divided:
    made = Divided()
    a_closed_month(admin, MONTH)
    return made


OF_PATIENT = {  # item, new value: the correction, old and new, and a part that has one less
    ("sex", "M"): ("sex edited", "F", "M", "Sex F"),
    ("birth_date", "1999-03-09"): ("birth date edited", "1951-03-09", "1999-03-09", "Age at admission from 65"),
    ("race", "2028-9"): ("race edited", "2106-3", "2028-9", "Race 2106-3"),
    ("ethnicity", "2135-2"): ("ethnicity edited", "2186-5", "2135-2", "Ethnicity 2186-5"),
    ("county", "Sussex"): ("county edited", "KENT", "SUSSEX", "County of residence KENT"),
    ("zip", "13001"): ("ZIP edited", "129", "130", "ZIP, first three digits 129"),
}  # fmt: skip


class TestWhatSignedPagesDivideBy:
    def test_is_all_frozen_with_the_month(self, divided: Divided) -> None:
        (standing,) = closing.standing()
        frozen = closing_counts.from_bytes(closing.parts(standing.closing)[closing.COUNTS])
        assert set(closing_counts.DIVIDED) <= set(frozen)
        assert {f"by_{word}" for word in discharges.SIGNED} < set(closing_counts.DIVIDED)

    @pytest.mark.parametrize(("amended", "told"), OF_PATIENT.items(), ids=lambda pair: pair[0])
    def test_amended_of_a_patient_marks_the_month_and_is_named_with_old_and_new(
        self, admin: Actor, divided: Divided, amended: tuple[str, str], told: tuple[str, str, str, str]
    ) -> None:
        assert marks_of(partial(divided.amend, divided.gone, *amended)) == 1
        figures, changes = seen()
        assert [(each.kind, each.subject, each.old, each.new, each.by) for each in changes] == [
            (told[0], "D1", told[1], told[2], "clerk")
        ]
        assert next((each.old, each.new) for each in figures if each.part == told[3]) == ("2", "1")
        assert all(each.key in ("discharges", "remaining") for each in figures)
        a_closed_month(admin, MONTH)
        assert seen() == ((), ())

    @pytest.mark.parametrize("amended", [("race", "2028-9"), ("zip", "12940"), ("phone", "518-555-0199")])
    def test_of_somebody_without_a_discharge_in_the_month_or_in_no_count_marks_nothing(
        self, divided: Divided, amended: tuple[str, str]
    ) -> None:
        assert marks_of(partial(divided.amend, divided.there, *amended)) == 0

    def test_a_birth_date_in_the_same_band_of_age_is_not_told_beside_what_differs(
        self, divided: Divided
    ) -> None:
        divided.amend(divided.gone, "birth_date", "1952-03-09")
        divided.amend(divided.gone, "sex", "M")
        assert [each.kind for each in seen()[1]] == ["sex edited"]

    def test_another_sex_is_told_of_who_was_in_house_at_the_end(self, divided: Divided) -> None:
        assert marks_of(partial(divided.amend, divided.there, "sex", "M")) == 1
        figures, changes = seen()
        assert [(each.part, each.key, each.old, each.new) for each in figures] == [
            ("Sex F", "remaining", "1", "0")
        ]
        assert [(each.kind, each.subject) for each in changes] == [("sex edited", "D3")]

    def test_a_payer_or_origin_is_told_by_its_codes(self, divided: Divided) -> None:
        assert marks_of(partial(divided.say, divided.stay, payer="BCX")) == 1
        assert marks_of(partial(divided.say, divided.stay, point_of_origin="4")) == 1
        figures, changes = seen()
        assert [(each.kind, each.subject, each.old, each.new, each.by) for each in changes] == [
            ("payer edited", "D1", "MCR", "BCX", "clerk"), ("point of origin edited", "D1", "1", "4", "clerk"),
        ]  # fmt: skip
        assert {(each.part, each.old, each.new) for each in figures} == {
            ("Payer MCR", "1", "0"), ("Payer BCX", "1", "2"), ("Class of payer medicare", "1", "0"),
            ("Class of payer not stated", "1", "2"), ("Point of origin 1", "2", "1"), ("Point of origin 4", "0", "1"),
        }  # fmt: skip

    def test_two_payers_that_were_mixed_up_differ_in_their_days(self, divided: Divided) -> None:
        divided.say(divided.stay, payer="BCX")
        divided.say(divided.long, payer="MCR")
        figures, changes = seen()
        assert {(each.part, each.key, each.old, each.new) for each in figures if "Payer" in each.part} == {
            ("Payer MCR", "discharge_days", "6", "16"), ("Payer BCX", "discharge_days", "16", "6"),
        }  # fmt: skip
        assert [each.subject for each in changes] == ["D1", "D2"]

    def test_a_payer_of_another_class_is_told_of_its_file(self, divided: Divided) -> None:
        def another_class() -> None:
            with writing():
                site.apply("payer", "MCR", {"class": "commercial"}, SOURCE)

        assert marks_of(another_class) == 1
        assert [(each.kind, each.subject, each.old, each.new) for each in seen()[1]] == [
            ("class of payer edited", "payer MCR", "medicare", "commercial")
        ]

    def test_other_bands_of_age_are_told_by_their_table(self, admin: Actor, divided: Divided) -> None:
        row = '{ code = "70-74", text = "70 to 74", years = 70 }'
        table = f'id = "age_bands"\ntitle = "Ours"\nrows = [{row}]\n'
        assert marks_of(partial(import_table, admin, table, "age_bands.toml")) == 1
        figures, changes = seen()
        assert {each.part for each in figures} == {"Age at admission from 65", "Age at admission from 70"}
        assert [each.kind for each in changes] == ["table edited"]

    def test_a_stay_of_another_persons_chart_is_told_with_both(self, divided: Divided) -> None:
        other = a_patient(**FIRST, sex="M")
        with writing():
            encounters.move_to_patient(divided.stay, other, SOURCE)
        (change,) = seen()[1]
        mrns = [database.execute_sql("SELECT mrn FROM patient WHERE id = ?", (id_,)).fetchone()[0]
                for id_ in (divided.gone, other)]  # fmt: skip
        assert (change.kind, change.subject, [change.old, change.new], change.by) == (
            "account of another chart", "D1", mrns, "clerk",
        )  # fmt: skip

    def test_of_charts_put_together_is_told_by_who_merged_them(self, divided: Divided) -> None:
        other = a_patient(**FIRST, sex="M")
        with writing():
            patients.merge(other, divided.gone, SOURCE)
        assert ("account of another chart", "D1", "clerk") in [
            (each.kind, each.subject, each.by) for each in seen()[1]
        ]


def seen() -> tuple[tuple[Differing, ...], tuple[Change, ...]]:
    """The figures of the month that are not as signed, and the late changes that are told of it."""
    (standing,) = closing.standing()
    with snapshot():
        found = corrections.read(standing.closing)
    return found.figures, found.changes


def marks_of(do: Callable[[], object]) -> int:
    """How often an act marks the month."""
    database.execute_sql("UPDATE closing_state SET changed = 0")
    do()
    return int(database.execute_sql("SELECT changed FROM closing_state").fetchone()[0])
