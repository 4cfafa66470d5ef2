"""A month that was signed: reprinted byte for byte whatever comes late, corrected, restated, and never forged."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from db import conventions, store
from db.access import sign_on
from db.actors import Role
from db.acts import NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.hospital import events, movements, site
from db.hospital.site import Beds
from db.keyring import rotation
from db.patient_index import merging
from db.statistics import census, closing, closing_checks, corrections, remarks
from db.statistics.closing import NotClosed, Tampered
from reports import closing as closes
from reports import output
from reports.catalogue import find
from reports.page import Setup
from reports.parameters import NotAsked, month_asked
from reports.run import produce
from rules.census import Event
from rules.moments import day_number, moment
from rules.periods import month
from tests.builders import a_movement, a_patient, a_stay
from tests.conftest import ADMIN, PASSPHRASE

SOURCE = Source("jones", "screen")
OCTOBER, NOVEMBER = "2025-10", "2025-11"


@pytest.fixture(scope="module")
def closed_template(template_store, tmp_path_factory):
    """A store in which November is closed, and its stays."""
    directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("closed") / "store"))
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    stays = four_stays()
    closes.close(actor, NOVEMBER)
    sign_on.off(actor)
    return directory, stays


@pytest.fixture
def store_directory(request, template_store, tmp_path):
    """A fresh store, or one with November closed for a test that begins there."""
    template = template_store
    if "closed" in request.fixturenames:
        template, _ = request.getfixturevalue("closed_template")
    return Path(shutil.copytree(template, tmp_path / "store"))


def four_stays():
    """A unit with beds, and four stays of November 2025."""
    with writing():
        for unit in ("3E", "4W"):
            site.apply("unit", unit, {"name": f"UNIT {unit}", "counts_in_census": "1"}, Source("test"))
            site.apply_beds(Beds(unit, day_number("2025-01-01"), 20), Source("test"))
    return {
        "carried in": a_stay("2025-10-28T10:00", "2025-11-03T11:00", account="A1"),
        "whole": a_stay("2025-11-05T08:00", "2025-11-10T09:00", unit="4W", service="SUR", account="A2"),
        "carried out": a_stay("2025-11-28T08:00", "2025-12-02T08:00", account="A3"),
        "died": a_stay("2025-11-12T08:00", "2025-11-14T07:00", disposition="20", account="A4"),
    }


@pytest.fixture
def hospital(admin):
    return four_stays()


@pytest.fixture
def closed(closed_template, admin):
    _, stays = closed_template
    return stays


def printed(actor, form="text", width=80, **asked):
    made = produce(actor, find("monthly-statistics"), {"month": NOVEMBER, **asked})
    return output.in_format(made, form, Setup(width))


def figures(actor, **asked):
    return json.loads(printed(actor, "json", **asked))


def a_late_admission():
    return a_stay("2025-11-20T08:00", "2025-11-22T09:00", account="LATE")


def late(actor, month=NOVEMBER):
    return corrections.compare(actor, closing.newest(month))


def at(text):
    return moment(text, store.current().zone)


class TestClosing:
    def test_a_month_is_open_until_it_is_closed(self, hospital, admin):
        before = figures(admin)
        assert (before["status"], before["version"]) == ("open", None)
        closes.close(admin, NOVEMBER)
        after = figures(admin)
        assert (after["status"], after["version"], after["figures"]) == ("closed", 1, before["figures"])

    def test_a_gap_between_closed_months_is_told_and_the_first_one_closed_has_none_before_it(self, closed):
        told = {
            name: "\n".join(closing_checks.still_open(month(name))) for name in (OCTOBER, NOVEMBER, "2026-01")
        }
        assert {name: "is not closed" in text for name, text in told.items()} == {
            OCTOBER: False, NOVEMBER: False, "2026-01": True
        }  # fmt: skip

    def test_every_form_is_reprinted_as_it_was_whatever_comes_late(self, closed, admin):
        asked = [("text", 80), ("text", 132), ("csv", 80), ("json", 80), ("xlsx", 80)]
        before = [printed(admin, form, width) for form, width in asked]
        a_late_admission()
        assert [printed(admin, form, width) for form, width in asked] == before
        assert figures(admin)["figures"]["admissions"]["value"] == "3"
        assert figures(admin, version="latest")["figures"]["admissions"]["value"] == "4"
        assert figures(admin, version="latest")["status"] == "open"

    def test_somebody_else_reprints_the_pages_of_whoever_signed(self, closed, admin):
        forms = ("text", "csv", "xlsx", "json")
        assert [printed(replace(admin, user="lee"), form) for form in forms] == [
            printed(admin, form) for form in forms
        ]

    def test_a_month_signed_before_workbooks_were_kept_has_one_of_the_stored_values(self, closed, admin):
        signed = produce(admin, find("monthly-statistics"), {"month": NOVEMBER})
        older = replace(
            signed, parts={name: part for name, part in signed.parts.items() if "xlsx" not in name}
        )
        assert older.workbook() == signed.workbook() == printed(admin, "xlsx")

    def test_a_workbook_says_what_its_pages_say_and_nothing_of_the_hour_it_was_made(self, closed, admin):
        made = zipfile.ZipFile(io.BytesIO(printed(admin, "xlsx")))
        assert {each.date_time for each in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert made.read("docProps/core.xml").count(b"1980-01-01T00:00:00Z") == 2
        assert printed(admin, "xlsx") == closing.parts(closing.newest(NOVEMBER))["monthly-statistics/xlsx"]
        heads = [line.split("  ")[0].rstrip() for line in printed(admin).decode().splitlines()[2:4]]
        assert heads == ["Period: 11/01/2025 to 11/30/2025", "Selection: all units and services"]
        strings = made.read("xl/sharedStrings.xml").decode()
        assert all(f">{head}<" in strings for head in heads)

    def test_the_pages_say_who_signed_which_version(self, closed, admin):
        assert "Closed as version 1 by admin" in printed(admin).decode()

    def test_the_pages_keep_the_number_that_the_facility_had(self, hospital, admin):
        conventions.file_setting(admin, "station_number", "528", 0)
        closes.close(admin, NOVEMBER)
        conventions.file_setting(admin, "station_number", "528A6", 1)
        assert f"{store.current().facility} (528) " in printed(admin).decode()
        assert f"{store.current().facility} (528A6) " in printed(admin, version="latest").decode()
        assert figures(admin)["facility"] == store.current().facility

    def test_a_month_that_is_not_over_cannot_be_closed(self, hospital, admin):
        this_month = store.current().now().local[:7]
        with pytest.raises(NotClosed, match="is not over"):
            closes.close(admin, this_month, "I want to")

    def test_a_month_is_closed_once(self, closed, admin):
        with pytest.raises(NotClosed, match="restate it"):
            closes.close(admin, NOVEMBER)

    def test_takes_a_supervisor(self, hospital, actor_with):
        with pytest.raises(NotPermitted):
            closes.close(actor_with(Role.TECHNICIAN, Role.CODER), NOVEMBER)

    def test_a_summary_that_differs_from_the_movements_needs_a_reason(self, hospital, admin):
        census.bring_up_to_date()
        database.execute_sql("UPDATE day_stats SET deaths = 7 WHERE deaths = 1")
        with pytest.raises(
            NotClosed, match=r"deaths is 7 in the summary and 1 by the movements.*give a reason"
        ):
            closes.close(admin, NOVEMBER)
        assert closing.newest(NOVEMBER) is None
        closes.close(admin, NOVEMBER, "The auditor waits")
        assert closing.newest(NOVEMBER).reason == "The auditor waits"

    def test_what_is_still_open_is_kept_with_it(self, closed):
        warnings = closing.newest(NOVEMBER).warnings
        assert "3 discharges of the month without an abstract." in warnings

    def test_the_act_is_in_the_audit_trail_with_its_signature(self, closed):
        kept = closing.newest(NOVEMBER)
        row = database.execute_sql(
            "SELECT user, action, record, detail FROM audit WHERE seq = ?", (kept.audit_seq,)
        ).fetchone()
        assert row[:3] == ("admin", "close month", NOVEMBER)
        assert json.loads(row[3])["mac"] == kept.mac.hex()

    def test_a_version_that_there_is_none_of_is_told(self, closed, admin):
        with pytest.raises(NotAsked, match=r"Version '2' of 2025-11 is not stored.*\(1\)"):
            printed(admin, version="2")

    def test_paper_that_is_too_short_is_told(self, closed, admin):
        made = produce(admin, find("monthly-statistics"), {"month": NOVEMBER})
        with pytest.raises(NotAsked, match="has no room for them"):
            made.pages(Setup(80, 40))


class TestTampering:
    def forged(self, change):
        database.execute_sql("DROP TRIGGER closing_part_no_update")
        database.execute_sql("DROP TRIGGER closing_no_update")
        database.execute_sql(change[0], change[1])

    @pytest.mark.parametrize(
        "name", ["counts", "conventions", "monthly-statistics/80", "monthly-statistics/json"]
    )
    def test_of_a_stored_part_is_told_at_the_reprint(self, closed, admin, name):
        self.forged(("UPDATE closing_part SET content = ? WHERE name = ?", (zlib.compress(b"{}"), name)))
        with pytest.raises(Tampered, match="is not what admin signed: restore the newest backup"):
            printed(admin)

    @pytest.mark.parametrize(
        "change", ["closed_by = 'jones'", "reason = 'x'", "as_of = '2025-01-01T00:00'", "version = 9"]
    )
    def test_of_who_signed_when_and_why_is_told(self, closed, admin, change):
        self.forged((f"UPDATE closing SET {change}", ()))
        with pytest.raises(Tampered):
            printed(admin)

    def test_a_page_put_in_or_taken_away_is_told(self, closed, admin):
        database.execute_sql("DROP TRIGGER closing_part_no_delete")
        database.execute_sql("DELETE FROM closing_part WHERE name = 'monthly-statistics/132'")
        with pytest.raises(Tampered):
            printed(admin)

    def test_nothing_stored_can_be_changed_by_accident(self, closed):
        for sql in ("UPDATE closing SET reason = 'x'", "DELETE FROM closing", "UPDATE closing_part SET content = ''",
                    "DELETE FROM closing_part"):  # fmt: skip
            with pytest.raises(Exception, match="kept as it was signed"):
                database.execute_sql(sql)

    def test_counting_anew_still_works(self, closed, admin):
        self.forged(("UPDATE closing SET reason = 'x'", ()))
        assert figures(admin, version="latest")["status"] == "open"


class TestLateChanges:
    def kinds(self, found):
        return [(change.kind, change.subject) for change in found.changes]

    def changed(self, found):
        return {(each.part, each.key): (each.old, each.new) for each in found.figures if not each.rate}

    def test_nothing_late_is_no_correction(self, closed, admin):
        assert (late(admin).figures, late(admin).changes) == ((), ())
        (standing,) = closing.standing()
        assert (standing.changed, standing.figures) == (False, 0)

    def test_a_late_stay_is_told_by_its_movements_and_figures(self, closed, admin):
        a_late_admission()
        assert closing.standing()[0].changed
        found = late(admin)
        assert self.kinds(found) == [("admission entered", "LATE"), ("discharge entered", "LATE")]
        assert self.changed(found)["House", "admissions"] == ("3", "4")
        assert self.changed(found)["Unit 3E", "inpatient_service_days"] == ("7", "9")
        assert found.earliest_day == day_number("2025-11-20")
        assert (closing.standing()[0].changed, closing.standing()[0].corrections > 0) == (False, True)

    def test_who_changed_a_movement_when_and_why_is_told(self, closed, admin):
        died = closed["died"]
        gone = movements.latest(died, Event.DISCHARGE)
        with writing():
            home = movements.Movement(Event.DISCHARGE, at("2025-11-16T07:00"), disposition="01")
            movements.change(gone.id, home, SOURCE, "wrong chart")
        found = late(admin)
        assert self.kinds(found) == [("discharge date edited", "A4"), ("movement type edited", "A4")]
        (change, _) = found.changes
        assert (change.old, change.new) == ("2025-11-14T07:00 20", "2025-11-16T07:00 01")
        assert (change.by, change.reason, change.origin) == ("jones", "wrong chart", "screen")
        assert self.changed(found)["House", "deaths"] == ("1", "0")

    def test_who_went_elsewhere_than_was_signed_is_told_though_no_day_counts_otherwise(self, closed, admin):
        assert late(admin).figures == ()
        (leaving,) = database.execute_sql(
            "SELECT id FROM movement WHERE event = 'discharge' AND encounter_id = ?", (closed["whole"],)
        ).fetchone()
        gone = movements.Movement(Event.DISCHARGE, at("2025-11-10T09:00"), disposition="03")
        with writing():
            movements.change(leaving, gone, SOURCE, "To a nursing facility")
        (found,) = corrections.compare_changed(admin)
        assert self.changed(found) == {
            ("Disposition 01", "discharges"): ("2", "1"), ("Disposition 03", "discharges"): ("0", "1"),
        }  # fmt: skip
        assert self.kinds(found) == [("movement type edited", "A2")]
        closes.restate(admin, NOVEMBER, "A disposition was corrected")
        assert late(admin).figures == ()

    def test_a_cancelled_account_is_told_as_deleted(self, closed, admin):
        with writing():
            movements.cancel_all(closed["whole"], SOURCE, "never came")
        assert self.kinds(late(admin)) == [("admission deleted", "A2"), ("discharge deleted", "A2")]

    def test_what_was_changed_and_changed_back_is_no_correction(self, closed, admin):
        late_stay = a_late_admission()
        with writing():
            movements.cancel_all(late_stay, SOURCE, "never came")
        assert late(admin).figures == ()

    def test_a_movement_entered_and_then_changed_is_told_once(self, closed, admin):
        late_stay = a_late_admission()
        with writing():
            movements.change(
                movements.latest(late_stay, Event.DISCHARGE).id,
                movements.Movement(Event.DISCHARGE, at("2025-11-23T09:00"), disposition="01"), SOURCE, "typo",
            )  # fmt: skip
        assert self.kinds(late(admin)) == [("admission entered", "LATE"), ("discharge entered", "LATE")]

    def test_a_stay_that_ends_later_does_not_touch_the_month(self, closed, admin):
        stay = a_stay("2025-12-05T08:00", account="D1")
        assert not closing.standing()[0].changed
        a_movement(stay, "discharge", "2025-12-09T09:00", disposition="01")
        assert not closing.standing()[0].changed

    def test_an_event_bed_count_or_weight_that_comes_late_is_told(self, closed, admin):
        patient = database.execute_sql("SELECT patient_id FROM encounter WHERE account = 'A4'").fetchone()[0]
        with writing():
            events.apply(closed["died"], patient, "autopsy", at("2025-12-01T09:00"), "inpatient", SOURCE)
            site.apply_beds(Beds("4W", day_number("2025-11-16"), 22), SOURCE)
            database.execute_sql("UPDATE encounter SET weight_ten_thousandths = 12345 WHERE account = 'A2'")
        found = late(admin)
        assert self.kinds(found) == [
            ("event entered", "A4"), ("beds edited", "unit 4W"), ("DRG weight edited", "A2"),
        ]  # fmt: skip
        assert found.changes[1].by == "jones"
        assert self.changed(found)["House", "inpatient_autopsies"] == ("0", "1")
        assert self.changed(found)["Unit 4W", "bed_count_days"] == ("600", "630")
        assert self.changed(found)["House", "drg_weight"] == ("0", "1.2345")

    def test_a_unit_that_no_longer_counts_is_told(self, closed, admin):
        with writing():
            site.apply("unit", "4W", {"counts_in_census": "0"}, SOURCE)
        found = late(admin)
        assert self.kinds(found) == [("unit edited", "unit 4W")]
        assert self.changed(found)["House", "admissions"] == ("3", "2")

    def test_accounts_put_together_are_told(self, closed, admin):
        with writing():
            merging.merge_accounts(closed["whole"], closed["died"], SOURCE)
        found = late(admin)
        assert ("admission deleted", "A4") in self.kinds(found)
        assert self.changed(found)["House", "discharges"] == ("3", "2")

    def test_charts_put_together_make_a_readmission_that_was_none(self, hospital, admin):
        first, again = (a_patient() for _ in range(2))
        a_stay("2025-11-15T08:00", "2025-11-17T08:00", patient_id=first, account="R1")
        a_stay("2025-11-20T08:00", "2025-11-21T08:00", patient_id=again, account="R2")
        closes.close(admin, NOVEMBER)
        with writing():
            merging.merge_patients(first, again, SOURCE)
        found = late(admin)
        assert self.kinds(found) == [("readmission entered", "R1")]
        assert self.changed(found) == {("House", "readmissions_30_day"): ("0", "1")}

    def test_another_way_of_counting_is_told_by_its_name(self, closed, admin):
        a_movement(still := a_stay("2025-11-01T08:00", account="L1"), "leave", "2025-11-10T09:00")
        a_movement(still, "return", "2025-11-12T09:00")
        closes.restate(admin, NOVEMBER, "A late stay")
        site.file_setting(admin, "leave_rule", "vista", day_number("2025-11-01"))
        found = late(admin)
        assert ("convention edited", "Leave nights taken off") in self.kinds(found)
        assert self.changed(found)["House", "inpatient_service_days"][1] != ""

    def test_a_pass_that_became_an_absence_is_told(self, hospital, admin, monkeypatch):
        """VistA's rule: after 96 hours it comes off the census from its first night, without a movement."""
        site.file_setting(admin, "leave_rule", "vista", day_number("2025-01-01"))
        away = a_stay("2025-11-20T08:00", account="P1")
        with monkeypatch.context() as then:
            then.setattr(store.Store, "now", lambda here: at("2025-12-01T09:00"))
            a_movement(away, "leave", "2025-11-30T08:00", leave_type="pass")
            closes.close(admin, NOVEMBER)
        found = late(admin)
        assert self.kinds(found) == [("pass became absence", "P1")]
        assert self.changed(found)["House", "closing_census"] == ("2", "1")

    def test_of_an_earlier_month_leave_the_later_one_alone(self, closed, admin):
        closes.close(admin, OCTOBER)
        a_stay("2025-10-10T08:00", "2025-10-12T08:00", account="O1")
        assert [each.closing.month for each in corrections.compare_changed(admin) if each.figures] == [
            OCTOBER
        ]
        assert [each.corrections > 0 for each in closing.standing()] == [False, True]
        assert corrections.compare_changed(admin) == []

    def test_while_it_is_reprinted_change_nothing_of_it(self, closed, admin):
        made = produce(admin, find("monthly-statistics"), {"month": NOVEMBER})
        first = output.in_format(made, "text", Setup(80))
        a_late_admission()
        assert output.in_format(made, "text", Setup(80)) == first == printed(admin)

    def test_between_reading_and_signing_are_late_changes(self, hospital, admin, monkeypatch):
        real = closing.keep

        def keep(*arguments):
            a_late_admission()
            return real(*arguments)

        monkeypatch.setattr(closing, "keep", keep)
        found = closes.close(admin, NOVEMBER)
        assert ("admission entered", "LATE") in self.kinds(found)
        assert figures(admin)["figures"]["admissions"]["value"] == "3"


