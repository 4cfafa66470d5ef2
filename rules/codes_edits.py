"""Medicare code edits (MCE) of a claim by the rules of its discharge date, each tied to its code.

Edit 19 is made here: the engine takes the patient's age for the length of stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from rules.codes import ICD10_FROM, System, dotted, normal
from rules.drg import PROBE_DIAGNOSIS, Claim, Diagnosis, Procedure, engine, engine_input, no_version
from rules.findings import Finding, Level

# Definitions of Medicare Code Edits, chapter 1. Name of the engine: edit number, level, sentence.
# The discontinued edits 7, 10, 12 and 13 are not here; edit 5 is off for discharges from 2024-10-01.
EDITS = {
    "INVALID_CODE": (1, Level.ERROR, "is not a valid code on the discharge date"),
    "E_CODE_AS_PDX": (2, Level.ERROR, "is an external cause and cannot be the principal diagnosis"),
    "DUPLICATE_OF_PDX": (3, Level.ERROR, "repeats the principal diagnosis"),
    "AGE_CONFLICT": (4, Level.ERROR, "does not agree with the patient's age"),
    "SEX_CONFLICT": (5, Level.ERROR, "does not agree with the patient's sex"),
    "MANIFESTATION_AS_PDX": (6, Level.ERROR, "is a manifestation and cannot be the principal diagnosis"),
    "QUESTIONABLE_ADMISSION": (8, Level.WARNING, "rarely justifies an acute inpatient stay"),
    "UNACCEPTABLE_PDX": (9, Level.ERROR, "is not acceptable as the principal diagnosis"),
    "REQUIRES_SDX": (
        9,
        Level.ERROR,
        "is acceptable as the principal diagnosis only with a secondary diagnosis",
    ),
    "NON_COVERED": (11, Level.WARNING, "is not covered by Medicare"),
    "INVALID_AGE": (14, Level.ERROR, "The age is out of range (0-124)"),
    "INVALID_SEX": (15, Level.ERROR, "The sex must be male or female"),
    "INVALID_DISCHARGE_STATUS": (16, Level.ERROR, "The discharge disposition is not a valid code"),
    "LIMITED_COVERAGE": (17, Level.WARNING, "has limited coverage by Medicare"),
    "WRONG_PROCEDURE_PERFORMED": (18, Level.WARNING, "says that the wrong procedure was performed"),
    "INCONSISTENT_WITH_LENGTH_OF_STAY": (19, Level.WARNING, "does not agree with the length of stay"),
    "UNSPECIFIED": (20, Level.WARNING, "leaves the side unspecified where a specific code exists"),
    "QUESTIONABLE_OBSTETRIC_ADMISSION": (
        0,
        Level.WARNING,
        "is a delivery without an outcome of delivery (Z37)",
    ),
    "INVALID_ADMIT_DX": (1, Level.ERROR, "is not a valid code on the discharge date"),
    "INVALID_POA": (0, Level.ERROR, "has a POA indicator that is not Y, N, U, W, 1 or blank"),
}
_PRINCIPAL_EDITS = frozenset(
    {"E_CODE_AS_PDX", "MANIFESTATION_AS_PDX", "QUESTIONABLE_ADMISSION", "UNACCEPTABLE_PDX", "REQUIRES_SDX"}
)
_OF_A_CODE = frozenset({"INVALID_CODE", "AGE_CONFLICT", "SEX_CONFLICT", "UNSPECIFIED"})
AN_ADULT = 40  # years
_CLAIM_EDITS = frozenset({"INVALID_AGE", "INVALID_SEX", "INVALID_DISCHARGE_STATUS"})

# Edit 19: procedures that need this many days of stay; the CMS editor questions stays of 1 to 4 days.
LONG_STAY_PROCEDURES = {"5A1955Z": 5}  # respiratory ventilation, more than 96 consecutive hours

LAST_DAY = date(2100, 12, 31)  # the editor refuses to look at later ones
SEX_EDIT_LAST = date(2024, 9, 30)  # the editor drops edit 5 from v42 on

# "1" and blank: the code is exempt from POA reporting (UB-04; 5010 has blank)
POA_VALUES = frozenset({"Y", "N", "U", "W", "1", ""})


@dataclass(frozen=True, slots=True)
class CodeEdit:
    """A Medicare code edit and the code that causes it.

    ``row`` counts from 1 in ``part``: ``dx`` (1 is principal), ``px``, ``admit_dx``; part "" is the claim.
    """

    number: int  # of the Definitions of Medicare Code Edits; 0 has none
    name: str
    level: Level
    message: str
    part: str = ""
    row: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """All edits of a claim, or the notice that says why they could not be made."""

    edits: tuple[CodeEdit, ...] = ()
    notice: str = ""


def edit(claim: Claim) -> Edited:
    """The Medicare code edits of ``claim``, each with the code that causes it. Never raises for bad data.

    The editor counts edits without naming codes. A code that raises an edit beside the principal diagnosis
    alone owns it; what only a combination raises goes to each code without which it is gone.
    """
    if claim.discharged_on is None:
        return Edited(notice="The code edits need the discharge date.")
    poa = tuple(_poa_edits(claim))
    if not claim.dx or not normal(claim.dx[0].code):
        return Edited(poa, "The code edits need a principal diagnosis.")
    if not claim.discharged_on >= ICD10_FROM:
        return Edited(poa, "The code edits know ICD-10 codes only, for discharges from 10/01/2015.")
    found = _counts(claim)
    if found is None:
        return Edited(poa, no_version(claim.discharged_on))
    edits = [*_attributed(claim, found), *_stay_edits(claim), *poa]
    return Edited(tuple(sorted(edits, key=lambda edit: (_PARTS.index(edit.part), edit.row, edit.number))))


_PARTS = ("", "admit_dx", "dx", "px")


def _counts(claim: Claim) -> dict[str, int] | None:
    """How often the editor raises each edit; None when it does not know the discharge date."""
    day = claim.discharged_on
    assert day is not None
    if day > LAST_DAY:
        return None
    number = day.year * 10000 + day.month * 100 + day.day
    answer = engine().edit(engine_input(claim, discharge_date=number))
    if answer["edit_type"] == "INVALID_DISCHARGE_DATE":
        return None
    counts = {edit["name"]: edit["count"] for edit in answer["edits"]}
    counts.pop("INCONSISTENT_WITH_LENGTH_OF_STAY", None)  # see the module's docstring
    if claim.age is None:
        counts.pop("INVALID_AGE", None)
        counts.pop("AGE_CONFLICT", None)
    if not claim.disposition:
        counts.pop("INVALID_DISCHARGE_STATUS", None)
    return counts


@lru_cache(maxsize=20_000)
def _beside(claim: Claim) -> Mapping[str, int]:
    """``_counts`` of a claim of one code or two, which comes again after every change of a record."""
    return _counts(claim) or {}


def _attributed(claim: Claim, found: Mapping[str, int]) -> Iterable[CodeEdit]:
    left = dict(found)
    for name in list(left):
        if name in _CLAIM_EDITS:
            left.pop(name)
            yield _edit(name)
        elif name == "INVALID_ADMIT_DX":
            left.pop(name)
            yield _edit(name, "admit_dx", 1, claim.admit_dx)
        elif name in _PRINCIPAL_EDITS:
            left.pop(name)
            yield _edit(name, "dx", 1, claim.dx[0].code)
    yield from _by_themselves(claim, left)
    if not left:
        return
    alone = _beside(_only(claim, (), ()))
    for name in list(left):
        if alone.get(name):
            _take(left, name)
            yield _edit(name, "dx", 1, claim.dx[0].code)
    for part, rows in (("dx", range(1, len(claim.dx))), ("px", range(len(claim.px)))):
        for row in rows:
            if not left:
                return
            beside = _beside(_only(claim, *((row,), ()) if part == "dx" else ((), (row,))))
            for name in list(left):
                if beside.get(name, 0) > alone.get(name, 0):
                    _take(left, name)
                    yield _edit(name, part, row + 1, _code(claim, part, row))
    yield from _left_out(claim, found, left)


def _by_themselves(claim: Claim, left: dict[str, int]) -> Iterable[CodeEdit]:
    """What a code raises by itself, beside whatever others: each code is asked about once."""
    names = _OF_A_CODE.intersection(left)
    if not names:
        return
    day = claim.discharged_on
    assert day is not None
    who = (claim.age if "AGE_CONFLICT" in names else AN_ADULT, claim.sex if "SEX_CONFLICT" in names else "")
    rows = [("dx", row, each.code) for row, each in enumerate(claim.dx)]
    for part, row, code in (*rows, *(("px", row, each.code) for row, each in enumerate(claim.px))):
        for name in _raised(part, code, day, *who) if code else ():
            if name in left:
                _take(left, name)
                yield _edit(name, part, row + 1, code)


@lru_cache(maxsize=20_000)
def _raised(part: str, code: str, day: date, age: int | None, sex: str) -> frozenset[str]:
    """The edits of ``_OF_A_CODE`` that a code raises beside a principal diagnosis that raises none."""
    dx = (Diagnosis(PROBE_DIAGNOSIS), *([Diagnosis(code)] if part == "dx" else ()))
    px = (Procedure(code),) if part == "px" else ()
    return _OF_A_CODE.intersection(_counts(Claim(day, dx, px, age, sex, "01")) or {})


def _take(left: dict[str, int], name: str) -> None:
    """One of ``name`` has found its code."""
    left[name] -= 1
    if left[name] <= 0:
        del left[name]


def _left_out(claim: Claim, found: Mapping[str, int], left: Mapping[str, int]) -> Iterable[CodeEdit]:
    """What only a combination raises, by leaving out one code at a time."""
    if not left:
        return
    dx, px = range(1, len(claim.dx)), range(len(claim.px))
    for name in left:
        named = False
        for part, rows in (("px", px), ("dx", dx)):
            for row in rows:
                without = _only(
                    claim,
                    [other for other in dx if part != "dx" or other != row],
                    [other for other in px if part != "px" or other != row],
                )
                if (_counts(without) or {}).get(name, 0) < found[name]:
                    named = True
                    yield _edit(name, part, row + 1, _code(claim, part, row))
            if named:
                break
        if not named:
            yield _edit(name, "dx", 1, claim.dx[0].code)


def _only(claim: Claim, dx: Sequence[int], px: Sequence[int]) -> Claim:
    """``claim`` with its principal diagnosis and only these rows of the others."""
    return Claim(
        discharged_on=claim.discharged_on,
        dx=(claim.dx[0], *(claim.dx[row] for row in dx)),
        px=tuple(claim.px[row] for row in px),
        age=claim.age,
        sex=claim.sex,
        disposition=claim.disposition,
        poa_exempt=claim.poa_exempt,
    )


def _code(claim: Claim, part: str, row: int) -> str:
    return claim.dx[row].code if part == "dx" else claim.px[row].code


def _edit(name: str, part: str = "", row: int = 0, code: str = "") -> CodeEdit:
    number, level, text = EDITS.get(name, (0, Level.WARNING, name.replace("_", " ").lower()))
    code = normal(code)
    shown = dotted(code, System.PCS if part == "px" else System.CM)
    message = f"{shown} {text}." if part else f"{text}."
    return CodeEdit(number, name, level, message, part, row, code)


def principal_problems(claim: Claim) -> list[str]:
    """Why the code editor does not take the first diagnosis of ``claim`` as the principal one, in words."""
    if claim.discharged_on is None or claim.discharged_on < ICD10_FROM:
        return []
    alone = _beside(_only(claim, (), ()))
    met = {"REQUIRES_SDX"} if len(claim.dx) > 1 else set()
    return [EDITS[name][2] for name in alone if name in _PRINCIPAL_EDITS - met]


def _stay_edits(claim: Claim) -> Iterable[CodeEdit]:
    """Edit 19 from admission and discharge dates: a stay of a day or more, but less than is needed."""
    los = claim.los_days
    if los is None or los < 1:
        return
    for row, procedure in enumerate(claim.px, 1):
        if los < LONG_STAY_PROCEDURES.get(normal(procedure.code), 0):
            yield _edit("INCONSISTENT_WITH_LENGTH_OF_STAY", "px", row, procedure.code)


def _poa_edits(claim: Claim) -> Iterable[CodeEdit]:
    if claim.poa_exempt:
        return
    for row, diagnosis in enumerate(claim.dx, 1):
        if diagnosis.poa not in POA_VALUES and diagnosis.poa.strip().upper() not in POA_VALUES:
            yield _edit("INVALID_POA", "dx", row, diagnosis.code)


def sex_conflicts(claim: Claim) -> tuple[CodeEdit, ...]:
    """Codes tied to the other sex, of discharges for which the editor no longer looks (edit 5, off from 2024-10-01).

    Put to the editor as of the last day on which it did. A warning: registration may be wrong, and the patient
    may be one to whom it does not apply.
    """
    on = claim.discharged_on
    if on is None or on <= SEX_EDIT_LAST or claim.sex not in ("M", "F") or not claim.dx:
        return ()
    then = replace(claim, discharged_on=SEX_EDIT_LAST)
    count = (_counts(then) or {}).get("SEX_CONFLICT", 0)
    return tuple(
        replace(
            each,
            level=Level.WARNING,
            message=f"{each.message[:-1]} as registered: check code and registration.",
        )
        for each in _attributed(then, {"SEX_CONFLICT": count} if count else {})
    )


def at_row(edit: CodeEdit, rows: Mapping[str, Sequence[int]]) -> CodeEdit:
    """The edit with the row of the record in the place of the row of the claim; ``rows`` by part of the claim."""
    of_part = rows.get(edit.part, ())
    return replace(edit, row=of_part[edit.row - 1]) if 0 < edit.row <= len(of_part) else edit


def finding_code(number: int, name: str) -> str:
    """The code of the findings of an edit: ``MCE09``, or its name where it has no number."""
    return f"MCE{number:02d}" if number else f"MCE-{name}"


def named(code: str) -> tuple[str, str]:
    """Level and names of an edit by the code of its findings; blanks for any other code."""
    found = [
        (name, level) for name, (number, level, _) in EDITS.items() if finding_code(number, name) == code
    ]
    words = (
        name.replace("_", " ").replace("PDX", "principal dx").replace("SDX", "secondary dx")
        for name, _ in found
    )
    return (str(found[0][1]), ", ".join(map(str.lower, words)).capitalize()) if found else ("", "")


def findings(edits: Iterable[CodeEdit], fields: Mapping[str, str]) -> list[Finding]:
    """``edits`` as findings about a record.

    ``fields`` gives the path of each part, with ``{row}`` for the row: ``{"dx": "diagnoses[{row}].code"}``.
    A part that is not named there is about the whole record.
    """
    return [
        Finding(
            edit.level,
            finding_code(edit.number, edit.name),
            edit.message,
            fields.get(edit.part, "").format(row=edit.row),
        )
        for edit in edits
    ]
