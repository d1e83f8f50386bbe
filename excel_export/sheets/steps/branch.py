"""What is computed beside the thread, as boxes joined by arrows: from what the thread gives it to a loss of its own.

largest score   digit read     adder 1      adder 2      sum it gives     sum's loss
   8.7998   →       3      →   −6.6166  →    8.4739   →     8.0264     →    0.0007
                    5           3.4584      −5.1297        8 = 3 + 5
                  number        …            …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from excel_export.formulas import MAX, Expression, Index, OperandLike, Reference, Referred, as_expression, joined
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import connections
from excel_export.sheets.steps.matrix import MatrixProduct, pairs_of, product_of
from excel_export.sheets.steps.network_boxes import decides
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole
from excel_export.sheets.steps.written import at_its_sign, written
from excel_export.views.story import has_weights

BOX, ARROW, ROW, LABEL = 106, 30, 32, 16
HEADS, CHECK = 154, 90
"""The pixels of what the first of some layers reads, with names, and of the sign that says whether all is right."""
MOST_ROWS, MOST_COLUMNS, LONGEST, MOST_LINES = 6, 9, 110, 13


@dataclass(frozen=True)
class Item:
    """A box: an element, or the largest of many."""

    value: Value
    index: Index | None
    """None for the largest of all."""


def draw(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw the boxes, a column for each call, from left to right."""
    _Branch(sheet, teller, calls).draw()


