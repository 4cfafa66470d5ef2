"""Derived items and edits of the trauma registry record: scores, ages, days, inclusion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from rules import trauma
from rules.dictionary import Context, Edit, Record, row_path
from rules.edit_functions import Hit, age_in_years, answered, minutes_between
from rules.records import Rows
from rules.tables import TableRow
from rules.values import decimal_of, is_date

MONTHS, YEARS = "3", "4"
"""NTDS AgeUnits that make years; all smaller units are less than one."""


def case_of(record: Record, rows: Rows) -> trauma.Case:
    """What the scores are made of, from the ED items and the injury lines."""
    parts = [_number(record, f"gcs_{part}") for part in ("eye", "verbal", "motor")]
    total, summed = _number(record, "gcs_total"), trauma.gcs_total(*parts)
    mechanism = answered(record, "mechanism_type").lower()
    return trauma.Case(
        injuries=injuries_of(rows),
        gcs=summed if total is None else total if summed in (None, total) else None,
        sbp=_number(record, "sbp"),
        rr=_number(record, "rr"),
        pulse=_number(record, "pulse"),
        age=_whole(age(record, rows, None)),
        mechanism=trauma.Mechanism(mechanism) if mechanism in list(trauma.Mechanism) else None,
        intubated=record.get("intubated_on_arrival") == "1",
    )


def injuries_of(rows: Rows) -> list[trauma.Injury]:
    """The AIS lines; a severity or region that is blank or null is not known."""
    return [
        trauma.Injury(_whole(cells.get("severity", "")), _whole(cells.get("region", "")))
        for cells in rows.get("injuries", {}).values()
    ]


def _whole(text: str) -> int | None:
    number = decimal_of(text)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _number(record: Record, item: str) -> int | None:
    return _whole(record.get(item, ""))


def model_of(context: Context) -> trauma.Model:
    """The TRISS model that the site has chosen; site options ``triss_set`` and ``triss_children_blunt``."""
    name = context.options.get("triss_set", trauma.DEFAULT_SET)
    known = trauma.coefficients(context.tables.get("triss"), name, context.now[:10])
    return trauma.Model(known, children_blunt=context.options.get("triss_children_blunt", "1") != "0")


# Derived items. Blank: nothing was entered yet that they could come from; /NK: an input is not known.


def age(record: Record, rows: Rows, context: Context | None) -> str:
    """Completed years at the incident, from the birth date, or from age and its units."""
    birth, incident = answered(record, "birth_date"), answered(record, "incident_date")
    known = age_in_years(birth, incident or answered(record, "arrival_date"))
    if known:
        return known
    stated, units = _number(record, "age"), answered(record, "age_units")
    if stated is None or stated < 0 or not units:
        return ""
    return str({YEARS: stated, MONTHS: stated // 12}.get(units, 0))


def ed_minutes(record: Record, rows: Rows, context: Context) -> str:
    """Minutes from hospital arrival to the physical exit from the ED."""
    return minutes_between(_moment(record, "arrival"), _moment(record, "ed_exit"))


def los_days(record: Record, rows: Rows, context: Context) -> str:
    """Calendar days in the hospital, first and last day counted."""
    arrived = answered(record, "arrival_date")
    left = answered(record, "discharge_date") or answered(record, "ed_exit_date")
    if not is_date(arrived) or not is_date(left) or left < arrived:
        return ""
    return str((date.fromisoformat(left) - date.fromisoformat(arrived)).days + 1)


def _moment(record: Record, name: str) -> str:
    return f"{record.get(f'{name}_date', '')}T{record.get(f'{name}_time', '')}"


def iss(record: Record, rows: Rows, context: Context) -> str:
    """ISS of the injury lines."""
    return _known(trauma.iss(injuries_of(rows)), bool(rows.get("injuries")))


def niss(record: Record, rows: Rows, context: Context) -> str:
    """NISS of the injury lines."""
    return _known(trauma.niss(injuries_of(rows)), bool(rows.get("injuries")))


def rts(record: Record, rows: Rows, context: Context) -> str:
    """RTS of the first ED assessment."""
    return _known(trauma.rts(case_of(record, rows)), _assessed(record))


def triage_rts(record: Record, rows: Rows, context: Context) -> str:
    """Unweighted RTS of the first ED assessment."""
    return _known(trauma.triage_rts(case_of(record, rows)), _assessed(record))


def ps(record: Record, rows: Rows, context: Context) -> str:
    """TRISS probability of survival, to six decimals."""
    value = _ps(record, rows, context)
    shown = None if value is None else Decimal(value).quantize(Decimal("0.000001"))
    return _known(shown, bool(rows.get("injuries")) and _assessed(record))


def ps_set(record: Record, rows: Rows, context: Context) -> str:
    """The name of the coefficients behind the probability of survival; blank without one."""
    known = model_of(context).coefficients
    return known.name if known is not None and _ps(record, rows, context) is not None else ""


def _ps(record: Record, rows: Rows, context: Context) -> float | None:
    case = case_of(record, rows)
    return trauma.ps(case, model_of(context), rts_value=trauma.rts(case), iss_value=trauma.iss(case.injuries))


def shock_index(record: Record, rows: Rows, context: Context) -> str:
    """Shock index of the first ED assessment."""
    return _known(trauma.shock_index(case_of(record, rows)), _assessed(record))


def gap(record: Record, rows: Rows, context: Context) -> str:
    """GAP of the first ED assessment."""
    return _known(trauma.gap(case_of(record, rows)), _assessed(record))


def mgap(record: Record, rows: Rows, context: Context) -> str:
    """MGAP of the first ED assessment."""
    return _known(trauma.mgap(case_of(record, rows)), _assessed(record))


def _assessed(record: Record) -> bool:
    """Whether the ED items of the scores are all answered, if only with a null."""
    return all(record.get(item) for item in ("gcs_total", "sbp", "rr"))


def _known(value: object, entered: bool) -> str:
    if value is not None:
        return str(value)
    return "/NK" if entered else ""


# Edits


def qualifying_injury(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """At least one diagnosis meets the inclusion criteria of table ``ntds_inclusion``.

    Burns count where site option ``ntds_burns`` is 1: years and states differ.
    """
    table = context.tables.get("ntds_inclusion")
    codes = [cells.get("code", "") for cells in rows.get("diagnoses", {}).values()]
    day = answered(record, "arrival_date")[:10]
    if table is None or not any(codes):
        return
    wanted = {"include"} | ({"burn"} if context.options.get("ntds_burns") == "1" else set())
    criteria = list(table.on(day if is_date(day) else ""))
    if not any(_qualifies(code, criteria, wanted) for code in codes):
        yield Hit(row_path("diagnoses", next(iter(rows["diagnoses"])), "code"))


def _qualifies(code: str, criteria: list[TableRow], wanted: set[str]) -> bool:
    effects = {row.more.get("effect") for row in criteria if _meets(code, row)}
    return bool(effects & wanted) and "exclude" not in effects


def _meets(code: str, row: TableRow) -> bool:
    seventh = str(row.more.get("seventh", ""))
    return code.startswith(row.code) and (not seventh or (len(code) == 7 and code[6] in seventh))


def iss_region_agrees(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The ISS region is the one that the AIS code points to by table ``ais_region``."""
    table = context.tables.get("ais_region")
    for number, cells in rows.get("injuries", {}).items():
        expected = trauma.region_of(cells.get("predot", ""), table)
        given = _whole(cells.get("region", ""))
        if expected is not None and given is not None and expected != given:
            yield Hit(row_path("injuries", number, "region"))


def iss_attainable(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A keyed ISS is one of the 44 values that an ISS can have."""
    for item in edit.items:
        value = _number(record, item)
        if value is not None and value not in trauma.ATTAINABLE_ISS:
            yield Hit(item)


def age_agrees(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """A stated age in years is that of the birth date."""
    by_birth = age_in_years(answered(record, "birth_date"), answered(record, "incident_date"))
    stated = age({**record, "birth_date": ""}, rows, None)
    if by_birth and stated and by_birth != stated:
        yield from (Hit(item) for item in edit.items)
