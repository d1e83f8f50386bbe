"""The terms of a gradient as products, written as copies of their formulas send them, and added up in few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from excel_export.formulas.writing import NEGATED, PRODUCT
from excel_export.shared.a1_notation import CELL_IN_FORMULA, place
from excel_export.shared.cells import letters_of
from spreadsheet_autograd.functions.derivatives import SlopeTerm
from spreadsheet_autograd.language.algebra import ONE, ZERO
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Node,
    Range,
    shifted,
    written_and_binding,
)

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


class Movable:
    """A formula in pieces: texts, and between them columns and rows, as texts where they stay."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str | tuple[str | int, str | int]] = []
        begin = 0
        for match in CELL_IN_FORMULA.finditer(text):
            fixed_col, letters, fixed_row, digits = match.groups()
            if digits is None:  # a text, or the name of a sheet
                continue
            row, col = place(letters + digits)
            self._pieces.append(text[begin : match.start()])
            self._pieces.append((f"${letters}" if fixed_col else col, f"${digits}" if fixed_row else row))
            begin = match.end()
        self._pieces.append(text[begin:])

    def moved(self, down: int, right: int) -> str:
        """The formula as a copy of it reads in another cell."""
        parts = []
        for piece in self._pieces:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                col, row = piece
                parts.append(letters_of(col + right) if isinstance(col, int) else col)
                parts.append(str(row + down) if isinstance(row, int) else row)
        return "".join(parts)


class MovableProduct:
    """A term as copies of its formula send it."""

    def __init__(self, term: SlopeTerm, home: str) -> None:
        factors = [factor for factor in term.factors if factor != ONE]
        self._negative, self._home = term.negative, home
        self._product = product(factors)
        cells = tuple([factor for factor in factors if isinstance(factor, Cell)])
        self._cells = cells if len(cells) == len(factors) else ()
        text, self._binds = written_and_binding(self._product, home)
        self._text = None if ":" in text else Movable(text)

    def moved(self, down: int, right: int) -> Product:
        """The term that such a copy sends."""
        if self._text is None:  # the corners of a range may turn
            text, _ = written_and_binding(shifted(self._product, down, right), self._home)
        else:
            text = self._text.moved(down, right)
        return Product(self._negative, text, self._binds, tuple([cell.copied(down, right) for cell in self._cells]))


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


def added(products: Iterable[Product], home: str) -> list[Product]:
    """The products of a sum on the sheet `home`, as few as may be."""
    found: list[Product] = []
    runs: list[list[Product]] = []
    for one in products:
        if not 1 <= len(one.cells) <= 2:
            found.append(one)
            continue
        for run in reversed(runs):
            if run[0].negative == one.negative and _goes_on(run, one.cells):
                run.append(one)
                break
        else:
            runs.append([one])
    for run in runs:
        found += run if len(run) < FEWEST else [_whole(run, home)]
    return found


def total(products: Sequence[Product]) -> str:
    """The sum of products."""
    if not products:
        return "0"
    # A sum that begins without a sign is easier to read.
    first, *others = sorted(products, key=lambda one: one.negative)
    start = "-" + first.inside(NEGATED) if first.negative else first.text
    return start + "".join(["+-"[one.negative] + one.inside(PRODUCT) for one in others])


def _step(one: Cell, other: Cell) -> tuple[int, int] | None:
    return (other.row - one.row, other.col - one.col) if one.sheet == other.sheet else None


def _goes_on(run: Sequence[Product], cells: tuple[Cell, ...]) -> bool:
    """Whether cells are the next ones of a run: all by one down, or all by one to the right, or one stays."""
    if len(cells) != len(run[0].cells):
        return False
    steps = [_step(last, now) for last, now in zip(run[-1].cells, cells, strict=True)]
    if len(run) > 1 and steps != [_step(a, b) for a, b in zip(run[-2].cells, run[-1].cells, strict=True)]:
        return False
    moving = {step for step in steps if step != (0, 0)}
    return moving in ({(1, 0)}, {(0, 1)})


def _whole(run: Sequence[Product], home: str) -> Product:
    ranges: list[Node] = []
    fixed: list[Node] = []
    for first, last in zip(run[0].cells, run[-1].cells, strict=True):
        if first == last:
            fixed.append(first)
        else:
            ranges.append(Range(Cell(*first.place), Cell(*last.place)))
    whole: Node = Call("SUM" if len(ranges) == 1 else "SUMPRODUCT", tuple(ranges))
    return Product(run[0].negative, *written_and_binding(product([*fixed, whole]), home))
