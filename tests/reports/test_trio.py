"""The nightly trio and the pages of the census: columns, balance, and figures that agree with each other."""

from __future__ import annotations

import pytest

from db import store
from db.connect import database
from db.hospital import site
from db.statistics import absences, census, figures
from db.statistics.absences import Overdue
from db.statistics.census import DayRow
from db.statistics.late_movements import Late
from db.statistics.late_records import Change
from db.statistics.limits import AbsenceLimit
from db.statistics.moved import Kind, Moved
from db.statistics.wards import Ward
from reports import output
from reports.catalogue import find
from reports.census import (
    admissions_discharges,
    amis_balance,
    bed_counts,
    bed_status,
    census_recap,
    gains_and_losses,
    overdue_absences,
    treating_specialty,
)
from reports.census.amis_balance import Balance
from reports.census.bed_counts import Planned
from reports.census.recap import Recap
from reports.census.treating_specialty import Line
from reports.census.ward_lines import WardLine, beds_in_use, total
from reports.page import Run, Setup, paginate
from reports.parameters import FULL, LAST_FOUR, NONE, NotAsked
from reports.run import produce
from rules.census import NEVER
from rules.conventions import Conventions
from rules.moments import day_number, iso_date
from rules.periods import a_year_before, fiscal_year_to, month
from tests.builders import a_movement, a_stay
from tests.random_month import a_random_month, the_units

DAY = day_number("2026-11-30")
HOUSE = Conventions()
LONG = "MEDICAL-TELEMETRY-NORTH-WEST-TOWER"


def a_move(kind=Kind.ADMISSION, number=1, **others):
    values = {
        "kind": kind, "day": DAY, "at": f"2026-11-30T{number % 24:02d}:15", "utc": number, "encounter_id": number,
        "account": f"A{number:06d}", "mrn": f"{number:06d}", "name": f"PATIENT{number}, PAT", "sex": "F",
        "birth_date": "1961-05-02", "newborn": False, "attending": "GREEN", "unit": "3W", "service": "MED",
    }  # fmt: skip
    return Moved(**{**values, **others})


def the_moves():
    gone = {"disposition": "01", "los_days": 4, "stay_hours": 90}
    return (
        *[a_move(number=n) for n in range(1, 31)],
        a_move(number=31, unit="ICU", service="CCM", point_of_origin="4"),
        a_move(number=32, unit=LONG, name="O\x1b[2JBRIEN[/red]\u202e, X" + "y" * 60),
        a_move(Kind.TRANSFER, 33, from_unit="ICU", from_service="CCM"),
        a_move(Kind.TRANSFER, 34, from_unit=LONG, from_service="MED", unit="ICU", service="CCM"),
        a_move(Kind.SERVICE, 35, from_unit="3W", from_service="SUR"),
        a_move(Kind.LEAVE, 36, leave_type="aa", absent=True),
        a_move(Kind.LEAVE, 37, leave_type="pass"),
        a_move(Kind.RETURN, 38, leave_type="ua", absent=True),
        a_move(Kind.DISCHARGE, 39, **gone),
        a_move(Kind.DISCHARGE, 40, **{**gone, "disposition": "03"}),
        a_move(Kind.DISCHARGE, 41, disposition="01", los_days=1, stay_hours=5, same_day=True),
        a_move(Kind.DEATH, 42, disposition="20", los_days=1, stay_hours=20, unit="ICU"),
        a_move(number=43, unit="NUR", service="NB", newborn=True, birth_date="2026-11-30"),
        a_move(Kind.DISCHARGE, 44, unit="NUR", service="NB", newborn=True, birth_date="2026-11-27", **gone),
        a_move(number=46, unit="ED", boarder=True),
    )  # fmt: skip


def a_list(moves, identifiers=FULL):
    return admissions_discharges.Data(DAY, DAY, tuple(moves), "all events", identifiers, HOUSE, "us")


