"""Every kind of late act, one by one: an act that changes the counts of a closed month marks it, and is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import pytest

from db import store
from db.actors import Actor
from db.changes import Source
from db.coding.site_tables import import_table
from db.connect import database, snapshot, writing
from db.conventions import OF_FIGURES, file_setting
from db.hospital import encounters, events, movements, site
from db.hospital.movements import Movement
from db.hospital.site import Beds
from db.patient_index import merging, patients
from db.statistics import census, closing, corrections
from db.statistics.late_records import Change
from rules.census import Event
from rules.corrections import Differing
from rules.events import EVENT_KINDS, NO_ACCOUNT
from rules.moments import Moment, day_number, moment
from tests.builders import a_closed_month, a_movement, a_patient, a_stay, an_encounter

SOURCE = Source("clerk", "test")
MONTH = "2025-11"

Acts = Iterator[tuple[str, Callable[[], object]]]
"""What is done, and the doing of it; each changes some count of November."""


def at(text: str) -> Moment:
    return moment(text, store.current().zone)


def last(table: str) -> int:
    return int(database.execute_sql(f"SELECT max(id) FROM {table}").fetchone()[0])


def changed(account: int, event: Event, when: str, disposition: str = "01") -> None:
    """The last movement of a kind at another time, or with another disposition."""
    row = movements.latest(account, event)
    assert row is not None
    where = (row.unit, row.service) if event is Event.ADMIT else ("", "")
    done = movements.change(row.id, Movement(event, at(when), *where, disposition=disposition), SOURCE)
    assert not done.refused, done.reason


class House:
    """A house of October to December 2025 with something that each act can change."""

    def __init__(self) -> None:
        self.people = [a_patient() for _ in range(4)]
        mother, dead, third, fourth = self.people
        self.mother = a_stay("2025-11-03T08:00", "2025-11-09T09:00", patient_id=mother, service="OBS")
        self.dead = a_stay("2025-11-10T08:00", "2025-11-14T09:00", patient_id=dead, disposition="20")
        self.ama = a_stay("2025-11-15T08:00", "2025-11-17T09:00", patient_id=third, disposition="07")
        self.back = a_stay("2025-11-25T08:00", "2025-11-26T09:00", patient_id=third)
        fifth = a_patient()
        a_stay("2025-11-01T08:00", "2025-11-02T09:00", patient_id=fifth)
        a_stay("2025-11-22T08:00", "2025-11-23T09:00", patient_id=fifth)  # back after 20 days
        self.long = a_stay("2025-10-28T08:00", patient_id=fourth)
        self.child = a_stay("2025-11-04T08:00", "2025-11-06T09:00", newborn="1")
        self.visit = an_encounter(mother, **{"class": "E"})
        self.child_died = a_stay("2025-11-04T08:00", "2025-11-05T09:00", newborn="1", disposition="20")
        self.short = a_stay("2025-11-20T06:00", "2025-11-22T04:00", disposition="20")  # 46 hours
        self.midnight = a_stay("2025-11-20T06:00", "2025-12-01T00:00")
        passing = a_stay("2025-11-02T06:00", "2025-11-12T08:00")
        a_movement(passing, "leave", "2025-11-05T10:00", leave_type="pass")
        a_movement(passing, "return", "2025-11-07T10:00")
        self.same_day = a_stay("2025-11-21T06:00", patient_id=a_patient())
        a_movement(self.same_day, "transfer", "2025-11-21T09:00", "4W", "SUR")
        a_movement(self.same_day, "discharge", "2025-11-21T15:00", disposition="01")
        with writing():
            for account, day in ((self.mother, "05"), (self.visit, "06")):
                events.apply(account, mother, "operation", at(f"2025-11-{day}T10:00"), "", SOURCE)
            # 4 days before the death, and 26 hours from the admission
            events.apply(self.dead, dead, "operation", at("2025-11-10T10:00"), "", SOURCE)
            events.apply(self.dead, dead, "infection", at("2025-11-11T10:00"), "hai", SOURCE)
            events.apply(self.mother, mother, "fetal_death", at("2025-11-04T09:00"), "weeks=21", SOURCE)

    def movements(self) -> Acts:
        """Every kind of movement entered, replaced and taken back."""
        entered = {
            "transfer": ("05", "4W", "SUR"), "service": ("05", "", "PED"), "leave": ("05", "", ""),
            "return": ("08", "", ""), "discharge": ("20", "", ""),
        }  # fmt: skip
        for event, (day, unit, service) in entered.items():
            made = Movement(Event(event), at(f"2025-11-{day}T10:00"), unit, service)
            yield f"{event} entered", partial(movements.record, self.long, made, SOURCE)
        later = partial(changed, self.long, Event.DISCHARGE, "2025-11-22T10:00")
        yield "date of a discharge", later
        yield "a death as a disposition", partial(later, "20")
        yield "hour of a death", partial(changed, self.short, Event.DISCHARGE, "2025-11-20T20:00", "20")
        for event in reversed(entered):
            yield f"{event} taken back", partial(movements.cancel_latest, self.long, Event(event), SOURCE)
        yield "date of an admission", partial(changed, self.long, Event.ADMIT, "2025-11-01T08:00")
        yield "admission taken back", partial(movements.cancel_latest, self.long, Event.ADMIT, SOURCE)
        again = Movement(Event.ADMIT, at("2025-10-29T08:00"), "3E", "MED")
        yield "admission entered", partial(movements.record, self.long, again, SOURCE)

    def events(self) -> Acts:
        """Every kind of event with every detail: entered, of another detail, and taken back."""
        for kind, rule in EVENT_KINDS.items():
            for number, word in enumerate(rule.details):
                account, when = 0 if word in NO_ACCOUNT else self.dead, at(f"2025-11-12T{8 + number:02d}:00")
                others = [each for each in rule.details if each != word and not {each, word} & NO_ACCOUNT]
                for said in (word, *others):
                    done = f"{kind} {word} {'entered' if said == word else 'is ' + said}"
                    yield done, partial(events.apply, account, self.people[1], kind, when, said, SOURCE)
                yield f"{kind} {word} taken back", lambda: events.void(last("event"), SOURCE)

    def records(self) -> Acts:
        """Accounts and charts put together and apart, moved, and marked."""
        yield (
            "accounts merged of which one has events alone",
            lambda: merging.merge_accounts(self.mother, self.visit, SOURCE),
        )
        yield "these taken apart", lambda: merging.undo_accounts(last("merge"), SOURCE)
        yield "accounts merged", lambda: merging.merge_accounts(self.mother, self.child, SOURCE)
        yield "taken apart", lambda: merging.undo_accounts(last("merge"), SOURCE)
        yield "charts merged", lambda: patients.merge(self.people[1], self.people[0], SOURCE)
        yield "charts apart", lambda: patients.undo_merge(last("merge"), SOURCE)
        yield (
            "account of another chart",
            lambda: encounters.move_to_patient(self.back, self.people[0], SOURCE),
        )
        yield "newborn's", lambda: self._newborn("0")
        yield "newborn's again", lambda: self._newborn("1")
        yield (
            "a weight",
            lambda: database.execute_sql(
                "UPDATE encounter SET weight_ten_thousandths = 12345 WHERE id = ?", (self.ama,)
            ),
        )

    def _newborn(self, mark: str) -> object:
        number, owner = database.execute_sql(
            "SELECT account, patient_id FROM encounter WHERE id = ?", (self.child,)
        ).fetchone()
        return encounters.apply(number, owner, {"newborn": mark}, SOURCE)

    def persons(self) -> Acts:
        """What signed pages divide people by."""
        (mrn,) = database.execute_sql("SELECT mrn FROM patient WHERE id = ?", (self.people[0],)).fetchone()
        new = {"sex": "M", "birth_date": "1999-03-09", "race": "2028-9", "ethnicity": "2135-2", "county": "Kent",
               "zip": "13001"}  # fmt: skip
        for name, value in new.items():
            yield name, partial(patients.apply, {"mrn": mrn, name: value}, SOURCE)
        (account,) = database.execute_sql(
            "SELECT account FROM encounter WHERE id = ?", (self.mother,)
        ).fetchone()
        for name, value in (("payer", "BCX"), ("point_of_origin", "4")):
            yield name, partial(encounters.apply, account, self.people[0], {name: value}, SOURCE)
        yield "a class of payer", lambda: site.apply("payer", "BCX", {"class": "blue"}, SOURCE)

    def site(self) -> Acts:
        """Files of the site."""
        yield "beds", lambda: site.apply_beds(Beds("3E", day_number("2025-11-10"), 20, 4), SOURCE)
        yield "beds corrected", lambda: site.apply_beds(Beds("3E", day_number("2025-11-10"), 21, 4), SOURCE)
        yield "a service is obstetric", lambda: site.apply("service", "OBS", {"obstetric": "1"}, SOURCE)
        yield (
            "a unit is none of the census",
            lambda: site.apply("unit", "4W", {"counts_in_census": "0"}, SOURCE),
        )
        yield "a unit is of the census", lambda: site.apply("unit", "4W", {"counts_in_census": "1"}, SOURCE)


def conventions(actor: Actor) -> Acts:
    """Every way of counting."""
    values = {
        "census_hour": "00:00", "leave_rule": "vista", "same_day_unit": "admitting", "early_death_hours": "24",
        "pass_hours": "24", "readmission_rule": "cms", "infection_rule": "textbook",
        "newborns_in_death_rates": "both terms",
    }  # fmt: skip
    assert set(values) == OF_FIGURES
    for name, value in values.items():
        yield name, partial(file_setting, actor, name, value, day_number("2025-10-01"))


def tables(actor: Actor) -> Acts:
    """Tables that counts are made by."""
    rows = {
        "discharge_disposition 07": 'class = "home"',
        "statistics_limits readmission_days": "count = 10",
        "statistics_limits postoperative_days": "count = 3",
        "statistics_limits infection_hours": "count = 20",
        "fetal_bands intermediate": "weeks = 22, grams = 501",
        "age_bands 70": "years = 70",
    }
    lines: dict[str, list[str]] = {}
    for named, more in rows.items():
        table, code = named.split()
        lines.setdefault(table, []).append(f'{{ code = "{code}", text = "x", {more} }}')
        text = f'id = "{table}"\ntitle = "x"\nrows = [{", ".join(lines[table])}]\n'
        yield named, partial(import_table, actor, text, f"{table}.toml")


@pytest.fixture
def house(admin: Actor) -> House:
    made = House()
    a_closed_month(admin, MONTH)
    return made


UNCOUNTED = ["operation  is clean", "operation clean is "]  # the detail of an operation is in no count


class TestALateAct:
    def test_of_every_kind_marks_the_month_whose_figures_it_changes_and_explains_it(
        self, admin: Actor, house: House
    ) -> None:
        idle, unmarked, unexplained = [], [], []
        figures, told = seen()
        keyed = chain(house.persons(), house.events(), house.records(), house.site(), house.movements())
        for name, do in chain(conventions(admin), tables(admin), map(in_one, keyed)):
            database.execute_sql("UPDATE closing_state SET changed = 0")
            do()
            census.bring_up_to_date_if_due()
            (before, told_before), (figures, told) = (figures, told), seen()
            if figures == before:
                idle.append(name)
            elif not closing.standing()[0].changed:
                unmarked.append(name)
            elif told == told_before:
                unexplained.append(name)
        assert (idle, unmarked, unexplained) == (UNCOUNTED, [], [])


def in_one(act: tuple[str, Callable[[], object]]) -> tuple[str, Callable[[], object]]:
    """As feeds and screens do it: in a transaction."""
    name, do = act

    def done() -> None:
        with writing():
            do()

    return name, done


def seen() -> tuple[tuple[Differing, ...], tuple[Change, ...]]:
    """The figures of the month that are not as signed, and the late changes that are told of it."""
    (standing,) = closing.standing()
    with snapshot():
        found = corrections.read(standing.closing)
    return found.figures, found.changes


class TestTheWindowOfReadmissions:
    def test_of_the_site_says_which_returns_mark_a_closed_month(self, admin: Actor) -> None:
        people = [a_patient() for _ in range(3)]
        for patient in people:
            a_stay("2025-11-03T08:00", "2025-11-09T09:00", patient_id=patient)
        a_closed_month(admin, MONTH)
        assert marks_of(partial(a_stay, "2025-12-19T08:00", patient_id=people[0])) == 0  # 40 days
        for days, marks in (("45", 1), ("30", 0)):
            assert marks_of(partial(import_table, admin, window(days), "statistics_limits.toml")) == 1
            assert marks_of(partial(a_stay, "2025-12-19T08:00", patient_id=people.pop())) == marks

    def test_that_is_filed_again_as_it_was_marks_nothing(self, admin: Actor) -> None:
        a_closed_month(admin, MONTH)
        assert marks_of(partial(import_table, admin, window("30"), "statistics_limits.toml")) == 0

    def test_in_force_at_the_end_of_the_month_tells_which_returns_are_late_changes(
        self, admin: Actor
    ) -> None:
        import_table(admin, window("40", 'valid_from = "2025-11-15"'), "statistics_limits.toml")
        patient = a_patient()
        a_stay("2025-11-03T08:00", "2025-11-09T09:00", patient_id=patient)
        a_closed_month(admin, MONTH)
        a_stay("2025-12-14T08:00", patient_id=patient)  # 35 days
        assert [each.kind for each in seen()[1]] == ["readmission entered"]


class TestATableThatCountsAreMadeBy:
    def test_is_told_in_words_and_by_whom(self, admin: Actor) -> None:
        patient = a_patient()
        a_stay("2025-11-03T08:00", "2025-11-04T09:00", patient_id=patient)
        a_stay("2025-11-20T08:00", patient_id=patient)
        a_closed_month(admin, MONTH)
        import_table(admin, window("10"), "statistics_limits.toml")
        (told,) = seen()[1]
        assert (told.kind, told.old, told.new, told.by, told.origin) == (
            "table edited", "statistics limits readmission days count 30",
            "statistics limits readmission days count 10", "admin", "table import",
        )  # fmt: skip


class TestAnEventThatGoesToAnotherAccount:
    def test_is_told_with_both_accounts_and_by_whom(self, admin: Actor) -> None:
        ours, theirs = a_stay("2025-11-03T08:00", account="N1"), an_encounter(0, "N2", **{"class": "E"})
        with writing():
            events.apply(theirs, 0, "operation", at("2025-11-06T10:00"), "clean", SOURCE)
            events.apply(ours, 0, "operation", at("2025-11-05T10:00"), "", SOURCE)
        a_closed_month(admin, MONTH)
        with writing():
            merging.merge_accounts(ours, theirs, Source("clerk", "screen"))
        told = [each for each in seen()[1] if each.kind == "event of another account"]
        assert [(each.subject, each.old, each.new, each.by, each.origin) for each in told] == [
            ("N1", "operation clean of N2", "operation clean of N1", "clerk", "screen")
        ]


def marks_of(do: Callable[[], object]) -> int:
    """How often an act marks the month."""
    database.execute_sql("UPDATE closing_state SET changed = 0")
    do()
    return int(database.execute_sql("SELECT changed FROM closing_state").fetchone()[0])


def window(days: str, *more: str) -> str:
    """The site's own days of a readmission."""
    row = ", ".join(('code = "readmission_days", text = "Readmission"', f"count = {days}", *more))
    return f'id = "statistics_limits"\ntitle = "Limits"\nrows = [{{ {row} }}]\n'
