"""Charts are found by every number and name they ever had, amended with their history, merged and taken apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db import acts, changes
from db.actors import Actor, Role
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters
from db.patient_index import patients
from rules.text import clean
from tests.builders import a_patient, an_encounter, the_poisoned_patient

SOURCE = Source("clerk", "test")


def applied(**fields: str) -> changes.Applied:
    with writing():
        return patients.apply(fields, SOURCE)


def found(text: str, **more: object) -> list[str]:
    return [row.mrn for row in patients.find(text, **more)]  # type: ignore[arg-type]


@pytest.mark.usefixtures("admin")
class TestApply:
    def test_only_the_mrn_is_needed(self) -> None:
        assert applied(mrn="0012").created
        assert applied(last_name="MILLER").reason == "The patient has no MRN: enter it."

    def test_the_same_again_changes_nothing(self) -> None:
        applied(mrn="0012", last_name="MILLER", aliases="MULLER,RUTH")
        assert not applied(mrn="0012", last_name="MILLER", aliases="MULLER,RUTH").changed

    def test_a_blank_is_no_change_and_an_at_sign_clears(self) -> None:
        applied(mrn="1", last_name="MILLER", city="TROY", phone="555")
        assert applied(mrn="1", last_name="", city="@").changed == {"city": ("TROY", "")}
        assert patients.get(patients.by_mrn("1"))["phone"] == "555"

    def test_every_change_keeps_old_and_new(self) -> None:
        first = applied(mrn="1", last_name="MILLER")
        applied(mrn="1", last_name="MEYER")
        history = changes.amendments("patient", first.record_id)
        assert [row[1:] for row in history] == [
            ("clerk", "test", "aliases", "", "MILLER"),
            ("clerk", "test", "last_name", "MILLER", "MEYER"),
        ]

    def test_a_former_name_goes_on_finding_the_chart(self) -> None:
        applied(mrn="1", last_name="MILLER", first_name="RUTH")
        applied(mrn="1", last_name="MEYER")
        (row,) = patients.find("miller,r")
        assert (row.mrn, row.matched) == ("1", "MILLER,RUTH")

    @pytest.mark.parametrize("birth", ["1951-03-09", "1951-03", "1951"])
    def test_a_birth_date_may_be_imprecise(self, birth: str) -> None:
        assert not applied(mrn="1", birth_date=birth).findings

    @pytest.mark.parametrize(
        ("item", "value"),
        [
            ("birth_date", "03/09/51"),
            ("birth_date", "1951-13"),
            ("death_date", "2026"),
            ("ssn", "12-3"),
            ("sex", "?"),
        ],
    )
    def test_what_cannot_be_read_is_kept_as_received_and_flagged_once(self, item: str, value: str) -> None:
        first = applied(**{"mrn": "1", item: value})
        assert [f.field for f in first.findings] == [item]
        assert patients.get(first.record_id)[item] == value
        again = applied(**{"mrn": "1", item: value})
        assert (again.findings, dict(again.changed)) == ((), {})

    def test_mrns_keep_their_zeros_and_letters(self) -> None:
        applied(mrn="00A7")
        assert patients.by_mrn("00a7")
        assert not patients.by_mrn("A7")

    def test_text_from_outside_is_cleaned(self) -> None:
        values = patients.get(the_poisoned_patient())
        assert all(clean(value) == value for value in values.values())

    def test_a_screen_that_started_from_an_older_version_is_told(self, admin: Actor) -> None:
        patients.file(admin, {"mrn": "1", "last_name": "MILLER"}, 0)
        with pytest.raises(acts.Conflict):
            patients.file(admin, {"mrn": "1", "last_name": "MEYER"}, 0)
        assert patients.file(admin, {"mrn": "1", "last_name": "MEYER"}, 1).changed

    def test_amending_needs_the_role(self, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(acts.NotPermitted):
            patients.file(actor_with(Role.PRIVACY_OFFICER), {"mrn": "1"}, 0)


@pytest.mark.usefixtures("admin")
class TestFind:
    @pytest.mark.parametrize(
        "keyed",
        [
            "HAWKINS", "hawkins", "HAW", "HAWKINS,MARY", "HAWKINS,M", "haw,ma", "HAWKINS, MARY", "123-45-9999",
            "123459999", "H9999", "h9999", "00454999", "454999", "45-49-99", "49-99", "C-77", "c77", "ACC1", "acc1",
            "3/9/1951", "030951", "9MAR51", "9 MAR 1951", "1951-03-09", "WILSON,MARY", "OLD5",
        ],
    )  # fmt: skip
    def test_every_form_that_technicians_key(self, keyed: str) -> None:
        a_patient(mrn="777", last_name="OTHER", first_name="ONE", ssn="", birth_date="1970-01-01")
        chart = a_patient(
            mrn="00454999", last_name="Hawkins", first_name="Mary", middle_name="", ssn="123459999",
            birth_date="1951-03-09", aliases="WILSON,MARY",
        )  # fmt: skip
        an_encounter(chart, "ACC1")
        with writing():
            patients.add_identifier(chart, "chart", "C-77")
            patients.add_identifier(chart, "mrn", "OLD5", issuer="elsewhere")
        assert found(keyed) == ["00454999"]

    def test_backtick_and_internal_number(self) -> None:
        chart = a_patient(mrn="5")
        assert found(f"`{chart}") == ["5"]

    @pytest.mark.parametrize(
        "keyed", ["", " ", ",", "`", "`x", "%", "999-99-9999", "ZZZ", "'; --", "\x00", "9" * 400]
    )
    def test_what_means_nobody_finds_nobody(self, keyed: str) -> None:
        a_patient(ssn="")
        assert found(keyed) == []

    def test_a_list_goes_on_where_it_stopped(self) -> None:
        for number in range(7):
            a_patient(mrn=f"M{number}", last_name="SMITH", first_name=f"A{number % 3}")
        seen: list[str] = []
        after = None
        while rows := patients.find("SMITH", after, limit=2):
            seen += [row.mrn for row in rows]
            after = rows[-1].key
        assert sorted(seen) == [f"M{number}" for number in range(7)]
        assert len(seen) == 7

    def test_warnings_stand_beside_the_name(self) -> None:
        first = a_patient(mrn="1", last_name="SMITH", first_name="ANN", middle_name="Q")
        a_patient(mrn="2", last_name="SMITH", first_name="ANN", middle_name="")
        a_patient(mrn="3", last_name="SMITH", first_name="ANNABEL", death_date="2026-01-01")
        with writing():
            patients.set_temporary(first, temporary=True)
        warned = {row.mrn: row.warnings for row in patients.find("SMITH")}
        assert warned == {
            "1": ("same name as another patient", "temporary name"),
            "2": ("same name as another patient",),
            "3": ("deceased",),
        }

    def test_a_new_name_takes_a_patient_off_the_rename_list(self) -> None:
        with writing():
            patients.set_temporary(a_patient(mrn="1", last_name="UNKNOWN"), temporary=True)
        assert [row.mrn for row in patients.temporary()] == ["1"]
        applied(mrn="1", last_name="MILLER")
        assert patients.temporary() == []

    @pytest.mark.parametrize(
        "keyed", ["SMITH", "SMI,J", "123456789", "S6789", "1234", "45-49-99", "3/9/1951", "`7"]
    )
    def test_no_form_reads_a_whole_table(self, keyed: str, monkeypatch: pytest.MonkeyPatch) -> None:
        a_patient(mrn="1234", last_name="SMITH", first_name="JO", ssn="123456789")
        plans: list[str] = []
        execute = database.execute_sql

        def explained(sql: str, *values: object) -> object:
            if sql.startswith("SELECT"):
                plans.extend(row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", *values))
            return execute(sql, *values)

        monkeypatch.setattr(database, "execute_sql", explained)
        patients.find(keyed)
        assert plans
        assert [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan] == []


@pytest.mark.usefixtures("admin")
class TestMerge:
    def test_the_survivor_has_everything_and_both_numbers_find_it(self) -> None:
        survivor = a_patient(mrn="1", last_name="MILLER", first_name="RUTH", phone="")
        loser = a_patient(mrn="2", last_name="MULLER", first_name="RUTH", phone="555", aliases="LEE,RUTH")
        an_encounter(loser, "A2")
        with writing():
            assert not patients.merge(survivor, loser, SOURCE).refused
        assert patients.by_mrn("2") == survivor
        for keyed in ("2", "MULLER", "LEE", "A2", "MILLER"):
            assert found(keyed) == ["1"], keyed
        assert patients.get(survivor)["phone"] == "555"
        assert encounters.get(encounters.find("A2")).patient_id == survivor
        assert patients.family(survivor) == (survivor, loser)

    def test_taken_apart_everything_is_where_it_was(self) -> None:
        survivor, loser = (
            a_patient(mrn="1", last_name="A", phone=""),
            a_patient(mrn="2", last_name="B", phone="555"),
        )
        an_encounter(survivor, "A1")
        an_encounter(loser, "A2")
        before = [patients.get(one) for one in (survivor, loser)]
        with writing():
            merge = patients.merge(survivor, loser, SOURCE).record_id
            an_encounter(survivor, "A3")
            assert not patients.undo_merge(merge, SOURCE).refused
        after = [patients.get(one) for one in (survivor, loser)]
        for was, now in zip(before, after, strict=True):
            assert was | {"version": ""} == now | {"version": ""}
        owners = [encounters.get(encounters.find(a)).patient_id for a in ("A1", "A2", "A3")]
        assert owners == [survivor, loser, survivor]
        assert found("2") == ["2"]
        with writing():
            assert patients.undo_merge(merge, SOURCE).reason == "This merge has been undone already."

    def test_a_merged_chart_cannot_be_merged_again(self) -> None:
        one, two, three = (a_patient() for _ in range(3))
        with writing():
            patients.merge(one, two, SOURCE)
            assert "merged already" in patients.merge(three, two, SOURCE).reason
            assert "same one" in patients.merge(one, one, SOURCE).reason

    def test_a_chain_of_merges_leads_to_its_end(self) -> None:
        one, two, three = a_patient(mrn="1"), a_patient(mrn="2"), a_patient(mrn="3")
        with writing():
            patients.merge(two, three, SOURCE)
            patients.merge(one, two, SOURCE)
        assert patients.by_mrn("3") == one
        assert found("3") == ["1"]

    def test_an_amendment_under_the_old_number_goes_to_the_survivor(self) -> None:
        one, two = a_patient(mrn="1"), a_patient(mrn="2")
        with writing():
            patients.merge(one, two, SOURCE)
        assert applied(mrn="2", city="TROY").record_id == one


@pytest.mark.usefixtures("admin")
class TestNumbers:
    def test_a_changed_mrn_retires_the_old_one_which_goes_on_finding_the_chart(self) -> None:
        chart = a_patient(mrn="1001")
        with writing():
            assert patients.change_mrn(chart, "2002", SOURCE).changed == {"mrn": ("1001", "2002")}
        assert patients.by_mrn("1001") == patients.by_mrn("2002") == chart
        (row,) = patients.find("1001")
        assert (row.mrn, row.matched) == ("2002", "1001")

    def test_a_number_in_use_is_refused(self) -> None:
        chart, _ = a_patient(mrn="1001"), a_patient(mrn="2002")
        with writing():
            assert "another chart" in patients.change_mrn(chart, "2002", SOURCE).reason
