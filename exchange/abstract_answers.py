"""What comes back about abstracts, as CSV: the receiver's list of accepted and rejected ones, and billing's returns.

A row that names no abstract that was sent is refused with its reason and kept; ``import rejects`` writes it out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.abstracting import abstract_release, abstract_returns, lifecycle, transmissions
from db.abstracting.abstract_returns import Kind, Reason
from db.abstracting.lifecycle import NotAllowed
from db.abstracting.transmissions import ACCEPTED, REJECTED, Sent
from db.actors import Action, Actor
from db.acts import act
from db.changes import Source
from db.connect import writing
from db.feeds import imports
from db.feeds.imports import Refusal
from db.hospital import encounters
from exchange.csv_files import CsvError, Profile, Row, read
from exchange.csv_report import Fate, Report
from rules.dictionary import Dictionary, Record, split_path
from rules.layouts import Layout, item_in
from rules.lifecycle import Act

ANSWER_COLUMNS: Final = ("batch", "account", "status", "code", "record", "column", "field", "message")
RETURN_COLUMNS: Final = ("account", "code", "field", "reason")
STATUSES: Final[Mapping[str, str]] = {
    "A": ACCEPTED, "ACCEPTED": ACCEPTED, "ACCEPT": ACCEPTED, "OK": ACCEPTED,
    "R": REJECTED, "REJECTED": REJECTED, "REJECT": REJECTED, "ERROR": REJECTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Answer:
    """One row of the receiver's list that can be used."""

    row: Row
    found: Sent
    outcome: str


def take_answers(
    actor: Actor, path: Path, layouts: Mapping[str, Layout], profile: Profile
) -> tuple[int, Report]:
    """Take the receiver's list in. Returns the number of the import and its report.

    Raises ``CsvError``, ``NotPermitted``. The same list taken twice changes nothing.
    """
    batch, rows, report = _begin(
        actor, path, "abstract answers", ANSWER_COLUMNS, ("account", "status"), profile
    )
    by_abstract: dict[tuple[int, int], list[_Answer]] = {}
    for row in rows:
        answer = _answer(row, report)
        if answer is not None:
            by_abstract.setdefault((answer.found.transmission_id, answer.found.seq), []).append(answer)
    for answers in by_abstract.values():
        _settle(actor, answers, layouts, report, f"csv {batch}")
        _keep(batch, report)
    _end(batch, report)
    return batch, report


def _answer(row: Row, report: Report) -> _Answer | None:
    if row.problem:
        report.refuse(row, "", row.problem)
        return None
    outcome = STATUSES.get(row["status"].strip().upper())
    if outcome is None:
        report.refuse(
            row, "status", "The status is neither accepted nor rejected: correct it and take the row again."
        )
        return None
    found, why = _sent(row["batch"].strip(), row["account"].strip())
    if found is None:
        report.refuse(row, "account", why)
        return None
    return _Answer(row, found, outcome)


def _sent(batch: str, account: str) -> tuple[Sent | None, str]:
    """The abstract that a row is about: by batch and account, or in the last batch of the account."""
    number = int(batch) if batch.isdecimal() else 0
    if batch and not number:
        return None, f"{batch} is no number of a batch."
    if not number:
        encounter_id = encounters.find(account)
        case = abstract_release.read(encounter_id)[0].case if encounter_id else None
        number = transmissions.last_batch_of(case.id) if case else 0
    found = transmissions.sent_of(number, account) if number else None
    if found is None:
        where = f"in batch {number}" if number else "in any batch"
        return None, f"No abstract of this account was sent {where}."
    return found, ""


