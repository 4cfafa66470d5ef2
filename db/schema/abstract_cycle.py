"""The life cycle of discharge abstracts: what hangs on their records beside the record itself."""

from __future__ import annotations

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
from db.schema.cases import DataCase


class AbstractTransmission(Base):
    """A batch for the receiver: layout, period, and what its file came to. Open until all its lines are in."""

    id = AutoField()
    layout = CharField()
    layout_version = CharField()
    chosen_by = CharField()  # discharged or released
    from_day = IntegerField()
    to_day = IntegerField()
    newline = CharField()
    records = IntegerField(default=0)
    counts = TextField(default="{}")  # lines by type of record, as JSON
    bytes = IntegerField(default=0)
    sha256 = CharField(default="")
    made_utc = IntegerField()
    made_by = CharField()
    closed_utc = IntegerField(null=True)
    accepted = IntegerField(default=0)
    rejected = IntegerField(default=0)


class AbstractCycle(Base):
    """What the feed said when an abstract was filed, what it was last heard to say, and how far the abstract is."""

    case = ForeignKeyField(DataCase, primary_key=True)
    fed = TextField()  # JSON by item
    heard = TextField()
    completed_utc = IntegerField(null=True)
    completed_by = CharField(default="")
    released_utc = IntegerField(null=True)
    released_day = IntegerField(null=True)
    released_by = CharField(default="")
    transmission = ForeignKeyField(AbstractTransmission, null=True)
    accepted_utc = IntegerField(null=True)


class AbstractDifference(Base):
    """An item that a technician keyed otherwise than the feed says now."""

    case = ForeignKeyField(DataCase)
    item = CharField()
    filed = TextField()
    feed = TextField()
    since_utc = IntegerField()
    source = CharField()
    seen_utc = IntegerField(null=True)
    seen_by = CharField(default="")

    class Meta:
        primary_key = CompositeKey("case", "item")


class AbstractStep(Base):
    """One step of an abstract's life; only ever added."""

    id = AutoField()
    case = ForeignKeyField(DataCase)
    revision = IntegerField()
    act = CharField()
    before = CharField()
    after = CharField()
    reason = TextField()
    at_utc = IntegerField()
    by = CharField()
    origin = CharField()
    transmission = ForeignKeyField(AbstractTransmission, null=True)


class AbstractReturn(Base):
    """Why an abstract came back from the receiver or from billing."""

    id = AutoField()
    case = ForeignKeyField(DataCase)
    kind = CharField()
    code = CharField()
    item = CharField()
    value = TextField()
    message = TextField()
    revision = IntegerField()
    at_utc = IntegerField()
    day = IntegerField()
    by = CharField()
    origin = CharField()
    transmission = ForeignKeyField(AbstractTransmission, null=True)
    cleared_utc = IntegerField(null=True)
    cleared_by = CharField(default="")
    cleared_because = TextField(default="")


class AbstractSent(Base):
    """The lines of one abstract in a batch, and what the receiver answered."""

    transmission = ForeignKeyField(AbstractTransmission)
    seq = IntegerField()
    case = ForeignKeyField(DataCase)
    revision = IntegerField()
    account = CharField()
    correction = BooleanField()
    lines = BlobField()
    outcome = CharField(default="")
    outcome_utc = IntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("transmission", "seq")


MODELS = (AbstractTransmission, AbstractCycle, AbstractDifference, AbstractStep, AbstractReturn, AbstractSent)
