"""Definitions of written reports: items by their labels, what is wrong with one, what it says in plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from config.data_sets import library
from rules.report_figures import bucket
from rules.report_sets import DataSet, data_set
from rules.report_words import words
from rules.report_writer import (
    CROSS,
    LIST,
    TOTALS,
    Break,
    Condition,
    Definition,
    Shown,
    Sort,
    as_json,
    from_json,
    problems,
    told,
    with_labels,
)

NOW = datetime(2026, 11, 22, 8, 0)
MADE = library()
OVER = data_set((MADE.of("abstract"),))
FINE = Definition("abstract", "Who left", LIST, (Shown("mrn"), Shown("age")))


def wrong(made: Definition) -> list[tuple[str, str]]:
    return [
        (each.field, each.message) for each in problems(made, OVER, MADE.tables, NOW, ("start of month",))
    ]


class TestItemsByLabel:
    @pytest.mark.parametrize(
        ("typed", "path"),
        [
            ("Principal payer", "payer"),
            ("principal p", "payer"),
            ("payer", "payer"),
            ("diagnoses: diagnosis", "diagnoses.code"),
            ("Diagnoses 1: Diagnosis", "diagnoses[1].code"),
            ("diagnoses[2].poa", "diagnoses[2].poa"),
            ("any diagnosis", "diagnoses.code"),
            ("Any surg", "procedures.surgeon"),
            ("any p", ""),
            ("any service", ""),
            ("d", ""),
            ("no such item", ""),
        ],
    )
    def test_a_path_a_label_or_the_beginning_of_just_one(self, typed: str, path: str) -> None:
        assert OVER.named(typed) == path

    def test_any_lists_what_repeats(self) -> None:
        assert {each.repeats for each in OVER.choices("any")} == {True}
        assert [each.path for each in OVER.choices("any surg")] == ["procedures.surgeon"]

    def test_every_item_is_found_by_what_it_is_called(self) -> None:
        assert [path for path in OVER.items if OVER.named(OVER.word(path)) != path] == []


class TestWhatIsWrong:
    def test_nothing_with_a_plain_list(self) -> None:
        assert wrong(FINE) == []

    @pytest.mark.parametrize(
        ("condition", "field", "sentence"),
        [
            (Condition("nowhere"), "item", "nowhere is no item of Discharge abstract: F4 lists them."),
            (Condition("age", "larger", "5"), "test", "larger is no test: F4 lists them."),
            (Condition("age", "over", "old"), "value", "old is no number."),
            (Condition("age", "over"), "value", "Age needs a value to compare with."),
            (
                Condition("age", "between", "18"),
                "value",
                "Age needs two values, such as 18 to 64, to compare with.",
            ),
            (Condition("age", "before", "T"), "test", "Age holds no date: use over, under or between."),
            (Condition("sex", "over", "5"), "test", "Sex holds no number: use is or between."),
            (Condition("sex", "is", "Q"), "value", "Q is no sex: F4 lists them."),
            (Condition("payer", "blank", "X"), "value", "Blank takes no value: leave this blank."),
            (Condition("autopsy", "is", "maybe"), "value", "Key Y or N."),
            (
                Condition("age", "is", "5", other=True),
                "other",
                "The first condition has none above it: leave Or blank.",
            ),
        ],
    )
    def test_a_condition_is_told_in_one_sentence_at_its_field(
        self, condition: Condition, field: str, sentence: str
    ) -> None:
        assert wrong(replace(FINE, conditions=(condition,))) == [(f"conditions[1].{field}", sentence)]

    @pytest.mark.parametrize(
        ("made", "field"),
        [
            (replace(FINE, title=""), "title"),
            (replace(FINE, columns=()), "columns[1].item"),
            (replace(FINE, columns=(Shown("mrn"), Shown("sex", figures="sum"))), "columns[2].figures"),
            (replace(FINE, columns=(Shown("age", figures="sum"),)), "columns[1].figures"),
            (replace(FINE, columns=(Shown("age", "month"),)), "columns[1].as"),
            (replace(FINE, breaks=(Break("diagnoses.code"), Break("procedures.code"))), "breaks[2].item"),
            (replace(FINE, breaks=(Break("note"),)), "breaks[1].item"),
            (replace(FINE, sorts=(Sort("diagnoses.code"),)), "sorts[1].item"),
            (replace(FINE, columns=(Shown(""),)), "columns[1].item"),
            (replace(FINE, sorts=(Sort("mrn", "sideways"),)), "sorts[1].order"),
            (replace(FINE, form=TOTALS), "breaks[1].item"),
            (replace(FINE, form=CROSS, breaks=(Break("sex"),)), "breaks[1].item"),
            (replace(FINE, first="whenever"), "first"),
        ],
    )
    def test_each_part_is_told_at_its_field(self, made: Definition, field: str) -> None:
        assert [path for path, _ in wrong(made)] == [field]

    @pytest.mark.parametrize("text", ["T-30", "10/01/2026", "start of month", ""])
    def test_a_period_is_a_date_or_moves(self, text: str) -> None:
        assert wrong(replace(FINE, first=text)) == []


class TestPlainWords:
    def test_all_that_is_asked_in_one_sentence(self) -> None:
        made = replace(
            FINE,
            conditions=(
                Condition("sex", "is", "F"), Condition("age", "over", "65"), Condition("age", "under", "1", other=True),
            ),
            breaks=(Break("discharged_at", "month"),),
            sorts=(Sort("mrn", "terminal"),),
        )  # fmt: skip
        assert words(made, OVER, MADE.tables, "10/01/2026 to 10/31/2026") == (
            "Discharge abstract, discharged 10/01/2026 to 10/31/2026, where Sex is F (Female) and (Age is over 65 or "
            "Age is under 1), by Discharged by month; sorted by MRN in terminal digit order"
        )

    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            (Condition("age", "over"), "Age is over (which value?)"),
            (Condition("age", "between", "18"), "Age is from (which value?)"),
            (Condition("service", "one of", "MED,"), "Service is one of MED"),
            (Condition("", "is", "5"), "(which item?) is 5"),
            (Condition("payer", "blank"), "Principal payer is blank"),
            (Condition("diagnoses.code", "begins", "a419"), "any Diagnoses: Diagnosis begins with A41.9"),
            (Condition("diagnoses.code", "is not", "I10"), "no Diagnoses: Diagnosis is I10"),
            (Condition("diagnoses.code", "blank"), "no Diagnoses: Diagnosis is filled"),
            (Condition("diagnoses[1].code", "is not", "I10"), "Diagnoses 1: Diagnosis is not I10"),
        ],
    )
    def test_a_condition_says_what_is_missing_and_which_rows_it_asks(
        self, condition: Condition, said: str
    ) -> None:
        made = replace(FINE, conditions=(condition,))
        assert words(made, OVER, MADE.tables) == f"Discharge abstract, where {said}"


class TestKept:
    def test_comes_back_as_it_was(self) -> None:
        made = with_labels(replace(FINE, conditions=(Condition("age", "over", "65", other=False),)), OVER)
        assert from_json(as_json(made)) == made

    def test_what_became_of_its_items_is_told(self) -> None:
        abstract = MADE.of("abstract")
        without = tuple(
            replace(section, parts=tuple(part for part in section.parts if part.id != "age"))
            for section in abstract.sections
        )
        over: DataSet = data_set((replace(abstract, version="2", sections=without), abstract))
        made = replace(FINE, labels={"mrn": "Chart number", "age": "Age"})
        assert told(made, over) == (
            "Chart number is called MRN now.",
            f"Age is no longer collected: version {abstract.version} was the last that had it.",
        )


class TestGroups:
    @pytest.mark.parametrize(
        ("item", "as_", "value", "group"),
        [
            ("discharged_at", "", "2026-10-31T23:59", "2026-10-31"),
            ("discharged_at", "month", "2026-10-31T23:59", "2026-10"),
            ("discharged_at", "quarter", "2026-10-31T23:59", "2026 Q4"),
            ("birth_date", "year", "1951", "1951"),
            ("birth_date", "month", "1951", "1951"),
            ("age", "10", "69", "60-69"),
            ("age", "10", "70", "70-79"),
            ("age", "", "70", "70"),
            ("age", "10", "/NK", "/NK"),
            ("payer", "", "MCR", "MCR"),
        ],
    )
    def test_dates_fall_into_months_and_numbers_into_steps(
        self, item: str, as_: str, value: str, group: str
    ) -> None:
        asked = OVER.find(item)
        assert asked is not None
        assert bucket(asked, as_, value) == group
