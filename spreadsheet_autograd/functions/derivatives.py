"""The chain rule through one formula: what each cell that it reads gets of the gradient, as formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from spreadsheet_autograd.functions.choices_and_ranks import as_index, by_criteria, by_rank, call_of, nested
from spreadsheet_autograd.functions.finance_and_statistics import SPREADS, STEADY, TABLE, WHOLE, Items
from spreadsheet_autograd.functions.normal_distribution import DENSITIES, of_normal
from spreadsheet_autograd.functions.scalar_functions import WITHOUT_SLOPE
from spreadsheet_autograd.language.algebra import ONE, TWO, ZERO, one_less, square
from spreadsheet_autograd.language.elements import rows_of
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Missing, Node, Number, Range, Unary


class Term(NamedTuple):
    """A part of a cell's gradient: the sign, and the factors that are multiplied."""

    to: Cell
    negative: bool
    factors: tuple[Node, ...]


class NoDerivative(ValueError):
    """A function that can't be differentiated here; the message is its name."""


_STEADY = {"COUNT", "COUNTA", "COUNTIF", "MATCH", "XMATCH", "ROWS", "COLUMNS", "NOT", "AND", "OR", "ISERROR", "ISNA",
           "ISNUMBER", "ISTEXT", "ISBLANK", "PI", "TRUE", "FALSE", "COUNTIFS", *STEADY, *WITHOUT_SLOPE}  # fmt: skip


def _minus(a: Node, b: Node) -> Node:
    return Binary("-", a, b)


_SLOPES: dict[str, Callable[[Node, Node], Node]] = {
    "EXP": lambda x, y: y,
    "LN": lambda x, y: Binary("/", ONE, x),
    "LOG10": lambda x, y: Binary("/", ONE, Binary("*", x, call_of("LN", Number(10.0)))),
    "SQRT": lambda x, y: Binary("/", Number(0.5), y),
    "ABS": lambda x, y: call_of("SIGN", x),
    "TANH": lambda x, y: one_less(square(y)),
    "SINH": lambda x, y: call_of("COSH", x),
    "COSH": lambda x, y: call_of("SINH", x),
    "SIN": lambda x, y: call_of("COS", x),
    "COS": lambda x, y: Unary("-", call_of("SIN", x)),
    "TAN": lambda x, y: Binary("+", ONE, square(y)),
    "ATAN": lambda x, y: Binary("/", ONE, Binary("+", ONE, square(x))),
    "ASIN": lambda x, y: Binary("/", ONE, call_of("SQRT", one_less(square(x)))),
    "ACOS": lambda x, y: Binary("/", Number(-1.0), call_of("SQRT", one_less(square(x)))),
    "ATANH": lambda x, y: Binary("/", ONE, one_less(square(x))),
    "ASINH": lambda x, y: Binary("/", ONE, call_of("SQRT", Binary("+", square(x), ONE))),
}
"""The slope of a function of x whose value is y, as our operators write it."""


def terms_of_gradient(formula: Node, own: Cell, gradient: Cell) -> Iterator[Term]:
    """Yield what a formula sends to the cells that it reads.

    Args:
        formula: of one cell, as of `elements`.
        own: the cell that holds it; its value is used where a slope is made of the result.
        gradient: the cell that holds the derivative by it.

    Raises:
        NoDerivative: a function in it can't be differentiated here.
    """
    yield from _flow(formula, False, (gradient,), own)


def _flow(node: Node, negative: bool, g: tuple[Node, ...], value: Node | None = None) -> Iterator[Term]:
    """Yield the terms; `value` is how the node's own value is written, where that is not as it stands."""
    value = node if value is None else value
    if isinstance(node, Cell):
        yield Term(node, negative, g)
    elif isinstance(node, Unary):
        if node.operator == "%":
            yield from _flow(node.operand, negative, (*g, Number(0.01)))
        else:
            yield from _flow(node.operand, negative != (node.operator == "-"), g)
    elif isinstance(node, Binary):
        yield from _through_binary(node, value, negative, g)
    elif isinstance(node, Call):
        yield from _through_call(node, value, negative, g)
    elif isinstance(node, Range):
        raise NoDerivative("a range where one number belongs")


