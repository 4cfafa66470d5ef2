"""Months of a small hospital, made up out of a seed: what is told of it in which order, with every kind of mistake.

The generator keeps its own book of what has been told. Each telling leaves a path that can have happened, so the book
is after every batch what the hospital knows. It imports the standard library alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.oracles.hospital_clock import (
    EXPIRED,
    ONE_DAY,
    Account,
    Fact,
    Happening,
    House,
    Rules,
    Unit,
    local,
    possible,
)

ZONE = ZoneInfo("America/New_York")
MONTHS = ("2025-11", "2026-03", "2026-02", "2026-04", "2024-02", "2025-12")  # the first two change the clocks
CLOCK_CHANGES = {
    "2025-11": datetime(2025, 11, 2, 6, tzinfo=UTC),
    "2026-03": datetime(2026, 3, 8, 7, tzinfo=UTC),
}
SERVICES = ("MED", "SUR", "OB", "NB")
LEAVES = ("pass", "pass", "aa", "ua", "asih")
STATUSES = ("01", "01", "01", "02", "03", "06", "07", "20", "41", "20")
FACTS = (
    ("operation", ("", "clean")), ("operation", ("", "clean")), ("delivery", ("vaginal", "cesarean")),
    ("live_birth", ("",)),
    ("fetal_death", ("early", "late", "weeks=19", "weeks=20 grams=400", "grams=500", "grams=501")),
    ("autopsy", ("inpatient",)), ("autopsy", ("inpatient",)), ("coroner", ("",)), ("anesthetic", ("",)),
    ("death_class", ("maternal-direct", "anesthesia")), ("consultation", ("", "SUR")),
    ("infection", ("hai", "postoperative-clean")), ("infection", ("hai",)),
)  # fmt: skip
OF_THE_DEAD = (
    ("autopsy", ("inpatient",)), ("coroner", ("",)), ("death_class", ("maternal-direct", "anesthesia")),
    ("operation", ("clean",)),
)  # fmt: skip
AFTERWARDS = ("autopsy", "coroner", "death_class", "infection")
DAY = 24 * 60
LATE_IN_A_PATH = ("transfer", "service", "away")
CHANGES = ("time", "time", "place", "status", "leave")


@dataclass(frozen=True)
class Telling:
    """One thing told: ``add``, ``change`` or ``cancel`` a movement, ``note`` or ``void`` a fact, ``merge`` two accounts
    or ``undo`` that."""

    act: str
    account: str  # blank: a fact of no account
    id: str = ""  # of the movement
    happening: Happening | None = None
    fact: Fact | None = None
    other: str = ""  # the account that is merged into this one


@dataclass
class Story:
    """A month: the house as it was set up, and batches of tellings. ``house.accounts`` follows as they are drawn."""

    seed: int
    random: Random
    house: House
    first: date
    last: date
    numbers: int = 0
    merged: dict[str, tuple[Account, Account]] = field(default_factory=dict)  # by survivor, both as they were

    @property
    def month(self) -> str:
        return f"{self.first:%Y-%m}"

    def batches(self, stays: int, corrections: int) -> Iterator[list[Telling]]:
        """Stays first, then rounds of corrections; the book is brought along with each batch."""
        told = [each for _ in range(stays) for each in self._admits_somebody()]
        for _ in range(3):
            about = self.random.choice(("former-patient", "doa"))
            self.house.bodies.append(Fact("autopsy", self._minute(self.first, self.last), about))
        yield [*told, *(Telling("note", "", fact=fact) for fact in self.house.bodies)]
        for _ in range(3):
            touched: set[str] = set()
            batch = []
            for _ in range(corrections):
                batch += self._corrects(touched)
            yield batch

    # people

    def _admits_somebody(self) -> list[Telling]:
        mine = self.random
        self.numbers += 1
        newborn = mine.random() < 0.2
        known = sorted({each.mrn for each in self.house.accounts.values() if not each.newborn})
        again = known and not newborn and mine.random() < 0.3
        mrn = mine.choice(known) if again else f"{self.seed % 1000:03d}{self.numbers:04d}"
        account = Account(f"A{self.seed}-{self.numbers}", mrn, newborn)
        self.house.accounts[account.number] = account
        told = [self._tell(account, each) for each in self._a_path(newborn)]
        return told + [each for _ in range(mine.choice((0, 1, 2, 4))) for each in self._note(account)]

    def weigh(self) -> dict[str, int]:
        """Give the stays that have ended a DRG weight, all but a few; merged accounts have none."""
        held = {each.number for pair in self.merged.values() for each in pair}
        for account in self.house.accounts.values():
            if account.discharge and account.number not in held and self.random.random() < 0.8:
                account.weight = self.random.randint(3_000, 60_000)
        return {each.number: each.weight for each in self.house.accounts.values() if each.weight is not None}

    def _a_path(self, newborn: bool) -> list[Happening]:
        mine = self.random
        at = self._minute(self.first - timedelta(days=25), self.last)
        path = []
        if mine.random() < 0.12 and not newborn:  # a visit, which may become a stay
            kind = mine.choice(("E", "OBS", "O"))
            path.append(Happening("admit", at, *self._place(newborn), patient_class=kind))
            at = self._later(at)
            if mine.random() < 0.4:
                path.append(Happening("discharge", at, status="01"))
                return path
        path.append(Happening("admit", at, *self._place(newborn)))
        while mine.random() < 0.6:
            at = self._later(at)
            path += self._something(at, newborn)
            at = path[-1].minute
        if mine.random() < 0.85:
            here = mine.random() < 0.1
            path.append(Happening("discharge", at if here else self._later(at), status=mine.choice(STATUSES)))
        return [replace(each, turn=turn) for turn, each in enumerate(path)]

    def _something(self, at: int, newborn: bool) -> list[Happening]:
        mine = self.random
        what = mine.choice(LATE_IN_A_PATH)
        unit, service = self._place(newborn)
        if what == "transfer":
            return [Happening("transfer", at, unit, mine.choice((service, "")))]
        if what == "service":
            return [Happening("service", at, "", service)]
        gone = Happening("leave", at, leave=mine.choice(LEAVES))
        back = at + mine.choice((0, 60, 8 * 60, DAY, 2 * DAY, 4 * DAY - 1, 4 * DAY, 4 * DAY + 1, 6 * DAY))
        return [gone, Happening("return", back)] if mine.random() < 0.85 else [gone, *self._home(back)]

    def _home(self, at: int) -> list[Happening]:
        return [Happening("return", at), Happening("transfer", at, *self._place(newborn=False))]

    def _place(self, newborn: bool) -> tuple[str, str]:
        mine = self.random
        if newborn and mine.random() < 0.8:
            return "NUR", "NB"
        units = [code for code in self.house.units if code != "NUR"]
        return mine.choice(units), mine.choice(SERVICES[:-1])

    # the clock

    def _minute(self, first: date, last: date) -> int:
        """A minute of some day; more than chance would have it about midnight, and where clocks change."""
        mine = self.random
        change = CLOCK_CHANGES.get(self.month)
        if change and mine.random() < 0.15:
            return int(change.timestamp()) // 60 + mine.randint(-70, 70)
        day = first + timedelta(days=mine.randint(0, (last - first).days))
        clock = mine.choice(("23:58", "23:59", "00:00", "00:01", "", "", "", ""))
        clock = clock or f"{mine.randint(0, 23):02}:{mine.randint(0, 59):02}"
        wall = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)
        return int(wall.timestamp()) // 60

    def _later(self, minute: int) -> int:
        mine = self.random
        if mine.random() < 0.25:  # at a midnight, or the minute before it
            wall = local(minute, ZONE).date() + timedelta(days=mine.choice((1, 1, 2, 5)))
            midnight = int(datetime(wall.year, wall.month, wall.day, tzinfo=ZONE).timestamp()) // 60
            return max(minute, midnight - mine.choice((0, 0, 1)))
        if mine.random() < 0.1:  # close to 48 hours
            return minute + 2 * DAY + mine.choice((-1, 0, 1))
        return minute + mine.choice((0, 30, 300, 900, DAY, 2 * DAY, 3 * DAY, 7 * DAY)) + mine.randint(0, 90)

    # mistakes

    def _corrects(self, touched: set[str]) -> list[Telling]:
        """A correction of an account that this batch has not touched yet; nothing when none comes to mind."""
        mine = self.random
        held = {each.number for pair in self.merged.values() for each in pair}
        free = [each for number, each in self.house.accounts.items() if number not in touched | held]
        ways = (self._change, self._change, self._cancel, self._insert, self._insert, self._merge, self._undo,
                self._note, self._void)  # fmt: skip
        told = mine.choice(ways)(mine.choice(free)) if free else []
        touched |= {number for each in told for number in (each.account, each.other)}
        if not told and mine.random() < 0.3:
            told = self._admits_somebody()
            touched.add(told[0].account)
        return told

    def _change(self, account: Account) -> list[Telling]:
        if not account.happenings:
            return []
        mine = self.random
        id_, old = mine.choice(sorted(account.happenings.items()))
        new = old
        what = mine.choice(CHANGES)
        if what == "time":
            new = replace(old, minute=old.minute + mine.choice((-DAY, -60, -1, 1, 60, 300, DAY, 3 * DAY)))
        elif what == "place" and old.unit:
            unit, service = self._place(account.newborn)
            new = replace(old, unit=unit, service=service if old.service else "")
        elif what == "status" and old.status:
            new = replace(old, status=mine.choice(STATUSES))
        elif what == "leave" and old.leave:
            new = replace(old, leave=mine.choice(LEAVES))
        others = [each for key, each in account.happenings.items() if key != id_]
        crowded = any(each.minute == new.minute for each in others) and new.minute != old.minute
        after = sorted([*others, new], key=lambda each: (each.minute, each.turn))
        if new == old or crowded or not possible(after):
            return []
        account.happenings[id_] = new
        return [Telling("change", account.number, id_, new)]

    def _cancel(self, account: Account) -> list[Telling]:
        mine = self.random
        path = sorted(account.happenings.items(), key=lambda item: (item[1].minute, item[1].turn))
        if not path:
            return []
        place = mine.randrange(len(path))
        doomed = path if mine.random() < 0.1 else path[place : place + mine.choice((1, 1, 2))]
        rest = {id_: each for id_, each in path if (id_, each) not in doomed}
        if not possible(sorted(rest.values(), key=lambda each: (each.minute, each.turn))):
            return []
        account.happenings = rest
        return [Telling("cancel", account.number, id_, each) for id_, each in doomed]

    def _insert(self, account: Account) -> list[Telling]:
        """Something that comes to light late, in the middle of what was told."""
        mine = self.random
        path = account.path
        if not path:
            return []
        at = mine.randint(path[0].minute, path[-1].minute + DAY)
        found = self._something(at, account.newborn)
        if path[-1].kind != "discharge" and mine.random() < 0.4:
            found = [Happening("discharge", path[-1].minute + mine.randint(1, 5 * DAY), status="20")]
        minutes = [each.minute for each in found]
        if len(set(minutes)) < len(minutes) or {each.minute for each in path} & set(minutes):
            return []
        if not possible(sorted([*path, *found], key=lambda each: each.minute)):
            return []
        return [self._tell(account, each) for each in found]

    def _merge(self, account: Account) -> list[Telling]:
        others = [
            each for each in self.house.accounts.values()
            if each.mrn == account.mrn and each is not account and each.newborn is account.newborn
            and all(each.number not in (one.number, other.number) for one, other in self.merged.values())
        ]  # fmt: skip
        if not others or not account.happenings or not others[0].happenings:
            return []
        loser = others[0]
        self.merged[account.number] = (_copy(account), _copy(loser))
        account.facts |= loser.facts
        loser.happenings, loser.facts = {}, {}
        return [Telling("merge", account.number, other=loser.number)]

    def _undo(self, account: Account) -> list[Telling]:
        if not self.merged:
            return []
        number = self.random.choice(sorted(self.merged))
        survivor, loser = self.merged.pop(number)
        # What is put back stands there under the same ids.
        self.house.accounts |= {each.number: each for each in (survivor, loser)}
        return [Telling("undo", number, other=loser.number)]

    # what else happens

    def _note(self, account: Account) -> list[Telling]:
        """A fact of the stay, or of the days after it; none has its kind and minute twice."""
        mine, path = self.random, account.path
        if not path:
            return []
        died = path[-1].status in EXPIRED and mine.random() < 0.7
        kind, details = mine.choice(OF_THE_DEAD if died else FACTS)
        begun, ended = path[0].minute, path[-1].minute
        if kind == "infection" and mine.random() < 0.4:  # close to 72 hours
            at = begun + 3 * DAY + mine.choice((0, 1))
        else:
            at = mine.choice((begun, ended, self._midnight_in(begun, ended), mine.randint(begun, ended)))
        if kind in AFTERWARDS and mine.random() < 0.3:
            at = ended + mine.randint(0, 20 * DAY)
        if local(at, ZONE).fold or any(
            (each.kind, each.minute) == (kind, at) for each in account.facts.values()
        ):
            return []
        self.numbers += 1
        fact = Fact(kind, at, mine.choice(details))
        account.facts[f"F{self.numbers}"] = fact
        return [Telling("note", account.number, f"F{self.numbers}", fact=fact)]

    def _midnight_in(self, begun: int, ended: int) -> int:
        day = local(begun, ZONE).date() + timedelta(
            days=self.random.randint(1, max(1, (ended - begun) // DAY))
        )
        return min(ended, int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) // 60)

    def _void(self, account: Account) -> list[Telling]:
        if not account.facts:
            return []
        id_ = self.random.choice(sorted(account.facts))
        return [Telling("void", account.number, id_, fact=account.facts.pop(id_))]

    def _tell(self, account: Account, each: Happening) -> Telling:
        self.numbers += 1
        id_ = f"M{self.numbers}"
        account.happenings[id_] = each
        return Telling("add", account.number, id_, each)


def _copy(account: Account) -> Account:
    return replace(account, happenings=dict(account.happenings), facts=dict(account.facts))


def a_story(seed: int) -> Story:
    """A hospital and a month of it; the rules of counting go round with the seed."""
    mine = Random(seed)
    first = date.fromisoformat(f"{MONTHS[seed % len(MONTHS)]}-01")
    last = (first + timedelta(days=31)).replace(day=1) - ONE_DAY
    rules = [(date.min, _rules(seed))]
    if mine.random() < 0.3:
        rules.append((first + timedelta(days=mine.randint(1, 25)), _rules(mine.randrange(100))))
    middle = first + timedelta(days=mine.randint(2, 20))
    units = {
        "3E": Unit(beds=((date(2020, 1, 1), 20, 0), (middle, mine.randint(5, 30), 0))),
        "4W": Unit(beds=((date(2020, 1, 1), 10, 0), (middle, 0, 0), (middle + timedelta(days=3), 8, 2))),
        "ICU": Unit(closed=last - timedelta(days=5), beds=((first - ONE_DAY, 6, 0),)),
        "NUR": Unit(beds=((date(2020, 1, 1), 0, 8),)),
        "HOLD": Unit(in_census=mine.random() < 0.5, beds=((date(2020, 1, 1), 3, 0),)),
        "ANNEX": Unit(),
    }
    return Story(seed, mine, House(ZONE, units, rules), first, last)


def _rules(number: int) -> Rules:
    return Rules(
        ("23:59", "00:00")[number % 2], ("every night", "vista", "no deduction")[number // 2 % 3],
        ("discharging", "admitting")[number // 6 % 2], (48, 24)[number // 12 % 2],
        ("as marked", "textbook", "nhsn")[number % 3], ("all cause", "cms")[number // 3 % 2],
    )  # fmt: skip
