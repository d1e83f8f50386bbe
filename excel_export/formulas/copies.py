"""Formulas that stand in several places of a sheet, some rows apart: they are written once, and their rows filled in.

The steps of a training are such copies. To write each of them anew took most of the time of an export.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from excel_export.formulas.expression import Expression, Leaf
from excel_export.formulas.fills import Fill, Piece, copied, filling, loosened, pieces, rectangles
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import ROW, OpenRows, Reference
from excel_export.formulas.writing import Index, Token

_CORNERS = (0, 0), (1, 0), (0, 1)


@dataclass(frozen=True)
class _Alike:
    """Cells that share a formula."""

    area: Reference
    members: list[int]
    """The numbers of their elements, in reading order."""
    text: str
    """The formula of the first of them, with its rows marked."""


class Original:
    """Formulas for a grid, of which every reference to its sheet moves along when they are copied downwards."""

    def __init__(self, formulas: Expression, grid: Grid, in_a_column: int = 1) -> None:
        """Take the formulas.

        Args:
            formulas: what stands in the grid.
            grid: where.
            in_a_column: how many copies, this one included, follow each other row by row.
        """
        self.formulas, self.grid, self.sheet, self._in_a_column = formulas, grid, grid.sheet, in_a_column

    def copy(self, down: int) -> Copy:
        """The same formulas, so many rows further down."""
        return Copy(self, down)

    def texts(self, down: int) -> np.ndarray:
        """Write the copy that stands so many rows further down."""
        texts = np.empty(self.formulas.shape, dtype=object)
        texts.reshape(-1)[:] = self._all.texts(down)
        return texts

    def contents(self, down: int) -> list[str | Fill]:
        """Write the same in reading order, with a `Fill` for each cell that shares its formula with others."""
        contents: dict[int, str | Fill] = dict(zip(self._alone, self._of_those_alone.texts(down), strict=True))
        for filled, fill in zip(self._filled, self._fills(down), strict=True):
            contents |= dict.fromkeys(filled.members, fill)
        return [contents[place] for place in range(len(contents))]

    def _fills(self, down: int) -> list[Fill]:
        if self._in_a_column > 1:
            return self._columns
        texts = self._of_the_filled.texts(down)
        areas = (replace(filled.area, row=filled.area.row + down) for filled in self._filled)
        return [Fill(text, area) for text, area in zip(texts, areas, strict=True)]

    @cached_property
    def _columns(self) -> list[Fill]:
        """What all copies share, where they follow each other."""
        texts = self._of_the_filled.texts(0)
        return [Fill(text, filled.area) for text, filled in zip(texts, self._filled, strict=True)]

    @cached_property
    def _filled(self) -> list[_Alike]:
        """Downwards where the copies follow each other, else over the rectangles of each copy."""
        found: list[_Alike] = []
        if self._in_a_column > 1:
            for number, index in enumerate(np.ndindex(self.grid.shape)):
                formula = filling({(0, 0): pieces(self.formulas.tokens(index))}, self.sheet)
                if formula is not None:
                    area = replace(self.grid.relative.at(*index), height=self._in_a_column)
                    found.append(_Alike(area, [number], _marked(map(_moving, formula), self.sheet)))
            return found
        grid = self.grid.relative
        for places in rectangles(grid):
            corners = {place: pieces(self.formulas.tokens(places[place])) for place in _CORNERS if place in places}
            formula = filling(corners, self.sheet)
            members = [int(np.ravel_multi_index(index, self.grid.shape)) for index in places.values()]
            pairs = zip(places, members, strict=True)
            if formula and all(copied(formula, place) == self._loosened[number] for place, number in pairs):
                area = grid.at(*places[0, 0]).to(grid.at(*places[max(places)]))
                found.append(_Alike(area, members, _marked(formula, self.sheet)))
        return found

    @cached_property
    def _of_the_filled(self) -> _Templates:
        return _Templates([filled.text for filled in self._filled])

    @cached_property
    def _alone(self) -> list[int]:
        """The elements that share their formula with no other."""
        filled = {member for filled in self._filled for member in filled.members}
        return [number for number in range(len(self._written)) if number not in filled]

    @cached_property
    def _of_those_alone(self) -> _Templates:
        return _Templates([self._written[number] for number in self._alone])

    @cached_property
    def _all(self) -> _Templates:
        return _Templates(self._written)

    @cached_property
    def _loosened(self) -> list[str]:
        """The formulas, as they are compared."""
        return [loosened(text.replace(ROW, "")) for text in self._written]

    @cached_property
    def _written(self) -> list[str]:
        """The formulas, with their rows marked."""
        return list(self.formulas.texts(OpenRows(self.sheet)).ravel().tolist())


class _Templates:
    """Formulas with their rows left open."""

    def __init__(self, marked: Sequence[str]) -> None:
        """Take formulas of which the rows are marked."""
        # Text and rows by turns.
        formulas = [text.split(ROW) for text in marked]
        rows = {int(row) for formula in formulas for row in formula[1::2]}
        self._rows = range(min(rows, default=0), max(rows, default=0) + 1)
        self._templates = ["".join(_fields(formula, self._rows.start)) for formula in formulas]

    def texts(self, down: int) -> list[str]:
        """Write them with rows that lie so much further down."""
        fields = [str(row + down) for row in self._rows]
        return [template.format(*fields) for template in self._templates]


class Copy(Leaf):
    """Formulas some rows below their original."""

    def __init__(self, original: Original, down: int) -> None:
        self._original, self._down = original, down
        self.shape, self.precedence = original.formulas.shape, original.formulas.precedence

    @property
    def contents(self) -> list[str | Fill]:
        """What its cells hold, in reading order: a `Fill` where they share a formula with others."""
        return self._original.contents(self._down)

    def column(self, home: str) -> np.ndarray:
        """Return the texts of the formulas."""
        if home != self._original.sheet:
            raise ValueError(f"a copy for the sheet '{self._original.sheet}' cannot stand on '{home}'")
        return self._original.texts(self._down)

    def element(self, index: Index) -> list[Token]:
        """Return the pieces of one formula."""
        return [self._moved(token) for token in self._original.formulas.tokens(index)]

    def _moved(self, token: Token) -> Token:
        if isinstance(token, Reference):
            return self._below(token)
        return (self._below(token[0]), self._below(token[1])) if isinstance(token, tuple) else token

    def _below(self, reference: Reference) -> Reference:
        is_home = reference.sheet == self._original.sheet
        return replace(reference, row=reference.row + self._down) if is_home else reference


def _fields(pieces: list[str], first: int) -> Iterator[str]:
    for k, piece in enumerate(pieces):
        yield f"{{{int(piece) - first}}}" if k % 2 else piece.replace("{", "{{").replace("}", "}}")


def _moving(piece: Piece) -> Piece:
    """A reference that moves downwards with its cell."""
    return replace(piece, row_fixed=False) if isinstance(piece, Reference) else piece


def _marked(formula: Iterable[Piece], sheet: str) -> str:
    home = OpenRows(sheet)
    return "".join(piece.text(home) if isinstance(piece, Reference) else piece for piece in formula)
