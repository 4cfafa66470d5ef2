"""QRY: a query to a physician, raised from a finding and held to the rules as it is keyed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar, Final

from config.data_sets import dictionary_for
from db import store
from db.abstracting import rule_context
from db.abstracting.abstracts import DATA_SET
from db.abstracting.claims import claims
from db.evidence import documents
from db.hospital import encounters
from db.queries import queries, query_acts, templates
from db.queries.queries import Query as Raised
from rules import drg
from rules import queries as rules
from rules.abstract_findings import day_of, record_findings
from rules.codes import System
from rules.evidence import REQUIREMENTS
from rules.findings import Finding, Level
from rules.moments import iso_date
from rules.queries import Channel, Standing, Status, Template, To
from rules.query_lint import BLANK, Tables, in_the_way, lint
from rules.query_triggers import Proposal, about, proposals, template_for
from rules.tables import CodeTable
from screens import shown
from screens.coding import coding_draft
from screens.drafting import DraftedForm
from screens.hospital.account import banner, encounter_named
from screens.queries import query_values
from screens.session import Session
from tui.screen import (
    Changed,
    Choice,
    Command,
    Field,
    Filed,
    Group,
    Kind,
    Opened,
    Outcome,
    Refused,
    ScreenError,
    Section,
    Values,
)
from tui.spans import wrap

PANEL: Final = 78
USUAL, IN_HOUSE = "ROUTINE", "INHOUSE"  # priorities of table query_due
TO: Final = {
    To.ATTENDING: "who attends", To.SURGEON: "who operated", To.CONSULTANT: "who was consulted",
}  # fmt: skip
CHANNELS: Final = {Channel.WRITTEN: "by letter or form", Channel.VERBAL: "spoken; the same rules hold"}


class Query(DraftedForm):
    """QRY account [code or item]: a new query; QRY number: a draft that goes on."""

    word: ClassVar[str] = "QRY"
    title: ClassVar[str] = "Query to a physician"
    help: ClassVar[str] = (
        "Choose a template (F4: those that findings of this abstract propose stand first), key each clinical indicator "
        "with its document and date, then the question. What the rules of compliant queries say stands at its field; "
        "F2 sends once nothing stands against it, and the account waits for the answer. KEEP (F10) keeps a draft that "
        "holds nothing. Nothing about payment, DRG or scores goes on a query. FORM prints it once it is sent."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("KEEP", "Keep as a draft", "keep_draft", "F10"),
        Command("ABST", "Abstract", "abstract"),
        Command("QUERIES", "Queries of the account", "others"),
    )
    brief: ClassVar[bool] = True
    session: Session
    stay: encounters.Encounter
    before: Raised | None = None
    found: Sequence[Proposal] = ()
    asked_before: Sequence[Raised] = ()
    known: dict[str, Template]
    record: Values
    tables: Tables
    kinds: CodeTable  # of documents
    chart: Sequence[tuple[str, str, str]] = ()  # documents that can be read: kind, ISO day, author
    chosen = ""  # the template whose wording was put in
    asked = ""  # the code or item that it was opened with
    keeping = False

    def open(self, key: str) -> Opened:
        account, _, asked = key.strip().partition(" ")
        system, _, code = asked.strip().partition(" ")
        self.asked = code.strip() if system.lower() in set(System) else asked.strip()
        self.before, self.keeping, self.chosen = None, False, ""
        if account and not encounters.find(account) and queries.exists(account):
            return self._again(queries.open_query(self.session.actor, account))
        self.stay = encounter_named(account)
        self._look()
        self.key, self.version = f"{self.stay.account} {self.asked}".strip(), "0"
        focus = "indicators[1].text" if self.chosen else "template"
        return self.with_draft(Opened(self._begun(), banner(self.stay), focus, new=True))

    def _again(self, query: Raised) -> Opened:
        """A draft that goes on."""
        if query.status is not Status.DRAFT:
            raise ScreenError(
                f"{query.number} is {query.status}: QRF {query.number} shows it, QRS takes it a step on."
            )
        self.before, self.stay = query, encounter_named(query.account)
        self.asked = query.path or query.code
        self._look()
        self.key, self.version = query.number, str(query.version)
        values = query_values.form_of(query.wording) | {
            "template": query.template, "as": query.asked_as, "provider": query.provider, "channel": query.channel,
            "priority": query.priority,
        }  # fmt: skip
        for number, each in enumerate(query.wording.indicators, 1):
            row = {"text": each.text, "source": each.source, "day": each.day}
            values |= {f"indicators[{number}].{name}": value for name, value in row.items()}
        return self.with_draft(Opened(values, banner(self.stay), "indicators[1].text"))

    def with_draft(self, opened: Opened) -> Opened:
        found = super().with_draft(opened)
        self.chosen = found.values.get("template", "")
        return found

    def _look(self) -> None:
        """Read what proposes a query: the abstract as it stands, draft and all."""
        self.tables, self.known = query_acts.rule_tables(self.session.codes), templates.templates()
        self.kinds, held = documents.types(), documents.of_account(self.stay.account) or ()
        self.chart = [
            (row.text if (row := self.kinds.find(each.type)) else each.type, each.day, each.author)
            for each in held
            if each.there
        ]
        mine = self.before.number if self.before else ""
        self.asked_before = [
            each
            for each in queries.of_account(self.stay.id)
            if each.number != mine and (each.waits or each.status in (Status.DRAFT, Status.ANSWERED))
        ]
        self.record = coding_draft.now(self.session, self.stay.account)
        made = dictionary_for(
            DATA_SET, self.record.get("discharged_at", "")[:10], self.session.seat.directory
        )
        context = rule_context.context(self.session.tables, self.session.codes)
        self.found = proposals(
            self.record, record_findings(made, self.record, context), self.known.values(), self.grouping
        )

    @property
    def grouping(self) -> drg.Grouping:
        return drg.group(claims()(self.record)) if self.record.get("diagnoses[1].code") else drg.Grouping()

    @property
    def proposal(self) -> Proposal | None:
        """The finding that it is raised from: the first about what was asked, that the template is meant for."""
        near = about(self.found, self.asked)
        template = self.known.get(self.chosen)
        meant = [each for each in near if template and each.trigger in template.triggers]
        return next(iter((*meant, *(near if self.asked and not template else ()))), None)

    def _begun(self) -> Values:
        values: Values = {"as": To.ATTENDING, "channel": Channel.WRITTEN, "priority": self._priority(USUAL)}
        near = about(self.found, self.asked) if self.asked else []
        self.chosen = next(filter(None, (template_for(each, self.known.values()) for each in near)), "")
        if self.chosen:
            values |= {"template": self.chosen} | self._from_template(self.known[self.chosen])
        return values | {"provider": self._asked_as(values["as"])}

    def _from_template(self, template: Template) -> Values:
        """Its words; what a missing document is called, and whose it is, the finding tells."""
        said, proposal = template.wording, self.proposal
        as_, table = template.to, self.session.tables[REQUIREMENTS]
        if proposal and (missing := table.find(proposal.trigger)):
            said = replace(said, question=said.question.replace(BLANK, f"the {missing.text}"))
            as_ = To.SURGEON if proposal.path.startswith("procedures") else as_
        return query_values.form_of(said) | {"as": as_, "priority": self._priority(template.priority)}

    def _priority(self, usual: str) -> str:
        """Of a patient in house that of the house, where the usual one is meant."""
        here = self.session.tables[rules.DUE].find(IN_HOUSE, iso_date(store.current().now().day))
        return IN_HOUSE if usual == USUAL and here and not self.stay.discharged_at else usual

    def _asked_as(self, part: str) -> str:
        """Who is that to the stay, as far as account and abstract say."""
        about_ = self.proposal.path if self.proposal else ""
        row = about_.partition(".")[0] if about_.startswith("procedures") else "procedures[1]"
        said = {
            To.ATTENDING: (self.record.get("attending", ""), self.stay.attending),
            To.SURGEON: (self.record.get(f"{row}.surgeon", ""), self.record.get("operating", "")),
            To.CONSULTANT: (self.record.get("consultations[1].provider", ""),),
        }.get(To(part) if part in tuple(To) else To.ATTENDING, ())  # fmt: skip
        return next(filter(None, said), "")

    def sections(self) -> Sequence[Section]:
        return (
            Section("query", "Query", (
                Field("template", "Template", 12, Kind.UPPER, lookup=True, echo=50,
                      help="Begins the query; F4 lists them, those that a finding proposes first."),
                query_values.TITLE, query_values.KIND, query_values.PURPOSE,
                Field("as", "Asked as", 10, Kind.UPPER, required=True, lookup=True, help="What the physician is here."),
                Field("provider", "Physician", 12, Kind.UPPER, required=True, lookup=True, same_row=True, echo=30,
                      help="Who is asked."),
                Field("channel", "Put", 10, Kind.UPPER, required=True, lookup=True, help="Written or verbal."),
                Field("priority", "Priority", 8, Kind.UPPER, required=True, lookup=True, same_row=True, echo=36,
                      help="How soon the answer is due: site table query_due."),
            )),
            Section("indicators", "Clinical indicators, each from its document", (Group("indicators", "Indicator", (
                Field("text", "What was found", 40, length=400, help="As the document has it: value, unit, finding."),
                Field("source", "Document", 18, length=60, lookup=True, unlisted=True,
                      help="Such as Laboratory, H&P, Operative note; F4 lists what is known of the chart."),
                Field("day", "Date", 10, Kind.DATE, past=True, help="Of the document or result."),
            ), query_values.ROWS, stop=True),)),
            query_values.QUESTION, query_values.ANSWERS,
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        taken: Values = {}
        template = self.known.get(values.get("template", ""))
        if path == "template" and values.get("template", "") != self.chosen:
            self.chosen = values.get("template", "")
            if template is not None:
                taken = query_values.cleared(values, ("lines", "options"), self._from_template(template))
        if path.startswith("lines["):
            taken |= query_values.in_place(values, "lines")
        now = {**values, **taken}
        if now.get("as") != values.get("as") or path == "as":
            taken["provider"] = self._asked_as(now.get("as", "")) or now.get("provider", "")
            now |= taken
        if path.endswith("].source"):
            day = path.removesuffix("source") + "day"
            days = {iso for name, iso, _ in self.chart if name == values.get(path, "")}
            if len(days) == 1 and not values.get(day):
                taken[day] = now[day] = days.pop()
        return Changed(
            self._findings(now), self._echoes(now), taken, self._panel(now), query_values.not_asked(now)
        )

    def _findings(self, values: Values) -> list[Finding]:
        stay = query_acts.stay_days(self.stay)
        found = query_values.at_form(lint(self._wording(values), self.tables, stay=stay), values)
        template = values.get("template", "")
        if template and template not in self.known:
            found.append(
                Finding(Level.WARNING, "QY20", f"There is no template {template}: F4 lists them.", "template")
            )
        return found

    def _wording(self, values: Values) -> rules.Wording:
        template = self.known.get(self.chosen)
        target = template.wording.target if template else self.before.wording.target if self.before else ()
        return query_values.wording(values, target)

    def _echoes(self, values: Values) -> dict[str, str]:
        template, priority = self.known.get(values.get("template", "")), values.get("priority", "")
        row = self.session.tables[rules.DUE].find(priority, iso_date(store.current().now().day))
        due = rules.due_day(
            self.session.tables[rules.DUE], priority, date.fromordinal(store.current().now().day)
        )
        who = self.session.tables["site.providers"].find(values.get("provider", ""))
        return query_values.echoes(self.session, values) | {
            "template": template.wording.title if template else "", "provider": who.text if who else "",
            "priority": f"due {shown.day(due.isoformat())}: {row.text}" if due and row else row.text if row else "",
        }  # fmt: skip

    def _panel(self, values: Values) -> list[str]:
        """Why, and what to look for."""
        template, proposal = self.known.get(values.get("template", "")), self.proposal
        said = [f"Why: {proposal.why}"] if proposal else []
        if self.asked_before:
            told = ", ".join(
                f"{each.number} {each.wording.title} ({each.status})" for each in self.asked_before
            )
            said.insert(0, f"About this account already: {told}.")
        if template and template.wording.indicators:
            said.append(f"Look for: {'; '.join(each.text for each in template.wording.indicators)}.")
        if not template and self.found:
            named = dict.fromkeys(
                filter(None, (template_for(each, self.known.values()) for each in self.found))
            )
            said.append(f"Findings of this abstract propose {', '.join(named)}: F4 at the template.")
        return [line for each in said for line in wrap(each, PANEL)]

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "template":
            return self._templates(text, limit)
        if path == "as":
            return query_values.fitting([(str(each), said) for each, said in TO.items()], text, limit)
        if path == "channel":
            return query_values.fitting([(str(each), said) for each, said in CHANNELS.items()], text, limit)
        if path in ("provider", "priority"):
            table = "site.providers" if path == "provider" else rules.DUE
            return query_values.from_table(self.session, table, text, limit)
        if path.endswith("].source"):
            there = [(name, f"{shown.day(day)} {who}".strip()) for name, day, who in self.chart]
            named = {name for name, _ in there}
            others = [(row.text, "") for row in self.kinds.on(self.tables.day) if row.text not in named]
            return query_values.fitting([*there, *others], text, limit)
        return query_values.choices(self.session, path, text, limit)

    def _templates(self, text: str, limit: int) -> list[Choice]:
        """Those that a finding proposes, with why, what was asked about first; then the others."""
        every = self.known.values()
        proposed: dict[str, str] = {}
        for each in (*about(self.found, self.asked), *self.found):
            proposed.setdefault(template_for(each, every), each.why)
        rows = [(code, f"* {why}") for code, why in proposed.items() if code]
        rows += [(code, each.wording.title) for code, each in self.known.items() if code not in proposed]
        return query_values.fitting(rows, text, limit)

    def keep_draft(self, rest: str) -> Outcome:
        """KEEP: file it as a draft, complete or not."""
        self.keeping = True
        return Outcome(go="FILE")

    def file(self, values: Values, reason: str) -> Filed | Refused:
        keeping, self.keeping = self.keeping, False
        raised, number = self._raised(values), self.before.number if self.before else ""
        account, version = self.stay.account, int(self.begun or self.version)
        if keeping:
            kept = query_acts.keep(
                self.session.actor, account, raised, number=number, expected_version=version
            )
            self.discard_draft()
            return Filed(f"KEPT {kept.number} as a draft: it is not sent.", go="EXIT")
        found = in_the_way(self._findings(values))
        if not raised.provider:
            found.append(
                Finding(Level.ERROR, "QY21", "Say which physician is asked: F4 lists them.", "provider")
            )
        if found:
            return Refused(tuple(found))
        sent = query_acts.send(
            self.session.actor, account, raised, self._standing(), number=number, expected_version=version,
            codes=self.session.codes,
        )  # fmt: skip
        self.discard_draft()
        due = f", due {shown.day(iso_date(sent.due_day))}" if sent.due_day else ""
        return Filed(f"SENT {sent.number} to {sent.provider}{due}. QRF {sent.number} prints it.", go="EXIT")

    def _raised(self, values: Values) -> query_acts.Raised:
        template, proposal = self.known.get(values.get("template", "")), self.proposal
        plain = self.asked.replace(".", "").upper()
        path = proposal.path if proposal else self.asked if "[" in self.asked else ""
        code = proposal.code if proposal else "" if "[" in self.asked else plain
        return query_acts.Raised(
            self._wording(values), values.get("provider", ""), values.get("as", ""), values.get("channel", ""),
            values.get("priority", ""), template.code if template else "", template.version if template else 0,
            proposal.trigger if proposal else "", path, code or self.record.get(path, ""),
        )  # fmt: skip

    def _standing(self) -> Standing:
        """Codes and DRG of the abstract as they are keyed now: what an answer will be compared with."""
        grouping, day = self.grouping, day_of(self.record.get("discharged_at", ""))
        codes = self.session.codes
        row = codes.weights(grouping.drg, day) if codes and grouping.drg and day else None
        weight = None if row is None or row.weight is None else int(row.weight * 10_000)
        return rules.standing(self.record, grouping.drg, weight)

    def abstract(self, rest: str) -> Outcome:
        return Outcome(go=f"ABS {self.stay.account}")

    def others(self, rest: str) -> Outcome:
        return Outcome(go=f"QRL {self.stay.account}")

    def recall_as(self) -> tuple[str, str] | None:
        return ("account", self.stay.account)
