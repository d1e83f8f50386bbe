"""From a formula's text to its tree: openpyxl's Tokenizer, and how tightly operators bind."""

from __future__ import annotations

import re
from collections.abc import Callable

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError

from excel_export.shared.a1_notation import place
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW
from spreadsheet_autograd.language.syntax import (
    PRECEDENCE,
    Binary,
    Call,
    Cell,
    Matrix,
    Missing,
    Name,
    Node,
    Number,
    Range,
    Text,
    Truth,
    Unary,
)

LONGEST, DEEPEST = 8_192, 60
_PREFIX = re.compile(r"^(_xlfn\.|_xlws\.|_xlpm\.|@)+", re.I)
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})", re.I)
_COLUMN, _ROW = re.compile(r"\$?([A-Z]{1,3})", re.I), re.compile(r"\$?([1-9][0-9]{0,6})")

# Google Sheets has functions for operators, too.
_AS_OPERATORS = {"ADD": "+", "MINUS": "-", "MULTIPLY": "*", "DIVIDE": "/", "POW": "^", "EQ": "=", "NE": "<>", "GT": ">",
                 "GTE": ">=", "LT": "<", "LTE": "<=", "UMINUS": "-", "UPLUS": "+", "UNARY_PERCENT": "%"}  # fmt: skip

Resolve = Callable[[str], "Node | None"]


class NotAFormula(ValueError):
    """A text that can't be parsed as a formula; the message says why."""


def parse(formula: str, sheet: str, resolve: Resolve = lambda name: None, used: Callable[[str], tuple[int, int]] | None
          = None) -> Node:  # fmt: skip
    """Parse a formula.

    Args:
        formula: without its '='.
        sheet: where it stands; references without a sheet mean this one.
        resolve: gives what a defined name, or a structured reference, stands for.
        used: gives the last row and column of a sheet that hold something, to which whole columns are cut.

    Raises:
        NotAFormula: it is none, is too long, or is nested too deeply.
    """
    if len(formula) > LONGEST:
        raise NotAFormula(f"longer than {LONGEST:,} characters")
    try:
        tokens = [token for token in Tokenizer(f"={formula}").items if token.type != Token.WSPACE]
    except (TokenizerError, IndexError, ValueError, AssertionError, AttributeError) as error:
        raise NotAFormula(str(error)[:80] or "not a formula") from None
    return _Parser(tokens, sheet, resolve, used or (lambda name: (LAST_ROW, LAST_COLUMN))).whole()


