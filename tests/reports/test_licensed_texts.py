"""Texts that somebody else licenses stand in no report, in no form of it: pages, tables and workbook have the code."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from db.actors import Actor
from reports.catalogue import find
from reports.page import Setup, as_text
from reports.produced import Produced
from reports.run import produce
from tests.builders import a_coded_visit, a_patient, an_encounter

TEXT = "Knee film"  # of 73562 in the licensed set
PUBLIC = "Hospital observation service"  # of G0378 in HCPCS
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


@pytest.fixture
def visit(admin: Actor, books_path: Path, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """A visit coded with a service of a licensed set and one of HCPCS."""
    monkeypatch.setenv("RECORDROOM_CODES", str(books_path))
    sue = a_patient(mrn="00456789", last_name="COOPER", first_name="SUE", birth_date="1950-05-02")
    times = {"class": "O", "arrived_at": "2026-10-09T08:00", "departed_at": "2026-10-10T08:00"}
    an_encounter(sue, "V1", diagnoses="I219|I10", **times)
    services: Mapping[str, str] = {
        "services[1].code": "73562", "services[1].date": "2026-10-09", "services[2].code": "G0378",
        "services[2].date": "2026-10-09",
    }  # fmt: skip
    a_coded_visit(admin, "V1", **services)
    return admin


def forms(made: Produced) -> str:
    """A report in all of its forms."""
    pages = "".join(as_text(made.pages(Setup(width)), Setup(width)) for width in (80, 132))
    with zipfile.ZipFile(io.BytesIO(made.workbook())) as book:
        cells = "".join(book.read(name).decode() for name in book.namelist())
    return pages + cells + repr(made.sheets())


class TestIndexOfServices:
    @pytest.mark.parametrize("by", ["code", "category"])
    def test_has_the_code_of_a_licensed_text_and_the_text_of_a_public_one(
        self, visit: Actor, by: str
    ) -> None:
        report = find("procedure-index")
        assert report is not None
        made = produce(visit, report, OCTOBER | {"code": "7,G", "accounts": "visits", "break": by})
        told = forms(made)
        assert "73562" in told
        assert "V1" in told
        assert TEXT not in told
        assert by == "category" or PUBLIC in told
