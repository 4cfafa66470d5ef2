"""What indices, registers and lists ask for: kept apart from what makes them, so that the catalogue stays light."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reports.parameters import (
    CODES,
    DETAIL,
    EJECT,
    FROM,
    IDENTIFIERS,
    PAYER,
    PROVIDER,
    SERVICE,
    TO,
    UNIT,
    Parameter,
    grouped,
    sort,
)
from rules.census import PATIENT_CLASSES, VISIT_CLASSES
from rules.events import EVENT_KINDS
from rules.work import Reason

NONE: Final = "none"  # among the codes of a list: those of which it is not known


def a_list(name: str, label: str) -> Parameter:
    """Codes that are in no site file; blank asks for all."""
    return Parameter(name, label, "list", required=False)


def a_question(name: str, label: str) -> Parameter:
    """Yes or no; blank asks for both."""
    return Parameter(name, label, "yes/no", required=False)


STAYS: Final = (
    *(replace(each, choices=(NONE,)) for each in (UNIT, SERVICE, PROVIDER, PAYER)),
    a_list("disposition", "Dispositions"),
    Parameter("age", "Age", "text", required=False),
    a_list("sex", "Sex"),
    a_list("county", "Counties"),
    a_list("zip3", "ZIP, first 3"),
    a_question("newborn", "Newborns"),
    a_question("same_day", "Same-day cases"),
    a_question("died", "Died"),
)
LINES: Final = (DETAIL, EJECT, IDENTIFIERS)
DISCHARGE_LIST: Final = (
    FROM,
    TO,
    *STAYS,
    a_question("under48", "Early deaths"),
    a_question("readmitted", "Admitted again"),
    a_list("payer_class", "Payer classes"),
    a_list("race", "Race"),
    a_list("ethnicity", "Ethnicity"),
    a_list("drg", "DRGs"),
    a_list("mdc", "MDCs"),
    a_question("no_drg", "No DRG weight"),
    sort("discharge", "admission", "name", "terminal-digit", "number", "days", "drg"),
    grouped("unit", "service", "physician", "payer", "disposition", "drg", "mdc", "sex", "county", "zip3"),
    *LINES,
)
ADMISSION_LIST: Final = (
    FROM,
    TO,
    *STAYS,
    a_list("origin", "Points of origin"),
    a_list("priority", "Priorities"),
    a_question("in_house", "Still in house"),
    sort("admission", "discharge", "name", "terminal-digit", "number", "days"),
    grouped("unit", "service", "physician", "payer", "disposition", "sex", "county", "zip3"),
    *LINES,
)
_CODED: Final = (
    Parameter("with", "With these too", "codes", required=False, source="cm"),
    Parameter("without", "Without these", "codes", required=False, source="cm"),
    Parameter("place", "Placed", "choice", default="any", choices=("any", "principal", "secondary")),
)
CLASSES: Final = {
    "inpatient": ("I",), "emergency": ("E",), "outpatient": ("O",), "observation": ("OBS",),
    "visits": VISIT_CLASSES, "all": PATIENT_CLASSES,
}  # fmt: skip
"""Kinds of accounts, and the classes of each."""
ACCOUNTS: Final = Parameter("accounts", "Accounts", "list", default="inpatient", choices=tuple(CLASSES))
_OF_STAYS: Final = (
    *(replace(each, choices=(NONE,)) for each in (UNIT, SERVICE, PROVIDER, PAYER)),
    a_list("disposition", "Dispositions"), Parameter("age", "Age", "text", required=False), a_list("sex", "Sex"),
    a_question("newborn", "Newborns"), a_question("died", "Died"),
)  # fmt: skip
_INDEX_SORT: Final = sort("discharge", "name", "terminal-digit", "number", "days")
DISEASE_INDEX: Final = (
    CODES, FROM, TO, ACCOUNTS, *_CODED, a_list("poa", "POA"), *_OF_STAYS, _INDEX_SORT,
    replace(grouped("code", "category", "service", "unit", "physician", "month", "class"), default="code",
            required=True),
    *LINES,
)  # fmt: skip
PROCEDURE_INDEX: Final = (
    replace(CODES, source="pcs"), FROM, TO, ACCOUNTS,
    *(replace(each, source="pcs") if each.source else each for each in _CODED),
    Parameter("surgeon", "Surgeons", "list", required=False, source="provider"), *_OF_STAYS,
    sort("performed", *_INDEX_SORT.choices),
    replace(grouped("code", "category", "service", "unit", "physician", "surgeon", "month", "class"),
            default="code", required=True),
    *LINES,
)  # fmt: skip
PHYSICIAN_INDEX: Final = (
    FROM, TO, Parameter("role", "As", "choice", default="all", choices=("all", "attending", "surgeon", "consultant")),
    *_OF_STAYS, a_list("drg", "DRGs"), _INDEX_SORT, DETAIL, replace(EJECT, default="1"), IDENTIFIERS,
)  # fmt: skip
EVENT_LIST: Final = (
    FROM, TO, Parameter("kind", "Events", "choice", default="all", choices=("all", *EVENT_KINDS)),
    a_list("word", "Details"), *(replace(each, choices=(NONE,)) for each in (UNIT, SERVICE)),
    sort("time", "name", "terminal-digit", "number"),
    replace(grouped("kind", "detail", "unit", "service", "physician"), default="kind", required=True), *LINES,
)  # fmt: skip
REGISTER: Final = (
    Parameter("register", "Register", "choice", choices=("birth", "death", "fetal-death", "autopsy", "operation")),
    FROM, TO, Parameter("state", "Limits of state", "text", required=False), a_question("open", "Not filed yet"),
    DETAIL, IDENTIFIERS,
)  # fmt: skip
DNFB_ACCOUNTS: Final = (
    ACCOUNTS,
    Parameter("reason", "Reasons", "list", required=False, choices=tuple(each.name.casefold() for each in Reason)),
    a_list("hold", "Holds"), Parameter("days", "Days since discharge", "text", required=False),
    *(replace(each, choices=(NONE,)) for each in (PAYER, SERVICE)), a_list("holder", "In hand of"),
    sort("days", "value", "account", "name", "terminal-digit"),
    replace(grouped("reason", "hold", "days", "payer", "service", "physician", "holder", "class"), default="reason",
            required=True),
    *LINES,
)  # fmt: skip
CODE_CHANGES: Final = (
    Parameter("kind", "What changed", "list", required=False,
              choices=("deleted", "header", "revised", "severity", "poa", "gone", "dates", "title")),
    replace(SERVICE, choices=(NONE,)), sort("discharged", "account", "name", "terminal-digit"),
    replace(grouped("code", "kind", "service", "holder", "account"), default="code", required=True), *LINES,
)  # fmt: skip
DRG_CASE_MIX: Final = (
    FROM, TO,
    Parameter("view", "View", "choice", default="summary", choices=("summary", "mix", "stay", "frequency", "trim")),
    *(replace(each, choices=(NONE,)) for each in (UNIT, SERVICE, PROVIDER, PAYER)), a_list("drg", "DRGs"),
    a_list("mdc", "MDCs"), a_question("newborn", "Newborns"), sort("drg", "stays", "weight"),
    replace(grouped("mdc", "service", "unit", "physician", "payer", "month", "all"), default="mdc", required=True),
    DETAIL,
    EJECT,
)  # fmt: skip
CC_CAPTURE: Final = (
    FROM, TO, *(replace(each, choices=(NONE,)) for each in (UNIT, SERVICE, PROVIDER, PAYER)), a_list("drg", "DRGs"),
    a_list("mdc", "MDCs"), a_question("newborn", "Newborns"), sort("name", "stays", "captured", "secondary"),
    replace(grouped("drg", "service", "unit", "physician", "payer", "month"), default="drg", required=True),
)  # fmt: skip
CODE_EDITS: Final = (
    FROM, TO, a_list("edit", "Edits"), Parameter("standing", "Standing", "choice", default="all",
                                                choices=("all", "open", "released", "overridden")),
    a_list("coder", "Coders"), *(replace(each, choices=(NONE,)) for each in (UNIT, SERVICE, PROVIDER)),
    sort("discharge", "account", "name", "terminal-digit"),
    replace(grouped("edit", "coder", "service", "physician", "standing", "account", "month"), default="edit",
            required=True), *LINES,
)  # fmt: skip
PATIENT_LISTING: Final = (
    Parameter("view", "List", "choice", default="charts", choices=("charts", "aliases", "merges", "duplicates")),
    Parameter("name", "Names", "text", required=False), Parameter("digits", "Terminal digits", "text", required=False),
    Parameter("from", "Merged from", "date", required=False), Parameter("to", "Merged to", "date", required=False),
    sort("name", "terminal-digit", "middle-digit", "number", "birth"), *LINES,
)  # fmt: skip
QUERY_LOG: Final = (
    FROM, TO, replace(PROVIDER, choices=(NONE,)), a_list("kind", "Types"), a_list("purpose", "Because"),
    a_list("outcome", "Outcomes"), a_question("open", "Not answered"), sort("asked", "days", "name"),
    replace(grouped("physician", "physician-type", "type", "reason", "outcome", "service", "asker"),
            default="physician", required=True), *LINES,
)  # fmt: skip
