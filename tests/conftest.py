"""Fixtures shared by all tests: one template store per run, copied for each test that needs one."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from db import store
from db.access import sign_on
from db.actors import Actor, Role
from db.coding.codes import CodeStore
from db.keyring.derivation import Cost

ADMIN = "admin"
PASSPHRASE = "correct horse battery"
CHEAP = Cost(rounds=1000)
MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes; the folders of a run hold some hundred megabytes at once
argon2id = pytest.mark.skipif(not Cost.argon2id().offered, reason="there is no Argon2id under a FIPS module")


def pytest_configure(config: pytest.Config) -> None:
    os.umask(0o077)
    if _has_room(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _has_room(folder: Path) -> bool:
    """Whether the folders of tests fit there, and programs in them run: in memory no test waits for a disk to sync."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free >= ROOM


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of collected tests live until the end: the garbage collector need not look at them each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    asks = {item: "codes_path" in getattr(item, "fixturenames", ()) for item in items}
    coding = [item for item in items if asks[item]]
    # One worker builds the code store at once, and when the others come to need it, it is there.
    items[:] = coding[:1] + [item for item in items if not asks[item]] + coding[1:]
    required = os.environ.get("RECORDROOM_REQUIRE_ALL") == "1"
    for item in items:
        for mark in item.iter_markers("needs"):
            tool = mark.args[0]
            if (
                shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None
                and not required
            ):
                item.add_marker(pytest.mark.skip(reason=f"{tool} is not installed on this machine"))


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as ``init`` makes it, with a cheap key derivation. Copy it, do not open it."""
    directory = tmp_path_factory.mktemp("template") / "store"
    store.init_store(directory, "General Hospital", ADMIN, PASSPHRASE, "America/New_York", cost=CHEAP)
    return directory


@pytest.fixture
def store_directory(template_store: Path, tmp_path: Path) -> Path:
    """A fresh store on disk, closed."""
    return Path(shutil.copytree(template_store, tmp_path / "store"))


@pytest.fixture
def admin(store_directory: Path) -> Iterator[Actor]:
    """The store open, its administrator signed on (holds every role)."""
    signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
    yield signed_on.actor
    store.close_store()


@pytest.fixture(scope="session")
def filled_store(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The store that a function filled for the administrator, filled once in a run. Copy it, do not open it."""
    made: dict[tuple[object, ...], Path] = {}

    def filled(fill: Callable[..., object], *values: str) -> Path:
        key = (fill.__module__, fill.__qualname__, *values)
        if key not in made:
            directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("filled") / "store"))
            actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
            fill(actor, *values)
            sign_on.off(actor)
            made[key] = directory
        return made[key]

    return filled


@pytest.fixture
def admin_of(filled_store: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., Actor]]:
    """Sign the administrator on to a copy of a filled store: ``admin_of(fill, *values)``."""

    def signed_on(fill: Callable[..., object], *values: str) -> Actor:
        directory = Path(shutil.copytree(filled_store(fill, *values), tmp_path / "store"))
        return sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor

    yield signed_on
    store.close_store()


@pytest.fixture
def actor_with(admin: Actor) -> Callable[..., Actor]:
    """Make an actor that holds just the roles named."""

    def make(*roles: Role) -> Actor:
        return Actor(admin.user_id, admin.user, frozenset(roles), "test", "0001")

    return make


@pytest.fixture(scope="session")
def codes_path(pytestconfig: pytest.Config) -> Path:
    """The code store, as ``recordroom codes build`` makes it; kept between runs until its inputs or builder change."""
    from config.code_sources import code_sources, fingerprint
    from exchange.code_sets.build import build

    root = Path(__file__).parents[1]
    builder = (
        *(f"exchange/code_sets/{name}.py" for name in ("books", "build", "changes", "contents", "diagnoses")),
        *(
            f"exchange/code_sets/{name}.py"
            for name in ("procedures", "search_index", "tabular", "validity", "write")
        ),
        "db/coding/codes_schema.py",
        "rules/codes_search.py",
    )
    digest = hashlib.sha256(fingerprint(code_sources()).encode())
    for file in (*builder, "rules/codes_facts.py"):
        digest.update((root / file).read_bytes())
    folder = Path(pytestconfig.cache.mkdir("codes")) if pytestconfig.cache else root / ".pytest_cache"
    with (folder / "building").open(
        "w"
    ) as lock:  # the workers of a run begin at once, and one of them builds
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = build(folder / f"codes-{digest.hexdigest()[:16]}.db").path
        path.touch()
        for old in sorted(folder.glob("codes-*.db"), key=lambda each: each.stat().st_mtime)[:-3]:
            old.unlink()
    return path


@pytest.fixture(scope="session")
def books_path(codes_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code store with an Alphabetic Index, PCS tables, HCPCS and a facility's own set."""
    from tests.code_books import filled

    return filled(codes_path, tmp_path_factory.mktemp("books") / "codes.db")


@pytest.fixture(scope="session")
def code_sets(codes_path: Path) -> Iterator[CodeStore]:
    """The code store open for reading."""
    with CodeStore.open(codes_path) as found:
        yield found


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A small disk of its own, of the module's ``MEGABYTES``: a tmpfs that only root can mount."""
    place = tmp_path / "disk"
    place.mkdir()
    size = f"size={request.module.MEGABYTES}m,mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        if os.environ.get("RECORDROOM_REQUIRE_ALL") == "1":
            pytest.fail("a disk of its own can only be mounted by root")
        pytest.skip("a disk of its own can only be mounted by root")
    yield place
    store.close_store()
    subprocess.run(["umount", str(place)], check=True, capture_output=True)
