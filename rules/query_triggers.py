"""Findings about an abstract that a physician should be asked about, and the template that each proposes.

They are reasons to look at the documentation, for the coder alone: what they weigh is never on a query (AHIMA and
ACDIS, Guidelines for Achieving a Compliant Query Practice, 2022 update). The record must support the question itself.
A template names as triggers codes of findings (MCE20, A126) or what is found here (poa_u, single_severity, hac).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rules import drg
from rules.abstract_findings import claim_and_rows
from rules.codes import dotted
from rules.dictionary import Record
from rules.drg import Claim, GroupedDiagnosis, Grouping
from rules.findings import Finding
from rules.queries import Template

POA_UNCLEAR, ALONE, ACQUIRED, ULCER = "poa_u", "single_severity", "hac", "hac_pressure"
NOT_PRESENT: Final = ("N", "U")
PRESSURE: Final = (
    4  # number of the hospital-acquired condition: pressure ulcers, stages III and IV (CMS HAC list)
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A finding that may be asked about: its trigger, the item and code, and why, for the coder."""

    trigger: str
    path: str
    code: str
    why: str


def proposals(
    record: Record, found: Iterable[Finding], templates: Iterable[Template], grouping: Grouping | None = None
) -> list[Proposal]:
    """What of an abstract proposes a query. ``found``: its findings, of which those count that a template names."""
    named = {trigger for each in templates for trigger in each.triggers}
    claim, rows = claim_and_rows(record)
    grouped = drg.group(claim) if grouping is None else grouping
    return [
        *_present(claim, rows["dx"]), *_edits(record, found, named), *_alone(claim, grouped, rows["dx"]),
        *_acquired(claim, grouped, rows["dx"]),
    ]  # fmt: skip


def template_for(proposal: Proposal, templates: Iterable[Template]) -> str:
    """The code of the first template that the trigger of a proposal names; blank when none does."""
    return next((each.code for each in templates if proposal.trigger in each.triggers), "")


def about(found: Iterable[Proposal], asked: str) -> list[Proposal]:
    """Those about an item (``diagnoses[2].poa``) or a code, with or without point; all when nothing is asked."""
    code = asked.replace(".", "").upper()
    row = asked.partition("]")[0]
    return [
        each for each in found if not asked or each.code == code or (("[" in asked) and each.path.startswith(row))
    ]  # fmt: skip


def _path(row: int, column: str = "code") -> str:
    return f"diagnoses[{row}].{column}"


def _present(claim: Claim, rows: Sequence[int]) -> Iterator[Proposal]:
    for row, each in zip(rows, claim.dx, strict=True):
        if each.poa.upper() == "U":
            why = f"POA of {dotted(each.code)} is U: the documentation does not tell."
            yield Proposal(POA_UNCLEAR, _path(row, "poa"), each.code, why)


def _edits(record: Record, found: Iterable[Finding], named: Collection[str]) -> Iterator[Proposal]:
    for each in found:
        if each.code in named and each.field and not each.overridden:
            yield Proposal(each.code, each.field, record.get(each.field, ""), each.message)


def _alone(claim: Claim, grouped: Grouping, rows: Sequence[int]) -> Iterator[Proposal]:
    """The one secondary diagnosis without which the DRG is another one."""
    driving = [(n, each) for n, each in enumerate(grouped.dx) if n and each.drives and each.counts]
    if len(driving) != 1 or not grouped.drg:
        return
    place, only = driving[0]
    without = replace(claim, dx=(*claim.dx[:place], *claim.dx[place + 1 :]))
    if drg.group(without).drg != grouped.drg:
        why = f"{dotted(only.code)} is the only {only.counts}: see that the record supports it."
        yield Proposal(ALONE, _path(rows[place]), only.code, why)


def _acquired(claim: Claim, grouped: Grouping, rows: Sequence[int]) -> Iterator[Proposal]:
    for place, each in enumerate(grouped.dx):
        if each.hac and each.poa in NOT_PRESENT and place < len(claim.dx):
            yield Proposal(_trigger(each), _path(rows[place], "poa"), each.code, _said(each))


def _trigger(each: GroupedDiagnosis) -> str:
    return ULCER if each.hac == PRESSURE else ACQUIRED


def _said(each: GroupedDiagnosis) -> str:
    return f"{dotted(each.code)} with POA {each.poa} counts as acquired in the hospital ({each.hac_title})."
