"""RVL, RVP, RVN, RVS, RVC, RVF and RVW: reviews due, planned, settled, fed back, and worksheets keyed back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from config.data_sets import library
from config.menu import standard_menu
from db import drafts, store
from db.actors import Action as Deed
from db.acts import viewed
from db.worklist import counts as work_counts
from db.worklist import review_acts, reviews
from db.worklist.review_acts import ANSWERS, Asked
from db.worklist.reviews import ABSTRACT, BLIND, COMPARED, DUE, KINDS, SETTLED, Differing, Reviewed
from rules.dictionary import ItemType
from rules.findings import Finding, Level
from rules.records import decode
from rules.reviews import PLACE, Decision, Method
from screens import shown
from screens.drafting import DraftedForm
from screens.keyset import Key, KeysetList
from screens.session import Session
from screens.worklist.review_blind import word_for
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    Kind,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

METHODS = {
    Method.RANDOM: "Random, with a recorded seed",
    Method.ALL: "All that fit",
    Method.FOCUSED: "Focused: those that are named",
}
SAID = {
    Decision.FIRST: "first",
    Decision.SECOND: "second",
    Decision.BOTH: "both wrong",
    Decision.ACCEPTABLE: "acceptable",
}


class ReviewsDue(KeysetList):
    """RVL: what waits for a second person, oldest first; F10 turns to what waits for a third."""

    title: ClassVar[str] = "Reviews due"
    empty: ClassVar[str] = "No review waits for you here."
    position_label: ClassVar[str] = "Review number"
    help: ClassVar[str] = (
        "Records drawn for review which somebody else filed. O opens one: an abstraction of your own, blind, or the "
        "worksheet. F10 turns to reviews whose differences wait for a third person. ASSIGN number user gives one to a "
        "reviewer. Who filed a record is not shown here."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", method="open_it"),
        Action("L", "Leave out", method="leave_out", why="Why is it left out of the sample?"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("TURN", "Due or to settle", "turn", "F10"),
        Command("ASSIGN", "Assign: number and user", "assign"),
    )
    plan = ""
    to_settle = False

    def open(self, key: str) -> str:
        word = key.strip().upper()
        self.to_settle = word == "SETTLE"
        self.plan = "" if self.to_settle or not word else word.zfill(6)
        viewed(
            self.session.actor, Deed.VIEW_REVIEW, kind="list", record=self.title, detail={"plan": self.plan}
        )
        return ""

    def heading(self) -> Sequence[str]:
        if self.to_settle:
            return ("Differences that wait for a third person",)
        due = work_counts.reviews_due(self.session.user)
        return (f"{due} due for you" + (f", plan {self.plan}" if self.plan else ""),)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Review", 6, frozen=True), Column("What", 9), Column("Record", 11), Column("MRN", 10),
            Column("Name", 20), Column("State", 8), Column("Days", 4, ">"), Column("With", 12), Column("Plan", 6),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start, user = (after[0] if after else None), self.session.user
        if self.to_settle:
            found = reviews.to_settle(user, start, limit)
        else:
            found = reviews.waiting(user, (DUE,), start, limit, plan_number=self.plan)
        today = store.current().now().day
        return [
            Row(
                (each.id,),
                (
                    each.number, each.data_set or each.kind, each.subject, each.mrn, each.patient_name,
                    each.status, shown.days_since(each.drawn_utc // 86_400 + 719_163, today), each.reviewer, each.plan,
                ),
                each.number,
            )
            for each in found
        ]  # fmt: skip

    def position(self, text: str) -> Key | None:
        found = reviews.get(text)
        return (found.id - 1,) if found else None

    def open_it(self, number: str) -> Outcome:
        found = review_acts.named(number)
        if found.status != DUE:
            return Outcome(go=f"RVC {number}")
        return Outcome(go=f"{word_for(found.data_set) if found.kind == BLIND else 'RVW'} {number}")

    def leave_out(self, number: str, why: str) -> Outcome:
        review_acts.leave_out(self.session.actor, number, why)
        return Outcome(f"Review {number} is left out.", reload=True)

    def turn(self, rest: str) -> Outcome:
        self.to_settle = not self.to_settle
        return Outcome("To settle." if self.to_settle else "Due.", reload=True)

    def assign(self, rest: str) -> Outcome:
        number, _, user = rest.strip().partition(" ")
        if not number:
            return Outcome(
                "Key ASSIGN, the review and the user; without a user it is everybody's again.", error=True
            )
        review_acts.assign(self.session.actor, number, user.strip())
        return Outcome(
            f"Review {number} is {f'for {user.strip()}' if user.strip() else 'open to all'}.", reload=True
        )


class Plans(KeysetList):
    """RVP: plans, the last first."""

    title: ClassVar[str] = "Review plans"
    empty: ClassVar[str] = "No review was planned yet: F6 plans one."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("S", "Sample", go="RVS {subject}"),
        Action("R", "Rates", method="rates"),
        Action("W", "Worksheets", method="worksheets"),
        Action("D", "Details", method="details"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("ADD", "Plan a review", "new", "F6"),)
    help: ClassVar[str] = (
        "S lists the sample of a plan, R shows its rates, W its worksheets to print, D how it was drawn. A plan is "
        "never changed: the same seed draws the same sample again."
    )

    def open(self, key: str) -> str:
        viewed(self.session.actor, Deed.VIEW_REVIEW, kind="list", record=self.title)
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Plan", 6, frozen=True), Column("Title", 24), Column("What", 9), Column("Drawn on", 10),
            Column("Of", 6, ">"), Column("Drawn", 5, ">"), Column("Due", 4, ">"), Column("Open", 4, ">"),
            Column("Done", 4, ">"), Column("By", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = store.current().zone
        return [
            Row(
                (-each.id,),
                (
                    each.number, each.title, each.data_set or each.kind, shown.utc(each.drawn_utc, zone)[:10],
                    str(each.population), str(each.drawn), str(each.due), str(each.compared), str(each.done),
                    each.drawn_by,
                ),
                each.number,
            )
            for each in reviews.plans(-after[0] if after else None, limit)
        ]  # fmt: skip

    def new(self, rest: str) -> Outcome:
        return Outcome(go="RVN")

    def rates(self, number: str) -> Outcome:
        return Outcome(go=f"PGE {'review-rates' if self._blind(number) else 'worksheet-rates'} plan={number}")

    def worksheets(self, number: str) -> Outcome:
        if self._blind(number):
            return Outcome(
                "This plan has no worksheets: its records are abstracted a second time.", error=True
            )
        return Outcome(go=f"PGE review-worksheet plan={number}")

    def details(self, number: str) -> Outcome:
        plan = reviews.plan(number)
        assert plan is not None
        period = f"{shown.day(plan.from_day)}-{shown.day(plan.to_day)}, " if plan.from_day else ""
        size = f" {plan.size}{' of each person' * plan.per_person}" if plan.size else ""
        filters = f", {plan.filters}" if plan.filters else ""
        return Outcome(
            f"{period}{plan.method}{size}{filters}; seed {plan.seed}, {plan.drawn} of {plan.population}."
        )

    def _blind(self, number: str) -> bool:
        plan = reviews.plan(number)
        return plan is not None and plan.kind == BLIND


class Sample(KeysetList):
    """RVS plan: the whole sample, with who filed and who reviews."""

    title: ClassVar[str] = "Sample of a review"
    empty: ClassVar[str] = "This plan drew nothing."
    actions: ClassVar[tuple[Action, ...]] = (Action("O", "Differences", method="open_it"),)
    plan: reviews.Plan

    def open(self, key: str) -> str:
        found = reviews.plan(key.strip()) if key.strip() else None
        if found is None:
            raise ScreenError(f"There is no plan {key}: RVP lists them.")
        self.plan = found
        viewed(self.session.actor, Deed.VIEW_REVIEW, kind="review plan", record=found.number)
        return ""

    def heading(self) -> Sequence[str]:
        return (f"{self.plan.number} {self.plan.title}: {self.plan.drawn} of {self.plan.population}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Review", 6, frozen=True), Column("Record", 11), Column("MRN", 10), Column("First", 12),
            Column("Second", 12), Column("State", 8), Column("DRG", 11), Column("Seen", 4),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (each.id,),
                (
                    each.number, each.subject, each.mrn, each.person, each.reviewer, each.status,
                    each.first_drg if each.first_drg == each.final_drg else f"{each.first_drg} > {each.final_drg}",
                    "seen" if each.seen_utc else "",
                ),
                each.number,
            )
            for each in reviews.of_plan(self.plan.id, after[0] if after else None, limit)
        ]  # fmt: skip

    def open_it(self, number: str) -> Outcome:
        return Outcome(go=f"{'RVC' if self.plan.kind == BLIND else 'RVW'} {number}")


class Feedback(KeysetList):
    """RVF: what others found in one's own records."""

    title: ClassVar[str] = "Reviews of your records"
    empty: ClassVar[str] = "Nothing of yours was reviewed yet."
    actions: ClassVar[tuple[Action, ...]] = (Action("O", "Open", go="RVC {subject}"),)
    help: ClassVar[str] = (
        "O shows the differences of a review and notes that you saw them. There S says that the second person is "
        "right; what you do not agree with waits for a third."
    )
    session: Session

    def open(self, key: str) -> str:
        viewed(self.session.actor, Deed.VIEW_REVIEW, kind="list", record=self.title)
        return ""

    def heading(self) -> Sequence[str]:
        return (f"{work_counts.reviews_unseen(self.session.user)} that you did not look at yet",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Review", 6, frozen=True), Column("What", 9), Column("Record", 11), Column("MRN", 10),
            Column("Name", 20), Column("State", 8), Column("DRG", 11),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (-each.id,),
                (
                    each.number, each.data_set, each.subject, each.mrn, each.patient_name, each.status,
                    each.first_drg if each.first_drg == each.final_drg else f"{each.first_drg} > {each.final_drg}",
                ),
                each.number,
                "" if each.seen_utc else "*",
            )
            for each in reviews.feedback(self.session.user, -after[0] if after else None, limit)
        ]  # fmt: skip


