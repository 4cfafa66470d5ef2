"""Reports that technicians write, in every version."""

from __future__ import annotations

from peewee import AutoField, BooleanField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.store import User


class WrittenReport(Base):
    """A report with the name that it is run by; ``version`` is the one in force."""

    id = AutoField()
    name = CharField()
    owner = ForeignKeyField(User)
    shared = BooleanField(default=False)
    version = IntegerField()
    void_utc = IntegerField(null=True)
    void_by = CharField(default="")
    void_reason = CharField(default="")


class WrittenReportVersion(Base):
    """What a report asked for in one of its versions; only ever added."""

    report = ForeignKeyField(WrittenReport)
    version = IntegerField()
    definition = TextField()
    shared = BooleanField()
    filed_utc = IntegerField()
    filed_by = CharField()

    class Meta:
        primary_key = CompositeKey("report", "version")


MODELS = (WrittenReport, WrittenReportVersion)
"""Tables of this module."""
