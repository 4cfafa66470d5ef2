"""Every report there is, as data: menu, command line, schedule and documentation are made from this table."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from db.actors import Action
from reports.indices.parameters import (
    ACCOUNTS,
    ADMISSION_LIST,
    CC_CAPTURE,
    CODE_CHANGES,
    CODE_EDITS,
    DISCHARGE_LIST,
    DISEASE_INDEX,
    DNFB_ACCOUNTS,
    DRG_CASE_MIX,
    EVENT_LIST,
    PATIENT_LISTING,
    PHYSICIAN_INDEX,
    PROCEDURE_INDEX,
    QUERY_LOG,
    REGISTER,
)
from reports.parameters import (
    DAY,
    DETAIL,
    EJECT,
    IDENTIFIERS,
    MONTH,
    RECORDS,
    SERVICE,
    UNIT,
    VERSION,
    WRITTEN,
    Parameter,
)
from reports.statistics.parameters import MONTHLY_STATISTICS, PATIENT_MIX, SERVICE_ANALYSIS, YEAR_AT_A_GLANCE


@dataclass(frozen=True, slots=True)
class Report:
    """A report: what it is called, what it asks for, who may run it, and the module that makes it.

    The module has ``query(asked)``, which reads for ``asked.actor``, and the pure functions ``render(data, width)``,
    which gives a ``Document``, ``sheets(data)``, and, where the JSON is no list of rows, ``as_json(data)``. What is
    printed on stock of its own, such as a label, also has ``paper(data, setup)`` and ``pages(data, setup)``. Data
    about one patient say which (``patient_id``), and which records of data sets they show (``case_ids``).
    """

    id: str  # the word on the command line
    code: str  # as printed on the page
    title: str
    about: str
    module: str
    parameters: tuple[Parameter, ...] = ()
    action: Action = Action.RUN_REPORT
    names_patients: bool = True  # whether a patient can be told from it
    closes: bool = False  # its pages are signed and kept when the month is closed

    def load(self) -> ModuleType:
        """The module of the report, imported when it is first run."""
        return importlib.import_module(self.module)


ELEMENTS: Final = (
    "seq", "at_utc", "user", "roles", "where_from", "session", "action", "kind", "record", "patient_id",
    "outcome", "detail",
)  # fmt: skip
SITE_FILES: Final = ("division", "unit", "service", "provider", "payer", "printer")

CATALOGUE: Final[tuple[Report, ...]] = (
    Report(
        "daily-census", "C01", "Daily census by unit and bed",
        "Everybody in house at the census hour, the recapitulation of each unit and of the house.",
        "reports.census.daily_census",
        (DAY, UNIT, IDENTIFIERS),
    ),
    Report(
        "admissions-discharges", "C02", "Admissions, discharges, transfers, deaths",
        "Who came, moved, went on leave and left on a day or days, by event, unit and time; newborns apart.",
        "reports.census.admissions_discharges",
        (Parameter("from", "From", "date", default="yesterday"),
         Parameter("to", "To", "date", required=False),
         Parameter("event", "Events", "choice", default="all",
                   choices=("all", "admissions", "transfers", "services", "leaves", "discharges", "deaths")),
         UNIT, SERVICE,
         Parameter("patients", "Patients", "choice", default="all", choices=("all", "adults", "newborns")),
         IDENTIFIERS),
    ),
    Report(
        "census-recap", "C03", "Census recapitulation",
        "A month day by day and unit by unit: previous, gains, losses, census, same-day cases, beds, occupancy.",
        "reports.census.census_recap",
        (MONTH, UNIT, DETAIL,
         Parameter("by", "Broken by", "choice", default="day", choices=("day", "unit")), VERSION),
        names_patients=False, closes=True,
    ),
    Report(
        "gains-and-losses", "N01", "Gains and losses",
        "Named patients by kind of movement, heads of each ward, and the late corrections keyed on the day.",
        "reports.census.gains_and_losses", (DAY, IDENTIFIERS, EJECT),
    ),
    Report(
        "bed-status", "N02", "Bed status",
        "Wards of a day with their beds, heads away, the fiscal year to date, last year and the plan.",
        "reports.census.bed_status", (DAY, VERSION), names_patients=False, closes=True,
    ),
    Report(
        "treating-specialty", "N03", "Treating specialties",
        "Services of a day: gains, losses, heads away, boarders, average census and days of the fiscal year.",
        "reports.census.treating_specialty", (DAY, VERSION), names_patients=False, closes=True,
    ),
    Report(
        "amis-balance", "N04", "Bed balance by AMIS segment",
        "A month's bed occupants and absences by segment, balanced against what came and went.",
        "reports.census.amis_balance", (MONTH, VERSION), names_patients=False, closes=True,
    ),
    Report(
        "overdue-absences", "N05", "Overdue absences",
        "Patients who are away for longer than an absence of their kind may last, by kind, the longest first.",
        "reports.census.overdue_absences", (DAY, IDENTIFIERS),
    ),
    Report(
        "monthly-statistics", "S01", "Monthly statistical summary",
        "The month beside the same month of last year, the fiscal year and twelve months, by unit, service and more.",
        "reports.statistics.monthly_statistics", MONTHLY_STATISTICS, names_patients=False, closes=True,
    ),
    Report(
        "service-analysis", "S02", "Analysis by service",
        "Discharges, deaths, days, average stay and census, consultations, autopsies and infections of each service.",
        "reports.statistics.service_analysis", SERVICE_ANALYSIS, names_patients=False, closes=True,
    ),
    Report(
        "patient-mix", "S03", "Patient mix",
        "Discharges by payer, disposition, age, sex, race, ethnicity and origin: share, days, average stay, case mix.",
        "reports.statistics.patient_mix", PATIENT_MIX, names_patients=False, closes=True,
    ),
    Report(
        "year-at-a-glance", "S04", "Year at a glance",
        "Twelve months side by side, a line for each figure, with the total or the average worked from sums.",
        "reports.statistics.year_at_a_glance", YEAR_AT_A_GLANCE, names_patients=False, closes=True,
    ),
    Report(
        "corrections", "C04", "Corrections of a closed month",
        "What has changed in a closed month since it was signed: figures old and new, by which movement, whose, when.",
        "reports.census.corrections", (MONTH, VERSION),
    ),
    Report(
        "disease-index", "I01", "Disease index",
        "Discharges, or visits, by diagnosis code, range or category, with or without other codes beside it.",
        "reports.indices.disease_index", DISEASE_INDEX,
    ),
    Report(
        "procedure-index", "I02", "Procedure index",
        "Discharges by procedure code, range or table, or visits by service: when, by whom, with what result.",
        "reports.indices.procedure_index", PROCEDURE_INDEX,
    ),
    Report(
        "physician-index", "I03", "Physician index",
        "The discharges of each physician as attending, surgeon or consultant, with subtotals, a page for each.",
        "reports.indices.physician_index", PHYSICIAN_INDEX,
    ),
    Report(
        "patient-listing", "I04", "Patient index listing",
        "Charts by name or in a filing order, other names, merges made and undone, pairs of charts to decide.",
        "reports.indices.patient_listing", PATIENT_LISTING,
    ),
    Report(
        "discharge-list", "I05", "Discharges",
        "The discharges of a period one by one, by unit, service, payer, physician, DRG, age, origin and outcome.",
        "reports.indices.discharge_list",
        DISCHARGE_LIST,
    ),
    Report(
        "admission-list", "I06", "Admissions",
        "The admissions of a period one by one, chosen by unit, service, payer, physician, age and origin.",
        "reports.indices.admission_list",
        ADMISSION_LIST,
    ),
    Report(
        "event-list", "I07", "Events behind the rates",
        "Operations, deliveries, infections, autopsies, consultations and other events one by one.",
        "reports.indices.event_list", EVENT_LIST,
    ),
    Report(
        "register", "V01", "Registers",
        "Births, deaths, fetal deaths, autopsies and operations, with certificate, day filed and days late.",
        "reports.registers.register", REGISTER,
    ),
    Report(
        "accounting", "L02", "Accounting of disclosures",
        "The disclosures of one patient's information that must be accounted for.",
        "reports.disclosure.accounting",
        (Parameter("patient", "MRN", "text"),
         Parameter("from", "From", "date", required=False),
         Parameter("to", "To", "date", required=False)),
        Action.VIEW_ACCOUNTING,
    ),
    Report(
        "site-file", "F01", "Site file",
        "The rows of a site file, with the days on which they are in use.",
        "reports.administration.site_file",
        (Parameter("file", "File", "choice", choices=SITE_FILES),),
        Action.VIEW_SITE_FILE, names_patients=False,
    ),
    Report(
        "merge-slip", "F02", "Merge slip",
        "Two charts that were put together: numbers, names, where they are filed, volumes to combine.",
        "reports.prints.merge_slip",
        (Parameter("merge", "Number of the merge", "text"),),
        Action.MERGE_PATIENT,
    ),
    Report(
        "data-dictionary", "D01", "Data dictionary",
        "What a data set collects: items, values, rules and code tables, from its declaration.",
        "reports.administration.data_dictionary",
        (Parameter("set", "Data set", "text"), Parameter("version", "Version", "text", required=False)),
        Action.VIEW_SITE_FILE, names_patients=False,
    ),
    Report(
        "record-counts", "G01", "Records by month, status or item",
        "How many records of any data set there are, by month, by status, or by the values of one of its items.",
        "reports.statistics.record_counts",
        (Parameter("set", "Data set", "text"),
         Parameter("by", "Counted by", "text", default="month"),
         Parameter("from", "From", "date", required=False),
         Parameter("to", "To", "date", required=False)),
        names_patients=False,
    ),
    Report(
        "dnfb", "B01", "Discharged, not final billed",
        "Discharges not released, or visits not coded: accounts, days and value by reason, age, payer and service.",
        "reports.statistics.dnfb", (ACCOUNTS,), names_patients=False,
    ),
    Report(
        "dnfb-accounts", "B04", "Accounts not final billed",
        "The accounts behind what is not final billed: discharge, payer, value, reason, and in whose hands.",
        "reports.indices.dnfb_accounts", DNFB_ACCOUNTS,
    ),
    Report(
        "code-changes", "B09", "Open abstracts with changed codes",
        "Abstracts not released with a code that changed for their discharge date: which, since when, and why to look.",
        "reports.indices.code_changes", CODE_CHANGES,
    ),
    Report(
        "drg-case-mix", "B02", "DRG case mix",
        "Discharges by MDC and DRG: weights, stays against the national mean, one-day stays, trim points, index.",
        "reports.statistics.drg_case_mix", DRG_CASE_MIX, names_patients=False,
    ),
    Report(
        "code-edits", "B10", "Code edits",
        "Medicare code edits (MCE) standing on filed abstracts: by edit, coder or service, with accounts and standing.",
        "reports.indices.code_edits", CODE_EDITS,
    ),
    Report(
        "cc-capture", "B11", "CC and MCC capture",
        "Discharges with an MCC, a CC or neither by base DRG, service, physician or month; secondary diagnoses a stay.",
        "reports.statistics.cc_capture", CC_CAPTURE, names_patients=False,
    ),
    Report(
        "query-log", "B03", "Queries to physicians",
        "Queries sent in a period, by physician, type or reason: indicator, outcome, days; response, in time, agreed.",
        "reports.indices.query_log", QUERY_LOG,
    ),
    Report(
        "productivity", "P01", "Productivity",
        "Records and minutes by technician and record type, and the rate against the facility's standard.",
        "reports.statistics.productivity",
        (Parameter("from", "From", "date", default="yesterday"),
         Parameter("to", "To", "date", required=False),
         Parameter("technician", "Technician", "user", required=False),
         Parameter("by", "By", "choice", default="period", choices=("period", "day"))),
        names_patients=False,
    ),
    Report(
        "audit-trail", "A01", "Audit trail",
        "Who did what, when, from where and how it ended, for a period, sorted by any element.",
        "reports.administration.audit_trail",
        (Parameter("from", "From", "date", default="yesterday"),
         Parameter("to", "To", "date", required=False),
         Parameter("by", "User", "text", required=False),
         Parameter("mrn", "MRN", "text", required=False),
         Parameter("action", "What", "text", required=False),
         Parameter("outcome", "Outcome", "choice", required=False, choices=("done", "denied", "failed")),
         Parameter("sort", "Sorted by", "choice", default="seq", choices=ELEMENTS),
         Parameter("order", "Order", "choice", default="ascending", choices=("ascending", "descending"))),
        Action.VIEW_AUDIT,
    ),
    Report(
        "face-sheet", "H01", "Admission and discharge face sheet",
        "Who was here, from when to when, under whom and who pays: the first page of the chart.",
        "reports.prints.face_sheet", (Parameter("account", "Account", "text"),), Action.VIEW_ENCOUNTER,
    ),
    Report(
        "summary-sheet", "H02", "Abstract and coding summary sheet",
        "Everything that an abstract says, its codes and DRG, what stands against it and what became of it.",
        "reports.prints.summary_sheet", (Parameter("account", "Account", "text"),), Action.VIEW_ABSTRACT,
    ),
    Report(
        "query-form", "H05", "Query to a physician",
        "A query as the physician gets it: indicators with their documents, the question, the answers offered.",
        "reports.prints.query_form", (Parameter("query", "Query", "text"),), Action.VIEW_QUERY,
    ),
    Report(
        "chart-label", "H03", "Chart label",
        "Name, number with its filing digits, birth date, sex and bar code, on label stock.",
        "reports.prints.chart_label",
        (Parameter("patient", "MRN", "text"),
         Parameter("labels", "Labels", "text", required=False),
         Parameter("stock", "Stock", "text", default="label")),
        Action.VIEW_PATIENT,
    ),
    Report(
        "outguide", "H04", "Outguide",
        "What stands in a chart's place on the shelf: its number, who has it, since when and until when.",
        "reports.prints.outguide",
        (Parameter("patient", "MRN", "text"),
         Parameter("borrower", "Borrower", "text"),
         Parameter("since", "Out since", "date", default="today"),
         Parameter("due", "Due back", "date", required=False),
         Parameter("volume", "Volume", "text", required=False),
         Parameter("note", "Note", "text", required=False),
         Parameter("stock", "Stock", "text", default="outguide")),
        Action.VIEW_PATIENT,
    ),
    Report(
        "review-rates", "Q01", "Rates of reviews by a second person",
        "Codes, records, DRG and POA right, agreement and kappa, by person and by item, each by its method.",
        "reports.reviews.review_rates",
        (Parameter("plan", "Plan", "text", required=False),
         Parameter("set", "Data set", "text", required=False, default="abstract"),
         Parameter("from", "Filed from", "date", required=False),
         Parameter("to", "Filed to", "date", required=False),
         Parameter("person", "Person", "text", required=False)),
        Action.VIEW_RATES, names_patients=False,
    ),
    Report(
        "review-worksheet", "Q02", "Record review worksheets",
        "A page with the elements of record review for each record of a plan's sample.",
        "reports.prints.review_worksheet",
        (Parameter("plan", "Plan", "text"), Parameter("review", "Review", "text", required=False)),
        Action.VIEW_REVIEW,
    ),
    Report(
        "worksheet-rates", "Q03", "Record review: elements met",
        "How often each element of record review was met, over all records and by who attended.",
        "reports.reviews.worksheet_rates",
        (Parameter("plan", "Plan", "text"),),
        Action.VIEW_RATES, names_patients=False,
    ),
    Report(
        "overrides", "Q04", "Overrides of edits",
        "Which edits were let stand, how often, by whom and with what reason, over all records of a data set.",
        "reports.reviews.overrides",
        (Parameter("set", "Data set", "text", default="abstract"),
         Parameter("from", "Given from", "date", required=False),
         Parameter("to", "Given to", "date", required=False),
         Parameter("person", "Person", "text", required=False)),
        Action.VIEW_RATES,
    ),
    Report(
        "writer", "W01", "A written report",
        "A report that somebody wrote (RPW): columns, conditions, breaks, totals, cross-tabulations of any data set.",
        "reports.writer.written",
        (Parameter("name", "Report", "text", source="written"),
         Parameter("from", "From", "date", required=False),
         Parameter("to", "To", "date", required=False),
         Parameter("version", "Version", "number", required=False),
         Parameter("show", "Show", "choice", default=WRITTEN, choices=(WRITTEN, RECORDS)),
         Parameter("group", "Only the group", "text", required=False),
         IDENTIFIERS),
    ),
)  # fmt: skip


def find(word: str) -> Report | None:
    """The report of this id or printed code, however it is capitalised."""
    asked = word.casefold()
    return next((report for report in CATALOGUE if asked in (report.id, report.code.casefold())), None)
