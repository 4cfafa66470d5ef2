"""Numbers in place of a social security number that a chart lacks, where the facility's setting permits them."""

from __future__ import annotations

from collections.abc import Mapping

from config.code_tables import Shelf
from db import store
from db.connect import database
from db.conventions import convention
from rules.identity import Name, pseudo_ssn
from rules.moments import day_number, iso_date
from rules.tables import listed
from rules.values import is_date


def pseudo_number(who: Mapping[str, str], day: int | None = None) -> str:
    """The pseudo number of a chart (``patients.get``) by the rule that the facility uses now, as of a day number.

    Nine digits, without their mark; blank where no rule is in force or the birth date is not known in full.
    """
    chosen = convention("pseudo_ssn")
    if not chosen or not is_date(who["birth_date"]):
        return ""
    table = Shelf(store.current().directory / "site" / "tables")["pseudo_ssn"]
    row = table.find(chosen, iso_date(day) if day is not None else "")
    if row is None:
        return ""
    letters = listed(row.more.get("letters"))
    name = Name(who["last_name"], who["first_name"], who["middle_name"])
    number = pseudo_ssn(name, who["birth_date"], letters)
    earlier = database.execute_sql(
        "SELECT last_name, first_name, middle_name FROM patient WHERE birth_day = ? AND id < ? AND ssn = ''"
        " AND merged_into_id IS NULL AND void_utc IS NULL",
        (day_number(who["birth_date"]), int(who["id"])),
    )
    same = sum(pseudo_ssn(Name(*parts), who["birth_date"], letters) == number for parts in earlier)
    return f"{int(number) + same:09d}"
