"""The menu table: what is shown to whom, and mistakes as sentences."""

from __future__ import annotations

import pytest

from config.menu import MenuTableError, read_menu

TABLE = """
[[screen]]
word = "abs"
title = "Abstract"
screen = "screens.abstracting.abstract:AbstractScreen"
aliases = ["PTF"]
[[screen]]
word = "USR"
title = "Users"
screen = "screens.users:UserScreen"
roles = ["administrator"]
[[menu]]
id = "MAIN"
title = "Main menu"
entries = ["ABS", "SITE"]
[[menu]]
id = "SITE"
title = "Site files"
entries = ["USR"]
"""


class TestMenu:
    def test_words_and_aliases_lead_to_one_entry(self) -> None:
        table = read_menu(TABLE)
        assert table.screens["PTF"] is table.screens["ABS"]
        assert table.main == "MAIN"

    def test_a_menu_shows_what_the_roles_permit(self) -> None:
        table = read_menu(TABLE)
        assert [entry.title for entry in table.visible("MAIN", {"administrator"})] == [
            "Abstract",
            "Site files",
        ]

    def test_a_menu_with_nothing_permitted_is_not_shown(self) -> None:
        table = read_menu(TABLE)
        assert [entry.title for entry in table.visible("MAIN", {"coder"})] == ["Abstract"]

    @pytest.mark.parametrize(
        ("addition", "sentence"),
        [
            ('[[screen]]\nword = "PTF"\ntitle = "x"\nscreen = "a:B"', "The word PTF opens both"),
            ('[[screen]]\nword = "X"\ntitle = "x"\nscreen = "a.B"', "must be written module:Class"),
            ('[[screen]]\nword = "X"\ntitle = "x"', "screen is missing"),
            ('[[screen]]\nword = "X"\ntitle = "x"\nscreen = "a:B"\nrole = "r"', "role is not known here"),
            ('[[menu]]\nid = "M"\ntitle = "x"\nentries = ["NONE"]', "which is neither a screen nor a menu"),
            ('[[menu]]\nid = "ABS"\ntitle = "x"\nentries = []', "is given twice"),
        ],
    )
    def test_a_mistake_is_one_sentence(self, addition: str, sentence: str) -> None:
        with pytest.raises(MenuTableError, match=sentence):
            read_menu(TABLE + addition)
