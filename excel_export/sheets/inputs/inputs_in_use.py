"""The yellow cells of the network's sheets: what may be typed into them, and what is used of whole numbers.

A class or an index that does not exist would make formulas fail, and 3.7 as a class would give gradients that look
right. So formulas read such inputs from a hidden sheet: there stands what was typed, where it is allowed, else what
was there at first. Other numbers are read where they are typed.

Equal numbers that an operator puts in order turn red: PyTorch leaves open which of them comes first. What they mean
stands on Start, which also sees equal numbers that are computed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from excel_export.formulas import AND, COUNTIF, IF, RANK, Expression, Grid, Name, Reference, equal
from excel_export.graph.graph import Value
from excel_export.graph.whole_numbers import Limits, whole_numbers
from excel_export.ops.sorting import Ranking
from excel_export.sheets.book import Book
from excel_export.sheets.inputs.areas import rectangles
from excel_export.sheets.inputs.input_cell import Between, any_number, outside
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import Entry

NAME = "Inputs in use"
_MOST_LINES = 40
"""Of numbers in order, more would make a sheet slow to draw."""
IN_USE = "in use"
"""What the index calls the cells that hold what is used of an input."""
Refused = dict[Value, Reference]
"""Of inputs that are not used as they are typed, the cells that are 1 where something else is used, else 0."""


def draw(book: Book) -> Drawn[Refused] | None:
    """Let formulas read whole numbers where only those that are allowed stand: it is drawn before they are written."""
    canvas, row, known = Canvas(NAME, styles.GREY), 4, whole_numbers(book.graph)
    refused: Refused = {}
    drawn = Drawn(canvas, result=refused)
    for value in book.graph.of_kind("input"):
        placed = book.placement.tensors[value]
        typed = placed.typed
        if typed in book.driven or (value.is_float and value not in known):
            continue
        flags = replace(typed.moved(NAME, row, 2), absolute=False)
        used = flags.below(flags.height + 2)
        canvas.say(row - 1, 2, f"{value.called}: 1 where it is refused, and what is used", "note")
        canvas.fill(flags, _refused(typed.relative, _allowed(value, known)), "fixed")
        canvas.fill(used, IF(equal(flags, 1), value.data.astype(np.float64), typed.relative), "fixed")
        if typed.defined_name:
            used = replace(used, defined_name=f"{typed.defined_name}_in_use")
            drawn.name(Name(used.defined_name), used.first)
        placed.value = used
        refused[value] = flags.box
        drawn.entries.append(Entry(value.name, IN_USE, used))
        row = used.row + used.height + 3
    canvas.say(1, 2, "The inputs as they are used", "title")
    return drawn if refused else None


def used_cells(book: Book) -> list[Reference]:
    """The hidden sheet's cells that are in use, as one rectangle; none where there is no such sheet."""
    boxes = [book.placement.tensors[value].value.box for value in book.result(SHEET) or {}]
    rows, cols = (max((box.row + box.height, box.col + box.width)[k] for box in boxes) if boxes else 0 for k in (0, 1))
    return [Reference(NAME, 1, 1, rows, cols)] if boxes else []


def validate(book: Book, canvases: list[Canvas]) -> None:
    """Give the yellow cells on the network's sheets their rules and their alerts."""
    by_name, known = {canvas.name: canvas for canvas in canvases}, whole_numbers(book.graph)
    for value in (*book.graph.of_kind("input"), *book.graph.of_kind("parameter")):
        typed = book.placement.tensors[value].typed
        if typed in book.driven or typed.sheet not in by_name or not value.data.size:
            continue
        canvas = by_name[typed.sheet]
        for each, where in _allowed(value, known):
            if where.all():
                # Not the empty lines between the filters of a convolution: there nobody types.
                _guard(canvas, each, typed.box, typed.whole.ranges)
            else:
                for area in rectangles(typed, where):
                    _guard(canvas, each, area, [area])
    _mark_ties(book, by_name)


def _guard(canvas: Canvas, allowed: Between, cells: Reference, areas: Sequence[Reference]) -> None:
    """Let cells refuse what is not allowed; in some areas, strike out what got there all the same."""
    allowed.validate(canvas, cells)
    refused = allowed.refused(Reference(cells.sheet, cells.row, cells.col))
    canvas.format_first(areas, format_rules.when(equal(refused, 1), format_rules.STRUCK))


def _allowed(value: Value, known: Mapping[Value, Limits]) -> list[tuple[Between, np.ndarray]]:
    """What finds something where there is anything to find, else every number of its kind; and for which elements."""
    if value.data.dtype.kind == "b":
        every = Between(0, 1)
    else:
        every = any_number(*np.abs(value.data.astype(np.float64)).max(initial=0, keepdims=True).ravel())
    every, all_ = replace(every, whole=not value.is_float), np.full(value.shape, True)
    if value not in known:
        return [(every, all_)]
    pairs = known[value].pairs
    return [
        (
            replace(every, lowest=int(pair[0]), highest=int(pair[1])) if np.isfinite(pair).all() else every,
            known[value].where(pair) if len(pairs) > 1 else all_,
        )
        for pair in pairs
    ]


def _refused(cells: Grid, allowed: Sequence[tuple[Between, np.ndarray]]) -> Expression:
    """1 for each cell that holds something else than is allowed there, else 0."""
    (first, _), *others = allowed
    if not others:
        return first.refused(cells)
    lowest, highest = np.empty(cells.shape), np.empty(cells.shape)
    for each, where in allowed:
        lowest[where], highest[where] = each.lowest, each.highest
    return outside(cells, lowest, highest, whole=first.whole)


def _mark_ties(book: Book, canvases: Mapping[str, Canvas]) -> None:
    """Let those cells of canvases turn red whose order is left open, where inputs or parameters are put in order."""
    given = {*book.graph.of_kind("input"), *book.graph.of_kind("parameter")}
    for call in book.graph.calls:
        operator = call.operator
        if isinstance(operator, Ranking) and operator.ranks_left_open() and operator.input in given:
            typed = book.placement.tensors[operator.input].typed
            if typed.sheet in canvases and typed not in book.driven:
                for line in _lines(operator, typed):
                    canvases[typed.sheet].format_first(
                        [line], format_rules.when(_is_open(operator, line), format_rules.STRUCK)
                    )


def _lines(operator: Ranking, typed: Grid) -> Iterator[Reference]:
    """The cells of each line that is put in order; none where they lie apart."""
    shape = operator.input.shape
    count = int(np.prod(shape)) // operator.length
    if not shape or operator.line_axis != operator.axis or count > _MOST_LINES:
        return
    for index in np.ndindex(*(1 if axis == operator.axis else size for axis, size in enumerate(shape))):
        yield operator.line_of(typed, index)


def _is_open(operator: Ranking, line: Reference) -> Expression:
    """Whether a cell of a line has an equal one, and a result is one of them."""
    first, last, _ = operator.ranks_left_open() or (0, 0, 0)
    cell, order = line.at(0), () if operator.is_descending else (1,)
    place, count = RANK(cell, line.fixed, *order), COUNTIF(line.fixed, cell)
    return AND(count > 1, place <= last, place + count > first)


SHEET = SheetSpec(NAME, "what is used of the inputs that must be whole numbers", draw, order=10, hidden=True)
