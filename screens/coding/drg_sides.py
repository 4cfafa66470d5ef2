"""The code sets of a stay that WIF and CMP look at: as keyed now, as filed at any time, at admission, or as typed.

Words of a side: DRAFT, FILED, ADMIT, the number of a filing, LINE and the number of a what-if line, or codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from config.data_sets import library
from db import store
from db.abstracting import abstracts, rule_context, working
from db.abstracting.claims import claims
from db.abstracting.working import WorkingRecord
from db.coding import drg_prices, hypothetical
from db.coding.codes import CodeStore
from db.coding.drg_prices import Price
from db.hospital.encounters import Encounter
from db.queries import queries
from db.registry import cases
from db.registry.cases import Revision
from rules.abstract_findings import settled
from rules.codes import System, normal, problem
from rules.codes_edits import CodeEdit, edit, sex_conflicts
from rules.codes_facts import valid_on
from rules.drg import Claim, Diagnosis, Grouping, Procedure, group
from rules.drg_answers import Asked, answers
from rules.drg_payment import TRANSFERS, Stay, transfer_note
from rules.drg_what_if import Answer, WhatIf, what_if
from rules.tables import Tables
from rules.text import clean
from screens import shown
from screens.coding.coding_draft import now
from screens.hospital.account import banner, encounter_named
from screens.session import Session
from tui.screen import ScreenError

HYPOTHETICAL = "HYP"
DRAFT, FILED, ADMIT, LINE = "DRAFT", "FILED", "ADMIT", "LINE"
HITS = 8  # of a look-up, among which the one that an option names is looked for
MOST_OF_IT = Fraction(1, 2)  # of a title or term
CATEGORY = 3  # characters of an ICD-10-CM code


@dataclass(frozen=True, slots=True)
class Side:
    """A code set with what the grouper and the code editor make of it."""

    label: str
    claim: Claim
    grouping: Grouping
    price: Price
    edits: Sequence[CodeEdit]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose codes are looked at: an account, or the hypothetical patient. ``record`` is as keyed now."""

    key: str
    banner: tuple[str, ...]
    record: Mapping[str, str]
    stay: Encounter | None = None

    @property
    def claim(self) -> Claim:
        return claims()(self.record) if self.stay else working.claim(self.record)


def subject_of(session: Session, key: str) -> Subject:
    """The record behind the key of WIF and CMP, logged as seen. Raises ``ScreenError`` when there is none."""
    if key.strip().upper() == HYPOTHETICAL:
        if not session.hypothetical:
            raise ScreenError("No hypothetical patient is keyed yet: HYP asks for one.")
        return Subject(HYPOTHETICAL, ("Hypothetical patient",), session.hypothetical)
    stay = encounter_named(key)
    return Subject(stay.account, banner(stay), now(session, stay.account), stay)


def side_of(session: Session, subject: Subject, words: Sequence[str], beside: Claim | None = None) -> Side:
    """The side that ``words`` name; a line or typed codes are of the stay of ``beside``, the side before them.

    Raises ``ScreenError`` in a sentence when there is no such code set.
    """
    word = words[0].upper() if words else DRAFT
    base = beside or subject.claim
    if word == DRAFT:
        return judged(session, "As keyed now", subject.claim)
    if word.startswith(LINE) and word[len(LINE) :].isdecimal():
        return _line(session, subject, int(word[len(LINE) :]), base)
    if subject.stay is None:
        found = hypothetical.kept(session.actor, " ".join(words))
        if found is not None:
            return judged(session, f"Kept as {hypothetical.as_name(' '.join(words))}", working.claim(found))
    elif word == ADMIT:
        return _admission(session, subject.stay)
    elif word == FILED or word.isdecimal():
        return _filing(session, subject.stay, word)
    return judged(session, "Codes as typed", typed(base, words))


def judged(session: Session, label: str, claim: Claim) -> Side:
    """A code set with DRG, price and edits."""
    grouping = group(claim)
    price = drg_prices.price(session.codes, grouping.drg, claim.discharged_on)
    return Side(label, claim, grouping, price, (*edit(claim).edits, *sex_conflicts(claim)))


def filings(stay: Encounter) -> list[Revision]:
    """The filings of an abstract that are in use, the last first."""
    case = cases.by_encounter(abstracts.DATA_SET, stay.id)
    return [each for each in cases.revisions(case.id) if each.status != cases.VOID] if case else []


def working_of(session: Session, stay: Encounter) -> WorkingRecord:
    """The working codes of a stay, logged as seen."""
    return working.open_working(session.actor, stay.id)


def typed(base: Claim, words: Sequence[str]) -> Claim:
    """The claim with codes that somebody typed, POA behind a slash: ``I21.4 N17.9/N``. Raises ``ScreenError``."""
    dx, px = [], []
    for word in words:
        code, _, poa = word.upper().partition("/")
        if not problem(code, System.PCS) and (problem(code, System.CM) or _is_procedure(code, base)):
            px.append(Procedure(normal(code)))
        elif not problem(code, System.CM):
            dx.append(Diagnosis(normal(code), poa))
        else:
            raise ScreenError(
                f"{clean(word)} is neither a code nor DRAFT, FILED, ADMIT or the number of a filing. Codes are typed "
                "with blanks between them, POA behind a slash: I21.4 N17.9/N."
            )
    if not dx:
        raise ScreenError("Type the diagnoses too, the principal one first.")
    return replace(base, dx=tuple(dx), px=tuple(px))


