"""Reviews read: plans, the records of a sample, where two abstractions differ, and what the rates are made of.

Tables: review_plan, reviewed_record, review_difference and review_answer. What changes them is in review_acts.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from config.data_sets import library
from db import store
from db.abstracting.claims import claims
from db.coding import code_sets
from db.connect import database
from db.hospital import encounters
from db.hospital.encounters import Encounter
from db.patient_index import patients
from db.worklist import blind
from rules import drg, reviews
from rules.dictionary import Dictionary
from rules.moments import iso_date, moment, moment_at
from rules.overrides import without
from rules.reviews import Category, Compared, Decided, Decision, Difference, Kinds, Matching, Outcome
from rules.tables import CodeTable, TableRow, listed
from rules.text import clean

BLIND, CLOSED_RECORDS, OPEN_RECORDS = "blind", "closed", "open"
KINDS: Final[Mapping[str, str]] = {
    BLIND: "A second person abstracts the record blind",
    CLOSED_RECORDS: "Worksheets for records of discharged patients",
    OPEN_RECORDS: "Worksheets for records of patients in the house",
}
DUE, COMPARED, SETTLED, ANSWERED, LEFT_OUT = "due", "compared", "settled", "answered", "left out"
ABSTRACT: Final = "abstract"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with how far its sample is. Days are ISO, blank where a plan has no period."""

    id: int
    number: str
    kind: str
    data_set: str
    title: str
    from_day: str
    to_day: str
    filters: str
    method: str
    size: str
    per_person: bool
    seed: str
    population: int
    drawn_utc: int
    drawn_by: str
    drawn: int
    due: int
    compared: int
    done: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A record of a sample. ``document`` is the second abstraction, blank until it is filed."""

    id: int
    number: str
    plan: str
    kind: str
    data_set: str
    case_id: int | None
    encounter_id: int | None
    revision: int
    person: str
    reviewer: str
    status: str
    version: str
    document: str
    filed_utc: int | None
    first_drg: str
    second_drg: str
    final_drg: str
    seen_utc: int | None
    subject: str  # account, or the record's own number
    patient_id: int
    mrn: str
    patient_name: str
    drawn_utc: int
    remark: str  # of a worksheet, or why it was left out

    @property
    def second(self) -> dict[str, str]:
        """What the second person has."""
        found: dict[str, str] = json.loads(self.document) if self.document else {}
        return found


class DrgChange(NamedTuple):
    """A record whose DRG is another one after the decisions; weights are None where they are not known."""

    number: str  # of the review
    subject: str
    person: str
    first_drg: str
    final_drg: str
    first_weight: Decimal | None
    final_weight: Decimal | None

    @property
    def weight_change(self) -> Decimal | None:
        """What the review adds to the sum of weights."""
        if self.first_weight is None or self.final_weight is None:
            return None
        return self.final_weight - self.first_weight


@dataclass(frozen=True, slots=True)
class Differing:
    """A difference and how it was settled; ``decision`` is blank while it is open."""

    id: int
    reviewed_id: int
    difference: Difference
    category: str
    decision: str
    comment: str
    by: str


_PLANS: Final = (
    "SELECT p.id, p.number, p.kind, p.data_set, p.title, p.from_day, p.to_day, p.filters, p.method, p.size,"
    " p.per_person, p.seed, p.population, p.drawn_utc, p.drawn_by, count(r.id), coalesce(sum(r.status = 'due'), 0),"
    " coalesce(sum(r.status = 'compared'), 0), coalesce(sum(r.status IN ('settled', 'answered')), 0)"
    " FROM review_plan p LEFT JOIN reviewed_record r ON r.plan_id = p.id AND r.status <> 'left out'"
)


def plans(after: int | None = None, limit: int = 50) -> list[Plan]:
    """Plans, the last drawn first; ``after`` is the id of the last one shown."""
    rows = database.execute_sql(
        f"{_PLANS} WHERE p.id < ? GROUP BY p.id ORDER BY p.id DESC LIMIT ?", (after or 2**62, limit)
    )
    return [_plan(row) for row in rows]


def plan(number: str) -> Plan | None:
    """The plan that people know by this number."""
    row = database.execute_sql(f"{_PLANS} WHERE p.number = ? GROUP BY p.id", (number.zfill(6),)).fetchone()
    return _plan(row) if row and row[0] else None


def _plan(row: Sequence[Any]) -> Plan:
    values = list(row)
    values[5:7] = ["" if day is None else iso_date(day) for day in row[5:7]]
    values[10] = bool(row[10])
    return Plan(*values)


_RECORDS: Final = (
    "SELECT r.id, r.number, p.number, p.kind, p.data_set, r.case_id, r.encounter_id, r.revision, r.person,"
    " r.reviewer, r.status, r.version, r.document, r.filed_utc, r.first_drg, r.second_drg, r.final_drg, r.seen_utc,"
    " coalesce(CASE WHEN p.data_set IN ('abstract', '') THEN e.account END, c.number, e.account), t.id, t.mrn,"
    " t.last_name || ',' || t.first_name, p.drawn_utc, r.reason FROM reviewed_record r"
    " JOIN review_plan p ON p.id = r.plan_id"
    " LEFT JOIN data_case c ON c.id = r.case_id LEFT JOIN encounter e ON e.id = r.encounter_id"
    " JOIN patient t ON t.id = coalesce(c.patient_id, e.patient_id)"
)


def get(number: str) -> Reviewed | None:
    """The reviewed record with this number."""
    row = database.execute_sql(f"{_RECORDS} WHERE r.number = ?", (number.strip().zfill(6),)).fetchone()
    return Reviewed(*row) if row else None


def waiting(
    user: str, statuses: Sequence[str], after: int | None = None, limit: int = 50, *, plan_number: str = ""
) -> list[Reviewed]:
    """Records that wait for somebody else than ``user``'s own work to be reviewed, oldest first.

    What the user filed, what somebody else has in hand and what was drawn from the user's work is left out.
    """
    rows = database.execute_sql(
        f"{_RECORDS} WHERE r.status IN ({', '.join('?' * len(statuses))}) AND r.id > ? AND r.person <> ?"
        " AND r.reviewer IN ('', ?)"
        + (" AND p.number = ?" if plan_number else "")
        + " ORDER BY r.id LIMIT ?",
        (*statuses, after or 0, user, user, *((plan_number,) if plan_number else ()), limit),
    )
    return [Reviewed(*row) for row in rows]


def of_plan(plan_id: int, after: int | None = None, limit: int = 50) -> list[Reviewed]:
    """The whole sample of a plan in the order of its draw."""
    rows = database.execute_sql(
        f"{_RECORDS} WHERE r.plan_id = ? AND r.id > ? ORDER BY r.id LIMIT ?", (plan_id, after or 0, limit)
    )
    return [Reviewed(*row) for row in rows]


def to_settle(user: str, after: int | None = None, limit: int = 50) -> list[Reviewed]:
    """Compared records with differences that wait for a third decision, which neither of the two can take."""
    rows = database.execute_sql(
        f"{_RECORDS} WHERE r.status = 'compared' AND r.id > ? AND r.person <> ? AND r.reviewer <> ?"
        " ORDER BY r.id LIMIT ?",
        (after or 0, user, user, limit),
    )
    return [Reviewed(*row) for row in rows]


def feedback(person: str, after: int | None = None, limit: int = 50) -> list[Reviewed]:
    """What others found in one's own records, the last first."""
    rows = database.execute_sql(
        f"{_RECORDS} WHERE r.person = ? AND r.status IN ('compared', 'settled') AND r.id < ?"
        " ORDER BY r.id DESC LIMIT ?",
        (person, after or 2**62, limit),
    )
    return [Reviewed(*row) for row in rows]


