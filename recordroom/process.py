"""What the process forbids itself before it reads a key: others reading its memory, cores, files that others read."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import Final

PR_GET_DUMPABLE: Final = 3  # <linux/prctl.h>
PR_SET_DUMPABLE: Final = 4


def harden() -> None:
    """No memory to read for the same user (prctl), no core file, new files for the owner alone.

    The memory holds the data key as long as somebody is signed on; the process ends with the session. The size of
    files (RLIMIT_FSIZE) is not limited: a session writes the database itself, and a limit that it grows into would
    stop filing for everybody. One that is set from outside is met like a full disk.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def dumpable() -> bool:
    """Whether processes of the same user may read this one's memory."""
    return bool(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
