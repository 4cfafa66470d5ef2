"""Makes the store that a release leaves behind for the tests of later ones: ``python -m tests.db.old_stores``.

Run it once, when the schema of a release is settled; from then on neither the file nor the steps of the schema that
it holds are changed any more.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

from config.data_sets import library
from db import drafts, store
from db.abstracting import abstracts
from db.access import sign_on, users
from db.actors import Action, Role
from db.disclosure import requests
from db.hospital import encounters
from db.keyring.derivation import Cost
from db.registry import cases
from tests import builders

FOLDER = Path(__file__).parents[1] / "data" / "stores"
ADMIN, PASSPHRASE = "chief", "opens what an older release wrote"
JONES, PASSPHRASE_OF_JONES = "jones", "mary jones has a key of her own"
CHEAP = Cost(rounds=1000)


def make(directory: Path) -> None:
    """A store with one record of each kind, closed."""
    os.umask(0o077)
    store.init_store(directory, "Old Hospital", ADMIN, PASSPHRASE, "America/New_York", cost=CHEAP)
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    users.add_user(actor, JONES, "Mary Jones", [Role.CODER], PASSPHRASE_OF_JONES, cost=CHEAP)
    patient_id = builders.a_patient(mrn="00004711", last_name="Kept", first_name="Ruth")
    stay = builders.a_stay("2026-11-01T08:00", "2026-11-05T10:00", patient_id=patient_id, account="26000001")
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(stay), dictionary)
    abstracts.file_abstract(
        actor, opened, dictionary, {**opened.record, "note": "of an older release"}, (), abstracts.Drg(),
        expected_revision=0,
    )  # fmt: skip
    cases.file_case(
        actor, Action.FILE_REGISTRY, library().of("trauma"), {"mrn": "00004711", "account": "26000001"},
        before=None, patient_id=patient_id, encounter_id=stay, status=cases.OPEN,
    )  # fmt: skip
    asked = {
        "requester_name": "Smith and Smith", "requester_kind": "ATTORNEY", "authority": "AUTH", "purpose": "LEGAL",
        "parts": "ABSTRACT", "received_on": "2026-11-06", "received_by_method": "MAIL",
        "identity_verified": "PHOTOID", "authorization_signed_on": "2026-11-01",
        "authorization_expires_on": "2027-11-01", "authorization_complete": "1",
    }  # fmt: skip
    requests.file_request(actor, patient_id, asked)
    drafts.save(actor, ("ABS", "26000001"), {"note": "half done"}, "note", "1")
    sign_on.off(actor)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "store")
        path = FOLDER / f"{version('recordroom')}.tar.xz"
        with tarfile.open(path, "w:xz") as archive:
            archive.add(Path(folder) / "store", "store")
    print(path)


if __name__ == "__main__":
    main()
