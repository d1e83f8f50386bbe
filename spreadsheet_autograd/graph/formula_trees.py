"""Parses the formulas of a workbook, copies only once, and replaces the pieces that need no numbers, such as ROW()."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from excel_export.shared.a1_notation import CELL_IN_FORMULA, Place, place
from spreadsheet_autograd.functions.dynamic_arrays import sequence
from spreadsheet_autograd.functions.evaluation import KNOWN, evaluate
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.defined_names import resolver
from spreadsheet_autograd.graph.lambdas import without_lambda
from spreadsheet_autograd.graph.read_cells import Contents
from spreadsheet_autograd.language.parser import NotAFormula, parse
from spreadsheet_autograd.language.syntax import (
    Call,
    Cell,
    Matrix,
    Name,
    Node,
    Number,
    Part,
    Range,
    mapped,
    pieces,
    shifted,
)

T = TypeVar("T")
_VOLATILE = {"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY"}


class Formulas:
    """A parser for the formulas of a workbook. Of copies, as =A1*2 and =A2*2 below it, only the first is parsed.

    `extent_of` returns the last row and the last column in use of a sheet by its name, (9, 4), where A:A and 1:1 end.
    """

    def __init__(self, contents: Contents, extent_of: Callable[[str], tuple[int, int]]) -> None:
        self._contents, self._extent_of = contents, extent_of
        self._tree_of: dict[tuple[str, str], tuple[Node, Place]] = {}
        self.first_of: dict[Place, Place] = {}
        """For each formula, the first cell that has a copy of it, possibly itself: {('S', 2, 2): ('S', 1, 2)}."""
        self.unknown: dict[Place, Node] = {}
        """The trees of the formulas that have an unknown function."""
        self._depends_on_place = False

    def parsed(self, formula: str, at: Place) -> Node | str:
        """Return the formula of a cell as a tree, or a text why it can't be computed, 'the function FOO isn't known'.

        Args:
            formula: the text without '=', 'A1*2'.
            at: the cell, ('S', 1, 2), whose sheet is meant by references without a sheet.
        """
        key = (at[0], _relative(formula, at)) if "[" not in formula else None
        if key in self._tree_of:
            node, first = self._tree_of[key]
            self.first_of[at] = first
            _, row, col = first
            return shifted(node, at[1] - row, at[2] - col)
        self._depends_on_place = False
        try:
            resolve = self._noting(resolver(self._contents, at))
            whole = parse(formula, at[0], resolve, self._noting(self._extent_of))
            node = mapped(whole, lambda piece: self._static(piece, at, resolve))
        except NotAFormula as error:
            return f"can't be read as a formula: {error}"
        reason = next((why for piece in pieces(node) if (why := _unknown(piece))), "")
        if reason:
            self.unknown[at] = node
            return reason
        if key and not self._depends_on_place and not any(map(_turns, pieces(node))):
            self._tree_of[key] = node, at
            self.first_of[at] = at
        return node

    def _noting(self, lookup: Callable[[str], T]) -> Callable[[str], T]:
        def answer(name: str) -> T:
            self._depends_on_place = True
            return lookup(name)

        return answer

    def _static(self, piece: Node, at: Place, resolve: Callable[[str], Node | None]) -> Node:
        new = _written_out(self._spilled(piece), at)
        self._depends_on_place |= new is not piece
        return without_lambda(new, resolve) if isinstance(new, Call) and new.name not in KNOWN else new

    def _spilled(self, piece: Node) -> Node:
        if not isinstance(piece, Call) or piece.name != "ANCHORARRAY":
            return piece
        first = piece.arguments[0] if piece.arguments else None
        content = self._contents.cells.get(first.place) if isinstance(first, Cell) else None
        if not isinstance(first, Cell) or content is None or not content.formula:
            raise NotAFormula("means an array that is none")
        _, _, row, col = content.spill or (*first.place[1:], *first.place[1:])
        last = replace(first, row=row, col=col)
        return first if first == last else Range(first, last)


def _turns(piece: Node) -> bool:
    if not isinstance(piece, Range):
        return False
    first, last = piece.first, piece.last
    return (first.fixed_row, first.fixed_col) != (last.fixed_row, last.fixed_col)


def _relative(formula: str, at: Place) -> str:
    _, own_row, own_col = at

    def step(match: re.Match[str]) -> str:
        fixed_col, letters, fixed_row, digits = match.groups()
        if digits is None:
            return match[0]
        try:
            row, col = place((letters + digits).upper())
        except ValueError:
            return match[0]
        return f"\0{fixed_row}{row if fixed_row else row - own_row},{fixed_col}{col if fixed_col else col - own_col}\0"

    return CELL_IN_FORMULA.sub(step, formula)


def _unknown(node: Node) -> str:
    if isinstance(node, Call) and node.name not in KNOWN:
        if node.name in _VOLATILE:
            return f"{node.name} gives another number each time: the one in the file is kept"
        if node.name == "OFFSET":
            return "OFFSET with an argument that is no constant"
        return f"the function {node.name[:40]} isn't known"
    if isinstance(node, Name) and not node.text.isidentifier():
        return f"{node.text[:40]!r} stands for nothing"
    return ""


def _written_out(node: Node, at: Place) -> Node:
    """Return the number or the reference for a call such as ROW() or OFFSET(A1,1,0); any other piece as it is."""
    if not isinstance(node, Call):
        return node
    if node.name in ("ROW", "COLUMN"):
        target = node.arguments[0] if node.arguments else Cell(*at)
        target = target.first if isinstance(target, Range) else target
        if isinstance(target, Cell):
            return Number(float(target.row if node.name == "ROW" else target.col))
    if node.name in ("ROWS", "COLUMNS") and len(node.arguments) == 1 and isinstance(node.arguments[0], Range):
        return Number(float(node.arguments[0].shape[node.name == "COLUMNS"]))
    if node.name == "SEQUENCE":
        numbers = [number for argument in node.arguments if (number := _constant(argument)) is not None]
        with suppress(CellError):
            if len(numbers) == len(node.arguments):
                return Matrix(tuple(tuple(map(Number, row)) for row in sequence(*numbers)))
    if node.name == "OFFSET" and len(node.arguments) >= 3:
        base = node.arguments[0]
        steps = [_constant(argument) for argument in node.arguments[1:]]
        if isinstance(base, (Cell, Range)) and None not in steps[:2]:
            first, own = (base, (1, 1)) if isinstance(base, Cell) else (base.first, base.shape)
            size_arguments = [*steps[2:4], None, None]
            sizes = [size if wanted is None else int(wanted) for wanted, size in zip(size_arguments, own, strict=False)]
            one = first.moved(int(steps[0] or 0), int(steps[1] or 0))
            other = one.moved(sizes[0] - 1, sizes[1] - 1)
            if min(one.row, one.col, *sizes) >= 1:
                return one if sizes == [1, 1] else Range(one, other)
    return node


def _constant(node: Node) -> float | None:
    if any(isinstance(piece, (Cell, Range, Name, Part)) for piece in pieces(node)):
        return None
    value = evaluate(node, {}, ("", 1, 1), False)
    return value if isinstance(value, float) else None
