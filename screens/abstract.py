"""ABS: the discharge abstract of an account, with its MS-DRG under the form after every change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar

from db import abstracts, encounters
from db.abstracts import AbstractRecord, Drg
from rules import codes_edits, drg
from rules.drg import Claim, Diagnosis, Grouping, Procedure
from rules.findings import Finding
from rules.values import is_date
from screens.account import banner, encounter_named
from screens.data_set import DataSetForm, Loaded, rows_in
from tui.screen import Command, Filed, Outcome, Values

PARTS = {
    "dx": "diagnoses[{row}].code",
    "px": "procedures[{row}].code",
    "admit_dx": "admitting_diagnosis",
}
NO_GROUPING = Grouping()


class Abstract(DataSetForm):
    """An inpatient account's abstract. Opened from the work list, or as ``ABS account``."""

    title: ClassVar[str] = "Discharge abstract"
    data_set: ClassVar[str] = "abstract"
    word: ClassVar[str] = "ABS"
    queue: ClassVar[bool] = True
    help: ClassVar[str] = (
        "What the feed and the movements know is filled in. Enter goes from field to field; F4 lists what a coded "
        "field takes and finds codes by words; F2 files. What is still missing stands in the message row."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("MOVES", "Movements of the account", "moves", "F10"),
        Command("CHART", "The patient's chart", "chart", "F11"),
    )
    opened: AbstractRecord

    def load(self, key: str) -> Loaded:
        stay = encounter_named(key)
        self.opened = abstracts.open_abstract(self.session.actor, stay.id, self.dictionary)
        case = self.opened.case
        return Loaded(
            self.opened.record, str(case.revision if case else 0), banner(stay), ("abstract", stay.account)
        )

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        grouping = self.grouping(values)
        weight = self.weight(grouping, values)
        made = Drg(
            grouping.drg, grouping.mdc, grouping.version, None if weight is None else int(weight * 10_000)
        )
        case = abstracts.file_abstract(
            self.session.actor, self.opened, self.dictionary, values, findings, made,
            expected_revision=int(self.version),
        )  # fmt: skip
        follower = next_account(self.opened.encounter)
        state = "complete" if case.status == "complete" else "still open: ERR lists what is missing"
        return Filed(f"FILED {case.number}, {state}", next=follower, go="" if follower else "WRK")

    def more_findings(self, values: Values) -> Sequence[Finding]:
        edited = codes_edits.edit(claim_of(values))
        return codes_edits.findings(edited.edits, PARTS)

    def panel(self, values: Values) -> Sequence[str]:
        grouping = self.grouping(values)
        if not grouping.drg:
            return (f"MS-DRG: {grouping.notice or 'not grouped yet'}",)
        weight = self.weight(grouping, values)
        shown = f"{weight:.4f}" if weight is not None else "no weight loaded"
        initial = f"  initial {grouping.initial_drg}" if grouping.hac_reduced else ""
        driving = [row.code for row in grouping.dx if row.drives] + [
            row.code for row in grouping.px if row.drives
        ]
        marks = [f"{row.code} {row.counts}" for row in grouping.dx if row.counts]
        return (
            f"MS-DRG {grouping.drg}{initial}  {grouping.title}",
            f"MDC {grouping.mdc}  weight {shown}  v{grouping.version}"
            + (f"  driven by {', '.join(driving)}" if driving else "")
            + (f"  {', '.join(marks[:4])}" if marks else ""),
        )

    def grouping(self, values: Values) -> Grouping:
        """The DRG of the record as it stands; nothing while there is no principal diagnosis."""
        return drg.group(claim_of(values)) if values.get("diagnoses[1].code") else NO_GROUPING

    def weight(self, grouping: Grouping, values: Values) -> Decimal | None:
        """The relative weight in force on discharge, if a Table 5 is loaded."""
        day = values.get("discharged_at", "")[:10]
        if self.session.codes is None or not grouping.drg or not day:
            return None
        found = self.session.codes.weights(grouping.drg, date.fromisoformat(day))
        return found.weight if found else None

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.key)

    def moves(self, rest: str) -> Outcome:
        return Outcome(go=f"ACC {self.key}")

    def chart(self, rest: str) -> Outcome:
        return Outcome(go=f"CHT {self.opened.encounter.mrn}")


def claim_of(values: Values) -> Claim:
    """What the grouper and the code editor look at."""
    return Claim(
        discharged_on=_day(values.get("discharged_at", "")),
        dx=tuple(Diagnosis(row.get("code", ""), row.get("poa", "")) for row in rows_in(values, "diagnoses")),
        px=tuple(
            Procedure(row.get("code", ""), _day(row.get("date", ""))) for row in rows_in(values, "procedures")
        ),
        age=int(values["age"]) if values.get("age", "").isdecimal() else None,
        sex=values.get("sex", ""),
        disposition=values.get("disposition", ""),
        admitted_on=_day(values.get("admitted_at", "")),
        admit_dx=values.get("admitting_diagnosis", ""),
    )


def next_account(stay: encounters.Encounter) -> str:
    """The account that comes after this one in the work list, or the oldest; blank when none waits."""
    after = (stay.discharge_day or 0, stay.id)
    waiting = encounters.not_abstracted(after, 1) or encounters.not_abstracted(None, 1)
    return waiting[0].account if waiting and waiting[0].account != stay.account else ""


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if is_date(text[:10]) else None
