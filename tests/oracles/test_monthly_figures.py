"""The figures of a month against a hospital clock: generated months, told by file and by hand, late, wrong and undone.

The clock (tests/oracles/hospital_clock.py) counts heads minute by minute. Here the same things are told to a real
store, and every figure of ``report monthly-statistics`` and every day of the summary must be what the clock says.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db import store
from db.actors import Actor
from db.changes import Applied, Source
from db.connect import database, writing
from db.conventions import convention
from db.hospital import encounters, events, movements, site
from db.hospital.movements import Movement
from db.statistics import census
from exchange.csv_files import Profile
from exchange.csv_import import import_file
from reports import output
from reports.catalogue import find
from reports.page import Setup
from reports.run import produce
from rules.census import MEASURES, Event
from rules.moments import moment
from tests.builders import a_weighed_abstract
from tests.oracles import hospital_clock
from tests.oracles.hospital_clock import (
    ONE_DAY,
    Account,
    Happening,
    House,
    both,
    counts_of,
    figures_of,
    local,
    walk,
)
from tests.oracles.hospital_events import OBSTETRIC, figures_of_events
from tests.oracles.hospital_months import SERVICES, ZONE, Story, Telling, a_story

SOURCE = Source("clerk", "test")
SETTINGS = {"census_hour": "census_hour", "leave_rule": "leave", "same_day_unit": "same_day_unit",
            "early_death_hours": "early_death_hours", "infection_rule": "infection",
            "readmission_rule": "readmission"}  # fmt: skip
COLUMNS = ("mrn", "account", "newborn", "event", "at", "utc_offset", "unit", "service", "disposition", "leave_type",
           "class", "id", "action")  # fmt: skip
SHORT, STAYS, CORRECTIONS = range(7), 40, 14
LAST_BATCH = 3


class Hospital:
    """The store that is told; accounts with an even number by file, the others by hand."""

    def __init__(self, actor: Actor, folder: Path, story: Story) -> None:
        self.actor, self.folder, self.story = actor, folder, story
        self.merges: dict[str, int] = {}
        self._set_up(story.house)

    def _set_up(self, house: House) -> None:
        for since, rules in house.rules:
            for name, item in SETTINGS.items():
                value = str(getattr(rules, item))
                if value != convention(name, since.toordinal()):
                    site.file_setting(self.actor, name, value, since.toordinal())
        units = [
            (code, int(unit.in_census), "" if unit.closed == date.max else unit.closed)
            for code, unit in house.units.items()
        ]
        beds = [(code, *each) for code, unit in house.units.items() for each in unit.beds]
        self._import("units", ("unit", "counts_in_census", "to_date"), units)
        self._import("beds", ("unit", "from_date", "beds", "bassinets"), beds)
        self._import("services", ("service", "obstetric"), [(code, 1) for code in OBSTETRIC])

    def _import(self, kind: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([columns, *rows])
        path = self.folder / f"{kind}.csv"
        path.write_text(text.getvalue())
        _, report = import_file(self.actor, kind, path, Profile())
        # A stay that was put right may have left a fact outside of it.
        assert [row.reason for row in report.told if "lies outside of the stay" not in row.reason] == []

    def hears(self, batch: list[Telling]) -> None:
        """Take a batch: files first, then what people key, then merges."""
        accounts = self.story.house.accounts
        crowd = Counter((each.act, each.account) for each in batch)  # what can be told only together
        rows = [
            each
            for each in batch
            if each.happening
            and (_by_file(accounts[each.account]) or crowd[each.act, each.account] in (2, 3))
        ]
        people = sorted({accounts[each.account].mrn for each in batch if each.account})
        self._import("patients", ("mrn", "last_name", "sex"), [(mrn, f"P{mrn}", "F") for mrn in people])
        self._import("movements", COLUMNS, [self._row(each) for each in rows])
        self._keyed([each for each in batch if each.happening and each not in rows])
        self._happened([each for each in batch if each.fact])
        for each in batch:
            if each.act in ("merge", "undo"):
                self._merged(each)

    def _happened(self, tellings: list[Telling]) -> None:
        """Facts: new ones by file, but every other account by hand; taken back by hand."""
        accounts, rows = self.story.house.accounts, []
        for told in tellings:
            fact = told.fact
            assert fact is not None
            if told.act == "note" and (not told.account or _by_file(accounts[told.account])):
                rows.append((told.account, fact.kind, _wall_of(fact.minute), fact.detail))
                continue
            encounter = encounters.find(told.account)
            with writing():
                if told.act == "note":
                    at = moment(_wall_of(fact.minute), store.current().zone)
                    patient = encounters.get(encounter).patient_id
                    done = events.apply(encounter, patient, fact.kind, at, fact.detail, SOURCE)
                else:
                    wanted = (fact.kind, _wall_of(fact.minute))
                    stored = next(
                        row for row in events.of_encounter(encounter) if (row.kind, row.at) == wanted
                    )
                    done = events.void(stored.id, SOURCE)
            assert not done.refused, done.reason
        self._import("events", ("account", "kind", "at", "detail"), rows)

    def weighs(self, weights: Mapping[str, int]) -> None:
        """DRG weights of some accounts."""
        for account, weight in weights.items():
            a_weighed_abstract(encounters.find(account), weight)

    def _row(self, told: Telling) -> tuple[object, ...]:
        account, each = self.story.house.accounts[told.account], told.happening
        assert each is not None
        return (
            account.mrn, account.number, int(account.newborn), each.kind, _wall(each), _offset(each), each.unit,
            each.service, each.status, each.leave, each.patient_class if each.kind == "admit" else "", told.id,
            told.act,
        )  # fmt: skip

    def _keyed(self, tellings: list[Telling]) -> None:
        """One act after the other, again and again until the paths have let all of them in."""
        waiting = tellings
        while waiting:
            left = [each for each in waiting if self._key(each).refused]
            assert len(left) < len(waiting), left
            waiting = left

    def _key(self, told: Telling) -> Applied:
        account = self.story.house.accounts[told.account]
        encounter = encounters.find(account.number)
        if not encounter:
            patient = database.execute_sql("SELECT id FROM patient WHERE mrn = ?", (account.mrn,)).fetchone()[
                0
            ]
            fields = {"class": "I", "newborn": str(int(account.newborn))}
            with writing():
                encounter = encounters.apply(account.number, patient, fields, SOURCE).record_id
        with writing():
            if told.act == "add":
                return movements.record(encounter, _movement(told), SOURCE)
            standing = {row.external_id: row.id for row in movements.of_encounter(encounter)}
            if told.act == "cancel":
                return movements.cancel(standing[told.id], SOURCE, "never was")
            return movements.change(standing[told.id], _movement(told), SOURCE, "was wrong")

    def _merged(self, told: Telling) -> None:
        with writing():
            if told.act == "merge":
                one, other = encounters.find(told.account), encounters.find(told.other)
                done = encounters.merge(one, other, SOURCE)
                self.merges[told.account] = done.record_id
            else:
                done = encounters.undo_merge(self.merges.pop(told.account), SOURCE)
        assert not done.refused, done.reason

    def figures(self) -> dict[str, object]:
        """The month as ``--format json`` prints it."""
        report = find("monthly-statistics")
        assert report is not None
        produced = produce(self.actor, report, {"month": self.story.month})
        return json.loads(output.in_format(produced, "json", Setup()))  # type: ignore[no-any-return]


def _by_file(account: Account) -> bool:
    return int(account.number.rpartition("-")[2]) % 2 == 0


def _wall(each: Happening) -> str:
    """The time as people write it: midnight is sometimes the end of the day before."""
    wall = local(each.minute, ZONE)
    if wall.strftime("%H:%M") == "00:00" and each.turn % 2:
        return f"{wall.date() - ONE_DAY}T24:00"
    return _wall_of(each.minute)


def _wall_of(minute: int) -> str:
    return local(minute, ZONE).strftime("%Y-%m-%dT%H:%M")


def _offset(each: Happening) -> str:
    return local(each.minute, ZONE).strftime("%z")


def _movement(told: Telling) -> Movement:
    each = told.happening
    assert each is not None
    offset = local(each.minute, ZONE).utcoffset()
    assert offset is not None
    at = moment(_wall(each), store.current().zone, int(offset.total_seconds()) // 60)
    assert at.utc == each.minute * 60
    return Movement(
        Event(each.kind), at, each.unit, each.service, "", each.patient_class if each.kind == "admit" else "",
        each.status, each.leave, external_id=told.id,
    )  # fmt: skip


def clock_figures(
    story: Story, walked: dict[hospital_clock.Cell, Counter[str]]
) -> dict[str, dict[str, object]]:
    """What the clock says of the month: the house, each unit and each service, by key of the report."""
    house, first, last = story.house, story.first, story.last
    days = (last - first).days + 1
    parts: dict[str, dict[str, object]] = {"": {}}
    adults = counts_of(house, walked, first, last, newborn=False)
    newborns = counts_of(house, walked, first, last, newborn=True)
    of_both = both(adults, newborns)
    for prefix, counts in (("", adults), ("newborn_", newborns), ("incl_newborn_", of_both)):
        parts[""] |= {prefix + key: value for key, value in figures_of(counts, days).items()}
    parts[""] |= figures_of_events(house, first, last)
    for kind, codes in (("unit", house.units), ("service", SERVICES)):
        for code in codes:
            said: dict[str, object] = {}
            for prefix, newborn in (("", False), ("newborn_", True)):
                counts = counts_of(house, walked, first, last, newborn, **{kind: code})  # type: ignore[arg-type]
                said |= {prefix + key: value for key, value in figures_of(counts, days).items()}
            parts[f"{kind} {code}"] = said
    return parts


def printed_figures(
    printed: dict[str, object], like: dict[str, dict[str, object]]
) -> dict[str, dict[str, object]]:
    """The same keys as the report has them; a part of which the report says nothing has nothing in it."""
    found: dict[str, dict[str, object]] = {}
    for part, keys in like.items():
        kind, _, code = part.partition(" ")
        held = printed[f"by_{kind}"].get(code) if part else printed["figures"]  # type: ignore[index,attr-defined]
        if held is None:
            found[part] = {
                key: value if value in ("0", None, "0.00") else "missing" for key, value in keys.items()
            }
            continue
        found[part] = {key: held[key]["value"] for key in keys}
        for key, value in keys.items():
            if "/" in str(value) and held[key]["value"] is not None:
                found[part][key] = "{numerator}/{denominator} = {value}".format(**held[key])
    return found


def clock_days(story: Story, walked: dict[hospital_clock.Cell, Counter[str]]) -> dict[object, dict[str, int]]:
    """Every cell of the month and the month before it that has anything in it."""
    since = story.first.replace(day=1) - 25 * ONE_DAY
    return {
        cell: kept
        for cell, counts in walked.items()
        if since <= cell[0] <= story.last and (kept := {name: n for name, n in counts.items() if n})
    }


def stored_days(story: Story) -> dict[object, dict[str, int]]:
    """The same as the day summary has them."""
    units, services = site.codes("unit"), site.codes("service")
    since = story.first.replace(day=1) - 25 * ONE_DAY
    return {
        (date.fromordinal(row.day), units[row.unit_id], services[row.service_id], row.newborn): kept
        for row in census.day_summary(since.toordinal(), story.last.toordinal(), every_unit=True)
        if (kept := {name: n for name in MEASURES if (n := getattr(row, name))})
    }


def differences(
    product: Mapping[Any, Mapping[str, Any]], clock: Mapping[Any, Mapping[str, Any]]
) -> list[str]:
    """Where the two disagree, one line each."""
    return [
        f"{part} {key}: {ours} here, {theirs} by the clock"
        for part in sorted(product.keys() | clock.keys(), key=str)
        for key in sorted(product.get(part, {}).keys() | clock.get(part, {}).keys())
        if (ours := product.get(part, {}).get(key)) != (theirs := clock.get(part, {}).get(key))
    ]


def _compare(actor: Actor, folder: Path, seed: int, stays: int, corrections: int) -> None:
    story = a_story(seed)
    hospital = Hospital(actor, folder, story)
    for number, batch in enumerate(story.batches(stays, corrections)):
        hospital.hears(batch)
        walked = walk(story.house, story.last)
        assert differences(stored_days(story), clock_days(story, walked)) == [], (
            f"day summary, batch {number}"
        )
        if number == LAST_BATCH:
            hospital.weighs(story.weigh())
        like = clock_figures(story, walked)
        assert differences(printed_figures(hospital.figures(), like), like) == [], f"figures, batch {number}"


class TestGeneratedMonths:
    @pytest.mark.parametrize("seed", SHORT)
    def test_every_figure_is_what_the_clock_counts(self, admin: Actor, tmp_path: Path, seed: int) -> None:
        _compare(admin, tmp_path, seed, STAYS, CORRECTIONS)

    @pytest.mark.soak
    @pytest.mark.parametrize("seed", range(100, 250))
    def test_over_hundreds_of_months(self, admin: Actor, tmp_path: Path, seed: int) -> None:
        _compare(admin, tmp_path, seed, 60, 25)
