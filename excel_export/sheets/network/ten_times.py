"""The forward pass after the same step at ten times the learning rate, for the Lens to show beside the step's own."""

from __future__ import annotations

from excel_export.compiler.place.panels import Zone
from excel_export.graph.parts import loss_is_learned
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.names import RATE_IN_USE, TEN_TIMES_RATE
from excel_export.sheets.network.changed_forward import ChangedForward, changed_forward
from excel_export.sheets.sheet import Drawn, SheetSpec

NAME = "After ten times the rate"
RATE_ROW = 2
MOST_NUMBERS, MOST_CALLS = 10_000, 100
"""Of a larger network, a third forward pass would cost more than it tells."""
DIGITS = 9
"""As many as the Lens shows at most."""
HEADINGS: dict[Zone, str] = {
    "forward": "FORWARD AGAIN  →   with every parameter ten times as far",
    "parameters": "PARAMETERS   after the same step at ten times the learning rate",
}


def draw(book: Book) -> Drawn[ChangedForward] | None:
    """Draw it where the Lens shows a step of learning; the result says where everything lies."""
    graph, updated = book.graph, book.result(update.SHEET)
    is_large = len(graph.calls) > MOST_CALLS or sum(value.data.size for value in graph.values) > MOST_NUMBERS
    if is_large or not (book.plan and updated and updated.directions) or graph.state or not loss_is_learned(graph):
        return None
    changed = {
        value.name: book.placement.tensors[value].value.relative - TEN_TIMES_RATE * direction.relative
        for value, direction in updated.directions.items()
    }
    found = changed_forward(book, changed, NAME, NAME, HEADINGS)
    for canvas in found.canvases:
        canvas.digits = DIGITS
    first, drawn = found.canvases[0], Drawn(*found.canvases, result=found)
    first.say(RATE_ROW, 2, "rate", "note")
    first.put(RATE_ROW, 3, 10 * RATE_IN_USE, "value")
    drawn.name(TEN_TIMES_RATE, first.at(RATE_ROW, 3))
    return drawn


SHEET = SheetSpec(NAME, "the forward pass after ten times the step", draw, order=51, hidden=True)
