"""A form with diagnoses and procedures: MS-DRG and marks after every change, codes resolved in place, their notes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Final

from db.abstracting.claims import claims
from db.coding.codes import LONGEST, CodeStore, Weight, code_problem
from rules import drg
from rules.abstract_findings import claim_and_rows, day_of
from rules.codes import NAME, System, dotted, normal, with_placeholders
from rules.codes_advice import Advice, Coded, TabularNote, advice, against
from rules.dictionary import Item, split_path
from rules.drg import Claim, GroupedDiagnosis, GroupedProcedure, Grouping
from rules.drg_what_if import with_drivers
from rules.evidence import CODED, SUPPORT
from rules.records import rows_of
from rules.text import clean
from screens.coding import drg_lines
from screens.data_set import SYSTEMS, DataSetForm
from screens.evidence.site_notes import in_one_line
from tui.screen import Choice, Values

NO_GROUPING = Grouping()
WITH_POA = ("diagnoses", "external_causes")
EXEMPT = "1"
MOST_BELOW = 30  # more codes below one than there are seventh characters
NOTED = 64  # codes whose notes are kept at hand
SHORT_MARKS: Final = {"unspecified": "unspec", "non-covered": "not cov", "limited-coverage": "lim cov"}
"""Lists of the Medicare Code Editor that are told beside a code, as they fit there."""


class CodedForm(DataSetForm):
    """A record whose items are named as those of the abstract: ``diagnoses``, ``procedures``, ``disposition`` ..."""

    _last: tuple[Claim, Grouping] | None = None
    _noted: Mapping[str, Sequence[TabularNote]] = {}

    def shorten(self, text: str, room: int) -> str:
        return drg_lines.within(text, room)

    def follows(self, values: Values, path: str) -> Values:
        """A code that is keyed over loses the document that the one before was taken from."""
        group, row, column = split_path(path)
        before = self.values.get(path, "")
        if column != "code" or group not in CODED or before in ("", values.get(path, "")):
            return {}
        cells = [f"{group}[{row}].{name}" for name in SUPPORT]
        kept = [values.get(cell, "") for cell in cells]
        return dict.fromkeys(cells, "") if kept == [self.values.get(cell, "") for cell in cells] else {}

    # What counts --------------------------------------------------------------------------------------

    def claim(self, values: Mapping[str, str]) -> Claim:
        """What the grouper and the code editor look at."""
        return self._claim_of(values)

    @cached_property
    def _claim_of(self) -> Callable[[Mapping[str, str]], Claim]:
        return claims()

    def skip(self, values: Values) -> Collection[str]:
        return {*super().skip(values), *self._exempt(values)}

    def _exempt(self, values: Mapping[str, str]) -> Iterator[str]:
        """POA of codes that are exempt from it, while nothing wrong stands there."""
        codes, day = self.session.codes, day_of(self.day(values))
        for path, code in values.items() if codes and day else ():
            group, row, column = split_path(path)
            poa = f"{group}[{row}].poa"
            asked = group in WITH_POA and column == "code" and values.get(poa, "") in ("", EXEMPT)
            if asked and codes and day and codes.poa_exempt(code, day):
                yield poa

    def echoes(self, values: Mapping[str, str]) -> dict[str, str]:
        """The meaning of codes; beside the POA of a diagnosis what it counts for the DRG, and its marks."""
        found = {path: text for path, text in super().echoes(values).items() if not path.endswith("].poa")}
        exempt, grouping, day = set(self._exempt(values)), self.grouping(values), _day(self.day(values)[:10])
        rows = claim_and_rows(values)[1]
        diagnoses = dict(zip(rows["dx"], grouping.dx, strict=False))
        procedures = dict(zip(rows["px"], grouping.px, strict=False))
        for path, code in values.items():
            group, row, column = split_path(path)
            if column != "code" or not row:
                continue
            place, marks = f"{group}[{row}]", list[str]()
            if group in WITH_POA:
                grouped = diagnoses.get(row) if group == "diagnoses" else None
                counted = severity(grouped) if grouped and row > 1 else ""
                found[f"{place}.counts"] = counted
                marks = marks_of(grouped, principal=row == 1) if grouped else []
                if f"{place}.poa" in exempt:
                    counted, marks = f"{counted} ex." if counted else "exempt", [*marks, "exempt"]
                found[f"{place}.poa"] = counted
            elif group == "procedures" and row in procedures:
                marks = procedure_marks(procedures[row])
            listed = self._lists(code, System.PCS if group == "procedures" else System.CM, day)
            support = values.get(f"{place}.document", "")
            found[f"{place}.marks"] = " ".join((*marks, *listed, *([f"[{support}]"] if support else ())))
        return found

    def _lists(self, code: str, system: System, day: date | None) -> Iterator[str]:
        """Lists of the code editor that a code stands on and that say something about it alone."""
        hit = self.session.codes.hit(code, system, day) if self.session.codes else None
        yield from (SHORT_MARKS[mark] for mark in (hit.marks if hit else ()) if mark in SHORT_MARKS)

    def grouping(self, values: Mapping[str, str]) -> Grouping:
        """The DRG of the record as it stands; nothing while there is no principal diagnosis."""
        if not values.get("diagnoses[1].code"):
            return NO_GROUPING
        claim = self.claim(values)
        if self._last is None or self._last[0] != claim:
            self._last = claim, with_drivers(claim, drg.group(claim))
        return self._last[1]

    def weight(self, grouping: Grouping, values: Values) -> Weight | None:
        """Relative weight and mean stays in force on the record's day, if a Table 5 is loaded."""
        day = self.day(values)[:10]
        if self.session.codes is None or not grouping.drg or not day:
            return None
        return self.session.codes.weights(grouping.drg, date.fromisoformat(day))

    # Codes resolved in place --------------------------------------------------------------------------

    def code_choices(self, item: Item, values: Values, text: str, limit: int) -> list[Choice]:
        codes, system, day = self.session.codes, SYSTEMS[item.type], _day(self.day(values))
        if codes and (filled := self._filled(text, system, day)):
            return [Choice(filled, codes.title(filled, system, day))]
        header = codes.hit(text, system, day) if codes and self.unfinished_code(text, system, day) else None
        found = super().code_choices(item, values, text, limit)
        if header is None:
            return found
        return [Choice(each.value, each.text.replace(f"{header.title}, ", "", 1)) for each in found]

    def is_complete(self, values: Values, path: str, text: str) -> bool:
        if super().is_complete(values, path, text):
            return True
        item = self.dictionary.item_at(path)
        system, day = SYSTEMS.get(item.type) if item and not item.several else None, _day(self.day(values))
        return bool(system and (self._filled(text, system, day) or self._is_procedure(text, system, day)))

    def unfinished(self, values: Values, path: str, text: str) -> str:
        item = self.dictionary.item_at(path)
        if item is None or item.type not in SYSTEMS:
            return ""
        return self.unfinished_code(text, SYSTEMS[item.type], _day(self.day(values)))

    def unfinished_code(self, text: str, system: System, day: date | None) -> str:
        """Why a code that the book has cannot be submitted yet; blank when that is not so."""
        codes = self.session.codes
        hit = codes.hit(text, system, day) if codes and len(text.split()) == 1 else None
        if hit is None or hit.billable:
            return ""
        below = codes.choices(hit.code, system, day, MOST_BELOW) if codes else []
        last = all(len(each.code) == 7 and each.code[:6] == hit.code.ljust(6, "X") for each in below)
        wanted = "needs a 7th character" if below and last else "is a category"
        return f"{hit.shown} {wanted}: go on with it, or pick one."

    def unknown(self, values: Values, path: str, text: str) -> str:
        """That a code is not in force on the day, or belongs to the other code set."""
        item, codes = self.dictionary.item_at(path), self.session.codes
        if codes is None or item is None or item.type not in SYSTEMS:
            return ""
        system, day, code = SYSTEMS[item.type], _day(self.day(values)), normal(text)
        if codes.hit(code, system, day):
            return code_problem(codes, code, system, day)
        other = System.PCS if system is System.CM else System.CM
        if codes.hit(code, other, day) is None:
            return ""
        return f"{dotted(code, other)} is a code of {NAME[other]}; this field takes {NAME[system]}."

    def _is_procedure(self, text: str, system: System, day: date | None) -> bool:
        """Whether a whole procedure code is keyed where a diagnosis belongs: nothing follows it, and it is refused."""
        codes, whole = self.session.codes, len(normal(text)) == LONGEST
        return bool(system is System.CM and whole and codes and codes.hit(text, System.PCS, day))

    def _filled(self, text: str, system: System, day: date | None) -> str:
        """The code that is meant when X was left out before the seventh character: W19A is W19.XXXA."""
        code, codes = with_placeholders(text) if system is System.CM else "", self.session.codes
        hit = codes.hit(code, system, day) if codes and code else None
        return code if hit and hit.valid and codes and codes.hit(text, system, day) is None else ""

    # The book -----------------------------------------------------------------------------------------

    def about(self, values: Values, path: str) -> Sequence[str]:
        """What the notes of the code in hand advise beside the other codes of the record, and what it may cost."""
        group, row, _ = split_path(path)
        code = values.get(f"{group}[{row}].code", "")
        if not group or not code:
            return ()
        system = System.PCS if group == "procedures" else System.CM
        own = in_one_line(code, system, self.day(values)[:10])
        if group not in WITH_POA or self.session.codes is None:
            return own
        record = self._codes_in_order(values)
        at = next((n for n, (place, _) in enumerate(record) if place == (group, row)), -1)
        found = self._advice(self.session.codes, [each for _, each in record], at) if at >= 0 else []
        return [*self._at_risk(values, group, row), *own, *(each.sentence for each in found)]

    def _codes_in_order(self, values: Values) -> list[tuple[tuple[str, int], Coded]]:
        """Diagnoses in their order, then external causes, by group and row."""
        rows = rows_of(values)
        return [
            ((group, number), Coded(cells["code"], f"{word}{number}"))
            for group, word in (("diagnoses", ""), ("external_causes", "external cause "))
            for number, cells in rows.get(group, {}).items()
            if cells.get("code", "").isalnum()
        ]

    def _advice(self, codes: CodeStore, record: Sequence[Coded], at: int) -> list[Advice]:
        here = record[at]
        found = advice(self.notes(codes, here.code), at, record, codes.means)
        told = {each.code for one in found for each in one.beside}
        for other in record:
            theirs = codes.notes(other.code)
            if (
                theirs
                and other.code not in (here.code, *told)
                and here.code.startswith(theirs.excludes1 or ("?",))
            ):
                found = [*against(other, self.notes(codes, other.code), here, codes.means), *found]
        return found

    def notes(self, codes: CodeStore, code: str) -> Sequence[TabularNote]:
        """The notes that hold for a diagnosis, inherited ones too."""
        if code not in self._noted:
            shown = codes.show(code, System.CM)
            kept = {} if len(self._noted) >= NOTED else self._noted
            self._noted = {**kept, code: shown.notes if shown else ()}
        return self._noted[code]

    def _at_risk(self, values: Values, group: str, row: int) -> Iterator[str]:
        """That a diagnosis is, or would be, a hospital-acquired condition; that it counts for nothing here."""
        grouped = dict(zip(claim_and_rows(values)[1]["dx"], self.grouping(values).dx, strict=False)).get(row)
        if group != "diagnoses" or grouped is None:
            return
        if grouped.hac:
            yield f"! Hospital-acquired condition {grouped.hac} ({clean(grouped.hac_title)}): it counts for nothing."
        elif drg_lines.not_reduced(self.claim(values), grouped):
            yield f"  {drg_lines.NOT_REDUCED}"
        elif grouped.may_be_hac and grouped.poa not in ("Y", "W"):
            yield "? It is a hospital-acquired condition if it was not present on admission: see what the record says."
        if grouped.excluded and row > 1:
            yield f"  Its {grouped.severity} does not count beside this principal diagnosis."
        if grouped.death_excluded:
            yield f"  Its {grouped.severity} counts only for patients discharged alive."


def severity(row: GroupedDiagnosis) -> str:
    """What a secondary diagnosis counts: CC, MCC, or the severity in brackets that something takes from it."""
    return row.counts or (f"({row.severity})" if row.severity else "")


def marks_of(row: GroupedDiagnosis, *, principal: bool) -> list[str]:
    """What grouping made of a diagnosis, in words that fit beside it."""
    marks = ["drives"] if row.drives and not principal else []
    marks += [f"HAC {row.hac}"] if row.hac else []
    marks += ["excluded"] if row.excluded and not principal else []
    return marks + (["died"] if row.death_excluded else [])


def procedure_marks(row: GroupedProcedure) -> list[str]:
    """The same of a procedure."""
    return [
        *(["OR"] if row.operating_room else []),
        *(["drives"] if row.drives else []),
        *(["HAC"] if row.hac else []),
    ]


def _day(day: str) -> date | None:
    return date.fromisoformat(day) if len(day) == 10 else None
