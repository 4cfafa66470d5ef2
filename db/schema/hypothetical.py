"""Hypothetical patients of the DRG calculator."""

from __future__ import annotations

from peewee import CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.store import User


class Hypothetical(Base):
    """What a person keeps under a name; nobody else sees it."""

    user = ForeignKeyField(User)
    name = CharField()
    document = TextField()
    kept_utc = IntegerField()

    class Meta:
        primary_key = CompositeKey("user", "name")


MODELS = (Hypothetical,)
"""Tables of this module."""
