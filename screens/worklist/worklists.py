"""WRK and WRC: the work queue, whole or what is to be coded, in any order; each person's filter stays. TAKE goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from db import store
from db.worklist import work, work_acts
from db.worklist.counts import Waiting
from db.worklist.work import Item
from rules import work as rules
from rules.dates import Unclear, parse_date
from rules.identity import fold, middle_digit_key, terminal_digit_key, terminal_digits
from rules.moments import day_number, iso_date
from rules.text import clean
from rules.work import EVERYTHING, SORTS, STANDING, STANDINGS, Asked, NotUnderstood
from screens import shown
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import Action, Column, Command, Outcome, Row, ScreenError

FIRST = {"WRK": EVERYTHING, "WRC": replace(EVERYTHING, kinds=rules.Kind.CODE)}
"""What each word opens with; WRC is the queue with a filter."""
UNKEPT = replace(EVERYTHING, hold="")  # stands for: nothing was asked for yet in this session


class WorkQueue(KeysetList):
    """WRK: every discharge that somebody has to do something about, one row each."""

    title: ClassVar[str] = "Work queue"
    word: ClassVar[str] = "WRK"
    empty: ClassVar[str] = "Nothing waits here. FILTER ALL asks for everything."
    help: ClassVar[str] = (
        "One row for each account. Why: "
        + "; ".join(f"{letter} {text}" for letter, text in rules.LETTERS.values())
        + ". FILTER and a line asks for a part, such as FILTER CODE UNIT=3E AGE>7; FILTER alone shows a form with F4, "
        "FILTER ALL asks for everything. SORT and a word changes the order: "
        + ", ".join(SORTS)
        + ". KEEP and a name keeps the filter, USE and the name brings it back, KEEP alone makes it yours at once. "
        "TAKE takes the next that nobody has and opens it; when it is filed the next one is taken. Key 1-3,7 to select "
        "rows; the letters then act on all of them. / and a name (SMI,JO), an account or an MRN goes to it in every "
        "order, once more to the next; / and a place of the order, such as a date, goes there."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("TAKE", "Take the next", "take_next", "F6"),
        Command("FILTER", "Filter", "filter", "F10"),
        Command("SORT", "Order", "sort"),
        Command("KEEP", "Keep this filter", "keep"),
        Command("USE", "Use a kept filter", "use"),
    )
    counted = Waiting(0, None)
    sought: tuple[str, str, tuple[Any, int]] | None = (
        None  # what was asked for, the text, and where it was found
    )
    before: Asked | None = None  # what was asked for until the command line asked for something else

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.actions = actions_of(self.word)  # type: ignore[misc]

    @property
    def asked(self) -> Asked:
        """What is asked for. It stays until the session ends; the one kept without a name opens the next."""
        return asked_of(self.session, self.word)

    def open(self, key: str) -> str:
        message = ""
        if key.strip():
            asked = self._asked_by(key)
            self.before = self.session.queues.get(self.word, UNKEPT)
            self.session.queues[self.word] = asked
        else:
            try:
                asked_of(self.session, self.word)
            except NotUnderstood as error:  # kept under an older version
                self.session.queues[self.word] = FIRST[self.word]
                message = str(error)
        work.open_list(self.session.actor, self.asked)
        return message

    def close(self) -> None:
        """What was asked for on the command line holds until the list is left."""
        if self.before is UNKEPT:
            self.session.queues.pop(self.word, None)
        elif self.before is not None:
            self.session.queues[self.word] = self.before

    def _asked_by(self, line: str) -> Asked:
        if line.strip().upper() == "ALL":
            return FIRST[self.word]
        kept = work_acts.presets(self.session.actor).get(line.strip().upper())
        return rules.read_line(kept or line, FIRST[self.word])

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 10, frozen=True), Column("Why", 5), Column("Name", 17), Column("Discharged", 10),
            Column("Days", 4, ">"), Column("Unit", 5), Column("Has it", 8), Column("Hold", 7), Column("Note", 20),
            Column("Value", 9, ">"), Column("Errors", 6, ">"), Column("Service", 7), Column("Payer", 8),
            Column("Attending", 9), Column("MRN", 10), Column("LOS", 4, ">"), Column("Status", 11),
            Column("Since", 10),
        )  # fmt: skip

    def heading(self) -> Sequence[str]:
        count, today = self.counted, store.current().now().day
        oldest = "" if count.oldest is None else f", oldest {max(0, today - count.oldest)} days"
        line = str(replace(self.asked, sort=EVERYTHING.sort)) or "Not on hold"
        return (f"{count.items} waiting{oldest}. {line}. By {self.asked.order.label}.",)

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        asked = self.asked
        # A place in what was asked for before is none in what is asked for now: that begins at its start.
        place = (after[1], after[2]) if after is not None and after[0] == str(asked) else None
        if place is None:
            self.counted = work.count(self.session.actor, asked)
        today = store.current().now().day
        return [self._row(item, today) for item in work.page(self.session.actor, asked, place, limit)]

    def _row(self, item: Item, today: int) -> Row:
        return Row(
            (str(self.asked), *item.key),
            (
                item.account, rules.letters(item.kinds), item.patient_name, shown.day(item.discharged_at[:10]),
                shown.days_since(item.discharge_day, today), item.unit, item.assigned, item.hold_reason, item.note,
                rules.dollars(item.value_cents), str(item.errors or ""), item.service, item.payer, item.attending,
                item.mrn, str(item.los_days), item.status or "not filed", shown.day(iso_date(item.since_day)),
            ),
            item.account,
            "n" if item.note else "",
        )  # fmt: skip

    def position(self, text: str) -> Key | None:
        """An account or a chart; else a place in the order of the list; else the next one whose name begins so."""
        asked, actor = self.asked, self.session.actor
        at, found = place_of(asked, text), work.find_number(actor, asked, text)
        if found is None and (at is None or (isinstance(at, str) and self._is_strange(at))):
            same = self.sought is not None and self.sought[:2] == (str(asked), text)
            found = work.find_name(actor, asked, text, self.sought[2] if same and self.sought else None)
            found = found or work.find_name(actor, asked, text)
            self.sought = None if found is None else (str(asked), text, found)
            if found is None and (at is None or not any(map(str.isdigit, text))):
                raise ScreenError(
                    f"{clean(text)}: no account, chart or name in this list by {asked.order.label}."
                )
        return (str(asked), at, -1) if found is None else (str(asked), found[0], found[1] - 1)

    def _is_strange(self, at: str) -> bool:
        """Whether nothing in this order begins so: then something else was meant."""
        if self.asked.sort == "NAME":
            return False
        following = work.page(self.session.actor, self.asked, (at, -1), 1)
        return not following or not str(following[0].key[0]).startswith(at)

    # --- words ---------------------------------------------------------------------------------------------

    def take_next(self, rest: str) -> Outcome:
        """TAKE: the next that nobody has is yours and opens."""
        item = work_acts.take_next(self.session.actor, self.asked)
        if item is None:
            return Outcome("Nothing is left here that nobody has.", error=True)
        return Outcome(f"{item.account} is yours.", go=f"ABS {item.account} {self.word} TAKE", reload=True)

    def filter(self, rest: str) -> Outcome:
        """``FILTER line``; alone it opens the form."""
        if not rest.strip():
            self.before = None
            return Outcome(go=f"WKF {self.word}")
        return self._ask_for(self._asked_by(rest))

    def sort(self, rest: str) -> Outcome:
        """``SORT TD``."""
        return self._ask_for(rules.read_line(f"SORT={rest.strip() or '?'}", self.asked))

    def keep(self, rest: str) -> Outcome:
        """``KEEP name``; without a name the queue opens with it."""
        line = str(self.asked) or "HOLD=N"
        name = rest.strip() or ("" if self.word == "WRK" else self.word)
        work_acts.keep_preset(self.session.actor, name, line)
        return Outcome(f"Kept: {line}. " + (f"USE {name}" if rest.strip() else f"{self.word} opens with it."))

    def use(self, rest: str) -> Outcome:
        """``USE name``."""
        kept = work_acts.presets(self.session.actor)
        line = kept.get(rest.strip().upper())
        if line is None or not rest.strip():
            names = ", ".join(filter(None, kept)) or "none yet: KEEP and a name keeps one"
            return Outcome(f"Kept filters: {names}.", error=bool(rest.strip()))
        return self._ask_for(rules.read_line(line))

    def _ask_for(self, asked: Asked) -> Outcome:
        self.session.queues[self.word], self.before = asked, None
        self._before.clear()
        return Outcome(reload=True)

    # --- letters -------------------------------------------------------------------------------------------

    def take(self, subject: str) -> Outcome:
        work_acts.take(self.session.actor, subject)
        return Outcome(f"{subject} is yours.", reload=True)

    def give_back(self, subject: str) -> Outcome:
        work_acts.give_back(self.session.actor, subject)
        return Outcome(f"{subject} is anybody's.", reload=True)

    def assign(self, subject: str, to: str) -> Outcome:
        work_acts.assign(self.session.actor, subject, to)
        return Outcome(f"{subject} is with {to.strip().lower()}.", reload=True)

    def note(self, subject: str, text: str) -> Outcome:
        work_acts.note(self.session.actor, subject, text)
        return Outcome(f"Noted on {subject}.", reload=True)

    def release_hold(self, subject: str) -> Outcome:
        work_acts.release_hold(self.session.actor, subject)
        return Outcome(f"{subject} is in the queue again.", reload=True)


class ToCode(WorkQueue):
    """WRC: the queue with what is to be coded."""

    title: ClassVar[str] = "Discharges to code"
    word: ClassVar[str] = "WRC"
    empty: ClassVar[str] = "Nothing waits to be coded here. FILTER ALL asks for all codes."


def actions_of(word: str) -> tuple[Action, ...]:
    """What the letters do, on the rows of the list that this word opened."""
    return (
        Action("A", "Abstract", go=f"ABS {{subject}} {word}"),
        Action("C", "Codes", go=f"CDG {{subject}} {word}"),
        Action("T", "Take", method="take"),
        Action("G", "Give back", method="give_back"),
        Action("N", "Note", method="note", why="Note?"),
        Action("Q", "Query", go="QRY {subject}"),
        Action("H", "Hold", go="WKH {subject}"),
        Action("U", "Unhold", method="release_hold"),
        Action("W", "What was noted", go="WKN {subject}"),
        Action("R", "Its queries", go="QRL {subject}"),
        Action("S", "Assign", method="assign", why="Assign to whom?"),
        Action("O", "Overview", go=f"OVR {{subject}} {word}"),
        Action("M", "Movements", go="ACC {subject}"),
    )


def asked_of(session: Session, word: str) -> Asked:
    """What a person asks of the queue now. Raises ``NotUnderstood`` when what was kept cannot be read."""
    if word not in session.queues:
        kept = work_acts.presets(session.actor).get("" if word == "WRK" else word)
        session.queues[word] = rules.read_line(kept) if kept else FIRST[word]
    return session.queues[word]


def following(session: Session, word: str, place: tuple[Any, int] | None, account: str) -> str:
    """The account that comes after one that was just filed, of the same filter; blank when none does.

    Who takes one after the other is given the next that nobody has; otherwise it is the next in the list that
    nobody else has, from the start again at its end.
    """
    if word not in FIRST:
        return ""
    asked, actor = asked_of(session, word), session.actor
    if session.taking == word:
        taken = work_acts.take_next(actor, asked)
        return taken.account if taken else ""
    item = work.next_of(actor, asked, place)
    if item is None or item.account == account:
        item = work.next_of(actor, asked)
    return item.account if item and item.account != account else ""


def place_in(session: Session, word: str, encounter_id: int) -> tuple[Any, int] | None:
    """Where an account stands in what was asked for of a list, before it is filed."""
    return work.place(session.actor, asked_of(session, word), encounter_id) if word in FIRST else None


def latest_note(encounter_id: int) -> str:
    """The latest note of an account with who wrote it when; blank when there is none."""
    found = work_acts.notes(encounter_id)[:1]
    return "".join(f"{note.by} {shown.moment(note.at)}: {note.text}" for note in found)


def place_of(asked: Asked, text: str) -> int | str | None:
    """Where what was typed stands in an order; None when it is nothing that the list is ordered by."""
    if asked.sort in ("DISCHARGE", "AGE"):
        found = parse_date(text, datetime.fromisoformat(store.current().now().local), past=True)
        return None if isinstance(found, Unclear) else day_number(found)
    if asked.sort == "STATUS":
        ranks = (rank for rank, status in enumerate(STANDINGS) if status.startswith(text.lower()))
        return next((rank * STANDING for rank in ranks), None)
    if asked.sort == "VALUE":
        digits = text.replace("$", "").replace(",", "")
        return -int(digits) * 100 if digits.isdecimal() else None
    if asked.sort == "NAME":
        return fold(text.partition(",")[0]) + ("," + fold(text.partition(",")[2]) if "," in text else "")
    if asked.sort == "TD":
        return terminal_digits(text) or (terminal_digit_key(text) if text.isdecimal() else text)
    if asked.sort == "MD":
        return middle_digit_key(text) if text.isdecimal() else text
    return text if asked.sort in ("ACCOUNT", "MRN") else text.upper()
