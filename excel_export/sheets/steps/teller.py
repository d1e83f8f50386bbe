"""Helpers of the story's sheets: the network's numbers by name and place, as people call them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from excel_export.book.book import Book
from excel_export.formulas import INDEX, Expression, Index, Name, OperandLike, Reference, joined
from excel_export.formulas.analysis.chosen import Found
from excel_export.graph.graph import Call, Value
from excel_export.sheets.book_elements import asked_of
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.steps.ideas import idea_of
from excel_export.sheets.steps.step_sheet import spelled
from excel_export.views.elements import GRADIENT, VALUE, Element, Elements
from excel_export.views.story import AHEAD, StoryStep, has_weights
from excel_export.views.terms import Term
from excel_export.views.thread import Bead
from excel_export.workbook.calibri import shortened, text_width

_LED = re.compile(r"(?<!\w)\w+\.(?=[\w.]*[A-Za-z_])")
"""The modules before a name: 'body.' of 'body.conv', and of 'body.downsample.0'."""
_BEHIND = re.compile(r" after [\w.]+(?: \d+)?")
"""The words for the layer before a number: ' after body.conv 2'."""
SCORES = "The scores: the last layer makes a number for each class"
AROUND = 1
"""The count of numbers of the thread before and behind that of a step, in the line at the top."""


MOST_FURTHER = 5
"""The most layers that a line names."""
LONGEST_WHOLE = 90
"""The most characters of a formula that a sheet repeats."""


@dataclass
class Teller:
    """What the sheets of a story share: its steps, the thread (the followed numbers), elements, results."""

    book: Book
    """The workbook."""
    elements: Elements
    """The elements of the network's tensors, and the terms from which each is computed."""
    beads: Sequence[Bead]
    """The thread: the weight that the story follows, and the numbers through which it acts on the loss."""
    steps: Sequence[StoryStep]
    """The steps, each of which has a sheet."""
    names: Sequence[str]
    """The name of each step's sheet: '2 convolution'."""
    results: dict[str, Reference] = field(default_factory=dict)
    """Cells of sheets drawn before, by keys: the gradient of the weight, for example."""
    computed_on: dict[Reference, str] = field(default_factory=dict)
    """The name of the first sheet so far that computes the number of a cell of the network."""
    counts: dict[Value, tuple[Value, Reference]] = field(default_factory=dict)
    """For a number that small layers read, their result, and the story's cell that says how fast it grows with it."""
    errors: dict[Reference, tuple[Value, Reference]] = field(default_factory=dict)
    """For the gradient of a number whose error is squared, the loss, and the story's cell with the error."""

    def value(self, value: Value, index: Index = ()) -> Reference:
        """Return the network's cell of an element, Network!C5 for x[0, 1]; the index () is the first element."""
        return self.elements.cell(Element(value, VALUE, index or (0,) * len(value.shape)))

    def gradient(self, value: Value, index: Index = ()) -> Reference:
        """Return the network's cell of an element's gradient; the index () is the first element."""
        return self.elements.cell(Element(value, GRADIENT, index or (0,) * len(value.shape)))

    def operand(self, value: Value, index: Index = ()) -> OperandLike:
        """Return an element as formulas read it: its cell, or the cell's defined name, such as number."""
        grid = self.elements.tensors[value].value
        return Name(grid.defined_name) if grid.defined_name else self.value(value, index)

    @cached_property
    def thread(self) -> dict[Value, Index]:
        """The index of the thread's element in each tensor that the thread passes: {y: (0, 2)}."""
        return {bead.value: bead.index for bead in self.beads}

    @cached_property
    def sheets_of_calls(self) -> dict[Call, str]:
        """The name of the sheet for each call that a forward step shows: {conv: '2 convolution'}."""
        steps = [each for each in zip(self.steps, self.names, strict=True) if each[0].what in AHEAD]
        return {call: name for step, name in steps for call in (*step.calls, step.call) if call}

    def like(self, call: Call) -> str:
        """Return the name of the sheet of the last layer before a call with the same operator; '' for none."""
        before = self.elements.graph.calls[: self.elements.graph.calls.index(call)]
        same = [
            name
            for each, name in self.sheets_of_calls.items()
            if each in before and type(each.operator) is type(call.operator)
        ]
        return same[-1] if same else ""

    def like_back(self) -> str:
        """Return the name of the first sheet on which a gradient comes back through a layer; '' for none."""
        layers = (name for step, name in zip(self.steps, self.names, strict=True)
                  if step.what == "backward" and step.call and has_weights(step.call))  # fmt: skip
        return next(layers, "")

    def sheet_of(self, cell: Reference) -> str:
        """Return the name of the sheet so far that computes a number, or the number that it copies; '' for none."""
        while (sheet := self.computed_on.get(cell.plain)) is None:
            element = self.elements.at(cell)
            read = self._copied(element) if element else None
            if read is None:
                return ""
            cell = read
        return sheet

    def _copied(self, element: Element) -> Reference | None:
        """Return the cell that an element only moves, forward or back; None if it is no copy."""
        if element.part == VALUE:
            maker = self.elements.makers.get(element.value)
            moves = maker and maker.operator.only_moves
            account = self.elements.forward(element.value, element.index) if moves else None
        else:
            readers = [*self.elements.readers.get(element.value, ())]
            moves = element.part == GRADIENT and len(readers) == 1 and readers[0].operator.only_moves
            account = self.elements.backward(readers[0], element.value, element.index) if moves else None
        if account is None or len(account.terms) != 1:
            return None
        [term] = account.terms
        return term.cell if term.factor is None and isinstance(term.cell, Reference) else None

    def size_of(self, term: Term) -> float:
        """Return the absolute size of a term, 0.5 for 0.25 · −2; a factor that is no network's number counts as 1."""
        found = [self.elements.at(part) for part in term]
        numbers = [self.elements.number(each) if each else None for each in found]
        return abs((numbers[0] or 0.0) * (1.0 if numbers[1] is None else numbers[1]))

    def places(self, value: Value, index: Index) -> str:
        """Return an element's place for people, from 1 on, 'map 5, row 4, column 6'; of a score 'class 3', from 0."""
        if value in self.scores:
            return f"class {max(index)}" if sum(size > 1 for size in value.shape) == 1 else ""
        known = zip(self.elements.index_names.of(value), index, value.shape, strict=True)
        shown = [(name, at + 1) for name, at, size in known if size > 1]
        if any(name.startswith("index ") for name, _ in shown):
            return f"at {', '.join(str(at) for _, at in shown)}"
        return ", ".join([f"{name} {at}" for name, at in shown])

    def called(self, value: Value, index: Index) -> str:
        """Return the name and the place of an element: 'first conv (map 5, row 4, column 6)'."""
        places = self.places(value, index)
        if value in self.scores and places:
            return f"score of {places}"
        return f"{self.name(value)} ({places})" if places else self.name(value)

    def name(self, value: Value) -> str:
        """Return the name of a tensor for people: 'score'; for a parameter with its layer, 'weight of first conv'."""
        if value in self.scores:
            return "score"
        reader = next(iter(self.elements.readers.get(value, ())), None)
        if value.kind != "parameter" or reader is None or "." not in value.name:
            return value.called
        return f"{value.name.rpartition('.')[2]} of {reader.outputs[0].called}"

    def short_name(self, value: Value, room: float, points: float) -> str:
        """Return the name of a tensor cut to `room` pixels at a font size: 'exp' for 'exp after body.conv'."""
        name = self.name(value)
        alone = _BEHIND.sub("", name)
        for shorter in (name, alone, _LED.sub("", name), _LED.sub("", alone)):
            if text_width(shorter, points, bold=True) <= room:
                return shorter
        return shortened(shorter, room, points, bold=True)

    def name_of(self, what: object) -> str:
        """Return the name of a cell, its tensor and its place: 'first conv (map 5, row 4, column 6)'."""
        element = self.elements.at(what)
        if element is None:
            return "a number worked out here"
        if element.part in (VALUE, GRADIENT):
            return "∂L/∂ " * (element.part == GRADIENT) + self.called(element.value, element.index)
        return f"{element.value.called}: {element.part}"

    def tensor_of(self, cell: Reference) -> str:
        """Return the name of a cell's tensor, or helper, 'first conv'; '' for no cell of the network."""
        element = self.elements.at(cell)
        return (element.value.called if element.part == VALUE else element.part) if element else ""

    def content_of(self, what: object) -> OperandLike:
        """Return a cell of the network, a choice by INDEX, or a formula, as a sheet's formula reads it."""
        if isinstance(what, Found):
            return INDEX(what.cells, *what.places)
        element = self.elements.at(what)
        if element and element.part == VALUE:
            return self.operand(element.value, element.index)
        assert isinstance(what, (Reference, Expression)), what
        return what

    def name_behind(self, value: Value) -> str:
        """Return the name of a tensor, 'score'; if a call only moves the tensor, the name of that call's result."""
        return next(
            (call.outputs[0] for call in self.elements.readers[value] if call.operator.only_moves), value
        ).called

    @cached_property
    def scores(self) -> set[Value]:
        """The tensors that hold the scores of the classes: the last layer's result, and those that move it."""
        found = {each.logits for each in cross_entropies(self.book.graph)}
        for call in reversed(self.elements.graph.calls):
            if call.operator.only_moves and any(value in found for value in call.outputs):
                found |= set(call.inputs)
        return found

    def counterexample(self, call: Call, read: Value) -> Index | None:
        """Return an element beside the thread's that a call stops, as a ReLU stops one below 0; None for none.

        It is the one with the largest arriving gradient.
        """
        at, made = self.thread.get(read), call.outputs[0].gradient
        if at is None or len(at) < 2 or read.gradient is None or made is None:
            return None
        lead = at[:-2]
        arriving = np.abs(np.asarray(made)[lead]) if made.shape == read.shape else None
        if arriving is None:
            return None
        stopped = np.where(np.asarray(read.gradient)[lead] == 0, arriving, 0)
        found = np.unravel_index(int(np.argmax(stopped)), stopped.shape)
        return (*lead, *map(int, found)) if stopped.any() else None

    def index(self, index: Index) -> str:
        """Return the remark 'in PyTorch, which counts from 0: [0, 2]' for (0, 2); '' for ()."""
        return f"in PyTorch, which counts from 0: [{', '.join(map(str, index))}]" if index else ""

    def idea(self, call: Call, what: str) -> str:
        """Return the idea of a step as a sentence; `what` is 'idea', 'deeper' or 'back', as for `idea_of`."""
        return SCORES if what != "back" and self.makes_scores(call) else idea_of(call, what)

    def makes_scores(self, call: Call) -> bool:
        """Return whether a call is the layer whose results are the scores of a cross-entropy."""
        return makes_scores(self.elements, call)

    def class_followed(self, followed: int) -> str:
        """Return 'We follow the score of class 3.' for 3, with the reason if another class is true."""
        true = [int(np.asarray(each.target.data).flat[0]) for each in cross_entropies(self.book.graph)[:1]]
        said = f"We follow the score of class {followed}"
        if followed in true or asked_of(self.book):
            return f"{said}."
        inputs = [each for each in self.book.graph.of_kind("input") if each.data.size == 1 and each.data == followed]
        alike = f" (not the {inputs[0].called} {followed})" if inputs else ""
        return f"{said}{alike}: on the way back, most comes to our number through it."

    def where(self, here: Value | None, *, back: bool = False) -> OperandLike:
        """Return the place of a step on the thread: the numbers around it, with this step's in brackets."""
        shown = [bead for bead in self.beads if bead.value.kind == "parameter" or not self._only_passes(bead)]
        at = next((k for k, bead in enumerate(shown) if bead.value is here), None)
        if at is None:
            return ""
        first, last = max(0, at - AROUND), min(len(shown), at + AROUND + 1)
        parts: list[OperandLike] = ["… → " if first and not back else "… ← " if first else ""]
        for k in range(first, last):
            bead = shown[k]
            number = self.gradient(bead.value, bead.index) if back else self.value(bead.value, bead.index)
            name = f"∂L/∂ {self.name(bead.value)} " if back else f"{self.name(bead.value)} "
            parts += [" ← " if back and k > first else " → " if k > first else ""]
            sheet = self.sheet_of(number) if k != at else ""
            ends = "]" if k == at else f" (sheet {number_of(sheet)})" * bool(sheet)
            parts += [f"[{name}" if k == at else name, spelled(number), ends]
        parts.append((" ← …" if back else " → …") if last < len(shown) else "")
        return joined(*[part for part in parts if part != ""])

    def like_layer(self, value: Value) -> str:
        """Return the sheet of a layer similar to the thread's next one behind a value; '' for none."""
        calls = (self.elements.makers.get(bead.value) for bead in self._from(value, 1))
        return next((self.like(call) for call in calls if call and has_weights(call)), "")

    def back_from(self, value: Value) -> OperandLike:
        """Return a text with the layers between a value and the weight that the story follows, each with its gradient.

        It looks like 'second conv 0.3238, first conv 0.1876', the last layer first; '' if there is no layer between
        them.
        """
        beads = [bead for bead in self._from(value, -1) if bead.value in self.elements.makers]
        beads = [bead for bead in beads if has_weights(self.elements.makers[bead.value])]
        found = [joined(f"{self.name(each.value)} ", spelled(self.gradient(each.value, each.index))) for each in beads]
        shown: list[OperandLike] = [*found[:MOST_FURTHER], *["and more"] * (len(found) > MOST_FURTHER)]
        parts: list[OperandLike] = [part for each in shown for part in (", ", each)]
        return joined(*parts[1:]) if shown else ""

    def _from(self, value: Value, way: Literal[1, -1]) -> Sequence[Bead]:
        at = next((k for k, bead in enumerate(self.beads) if bead.value is value), None)
        return [] if at is None else self.beads[at + 1 :] if way == 1 else self.beads[:at][::-1]

    def followed(self, value: Value) -> int:
        """Return the index, from 0 on, in the last dimension of the number that the story follows; 0 without one."""
        return (self.thread.get(value) or (0,))[-1]

    def whole(self, formula: Expression, own: Reference) -> OperandLike:
        """Return the network's formula of a long sum, or, if that is too long to be read, its cell `own`."""
        return formula if len(formula.text("")) <= LONGEST_WHOLE else own

    def _only_passes(self, bead: Bead) -> bool:
        call = self.elements.makers.get(bead.value)
        return bool(call and call.operator.only_moves)

    def key_of(self, call: Call, index: Index) -> str:
        """Return the key in `results` of the gradient that a call passes back to an element of its first input."""
        return f"back through {self.elements.graph.calls.index(call)} to {index}"


def makes_scores(elements: Elements, call: Call) -> bool:
    """Return whether a call is the layer whose results, moved at most, are the scores of a cross-entropy."""
    value = call.outputs[0]
    while has_weights(call):
        reader = next(iter(elements.readers.get(value, ())), None)
        if reader is None or not reader.operator.only_moves:
            break
        value = reader.outputs[0]
    return has_weights(call) and any(each.logits is value for each in cross_entropies(elements.graph))


def number_of(sheet: str) -> str:
    """Return the number at the beginning of a sheet's name.

    Example:
        >>> number_of("12 back, last conv")
        '12'
    """
    return sheet.partition(" ")[0]


def is_whole(value: Value) -> bool:
    """Return whether all numbers of a tensor are whole, as those of labels [3, 7] are."""
    data = np.asarray(value.data, dtype=np.float64)
    return bool((data == np.round(data)).all())


def indices_of(value: Value) -> list[Index]:
    """Return the index of each element, in reading order: [(0, 0), (0, 1)] for the shape (1, 2)."""
    return [*np.ndindex(*value.shape)]
