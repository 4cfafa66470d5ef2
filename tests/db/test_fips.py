"""The store under an OpenSSL FIPS provider and nothing else, where one is at hand.

RECORDROOM_FIPS_MODULES names a folder as docs/keys.md describes it, with ``fipsmodule.cnf`` beside the three copies.
Debian ships none, so that this runs where somebody brings one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[2]
MODULES = os.environ.get("RECORDROOM_FIPS_MODULES", "")
SUITE = (
    "tests/db/test_store.py", "tests/db/test_rotation.py", "tests/db/test_second_factor.py",
    "tests/db/test_ssh_keys.py", "tests/db/test_nothing_lost.py", "tests/commands/test_store_commands.py",
    "tests/commands/test_key_commands.py", "tests/commands/test_backup_commands.py", "tests/end_to_end/test_memory.py",
)  # fmt: skip
CONFIG = """\
config_diagnostics = 1
openssl_conf = openssl_init
.include {modules}/fipsmodule.cnf
[openssl_init]
providers = provider_sect
alg_section = algorithm_sect
[provider_sect]
fips = fips_sect
base = base_sect
[base_sect]
activate = 1
[algorithm_sect]
default_properties = fips=yes
"""
PROBE = """
import sys
from pathlib import Path
from recordroom import fips
fips.load()
from db.access import sign_on
from db.keyring.security_state import security_state
signed_on = sign_on.with_passphrase(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
for name, fact in security_state(signed_on.actor).facts:
    print(f"{name}: {fact}")
"""
pytestmark = pytest.mark.skipif(not MODULES, reason="no FIPS module: RECORDROOM_FIPS_MODULES names none")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The surroundings in which OpenSSL has the FIPS provider alone."""
    config = tmp_path / "openssl.cnf"
    config.write_text(CONFIG.format(modules=MODULES))
    kept = {"OPENSSL_CONF": str(config), "OPENSSL_MODULES": f"{MODULES}/python", "PYTHONPATH": str(ROOT)}
    return dict(os.environ) | kept


class TestUnderFips:
    def test_the_provider_is_mapped_and_answers_no_md5(
        self, environment: dict[str, str], store_directory: Path
    ) -> None:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, str(store_directory), ADMIN, PASSPHRASE], cwd=ROOT, env=environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert "FIPS mode: on" in done.stdout
        assert all(f"{MODULES}/{folder}/fips.so" in done.stdout for folder in ("sqlcipher", "cryptography"))
        assert "MD5: refused" in done.stdout

    def test_the_tests_of_the_store_pass(self, environment: dict[str, str]) -> None:
        done = subprocess.run(
            [sys.executable, "tests/under_fips.py", "-q", "-p", "no:cacheprovider", *SUITE],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:]

    def test_a_missing_module_fails_closed(self, environment: dict[str, str], tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "recordroom", "report", "list"], cwd=ROOT,
            env=environment | {"RECORDROOM_FIPS_MODULES": str(tmp_path)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode != 0
