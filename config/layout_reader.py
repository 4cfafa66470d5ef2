"""Loads layouts of abstract files: the shipped ones and the site's own; tells every mistake by its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from config import SHIPPED
from config.dictionary_reader import conditions
from config.toml_source import Mistake, Source, did_you_mean
from config.toml_source import Path as Place
from rules.dictionary import Condition, Dictionary, Group, split_path
from rules.findings import Told
from rules.layouts import DIGITS, EXTRA, PATTERN, TEXT, Column, Layout, RecordType, Slots
from rules.text import clean

FOLDER: Final = "layouts"
NEWLINES: Final = {"crlf": "\r\n", "lf": "\n"}
_WIDEST: Final = 4000
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_LAYOUT: Mapping[str, type] = {
    "id": str, "title": str, "version": str, "citation": str, "confirm": bool, "newline": str, "columns": list,
    "map": dict, "record": list,
}  # fmt: skip
_RECORD: Mapping[str, type] = {
    "id": str, "title": str, "width": int, "each": str, "by": str, "where": list, "if_filled": bool, "columns": list,
    "slots": list,
}  # fmt: skip
_SLOTS: Mapping[str, type] = {
    "group": str, "from": int, "pitch": int, "count": int, "first_row": int, "when": list, "columns": list,
}  # fmt: skip
_COLUMN: Mapping[str, type] = {
    "at": str, "name": str, "item": str, "constant": str, "format": str, "pad": str, "fill": str, "clip": bool,
    "required": bool, "map": str, "otherwise": str, "when": list, "note": str,
}  # fmt: skip


class LayoutError(Told):
    """A layout cannot be used; one sentence for each mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def layouts(site: Path | None, dictionary: Dictionary) -> dict[str, Layout]:
    """Every layout by id; the site's own win over the shipped ones. Raises ``LayoutError``."""
    found: dict[str, Layout] = {}
    mistakes: list[Mistake] = []
    texts = [
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted((SHIPPED / FOLDER).iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
    folder = site / FOLDER if site else None
    if folder is not None and folder.is_dir():
        texts += [(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
    for name, text in texts:
        layout, wrong = read_layout(text, name, dictionary)
        mistakes += wrong
        if layout is not None:
            found[layout.id] = layout
    if mistakes:
        raise LayoutError(mistakes)
    return found


def layout_named(id_: str, site: Path | None, dictionary: Dictionary) -> Layout:
    """The layout with this id. Raises ``LayoutError``, and ``Told`` with the ids that there are."""
    found = layouts(site, dictionary)
    if id_ not in found:
        raise Told(
            f"There is no layout {clean(id_)}{did_you_mean(id_, found)}: use one of {', '.join(sorted(found))}."
        )
    return found[id_]


def read_layout(text: str, file: str, dictionary: Dictionary) -> tuple[Layout | None, list[Mistake]]:
    """The layout that ``text`` declares, or None, and every mistake in it in the order of the lines."""
    source = Source(file, text)
    if source.mistakes:
        return None, source.mistakes
    needed = ("id", "title", "version", "record")
    taken = source.take(source.data, _LAYOUT, (), "", needed)
    if not _ID.fullmatch(str(taken.get("id", "x"))):
        source.wrong(("id",), "", "id must be small letters, digits and hyphens.")
    if taken.get("newline", "crlf") not in NEWLINES:
        source.wrong(("newline",), "", "newline must be crlf or lf.")
    reader = _Reader(source, dictionary, _maps(source, taken.get("map", {})))
    common = reader.columns(taken.get("columns", []), ("columns",), "every record", _WIDEST, "")
    records = [
        record
        for number, table in enumerate(taken.get("record", []))
        if (record := reader.record(table, ("record", number), common)) is not None
    ]
    for number, record in enumerate(records):
        if record.id in {other.id for other in records[:number]}:
            source.wrong(("record", number), f"record {record.id}", "there is a record of this id already.")
    mistakes = sorted(set(source.mistakes))
    if mistakes or not all(name in taken for name in needed):
        return None, mistakes
    made = Layout(
        taken["id"], taken["title"], taken["version"], taken.get("citation", ""), tuple(records),
        NEWLINES[taken.get("newline", "crlf")], taken.get("confirm", False),
    )  # fmt: skip
    return made, []


def _maps(source: Source, given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, rows in given.items():
        wrong = not isinstance(rows, dict) or not all(isinstance(value, str) for value in rows.values())
        if wrong:
            source.wrong(
                ("map", name),
                f"map {name}",
                'write a code of ours and one of theirs in quotes, such as MED = "15".',
            )
        else:
            found[name] = dict(rows)
    return found


class _Reader:
    """Reads the parts of one layout."""

    def __init__(self, source: Source, dictionary: Dictionary, maps: Mapping[str, Mapping[str, str]]) -> None:
        self.source, self.dictionary, self.maps = source, dictionary, maps
        self.groups = {part.id for part in dictionary.parts() if isinstance(part, Group)}

    def record(self, table: object, path: Place, common: tuple[Column, ...]) -> RecordType | None:
        """One type of record."""
        if not isinstance(table, dict):
            self.source.wrong(path, "", "record must be written as [[record]].")
            return None
        where = f"record {table.get('id', '?')}"
        taken = self.source.take(table, _RECORD, path, where, ("id", "width", "columns"))
        width = taken.get("width", _WIDEST)
        if not 0 < width <= _WIDEST:
            self.source.wrong((*path, "width"), where, f"width must be from 1 to {_WIDEST}.")
            width = _WIDEST
        group = taken.get("each", "")
        self._group(group, (*path, "each"), where)
        if taken.get("by") and f"{group}.{taken['by']}" not in self.dictionary.by_id:
            self.source.wrong((*path, "by"), where, f"{group} has no column {taken['by']!r}.")
        own = self.columns(taken.get("columns", []), (*path, "columns"), where, width, group)
        slots = tuple(
            made
            for number, each in enumerate(taken.get("slots", []))
            if (made := self.slots(each, (*path, "slots", number), where, width)) is not None
        )
        self._overlaps((*common, *own), slots, path, where, width)
        if not all(name in taken for name in ("id", "width", "columns")):
            return None
        return RecordType(
            taken["id"], taken.get("title", ""), width, (*common, *own), slots, group, taken.get("by", ""),
            self._when(taken.get("where", []), (*path, "where"), where), taken.get("if_filled", False),
        )  # fmt: skip

    def slots(self, table: object, path: Place, where: str, width: int) -> Slots | None:
        """Rows of a group side by side."""
        if not isinstance(table, dict):
            self.source.wrong(path, where, "slots must be written as [[record.slots]].")
            return None
        needed = ("group", "from", "pitch", "count", "columns")
        where = f"{where}, slots of {table.get('group', '?')}"
        taken = self.source.take(table, _SLOTS, path, where, needed)
        if not all(name in taken for name in needed):
            return None
        self._group(taken["group"], (*path, "group"), where)
        if min(taken["from"], taken["pitch"], taken["count"], taken.get("first_row", 1)) < 1:
            self.source.wrong(path, where, "from, pitch, count and first_row count from 1.")
            return None
        made = Slots(
            taken["group"], taken["from"], taken["pitch"], taken["count"],
            self.columns(taken["columns"], (*path, "columns"), where, taken["pitch"], taken["group"]),
            taken.get("first_row", 1), self._when(taken.get("when", []), (*path, "when"), where),
        )  # fmt: skip
        if made.last > width:
            self.source.wrong(
                (*path, "count"),
                where,
                f"{made.count} slots end in column {made.last}, the record in {width}.",
            )
        return made

    def columns(
        self, rows: list[object], path: Place, where: str, width: int, group: str
    ) -> tuple[Column, ...]:
        """The columns of a record, or of a slot."""
        found = []
        for number, row in enumerate(rows):
            place = (*path, number)
            if not isinstance(row, dict):
                self.source.wrong(
                    place, where, 'a column must be written as { at = "1-4", name = "type", ... }.'
                )
            elif (made := self._column(row, place, where, width, group)) is not None:
                found.append(made)
        return tuple(found)

    def _column(self, row: dict[str, Any], path: Place, where: str, width: int, group: str) -> Column | None:
        where = f"{where}, column {row.get('name', '?')}"
        taken = self.source.take(row, _COLUMN, path, where, ("at", "name"))
        if "at" not in taken or "name" not in taken:
            return None
        match = re.fullmatch(r"([1-9][0-9]{0,3})(?:-([1-9][0-9]{0,3}))?", taken["at"])
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not match or first > last:
            self.source.wrong(
                path, where, 'at must be a column or a range counted from 1, such as "5" or "5-13".'
            )
            return None
        if last > width:
            self.source.wrong(path, where, f"column {last} is beyond the width of {width}.")
        self._item(taken.get("item", ""), path, where, group)
        known = taken.get("format", TEXT)
        if known not in (TEXT, DIGITS) and not PATTERN.fullmatch(known):
            self.source.wrong(
                path, where, f"format {known!r} must be text, digits or made of YYYY YY MM DD hh mm."
            )
        elif PATTERN.fullmatch(known) and len(known) > last - first + 1:
            self.source.wrong(
                path, where, f"format {known} takes {len(known)} columns, there are {last - first + 1}."
            )
        if taken.get("pad", "right") not in ("right", "left") or len(taken.get("fill", " ")) != 1:
            self.source.wrong(path, where, "pad is right or left, fill is one character.")
        if (name := taken.pop("map", "")) and name not in self.maps:
            self.source.wrong(path, where, f"there is no [map.{name}]{did_you_mean(name, self.maps)}.")
        self._constant(taken, path, where, last - first + 1)
        when = self._when(taken.pop("when", []), path, where)
        plain = {key: value for key, value in taken.items() if key != "at"}
        return Column(first=first, last=last, map=self.maps.get(name, {}), when=when, **plain)

    def _constant(self, taken: Mapping[str, Any], path: Place, where: str, width: int) -> None:
        if "constant" not in taken:
            return
        if "item" in taken:
            self.source.wrong(path, where, "a column holds an item or a constant, not both.")
        if len(taken["constant"]) > width or not taken["constant"].isascii():
            self.source.wrong(path, where, f"the constant does not fit into {width} columns of ASCII.")

    def _item(self, item: str, path: Place, where: str, group: str) -> None:
        if not item or item in EXTRA or item in self.dictionary.by_id:
            if item and "." in item and item.partition(".")[0] != group:
                self.source.wrong(
                    path, where, f"{item} is a column of a group that the record does not run through."
                )
            return
        named, row, column = split_path(item)
        if not (row and f"{named}.{column}" in self.dictionary.by_id):
            hint = did_you_mean(item, [*self.dictionary.by_id, *EXTRA])
            self.source.wrong(path, where, f"there is no item {item!r}{hint}.")

    def _group(self, group: str, path: Place, where: str) -> None:
        if group and group not in self.groups:
            self.source.wrong(path, where, f"there is no group {group!r}{did_you_mean(group, self.groups)}.")

    def _when(self, given: list[object], path: Place, where: str) -> tuple[Condition, ...]:
        made = conditions(self.source, given, path, where)
        for each in made:
            named, row, column = split_path(each.item)
            item = f"{named}.{column}" if row else each.item
            if item not in self.dictionary.by_id and item not in EXTRA:
                self.source.wrong(
                    path, where, f"there is no item {each.item!r}{did_you_mean(item, self.dictionary.by_id)}."
                )
        return made

    def _overlaps(
        self, columns: tuple[Column, ...], slots: tuple[Slots, ...], path: Place, where: str, width: int
    ) -> None:
        taken: dict[int, str] = {}
        spans = [(column.name, column.first, column.last) for column in columns]
        spans += [(f"slots of {each.group}", each.first, each.last) for each in slots]
        for name, first, last in spans:
            for column in range(first, min(last, width) + 1):
                if column in taken:
                    self.source.wrong(
                        path, where, f"column {column} is given to both {taken[column]} and {name}."
                    )
                    break
                taken[column] = name
