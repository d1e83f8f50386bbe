"""Where the number of a step leads: to the sheet of that step."""

from excel_export.formulas import Reference
from excel_export.sheets.book import Book


def step_link(book: Book, step: int) -> Reference | None:
    """Return the cell that shows a step, which counts from 1; None where no sheet does."""
    if book.plan is None:
        return None
    part = book.plan.steps[step - 1]
    return book.sheet_of(part.call, part.direction)
