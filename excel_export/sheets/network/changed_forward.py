"""The forward pass once more on a hidden sheet, with other parameters than the network's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from excel_export.compiler.place.panels import Zone
from excel_export.formulas import Expression, Grid
from excel_export.formulas.copies import Original
from excel_export.graph.parts import forward_from_parameters
from excel_export.sheets.book import Book, elsewhere
from excel_export.sheets.network.network import network_sheet
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import FORWARD


@dataclass(frozen=True)
class ChangedForward:
    """The sheets, and where each result lies."""

    canvases: list[Canvas]
    results: dict[str, Grid]
    """By its recorded name."""
    loss: Grid


def changed_forward(
    book: Book, changed: Mapping[str, Expression], name: str, title: str, headings: Mapping[Zone, str]
) -> ChangedForward:
    """Draw it. What no parameter touches is not computed again.

    Args:
        book: the workbook; the sheets are not added to it yet.
        changed: each parameter that learns, by its name.
        name: of the sheet; where there are several, what their names begin with.
        title: what stands on top.
        headings: of its zones.
    """
    again, tensors = forward_from_parameters(book.graph), book.placement.tensors
    given = {value: elsewhere(value, tensors[value].value) for value in again.values if value in tensors}
    placement, contents = book.place_again(again, name, given)
    for value in again.of_kind("parameter"):
        if value not in given:
            contents[placement.tensors[value].value] = changed[value.name]
    # Cells whose formulas are alike share one: the file is a good deal smaller.
    contents = {grid: Original(item, grid).copy(0) if isinstance(item, Expression) else item
                for grid, item in contents.items()}  # fmt: skip
    for sheet in placement.sheets:
        for block in sheet.blocks:
            if block.role == "parameter":
                block.role = "value"  # a copy, not the learner's to change
    canvases = [network_sheet(sheet, contents, title, FORWARD, headings) for sheet in placement.sheets]
    results = {value.name: placement.tensors[value].value for value in again.of_kind("intermediate")}
    return ChangedForward(canvases, results, placement.tensors[again.loss].value)