WARDS = {
    code: Ward(number, code, name, type_, division, name_of, 1, 0, NEVER)
    for number, (code, name, type_, division, name_of) in enumerate((
        ("3W", "MEDICAL WEST", "medical", "ACU", "ACUTE CARE"), ("ICU", "INTENSIVE CARE", "icu", "ACU", "ACUTE CARE"),
        (LONG, "TELEMETRY, NORTH-WEST", "telemetry and step-down", "REH", "REHABILITATION"),
        ("NUR", "NURSERY", "nursery", "", ""),
    ))
}  # fmt: skip


def the_sheet(moves=None, **others):
    values = {
        "day": DAY, "movements": tuple(the_moves() if moves is None else moves),
        "ward_days": {
            ("3W", False): WardLine(20, 32, 5, 47, (1, 1, 0, 0), 1, operating=50, female=30, aged=21, lodgers=2),
            ("ICU", False): WardLine(3, 2, 2, 3, operating=8, female=1, aged=2),
            (LONG, False): WardLine(10, 1, 1, 11, operating=12),
            ("NUR", True): WardLine(4, 1, 1, 4, operating=12),
        },
        "wards": WARDS,
        "late": Late((Change("discharge date edited", "0026004711", "2026-11-27T07:00", "2026-11-25T07:00 01",
                             "2026-11-27T07:00 01", "jones", "2026-11-30T10:12", "screen", "Chart of another patient",
                             day_number("2026-11-25"), 7),), 0),
        "origins": frozenset({"4"}), "dispositions": frozenset({"03"}), "identifiers": FULL, "eject": False,
        "conventions": HOUSE, "style": "us", "under_way": False, "aged_years": 65,
    }  # fmt: skip
    return gains_and_losses.Data(**{**values, **others})


def a_year(admissions, census):
    return DayRow(
        0, 0, 0, False, census, 6, admissions, admissions - 2, 21, 4, 194, 194, 63, 63, 7, 6, 9, 4_000
    )


def the_beds(lines=None, **others):
    days = 61
    values = {
        "day": DAY,
        "lines": {
            ("3W", False): WardLine(40, 9, 5, 44, (2, 1, 0, 0), 1, 0, 2, 42, 2, 44, 2600, 2562, days),
            ("ICU", False): WardLine(6, 2, 3, 5, (0, 0, 0, 0), 0, 3, 0, 8, 0, 8, 350, 488, days),
            (LONG, False): WardLine(18, 1, 4, 16, (0, 0, 1, 1), 0, 4, 5, 20, 0, 24, 1_000, 1_220, days),
            ("NUR", True): WardLine(6, 2, 2, 6, (0, 0, 0, 0), 0, 6, 0, 12, 0, 12, 420, 732, days),
        },
        "wards": WARDS, "year": fiscal_year_to(DAY), "last_year": fiscal_year_to(day_number("2025-11-30")),
        "year_length": 365, "month": month("2026-11"),
        "compared": {
            False: (a_year(1_042, 4_535), a_year(1_074, 4_488)),
            True: (a_year(96, 398), None),
        },
        "planned": (Planned("All divisions", 65, 1_890, 3_950), Planned("Acute care", 50, 1_400, 2_950)),
        "conventions": HOUSE, "style": "us", "under_way": False,
    }  # fmt: skip
    return bed_counts.Data(**{**values, **({} if lines is None else {"lines": lines}), **others})


def the_specialties(house=None, departments=None):
    lines = {
        ("ACU", "CCM", False): Line(6, 2, 3, 5, (0, 0, 0, 0), 0, 350),
        ("ACU", "MED", False): Line(40, 9, 5, 44, (2, 1, 0, 0), 3, 2_600),
        ("REH", LONG, False): Line(18, 1, 4, 16, (0, 0, 1, 1), 0, 1_000),
        ("", "NB", True): Line(6, 2, 2, 6, (0, 0, 0, 0), 0, 420),
    }
    of_house = {("", service, newborn): line for (_, service, newborn), line in lines.items()}
    return treating_specialty.Data(
        DAY, lines if house is None else {}, of_house if house is None else house,
        {"ACU": "ACUTE CARE", "REH": "REHABILITATION"}, {"MED": "MEDICINE", "CCM": "CRITICAL CARE"},
        {} if departments is None else departments, fiscal_year_to(DAY), HOUSE, "us", False,
    )  # fmt: skip


