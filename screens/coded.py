"""A form with diagnoses and procedures: what each code counts beside it, the POA that is not asked, and the MS-DRG."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from db.coding.codes import Weight
from rules import drg
from rules.abstract_findings import claim_of, day_of
from rules.dictionary import split_path
from rules.drg import Claim, GroupedDiagnosis, Grouping
from rules.records import rows_of
from screens.data_set import DataSetForm
from tui.screen import Values

NO_GROUPING = Grouping()
WITH_POA = ("diagnoses", "external_causes")
EXEMPT = "1"


class CodedForm(DataSetForm):
    """A record whose items are named as those of the abstract: ``diagnoses``, ``procedures``, ``disposition`` ..."""

    _last: tuple[Claim, Grouping] | None = None

    def claim(self, values: Mapping[str, str]) -> Claim:
        """What the grouper and the code editor look at."""
        return claim_of(values)

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
        """The meaning of codes; beside the POA of a diagnosis what it counts for the DRG."""
        found = {path: text for path, text in super().echoes(values).items() if not path.endswith("].poa")}
        exempt = set(self._exempt(values))
        counts = dict(zip(rows_of(values).get("diagnoses", {}), self.grouping(values).dx, strict=False))
        for path in values:
            group, row, column = split_path(path)
            if group in WITH_POA and column == "code":
                poa = f"{group}[{row}].poa"
                secondary = counts.get(row) if group == "diagnoses" and row > 1 else None
                counted = severity(secondary) if secondary else ""
                if poa in exempt:
                    counted = f"{counted} ex." if counted else "exempt"
                found[poa] = counted
        return found

    def grouping(self, values: Mapping[str, str]) -> Grouping:
        """The DRG of the record as it stands; nothing while there is no principal diagnosis."""
        if not values.get("diagnoses[1].code"):
            return NO_GROUPING
        claim = self.claim(values)
        if self._last is None or self._last[0] != claim:
            self._last = claim, drg.group(claim)
        return self._last[1]

    def weight(self, grouping: Grouping, values: Values) -> Weight | None:
        """Relative weight and mean stays in force on the record's day, if a Table 5 is loaded."""
        day = self.day(values)[:10]
        if self.session.codes is None or not grouping.drg or not day:
            return None
        return self.session.codes.weights(grouping.drg, date.fromisoformat(day))


def severity(row: GroupedDiagnosis) -> str:
    """What a secondary diagnosis counts: CC, MCC, or the severity in brackets that something takes from it."""
    return row.counts or (f"({row.severity})" if row.severity else "")
