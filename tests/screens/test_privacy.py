"""The privacy officer at the workstation: a sensitive chart, the reason, the alert, the review, who looked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.access import sign_on
from screens.session import Session
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import ACCOUNT, MRN, House
from tests.tui.conftest import Workstation


def go(desk: Workstation, line: str) -> None:
    desk.press("ctrl+o", line, "enter")


class TestASensitiveChart:
    def test_from_the_mark_to_the_review(self, desk: Workstation) -> None:
        go(desk, f"=SEN {MRN}")
        desk.press("vip", "enter", "is the mayor of the town", "f2")
        go(desk, f"=CHT {MRN}")
        assert f"WHY {MRN} asks for your reason" in desk.text
        go(desk, f"=WHY {MRN}")
        desk.press("coding the account", "f2")
        assert desk.lines[0].split()[0] == "CHT"
        assert "MILLER" in desk.text
        go(desk, "=ALR")
        assert "coding the account" in desk.text

    def test_who_looked_is_seen_by_the_privacy_officer(self, desk: Workstation) -> None:
        go(desk, f"=CHT {MRN}")
        go(desk, f"=WHO {MRN}")
        assert "view patient" in desk.text
        go(desk, "=SAW admin")
        assert "find" in desk.text or "view" in desk.text

    def test_the_trail_asks_who_it_is_once_more_after_a_while(self, desk: Workstation) -> None:
        session = desk.shell.session
        assert isinstance(session, Session)
        session.confirmed -= 3600
        for word in ("WHO", "SAW", "UNU", "AUD", "ALR", "ALV 1", "RUN audit-trail", "PGE audit-trail"):
            go(desk, f"={word}")
            assert f"ME {word}" in desk.message
        go(desk, f"=ME WHO {MRN}")
        desk.press("not my passphrase", "enter")
        assert "That is not your passphrase" in desk.message
        desk.press(PASSPHRASE, "enter")
        assert desk.lines[0].split()[0] == "WHO"
        go(desk, "=UNU")
        assert desk.lines[0].split()[0] == "UNU"

    def test_the_trail_of_a_period_is_read_in_the_order_asked_for(self, desk: Workstation) -> None:
        go(desk, f"=CHT {MRN}")
        go(desk, "=AUD from=2020-01-01 to=2099-12-31 sort=action order=descending")
        desk.press("f2")
        assert desk.lines[0].split()[0] == "PGE", desk.text
        assert "sorted by action, descending" in desk.text

    def test_the_desk_counts_alerts(self, desk: Workstation) -> None:
        go(desk, "=DESK")
        assert "Alerts to review" in desk.text


class TestReasonsThatWereHalfKeyed:
    """A dropped line costs nobody the reason that was being keyed."""

    @pytest.mark.parametrize(
        ("word", "field", "text", "rest"),
        [
            ("SEN {mrn}", "because", "is the mayor of the town", ("^class", "enter", "vip")),
            ("WHY {mrn}", "because", "coding the account", ()),
            ("ALV {alert}", "what", "was in order that day", ()),
            ("SUS {release}", "what", "it would warn the suspect", ("^official", "enter", "AGENT ROE")),
        ],
    )
    def test_are_resumed_and_forgotten_once_filed(
        self,
        house: House,
        desk: Workstation,
        seat: Callable[[], Workstation],
        word: str,
        field: str,
        text: str,
        rest: tuple[str, ...],
    ) -> None:
        line = "=" + word.format(mrn=MRN, alert=house.alert, release=house.release)
        go(desk, line)
        desk.press(f"^{field}", "enter", text)
        desk.hang_up()
        again = seat()
        go(again, line)
        assert again.message == "Your draft of this record is resumed."
        assert text in again.text
        again.press(*rest, *(["enter"] if rest else []), "f2")
        # An alert of one's own; a release that was not to the police.
        refused = word.startswith(("ALV", "SUS"))
        assert again.message.startswith("NOT FILED") is refused, again.text
        go(again, line)
        assert ("resumed" in again.message) is refused


class TestAStoreBehindItsAnchor:
    def test_says_so_on_every_screen_shows_charts_and_changes_nothing(
        self, house: House, seat: Callable[[], Workstation]
    ) -> None:
        path = house.directory / "recordroom.db"
        early = path.read_bytes()
        sign_on.off(sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE).actor)
        path.write_bytes(early)
        desk = seat()
        assert "READ ONLY" in desk.lines[0]
        for line, shown in ((f"=CHT {MRN}", "MILLER"), (f"=ACC {ACCOUNT}", "MILLER"), ("=WRK", ACCOUNT)):
            go(desk, line)
            assert shown in desk.text, desk.text
            assert "READ ONLY" in desk.lines[0]
        go(desk, f"=SEN {MRN}")
        desk.press("vip", "enter", "is the mayor of the town", "f2")
        assert "open for reading only" in desk.text
        assert path.read_bytes() == early
