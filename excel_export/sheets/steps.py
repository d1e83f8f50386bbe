"""The Steps sheet: the passes as a list of steps, each in words, as an equation, and with its numbers.

The Network sheet shows one step at a time: what comes later is veiled, what happens now is framed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from excel_export.compiler.place.panels import shape_text
from excel_export.compiler.place.placement import Block
from excel_export.formulas.expression import Expression, joined
from excel_export.formulas.functions import INDEX, link
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.words import listed
from excel_export.formulas.writing import unravelled
from excel_export.graph.graph import Call, Value
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.names import STEP_SHOWN
from excel_export.sheets.spelled import FORMATS, spelled, written
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.styles import FORWARD

NAME = "Steps"
WHAT = "all steps as a list: in words, as an equation, with numbers"
FIRST_ROW, LINE_HEIGHT = 6, 14
COLUMNS = {"name": 3, "words": 4, "math": 5, "numbers": 6}
SHOW_COL, PLACE_COL = 7, 8
UNCLICKED = Reference(NAME, 1, PLACE_COL)
"""What a control counts that nobody sees."""
HEADS = ("step", "what happens", "the equation", "the same with numbers")
WIDTHS = {"words": 56, "math": 42, "numbers": 46}
"""In characters."""
LOSS_WORDS = "The backward pass begins at the end, with the slope of the loss by itself. That is 1."
UPDATE_WORDS = (
    "Each parameter takes a step: the learning rate times a direction is taken off. By the rule SGD, the direction is "
    f"the gradient; Start offers others. The sheet {update.NAME}, hidden if it has no tab, has all parameters."
)

Direction = Literal["inputs", "forward", "loss", "backward", "update"]


@dataclass(frozen=True)
class Step:
    """One step: its name in the list, what happens, the equation, and the element that shows it."""

    name: str
    words: str
    math: str
    element: tuple[Grid, tuple[int, ...]] | None = None
    """A grid of the Network sheet and the index of an element whose formula is spelled out."""
    decimals: int = 2
    """One of those in FORMATS."""
    direction: Direction = "forward"
    call: Call | None = None
    """The call that makes something, or passes a gradient on."""
    helper: str = ""
    """The helper of the call that is made, where it is a step of its own."""


class Plan:
    """The steps of a graph, and the step in which each block of the picture appears."""

    def __init__(self, book: Book) -> None:
        graph, tensors = book.graph, book.placement.tensors
        self.steps = [
            Step(
                "the inputs",
                "The network is given its inputs and its parameters. Nothing is computed yet.",
                "",
                direction="inputs",
            )
        ]
        self._helped: dict[Grid, int] = {}
        self._made: dict[Value, int] = {}
        self._known: dict[Value, int] = {}
        self._back: dict[Value, int] = {}
        self._places: dict[int, Grid] = {}
        self._passed_on: dict[Grid, list[int]] = {}
        waiting: dict[int, tuple[Call, list[Value]]] = {}
        for call in graph.calls:
            y = call.outputs[0]
            self._add_helpers(call, tensors[y].helpers)
            shown = tensors[y].value, _largest(y.data)
            self.steps.append(Step(f"{y.called}  →", _forward_words(call), call.forward_math, shown, call=call))
            self._made |= dict.fromkeys(call.outputs, len(self.steps))
        if graph.loss in graph.seeds:
            self.steps.append(Step("←  the loss", LOSS_WORDS, "∂L/∂L = 1", direction="loss"))
        self._known[graph.loss] = len(self.steps)
        for call in reversed(graph.calls):
            gaining = [value for value in dict.fromkeys(call.inputs) if tensors[value].has_grad]
            if not gaining or not call.outputs[0].has_grad:
                continue
            most = max(gaining, key=lambda value: (value.kind != "intermediate", _size(value)))
            assert most.gradient is not None
            element = tensors[most].grad, _largest(most.gradient)
            words, math = _backward_words(call, gaining), call.backward_math
            self.steps.append(
                Step(f"←  {call.outputs[0].called}", words, math, element, 4, direction="backward", call=call)
            )
            self._known |= dict.fromkeys(gaining, len(self.steps))
            waiting[len(self.steps)] = call, [most, *gaining]
            self._back |= dict.fromkeys(call.outputs, len(self.steps))
        if graph.of_kind("parameter"):
            self.steps.append(
                Step(
                    "the updated parameters",
                    UPDATE_WORDS,
                    "w ← w − learning_rate · direction   (SGD: ∂L/∂w)",
                    direction="update",
                )
            )

        for number, (call, gaining) in waiting.items():
            complete = (tensors[value].grad for value in gaining if self._known[value] == number)
            self._places[number] = place = next(complete, tensors[call.outputs[0]].grad)
            self._passed_on.setdefault(place, []).append(number)

    def frames(self, block: Block) -> list[int]:
        """The steps in which a block is framed: where it appears, and where it only passes on what it has."""
        return sorted({self.of(block), *self._passed_on.get(block.grid, [])})

    def place(self, number: int) -> Grid | None:
        """Where a backward step is to be seen; None for other steps."""
        return self._places.get(number)

    def _add_helpers(self, call: Call, places: Mapping[str, Grid]) -> None:
        """Add the helpers of a call that are steps of their own; what is worked out before them appears with them."""
        waiting: list[Grid] = []
        for name, helper in call.helpers.items():
            waiting.append(places[name])
            if helper.math:
                self.steps.append(
                    Step(f"{call.outputs[0].called}: {name}  →", helper.words, helper.math, call=call, helper=name)
                )
                self._helped |= dict.fromkeys(waiting, len(self.steps))
                waiting = []

    def label(self, number: int) -> str:
        """The step's line in the list."""
        return f"{number} · {self.steps[number - 1].name}"

    def of(self, block: Block) -> int:
        """The step, counted from 1, in which a block appears."""
        if block.role in ("grad", "seed"):
            return self._known.get(block.owner, len(self.steps))
        if block.grid in self._helped:
            return self._helped[block.grid]
        if block.role == "helper":
            return (self._made if block.band == "forward" else self._back).get(block.owner, 1)
        return self._made.get(block.owner, 1)

    def made(self, value: Value) -> int:
        """The step, counted from 1, in which a value appears."""
        return self._made.get(value, 1)

    def known(self, value: Value) -> int:
        """The step in which its gradient appears; 0 where it has none."""
        return self._known.get(value, 0)

    def column(self, what: str) -> Reference:
        """The cells of a column of the list."""
        return Reference(NAME, FIRST_ROW, COLUMNS[what], height=len(self.steps)).fixed


