"""The Network sheet: the computation as one picture, each gradient beside its value.

A network too large for one picture has such a sheet for each of its layers. A part of a network has pasted numbers from
behind it: after an edit they belong to another network.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from excel_export.book import inputs_in_use
from excel_export.book.book import Book
from excel_export.book.names import CHANGED
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.compiler.place.emit import Contents
from excel_export.compiler.place.panels import CELL_WIDTH, HEADER_ROWS, IMAGE_CELL_WIDTH, IMAGE_WIDTH, Zone
from excel_export.compiler.place.placement import Block, Sheet
from excel_export.formulas import IF, Expression, Grid, Reference, equal, listed
from excel_export.shared.infinity import is_infinite
from excel_export.workbook import format_rules, styles
from excel_export.workbook.calibri import column_pixels, shortened
from excel_export.workbook.canvas import Canvas, Page

AS_EXPORTED = "as at the export: what they follow from is not in this workbook"
STALE = "AS BEFORE YOUR CHANGE: PyTorch may now have others, and so other gradients everywhere here"
MOST_NAMED = 3
NOTE = 136
"""The least room for a note, in pixels."""


def pasted_from_behind(book: Book) -> Iterator[tuple[str, Grid]]:
    """Yield (words, cells) for each result that is a pasted number, since the workbook lacks what computes it.

    Only the workbook of a part of a network has some: ('the loss', grid), then ('the gradient of y', grid), ….
    """
    graph, tensors = book.graph, book.placement.tensors
    if graph.loss.kind == "constant":
        yield "the loss", tensors[graph.loss].value
    for value in graph.seeds:
        seed = tensors[value].seed
        if seed and value is not graph.loss:
            yield f"the gradient of {value.called}", seed


def stale_words(book: Book) -> tuple[str, Expression] | None:
    """Return words and a formula on the numbers of `pasted_from_behind`, ('Pasted: the loss', formula), or None.

    The formula gives the text AS_EXPORTED, and STALE once an input or a parameter was changed. Of more than 3 names the
    first two are told: 'Pasted: the loss, the gradient of y and others'. None if nothing is pasted.
    """
    names = [name for name, _ in pasted_from_behind(book)]
    if not names:
        return None
    shown = names if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], "others"]
    return f"Pasted: {listed(shown)}", IF(is_stale(), STALE, AS_EXPORTED)


def is_stale() -> Expression:
    """Return the formula inputs_changed="yes": TRUE once a learner has changed an input or a parameter."""
    return equal(CHANGED, "yes")


GRADIENTS = ("grad", "seed")
_WHOLE = ("input", "driven", "image", "picture")
"""The styles of whole numbers, such as labels, which keep all their digits, and of pictures."""
WIDEST_PAGE = 260
"""The most characters of a page's width: what is wider is too small to be read."""
SHOWS_A_LAYER = "every number of the forward and the backward pass, from this layer to the next sheet"
HEADINGS: dict[Zone, str] = {
    "forward": "FORWARD  →   and, beside each block, its gradient  ←  BACKWARD",
    "parameters": "PARAMETERS  and their gradients: change any parameter",
}


def draw(book: Book) -> Drawn[None]:
    """Draw the network: one sheet 'Network', or several, named by layers, for more than 30,000 cells."""
    one_picture, drawn = book.placement.is_one_picture, Drawn[None]()
    for sheet in book.placement.sheets:
        canvas = network_sheet(sheet, book.contents, book.story.title, styles.BACKWARD, book=book)
        if book.has_sheet("Start"):
            canvas.link(2, 2, Reference("Start", 1, 1), "← Start", "link")
        if one_picture:
            canvas.zoom = _fitting(canvas, sheet)
            if sum(canvas.widths.values()) <= WIDEST_PAGE:
                canvas.page = Page(one_page=True)
        drawn.add(canvas, "" if one_picture else SHOWS_A_LAYER)
    inputs_in_use.validate(book, drawn.canvases)
    by_name = {canvas.name: canvas for canvas in drawn.canvases}
    for _, grid in pasted_from_behind(book) if book.has_sheet("Start") else ():  # that sheet knows what has changed
        if grid.sheet in by_name:
            by_name[grid.sheet].format_first(grid.whole.ranges, format_rules.when(is_stale(), format_rules.STRUCK))
    return drawn


def network_sheet(
    sheet: Sheet, contents: Contents, title: str, tab: str, headings: Mapping[Zone, str] = HEADINGS,
    book: Book | None = None,
) -> Canvas:  # fmt: skip
    """Return a new canvas with the tensors of one sheet of a network, each with its title, in its cells.

    Args:
        sheet: the sheet of the `Placement`; its `blocks` are the cells of each tensor.
        contents: what the cells hold: {grid: numbers or formulas}.
        title: the text in B1.
        tab: the colour of the tab, as RRGGBB.
        headings: the heading of each zone of the picture: {'forward': 'FORWARD …', 'parameters': 'PARAMETERS …'}.
        book: the workbook, for links from each tensor to the sheet of its step; None for no links.
    """
    canvas = Canvas(sheet.name, tab, zoom=styles.LARGE, freeze="A3", row_height=15, page=None)
    canvas.put(1, 2, title, "title")
    canvas.heights[1] = 28
    set_widths(canvas, sheet)
    for zone, row in sheet.zones.items():
        draw_heading(canvas, sheet, zone, row, headings[zone])
    others: dict[bool, list[Reference]] = {}
    for block in sheet.blocks:
        columns = range(block.grid.col, block.grid.col + block.grid.width)
        narrow = any(canvas.widths[col] == IMAGE_CELL_WIDTH for col in columns)
        _draw(canvas, block, contents[block.grid], book, narrow)
        if block.role not in GRADIENTS and _style(block, contents[block.grid], narrow) not in _WHOLE:
            others.setdefault(narrow, []).append(block.grid.box)
    # Last: where several rules hold, LibreOffice applies the first alone.
    for narrow, boxes in others.items():
        canvas.format(boxes, *format_rules.large_rules(narrow))
    return canvas


