"""What statistical reports ask for: kept apart from what makes them, so that the catalogue stays light."""

from __future__ import annotations

from typing import Final

from reports.parameters import MONTH, VERSION, Parameter

ACCOUNTING, FISCAL, FEDERAL = "4-4-5", "fiscal-year", "federal-year"
PERIOD: Final = Parameter(
    "period", "Period", "choice", required=False, choices=(ACCOUNTING, FISCAL, FEDERAL)
)  # that the month names; blank: the calendar month

WAYS: Final = ("payer", "payer-class", "physician", "disposition", "age", "sex", "race", "ethnicity", "county", "zip3",
               "drg", "mdc")  # fmt: skip
BY: Final = Parameter("by", "By", "choice", required=False, choices=WAYS)

ADULTS, NEWBORNS, ALL = "adults", "newborns", "all"
OF: Final = Parameter("of", "Of", "choice", default=ADULTS, choices=(ADULTS, NEWBORNS, ALL))

TRAILING, CALENDAR_YEAR = "trailing", "calendar-year"
YEAR: Final = Parameter("year", "Twelve months", "choice", default=TRAILING,
                        choices=(TRAILING, FISCAL, CALENDAR_YEAR))  # fmt: skip

MONTHLY_STATISTICS: Final = (MONTH, PERIOD, BY, VERSION)
SERVICE_ANALYSIS: Final = (MONTH, PERIOD, VERSION)
PATIENT_MIX: Final = (MONTH, PERIOD, BY, OF, VERSION)
YEAR_AT_A_GLANCE: Final = (MONTH, YEAR, VERSION)
