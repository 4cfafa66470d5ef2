"""What makes a data set a registry: its words, its list, its roles, its case finding; read and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from config.keys import standard_keys
from config.menu import REGISTRY_ROLES, standard_menu
from config.toml_source import Path, Source, did_you_mean
from rules.dictionary import CaseFinding, Dictionary, Group, Registry
from rules.values import is_date

FILL: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": (
        "mrn", "last_name", "first_name", "middle_name", "birth_date", "sex", "race", "ethnicity", "marital",
        "street", "city", "state", "zip", "county", "country", "phone", "death_date",
    ),
    "account": (
        "admitted_at", "discharged_at", "arrived_at", "arrived_date", "arrived_time", "admitted_date",
        "admitted_time", "discharged_date", "discharged_time", "disposition", "attending", "service", "unit", "payer",
        "priority", "point_of_origin",
    ),
    "abstract": (),  # any item of the account's abstract: ``abstract.diagnoses[1].code``
}  # fmt: skip
"""Where a new record can have an item from. ``arrived`` is the admission where no arrival is known."""

WORD: Final = re.compile(r"[A-Z][A-Z0-9]{1,7}")
_CODE: Final = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}")
_NAMED: Final = re.compile(r"\{([^}]*)\}")
_KEYS: Final[Mapping[str, type]] = {
    "list_word": str, "list_title": str, "roles": list, "columns": list, "panel": list, "help": str,
    "case_finding": dict,
}  # fmt: skip
_FINDING_KEYS: Final[Mapping[str, type]] = {
    "word": str, "title": str, "diagnoses": list, "principal": bool, "discharged_from": str,
}  # fmt: skip
WHERE: Final = "registry"
FINDING: Final = ("registry", "case_finding")


def read_registry(source: Source, table: dict[str, Any]) -> Registry | None:
    """The table ``[registry]`` of a dictionary, or None when what it needs is missing."""
    taken = source.take(table, _KEYS, (WHERE,), WHERE, ("list_word", "list_title"))
    for key in ("roles", "columns", "panel"):
        taken[key] = _texts(source, taken.get(key, []), (WHERE, key))
    pairs = (text.partition(":") for text in taken["columns"])
    taken["columns"] = tuple((item.strip(), heading.strip()) for item, _, heading in pairs)
    if "case_finding" in taken:
        taken["case_finding"] = _case_finding(source, taken["case_finding"])
    return Registry(**taken) if "list_word" in taken and "list_title" in taken else None


def _texts(source: Source, values: list[object], path: Path) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        source.wrong(path, WHERE, f"{path[-1]} must be a list of texts in quotes.")
        return ()
    return tuple(str(value) for value in values)


def _case_finding(source: Source, table: dict[str, Any]) -> CaseFinding | None:
    taken = source.take(table, _FINDING_KEYS, FINDING, WHERE, ("word", "title", "diagnoses"))
    ranges = list(_ranges(source, _texts(source, taken.get("diagnoses", []), (*FINDING, "diagnoses"))))
    if not all(key in taken for key in ("word", "title", "diagnoses")):
        return None
    if not ranges:
        source.wrong((*FINDING, "diagnoses"), WHERE, 'diagnoses are missing: name ranges such as "I60-I63".')
    plain = {key: taken[key] for key in ("principal", "discharged_from") if key in taken}
    return CaseFinding(taken["word"], taken["title"], tuple(ranges), **plain)


def _ranges(source: Source, written: Collection[str]) -> Iterator[tuple[str, str]]:
    """``I60-I63`` and ``G45.9`` as first and last code without point."""
    for text in written:
        low, _, high = text.upper().replace(".", "").replace(" ", "").partition("-")
        high = high or low
        if not _CODE.fullmatch(low) or not _CODE.fullmatch(high):
            message = f"{text!r} is no range of ICD-10-CM codes: write I60-I63, or one code."
            source.wrong((*FINDING, "diagnoses"), WHERE, message)
        elif low > high:
            source.wrong((*FINDING, "diagnoses"), WHERE, f"{text!r} ends before it begins.")
        else:
            yield low, high


def words_of(dictionary: Dictionary) -> dict[tuple[str, ...], str]:
    """The fast-path words of a data set by their place in its file."""
    words: dict[tuple[str, ...], str] = {("word",): dictionary.word}
    if dictionary.registry is not None:
        words["registry", "list_word"] = dictionary.registry.list_word
        if dictionary.registry.case_finding is not None:
            words["registry", "case_finding", "word"] = dictionary.registry.case_finding.word
    return words


def check_words(source: Source, dictionary: Dictionary) -> None:
    """Words must be words, different ones, and free: no screen, menu or key has them."""
    menu, keys = standard_menu(), standard_keys().by_word
    seen: dict[str, str] = {}
    for path, word in words_of(dictionary).items():
        name = path[-1]
        if not WORD.fullmatch(word):
            message = f"the {name} {word!r} must be 2 to 8 capital letters or digits."
            source.wrong(path, "" if len(path) == 1 else WHERE, message.replace("list_word", "list word"))
        elif word in seen:
            source.wrong(path, WHERE, f"the word {word!r} is given twice: choose another.")
        elif word in keys:
            source.wrong(path, "", f"the word {word!r} is a key's word: choose another.")
        elif word in menu.menus or (word in menu.screens and menu.screens[word].data_set != dictionary.id):
            opens = menu.menus[word].title if word in menu.menus else menu.screens[word].title
            source.wrong(path, "", f"the word {word!r} opens {opens!r} already: choose another.")
        seen[word] = name


def check_registry(source: Source, dictionary: Dictionary) -> None:
    """What a registry names must be there, and it must say whom a record is about."""
    registry = dictionary.registry
    if registry is None:
        return
    if "mrn" not in dictionary.by_id:
        source.wrong((WHERE,), WHERE, "a registry needs an item mrn: a record is about somebody.")
    for role in registry.roles:
        if role not in REGISTRY_ROLES:
            source.wrong(
                (WHERE, "roles"),
                WHERE,
                f"role {role!r} may not look at registries: use {', '.join(REGISTRY_ROLES)}.",
            )
    groups = {part.id for part in dictionary.parts() if isinstance(part, Group)}
    for column, _ in registry.columns:
        if column not in dictionary.by_id or "." in column:
            hint = did_you_mean(column, [name for name in dictionary.by_id if "." not in name])
            what = "is a group, which no column can show" if column in groups else f"is no item{hint}"
            source.wrong((WHERE, "columns"), WHERE, f"columns name {column!r}, which {what}.")
    for line in registry.panel:
        for name in _NAMED.findall(line):
            if name not in dictionary.by_id:
                hint = did_you_mean(name, dictionary.by_id)
                source.wrong((WHERE, "panel"), WHERE, f"the panel shows {name!r}, which is no item{hint}.")
    finding = registry.case_finding
    if finding is not None:
        if "account" not in dictionary.by_id:
            source.wrong(FINDING, WHERE, "case finding needs an item account: what is found is an account.")
        if finding.discharged_from and not is_date(finding.discharged_from):
            message = "discharged_from must be a day such as 2026-10-01."
            source.wrong((*FINDING, "discharged_from"), WHERE, message)


def fill_mistake(fill: str) -> str:
    """Why an item cannot be filled from there, as the end of a sentence; blank when it can."""
    place, dot, name = fill.partition(".")
    if place not in FILL or not dot or not name:
        return f"{fill!r} names no source: write {', '.join(f'{each}.item' for each in FILL)}"
    known = FILL[place]
    if known and name not in known:
        return f"there is no {fill!r}{did_you_mean(name, known)}"
    return ""
