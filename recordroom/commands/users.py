"""``recordroom user``: who may sign on, and as what."""

from __future__ import annotations

import os
from pathlib import Path

import click

from recordroom.commands.common import notice, opened_store, passphrase, passphrase_from, store_options


@click.group()
def user() -> None:
    """Who may sign on: add, list, contact, disable, unlock, expires, role, service, passphrase, totp, key, policy."""


ROLES = click.Choice(
    ["technician", "coder", "registrar", "roi", "supervisor", "privacy officer", "administrator"]
)


@user.command()
@click.argument("name")
@click.option("--full-name", default="", help="Name as printed and shown.")
@click.option("--role", "roles", type=ROLES, multiple=True, required=True, help="May be given repeatedly.")
@click.option("--no-passphrase", is_flag=True, help="Comes in by SSH key alone: see 'user key'.")
@click.option(
    "--new-passphrase-file",
    type=click.Path(path_type=Path),
    help="File that holds the new user's passphrase.",
)
@store_options
def add(
    name: str, full_name: str, roles: tuple[str, ...], no_passphrase: bool, new_passphrase_file: Path | None
) -> None:
    """Add the user NAME with a key slot of their own."""
    from db.access import users
    from db.actors import Role

    with opened_store() as signed_on:
        chosen = "" if no_passphrase else _new_passphrase(name, new_passphrase_file)
        users.add_user(signed_on.actor, name, full_name, [Role(role) for role in roles], chosen)


@user.command("list")
@store_options
def list_() -> None:
    """List the users with roles, state and last sign-on."""
    from tabulate import tabulate

    from db.access import users
    from rules.moments import moment_at
    from rules.text import clean

    with opened_store() as signed_on:
        rows = [
            (
                clean(user.name),
                ", ".join(filter(None, (clean(user.full_name), clean(user.title)))),
                clean(user.phone),
                ", ".join(user.roles),
                "disabled" if user.disabled else "",
                moment_at(user.last_sign_on_utc, signed_on.store.zone).local.replace("T", " ")
                if user.last_sign_on_utc
                else "never",
            )
            for user in users.users()
        ]
    click.echo(
        tabulate(rows, ("user", "name", "phone", "roles", "state", "last sign-on"), disable_numparse=True)
    )


@user.command()
@click.argument("name")
@click.option("--full-name", help="Name as printed and shown.")
@click.option("--title", help="Such as CCS, Coding.")
@click.option("--phone", help="Telephone or extension.")
@store_options
def contact(name: str, full_name: str | None, title: str | None, phone: str | None) -> None:
    """Say how NAME is named and reached, as a query to a physician has it; what is not given stays as it is."""
    from db.access import users

    if full_name is None and title is None and phone is None:
        raise click.UsageError("Say what changes: --full-name, --title or --phone; '' takes one away.")
    with opened_store() as signed_on:
        users.set_contact(signed_on.actor, name, full_name=full_name, title=title, phone=phone)


@user.command()
@click.argument("name")
@store_options
def disable(name: str) -> None:
    """Close the key slot of NAME."""
    from db.access import users

    with opened_store() as signed_on:
        users.set_disabled(signed_on.actor, name, disabled=True)


@user.command()
@click.argument("name")
@store_options
def unlock(name: str) -> None:
    """Open the key slot of NAME again."""
    from db.access import users

    with opened_store() as signed_on:
        users.set_disabled(signed_on.actor, name, disabled=False)


@user.command()
@click.argument("name")
@click.argument("day", required=False)
@store_options
def expires(name: str, day: str | None) -> None:
    """Let the key of NAME end with DAY (YYYY-MM-DD), as for somebody who is here for a while; without DAY never."""
    from db.access import users
    from rules.moments import day_number

    try:
        last_day = day_number(day) if day else None
    except ValueError:
        raise click.UsageError(f"{day} is no day such as 2026-11-21.") from None
    with opened_store() as signed_on:
        users.set_expiry(signed_on.actor, name, last_day)


@user.command()
@click.argument("name")
@click.argument("roles", type=ROLES, nargs=-1, required=True)
@store_options
def role(name: str, roles: tuple[str, ...]) -> None:
    """Replace the roles of NAME, and end the sessions that hold the old ones."""
    from db.access import users
    from db.actors import Role

    with opened_store() as signed_on:
        users.set_roles(signed_on.actor, name, [Role(each) for each in roles])


