"""Edits of the discharge abstract that no structured rule can say: window, days, movements, births, deaths, codes.

Like every edit function they get the record as it was keyed: whatever cannot be read is passed over here, because
the check of its item has told of it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

from rules.codes import dotted
from rules.dictionary import Context, Edit, Record, is_null, row_path, split_path
from rules.edit_functions import Hit, answered
from rules.records import Rows
from rules.tables import TableRow, listed
from rules.values import decimal_of, is_date, is_moment, shown

DEATHS = ("20", "40", "41", "42")  # UB-04 FL 17


# The days before admission whose procedures belong to the stay


def window_row(context: Context, payer: str, admitted: str) -> TableRow | None:
    """The row of table ``preadmission_window`` for a hospital and a payer on the ISO day of admission.

    A row names kinds of facility (``facility``), ways in which Medicare pays (``payment``) and classes of payers
    (``payer``); what it does not name it leaves open, and the row that names most wins. What is not known
    of hospital or payer fits any.
    """
    table, payers = context.tables.get("preadmission_window"), context.tables.get("site.payers")
    found = payers.find(payer) if payers and payer else None
    class_ = str(found.more.get("class", "")).casefold() if found else ""
    here = {
        "facility": context.options.get("facility_kind", ""),
        "payment": context.options.get("hospital_payment", "ipps"),
        "payer": class_,
    }
    best, most = None, -1
    for row in table.on(admitted) if table else ():
        wanted = {name: listed(row.more.get(name)) for name in here}
        named = [name for name, values in wanted.items() if values]
        fits = all(not here[name] or here[name] in wanted[name] for name in named)
        if fits and len(named) >= most:
            best, most = row, len(named)
    return best


def first_day(row: TableRow | None, admitted: str) -> str:
    """The first ISO day that belongs to a stay: by calendar days, or by the clock where the row gives hours."""
    days, hours = (row.more.get(name, 0) if row else 0 for name in ("days", "hours"))
    back = timedelta(days=days if isinstance(days, int) else 0, hours=hours if isinstance(hours, int) else 0)
    moment = datetime.fromisoformat(admitted if is_moment(admitted) else admitted[:10])
    try:
        return (moment - back).date().isoformat()
    except OverflowError:
        return date.min.isoformat()


def procedure_in_window(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Procedure dates lie inside the stay, or in the time before admission that the payer counts to it."""
    admitted, discharged = answered(record, "admitted_at"), answered(record, "discharged_at")[:10]
    if not is_date(admitted[:10]):
        return
    for number, cells in rows.get("procedures", {}).items():
        day = cells.get("date", "")[:10]
        if not is_date(day) or admitted[:10] <= day <= (discharged if is_date(discharged) else day):
            continue
        row = window_row(context, answered(record, "payer"), admitted[:10])
        first = first_day(row, admitted)
        if first <= day < admitted[:10]:
            continue
        span = f"{shown(first)} to {shown(discharged) or 'today'}"
        by = f" ({row.text})" if row and day < admitted[:10] else ""
        message = f"Date of procedure {number} is outside {span}{by}: correct the date, or remove it."
        yield Hit(row_path("procedures", number, "date"), message)


