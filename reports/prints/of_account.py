"""What the prints about one account have in common: how it is found, and whom its trail is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.hospital import chart_sheet, encounters
from db.hospital.chart_sheet import ChartSheet
from reports.parameters import NotAsked


@dataclass(frozen=True, slots=True)
class OfAccount:
    """The data of a print about an account."""

    sheet: ChartSheet

    @property
    def patient_id(self) -> int:
        return self.sheet.stay.patient_id

    @property
    def case_ids(self) -> tuple[int, ...]:
        return (self.sheet.case.id,) if self.sheet.case else ()


def sheet_of(parameters: Mapping[str, str]) -> ChartSheet:
    """The account asked for. Raises ``NotAsked`` when there is none."""
    encounter_id = encounters.find(parameters["account"])
    if not encounter_id:
        raise NotAsked(f"There is no account {parameters['account']}.")
    return chart_sheet.of_account(encounter_id)
