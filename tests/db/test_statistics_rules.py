"""Counts by the facility's rules: infections, readmissions, death rates, bands and windows of its own tables."""

from __future__ import annotations

import shlex
from decimal import Decimal
from fractions import Fraction

import pytest

from db import conventions, store
from db.changes import Source
from db.coding.site_tables import import_table
from db.connect import database, writing
from db.hospital import site
from db.hospital.site import Beds
from db.statistics import census, closing, corrections, discharges, events, figures, services
from reports import closing as closes
from reports.catalogue import find
from reports.page import Setup
from reports.parameters import Asked, NotAsked
from reports.run import produce
from reports.statistics import drill, monthly_statistics
from reports.statistics.measures import worked, year_before
from reports.statistics.parameters import PERIOD
from rules.moments import day_number, iso_date
from rules.periods import Period, month, month_of
from rules.statistics import BY_KEY
from tests.builders import a_movement, a_stay, a_weighed_abstract

NOVEMBER = month("2025-11")
A_WEEK = """id = "statistics_limits"
title = "Own"
rows = [{ code = "readmission_days", text = "A week", count = 7 }]
"""
FROM_22_WEEKS = """id = "fetal_bands"
title = "Own"
rows = [{ code = "intermediate", text = "From 22 weeks", weeks = 22, grams = 501 }]
"""
RETURNED = (("home", "2025-11-15T08:00"), ("ama", "2025-11-30T08:00"), ("transferred", "2025-12-11T08:00"))


def an_event(encounter_id, kind, at, detail="", **more):
    utc = database.execute_sql("SELECT unixepoch(?)", (at,)).fetchone()[0]
    columns = {"encounter_id": encounter_id, "kind": kind, "detail": detail, "day": day_number(at[:10]),
               "at_utc": utc, "at_offset": 0, "recorded_utc": 0, "by": "", "origin": "", **more}  # fmt: skip
    database.execute_sql(
        f"INSERT INTO event ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        tuple(columns.values()),
    )


def set_from_the_first(actor, name, value):
    assert conventions.file_setting(actor, name, value, 1).record_id


@pytest.fixture
def hospital(admin):
    with writing():
        for unit in ("3E", "4W", "NUR"):
            site.apply("unit", unit, {"name": unit, "counts_in_census": "1"}, Source("test"))
            site.apply_beds(Beds(unit, day_number("2025-01-01"), 10, 4), Source("test"))
    stays = {
        "home": a_stay("2025-11-03T08:00", "2025-11-10T09:00"),
        "ama": a_stay("2025-11-03T08:00", "2025-11-11T09:00", disposition="07"),
        "transferred": a_stay("2025-11-03T08:00", "2025-11-12T09:00", disposition="02", service="SUR"),
        "dead": a_stay("2025-11-03T08:00", "2025-11-14T09:00", disposition="20"),
        "baby": a_stay(
            "2025-11-03T08:00", "2025-11-05T09:00", unit="NUR", service="NB", newborn="1", disposition="20"
        ),
        "baby home": a_stay("2025-11-04T08:00", "2025-11-06T09:00", unit="NUR", service="NB", newborn="1"),
    }
    a_movement(stays["dead"], "transfer", "2025-11-06T10:00", "4W", "SUR")
    census.bring_up_to_date()
    return stays


class TestInfections:
    @pytest.fixture
    def infected(self, hospital):
        an_event(hospital["home"], "infection", "2025-11-04T20:00", "hai")  # day 2
        an_event(hospital["ama"], "infection", "2025-11-05T20:00", "hai")  # day 3, under 72 hours
        an_event(hospital["dead"], "infection", "2025-11-08T20:00", "hai")
        return hospital

    @pytest.mark.parametrize(("rule", "count"), [("as marked", 3), ("textbook", 1), ("nhsn", 2)])
    def test_are_the_hospitals_by_the_rule_of_the_facility(self, infected, admin, rule, count):
        set_from_the_first(admin, "infection_rule", rule)
        assert events.event_counts(NOVEMBER)["hospital_infections"] == count
        by_service = services.by_service(NOVEMBER)
        assert sum(each["hospital_infections"] for each in by_service.values()) == count

    def test_belong_to_the_service_that_had_the_patient(self, infected):
        assert services.by_service(NOVEMBER)["SUR"]["hospital_infections"] == 1  # moved there two days before

    def test_another_rule_is_a_late_change_of_a_closed_month(self, infected, admin):
        closes.close(admin, "2025-11")
        set_from_the_first(admin, "infection_rule", "nhsn")
        (standing,) = closing.standing()
        assert standing.changed
        (found,) = corrections.compare_changed(admin)
        assert {each.key: (each.old, each.new) for each in found.figures} == {
            "hospital_infections": ("3", "2"), "infection_rate": ("75.00", "50.00")
        }  # fmt: skip
        assert [change.kind for change in found.changes] == ["convention edited"]


