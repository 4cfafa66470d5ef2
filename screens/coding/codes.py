"""COD and HCP: find a code by words, abbreviations or its beginning, in any of the code sets, by the codes of a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db.coding.codes import CodeStore, Hit, code_problem
from db.coding.other_codes import OtherCode
from rules.code_words import LEGEND, NOT_VALID, PROCEDURE_LEGEND, flags
from rules.codes import System
from screens.coding.book import (
    BACK,
    FORTH,
    MODIFIERS,
    Asked,
    Named,
    Trail,
    asked,
    installed,
    named,
    not_printed,
    set_words,
    with_text,
)
from screens.coding.drg_lines import within
from screens.drafts import page_of
from screens.evidence.site_notes import marked
from screens.session import Session
from tui.screen import Action, Column, Command, ListScreen, Outcome, Page, Printout, Row, ScreenError

MOST = 100
DIAGNOSES_ALONE = "The tabular list and the Alphabetic Index are of diagnoses: this is none."
CODE_ACTIONS: tuple[Action, ...] = (
    Action("N", "Notes", go="NOT {subject}"),
    Action("T", "Tree", method="tree"),
    Action("I", "Index", method="index_terms"),
    Action("X", "Excl", method="excluded_by"),
    Action("H", "Hist", go="NOT {subject};^History"),
    Action("U", "Use", method="use"),
)


class CodeList(ListScreen):
    """A list whose rows are codes: what can be done with one. The subject is its set, itself, and the day."""

    session: Session
    day: Asked

    def tree(self, subject: str) -> Outcome:
        """Its neighbours in the tabular list; of a procedure the table that it is of."""
        code = self.named(subject)
        if code.system is System.PCS:
            return Outcome(go=f"PCT {code.code}{self.day.on}")
        if code.system is not System.CM:
            raise ScreenError("This code set has no tree.")
        return Outcome(go=f"TRE {subject}")

    def index_terms(self, subject: str) -> Outcome:
        return self._diagnosis(subject, "^Index terms")

    def excluded_by(self, subject: str) -> Outcome:
        return self._diagnosis(subject, "^Excluded by")

    def use(self, subject: str) -> Outcome:
        """Take the code back to the field that the book was opened from."""
        return use(installed(self.session), self.named(subject), self.day)

    def named(self, subject: str) -> Named:
        return named(installed(self.session), subject.partition(" ON ")[0])

    def _diagnosis(self, subject: str, group: str) -> Outcome:
        if self.named(subject).system is not System.CM:
            raise ScreenError(DIAGNOSES_ALONE)
        return Outcome(go=f"NOT {subject};{group}")


def use(codes: CodeStore, code: Named, on: Asked) -> Outcome:
    """Take a code back to the field that the book was opened from. Raises ``ScreenError`` when none could have it."""
    if code.system and (wrong := code_problem(codes, code.code, code.system, on.day)):
        raise ScreenError(wrong)
    return Outcome(go=f"USE {code.code}")


class CodeLookup(CodeList):
    """What a search found, best first, by the codes of a day."""

    title: ClassVar[str] = "Code look-up"
    position_label: ClassVar[str] = "Words or code"
    asks: ClassVar[bool] = True
    recall: ClassVar[str] = "code"
    empty: ClassVar[str] = "No code found. Key words or the beginning of a code; F10 asks the next set."
    help: ClassVar[str] = (
        "Key / and what you look for: words in any order (hip fx r initial), abbreviations (chf), a code with or "
        "without dot, a range (I20-I25). F10 takes the next code set, or begin with its word: / pcs hip replacement, "
        "/ hcpcs wheelchair, / mod bilateral, / and the name of a facility's own set. End with ON 09/30/2025 for the "
        "codes of a day, with FOR and an account for those of its discharge. F9 goes back to what was asked before, "
        "F6 forth again. U puts the code into the field of the form that the look-up was opened from. "
        "Medicare's sex edit is off for discharges from 10/01/2024: no code has a limit by sex."
    )
    actions: ClassVar[tuple[Action, ...]] = CODE_ACTIONS
    commands: ClassVar[tuple[Command, ...]] = (
        Command("SET", "Set", "turn_set", "F10"),
        BACK,
        FORTH,
    )
    first_set: ClassVar[str] = System.CM.value
    code_set = ""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.code_set, self.day, self.trail = self.first_set, asked(session, ""), Trail[tuple[str, Asked]]()

    def open(self, key: str) -> str:
        self.ask(key)
        self.turned = None
        return ""

    def ask(self, text: str) -> None:
        """Look for something else; the word of a code set before it is taken off. The day stays."""
        found = asked(self.session, text)
        word, _, rest = found.text.partition(" ")
        if self.session.codes and word.casefold() in set_words(self.session.codes):
            self.code_set, found = word.casefold(), with_text(found, rest)
        if not found.said and self.day.said:
            found = with_text(self.day, found.text)
        self.day = found
        self._show()

    def _show(self) -> None:
        if self.day.text:
            self.trail.go((self.code_set, self.day))
        self.turned = ()

    def back(self, rest: str) -> Outcome:
        return self._step(-1)

    def forth(self, rest: str) -> Outcome:
        return self._step(1)

    def _step(self, by: int) -> Outcome:
        self.code_set, self.day = self.trail.step(by)
        self.turned = ()
        return Outcome(reload=True)

    def turn_set(self, rest: str) -> Outcome:
        """F10: the same question to the next code set; ``SET pcs`` to that one."""
        words = list(set_words(installed(self.session)))
        wanted = rest.strip().casefold()
        if wanted and wanted not in words:
            raise ScreenError(f"The code sets are {', '.join(words)}.")
        self.code_set = wanted or words[(words.index(self.code_set) + 1) % len(words)]
        self._show()
        return Outcome(reload=True)

    def heading(self) -> Sequence[str]:
        name = set_words(installed(self.session))[self.code_set]
        what = f"{name} {self.day.shown_day}"
        if not self.day.text:
            return (what, "Key words, an abbreviation or a code, and Enter; over a list key / first.")
        legend = LEGEND if self.code_set == System.CM else PROCEDURE_LEGEND
        return (f"{what}: {self.day.text}", legend)

    def columns(self) -> Sequence[Column]:
        severity = (Column("CC", 3, frozen=True),) if self.code_set == System.CM else ()
        return (
            Column("Code", 8, frozen=True),
            *severity,
            Column("Flags", 5, frozen=True),
            Column("Title", 200, shorten=within),
        )

    def page(self, key: tuple[int, ...] | None, limit: int, *, backward: bool = False) -> Page:
        found, system = self.found(), self.code_set
        own = marked(system, [code for code, _ in found], self.day.day.isoformat())
        rows = [
            Row((number,), cells, f"{system} {code}{self.day.on}", "*" if code in own else "")
            for number, (code, cells) in enumerate(found)
        ]
        return page_of(rows, key, limit, backward=backward)

    def found(self) -> list[tuple[str, tuple[str, ...]]]:
        """Code and cells of what answers the question."""
        codes, text, day = installed(self.session), self.day.text, self.day.day
        if not text and self.code_set != MODIFIERS:
            return []
        if self.code_set in set(System):
            system = System(self.code_set)
            hits = standing(codes.search(text, system, day, MOST))
            self.session.search_log.looked(text, system, "COD", len(hits), to_choose=False)
            return [(hit.code, row_of(hit)[0 : None if system is System.CM else 4]) for hit in hits]
        others = (
            codes.modifiers(text, day)
            if self.code_set == MODIFIERS
            else codes.facility(self._set_name(), text, day, MOST)
        )
        return [(each.code, other_row(each)) for each in others]

    def on_paper(self, printout: Printout) -> Printout:
        not_printed(installed(self.session), self.code_set)
        return printout

    def _set_name(self) -> str:
        sets = installed(self.session).facility_sets()
        return next(each.name for each in sets if each.name.casefold() == self.code_set)

    def position(self, text: str) -> tuple[int, ...] | None:
        self.ask(text)
        return None


class HcpcsLookup(CodeLookup):
    """HCPCS Level II: the same look-up, begun there."""

    title: ClassVar[str] = "HCPCS Level II"
    first_set: ClassVar[str] = System.HCPCS.value
    empty: ClassVar[str] = "No code found. / mod lists the modifiers; codes status says what is imported."


def standing(hits: Sequence[Hit]) -> list[Hit]:
    """Each code once: as it stands on the day, and not also as it stood before or will."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.code, hit)
    return list(found.values())


def row_of(hit: Hit) -> tuple[str, ...]:
    """The cells of a code: itself, severity of a diagnosis, flags, title."""
    said = flags(billable=hit.billable, valid=hit.valid, exempt=hit.poa_exempt, marks=hit.marks)
    severity = (hit.severity,) if hit.system is System.CM else ()
    return (hit.shown, *severity, said, hit.text)


def other_row(each: OtherCode) -> tuple[str, ...]:
    """The cells of a modifier or of a code of a facility's own set."""
    return (each.code, "" if each.valid else NOT_VALID, each.text)
