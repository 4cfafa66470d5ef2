"""What one version of a data set asks that another does not, in words for whoever files under the newer one."""

from __future__ import annotations

from collections.abc import Iterable

from rules.dictionary import Dictionary, Edit, Group, Item

NAMED = 4  # names in one part of the sentence; the others are counted
SAME = (
    "id",
    "help",
    "standard",
    "citation",
    "confirm",
    "label",
    "width",
    "same_row",
)  # no change of what is asked


def differences(before: Dictionary, after: Dictionary) -> list[str]:
    """What is new, gone and changed, each as a part of a sentence, such as ``new: Pupils, TBI``."""
    old, new = before.by_id, after.by_id
    asked = [id_ for id_ in new if id_ in old and _asks_otherwise(old[id_], new[id_])]
    groups = {part.id: part for part in before.parts() if isinstance(part, Group)}
    resized = [
        part.label
        for part in after.parts()
        if isinstance(part, Group) and part.id in groups and _rows(groups[part.id]) != _rows(part)
    ]
    codes = {edit.code: edit for edit in before.edits}
    later = {edit.code: edit for edit in after.edits}
    parts = {
        "new": [item.label for id_, item in new.items() if id_ not in old],
        "gone": [item.label for id_, item in old.items() if id_ not in new],
        "asked otherwise": [new[id_].label for id_ in asked] + resized,
        "new edits": [code for code in later if code not in codes],
        "edits gone": [code for code in codes if code not in later],
        "edits changed": [
            code for code in later if code in codes and _rule(later[code]) != _rule(codes[code])
        ],
    }
    return [f"{what}: {_named(names)}" for what, names in parts.items() if names]


def _asks_otherwise(before: Item, after: Item) -> bool:
    fields = [name for name in Item.__slots__ if name not in SAME]
    return any(_plain(getattr(before, name)) != _plain(getattr(after, name)) for name in fields)


def _plain(value: object) -> object:
    """A table that a declaration brings is named after its version: the name behind the point is what counts."""
    return value.rpartition(".")[2] if isinstance(value, str) and "-" in value else value


def _rows(group: Group) -> tuple[int, int]:
    return group.rows, group.min_rows


def _rule(edit: Edit) -> tuple[object, ...]:
    return tuple(
        getattr(edit, name) for name in Edit.__slots__ if name not in ("message", "citation", "confirm")
    )


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more
