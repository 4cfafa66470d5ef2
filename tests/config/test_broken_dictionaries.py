"""Broken files of registries and additions: every mistake with its line, one sentence each, all in one run."""

import re
from pathlib import Path

import pytest

from config.code_tables import shipped_tables
from config.data_sets import SiteFile, assemble, clash, library
from config.dictionary_reader import read_dictionary

GUIDE = (Path(__file__).parents[2] / "docs" / "guide-registry.md").read_text(encoding="utf-8")
FALLS, ADDITION = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
GROUP = (
    '\n[[section.item]]\nid = "calls"\nlabel = "Calls"\ntype = "group"\nrows = 5\nmin_rows = 1\n'
    '\n[[section.item.column]]\nid = "on"\nlabel = "On"\n'
)


def mistakes(text: str, file: str = "x.toml") -> list[str]:
    return [str(each) for each in read_dictionary(text, file, shipped_tables(), library().dictionaries)[1]]


def line_of(text: str, part: str) -> int:
    """The line of the last place where ``part`` begins."""
    return text[: text.rindex(part)].count("\n") + 1


class TestARegistry:
    @pytest.mark.parametrize(
        ("old", "new", "line", "sentence"),
        [
            ('list_word = "FLL"', 'lst_word = "FLL"', "lst_word",
             "registry: there is no setting 'lst_word', did you mean 'list_word'."),
            ('list_word = "FLL"', 'list_word = "fll"', "list_word",
             "registry: the list word 'fll' must be 2 to 8 capital letters or digits."),
            ('list_word = "FLL"', 'list_word = "FAL"', "list_word",
             "registry: the word 'FAL' is given twice: choose another."),
            ('list_word = "FLL"', 'list_word = "PAT"', "list_word",
             "the word 'PAT' opens 'Find a patient' already: choose another."),
            ('list_word = "FLL"', 'list_word = "CODING"', "list_word",
             "the word 'CODING' opens 'Abstracting and coding' already: choose another."),
            ('word = "FLF"', 'word = "EXIT"', "word = \"EXIT\"", "the word 'EXIT' is a key's word: choose another."),
            ('word = "FAL" ', 'word = "TRL" ', "word = \"TRL\"",
             "the word 'TRL' opens 'Trauma registry: records' already: choose another."),
            ('list_title = "Falls: records"', "list_title = 7", "list_title",
             "registry: list_title must be text in quotes."),
            ('"supervisor"]', '"coder"]', "roles", "registry: role 'coder' may not look at registries: use"),
            ('"harm: Harm"', '"ham: Harm"', "columns", "registry: columns name 'ham', which is no item, did you"),
            ("{days}", "{dys}", "panel", "registry: the panel shows 'dys', which is no item, did you mean 'days'."),
            ('id = "mrn"', 'id = "mrm"', "[registry]", "registry: a registry needs an item mrn"),
            ('id = "account"', 'id = "acount"', "[registry.case_finding]",
             "registry: case finding needs an item account"),
            ('"W00-W19"', '"W19-W00"', "diagnoses", "registry: 'W19-W00' ends before it begins."),
            ('"W00-W19"', '"00W"', "diagnoses", "registry: '00W' is no range of ICD-10-CM codes: write I60-I63"),
            ('["W00-W19", "Y92.23"]', "[]", "diagnoses", "registry: diagnoses are missing: name ranges"),
            ('discharged_from = "2026-01-01"', 'discharged_from = "soon"', "discharged_from",
             "registry: discharged_from must be a day such as 2026-10-01."),
            ('fill = "account.admitted_date"', 'fill = "account.admited_date"', "fill",
             "item admitted_on: there is no 'account.admited_date', did you mean 'admitted_date'."),
            ('fill = "account.admitted_date"', 'within = ["fell_on", "fel_on"]', "within",
             "item admitted_on: within names 'fel_on', which is no item, did you mean 'fell_on'."),
            ('fill = "account.admitted_date"', 'fill = "chart"', "fill",
             "item admitted_on: 'chart' names no source: write patient.item, account.item, abstract.item."),
            ('of = ["admitted_on", "fell_on"]', 'of = ["admitted_on"]', "of = [",
             "item days: days_between needs 2 items in of."),
            ('of = ["admitted_on", "fell_on"]', 'of = ["admitted_on", "fel_on"]', "of = [",
             "item days: of names 'fel_on', which is no item, did you mean 'fell_on'."),
            ('computed = "days_between"\n', "", "of = [", "item days: of is for computed items"),
            ('computed = "days_between"', 'computed = "days_betwen"', "computed",
             "item days: there is no function 'days_betwen', did you mean 'days_between'."),
            ('nulls = ["NK"]', 'default = "9"', "default", "item harm: default '9' is not in the table 'harm'."),
            ('level = "error"', 'level = "fatal"', "override", "edit FA1: what is fatal cannot be overridden"),
            ('override = true', 'override = "yes"', "override", "edit FA1: override must be true or false."),
            ('code = "1", text = "Minor"', 'code = "0", text = "Minor"', '{ code = "0", text = "Minor"',
             "table harm, code 0: it holds on the same day as the row 'None'."),
            ('text = "Minor"', 'txt = "Minor"', '{ code = "1"', "table harm, row 2: text is missing."),
            ('id = "harm"\ntitle', 'id = "sex"\ntitle', 'id = "sex"',
             "table sex: there is a code table of this id already: choose another."),
            ('table = "harm"', 'table = "ham"', "table = \"ham\"",
             "item harm: there is no code table 'ham', did you mean 'harm'."),
            ('version = "2026"', 'version = "20 26"', 'version = "20 26"',
             "the version '20 26' must be letters, digits, points and dashes."),
            ('id = "fall"', 'id = "The fall"', 'id = "The fall"',
             "section The fall: the id 'The fall' must be small letters, digits and _."),
            ("past = true", "past = yes", "past", "this is no TOML, invalid value."),
            ('label = "Harm"', 'label = "Harm', 'label = "Harm', "this is no TOML, illegal character"),
            ('label = "Harm"', 'label = "Harm"\nlabel = "Ham"', 'label = "Ham"', "no TOML, cannot overwrite a value"),
        ],
    )  # fmt: skip
    def test_tells_its_mistake_at_its_line(self, old, new, line, sentence):
        assert old in FALLS
        text = FALLS.replace(old, new, 1)
        found = mistakes(text)
        told = [each for each in found if sentence in each]
        assert told, found
        assert told[0].startswith(f"x.toml line {line_of(text, line)}"), told
        assert all(each.endswith(".") and "\n" not in each for each in found)

    def test_tells_all_mistakes_in_one_run(self):
        text = (
            FALLS.replace('"FLL"', '"fll"')
            .replace("{days}", "{dys}")
            .replace('table = "harm"', 'table = "ham"')
        )
        text = text.replace('kind = "order"', 'kind = "ordr"').replace("past = true", 'past = "no"')
        assert len(mistakes(text)) == 5

    def test_an_unfinished_file_is_told_with_its_last_line(self):
        found = mistakes('id = "x"\ntitle = "X"\nsection = [\n')
        assert found[0].startswith("x.toml line 3: this is no TOML")

    def test_groups_say_how_few_and_how_many_rows_they_have(self):
        text = FALLS.replace("\n[[edit]]", GROUP + "\n[[edit]]", 1)
        assert mistakes(text) == []
        wrong = text.replace("min_rows = 1", "min_rows = 6")
        sentence = "group calls: min_rows must be between 0 and rows, which is 5."
        assert mistakes(wrong) == [f"x.toml line {line_of(wrong, 'min_rows')}, {sentence}"]
        filled = text.replace('label = "On"', 'label = "On"\nfill = "patient.zip"')
        assert mistakes(filled)[0].endswith("item on: a column of a group cannot be filled from elsewhere.")

    def test_the_words_of_another_file_are_not_free(self):
        first = read_dictionary(FALLS, "a.toml", shipped_tables())[0]
        second = read_dictionary(
            FALLS.replace('"falls"', '"slips"').replace('"FAL"', '"SLI"'), "b.toml", shipped_tables()
        )[0]
        assert first is not None
        assert second is not None
        assert [str(each) for each in clash("b.toml", second, [first])] == [
            "b.toml: the word 'FLL' opens 'falls' already: choose another."
        ]


