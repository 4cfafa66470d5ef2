"""Which official file a file is, by its content, and which edition it is of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exchange.code_sets import drg_tables, facility, hcpcs, index_xml, order_file, pcs_xml, tabular
from exchange.code_sets.hcpcs import Hcpcs
from exchange.code_sets.official import Official
from rules.codes import System

HEAD = 6000  # bytes by which a file is recognised


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that can be imported."""

    name: str
    title: str
    read: Callable[[Official], Any]  # raises Refused; its length is the count of rows
    system: System = System.CM


KINDS = {
    kind.name: kind
    for kind in (
        Kind("cm-order", "ICD-10-CM order file", lambda file: order_file.read_order(file, System.CM)),
        Kind("cm-addenda", "ICD-10-CM addenda", lambda file: order_file.read_addenda(file, System.CM)),
        Kind("cm-changes", "ICD-10-CM change list", order_file.read_changes),
        Kind("cm-tabular", "ICD-10-CM tabular list", tabular.read_official),
        Kind("cm-index", "ICD-10-CM index", index_xml.read_index),
        Kind("cm-external", "ICD-10-CM index of external causes", index_xml.read_index),
        Kind("cm-neoplasm", "ICD-10-CM table of neoplasms", index_xml.read_index),
        Kind("cm-drug", "ICD-10-CM table of drugs and chemicals", index_xml.read_index),
        Kind(
            "pcs-order",
            "ICD-10-PCS order file",
            lambda file: order_file.read_order(file, System.PCS),
            System.PCS,
        ),
        Kind(
            "pcs-addenda",
            "ICD-10-PCS addenda",
            lambda file: order_file.read_addenda(file, System.PCS),
            System.PCS,
        ),
        Kind("pcs-tables", "ICD-10-PCS tables", pcs_xml.read_tables, System.PCS),
        Kind("pcs-index", "ICD-10-PCS index", index_xml.read_index, System.PCS),
        Kind("pcs-definitions", "ICD-10-PCS definitions", pcs_xml.read_definitions, System.PCS),
        Kind("poa-exempt", "diagnoses exempt from POA reporting", drg_tables.read_poa),
        Kind("poa-add", "diagnoses newly exempt from POA reporting", drg_tables.read_poa_changes),
        Kind("poa-delete", "diagnoses no longer exempt from POA reporting", drg_tables.read_poa_changes),
        Kind("poa-revise", "exempt diagnoses with a revised description", drg_tables.refused_revision),
        Kind("table-5", "MS-DRG weights, Table 5", drg_tables.read_table5),
        Kind("table-6i", "MCC list, Table 6I", drg_tables.read_list),
        Kind("table-6j", "CC list, Table 6J", drg_tables.read_list),
        Kind("table-6k", "CC exclusions, Table 6K", drg_tables.read_exclusions),
        Kind("hcpcs", "HCPCS Level II", hcpcs.read_hcpcs, System.HCPCS),
        Kind("facility", "a facility's own code set", facility.read_facility),
    )
}
BOOKS = {
    "cm-index": "main", "cm-external": "external", "cm-neoplasm": "neoplasm", "cm-drug": "drug", "pcs-index": "pcs",
}  # fmt: skip

_WEB_PAGE = re.compile(rb"\s*<(!doctype )?html", re.IGNORECASE)
_ORDER = re.compile(rb"\d{5} ([0-9A-Z])[0-9A-Z]{2,6} {0,4} [01] ")
_ADDENDA = re.compile(
    rb"(?:add|delete|revise from|revise to): *[01] ([0-9A-Z])", re.IGNORECASE | re.MULTILINE
)
_BEGINNINGS = (
    (re.compile(r"\W*table 5\b", re.IGNORECASE), "table-5"),
    (re.compile(r"\W*table 6i\b", re.IGNORECASE), "table-6i"),
    (re.compile(r"\W*table 6j\b", re.IGNORECASE), "table-6j"),
    (re.compile(r"\W*table 6k\b|\W*appendix c\b", re.IGNORECASE), "table-6k"),
    (re.compile(r"[^\n]*poa", re.IGNORECASE), "poa-exempt"),
    (re.compile(r"action\tbillable\tcode\ttitle", re.IGNORECASE), "cm-changes"),
)
_POA_CHANGES = (
    ("add", "poa-add"),
    ("del", "poa-delete"),
    ("revis", "poa-revise"),
)  # in the name or the heading
_INDEXES = (("neoplasm", "cm-neoplasm"), ("drug", "cm-drug"), ("external", "cm-external"))


def recognised(file: Official) -> Kind:
    """The kind that the content of a file shows. Raises ``Refused`` when it shows none."""
    head = file.data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if not file.data.strip():
        raise file.refused("it is empty")
    if head[:2] == b"PK":
        raise file.refused("it is packed", todo="unpack it and import the text or XML files in it")
    if head[:5] == b"%PDF-":
        raise file.refused("it is a PDF", todo="take the text or XML file published beside it")
    if _WEB_PAGE.match(head):
        raise file.refused("it is a web page", todo="fetch the file that the page leads to, or tells of")
    name = _xml_kind(head) if head.lstrip()[:1] == b"<" else _text_kind(file, head)
    if not name:
        raise file.refused(
            "it is none of the files that are known", todo="name its kind with --kind; --list lists the kinds"
        )
    return KINDS[name]