PASSES, LONG_TERM = (
    AbsenceLimit("Passes", "pass", 4, ()),
    AbsenceLimit("Authorized, long-term", "aa", 30, ("NHC",)),
)


def the_absences(*found):
    return overdue_absences.Data(DAY, found, FULL, HOUSE, "us", False)


def an_absence(limit, nights, number, **others):
    at = f"{iso_date(DAY - nights + 1)}T{number % 24:02d}:40"
    return Overdue(a_move(Kind.LEAVE, number, day=DAY - nights + 1, at=at, **others), limit, nights)


def the_grid(**others):
    period = month("2026-11").until(day_number("2026-11-04"))
    grid = {}
    for day in range(period.from_day, period.to_day + 1):
        grid[day, "3W", False] = Recap(40, 4, 1, 0, 3, 1, 2, 0, 40, 1, 44)
        grid[day, LONG, False] = Recap(12, 0, 2, 1, 1, 0, 1, 1, 12, 0, 10)
        grid[day, "NUR", True] = Recap(4, 1, 0, 0, 1, 0, 0, 0, 4, 0, 12)
    values = {
        "month": "2026-11", "period": period, "grid": grid, "units": (), "summary": False, "by_unit": False,
        "unit_names": {"3W": "MEDICAL WEST"}, "conventions": HOUSE, "style": "us",
    }  # fmt: skip
    return census_recap.Data(**{**values, **others})


def the_balance(balances=None, closed=True):
    made = {
        ("ACU", "334"): Balance(9, 1, 14, 1, 2, 0, 0, 12, 1, 1, 12, 1, 300, 40, 5, 6),
        ("ACU", "336"): Balance(40, 0, 310, 20, 9, 11, 0, 290, 30, 12, 36, 0, 1_480, 0, 0, 20),
        ("", ""): Balance(5, 0, 50, 0, 0, 0, 0, 48, 0, 0, 7, 0, 205, 0, 0, 3),
    }
    return amis_balance.Data(
        "2026-10", month("2026-10"), made if balances is None else balances,
        {"334": ("PSY",), "336": ("CAR", "MED"), "": ("NB",)}, {"ACU": 102, "": 18}, {"ACU": 6},
        {"334": "Psychiatry", "336": "Medicine", "": "Services in no segment"}, {"334": 45}, {"ACU": "ACUTE CARE"},
        HOUSE, "us", closed,
    )  # fmt: skip


PAGES = {
    "admissions-discharges": (admissions_discharges, a_list(the_moves())),
    "admissions-discharges-empty": (admissions_discharges, a_list(())),
    "admissions-discharges-last4": (admissions_discharges, a_list(the_moves()[30:], LAST_FOUR)),
    "census-recap": (census_recap, the_grid()),
    "census-recap-unit": (census_recap, the_grid(by_unit=True)),
    "census-recap-summary": (census_recap, the_grid(summary=True)),
    "census-recap-empty": (census_recap, the_grid(grid={})),
    "gains-and-losses": (gains_and_losses, the_sheet()),
    "gains-and-losses-divisions": (gains_and_losses, the_sheet(eject=True, identifiers=NONE)),
    "gains-and-losses-empty": (gains_and_losses, the_sheet((), ward_days={}, late=Late((), 0))),
    "bed-status": (bed_status, the_beds()),
    "bed-status-empty": (bed_status, the_beds({})),
    "treating-specialty": (treating_specialty, the_specialties()),
    "treating-specialty-empty": (treating_specialty, the_specialties({})),
    "treating-specialty-departments": (
        treating_specialty,
        the_specialties(departments={"MED": "MEDICINE", "CCM": "MEDICINE", "SUR": "SURGERY"}),
    ),
    "overdue-absences": (
        overdue_absences,
        the_absences(
            an_absence(PASSES, 9, 1),
            an_absence(PASSES, 5, 2, unit=LONG),
            an_absence(LONG_TERM, 31, 3, service="NHC", name="O\x1b[2JBRIEN[/red]\u202e, X" + "y" * 60),
        ),
    ),
    "overdue-absences-empty": (overdue_absences, the_absences()),
    "amis-balance": (amis_balance, the_balance()),
    "amis-balance-empty": (amis_balance, the_balance({})),
}


