"""The yellow cells of the network's sheets: their allowed contents, and the contents in use for whole numbers.

A class or an index that does not exist would make formulas fail, and 3.7 as a class would give gradients that look
right. So formulas read such inputs from a hidden sheet: there is the typed number if it is allowed, else the one at
first. Other numbers are read where they are typed.

Equal numbers that an operator puts in order turn red: PyTorch leaves their order open. The explanation is on Start,
which also notices equal numbers that are computed.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from excel_export.book.areas import rectangles
from excel_export.book.book import Book
from excel_export.book.input_cell import Between, any_number, outside
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import AND, COUNTIF, IF, RANK, Expression, Grid, Name, Reference, equal
from excel_export.graph.graph import Call, Value
from excel_export.graph.whole_numbers import Limits, whole_numbers
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import Entry

NAME = "Inputs in use"
_MOST_LINES = 40
"""The most lines of numbers in order that are marked: more would make a sheet slow to draw."""
IN_USE = "in use"
"""The word in the index for the cells with the numbers in use of an input."""
Refused = dict[Value, Reference]
"""For each input with a hidden copy, the cells that are 1 for a number that is not allowed, else 0."""


def draw(book: Book) -> Drawn[Refused] | None:
    """Draw the hidden sheet with a copy of each integer input, which formulas read instead; None if there is none.

    The copy has the typed number if it is allowed, else the one at first. `result` has the cells that say so, 1 for a
    number that is not allowed: {label: Reference('Inputs in use', 4, 2)}.
    """
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
    """Return the rectangle of the hidden sheet from A1 to the last copy, as a list: [A1:C5]; [] if there is none."""
    ends = [book.placement.tensors[value].value.box.last for value in book.result(SHEET) or {}]
    return [Reference(NAME, 1, 1, max(end.row for end in ends), max(end.col for end in ends))] if ends else []


def validate(book: Book, canvases: list[Canvas]) -> None:
    """Give the yellow cells of typed inputs and parameters on the network's sheets, `canvases`, an alert.

    A label must be an integer from 0 to 9, a bool 0 or 1; all others are numbers from −1,000,000 to 1,000,000, or to
    the largest one there, and whole in a tensor of integers.
    """
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
    allowed.validate(canvas, cells)
    refused = allowed.refused(Reference(cells.sheet, cells.row, cells.col))
    canvas.format_first(areas, format_rules.when(equal(refused, 1), format_rules.STRUCK))


def _allowed(value: Value, known: Mapping[Value, Limits]) -> list[tuple[Between, np.ndarray]]:
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
    (first, _), *others = allowed
    if not others:
        return first.refused(cells)
    lowest, highest = np.empty(cells.shape), np.empty(cells.shape)
    for each, where in allowed:
        lowest[where], highest[where] = each.lowest, each.highest
    return outside(cells, lowest, highest, whole=first.whole)


def _mark_ties(book: Book, canvases: Mapping[str, Canvas]) -> None:
    given = {*book.graph.of_kind("input"), *book.graph.of_kind("parameter")}
    for call in book.graph.calls:
        if call.ranks_left_open and call.inputs[0] in given:
            typed = book.placement.tensors[call.inputs[0]].typed
            if typed.sheet in canvases and typed not in book.driven:
                for line in _lines(call, typed):
                    canvases[typed.sheet].format_first(
                        [line], format_rules.when(_is_open(call, line), format_rules.STRUCK)
                    )


def _lines(call: Call, typed: Grid) -> Iterator[Reference]:
    rank = len(typed.shape)
    dim = call.arguments["dim"] % rank
    lines = typed.shape[:dim] + typed.shape[dim + 1 :]
    if dim < rank - 2 or math.prod(lines) > _MOST_LINES:  # a line's cells lie apart
        return
    for index in np.ndindex(*lines):
        yield from typed[(*index[:dim], slice(None), *index[dim:])].ranges


def _is_open(call: Call, line: Reference) -> Expression:
    first, last, _ = call.ranks_left_open or (0, 0, 0)
    is_descending = call.arguments.get("descending") or call.arguments.get("largest")
    cell, order = line.at(0), () if is_descending else (1,)
    place, count = RANK(cell, line.fixed, *order), COUNTIF(line.fixed, cell)
    return AND(count > 1, place <= last, place + count > first)


SHEET = SheetSpec(NAME, "the values used for inputs that must be whole numbers", draw, order=10, hidden=True)
