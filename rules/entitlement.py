"""Who is entitled to what: table ``entitlement`` asked by requester, authority and class of information.

A lookup that finds no row fails closed: the request is refused and goes to the privacy officer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.authorization import Authorization, Defect, defects
from rules.tables import TableRow, Tables, listed

DEFAULT = "D"  # the row that answers where no other does
NEUTRAL_HOLD = "We are reviewing your request and will write to you."
NEUTRAL_REFUSAL = "We cannot act on this request as it stands. The privacy officer will write to you."


class Outcome(StrEnum):
    """What a check says, the mildest first."""

    RELEASE = "release"  # everything is in hand
    OBTAIN = "obtain"  # permitted once what is missing has come
    HOLD = "hold"  # a supervisor looks first; the requester is not told why
    REFUSE = "refuse"


SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What an entitlement is asked about. None means not known, and is taken as the law is stricter.

    ``documents`` are codes of table ``disclosure_documents`` that are in hand; ``day`` is the ISO day that
    picks the rows of tables and on which an authorization has to be valid.
    """

    requester: str
    authority: str
    facility: str
    day: str
    classes: tuple[str, ...] = ("GENERAL",)
    purpose: str = ""
    medium: str = ""
    minor: bool | None = None
    deceased: bool | None = None
    us_person: bool | None = None
    documents: frozenset[str] = frozenset()
    authorization: Authorization | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """Which accountings list a release. ``b7``: 5 USC 552a(b)(7), which an agency may withhold."""

    hipaa: bool
    privacy_act: bool
    part2: bool
    b7: bool = False
    suspendable: bool = False  # 45 CFR 164.528(a)(2)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the entitlement table answers. ``tell`` is all that the requester may be told."""

    outcome: Outcome
    row: str
    text: str
    documents: tuple[str, ...]  # needed; ``A|B`` is either
    missing: tuple[str, ...]
    defects: tuple[Defect, ...]
    flags: Flags
    clocks: tuple[str, ...]
    citations: tuple[str, ...]
    confirm: tuple[str, ...]  # table rows that a person has still to compare with what they cite
    reasons: tuple[str, ...]  # for staff
    tell: str = ""


@dataclass(slots=True)
class _Need:
    """What one class of information needs on a row."""

    column: str
    documents: list[str] | None  # None: not permitted
    ordinary: frozenset[str] = frozenset()  # what the general chart would need as well
    missing: list[str] = field(default_factory=list)


def entitlement_row(requester: str, authority: str, facility: str, tables: Tables, day: str = "") -> TableRow:
    """The row for a requester and an authority at a kind of facility; the default row where there is none."""
    table = tables["entitlement"]
    for row in table.on(day):
        if (
            requester in listed(row.more.get("requesters"))
            and authority in listed(row.more.get("authorities"))
            and facility in (listed(row.more.get("facilities")) or (facility,))
        ):
            return row
    return table.find(DEFAULT, day) or TableRow(DEFAULT, "Refuse, and route to the privacy officer")


def classes_of(parts: Iterable[str], tables: Tables, day: str = "") -> tuple[str, ...]:
    """The classes of information in parts of the record; a part that is not listed is a class of its own."""
    found = []
    for part in parts:
        row = tables["parts"].find(part, day)
        found.append(str(row.more.get("class", "")) if row else part)
    return tuple(dict.fromkeys(found)) or ("GENERAL",)


def decide(asked: Inquiry, tables: Tables) -> Decision:
    """Whether information may be released, on which papers, and which accountings list it."""
    facility = tables["facility_kinds"].find(asked.facility, asked.day)
    row = entitlement_row(asked.requester, asked.authority, asked.facility, tables, asked.day)
    reasons = _unknown_words(asked, tables)
    patient = _patient_fits(row, asked)
    if facility is None or reasons or patient:
        row = tables["entitlement"].find(DEFAULT, asked.day) or row
    if patient:
        reasons.append(patient)
    needs = [_need(row, class_, asked, facility, tables) for class_ in asked.classes]
    found = defects_of(asked, facility, tables)
    hand = in_hand(asked, found)
    for need in needs:
        need.missing = [one for one in need.documents or () if not hand.intersection(one.split("|"))]
    outcome = (
        Outcome.REFUSE
        if row.code == DEFAULT
        else max(map(_outcome, needs), key=SEVERITY.__getitem__, default=Outcome.REFUSE)
    )
    documents = tuple(dict.fromkeys(one for need in needs for one in need.documents or ()))
    missing = tuple(dict.fromkeys(one for need in needs for one in need.missing))
    flags = _flags(row, asked, facility, documents, tables)
    return Decision(
        outcome, row.code, row.text, documents, missing, tuple(found), flags,
        listed(row.more.get("clocks")), _citations(row, documents, tables, asked.day),
        _unconfirmed(row, documents, asked, tables),
        (*reasons, *_reasons(row, needs)), _tell(outcome, missing, tables, asked.day),
    )  # fmt: skip


