"""Who sits at this terminal: the seat before sign-on, the session after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from tui.screen import FormScreen, Habits, Mode, ScreenError

IDLE_SECONDS = 15 * 60  # DoD Application Security STIG V-222389
CONFIRMED_SECONDS = 10 * 60  # a proof of who sits there is good that long for looking into the audit trail
WATCH_SECONDS = 30  # an idle screen of somebody disabled goes dark after that
ADMINISTRATOR_IDLE_SECONDS = 10 * 60  # V-222390

if TYPE_CHECKING:  # the sign-on form must stand before the store is loaded
    from config.menu import MenuTable
    from db.access.sign_on import SignedOn
    from db.actors import Actor
    from db.coding.code_tables import AllTables
    from db.coding.codes import CodeStore
    from rules.work import Asked
    from screens.coding.search_log import SearchLog


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody is about to sign on."""

    directory: Path
    where_from: str = "local"
    user: str = ""  # name to offer on the sign-on form
    guided: bool = False  # the demo: the first screen says what to try
    hint: str = ""  # shown on the sign-on form of the demo
    service_key: Path | None = None  # sshd vouches for ``user``, who has no passphrase
    ssh_key: str = ""  # fingerprint of the key that opened the connection


@dataclass
class Session:
    """Somebody signed on: what every screen gets."""

    seat: Seat
    signed_on: SignedOn = field(repr=False)
    confirmed: float = field(default_factory=monotonic, repr=False)  # when the user last proved who it is
    wrong_dictionary: str = ""  # the first mistake in the facility's dictionaries, found at sign-on
    queues: dict[str, Asked] = field(default_factory=dict, repr=False)  # asked of the work queue, by word
    hypothetical: dict[str, str] = field(default_factory=dict, repr=False)  # the patient on HYP
    taking: str = ""  # the word of the queue that is being taken one after the other
    records: dict[tuple[str, str], FormScreen] = field(
        default_factory=dict, repr=False
    )  # open, by their lock
    _codes: CodeStore | None = field(default=None, repr=False)

    @property
    def actor(self) -> Actor:
        return self.signed_on.actor

    @property
    def user(self) -> str:
        """Name on the title row."""
        return self.signed_on.actor.user

    @property
    def facility(self) -> str:
        here = self.signed_on.store
        return f"READ ONLY {here.facility}" if here.tampered else here.facility

    @property
    def roles(self) -> Collection[str]:
        """Roles held, as the menu table names them."""
        return [str(role) for role in self.signed_on.actor.roles]

    @property
    def habits(self) -> Habits:
        """The facility's clock and way of writing dates, and what the user is used to; locked after 15 minutes,
        administrators after 10."""
        from db.access import habits
        from db.conventions import convention

        own = habits.of(self.actor)
        zone = self.signed_on.store.zone
        administers = "administrator" in self.roles
        return Habits(
            lambda: datetime.now(zone).replace(tzinfo=None),
            convention("date_style"),
            ADMINISTRATOR_IDLE_SECONDS if administers else IDLE_SECONDS,
            WATCH_SECONDS,
            menu=self.menu,
            leaves=own["leave"] != "never",
            forgives=own["leave"] == "forgive",
            every_field=own["walk"] == "every",
            mode=Mode(own["mode"]),
        )

    @cached_property
    def menu(self) -> MenuTable:
        """The menu, with the words of the facility's own registries as they stood at sign-on."""
        from config.data_sets import DictionaryError, has_own, library
        from config.menu import standard_menu, with_registries

        site = self.seat.directory / "site"
        try:
            if not has_own(site):
                return standard_menu()
            made = library(site)
            return with_registries(standard_menu(), [made.of(id_) for id_ in made.ids()])
        except DictionaryError as error:  # the desk says so, and so does every screen that needs it
            self.wrong_dictionary = str(error.mistakes[0])
            return standard_menu()

    def waiting(self, words: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """What waits behind entries of a menu: count, and how old it is."""
        from screens.waiting import counts

        return counts(self.actor, words)

    @property
    def home(self) -> str:
        """What opens first, and again when everything else was left."""
        return "TOUR" if self.seat.guided else "DESK"

    @property
    def codes(self) -> CodeStore | None:
        """The code store, or None while it is not built: codes are then checked by form alone."""
        if self._codes is None:
            from config.code_sources import SourceMissing, code_store
            from db.coding.codes import CodesMissing, CodeStore

            try:
                path = code_store(self.seat.directory)
                self._codes = CodeStore.open(path, self.seat.directory / "site" / "tables")
            except (CodesMissing, SourceMissing):
                return None
        return self._codes

    def stop_looking(self) -> None:
        """What is being looked up in the code sets is stale."""
        if self._codes is not None:
            self._codes.interrupt()

    def forget_codes(self) -> None:
        """The facility's own words of the search were changed: read them anew."""
        if self._codes is not None:
            self._codes.close()
        self._codes = None

    @cached_property
    def search_log(self) -> SearchLog:
        """What was looked for in the code sets in vain."""
        from screens.coding.search_log import SearchLog

        return SearchLog(self.actor)

    @cached_property
    def tables(self) -> AllTables:
        """Code tables: the shipped ones, the facility's own rows, and units, services, providers, payers."""
        from db.coding.code_tables import all_tables

        return all_tables(self.seat.directory)

    def refresh_tables(self) -> None:
        """A dictionary was installed meanwhile, with tables of its own: take them in."""
        from config.data_sets import library

        if self.tables.shipped is not library(self.seat.directory / "site").tables:
            del self.__dict__["tables"]

    def unlock(self, passphrase: str) -> bool:
        """Whether this is the user's passphrase, after the idle lock; without one, a code of the second factor."""
        from db.access import second_factor, sign_on
        from db.connect import StoreError

        try:
            if self.seat.service_key is None:
                return self._noted(sign_on.confirm(self.actor, passphrase))
            if second_factor.asked_of(self.user):
                return self._noted(second_factor.accept(self.user, passphrase))
        except StoreError as error:
            raise ScreenError(str(error)) from error
        raise ScreenError("You have no passphrase here: press F3, then connect again. Your draft is kept.")

    def check(self) -> None:
        """Raise ``SessionOver`` when the session was ended from elsewhere or has lasted too long."""
        from db.access import standing

        standing.check()

    def _noted(self, proven: bool) -> bool:
        if proven:
            self.confirmed = monotonic()
        return proven

    def confirm_first(self, line: str) -> None:
        """Raise ``ScreenError`` unless the user proved who it is a short while ago; ``line`` is what to open then."""
        if monotonic() - self.confirmed > CONFIRMED_SECONDS:
            raise ScreenError(
                f"This asks who you are once more: ME {line} takes your passphrase and goes on."
            )

    def end(self) -> None:
        """The session is over: give back locks, log the sign-off, close the store."""
        from db import locks
        from db.access import sign_on

        if "search_log" in self.__dict__:
            self.search_log.end()
        if not self.signed_on.store.tampered:
            locks.release(self.actor)
        sign_on.off(self.actor)
