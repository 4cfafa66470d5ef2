"""Who acts: roles, the acts each role may do, and the person at a session. One table decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rules.lifecycle import MAY, Act


class Role(StrEnum):
    """What somebody is employed to do. A user may hold several."""

    TECHNICIAN = "technician"
    CODER = "coder"
    REGISTRAR = "registrar"
    ROI = "roi"  # release of information
    SUPERVISOR = "supervisor"
    PRIVACY_OFFICER = "privacy officer"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"  # batch jobs and feeds; never a person


class Action(StrEnum):
    """Everything that can be done to the store. The value is the word in the audit trail."""

    SIGN_ON = "sign on"
    SIGN_OFF = "sign off"
    VIEW_PATIENT = "view patient"
    FIND_PATIENT = "find patient"
    AMEND_PATIENT = "amend patient"
    REVIEW_DUPLICATE = "review duplicate"
    MERGE_PATIENT = "merge patients"  # and take them apart again
    VIEW_ENCOUNTER = "view encounter"
    VIEW_CENSUS = "view census"
    CHECK_CENSUS = "check census"  # against the movements, and recompute it
    CLOSE_MONTH = "close month"  # sign its figures; and restate them
    FILE_REMARKS = "file remarks"  # beside the figures of a month
    AMEND_MOVEMENT = "amend movement"
    VIEW_ABSTRACT = "view abstract"
    FILE_ABSTRACT = "file abstract"
    CHECK_ABSTRACTS = "check abstracts"  # every edit over those of a period
    RELEASE_ABSTRACT = "release abstract"
    REOPEN_ABSTRACT = "reopen abstract"
    TRANSMIT_ABSTRACT = "transmit abstract"
    ANSWER_ABSTRACT = "take in answer"  # of the receiver
    RETURN_ABSTRACT = "return abstract"  # by billing
    TAKE_WORK = "take work"  # out of the queue, and give it back
    ASSIGN_WORK = "assign work"
    HOLD_WORK = "hold work"
    NOTE_WORK = "note work"  # notes on an account
    VIEW_QUERY = "view query"  # to a physician
    FILE_QUERY = "file query"  # raise, send, answer, take back
    CHASE_QUERY = "chase query"  # remind the physician, tell somebody above
    VIEW_QUERY_EFFECT = "view query effect"  # on codes and DRG, which the physician is never told
    AMEND_QUERY_TEMPLATE = "amend query template"
    FILE_DOCUMENT = "file document"  # that it is in the chart, never what it says
    FILE_CODE_NOTE = "file code note"  # of the facility, on a code or a range
    APPROVE_CODE_NOTE = "approve code note"
    VIEW_PRODUCTIVITY = "view productivity"  # of everybody; one's own takes no permission
    VIEW_REGISTRY = "view registry"
    FILE_REGISTRY = "file registry"
    PLAN_REVIEW = "plan review"  # and draw its sample
    VIEW_REVIEW = "view review"
    VIEW_RATES = "view review rates"  # of each person
    REVIEW_RECORD = "review record"  # by a second person, or by worksheet
    SETTLE_REVIEW = "settle review"  # one's own part in a difference
    ARBITRATE_REVIEW = "arbitrate review"
    VIEW_REQUEST = "view request"
    FILE_REQUEST = "file request"
    RELEASE_INFORMATION = "release information"
    VIEW_ACCOUNTING = "view accounting"
    CLEAR_REQUEST_HOLD = "clear request hold"
    RELEASE_BY_EXCEPTION = "release by exception"
    SUSPEND_ACCOUNTING = "suspend accounting"
    RUN_REPORT = "run report"
    WRITE_REPORT = "write report"  # columns, conditions and totals of one's own, kept by name
    PRINT = "print"
    EXPORT = "export"
    IMPORT = "import"
    VIEW_HOLD_QUEUE = "view hold queue"
    MEND_HOLD_QUEUE = "mend hold queue"
    VIEW_SITE_FILE = "view site file"
    AMEND_SITE_FILE = "amend site file"
    VIEW_AUDIT = "view audit"
    VERIFY_AUDIT = "verify audit"  # with the verifier, which writes no row
    MARK_SENSITIVE = "mark sensitive"
    OPEN_SENSITIVE = "open sensitive"  # with a reason; alerts the privacy officer
    TAKE_OVER = "take over record"
    CHANGE_HABITS = "change habits"  # one's own, at the terminal
    BREAK_GLASS = "break glass"  # emergency access without the permission to look; likewise
    REVIEW_ALERT = "review alert"
    AMEND_SCHEDULE = "amend schedule"  # by whoever may do what the job does
    RUN_JOB = "run job"  # of the schedule, now; and see how the runs ended
    ADMINISTER_USERS = "administer users"
    ADMINISTER_KEYS = "administer keys"
    UPGRADE = "upgrade"
    BACKUP = "backup"


_RECORDS = frozenset({Role.TECHNICIAN, Role.CODER, Role.REGISTRAR, Role.ROI, Role.SUPERVISOR})
_LOOKING = _RECORDS | {Role.PRIVACY_OFFICER}
_EVERYBODY = frozenset(Role)


def _roles(act: Act) -> frozenset[Role]:
    """The roles of an act in the life cycle of an abstract, whose table is in rules/lifecycle.py."""
    return frozenset(map(Role, MAY[act]))


PERMITTED: dict[Action, frozenset[Role]] = {
    Action.SIGN_ON: _EVERYBODY,
    Action.SIGN_OFF: _EVERYBODY,
    Action.VIEW_PATIENT: _LOOKING,
    Action.FIND_PATIENT: _LOOKING,
    Action.AMEND_PATIENT: _RECORDS | {Role.SERVICE},
    Action.REVIEW_DUPLICATE: frozenset({Role.TECHNICIAN, Role.REGISTRAR, Role.SUPERVISOR, Role.SERVICE}),
    Action.MERGE_PATIENT: frozenset({Role.TECHNICIAN, Role.SUPERVISOR}),
    Action.VIEW_ENCOUNTER: _LOOKING,
    Action.VIEW_CENSUS: _LOOKING | {Role.SERVICE},
    Action.CHECK_CENSUS: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SERVICE}),
    Action.CLOSE_MONTH: frozenset({Role.SUPERVISOR, Role.SERVICE}),
    Action.FILE_REMARKS: frozenset({Role.TECHNICIAN, Role.SUPERVISOR}),
    Action.AMEND_MOVEMENT: frozenset({Role.TECHNICIAN, Role.SUPERVISOR, Role.SERVICE}),
    Action.VIEW_ABSTRACT: _LOOKING,
    Action.FILE_ABSTRACT: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.CHECK_ABSTRACTS: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR, Role.SERVICE}),
    Action.RELEASE_ABSTRACT: _roles(Act.RELEASE),
    Action.REOPEN_ABSTRACT: _roles(Act.REOPEN),
    Action.TRANSMIT_ABSTRACT: _roles(Act.TRANSMIT),
    Action.ANSWER_ABSTRACT: _roles(Act.REJECT),
    Action.RETURN_ABSTRACT: _roles(Act.RETURN),
    Action.TAKE_WORK: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.ASSIGN_WORK: frozenset({Role.SUPERVISOR}),
    Action.HOLD_WORK: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.NOTE_WORK: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.VIEW_QUERY: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.FILE_QUERY: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.CHASE_QUERY: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR, Role.SERVICE}),
    Action.VIEW_QUERY_EFFECT: frozenset({Role.CODER, Role.SUPERVISOR}),
    Action.AMEND_QUERY_TEMPLATE: frozenset({Role.SUPERVISOR}),
    Action.FILE_DOCUMENT: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.FILE_CODE_NOTE: frozenset({Role.TECHNICIAN, Role.CODER, Role.SUPERVISOR}),
    Action.APPROVE_CODE_NOTE: frozenset({Role.SUPERVISOR}),
    Action.VIEW_PRODUCTIVITY: frozenset({Role.SUPERVISOR, Role.SERVICE}),
    Action.VIEW_REGISTRY: frozenset({Role.REGISTRAR, Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.FILE_REGISTRY: frozenset({Role.REGISTRAR, Role.SUPERVISOR}),
    Action.PLAN_REVIEW: frozenset({Role.SUPERVISOR}),
    Action.VIEW_REVIEW: _RECORDS,
    Action.VIEW_RATES: frozenset({Role.SUPERVISOR}),
    Action.REVIEW_RECORD: _RECORDS,
    Action.SETTLE_REVIEW: _RECORDS,
    Action.ARBITRATE_REVIEW: frozenset({Role.SUPERVISOR}),
    Action.VIEW_REQUEST: frozenset({Role.ROI, Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.FILE_REQUEST: frozenset({Role.ROI, Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.RELEASE_INFORMATION: frozenset({Role.ROI, Role.PRIVACY_OFFICER}),
    Action.VIEW_ACCOUNTING: frozenset({Role.ROI, Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.CLEAR_REQUEST_HOLD: frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.RELEASE_BY_EXCEPTION: frozenset({Role.PRIVACY_OFFICER}),
    Action.SUSPEND_ACCOUNTING: frozenset({Role.ROI, Role.PRIVACY_OFFICER}),
    Action.RUN_REPORT: _LOOKING | {Role.SERVICE},
    Action.WRITE_REPORT: _LOOKING,
    Action.PRINT: _LOOKING | {Role.SERVICE},
    Action.EXPORT: frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER, Role.SERVICE}),
    Action.IMPORT: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SERVICE}),
    Action.VIEW_HOLD_QUEUE: frozenset({Role.TECHNICIAN, Role.SUPERVISOR}),
    Action.MEND_HOLD_QUEUE: frozenset({Role.TECHNICIAN, Role.SUPERVISOR, Role.SERVICE}),
    Action.VIEW_SITE_FILE: _LOOKING | {Role.ADMINISTRATOR},
    Action.AMEND_SITE_FILE: frozenset({Role.SUPERVISOR}),
    Action.VIEW_AUDIT: frozenset({Role.PRIVACY_OFFICER}),
    Action.VERIFY_AUDIT: frozenset({Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.SERVICE}),
    Action.MARK_SENSITIVE: frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER}),
    Action.OPEN_SENSITIVE: _LOOKING,
    Action.TAKE_OVER: frozenset({Role.SUPERVISOR}),
    Action.CHANGE_HABITS: _EVERYBODY - {Role.SERVICE},
    Action.BREAK_GLASS: _EVERYBODY - {Role.SERVICE},
    Action.REVIEW_ALERT: frozenset({Role.PRIVACY_OFFICER}),
    Action.AMEND_SCHEDULE: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Action.RUN_JOB: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SERVICE}),
    Action.ADMINISTER_USERS: frozenset({Role.ADMINISTRATOR}),
    Action.ADMINISTER_KEYS: frozenset({Role.ADMINISTRATOR}),
    Action.UPGRADE: frozenset({Role.ADMINISTRATOR}),
    Action.BACKUP: frozenset({Role.ADMINISTRATOR, Role.SERVICE}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, where from and in which roles; every act of the store takes one."""

    user_id: int
    user: str
    roles: frozenset[Role]
    where_from: str = "local"  # the address or terminal that the session came from
    session: str = field(default="")  # tells two sessions of one user apart

    def may(self, action: Action) -> bool:
        """Whether one of the roles permits the act."""
        return not PERMITTED[action].isdisjoint(self.roles)