def _xml_kind(head: bytes) -> str:
    text = head.decode("utf-8", "replace")
    if "<ICD10CM.index" in text:
        title = (re.search(r"<title>([^<]*)</title>", text) or ("", ""))[1].casefold()
        return next((name for word, name in _INDEXES if word in title), "cm-index")
    for tag, name in (
        ("<ICD10CM.tabular", "cm-tabular"), ("<ICD10PCS.tabular", "pcs-tables"), ("<ICD10PCS.index", "pcs-index"),
        ("<ICD10PCS.definitions", "pcs-definitions"),
    ):  # fmt: skip
        if tag in text:
            return name
    return ""


def _text_kind(file: Official, head: bytes) -> str:
    if found := _ORDER.match(head):
        return "pcs-order" if found[1].isdigit() else "cm-order"
    if found := _ADDENDA.search(head):
        return "pcs-addenda" if found[1].isdigit() else "cm-addenda"
    text = head.decode("cp1252", "replace")
    if name := next((name for pattern, name in _BEGINNINGS if pattern.match(text)), ""):
        return _poa_kind(file, text) if name == "poa-exempt" else name
    if any(hcpcs.SHORTEST <= len(line) <= hcpcs.WIDTH + 1 for line in file.data[:60000].split(b"\n")[:60]):
        return "hcpcs"
    return "facility" if facility.is_header(text.partition("\n")[0]) else ""


def _poa_kind(file: Official, text: str) -> str:
    """The list of a year, or what was added to it or taken from it: these have the same columns."""
    said = f"{file.name}\n{text.partition(chr(10))[0]}".casefold()
    return next((kind for word, kind in _POA_CHANGES if word in said), "poa-exempt")


# Editions


def first_day(edition: str) -> int:
    """The first day that an edition is about: ``2027`` is the fiscal year, from 20261001; ``2027-04`` 20270401."""
    year, _, month = edition.partition("-")
    if not year:
        return 0
    return int(year) * 10000 + int(month) * 100 + 1 if month else (int(year) - 1) * 10000 + 1001


def edition_of(day: int) -> str:
    """The edition that begins on ``day``: the reverse of ``first_day``."""
    year, month = divmod(day // 100, 100)
    return f"{year + 1}" if month == 10 else f"{year}-{month:02}"


def is_edition(text: str) -> bool:
    """Whether ``text`` names an edition."""
    return bool(re.fullmatch(r"20\d\d(-(01|04|07|08|10))?", text))


def edition(file: Official, kind: Kind, parsed: Any, said: str) -> str:
    """The edition of a file: as ``said``, as its content says, as it is named; blank when nothing tells.

    Raises ``Refused`` when these do not agree.
    """
    if kind.name == "facility":
        return said
    if kind.name == "hcpcs":
        return _quarter(file, parsed, said)
    stated, named = _stated(file, kind), file.named_year()
    if said:
        if stated and stated != int(said[:4]):
            raise file.refused(
                f"it says itself that it is of {stated}, not {said}", todo=f"say --year {stated}"
            )
        return said
    if stated and named and stated != named:
        todo = f"fetch the file again, or say --year {stated} if its content is meant"
        raise file.refused(f"its name says {named} and its content {stated}", todo=todo)
    if not (year := stated or named):
        return ""
    return f"{year}-04" if file.named_april() else str(year)


def _stated(file: Official, kind: Kind) -> int:
    """The year that the content of a file names; 0 when it names none."""
    if kind.name.startswith("table-"):
        return drg_tables.stated_year(file)
    head = file.data[:HEAD].decode("utf-8", "replace")
    found = re.search(r"<version>\D*(20\d\d)", head) if head.lstrip()[:1] == "<" else None
    return int(found[1]) if found else 0


_MONTHS = {"jan": "01", "apr": "04", "jul": "07", "oct": "10"}


def _quarter(file: Official, records: Sequence[Hcpcs], said: str) -> str:
    """The quarter of a HCPCS file: that of its latest day, which its name may not contradict."""
    latest = max(max(record.added, record.begins) for record in records)
    year, month = divmod(latest // 100, 100)
    found = f"{year}-{(month - 1) // 3 * 3 + 1:02}"
    month_named = re.search(r"jan|apr|jul|oct", file.name, re.IGNORECASE)
    named_year = file.named_year()
    named = f"{named_year}-{_MONTHS[month_named[0].lower()]}" if named_year and month_named else ""
    asked = said or named
    if (asked and not found.startswith(asked[:4])) or (said and "-" in said and said != found):
        todo = f"fetch the file again, or say --year {found} if its content is meant"
        raise file.refused(
            f"it is of {asked} by its name or --year, and its latest day is in {found}", todo=todo
        )
    return found if "-" not in asked else asked
