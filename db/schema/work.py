"""The work queue: what people decided about accounts, and the rows that triggers keep of what waits."""

from __future__ import annotations

from peewee import AutoField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Encounter
from db.schema.store import User


class WorkHand(Base):
    """Who has an account, why it is on hold until which day, and the errors its abstract was last filed with."""

    encounter = ForeignKeyField(Encounter, primary_key=True)
    user = ForeignKeyField(User, null=True)
    assigned_utc = IntegerField(null=True)
    assigned_by = CharField(default="")
    hold_reason = CharField(default="")
    hold_until = IntegerField(default=0)
    held_utc = IntegerField(null=True)
    held_by = CharField(default="")
    errors = IntegerField(default=0)


class WorkNote(Base):
    """A note on an account; never changed."""

    id = AutoField()
    encounter = ForeignKeyField(Encounter)
    at_utc = IntegerField()
    by = CharField()
    text = TextField()


class WorkQuery(Base):
    """A query to a physician: its wording, where it stands, its answer, and when the abstract took it up."""

    id = AutoField()
    encounter = ForeignKeyField(Encounter)
    provider = CharField(default="")
    question = TextField()
    asked_utc = IntegerField()
    asked_day = IntegerField()
    asked_by = CharField()
    answer = TextField(default="")
    answered_utc = IntegerField(null=True)
    answered_day = IntegerField(null=True)
    answered_by = CharField(default="")
    settled_utc = IntegerField(null=True)
    number = CharField(default="")
    status = CharField(default="sent")
    title = CharField(default="")
    kind = CharField(default="OPEN")
    purpose = CharField(default="")
    finding = CharField(default="")
    path = CharField(default="")
    code = CharField(default="")
    template = CharField(default="")
    template_version = IntegerField(default=0)
    options = TextField(default="[]")
    indicators = TextField(default="[]")
    target = TextField(default="[]")
    asked_as = CharField(default="ATTENDING")
    channel = CharField(default="WRITTEN")
    priority = CharField(default="ROUTINE")
    due_day = IntegerField(null=True)
    rung = IntegerField(default=0)
    in_record = IntegerField(default=0)
    outcome = CharField(default="")
    answerer = CharField(default="")
    version = IntegerField(default=1)


class QueryStep(Base):
    """What was done to a query; never changed."""

    id = AutoField()
    query = ForeignKeyField(WorkQuery)
    at_utc = IntegerField()
    day = IntegerField()
    by = CharField()
    act = CharField()
    before = CharField()
    after = CharField()
    to_whom = CharField(default="")
    outcome = CharField(default="")
    text = TextField(default="")


class QueryEffect(Base):
    """Codes and DRG when a query was sent, and when the abstract was filed after its answer."""

    query = ForeignKeyField(WorkQuery, primary_key=True)
    before = TextField()
    before_utc = IntegerField()
    after = TextField(null=True)
    after_utc = IntegerField(null=True)
    filed_by = CharField(default="")
    marked = TextField(null=True)
    marked_by = CharField(default="")
    marked_utc = IntegerField(null=True)


class QueryTemplate(Base):
    """A version of a facility's own template of queries; never changed."""

    id = AutoField()
    code = CharField()
    version = IntegerField()
    active = IntegerField()
    document = TextField()
    filed_by = CharField()
    filed_utc = IntegerField()


class AccountCharge(Base):
    """What an account is charged, as another system says."""

    encounter = ForeignKeyField(Encounter, primary_key=True)
    cents = IntegerField()
    at_utc = IntegerField()
    by = CharField()
    origin = CharField()


class WorkPreset(Base):
    """A person's own filter of the queue; without a name: what the queue opens with."""

    user = ForeignKeyField(User)
    name = CharField()
    line = TextField()

    class Meta:
        primary_key = CompositeKey("user", "name")


class WorkTime(Base):
    """Time of one person at one record, from the first touch to leaving or filing, idle time left out."""

    id = AutoField()
    user = ForeignKeyField(User)
    data_set = CharField()
    record = CharField()
    day = IntegerField()
    began_utc = IntegerField()
    ended_utc = IntegerField()
    seconds = IntegerField()
    revision = IntegerField(null=True)
    status = CharField(default="")


class WorkItem(Base):
    """A discharge that waits for something: a row of the view ``work_now``, kept by triggers alone."""

    encounter_id = IntegerField(primary_key=True)
    patient_id = IntegerField()
    account = CharField()
    kinds = IntegerField()
    since_day = IntegerField()
    discharge_day = IntegerField()
    class_ = CharField(column_name="class")
    mrn = CharField()
    name_key = CharField()
    td_key = CharField()
    md_key = CharField()
    unit = CharField()
    service = CharField()
    payer = CharField()
    attending = CharField()
    status = CharField()
    errors = IntegerField()
    billed = IntegerField()
    value_cents = IntegerField(null=True)
    value_from = CharField()
    value_order = IntegerField()
    standing = IntegerField()
    assigned_id = IntegerField(null=True)
    assigned = CharField()
    hold_reason = CharField()
    hold_until = IntegerField()


class WorkTally(Base):
    """How many rows of the queue have these kinds and wait since this day."""

    kinds = IntegerField()
    since_day = IntegerField()
    items = IntegerField()

    class Meta:
        primary_key = CompositeKey("kinds", "since_day")


MODELS = (
    WorkHand, WorkNote, WorkQuery, QueryStep, QueryEffect, QueryTemplate, AccountCharge, WorkPreset, WorkTime, WorkItem,
    WorkTally,
)  # fmt: skip
"""Tables of this module."""
