"""N04: the month's bed balance by AMIS segment: what came and went must give who is there, or the page says so.

Items as VA PIMS 5.3 numbers them: 9 + 10 of the prior month + 1 to 3 - 4 to 8 = 9 + 10 of this month. Which service
belongs to which segment, and which origin or disposition to which item, are the site's tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from config.data_sets import SITE, library
from db import conventions, store
from db.hospital import site
from db.statistics import amis, census, wards
from db.statistics.wards import Ward
from reports import conventions as said
from reports.census.lines import behind
from reports.page import Block, Column, Document, Group, Heads, Item, Linked, Total, wrapped
from reports.parameters import Asked
from reports.sheet import Sheet
from reports.statistics.measures import so_far as month_so_far
from rules.conventions import Conventions
from rules.dates import show_date
from rules.moments import iso_date
from rules.periods import Period, month
from rules.tables import CodeTable, listed

SEGMENTS: Final = "amis_segments"
ITEMS: Final = "amis_items"
UNASSIGNED: Final = ""  # services that no row of the table names

Part = tuple[str, str]  # division, segment


@dataclass(frozen=True, slots=True)
class Balance:
    """The items of a segment of a division; heads are those at the census hour of the last day of a month."""

    prior_occupants: int = 0
    prior_absent: int = 0
    admissions: int = 0  # 1
    transfers_in: int = 0  # 2
    sections_in: int = 0  # 3
    deaths: int = 0  # 4
    opt_nsc: int = 0  # 5
    other_discharges: int = 0  # 6
    transfers_out: int = 0  # 7
    sections_out: int = 0  # 8
    occupants: int = 0  # 9
    absent: int = 0  # 10
    patient_days: int = 0
    late_days: int = 0  # of them, beyond the day of the stay at which the table splits
    pass_days: int = 0  # absent less than what makes a leave
    female: int = 0

    @property
    def out_of_balance(self) -> int:
        """Heads there less what the movements make of those of the prior month."""
        came = self.admissions + self.transfers_in + self.sections_in
        went = self.deaths + self.opt_nsc + self.other_discharges + self.transfers_out + self.sections_out
        return self.occupants + self.absent - (self.prior_occupants + self.prior_absent + came - went)


LINES: Final = (
    ("prior_occupants", "Prior month, 9  Bed occupants"), ("prior_absent", "Prior month, 10 Absent"),
    ("admissions", "1  Admissions"), ("transfers_in", "2  Transfers in"), ("sections_in", "3  Section changes in"),
    ("deaths", "4  Deaths"), ("opt_nsc", "5  Discharges, OPT or NSC"), ("other_discharges", "6  Other discharges"),
    ("transfers_out", "7  Transfers out"), ("sections_out", "8  Section changes out"),
    ("occupants", "9  Bed occupants"), ("absent", "10 Absent"),
)  # fmt: skip
EVENTS: Final = {
    "admissions": "admissions", "transfers_in": "admissions", "sections_in": "services", "deaths": "deaths",
    "opt_nsc": "discharges", "other_discharges": "discharges", "transfers_out": "discharges",
    "sections_out": "services", "absent": "leaves",
}  # fmt: skip
"""The events of the list behind an item."""
OTHER_LINES: Final = (
    ("patient_days", "Patient days"), ("late_days", "  beyond the day of the split"),
    ("pass_days", "Days of absence on pass"), ("female", "Women at the end of the month"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """The balance of each division and segment in a month."""

    month: str
    period: Period
    balances: Mapping[Part, Balance]
    services: Mapping[str, tuple[str, ...]]  # that had patients, by segment
    operating: Mapping[str, int]  # beds at the end of the month, by division
    dialysis: Mapping[str, int]  # of them, set up for dialysis; no line for a division that has none
    titles: Mapping[str, str]
    splits: Mapping[str, int]
    division_names: Mapping[str, str]
    conventions: Conventions
    style: str
    closed: bool  # the month is over


def query(asked: Asked) -> Data:
    """Read the heads at both ends of a month, and who moved in it; a month under way to the last whole day."""
    whole = month(asked["month"])
    period = month_so_far(whole)
    tables = library(store.current().directory / SITE).tables
    day = iso_date(period.to_day)
    segments = tables[SEGMENTS]
    rows = list(segments.on(day))
    of_service = {service: row.code for row in rows for service in listed(row.more.get("services"))}
    units = wards.wards()
    made = _Balances(period, units, of_service)
    splits = {row.code: days for row in rows if isinstance(days := row.more.get("split_days"), int)}
    made.moved(tables[ITEMS], day)
    made.heads()
    made.days({service: splits[segment] for service, segment in of_service.items() if segment in splits})
    operating: Counter[str] = Counter()
    dialysis: Counter[str] = Counter()
    for unit, beds in site.beds_on(period.to_day).items():
        if units[unit].counts and units[unit].from_day <= period.to_day <= units[unit].to_day:
            operating[units[unit].division] += beds.beds
            dialysis[units[unit].division] += beds.dialysis or 0
    return Data(
        whole.name, period, made.balances(), made.services(), operating, +dialysis,
        {row.code: row.text for row in rows} | {UNASSIGNED: "Services in no segment"}, splits,
        {each.division: each.division_name for each in units.values()}, conventions.conventions(period.to_day),
        conventions.convention("date_style", period.to_day), period == whole,
    )  # fmt: skip


class _Balances:
    """Counts of each item by division and segment."""

    def __init__(self, period: Period, units: Mapping[int, Ward], of_service: Mapping[str, str]) -> None:
        self.period, self.units, self.of_service = period, units, of_service
        self.codes = site.codes("service")
        self.divisions = {each.code: each.division for each in units.values()}
        self.counts: Counter[tuple[Part, str]] = Counter()
        self.seen: dict[str, set[str]] = {}

    def part(self, unit: str, service: str) -> Part:
        segment = self.of_service.get(service, UNASSIGNED)
        self.seen.setdefault(segment, set()).add(service)
        return (self.divisions.get(unit, ""), segment)

    def cell(self, unit_id: int, service_id: int) -> Part:
        return self.part(self.units[unit_id].code, self.codes[service_id])

    def moved(self, items: CodeTable, day: str) -> None:
        """Items 1 to 8. A move to another division is a transfer, one within it a change of section."""
        transfers, opt, out = (items.find(code, day) for code in ("2", "5", "7"))
        origins = set(listed(transfers.more.get("origins"))) if transfers else set()
        opt_nsc, gone_on = (set(listed(row.more.get("dispositions"))) if row else set() for row in (opt, out))
        for unit, service, newborn, origin, count in amis.admitted(self.period):
            transferred = origin in origins and not newborn  # born here
            self.counts[self.cell(unit, service), "transfers_in" if transferred else "admissions"] += count
        for from_unit, from_service, unit, service, count in amis.moved(self.period):
            before, here = self.cell(from_unit, from_service), self.cell(unit, service)
            if before != here:
                within = before[0] == here[0]
                self.counts[before, "sections_out" if within else "transfers_out"] += count
                self.counts[here, "sections_in" if within else "transfers_in"] += count
        for unit, service, died, disposition, count in amis.left(self.period):
            other = "transfers_out" if disposition in gone_on else "other_discharges"
            item = "deaths" if died else "opt_nsc" if disposition in opt_nsc else other
            self.counts[self.cell(unit, service), item] += count

    def heads(self) -> None:
        """Items 9 and 10 at both ends: the census of the day summary, those away taken out of it and put apart."""
        for prefix, day in (("prior_", self.period.from_day - 1), ("", self.period.to_day)):
            for row in census.day_summary(day, day, by=("unit_id", "service_id"), every_unit=True):
                self.counts[self.cell(row.unit_id, row.service_id), prefix + "occupants"] += row.census
            for each in wards.heads(day):
                part, away = self.cell(each.unit_id, each.service_id), sum(each.away)
                self.counts[part, prefix + "occupants"] += each.absent - away
                self.counts[part, prefix + "absent"] += away
                if not prefix:
                    self.counts[part, "female"] += each.female

    def days(self, splits: dict[str, int]) -> None:
        """Patient days of the month, those late in a stay, and nights of passes."""
        first, last = self.period.from_day, self.period.to_day
        for row in census.day_summary(first, last, by=("unit_id", "service_id"), every_unit=True):
            self.counts[self.cell(row.unit_id, row.service_id), "patient_days"] += row.service_days
        for unit, service, nights in amis.pass_nights(self.period):
            self.counts[self.cell(unit, service), "pass_days"] += nights
        for service, code in self.codes.items():
            if code in splits:
                for unit, days in amis.days_beyond(self.period, service, splits[code]).items():
                    self.counts[self.cell(unit, service), "late_days"] += days

    def balances(self) -> dict[Part, Balance]:
        parts = sorted(
            {part for part, _ in self.counts}, key=lambda part: (not part[0], part[0], not part[1], part[1])
        )
        made = {part: Balance(*(self.counts[part, each.name] for each in fields(Balance))) for part in parts}
        return {part: balance for part, balance in made.items() if balance != Balance()}

    def services(self) -> dict[str, tuple[str, ...]]:
        return {segment: tuple(sorted(codes)) for segment, codes in self.seen.items()}


def render(data: Data, width: int) -> Document:
    """The balance as a document for a page of 80 or 132 columns: a column for each segment, items below each other."""
    room = 9 if width >= 132 else 5
    body: list[Item] = []
    for division in dict.fromkeys(division for division, _ in data.balances):
        segments = [segment for each, segment in data.balances if each == division]
        for start in range(0, len(segments), room):
            body += _table(data, division, segments[start : start + room], last=start + room >= len(segments))
    if body:
        body += [Heads(), Block(("", "SEGMENTS", *_legend(data, width)))]
    span = (show_date(iso_date(day), data.style) for day in (data.period.from_day, data.period.to_day))
    return Document(
        "N04", "BED BALANCE BY AMIS SEGMENT", " to ".join(span), "all divisions; newborns included", body, None,
        (*said.sentences(data.conventions),
         "Balance: items 9 and 10 of the prior month + items 1 to 3 - items 4 to 8 = items 9 and 10 of this month.",
         "Items 9 and 10 are heads at the census hour of the last day; boarders count for their specialty.",
         "Days of absence on pass: nights away on passes that do not last so long that they count as leave."),
        frozen_columns=33,
    )  # fmt: skip


def _table(data: Data, division: str, segments: list[str], *, last: bool) -> Iterator[Item]:
    named = (
        f"DIVISION {division} {data.division_names.get(division, '')}".rstrip()
        if division
        else "THE FACILITY"
    )
    heads = [Column(segment or "None", 8, number=True) for segment in segments]
    everything = [balance for (each, _), balance in data.balances.items() if each == division]
    yield Heads((Column("Item", 32), *heads, *((Column("Division", 8, number=True),) if last else ())))
    yield Group(named)
    for name, label in (*LINES, *OTHER_LINES):
        of = {segment: getattr(data.balances[division, segment], name) for segment in segments}
        split = name == "late_days"
        shown = ["" if split and segment not in data.splits else str(count) for segment, count in of.items()]
        total = ["" if split else str(sum(getattr(each, name) for each in everything))] if last else []
        services = ",".join(code for segment in segments for code in data.services.get(segment, ()))
        yield Linked(
            (label, *shown, *total), behind(data.period.from_day, data.period.to_day, service=services)
        )
    told = [_told(data, data.balances[division, segment]) for segment in segments]
    yield Total("Balance", ("", *told, *([_told(data, *everything)] if last else [])), rule=True)
    if last:
        beds = f"Operating beds at the end of the month: {data.operating.get(division, 0)}"
        dialysis = f"; for dialysis: {data.dialysis[division]}" if division in data.dialysis else ""
        yield Block((beds + dialysis,))


def _told(data: Data, *balances: Balance) -> str:
    """Whether it balances: ``yes``, by how much it does not, or that it cannot yet."""
    out = sum(each.out_of_balance for each in balances)
    if any(each.out_of_balance for each in balances):
        return f"OUT {out:+}" if out else "OUT"
    return "yes" if data.closed else "not yet"


def _legend(data: Data, width: int) -> Iterator[str]:
    """What the numbers of the segments stand for, the services of each, and what is out of balance."""
    for segment in dict.fromkeys(segment for _, segment in data.balances):
        services = ", ".join(data.services.get(segment, ())) or "none"
        split = f"; split at day {data.splits[segment]}" if segment in data.splits else ""
        yield from wrapped(
            f"{segment or 'None'}  {data.titles.get(segment, '')}: {services}{split}", width, "     "
        )
    wrong = [(part, each.out_of_balance) for part, each in data.balances.items() if each.out_of_balance]
    for (division, segment), by in wrong:
        where = f"{division} {segment or 'None'}".strip()
        yield from wrapped(
            f"{where} IS OUT OF BALANCE BY {by:+}: run 'census check', it names the movement.", width
        )
    if not data.closed:
        yield "Not yet balanced: the month is not over."


def sheets(data: Data) -> list[Sheet]:
    """A row for each division and segment, and one for the beds of each division at the end of the month."""
    keys = ("division", "segment", "title", *(each.name for each in fields(Balance)), "out_of_balance")
    rows = [
        (division, segment, data.titles.get(segment, ""), *(getattr(balance, each.name) for each in fields(Balance)),
         balance.out_of_balance)
        for (division, segment), balance in data.balances.items()
    ]  # fmt: skip
    headings = tuple(key.replace("_", " ").capitalize() for key in keys)
    sentences = said.sentences(data.conventions)
    beds = [
        (division, count, data.dialysis.get(division, 0))
        for division, count in sorted(data.operating.items())
    ]
    return [
        Sheet("balances", keys, headings, rows, sentences),
        Sheet(
            "beds",
            ("division", "operating", "dialysis"),
            ("Division", "Operating", "For dialysis"),
            beds,
            sentences,
        ),
    ]
