"""DRG case mix: weights and means from sums, trim points from the table, every line to the stays behind it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.actors import Actor
from db.connect import database
from db.statistics.drg_mix import Part, Tally, trim_points
from reports.catalogue import find
from reports.page import Linked, Run, Setup, as_text, paginate
from reports.produced import Produced
from reports.run import produce
from reports.statistics.drg_case_mix import VIEWS, Data, render, total
from rules.tables import CodeTable, TableRow
from tests.builders import a_stay

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
LONG = (
    "Extracorporeal membrane oxygenation or tracheostomy with mechanical ventilation over 96 hours with MCC"
)


def a_part(
    drg: str, stays: int, weight: str, mdc: str = "05", title: str = "Acute myocardial infarction"
) -> Part:
    weighed = Fraction(Decimal(weight)) * stays
    tally = Tally(
        stays, 5 * stays, 1, 1, stays, weighed, stays, 5 * stays, Fraction(41, 10) * stays, 0, stays - 1, 1
    )
    return Part(mdc, drg, mdc, title, tally, 1, 28)


def the_parts() -> list[Part]:
    """T16 of the reference vectors: weights 10 x 1.25, 4 x 0.75 and 6 x 2.10."""
    ungrouped = Part("", "", "", "", Tally(3, 9, 0, 1), None, None)
    return [
        a_part("280", 10, "1.25"),
        a_part("281", 4, "0.75"),
        a_part("003", 6, "2.10", "PRE", LONG),
        ungrouped,
    ]


def page(view: str = "summary", detail: str = "detail", parts: list[Part] | None = None) -> Data:
    asked = {"view": view, "break": "mdc", "detail": detail, **OCTOBER}
    found = the_parts() if parts is None else parts
    return Data(
        asked, "10/01/2026 to 10/31/2026", "all stays", found, {}, "PGE discharge-list from=2026-10-01"
    )


def text(data: Data, width: int = 80) -> str:
    return as_text(paginate(render(data, width), Run("H", "u", "s"), Setup(width)), Setup(width))


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    @pytest.mark.parametrize("view", sorted(VIEWS))
    def test_golden_page(self, golden: Callable[..., None], view: str, width: int) -> None:
        golden(f"drg-case-mix-{view}", render(page(view), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_period_says_so(self, golden: Callable[..., None], width: int) -> None:
        golden("drg-case-mix-empty", render(page(parts=[]), width), width)

    def test_groups_alone(self) -> None:
        shown = text(page(detail="summary"))
        assert "280" not in shown
        assert ["05", "14", "1.1071", "15.5000", "5.00", "4.10", "2"] in [
            line.split() for line in shown.splitlines()
        ]

    def test_each_line_leads_to_its_stays(self) -> None:
        goes = [item.go for item in render(page(), 80).body if isinstance(item, Linked)]
        assert goes[0] == "PGE discharge-list from=2026-10-01 mdc=05 drg=280"
        assert "PGE discharge-list from=2026-10-01 mdc=none drg=none" in goes
        assert goes[-1] == "PGE discharge-list from=2026-10-01"


class TestSums:
    def test_the_case_mix_index_is_1_4050(self) -> None:
        whole = total(the_parts())
        assert [figure.value(whole, whole) for figure in VIEWS["summary"][1]][1] == "1.4050"

    @given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99_999)), min_size=1, max_size=9))
    def test_groups_add_up_to_the_total(self, rows: list[tuple[int, int]]) -> None:
        parts = [a_part(str(at), stays, f"{weight / 10_000:.4f}") for at, (stays, weight) in enumerate(rows)]
        whole = total(parts)
        assert whole.weight == sum((part.tally.weight for part in parts), Fraction())
        assert whole.stays == sum(part.tally.stays for part in parts)
        assert whole.below + whole.within + whole.above == whole.stays


class TestTrimPoints:
    TABLE = CodeTable(
        "drg_trim_points", "", (TableRow("any", "", more={"low": 1, "over_mean": 24}),
                                TableRow("280", "", more={"low": 2, "high": 12})),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("drg", "gmlos", "points"),
        [("280", "4.1", (2, 12)), ("281", "4.1", (1, 28)), ("281", "4.5", (1, 29)), ("281", None, (None, None)),
         ("", "4.1", (None, None))],
    )  # fmt: skip
    def test_a_drg_of_its_own_wins_over_the_mean(
        self, drg: str, gmlos: str | None, points: tuple[int | None, int | None]
    ) -> None:
        assert trim_points(self.TABLE, drg, Decimal(gmlos) if gmlos else None, 739_000) == points


class TestStore:
    @pytest.fixture
    def october(self, admin: Actor) -> Actor:
        for number, (drg, mdc, weight, out) in enumerate(
            [
                ("280", "05", 16_000, "03"),
                ("280", "05", 16_000, "04"),
                ("470", "08", 19_000, "09"),
                ("", "", None, "02"),
            ]
        ):  # fmt: skip
            stay = a_stay("2026-10-01T08:00", f"2026-10-{out}T09:00", account=f"A{number}", service="CAR")
            if drg:
                grouped(stay, drg, mdc, weight or 0)
        return admin

    def made(self, actor: Actor, **asked: str) -> Produced:
        report = find("drg-case-mix")
        assert report is not None
        return produce(actor, report, OCTOBER | asked)

    def test_reads_what_the_abstracts_say(self, october: Actor) -> None:
        parts = {part.drg: part for part in self.made(october).data.parts}
        assert {drg: (part.tally.stays, part.tally.days) for drg, part in parts.items()} == {
            "280": (2, 5), "470": (1, 8), "": (1, 1),
        }  # fmt: skip
        assert parts["280"].tally.weight == Fraction(32, 10)

    def test_an_mdc_is_printed_with_its_name(self, october: Actor) -> None:
        assert "MDC 05  Circulatory system\n" in text(self.made(october).data)

    def test_months_are_told_apart_and_lead_to_their_days(self, october: Actor) -> None:
        a_stay("2026-11-01T08:00", "2026-11-03T09:00", account="B1")
        made = self.made(october, **{"break": "month", "to": "2026-11-15"})
        assert {part.group: part.tally.stays for part in made.data.parts if not part.drg} == {
            "2026-10": 1, "2026-11": 1,
        }  # fmt: skip
        goes = [item.go for item in made.document(80).body if isinstance(item, Linked)]
        assert "PGE discharge-list from=2026-11-01 to=2026-11-15 drg=none" in goes

    def test_a_drg_has_as_many_stays_as_the_list_behind_it(self, october: Actor) -> None:
        report = find("discharge-list")
        assert report is not None
        for asked in ({}, {"break": "service"}, {"drg": "280"}, {"mdc": "05,none"}):
            made = self.made(october, **asked)
            for part in made.data.parts:
                listed = produce(
                    october, report, OCTOBER | {"drg": part.drg or "none", "mdc": part.mdc or "none"}
                )
                assert len(listed.data.lines) == part.tally.stays


def grouped(encounter_id: int, drg: str, mdc: str, weight: int) -> None:
    """An abstract with a DRG."""
    (patient,) = database.execute_sql(
        "SELECT patient_id FROM encounter WHERE id = ?", (encounter_id,)
    ).fetchone()
    database.execute_sql(
        "INSERT INTO data_case (data_set, version, number, patient_id, encounter_id, status, document, revision,"
        " created_utc, filed_utc, filed_by) VALUES ('abstract', '', ?, ?, ?, 'complete', '{}', 1, 0, 0, 'x')",
        (str(encounter_id), patient, encounter_id),
    )
    (case,) = database.execute_sql("SELECT last_insert_rowid()").fetchone()
    database.execute_sql(
        "INSERT INTO abstract VALUES (?, ?, ?, ?, 'V44', ?)", (encounter_id, case, drg, mdc, weight)
    )
