"""Searches for codes that found nothing, or were left without a choice."""

from __future__ import annotations

from peewee import AutoField, CharField, CompositeKey, IntegerField

from db.schema.base import Base


class SearchMiss(Base):
    """What somebody typed in vain."""

    id = AutoField()
    words = CharField()  # as they are compared, in the order of the alphabet
    typed = CharField()
    system = CharField()
    screen = CharField()
    found = IntegerField()  # how many were offered
    at_utc = IntegerField()
    by = CharField()
    chosen = CharField(default="")  # what was coded instead in the same sitting

    class Meta:
        table_name = "search_miss"


class SearchMissSettled(Base):
    """Words that were taken as an expansion or ignored, until somebody types them again."""

    system = CharField()
    words = CharField()
    status = CharField()
    by = CharField()
    at_utc = IntegerField()

    class Meta:
        table_name = "search_miss_settled"
        primary_key = CompositeKey("system", "words")


MODELS = (SearchMiss, SearchMissSettled)
"""Tables of this module."""