def filers(case_id: int) -> set[str]:
    """Everybody who ever filed a record: none of them reviews it."""
    rows = database.execute_sql("SELECT DISTINCT filed_by FROM case_revision WHERE case_id = ?", (case_id,))
    return {by for (by,) in rows}


def first_of(reviewed: Reviewed) -> dict[str, str]:
    """The filing under review, as it was when it was drawn."""
    row = database.execute_sql(
        "SELECT document FROM case_revision WHERE case_id = ? AND revision = ?",
        (reviewed.case_id, reviewed.revision),
    ).fetchone()
    return without(json.loads(row[0]))


def amended_since(reviewed: Reviewed) -> bool:
    """Whether the record was filed again after it was drawn."""
    row = database.execute_sql("SELECT revision FROM data_case WHERE id = ?", (reviewed.case_id,)).fetchone()
    return bool(row and row[0] > reviewed.revision)


def differences(reviewed_id: int) -> list[Differing]:
    """Where the two differ, in the order of the form."""
    rows = database.execute_sql(
        "SELECT id, reviewed_id, item, first, second, first_row, second_row, category, decision, comment, by"
        " FROM review_difference WHERE reviewed_id = ? ORDER BY id",
        (reviewed_id,),
    )
    return [
        Differing(id_, of, Difference(item, first, second, category, one, other), category, *settled)
        for id_, of, item, first, second, one, other, category, *settled in rows
    ]


def answers(reviewed_id: int) -> dict[str, str]:
    """The answers of a worksheet by element: Y, N or NA."""
    rows = database.execute_sql(
        "SELECT element, answer FROM review_answer WHERE reviewed_id = ? ORDER BY id", (reviewed_id,)
    )
    return dict(rows.fetchall())


# The site's tables


def categories(day: str = "") -> dict[str, Category]:
    """The kinds of disagreement in force on a day."""
    table = _table("review_categories")
    return {
        row.code: Category(
            row.code, row.text, row.more.get("counts") is not False, row.more.get("codes") is not False
        )
        for row in table.on(day or _today())
    }


def matchings(data_set: str, day: str = "") -> dict[str, Matching]:
    """How rows of a data set's groups find each other."""
    found = {}
    for row in _table("review_matching").on(day or _today()):
        of, _, group = row.code.partition(".")
        if of == data_set:
            columns, indicator = listed(row.more.get("columns")), row.more.get("indicator", "")
            found[group] = Matching(columns, row.more.get("principal") is True, str(indicator))
    return found


