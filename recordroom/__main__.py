"""Where ``recordroom`` starts. Without a command it opens the workstation, and loads nothing else first."""

from __future__ import annotations

import os
import sys

from recordroom.process import harden


def main() -> None:
    """Run the command line and exit with its status."""
    harden()
    if "RECORDROOM_FIPS_MODULES" in os.environ:
        from recordroom import fips

        fips.load()
    if len(sys.argv) == 1:
        # What ForceCommand runs: the sign-on form must stand before the command line would be loaded.
        from recordroom.workstation import main as workstation

        sys.exit(workstation())
    from recordroom.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
