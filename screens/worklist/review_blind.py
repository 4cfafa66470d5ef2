"""RVA and RVD: a record abstracted by a second person who does not see what the first one has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from config.data_sets import library
from db.abstracting.abstracts import AbstractRecord
from db.registry.cases import Case
from db.worklist import review_acts, reviews
from db.worklist.review_acts import Blind
from db.worklist.reviews import ABSTRACT, COMPARED
from rules.dictionary import Dictionary
from rules.findings import Finding, Level
from screens.abstracting.abstract import Abstract
from screens.data_set import DataSetForm
from screens.hospital.account import banner
from screens.record import Loaded
from screens.session import Session
from tui.screen import Command, Filed, Opened, Outcome, Refused, ScreenError, Values

HELP = (
    "You see what registration, feed and movements say, and nothing that was abstracted. Key the record as the chart "
    "has it; your draft is your own. F2 files it and compares: nothing of it changes the record."
)
WORD = {ABSTRACT: "RVA"}
OTHER = "RVD"


def word_for(data_set: str) -> str:
    """The word that opens the second abstraction of a record of this data set."""
    return WORD.get(data_set, OTHER)


def file(form: DataSetForm, values: Values, reason: str) -> Filed | Refused:
    """File what was keyed, with errors once somebody said why: what the feed has wrong is nothing to mend here."""
    form.refuse_when_taken_over(values)
    found = [each for each in form.findings(values) if not each.overridden]
    wrong = [each for each in found if each.level in (Level.FATAL, Level.ERROR)]
    if wrong and not reason:
        return Refused(form.in_order(wrong), overridable=True)
    done = form.put(values, found)
    form.discard_draft()
    return done


def filed(number: str, values: Values, form: DataSetForm) -> Filed:
    """File what was keyed, and say what came of it."""
    done = review_acts.file_blind(form.session.actor, number, values)
    found = len(reviews.differences(done.id))
    said = f"{found} differences: they wait for a decision" if done.status == COMPARED else "no difference"
    return Filed(f"REVIEWED {done.number}, {said}.", go="RVL")


class BlindAbstract(Abstract):
    """RVA number: an abstract once more."""

    title: ClassVar[str] = "Review: abstract, blind"
    word: ClassVar[str] = "RVA"
    queue: ClassVar[bool] = False
    help: ClassVar[str] = HELP
    commands: ClassVar[tuple[Command, ...]] = (Command("MOVES", "Movements", "moves", "F10"),)
    blind: Blind

    def load(self, key: str) -> Loaded:
        self.blind = opened(self.session, key, abstract=True)
        stay, self.key = self.blind.stay, self.blind.reviewed.number
        assert stay is not None
        self.opened = AbstractRecord(stay, self.blind.given, None, self.blind.given)
        return Loaded(self.blind.given, "0", banner(stay), ("review", self.key))

    def open(self, key: str) -> Opened:
        found = super().open(key)
        return replace(
            found, new=False, message=found.message or f"Review {self.key}: key what the chart says."
        )

    def take_version(self, values: Mapping[str, str]) -> None:
        """The version under which the first person filed holds here."""
        self.dictionary = self.blind.dictionary
        self.__dict__.pop("columns", None)

    def differing(self, values: Values) -> list[Finding]:
        return []

    def file(self, values: Values, reason: str) -> Filed | Refused:
        return file(self, values, reason)

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        return filed(self.key, values, self)

    def standing(self, values: Values) -> str:
        return f"Review {self.key}, not filed yet."

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.opened.encounter.account)

    def moves(self, rest: str) -> Outcome:
        return Outcome(go=f"ACC {self.opened.encounter.account}")


class BlindRecord(DataSetForm):
    """RVD number: a record of any other data set once more."""

    title: ClassVar[str] = "Review: record, blind"
    word: ClassVar[str] = "RVD"
    data_set: ClassVar[str] = ABSTRACT  # until a record is opened
    reason_for_errors: ClassVar[bool] = True
    help: ClassVar[str] = HELP
    of_set = ABSTRACT
    blind: Blind

    def dictionary_on(self, day: str) -> Dictionary:
        return library(self.session.seat.directory / "site").of(self.of_set, day)

    def load(self, key: str) -> Loaded:
        self.blind = opened(self.session, key, abstract=False)
        self.key, self.of_set = self.blind.reviewed.number, self.blind.reviewed.data_set
        self.dictionary = self.blind.dictionary
        lines = (reviews.about(self.blind.reviewed), f"Review {self.key}: {self.dictionary.title}")
        return Loaded(self.blind.given, "0", lines, ("review", self.key))

    def open(self, key: str) -> Opened:
        return replace(super().open(key), new=False)

    def take_version(self, values: Mapping[str, str]) -> None:
        self.dictionary = self.blind.dictionary
        self.__dict__.pop("columns", None)

    def filed(self) -> Case | None:
        return None

    def file(self, values: Values, reason: str) -> Filed | Refused:
        return file(self, values, reason)

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        return filed(self.key, values, self)

    def withdraw(self, why: str) -> None:
        raise ScreenError("A review is left out by whoever planned it.")


def opened(session: Session, key: str, *, abstract: bool) -> Blind:
    """The review with this number, if it belongs on this form. Raises ``ScreenError``."""
    if not key.strip():
        raise ScreenError("Say which review: RVL lists those that are due.")
    found = review_acts.named(key)
    if found.kind == reviews.BLIND and (found.data_set == ABSTRACT) != abstract:
        raise ScreenError(f"{word_for(found.data_set)} {found.number} opens this review.")
    return review_acts.open_blind(session.actor, key)
