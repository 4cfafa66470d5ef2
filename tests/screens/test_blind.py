"""A blind review stays blind: no screen, report or export shows the reviewer what the first person has."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.data_sets import library
from config.menu import standard_menu
from db import acts, store
from db.abstracting import abstract_check, abstract_returns, abstracts, feed_words
from db.abstracting.abstracts import Drg
from db.access import sign_on
from db.actors import Action, Actor
from db.connect import database, writing
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases, dictionaries, registries
from db.worklist import blind, review_acts
from db.worklist.blind import KeptBlind
from db.worklist.review_acts import Asked
from exchange import billing
from exchange.records_export import export_records
from reports import sheet
from reports.catalogue import find
from reports.run import produce
from rules.dictionary import Context
from rules.lifecycle import Status
from rules.moments import day_number
from rules.periods import span
from rules.queries import Indicator
from rules.reviews import Method
from tests import builders
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import POISON_ACCOUNT, POISON_MRN, House
from tests.screens.test_every_screen import the_key
from tests.screens.test_special_registry import STROKE
from tests.tui.conftest import Workstation

ACCOUNT, QUERY = "B1", "Q000002"
KEYED = {
    "diagnoses[1].code": "I2109", "diagnoses[1].poa": "Y", "diagnoses[2].code": "I6359", "diagnoses[2].poa": "Y",
    "note": "KEYEDFIRST", "disposition": "66", "payer_3": "PAYERFIRST", "receiving_facility": "SETTLEDFIRST",
}  # fmt: skip
TOLD = re.compile(
    r"I21\.?09|I63\.?59|KEYEDFIRST|PAYERFIRST|\b321\b|SETTLEDFIRST"
)  # what only the first person knows
WORDS = sorted({entry.word for entry in standard_menu().screens.values()} - {"SIGNON", "RVA"})


@pytest.fixture(scope="module")
def reviewing_template(house_template: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small hospital with an abstract of somebody else under blind review by the administrator."""
    directory = Path(
        shutil.copytree(house_template.directory, tmp_path_factory.mktemp("reviewing") / "store")
    )
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    stay = builders.a_stay(
        "2026-11-03T08:00", "2026-11-08T11:30", patient_id=patients.by_mrn(POISON_MRN), account=ACCOUNT,
        disposition="01",
    )  # fmt: skip
    opened = abstracts.read(encounters.get(stay), library().of("abstract"))
    lee = replace(actor, user="lee")
    record = dict(opened.record) | KEYED
    drg = Drg("321", "05", "44.0", 29_871)
    abstracts.file_abstract(lee, opened, library().of("abstract"), record, (), drg, expected_revision=0)
    builders.a_sent_query(
        lee, ACCOUNT, title="Findings of KEYEDFIRST", question="What do they represent? KEYEDFIRST",
        indicators=(Indicator("KEYEDFIRST", "PAYERFIRST", "2026-11-04"),),
    )  # fmt: skip
    asked = Asked("blind", "One", "abstract", method=Method.FOCUSED, named=ACCOUNT)
    plan = review_acts.plan(replace(actor, user="chief"), asked)
    assert plan == "000001"
    review_acts.open_blind(actor, "1")
    sign_on.off(actor)
    return directory


@pytest.fixture
def house(house_template: House, reviewing_template: Path, tmp_path: Path) -> House:
    return replace(house_template, directory=Path(shutil.copytree(reviewing_template, tmp_path / "store")))


@pytest.fixture
def in_hand(house: House) -> Iterator[Actor]:
    """Whoever has the blind review, signed on."""
    yield sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE).actor
    store.close_store()


def key_for(word: str, house: House) -> str:
    return (the_key(word, house) or "").replace(POISON_ACCOUNT, ACCOUNT).replace("Q000001", QUERY)


