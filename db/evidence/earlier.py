"""The codes of a patient's other encounters, newest first. Each look is a row of the audit trail.

What the reader has in hand for a blind review is withheld; a sensitive chart asks for a reason before (db.acts).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import database
from db.hospital import encounters
from db.worklist import blind
from rules.codes import System
from rules.earlier_codes import EarlierCode, EarlierStay
from rules.moments import iso_date

MOST: Final = 500  # encounters that are looked at
_STAYS: Final = (
    "SELECT e.id, e.account, e.class, coalesce(e.discharge_day, e.admit_day, e.arrived_day, 0), coalesce(u.code, ''),"
    " coalesce(nullif(d.name, ''), d.code, ''), e.drg FROM encounter e"
    " LEFT JOIN unit u ON u.id = e.unit_id"
    " LEFT JOIN division d ON d.id = u.division_id"
    " WHERE e.patient_id = ? AND e.state = 'active' AND e.id <> ? ORDER BY 4 DESC, e.id DESC LIMIT ?"
)
_ROLES: Final = ("dx", "external", "px", "admitting")
_VISIT: Final = "c.data_set IN ('visit', 'office') AND c.void_utc IS NULL"


def open_earlier(actor: Actor, encounter_id: int) -> list[EarlierStay]:
    """The other encounters of an account's patient that have codes, newest first, to be shown.

    Raises ``KeyError``, ``NotPermitted``, ``ReasonNeeded``.
    """
    here = encounters.get(encounter_id)
    rows = database.execute_sql(_STAYS, (here.patient_id, encounter_id, MOST)).fetchall()
    held = blind.accounts_in_hand(actor.user)
    shown = [row[0] for row in rows if row[0] not in held]
    codes = _codes(shown)
    found = [
        _stay(row, codes.get(row[0], []), blind.WITHHELD if row[0] in held else "")
        for row in rows
        if row[0] in held or codes.get(row[0])
    ]
    viewed(
        actor, Action.VIEW_ABSTRACT, kind="patient", record=here.mrn, patient_id=here.patient_id,
        detail={"earlier codes for": here.account, "accounts": [each.account for each in found if not each.withheld]},
    )  # fmt: skip
    return found


def _stay(row: tuple[Any, ...], codes: list[EarlierCode], withheld: str) -> EarlierStay:
    id_, account, class_, day, unit, division, drg = row
    place = f"{division or store.current().facility} {unit}".strip()
    return EarlierStay(
        id_,
        account,
        class_,
        iso_date(day) if day else "",
        place,
        "" if withheld else drg,
        tuple(codes),
        withheld,
    )


def _codes(ids: Iterable[int]) -> dict[int, list[EarlierCode]]:
    """The codes of encounters: those of the abstract, or of a visit's coding, else those that came with the visit."""
    chosen = tuple(ids)
    marks = ", ".join("?" * len(chosen))
    found: dict[int, list[EarlierCode]] = {}
    for id_, role, seq, code, poa in database.execute_sql(
        f"SELECT encounter_id, role, seq, code, poa FROM diagnosis WHERE encounter_id IN ({marks})"
        " UNION ALL SELECT encounter_id, 'dx', seq, code, '' FROM encounter_diagnosis e"
        f" WHERE encounter_id IN ({marks}) AND encounter_id NOT IN (SELECT encounter_id FROM abstract)"
        " AND NOT EXISTS (SELECT 1 FROM data_case c"
        f" WHERE c.encounter_id = e.encounter_id AND {_VISIT})"
        " UNION ALL SELECT c.encounter_id, 'dx', i.seq, i.text, '' FROM data_case c CROSS JOIN case_item i"
        f" ON i.case_id = c.id AND i.item = 'diagnoses.code' WHERE c.encounter_id IN ({marks}) AND {_VISIT}",
        chosen * 3,
    ):
        found.setdefault(id_, []).append(EarlierCode(System.CM, code, role, seq, poa))
    for id_, seq, code, day in database.execute_sql(
        f"SELECT encounter_id, seq, code, performed_day FROM procedure WHERE encounter_id IN ({marks})",
        chosen,
    ):
        found.setdefault(id_, []).append(
            EarlierCode(System.PCS, code, "px", seq, day=iso_date(day) if day else "")
        )
    return {
        id_: sorted(codes, key=lambda each: (_ROLES.index(each.role), each.seq))
        for id_, codes in found.items()
    }
