"""How many jobs of the schedule are in trouble: for the desk."""

from __future__ import annotations

from dataclasses import dataclass

from db import store
from db.schedule import jobs
from rules import schedule


@dataclass(frozen=True, slots=True)
class Troubled:
    """Jobs whose last run failed or found something, and jobs that should have run and have not."""

    failed: int
    overdue: int


def troubled() -> Troubled:
    """Of the jobs that are on; there are a few dozen at most."""
    here = store.current()
    now, found = here.now().utc, [job for job in jobs.every() if job.active]
    late = [job for job in found if schedule.overdue(job.plan, job.since_utc, job.last, now, here.zone)]
    return Troubled(sum(job.failed for job in found if job not in late), len(late))
