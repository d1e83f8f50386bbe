"""Make of a formula a function of the cells that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite, pi
from typing import Any

import torch

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.range_functions import AS_ARRAYS, RANGE, place_in
from spreadsheet_autograd.functions.scalar_functions import SCALAR, power
from spreadsheet_autograd.functions.values import (
    CellError,
    Grid,
    Unknown,
    compare,
    divide,
    finite,
    is_recorded,
    joined,
    lifted,
    number,
    plain,
    truth,
)
from spreadsheet_autograd.language.algebra import as_nested_if
from spreadsheet_autograd.language.syntax import (
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

LAZY = {"IF", "IFS", "IFERROR", "IFNA", "CHOOSE", "SWITCH", "LET", "PI", "TRUE", "FALSE", "NA"}
KNOWN = {*SCALAR, *RANGE, *LAZY}
_OF_ERRORS = {"ISERROR", "ISNA", "ISNUMBER", "ISTEXT", "ISBLANK"}
OPERATORS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: finite(number(a) + number(b)),
    "-": lambda a, b: finite(number(a) - number(b)),
    "*": lambda a, b: finite(number(a) * number(b)),
    "/": divide,
    "^": power,
    "&": joined,
    **{sign: (lambda a, b, sign=sign: compare(sign, a, b)) for sign in ("=", "<>", "<", ">", "<=", ">=")},
}
_OF_FLOATS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
}  # fmt: skip
_SIGNS: dict[str, Callable[[Any], Any]] = {
    "-": lambda x: -number(x), "+": lambda x: x, "%": lambda x: number(x) / 100,
}  # fmt: skip
Get = Callable[[Place], Any]
"""Gives the value of a cell; None of an empty one."""
Function = Callable[[Get], Any]


def evaluate(node: Node, values: Mapping[Place, Any], at: Place, is_array: bool) -> Any:
    """Compute a formula; an error is given as a value. Arguments as of `function_of`, and the cells' values."""
    return function_of(node, at, is_array)(values.get)


def function_of(node: Node, at: Place, is_array: bool) -> Function:
    """Make a function of a formula, for what is computed more than once; it gives an error as a value.

    Args:
        node: the formula.
        at: where it stands, for ranges of which it means the cell of its own row or column.
        is_array: whether it is computed element by element.
    """
    try:
        inner = _Maker(at).value(node, is_array)
    except (IndexError, ValueError):  # a wrong number of arguments
        inner = _raising(CellError("#VALUE!"))

    def function(get: Get) -> Any:
        try:
            return inner(get)
        except CellError as error:
            return error
        except (TypeError, IndexError, OverflowError, ZeroDivisionError, RuntimeError):
            return CellError("#VALUE!")  # arguments of a wrong kind

    return function


