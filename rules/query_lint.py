"""What is wrong with the wording of a query to a physician, told at its fields; templates are held to the same.

AHIMA and ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update): a query states clinical indicators
of the record, leads to no answer, offers more than the answer that is wanted, and says nothing of payment or scores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rules.codes_search import fold
from rules.findings import Finding, Level, worst_first
from rules.queries import KINDS, Indicator, Kind, Wording
from rules.tables import CodeTable, listed
from rules.values import is_date

WORDS: Final = "query_words"
PURPOSES: Final = "query_purposes"
UNDETERMINED: Final = ("unable to determine", "clinically unable to determine", "clinically undetermined")
BLANK: Final = "____"
NEUTRAL: Final = frozenset(
    {"yes", "no", "none", "unknown", "right", "left", "both", "other", "due", "to", "of", "the", "a", "an", "and", "or",
     "with", "without", "in", "on", "please", "specify", "which", "unable", "determine", "clinically", "undetermined"}
)  # fmt: skip
CATEGORY: Final = 3  # characters of a code that say which disease it is, whatever its type
INITIALS, SHORT = 2, 4  # letters: abbreviations of so many may be other words where they are not in capitals
NOT_DIAGNOSES: Final = frozenset("RVWXYZ")  # chapters of signs and findings, external causes, circumstances
_OTHER: Final = re.compile(r"other\s*($|[(:;,_]|please)")
_WORD: Final = re.compile(r"[\w'-]+")
_SENTENCE: Final = re.compile(r"[^.!?:;]+[.!?:;]?")
_BRACKETS: Final = re.compile(r"\([^)]*\)|_+")


Names = Callable[[str], Sequence[tuple[str, str]]]
"""The phrases of a text, folded, that name a condition by any of its names, each with the code of it."""


def no_names(text: str) -> Sequence[tuple[str, str]]:
    """Without code sets a condition is known by the words of the table alone."""
    return ()


@dataclass(frozen=True, slots=True)
class Tables:
    """What the rules read: words that must not stand in a query, and reasons to ask, in force on an ISO day; and by
    which names conditions go (the expansions of the search for codes).
    """

    words: CodeTable
    purposes: CodeTable
    day: str = ""
    names: Names = no_names

    def says(self, purpose: str, what: str) -> bool:
        """Whether a purpose is marked so: ``yes_no``, ``documented``, ``undocumented``."""
        row = self.purposes.find(purpose, self.day)
        return row is not None and row.more.get(what) is True


def lint(
    wording: Wording, tables: Tables, *, template: bool = False, stay: tuple[str, str] = ("", "")
) -> list[Finding]:
    """What stands against a wording, worst first; errors keep it from being sent or filed.

    ``stay``: first and last ISO day of the stay, beside which indicators of other days are told.
    """
    found = [
        *_shape(wording, tables), *_title(wording, tables), *_options(wording), *_question(wording, tables),
        *_others(wording, tables), *_words(wording, tables), *(() if template else _blanks(wording)),
        *_indicators(wording.indicators, template, stay, tables.day),
    ]  # fmt: skip
    return worst_first(found)


def in_the_way(findings: Iterable[Finding]) -> list[Finding]:
    """Those with which a query is not sent and a template not filed."""
    return [each for each in findings if each.level in (Level.FATAL, Level.ERROR)]


def _wrong(code: str, said: str, path: str) -> Finding:
    return Finding(Level.ERROR, code, said, path)


def _shape(wording: Wording, tables: Tables) -> Iterator[Finding]:
    """That it is all there, and that the kind of question is permitted for the reason."""
    if not wording.title.strip():
        yield _wrong("QY01", "Key a title that says what it is about without naming a diagnosis.", "title")
    if not wording.question.strip():
        yield _wrong("QY02", "Key the question.", "question")
    if wording.kind not in tuple(Kind):
        said = ", ".join(f"{kind} ({text})" for kind, text in KINDS.items())
        yield _wrong("QY03", f"Say how it is asked: {said}.", "kind")
    row = tables.purposes.find(wording.purpose, tables.day)
    if row is None:
        yield _wrong("QY04", "Say why it is asked: F4 lists the reasons.", "purpose")
    elif wording.kind == Kind.YES_NO and row.more.get("yes_no") is not True:
        may = ", ".join(
            each.code for each in tables.purposes.on(tables.day) if each.more.get("yes_no") is True
        )
        yield _wrong(
            "QY05",
            f"Yes or no is only for {may}: ask as OPEN or CHOICE.",
            "kind",
        )


def _title(wording: Wording, tables: Tables) -> Iterator[Finding]:
    if name := _named(wording.title, wording, tables):
        yield _wrong(
            "QY06",
            f"The title names {name}: say what the findings are about instead.",
            "title",
        )


def _named(text: str, wording: Wording, tables: Tables) -> str:
    """The name that a text gives away: one that is sought, by whatever name, or any of the table where no diagnosis
    is documented. What an indicator quotes stands in the record.
    """
    names = sought(wording)
    named = next((name for name in names if _holds(text, name)), "") or _synonym(text, names, tables)
    if not named and tables.says(wording.purpose, "undocumented"):
        quoted = " ".join(each.text for each in wording.indicators)
        named = _phrase(text, tables, "diagnosis", beside=quoted) or _akin(text, quoted, tables)
    return named


def _synonym(text: str, names: Iterable[str], tables: Tables) -> str:
    """The phrase of a text that is another name of what is sought."""
    said = {code: phrase for phrase, code in tables.names(text)}
    if not said:
        return ""
    for name in names:
        words = frozenset(fold(name).split()) - NEUTRAL
        for phrase, code in tables.names(name):
            if code in said and words <= set(phrase.split()):
                return said[code]
    return ""


def _akin(text: str, quoted: str, tables: Tables) -> str:
    """The phrase of a text that is another name, or a kind, of a diagnosis of the table, and not quoted."""
    said = [each for each in _conditions(text, tables, INITIALS) if each not in tables.names(quoted)]
    if not said:
        return ""
    listed_names = _words_of("diagnosis", tables)
    known = {code[:CATEGORY] for name in listed_names for _, code in tables.names(name)}
    return next((phrase for phrase, code in said if code[:CATEGORY] in known), "")


def _conditions(text: str, tables: Tables, short: int) -> list[tuple[str, str]]:
    """The diagnoses that a text names; up to so many letters, and where it is a plain word too, in capitals alone.

    A phrase with a word of kind ``finding`` in it, such as low sodium or hip pain, says what is found.
    """
    plain, findings = _words_of("plain", tables), _words_of("finding", tables)
    return [
        (phrase, code)
        for phrase, code in tables.names(text)
        if code[:1] not in NOT_DIAGNOSES
        and findings.isdisjoint(phrase.split())
        and (not (len(phrase) <= short or phrase in plain) or _in_capitals(phrase, text))
    ]


def _words_of(kind: str, tables: Tables) -> set[str]:
    rows = (row for row in tables.words.on(tables.day) if row.more.get("kind") == kind)
    return {word for row in rows for word in listed(row.more.get("words"))}


def _in_capitals(phrase: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase.upper())}(?!\w)", text) is not None


def _others(wording: Wording, tables: Tables) -> Iterator[Finding]:
    """Told, and permitted: other diagnoses in a query of which none is documented, unless an indicator quotes them."""
    if not tables.says(wording.purpose, "undocumented"):
        return
    quoted = [each for indicator in wording.indicators for each in tables.names(indicator.text)]
    for path, text in (("title", wording.title), ("question", wording.question)):
        named = (each for each in _conditions(text, tables, SHORT) if each not in quoted)
        strange = next((phrase for phrase, _ in named if len(phrase) > INITIALS), "")
        if strange and not _named(text, wording, tables):
            said = f"This names {strange}: quote where it is documented, or leave it out."
            yield Finding(Level.WARNING, "QY24", said, path)


def sought(wording: Wording) -> tuple[str, ...]:
    """Names of the diagnosis that is looked for: those of the template, and the answers offered."""
    offered = (_BRACKETS.sub(" ", option).strip(" :") for option in wording.options)
    return (
        *wording.target,
        *(each for each in offered if _telling(each) and not each.casefold().startswith("no ")),
    )


def _telling(text: str) -> frozenset[str]:
    return frozenset(_folded(text)) - NEUTRAL


def _folded(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _holds(text: str, name: str) -> bool:
    """Whether all words of a name that tell something stand in a text."""
    words = _telling(name)
    return bool(words) and words <= set(_folded(text))


def _options(wording: Wording) -> Iterator[Finding]:
    given = [option.strip().casefold() for option in wording.options if option.strip()]
    if wording.kind == Kind.OPEN:
        if given:
            yield _wrong(
                "QY07",
                "An open-ended query offers no answers: ask as CHOICE.",
                "options[1].text",
            )
        return
    if wording.kind not in tuple(Kind):
        return
    missing = []
    if not any(_OTHER.match(option) for option in given):
        missing.append("Other (please specify): ____")
    if not any(option.startswith(UNDETERMINED) for option in given):
        missing.append("Unable to determine")
    if wording.kind == Kind.YES_NO:
        missing += [
            word
            for word in ("Yes", "No")
            if not any(re.match(rf"{word}\b", option, re.IGNORECASE) for option in given)
        ]
    place = f"options[{len(wording.options) + 1}].text"
    if missing:
        yield _wrong("QY08", f"Offer too: {'; '.join(missing)}.", place)
    own = [option for option in given if not (_OTHER.match(option) or option.startswith(UNDETERMINED))]
    if wording.kind == Kind.CHOICE and not own:
        yield _wrong("QY09", "Offer at least one answer that the indicators support.", "options[1].text")
    for number, option in enumerate(given, 1):
        if option in given[: number - 1]:
            yield _wrong("QY10", "This answer is offered twice.", f"options[{number}].text")


def _question(wording: Wording, tables: Tables) -> Iterator[Finding]:
    documented = tables.says(wording.purpose, "documented")
    named = "" if documented else _named(wording.question, wording, tables)
    if named:
        yield _wrong("QY11", f"The question leads to an answer: it names {named}.", "question")
    if wording.kind == Kind.YES_NO:
        return
    for sentence in _SENTENCE.findall(wording.question):
        begins = _phrase(sentence, tables, "closed", start=True) if sentence.strip().endswith("?") else ""
        if begins:
            said = f"Begun with {begins} it is answered by yes or no: ask what, which or how."
            yield _wrong("QY12", said, "question")
            return


def _blanks(wording: Wording) -> Iterator[Finding]:
    if BLANK in wording.question:
        yield _wrong("QY22", "Fill in ____ with the words of the record.", "question")


def _words(wording: Wording, tables: Tables) -> Iterator[Finding]:
    """Words of payment and scores anywhere, words that lead in what the asker says."""
    own = (("title", wording.title), ("question", wording.question))
    offered = tuple((f"options[{n}].text", text) for n, text in enumerate(wording.options, 1))
    quoted = tuple(
        (f"indicators[{n}].{name}", text)
        for n, each in enumerate(wording.indicators, 1)
        for name, text in (("text", each.text), ("source", each.source))
    )
    every = [(path, text, False) for path, text in (*own, *offered)] + [
        (path, text, True) for path, text in quoted
    ]
    for path, text, of_record in every:
        if word := _phrase(text, tables, "payment", quoted=of_record):
            yield _wrong(
                "QY13", f"Leave out {word}: a query says nothing of payment, DRG, severity or scores.", path
            )
    for path, text in (*own, *offered):
        if word := _phrase(text, tables, "leading"):
            yield _wrong("QY14", f"Leave out {word}: it leads to an answer.", path)


def _phrase(
    text: str, tables: Tables, kind: str, *, start: bool = False, quoted: bool = False, beside: str = ""
) -> str:
    """The first phrase of a kind as it stands in a text, or at its start; blank when none does.

    ``quoted``: the text is of the record. ``beside``: what stands there too does not count.
    """
    for row in tables.words.on(tables.day):
        if row.more.get("kind") != kind or (quoted and row.more.get("quoted") is False):
            continue
        exact = row.more.get("exact") is True
        meant = [found.span() for found in _pattern(listed(row.more.get("unless")), False).finditer(text)]
        for found in _pattern(listed(row.more.get("words")), exact).finditer(text):
            otherwise = any(begin <= found.start() and found.end() <= end for begin, end in meant)
            late = start and text[: found.start()].strip()
            if not (otherwise or late or (beside and _pattern((found[0],), exact).search(beside))):
                return found[0]
    return ""


@lru_cache(maxsize=500)
def _pattern(phrases: tuple[str, ...], exact: bool) -> re.Pattern[str]:
    """Any of some phrases as words of their own, the longest first; without one nothing."""
    if not phrases:
        return re.compile(r"(?!)")
    longest_first = sorted(phrases, key=len, reverse=True)
    said = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![\w-])(?:{said})(?![\w-])", 0 if exact else re.IGNORECASE)


def _indicators(
    indicators: tuple[Indicator, ...], template: bool, stay: tuple[str, str], today: str
) -> Iterator[Finding]:
    if not any(each.text.strip() for each in indicators):
        said = "Say which clinical indicators are to be looked for." if template else (
            "Key at least one clinical indicator with its document and date."
        )  # fmt: skip
        yield _wrong("QY15", said, "indicators[1].text")
    for number, each in enumerate(() if template else indicators, 1):
        path = f"indicators[{number}]"
        if not each.text.strip():
            yield _wrong("QY16", "Say what was found there.", f"{path}.text")
        if not each.source.strip():
            yield _wrong("QY17", "Name the document in which this stands.", f"{path}.source")
        if not is_date(each.day):
            yield _wrong("QY18", "Key the day of the document.", f"{path}.day")
        elif today and each.day > today:
            yield _wrong("QY18", "The day of the document is still to come.", f"{path}.day")
        elif stay[0] and each.day < stay[0]:
            said = "This is from before the stay: quote only what bears on the question now."
            yield Finding(Level.WARNING, "QY19", said, f"{path}.day")
        elif stay[1] and each.day > stay[1]:
            said = (
                "This is from after the discharge: see that it is of this stay, such as a pathology report."
            )
            yield Finding(Level.WARNING, "QY19", said, f"{path}.day")
