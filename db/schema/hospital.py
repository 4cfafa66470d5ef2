"""Site files, patients, encounters, movements, and what the census derives from them."""

from __future__ import annotations

from peewee import (
    AutoField,
    BooleanField,
    CharField,
    CompositeKey,
    DeferredForeignKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from db.schema.base import Base


class SiteRow(Base):
    """Common to the site files: a code that people key, a name, and the days on which it is in use."""

    id = AutoField()
    code = CharField(unique=True)
    name = CharField(default="")
    from_day = IntegerField(null=True)
    to_day = IntegerField(null=True)  # inclusive
    confirmed = BooleanField(default=True)  # False: met in a feed, nobody has looked at it yet
    version = IntegerField(default=1)


class Division(SiteRow):
    """A part of the facility that reports apart."""


class Unit(SiteRow):
    """A nursing unit (ward). Its patients are counted where it stands, unless it is out of the census."""

    type = CharField(default="")
    division = ForeignKeyField(Division, null=True)
    counts_in_census = BooleanField(default=True)


class Service(SiteRow):
    """A treating service or specialty."""

    obstetric = BooleanField(default=False)


class Provider(SiteRow):
    """A physician or other provider."""

    npi = CharField(default="")
    service = ForeignKeyField(Service, null=True)
    status = CharField(default="")


class Payer(SiteRow):
    """Who pays."""

    class_ = CharField(default="", column_name="class")


class Printer(SiteRow):
    """A printer queue and how its pages are to be made."""

    queue = CharField(default="")
    options = CharField(default="")
    lines = IntegerField(default=60)
    width = IntegerField(default=80)
    form_feed = BooleanField(default=True)
    encoding = CharField(default="ascii")
    line_end = CharField(default="lf")
    last_form_feed = BooleanField(default=False)


class UnitBeds(Base):
    """Beds set up and staffed in a unit from a day on, until its next row."""

    unit = ForeignKeyField(Unit)
    from_day = IntegerField()
    beds = IntegerField()
    bassinets = IntegerField(default=0)
    authorized = IntegerField(null=True)
    out_of_service = IntegerField(null=True)
    dialysis = IntegerField(null=True)  # of the beds

    class Meta:
        primary_key = CompositeKey("unit", "from_day")


class Amendment(Base):
    """An item of a record as it was before and after; rows are only added."""

    id = AutoField()
    kind = CharField()  # patient, encounter, unit ...
    record_id = IntegerField()
    field = CharField()
    old = TextField()
    new = TextField()
    at_utc = IntegerField()
    by = CharField()
    origin = CharField()


class Patient(Base):
    """A person with a chart, found by name, number or date of birth."""

    id = AutoField()
    mrn = CharField(unique=True)
    mrn_issuer = CharField(default="")
    last_name = CharField(default="")
    first_name = CharField(default="")
    middle_name = CharField(default="")
    suffix = CharField(default="")
    name_key = CharField(default="", index=True)
    td_key = CharField(default="", index=True)
    birth_date = CharField(default="")  # ISO; also YYYY, YYYY-MM, or as received when unreadable
    birth_day = IntegerField(null=True)  # of a full date
    sex = CharField(default="")
    ssn = CharField(default="")  # nine digits
    ssn_key = CharField(default="")  # initial and last four, H9999
    street = CharField(default="")
    city = CharField(default="")
    state = CharField(default="")
    zip = CharField(default="")
    county = CharField(default="")
    country = CharField(default="")
    phone = CharField(default="")
    race = CharField(default="")
    ethnicity = CharField(default="")
    marital = CharField(default="")
    death_date = CharField(default="")
    patient_category = CharField(default="")
    us_person = CharField(default="")
    temporary = BooleanField(default=False)  # the name stands in for one not known yet
    void_utc = IntegerField(null=True)  # registered in error
    void_reason = CharField(default="")
    unreadable = TextField(default="")  # JSON: item -> value as received
    merged_into = ForeignKeyField("self", null=True)
    created_utc = IntegerField()
    version = IntegerField(default=1)
    md_key = CharField(default="", index=True)  # middle-digit order
    number_order = CharField(default="", index=True)  # straight numeric order


class PatientIdentifier(Base):
    """A number that the chart is found by: the MRN in force, retired ones, chart numbers."""

    id = AutoField()
    patient = ForeignKeyField(Patient, backref="identifiers")
    kind = CharField()
    issuer = CharField(default="")
    value = CharField()
    value_key = CharField()
    retired_utc = IntegerField(null=True)
    valid_from = CharField(default="")  # ISO days, blank where nobody said
    valid_to = CharField(default="")


class PatientAlias(Base):
    """Another name of a patient."""

    id = AutoField()
    patient = ForeignKeyField(Patient, backref="aliases")
    last_name = CharField()
    first_name = CharField(default="")
    middle_name = CharField(default="")
    name_key = CharField()
    kind = CharField(default="")  # former, maiden, alias, preferred


class Merge(Base):
    """Two patients or accounts put together, and what it takes to undo it."""

    id = AutoField()
    kind = CharField()  # patient, account
    survivor_id = IntegerField()
    loser_id = IntegerField()
    at_utc = IntegerField()
    by = CharField()
    origin = CharField()
    snapshot = TextField()
    undone_utc = IntegerField(null=True)
    undone_by = CharField(default="")


class Encounter(Base):
    """An account: an inpatient stay (I), or an emergency (E), outpatient (O) or observation (OBS) visit.

    For class I everything from admission to length of stay follows from the movements.
    """

    id = AutoField()
    account = CharField(unique=True)
    patient = ForeignKeyField(Patient, backref="encounters")
    class_ = CharField(column_name="class")
    newborn = BooleanField(default=False)
    state = CharField(default="active")  # active, cancelled, merged
    arrived_utc = IntegerField(null=True)
    arrived_offset = IntegerField(null=True)
    arrived_day = IntegerField(null=True)
    admitted_utc = IntegerField(null=True)
    admitted_offset = IntegerField(null=True)
    admit_day = IntegerField(null=True)
    discharged_utc = IntegerField(null=True)  # departure, for visits
    discharged_offset = IntegerField(null=True)
    discharge_day = IntegerField(null=True)
    admit_unit = ForeignKeyField(Unit, null=True)
    admit_service = ForeignKeyField(Service, null=True)
    unit = ForeignKeyField(Unit, null=True)  # present or discharging
    service = ForeignKeyField(Service, null=True)
    bed = CharField(default="")
    on_leave = CharField(default="")  # pass, aa, ua, asih while away
    disposition = CharField(default="")
    died = BooleanField(default=False)
    died_under_48h = BooleanField(default=False)
    los_days = IntegerField(null=True)
    leave_days = IntegerField(default=0)
    attending = ForeignKeyField(Provider, null=True)
    payer = ForeignKeyField(Payer, null=True)
    priority = CharField(default="")
    point_of_origin = CharField(default="")
    location = CharField(default="")
    mother_account = CharField(default="")
    birth_weight_g = IntegerField(null=True)
    gestation_weeks = IntegerField(null=True)
    abstracted_day = IntegerField(null=True)
    coded_day = IntegerField(null=True)
    return_day = IntegerField(
        null=True
    )  # next admission of the patient after the discharge; kept by a trigger
    drg = CharField(default="")  # of the abstract; kept by triggers, as category and weight are
    mdc = CharField(default="")
    weight_ten_thousandths = IntegerField(null=True)
    consulted = BooleanField(default=False)  # somebody gave a consultation; kept by triggers
    unreadable = TextField(default="")
    merged_into = ForeignKeyField("self", null=True)
    created_utc = IntegerField()
    version = IntegerField(default=1)


class EncounterDiagnosis(Base):
    """A diagnosis code of a visit without an abstract (dx1 to dx12)."""

    encounter = ForeignKeyField(Encounter, backref="diagnoses")
    seq = IntegerField()
    code = CharField()

    class Meta:
        primary_key = CompositeKey("encounter", "seq")


class Attending(Base):
    """Who attended from when; the latest row that is not cancelled is in force."""

    id = AutoField()
    encounter = ForeignKeyField(Encounter)
    provider = ForeignKeyField(Provider)
    from_utc = IntegerField()
    recorded_utc = IntegerField()
    by = CharField()
    origin = CharField()
    cancelled_utc = IntegerField(null=True)


class Movement(Base):
    """A patient movement. Only ``state`` ever changes: current, cancelled, superseded."""

    id = AutoField()
    encounter = ForeignKeyField(Encounter, backref="movements")
    event = CharField()  # rules.census.Event
    at_utc = IntegerField()
    at_offset = IntegerField()
    day = IntegerField()
    seq = IntegerField(default=0)
    place = IntegerField()
    unit = ForeignKeyField(Unit, null=True)
    service = ForeignKeyField(Service, null=True)
    bed = CharField(default="")
    class_ = CharField(default="", column_name="class")
    disposition = CharField(default="")
    leave_type = CharField(default="")
    external_id = CharField(default="")
    unreadable = TextField(default="")
    recorded_utc = IntegerField()
    by = CharField()
    origin = CharField()
    state = CharField(default="current")
    supersedes = DeferredForeignKey("Movement", null=True)
    ended_utc = IntegerField(null=True)
    ended_by = CharField(default="")
    reason = TextField(default="")


class Event(Base):
    """Something that statistics count: an operation, a delivery, an autopsy, a consultation, an infection."""

    id = AutoField()
    encounter = ForeignKeyField(Encounter, null=True, backref="events")
    patient = ForeignKeyField(Patient, null=True)
    kind = CharField()
    at_utc = IntegerField()
    at_offset = IntegerField()
    day = IntegerField()
    detail = CharField(default="")
    weeks = IntegerField(null=True)
    grams = IntegerField(null=True)
    unreadable = TextField(default="")
    recorded_utc = IntegerField()
    by = CharField()
    origin = CharField()
    state = CharField(default="current")


class Segment(Base):
    """A half-open piece of an inpatient stay in one unit and service; derived."""

    encounter = ForeignKeyField(Encounter)
    seq = IntegerField()
    unit_id = IntegerField()  # derived: checked where it comes from
    service_id = IntegerField()
    newborn = BooleanField()
    bed = CharField()
    from_utc = IntegerField()
    to_utc = IntegerField(null=True)
    from_day = IntegerField()
    to_day = IntegerField()  # rules.census.NEVER while open

    class Meta:
        primary_key = CompositeKey("encounter", "seq")


class LeaveSpan(Base):
    """A leave within a stay; derived. ``absent``: it is off the census by the site's convention."""

    encounter = ForeignKeyField(Encounter)
    seq = IntegerField()
    type = CharField()
    unit_id = IntegerField()  # derived: checked where it comes from
    service_id = IntegerField()
    newborn = BooleanField()
    from_utc = IntegerField()
    to_utc = IntegerField(null=True)
    from_day = IntegerField()
    to_day = IntegerField()
    absent = BooleanField()

    class Meta:
        primary_key = CompositeKey("encounter", "seq")


class DayStats(Base):
    """The census and its events of one day, unit, service, newborns apart (rules.census.MEASURES)."""

    day = IntegerField()
    unit_id = IntegerField()  # derived: checked where it comes from
    service_id = IntegerField()
    newborn = BooleanField()
    census = IntegerField(default=0)
    same_day = IntegerField(default=0)
    admissions = IntegerField(default=0)
    discharges = IntegerField(default=0)
    deaths = IntegerField(default=0)
    deaths_under_48h = IntegerField(default=0)
    unit_in = IntegerField(default=0)
    unit_out = IntegerField(default=0)
    service_in = IntegerField(default=0)
    service_out = IntegerField(default=0)
    leave_out = IntegerField(default=0)
    leave_in = IntegerField(default=0)
    on_leave = IntegerField(default=0)
    discharge_days = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("day", "unit_id", "service_id", "newborn")


class CensusState(Base):
    """One row: how far the day summary reaches, and from which day it waits to be recomputed."""

    id = AutoField()
    through_day = IntegerField()
    dirty_from = IntegerField(null=True)
    longest_days = IntegerField()
    derive_from = IntegerField(null=True)
    derived_to_id = IntegerField()
    watched_through = IntegerField(default=0)  # last day of the latest closed month; 0: none is
    return_days = IntegerField(default=90)  # of a readmission, by the table that says so


MODELS = (
    Division, Unit, Service, Provider, Payer, Printer, UnitBeds, Amendment, Patient, PatientIdentifier,
    PatientAlias, Merge, Encounter, EncounterDiagnosis, Attending, Movement, Event, Segment, LeaveSpan,
    DayStats, CensusState,
)  # fmt: skip
