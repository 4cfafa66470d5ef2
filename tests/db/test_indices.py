"""The disease and procedure indices find each code of a discharge, whichever way is shorter; the physicians theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from db import store
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.hospital import events
from db.statistics import indices
from db.statistics.indices import Coded, diseases, procedures
from db.statistics.physician_index import Part, attended
from db.statistics.stay_lists import Wanted
from reports.parameters import codes_between
from rules.moments import day_number, moment
from rules.periods import month
from tests.builders import a_coded_visit, a_stay, a_weighed_abstract, an_encounter

JANUARY = Wanted(month("2026-01"))


def coded(encounter_id: int, *codes: str, external: Sequence[str] = ()) -> None:
    database.connection().executemany(
        "INSERT INTO diagnosis (encounter_id, role, seq, code) VALUES (?, ?, ?, ?)",
        [(encounter_id, "dx", seq, code) for seq, code in enumerate(codes, 1)]
        + [(encounter_id, "external", seq, code) for seq, code in enumerate(external, 1)],
    )


def operated(encounter_id: int, *rows: tuple[str, str, str]) -> None:
    database.connection().executemany(
        "INSERT INTO procedure (encounter_id, seq, code, performed_day, surgeon) VALUES (?, ?, ?, ?, ?)",
        [(encounter_id, seq, code, day_number(day), surgeon) for seq, (code, day, surgeon) in enumerate(rows, 1)],
    )  # fmt: skip


def found(asked: Coded, wanted: Wanted = JANUARY) -> list[tuple[str, str]]:
    return [(row.stay.account, row.code) for row in diseases(asked, wanted)]


@pytest.fixture(params=["by code", "by day"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    way = indices._BY_CODE if request.param == "by code" else indices._BY_DAY
    monkeypatch.setattr(indices, "_shorter_way", lambda *asked: way)


@pytest.mark.usefixtures("admin", "_way")
class TestDiseaseIndex:
    @pytest.fixture(autouse=True)
    def stays(self, admin: Actor) -> None:
        coded(a_stay("2026-01-20T08:00", "2026-01-25T09:00", account="LATE"), "I10", "I214", "E119")
        coded(a_stay("2026-01-02T08:00", "2026-01-04T09:00", account="EARLY"), "I219", "I10", "N183",
              external=("W109",))  # fmt: skip
        coded(a_stay("2025-12-02T08:00", "2025-12-04T09:00", account="DECEMBER"), "I214")
        coded(a_stay("2026-01-02T08:00", account="INSIDE"), "I214")

    @pytest.mark.parametrize(
        ("codes", "rows"),
        [
            ("I21", [("LATE", "I214"), ("EARLY", "I219")]),
            ("I21.4", [("LATE", "I214")]),
            ("I20-I25,N18", [("LATE", "I214"), ("EARLY", "I219"), ("EARLY", "N183")]),
            ("I21,I20-I25", [("LATE", "I214"), ("EARLY", "I219")]),
            ("I10", [("EARLY", "I10"), ("LATE", "I10")]),
            ("W10", [("EARLY", "W109")]),
            ("A", []),
        ],
    )
    def test_by_code_and_then_by_discharge(self, codes: str, rows: list[tuple[str, str]]) -> None:
        assert found(Coded(codes_between(codes.replace(".", "")))) == rows

    def test_a_stay_with_this_and_that_code_and_without_another(self) -> None:
        i21 = codes_between("I21")
        assert found(Coded(i21, also=[codes_between("I10"), codes_between("E11")])) == [("LATE", "I214")]
        assert found(Coded(i21, never=codes_between("E08-E13"))) == [("EARLY", "I219")]
        assert found(Coded(i21, also=[codes_between("W10")])) == [("EARLY", "I219")]

    def test_principal_or_secondary_only(self) -> None:
        everything = codes_between("I10,I21,W10")
        assert found(Coded(everything, place="principal")) == [("LATE", "I10"), ("EARLY", "I219")]
        assert found(Coded(everything, place="secondary")) == [
            ("EARLY", "I10"), ("LATE", "I214"), ("EARLY", "W109"),
        ]  # fmt: skip

    def test_all_codes_of_the_stay_stand_beside_it_in_their_order(self) -> None:
        (row,) = diseases(Coded(codes_between("N18")), JANUARY)
        assert row.codes == "I219 I10 N183 W109"


@pytest.mark.usefixtures("_way")
class TestVisits:
    """An outpatient, an emergency whose codes only came with it, an office visit, and a stay beside them."""

    @pytest.fixture(autouse=True)
    def visits(self, admin: Actor) -> None:
        coded(a_stay("2026-01-20T08:00", "2026-01-25T09:00", account="STAY"), "I10", "R079")
        for account, of_class, codes in (
            ("OUT", "O", "R079|E119"),
            ("CAME", "E", "I10|R079"),
            ("DESK", "O", "I10"),
        ):
            an_encounter(
                0, account, **{"class": of_class}, arrived_at="2026-01-05T08:00", diagnoses=codes,
                location="OFFICE" if account == "DESK" else "",
            )  # fmt: skip
        services = {
            "services[1].code": "G0463",
            "services[1].date": "2026-01-05",
            "services[1].provider": "1001",
        }
        a_coded_visit(admin, "OUT", **services, **{"diagnoses[1].code": "K219"})
        a_coded_visit(admin, "DESK", data_set="office")

    def test_are_left_out_unless_they_are_asked_for(self) -> None:
        assert found(Coded(codes_between("I10,R07,K21"))) == [("STAY", "I10"), ("STAY", "R079")]

    @pytest.mark.parametrize(
        ("classes", "rows"),
        [
            (("O",), [("DESK", "I10"), ("OUT", "K219")]),
            (("E",), [("CAME", "I10"), ("CAME", "R079")]),
            (("OBS",), []),
            (
                ("I", "E", "O", "OBS"),
                [("CAME", "I10"), ("DESK", "I10"), ("STAY", "I10"), ("OUT", "K219"), ("CAME", "R079"),
                 ("STAY", "R079")],
            ),
        ],
    )  # fmt: skip
    def test_by_what_they_were_coded_to_or_came_with(
        self, classes: tuple[str, ...], rows: list[tuple[str, str]]
    ) -> None:
        assert found(Coded(codes_between("I10,R07,K21"), classes=classes)) == rows

    def test_say_where_their_codes_stand(self) -> None:
        rows = diseases(Coded(codes_between("I10,K21"), classes=("I", "E", "O")), JANUARY)
        assert [(row.stay.account, row.class_, row.origin) for row in rows] == [
            ("CAME", "E", "account"), ("DESK", "O", "office"), ("STAY", "I", "abstract"), ("OUT", "O", "visit"),
        ]  # fmt: skip

    def test_that_have_an_abstract_are_found_by_its_codes(self, admin: Actor) -> None:
        visit = an_encounter(0, "ABSTRACT", **{"class": "E"}, arrived_at="2026-01-06T08:00", diagnoses="R079")
        a_weighed_abstract(visit, 10_000)
        coded(visit, "K219")
        rows = diseases(Coded(codes_between("K21,R07"), classes=("E",)), JANUARY)
        assert [(row.stay.account, row.code, row.origin) for row in rows] == [
            ("ABSTRACT", "K219", "abstract"), ("CAME", "R079", "account"),
        ]  # fmt: skip

    def test_by_place_and_by_the_codes_beside(self) -> None:
        everything = codes_between("I10,R07,K21,E11")
        first = Coded(everything, place="principal", classes=("E", "O"))
        assert found(first) == [("CAME", "I10"), ("DESK", "I10"), ("OUT", "K219")]
        assert found(Coded(codes_between("E11"), also=[codes_between("K21")], classes=("O",))) == [
            ("OUT", "E119")
        ]
        assert found(Coded(codes_between("I10"), never=codes_between("R07"), classes=("E", "O"))) == [
            ("DESK", "I10")
        ]

    def test_count_on_the_day_of_arrival(self) -> None:
        february = Wanted(month("2026-02"))
        assert found(Coded(codes_between("I10"), classes=("E", "O")), february) == []

    def test_have_services_for_procedures(self) -> None:
        (row,) = procedures(Coded(codes_between("G0463"), classes=("I", "O")), JANUARY)
        assert (row.stay.account, row.performed_day, row.surgeon) == ("OUT", day_number("2026-01-05"), "1001")
        assert procedures(Coded(codes_between("G0463"), surgeons=("1002",), classes=("O",)), JANUARY) == []


@pytest.mark.usefixtures("admin")
class TestTheShorterWay:
    def test_goes_by_what_there_is_less_of(self) -> None:
        for number in range(3):
            coded(a_stay("2026-01-02T08:00", "2026-01-04T09:00", account=f"A{number}"), "I10")
        coded(a_stay("2025-01-02T08:00", "2025-01-04T09:00"), "I10", "E119")
        assert self.way("E11") == indices._BY_CODE
        assert self.way("I10") == indices._BY_DAY

    def way(self, code: str) -> str:
        bound = {"low": code, "high": code + "~"}
        ended = "e.class = 'I' AND e.discharge_day BETWEEN :first AND :last"
        return indices._shorter_way("diagnosis", ["x.code >= :low AND x.code < :high"], JANUARY, bound, ended)


@pytest.mark.usefixtures("admin", "_way")
class TestProcedureIndex:
    def test_by_table_and_surgeon(self) -> None:
        stay = a_stay("2026-01-02T08:00", "2026-01-09T09:00", account="A")
        operated(stay, ("0SR90JZ", "2026-01-03", "CUTTER"), ("0SRB0JZ", "2026-01-04", "KNIFE"))
        rows = procedures(Coded(codes_between("0SR")), JANUARY)
        assert [(row.code, row.surgeon, row.performed_day) for row in rows] == [
            ("0SR90JZ", "CUTTER", day_number("2026-01-03")), ("0SRB0JZ", "KNIFE", day_number("2026-01-04")),
        ]  # fmt: skip
        chosen = procedures(Coded(codes_between("0SR"), surgeons=("KNIFE",), place="secondary"), JANUARY)
        assert [row.code for row in chosen] == ["0SRB0JZ"]


@pytest.mark.usefixtures("admin")
class TestPhysicians:
    def test_each_is_found_once_for_each_part(self) -> None:
        stay = a_stay("2026-01-02T08:00", "2026-01-09T09:00", account="A", provider="GREEN")
        operated(stay, ("0SR90JZ", "2026-01-03", "GREEN"), ("0SRB0JZ", "2026-01-04", "GREEN"))
        zone = store.current().zone
        with writing():
            for at in ("2026-01-05T10:00", "2026-01-06T10:00"):
                events.apply(stay, 0, "consultation", moment(at, zone), "CAR/HEART", Source("test"))
            events.apply(stay, 0, "consultation", moment("2026-01-07T10:00", zone), "CAR", Source("test"))
        rows = [(row.physician, row.part, row.times) for row in attended(JANUARY, tuple(Part))]
        assert rows == [
            ("GREEN", Part.ATTENDING, 1), ("GREEN", Part.SURGEON, 2), ("HEART", Part.CONSULTANT, 2),
        ]  # fmt: skip
        chosen = Wanted(JANUARY.period, {"provider": ("heart",)})
        assert [row.physician for row in attended(chosen, tuple(Part))] == ["HEART"]
