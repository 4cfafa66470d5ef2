"""REG: a new patient: who looks like this one is shown while it is keyed, and has to be looked at before filing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from db.patient_index import duplicates, patients, registration
from db.patient_index.duplicates import LookAlike
from rules.findings import Finding, Level
from rules.identity import split_name
from screens import shown
from screens.patient_index.patients import SECTIONS, AmendPatient
from tui.screen import Changed, Field, Filed, Kind, Note, Opened, Outcome, Refused, Section, Values

ASKED_AT: Final = frozenset(
    {
        "last_name",
        "first_name",
        "middle_name",
        "aliases",
        "birth_date",
        "sex",
        "ssn",
        "street",
        "zip",
        "phone",
    }
)
MOST: Final = 4  # look-alikes shown under the form
LOOKED_AT: Final = Field(
    "looked_at", "Looked at", 40, length=200, kind=Kind.UPPER,
    help="When charts look like this one: the MRNs of those that you have looked at, and that are other people.",
)  # fmt: skip


class Register(AmendPatient):
    """A new patient's registration."""

    title: ClassVar[str] = "Register a patient"
    word: ClassVar[str] = "REG"
    help: ClassVar[str] = (
        "Leave the MRN blank to take the next number. Charts that look like this one stand under the form with their "
        "score: 10 is a thousand to one that it is the same person. Look at each (PAT and its MRN; "
        "F3 comes back here). "
        "If it is the same person, leave with F12 and use that chart. If not, key its MRN at Looked at, and file."
    )
    found: Sequence[LookAlike] = ()
    asked = ""

    def open(self, key: str) -> Opened:
        self.found, self.asked = (), ""
        opened = super().open("")
        return opened if opened.resumed else Opened(
            {}, focus="mrn", message="Enter at the MRN takes the next number.",
        )  # fmt: skip

    def sections(self) -> tuple[Section, ...]:
        first, *others = SECTIONS
        parts = tuple(
            _not_required(part) if isinstance(part, Field) and part.name == "mrn" else part
            for part in first.parts
        )
        note = Note("Charts that look like this one are shown under the form.")
        return (
            Section(first.name, first.title, parts), *others,
            Section("looked", "Charts that look like this one", (note, LOOKED_AT)),
        )  # fmt: skip

    def items_history(self, rest: str) -> Outcome:
        return Outcome("File the patient first (F2).", error=True)

    def changed(self, values: Values, path: str) -> Changed:
        changed = super().changed(values, path)
        if not path or path in ASKED_AT:
            self._look(values)
        findings = registration.check(values) if values.get("last_name") and values.get("birth_date") else []
        findings = [
            each for each in findings if values.get(each.field)
        ]  # what is still to be keyed is not missing
        return Changed(findings, changed.echoes, panel=self._panel(), locked=changed.locked)

    def _look(self, values: Values) -> None:
        asked = repr([values.get(name, "") for name in sorted(ASKED_AT)])
        if asked != self.asked:
            self.asked = asked
            former = [split_name(name) for name in values.get("aliases", "").split("|") if name]
            enough = (values.get("last_name") and values.get("first_name")) or values.get("ssn")
            self.found = duplicates.look_alikes(values, former) if enough else ()

    def _panel(self) -> list[str]:
        lines = [line for each in self.found[:MOST] for line in _lines(each)]
        if len(self.found) > MOST:
            lines.append(f"and {len(self.found) - MOST} more: PAT finds them.")
        count = len(self.found)
        said = "1 chart looks like this one:" if count == 1 else f"{count} charts look like this one:"
        return [said, *lines] if lines else []

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if not values.get("last_name"):
            return super().file(values, reason)
        self._look(values)
        looked = {word for word in re.split(r"[\s,;|]+", values.get("looked_at", "")) if word}
        unseen = [each for each in self.found if each.row.mrn.upper() not in looked]
        if unseen:
            return Refused([
                Finding(
                    Level.FATAL, "P201",
                    f"{each.row.mrn} {each.row.name} looks like this one (score "
                    f"{each.match.score:+.0f}): look at it, then "
                    "key its MRN here if it is somebody else.", "looked_at",
                )
                for each in unseen
            ])  # fmt: skip
        wrong = [
            f
            for f in registration.check(values)
            if f.level in (Level.FATAL, Level.ERROR) and f.code in LOCKED
        ]
        if wrong:
            return Refused([Finding(Level.FATAL, each.code, each.message, each.field) for each in wrong])
        fields = {name: value for name, value in values.items() if name in patients.FIELDS}
        seen = {each.row.mrn: each.match.score for each in self.found}
        applied = patients.register(self.session.actor, fields, seen)
        if applied.refused:
            return Refused(applied.findings)
        self.discard_draft()
        mrn = patients.get(applied.record_id)["mrn"]
        return Filed(f"FILED {mrn}", go=f"CHT {mrn}")


LOCKED: Final = frozenset({"R020", "R021", "R025", "R026"})  # what a new chart may not begin with


def _not_required(field: Field) -> Field:
    from dataclasses import replace

    return replace(field, required=False, help="Blank takes the next number of the facility.")


def _lines(each: LookAlike) -> tuple[str, str]:
    row, match = each.row, each.match
    born = shown.day(row.birth_date)
    said = "SAME?" if match.verdict == duplicates.SAME else "look "
    return (
        f" {said} {match.score:+5.1f} {row.mrn:10} {row.name} {born} {row.sex} {row.ssn_last4}",
        f"             {'; '.join(match.reasons)}",
    )
