"""The one reader of cells: the contents of a sheet's cells, and the texts that sheets share."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from excel_export.shared.cells import place_of
from excel_export.workbook.package import Package

LONGEST_TEXT = 300_000
"""The most characters of a cell in the file. A cell holds 32,767, each of which a file may write as seven."""
LONGEST_TEXTS = 20_000_000
"""The most characters of all shared texts that are read."""
# A character that XML cannot hold, or this very notation.
_ESCAPE = re.compile(r"_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")


class Formula(NamedTuple):
    """A formula as the file has it: Formula('A2*2', {'t': 'shared', 'si': '0'})."""

    text: str
    """The formula without '='; '' in a cell that shares the formula of another one."""
    attributes: Mapping[str, str]
    """The XML attributes, such as 'si', the number of a formula that several cells share."""


Take = Callable[[int, int, str, str, Formula | None], None]
"""A callback for a cell: its row; its column; its type as the file has it ('n' by default); its content, which is a
number, a text, or the serial number of a shared text; and its formula, None for none."""


def scan_cells(package: Package, part: str, take: Take, *, formulas: bool = False) -> None:
    """Call take(row, col, kind, text, formula) for each cell that has a content or, if `formulas` is true, a formula.

    Row and column count from 1. `kind` is the type of the content in the file: 'n' for a number, 's' for a shared text,
    'str' for a formula's; `text` is the content as the file has it, '0.5', or the number of the shared text; `formula`
    is a `Formula`, or None.

    Raises:
        ExportError: the part cannot be read, a content is longer than a cell can hold, or a cell lies outside of the
            sheet.
    """
    _scan(package, part, "c", take, formulas)


def shared_texts(package: Package, serials: Collection[int], longest: int = LONGEST_TEXTS) -> dict[int, str]:
    """Return texts that several cells share, by their serial numbers, from 0 on: {0: 'a', 3: 'b'} for {0, 3, 99}.

    A number that the file does not have, 99, is left out.

    Raises:
        ExportError: they cannot be read, or hold more than `longest` characters together.
    """
    part = package.related_by_type(package.workbook, "sharedStrings")
    texts: dict[int, str] = {}
    serial = length = 0

    def take(row: int, col: int, kind: str, text: str, formula: Formula | None) -> None:
        nonlocal serial, length
        if serial in serials:
            texts[serial] = text
            length += len(text)
            if length > longest:
                raise package.damaged("it holds too much text")
        serial += 1

    if part:
        _scan(package, part, "si", take)
    return texts


def unescaped(text: str) -> str:
    """Return a text of the file as a reader sees it: _x and four hexadecimal digits and _ stand for a character.

    Example:
        >>> unescaped("_x0041_BC")
        'ABC'
    """
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _scan(package: Package, part: str, item: str, take: Take, formulas: bool = False) -> None:
    row = col = length = 0
    kind = ""
    inside = phonetic = False
    reading: list[str] | None = None
    content: list[str] = []
    formula: list[str] = []
    of_formula: Mapping[str, str] | None = None

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal row, col, kind, inside, phonetic, reading, of_formula
        if tag == item:
            inside, phonetic = True, False
            kind = attributes.get("t", "n")
            place = attributes.get("r")
            row, col = place_of(place) if place else (row, col + 1)
        elif tag in ("v", "t"):
            reading = content if inside and not phonetic else None
        elif tag == "f":
            if formulas and inside:
                of_formula, reading = attributes, formula
        elif tag == "rPh":
            phonetic = True
        elif tag == "row":
            number = attributes.get("r")
            row, col = int(number) if number else row + 1, 0

    def end(tag: str) -> None:
        nonlocal inside, phonetic, reading, of_formula, length
        if tag in ("v", "t", "f"):
            reading = None
        elif tag == "rPh":
            phonetic = False
        elif tag == item:
            inside = False
            if content or of_formula is not None or item == "si":
                whole = None if of_formula is None else Formula("".join(formula), of_formula)
                text = "".join(content)
                content.clear()
                formula.clear()
                of_formula, length = None, 0
                take(row, col, kind, text, whole)

    def add(text: str) -> None:
        nonlocal length
        if reading is not None:
            length += len(text)
            if length > LONGEST_TEXT:
                raise package.damaged("a cell holds more text than it can")
            reading.append(text)

    package.parse(part, start, end, add)
