"""Whatever shows or changes a record leaves its row: who, when, where from, what, before and after, outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from db import acts, drafts, locks, store
from db.access import sensitive, sign_on, users
from db.actors import PERMITTED, Action, Actor, Role
from db.acts import Conflict, NotPermitted
from db.connect import database
from db.disclosure import disclosures, requests
from db.disclosure.disclosures import NewRelease
from db.hospital import site
from db.patient_index import patients
from db.registry import cases
from db.trail import audit_copy, unusual
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.screens.conftest import ACCOUNT, MRN, REQUEST, House
from tests.screens.test_every_screen import WORDS, the_key
from tests.tui.conftest import Workstation

REVIEWED = True  # reviews are under way in the small hospital
COLUMNS = (
    "seq", "at_utc", "user", "roles", "where_from", "session", "action", "kind", "record", "patient_id",
    "outcome", "detail",
)  # fmt: skip

# What opening each screen logs; blank where no record of a patient is shown.
SHOWS = {
    "ABQ": "view abstract", "ABS": "view abstract", "OVR": "view abstract", "CDG": "view abstract", "HAB": "",
    "ACC": "view encounter",
    "ACD": "view accounting", "ADM": "view census",
    "DOC": "view encounter", "DCF": "view encounter", "SUP": "view encounter", "ERL": "view abstract",
    "ERC": "view encounter", "SNT": "", "SNE": "", "MIS": "",
    "ALR": "review alert", "ALV": "review alert", "AUD": "", "CEN": "", "CHT": "view patient",
    "CNF": "view abstract", "COD": "", "TRE": "", "IDX": "", "PCT": "", "PCD": "", "HCP": "",
    "COR": "view accounting", "DESK": "", "DIS": "view hold queue", "DRF": "", "DSC": "view census",
    "DTH": "view census", "HIS": "view patient", "HLD": "view hold queue", "HLM": "view hold queue",
    "INP": "view census", "ME": "", "MOV": "view encounter", "NOT": "", "PAT": "find patient",
    "PGE": "run report",
    "PTA": "view patient",
    "PWD": "", "REL": "view request", "REN": "view patient", "REP": "", "RLS": "view accounting",
    "ROI": "view request", "RQH": "view request", "RQL": "view request", "RUN": "",
    "RPC": "", "RPE": "", "RPV": "", "RPW": "", "SAW": "view audit",
    "SEN": "mark sensitive", "SFL": "", "SFR": "", "SITE": "", "STP": "view request", "SUS": "view accounting",
    "RVA": "view abstract", "RVC": "view abstract", "RVD": "view registry", "RVF": "view review",
    "RVL": "view review",
    "RVN": "", "RVP": "view review", "RVS": "view review", "RVW": "view review",
    "FAC": "view encounter", "SUM": "view abstract", "LBL": "view patient", "OUT": "",
    "TOUR": "", "TRA": "view registry", "TRL": "view registry", "TRN": "view census", "UNU": "view audit",
    "OPC": "view abstract", "OFC": "view abstract", "LTC": "view abstract", "IRF": "view abstract",
    "VIS": "view abstract",
    "ADF": "view abstract", "ADL": "view abstract", "CMP": "view abstract", "HYP": "", "WIF": "view abstract",
    "DFF": "view abstract", "RLA": "view abstract", "RTN": "view abstract", "TRX": "transmit abstract",
    "TXA": "transmit abstract",
    "DUP": "review duplicate", "FIL": "view patient", "IDN": "view patient", "MRG": "view patient",
    "MRL": "view patient", "OVL": "review duplicate", "OVU": "view patient", "REG": "", "UNM": "view patient",
    "QRE": "view query", "QRF": "view query", "QRH": "view query", "QRL": "view query", "QRS": "view query",
    "QRT": "", "QRY": "view abstract", "QTE": "",
    "WKF": "", "WKH": "view encounter", "WKN": "view encounter", "DNF": "", "PRD": "",
    "CLO": "", "CLM": "", "RMK": "", "RMH": "", "SCH": "", "SCE": "", "SCR": "",
    "WHO": "view audit", "WHY": "", "WRC": "view encounter", "WRK": "view encounter",
}  # fmt: skip


def rows_after(seq: int) -> list[dict[str, object]]:
    found = database.execute_sql(f"SELECT {', '.join(COLUMNS)} FROM audit WHERE seq > ? ORDER BY seq", (seq,))
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def last_seq() -> int:
    return int(database.execute_sql("SELECT max(seq) FROM audit").fetchone()[0])


class TestScreens:
    def test_every_screen_is_decided(self) -> None:
        assert set(WORDS) == set(SHOWS)

    @pytest.mark.parametrize("word", [word for word, action in SHOWS.items() if action])
    def test_opening_leaves_a_row_before_anything_is_shown(
        self, desk: Workstation, house: House, word: str
    ) -> None:
        before = last_seq()
        desk.press("ctrl+o", f"={word} {the_key(word, house)}".strip(), "enter")
        row = next(each for each in rows_after(before) if each["action"] == SHOWS[word])
        assert (row["user"], row["where_from"], row["outcome"]) == (ADMIN, "test", "done")
        assert row["session"]
        assert row["at_utc"]


@pytest.fixture
def house_actor(house: House) -> Actor:
    return sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE, where_from="10.0.0.5").actor


def request_number(actor: Actor) -> str:
    return requests.file_request(actor, patients.by_mrn(MRN), REQUEST)


def release(actor: Actor) -> None:
    number = request_number(actor)
    requests.step(actor, number, "APPROVE", requests.read(number).version)
    new = NewRelease(
        "2026-11-16T10:00", "SMITH AND SMITH", "1 MAIN ST", "RECORDS", "ABSTRACT", "LEGAL", "AUTH", "PAPER", 3
    )
    disclosures.release(actor, number, new, requests.read(number).version, complete=False)


def file_trauma(actor: Actor) -> None:
    from config.data_sets import library

    cases.file_case(
        actor, Action.FILE_REGISTRY, library().of("trauma"), {"mrn": MRN, "account": ACCOUNT}, before=None,
        patient_id=patients.by_mrn(MRN), status=cases.OPEN,
    )  # fmt: skip


def amend(actor: Actor) -> None:
    patient = patients.get(patients.by_mrn(MRN))
    patients.file(actor, {"mrn": MRN, "last_name": "MULLER"}, int(patient["version"]))


# An act of the store that each action's row is looked for after; the screens are walked above.
DEEDS: dict[Action, Callable[[Actor], object]] = {
    Action.SIGN_ON: lambda actor: sign_on.with_passphrase(store.current().directory, ADMIN, PASSPHRASE),
    Action.AMEND_PATIENT: amend,
    Action.FILE_REGISTRY: file_trauma,
    Action.FILE_REQUEST: request_number,
    Action.RELEASE_INFORMATION: release,
    Action.AMEND_SITE_FILE: lambda actor: site.file(
        actor, "unit", "9W", {"name": "Nine West", "type": "MED"}, 0
    ),
    Action.ADMINISTER_USERS: lambda actor: users.add_user(
        actor, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP
    ),
    Action.ADMINISTER_KEYS: lambda actor: audit_copy.set_anchor_copy(actor, None),
    Action.MARK_SENSITIVE: lambda actor: sensitive.mark(actor, patients.by_mrn(MRN), "vip", "is the mayor"),
    Action.OPEN_SENSITIVE: lambda actor: sensitive.open_with_reason(
        actor, patients.by_mrn(MRN), "for coding"
    ),
    Action.TAKE_OVER: lambda actor: locks.take_over(actor, "abstract", ACCOUNT, "went home"),
    Action.VIEW_AUDIT: lambda actor: unusual.unusual(actor, 7),
}


class TestDeeds:
    @pytest.mark.parametrize("action", sorted(DEEDS))
    def test_leave_a_row_with_every_element(self, house_actor: Actor, action: Action) -> None:
        before = last_seq()
        DEEDS[action](house_actor)
        row = next(each for each in rows_after(before) if each["action"] == action)
        assert (row["user"], row["outcome"]) == (ADMIN, "done")
        assert "administrator" in str(row["roles"])

    def test_a_change_has_what_was_and_what_is(self, house_actor: Actor) -> None:
        before = last_seq()
        amend(house_actor)
        row = rows_after(before)[0]
        detail = json.loads(str(row["detail"]))
        assert (row["record"], row["patient_id"], row["where_from"]) == (
            MRN,
            patients.by_mrn(MRN),
            "10.0.0.5",
        )
        assert (detail["before"]["last_name"], detail["after"]["last_name"]) == ("MILLER", "MULLER")

    def test_what_was_refused_is_a_failed_row_with_the_sentence(self, house_actor: Actor) -> None:
        before = last_seq()
        with pytest.raises(Conflict):
            patients.file(house_actor, {"mrn": MRN, "last_name": "MULLER"}, 99)
        row = rows_after(before)[0]
        assert (row["action"], row["outcome"]) == ("amend patient", "failed")
        assert "changed by somebody else" in json.loads(str(row["detail"]))["why"]
        assert patients.get(patients.by_mrn(MRN))["last_name"] == "MILLER"

    def test_drafts_are_no_acts(self, house_actor: Actor) -> None:
        before = last_seq()
        drafts.save(house_actor, ("PTA", MRN), {"last_name": "M"}, "last_name", "1")
        assert rows_after(before) == []


class TestPermissions:
    """The table is total, and what it says is what happens: for every action and every role."""

    def test_every_action_has_its_roles_and_every_role_an_action(self) -> None:
        assert set(PERMITTED) == set(Action)
        assert all(PERMITTED.values())
        assert {role for roles in PERMITTED.values() for role in roles} == set(Role)

    @pytest.mark.parametrize("action", list(Action))
    def test_permits_just_whom_the_table_names_and_logs_both(self, admin: Actor, action: Action) -> None:
        for role in Role:
            actor = Actor(7, "somebody", frozenset({role}), "10.0.0.5", "beef")
            before = last_seq()
            if role in PERMITTED[action]:
                with acts.act(actor, action, kind="thing", record="1"):
                    pass
                outcome = "done"
            else:
                with pytest.raises(NotPermitted), acts.act(actor, action, kind="thing", record="1"):
                    pytest.fail("the act was begun")
                outcome = "denied"
            assert [
                (row["action"], row["user"], row["roles"], row["outcome"]) for row in rows_after(before)
            ] == [(action, "somebody", role, outcome)]

    def test_nobody_without_a_role_does_anything(self, admin: Actor) -> None:
        for action in Action:
            with pytest.raises(NotPermitted):
                acts.permit(Actor(7, "somebody", frozenset()), action)


# Functions of db/ that take an actor and begin no act, and why none is missing there.
SILENT = {
    "work.count": "figures", "counts.mine": "figures", "work.next_of": "a place in the list that open_list logs",
    "work.find_name": "a place in the list that open_list logs",
    "work.find_number": "a place in the list that open_list logs",
    "work.page": "the list that open_list logs", "work.place": "a place in the list that open_list logs",
    "work_acts.assign": "begins its act in _on", "work_acts.give_back": "begins its act in _on",
    "work_acts.hold": "begins its act in _on", "work_acts.note": "begins its act in _on",
    "work_acts.presets": "a person's own filters", "work_acts.release_hold": "begins its act in _on",
    "queries.page": "the list that open_list logs", "query_acts.keep": "begins its act in _raising",
    "queries.open_query": "views through see", "query_acts.send": "begins its act in _raising",
    "work_acts.take": "begins its act in _on", "work_times.note": "the minutes of a filing, which has its row",
    "abstract_returns.send_back": "inside the act of the answer or return",
    "transmissions.add": "inside the batch, whose acts begin and close it",
    "transmissions.fail": "inside the batch, whose acts begin and close it",
    "documents.amend": "begins its act in _on", "documents.mark": "begins its act in _on",
    "documents.void": "begins its act in _on",
    "disclosure_law.check_entitlement": "decides inside the act of the release",
    "drafts.discard": "a draft is no record", "drafts.load": "a draft is no record",
    "drafts.save": "a draft is no record", "drafts.waiting": "a draft is no record",
    "working.void_working": "begins its act in cases.void_case",
    "visits.void_visit": "begins its act in cases.void_case",
    "hypothetical.kept": "a person's own, of no chart", "hypothetical.names": "a person's own, of no chart",
    "habits.of": "how the workstation behaves for oneself", "presets.names": "a person's own presets",
    "presets.kept": "a person's own presets",
    "presets.of": "a person's own presets", "intake.open_batch": "inside the act of the import",
    "intake.disagreements": "views through _viewed_list", "intake.held_messages": "views through _viewed_list",
    "locks.keep": "a lock is no record", "locks.release": "a lock is no record",
    "locks.take": "a lock is no record",
    "privacy.patient_on": "whom a print shows; the print has its row",
    "registries.check_role": "a look at the roles alone", "registries.file": "files through cases.file_case",
    "saved.listing": "what reports ask, no record", "saved.may_change": "a look at owner and roles",
    "saved.of": "what a report asks, no record", "saved.opened": "permits through sets.open_set",
    "saved.versions": "what a report asks, no record",
    "sets.left_out": "one's own reviews", "sets.visible": "a look at the roles alone",
    "second_factor.begin": "shows a new secret; confirming it is the act",
    "sign_on.confirm": "a failure stands in signon.log, which the next sign-on folds in",
    "sign_on.off": "adds its row itself",
    "search_misses.note": "what was typed for a code, and no record of a patient",
}  # fmt: skip


class TestEveryPublicAct:
    def test_begins_an_act_or_is_named_here(self) -> None:
        silent = [
            f"{path.stem}.{name}"
            for path in sorted((Path(__file__).parents[2] / "db").rglob("*.py"))
            for name, body in functions_with_an_actor(path)
            if path.stem != "acts" and not re.search(r"\b(act|viewed|permit)\(", body)
        ]
        assert set(silent) == set(SILENT)


def functions_with_an_actor(path: Path) -> list[tuple[str, str]]:
    """Public functions whose first argument is ``actor``, with their text."""
    import ast

    text = path.read_text()
    return [
        (node.name, ast.get_source_segment(text, node) or "")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and node.args.args
        and node.args.args[0].arg == "actor"
    ]
