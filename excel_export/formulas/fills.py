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
from excel_export.formulas.reference import LETTERS, Name, Reference
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


def filling(corners: Mapping[Place, list[Piece]], home: str) -> list[Piece] | None:
    """Return the formula that may fill a rectangle, with its references fixed where they do not move along.

    Args:
        corners: the formulas of its first cell, and of those below and beside this one, as far as they are there.
        home: the sheet that they stand on.

    Returns:
        None where they are not one formula, or refer to another sheet.
    """
    first = corners[0, 0]
    below, beside = corners.get((1, 0), first), corners.get((0, 1), first)
    if not len(first) == len(below) == len(beside):
        return None
    formula: list[Piece] = []
    for piece, down, right in zip(first, below, beside, strict=True):
        if isinstance(piece, Reference):
            if piece.sheet != home or not isinstance(down, Reference) or not isinstance(right, Reference):
                return None
            row_fixed = down.row == piece.row if (1, 0) in corners else piece.row_fixed
            col_fixed = right.col == piece.col if (0, 1) in corners else piece.col_fixed
            piece = replace(piece, row_fixed=row_fixed, col_fixed=col_fixed)
        formula.append(piece)
    return formula


def copied(formula: list[Piece], place: Place) -> str:
    """What a spreadsheet makes of a formula so many rows and columns away, without signs that fix a row or a column."""
    texts = []
    for piece in formula:
        if isinstance(piece, str):
            texts.append(loosened(piece))
            continue
        row, col = (piece.row + (not piece.row_fixed and place[0]), piece.col + (not piece.col_fixed and place[1]))
        text = f"{LETTERS[col]}{row}"
        last = f":{LETTERS[col + piece.width - 1]}{row + piece.height - 1}" if piece.size > 1 else ""
        texts.append(text + last)
    return "".join(texts)


def loosened(formula: str) -> str:
    """A formula without the signs that fix rows and columns."""
    return formula.replace("$", "")
