"""The discharge abstract: filled from the account and the feed, filed as one record with its account and codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from db import store
from db.abstracting import (
    abstract_feed,
    abstract_returns,
    feed_words,
    filed_abstracts,
    late_changes,
    lifecycle,
)
from db.abstracting.lifecycle import Standing
from db.actors import Action, Actor
from db.acts import Conflict, act, viewed
from db.changes import CLEAR, Source, amendments
from db.connect import StoreError, database
from db.hospital import encounters
from db.hospital.encounter_lists import Encounter
from db.queries import effects
from db.registry import cases
from db.registry.cases import Case
from db.worklist import work_acts
from rules.dictionary import Dictionary, Record
from rules.feed_differences import Difference
from rules.findings import Finding
from rules.lifecycle import Act, Status, in_the_way, is_open
from rules.moments import day_number
from rules.records import rows_of
from rules.values import is_date

DATA_SET: Final = "abstract"
KEPT_BY_ACCOUNT: Final = (
    "priority", "point_of_origin", "payer", "attending", "birth_weight_g", "gestation_weeks", "disposition",
)  # fmt: skip  # what the technician settles for the account as a whole
_NAMED_THERE: Final = {name: filed_abstracts.NAMED_THERE.get(name, name) for name in KEPT_BY_ACCOUNT}
CODED: Final = ("diagnoses", "procedures", "external_causes", "admitting_diagnosis")


@dataclass(frozen=True, slots=True)
class AbstractRecord:
    """An abstract with what it is about. ``case`` is None until it is first filed.

    ``feed`` is what account, movements and chart say now; ``differences`` are items that were keyed otherwise.
    """

    encounter: Encounter
    record: Mapping[str, str]
    case: Case | None
    feed: Mapping[str, str] = field(default_factory=dict)
    differences: Mapping[str, Difference] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        return Status(self.case.status) if self.case else Status.NEW


@dataclass(frozen=True, slots=True)
class Drg:
    """What the abstract grouped to when it was filed. The weight is that of the Table 5 in force, if any."""

    drg: str = ""
    mdc: str = ""
    version: str = ""
    weight_ten_thousandths: int | None = None


def open_abstract(actor: Actor, encounter_id: int, dictionary: Dictionary) -> AbstractRecord:
    """The abstract of an account: what was filed, over what the feed and the movements say now.

    What nobody keyed otherwise follows the feed (rules/feed_differences.py). Raises ``KeyError``, ``NotPermitted``.
    """
    stay = encounters.get(encounter_id)
    found = read(stay, dictionary)
    viewed(
        actor, Action.VIEW_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id,
        cases=(found.case.id,) if found.case else (),
    )  # fmt: skip
    return found


def read(stay: Encounter, dictionary: Dictionary) -> AbstractRecord:
    """The abstract of an account without the audit row, for batches that write their own."""
    case = cases.by_encounter(DATA_SET, stay.id)
    given = abstract_feed.from_account(stay)
    if case is None:
        return AbstractRecord(stay, _defaults(dictionary) | given, None, given)
    abstract = filed_abstracts.filed((stay.id,))[0]
    feed = feed_words.present(stay, given, abstract)
    told = feed_words.merge(abstract, feed, dictionary)
    return AbstractRecord(stay, told.record, case, feed, told.differences)


def differing(record: Record, opened: AbstractRecord, dictionary: Dictionary) -> list[Difference]:
    """Items of a record as it is keyed that can be keyed and hold something else than the feed says now."""
    return feed_words.differing(record, opened.feed, opened.differences.values(), dictionary)


def file_abstract(
    actor: Actor, opened: AbstractRecord, dictionary: Dictionary, values: Record,
    findings: Sequence[Finding], drg: Drg, *, expected_revision: int, reason: str = "", leave_open: bool = False,
) -> Case:  # fmt: skip
    """File an abstract, its codes and what it settles about the account: one audited act.

    It counts as coded when nothing stands against its codes, and is complete when nothing stands against any of
    it, unless ``leave_open``. Raises ``Conflict`` when somebody filed it meanwhile, and ``NotAllowed`` when it can
    only be read, or is complete and no reason is given.
    """
    stay = opened.encounter
    before = cases.by_encounter(DATA_SET, stay.id)
    if (before.revision if before else 0) != expected_revision:
        raise Conflict(
            f"{before.filed_by if before else 'Somebody'} filed this abstract meanwhile, so nothing of yours was "
            "stored. Your draft is kept: leave with F3, open the record again and compare."
        )
    coded, complete = completeness(findings, values)
    with act(
        actor, Action.FILE_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        was = lifecycle.standing(before.id).status if before else Status.NEW
        deed = Act.COMPLETE if complete and not leave_open else Act.KEEP
        here = Standing(
            before.id if before else 0, stay.id, stay.patient_id, stay.account, was, expected_revision
        )
        status = lifecycle.asked(here, deed, actor.roles, findings, reason)
        case = cases.put(
            dictionary, values, before=before, number=stay.account, patient_id=stay.patient_id,
            encounter_id=stay.id, status=status, by=actor.user, reason=reason,
        )  # fmt: skip
        here = replace(here, case_id=case.id, revision=case.revision)
        effects.note_filed(stay.id, values, drg.drg, drg.weight_ten_thousandths, actor.user)
        lifecycle.take(here, deed, status, reason, Source(actor.user, "abstract"))
        feed_words.keep(case.id, values, opened.feed, dictionary)
        abstract_returns.settle(case.id, values, actor.user)
        work_acts.note_errors(stay.id, len(in_the_way(findings)))
        write_codes(stay.id, case.id, values, drg)
        settled = {_NAMED_THERE[name]: values[name] for name in KEPT_BY_ACCOUNT if values.get(name)}
        encounters.apply(stay.account, stay.patient_id, settled, Source(actor.user, "abstract"))
        today = store.current().now().day
        lifecycle.mark_abstracted(stay.id, None if is_open(status) else today)
        lifecycle.mark_coded(stay.id, today if coded else None)
        late_changes.of_encounters((stay.id,), Source("A change while it was keyed", "late"))
        done.changed(before.record if before else {}, case.record)
        done.detail["status"] = [str(was), str(status)]
        if reason:
            done.detail["reason"] = reason
    return replace(case, status=lifecycle.standing(case.id).status)


def void_abstract(actor: Actor, opened: AbstractRecord, reason: str) -> None:
    """Take an abstract out of use, with its codes and what it settled about the account: one audited act.

    What it said stays among its filings; the next abstract of the account goes on from there.
    """
    stay, case = opened.encounter, opened.case
    if case is None:
        raise StoreError("This abstract is not filed: there is nothing to take out of use.")
    with act(
        actor, Action.FILE_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        here = lifecycle.standing(case.id)
        to = lifecycle.asked(here, Act.VOID, actor.roles, reason=reason)
        if lifecycle.is_at_receiver(case.id):
            raise lifecycle.NotAllowed(
                "The receiver has this abstract, so it stays in use: correct it, release it and send it again."
            )
        restored = before_abstracts(stay.id)
        cases.void(case, reason, actor.user)
        lifecycle.take(here, Act.VOID, to, reason, Source(actor.user, "abstract"))
        feed_words.forget(case.id)
        abstract_returns.give_up(case.id, actor.user, reason)
        for table in ("abstract", "diagnosis", "procedure"):
            database.execute_sql(f"DELETE FROM {table} WHERE encounter_id = ?", (stay.id,))
        encounters.apply(stay.account, stay.patient_id, restored, Source(actor.user, "abstract"))
        lifecycle.mark_abstracted(stay.id, None)
        lifecycle.mark_coded(stay.id, None)
        done.changed(case.record, {})
        done.detail["void"] = reason


def before_abstracts(encounter_id: int) -> dict[str, str]:
    """Items of an account that an abstract wrote last, as they were before, or as the feed has them since."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for _, _, origin, item, old, _ in amendments("encounter", encounter_id):
        if origin != "abstract":
            others.add(item)
        elif item not in others:
            found[item] = old or CLEAR
    for abstract in filed_abstracts.filed((encounter_id,)):
        for item, name in _NAMED_THERE.items():
            keyed = abstract.fed is not None and abstract.record.get(item, "") != abstract.fed.get(item, "")
            if keyed and name in found:
                found[name] = (abstract.heard or {}).get(item) or CLEAR
    return {item: value for item, value in found.items() if item in _NAMED_THERE.values()}