SCREEN = 1268, 582
"""The pixels that a window of 1366 by 768 leaves for cells."""
CHARACTER = 9.9
"""The pixels of a character of a column's width."""
POINT = 4 / 3
"""The pixels of a point of a row's height."""
ROW = 15
"""The height of a row, in points."""


def _fitting(canvas: Canvas, sheet: Sheet) -> int:
    width = sum(canvas.widths[col] for col in range(1, sheet.last_column + 1)) * CHARACTER
    height = sum(canvas.heights.get(row, ROW) for row in range(1, sheet.last_row + 1)) * POINT
    fits = (zoom for zoom in styles.ZOOMS if width * zoom <= 100 * SCREEN[0] and height * zoom <= 100 * SCREEN[1])
    return next(fits, styles.LARGE)


def set_widths(canvas: Canvas, sheet: Sheet) -> None:
    """Set `canvas.widths`, in characters: 2 for column A, and `cell_width` for each panel (the columns of a layer)."""
    canvas.widths = {1: 2} | dict.fromkeys(range(sheet.first_column, sheet.last_column + 1), CELL_WIDTH)
    for panel in sheet.panels:
        canvas.widths |= dict.fromkeys(range(panel.first, panel.first + panel.width), panel.cell_width)


def draw_heading(canvas: Canvas, sheet: Sheet, zone: Zone, row: int, heading: str) -> None:
    """Write a zone's heading into a row, from 1 on, and colour the row from the first to the last column of `sheet`."""
    canvas.put(row, sheet.first_column, heading, f"band_{zone}")
    canvas.stripe(row, sheet.first_column, sheet.last_column, f"band_{zone}")
    canvas.heights[row] = 24


def draw_title(canvas: Canvas, block: Block) -> None:
    """Write `block.title` above the block, the cells of one tensor: 'x  4×3'."""
    canvas.put(block.grid.row - HEADER_ROWS, block.grid.col, block.title, f"title_{block.band}")


def colour(canvas: Canvas, block: Block) -> None:
    """Add a colour scale for the cells of one tensor: a conditional format.

    Grey for an input without negative numbers, purple to orange for parameters and gradients, sand to blue for others.
    """
    box = block.grid.box
    if block.role == "input" and (block.owner.data >= 0).all():
        canvas.format(box, format_rules.image_scale())
    elif block.role in ("grad", "seed", "parameter") and not _holds_infinity(block):
        canvas.format(box, format_rules.grad_scale(box))
    else:
        canvas.format(box, format_rules.value_scale(box, infinite=_holds_infinity(block)))


def _draw(canvas: Canvas, block: Block, contents: np.ndarray | Expression, book: Book | None, narrow: bool) -> None:
    grid = block.grid
    draw_title(canvas, block)
    target = _step_of(book, block) if book else None
    if target:
        canvas.link(grid.row - 1, grid.col, target, f"{target.sheet} →", "block_link")
    else:
        room = sum(column_pixels(canvas.widths[col]) for col in range(grid.col, grid.col + grid.width))
        note = shortened(block.note, max(NOTE, room), styles.STYLES["note"].size)
        canvas.put(grid.row - 1, grid.col, note, "note")
    canvas.fill(grid, contents, _style(block, contents, narrow), block.key)
    if block.role in GRADIENTS:
        canvas.format(grid.box, *format_rules.gradient_rules(narrow))
    elif _holds_infinity(block):
        canvas.format(grid.box, format_rules.infinite_rule())
    if math.prod(grid.shape) > 1:
        colour(canvas, block)


def _step_of(book: Book, block: Block) -> Reference | None:
    owner, graph = block.owner, book.graph
    if block.role in GRADIENTS:
        found = (book.sheet_of(call, "backward") for call in graph.readers.get(owner, ()))
        return next((each for each in found if each), None)
    if block.role == "input":
        return book.sheet_of(None, "inputs")
    call = graph.makers.get(owner)
    return book.sheet_of(call, "forward") if call else None


def _holds_infinity(block: Block) -> bool:
    """Return whether some numbers of a block stand for −∞, as those of a mask do; a helper says so in its note."""
    if block.role in ("grad", "seed", "helper"):
        return "−∞" in block.note
    return bool(is_infinite(block.owner.data).any())


def _style(block: Block, contents: np.ndarray | Expression, narrow: bool) -> str:
    if block.role != "input":
        return f"narrow_{block.role}" if narrow and block.role in GRADIENTS else block.role
    wide, driven = block.grid.width >= IMAGE_WIDTH, isinstance(contents, Expression)
    if wide:
        return "picture" if driven else "image"
    decimals = "" if (block.owner.data == np.round(block.owner.data)).all() else "_decimals"
    return ("driven" if driven else "input") + decimals


SHEET = SheetSpec("Network", "every number of the forward and backward passes in one picture", draw, order=20)
