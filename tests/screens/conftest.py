"""A small hospital and a workstation on it: keys go in as people press them, the 24-line grid comes out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from config.menu import standard_menu
from db import store
from db.access import sensitive, sign_on
from db.actors import Action, Actor, Role
from db.changes import Source
from db.connect import database, writing
from db.disclosure import disclosures, requests
from db.disclosure.disclosures import NewRelease
from db.hospital import site
from db.patient_index import patients
from db.registry import cases
from db.report_writer import saved
from rules.queries import Indicator
from rules.report_writer import LIST, Definition, Shown
from screens.session import Seat
from screens.sign_on import SignOn
from tests import builders
from tests.conftest import ADMIN, PASSPHRASE
from tests.exchange.feed import adt, send
from tests.tui.conftest import Workstation
from tui.shell import Shell

MRN, ACCOUNT = "00123456", "4711"
POISON_MRN, POISON_ACCOUNT = "00666666", "4712"
REQUEST = {
    "requester_name": builders.POISON_LAST,
    "requester_kind": "ATTORNEY",
    "requester_address": builders.POISON_LAST,
    "authority": "AUTH",
    "purpose": "LEGAL",
    "parts": "ABSTRACT",
    "received_on": "2026-11-02",
    "received_by_method": "MAIL",
    "identity_verified": "PHOTOID",
    "authorization_signed_on": "2026-11-01",
    "authorization_expires_on": "2027-11-01",
    "authorization_complete": "1",
}


@dataclass(frozen=True)
class House:
    """What the small hospital holds, by the words that open it."""

    directory: Path
    request: str
    release: str
    trauma: str
    message: str
    alert: str


@pytest.fixture(scope="session")
def house_template(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Two discharges, one in house, a poisoned patient in everything. Copy it, do not open it."""
    directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("house") / "store"))
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    with writing():
        for unit in ("3E", "ICU"):
            site.apply("unit", unit, {"name": f"Unit {unit}", "type": "MED"}, Source("test"))
        site.apply("provider", "1001", {"name": builders.POISON_LAST}, Source("test"))
    known = builders.a_patient(mrn=MRN, last_name="MILLER", first_name="RUTH")
    poisoned = builders.the_poisoned_patient(mrn=POISON_MRN)
    builders.a_stay("2026-11-10T08:00", "2026-11-14T11:30", patient_id=known, account=ACCOUNT)
    builders.a_stay("2026-11-11T09:00", "2026-11-15T10:00", patient_id=poisoned, account=POISON_ACCOUNT)
    builders.a_stay("2026-11-16T09:00", patient_id=poisoned, account="4713")
    other_settings(poisoned)
    request, release = a_request_answered(actor, poisoned)
    trauma = a_trauma_record(replace(actor, user="lee"), poisoned)
    message = a_held_message(actor)
    a_query(actor)
    an_empty_batch(actor)
    a_merge_and_an_overlay(poisoned)
    sensitive.open_with_reason(actor, poisoned, builders.POISON_LAST)
    saved.save(actor, "WHO LEFT", Definition("patient", "Who is here", LIST, (Shown("mrn"),)), shared=True)
    sign_on.off(actor)
    return House(directory, request, release, trauma, message, "1")


def other_settings(patient_id: int) -> None:
    """An account for each kind of coding outside the abstract, long ago."""
    with writing():
        for service in ("NHCU", "REHAB"):
            site.apply("service", service, {"name": service}, Source("test"))
    came = {"class": "O", "arrived_at": "2026-03-02T08:00", "departed_at": "2026-03-02T11:00"}
    builders.an_encounter(patient_id, "VISIT", **came)
    builders.an_encounter(patient_id, "OFFICE", **came, location="OFFICE")
    for account, service in (("NURSING", "NHCU"), ("INTENSE", "REHAB")):
        builders.a_stay(
            "2026-03-02T08:00", "2026-03-09T11:00", patient_id=patient_id, account=account, service=service
        )
    with writing():  # nothing of them waits
        database.execute_sql(
            "UPDATE encounter SET abstracted_day = discharge_day, coded_day = discharge_day"
            " WHERE account IN ('NURSING', 'INTENSE')"
        )


def a_merge_and_an_overlay(poisoned: int) -> None:
    """Two charts put together, and one that was amended into another person, both with poisoned texts."""
    with writing():
        other = builders.the_poisoned_patient(mrn="00666667", ssn="", birth_date="1960-01-02")
        patients.merge(poisoned, other, Source("test"))
        builders.the_poisoned_patient(mrn="00666668", ssn="", birth_date="1960-01-02", sex="M")
        patients.apply(
            {"mrn": "00666668", "last_name": "OTHER", "first_name": "QUITE", "birth_date": "1990-05-05", "sex": "F"},
            Source(builders.POISON_LAST, "test"),
        )  # fmt: skip


def a_request_answered(actor: Actor, patient_id: int) -> tuple[str, str]:
    """A request with one release in part, both with poisoned texts."""
    number = requests.file_request(actor, patient_id, REQUEST)
    requests.step(actor, number, "APPROVE", 1)
    new = NewRelease(
        "2026-11-16T10:00", builders.POISON_LAST, builders.POISON_LAST, builders.POISON_FIRST, "ABSTRACT",
        "LEGAL", "AUTH", "PAPER", 12,
    )  # fmt: skip
    return number, disclosures.release(actor, number, new, requests.read(number).version, complete=False)


