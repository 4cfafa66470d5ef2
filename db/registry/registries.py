"""Registries: data sets whose records stand for themselves. Who may keep one, what a new record has from elsewhere,
and the discharged accounts that may be cases of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from db.abstracting import abstracts
from db.actors import Action, Actor, Role
from db.acts import Conflict, NotPermitted, act, permit, viewed
from db.connect import StoreError, database
from db.hospital import encounters
from db.hospital.encounters import Encounter
from db.patient_index import patients
from db.registry import cases
from db.registry.cases import COMPLETE, OPEN, Case
from db.schema.registries import NotACase
from db.worklist import blind
from rules.dictionary import CaseFinding, Dictionary, Record, is_null
from rules.findings import Finding, Level
from rules.moments import day_number
from rules.tables import Tables

PARTS: Final = {"date": slice(0, 10), "time": slice(11, 16), "at": slice(0, 16)}
BEYOND: Final = "~"  # sorts after every character of a code


def check_role(actor: Actor, dictionary: Dictionary) -> None:
    """Raise ``NotPermitted`` when the registry is kept by other roles than the actor's."""
    roles = dictionary.registry.roles if dictionary.registry else ()
    if roles and not {str(role) for role in actor.roles} & {*roles, "service"}:
        raise NotPermitted(f"{actor.user} may not work in {dictionary.title}: it is for {', '.join(roles)}.")


def view_action(data_set: str) -> Action:
    """The permission that seeing a record of the data set takes."""
    return {
        abstracts.DATA_SET: Action.VIEW_ABSTRACT, "working": Action.VIEW_ABSTRACT, "disclosure": Action.VIEW_REQUEST,
        **dict.fromkeys(("visit", "office", "nursing", "rehab"), Action.VIEW_ABSTRACT),
    }.get(data_set, Action.VIEW_REGISTRY)  # fmt: skip


def check_view(actor: Actor, dictionary: Dictionary) -> None:
    """Raise ``NotPermitted`` unless the actor may see the records of a data set, or runs a batch over them."""
    if Role.SERVICE not in actor.roles:
        permit(actor, view_action(dictionary.id), kind=dictionary.id)
    check_role(actor, dictionary)


# What a new record has from elsewhere


def known(
    dictionary: Dictionary, tables: Tables, patient_id: int, stay: Encounter | None, *, carry: bool = True
) -> dict[str, str]:
    """What registration, the account, its abstract and the patient's record before say, by item of ``fill``.

    Without ``carry`` the patient's records in the registry itself say nothing.
    """
    found = _carried(dictionary, patient_id) if carry else {}
    who, abstract = (
        patients.get(patient_id),
        cases.by_encounter(abstracts.DATA_SET, stay.id) if stay else None,
    )
    for id_, item in dictionary.by_id.items():
        place, _, name = item.fill.partition(".")
        value = ""
        if place == "patient":
            value = as_coded(tables, item.table, name, who.get(name, ""))
        elif place == "account" and stay is not None:
            value = _of_account(stay, name)
        elif place == "abstract" and abstract is not None:
            value = abstract.record.get(name, "")
        if value and not is_null(value):
            found[id_] = value
    return found


def _carried(dictionary: Dictionary, patient_id: int) -> dict[str, str]:
    """What the patient's record before holds of the items that carry."""
    names = [id_ for id_, item in dictionary.by_id.items() if item.carry_patient]
    before = cases.last_of_patient(dictionary.id, patient_id) if names else None
    return {name: before.record[name] for name in names if name in before.record} if before else {}


def _of_account(stay: Encounter, name: str) -> str:
    """``arrived_date`` and such; the admission stands for an arrival that is not known."""
    stem, _, part = name.rpartition("_")
    if part in PARTS and stem in ("arrived", "admitted", "discharged"):
        moment = getattr(stay, f"{stem}_at") or (stay.admitted_at if stem == "arrived" else "")
        return str(moment)[PARTS[part]]
    return str(getattr(stay, name, "") or "")


def as_coded(tables: Tables, table: str, name: str, value: str) -> str:
    """A code of registration as the data set's own table has it, by its meaning; blank when it has none."""
    theirs, ours = tables.get(table), tables.get(name)
    if theirs is None or ours is None or not value or theirs is ours:
        return value
    row = ours.find(value)
    return next((each.code for each in theirs.on("") if row and each.text == row.text), "")


