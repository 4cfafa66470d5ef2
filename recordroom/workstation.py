"""Opens the workstation on this terminal: the launcher's settings first, then the toolkit, then sign-on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from screens.session import Seat


def main(
    directory: Path | None = None, user: str = "", *, service_key: Path | None = None, guided: bool = False,
    hint: str = "", prompt: bool = False,
) -> int:  # fmt: skip
    """Run the workstation until the user signs off or the line drops; returns the exit status.

    With ``prompt``, or RECORDROOM_PROMPT set, it asks in plain lines, for screen readers and braille.
    """
    if prompt:
        os.environ["RECORDROOM_PROMPT"] = "1"
    named = os.environ.get("RECORDROOM_STORE")
    directory = directory or (Path(named) if named else None)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _usage("the workstation needs a terminal; 'recordroom --help' lists the commands.")
    if directory is None:
        return _usage("name the store with --store DIR or RECORDROOM_STORE.")
    if not directory.is_dir():
        return _usage(f"there is no store {directory}; 'recordroom init' makes one.", status=3)
    if service_key is None and (named := os.environ.get("RECORDROOM_SERVICE_KEY")):
        service_key = Path(named)
    if service_key is not None:
        return _with_service_key(directory, service_key)
    return run(Seat(directory, where_from(), user, guided, hint))


def _with_service_key(directory: Path, service_key: Path) -> int:
    """Open the workstation for somebody whom sshd vouches for."""
    from recordroom import ssh_identity

    user = ssh_identity.who_came(os.environ, directory)
    if not user:
        return _usage(
            "a service key opens the workstation only for somebody who came through sudo to the account that "
            "owns the store.",
            status=3,
        )
    fingerprint = ssh_identity.key_that_opened(os.environ)
    return run(Seat(directory, where_from(), user, service_key=service_key, ssh_key=fingerprint))


def run(seat: Seat) -> int:
    """Show the sign-on form for a seat, and everything after it."""
    from concurrent.futures import ThreadPoolExecutor

    from tui.launch import prepare_environment

    prepare_environment()
    from config.menu import standard_menu
    from screens.printing import print_shown
    from screens.sign_on import SignOn
    from tui.shell import Shell

    with ThreadPoolExecutor(1, "store") as executor:
        shell = Shell(lambda: SignOn(seat), standard_menu(), executor, printer=print_shown)
        log = seat.directory / "incidents.log"
        if os.environ.get("RECORDROOM_PROMPT"):
            from tui import linear

            return linear.run(shell, log)
        from tui import console

        return console.run(shell, log)


def where_from() -> str:
    """The address or terminal that this session comes from, for the audit trail."""
    if address := os.environ.get("SSH_CONNECTION", "").split(" ")[0]:
        return address
    try:
        return os.ttyname(0).removeprefix("/dev/")
    except OSError:
        return "local"


def _usage(sentence: str, status: int = 2) -> int:
    print(f"recordroom: {sentence}", file=sys.stderr)
    return status
