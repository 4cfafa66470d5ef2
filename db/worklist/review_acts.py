"""What is done in a review: drawn, abstracted a second time, settled, seen, answered. Each is an audited act.

The second person never filed the record and does not see what the first one has; nothing of a review changes it.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import store
from db.abstracting import abstract_feed, abstracts
from db.actors import Action, Actor
from db.acts import act, permit, viewed
from db.coding import code_tables
from db.connect import database
from db.hospital.encounters import Encounter
from db.registry import cases, registries
from db.schema.reviews import ReviewDifference, ReviewedRecord, ReviewPlan
from db.worklist import reviews
from db.worklist.reviews import (
    ABSTRACT,
    ANSWERED,
    BLIND,
    COMPARED,
    DUE,
    KINDS,
    LEFT_OUT,
    OPEN_RECORDS,
    SETTLED,
    Differing,
    Reviewed,
)
from rules.dictionary import Dictionary, Record
from rules.findings import Told
from rules.moments import day_number
from rules.reviews import Candidate, Decision, Method, corrected, sample, share
from rules.text import clean

MOST_DRAWN: Final = 500  # they are written in one transaction, which others wait for
BEYOND: Final = "~"
FILTER: Final = re.compile(r"([\w.]+)=(\S+)")
OF_STAYS: Final = ("unit", "service", "attending")
OF_CASES: Final = ("person", "status", "drg", "mdc")
ANSWERS: Final[Mapping[str, str]] = {"Y": "Yes", "N": "No", "NA": "Not applicable"}


class NotReviewed(Told):
    """The review does not permit it; one sentence."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan asks for. Days are ISO; ``filters`` and ``named`` are words, a blank between two."""

    kind: str
    title: str
    data_set: str = ""
    from_day: str = ""
    to_day: str = ""
    filters: str = ""
    method: Method = Method.RANDOM
    size: str = ""
    per_person: bool = False
    seed: str = ""
    named: str = ""


def content_action(data_set: str) -> Action:
    """The permission that seeing a record of the data set takes."""
    return registries.view_action(data_set) if data_set else Action.VIEW_ENCOUNTER


def _check_role(actor: Actor, data_set: str) -> None:
    """Raise ``NotPermitted`` when the data set is kept by other roles than the actor's."""
    if data_set:
        registries.check_role(actor, reviews.dictionary_of(data_set))


# Plans


def plan(actor: Actor, asked: Asked) -> str:
    """Draw the sample of a plan and keep it; returns the plan's number. Raises ``NotReviewed``."""
    permit(actor, Action.PLAN_REVIEW, kind="review plan")
    if asked.kind not in KINDS:
        raise NotReviewed(f"A review is one of {', '.join(KINDS)}.")
    _check_size(asked)
    found = _cases(asked) if asked.kind == BLIND else _stays(asked)
    if not found:
        raise NotReviewed(
            "No record fits: widen the period or the filters. What was reviewed is not drawn again."
        )
    seed = asked.seed or secrets.token_hex(6)
    candidates = [Candidate(id_, person) for id_, person in found]
    drawn = sample(candidates, asked.method, asked.size, seed, per_person=asked.per_person)
    if len(drawn) > MOST_DRAWN:
        raise NotReviewed(
            f"{len(drawn)} records would be drawn; {MOST_DRAWN} is the most for one plan: narrow it."
        )
    with act(actor, Action.PLAN_REVIEW, kind="review plan") as done:
        done.record = _keep_plan(actor, asked, seed, len(found), drawn)
        done.detail |= {
            "kind": asked.kind, "data_set": asked.data_set, "method": asked.method, "size": asked.size, "seed": seed,
            "filters": asked.filters, "from": asked.from_day, "to": asked.to_day, "population": len(found),
            "drawn": len(drawn),
        }  # fmt: skip
    return done.record


def _check_size(asked: Asked) -> None:
    if asked.method is Method.FOCUSED and not asked.named.strip():
        raise NotReviewed("A focused review names its records: key their numbers.")
    if asked.method is Method.RANDOM:
        try:
            share(asked.size, 1)
        except ValueError:
            raise NotReviewed(
                f"How many {asked.size!r} cannot be read: key a number such as 30, or 5%."
            ) from None


