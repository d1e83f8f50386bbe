"""Formulas that stand in several places of a sheet, some rows apart: they are written once, and their rows filled in.

The steps of a training are such copies. To write each of them anew took most of the time of an export.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from excel_export.formulas.expression import Expression, Leaf
from excel_export.formulas.reference import ROW, OpenRows, Reference
from excel_export.formulas.writing import Index, Token


class Original:
    """Formulas for one sheet, of which every reference to that sheet moves along when they are copied downwards."""

    def __init__(self, formulas: Expression, sheet: str) -> None:
        self.formulas, self.sheet = formulas, sheet

    def copy(self, down: int) -> Expression:
        """The same formulas, so many rows further down."""
        return _Copy(self, down)

    def texts(self, down: int) -> np.ndarray:
        """Write the copy that stands so many rows further down."""
        templates, rows = self._written
        fields = [str(row + down) for row in rows]
        texts = np.empty(templates.shape, dtype=object)
        texts.reshape(-1)[:] = [template.format(*fields) for template in templates.ravel().tolist()]
        return texts

    @cached_property
    def _written(self) -> tuple[np.ndarray, range]:
        """The formulas with numbered fields in the place of rows, and the rows that these stand for."""
        texts = self.formulas.texts(OpenRows(self.sheet))
        # Text and rows by turns.
        pieces = [text.split(ROW) for text in texts.ravel().tolist()]
        rows = {int(row) for formula in pieces for row in formula[1::2]}
        first = min(rows, default=0)
        templates = np.empty(texts.shape, dtype=object)
        templates.reshape(-1)[:] = ["".join(_fields(formula, first)) for formula in pieces]
        return templates, range(first, max(rows, default=0) + 1)


class _Copy(Leaf):
    """Formulas some rows below their original."""

    def __init__(self, original: Original, down: int) -> None:
        self._original, self._down = original, down
        self.shape, self.precedence = original.formulas.shape, original.formulas.precedence

    def column(self, home: str) -> np.ndarray:
        if home != self._original.sheet:
            raise ValueError(f"a copy for the sheet '{self._original.sheet}' cannot stand on '{home}'")
        return self._original.texts(self._down)

    def element(self, index: Index) -> list[Token]:
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
