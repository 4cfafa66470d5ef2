"""Events behind the rates one by one, and registers that say what was filed, when, and how late."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from config.data_sets import library, options
from db import store
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.access import sensitive
from db.actors import Actor
from db.changes import Source
from db.coding import code_sets
from db.connect import database, writing
from db.hospital import encounters, events, site
from db.registry import dictionaries
from db.statistics import figures
from reports.catalogue import find
from reports.page import Setup, as_text
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from rules.moments import moment
from rules.periods import month
from tests.builders import a_patient, a_stay, an_encounter

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
LONG = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks"


def the_list(actor: Actor, which: str, **asked: str) -> Produced:
    report = find(which)
    assert report is not None
    return produce(actor, report, OCTOBER | asked)


def text(made: Produced, width: int = 132) -> str:
    return as_text(made.pages(Setup(width)), Setup(width))


def column(made: Produced, key: str) -> list[object]:
    at = [shown.key for shown in made.data.columns].index(key)
    return [line.values[at] for line in made.data.lines]


def happened(encounter_id: int, kind: str, at: str, detail: str = "", patient_id: int = 0) -> None:
    with writing():
        done = events.apply(
            encounter_id, patient_id, kind, moment(at, store.current().zone), detail, Source("test")
        )
    assert not done.refused


def filed(actor: Actor, account: str, **items: str) -> None:
    """File the abstract of an account with these items (``procedures__1__code`` is ``procedures[1].code``)."""
    dictionary = library(store.current().directory / "site").of("abstract")
    opened = abstracts.read(encounters.get(encounters.find(account)), dictionary)
    named = {name.replace("__1__", "[1].").replace("__2__", "[2]."): value for name, value in items.items()}
    abstracts.file_abstract(
        actor, opened, dictionary, dict(opened.record) | named, (), Drg(), expected_revision=0
    )


@pytest.fixture
def _december(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not filed yet is late as of 1 December."""
    today = moment("2026-12-01T07:30", ZoneInfo("America/New_York"))
    monkeypatch.setattr(store.Store, "now", lambda here: today)