def defects_of(asked: Inquiry, facility: TableRow | None, tables: Tables) -> list[Defect]:
    """The defects of the authorization in hand, under the laws that bind the facility and the record."""
    if asked.authorization is None:
        return []
    overlay = str(facility.more.get("overlay", "")) if facility else ""
    laws = {"hipaa"}
    if overlay == "7332" or any(class_.startswith("SUD") for class_ in asked.classes):
        laws.add(overlay)
    return defects(asked.authorization, laws, asked.day, tables)


def in_hand(asked: Inquiry, found: Collection[Defect]) -> frozenset[str]:
    """The documents in hand, with what a valid authorization stands for; a defective one stands for none."""
    given = asked.authorization
    if given is None:
        return asked.documents
    if found:
        return asked.documents - {"AUTH", "AUTH_CLASS", "AUTH_NOTES"}
    stands_for = {"AUTH"}
    sensitive = {class_ for class_ in asked.classes if class_ != "GENERAL"}
    if sensitive and sensitive <= set(listed(given.get("classes"))):
        stands_for.add("AUTH_CLASS")
    if given.get("own_form"):
        stands_for.add("AUTH_NOTES")
    return asked.documents | stands_for


def _unknown_words(asked: Inquiry, tables: Tables) -> list[str]:
    words = [
        ("facility", asked.facility, "facility_kinds"),
        ("requester", asked.requester, "requester_kinds"),
        ("authority", asked.authority, "disclosure_authorities"),
        *(("class", class_, "information_classes") for class_ in asked.classes),
    ]
    return [
        f"{word or 'Nothing'} is no known {kind}."
        for kind, word, table in words
        if tables[table].find(word, asked.day) is None
    ]


def _patient_fits(row: TableRow, asked: Inquiry) -> str:
    """Why a row does not serve this patient, or blank; what is not known is left to the papers."""
    wanted = row.more.get("patient")
    if wanted == "living" and asked.deceased:
        return "This right ended with the patient's death."
    if wanted == "deceased" and asked.deceased is False:
        return "The patient is alive."
    if wanted == "minor" and asked.minor is False:
        return "The patient is no minor."
    return ""


def _need(row: TableRow, class_: str, asked: Inquiry, facility: TableRow | None, tables: Tables) -> _Need:
    about = tables["information_classes"].find(class_, asked.day)
    if about is None or facility is None:
        return _Need("", None)
    overlay = str(facility.more.get("overlay", ""))
    column = str(about.more.get(f"column_{facility.code}", about.more.get("column", "")))
    documents = _cell(row, (class_.lower(), column), facility.code, overlay)
    if documents is None:
        return _Need(column, None)
    more = _for_patient(row, asked, facility.code, overlay)
    ordinary = (*(_cell(row, ("general",), facility.code, overlay) or ()), *more)
    return _Need(column, [*documents, *more], frozenset(ordinary))


def _cell(row: TableRow, names: Iterable[str], facility: str, overlay: str) -> tuple[str, ...] | None:
    for name in names:
        for key in (f"{name}_{facility}", f"{name}_{overlay}", name):
            if key in row.more:
                return listed(row.more[key])
    return None


def _for_patient(row: TableRow, asked: Inquiry, facility: str, overlay: str) -> tuple[str, ...]:
    extra: tuple[str, ...] = ()
    if asked.minor:
        extra += _cell(row, ("minor",), facility, overlay) or ()
    if asked.deceased:
        extra += _cell(row, ("deceased",), facility, overlay) or ()
    return extra