def about(dictionary: Dictionary, values: Record, case: Case | None) -> list[Finding]:
    """A record is about one patient and one of the accounts of that patient, and it is the only one."""
    if case is not None and case.encounter_id:
        return []
    mrn, account = values.get("mrn", ""), values.get("account", "")
    if not mrn:
        return [_fatal("G101", "Key the MRN or the account first: a record is about somebody.", "mrn")]
    patient_id = patients.by_mrn(mrn)
    if not patient_id:
        return [_fatal("G102", f"No patient has the MRN {mrn}.", "mrn")]
    encounter_id = encounters.find(account)
    if not encounter_id:
        return [_fatal("G103", f"There is no account {account}.", "account")] if account else []
    if encounters.get(encounter_id).patient_id != patient_id:
        return [_fatal("G104", "The account belongs to another patient than the MRN.", "account")]
    other = cases.by_encounter(dictionary.id, encounter_id)
    if other and (case is None or other.id != case.id):
        said = f"{dictionary.word} {other.number} is about this account already."
        return [_fatal("G105", said, "account")]
    return []


def _fatal(code: str, message: str, field: str) -> Finding:
    return Finding(Level.FATAL, code, message, field)


def file(
    actor: Actor, dictionary: Dictionary, values: Record, standing: Sequence[Finding], *, before: Case | None,
    reason: str = "",
) -> Case:  # fmt: skip
    """File a record: complete when no error stands against it, else open. Raises ``Conflict``, ``NotPermitted``."""
    check_role(actor, dictionary)
    wrong = any(finding.level in (Level.FATAL, Level.ERROR) for finding in standing)
    return cases.file_case(
        actor, Action.FILE_REGISTRY, dictionary, values, before=before, patient_id=patients.by_mrn(values["mrn"]),
        encounter_id=encounters.find(values.get("account", "")) or None, status=OPEN if wrong else COMPLETE,
        reason=reason,
    )  # fmt: skip


# Case finding


@dataclass(frozen=True, slots=True)
class Suspect:
    """A discharged account that may be a case: what found it, and why it is none, where somebody said so."""

    encounter_id: int
    discharge_day: int
    account: str
    mrn: str
    patient_name: str
    codes: str
    reason: str = ""
    by: str = ""

    @property
    def key(self) -> tuple[int, int]:
        return (self.discharge_day, self.encounter_id)


_DISMISSED: Final = (
    "LEFT JOIN not_a_case n ON n.data_set = ? AND n.encounter_id = e.id AND n.revoked_utc IS NULL"
)
_UNSETTLED: Final = (
    "e.discharge_day IS NOT NULL AND e.state = 'active' AND e.merged_into_id IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM data_case c WHERE c.data_set = ? AND c.encounter_id = e.id AND c.void_utc IS NULL)"
)


def suspects(
    dictionary: Dictionary, after: tuple[int, int] | None = None, limit: int = 50, *, dismissed: bool = False,
    user: str = "",
) -> list[Suspect]:  # fmt: skip
    """Accounts that may be cases and have no record, oldest discharge first; or those said to be none.

    The codes of an abstract that ``user`` has in hand for a blind review are withheld.
    """
    finding = _finding(dictionary)
    coded, values = _coded(finding)
    rows = database.execute_sql(
        "SELECT e.id, e.discharge_day, e.account, p.mrn, p.last_name || ',' || p.first_name,"
        f" coalesce(n.reason, ''), coalesce(n.by, '') FROM encounter e {_DISMISSED}"
        f" JOIN patient p ON p.id = e.patient_id WHERE e.id IN (SELECT encounter_id FROM ({coded}))"
        f" AND {_UNSETTLED} AND (e.discharge_day, e.id) > (?, ?) AND e.discharge_day >= ?"
        f" AND n.id IS {'NOT' * dismissed} NULL ORDER BY e.discharge_day, e.id LIMIT ?",
        (dictionary.id, *values, dictionary.id, *(after or (-1, -1)), _first_day(finding), limit),
    ).fetchall()
    codes = _codes_of(finding, [row[0] for row in rows])
    codes |= dict.fromkeys(codes.keys() & blind.accounts_in_hand(user).keys(), blind.WITHHELD)
    return [
        Suspect(id_, day, account, mrn, name, codes[id_], reason, by)
        for id_, day, account, mrn, name, reason, by in rows
    ]