@user.command()
@click.argument("name")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="New key file, readable by you alone."
)
@store_options
def service(name: str, out: Path) -> None:
    """Add the batch service NAME (a feed, a schedule) and write its key file."""
    from db.access import users

    if out.exists():
        raise click.UsageError(f"{out} exists already: name a new file for the key.")
    with opened_store() as signed_on:
        text = users.add_service(signed_on.actor, name)
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)


@user.command()
@click.argument("name")
@click.argument("fingerprint")
@click.option("--remove", is_flag=True, help="Unbind it.")
@store_options
def key(name: str, fingerprint: str, remove: bool) -> None:
    """Let NAME come in with the SSH key FINGERPRINT (SHA256:..., as 'ssh-keygen -lf' prints it)."""
    from db.access import ssh_keys

    with opened_store() as signed_on:
        (ssh_keys.unbind if remove else ssh_keys.bind)(signed_on.actor, name, fingerprint)


@user.command()
@click.argument("name", required=False)
@click.argument("value", required=False)
@store_options
def policy(name: str | None, value: str | None) -> None:
    """Show what sign-on asks for, or set NAME to VALUE: passphrase_cost, session_cap, session_hours, custody."""
    from tabulate import tabulate

    from db.access import policy as policies

    with opened_store() as signed_on:
        if name is not None and value is not None:
            policies.set_policy(signed_on.actor, name, value)
            return
        if name is not None:
            raise click.UsageError("Name the value as well.")
        rows = [(each, policies.shown(each), rule.says) for each, rule in policies.RULES.items()]
    click.echo(tabulate(rows, ("setting", "in force", "what it says"), disable_numparse=True))


@user.command()
@click.argument("name")
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), help="File that holds the new one.")
@store_options
def reset(name: str, new_passphrase_file: Path | None) -> None:
    """Give NAME, who has forgotten theirs, a new passphrase; NAME changes it at once on screen PWD."""
    from db.access import users

    with opened_store() as signed_on:
        users.give_passphrase(signed_on.actor, name, _new_passphrase(name, new_passphrase_file))


@user.group()
def totp() -> None:
    """The second factor of a user: enable, disable."""


@totp.command()
@click.argument("name")
@store_options
def enable(name: str) -> None:
    """Show NAME a new secret for an authenticator; it is asked for once a code of it was given back."""
    from db.access import second_factor

    with opened_store() as signed_on:
        enrolment = second_factor.begin(signed_on.actor, name)
        click.echo("Put this into the authenticator. It is shown this once.")
        click.echo(enrolment.uri)
        second_factor.enable(signed_on.actor, enrolment, click.prompt("Code that it shows", err=True))
    notice(f"{name} is asked for a code from the next sign-on on.")


@totp.command("disable")
@click.argument("name")
@store_options
def disable_totp(name: str) -> None:
    """Ask NAME for no code any more, as when the authenticator was lost."""
    from db.access import second_factor

    with opened_store() as signed_on:
        second_factor.disable(signed_on.actor, name)


@user.command("patient")
@click.argument("name")
@click.argument("mrn", required=False)
@store_options
def patient_(name: str, mrn: str | None) -> None:
    """Say that NAME is the patient MRN, so that looking at the own record shows; without MRN take it back."""
    from db.connect import StoreError
    from db.patient_index import patients
    from db.trail import privacy

    with opened_store() as signed_on:
        patient_id = patients.by_mrn(mrn) if mrn else None
        if patient_id == 0:
            raise StoreError(f"There is no patient {mrn}.")
        privacy.bind_user(signed_on.actor, name, patient_id)


@user.command("passphrase")
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), help="File that holds the new one.")
@store_options
def passphrase_(new_passphrase_file: Path | None) -> None:
    """Change your own passphrase; the data stay as they are."""
    from db.access import users

    old = passphrase()
    with opened_store() as signed_on:
        users.change_passphrase(
            signed_on.actor, old, _new_passphrase(signed_on.actor.user, new_passphrase_file)
        )


def _new_passphrase(name: str, file: Path | None) -> str:
    return passphrase_from(file, "--new-passphrase-file", f"New passphrase for {name}", confirm=True)