class TestReadmissions:
    @pytest.fixture
    def returned(self, hospital):
        for name, at in (
            ("home", "2025-11-15T08:00"),
            ("ama", "2025-11-30T08:00"),
            ("transferred", "2025-12-11T08:00"),
        ):
            (patient,) = database.execute_sql(
                "SELECT patient_id FROM encounter WHERE id = ?", (hospital[name],)
            ).fetchone()
            a_stay(at, patient_id=patient)
        census.bring_up_to_date()

    @pytest.mark.parametrize(("rule", "live", "back"), [("all cause", 3, 3), ("cms", 1, 1)])
    def test_follow_the_discharges_of_the_rule(self, returned, admin, rule, live, back):
        set_from_the_first(admin, "readmission_rule", rule)
        counts = discharges.counts(NOVEMBER)
        assert (counts["live_discharges"], counts["readmissions_30_day"]) == (live, back)

    def test_count_within_the_days_of_the_facilitys_own_table(self, returned, admin):
        import_table(admin, A_WEEK, "statistics_limits.toml")
        assert discharges.counts(NOVEMBER)["readmissions_30_day"] == 1


class TestDeathRates:
    @pytest.mark.parametrize(("rule", "deaths", "of"), [("neither term", "1", "4"), ("both terms", "2", "6")])
    def test_newborns_are_in_both_terms_or_in_neither(self, hospital, admin, rule, deaths, of):
        set_from_the_first(admin, "newborns_in_death_rates", rule)
        told = produce(admin, find("monthly-statistics"), {"month": "2025-11"}).json_value()
        rate = told["figures"]["hospital_gross_death_rate"]
        assert (rate["numerator"], rate["denominator"]) == (deaths, of)
        assert told["figures"]["gross_death_rate"]["numerator"] == "1"  # its key says adults and children
        assert told["conventions"]["newborns_in_death_rates"] == rule

    @pytest.mark.parametrize("rule", ["neither term", "both terms"])
    def test_the_list_behind_the_hospitals_rate_has_the_deaths_of_it(self, hospital, admin, rule):
        set_from_the_first(admin, "newborns_in_death_rates", rule)
        produced = produce(admin, find("monthly-statistics"), {"month": "2025-11"})
        (rate,) = {
            line for page in produced.pages(Setup()) for line in zip(page.lines, page.links, strict=False)
            if line[0].startswith("Hospital death rate")
        }  # fmt: skip
        asked = dict(word.split("=", 1) for word in shlex.split(rate[1])[2:])
        listed = produce(admin, find("discharge-list"), asked).sheets()[0].rows
        numerator = produced.json_value()["figures"]["hospital_gross_death_rate"]["numerator"]
        assert str(len(listed)) == numerator

    def test_newborn_deaths_are_told_by_discharges_and_by_live_births(self, hospital, admin):
        for baby in ("baby", "baby home"):
            an_event(hospital[baby], "live_birth", "2025-11-03T08:00")
        told = produce(admin, find("monthly-statistics"), {"month": "2025-11"}).json_value()["figures"]
        assert told["newborn_death_rate"]["value"] == "50.00"
        assert told["newborn_deaths_per_1000_live_births"]["value"] == "500.00"


class TestFetalDeaths:
    def test_bands_are_those_of_the_facilitys_own_table(self, hospital, admin):
        an_event(hospital["home"], "fetal_death", "2025-11-03T08:00", "weeks=21", weeks=21)
        assert events.event_counts(NOVEMBER)["fetal_deaths_intermediate"] == 1
        import_table(admin, FROM_22_WEEKS, "fetal_bands.toml")
        assert events.event_counts(NOVEMBER)["fetal_deaths_early"] == 1


