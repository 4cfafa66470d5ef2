"""The facility's own data dictionaries: files in STORE/site/dictionaries/, written here alone, audited.

A file is checked with everything that is there already, and put in force whole or not at all. Nothing that records
were filed under is changed: a version that has records is superseded by another, never rewritten.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from config.data_sets import FOLDER, SITE, DictionaryError, Library, SiteFile, assemble, site_files
from config.toml_source import Mistake
from db import store
from db.actors import Action, Actor
from db.acts import act
from db.connect import database
from db.files import replace_file
from rules.dictionary import Dictionary


def install(actor: Actor, text: str, file: str) -> list[Dictionary]:
    """Put a dictionary, or an addition to one, in force; what it makes: one for each version that it adds to.

    Raises ``DictionaryError`` with every mistake, and ``NotPermitted``.
    """
    site = store.current().directory / SITE
    own = site_files(site)
    with act(actor, Action.AMEND_SITE_FILE, kind="dictionary", record=file) as done:
        target, before = _place(text, own)
        replaced = [SiteFile(target, text) if each.name == target else each for each in own]
        with_it = replaced if before else [*own, SiteFile(target, text)]
        now, _ = assemble(site, own)
        then, mistakes = assemble(site, with_it)
        mistakes = [Mistake(file, each.line, each.where, each.message) if each.file == target else each
                    for each in mistakes]  # fmt: skip
        if mistakes or (mistakes := _in_use(file, now, then)):
            raise DictionaryError(mistakes)
        done.record = target.removesuffix(".toml")
        done.changed({"text": before}, {"text": text})
        (site / FOLDER).mkdir(mode=0o700, exist_ok=True)
        replace_file(site / FOLDER / target, text.encode())
    known = set(now.dictionaries)
    return [each for each in then.dictionaries if each not in known]


def filed_under() -> dict[tuple[str, str], int]:
    """How many records there are, void ones too, by data set and version."""
    rows = database.execute_sql(
        "SELECT data_set, version, count(*) FROM data_case GROUP BY data_set, version"
    )
    return {(data_set, version): count for data_set, version, count in rows}


def _place(text: str, own: Sequence[SiteFile]) -> tuple[str, str]:
    """The name under which a file is kept, and the text that it replaces: that of the same id and version."""
    id_, version = _named(text)
    for each in own:
        if id_ and _named(each.text) == (id_, version):
            return each.name, each.text
    numbers = [int(each.name[:4]) for each in own if each.name[:4].isdigit()]
    safe = "".join(c for c in f"{id_}-{version}" if c.isalnum() or c in "-._")
    return f"{max(numbers, default=0) + 1:04d}-{safe}.toml", ""


def _named(text: str) -> tuple[str, str]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "", ""  # told when it is read
    return str(data.get("id", "")), str(data.get("version", ""))


def _in_use(file: str, now: Library, then: Library) -> list[Mistake]:
    """Why the change cannot be made: records were filed under a version that it would alter or take away."""
    later = {(each.id, each.version): each for each in then.dictionaries}
    mistakes = []
    for (id_, version), count in filed_under().items():
        before = next((each for each in now.dictionaries if (each.id, each.version) == (id_, version)), None)
        if before is not None and later.get((id_, version)) != before:
            records = "1 record was" if count == 1 else f"{count} records were"
            message = f"{records} filed under version {version!r} of {id_!r}: give this file another version."
            mistakes.append(Mistake(file, 0, "", message))
    return mistakes