def _outcome(need: _Need) -> Outcome:
    """To ask for a paper that only the protected class needs would tell that it is in the record."""
    if need.documents is None:
        return Outcome.HOLD if need.column == "sensitive" else Outcome.REFUSE
    if not need.missing:
        return Outcome.RELEASE
    return Outcome.OBTAIN if need.ordinary.issuperset(need.missing) else Outcome.HOLD


def _flags(
    row: TableRow, asked: Inquiry, facility: TableRow | None, documents: Collection[str], tables: Tables
) -> Flags:
    letters = set(listed(row.more.get("accounting")))
    purpose = tables["purposes"].find(asked.purpose, asked.day)
    if purpose is not None and purpose.more.get("tpo") is True:
        letters -= set(listed(row.more.get("unless_tpo")))
    exempt = row.more.get("unless_facility")
    if isinstance(exempt, Mapping):
        letters -= set(listed(exempt.get(asked.facility)))
    agency = facility is None or facility.more.get("privacy_act") is True
    protected = agency and not asked.deceased and asked.us_person is not False  # 5 USC 552a(a)(2)
    return Flags(
        hipaa="H" in letters,
        privacy_act="P" in letters and protected,
        part2=_part2(row, asked, facility, documents, tables),
        b7=row.more.get("b7") is True and agency,
        suspendable=row.more.get("suspendable") is True,
    )


def _part2(
    row: TableRow, asked: Inquiry, facility: TableRow | None, documents: Collection[str], tables: Tables
) -> bool:
    """42 CFR 2.25: disclosures on consent; those for treatment, payment, operations through a record system."""
    overlay = facility.more.get("overlay") if facility else "part2"
    if overlay != "part2" or not any(class_.startswith("SUD") for class_ in asked.classes):
        return False
    if row.code == DEFAULT:
        return True
    kinds = {
        found.more.get("consent")
        for one in documents
        for code in one.split("|")
        if (found := tables["disclosure_documents"].find(code, asked.day))
    }
    return "yes" in kinds or ("tpo" in kinds and asked.medium in ("", "ELECTRONIC"))


def _document_rows(documents: Iterable[str], tables: Tables, day: str) -> list[TableRow]:
    codes = dict.fromkeys(code for one in documents for code in one.split("|"))
    return [row for code in codes if (row := tables["disclosure_documents"].find(code, day))]


def _citations(row: TableRow, documents: Iterable[str], tables: Tables, day: str) -> tuple[str, ...]:
    texts = [row.citation, *(one.citation for one in _document_rows(documents, tables, day))]
    return tuple(dict.fromkeys(part for text in texts for part in text.split("; ") if part))


def _unconfirmed(row: TableRow, documents: Iterable[str], asked: Inquiry, tables: Tables) -> tuple[str, ...]:
    clocks = (tables["clocks"].find(code, asked.day) for code in listed(row.more.get("clocks")))
    found = [("entitlement", row), *(("clocks", one) for one in clocks if one is not None)]
    found += [("disclosure_documents", one) for one in _document_rows(documents, tables, asked.day)]
    return tuple(
        f"{table} {one.code}"
        for table, one in found
        if one.confirm and asked.facility in (listed(one.more.get("facilities")) or (asked.facility,))
    )


def _reasons(row: TableRow, needs: Collection[_Need]) -> list[str]:
    if row.code == DEFAULT:
        return [f"{row.text}."]
    return [
        f"{row.text}: not permitted for {need.column} information."
        for need in needs
        if need.documents is None
    ]


def document_texts(codes: Iterable[str], tables: Tables, day: str = "") -> list[str]:
    """Documents in words, either one of several joined by ``or``."""
    return [" or ".join(row.text for row in _document_rows([one], tables, day)) or one for one in codes]


def _tell(outcome: Outcome, missing: Collection[str], tables: Tables, day: str) -> str:
    """What the requester may be told: 38 USC 7332 and 42 CFR 2.13(c) forbid more where a class is protected."""
    if outcome is Outcome.OBTAIN:
        wanted = [
            one for one in missing if not any(r.more.get("ours") for r in _document_rows([one], tables, day))
        ]
        asked = "; ".join(document_texts(wanted, tables, day))
        return f"Please send: {asked}." if asked else NEUTRAL_HOLD
    return {Outcome.HOLD: NEUTRAL_HOLD, Outcome.REFUSE: NEUTRAL_REFUSAL}.get(outcome, "")
