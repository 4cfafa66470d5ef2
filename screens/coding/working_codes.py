"""ADF and ADL: what an inpatient is coded to while in house, with the working DRG and the stay that it lets expect.

Kept apart from the final codes of the abstract, each filing with its day and who filed it; none is written over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from config.grids import Grid, standard_grid
from db import store
from db.abstracting import working
from db.abstracting.working import InHouse, WorkingRecord
from db.coding import drg_prices
from db.registry.cases import Case
from rules.abstract_findings import claim_findings, day_of
from rules.drg import Claim
from rules.drg_payment import expected_discharge
from rules.findings import Finding
from rules.moments import moment_at
from screens import shown
from screens.coding import drg_lines
from screens.coding.coded import CodedForm
from screens.coding.coding_draft import now, put
from screens.hospital.account import banner, encounter_named
from screens.keyset import Key, KeysetList
from screens.record import RECORD_WORDS, Loaded
from tui.screen import Action, Column, Command, Filed, Mode, Outcome, Row, Values

CODED = ("admitting_diagnosis", "diagnoses", "procedures")
BEYOND = "OVER"
OVER = "*"  # mark of a stay beyond the mean of its working DRG


class WorkingCodes(CodedForm):
    """The admission and working codes of an inpatient. Opened from ADL, or as ``ADF account``."""

    title: ClassVar[str] = "Admission and working codes"
    data_set: ClassVar[str] = working.DATA_SET
    word: ClassVar[str] = "ADF"
    brief: ClassVar[bool] = True
    mode: ClassVar[Mode | None] = Mode.WORKSHEET
    worksheet: Grid | None = standard_grid("working")
    help: ClassVar[str] = (
        "The admitting diagnosis, and what the stay would be coded to if it ended today: keys and signs are those "
        "of CDG. F2 files it as a filing of its own with today's date; HIST shows all of them. The working DRG goes "
        "by today's rules and by the disposition that is expected. The abstract is not touched: FINAL puts these "
        "codes into it once the patient is discharged, as a draft to be checked. Once the abstract has codes these "
        "are only read; COMPARE shows both. WHATIF tries one thing otherwise: code only what the record supports."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("COMPARE", "Compare", "compare_with", "F10", often=True),
        Command("WHATIF", "What if", "what_if", often=True),
        Command("FINAL", "Put these codes into the abstract", "to_final"),
        Command("MOVES", "Movements", "moves"),
        *RECORD_WORDS,
    )
    opened: WorkingRecord

    def load(self, key: str) -> Loaded:
        stay = encounter_named(key)
        self.opened = working.open_working(self.session.actor, stay.id)
        case, final_by = self.opened.case, self.opened.final_by
        record = dict(self.opened.record)
        if not final_by:
            record = working.at_day(record, working.coded_on(stay))
        locked = working.said_final(final_by) if final_by else ""
        return Loaded(
            record, str(case.revision if case else 0), banner(stay), (working.DATA_SET, stay.account), locked
        )

    def claim(self, values: Mapping[str, str]) -> Claim:
        return super().claim(working.as_discharged(values))

    def findings(self, values: Values) -> list[Finding]:
        """Nothing is asked of codes that can only be read."""
        return [] if self.opened.final_by else super().findings(values)

    def more_findings(self, values: Values) -> Sequence[Finding]:
        return claim_findings(working.as_discharged(values))

    def filed(self) -> Case | None:
        return self.opened.case

    def standing(self, values: Values) -> str:
        case = self.opened.case
        if case is None:
            return "Not filed yet."
        return (
            f"Filing {case.revision} by {case.filed_by}, {shown.utc(case.filed_utc, store.current().zone)}."
        )

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        grouping = self.grouping(values)
        row, leaves = self.weight(grouping, values), self._leaves(values)
        weight, gmlos = (row.weight, row.gmlos) if row else (None, None)
        record = working.with_figures(values, grouping.drg, weight, gmlos, leaves)
        case = working.file_working(
            self.session.actor, self.opened, self.dictionary, record, findings,
            expected_revision=int(self.version), reason=self.reason,
        )  # fmt: skip
        drg = f", working DRG {grouping.drg}" if grouping.drg else ""
        return Filed(f"FILED {case.number}, filing {case.revision}{drg}.", go="EXIT")

    def withdraw(self, why: str) -> None:
        working.void_working(self.session.actor, self.opened, why)

    def panel(self, values: Values) -> Sequence[str]:
        grouping = self.grouping(values)
        if not grouping.drg:
            return (f"Working DRG: none yet. {grouping.notice}".strip(), self._stay(values))
        price = drg_prices.price(self.session.codes, grouping.drg, day_of(values.get("coded_on", "")))
        figures = (
            f"Weight {price.shown_weight}  GMLOS {price.gmlos or '-'}  expected payment {price.shown_payment}"
        )
        spared = drg_lines.spared(self.claim(values), grouping)
        return (
            f"Working DRG {grouping.drg} {grouping.title}", figures, self._stay(values), *filter(None, (spared,)),
        )  # fmt: skip

    def _stay(self, values: Values) -> str:
        """Length of stay so far, and the day on which the mean of the working DRG is reached."""
        stay, leaves = self.opened.encounter, self._leaves(values)
        until = day_of(working.coded_on(stay))
        days = until.toordinal() - stay.admit_day if until and stay.admit_day else 0
        so_far = f"LOS {days}" + ("" if stay.discharged_at else " so far")
        case, zone = self.opened.case, store.current().zone
        filing = (
            f"  filing {case.revision} by {case.filed_by}, {shown.utc(case.filed_utc, zone)}" if case else ""
        )
        return so_far + (f"  expected discharge {shown.day(leaves.isoformat())}" if leaves else "") + filing

    def _leaves(self, values: Values) -> date | None:
        row, admitted = self.weight(self.grouping(values), values), day_of(values.get("admitted_at", ""))
        return expected_discharge(admitted, row.gmlos) if row and row.gmlos and admitted else None

    def compare_with(self, rest: str) -> Outcome:
        """COMPARE: the admission codes that are filed beside the final ones, or beside sides that are named."""
        if self.opened.case is None:
            return Outcome("File these codes first: COMPARE takes what is filed.", error=True)
        return Outcome(go=f"CMP {self.key} {rest or 'ADMIT : DRAFT'}")

    def what_if(self, rest: str) -> Outcome:
        if self.opened.case is None:
            return Outcome("File these codes first: WHATIF takes what is filed.", error=True)
        return Outcome(go=f"WIF {self.key} ADMIT")

    def to_final(self, rest: str) -> Outcome:
        """FINAL: the codes, as filed, become the draft of an abstract that has none."""
        stay, case = self.opened.encounter, self.opened.case
        if case is None or not stay.discharged_at:
            said = (
                "File these codes first."
                if case is None
                else "The patient is in house: there is no final coding yet."
            )
            return Outcome(said, error=True)
        if now(self.session, stay.account).get("diagnoses[1].code"):
            return Outcome("The abstract has codes already: COMPARE shows both.", error=True)
        codes = {path: value for path, value in case.record.items() if path.partition("[")[0] in CODED}
        put(self.session, stay.account, codes)
        return Outcome(
            "They are in your draft of the abstract: check each against the record.", go=f"CDG {stay.account}"
        )

    def moves(self, rest: str) -> Outcome:
        return Outcome(go=f"ACC {self.key}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.key)


class InHouseList(KeysetList):
    """ADL: who is in house, with working DRG and length of stay against its mean."""

    title: ClassVar[str] = "In house: working DRG and stay"
    empty: ClassVar[str] = "Nobody is in this unit."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("C", "Working codes", go="ADF {subject}"),
        Action("W", "What if", go="WIF {subject} ADMIT"),
        Action("M", "Movements", go="ACC {subject}"),
    )
    help: ClassVar[str] = (
        "One row for each inpatient, by unit and bed; ADL and a unit shows that unit, ADL OVER (or ADL 3E OVER) "
        "stays beyond the mean. LOS: days since admission. GMLOS: geometric mean stay of the working DRG when it "
        "was filed. Over: days beyond it, with * before the row. Coded: days since the codes were filed. C opens them."
    )
    unit = ""
    over = False  # only stays beyond the mean

    def open(self, key: str) -> str:
        words = key.upper().split()
        self.over = words[-1:] == [BEYOND]
        self.unit = " ".join(words[:-1] if self.over else words)
        working.open_list(self.session.actor, self.unit)
        return ""

    def heading(self) -> Sequence[str]:
        where = f"Unit {self.unit}" if self.unit else "All units"
        return (f"{where}, stays beyond the mean of their working DRG" if self.over else where,)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Unit", 5, frozen=True), Column("Bed", 5), Column("Name", 17), Column("DRG", 3),
            Column("Weight", 7, ">"), Column("LOS", 3, ">"), Column("GMLOS", 5, ">"), Column("Over", 5, ">"),
            Column("Expected", 10), Column("Coded", 6, ">"), Column("By", 10), Column("MRN", 10), Column("Account", 12),
            Column("Attending", 12), Column("Filed", 15),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        here = store.current()
        zone, today = here.zone, here.now().day
        rows = self._people(None if after is None else (after[0], after[1], after[2]), limit)
        return [
            Row(
                row.who.key,
                (
                    row.who.unit, row.who.bed, row.who.name, row.drg, row.weight, str(row.los_days),
                    "" if row.gmlos is None else str(row.gmlos), _over(row), shown.day(row.expected_discharge),
                    "" if row.filed_utc is None else f"{today - moment_at(row.filed_utc, zone).day} d",
                    row.filed_by, row.who.mrn, row.who.account, row.who.attending,
                    "" if row.filed_utc is None else shown.utc(row.filed_utc, zone),
                ),
                row.who.account,
                OVER if _over(row) else "",
            )
            for row in rows
        ]  # fmt: skip

    def _people(self, after: tuple[str, str, int] | None, limit: int) -> list[InHouse]:
        """Those asked for; there are no more in house than beds."""
        found: list[InHouse] = []
        while len(found) < limit:
            rows = working.in_house(self.unit, after, limit)
            found += [row for row in rows if not self.over or _over(row)]
            if len(rows) < limit:
                break
            after = rows[-1].who.key
        return found[:limit]


def _over(row: InHouse) -> str:
    """Days beyond the mean stay; blank up to it."""
    return f"+{row.over_days}" if row.over_days is not None and row.over_days > 0 else ""
