"""The menu table ``config/menu.toml``: every screen by dotted path, loaded at its first use."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from config import SHIPPED

if TYPE_CHECKING:  # the menu alone needs no dictionary
    from rules.dictionary import Dictionary

SCREEN_FIELDS = {"word", "title", "screen", "roles", "hidden", "aliases", "data_set"}
REGISTRY_ROLES = ("registrar", "supervisor", "privacy officer")  # who may look at registries at all
REGISTRIES = "REGISTRY"  # the menu that lists them
MENU_FIELDS = {"id", "title", "entries"}


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """A screen: its fast-path word, title, ``module:Class`` and the roles that may open it (none: all)."""

    word: str
    title: str
    screen: str
    roles: tuple[str, ...] = ()
    hidden: bool = False  # reached from other screens, in no menu
    aliases: tuple[str, ...] = ()
    data_set: str = ""  # which of them it shows, where one screen serves any

    def permits(self, roles: Collection[str]) -> bool:
        return not self.roles or any(role in roles for role in self.roles)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A menu: its entries are words of screens or ids of other menus, numbered from 1."""

    id: str
    title: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MenuTable:
    """Menus and screens by upper-case word; aliases lead to the same entry. The first menu is the main."""

    menus: Mapping[str, MenuEntry]
    screens: Mapping[str, ScreenEntry]

    @property
    def main(self) -> str:
        return next(iter(self.menus), "")

    def visible(self, menu_id: str, roles: Collection[str]) -> list[ScreenEntry | MenuEntry]:
        """What a menu shows to someone with ``roles``: permitted screens, and menus that hold any."""
        return [entry for entry in self._entries(menu_id) if self._permitted(entry, roles)]

    def _entries(self, menu_id: str) -> Iterable[ScreenEntry | MenuEntry]:
        for word in self.menus[menu_id].entries:
            yield self.menus[word] if word in self.menus else self.screens[word]

    def _permitted(self, entry: ScreenEntry | MenuEntry, roles: Collection[str]) -> bool:
        if isinstance(entry, ScreenEntry):
            return entry.permits(roles)
        return any(self._permitted(below, roles) for below in self._entries(entry.id))


class MenuTableError(Exception):
    """A mistake in a menu table, in one sentence."""


def read_menu(text: str) -> MenuTable:
    """The menu table in ``text`` (TOML). Raises ``MenuTableError`` for the first mistake."""
    table = tomllib.loads(text)
    menus: dict[str, MenuEntry] = {}
    screens: dict[str, ScreenEntry] = {}
    for entry in table.get("screen", []):
        _only(entry, SCREEN_FIELDS, "word", "title", "screen")
        made = ScreenEntry(
            entry["word"].upper(),
            entry["title"],
            entry["screen"],
            tuple(entry.get("roles", ())),
            entry.get("hidden", False),
            tuple(alias.upper() for alias in entry.get("aliases", ())),
            entry.get("data_set", ""),
        )
        if ":" not in made.screen:
            raise MenuTableError(f"Screen {made.word}: {made.screen} must be written module:Class.")
        for word in (made.word, *made.aliases):
            if screens.setdefault(word, made) is not made:
                raise MenuTableError(f"The word {word} opens both {screens[word].word} and {made.word}.")
    for entry in table.get("menu", []):
        _only(entry, MENU_FIELDS, "id", "title", "entries")
        menu = MenuEntry(
            entry["id"].upper(), entry["title"], tuple(word.upper() for word in entry["entries"])
        )
        if menu.id in screens or menus.setdefault(menu.id, menu) is not menu:
            raise MenuTableError(f"The word {menu.id} is given twice.")
    for menu in menus.values():
        for word in menu.entries:
            if word not in menus and word not in screens:
                raise MenuTableError(f"Menu {menu.id} lists {word}, which is neither a screen nor a menu.")
    return MenuTable(menus, screens)


@cache
def standard_menu() -> MenuTable:
    """The menu that comes with the program."""
    return read_menu((SHIPPED / "menu.toml").read_text("utf-8"))


def with_registries(menu: MenuTable, dictionaries: Iterable[Dictionary]) -> MenuTable:
    """The menu with the words of registries that are not in it yet: list, record, and cases to find."""
    screens, words = dict(menu.screens), list(menu.menus[REGISTRIES].entries)
    for each in dictionaries:
        registry = each.registry
        if registry is None or registry.list_word in screens:
            continue
        made = [
            (registry.list_word, registry.list_title, "records"),
            (each.word, each.title, "record"),
        ]
        if finding := registry.case_finding:
            made.append((finding.word, finding.title, "suspense"))
        for word, title, name in made:
            roles = registry.roles or REGISTRY_ROLES
            screens[word] = ScreenEntry(word, title, f"screens.registry:{name}", roles, data_set=each.id)
            words.append(word)
    menus = {**menu.menus, REGISTRIES: replace(menu.menus[REGISTRIES], entries=tuple(words))}
    return MenuTable(menus, screens)


def _only(entry: Mapping[str, object], known: set[str], *needed: str) -> None:
    name = entry.get("word") or entry.get("id") or "without a name"
    if unknown := sorted(set(entry) - known):
        raise MenuTableError(f"Entry {name}: {', '.join(unknown)} is not known here.")
    if missing := [word for word in needed if word not in entry]:
        raise MenuTableError(f"Entry {name}: {', '.join(missing)} is missing.")
