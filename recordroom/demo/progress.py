"""Says on a terminal how far the demo hospital has got; silent anywhere else."""

from __future__ import annotations

import sys


def show(text: str) -> None:
    """Replace the progress line. Blank text takes it away."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}" if text else "\r\x1b[K")
        sys.stderr.flush()
