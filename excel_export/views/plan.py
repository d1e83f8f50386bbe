"""The steps of a network's passes, as a teacher would count them, and the words for each part of a step.

A step makes one tensor that matters to a reader, or passes its gradient on. A call that only moves numbers, as a
transpose does, is a part of the step that it serves; so are calls that a composite groups, such as the gates of a
recurrent network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from excel_export.compiler.place.panels import shape_text
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import gradient_name, listed
from excel_export.graph.graph import Call, Graph, Value

INPUT_WORDS = (
    "The network is given its inputs and its parameters. Nothing is computed yet. "
    "Blue is a number above 0, brown one below 0: the stronger the colour, the larger the number."
)
LOSS_WORDS = (
    "The backward pass begins at the end, with the slope of the loss by itself. That is 1. "
    "The gradient of a number x, written ∂L/∂x, says how fast the loss L grows with x: "
    "orange is one above 0, purple one below."
)
UPDATE_WORDS = (
    "All parameters move at once: from each, the learning rate times a direction is subtracted. By the rule SGD, "
    "the direction is the gradient; "
)
ON_SHEETS = "Start offers others."
ON_A_PAGE = "other rules can be chosen where the learning rate stands."
UPDATE_MATH = "w ← w − learning_rate · direction   (SGD: ∂L/∂w)"

LOGITS_WORDS = " Logits are the scores of the classes: the larger, the likelier."

Direction = Literal["inputs", "forward", "loss", "backward", "update"]


@dataclass(frozen=True)
class Part:
    """What a step does in one call, in words: Part('y →', 'From x it makes y (3).', 'y = relu(x)', 'forward', call)."""

    name: str
    """The name in a list, with an arrow for the direction: 'y  →'."""
    words: str
    """Sentences about it: 'Two numbers are added. From a and b it makes y (3).'."""
    math: str
    """Its formula as a textbook writes it: 'y = a + b'."""
    direction: Direction = "forward"
    """The pass: 'inputs', 'forward', 'loss', 'backward' or 'update'."""
    call: Call | None = None
    """The call that returns y, or, on the way back, passes its gradient on; None for inputs, the loss, the update."""
    helper: str = ""
    """The name of the call's intermediate result that this part computes, such as 'exp'; '' for the call's result."""


@dataclass(frozen=True)
class PlanStep:
    """A step of a pass, such as one layer in one direction: PlanStep('fc1  →', (part,), main=0, first=2)."""

    name: str
    """The name in a list, with an arrow for the direction: 'fc1  →'."""
    parts: tuple[Part, ...]
    """The parts, one for each tensor that it computes, or, on the way back, for each call."""
    main: int
    """The index, from 0 on, of the part that is shown at first."""
    first: int
    """The number of the step's first part among the parts of all steps, from 1 on: 3 if two parts come before."""

    @property
    def direction(self) -> Direction:
        """The pass of which it is a step: 'inputs', 'forward', 'loss', 'backward' or 'update'."""
        return self.parts[self.main].direction

    @property
    def call(self) -> Call | None:
        """The call of the main part, `parts[main]`; None for inputs, the loss and the update."""
        return self.parts[self.main].call


@dataclass
class _Group:
    main: Call
    calls: list[Call] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.main.step or self.main.outputs[0].called


