"""CSV files read as they come: encodings, delimiters, column names and values brought to canonical text.

A profile (TOML) says how a sender writes. Without one: a header row, UTF-8 with or without byte-order mark or
else cp1252, ISO dates, local times ``YYYY-MM-DDTHH:MM``.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rules.findings import Told

DATES: Final = frozenset({"birth_date", "death_date", "from_date", "to_date"})
TIMES: Final = frozenset({"at", "arrived_at", "departed_at"})
DELIMITERS: Final = ",;\t|"
ISO_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?")
WHOLE_FIELD: Final = 1_000_000  # characters; longer is no field but a quote that was never closed

_PROFILE_KEYS: Final = {"encoding", "delimiter", "dates", "times", "columns", "values", "pad"}


class CsvError(Told):
    """The file or its profile cannot be used: one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a sender writes CSV."""

    encoding: str = ""  # found out when blank
    delimiter: str = ""
    dates: tuple[str, ...] = ()  # strptime patterns
    times: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)  # our name -> the sender's
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # our column -> theirs -> ours
    pad: Mapping[str, int] = field(default_factory=dict)  # our column -> digits, filled up with zeros

    def date(self, text: str) -> str:
        """A day as ISO; what cannot be read stays as received."""
        return _date(text, self.dates)

    def moment(self, text: str) -> str:
        """A local moment as ISO; what cannot be read stays as received."""
        return _time(text, self.times)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: canonical text by column, and as received. ``problem``: why it cannot be used at all."""

    line: int
    values: Mapping[str, str]
    received: Mapping[str, str]
    problem: str = ""

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def load_profile(path: Path) -> Profile:
    """Read a profile. Raises ``CsvError``."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CsvError(f"The profile {path.name} cannot be read: {error}.") from error
    if unknown := sorted(table.keys() - _PROFILE_KEYS):
        known = ", ".join(sorted(_PROFILE_KEYS))
        raise CsvError(f"The profile {path.name} says {unknown[0]}, which is none of {known}.")
    try:
        return Profile(
            str(table.get("encoding", "")), str(table.get("delimiter", "")),
            _patterns(table.get("dates", ())), _patterns(table.get("times", ())),
            {str(ours): str(theirs) for ours, theirs in table.get("columns", {}).items()},
            {str(column): {str(a): str(b) for a, b in pairs.items()}
             for column, pairs in table.get("values", {}).items()},
            {str(column): int(width) for column, width in table.get("pad", {}).items()},
        )  # fmt: skip
    except (AttributeError, TypeError, ValueError) as error:
        raise CsvError(
            f'The profile {path.name} is not of the form [columns] ours = "theirs", [values.column],'
            " [pad] column = width."
        ) from error


def _patterns(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(str(pattern) for pattern in given)


def read(data: bytes, columns: Sequence[str], required: Sequence[str], profile: Profile) -> Iterator[Row]:
    """The rows of a file, each with the columns known. Raises ``CsvError`` when its header cannot be used."""
    text = _decoded(data, profile.encoding)
    header_line = text.split("\n", 1)[0]
    delimiter = profile.delimiter or max(DELIMITERS, key=header_line.count)
    if len(delimiter) != 1:
        raise CsvError("The delimiter of the profile must be one character.")
    csv.field_size_limit(WHOLE_FIELD)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [_column_name(name) for name in next(reader, [])]
    except csv.Error as error:
        raise CsvError(f"The header is no CSV ({error}): check its quotes.") from error
    theirs = {_column_name(theirs): ours for ours, theirs in profile.columns.items()}
    names = [theirs.get(name, name) for name in header]
    _check_header(names, columns, required)
    return _rows(reader, lines, names, frozenset(columns), profile)


def _decoded(data: bytes, encoding: str) -> str:
    if encoding:
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except LookupError as error:
            raise CsvError(f"The encoding {encoding} of the profile is not known.") from error
        except ValueError as error:
            raise CsvError(f"The file is not in the encoding {encoding} that the profile names.") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _column_name(text: str) -> str:
    return "_".join(text.strip().lower().split())


def _check_header(names: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    if missing := [name for name in required if name not in names]:
        raise CsvError(
            f"The header has no column {missing[0]}: add it, or name the sender's column in a profile."
        )
    if twice := [name for name in columns if names.count(name) > 1]:
        raise CsvError(f"The header has the column {twice[0]} more than once: leave one.")


class _Lines:
    """The lines of a file, and those taken since they were last asked for: the text of a row."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            yield line

    def taken(self) -> str:
        text, self._taken = "".join(self._taken), []
        return text


def _rows(
    reader: Any, lines: _Lines, names: Sequence[str], known: frozenset[str], profile: Profile
) -> Iterator[Row]:
    line = reader.line_num + 1
    while True:
        lines.taken()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            received = {names[0]: lines.taken().rstrip("\r\n")}
            yield Row(line, {}, received, f"The row is no CSV ({error}): check its quotes.")
            line = reader.line_num + 1
            continue
        if any(cells):
            yield _row(line, cells, names, known, profile)
        line = reader.line_num + 1


def _row(
    line: int, cells: Sequence[str], names: Sequence[str], known: frozenset[str], profile: Profile
) -> Row:
    received = dict(zip(names, cells, strict=False))
    if len(cells) > len(names):
        received["surplus"] = "|".join(cells[len(names) :])
        problem = (
            f"The row has {len(cells)} fields, the header {len(names)}: check its quotes and delimiters."
        )
        return Row(line, {}, received, problem)
    values = {name: canonical(name, text, profile) for name, text in received.items() if name in known}
    return Row(line, values, received)


def canonical(column: str, text: str, profile: Profile) -> str:
    """The canonical text of a cell; what cannot be read stays as received."""
    text = text.strip()
    if column in profile.values:
        text = profile.values[column].get(text, text)
    if text in ("", "@"):
        return text
    if column in profile.pad and text.isdigit():
        text = text.zfill(profile.pad[column])
    if column in DATES:
        return _date(text, profile.dates)
    if column in TIMES:
        return _time(text, profile.times)
    return text


def _date(text: str, patterns: Sequence[str]) -> str:
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return text


def _time(text: str, patterns: Sequence[str]) -> str:
    if iso := ISO_TIME.fullmatch(text):
        return f"{iso[1]}T{iso[2]}"
    for pattern in patterns:
        for written, clock in (
            (text, ""),
            (text.replace("24:00", "00:00").replace(" 2400", " 0000"), "24:00"),
        ):
            try:
                at = datetime.strptime(written, pattern)  # noqa: DTZ007
            except ValueError:
                continue
            return f"{at:%Y-%m-%d}T{clock or f'{at:%H:%M}'}"
    return text
