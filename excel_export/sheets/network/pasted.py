"""What comes from behind a part of a network: pasted numbers, which an edit makes those of another network."""

from collections.abc import Iterator, Sequence

from excel_export.formulas import IF, Expression, Grid, equal, listed
from excel_export.sheets.book import Book
from excel_export.sheets.names import CHANGED
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import struck_rule

AS_EXPORTED = "as at the export: what they follow from is not in this workbook"
STALE = "AS BEFORE YOUR CHANGE: PyTorch may now have others, and so other gradients everywhere here"
MOST_NAMED = 3


def pasted_from_behind(book: Book) -> Iterator[tuple[str, Grid]]:
    """Yield the loss and the arriving gradients that are pasted, with what they are."""
    graph, tensors = book.graph, book.placement.tensors
    if graph.loss.kind == "constant":
        yield "the loss", tensors[graph.loss].value
    for value in graph.seeds:
        seed = tensors[value].seed
        if seed and value is not graph.loss:
            yield f"the gradient of {value.called}", seed


def words(book: Book) -> tuple[str, Expression] | None:
    """Return what is pasted, and a formula that says whether it still holds; None where nothing is."""
    names = [name for name, _ in pasted_from_behind(book)]
    if not names:
        return None
    shown = names if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], "others"]
    return f"Pasted: {listed(shown)}", IF(is_stale(), STALE, AS_EXPORTED)


def is_stale() -> Expression:
    """Whether a learner has changed a number of the part."""
    return equal(CHANGED, "yes")


def strike(book: Book, canvases: Sequence[Canvas]) -> None:
    """Strike out the pasted numbers once they no longer hold."""
    by_name = {canvas.name: canvas for canvas in canvases}
    for _, grid in pasted_from_behind(book):
        if grid.sheet in by_name:
            by_name[grid.sheet].format_first(grid.whole.ranges, struck_rule(is_stale()))
