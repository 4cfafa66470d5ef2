"""A facility's own code set from CSV: CPT, CDT, charge master. Its texts stay in the code store of the facility."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.code_sets.official import Official
from exchange.csv_files import CsvError, Profile, Row, read
from rules.text import clean
from rules.values import is_date

COLUMNS = ("code", "short", "long", "effective", "end")
LONGEST = 20  # characters of a code
_HEADER = Profile(columns={
    "short": "short_description", "long": "long_description", "effective": "effective_date", "end": "end_date",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class FacilityCode:
    """A code of a facility's own set. Days as ISO dates; a blank ``end`` has none."""

    code: str
    short: str
    long: str
    effective: str
    end: str


def is_header(line: str) -> bool:
    """Whether ``line`` heads such a file: a column code, and one with a text."""
    names = {
        "_".join(cell.strip().strip('"').casefold().split())
        for cell in line.replace(";", ",").replace("\t", ",").split(",")
    }
    return "code" in names and bool(names & {"short", "long", "short_description", "long_description"})


def read_facility(file: Official) -> list[FacilityCode]:
    """The codes of a set. Raises ``Refused``: every row is taken or none."""
    try:
        rows = list(read(file.data, COLUMNS, ("code",), _HEADER))
    except CsvError as error:
        raise file.refused(str(error).rstrip("."), todo="mend it and import it again") from error
    if rows and not file.data.endswith(b"\n") and len(rows[-1].received) < len(rows[0].received):
        raise file.refused("it ends within a row, so it was cut off", rows[-1].line)
    found = [_code(file, row) for row in rows]
    if not found:
        raise file.refused("it has no rows", todo="mend it and import it again")
    seen = set[tuple[str, str]]()
    for row, code in zip(rows, found, strict=True):
        if (code.code, code.effective) in seen:
            raise file.refused(f"the code {code.code} is there twice", row.line, todo="leave one")
        seen.add((code.code, code.effective))
    return found


def _code(file: Official, row: Row) -> FacilityCode:
    def wrong(text: str) -> Exception:
        return file.refused(text, row.line, todo="mend it and import it again")

    if row.problem:
        raise wrong(row.problem.rstrip("."))
    code = clean(row["code"].upper())
    if not code or len(code) > LONGEST or len(code.split()) > 1:
        raise wrong(f"{code or 'a blank'} is no code (1 to {LONGEST} characters, no blanks)")
    short, long = clean(row["short"]), clean(row["long"])
    if not short and not long:
        raise wrong(f"{code} has neither a short nor a long text")
    for day in (row["effective"], row["end"]):
        if day and not is_date(day):
            raise wrong(f"{clean(day)} is no date YYYY-MM-DD")
    if row["end"] and row["effective"] > row["end"]:
        raise wrong(f"{code} ends before it begins")
    return FacilityCode(code, short, long, row["effective"], row["end"])
