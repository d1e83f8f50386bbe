"""Rectangles of numbers that have a title, and which cells are called a gradient by it or by headings of their own."""

from __future__ import annotations

from collections.abc import Callable

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.labels import Labels, gradient_in
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.places import rectangle


def is_number(graph: SpreadsheetGraph, at: Place) -> bool:
    """Whether a cell holds a number, or a formula that should give one: TRUE, as of =x>0, or an error."""
    value = graph.numbers.get(at)
    return isinstance(value, float) or (isinstance(value, (bool, CellError)) and graph.is_formula(at))


def blocks(graph: SpreadsheetGraph, labels: Labels) -> list[tuple[str, Place, int, int]]:
    """The rectangles of numbers that have a title: it, the first cell, and how many rows and columns."""
    numbers = {at for at in graph.numbers if at[1] > 0 and is_number(graph, at)}
    found, seen = [], set[Place]()
    for at in sorted(numbers):
        if at in seen:
            continue
        sheet, row, col = at
        right, down = col, row
        while (
            (sheet, row, right + 1) in numbers
            and (sheet, row, right + 1) not in seen
            and not labels.text((sheet, row - 1, right + 1))  # where the next column has a title, it is another block
        ):
            right += 1
        while all((sheet, down + 1, c) in numbers for c in range(col, right + 1)):
            down += 1
        seen.update((sheet, r, c) for r in range(row, down + 1) for c in range(col, right + 1))
        title = labels.text((sheet, row - 1, col))
        if not title and row < down and labels.text((sheet, row, col - 1)) and labels.text((sheet, row + 1, col - 1)):
            title = labels.above(at) if labels.above(at) in labels.beside(at) else ""  # each row has a name of its own
        elif not title:
            title = (
                "" if row < down and labels.text((sheet, row + 1, col - 1)) else labels.text((sheet, row, col - 1))
            ) or labels.title(at, row < down)
        if title:
            found.append((title, at, down - row + 1, right - col + 1))
    return found


def called_gradients(graph: SpreadsheetGraph, labels: Labels) -> Callable[[Place], bool]:
    """Tells whether a cell is called a gradient: by its own heading, or by the title of its block."""
    titled = [block for title, *block in blocks(graph, labels) if gradient_in(title)]
    in_blocks = {at for block in titled for at in rectangle(*block)}
    return lambda at: at in in_blocks or any(map(gradient_in, labels.beside(at)))