def lines_of(module, data, width=132):
    return [
        line
        for page in paginate(module.render(data, width), Run("", "", ""), Setup(width))
        for line in page.lines
    ]


def links_of(module, data):
    pages = paginate(module.render(data, 132), Run("", "", ""), Setup(132))
    return {link for page in pages for link in page.links if link}


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    @pytest.mark.parametrize("name", PAGES)
    def test_golden_page(self, golden, name, width):
        module, data = PAGES[name]
        golden(name, module.render(data, width), width)

    @pytest.mark.parametrize("name", [name for name in PAGES if "empty" not in name and "amis" not in name])
    def test_a_long_name_of_a_unit_is_never_cut(self, name):
        module, data = PAGES[name]
        for width in (80, 132):
            assert any(LONG in line for line in lines_of(module, data, width))

    def test_lines_lead_to_the_account_unless_nobody_may_be_told(self):
        assert {f"ABS A{n:06d}" for n in range(1, 45)} <= links_of(admissions_discharges, a_list(the_moves()))
        assert links_of(admissions_discharges, a_list(the_moves(), NONE)) == set()

    def test_counts_lead_to_the_list_behind_them(self):
        assert "PGE admissions-discharges from=2026-11-30 to=2026-11-30 unit=ICU patients=adults" in links_of(
            bed_status, the_beds()
        )

    def test_without_identifiers_nobody_is_told_from_the_sheet(self):
        text = "\n".join(lines_of(gains_and_losses, the_sheet(identifiers=NONE)))
        assert "PATIENT" not in text
        assert "000001" not in text
        assert "0026004711" not in text


class TestGainsAndLosses:
    def test_corrections_are_records_of_the_page_too(self):
        nobody = the_sheet((), ward_days={})
        assert gains_and_losses.render(nobody, 80).records == len(nobody.late.changes) == 1


class TestBedStatus:
    def test_columns_stand_where_vista_has_them(self):
        at, starts = 1, []
        for column in bed_status.WIDE:
            starts.append(at)
            at += column.width + 1
        assert starts == [1, 10, 21, 27, 33, 39, 45, 52, 58, 64, 71, 78, 85, 92, 100, 105, 113, 123]
        assert at == 134

    def test_vacant_and_over_capacity_are_the_two_signs_of_beds_less_heads(self):
        for line in the_beds().lines.values():
            assert line.vacant - line.over == line.operating - line.remaining
            assert line.vacant * line.over == 0

    def test_totals_are_sums_and_their_average_is_over_the_whole_year(self):
        lines = [line for (_, newborn), line in the_beds().lines.items() if not newborn]
        house = total(lines, 61)
        assert (house.remaining, house.authorized, house.patient_days) == (65, 76, 3_950)
        assert house.average == "64.75"
        assert house.occupancy == "92.51"

    def test_a_ward_out_of_balance_says_by_how_much(self):
        wrong = {("3W", False): WardLine(10, 1, 0, 12, operating=20, authorized=20, days=61)}
        told = "  OUT OF BALANCE BY +1: compare with C02 of the day"
        assert told in lines_of(bed_status, the_beds(wrong), 80)

    def test_beds_that_do_not_add_up_are_told(self):
        wrong = {
            ("3W", False): WardLine(
                10, 0, 0, 10, vacant=8, out_of_service=1, operating=18, authorized=20, days=61
            )
        }
        text = " ".join(lines_of(bed_status, the_beds(wrong)))
        assert "3W: 20 authorized less 1 out of service are not the 18 operating beds" in text

    @pytest.mark.parametrize(
        ("authorized", "out", "expected"),
        [(None, None, (20, 0, 20)), (24, None, (20, 4, 24)), (None, 3, (20, 3, 23)), (25, 5, (20, 5, 25))],
    )
    def test_operating_beds_are_authorized_less_out_of_service(self, authorized, out, expected):
        beds = site.Beds("3W", 1, 20, 0, authorized, out)
        assert beds_in_use(beds, WARDS["3W"], DAY, newborn=False) == expected

    def test_the_day_of_last_year_of_29_february_is_the_28th(self):
        assert iso_date(a_year_before(day_number("2028-02-29"))) == "2027-02-28"


