"""The steps of a network's passes: what each makes, its words, and which blocks of the picture appear in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from excel_export.compiler.place.panels import shape_text
from excel_export.compiler.place.placement import Block, Placement
from excel_export.formulas.grid import Grid
from excel_export.formulas.words import listed
from excel_export.formulas.writing import unravelled
from excel_export.graph.graph import Call, Graph, Value

LOSS_WORDS = "The backward pass begins at the end, with the slope of the loss by itself. That is 1."
UPDATE_WORDS = (
    "Each parameter takes a step: the learning rate times a direction is taken off. By the rule SGD, the direction is "
    "the gradient; Start offers others. The sheet Update, hidden if it has no tab, has all parameters."
)

Direction = Literal["inputs", "forward", "loss", "backward", "update"]


@dataclass(frozen=True)
class PlanStep:
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

    def __init__(self, graph: Graph, placement: Placement) -> None:
        """Take the graph in its place."""
        tensors = placement.tensors
        self.steps = [
            PlanStep(
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
            self.steps.append(PlanStep(f"{y.called}  →", _forward_words(call), call.forward_math, shown, call=call))
            self._made |= dict.fromkeys(call.outputs, len(self.steps))
        if graph.loss in graph.seeds:
            self.steps.append(PlanStep("←  the loss", LOSS_WORDS, "∂L/∂L = 1", direction="loss"))
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
                PlanStep(f"←  {call.outputs[0].called}", words, math, element, 4, direction="backward", call=call)
            )
            self._known |= dict.fromkeys(gaining, len(self.steps))
            waiting[len(self.steps)] = call, [most, *gaining]
            self._back |= dict.fromkeys(call.outputs, len(self.steps))
        if graph.of_kind("parameter"):
            self.steps.append(
                PlanStep(
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
                    PlanStep(f"{call.outputs[0].called}: {name}  →", helper.words, helper.math, call=call, helper=name)
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
