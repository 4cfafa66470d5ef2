"""What is said about a code in words and letters: edit lists, kinds of note, one-letter flags. One spelling for all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

# Lists of the Medicare Code Editor (CMS, Definitions of Medicare Code Edits).
MARKS: Final[Mapping[str, str]] = {
    "composed": "wording put together from the PCS tables, official title not installed",
    "external": "external cause: not as principal diagnosis",
    "manifestation": "manifestation: not as principal diagnosis",
    "not-principal": "not accepted as principal diagnosis",
    "needs-secondary": "as principal diagnosis needs a secondary one",
    "questionable": "as principal diagnosis: questionable admission",
    "unspecified": "unspecified: a code that says the side exists",
    "newborn": "age 0 only",
    "pediatric": "age 0-17 only",
    "maternity": "age 9-64 only",
    "adult": "age 15-124 only",
    "non-covered": "not covered by Medicare",
    "limited-coverage": "limited coverage by Medicare",
}
# Kinds of note as the tabular list names them (NCHS, ICD-10-CM tabular XML).
KINDS: Final[Mapping[str, str]] = {
    "inclusionTerm": "Is also called",
    "includes": "Includes",
    "excludes1": "Excludes 1 (not coded together)",
    "excludes2": "Excludes 2 (not included here)",
    "codeFirst": "Code first",
    "useAdditionalCode": "Use additional code",
    "codeAlso": "Code also",
    "notes": "Note",
    "sevenChrNote": "Seventh character",
}
HEADER: Final = "H"
NOT_VALID: Final = "E"
EXEMPT: Final = "X"
# One letter for what decides whether a code fits, in the order in which they are shown.
FLAGS: Final[Mapping[str, str]] = {
    "unspecified": "U",
    "external": "D",
    "manifestation": "D",
    "not-principal": "D",
    "needs-secondary": "D",
    "questionable": "D",
    "newborn": "0",
    "pediatric": "P",
    "maternity": "M",
    "adult": "A",
    "non-covered": "N",
    "limited-coverage": "N",
}
LEGEND: Final = "H header E ended X POA-exempt U unspecified D not PDX Age:0 P0-17 M9-64 A15+"
PROCEDURE_LEGEND: Final = "H header  E not valid on the day  N not covered, or in part"
SEX: Final = "Sex limits none: Medicare's sex edit is off for discharges from 10/01/2024."

# How titles are cut short where there is no room for them, in the manner of the short titles of CMS; longest first.
SHORTER: Final[tuple[tuple[str, str], ...]] = (
    ("initial encounter for closed fracture", "init closed fx"),
    ("initial encounter for open fracture type I or II", "init open fx I/II"),
    ("initial encounter for open fracture type IIIA, IIIB, or IIIC", "init open fx IIIA-C"),
    ("initial encounter for open fracture", "init open fx"),
    ("initial encounter for fracture", "init fx"),
    ("initial encounter", "init"),
    ("subsequent encounter for closed fracture with", "subs closed fx w"),
    ("subsequent encounter for open fracture type I or II with", "subs open fx I/II w"),
    ("subsequent encounter for open fracture type IIIA, IIIB, or IIIC with", "subs open fx IIIA-C w"),
    ("subsequent encounter for fracture with", "subs fx w"),
    ("subsequent encounter", "subs"),
    ("Nondisplaced", "Nondisp"),
    ("nondisplaced", "nondisp"),
    ("Displaced", "Disp"),
    ("displaced", "disp"),
    ("Unspecified", "Unsp"),
    ("unspecified", "unsp"),
    ("Fracture", "Fx"),
    ("fracture", "fx"),
    ("type 1 diabetes mellitus", "type 1 diabetes"),
    ("Type 2 diabetes mellitus", "Type 2 diabetes"),
    ("complications", "comp"),
    ("complication", "comp"),
    ("without", "w/o"),
    (" with ", " w "),
    ("Percutaneous Endoscopic Approach", "Perc Endo"),
    ("Percutaneous Approach", "Perc"),
    ("Open Approach", "Open"),
    ("External Approach", "External"),
    ("Via Natural or Artificial Opening Endoscopic", "Via Opening Endo"),
    ("Via Natural or Artificial Opening", "Via Opening"),
    ("Nonautologous Tissue Substitute", "Nonautol Sub"),
    ("Autologous Tissue Substitute", "Autol Sub"),
    ("Synthetic Substitute", "Synth Sub"),
    ("Intraluminal Device", "Intralum Dev"),
    ("Replacement", "Replace"),
)


def shorter(title: str) -> str:
    """``title`` cut short word by word, so that side and encounter at its end stay in sight."""
    for long, short in SHORTER:
        title = title.replace(long, short)
    return title


def flags(*, billable: bool, valid: bool, exempt: bool | None, marks: Collection[str]) -> str:
    """The letters of a code: whether it can be submitted, is exempt from POA, and which edit lists it is on."""
    standing = HEADER if not billable else "" if valid else NOT_VALID
    letters = dict.fromkeys(letter for mark, letter in FLAGS.items() if mark in marks)
    return standing + (EXEMPT if exempt else "") + "".join(letters)