class TestDividing:
    def test_every_way_divides_the_same_discharges(self, hospital):
        house = figures.house_counts(NOVEMBER)
        for parts in discharges.mix(NOVEMBER, tuple(discharges.DIMENSIONS)).values():
            for name in ("discharges", "deaths", "discharge_days"):
                assert sum(part.counts[name] for part in parts) == house[name]

    def test_newborns_are_apart_unless_they_are_asked_for(self, hospital):
        count = {
            of: sum(part.counts["discharges"] for part in discharges.mix(NOVEMBER, ("sex",), of)["sex"])
            for of in (discharges.ADULTS, discharges.NEWBORNS, discharges.ALL)
        }
        assert count == {"adults": 4, "newborns": 2, "all": 6}

    def test_an_age_is_completed_years_on_the_day_of_admission(self, hospital):
        for name, born in (
            ("home", "1960-11-03"),
            ("ama", "1960-11-04"),
            ("transferred", "1960"),
            ("dead", ""),
        ):
            database.execute_sql(
                "UPDATE patient SET birth_date = ? WHERE id = (SELECT patient_id FROM encounter WHERE id = ?)",
                (born, hospital[name]),
            )
        parts = {
            part.code: int(part.counts["discharges"]) for part in discharges.mix(NOVEMBER, ("age",))["age"]
        }
        assert parts == {"65": 1, "45": 1, "": 2}

    def test_a_drg_has_the_title_of_table_5_and_a_category_its_name(self, hospital, codes_path, monkeypatch):
        for name, drg, mdc in (("home", "293", "05"), ("ama", "999", "")):
            a_weighed_abstract(hospital[name], 7_000)
            database.execute_sql(
                "UPDATE abstract SET drg = ?, mdc = ? WHERE encounter_id = ?", (drg, mdc, hospital[name])
            )
        monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))
        mix = discharges.mix(NOVEMBER, ("drg", "mdc"))
        titles = [part.name for part in mix["drg"]]
        assert titles[0].startswith("HEART FAILURE AND SHOCK")
        assert [part.name for part in mix["mdc"]] == ["Circulatory system", "(not known)"]
        monkeypatch.setenv("RECORDROOM_CODES", str(codes_path) + ".none")
        assert [part.name for part in discharges.mix(NOVEMBER, ("drg",))["drg"]] == [
            "293",
            "999",
            "(not known)",
        ]

    def test_a_list_behind_a_part_has_as_many_lines_as_the_part_counts(self, hospital, admin):
        with writing():
            site.apply("payer", "MCR", {"name": "MEDICARE", "class": "medicare"}, Source("test"))
        for name, race, ethnicity in (("home", "2106-3", "2186-5"), ("ama", "2106-3|2028-9", "")):
            database.execute_sql(
                "UPDATE patient SET race = ?, ethnicity = ? WHERE id = (SELECT patient_id FROM encounter WHERE id = ?)",
                (race, ethnicity, hospital[name]),
            )
            database.execute_sql(
                "UPDATE encounter SET payer_id = (SELECT id FROM payer WHERE code = 'MCR') WHERE id = ?",
                (hospital[name],),
            )
        followed = set()
        for word, parts in discharges.mix(NOVEMBER, tuple(discharges.DIMENSIONS)).items():
            for part in parts:
                if not part.asks:
                    continue
                name, _, value = part.asks.partition("=")
                asked = {"from": "2025-11-01", "to": "2025-11-30", "newborn": "0", name: value}
                listed = produce(admin, find("discharge-list"), asked)
                assert len(listed.sheets()[0].rows) == part.counts["discharges"], (word, part.asks)
                followed.add(word)
        assert followed == discharges.DIMENSIONS.keys()


