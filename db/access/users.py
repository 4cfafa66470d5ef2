"""Who may sign on, and as what: each change is an audited act that keeps database and key slots in step."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from db import store
from db.access import second_factor, sign_on, ssh_keys, standing
from db.actors import Action, Actor, Role
from db.acts import act
from db.connect import StoreError
from db.keyring import keys
from db.keyring.derivation import Cost
from db.keyring.slots import Ring, SlotFile
from db.schema.store import User, UserRole
from db.store import Store
from rules.moments import iso_date, moment, moment_at
from rules.text import clean


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user as lists show one."""

    name: str
    full_name: str
    roles: tuple[str, ...]
    disabled: bool
    last_sign_on_utc: int | None
    title: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who somebody is to people outside the department, and how they are reached. Blank: not kept."""

    full_name: str = ""
    title: str = ""
    phone: str = ""


def users() -> list[UserRow]:
    """Every user and service by name."""
    found = User.select().order_by(User.name).prefetch(UserRole)
    return [
        UserRow(
            user.name, user.full_name, tuple(sorted(held.role for held in user.roles)),
            user.disabled_utc is not None, user.last_sign_on_utc, user.title, user.phone,
        )
        for user in found
    ]  # fmt: skip


def holder(name: str) -> tuple[int, frozenset[Role]] | None:
    """The number and the roles of a user who may sign on; None for one who may not, or no longer."""
    user = sign_on.user_of(name)
    file = SlotFile.read(store.current().directory)
    slot = file.find(keys.USER, name) or file.find(keys.SERVICE, name)
    if user is None or user.disabled_utc is not None or (slot is not None and keys.has_ended(slot)):
        return None
    return int(user.id), frozenset(Role(held.role) for held in user.roles)


def ending(within_days: int) -> list[tuple[str, int]]:
    """Users and services whose key ends within so many days, and the last day (number) of each, by day."""
    here = store.current()
    until = time.time() + within_days * 86400
    slots = [slot for slot in SlotFile.read(here.directory).slots if "expires_utc" in slot]
    return sorted(
        ((slot["name"], moment_at(slot["expires_utc"] - 1, here.zone).day)
         for slot in slots if time.time() < slot["expires_utc"] <= until),
        key=lambda each: (each[1], each[0]),
    )  # fmt: skip


def add_user(
    actor: Actor, name: str, full_name: str, roles: Iterable[Role], passphrase: str = "",
    *, cost: Cost | None = None,
) -> None:  # fmt: skip
    """Add a user with a key slot of their own; without a passphrase one who comes in by SSH key alone.

    Raises ``StoreError`` when the name is taken.
    """
    if passphrase:
        store.check_passphrase(passphrase)
    here, held = store.current(), sorted(roles)
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        _name_is_free(name)
        store.new_user(name, full_name, held)
        file, ring = slot_file(here)
        if passphrase:
            kept_at = cost or store.passphrase_cost()
            note(here, keys.add_user(file, ring, name, passphrase, actor.user, kept_at))
        if passphrase and Role.ADMINISTRATOR in held:
            note(here, keys.set_administrator(file, ring, name, administrator=True))
        done.changed({}, {"roles": held, "full_name": full_name})


def add_service(actor: Actor, name: str) -> str:
    """Add a batch service; returns the text of its key file, shown once."""
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="service", record=name) as done:
        _name_is_free(name)
        store.new_user(name, "", [Role.SERVICE])
        file, ring = slot_file(here)
        revision, text = keys.add_service(file, ring, name, actor.user)
        note(here, revision)
        done.changed({}, {"roles": [Role.SERVICE]})
    return text


def contact(name: str) -> Contact:
    """How a user is named and reached; the user's own name where no fuller one is kept."""
    user: User | None = User.get_or_none(User.name == name)
    if user is None:
        return Contact(name)
    return Contact(user.full_name or name, user.title, user.phone)


def set_contact(
    actor: Actor,
    name: str,
    *,
    full_name: str | None = None,
    title: str | None = None,
    phone: str | None = None,
) -> None:
    """Change how a user is named and reached; None leaves a part as it is. Raises ``StoreError`` for an unknown one."""
    given = {"full_name": full_name, "title": title, "phone": phone}
    wanted = {part: clean(text.strip()) for part, text in given.items() if text is not None}
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        user = _named(name)
        done.changed({part: getattr(user, part) for part in wanted}, wanted)
        User.update(**wanted).where(User.id == user.id).execute()


def set_disabled(actor: Actor, name: str, *, disabled: bool) -> None:
    """Disable a user, or enable again. Raises ``StoreError`` for the last enabled administrator."""
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        user = _named(name)
        if disabled:
            _keep_an_administrator(without=user)
        done.changed({"disabled": user.disabled_utc is not None}, {"disabled": disabled})
        user.disabled_utc = int(time.time()) if disabled else None
        user.save()
        file, ring = slot_file(here)
        if file.find(keys.USER, name) is not None or not ssh_keys.keys_of(name):
            note(here, keys.set_disabled(file, ring, name, disabled=disabled))
        standing.end_others(user.id)
        if not disabled:
            sign_on.note_unlocked(here.directory, name, actor.user)


