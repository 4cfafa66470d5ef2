"""The stores that benchmarks work on: made once at a scale, kept under ``.benchmarks/``, and copied to plain SQLite."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from db import migrations, store
from db.access import sign_on
from db.access.sign_on import SignedOn
from db.actors import Actor
from db.connect import database
from recordroom.demo.model import Plan
from recordroom.demo.store import PASSPHRASE, USER, make_store

FOLDER = Path(__file__).parent.parent / ".benchmarks"
GENERATOR = Path(__file__).parent.parent / "recordroom" / "demo"
UNTIL = date(2026, 11, 21)
SCALES = {
    "10k": Plan(UNTIL, beds=120, months=14),
    "100k": Plan(UNTIL, beds=480, months=35, visits=0.1),
    "1m": Plan(UNTIL, beds=1600, months=105, visits=0.1, comorbidities=19),
}
DETAILED = ("10k",)  # scales at which abstracts have their documents


@dataclass(frozen=True, slots=True)
class Stores:
    """An encrypted store and the same records in a plain SQLite file."""

    directory: Path
    plain: Path
    plan: Plan


def stores(scale: str, say: Callable[[str], None]) -> Stores:
    """The stores of a scale, made when they are not there yet."""
    os.umask(0o077)
    directory, plan = FOLDER / f"{scale}-{_fingerprint()}", SCALES[scale]
    made = Stores(directory / "store", directory / "plain.db", plan)
    if not made.plain.exists():
        for older in FOLDER.glob(f"{scale}-*"):
            shutil.rmtree(older)
        directory.mkdir(parents=True)
        say(f"making a store of {scale} admissions, once")
        make_store(made.directory, plan, documents=scale in DETAILED)
        with opened(made):
            database.execute_sql("ATTACH DATABASE ? AS plain KEY ''", (str(directory / "part.db"),))
            database.execute_sql("SELECT sqlcipher_export('plain')")
            database.execute_sql("DETACH DATABASE plain")
        (directory / "part.db").rename(made.plain)
    return made


def _fingerprint() -> str:
    """What a store is made by: the schema and the generator. Another one asks for a store made anew."""
    digest = hashlib.sha256("".join(step.sha256 for step in migrations.migrations()).encode())
    for file in sorted(GENERATOR.iterdir()):
        if file.suffix in (".py", ".toml"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def opened_session(made: Stores) -> Iterator[SignedOn]:
    """The encrypted store open, the demo user signed on."""
    try:
        yield sign_on.with_passphrase(made.directory, USER, PASSPHRASE)
    finally:
        store.close_store()


@contextmanager
def opened(made: Stores) -> Iterator[Actor]:
    """The same for those who need only the actor."""
    with opened_session(made) as signed_on:
        yield signed_on.actor
