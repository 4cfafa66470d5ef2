"""What the events of a feed do to patients, accounts and the census, and what is held instead, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import acts, store
from db.actors import Actor, Role
from db.connect import database, writing
from db.conventions import file_setting
from db.feeds import counts as feed_counts
from db.feeds import intake
from db.feeds.intake import Outcome, Settled
from db.hospital import encounters, movements
from db.hospital.encounters import Encounter
from db.patient_index import patients
from db.statistics import census
from exchange import hl7_intake
from exchange.hl7_intake import Intake
from rules.census import Event
from tests.exchange.feed import adt, send, send_counted, without

APPLIED, HELD = Outcome.APPLIED, Outcome.HELD
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hl7"


def applied(actor: Actor, *messages: bytes) -> list[Settled]:
    settled = send(actor, *messages)
    assert [(one.outcome, one.reason) for one in settled] == [(APPLIED, "")] * len(messages)
    return settled


def held(actor: Actor, message: bytes) -> str:
    (settled,) = send(actor, message)
    assert settled.outcome is HELD
    return settled.reason


def account(number: str = "A1") -> Encounter:
    return encounters.get(encounters.find(number))


def path(number: str = "A1") -> list[tuple[str, str, str, str]]:
    rows = movements.of_encounter(encounters.find(number))
    return [(str(row.event), row.at[5:], row.unit, row.service) for row in rows]


def heads() -> dict[str, tuple[int, int, int]]:
    return {unit: (adults, newborns, away) for unit, adults, newborns, away in census.census_now()}


class TestAdmission:
    def test_an_inpatient_a01_opens_a_stay(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        stay = account()
        assert (stay.mrn, stay.patient_class, stay.unit, stay.service, stay.bed, stay.attending) == (
            "00123", "I", "5W", "MED", "501-A", "1001",
        )  # fmt: skip
        assert stay.admitted_at == "2026-01-05T10:00"
        assert heads() == {"5W": (1, 0, 0)}

    @pytest.mark.parametrize("event", ["A01", "A04"])
    @pytest.mark.parametrize(
        ("code", "kind", "found"), [("E", "", "E"), ("O", "", "O"), ("R", "", "O"), ("O", "OBS", "OBS")]
    )
    def test_other_classes_are_visits_outside_the_census(
        self, admin: Actor, event: str, code: str, kind: str, found: str
    ) -> None:
        applied(admin, adt(event, patient_class=code, kind=kind, place="ED", service=""))
        assert (account().patient_class, account().location) == (found, "ED")
        assert account().arrived_at == "2026-01-05T10:00"
        assert heads() == {}

    def test_a_pre_admission_is_a_person_and_no_account(self, admin: Actor) -> None:
        applied(admin, adt("A05", patient_class="P"))
        assert patients.by_mrn("00123")
        assert encounters.find("A1") == 0

    def test_a_newborn_is_counted_apart(self, admin: Actor) -> None:
        message = adt("A01").replace(b"PV1|1|I|5W^501^A|", b"PV1|1|I|NUR^1|N")
        applied(admin, message)
        assert heads() == {"NUR": (0, 1, 0)}

    def test_a_class_without_a_row_is_held_until_the_table_has_one(self, admin: Actor) -> None:
        reason = held(admin, adt("A01", patient_class="Q"))
        assert reason.startswith("PV1-2, PV1-4 and PV1-18 are Q|(blank)|(blank), which the table")
        assert encounters.find("A1") == 0
        folder = store.current().directory / "site" / "tables"
        folder.mkdir(parents=True)
        (folder / "patient_class.toml").write_text(
            'id = "patient_class"\ntitle = "x"\nrows = [\n  { code = "Q|*|*", text = "x", class = "I" },\n]\n'
        )
        assert hl7_intake.replay_all(admin)["applied"] == 1
        assert account().unit == "5W"

    def test_the_class_is_the_one_of_its_day(self, admin: Actor) -> None:
        folder = store.current().directory / "site" / "tables"
        folder.mkdir(parents=True)
        (folder / "patient_class.toml").write_text(
            'id = "patient_class"\ntitle = "x"\nrows = [\n'
            '  { code = "Q|*|*", text = "x", class = "O", valid_to = "2025-12-31" },\n'
            '  { code = "Q|*|*", text = "x", class = "I", valid_from = "2026-01-01" },\n]\n'
        )
        applied(
            admin,
            adt("A01", account="OLD", patient_class="Q", admitted="202512311000"),
            adt("A01", account="NEW", patient_class="Q"),
        )
        assert [account(number).patient_class for number in ("OLD", "NEW")] == ["O", "I"]

    @pytest.mark.parametrize(
        ("message", "said"),
        [
            (adt("A01", mrn=""), "PID-3 holds no record number"),
            (adt("A01", account=""), "PID-18 and PV1-19 hold no account number"),
            (adt("A01", place=""), "PV1-3 names no unit"),
            (adt("A01", service=""), "PV1-10 names no service"),
            (adt("A01", admitted="20260105"), "PV1-44 is no time to the minute"),
            (adt("A01", admitted="209901051000"), "has not come yet"),
            (without(adt("A01", admitted=""), "EVN"), "PV1-44, EVN-6 and EVN-2 hold no time"),
            (adt("A01").replace(b"ADT^A01", b"ADT"), ""),
            (adt("A01").replace(b"|ADT^A01|", b"||"), "MSH-9 does not say"),
            (adt("A01").replace(b"|P|2.5", b"|T|2.5"), "MSH-11 is T"),
        ],
    )
    def test_what_is_missing_is_said_in_one_sentence(self, admin: Actor, message: bytes, said: str) -> None:
        (settled,) = send(admin, message)
        assert said in settled.reason
        assert settled.outcome is (HELD if said else APPLIED)

    def test_the_facility_chooses_account_record_number_and_processing_ids(self, admin: Actor) -> None:
        message = (
            adt("A01").replace(b"|P|2.5", b"|T|2.5").replace(b"00123^^^GEN^MR", b"9^^^EMPI^MR~77^^^OWN^MR")
        )
        for name, value in (
            ("hl7_processing_ids", "P,T"), ("hl7_mrn_authority", "OWN"), ("hl7_account_field", "PV1-19"),
        ):  # fmt: skip
            assert file_setting(admin, name, value, 1).record_id
        visit_number = message.replace(
            b"|1001^JONES^MARY|||MED|||||||||", b"|1001^JONES^MARY|||MED|||||||||V7"
        )
        applied(admin, visit_number)
        assert account("V7").mrn == "77"

    def test_unknown_units_services_and_providers_are_made_unconfirmed(self, admin: Actor) -> None:
        from db.hospital import site

        applied(admin, adt("A01", place="9Z"))
        found = site.get("unit", "9Z"), site.get("service", "MED"), site.get("provider", "1001")
        assert [one is not None and one.confirmed for one in found] == [False, False, False]

    def test_what_is_made_unconfirmed_has_the_name_that_the_feed_gives(self, admin: Actor) -> None:
        from db.hospital import site

        applied(admin, adt("A01", more="IN1|1|BAV^Blue|9|Blue Cross"))
        named = [site.get(kind, code) for kind, code in (("provider", "1001"), ("payer", "BAV"))]
        assert [one and one.values["name"] for one in named] == ["JONES, MARY", "Blue Cross"]

    def test_the_same_admission_in_another_message_changes_nothing(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A01"))
        assert len(path()) == 1

    def test_a_second_admission_at_another_time_is_held(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        assert held(admin, adt("A01", admitted="202601061000"))
        assert path() == [("admit", "01-05T10:00", "5W", "MED")]

    def test_an_account_of_another_patient_is_held(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        reason = held(admin, adt("A02", "202601061000", mrn="777"))
        assert "Account A1 belongs to MRN 00123, PID-3 names 777" in reason


class TestMovement:
    def test_a02_moves_to_the_new_unit(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A02", "202601060800", place="ICU^2", prior="5W^501^A", service="SUR"))
        assert path()[1:] == [("transfer", "01-06T08:00", "ICU", "SUR")]
        assert heads() == {"ICU": (1, 0, 0)}
        assert (feed_counts.held(), feed_counts.disagreements()) == (0, 0)

    def test_a02_in_the_same_bed_is_a_change_of_service(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A02", "202601060800", service="SUR"))
        assert path()[1][0] == "service"
        assert account().service == "SUR"
        applied(admin, adt("A12", "202601060900"))
        assert account().service == "MED"

    def test_a_prior_unit_that_is_not_ours_opens_an_item(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A02", "202601060800", place="ICU", prior="7E"))
        (item,) = intake.disagreements(admin)
        assert (item.item, item.ours, item.theirs) == ("PV1-6", "5W", "7E")
        assert account().unit == "ICU"

    def test_a03_discharges_with_disposition_at_pv1_45(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A03", "202601081300", discharged="202601081215", disposition="1"))
        assert (account().discharged_at, account().disposition) == ("2026-01-08T12:15", "01")
        assert account().los_days == 3
        assert heads() == {}

    def test_a_death_is_a_death(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A03", discharged="202601061215", disposition="20"))
        assert account().died

    def test_a_discharge_of_somebody_who_is_still_a_patient_is_held(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        held(admin, adt("A03", discharged="202601061215", disposition="30"))
        assert account().discharged_at == ""

    def test_a_time_with_an_offset_is_turned_to_the_facilitys_clock(self, admin: Actor) -> None:
        applied(admin, adt("A01", admitted="20260105150000.0000+0000"))
        assert account().admitted_at == "2026-01-05T10:00"

    def test_a21_and_a22_are_leave_and_return(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A21", "202601061000"))
        assert account().on_leave
        applied(admin, adt("A22", "202601081000"))
        assert not account().on_leave
        assert account().leave_days == 2

    def test_a52_and_a53_take_leave_and_return_back(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A21", "202601061000"), adt("A22", "202601081000"))
        applied(admin, adt("A53", "202601081100"))
        assert account().on_leave
        applied(admin, adt("A52", "202601081200"))
        assert [step[0] for step in path()] == ["admit"]

    def test_a17_exchanges_two_beds(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A01", mrn="2", account="A2", place="6E^601^B", service="SUR"))
        second = adt("A17", "202601061000", mrn="2", account="A2", service="SUR")
        applied(admin, adt("A17", "202601061000", place="6E^601^B") + second.split(b"\r", 2)[2])
        assert (account("A1").unit, account("A1").bed) == ("6E", "601-B")
        assert (account("A2").unit, account("A2").bed) == ("5W", "501-A")

    def test_a17_moves_neither_when_one_cannot(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        second = adt("A17", "202601061000", mrn="2", account="A2")
        assert held(admin, adt("A17", "202601061000", place="6E^601^B") + second.split(b"\r", 2)[2])
        assert account("A1").unit == "5W"

    def test_a54_and_a55_change_the_attending_and_not_the_census(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A54", "202601061000", attending="2002^WHITE"))
        assert account().attending == "2002"
        applied(admin, adt("A55", "202601061100"))
        assert account().attending == "1001"
        assert len(path()) == 1

    def test_a55_waits_for_its_a54_and_leaves_the_attending_of_the_admission(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        assert held(admin, adt("A55", "202601061100", attending="2002^WHITE"))
        assert account().attending == "1001"
        applied(admin, adt("A54", "202601061000", attending="2002^WHITE"))
        assert account().attending == "1001"


class TestCancelling:
    def test_a11_takes_the_admission_back(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A02", "202601060800", place="ICU"), adt("A11", "202601060900"))
        assert account().state == "cancelled"
        assert heads() == {}
        assert census_of(5) == 0

    def test_a11_takes_a_registration_back(self, admin: Actor) -> None:
        applied(admin, adt("A04", patient_class="E"), adt("A11", "202601060900", patient_class="E"))
        assert account().state == "cancelled"

    def test_a12_takes_the_last_transfer_back(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A02", "202601060800", place="ICU"), adt("A12", "202601060900"))
        assert account().unit == "5W"

    def test_a13_takes_the_discharge_back(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A03", discharged="202601081215", disposition="01"), adt("A13"))
        assert (account().discharged_at, heads()) == ("", {"5W": (1, 0, 0)})

    def test_a_late_cancel_is_counted_from_the_day_it_is_about(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A03", discharged="202601081215", disposition="01"))
        assert [census_of(day) for day in (5, 7, 8)] == [1, 1, 0]
        applied(admin, adt("A13"))
        assert [census_of(day) for day in (5, 7, 8)] == [1, 1, 1]

    def test_nothing_to_take_back_is_held(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        assert held(admin, adt("A13"))


def census_of(day: int) -> int:
    from rules.moments import day_number

    wanted = day_number(f"2026-01-{day:02}")
    return sum(row.census for row in census.day_summary(wanted, wanted))


class TestClassChange:
    def test_a06_makes_a_visit_a_stay_on_the_same_account(self, admin: Actor) -> None:
        applied(
            admin,
            adt("A04", patient_class="E", place="ED", service=""),
            adt("A06", "202601051800", admitted="202601051800"),
        )
        assert (account().patient_class, account().unit) == ("I", "5W")
        assert account().admitted_at == "2026-01-05T18:00"

    def test_a06_onto_another_account_ends_the_visit(self, admin: Actor) -> None:
        applied(
            admin,
            adt("A04", account="V1", patient_class="E", place="ED", service=""),
            adt("A06", "202601051800", admitted="202601051800", mrg="||V1"),
        )
        assert account("V1").discharged_at == "2026-01-05T18:00"
        assert account("A1").admitted_at == "2026-01-05T18:00"

    def test_a07_takes_the_stay_out_of_the_census_from_its_beginning(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A07", "202601061000", patient_class="O", kind="OBS"))
        assert (account().patient_class, account().state) == ("OBS", "active")
        assert account().arrived_at == "2026-01-05T10:00"
        assert (heads(), census_of(5)) == ({}, 0)

    def test_a07_from_another_account_ends_the_stay_there(self, admin: Actor) -> None:
        visit = adt("A07", "202601061000", account="V1", patient_class="O", mrg="||A1")
        applied(admin, adt("A01"), visit)
        assert (account("A1").state, account("V1").patient_class) == ("cancelled", "O")
        assert heads() == {}


class TestUpdate:
    def test_a_matching_a08_updates_the_person_alone(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A08", name="MILLER-JONES^RUTH"))
        assert patients.get(patients.by_mrn("00123"))["last_name"] == "MILLER-JONES"
        assert (feed_counts.held(), feed_counts.disagreements()) == (0, 0)

    @pytest.mark.parametrize(
        ("item", "message", "ours", "theirs"),
        [
            ("PV1-3", adt("A08", place="ICU^1"), "5W 501-A", "ICU 1"),
            ("PV1-10", adt("A08", service="SUR"), "MED", "SUR"),
            ("PV1-44", adt("A08", admitted="202601041000"), "2026-01-05T10:00", "2026-01-04T10:00"),
            ("PV1-45", adt("A08", discharged="202601081200"), "(none)", "2026-01-08T12:00"),
        ],
    )
    def test_one_that_differs_moves_nothing_and_opens_an_item(
        self, admin: Actor, item: str, message: bytes, ours: str, theirs: str
    ) -> None:
        applied(admin, adt("A01"))
        before = account()
        applied(admin, message.replace(b"MILLER", b"MUELLER"))
        after = account()
        assert path() == [("admit", "01-05T10:00", "5W", "MED")]
        assert (after.unit, after.service, after.discharged_at) == (before.unit, before.service, "")
        (found,) = intake.disagreements(admin)
        assert (found.item, found.ours, found.theirs, found.account) == (item, ours, theirs, "A1")
        assert patients.get(before.patient_id)["last_name"] == "MUELLER"

    def test_another_disposition_than_that_of_the_discharge_is_an_item(self, admin: Actor) -> None:
        gone = {"discharged": "202601071100", "disposition": "01"}
        applied(admin, adt("A01"), adt("A03", at="202601071100", **gone))
        applied(admin, adt("A08", **gone | {"disposition": "3"}))
        (found,) = intake.disagreements(admin)
        assert (found.item, found.ours, found.theirs) == ("PV1-36", "01", "03")
        assert intake.open_disagreements("A1") == [("PV1-36", "01", "03")]
        applied(admin, adt("A08", **gone))
        assert intake.open_disagreements("A1") == []

    def test_saying_it_again_is_the_same_item_and_agreeing_closes_it(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A08", service="SUR"), adt("A08", service="ORT"))
        (found,) = intake.disagreements(admin)
        assert (found.theirs, found.times) == ("ORT", 2)
        applied(admin, adt("A08"))
        assert intake.disagreements(admin) == []

    def test_an_inpatient_nobody_admitted_is_an_item_until_the_a01_comes(self, admin: Actor) -> None:
        applied(admin, adt("A08"))
        (found,) = intake.disagreements(admin)
        assert (found.item, found.ours) == ("account", "(not known)")
        applied(admin, adt("A01"))
        assert intake.disagreements(admin) == []

    def test_a28_and_a31_are_the_person(self, admin: Actor) -> None:
        applied(admin, without(adt("A28"), "PV1"), without(adt("A31", name="BAKER^RUTH"), "PV1"))
        assert patients.get(patients.by_mrn("00123"))["last_name"] == "BAKER"
        assert encounters.find("A1") == 0

    def test_two_double_quotes_take_a_value_away_and_an_empty_field_does_not(self, admin: Actor) -> None:
        address = adt("A28").replace(b"|19510309|F|||", b"|19510309|F|||1 MAIN^^BEND")
        applied(admin, address, adt("A31"))
        assert patients.get(patients.by_mrn("00123"))["city"] == "BEND"
        applied(admin, address.replace(b"A28", b"A31").replace(b"^^BEND", b'^^""').replace(b"|C", b"|D"))
        assert patients.get(patients.by_mrn("00123"))["city"] == ""


class TestPerson:
    @pytest.mark.parametrize(("sent", "kept"), [("F", "F"), ("m", "M"), ("A", "U"), ("O", "U"), ("Q", "Q")])
    def test_the_sex_is_what_the_table_says_of_the_code(self, admin: Actor, sent: str, kept: str) -> None:
        applied(admin, adt("A28").replace(b"|19510309|F|", f"|19510309|{sent}|".encode()))
        assert patients.get(patients.by_mrn("00123"))["sex"] == kept

    def test_a_facility_says_what_its_own_code_means(self, admin: Actor) -> None:
        folder = store.current().directory / "site" / "tables"
        folder.mkdir(parents=True)
        (folder / "hl7_ethnicity.toml").write_text(
            'id = "hl7_ethnicity"\ntitle = "x"\nrows = [\n  { code = "X9", text = "x", value = "2186-5" },\n]\n'
        )
        applied(admin, adt("A28", more_pid="||||X9"), adt("A28", mrn="00124", more_pid="||||H"))
        found = [patients.get(patients.by_mrn(mrn))["ethnicity"] for mrn in ("00123", "00124")]
        assert found == ["2186-5", "2135-2"]


class TestMergeAndRenumber:
    def test_a40_merges_and_the_old_number_goes_on_finding_the_chart(self, admin: Actor) -> None:
        applied(admin, adt("A01", mrn="2", account="A2"), adt("A28"), adt("A40", mrg="2^^^GEN^MR"))
        assert patients.by_mrn("2") == patients.by_mrn("00123")
        assert account("A2").mrn == "00123"
        assert heads() == {"5W": (1, 0, 0)}

    @pytest.mark.parametrize("event", ["A18", "A34", "A40"])
    def test_a_number_without_a_chart_leads_to_the_survivor(self, admin: Actor, event: str) -> None:
        applied(admin, adt(event, mrg="2^^^GEN^MR"), adt("A01", mrn="2", account="A2"))
        assert account("A2").mrn == "00123"

    def test_a36_merges_patient_and_account(self, admin: Actor) -> None:
        applied(
            admin,
            adt("A01"),
            adt("A04", mrn="2", account="A2", patient_class="E"),
            adt("A36", mrg="2^^^GEN^MR||A2"),
        )
        assert encounters.find("A2") == encounters.find("A1")
        assert patients.by_mrn("2") == patients.by_mrn("00123")

    @pytest.mark.parametrize("event", ["A35", "A41"])
    def test_a35_and_a41_merge_accounts(self, admin: Actor, event: str) -> None:
        applied(
            admin,
            adt("A01"),
            adt("A04", account="A2", patient_class="E"),
            adt(event, mrg="00123^^^GEN^MR||A2"),
        )
        assert encounters.find("A2") == encounters.find("A1")

    def test_a45_moves_the_visit_to_another_patient(self, admin: Actor) -> None:
        applied(admin, adt("A01", mrn="2"), adt("A45", mrg="2^^^GEN^MR||A1"))
        assert account().mrn == "00123"

    def test_a47_gives_the_chart_another_number(self, admin: Actor) -> None:
        applied(admin, adt("A01", mrn="2"), adt("A47", mrg="2^^^GEN^MR"))
        assert account().mrn == "00123"
        assert patients.by_mrn("2") == patients.by_mrn("00123")

    def test_a47_between_two_charts_is_held(self, admin: Actor) -> None:
        applied(admin, adt("A28", mrn="2"), adt("A28"))
        assert "both have a chart" in held(admin, adt("A47", mrg="2^^^GEN^MR"))


class TestDocuments:
    @pytest.mark.parametrize("event", ["T01", "T02", "T06", "T10", "T11"])
    def test_mdm_is_noted_for_chart_completion(self, admin: Actor, event: str) -> None:
        txa = "TXA|1|DS|TX|202601091000||202601091100|202601091200||77^HOUSE^GREG|||DOC1|||||AU"
        message = adt("A01", more=txa).replace(b"ADT^A01", b"MDM^" + event.encode())
        applied(admin, message)
        (note,) = intake.documents(admin, "A1")
        assert (note.event, note.document_type, note.document_number) == (event, "DS", "DOC1")
        assert (note.originator, note.written_at, note.completion) == (
            "HOUSE, GREG",
            "2026-01-09T12:00",
            "AU",
        )


class TestTemporaryNames:
    @pytest.mark.parametrize(
        "name", ["UNKNOWN^MALE", "DOE^JANE", "SMITH^BABYBOY", "SMITH^BABY GIRL B", "TRAUMA42^X"]
    )
    def test_a_stand_in_goes_on_the_rename_list(self, admin: Actor, name: str) -> None:
        applied(admin, adt("A01", name=name))
        assert [row.mrn for row in patients.temporary()] == ["00123"]

    def test_the_true_name_takes_it_off(self, admin: Actor) -> None:
        applied(admin, adt("A01", name="UNKNOWN^MALE"), adt("A08", name="MILLER^JOHN"))
        assert patients.temporary() == []

    @pytest.mark.parametrize("name", ["DOE^RICHARD", "BABYLON^ANN", "UNKEL^JO"])
    def test_a_name_that_only_looks_like_one_does_not(self, admin: Actor, name: str) -> None:
        applied(admin, adt("A28", name=name))
        assert patients.temporary() == []


class TestIdempotence:
    def test_a_message_that_returns_is_unchanged(self, admin: Actor) -> None:
        message = adt("A01")
        (_, (again, counts)) = send_counted(admin, message, message.replace(b"\r", b"\n"))
        assert again.outcome is Outcome.UNCHANGED
        assert counts["read"] == counts["applied"] + counts["unchanged"] == 2

    def test_a_control_id_with_other_content_is_another_message_with_a_warning(self, admin: Actor) -> None:
        first, second = applied(admin, adt("A01", control_id="7"), adt("A02", "202601060800", control_id="7"))
        assert not any("Control id" in warning for warning in first.warnings)
        assert second.warnings[0] == "Control id 7 was used before for other content."
        assert len(path()) == 2

    def test_another_sender_may_use_the_same_control_id(self, admin: Actor) -> None:
        other = adt("A28", control_id="7").replace(b"|ADT|GEN|", b"|LAB|GEN|")
        _, second = applied(admin, adt("A01", control_id="7"), other)
        assert not any("Control id" in warning for warning in second.warnings)

    def test_what_is_not_used_is_counted_and_logged(self, admin: Actor) -> None:
        ((settled, counts),) = send_counted(admin, adt("A60"))
        assert (settled.outcome, counts["not_used"]) == (Outcome.NOT_USED, 1)


class TestHoldQueue:
    def test_a_discharge_before_its_admission_is_applied_when_that_comes(self, admin: Actor) -> None:
        early = adt("A03", discharged="202601081215", disposition="01")
        (first, _), (second, counts) = send_counted(admin, early, adt("A01"))
        assert "Account A1 is not known here" in first.reason
        assert second.outcome is APPLIED
        assert counts | {"applied": 2, "held": 0} == counts
        assert account().discharged_at == "2026-01-08T12:15"

    def test_a_whole_stay_in_reverse_order_ends_up_right(self, admin: Actor) -> None:
        stay = (
            adt("A01"),
            adt("A02", "202601060800", place="ICU"),
            adt("A21", "202601070800"),
            adt("A22", "202601071800"),
            adt("A03", discharged="202601081215", disposition="01"),
        )
        counts = send_counted(admin, *reversed(stay))[-1][1]
        assert counts["applied"] == 5
        assert [step[0] for step in path()] == ["admit", "transfer", "leave", "return", "discharge"]

    def test_a_cancellation_that_waits_does_not_meet_a_later_discharge(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        held(admin, adt("A13", "202601060900"))
        applied(admin, adt("A03", "202601081300", discharged="202601081215", disposition="01"))
        assert account().discharged_at == "2026-01-08T12:15"

    def test_a_second_discharge_that_waits_does_not_outlive_a_later_cancellation(self, admin: Actor) -> None:
        applied(admin, adt("A01"), adt("A03", "202601081300", discharged="202601081215", disposition="01"))
        held(admin, adt("A03", "202601081400", discharged="202601081345", disposition="01"))
        applied(admin, adt("A13", "202601081500"))
        assert account().discharged_at == ""

    def test_a_cancelled_admission_that_waits_does_not_meet_a_later_one(self, admin: Actor) -> None:
        held(admin, adt("A11", "202601060900"))
        applied(admin, adt("A01", "202601071000", admitted="202601071000"))
        assert account().state == "active"

    def test_a_message_for_another_number_is_applied_when_the_charts_are_merged(self, admin: Actor) -> None:
        applied(admin, adt("A01"))
        held(admin, adt("A02", "202601060800", mrn="2", place="ICU"))
        applied(admin, adt("A40", "202601070800", mrg="2^^^GEN^MR"))
        assert account().unit == "ICU"

    def test_what_waited_does_not_put_an_older_name_back(self, admin: Actor) -> None:
        send(
            admin,
            adt("A03", name="OLD^NAME", discharged="202601081215", disposition="01"),
            adt("A01", name="NEW^NAME"),
        )
        assert patients.get(patients.by_mrn("00123"))["last_name"] == "NEW"

    def test_it_is_listed_with_reason_and_shown_with_text(self, admin: Actor) -> None:
        held(admin, adt("A01", service="", control_id="C9"))
        (row,) = intake.held_messages(admin)
        assert (row.event, row.control_id, row.account, row.mrn) == ("ADT^A01", "C9", "A1", "00123")
        assert row.reason.startswith("PV1-10 names no service")
        shown, text = intake.held_message(admin, row.id)
        assert shown == row
        assert text.splitlines()[0].startswith("MSH|^~\\&|ADT|GEN")
        assert intake.held_messages(admin, after=row.id) == []

    def test_mended_text_is_applied_and_the_original_kept(self, admin: Actor) -> None:
        original = adt("A01", service="")
        held(admin, original)
        (row,) = intake.held_messages(admin)
        _, text = intake.held_message(admin, row.id)
        settled = hl7_intake.replay(admin, row.id, text.replace("^JONES^MARY||||", "^JONES^MARY|||MED|"))
        assert settled.outcome is APPLIED, settled.reason
        assert account().service == "MED"
        assert intake.held_messages(admin) == []
        kept, text_kept = intake.held_message(admin, row.id)
        assert (kept.outcome, text_kept.encode().replace(b"\n", b"\r")) == (Outcome.MENDED, original)
        assert send(admin, original)[0].outcome is Outcome.UNCHANGED

    def test_text_that_is_still_wrong_changes_nothing(self, admin: Actor) -> None:
        held(admin, adt("A01", service=""))
        (row,) = intake.held_messages(admin)
        _, text = intake.held_message(admin, row.id)
        still = hl7_intake.replay(admin, row.id, text.replace("|5W^501^A|", "||"))
        assert (still.outcome, still.reason[:21]) == (HELD, "PV1-3 names no unit: ")
        assert intake.held_messages(admin) == [row]

    def test_trying_all_again_applies_each_message_once(self, admin: Actor) -> None:
        send(
            admin,
            adt("A01", service=""),
            adt("A03", discharged="202601081215", disposition="01"),
            adt("A13", "202601081300"),
            adt("A03", discharged="202601091215", disposition="01"),
        )
        assert file_setting(admin, "hl7_default_service", "GEN", 1).record_id
        counts = hl7_intake.replay_all(admin)
        assert counts["read"] == counts["applied"] == 4
        assert (account().service, account().discharged_at) == ("GEN", "2026-01-09T12:15")

    def test_a_dismissed_message_is_out_of_the_queue_with_the_reason(self, admin: Actor) -> None:
        held(admin, adt("A13"))
        (row,) = intake.held_messages(admin)
        intake.dismiss(admin, row.id, "Sent by mistake.")
        assert intake.held_messages(admin) == []
        assert intake.held_message(admin, row.id)[0].reason.endswith("Dismissed: Sent by mistake.")
        applied(admin, adt("A01"))
        assert account().discharged_at == ""

    def test_two_people_cannot_settle_one_message(self, admin: Actor) -> None:
        held(admin, adt("A13"))
        (row,) = intake.held_messages(admin)
        intake.dismiss(admin, row.id, "no")
        with pytest.raises(acts.Conflict, match="no longer held"):
            hl7_intake.replay(admin, row.id)

    def test_only_those_who_may_mend_it(self, admin: Actor, actor_with: object) -> None:
        held(admin, adt("A13"))
        (row,) = intake.held_messages(admin)
        coder = actor_with(Role.CODER)  # type: ignore[operator]
        with pytest.raises(acts.NotPermitted):
            intake.dismiss(coder, row.id, "no")
        with pytest.raises(acts.NotPermitted):
            hl7_intake.replay(coder, row.id)

    def test_every_look_and_every_decision_is_in_the_audit_trail(self, admin: Actor) -> None:
        held(admin, adt("A13", control_id="C1"))
        (row,) = intake.held_messages(admin)
        intake.held_message(admin, row.id)
        intake.dismiss(admin, row.id, "no")
        applied(admin, adt("A01"), adt("A08", service="SUR"))
        (item,) = intake.disagreements(admin)
        intake.resolve(admin, item.id, "The record is right.")
        assert intake.disagreements(admin) == []
        trail = database.execute_sql(
            "SELECT action, kind, record FROM audit ORDER BY seq DESC LIMIT 6"
        ).fetchall()
        assert [tuple(one) for one in reversed(trail)] == [
            ("view hold queue", "list", "hold queue"), ("view hold queue", "message", "C1"),
            ("mend hold queue", "message", "C1"), ("view hold queue", "list", "feed disagreements"),
            ("mend hold queue", "account", "A1"), ("view hold queue", "list", "feed disagreements"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "sql", ["UPDATE received_message SET text = x'00'", "DELETE FROM received_message"]
    )
    def test_what_was_received_cannot_be_changed_or_deleted(self, admin: Actor, sql: str) -> None:
        applied(admin, adt("A28"))
        with pytest.raises(Exception, match="is kept"):
            database.execute_sql(sql)


class TestFiles:
    def test_a_folder_is_read_in_order_of_name_and_counted(self, admin: Actor, tmp_path: Path) -> None:
        folder = tmp_path / "feed"
        (folder / "later").mkdir(parents=True)
        (folder / "1.hl7").write_bytes(adt("A01") + adt("A60"))
        (folder / "2.HL7").write_bytes(b"\xef\xbb\xbf" + adt("A02", "202601060800").replace(b"\r", b"\r\n"))
        (folder / "later" / "3.hl7").write_bytes(b"no message\r\n" + adt("A13"))
        (folder / "notes.txt").write_bytes(b"not read")
        counts = hl7_intake.import_files(admin, [folder])
        assert counts == {"read": 5, "applied": 2, "unchanged": 0, "not_used": 1, "refused": 1, "held": 1}
        again = hl7_intake.import_files(admin, [folder])
        assert again == {"read": 5, "applied": 0, "unchanged": 4, "not_used": 0, "refused": 1, "held": 0}
        reasons = database.execute_sql("SELECT reason, raw_text FROM refused_row").fetchall()
        assert [tuple(row) for row in reasons] == [
            (f"3.hl7, message 1: {hl7_intake.NO_MESSAGE}", "no message")
        ]

    def test_an_import_is_two_audit_rows_however_long(self, admin: Actor, tmp_path: Path) -> None:
        file = tmp_path / "a.hl7"
        file.write_bytes(b"".join(adt("A28", mrn=str(number)) for number in range(40)))
        before = database.execute_sql("SELECT max(seq) FROM audit").fetchone()[0]
        hl7_intake.import_files(admin, [file])
        rows = database.execute_sql("SELECT action, detail FROM audit WHERE seq > ?", (before,)).fetchall()
        assert [row[0] for row in rows] == ["import", "import"]
        assert json.loads(rows[1][1])["applied"] == 40

    @pytest.mark.skipif(not SHARED.is_dir(), reason="the shared HL7 messages are not on this machine")
    def test_every_shared_message_is_applied_not_used_or_held_with_a_clear_reason(self, admin: Actor) -> None:
        files = sorted(SHARED.glob("*.hl7"))
        counts = hl7_intake.import_files(admin, [SHARED])
        assert counts["read"] >= len(files)
        assert counts["read"] == sum(counts.values()) - counts["read"]
        assert counts["refused"] == counts["unchanged"] == 0
        assert counts["not_used"] >= 14
        for row in intake.held_messages(admin):
            assert row.reason.endswith((".", "replay."))
            assert "program failed" not in row.reason
            assert any(word in row.reason for word in ("PV1", "PID", "MRG", "MSH", "Account"))
        state = dump()
        again = hl7_intake.import_files(admin, [SHARED])
        assert again == dict.fromkeys(counts, 0) | {"read": counts["read"], "unchanged": counts["read"]}
        assert dump() == state


def dump() -> dict[str, list[tuple[object, ...]]]:
    names = (
        "patient",
        "encounter",
        "movement",
        "received_message",
        "feed_disagreement",
        "document_note",
        "unit",
    )
    return {name: database.execute_sql(f"SELECT * FROM {name}").fetchall() for name in names}


class TestAnyMessage:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.sampled_from([adt(f"A{number:02}", mrg="2^^^GEN^MR||A2") for number in range(1, 62)]),
        st.integers(0, 400), st.integers(0, 30),
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from([b"|", b"^", b"~", b"\\", b"&", b"\r", b'""', b"\x00", b"PID|"]),
        ),
    )  # fmt: skip
    def test_no_damaged_message_stops_the_feed(
        self, admin: Actor, message: bytes, at: int, cut: int, noise: bytes
    ) -> None:
        run = Intake(admin, "test")
        with writing():
            run.open()
            taken = run.take(message[:at] + noise + message[at + cut :])
        assert "program failed" not in taken.settled.reason
        assert run.counts["read"] == sum(run.counts.values()) - run.counts["read"] == 1


class TestSelfCheck:
    def test_the_day_summary_equals_a_count_from_the_movements(self, admin: Actor) -> None:
        from rules.moments import day_number

        applied(
            admin,
            adt("A01"),
            adt("A01", mrn="2", account="A2", place="6E"),
            adt("A02", "202601060800", place="ICU"),
            adt("A03", mrn="2", account="A2", discharged="202601071215", disposition="01"),
            adt("A13", mrn="2", account="A2"),
            adt("A12", "202601060900"),
            adt("A21", "202601081000"),
        )
        census.bring_up_to_date()
        assert census.self_check(day_number("2026-01-01"), day_number("2026-01-12")) == []
        assert movements.latest(encounters.find("A1"), Event.LEAVE) is not None
