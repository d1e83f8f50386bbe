"""The chain rule through one formula: its contributions to the gradients of the cells that it reads."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from spreadsheet_autograd.functions.range_functions import RANGE
from spreadsheet_autograd.functions.scalar_functions import SCALAR, STEADY, Function, NoDerivative, Slopes
from spreadsheet_autograd.language.algebra import MINUS_ONE, ONE, TWO, ZERO, call_of, one_less, written_with
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Missing, Node, Number, Range, Unary


class SlopeTerm(NamedTuple):
    """A term of a cell's gradient: SlopeTerm(A1, False, (C2, B1)) adds C2·B1 to the gradient of A1."""

    to: Cell
    """The cell whose gradient has the term."""
    negative: bool
    """True if the term is subtracted."""
    factors: tuple[Node, ...]
    """The factors, formulas of single cells."""


def terms_of_gradient(formula: Node, own: Cell, gradient: Cell) -> Iterator[SlopeTerm]:
    """Yield the contributions of a formula's gradient to those of the cells that it reads.

    Args:
        formula: the formula of a single cell, in which ranges are only arguments of functions such as SUM.
        own: a reference to the cell that holds the formula; slopes such as that of EXP read its value.
        gradient: a reference to the cell that holds the derivative of the loss by `own`, the first of all factors.

    Raises:
        NoDerivative: the formula has a function that can't be differentiated here.

    Example:
        >>> from spreadsheet_autograd.language.parser import parse
        >>> from spreadsheet_autograd.language.syntax import written
        >>> formula, own, gradient = (parse(text, "") for text in ("A1*B1", "C1", "C2"))
        >>> [(written(term.to), *map(written, term.factors)) for term in terms_of_gradient(formula, own, gradient)]
        [('A1', 'C2', 'B1'), ('B1', 'C2', 'A1')]
    """
    yield from _flow(formula, False, (gradient,), own)


def _flow(node: Node, negative: bool, g: tuple[Node, ...], value: Node | None = None) -> Iterator[SlopeTerm]:
    value = node if value is None else value
    if isinstance(node, Cell):
        yield SlopeTerm(node, negative, g)
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


def _through_binary(node: Binary, value: Node, negative: bool, g: tuple[Node, ...]) -> Iterator[SlopeTerm]:
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
    """Return x if the node is 1/(1+EXP(-x)), A1 for 1/(1+EXP(-A1)); None if it is anything else."""
    below = node.right
    if node.operator != "/" or node.left != ONE or not isinstance(below, Binary) or below.operator != "+":
        return None
    for one, power in ((below.left, below.right), (below.right, below.left)):
        if one == ONE and isinstance(power, Call) and power.name == "EXP":
            inside = power.arguments[0]
            if isinstance(inside, Unary) and inside.operator == "-":
                return inside.operand
    return None


def _through_power(a: Node, b: Node, value: Node, negative: bool, g: tuple[Node, ...]) -> Iterator[SlopeTerm]:
    if b == TWO:
        slope: tuple[Node, ...] = (TWO, a)
    elif b == ONE:
        slope = ()
    else:
        less = Number(b.value - 1) if isinstance(b, Number) else Binary("-", b, ONE)
        slope = (b, Binary("^", a, less))
    yield from _flow(a, negative, (*g, *slope))
    if not isinstance(b, Number):
        yield from _flow(
            b, negative, (*g, call_of("IF", Binary(">", a, ZERO), Binary("*", value, call_of("LN", a)), ZERO))
        )


def _through_call(node: Call, value: Node, negative: bool, g: tuple[Node, ...]) -> Iterator[SlopeTerm]:
    name, arguments = node.name, node.arguments
    if name in ("IFERROR", "IFNA"):
        is_error = call_of("ISERROR", arguments[0])
        yield from _flow(arguments[0], negative, (*g, call_of("IF", is_error, ZERO, ONE)), value)
        yield from _flow(arguments[1], negative, (*g, call_of("IF", is_error, ONE, ZERO)))
        return
    row = _ROWS.get(name, Function())
    slope, whole = row.slope, row.formula(arguments) if row.formula else None
    if whole is not None:
        yield from _flow(whole, negative, g, value)
    elif callable(slope):
        for item, *factors in _checked_slopes(name, slope, arguments, value):
            is_turned = MINUS_ONE in factors[:1]
            yield from _flow(item, negative != is_turned, (*g, *factors[is_turned:]))
    elif slope and slope != STEADY and len(arguments) == 1:
        yield from _flow(arguments[0], negative, (*g, written_with(slope, x=arguments[0], v=value)))
    elif slope != STEADY:
        raise NoDerivative(name)


def _checked_slopes(
    name: str, slope: Callable[[tuple[Node, ...], Node], Slopes], arguments: tuple[Node, ...], value: Node
) -> Slopes:
    try:
        yield from slope(arguments, value)
    except ValueError:
        raise NoDerivative(f"{name} of an array whose size isn't known") from None


def _slopes_of_if(arguments: tuple[Node, ...], value: Node) -> Slopes:
    test, *branches = arguments
    for branch, chosen in zip(branches, ((ONE, ZERO), (ZERO, ONE)), strict=False):
        if not isinstance(branch, Missing):
            yield branch, call_of("IF", test, *chosen)


def _slopes_of_choose(arguments: tuple[Node, ...], value: Node) -> Slopes:
    for k, choice in enumerate(arguments[1:], 1):
        yield choice, call_of("IF", Binary("=", call_of("INT", arguments[0]), Number(float(k))), ONE, ZERO)


_ROWS: dict[str, Function] = {
    **SCALAR,
    **RANGE,
    "IF": Function(slope=_slopes_of_if),
    "CHOOSE": Function(slope=_slopes_of_choose),
}