def completeness(findings: Iterable[Finding], values: Record) -> tuple[bool, bool]:
    """Whether the codes are complete, and whether the whole abstract is."""
    wrong = [finding.field for finding in in_the_way(findings)]
    coded = bool(values.get("diagnoses[1].code")) and not any(path.startswith(CODED) for path in wrong)
    return coded, coded and not wrong


def write_codes(encounter_id: int, case_id: int, values: Record, drg: Drg) -> None:
    """Rewrite the typed rows of an abstract's codes, inside the caller's transaction."""
    connection = database.connection()
    for table in ("diagnosis", "procedure"):
        database.execute_sql(f"DELETE FROM {table} WHERE encounter_id = ?", (encounter_id,))
    connection.executemany(
        "INSERT INTO diagnosis (encounter_id, role, seq, code, poa) VALUES (?, ?, ?, ?, ?)",
        list(diagnosis_rows(encounter_id, values)),
    )
    connection.executemany(
        "INSERT INTO procedure (encounter_id, seq, code, performed_day, surgeon, anesthesia)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        list(procedure_rows(encounter_id, values)),
    )
    database.execute_sql(
        "INSERT INTO abstract VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (encounter_id) DO UPDATE SET"
        " case_id = excluded.case_id, drg = excluded.drg, mdc = excluded.mdc,"
        " drg_version = excluded.drg_version, weight_ten_thousandths = excluded.weight_ten_thousandths",
        (encounter_id, case_id, drg.drg, drg.mdc, drg.version, drg.weight_ten_thousandths),
    )


def diagnosis_rows(encounter_id: int, values: Record) -> Iterable[tuple[int, str, int, str, str]]:
    """The diagnoses of an abstract as rows of their table."""
    if admitting := values.get("admitting_diagnosis"):
        yield encounter_id, "admitting", 1, admitting, ""
    rows = rows_of(values)
    for group, role in (("diagnoses", "dx"), ("external_causes", "external")):
        for seq, row in rows.get(group, {}).items():
            if row.get("code"):
                yield encounter_id, role, seq, row["code"], row.get("poa", "")


def procedure_rows(encounter_id: int, values: Record) -> Iterable[tuple[int, int, str, int | None, str, str]]:
    """The procedures of an abstract as rows of their table."""
    for seq, row in rows_of(values).get("procedures", {}).items():
        if row.get("code"):
            day = row.get("date", "")
            yield (
                encounter_id, seq, row["code"], day_number(day) if is_date(day) else None,
                row.get("surgeon", ""), row.get("anesthesia", ""),
            )  # fmt: skip


def _defaults(dictionary: Dictionary) -> dict[str, str]:
    return {id_: item.default for id_, item in dictionary.by_id.items() if item.default and "." not in id_}
