"""Parses the text of a formula into a tree."""

import re
from collections.abc import Callable

from excel_export.formulas.writing import OPERATORS
from excel_export.shared.a1_notation import Token, area_of, place, sheet_in, tokens
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW
from spreadsheet_autograd.language import syntax
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Range, Unary

LONGEST = 8_192
"""The most characters of a formula, as in Excel."""
DEEPEST = 60
"""The most levels of brackets, calls and signs inside each other."""
_PREFIX = re.compile(r"^(_xlfn\.|_xlws\.|_xlpm\.|@)+", re.I)
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})", re.I)

# Google Sheets has functions for operators, too.
_AS_OPERATORS = {"ADD": "+", "MINUS": "-", "MULTIPLY": "*", "DIVIDE": "/", "POW": "^", "EQ": "=", "NE": "<>", "GT": ">",
                 "GTE": ">=", "LT": "<", "LTE": "<=", "UMINUS": "-", "UPLUS": "+", "UNARY_PERCENT": "%"}  # fmt: skip

Resolve = Callable[[str], "Node | None"]
"""A function that returns the formula that a defined name or structured reference means; None if unknown."""
ExtentOf = Callable[[str], tuple[int, int]]
"""A function that returns the last row and the last column in use of a sheet."""


class NotAFormula(ValueError):
    """Raised for a text that can't be parsed as a formula; str(error) says why."""


def parse(formula: str, sheet: str, resolve: Resolve = lambda name: None, extent_of: ExtentOf | None = None) -> Node:
    """Parse the text of a formula into a tree.

    Args:
        formula: the text without its '='.
        sheet: the name of the formula's sheet, which references without a sheet mean.
        resolve: returns the tree for which a defined name, or a structured reference, stands: Cell('S', 1, 2) for
            'rate', a Range for 'Data[x]'; None if it is unknown.
        extent_of: returns the last row and the last column in use of a sheet, where A:A and 1:1 end.
            None lets them reach to the end of the sheet.

    Raises:
        NotAFormula: the text is no formula, is longer than 8,192 characters, or is nested in more than 60 levels.

    Example:
        >>> parse("B3*2", "Sheet1")  # doctest: +ELLIPSIS
        Binary(operator='*', left=Cell(sheet='Sheet1', row=3, col=2, ...), right=Number(value=2.0))
    """
    if len(formula) > LONGEST:
        raise NotAFormula(f"longer than {LONGEST:,} characters")
    return _Parser([*tokens(formula)], sheet, resolve, extent_of or (lambda name: (LAST_ROW, LAST_COLUMN))).whole()


class _Parser:
    def __init__(self, tokens: list[Token], sheet: str, resolve: Resolve, extent_of: ExtentOf) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0
        self._sheet, self._resolve, self._extent_of = sheet, resolve, extent_of

    def whole(self) -> Node:
        node = self._expression(0)
        if self._at < len(self._tokens):
            raise _misplaced(self._tokens[self._at])
        return node

    def _expression(self, least: int) -> Node:
        self._deeper()
        left = self._operand()
        while (binds := OPERATORS.get(self._ahead(), -1)) >= least:
            operator = self._next().text
            left = Binary(operator, left, self._expression(binds + 1))
        self._depth -= 1
        return left

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotAFormula("nested too deeply")

    def _operand(self) -> Node:
        token = self._next()
        if token.text in ("+", "-", "@"):
            self._deeper()
            node = self._operand()
            self._depth -= 1
            return node if token.text == "@" else Unary(token.text, node)
        node = self._atom(token)
        while self._ahead() == "%":
            self._at += 1
            node = Unary("%", node)
        return node

    def _atom(self, token: Token) -> Node:
        kind, text = token
        if kind == "number":
            return syntax.Number(float(text))
        if kind == "text":
            return syntax.Text(text[1:-1].replace('""', '"'))
        if kind == "error":
            return syntax.Text(text, is_error=True)
        if kind == "reference":
            return syntax.Truth(text.upper() == "TRUE") if text.upper() in ("TRUE", "FALSE") else self._reference(text)
        if kind == "function":
            return self._call(_PREFIX.sub("", text[:-1]).upper())
        if text == "(":
            node = self._expression(0)
            if self._next().text != ")":
                raise NotAFormula("a bracket is not closed")
            return node
        if text == "{":
            return self._matrix()
        raise _misplaced(token)

    def _call(self, name: str) -> Node:
        arguments: list[Node] = []
        if self._ahead() == ")":
            self._at += 1
            return Call(name, ())
        while True:
            arguments.append(syntax.Missing() if self._ahead() in (",", ")") else self._expression(0))
            token = self._next()
            if token.text == ")":
                return _called(name, tuple(arguments))
            if token.text != ",":
                raise _misplaced(token)

    def _matrix(self) -> Node:
        rows: list[list[Node]] = [[]]
        while True:
            rows[-1].append(self._expression(0))
            token = self._next()
            if token.text == "}":
                return syntax.Matrix(tuple(map(tuple, rows)))
            if token.text == ";":
                rows.append([])
            elif token.text != ",":
                raise _misplaced(token)

    def _reference(self, text: str) -> Node:
        sheet, cells = sheet_in(text, self._sheet)
        if "[" in sheet:
            raise NotAFormula("reads another file")
        first, _, last = cells.partition(":")
        if cells.endswith("#") and (anchor := _cell(sheet, cells[:-1])):
            return Call("ANCHORARRAY", (anchor,))
        if "[" not in cells:
            found = self._area(sheet, first, last.rpartition("!")[2])
            if found:
                return found
        resolved = self._resolve(text)
        return resolved if resolved is not None else syntax.Name(_PREFIX.sub("", text))

    def _area(self, sheet: str, first: str, last: str) -> Node | None:
        one, other = _cell(sheet, first), _cell(sheet, last) if last else None
        if one and not last:
            return one
        if one and other:
            (top, bottom), (left, right) = sorted((one.row, other.row)), sorted((one.col, other.col))
            first_cell = Cell(sheet, top, left, one.fixed_row, one.fixed_col)
            return Range(first_cell, Cell(sheet, bottom, right, other.fixed_row, other.fixed_col))
        if last and (area := area_of(f"{first}:{last}", sheet)):
            rows, cols = self._extent_of(sheet)
            row = max(area.first_row, rows) if area.last_row == LAST_ROW else area.last_row
            col = max(area.first_col, cols) if area.last_col == LAST_COLUMN else area.last_col
            return Range(Cell(sheet, area.first_row, area.first_col), Cell(sheet, row, col))
        return None

    def _ahead(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _next(self) -> Token:
        if self._at == len(self._tokens):
            raise NotAFormula("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]


def _misplaced(token: Token) -> NotAFormula:
    return NotAFormula(f"{token.text[:20]!r} can't stand there")


def _called(name: str, arguments: tuple[Node, ...]) -> Node:
    operator = _AS_OPERATORS.get(name)
    if operator and len(arguments) == 2 and operator != "%":
        return Binary(operator, *arguments)
    if operator in ("+", "-", "%") and len(arguments) == 1:
        return Unary(operator, *arguments)
    return Call(name, arguments)


def _cell(sheet: str, text: str) -> Cell | None:
    match = _CELL.fullmatch(text)
    if not match:
        return None
    try:
        row, col = place((match[2] + match[4]).upper())
    except ValueError:
        return None
    return Cell(sheet, row, col, bool(match[3]), bool(match[1]))
