"""Names that stand in for one not known yet: by the rows of a table, never by a guess."""

from __future__ import annotations

from rules.tables import CodeTable


def is_temporary(last_name: str, first_name: str, table: CodeTable, day: str = "") -> bool:
    """Whether a name is one that registration gives until the true one is known (UNKNOWN, BABYBOY ...).

    ``match`` of a row: ``whole`` (last or first name is the word), ``start`` (begins with it), ``last`` (the
    last name is the word and the first name one of ``first``). A patient without any name is temporary too.
    """
    last, first = _folded(last_name), _folded(first_name)
    if not last and not first:
        return True
    for row in table.on(day):
        match = row.more.get("match")
        if match == "last":
            if last == row.code and first in str(row.more.get("first", "")).split("|"):
                return True
        elif match == "start":
            if last.startswith(row.code) or first.startswith(row.code):
                return True
        elif row.code in (last, first):
            return True
    return False


def _folded(name: str) -> str:
    """Upper case, punctuation read as blanks, single blanks."""
    return " ".join("".join(c if c.isalnum() else " " for c in name.upper()).split())