class Plan:
    """The steps of a graph, in the list `steps`: inputs, 'fc1  →', …, '←  the loss', '←  fc1', updated parameters."""

    def __init__(self, graph: Graph, placement: Placement, others: str = ON_SHEETS) -> None:
        """Take the graph, the cells of its tensors, and a sentence that says where to choose other learning rules."""
        self.steps: list[PlanStep] = []
        self._tensors = placement.tensors
        self._made: dict[Value, int] = {}
        self._known: dict[Value, int] = {}
        self._add("the inputs", [Part("the inputs", INPUT_WORDS, "", direction="inputs")])

        groups = _groups(graph)
        for group in groups:
            self._add_forward(group)
        if graph.loss in graph.seeds:
            self._add("←  the loss", [Part("←  the loss", LOSS_WORDS, "∂L/∂L = 1", direction="loss")])
        self._known[graph.loss] = len(self.steps)
        for group in reversed(groups):
            self._add_backward(group)
        if graph.of_kind("parameter"):
            name = "the updated parameters"
            self._add(name, [Part(name, UPDATE_WORDS + others, UPDATE_MATH, direction="update")])

    @cached_property
    def parts(self) -> list[Part]:
        """The parts of all steps, in order: part number 1 is parts[0]."""
        return [part for step in self.steps for part in step.parts]

    def step_of(self, value: Value) -> int:
        """Return the step, from 1 on, in which a value is made: 1, the inputs, for an input or a parameter."""
        return self._made.get(value, 1)

    def step_of_gradient(self, value: Value) -> int:
        """Return the step, from 1 on, that passes a gradient on to a value: 7; 0 if the value has no gradient."""
        return self._known.get(value, 0)

    def _add(self, name: str, parts: Sequence[Part], main: int = -1) -> None:
        last = self.steps[-1] if self.steps else None
        first = last.first + len(last.parts) if last else 1
        self.steps.append(PlanStep(name, tuple(parts), main % len(parts), first))

    def _add_forward(self, group: _Group) -> None:
        parts: list[Part] = []
        main, number = 0, len(self.steps) + 1
        for call in group.calls:
            y = call.outputs[0]
            parts += [
                Part(f"{y.called}: {name}  →", helper.words, helper.math, call=call, helper=name)
                for name, helper in call.helpers.items()
                if helper.math
            ]
            if call is group.main:
                main = len(parts)
            reads = listed([_named(value) for value in dict.fromkeys(call.inputs)])
            words = f"{call.forward_words} From {reads} it makes {y.called} ({shape_text(y.shape)})."
            # The cross-entropy has a step of its own that says it.
            if "logit" in reads + y.called and call.kind != "cross_entropy":
                words += LOGITS_WORDS
            parts.append(Part(f"{y.called}  →", words, call.forward_math, call=call))
            self._made |= dict.fromkeys(call.outputs, number)
        self._add(f"{group.name}  →", parts, main)

    def _add_backward(self, group: _Group) -> None:
        parts: list[Part] = []
        main, number = 0, len(self.steps) + 1
        for call in reversed(group.calls):
            gaining = [value for value in dict.fromkeys(call.inputs) if self._tensors[value].has_grad]
            if not gaining or not call.outputs[0].has_grad:
                continue
            if call is group.main:
                main = len(parts)
            name, reached = call.outputs[0].called, listed([_named(value) for value in gaining])
            follow = "follows the gradient" if len(gaining) == 1 else "follow the gradients"
            words = f"{call.backward_words} Here g is {gradient_name(name)}; from it {follow} of {reached}."
            parts.append(Part(f"←  {name}", words, call.backward_math, direction="backward", call=call))
            self._known |= dict.fromkeys(gaining, number)
        if parts:
            self._add(f"←  {group.name}", parts, main)


def _named(value: Value) -> str:
    """Return a value's name for a list: 'score'; "'w, v'" for one that is a list itself."""
    return f"'{value.called}'" if ", " in value.called else value.called


def _groups(graph: Graph) -> list[_Group]:
    leader: dict[int, Call] = {}
    named = {(call.step, call.module_path): call for call in graph.calls if call.step}
    for call in reversed(graph.calls):
        main = named.get((call.step, call.module_path), call)
        if main is call and call.only_moves and call.outputs[0] is not graph.loss:
            reader = next((each for value in call.outputs for each in graph.readers.get(value, ())), None)
            main = leader[id(reader)] if reader else call
        leader[id(call)] = main
    groups: dict[int, _Group] = {}
    for call in graph.calls:
        main = leader[id(call)]
        groups.setdefault(id(main), _Group(main)).calls.append(call)
    return [groups[id(call)] for call in graph.calls if leader[id(call)] is call]
