"""W01: a report that somebody wrote, run over a data set: its records as a list, as totals or as a cross-tabulation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Final

from db import conventions, store
from db.actors import Action, Actor
from db.acts import viewed
from db.coding import code_sets
from db.coding.code_tables import all_tables
from db.connect import StoreError
from db.report_writer import records, saved, sets
from db.report_writer.records import Found, Wanted
from reports import identifiers
from reports.page import Document, Run, Setup, paginate, wrapped
from reports.parameters import FULL, MOVING_DAYS, RECORDS, Asked, NotAsked, moving
from reports.sheet import Sheet
from reports.writer.data import Data, by_label, group_keys, group_name
from reports.writer.layout import document
from reports.writer.reader import Reader
from reports.writer.tables import letters_of, tables_of
from rules.codes import System
from rules.dates import Unclear, parse_date, show_date
from rules.dictionary import ItemType, is_null
from rules.moments import day_number, iso_date
from rules.report_figures import Line, bucket, sort_key
from rules.report_sets import NUMBER, ROWS, Askable, DataSet
from rules.report_words import words
from rules.report_writer import DOWN, LIST, NO_PERCENT, Definition, Shown, told

SYSTEMS: Final = {ItemType.DIAGNOSIS: System.CM, ItemType.PROCEDURE: System.PCS}
PREVIEWED: Final = 5  # lines of a page that a preview shows
NARROW: Final = 80


def query(asked: Asked) -> Data:
    """Run a report by its name. Raises ``NotPermitted``, ``NotAsked``."""
    try:
        found = saved.of(asked.actor, asked["name"], int(asked.get("version", "0") or 0))
    except StoreError as error:
        raise NotAsked(str(error)) from error
    made = replace(
        found.definition,
        first=asked.get("from", "") or found.definition.first,
        last=asked.get("to", "") or found.definition.last,
    )
    by = f"{found.name}, version {found.version}, written by {found.owner}"
    keys, records = group_keys(asked.get("group", "")), asked.get("show") == RECORDS
    if len(keys) > len(made.breaks):
        items = f"{len(made.breaks) or 'no'} item{'s' * (len(made.breaks) > 1)}"
        raise NotAsked(f"{found.name} is grouped by {items}: {asked['group']} names {len(keys)}.")
    data = run(asked.actor, listing(made) if records else made, asked.identifiers, by)
    again = {"name": found.name, "version": str(found.version)}
    again |= {
        name: value
        for name in ("from", "to", "identifiers")
        if (value := data.ends.get(name, asked.get(name)))
    }
    return _of_group(replace(data, again=again), keys, away=records)


def listing(made: Definition) -> Definition:
    """The records behind a report: whose they are, when, and what it works its figures from."""
    if made.form == LIST:
        return made
    over = sets.find(made.data_set)
    number = "request_number" if over.find("request_number") else NUMBER
    who = [path for path in (number, "mrn", over.dictionary.dated_by) if over.find(path)]
    own = [replace(each, figures="sum" if "sum" in each.figures.split() else "") for each in made.columns]
    columns = [*(Shown(path) for path in who), *(each for each in own if each.item not in who)]
    return replace(made, form=LIST, columns=tuple(columns), percent=NO_PERCENT)


def _of_group(data: Data, keys: tuple[str, ...], *, away: bool) -> Data:
    """The lines of one group alone; ``away``: grouped by no more than what is left of the breaks."""
    named = [f"{by_label(data, level)}: {group_name(data, level, key)}" for level, key in enumerate(keys)]
    lines = [line for line in data.lines if line.keys[: len(keys)] == keys] if keys else data.lines
    made, gone = data.made, len(keys) if away else 0
    if gone:
        lines = [replace(line, keys=line.keys[gone:]) for line in lines]
        made = replace(made, breaks=made.breaks[gone:])
    said = "; only ".join((data.words, *([", ".join(named)] if named else [])))
    return replace(data, made=made, lines=lines, words=said, listed=_listed(lines))


def run(actor: Actor, made: Definition, level: str = FULL, by: str = "") -> Data:
    """Run a definition. Raises ``StoreError``, ``NotPermitted``, ``NotAsked``."""
    over = sets.open_set(actor, made.data_set)
    here = store.current()
    now = datetime.fromisoformat(here.now().local)
    style, tables = conventions.convention("date_style"), all_tables(here.directory)
    first, last = _ends(made, over, now)
    reader = Reader.of(actor, over, made, level)
    asked = [over.find(path) for path in made.every_path]
    who = made.form == LIST or any(each.telling for each in asked if each)
    wanted = Wanted(over, made.paths, made.conditions, now, first, last, sets.left_out(actor, over), who)
    found = records.fetch(wanted)
    lines = _lines(made, over, found, reader)
    period = _period(made, over, first, last, style)
    notes = (*told(made, over), *_repeating(made, over), *reader.sentences(len(wanted.without)))
    return Data(
        made, over, tables, style, period, by, words(made, over, tables, period, style), lines, notes,
        _listed(lines), _titles(made, over, found, lines), ends=_days(first, last),
        facility=here.facility, as_of=here.now().local[:10],
    )  # fmt: skip


def _listed(lines: Sequence[Line]) -> dict[str, str | int]:
    """What the audit trail keeps of the records that were read: how many, and by what they are told again."""
    ids = sorted({line.record for line in lines})
    return {"count": len(ids), "ids": hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:16]}


def _repeating(made: Definition, over: DataSet) -> list[str]:
    """What the page says of a group in which a record stands more than once."""
    found = (over.find(each.item) for each in made.breaks)
    return [
        f"A record counts once for each value of {each.label} that it has: the lines may add to more than the records."
        for each in found
        if each and each.repeats
    ]


def _titles(
    made: Definition, over: DataSet, found: Found, lines: Sequence[Line]
) -> dict[tuple[ItemType, str], str]:
    """What the codes are called that groups or columns put into words, where code sets are installed."""
    worded = {each.item for each in made.columns if each.as_ in ("text", "both")}
    worded |= {each.item for each in made.breaks if each.as_ != "code"}
    asked = [each for path in worded if (each := over.find(path)) and each.classified]
    if not asked:
        return {}
    with code_sets.opened() as codes:
        if codes is None:
            return {}
        return {
            (each.type, code): codes.title(code, SYSTEMS[each.type])
            for each in asked
            for code in {part for value in set(found.columns[each.path]) for part in value.split(ROWS)} - {""}
            if not is_null(code)
        }


def preview(
    actor: Actor, made: Definition, level: str = FULL, lines: int = PREVIEWED
) -> tuple[int, list[str]]:
    """How many records a definition finds, and the first lines of its page, logged as shown."""
    data = run(actor, made, identifiers.lowered(level, identifiers.ceiling(actor)))
    viewed(
        actor,
        Action.RUN_REPORT,
        kind="report",
        record="writer",
        detail={"preview": made.title, **data.listed},
    )
    first = replace(data, lines=data.lines[: lines * 2]) if made.form == LIST else data
    (page, *_) = paginate(document(first, NARROW), Run("", actor.user, ""), Setup(NARROW))
    body = [line for line in page.lines[page.title_lines :] if line.strip("- ")]
    words = len(wrapped(f"{data.words}.", NARROW))
    return data.records, body[words : words + lines]


def render(data: Data, width: int) -> Document:
    """The report on pages of 80 or 132 columns."""
    return document(data, width)


def sheets(data: Data) -> list[Sheet]:
    """The report as tables of typed values."""
    return tables_of(data)


def letters(data: Data) -> Sheet:
    """A row for each record, for a word processor to merge. Raises ``NotAsked`` where nobody is named."""
    return letters_of(data)


def _ends(made: Definition, over: DataSet, now: datetime) -> tuple[int | None, int | None]:
    """The period as day numbers, both inside. Raises ``NotAsked``."""
    if (made.first or made.last) and not over.dictionary.dated_by:
        raise NotAsked(f"{over.dictionary.title} have no date of their own: leave the period blank.")
    days: list[int | None] = []
    for text in (made.first, made.last):
        if not text:
            days.append(None)
            continue
        day = moving(text, "date", now.toordinal()) if text in MOVING_DAYS else parse_date(text, now)
        if isinstance(day, Unclear):
            raise NotAsked(day.sentence)
        days.append(day_number(day))
    first, last = days
    if first is not None and last is not None and last < first:
        raise NotAsked(f"The period ends ({made.last}) before it begins ({made.first}).")
    return first, last


def _days(first: int | None, last: int | None) -> dict[str, str]:
    """The ends of a period as what was asked from and to."""
    return {name: iso_date(day) for name, day in (("from", first), ("to", last)) if day is not None}


def _period(made: Definition, over: DataSet, first: int | None, last: int | None, style: str) -> str:
    if not over.dictionary.dated_by:
        return ""
    ends = [
        "" if day is None else show_date(datetime.fromordinal(day).date().isoformat(), style)
        for day in (first, last)
    ]
    if not any(ends):
        return "at any time"
    return f"{ends[0] or 'beginning'} to {ends[1] or 'today'}"


def _lines(made: Definition, over: DataSet, found: Found, reader: Reader) -> list[Line]:
    """The records in their order, each with what it is grouped by and its cells, as they may be shown."""
    hidden = [reader.hidden(chart) for chart in found.patients]
    stay = [at for at, each in enumerate(hidden) if not (each and reader.asked_who)]
    reader.dropped = len(hidden) - len(stay)
    shown = {
        path: reader.shown(over.find(path), [column[at] for at in stay], [hidden[at] for at in stay])
        for path, column in found.columns.items()
    }
    keys = [_bucketed(over.find(each.item), each.as_, shown[each.item]) for each in made.breaks]
    of, keys = _each_value(keys, len(stay))
    ranks = [_ranked(over.find(each.item), column) for each, column in zip(made.breaks, keys, strict=True)]
    for each in made.sorts:
        places = _ranked(over.find(each.item), shown[each.item], each.order)
        ranks.append([places[at] for at in of])
    word = over.dictionary.word if made.form == LIST and reader.level == FULL else ""
    goes = [f"{word} {found.numbers[at]}" if word and not hidden[at] else "" for at in stay]
    columns = [shown[each.item] for each in made.columns]
    cells = list(zip(*columns, strict=True)) if columns else [()] * len(stay)
    order = (
        sorted(range(len(of)), key=list(zip(*ranks, strict=True)).__getitem__) if ranks else range(len(of))
    )
    return [
        Line(
            tuple([column[line] for column in keys]),
            cells[of[line]],
            goes[of[line]],
            found.ids[stay[of[line]]],
        )
        for line in order
    ]


def _each_value(keys: list[list[str]], count: int) -> tuple[Sequence[int], list[list[str]]]:
    """The keys with a line for each value of those that hold several, and whose line each is."""
    if not any(ROWS in key for column in keys for key in column):
        return range(count), keys
    lines = [
        (at, values)
        for at, row in enumerate(zip(*keys, strict=True))
        for values in product(*(key.split(ROWS) for key in row))
    ]
    return [at for at, _ in lines], [
        list(column) for column in zip(*(values for _, values in lines), strict=True)
    ]


def _bucketed(asked: Askable | None, as_: str, column: Sequence[str]) -> list[str]:
    """The group of each value; each value is looked at once."""
    if asked is None:
        return [""] * len(column)
    known = {
        value: ROWS.join(dict.fromkeys(bucket(asked, as_, part) for part in value.split(ROWS)))
        for value in set(column)
    }
    return [known[value] for value in column]


def _ranked(asked: Askable | None, column: Sequence[str], order: str = "") -> list[int]:
    """The place of each value among all of them; blank comes last, whichever way the others go."""
    if asked is None:
        return [0] * len(column)
    keys = {value: sort_key(asked, value, order) for value in set(column)}
    ordered = sorted(keys, key=keys.__getitem__, reverse=order == DOWN)
    if order == DOWN:
        ordered.sort(key=lambda value: keys[value][0])
    places = {value: place for place, value in enumerate(ordered)}
    return [places[value] for value in column]
