"""People, settings, locks, counters and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from db.schema.base import Base


class User(Base):
    """Somebody who may sign on. ``name`` is also the name of the key slot."""

    id = AutoField()
    name = CharField(unique=True)
    full_name = CharField(default="")
    title = CharField(default="")
    phone = CharField(default="")
    created_utc = IntegerField()
    disabled_utc = IntegerField(null=True)
    last_sign_on_utc = IntegerField(null=True)
    if TYPE_CHECKING:
        roles: Sequence[UserRole]


class UserRole(Base):
    """A role that a user holds."""

    user = ForeignKeyField(User, backref="roles")
    role = CharField()

    class Meta:
        primary_key = CompositeKey("user", "role")


class UserHabit(Base):
    """How the workstation behaves for one person, where that differs from the usual."""

    user = ForeignKeyField(User)
    name = CharField()
    value = CharField()

    class Meta:
        primary_key = CompositeKey("user", "name")


class ReportPreset(Base):
    """What a person asks of a report, by name; ``parameters`` is a JSON object."""

    id = AutoField()
    user = ForeignKeyField(User)
    report = CharField()
    name = CharField()
    parameters = TextField()
    saved_utc = IntegerField()


class SecondFactor(Base):
    """The secret that a user's codes come from (RFC 6238), and the last time step of which one was accepted."""

    user = ForeignKeyField(User, primary_key=True)
    if TYPE_CHECKING:
        user_id: int
    secret = BlobField()
    last_step = IntegerField()


class SshKey(Base):
    """An SSH key, by its fingerprint, with which a user comes in where the site signs on by key alone."""

    fingerprint = CharField(primary_key=True)
    user = ForeignKeyField(User)
    if TYPE_CHECKING:
        user_id: int
    bound_utc = IntegerField()


class Setting(Base):
    """A site setting from a day on. The value in force is the one with the latest ``from_day`` reached."""

    name = CharField()
    from_day = IntegerField()
    value = TextField()
    set_by = CharField()
    set_utc = IntegerField()

    class Meta:
        primary_key = CompositeKey("name", "from_day")


class Counter(Base):
    """Numbers that people see are drawn from here, one after the other."""

    name = CharField(primary_key=True)
    value = IntegerField()


class KeyState(Base):
    """One row: the generation of the data key, and the revision of the slot file, as last written here."""

    id = AutoField()
    generation = IntegerField()
    revision = IntegerField()


class TrailKey(Base):
    """Keys of the audit chain from row ``from_seq`` on, derived from the data key of a generation.

    They are kept, so that rows written under an earlier data key can be verified when that key is gone.
    """

    from_seq = IntegerField(primary_key=True)
    generation = IntegerField()
    row_key = BlobField()
    anchor_key = BlobField()


class RecordLock(Base):
    """Somebody is changing a record. A lock expires by itself: a killed session must not hold one."""

    kind = CharField()
    record_id = CharField()
    user = ForeignKeyField(User)
    if TYPE_CHECKING:
        user_id: int
    session = CharField()
    taken_utc = IntegerField()
    expires_utc = IntegerField()

    class Meta:
        primary_key = CompositeKey("kind", "record_id")


class Audit(Base):
    """What was done, by whom, from where. Rows are only ever added; ``mac`` chains them."""

    seq = AutoField()
    at_utc = IntegerField()
    user = CharField()
    roles = CharField()
    where_from = CharField()
    session = CharField()
    action = CharField()
    kind = CharField()  # kind of record
    record = CharField()  # its number as people see it
    patient_id = IntegerField(null=True)
    outcome = CharField()  # done, denied, failed
    detail = TextField()  # JSON: before, after, query, count
    mac = BlobField()


class ImportBatch(Base):
    """One run of an import or feed: what was read and what became of it."""

    id = AutoField()
    kind = CharField()
    source = CharField()
    sha256 = CharField()
    started_utc = IntegerField()
    ended_utc = IntegerField(null=True)
    user = CharField()
    read = IntegerField(default=0)
    applied = IntegerField(default=0)
    unchanged = IntegerField(default=0)
    not_used = IntegerField(default=0)
    refused = IntegerField(default=0)
    held = IntegerField(default=0)
    dry_run = BooleanField(default=False)


class RefusedRow(Base):
    """A row that could not be taken, kept with its reason until somebody mends or dismisses it."""

    id = AutoField()
    batch = ForeignKeyField(ImportBatch, backref="refused_rows")
    line = IntegerField()
    field = CharField(default="")
    reason = TextField()
    raw_text = TextField()


MODELS = (
    User, UserRole, UserHabit, ReportPreset, SecondFactor, SshKey, Setting, Counter, KeyState, TrailKey, RecordLock,
    Audit, ImportBatch, RefusedRow,
)  # fmt: skip
