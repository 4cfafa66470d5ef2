"""What is in the program is in the documentation: generated pages are current, and hand-written ones name no ghosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.menu import standard_menu
from recordroom import docs
from recordroom.cli import COMMANDS

ROOT = Path(__file__).parents[2]
SECURITY = ("security.md", "security-tests.md", "keys.md", "recovery.md")


class TestGeneratedPages:
    def test_every_page_is_current(self) -> None:
        """``make docs`` writes them anew."""
        kept = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / docs.FOLDER).glob("*.md")}
        assert kept == docs.pages()

    def test_the_page_of_the_reports_is_current(self) -> None:
        kept = (ROOT / docs.REPORTS).read_text(encoding="utf-8")
        assert kept == docs.with_reports(kept)
        assert "`incl_newborn_gross_death_rate`" in kept

    def test_every_screen_of_the_menu_can_be_loaded(self) -> None:
        import importlib

        for entry in set(standard_menu().screens.values()):
            module, _, name = entry.screen.partition(":")
            assert hasattr(importlib.import_module(module), name), entry.word


class TestHandWrittenPages:
    @pytest.mark.parametrize("page", ["README.md", "docs/user-guide.md", "docs/operate.md"])
    def test_commands_that_are_named_exist(self, page: str) -> None:
        text = (ROOT / page).read_text(encoding="utf-8")
        named = set(re.findall(r"(?:^|[\s`/(])recordroom ((?:[a-z][a-z0-9]+)(?=[ `\n]))", text))
        assert named <= set(COMMANDS) | {"listen"}, named - set(COMMANDS)

    def test_the_user_guide_names_every_screen_that_a_menu_shows(self) -> None:
        text = (ROOT / "docs/user-guide.md").read_text(encoding="utf-8")
        menu = standard_menu()
        shown = {word for each in menu.menus.values() for word in each.entries if word in menu.screens}
        assert {word for word in shown if f"`{word}`" not in text} == set()

    def test_tests_that_the_security_pages_name_exist(self) -> None:
        text = "".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in SECURITY)
        named = re.findall(r"`(?:tests/)?([a-z_]+/test_\w+\.py)(?:::(\w+))?`", text)
        assert len(named) > 80
        ghosts = [
            f"{file}::{name}"
            for file, name in named
            if not (path := ROOT / "tests" / file).is_file()
            or not re.search(rf"^ *(?:class|def) {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        ]
        assert ghosts == []

    def test_every_claim_of_the_security_model_names_its_test(self) -> None:
        text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
        claims = text.partition("## Claims, and the test of each\n")[2].partition("\n## ")[0]
        told = re.split(r"^- ", claims, flags=re.MULTILINE)[1:]
        assert len(told) > 50
        assert [claim for claim in told if "::" not in claim] == []

    def test_links_between_pages_lead_somewhere(self) -> None:
        broken = [
            f"{page.name}: {target}"
            for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
            for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
            if not (page.parent / target).exists()
        ]
        assert broken == []