class TestTheReviewer:
    @pytest.mark.parametrize("word", WORDS)
    def test_sees_nothing_of_the_first_person_on_any_screen(
        self, house: House, desk: Workstation, word: str
    ) -> None:
        desk.press("ctrl+o", f"={word} {key_for(word, house)}".strip(), "enter")
        for key in ("f8", "right", "f8", "f10", "f8"):
            assert not TOLD.search(desk.text), desk.text
            desk.press(key)
        assert not TOLD.search(desk.text), desk.text

    def test_is_told_so_on_every_way_to_the_record(self, desk: Workstation) -> None:
        for line in (
            f"ABS {ACCOUNT}", f"OVR {ACCOUNT}", f"ABQ {ACCOUNT}", f"SUM {ACCOUNT}", f"FAC {ACCOUNT}",
            f"HIS ABS {ACCOUNT}", f"HIS ACC {ACCOUNT}", f"PGE face-sheet account={ACCOUNT}",
            f"PGE summary-sheet account={ACCOUNT}", f"TRA NEW {ACCOUNT}", f"QRY {ACCOUNT}",
            f"QRF {QUERY}", f"QRS {QUERY}", f"QRH {QUERY}", f"QRE {QUERY}", f"PGE query-form query={QUERY}",
        ):  # fmt: skip
            desk.press("ctrl+o", "=DESK", "enter", "ctrl+o", f"={line}", "enter")
            assert "This shows the record of your blind review 000001: file that first." in desk.text, line
            assert not TOLD.search(desk.text), line
        row = database.execute_sql("SELECT outcome, detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert row[0] == "failed"
        assert "blind review 000001" in json.loads(row[1])["why"]

    @pytest.mark.parametrize("report", ["face-sheet", "summary-sheet"])
    def test_runs_no_report_about_it(self, in_hand: Actor, report: str) -> None:
        found = find(report)
        assert found is not None
        with pytest.raises(KeptBlind):
            produce(in_hand, found, {"account": ACCOUNT})

    def test_exports_no_table_that_holds_it(self, in_hand: Actor, tmp_path: Path) -> None:
        day = day_number("2026-11-08")
        with pytest.raises(KeptBlind, match="your blind review 000001"):
            export_records(in_hand, "abstract", tmp_path / "all.csv", sheet.write_csv)
        with pytest.raises(KeptBlind):
            billing.hand_over(in_hand, tmp_path / "bill.csv", day, day, (Status.OPEN, Status.COMPLETE))
        with pytest.raises(KeptBlind):
            abstract_check.check(in_hand, span("2026-11-01", "2026-11-30"), Context("2026-11-30T12:00"))
        assert [each for each in tmp_path.iterdir() if "csv" in each.name] == []

    def test_lists_withhold_what_was_keyed(self, in_hand: Actor) -> None:
        case = cases.by_number("abstract", ACCOUNT)
        assert case is not None
        with writing():
            database.execute_sql(
                "INSERT INTO abstract_difference (case_id, item, filed, feed, since_utc, source)"
                " VALUES (?, 'receiving_facility', 'SETTLEDFIRST', 'OTHER', 1, 'feed')",
                (case.id,),
            )
            database.execute_sql(
                "INSERT INTO abstract_return (case_id, kind, code, item, value, message, revision,"
                " at_utc, day, by, origin) VALUES (?, 'billing', '', 'diagnoses[1].code', 'I2109', 'I2109 pays',"
                " 1, 1, 1, 'bill', 'test')",
                (case.id,),
            )
        dictionaries.install(in_hand, STROKE, "stroke.toml")
        stroke = library(store.current().directory / "site").of("stroke")
        for user, told in (("admin", False), ("brown", True)):
            (difference,) = feed_words.waiting(user=user)
            (returned,) = abstract_returns.waiting(user=user)
            (suspect,) = registries.suspects(stroke, user=user)
            for text in (difference.filed, returned.message, suspect.codes):
                assert (text != blind.WITHHELD) is told
            assert (bool(returned.value), difference.feed) == (told, "OTHER")


class TestEverybodyElse:
    def test_sees_it_as_ever(self, in_hand: Actor) -> None:
        found = find("summary-sheet")
        assert found is not None
        assert "KEYEDFIRST" in str(produce(replace(in_hand, user="brown"), found, {"account": ACCOUNT}).data)

    def test_and_so_does_the_reviewer_once_the_review_is_filed(self, in_hand: Actor) -> None:
        given = review_acts.open_blind(in_hand, "1").given
        review_acts.file_blind(in_hand, "1", given)
        acts.viewed(
            in_hand, Action.VIEW_ABSTRACT, kind="account", record=ACCOUNT,
            cases=(cases.by_number("abstract", ACCOUNT).id,),  # type: ignore[union-attr]
        )  # fmt: skip
