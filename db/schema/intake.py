"""Messages received from feeds, and what waits because of them."""

from __future__ import annotations

from peewee import AutoField, BlobField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Encounter, Patient
from db.schema.store import ImportBatch


class ReceivedMessage(Base):
    """A message of a feed and what became of it. Its text never changes, only the outcome does."""

    id = AutoField()
    batch = ForeignKeyField(ImportBatch)
    received_utc = IntegerField()
    application = CharField()  # MSH-3
    facility = CharField()  # MSH-4
    control_id = CharField()  # MSH-10
    sha256 = BlobField()
    kind = CharField()  # MSH-9.1
    event = CharField()  # MSH-9.2
    mrn = CharField(default="")
    account = CharField(default="")
    outcome = CharField()  # db.feeds.intake.Outcome
    reason = TextField(default="")
    waits_for = CharField(default="")  # account or mrn whose arrival lets it be tried again
    warnings = TextField(default="")  # one to a line
    patient = ForeignKeyField(Patient, null=True)
    encounter = ForeignKeyField(Encounter, null=True)
    mends = ForeignKeyField("self", null=True)  # the message whose mended text this is
    settled_utc = IntegerField(null=True)
    settled_by = CharField(default="")
    text = BlobField()  # UTF-8, segments ended by CR, compressed


class FeedDisagreement(Base):
    """A value that a feed gives otherwise than the record, until somebody decides."""

    id = AutoField()
    message = ForeignKeyField(ReceivedMessage)
    account = CharField()
    patient = ForeignKeyField(Patient, null=True)
    item = CharField()
    ours = TextField()
    theirs = TextField()
    opened_utc = IntegerField()
    times = IntegerField(default=1)  # how often the feed has said so
    resolution = TextField(default="")
    resolved_utc = IntegerField(null=True)
    resolved_by = CharField(default="")


class DocumentNote(Base):
    """A document that the feed announced (MDM), for chart completion."""

    id = AutoField()
    message = ForeignKeyField(ReceivedMessage)
    event = CharField()  # T01 to T11
    mrn = CharField()
    account = CharField()
    patient = ForeignKeyField(Patient, null=True)
    encounter = ForeignKeyField(Encounter, null=True)
    document_type = CharField()  # TXA-2
    document_number = CharField()  # TXA-12
    parent_number = CharField()  # TXA-13
    originator = CharField()  # TXA-9
    written_at = CharField()  # ISO moment, or empty
    completion = CharField()  # TXA-17
    noted_utc = IntegerField()


MODELS = (ReceivedMessage, FeedDisagreement, DocumentNote)
