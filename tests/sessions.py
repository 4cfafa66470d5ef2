"""Another session on the same store: a process of its own, in which the administrator is signed on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[1]

# A session that stays until its input ends.
SESSION = """
import sys
from pathlib import Path
from recordroom import fips
fips.load()
from db.access import sign_on
sign_on.with_passphrase(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
print("signed on", flush=True)
sys.stdin.read()
"""


@contextmanager
def other_session(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process in which the administrator is signed on."""
    process = subprocess.Popen(
        [sys.executable, "-c", SESSION, str(directory), ADMIN, PASSPHRASE], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "signed on\n"
    with process:
        yield process
        process.kill()


def recordroom_here(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in this process: what it prints, where, and with which exit status."""
    from recordroom.cli import run

    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = run(list(words))
        except SystemExit as ended:
            status = int(ended.code or 0)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def recordroom_as(directory: Path, folder: Path, user: str, passphrase: str, *words: str) -> None:
    """A command run by somebody else, in a process of its own; it must succeed."""
    secret = folder / f"passphrase of {user}"
    secret.write_text(passphrase)
    signing_on = ("--store", str(directory), "--user", user, "--passphrase-file", str(secret))
    subprocess.run([sys.executable, "-m", "recordroom", *words, *signing_on], cwd=ROOT, check=True)
