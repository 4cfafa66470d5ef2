"""Records of data dictionaries: the document is the record, the items are what lists and reports read."""

from __future__ import annotations

from peewee import AutoField, CharField, CompositeKey, FloatField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Encounter, Patient


class DataCase(Base):
    """A record of a data set. ``number`` is what people call it; ``document`` is its JSON by item path."""

    id = AutoField()
    data_set = CharField()
    version = CharField()  # of the dictionary it was entered under
    number = CharField()
    patient = ForeignKeyField(Patient)
    encounter = ForeignKeyField(Encounter, null=True)
    status = CharField()
    document = TextField()
    revision = IntegerField()
    created_utc = IntegerField()
    filed_utc = IntegerField()
    filed_by = CharField()
    void_utc = IntegerField(null=True)
    void_reason = TextField(default="")


class CaseRevision(Base):
    """A record as it was filed, once for each filing; only ever added."""

    case = ForeignKeyField(DataCase)
    revision = IntegerField()
    version = CharField()
    document = TextField()
    status = CharField()
    filed_utc = IntegerField()
    filed_by = CharField()
    reason = TextField(default="")

    class Meta:
        primary_key = CompositeKey("case", "revision")


class CaseItem(Base):
    """One item of a record in its present revision; ``seq`` is the row of a group, 0 outside groups."""

    case = ForeignKeyField(DataCase)
    item = CharField()
    seq = IntegerField()
    text = CharField()
    number = FloatField(null=True)
    day = IntegerField(null=True)
    null_code = CharField(default="")

    class Meta:
        primary_key = CompositeKey("case", "item", "seq")


MODELS = (DataCase, CaseRevision, CaseItem)
