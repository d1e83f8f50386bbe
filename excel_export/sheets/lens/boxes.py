"""The network as a row of boxes: where the step is, what is done, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.compiler.place.panels import shape_text
from excel_export.formulas.expression import Operand, equal, joined
from excel_export.formulas.functions import HYPERLINK, IF, MAX, MIN
from excel_export.formulas.reference import quoted
from excel_export.graph.graph import Value
from excel_export.sheets.book import Book
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import BOX_COUNT, BOX_WIDTH, BOXES, LAST
from excel_export.sheets.lens.tables import Table
from excel_export.sheets.plan import Plan
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import fill_rule
from excel_export.xlsx.styles import BACKWARD_PALE, FORWARD_PALE, HIGHLIGHT

NEVER = 10**6


@dataclass(frozen=True)
class Box:
    """A value of the network, and the steps in which it and its gradient appear."""

    value: Value
    made: int
    known: int


def boxes(book: Book, plan: Plan) -> list[Box]:
    """The inputs, and the first result of each call, in the order of computation."""
    graph = book.graph
    values = [*graph.of_kind("input"), *(call.outputs[0] for call in graph.calls)] or [graph.loss]
    return [Box(value, plan.made(value), plan.known(value)) for value in values]


def numbers(items: Sequence[Box]) -> dict[Value | None, int]:
    """The number of each value's box, from 1 on."""
    return {box.value: k for k, box in enumerate(items, start=1)}


def draw(
    canvas: Canvas, desk: Desk, book: Book, items: Sequence[Box], table: Table, step: Operand, lit: Operand
) -> None:
    """Draw as many boxes as there is room for, around the one that is lit.

    Args:
        canvas: the Lens.
        desk: its hidden columns.
        book: the workbook.
        items: the boxes.
        table: where they are listed, with the columns 'box', 'shape', 'place', 'made' and 'known'.
        step: the step that is shown.
        lit: the number of the box that it is about.
    """
    for box in items:
        grid = book.placement.tensors[box.value].typed
        place = f"#{quoted(grid.sheet)}!{grid.first.area}"
        table.add(box.value.called, shape_text(box.value.shape), place, box.made, box.known or NEVER)
    count = min(BOX_COUNT, len(items))
    first = desk.cell("first box", MAX(1, MIN(lit - BOX_COUNT // 2, len(items) - count + 1)))
    for k in range(count):
        col = 2 + BOX_WIDTH * k
        number = desk.cell(f"box {k + 1}", first + k)
        # On this sheet: Excel 2007 knows no rule that looks into another one.
        made, known = (desk.cell(f"box {k + 1} {what}", table.look_up(what, number)) for what in ("made", "known"))
        name, shape = table.text("box", number), table.text("shape", number)
        canvas.put(BOXES, col, HYPERLINK(table.text("place", number), name), "lens_box")
        canvas.put(BOXES + 1, col, shape, "lens_shape")
        for row in (BOXES, BOXES + 1):
            area = canvas.at(row, col, width=BOX_WIDTH)
            canvas.merge(area)
            canvas.format(
                area,
                fill_rule(equal(number, lit), HIGHLIGHT),
                fill_rule(known <= step, BACKWARD_PALE),
                fill_rule(made <= step, FORWARD_PALE),
            )
    after = desk.cell("boxes after", len(items) - first - count + 1)
    canvas.put(BOXES, LAST - 1, IF(after > 0, joined("+", after, " →"), ""), "lens_shape")
    canvas.merge(canvas.at(BOXES, LAST - 1, width=2))
