"""WIF: what a record would group to with one thing otherwise. A review aid: code only what the record supports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rules.drg import Claim
from rules.drg_payment import dollars
from rules.drg_what_if import REVIEW_AID, WhatIf, carriers, told
from screens.coding.drg_lines import heading_within
from screens.coding.drg_sides import ADMIT, LINE, Side, Subject, lines, side_of, subject_of, transfer
from screens.drafts import page_of
from screens.session import Session
from tui.screen import Action, Column, Command, ListScreen, Outcome, Page, Row
from tui.spans import wrap

WIDTH = 78
NOT_TAKEN = "x"  # mark of a line that the code editor does not take
SAID_SHORTER = (
    ("the principal diagnosis", "PDX"),
    (" and cannot be", ", not"),
    ("rarely justifies an acute inpatient stay", "rarely an acute stay"),
)


class WhatIfList(ListScreen):
    """``WIF account``, ``WIF account ADMIT`` for the admission codes, ``WIF HYP`` for the hypothetical patient."""

    title: ClassVar[str] = REVIEW_AID  # so that it stands on every page that is printed, too
    empty: ClassVar[str] = "Nothing to try: the principal diagnosis stands alone, or the codes do not group."
    actions: ClassVar[tuple[Action, ...]] = (Action("C", "Compare", go="CMP {subject}"),)
    commands: ClassVar[tuple[Command, ...]] = (Command("COMPARE", "Compare two code sets", "compare", "F10"),)
    help: ClassVar[str] = (
        "Each line is the record with one thing otherwise: a secondary diagnosis or a procedure left "
        "out, another diagnosis as principal, POA of a possible hospital-acquired condition turned, an open query "
        "answered in one of the ways it allows. The heaviest DRG comes first. x marks what the code editor does not "
        "take as principal; the remark says why. Nothing here changes the record, and no code is tried that is not on "
        "it or in an option of a query. C shows a line beside the record, with all edits. Expected payment: weight "
        "times the base rate (setting drg_base_rate)."
    )
    session: Session
    subject: Subject
    side: Side
    found: Sequence[WhatIf] = ()
    carried = ""
    which = ""  # word of the side, blank for the codes as keyed

    def open(self, key: str) -> str:
        account, _, which = key.strip().partition(" ")
        self.which = which.strip().upper()
        self.subject = subject_of(self.session, account)
        self.side = side_of(self.session, self.subject, self.which.split())
        claim: Claim = self.side.claim
        self.found = lines(self.session, self.subject, claim)
        self.carried = told(carriers(claim, self.side.grouping), self.side.grouping)
        stay = self.subject.stay
        if stay and not stay.discharged_at and not self.which:
            return f"The patient is in house: WIF {stay.account} {ADMIT} takes the working codes."
        return ""

    def heading(self) -> Sequence[str]:
        grouping, price = self.side.grouping, self.side.price
        now = f"{self.side.label}: not grouped. {grouping.notice}"
        if grouping.drg:
            now = f"{self.side.label}: DRG {grouping.drg} {grouping.title}"
        figures = (
            f"Weight {price.shown_weight}  GMLOS {price.gmlos or '-'}  expected payment {price.shown_payment}"
        )
        said = (self.carried, transfer(self.side, self.session.tables))
        more = [line for text in said if text for line in wrap(text, WIDTH)]
        return (*self.subject.banner[:1], *wrap(now, WIDTH), figures, *more)

    def columns(self) -> Sequence[Column]:
        return (
            Column("What if", 25, frozen=True), Column("DRG", 3), Column("Change", 8, ">"),
            Column("Payment +/-", 11, ">"), Column("Remark", 60, shorten=in_a_few_words), Column("Weight", 7, ">"),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row(
                (number,),
                (
                    each.change,
                    each.drg,
                    ""
                    if each.weight_change is None
                    else f"{each.weight_change:{'+' if each.weight_change else ''}.4f}",
                    dollars(each.payment_change_cents, signed=True),
                    remark(each),
                    "" if each.weight is None else f"{each.weight:.4f}",
                ),
                f"{self.subject.key} {self._base} : {LINE}{number}",
                NOT_TAKEN if each.unacceptable else "",
            )
            for number, each in enumerate(self.found, 1)
        ]
        return page_of(rows, key, limit, backward=backward)

    @property
    def _base(self) -> str:
        return self.which or "DRAFT"

    def compare(self, rest: str) -> Outcome:
        return Outcome(go=f"CMP {self.subject.key} {rest}".rstrip())

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.subject.key) if self.subject.stay else None


def remark(each: WhatIf) -> str:
    """What a line says behind its figures."""
    if each.unacceptable:
        return each.unacceptable
    if not each.drg:
        return each.title
    return each.title if each.changes_drg else "Same DRG."


def in_a_few_words(text: str, room: int) -> str:
    """A remark for which there is no room: a DRG keeps the end of its title, a reason says PDX."""
    for long, short in SAID_SHORTER:
        text = text.replace(long, short)
    text = text.removeprefix("is ").removeprefix("an ").removeprefix("a ")
    return heading_within(text, room)
