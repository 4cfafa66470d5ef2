"""The index kept in order by itself: every new or changed chart is compared, both ways; numbers and filing orders."""

from __future__ import annotations

import pytest

from config.code_tables import TableError
from db import acts, conventions
from db.actors import Actor, Role
from db.changes import Source
from db.coding.site_tables import import_table
from db.connect import database, writing
from db.patient_index import duplicates, filing, identifiers, match_file, match_people, patients
from db.patient_index.identifiers import Identifier, OtherName
from recordroom.demo.dirty import dirty_people
from rules.identity import middle_digit_key, numeric_key, unit_number
from tests.builders import a_patient

SOURCE = Source("clerk", "test")
RUTH = {"last_name": "MILLER", "first_name": "RUTH", "birth_date": "1951-03-09", "ssn": "912345678"}


def silent(step: str, done: int, of: int) -> None:
    """Nobody watches."""


def caught_up() -> list[tuple[int, int]]:
    while duplicates.catch_up(100):
        pass
    return database.execute_sql("SELECT low_id, high_id FROM chart_pair ORDER BY 1, 2").fetchall()


@pytest.mark.usefixtures("admin")
class TestComparing:
    def test_a_new_chart_is_compared_with_older_ones_however_it_came(self) -> None:
        one, two = a_patient(**RUTH), a_patient(**RUTH)
        assert caught_up() == [(one, two)]

    def test_an_edited_chart_is_compared_with_newer_ones_as_well(self) -> None:
        one = a_patient(last_name="OTHER", first_name="GEORGE", birth_date="1980-11-30", ssn="", sex="M")
        two = a_patient(**RUTH)
        assert caught_up() == []
        with writing():
            patients.apply({"mrn": patients.get(one)["mrn"], **RUTH, "sex": "F"}, SOURCE)
        assert caught_up() == [(one, two)]

    def test_a_pair_that_is_alike_no_more_goes(self) -> None:
        one, _ = a_patient(**RUTH), a_patient(**RUTH)
        caught_up()
        with writing():
            patients.apply(
                {"mrn": patients.get(one)["mrn"], "last_name": "BAKER", "first_name": "GEORGE",
                 "birth_date": "1980-11-30", "ssn": "987111222", "street": "1 Oak Ave",
                 "phone": "315-555-0111", "sex": "M", "aliases": "@"},
                SOURCE,
            )  # fmt: skip
        assert caught_up() == []

    def test_a_new_alias_counts(self) -> None:
        one, two = (
            a_patient(**RUTH, aliases=""),
            a_patient(**{**RUTH, "last_name": "BAKER", "ssn": ""}, phone="", street=""),
        )
        caught_up()
        with writing():
            patients.apply({"mrn": patients.get(two)["mrn"], "aliases": "MILLER,RUTH"}, SOURCE)
        assert caught_up() == [(one, two)]

    def test_a_chart_whose_keys_had_blanks_in_them_can_be_changed(self) -> None:
        one = a_patient(**RUTH, zip="K1A 0B1", street="12 Le Roy Ave")
        two = a_patient(last_name="OTHER", first_name="GEORGE", birth_date="1980-11-30", ssn="", sex="M")
        caught_up()
        with writing():
            patients.apply({"mrn": patients.get(one)["mrn"], "birth_date": "1951-03-08"}, SOURCE)
            patients.apply({"mrn": patients.get(two)["mrn"], **RUTH, "sex": "F"}, SOURCE)
        assert caught_up() == [(one, two)]

    def test_merged_charts_are_out_and_back_when_taken_apart(self, admin: Actor) -> None:
        one, two = a_patient(**RUTH), a_patient(**RUTH)
        caught_up()
        with writing():
            merge = patients.merge(one, two, SOURCE).record_id
        caught_up()
        assert duplicates.waiting(admin) == []
        with writing():
            patients.undo_merge(merge, SOURCE)
        caught_up()
        assert len(duplicates.waiting(admin)) == 1

    def test_looking_at_pairs_needs_the_role(self, actor_with: object) -> None:
        with pytest.raises(acts.NotPermitted):
            duplicates.waiting(actor_with(Role.CODER))  # type: ignore[operator]

    def test_the_whole_file_finds_what_the_single_chart_finds(self, admin: Actor) -> None:
        for row in dirty_people(400, 3).rows:
            with writing():
                patients.apply({name: row.get(name, "") for name in patients.FIELDS}, SOURCE)
        lines = match_file.whole_file(admin, silent)
        whole = {(line.mrn_a, line.mrn_b) for line in lines if line.match == duplicates.SAME}
        assert whole
        with writing():
            database.execute_sql("DELETE FROM chart_pair")
            database.execute_sql("INSERT OR REPLACE INTO match_pending (patient_id) SELECT id FROM patient")
        caught_up()
        single = {
            tuple(sorted((pair.one.mrn, pair.other.mrn)))
            for pair in duplicates.waiting(admin, None, 10_000)
            if pair.match == duplicates.SAME
        }
        assert len(whole & single) >= 0.97 * len(whole)

    def test_many_charts_under_one_key_are_still_compared_where_they_agree(self, admin: Actor) -> None:
        """Three hundred people of one postcode whose names sound alike, two of them one person."""
        for number in range(300):
            a_patient(
                mrn=f"S{number}", last_name="SMITH", first_name=f"{'ABCDEFGHIJ'[number % 10]}{'AEIOU'[number % 5]}LMA",
                birth_date=f"19{20 + number % 70:02d}-0{1 + number % 9}-1{number % 10}",
                ssn=f"9{number:03d}{number * 7919 % 99991:05d}",
                street=f"{number} Oak Ave", phone=f"518-555-{number:04d}", middle_name="",
            )  # fmt: skip
        a_patient(mrn="TWICE1", **{**RUTH, "last_name": "SMITH"}, phone="", street="9 Elm St")
        a_patient(mrn="TWICE2", **{**RUTH, "last_name": "SMYTH", "ssn": ""}, phone="", street="9 Elm St")
        found = {(line.mrn_a, line.mrn_b) for line in match_file.whole_file(admin, silent)}
        assert ("TWICE1", "TWICE2") in found