def set_expiry(actor: Actor, name: str, last_day: int | None) -> None:
    """Let a user's or service's key end with a day of the facility's calendar (a day number), or never (None)."""
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        _named(name)
        file, ring = slot_file(here)
        until = None if last_day is None else moment(f"{iso_date(last_day + 1)}T00:00", here.zone).utc
        note(here, keys.set_expiry(file, ring, name, until))
        done.detail["key_ends_with"] = "never" if last_day is None else iso_date(last_day)


def set_roles(actor: Actor, name: str, roles: Iterable[Role]) -> None:
    """Replace a user's roles, and end the sessions that hold the old ones."""
    held = sorted(set(roles))
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        user = _named(name)
        if Role.ADMINISTRATOR not in held:
            _keep_an_administrator(without=user)
        done.changed({"roles": sorted(each.role for each in user.roles)}, {"roles": held})
        UserRole.delete().where(UserRole.user == user).execute()
        UserRole.insert_many([(user.id, role) for role in held], (UserRole.user, UserRole.role)).execute()
        here = store.current()
        file, ring = slot_file(here)
        if file.find(keys.USER, name) is not None:  # a service has a slot of another kind
            administrator = Role.ADMINISTRATOR in held
            note(here, keys.set_administrator(file, ring, name, administrator=administrator))
        standing.end_others(user.id)


def change_passphrase(actor: Actor, old: str, new: str, *, cost: Cost | None = None) -> None:
    """Re-wrap the data key under a new passphrase; the old one must be right. Other sessions of the user end."""
    store.check_passphrase(new)
    here = store.current()
    keys.unlock(here.directory, actor.user, old)
    with act(actor, Action.SIGN_ON, kind="user", record=actor.user) as done:
        file, ring = slot_file(here)
        note(here, keys.add_user(file, ring, actor.user, new, actor.user, cost or store.passphrase_cost()))
        standing.end_others(actor.user_id)
        done.detail["passphrase"] = "changed"


def give_passphrase(actor: Actor, name: str, new: str, *, cost: Cost | None = None) -> None:
    """Give a user who has forgotten theirs a new passphrase, and let them try again; nobody learns the old one."""
    store.check_passphrase(new)
    here = store.current()
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        user = _named(name)
        if user.disabled_utc is not None:
            raise StoreError(f"{name} is disabled: 'recordroom user unlock {name}' enables it first.")
        held = {each.role for each in user.roles}
        if Role.SERVICE in held:
            raise StoreError(f"{name} is a service and has no passphrase.")
        file, ring = slot_file(here)
        note(here, keys.add_user(file, ring, name, new, actor.user, cost or store.passphrase_cost()))
        note(here, keys.set_administrator(file, ring, name, administrator=Role.ADMINISTRATOR in held))
        standing.end_others(user.id)
        done.detail["passphrase"] = "given anew"
    sign_on.note_unlocked(here.directory, name, actor.user)


def administrator(name: str) -> User:
    """The administrator of that name. Raises ``StoreError`` when there is none."""
    found = {
        user.name: user for user in User.select().join(UserRole).where(UserRole.role == Role.ADMINISTRATOR)
    }
    if name not in found:
        raise StoreError(
            f"{name} is no administrator: name one of {', '.join(sorted(found))}, who gives others a passphrase."
        )
    return found[name]


def check_can_go(name: str) -> None:
    """Raise ``StoreError`` for an unknown user and for the last enabled administrator."""
    _keep_an_administrator(without=_named(name))


def let_go(name: str) -> None:
    """Disable a user for good inside the caller's transaction; whoever calls takes the key slot away."""
    check_can_go(name)
    User.update(disabled_utc=int(time.time())).where(User.name == name).execute()
    ssh_keys.forget(name)
    second_factor.forget(name)


def slot_file(here: Store) -> tuple[SlotFile, Ring]:
    """The slot file to be changed, and the keys to sign it with.

    There are two while a rotation waits to be finished. Raises ``StoreError`` when it was tampered with.
    """
    file = SlotFile.read(here.directory)
    file.check(here.data_key, here.generation)
    if set(file.generations) != set(here.ring):
        raise StoreError("The keys of the store were changed since you signed on: sign on again.")
    return file, dict(here.ring)


def note(here: Store, revision: int) -> None:
    """Repeat the slot file's revision in the database."""
    store.note_revision(here.generation, revision)


def _named(name: str) -> User:
    user: User | None = User.get_or_none(User.name == name)
    if user is None:
        raise StoreError(f"There is no user {name}: 'recordroom user list' shows those there are.")
    return user


def _name_is_free(name: str) -> None:
    if User.get_or_none(User.name == name) is not None:
        raise StoreError(f"There is a user or service {name} already: choose another name.")


def _keep_an_administrator(without: User) -> None:
    others = (
        User.select()
        .join(UserRole)
        .where(UserRole.role == Role.ADMINISTRATOR, User.disabled_utc.is_null(), User.id != without.id)
    )
    if not others.exists():
        raise StoreError("This is the last enabled administrator: make another one first.")