class TestLists:
    """The list behind a count has as many lines as the count says."""

    def test_every_count_of_the_house_is_as_long_as_its_list(self, hospital, admin):
        an_event(hospital["home"], "operation", "2025-11-04T10:00", "clean")
        an_event(hospital["home"], "infection", "2025-11-08T20:00", "hai")
        an_event(hospital["baby"], "live_birth", "2025-11-03T08:00")
        an_event(hospital["home"], "delivery", "2025-11-03T08:00", "cesarean")
        data = produce(admin, find("monthly-statistics"), {"month": "2025-11"}).data
        followed = set()
        for prefix, key in monthly_statistics.figure_keys():
            go = shlex.split(drill.behind(key, data.period, prefix))
            if key in BY_KEY or key in ("discharge_days", "patients_consulted") or not go:
                continue
            if (report_id := go[1]) in (drill.DISCHARGES, drill.ADMISSIONS, drill.EVENTS, drill.FLOWS):
                asked = dict(word.split("=", 1) for word in go[2:])
                lines = len(produce(admin, find(report_id), asked).sheets()[0].rows)
                assert str(lines) == worked(key, data.columns[0].counts, prefix, {}).plain, prefix + key
                followed.add(prefix + key)
        assert {
            "admissions",
            "deaths",
            "newborn_deaths",
            "operations",
            "live_births",
            "transfers_in",
        } <= followed


class TestServices:
    def test_services_add_up_to_the_events_of_the_house(self, hospital):
        an_event(hospital["home"], "operation", "2025-11-04T10:00", "clean")
        an_event(hospital["dead"], "operation", "2025-11-04T10:00", "clean")  # before it moved
        an_event(hospital["dead"], "autopsy", "2025-12-01T10:00", "inpatient")
        an_event(hospital["ama"], "consultation", "2025-11-04T10:00")
        house = figures.whole(NOVEMBER)
        summed = services.summed(services.by_service(NOVEMBER))
        for name in services.COUNTED:
            assert summed[name] == Fraction(house[name]), name
        assert services.by_service(NOVEMBER)["MED"]["operations"] == 2


class TestPeriods:
    def test_twelve_months_of_the_house_are_counted_as_each_by_itself(self, hospital):
        periods = [month(f"2025-{number:02d}") for number in range(9, 13)]
        assert figures.houses(periods) == [figures.house_counts(period) for period in periods]

    def test_an_accounting_month_is_counted_by_its_own_days(self, hospital, admin):
        told = produce(
            admin, find("monthly-statistics"), {"month": "2025-11", "period": "4-4-5"}
        ).json_value()
        assert (told["from"], told["to"]) == ("2025-10-26", "2025-11-22")
        assert told["figures"]["discharges"]["value"] == "4"
        assert (told["fiscal_year_to_date"]["from"], told["fiscal_year_to_date"]["to"]) == (
            "2025-09-28",
            "2025-11-22",
        )
        assert list(told["twelve_months"])[-3:] == ["FY2025 P12", "FY2026 P01", "FY2026 P02"]

    @pytest.mark.parametrize("period", PERIOD.choices)
    def test_whatever_the_period_every_report_of_it_has_its_pages(self, hospital, admin, period):
        for report_id in ("monthly-statistics", "service-analysis", "patient-mix"):
            produced = produce(admin, find(report_id), {"month": "2025-09", "period": period})
            assert all(produced.pages(Setup(width)) for width in (80, 132)), report_id

    def test_a_fiscal_year_has_twelve_single_months_beside_it(self, hospital, admin):
        asked = {"month": "2025-11", "period": "fiscal-year"}
        data = produce(admin, find("monthly-statistics"), asked).data
        assert [each.heading for each in data.columns] == ["This year", "Last year", "Fiscal year"]
        assert [each.period.name for each in data.months] == [
            month_of(NOVEMBER.to_day, months_back=n).name for n in reversed(range(12))
        ]
        assert data.months[-1].counts["discharges"] == figures.house_counts(NOVEMBER)["discharges"]

    @pytest.mark.parametrize("report_id", ["monthly-statistics", "service-analysis", "patient-mix"])
    def test_a_month_without_a_whole_day_is_refused_in_a_sentence(self, admin, report_id):
        coming = month_of(store.current().now().day, months_back=-1).name
        with pytest.raises(NotAsked, match=f"{coming[5:]}/{coming[:4]} has no whole day yet"):
            produce(admin, find(report_id), {"month": coming})

    def test_the_fiscal_year_begins_where_the_facility_says(self, hospital, admin):
        set_from_the_first(admin, "fiscal_year_start", "07-01")
        produced = produce(admin, find("monthly-statistics"), {"month": "2025-11"})
        year = produced.json_value()["fiscal_year_to_date"]
        assert (year["from"], year["to"]) == ("2025-07-01", "2025-11-30")
        text = [line for page in produced.pages(Setup()) for line in page.lines]
        assert "The fiscal year begins on 07/01." in text
        glance = produce(admin, find("year-at-a-glance"), {"month": "2025-11", "year": "fiscal-year"})
        assert glance.data.months[0].period.name == "2025-07"

    def test_a_year_under_way_stands_beside_the_last_one_to_the_same_date(self, admin):
        asked = Asked(
            admin, {"month": "2025-03", "period": "fiscal-year"}
        )  # 29 February 2024 lies in the year before
        under_way = Period(day_number("2024-10-01"), day_number("2025-03-15"), "FY2025")
        assert iso_date(year_before(asked, under_way).to_day) == "2024-03-15"