def _codes_of(finding: CaseFinding, encounters_found: Sequence[int]) -> dict[int, str]:
    """The codes that brought accounts up, in their order."""
    coded, values = _coded(finding)
    marks = ", ".join("?" * len(encounters_found))
    rows = database.execute_sql(
        f"SELECT encounter_id, code FROM ({coded}) WHERE encounter_id IN ({marks}) ORDER BY seq",
        (*values, *encounters_found),
    )
    codes: dict[int, dict[str, None]] = {}
    for encounter_id, code in rows:
        codes.setdefault(encounter_id, {})[code] = None
    return {encounter_id: " ".join(found) for encounter_id, found in codes.items()}


def suspects_count(dictionary: Dictionary) -> int:
    """How many accounts wait to be looked at."""
    finding = _finding(dictionary)
    coded, values = _coded(finding)
    row = database.execute_sql(
        f"SELECT count(*) FROM encounter e {_DISMISSED} WHERE e.id IN (SELECT encounter_id FROM ({coded}))"
        f" AND {_UNSETTLED} AND e.discharge_day >= ? AND n.id IS NULL",
        (dictionary.id, *values, dictionary.id, _first_day(finding)),
    ).fetchone()
    return int(row[0])


def not_a_case(actor: Actor, dictionary: Dictionary, account: str, reason: str) -> None:
    """Remember that an account is no case: one audited act. Raises ``StoreError`` without a reason."""
    check_role(actor, dictionary)
    if not reason.strip():
        raise StoreError("Say why it is no case: the reason stays with the account.")
    stay = encounters.get(encounters.find(account))
    with act(
        actor, Action.FILE_REGISTRY, kind=dictionary.id, record=account, patient_id=stay.patient_id
    ) as done:
        if cases.by_encounter(dictionary.id, stay.id) is not None:
            raise Conflict(f"Account {account} has a record in this registry: take that out of use first.")
        if _said(dictionary, stay.id) is not None:
            raise Conflict(f"Somebody has said already that account {account} is no case.")
        NotACase.add({
            "data_set": dictionary.id, "encounter_id": stay.id, "reason": reason.strip(), "at_utc": int(time.time()),
            "by": actor.user,
        })  # fmt: skip
        done.detail["not a case"] = reason.strip()


def a_case_after_all(actor: Actor, dictionary: Dictionary, account: str) -> None:
    """Take back that an account is no case: it waits again."""
    check_role(actor, dictionary)
    stay = encounters.get(encounters.find(account))
    with act(
        actor, Action.FILE_REGISTRY, kind=dictionary.id, record=account, patient_id=stay.patient_id
    ) as done:
        said = _said(dictionary, stay.id)
        if said is None:
            raise Conflict(f"Nobody has said that account {account} is no case.")
        NotACase.change(said, {"revoked_utc": int(time.time()), "revoked_by": actor.user})
        done.detail["not a case"] = "taken back"


def view_suspects(actor: Actor, dictionary: Dictionary, count: int) -> None:
    """Log that the list is about to be shown."""
    check_role(actor, dictionary)
    detail = {"count": count, "list": "case finding"}
    viewed(actor, Action.VIEW_REGISTRY, kind="list", record=dictionary.id, detail=detail)


def _said(dictionary: Dictionary, encounter_id: int) -> int | None:
    row = database.execute_sql(
        "SELECT id FROM not_a_case WHERE data_set = ? AND encounter_id = ? AND revoked_utc IS NULL",
        (dictionary.id, encounter_id),
    ).fetchone()
    return int(row[0]) if row else None


def _finding(dictionary: Dictionary) -> CaseFinding:
    finding = dictionary.registry.case_finding if dictionary.registry else None
    if finding is None:
        raise StoreError(f"{dictionary.title} declares no case finding.")
    return finding


def _first_day(finding: CaseFinding) -> int:
    return day_number(finding.discharged_from) if finding.discharged_from else -1


def _coded(finding: CaseFinding) -> tuple[str, tuple[str, ...]]:
    """Accounts with a code in one of the ranges: from abstracts, and from visits that have none."""
    first = " AND seq = 1" if finding.principal else ""
    parts = (  # one range at a time goes through the covering index; an OR of them would read the rows
        f"SELECT encounter_id, code, seq FROM diagnosis WHERE code BETWEEN ? AND ? AND role = 'dx'{first}",
        f"SELECT encounter_id, code, seq FROM encounter_diagnosis WHERE code BETWEEN ? AND ?{first}",
    )
    selects = [part for part in parts for _ in finding.diagnoses]
    values = tuple(bound for _ in parts for low, high in finding.diagnoses for bound in (low, high + BEYOND))
    return " UNION ALL ".join(selects), values
