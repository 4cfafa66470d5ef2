"""What supports a code: the documents of a chart, and the facility's notes and decisions on codes."""

from __future__ import annotations

from peewee import AutoField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Encounter


class ChartDocument(Base):
    """A document of an account: that it exists, never what it says."""

    id = AutoField()
    encounter = ForeignKeyField(Encounter)
    type = CharField()  # of table chart_documents
    written_at = CharField(default="")  # ISO day or moment
    author = CharField(default="")  # code of a provider, or a name
    status = CharField()  # expected, present, signed
    feed_number = CharField(default="")  # TXA-12 of the document that it stands for
    filed_utc = IntegerField()
    filed_by = CharField()
    version = IntegerField(default=1)
    void_utc = IntegerField(null=True)
    void_reason = TextField(default="")


class CodeNote(Base):
    """A note or decision of the facility on a code, a category or a range."""

    id = AutoField()
    system = CharField()
    first_code = CharField()
    last_code = CharField()
    text = TextField()
    decision = TextField(default="")
    source = CharField(default="")  # such as a Coding Clinic issue, as typed
    valid_from = CharField(default="")
    valid_to = CharField(default="")
    status = CharField()  # proposed, approved, void
    author = CharField()
    written_utc = IntegerField()
    approved_by = CharField(default="")
    approved_utc = IntegerField(null=True)
    version = IntegerField(default=1)
    void_reason = TextField(default="")


MODELS = (ChartDocument, CodeNote)
"""Tables of this module."""