class _Maker:
    def __init__(self, at: Place) -> None:
        self._at, self._names = at, dict[str, list[Any]]()

    def value(self, node: Node, array: bool) -> Function:
        if isinstance(node, Cell):
            place = node.place
            return lambda get: get(place)
        if isinstance(node, (Number, Truth)):
            constant = node.value
            return lambda get: constant
        if isinstance(node, Binary):
            return self.binary(node, array)
        if isinstance(node, Call):
            return self.call(node, array)
        if isinstance(node, Unary):
            operand, sign = self.operand(node.operand, array), _SIGNS[node.operator]
            return lambda get: lifted(sign, operand(get))
        if isinstance(node, Range):
            return self.range(node)
        if isinstance(node, Text):
            text = node.value
            return _raising(CellError(text)) if node.is_error else lambda get: text
        if isinstance(node, Part):
            return self.part(node)
        if isinstance(node, Matrix):
            rows = [[self.value(item, array) for item in row] for row in node.rows]
            return lambda get: Grid([[item(get) for item in row] for row in rows])
        if isinstance(node, Missing):
            return lambda get: None
        if isinstance(node, Name) and node.text.lower() in self._names:
            given = self._names[node.text.lower()]
            return lambda get: given[0]
        return _raising(Unknown("#NAME?"))

    def binary(self, node: Binary, array: bool) -> Function:
        left, right = self.operand(node.left, array), self.operand(node.right, array)
        operator, of_floats = OPERATORS[node.operator], _OF_FLOATS.get(node.operator)
        if of_floats is None:
            return lambda get: lifted(operator, left(get), right(get))

        def function(get: Get) -> Any:
            a, b = left(get), right(get)
            if type(a) is float and type(b) is float and isfinite(result := of_floats(a, b)):
                return result
            return lifted(operator, a, b)

        return function

    def operand(self, node: Node, array: bool) -> Function:
        """A value that is to be one number; a range means the cell in the formula's own row or column."""
        cell = node.beside(self._at) if isinstance(node, Range) and not array else None
        return self.value(cell or node, array)

    def range(self, node: Range) -> Function:
        sheet, rows = node.first.sheet, range(node.first.row, node.last.row + 1)
        columns = range(node.first.col, node.last.col + 1)
        return lambda get: Grid([[get((sheet, row, col)) for col in columns] for row in rows])

    def part(self, node: Part) -> Function:
        def function(get: Get) -> Any:
            whole = get(node.array)
            if not isinstance(whole, Grid):
                return whole
            rows, cols = whole.shape
            row, col = 0 if rows == 1 else node.row, 0 if cols == 1 else node.col
            return whole.rows[row][col] if row < rows and col < cols else CellError("#N/A")

        return function

    def call(self, node: Call, array: bool) -> Function:
        name = node.name
        if name in LAZY:
            return self.lazy(name, node.arguments, array)
        if name in RANGE:
            inner, of_ranges = array or name in AS_ARRAYS, RANGE[name].value
            arguments = [self.value(argument, inner) for argument in node.arguments]
            if name == "INDEX" and isinstance(node.arguments[0], Range):
                return self.index(node.arguments[0], arguments)
            return lambda get: of_ranges(*[argument(get) for argument in arguments])
        if name not in SCALAR:
            return _raising(Unknown("#NAME?"))
        made = self.caught if name in _OF_ERRORS else self.operand
        of_scalars, arguments = SCALAR[name].value, [made(argument, array) for argument in node.arguments]
        return lambda get: lifted(of_scalars, *[argument(get) for argument in arguments])

    def index(self, area: Range, arguments: list[Function]) -> Function:
        """INDEX of a range, which reads no more of it than it must."""
        (sheet, row, col), shape, whole, *where = area.first.place, area.shape, *arguments

        def function(get: Get) -> Any:
            which = [each(get) for each in where]
            r, c = place_in(shape, *which)
            return get((sheet, row + r - 1, col + c - 1)) if r and c else RANGE["INDEX"].value(whole(get), *which)

        return function

    def caught(self, node: Node, array: bool) -> Function:
        operand = self.operand(node, array)

        def function(get: Get) -> Any:
            try:
                return operand(get)
            except Unknown:
                raise
            except CellError as error:
                return error

        return function

    def lazy(self, name: str, arguments: tuple[Node, ...], array: bool) -> Function:
        if name in ("PI", "TRUE", "FALSE"):
            constant = pi if name == "PI" else name == "TRUE"
            return lambda get: constant
        if name == "NA":
            return _raising(CellError("#N/A"))
        if name == "IF":
            return self.condition(arguments, array)
        if name in ("IFERROR", "IFNA"):
            return self.if_error(name, arguments, array)
        if name == "LET":
            return self.let(arguments, array)
        if name == "CHOOSE":
            return self.choose(arguments, array)
        return self.value(as_nested_if(name, arguments), array)

    def choose(self, arguments: tuple[Node, ...], array: bool) -> Function:
        which, *values = self.operand(arguments[0], array), *(self.value(each, array) for each in arguments[1:])

        def function(get: Get) -> Any:
            k = int(plain(which(get)))
            if not 1 <= k <= len(values):
                raise CellError("#VALUE!")
            return values[k - 1](get)

        return function

    def let(self, arguments: tuple[Node, ...], array: bool) -> Function:
        before, steps = dict(self._names), []
        for key, given in zip(arguments[:-1:2], arguments[1::2], strict=False):
            value, place = self.value(given, array), [None]
            self._names[key.text.lower() if isinstance(key, Name) else ""] = place
            steps.append((place, value))
        result = self.value(arguments[-1], array)
        self._names = before

        def function(get: Get) -> Any:
            for place, value in steps:
                place[0] = value(get)
            return result(get)

        return function

    def condition(self, arguments: tuple[Node, ...], array: bool) -> Function:
        test, *branches = (self.operand(each, array) for each in arguments)
        empty = [isinstance(each, Missing) for each in arguments[1:]]

        def function(get: Get) -> Any:
            met = test(get)
            if isinstance(met, Grid):
                values = [branch(get) for branch in branches] + [False] * (2 - len(branches))
                return lifted(lambda test, then, other: then if truth(test) else other, met, *values)
            if is_recorded(met):
                return _where(met != 0, branches[0](get), branches[1](get) if len(branches) > 1 else False)
            k = 0 if truth(met) else 1
            if k < len(branches):
                return 0.0 if empty[k] else branches[k](get)
            return False if k else branches[k](get)

        return function

    def if_error(self, name: str, arguments: tuple[Node, ...], array: bool) -> Function:
        def is_caught(value: Any) -> bool:
            known = isinstance(value, CellError) and not isinstance(value, Unknown)
            return known and (name == "IFERROR" or value.code == "#N/A")

        first, other = self.caught(arguments[0], array), self.operand(arguments[1], array)

        def function(get: Get) -> Any:
            value = first(get)
            if isinstance(value, Grid):
                return lifted(lambda item, instead: instead if is_caught(item) else item, value, other(get))
            if is_recorded(value):
                return _where(value.isfinite(), value, other(get))
            return other(get) if is_caught(value) else value

        return function


def _where(condition: torch.Tensor, then: Any, other: Any) -> torch.Tensor:
    one, two = (x if isinstance(x, torch.Tensor) else torch.tensor(number(x), dtype=torch.float64)
                for x in (then, other))  # fmt: skip
    return torch.where(condition, one, two)


def _raising(error: CellError) -> Function:
    def function(get: Get) -> Any:
        raise error

    return function
