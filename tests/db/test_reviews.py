"""Reviews in the store: drawn, abstracted blind by somebody else, settled by a third; no record is changed by one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.actors import Action, Actor, Role
from db.acts import NotPermitted
from db.connect import database
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases
from db.worklist import counts as work_counts
from db.worklist import review_acts, reviews
from db.worklist.review_acts import Asked, NotReviewed
from rules.moments import day_number
from rules.reviews import Decision, Method
from tests import builders

CODED = {
    "admitting_diagnosis": "R0789", "disposition": "03", "diagnoses[1].code": "I2109", "diagnoses[1].poa": "Y",
    "diagnoses[2].code": "N179", "diagnoses[2].poa": "N", "procedures[1].code": "027034Z",
    "procedures[1].date": "2026-11-03",
}  # fmt: skip
NOVEMBER = {"from_day": "2026-11-01", "to_day": "2026-11-30"}


@pytest.fixture
def people(admin: Actor) -> Callable[[str], Actor]:
    def named(user: str) -> Actor:
        return Actor(admin.user_id, user, admin.roles, "test", "0001")

    return named


def an_abstract(by: Actor, number: int = 1, **more: str) -> str:
    """A discharge abstracted by somebody; its account."""
    account = f"R{number:05d}"
    stay = builders.a_stay(
        "2026-11-02T08:00", f"2026-11-{3 + number % 20:02d}T11:00", account=account,
        patient_id=builders.a_patient(), disposition="01",
    )  # fmt: skip
    file(by, stay, CODED | more)
    return account


def file(by: Actor, stay: int, values: dict[str, str], reason: str = "") -> cases.Case:
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(stay), dictionary)
    revision = opened.case.revision if opened.case else 0
    return abstracts.file_abstract(
        by, opened, dictionary, dict(opened.record) | values, (), Drg("321", "05", "44.0", 29_871),
        expected_revision=revision, reason=reason,
    )  # fmt: skip


def drawn(actor: Actor, **asked: object) -> list[reviews.Reviewed]:
    given = {
        "kind": "blind",
        "title": "November",
        "data_set": "abstract",
        "method": Method.ALL,
        **NOVEMBER,
        **asked,
    }
    plan = reviews.plan(review_acts.plan(actor, Asked(**given)))  # type: ignore[arg-type]
    assert plan is not None
    return reviews.of_plan(plan.id, limit=500)


@pytest.fixture
def one(people: Callable[[str], Actor]) -> str:
    """A review of an abstract of jones, drawn by the supervisor; its number."""
    an_abstract(people("jones"))
    return drawn(people("chief"))[0].number


def second(**more: str) -> dict[str, str]:
    return {path: value for path, value in (CODED | more).items() if value}


class TestDrawing:
    def test_a_plan_keeps_what_it_was_drawn_by(self, people: Callable[[str], Actor]) -> None:
        for n in range(1, 9):
            an_abstract(people("jones" if n < 6 else "lee"), n)
        found = drawn(people("chief"), method=Method.RANDOM, size="2", per_person=True, seed="s")
        plan = reviews.plans()[0]
        assert (plan.seed, plan.population, plan.drawn, plan.due) == ("s", 8, 4, 4)
        assert sorted(each.person for each in found) == ["jones", "jones", "lee", "lee"]

    def test_what_was_reviewed_is_not_drawn_again_until_it_is_filed_again(
        self, people: Callable[[str], Actor]
    ) -> None:
        account = an_abstract(people("jones"))
        drawn(people("chief"))
        with pytest.raises(NotReviewed, match="No record fits"):
            drawn(people("chief"))
        file(people("jones"), encounters.find(account), {"autopsy": "0"}, "late answer")
        assert drawn(people("chief"))[0].revision == 2

    @pytest.mark.parametrize(
        ("filters", "accounts"),
        [
            ("diagnoses.code=J18*", ["R00002"]), ("person=lee", ["R00002"]), ("drg=321", ["R00001", "R00002"]),
            ("disposition=03 person=jones", ["R00001"]),
        ],
    )  # fmt: skip
    def test_filters_narrow_the_population(
        self, people: Callable[[str], Actor], filters: str, accounts: list[str]
    ) -> None:
        an_abstract(people("jones"), 1)
        an_abstract(people("lee"), 2, **{"diagnoses[2].code": "J189"})
        assert sorted(each.subject for each in drawn(people("chief"), filters=filters)) == accounts

    def test_a_focused_review_takes_what_is_named(self, people: Callable[[str], Actor]) -> None:
        for n in (1, 2, 3):
            an_abstract(people("jones"), n)
        found = drawn(people("chief"), method=Method.FOCUSED, named="R00001, R00003", from_day="", to_day="")
        assert sorted(each.subject for each in found) == ["R00001", "R00003"]

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"filters": "moon=1"}, "moon=1 is no filter"), ({"filters": "drg"}, "drg is no filter"),
            ({"method": Method.RANDOM, "size": "many"}, "cannot be read"),
            ({"method": Method.FOCUSED}, "names its records"),
            ({"from_day": ""}, "for which days"), ({"kind": "moon"}, "A review is one of"),
            ({"data_set": "moon"}, "moon"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_drawn_is_one_sentence(
        self, people: Callable[[str], Actor], asked: dict[str, object], sentence: str
    ) -> None:
        an_abstract(people("jones"))
        with pytest.raises(NotReviewed, match=sentence):
            drawn(people("chief"), **asked)

    def test_more_than_a_plan_holds_is_refused_before_anything_is_kept(
        self, people: Callable[[str], Actor], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(review_acts, "MOST_DRAWN", 1)
        for n in (1, 2):
            an_abstract(people("jones"), n)
        with pytest.raises(NotReviewed, match="1 is the most"):
            drawn(people("chief"))
        assert reviews.plans() == []

    def test_only_a_supervisor_plans(self, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(NotPermitted):
            drawn(actor_with(Role.CODER))

    def test_a_record_is_left_out_with_a_reason(self, people: Callable[[str], Actor], one: str) -> None:
        with pytest.raises(NotReviewed, match="Say why"):
            review_acts.leave_out(people("chief"), one, " ")
        review_acts.leave_out(people("chief"), one, "chart is lost")
        assert reviews.plans()[0].drawn == 0


class TestTheBlindPerson:
    def test_is_never_one_who_filed_it(self, people: Callable[[str], Actor], one: str) -> None:
        stay = reviews.get(one)
        assert stay is not None
        assert stay.encounter_id is not None
        file(people("lee"), stay.encounter_id, {"autopsy": "0"}, "amended")
        for user in ("jones", "lee"):
            with pytest.raises(NotReviewed, match="filed this record"):
                review_acts.open_blind(people(user), one)
            with pytest.raises(NotReviewed, match="filed this record"):
                review_acts.file_blind(people(user), one, second())
            with pytest.raises(NotReviewed, match="filed this record"):
                review_acts.assign(people("chief"), one, user)
        outcome = database.execute_sql(
            "SELECT outcome FROM audit WHERE action = 'review record' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert outcome == ("failed",)

    def test_sees_the_source_and_nothing_that_was_abstracted(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        blind = review_acts.open_blind(people("smith"), one)
        assert blind.given["admitted_at"] == "2026-11-02T08:00"
        assert blind.given["path"]
        assert blind.given["disposition"] == "01", "the abstract had settled 03"
        assert not [path for path in blind.given if path.startswith(("diagnoses", "procedures", "admitting"))]

    def test_takes_it_in_hand_alone(self, people: Callable[[str], Actor], one: str) -> None:
        review_acts.open_blind(people("smith"), one)
        with pytest.raises(NotReviewed, match="smith has this review"):
            review_acts.open_blind(people("brown"), one)
        assert reviews.waiting("brown", ("due",)) == []
        assert [each.number for each in reviews.waiting("smith", ("due",))] == [one]

    def test_changes_nothing_of_the_record(self, people: Callable[[str], Actor], one: str) -> None:
        def stored() -> list[object]:
            tables = (
                "data_case",
                "case_revision",
                "case_item",
                "abstract",
                "diagnosis",
                "procedure",
                "encounter",
            )
            return [database.execute_sql(f"SELECT * FROM {table}").fetchall() for table in tables]

        before = stored()
        review_acts.open_blind(people("smith"), one)
        review_acts.file_blind(
            people("smith"), one, second(**{"diagnoses[1].code": "I214", "disposition": "01"})
        )
        for each in reviews.differences(reviews_id(one)):
            review_acts.settle(people("chief"), one, each.id, Decision.SECOND)
        assert stored() == before

    def test_files_once(self, people: Callable[[str], Actor], one: str) -> None:
        review_acts.file_blind(people("smith"), one, second())
        with pytest.raises(NotReviewed, match="not filed again"):
            review_acts.file_blind(people("smith"), one, second())


def reviews_id(number: str) -> int:
    found = reviews.get(number)
    assert found is not None
    return found.id


class TestSettling:
    def test_without_a_difference_it_is_settled_at_once(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        given = review_acts.open_blind(people("smith"), one).given
        done = review_acts.file_blind(people("smith"), one, dict(given) | second())
        assert (done.status, reviews.differences(done.id)) == ("settled", [])

    def test_a_third_person_decides_and_the_drg_is_that_of_what_was_decided(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        given = review_acts.open_blind(people("smith"), one).given
        done = review_acts.file_blind(
            people("smith"), one,
            dict(given) | second(disposition="03", **{"procedures[1].code": "", "procedures[1].date": ""}),
        )  # fmt: skip
        (each,) = reviews.differences(done.id)
        assert (each.difference.item, done.status) == ("procedures.code", "compared")
        done = review_acts.settle(people("chief"), one, each.id, Decision.SECOND, comment="no such procedure")
        assert done.status == "settled"
        assert done.first_drg != done.second_drg
        assert done.final_drg == done.second_drg
        done = review_acts.settle(people("chief"), one, each.id, Decision.FIRST)
        assert done.final_drg == done.first_drg

    def test_a_drg_that_did_not_hold_is_told_with_the_weights_of_its_table(
        self, people: Callable[[str], Actor], one: str, codes_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without its stent 322 (1.7630) is 281 (0.9191), by Table 5 of FY 2026: the review takes 0.8439 away."""
        given = review_acts.open_blind(people("smith"), one).given
        done = review_acts.file_blind(
            people("smith"), one,
            dict(given) | second(**{"procedures[1].code": "", "procedures[1].date": ""}),
        )  # fmt: skip
        days = day_number("2026-01-01"), day_number("2026-12-31")
        assert reviews.drg_changes(reviews.outcomes("abstract", *days)[0], "boss") == []  # not settled yet
        (each,) = reviews.differences(done.id)
        review_acts.settle(people("chief"), one, each.id, Decision.SECOND, comment="no such procedure")
        monkeypatch.setenv("RECORDROOM_CODES", f"{codes_path}.none")
        (told,) = reviews.drg_changes(reviews.outcomes("abstract", *days)[0], "boss")
        assert told == (done.number, "R00001", "jones", "322", "281", None, None)
        monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))
        (told,) = reviews.drg_changes(reviews.outcomes("abstract", *days)[0], "boss")
        assert (told.first_weight, told.final_weight, told.weight_change) == (
            Decimal("1.7630"), Decimal("0.9191"), Decimal("-0.8439"),
        )  # fmt: skip
        file(people("jones"), encounters.find("R00001"), CODED | {"disposition": "01"}, "went home")
        review_acts.open_blind(people("boss"), drawn(people("chief"))[0].number)
        assert reviews.drg_changes(reviews.outcomes("abstract", *days)[0], "boss") == []
        review_acts.settle(people("chief"), one, each.id, Decision.FIRST)
        assert reviews.drg_changes(reviews.outcomes("abstract", *days)[0], "chief") == []

    @pytest.mark.parametrize(
        ("user", "may"), [("jones", Decision.SECOND), ("smith", Decision.FIRST)]
    )  # fmt: skip
    def test_each_of_the_two_may_only_give_way(
        self, people: Callable[[str], Actor], one: str, user: str, may: Decision
    ) -> None:
        done = review_acts.file_blind(people("smith"), one, second(**{"diagnoses[2].poa": "Y"}))
        each = reviews.differences(done.id)[0]
        for decision in Decision:
            if decision is not may:
                with pytest.raises(NotReviewed, match="one of the two"):
                    review_acts.settle(people(user), one, each.id, decision)
        review_acts.settle(people(user), one, each.id, may)
        assert reviews.differences(done.id)[0].by == user

    def test_a_coder_outside_the_review_settles_nothing(
        self, people: Callable[[str], Actor], actor_with: Callable[..., Actor], one: str
    ) -> None:
        done = review_acts.file_blind(people("smith"), one, second(**{"diagnoses[2].poa": "Y"}))
        with pytest.raises(NotPermitted):
            review_acts.settle(
                actor_with(Role.CODER), one, reviews.differences(done.id)[0].id, Decision.FIRST
            )

    def test_both_wrong_needs_what_is_right_and_a_kind_must_be_known(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        done = review_acts.file_blind(people("smith"), one, second(**{"diagnoses[2].poa": "Y"}))
        each = reviews.differences(done.id)[0]
        with pytest.raises(NotReviewed, match="what is right"):
            review_acts.settle(people("chief"), one, each.id, Decision.BOTH)
        with pytest.raises(NotReviewed, match="no kind of disagreement"):
            review_acts.settle(people("chief"), one, each.id, Decision.FIRST, category="MOON")

    def test_the_first_person_sees_the_outcome_and_that_is_kept(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        review_acts.file_blind(people("smith"), one, second(**{"diagnoses[2].poa": "Y"}))
        assert work_counts.reviews_unseen("jones") == 1
        review_acts.open_differences(people("jones"), one)
        assert work_counts.reviews_unseen("jones") == 0
        assert [each.number for each in reviews.feedback("jones")] == [one]

    def test_a_correction_is_what_was_decided_and_is_filed_by_amending(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        given = review_acts.open_blind(people("smith"), one).given
        done = review_acts.file_blind(
            people("smith"), one, dict(given) | second(disposition="03", **{"diagnoses[2].poa": "Y"})
        )
        with pytest.raises(NotReviewed, match="Settle every difference"):
            review_acts.correction(people("chief"), one)
        for each in reviews.differences(done.id):
            review_acts.settle(people("chief"), one, each.id, Decision.SECOND)
        key, values, version = review_acts.correction(people("chief"), one)
        assert (key, values["diagnoses[2].poa"], version) == ("R00001", "Y", "1")
        file(people("jones"), encounters.find(key), values, "coding review")
        with pytest.raises(NotReviewed, match="filed again"):
            review_acts.correction(people("chief"), one)


class TestRates:
    def test_come_from_what_was_settled(self, people: Callable[[str], Actor], one: str) -> None:
        from rules.reviews import Rate, measures

        given = review_acts.open_blind(people("smith"), one).given
        done = review_acts.file_blind(
            people("smith"), one, dict(given) | second(disposition="03", **{"diagnoses[2].poa": "Y"})
        )
        today = day_number(database.execute_sql("SELECT date('now', 'localtime')").fetchone()[0])
        assert reviews.outcomes("abstract", today - 1, today + 1) == ([], 1)
        review_acts.settle(people("chief"), one, reviews.differences(done.id)[0].id, Decision.SECOND)
        found, open_ = reviews.outcomes("abstract", today - 1, today + 1)
        made = measures(found, reviews.kinds("abstract"))
        assert open_ == 0
        assert (made.codes, made.poa, made.records, made.drg) == (
            Rate(4, 4),
            Rate(1, 2),
            Rate(0, 1),
            Rate(1, 1),
        )


class TestAnyDataSet:
    def test_a_trauma_record_is_reviewed_just_so(self, people: Callable[[str], Actor]) -> None:
        patient = builders.a_patient()
        stay = builders.a_stay("2026-11-02T08:00", "2026-11-09T11:00", patient_id=patient, account="T1")
        trauma = library().of("trauma")
        mrn = patients.get(patient)["mrn"]
        record = {
            "mrn": mrn, "account": "T1", trauma.dated_by: "2026-11-02", "injuries[1].predot": "140650",
            "injuries[1].severity": "4", "procedures[1].code": "0BH17EZ",
        }  # fmt: skip
        cases.file_case(
            people("jones"), Action.FILE_REGISTRY, trauma, record, before=None, patient_id=patient,
            encounter_id=stay, status=cases.COMPLETE,
        )  # fmt: skip
        (found,) = drawn(people("chief"), data_set="trauma")
        blind = review_acts.open_blind(people("smith"), found.number)
        assert (blind.given["mrn"], blind.given["account"]) == (mrn, "T1")
        assert not [path for path in blind.given if path.startswith(("injuries", "procedures"))]
        done = review_acts.file_blind(
            people("smith"),
            found.number,
            record | {"injuries[1].severity": "3", "injuries[2].predot": "450203"},
        )
        said = {(each.difference.path, each.category) for each in reviews.differences(done.id)}
        assert {("injuries[1].severity", "WRONG"), ("injuries[2].predot", "MISSED")} <= said
        assert (done.first_drg, done.final_drg) == ("", "")


class TestWorksheets:
    def test_closed_and_open_records_are_drawn_by_discharge_and_from_the_house(
        self, people: Callable[[str], Actor]
    ) -> None:
        an_abstract(people("jones"))
        builders.a_stay("2026-11-20T08:00", account="IN1", patient_id=builders.a_patient())
        assert [each.subject for each in drawn(people("chief"), kind="closed", data_set="")] == ["R00001"]
        assert [each.subject for each in drawn(people("chief"), kind="open", data_set="")] == ["IN1"]

    def test_answers_are_kept_and_may_be_corrected(self, people: Callable[[str], Actor]) -> None:
        an_abstract(people("jones"))
        (found,) = drawn(people("chief"), kind="closed", data_set="")
        asked = [row.code for row in reviews.elements(found)]
        assert {"E01", "D01"} <= set(asked)
        assert review_acts.answer(people("smith"), found.number, {"E01": "Y"}).status == "due"
        done = review_acts.answer(
            people("smith"), found.number, dict.fromkeys(asked, "NA") | {"E01": "N"}, "two pages"
        )
        assert (done.status, done.remark) == ("answered", "two pages")
        assert reviews.answers(done.id)["E01"] == "N"
        with pytest.raises(NotReviewed, match="no answer"):
            review_acts.answer(people("smith"), found.number, {"E01": "X"})

    def test_open_records_are_not_asked_about_their_discharge(self, people: Callable[[str], Actor]) -> None:
        builders.a_stay("2026-11-20T08:00", account="IN1", patient_id=builders.a_patient())
        (found,) = drawn(people("chief"), kind="open", data_set="")
        assert not [row.code for row in reviews.elements(found) if row.code.startswith("D")]


class TestKinds:
    def test_a_third_person_says_of_which_kind_a_difference_is(
        self, people: Callable[[str], Actor], one: str
    ) -> None:
        done = review_acts.file_blind(people("smith"), one, second(**{"diagnoses[2].poa": "Y"}))
        each = reviews.differences(done.id)[0]
        with pytest.raises(NotReviewed, match="for a third"):
            review_acts.categorise(people("jones"), one, each.id, "CLERICAL")
        review_acts.categorise(people("chief"), one, each.id, "CLERICAL")
        assert reviews.differences(done.id)[0].category == "CLERICAL"
