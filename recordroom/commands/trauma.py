"""``recordroom trauma score``: ISS, NISS, RTS, TRISS and the rest for patients given as JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import click

from config.code_tables import shipped_tables
from recordroom.commands.json_lines import answer_lines
from rules import trauma as scores
from rules.tables import Tables

LIMITS = {"gcs": (3, 15), "sbp": (0, 380), "rr": (0, 120), "pulse": (0, 400), "age": (0, 130)}
"""Lowest and highest value taken; anything else is an error of entry and counts as not known."""

GCS_PARTS = {"eye": (1, 4), "verbal": (1, 5), "motor": (1, 6)}


@click.group()
def trauma() -> None:
    """Trauma scores."""


@trauma.command()
@click.option("--set", "name", default=scores.DEFAULT_SET, show_default=True, help="TRISS coefficient set.")
@click.option(
    "--stated-mechanism", is_flag=True, help="Do not count children under 15 as blunt whatever the mechanism."
)
def score(name: str, stated_mechanism: bool) -> None:
    """Score patients: one JSON object a line in, one a line out, in the same order.

    Each line may hold id, injuries (a list of {"severity": 1-6 or 9, "region": 1-6} or with "predot" instead
    of "region"), gcs or eye, verbal and motor, sbp, rr, pulse, age in years, mechanism (blunt, penetrating or
    burn) and intubated. What is not known is null or left out; a score that needs it is null.
    """
    tables = shipped_tables()
    known = scores.coefficients(tables["triss"], name)
    if known is None:
        names = [row.code for row in tables["triss"].on() if scores.coefficients(tables["triss"], row.code)]
        raise click.UsageError(f"There is no coefficient set {name}: use one of {', '.join(names)}.")
    model = scores.Model(known, children_blunt=not stated_mechanism)
    status = answer_lines(lambda given: [scored(each, model, tables) for each in given])
    click.get_current_context().exit(status)


def scored(given: Mapping[str, Any], model: scores.Model, tables: Tables) -> dict[str, Any]:
    """The scores of one patient, JSON-ready; ``findings`` are sentences about what could not be used."""
    reader = _Reader(given, tables)
    case = reader.case()
    result = scores.score(case, model)
    answer: dict[str, Any] = {
        key: float(value) if isinstance(value, Decimal) else value for key, value in asdict(result).items()
    }
    answer["triage_category"] = scores.triage_category(result.triage_rts, tables["triage_rts"])
    answer["shock_index_alert"] = scores.shock_alert(result.shock_index, case.age, tables["shock_index"])
    answer["findings"] = reader.findings
    return answer


class _Reader:
    """Turns what was given into a case; what cannot be used is not known, and said so in ``findings``."""

    def __init__(self, given: Mapping[str, Any], tables: Tables) -> None:
        self.given = given
        self.tables = tables
        self.findings: list[str] = []

    def case(self) -> scores.Case:
        return scores.Case(
            injuries=self._injuries(),
            gcs=self._gcs(),
            sbp=self._number(self.given, "sbp", *LIMITS["sbp"]),
            rr=self._number(self.given, "rr", *LIMITS["rr"]),
            pulse=self._number(self.given, "pulse", *LIMITS["pulse"]),
            age=self._number(self.given, "age", *LIMITS["age"]),
            mechanism=self._mechanism(),
            intubated=self._intubated(),
        )

    def _number(self, given: Mapping[str, Any], key: str, low: int, high: int, label: str = "") -> int | None:
        value = given.get(key)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.findings.append(f"{label or key} must be a whole number from {low} to {high}, or null.")
            return None
        return value

    def _gcs(self) -> int | None:
        total = self._number(self.given, "gcs", *LIMITS["gcs"])
        parts = [self._number(self.given, key, *limits) for key, limits in GCS_PARTS.items()]
        summed = scores.gcs_total(*parts)
        if total is not None and summed is not None and total != summed:
            self.findings.append(
                f"gcs is {total}, but eye, verbal and motor add up to {summed}: correct one."
            )
            return None
        return summed if total is None else total

    def _mechanism(self) -> scores.Mechanism | None:
        value = self.given.get("mechanism")
        if value is None:
            return None
        if value in list(scores.Mechanism):
            return scores.Mechanism(value)
        self.findings.append("mechanism must be blunt, penetrating, burn or null.")
        return None

    def _intubated(self) -> bool:
        value = self.given.get("intubated")
        if value is None or isinstance(value, bool):
            return bool(value)
        self.findings.append("intubated must be true, false or null; the RTS is left out.")
        return True

    def _injuries(self) -> list[scores.Injury]:
        value = self.given.get("injuries")
        if value is None:
            return []
        if not isinstance(value, list):
            self.findings.append("injuries must be a list.")
            return []
        return [self._injury(number, row) for number, row in enumerate(value, 1)]

    def _injury(self, number: int, row: object) -> scores.Injury:
        if not isinstance(row, dict):
            self.findings.append(f"injury {number} must be an object with severity and region or predot.")
            return _UNREADABLE
        severity = row.get("severity")
        numeric = isinstance(severity, int | float) and not isinstance(severity, bool)
        if severity is not None and not (numeric and severity in scores.SEVERITIES):
            self.findings.append(f"severity of injury {number} must be 1 to 6, or 9.")
            return _UNREADABLE
        region = self._number(row, "region", 1, 6, f"region of injury {number}")
        predot = row.get("predot")
        if row.get("region") is None and predot is not None:
            region = scores.region_of(str(predot), self.tables["ais_region"])
            if region is None:
                self.findings.append(f"predot of injury {number} has no ISS region: give the region.")
        return scores.Injury(None if severity is None else int(severity), region)


_UNREADABLE = scores.Injury(severity=-1)
"""An injury that is there but cannot be read makes ISS and NISS unknown, unlike one that is not there."""
