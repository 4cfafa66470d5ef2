"""What commands that work on a store share: where it is, who signs on, and opening it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from db.access.sign_on import SignedOn
    from db.keyring.keys import Unlocked

Command = TypeVar("Command", bound=Callable[..., Any])
Found = TypeVar("Found")


@dataclass(slots=True)
class StoreOptions:
    """The options that every store command takes, before or after its words."""

    store: Path | None = None
    user: str | None = None
    passphrase_file: Path | None = None
    service_key: Path | None = None
    totp_code: str = ""


def store_options(command: Command) -> Command:
    """Add ``--store``, ``--user``, ``--passphrase-file`` and ``--service-key``; later ones win."""
    for flag, kind, text in (
        ("--service-key", Path, "Key file of a batch service, instead of user and passphrase."),
        ("--passphrase-file", Path, "File that holds the passphrase (one trailing newline is ignored)."),
        ("--totp-code", str, "Code of the user's second factor; asked for on a terminal otherwise."),
        ("--user", str, "Who signs on."),
        ("--store", Path, "Store directory; RECORDROOM_STORE otherwise."),
    ):
        command = click.option(
            flag, type=click.Path(path_type=Path) if kind is Path else str, help=text,
            expose_value=False, callback=_keep,
        )(command)  # fmt: skip
    return command


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    root = ctx.find_root()
    if root.obj is None:
        root.obj = StoreOptions()
    if value is not None and parameter.name is not None:
        setattr(root.obj, parameter.name, value)


def options() -> StoreOptions:
    """The store options of the command that is running."""
    found: StoreOptions = click.get_current_context().find_root().obj
    return found


def named_store() -> Path | None:
    """The store directory asked for, if one was named."""
    return options().store or (Path(named) if (named := os.environ.get("RECORDROOM_STORE")) else None)


def store_path() -> Path:
    """The store directory asked for. A usage error when none was named."""
    found = named_store()
    if found is None:
        raise click.UsageError("Name the store with --store DIR or RECORDROOM_STORE.")
    return found


def passphrase(prompt: str = "Passphrase", *, confirm: bool = False) -> str:
    """The passphrase from ``--passphrase-file``, or asked for on a terminal."""
    return passphrase_from(options().passphrase_file, "--passphrase-file", prompt, confirm=confirm)


def passphrase_from(file: Path | None, flag: str, prompt: str, *, confirm: bool) -> str:
    """A passphrase from ``file`` (one trailing newline ignored), or asked for on a terminal."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, ValueError) as error:
            raise click.UsageError(f"The passphrase file {file} cannot be read.") from error
    if not sys.stdin.isatty():
        raise click.UsageError(f"There is no terminal to ask on: name a {flag}.")
    answer: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return answer


@contextmanager
def opened_store(*, any_schema: bool = False) -> Iterator[SignedOn]:
    """Sign on for one command, and off again at its end."""
    from db.access import sign_on

    directory, chosen = store_path(), options()
    if chosen.service_key is not None:
        signed_on = sign_on.with_service_key(directory, chosen.service_key, any_schema=any_schema)
    else:
        if chosen.user is None:
            raise click.UsageError("Name who signs on with --user, or a --service-key.")
        signed_on = _as_user(directory, chosen.user, passphrase(), any_schema=any_schema)
    if signed_on.store.clock_behind:
        click.echo(signed_on.warning, err=True)
    if signed_on.disk_warning:
        notice(signed_on.disk_warning)
    try:
        yield signed_on
    finally:
        sign_on.off(signed_on.actor)


def _as_user(directory: Path, user: str, words: str, *, any_schema: bool) -> SignedOn:
    """Sign on with a passphrase, and a code where the user has a second factor."""
    from db.access import sign_on
    from recordroom.workstation import where_from

    return _with_code(
        lambda code: sign_on.with_passphrase(
            directory, user, words, code=code, where_from=where_from(), any_schema=any_schema
        )
    )


def unlocked(directory: Path, *, backup: bool = False) -> Unlocked:
    """What a key opens, for commands that only read: nothing is signed on, nothing but failures is written.

    To a ``backup`` not even these.
    """
    from db.access import sign_on
    from db.keyring import keys
    from recordroom.workstation import where_from

    chosen = options()
    if chosen.service_key is not None:
        return keys.unlock_service(directory, chosen.service_key)[1]
    user = chosen.user
    if user is None:
        raise click.UsageError("Name whose key it is with --user, or a --service-key.")
    words = passphrase()
    return _with_code(
        lambda code: sign_on.unlock_to_read(
            directory, user, words, code=code, where_from=where_from(), note=not backup
        )
    )


def _with_code(attempt: Callable[[str], Found]) -> Found:
    """Try with the code given, and where one is needed and was not, with the one that is asked for."""
    from db.access.sign_on import CodeNeeded

    try:
        return attempt(options().totp_code)
    except CodeNeeded:
        if not sys.stdin.isatty():
            raise
        return attempt(click.prompt("Code", err=True))


def recovery_shares(file: Path | None) -> list[str]:
    """Two recovery shares, from a file with one a line, or asked for on a terminal."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise click.UsageError(f"The shares file {file} cannot be read.") from error
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: name a --shares-file.")
    return [click.prompt(f"Share {number} of 2", hide_input=True, err=True) for number in (1, 2)]


def print_shares(shares: Sequence[str], facility: str) -> None:
    """Print recovery shares, the only time that they are seen."""
    click.echo(
        f"Recovery shares of {facility}. Any two of the three open the store when every passphrase is lost. Print\n"
        "them, give each to another person, keep none of them here. They are shown this once."
    )
    for number, share in enumerate(shares, 1):
        click.echo(f"\nShare {number} of {len(shares)}\n{share}")


def notice(text: str) -> None:
    """Say something beside the data: on stderr, and only to somebody who watches."""
    if sys.stderr.isatty():
        click.echo(text, err=True)
