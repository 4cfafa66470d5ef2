"""Reviews by a second person: plans, the records that they drew, differences, and answers of worksheets."""

from __future__ import annotations

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.cases import DataCase
from db.schema.hospital import Encounter


class ReviewPlan(Base):
    """What is to be reviewed and how it was drawn; never changed, so that the draw can be repeated."""

    id = AutoField()
    number = CharField(unique=True)
    kind = CharField()  # blind, closed or open
    data_set = CharField()
    title = CharField()
    from_day = IntegerField(null=True)
    to_day = IntegerField(null=True)
    filters = TextField()
    method = CharField()
    size = CharField()
    per_person = BooleanField()
    seed = CharField()
    population = IntegerField()  # records that could be drawn
    drawn_utc = IntegerField()
    drawn_by = CharField()


class ReviewedRecord(Base):
    """A record of a sample: the filing under review, who reviews it, and what the second person has."""

    id = AutoField()
    plan = ForeignKeyField(ReviewPlan)
    number = CharField(unique=True)
    case = ForeignKeyField(DataCase, null=True)
    encounter = ForeignKeyField(Encounter, null=True)
    revision = IntegerField()
    person = CharField()  # who answers for the record
    reviewer = CharField(default="")
    status = CharField()
    version = CharField(default="")
    document = TextField(default="")  # the second abstraction
    filed_utc = IntegerField(null=True)
    first_drg = CharField(default="")
    second_drg = CharField(default="")
    final_drg = CharField(default="")
    seen_utc = IntegerField(null=True)  # by the first person
    reason = TextField(default="")  # why it was left out of the sample, or the remark of a worksheet


class ReviewDifference(Base):
    """Where the two abstractions differ, and how it was settled."""

    id = AutoField()
    reviewed = ForeignKeyField(ReviewedRecord)
    item = CharField()
    first_row = IntegerField()
    second_row = IntegerField()
    first = TextField()
    second = TextField()
    category = CharField()
    decision = CharField(default="")
    comment = TextField(default="")
    by = CharField(default="")
    at_utc = IntegerField(null=True)


class ReviewAnswer(Base):
    """The answer to one element of a worksheet."""

    id = AutoField()
    reviewed = ForeignKeyField(ReviewedRecord)
    element = CharField()
    answer = CharField()
    comment = TextField(default="")
    by = CharField()
    at_utc = IntegerField()


MODELS = (ReviewPlan, ReviewedRecord, ReviewDifference, ReviewAnswer)
"""Tables of this module."""