class TestRestating:
    def test_gives_a_further_version_and_keeps_the_first(self, closed, admin):
        first = printed(admin)
        a_late_admission()
        closes.restate(admin, NOVEMBER, "A stay came late")
        now = figures(admin)
        assert (now["status"], now["version"], now["figures"]["admissions"]["value"]) == ("restated", 2, "4")
        assert printed(admin, version="1") == first
        assert printed(admin, version="2") == printed(admin, version="published") == printed(admin)
        assert late(admin).figures == ()

    def test_needs_a_reason(self, closed, admin):
        a_late_admission()
        with pytest.raises(NotClosed, match="needs a reason"):
            closes.restate(admin, NOVEMBER, "  ")

    def test_needs_something_that_differs(self, closed, admin):
        with pytest.raises(NotClosed, match="nothing to restate"):
            closes.restate(admin, NOVEMBER, "Why not")

    def test_needs_a_closed_month(self, hospital, admin):
        with pytest.raises(NotClosed, match="close it first"):
            closes.restate(admin, NOVEMBER, "Why not")

    def test_what_differs_from_an_older_version_can_still_be_asked(self, closed, admin):
        a_late_admission()
        closes.restate(admin, NOVEMBER, "A stay came late")
        found = corrections.compare(admin, closing.versions(NOVEMBER)[0])
        assert [change.kind for change in found.changes] == ["admission entered", "discharge entered"]


