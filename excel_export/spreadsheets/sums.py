"""Many terms as one short formula: products along a row or a column become SUMPRODUCT, the same ones SUM."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from excel_export.spreadsheets.derivatives import Term
from excel_export.spreadsheets.elements import ONE, ZERO
from excel_export.spreadsheets.syntax import Binary, Call, Cell, Node, Range, Unary

FEWEST = 3
Signed = tuple[bool, Node]


def added(terms: Sequence[Term]) -> list[Signed]:
    """The terms of a sum, each with its sign, as few as may be."""
    products: list[Signed] = []
    runs: list[list[tuple[Cell, ...]]] = []
    signs: list[bool] = []
    for term in terms:
        factors = tuple(factor for factor in term.factors if factor != ONE)
        if ZERO in factors:
            continue
        cells = tuple(factor for factor in factors if isinstance(factor, Cell))
        if len(cells) != len(factors) or not 1 <= len(cells) <= 2:
            products.append((term.negative, product(factors)))
            continue
        for run, sign in zip(reversed(runs), reversed(signs), strict=True):
            if sign == term.negative and _goes_on(run, cells):
                run.append(cells)
                break
        else:
            runs.append([cells])
            signs.append(term.negative)
    for run, sign in zip(runs, signs, strict=True):
        if len(run) < FEWEST:
            products += [(sign, product(cells)) for cells in run]
        else:
            products.append((sign, _whole(run)))
    return products


def product(factors: Sequence[Node]) -> Node:
    """Factors, multiplied; 1/x is a division, and a sign stands in front."""
    if not factors:
        return ONE
    total: Node | None = None
    # Choices go around the rest, so that what is not chosen may be an error.
    for factor in sorted(factors, key=_is_choice):
        if isinstance(factor, Binary) and factor.operator == "/" and factor.left == ONE and total is not None:
            total = Binary("/", total, factor.right)
        elif _is_choice(factor) and total is not None:
            total = _choice(factor, total)
        else:
            total = factor if total is None else Binary("*", total, factor)
    assert total is not None
    return total


def _is_choice(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "IF" and {*node.arguments[1:]} == {ONE, ZERO}


def _choice(node: Node, value: Node) -> Node:
    assert isinstance(node, Call)
    then, other = (value if branch == ONE else ZERO for branch in node.arguments[1:])
    return Call("IF", (node.arguments[0], then, other))


def total(terms: Sequence[Signed]) -> Node:
    """The sum of terms."""
    if not terms:
        return ZERO
    ordered = sorted(terms, key=lambda term: term[0])  # a sum that begins without a sign is easier to read
    negative, first = ordered[0]
    start: Node = Unary("-", first) if negative else first
    return reduce(lambda sum_, term: Binary("-" if term[0] else "+", sum_, term[1]), ordered[1:], start)


def _step(one: Cell, other: Cell) -> tuple[int, int] | None:
    return (other.row - one.row, other.col - one.col) if one.sheet == other.sheet else None


def _goes_on(run: list[tuple[Cell, ...]], cells: tuple[Cell, ...]) -> bool:
    """Whether cells are the next ones of a run: all by one down, or all by one to the right, or one stays."""
    if len(cells) != len(run[0]):
        return False
    steps = [_step(last, now) for last, now in zip(run[-1], cells, strict=True)]
    if len(run) > 1 and steps != [_step(a, b) for a, b in zip(run[-2], run[-1], strict=True)]:
        return False
    moving = {step for step in steps if step != (0, 0)}
    return moving in ({(1, 0)}, {(0, 1)})


def _whole(run: list[tuple[Cell, ...]]) -> Node:
    ranges: list[Node] = []
    fixed: list[Node] = []
    for first, last in zip(run[0], run[-1], strict=True):
        if first == last:
            fixed.append(first)
        else:
            ranges.append(Range(Cell(*first.place), Cell(*last.place)))
    whole: Node = Call("SUM" if len(ranges) == 1 else "SUMPRODUCT", tuple(ranges))
    return product([*fixed, whole])