class TestAmisBalance:
    def test_prior_items_and_what_came_less_what_went_are_the_present_items(self):
        assert {part: each.out_of_balance for part, each in the_balance().balances.items()} == {
            ("ACU", "334"): 0, ("ACU", "336"): 0, ("", ""): 0
        }  # fmt: skip

    def test_a_segment_out_of_balance_says_so(self):
        text = "\n".join(
            lines_of(amis_balance, the_balance({("ACU", "336"): Balance(40, 0, 10, occupants=49)}))
        )
        assert "ACU 336 IS OUT OF BALANCE BY -1" in text
        assert "OUT -1" in text

    def test_beds_for_dialysis_are_named_where_there_are_any(self):
        told = [line.strip() for line in lines_of(amis_balance, the_balance()) if "Operating beds" in line]
        assert told == [
            "Operating beds at the end of the month: 102; for dialysis: 6",
            "Operating beds at the end of the month: 18",
        ]
        (_, beds) = amis_balance.sheets(the_balance())
        assert beds.rows == [("", 18, 0), ("ACU", 102, 6)]

    def test_a_month_that_is_not_over_is_not_yet_balanced(self):
        text = "\n".join(lines_of(amis_balance, the_balance(closed=False)))
        assert "not yet" in text
        assert "Not yet balanced: the month is not over." in text


class TestDepartments:
    def test_services_are_added_up_in_the_order_of_the_table_and_those_of_none_come_last(self):
        lines = {code: Line(current=number) for number, code in enumerate(("CCM", "MED", "NB", "SUR"), 1)}
        found = treating_specialty.by_department(
            {"SUR": "Surgery", "MED": "Medicine", "CCM": "Medicine"}, lines
        )
        assert [(name, list(of_it), treating_specialty.total(of_it.values()).current) for name, of_it in found] == [
            ("Surgery", ["SUR"], 4), ("Medicine", ["CCM", "MED"], 3), ("No department", ["NB"], 3)
        ]  # fmt: skip

    def test_without_departments_nothing_is_said_of_them(self):
        for each in (the_specialties(), the_specialties(departments={"XRAY": "Radiology"})):
            text = "\n".join(lines_of(treating_specialty, each)[5:])
            assert "epartment" not in text

    def test_a_total_leads_to_the_movements_of_its_services(self):
        data = the_specialties(departments={"MED": "Medicine", "CCM": "Medicine"})
        go = "PGE admissions-discharges from=2026-11-30 to=2026-11-30 service=CCM,MED patients=adults"
        assert go in links_of(treating_specialty, data)


