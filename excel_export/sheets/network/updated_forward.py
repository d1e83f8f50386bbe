"""The After sheets: the forward pass again, with the parameters as they are after the step."""

from __future__ import annotations

from dataclasses import replace

from excel_export.compiler.place.panels import Zone
from excel_export.formulas import Grid
from excel_export.graph.parts import forward_only
from excel_export.sheets import update
from excel_export.sheets.book import Book, elsewhere
from excel_export.sheets.names import LOSS, LOSS_AFTER
from excel_export.sheets.network.network import network_sheet
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.workbook.index import AFTER, Entry
from excel_export.workbook.styles import FORWARD

NAME = "After"
HEADINGS: dict[Zone, str] = {
    "forward": "FORWARD AGAIN  →   the same inputs, with every parameter one step further",
    "parameters": "PARAMETERS AFTER THE STEP   as the convolutions read them; the step is on the Update sheet",
}


def draw(book: Book) -> Drawn[dict[str, Grid]] | None:
    """Draw the second forward pass, and give the loss after the step its name; return where each result lies.

    None where the module's next call goes on from what this one has changed: its numbers are others.
    """
    if book.graph.state:
        return None
    second, updated = forward_only(book.graph), book.result(update.SHEET)
    after = {value: replace(grid, absolute=True) for value, grid in updated.after.items()} if updated else {}
    given = {
        value: elsewhere(value, after.get(value, book.placement.tensors[value].value))
        for value in book.graph.values
        if value.kind != "intermediate"
    }
    placement, contents = book.place_again(second, NAME, given)
    sheets = [network_sheet(sheet, contents, "After one step", FORWARD, HEADINGS) for sheet in placement.sheets]
    results = {value.name: placement.tensors[value].value for value in second.of_kind("intermediate")}
    loss = placement.tensors[second.loss].value
    drawn = Drawn(*sheets, result=results)
    drawn.entries = [Entry(name, AFTER, grid) for name, grid in (*results.items(), (LOSS.text, loss))]
    # Where the loss is pasted, a step changes nothing that could be seen.
    if second.loss.kind == "intermediate":
        drawn.name(LOSS_AFTER, loss.first)
    return drawn


SHEET = SheetSpec(NAME, "the forward pass after the step", draw, order=50, hidden=True)