def within_stay(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The days of the edit's columns lie between admission and discharge."""
    admitted, discharged = answered(record, "admitted_at")[:10], answered(record, "discharged_at")[:10]
    for path, value in cells_of(edit.items, record, rows):
        day = value[:10]
        if is_date(day) and (
            (is_date(admitted) and day < admitted) or (is_date(discharged) and day > discharged)
        ):
            yield Hit(path)


# Movements and days


def counting_date(moment: str, context: Context) -> date | None:
    """The day whose census first sees a moment: with a census at 00:00, midnight ends the day before."""
    if not is_date(moment[:10]):
        return None
    day = date.fromisoformat(moment[:10])
    midnight = context.options.get("census_hour") == "00:00" and moment[11:] == "00:00"
    return day - timedelta(days=1) if midnight and day > date.min else day


def stay_nights(record: Record, context: Context) -> int | None:
    """Days of the stay: discharge less admission, one at least; None while either is not known or they cross."""
    begun = counting_date(answered(record, "admitted_at"), context)
    ended = counting_date(answered(record, "discharged_at"), context)
    if begun is None or ended is None or ended < begun:
        return None
    return max(1, (ended - begun).days)


def _number(text: str) -> int:
    number = decimal_of(text)
    return int(number) if number is not None else 0


def _sums(rows: Rows) -> dict[str, int]:
    found = dict.fromkeys(("days", "leave_days", "pass_days"), 0)
    for cells in rows.get("movements", {}).values():
        for name in found:
            found[name] += _number(cells.get(name, ""))
    return found


def _with_ends(record: Record, rows: Rows) -> Iterator[tuple[int, Mapping[str, str], str]]:
    """The rows of the movements with the moment at which each ends: that of the next one, or the discharge."""
    movements = list(rows.get("movements", {}).items())
    for place, (number, cells) in enumerate(movements, 1):
        last = place == len(movements)
        yield number, cells, answered(record, "discharged_at") if last else movements[place][1].get("at", "")


def days_add_up(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Days on the units, on leave and on pass are together the days from admission to discharge."""
    wanted = stay_nights(record, context)
    if wanted is None or not rows.get("movements"):
        return
    found = _sums(rows)
    if sum(found.values()) != wanted:
        message = (
            f"Days on units {found['days']}, on leave {found['leave_days']} and on pass {found['pass_days']} do not "
            f"add up to the {wanted} days from admission to discharge: have the movements corrected (F10)."
        )
        yield Hit(row_path("movements", 1, "days"), message)


def away_within_row(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Leave and pass days of a unit and service do not exceed the days that passed there."""
    for number, cells, end in _with_ends(record, rows):
        begun, ended = counting_date(cells.get("at", ""), context), counting_date(end, context)
        away = _number(cells.get("leave_days", "")) + _number(cells.get("pass_days", ""))
        if begun is not None and ended is not None and away > max(0, (ended - begun).days):
            yield Hit(row_path("movements", number, "leave_days"))


def away_within_stay(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The days away that the edit's items count are together no more than those of the stay; told at the last."""
    nights = stay_nights(record, context)
    if nights is not None and sum(_number(answered(record, item)) for item in edit.items) > nights:
        yield Hit(edit.items[-1])


def service_days_agree(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The length of stay is that of the services' days by the site's rule about leave.

    Every night: leave and pass nights are off. VISTA: nights of passes (under setting ``pass_hours``) stay in, and a
    longer pass counts as leave. No deduction: all stay in.
    """
    stated = answered(record, "los_days")
    if decimal_of(stated) is None or not rows.get("movements"):
        return
    found = _sums(rows)
    counted = found["days"]
    rule = context.options.get("leave_rule", "every night")
    if rule in ("vista", "no deduction"):
        counted += found["pass_days"]
    if rule == "no deduction":
        counted += found["leave_days"]
    if _number(stated) != max(1, counted):
        message = (
            f"Length of stay is {stated}, but the services' days come to {max(1, counted)}: have the movements "
            "corrected (F10)."
        )
        yield Hit("los_days", message)


def column_total(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The second item is the sum of the first, a column."""
    column, total = edit.items[:2]
    group, _, name = column.partition(".")
    stated = decimal_of(answered(record, total))
    found = sum(_number(cells.get(name, "")) for cells in rows.get(group, {}).values())
    if stated is not None and rows.get(group) and stated != found:
        yield Hit(total)


def movements_in_order(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Movements begin with the admission, follow one another, and end before the discharge."""
    admitted, discharged = answered(record, "admitted_at"), answered(record, "discharged_at")
    moments = [
        (number, cells["at"])
        for number, cells in rows.get("movements", {}).items()
        if is_moment(cells.get("at", ""))
    ]
    if moments and is_moment(admitted) and moments[0][1] != admitted:
        yield Hit(row_path("movements", moments[0][0], "at"))
    for (_, before), (number, at) in pairwise(moments):
        if at < before:
            yield Hit(row_path("movements", number, "at"))
    for number, at in moments[1:]:
        if is_moment(discharged) and at > discharged:
            yield Hit(row_path("movements", number, "at"))


def shorter_than(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A movement lasted fewer than the edit's hours, and was not the only one."""
    hours = _number(edit.values[0])
    several = len(rows.get("movements", {})) > 1
    for number, cells, end in _with_ends(record, rows):
        begun = cells.get("at", "")
        if several and is_moment(begun) and is_moment(end):
            lasted = datetime.fromisoformat(end) - datetime.fromisoformat(begun)
            if timedelta(0) <= lasted < timedelta(hours=hours):
                yield Hit(row_path("movements", number, "at"))


def more_rows_than(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A group has more rows than the edit says: ``items`` a column of it, ``values`` how many it may have."""
    group, _, column = edit.items[0].partition(".")
    numbers = list(rows.get(group, {}))
    if len(numbers) > int(edit.values[0]):
        yield Hit(row_path(group, numbers[int(edit.values[0])], column))


def in_use(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """What a row names is in the site's file on the day of the row (``values``: its moment), not before or after."""
    for item in edit.items:
        group, _, column = item.partition(".")
        table = context.tables.get(edit.table or f"site.{column}s")
        for number, cells in rows.get(group, {}).items() if table else ():
            code, day = cells.get(column, ""), cells.get(edit.values[0], "")[:10]
            if table and code and is_date(day) and table.find(code) and not table.find(code, day):
                yield Hit(row_path(group, number, column))


# Text


def masked(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The edit's items are written like one of its values: 9 a digit, A a letter, N either, others as they stand."""
    for path, value in cells_of(edit.items, record, rows):
        if not any(_fits(value, mask) for mask in edit.values):
            yield Hit(path)


def _fits(text: str, mask: str) -> bool:
    if len(text) != len(mask) or not text.isascii():
        return False
    kinds = {"9": str.isdigit, "A": str.isalpha, "N": str.isalnum}
    pairs = zip(text, mask, strict=True)
    return all(kinds[place](each) if place in kinds else each == place for each, place in pairs)


def no_digits(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Names hold no digits."""
    for path, value in cells_of(edit.items, record, rows):
        if any(each.isdigit() for each in value):
            yield Hit(path)


def full_date(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A date is known to the day."""
    for path, value in cells_of(edit.items, record, rows):
        if len(value) < len("2026-01-01"):
            yield Hit(path)


def all_different(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """No two of the edit's items hold the same."""
    seen: set[str] = set()
    for path, value in cells_of(edit.items, record, rows):
        if value in seen:
            yield Hit(path)
        seen.add(value)


def same_text(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The edit's two items, where both are answered, hold the same."""
    first, second = (answered(record, item) for item in edit.items[:2])
    if first and second and first != second:
        yield Hit(edit.items[0])


def begins_without(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """None of the edit's items begins with one of its values."""
    for path, value in cells_of(edit.items, record, rows):
        if value.startswith(edit.values):
            yield Hit(path)


def some_begin(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """One at least of the rows of the first item begins with one of the edit's values; told at the last item."""
    found = [value for _, value in cells_of(edit.items[:1], record, rows)]
    if not any(value.startswith(edit.values) for value in found):
        yield Hit(edit.items[-1])


def linked_rows(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A column of row numbers (``1 3``) names only filled rows of a group (``values``), none of them twice, and no
    more than ``maximum``."""
    there = {str(number) for number in rows.get(edit.values[0], {})}
    for path, value in cells_of(edit.items, record, rows):
        words = value.split()
        if not set(words) <= there or not len(set(words)) == len(words) <= int(edit.maximum or len(words)):
            yield Hit(path)


# Births and deaths


def birth_measures(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Weight and weeks lie in the range that a newborn's code gives them (table ``newborn_codes``)."""
    table = context.tables.get("newborn_codes")
    for group, number, code in coded(rows, ("diagnoses",)):
        row = table.find(code, answered(record, "discharged_at")[:10]) if table else None
        measure = decimal_of(answered(record, str(row.more.get("item", "")))) if row else None
        if row is None or measure is None:
            continue
        low, high = row.more.get("low", 0), row.more.get("high", 10**6)
        if isinstance(low, int) and isinstance(high, int) and not low <= measure <= high:
            message = f"{dotted(code)} is {row.text}, but the abstract says {measure}: correct the code or the measure."
            yield Hit(row_path(group, number, "code"), message)


def death_registered_before(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Nobody is admitted after a day on which a death was registered."""
    dead, admitted = answered(record, "death_date"), answered(record, "admitted_at")[:10]
    if is_date(dead[:10]) and is_date(admitted) and dead[:10] < admitted:
        yield Hit("admitted_at")


def second_death(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Two reports of a death name one day: registration's and the abstract's."""
    dead, died = answered(record, "death_date")[:10], answered(record, "died_at")[:10]
    if is_date(dead) and is_date(died) and dead != died:
        yield Hit("died_at")


def alive_though_dead(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Nobody whose death is registered within the stay leaves it alive."""
    dead = answered(record, "death_date")[:10]
    admitted, discharged = answered(record, "admitted_at")[:10], answered(record, "discharged_at")[:10]
    inside = is_date(dead) and is_date(admitted) and is_date(discharged) and admitted <= dead < discharged
    if inside and answered(record, "disposition") not in ("", *DEATHS):
        yield Hit("disposition")


# Codes


def coded(rows: Rows, groups: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Group, row and code of every coded row."""
    for group in groups:
        for number, cells in rows.get(group, {}).items():
            code = cells.get("code", "")
            if code and not is_null(code):
                yield group, number, code


def excluded_pairs(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Two diagnoses of which the tabular list says, at one of them, that they are not coded together (Excludes1)."""
    if context.notes is None:
        return
    found = [(number, code) for _, number, code in coded(rows, ("diagnoses",))]
    told: set[tuple[int, int]] = set()
    for number, code in found:
        notes = context.notes(code)
        for other, beside in found if notes and notes.excludes1 else ():
            if notes and other != number and beside != code and beside.startswith(notes.excludes1):
                pair = (min(number, other), max(number, other))
                if pair not in told:
                    told.add(pair)
                    message = (
                        f"The tabular list excludes {_dotted(beside)} beside {_dotted(code)} (Excludes1): keep both "
                        "only if the two conditions have nothing to do with each other."
                    )
                    yield Hit(row_path("diagnoses", pair[1], "code"), message)


def code_first(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """What the tabular list says is coded first stands before the code that it says so of."""
    if context.notes is None:
        return
    found = [(number, code) for _, number, code in coded(rows, ("diagnoses",))]
    for place, (number, code) in enumerate(found):
        notes = context.notes(code)
        if notes is None or not notes.code_first:
            continue
        before = any(other.startswith(notes.code_first) for _, other in found[:place])
        after = next((other for _, other in found[place + 1 :] if other.startswith(notes.code_first)), "")
        if after and not before:
            message = (
                f"{_dotted(after)} is coded before {_dotted(code)} (Code first): move its row up (MOVE)."
            )
            yield Hit(row_path("diagnoses", number, "code"), message)


def _dotted(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def pacemaker_set(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A first pacemaker has its generator and its leads; a generator that is replaced stands without (table
    ``pacemaker_codes``)."""
    found = [(number, code) for _, number, code in coded(rows, ("procedures",)) if len(code) == 7]
    table = context.tables.get("pacemaker_codes")
    known = list(table.on(answered(record, "discharged_at")[:10])) if table and found else []
    parts: dict[str, list[int]] = {}
    for row in known:
        begins, devices = str(row.more.get("begins")), str(row.more.get("devices"))
        for number, code in found:
            if code.startswith(begins) and code[5] in devices:
                parts.setdefault(str(row.more.get("part")), []).append(number)
    if "generator" in parts and "lead" not in parts and "removed" not in parts:
        yield Hit(row_path("procedures", min(parts["generator"]), "code"))


def cells_of(items: Iterable[str], record: Record, rows: Rows) -> Iterator[tuple[str, str]]:
    """Path and value of items, and of columns in every row, that hold a value."""
    for item in items:
        group, dot, column = item.partition(".")
        if dot and not split_path(item)[1]:
            for number, cells in rows.get(group, {}).items():
                value = cells.get(column, "")
                if value and not is_null(value):
                    yield row_path(group, number, column), value
        elif value := answered(record, item):
            yield item, value
