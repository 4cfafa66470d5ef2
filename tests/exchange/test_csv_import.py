"""CSV imports: every column and rule, twice the same file, any order of rows, and what happens to bad rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import changes
from db.actors import Actor
from db.connect import database
from db.hospital import encounters, events, movements, site
from db.patient_index import patients
from db.statistics import census
from exchange.csv_files import CsvError, Profile, canonical, load_profile
from exchange.csv_import import LAYOUTS, import_file
from rules.moments import day_number
from tests.conftest import ADMIN, PASSPHRASE

YEAR = (day_number("2026-01-01"), day_number("2026-12-31"))
PATIENTS = (
    "mrn,last_name,first_name,middle_name,birth_date,sex\n0001,MILLER,RUTH,,1951-03-09,F\n0002,LEE,AL,,,M\n"
)
HEAD = "mrn,account,newborn,event,at,unit,service,disposition"
STAY = (
    "0001,A1,0,admit,2026-01-02T10:00,4W,MED,",
    "0001,A1,0,transfer,2026-01-03T10:00,ICU,MED,",
    "0001,A1,0,leave,2026-01-04T10:00,,,",
    "0001,A1,0,return,2026-01-06T10:00,,,",
    "0001,A1,0,discharge,2026-01-10T10:00,,,1",
)


class Importer:
    """Imports texts as files; ``counts`` are those that are not 0."""

    def __init__(self, actor: Actor, folder: Path) -> None:
        self.actor, self.folder, self.refused, self.warned = actor, folder, [], []  # type: ignore[var-annotated]

    def __call__(
        self, kind: str, text: str | bytes, profile: Profile = Profile(), *, dry_run: bool = False  # noqa: B008
    ) -> dict[str, int]:  # fmt: skip
        path = self.folder / f"{kind}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        _, report = import_file(self.actor, kind, path, profile, dry_run=dry_run)
        self.refused = [(row.line, row.field) for row in report.told]
        self.warned = [line for line, _ in report.warnings]
        counts = dict(report.counts)
        assert counts["read"] == sum(counts.values()) - counts["read"]
        return {name: number for name, number in counts.items() if number}


@pytest.fixture
def load(admin: Actor, tmp_path: Path) -> Importer:
    return Importer(admin, tmp_path)


def lines(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


class TestPatients:
    def test_a_file_imported_again_is_unchanged(self, load: Importer) -> None:
        assert load("patients", PATIENTS) == {"read": 2, "applied": 2}
        assert load("patients", PATIENTS) == {"read": 2, "unchanged": 2}

    def test_every_optional_column_is_kept(self, load: Importer) -> None:
        values = {
            "mrn": "0001", "last_name": "MILLER", "first_name": "RUTH", "middle_name": "A", "suffix": "JR",
            "birth_date": "1951-03", "sex": "F", "aliases": "MEYER,RUTH|MAIER,RUTH", "mrn_issuer": "NORTH",
            "ssn": "123456789", "street": "1 ELM", "city": "TROY", "state": "NY", "zip": "12180", "county": "083",
            "country": "US", "phone": "555", "race": "R1|R2", "ethnicity": "E1", "marital": "M",
            "death_date": "2026-02-01", "patient_category": "VETERAN", "us_person": "1",
        }  # fmt: skip
        load("patients", lines(",".join(f'"{value}"' for value in values.values()), head=",".join(values)))
        held = patients.get(patients.by_mrn("0001"))
        assert {name: held[name] for name in values} == values

    def test_a_blank_is_no_change_and_an_at_sign_clears(self, load: Importer) -> None:
        load("patients", "mrn,city,zip\n1,TROY,12180\n")
        assert load("patients", "mrn,city,zip\n1,,@\n") == {"read": 1, "applied": 1}
        held = patients.get(patients.by_mrn("1"))
        assert (held["city"], held["zip"]) == ("TROY", "")

    def test_a_row_without_mrn_is_refused_with_its_line(self, load: Importer) -> None:
        assert load("patients", "mrn,city\n,TROY\n2,TROY\n") == {"read": 2, "applied": 1, "refused": 1}
        assert load.refused == [(2, "mrn")]

    def test_an_unreadable_optional_value_is_kept_and_the_row_goes_in(self, load: Importer) -> None:
        assert load("patients", "mrn,birth_date\n1,circa 1950\n") == {"read": 1, "applied": 1}
        assert load.warned == [2]
        assert patients.get(patients.by_mrn("1"))["birth_date"] == "circa 1950"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_accents_come_through_whatever_the_encoding(self, load: Importer, encoding: str) -> None:
        load("patients", "mrn,last_name\n1,Müller\n".encode(encoding))
        assert patients.get(patients.by_mrn("1"))["last_name"] == "Müller"

    def test_temporary_names_go_on_the_rename_list(self, load: Importer) -> None:
        load("patients", "mrn,last_name,first_name\n1,UNKNOWN,MALE\n2,LEE,ANN\n")
        assert [row.mrn for row in patients.temporary()] == ["1"]


class TestMovements:
    def test_a_stay_is_counted_by_its_rows(self, load: Importer) -> None:
        load("patients", PATIENTS)
        assert load("movements", lines(*STAY)) == {"read": 5, "applied": 5}
        stay = encounters.get(encounters.find("A1"))
        assert (stay.los_days, stay.leave_days, stay.disposition, stay.unit) == (6, 2, "01", "ICU")
        assert census.self_check(*YEAR) == []

    def test_a_file_imported_again_is_unchanged(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        assert load("movements", lines(*STAY)) == {"read": 5, "unchanged": 5}

    @given(order=st.permutations(STAY))
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_the_order_of_rows_is_free(self, load: Importer, order: list[str]) -> None:
        account = f"P{len(list(database.execute_sql('SELECT id FROM encounter')))}"
        load("patients", PATIENTS)
        rows = [row.replace(",A1,", f",{account},") for row in order]
        assert load("movements", lines(*rows)) == {"read": 5, "applied": 5}
        assert encounters.get(encounters.find(account)).los_days == 6

    def test_a_changed_row_is_an_amendment_with_old_and_new(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        changed = [*STAY[:1], STAY[1].replace("ICU", "CCU"), *STAY[2:4], STAY[4].replace("-10T", "-11T")]
        assert load("movements", lines(*changed)) == {"read": 5, "applied": 2, "unchanged": 3}
        account = encounters.find("A1")
        rows = movements.of_encounter(account, every=True)
        assert sorted(row.state for row in rows) == ["current"] * 5 + ["superseded"] * 2
        assert encounters.get(account).los_days == 7
        assert load("movements", lines(*STAY)) == {"read": 5, "unchanged": 5}  # the old file says nothing new

    def test_2400_is_midnight_of_the_next_day(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(STAY[0].replace("T10:00", "T24:00")))
        assert encounters.get(encounters.find("A1")).admitted_at == "2026-01-03T00:00"

    def test_every_optional_column_is_used(self, load: Importer) -> None:
        load("patients", PATIENTS)
        head = (
            f"{HEAD},id,action,seq,utc_offset,class,bed,leave_type,attending,payer,priority,point_of_origin,"
            "mother_account,birth_weight_g,gestation_weeks"
        )
        rows = (
            "0002,B1,1,admit,2026-01-02T10:00,NSY,NB,,m1,add,1,-05:00,I,N1,,DR1,BCBS,4,5,A1,3400,39",
            "0002,B1,1,leave,2026-01-03T10:00,,,,m2,,,,,,ua,,,,,,,",
        )
        assert load("movements", lines(*rows, head=head)) == {"read": 2, "applied": 2}
        stay = encounters.get(encounters.find("B1"))
        assert (stay.newborn, stay.bed, stay.on_leave, stay.attending, stay.payer) == (
            True,
            "N1",
            "ua",
            "DR1",
            "BCBS",
        )
        assert (stay.priority, stay.point_of_origin, stay.mother_account) == ("4", "5", "A1")
        assert (stay.birth_weight_g, stay.gestation_weeks) == (3400, 39)
        assert load("movements", lines(*rows, head=head)) == {"read": 2, "unchanged": 2}

    def test_same_minute_goes_by_seq_then_by_order_in_the_file(self, load: Importer) -> None:
        load("patients", PATIENTS)
        rows = (
            "0001,A1,0,admit,2026-01-02T10:00,4W,MED,,",
            "0001,A1,0,transfer,2026-01-03T10:00,LAST,MED,,2",
            "0001,A1,0,transfer,2026-01-03T10:00,FIRST,MED,,1",
            "0002,A2,0,admit,2026-01-02T10:00,4W,MED,,",
            "0002,A2,0,transfer,2026-01-03T10:00,FIRST,MED,,",
            "0002,A2,0,transfer,2026-01-03T10:00,LAST,MED,,",
        )
        load("movements", lines(*rows, head=f"{HEAD},seq"))
        assert [encounters.get(encounters.find(account)).unit for account in ("A1", "A2")] == ["LAST", "LAST"]
        assert load("movements", lines(*rows, head=f"{HEAD},seq")) == {"read": 6, "unchanged": 6}

    def test_by_its_id_a_movement_may_change_in_everything(self, load: Importer) -> None:
        load("patients", PATIENTS)
        head = f"{HEAD},id,action"
        load("movements", lines(f"{STAY[0]},7,", f"{STAY[1]},8,", head=head))
        change = "0001,A1,0,transfer,2026-01-05T12:00,5E,SUR,,8,change"
        assert load("movements", lines(change, head=head)) == {"read": 1, "applied": 1}
        assert load("movements", lines(change, head=head)) == {"read": 1, "unchanged": 1}
        assert [row.at for row in movements.of_encounter(encounters.find("A1"))][1] == "2026-01-05T12:00"

    def test_a_cancelled_movement_stays_cancelled_however_often_the_file_comes(self, load: Importer) -> None:
        load("patients", PATIENTS)
        rows = [f"{row},add" for row in STAY] + [f"{STAY[4]},cancel"]
        assert load("movements", lines(*rows, head=f"{HEAD},action")) == {"read": 6, "applied": 6}
        assert encounters.get(encounters.find("A1")).discharged_at == ""
        assert load("movements", lines(*rows, head=f"{HEAD},action")) == {"read": 6, "unchanged": 6}

    def test_cancels_may_stand_in_any_order(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        rows = [f"{row},cancel" for row in STAY]
        assert load("movements", lines(*rows, head=f"{HEAD},action")) == {"read": 5, "applied": 5}
        assert encounters.get(encounters.find("A1")).state == "cancelled"
        assert sum(row.service_days for row in census.day_summary(*YEAR, by=())) == 0

    @pytest.mark.parametrize(
        ("row", "column"),
        [
            ("0009,A1,0,transfer,2026-01-03T10:00,ICU,MED,", "mrn"),
            (",A1,0,transfer,2026-01-03T10:00,ICU,MED,", "mrn"),
            ("0001,,0,transfer,2026-01-03T10:00,ICU,MED,", "account"),
            ("0002,A1,0,transfer,2026-01-03T10:00,ICU,MED,", "mrn"),
            ("0001,A1,0,depart,2026-01-03T10:00,ICU,MED,", "event"),
            ("0001,A1,0,transfer,03.01.2026,ICU,MED,", "at"),
            ("0001,A1,0,transfer,2026-01-03,ICU,MED,", "at"),
            ("0001,A1,0,transfer,2026-01-03T25:00,ICU,MED,", "at"),
            ("0001,A1,0,discharge,2026-01-01T10:00,,,01", "event"),
            ("0001,A1,0,discharge,2026-01-05T10:00,,,30", "disposition"),
            ("0001,A1,0,return,2026-01-03T10:00,,,", "event"),
            ("0001,A2,0,discharge,2026-01-03T10:00,,,01", "event"),
            ("0001,A2,0,admit,2026-01-03T10:00,,MED,", "event"),
            ("0001,A1,0,transfer,2026-01-03T10:00,ICU,MED,,,,", ""),
        ],
    )
    def test_what_cannot_be_taken_is_refused_and_the_rest_goes_in(
        self, load: Importer, row: str, column: str
    ) -> None:
        load("patients", PATIENTS)
        assert load("movements", lines(STAY[0], row)) == {"read": 2, "applied": 1, "refused": 1}
        assert load.refused == [(3, column)]
        assert not encounters.find("A2")

    @pytest.mark.parametrize(
        ("rows", "head"),
        [
            (("0001,A1,0,discharge,2026-01-10T10:00,,,9X",), HEAD),
            (("0001,A1,0,leave,2026-01-10T10:00,,,,holiday",), f"{HEAD},leave_type"),
            (("0001,A1,0,transfer,2026-01-10T10:00,ICU,,,x",), f"{HEAD},seq"),
            (("0001,A1,0,transfer,2026-01-10T10:00,ICU,,,noon",), f"{HEAD},utc_offset"),
            (("0001,A1,0,transfer,2026-01-10T10:00,ICU,,,heavy",), f"{HEAD},birth_weight_g"),
            (("0001,A1,0,discharge,2026-01-10T10:00,4W,MED,01",), HEAD),
        ],
    )
    def test_an_unreadable_optional_value_is_flagged_and_the_row_goes_in(
        self, load: Importer, rows: tuple[str, ...], head: str
    ) -> None:
        load("patients", PATIENTS)
        load("movements", lines(STAY[0]))
        assert load("movements", lines(*rows, head=head)) == {"read": 1, "applied": 1}
        assert 2 in load.warned
        assert load("movements", lines(*rows, head=head)) == {"read": 1, "unchanged": 1}

    def test_unknown_units_services_and_providers_are_created_unconfirmed(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(f"{STAY[0]},DR9", head=f"{HEAD},attending"))
        assert site.unconfirmed() | {"payer": 0} == {
            "division": 0, "unit": 1, "service": 1, "provider": 1, "payer": 0, "printer": 0,
        }  # fmt: skip

    def test_an_hour_that_the_clock_shows_twice_takes_the_first_and_says_so(self, load: Importer) -> None:
        load("patients", PATIENTS)
        rows = (
            "0001,A1,0,admit,2026-11-01T01:30,4W,MED,,",
            "0002,A2,0,admit,2026-11-01T01:30,4W,MED,,-05:00",
        )
        load("movements", lines(*rows, head=f"{HEAD},utc_offset"))
        utc = dict(database.execute_sql("SELECT account, admitted_utc FROM encounter"))
        assert utc["A2"] - utc["A1"] == 3600
        assert 2 in load.warned

    def test_a_time_that_lies_ahead_goes_in_with_a_warning(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(STAY[0]))
        ahead = "0001,A2,0,admit,2999-01-01T10:00,4W,MED,"
        assert load("movements", lines(ahead)) == {"read": 1, "applied": 1}
        assert load.warned == [2]

    def test_a_row_that_changes_only_the_encounter_is_applied(self, load: Importer) -> None:
        load("patients", PATIENTS)
        head = f"{HEAD},payer"
        load("movements", lines(f"{STAY[0]},BCBS", head=head))
        assert load("movements", lines(f"{STAY[0]},AETNA", head=head)) == {"read": 1, "applied": 1}
        history = changes.amendments("encounter", encounters.find("A1"))
        assert history[0][3:] == ("payer", "BCBS", "AETNA")

    def test_death_status_makes_a_death(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(STAY[0], "0001,A1,0,discharge,2026-01-03T09:00,,,20"))
        (row,) = census.day_summary(*YEAR, by=())
        assert (row.deaths, row.deaths_under_48h) == (1, 1)

    @given(rows=st.lists(
        st.tuples(
            st.sampled_from(["0001", "0002", "", "x"]), st.sampled_from(["A1", "A2", ""]),
            st.sampled_from(["0", "1", "?"]),
            st.sampled_from(["admit", "transfer", "service", "leave", "return", "discharge", "die"]),
            st.sampled_from(["2026-01-02T10:00", "2026-01-03T10:00", "2026-01-03T24:00", "T", "2026-13-01T00:00"]),
            st.sampled_from(["4W", "ICU", ""]), st.sampled_from(["MED", ""]), st.sampled_from(["20", "1", "", "\x1b["]),
            st.sampled_from(["", "1", "2"]), st.sampled_from(["", "add", "change", "cancel", "zap"]),
        ), max_size=12,
    ))  # fmt: skip
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_rows_are_counted_once_and_leave_a_true_summary(
        self, load: Importer, rows: list[tuple[str, ...]]
    ) -> None:
        load("patients", PATIENTS)
        text = lines(*(",".join(row) for row in rows), head=f"{HEAD},id,action")
        assert load("movements", text).get("read", 0) == len(rows)
        assert census.self_check(*YEAR) == []


class TestVisits:
    HEAD = "mrn,account,class,arrived_at,departed_at,location,provider,disposition,dx1,dx2"
    ROW = "0001,E1,E,2026-01-02T10:00,2026-01-02T12:00,ED,DR1,1,S72.001A,I10"

    def test_a_visit_is_stored_and_again_unchanged(self, load: Importer) -> None:
        load("patients", PATIENTS)
        assert load("encounters", lines(self.ROW, head=self.HEAD)) == {"read": 1, "applied": 1}
        assert load("encounters", lines(self.ROW, head=self.HEAD)) == {"read": 1, "unchanged": 1}
        visit = encounters.get(encounters.find("E1"))
        assert (visit.patient_class, visit.arrived_at, visit.discharged_at) == (
            "E", "2026-01-02T10:00", "2026-01-02T12:00",
        )  # fmt: skip
        assert (visit.location, visit.attending, visit.disposition) == ("ED", "DR1", "01")
        codes = database.execute_sql("SELECT code FROM encounter_diagnosis ORDER BY seq")
        assert [code for (code,) in codes] == ["S72001A", "I10"]

    def test_a_visit_that_became_a_stay_remains_one(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("encounters", lines(self.ROW, head=self.HEAD))
        load("movements", lines(STAY[0].replace("A1", "E1").replace("T10:00", "T14:00")))
        assert load("encounters", lines(self.ROW, head=self.HEAD)) == {"read": 1, "unchanged": 1}
        stay = encounters.get(encounters.find("E1"))
        assert (stay.patient_class, stay.arrived_at, stay.admitted_at) == (
            "I", "2026-01-02T10:00", "2026-01-02T14:00",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("old", "new", "column"),
        [
            ("0001", "0009", "mrn"),
            (",E,", ",I,", "class"),
            ("2026-01-02T10:00", "noon", "arrived_at"),
            ("E1", "", "account"),
        ],
    )
    def test_what_cannot_be_taken_is_refused(self, load: Importer, old: str, new: str, column: str) -> None:
        load("patients", PATIENTS)
        assert load("encounters", lines(self.ROW.replace(old, new, 1), head=self.HEAD))["refused"] == 1
        assert load.refused == [(2, column)]


class TestEvents:
    HEAD = "mrn,account,kind,at,detail"

    @pytest.mark.parametrize(
        ("kind", "detail"),
        [
            ("operation", ""), ("operation", "clean"), ("delivery", "vaginal"), ("delivery", "cesarean"),
            ("live_birth", ""), ("fetal_death", "early"), ("fetal_death", "weeks=30"),
            ("fetal_death", "weeks=22 grams=600"),
            ("autopsy", "inpatient"), ("coroner", ""), ("anesthetic", ""), ("death_class", "maternal-direct"),
            ("death_class", "anesthesia"), ("consultation", ""), ("infection", "hai"),
            ("infection", "postoperative-clean"),
        ],
    )  # fmt: skip
    def test_every_kind_and_detail_is_taken_without_a_word(
        self, load: Importer, kind: str, detail: str
    ) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        row = f"0001,A1,{kind},2026-01-05T10:00,{detail}"
        assert load("events", lines(row, head=self.HEAD)) == {"read": 1, "applied": 1}
        assert load.warned == []
        assert load("events", lines(row, head=self.HEAD)) == {"read": 1, "unchanged": 1}

    @pytest.mark.parametrize("detail", ["former-patient", "doa"])
    def test_an_autopsy_elsewhere_has_no_account(self, load: Importer, detail: str) -> None:
        row = f",,autopsy,2026-01-05T10:00,{detail}"
        assert load("events", lines(row, head=self.HEAD)) == {"read": 1, "applied": 1}
        assert load("events", lines(row, head=self.HEAD)) == {"read": 1, "unchanged": 1}

    def test_autopsy_and_coroner_may_follow_discharge_and_others_are_flagged(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        rows = [
            f"0001,A1,{k},2026-01-12T10:00,{d}"
            for k, d in (("autopsy", "inpatient"), ("coroner", ""), ("operation", ""))
        ]
        assert load("events", lines(*rows, head=self.HEAD)) == {"read": 3, "applied": 3}
        assert load.warned == [4]

    def test_another_detail_is_an_amendment_and_two_at_once_are_two(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        rows = ["0001,A1,operation,2026-01-05T10:00,clean", "0001,A1,operation,2026-01-05T10:00,"]
        assert load("events", lines(*rows, head=self.HEAD)) == {"read": 2, "applied": 2}
        assert load("events", lines(*reversed(rows), head=self.HEAD)) == {"read": 2, "unchanged": 2}
        load("events", lines("0001,A1,delivery,2026-01-06T10:00,vaginal", head=self.HEAD))
        load("events", lines("0001,A1,delivery,2026-01-06T10:00,cesarean", head=self.HEAD))
        held = events.of_encounter(encounters.find("A1"))
        assert [(e.kind, e.detail) for e in held] == [
            ("operation", "clean"),
            ("operation", ""),
            ("delivery", "cesarean"),
        ]

    @pytest.mark.parametrize(
        ("row", "column"),
        [
            ("0001,A9,operation,2026-01-05T10:00,", "account"),
            ("0002,A1,operation,2026-01-05T10:00,", "mrn"),
            ("0001,,operation,2026-01-05T10:00,", "account"),
            ("0001,A1,haircut,2026-01-05T10:00,", "kind"),
            ("0001,A1,operation,,", "at"),
        ],
    )
    def test_what_cannot_be_taken_is_refused(self, load: Importer, row: str, column: str) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        assert load("events", lines(row, head=self.HEAD)) == {"read": 1, "refused": 1}
        assert load.refused == [(2, column)]

    def test_a_detail_that_cannot_be_read_is_kept_and_flagged(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(*STAY))
        assert (
            load("events", lines("0001,A1,delivery,2026-01-05T10:00,forceps", head=self.HEAD))["applied"] == 1
        )
        assert load.warned == [2]
        assert events.of_encounter(encounters.find("A1"))[0].detail == "forceps"


class TestSiteFiles:
    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            (
                "units",
                "unit,name,type,division,counts_in_census,from_date,to_date\n4W,4 WEST,MED,MAIN,1,2020-01-01,\n",
            ),
            ("services", "service,name,obstetric,from_date,to_date\nOB,OBSTETRICS,1,,\n"),
            ("providers", "provider,name,npi,service,status\nDR1,\"LEE, A\",1234567893,MED,active\n"),
            ("payers", "payer,name,class\nBCBS,BLUE CROSS,commercial\n"),
            ("beds", "unit,from_date,beds,bassinets,authorized,out_of_service,dialysis\n4W,2026-01-01,30,0,32,2,4\n"),
        ],
    )  # fmt: skip
    def test_each_is_taken_once(self, load: Importer, kind: str, text: str) -> None:
        assert load(kind, text) == {"read": 1, "applied": 1}
        assert load(kind, text) == {"read": 1, "unchanged": 1}

    def test_a_unit_met_in_a_feed_is_confirmed_by_its_file(self, load: Importer) -> None:
        load("patients", PATIENTS)
        load("movements", lines(STAY[0]))
        load("units", "unit,name\n4W,4 WEST\n")
        unit = site.get("unit", "4w")
        assert unit is not None
        assert (unit.confirmed, unit.values["name"], unit.values["counts_in_census"]) == (True, "4 WEST", "1")

    def test_bed_days_are_added_up_day_by_day(self, load: Importer) -> None:
        load("beds", "unit,from_date,beds,bassinets\n4W,2025-06-01,150,10\n4W,2026-01-16,160,12\n")
        days = site.bed_days(day_number("2026-01-01"), day_number("2026-01-31"))
        assert list(days.values()) == [(4810, 10 * 15 + 12 * 16)]  # 150 beds 15 days, 160 beds 16 days

    def test_more_beds_for_dialysis_than_are_set_up_are_told_and_not_used(self, load: Importer) -> None:
        load("beds", "unit,from_date,beds,dialysis\n4W,2026-01-01,6,8\n5W,2026-01-01,6,6\n")
        assert [site.beds_of(unit)[0].dialysis for unit in ("4W", "5W")] == [None, 6]

    @pytest.mark.parametrize("row", ["4W,2026-01-01,many", "4W,soon,30", ",2026-01-01,30"])
    def test_beds_that_cannot_be_read_are_refused(self, load: Importer, row: str) -> None:
        assert load("beds", f"unit,from_date,beds\n{row}\n") == {"read": 1, "refused": 1}


class TestFiles:
    def test_a_dry_run_says_what_would_be_and_changes_nothing(self, load: Importer) -> None:
        assert load("patients", PATIENTS, dry_run=True) == {"read": 2, "applied": 2}
        assert not patients.by_mrn("0001")
        load("patients", PATIENTS)
        text = lines(*STAY, "0009,A2,0,admit,2026-01-02T10:00,4W,MED,")
        assert load("movements", text, dry_run=True) == {"read": 6, "applied": 5, "refused": 1}
        assert not encounters.find("A1")
        assert site.number("unit", "4W") == 0
        assert list(database.execute_sql("SELECT * FROM refused_row")) == []

    def test_a_missing_column_and_a_column_twice_stop_the_import(self, load: Importer) -> None:
        with pytest.raises(CsvError, match="no column mrn"):
            load("patients", "last_name\nLEE\n")
        with pytest.raises(CsvError, match="more than once"):
            load("patients", "mrn,mrn\n1,2\n")

    def test_columns_of_no_meaning_are_passed_over(self, load: Importer) -> None:
        assert load("patients", "mrn,shoe_size\n1,44\n") == {"read": 1, "applied": 1}

    @pytest.mark.parametrize(
        "text", ["mrn;city\n1;TROY\n", "mrn\tcity\n1\tTROY\n", "MRN | City\n1|TROY\n".replace(" | ", "|")]
    )
    def test_the_delimiter_is_seen_in_the_header(self, load: Importer, text: str) -> None:
        assert load("patients", text) == {"read": 1, "applied": 1}
        assert patients.get(patients.by_mrn("1"))["city"] == "TROY"

    def test_quotes_line_ends_and_empty_lines_are_csv(self, load: Importer) -> None:
        assert load("patients", 'mrn,city\r\n1,"TROY, ""NY"""\r\n\r\n2,"A\nB"\r\n') == {
            "read": 2,
            "applied": 2,
        }
        assert patients.get(patients.by_mrn("1"))["city"] == 'TROY, "NY"'

    def test_a_quote_that_is_never_closed_takes_no_rows_with_it_unseen(self, load: Importer) -> None:
        text = 'mrn,city\n1,TROY\n2,"ALBANY\n3,UTICA\n'
        assert load("patients", text) == {"read": 2, "applied": 1, "refused": 1}
        assert not patients.by_mrn("2")
        assert load("patients", 'mrn,city\n2,"ALBANY" NY\n3,UTICA\n') == {
            "read": 2,
            "applied": 1,
            "refused": 1,
        }

    def test_an_empty_file_has_no_header(self, load: Importer) -> None:
        with pytest.raises(CsvError, match="no column"):
            load("patients", b"")

    @given(data=st.binary(max_size=300), kind=st.sampled_from(sorted(LAYOUTS)))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_bytes_raise_anything_else(self, load: Importer, data: bytes, kind: str) -> None:
        head = ",".join(LAYOUTS[kind].required).encode() + b"\n"
        load(kind, head + data)

    def test_a_profile_brings_a_senders_ways_to_ours(self, load: Importer, tmp_path: Path) -> None:
        path = tmp_path / "sender.toml"
        path.write_text(
            'encoding = "cp1252"\ndelimiter = "|"\ndates = "%m/%d/%Y"\ntimes = ["%m/%d/%Y %H%M"]\n'
            '[columns]\nmrn = "Record No"\nat = "When"\nevent = "Type"\n[values.event]\nA = "admit"\n[pad]\nmrn = 4\n'
        )
        profile = load_profile(path)
        load("patients", PATIENTS)
        text = "Record No|account|Type|When|unit|service\n1|A1|A|01/02/2026 2400|4W|MED\n"
        assert load("movements", text, profile) == {"read": 1, "applied": 1}
        assert encounters.get(encounters.find("A1")).admitted_at == "2026-01-03T00:00"
        assert canonical("birth_date", "03/09/1951", profile) == "1951-03-09"

    @pytest.mark.parametrize("text", ["colour = 1", "encoding = ", "columns = 3", "[pad]\nmrn = 'x'"])
    def test_a_profile_with_a_mistake_says_so(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "bad.toml"
        path.write_text(text)
        with pytest.raises(CsvError, match=r"bad\.toml"):
            load_profile(path)


class TestCommand:
    @pytest.fixture
    def run(self, store_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> object:
        from recordroom import cli

        passphrase = tmp_path / "passphrase"
        passphrase.write_text(PASSPHRASE + "\n")
        options = ["--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(passphrase)]

        def command(*words: str) -> tuple[int, str, str]:
            status = _status(cli.run, [*options, *words])
            out = capsys.readouterr()
            return status, out.out, out.err

        return command

    def test_the_last_line_holds_the_counts_and_refused_rows_can_be_had(self, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        file, out = tmp_path / "patients.csv", tmp_path / "rejects.csv"
        file.write_text("mrn,city\n1,TROY\n,ALBANY\n")
        status, said, told = run("import", "patients", str(file))
        assert status == 1
        assert json.loads(said.splitlines()[-1]) == {
            "read": 2, "applied": 1, "unchanged": 0, "not_used": 0, "refused": 1, "held": 0,
        }  # fmt: skip
        assert "line 3: mrn:" in told
        assert "ALBANY" not in told
        assert run("import", "rejects", "--out", str(out))[0] == 0
        with out.open(newline="") as rows:
            (row,) = csv.DictReader(rows)
        assert (row["city"], row["refused_line"], row["refused_column"]) == ("ALBANY", "3", "mrn")
        assert out.stat().st_mode & 0o777 == 0o600
        out.write_text(out.read_text().replace(",ALBANY", "2,ALBANY"))
        status, said, _ = run("import", "patients", str(out))
        assert (status, json.loads(said.splitlines()[-1])["applied"]) == (0, 1)

    def test_a_row_that_is_no_csv_can_be_had_as_it_came(self, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        file, out = tmp_path / "patients.csv", tmp_path / "rejects.csv"
        file.write_text('mrn,city\n2,"ALBANY\n')
        status, _, told = run("import", "patients", str(file))
        assert (status, "1 row was refused" in told) == (1, True)
        assert run("import", "rejects", "--out", str(out))[0] == 0
        with out.open(newline="") as rows:
            (row,) = csv.DictReader(rows)
        assert (row["mrn"], row["refused_line"]) == ('2,"ALBANY', "2")

    def test_warnings_are_told_though_nobody_watches(self, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        file = tmp_path / "beds.csv"
        file.write_text("unit,from_date,beds,bassinets\n4W,2026-01-01,10,some\n")
        status, _, told = run("import", "beds", str(file))
        assert status == 0
        assert "line 2: warning: The bassinets are no whole number" in told

    def test_an_import_that_refused_nothing_has_no_rejects(self, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        out = tmp_path / "rejects.csv"
        status, _, told = run("import", "rejects", "--batch", "7", "--out", str(out))
        assert (status, told) == (2, "recordroom: Import 7 refused no row.\n")
        assert not out.exists()

    def test_a_file_that_is_not_there_is_a_usage_error(self, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        status, _, told = run("import", "movements", str(tmp_path / "none.csv"))
        assert status == 2
        assert told.count("\n") == 1


def _status(run: object, words: list[str]) -> int:
    try:
        return run(words)  # type: ignore[operator, no-any-return]
    except SystemExit as left:
        return int(left.code or 0)
