"""The code book: what all its screens share. A screen is asked for a text, by the codes of one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar

from db import store
from db.hospital import encounters
from rules.codes import System, may_begin, normal
from rules.dates import Unclear, parse_date
from screens import shown
from screens.session import Session
from tui.screen import Command, ScreenError

if TYPE_CHECKING:
    from db.coding.codes import CodeStore

NOT_BUILT = "The code sets are not built yet: run 'recordroom codes build'."
MOST_PLACES = 50  # kept to go back to
Place = TypeVar("Place")
MODIFIERS = "mod"  # word of the HCPCS modifiers

BACK = Command("PRIOR", "Prior", "back", "F9")
FORTH = Command("FORTH", "Forth", "forth", "F6")


def installed(session: Session) -> CodeStore:
    """The code store. Raises ``ScreenError`` while there is none."""
    if session.codes is None:
        raise ScreenError(NOT_BUILT)
    return session.codes


@dataclass(frozen=True, slots=True)
class Asked:
    """What a screen of the book is asked for, and for codes of which day; ``said`` is how the day was given."""

    text: str
    day: date
    said: str = ""

    @property
    def on(self) -> str:
        """The day as it goes on to the next screen; blank for today."""
        return f" ON {self.day:%m/%d/%Y}" if self.said else ""

    @property
    def shown_day(self) -> str:
        """The day as a heading says it, and whose it is."""
        return f"on {shown.day(self.day.isoformat())}" + (f" ({self.said})" if self.said else "")


def asked(session: Session, key: str) -> Asked:
    """``hip fx ON 09/30/2025``, or ``hip fx FOR 4711``: codes of that day, or of the discharge of that account."""
    now = store.current().now()
    today = date.fromordinal(now.day)
    words = key.split()
    if len(words) >= 2 and words[-2].upper() == "ON" and _may_be_day(words[-1]):
        from datetime import datetime

        day = parse_date(words[-1], datetime.fromisoformat(now.local[:16]))
        if isinstance(day, Unclear):
            raise ScreenError(day.sentence)
        return Asked(" ".join(words[:-2]), date.fromisoformat(day), "as asked")
    if len(words) >= 2 and words[-2].upper() == "FOR" and (stay := encounters.find(words[-1])):
        return _of_account(session, " ".join(words[:-2]), stay, today)
    return _of_open_record(session, key.strip()) or Asked(key.strip(), today)


def _may_be_day(word: str) -> bool:
    return word.upper() == "T" or any(map(str.isdigit, word))


def _of_open_record(session: Session, text: str) -> Asked | None:
    """Codes of the day of the record that is open under the book: of its discharge; None with no record open."""
    if not session.records:
        return None
    from screens.data_set import DataSetForm

    for form in reversed(list(session.records.values())):
        if isinstance(form, DataSetForm) and (day := form.day(form.values)):
            return Asked(text, date.fromisoformat(day), f"{form.word} {form.key.partition(' ')[0]}")
    return None


def _of_account(session: Session, text: str, encounter: int, today: date) -> Asked:
    """Codes of the day on which an account was discharged; of today while it is open."""
    from db.actors import Action as Deed
    from db.acts import viewed

    stay = encounters.get(encounter)
    viewed(
        session.actor, Deed.VIEW_ENCOUNTER, kind="account", record=stay.account, patient_id=stay.patient_id
    )
    left = stay.discharged_at[:10]
    if not left:
        return Asked(text, today, f"account {stay.account}, not discharged")
    return Asked(text, date.fromisoformat(left), f"discharge of {stay.account}")


@dataclass(frozen=True, slots=True)
class Named:
    """A code with the set that it is of: ``cm I214``, ``pcs 0SR90JZ``, ``hcpcs G0378``, ``mod 25``, a facility set."""

    code_set: str
    code: str

    @property
    def system(self) -> System | None:
        return System(self.code_set) if self.code_set in set(System) else None

    def __str__(self) -> str:
        return f"{self.code_set} {self.code}"


def named(codes: CodeStore, text: str) -> Named:
    """The code that ``text`` names, with or without the word of its set before it."""
    word, _, rest = text.strip().partition(" ")
    if rest and word.casefold() in set_words(codes):
        return Named(word.casefold(), normal(rest))
    code = normal(text)
    for system in (System.CM, System.HCPCS, System.PCS):
        if may_begin(code, system) and codes.hit(code, system) is not None:
            return Named(system.value, code)
    return Named(
        System.PCS.value if len(code) == 7 and not may_begin(code, System.CM) else System.CM.value, code
    )


def set_words(codes: CodeStore) -> dict[str, str]:
    """The code sets by the word that asks for them, each with its name and, where it has one, its licence holder."""
    from rules.codes import NAME

    found = {system.value: NAME[system] for system in System}
    found[MODIFIERS] = "HCPCS Level II modifiers"
    for each in codes.facility_sets():
        holder = f" (licensed by {each.licensed_by})" if each.licensed_by else ""
        found[each.name.casefold()] = f"{each.title or each.name}{holder}"
    return found


def text_of_another(holder: str) -> str:
    """What stands on paper for a text that somebody licenses."""
    return f"(text licensed by {holder}, not printed)"


def not_printed(codes: CodeStore, word: str) -> None:
    """Raises ``ScreenError`` for a code set whose texts somebody else licenses."""
    found = next((each for each in codes.facility_sets() if each.name.casefold() == word), None)
    if found and found.licensed_by:
        raise ScreenError(
            f"The texts of {found.title or found.name} are licensed by {found.licensed_by}: not printed."
        )


class Trail(Generic[Place]):
    """Places in the order in which they were gone to: one can go back, and forth again."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.at = -1

    def go(self, place: Place) -> None:
        """Go on from here; what was ahead is forgotten."""
        if self.at >= 0 and self.places[self.at] == place:
            return
        self.places = [*self.places[: self.at + 1], place][-MOST_PLACES:]
        self.at = len(self.places) - 1

    def step(self, by: int) -> Place:
        """The place before (-1) or after (1). Raises ``ScreenError`` at either end."""
        if not 0 <= self.at + by < len(self.places):
            raise ScreenError(
                "This is where you began." if by < 0 else "You have not been further than this."
            )
        self.at += by
        return self.places[self.at]


def with_text(asked_for: Asked, text: str) -> Asked:
    """The same day, another question."""
    return replace(asked_for, text=text)
