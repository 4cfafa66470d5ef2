"""What an older release wrote opens after ``upgrade``, whole: one store of each release is kept."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from db import drafts, migrations
from db.access import sign_on
from db.hospital import encounters
from db.keyring import keys
from db.patient_index import patients
from db.registry import cases
from db.registry import counts as registry_counts
from db.registry.cases import OPEN
from db.safekeeping import verify
from tests.commands.test_store_commands import recordroom
from tests.db.old_stores import ADMIN, FOLDER, JONES, PASSPHRASE, PASSPHRASE_OF_JONES

RELEASES = sorted(FOLDER.glob("*.tar.xz"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.removesuffix(".tar.xz"))
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="tar")
    (tmp_path / "key").write_text(PASSPHRASE)
    done = recordroom(
        "upgrade",
        "--store",
        str(tmp_path / "store"),
        "--user",
        ADMIN,
        "--passphrase-file",
        str(tmp_path / "key"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path / "store"


def test_there_is_one_of_the_first_release() -> None:
    assert "0.1.0.tar.xz" in [path.name for path in RELEASES]


class TestAnOldStore:
    def test_holds_everything_that_was_filed(self, upgraded: Path) -> None:
        actor = sign_on.with_passphrase(upgraded, ADMIN, PASSPHRASE).actor
        assert migrations.schema_version() == migrations.migrations()[-1].number
        patient = patients.get(patients.by_mrn("00004711"))
        assert patient["last_name"].upper() == "KEPT"
        stay = encounters.get(encounters.find("26000001") or 0)
        assert stay.los_days == 4
        abstract = cases.by_encounter("abstract", stay.id)
        assert abstract is not None
        assert abstract.record["note"] == "of an older release"
        assert registry_counts.records("trauma", OPEN) == 1
        draft = drafts.load(actor, ("ABS", "26000001"))
        assert draft is not None
        assert draft.values == {"note": "half done"}
        sign_on.off(actor)

    def test_opens_to_everybody_who_had_a_key(self, upgraded: Path) -> None:
        signed_on = sign_on.with_passphrase(upgraded, JONES, PASSPHRASE_OF_JONES)
        assert (signed_on.full_name, signed_on.store.tampered) == ("Mary Jones", "")
        sign_on.off(signed_on.actor)

    def test_is_sound_and_its_audit_chain_whole(self, upgraded: Path) -> None:
        opened = keys.unlock(upgraded, ADMIN, PASSPHRASE)
        assert [fault for check in verify.verify(upgraded, opened) for fault in check.faults] == []
