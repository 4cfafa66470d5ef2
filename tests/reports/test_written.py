"""Reports that technicians write: what they find, count and add up, who sees what, and how they stand on paper."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.data_sets import library
from db import store
from db.access import sensitive
from db.actors import Actor, Role
from db.acts import Conflict, NotPermitted
from db.connect import StoreError, database, writing
from db.registry import cases, dictionaries
from db.report_writer import saved, sets
from reports.catalogue import find
from reports.letters import ADDRESS
from reports.output import in_format
from reports.page import Setup, as_text
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from reports.writer import written
from reports.writer.data import Data, group_keys, group_text
from rules.dictionary import Dictionary
from rules.moments import iso_date
from rules.report_figures import Line, crossed, grouped, sort_key
from rules.report_sets import ROWS, Askable, data_set
from rules.report_writer import CROSS, DIGITS, DOWN, LIST, TOTALS, Break, Condition, Definition, Shown, Sort
from tests.builders import a_patient

ABSTRACT = library().of("abstract")
OCTOBER = ("2026-10-01", "2026-10-31")
LISTED = (Shown("mrn"), Shown("age"), Shown("service"), Shown("payer"), Shown("los_days", figures="sum mean"))


def filed(record: dict[str, str], patient_id: int = 0, dictionary: Dictionary = ABSTRACT) -> int:
    """A filed abstract that holds a record."""
    with writing():
        return cases.put(
            dictionary, record, before=None, patient_id=patient_id or a_patient(), status="complete", by="builder",
            number=record.get("account", ""),
        ).id  # fmt: skip


@pytest.fixture
def october(admin_of: Callable[..., Actor]) -> Actor:
    return admin_of(an_october)


def an_october(admin: Actor) -> None:
    """Six discharges of October and one of September."""
    rows = [  # account, mrn, age, service, payer, disposition, discharged, days, first and second diagnosis
        ("A1", "00123456", "70", "MED", "MCR", "01", "2026-10-03T09:00", "5", "I214", "E119"),
        ("A2", "00003499", "30", "MED", "BCX", "01", "2026-10-12T09:00", "2", "J189", ""),
        ("A3", "00777756", "66", "SUR", "MCR", "20", "2026-10-06T20:00", "1", "K3580", "I10"),
        ("A4", "00888801", "8", "SUR", "BCX", "01", "2026-10-07T20:00", "4", "K3580", ""),
        ("A5", "00999912", "81", "MED", "", "03", "2026-10-31T23:59", "12", "I500", "I10"),
        ("A6", "01000034", "45", "CAR", "MCR", "01", "2026-10-15T10:00", "3", "I210", ""),
        ("S1", "01000035", "52", "MED", "MCR", "01", "2026-09-30T23:59", "7", "I10", ""),
    ]
    for account, mrn, age, service, payer, disposition, left, days, first, second in rows:
        who = a_patient(mrn=mrn, last_name=f"PATIENT{account}", first_name="ANN")
        filed(
            {
                "account": account, "mrn": mrn, "age": age, "service": service, "payer": payer, "los_days": days,
                "disposition": disposition, "discharged_at": left, "diagnoses[1].code": first,
                "diagnoses[2].code": second, "died_at": "/NA" if disposition != "20" else left, "sex": "F",
            },
            who,
        )  # fmt: skip


def asking(*conditions: Condition, **more: object) -> Definition:
    made = Definition("abstract", "Who left", LIST, LISTED, conditions, first=OCTOBER[0], last=OCTOBER[1])
    return replace(made, **more)  # type: ignore[arg-type]


def found(actor: Actor, *conditions: Condition, **more: object) -> str:
    """The accounts that a report finds, in its order."""
    made = asking(*conditions, **more)
    data = written.run(actor, replace(made, columns=(Shown("account"),)))
    return " ".join(line.cells[0] for line in data.lines)


class TestWhatIsFound:
    @pytest.mark.parametrize(
        ("condition", "accounts"),
        [
            (Condition("service", "is", "med"), "A1 A2 A5"),
            (Condition("service", "is not", "MED"), "A3 A4 A6"),
            (Condition("service", "one of", "SUR, CAR"), "A3 A4 A6"),
            (Condition("age", "over", "65"), "A1 A3 A5"),
            (Condition("age", "at least", "66"), "A1 A3 A5"),
            (Condition("age", "under", "9"), "A4"),
            (Condition("age", "between", "30 to 66"), "A2 A3 A6"),
            (Condition("age", "is", "8"), "A4"),
            (Condition("payer", "blank"), "A5"),
            (Condition("payer", "filled"), "A1 A2 A3 A4 A6"),
            (Condition("payer", "is not", "MCR"), "A2 A4 A5"),
            (Condition("diagnoses.code", "begins", "I1"), "A3 A5"),
            (Condition("diagnoses.code", "between", "I20 to I25"), "A1 A6"),
            (Condition("diagnoses[1].code", "begins", "I"), "A1 A5 A6"),
            (Condition("diagnoses.code", "is not", "K35.80"), "A1 A2 A5 A6"),
            (Condition("diagnoses[2].code", "blank"), "A2 A4 A6"),
            (Condition("discharged_at", "is", "10/31/2026"), "A5"),
            (Condition("discharged_at", "before", "10/06/2026"), "A1"),
            (Condition("discharged_at", "after", "2026-10-12"), "A5 A6"),
            (Condition("died_at", "is", "/NA"), "A1 A2 A4 A5 A6"),
            (Condition("died_at", "after", "1/1/2026"), "A3"),
            (Condition("last_name", "begins", "patienta1"), "A1"),
            (Condition("last_name", "contains", "TA6"), "A6"),
            (Condition("record_number", "is", "A4"), "A4"),
        ],
    )
    def test_each_test_finds_what_it_says(self, october: Actor, condition: Condition, accounts: str) -> None:
        assert sorted(found(october, condition).split()) == accounts.split()

    def test_is_and_is_not_are_all_there_are(self, october: Actor) -> None:
        one = found(october, Condition("payer", "is", "MCR")).split()
        other = found(october, Condition("payer", "is not", "MCR")).split()
        assert sorted(one + other) == sorted(found(october).split())

    def test_conditions_must_all_hold_and_or_gives_the_line_above_another_way(self, october: Actor) -> None:
        both = (Condition("service", "is", "MED"), Condition("age", "over", "75"))
        assert found(october, *both) == "A5"
        either = (*both, Condition("payer", "is", "BCX", other=True))
        assert found(october, *either) == "A2 A5"

    def test_the_whole_last_day_belongs_to_the_period(self, october: Actor) -> None:
        assert "A5" in found(october)
        assert found(october, first="2026-09-30", last="2026-09-30") == "S1"
        assert len(found(october, first="", last="").split()) == 7

    def test_a_period_may_move_with_the_day(self, admin: Actor) -> None:
        today = store.current().now().day
        for account, back in (("N1", 1), ("N2", 20), ("N3", 40)):
            filed({"account": account, "discharged_at": f"{iso_date(today - back)}T08:00"})
        assert found(admin, first="T-30", last="yesterday") == "N1 N2"
        assert found(admin, Condition("discharged_at", "after", "T-10"), first="", last="") == "N1"
        assert (
            found(admin, Condition("discharged_at", "between", "T-45 to T-15"), first="", last="") == "N2 N3"
        )
        with pytest.raises(NotAsked, match="The period ends"):
            found(admin, first="T", last="T-30")

    def test_what_a_user_keys_is_never_part_of_a_statement(self, october: Actor) -> None:
        poison = "x'; DROP TABLE patient; --"
        assert found(october, Condition("last_name", "contains", poison)) == ""
        assert found(october, Condition("last_name'; --", "is not", poison)).split()
        assert database.execute_sql("SELECT count(*) FROM patient").fetchone()[0] == 7

    def test_void_records_are_in_no_report(self, october: Actor) -> None:
        case = cases.by_number("abstract", "A1")
        assert case is not None
        with writing():
            cases.void(case, "Wrong account.", "admin")
        assert "A1" not in found(october)

    def test_few_records_of_many_hold_what_all_of_them_hold(self, october: Actor) -> None:
        few = written.run(
            october,
            asking(Condition("record_number", "is", "A1"), columns=(*LISTED, Shown("diagnoses.code"))),
        )
        whole = written.run(october, asking(columns=(*LISTED, Shown("diagnoses.code")), first="", last=""))
        assert few.lines[0].cells in [line.cells for line in whole.lines]
        assert few.lines[0].cells == ("00123456", "70", "MED", "MCR", "5", f"I214{ROWS}E119")

    def test_a_preview_has_the_number_and_the_first_lines(self, october: Actor) -> None:
        number, lines = written.preview(october, asking(Condition("service", "is", "MED")))
        assert number == 3
        assert [line.split()[0] for line in lines[-3:]] == ["00123456", "00003499", "00999912"]


class TestOrder:
    def test_numbers_by_size_blank_last_and_the_other_way_round(self, october: Actor) -> None:
        assert found(october, sorts=(Sort("age"),)) == "A4 A2 A6 A3 A1 A5"
        assert found(october, sorts=(Sort("age", DOWN),)) == "A5 A1 A3 A6 A2 A4"
        assert found(october, sorts=(Sort("payer"), Sort("age"))) == "A4 A2 A6 A3 A1 A5"

    def test_charts_by_terminal_digits(self, october: Actor) -> None:
        # 00-88-88-01, 00-99-99-12, 01-00-00-34, 00-12-34-56, 00-77-77-56, 00-00-34-99
        assert found(october, sorts=(Sort("mrn", DIGITS),)) == "A4 A5 A6 A1 A3 A2"


def totals(actor: Actor, *breaks: Break, columns: tuple[Shown, ...] = LISTED, **more: object) -> Data:
    return written.run(actor, asking(form=TOTALS, columns=columns, breaks=breaks, **more))


class TestFigures:
    def test_groups_have_their_own_figures(self, october: Actor) -> None:
        rows = {row[0]: row[1:] for row in written.sheets(totals(october, Break("service")))[0].rows}
        assert rows == {
            "CAR": (1, 3, Decimal("3.00")), "MED": (3, 19, Decimal("6.33")), "SUR": (2, 5, Decimal("2.50")),
        }  # fmt: skip

    def test_dates_by_month_and_numbers_in_steps(self, october: Actor) -> None:
        months = totals(october, Break("discharged_at", "month"), first="", last="")
        assert [node.key for node in months.root.inner] == ["2026-09", "2026-10"]
        steps = totals(october, Break("age", "20"))
        assert [(node.key, node.records) for node in steps.root.inner] == [
            ("0-19", 1), ("20-39", 1), ("40-59", 1), ("60-79", 2), ("80-99", 1),
        ]  # fmt: skip

    def test_a_mean_is_worked_from_sums_and_blanks_are_no_zeroes(self, october: Actor) -> None:
        filed({"account": "A7", "service": "MED", "discharged_at": "2026-10-09T10:00"})
        data = totals(october, Break("service"))
        med = next(node for node in data.root.inner if node.key == "MED")
        tally = med.tallies[4]
        assert (med.records, tally.figure("count"), tally.figure("mean")) == (4, "3", "6.33")

    def test_a_cross_tabulation_has_counted_margins(self, october: Actor) -> None:
        made = asking(form=CROSS, columns=(), breaks=(Break("service"), Break("payer")))
        table = written.run(october, made).table
        assert (table.down, table.across) == (["CAR", "MED", "SUR"], ["BCX", "MCR", ""])
        assert table.lines == {"CAR": 1, "MED": 3, "SUR": 2}
        assert table.columns == {"BCX": 2, "MCR": 3, "": 1}
        assert table.total == 6


class TestItemsThatRepeat:
    """Diagnoses: E119 and I214 of A1, I10 of A3 and A5, K3580 of A3 and A4, others once."""

    ANY = Break("diagnoses.code")

    def test_a_record_counts_once_for_each_value_that_it_has(self, october: Actor) -> None:
        filed({"account": "A8", "discharged_at": "2026-10-20T10:00", "diagnoses[1].code": "I10",
               "diagnoses[2].code": "I10", "los_days": "6"})  # fmt: skip
        filed({"account": "A9", "discharged_at": "2026-10-20T11:00"})
        data = totals(october, self.ANY)
        assert {node.key: (node.records, node.tallies[4].figure("sum")) for node in data.root.inner} == {
            "E119": (1, "5"), "I10": (3, "19"), "I210": (1, "3"), "I214": (1, "5"), "I500": (1, "12"), "J189": (1, "2"),
            "K3580": (2, "5"), "": (1, "0"),
        }  # fmt: skip
        assert (data.root.records, data.root.tallies[4].figure("sum")) == (8, "33")

    def test_the_page_says_that_the_lines_may_add_to_more(self, october: Actor) -> None:
        kept(october, asking(form=TOTALS, breaks=(self.ANY,)))
        shown = text(ran(october))
        assert "Records: 6" in shown
        assert (
            "A record counts once for each value of Diagnoses: Diagnosis that it has: the lines may add to more"
            " than the records." in " ".join(shown.split())
        )
        kept(october, asking(form=TOTALS, breaks=(Break("service"),)), "SERVICES")
        assert "may add to more" not in text(ran(october, "SERVICES"))

    def test_a_cross_tabulation_has_margins_of_records(self, october: Actor) -> None:
        table = written.run(
            october, asking(form=CROSS, columns=(), breaks=(Break("service"), self.ANY))
        ).table
        assert table.lines == {"CAR": 1, "MED": 3, "SUR": 2}
        assert [table.columns[code] for code in ("I10", "K3580")] == [2, 2]
        assert [table.cells["SUR", code] for code in ("I10", "K3580")] == [1, 2]
        assert table.total == 6

    def test_a_list_has_a_record_in_each_of_its_groups_and_a_file_once(self, october: Actor) -> None:
        columns = (Shown("account"), Shown("diagnoses.code"))
        kept(october, asking(columns=columns, breaks=(self.ANY,), sorts=(Sort("account"),)))
        made = ran(october)
        listed = [line.split() for line in text(made).splitlines() if re.match(r"A\d ", line)]
        assert [row[0] for row in listed] == ["A1", "A3", "A5", "A6", "A1", "A5", "A2", "A3", "A4"]
        assert listed[0] == ["A1", "I21.4,", "E11.9"]
        assert [row[0] for row in made.sheets()[0].rows] == ["A1", "A3", "A5", "A6", "A2", "A4"]
        assert made.sheets()[0].rows[0][1] == "I214, E119"

    def test_a_word_of_a_heading_is_not_cut_where_there_is_room(self, october: Actor) -> None:
        kept(october, asking(columns=(Shown("account"), Shown("disposition"))))
        assert "Disposition\n" in text(ran(october))

    def test_dates_and_codes_of_all_rows_are_shown_as_they_are_of_one(self, october: Actor) -> None:
        filed({"account": "P1", "discharged_at": "2026-10-20T10:00", "procedures[1].code": "0DTJ4ZZ",
               "procedures[1].date": "2026-10-18", "procedures[2].code": "5A1955Z",
               "procedures[2].date": "2026-10-19"})  # fmt: skip
        columns = (Shown("account"), Shown("procedures.date", width=24))
        kept(
            october,
            asking(
                Condition("account", "is", "P1"), columns=columns, breaks=(Break("procedures.date", "month"),)
            ),
        )
        shown = text(ran(october))
        assert "10/18/2026, 10/19/2026" in shown
        assert "Procedures: Date: 10/2026: 1 record" in shown


class TestBehindAFigure:
    """Enter on a line of totals, or of a cross-tabulation, opens the records that were counted."""

    def opened(self, actor: Actor, go: str) -> Produced:
        from screens.reporting.reports import arguments

        word, _, rest = go.removeprefix("PGE ").partition(" ")
        assert word == "writer"
        return produce(actor, find(word), arguments(rest))  # type: ignore[arg-type]

    @pytest.mark.parametrize("breaks", [
        (Break("service"), Break("disposition")), (Break("discharged_at", "month"), Break("age", "20")),
        (Break("payer"), Break("diagnoses.code")),
    ])  # fmt: skip
    def test_every_line_of_totals_leads_to_as_many_records(
        self, october: Actor, breaks: tuple[Break, ...]
    ) -> None:
        kept(october, asking(form=TOTALS, breaks=breaks, first="", last=""))
        made = ran(october)
        followed = 0
        for page in made.pages(Setup(80)):
            for line, go in zip(page.lines, page.links or [""] * len(page.lines), strict=True):
                if go:
                    count = int(re.split(r"  +", line.strip())[-3])
                    assert f"Records: {count}" in text(self.opened(october, go)), line
                    followed += 1
        assert followed == sum(len(node.inner) + 1 for node in made.data.root.inner) + 1

    def test_a_line_of_a_cross_tabulation_leads_to_its_records_by_what_goes_across(
        self, october: Actor
    ) -> None:
        kept(october, asking(form=CROSS, columns=(), breaks=(Break("service"), Break("payer"))))
        (page,) = ran(october, **{"from": "2026-10-01", "to": "2026-10-31"}).pages(Setup(80))
        goes = dict(zip((line.split(" ")[0] for line in page.lines), page.links, strict=True))
        shown = text(self.opened(october, goes["SUR"]))
        assert "only Service: SUR" in shown
        assert "Principal payer: BCX" in shown
        assert "Principal payer: MCR: 1 record" in shown or "Principal payer: MCR" in shown
        assert "00777756" in shown
        assert "Records: 2" in shown
        assert "Records: 6" in text(self.opened(october, goes["TOTAL"]))

    def test_its_lines_lead_to_the_records_and_it_is_a_row_of_the_trail(self, october: Actor) -> None:
        kept(october, asking(form=TOTALS, columns=(), breaks=(Break("service"),)))
        (page,) = ran(october).pages(Setup(80))
        made = self.opened(october, next(go for go in page.links if "SUR" in go))
        assert [go for each in made.pages(Setup(80)) for go in each.links if go] == ["ABS A3", "ABS A4"]
        (detail,) = database.execute_sql("SELECT detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert json.loads(detail)["count"] == 2
        assert json.loads(detail)["parameters"]["group"] == "SUR"

    def test_what_a_role_may_not_see_stays_unseen(self, october: Actor) -> None:
        kept(october, asking(form=TOTALS, columns=(), breaks=(Break("last_name"),)))
        (page,) = ran(october, identifiers="none").pages(Setup(80))
        shown = text(self.opened(october, next(go for go in page.links if go)))
        assert "00123456" not in shown
        assert "no identifiers" in shown
        assert "Records: 0" in text(ran(october, identifiers="none", show="records", group="PATIENTA1"))

    def test_a_group_is_named_as_far_as_there_are_breaks(self, october: Actor) -> None:
        kept(october, asking(form=TOTALS, columns=(), breaks=(Break("service"),)))
        with pytest.raises(NotAsked, match=r"grouped by 1 item: MED\|01 names 2"):
            ran(october, group="MED|01")
        assert "Records: 3" in text(ran(october, group="MED"))

    def test_a_preview_leads_nowhere(self, october: Actor) -> None:
        made = written.run(october, asking(form=TOTALS, columns=(), breaks=(Break("service"),)))
        assert made.again == {}

    @given(st.lists(st.text(alphabet="A|\"', \\", max_size=4), min_size=1, max_size=4))
    def test_any_key_comes_back_from_the_command_line(self, keys: list[str]) -> None:
        assert group_keys(group_text(keys)) == tuple(keys)


KEYS = st.sampled_from(["MED", "SUR", "CAR", ""])
LINES = st.lists(st.tuples(KEYS, KEYS, st.decimals(-(10**6), 10**6, places=2, allow_nan=False)), max_size=60)
ANY = Askable("service", "Service", ABSTRACT.by_id["service"])


def lines_of(rows: list[tuple[str, str, Decimal]]) -> list[Line]:
    return sorted((Line((a, b), (str(value),)) for a, b, value in rows), key=lambda line: line.keys)


class TestIdentities:
    @given(LINES, st.sampled_from([None, 0]))
    def test_margins_of_a_cross_tabulation_equal_its_cells(
        self, rows: list[tuple[str, str, Decimal]], summed: int | None
    ) -> None:
        table = crossed(lines_of(rows), summed, lambda key: sort_key(ANY, key))
        for down in table.down:
            assert table.lines[down] == sum(
                table.cells.get((down, across), Decimal(0)) for across in table.across
            )
        for across in table.across:
            assert table.columns[across] == sum(
                table.cells.get((down, across), Decimal(0)) for down in table.down
            )
        assert table.total == sum(table.lines.values()) == sum(table.columns.values())
        assert table.total == (len(rows) if summed is None else sum((row[2] for row in rows), Decimal(0)))

    @given(LINES)
    def test_sums_of_groups_equal_the_total(self, rows: list[tuple[str, str, Decimal]]) -> None:
        root = grouped(lines_of(rows), 2, (True,))
        assert root.records == len(rows)
        for node in (root, *root.inner):
            assert node.records == sum(inner.records for inner in node.inner)
            assert node.tallies[0].total == sum((inner.tallies[0].total for inner in node.inner), Decimal(0))
            assert node.tallies[0].answered == sum(inner.tallies[0].answered for inner in node.inner)

    @given(st.lists(st.tuples(KEYS, st.sets(KEYS, min_size=1), st.decimals(-5, 5, places=1)), max_size=20))
    def test_a_record_of_several_groups_is_one_record_of_what_holds_them(
        self, rows: list[tuple[str, set[str], Decimal]]
    ) -> None:
        lines = sorted(
            (
                Line((a, b), (str(value),), record=at)
                for at, (a, many, value) in enumerate(rows, 1)
                for b in many
            ),
            key=lambda line: line.keys,
        )
        root, table = grouped(lines, 2, (True,)), crossed(lines, 0, lambda key: sort_key(ANY, key))
        assert root.records == len(rows)
        assert root.tallies[0].total == table.total == sum((row[2] for row in rows), Decimal(0))
        for node in root.inner:
            own = [value for a, _, value in rows if a == node.key]
            assert node.records == len(own)
            assert node.tallies[0].total == table.lines[node.key] == sum(own, Decimal(0))
        for across in table.across:
            assert table.columns[across] == sum(
                (value for _, many, value in rows if across in many), Decimal(0)
            )


@pytest.fixture
def a_technician(october: Actor) -> Actor:
    """Somebody else, who is no supervisor."""
    return replace(october, user_id=october.user_id + 1, user="tech", roles=frozenset({Role.TECHNICIAN}))


def kept(actor: Actor, made: Definition, name: str = "WHO LEFT", *, shared: bool = False) -> saved.Saved:
    return saved.save(actor, name, made, shared=shared)


def ran(actor: Actor, name: str = "WHO LEFT", **asked: str) -> Produced:
    report = find("writer")
    assert report is not None
    return produce(actor, report, {"name": name} | asked)


def text(made: Produced, width: int = 80) -> str:
    return as_text(made.pages(Setup(width)), Setup(width))


class TestKeptByName:
    def test_is_run_by_its_name_with_the_period_that_is_asked_for(self, october: Actor) -> None:
        kept(october, asking())
        assert "Records: 6" in text(ran(october))
        assert "Records: 1" in text(
            ran(october, **{"from": "2026-09-01", "to": "2026-09-30"}, name="who left")
        )

    def test_every_version_stays(self, october: Actor) -> None:
        first = kept(october, asking())
        second = saved.save(
            october, "WHO LEFT", asking(Condition("service", "is", "MED")), shared=True, before=first
        )
        assert [(each.version, each.newest) for each in saved.versions(october, "WHO LEFT")] == [
            (2, 2),
            (1, 2),
        ]
        assert "Records: 3" in text(ran(october))
        assert "Records: 6" in text(ran(october, version="1"))
        assert second.definition.conditions[0].value == "MED"

    def test_two_who_change_one_report_are_told(self, october: Actor) -> None:
        first = kept(october, asking())
        saved.save(october, "WHO LEFT", asking(), shared=False, before=first)
        with pytest.raises(Exception, match="Somebody has changed WHO LEFT meanwhile"):
            saved.save(october, "WHO LEFT", asking(), shared=False, before=first)

    def test_what_was_taken_out_of_use_meanwhile_is_not_changed(self, october: Actor) -> None:
        first = kept(october, asking())
        saved.void(october, "WHO LEFT", "No longer wanted.")
        with pytest.raises(Conflict, match="WHO LEFT was taken out of use meanwhile"):
            saved.save(october, "WHO LEFT", asking(), shared=False, before=first)
        kept(october, asking(), "OTHER")
        assert [each.name for each in saved.listing(october)] == ["OTHER"]

    def test_a_report_that_changes_while_it_is_taken_out_of_use_stays(
        self, october: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = kept(october, asking())
        saved.save(october, "WHO LEFT", asking(), shared=False, before=first)
        monkeypatch.setattr(saved, "of", lambda actor, name: first)  # as it was read before the change
        with pytest.raises(Conflict, match="Somebody has changed WHO LEFT meanwhile"):
            saved.void(october, "WHO LEFT", "No longer wanted.")
        monkeypatch.undo()
        assert saved.of(october, "WHO LEFT").version == 2

    def test_names_are_of_one_report(self, october: Actor) -> None:
        kept(october, asking())
        with pytest.raises(StoreError, match="The name who left is taken"):
            kept(october, asking(), "who left")
        saved.void(october, "WHO LEFT", "No longer wanted.")
        kept(october, asking())
        with pytest.raises(NotAsked, match="There is no report NOTHING that you may run: RPW lists them"):
            ran(october, "NOTHING")

    def test_a_private_one_is_its_owners_and_a_shared_one_everybodys_to_run(
        self, october: Actor, a_technician: Actor
    ) -> None:
        first = kept(october, asking())
        assert saved.listing(a_technician) == []
        with pytest.raises(NotAsked, match="There is no report WHO LEFT that you may run"):
            ran(a_technician)
        saved.save(october, "WHO LEFT", asking(), shared=True, before=first)
        assert "Records: 6" in text(ran(a_technician))
        shared = saved.of(a_technician, "WHO LEFT")
        with pytest.raises(NotPermitted, match="WHO LEFT is admin's: copy it under a name of your own"):
            saved.save(a_technician, "WHO LEFT", asking(), shared=True, before=shared)

    def test_the_trail_has_what_was_changed_and_what_was_listed(self, october: Actor) -> None:
        kept(october, asking())
        ran(october)
        rows = database.execute_sql(
            "SELECT action, record, detail FROM audit ORDER BY seq DESC LIMIT 2"
        ).fetchall()
        assert [(action, record) for action, record, _ in rows] == [
            ("run report", "writer"),
            ("write report", "WHO LEFT"),
        ]
        assert json.loads(rows[0][2])["count"] == 6


class TestWhoSeesWhat:
    def test_identifiers_are_lowered(self, october: Actor) -> None:
        kept(
            october, asking(columns=(Shown("mrn"), Shown("last_name"), Shown("birth_date"), Shown("service")))
        )
        full, last4, none = (text(ran(october, identifiers=level)) for level in ("full", "last4", "none"))
        assert "00123456" in full
        assert "00123456" not in last4
        assert "3456" in last4
        assert "PATIENTA1" not in last4 + none
        assert "3456" not in none
        assert "03/09/1951" in full
        assert "03/09/1951" not in last4 + none
        assert "no identifiers" in none

    def test_a_sensitive_chart_is_counted_and_not_named(self, october: Actor) -> None:
        kept(october, asking())
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        shown = text(ran(october))
        assert "00123456" not in shown
        assert "(sensitive)" in shown
        assert "Records: 6" in shown
        assert "Sensitive charts are not named." in shown
        assert not any("A1" in go for page in ran(october).pages(Setup(80)) for go in page.links)
        store.current().opened_with_reason.add(ann)
        assert "00123456" in text(ran(october))

    def test_a_condition_on_who_it_is_does_not_find_a_sensitive_chart(self, october: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        assert (
            found(october, Condition("mrn", "is", "00123456"), Condition("diagnoses.code", "begins", "I21"))
            == ""
        )

    def test_whoever_may_not_see_a_data_set_is_refused(self, october: Actor, a_technician: Actor) -> None:
        kept(october, Definition("trauma", "Trauma", LIST, (Shown("iss"),)), "TRAUMA", shared=True)
        kept(october, Definition("disclosure", "Requests", LIST, (Shown("status"),)), "REQUESTS", shared=True)
        for name in ("TRAUMA", "REQUESTS"):
            with pytest.raises(NotPermitted):
                ran(a_technician, name)
            with pytest.raises(NotPermitted):  # its conditions may say whom it asks about
                saved.opened(a_technician, name)
        assert saved.listing(a_technician) == []
        assert len(saved.listing(october)) == 2

    def test_a_blind_review_stays_blind(self, october: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        case = cases.by_number("abstract", "A1")
        assert case is not None
        monkeypatch.setattr("db.worklist.blind.in_hand", lambda user: {case.id: "R1"})
        kept(october, asking())
        shown = text(ran(october))
        assert "00123456" not in shown
        assert "Records: 5" in shown
        assert "blind review are left out: 1." in shown
        everybody = written.run(october, Definition("patient", "Who", LIST, (Shown("mrn"),)))
        assert len(everybody.lines) == 7

    def test_whoever_sees_no_names_may_not_ask_for_them(self, october: Actor) -> None:
        clerk = replace(october, roles=frozenset({Role.ADMINISTRATOR}))
        made = Definition("patient", "Who", LIST, (Shown("sex"),), (Condition("last_name", "is", "X"),))
        with pytest.raises((NotAsked, NotPermitted)):
            written.run(clerk, made)


class TestOtherDataSets:
    def test_patients(self, october: Actor) -> None:
        made = Definition(
            "patient", "Who", LIST, (Shown("mrn"), Shown("sex", "text")), (Condition("zip", "begins", "129"),)
        )
        data = written.run(october, replace(made, sorts=(Sort("mrn"),)))
        assert len(data.lines) == 7
        assert data.lines[0].cells == ("00003499", "F")
        assert data.lines[0].go == "CHT 00003499"
        with pytest.raises(NotAsked, match="have no date of their own"):
            written.run(october, replace(made, first="2026-10-01"))

    def test_requests(self, october: Actor) -> None:
        from db.disclosure import requests
        from tests.screens.conftest import REQUEST

        number = requests.file_request(october, a_patient(mrn="00555555"), REQUEST)
        columns = tuple(
            map(
                Shown, ("request_number", "mrn", "status", "received_on", "requester_kind", "due_on", "pages")
            )
        )
        made = Definition("disclosure", "Requests", LIST, columns, (Condition("mrn", "is", "00555555"),))
        (line,) = written.run(
            october, replace(made, first=REQUEST["received_on"], last=REQUEST["received_on"])
        ).lines
        assert line.cells[:2] == (number, "00555555")
        assert line.cells[3] == REQUEST["received_on"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d|", line.cells[5])
        assert line.go == f"ROI {number}"


class TestARegistryOfTheFacility:
    def test_is_written_over_as_soon_as_it_is_installed_by_those_who_keep_it(
        self, october: Actor, a_technician: Actor
    ) -> None:
        example = Path(__file__).parents[2] / "config" / "examples" / "stroke.toml"
        dictionaries.install(october, example.read_text("utf-8"), "stroke.toml")
        (stroke,) = (sets.find(each).dictionary for each in sets.ids() if each == "stroke")
        for number, nihss in (("S1", "4"), ("S2", "17")):
            filed(
                {"account": number, "arrival_date": "2026-10-05", "nihss": nihss, "diagnosis": "IS"},
                0,
                stroke,
            )
        made = Definition(
            "stroke", "Severe", TOTALS, (Shown("nihss", figures="mean"),), (), (Break("diagnosis"),)
        )
        kept(october, replace(made, first="2026-10-01", last="2026-10-31"), shared=True)
        assert re.search(r"IS Ischemic stroke +2 +10\.50", text(ran(october)))
        assert "Records: 2" in text(ran(october, show="records", group="IS"))
        assert saved.listing(a_technician) == []
        for refused in (lambda: ran(a_technician), lambda: saved.opened(a_technician, "WHO LEFT")):
            with pytest.raises(NotPermitted, match="tech may not"):
                refused()


class TestItemsThatChange:
    def test_a_retired_item_is_told_and_still_shown(self, october: Actor) -> None:
        older = replace(ABSTRACT, version="2020", valid_from="", valid_to="2020-12-31")
        parts = tuple(
            replace(s, parts=tuple(p for p in s.parts if getattr(p, "id", "") != "payer"))
            for s in ABSTRACT.sections
        )
        newest = replace(ABSTRACT, sections=parts)
        over = data_set((newest, older))
        assert over.items["payer"].retired == "2020"

    def test_an_item_that_no_version_has_leaves_the_report_running(self, october: Actor) -> None:
        made = asking(
            Condition("gone", "is not", "X"), columns=(Shown("mrn"), Shown("gone")), sorts=(Sort("gone"),)
        )
        kept(october, replace(made, labels={"gone": "Old question", "mrn": "Chart"}))
        shown = text(ran(october))
        assert "Records: 6" in shown
        flat = " ".join(shown.split())
        assert "Old question (gone) is in no version of Discharge abstract any more: it is blank." in flat
        assert "Chart is called MRN now." in flat
        assert "where Old question is not X" in flat
        assert "sorted by Old question" in flat


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_a_list_with_breaks(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        columns = (*LISTED, Shown("diagnoses[1].code"), Shown("discharged_at"), Shown("disposition", "text"))
        made = asking(
            Condition("age", "over", "5"),
            columns=columns,
            breaks=(Break("service"),),
            sorts=(Sort("mrn", DIGITS),),
        )
        kept(october, made)
        golden("written-list", ran(october).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_totals(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        columns = (Shown("los_days", figures="sum mean min max"), Shown("payer", figures="count"))
        made = asking(
            form=TOTALS, columns=columns, breaks=(Break("discharged_at", "month"), Break("service"))
        )
        kept(october, replace(made, first="", last=""))
        golden("written-totals", ran(october).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_a_cross_tabulation(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        made = asking(form=CROSS, columns=(), breaks=(Break("service"), Break("disposition")), percent="both")
        kept(october, made)
        golden("written-cross", ran(october).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_what_repeats_crossed(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        made = asking(
            form=CROSS, columns=(), breaks=(Break("diagnoses.code", "code"), Break("service")), percent="row"
        )
        kept(october, made)
        golden("written-any", ran(october).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_the_records_behind_a_line(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        kept(october, asking(form=TOTALS, breaks=(Break("service"), Break("disposition"))))
        golden("written-behind", ran(october, show="records", group="MED").document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_nothing_found(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        kept(october, asking(Condition("age", "over", "120")))
        golden("written-empty", ran(october).document(width), width)

    def test_each_line_leads_to_its_record(self, october: Actor) -> None:
        kept(october, asking(sorts=(Sort("age"),)))
        links = [go for page in ran(october).pages(Setup(80)) for go in page.links if go]
        assert links == ["ABS A4", "ABS A2", "ABS A6", "ABS A3", "ABS A1", "ABS A5"]

    @pytest.mark.parametrize("form", [LIST, TOTALS, CROSS])
    def test_goes_to_a_spreadsheet_and_other_programs(self, october: Actor, form: str) -> None:
        breaks = (Break("service"), Break("disposition"))
        kept(
            october, asking(form=form, columns=(*LISTED[:4], Shown("los_days", figures="sum")), breaks=breaks)
        )
        made = ran(october)
        setup = Setup(80)
        assert in_format(made, "xlsx", setup)[:2] == b"PK"
        heads = {
            LIST: "mrn,age,service,payer,los_days",
            TOTALS: "service,disposition,records,los_days_sum",
            CROSS: "service,01,03,20,total",
        }[form]
        assert in_format(made, "csv", setup).decode().splitlines()[0] == heads
        (rows,) = (
            value for value in json.loads(in_format(made, "json", setup)).values() if isinstance(value, list)
        )
        assert len(rows) == {LIST: 6, TOTALS: 5, CROSS: 4}[form]

    def test_values_at_the_head_of_a_csv_file_run_no_formula(self, october: Actor) -> None:
        filed({"account": "F1", "discharged_at": "2026-10-20T10:00", "city": '=HYPERLINK("http://x","y")'})
        kept(october, asking(form=CROSS, columns=(), breaks=(Break("service"), Break("city"))))
        heads = next(csv.reader([in_format(ran(october), "csv", Setup(80)).decode().splitlines()[0]]))
        assert '\'=HYPERLINK("http://x","y")' in heads
        kept(october, asking(columns=(Shown("account"), Shown("city"))), "CITIES")
        assert ",\"'=HYPERLINK(" in in_format(ran(october, "CITIES"), "csv", Setup(80)).decode()

    def test_a_workbook_says_what_the_report_is_called(self, october: Actor) -> None:
        kept(october, asking())
        made = ran(october)
        assert "W01  Who left" in made.head()
        assert made.sheets()[0].conventions == ("Discharge abstract, discharged 10/01/2026 to 10/31/2026.",)

    def test_letters_go_to_the_patients_of_a_list(self, october: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        columns = tuple(map(Shown, ("mrn", "last_name", "first_name", "street", "service", "discharged_at")))
        kept(october, asking(Condition("service", "is", "MED"), columns=columns, sorts=(Sort("mrn"),)))
        mary = a_patient(mrn="00444444", last_name="O'NEIL", first_name="Mary")
        address = {"street": "-1 Elm St", "discharged_at": "2026-10-20T10:00"}
        filed({"account": "L1", "service": "MED"} | address, mary)
        text_of = in_format(ran(october), "merge", Setup(80)).decode("utf-8-sig")
        heads, *rows = list(csv.reader(text_of.splitlines()))
        assert heads == [*ADDRESS, "last_name", "first_name", "service", "discharged_at"]
        (letter,) = (dict(zip(heads, row, strict=True)) for row in rows if "00444444" in row)
        assert letter["addressee"] == "Mary O'NEIL"
        assert letter["street"] == "'-1 Elm St"
        assert letter["letter_date"] == store.current().now().local[:10]
        assert "00123456" not in text_of
        assert "(sensitive)" not in text_of
        with pytest.raises(NotAsked, match="Letters need names in full"):
            in_format(ran(october, identifiers="last4"), "merge", Setup(80))
        kept(october, asking(form=TOTALS, columns=(), breaks=(Break("service"),)), "NO LIST")
        with pytest.raises(NotAsked, match="make Who left a list with the columns First name and Last name"):
            in_format(ran(october, "NO LIST"), "merge", Setup(80))

    def test_columns_without_room_are_named(self, october: Actor) -> None:
        many = tuple(Shown(item, width=30) for item in ("mrn", "age", "service", "payer"))
        kept(october, asking(columns=many))
        assert "No room on a page of this width for Service, Principal payer" in " ".join(
            text(ran(october)).split()
        )
        assert "No room" not in text(ran(october), 132) or "Principal payer" in text(ran(october), 132)