class _Branch:
    def __init__(self, sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
        self._sheet, self._teller, self._calls = sheet, teller, calls
        self._made = {value for call in calls for value in call.outputs}
        self._places: dict[Reference, Reference] = {}
        """The cells of the network whose numbers stand in boxes."""
        self._whole, self._number_box, self._arrow = "box_whole", "box_number", "arrow"
        """The styles of boxes and of the arrows between them: smaller ones, where all weights are drawn."""
        self._together: tuple[int, int, int] | None = None
        """The rows of what all layers are together: names, numbers, and the line that writes it out."""

    def draw(self) -> None:
        """Draw it all."""
        sheet, last = self._sheet, self._calls[-1].outputs[0]
        layers = [call for call in self._calls if has_weights(call)]
        weights = sum(value.data.size for call in layers for value in call.inputs if value.kind == "parameter")
        columns = self._columns()[:MOST_COLUMNS]
        at, chain = self._chain(columns, layers)
        if chain:
            said = "Each number times its weight, added up, plus the bias: a number of the next layer. "
            if self._is_one(chain):
                said = f"No ReLU lies between its layers, so all {weights} weights and biases together do only this:"
        elif layers:
            said = f"Now {len(layers)} small layers with {weights} weights and biases: "
            said += "each box adds up all boxes before it, each times a weight, plus a bias."
        else:
            said = "Each box is worked out from the boxes before it."
        way = f"from {self._calls[0].outputs[0].called} to {last.called}"
        sheet.head(f"A second way to the loss: {'a small network adds' if self._is_one(chain) else way}", said)
        self._together = (sheet.row(18), sheet.row(32), sheet.row(26)) if self._is_one(chain) else None
        titles = sheet.row(20)
        if chain:
            first = sheet.rows(_rows_of(columns[at + len(chain) :], chain), connections.ROW)
            self._draw_chain(columns[:at], layers, chain, first, titles)
            columns, tops = self._behind(columns[at + len(chain) - 1 :], layers[-1].outputs[0])
        else:
            first = sheet.row(4) + 1
            tops = [first + 2 * _beginning(column, max(map(len, columns))) for column in columns]
            for _ in range(max(map(len, columns))):
                sheet.row(ROW)
                sheet.row(LABEL)
        found = self._draw_boxes(columns, tops, titles)
        if last in found:
            sheet.check(found[last].row, sheet.col(30), found[last], self._teller.value(last))
        self._write_out([] if self._together else layers[:1] if chain else [*layers[:1], *layers[-1:]])

    def _is_one(self, chain: Sequence[MatrixProduct]) -> bool:
        """Whether some layers together are one that makes one number of few."""
        return len(chain) > 1 and len(chain[-1].rows) == 1 and len(chain[0].vector) <= connections.MOST_READ

    def _draw_boxes(
        self, columns: Sequence[Sequence[Item]], tops: Sequence[int], titles: int
    ) -> dict[Value, Reference]:
        """Boxes from left to right, with an arrow between them: at the first box of the shorter column."""
        found: dict[Value, Reference] = {}
        for k, (column, top) in enumerate(zip(columns, tops, strict=True)):
            col, arrow = self._sheet.col(BOX), self._sheet.col(ARROW)
            found |= self._draw_column(column, col, top, titles)
            if k + 1 < len(columns):
                self._sheet.say(max(tops[k : k + 2]), arrow, "→", self._arrow)
        return found

    def _chain(self, columns: Sequence[Sequence[Item]], layers: Sequence[Call]) -> tuple[int, list[MatrixProduct]]:
        """The column of what the first layer makes; and the layers, where all their weights can be drawn.

        That is so where each reads just what stands in the column before it, and all has room.
        """
        found: list[MatrixProduct] = []
        at = next((k for k, column in enumerate(columns) if layers and column[0].value is layers[0].outputs[0]), 0)
        read = columns[at - 1] if at else []
        for call, column in zip(layers, columns[at:], strict=False):
            value = call.outputs[0]
            product = product_of(self._teller, value, (0,) * len(value.shape))
            cells = product.vector if product else ()
            same = [{*self._same(item.value, item.index)} if item.index is not None else set() for item in read]
            if len(cells) != len(read) or not all(cell.plain in own for cell, own in zip(cells, same, strict=True)):
                return at, []
            found += [product] if product else []
            read = [item for item in column if item.value is value]
        room = WIDTH - MARGIN - (len(columns) - len(found) - 1) * (BOX + ARROW) - HEADS - CHECK
        height = _rows_of(columns[at + len(found) :], found) if found else 0
        fits = len(found) == len(layers) and height <= MOST_LINES and connections.width_of(found) <= room
        return at, found if fits else []

    def _draw_chain(
        self,
        columns: Sequence[Sequence[Item]],
        layers: Sequence[Call],
        chain: Sequence[MatrixProduct],
        first: int,
        titles: int,
    ) -> None:
        """Draw the layers with all their weights, and the boxes before; above, what all layers are together."""
        sheet, (*before, heads) = self._sheet, columns
        self._whole, self._number_box, self._arrow = "small_whole", "small_box", "arrow_small"
        for column in before:
            self._draw_column(column, sheet.col(BOX), first, titles)
            sheet.say(first, sheet.col(ARROW), "→", self._arrow)
        label, numbers = sheet.col(HEADS - connections.CELL), sheet.col(connections.CELL)
        self._draw_column(heads, numbers, first, titles, label)
        names = [self._moved_name(call.outputs[0]) for call in layers]
        drawn = connections.draw(sheet, self._teller, chain, names, sheet.at(first, numbers, len(heads)))
        for layer, product, call in zip(drawn, chain, layers, strict=True):
            for index, cell in zip(product.indices, layer.results.each(), strict=True):
                self._places |= dict.fromkeys(self._same(call.outputs[0], index), cell)
        if self._together:
            *rows, worked = self._together
            said = [*(self._label(item.value, item.index or ()) for item in heads), names[-1]]
            style = "whole" if all(is_whole(item.value) for item in heads) else "number"
            line, counts = connections.draw_together(sheet, drawn, said, (rows[0], rows[1]), style)
            sheet.write_out(worked, line)
            for item, cell in zip(heads, counts, strict=True):
                self._teller.counts[item.value] = layers[-1].outputs[0], cell

    def _behind(self, columns: Sequence[list[Item]], made: Value) -> tuple[list[list[Item]], list[int]]:
        """The boxes behind the layers and their first rows; what is given beside the last result stands above the next."""
        row = self._places[self._teller.value(made, tuple(size - 1 for size in made.shape))].row
        self._sheet.say(row, self._sheet.col(ARROW), "→", self._arrow)
        beside = [item for item in columns[0] if item.value is not made]
        behind = [[*beside, *columns[1]], *columns[2:]] if len(columns) > 1 else []
        return behind, [row - 2 * len(beside) * (k == 0) for k in range(len(behind))]

    def _columns(self) -> list[list[Item]]:
        """The boxes by column: behind all that they read; what is given stands just before what reads it."""
        level = self._levels()
        columns: dict[int, list[Item]] = {}
        for call in self._calls:
            value = call.outputs[0]
            if not (call.operator.only_moves or self._only_gathers(value)):
                columns.setdefault(level[value], []).extend(Item(value, at) for at in indices_of(value)[:MOST_ROWS])
        for value in dict.fromkeys(each for call in self._calls for each in call.inputs if each.kind != "parameter"):
            if value in self._made or self._is_wanted(value):
                continue
            readers = [call for call in self._calls if value in call.inputs]
            if value.data.size > MOST_ROWS:
                if any(call.operator.name == "argmax" for call in readers):
                    columns.setdefault(0, []).append(Item(value, None))
                continue
            gathers = any(self._only_gathers(call.outputs[0]) for call in readers)
            at = min(level[call.outputs[0]] for call in readers) - (not gathers)
            columns.setdefault(max(at, 0), []).extend(Item(value, index) for index in indices_of(value))
        return [columns[k] for k in sorted(columns)]

    def _levels(self) -> dict[Value, int]:
        """The column of each value; of what is made of inputs alone, that before what reads it."""
        level: dict[Value, int] = {}
        for call in self._calls:
            value = call.outputs[0]
            behind = max((level.get(each, 0) for each in call.inputs if each.kind != "parameter"), default=0)
            level[value] = behind + (not (call.operator.only_moves or self._only_gathers(value)))
        for call in self._calls:
            value = call.outputs[0]
            if self._is_of_inputs(call):
                readers = [level[other.outputs[0]] for other in self._calls if value in other.inputs]
                level[value] = max(level[value], min(readers, default=1) - 1)
        return level

    def _is_of_inputs(self, call: Call) -> bool:
        """Whether a call reads nothing but what is given."""
        return bool(call.inputs) and all(each.kind == "input" for each in call.inputs)

    def _is_wanted(self, value: Value) -> bool:
        """Whether an input is only read by what is made of inputs alone: that says its number itself."""
        return all(self._is_of_inputs(call) for call in self._calls if value in call.inputs)

    def _only_gathers(self, value: Value) -> bool:
        """Whether each of its elements is one of those before, as of a stack."""
        return all(isinstance(self._teller.elements.formula(value, at), Referred) for at in indices_of(value))

    def _draw_column(
        self, column: Sequence[Item], col: int, top: int, titles: int, label: int = 0
    ) -> dict[Value, Reference]:
        """Draw boxes below one another, with what they are called: below each of them, or in a column at its left."""
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
            sheet.say(titles, col, decision.operator.name.replace("argmax", "arg-max"), "middle")
        for n, item in enumerate(column):
            row = top + (n if label else 2 * n)
            style = self._whole if is_whole(item.value) else self._number_box
            if item.index is None:
                found[item.value] = sheet.number(row, col, MAX(teller.elements.tensors[item.value].value.box), style)
                continue
            cell = sheet.number(row, col, self._formula(item.value, item.index), style)
            found[item.value] = cell
            self._places |= dict.fromkeys(self._same(item.value, item.index), cell)
            if label:
                sheet.say(row, label, self._label(item.value, item.index), "right")
            elif not alone:
                sheet.say(row + 1, col, self._label(item.value, item.index), "middle_small")
        return found

    def _label(self, value: Value, index: Index) -> OperandLike:
        """What a box is called; of one that is made of what is given alone, with its formula."""
        call = self._teller.elements.makers.get(value)
        if call is None or not self._is_of_inputs(call):
            return self._moved_name(value)
        return joined(f"{value.called}: ", *self._written(value, index))

    def _moved_name(self, value: Value) -> str:
        """What a number is called, also where the next call only moves it; what was decided keeps its name."""
        if is_whole(value) and value.kind == "intermediate":
            return value.called
        for call in self._calls:
            if call.operator.only_moves and value in call.inputs and call.outputs[0].data.size == value.data.size:
                return self._moved_name(call.outputs[0])
        return value.called

    def _formula(self, value: Value, index: Index) -> OperandLike:
        """The formula of an element, of the boxes before it; where it is long, the network's own cell."""
        if value not in self._made:
            return self._teller.operand(value, index)
        here = moved(self._teller.elements.formula(value, index), self._places)
        return here if len(here.text("")) <= LONGEST else self._teller.operand(value, index)

    def _same(self, value: Value, index: Index) -> Iterator[Reference]:
        """The cells that hold a number: its own, and those of what only moves or gathers it."""
        yield self._teller.value(value, index)
        own = self._teller.value(value, index)
        for call in self._calls:
            made = call.outputs[0]
            if value in call.inputs and (call.operator.only_moves or self._only_gathers(made)):
                for at in indices_of(made):
                    formula = self._teller.elements.formula(made, at)
                    if isinstance(formula, Referred) and formula.reference.plain == own:
                        yield from self._same(made, at)

    def _written(self, value: Value, index: Index) -> list[OperandLike]:
        """The formula of an element that is spelled out, with its numbers."""
        return written(self._teller.elements.forward(value, index), self._number)

    def _number(self, cell: Cell | Expression, bare: bool) -> OperandLike:
        """A number within a formula, spelled as its box shows it; nothing for what lies in no one cell."""
        if not isinstance(cell, Reference):
            return ""
        element = self._teller.elements.at(cell)
        shown = self._places.get(cell.plain)
        known: OperandLike = shown if shown else self._teller.operand(element.value, element.index) if element else cell
        if element is not None and is_whole(element.value):
            return as_expression(known)
        return at_its_sign(known, bare)

    def _write_out(self, layers: Sequence[Call]) -> None:
        """Write the first box of some layers, and the loss, with their numbers."""
        last = self._calls[-1].outputs[0]
        lines = [self._sum(call.outputs[0]) for call in dict.fromkeys(layers)]
        formula = self._written(last, (0,) * len(last.shape))
        if formula:
            own = self._places.get(self._teller.value(last), self._teller.value(last))
            lines.append(joined(f"{last.called}: ", *formula, " = ", spelled(own)))
        for line in lines:
            self._sheet.write_out(self._sheet.row(22), line)

    def _sum(self, value: Value) -> OperandLike:
        """The first box of what a layer makes, with its numbers."""
        index: Index = (0,) * len(value.shape)
        account = self._teller.elements.forward(value, index)
        parts: list[OperandLike] = []
        for k, (number, weight) in enumerate(pairs_of(account)):
            parts += [" + "] if k else []
            parts += [self._number(number, not k), " × ", self._number(weight, False)]
        if isinstance(account.alone, Reference):
            parts += [" + ", self._number(account.alone, False)]
        result = self._places.get(self._teller.value(value, index), self._teller.value(value, index))
        name = f"First box of {value.called}" if value.data.size > 1 else self._moved_name(value)
        return joined(f"{name}: ", *parts, " = ", spelled(result))


def _rows_of(behind: Sequence[Sequence[Item]], chain: Sequence[MatrixProduct]) -> int:
    """How many rows layers take with all their weights, and the boxes behind them, each with a row for its name."""
    return connections.rows_of(chain) + 2 * max(map(len, behind), default=1) - 1


def _beginning(column: Sequence[Item], lines: int) -> int:
    """The line at which a column of boxes begins: one or two boxes stand at the same height everywhere."""
    return max(0, lines - max(2, len(column))) // 2
