"""Cells that have no name: found by how they look on their sheet."""

from __future__ import annotations

from collections.abc import Callable

from excel_export.authoring import Book, Reference
from excel_export.shared.errors import ExportError
from excel_export.sheets.training.training import EACH_STEP


def styled(sheet: str, style: str, row: int = -1, col: int = -1) -> Callable[[Book], Reference]:
    """Find one of the cells of a style.

    Args:
        sheet: on which sheet.
        style: the style's name.
        row: which of the rows that have such cells; -1 is the last.
        col: which of such cells in that row; -1 is the last.

    Returns:
        What finds it in a book; it raises an ExportError where there is none.
    """

    def found(book: Book) -> Reference:
        canvas = next((each for each in book.canvases if each.name == sheet), None)
        lines = {} if canvas is None else canvas.cells
        having = [
            (k, sorted(col for col, (_, look) in line.items() if look == style)) for k, line in sorted(lines.items())
        ]
        rows = [(k, cols) for k, cols in having if cols]
        try:
            return Reference(sheet, rows[row][0], rows[row][1][col])
        except IndexError:
            raise ExportError(f"a lesson wants a cell '{style}' of the sheet {sheet}: there is none") from None

    return found


def indexed(key: str, what: str, *index: int) -> Callable[[Book], Reference]:
    """Find an element of what only the index of the workbook knows, such as the loss of a training at a step.

    Args:
        key: of the tensor, such as 'loss'.
        what: it is, such as 'at each training step'.
        index: the element, counted from 0; where there is a row for each step, the step comes first.

    Returns:
        What finds it in a book; it raises an ExportError where there is none.
    """

    def found(book: Book) -> Reference:
        for entry in book.entries:
            if (entry.key, entry.what) == (key, what) and all(
                k < n for k, n in zip(index, entry.grid.shape, strict=True)
            ):
                return entry.grid.at(*index)
        raise ExportError(f"a lesson wants {[*index]} of '{key}' {what}: there is none")

    return found


def at_training_step(step: int, key: str = "loss") -> Callable[[Book], Reference]:
    """Find a number of the sheet Training.

    Args:
        step: from 1 on.
        key: of the column.

    Returns:
        What finds it in a book; it raises an ExportError where there is none.
    """
    return indexed(key, EACH_STEP, step - 1)


LOSS_AFTER_THE_STEP = styled("Start", "result_loss")
"""On Start: the loss after the one step of learning."""