def _settle(
    actor: Actor, answers: Sequence[_Answer], layouts: Mapping[str, Layout], report: Report, origin: str
) -> None:
    """All rows about one abstract: one rejection makes it rejected, with all the reasons."""
    found = answers[0].found
    rejections = [answer for answer in answers if answer.outcome == REJECTED]
    outcome = REJECTED if rejections else ACCEPTED
    if found.outcome == outcome:
        for answer in answers:
            report.count(answer.row, Fate.UNCHANGED)
        return
    opened, dictionary = abstract_release.read(found.encounter_id)
    late = transmissions.last_batch_of(found.case_id) != found.transmission_id
    stay = opened.encounter
    with act(
        actor, Action.ANSWER_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        transmissions.note_outcome(found, outcome)
        done.detail |= {"batch": found.transmission_id, "outcome": outcome}
        if rejections and not late:
            layout = layouts.get(transmissions.get(found.transmission_id).layout)
            reasons = [_reason(each.row, layout, opened.record, dictionary) for each in rejections]
            abstract_returns.send_back(
                actor, found.case_id, Kind.RECEIVER, reasons, opened.record, origin=origin,
                transmission_id=found.transmission_id,
            )  # fmt: skip
            done.detail["reasons"] = [f"{each.code} {each.message} {each.item}".strip() for each in reasons]
        elif not rejections:
            here = lifecycle.standing(found.case_id)
            to = lifecycle.asked(here, Act.ACCEPT, actor.roles)
            lifecycle.take(
                here, Act.ACCEPT, to, "", Source(actor.user, origin), transmission_id=found.transmission_id
            )
    for answer in answers:
        report.count(answer.row, Fate.APPLIED)
        if late and rejections:
            report.warnings.append(
                (answer.row.line, "The abstract was sent again since: the answer is kept with its batch.")
            )


def _reason(row: Row, layout: Layout | None, record: Record, dictionary: Dictionary) -> Reason:
    item = _item(row["field"].strip(), dictionary)
    column = row["column"].strip().partition("-")[0]
    if not item and layout is not None and column.isdecimal():
        item = item_in(layout, row["record"].strip().upper(), int(column), record, dictionary)
    where = f" (record {row['record']} column {row['column']})" if column and not item else ""
    return Reason(
        row["code"].strip(), f"{row['message'].strip() or 'rejected without a reason'}{where}", item
    )


def _item(named: str, dictionary: Dictionary) -> str:
    """The path that a row's field names, or blank when it is none of the data set's."""
    path = named.strip().lower()
    return path if path and dictionary.item_at(path) is not None and split_path(path) else ""


def take_returns(actor: Actor, path: Path, profile: Profile) -> tuple[int, Report]:
    """Take in what billing returns: account, code, field and reason. Raises ``CsvError``, ``NotPermitted``."""
    batch, rows, report = _begin(
        actor, path, "abstract returns", RETURN_COLUMNS, ("account", "reason"), profile
    )
    by_account: dict[str, list[Row]] = {}
    for row in rows:
        if row.problem:
            report.refuse(row, "", row.problem)
        elif not row["reason"].strip():
            report.refuse(row, "reason", "The reason is missing: say why it is returned.")
        else:
            by_account.setdefault(row["account"].strip(), []).append(row)
    for account, same in by_account.items():
        _return(actor, account, same, report, f"csv {batch}")
        _keep(batch, report)
    _end(batch, report)
    return batch, report


def _return(actor: Actor, account: str, rows: Sequence[Row], report: Report, origin: str) -> None:
    encounter_id = encounters.find(account)
    if not encounter_id:
        for row in rows:
            report.refuse(row, "account", "There is no such account.")
        return
    opened, dictionary = abstract_release.read(encounter_id)
    reasons = [
        Reason(row["code"].strip(), row["reason"].strip(), _item(row["field"], dictionary)) for row in rows
    ]
    known = abstract_returns.of_case(opened.case.id) if opened.case else []
    new = [
        each
        for each in reasons
        if (each.code, each.item) not in {(old.code, old.item) for old in known if old.kind is Kind.BILLING}
    ]
    if not new:
        for row in rows:
            report.count(row, Fate.UNCHANGED)
        return
    try:
        abstract_release.returned(actor, encounter_id, new, origin=origin)
    except NotAllowed as refused:
        for row in rows:
            report.refuse(row, "account", str(refused))
        return
    for row in rows:
        report.count(row, Fate.APPLIED)


# What both have in common ---------------------------------------------------------------------------------


def _begin(
    actor: Actor, path: Path, kind: str, columns: Sequence[str], required: Sequence[str], profile: Profile
) -> tuple[int, Iterable[Row], Report]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CsvError(f"{path.name} cannot be read: {error.strerror}.") from error
    rows = list(read(data, columns, required, profile))
    batch = imports.begin(actor, kind, path.name, hashlib.sha256(data).hexdigest(), dry_run=False)
    return batch, rows, Report()


def _keep(batch: int, report: Report) -> None:
    refused: list[Refusal] = report.close_slice()
    with writing():
        imports.refuse(batch, refused)
        imports.count(batch, report.counts, ended=False)


def _end(batch: int, report: Report) -> None:
    _keep(batch, report)
    with writing():
        imports.count(batch, report.counts, ended=True)
