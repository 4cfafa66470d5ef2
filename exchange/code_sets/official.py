"""An official file as it came: its text, its lines, and the sentence that refuses it.

What CMS and NCHS publish is taken as published. A file that was cut off, joined from parts or saved by an editor is
refused whole: a code that is missing without a word costs more than fetching the file again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from rules.findings import Told

AGAIN = "fetch it again and import it as published"
BOM = b"\xef\xbb\xbf"
_YEAR = re.compile(r"(?<!\d)(20[1-9]\d)(?!\d)|FY ?_?-?([1-9]\d)(?!\d)", re.IGNORECASE)
_APRIL = re.compile(r"april|(?<![a-z])apr(?![a-z])", re.IGNORECASE)


class Refused(Told):
    """A file that is not taken in: what is wrong, where, and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Official:
    """A file by name and content."""

    name: str
    data: bytes

    def refused(self, text: str, line: int = 0, *, todo: str = AGAIN) -> Refused:
        """The refusal of this file for what ``text`` says about its ``line`` (counted from 1; 0: the file)."""
        where = f"{self.name}, line {line:,}" if line else self.name
        return Refused(f"{where}: {text}: {todo}.")

    def text(self, encoding: str = "utf-8") -> str:
        """The file as text. Raises ``Refused`` for another encoding, and for a byte-order mark."""
        if self.data[:3] == BOM or self.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise self.refused("it begins with a byte-order mark, so an editor has saved it")
        if b"\0" in self.data[:65536]:
            raise self.refused("it holds zero bytes, so it is no text", todo="unpack it, or fetch it again")
        try:
            return self.data.decode(encoding)
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise self.refused(
                f"byte {self.data[error.start]:02X} is not of the published encoding (saved as Latin-1?)",
                line,
            ) from error

    def lines(self, encoding: str = "utf-8") -> list[str]:
        """The lines without their ends, which must all be alike. Raises ``Refused``."""
        text = self.text(encoding)
        self.check_ends(text)
        lines = text.split("\r\n" if "\r\n" in text else "\n")
        return lines[:-1] if lines[-1] in ("", "\x1a") else lines

    def check_ends(self, text: str, first: int = 1) -> None:
        """Refuse ``text``, which begins at line ``first``, when its lines end in different ways."""
        pairs, feeds, returns = text.count("\r\n"), text.count("\n"), text.count("\r")
        if pairs in (0, feeds) and returns == pairs:
            return
        ends = [found[0] for found in re.finditer(r"\r\n|\n|\r", text)]
        odd = next(number for number, end in enumerate(ends) if end != ends[0])
        raise self.refused("it ends otherwise than the lines before, so the file was changed", first + odd)

    @property
    def whole(self) -> bool:
        """Whether its last line is ended."""
        return self.data[-1:] in (b"\n", b"\x1a")

    def root(self) -> ElementTree.Element:
        """The root of an XML file. Raises ``Refused`` where it breaks off or is none."""
        if b"<!ENTITY" in self.data:
            raise self.refused("it defines entities, which no published file does")
        try:
            return ElementTree.fromstring(self.data)  # noqa: S314 (entities are refused above)
        except (ElementTree.ParseError, LookupError, ValueError) as error:
            line = getattr(error, "position", (0, 0))[0]
            raise self.refused("the XML breaks off or is damaged here", line) from error

    def named_year(self) -> int:
        """The year in the file's name; 0 when it names none or several."""
        years = {int(found[1] or f"20{found[2]}") for found in _YEAR.finditer(self.name)}
        return years.pop() if len(years) == 1 else 0

    def named_april(self) -> bool:
        """Whether the name is that of an April update."""
        return bool(_APRIL.search(self.name))


def squeezed(element: ElementTree.Element | None, *, within: bool = True) -> str:
    """The text of an element in single blanks; without its children's when not ``within``."""
    if element is None:
        return ""
    return " ".join(("".join(element.itertext()) if within else element.text or "").split())


def counted(count: int, be: tuple[str, str] = ("", "")) -> str:
    """A count of codes with its verb: ``1 code is``, ``2 codes are``."""
    return f"{count:,} code{'s' if count != 1 else ''} {be[count != 1]}".rstrip()


def distinct(file: Official, keyed: Iterator[tuple[int, str]], what: str = "the code") -> None:
    """Refuse a file that has a key (given with its line) twice."""
    seen: dict[str, int] = {}
    for line, key in keyed:
        if key in seen:
            raise file.refused(f"{what} {key} is there twice, first in line {seen[key]:,}", line)
        seen[key] = line
