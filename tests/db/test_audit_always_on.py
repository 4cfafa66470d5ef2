"""The product has no way to switch its audit trail off, to change a row or to delete one (45 CFR 170.315(d)(2))."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from db import acts, conventions, store
from db.access import policy
from db.actors import Action, Actor, Role
from db.connect import StoreError, database, writing
from db.trail import audit
from recordroom.cli import cli, run
from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[2]
PACKAGES = ("rules", "config", "db", "exchange", "reports", "tui", "screens", "recordroom")
# What a statement may not say outside of the migrations that make the table and its triggers. Migrations may make a
# trigger anew, but none of the audit trail.
FORBIDDEN = re.compile(
    r"\b(delete\s+from|update|drop\s+table|alter\s+table|replace\s+into)\s+audit\b|"
    r"recursive_triggers|writable_schema|ignore_check",
    re.IGNORECASE,
)
DROPS = re.compile(r"drop\s+trigger(?:\s+if\s+exists)?\s+\W?(\w*)", re.IGNORECASE)
# Only these add rows or write without an act of their own around them; the rest goes through db.acts.
ADDS_ROWS = {
    "db/acts.py",
    "db/access/sign_on.py",
    "db/store.py",
    "db/safekeeping/backup.py",
    "db/safekeeping/restore.py",
    "db/keyring/rotation.py",
}


def look(actor: Actor) -> int:
    """How many rows a look adds."""
    count = "SELECT count(*) FROM audit"
    before = database.execute_sql(count).fetchone()[0]
    acts.viewed(actor, Action.VIEW_PATIENT, kind="patient", record="4711")
    return int(database.execute_sql(count).fetchone()[0]) - int(before)


def options(command: click.Command) -> Iterator[str]:
    """Every option of every command."""
    yield from (word for parameter in command.params for word in parameter.opts)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield name
            yield from options(found)


class TestNothingSwitchesItOff:
    def test_no_statement_of_the_product_touches_a_row_that_is_there(self) -> None:
        guilty = [
            f"{path.relative_to(ROOT)}: {found[0]}"
            for package in PACKAGES
            for path in (ROOT / package).rglob("*")
            if path.suffix in (".py", ".sql", ".toml")
            for found in FORBIDDEN.finditer(path.read_text(encoding="utf-8"))
        ]
        assert guilty == []

    def test_no_statement_takes_a_trigger_of_the_trail_away(self, admin: Actor) -> None:
        trail = {
            name
            for (name,) in database.execute_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'"
            )
        }
        assert trail
        guilty = [
            (path.name, found[1])
            for package in PACKAGES
            for path in (ROOT / package).rglob("*")
            if path.suffix in (".py", ".sql", ".toml")
            for found in DROPS.finditer(path.read_text(encoding="utf-8"))
            if path.parent.name != "migrations" or found[1] in trail or not found[1]
        ]
        assert guilty == []

    @pytest.mark.parametrize("statement", ["UPDATE audit SET user = 'x'", "DELETE FROM audit WHERE seq = 1"])
    def test_the_database_refuses_it_too(self, admin: Actor, statement: str) -> None:
        with pytest.raises(Exception, match="only added to"), writing():
            database.execute_sql(statement)

    def test_no_word_or_option_of_a_command_says_so(self) -> None:
        words = " ".join(options(cli))
        assert not re.search(r"no-?audit|audit-?off|disable-?audit|quiet|skip-?audit", words)
        assert {"list", "verify", "copy"} == set(cli.get_command(click.Context(cli), "audit").commands)  # type: ignore

    @pytest.mark.parametrize("name", sorted(policy.RULES))
    def test_no_policy_does(self, admin: Actor, name: str) -> None:
        for value in ("0", "pbkdf2", "argon2id", "passphrase", "ssh-key", "off", "none", ""):
            try:
                policy.set_policy(admin, name, value)
            except StoreError:
                continue
            assert look(admin) == 1

    def test_no_setting_that_is_written_behind_the_program_does(self, admin: Actor) -> None:
        for name in ("audit", "audit_enabled", "anchor", "log", *conventions.CONVENTIONS):
            with writing():
                database.execute_sql("INSERT OR REPLACE INTO setting VALUES (?, 1, 'off', 'x', 0)", (name,))
        assert look(admin) == 1

    def test_no_environment_does(self, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        said = set()
        for package in PACKAGES:
            for path in (ROOT / package).rglob("*.py"):
                said |= set(re.findall(r"RECORDROOM_[A-Z_]+", path.read_text(encoding="utf-8")))
        for name in said:
            monkeypatch.setenv(name, "0")
        assert look(admin) == 1

    def test_without_its_row_nothing_is_done_or_shown(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> tuple[int, bytes]:
            raise StoreError("no row")

        monkeypatch.setattr(audit.Trail, "add", broken)
        with pytest.raises(StoreError):
            acts.viewed(admin, Action.VIEW_PATIENT, kind="patient", record="4711")
        with pytest.raises(StoreError), acts.act(admin, Action.AMEND_SITE_FILE):
            database.execute_sql("INSERT INTO counter VALUES ('deed', 1)")
        assert database.execute_sql("SELECT count(*) FROM counter WHERE name = 'deed'").fetchone()[0] == 0

    def test_rows_are_added_in_a_few_places_that_are_known(self) -> None:
        found = set()
        for path in (ROOT / "db").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("trail.add"):
                    found.add(str(path.relative_to(ROOT)))
        assert found <= ADDS_ROWS


KEY_AND_AUDIT_ACTS = [
    ("audit", "list"), ("audit", "verify"), ("audit", "copy"), ("key", "rotate"), ("key", "revoke", "mary"),
    ("key", "shares"), ("report", "audit-trail"), ("user", "policy", "session_cap", "9"), ("user", "disable", "mary"),
    ("user", "reset", "mary", "--new-passphrase-file", "{new}"), ("status", "--security"),
]  # fmt: skip


class TestAtTheCommandLine:
    """Each command is a sign-on of its own: nobody's open session lends itself to a key or audit act."""

    @pytest.fixture
    def command(self, store_directory: Path, tmp_path: Path) -> Callable[..., int]:
        from db.access import sign_on, users
        from tests.conftest import CHEAP

        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        users.add_user(actor, "mary", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        (tmp_path / "feed.key").write_text(users.add_service(actor, "feed"))
        sign_on.off(actor)
        (tmp_path / "new").write_text("mary jones has another key")

        def command(words: tuple[str, ...], *signing_on: str) -> int:
            store.close_store()
            changed = [word.format(new=tmp_path / "new") for word in words]
            try:
                return run([*changed, "--store", str(store_directory), *signing_on])
            except SystemExit as ended:
                return int(ended.code or 0)

        return command

    @pytest.mark.parametrize("words", KEY_AND_AUDIT_ACTS, ids=" ".join)
    def test_asks_who_it_is(
        self,
        command: Callable[..., int],
        words: tuple[str, ...],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        import io
        import sys

        monkeypatch.setattr(sys, "stdin", io.StringIO())
        assert command(words, "--user", ADMIN) == 2  # nobody to ask, and no passphrase
        (tmp_path / "secret").write_text("not the passphrase")
        assert command(words, "--user", ADMIN, "--passphrase-file", str(tmp_path / "secret")) == 3
        if words != ("audit", "verify"):  # a batch job may verify, and sees no patient
            assert command(words, "--service-key", str(tmp_path / "feed.key")) == 4
