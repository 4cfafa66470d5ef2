"""``recordroom disclosure check``: may this be released, on which papers, by when, and who accounts for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import click

from config.code_tables import shipped_tables
from recordroom.commands.json_lines import answer_lines
from rules.authorization import STATES, paragraph
from rules.deadlines import Pause, clock, foia_start
from rules.disclosure import due_day
from rules.entitlement import Decision, Inquiry, classes_of, decide
from rules.tables import Tables, listed
from rules.values import is_date

WORDS = {  # key of a line -> table of its permitted words
    "facility": "facility_kinds",
    "requester": "requester_kinds",
    "authority": "disclosure_authorities",
    "classes": "information_classes",
    "parts": "parts",
    "purpose": "purposes",
    "medium": "release_media",
    "documents": "disclosure_documents",
}
FACILITY = "va"
FLAGS = "true, false or null"
OTHER_KEYS = {
    "received_on": "day of receipt, YYYY-MM-DD; the clocks start there",
    "component_received_on": "FOIA: day of receipt by the component that answers",
    "respond_by": "day named by the order, subpoena, letter or agreement",
    "on": "day on which it is asked; today when left out",
    "extended": f"{FLAGS}: the one extension was taken",
    "pauses": 'list of {"asked": day, "answered": day or null, "fees": true or false}',
    "minor": f"{FLAGS}: the patient is a minor",
    "deceased": f"{FLAGS}: the patient has died",
    "us_person": f"{FLAGS}: the patient is a citizen or permanent resident",
}


@click.group()
def disclosure() -> None:
    """Release of information."""


@disclosure.command()
@click.option("--list", "list_words", is_flag=True, help="Print the permitted words of every key and stop.")
def check(list_words: bool) -> None:
    """Check disclosures: one JSON object a line in, one a line out, in the same order.

    Each line names requester and authority, and may name classes or parts, facility (va when left out), purpose,
    received_on, documents in hand, the authorization and what is known of the patient. --list prints every
    key and its words. What is not listed is refused. Shipped tables are used, not those of a store.
    """
    tables = shipped_tables()
    if list_words:
        for line in permitted_words(tables):
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    today = datetime.now(UTC).astimezone().date().isoformat()
    status = answer_lines(lambda given: [checked(each, tables, today) for each in given])
    click.get_current_context().exit(status)


def permitted_words(tables: Tables) -> list[dict[str, Any]]:
    """Every key that a line may hold, with its words and what they mean."""
    elements = {
        key: row.text for row in tables["authorization_elements"].rows for key in listed(row.more.get("keys"))
    }
    return [
        *(
            {"key": key, "words": {row.code: row.text for row in tables[table].rows}}
            for key, table in WORDS.items()
        ),
        *({"key": key, "value": text} for key, text in OTHER_KEYS.items()),
        {"key": "authorization", "words": {**elements, **STATES}},
    ]


def checked(given: Mapping[str, Any], tables: Tables, today: str) -> dict[str, Any]:
    """The answer to one line, JSON-ready; ``findings`` are sentences for staff, ``tell`` is for the requester."""
    reader = _Reader(given, tables)
    asked = reader.inquiry(today)
    decision = decide(asked, tables)
    due_on, due_clock = reader.due(decision, asked.facility)
    flags = decision.flags
    return {
        "decision": str(decision.outcome),
        "row": decision.row,
        "documents": list(decision.documents),
        "missing": list(decision.missing),
        "due_on": due_on.isoformat() if due_on else None,
        "due_clock": due_clock or None,
        "accounting": {
            "hipaa": flags.hipaa, "privacy_act": flags.privacy_act, "part2": flags.part2, "b7": flags.b7,
            "suspendable": flags.suspendable,
        },
        "defects": [str(defect) for defect in decision.defects],
        "paragraphs": [paragraph(defect, tables, asked.day) for defect in decision.defects],
        "tell": decision.tell or None,
        "citations": list(decision.citations),
        "confirm": list(decision.confirm),
        "findings": [*reader.findings, *decision.reasons],
    }  # fmt: skip


class _Reader:
    """Turns a line into an inquiry; what cannot be used is not known, and said so in ``findings``."""

    def __init__(self, given: Mapping[str, Any], tables: Tables) -> None:
        self.given = given
        self.tables = tables
        self.findings: list[str] = []

    def inquiry(self, today: str) -> Inquiry:
        known = {*WORDS, *OTHER_KEYS, "authorization", "class", "id"}
        self.findings += [f"{key} is no known key: see --list." for key in self.given if key not in known]
        day = self._day("on") or today
        return Inquiry(
            requester=self._word("requester"),
            authority=self._word("authority"),
            facility=(self._word("facility") or FACILITY).lower(),
            day=day,
            classes=self._classes(day),
            purpose=self._word("purpose"),
            medium=self._word("medium"),
            minor=self._flag("minor"),
            deceased=self._flag("deceased"),
            us_person=self._flag("us_person"),
            documents=frozenset(self._words("documents")),
            authorization=self._authorization(),
        )

    def due(self, decision: Decision, facility: str) -> tuple[date | None, str]:
        """The day that the request is due and the clock that sets it."""
        received, pauses = self._day("received_on"), self._pauses()
        if not received:
            return None, ""
        start, component = date.fromisoformat(received), self._day("component_received_on")
        limit = self.tables["clocks"].find("FOIA_REFERRAL", received)
        if component and limit and "FOIA" in decision.clocks:
            start = max(start, foia_start(start, date.fromisoformat(component), clock(limit)))
        named = self._day("respond_by")
        return due_day(
            decision.clocks, facility, start, self.tables, extended=bool(self._flag("extended")),
            pauses=pauses, named=date.fromisoformat(named) if named else None,
        )  # fmt: skip

    def _word(self, key: str) -> str:
        value = self.given.get(key)
        if isinstance(value, str):
            return value.strip().upper()
        if value is not None:
            self.findings.append(f"{key} must be a word of --list.")
        return ""

    def _words(self, key: str) -> list[str]:
        value = self.given.get(key)
        if isinstance(value, str):
            value = value.split()
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.findings.append(f"{key} must be a list of words of --list.")
            return ["?"]
        return [word.strip().upper() for word in value]

    def _classes(self, day: str) -> tuple[str, ...]:
        """The classes named, with those of the parts named."""
        named = [*self._words("classes"), *self._words("class")]
        parts = self._words("parts")
        found = [*named, *(classes_of(parts, self.tables, day) if parts or not named else ())]
        return tuple(dict.fromkeys(found))

    def _day(self, key: str) -> str:
        value = self.given.get(key)
        if value is None or (isinstance(value, str) and is_date(value)):
            return value or ""
        self.findings.append(f"{key} must be a day written as 2026-11-21, or null.")
        return ""

    def _flag(self, key: str) -> bool | None:
        value = self.given.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.findings.append(f"{key} must be {FLAGS}.")
        return None

    def _authorization(self) -> Mapping[str, object] | None:
        value = self.given.get("authorization")
        if value is None:
            return None
        if not isinstance(value, dict):
            self.findings.append("authorization must be an object with what it says, or null.")
            return None
        classes = value.get("classes")
        return {
            **value,
            "classes": [str(word).upper() for word in classes] if isinstance(classes, list) else [],
        }

    def _pauses(self) -> list[Pause]:
        value = self.given.get("pauses")
        rows = value if isinstance(value, list) else []
        found = [self._pause(row) for row in rows if isinstance(row, dict)]
        good = [pause for pause in found if pause is not None]
        if value is not None and (not isinstance(value, list) or len(good) != len(value)):
            self.findings.append(f"pauses must be a {OTHER_KEYS['pauses']}.")
        return good

    @staticmethod
    def _pause(row: Mapping[str, Any]) -> Pause | None:
        asked, answered = row.get("asked"), row.get("answered")
        if not (isinstance(asked, str) and is_date(asked)):
            return None
        if answered is not None and not (isinstance(answered, str) and is_date(answered)):
            return None
        until = date.fromisoformat(answered) if answered else None
        return Pause(date.fromisoformat(asked), until, row.get("fees") is True)
