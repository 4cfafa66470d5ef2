"""The facility's own rows of code tables: files in STORE/site/tables/, written here alone, audited."""

from __future__ import annotations

from config.code_tables import TableError, read_table
from db import store
from db.actors import Action, Actor
from db.acts import act
from db.files import replace_file
from rules.tables import CodeTable


def import_table(actor: Actor, text: str, file: str) -> CodeTable:
    """Put a table's own rows in force; they win over the shipped ones. Raises ``TableError`` for mistakes."""
    table, mistakes = read_table(text, file)
    if table is None:
        raise TableError(mistakes)
    folder = store.current().directory / "site" / "tables"
    path = folder / f"{table.id}.toml"
    with act(actor, Action.AMEND_SITE_FILE, kind="table", record=table.id) as done:
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        done.changed({"text": before}, {"text": text})
        folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, text.encode())
    return table
