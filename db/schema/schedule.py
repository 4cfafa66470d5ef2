"""The schedule: jobs that run by themselves, and every run of them."""

from __future__ import annotations

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.store import User


class Job(Base):
    """A job: what is done, when, for whom, and where its pages go."""

    id = AutoField()
    name = CharField(unique=True)
    what = CharField()  # a kind of job, or a report of the catalogue
    due_at = CharField()  # as rules/schedule.py reads it
    parameters = TextField(default="{}")  # JSON
    sink = CharField(default="")  # printer CODE, spool CODE, file FORMAT
    retry = CharField(default="")  # minutes before each further attempt; blank: by the table schedule_limits
    late = CharField(default="")  # minutes after which it is overdue; likewise
    owner = ForeignKeyField(User)
    active = BooleanField(default=True)
    since_utc = IntegerField()  # due times before it are not caught up
    version = IntegerField()
    filed_by = CharField()
    filed_utc = IntegerField()


class JobRun(Base):
    """One run, under way while ``outcome`` is blank."""

    id = AutoField()
    job = ForeignKeyField(Job)
    due_utc = IntegerField()
    attempt = IntegerField()
    started_utc = IntegerField()
    ended_utc = IntegerField(null=True)
    outcome = CharField(default="")  # done, found, failed, cut short
    sentence = TextField(default="")
    rows = IntegerField(default=0)
    missed = IntegerField(default=0)
    steps = TextField(default="[]")  # JSON: those that are done
    run_by = CharField()


MODELS = (Job, JobRun)
"""Tables of this module."""
