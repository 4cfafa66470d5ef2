"""Checks of a registration: rules as data, each with a number, a sentence and a level, most can be switched off.

After the consistency checker of VA PIMS: missing, inconsistent, out of order. A value that is blank is checked by the
rules about what is missing alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from rules.edit_functions import age_in_years
from rules.findings import Finding, Level
from rules.matching_fields import real_ssn
from rules.tables import CodeTable, TableRow, Tables, listed
from rules.temporary_names import is_temporary

MARRIED_FROM: Final = 14


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``on`` is what the facility says, unless the rule is ``locked``."""

    id: str
    text: str
    level: Level
    on: bool
    locked: bool
    test: str
    items: tuple[str, ...]
    more: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the registration."""

    today: str
    tables: Tables
    ssn_elsewhere: Collection[str] = ()  # MRNs of other charts with the same SSN


def rules_of(table: CodeTable) -> tuple[Rule, ...]:
    """The rules as they stand: of two rows for one code the facility's, but a locked rule stays as it was shipped."""
    found: dict[str, Rule] = {}
    for row in table.rows:
        before = found.get(row.code)
        if before is None:
            found[row.code] = _rule(row)
        elif not before.locked:
            found[row.code] = _rule(row, before)
    return tuple(found.values())


def _rule(row: TableRow, before: Rule | None = None) -> Rule:
    more = {**(before.more if before else {}), **row.more}
    return Rule(
        row.code, row.text, Level(str(more.get("level", Level.WARNING))), bool(more.get("on", True)),
        bool(more.get("locked", False)), str(more.get("test", "")), listed(more.get("items")), more,
    )  # fmt: skip


def check(values: Mapping[str, str], rules: Iterable[Rule], beside: Beside) -> list[Finding]:
    """What the rules that are on find in a registration, in their order."""
    return [
        Finding(rule.level, rule.id, f"{rule.text}.", wrong)
        for rule in rules
        if rule.on and rule.test in TESTS and (wrong := TESTS[rule.test](values, rule, beside)) is not None
    ]


def _missing(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    return next((item for item in rule.items if not values.get(item)), None)


def _needs(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    first, *others = rule.items
    return next((item for item in others if values.get(first) and not values.get(item)), None)


def _not_both(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    return rule.items[0] if all(values.get(item) for item in rule.items) else None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _form(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    pattern = _pattern(str(rule.more.get("pattern", "")))
    return next((i for i in rule.items if values.get(i) and not pattern.fullmatch(values[i])), None)


def _not_form(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    pattern = _pattern(str(rule.more.get("pattern", "(?!)")))
    return next((i for i in rule.items if values.get(i) and pattern.fullmatch(values[i])), None)


def _before(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    first, second = (values.get(item, "") for item in rule.items[:2])
    shorter = min(len(first), len(second))
    return rule.items[1] if shorter >= 4 and first[:shorter] > second[:shorter] else None


def _not_future(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    return next((i for i in rule.items if values.get(i, "") > beside.today[: len(values.get(i, ""))]), None)


def _table(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    table = beside.tables[str(rule.more["table"])]
    for item in rule.items:
        if any(not table.find(code) for code in values.get(item, "").split("|") if code):
            return item
    return None


def _same(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    first, second = (values.get(item, "").casefold() for item in rule.items[:2])
    return rule.items[1] if first and first == second else None


def _stand_in(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    last, first = values.get("last_name", ""), values.get("first_name", "")
    if last and is_temporary(last, first, beside.tables["temporary_names"], beside.today):
        return "last_name"
    return None


def _age(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    born, end = values.get("birth_date", ""), values.get("death_date", "") or beside.today
    years = age_in_years(born, end) if len(born) == 10 and len(end) == 10 else ""
    return "birth_date" if years.isdigit() and int(years) > int(str(rule.more.get("most", 115))) else None


def _ssn_stands_in(values: Mapping[str, str], beside: Beside) -> bool:
    ssn = values.get("ssn", "")
    return len(ssn) == 9 and not real_ssn(ssn)


def _ssn_elsewhere(values: Mapping[str, str], beside: Beside) -> bool:
    return bool(beside.ssn_elsewhere) and bool(real_ssn(values.get("ssn", "")))


def _married_child(values: Mapping[str, str], beside: Beside) -> bool:
    born = values.get("birth_date", "")
    years = age_in_years(born, beside.today) if len(born) == 10 else ""
    return values.get("marital", "") in ("M", "D", "W") and years.isdigit() and int(years) < MARRIED_FROM


def _call(values: Mapping[str, str], rule: Rule, beside: Beside) -> str | None:
    function = CALLED.get(str(rule.more.get("name", "")))
    return rule.items[0] if function is not None and function(values, beside) else None


CALLED: Final[Mapping[str, Callable[[Mapping[str, str], Beside], bool]]] = {
    "ssn_stands_in": _ssn_stands_in, "ssn_elsewhere": _ssn_elsewhere, "married_child": _married_child,
}  # fmt: skip
TESTS: Final[Mapping[str, Callable[[Mapping[str, str], Rule, Beside], str | None]]] = {
    "missing": _missing, "needs": _needs, "not_both": _not_both, "form": _form, "not_form": _not_form,
    "before": _before, "not_future": _not_future, "table": _table, "same": _same, "stand_in": _stand_in, "age": _age,
    "call": _call,
}  # fmt: skip
