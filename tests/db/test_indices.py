"""The disease index finds each discharge once, by code or category, whichever way is shorter."""

from __future__ import annotations

import pytest

from db.connect import database
from db.statistics import indices
from db.statistics.indices import disease_index
from rules.periods import month
from tests.builders import a_stay

JANUARY = month("2026-01")


def coded(encounter_id: int, *codes: str) -> None:
    database.connection().executemany(
        "INSERT INTO diagnosis (encounter_id, role, seq, code) VALUES (?, 'dx', ?, ?)",
        [(encounter_id, seq, code) for seq, code in enumerate(codes, 1)],
    )


@pytest.fixture(params=["by code", "by day"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    way = indices._BY_CODE if request.param == "by code" else indices._BY_DAY
    monkeypatch.setattr(indices, "_shorter_way", lambda asked: way)


@pytest.mark.usefixtures("admin", "_way")
class TestDiseaseIndex:
    def test_lists_the_discharges_of_the_period_oldest_first_and_each_once(self) -> None:
        late = a_stay("2026-01-20T08:00", "2026-01-25T09:00", account="LATE")
        early = a_stay("2026-01-02T08:00", "2026-01-04T09:00", account="EARLY")
        december = a_stay("2025-12-02T08:00", "2025-12-04T09:00")
        inside = a_stay("2026-01-02T08:00")
        for stay in (late, early, december, inside):
            coded(stay, "I10", "I214", "I219")
        found = disease_index("i21", JANUARY)
        assert [(row.account, row.code, row.seq, row.los_days) for row in found] == [
            ("EARLY", "I214", 2, 2), ("LATE", "I214", 2, 5),
        ]  # fmt: skip
        assert [row.account for row in disease_index("I21.9", JANUARY, after=found[0].key)] == ["LATE"]
        assert [row.account for row in disease_index("I21", JANUARY, limit=1)] == ["EARLY"]

    def test_takes_only_principal_diagnoses_when_asked(self) -> None:
        stay = a_stay("2026-01-02T08:00", "2026-01-04T09:00", account="A")
        coded(stay, "I10", "I214")
        assert disease_index("I21", JANUARY, principal_only=True) == []
        assert [row.account for row in disease_index("I10", JANUARY, principal_only=True)] == ["A"]


@pytest.mark.usefixtures("admin")
class TestTheShorterWay:
    def test_goes_by_what_there_is_less_of(self) -> None:
        for number in range(3):
            coded(a_stay("2026-01-02T08:00", "2026-01-04T09:00", account=f"A{number}"), "I10")
        coded(a_stay("2025-01-02T08:00", "2025-01-04T09:00"), "I10", "E119")
        asked = {"last_seq": 99, "first": JANUARY.from_day, "last": JANUARY.to_day, "day": 0, "id": 0}
        assert indices._shorter_way({"begins": "E11", "ends": "E12", **asked}) == indices._BY_CODE
        assert indices._shorter_way({"begins": "I10", "ends": "I11", **asked}) == indices._BY_DAY
