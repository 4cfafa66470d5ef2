"""CMP: two code sets of a stay beside each other, with what differs, DRG, weight, payment and edits of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import ClassVar

from db import drafts
from db.abstracting.claims import claims
from db.coding.codes import CodeStore
from db.worklist import review_acts, reviews
from rules.code_set_compare import Difference, Kind, compare
from rules.codes import System, dotted
from rules.drg import Claim
from rules.drg_payment import dollars
from rules.drg_what_if import REVIEW_AID, carriers, told
from rules.tables import Tables
from rules.text import clipped, fit
from rules.values import shown as value_shown
from screens.abstracting.abstract import Abstract
from screens.coding.drg_sides import (
    ADMIT,
    DRAFT,
    FILED,
    Side,
    Subject,
    filings,
    judged,
    settled_record,
    side_of,
    subject_of,
    transfer,
    working_of,
)
from screens.session import Session
from tui.screen import Document, PageScreen, PlainPage, ScreenError
from tui.spans import wrap

WIDTH = 78
PAGE_LINES = 58
BETWEEN = ":"  # the two sides, as they are typed
REVIEW = "REVIEW"
ONE_SET = "There is one code set of this account: type the other, as in CMP 4711 I21.4 N17.9."
MOVED = {Kind.PRINCIPAL, Kind.RESEQUENCED, Kind.POA, Kind.DAY, Kind.ADMITTING}


class Compare(PageScreen):
    """``CMP account``, ``CMP account A : B``, ``CMP account codes``, ``CMP REVIEW number``, ``CMP HYP codes``."""

    title: ClassVar[str] = "Compare two code sets"
    help: ClassVar[str] = (
        "CMP and an account compares what you keyed with what is filed; when nothing is keyed, the last filing with "
        "the one before, or with the admission codes. Two sides are named with a colon between them: DRAFT, FILED, "
        "the number of a filing, ADMIT (admission codes), or codes typed there, POA behind a slash: CMP 4711 1 : 3; "
        "CMP 4711 ADMIT : FILED; CMP 4711 I21.4 N17.9/N : I21.4 J96.01. One side alone is compared with what is "
        "keyed now. CMP REVIEW and its number: the coder's codes and the second reviewer's. CMP HYP: the "
        "hypothetical patient."
    )
    session: Session
    account = ""

    def open(self, key: str) -> Document:
        first, _, rest = key.strip().partition(" ")
        if first.upper() == REVIEW:
            who, left, right = self._review(rest)
        else:
            subject = subject_of(self.session, first)
            self.account = subject.key if subject.stay else ""
            who, (left, right) = subject.banner, self._sides(subject, rest)
        lines = [*page_lines(left, right, self.session.codes, self.session.tables)]
        return Document(
            "Two code sets", paged((REVIEW_AID, *(clipped(line, WIDTH) for line in who[:1]), ""), lines)
        )

    def _sides(self, subject: Subject, rest: str) -> tuple[Side, Side]:
        left, colon, right = rest.partition(BETWEEN)
        if colon:
            named = left.split(), right.split()
        elif left.strip():
            named = [DRAFT], left.split()
        else:
            named = self._usual(subject)
        first = side_of(self.session, subject, named[0])
        return first, side_of(self.session, subject, named[1], first.claim)

    def _usual(self, subject: Subject) -> tuple[list[str], list[str]]:
        """The two sides where none is named: the newest against what stood before it."""
        if subject.stay is None:
            raise ScreenError(
                "Type the codes to compare with, or the name of a kept one: CMP HYP I21.4 J96.01."
            )
        filed = filings(subject.stay)
        if filed and drafts.load(self.session.actor, (Abstract.word, subject.key)):
            return [FILED], [DRAFT]
        if len(filed) > 1:
            return [str(filed[1].number)], [str(filed[0].number)]
        if working_of(self.session, subject.stay).case is not None:
            return [ADMIT], [FILED if filed else DRAFT]
        raise ScreenError(ONE_SET)

    def _review(self, number: str) -> tuple[tuple[str, ...], Side, Side]:
        if not number.strip():
            raise ScreenError("Say which review: RVL and RVS list them.")
        one = review_acts.open_differences(self.session.actor, number)
        if one.data_set != reviews.ABSTRACT or not one.document:
            raise ScreenError(f"Review {one.number} has no second abstract: there is nothing to compare.")
        first = reviews.first_of(one)
        about_stay = {path: value for path, value in first.items() if "[" not in path}
        coder = settled_record(self.session, one.data_set, first)
        reviewer = settled_record(self.session, one.data_set, about_stay | one.second)
        made = claims()
        left = judged(self.session, f"Coder: {one.person}", made(coder))
        right = judged(self.session, f"Reviewer: {one.reviewer}", made(reviewer))
        return (reviews.about(one),), left, right

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.account) if self.account else None


def paged(heading: Sequence[str], lines: Sequence[str]) -> list[PlainPage]:
    """Pages that each begin with ``heading``."""
    room = PAGE_LINES - len(heading)
    parts = [lines[at : at + room] for at in range(0, len(lines), room)] or [()]
    return [PlainPage([*heading, *part], heading_lines=len(heading)) for part in parts]


def page_lines(left: Side, right: Side, codes: CodeStore | None, tables: Tables) -> Iterator[str]:
    """All that CMP says about two sides."""
    yield from wrap(f"A  {left.label}", WIDTH)
    yield from wrap(f"B  {right.label}", WIDTH)
    yield _in_short(left, right)
    yield ""
    yield "What differs, from A to B"
    found = compare(left.claim, right.claim)
    for difference in found:
        yield _difference(difference, codes, right.claim)
    if not found:
        yield "  Nothing: both have the same codes in the same order."
    yield ""
    yield from _figures(left, right)
    for letter, side in (("A", left), ("B", right)):
        yield from _said(letter, side, tables)
    for letter, side in (("A", left), ("B", right)):
        yield ""
        yield f"Edits of {letter}" if side.edits else f"Edits of {letter}: none"
        for each in side.edits:
            number = f"MCE{each.number:02d} " if each.number else ""
            yield from wrap(f"  {number}{each.message}", WIDTH)
    yield ""
    yield from _beside(left.claim, right.claim)


def _in_short(left: Side, right: Side) -> str:
    """Both DRGs, and what the second one is more in weight and payment, in one line."""
    one, other = (side.grouping.drg for side in (left, right))
    if one == other:
        return f"   MS-DRG {one} of both" if one else "   Neither is grouped"
    change = _change(left.price.relative_weight, right.price.relative_weight, ".4f")
    paid = _paid(left, right)
    more = (f", weight {change}" if change else "") + (f", payment {paid}" if paid else "")
    return f"   MS-DRG {one or 'not grouped'} to {other or 'not grouped'}{more}"


def _paid(left: Side, right: Side) -> str:
    """What the expected payment of B is more than that of A."""
    paid = left.price.cents, right.price.cents
    return dollars(None if paid[0] is None or paid[1] is None else paid[1] - paid[0], signed=True)


def _figures(left: Side, right: Side) -> Iterator[str]:
    def row(label: str, one: str, other: str, change: str = "") -> str:
        return f"{fit(label, 18)}{fit(one, 22)}{fit(other, 22)}{change}".rstrip()

    yield row("", "A", "B", "B less A")
    yield row("MS-DRG", left.grouping.drg or "not grouped", right.grouping.drg or "not grouped")
    yield row("MDC", left.grouping.mdc, right.grouping.mdc)
    weights = left.price.relative_weight, right.price.relative_weight
    yield row("Weight", left.price.shown_weight, right.price.shown_weight, _change(*weights, ".4f"))
    means = left.price.gmlos, right.price.gmlos
    yield row("GMLOS", str(means[0] or ""), str(means[1] or ""), _change(*means, ".1f"))
    yield row("Expected payment", left.price.shown_payment, right.price.shown_payment, _paid(left, right))
    yield row("Edits", str(len(left.edits)), str(len(right.edits)))


def _change(left: Decimal | None, right: Decimal | None, form: str) -> str:
    if left is None or right is None:
        return ""
    return format(right - left, form if right == left else f"+{form}")


def _said(letter: str, side: Side, tables: Tables) -> Iterator[str]:
    """What a side's DRG is, what carries it, and whether the stay may be paid by the day."""
    grouping = side.grouping
    title = f"{grouping.drg} {grouping.title}" if grouping.drg else grouping.notice
    initial = f" Before HAC {grouping.initial_drg}." if grouping.hac_reduced else ""
    yield from wrap(f"{letter}: {title}.{initial}".replace("..", "."), WIDTH)
    for more in (
        told(carriers(side.claim, grouping), grouping) if grouping.drg else "",
        transfer(side, tables),
    ):
        yield from wrap(f"   {more}", WIDTH) if more else ()