def _through_binary(node: Binary, value: Node, negative: bool, g: tuple[Node, ...]) -> Iterator[Term]:
    a, b = node.left, node.right
    x = of_sigmoid(node)
    if x is not None:
        yield from _flow(x, negative, (*g, value, one_less(value)))
    elif node.operator in "+-":
        yield from _flow(a, negative, g)
        yield from _flow(b, negative != (node.operator == "-"), g)
    elif node.operator == "*":
        yield from _flow(a, negative, (*g, b))
        yield from _flow(b, negative, (*g, a))
    elif node.operator == "/":
        yield from _flow(a, negative, (*g, Binary("/", ONE, b)))
        yield from _flow(b, not negative, (*g, Binary("/", value, b)))
    elif node.operator == "^":
        yield from _through_power(a, b, value, negative, g)


def of_sigmoid(node: Binary) -> Node | None:
    """Of 1 / (1 + EXP(-x)), x."""
    below = node.right
    if node.operator != "/" or node.left != ONE or not isinstance(below, Binary) or below.operator != "+":
        return None
    for one, power in ((below.left, below.right), (below.right, below.left)):
        if one == ONE and isinstance(power, Call) and power.name == "EXP":
            inside = power.arguments[0]
            if isinstance(inside, Unary) and inside.operator == "-":
                return inside.operand
    return None


def _through_power(a: Node, b: Node, value: Node, negative: bool, g: tuple[Node, ...]) -> Iterator[Term]:
    if b == TWO:
        slope: tuple[Node, ...] = (TWO, a)
    elif b == ONE:
        slope = ()
    else:
        less = Number(b.value - 1) if isinstance(b, Number) else _minus(b, ONE)
        slope = (b, Binary("^", a, less))
    yield from _flow(a, negative, (*g, *slope))
    if not isinstance(b, Number):
        yield from _flow(
            b, negative, (*g, call_of("IF", Binary(">", a, ZERO), Binary("*", value, call_of("LN", a)), ZERO))
        )


def _through_call(node: Call, value: Node, negative: bool, g: tuple[Node, ...]) -> Iterator[Term]:
    name, arguments = node.name, node.arguments
    if name in _STEADY:
        return
    if name in _SLOPES and len(arguments) == 1:
        x = arguments[0]
        yield from _flow(x, negative, (*g, _SLOPES[name](x, value)))
    elif name == "POWER":
        yield from _through_power(arguments[0], arguments[1], value, negative, g)
    elif name == "LOG":
        base = arguments[1] if len(arguments) > 1 else Number(10.0)
        whole = Binary("/", call_of("LN", arguments[0]), call_of("LN", base))
        yield from _flow(whole, negative, g, value)
    elif name == "IF":
        test, branches = arguments[0], arguments[1:]
        for k, branch in enumerate(branches[:2]):
            if not isinstance(branch, Missing):
                chosen = call_of("IF", test, ONE, ZERO) if k == 0 else call_of("IF", test, ZERO, ONE)
                yield from _flow(branch, negative, (*g, chosen))
    elif name == "IFERROR":
        is_error = call_of("ISERROR", arguments[0])
        yield from _flow(arguments[0], negative, (*g, call_of("IF", is_error, ZERO, ONE)), value)
        yield from _flow(arguments[1], negative, (*g, call_of("IF", is_error, ONE, ZERO)))
    elif name == "IFNA":
        yield from _through_call(Call("IFERROR", arguments), value, negative, g)
    elif name == "IFS":
        yield from _flow(nested(arguments), negative, g, value)
    elif name == "MOD":
        yield from _flow(arguments[0], negative, g)
        yield from _flow(arguments[1], not negative, (*g, call_of("INT", Binary("/", *arguments))))
    elif name in WHOLE:
        yield from _flow(WHOLE[name](arguments), negative, g, value)
    elif name in DENSITIES:
        yield from _through_items(of_normal(name, arguments), negative, g)
    elif name == "CHOOSE":
        for k, choice in enumerate(arguments[1:], 1):
            chosen = call_of("IF", Binary("=", call_of("INT", arguments[0]), Number(float(k))), ONE, ZERO)
            yield from _flow(choice, negative, (*g, chosen))
    else:
        yield from _through_range(name, arguments, value, negative, g)


def _items(arguments: tuple[Node, ...]) -> list[Node]:
    return [item for argument in arguments for row in rows_of(argument) for item in row]


