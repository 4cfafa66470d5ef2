"""The queue equals a recompute after any history; nothing is taken twice; a hold comes back by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.data_sets import dictionary_for
from db import conventions, drafts, store
from db.abstracting import abstract_returns, abstracts, dnfb, lifecycle
from db.abstracting.lifecycle import NotAllowed
from db.access import policy
from db.access.users import add_user
from db.actors import Actor, Role
from db.acts import NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, movements
from db.hospital.movements import Movement
from db.keyring.derivation import Cost
from db.patient_index import patients
from db.queries import queries, query_acts
from db.registry import cases
from db.worklist import counts as work_counts
from db.worklist import work, work_acts, work_times
from db.worklist.work_acts import NotDone
from exchange.csv_files import Profile
from exchange.csv_import import import_file
from reports.catalogue import find
from reports.page import Linked, Setup
from reports.run import produce
from reports.statistics.dnfb import days_said
from rules.census import Event
from rules.lifecycle import Act
from rules.moments import iso_date, moment
from rules.queries import Act as QueryAct
from rules.queries import Standing, Status
from rules.work import EVERYTHING, NEVER, SORTS, TO_DO, Kind, read_line
from tests import builders
from tests.conftest import ADMIN, PASSPHRASE
from tests.db.test_abstract_life import ERROR, file

SOURCE = Source("feed", "hl7 1")
TAKER = """
import sys
from pathlib import Path
from db.access import sign_on
from db.worklist import work_acts
from rules.work import EVERYTHING
actor = sign_on.with_passphrase(Path(sys.argv[1]), sys.argv[2], sys.argv[3]).actor
for _ in range(20):
    print(work_acts.take_next(actor, EVERYTHING).account)
