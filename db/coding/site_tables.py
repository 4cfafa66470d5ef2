"""The facility's own rows of code tables: files in STORE/site/tables/, written here alone, audited."""

from __future__ import annotations

from config.code_tables import TableError, read_table, shipped_tables
from config.toml_source import Mistake
from db import store
from db.actors import Action, Actor
from db.acts import act
from db.changes import Source, note_amendments
from db.files import replace_file
from db.statistics import census_state, limits
from rules.moments import day_number
from rules.tables import CodeTable


def import_table(actor: Actor, text: str, file: str) -> CodeTable:
    """Put a table's own rows in force; they win over the shipped ones. Raises ``TableError`` for mistakes."""
    table, mistakes = read_table(text, file)
    if table is None or (mistakes := _no_numbers(table, file)):
        raise TableError(mistakes)
    folder = store.current().directory / "site" / "tables"
    path = folder / f"{table.id}.toml"
    with act(actor, Action.AMEND_SITE_FILE, kind="table", record=table.id) as done:
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        counted_by = limits.in_words(table.id) if table.id in limits.OF_FIGURES else {}
        done.changed({"text": before}, {"text": text})
        folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, text.encode())
        if table.id in limits.OF_FIGURES:
            _note(actor, table.id, counted_by)
    return table


def _note(actor: Actor, table: str, before: dict[tuple[str, str], str]) -> None:
    """Months that were closed by the rows of a table as they were are to be compared with what is counted now."""
    after = limits.in_words(table)
    changed = {
        (code, since): (before.get((code, since), ""), after.get((code, since), ""))
        for code, since in {**before, **after}
        if before.get((code, since)) != after.get((code, since))
    }
    rows = [
        (day_number(since) if since else 1, f"{code} {old}".strip(), f"{code} {new}".strip())
        for (code, since), (old, new) in changed.items()
    ]
    number = limits.OF_FIGURES.index(table)
    census_state.note_table(number, rows, limits.widest("readmission_days"))
    fields = {f"{code} {since}".strip(): words for (code, since), words in changed.items()}
    note_amendments("table", number, fields, Source(actor.user, "table import"))


def _no_numbers(table: CodeTable, file: str) -> list[Mistake]:
    """Values that are no numbers, where every row that came with the program has one: what reads them counts with it.
    A row may leave some of its numbers out, not all."""
    shipped = shipped_tables()
    known = shipped[table.id].rows if table.id in shipped else ()
    columns = [
        name for name in (known[0].more if known else ()) if all(_number(row.more.get(name)) for row in known)
    ]
    return [
        Mistake(file, 0, row.code, f"{name} must be a number, as in the rows that came with the program.")
        for row in table.rows
        for name in columns
        if not _number(row.more.get(name)) and (name in row.more or row.more.keys().isdisjoint(columns))
    ]


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