class TestOverdueAbsences:
    @pytest.fixture
    def away(self, admin):
        the_units()

        def leave(kind, at, service="MED", back=""):
            account = f"{kind}{service}{at[8:10]}"
            stay = a_stay("2025-06-01T08:00", account=account, service=service)
            a_movement(stay, "leave", at, leave_type=kind)
            if back:
                a_movement(stay, "return", back)
            return account

        return leave

    @staticmethod
    def overdue(day):
        return [(each.left.account, each.nights, each.over) for each in absences.overdue(day_number(day))]

    def test_a_pass_is_overdue_at_the_first_census_after_96_hours(self, away):
        account = away("pass", "2025-10-06T08:00")
        assert self.overdue("2025-10-09") == []
        assert self.overdue("2025-10-10") == [(account, 5, 1)]

    def test_authorized_absences_end_after_14_days_those_from_long_term_care_after_30(self, away):
        medical, nursing = away("aa", "2025-09-01T08:00"), away("aa", "2025-09-01T09:00", service="NHC")
        assert self.overdue("2025-09-14") == []
        assert self.overdue("2025-09-15") == [(medical, 15, 1)]
        assert self.overdue("2025-10-01") == [(medical, 31, 17), (nursing, 31, 1)]

    def test_unauthorized_ones_after_30_and_sick_in_hospital_never(self, away):
        gone = away("ua", "2025-09-01T08:00")
        away("asih", "2025-07-01T08:00")
        assert self.overdue("2025-10-01") == [(gone, 31, 1)]

    def test_who_is_back_by_the_census_hour_is_not_overdue(self, away):
        away("pass", "2025-10-06T08:00", back="2025-10-10T22:00")
        assert self.overdue("2025-10-10") == []

    def test_a_limit_that_the_facility_closes_holds_nobody(self, away):
        away("pass", "2025-10-06T08:00")
        own = store.current().directory / "site" / "tables"
        own.mkdir(parents=True, exist_ok=True)
        (own / "absence_limits.toml").write_text(
            'id = "absence_limits"\ntitle = "Ours"\nrows = [{ code = "pass", text = "Passes" }]\n'
        )
        assert self.overdue("2025-10-20") == []

    def test_the_page_tells_them_by_name(self, away, admin):
        account = away("pass", "2025-10-06T08:00")
        data = data_of(admin, "overdue-absences", day="2025-10-20")
        assert f"ABS {account}" in links_of(overdue_absences, data)


def a_month_by_chance(admin, census_hour):
    site.file_setting(admin, "census_hour", census_hour, 1)
    the_units()
    a_random_month(7)
    census.bring_up_to_date()


