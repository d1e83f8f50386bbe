"""The After sheets: the forward pass again, with the parameters as they are after the step."""

from __future__ import annotations

from dataclasses import replace

from excel_export.compiler.place.panels import Zone
from excel_export.graph.parts import forward_only
from excel_export.sheets.book import Book, elsewhere
from excel_export.sheets.names import LOSS, LOSS_AFTER
from excel_export.sheets.network import network_sheet
from excel_export.xlsx.index import AFTER, Entry
from excel_export.xlsx.styles import FORWARD

NAME = "After"
WHAT = "the forward pass after the step"
HEADINGS: dict[Zone, str] = {
    "forward": "FORWARD AGAIN  →   the same inputs, with every parameter one step further",
    "parameters": "PARAMETERS AFTER THE STEP   as the convolutions read them; the step is on the Update sheet",
}


def draw(book: Book) -> None:
    """Draw the second forward pass, and give the loss after the step its name."""
    second = forward_only(book.graph)
    after = {value: replace(grid, absolute=True) for value, grid in book.after.items()}
    given = {
        value: elsewhere(value, after.get(value, book.placement.tensors[value].value))
        for value in book.graph.values
        if value.kind != "intermediate"
    }
    placement, contents = book.place_again(second, NAME, given)
    for sheet in placement.sheets:
        book.add_hidden(network_sheet(sheet, contents, "After one step", FORWARD, HEADINGS), WHAT)
    for value in second.of_kind("intermediate"):
        book.values_after[value.name] = placement.tensors[value].value
        book.entries.append(Entry(value.name, AFTER, placement.tensors[value].value))
    loss = placement.tensors[second.loss].value
    book.entries.append(Entry(LOSS.text, AFTER, loss))
    # Where the loss is pasted, a step changes nothing that could be seen.
    if second.loss.kind == "intermediate":
        book.name(LOSS_AFTER, loss.first)
