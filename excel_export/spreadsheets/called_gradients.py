"""Which cells are called a gradient: by their own headings, or by the title of their block."""

from __future__ import annotations

from excel_export.spreadsheets.blocks import blocks
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels, gradient_in


class CalledGradients:
    """Tells whether a cell is called a gradient."""

    def __init__(self, graph: SpreadsheetGraph, labels: Labels) -> None:
        """Read the headings of a workbook."""
        self._labels = labels
        self._in_blocks = {
            (first[0], first[1] + row, first[2] + col)
            for title, first, rows, cols in blocks(graph, labels)
            if gradient_in(title)
            for row in range(rows)
            for col in range(cols)
        }

    def __contains__(self, at: object) -> bool:
        """Whether its own heading says so, or the title of its block."""
        return at in self._in_blocks or any(gradient_in(text) for text in self._labels.beside(at))  # type: ignore[arg-type]
