"""``recordroom group``: MS-DRG, weight and code edits for claims given as JSON lines. Nobody needs to sign on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import click

from config.code_tables import shipped_tables
from db.coding.codes import CodesMissing, CodeStore, Weight
from recordroom.commands.common import named_store, notice, opened_store, options, store_options
from recordroom.commands.json_lines import answer_lines
from rules.codes_edits import CodeEdit, Edited, edit
from rules.drg import Claim, Diagnosis, Grouping, Procedure
from rules.drg import group as grouped

OTHER = "other"
EXEMPT = shipped_tables()["poa_exempt_hospitals"]
EXEMPT_KINDS = frozenset(row.code for row in EXEMPT.rows)
KINDS = (*(row.code for row in EXEMPT.rows), OTHER)

Exempt = Callable[[str], bool]  # by the ISO day of discharge
REPORTS_POA: Exempt = lambda day: False  # noqa: E731


@click.command()
@click.option(
    "--facility-kind",
    type=click.Choice(KINDS),
    help="Kind of hospital of claims that do not name one: all but other are exempt from POA reporting. Otherwise as "
    "the store has filed it, where somebody signs on (--store with --user or --service-key), else other.",
)
@store_options
def group(facility_kind: str | None) -> None:
    """Group claims: one JSON object a line in, one a line out, in the same order.

    Each line may hold id, discharge_date, admit_date, age, sex (M, F, U, X), disposition, admit_dx, dx (a list of
    {"code", "poa"}, the principal diagnosis first), px (a list of {"code", "date"}), facility_kind and poa_exempt
    (whether the hospital is exempt from POA reporting; by its kind where it is not said). Codes come with or without
    dot. What is not known is null.

    In the answer the severity of a diagnosis is its own, CC or MCC, as the grouper has it for the version, whether or
    not it counts: that of the principal diagnosis as a rule does not, nor does one that is excluded or a
    hospital-acquired condition. drives says which codes the DRG rests on.
    """
    store = _codes()
    try:
        with _hospital(facility_kind) as hospital:
            status = answer_lines(lambda given: answers(given, store, hospital))
    finally:
        if store is not None:
            store.close()
    click.get_current_context().exit(status)


@contextmanager
def _hospital(kind: str | None) -> Iterator[Exempt]:
    """Whether the hospital of claims that name no kind is exempt from POA reporting, by the day of discharge.

    Where no kind was said and somebody signs on, the record store has filed it.
    """
    if kind is not None or not (options().user or options().service_key):
        yield lambda day: kind in EXEMPT_KINDS
        return
    from db.abstracting.claims import exempt_hospital

    with opened_store():
        yield exempt_hospital()


def _codes() -> CodeStore | None:
    """The code store, for weights; without one the DRG is told all the same."""
    from config.code_sources import SourceMissing
    from exchange.code_sets.build import ready

    try:
        return CodeStore.open(ready(named_store(), progress=notice))
    except (CodesMissing, SourceMissing, OSError) as error:
        click.echo(f"recordroom: No weights are given: {error}", err=True)
        return None


def answers(
    given: Sequence[Mapping[str, Any]], store: CodeStore | None, hospital: Exempt = REPORTS_POA
) -> Iterator[dict[str, Any]]:
    """DRG, weight, marks and edits of claims, JSON-ready. ``hospital`` is asked where a claim names no kind.

    All are grouped before the first is edited: each engine finds its tables at hand.
    """
    readers = [_Reader(each, hospital) for each in given]
    claims = [reader.claim() for reader in readers]
    results = [grouped(claim) for claim in claims]
    edited = [edit(claim) for claim in claims]
    for reader, claim, result, found in zip(readers, claims, results, edited, strict=True):
        yield _answer(claim, result, found, reader.notices, store)


def _answer(
    claim: Claim, result: Grouping, edited: Edited, noticed: Sequence[str], store: CodeStore | None
) -> dict[str, Any]:
    weight = (
        store.weights(result.drg, claim.discharged_on)
        if store and result.drg and claim.discharged_on
        else None
    )
    notices = [*noticed, *dict.fromkeys(text for text in (result.notice, edited.notice) if text)]
    return {
        "drg": result.drg or None,
        "mdc": result.mdc or None,
        "title": result.title or None,
        "weight": _number(weight.weight if weight else None),
        "gmlos": _number(weight.gmlos if weight else None),
        "weight_fy": _year(weight),
        "initial_drg": result.initial_drg or None,
        "version": result.version or None,
        "return_code": result.return_code or None,
        "dx": [
            {
                "code": diagnosis.code, "poa": diagnosis.poa, "valid": each.valid, "severity": each.severity or None,
                "excluded": each.excluded or each.death_excluded, "hac": each.hac, "drives": each.drives,
            }
            for diagnosis, each in zip(claim.dx, result.dx, strict=False)
        ],
        "px": [
            {"code": procedure.code, "operating_room": each.operating_room, "drives": each.drives}
            for procedure, each in zip(claim.px, result.px, strict=False)
        ],
        "edits": [_edit(each, claim) for each in edited.edits],
        "notice": " ".join(notices) or None,
    }  # fmt: skip


_day = lru_cache(maxsize=1024)(date.fromisoformat)  # a file has few days and many claims


@lru_cache(maxsize=16384)
def _known_diagnosis(code: str, poa: str) -> Diagnosis:
    """A diagnosis; a file has few codes, too."""
    return Diagnosis(code.strip(), poa.strip())


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _year(weight: Weight | None) -> int | None:
    return weight.fiscal_year if weight and weight.weight is not None else None


def _edit(found: CodeEdit, claim: Claim) -> dict[str, Any]:
    """An edit with the code as it was given."""
    given = {"dx": [each.code for each in claim.dx], "px": [each.code for each in claim.px]}.get(found.part)
    code = given[found.row - 1] if given else found.code
    return {
        "number": found.number or None,
        "name": found.name,
        "code": code or None,
        "part": found.part or None,
        "row": found.row or None,
        "message": found.message,
    }


class _Reader:
    """Turns what was given into a claim; what cannot be used is left out and said so in ``notices``."""

    def __init__(self, given: Mapping[str, Any], hospital: Exempt) -> None:
        self.given = given
        self.hospital = hospital
        self.notices: list[str] = []

    def claim(self) -> Claim:
        given, text, date_of = self.given, self._text, self._date
        disposition = text(given, "disposition")
        return Claim(
            discharged_on=date_of(given, "discharge_date"),
            dx=tuple(map(self._diagnosis, self._rows("dx"))),
            px=tuple(map(self._procedure, self._rows("px"))),
            age=self._age(),
            sex=text(given, "sex").upper()[:1],
            disposition=disposition.zfill(2) if disposition else "",
            admitted_on=date_of(given, "admit_date"),
            admit_dx=text(given, "admit_dx"),
            poa_exempt=self._exempt(),
        )

    def _diagnosis(self, given: Mapping[str, Any]) -> Diagnosis:
        code, poa = given.get("code"), given.get("poa")
        if type(code) is str and type(poa) is str:
            return _known_diagnosis(code, poa)
        return Diagnosis(self._text(given, "code"), self._text(given, "poa"))

    def _procedure(self, given: Mapping[str, Any]) -> Procedure:
        return Procedure(self._text(given, "code"), self._date(given, "date"))

    def _exempt(self) -> bool:
        """Whether the hospital reports no POA: as said, else by its kind."""
        said = self.given.get("poa_exempt")
        if isinstance(said, bool):
            return said
        if said is not None:
            self.notices.append("poa_exempt must be true or false.")
        kind = self._text(self.given, "facility_kind")
        if not kind:
            return self.hospital(self._text(self.given, "discharge_date")[:10])
        if kind not in KINDS:
            self.notices.append(f"facility_kind must be one of {', '.join(KINDS)}.")
        return kind in EXEMPT_KINDS

    def _rows(self, name: str) -> list[Mapping[str, Any]]:
        """A list of objects, or of bare codes."""
        listed = self.given.get(name) or []
        if type(listed) is list and {type(each) for each in listed} <= {dict}:
            return listed
        if not isinstance(listed, list):
            self.notices.append(f"{name} must be a list.")
            return []
        rows: list[Mapping[str, Any]] = []
        for each in listed:
            if isinstance(each, str):
                rows.append({"code": each})
            elif isinstance(each, dict):
                rows.append(each)
            else:
                self.notices.append(f"An entry of {name} is neither an object nor a code.")
        return rows

    def _text(self, given: Mapping[str, Any], name: str) -> str:
        value = given.get(name)
        if type(value) is str:
            return value.strip()
        if value is None:
            return ""
        if isinstance(value, dict):  # {"code": "R07.9"} for an admitting diagnosis
            value = value.get("code", "")
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return str(value).strip()
        self.notices.append(f"{name} must be text.")
        return ""

    def _date(self, given: Mapping[str, Any], name: str) -> date | None:
        text = self._text(given, name)
        try:
            return _day(text[:10]) if text else None
        except ValueError:
            self.notices.append(f"{name} must be a day such as 2026-11-21.")
            return None

    def _age(self) -> int | None:
        text = self._text(self.given, "age")
        if not text or (text.isdigit() and len(text) <= 3):
            return int(text) if text else None
        self.notices.append("age must be a whole number of years.")
        return None
