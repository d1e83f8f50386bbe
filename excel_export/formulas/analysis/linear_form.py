"""A formula as a weighted sum of some of its cells: which cells it adds up, each with which factor, and what is left.

A convolution is such a sum of the pixels under its filter; a gradient is one of the gradients that arrive. The
factors are formulas, too: the weights of the filter, or a slope such as IF(x > 0, 1, 0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, singledispatch
from typing import Any

from excel_export.formulas import Expression, FunctionCall, Infix, Negated, Rearranged, Total, as_expression, negated
from excel_export.formulas.analysis.chosen import CHOOSING, Chosen, chosen, chosen_by
from excel_export.formulas.analysis.elements import cells_of, element_of, plain, ranges_of
from excel_export.formulas.arrays import FormulaTable, RangeReduction, Scattered, SumOfProducts
from excel_export.formulas.functions import IF
from excel_export.formulas.grid import GridCells
from excel_export.formulas.reference import Reference, Referred
from excel_export.formulas.writing import Index, own_index

IsVariable = Callable[[Reference], bool]
"""Whether a cell is one of those that a formula is taken apart by; whether any is, of a rectangle of cells."""
Cell = Reference | Chosen
"""A cell, or cells that numbers on the sheet choose: those that are add up."""
ONE, ZERO, MINUS_ONE = map(as_expression, (1, 0, -1))


class NotLinear(Exception):
    """A formula is no weighted sum of the cells in question."""


@dataclass
class Weighted:
    """Σ factor · cell + the rest."""

    factors: dict[Cell, Expression] = field(default_factory=dict)
    """By cell, in the order of the formula."""
    rest: list[Expression] = field(default_factory=list)
    """The terms without such a cell."""

    def add(self, other: Weighted, by: Expression | None = None, divide: bool = False) -> None:
        """Add another sum, each of its terms times a formula, or divided by it."""
        for cell, factor in other.factors.items():
            scaled = _scaled(factor, by, divide)
            self.factors[cell] = self.factors[cell] + scaled if cell in self.factors else scaled
        self.rest += [_scaled(term, by, divide) for term in other.rest]


def weighted(expression: Expression, index: Index, is_variable: IsVariable) -> Weighted:
    """Take one formula of an expression apart.

    Args:
        expression: the formulas of a tensor.
        index: which of them.
        is_variable: which cells it is taken apart by.

    Raises:
        NotLinear: it is no weighted sum of these cells.
    """
    kind: Any = type(expression)
    return _rule_of(kind)(expression, own_index(index, expression.shape), is_variable)


@singledispatch
def _taken_apart(expression: Expression, index: Index, is_variable: IsVariable) -> Weighted:
    if any(map(is_variable, cells_of(expression, index))):
        raise NotLinear
    return Weighted(rest=[element_of(expression, index)])


@_taken_apart.register
def _(expression: GridCells, index: Index, is_variable: IsVariable) -> Weighted:
    return _of_cells((expression.grid.at(*index),), is_variable)


@_taken_apart.register
def _(expression: Referred, index: Index, is_variable: IsVariable) -> Weighted:
    return _of_cells(expression.reference.each(), is_variable)


@_taken_apart.register
def _(expression: Total, index: Index, is_variable: IsVariable) -> Weighted:
    result = Weighted()
    for negative, term in expression.terms:
        result.add(weighted(term, index, is_variable), MINUS_ONE if negative else None)
    return result


@_taken_apart.register
def _(expression: Negated, index: Index, is_variable: IsVariable) -> Weighted:
    result = Weighted()
    result.add(weighted(expression.operand, index, is_variable), MINUS_ONE)
    return result


@_taken_apart.register
def _(expression: Infix, index: Index, is_variable: IsVariable) -> Weighted:
    if expression.sign not in ("*", "/"):
        return _constant(expression, index, is_variable)
    left = weighted(expression.left, index, is_variable)
    right = weighted(expression.right, index, is_variable)
    result = Weighted()
    if not right.factors:
        result.add(left, element_of(expression.right, index), expression.sign == "/")
    elif left.factors or expression.sign == "/":
        raise NotLinear
    else:
        result.add(right, element_of(expression.left, index))
    return result


@_taken_apart.register
def _(expression: FunctionCall, index: Index, is_variable: IsVariable) -> Weighted:
    result = Weighted()
    if expression.function in ("SUM", ""):
        for argument in expression.arguments:
            result.add(weighted(argument, index, is_variable))
    elif expression.function == "AVERAGE":
        cells = [cell for argument in expression.arguments for cell in cells_of(argument, index)]
        result.add(_of_cells(cells, is_variable), as_expression(len(cells)), divide=True)
    elif expression.function == "IF":
        condition, *branches = expression.arguments
        if any(map(is_variable, cells_of(condition, index))):
            raise NotLinear
        when = element_of(condition, index)
        one, other = (weighted(branch, index, is_variable) for branch in branches)
        for cell in dict.fromkeys([*one.factors, *other.factors]):
            result.factors[cell] = IF(when, one.factors.get(cell, ZERO), other.factors.get(cell, ZERO))
        if any(not term.vanishes for term in (*one.rest, *other.rest)):
            result.rest.append(IF(when, _sum(one.rest), _sum(other.rest)))
    elif expression.function in CHOOSING:
        _add_chosen(result, expression, index, is_variable)
    else:
        return _constant(expression, index, is_variable)
    return result


@_taken_apart.register
def _(expression: Rearranged, index: Index, is_variable: IsVariable) -> Weighted:
    return weighted(*expression.origin(index), is_variable)


@_taken_apart.register
def _(expression: FormulaTable, index: Index, is_variable: IsVariable) -> Weighted:
    return weighted(expression.formula(index), (), is_variable)


@_taken_apart.register
def _(expression: RangeReduction, index: Index, is_variable: IsVariable) -> Weighted:
    cells = [cell for each in expression.region(*index).ranges for cell in each.each()]
    result = Weighted()
    if expression.function == "SUM":
        result = _of_cells(cells, is_variable)
    elif expression.function == "AVERAGE":
        result.add(_of_cells(cells, is_variable), as_expression(len(cells)), divide=True)
    else:
        return _constant(expression, index, is_variable)
    return result


@_taken_apart.register
def _(expression: SumOfProducts, index: Index, is_variable: IsVariable) -> Weighted:
    result = Weighted()
    for left, right in expression.pairs(index):
        for one, two in zip(left.each(), right.each(), strict=True):
            one, two = plain(one), plain(two)
            if is_variable(two):
                one, two = two, one
            if is_variable(two):
                raise NotLinear
            if is_variable(one):
                known = result.factors.get(one)
                result.factors[one] = two.cells if known is None else known + two
            else:
                result.rest.append(one * two)
    return result


@_taken_apart.register
def _(expression: Scattered, index: Index, is_variable: IsVariable) -> Weighted:
    result = Weighted()
    for part, place in expression.sent_to(index):
        result.add(weighted(part, place, is_variable))
    return result


def _constant(expression: Expression, index: Index, is_variable: IsVariable) -> Weighted:
    if any(map(is_variable, cells_of(expression, index))):
        raise NotLinear
    return Weighted(rest=[element_of(expression, index)])


_rule_of = cache(_taken_apart.dispatch)


def spread(cell: Cell) -> Weighted:
    """Cells that numbers choose, one by one: each counts where it is the one that is asked for."""
    if isinstance(cell, Chosen):
        return Weighted({each: IF(when, 1, 0) for each, when in cell.each()})
    return Weighted({cell: ONE})


def _add_chosen(result: Weighted, expression: FunctionCall, index: Index, is_variable: IsVariable) -> None:
    for read in chosen_by(expression):
        if any(map(is_variable, ranges_of(read, index))):
            raise NotLinear
    found = chosen(expression, index)
    if any(map(is_variable, found.corners)):
        result.add(Weighted({found: ONE}))
    else:
        result.rest.append(element_of(expression, index))


def _of_cells(cells: Iterable[Reference], is_variable: IsVariable) -> Weighted:
    result = Weighted()
    for cell in map(plain, cells):
        if not is_variable(cell):
            result.rest.append(cell.cells)
        elif cell in result.factors:
            result.factors[cell] = result.factors[cell] + 1
        else:
            result.factors[cell] = ONE
    return result


def _scaled(term: Expression, by: Expression | None, divide: bool) -> Expression:
    if by is None:
        return term
    if divide:
        return term / by
    if by is MINUS_ONE:
        return negated(term)
    if by is ONE or term is ONE:
        return by if term is ONE else term
    return by * term


def _sum(terms: list[Expression]) -> Expression:
    result = terms[0] if terms else ZERO
    for term in terms[1:]:
        result = result + term
    return result
