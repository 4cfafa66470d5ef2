"""What a DRG is expected to pay: its relative weight times the hospital's base rate (42 CFR 412.64, 412.312).

Integer cents, rounded half up once. Outliers, add-ons and the daily rate of transfers are told, not priced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from rules.tables import CodeTable

TRANSFERS = "transfer_dispositions"
"""The table of dispositions that Medicare may pay by the day."""
_POST_ACUTE = "post-acute"


@dataclass(frozen=True, slots=True)
class Stay:
    """What a transfer's payment goes by: length of stay in days, the DRG's mean stay, and whether it is on the list."""

    los_days: int
    gmlos: Decimal
    post_acute: bool  # the DRG is one of the post-acute care transfer policy (Table 5)


def cents(dollars: str) -> int | None:
    """Dollars as a setting keeps them (``6500.00``) in cents; None for a blank."""
    return int(Decimal(dollars) * 100) if dollars else None


def expected(weight: Decimal | None, rate_cents: int | None) -> int | None:
    """Cents that a DRG of this weight is expected to pay; None while weight or rate is not known."""
    if weight is None or rate_cents is None:
        return None
    return int((weight * rate_cents).quantize(Decimal(1), ROUND_HALF_UP))


def dollars(amount: int | None, *, signed: bool = False) -> str:
    """Cents as people write them, ``12,345.60``; with a sign in front for a difference; blank when not known."""
    if amount is None:
        return ""
    sign = "-" if amount < 0 else "+" if signed and amount else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def expected_discharge(admitted: date, gmlos: Decimal) -> date:
    """The day on which a stay reaches the geometric mean of its DRG, in whole days, half up, at least one."""
    return admitted + timedelta(days=max(1, int(gmlos.quantize(Decimal(1), ROUND_HALF_UP))))


def transfer_note(disposition: str, stay: Stay | None, table: CodeTable, day: str) -> str:
    """That Medicare may pay a stay by the day (42 CFR 412.4(f)), in a sentence; blank when it pays the DRG whole.

    A transfer is paid by the day when the stay was more than a day shorter than the mean: the first day counts twice.
    """
    row = table.find(disposition, day)
    if row is None or stay is None:
        return ""
    more: Mapping[str, object] = row.more
    if more.get("kind") == _POST_ACUTE and not stay.post_acute:
        return ""
    if stay.los_days + 1 >= stay.gmlos:
        return ""
    why = "a post-acute transfer" if more.get("kind") == _POST_ACUTE else "a transfer"
    return (
        f"Disposition {disposition} ({row.text}) is {why}: a stay of {stay.los_days} days against a mean of "
        f"{stay.gmlos} may be paid by the day. The expected payment here is that of the whole DRG."
    )
