"""Rectangles of numbers with a title, and the cells that a title or a heading calls a gradient."""

from collections.abc import Callable
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.labels import Labels, gradient_in
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.places import moved, rectangle


class NumberBlock(NamedTuple):
    """A rectangle of numbers with its title: NumberBlock('dW', ('S', 2, 1), (3, 2)) for A2:B4 with 'dW' in A1."""

    title: str
    """The text above or left of it, 'dW'; never ''."""
    first: Place
    """The cell at the top left: ('S', 2, 1) for A2."""
    shape: tuple[int, int]
    """The numbers of rows and columns: (3, 2)."""


def is_number(graph: SpreadsheetGraph, at: Place) -> bool:
    """Return whether a cell holds a number, or a value in place of one: 0.5, TRUE or #DIV/0!; not for a text."""
    return isinstance(graph.numbers.get(at), (float, bool, CellError))


def blocks(graph: SpreadsheetGraph, labels: Labels) -> list[NumberBlock]:
    """Return the rectangles of numbers with a title above or beside them, sorted by sheet, row and column.

    [NumberBlock('dW', ('S', 2, 1), (3, 2))] for A2:B4 below 'dW' in A1: title, first cell, rows and columns. A
    rectangle ends where a column with a title of its own begins; one without a title is left out.
    """
    numbers = {at for at in graph.numbers if at[1] > 0 and is_number(graph, at)}
    found, seen = [], set[Place]()
    for at in sorted(numbers):
        if at in seen:
            continue
        sheet, row, col = at
        right, down = col, row
        beside = moved(at, 0, 1)  # a column with a title of its own begins another block
        while beside in numbers and beside not in seen and not labels.text(moved(beside, -1, 0)):
            beside, right = moved(beside, 0, 1), right + 1
        while all((sheet, down + 1, c) in numbers for c in range(col, right + 1)):
            down += 1
        shape = down - row + 1, right - col + 1
        seen.update(rectangle(at, *shape))
        title = labels.text((sheet, row - 1, col))
        if not title and row < down and labels.text((sheet, row, col - 1)) and labels.text((sheet, row + 1, col - 1)):
            title = labels.above(at) if labels.above(at) in labels.beside(at) else ""  # each row has a name
        elif not title:
            title = labels.name(at)
        if title:
            found.append(NumberBlock(title, at, shape))
    return found


def called_gradients(graph: SpreadsheetGraph, labels: Labels) -> Callable[[Place], bool]:
    """Return a function that is True for a cell with a gradient's heading, ∂E/∂w, or in a block with the title 'dW'.

    With `is_gradient = called_gradients(graph, labels)`, is_gradient(('S', 6, 2)) is about B6.
    """
    titled = [block for block in blocks(graph, labels) if gradient_in(block.title)]
    in_blocks = {at for block in titled for at in rectangle(block.first, *block.shape)}
    return lambda at: at in in_blocks or any(map(gradient_in, labels.beside(at)))
