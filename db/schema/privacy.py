"""What the privacy officer works with: sensitive charts, users who are patients, alerts to review, looks by day."""

from __future__ import annotations

from peewee import AutoField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Patient
from db.schema.store import User


class SensitivePatient(Base):
    """A chart that asks for a reason. ``class_``: employee, vip, 7332, part2."""

    patient = ForeignKeyField(Patient, primary_key=True)
    class_ = CharField(column_name="class")
    reason = TextField()
    marked_utc = IntegerField()
    marked_by = CharField()


class UserPatient(Base):
    """A user who is a patient of the facility too: looking at the own record is unusual access."""

    user = ForeignKeyField(User, primary_key=True)
    patient = ForeignKeyField(Patient)


class PrivacyAlert(Base):
    """A sensitive chart was opened, or glass broken: kept as it was raised until the privacy officer reviews it."""

    id = AutoField()
    at_utc = IntegerField()
    action = CharField()
    user = CharField()
    where_from = CharField()
    session = CharField()
    patient = ForeignKeyField(Patient)
    class_ = CharField(column_name="class")
    reason = TextField()
    reviewed_utc = IntegerField(null=True)
    reviewed_by = CharField(default="")
    review = TextField(default="")


class DailyLooks(Base):
    """What one user looked at on a day that is over, counted from the audit trail (db/trail/daily_looks.py)."""

    day = IntegerField()
    user = CharField()
    roles = CharField()
    patients = IntegerField()
    first_utc = IntegerField()
    minutes = TextField()  # JSON: of each look, from that of the first

    class Meta:
        primary_key = CompositeKey("day", "user", "roles")


MODELS = (SensitivePatient, UserPatient, PrivacyAlert, DailyLooks)
