"""The base of every model. Models serve single records and forms; lists read tuples or SQL."""

from __future__ import annotations

from peewee import Model

from db.connect import database


class Base(Model):
    """A table of the store, named as its class in snake case, always in the one open database."""

    class Meta:
        database = database
        legacy_table_names = False
