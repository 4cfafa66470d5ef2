"""Writes the pages of docs/reference/ from the tables that the program runs on; a test holds them to be current."""

from __future__ import annotations

import re
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
from reports.catalogue import CATALOGUE, Report
from reports.parameters import Parameter
from reports.statistics.monthly_statistics import figure_keys
from rules.dictionary import Dictionary, Group, Item
from rules.statistics import ADULTS, BY_KEY, INCLUDING, LABELS, NEWBORN

FOLDER: Final = Path("docs/reference")
REPORTS: Final = Path("docs/reports.md")  # written by hand but for what stands between its marks
MADE: Final = (
    "<!-- Made by `make docs` from the tables of the program. Change the table, not this page. -->\n"
)
PART: Final = re.compile(r"(<!-- Made by `make docs`.*?-->\n).*(<!-- To here. -->\n)", re.DOTALL)


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    made = {
        "commands.md": _commands(),
        "keys.md": _keys(),
        "permissions.md": _permissions(),
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
    REPORTS.write_text(with_reports(REPORTS.read_text(encoding="utf-8")), encoding="utf-8")


def with_reports(text: str) -> str:
    """The page of the reports with every report, parameter and figure that there is."""
    return PART.sub(lambda found: f"{found[1]}\n{_reports()}\n{_figures()}\n{found[2]}", text)


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
    text = "## Every report\n\n"
    text += _table(
        ("code", "id", "title", "of patients", "signed with the month"),
        [
            (each.code, f"[`{each.id}`](#{each.code.lower()}-{each.id})", each.title,
             "yes" if each.names_patients else "", "yes" if each.closes else "")
            for each in CATALOGUE
        ],
    )  # fmt: skip
    return text + "".join(_report(each) for each in CATALOGUE)


def _report(report: Report) -> str:
    letters = hasattr(report.load(), "letters")
    text = f"\n### {report.code} {report.id}\n\n{report.about} Permission: {report.action}."
    text += " Letters: `--format merge`.\n" if letters else "\n"
    if not report.parameters:
        return text
    rows = []
    for each in report.parameters:
        needed = "yes" if each.required and not each.default else ""
        rows.append((f"`--{each.name}`", each.label, _values(each), each.default, needed))
    return text + "\n" + _table(("parameter", "asks for", "value", "default", "must be given"), rows)


def _values(parameter: Parameter) -> str:
    if parameter.kind == "choice":
        return ", ".join(parameter.choices)
    if parameter.chosen_of:
        return f"list of {', '.join(parameter.chosen_of)}"
    return f"{parameter.kind} ({parameter.source})" if parameter.source else parameter.kind


def _figures() -> str:
    """The figures of the monthly statistics: what each is made from."""
    text = "## Figures of `monthly-statistics`\n\n"
    text += (
        "The keys of `figures`, in the order of the page; `by_unit` and `by_service` have fewer of them.\n\n"
    )
    rows = []
    for prefix, key in figure_keys():
        of = {ADULTS: "adults and children", NEWBORN: "newborns", INCLUDING: "both"}[prefix]
        made, decimals = "counted", ""
        if formula := BY_KEY.get(key):
            factor = f" x {formula.factor}" if formula.factor > 1 else ""
            made, decimals = f"({formula.numerator}){factor} / ({formula.denominator})", str(formula.decimals)
        rows.append((f"`{prefix}{key}`", LABELS[key], of, made, decimals))
    return text + _table(("key", "figure", "of", "made from", "decimals"), rows)


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
