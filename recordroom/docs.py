"""Writes the pages of docs/reference/ from the tables that the program runs on; a test holds them to be current."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Final

import click

from config.data_sets import assemble, library, options
from config.keys import standard_keys
from config.menu import standard_menu
from db.actors import PERMITTED, Role
from db.hospital.site import CONVENTIONS
from recordroom.cli import COMMANDS, LazyGroup
from reports.catalogue import CATALOGUE
from rules.dictionary import Dictionary, Group, Item

FOLDER: Final = Path("docs/reference")
MADE: Final = (
    "<!-- Made by `make docs` from the tables of the program. Change the table, not this page. -->\n"
)


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    made = {
        "commands.md": _commands(),
        "keys.md": _keys(),
        "permissions.md": _permissions(),
        "reports.md": _reports(),
        "screens.md": _screens(),
        "settings.md": _settings(),
    }
    for id_ in library().ids():
        made[f"data-set-{id_}.md"] = _data_set(library().of(id_))
    for name, option in options().items():
        whole = assemble(None, [option])[0].dictionaries[-1]
        made[f"data-set-{name}.md"] = _data_set(whole)
    return {name: MADE + "\n" + text for name, text in made.items()}


def main() -> None:
    """Write the pages, and remove those that nothing makes any more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += [
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines) + "\n"


def _screens() -> str:
    menu = standard_menu()
    rows = []
    for word, entry in menu.screens.items():
        if word == entry.word:
            also = ", ".join(f"`{alias}`" for alias in entry.aliases)
            rows.append(
                (f"`{word}`", entry.title, also, ", ".join(entry.roles) or "all", f"`{entry.screen}`")
            )
    text = "# Screens\n\nKey the word at `===>`; `=WORD` leaves everything else first. From `config/menu.toml`.\n\n"
    text += _table(("word", "screen", "also", "roles", "module"), rows)
    text += "\n## Menus\n\n"
    text += _table(
        ("menu", "title", "holds"),
        [
            (f"`{each.id}`", each.title, " ".join(f"`{word}`" for word in each.entries))
            for each in menu.menus.values()
        ],
    )
    return text


def _keys() -> str:
    rows = [
        (each.label, ", ".join(each.keys), ", ".join(f"`{word}`" for word in each.words), each.help)
        for each in standard_keys().actions
    ]
    return "# Keys\n\nFrom `config/keys.toml`.\n\n" + _table(
        ("action", "keys", "words", "what it does"), rows
    )


def _reports() -> str:
    text = "# Reports\n\n`recordroom report ID`, screen `REP`. From `reports/catalogue.py`.\n\n"
    rows = [
        (
            f"`{each.id}`", each.code, each.title, each.about,
            ", ".join(f"`--{parameter.name}`" for parameter in each.parameters), str(each.action),
        )
        for each in CATALOGUE
    ]  # fmt: skip
    return text + _table(("id", "code", "title", "what it shows", "asks for", "permission"), rows)


def _permissions() -> str:
    text = "# Permissions\n\nFrom `db/actors.py`. The store decides at every act and logs refusals.\n\n"
    heads = ("act", *(str(role) for role in Role))
    rows = [
        (str(action), *("x" if role in roles else "" for role in Role)) for action, roles in PERMITTED.items()
    ]
    return text + _table(heads, rows)


def _settings() -> str:
    text = "# Settings\n\nConventions of counting and showing: screen `SITE`, each from a day on.\n\n"
    rows = [
        (f"`{name}`", says, default, ", ".join(permitted) or "free")
        for name, (default, permitted, says) in CONVENTIONS.items()
    ]
    return text + _table(("setting", "what it says", "default", "permitted"), rows)


def _commands() -> str:
    group = LazyGroup("recordroom")
    context = click.Context(group, info_name="recordroom")
    text = "# Commands\n\n`recordroom COMMAND --help` says the same. Store options stand before or after the words.\n"
    for name in sorted(COMMANDS):
        command = group.get_command(context, name)
        assert command is not None
        text += "".join(_command(command, f"recordroom {name}"))
    return text


def _command(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    taken = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
    yield f"\n## {' '.join((path, *taken))}\n\n{cleandoc(command.help or '')}\n"
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            below = command.get_command(context, name)
            assert below is not None
            yield from _command(below, f"{path} {name}")
        return
    rows = [
        (f"`{'`, `'.join(each.opts)}`", (each.help or "").strip())
        for each in command.params
        if isinstance(each, click.Option) and each.expose_value
    ]
    if rows:
        yield "\n" + _table(("option", "meaning"), rows)


def _data_set(dictionary: Dictionary) -> str:
    text = f"# {dictionary.title}\n\nData set `{dictionary.id}`, version {dictionary.version}. {dictionary.citation}.\n"
    for section in dictionary.sections:
        text += f"\n## {section.title} (`^{section.id.upper()}`)\n\n"
        rows: list[tuple[str, ...]] = []
        for part in section.parts:
            if isinstance(part, Group):
                rows.append((f"`{part.id}`", part.label, f"group, {part.rows} rows", "", "", part.help))
                rows += [_item(item, f"{part.id}.") for item in part.items]
            else:
                rows.append(_item(part))
        text += _table(("item", "label", "type", "table", "required", "meaning"), rows)
    text += "\n## Edits\n\n"
    text += _table(
        ("code", "level", "message", "source"),
        [
            (
                edit.code,
                str(edit.level),
                edit.message,
                edit.citation or ("to be confirmed" if edit.confirm else ""),
            )
            for edit in dictionary.edits
        ],
    )
    return text


def _item(item: Item, within: str = "") -> tuple[str, ...]:
    required = "yes" if item.required else "sometimes" if item.required_when else ""
    nulls = f" Nulls: {', '.join('/' + null for null in item.nulls)}." if item.nulls else ""
    confirm = " To be confirmed." if item.confirm else ""
    standard = f" {item.standard}." if item.standard else ""
    meaning = f"{item.help}{standard}{nulls}{confirm}".strip()
    return (f"`{within}{item.id}`", item.label, f"{item.type} {item.width}", item.table, required, meaning)


if __name__ == "__main__":
    main()
