"""Months that were closed, what has changed since, and the remarks of the department."""

from __future__ import annotations

from peewee import AutoField, BlobField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base


class Closing(Base):
    """A version of a closed month as it was signed. Rows are only added."""

    id = AutoField()
    month = CharField()  # 2026-10
    version = IntegerField()
    from_day = IntegerField()
    to_day = IntegerField()
    as_of = CharField()  # canonical local text
    closed_utc = IntegerField()
    closed_by = CharField()
    reason = TextField()
    warnings = TextField()  # JSON list of sentences: what was still open
    change_id = IntegerField()
    audit_seq = IntegerField()
    mac = BlobField()


class ClosingPart(Base):
    """Frozen counts, or a page, of a closed month; compressed."""

    id = AutoField()
    closing = ForeignKeyField(Closing)
    name = CharField()
    content = BlobField()


class ClosingState(Base):
    """What is known of the newest version of a month since it was closed."""

    month = CharField(primary_key=True)
    from_day = IntegerField()
    to_day = IntegerField()
    closing = ForeignKeyField(Closing)
    changed = IntegerField(default=0)  # changes since it was last compared
    figures = IntegerField(default=0)  # that differed then
    maturing = IntegerField(default=0)  # of these, those that were bound to
    compared_utc = IntegerField()


class Remark(Base):
    """The words beside the figures of a month; the last row of a report is in force."""

    id = AutoField()
    month = CharField()
    report = CharField()
    text = TextField()
    at_utc = IntegerField()
    by = CharField()


class LateChange(Base):
    """A change that may reach into a closed month; kept by triggers."""

    id = AutoField()
    at_utc = IntegerField()
    kind = CharField()  # movement, event, unit_beds, unit, service, weight, newborn, leave, return
    record_id = IntegerField()
    day = IntegerField()
    old = TextField()
    new = TextField()
    amendment_id = IntegerField(default=0)  # the last amendment before it


MODELS = (Closing, ClosingPart, ClosingState, Remark, LateChange)
"""Tables of this module."""