class _Parser:
    def __init__(
        self, tokens: list[Token], sheet: str, resolve: Resolve, used: Callable[[str], tuple[int, int]]
    ) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0
        self._sheet, self._resolve, self._used = sheet, resolve, used

    def whole(self) -> Node:
        node = self._expression(0)
        if self._at < len(self._tokens):
            raise NotAFormula(f"{self._tokens[self._at].value[:20]!r} can't stand there")
        return node

    def _expression(self, least: int) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotAFormula("nested too deeply")
        left = self._postfix(self._operand())
        while (token := self._peek()) and token.type == Token.OP_IN and PRECEDENCE.get(token.value, -1) >= least:
            binds = PRECEDENCE[token.value]
            self._at += 1
            left = Binary(token.value, left, self._expression(binds + 1))
        self._depth -= 1
        return left

    def _postfix(self, node: Node) -> Node:
        while (token := self._peek()) and token.type == Token.OP_POST:
            self._at += 1
            node = Unary("%", node)
        return node

    def _operand(self) -> Node:
        token = self._next()
        if token.type == Token.OP_PRE:
            if token.value == "@":
                return self._operand()
            self._depth += 1
            if self._depth > DEEPEST:
                raise NotAFormula("nested too deeply")
            node = self._operand()
            self._depth -= 1
            return Unary(token.value, node)
        if token.type == Token.OPERAND:
            return self._literal(token)
        if token.type == Token.PAREN and token.subtype == Token.OPEN:
            node = self._expression(0)
            self._close(Token.PAREN)
            return node
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            return self._call(token)
        if token.type == Token.ARRAY and token.subtype == Token.OPEN:
            return self._matrix()
        raise NotAFormula(f"{token.value[:20]!r} can't stand there")

    def _call(self, token: Token) -> Node:
        name = _PREFIX.sub("", token.value[:-1]).upper()
        arguments: list[Node] = []
        while True:
            ahead = self._peek()
            if ahead and ahead.type in (Token.SEP, Token.FUNC) and ahead.subtype in (Token.ARG, Token.CLOSE):
                if ahead.subtype == Token.CLOSE and not arguments:
                    self._at += 1
                    return Call(name, ())
                arguments.append(Missing())
            else:
                arguments.append(self._expression(0))
            token = self._next()
            if token.type == Token.FUNC and token.subtype == Token.CLOSE:
                return _called(name, tuple(arguments))
            if token.type != Token.SEP:
                raise NotAFormula(f"{token.value[:20]!r} can't stand there")

    def _matrix(self) -> Node:
        rows: list[list[Node]] = [[]]
        while True:
            rows[-1].append(self._expression(0))
            token = self._next()
            if token.type == Token.ARRAY:
                return Matrix(tuple(map(tuple, rows)))
            if token.type == Token.SEP and token.subtype == Token.ROW:
                rows.append([])

    def _literal(self, token: Token) -> Node:
        if token.subtype == Token.NUMBER:
            return Number(float(token.value))
        if token.subtype == Token.TEXT:
            return Text(token.value[1:-1].replace('""', '"'))
        if token.subtype == Token.LOGICAL:
            return Truth(token.value.upper() == "TRUE")
        if token.subtype == Token.ERROR:
            return Text(token.value, is_error=True)
        return self._reference(token.value)

    def _reference(self, text: str) -> Node:
        sheet, _, cells = text.rpartition("!")
        if "[" in sheet or (cells.startswith("[") and sheet):
            raise NotAFormula("reads another file")
        name = sheet.strip("'").replace("''", "'") if sheet else self._sheet
        first, _, last = cells.partition(":")
        if cells.endswith("#") and (anchor := _cell(name, cells[:-1])):
            return Call("ANCHORARRAY", (anchor,))
        if "[" not in cells:
            found = self._area(name, first, last.rpartition("!")[2])
            if found:
                return found
        resolved = self._resolve(text)
        return resolved if resolved is not None else Name(_PREFIX.sub("", text))

    def _area(self, sheet: str, first: str, last: str) -> Node | None:
        one, other = _cell(sheet, first), _cell(sheet, last) if last else None
        if one and not last:
            return one
        if one and other:
            return in_order(one, other)
        if last:
            rows, cols = self._used(sheet)
            if (a := _COLUMN.fullmatch(first)) and (b := _COLUMN.fullmatch(last)):
                low, high = sorted((_col(a[1]), _col(b[1])))
                return Range(Cell(sheet, 1, low), Cell(sheet, max(1, rows), high))
            if (a := _ROW.fullmatch(first)) and (b := _ROW.fullmatch(last)):
                low, high = sorted((int(a[1]), int(b[1])))
                return Range(Cell(sheet, low, 1), Cell(sheet, high, max(1, cols)))
        return None

    def _close(self, kind: str) -> None:
        token = self._next()
        if token.type != kind or token.subtype != Token.CLOSE:
            raise NotAFormula("a bracket is not closed")

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> Token:
        token = self._peek()
        if token is None:
            raise NotAFormula("it ends too early")
        self._at += 1
        return token


def _called(name: str, arguments: tuple[Node, ...]) -> Node:
    operator = _AS_OPERATORS.get(name)
    if operator and len(arguments) == 2 and operator != "%":
        return Binary(operator, *arguments)
    if operator in ("+", "-", "%") and len(arguments) == 1:
        return Unary(operator, *arguments)
    return Call(name, arguments)


def in_order(one: Cell, other: Cell) -> Range:
    """The rectangle between two corners."""
    (r0, r1), (c0, c1) = sorted((one.row, other.row)), sorted((one.col, other.col))
    first = Cell(one.sheet, r0, c0, one.fixed_row, one.fixed_col)
    return Range(first, Cell(one.sheet, r1, c1, other.fixed_row, other.fixed_col))


def _cell(sheet: str, text: str) -> Cell | None:
    match = _CELL.fullmatch(text)
    if not match:
        return None
    try:
        row, col = place((match[2] + match[4]).upper())
    except ValueError:
        return None
    return Cell(sheet, row, col, bool(match[3]), bool(match[1]))


def _col(letters: str) -> int:
    return place(f"{letters.upper()}1")[1]