def _keep_plan(actor: Actor, asked: Asked, seed: str, population: int, drawn: list[Candidate]) -> str:
    number, now = f"{store.next_number('review plan'):06d}", int(time.time())
    plan_id = ReviewPlan.add({
        "number": number, "kind": asked.kind, "data_set": asked.data_set, "title": clean(asked.title),
        "from_day": day_number(asked.from_day) if asked.from_day else None,
        "to_day": day_number(asked.to_day) if asked.to_day else None, "filters": asked.filters,
        "method": asked.method, "size": asked.size, "per_person": asked.per_person, "seed": seed,
        "population": population, "drawn_utc": now, "drawn_by": actor.user,
    })  # fmt: skip
    blind = asked.kind == BLIND
    for each in drawn:
        case = database.execute_sql(
            "SELECT encounter_id, revision, version FROM data_case WHERE id = ?", (each.id,)
        ).fetchone() if blind else (each.id, 0, "")  # fmt: skip
        ReviewedRecord.add({
            "plan_id": plan_id, "number": f"{store.next_number('review'):06d}", "case_id": each.id if blind else None,
            "encounter_id": case[0], "revision": case[1], "version": case[2], "person": each.person, "status": DUE,
        })  # fmt: skip
    return number


def _period(asked: Asked) -> tuple[int, int]:
    try:
        return day_number(asked.from_day), day_number(asked.to_day)
    except ValueError:
        raise NotReviewed("Say for which days: from and to.") from None


def _filters(asked: Asked, known: tuple[str, ...], dictionary: Dictionary | None) -> list[tuple[str, str]]:
    found = []
    for word in asked.filters.split():
        match = FILTER.fullmatch(word)
        if match is None or not (match[1] in known or (dictionary and match[1] in dictionary.by_id)):
            more = " or an item of the data set" if dictionary else ""
            raise NotReviewed(f"{word} is no filter: write name=value with {', '.join(known)}{more}.")
        found.append((match[1], match[2]))
    return found


def _cases(asked: Asked) -> list[tuple[int, str]]:
    """Records of a data set that may be drawn, with who filed them last; a filing is reviewed once."""
    try:
        dictionary = reviews.dictionary_of(asked.data_set)
    except LookupError as error:
        raise NotReviewed(str(error)) from error
    where, values = ["c.data_set = ?", "c.void_utc IS NULL"], list[object]([asked.data_set])
    where.append(
        "NOT EXISTS (SELECT 1 FROM reviewed_record r WHERE r.case_id = c.id AND r.revision = c.revision"
        f" AND r.status <> '{LEFT_OUT}')"
    )
    tables = "data_case c"
    if asked.method is Method.FOCUSED:
        named = asked.named.replace(",", " ").split()
        where.append(f"c.number IN ({', '.join('?' * len(named))})")
        values += named
    else:
        tables += (
            " JOIN case_item d ON d.case_id = c.id AND d.item = ? AND d.seq = 0 AND d.day BETWEEN ? AND ?"
        )
        values = [dictionary.dated_by, *_period(asked), *values]
    filters = _filters(asked, OF_CASES, dictionary)
    if not any(name == "status" for name, _ in filters) and asked.method is not Method.FOCUSED:
        where.append("c.status <> 'open'")
    for name, value in filters:
        clause, bound = _case_filter(name, value)
        where.append(clause)
        values += bound
    rows = database.execute_sql(
        f"SELECT c.id, c.filed_by FROM {tables} WHERE {' AND '.join(where)}", tuple(values)
    )
    return [(id_, person) for id_, person in rows]


def _case_filter(name: str, value: str) -> tuple[str, list[object]]:
    if name == "person":
        return "c.filed_by = ?", [value]
    if name == "status":
        return "c.status = ?", [value]
    if name in ("drg", "mdc"):
        return f"EXISTS (SELECT 1 FROM abstract a WHERE a.case_id = c.id AND a.{name} = ?)", [value]
    of = "EXISTS (SELECT 1 FROM case_item i WHERE i.case_id = c.id AND i.item = ?"
    if value.endswith("*"):
        return f"{of} AND i.text BETWEEN ? AND ?)", [name, value[:-1], value[:-1] + BEYOND]
    return f"{of} AND i.text = ?)", [name, value]


