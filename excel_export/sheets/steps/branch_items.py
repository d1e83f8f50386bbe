"""The numbers beside the thread: those that are shown, their columns, names and formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from excel_export.formulas import Expression, Index, OperandLike, Reference, Referred, as_expression, joined
from excel_export.formulas.analysis.chosen import Found
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole
from excel_export.sheets.steps.written import at_its_sign, written
from excel_export.views.story import has_weights

MOST_ROWS = 6
"""The most boxes of a tensor."""
MOST_COLUMNS = 9
"""The most columns of boxes."""
MOST_WRITTEN = 8
"""The most numbers or products of a formula that is written out: a cell's formula has a longest length."""
LONGEST = 110
"""The most characters of the formula of a box."""


@dataclass(frozen=True)
class Item:
    """A number in a box: Item(y, (0, 2)) is y[0, 2]; Item(y, None) is the largest of y's elements."""

    value: Value
    """The tensor of the number."""
    index: Index | None
    """The index; None for the largest element."""


class BranchItems:
    """The numbers that calls beside the thread (the numbers that the story follows) compute, a box for each."""

    def __init__(self, teller: Teller, calls: Sequence[Call]) -> None:
        self.calls, self.layers = calls, [call for call in calls if has_weights(call)]
        self.places: dict[Reference, Reference] = {}
        """The cell on the sheet that shows each of the network's cells: {Network!B5: '5 second way'!D8}."""
        self._teller = teller
        self._made = {value for call in calls for value in call.outputs}

    @property
    def last(self) -> Value:
        """The result of the last call, such as the loss of the branch."""
        return self.calls[-1].outputs[0]

    @property
    def weights(self) -> int:
        """The number of weights and biases in the layers: 46."""
        return sum(value.data.size for call in self.layers for value in call.inputs if value.kind == "parameter")

    def place(self, value: Value, index: Index, cell: Reference) -> None:
        """Record that `cell`, on the sheet, shows an element of a value."""
        self.places |= dict.fromkeys(self.same(value, index), cell)

    def columns(self) -> list[list[Item]]:
        """Return the boxes of each column: [[Item(x, (0,))], [Item(y, (0,)), Item(y, (1,))]] for y computed from x.

        A number is in a column behind all that it reads, an input in the one before its readers.
        """
        level = self._levels()
        columns: dict[int, list[Item]] = {}
        for call in self.calls:
            value = call.outputs[0]
            if not (call.only_moves or self._only_gathers(value)):
                columns.setdefault(level[value], []).extend(Item(value, at) for at in indices_of(value)[:MOST_ROWS])
        for value in dict.fromkeys(each for call in self.calls for each in call.inputs if each.kind != "parameter"):
            if value in self._made or self._is_wanted(value):
                continue
            readers = [call for call in self.calls if value in call.inputs]
            if value.data.size > MOST_ROWS:
                if any(call.kind == "argmax" for call in readers):
                    columns.setdefault(0, []).append(Item(value, None))
                continue
            gathers = any(self._only_gathers(call.outputs[0]) for call in readers)
            at = min(level[call.outputs[0]] for call in readers) - (not gathers)
            columns.setdefault(max(at, 0), []).extend(Item(value, index) for index in indices_of(value))
        return [columns[k] for k in sorted(columns)][:MOST_COLUMNS]

    def _levels(self) -> dict[Value, int]:
        """Return the column of each value; a value computed from inputs alone stands before its readers."""
        level: dict[Value, int] = {}
        for call in self.calls:
            value = call.outputs[0]
            behind = max((level.get(each, 0) for each in call.inputs if each.kind != "parameter"), default=0)
            level[value] = behind + (not (call.only_moves or self._only_gathers(value)))
        for call in self.calls:
            value = call.outputs[0]
            if self._is_of_inputs(call):
                readers = [level[other.outputs[0]] for other in self.calls if value in other.inputs]
                level[value] = max(level[value], min(readers, default=1) - 1)
        return level

    def _is_of_inputs(self, call: Call) -> bool:
        return bool(call.inputs) and all(each.kind == "input" for each in call.inputs)

    def _is_wanted(self, value: Value) -> bool:
        return all(self._is_of_inputs(call) for call in self.calls if value in call.inputs)

    def _only_gathers(self, value: Value) -> bool:
        """Return whether each element of a value is a copy of an earlier one, as in a stack."""
        return all(isinstance(self._teller.elements.formula(value, at), Referred) for at in indices_of(value))

    def label(self, value: Value, index: Index) -> OperandLike:
        """Return the name of a box's tensor, 'adder 1'; if made of inputs alone, with a formula: 'true sum: 5 + 3'."""
        call = self._teller.elements.makers.get(value)
        if call is None or not self._is_of_inputs(call) or not (parts := self.written(value, index)):
            return self.moved_name(value)
        return joined(f"{value.called}: ", *parts)

    def moved_name(self, value: Value) -> str:
        """Return the name of a number, 'digit': of the last result if calls, such as squeeze, only move it.

        A whole number that is a call's result, as argmax gives one, keeps its own name.
        """
        if is_whole(value) and value.kind == "intermediate":
            return value.called
        for call in self.calls:
            if call.only_moves and value in call.inputs and call.outputs[0].data.size == value.data.size:
                return self.moved_name(call.outputs[0])
        return value.called

    def formula(self, value: Value, index: Index) -> OperandLike:
        """Return the formula of an element that reads the boxes before it, B5*0.5+B7; Network!C9 if it is long."""
        if value not in self._made:
            return self._teller.operand(value, index)
        here = moved(self._teller.elements.formula(value, index), self.places)
        return here if len(here.text("")) <= LONGEST else self._teller.operand(value, index)

    def same(self, value: Value, index: Index) -> Iterator[Reference]:
        """Yield the cells that hold a number, Network!B5 and Network!B9: its own, and copies that a call moves."""
        yield self._teller.value(value, index)
        own = self._teller.value(value, index)
        for call in self.calls:
            made = call.outputs[0]
            if value in call.inputs and (call.only_moves or self._only_gathers(made)):
                for at in indices_of(made):
                    formula = self._teller.elements.formula(made, at)
                    if isinstance(formula, Referred) and formula.reference.plain == own:
                        yield from self.same(made, at)

    def written(self, value: Value, index: Index) -> list[OperandLike]:
        """Return the readable formula of an element as parts of a text, with its numbers: ['max(', 0.5, ', 0)'].

        [] if it reads more than 8.
        """
        account = self._teller.elements.forward(value, index)
        return written(account, self.number) if account.count <= MOST_WRITTEN else []

    def number(self, cell: Cell | Expression, bare: bool) -> OperandLike:
        """Return a number for a text of a formula: a formula for '(−0.1875)', or for '−0.1875' if `bare` is True.

        The number is that of the box that shows `cell`, else the network's; '' for anything else than a single cell.
        """
        if not isinstance(cell, (Reference, Found)):
            return ""
        element = self._teller.elements.at(cell)
        shown = self.places.get(cell.plain) if isinstance(cell, Reference) else None
        known = shown or self._teller.content_of(cell)
        if element is not None and is_whole(element.value):
            return as_expression(known)
        return at_its_sign(known, bare)
