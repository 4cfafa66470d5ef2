"""The words that lead from the codes of an account to what belongs to them, with the code in hand."""

from __future__ import annotations

from functools import partialmethod
from typing import Final

from rules.codes import System, normal
from rules.dictionary import split_path
from screens.coding.coded import CodedForm
from screens.data_set import SYSTEMS
from tui.screen import Command, Outcome, ScreenError

CODING_WORDS: Final = (
    Command("EARLIER", "Earlier", "earlier_codes", "F6", often=True),
    Command("WHATIF", "DRG with one code otherwise", "what_if", often=True),
    Command("SUPPORT", "What the codes rest on", "support", often=True),
    Command("COMPARE", "Codes filed and keyed", "compare_codes"),
    Command("ADMIT", "Admission and working codes", "working_codes"),
    Command("QUERY", "Ask the physician about this code", "query"),
    Command("SITE", "Site notes on this code", "site_notes"),
    Command("LOOK", "This code in the book", "look_up"),
    Command("BOOK", "Alphabetic Index or PCS tables", "book"),
)


class CodingWords(CodedForm):
    """A form of an account on which these words are known. ``{of}`` is the code in hand with its system."""

    def _lead(self, line: str, rest: str) -> Outcome:
        """Where a word leads; blank where no code stands that it needs. Raises ``ScreenError``."""
        of = self.in_hand() if "{of}" in line else ""
        return Outcome(go=line.format(account=self.key, of=of, rest=rest).strip())

    what_if = partialmethod(_lead, "WIF {account} {rest}")
    compare_codes = partialmethod(_lead, "CMP {account} {rest}")
    working_codes = partialmethod(_lead, "ADF {account}")
    earlier_codes = partialmethod(_lead, "ERL {account}")
    support = partialmethod(_lead, "SUP {account}")
    site_notes = partialmethod(_lead, "SNT {of}")
    look_up = partialmethod(_lead, "NOT {of} FOR {account}")

    def book(self, rest: str) -> Outcome:
        """BOOK: the Alphabetic Index; of a procedure the PCS tables."""
        return self._lead("PCT {rest}" if self._code_in_hand()[0] is System.PCS else "IDX {rest}", rest)

    def query(self, rest: str) -> Outcome:
        """QUERY: about the code in hand, or about the record when there is none."""
        return self._lead("QRY {account} {of}" if self._code_in_hand()[1] else "QRY {account}", rest)

    def in_hand(self) -> str:
        """Code system and code of the field in hand. Raises ``ScreenError`` when it holds none."""
        system, code = self._code_in_hand()
        if not code:
            raise ScreenError("There is no code here: put the cursor on one.")
        return f"{system} {normal(code)}"

    def _code_in_hand(self) -> tuple[System, str]:
        group, row, _ = split_path(self.focus)
        path = f"{group}[{row}].code" if group else self.focus
        item = self.dictionary.item_at(path)
        if item is None or item.type not in SYSTEMS:
            return System.CM, ""
        return SYSTEMS[item.type], self.values.get(path, "")
