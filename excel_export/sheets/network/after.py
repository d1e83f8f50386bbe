"""The sheets After: the forward pass with the parameters as they are after the step, and after ten times the step."""

from dataclasses import replace

from excel_export.formulas import Grid
from excel_export.graph.parts import loss_is_learned
from excel_export.sheets import names, update
from excel_export.sheets.book import Book
from excel_export.sheets.network.again import ForwardPass, changed_forward, updated_forward
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.workbook.index import AFTER, Entry

NAME, NAME_OF_TEN_TIMES = "After", "After ten times the rate"
RATE_ROW = 2
MOST_NUMBERS, MOST_CALLS = 10_000, 100
"""Of a larger network, a third forward pass would cost more than it tells."""
DIGITS = 9
"""As many as the Lens shows at most."""


def draw(book: Book) -> Drawn[dict[str, Grid]] | None:
    """Draw the second forward pass, and give the loss after the step its name; return where each result lies.

    None where the module's next call goes on from what this one has changed: its numbers are others.
    """
    if book.graph.state:
        return None
    updated = book.result(update.SHEET)
    after = updated.after if updated else {}
    found = updated_forward(
        book, {value.name: replace(grid, absolute=True) for value, grid in after.items()}, NAME, "After one step",
        {"forward": "FORWARD AGAIN  →   the same inputs, with every parameter one step further",
         "parameters": "PARAMETERS AFTER THE STEP   as the convolutions read them; the step is on the Update sheet"},
    )  # fmt: skip
    drawn = Drawn(*found.canvases, result=found.results)
    drawn.entries = [Entry(name, AFTER, grid) for name, grid in (*found.results.items(), ("loss", found.loss))]
    # Where the loss is pasted, a step changes nothing that could be seen.
    if book.graph.loss.kind == "intermediate":
        drawn.name(names.LOSS_AFTER, found.loss.first)
    return drawn


def draw_ten_times(book: Book) -> Drawn[ForwardPass] | None:
    """Draw the pass that the Lens shows beside the step's own, where it shows one; return where everything lies."""
    graph, updated = book.graph, book.result(update.SHEET)
    is_large = len(graph.calls) > MOST_CALLS or sum(value.data.size for value in graph.values) > MOST_NUMBERS
    if is_large or not (book.plan and updated and updated.directions) or graph.state or not loss_is_learned(graph):
        return None
    changed = {
        value.name: book.placement.tensors[value].value.relative - names.TEN_TIMES_RATE * direction.relative
        for value, direction in updated.directions.items()
    }
    found = changed_forward(
        book, changed, NAME_OF_TEN_TIMES,
        {"forward": "FORWARD AGAIN  →   with every parameter ten times as far",
         "parameters": "PARAMETERS   after the same step at ten times the learning rate"},
    )  # fmt: skip
    for canvas in found.canvases:
        canvas.digits = DIGITS
    first, drawn = found.canvases[0], Drawn(*found.canvases, result=found)
    first.put(RATE_ROW, 2, "rate", "note")
    first.put(RATE_ROW, 3, 10 * names.RATE_IN_USE, "value")
    drawn.name(names.TEN_TIMES_RATE, first.at(RATE_ROW, 3))
    return drawn


SHEET = SheetSpec(NAME, "the forward pass after the step", draw, order=50, hidden=True)
TEN_TIMES = SheetSpec(
    NAME_OF_TEN_TIMES, "the forward pass after ten times the step", draw_ten_times, order=51, hidden=True
)
