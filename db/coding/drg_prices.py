"""What a DRG weighs and is expected to pay here: Table 5 and the facility's base rate, both as of the discharge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from db.coding.codes import CodeStore, Weight
from db.conventions import convention
from rules.drg_payment import cents, dollars, expected

BASE_RATE = "drg_base_rate"
NO_WEIGHT = "no weight loaded"
NO_RATE = "- (no base rate)"


@dataclass(frozen=True, slots=True)
class Price:
    """What is known of a DRG's payment. ``rate_cents`` is the base rate in force; None: the facility set none."""

    weight: Weight | None
    rate_cents: int | None

    @property
    def relative_weight(self) -> Decimal | None:
        return self.weight.weight if self.weight else None

    @property
    def gmlos(self) -> Decimal | None:
        return self.weight.gmlos if self.weight else None

    @property
    def cents(self) -> int | None:
        """The expected payment; None while weight or base rate is not known."""
        return expected(self.relative_weight, self.rate_cents)

    @property
    def shown_weight(self) -> str:
        """Weight with the year of its table, or that there is none."""
        if self.weight is None or self.weight.weight is None:
            return NO_WEIGHT
        return f"{self.weight.weight:.4f} (FY{self.weight.fiscal_year})"

    @property
    def shown_payment(self) -> str:
        """Dollars and cents, or what is missing."""
        if self.relative_weight is None:
            return NO_WEIGHT
        return NO_RATE if self.rate_cents is None else dollars(self.cents)


def rate_cents(day: date) -> int | None:
    """The facility's base rate in force on a day of discharge."""
    return cents(convention(BASE_RATE, day.toordinal()))


def price(codes: CodeStore | None, drg: str, day: date | None) -> Price:
    """Weight and payment of a DRG for a discharge on ``day``."""
    if day is None:
        return Price(None, None)
    return Price(codes.weights(drg, day) if codes and drg else None, rate_cents(day))


def weigher(codes: CodeStore | None, day: date) -> Callable[[str], Decimal | None]:
    """The relative weight of DRGs on a day, as what-if asks for it."""
    return lambda drg: found.weight if codes and (found := codes.weights(drg, day)) else None
