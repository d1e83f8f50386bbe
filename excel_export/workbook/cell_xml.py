"""The rows and cells of a sheet as XML: bare, for an engine to compute, and then the same with values.

openpyxl takes about five times as long, rounds numbers to 16 digits, and writes no values beside formulas.
"""

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from xml.sax.saxutils import escape, unescape

from excel_export.formulas import LETTERS, Text
from excel_export.formulas.copies import Fill
from excel_export.workbook.canvas import Canvas, Content

Value = tuple[bytes, bytes]
"""The value of a formula in the file: its type, such as b"str", or b"" for a number; and the value as text."""
Row = dict[int, tuple[Content, str]]
"""The cells of a row by their columns: the content and the name of the style."""
# What a spreadsheet would take for a character: _x0041_ is an A.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_EMPTY = "<v></v></c>"
_BEHIND_THE_VALUE = len("</v></c>")
_AT_ONCE = 1 << 16
"""The number of pieces that are joined and written together."""
_BITS = 15
"""The bits of a column's number, which is 16,384 at most."""


class Rows:
    """A sheet's rows in XML: `bare` without values for formulas, `filled` with them, `formulas_alone` without the rest.

    In `bare`, 0.5 in A2 is '<sheetData><row r="2"><c r="A2" s="40"><v>0.5</v></c></row></sheetData>'.
    """

    def __init__(self, canvas: Canvas, styles: Mapping[str, int]) -> None:
        """Write the cells of a canvas; `styles` has the number of each style by its name: {'value': 40}."""
        self.bare = bytearray(b"<sheetData>")
        """The XML in which each formula has an empty value."""
        self._formulas = array("Q")
        """Four numbers for each formula: its row, its column, and in `bare` the end of its cell's attributes and the
        place of its value."""
        self._places, self._numbers = array("Q"), array("d")
        """The row and column of each cell that holds a number, packed into one; `_numbers` has the number itself."""
        self._texts: list[tuple[int, int, str]] = []
        merged = _merged(canvas)
        fills: dict[Fill, int] = {}
        attributes = {style: f'" s="{number}"' for style, number in styles.items()}
        for row in sorted(canvas.cells.keys() | canvas.heights.keys() | merged.keys()):
            height = canvas.heights.get(row)
            self.bare += f'<row r="{row}" ht="{height}" customHeight="1">'.encode() if height else b'<row r="%d">' % row
            line: Row = canvas.cells.get(row, {})
            self._add(row, line | merged[row] if row in merged else line, attributes, fills)
            self.bare += b"</row>"
        self.bare += b"</sheetData>"

    @property
    def formulas(self) -> int:
        """The number of formulas, 0 for a sheet of numbers and texts only."""
        return len(self._formulas) // 4

    def _add(self, row: int, line: Row, attributes: Mapping[str, str], fills: dict[Fill, int]) -> None:
        pieces: list[str] = []
        end = len(self.bare)
        for col in sorted(line):
            content, style = line[col]
            head = f'<c r="{LETTERS[col]}{row}{attributes[style]}'
            has_formula = False
            if isinstance(content, (int, float)):  # as most are
                piece = f"{head}><v>{content!r}</v></c>"
                self._places.append(row << _BITS | col)
                self._numbers.append(content)
            elif content is None:
                piece = f"{head}/>"
            elif isinstance(content, Text):
                text = _ESCAPE.sub("_x005F_", content) if "_x" in content else content
                piece = f'{head} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
                self._texts.append((row, col, content))
            else:
                formula = _shared(content, fills) if isinstance(content, Fill) else f"<f>{_escaped(content)}</f>"
                piece, has_formula = f"{head}>{formula}{_EMPTY}", True
            pieces.append(piece)
            begin, end = end, end + (len(piece) if piece.isascii() else len(piece.encode()))
            if has_formula:
                self._formulas.extend((row, col, begin + len(head), end - _BEHIND_THE_VALUE))
        self.bare += "".join(pieces).encode()

    def formulas_alone(self) -> Iterator[bytes | bytearray]:
        """Yield the XML of the formulas alone, without styles, in pieces: b'…<c r="B5"><f>B3*2</f><v></v></c>…'.

        An engine reads it in half the time.
        """
        before, numbers = 0, iter(self._formulas)
        pieces: list[bytes | bytearray] = [b"<sheetData>"]
        for row, col, head, place in zip(numbers, numbers, numbers, numbers, strict=True):
            if row != before:
                yield b"".join(pieces)
                pieces = [b"</row>" if before else b"", b'<row r="%d">' % row]
                before = row
            pieces += (b'<c r="%s%d"' % (LETTERS[col].encode(), row), self.bare[head : place + _BEHIND_THE_VALUE])
        yield b"".join((*pieces, b"</row>" if before else b"", b"</sheetData>"))

    def visit_constants(
        self, number: Callable[[int, int, float], object], text: Callable[[int, int, str], object]
    ) -> None:
        """Call number(3, 2, 0.5) for each cell that holds a number, and text(3, 2, 'a') for each that holds a text."""
        for place, value in zip(self._places, self._numbers, strict=True):
            number(place >> _BITS, place & (1 << _BITS) - 1, value)
        for cell in self._texts:
            text(*cell)

    def filled(self, value: Callable[[int, int], Value]) -> Iterator[bytes]:
        """Yield the XML of `bare` with a value stored for each formula, in pieces.

        `value(row, col)` returns the XML type of the value and its text: (b'', b'1.0') for a number, (b'str', b'yes')
        for a text. Rows and columns count from 1.
        """
        bare, done = self.bare, 0
        pieces: list[bytes | bytearray] = []
        numbers = iter(self._formulas)
        for row, col, head, place in zip(numbers, numbers, numbers, numbers, strict=True):
            kind, text = value(row, col)
            if kind:
                pieces += (bare[done:head], b' t="', kind, b'"')
                done = head
            pieces += (bare[done:place], text)
            done = place
            if len(pieces) > _AT_ONCE:
                yield b"".join(pieces)
                pieces.clear()
        yield b"".join((*pieces, bare[done:]))

    def formula(self, row: int, col: int) -> str:
        """Return the formula in a cell, with its '=', '=A2*2', for an error message.

        Raises:
            KeyError: the cell holds no formula.
        """
        for k in range(0, len(self._formulas), 4):
            if (row, col) == tuple(self._formulas[k : k + 2]):
                head, place = self._formulas[k + 2 : k + 4]
                cell = self.bare[head:place].decode()
                return "=" + unescape(cell.partition("<f")[2].partition(">")[2].partition("</f>")[0])
        raise KeyError((row, col))


def _escaped(formula: str) -> str:
    return escape(formula) if "<" in formula or "&" in formula else formula


def _shared(fill: Fill, fills: dict[Fill, int]) -> str:
    """Return the XML of a formula that several cells share: the first of them has its text, the others its number."""
    if fill in fills:
        return f'<f t="shared" si="{fills[fill]}"></f>'
    fills[fill] = len(fills)
    return f'<f t="shared" ref="{fill.area.area}" si="{fills[fill]}">{escape(fill.text)}</f>'


def _merged(canvas: Canvas) -> dict[int, Row]:
    """Return the covered cells of merged areas, which get the first cell's style: borders are drawn by cell."""
    covered: dict[int, Row] = {}
    for area in canvas.merged.values():
        _, style = canvas.cells.get(area.row, {}).get(area.col, (None, ""))
        for cell in area.each()[1:] if style else ():
            covered.setdefault(cell.row, {})[cell.col] = None, style
    return covered
