"""What the options of an open query would make of the codes, for the what-if list: nothing that was not asked is added.

A query itself never speaks of codes or payment (AHIMA and ACDIS, Guidelines for Achieving a Compliant Query Practice);
this is read by coders alone, after it was worded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rules.codes import dotted, normal
from rules.drg import Claim, Diagnosis
from rules.drg_what_if import Answer

CATEGORY = 3  # characters of an ICD-10-CM code
POA_ANSWERS = (
    ("present on admission", "Y"),
    ("not present on admission", "N"),
    ("clinically undetermined", "W"),
)
BLANK = "__"  # where the physician writes something in


@dataclass(frozen=True, slots=True)
class Asked:
    """An open query as far as it is about codes. ``documented``: the diagnosis of ``code`` stands in the record."""

    number: str
    purpose: str  # code of table query_purposes
    code: str  # the diagnosis it is about, if any
    options: Sequence[str] = ()
    documented: bool = False


def answers(asked: Asked, claim: Claim, code_of: Callable[[str], str]) -> list[Answer]:
    """The ways in which a query can be answered, with what each would make of the codes of ``claim``.

    ``code_of`` gives the diagnosis that an option names, blank where it names none.
    """
    code = normal(asked.code)
    there = any(normal(each.code) == code for each in claim.dx) if code else False
    if asked.purpose == "POA" and there:
        return [Answer(asked.number, said, (Diagnosis(code, poa),)) for said, poa in POA_ANSWERS]
    named = [_option(asked, option, code if there else "", code_of) for option in asked.options]
    if any(answer.dx for answer in named) or not (asked.documented and there):
        return named or [
            Answer(asked.number, "open question", unknown="What will be documented is not known.")
        ]
    return [Answer(asked.number, "confirmed"), Answer(asked.number, "not confirmed", instead_of=code)]


def _option(asked: Asked, option: str, about: str, code_of: Callable[[str], str]) -> Answer:
    found = "" if BLANK in option else normal(code_of(option))
    if not found:
        return Answer(asked.number, option, unknown="The option names no code.")
    replaces = about if about[:CATEGORY] == found[:CATEGORY] else ""
    poa = "" if replaces else "Y"  # as the code that it takes the place of
    return Answer(asked.number, f"{option} ({dotted(found)})", (Diagnosis(found, poa),), replaces)
