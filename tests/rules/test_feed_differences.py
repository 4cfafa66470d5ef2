"""Feed and technician: what nobody keyed follows, what somebody keyed wins and is shown, for any values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.feed_differences import as_of_the_stay, item_of, items_of, merged, news, taken_from

VALUES = st.dictionaries(
    st.sampled_from(["payer", "city", "sex", "races[1].code", "races[2].code", "mrn"]),
    st.sampled_from(["A", "B", "C"]),
)


def fixed(item: str) -> bool:
    return item == "mrn"


class TestWhoWins:
    def test_an_item_filed_as_the_feed_had_it_follows(self) -> None:
        told = merged({"payer": "MCR"}, {"payer": "MCR"}, {"payer": "MCD"}, fixed=fixed)
        assert told.record == {"payer": "MCD"}
        assert told.followed == {"payer": ("MCR", "MCD")}
        assert told.differences == {}

    def test_an_item_keyed_otherwise_wins_and_the_difference_is_told(self) -> None:
        told = merged({"payer": "BCBS"}, {"payer": "MCR"}, {"payer": "MCD"}, fixed=fixed)
        assert told.record == {"payer": "BCBS"}
        assert (told.differences["payer"].filed, told.differences["payer"].feed) == ("BCBS", "MCD")

    def test_what_the_feed_never_said_is_no_difference(self) -> None:
        assert merged({"payer": "BCBS"}, {}, {}, fixed=fixed).differences == {}

    def test_what_cannot_be_keyed_always_follows(self) -> None:
        assert merged({"mrn": "1"}, {"mrn": "2"}, {"mrn": "3"}, fixed=fixed).record == {"mrn": "3"}

    def test_the_rows_of_a_group_go_together(self) -> None:
        filed = {"races[1].code": "W", "races[2].code": "B"}
        told = merged(filed, items_of(filed), {"races[1].code": "A"}, fixed=fixed)
        assert told.record == {"races[1].code": "A"}
        assert told.followed == {"races": ("W|B", "A")}

    @given(VALUES, VALUES, VALUES)
    def test_every_item_is_the_feeds_or_was_keyed(
        self, filed: dict[str, str], fed: dict[str, str], feed: dict[str, str]
    ) -> None:
        told = merged(filed, items_of(fed), feed, fixed=fixed)
        now, was, said = items_of(told.record), items_of(filed), items_of(feed)
        for item in {*now, *was, *said}:
            assert now.get(item, "") in (was.get(item, ""), said.get(item, ""))
            if now.get(item, "") != said.get(item, "") and (said.get(item) or items_of(fed).get(item)):
                assert item in told.differences
        assert not set(told.followed) & set(told.differences)

    @given(VALUES, VALUES)
    def test_comparing_twice_tells_nothing_new(self, filed: dict[str, str], feed: dict[str, str]) -> None:
        once = merged(filed, items_of(filed), feed, fixed=fixed)
        again = merged(once.record, items_of(feed), feed, fixed=fixed)
        assert (again.record, again.followed) == (once.record, {})


class TestNews:
    def test_that_agree_with_what_was_keyed_touch_nothing(self) -> None:
        assert news({"payer": "BCBS"}, {"payer": "MCR"}, {"payer": "BCBS"}, fixed=fixed) == {}
        assert news({"payer": "BCBS"}, {"payer": "MCR"}, {"payer": "MCD"}, fixed=fixed) == {
            "payer": ("MCR", "MCD")
        }

    @given(VALUES, VALUES)
    def test_a_feed_that_repeats_itself_is_none(self, filed: dict[str, str], feed: dict[str, str]) -> None:
        assert news(filed, items_of(feed), items_of(feed), fixed=fixed) == {}


class TestTheStay:
    def test_an_address_of_long_after_is_not_that_of_the_stay(self) -> None:
        feed, fed = {"city": "Troy", "sex": "F"}, {"city": "Albany", "sex": "M"}
        assert as_of_the_stay(feed, fed, 30, 30) == feed
        assert as_of_the_stay(feed, fed, 31, 30) == {"city": "Albany", "sex": "F"}


@given(VALUES, VALUES)
def test_taking_an_item_takes_it_whole_and_nothing_else(record: dict[str, str], feed: dict[str, str]) -> None:
    taken = taken_from(record, "races", feed)
    assert items_of(taken).get("races", "") == items_of(feed).get("races", "")
    assert {p: v for p, v in taken.items() if item_of(p) != "races"} == {
        p: v for p, v in record.items() if item_of(p) != "races"
    }