def _through_range(
    name: str, arguments: tuple[Node, ...], value: Node, negative: bool, g: tuple[Node, ...]
) -> Iterator[Term]:
    if name in ("SUM", "AVERAGE"):
        share = (Binary("/", ONE, Call("COUNT", arguments)),) if name == "AVERAGE" else ()
        for item in _items(arguments):
            yield from _flow(item, negative, (*g, *share))
    elif name == "SUMSQ":
        for item in _items(arguments):
            yield from _flow(item, negative, (*g, TWO, item))
    elif name in ("SUMPRODUCT", "PRODUCT"):
        columns = [_items((argument,)) for argument in arguments]
        for items in zip(*columns, strict=True) if name == "SUMPRODUCT" else [tuple(_items(arguments))]:
            for k, item in enumerate(items):
                yield from _flow(item, negative, (*g, *items[:k], *items[k + 1 :]))
    elif name in ("SUMXMY2", "SUMX2MY2", "SUMX2PY2"):
        for x, y in zip(_items(arguments[:1]), _items(arguments[1:]), strict=True):
            if name == "SUMXMY2":
                yield from _flow(x, negative, (*g, TWO, _minus(x, y)))
                yield from _flow(y, not negative, (*g, TWO, _minus(x, y)))
            else:
                yield from _flow(x, negative, (*g, TWO, x))
                yield from _flow(y, negative != (name == "SUMX2MY2"), (*g, TWO, y))
    elif name in ("MAX", "MIN"):
        yield from _through_extreme(name, _items(arguments), negative, g)
    elif name == "INDEX":
        yield from _through_index(arguments, negative, g)
    elif name in SPREADS:
        yield from _through_items(SPREADS[name](arguments, value), negative, g)
    elif name in TABLE and (slopes := TABLE[name].slopes):
        yield from _through_items(slopes(arguments, value), negative, g)
    elif name in ("SUMIF", "SUMIFS", "AVERAGEIF", "AVERAGEIFS"):
        yield from _through_items(by_criteria(name, arguments), negative, g)
    elif name in ("LARGE", "SMALL", "MEDIAN"):
        yield from _through_items(by_rank(name, arguments, value), negative, g)
    elif name in ("VLOOKUP", "HLOOKUP", "XLOOKUP"):
        found = as_index(name, arguments)
        if found is None:
            raise NoDerivative(name)
        yield from _flow(found, negative, g, value)
    elif name == "MMULT" and len(rows := rows_of(Call(name, arguments))) == 1 == len(rows[0]):
        yield from _flow(rows[0][0], negative, g)
    else:
        raise NoDerivative(name)


def _through_items(items: Items, negative: bool, g: tuple[Node, ...]) -> Iterator[Term]:
    for item, slope in items:
        yield from _flow(item, negative, (*g, slope))


def _through_extreme(name: str, items: list[Node], negative: bool, g: tuple[Node, ...]) -> Iterator[Term]:
    """The first of the largest gets all, as in PyTorch; a 0 beside it is a ReLU, which gives nothing at 0."""
    beyond, same = (">", ">=") if name == "MAX" else ("<", "<=")
    for k, item in enumerate(items):
        if isinstance(item, Number):
            continue
        tests: list[Node] = []
        for j, other in enumerate(items):
            if j != k:
                tests.append(Binary(beyond if j < k or other == ZERO else same, item, other))
        test = tests[0] if len(tests) == 1 else Call("AND", tuple(tests)) if tests else None
        yield from _flow(item, negative, (*g, call_of("IF", test, ONE, ZERO)) if test is not None else g)


def _through_index(arguments: tuple[Node, ...], negative: bool, g: tuple[Node, ...]) -> Iterator[Term]:
    rows = rows_of(arguments[0])
    row = arguments[1]
    col: Node = arguments[2] if len(arguments) > 2 else ONE
    if len(arguments) == 2 and len(rows) == 1:
        row, col = ONE, row
    for i, line in enumerate(rows, 1):
        for j, item in enumerate(line, 1):
            tests = [Binary("=", at, Number(float(k))) for at, k in ((row, i), (col, j)) if at != Number(float(k))]
            if any(isinstance(test.left, Number) for test in tests):
                continue
            chosen = tuple(call_of("IF", test, ONE, ZERO) for test in tests)
            yield from _flow(item, negative, (*g, *chosen))