class Differences(KeysetList):
    """RVC number: where the two differ, and how it is settled."""

    title: ClassVar[str] = "Differences of a review"
    empty: ClassVar[str] = "The two do not differ."
    help: ClassVar[str] = (
        "F: the first person is right, S: the second, A: both can be defended, B: both are wrong, and what is right. "
        "Each of the two may only give way; a third decides. KIND row kind says of which kind a difference is (kinds "
        "count towards the rates or not). D says what the values mean. CORRECT, when all is settled, brings the record "
        "with what was decided as your draft: file it there with the reason."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("D", "Details", method="details"),
        Action("F", "First", method="first"),
        Action("S", "Second", method="second"),
        Action("A", "Acceptable", method="acceptable", why="Why can both be defended?"),
        Action("B", "Both wrong", method="both", why="What is right?"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("KIND", "Kind: row and kind", "kind"),
        Command("CORRECT", "Correct the record", "correct", "F10"),
        Command("CODES", "Codes and DRG of both", "codes"),
    )
    session: Session
    one: Reviewed

    def open(self, key: str) -> str:
        if not key.strip():
            raise ScreenError("Say which review: RVL and RVF list them.")
        self.one = review_acts.open_differences(self.session.actor, key)
        if self.one.status not in (COMPARED, SETTLED):
            raise ScreenError(
                f"Review {self.one.number} is {self.one.status}: there is nothing to compare yet."
            )
        return ""

    def heading(self) -> Sequence[str]:
        one = review_acts.named(self.one.number)
        line = f"Review {one.number}, {one.status}. First {one.person}, second {one.reviewer}."
        if one.first_drg or one.second_drg:
            line += f" DRG {one.first_drg} / {one.second_drg}, holds {one.final_drg or '-'}."
        return (reviews.about(one), line)

    def columns(self) -> Sequence[Column]:
        return (
            Column("No", 2, ">", frozen=True), Column("Item", 22), Column("First", 11), Column("Second", 11),
            Column("Kind", 11), Column("Right", 10), Column("By", 10), Column("Comment", 40),
        )  # fmt: skip

    def found(self) -> list[Differing]:
        return reviews.differences(self.one.id)

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start = after[0] if after else 0
        return [
            Row(
                (number,),
                (
                    str(number), self.label(each), each.difference.first or "-", each.difference.second or "-",
                    each.category, SAID[Decision(each.decision)] if each.decision else "", each.by, each.comment,
                ),
                str(each.id),
                "" if each.decision else "!",
            )
            for number, each in enumerate(self.found(), 1)
            if number > start
        ][:limit]  # fmt: skip

    def label(self, each: Differing) -> str:
        dictionary = reviews.dictionary_of(self.one.data_set, self.one.version)
        path = each.difference.path
        if each.difference.item.endswith(f".{PLACE}"):
            return "Principal"
        item, row = dictionary.item_at(path), path.partition("[")[2].partition("]")[0]
        return f"{row} {item.label}".strip() if item else path

    def details(self, subject: str) -> Outcome:
        each = next(each for each in self.found() if str(each.id) == subject)
        dictionary = reviews.dictionary_of(self.one.data_set, self.one.version)
        item, said = dictionary.item_at(each.difference.path), []
        for value in (each.difference.first, each.difference.second):
            text = decode(dictionary, self.session.tables, each.difference.path, value)
            if (
                item
                and item.type in (ItemType.DIAGNOSIS, ItemType.PROCEDURE)
                and self.session.codes
                and value
            ):
                from screens.data_set import SYSTEMS

                hit = self.session.codes.hit(value, SYSTEMS[item.type])
                text = hit.text if hit else ""
            said.append(f"{value or 'nothing'} {text}".strip())
        return Outcome(f"First: {said[0]}. Second: {said[1]}. {each.comment}".strip())

    def first(self, subject: str) -> Outcome:
        return self._settle(subject, Decision.FIRST)

    def second(self, subject: str) -> Outcome:
        return self._settle(subject, Decision.SECOND)

    def acceptable(self, subject: str, why: str) -> Outcome:
        return self._settle(subject, Decision.ACCEPTABLE, why)

    def both(self, subject: str, why: str) -> Outcome:
        return self._settle(subject, Decision.BOTH, why)

    def _settle(self, subject: str, decision: Decision, comment: str = "") -> Outcome:
        done = review_acts.settle(
            self.session.actor, self.one.number, int(subject), decision, comment=comment
        )
        left = sum(not each.decision for each in self.found())
        said = (
            f"{left} left to settle."
            if left
            else f"Settled: the DRG that holds is {done.final_drg}."
            if done.final_drg
            else "Settled."
        )
        return Outcome(said, reload=True)

    def kind(self, rest: str) -> Outcome:
        """``KIND 3 CLERICAL``."""
        row, _, category = rest.strip().partition(" ")
        found = self.found()
        if not row.isascii() or not row.isdigit() or not 0 < int(row) <= len(found) or not category:
            kinds = ", ".join(reviews.categories())
            return Outcome(f"Key KIND, the number of the row and one of {kinds}.", error=True)
        difference = found[int(row) - 1].id
        review_acts.categorise(self.session.actor, self.one.number, difference, category.strip().upper())
        return Outcome(f"Row {row} is {category.strip().upper()}.", reload=True)

    def codes(self, rest: str) -> Outcome:
        """CODES: the two code sets beside each other, with DRG, weight and edits of both."""
        return Outcome(go=f"CMP REVIEW {self.one.number}")

    def correct(self, rest: str) -> Outcome:
        """The record with what was decided, as a draft on its own form."""
        key, values, version = review_acts.correction(self.session.actor, self.one.number)
        word = reviews.dictionary_of(self.one.data_set).word
        if word not in {*standard_menu().screens, *self.session.menu.screens}:
            return Outcome(f"{word} opens no form: amend the record by itself.", error=True)
        if drafts.load(self.session.actor, (word, key)) is not None:
            return Outcome(
                f"You have a draft of {word} {key} already: file it or give it up first.", error=True
            )
        drafts.save(self.session.actor, (word, key), values, "", version)
        return Outcome("File it with the reason, such as coding review.", go=f"{word} {key}")


class NewPlan(DraftedForm):
    """RVN: what is to be reviewed; F2 draws the sample."""

    title: ClassVar[str] = "Plan a review"
    word: ClassVar[str] = "RVN"
    help: ClassVar[str] = (
        "Filters are name=value, a blank between two: person=jones drg=291 diagnoses.code=I21*; for worksheets unit, "
        "service, attending. Draw is a number or a percentage. The seed is drawn too when you leave it blank, and is "
        "kept: the same seed draws the same sample. F2 draws."
    )
    session: Session

    def open(self, key: str) -> Opened:
        self.key = key.strip()
        values = {"kind": BLIND, "data_set": ABSTRACT, "method": str(Method.RANDOM), "size": "30"}
        return self.with_draft(Opened(values, (), "title"))

    def sections(self) -> Sequence[Section]:
        return (
            Section("plan", "What is reviewed", (
                Field("title", "Title", 40, required=True, help="How the review is called in lists."),
                Field("kind", "Kind", 6, required=True, lookup=True, echo=50, help="F4 lists the kinds."),
                Field("data_set", "Data set", 20, lookup=True, help="Of a blind review."),
                Field("from", "From", 10, Kind.DATE, past=True, help="First day; not for patients in the house."),
                Field("to", "To", 10, Kind.DATE, past=True, same_row=True, help="Last day, inside."),
                Field("filters", "Filters", 40, length=200, help=self.help),
            )),
            Section("draw", "How it is drawn", (
                Field("method", "Method", 8, required=True, lookup=True, echo=40, help="F4 lists the methods."),
                Field("size", "Draw", 6, help="Of a random sample: a number, or a percentage such as 5%."),
                Field("per_person", "Of each person", 1, Kind.YES_NO, same_row=True, auto_skip=True,
                      help="That many of each person's records."),
                Field("seed", "Seed", 20, help="Blank: one is drawn and kept."),
                Field("named", "Records", 40, length=2000, help="Of a focused review: accounts or record numbers."),
            )),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        method = values.get("method", "")
        return Changed(echoes={
            "kind": KINDS.get(values.get("kind", ""), ""),
            "method": METHODS.get(Method(method), "") if method in list(Method) else "",
        })  # fmt: skip

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        site = self.session.seat.directory / "site"
        rows = {
            "kind": KINDS,
            "method": {str(method): said for method, said in METHODS.items()},
            "data_set": {each.id: each.title for each in library(site).dictionaries},
        }.get(path, {})
        return [Choice(code, said) for code, said in rows.items() if code.startswith(text.lower())][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        kind, method = values.get("kind", ""), values.get("method", "")
        if method not in list(Method):
            return Refused(
                (Finding(Level.FATAL, "V101", f"{method} is no method: F4 lists them.", "method"),)
            )
        asked = Asked(
            kind, values.get("title", ""), values.get("data_set", "").lower() if kind == BLIND else "",
            values.get("from", ""), values.get("to", ""), values.get("filters", ""), Method(method),
            values.get("size", "") if method == Method.RANDOM else "", values.get("per_person") == "1",
            values.get("seed", ""), values.get("named", ""),
        )  # fmt: skip
        try:
            number = review_acts.plan(self.session.actor, asked)
        except review_acts.NotReviewed as error:
            return Refused((Finding(Level.FATAL, "V102", str(error), "filters"),))
        self.discard_draft()
        return Filed(f"DRAWN {number}.", go=f"RVS {number}")


class Worksheet(DraftedForm):
    """RVW number: the answers of a worksheet, keyed back."""

    title: ClassVar[str] = "Record review worksheet"
    word: ClassVar[str] = "RVW"
    help: ClassVar[str] = (
        "Y yes, N no, NA not applicable, for each element as the worksheet has it. F2 files it."
    )
    session: Session
    one: Reviewed

    def open(self, key: str) -> Opened:
        if not key.strip():
            raise ScreenError("Say which review: RVL lists those that are due.")
        self.one = review_acts.open_worksheet(self.session.actor, key)
        self.key, self.version = self.one.number, str(self.one.filed_utc or 0)
        values = reviews.answers(self.one.id) | {"remark": self.one.remark}
        banner = (
            reviews.about(self.one),
            f"Review {self.one.number}: {self.one.kind} record, {self.one.status}",
        )
        return self.with_draft(Opened(values, banner))

    def sections(self) -> Sequence[Section]:
        parts: dict[str, list[Field]] = {}
        for row in reviews.elements(self.one):
            field = Field(
                row.code,
                row.code,
                2,
                Kind.UPPER,
                lookup=True,
                echo=66,
                help=f"{row.text}. Source: {row.citation}.",
            )
            parts.setdefault(str(row.more.get("part", "Elements")), []).append(field)
        made = [Section(part.lower(), part, tuple(fields)) for part, fields in parts.items()]
        remark = Field("remark", "Remark", 60, length=500, help="What the worksheet says beside the answers.")
        return (*made, Section("remark", "Remark", (remark,)))

    def changed(self, values: Values, path: str) -> Changed:
        return Changed(self._wrong(values), {row.code: row.text for row in reviews.elements(self.one)})

    def _wrong(self, values: Values) -> list[Finding]:
        return [
            Finding(Level.FATAL, "V103", f"{values[row.code]} is no answer: Y, N or NA.", row.code)
            for row in reviews.elements(self.one)
            if values.get(row.code) and values[row.code] not in ANSWERS
        ]

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        return [Choice(code, said) for code, said in ANSWERS.items() if code.startswith(text.upper())]

    def is_complete(self, values: Values, path: str, text: str) -> bool:
        return text.upper() in ("Y", "NA")

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if wrong := self._wrong(values):
            return Refused(tuple(wrong))
        given = {path: value for path, value in values.items() if path != "remark"}
        done = review_acts.answer(self.session.actor, self.one.number, given, values.get("remark", ""))
        self.discard_draft()
        left = len(reviews.elements(done)) - len(reviews.answers(done.id))
        return Filed(f"FILED {done.number}" + (f", {left} elements left." if left else "."), go="RVL")
