"""A formula's text that is written again as copies of it read in other cells."""

from __future__ import annotations

from excel_export.shared.a1_notation import place
from excel_export.shared.cells import letters_of
from excel_export.spreadsheets.formulas import REFERENCE


class Movable:
    """A formula in pieces: texts, and between them columns and rows, as texts where they stay."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str | tuple[str | int, str | int]] = []
        begin = 0
        for match in REFERENCE.finditer(text):
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
