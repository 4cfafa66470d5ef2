"""What triggers keep of visits: the codes of their coding, and which of them wait for it."""

from __future__ import annotations

from peewee import CharField, CompositeKey, IntegerField

from db.schema.base import Base


class VisitCode(Base):
    """A code of a visit's coding. ``role``: reason, dx (1 is first-listed), external or service."""

    encounter_id = IntegerField()
    case_id = IntegerField()
    role = CharField()
    seq = IntegerField()
    code = CharField()
    day = IntegerField(null=True)  # of a service
    provider = CharField()  # of a service

    class Meta:
        primary_key = CompositeKey("encounter_id", "case_id", "role", "seq")


class VisitWait(Base):
    """A visit whose coding is not complete: a row of the view ``visit_now``."""

    encounter_id = IntegerField(primary_key=True)
    class_ = CharField(column_name="class")
    arrived_day = IntegerField()
    begun = IntegerField()


MODELS = (VisitCode, VisitWait)
"""Tables of this module."""
