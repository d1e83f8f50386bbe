"""The terms of a gradient as products, as text, and their sum in few words."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from excel_export.formulas.writing import NEGATED, PRODUCT
from spreadsheet_autograd.language.algebra import ONE, ZERO, times
from spreadsheet_autograd.language.syntax import Call, Cell, Node, Range, written_and_binding

FEWEST = 3
"""So many products along a row or a column become SUMPRODUCT, or SUM."""


class Product(NamedTuple):
    """A term of a cell's gradient, written."""

    negative: bool
    text: str
    binds: int
    """How tightly its last operator binds."""
    cells: tuple[Cell, ...] = ()
    """Its factors, where all of them are cells."""

    def inside(self, least: int) -> str:
        """It as an operand of what binds as tightly."""
        return self.text if self.binds >= least else f"({self.text})"


def product(factors: Iterable[Node]) -> Node:
    """Factors, multiplied. Choices go around the rest, so that what is not chosen may be an error."""
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
    """The products of a sum on the sheet `home`, as few as may be."""
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
    """Whether cells are the next ones of a run: all by one down, or all by one to the right, or one stays."""
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
    """The sum of products."""
    if not products:
        return "0"
    # A sum that begins without a sign is easier to read.
    first, *others = sorted(products, key=lambda one: one.negative)
    start = "-" + first.inside(NEGATED) if first.negative else first.text
    return start + "".join(["+-"[one.negative] + one.inside(PRODUCT) for one in others])
