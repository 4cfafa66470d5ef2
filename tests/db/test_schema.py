"""Models and migrations tell the same story: every table has a model with its very columns."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from peewee import ForeignKeyField

import db.schema
from db import migrations
from db.actors import Actor
from db.connect import database


def models() -> list[Any]:
    found = []
    for module in pkgutil.iter_modules(db.schema.__path__):
        found += getattr(importlib.import_module(f"db.schema.{module.name}"), "MODELS", ())
    return found


TABLES = {model._meta.table_name: model for model in models()}


class TestModels:
    def test_every_table_has_a_model(self, admin: Actor) -> None:
        rows = database.execute_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migration'"
        )
        assert {name for (name,) in rows} == set(TABLES)

    @pytest.mark.parametrize("table", sorted(TABLES))
    def test_has_the_columns_of_its_table(self, admin: Actor, table: str) -> None:
        stored = {row[1]: row for row in database.execute_sql(f"PRAGMA table_info({table})")}
        declared = {field.column_name: field for field in TABLES[table]._meta.sorted_fields}
        assert set(declared) == set(stored)
        for name, field in declared.items():
            may_be_null = not stored[name][3] and not stored[name][5]
            assert field.null == may_be_null, name

    @pytest.mark.parametrize("table", sorted(TABLES))
    def test_refers_to_what_its_table_refers_to(self, admin: Actor, table: str) -> None:
        stored = {(row[3], row[2]) for row in database.execute_sql(f"PRAGMA foreign_key_list({table})")}
        declared = {
            (field.column_name, field.rel_model._meta.table_name)
            for field in TABLES[table]._meta.sorted_fields
            if isinstance(field, ForeignKeyField)
        }
        assert declared == stored


class TestMigrations:
    def test_are_numbered_without_a_gap(self) -> None:
        assert [step.number for step in migrations.migrations()] == list(
            range(1, len(migrations.migrations()) + 1)
        )

    def test_a_store_of_an_older_schema_is_refused_and_upgraded(self, admin: Actor) -> None:
        last = migrations.migrations()[-1].number
        database.execute_sql("DELETE FROM migration WHERE number = ?", (last,))
        with pytest.raises(migrations.StoreError, match="run 'recordroom upgrade'"):
            migrations.check_schema()
        database.execute_sql("INSERT INTO migration VALUES (?, 'from the future', '', 0)", (last + 1,))
        with pytest.raises(migrations.StoreError, match="newer than this program"):
            migrations.check_schema()

    def test_statements_keep_a_trigger_whole(self) -> None:
        script = "CREATE TABLE a (b);\nCREATE TRIGGER c BEFORE UPDATE ON a\nBEGIN SELECT 1; SELECT 2; END;\n"
        assert [each.split()[1] for each in migrations.statements(script)] == ["TABLE", "TRIGGER"]