sign_on.off(actor)
"""
ALL = read_line("KIND=A,C,I,O,B,R,F,Q,W,L HOLD=ANY")


def a_discharge(account: str, days_ago: int = 5, **more: Any) -> int:
    today = store.current().now().day
    return builders.a_stay(
        f"{iso_date(today - days_ago - 3)}T08:00", f"{iso_date(today - days_ago)}T11:30", account=account, **more
    )  # fmt: skip


def released(actor: Actor, account: str, days_ago: int = 5) -> None:
    case = file(actor, a_discharge(account, days_ago)).case
    assert case is not None
    with writing():
        lifecycle.follow(case.id, Act.RELEASE, "", SOURCE)


def accounts(actor: Actor, line: str = "") -> list[str]:
    return [item.account for item in work.page(actor, read_line(line))]


def item(actor: Actor, account: str) -> work.Item:
    return next(each for each in work.page(actor, ALL) if each.account == account)


def sound(actor: Actor) -> None:
    found = work.check(actor)
    assert found.sound, found


@pytest.fixture
def jones(admin: Actor) -> Actor:
    add_user(admin, "jones", "Mary Jones", [Role.TECHNICIAN], "mary jones has a key", cost=Cost(rounds=1000))
    row = database.execute_sql("SELECT id FROM user WHERE name = 'jones'").fetchone()
    return Actor(row[0], "jones", frozenset({Role.TECHNICIAN}), "test", "0002")


class TestKinds:
    def test_a_discharge_is_to_be_abstracted_and_coded(self, admin: Actor) -> None:
        a_discharge("1")
        assert item(admin, "1").kinds == Kind.ABSTRACT | Kind.CODE

    def test_who_is_in_house_is_no_work(self, admin: Actor) -> None:
        builders.a_stay("2026-11-01T08:00", account="1")
        assert accounts(admin) == []

    def test_one_filed_with_errors_is_incomplete(self, admin: Actor) -> None:
        stay = a_discharge("1")
        file(admin, stay, "later", (ERROR,))
        assert item(admin, "1").kinds & Kind.OPEN
        assert (item(admin, "1").errors, accounts(admin, "ERROR=Y"), accounts(admin, "ERROR=N")) == (
            1,
            ["1"],
            [],
        )

    def test_a_complete_one_is_to_be_released_and_no_work_of_technicians(self, admin: Actor) -> None:
        stay = a_discharge("1")
        file(admin, stay)
        assert item(admin, "1").kinds == Kind.RELEASE
        assert (accounts(admin), accounts(admin, "RELEASE")) == ([], ["1"])

    def test_one_that_came_back_says_from_whom_and_waits_since_then(self, admin: Actor) -> None:
        stay = a_discharge("1", days_ago=30)
        record = file(admin, stay)
        assert record.case is not None
        with writing():
            abstract_returns.send_back(
                admin, record.case.id, abstract_returns.Kind.BILLING,
                [abstract_returns.Reason("", "Wrong payer.", "payer")], record.record,
            )  # fmt: skip
        assert item(admin, "1").kinds == Kind.OPEN | Kind.BILLING
        assert item(admin, "1").since_day == store.current().now().day
        assert accounts(admin, "RETURNED") == ["1"]

    def test_one_that_a_late_change_reopened_says_so(self, admin: Actor) -> None:
        stay = a_discharge("1")
        file(admin, stay)
        with writing():
            encounters.apply("1", encounters.get(stay).patient_id, {"payer": "BCBS"}, SOURCE)
        assert item(admin, "1").kinds & Kind.REOPENED

    def test_an_answered_query_is_work_until_the_abstract_is_filed(self, admin: Actor) -> None:
        stay = a_discharge("1")
        file(admin, stay, "later", (ERROR,))
        query = builders.a_sent_query(admin, "1")
        assert item(admin, "1").kinds & Kind.WAITING
        builders.an_answer(admin, query)
        assert item(admin, "1").kinds & (Kind.WAITING | Kind.ANSWERED) == Kind.ANSWERED
        file(admin, stay)
        assert item(admin, "1").kinds == Kind.RELEASE
        assert queries.read(query.number).status == Status.CLOSED

    def test_a_query_that_is_not_sent_or_is_taken_back_waits_for_nobody(self, admin: Actor) -> None:
        a_discharge("1")
        draft = query_acts.keep(admin, "1", builders.a_raised_query())
        assert not item(admin, "1").kinds & Kind.WAITING
        sent = query_acts.send(
            admin,
            "1",
            builders.a_raised_query(),
            Standing(),
            number=draft.number,
            expected_version=draft.version,
        )
        assert item(admin, "1").kinds & Kind.WAITING
        query_acts.step(admin, sent.number, QueryAct.WITHDRAW, sent.version, reason="asked in person")
        assert not item(admin, "1").kinds & Kind.WAITING

    def test_a_draft_is_the_work_of_who_keyed_it(self, admin: Actor, jones: Actor) -> None:
        file(admin, a_discharge("1"))
        a_discharge("2")
        drafts.save(jones, ("ABS", "1"), {"note": "half"}, "note", "1")
        assert (accounts(jones, "DRAFT"), accounts(admin, "DRAFT")) == (["1"], [])
        assert (accounts(jones), accounts(admin)) == (["1", "2"], ["2"])

    def test_a_chart_that_may_be_one_of_two_is_marked(self, admin: Actor) -> None:
        stay = a_discharge("1")
        a_discharge("2")
        patient, other = encounters.get(stay).patient_id, builders.a_patient()
        database.execute_sql(
            "INSERT INTO chart_pair (low_id, high_id, score_hundredths, match, reasons, found_utc)"
            " VALUES (?, ?, 900, 'review', '[]', 0)",
            (patient, other),
        )
        assert (accounts(admin, "DUPLICATE"), item(admin, "2").kinds & Kind.DUPLICATE) == (["1"], 0)


def seven_discharges(admin: Actor) -> None:
    for number in range(7):
        patient = builders.a_patient(
            mrn=f"00{number * 37 % 100:02}{number * 53 % 100:02}{number * 71 % 100:02}"
        )
        a_discharge(
            f"90{number * 3 % 7}", days_ago=1 + number * 5 % 7, patient_id=patient,
            unit=("3E", "ICU")[number % 2], payer=("MCR", "BCBS", "SELF")[number % 3],
        )  # fmt: skip


class TestOrders:
    @pytest.fixture
    def seven(self, admin_of: Callable[..., Actor]) -> Actor:
        return admin_of(seven_discharges)

    @pytest.mark.parametrize("sort", sorted(SORTS))
    @pytest.mark.parametrize("line", ["", "UNIT=3E", "CODE HOLD=ANY"])
    def test_pages_give_every_account_once_in_the_order_of_the_column(
        self, seven: Actor, sort: str, line: str
    ) -> None:
        asked = read_line(f"{line} SORT={sort}")
        whole = work.page(seven, asked, None, 50)
        paged: list[work.Item] = []
        while found := work.page(seven, asked, paged[-1].key if paged else None, 2):
            paged += found
        assert paged == whole
        assert [each.key for each in whole] == sorted(each.key for each in whole)
        assert len(whole) == (4 if "3E" in line else 7)

    @pytest.mark.parametrize("sort", sorted(SORTS))
    def test_a_page_of_the_queue_is_read_along_its_index(self, admin: Actor, sort: str) -> None:
        column = SORTS[sort].column
        plan = database.execute_sql(
            f"EXPLAIN QUERY PLAN SELECT w.{column}, w.encounter_id FROM work_item w INDEXED BY"
            f" work_item_{work._INDEXES[column]} WHERE w.kinds >= 4 AND (w.{column}, w.encounter_id) > (?, ?)"
            f" ORDER BY w.{column}, w.encounter_id LIMIT 20",
            (1, 1),
        ).fetchall()
        assert not [row[3] for row in plan if "TEMP B-TREE" in row[3]]


class TestFilters:
    def test_age_value_unit_and_error_narrow_the_queue(self, admin: Actor) -> None:
        a_discharge("1", days_ago=2)
        a_discharge("2", days_ago=9, unit="ICU", payer="BCBS")
        with writing():
            work_acts.apply_charge("2", 1_250_000, SOURCE)
        assert (
            accounts(admin, "AGE>7") == accounts(admin, "UNIT=ICU") == accounts(admin, "VALUE>10000") == ["2"]
        )
        assert accounts(admin, "AGE<3") == accounts(admin, "PAYER=MCR") == ["1"]
        assert accounts(admin, "AGE=2-9") == ["2", "1"]

    def test_what_is_valued_by_charges_or_by_weight_and_base_rate_says_which(self, admin: Actor) -> None:
        stay = a_discharge("1")
        file(admin, stay)
        database.execute_sql("UPDATE abstract SET weight_ten_thousandths = 15000")
        assert (item(admin, "1").value_cents, item(admin, "1").value_from) == (None, "")
        applied = conventions.file_setting(admin, "drg_base_rate", "6500.00", 0)
        assert not applied.refused
        assert (item(admin, "1").value_cents, item(admin, "1").value_from) == (975_000, "expected")
        with writing():
            work_acts.apply_charge("1", 2_000_050, SOURCE)
        assert (item(admin, "1").value_cents, item(admin, "1").value_from) == (2_000_050, "charges")
        sound(admin)


class TestHands:
    def test_take_next_gives_what_nobody_has_in_the_order_asked_for(self, admin: Actor, jones: Actor) -> None:
        for number, days in (("1", 3), ("2", 9), ("3", 6)):
            a_discharge(number, days_ago=days)
        taken = [work_acts.take_next(who, EVERYTHING) for who in (admin, jones, admin)]
        assert [each.account for each in taken if each] == ["2", "3", "1"]
        assert work_acts.take_next(jones, EVERYTHING) is None
        assert (accounts(jones, "TO=ME"), accounts(jones, "TO=NOBODY")) == (["3"], [])

    def test_many_who_ask_at_once_get_as_many_accounts(self, admin: Actor, store_directory: Path) -> None:
        """Five sessions of their own, twenty accounts each, out of a hundred."""
        for number in range(100):
            a_discharge(f"{1000 + number}")
        policy.set_policy(admin, "session_cap", "0")
        store.close_store()
        command = [sys.executable, "-c", TAKER, str(store_directory), ADMIN, PASSPHRASE]
        root = Path(__file__).parents[2]
        takers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(5)]
        taken = [account for taker in takers for account in taker.communicate()[0].split()]
        assert [taker.returncode for taker in takers] == [0] * 5
        assert len(taken) == len(set(taken)) == 100

    def test_what_somebody_else_has_is_not_taken_but_by_a_supervisor(
        self, admin: Actor, jones: Actor
    ) -> None:
        a_discharge("1")
        work_acts.take(admin, "1")
        with pytest.raises(NotDone, match="is with admin"):
            work_acts.take(jones, "1")
        with pytest.raises(NotDone, match="not with you"):
            work_acts.give_back(jones, "1")
        with pytest.raises(NotPermitted):
            work_acts.assign(jones, "1", "jones")
        work_acts.assign(admin, "1", "jones")
        work_acts.give_back(jones, "1")
        assert item(admin, "1").assigned == ""

    def test_nobody_who_cannot_sign_on_is_given_work(self, admin: Actor) -> None:
        a_discharge("1")
        with pytest.raises(NotDone, match="no user who can sign on"):
            work_acts.assign(admin, "1", "nobody")

    def test_a_hold_comes_back_by_itself_on_its_day(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_discharge("1")
        today = store.current().now().day
        work_acts.hold(admin, "1", "DOC", today + 2)
        assert (accounts(admin), accounts(admin, "HOLD=Y"), accounts(admin, "REASON=DOC")) == (
            [],
            ["1"],
            ["1"],
        )
        assert work_counts.waiting().items == 0
        database.execute_sql("UPDATE work_hand SET hold_until = ?", (today,))  # as if two days had gone by
        assert (accounts(admin), item(admin, "1").hold_reason, work_counts.waiting().items) == (["1"], "", 1)

    def test_a_hold_without_an_end_waits_to_be_released(self, admin: Actor) -> None:
        a_discharge("1")
        work_acts.hold(admin, "1", "DOC", None)
        assert item(admin, "1").hold_until == NEVER
        work_acts.release_hold(admin, "1")
        assert accounts(admin) == ["1"]
        with pytest.raises(NotDone, match="not on hold"):
            work_acts.release_hold(admin, "1")

    def test_a_hold_that_would_be_over_at_once_is_refused(self, admin: Actor) -> None:
        a_discharge("1")
        with pytest.raises(NotDone, match="day to come"):
            work_acts.hold(admin, "1", "DOC", store.current().now().day)

    def test_notes_are_only_added_to(self, admin: Actor) -> None:
        stay = a_discharge("1")
        work_acts.note(admin, "1", "Op note asked for by phone.")
        work_acts.note(admin, "1", "It has come.")
        assert [note.text for note in work_acts.notes(stay)] == [
            "It has come.",
            "Op note asked for by phone.",
        ]
        assert item(admin, "1").note == "It has come."
        with pytest.raises(Exception, match="kept as it was written"):
            database.execute_sql("UPDATE work_note SET text = 'x'")

    def test_each_act_has_its_row_that_names_the_account(self, admin: Actor) -> None:
        a_discharge("1")
        acts: list[tuple[str, Callable[[], object]]] = [
            ("take work", lambda: work_acts.take_next(admin, EVERYTHING)),
            ("hold work", lambda: work_acts.hold(admin, "1", "DOC", None)),
            ("note work", lambda: work_acts.note(admin, "1", "Something.")),
            ("assign work", lambda: work_acts.assign(admin, "1", "admin")),
        ]
        for action, act in acts:
            act()
            row = database.execute_sql(
                "SELECT action, record, patient_id, outcome FROM audit ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            assert (row[0], row[1], row[3]) == (action, "1", "done")
            assert row[2]


class TestNotFinalBilled:
    def test_counts_each_account_once_by_the_first_reason(self, admin: Actor) -> None:
        a_discharge("1", days_ago=2)
        file(admin, a_discharge("2", days_ago=9))
        a_discharge("3", days_ago=40)
        work_acts.hold(admin, "3", "DOC", None)
        with writing():
            work_acts.apply_charge("3", 100_000, SOURCE)
        found = dnfb.counted()
        assert {line.name: line.accounts for line in found.by_reason()} == {
            "On hold": 1, "Not abstracted": 1, "Complete, not released": 1,
        }  # fmt: skip
        assert [line.accounts for line in found.by_band()] == [1, 0, 1, 0, 1]
        assert (found.total.accounts, found.total.value_cents, found.total.without_value) == (3, 100_000, 2)
        assert found.total.days == 2 + 9 + 40

    def test_holds_are_counted_by_their_reason_and_what_waits_for_codes_by_itself(self, admin: Actor) -> None:
        file(admin, a_discharge("1"))
        for account, reason in (("2", "DOC"), ("3", "PATH"), ("4", "DOC")):
            a_discharge(account)
            work_acts.hold(admin, account, reason, None)
        found = dnfb.counted()
        assert [(line.name, line.accounts) for line in found.by_hold()] == [("DOC", 2), ("PATH", 1)]
        assert (found.on_hold.accounts, found.uncoded.accounts, found.total.accounts) == (3, 3, 4)
        for line in (*found.by_hold(), found.on_hold, found.uncoded, found.total, *found.by_band()):
            assert work.count(admin, read_line(line.asks)).items == line.accounts

    def test_days_are_unbilled_charges_by_the_average_charges_of_a_day(self, admin: Actor) -> None:
        for number in range(10):  # 90 days, ten discharges, $ 9,000 each: $ 1,000 a day
            released(admin, str(number)) if number > 3 else a_discharge(str(number), days_ago=10)
            with writing():
                work_acts.apply_charge(str(number), 900_000, SOURCE)
        file(admin, encounters.find("0"))
        found = dnfb.counted()
        assert found.why_no_days == ""
        assert found.days_of(found.total) == Decimal("36.0")  # 4 accounts of $ 9,000
        assert found.days_of(found.uncoded) == Decimal("27.0")
        assert "DNFB 36.0 days (aim 6), of these 27.0 for codes; $1,000 a day" in days_said(found)

    def test_days_are_not_told_where_charges_are_missing_and_the_reason_is(self, admin: Actor) -> None:
        assert dnfb.counted().why_no_days == "no discharge of the last 90 days has charges"
        a_discharge("1", days_ago=100)
        for account in ("2", "3"):
            released(admin, account)
        with writing():
            work_acts.apply_charge("2", 100_000, SOURCE)
        assert dnfb.counted().why_no_days == "1 of 2 discharges of the last 90 days have charges"
        with writing():
            work_acts.apply_charge("3", 100_000, SOURCE)
        found = dnfb.counted()
        assert found.why_no_days == "no account that is not billed has charges"
        assert found.days_of(found.total) is None
        assert "n/a" in days_said(found)

    def test_discharges_of_today_are_no_revenue_yet(self, admin: Actor) -> None:
        released(admin, "1", days_ago=0)
        with writing():
            work_acts.apply_charge("1", 100_000, SOURCE)
        assert dnfb.counted().revenue.cents == 0

    def test_what_is_released_is_billed(self, admin: Actor) -> None:
        released(admin, "1")
        assert dnfb.counted().total.accounts == 0
        assert accounts(admin, "RELEASE") == []


ACTS = (
    "file", "fail", "release", "reopen", "change", "back", "clear", "void", "payer", "name", "unit", "cancel",
    "discharge", "hold", "take", "give", "ask", "answer", "charge", "rate", "charts", "apart", "accounts", "split",
    "account",
)  # fmt: skip
history = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(ACTS), st.integers(0, 3)), max_size=30)


class TestTable:
    @given(history)
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_equals_a_recompute_after_any_history(
        self, admin: Actor, history: list[tuple[int, str, int]]
    ) -> None:
        numbers = [f"{builders._NUMBERS.__next__():06d}" for _ in range(4)]
        owners = [builders.a_patient() for _ in range(2)]
        for place, number in enumerate(numbers):
            a_discharge(number, patient_id=owners[place % 2])
        for which, act, choice in history:
            with suppress(NotAllowed, NotDone):
                do(admin, numbers, owners, which, act, choice)
        sound(admin)

    def test_what_was_said_of_an_account_follows_it_into_another_and_back(self, admin: Actor) -> None:
        patient = builders.a_patient()
        survivor, loser = (a_discharge(number, patient_id=patient) for number in ("1", "2"))
        work_acts.note(admin, "2", "Op note is here.")
        work_acts.hold(admin, "2", "DOC", None)
        with writing():
            merge_id = encounters.merge(survivor, loser, SOURCE).record_id
        assert [note.text for note in work_acts.notes(survivor)] == ["Op note is here."]
        assert (accounts(admin, "HOLD=ANY"), item(admin, "1").hold_reason) == (["1"], "DOC")
        sound(admin)
        with writing():
            encounters.undo_merge(merge_id, SOURCE)
        assert (work_acts.notes(survivor), accounts(admin), accounts(admin, "HOLD=Y")) == ([], ["1"], ["2"])
        sound(admin)

    def test_a_row_that_went_wrong_is_found_and_mended(self, admin: Actor) -> None:
        a_discharge("1")
        a_discharge("2")
        database.execute_sql("UPDATE work_item SET payer = 'WRONG' WHERE account = '1'")
        database.execute_sql("DELETE FROM work_item WHERE account = '2'")
        assert work.check(admin).wrong == ("1", "2")
        assert work.check(admin, mend=True).wrong == ("1", "2")
        sound(admin)

    def test_a_tally_that_went_wrong_is_found_and_mended(self, admin: Actor) -> None:
        a_discharge("1")
        database.execute_sql("UPDATE work_tally SET items = 7")
        assert work.check(admin, mend=True).tally_wrong
        sound(admin)


def do(actor: Actor, numbers: list[str], owners: list[int], which: int, act: str, choice: int) -> None:
    """One step of a history. What is not permitted just then is refused, and changes nothing."""
    account, today = numbers[which], store.current().now().day
    stay = encounters.find(account)
    case = cases.by_encounter("abstract", stay)
    if act in ("file", "fail"):
        file(actor, stay, "amended", (ERROR,) if act == "fail" else ())
        weight = 10_000 * (choice + 1)
        database.execute_sql(
            "UPDATE abstract SET weight_ten_thousandths = ? WHERE encounter_id = ?", (weight, stay)
        )
    elif act in ("release", "reopen", "change") and case:
        with writing():
            lifecycle.follow(case.id, Act(act), "because", SOURCE)
    elif act == "back" and case:
        with writing():
            kind = list(abstract_returns.Kind)[choice % 2]
            reasons = [abstract_returns.Reason("", "Wrong.", ("payer", "")[choice // 2])]
            abstract_returns.send_back(actor, case.id, kind, reasons, case.record)
    elif act == "clear" and case:
        abstract_returns.clear(actor, case.id, "It stands.")
    elif act == "void" and case:
        abstracts.void_abstract(
            actor, abstracts.read(encounters.get(stay), dictionary_for("abstract")), "wrong patient"
        )
    elif act in ("hold", "take", "give", "ask", "answer"):
        {
            "hold": lambda: work_acts.hold(actor, account, "DOC", today + choice if choice else None),
            "take": lambda: work_acts.take(actor, account), "give": lambda: work_acts.give_back(actor, account),
            "ask": lambda: builders.a_sent_query(actor, account), "answer": lambda: an_answer(actor, stay, choice),
        }[act]()  # fmt: skip
    elif act == "rate":
        conventions.file_setting(actor, "drg_base_rate", f"6{choice}00.00", today - 4 * choice)
    else:
        with writing():
            by_feed(account, stay, numbers, owners, act, choice)


def an_answer(actor: Actor, stay: int, choice: int) -> None:
    """The oldest query that waits is answered, or the newest that can be is made void."""
    found = queries.of_account(stay)
    waiting = [each for each in found if each.waits]
    if waiting and choice % 4:
        builders.an_answer(actor, waiting[-1])
    elif open_ones := [each for each in found if each.status is not Status.VOID]:
        query_acts.step(actor, open_ones[0].number, QueryAct.VOID, open_ones[0].version, reason="in error")


def by_feed(account: str, stay: int, numbers: list[str], owners: list[int], act: str, choice: int) -> None:
    now = encounters.get(stay)
    today = store.current().now().day
    if act == "payer":
        encounters.apply(account, now.patient_id, {"payer": f"P{choice}", "provider": f"D{choice}"}, SOURCE)
    elif act == "name":
        patients.apply({"mrn": now.mrn, "last_name": f"NAME{choice}"}, SOURCE)
    elif act == "charge":
        work_acts.apply_charge(account, 100_000 * choice, SOURCE)
    elif act == "account":
        renamed = f"{now.account}{choice}"  # after a merge the number in hand is not the account's own
        encounters.change_account(stay, renamed, SOURCE)
        numbers[numbers.index(now.account)] = renamed
    elif act in ("unit", "discharge"):
        event, day = (Event.TRANSFER, today - 7) if act == "unit" else (Event.DISCHARGE, today - choice)
        at = moment(f"{iso_date(day)}T10:0{choice}", store.current().zone)
        movements.record(
            stay, Movement(event, at, f"U{choice}" if act == "unit" else "", disposition="01"), SOURCE
        )
    elif act == "cancel" and (rows := movements.of_encounter(stay)):
        movements.cancel(rows[-1 - choice % len(rows)].id, SOURCE)
    elif act == "charts":
        patients.merge(owners[choice % 2], owners[1 - choice % 2], SOURCE)
    elif act == "accounts":
        encounters.merge(stay, encounters.find(numbers[choice]), SOURCE)
    elif act in ("apart", "split"):
        undo, kind = (
            (patients.undo_merge, "patient") if act == "apart" else (encounters.undo_merge, "account")
        )
        for (merge_id,) in database.execute_sql(
            "SELECT id FROM merge WHERE kind = ? AND undone_utc IS NULL ORDER BY id DESC LIMIT 1", (kind,)
        ).fetchall():
            undo(merge_id, SOURCE)


class TestProductivity:
    def test_counts_records_once_and_minutes_of_all_sittings(self, admin: Actor, jones: Actor) -> None:
        today = store.current().now().day
        work_times.note(jones, "abstract", "1", 0, 300, None)  # left as a draft
        work_times.note(jones, "abstract", "1", 0, 900, 1)
        work_times.note(jones, "abstract", "1", 0, 120, 2)
        work_times.note(jones, "abstract", "2", 0, 480, 1)
        work_times.note(admin, "trauma", "3", 0, 3600, 1)
        found = work_times.figures(today, today, user="jones")
        assert [(each.records, each.first, each.amended, each.minutes) for each in found] == [(2, 2, 1, 30)]
        assert str(found[0].rate) == "4.0"
        assert len(work_times.figures(today, today)) == 2

    def test_a_technician_sees_own_figures_alone(self, admin: Actor, jones: Actor) -> None:
        today = store.current().now().day
        work_times.note(jones, "abstract", "1", 0, 300, 1)
        work_times.note(admin, "abstract", "2", 0, 300, 1)
        assert [each.user for each in work_times.figures_for(jones, today, today)] == ["jones"]
        assert [each.user for each in work_times.figures_for(jones, today, today, user="JONES")] == ["jones"]
        with pytest.raises(NotPermitted):
            work_times.figures_for(jones, today, today, user="admin")
        assert [each.user for each in work_times.figures_for(admin, today, today)] == ["admin", "jones"]

    def test_the_report_shows_a_technician_nobody_else(self, admin: Actor, jones: Actor) -> None:
        today = iso_date(store.current().now().day)
        for who, record in ((jones, "1"), (admin, "2")):
            work_times.note(who, "abstract", record, 0, 1200, 1)
        report = find("P01")
        assert report is not None
        own = produce(jones, report, {"from": today}).document(80)
        assert "jones" in str(own.body)
        assert "admin" not in str(own.body)
        with pytest.raises(NotPermitted):
            produce(jones, report, {"from": today, "technician": "admin"})
        everybody = produce(admin, report, {"from": today}).document(80)
        for setup in (Setup(80), Setup(132)):
            assert produce(admin, report, {"from": today, "by": "day"}).pages(setup)[0].lines
        assert "admin" in str(everybody.body)
        assert "('abstract', '1', '1', '0', '20', '1', '3.0', '3.0', '100')" in str(everybody.body)

    def test_what_is_not_final_billed_is_a_report_too(self, admin: Actor) -> None:
        a_discharge("1", days_ago=9)
        report = find("B01")
        assert report is not None
        made = produce(admin, report, {})
        rows = [item.row for item in made.document(80).body if isinstance(item, Linked)]
        assert ("Not abstracted", "1", "9", "9", "0", "1", "n/a") in rows
        assert made.pages(Setup(80))[0].lines
        assert made.sheets()[0].rows[0][:3] == ("Reason", "Not abstracted", 1)


class TestCharges:
    def test_are_taken_from_a_file_and_change_the_value(self, admin: Actor, tmp_path: Path) -> None:
        a_discharge("1")
        file_ = tmp_path / "charges.csv"
        file_.write_text('account,charges\n1,"$12,345.67"\n2,5.00\n1x,abc\n')
        _, report = import_file(admin, "charges", file_, Profile())
        assert (report.counts["applied"], report.counts["refused"]) == (1, 2)
        assert item(admin, "1").value_cents == 1_234_567
        _, again = import_file(admin, "charges", file_, Profile())
        assert again.counts["unchanged"] == 1
        sound(admin)


class TestCounting:
    def test_the_desk_counts_by_the_kinds_of_the_queue(self) -> None:
        assert (work_counts.KEYED, work_counts.CODE) == (TO_DO, Kind.CODE)
