"""Physician queries of the demo hospital: answered, waiting, late and escalated ones, a draft, over the last weeks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.actors import Actor
from db.connect import database, writing
from db.hospital import encounters
from db.queries import query_acts, templates
from db.queries.query_acts import Raised, Replied
from rules.queries import Act, Indicator, Standing, standing
from rules.query_lint import BLANK

DUE_DAYS: Final = 7
DAY_S: Final = 86_400
ASKER: Final = "coder"
FOUND: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "AKI": (("Creatinine 0.9 on admission, 2.4 on day 3, 1.1 at discharge", "Laboratory"),
            ("Urine output 300 mL in 24 hours", "Nursing flow sheet"), ("Normal saline, lisinopril held", "Orders")),
    "HF": (("Heart failure, improved", "Discharge summary"), ("Ejection fraction 30 percent", "Echocardiogram"),
           ("Furosemide 40 mg by vein twice a day", "Medication record")),
    "ANEMIA": (("Anemia, stable", "Progress note"), ("Hemoglobin 12.1 to 7.4 after the operation", "Laboratory"),
               ("Two units of packed cells", "Transfusion record")),
    "POA": (("Pressure injury of the sacrum", "Progress note of day 3"),
            ("Skin intact except the sacrum, see the wound nurse", "Nursing admission assessment")),
    "RESP": (("SpO2 84 percent on room air, respiratory rate 32", "Emergency department"),
             ("High-flow oxygen 40 L/min for two days", "Respiratory therapy")),
    "SEPSIS": (("Temperature 39.2 C, heart rate 128, respiratory rate 26", "Emergency department"),
               ("WBC 19.4, lactate 3.8", "Laboratory"), ("Ceftriaxone, 30 mL/kg of fluid", "Medication record")),
}  # fmt: skip


NAMED: Final = "the pressure injury of the sacrum"  # in the question whether it was present on admission


@dataclass(frozen=True, slots=True)
class Story:
    """A query of the past: sent so many days ago, and after how many days what came of it, if anything."""

    template: str
    ago: int
    answered_after: int | None
    outcome: str
    said: str


STORIES: Final = (
    Story("AKI", 44, 3, "agreed", "Acute kidney injury due to dehydration, resolved."),
    Story("HF", 41, 5, "agreed", "Acute on chronic systolic heart failure."),
    Story("ANEMIA", 38, 9, "other", "Expected drop after hip replacement; no anemia diagnosis."),
    Story("SEPSIS", 36, 2, "disagreed", "Pneumonia without sepsis."),
    Story("RESP", 33, 6, "agreed", "Acute hypoxic respiratory failure."),
    Story("POA", 30, 11, "unable to determine", "Not examined on admission."),
    Story("HF", 27, 4, "agreed", "Chronic diastolic heart failure."),
    Story("AKI", 24, 1, "agreed", "ATN from contrast."),
    Story("ANEMIA", 20, None, "", ""),
    Story("RESP", 12, None, "", ""),
    Story("HF", 9, None, "", ""),
)


def fill_queries(actor: Actor, waiting: list[str]) -> None:
    """Queries about filed abstracts over the last weeks, and about ``waiting`` accounts as they are asked now."""
    asked: set[str] = set()
    for story in STORIES:
        account = _left_before(
            store.current().now().day - story.ago, asked, waits=story.answered_after is None
        )
        if account:
            asked.add(account)
            _told(account, story)
    query_acts.chase(actor)
    for account, code in zip(waiting, ("AKI", "POA", "SEPSIS"), strict=False):
        raised = _raised(account, code)
        if code == "SEPSIS":
            query_acts.keep(actor, account, raised)
            continue
        sent = query_acts.send(actor, account, raised, Standing())
        if code == "POA":
            replied = Replied("agreed", sent.provider, "Present in the emergency department.")
            query_acts.step(actor, sent.number, Act.ANSWER, sent.version, replied=replied)


def _left_before(day: int, but: set[str], *, waits: bool) -> str:
    """The account whose patient left last before a day, with an abstract, and not asked about yet.

    ``waits``: its answer holds the release, so the abstract is not let go.
    """
    standing = "('open', 'complete')" if waits else "('complete', 'released')"
    row = database.execute_sql(
        "SELECT e.account FROM data_case c JOIN encounter e ON e.id = c.encounter_id WHERE c.data_set = 'abstract'"
        f" AND c.void_utc IS NULL AND c.status IN {standing} AND e.attending_id IS NOT NULL AND e.discharge_day < ?"
        " AND e.account NOT IN (SELECT value FROM json_each(?)) ORDER BY e.discharge_day DESC, e.id LIMIT 1",
        (day, json.dumps(sorted(but))),
    ).fetchone()
    return row[0] if row else ""


def _raised(account: str, code: str) -> Raised:
    stay, template = encounters.get(encounters.find(account)), templates.templates()[code]
    day = (stay.discharged_at or stay.admitted_at)[:10]
    said = template.wording
    wording = type(said)(
        said.title, said.kind, said.purpose, said.question.replace(BLANK, NAMED), said.options,
        tuple(Indicator(text, source, day) for text, source in FOUND[code]), said.target,
    )  # fmt: skip
    return Raised(
        wording, stay.attending or "1001", template.to, template=code, template_version=template.version
    )


def _told(account: str, story: Story) -> None:
    """A query as it would stand had it been sent then, written past the acts, which know today alone."""
    raised, stay = _raised(account, story.template), encounters.get(encounters.find(account))
    said, now = raised.wording, store.current().now()
    day = now.day - story.ago
    answered = None if story.answered_after is None else day + story.answered_after
    utc = now.utc - story.ago * DAY_S
    columns: dict[str, Any] = {
        "encounter_id": stay.id, "provider": raised.provider, "title": said.title, "kind": said.kind,
        "purpose": said.purpose, "question": said.question, "options": json.dumps(said.options),
        "indicators": json.dumps([[each.text, each.source, each.day] for each in said.indicators]),
        "target": json.dumps(said.target), "asked_as": raised.asked_as, "template": raised.template,
        "template_version": raised.template_version, "asked_day": day, "asked_utc": utc, "asked_by": ASKER,
        "due_day": day + DUE_DAYS, "status": "sent" if answered is None else "closed", "outcome": story.outcome,
        "answer": story.said,
    }  # fmt: skip
    steps = [("send", "draft", "sent", day, raised.provider, "", "")]
    if answered is not None:
        at = now.utc - (now.day - answered) * DAY_S
        columns |= {
            "answered_day": answered, "answered_utc": at, "answerer": raised.provider, "answered_by": ASKER,
            "settled_utc": at,
        }  # fmt: skip
        steps += [("answer", "sent", "answered", answered, raised.provider, story.outcome, story.said),
                  ("close", "answered", "closed", answered, "", "", "the abstract was filed")]  # fmt: skip
    with writing():
        columns["number"] = f"Q{store.next_number(query_acts.COUNTER):06d}"
        query_id = database.execute_sql(
            f"INSERT INTO work_query ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) RETURNING id",
            tuple(columns.values()),
        ).fetchone()[0]
        for act, before, after, on, whom, outcome, text in steps:
            database.execute_sql(
                "INSERT INTO query_step (query_id, at_utc, day, by, act, before, after, to_whom, outcome, text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    query_id,
                    now.utc - (now.day - on) * DAY_S,
                    on,
                    ASKER,
                    act,
                    before,
                    after,
                    whom,
                    outcome,
                    text,
                ),
            )
        _effect(query_id, stay.id, answered is not None)


def _effect(query_id: int, encounter_id: int, filed: bool) -> None:
    """Codes as the abstract has them; before a query that was answered without the second diagnosis."""
    row = database.execute_sql(
        "SELECT c.document, b.drg, b.weight_ten_thousandths FROM data_case c JOIN abstract b ON b.case_id = c.id"
        " WHERE c.encounter_id = ? AND c.data_set = 'abstract'",
        (encounter_id,),
    ).fetchone()
    if row is None:
        return
    after = standing(json.loads(row[0]), row[1], row[2])
    before = Standing(
        after.dx[:1] + after.dx[2:] if filed else after.dx, after.px, after.drg, after.weight_ten_thousandths
    )
    texts = [
        json.dumps([each.dx, each.px, each.drg, each.weight_ten_thousandths]) for each in (before, after)
    ]
    database.execute_sql(
        "INSERT INTO query_effect (query_id, before, before_utc, after, after_utc) VALUES (?, ?, 0, ?, ?)",
        (query_id, texts[0], *((texts[1], 0) if filed else (None, None))),
    )
