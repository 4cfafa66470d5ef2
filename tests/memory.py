"""How often something stands in the memory of a process, as one of the same user could read it without hardening."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SKIPPED = ("[vvar]", "[vsyscall]", "[vdso]")  # the kernel's


def copies(pid: int, wanted: Mapping[str, bytes]) -> dict[str, int]:
    """Copies of each of ``wanted`` in all memory that the process can read. A process that is gone has none."""
    found = dict.fromkeys(wanted, 0)
    lines = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for addresses, permissions, *rest in lines:
            if "r" not in permissions or rest[-1] in SKIPPED:
                continue
            begin, end = (int(address, 16) for address in addresses.split("-"))
            memory.seek(begin)
            try:
                data = memory.read(end - begin)
            except OSError:  # reserved, nothing behind it
                continue
            for name, value in wanted.items():
                found[name] += data.count(value)
    return found