@pytest.fixture
def october(admin_of: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setattr(code_sets, "opened", _none)
    return admin_of(an_october)


def an_october(admin: Actor) -> None:
    chosen = options()["abstract-registers"]
    dictionaries.install(admin, chosen.text, chosen.name)
    ann = a_patient(mrn="00123456", last_name="ADAMS", first_name="ANN", birth_date="1996-05-02")
    child = a_patient(mrn="00123457", last_name="ADAMS", first_name="BABY", birth_date="2026-10-02", sex="M")
    bob = a_patient(mrn="00003499", last_name="BAKER", first_name="BOB", birth_date="1950-02-03", sex="M")
    zoe = a_patient(mrn="00777777", last_name=LONG, first_name=LONG, birth_date="1990-01-01")
    mother = a_stay("2026-10-01T08:00", "2026-10-05T09:00", patient_id=ann, account="M1", service="OBG")
    a_stay("2026-10-02T03:15", "2026-10-05T09:00", patient_id=child, account="N1", unit="NUR", service="NB",
           newborn="1", priority="4", point_of_origin="5", mother_account="M1", birth_weight_g="3250",
           gestation_weeks="39")  # fmt: skip
    death = a_stay("2026-09-28T08:00", "2026-10-06T20:00", patient_id=bob, account="D1", disposition="20")
    loss = a_stay("2026-10-09T08:00", "2026-10-12T09:00", patient_id=zoe, account="F1", service="OBG")
    in_house = a_stay("2026-10-20T08:00", patient_id=zoe, account="H1")
    happened(mother, "delivery", "2026-10-02T03:15", "cesarean")
    happened(mother, "live_birth", "2026-10-02T03:15")
    happened(mother, "operation", "2026-10-02T03:00")
    happened(death, "autopsy", "2026-10-08T10:00", "inpatient")
    happened(death, "coroner", "2026-10-06T21:00")
    happened(death, "infection", "2026-10-03T10:00", "hai")
    happened(0, "autopsy", "2026-10-09T10:00", "former-patient", bob)
    happened(loss, "fetal_death", "2026-10-10T04:00", "weeks=24 grams=600")
    happened(loss, "fetal_death", "2026-10-10T04:20", "weeks=24 grams=540")
    happened(in_house, "consultation", "2026-10-21T10:00", "CAR/HEART")
    happened(mother, "consultation", "2026-10-03T10:00", "PED/CHILD")
    filed(admin, "N1", birth_certificate="2026-001234", birth_filed="2026-10-09")
    filed(
        admin,
        "D1",
        died_at="2026-10-06T19:55",
        autopsy="1",
        autopsy_number="A26-17",
        autopsy_reported="2026-11-20",
    )
    filed(admin, "F1", fetal_deaths__1__certificate="F-1", fetal_deaths__1__filed="2026-10-14")
    filed(admin, "M1", procedures__1__code="10D00Z1", procedures__1__date="2026-10-02", procedures__1__surgeon="1001",
          procedures__1__anesthesia="S", procedures__1__anesthetist="1002")  # fmt: skip


class TestEvents:
    def test_events_are_listed_under_the_period_that_counts_them(self, october: Actor) -> None:
        counts = figures.happened(month("2026-10"))
        for kind, count in (
            ("operation", "operations"), ("delivery", "deliveries"), ("live_birth", "live_births"),
            ("infection", "hospital_infections"), ("autopsy", "hospital_autopsies"),
            ("consultation", "patients_consulted"),
        ):  # fmt: skip
            assert len(the_list(october, "event-list", kind=kind).data.lines) == counts[count], kind

    def test_midnight_and_units_outside_of_the_census_are_as_in_the_count(self, october: Actor) -> None:
        """Census at 00:00: who went at midnight went on the day that ended."""
        site.file_setting(october, "census_hour", "00:00", 0)
        with writing():
            site.apply("unit", "HOLD", {"counts_in_census": "0"}, Source("test"))
        for account, came, gone, unit in (
            ("E1", "2026-10-28T08:00", "2026-11-01T00:00", "3E"), ("B1", "2026-09-28T08:00", "2026-10-01T00:00", "3E"),
            ("O1", "2026-10-11T08:00", "2026-10-12T10:00", "HOLD"),
        ):  # fmt: skip
            happened(a_stay(came, gone, account=account, unit=unit), "consultation", gone)
        listed = column(the_list(october, "event-list", kind="consultation"), "account")
        assert listed == ["M1", "E1"]
        assert figures.happened(month("2026-10"))["patients_consulted"] == 2

    def test_what_was_said_and_where_it_was(self, october: Actor) -> None:
        assert column(the_list(october, "event-list", kind="delivery", word="Cesarean"), "account") == ["M1"]
        assert column(the_list(october, "event-list", kind="delivery", word="vaginal"), "account") == []
        assert column(the_list(october, "event-list", service="OBG", kind="operation"), "account") == ["M1"]

    def test_a_line_leads_to_the_account_or_else_to_the_chart(self, october: Actor) -> None:
        lines = the_list(october, "event-list", kind="autopsy").data.lines
        assert [line.go for line in lines] == ["ABS D1", "PAT 00003499"]

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("event-list", the_list(october, "event-list").document(width), width)


@pytest.mark.usefixtures("_december")
class TestRegisters:
    @pytest.mark.parametrize("register", ["birth", "death", "fetal-death", "autopsy", "operation"])
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(
        self, october: Actor, golden: Callable[..., None], register: str, width: int
    ) -> None:
        made = the_list(october, "register", register=register)
        golden(f"register-{register}", made.document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_register_says_so(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        asked = {"from": "2026-09-01", "to": "2026-09-02", "register": "birth"}
        golden("register-empty", the_list(october, "register", **asked).document(width), width)

    def test_days_late_are_counted_from_the_limit(self, october: Actor) -> None:
        # born 10/02, five days by the model act: due 10/07, filed 10/09
        assert column(the_list(october, "register", register="birth"), "late") == [2]
        assert column(the_list(october, "register", register="birth", state="ca"), "late") == [None]

    def test_the_second_child_has_the_second_report(self, october: Actor) -> None:
        made = the_list(october, "register", register="fetal-death")
        assert column(made, "number") == ["F-1", ""]

    def test_what_is_not_filed_yet_alone(self, october: Actor) -> None:
        assert len(the_list(october, "register", register="fetal-death", open="1").data.lines) == 1
        with pytest.raises(NotAsked, match="Operations are not filed"):
            the_list(october, "register", register="operation", open="1")

    def test_deaths_before_admission_are_in_the_register(self, october: Actor) -> None:
        visit = {"class": "E", "arrived_at": "2026-10-06T19:00", "departed_at": "2026-10-06T19:30"}
        an_encounter(0, "E1", **visit, disposition="20")
        made = the_list(october, "register", register="death")
        assert column(made, "marks") == ["E", "CA"]
        assert [line.go for line in made.data.lines] == ["ABS E1", "ABS D1"]

    def test_a_month_in_one_line(self, october: Actor) -> None:
        shown = text(the_list(october, "register", register="birth", detail="summary"))
        assert ["2026-10", "1", "1", "1"] in [line.split() for line in shown.splitlines()]

    @pytest.mark.parametrize("register", ["birth", "operation"])
    def test_the_mother_of_a_child_is_named_as_far_as_her_chart_may_be(
        self, october: Actor, register: str
    ) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        assert "00123456" in text(the_list(october, "register", register=register))
        sensitive.mark(october, ann, "employee", "works here")
        assert "00123456" not in text(the_list(october, "register", register=register))
        assert "BABY" not in text(the_list(october, "register", register=register, identifiers="last4"))


def _none() -> object:
    from contextlib import nullcontext

    return nullcontext(None)
