"""What a record would group to with one thing otherwise: an aid in reviewing codes, never a source of them.

Every line rests on codes that are on the claim, or on what the options of an open query to the physician say.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from rules.codes import System, dotted, normal
from rules.codes_edits import principal_problems
from rules.drg import Claim, Diagnosis, Grouping, group
from rules.drg_payment import expected

REVIEW_AID = "REVIEW AID: code only what the record supports."
"""Stands on every page that shows what codes would bring."""

Weigh = Callable[[str], Decimal | None]
"""The relative weight of a DRG on the discharge date; None when no table in force has one."""


class Kind(StrEnum):
    """What is otherwise."""

    DIAGNOSIS = "without a diagnosis"
    PRINCIPAL = "another principal diagnosis"
    PROCEDURE = "without a procedure"
    POA = "present on admission or not"
    ANSWER = "an answer to a query"


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer an open query: the diagnoses that the option stands for, in the place of ``instead_of`` if any.

    A diagnosis that is on the claim already takes the POA that the option gives. ``instead_of`` without diagnoses: the
    code goes. ``unknown`` says why it cannot be told which codes the option stands for.
    """

    query: str  # its number, as people know it
    option: str
    dx: tuple[Diagnosis, ...] = ()
    instead_of: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The claim with one thing otherwise, and what that brings. Differences are to the claim as it stands."""

    kind: Kind
    change: str  # in words, such as "Without J96.01"
    code: str  # that it is about, without dot; blank for an answer
    claim: Claim
    drg: str  # blank: not grouped
    mdc: str
    title: str
    changes_drg: bool
    weight: Decimal | None
    weight_change: Decimal | None
    payment_change_cents: int | None
    unacceptable: str  # why it cannot be coded so, in words; blank: the code editor would take it


def what_if(
    claim: Claim, weigh: Weigh, rate_cents: int | None = None, answers: Sequence[Answer] = ()
) -> list[WhatIf]:
    """Each secondary diagnosis dropped, each diagnosis as principal, each procedure dropped, POA of each diagnosis that
    may be a hospital-acquired condition, each answer to an open query: the heaviest first, those without weight last.

    Nothing for a claim that cannot be grouped as it stands.
    """
    now = group(claim)
    if not now.drg:
        return []
    weight = weigh(now.drg)
    payment = expected(weight, rate_cents)
    found = [
        WhatIf(Kind.ANSWER, _said(answer), "", claim, "", "", answer.unknown, False, None, None, None, "")
        for answer in answers
        if answer.unknown
    ]
    for kind, change, code, other in _variations(claim, now, answers):
        outcome = group(other, per_code=False)
        heavy = weigh(outcome.drg) if outcome.drg else None
        paid = expected(heavy, rate_cents)
        found.append(WhatIf(
            kind, change, code, other, outcome.drg, outcome.mdc, outcome.title or outcome.notice,
            outcome.drg != now.drg, heavy,
            None if heavy is None or weight is None else heavy - weight,
            None if paid is None or payment is None else paid - payment,
            "; ".join(principal_problems(other)) if kind is Kind.PRINCIPAL else "",
        ))  # fmt: skip
    return sorted(found, key=lambda row: (row.weight is None, -(row.weight or 0)))


def carriers(claim: Claim, grouping: Grouping) -> dict[str, str]:
    """The CC and MCC without each of which ``claim`` has another DRG than ``grouping`` says: code without dot, and
    the DRG without it.

    One alone is what an auditor looks at first, and where a query is asked when its support is thin.
    """
    found = {}
    for row, each in enumerate(grouping.dx):
        if row and each.counts:
            without = group(_without(claim, row), per_code=False).drg
            if without != grouping.drg:
                found[each.code] = without
    return found


def with_drivers(claim: Claim, grouping: Grouping) -> Grouping:
    """``grouping`` of ``claim`` with the codes that its DRG rests on, found out where the grouper marks none of them.

    As with newborns of low weight: the codes without each of which the DRG is another one; where any of several would
    do, those that lead to it alone beside the principal diagnosis.
    """
    marked = any(each.drives for each in grouping.dx[1:]) or any(each.drives for each in grouping.px)
    if marked or not grouping.drg:
        return grouping

    codes = range(1, len(claim.dx) + len(claim.px))

    def makes(kept: Container[int]) -> bool:
        """Whether the principal diagnosis with these codes, by number, leads to the DRG."""
        dx = tuple(each for n, each in enumerate(claim.dx) if not n or n in kept)
        px = tuple(each for n, each in enumerate(claim.px, len(claim.dx)) if n in kept)
        return group(replace(claim, dx=dx, px=px), per_code=False).drg == grouping.drg

    def needed(some: Sequence[int]) -> list[int]:
        """Those of ``some`` that cannot be left out, by halves: a claim has at most a few of them."""
        if makes(set(codes).difference(some)):
            return []
        return [*some] if len(some) == 1 else needed(some[: len(some) // 2]) + needed(some[len(some) // 2 :])

    def enough(some: Sequence[int]) -> list[int]:
        """Those of ``some`` that lead there alone."""
        if not makes(some):
            return []
        return [*some] if len(some) == 1 else enough(some[: len(some) // 2]) + enough(some[len(some) // 2 :])

    if makes(()):
        return grouping  # the principal diagnosis alone leads to it
    found = needed(codes) or enough(codes)
    return replace(
        grouping,
        dx=tuple(replace(each, drives=True) if n in found else each for n, each in enumerate(grouping.dx)),
        px=tuple(
            replace(each, drives=True) if n in found else each
            for n, each in enumerate(grouping.px, len(claim.dx))
        ),
    )


def told(carrying: Mapping[str, str], grouping: Grouping) -> str:
    """What carries the DRG, in a sentence; blank when no CC or MCC does."""
    severities = {each.code: each.counts for each in grouping.dx}
    if len(carrying) == 1:
        ((code, without),) = carrying.items()
        return (
            f"{dotted(code)} ({severities[code]}) alone carries DRG {grouping.drg}: without it {without}. Look at its "
            "support; query where it is thin."
        )
    if carrying:
        return f"DRG {grouping.drg} needs each of {', '.join(map(dotted, carrying))}."
    level = grouping.severity
    count = sum(each.counts == level for each in grouping.dx[1:]) if level else 0
    if count < 2 or not any(each.drives and each.counts for each in grouping.dx[1:]):
        return ""  # ventilation or an operation carries it, whatever the severity
    return f"DRG {grouping.drg} rests on {count} {level}s: it stays without any one of them."


_Variation = tuple[Kind, str, str, Claim]


def _variations(claim: Claim, now: Grouping, answers: Sequence[Answer]) -> Iterator[_Variation]:
    principal = normal(claim.dx[0].code)
    for row, diagnosis in enumerate(claim.dx):
        code = normal(diagnosis.code)
        if row and code:
            yield Kind.DIAGNOSIS, f"Without {dotted(code)}", code, _without(claim, row)
            if code != principal:
                yield Kind.PRINCIPAL, f"{dotted(code)} as principal", code, with_principal(claim, row)
        if now.dx[row].may_be_hac and not claim.poa_exempt:
            for poa in _otherwise(diagnosis.poa):
                change = f"{dotted(code)} with POA {poa}"
                yield Kind.POA, change, code, _with_poa(claim, row, poa)
    for row, procedure in enumerate(claim.px):
        shown = dotted(procedure.code, System.PCS)
        if shown:
            left = (*claim.px[:row], *claim.px[row + 1 :])
            yield Kind.PROCEDURE, f"Without {shown}", normal(procedure.code), replace(claim, px=left)
    for answer in answers:
        if not answer.unknown:
            yield Kind.ANSWER, _said(answer), "", answered(claim, answer)


def _said(answer: Answer) -> str:
    return f"{answer.query}: {answer.option}"


def _without(claim: Claim, row: int) -> Claim:
    return replace(claim, dx=(*claim.dx[:row], *claim.dx[row + 1 :]))


def with_principal(claim: Claim, row: int) -> Claim:
    """The claim with the diagnosis of ``row`` (from 0) first, the others in the order they have."""
    return replace(claim, dx=(claim.dx[row], *claim.dx[:row], *claim.dx[row + 1 :]))


def _with_poa(claim: Claim, row: int, poa: str) -> Claim:
    return replace(claim, dx=(*claim.dx[:row], replace(claim.dx[row], poa=poa), *claim.dx[row + 1 :]))


def _otherwise(poa: str) -> tuple[str, ...]:
    """Present and not present, but for what is said now: W groups as Y, U as N (POA reporting guidelines)."""
    now = {"Y": "Y", "W": "Y", "N": "N", "U": "N"}.get(poa.strip().upper(), "")
    return tuple(each for each in ("Y", "N") if each != now)


def answered(claim: Claim, answer: Answer) -> Claim:
    """The claim as the option of a query would have it."""
    dx, replaced = list(claim.dx), normal(answer.instead_of)
    for new in answer.dx:
        places = [normal(each.code) for each in dx]
        code = normal(new.code)
        if code in places:
            at = places.index(code)
            dx[at] = replace(dx[at], poa=new.poa or dx[at].poa)
        elif replaced in places:
            at = places.index(replaced)
            dx[at] = Diagnosis(new.code, new.poa or dx[at].poa)
            replaced = ""
        else:
            dx.append(new)
    if not answer.dx:
        dx = [each for each in dx if normal(each.code) != replaced]
    return replace(claim, dx=tuple(dx))
