"""A formula as a weighted sum of some of its cells: each cell's factor, and the terms without such a cell.

A convolution is such a sum of the pixels under its filter; a gradient is one of the gradients that arrive. The
factors are formulas, too: the weights of the filter, or a slope such as IF(x > 0, 1, 0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from excel_export.formulas import Expression, FunctionCall, Infix, Negated, Total, as_expression, negated
from excel_export.formulas.analysis.chosen import Chosen, cells_of, chosen, ranges_of
from excel_export.formulas.arrays import SumProduct
from excel_export.formulas.functions import IF
from excel_export.formulas.reference import Reference, Referred
from excel_export.formulas.writing import Index

IsVariable = Callable[[Reference], bool]
"""Returns whether a cell, or any cell of a rectangle, is one by which a formula is taken apart."""
Cell = Reference | Chosen
"""A cell, or the cells that numbers on the sheet choose; chosen cells are added up."""
ONE, ZERO, MINUS_ONE = map(as_expression, (1, 0, -1))


class NotLinear(Exception):
    """Raised for a formula that is no weighted sum of the cells whose factors are sought: A1*A1 for A1."""


@dataclass
class Weighted:
    """The sum Σ factor · cell + Σ rest: 2·A1 − B1 + 5 has, for A1, the factors {A1: 2} and the rest [-B1, 5]."""

    factors: dict[Cell, Expression] = field(default_factory=dict)
    """The factor of each cell, in the order of the formula; INDEX(A1:A3,I9) is one key, a `Found`."""
    rest: list[Expression] = field(default_factory=list)
    """The terms without a cell whose factor is sought, to be added up; [] for none."""

    def add(self, other: Weighted, by: Expression | None = None, divide: bool = False) -> None:
        """Add another sum to this one: 3·A1 + 5 plus A1 + 1 times 2 is (3+2)·A1 + 5 + 2, so the factor of A1 is 3+2.

        Each factor and term of `other` is multiplied by the formula `by`, or divided by it if `divide` is true; None
        leaves them as they are. `other` is not changed.
        """
        for cell, factor in other.factors.items():
            self.add_term(cell, _scaled(factor, by, divide))
        self.rest += [_scaled(term, by, divide) for term in other.rest]

    def add_term(self, cell: Cell, factor: Expression) -> None:
        """Add a cell times a factor: A1 and 2 to a sum 3·A1 + 5 make (3+2)·A1 + 5."""
        self.factors[cell] = self.factors[cell] + factor if cell in self.factors else factor

    def add_product(self, left: Reference, right: Reference, is_variable: IsVariable) -> None:
        """Add a product of two cells, A1*B1: B1 is a factor if is_variable(A1), A1 if is_variable(B1), else to `rest`.

        Raises:
            NotLinear: is_variable is true for both.
        """
        moves, other_moves = is_variable(left), is_variable(right)
        if moves and other_moves:
            raise NotLinear
        if moves:
            self.add_term(left, right.cells)
        elif other_moves:
            self.add_term(right, left.cells)
        else:
            self.rest.append(right * left)


def weighted(expression: Expression, index: Index, is_variable: IsVariable) -> Weighted:
    """Return one formula of an expression as a weighted sum of cells.

    Args:
        expression: the formulas of a tensor.
        index: the index of the formula in the tensor's shape; () for a single formula.
        is_variable: returns true for a cell whose factor is sought; other cells become part of the factors.

    Raises:
        NotLinear: the formula is no weighted sum of the cells sought, as A1*A1 or EXP(A1) of A1.

    Example:
        >>> a1, b1 = Reference("Sheet1", 1, 1), Reference("Sheet1", 1, 2)
        >>> found = weighted(2 * a1 - b1 + 5, (), lambda cell: cell == a1)
        >>> {cell.text("Sheet1"): factor.text("") for cell, factor in found.factors.items()}
        {'A1': '2'}
        >>> [term.text("Sheet1") for term in found.rest]
        ['-B1', '5']
    """
    return _taken_apart(expression.element(index), is_variable)


def _taken_apart(formula: Expression, is_variable: IsVariable) -> Weighted:
    result = Weighted()
    match formula:
        case Referred():
            result = _of_cells(formula.reference.each(), is_variable)
        case SumProduct():
            for one, two in zip(*(each.plain.each() for each in formula.token), strict=True):
                result.add_product(one, two, is_variable)
        case Total():
            for negative, term in formula.terms:
                result.add(_taken_apart(term, is_variable), MINUS_ONE if negative else None)
        case Negated():
            result.add(_taken_apart(formula.operand, is_variable), MINUS_ONE)
        case Infix(sign="*" | "/"):
            left, right = (_taken_apart(each, is_variable) for each in (formula.left, formula.right))
            if not right.factors:
                result.add(left, formula.right, formula.sign == "/")
            elif left.factors or formula.sign == "/":
                raise NotLinear
            else:
                result.add(right, formula.left)
        case FunctionCall(function="SUM" | ""):
            for argument in formula.arguments:
                result.add(_taken_apart(argument, is_variable))
        case FunctionCall(function="AVERAGE"):
            cells = [cell for argument in formula.arguments for cell in cells_of(argument)]
            result.add(_of_cells(cells, is_variable), as_expression(len(cells)), divide=True)
        case FunctionCall(function="IF"):
            when, *branches = formula.arguments
            _refuse(cells_of(when), is_variable)
            one, other = (_taken_apart(branch, is_variable) for branch in branches)
            for cell in dict.fromkeys([*one.factors, *other.factors]):
                result.factors[cell] = IF(when, one.factors.get(cell, ZERO), other.factors.get(cell, ZERO))
            if any(not term.vanishes for term in (*one.rest, *other.rest)):
                result.rest.append(IF(when, _sum(one.rest), _sum(other.rest)))
        case FunctionCall(function="SUMIF" | "INDEX"):
            by = formula.arguments[:2] if formula.function == "SUMIF" else formula.arguments[1:]
            _refuse([each for argument in by for each in ranges_of(argument)], is_variable)
            found = chosen(formula)
            if any(map(is_variable, found.corners)):
                result.factors[found] = ONE
            else:
                result.rest.append(formula)
        case _:
            _refuse(cells_of(formula), is_variable)
            result.rest.append(formula)
    return result


def _refuse(cells: Iterable[Reference], is_variable: IsVariable) -> None:
    if any(map(is_variable, cells)):
        raise NotLinear


def spread(cell: Cell) -> Weighted:
    """Return a sum in which each cell that INDEX or SUMIF may choose has a factor of 1 or 0.

    INDEX(A1:A2,I9) gives the factors {A1: IF(I9=1,1,0), A2: IF(I9=2,1,0)}; a plain cell A1 gives {A1: 1}.
    """
    if isinstance(cell, Chosen):
        return Weighted({each: IF(when, 1, 0) for each, when in cell.each()})
    return Weighted({cell: ONE})


def _of_cells(cells: Iterable[Reference], is_variable: IsVariable) -> Weighted:
    result = Weighted()
    for cell in (each.plain for each in cells):
        if is_variable(cell):
            result.add_term(cell, ONE)
        else:
            result.rest.append(cell.cells)
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
