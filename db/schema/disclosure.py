"""Requests for information, their events, releases and suspensions. All but the request are written once."""

from __future__ import annotations

from typing import Final

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from db.schema.base import Base
from db.schema.hospital import Patient

NO_DUE_DAY: Final = 3652059  # 9999-12-31: sorts behind every day that is due


class Request(Base):
    """Somebody asks for information about a patient. Items without a column are in ``document`` (JSON)."""

    id = AutoField()
    number = CharField(unique=True)
    patient = ForeignKeyField(Patient)
    requester_name = CharField(default="")
    requester_kind = CharField(default="")  # table requester_kinds
    requester_address = CharField(default="")
    authority = CharField(default="")  # table disclosure_authorities
    purpose = CharField(default="")  # table purposes
    parts = CharField(default="")  # codes of table parts, blanks between
    service_from = CharField(default="")
    service_to = CharField(default="")
    received_on = CharField()
    received_by_method = CharField(default="")  # table request_methods
    authorization_signed_on = CharField(default="")
    authorization_expires_on = CharField(default="")
    identity_verified = CharField(default="")  # table identity_proofs
    pages = IntegerField(null=True)
    fee_cents = IntegerField(null=True)
    note = TextField(default="")
    document = TextField(default="{}")
    dictionary = CharField(default="")  # version that it was entered under
    status = CharField()  # rules.disclosure.Status
    is_open = BooleanField()
    due_day = IntegerField(default=NO_DUE_DAY)
    due_clock = CharField(default="")  # table clocks
    received_day = IntegerField()
    created_utc = IntegerField()
    created_by = CharField()
    changed_utc = IntegerField()
    changed_by = CharField()
    version = IntegerField(default=1)


class RequestEvent(Base):
    """Something that happened to a request, on the local ``day`` that it happened."""

    id = AutoField()
    request = ForeignKeyField(Request, backref="events")
    kind = CharField()  # RECEIVED, CLOCK_START, FIRST_COMPLETE, CORRECTED, or the word of a step
    day = IntegerField()
    at_utc = IntegerField()
    by = CharField()
    reason = TextField(default="")
    status = CharField()  # after it


class Release(Base):
    """Information that left. The version that no other supersedes holds."""

    id = AutoField()
    number = CharField()
    version = IntegerField()
    supersedes = ForeignKeyField("self", null=True, unique=True)
    superseding_reason = TextField(default="")
    entered_in_error = BooleanField(default=False)  # this version says that nothing was released
    request = ForeignKeyField(Request, backref="releases")
    patient = ForeignKeyField(Patient)
    released_utc = IntegerField()
    released_offset = IntegerField()
    released_day = IntegerField()
    recipient_name = CharField()
    recipient_address = CharField()
    what = TextField()
    parts = CharField()
    purpose = CharField()
    authority = CharField()
    medium = CharField()  # table release_media
    pages = IntegerField()
    note = TextField()
    released_by = CharField()
    facility_kind = CharField()  # table facility_kinds
    entitlement = CharField()  # row of table entitlement
    exception_reason = TextField(default="")  # why the privacy officer released against the table
    pa_accountable = BooleanField()
    hipaa_accountable = BooleanField()
    part2_accountable = BooleanField()
    pa_b7 = BooleanField()
    suspendable = BooleanField()
    recorded_utc = IntegerField()
    recorded_by = CharField()


class Suspension(Base):
    """Until when a release stays out of the accounting given to the patient."""

    id = AutoField()
    release_number = CharField(index=True)
    kind = CharField()  # ORAL, WRITTEN
    from_day = IntegerField()
    until_day = IntegerField()
    agency = CharField()
    official = CharField()
    statement = TextField()
    recorded_utc = IntegerField()
    recorded_by = CharField()


MODELS = (Request, RequestEvent, Release, Suspension)
