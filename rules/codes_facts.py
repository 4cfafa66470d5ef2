"""What the installed grouper and code editor know about single codes: validity, CC and MCC, edit lists.

Both only answer about claims, so lists of codes are put to them and narrowed down by halves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rules.codes import ICD10_FROM, System, normal
from rules.drg import PROBE_DIAGNOSIS, engine, valid_from_to


def valid_on(code: str, system: System, day: date) -> bool | None:
    """Whether ``code`` may be submitted for a discharge on ``day``; None when the engine cannot say."""
    if system is System.HCPCS or not ICD10_FROM <= day <= valid_from_to()[1]:
        return None
    return not invalid((normal(code),), system, day)


def invalid(codes: Sequence[str], system: System, day: date) -> set[str]:
    """Those of ``codes`` (without dots) that are not valid on ``day``."""
    return having("INVALID_CODE", codes, system, day)


def having(name: str, codes: Sequence[str], system: System, day: date, age: int = 40) -> set[str]:
    """Those of ``codes`` for which the editor raises edit ``name`` by themselves on ``day``."""
    found: set[str] = set()
    parts = (codes[start : start + 512] for start in range(0, len(codes), 512))
    pending = [(part, _raised(name, part, system, day, age)) for part in parts]
    while pending:
        part, count = pending.pop()
        if count == len(part):
            found.update(part)
        elif count:
            left, right = part[: len(part) // 2], part[len(part) // 2 :]
            in_left = _raised(name, left, system, day, age)
            pending += [(left, in_left), (right, count - in_left)]
    return found


def _raised(name: str, codes: Sequence[str], system: System, day: date, age: int) -> int:
    listed = [{"code": code} for code in codes]
    answer = engine().edit(
        {
            "discharge_date": int(f"{day:%Y%m%d}"),
            "age": age,
            "sex": 2,
            "discharge_status": 1,
            "pdx": {"code": PROBE_DIAGNOSIS},
            "sdx": listed if system is System.CM else [],
            "procedures": listed if system is System.PCS else [],
        }
    )
    return next((edit["count"] for edit in answer["edits"] if edit["name"] == name), 0)


def principal_edits(code: str, day: date, age: int = 40) -> frozenset[str]:
    """The edits that ``code`` raises as the only diagnosis of a claim on ``day``, for an adult of ``age``."""
    answer = engine().edit(
        {
            "discharge_date": int(f"{day:%Y%m%d}"),
            "age": age,
            "sex": 2,
            "discharge_status": 1,
            "pdx": {"code": code},
            "sdx": [],
            "procedures": [],
        }
    )
    return frozenset(edit["name"] for edit in answer["edits"])


def severities(codes: Sequence[str], version: int) -> dict[str, str]:
    """``CC`` or ``MCC`` for those of ``codes`` (without dots) that are one in this grouper version."""
    found: dict[str, str] = {}
    for start in range(0, len(codes), 1000):
        answer = engine().group(
            {
                "version": version,
                "age": 40,
                "sex": 2,
                "discharge_status": 1,
                "pdx": {"code": PROBE_DIAGNOSIS},
                "sdx": [{"code": code} for code in codes[start : start + 1000]],
            }
        )
        for output in answer["sdx_output"]:
            if output["severity"] in {"CC", "MCC"}:
                found[output["code"]] = output["severity"]
    return found
