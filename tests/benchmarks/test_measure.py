"""Budgets are judged by ratio to the anchor of the same run, or by the value itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.measure import Measure, percentile, shown


class TestBudgets:
    def test_a_ratio_is_judged_against_the_anchor(self) -> None:
        assert Measure("key", 3.0, "ms", 2.0, "urwid", most_ratio=1.5).within is True
        assert Measure("key", 3.1, "ms", 2.0, "urwid", most_ratio=1.5).within is False

    def test_a_rate_must_reach_its_least(self) -> None:
        assert Measure("intake", 200.0, "/s", least=200).within is True
        assert Measure("intake", 199.0, "/s", least=200).within is False

    def test_every_part_of_a_budget_must_be_kept(self) -> None:
        assert Measure("bytes", 210.0, "B", 200.0, "urwid", most_ratio=1.5, most=200).within is False

    def test_without_a_budget_nothing_is_judged(self) -> None:
        assert Measure("page", 2.0, "ms", 0.1, "plain SQL").within is None

    def test_a_budget_exceeded_is_marked_in_the_table(self) -> None:
        table = shown([Measure("slow", 9.0, "ms", most=5), Measure("quick", 1.0, "ms", most=5)])
        assert [line.endswith("OVER") for line in table.splitlines()[2:]] == [True, False]


class TestPercentiles:
    @pytest.mark.parametrize(("share", "value"), [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (1.0, 50)])
    def test_are_nearest_ranks(self, share: float, value: int) -> None:
        assert percentile([50, 15, 40, 20, 35], share) == value


class TestTheCommand:
    def test_refuses_an_unknown_family(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "speed"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "choose from typing" in done.stderr

    def test_prints_json_of_one_family(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "--json", "--scale", "10k", "feed"],
            capture_output=True,
            text=True,
            check=False,
        )
        names = [line["measure"] for line in json.loads(done.stdout)]
        assert names == ["HL7 messages read", "HL7 messages committed"]
