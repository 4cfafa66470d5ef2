"""Counts of the discharges of a period: readmissions, DRG weights, and what they are by payer, age, origin and more.

One pass over the stays that ended in the period; sums under the names of ``rules.statistics``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from config.code_tables import Shelf
from db import store
from db.coding import code_sets
from db.connect import database
from db.conventions import convention
from db.statistics import limits
from rules.moments import iso_date
from rules.periods import Period
from rules.statistics import Count

_STAYS: Final = "class = 'I' AND state = 'active'"
_LEFT: Final = "{stay}.discharge_day BETWEEN :first AND :last"
_LEFT_TO_MIDNIGHT: Final = (  # midnight may belong to the day that ends, as the last piece of the stay tells
    "{stay}.discharge_day BETWEEN :first AND :last + 1 AND ({stay}.discharge_day BETWEEN :first + 1 AND :last OR"
    " (SELECT to_day FROM segment WHERE encounter_id = {stay}.id ORDER BY seq DESC LIMIT 1) BETWEEN :first AND :last)"
)
ADULTS, NEWBORNS, ALL = "adults", "newborns", "all"
_OF: Final = {ADULTS: " AND newborn = 0", NEWBORNS: " AND newborn = 1", ALL: ""}
EXCLUDED: Final = ("ama", "transfer")  # classes of dispositions that the CMS measure leaves out


def ended(stay: str = "encounter") -> str:
    """The condition for a discharge from ``:first`` to ``:last``, by the census hour; ``stay`` names the encounter."""
    midnight = database.execute_sql("SELECT 1 FROM setting WHERE name = 'census_hour' AND value = '00:00'")
    return (_LEFT_TO_MIDNIGHT if midnight.fetchone() else _LEFT).format(stay=stay)


def left(of: str = ADULTS) -> str:
    """The condition for stays of a class that ended in the period from ``:first`` to ``:last``, in a unit of the
    census: the stays that the house counts as discharges."""
    outside = [str(id_) for (id_,) in database.execute_sql("SELECT id FROM unit WHERE counts_in_census = 0")]
    of_census = f" AND coalesce(unit_id, 0) NOT IN ({', '.join(outside)})" if outside else ""
    return f"{_STAYS} AND {ended()}{_OF[of]}{of_census}"


def one(sql: str, period: Period, **bound: Any) -> tuple[int, ...]:
    """One row; ``{discharged}`` stands for adults and children discharged in the period from units of the census."""
    row: tuple[int, ...] = database.execute_sql(
        sql.replace("{discharged}", left()), {"first": period.from_day, "last": period.to_day, **bound}
    ).fetchone()
    return row


BACK: Final = "coalesce(return_day <= discharge_day + :days, 0)"


def returning(period: Period) -> tuple[str, dict[str, Any]]:
    """The condition for a discharge that a readmission may follow, and what it and ``BACK`` bind."""
    days = limits.within("readmission_days", period.to_day)
    if convention("readmission_rule", period.to_day) == "all cause":
        return "(died = 0)", {"days": days}
    rows = _shelf()["discharge_disposition"].on(iso_date(period.to_day))
    excluded = json.dumps([row.code for row in rows if row.more.get("class") in EXCLUDED])
    condition = "(died = 0 AND disposition NOT IN (SELECT value FROM json_each(:excluded)))"
    return condition, {"days": days, "excluded": excluded}


def counts(period: Period) -> dict[str, Count]:
    """What the discharges of a period say of the house, in one pass over them.

    Live discharges and those followed by an admission, for any cause, within the days of the table (by the rule
    ``cms`` those who left against advice or were transferred to another hospital are no discharges of it); MS-DRG
    weights, and how many have one and how many have not; patients consulted, on whatever day of their stay.
    """
    live, bound = returning(period)
    left_all, alive, back, weighed, weight, consulted = one(
        f"SELECT count(*), coalesce(sum({live}), 0), coalesce(sum({live} AND {BACK}), 0),"
        " count(weight_ten_thousandths), coalesce(sum(weight_ten_thousandths), 0),"
        " coalesce(sum(consulted), 0) FROM encounter WHERE {discharged}",
        period, **bound,
    )  # fmt: skip
    return {
        "live_discharges": alive, "readmissions_30_day": back, "drg_weight": Fraction(weight, 10_000),
        "discharges_grouped": weighed, "discharges_not_grouped": left_all - weighed,
        "patients_consulted": consulted,
    }  # fmt: skip


# By what they are --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dimension:
    """What discharges are divided by. ``value`` is an expression over the stay and its patient."""

    title: str
    value: str
    filter: str = ""  # the parameter of the list of discharges that asks for one value
    file: str = ""  # the site file whose number the value is
    table: str = ""  # the code table that says what the value means


_AGE: Final = (  # completed years at admission, from dates written as numbers: 20261121 - 19501122
    "CASE WHEN length(p.birth_date) = 10 THEN (CAST(strftime('%Y%m%d', (admit_day - 719163) * 86400, 'unixepoch')"
    " AS INTEGER) - CAST(replace(p.birth_date, '-', '') AS INTEGER)) / 10000 END"
)
DIMENSIONS: Final[Mapping[str, Dimension]] = {
    "payer": Dimension("Payer", "payer_id", "payer", file="payer"),
    "payer-class": Dimension("Class of payer", "payer_class", "payer_class"),
    "physician": Dimension("Attending physician", "attending_id", "provider", file="provider"),
    "disposition": Dimension("Disposition", "disposition", "disposition", table="discharge_disposition"),
    "age": Dimension("Age at admission", "age", "age"),
    "sex": Dimension("Sex", "sex", "sex", table="sex"),
    "race": Dimension("Race", "race", "race", table="race"),
    "ethnicity": Dimension("Ethnicity", "ethnicity", "ethnicity", table="ethnicity"),
    "county": Dimension("County of residence", "county", "county"),
    "zip3": Dimension("ZIP, first three digits", "zip3", "zip3"),
    "drg": Dimension("MS-DRG", "drg", "drg"),
    "mdc": Dimension("Major diagnostic category", "mdc", "mdc", table="mdc"),
}

SIGNED: Final = ("payer", "payer-class", "disposition", "age", "sex", "race", "ethnicity", "county", "zip3")
"""Those that the signed page of the patient mix has."""
FROZEN: Final = ("discharges", "newborn_discharges", "deaths", "discharge_days", "drg_weight")
"""What is kept of each part with a closed month: its other figures follow from these, but readmissions, which go on."""

_SUMS: Final = {
    "discharges": "count(*)",
    "newborn_discharges": "sum(newborn)",
    "deaths": "sum(died)",
    "deaths_under_48h": "sum(died_under_48h)",
    "discharge_days": "coalesce(sum(los_days), 0)",
    "discharges_grouped": "count(weight_ten_thousandths)",
    "drg_weight": "coalesce(sum(weight_ten_thousandths), 0)",
    "live_discharges": "sum(live)",
    "readmissions_30_day": "sum(back)",
}
_PASS: Final = (
    "WITH stay AS MATERIALIZED (SELECT newborn, died, died_under_48h, los_days, e.weight_ten_thousandths,"
    " {live} AS live,"
    f" {{live}} AND {BACK} AS back, payer_id, attending_id, disposition, y.class AS payer_class, {_AGE} AS age,"
    " p.sex, p.race, p.ethnicity, upper(p.county) AS county, substr(p.zip, 1, 3) AS zip3, e.drg, e.mdc"
    " FROM (SELECT * FROM encounter WHERE {discharged}) e"
    " CROSS JOIN patient p ON p.id = e.patient_id LEFT JOIN payer y ON y.id = e.payer_id) {parts}"
)


@dataclass(frozen=True, slots=True)
class Part:
    """The discharges that have a value in common. ``code`` is blank where it is not known."""

    code: str
    name: str
    counts: Mapping[str, Count]
    asks: str  # what the list of discharges is to be asked for; blank: it cannot be


def mix(period: Period, by: Sequence[str], of: str = ADULTS) -> dict[str, list[Part]]:
    """The discharges of a period divided by each of ``DIMENSIONS``: one pass for all of them."""
    sums = ", ".join(_SUMS.values())
    parts = " UNION ALL ".join(
        f"SELECT '{word}', {DIMENSIONS[word].value} AS value, {sums} FROM stay GROUP BY value" for word in by
    )
    live, bound = returning(period)
    sql = _PASS.format(live=live, discharged=left(of), parts=parts)
    rows: dict[str, list[tuple[Any, dict[str, Count]]]] = {word: [] for word in by}
    bound |= {"first": period.from_day, "last": period.to_day}
    for word, value, *values in database.execute_sql(sql, bound):
        rows[word].append((value, _counts(values)))
    return {word: _parts(word, found, period) for word, found in rows.items()}


def divided(period: Period) -> dict[str, dict[str, dict[str, Count]]]:
    """``FROZEN`` of everybody discharged in a period, newborns too, by each of ``SIGNED`` and its codes."""
    return {
        word: {part.code: {name: part.counts[name] for name in FROZEN} for part in parts}
        for word, parts in mix(period, SIGNED, ALL).items()
    }


def _counts(values: Sequence[int]) -> dict[str, Count]:
    counts: dict[str, Count] = dict(zip(_SUMS, values, strict=True))
    counts["drg_weight"] = Fraction(int(counts["drg_weight"]), 10_000)
    counts["discharges_not_grouped"] = values[0] - int(counts["discharges_grouped"])
    return counts


def _parts(word: str, rows: Sequence[tuple[Any, Mapping[str, Count]]], period: Period) -> list[Part]:
    named = _named(word, period, [value for value, _ in rows])
    summed: dict[tuple[str, str, str], dict[str, Count]] = {}
    for value, counts in rows:
        into = summed.setdefault(named(value), dict.fromkeys(counts, 0))
        for name, count in counts.items():
            into[name] = Fraction(into[name]) + Fraction(count)
    asked = DIMENSIONS[word].filter
    order = sorted(summed, key=lambda key: (key[0] == "", key[0].zfill(3) if word == "age" else key[0]))
    return [
        Part(code, name, summed[code, name, asks], f"{asked}={asks}" if asked and asks else "")
        for code, name, asks in order
    ]


def _named(word: str, period: Period, values: Sequence[Any]) -> Any:
    """How a stored value is shown: its code, its name, and how the list of discharges asks for it."""
    dimension, day = DIMENSIONS[word], iso_date(period.to_day)
    unknown = ("", "(not known)", "none")
    if dimension.file:
        file = {
            id_: (code, name or code, code)
            for id_, code, name in database.execute_sql(f"SELECT id, code, name FROM {dimension.file}")
        }
        return lambda value: file.get(value, unknown)
    if word == "age":
        bands = limits.age_bands(period.to_day)
        return lambda years: unknown if years is None else _band(bands, years)
    if word == "drg":
        titles = code_sets.drg_titles(filter(None, values), date.fromordinal(period.to_day))
        return lambda drg: (drg, titles.get(drg, drg), drg) if drg else unknown
    if dimension.table:
        table = _shelf()[dimension.table]

        def meaning(value: str | None) -> tuple[str, str, str]:
            if not value:
                return unknown
            if "|" in value:
                return ("+", "More than one", "")
            row = table.meaning(value, day)
            return (value, row.text if row else value, value)

        return meaning
    return lambda value: (value, value, value) if value else unknown


def _band(bands: Sequence[tuple[int, str]], years: int) -> tuple[str, str, str]:
    at = max((place for place, (first, _) in enumerate(bands) if first <= years), default=0)
    first, name = bands[at]
    asks = f"{first}-{bands[at + 1][0] - 1}" if at + 1 < len(bands) else f"{first}+"
    return (str(first), name, asks)


def _shelf() -> Shelf:
    return Shelf(store.current().directory / "site" / "tables")
