"""Paging through a list that only knows how to go forward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from screens import keyset
from screens.keyset import Key, KeysetList
from tui.screen import Column, Row


class Numbers(KeysetList):
    """The numbers from 1 to 40."""

    title: ClassVar[str] = "Numbers"

    def columns(self) -> Sequence[Column]:
        return (Column("Number", 6),)

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        first = after[0] + 1 if after else 1
        return [Row((number,), (str(number),)) for number in range(first, min(41, first + limit))]


@pytest.fixture
def numbers() -> Numbers:
    nobody: Any = None
    return Numbers(nobody)


def shown(numbers: Numbers, key: Key | None, *, backward: bool) -> tuple[list[int], bool, bool]:
    page = numbers.page(key, 10, backward=backward)
    return [row.key[0] for row in page.rows], page.before, page.after


class TestKeysetList:
    def test_goes_forward_and_back_by_the_keys_seen(self, numbers: Numbers) -> None:
        assert shown(numbers, None, backward=False) == ([*range(1, 11)], False, True)
        assert shown(numbers, (10,), backward=False) == ([*range(11, 21)], True, True)
        assert shown(numbers, (11,), backward=True) == ([*range(1, 11)], False, True)

    def test_ends_with_the_last_rows(self, numbers: Numbers) -> None:
        assert shown(numbers, None, backward=True) == ([*range(31, 41)], True, False)

    def test_goes_no_farther_than_one_key_should_and_says_that_there_is_more(
        self, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keyset, "STRIDE", 5)
        monkeypatch.setattr(keyset, "FARTHEST", 20)
        assert shown(numbers, None, backward=True) == ([*range(11, 21)], True, True)
