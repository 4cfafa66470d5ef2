"""What case finding remembers beside the records of a registry."""

from __future__ import annotations

from peewee import AutoField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Encounter


class NotACase(Base):
    """An account of which somebody said, with a reason, that it is no case of a registry; it can be taken back."""

    id = AutoField()
    data_set = CharField()
    encounter = ForeignKeyField(Encounter)
    reason = TextField()
    at_utc = IntegerField()
    by = CharField()
    revoked_utc = IntegerField(null=True)
    revoked_by = CharField(default="")


MODELS = (NotACase,)
"""Tables of this module."""
