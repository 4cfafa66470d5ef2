"""SSH keys bound to users: fingerprints as ssh-keygen prints them, and sign-on where sshd vouches."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from db import store
from db.access import policy, second_factor, sign_on, sign_on_log, ssh_keys, users
from db.actors import Actor, Role
from db.connect import StoreError, database
from db.keyring.derivation import ARGON2ID, Cost
from db.keyring.keys import WrongKey
from db.keyring.slots import SlotFile
from tests.conftest import ADMIN, PASSPHRASE, argon2id
from tests.sessions import other_session

KEY = "SHA256:" + "A" * 43


def key_pair(folder: Path, name: str, *options: str) -> Path:
    """The public half of a new pair."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name), *options], check=True
    )
    return folder / f"{name}.pub"


@pytest.mark.needs("ssh-keygen")
class TestFingerprints:
    def printed(self, public: Path) -> str:
        done = subprocess.run(["ssh-keygen", "-lf", str(public)], check=True, capture_output=True, text=True)
        return done.stdout.split()[1]

    def test_are_those_that_ssh_keygen_prints(self, tmp_path: Path) -> None:
        public = key_pair(tmp_path, "key")
        kind, text, *_ = public.read_text().split()
        assert ssh_keys.fingerprint(f"publickey {kind} {text}\n") == self.printed(public)

    def test_a_renewed_certificate_keeps_the_fingerprint_of_its_key(self, tmp_path: Path) -> None:
        authority, public = key_pair(tmp_path, "ca"), key_pair(tmp_path, "key")
        for serial in ("1", "2"):
            subprocess.run(
                [
                    "ssh-keygen",
                    "-q",
                    "-s",
                    str(authority.with_suffix("")),
                    "-I",
                    "card",
                    "-z",
                    serial,
                    str(public),
                ],
                check=True,
            )
            kind, text, *_ = (tmp_path / "key-cert.pub").read_text().split()
            assert ssh_keys.fingerprint(f"publickey {kind} {text}\n") == self.printed(public)


class TestWhatIsNoKey:
    @pytest.mark.parametrize(
        "info",
        [
            "", "publickey", "publickey ssh-ed25519", "publickey ssh-ed25519 !!!", "keyboard-interactive pam",
            "publickey ssh-ed25519 AAAA\npublickey ssh-rsa AAAA", "publickey x-cert-v01@openssh.com AAAA",
        ],
    )  # fmt: skip
    def test_has_no_fingerprint(self, info: str) -> None:
        assert ssh_keys.fingerprint(info) == ""


class TestBinding:
    @pytest.fixture
    def jones(self, admin: Actor) -> Actor:
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER])
        return admin

    def test_a_key_belongs_to_one_user(self, jones: Actor) -> None:
        ssh_keys.bind(jones, "jones", KEY)
        assert ssh_keys.keys_of("jones") == [KEY]
        with pytest.raises(StoreError, match="bound to jones already"):
            ssh_keys.bind(jones, ADMIN, KEY)
        with pytest.raises(StoreError, match="not bound to admin"):
            ssh_keys.unbind(jones, ADMIN, KEY)

    @pytest.mark.parametrize("text", ["", "SHA256:short", "MD5:00:11", f"{KEY}=", f" {KEY}"])
    def test_what_is_no_fingerprint_is_refused(self, jones: Actor, text: str) -> None:
        with pytest.raises(StoreError, match="no fingerprint"):
            ssh_keys.bind(jones, "jones", text)

    def test_a_user_without_passphrase_is_disabled_and_enabled(self, jones: Actor) -> None:
        ssh_keys.bind(jones, "jones", KEY)
        users.set_disabled(jones, "jones", disabled=True)
        assert [each.disabled for each in users.users() if each.name == "jones"] == [True]
        users.set_disabled(jones, "jones", disabled=False)


