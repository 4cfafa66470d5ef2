"""The patient index on paper: charts by name or filing order, other names, merges, and pairs of charts to decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions, store
from db.patient_index import chart_lists
from db.patient_index.chart_lists import Chart
from reports import identifiers
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import FULL, Asked, NotAsked
from reports.parameters import NONE as NOTHING
from rules.dates import show_date
from rules.identity import filing_place, fold
from rules.moments import moment

__all__ = ["query", "render", "sheets"]

DIGITS: Final = re.compile(r"(\d\d)(?:-(\d\d))?")
CHART: Final = (
    Shown("place", "Filed at", 12, 16), Shown("mrn", "MRN", 10, 14), Shown("name", "Name", 29, 44),
    Shown("born", "Born", 10, 11, kind="date"), Shown("sex", "S", 1, 1), Shown("city", "City", 0, 22),
    Shown("seen", "Last seen", 10, 11, kind="date"),
)  # fmt: skip
ALIAS: Final = (
    Shown("other", "Also known as", 26, 40), Shown("kind", "Kind", 8, 10), Shown("mrn", "MRN", 10, 14),
    Shown("name", "Name", 22, 40), Shown("born", "Born", 10, 11, kind="date"), Shown("sex", "S", 0, 1),
)  # fmt: skip
MERGE: Final = (
    Shown("number", "No.", 5, 6, number=True), Shown("at", "Merged", 15, 16, kind="moment"),
    Shown("kept", "Kept|MRN", 10, 12), Shown("name", "Name", 15, 24), Shown("gone", "Merged|MRN", 10, 12),
    Shown("gone_name", "Name", 0, 16), Shown("by", "By", 8, 8), Shown("undone", "Undone", 10, 10, kind="date"),
    Shown("why", "Why", 0, 20),
)  # fmt: skip
PAIR: Final = (
    Shown("score", "Score", 6, 6, number=True), Shown("match", "Match", 6, 6), Shown("state", "State", 5, 5),
    Shown("low", "MRN", 10, 12), Shown("name", "Name", 19, 26), Shown("high", "MRN", 10, 12),
    Shown("high_name", "Name", 18, 26), Shown("found", "Found", 0, 11, kind="date"),
    Shown("reasons", "Agree", 0, 20),
)  # fmt: skip
SORTS: Final[Mapping[str, tuple[str, Callable[[Chart], str], Callable[[Chart], str]]]] = {
    "name": ("Letter", lambda chart: chart.name_key, lambda chart: chart.name_key[:1]),
    "terminal-digit": ("Section", lambda chart: chart.td_key, lambda chart: chart.td_key[:2]),
    "middle-digit": ("Section", lambda chart: chart.md_key, lambda chart: chart.md_key[:2]),
    "number": ("Thousands", lambda chart: chart.number_order, lambda chart: chart.number_order[-6:-3]),
    "birth": ("Born", lambda chart: chart.birth_date, lambda chart: chart.birth_date[:4]),
}
PLACES: Final[Mapping[str, Callable[[Chart], str]]] = {
    "middle-digit": lambda chart: chart.md_key,
    "number": lambda chart: chart.number_order,
}


@dataclass(slots=True)
class _Kept:
    """What the lines of a list are made with."""

    asked: Asked
    withheld: Withheld
    ids: list[int]

    def who(self, person: tuple[int, str, str, str]) -> tuple[str, str]:
        """MRN and name of somebody as they may be shown."""
        id_, mrn, name, sensitive = person
        self.ids.append(id_)
        number, shown, _ = self.withheld.who(id_, sensitive, mrn, name)
        return number, shown


def query(asked: Asked) -> Listing:
    """Read the list asked for. Raises ``NotAsked``, ``NotPermitted``."""
    kept = _Kept(asked, Withheld.of(asked), [])
    code, title, columns, lines, heads, one, many = VIEWS[asked["view"]](kept)
    style = conventions.convention("date_style")
    ends = [show_date(asked[name], style) for name in ("from", "to") if asked.get(name)]
    summary = asked["detail"] == SUMMARY
    return Listing(
        code, title, " to ".join(ends) or "as of now", _selection(asked), columns, lines, (), heads,
        kept.withheld.sentences(), one, many, summary, asked.yes("eject"), style, sorted(set(kept.ids)),
    )  # fmt: skip


_Made = tuple[str, str, tuple[Shown, ...], list[Line], tuple[str, ...], str, str]


def _charts(kept: _Kept) -> _Made:
    sort, heads, groups = _order(kept)
    place = PLACES.get(kept.asked["sort"], _terminal_digits)
    lines = []
    for chart in sorted(chart_lists.charts(*_ranges(kept.asked)), key=sort):
        mrn, name = kept.who((chart.patient_id, chart.mrn, chart.name, chart.sensitive))
        plain = _plain(kept, chart)
        whole = plain and kept.withheld.level == FULL  # a filing place is the number in another order
        values = (
            _place(place(chart), kept.asked["sort"]) if whole else "", mrn, name, chart.birth_date if plain else "",
            chart.sex, chart.city if whole else "", stays.day_text(chart.seen_day) if chart.seen_day else "",
        )  # fmt: skip
        lines.append(Line(values, f"PAT {chart.mrn}", groups(chart)))
    return "I04", "PATIENT INDEX", CHART, lines, heads, "chart", "charts"


def _terminal_digits(chart: Chart) -> str:
    return chart.td_key


def _aliases(kept: _Kept) -> _Made:
    sort, heads, groups = _order(kept)
    lines = []
    for chart in sorted(chart_lists.other_names(*_ranges(kept.asked)), key=sort):
        mrn, name = kept.who((chart.patient_id, chart.mrn, chart.name, chart.sensitive))
        plain = _plain(kept, chart)
        other = identifiers.name(chart.other, kept.withheld.level) if plain else ""
        values = (
            other, chart.kind, mrn, name, chart.birth_date if plain else "", chart.sex,
        )  # fmt: skip
        lines.append(Line(values, f"PAT {chart.mrn}", groups(chart)))
    return "I04", "PATIENT INDEX: OTHER NAMES", ALIAS, lines, heads, "name", "names"


def _merges(kept: _Kept) -> _Made:
    zone = store.current().zone
    first = moment(f"{kept.asked.get('from') or '1900-01-01'}T00:00", zone).utc
    last = moment(f"{kept.asked.get('to') or '2199-12-31'}T23:59", zone).utc + 59
    lines = []
    for merge in chart_lists.merges(first, last):
        mrn, name = kept.who(merge.kept)
        gone, gone_name = kept.who(merge.gone)
        values = (
            merge.number, merge.at, mrn, name, gone, gone_name, merge.by, merge.undone_at[:10],
            merge.why if kept.withheld.level == FULL else "",
        )  # fmt: skip
        lines.append(Line(values, f"PAT {merge.kept[1]}", (merge.at[:7],)))
    return "I04", "PATIENT INDEX: MERGES", MERGE, lines, ("Month",), "merge", "merges"


def _duplicates(kept: _Kept) -> _Made:
    lines = []
    for pair in chart_lists.pairs(kept.asked.actor):
        low, name = kept.who(pair.low)
        high, high_name = kept.who(pair.high)
        values = (
            f"{pair.score_hundredths / 100:.2f}", pair.match, pair.state, low, name, high, high_name,
            stays.day_text(pair.found_day), pair.reasons,
        )  # fmt: skip
        lines.append(Line(values, f"PAT {pair.low[1]}", (pair.state,)))
    lines.sort(key=lambda line: line.groups, reverse=True)
    return "I04", "PATIENT INDEX: CHARTS THAT MAY BE ONE PERSON", PAIR, lines, ("State",), "pair", "pairs"


VIEWS: Final[Mapping[str, Callable[[_Kept], _Made]]] = {
    "charts": _charts,
    "aliases": _aliases,
    "merges": _merges,
    "duplicates": _duplicates,
}


def _order(kept: _Kept) -> tuple[Callable[[Chart], str], tuple[str, ...], Callable[[Chart], tuple[str, ...]]]:
    """How charts are sorted; what they are grouped by, and the group of each, as far as groups may be told.

    The letter of a name tells more than no name, and the thousands more of a number than its last four digits.
    """
    (head, sort, section), level = SORTS[kept.asked["sort"]], kept.withheld.level
    if level == NOTHING or (level != FULL and kept.asked["sort"] == "number"):
        return sort, (), lambda _: ()
    return sort, (head,), lambda chart: (section(chart),)


def _plain(kept: _Kept, chart: Chart) -> bool:
    """Whether the chart is named at all."""
    shown = kept.withheld.opened
    return kept.withheld.level != NOTHING and (
        not chart.sensitive or shown is None or chart.patient_id in shown
    )


def _place(key: str, sort: str) -> str:
    return key.lstrip("0") or key[-1:] if sort == "number" else filing_place(key)


def _ranges(asked: Asked) -> tuple[tuple[str, str], tuple[str, str]]:
    """Between which names and which terminal pairs. Raises ``NotAsked``."""
    low, _, high = asked.get("name", "").partition("-")
    pairs = asked.get("digits", "").strip()
    found = DIGITS.fullmatch(pairs)
    if pairs and found is None:
        raise NotAsked(f"Terminal digits {pairs!r} cannot be read: write 45 or 00-24.")
    return (fold(low), fold(high)), (found[1], found[2] or found[1]) if found else ("", "")


def _selection(asked: Asked) -> str:
    said = [f"names {asked['name']}"] if asked.get("name") else []
    said += [f"terminal digits {asked['digits']}"] if asked.get("digits") else []
    return "; ".join(said) or "all"
