"""The demo store: a user for each role, the hospital's records, and something waiting on every desk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from config.code_sources import FILE, code_store
from db import store
from db.access import policy, sign_on, users
from db.actors import Actor, Role
from db.coding.site_tables import import_table
from db.connect import database
from db.keyring.derivation import Cost
from exchange.code_sets.build import build
from recordroom.demo import progress
from recordroom.demo.data import table
from recordroom.demo.load import load
from recordroom.demo.model import Plan
from recordroom.demo.waiting import leave_waiting

USER: Final = "demo"  # holds every role
PASSPHRASE: Final = "recordroom demo hospital"  # shown to everybody: nothing in here is real
CHEAP: Final = Cost(rounds=1000)  # a passphrase that everybody may read needs no costly derivation
USERS: Final = (
    ("tech", "Tina Whitfield", Role.TECHNICIAN), ("coder", "Carl Oyelowo", Role.CODER),
    ("registrar", "Rosa Trammell", Role.REGISTRAR), ("roi", "Ray Okonkwo", Role.ROI),
    ("supervisor", "Sue Lindqvist", Role.SUPERVISOR), ("privacy", "Paula Marchetti", Role.PRIVACY_OFFICER),
)  # fmt: skip
DEPARTMENTS: Final = Path(__file__).with_name("departments.toml")
REACHED: Final = (
    ("tech", "RHIT, Health Records", "555-0141"), ("coder", "CCS, Coding", "555-0142"),
    ("supervisor", "RHIA, Coding", "555-0143"),
)  # fmt: skip
"""Title and telephone of those who ask physicians."""


def make_store(directory: Path, plan: Plan, *, documents: bool = True) -> None:
    """Make the store of a plan in a new directory and close it again; ``documents`` as ``load`` takes it.

    Raises ``StoreError``.
    """
    hospital = table("hospital")
    progress.show("Making the store ...")
    store.init_store(directory, hospital["facility"], USER, PASSPHRASE, hospital["timezone"], cost=CHEAP)
    actor = sign_on.with_passphrase(directory, USER, PASSPHRASE).actor
    try:
        _build_codes(directory)
        _add_users(actor)
        import_table(actor, DEPARTMENTS.read_text(encoding="utf-8"), DEPARTMENTS.name)
        policy.set_policy(actor, "session_cap", "0")  # one demo user stands for many people
        # A store that is thrown away when its making fails need not be safe at every step of it.
        database.execute_sql("PRAGMA synchronous = off")
        leave_waiting(actor, load(actor, plan, documents=documents))
        database.execute_sql("PRAGMA synchronous = full")
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        progress.show("")
        sign_on.off(actor)


def _add_users(actor: Actor) -> None:
    for name, full_name, role in USERS:
        users.add_user(actor, name, full_name, [role], PASSPHRASE, cost=CHEAP)
    users.set_contact(actor, USER, full_name="Dana Whitlock", title="Coding", phone="555-0140")
    for name, title, phone in REACHED:
        users.set_contact(actor, name, title=title, phone=phone)


def _build_codes(directory: Path) -> None:
    """The code store, in the user's cache where other stores find it, or in this store where there is none."""
    try:
        build(code_store(), progress=progress.show)
    except OSError:
        build(directory / FILE, progress=progress.show)
