"""The yellow cells of the network's sheets: what may be typed into them, and what is used of whole numbers.

A class or an index that does not exist would make formulas fail, and 3.7 as a class would give gradients that look
right. So formulas read such inputs from a hidden sheet: there stands what was typed, where it is allowed, else what
was there at first. Other numbers are read where they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from excel_export.formulas.expression import equal
from excel_export.formulas.functions import IF
from excel_export.formulas.reference import Name, Reference
from excel_export.graph.graph import Graph, Value
from excel_export.sheets.book import Book
from excel_export.sheets.inputs.validation import Between, any_number
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.index import Entry
from excel_export.xlsx.rules import struck_rule
from excel_export.xlsx.styles import GREY

NAME = "Inputs in use"
IN_USE = "in use"
"""What the index calls the cells that hold what is used of an input."""
Refused = dict[Value, Reference]
"""Of inputs that are not used as they are typed, the cells that are 1 where something else is used, else 0."""


def draw(book: Book) -> Drawn[Refused] | None:
    """Let formulas read whole numbers where only those that are allowed stand: it is drawn before they are written."""
    canvas, row, known = Canvas(NAME, GREY), 4, whole_numbers(book.graph)
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
        canvas.fill(flags, _allowed(value, known).refused(typed.relative), "fixed")
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
        canvas, allowed = by_name[typed.sheet], _allowed(value, known)
        allowed.validate(canvas, typed.box)
        refused = allowed.refused(Reference(typed.sheet, typed.row, typed.col))
        # Not the empty lines between the filters of a convolution: there nobody types.
        canvas.format_first(typed.whole.ranges, struck_rule(equal(refused, 1)))


def whole_numbers(graph: Graph) -> dict[Value, tuple[int, int]]:
    """From which whole number to which each value may go, for those by which an operator finds something."""
    found: dict[Value, tuple[int, int]] = {}
    for call in reversed(graph.calls):
        for value in dict.fromkeys(call.inputs):
            limits = [call.operator.limits(value, call.outputs[0]), found.get(value)]
            if call.operator.passes_on:
                limits += map(found.get, call.outputs)
            known = [each for each in limits if each]
            if known:
                found[value] = max(low for low, _ in known), min(high for _, high in known)
    return found


def _allowed(value: Value, known: Mapping[Value, tuple[int, int]]) -> Between:
    """What finds something where there is anything to find; else every number of its kind."""
    if value in known:
        return Between(*known[value], whole=not value.is_float)
    if value.data.dtype.kind == "b":
        return Between(0, 1, whole=True)
    every = any_number(*np.abs(value.data.astype(np.float64)).max(initial=0, keepdims=True).ravel())
    return replace(every, whole=not value.is_float)


SHEET = SheetSpec(NAME, "what is used of the inputs that must be whole numbers", draw, order=10, hidden=True)