class TestTheFirstDayOnFile:
    def test_periods_that_begin_before_it_are_named(self, hospital, admin):
        a_stay("2025-10-20T08:00", "2025-10-22T09:00")
        census.bring_up_to_date()
        for report_id, said in (
            ("monthly-statistics", "  Last year, Fiscal year: nothing is on file before 10/20/2025."),
            ("year-at-a-glance", "Year: nothing is on file before 10/20/2025."),
        ):
            pages = produce(admin, find(report_id), {"month": "2025-11"}).pages(Setup())
            assert said in [line for page in pages for line in page.lines], report_id


class TestPeriodsBesideTheMonth:
    """What stands beside a month is what a report of that period alone says."""

    @pytest.fixture
    def told(self, hospital, admin):
        last_year = a_stay("2024-11-05T08:00", "2024-11-12T09:00", disposition="20")
        october = a_stay("2025-10-20T08:00", "2025-11-01T09:00", service="SUR")
        an_event(last_year, "autopsy", "2024-12-02T08:00", "inpatient")
        for stay, at in ((october, "2025-10-21T08:00"), (hospital["home"], "2025-11-04T08:00")):
            an_event(stay, "operation", at, "clean")
            an_event(stay, "consultation", at)
        a_stay("2025-10-02T08:00", "2025-10-04T09:00")
        census.bring_up_to_date()

        def of(report_id, name):
            return produce(admin, find(report_id), {"month": name}).json_value()

        return of

    def test_last_year_is_the_same_month_of_it(self, told):
        assert (
            told("monthly-statistics", "2025-11")["last_year"]["figures"]
            == told("monthly-statistics", "2024-11")["figures"]
        )

    def test_the_fiscal_year_adds_up_what_its_months_count_and_divide(self, told):
        november, october = told("monthly-statistics", "2025-11"), told("monthly-statistics", "2025-10")
        year, added = november["fiscal_year_to_date"]["figures"], 0
        for key, found in year.items():
            parts = [each["figures"][key] for each in (october, november)]
            if key.endswith(
                ("opening_census", "closing_census", "peak_census", "minimum_census", "bed_turnover")
            ):
                continue
            if "value" in found and all("value" in part and part["value"] is not None for part in parts):
                for name in ("numerator", "denominator") if "numerator" in found else ("value",):
                    assert Decimal(found[name]) == sum(Decimal(part[name]) for part in parts), key
                    added += 1
        assert added > 60
        for name, of in (("opening_census", october), ("closing_census", november)):
            assert year[name] == of["figures"][name]

    def test_the_strip_and_the_year_at_a_glance_have_each_month_as_it_is_by_itself(self, told):
        strip = told("monthly-statistics", "2025-11")["twelve_months"]
        glance = told("year-at-a-glance", "2025-11")["by_month"]
        assert list(strip) == list(glance)
        for name in ("2025-10", "2025-11"):
            alone = told("monthly-statistics", name)["figures"]
            assert strip[name] == {key: alone[key] for key in strip[name]}
            assert glance[name] == {key: alone[key] for key in glance[name]}