class TestFigures:
    """On a month made by chance, from the store."""

    @pytest.fixture(params=["23:59", "00:00"])
    def hospital(self, admin_of, request):
        return admin_of(a_month_by_chance, request.param)

    def test_agree_over_all_pages(self, hospital):
        for day in ("2025-10-01", "2025-10-16", "2025-10-31"):
            beds = data_of(hospital, "bed-status", day=day)
            specialties = data_of(hospital, "treating-specialty", day=day)
            sheet = data_of(hospital, "gains-and-losses", day=day)
            assert all(line.out_of_balance == 0 for line in beds.lines.values())
            assert all(
                line.out_of_balance == 0
                for line in (*specialties.house.values(), *specialties.by_division.values())
            )
            for newborn in (False, True):
                in_wards = sum(line.remaining for (_, each), line in beds.lines.items() if each is newborn)
                treated = treating_specialty.total(
                    line for key, line in specialties.house.items() if key[2] is newborn
                )
                divided = treating_specialty.total(
                    line for key, line in specialties.by_division.items() if key[2] is newborn
                )
                assert treated.current - treated.boarders == in_wards
                assert (treated.current, treated.patient_days) == (divided.current, divided.patient_days)
                assert in_wards == sum(
                    each.remaining
                    for (_, is_newborn), each in sheet.ward_days.items()
                    if is_newborn is newborn
                )

    def test_the_year_to_date_is_the_sum_of_the_day_summary(self, hospital):
        beds = data_of(hospital, "bed-status", day="2025-10-31")
        house = figures.house_counts(month("2025-10"))
        adults = [line for (_, newborn), line in beds.lines.items() if not newborn]
        assert sum(line.patient_days for line in adults) == house["inpatient_service_days"]
        assert sum(line.bed_days for line in adults) == house["bed_count_days"]
        this, _ = beds.compared[False]
        assert (this.admissions, this.discharges, this.unit_in) == (
            house["admissions"], house["discharges"], house["transfers_in"],
        )  # fmt: skip

    def test_the_list_behind_a_figure_of_the_year_is_as_long_as_the_figure(self, hospital):
        database.execute_sql("UPDATE unit SET counts_in_census = 1")
        beds = data_of(hospital, "bed-status", day="2025-10-31")
        for caption, event, count in bed_status.COMPARED:
            if (
                event in ("admissions", "transfers", "services", "discharges", "deaths")
                and caption != "One-day patients"
            ):
                asked = {"from": "2025-10-01", "to": "2025-10-31", "event": event, "patients": "adults"}
                assert count(beds.compared[False][0]) == len(
                    data_of(hospital, "admissions-discharges", **asked).movements
                )

    def test_the_fiscal_year_begins_where_the_site_says(self, hospital):
        site.file_setting(hospital, "fiscal_year_start", "10-16", 1)
        beds = data_of(hospital, "bed-status", day="2025-10-31")
        assert (iso_date(beds.year.from_day), beds.year.days, beds.year_length) == ("2025-10-16", 16, 365)

    def test_the_recapitulation_of_a_month_is_that_of_the_statistics(self, hospital):
        grid = data_of(hospital, "census-recap", month="2025-10")
        counted = figures.period_counts(month("2025-10"))
        units = sorted({unit for _, unit, _ in grid.grid})
        assert not any(each.out_of_balance for each in grid.grid.values())
        for unit in units:
            made, days = census_recap.of_days(grid.grid, grid.period, (unit,), newborn=False)
            of_unit = counted.by_unit[unit]
            assert made.out_of_balance == 0
            assert (made.previous, made.census, days, made.beds) == (
                of_unit["opening_census"], of_unit["closing_census"], of_unit["inpatient_service_days"],
                of_unit["bed_count_days"],
            )  # fmt: skip

    def test_every_segment_balances(self, hospital):
        for name in ("2025-09", "2025-10", "2025-11"):
            balance = data_of(hospital, "amis-balance", month=name)
            assert balance.balances
            assert not any(each.out_of_balance for each in balance.balances.values())
            assert sum(each.late_days for each in balance.balances.values()) <= sum(
                each.patient_days for each in balance.balances.values()
            )

    def test_beds_for_dialysis_are_those_of_the_end_of_the_month(self, hospital):
        unit = next(iter(site.codes("unit").values()))
        for day, beds in (("2025-10-01", 4), ("2025-10-20", 3), ("2025-11-01", 9)):
            site.file_beds(hospital, site.Beds(unit, day_number(day), 20, dialysis=beds))
        found = [
            sum(data_of(hospital, "amis-balance", month=name).dialysis.values())
            for name in ("2025-09", "2025-10")
        ]
        assert found == [0, 3]

    def test_the_tables_of_the_site_say_what_belongs_where_and_what_was_planned(self, hospital):
        own = store.current().directory / "site" / "tables"
        own.mkdir(parents=True, exist_ok=True)
        (own / "amis_segments.toml").write_text(
            'id = "amis_segments"\ntitle = "Ours"\nrows = [{ code = "336", text = "All", services = ["MED", "SUR"] },'
            ' { code = "341", text = "None" }]\n'
        )
        (own / "census_plan.toml").write_text(
            'id = "census_plan"\ntitle = "Plan"\nrows = [{ code = "HOUSE", text = "All", adc = "12.5" },'
            ' { code = "ACU", text = "Acute", adc = "8", valid_from = "2025-11-01" }]\n'
        )
        balance = data_of(hospital, "amis-balance", month="2025-10")
        assert balance.services["336"] == ("MED", "SUR")
        assert not any(each.out_of_balance for each in balance.balances.values())
        (planned,) = data_of(hospital, "bed-status", day="2025-10-31").planned
        counted = figures.house_counts(month("2025-10"))
        assert (planned.label, str(planned.planned)) == ("All", "12.5")
        assert planned.month_days == planned.year_days == counted["inpatient_service_days"]

    def test_a_plan_that_cannot_be_read_is_told_in_a_sentence(self, hospital):
        own = store.current().directory / "site" / "tables"
        own.mkdir(parents=True, exist_ok=True)
        (own / "census_plan.toml").write_text(
            'id = "census_plan"\ntitle = "Plan"\nrows = [{ code = "HOUSE", text = "All", adc = "many" }]\n'
        )
        with pytest.raises(NotAsked, match="adc 'many' is no number"):
            data_of(hospital, "bed-status", day="2025-10-31")

    def test_a_summary_that_was_tampered_with_is_out_of_balance(self, hospital):
        database.execute_sql(
            "UPDATE day_stats SET census = census + 1 WHERE day = ? AND newborn = 0",
            (day_number("2025-10-31"),),
        )  # fmt: skip
        balance = data_of(hospital, "amis-balance", month="2025-10")
        assert any(each.out_of_balance for each in balance.balances.values())
        assert any(
            line.out_of_balance for line in data_of(hospital, "bed-status", day="2025-10-31").lines.values()
        )

    @pytest.mark.parametrize("word", ["admissions-discharges", "census-recap", "gains-and-losses", "bed-status",
                                      "treating-specialty", "amis-balance"])  # fmt: skip
    def test_every_format_is_made(self, hospital, word):
        asked = {"month": "2025-10"} if word in ("census-recap", "amis-balance") else (
            {"from": "2025-10-01", "to": "2025-10-31"} if word == "admissions-discharges" else {"day": "2025-10-16"}
        )  # fmt: skip
        made = produce(hospital, find(word), asked)
        for form in ("text", "csv", "xlsx", "json"):
            assert output.in_format(made, form, Setup(80))

    def test_chosen_units_are_added_up_under_another_name_than_the_house(self, hospital):
        for word, asked in (("daily-census", {"day": "2025-10-16"}), ("census-recap", {"month": "2025-10"})):
            pages = produce(hospital, find(word), {**asked, "unit": "icu,3E"}).pages(Setup(80))
            text = "\n".join(line for page in pages for line in page.lines)
            assert "Selection: units ICU, 3E" in text
            assert "Chosen" in text
            assert "House" not in text

    def test_a_list_is_filtered_by_unit_service_event_and_class(self, hospital):
        everything = data_of(hospital, "admissions-discharges", **{"from": "2025-10-01", "to": "2025-10-31"})
        parts = [
            data_of(
                hospital,
                "admissions-discharges",
                **{"from": "2025-10-01", "to": "2025-10-31", "event": event},
            )
            for event in ("admissions", "transfers", "services", "leaves", "discharges")
        ]
        twice = sum(each.kind is Kind.TRANSFER and len(each.services) > 1 for each in everything.movements)
        assert sum(len(part.movements) for part in parts) == len(everything.movements) + twice
        assert twice > 0
        of_icu = data_of(hospital, "admissions-discharges", **{"from": "2025-10-01", "to": "2025-10-31", "unit": "ICU",
                                                               "patients": "newborns"})  # fmt: skip
        assert all("ICU" in each.units and each.newborn for each in of_icu.movements)

    def test_a_day_or_month_that_has_not_come_is_refused_and_one_under_way_says_so(self, hospital):
        today = iso_date(store.current().now().day)
        for word in ("daily-census", "gains-and-losses", "bed-status", "treating-specialty"):
            with pytest.raises(NotAsked, match="has not come yet"):
                produce(hospital, find(word), {"day": "2199-01-01"})
            for day, told in ((today, True), ("2025-10-16", False)):
                (page, *_) = produce(hospital, find(word), {"day": day}).pages(Setup(80))
                assert ("THE DAY IS NOT OVER" in page.lines[3]) is told
        for word in ("census-recap", "amis-balance"):
            with pytest.raises(NotAsked, match="has no whole day yet"):
                produce(hospital, find(word), {"month": "2199-01"})

    def test_a_period_that_ends_before_it_begins_is_refused(self, hospital):
        with pytest.raises(NotAsked, match="ends"):
            produce(hospital, find("C02"), {"from": "2025-10-02", "to": "2025-10-01"})


def data_of(actor, word, **asked):
    return produce(actor, find(word), asked).data