def elements(reviewed: Reviewed) -> list[TableRow]:
    """What a worksheet asks: the elements for its kind of record that were in force when it was drawn."""
    day = moment_at(reviewed.drawn_utc, store.current().zone).local[:10]
    return [
        row
        for row in _table("review_elements").on(day)
        if row.more.get("records", "both") in ("both", reviewed.kind)
    ]


def floors(day: str = "") -> dict[str, int]:
    """The rates in percent that reviews should reach, by measure."""
    rows = _table("review_floors").on(day or _today())
    return {row.code: percent for row in rows if isinstance(percent := row.more.get("percent"), int)}


def _table(id_: str) -> CodeTable:
    return library(store.current().directory / "site").tables[id_]


def _today() -> str:
    return store.current().now().local[:10]


# Comparing and rating


def dictionary_of(data_set: str, version: str = "") -> Dictionary:
    """A data set in one version, or in the newest where that is not here any more."""
    made = library(store.current().directory / "site")
    try:
        return made.version(data_set, version) if version else made.of(data_set)
    except LookupError:
        return made.of(data_set)


def compared(reviewed: Reviewed, second: Mapping[str, str]) -> Compared:
    """The filing under review beside a second abstraction."""
    dictionary = dictionary_of(reviewed.data_set, reviewed.version)
    return reviews.compare(dictionary, first_of(reviewed), second, matchings(reviewed.data_set))


def drg_of(data_set: str, record: Mapping[str, str]) -> str:
    """The MS-DRG of an abstract; blank for other data sets, and where it does not group."""
    if data_set != ABSTRACT or not record.get("diagnoses[1].code"):
        return ""
    return drg.group(claims()(record)).drg


def kinds(data_set: str) -> Kinds:
    """What the items of a data set are to the rates."""
    return reviews.kinds(dictionary_of(data_set), matchings(data_set), categories())


def outcomes(
    data_set: str, first_day: int, last_day: int, *, plan_number: str = "", person: str = ""
) -> tuple[list[Outcome], int]:
    """Settled reviews that were filed in a period, and how many compared ones still wait for a decision."""
    rows = database.execute_sql(
        f"{_RECORDS} WHERE p.kind = 'blind' AND p.data_set = ? AND r.filed_utc >= ? AND r.filed_utc < ?"
        " AND r.status IN ('settled', 'compared')"
        + (" AND p.number = ?" if plan_number else "")
        + (" AND r.person = ?" if person else "")
        + " ORDER BY r.id",
        (
            data_set, _midnight(first_day), _midnight(last_day + 1), *((plan_number.zfill(6),) if plan_number else ()),
            *((person,) if person else ()),
        ),
    )  # fmt: skip
    found, open_ = [], 0
    for row in rows:
        each = Reviewed(*row)
        if each.status == COMPARED:
            open_ += 1
            continue
        settled = tuple(
            Decided(d.difference.item, d.category, Decision(d.decision))
            for d in differences(each.id)
            if d.decision
        )
        pairs = compared(each, each.second).pairs
        drgs = each.first_drg, each.final_drg
        found.append(Outcome(each.person, pairs, settled, *drgs, each.number, each.subject))
    return found, open_


def drg_changes(found: Iterable[Outcome], user: str) -> list[DrgChange]:
    """The records whose DRG did not hold, with the weights in force on discharge.

    Those that ``user`` has in hand for another blind review are left out.
    """
    changed = [each for each in found if each.first_drg != each.final_drg]
    left = _discharges([each.subject for each in changed])
    held = blind.accounts_in_hand(user)
    with code_sets.opened() as codes:

        def weight(drg: str, day: int | None) -> Decimal | None:
            known = codes.weights(drg, date.fromordinal(day)) if codes and drg and day else None
            return known.weight if known else None

        made = []
        for each in changed:
            encounter_id, day = left.get(each.subject, (0, None))
            drgs = each.first_drg, each.final_drg
            if encounter_id not in held:
                weights = [weight(drg, day) for drg in drgs]
                made.append(DrgChange(each.number, each.subject, each.person, *drgs, *weights))
        return made


def _discharges(accounts: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """The encounters of accounts with their days of discharge."""
    found: dict[str, tuple[int, int | None]] = {}
    for start in range(0, len(accounts), 500):
        some = accounts[start : start + 500]
        sql = f"SELECT account, id, discharge_day FROM encounter WHERE account IN ({', '.join('?' * len(some))})"
        found |= {account: (id_, day) for account, id_, day in database.execute_sql(sql, some)}
    return found


def _midnight(day: int) -> int:
    return moment(f"{iso_date(day)}T00:00", store.current().zone).utc


def stay_of(reviewed: Reviewed) -> Encounter | None:
    """The account that a record is about, if it is about one."""
    return encounters.get(reviewed.encounter_id) if reviewed.encounter_id else None


def about(reviewed: Reviewed) -> str:
    """Who a reviewed record is about, for a heading."""
    who = patients.get(reviewed.patient_id)
    return clean(f"{who['mrn']}  {who['name']}  {reviewed.subject}")
