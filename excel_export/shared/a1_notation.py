"""The text of formulas: their tokens, and references in A1 notation: a cell, a rectangle, whole columns and rows.

Formulas of others are taken apart by regular expressions, not by a library: this runs in processes that start for one
file each, and must start fast.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from excel_export.shared.cells import LAST_COLUMN, LAST_ROW, letters_of, name_of, place_of

Place = tuple[str, int, int]
"""A cell: the sheet's name, the row and the column, both from 1 on."""
_FIXED_OR_NOT = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_PIECES = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'""")
_SHEET = r"(?:('(?:[^']|'')+'|[^\W\d][\w.]*)!)?"
CELLS = re.compile(rf"{_SHEET}(\$?[A-Z]{{1,3}}\$?\d+)(?::(\$?[A-Z]{{1,3}}\$?\d+))?(?![\w(])", re.I)
"""A reference to a cell or a rectangle in a formula. Groups: the sheet's name or None, the first cell, the last or
None."""
# A text, a sheet's name, or a reference to a cell; not a function such as LOG10(, nor a sheet such as Sheet1!
CELL_IN_FORMULA = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.$\\])(\$?)([A-Z]{1,3})(\$?)([1-9]\d{0,6})(?![\w.(!])", re.I)
"""A text, a sheet's name, or a reference to a cell. Groups for a cell: '$' or '', its letters, '$' or '', its row; all
None for a text or a sheet's name."""
_NAMED_SHEET = r"(?:(?:'(?:[^']|'')+'|(?:\[[^\[\]]*\])?[^\W\d][\w.]*|\[[^\[\]]*\])!)"
_NAME = r"[^\W\d][\w.\\?]*"
_END = rf"(?:\$?[A-Z]{{1,3}}\$?\d+(?![\w.\\?\[])|(?:{_NAME})?\[(?:[^\[\]]|\[[^\[\]]*\])*\]|\$?{_NAME})"
_TOKENS = re.compile(
    rf"""
    (?P<text>"(?:[^"]|"")*")
    | (?P<error>\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!))
    | (?P<function>(?:\$?[A-Z]{{1,3}}\$?\d+:)?{_NAME}\()
    | (?P<reference>{_NAMED_SHEET}\#REF!|{_NAMED_SHEET}?(?:\$?\d+:\$?\d+|{_END}(?::{_NAMED_SHEET}?{_END})?\#?))
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)
    | (?P<operator><=|>=|<>|[-+*/^&=<>%@])
    | (?P<bracket>[(){{}},;])
    | (?P<space>\s+)
    """,
    re.I | re.X,
)
_MOVING = re.compile(r"(?:(\$?)([A-Z]{1,3}))?(?:(\$?)([1-9]\d{0,6}))?", re.I)
_COLUMNS, _ROWS = re.compile(r"\$?([A-Z]{1,3}):\$?([A-Z]{1,3})", re.I), re.compile(r"\$?(\d{1,8}):\$?(\d{1,8})")


class Token(NamedTuple):
    """A piece of a formula: Token('function', 'SUM(')."""

    kind: str
    """'text', 'error', 'function' (with its opening bracket), 'reference' (also a defined name), 'number', 'operator',
    'bracket', or 'none' for a character that no formula can hold."""
    text: str
    """The piece as it is written."""


def tokens(formula: str) -> Iterator[Token]:
    """Yield the pieces of a formula, which comes without its '='. Spaces are left out.

    Example:
        >>> [(token.kind, token.text) for token in tokens("SUM(A1:B2)*2")]
        [('function', 'SUM('), ('reference', 'A1:B2'), ('bracket', ')'), ('operator', '*'), ('number', '2')]
    """
    end = 0
    for match in _TOKENS.finditer(formula):
        if match.start() > end:
            yield Token("none", formula[end : match.start()])
        end = match.end()
        if match.lastgroup and match.lastgroup != "space":
            yield Token(match.lastgroup, match[0])
    if end < len(formula):
        yield Token("none", formula[end:])


def copies_of(formula: str) -> Callable[[int, int], str]:
    """Return a function that copies a formula as a spreadsheet does: copy(rows, columns) moves its relative references.

    Example:
        >>> copies_of("A1*$B$1+SUM(B$1:B2)")(2, 1)
        'B3*$B$1+SUM(C$1:C4)'
    """
    parts: list[str | tuple[str, int, str, int]] = []
    for match in _TOKENS.finditer(formula):
        if match.lastgroup not in ("reference", "function"):
            parts.append(match[0])
            continue
        halves = match[0].split(":")
        for k, half in enumerate(halves):
            sheet, mark, cell = half.rpartition("!")
            parts.append(":" * (k > 0) + sheet + mark)
            moving = _MOVING.fullmatch(cell)
            is_whole = moving and ((moving[2] and moving[4]) or len(halves) > 1)
            if not moving or not is_whole or half.endswith("("):
                parts.append(cell)
            else:
                col = place(f"{moving[2].upper()}1")[1] if moving[2] else 0
                parts.append((moving[1] or "", col, moving[3] or "", int(moving[4] or 0)))

    def copy(rows: int, cols: int) -> str:
        def cell_text(fixed_col: str, col: int, fixed_row: str, row: int) -> str:
            col += cols if col and not fixed_col else 0
            row += rows if row and not fixed_row else 0
            return f"{fixed_col}{letters_of(col)}{fixed_row}{row or ''}"

        return "".join([part if isinstance(part, str) else cell_text(*part) for part in parts])

    return copy


class Area(NamedTuple):
    """A rectangle of cells, rows and columns from 1 on: Area('Sheet1', 3, 2, 5, 4) is B3:D5."""

    sheet: str
    """The sheet's name."""
    first_row: int
    """The row at the top, from 1 on."""
    first_col: int
    """The column on the left, from 1 on."""
    last_row: int
    """The row at the bottom."""
    last_col: int
    """The column on the right."""

    @property
    def name(self) -> str:
        """The address without the sheet, such as 'B3:B5', or 'B3' if it is one cell."""
        first, last = name_of(self.first_row, self.first_col), name_of(self.last_row, self.last_col)
        return first if first == last else f"{first}:{last}"

    @property
    def size(self) -> int:
        """The number of cells: 9 for B3:D5."""
        return (self.last_row - self.first_row + 1) * (self.last_col - self.first_col + 1)


def place(cell: str) -> tuple[int, int]:
    """Return the row and the column, from 1 on, of a cell such as 'B3' or '$B$3'.

    Raises:
        ValueError: the text is no cell of a sheet.

    Example:
        >>> place("$B$3")
        (3, 2)
    """
    match = _FIXED_OR_NOT.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    return place_of(match[1] + match[2])


def rectangles(cells: Collection[Place]) -> list[Area]:
    """Return rectangles that cover these cells, each cell in exactly one, in the order of their first cells.

    Example:
        >>> [area.name for area in rectangles([("Sheet1", 1, 1), ("Sheet1", 2, 1), ("Sheet1", 5, 3)])]
        ['A1:A2', 'C5']
    """
    found, left = [], set(cells)
    for at in sorted(left):
        if at not in left:
            continue
        sheet, row, col = at
        last_row, last_col = row, col
        while (sheet, last_row + 1, col) in left:
            last_row += 1
        while all((sheet, each, last_col + 1) in left for each in range(row, last_row + 1)):
            last_col += 1
        left -= {(sheet, r, c) for r in range(row, last_row + 1) for c in range(col, last_col + 1)}
        found.append(Area(sheet, row, col, last_row, last_col))
    return found


def without_texts(formula: str) -> str:
    r"""Return a formula with '""' for each text. Names of sheets in quotation marks stay.

    Example:
        >>> without_texts("IF('My sheet'!A1=\"yes\",1,0)")
        'IF(\'My sheet\'!A1="",1,0)'
    """
    return _PIECES.sub(lambda match: '""' if match[0][0] == '"' else match[0], formula)


def areas(formula: str, sheet: str) -> Iterator[Area]:
    """Yield the cells that a formula on `sheet` reads, reference by reference.

    Defined names and references to other files are left out.

    Example:
        >>> [(area.sheet, area.name) for area in areas("SUM(A1:B2)+Sheet2!C3", "Sheet1")]
        [('Sheet1', 'A1:B2'), ('Sheet2', 'C3')]
    """
    for kind, text in tokens(formula):
        if kind == "reference" and (area := area_of(text, sheet)):
            yield area


def area_of(reference: str, sheet: str) -> Area | None:
    """Return the cells of a reference in a formula on `sheet`; None for a defined name, another file or no reference.

    Example:
        >>> area_of("D5:$B$3", "Sheet1").name, area_of("B:C", "Sheet1").name, area_of("rate", "Sheet1")
        ('B3:D5', 'B1:C1048576', None)
    """
    own, cells = sheet_in(reference, sheet)
    if "[" in own:
        return None
    cells = cells.removesuffix("#").upper()
    first, _, last = cells.partition(":")
    try:
        if match := _COLUMNS.fullmatch(cells):
            (_, one), (_, other) = place(f"{match[1]}1"), place(f"{match[2]}1")
            return Area(own, 1, min(one, other), LAST_ROW, max(one, other))
        if match := _ROWS.fullmatch(cells):
            one, other = sorted(min(int(row), LAST_ROW) for row in match.groups())
            return Area(own, one, 1, other, LAST_COLUMN)
        one_end, other_end = place(first), place(last.rpartition("!")[2] or first)
    except ValueError:
        return None
    rows, cols = sorted((one_end[0], other_end[0])), sorted((one_end[1], other_end[1]))
    return Area(own, rows[0], cols[0], rows[1], cols[1])


def sheet_in(reference: str, home: str) -> tuple[str, str]:
    """Return the sheet that a reference names, or else `home`, and the reference without the sheet.

    Example:
        >>> sheet_in("'My sheet'!B3", "Sheet1"), sheet_in("B3", "Sheet1")
        (('My sheet', 'B3'), ('Sheet1', 'B3'))
    """
    quoted = re.match(r"'((?:[^']|'')+)'!", reference)
    if quoted:
        return quoted[1].replace("''", "'"), reference[quoted.end() :]
    name, mark, rest = reference.partition("!")
    return (name, rest) if mark else (home, reference)