def _stays(asked: Asked) -> list[tuple[int, str]]:
    """Inpatient records for worksheets, with who attends."""
    where, values = ["e.class = 'I'", "e.state = 'active'"], list[object]()
    if asked.method is Method.FOCUSED:
        named = asked.named.replace(",", " ").split()
        where.append(f"e.account IN ({', '.join('?' * len(named))})")
        values += named
    elif asked.kind == OPEN_RECORDS:
        where.append("e.admit_day IS NOT NULL AND e.discharge_day IS NULL")
    else:
        where.append("e.discharge_day BETWEEN ? AND ?")
        values += _period(asked)
    for name, value in _filters(asked, OF_STAYS, None):
        table = {"attending": "provider"}.get(name, name)
        where.append(f"e.{name}_id = (SELECT id FROM {table} WHERE code = ? COLLATE NOCASE)")
        values.append(value)
    rows = database.execute_sql(
        "SELECT e.id, coalesce(d.code, '') FROM encounter e LEFT JOIN provider d ON d.id = e.attending_id"
        f" WHERE {' AND '.join(where)}",
        tuple(values),
    )
    return [(id_, person) for id_, person in rows]


def leave_out(actor: Actor, number: str, reason: str) -> None:
    """Take a record out of a sample, with the reason; it stays in the plan."""
    one = named(number)
    with act(actor, Action.PLAN_REVIEW, kind="review", record=one.number, patient_id=one.patient_id) as done:
        if not reason.strip():
            raise NotReviewed("Say why it is left out: the reason stays with the plan.")
        if one.status != DUE:
            raise NotReviewed(f"Review {one.number} is {one.status}: only what is due can be left out.")
        ReviewedRecord.change(one.id, {"status": LEFT_OUT, "reason": clean(reason)})
        done.detail["left out"] = reason


def assign(actor: Actor, number: str, user: str) -> None:
    """Give a record to one reviewer; blank gives it back to all."""
    one = named(number)
    with act(actor, Action.PLAN_REVIEW, kind="review", record=one.number, patient_id=one.patient_id) as done:
        if one.status != DUE:
            raise NotReviewed(f"Review {one.number} is {one.status} already.")
        _check_second(one, user)
        ReviewedRecord.change(one.id, {"reviewer": user})
        done.detail["reviewer"] = user


def named(number: str) -> Reviewed:
    """The reviewed record with this number. Raises ``NotReviewed``."""
    one = reviews.get(number)
    if one is None:
        raise NotReviewed(f"There is no review {number}: RVL lists those that are due.")
    return one


# The second abstraction


@dataclass(frozen=True, slots=True)
class Blind:
    """What the second person starts from: the account, and what registration and movements say of it."""

    reviewed: Reviewed
    dictionary: Dictionary
    stay: Encounter | None
    given: Mapping[str, str]


def _check_second(one: Reviewed, user: str) -> None:
    """Raise ``NotReviewed`` for whoever filed the record at any time."""
    if one.case_id is not None and (user == one.person or user in reviews.filers(one.case_id)):
        raise NotReviewed(f"{user} filed this record: somebody else reviews it.")


def open_blind(actor: Actor, number: str) -> Blind:
    """Open a record for its second abstraction and take it in hand. Raises ``NotReviewed``, ``NotPermitted``."""
    one = named(number)
    viewed(actor, content_action(one.data_set), kind="review", record=one.number, patient_id=one.patient_id)
    with act(
        actor, Action.REVIEW_RECORD, kind="review", record=one.number, patient_id=one.patient_id
    ) as done:
        _check_second(one, actor.user)
        if one.kind != BLIND:
            raise NotReviewed(f"Review {one.number} is a worksheet: RVW {one.number} opens it.")
        if one.status != DUE and one.reviewer != actor.user:
            raise NotReviewed(f"Review {one.number} is {one.status} already: RVC {one.number} shows it.")
        if one.reviewer not in ("", actor.user):
            raise NotReviewed(f"{one.reviewer} has this review.")
        dictionary = reviews.dictionary_of(one.data_set, one.version)
        registries.check_role(actor, dictionary)
        ReviewedRecord.change(one.id, {"reviewer": actor.user})
        done.detail["taken"] = actor.user
        stay = reviews.stay_of(one)
        return Blind(named(number), dictionary, stay, source_data(one, dictionary, stay))


def source_data(one: Reviewed, dictionary: Dictionary, stay: Encounter | None) -> dict[str, str]:
    """What registration, feed and movements say, and nothing that anybody abstracted.

    What an abstract settled about its account is taken back to what it was before.
    """
    defaults = {
        id_: item.default for id_, item in dictionary.by_id.items() if item.default and "." not in id_
    }
    if one.data_set == ABSTRACT and stay is not None:
        before = abstracts.before_abstracts(stay.id)
        known = abstract_feed.from_account(stay) | before
        return defaults | {path: value for path, value in known.items() if value not in ("", "@")}
    tables = code_tables.all_tables(store.current().directory)
    known = registries.known(dictionary, tables, one.patient_id, stay, carry=False)
    named_by = {"mrn": one.mrn, "account": stay.account if stay else ""}
    return {
        **known,
        **{name: value for name, value in named_by.items() if value and name in dictionary.by_id},
    }


