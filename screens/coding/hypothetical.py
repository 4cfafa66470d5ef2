"""HYP: the DRG calculator for a hypothetical patient, as in VistA's: nothing is stored unless it is kept by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import ClassVar, Final

from config.data_sets import library
from config.grids import Grid, standard_grid
from db import store
from db.abstracting import working
from db.coding import drg_prices, hypothetical
from db.coding.drg_prices import Price
from db.hospital import encounters
from db.statistics.drg_mix import TRIM_POINTS, trim_points
from rules.abstract_findings import claim_findings, day_of
from rules.dictionary import Dictionary, Group, Item, ItemType, Section
from rules.drg import Claim
from rules.findings import Finding, Level
from screens import shown
from screens.coding import drg_lines
from screens.coding.coded import CodedForm
from screens.coding.coding_draft import now
from screens.record import Loaded
from tui.screen import Changed, Command, Filed, Mode, Opened, Outcome, Refused, ScreenError, Values

ASKED: Final[Mapping[str, tuple[str, ItemType, bool]]] = {
    "coded_on": ("Discharge date", ItemType.DATE, True),
    "admitted_at": ("Admission date", ItemType.DATE, False),
    "age": ("Age", ItemType.INTEGER, True),
    "sex": ("Sex", ItemType.CODE, True),
    "disposition": ("Disposition", ItemType.CODE, True),
}
"""What is asked of a hypothetical patient beside codes: label, type, whether it is required."""
OLDEST: Final = "124"  # VistA's calculator takes ages 0 to 124; so does edit 14 of the Medicare Code Editor
NOTHING_STORED: Final = "Hypothetical patient, stored nowhere: KEEP and a name keeps it for you."


class HypotheticalPatient(CodedForm):
    """``HYP``; ``HYP name`` brings back one that was kept, ``HYP account`` begins with the codes of an account."""

    title: ClassVar[str] = "DRG calculator"
    data_set: ClassVar[str] = working.DATA_SET
    word: ClassVar[str] = "HYP"
    brief: ClassVar[bool] = True
    mode: ClassVar[Mode | None] = Mode.WORKSHEET
    worksheet: Grid | None = standard_grid("hypothetical")
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Key the discharge date, age, sex, disposition (20 died, 02 to another hospital, 07 against advice), and "
        "the codes as on CDG, with the same keys and signs: DRG, weight, mean stay and edits follow each of them. "
        "F11 shows the form with all fields. WHATIF tries one thing otherwise; COMPARE and codes, or the name of a "
        "kept patient, compares. HYP and an account begins with its codes, age and sex; the account itself is left "
        "alone. Nothing is stored: KEEP and a name keeps it for you alone, HYP and the name brings it back, KEPT "
        "lists the names, FORGET and a name gives one up. NEW clears the form."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("WHATIF", "What if", "what_if", "F10", often=True),
        Command("NEW", "New", "another", "F6", often=True),
        Command("COMPARE", "Compare with codes or a kept one", "compare_with", often=True),
        Command("KEEP", "Keep it under a name", "keep", often=True),
        Command("KEPT", "Names you keep", "kept"),
        Command("FORGET", "Give up a kept one", "forget"),
    )

    # The record is nowhere but in the session ---------------------------------------------------------

    def open(self, key: str) -> Opened:
        self.key, self.version, self.nulls = "", "0", {}
        name = key.strip()
        found = hypothetical.kept(self.session.actor, name) if name else None
        if found is not None:
            self.session.hypothetical, self.key = found, hypothetical.as_name(name)
        elif name:
            self.session.hypothetical = self._of_account(name)
        elif not self.session.hypothetical:
            self.session.hypothetical = _begun()
        values = dict(self.session.hypothetical)
        self.take_version(values)
        banner = (f"Kept as {self.key}" if self.key else NOTHING_STORED,)
        return Opened(values, banner, "" if values.get("age") else "age")

    def _of_account(self, account: str) -> dict[str, str]:
        if not encounters.find(account):
            raise ScreenError(
                f"You keep nothing under {account}, and there is no such account. KEPT lists your names."
            )
        record, asked = now(self.session, account), self.dictionary_on("")
        taken = {path: text for path, text in record.items() if asked.item_at(path)}
        taken["admitted_at"] = record.get("admitted_at", "")[:10]
        taken["coded_on"] = record.get("discharged_at", "")[:10] or store.current().now().local[:10]
        return {path: text for path, text in taken.items() if text}

    def close(self) -> None:
        """There is neither a lock nor time at a record to give back."""

    def dictionary_on(self, day: str) -> Dictionary:
        return _asked(library(self.session.seat.directory / "site").of(self.data_set))

    def save_draft(self, values: Values, focus: str) -> None:
        self.session.hypothetical = {path: value for path, value in values.items() if value}

    def discard_draft(self) -> None:
        self.session.hypothetical = {}

    def load(self, key: str) -> Loaded:
        raise ScreenError("A hypothetical patient has no history.")

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        raise ScreenError(NOTHING_STORED)

    def withdraw(self, why: str) -> None:
        raise ScreenError(NOTHING_STORED)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        """F2 keeps again what was kept under a name."""
        self.save_draft(values, "")
        if not self.key:
            said = "Nothing is filed of a hypothetical patient: KEEP and a name keeps it for you."
            return Refused((Finding(Level.FATAL, "HYP", said),))
        hypothetical.keep(self.session.actor, self.key, self.session.hypothetical)
        return Filed(f"KEPT as {self.key}.", go=f"=HYP {self.key}")

    # What is said of it -------------------------------------------------------------------------------

    def changed(self, values: Values, path: str) -> Changed:
        answer = super().changed(values, path)
        self.session.hypothetical = dict(self.values)
        return answer

    def claim(self, values: Mapping[str, str]) -> Claim:
        return super().claim(working.as_discharged(values))

    def more_findings(self, values: Values) -> Sequence[Finding]:
        return claim_findings(working.as_discharged(values))

    def panel(self, values: Values) -> Sequence[str]:
        price = self._price(values)
        who = (
            f"{values.get('sex', '?')} {values.get('age', '?')} years, to {values.get('disposition', '?')}, "
        )
        who += f"{shown.day(values.get('coded_on', '')) or 'no date'}"
        grouping = self.grouping(values)
        if not grouping.drg:
            return (f"MS-DRG: not grouped. {grouping.notice}".rstrip(), who)
        amlos = price.weight.amlos if price.weight else None
        figures = f"MDC {grouping.mdc}  weight {price.shown_weight}  GMLOS {price.gmlos or '-'}  AMLOS {amlos or '-'}"
        return (
            drg_lines.heading(grouping),
            f"{figures}  trim {self._trim(grouping.drg, price, values)}",
            f"{who}  expected payment {price.shown_payment}",
            *filter(None, (drg_lines.spared(self.claim(values), grouping),)),
        )

    def _price(self, values: Values) -> Price:
        day = day_of(values.get("coded_on", ""))
        return drg_prices.price(self.session.codes, self.grouping(values).drg, day)

    def _trim(self, drg: str, price: Price, values: Values) -> str:
        """Low and high trim point in days (table drg_trim_points)."""
        day = day_of(values.get("coded_on", ""))
        if day is None:
            return "?"
        low, high = trim_points(self.session.tables[TRIM_POINTS], drg, price.gmlos, day.toordinal())
        return "-".join("?" if each is None else str(each) for each in (low, high))

    # Words --------------------------------------------------------------------------------------------

    def what_if(self, rest: str) -> Outcome:
        return Outcome(go="WIF HYP")

    def compare_with(self, rest: str) -> Outcome:
        """``COMPARE I21.4 N17.9`` or the name of a kept patient."""
        return Outcome(go=f"CMP HYP {rest}".rstrip())

    def keep(self, rest: str) -> Outcome:
        name = hypothetical.keep(self.session.actor, rest or self.key, self.session.hypothetical)
        return Outcome(f"Kept as {name}: HYP {name} brings it back.", go=f"=HYP {name}")

    def kept(self, rest: str) -> Outcome:
        found = [name for name, _ in hypothetical.names(self.session.actor)]
        return Outcome(f"Kept: {', '.join(found)}." if found else "You keep none yet.")

    def forget(self, rest: str) -> Outcome:
        hypothetical.forget(self.session.actor, rest)
        return Outcome(f"{hypothetical.as_name(rest)} is given up.")

    def another(self, rest: str) -> Outcome:
        self.session.hypothetical = _begun()
        return Outcome(go="=HYP")


def _begun() -> dict[str, str]:
    return {"coded_on": store.current().now().local[:10], "disposition": working.HOME}


@cache
def _asked(dictionary: Dictionary) -> Dictionary:
    """The data set of working codes with what is asked of somebody who is nobody: all of it can be keyed."""
    parts: dict[str, Item | Group] = {part.id: part for part in dictionary.parts()}
    items = []
    for name, (label, type_, required) in ASKED.items():
        item = parts[name]
        assert isinstance(item, Item)
        items.append(replace(
            item, label=label, type=type_, required=required, read_only=False, computed="", same_row=False, past=False,
            maximum=OLDEST if name == "age" else item.maximum, standard="", help=item.help if name == "age" else "",
        ))  # fmt: skip
    sections = (
        Section("patient", "Hypothetical patient", tuple(items)),
        Section("diagnoses", "Diagnoses", (parts["diagnoses"],)),
        Section("procedures", "Procedures", (parts["procedures"],)),
    )
    return replace(dictionary, title="DRG calculator", sections=sections)
