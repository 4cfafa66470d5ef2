"""The codes of a discharge abstract as typed rows, rewritten at each filing."""

from __future__ import annotations

from peewee import CharField, CompositeKey, ForeignKeyField, IntegerField

from db.schema.base import Base
from db.schema.cases import DataCase
from db.schema.hospital import Encounter


class Abstract(Base):
    """The DRG that an abstract was grouped to when it was last filed."""

    encounter = ForeignKeyField(Encounter, primary_key=True)
    case = ForeignKeyField(DataCase)
    drg = CharField(default="")
    mdc = CharField(default="")
    drg_version = CharField(default="")
    weight_ten_thousandths = IntegerField(null=True)


class Diagnosis(Base):
    """A diagnosis of an abstract. ``role``: admitting, dx (1 is principal) or external."""

    encounter = ForeignKeyField(Encounter)
    role = CharField()
    seq = IntegerField()
    code = CharField()
    poa = CharField(default="")

    class Meta:
        primary_key = CompositeKey("encounter", "role", "seq")


class Procedure(Base):
    """A procedure of an abstract."""

    encounter = ForeignKeyField(Encounter)
    seq = IntegerField()
    code = CharField()
    performed_day = IntegerField(null=True)
    surgeon = CharField(default="")
    anesthesia = CharField(default="")

    class Meta:
        primary_key = CompositeKey("encounter", "seq")


MODELS = (Abstract, Diagnosis, Procedure)
