"""Admission and working codes of an inpatient: a record of their own beside the abstract, every filing of it kept.

They are keyed while the patient is in house (concurrent review). Once the abstract has its own codes they are only
read: what the stay was coded to at admission stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from db import store
from db.abstracting import abstract_feed, abstracts
from db.abstracting.claims import claims
from db.actors import Action, Actor
from db.acts import Conflict, act, viewed
from db.connect import StoreError, database
from db.hospital import encounters
from db.hospital.encounter_lists import Encounter
from db.registry import cases
from db.registry.cases import COMPLETE, OPEN, Case
from db.statistics import census
from db.statistics.census import Occupant
from rules.dictionary import Dictionary, Record
from rules.drg import Claim
from rules.findings import Finding
from rules.lifecycle import in_the_way

DATA_SET: Final = "working"
FIGURES: Final = ("working_drg", "working_weight", "working_gmlos", "expected_discharge")
"""Items that a filing keeps of the working DRG."""
HOME: Final = "01"  # UB-04 FL 17
FROM_ACCOUNT: Final = ("mrn", "account", "birth_date", "sex", "admitted_at")


@dataclass(frozen=True, slots=True)
class WorkingRecord:
    """The working codes of an account with what it is about. ``case`` is None until they are first filed."""

    encounter: Encounter
    record: Mapping[str, str]
    case: Case | None
    final_by: str = ""  # who filed the codes of the abstract; blank while it has none


@dataclass(frozen=True, slots=True)
class InHouse:
    """Somebody in house with the working DRG that was filed last, blank where there is none."""

    who: Occupant
    drg: str
    weight: str
    gmlos: Decimal | None
    expected_discharge: str
    filed_utc: int | None
    filed_by: str
    los_days: int  # so far

    @property
    def over_days(self) -> Decimal | None:
        """Days beyond the mean stay of the working DRG; None where that is not known."""
        return None if self.gmlos is None else self.los_days - self.gmlos


def open_working(actor: Actor, encounter_id: int) -> WorkingRecord:
    """The working codes of an account: what was filed, or what a first filing starts from.

    Raises ``KeyError``, ``NotPermitted``, ``KeptBlind`` (whoever reviews the abstract blind), ``StoreError`` for an
    account that is no inpatient's.
    """
    stay = encounters.get(encounter_id)
    found = read(stay)
    final = cases.by_encounter(abstracts.DATA_SET, stay.id)
    viewed(
        actor, Action.VIEW_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id,
        cases=tuple(case.id for case in (found.case, final) if case),
    )  # fmt: skip
    if stay.patient_class != "I" or not stay.admitted_at:
        raise StoreError(f"{stay.account} is no inpatient's account: working codes are those of a stay.")
    return found


def read(stay: Encounter) -> WorkingRecord:
    """The working codes without the audit row, for who writes its own."""
    case, final = (cases.by_encounter(data_set, stay.id) for data_set in (DATA_SET, abstracts.DATA_SET))
    given = abstract_feed.from_account(stay)
    known = {name: given[name] for name in FROM_ACCOUNT if given.get(name)}
    final_by = final.filed_by if final and final.record.get("diagnoses[1].code") else ""
    return WorkingRecord(stay, {**(case.record if case else {}), **known}, case, final_by)


def coded_on(stay: Encounter) -> str:
    """The day as of which codes are judged: today, and of a discharged patient the day of discharge."""
    return stay.discharged_at[:10] or store.current().now().local[:10]


def as_discharged(record: Record) -> dict[str, str]:
    """The stay as if it ended on the day of its coding."""
    return {**record, "discharged_at": record.get("coded_on", "")}


def claim(record: Record) -> Claim:
    """What the grouper looks at."""
    return claims()(as_discharged(record))


def file_working(
    actor: Actor, opened: WorkingRecord, dictionary: Dictionary, values: Record, findings: Sequence[Finding],
    *, expected_revision: int, reason: str = "",
) -> Case:  # fmt: skip
    """File working codes with their DRG: one audited act, a filing of its own. No other record is touched.

    Raises ``Conflict`` when somebody filed them meanwhile, ``StoreError`` once the abstract has its codes.
    """
    stay = opened.encounter
    before = cases.by_encounter(DATA_SET, stay.id)
    if (before.revision if before else 0) != expected_revision:
        raise Conflict(
            f"{before.filed_by if before else 'Somebody'} filed these codes meanwhile, so nothing of yours was stored. "
            "Your draft is kept: leave with F3, open the record again and compare."
        )
    if final_by := read(stay).final_by:
        raise StoreError(said_final(final_by))
    with act(
        actor, Action.FILE_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        case = cases.put(
            dictionary, values, before=before, number=stay.account, patient_id=stay.patient_id,
            encounter_id=stay.id, status=OPEN if in_the_way(findings) else COMPLETE, by=actor.user, reason=reason,
        )  # fmt: skip
        done.changed(before.record if before else {}, case.record)
        done.detail["data_set"] = DATA_SET
        if reason:
            done.detail["reason"] = reason
    return case


def void_working(actor: Actor, opened: WorkingRecord, reason: str) -> None:
    """Take working codes out of use, all filings kept: one audited act."""
    if opened.case is None:
        raise StoreError("These codes are not filed: there is nothing to take out of use.")
    cases.void_case(actor, Action.FILE_ABSTRACT, opened.case, reason)


def said_final(by: str) -> str:
    """Why working codes can only be read, in a sentence."""
    return f"The final codes are filed ({by}), these can only be read: F10 compares."


def open_list(actor: Actor, unit: str) -> None:
    """Log that the list of those in house is about to be shown."""
    viewed(
        actor, Action.VIEW_ABSTRACT, kind="list", record=unit, detail={"list": "in house with working DRG"}
    )


def in_house(unit: str = "", after: tuple[str, str, int] | None = None, limit: int = 50) -> list[InHouse]:
    """Inpatients of this minute by unit and bed with their working DRG; ``after`` is the key of the last shown."""
    people = census.inpatients(unit, after, limit)
    today = store.current().now().day
    marks = ", ".join("?" * len(people))
    filed = {
        encounter: (case, utc, by)
        for encounter, case, utc, by in database.execute_sql(
            "SELECT encounter_id, id, filed_utc, filed_by FROM data_case WHERE data_set = ? AND void_utc IS NULL"
            f" AND encounter_id IN ({marks})",
            (DATA_SET, *(person.encounter_id for person in people)),
        )
    }
    texts = cases.texts([case for case, _, _ in filed.values()], FIGURES)
    found = []
    for person in people:
        case, utc, by = filed.get(person.encounter_id, (0, None, ""))
        items = texts.get(case, {})
        gmlos = Decimal(items["working_gmlos"]) if items.get("working_gmlos") else None
        found.append(InHouse(
            person, items.get("working_drg", ""), items.get("working_weight", ""), gmlos,
            items.get("expected_discharge", ""), utc, by, today - person.admit_day,
        ))  # fmt: skip
    return found


def at_day(record: Mapping[str, str], day: str) -> dict[str, str]:
    """A record that is coded anew on ``day``: without the figures of the filing before, home expected as a rule."""
    kept = {name: value for name, value in record.items() if name not in FIGURES}
    return {"disposition": HOME} | kept | {"coded_on": day}


def with_figures(
    record: Mapping[str, str], drg: str, weight: Decimal | None, gmlos: Decimal | None, leaves: date | None
) -> dict[str, str]:
    """A record with what it grouped to, as it is filed."""
    figures = (drg, weight, gmlos, leaves)
    said = {name: str(value) for name, value in zip(FIGURES, figures, strict=True) if value not in (None, "")}
    return {name: value for name, value in record.items() if name not in FIGURES} | said
