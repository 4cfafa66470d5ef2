"""What F1 says: a field in a sentence or two, a form as a list of its sections, keys and words."""

from __future__ import annotations

from collections.abc import Sequence

from config.grids import Grid
from rules.dates import HOW_TO_KEY_A_DATE, HOW_TO_KEY_A_TIME
from tui.field import field_limit
from tui.keys import KeyMap, shown_key
from tui.screen import Field, FormScreen, Group, Kind, Note, Section
from tui.view import own_words

HOW = {
    Kind.DATE: HOW_TO_KEY_A_DATE,
    Kind.TIME: HOW_TO_KEY_A_TIME,
    Kind.MOMENT: "Key date and time as T@0730, 112126@1530 or NOW.",
    Kind.INTEGER: "Key a whole number.",
    Kind.DECIMAL: "Key a number.",
    Kind.YES_NO: "Key Y or N.",
    Kind.SECRET: "What is keyed is not shown.",
}
ENTRIES = (
    "Keyed alone into a field:",
    '  ?   help             ??  what the field takes      "   same as in the previous record',
    "  @   clears the field (in the first column of a table: deletes the row)",
    "  blank and Enter: the last value of this kind, such as the last patient",
    "  ^LABEL  jumps to a field or section, or is a word of the screen: ^FILE",
    "  ^?  lists where to    ^  leaves    ^^  goes home",
    "Typing replaces what is shown; an arrow key first, and it is changed in place.",
    "A code, date or fixed length that is complete is left by itself, and Enter behind it does no harm (HAB).",
    "Prompt by prompt (VIEW P), Enter keeps what stands before //, and -2 takes row 2 out of the table asked.",
)


def field_help(field: Field) -> list[str]:
    """What the field is, how it is keyed and what it takes. At least one sentence."""
    sentences = [field.help] if field.help else []
    if how := HOW.get(field.kind):
        sentences.append(how)
    elif not field.help:
        sentences.append(f"Up to {field_limit(field)} characters.")
    if field.imprecise:
        sentences.append("The day, or day and month, may be left out: JUL 1999, 1999.")
    if field.lookup:
        sentences.append("F4 lists what it takes.")
    if field.nulls:
        sentences.append(
            f"Null values: {', '.join('/' + null for null in field.nulls)}; / alone is the first."
        )
    if field.required:
        sentences.append("Required.")
    return sentences


def form_help(screen: FormScreen, sections: Sequence[Section], keymap: KeyMap) -> list[str]:
    """What the screen alone has comes first: its words, its letters, its sections."""
    lines = [
        *screen.help.splitlines(),
        *own_words(screen),
        *grid_help(screen.grid),
        *sheet_help(screen.worksheet),
    ]
    lines += ["", "Sections, with the word to jump to each:"]
    lines += [f"  ^{section.name.upper():<12} {section.title}" for section in sections if section.title]
    lines += ["", *ENTRIES, "", *key_help(keymap)]
    lines += ["", "Fields:"]
    for section in sections:
        for part in section.parts:
            if isinstance(part, Group):
                lines += [
                    f"  {part.label}: {column.label}. {' '.join(field_help(column))}"
                    for column in part.columns
                ]
            elif not isinstance(part, Note):
                lines.append(f"  {part.label}: {' '.join(field_help(part))}")
    return lines


def grid_help(grid: Grid | None) -> list[str]:
    """The letters of an overview and the numbers that jump to its parts."""
    if grid is None:
        return []
    lines = ["", "Letters of the overview (F11), with the number of an item or row: A, M2, D1-3,5, X3,1"]
    for block in grid.blocks:
        jumps = " ".join(f"^{word}" for word in block.jump)
        lines.append(f"  {block.title}{f' ({jumps})' if jumps else ''}:")
        lines.append("    " + ", ".join(f"{each.letter} {each.label.lower()}" for each in block.letters))
    return (
        [*lines, f"  The page itself: {' '.join(f'^{word}' for word in grid.home)}"] if grid.home else lines
    )


def sheet_help(grid: Grid | None) -> list[str]:
    """The signs of a worksheet."""
    if grid is None:
        return []
    heading = "Signs of the worksheet (VIEW W), on the row in hand while nothing is keyed into it:"
    signs = [", ".join(f"{each.letter} {each.label}" for each in block.letters) for block in grid.blocks]
    return [
        "",
        heading,
        *(f"  {block.title}: {text}" for block, text in zip(grid.blocks, signs, strict=True)),
    ]


def key_help(keymap: KeyMap) -> list[str]:
    """Every key and word of the key table."""
    lines = ["Keys and words:"]
    for action in keymap.table.actions:
        names = ", ".join([*(shown_key(key) for key in action.keys), *action.words])
        lines.append(f"  {names:<26} {action.help}")
    return lines