class TestTables:
    HEAD = 'id = "matching_habits"\ntitle = "Ours"\ncitation = "site policy"\n'

    def test_the_facilitys_own_rows_win_over_the_shipped_ones(self, admin: Actor) -> None:
        row = '{ code = "generation_years", text = "Years", value = 15, valid_from = "2026-01-01" }'
        import_table(admin, f"{self.HEAD}rows = [{row}]\n", "matching_habits.toml")
        habits = match_people.model(()).habits
        assert (habits.generation_years, habits.household_bits) == (15, 13)

    @pytest.mark.parametrize("value", ['"thirteen"', "true", ""])
    def test_a_row_without_a_number_is_refused_before_anything_counts_with_it(
        self, admin: Actor, value: str
    ) -> None:
        row = f'{{ code = "household_bits", text = "Bits"{value and f", value = {value}"} }}'
        with pytest.raises(TableError, match="household_bits: value must be a number"):
            import_table(admin, f"{self.HEAD}rows = [{row}]\n", "matching_habits.toml")


@pytest.mark.usefixtures("admin")
class TestDecisions:
    def test_are_audited_with_their_reason(self, admin: Actor) -> None:
        one, two = a_patient(**RUTH), a_patient(**RUTH)
        caught_up()
        assert duplicates.decide(admin, one, two, "NOT", " ").refused
        duplicates.decide(admin, two, one, "NOT", "Sisters")
        row = database.execute_sql("SELECT action, detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert row[0] == "review duplicate"
        assert "Sisters" in row[1]

    def test_stand_through_a_run_over_the_whole_file(self, admin: Actor) -> None:
        one, two = a_patient(**RUTH), a_patient(**RUTH)
        caught_up()
        duplicates.decide(admin, one, two, "NOT", "Sisters")
        match_file.whole_file(admin, silent)
        assert duplicates.waiting(admin) == []


@pytest.mark.usefixtures("admin")
class TestNumbers:
    @pytest.mark.parametrize(
        ("form", "count", "number"),
        [("########", 42, "00000042"), ("M-######", 7, "M-000007"), ("####", 9999, "9999")],
    )
    def test_have_the_form_of_the_facility(self, form: str, count: int, number: str) -> None:
        assert unit_number(form, count) == number

    def test_a_form_that_is_used_up_says_so(self) -> None:
        with pytest.raises(ValueError, match="####"):
            unit_number("####", 10_000)

    def test_a_number_in_use_is_passed_over(self, admin: Actor) -> None:
        conventions.file_setting(admin, "mrn_format", "M-####", 1)
        a_patient(mrn="M-0001")
        with writing():
            assert patients.next_mrn() == "M-0002"

    def test_of_other_issuers_find_the_chart_and_keep_their_history(self, admin: Actor) -> None:
        chart = a_patient(mrn="1")
        first = [
            Identifier("insurance", "BCBS", "XJ-4711", "2025-01-01"),
            Identifier("mrn", "MERCY", "00815"),
        ]
        identifiers.file(admin, chart, first, [OtherName("LEE", "ANN", "", "maiden")], 1)
        assert [row.mrn for row in patients.find("xj4711")] == ["1"]
        assert [row.mrn for row in patients.find("LEE,A")] == ["1"]
        identifiers.file(admin, chart, first[1:], [], 2)
        assert identifiers.identifiers(chart) == first[1:]
        assert [row.mrn for row in patients.find("XJ-4711")] == ["1"]
        fields = database.execute_sql("SELECT field, old, new FROM amendment ORDER BY id").fetchall()
        assert ("insurance BCBS", "XJ-4711 2025-01-01..", "") in fields

    def test_of_a_chart_changed_meanwhile_are_refused(self, admin: Actor) -> None:
        chart = a_patient()
        with pytest.raises(acts.Conflict):
            identifiers.file(admin, chart, [], [], 9)


@pytest.mark.usefixtures("admin")
class TestFiling:
    def test_every_order_is_stored_as_its_rule_says(self) -> None:
        for mrn in ("00454999", "12", "M-000123"):
            chart = a_patient(mrn=mrn)
            row = database.execute_sql(
                "SELECT md_key, number_order FROM patient WHERE id = ?", (chart,)
            ).fetchone()
            assert row == (middle_digit_key(mrn), numeric_key(mrn))

    @pytest.mark.parametrize(
        ("order", "wanted"),
        [
            ("terminal digit", ["45-49-99", "60-49-99", "44-50-99"]),
            ("middle digit", ["45-49-99", "60-49-99", "44-50-99"]),
            ("straight numeric", ["44-50-99", "45-49-99", "60-49-99"]),
        ],
    )
    def test_charts_stand_in_the_order_of_the_facility(
        self, admin: Actor, order: str, wanted: list[str]
    ) -> None:
        for mrn in ("60-49-99", "44-50-99", "45-49-99"):
            a_patient(mrn=mrn)
        conventions.file_setting(admin, "filing_order", order, 1)
        assert [line[2] for line in filing.charts()] == wanted