class TestSignOn:
    @pytest.fixture
    def key_file(self, admin: Actor, tmp_path: Path) -> Path:
        """A service key; jones has a bound SSH key and no passphrase."""
        path = tmp_path / "workstation.key"
        path.write_text(users.add_service(admin, "workstation"))
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER])
        ssh_keys.bind(admin, "jones", KEY)
        return path

    def test_is_refused_until_the_site_wants_it(
        self, admin: Actor, key_file: Path, store_directory: Path
    ) -> None:
        with pytest.raises(WrongKey, match="asks for passphrases"):
            sign_on.with_ssh_key(store_directory, key_file, "jones", KEY)

    def test_gives_the_roles_of_the_user_and_not_of_the_service(
        self, admin: Actor, key_file: Path, store_directory: Path
    ) -> None:
        policy.set_policy(admin, "custody", policy.SSH_KEY)
        signed_on = sign_on.with_ssh_key(store_directory, key_file, "jones", KEY)
        assert (signed_on.actor.user, signed_on.actor.roles) == ("jones", frozenset({Role.CODER}))

    @pytest.mark.parametrize(("user", "key"), [("jones", "SHA256:" + "B" * 43), ("jones", ""), (ADMIN, KEY)])
    def test_another_key_is_a_failure_that_locks_out(
        self, admin: Actor, key_file: Path, store_directory: Path, user: str, key: str
    ) -> None:
        policy.set_policy(admin, "custody", policy.SSH_KEY)
        for _ in range(3):
            with pytest.raises(WrongKey, match="is not bound to"):
                sign_on.with_ssh_key(store_directory, key_file, user, key)
        with pytest.raises(WrongKey, match=r"locked out|last enabled"):
            sign_on.with_ssh_key(store_directory, key_file, user, key)

    def test_asks_for_the_second_factor_as_well(
        self, admin: Actor, key_file: Path, store_directory: Path
    ) -> None:
        policy.set_policy(admin, "custody", policy.SSH_KEY)
        enrolment = second_factor.begin(admin, "jones")
        second_factor.enable(admin, enrolment, second_factor.code_at(enrolment.secret, time.time() - 30))
        with pytest.raises(sign_on.CodeNeeded):
            sign_on.with_ssh_key(store_directory, key_file, "jones", KEY)
        code = second_factor.code_at(enrolment.secret, time.time())
        sign_on.with_ssh_key(store_directory, key_file, "jones", KEY, code=code)


class TestPolicy:
    @argon2id
    def test_argon2id_holds_from_the_next_sign_on(self, admin: Actor, store_directory: Path) -> None:
        policy.set_policy(admin, "passphrase_cost", "argon2id")
        for _ in range(2):  # brought up once, used once
            sign_on.off(sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor)
        slot = SlotFile.read(store_directory).find("user", ADMIN)
        assert slot is not None
        assert slot["kdf"]["name"] == "argon2id"
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert policy.shown("passphrase_cost") == "argon2id, 3 rounds, 65536 KiB, 4 lanes"

    def test_argon2id_is_refused_in_words_under_a_fips_module(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database.execute_sql(
            "UPDATE setting SET value = ? WHERE name = 'passphrase_cost'",
            (json.dumps(Cost.argon2id().as_json()),),
        )
        monkeypatch.setattr(Cost, "offered", property(lambda cost: cost.kdf != ARGON2ID))
        sign_on.off(sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor)  # not strengthened
        again = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        with pytest.raises(StoreError, match="Argon2id is not to be had under a FIPS module"):
            policy.set_policy(again, "passphrase_cost", "argon2id")
        with pytest.raises(StoreError, match="Argon2id is not to be had under a FIPS module"):
            Cost.argon2id().derive(PASSPHRASE, b"0" * 16)

    @pytest.mark.parametrize(
        ("name", "value"), [("passphrase_cost", "md5"), ("session_cap", "-1"), ("custody", "x"), ("y", "1")]
    )
    def test_what_is_no_value_is_refused(self, admin: Actor, name: str, value: str) -> None:
        with pytest.raises(StoreError):
            policy.set_policy(admin, name, value)

    def test_a_person_has_so_many_sessions(self, admin: Actor, store_directory: Path) -> None:
        policy.set_policy(admin, "session_cap", "1")
        sign_on.off(admin)
        with other_session(store_directory):
            with pytest.raises(StoreError, match=r"as are permitted \(1\)"):
                sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
            with pytest.raises(StoreError, match="No store is open"):
                store.current()
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)


class TestConfirming:
    """The passphrase is asked again: after the idle lock, before a grave act."""

    def test_the_passphrase_confirms(self, admin: Actor) -> None:
        assert sign_on.confirm(admin, PASSPHRASE)

    def test_a_right_one_forgets_the_wrong_ones_before(self, admin: Actor, store_directory: Path) -> None:
        for _ in range(2):
            assert not sign_on.confirm(admin, "wrong horse battery!")
            assert not sign_on.confirm(admin, "wrong horse battery!")
            assert sign_on.confirm(admin, PASSPHRASE)
        assert not sign_on_log.locked_out(store_directory, ADMIN)

    def test_three_wrong_ones_lock_out_even_the_right_one(self, admin: Actor) -> None:
        for _ in range(3):
            assert not sign_on.confirm(admin, "wrong horse battery!")
        with pytest.raises(WrongKey):
            sign_on.confirm(admin, PASSPHRASE)
