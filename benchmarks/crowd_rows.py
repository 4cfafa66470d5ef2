"""A hundred technicians on one store, thinking a second between acts: what is refused, and how long acts take.

Each is a process with a connection of its own, as each session is. Two acts in three open a chart, which is logged;
the third opens an abstract, which is logged too, and files what it says once more.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.measure import Measure, percentile
from benchmarks.stores import Stores
from config.data_sets import library
from db import store
from db.abstracting import abstracts
from db.access import sign_on
from db.actors import Action, Actor
from db.acts import Conflict, viewed
from db.connect import StoreError, database
from db.hospital import encounters
from db.patient_index import patients
from db.registry.cases import COMPLETE, OPEN
from recordroom.demo.store import PASSPHRASE, USER

TECHNICIANS: Final = 100
THINKING_S: Final = 1.0
SECONDS: Final = 20
LOADING_S: Final = 3  # somebody works alone at first: what a session loads once a day is no act
CHARTS: Final = 0.67  # of the acts; the others file


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    say(f"{TECHNICIANS} technicians")
    with tempfile.TemporaryDirectory(prefix="recordroom-bench-") as name:
        directory = Path(shutil.copytree(made.directory, Path(name) / "store"))
        _at_work(directory, random.Random(TECHNICIANS), time.time(), LOADING_S)
        begin = time.time() + 0.1 * TECHNICIANS  # all have signed on by then
        seats = [_seated(directory, number, begin) for number in range(TECHNICIANS)]
        seen = [_told(process, pipe) for process, pipe in seats]
    acts = [taken for each, _ in seen for taken in each]
    return [
        Measure(f"{TECHNICIANS} technicians, {len(acts)} acts: lock errors", sum(each for _, each in seen), "", most=0),
        Measure("act, p50", percentile(acts, 0.5), "ms"),
        Measure("act, p99", percentile(acts, 0.99), "ms", most=500),
    ]  # fmt: skip


def _seated(directory: Path, number: int, begin: float) -> tuple[int, int]:
    """A process that works until the time is up and tells what it saw through a pipe."""
    ours, theirs = os.pipe()
    process = os.fork()
    if process:
        os.close(theirs)
        return process, ours
    try:
        os.close(ours)
        told = json.dumps(_at_work(directory, random.Random(number), begin)).encode()
        with os.fdopen(theirs, "wb") as pipe:
            pipe.write(told)
        os._exit(0)
    except BaseException:  # a child of a fork may not go on in its parent's code
        traceback.print_exc()
        os._exit(1)


def _told(process: int, pipe: int) -> tuple[list[float], int]:
    with os.fdopen(pipe, "rb") as file:
        told = file.read()
    if os.waitpid(process, 0)[1] or not told:
        raise RuntimeError("A technician's session ended by itself.")
    acts, busy = json.loads(told)
    return acts, busy


def _at_work(
    directory: Path, choice: random.Random, begin: float, seconds: float = SECONDS
) -> tuple[list[float], int]:
    actor = sign_on.with_passphrase(directory, USER, PASSPHRASE).actor
    found = database.execute_sql(
        "SELECT encounter_id, status FROM data_case WHERE data_set = 'abstract' AND encounter_id IS NOT NULL"
    )
    status = {int(id_): standing for id_, standing in found}
    stays = list(status)
    fileable = [
        id_ for id_, standing in status.items() if standing in (OPEN, COMPLETE)
    ]  # the others are read only
    acts: list[float] = []
    busy = 0
    time.sleep(max(0.0, begin - time.time()) + choice.random() * THINKING_S)
    while time.time() < begin + seconds:
        started = time.perf_counter()
        try:
            if choice.random() < CHARTS:
                _open_chart(actor, choice.choice(stays))
            else:
                _file_again(actor, choice.choice(fileable))
        except Conflict:
            pass  # two of them had the same abstract open
        except StoreError:
            busy += 1
        acts.append((time.perf_counter() - started) * 1000)
        time.sleep(THINKING_S * (0.5 + choice.random()))
    store.close_store()
    return acts, busy


def _open_chart(actor: Actor, stay: int) -> None:
    patient = encounters.get(stay).patient_id
    viewed(actor, Action.VIEW_PATIENT, kind="patient", patient_id=patient)
    patients.get(patient)
    encounters.of_patient(patient, limit=20)


def _file_again(actor: Actor, stay: int) -> None:
    dictionary = library().of(abstracts.DATA_SET)
    opened = abstracts.open_abstract(actor, stay, dictionary)
    revision = opened.case.revision if opened.case else 0
    abstracts.file_abstract(actor, opened, dictionary, opened.record, [], abstracts.Drg(), expected_revision=revision,
                            reason="benchmark")  # fmt: skip
