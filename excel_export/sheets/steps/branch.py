"""The calls beside the thread, as boxes joined by arrows: from a number of the thread to a loss of their own.

largest score   digit read     adder 1      adder 2      sum it gives     sum's loss
   8.7998   →       3      →   −6.6166  →    8.4739   →     8.0264     →    0.0007
                    5           3.4584      −5.1297        8 = 3 + 5
                  number        …            …
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import MAX, OperandLike, Reference, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import small_layers
from excel_export.sheets.steps.branch_items import MOST_WRITTEN, BranchItems, Item
from excel_export.sheets.steps.matrix import pairs_of
from excel_export.sheets.steps.network_boxes import decides
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, is_whole

BOX = 106
"""The width of a box, in pixels."""
ARROW = 30
"""The width of an arrow, in pixels."""
ROW = 32
"""The height of a box, in pixels."""
LABEL = 16
"""The height of a box's name, in pixels."""


def plan(teller: Teller, calls: Sequence[Call]) -> tuple[BranchItems, list[list[Item]]] | None:
    """Return the numbers that the calls beside the followed numbers compute, and their columns; None if the calls only
    copy numbers, so that there are none.
    """
    items = BranchItems(teller, calls)
    columns = items.columns()
    return (items, columns) if columns else None


def draw(sheet: StepSheet, teller: Teller, items: BranchItems, columns: Sequence[Sequence[Item]]) -> None:
    """Draw what calls beside the followed numbers compute: if there is room, small layers with all their weights;
    otherwise a box for each number, in columns from left to right.
    """
    found = small_layers.find(teller, items, columns)
    if found:
        small_layers.draw(sheet, teller, items, found)
    else:
        _Boxes(sheet, teller, items).draw(columns)


class _Boxes:
    def __init__(self, sheet: StepSheet, teller: Teller, items: BranchItems) -> None:
        self._sheet, self._teller, self._items = sheet, teller, items

    def draw(self, columns: Sequence[Sequence[Item]]) -> None:
        """Draw boxes from left to right, with an arrow between two columns."""
        sheet, layers, last = self._sheet, self._items.layers, self._items.last
        said = "Each box is worked out from the boxes before it."
        if layers:
            said = f"Now {len(layers)} small layers with {self._items.weights} weights and biases: "
            said += "each box adds up all boxes before it, each times a weight, plus a bias."
        sheet.head(f"A second path to the loss: from {self._items.calls[0].outputs[0].called} to {last.called}", said)
        titles, first = sheet.row(20), sheet.row(4) + 1
        most = max(map(len, columns))
        for _ in range(most):
            sheet.row(ROW)
            sheet.row(LABEL)
        tops = [first + 2 * _beginning(column, most) for column in columns]
        found: dict[Value, Reference] = {}
        for k, (column, top) in enumerate(zip(columns, tops, strict=True)):
            col, arrow = sheet.col(BOX), sheet.col(ARROW)
            found |= self._draw_column(column, col, top, titles)
            if k + 1 < len(columns):
                sheet.say(max(tops[k : k + 2]), arrow, "→", "arrow")
        if last in found:
            sheet.check(found[last].row, sheet.col(30), found[last], self._teller.value(last))
        self._write_out([*layers[:1], *layers[-1:]])

    def _draw_column(self, column: Sequence[Item], col: int, top: int, titles: int) -> dict[Value, Reference]:
        sheet, teller, found = self._sheet, self._teller, dict[Value, Reference]()
        alone = len({id(item.value) for item in column}) == 1
        if alone:
            item = column[0]
            of = "score" if item.value in teller.scores else f"of {item.value.called}"
            sheet.say(titles, col, item.value.called if item.index is not None else f"largest {of}", "middle")
        decision = next(
            (each for item in column if (each := teller.elements.makers.get(item.value)) and decides(each)), None
        )
        if decision and not alone:
            sheet.say(titles, col, decision.kind.replace("argmax", "arg-max"), "middle")
        for n, item in enumerate(column):
            row = top + 2 * n
            style = "box_whole" if is_whole(item.value) else "box_number"
            if item.index is None:
                found[item.value] = sheet.number(row, col, MAX(teller.elements.tensors[item.value].value.box), style)
                continue
            cell = sheet.number(row, col, self._items.formula(item.value, item.index), style)
            found[item.value] = cell
            self._items.place(item.value, item.index, cell)
            if not alone:
                sheet.say(row + 1, col, self._items.label(item.value, item.index), "middle_small")
        return found

    def _write_out(self, layers: Sequence[Call]) -> None:
        last = self._items.last
        lines = [self._sum(call.outputs[0]) for call in dict.fromkeys(layers)]
        formula = self._items.written(last, (0,) * len(last.shape))
        if formula:
            own = self._items.places.get(self._teller.value(last), self._teller.value(last))
            lines.append(joined(f"{last.called}: ", *formula, " = ", spelled(own)))
        for line in lines:
            self._sheet.write_out(self._sheet.row(22), line)

    def _sum(self, value: Value) -> OperandLike:
        index = (0,) * len(value.shape)
        account = self._teller.elements.forward(value, index)
        parts: list[OperandLike] = []
        for k, (number, weight) in enumerate(pairs_of(account)[:MOST_WRITTEN]):
            parts += [" + "] if k else []
            parts += [self._items.number(number, not k), " × ", self._items.number(weight, False)]
        parts += [" + …"] * (account.count > MOST_WRITTEN)
        if isinstance(account.alone, Reference):
            parts += [" + ", self._items.number(account.alone, False)]
        result = self._items.places.get(self._teller.value(value, index), self._teller.value(value, index))
        name = f"First box of {value.called}" if value.data.size > 1 else self._items.moved_name(value)
        return joined(f"{name}: ", *parts, " = ", spelled(result))


def _beginning(column: Sequence[Item], lines: int) -> int:
    return max(0, lines - max(2, len(column))) // 2