def file_blind(actor: Actor, number: str, values: Record) -> Reviewed:
    """File the second abstraction and compare it: one audited act. The record itself stays as it is."""
    one = named(number)
    with act(
        actor, Action.REVIEW_RECORD, kind="review", record=one.number, patient_id=one.patient_id
    ) as done:
        _check_second(one, actor.user)
        if one.status != DUE or one.reviewer not in ("", actor.user):
            raise NotReviewed(
                f"Review {one.number} is {one.status} with {one.reviewer}: it is not filed again."
            )
        second = {path: value for path, value in sorted(values.items()) if value and not path.startswith("!")}
        made = reviews.compared(one, second)
        first_drg, second_drg = (
            reviews.drg_of(one.data_set, record) for record in (reviews.first_of(one), second)
        )
        for each in made.differences:
            ReviewDifference.add({
                "reviewed_id": one.id, "item": each.item, "first_row": each.first_row, "second_row": each.second_row,
                "first": each.first, "second": each.second, "category": each.category,
            })  # fmt: skip
        ReviewedRecord.change(one.id, {
            "document": json.dumps(second, ensure_ascii=False), "reviewer": actor.user, "filed_utc": int(time.time()),
            "first_drg": first_drg, "second_drg": second_drg, "final_drg": first_drg,
            "status": COMPARED if made.differences else SETTLED,
        })  # fmt: skip
        done.detail |= {"differences": len(made.differences), "drg": [first_drg, second_drg]}
    return named(number)


# Settling


def settle(
    actor: Actor,
    number: str,
    difference_id: int,
    decision: Decision,
    *,
    category: str = "",
    comment: str = "",
) -> Reviewed:
    """Decide a difference. Each of the two may give way by himself; anything else is decided by a third.

    Raises ``NotReviewed``.
    """
    one = named(number)
    own = actor.user in (one.person, one.reviewer)
    action = Action.SETTLE_REVIEW if own else Action.ARBITRATE_REVIEW
    with act(actor, action, kind="review", record=one.number, patient_id=one.patient_id) as done:
        gives_way = {one.person: Decision.SECOND, one.reviewer: Decision.FIRST}.get(actor.user)
        if own and decision is not gives_way:
            raise NotReviewed(
                f"You are one of the two: you may only say that the {'second' if actor.user == one.person else 'first'}"
                " person is right. Anything else is for a third."
            )
        each = _difference(one, difference_id)
        if category and category not in reviews.categories():
            raise NotReviewed(f"{category} is no kind of disagreement: {', '.join(reviews.categories())}.")
        if decision is Decision.BOTH and not comment.strip():
            raise NotReviewed("Say what is right when both are wrong.")
        ReviewDifference.change(each.id, {
            "decision": decision, "category": category or each.category, "comment": clean(comment) or each.comment,
            "by": actor.user, "at_utc": int(time.time()),
        })  # fmt: skip
        done.detail |= {
            "item": each.difference.path,
            "decision": decision,
            "category": category or each.category,
        }
        _close(one)
    return named(number)


def categorise(actor: Actor, number: str, difference_id: int, category: str) -> None:
    """Say of which kind a difference is: for a third person. Raises ``NotReviewed``."""
    one = named(number)
    with act(
        actor, Action.ARBITRATE_REVIEW, kind="review", record=one.number, patient_id=one.patient_id
    ) as done:
        if actor.user in (one.person, one.reviewer):
            raise NotReviewed("You are one of the two: of which kind it is, is for a third to say.")
        each, known = _difference(one, difference_id), reviews.categories()
        if category not in known:
            raise NotReviewed(f"{category} is no kind of disagreement: {', '.join(known)}.")
        ReviewDifference.change(each.id, {"category": category})
        done.changed({each.difference.path: each.category}, {each.difference.path: category})


def _difference(one: Reviewed, difference_id: int) -> Differing:
    each = next((each for each in reviews.differences(one.id) if each.id == difference_id), None)
    if each is None:
        raise NotReviewed("This difference is not part of the review.")
    return each


