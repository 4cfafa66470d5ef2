"""Loads a FIPS module for each OpenSSL in the process. Three libraries bring one: Python, SQLCipher, cryptography.

A module serves one OpenSSL only: a second one that maps the same file takes it away from the first. So the folder
that RECORDROOM_FIPS_MODULES names holds a copy of the module for each, and OPENSSL_CONF says how it is activated.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

FOLDER: Final = "RECORDROOM_FIPS_MODULES"
LIBRARIES: Final = {
    "python": "_hashlib",
    "sqlcipher": "sqlcipher3.dbapi2",
    "cryptography": "cryptography.hazmat.backends.openssl.backend",
}
"""Folder below -> module whose import starts that OpenSSL, which then looks where OPENSSL_MODULES points."""


def load() -> None:
    """Start each OpenSSL on its own copy, where the site names a folder. Call it before anything else is imported."""
    root = os.environ.get(FOLDER)
    if root is None:
        return
    for folder, module in LIBRARIES.items():
        os.environ["OPENSSL_MODULES"] = os.path.join(root, folder)
        import_module(module)
