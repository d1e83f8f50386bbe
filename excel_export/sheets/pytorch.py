"""The PyTorch sheet: PyTorch's own number for each gradient, and its difference from the workbook's."""

from dataclasses import dataclass

import numpy as np

from excel_export.book.book import Book
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import ABS, SUMPRODUCT, Grid, gradient_name, matching_cuts
from excel_export.sheets.sheet_parts import Sections
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas

NAME = "PyTorch"
ROUNDING = 1e-9
"""The largest difference that is not marked: 1e-9."""


@dataclass(frozen=True)
class ComparedTensor:
    """A tensor that is compared with PyTorch's: its cells, PyTorch's numbers, and the differences."""

    called: str
    """The tensor's name for people: '∂L/∂fc.weight'."""
    place: Grid
    """The cells of the workbook's numbers."""
    reference: Grid
    """The cells of PyTorch's numbers, on the hidden sheet PyTorch."""
    difference: Grid
    """Cells of the reference's shape. The first of each rectangle without gaps, a matrix or an image, has the sum of
    its absolute differences; the others are empty."""


def draw(book: Book) -> Drawn[list[ComparedTensor]]:
    """Draw PyTorch's number for the loss and every gradient, and the differences; the result is the compared tensors.

    For a network of more than 30,000 cells, only the gradients of the parameters are compared.
    """
    graph, placement = book.graph, book.placement
    canvas = Canvas(NAME, styles.PARAMETER, freeze="A4", zoom=80)
    canvas.put(1, 2, "The same numbers, computed by PyTorch", "title")
    canvas.put(2, 2, "PyTorch's numbers were pasted when this file was made, in double precision. They belong to "
               "the numbers it was made with: change an input, and the differences show what your change did.",
               "subtitle")  # fmt: skip
    canvas.widths[1] = 2
    sections = Sections(canvas)
    compared = [_compare(sections, graph.loss.called, placement.tensors[graph.loss].value, graph.loss.data)]
    for value in graph.values:
        placed = placement.tensors[value]
        if placed.has_grad and value.gradient is not None and (placement.is_one_picture or value.kind == "parameter"):
            compared.append(_compare(sections, gradient_name(value.called), placed.grad, value.gradient))
    return Drawn(canvas, result=compared)


def _compare(sections: Sections, called: str, ours: Grid, reference: np.ndarray) -> ComparedTensor:
    canvas = sections.canvas
    theirs, difference = sections.add(called, ours, ("PyTorch", "sum of the differences of this workbook"))
    canvas.fill(theirs, reference, "reference")
    our_cut, their_cut = matching_cuts((ours.whole.dims, theirs.whole.dims))
    cut = ((ours, our_cut), (theirs, their_cut), (difference, their_cut))
    for our_cells, their_cells, place in zip(*(grid.whole.references(by) for grid, by in cut), strict=True):
        # The sizes of the differences, added up: of squares, large ones overflow, and ABS of a range is not everywhere.
        apart = our_cells - their_cells
        size = SUMPRODUCT(apart * ((our_cells > their_cells) - (our_cells < their_cells)))
        canvas.put(place.row, place.col, ABS(apart) if our_cells.size == 1 else size, "difference")
    canvas.format(theirs.box, *format_rules.gradient_rules())
    if reference.size > 1:
        canvas.format(theirs.box, format_rules.grad_scale(theirs.box))
    canvas.format(difference.box, format_rules.beyond_rule(ROUNDING, format_rules.Look(fill=styles.DIFFERS)))
    return ComparedTensor(called, ours, theirs, difference)


SHEET = SheetSpec(NAME, "PyTorch's own number for each gradient, and the difference", draw, order=700, hidden=True)
