"""The data sets that reports are written over, to whoever may see their records."""

from __future__ import annotations

import json

from config.data_sets import SITE, library
from db import store
from db.actors import Action, Actor
from db.acts import NotPermitted, permit
from db.connect import StoreError, database
from db.registry import registries
from db.worklist import blind
from rules.report_sets import PATIENT, PATIENTS, DataSet, data_set


def ids() -> tuple[str, ...]:
    """Every data set, the facility's own ones too."""
    return (*library(store.current().directory / SITE).ids(), PATIENT)


def title(id_: str) -> str:
    """What a data set is called; blank when there is none."""
    return find(id_).dictionary.title if id_ in ids() else ""


def find(id_: str) -> DataSet:
    """A data set with the items of all its versions. Raises ``StoreError``."""
    if id_ == PATIENT:
        return data_set((PATIENTS,))
    made = library(store.current().directory / SITE)
    versions = [each for each in made.dictionaries if each.id == id_]
    if not versions:
        raise StoreError(f"There is no data set {id_}: there are {', '.join(ids())}.")
    newest = made.of(id_)
    older = sorted((each for each in versions if each is not newest), key=lambda each: each.valid_from)
    return data_set((newest, *reversed(older)))


def open_set(actor: Actor, id_: str) -> DataSet:
    """A data set for somebody who may see its records. Raises ``NotPermitted``, ``StoreError``."""
    over = find(id_)
    if id_ == PATIENT:
        if not actor.may(Action.RUN_REPORT):
            permit(actor, Action.VIEW_PATIENT, kind="report", record=id_)
    else:
        registries.check_view(actor, over.dictionary)
    return over


def visible(actor: Actor) -> list[str]:
    """The data sets whose records somebody may see; nothing is logged."""
    found = []
    for id_ in ids():
        dictionary = find(id_).dictionary
        try:
            registries.check_role(actor, dictionary)
        except NotPermitted:
            continue
        if actor.may(Action.VIEW_PATIENT if id_ == PATIENT else registries.view_action(id_)):
            found.append(id_)
    return found


def left_out(actor: Actor, over: DataSet) -> frozenset[int]:
    """Records of a data set that somebody reviews blind, which no report of theirs may count, sort or show."""
    held = blind.in_hand(actor.user)
    rows = database.execute_sql(
        "SELECT id FROM data_case WHERE data_set = ? AND id IN (SELECT value FROM json_each(?))",
        (over.id, json.dumps(list(held))),
    )
    return frozenset(int(row[0]) for row in rows)