class TestWhatThePagesSayOfTheirStanding:
    """Every report that closes, at its foot and on the sheet of conventions of its workbook."""

    def said(self, actor, report, **asked):
        given = {"month": NOVEMBER, "day": "2025-11-30"}
        asked |= {each.name: given[each.name] for each in report.parameters if each.name in given}
        made = produce(actor, report, asked)
        (said,) = {sheet.conventions[-1] for sheet in made.sheets()}
        pages = " ".join(made.pages(Setup(80))[-1].lines).split()
        assert " ".join(said.split()) in " ".join(pages)
        return said

    def test_counted_signed_or_restated_and_why(self, hospital, admin):
        stamp = r"\d\d/\d\d/\d{4} \d{4}"
        reports = closes.closing_reports()
        for report in reports:
            assert re.fullmatch(f"Counted {stamp}; the month is open.", self.said(admin, report))
        closes.close(admin, NOVEMBER)
        for report in reports:
            signed = self.said(admin, report)
            assert re.fullmatch(f"Signed {stamp} by admin as version 1; the month is closed.", signed)
        a_late_admission()
        closes.restate(admin, NOVEMBER, "A stay came late [3E]")
        for report in reports:
            assert re.fullmatch(
                rf"Signed {stamp} by admin as version 2; the month is restated. Reason: A stay came late \[3E\]",
                self.said(admin, report),
            )
            assert self.said(admin, report, version="1") == signed
            assert "signed is version 2 of the month, and these figures are not of it" in self.said(
                admin, report, version="latest"
            )

    def test_a_day_within_a_month_is_no_month(self, closed, admin):
        said = produce(admin, find("bed-status"), {"day": "2025-11-12"}).standing
        assert re.fullmatch(r"Counted [\d/]+ \d{4}\.", said[0])


