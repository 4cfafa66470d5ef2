"""Processes that work on a store until they are done or killed: ``python writers.py KIND STORE KEYFILE ...``.

Each act that has been acknowledged is told on standard output at once, as ``TOKEN NUMBER MILLISECONDS``.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from recordroom import fips

fips.load()  # before anything that brings an OpenSSL

from db import acts, drafts, store  # noqa: E402
from db.access import sign_on  # noqa: E402
from db.actors import Action, Actor  # noqa: E402
from db.connect import database, writing  # noqa: E402
from db.patient_index import patients  # noqa: E402

LOOK = "look"  # token of what changes nothing
LIST = "SELECT * FROM audit WHERE user = ? ORDER BY seq DESC LIMIT 20"
KNOWN_NAME, KNOWN_SSN = "ZZYZXIAN", "987654321"


def one_act(actor: Actor, token: str) -> int:
    """A change and its audit row; its number."""
    with acts.act(actor, Action.AMEND_PATIENT, kind="soak") as done:
        number = store.next_number(token)
        done.record = f"{token} {number}"
    return number


def told(token: str, number: int, seconds: float) -> None:
    os.write(1, f"{token} {number} {seconds * 1000:.3f}\n".encode())


def flat_out(actor: Actor, count: int) -> None:
    token = f"{os.getpid()}-{actor.session}"
    for _ in range(count):
        begun = time.perf_counter()
        told(token, one_act(actor, token), time.perf_counter() - begun)


def thinking(actor: Actor, seconds: float) -> None:
    """A technician: looks at a patient, thinks, files, thinks; one second on the average."""
    token, end = f"{os.getpid()}-{actor.session}", time.monotonic() + seconds
    chance = random.Random(os.getpid())
    time.sleep(chance.uniform(0, seconds / 10))
    while time.monotonic() < end:
        begun = time.perf_counter()
        with acts.act(actor, Action.VIEW_CENSUS, kind="list"):
            database.execute_sql(LIST, (actor.user,)).fetchall()
        told(LOOK, 0, time.perf_counter() - begun)
        time.sleep(min(chance.expovariate(1.0), 5.0))
        begun = time.perf_counter()
        told(token, one_act(actor, token), time.perf_counter() - begun)
        time.sleep(min(chance.expovariate(1.0), 5.0))


def workout(actor: Actor) -> None:
    """Put a known name everywhere a name goes, then go on changing it."""
    fields = {"mrn": "00990099", "last_name": KNOWN_NAME, "first_name": KNOWN_NAME, "ssn": KNOWN_SSN}
    patients.file(actor, fields, 0)
    drafts.save(actor, ("PTA", "00990099"), fields, "last_name", "1")
    with writing():
        database.execute_sql("CREATE TEMP TABLE spill AS SELECT * FROM audit, patient ORDER BY detail")
        database.execute_sql("CREATE INDEX temp.spilled ON spill (last_name, detail)")
    for version in range(1, 10_000):
        patients.file(actor, fields | {"city": f"{KNOWN_NAME} {version}"}, version)
        drafts.save(actor, ("PTA", "00990099"), fields | {"city": str(version)}, "city", str(version))
        patients.find(KNOWN_NAME, None, 10)
        told("workout", version, 0)


def main() -> None:
    kind, directory, key, *more = sys.argv[1:]
    if kind == "crowd":
        for _ in range(int(more[0])):
            if os.fork() == 0:
                thinking(sign_on.with_service_key(Path(directory), Path(key)).actor, float(more[1]))
                os._exit(0)
        codes = [os.wait()[1] for _ in range(int(more[0]))]
        sys.exit(1 if any(codes) else 0)
    actor = sign_on.with_service_key(Path(directory), Path(key)).actor
    if kind == "workout":
        workout(actor)
    else:
        flat_out(actor, int(more[0]))
        sign_on.off(actor)


if __name__ == "__main__":
    main()
