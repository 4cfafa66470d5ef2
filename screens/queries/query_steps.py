"""QRS, QRH, QRE, QRF: a step of a query, what was done to it, the codes that it changed, and the form as printed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Final

from db import store
from db.queries import effects, queries, query_acts
from db.queries.effects import Effect
from db.queries.queries import Query
from db.queries.query_acts import Replied
from rules import queries as rules
from rules.findings import Finding, Level
from rules.moments import iso_date
from rules.queries import OUTCOMES, STEPS, Act, Outcome, Standing
from rules.records import rows_of
from screens import shown
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.hospital.account import banner, encounter_named
from screens.hospital.prints import Sheet
from screens.keyset import Key
from screens.queries import query_values
from screens.session import Session
from tui.screen import (
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Group,
    Kind,
    ListScreen,
    Note,
    Opened,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)
from tui.screen import Outcome as Came
from tui.spans import wrap

REPLIES: Final = (Act.ANSWER, Act.CORRECT)
WIDTH: Final = 76
HISTORY_TEXT: Final = 44
BY_WORD: Final = {outcome.value.upper(): outcome for outcome in Outcome}


def query_named(session: Session, key: str) -> Query:
    """The query with this number, about to be shown. Raises ``ScreenError`` for a blank."""
    if not key.strip():
        raise ScreenError("Say which query: QRL lists them.")
    return queries.open_query(session.actor, key.strip())


def lines_of(query: Query) -> list[str]:
    """What a query asks, to be read on a screen."""
    said = query.wording
    lines = [
        said.title,
        *(f"- {each.text} ({each.source}, {shown.day(each.day)})" for each in said.indicators),
    ]
    lines += [said.question, *(f"[ ] {option}" for option in said.options)]
    return [line for each in lines for line in wrap(each, WIDTH)]


def answer_of(query: Query) -> list[str]:
    """The answer as it stands, to be read on a screen; nothing before there is one."""
    if query.answered_day is None:
        return []
    by = f" by {query.answerer}" if query.answerer else ""
    return wrap(f"{shown.day(iso_date(query.answered_day))}{by}: {query.outcome}. {query.answer}", WIDTH)


class Step(DraftedForm):
    """QRS number [step]: the answer, or another step."""

    word: ClassVar[str] = "QRS"
    title: ClassVar[str] = "Step of a query"
    help: ClassVar[str] = (
        "ANSWER takes what came of it, who answered on which day, and the physician's own words, written or spoken; "
        "the account is work again. REMIND and ESCALATE say who was told. WITHDRAW, VOID and CORRECT say why. "
        "CLOSE says that nothing in the abstract changes; filing the abstract closes it too."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("FORM", "The form", "form", "F10"),
        Command("ABST", "Abstract", "abstract"),
    )
    brief: ClassVar[bool] = True
    session: Session
    query: Query

    def open(self, key: str) -> Opened:
        number, _, step = key.strip().partition(" ")
        self.query = query_named(self.session, number)
        steps = rules.steps_from(self.query.status)
        if not steps:
            raise ScreenError(
                f"{self.query.number} is {self.query.status}: no step follows. QRH {number} tells more."
            )
        self.key, self.version = self.query.number, str(self.query.version)
        wanted = step.strip().upper()
        values = {"day": store.current().now().local[:10], "answerer": self.query.provider}
        if (wanted and wanted.lower() in steps) or len(steps) == 1:
            values["step"] = wanted or steps[0].upper()
        return self.with_draft(Opened(values, self._banner(), "" if values.get("step") else "step"))

    def _banner(self) -> tuple[str, ...]:
        query = self.query
        due = f"due {shown.day(iso_date(query.due_day))}" if query.due_day else "no due day"
        who = banner(encounter_named(query.account))[0]
        whom = f"{query.provider} {query.provider_name}".strip()
        return who, f"{query.number}  account {query.account}  {query.status}  {due}  to {whom}"

    def sections(self) -> Sequence[Section]:
        stands = tuple(map(Note, answer_of(self.query)))
        may = ", ".join(act.upper() for act in rules.steps_from(self.query.status))
        return (
            Section("step", f"Step: {may}", (
                Field("step", "Step", 10, Kind.UPPER, required=True, lookup=True, echo=50, help="F4 lists the steps."),
                Field("day", "On", 10, Kind.DATE, required=True, past=True, help="The day on which it was done."),
                Field("outcome", "Outcome", 19, Kind.UPPER, lookup=True, echo=46, help="What came of it."),
                Field("answerer", "Answered by", 12, Kind.UPPER, lookup=True, echo=30, help="Who answered."),
                Field("whom", "Told", 40, length=80, help="Who was reminded or told; blank at REMIND: who was asked."),
                Field("because", "Because", 60, length=400, help="Asked for where the step takes a reason."),
            )),
            Section("words", "The answer, word for word", (Group("words", "Line", (
                Field("text", "Text", query_values.LINE, help="The physician's own words; or what was tried."),
            ), query_values.LINES),)),
            *((Section("stands", "The answer as it stands", stands),) if stands else ()),
            Section("asked", "What is asked", tuple(Note(line) for line in lines_of(self.query))),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        step, taken = self._step(values), dict[str, str]()
        if path == "step" or (not path and step is Act.ESCALATE):
            taken = self._told_next(values, step)
        outcome = BY_WORD.get(values.get("outcome", ""))
        if path == "outcome":
            gone = outcome is Outcome.NO_ANSWER
            taken["answerer"] = "" if gone else values.get("answerer") or self.query.provider
        values = {**values, **taken}
        who = self.session.tables["site.providers"].find(values.get("answerer", ""))
        skip = set[str]()
        if step not in REPLIES:
            skip |= {"outcome", "answerer", "words"}
        elif outcome is Outcome.NO_ANSWER:
            skip.add("answerer")
        if step not in (Act.REMIND, Act.ESCALATE):
            skip.add("whom")
        if step is None or not rules.reason_asked(self.query.status, step):
            skip.add("because")
        echoes = {
            "step": STEPS[step] if step else "", "answerer": who.text if who else "",
            "outcome": OUTCOMES[outcome] if outcome else "",
        }  # fmt: skip
        return Changed(self._missing(values, skip), echoes, taken, skip=skip)

    def _told_next(self, values: Values, step: Act | None) -> Values:
        """Who is told next is offered to an escalation, and to no other step."""
        rung, whom = query_acts.next_rung(self.query, Act.ESCALATE), values.get("whom", "")
        if rung is None or whom not in ("", rung.to):
            return {}
        offered = rung.to if step is Act.ESCALATE else ""
        return {} if offered == whom else {"whom": offered}

    def _missing(self, values: Values, skip: Collection[str]) -> list[Finding]:
        """What the step asks for and is still blank."""
        asked = {
            "outcome": "Say what came of it: F4 lists it.", "answerer": "Say who answered.",
            "whom": "Say who was told.", "because": "Say why: the reason stays with the query.",
            "words": "Key the physician's own words, or for no answer what was tried.",
        }  # fmt: skip
        if self._step(values) is Act.REMIND:
            skip = {*skip, "whom"}
        return [
            Finding(Level.ERROR, "QY31", said, "words[1].text" if name == "words" else name)
            for name, said in asked.items()
            if name not in skip
            and not (query_values.joined(values, name) if name == "words" else values.get(name))
        ]

    def _step(self, values: Values) -> Act | None:
        found = [act for act in STEPS if act.upper() == values.get("step", "")]
        return found[0] if found else None

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "step":
            rows = [(act.upper(), STEPS[act]) for act in rules.steps_from(self.query.status)]
            return query_values.fitting(rows, text, limit)
        if path == "outcome":
            return query_values.fitting(
                [(word, OUTCOMES[each]) for word, each in BY_WORD.items()], text, limit
            )
        return (
            query_values.from_table(self.session, "site.providers", text, limit) if path == "answerer" else ()
        )

    def file(self, values: Values, reason: str) -> Filed | Refused:
        step = self._step(values)
        if step is None:
            return Refused((Finding(Level.FATAL, "QY30", "Key a step, or F4 for the list.", "step"),))
        outcome = BY_WORD.get(values.get("outcome", ""), "")
        if missing := self.changed(values, "day").findings:
            return Refused(tuple(missing))
        answerer = "" if outcome == Outcome.NO_ANSWER else values.get("answerer", "")
        replied = Replied(outcome, answerer, query_values.joined(values, "words"))
        after = query_acts.step(
            self.session.actor, self.query.number, step, int(self.begun or self.version), day=values.get("day", ""),
            reason=values.get("because", ""), to_whom=values.get("whom", ""),
            replied=replied if step in REPLIES else Replied(),
        )  # fmt: skip
        self.discard_draft()
        return Filed(
            f"{after.number} is {after.status}{f': {after.outcome}' if after.outcome else ''}.", go="EXIT"
        )

    def form(self, rest: str) -> Came:
        return Came(go=f"QRF {self.query.number}")

    def abstract(self, rest: str) -> Came:
        return Came(go=f"ABS {self.query.account}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.query.account)


class History(ListScreen):
    """QRH number: everything that was done to a query, oldest first."""

    title: ClassVar[str] = "History of a query"
    session: Session
    query: Query

    def open(self, key: str) -> str:
        self.query = query_named(self.session, key)
        return ""

    def heading(self) -> Sequence[str]:
        query = self.query
        kept = "legal record" if query.in_record else "business record"
        return (
            f"{query.number} about account {query.account}, to {query.provider}: {query.wording.title}",
            f"{query.status} {query.outcome}".strip() + f"; kept as part of the {kept}",
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("On", 10, frozen=True), Column("What", 8), Column("By", 10),
            Column("To whom, words, reason", HISTORY_TEXT), Column("Then", 9), Column("Keyed", 15),
        )  # fmt: skip

    def page(self, key: Key | None, limit: int, *, backward: bool = False) -> Page:
        rows: list[Row] = []
        for step in queries.steps(self.query.id):
            for number, line in enumerate(wrap(told(step), HISTORY_TEXT) or [""]):
                first = (shown.day(iso_date(step.day)), step.act, step.by)
                last = (step.after, shown.moment(step.at))
                cells = (*([""] * 3 if number else first), line, *(("", "") if number else last))
                rows.append(Row((len(rows),), cells, self.query.number))
        return page_of(rows, key, limit, backward=backward)

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.query.account)


def told(step: queries.Step) -> str:
    """What a step says: what came of it, of or to whom, and the words or the reason."""
    of = {Act.ANSWER: "by ", Act.CORRECT: "by "}.get(Act(step.act), "to ")
    before = ", ".join(filter(None, (step.outcome, f"{of}{step.to_whom}" if step.to_whom else "")))
    return ": ".join(filter(None, (before, step.text)))


class Changes(FormScreen):
    """QRE number: codes and DRG before and after, and which of the codes changed by the query."""

    title: ClassVar[str] = "What a query changed"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Codes and DRG as they stood when the query was sent, and as the abstract was next filed after its answer. Y "
        "at each code that changed by this query; N where it changed for another reason. F2 files it. None of this "
        "is ever on the query."
    )
    session: Session
    query: Query
    effect: Effect

    def open(self, key: str) -> Opened:
        self.query = query_named(self.session, key)
        found = effects.effect_of(self.session.actor, self.query.id)
        if found is None:
            raise ScreenError(
                f"Of {self.query.number} no codes were kept: it was not sent, or before they were kept."
            )
        self.effect = found
        values: Values = {}
        for number, each in enumerate(found.changes, 1):
            marked = "" if found.marked is None else str(int(each.code in found.marked))
            cells = {"code": each.shown, "said": each.said, "mark": marked}
            values |= {f"codes[{number}].{name}": value for name, value in cells.items() if value}
        locked = (
            "" if found.after else "The abstract was not filed since the answer: then the codes are compared."
        )
        if found.after and not found.changes:
            locked = "No code changed between the query and the filing after its answer."
        return Opened(values, self._banner(), "codes[1].mark", locked=locked)

    def _banner(self) -> tuple[str, ...]:
        query = self.query
        return (
            banner(encounter_named(query.account))[0],
            f"{query.number} account {query.account}  {query.status} {query.outcome}".rstrip(),
        )

    def sections(self) -> Sequence[Section]:
        after = self.effect.after
        lines = [f"When it was sent:  {drg_of(self.effect.before)}"]
        lines += [f"Filed after it:    {drg_of(after)}"] if after else []
        lines += [f"Marked by {self.effect.marked_by}."] if self.effect.marked is not None else []
        return (
            Section("drg", "MS-DRG", tuple(map(Note, lines))),
            Section("codes", "Codes that differ", (Group("codes", "Code", (
                Field("code", "Code", 8, read_only=True), Field("said", "What", 40, read_only=True),
                Field("mark", "By this query", 1, Kind.YES_NO, help="Y: it changed by this query."),
            ), max(1, len(self.effect.changes))),)),
        )  # fmt: skip

    def file(self, values: Values, reason: str) -> Filed | Refused:
        rows = rows_of(values).get("codes", {})
        changed = [each.code for number, each in enumerate(self.effect.changes, 1)
                   if rows.get(number, {}).get("mark") == "1"]  # fmt: skip
        effects.mark(self.session.actor, self.query.number, tuple(dict.fromkeys(changed)))
        count = len(set(changed))
        return Filed(
            f"{self.query.number}: {count} code{'' if count == 1 else 's'} changed by it.", go="EXIT"
        )

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.query.account)


def drg_of(made: Standing) -> str:
    """A DRG with its weight."""
    weight = made.weight_ten_thousandths
    if not made.drg:
        return "not grouped"
    return made.drg + ("" if weight is None else f"  weight {weight // 10_000}.{weight % 10_000:04d}")


class Form(Sheet):
    """QRF number: the query as it is printed, for the physician to answer."""

    title: ClassVar[str] = "Query form"
    report: ClassVar[str] = "query-form"
    about: ClassVar[str] = "query"
