"""An abstract from filing to reopening: who wins, what a late change of the feed does, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.data_sets import dictionary_for
from db import locks, store
from db.abstracting import abstract_release, abstract_returns, abstracts, lifecycle
from db.abstracting import counts as abstract_counts
from db.abstracting.abstract_release import Checker, Filter
from db.abstracting.abstract_returns import Kind, Reason
from db.abstracting.abstracts import AbstractRecord, Drg
from db.abstracting.lifecycle import NotAllowed
from db.actors import Actor, Role
from db.acts import NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters
from db.patient_index import patients
from db.registry.cases import revisions
from rules.findings import Finding, Level
from rules.lifecycle import Status
from tests import builders
from tests.exchange.feed import adt, send

ACCOUNT, MRN = "4711", "00123456"
ERROR = Finding(Level.ERROR, "A110", "The principal diagnosis is missing: enter it.", "diagnoses[1].code")
CODED = {
    "ethnicity": "2186-5", "races[1].code": "2106-3", "admitting_diagnosis": "R079", "diagnoses[1].code": "I214",
    "diagnoses[1].poa": "Y", "zip": "12999",
}  # fmt: skip


@pytest.fixture
def stay(admin: Actor) -> int:
    """A stay of four days that ended yesterday, as the feed brings it."""
    patient_id = builders.a_patient(mrn=MRN, race="2106-3", ethnicity="2186-5")
    today = store.current().now().day
    from rules.moments import iso_date

    return builders.a_stay(
        f"{iso_date(today - 5)}T08:00", f"{iso_date(today - 1)}T11:30", patient_id=patient_id, account=ACCOUNT
    )


def opened(stay: int) -> AbstractRecord:
    return abstracts.read(encounters.get(stay), dictionary_for("abstract"))


def file(
    actor: Actor, stay: int, reason: str = "", findings: tuple[Finding, ...] = (), **changed: str
) -> AbstractRecord:
    now = opened(stay)
    values = {**now.record, **CODED, **changed} if now.case is None else {**now.record, **changed}
    abstracts.file_abstract(
        actor, now, dictionary_for("abstract"), values, findings, Drg(),
        expected_revision=now.case.revision if now.case else 0, reason=reason,
    )  # fmt: skip
    return opened(stay)


def checker() -> Checker:
    from db.coding.code_tables import all_tables

    return Checker(all_tables(store.current().directory), None)


def amend_account(**fields: str) -> None:
    with writing():
        stay = encounters.get(encounters.find(ACCOUNT))
        encounters.apply(ACCOUNT, stay.patient_id, fields, Source("feed", "hl7 0"))


def amend_patient(**fields: str) -> None:
    with writing():
        patients.apply({"mrn": MRN, **fields}, Source("feed", "hl7 0"))


def change_of_attending(event: str, provider: str) -> None:
    """An A54 of this minute, or the A55 that takes it back."""
    stay, feed = encounters.find(ACCOUNT), Source("feed", "hl7 0")
    with writing():
        if event == "A54":
            encounters.change_attending(stay, provider, store.current().now().utc, feed)
        else:
            assert not encounters.cancel_attending(stay, feed).refused


def reasons(stay: int) -> list[str]:
    case = opened(stay).case
    assert case is not None
    return [step.reason for step in lifecycle.steps(case.id) if step.reason]


class TestFiling:
    def test_completes_when_nothing_stands_against_it(self, admin: Actor, stay: int) -> None:
        assert file(admin, stay).status is Status.COMPLETE
        assert encounters.get(stay).abstracted_day is not None

    def test_stays_open_with_an_error(self, admin: Actor, stay: int) -> None:
        assert file(admin, stay, "later", (ERROR,)).status is Status.OPEN
        assert encounters.get(stay).abstracted_day is None

    def test_may_be_left_open(self, admin: Actor, stay: int) -> None:
        now = opened(stay)
        case = abstracts.file_abstract(
            admin, now, dictionary_for("abstract"), {**now.record, **CODED}, [], Drg(), expected_revision=0,
            leave_open=True,
        )  # fmt: skip
        assert case.status == Status.OPEN
        assert encounters.get(stay).coded_day is not None
        assert encounters.get(stay).abstracted_day is None

    def test_an_amendment_of_a_complete_one_needs_a_reason_and_keeps_before_and_after(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        with pytest.raises(NotAllowed, match="takes a reason"):
            file(admin, stay, marital="M")
        case = file(admin, stay, "late report", marital="M").case
        assert case is not None
        newest, first = revisions(case.id)
        assert (newest.reason, newest.record["marital"], first.record.get("marital")) == (
            "late report",
            "M",
            None,
        )
        assert newest.status == first.status == "complete"

    def test_every_step_is_kept_for_good(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        with pytest.raises(Exception, match="kept as it was taken"):
            database.execute_sql("DELETE FROM abstract_step")


class TestRelease:
    def test_is_for_supervisors(self, admin: Actor, stay: int, actor_with: Callable[..., Actor]) -> None:
        file(admin, stay)
        with pytest.raises(NotPermitted):
            abstract_release.release(actor_with(Role.TECHNICIAN), stay, checker())
        assert (
            abstract_release.release(actor_with(Role.SUPERVISOR), stay, checker()).status is Status.RELEASED
        )

    def test_makes_it_read_only_until_it_is_reopened_with_a_reason(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        abstract_release.release(admin, stay, checker())
        with pytest.raises(NotAllowed, match="read only until"):
            file(admin, stay, "x", marital="M")
        with pytest.raises(NotAllowed, match="takes a reason"):
            abstract_release.reopen(admin, stay, " ")
        abstract_release.reopen(admin, stay, "a code was missed")
        assert opened(stay).status is Status.OPEN
        assert encounters.get(stay).abstracted_day is None
        assert file(admin, stay, marital="M").status is Status.COMPLETE

    def test_an_error_found_at_release_opens_it_again_and_the_rest_goes_on(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        other = builders.a_stay("2026-10-01T08:00", "2026-10-03T09:00", account="4712")
        broken = opened(other)
        abstracts.file_abstract(  # filed as clean by a form that knew no better
            admin, broken, dictionary_for("abstract"), {**broken.record, **CODED, "ethnicity": ""}, [], Drg(),
            expected_revision=0,
        )  # fmt: skip
        bad, good = abstract_release.release_all(admin, [other, stay], checker())
        assert (bad.account, bad.status, good.status) == ("4712", Status.OPEN, Status.RELEASED)
        assert bad.sentence.startswith("Not released: ")
        assert "Ethnicity" in bad.sentence
        assert reasons(other) == [bad.sentence]

    def test_what_a_later_version_asks_stands_against_nothing_that_was_filed_before(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        site_files = store.current().directory / "site" / "dictionaries"
        site_files.mkdir(parents=True, exist_ok=True)
        (site_files / "general.toml").write_text(
            'extends = "abstract"\nid = "general"\nversion = "1"\nvalid_from = "2015-10-01"\n'
            '[[section]]\nid = "discharge"\ntitle = "Discharge"\n'
            '[[section.item]]\nid = "follow_up"\nlabel = "Follow-up call"\nrequired = true\n'
        )
        newest = dictionary_for("abstract", "", store.current().directory)
        found = checker().findings(opened(stay), newest)
        assert "follow_up" in [each.field for each in found], "the form asks it"
        assert abstract_release.release(admin, stay, checker()).went_on

    def test_what_somebody_is_changing_is_not_released(
        self, admin: Actor, stay: int, actor_with: Callable[..., Actor]
    ) -> None:
        from db.access import users
        from tests.conftest import CHEAP

        file(admin, stay)
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
        jones = Actor(2, "jones", frozenset({Role.CODER}), "test", "beef")
        locks.take(jones, "abstract", ACCOUNT)
        (result,) = abstract_release.release_all(admin, [stay], checker())
        assert result.sentence == "jones is changing this abstract now."
        assert result.status is Status.COMPLETE

    def test_the_list_is_filtered_and_goes_on_after_a_row(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        (row,) = abstract_release.in_status(Status.COMPLETE)
        assert (row.account, row.filed_by) == (ACCOUNT, "admin")
        assert abstract_release.in_status(Status.COMPLETE, after=row.key) == []
        assert abstract_release.in_status(Status.COMPLETE, Filter(unit="ICU")) == []
        assert (
            len(abstract_release.in_status(Status.COMPLETE, Filter(unit="3E", payer="MCR", filed_by="admin")))
            == 1
        )
        day = row.discharge_day
        assert abstract_release.in_status(Status.COMPLETE, Filter(from_day=day + 1)) == []
        assert abstract_release.in_status(Status.COMPLETE, Filter(released_from=1)) == []
        assert abstract_release.count(Status.COMPLETE) == 1


class TestTheFeed:
    def test_what_nobody_keyed_follows_the_feed(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        amend_patient(city="Albany")
        now = opened(stay)
        assert now.record["city"] == "Albany"
        assert now.status is Status.OPEN
        assert reasons(stay) == ["feed changed City Stillwater Bend to Albany"]

    def test_what_the_technician_keyed_wins_and_the_difference_is_kept(self, admin: Actor, stay: int) -> None:
        file(admin, stay, payer="BCBS", city="Utica")
        amend_account(payer="SELF")
        amend_patient(city="Albany")
        now = opened(stay)
        assert (now.record["payer"], now.record["city"]) == ("BCBS", "Utica")
        assert {each.item: (each.filed, each.feed) for each in now.differences.values()} == {
            "city": ("Utica", "Albany"), "payer": ("BCBS", "SELF"),
        }  # fmt: skip
        assert encounters.get(stay).payer == "BCBS"

    def test_a_feed_that_repeats_itself_takes_nothing_back_and_opens_nothing(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay, payer="BCBS")
        amend_account(payer="MCR")
        now = opened(stay)
        assert (now.record["payer"], now.status) == ("BCBS", Status.COMPLETE)
        assert encounters.get(stay).payer == "BCBS"
        assert [(each.filed, each.feed) for each in now.differences.values()] == [("BCBS", "MCR")]

    def test_a_feed_that_comes_round_to_what_was_keyed_opens_nothing(self, admin: Actor, stay: int) -> None:
        file(admin, stay, payer="BCBS")
        amend_account(payer="BCBS")
        now = opened(stay)
        assert now.status is Status.COMPLETE
        assert now.differences == {}

    def test_a_change_that_touches_nothing_of_the_abstract_does_not_reopen_it(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        amend_patient(phone="518-555-0199")
        amend_account(location="3E")
        assert opened(stay).status is Status.COMPLETE

    def test_a_new_address_long_after_the_discharge_is_no_correction_of_the_stay(self, admin: Actor) -> None:
        patient_id = builders.a_patient(mrn=MRN)
        old = builders.a_stay("2024-01-01T08:00", "2024-01-04T09:00", patient_id=patient_id, account=ACCOUNT)
        file(admin, old)
        amend_patient(city="Albany", last_name="NEWNAME")
        now = opened(old)
        assert (now.status, now.record["city"]) == (Status.COMPLETE, "Stillwater Bend")
        amend_patient(birth_date="1950-03-09")
        assert opened(old).status is Status.OPEN

    @pytest.mark.parametrize("status", [Status.COMPLETE, Status.RELEASED])
    def test_a_changed_movement_reopens_and_names_what_it_changed(
        self, admin: Actor, stay: int, status: Status
    ) -> None:
        from db.hospital import movements
        from db.hospital.movements import Movement
        from rules.census import Event
        from rules.moments import moment

        file(admin, stay)
        if status is Status.RELEASED:
            abstract_release.release(admin, stay, checker())
        last = movements.latest(stay, Event.DISCHARGE)
        assert last is not None
        with writing():
            changed = Movement(Event.DISCHARGE, moment(last.at, store.current().zone), disposition="03")
            movements.change(last.id, changed, Source("jsmith"), "nursing home")
        now = opened(stay)
        assert now.status is Status.OPEN
        assert now.record["disposition"] == "03"
        assert reasons(stay)[0] == "jsmith changed Disposition 01 to 03"
        case = now.case
        assert case is not None
        assert lifecycle.why_open(case.id) == "jsmith changed Disposition 01 to 03."

    def test_a_cancelled_discharge_reopens(self, admin: Actor, stay: int) -> None:
        from db.hospital import movements
        from rules.census import Event

        file(admin, stay)
        with writing():
            movements.cancel_latest(stay, Event.DISCHARGE, Source("jsmith"), "is still here")
        assert opened(stay).status is Status.OPEN
        assert "Discharged" in reasons(stay)[0]
        assert "to blank" in reasons(stay)[0]

    def test_a_merge_reopens_what_it_brings_under_another_number(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        survivor = builders.a_patient(mrn="00777777", last_name="MILLER", first_name="RUTH")
        with writing():
            merge = patients.merge(survivor, patients.by_mrn(MRN), Source("jsmith"))
        assert merge.reason == ""
        assert opened(stay).record["mrn"] == "00777777"
        assert opened(stay).status is Status.OPEN
        assert "MRN 00123456 to 00777777" in reasons(stay)[0]

    def test_an_undone_merge_says_so_too(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        survivor = builders.a_patient(mrn="00777777")
        with writing():
            merge = patients.merge(survivor, patients.by_mrn(MRN), Source("jsmith"))
        file(admin, stay)
        with writing():
            patients.undo_merge(merge.record_id, Source("jsmith"))
        assert opened(stay).status is Status.OPEN
        assert "MRN 00777777 to 00123456" in reasons(stay)[0]

    def test_a_message_is_named_with_its_event_and_time(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        send(admin, adt("A08", mrn=MRN, account=ACCOUNT, name="MILLER^RUTHANN^A"))
        assert opened(stay).status is Status.OPEN
        said = reasons(stay)[0]
        assert said.startswith("A08 of ")
        assert "First name Ruth to RUTHANN" in said

    def test_a_change_while_it_was_keyed_is_not_swallowed(self, admin: Actor, stay: int) -> None:
        now = opened(stay)
        amend_patient(city="Albany")
        case = abstracts.file_abstract(
            admin, now, dictionary_for("abstract"), {**now.record, **CODED}, [], Drg(), expected_revision=0
        )
        assert case.status == Status.OPEN
        assert "City Stillwater Bend to Albany" in reasons(stay)[0]

    def test_an_abstract_filed_before_feeds_were_kept_is_compared_with_what_it_holds(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        database.execute_sql("DELETE FROM abstract_cycle")
        amend_patient(city="Albany")
        assert opened(stay).status is Status.OPEN
        assert "City Stillwater Bend to Albany" in reasons(stay)[0]


class TestTheAttending:
    def test_keyed_on_the_abstract_is_that_of_the_account_whatever_the_feed_repeats(
        self, admin: Actor, stay: int
    ) -> None:
        amend_account(provider="1001")
        file(admin, stay, attending="1002")
        assert encounters.get(stay).attending == "1002"
        amend_account(provider="1001")
        now = opened(stay)
        assert encounters.get(stay).attending == "1002"
        assert now.status is Status.COMPLETE
        assert [(each.item, each.filed, each.feed) for each in now.differences.values()] == [
            ("attending", "1002", "1001")
        ]

    def test_is_that_of_before_again_when_the_abstract_is_void(self, admin: Actor, stay: int) -> None:
        amend_account(provider="1001")
        file(admin, stay, attending="1002")
        abstracts.void_abstract(admin, opened(stay), "wrong account")
        assert encounters.get(stay).attending == "1001"

    def test_of_the_last_days_is_meant_though_the_feed_had_a_change_of_attending(
        self, admin: Actor, stay: int
    ) -> None:
        with writing():
            encounters.change_attending(
                stay, "1003", store.current().now().utc - 2 * 86_400, Source("feed", "hl7 0")
            )
        file(admin, stay, attending="1002")
        with writing():
            encounters.change_attending(
                stay, "1004", store.current().now().utc - 3 * 86_400, Source("feed", "hl7 0")
            )
        assert encounters.get(stay).attending == "1002"

    def test_keyed_stands_against_an_a54_and_its_a55_and_each_difference_is_shown(
        self, admin: Actor, stay: int
    ) -> None:
        amend_account(provider="1001")
        file(admin, stay, attending="1002")
        for event, heard in (("A54", "1003"), ("A55", "1001")):
            change_of_attending(event, "1003")
            now = opened(stay)
            assert encounters.get(stay).attending == now.record["attending"] == "1002", event
            assert [(each.filed, each.feed) for each in now.differences.values()] == [("1002", heard)]

    def test_not_keyed_otherwise_follows_an_a54_and_its_a55(self, admin: Actor, stay: int) -> None:
        amend_account(provider="1001")
        file(admin, stay)
        change_of_attending("A54", "1003")
        assert encounters.get(stay).attending == opened(stay).record["attending"] == "1003"
        assert opened(stay).status is Status.OPEN
        file(admin, stay)
        change_of_attending("A55", "1003")
        assert encounters.get(stay).attending == opened(stay).record["attending"] == "1001"
        assert "Attending 1003 to 1001" in reasons(stay)[0]

    def test_an_a55_takes_back_the_feeds_own_change_and_not_what_was_keyed_after_it(
        self, admin: Actor, stay: int
    ) -> None:
        amend_account(provider="1001")
        change_of_attending("A54", "1003")
        file(admin, stay, attending="1002")
        change_of_attending("A55", "1003")
        assert encounters.get(stay).attending == "1002"
        assert [each.feed for each in opened(stay).differences.values()] == ["1001"]

    def test_follows_the_feed_again_once_its_value_was_taken(self, admin: Actor, stay: int) -> None:
        amend_account(provider="1001")
        file(admin, stay, attending="1002")
        change_of_attending("A54", "1003")
        file(admin, stay, "asked the ward", attending="1003")
        change_of_attending("A55", "1003")
        assert encounters.get(stay).attending == opened(stay).record["attending"] == "1001"

    def test_is_what_the_feed_has_come_to_say_when_the_abstract_is_void(
        self, admin: Actor, stay: int
    ) -> None:
        amend_account(provider="1001")
        file(admin, stay, attending="1002")
        change_of_attending("A54", "1003")
        abstracts.void_abstract(admin, opened(stay), "wrong account")
        assert encounters.get(stay).attending == "1003"

    def test_that_the_feed_comes_round_to_differs_no_more(self, admin: Actor, stay: int) -> None:
        amend_account(provider="1001")
        file(admin, stay, attending="1002")
        with writing():
            encounters.change_attending(stay, "1003", store.current().now().utc, Source("feed", "hl7 0"))
        assert [each.feed for each in opened(stay).differences.values()] == ["1003"]
        with writing():
            encounters.change_attending(stay, "1002", store.current().now().utc, Source("feed", "hl7 0"))
        assert opened(stay).differences == {}


class TestADispositionKeyedWithoutMovements:
    """A visit has no discharge movement: its disposition is an item of the account like any other."""

    @pytest.fixture
    def visit(self, admin: Actor) -> int:
        today = store.current().now().day
        from rules.moments import iso_date

        return builders.an_encounter(
            builders.a_patient(mrn=MRN), ACCOUNT, **{"class": "E"}, disposition="01",
            arrived_at=f"{iso_date(today - 1)}T08:00", departed_at=f"{iso_date(today - 1)}T11:30",
        )  # fmt: skip

    def test_stands_against_a_feed_that_repeats_itself(self, admin: Actor, visit: int) -> None:
        file(admin, visit, disposition="07")
        amend_account(disposition="1")
        now = opened(visit)
        assert encounters.get(visit).disposition == now.record["disposition"] == "07"
        assert (now.differences["disposition"].filed, now.differences["disposition"].feed) == ("07", "01")

    def test_shows_what_the_feed_says_next_and_nothing_once_it_agrees(self, admin: Actor, visit: int) -> None:
        file(admin, visit, disposition="07")
        amend_account(disposition="20")
        assert opened(visit).differences["disposition"].feed == "20"
        assert encounters.get(visit).died is False
        amend_account(disposition="07")
        assert "disposition" not in opened(visit).differences

    def test_not_keyed_otherwise_follows_and_opens_the_abstract(self, admin: Actor, visit: int) -> None:
        file(admin, visit)
        amend_account(disposition="20")
        assert (opened(visit).record["disposition"], opened(visit).status) == ("20", Status.OPEN)
        assert encounters.get(visit).died is True

    def test_of_a_stay_is_still_that_of_its_discharge_movement(self, admin: Actor, stay: int) -> None:
        file(admin, stay, disposition="03")
        amend_account(disposition="03")
        assert encounters.get(stay).disposition == "01"
        assert opened(stay).differences["disposition"].feed == "01"


class TestReturns:
    def test_a_reason_stands_at_its_item_until_the_item_is_changed(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        abstract_release.returned(admin, stay, [Reason("B7", "Wrong payer", "payer")])
        now = opened(stay)
        case = now.case
        assert case is not None
        assert now.status is Status.OPEN
        (finding,) = abstract_returns.findings(abstract_returns.of_case(case.id), now.record)
        assert (finding.level, finding.code, finding.field) == (Level.ERROR, "B7", "payer")
        assert "Wrong payer." in finding.message
        assert (
            abstract_returns.findings(abstract_returns.of_case(case.id), {**now.record, "payer": "BCBS"})
            == []
        )
        file(admin, stay, payer="BCBS")
        assert abstract_returns.waiting() == []

    def test_a_reason_may_be_answered_instead(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        abstract_release.returned(admin, stay, [Reason("", "Account is not known here")])
        case = opened(stay).case
        assert case is not None
        with pytest.raises(NotAllowed, match="Say why"):
            abstract_returns.clear(admin, case.id, "")
        assert abstract_returns.clear(admin, case.id, "it is, under 4711") == 1
        assert abstract_counts.returns() == 0

    def test_one_that_codes_came_back_for_is_to_be_coded_again(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        abstract_release.returned(admin, stay, [Reason("B9", "Code", "diagnoses[1].code")])
        assert encounters.get(stay).coded_day is None

    def test_it_is_listed_oldest_first(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        abstract_release.returned(admin, stay, [Reason("B1", "One"), Reason("B2", "Two")])
        rows = abstract_returns.waiting()
        assert [(row.account, row.code, row.kind) for row in rows] == [
            (ACCOUNT, "B1", Kind.BILLING), (ACCOUNT, "B2", Kind.BILLING),
        ]  # fmt: skip
        assert abstract_returns.waiting(rows[0].key) == rows[1:]


class TestOtherChanges:
    def test_a_consultation_that_comes_late_reopens(self, admin: Actor, stay: int) -> None:
        from db.hospital import events
        from rules.moments import iso_date, moment

        file(admin, stay)
        day = iso_date(store.current().now().day - 2)
        with writing():
            at = moment(f"{day}T10:00", store.current().zone)
            done = events.apply(
                stay, encounters.get(stay).patient_id, "consultation", at, "CAR", Source("jsmith")
            )
        assert not done.refused, done.reason
        assert opened(stay).status is Status.OPEN
        assert reasons(stay) == ["jsmith changed Consultations blank to 1 row"]

    def test_a_visit_that_belongs_to_somebody_else_reopens_with_who_it_is_now(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        other = builders.a_patient(mrn="00777777", last_name="OTHER")
        with writing():
            encounters.move_to_patient(stay, other, Source("jsmith"))
        assert opened(stay).record["last_name"] == "OTHER"
        assert "Last name Miller to OTHER" in reasons(stay)[0]

    def test_another_number_of_the_account_reopens(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        with writing():
            encounters.change_account(stay, "9911", Source("jsmith"))
        assert reasons(stay) == ["jsmith changed Account 4711 to 9911"]

    def test_merged_accounts_keep_the_history_of_the_abstract(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        survivor = builders.an_encounter(encounters.get(stay).patient_id, "9912")
        with writing():
            merge = encounters.merge(survivor, stay, Source("jsmith"))
        assert not merge.refused, merge.reason
        now = opened(survivor)
        assert now.case is not None
        assert now.status is Status.OPEN
        assert [step.act for step in lifecycle.steps(now.case.id)] == ["change", "complete"]
        assert "Account 4711 to 9912" in reasons(survivor)[0]

    def test_a_transfer_recorded_late_says_so_in_rows(self, admin: Actor, stay: int) -> None:
        from rules.moments import iso_date

        file(admin, stay)
        builders.a_movement(stay, "transfer", f"{iso_date(store.current().now().day - 3)}T10:00", "ICU")
        assert "Movements 1 row to 2 rows" in reasons(stay)[0]

    def test_what_is_taken_out_of_use_leaves_nothing_waiting(self, admin: Actor, stay: int) -> None:
        file(admin, stay, payer="BCBS")
        abstract_release.returned(admin, stay, [Reason("B1", "One")])
        amend_account(payer="SELF")
        abstracts.void_abstract(admin, opened(stay), "wrong account")
        assert abstract_counts.returns() == 0
        assert opened(stay).status is Status.NEW
        assert file(admin, stay).status is Status.COMPLETE

    def test_a_released_one_is_not_taken_out_of_use(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        abstract_release.release(admin, stay, checker())
        with pytest.raises(NotAllowed, match="read only until"):
            abstracts.void_abstract(admin, opened(stay), "wrong account")