def _difference(each: Difference, codes: CodeStore | None, claim: Claim) -> str:
    change = each.left or each.right
    if each.kind is Kind.PRINCIPAL:
        change = f"was {each.left}"
    elif each.kind in MOVED:
        change = f"{value_shown(each.left)} to {value_shown(each.right)}"
    title = codes.title(each.code, each.system, claim.discharged_on) if codes else ""
    return fit(f"  {fit(each.kind, 12)} {fit(each.code, 8)} {fit(change, 24)} {title}", WIDTH).rstrip()


def _beside(left: Claim, right: Claim) -> Iterator[str]:
    """Both code sets in their order."""
    yield f"{fit('A', 38)}B"
    for part in (_rows(left), _rows(right)), (_procedures(left), _procedures(right)):
        for one, other in zip_longest(*part, fillvalue=""):
            yield f"{fit(one, 38)}{other}".rstrip()


def _rows(claim: Claim) -> list[str]:
    return [
        f"{row:>3} {fit(dotted(each.code), 9)} {each.poa}".rstrip() for row, each in enumerate(claim.dx, 1)
    ]


def _procedures(claim: Claim) -> list[str]:
    return [
        f"{row:>3} {dotted(each.code, System.PCS)} {value_shown(each.day.isoformat()) if each.day else ''}".rstrip()
        for row, each in enumerate(claim.px, 1)
    ]
