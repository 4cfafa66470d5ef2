"""Abstracts out and answers in: columns as the table says, the same bytes again, each reason at its field."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.data_sets import dictionary_for
from config.layout_reader import layout_named, read_layout
from db import conventions, store
from db.abstracting import abstract_release, abstract_returns, abstracts, transmissions
from db.abstracting import counts as abstract_counts
from db.abstracting.abstract_release import Checker
from db.abstracting.abstracts import Drg
from db.abstracting.lifecycle import NotAllowed
from db.actors import Actor, Role
from db.acts import NotPermitted
from db.connect import database
from db.hospital import encounters
from exchange import abstract_file
from exchange.abstract_answers import take_answers, take_returns
from exchange.billing import hand_over, headings
from exchange.csv_files import Profile
from rules.dictionary import Record
from rules.layouts import Layout, counts, item_in, lines, padded, read_back, written
from rules.lifecycle import Status
from rules.moments import day_number
from tests import builders

DICTIONARY = dictionary_for("abstract")
PTF = layout_named("va-ptf", None, DICTIONARY)
RECORD = {
    "ssn_or_pseudo": "900000017", "station_number": "528A6", "last_name": "O'Brian-Featherstone", "first_name": "Zoë",
    "middle_name": "A", "sex": "F", "marital": "M", "birth_date": "1951-03-09", "zip": "12999-1234", "country": "US",
    "admitted_at": "2026-11-10T08:00", "discharged_at": "2026-11-14T11:30", "point_of_origin": "1", "payer": "MCR",
    "service": "SUR", "disposition": "03",
    "diagnoses[1].code": "I214", "diagnoses[1].poa": "Y", "diagnoses[2].code": "N179", "diagnoses[2].poa": "N",
    "diagnoses[3].code": "E119", "diagnoses[3].poa": "Y",
    "procedures[1].code": "02703ZZ", "procedures[1].date": "2026-11-11", "procedures[1].anesthesia": "G",
    "procedures[2].code": "0JH60DZ", "procedures[2].date": "2026-11-11",
    "procedures[3].code": "4A023N7", "procedures[3].date": "2026-11-10",
    "movements[1].at": "2026-11-10T08:00", "movements[1].service": "MED", "movements[1].leave_days": "0",
    "movements[1].until": "2026-11-12T09:15", "movements[1].last": "0",
    "movements[2].at": "2026-11-12T09:15", "movements[2].service": "SUR", "movements[2].leave_days": "12",
    "movements[2].pass_days": "3", "movements[2].until": "2026-11-14T11:30", "movements[2].last": "1",
}  # fmt: skip


def line_of(type_: str, record: Record = RECORD, number: int = 0) -> str:
    made, wrong = lines(PTF, DICTIONARY, record)
    assert wrong == []
    return [line.text for line in made if line.type == type_][number]


class TestPtfColumns:
    """Column by column as the table of the PTF records gives them (PIMS 5.3 PTF manual)."""

    @pytest.mark.parametrize(
        ("type_", "first", "last", "text"),
        [
            ("N101", 1, 4, "N101"), ("N101", 5, 13, "900000017"), ("N101", 14, 14, " "),
            ("N101", 15, 24, "1110260800"), ("N101", 25, 30, "528A6 "), ("N101", 31, 42, "O'BRIAN-FEAT"),
            ("N101", 43, 44, "ZA"), ("N101", 45, 46, "1 "), ("N101", 47, 52, "      "), ("N101", 53, 53, " "),
            ("N101", 55, 55, "M"), ("N101", 56, 56, "F"), ("N101", 57, 64, "03091951"), ("N101", 74, 78, "12999"),
            ("N101", 97, 99, "USA"),
            ("N401", 31, 40, "111126    "), ("N401", 41, 42, "50"), ("N401", 45, 45, "G"), ("N401", 47, 53, "02703ZZ"),
            ("N401", 54, 54, " "), ("N401", 55, 61, "0JH60DZ"), ("N401", 63, 246, " " * 184),
            ("N501", 31, 40, "1112260915"), ("N501", 47, 48, "15"), ("N501", 49, 51, "000"), ("N501", 52, 54, "   "),
            ("N501", 56, 255, " " * 200),
            ("N601", 31, 40, "111026    "), ("N601", 47, 53, "4A023N7"),
            ("N701", 31, 40, "1114261130"), ("N701", 41, 42, "50"), ("N701", 43, 43, "5"), ("N701", 58, 64, "I214   "),
            ("N701", 65, 65, "Y"), ("N701", 66, 66, " "),
            ("N702", 41, 48, "N179   N"), ("N702", 49, 56, "E119   Y"), ("N702", 57, 232, " " * 176),
        ],
    )  # fmt: skip
    def test_stand_where_the_table_says(self, type_: str, first: int, last: int, text: str) -> None:
        assert line_of(type_)[first - 1 : last] == text

    def test_the_movement_of_the_discharge_holds_the_diagnoses(self) -> None:
        line = line_of("N501", number=1)
        assert line[48:54] == "012003"
        assert line[55:79] == "I214   YN179   NE119   Y"

    def test_the_only_diagnosis_is_marked_and_has_no_702(self) -> None:
        alone = {path: value for path, value in RECORD.items() if not re.match(r"diagnoses\[[23]\]", path)}
        assert line_of("N701", alone)[65] == "X"
        made, _ = lines(PTF, DICTIONARY, alone)
        assert counts(made, [each.id for each in PTF.records]) == {
            "N101": 1, "N401": 1, "N501": 2, "N601": 1, "N701": 1, "N702": 0, "N703": 0,
        }  # fmt: skip

    def test_the_whole_of_it_is_the_page_that_was_looked_through(self) -> None:
        made, _ = lines(PTF, DICTIONARY, RECORD)
        golden = Path(__file__).parents[1] / "golden" / "abstract-va-ptf.txt"
        assert "".join(f"{line.text}\n" for line in made) == golden.read_text()

    def test_what_is_needed_and_missing_is_a_finding_at_its_item(self) -> None:
        _, wrong = lines(PTF, DICTIONARY, {**RECORD, "ssn_or_pseudo": "", "birth_date": "1951"})
        assert {(each.field, each.message) for each in wrong} >= {
            (
                "ssn_or_pseudo",
                (
                    "Record N101 of layout va-ptf needs the ssn: enter it on the chart (PAT), or choose "
                    "a rule for such patients (SITE)."
                ),
            ),
            ("birth_date", "Record N101 of layout va-ptf needs the birth date in full, not 1951."),
        }

    def test_a_value_that_does_not_fit_is_not_cut_off_by_itself(self) -> None:
        _, wrong = lines(PTF, DICTIONARY, {**RECORD, "station_number": "528A6BX"})
        assert wrong[0].message.endswith("has 6 columns for the facility, which is 528A6BX.")

    def test_a_column_of_a_line_leads_back_to_its_item(self) -> None:
        def at(type_: str, column: int) -> str:
            return item_in(PTF, type_, column, RECORD, DICTIONARY)

        assert at("N101", 60) == "birth_date"
        assert at("N702", 49) == "diagnoses[3].code"
        assert at("N702", 56) == "diagnoses[3].poa"
        assert at("N401", 55) == "procedures[2].code"
        assert at("N601", 31) == "procedures[3].date"
        assert at("N701", 43) == "disposition"
        assert at("N701", 74) == at("N999", 5) == ""

    @settings(max_examples=60, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(list(RECORD)),
            st.one_of(
                st.text(max_size=20), st.sampled_from(["2026-11-14", "2026-11-14T11:30", "I214", "Y", "/NA"])
            ),
        )
    )
    def test_every_line_has_its_width_and_reads_back(self, changed: dict[str, str]) -> None:
        record = {path: value for path, value in {**RECORD, **changed}.items() if value}
        made, _ = lines(PTF, DICTIONARY, record)
        by_id = {each.id: each for each in PTF.records}
        for line in made:
            type_ = by_id[line.type]
            assert len(line.text) == type_.width
            assert line.text.isascii()
            assert line.text.isprintable()
            assert PTF.type_of(line.text) is type_
            back = read_back(type_, line.text)
            assert all(len(back[column.name]) == column.width for column in type_.columns)

    def test_every_field_reads_back_as_it_was_written(self) -> None:
        made, _ = lines(PTF, DICTIONARY, RECORD)
        back = read_back(PTF.records[0], made[0].text)
        for column in PTF.records[0].columns:
            value = column.constant or RECORD.get(column.item, "")
            assert back[column.name] == padded(column, written(column, value))


LAYOUT = """
id = "state"
title = "State discharge data"
version = "1"
newline = "lf"

