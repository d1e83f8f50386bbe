"""Formulas that fill a rectangle: they are one formula, whose relative references move along from cell to cell.

The file format writes such a formula once. It must not refer to another sheet; a defined name may do so ([MS-XLSB]
2.5.98.98, SharedParsedFormula).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from excel_export.formulas.grid import Grid
from excel_export.formulas.numbers import number
from excel_export.formulas.reference import Name, Reference
from excel_export.formulas.writing import Index, Token

Place = tuple[int, int]
"""So many rows and columns from the first cell of a rectangle."""
Piece = str | Reference


@dataclass(frozen=True, eq=False)
class Fill:
    """One formula that fills some cells."""

    text: str
    """The formula of the first cell, without its '='."""
    area: Reference


def rectangles(grid: Grid) -> Iterator[dict[Place, Index]]:
    """Yield the full rectangles that a grid is made of, each as the elements in its cells."""
    long = [axis for axis, size in enumerate(grid.shape) if size > 1]
    inner = long[-2:]
    for outer in product(*((0,) if axis in inner else range(size) for axis, size in enumerate(grid.shape))):
        first = grid.at(*outer)
        places: dict[Place, Index] = {}
        for steps in product(*(range(grid.shape[axis]) for axis in inner)):
            index = list(outer)
            for axis, step in zip(inner, steps, strict=True):
                index[axis] = step
            cell = grid.at(*index)
            places[cell.row - first.row, cell.col - first.col] = tuple(index)
        height, width = (1 + max(place[axis] for place in places) for axis in (0, 1))
        if 1 < len(places) == height * width:
            yield places


def pieces(tokens: list[Token]) -> list[Piece]:
    """Return a formula as its texts and references; a defined name is the same in all copies of it."""
    found: list[Piece] = []
    for token in tokens:
        if isinstance(token, (str, Reference)):
            found.append(token)
        elif isinstance(token, tuple):
            found += ["SUMPRODUCT(", token[0], ",", token[1], ")"]
        elif isinstance(token, Name):
            found.append(token.text)
        else:
            found.append(number(token))
    return found


def filling(formulas: Mapping[Place, list[Piece] | None], home: str) -> list[Piece] | None:
    """Return the formula that fills a rectangle, with its references fixed where they do not move along.

    Args:
        formulas: of each cell.
        home: the sheet that they stand on.

    Returns:
        None where they are not one formula, or refer to another sheet.
    """
    first = formulas[0, 0]
    below, beside = formulas.get((1, 0), first), formulas.get((0, 1), first)
    if first is None or below is None or beside is None or not len(first) == len(below) == len(beside):
        return None
    formula: list[Piece] = []
    for piece, down, right in zip(first, below, beside, strict=True):
        if isinstance(piece, Reference):
            if piece.sheet != home or not isinstance(down, Reference) or not isinstance(right, Reference):
                return None
            row_fixed = down.row == piece.row if (1, 0) in formulas else piece.row_fixed
            col_fixed = right.col == piece.col if (0, 1) in formulas else piece.col_fixed
            piece = replace(piece, row_fixed=row_fixed, col_fixed=col_fixed)
        formula.append(piece)
    return formula if all(_is_copy(found, formula, place) for place, found in formulas.items()) else None


def _is_copy(found: list[Piece] | None, formula: list[Piece], place: Place) -> bool:
    """Whether a spreadsheet would make a formula of another one, so many rows and columns away."""
    if found is None or len(found) != len(formula):
        return False
    down, right = place
    for piece, original in zip(found, formula, strict=True):
        if isinstance(original, Reference):
            if not isinstance(piece, Reference) or (
                piece.sheet, piece.row, piece.col, piece.height, piece.width
            ) != (
                original.sheet,
                original.row + (0 if original.row_fixed else down),
                original.col + (0 if original.col_fixed else right),
                original.height,
                original.width,
            ):  # fmt: skip
                return False
        elif piece != original:
            return False
    return True
