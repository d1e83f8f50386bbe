"""Compute one formula from the values of the cells that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.range_functions import AS_ARRAYS, RANGE
from excel_export.spreadsheets.scalar_functions import OPERATORS, SCALAR
from excel_export.spreadsheets.syntax import (
    Binary,
    Call,
    Cell,
    Matrix,
    Missing,
    Name,
    Node,
    Number,
    Part,
    Range,
    Text,
    Truth,
    Unary,
)
from excel_export.spreadsheets.values import CellError, Grid, Unknown, lifted, number, plain, truth

LAZY = {"IF", "IFS", "IFERROR", "IFNA", "CHOOSE", "SWITCH", "LET", "PI", "TRUE", "FALSE", "NA"}
KNOWN = {*SCALAR, *RANGE, *LAZY}
_OF_ERRORS = {"ISERROR", "ISNA", "ISNUMBER", "ISTEXT", "ISBLANK"}


def evaluate(node: Node, values: Mapping[Place, Any], at: Place, is_array: bool) -> Any:
    """Compute a formula; an error is given as a value.

    Args:
        node: the formula.
        values: of the cells that it reads.
        at: where it stands, for ranges of which it means the cell of its own row or column.
        is_array: whether it is computed element by element.
    """
    try:
        return _Formula(values, at).value(node, is_array)
    except CellError as error:
        return error
    except (TypeError, IndexError, OverflowError, ZeroDivisionError, RuntimeError):
        return CellError("#VALUE!")  # a wrong number of arguments, or of a wrong kind


class _Formula:
    def __init__(self, values: Mapping[Place, Any], at: Place) -> None:
        self._values, self._at, self._names = values, at, dict[str, Any]()

    def value(self, node: Node, array: bool) -> Any:
        if isinstance(node, Cell):
            return self._values.get(node.place)
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Binary):
            operands = self.operand(node.left, array), self.operand(node.right, array)
            return lifted(OPERATORS[node.operator], *operands)
        if isinstance(node, Call):
            return self.call(node, array)
        if isinstance(node, Unary):
            operand = self.operand(node.operand, array)
            sign = {"-": lambda x: -number(x), "+": lambda x: x, "%": lambda x: number(x) / 100}[node.operator]
            return lifted(sign, operand)
        if isinstance(node, Range):
            return self.range(node)
        if isinstance(node, Text):
            if node.is_error:
                raise CellError(node.value)
            return node.value
        if isinstance(node, Truth):
            return node.value
        if isinstance(node, Part):
            return self.part(node)
        if isinstance(node, Matrix):
            return Grid([[self.value(item, array) for item in row] for row in node.rows])
        if isinstance(node, Missing):
            return None
        if isinstance(node, Name) and node.text.lower() in self._names:
            return self._names[node.text.lower()]
        raise Unknown("#NAME?")

    def operand(self, node: Node, array: bool) -> Any:
        """A value that is to be one number; a range means the cell in the formula's own row or column."""
        if not isinstance(node, Range) or array:
            return self.value(node, array)
        _, row, col = self._at
        rows, cols = node.shape
        if cols == 1 and node.first.row <= row <= node.last.row:
            return self._values.get((node.first.sheet, row, node.first.col))
        if rows == 1 and node.first.col <= col <= node.last.col:
            return self._values.get((node.first.sheet, node.first.row, col))
        return self.range(node)

    def range(self, node: Range) -> Grid:
        sheet, get = node.first.sheet, self._values.get
        columns = range(node.first.col, node.last.col + 1)
        return Grid([[get((sheet, row, col)) for col in columns] for row in range(node.first.row, node.last.row + 1)])

    def part(self, node: Part) -> Any:
        whole = self._values.get(node.array)
        if not isinstance(whole, Grid):
            return whole
        rows, cols = whole.shape
        row, col = 0 if rows == 1 else node.row, 0 if cols == 1 else node.col
        return whole.rows[row][col] if row < rows and col < cols else CellError("#N/A")

    def call(self, node: Call, array: bool) -> Any:
        name, arguments = node.name, node.arguments
        if name in LAZY:
            return self.lazy(name, arguments, array)
        if name in RANGE:
            inner = array or name in AS_ARRAYS
            return RANGE[name](*(self.value(argument, inner) for argument in arguments))
        if name in _OF_ERRORS:
            return lifted(SCALAR[name], *(self.caught(argument, array) for argument in arguments))
        if name in SCALAR:
            return lifted(SCALAR[name], *(self.operand(argument, array) for argument in arguments))
        raise Unknown("#NAME?")

    def caught(self, node: Node, array: bool) -> Any:
        try:
            return self.operand(node, array)
        except Unknown:
            raise
        except CellError as error:
            return error

    def lazy(self, name: str, arguments: tuple[Node, ...], array: bool) -> Any:
        if name == "PI":
            return 3.141592653589793
        if name in ("TRUE", "FALSE"):
            return name == "TRUE"
        if name == "NA":
            raise CellError("#N/A")
        if name == "IF":
            return self.condition(arguments, array)
        if name == "IFS":
            for condition, then in zip(arguments[::2], arguments[1::2], strict=False):
                if truth(self.operand(condition, array)):
                    return self.operand(then, array)
            raise CellError("#N/A")
        if name in ("IFERROR", "IFNA"):
            return self.if_error(name, arguments, array)
        if name == "CHOOSE":
            k = int(plain(self.operand(arguments[0], array)))
            if not 1 <= k < len(arguments):
                raise CellError("#VALUE!")
            return self.value(arguments[k], array)
        if name == "SWITCH":
            wanted = self.operand(arguments[0], array)
            pairs = arguments[1:]
            for key, then in zip(pairs[::2], pairs[1::2], strict=False):
                if truth(OPERATORS["="](wanted, self.operand(key, array))):
                    return self.operand(then, array)
            if len(pairs) % 2:
                return self.operand(pairs[-1], array)
            raise CellError("#N/A")
        before = dict(self._names)
        try:
            for key, given in zip(arguments[:-1:2], arguments[1::2], strict=False):
                self._names[key.text.lower() if isinstance(key, Name) else ""] = self.value(given, array)
            return self.value(arguments[-1], array)
        finally:
            self._names = before

    def condition(self, arguments: tuple[Node, ...], array: bool) -> Any:
        condition = self.operand(arguments[0], array)
        if isinstance(condition, Grid):
            branches = [self.operand(each, array) for each in arguments[1:]] + [False] * (3 - len(arguments))
            return lifted(lambda test, then, other: then if truth(test) else other, condition, *branches)
        if truth(condition):
            return self.operand(arguments[1], array) if not isinstance(arguments[1], Missing) else 0.0
        if len(arguments) < 3:
            return False
        return self.operand(arguments[2], array) if not isinstance(arguments[2], Missing) else 0.0

    def if_error(self, name: str, arguments: tuple[Node, ...], array: bool) -> Any:
        def is_caught(value: Any) -> bool:
            known = isinstance(value, CellError) and not isinstance(value, Unknown)
            return known and (name == "IFERROR" or value.code == "#N/A")

        value = self.caught(arguments[0], array)
        if isinstance(value, Grid):
            return lifted(lambda item, other: other if is_caught(item) else item, value,
                          self.operand(arguments[1], array))  # fmt: skip
        return self.operand(arguments[1], array) if is_caught(value) else value
