"""ICD-10-CM, ICD-10-PCS and HCPCS codes as text: kept in upper case without dot, and judged by a date."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import lru_cache

ICD10_FROM = date(2015, 10, 1)  # first discharges coded in ICD-10 (45 CFR 162.1002)


class System(StrEnum):
    """A code set."""

    CM = "cm"  # ICD-10-CM, diagnoses
    PCS = "pcs"  # ICD-10-PCS, inpatient procedures
    HCPCS = "hcpcs"  # HCPCS Level II


NAME = {System.CM: "ICD-10-CM", System.PCS: "ICD-10-PCS", System.HCPCS: "HCPCS Level II"}

# The third character may be a letter (C4A, M1A, Z3A); so may the second since October 2026 (QA1, K6A, J4B).
_FORM = {
    System.CM: re.compile(r"[A-Z](?:[0-9][0-9A-Z]|[A-Z][0-9])[0-9A-Z]{0,4}"),
    System.PCS: re.compile(r"[0-9A-HJ-NP-Z]{7}"),
    System.HCPCS: re.compile(r"[A-V][0-9]{4}"),
}
_SHAPE = {
    System.CM: "An ICD-10-CM code has 3 to 7 characters, such as I21.4",
    System.PCS: "An ICD-10-PCS code has 7 characters, none of them I or O, such as 0SR90JZ",
    System.HCPCS: "A HCPCS code is a letter and 4 digits, such as G0378",
}
_PARTIAL = {
    System.CM: re.compile(r"[A-Z](?:[0-9][0-9A-Z]{0,5}|[A-Z][0-9][0-9A-Z]{0,4})"),
    System.PCS: re.compile(r"[0-9A-HJ-NP-Z]{3,7}"),
    System.HCPCS: re.compile(r"[A-V][0-9]{2,4}"),
}


def normal(code: str) -> str:
    """``code`` as it is kept: upper case, without dot and blanks. ``i21.4`` becomes ``I214``."""
    code = code.upper().replace(".", "")
    return code if code.isalnum() else "".join(code.split())


def dotted(code: str, system: System = System.CM) -> str:
    """``code`` as people write it: ICD-10-CM with a dot after the category, the others as they are."""
    code = normal(code)
    return f"{code[:3]}.{code[3:]}" if system is System.CM and len(code) > 3 else code


@lru_cache(maxsize=20_000)
def problem(code: str, system: System) -> str:
    """What is wrong with the form of ``code``, in a sentence; blank when it is well formed.

    Says nothing about whether the code exists: that is a matter of date and code set.
    """
    code = normal(code)
    return "" if _FORM[system].fullmatch(code) else f"{_SHAPE[system]}. {code or 'Blank'} is not one."


def may_begin(text: str, system: System) -> bool:
    """Whether ``text`` can be the beginning of a code, so that it is looked up by code and not by words.

    A PCS code may be all letters in its first places, so there a digit is asked for.
    """
    code = normal(text)
    if not _PARTIAL[system].fullmatch(code):
        return False
    return any(character.isdigit() for character in code)


def with_placeholders(text: str) -> str:
    """An ICD-10-CM code in which the X before its seventh character was left out, with them; "" when it is none.

    ``w19a`` may be W19.XXXA (Official Guidelines, section I.A.5).
    """
    code = normal(text)
    if not 4 <= len(code) <= 6 or not _FORM[System.CM].fullmatch(code) or not code[-1].isalpha():
        return ""
    return code[:-1].ljust(6, "X") + code[-1]


def fiscal_year(day: date) -> int:
    """The federal fiscal year of ``day``: it begins on 1 October and is named for the year it ends in."""
    return day.year + (day.month >= 10)


def grouper_version(day: date) -> int:
    """The MS-DRG version in force for discharges on ``day``, times ten: 440 is v44.0, 431 is v43.1.

    Version N.0 holds from October, N.1 from April, with N = fiscal year - 1983.
    """
    return (fiscal_year(day) - 1983) * 10 + (4 <= day.month <= 9)


def releases(first: date, last: date) -> list[date]:
    """The days from ``first`` to ``last`` on which new code sets came into force.

    1 October and (since 2020) 1 April each year; and, for COVID-19, 1 August 2020 and 1 January 2021.
    """
    days = {date(2020, 8, 1), date(2021, 1, 1)}
    for year in range(first.year, last.year + 1):
        days |= {date(year, 4, 1), date(year, 10, 1)}
    return sorted(day for day in days | {first} if first <= day <= last)
