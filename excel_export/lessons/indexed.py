"""Places that only the index of a workbook knows, such as the loss of a training at a step."""

from __future__ import annotations

from collections.abc import Callable

from excel_export.authoring import Book, Reference
from excel_export.shared.errors import ExportError


def indexed(key: str, what: str, *index: int) -> Callable[[Book], Reference]:
    """Return what finds an element of an entry of the index, as a `Where` of a lesson.

    Args:
        key: of the tensor, such as 'loss'.
        what: it is, such as 'at each training step'.
        index: the element; of what has a row for each step, the step comes first, counted from 0.
    """

    def find(book: Book) -> Reference:
        for entry in book.entries:
            if (entry.key, entry.what) == (key, what):
                return entry.grid.at(*index)
        raise ExportError(f"a lesson names '{key}' {what}, which its workbook does not have")

    return find
