"""SIGN ON: who sits down. The first form of every session; it loads the store only when it is filed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rules.findings import Finding, Level
from screens.session import Seat, Session
from tui.screen import Field, Filed, FormScreen, Kind, Note, Opened, Refused, Section, Values

if TYPE_CHECKING:  # the store is loaded when the form is filed
    from db.access.sign_on import SignedOn

CODE = "code"  # key of the second step, where the code of a second factor is asked for
NOTICE = (
    "This system holds protected health information. It is for authorized work",
    "only. What is done here is logged and may be monitored, recorded and",
    "examined; unauthorized use may be prosecuted. By signing on you consent.",
)


class SignOn(FormScreen):
    """Name and passphrase; wrong ones are answered in one sentence that does not tell which was wrong."""

    title: ClassVar[str] = "Sign on"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Key your user name and passphrase and press Enter. Three keys to remember afterwards: F1 helps on "
        "the field you are in, F3 goes back, and Ctrl+O takes you to the command line."
    )

    def __init__(self, seat: Seat) -> None:
        super().__init__(None)
        self.seat = seat
        self.known: Values = {}  # name and passphrase that were right, while the code is asked for

    def sections(self) -> tuple[Section, ...]:
        if self.known:
            help_ = "The six digits that your authenticator shows now. Each code is good once."
            return (Section("sign_on", "", (Field("code", "Code", 8, required=True, help=help_),)),)
        if self.seat.service_key is not None:
            return (self._known_to_sshd(),)
        return (
            Section(
                "sign_on",
                "",
                (
                    *(Note(line) for line in NOTICE),
                    Note(self.seat.hint),
                    Field("user", "User name", 30, required=True, help="The name that the administrator gave you."),
                    Field(
                        "passphrase", "Passphrase", 40, Kind.SECRET, length=200, required=True,
                        help="Your passphrase. It is not shown.",
                    ),
                ),
            ),
        )  # fmt: skip

    def _known_to_sshd(self) -> Section:
        """Nothing to key but consent: sshd has said who it is."""
        consent = Field(
            "consent", "Sign on (Y or N)", 1, Kind.YES_NO, required=True, default="Y",
            help="Y signs you on under the name above; it consents to what the notice says.",
        )  # fmt: skip
        who = Note(f"You came in as {self.seat.user} with the key {self.seat.ssh_key or '(not known)'}.")
        return Section("sign_on", "", (*(Note(line) for line in NOTICE), who, consent))

    def open(self, key: str) -> Opened:
        if key != CODE:
            self.known = {}
        if self.known:
            return Opened({}, focus="code")
        if self.seat.service_key is not None:
            return Opened({}, focus="consent")
        values = {"user": self.seat.user} if self.seat.user else {}
        return Opened(values, focus="passphrase" if values else "user")

    def file(self, values: Values, reason: str) -> Filed | Refused:
        from db.access import sign_on
        from db.connect import StoreError

        keyed = {**values, **self.known}
        if keyed.get("consent") == "0":
            return Refused((Finding(Level.FATAL, "S001", "You are not signed on: F3 leaves.", "consent"),))
        try:
            signed_on = self._sign_on(keyed)
        except sign_on.CodeNeeded as needed:
            self.known = {name: keyed.get(name, "") for name in ("user", "passphrase", "consent")}
            return Filed(str(needed), next=CODE)
        except StoreError as error:
            field = "code" if self.known else "consent" if self.seat.service_key else "passphrase"
            return Refused((Finding(Level.FATAL, "S001", str(error), field),))
        self.known = {}
        return Filed(greeting(signed_on), session=Session(self.seat, signed_on))

    def _sign_on(self, keyed: Values) -> SignedOn:
        from db.access import sign_on

        seat, code = self.seat, keyed.get("code", "")
        if seat.service_key is not None:
            return sign_on.with_ssh_key(
                seat.directory,
                seat.service_key,
                seat.user,
                seat.ssh_key,
                code=code,
                where_from=seat.where_from,
            )
        return sign_on.with_passphrase(
            seat.directory, keyed.get("user", ""), keyed.get("passphrase", ""), code=code,
            where_from=seat.where_from,
        )  # fmt: skip


def greeting(signed_on: SignedOn) -> str:
    """When this user last signed on and how often somebody failed to since (NIST SP 800-53, AC-9)."""
    from rules.moments import moment_at
    from rules.values import shown

    if signed_on.warning:
        return signed_on.warning
    if signed_on.last_sign_on_utc is None:
        return "This is your first sign-on."
    last = shown(moment_at(signed_on.last_sign_on_utc, signed_on.store.zone).local)
    failed = signed_on.failures_since
    return f"Last sign-on {last}; " + (f"{failed} failed since." if failed else "none failed since.")


class ChangePassphrase(FormScreen):
    """PWD: a new passphrase. The data stay as they are; only the user's key slot is wrapped anew."""

    title: ClassVar[str] = "Change your passphrase"
    session: Session

    def sections(self) -> tuple[Section, ...]:
        def secret(name: str, label: str, help_: str) -> Field:
            return Field(name, label, 40, Kind.SECRET, length=200, required=True, help=help_)

        return (
            Section(
                "passphrase",
                "",
                (
                    secret("old", "Passphrase now", "The passphrase that you signed on with."),
                    secret("new", "New passphrase", "At least 15 characters; several words are easiest."),
                    secret("again", "New once more", "The same again: nobody can look it up for you."),
                ),
            ),
        )

    def open(self, key: str) -> Opened:
        return Opened({}, focus="old")

    def file(self, values: Values, reason: str) -> Filed | Refused:
        from db.access import users
        from db.connect import StoreError

        if values.get("new", "") != values.get("again", ""):
            message = "The two new passphrases differ: key the new one twice."
            return Refused((Finding(Level.FATAL, "S004", message, "again"),))
        try:
            users.change_passphrase(self.session.actor, values.get("old", ""), values.get("new", ""))
        except StoreError as error:
            return Refused((Finding(Level.FATAL, "S001", str(error), "old"),))
        return Filed("Your passphrase is changed.", go="=DESK")


class Confirm(FormScreen):
    """ME: the passphrase once more, before the audit trail is looked into; then what was asked for."""

    title: ClassVar[str] = "It is me"
    scratch: ClassVar[bool] = True
    session: Session
    then = ""

    def open(self, key: str) -> Opened:
        self.then = key
        return Opened({}, focus="passphrase")

    def sections(self) -> tuple[Section, ...]:
        text = "Your passphrase; where you sign on by key, a code of your second factor."
        secret = Field("passphrase", "Passphrase", 40, Kind.SECRET, length=200, required=True, help=text)
        return (Section("me", "", (secret,)),)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if not self.session.unlock(values.get("passphrase", "")):
            message = "That is not your passphrase: key it again."
            return Refused((Finding(Level.FATAL, "S006", message, "passphrase"),))
        return Filed("", go=f"={self.then}" if self.then else "EXIT")
