"""Turns formulas into Python functions of the cells that they read."""

import operator
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import torch

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.range_functions import AS_ARRAYS, RANGE, place_in
from spreadsheet_autograd.functions.scalar_functions import SCALAR, power
from spreadsheet_autograd.functions.values import (
    CellError,
    Unknown,
    ValueGrid,
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
from spreadsheet_autograd.language import syntax
from spreadsheet_autograd.language.syntax import Node, Range

LAZY = {"IF", "IFERROR", "IFNA", "CHOOSE", "LET"}
"""The functions that compute only those arguments that they need, or whose arguments are names."""
KNOWN = {*SCALAR, *RANGE, *LAZY}
"""The names of all functions that can be computed."""
_OF_ERRORS = {"ISERROR", "ISNA", "ISNUMBER", "ISTEXT", "ISBLANK"}
_OF_FLOATS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
OPERATORS: dict[str, Callable[..., Any]] = {
    **{sign: (lambda a, b, apply=apply: finite(apply(number(a), number(b)))) for sign, apply in _OF_FLOATS.items()},
    "/": divide,
    "^": power,
    "&": joined,
    **{sign: (lambda a, b, sign=sign: compare(sign, a, b)) for sign in ("=", "<>", "<", ">", "<=", ">=")},
}
"""The operators with two operands, as functions of two scalars."""
_SIGNS: dict[str, Callable[[Any], Any]] = {
    "-": lambda x: -number(x), "+": lambda x: x, "%": lambda x: number(x) / 100,
}  # fmt: skip
Get = Callable[[Place], Any]
"""A function that returns the value of a cell, get(('S', 3, 2)) is 0.5; None for an empty one."""
Function = Callable[[Get], Any]
"""A formula as a function of the cells' values; it takes a `Get`."""


def evaluate(node: Node, values: Mapping[Place, Any], at: Place, is_array: bool) -> Any:
    """Return the value of a formula: a number, text, truth value, `ValueGrid`, or `CellError`, which is not raised.

    Args:
        node: the formula.
        values: the cells' values; an empty cell is missing.
        at: the formula's cell.
        is_array: True if it is an array formula.

    Example:
        >>> from spreadsheet_autograd.language.parser import parse
        >>> formula = parse("SUM(A1:A2)*2", "Sheet1")
        >>> evaluate(formula, {("Sheet1", 1, 1): 3.0, ("Sheet1", 2, 1): 4.0}, ("Sheet1", 1, 2), False)
        14.0
    """
    return function_of(node, at, is_array)(values.get)


def function_of(node: Node, at: Place, is_array: bool) -> Function:
    """Return a formula as a function, for formulas that are computed more than once: function(values.get) is 14.0.

    The function takes a function from a cell, ('S', 1, 1), to its value, None for an empty one. It returns what
    `evaluate` returns; an error is a `CellError`, which is not raised.

    Args:
        node: the formula.
        at: the formula's cell: a range where one number belongs means the range's cell in the same row or column.
        is_array: True if it is an array formula, which is computed element by element.
    """
    try:
        inner = _Maker(at, is_array).value(node)
    except (IndexError, ValueError, TypeError):  # a wrong number of arguments
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
    def __init__(self, at: Place, is_array: bool) -> None:
        self._at, self._is_array, self._names = at, is_array, dict[str, list[Any]]()

    def value(self, node: Node) -> Function:
        if isinstance(node, syntax.Cell):
            place = node.place
            return lambda get: get(place)
        if isinstance(node, (syntax.Number, syntax.Truth)):
            constant = node.value
            return lambda get: constant
        if isinstance(node, syntax.Binary):
            return self.binary(node)
        if isinstance(node, syntax.Call):
            return self.call(node.name, node.arguments)
        if isinstance(node, syntax.Unary):
            operand, sign = self.operand(node.operand), _SIGNS[node.operator]
            return lambda get: lifted(sign, operand(get))
        if isinstance(node, Range):
            sheet, down = node.first.sheet, range(node.first.row, node.last.row + 1)
            across = range(node.first.col, node.last.col + 1)
            return lambda get: ValueGrid([[get((sheet, row, col)) for col in across] for row in down])
        if isinstance(node, syntax.Text):
            text = node.value
            return _raising(CellError(text)) if node.is_error else lambda get: text
        if isinstance(node, syntax.Part):
            return self.part(node)
        if isinstance(node, syntax.Matrix):
            rows = [[self.value(item) for item in row] for row in node.rows]
            return lambda get: ValueGrid([[item(get) for item in row] for row in rows])
        if isinstance(node, syntax.Missing):
            return lambda get: None
        if node.text.lower() in self._names:
            binding = self._names[node.text.lower()]
            return lambda get: binding[0]
        return _raising(Unknown("#NAME?"))

    def binary(self, node: syntax.Binary) -> Function:
        left, right = self.operand(node.left), self.operand(node.right)
        apply, of_floats = OPERATORS[node.operator], _OF_FLOATS.get(node.operator)
        if of_floats is None:
            return lambda get: lifted(apply, left(get), right(get))

        def function(get: Get) -> Any:
            a, b = left(get), right(get)
            if type(a) is float and type(b) is float and isfinite(result := of_floats(a, b)):
                return result
            return lifted(apply, a, b)

        return function

    def operand(self, node: Node) -> Function:
        cell = node.beside(self._at) if isinstance(node, Range) and not self._is_array else None
        return self.value(cell or node)

    def part(self, node: syntax.Part) -> Function:
        def function(get: Get) -> Any:
            whole = get(node.array)
            if not isinstance(whole, ValueGrid):
                return whole
            rows, cols = whole.shape
            row, col = 0 if rows == 1 else node.row, 0 if cols == 1 else node.col
            return whole.rows[row][col] if row < rows and col < cols else CellError("#N/A")

        return function

    def call(self, name: str, nodes: tuple[Node, ...]) -> Function:
        match name:
            case "IF":
                return self.condition(nodes)
            case "IFERROR" | "IFNA":
                return self.if_error(name, nodes)
            case "LET":
                return self.let(nodes)
            case "CHOOSE":
                return self.choose(nodes)
        row = SCALAR.get(name) or RANGE.get(name)
        if row is None:
            return _raising(Unknown("#NAME?"))
        if row.value is None:
            whole = row.formula(nodes) if row.formula else None
            return self.value(whole) if whole is not None else _raising(CellError("#VALUE!"))
        compute = row.value
        if name in SCALAR:
            make = self.caught if name in _OF_ERRORS else self.operand
            operands = [make(argument) for argument in nodes]
            return lambda get: lifted(compute, *[argument(get) for argument in operands])
        before, self._is_array = self._is_array, self._is_array or name in AS_ARRAYS
        arguments = [self.value(argument) for argument in nodes]
        self._is_array = before
        if name == "INDEX" and isinstance(nodes[0], Range):
            return self.index(nodes[0], arguments)
        return lambda get: compute(*[argument(get) for argument in arguments])

    def index(self, area: Range, arguments: list[Function]) -> Function:
        (sheet, row, col), shape, whole, *where = area.first.place, area.shape, *arguments
        compute: Any = RANGE["INDEX"].value

        def function(get: Get) -> Any:
            which = [each(get) for each in where]
            r, c = place_in(shape, *which)
            return get((sheet, row + r - 1, col + c - 1)) if r and c else compute(whole(get), *which)

        return function

    def caught(self, node: Node) -> Function:
        operand = self.operand(node)

        def function(get: Get) -> Any:
            try:
                return operand(get)
            except Unknown:
                raise
            except CellError as error:
                return error

        return function

    def choose(self, arguments: tuple[Node, ...]) -> Function:
        which, *values = self.operand(arguments[0]), *map(self.value, arguments[1:])

        def function(get: Get) -> Any:
            k = int(plain(which(get)))
            if not 1 <= k <= len(values):
                raise CellError("#VALUE!")
            return values[k - 1](get)

        return function

    def let(self, arguments: tuple[Node, ...]) -> Function:
        before, steps = dict(self._names), []
        for key, formula in zip(arguments[:-1:2], arguments[1::2], strict=False):
            value, place = self.value(formula), [None]
            self._names[key.text.lower() if isinstance(key, syntax.Name) else ""] = place
            steps.append((place, value))
        result = self.value(arguments[-1])
        self._names = before

        def function(get: Get) -> Any:
            for place, value in steps:
                place[0] = value(get)
            return result(get)

        return function

    def condition(self, arguments: tuple[Node, ...]) -> Function:
        test, *branches = map(self.operand, arguments)
        empty = [isinstance(each, syntax.Missing) for each in arguments[1:]]

        def function(get: Get) -> Any:
            met = test(get)
            if isinstance(met, ValueGrid):
                values = [branch(get) for branch in branches] + [False] * (2 - len(branches))
                return lifted(lambda test, then, other: then if truth(test) else other, met, *values)
            if is_recorded(met):
                return _where(met != 0, branches[0](get), branches[1](get) if len(branches) > 1 else False)
            k = 0 if truth(met) else 1
            if k < len(branches):
                return 0.0 if empty[k] else branches[k](get)
            return False if k else branches[k](get)

        return function

    def if_error(self, name: str, arguments: tuple[Node, ...]) -> Function:
        def is_caught(value: Any) -> bool:
            known = isinstance(value, CellError) and not isinstance(value, Unknown)
            return known and (name == "IFERROR" or value.code == "#N/A")

        first, other = self.caught(arguments[0]), self.operand(arguments[1])

        def function(get: Get) -> Any:
            value = first(get)
            if isinstance(value, ValueGrid):
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
