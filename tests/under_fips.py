"""Runs tests with OpenSSL FIPS modules and nothing else: ``python tests/under_fips.py [ARGUMENTS OF PYTEST]``.

The surroundings are those of docs/keys.md: OPENSSL_CONF and RECORDROOM_FIPS_MODULES. Programs that the tests start get
them too; the host's ssh and sshd, which have an OpenSSL of the host's, do not.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from recordroom import fips  # noqa: E402 - once it is found

fips.load()  # in processes that multiprocessing spawns too: they run this file, but for its end

OF_THE_HOST = ("ssh", "sshd", "ssh-agent", "ssh-keygen")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def hide_from_the_host(folder: Path) -> None:
    """Put a script before each of the host's programs that takes the surroundings away from it."""
    for name in OF_THE_HOST:
        found = shutil.which(name, path=PATH)
        if found:
            script = folder / name
            script.write_text(f'#!/bin/sh\nunset OPENSSL_CONF OPENSSL_MODULES\nexec {found} "$@"\n')
            script.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{PATH}"


def load_in_every_python(folder: Path) -> None:
    """What the program does at its start, for the scripts of tests."""
    (folder / "sitecustomize.py").write_text("from recordroom import fips\n\nfips.load()\n")
    os.environ["PYTHONPATH"] = f"{folder}:{ROOT}"


if __name__ == "__main__":
    import pytest

    with tempfile.TemporaryDirectory() as made:
        hide_from_the_host(Path(made))
        load_in_every_python(Path(made))
        status = pytest.main(sys.argv[1:])
    sys.exit(status)