def a_trauma_record(actor: Actor, patient_id: int) -> str:
    """An open trauma record."""
    from config.data_sets import library

    record = {"mrn": POISON_MRN, "account": POISON_ACCOUNT, "injury_narrative": builders.POISON_LAST}
    case = cases.file_case(
        actor, Action.FILE_REGISTRY, library().of("trauma"), record, before=None, patient_id=patient_id,
        status=cases.OPEN,
    )  # fmt: skip
    return case.number


def an_empty_batch(actor: Actor) -> None:
    """Batch 1, begun and broken off before anything was in it."""
    from config.data_sets import dictionary_for
    from config.layout_reader import layout_named
    from db.abstracting import transmissions

    layout = layout_named("va-ptf", None, dictionary_for("abstract"))
    transmissions.begin(actor, layout, transmissions.BY_DISCHARGE, 1, 2)


def reviews_of(poisoned: int) -> None:
    """Reviews 1 to 5: two blind ones that are due, one compared, and two worksheets; by people who do not sit here."""
    from config.data_sets import library
    from db.abstracting import abstracts
    from db.abstracting.abstracts import Drg
    from db.hospital import encounters
    from db.worklist import review_acts
    from db.worklist.review_acts import Asked
    from rules.reviews import Method

    everything = frozenset(Role)
    coder, reviewer, chief = (Actor(7, name, everything) for name in ("lee", "smith", "chief"))
    dictionary = library().of("abstract")
    for account, patient in (("R1", poisoned), ("R2", poisoned)):
        stay = builders.a_stay("2026-10-01T08:00", "2026-10-04T11:30", patient_id=patient, account=account)
        opened = abstracts.read(encounters.get(stay), dictionary)
        record = dict(opened.record) | {"diagnoses[1].code": "I2109", "diagnoses[1].poa": "Y"}
        abstracts.file_abstract(coder, opened, dictionary, record, (), Drg(), expected_revision=0)
    for asked in (
        Asked("blind", builders.POISON_LAST, "abstract", method=Method.FOCUSED, named="R1"),
        Asked("blind", "Trauma", "trauma", method=Method.FOCUSED, named="000001"),
        Asked("blind", "November", "abstract", method=Method.FOCUSED, named="R2"),
        Asked("closed", "Closed records", method=Method.FOCUSED, named="R1 R2", seed="1"),
    ):
        review_acts.plan(chief, asked)
    second = dict(review_acts.open_blind(reviewer, "3").given) | {
        "diagnoses[1].code": "I2109",
        "diagnoses[1].poa": "N",
    }
    review_acts.file_blind(reviewer, "3", second)


def a_query(actor: Actor) -> None:
    """Query Q000001 about the stay that is in house, with poisoned texts."""
    bad = builders.POISON_LAST
    builders.a_sent_query(
        actor, "4713", provider="1001", title=f"Findings {builders.POISON_FIRST}",
        question=f"What do they represent? {builders.POISON_FIRST}",
        options=(bad, "Other", "Unable to determine"), indicators=(Indicator(bad, bad, "2026-11-16"),),
    )  # fmt: skip


def a_held_message(actor: Actor) -> str:
    """A message that cannot be applied, with a poisoned name in it."""

    send(actor, adt("A03", mrn="00888888", account="4799", name="EVIL\\X1B\\[2J[/foo]^A"))
    row = database.execute_sql("SELECT max(id) FROM received_message").fetchone()
    return str(row[0])


@pytest.fixture(scope="session")
def reviewed_template(house_template: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small hospital with reviews under way; a module that says ``REVIEWED = True`` gets it."""
    directory = Path(shutil.copytree(house_template.directory, tmp_path_factory.mktemp("reviewed") / "store"))
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    reviews_of(patients.by_mrn(POISON_MRN))
    sign_on.off(actor)
    return directory


@pytest.fixture
def house(house_template: House, request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """The small hospital, for one test."""
    template = house_template.directory
    if getattr(request.module, "REVIEWED", False):
        template = request.getfixturevalue("reviewed_template")
    directory = Path(shutil.copytree(template, tmp_path / "store"))
    return House(
        directory,
        house_template.request,
        house_template.release,
        house_template.trauma,
        house_template.message,
        house_template.alert,
    )


@pytest.fixture
def seat(house: House) -> Iterator[Callable[[], Workstation]]:
    """Sit down at the hospital and sign on; may be done again after a session has ended."""
    with ThreadPoolExecutor(1) as executor:
        seats: list[Workstation] = []

        def sit() -> Workstation:
            place = Seat(house.directory, "test")
            seats.append(Workstation(Shell(lambda: SignOn(place), standard_menu(), executor)))
            seats[-1].press(ADMIN, "enter", PASSPHRASE, "enter")
            return seats[-1]

        yield sit
        executor.submit(store.close_store).result()
        for each in seats:
            each.loop.close()


@pytest.fixture
def desk(seat: Callable[[], Workstation]) -> Workstation:
    """Signed on, at the desk."""
    return seat()


@pytest.fixture
def coded(codes_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code sets are installed."""
    monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))


@pytest.fixture
def booked(books_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code sets are installed, with the index and all that a facility can import."""
    monkeypatch.setenv("RECORDROOM_CODES", str(books_path))