class TestAnAddition:
    @pytest.mark.parametrize(
        ("old", "new", "line", "sentence"),
        [
            ('extends = "abstract"', 'extends = "abstrct"', "extends",
             "there is no dictionary 'abstrct' to extend, did you mean 'abstract'."),
            ('id = "general" ', 'title = "General"\nid = "general" ', "title = \"General\"",
             "there is no setting 'title'"),
            ('id = "follow_up"\nlabel', 'id = "sex"\nlabel', 'id = "sex"', "item sex: this id is used more than once."),
            ('code = "GH1"', 'code = "A101"', "[[edit]]", "edit A101: this code is used by more than one edit."),
            ("disposition in 01 06", "dispositon in 01 06", "required_when",
             "item follow_up: a condition asks about 'dispositon', which is no item, did you mean 'disposition'."),
            ('items = ["follow_up"]', 'items = ["folow_up"]', "items",
             "edit GH1: there is no item 'folow_up', did you mean 'follow_up'."),
        ],
    )  # fmt: skip
    def test_tells_its_mistake_at_its_line(self, old, new, line, sentence):
        assert old in ADDITION
        text = ADDITION.replace(old, new, 1)
        told = [each for each in mistakes(text) if sentence in each]
        assert told, mistakes(text)
        # A condition that spans several settings is told at its item.
        near = line_of(text, line)
        assert int(re.search(r"line (\d+)", told[0])[1]) in range(near - 5, near + 1)

    def test_several_stand_one_upon_the_other_in_the_order_of_their_files(self):
        second = (
            ADDITION.replace('"general"', '"other"').replace("follow_up", "second_call").replace("GH1", "GH2")
        )
        newer = ADDITION.replace('version = "1"', 'version = "1b"')
        files = (ADDITION, second.replace('"1"', '"z"', 1), newer)
        made, wrong = assemble(None, [SiteFile(f"000{n}-x.toml", text) for n, text in enumerate(files)])
        assert wrong == []
        base = library().of("abstract").version
        versions = [each.version for each in made.dictionaries if each.id == "abstract"]
        assert versions == [base, f"{base}+1", f"{base}+1+z", f"{base}+1b+z"]
        newest = made.of("abstract")
        assert newest.version == f"{base}+1b+z"
        assert {"follow_up", "second_call"} <= set(newest.by_id)

    def test_holds_from_its_own_day(self):
        made, _ = assemble(None, [SiteFile("0001-a.toml", ADDITION)])
        assert "follow_up" in made.of("abstract", "2026-01-01").by_id
        assert "follow_up" not in made.of("abstract", "2025-12-31").by_id