[map.sex]
M = "1"
F = "2"

[[record]]
id = "D"
width = 30
columns = [
  { at = "1", name = "type", constant = "D" },
  { at = "2-13", name = "account", item = "account", required = true },
  { at = "14", name = "sex", item = "sex", map = "sex" },
  { at = "15-22", name = "out", item = "discharged_at", format = "YYYYMMDD" },
]

[[record.slots]]
group = "diagnoses"
from = 23
pitch = 8
count = 1
columns = [{ at = "1-7", name = "code", item = "diagnoses.code" }]
"""


def mistakes(old: str, new: str) -> list[str]:
    assert old in LAYOUT
    _, found = read_layout(LAYOUT.replace(old, new), "state.toml", DICTIONARY)
    return [str(each) for each in found]


class TestReadingALayout:
    def test_one_without_a_mistake_is_taken(self) -> None:
        layout, found = read_layout(LAYOUT, "state.toml", DICTIONARY)
        assert found == []
        assert isinstance(layout, Layout)
        assert layout.newline == "\n"

    @pytest.mark.parametrize(
        ("old", "new", "line", "said"),
        [
            ('"2-13"', '"1-13"', 11, "column 1 is given to both type and account."),
            ('"15-22"', '"15-40"', 18, "column 40 is beyond the width of 30."),
            ('item = "account"', 'item = "acount"', 16, "there is no item 'acount', did you mean 'account'."),
            ('map = "sex"', 'map = "sox"', 17, "there is no [map.sox], did you mean 'sex'."),
            ("YYYYMMDD", "YYYYMMDDhhmm", 18, "format YYYYMMDDhhmm takes 12 columns, there are 8."),
            ("YYYYMMDD", "YYYYmmDDX", 18, "format 'YYYYmmDDX' must be text, digits or made of YYYY YY MM DD hh mm."),
            ("count = 1", "count = 2", 25, "2 slots end in column 38, the record in 30."),
            ('group = "diagnoses"', 'group = "diagnosis"', 22, "there is no group 'diagnosis'"),
            ('at = "1",', 'at = "0",', 15, 'at must be a column or a range counted from 1, such as "5" or "5-13".'),
            ('name = "sex", ', 'nom = "sex", ', 17, "there is no setting 'nom'."),
            ('newline = "lf"', 'newline = "nl"', 5, "newline must be crlf or lf."),
            ('constant = "D"', 'constant = "DD"', 15, "the constant does not fit into 1 columns of ASCII."),
        ],
    )  # fmt: skip
    def test_a_mistake_is_told_with_its_line(self, old: str, new: str, line: int, said: str) -> None:
        found = mistakes(old, new)
        assert any(re.match(rf"state\.toml line {line}[,:]", each) and said in each for each in found), found

    def test_no_layout_ever_raises(self) -> None:
        text = (files("config") / "layouts" / "va_ptf.toml").read_text()
        for cut in range(0, len(text), 97):
            read_layout(text[:cut], "cut.toml", DICTIONARY)


CODED = {
    "ethnicity": "2186-5", "races[1].code": "2106-3", "admitting_diagnosis": "R079", "diagnoses[1].code": "I214",
    "diagnoses[1].poa": "Y", "zip": "12999", "priority": "1", "point_of_origin": "1", "payer": "MCR",
    "attending": "1001",
}  # fmt: skip
FROM, TO = day_number("2026-11-01"), day_number("2026-11-30")


def checker() -> Checker:
    from db.coding.code_tables import all_tables

    return Checker(all_tables(store.current().directory), None)


def complete(actor: Actor, stay: int, reason: str = "", **changed: str) -> None:
    dictionary = dictionary_for("abstract")
    now = abstracts.read(encounters.get(stay), dictionary)
    values = {**now.record, **({} if now.case else CODED), **changed}
    wrong = checker().findings(abstracts.AbstractRecord(now.encounter, values, now.case), dictionary)
    assert not [each for each in wrong if each.level in ("error", "fatal")], wrong
    abstracts.file_abstract(
        actor, now, dictionary, values, wrong, Drg("281", "05", "44.0"),
        expected_revision=now.case.revision if now.case else 0, reason=reason,
    )  # fmt: skip


@pytest.fixture
def stays(admin: Actor) -> list[int]:
    """Three released abstracts of November."""
    conventions.file_setting(admin, "station_number", "528", 0)
    made = []
    for number in (1, 2, 3):
        patient = builders.a_patient(
            race="2106-3", ethnicity="2186-5", last_name=f"MILLER{number}", county="X"
        )
        made.append(
            builders.a_stay(
                f"2026-11-0{number}T08:00", f"2026-11-1{number}T11:30", patient_id=patient, account=f"471{number}",
                service="SUR",
            )
        )  # fmt: skip
        complete(admin, made[-1])
        assert abstract_release.release(admin, made[-1], checker()).status is Status.RELEASED
    return made


def status(stay: int) -> Status:
    return abstract_release.read(stay)[0].status


def answers(path: Path, *rows: str) -> Path:
    path.write_text(
        "batch,account,status,code,record,column,field,message\n" + "".join(f"{row}\n" for row in rows)
    )
    return path


LAYOUTS = {"va-ptf": PTF}


class TestTransmission:
    def test_writes_a_file_and_its_manifest_and_marks_what_it_holds(
        self, admin: Actor, stays: list[int], tmp_path: Path
    ) -> None:
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.failed == ()
        assert made.transmission is not None
        paths = abstract_file.write(admin, made.transmission.id, tmp_path)
        data = paths[0].read_bytes()
        told = json.loads(paths[1].read_text())
        assert told["sha256"] == hashlib.sha256(data).hexdigest()
        assert (told["abstracts"], told["bytes"], told["layout_version"]) == (3, len(data), "2019")
        assert told["lines_by_record"]["N701"] == 3
        assert told["lines"] == len(data.splitlines())
        assert {PTF.type_of(line.decode()).id for line in data.splitlines()} == {"N101", "N501", "N701"}  # type: ignore[union-attr]
        assert [status(stay) for stay in stays] == [Status.TRANSMITTED] * 3
        assert paths[0].stat().st_mode & 0o077 == 0

    def test_can_be_repeated_byte_for_byte_whatever_has_changed_since(
        self, admin: Actor, stays: list[int], tmp_path: Path
    ) -> None:
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.transmission is not None
        number = made.transmission.id
        first = [path.read_bytes() for path in abstract_file.write(admin, number, tmp_path)]
        abstract_release.reopen(admin, stays[0], "a code was missed")
        complete(admin, stays[0], **{"diagnoses[2].code": "N179", "diagnoses[2].poa": "Y"})
        again = [path.read_bytes() for path in abstract_file.write(admin, number, tmp_path)]
        assert again == first

    def test_a_changed_line_is_noticed(self, admin: Actor, stays: list[int], tmp_path: Path) -> None:
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.transmission is not None
        database.execute_sql("DROP TRIGGER abstract_sent_kept")
        database.execute_sql(
            "UPDATE abstract_sent SET lines = (SELECT lines FROM abstract_sent WHERE seq = 2)"
        )
        with pytest.raises(NotAllowed, match="tell the security officer"):
            transmissions.file_of(made.transmission.id)

    def test_what_an_edit_stands_against_is_opened_again_and_the_rest_goes(
        self, admin: Actor, stays: list[int]
    ) -> None:
        database.execute_sql("UPDATE patient SET ssn = '' WHERE last_name = 'MILLER2'")
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.transmission is not None
        assert made.transmission.records == 2
        (failed,) = made.failed
        assert (failed.account, failed.status) == ("4712", Status.OPEN)
        assert "needs the ssn" in failed.sentence
        assert status(stays[1]) is Status.OPEN

    def test_a_patient_without_an_ssn_goes_by_a_marked_pseudo_number_where_the_facility_chose_so(
        self, admin: Actor, stays: list[int], tmp_path: Path
    ) -> None:
        database.execute_sql("UPDATE patient SET ssn = '' WHERE last_name IN ('MILLER2', 'MILLER3')")
        conventions.file_setting(admin, "pseudo_ssn", "va", store.current().now().day)
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.failed == ()
        assert made.transmission is not None
        path, _ = abstract_file.write(admin, made.transmission.id, tmp_path)
        numbers = [line[4:14] for line in path.read_text().splitlines() if line.startswith("N101")]
        first, one, other = numbers
        assert (first[9], one[9], other[9]) == (" ", "P", "P")
        assert int(other[:9]) == int(one[:9]) + 1  # same initials, same birth date: nobody shares a number

    def test_of_a_period_without_released_abstracts_there_is_no_batch(
        self, admin: Actor, stays: list[int]
    ) -> None:
        with pytest.raises(NotAllowed, match="Nothing to send"):
            abstract_file.transmit(admin, PTF, checker(), TO, TO + 30, "discharged")
        assert transmissions.listing() == []

    def test_may_go_by_the_day_of_release(self, admin: Actor, stays: list[int]) -> None:
        today = store.current().now().day
        made = abstract_file.transmit(admin, PTF, checker(), today, today, "released")
        assert made.transmission is not None
        assert made.transmission.records == 3

    def test_a_batch_that_was_broken_off_is_closed_with_what_it_has(
        self, admin: Actor, stays: list[int], tmp_path: Path
    ) -> None:
        number = transmissions.begin(admin, PTF, "discharged", FROM, TO)
        opened, dictionary = abstract_release.read(stays[0])
        made, _ = lines(PTF, dictionary, abstract_file.export_record(opened, dictionary))
        with database.atomic():
            transmissions.add(admin, number, 1, opened, made)
        paths = abstract_file.write(admin, number, tmp_path)
        assert json.loads(paths[1].read_text())["abstracts"] == 1
        assert status(stays[1]) is Status.RELEASED

    def test_is_for_supervisors_and_services(self, admin: Actor, stays: list[int]) -> None:
        coder = Actor(admin.user_id, admin.user, frozenset({Role.CODER}))
        with pytest.raises(NotPermitted):
            abstract_file.transmit(coder, PTF, checker(), FROM, TO, "discharged")


class TestTheReceiversList:
    @pytest.fixture
    def batch(self, admin: Actor, stays: list[int]) -> int:
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.transmission is not None
        return made.transmission.id

    def test_accepted_ones_are_marked_and_rejected_ones_reopen_with_the_reason_at_the_field(
        self, admin: Actor, stays: list[int], batch: int, tmp_path: Path
    ) -> None:
        path = answers(
            tmp_path / "list.csv", f"{batch},4711,accepted,,,,,", f"{batch},4712,R,188,N701,58-64,,Invalid",
            f"{batch},4712,R,190,,,payer,Wrong source of payment",
        )  # fmt: skip
        _, report = take_answers(admin, path, LAYOUTS, Profile())
        assert report.counts == {
            "read": 3,
            "applied": 3,
            "unchanged": 0,
            "not_used": 0,
            "refused": 0,
            "held": 0,
        }
        made = transmissions.get(batch)
        assert (made.accepted, made.rejected, made.unanswered) == (1, 1, 1)
        assert [status(stay) for stay in stays] == [Status.TRANSMITTED, Status.OPEN, Status.TRANSMITTED]
        opened, dictionary = abstract_release.read(stays[1])
        assert opened.case is not None
        found = abstract_returns.findings(abstract_returns.of_case(opened.case.id), opened.record)
        assert [(each.code, each.field) for each in found] == [("188", "diagnoses[1].code"), ("190", "payer")]
        assert encounters.get(stays[1]).coded_day is None
        assert [each.code for each in checker().findings(opened, dictionary)][-2:] == ["188", "190"]

    def test_the_same_list_again_changes_nothing(
        self, admin: Actor, stays: list[int], batch: int, tmp_path: Path
    ) -> None:
        path = answers(
            tmp_path / "list.csv", f"{batch},4711,accepted,,,,,", f"{batch},4712,R,1,,,payer,Wrong"
        )
        take_answers(admin, path, LAYOUTS, Profile())
        _, report = take_answers(admin, path, LAYOUTS, Profile())
        assert report.counts["unchanged"] == 2
        assert abstract_counts.returns() == 1

    def test_a_row_about_nothing_that_was_sent_is_refused_and_kept(
        self, admin: Actor, stays: list[int], batch: int, tmp_path: Path
    ) -> None:
        path = answers(
            tmp_path / "list.csv", f"{batch},9999,accepted,,,,,", "77,4711,accepted,,,,,", f"{batch},4711,perhaps,,,,,",
        )  # fmt: skip
        number, report = take_answers(admin, path, LAYOUTS, Profile())
        assert report.counts["refused"] == 3
        kept = [
            reason
            for (reason,) in database.execute_sql(
                "SELECT reason FROM refused_row WHERE batch_id = ? ORDER BY line", (number,)
            )
        ]
        assert kept == [
            f"No abstract of this account was sent in batch {batch}.",
            "No abstract of this account was sent in batch 77.",
            "The status is neither accepted nor rejected: correct it and take the row again.",
        ]  # fmt: skip

    def test_a_correction_is_sent_again_and_the_old_answer_comes_too_late(
        self, admin: Actor, stays: list[int], batch: int, tmp_path: Path
    ) -> None:
        path = answers(tmp_path / "list.csv", f"{batch},4712,R,188,N701,58,,Not a valid diagnosis")
        take_answers(admin, path, LAYOUTS, Profile())
        complete(admin, stays[1], **{"diagnoses[1].code": "I2111"})
        assert abstract_counts.returns() == 0
        abstract_release.release(admin, stays[1], checker())
        made = abstract_file.transmit(admin, PTF, checker(), FROM, TO, "discharged")
        assert made.transmission is not None
        (again,) = transmissions.sent(made.transmission.id)
        assert (again.account, again.correction, again.revision) == ("4712", True, 2)
        late = answers(
            tmp_path / "late.csv", f"{batch},4713,R,5,,,,Late", f"{made.transmission.id},4712,A,,,,,"
        )
        take_answers(admin, late, LAYOUTS, Profile())
        assert [status(stay) for stay in stays] == [Status.TRANSMITTED, Status.TRANSMITTED, Status.OPEN]

    def test_what_the_receiver_has_stays_in_use_unless_it_was_rejected(
        self, admin: Actor, stays: list[int], batch: int, tmp_path: Path
    ) -> None:
        path = answers(
            tmp_path / "list.csv", f"{batch},4711,accepted,,,,,", f"{batch},4712,R,1,,,payer,Wrong"
        )
        take_answers(admin, path, LAYOUTS, Profile())
        abstract_release.reopen(admin, stays[0], "another code")
        with pytest.raises(NotAllowed, match="send it again"):
            abstracts.void_abstract(admin, abstract_release.read(stays[0])[0], "wrong account")
        abstracts.void_abstract(admin, abstract_release.read(stays[1])[0], "wrong account")
        assert [status(stay) for stay in stays[:2]] == [Status.OPEN, Status.NEW]


class TestBilling:
    def test_the_rows_hold_the_form_locators(self, admin: Actor, stays: list[int], tmp_path: Path) -> None:
        handed = hand_over(admin, tmp_path / "ub.csv", FROM, TO)
        assert handed.records == 3
        rows = list(csv.DictReader((tmp_path / "ub.csv").read_text().splitlines()))
        assert list(rows[0]) == headings()
        wanted = {
            "account": "4711", "fl12_admission_date": "2026-11-01", "fl13_admission_hour": "08", "fl14_type": "1",
            "fl15_origin": "1", "fl16_discharge_hour": "11", "fl17_status": "01", "fl66_icd_version": "0",
            "fl67_principal_dx": "I214", "fl67_poa": "Y", "fl69_admitting_dx": "R079", "fl71_drg": "281",
            "fl76_code": "1001", "fl67a_dx": "",
        }  # fmt: skip
        assert {name: rows[0][name] for name in wanted} == wanted
        assert (tmp_path / "ub.csv").stat().st_mode & 0o077 == 0

    def test_no_cell_is_a_formula(self, admin: Actor, stays: list[int], tmp_path: Path) -> None:
        database.execute_sql("UPDATE provider SET name = '=cmd|x' WHERE code = '1001'")
        hand_over(admin, tmp_path / "ub.csv", FROM, TO)
        rows = list(csv.DictReader((tmp_path / "ub.csv").read_text().splitlines()))
        assert rows[0]["fl76_name"] == "'=cmd|x"

    def test_is_an_audited_export(self, admin: Actor, stays: list[int], tmp_path: Path) -> None:
        hand_over(admin, tmp_path / "ub.csv", FROM, TO)
        row = database.execute_sql(
            "SELECT action, kind, detail FROM audit ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert row[:2] == ("export", "billing")
        assert json.loads(row[2])["count"] == 3

    def test_what_billing_returns_opens_again_with_its_reason(
        self, admin: Actor, stays: list[int], tmp_path: Path
    ) -> None:
        path = tmp_path / "back.csv"
        path.write_text(
            "account,code,field,reason\n4711,B7,payer,Not covered\n4711,B8,,No consent\n9999,,,x\n4712,,,\n"
        )
        _, report = take_returns(admin, path, Profile())
        assert (report.counts["applied"], report.counts["refused"]) == (2, 2)
        assert status(stays[0]) is Status.OPEN
        assert [(each.code, each.item) for each in abstract_returns.waiting()] == [
            ("B7", "payer"),
            ("B8", ""),
        ]
        _, again = take_returns(admin, path, Profile())
        assert (again.counts["unchanged"], again.counts["refused"]) == (2, 2)