def draw(book: Book, plan: Plan) -> None:
    """List the steps with what the panel on the Network sheet says about each."""
    canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", page=Page(heads=HEADS))
    canvas.widths = {1: 2, 2: 2, 3: 25, 4: WIDTHS["words"], 5: WIDTHS["math"], 6: WIDTHS["numbers"], 7: 8}
    canvas.say(1, 2, "The steps of learning", "title")
    canvas.say(2, 2, "The Lens shows them one by one, each on one screen.", "subtitle")
    canvas.say(3, 4, "the step that is shown now", "cell_small")
    canvas.put(3, 3, STEP_SHOWN, "answer")
    canvas.say(3, 5, "how numbers are written at the right: with the decimal sign of your language", "cell_small")
    formats = {decimals: canvas.at(3, col).fixed for col, decimals in enumerate(FORMATS, start=6)}
    for decimals, cell in formats.items():
        canvas.put(cell.row, cell.col, joined(written(decimals), ";(-", written(decimals), ")"), "cell_small")
    for col, head in enumerate((*HEADS, ""), start=3):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    for number, step in enumerate(plan.steps, start=1):
        row = FIRST_ROW + number - 1
        canvas.say(row, COLUMNS["name"], plan.label(number), "cell_wrapped")
        canvas.say(row, COLUMNS["words"], step.words, "cell_wrapped")
        canvas.say(row, COLUMNS["math"], step.math, "cell_wrapped")
        if step.element:
            grid, index = step.element
            formulas = book.contents[grid]
            assert isinstance(formulas, Expression)
            numbers = spelled(formulas, grid, index, step.decimals, formats)
            canvas.put(row, COLUMNS["numbers"], numbers, "cell_wrapped")
            canvas.put(row, SHOW_COL, link(grid.first, "show"), "small_link")
        else:
            canvas.say(row, COLUMNS["numbers"], "", "cell_wrapped")
        canvas.say(row, PLACE_COL, f"#{place_of(book, plan, number).everywhere}", "fixed")
        lines = [len(step.words) / WIDTHS["words"], len(step.math) / WIDTHS["math"], 3 if step.element else 1]
        canvas.heights[row] = LINE_HEIGHT * math.ceil(max(lines))
    canvas.printed = canvas.at(1, 2).to(canvas.at(FIRST_ROW + len(plan.steps) - 1, SHOW_COL - 1))
    canvas.put(UNCLICKED.row, UNCLICKED.col, 0, "fixed")
    canvas.say(FIRST_ROW - 1, PLACE_COL, "place", "fixed")
    canvas.hide_columns(PLACE_COL, PLACE_COL)
    book.add(canvas, WHAT)


def place_of(book: Book, plan: Plan, number: int) -> Reference:
    """Where a step, counted from 1, is to be seen."""
    step, place = plan.steps[number - 1], plan.place(number)
    if place:
        return place.box
    if step.element:
        return step.element[0].box
    if step.helper and step.call:
        return book.placement.tensors[step.call.outputs[0]].helpers[step.helper].box
    shown = {
        "loss": [book.graph.loss],
        "update": book.graph.of_kind("parameter"),
        "inputs": book.graph.of_kind("input"),
    }
    value = next(iter(shown.get(step.direction, [])), book.graph.loss)
    placed = book.placement.tensors[value]
    return placed.grad.box if step.direction in ("loss", "update") and placed.has_grad else placed.typed.box


def current(what: str, plan: Plan) -> Expression:
    """What a column of the Steps sheet says about the chosen step."""
    return joined(INDEX(plan.column(what), STEP_SHOWN), "")


def _forward_words(call: Call) -> str:
    reads = listed([value.called for value in dict.fromkeys(call.inputs)])
    y = call.outputs[0]
    return f"{call.forward_words} From {reads} it makes {y.called} ({shape_text(y.shape)})."


def _backward_words(call: Call, gaining: list[Value]) -> str:
    follow = "follows the gradient" if len(gaining) == 1 else "follow the gradients"
    reached = listed([value.called for value in gaining])
    return f"{call.backward_words} Here g is ∂L/∂ {call.outputs[0].called}; from it {follow} of {reached}."


def _size(value: Value) -> float:
    return 0.0 if value.gradient is None else float(np.abs(value.gradient).max(initial=0))


def _largest(data: np.ndarray) -> tuple[int, ...]:
    """The index of the element that shows most: the largest."""
    numbers = np.abs(np.asarray(data, dtype=np.float64))
    return unravelled(int(np.argmax(numbers)), numbers.shape) if numbers.size else ()
