"""Give each tensor of a graph its cells, arranged as a picture of the network.

Panels from left to right follow the computation, so the backward pass reads from right to left. Values stand above,
parameters below, and each gradient beside its tensor. A small network is one sheet, a large one has a sheet for each
layer.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from excel_export.compiler.place import placement
from excel_export.compiler.place.inlining import inlinable
from excel_export.compiler.place.panels import (
    HEADER_ROWS,
    IMAGE_CELL_WIDTH,
    IMAGE_WIDTH,
    ZONES,
    Panel,
    What,
    panels_of,
)
from excel_export.compiler.place.placement import FIRST_COLUMN, FIRST_ROW, Placement, Sheet, tensors_at
from excel_export.formulas import Grid, PlacedTensor
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Graph, Value
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW, fits, too_large

LONGEST_NAME = 31
"""The longest name of a sheet in Excel, in characters."""


def place(
    graph: Graph,
    *,
    title: str = "Network",
    taken: Collection[str] = (),
    names: Mapping[Value, str] | None = None,
    given: Mapping[Value, PlacedTensor] | None = None,
    first_row: int = FIRST_ROW,
    inline: Callable[[Placement], Collection[Value]] | None = None,
    states: Sequence[str] = (),
) -> Placement:
    """Return a `Placement` with the cells of each tensor of a graph: of x B8:E10, of its gradient G8:J10.

    Args:
        graph: the recorded computation.
        title: the name of the sheet. A network of more than 30,000 cells has several, named by layers: 'fc' for the
            title 'Network', 'fc before' for 'before'.
        taken: names that none of several sheets may have.
        names: defined names for inputs of one element, {x: 'x'}; None for none.
        given: tensors that have cells already, on other sheets; None for none.
        first_row: the row in which the picture begins, from 1 on.
        inline: None if every tensor gets cells. Else a formula that only one other formula reads becomes part of it;
            the function is called with a placement of all tensors and returns the values that must keep their cells.
        states: the names of what the learning rule stores for each parameter, such as Adam's moments; they get cells.

    Raises:
        ExportError: a sheet would be larger than Excel's.
    """
    given = given or {}
    inlined: Collection[What] = ()
    if inline:
        whole = place(graph, title=title, taken=taken, names=names, given=given, first_row=first_row)
        inlined = inlinable(graph, whole, inline(whole), remembers=bool(states))
    panels = list(panels_of(graph, given, states))
    unplaced = {what: Unplaced.of(item.grid.shape) for panel in panels for what, item in panel.take_out(inlined)}
    panels = [panel for panel in panels if any(panel.items)]
    many = sum(panel.cells for panel in panels) > placement.ONE_SHEET
    sheets = list(_layers(panels, title, taken)) if many else [Sheet(title, panels)]
    placed: dict[What, Grid] = {}
    for sheet in sheets:
        placed |= _lay_out(sheet, names or {}, first_row, FIRST_COLUMN)
    return Placement(sheets, {**given, **tensors_at(placed | unplaced)}, given)


def _layers(panels: list[Panel], title: str, taken: Collection[str]) -> Iterator[Sheet]:
    names = {name.lower() for name in taken}
    sheet: Sheet | None = None
    for panel in panels:
        if sheet is None or (panel.begins and sum(panel.cells for panel in sheet.panels) > placement.ONE_LAYER):
            ending = "" if title == "Network" else f" {title}"
            yield (sheet := Sheet(_sheet_name(panel.begins or "layer", ending, names), []))
        sheet.panels.append(panel)


def _sheet_name(name: str, ending: str, taken: set[str]) -> str:
    clean = re.sub(r"[^\w .-]", "_", name).strip("' ")
    for k in range(1, 10_000):
        serial = "" if k == 1 else f" {k}"
        legal = clean[: LONGEST_NAME - len(ending) - len(serial)] + serial + ending
        if legal.lower() not in taken:
            break
    taken.add(legal.lower())
    return legal


def _lay_out(sheet: Sheet, names: Mapping[Value, str], row: int, column: int) -> dict[What, Grid]:
    sheet.first_column = column
    sheet.last_column = _spread_out(sheet.panels, column)
    for zone in ZONES:
        height = max(panel.height(zone) for panel in sheet.panels)
        if height:
            sheet.zones[zone] = row
            row += 2 + height
    sheet.last_row = row - 2
    if not fits(sheet.last_row, sheet.last_column):
        items = [item for panel in sheet.panels for item in panel.items]
        largest = max(items, key=lambda item: max(item.grid.height / LAST_ROW, item.grid.width / LAST_COLUMN))
        what = f"; the largest of it is '{largest.title}', {largest.grid.height:,} by {largest.grid.width:,}"
        raise too_large(sheet.name, sheet.last_row, sheet.last_column, what)
    placed: dict[What, Grid] = {}
    for panel in sheet.panels:
        for zone in sheet.zones:
            row = sheet.zones[zone] + 2
            for line in panel.lines[zone]:
                col = panel.first
                for item in line:
                    name = names.get(item.owner, "") if item.role == "input" else ""
                    item.grid = replace(item.grid, sheet=sheet.name, row=row + HEADER_ROWS, col=col, defined_name=name)
                    sheet.blocks.append(item)
                    placed[item.what] = item.grid
                    col += panel.step(item)
                row += max(item.grid.height for item in line) + HEADER_ROWS + 1
    return placed


def _spread_out(panels: list[Panel], column: int) -> int:
    """Give each panel its first column, from `column` on, and return the last column of the sheet.

    Parameters stand below the values that they produce, and may reach below panels to the right that have none.
    """
    values = parameters = column
    for panel in panels:
        widest = max((item.grid.width for line in panel.lines["forward"] for item in line), default=0)
        if widest >= IMAGE_WIDTH:
            panel.cell_width = IMAGE_CELL_WIDTH
        panel.width, below = panel.extent("forward"), panel.extent("parameters")
        panel.first = max(values, parameters if below else 0)
        values = panel.first + panel.width + 1
        if below:
            parameters = panel.first + below + 1
    return max(values, parameters) - 2
