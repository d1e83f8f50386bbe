"""Copies of formulas some rows further down: they are written once, and only their row numbers are filled in.

The steps of a training are such copies. To write each of them anew took most of the time of an export.

Formulas that fill a rectangle are one formula, whose relative references move from cell to cell. The file format holds
such a formula once. It must not refer to another sheet; a defined name may do so ([MS-XLSB] 2.5.98.98,
SharedParsedFormula).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from excel_export.formulas.expression import Expression, Leaf
from excel_export.formulas.grid import Grid
from excel_export.formulas.literals import number
from excel_export.formulas.reference import LETTERS, ROW, Name, OpenRows, Reference, Token, quoted
from excel_export.formulas.writing import Index

Place = tuple[int, int]
"""A distance in rows and columns from the first cell of a rectangle."""
Piece = str | Reference
_CORNERS = (0, 0), (1, 0), (0, 1)


@dataclass(frozen=True, eq=False)
class Fill:
    """One formula that fills a rectangle of cells as if it were dragged: 'B6*2' in D6:D8 gives B7*2 in D7."""

    text: str
    """The formula of the first cell, without '='."""
    area: Reference
    """The cells that the formula fills, the first one included."""


@dataclass(frozen=True)
class _Alike:
    area: Reference
    members: list[int]
    """The numbers of their elements in reading order, from 0 on."""
    text: str
    """The formula of the first of them, with its row numbers marked."""


class Original:
    """The formulas of a grid that are to be copied downwards: `copy(3)` of A1*$B$1 is A4*$B$4.

    References to other sheets, 'Other'!C1, stay. `copy` gives an expression, which `Canvas.fill` takes; `contents`
    gives what its cells hold.
    """

    def __init__(self, formulas: Expression, grid: Grid, in_a_column: int = 1) -> None:
        """Take the formulas.

        Args:
            formulas: one for each cell of the grid.
            grid: the cells.
            in_a_column: the number of copies, 0, 1, 2, … rows down, that share each `Fill`: with 3, A1*2 in D4 gives
                the same Fill('A1*2', D4:D6) for the three. 1 if each copy has its own.
        """
        self.formulas, self.grid, self.sheet, self._in_a_column = formulas, grid, grid.sheet, in_a_column

    def copy(self, down: int, sheets: Mapping[str, str] | None = None) -> Copy:
        """Return the copy `down` rows further down.

        `sheets` are names of sheets to replace in the formulas, {'old name': 'new name'}; None leaves all as they are.
        """
        return Copy(self, down, sheets)

    def contents(self, down: int) -> list[str | Fill]:
        """Return the contents of the copy's cells, `down` rows further down, in reading order.

        A text, 'A4*2', for a cell with a formula of its own; for cells that share a formula the same `Fill`: two times
        Fill('A4*2', D4:D5) for A4*2 and A5*2 in D4:D5.
        """
        texts = self._templates.texts(down)
        contents: dict[int, str | Fill] = dict(zip(self._alone, texts[len(self._filled) :], strict=True))
        fills = self._columns if self._in_a_column > 1 else self._fills(texts, down)
        for filled, fill in zip(self._filled, fills, strict=True):
            contents |= dict.fromkeys(filled.members, fill)
        return [contents[place] for place in range(len(contents))]

    def _fills(self, texts: list[str], down: int) -> list[Fill]:
        areas = (replace(filled.area, row=filled.area.row + down) for filled in self._filled)
        return [Fill(text, area) for text, area in zip(texts, areas, strict=False)]

    @cached_property
    def _columns(self) -> list[Fill]:
        return self._fills(self._templates.texts(0), 0)

    @cached_property
    def _filled(self) -> list[_Alike]:
        """The cells that share a formula: downwards through all copies if these follow each other, else in each."""
        found: list[_Alike] = []
        grid = self.grid.relative
        if self._in_a_column > 1:
            for number, index in enumerate(np.ndindex(grid.shape)):
                formula = _filling({(0, 0): _pieces(self.formulas.tokens(index))}, self.sheet)
                if formula is not None:
                    area = replace(grid.at(*index), height=self._in_a_column)
                    found.append(_Alike(area, [number], _marked(map(_moving, formula), self.sheet)))
            return found
        loosened = [_loosened(text.replace(ROW, "")) for text in self._written]
        numbers = {index: number for number, index in enumerate(np.ndindex(grid.shape))}
        for places in _rectangles(grid):
            corners = {place: _pieces(self.formulas.tokens(places[place])) for place in _CORNERS if place in places}
            formula = _filling(corners, self.sheet)
            members = [numbers[index] for index in places.values()]
            pairs = zip(places, members, strict=True)
            if formula and all(_copied(formula, place) == loosened[number] for place, number in pairs):
                area = grid.at(*places[0, 0]).to(grid.at(*places[max(places)]))
                found.append(_Alike(area, members, _marked(formula, self.sheet)))
        return found

    @cached_property
    def _alone(self) -> dict[int, str]:
        filled = {member for filled in self._filled for member in filled.members}
        return {number: text for number, text in enumerate(self._written) if number not in filled}

    @cached_property
    def _templates(self) -> _Templates:
        return _Templates([*(filled.text for filled in self._filled), *self._alone.values()])

    @cached_property
    def _written(self) -> list[str]:
        return list(self.formulas.texts(OpenRows(self.sheet)).ravel().tolist())


class _Templates:
    def __init__(self, marked: Sequence[str]) -> None:
        # Text and rows by turns.
        formulas = [text.split(ROW) for text in marked]
        rows = {int(row) for formula in formulas for row in formula[1::2]}
        self._rows = range(min(rows, default=0), max(rows, default=0) + 1)
        self._templates = ["".join(_fields(formula, self._rows.start)) for formula in formulas]

    def texts(self, down: int) -> list[str]:
        fields = [str(row + down) for row in self._rows]
        return [template.format(*fields) for template in self._templates]


class Copy(Leaf):
    """Formulas copied from an `Original`: 'A4*2' is the copy of A1*2 three rows further down.

    Made by `Original.copy`. Cells can hold it, but it can't be an operand of another formula.
    """

    def __init__(self, original: Original, down: int, sheets: Mapping[str, str] | None = None) -> None:
        """Take the original, the rows from it to the copy, and sheets to rename in the formulas, {'old': 'new'}."""
        self._original, self._down, self._sheets = original, down, sheets or {}
        self.shape = original.formulas.shape

    @property
    def contents(self) -> list[str | Fill]:
        """The contents of the cells in reading order: a text, 'A4*2', or the `Fill` of cells that share a formula."""
        found = self._original.contents(self._down)
        if not self._sheets:
            return found
        fills = {id(fill): self._on_others(fill) for fill in found if isinstance(fill, Fill)}
        return [fills[id(item)] if isinstance(item, Fill) else self._renamed(item) for item in found]

    def _renamed(self, formula: str) -> str:
        for old, new in self._sheets.items():
            formula = formula.replace(f"{quoted(old)}!", f"{quoted(new)}!")
        return formula

    def _on_others(self, fill: Fill) -> Fill:
        area = replace(fill.area, sheet=self._sheets.get(fill.area.sheet, fill.area.sheet))
        return Fill(self._renamed(fill.text), area)


class MovedFormula(Leaf):
    """A formula with references replaced by `move`: MovedFormula(A1*2, lambda cell: cell.at(1)) is A2*2."""

    def __init__(self, formula: Expression, move: Callable[[Reference], Reference]) -> None:
        self._formula, self._move, self.precedence = formula, move, formula.precedence

    def element(self, index: Index = ()) -> Expression:
        return self

    def tokens(self, index: Index = ()) -> list[Token]:
        return [self._moved(token) for token in self._formula.tokens()]

    def single(self, home: str) -> str:
        pieces = _pieces(self.tokens())
        return "".join(piece if isinstance(piece, str) else piece.text(home) for piece in pieces)

    def _moved(self, token: Token) -> Token:
        if isinstance(token, tuple):
            return self._move(token[0]), self._move(token[1])
        return self._move(token) if isinstance(token, Reference) else token


def _fields(pieces: list[str], first: int) -> Iterator[str]:
    for k, piece in enumerate(pieces):
        yield f"{{{int(piece) - first}}}" if k % 2 else piece.replace("{", "{{").replace("}", "}}")


def _moving(piece: Piece) -> Piece:
    return replace(piece, row_fixed=False) if isinstance(piece, Reference) else piece


def _marked(formula: Iterable[Piece], sheet: str) -> str:
    home = OpenRows(sheet)
    return "".join(piece.text(home) if isinstance(piece, Reference) else piece for piece in formula)


def _rectangles(grid: Grid) -> Iterator[dict[Place, Index]]:
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


def _pieces(tokens: list[Token]) -> list[Piece]:
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


def _filling(corners: Mapping[Place, list[Piece]], home: str) -> list[Piece] | None:
    """Return the formula that can fill a rectangle, made of the formulas in its first cell, below it and beside it.

    References are fixed ($) in rows or columns in which they do not move. None if these are not one formula, or if it
    reads another sheet than `home`.
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


def _copied(formula: list[Piece], place: Place) -> str:
    texts = []
    for piece in formula:
        if isinstance(piece, str):
            texts.append(_loosened(piece))
            continue
        row, col = (piece.row + (not piece.row_fixed and place[0]), piece.col + (not piece.col_fixed and place[1]))
        text = f"{LETTERS[col]}{row}"
        last = f":{LETTERS[col + piece.width - 1]}{row + piece.height - 1}" if piece.size > 1 else ""
        texts.append(text + last)
    return "".join(texts)


def _loosened(formula: str) -> str:
    return formula.replace("$", "")
