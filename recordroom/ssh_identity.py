"""Who came in through sshd and sudo, when the service account holds the key of the store (docs/keys.md).

sudo sets SUDO_USER and SUDO_UID itself and drops what a client sends. RECORDROOM_SSH_AUTH is what the gate read
from the file that sshd exposes to the login user (ExposeAuthInfo), before the hop.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Final

AUTH: Final = "RECORDROOM_SSH_AUTH"


def who_came(environment: Mapping[str, str], directory: Path) -> str:
    """The login name of whoever came through sudo to the account that owns the store; empty for anybody else."""
    name, number = environment.get("SUDO_USER", ""), environment.get("SUDO_UID", "")
    owner = directory.stat().st_uid
    try:
        login = pwd.getpwnam(name).pw_uid
    except KeyError:
        return ""
    came = number == str(login) and login != owner
    return name if came and os.geteuid() == owner else ""


def key_that_opened(environment: Mapping[str, str]) -> str:
    """Fingerprint of the SSH key with which the connection was opened; empty when it was not said."""
    from db.access.ssh_keys import fingerprint

    return fingerprint(environment.get(AUTH, ""))
