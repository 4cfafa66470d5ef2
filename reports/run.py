"""Running a report: permission, what was asked, the data read in one snapshot, and the row in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from db import conventions, store
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import large_cache, snapshot
from db.hospital import site
from db.statistics import census
from reports import identifiers, remarks
from reports.catalogue import Report
from reports.page import Run
from reports.parameters import IDENTIFIERS, Asked, NotAsked, Parameter, month_asked, named, resolved
from reports.produced import Produced
from rules.dates import show_moment
from rules.text import clean

ANCHORS: Final = frozenset({"daily-census"})  # printed every day and kept: the audit trail is anchored on it
HEAD_DIGITS: Final = 16
USER: Final = "user"  # the kind of a parameter that names whose figures are asked for


def produce(actor: Actor, report: Report, asked: Mapping[str, str]) -> Produced:
    """Run a report. Raises ``NotPermitted``, ``NotAsked``, ``StoreError``."""
    permit(actor, report.action, kind="report", record=report.id)
    asked = named(report.parameters, asked)
    _no_others(report, asked)
    now = store.current().now()
    parameters = {
        parameter.name: value
        for parameter in report.parameters
        if (value := known(parameter, resolved(parameter, asked.get(parameter.name, ""), now.day)))
    }
    parameters |= _own(actor, report, parameters) | _identifiers(actor, parameters)
    if report.closes:
        from reports import reprint

        if (signed := reprint.stored(report, parameters)) is not None:
            viewed(actor, report.action, kind="report", record=report.id,
                   detail={"parameters": parameters, "version": signed.closing.version})  # fmt: skip
            return signed
    census.bring_up_to_date_if_due()
    with large_cache(), snapshot():
        data = report.load().query(Asked(actor, parameters))
    viewed(
        actor, report.action, kind="report", record=report.id,
        patient_id=getattr(data, "patient_id", None),
        detail={"parameters": parameters, **getattr(data, "listed", {})},
        cases=getattr(data, "case_ids", ()),
    )  # fmt: skip
    run = run_by(actor, now.local, _audit_head() if report.id in ANCHORS else "")
    of_month = month_asked(parameters)
    standing = (reprint.counted_now(of_month, run.stamp),) if report.closes else ()
    return Produced(report, parameters, data, run, remarks.of_report(report, of_month), standing)


def run_by(actor: Actor, local: str, audit: str = "") -> Run:
    """The run that page heads tell of: the facility and its number, the user, the local time as shown here."""
    stamp = show_moment(local, conventions.convention("date_style"))
    station = conventions.convention("station_number")
    return Run(store.current().facility, actor.user, stamp, audit, station=station)


def _no_others(report: Report, asked: Mapping[str, str]) -> None:
    """Raise ``NotAsked`` for what the report does not ask for: a slip would otherwise print everything."""
    names = [parameter.name for parameter in report.parameters]
    if strangers := [clean(name) for name in asked if name not in names]:
        known_ones = f"it asks for {', '.join(names)}" if names else "it asks for nothing"
        raise NotAsked(f"{report.id} does not ask for {', '.join(strangers)}: {known_ones}.")


def _own(actor: Actor, report: Report, parameters: Mapping[str, str]) -> dict[str, str]:
    """Whose figures are shown: one's own, unless the actor may see everybody's. Raises ``NotPermitted``."""
    asked = next((each.name for each in report.parameters if each.kind == USER), "")
    if not asked or actor.may(Action.VIEW_PRODUCTIVITY):
        return {}
    if parameters.get(asked, actor.user).lower() != actor.user.lower():
        permit(actor, Action.VIEW_PRODUCTIVITY, kind="report", record=report.id)
    return {asked: actor.user}


def _identifiers(actor: Actor, parameters: Mapping[str, str]) -> dict[str, str]:
    """What may be shown of who the patients are, however much was asked for."""
    asked = parameters.get(IDENTIFIERS.name)
    return {IDENTIFIERS.name: identifiers.lowered(asked, identifiers.ceiling(actor))} if asked else {}


def known(parameter: Parameter, value: str) -> str:
    """The codes of a list as its site file has them. Raises ``NotAsked`` for one that it does not have."""
    if parameter.kind != "list" or not parameter.source:
        return value
    found = []
    for code in filter(None, value.split(",")):
        if code.casefold() in parameter.choices:
            found.append(code.casefold())
            continue
        row = site.get(parameter.source, code)
        if row is None:
            raise NotAsked(f"There is no {parameter.source} {code}: report site-file lists them.")
        found.append(row.code)
    return ",".join(found)


def _audit_head() -> str:
    """Row and beginning of the MAC that the audit trail ends with; 'recordroom audit verify --head' asks for it."""
    seq, mac = store.current().trail.head()
    return f"Audit {seq} {mac.hex()[:HEAD_DIGITS]}"
