"""Heads in the house and what happened on a day, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from typing import Final

from db.connect import database

IN_HOUSE: Final = "e.class = 'I' AND e.state = 'active' AND e.discharge_day IS NULL AND e.unit_id IS NOT NULL"


def census_now() -> list[tuple[str, int, int, int]]:
    """Unit, adults and children, newborns, away on leave: the heads of each unit in this minute."""
    return list(
        database.execute_sql(
            "SELECT u.code, sum(e.newborn = 0 AND e.on_leave = ''), sum(e.newborn = 1 AND e.on_leave = ''),"
            f" sum(e.on_leave <> '') FROM encounter e JOIN unit u ON u.id = e.unit_id WHERE {IN_HOUSE}"
            " GROUP BY u.code ORDER BY u.code"
        )
    )


ARRIVED: Final = (  # pieces of stays that began on days, each with the one before it; an admission has none
    " FROM segment g LEFT JOIN segment b ON b.encounter_id = g.encounter_id AND b.seq = g.seq - 1{joined}"
    " WHERE g.from_day BETWEEN :first AND :last"
)
LEFT: Final = (  # stays that ended on days, each with its last piece: midnight may belong to the day that ends
    " FROM encounter e INDEXED BY encounter_discharged JOIN segment g ON g.encounter_id = e.id AND g.seq ="
    " (SELECT max(seq) FROM segment WHERE encounter_id = e.id){joined}"
    " WHERE e.class = 'I' AND e.discharge_day BETWEEN :first AND :last + 1 AND g.to_day BETWEEN :first AND :last"
)
MOVED: Final = "(b.unit_id <> g.unit_id OR b.service_id <> g.service_id)"  # from a unit or service to another
MOVED_BED: Final = "(b.unit_id = g.unit_id AND b.service_id = g.service_id AND b.bed <> g.bed)"


def event_counts(day: int) -> dict[str, int]:
    """``admissions``, ``discharges`` (deaths among them), ``deaths``, ``transfers`` (of bed and service too) of a day.

    They are as many as ``moved.moved`` lists of all units, those out of the census too.
    """
    bound = {"first": day, "last": day}
    admissions, transfers = database.execute_sql(
        f"SELECT count(*) FILTER (WHERE b.seq IS NULL), count(*) FILTER (WHERE {MOVED} OR {MOVED_BED})"
        f"{ARRIVED.format(joined='')}", bound,
    ).fetchone()  # fmt: skip
    discharges, deaths = database.execute_sql(
        f"SELECT count(*), count(*) FILTER (WHERE e.died = 1){LEFT.format(joined='')}", bound
    ).fetchone()
    return {"admissions": admissions, "discharges": discharges, "deaths": deaths, "transfers": transfers}