def _close(one: Reviewed) -> None:
    """Settled once every difference is; the DRG that holds is that of the record with what was decided."""
    found = reviews.differences(one.id)
    right = [each.difference for each in found if each.decision == Decision.SECOND]
    final = corrected(reviews.first_of(one), one.second, right)
    status = SETTLED if all(each.decision for each in found) else COMPARED
    ReviewedRecord.change(one.id, {"status": status, "final_drg": reviews.drg_of(one.data_set, final)})


def open_differences(actor: Actor, number: str) -> Reviewed:
    """Log that the differences of a review are about to be shown; for the first person they are seen then.

    The second person's answers are shown to nobody before they are filed. Raises ``NotReviewed``.
    """
    one = named(number)
    _check_role(actor, one.data_set)
    viewed(actor, content_action(one.data_set), kind="review", record=one.number, patient_id=one.patient_id)
    with act(actor, Action.VIEW_REVIEW, kind="review", record=one.number, patient_id=one.patient_id) as done:
        if actor.user not in (one.person, one.reviewer) and not actor.may(Action.ARBITRATE_REVIEW):
            raise NotReviewed("A review is shown to the two people in it and to whoever arbitrates.")
        if actor.user == one.person and one.seen_utc is None and one.status in (COMPARED, SETTLED):
            ReviewedRecord.change(one.id, {"seen_utc": int(time.time())})
            done.detail["seen"] = actor.user
    return one


def correction(actor: Actor, number: str) -> tuple[str, dict[str, str], str]:
    """What the record would say with everything that was decided for the second person: key, values, version.

    It is filed by the ordinary amendment, with its reason. Raises ``NotReviewed``.
    """
    one = named(number)
    _check_role(actor, one.data_set)
    viewed(actor, content_action(one.data_set), kind="review", record=one.number, patient_id=one.patient_id)
    if one.status != SETTLED:
        raise NotReviewed("Settle every difference first: the record is corrected once.")
    right = [each.difference for each in reviews.differences(one.id) if each.decision == Decision.SECOND]
    if not right:
        raise NotReviewed("Nothing was decided against the record: it stands.")
    if one.case_id is None or reviews.amended_since(one):
        raise NotReviewed("The record was filed again since it was drawn: amend it by itself.")
    case = cases.by_number(one.data_set, _case_number(one.case_id))
    if case is None:
        raise NotReviewed("The record is out of use by now.")
    overridden = {path: value for path, value in case.record.items() if path.startswith("!")}
    return one.subject, corrected(reviews.first_of(one), one.second, right) | overridden, str(case.revision)


def _case_number(case_id: int) -> str:
    row = database.execute_sql("SELECT number FROM data_case WHERE id = ?", (case_id,)).fetchone()
    return str(row[0])


# Worksheets


def open_worksheet(actor: Actor, number: str) -> Reviewed:
    """Open the answers of a worksheet. Raises ``NotReviewed``."""
    one = named(number)
    viewed(actor, Action.VIEW_REVIEW, kind="review", record=one.number, patient_id=one.patient_id)
    if one.kind == BLIND:
        raise NotReviewed(f"Review {one.number} is no worksheet: RVL opens it.")
    return one


def answer(actor: Actor, number: str, values: Mapping[str, str], remark: str = "") -> Reviewed:
    """Key the answers of a worksheet; it is answered once every element is. An answer may be corrected."""
    one = named(number)
    with act(
        actor, Action.REVIEW_RECORD, kind="review", record=one.number, patient_id=one.patient_id
    ) as done:
        if one.kind == BLIND or one.status not in (DUE, ANSWERED):
            raise NotReviewed(f"Review {one.number} takes no answers.")
        asked = [row.code for row in reviews.elements(one)]
        given = {element: values[element] for element in asked if values.get(element)}
        if wrong := [value for value in given.values() if value not in ANSWERS]:
            raise NotReviewed(f"{wrong[0]} is no answer: {', '.join(ANSWERS)}.")
        before, now = reviews.answers(one.id), int(time.time())
        database.execute_sql("DELETE FROM review_answer WHERE reviewed_id = ?", (one.id,))
        database.connection().executemany(
            "INSERT INTO review_answer (reviewed_id, element, answer, by, at_utc) VALUES (?, ?, ?, ?, ?)",
            [(one.id, element, value, actor.user, now) for element, value in given.items()],
        )
        status = ANSWERED if len(given) == len(asked) else DUE
        ReviewedRecord.change(
            one.id, {"status": status, "reviewer": actor.user, "filed_utc": now, "reason": clean(remark)}
        )
        done.changed(before, given)
    return named(number)
