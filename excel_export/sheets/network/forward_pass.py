"""The forward pass of the network once more, with other parameters, and inputs that follow formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from excel_export.formulas import Grid, Operand, PlacedTensor
from excel_export.graph.parts import forward_only
from excel_export.sheets.book import Book, elsewhere
from excel_export.sheets.network.network import HEADINGS, network_sheet
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import FORWARD

Tensors = Mapping[str, PlacedTensor]


def forward_again(
    book: Book,
    parameters: Mapping[str, Grid],
    drive: Callable[[Tensors], Mapping[str, Operand]],
    name: str,
    title: str,
) -> tuple[list[Canvas], Tensors]:
    """Draw the forward pass once more.

    Args:
        book: the workbook; the sheets are not added to it yet.
        parameters: where those lie that are not the network's own, by name: after a training, for example.
        drive: gives formulas for inputs by name, in reading order. They may read the tensors of this very pass, as long
            as no cell reads itself in the end.
        name: of the sheet; where there are several, what their names end in.
        title: what stands on top.

    Returns:
        the sheets, and the tensors of this pass by name.
    """
    graph = forward_only(book.graph)
    given = {}
    for value in graph.values:
        if value.kind in ("parameter", "constant"):
            grid = parameters.get(value.name, book.placement.tensors[value].value)
            given[value] = elsewhere(value, replace(grid, absolute=True))
    placement, contents = book.place_again(graph, name, given)
    tensors = {key: placement.tensors[value] for key, value in graph.named}
    driven = drive(tensors)
    for value in graph.of_kind("input"):
        place = placement.tensors[value].value
        contents[place] = driven[value.name].cells.reshape(*value.shape) if value.name in driven else value.data
    return [network_sheet(sheet, contents, title, FORWARD, HEADINGS) for sheet in placement.sheets], tensors
