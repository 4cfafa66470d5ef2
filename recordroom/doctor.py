"""Looks over a host as docs/operate.md sets it up, without a key and without writing: what is wrong, what to change."""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
NOT_OWNERS_TO_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
BACKUP_HOURS: Final = 48
PRINTERS: Final = "printers"  # of a store: devices of line printers, and links to them
CLOCK_SECONDS: Final = 60
STA_UNSYNC: Final = 0x40  # <linux/timex.h>
SUDOERS: Final = "etc/sudoers.d/recordroom"
GATE: Final = "usr/local/libexec/recordroom-gate"
SESSION: Final = "usr/local/libexec/recordroom-session"
BASH_LIKE: Final = ("bash", "zsh", "fish", "ksh", "csh", "tcsh")  # they run a file of the user's own first
# Option of ``sshd -T`` and what it has to say.
SSHD: Final[tuple[tuple[str, Callable[[str], bool], str], ...]] = (
    ("forcecommand", lambda said: said not in ("", "none"), "ForceCommand /usr/local/libexec/recordroom-gate"),
    ("disableforwarding", lambda said: said == "yes", "DisableForwarding yes"),
    ("permituserenvironment", lambda said: said == "no", "PermitUserEnvironment no"),
    ("permituserrc", lambda said: said == "no", "PermitUserRC no"),
    ("passwordauthentication", lambda said: said == "no", "PasswordAuthentication no"),
    ("kbdinteractiveauthentication", lambda said: said == "no", "KbdInteractiveAuthentication no"),
    ("authenticationmethods", lambda said: said.startswith("publickey"), "AuthenticationMethods publickey"),
    ("permitrootlogin", lambda said: said == "no", "PermitRootLogin no"),
    ("maxsessions", lambda said: said == "1", "MaxSessions 1"),
    ("maxauthtries", lambda said: int(said or 0) <= 3, "MaxAuthTries 3"),
    ("logingracetime", lambda said: 0 < int(said or 0) <= 60, "LoginGraceTime 30"),
    ("strictmodes", lambda said: said == "yes", "StrictModes yes"),
    ("banner", lambda said: said not in ("", "none"), "Banner /etc/ssh/recordroom-notice"),
    ("channeltimeout", lambda said: said not in ("", "none"), "ChannelTimeout session:*=20m"),
    ("allowgroups", bool, "AllowGroups technicians"),
    ("clientaliveinterval", lambda said: 0 < int(said or 0) <= 600, "ClientAliveInterval 60"),
    ("clientalivecountmax", lambda said: said == "1", "ClientAliveCountMax 1"),
    ("loglevel", lambda said: said in ("VERBOSE", "DEBUG"), "LogLevel VERBOSE"),
    ("acceptenv", lambda said: set(said.split()) <= {"LANG", "LC_ALL"}, "AcceptEnv LANG LC_ALL"),
    ("subsystem", lambda said: not said, "no Subsystem line"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """One thing looked at, and what to change, a sentence each. ``skipped`` says why nobody could look."""

    name: str
    faults: tuple[str, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """What is looked over. ``root`` stands for ``/``; ``technician`` is somebody who comes in by SSH."""

    store: Path | None = None
    backups: Path | None = None  # where they are kept, when not in the store
    root: Path = Path("/")
    group: str = "technicians"
    technician: str = ""
    sshd: tuple[str, ...] = ("sshd",)


def look_over(host: Host) -> Iterator[Look]:
    """Everything, in the order in which docs/operate.md sets it up."""
    yield _program()
    if host.store is None:
        yield Look("store", skipped="name it with --store")
    else:
        yield Look("store", tuple(_store(host.store)))
        yield Look("code sets", tuple(_codes(host.store)))
        yield Look("backups", tuple(_backup_age(host.backups or host.store / "backup")))
        yield Look("disk", tuple(_disk(host.store)))
        yield Look("clock", tuple(_clock(host.store)))
    yield Look("swap", tuple(_swap(host.root)))
    yield Look("memory", tuple(_memory(host.root)))
    yield Look("system log", tuple(_system_log(host.root)))
    yield _sshd(host)
    yield Look("gate", tuple(_wrappers(host.root)))
    yield _sudoers(host.root)
    yield _accounts(host.group)


def _program() -> Look:
    """Nobody but root may change what runs, the service account neither."""
    place = Path(__file__).parent
    there = place.stat()
    if there.st_mode & NOT_OWNERS_TO_WRITE:
        return Look(
            "program", (f"{place} can be written by others than its owner: chmod -R go-w {place.parent}.",)
        )
    return Look("program")


def _store(store: Path) -> Iterator[str]:
    if not store.is_dir():
        yield f"There is no store {store}: name another with --store, or restore the newest backup."
        return
    for name, done in (
        ("keys.json", "put back the copy of the newest backup"),
        ("recordroom.db", "restore the newest backup"),
    ):
        if not (store / name).is_file():
            yield f"{store / name} is missing: {done}."
    owner = store.stat().st_uid
    if owner == 0:
        yield f"{store} belongs to root: give it to a service account of its own (chown -R recordroom {store})."
    for path in (store, *sorted(store.rglob("*"))):
        if path.parent == store / PRINTERS:
            continue
        try:
            there = path.lstat()
        except FileNotFoundError:
            continue  # a session ended
        if stat.S_ISLNK(there.st_mode):
            yield f"{path} is a link: put the file itself there."
        elif there.st_uid != owner:
            yield f"{path} belongs to {_user(there.st_uid)} and not to {_user(owner)}: chown {_user(owner)} {path}."
        elif there.st_mode & OTHERS:
            yield f"{path} is open to others: chmod go= {path}."
    waiting = len(list((store / "spool").glob("*"))) if (store / "spool").is_dir() else 0
    if waiting:
        yield f"{waiting} pages lie in clear in {store / 'spool'}: print or shred them."


def _codes(store: Path) -> Iterator[str]:
    from config.code_sources import SourceMissing, code_store, expiry_notice

    build = f"run 'recordroom codes build --store {store}'"
    try:
        path = code_store(store)
        with path.open("rb") as file:
            if not file.read(16).startswith(b"SQLite format 3"):
                yield f"{path} is no code store: {build}."
        if notice := expiry_notice(path, date.today()):  # noqa: DTZ011 (the calendar day of the host)
            yield notice
    except (OSError, SourceMissing):
        yield f"The code sets cannot be read, so that codes are checked by form alone: {build}."


def _backup_age(folder: Path) -> Iterator[str]:
    made = [path.stat().st_mtime for path in folder.glob("*/manifest.json")] if folder.is_dir() else []
    if not made:
        yield f"{folder} holds no backup: run 'recordroom backup' every night, or name the place with --backups."
    elif time.time() - max(made) > BACKUP_HOURS * 3600:
        yield f"The newest backup in {folder} is {int((time.time() - max(made)) / 3600)} hours old."


def _disk(store: Path) -> Iterator[str]:
    from db.files import disk_warning

    if store.is_dir() and (warning := disk_warning(store)):
        yield warning


def _clock(store: Path) -> Iterator[str]:
    """A clock that nobody sets runs away; one that was set back puts acts before those they follow."""
    if sys.platform == "linux":
        timex = (ctypes.c_long * 64)()  # struct timex with room to spare; modes 0 only reads
        if ctypes.CDLL(None).adjtimex(timex) >= 0 and timex[5] & STA_UNSYNC:
            yield "The clock is not kept by a time service: run chrony or systemd-timesyncd."
    last = _last_anchor(store / "anchor.log")
    if last - time.time() > CLOCK_SECONDS:
        yield (
            f"The clock stands {int(last - time.time())} seconds before the last row of the audit trail: set it, "
            "before anybody signs on."
        )


def _last_anchor(path: Path) -> int:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode("ascii", "replace").splitlines()
    except OSError:
        return 0
    seconds = [parts[-2] for line in lines if len(parts := line.split()) >= 4]
    return max((int(each) for each in seconds if each.isdecimal()), default=0)


def _swap(root: Path) -> Iterator[str]:
    """The data key stands in memory: what is swapped out in clear stays on the disk."""
    for line in _text(root / "proc/swaps").splitlines()[1:]:
        device = Path(line.split()[0])
        name = device.resolve().name
        mapped = _text(root / "sys/class/block" / name / "dm/uuid")
        if not (mapped.startswith("CRYPT-") or name.startswith("zram")):
            yield f"Swap on {device} is not encrypted: swapoff {device} and take it from /etc/fstab, or encrypt it."


def _memory(root: Path) -> Iterator[str]:
    """The program forbids cores of itself. These hold for everything else that could look at it."""
    if _text(root / "proc/sys/fs/suid_dumpable").strip() == "1":
        yield "Every process leaves a core: sysctl fs.suid_dumpable=0."
    if _text(root / "proc/sys/kernel/yama/ptrace_scope").strip() == "0":
        yield "Processes of one account can read each other's memory: sysctl kernel.yama.ptrace_scope=1."


def _system_log(root: Path) -> Iterator[str]:
    if not (root / "dev/log").exists():
        yield "There is no system log (/dev/log) to take the anchors of the audit trail off the host: run one."


def _sshd(host: Host) -> Look:
    who = ("-C", f"user={host.technician},host=localhost,addr=127.0.0.1") if host.technician else ()
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    program = shutil.which(host.sshd[0], path=search)
    if program is None:
        return Look("sshd", skipped="sshd is not installed")
    if not host.technician:
        return Look("sshd", skipped="name somebody who comes in by SSH with --technician")
    done = subprocess.run(  # noqa: S603 - sshd itself, found in the system's own places
        [program, "-T", *host.sshd[1:], *who], capture_output=True, text=True, timeout=30, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        return Look(
            "sshd",
            skipped=f"sshd -T says: {done.stderr.strip().splitlines()[-1:] or ['nothing']} (run as root)",
        )
    said: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        said[name] = f"{said[name]} {value}" if name in said else value
    faults = [
        f"sshd_config has {name} {said.get(name, '')!r} for {host.technician}: it has to be {wanted}."
        for name, holds, wanted in SSHD
        if not holds(said.get(name, "")) and (name != "channeltimeout" or _ends_silent_channels(program))
    ]
    return Look("sshd", tuple(faults))


def _ends_silent_channels(sshd: str) -> bool:
    """Whether this sshd knows ChannelTimeout: OpenSSH 9.2 and later do."""
    done = subprocess.run([sshd, "-V"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", done.stderr + done.stdout)
    return found is None or (int(found[1]), int(found[2])) >= (9, 2)


def _wrappers(root: Path) -> Iterator[str]:
    for name, needed in ((GATE, ("sudo -n -u ",)), (SESSION, ("umask 077", "env -i", " -I -m recordroom"))):
        path = root / name
        if not path.is_file():
            yield f"{path} is missing: docs/operate.md has it."
            continue
        there = path.stat()
        if there.st_mode & NOT_OWNERS_TO_WRITE or (root == Path("/") and there.st_uid != 0):
            yield f"{path} can be changed by others than root: chown root {path}; chmod 0755 {path}."
        for words in needed:
            if words not in _text(path):
                yield f"{path} lacks {words.strip()!r}: docs/operate.md has it."


def _sudoers(root: Path) -> Look:
    path = root / SUDOERS
    try:
        rules = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Look("sudoers", (f"{path} is missing: docs/operate.md has it.",))
    except OSError:
        return Look("sudoers", skipped="only root can read it")
    faults = []
    if path.stat().st_mode & (NOT_OWNERS_TO_WRITE | stat.S_IROTH):
        faults.append(f"{path} is open to others: chmod 0440 {path}.")
    granted = [
        line for line in rules.splitlines() if "NOPASSWD" in line and not line.lstrip().startswith("#")
    ]
    if not any(line.rstrip().endswith(f'/{SESSION} ""') for line in granted):
        faults.append(f'{path} has no rule for /{SESSION} "", which permits it without arguments alone.')
    faults += [
        f"{path} permits more than the session: {line.strip()}"
        for line in granted
        if "*" in line or f"/{SESSION}" not in line
    ]
    return Look("sudoers", tuple(faults))


def _accounts(group: str) -> Look:
    """ForceCommand runs through the login shell: what that reads first, its user must not be able to write."""
    try:
        members = grp.getgrnam(group)
    except KeyError:
        return Look("accounts", skipped=f"there is no group {group}: name it with --group")
    people = [
        each for each in pwd.getpwall() if each.pw_gid == members.gr_gid or each.pw_name in members.gr_mem
    ]
    return Look("accounts", tuple(fault for each in people for fault in _account(each)))


def _account(person: pwd.struct_passwd) -> Iterator[str]:
    shell, home = Path(person.pw_shell).resolve().name, Path(person.pw_dir)
    if shell in BASH_LIKE:
        yield (
            f"{person.pw_name} has the shell {shell}, which runs files of the user first: usermod -s /bin/sh "
            f"{person.pw_name}."
        )
    if home.is_dir() and home.stat().st_uid == person.pw_uid:
        yield f"{person.pw_name} owns {home}: chown root {home}."


def _user(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def _text(path: Path) -> str:
    """What stands in a file; blank when there is none, as with a kernel that lacks it."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
