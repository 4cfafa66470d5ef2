"""The lines over the codes of an inpatient account: MS-DRG, weight, stays, expected payment, and the initial DRG."""

from __future__ import annotations

import re
from typing import Final

from db.coding.drg_prices import Price
from rules.code_words import shorter
from rules.codes import dotted
from rules.drg import Claim, GroupedDiagnosis, Grouping
from rules.drg_payment import dollars

MS_DRG: Final = "MS-DRG "  # what a heading begins with
LEFT_OUT: Final = " .. "
MDC: Final = "MDC "  # what a line of figures begins with
SHORTER_FIGURES: Final = (
    (r"  v[0-9.]+$", ""), ("weight ", "wt "), (r"\(FY\d\d(\d\d)\)", r"FY\1"), ("  ", " "), ("GMLOS ", "GM "),
)  # fmt: skip
NOT_REDUCED: Final = "POA-exempt hospital: HAC not applied"


def heading(grouping: Grouping) -> str:
    """The DRG by number and title."""
    initial = f" (before HAC {grouping.initial_drg})" if grouping.hac_reduced else ""
    return f"{MS_DRG}{grouping.drg}{initial} {grouping.title}"


def within(text: str, room: int) -> str:
    """A line over the codes, or a title behind one, as it fits best."""
    if text.startswith(MDC):
        return figures_within(text, room)
    return heading_within(text, room) if text.startswith(MS_DRG) else shorter(text)


def heading_within(text: str, room: int) -> str:
    """A heading without its middle: what DRGs of one base are told apart by (with MCC) stands at the end of it."""
    text = shorter(text)
    if len(text) <= room:
        return text
    end = text[-(room // 2) :].partition(" ")[2]
    return f"{text[: room - len(end) - len(LEFT_OUT)].rpartition(' ')[0]}{LEFT_OUT}{end}"


def figures_within(text: str, room: int) -> str:
    """The line of figures without what can be missed first: what drives the DRG stays in sight."""
    for long, short in SHORTER_FIGURES:
        if len(text) > room:
            text = re.sub(long, short, text)
    return text


def figures(grouping: Grouping, price: Price, los_days: str) -> str:
    """MDC, surgical or medical, weight, mean and own stay, payment where a base rate is set, and what drives it."""
    kind = f" {price.weight.type}" if price.weight and price.weight.type.isalpha() else ""
    stay = f"  GMLOS {price.gmlos}" if price.gmlos is not None else ""
    weight = price.shown_weight if price.relative_weight is None else f"weight {price.shown_weight}{stay}"
    said = f"{MDC}{grouping.mdc}{kind}  {weight}" + (f" LOS {los_days}" if los_days else "")
    said += f"  ${dollars(price.cents)}" if price.cents is not None else ""
    driving = [f"{dotted(row.code)} {row.counts}".rstrip() for row in grouping.dx[1:] if row.drives]
    driving += [row.code for row in grouping.px if row.drives]
    return said + (f"  by {', '.join(driving)}" if driving else "") + f"  v{grouping.version}"


def before_hac(grouping: Grouping, price: Price) -> str:
    """The initial DRG with its ``price``, and the acquired conditions that took its weight (42 CFR 412.170)."""
    pays = f"  ${dollars(price.cents)}" if price.cents is not None else ""
    codes = ", ".join(
        f"{dotted(each.code)} HAC {each.hac} POA {each.poa or 'blank'}" for each in grouping.dx if each.hac
    )
    return f"Initial DRG {grouping.initial_drg} {price.shown_weight}{pays}; not counted: {codes}"


def not_reduced(claim: Claim, diagnosis: GroupedDiagnosis) -> bool:
    """Whether a diagnosis counts only because the hospital reports no POA and so has no HAC reduction."""
    return claim.poa_exempt and diagnosis.may_be_hac and diagnosis.poa not in ("Y", "W")


def spared(claim: Claim, grouping: Grouping) -> str:
    """That hospital-acquired conditions are not applied to these diagnoses, where that is so; else blank."""
    codes = ", ".join(dotted(each.code) for each in grouping.dx if not_reduced(claim, each))
    return f"{NOT_REDUCED} to {codes}" if codes else ""
