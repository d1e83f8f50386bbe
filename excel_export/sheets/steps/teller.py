"""Helpers of the story's sheets: the network's numbers by name and place, as people call them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from excel_export.book.book import Book
from excel_export.formulas import INDEX, Expression, Index, Name, OperandLike, Reference, gradient_name, joined
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
SCORES = "The scores: one number for each class, from the last layer"
AROUND = 1
"""The count of numbers of the thread before and behind that of a step, in the line at the top."""


MOST_FURTHER = 5
"""The most layers that a line names."""
LONGEST_WHOLE = 90
"""The most characters of a formula that a sheet repeats."""


@dataclass
class Teller:
    """The story of a network, for its sheets: its steps, and the thread, the numbers that it follows to the loss."""

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
    """Cells of sheets drawn before, by keys: {'back through 9 to (0, 3)': '9 back, loss'!H8}."""
    computed_on: dict[Reference, str] = field(default_factory=dict)
    """The first sheet so far that computes the number of a cell of the network: {Network!C5: '2 convolution'}."""
    counts: dict[Value, tuple[Value, Reference]] = field(default_factory=dict)
    """For an input of small layers: their result, and the story's cell with how fast that grows with the input."""
    errors: dict[Reference, tuple[Value, Reference]] = field(default_factory=dict)
    """For the network's cell of ∂L/∂y, if a loss is (y − target)²: that loss, and the story's cell with y − target."""

    def value(self, value: Value, index: Index = ()) -> Reference:
        """Return the network's cell of an element, Network!C5 for x[0, 1]; the index () is the first element."""
        return self.elements.cell(Element(value, VALUE, index or (0,) * len(value.shape)))

    def gradient(self, value: Value, index: Index = ()) -> Reference:
        """Return the network's cell of an element's gradient; the index () is the first element."""
        return self.elements.cell(Element(value, GRADIENT, index or (0,) * len(value.shape)))

    def operand(self, value: Value, index: Index = ()) -> OperandLike:
        """Return an element as formulas read it: its cell, Network!C5, or its defined name if it has one, Name('x')."""
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
        """Return the name of the sheet, '2 convolution', of the last call before this one that has the same operator
        and a sheet; '' for none.
        """
        before = self.elements.graph.calls[: self.elements.graph.calls.index(call)]
        same = [name for each, name in self.sheets_of_calls.items() if each in before and each.kind == call.kind]
        return same[-1] if same else ""

    def like_back(self) -> str:
        """Return the name of the first sheet on which a gradient comes back through a call with weights,
        '8 back, scores'; '' for none.
        """
        layers = (name for step, name in zip(self.steps, self.names, strict=True)
                  if step.what == "backward" and step.call and has_weights(step.call))  # fmt: skip
        return next(layers, "")

    def sheet_of(self, cell: Reference) -> str:
        """Return the name of the sheet drawn so far that computes the number of a cell, '2 convolution'; '' for none.

        A number that is only moved, as by a reshape, is computed where the original is.
        """
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
            moves = maker and maker.only_moves
            account = self.elements.forward(element.value, element.index) if moves else None
        else:
            readers = [*self.elements.readers.get(element.value, ())]
            moves = element.part == GRADIENT and len(readers) == 1 and readers[0].only_moves
            account = self.elements.backward(readers[0], element.value, element.index) if moves else None
        if account is None or len(account.terms) != 1:
            return None
        [term] = account.terms
        return term.cell if term.factor is None and isinstance(term.cell, Reference) else None

    def size_of(self, term: Term) -> float:
        """Return the absolute size of a term, 0.5 for 0.25 · −2; a factor in no cell of a tensor counts as 1."""
        found = [self.elements.at(part) for part in term]
        numbers = [self.elements.number(each) if each else None for each in found]
        return abs((numbers[0] or 0.0) * (1.0 if numbers[1] is None else numbers[1]))

    def places(self, value: Value, index: Index) -> str:
        """Return an element's place for people, from 1 on, 'map 5, row 4, column 6'; of a score 'class 3', from 0.

        The words are from `IndexNames.of`, 'at 2, 1, 4' if that has none. Dimensions of size 1 are left out: (0, 2) of
        a result (1, 4) is 'number 3'. '' for a single number, or for scores of several samples.
        """
        if value in self.scores:
            return f"class {max(index)}" if sum(size > 1 for size in value.shape) == 1 else ""
        known = zip(self.elements.index_names.of(value), index, value.shape, strict=True)
        shown = [(name, at + 1) for name, at, size in known if size > 1]
        if any(name.startswith("index ") for name, _ in shown):
            return f"at {', '.join(str(at) for _, at in shown)}"
        return ", ".join([f"{name} {at}" for name, at in shown])

    def called(self, value: Value, index: Index) -> str:
        """Return the name and the place of an element: 'first conv (map 5, row 4, column 6)', or 'score of class 3'."""
        places = self.places(value, index)
        if value in self.scores and places:
            return f"score of {places}"
        return f"{self.name(value)} ({places})" if places else self.name(value)

    def gradient_called(self, value: Value, index: Index) -> str:
        """Return the name and the place of a gradient: '∂L/∂(first conv) (row 4)', or '∂L/∂(score of class 3)'."""
        return self._written(gradient_name, value, index)

    def cited(self, value: Value, index: Index) -> str:
        """Return the name and the place of an element for a sentence: "'first conv' (map 5, row 4, column 6)", 'x'."""
        return self._written(quoted, value, index)

    def _written(self, name: Callable[[str], str], value: Value, index: Index) -> str:
        places = self.places(value, index) if value not in self.scores else ""
        return f"{name(self.name(value))} ({places})" if places else name(self.called(value, index))

    def name(self, value: Value) -> str:
        """Return the name of a tensor for people: 'score'; for a parameter with its layer, 'weight of first conv'."""
        if value in self.scores:
            return "score"
        reader = next(iter(self.elements.readers.get(value, ())), None)
        if value.kind != "parameter" or reader is None or "." not in value.name:
            return value.called
        return f"{value.name.rpartition('.')[2]} of {reader.outputs[0].called}"

    def short_name(self, value: Value, room: float, points: float) -> str:
        """Return the name of a tensor, shortened to `room` pixels in bold at a font size of `points`.

        'exp after body.conv' becomes 'exp', 'body.conv' becomes 'conv'; a name that is still too long is cut, 'con…'.
        """
        name = self.name(value)
        alone = _BEHIND.sub("", name)
        for shorter in (name, alone, _LED.sub("", name), _LED.sub("", alone)):
            if text_width(shorter, points, bold=True) <= room:
                return shorter
        return shortened(shorter, room, points, bold=True)

    def name_of(self, what: object) -> str:
        """Return the name of a cell's number: 'first conv (row 4, column 6)', '∂L/∂(first conv) (row 4, column 6)',
        'softmax: max' of a helper, or 'a number worked out here' for anything else.
        """
        element = self.elements.at(what)
        if element is None:
            return "a number worked out here"
        if element.part in (VALUE, GRADIENT):
            call = self.gradient_called if element.part == GRADIENT else self.called
            return call(element.value, element.index)
        return f"{element.value.called}: {element.part}"

    def tensor_of(self, cell: Reference) -> str:
        """Return the name of a cell's tensor, 'first conv', or helper, 'max'; 'grad' for a gradient; '' for none."""
        element = self.elements.at(cell)
        return (element.value.called if element.part == VALUE else element.part) if element else ""

    def content_of(self, what: object) -> OperandLike:
        """Return what a formula on a sheet reads for a cell of the network, Network!C5 or its defined name.

        For a choice by INDEX it is that INDEX; a formula is returned as it is.
        """
        if isinstance(what, Found):
            return INDEX(what.cells, *what.places)
        element = self.elements.at(what)
        if element and element.part == VALUE:
            return self.operand(element.value, element.index)
        assert isinstance(what, (Reference, Expression)), what
        return what

    def name_behind(self, value: Value) -> str:
        """Return the name of a tensor, 'fc'; if a call such as reshape only moves the tensor, that of its result."""
        return next((call.outputs[0] for call in self.elements.readers[value] if call.only_moves), value).called

    @cached_property
    def scores(self) -> set[Value]:
        """The tensors with the scores of the classes: the logits of cross-entropies, and what calls only move there."""
        found = {each.logits for each in cross_entropies(self.book.graph)}
        for call in reversed(self.elements.graph.calls):
            if call.only_moves and any(value in found for value in call.outputs):
                found |= set(call.inputs)
        return found

    def counterexample(self, call: Call, read: Value) -> Index | None:
        """Return the index, (0, 2, 3, 4), of a number in `read` whose gradient is 0 though one arrives, as by a ReLU.

        It is in the followed number's map, and has the largest arriving gradient; None if there is none.
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
        """Return a sentence about a call: 'A deeper layer: every map counts' if `what` is 'deeper'.

        `what` is 'idea', 'deeper' (for a later layer of that kind) or 'back' (about its gradient).
        """
        return SCORES if what != "back" and self.makes_scores(call) else idea_of(call, what)

    def makes_scores(self, call: Call) -> bool:
        """Return whether a call is the layer whose results are the scores of a cross-entropy."""
        return makes_scores(self.elements, call)

    def class_followed(self, followed: int) -> str:
        """Return 'We follow the score of class 3.' for 3, or '… class 3: on the way back, most comes to our number
        through it.' if another class is true.
        """
        true = [int(np.asarray(each.target.data).flat[0]) for each in cross_entropies(self.book.graph)[:1]]
        said = f"We follow the score of class {followed}"
        if followed in true or asked_of(self.book):
            return f"{said}."
        inputs = [each for each in self.book.graph.of_kind("input") if each.data.size == 1 and each.data == followed]
        alike = f" (not the {inputs[0].called} {followed})" if inputs else ""
        return f"{said}{alike}: most of the gradient reaches our number through it."

    def where(self, here: Value | None, *, back: bool = False) -> OperandLike:
        """Return a text with the followed numbers around that of `here`, '… → w = 0.5000 → [conv = 0.8450] → …'.

        It names the sheets on which the others are computed. With `back`, it has gradients and ←. It is '' if the story
        follows no number of `here`.
        """
        shown = [bead for bead in self.beads if bead.value.kind == "parameter" or not self._only_passes(bead)]
        at = next((k for k, bead in enumerate(shown) if bead.value is here), None)
        if at is None:
            return ""
        first, last = max(0, at - AROUND), min(len(shown), at + AROUND + 1)
        numbers = [(self.gradient if back else self.value)(bead.value, bead.index) for bead in shown[first:last]]
        own = self.sheet_of(numbers[at - first])
        parts: list[OperandLike] = ["… → " if first and not back else "… ← " if first else ""]
        for k, number in enumerate(numbers, first):
            bead = shown[k]
            name = gradient_name(self.name(bead.value)) if back else self.name(bead.value)
            parts += [" ← " if back and k > first else " → " if k > first else ""]
            sheet = self.sheet_of(number)
            ends = "]" if k == at else f" (sheet {number_of(sheet)})" * (sheet not in ("", own))
            parts += [f"[{name} = " if k == at else f"{name} = ", spelled(number), ends]
        parts.append((" ← …" if back else " → …") if last < len(shown) else "")
        return joined(*[part for part in parts if part != ""])

    def like_layer(self, value: Value) -> str:
        """Return the name of the sheet, '2 convolution', of an earlier layer with the operator of the thread's next
        layer behind `value`; '' for none.
        """
        calls = (self.elements.makers.get(bead.value) for bead in self._from(value, 1))
        return next((self.like(call) for call in calls if call and has_weights(call)), "")

    def back_from(self, value: Value) -> OperandLike:
        """Return a text with the layers between a value and the weight that the story follows, each with its gradient.

        It looks like 'second conv (0.3238), first conv (0.1876)', the last layer first; '' if there is no layer between
        them.
        """
        beads = [bead for bead in self._from(value, -1) if bead.value in self.elements.makers]
        beads = [bead for bead in beads if has_weights(self.elements.makers[bead.value])]
        gradients = [spelled(self.gradient(each.value, each.index)) for each in beads]
        found = [joined(f"{self.name(at.value)} (", each, ")") for at, each in zip(beads, gradients, strict=True)]
        shown: list[OperandLike] = [*found[:MOST_FURTHER], *["and more"] * (len(found) > MOST_FURTHER)]
        parts: list[OperandLike] = [part for each in shown for part in (", ", each)]
        return joined(*parts[1:]) if shown else ""

    def _from(self, value: Value, way: Literal[1, -1]) -> Sequence[Bead]:
        at = next((k for k, bead in enumerate(self.beads) if bead.value is value), None)
        return [] if at is None else self.beads[at + 1 :] if way == 1 else self.beads[:at][::-1]

    def followed(self, value: Value) -> int:
        """Return the last index of the number in `value` that the story follows: 3 for value[0, 3]; 0 without one."""
        return (self.thread.get(value) or (0,))[-1]

    def whole(self, formula: Expression, own: Reference) -> OperandLike:
        """Return a formula if it has at most 90 characters, else the network's cell `own` with its number."""
        return formula if len(formula.text("")) <= LONGEST_WHOLE else own

    def _only_passes(self, bead: Bead) -> bool:
        call = self.elements.makers.get(bead.value)
        return bool(call and call.only_moves)

    def key_of(self, call: Call, index: Index) -> str:
        """Return the key in `results` of the gradient that a call passes back to an element of its first input:
        'back through 9 to (0, 3)' for the graph's call 9, from 0 on.
        """
        return f"back through {self.elements.graph.calls.index(call)} to {index}"


def makes_scores(elements: Elements, call: Call) -> bool:
    """Return whether a call has weights, and its results, at most reshaped, are the scores of a cross-entropy."""
    value = call.outputs[0]
    while has_weights(call):
        reader = next(iter(elements.readers.get(value, ())), None)
        if reader is None or not reader.only_moves:
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


def quoted(name: str) -> str:
    """Return a name as it stands in a sentence: "'masked scores'"; 'x' if it has one letter."""
    return name if len(name) == 1 else f"'{name}'"


def is_whole(value: Value) -> bool:
    """Return whether all numbers of a tensor are whole, as those of labels [3, 7] are."""
    data = np.asarray(value.data, dtype=np.float64)
    return bool((data == np.round(data)).all())


def indices_of(value: Value) -> list[Index]:
    """Return the index of each element, in reading order: [(0, 0), (0, 1)] for the shape (1, 2)."""
    return [*np.ndindex(*value.shape)]
