"""QRL: queries to physicians in any order, with what is done to each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from db import store
from db.queries import counts as query_counts
from db.queries import queries
from db.queries.queries import Query
from db.worklist import blind
from rules.dates import Unclear, parse_date
from rules.moments import day_number, iso_date
from rules.queries import ORDERS, WHICH, Listed, Status, read_line
from rules.text import clean
from screens import shown
from screens.keyset import Key, KeysetList
from tui.screen import Action, Column, Command, Outcome, Row, ScreenError

SENSITIVE: Final = "(sensitive)"


class Queries(KeysetList):
    """QRL: queries to physicians, those due first on top."""

    title: ClassVar[str] = "Queries to physicians"
    word: ClassVar[str] = "QRL"
    empty: ClassVar[str] = "No query here. QRY and an account raises one; FILTER ALL shows every one."
    position_label: ClassVar[str] = "Query, or due on or after"
    help: ClassVar[str] = (
        "FILTER and a word: "
        + "; ".join(f"{word} {said}" for word, said in WHICH.items())
        + ". PHYSICIAN=GREEN (code or last name) and ACCOUNT=4711 narrow it, SORT and a word orders it: "
        + ", ".join(ORDERS)
        + ". ! marks what is late, * an answer to take up. A keys the answer, S another step (remind, escalate, "
        "withdraw, void), F the form as it is printed, H what was done, C the codes that changed."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", method="go_on"),
        Action("A", "Answer", go="QRS {subject} ANSWER"),
        Action("S", "Step", go="QRS {subject}"),
        Action("F", "Form", go="QRF {subject}"),
        Action("H", "History", go="QRH {subject}"),
        Action("B", "Abstract", method="abstract"),
        Action("C", "Codes", go="QRE {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "Raise one", "raise_one", "F6"),
        Command("FILTER", "Filter", "filter", "F10"),
        Command("SORT", "Order", "sort"),
        Command("TEMPLATES", "Templates", "templates"),
    )
    asked = Listed()

    def open(self, key: str) -> str:
        self.asked = read_line(key)
        queries.open_list(self.session.actor, self.asked)
        return ""

    def heading(self) -> Sequence[str]:
        found = query_counts.waiting(self.session.user)
        counted = f"{found.asked} asked, {found.overdue} late, {found.answered} answered, {found.drafts} your drafts."
        return (f"{counted} {str(self.asked).partition(' SORT=')[0]}, by {ORDERS[self.asked.order]}.",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Query", 7, frozen=True), Column("Due", 10), Column("Status", 9), Column("Physician", 14),
            Column("Account", 10), Column("Title", 20), Column("Code", 8), Column("Name", 20),
            Column("Outcome", 19), Column("Kind", 6),
            Column("Because", 10), Column("Asked", 10), Column("By", 8), Column("Priority", 8),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        actor, place = self.session.actor, (after[0], after[1]) if after else None
        held, today = blind.accounts_in_hand(actor.user), store.current().now().day
        opened = store.current().opened_with_reason
        return [
            self._row(
                each, each.encounter_id in held, bool(each.sensitive) and each.patient_id not in opened, today
            )
            for each in queries.page(actor, self.asked, place, limit)
        ]

    def _row(self, each: Query, reviewed: bool, guarded: bool, today: int) -> Row:
        mark = "!" if each.late_by(today) > 0 else "*" if each.status is Status.ANSWERED else ""
        title, outcome = (blind.WITHHELD, "") if reviewed else (each.wording.title, each.outcome)
        return Row(
            each.key,
            (
                each.number, shown.day(iso_date(each.due_day)) if each.due_day else "none", each.status,
                each.provider_name or each.provider, *(("", SENSITIVE) if guarded else (each.account, title)),
                each.provider, SENSITIVE if guarded else each.patient_name, outcome,
                each.wording.kind, each.wording.purpose, shown.day(iso_date(each.asked_day)), each.asked_by,
                each.priority,
            ),
            each.number, mark,
        )  # fmt: skip

    def position(self, text: str) -> Key | None:
        if queries.exists(text):
            query = queries.read(text)
            places = {
                "DUE": query.due_day or queries.NEVER_DUE, "ASKED": query.asked_day, "PHYSICIAN": query.provider,
                "ACCOUNT": query.account, "NEWEST": -query.id,
            }  # fmt: skip
            return (places[self.asked.order], query.id - 1)
        if self.asked.order in ("PHYSICIAN", "ACCOUNT"):
            return (text.upper(), 0)
        found = parse_date(text, datetime.fromisoformat(store.current().now().local))
        if isinstance(found, Unclear) or self.asked.order == "NEWEST":
            raise ScreenError(f"{clean(text)} is no query and no place in this order.")
        return (day_number(found), 0)

    def go_on(self, subject: str) -> Outcome:
        """A draft goes on being keyed, everything else is shown."""
        draft = queries.read(subject).status is Status.DRAFT
        return Outcome(go=f"{'QRY' if draft else 'QRF'} {subject}")

    def abstract(self, subject: str) -> Outcome:
        return Outcome(go=f"ABS {queries.read(subject).account}")

    def raise_one(self, rest: str) -> Outcome:
        account = rest.strip() or self.asked.account
        if not account:
            return Outcome("Say about which account: ADD and the account.", error=True)
        return Outcome(go=f"QRY {account}")

    def filter(self, rest: str) -> Outcome:
        """FILTER and what is asked for; alone it goes on to the next of open, late, answered and one's own."""
        if rest.strip():
            return self._ask_for(read_line(rest, Listed(order=self.asked.order)))
        round_ = ("OPEN", "OVERDUE", "ANSWERED", "MINE")
        following = (
            round_[(round_.index(self.asked.which) + 1) % len(round_)]
            if self.asked.which in round_
            else "OPEN"
        )
        return self._ask_for(Listed(following, self.asked.physician, self.asked.account, self.asked.order))

    def sort(self, rest: str) -> Outcome:
        return self._ask_for(read_line(f"SORT={rest.strip() or '?'}", self.asked))

    def templates(self, rest: str) -> Outcome:
        return Outcome(go="QRT")

    def _ask_for(self, asked: Listed) -> Outcome:
        self.asked = asked
        self._before.clear()
        queries.open_list(self.session.actor, asked)
        return Outcome(reload=True)