class TestRemarks:
    def test_stand_on_a_page_of_their_own_before_the_end(self, hospital, admin):
        remarks.file(admin, NOVEMBER, "monthly-statistics", "Unit 4W was closed\nfrom the 20th on.")
        text = printed(admin).decode()
        last = text.split("\f")[-1]
        assert last.index("REMARKS") < last.index("from the 20th on.") < last.index("END OF REPORT")

    def test_are_stored_with_the_version_and_later_ones_wait_for_the_next(self, hospital, admin):
        remarks.file(admin, NOVEMBER, "monthly-statistics", "First words.")
        closes.close(admin, NOVEMBER)
        remarks.file(admin, NOVEMBER, "monthly-statistics", "Second words.")
        assert b"First words." in printed(admin)
        assert b"Second words." not in printed(admin)
        closes.restate(admin, NOVEMBER, "Other words")
        assert b"Second words." in printed(admin)
        assert b"First words." in printed(admin, version="1")

    def test_keep_their_history(self, hospital, admin):
        for text in ("One.", "Two.", ""):
            remarks.file(admin, NOVEMBER, "monthly-statistics", text)
        assert [each.text for each in remarks.history(admin, NOVEMBER, "monthly-statistics")] == [
            "",
            "Two.",
            "One.",
        ]
        assert remarks.in_force(NOVEMBER, "monthly-statistics") is None
        assert b"REMARKS" not in printed(admin)

    def test_are_clean_and_not_endless(self, hospital, admin):
        remarks.file(admin, NOVEMBER, "monthly-statistics", "Bad \x1b[2J\u202ewords")
        assert remarks.in_force(NOVEMBER, "monthly-statistics").text == "Bad ?[2J?words"
        with pytest.raises(remarks.NotFiled, match="too long"):
            remarks.file(admin, NOVEMBER, "monthly-statistics", "x\n" * 60 + "x")


