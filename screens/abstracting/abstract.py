"""ABS: the discharge abstract of an account, with its MS-DRG under the form after every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from config.grids import Grid, standard_grid
from db import drafts
from db.abstracting import abstract_release, abstract_returns, abstracts, feed_words
from db.abstracting import lifecycle as life
from db.abstracting.abstract_release import Checker
from db.abstracting.abstract_returns import Return
from db.abstracting.abstracts import AbstractRecord, Drg
from db.coding import drg_prices
from db.coding.drg_prices import Price
from db.feeds import intake
from db.registry.cases import Case
from db.worklist import work_acts
from rules import lifecycle
from rules.abstract_findings import day_of, record_findings
from rules.dictionary import Group, split_path
from rules.drg import Grouping
from rules.feed_differences import Difference, item_of, items_of, taken_from
from rules.findings import Finding, Level, worst_first
from rules.values import shown as value_shown
from screens.coding import drg_lines
from screens.coding.coded import NO_GROUPING
from screens.coding.coding_words import CODING_WORDS, CodingWords
from screens.data_set import OVERRIDE
from screens.hospital.account import banner, encounter_named
from screens.record import RECORD_WORDS, Loaded
from screens.worklist.worklists import following, latest_note, place_in
from tui.screen import Command, Filed, Opened, Outcome, Refused, Values

SURGEON = "procedures[1].surgeon"
INPATIENT = "I"
OF_MOVEMENTS = {
    "PV1-3": "unit", "PV1-10": "service", "PV1-36": "disposition", "PV1-44": "admitted_at", "PV1-45": "discharged_at",
}  # fmt: skip  # what an update of the feed may say otherwise than the movements, and moves nothing


class Abstract(CodingWords):
    """An inpatient account's abstract. Opened from the work list, or as ``ABS account``."""

    title: ClassVar[str] = "Discharge abstract"
    data_set: ClassVar[str] = "abstract"
    word: ClassVar[str] = "ABS"
    queue: ClassVar[bool] = True
    reason_for_errors: ClassVar[bool] = True
    brief: ClassVar[bool] = True
    grid: Grid | None = standard_grid(data_set)
    worksheet: Grid | None = standard_grid("coding")
    help: ClassVar[str] = (
        "What the feed and the movements know is filled in, and the cursor stands on the first field that is "
        "missing. Enter goes to the next one that is missing, Tab to every field. In a diagnosis or procedure key "
        "a code, with or without point, or words such as hip fx, and Enter; F4 lists as you type. A code that "
        "nothing longer begins with is left by itself, and Enter behind it does no harm. F11 shows the whole "
        "record on one page, where letters act; VIEW W its codes, VIEW P prompts. F2 files and brings the next "
        "record of the work list. With errors it asks for a reason and keeps the record in the work list."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("MOVES", "Movements", "moves", "F10"),
        Command("CHART", "Chart", "chart"),
        Command("SHEET", "Summary sheet", "sheet"),
        Command("LEAVE", "File and leave it open", "leave_open"),
        Command("RELEASE", "Release a complete abstract", "release"),
        Command("REOPEN", "Open it again, with a reason", "reopen"),
        Command("RETURN", "Billing returns it, with a reason", "return_it"),
        Command("CLEAR", "Say why what came back stands as it is", "clear"),
        Command("FEED", "Take the feed's value here", "take_feed"),
        Command("NOTES", "Notes and queries on the account", "work_notes"),
        *CODING_WORDS,
        OVERRIDE,
        *RECORD_WORDS,
    )
    opened: AbstractRecord
    leaving_open = False  # the next filing leaves it open
    returns: Sequence[Return] = ()
    disagreeing: Sequence[
        tuple[str, str, str]
    ] = ()  # what the feed said otherwise than the movements, and moved not
    followed: Mapping[str, tuple[str, str]] = {}  # what the feed changed since the draft was keyed
    worklist = ""  # word of the list that it was opened from
    place: tuple[Any, int] | None = None  # where it stood there

    def open(self, key: str) -> Opened:
        """``key`` is the account and, when it was opened from a work list, the word of that."""
        account, _, worklist = key.strip().partition(" ")
        opened = super().open(account)
        self.worklist, _, how = worklist.strip().upper().partition(" ")
        self.session.taking = self.worklist if how.strip() == "TAKE" else ""
        self.leaving_open = False
        self.place = place_in(self.session, self.worklist, self.opened.encounter.id)
        case = self.opened.case
        why = life.why_open(case.id) if case and lifecycle.is_open(case.status) else ""
        again = f"Open again: {why}" if why else ""
        said = " ".join(filter(None, (again, opened.message, latest_note(self.opened.encounter.id))))
        return replace(opened, message=said)

    def with_draft(self, opened: Opened) -> Opened:
        """The draft over what the feed says by now: what nobody keyed follows, what was keyed stays."""
        found = super().with_draft(opened)
        draft = drafts.load(self.session.actor, (self.word, self.key)) if found.resumed else None
        if draft is None or draft.fed is None:
            return found
        told = feed_words.resumed(draft.values, draft.fed, self.opened.feed, self.dictionary)
        if not told.followed and not told.differences:
            return found
        changed = feed_words.in_words(self.dictionary, told.followed)
        message = f"{found.message} The feed changed meanwhile: {changed}." if changed else found.message
        return replace(found, values=dict(told.record), message=message)

    def fed(self) -> dict[str, str]:
        return items_of(self.opened.feed)

    def load(self, key: str) -> Loaded:
        stay = encounter_named(key)
        self.opened = abstracts.open_abstract(self.session.actor, stay.id, self.dictionary)
        case = self.opened.case
        self.returns = abstract_returns.of_case(case.id) if case else ()
        self.disagreeing = intake.open_disagreements(stay.account)
        return Loaded(
            self.opened.record, str(case.revision if case else 0), banner(stay), ("abstract", stay.account),
            lifecycle.read_only(self.opened.status),
        )  # fmt: skip

    def standing(self, values: Values) -> str:
        case = self.opened.case
        why = life.why_open(case.id) if case and lifecycle.is_open(case.status) else ""
        said = f"{case.status.capitalize()}, filed by {case.filed_by}." if case else "Not filed yet."
        return f"{said} {why}".strip()

    def filed(self) -> Case | None:
        return self.opened.case

    def withdraw(self, why: str) -> None:
        abstracts.void_abstract(self.session.actor, self.opened, why)

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        grouping = self.grouping(values)
        row = self.weight(grouping, values)
        weight = None if row is None or row.weight is None else int(row.weight * 10_000)
        made = Drg(grouping.drg, grouping.mdc, grouping.version, weight)
        case = abstracts.file_abstract(
            self.session.actor, self.opened, self.dictionary, values, findings, made,
            expected_revision=int(self.version), reason=self.reason, leave_open=self.leaving_open,
        )  # fmt: skip
        left, self.leaving_open = self.leaving_open, False
        state = (
            ""
            if not lifecycle.is_open(case.status)
            else ", left open"
            if left
            else ", not complete: it stays in the work list"
        )
        return self._filed(case, state)

    def _filed(self, case: Case, state: str) -> Filed:
        follower = following(self.session, self.worklist, self.place, self.opened.encounter.account)
        if not follower:
            return Filed(f"FILED {case.number}{state}.")
        how = " TAKE" if self.session.taking == self.worklist else ""
        return Filed(f"FILED {case.number}{state}. Next: {follower}", next=f"{follower} {self.worklist}{how}")

    def findings(self, values: Values) -> list[Finding]:
        found = record_findings(self.dictionary, values, self.context())
        found += abstract_returns.findings(self.returns, values)
        return worst_first(found + self.differing(values))

    def differing(self, values: Values) -> list[Finding]:
        """What was keyed otherwise than the feed says: shown at its field, in nobody's way."""
        return [
            Finding(
                Level.WARNING if each.item in {*self.opened.differences, "disposition"} else Level.QUERY, "FEED",
                self._differs(each, values), feed_words.path_of(self.dictionary, each.item),
            )
            for each in abstracts.differing(values, self.opened, self.dictionary)
        ] + [
            Finding(
                Level.QUERY, "FEED",
                f"The feed says {value_shown(theirs)} {self._decoded(path, theirs, values)}".rstrip()
                + ", the movements do not. F10 and C correct them, DIS closes it.",
                path,
            )
            for item, _, theirs in self.disagreeing
            if (path := OF_MOVEMENTS.get(item)) and values.get(path) != theirs
        ]  # fmt: skip

    def _differs(self, each: Difference, values: Values) -> str:
        path = feed_words.path_of(self.dictionary, each.item)
        feed, own = (
            " ".join(filter(None, (feed_words.text_of(self.dictionary, each.item, text),
                                   self._decoded(path, text, values))))
            for text in (each.feed, each.filed)
        )  # fmt: skip
        kept = f"keyed and kept: {own}" if each.filed else "here it is blank"
        if each.item == "disposition" and "disposition" in self.opened.feed:
            # The census and the statistics count deaths and dispositions by the movements.
            return f"The discharge movement says {feed}; {kept}. Statistics count the movement: F10, C corrects it."
        labels = {
            part.id: f"{part.label}: the" for part in self.dictionary.parts() if isinstance(part, Group)
        }
        return f"{labels.get(each.item, 'The')} feed says {feed}; {kept}. FEED takes what the feed says."

    def _decoded(self, path: str, text: str, values: Values) -> str:
        """The meaning of a single coded value."""
        item = self.dictionary.item_at(path)
        if item is None or not text or item_of(path) != path:
            return ""
        return self._meaning(item, path, text, values, self.day(values))

    def file(self, values: Values, reason: str) -> Filed | Refused:
        """A complete abstract is amended with a reason; one in which nothing was changed is left as it is."""
        case = self.opened.case
        amending = case is not None and lifecycle.reason_asked(case.status, lifecycle.Act.COMPLETE)
        if self.version == self.begun and case is not None and amending and not reason:
            if not self.leaving_open and {k: v for k, v in values.items() if v} == dict(case.record):
                self.discard_draft()
                return self._filed(case, ", nothing was changed")
            amend = Finding(Level.WARNING, "AMEND", "This abstract is complete: say why it is amended.")
            found = lifecycle.in_the_way(self.findings(values))
            if not any(each.level is Level.FATAL for each in found):
                return Refused((amend, *self.in_order(found)), overridable=True)
        return super().file(values, reason)

    def follows(self, values: Values, path: str) -> Values:
        """The operating practitioner is the surgeon of the principal procedure until something else is keyed."""
        surgeon, before = values.get(SURGEON, ""), self.values.get(SURGEON, "")
        followed = super().follows(values, path)
        if split_path(path)[0] != "procedures" and path != "procedures":
            return followed
        return followed | ({"operating": surgeon} if values.get("operating", "") in ("", before) else {})

    def grouping(self, values: Mapping[str, str]) -> Grouping:
        """Inpatient accounts alone have an MS-DRG (42 CFR 412.2)."""
        return super().grouping(values) if self.opened.encounter.patient_class == INPATIENT else NO_GROUPING

    def panel(self, values: Values) -> Sequence[str]:
        if self.opened.encounter.patient_class != INPATIENT:
            return (
                self._no_codes()
                or "No MS-DRG: this is no inpatient account. The first diagnosis is first-listed.",
            )
        if not values.get("diagnoses[1].code"):
            return (self._no_codes() or "MS-DRG: it comes with the first diagnosis.",)
        grouping = self.grouping(values)
        acquired = grouping.hac_reduced and grouping.notice  # its POA is missing: nothing is said yet
        if not grouping.drg or acquired:
            return (f"MS-DRG: not grouped. {grouping.notice}",)
        lines = [
            drg_lines.heading(grouping),
            drg_lines.figures(grouping, self.price(grouping.drg, values), values.get("los_days", "")),
        ]
        if grouping.hac_reduced:
            lines.append(drg_lines.before_hac(grouping, self.price(grouping.initial_drg, values)))
        return (
            *lines,
            *filter(None, (drg_lines.spared(self.claim(values), grouping), self._no_codes())),
        )

    def price(self, of: str, values: Values) -> Price:
        """Weight and expected payment of a DRG as of the discharge."""
        return drg_prices.price(self.session.codes, of, day_of(values.get("discharged_at", "")))

    def _no_codes(self) -> str:
        missing = "Codes are checked by form alone: the code sets are not built (recordroom codes build)."
        return "" if self.session.codes else missing

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.key)

    def work_notes(self, rest: str) -> Outcome:
        """``NOTES text`` adds a note to the account, NOTES alone shows what was noted and asked."""
        if not rest.strip():
            return Outcome(go=f"WKN {self.opened.encounter.account}")
        work_acts.note(self.session.actor, self.opened.encounter.account, rest)
        return Outcome("The note is kept with the account.")

    def moves(self, rest: str) -> Outcome:
        return Outcome(go=f"ACC {self.key}")

    def leave_open(self, rest: str) -> Outcome:
        """LEAVE: file what is keyed and leave it open, though nothing may stand against it."""
        self.leaving_open = True
        return Outcome(go="FILE")

    def release(self, rest: str) -> Outcome:
        """RELEASE: a supervisor lets a complete abstract go."""
        if self._draft():
            return Outcome(
                "File or give up what was keyed first: it is not part of the abstract.", error=True
            )
        check = Checker(self.session.tables, self.session.codes)
        result = abstract_release.release(self.session.actor, self.opened.encounter.id, check)
        if result.went_on:
            return Outcome(f"RELEASED {result.account}.", reload=True)
        return Outcome(result.sentence, reload=True, error=True)

    def reopen(self, rest: str) -> Outcome:
        """``REOPEN why``: a supervisor opens it again."""
        abstract_release.reopen(self.session.actor, self.opened.encounter.id, rest)
        return Outcome(f"Open again: {rest}", reload=True)

    def return_it(self, rest: str) -> Outcome:
        """``RETURN why``: billing has sent it back; the reason stands with the abstract until it is answered."""
        reasons = [abstract_returns.Reason("", rest)]
        abstract_release.returned(self.session.actor, self.opened.encounter.id, reasons)
        return Outcome("Returned by billing: it is open again, and the reason stands with it.", reload=True)

    def clear(self, rest: str) -> Outcome:
        """``CLEAR why``: what came back holds good as it is."""
        case = self.opened.case
        if case is None or not self.returns:
            return Outcome("Nothing has come back about this abstract.", error=True)
        count = abstract_returns.clear(self.session.actor, case.id, rest)
        return Outcome(f"{count} {'reason is' if count == 1 else 'reasons are'} answered.", reload=True)

    def take_feed(self, rest: str) -> Outcome:
        """FEED: the feed's value in the field of the cursor, or of the item that is named."""
        item = item_of(rest.strip().lower() or self.focus)
        found = {each.item: each for each in abstracts.differing(self.values, self.opened, self.dictionary)}
        if item not in found:
            return Outcome("Nothing differs from the feed here: Ctrl+E lists what does.", error=True)
        record = taken_from(self.values, (item,), self.opened.feed)
        changed = {
            path: record.get(path, "")
            for path in {*self.values, *record}
            if self.values.get(path) != record.get(path)
        }
        return Outcome("The feed's value is taken once you file.", values=changed)

    def _draft(self) -> bool:
        return drafts.load(self.session.actor, (self.word, self.key)) is not None

    def chart(self, rest: str) -> Outcome:
        return Outcome(go=f"CHT {self.opened.encounter.mrn}")

    def sheet(self, rest: str) -> Outcome:
        """SHEET: the abstract as it is printed."""
        return Outcome(go=f"SUM {self.key}")
