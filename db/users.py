"""Who may sign on, and as what: each change is an audited act that keeps database and key slots in step."""

from __future__ import annotations

import time

from db import keys, store
from db.actors import Action, Actor, Role
from db.acts import act
from db.connect import StoreError, database
from db.keys import Cost


def add_user(
    actor: Actor, name: str, full_name: str, roles: list[Role], passphrase: str, *, cost: Cost = Cost()  # noqa: B008
) -> None:  # fmt: skip
    """Add a user with a key slot of their own. Raises ``StoreError`` when the name is taken."""
    store.check_passphrase(passphrase)
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        if database.execute_sql("SELECT 1 FROM user WHERE name = ?", (name,)).fetchone():
            raise StoreError(f"There is a user {name} already: choose another name.")
        store.add_user_row(name, full_name, roles, int(time.time()))
        keys.add_user(here.directory, here.data_key, name, passphrase, actor.user, cost)
        done.changed({}, {"roles": sorted(roles), "full_name": full_name})


def add_service(actor: Actor, name: str) -> str:
    """Add a batch service; returns the text of its key file, shown once."""
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="service", record=name) as done:
        if database.execute_sql("SELECT 1 FROM user WHERE name = ?", (name,)).fetchone():
            raise StoreError(f"There is a user or service {name} already: choose another name.")
        store.add_user_row(name, "", [Role.SERVICE], int(time.time()))
        text = keys.add_service(here.directory, here.data_key, name, actor.user)
        done.changed({}, {"roles": ["service"]})
    return text


def users() -> list[tuple[str, str, list[str], bool, int | None]]:
    """Name, full name, roles, disabled, last sign-on (UTC seconds) of every user, by name."""
    rows = database.execute_sql(
        "SELECT name, full_name, (SELECT group_concat(role, ',') FROM user_role WHERE user_id = user.id),"
        " disabled_utc IS NOT NULL, last_sign_on_utc FROM user ORDER BY name"
    )
    return [(n, f, sorted((r or "").split(",")), bool(d), last) for n, f, r, d, last in rows]


def set_disabled(actor: Actor, name: str, *, disabled: bool) -> None:
    """Disable a user, or enable again. Raises ``StoreError`` for the last enabled administrator."""
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        row = database.execute_sql("SELECT id, disabled_utc FROM user WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise StoreError(f"There is no user {name}.")
        if disabled:
            _keep_an_administrator(without=int(row[0]))
        database.execute_sql(
            "UPDATE user SET disabled_utc = ? WHERE id = ?", (int(time.time()) if disabled else None, row[0])
        )
        keys.set_disabled(here.directory, here.data_key, name, disabled=disabled)
        done.changed({"disabled": row[1] is not None}, {"disabled": disabled})


def set_roles(actor: Actor, name: str, roles: list[Role]) -> None:
    """Replace a user's roles; they hold from the next sign-on."""
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        row = database.execute_sql("SELECT id FROM user WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise StoreError(f"There is no user {name}.")
        before = [r for (r,) in database.execute_sql("SELECT role FROM user_role WHERE user_id = ?", row)]
        if Role.ADMINISTRATOR not in roles:
            _keep_an_administrator(without=int(row[0]))
        database.execute_sql("DELETE FROM user_role WHERE user_id = ?", row)
        for role in roles:
            database.execute_sql("INSERT INTO user_role VALUES (?, ?)", (row[0], str(role)))
        done.changed({"roles": sorted(before)}, {"roles": sorted(roles)})


def change_passphrase(actor: Actor, old: str, new: str, *, cost: Cost = Cost()) -> None:  # noqa: B008
    """Re-wrap the data key under a new passphrase; the old one must be right."""
    store.check_passphrase(new)
    here = store.current()
    keys.unlock(here.directory, actor.user, old)
    with act(actor, Action.SIGN_ON, kind="user", record=actor.user) as done:
        keys.add_user(here.directory, here.data_key, actor.user, new, actor.user, cost)
        done.detail["passphrase"] = "changed"


def _keep_an_administrator(without: int) -> None:
    others = database.execute_sql(
        "SELECT count(*) FROM user JOIN user_role ON user_id = user.id"
        " WHERE role = ? AND disabled_utc IS NULL AND user.id <> ?",
        (str(Role.ADMINISTRATOR), without),
    ).fetchone()[0]
    if not others:
        raise StoreError("This is the last enabled administrator: make another one first.")
