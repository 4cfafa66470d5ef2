"""The guide for those who write a dictionary: its example works, and no setting is missing from it."""

import re
from pathlib import Path

import pytest

from config.code_tables import read_table, shipped_tables
from config.data_sets import library
from config.dictionary_reader import EDIT_KEYS, ITEM_KEYS, TESTS, read_dictionary
from rules.dictionary import ItemType
from rules.edits import KINDS, WHOLE
from rules.findings import Level

GUIDE = (Path(__file__).parents[2] / "docs" / "data-dictionaries.md").read_text(encoding="utf-8")
REGISTRY = (Path(__file__).parents[2] / "docs" / "guide-registry.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


class TestTheGuide:
    def test_shows_a_dictionary_and_a_table_without_mistakes(self):
        registry, table = EXAMPLES
        assert read_dictionary(registry, "burns.toml", shipped_tables())[1] == []
        assert read_table(table, "burn_depth.toml")[1] == []

    def test_makes_a_registry_and_an_addition_without_mistakes(self):
        registry, addition = re.findall(r"```toml\n(.*?)```", REGISTRY, re.DOTALL)
        found, mistakes = read_dictionary(registry, "falls.toml", shipped_tables())
        assert mistakes == []
        assert found is not None
        assert found.registry is not None
        assert found.registry.list_word == "FLL"
        assert read_dictionary(addition, "general.toml", shipped_tables(), library().dictionaries)[1] == []

    @pytest.mark.parametrize(
        "word",
        sorted(
            {*ITEM_KEYS, *EDIT_KEYS, *TESTS, *ItemType, *Level, *KINDS, *WHOLE, "extends", "defaults", "rows"}
        ),
    )
    def test_names_every_setting(self, word):
        assert re.search(rf"[`\" ]{re.escape(word)}[`\" ]", GUIDE)