class TestTheMonthThatIsAsked:
    @pytest.mark.parametrize(
        ("parameters", "month"),
        [
            ({"month": "2025-11"}, "2025-11"), ({"from": "2025-11-01", "to": "2025-11-30"}, "2025-11"),
            ({"from": "2025-11-01", "to": "2025-11-29"}, ""), ({"from": "2025-10-01", "to": "2025-11-30"}, ""),
            ({"day": "2025-11-01"}, ""), ({"day": "2025-11-30"}, "2025-11"),
        ],
    )  # fmt: skip
    def test_may_be_named_by_its_days(self, parameters, month):
        assert month_asked(parameters) == month


class TestANewDataKey:
    def test_leaves_signatures_as_they_are(self, closed, admin):
        before = printed(admin)
        rotation.rotate(admin)
        assert printed(admin) == before
        closes.close(admin, OCTOBER)
        assert closing.unsound() == []


class TestEveryReportThatIsSigned:
    def test_asks_for_a_version_and_a_month(self):
        for report in closes.closing_reports():
            names = {parameter.name for parameter in report.parameters}
            assert "version" in names, report.id
            assert "month" in names or {"from", "to"} <= names or "day" in names, report.id

    @pytest.mark.parametrize("report", [report.id for report in closes.closing_reports()])
    def test_is_reprinted_as_it_was_in_every_form(self, closed, admin, report):
        names = {parameter.name for parameter in find(report).parameters}
        november = {"month": NOVEMBER, "from": "2025-11-01", "to": "2025-11-30", "day": "2025-11-30"}
        asked = {name: value for name, value in november.items() if name in names}
        forms = [("text", 80), ("text", 132), ("csv", 80), ("json", 80), ("xlsx", 80)]

        def every_form():
            return [
                output.in_format(produce(admin, find(report), asked), form, Setup(width))
                for form, width in forms
            ]

        before = every_form()
        a_late_admission()
        assert every_form() == before
        assert b"admin" in before[0]
