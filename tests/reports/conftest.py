"""Pages compared with the golden ones under tests/golden; set RECORDROOM_REWRITE_GOLDEN=1 to write them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.page import Document, Run, Setup, as_text, paginate
from rules.text import cells

GOLDEN = Path(__file__).parent.parent / "golden"
RUN = Run("General Hospital", "jones", "12/01/2026 0730")


@pytest.fixture
def golden() -> Callable[[str, Document, int], None]:
    def compare(name: str, document: Document, width: int) -> None:
        setup = Setup(width)
        text = as_text(paginate(document, RUN, setup), setup)
        for line in text.replace("\f", "").split("\n"):
            assert cells(line) <= width
            assert line.isascii()
            assert line.isprintable()
        path = GOLDEN / f"{name}-{width}.txt"
        if os.environ.get("RECORDROOM_REWRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode("ascii"))
        assert text.encode("ascii") == path.read_bytes()

    return compare