def _is_procedure(code: str, base: Claim) -> bool:
    """Whether seven characters that could be either are a procedure on the day of the claim."""
    day = base.discharged_on
    if "." in code or day is None:
        return False
    return not valid_on(code, System.CM, day) and bool(valid_on(code, System.PCS, day))


def _line(session: Session, subject: Subject, number: int, base: Claim) -> Side:
    found = lines(session, subject, base)
    if not 0 < number <= len(found):
        raise ScreenError(f"There is no line {number}: WIF {subject.key} lists them.")
    return judged(session, found[number - 1].change, found[number - 1].claim)


def _admission(session: Session, stay: Encounter) -> Side:
    opened = working_of(session, stay)
    if opened.case is None:
        raise ScreenError(f"No admission codes of {stay.account} are filed: ADF keeps them.")
    case = opened.case
    label = f"Admission codes as of {shown.day(opened.record.get('coded_on', ''))}, by {case.filed_by}"
    record = settled_record(session, working.DATA_SET, opened.record)
    return judged(session, label, working.claim(record))


def _filing(session: Session, stay: Encounter, word: str) -> Side:
    found = filings(stay)
    if not found:
        raise ScreenError(f"The abstract of {stay.account} is not filed yet.")
    chosen = found[0] if word == FILED else next((each for each in found if each.number == int(word)), None)
    if chosen is None:
        raise ScreenError(
            f"There is no filing {word} of {stay.account}: it has {', '.join(_numbers(found))}."
        )
    when = shown.utc(chosen.filed_utc, store.current().zone)
    record = settled_record(session, abstracts.DATA_SET, chosen.record)
    return judged(session, f"Filing {chosen.number}, {when} by {chosen.by}", claims()(record))


def _numbers(found: Sequence[Revision]) -> list[str]:
    return [str(each.number) for each in reversed(found)]


def settled_record(session: Session, data_set: str, record: Mapping[str, str]) -> dict[str, str]:
    """A filed record with its computed items, such as the age."""
    dictionary = library(session.seat.directory / "site").of(data_set)
    return settled(dictionary, record, rule_context.context(session.tables, session.codes))


def transfer(side: Side, tables: Tables) -> str:
    """That Medicare may pay the stay by the day, in a sentence; blank when not."""
    weight, los, day = side.price.weight, side.claim.los_days, side.claim.discharged_on
    if weight is None or weight.gmlos is None or los is None or day is None:
        return ""
    stay = Stay(los, weight.gmlos, weight.post_acute)
    return transfer_note(side.claim.disposition, stay, tables[TRANSFERS], day.isoformat())


# What-if ---------------------------------------------------------------------------------------------------


def lines(session: Session, subject: Subject, claim: Claim) -> list[WhatIf]:
    """The what-if list of a claim, with the answers to the open queries of its account."""
    day = claim.discharged_on
    if day is None:
        return []
    weigh = drg_prices.weigher(session.codes, day)
    asked = open_answers(session, subject, claim)
    return what_if(claim, weigh, drg_prices.rate_cents(day), asked)


def open_answers(session: Session, subject: Subject, claim: Claim) -> list[Answer]:
    """The ways in which the open queries of an account can be answered."""
    if subject.stay is None:
        return []
    purposes = session.tables["query_purposes"]
    found = []
    for query in queries.of_account(subject.stay.id):
        if query.waits:
            row = purposes.find(query.wording.purpose)
            documented = bool(row and row.more.get("documented"))
            one = Asked(query.number, query.wording.purpose, query.code, query.wording.options, documented)
            found += answers(one, claim, partial(named_by, session.codes, claim, query.code))
    return found


def named_by(codes: CodeStore | None, claim: Claim, about: str, option: str) -> str:
    """The diagnosis whose title, or a term of the tabular list under it, an option of a query says; else blank.

    All words of the option stand in it and make up most of it; of the category that the query is about, some do.
    """
    words = set(_words(option))
    if codes is None or not words:
        return ""
    best, said = "", Fraction(0)
    for hit in codes.choices(" ".join(_words(option)), System.CM, claim.discharged_on, HITS):
        detail = codes.show(hit.code, System.CM, claim.discharged_on)
        terms = [note.text for note in detail.notes if note.kind == "inclusionTerm"] if detail else []
        holding = [held for text in (hit.title, *terms) if words <= (held := set(_words(text)))]
        part = max((Fraction(len(words), len(held)) for held in holding), default=Fraction(0))
        enough = Fraction(0) if hit.code[:CATEGORY] == normal(about)[:CATEGORY] else MOST_OF_IT
        if part > max(said, enough):
            best, said = hit.code, part
    return best


def _words(text: str) -> list[str]:
    """Words without what stands in brackets."""
    plain = "".join(part.rpartition(")")[2] if ")" in part else part for part in text.split("("))
    return [word for each in plain.casefold().split() if (word := each.strip(",.;:"))]
