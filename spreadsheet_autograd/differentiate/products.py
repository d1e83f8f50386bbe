"""The terms of a gradient as products, and their sum as a short formula."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from excel_export.formulas.writing import NEGATED, PRODUCT
from spreadsheet_autograd.language.algebra import ONE, ZERO, times
from spreadsheet_autograd.language.syntax import Call, Cell, Node, Range, written_and_binding

FEWEST = 3
"""The fewest products along a row or a column that become SUMPRODUCT, or SUM."""


class Product(NamedTuple):
    """A term of a cell's gradient: Product(True, 'B9*C3', PRODUCT, (B9, C3)) is -B9*C3, with B9 for Cell('S', 9, 2)."""

    negative: bool
    """True if the term is subtracted."""
    text: str
    """The formula without a sign before it."""
    binds: int
    """The precedence of the text's outermost operator, larger if it binds tighter: PRODUCT for * is above that of +."""
    cells: tuple[Cell, ...] = ()
    """Its factors if all of them are cells; () otherwise."""

    def inside(self, least: int) -> str:
        """Return the text as an operand of an operator of precedence `least`: '(A1+B1)' in a product, else 'A1+B1'."""
        return self.text if self.binds >= least else f"({self.text})"


def product(factors: Iterable[Node]) -> Node:
    """Return the product of some factors, the number 1 for none.

    A choice such as IF(A1>0,1,0) becomes the outermost call, so that the branch not chosen may be an error.

    Example:
        >>> from spreadsheet_autograd.language.algebra import written_with
        >>> from spreadsheet_autograd.language.syntax import written
        >>> written(product([written_with("IF(a,1,0)"), written_with("b"), written_with("c")]))
        'IF(a,b*c,0)'
    """
    one: Node = ONE
    return reduce(_with, sorted(factors, key=_is_choice), one)


def _with(whole: Node, factor: Node) -> Node:
    if not isinstance(factor, Call) or not _is_choice(factor):
        return times(whole, factor)
    test, *branches = factor.arguments
    return Call("IF", (test, *(whole if branch == ONE else ZERO for branch in branches)))


def _is_choice(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "IF" and {*node.arguments[1:]} == {ONE, ZERO}


def added(products: Iterable[Product], home: str) -> list[Product]:
    """Return the terms of a sum, with fewer terms where three or more go on along a column or a row.

    A1*B1, A2*B2, A3*B3 become SUMPRODUCT(A1:A3,B1:B3), which is [Product(False, 'SUMPRODUCT(A1:A3,B1:B3)', …)]; A1*B9,
    A2*B9, A3*B9 become B9*SUM(A1:A3). `home` is the name of the formula's sheet, which references then leave out.
    """
    found: list[Product] = []
    runs: list[list[Product]] = []
    for one in products:
        if not 1 <= len(one.cells) <= 2:
            found.append(one)
            continue
        run = next((run for run in reversed(runs) if _goes_on(run, one)), None)
        if run:
            run.append(one)
        else:
            runs.append([one])
    for run in runs:
        found += run if len(run) < FEWEST else [_whole(run, home)]
    return found


def _goes_on(run: Sequence[Product], one: Product) -> bool:
    if run[0].negative != one.negative or len(run[0].cells) != len(one.cells):
        return False
    steps = _steps(run[-1], one)
    if len(run) > 1 and steps != _steps(run[-2], run[-1]):
        return False
    return {*steps} - {(0, 0)} in ({(1, 0)}, {(0, 1)})


def _steps(one: Product, other: Product) -> list[tuple[int, int] | None]:
    pairs = zip(one.cells, other.cells, strict=True)
    return [(b.row - a.row, b.col - a.col) if a.sheet == b.sheet else None for a, b in pairs]


def _whole(run: Sequence[Product], home: str) -> Product:
    pairs = [*zip(run[0].cells, run[-1].cells, strict=True)]
    ranges = tuple(Range(Cell(*first.place), Cell(*last.place)) for first, last in pairs if first != last)
    whole = Call("SUM" if len(ranges) == 1 else "SUMPRODUCT", ranges)
    fixed = [first for first, last in pairs if first == last]
    return Product(run[0].negative, *written_and_binding(product([*fixed, whole]), home))


def total(products: Sequence[Product]) -> str:
    """Return the formula of the sum of products, without '=', negative ones last: 'A1*B1-C1'; '0' without any."""
    if not products:
        return "0"
    # A sum that begins without a sign is easier to read.
    first, *others = sorted(products, key=lambda one: one.negative)
    start = "-" + first.inside(NEGATED) if first.negative else first.text
    return start + "".join(["+-"[one.negative] + one.inside(PRODUCT) for one in others])
