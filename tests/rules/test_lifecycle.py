"""The life cycle of an abstract: the table is total, and every way through it is the one that it says."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.findings import Finding, Level
from rules.lifecycle import (
    MAY,
    TABLE,
    Act,
    Status,
    Transition,
    ask,
    has_gone,
    is_open,
    read_only,
    reason_asked,
)

SUPERVISOR, TECHNICIAN = {"supervisor"}, {"technician"}
ERROR = Finding(Level.ERROR, "A110", "The principal diagnosis is missing: enter it.", "diagnoses[1].code")
WARNING = Finding(Level.WARNING, "A151", "Unusual.", "birth_weight_g")


class TestTheTable:
    def test_decides_every_act_in_every_status(self) -> None:
        assert set(TABLE) == set(product(Status, Act))
        assert set(MAY) == set(Act)

    def test_refuses_in_a_sentence_for_the_user(self) -> None:
        for (status, act), found in TABLE.items():
            if isinstance(found, str):
                answer = ask(status, act, {"supervisor", "service"}, reason="x")
                assert answer.refused
                assert answer.sentence.startswith("The abstract is ") or answer.sentence.startswith(
                    "The abstract was "
                )
                assert answer.sentence.endswith(".")

    def test_every_status_is_reached_and_left(self) -> None:
        moves = [(status, found.to) for (status, _), found in TABLE.items() if isinstance(found, Transition)]
        assert {to for _, to in moves} == set(Status)
        assert {status for status, to in moves if to is not status} == set(Status)

    def test_whatever_goes_back_to_open_says_why(self) -> None:
        for (status, act), found in TABLE.items():
            back = (
                isinstance(found, Transition)
                and found.to is Status.OPEN
                and status not in (Status.NEW, Status.OPEN)
            )
            assert not back or reason_asked(status, act), (status, act)

    def test_nothing_goes_on_that_is_not_clean(self) -> None:
        for (status, act), found in TABLE.items():
            onward = isinstance(found, Transition) and found.to in (
                Status.COMPLETE,
                Status.RELEASED,
                Status.TRANSMITTED,
            )
            if onward and act is not Act.ACCEPT:
                assert isinstance(found, Transition)
                assert found.clean, (status, act)


class TestTheWay:
    def test_goes_from_open_over_complete_and_released_to_transmitted(self) -> None:
        assert ask("", Act.COMPLETE, TECHNICIAN).to is Status.COMPLETE
        assert ask("complete", Act.RELEASE, SUPERVISOR).to is Status.RELEASED
        assert ask("released", Act.TRANSMIT, SUPERVISOR).to is Status.TRANSMITTED
        assert ask("transmitted", Act.REOPEN, SUPERVISOR, reason="a code was missed").to is Status.OPEN

    @pytest.mark.parametrize("status", ["released", "transmitted"])
    def test_what_was_released_is_read_only_until_it_is_reopened(self, status: str) -> None:
        assert ask(status, Act.KEEP, SUPERVISOR, reason="x").refused
        assert read_only(status).endswith("read only until a supervisor reopens it (REOPEN).")
        assert has_gone(status)
        assert not is_open(status)

    def test_a_complete_abstract_is_amended_with_a_reason(self) -> None:
        assert ask("complete", Act.COMPLETE, TECHNICIAN).sentence.endswith("takes a reason: say why.")
        assert ask("complete", Act.COMPLETE, TECHNICIAN, reason="late report").to is Status.COMPLETE
        assert read_only("complete") == ""

    @pytest.mark.parametrize("act", [Act.RELEASE, Act.REOPEN, Act.TRANSMIT])
    def test_a_technician_neither_releases_nor_transmits_nor_reopens(self, act: Act) -> None:
        status = "released" if act is Act.TRANSMIT else "complete"
        answer = ask(status, act, TECHNICIAN, reason="x")
        assert answer.sentence == f"To {act} an abstract takes the role supervisor."

    def test_an_error_stands_in_the_way_and_a_warning_does_not(self) -> None:
        assert ask("open", Act.COMPLETE, TECHNICIAN, findings=[WARNING]).to is Status.COMPLETE
        answer = ask("complete", Act.RELEASE, SUPERVISOR, findings=[WARNING, ERROR, ERROR])
        assert answer.sentence == (
            "A110 stands against the abstract and 1 more: The principal diagnosis is missing: enter it."
        )

    def test_it_is_filed_and_left_open_in_spite_of_errors(self) -> None:
        assert ask("open", Act.KEEP, TECHNICIAN, findings=[ERROR]).to is Status.OPEN

    def test_a_late_change_opens_it_wherever_it_is(self) -> None:
        for status in ("complete", "released", "transmitted"):
            assert ask(status, Act.CHANGE, {"service"}, reason="A08").to is Status.OPEN

    @given(st.sampled_from(list(Status)), st.sampled_from(list(Act)), st.booleans(), st.booleans())
    def test_an_answer_is_a_status_or_a_sentence(
        self, status: Status, act: Act, clean: bool, said: bool
    ) -> None:
        answer = ask(
            status, act, {"supervisor"}, findings=[] if clean else [ERROR], reason="x" if said else ""
        )
        assert answer.refused == bool(answer.sentence)
