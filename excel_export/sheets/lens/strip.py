"""The network as a strip of boxes with its branches: what is done, what is shown now, and what is still to come."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Operand, equal, joined
from excel_export.formulas.functions import HYPERLINK, IF, ISNUMBER, MATCH, MAX, MIN
from excel_export.formulas.reference import quoted
from excel_export.graph.graph import Value
from excel_export.sheets.book import Book
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import LANES, MAIN, PIXEL, STRIP
from excel_export.sheets.lens.looks import DONE, LIT, NO_BOX, RETURNED, TO_COME, Looks
from excel_export.sheets.lens.tables import Table
from excel_export.views.plan import Plan
from excel_export.views.strip import Place, arrow, places
from excel_export.xlsx.calibri import shortened
from excel_export.xlsx.canvas import Canvas

NEVER = 10**6
BOX, ARROW, COUNT = 20, 4, 11
"""The columns of a box, of the arrow behind it, and how many there are beside one another."""
ROOM = BOX * PIXEL - 6
"""The pixels that a name has."""
HEADS = ("key", "name", "place", "arrow", "made", "known", "column")


class Strip:
    """The boxes of a network."""

    def __init__(self, book: Book, plan: Plan, table: Table) -> None:
        self._table = table
        graph = book.graph
        values = [*graph.of_kind("input"), *(call.outputs[0] for call in graph.calls)] or [graph.loss]
        owner = {value: call.outputs[0] for call in graph.calls for value in call.outputs}
        reads: dict[Value, list[Value]] = {}
        for call in graph.calls:
            known = [owner.get(value, value) for value in call.inputs if value.kind in ("input", "intermediate")]
            reads[call.outputs[0]] = list(dict.fromkeys(known))
        self._places = places(values, reads)
        readers: dict[Value, list[Place]] = {value: [] for value in values}
        for value, found in reads.items():
            for each in found:
                readers[each].append(self._places[value])
        self._numbers: dict[Value | None, int] = {}
        for value in values:
            grid, here = book.placement.tensors[value].typed, self._places[value]
            self._numbers[value] = table.add(
                here.column * LANES + here.lane,
                shortened(value.called, ROOM, 9, bold=True),
                f"#{quoted(grid.sheet)}!{grid.first.area}",
                arrow(here, readers[value]),
                plan.made(value),
                plan.known(value) or NEVER,
                here.column,
            )

    def number(self, value: Value | None) -> int:
        """The number of a value's box, from 1 on; 0 where it has none."""
        return self._numbers.get(value, 0)

    def draw(self, canvas: Canvas, desk: Desk, looks: Looks, step: Operand, lit: Operand) -> None:
        """Draw as many boxes as there is room for, around the one that is lit."""
        table = self._table
        columns = 1 + max(place.column for place in self._places.values())
        column = desk.cell("column of the lit box", table.look_up("column", MAX(1, lit)))
        first = desk.cell("first column of boxes", MAX(0, MIN(column - COUNT // 2, columns - COUNT)))
        keys = table.column("key")
        lanes = range(1 + max(place.lane for place in self._places.values()))
        found = MATCH((first + np.arange(min(COUNT, columns))) * LANES + np.array(lanes).reshape(-1, 1), keys, 0)
        shown = desk.rectangle("boxes shown", IF(ISNUMBER(found), found, 0))
        for lane, k in np.ndindex(*shown.shape):
            col, row, number = MAIN + int(k) * (BOX + ARROW), STRIP + int(lane), shown.at(int(lane), int(k)).fixed
            there = MAX(1, number)
            if k + 1 < COUNT:
                canvas.put(row, col + BOX, IF(number > 0, table.text("arrow", there), ""), "lens_arrow", width=ARROW)
            state = IF(equal(number, lit), LIT, IF(table.look_up("known", there) <= step, RETURNED,
                       IF(table.look_up("made", there) <= step, DONE, TO_COME)))  # fmt: skip
            is_shown = desk.cell(f"state of box {lane}, {k}", IF(number > 0, state, NO_BOX))
            # LibreOffice paints a cell anew where its own text is another one, not where only its rules say otherwise.
            text = joined(table.text("name", there), IF(equal(is_shown, LIT), " ", IF(is_shown > TO_COME, "  ", "")))
            name = HYPERLINK(table.text("place", there), joined(text, IF(equal(is_shown, RETURNED), " ", "")))
            canvas.put(row, col, IF(number > 0, name, ""), "lens_box", width=BOX)
            looks.of_box(canvas.at(row, col, width=BOX), is_shown)
