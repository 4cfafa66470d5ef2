"""The patient index: keys of candidates, pairs of charts that may be one person, amendments that look like another."""

from __future__ import annotations

from peewee import AutoField, CharField, CompositeKey, FloatField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Patient


class MatchKey(Base):
    """A key under which a chart is compared with others."""

    key = CharField()
    patient = ForeignKeyField(Patient)

    class Meta:
        primary_key = CompositeKey("key", "patient")


class MatchPerson(Base):
    """The keys of a chart, between blanks."""

    patient = ForeignKeyField(Patient, primary_key=True)
    keys = TextField()


class MatchPending(Base):
    """A chart whose identity was changed since it was compared; ``keyed``: its keys are made again already."""

    patient = ForeignKeyField(Patient, primary_key=True)
    keyed = IntegerField(default=0)


class MatchName(Base):
    """How many people have a name or a birth date; ``kind``: last, first, birth."""

    kind = CharField()
    name = CharField()
    people = IntegerField()

    class Meta:
        primary_key = CompositeKey("kind", "name")


class MatchRate(Base):
    """The facility's own agreement rates (rules.matching.Rates) from a day on."""

    from_day = IntegerField()
    field = CharField()
    band = CharField()
    m = FloatField()
    u = FloatField()
    set_by = CharField()
    set_utc = IntegerField()

    class Meta:
        primary_key = CompositeKey("from_day", "field", "band")


class ChartPair(Base):
    """Two charts that may be one person. ``state``: open, later, apart."""

    id = AutoField()
    low = ForeignKeyField(Patient)
    high = ForeignKeyField(Patient)
    score_hundredths = IntegerField()
    match = CharField()
    reasons = TextField()  # JSON list
    found_utc = IntegerField()
    state = CharField(default="open")
    identity = CharField(default="")
    decided_utc = IntegerField(null=True)
    decided_by = CharField(default="")
    reason = TextField(default="")


class Overlay(Base):
    """An amendment that looks as if the chart was taken for somebody else's."""

    id = AutoField()
    patient = ForeignKeyField(Patient)
    at_utc = IntegerField()
    by = CharField()
    origin = CharField()
    score_hundredths = IntegerField()
    before = TextField()  # JSON: item -> value
    after = TextField()
    settled_utc = IntegerField(null=True)
    settled_by = CharField(default="")
    outcome = CharField(default="")  # same person, undone
    reason = TextField(default="")


MODELS = (MatchKey, MatchPerson, MatchPending, MatchName, MatchRate, ChartPair, Overlay)
