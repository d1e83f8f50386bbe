"""The graph of a computation: its values, and the operator calls that connect them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
import torch

from excel_export.formulas import Helper, Operator, Tensor

Kind = Literal["input", "parameter", "constant", "intermediate"]


class Value(Tensor):
    """One tensor of the computation, with PyTorch's numbers: Value('w', 'parameter', data, gradient).

    `data` holds float64, or integers and truth values as they are. `gradient` is the gradient of the loss by this
    tensor: zeros where none arrives, None where a gradient has no meaning, as for labels and constants.
    """

    def __init__(
        self,
        name: str,
        kind: Kind,
        data: np.ndarray,
        gradient: np.ndarray | None = None,
        module_path: str = "",
    ) -> None:
        """Take a tensor; `called`, its name on the sheets, is `name` at first.

        Args:
            name: the recorded name, such as 'fc.weight' or 'relu_1'.
            kind: 'input', 'parameter', 'constant' or 'intermediate' (the result of a call).
            data: its numbers.
            gradient: the gradient of the loss by it, in the shape of `data`; None if it has none.
            module_path: the path of the layer that computes it, 'body.fc'; '' outside of layers.
        """
        super().__init__(name, data)
        self.kind = kind
        self.is_given = kind in ("input", "constant")
        self.gradient = gradient
        self.module_path = module_path
        self.note = ""
        """A remark on where the tensor comes from, shown beside it; '' for none."""
        self.drawn = False
        """True if it was drawn at random while the module ran."""
        self.is_reached = True
        """True if PyTorch has a gradient for it, even if it is zero. Optimizers skip parameters that have none."""
        self.called = name
        """The tensor's name on the sheets. `name` is the recorded name, for programs."""

    @property
    def has_grad(self) -> bool:
        """True if `gradient` is an array, even of zeros; False if it is None, as for labels and constants."""
        return self.gradient is not None

    def fresh(self, *, kind: Kind | None = None, gradient: np.ndarray | None = None, note: str = "") -> Value:
        """Return a new value with the same name and data as this one, but another gradient. This one stays unchanged.

        Args:
            kind: its kind, 'input', 'parameter', 'constant' or 'intermediate'; None for that of this value.
            gradient: its gradient; None for no gradient, not for that of this value.
            note: a remark for its title; '' for none, not for that of this value.
        """
        value = copy(self)
        value.kind, value.gradient, value.note = kind or self.kind, gradient, note
        value.is_given = value.kind in ("input", "constant")
        return value


@dataclass(eq=False)
class Call:
    """One call of an operator: Call('add', operator, (y,)) for y = a + b; its `inputs` are [a, b]."""

    name: str
    """The name of what makes the call: of a layer its path, 'body.fc', else that of the function, 'add'."""
    operator: Operator
    """The operator with its arguments, for `graph` and `compiler`; all others ask the call itself."""
    outputs: tuple[Value, ...]
    """The results, one for most operators: (y,)."""
    module_path: str = ""
    """The path of the layer that makes the call, 'body.fc'; '' outside of layers."""
    words: str = ""
    """Words that describe the call better than the operator's own, from a composite; '' for the operator's."""
    step: str = ""
    """The name of the composite's step to which the call belongs; '' if the call is a step of its own."""
    contributions: list[tuple[Value, np.ndarray]] = field(default_factory=list)
    """For each input with a gradient, (input, array in its shape): the term that this call adds to its gradient, as
    PyTorch computes it."""

    @property
    def kind(self) -> str:
        """The name of the operator: 'conv2d'."""
        return self.operator.name

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the PyTorch function by name, in their order, defaults included: {'input': x, 'dim': -1}."""
        return self.operator.arguments

    @property
    def inputs(self) -> list[Value]:
        """The tensors among the arguments, in their order: [x, weight, bias]; [x, x] for x·x."""
        return [tensor for tensor in self.operator.reads if isinstance(tensor, Value)]

    @property
    def has_grad(self) -> bool:
        """True if one of its results has a gradient, even one of zero: the call has a backward pass."""
        return any(value.has_grad for value in self.outputs)

    @property
    def only_moves(self) -> bool:
        """True if it only rearranges elements, as reshape does: it is explained with the call that reads it."""
        return self.operator.only_moves

    @property
    def is_elementwise(self) -> bool:
        """True for a function of one number, such as relu, that is applied to each element of the first input."""
        return self.operator.is_elementwise

    @property
    def seeks_result(self) -> bool:
        """True if a gradient is found by searching the inputs for the result's value, as of max."""
        return self.operator.seeks_result

    @property
    def mixes_sequences(self) -> bool:
        """True if its tensors are sequences, (L, F) or (N, L, F): of attention, or of a matmul of two results."""
        of_results = self.kind == "matmul" and all(value.kind == "intermediate" for value in self.inputs)
        return self.operator.of_sequences or of_results

    @property
    def ranks_left_open(self) -> tuple[int, int, int] | None:
        """(1, 2, 5) if PyTorch leaves open which of equal numbers, of 5, get the ranks 1 to 2; None if it is fixed."""
        return self.operator.ranks_left_open()

    def index_names(self, result: Value) -> tuple[str, ...]:
        """Return the name of each dimension of a result, ('head', 'query', 'key'); () for names by rank."""
        return self.operator.index_names(result)

    def limits(self, value: Value) -> tuple[int, int] | None:
        """Return the lowest and highest integer that an input may hold, (0, 9) for an index; None for any number."""
        return self.operator.limits(value, self.outputs[0])

    def run(self, tensor_of: Callable[[Value], torch.Tensor]) -> torch.Tensor:
        """Return the first result that PyTorch computes if it reads tensor_of(value) for each input."""
        change: Any = tensor_of
        operator, function = self.operator.on(change), self.operator.functions[0]
        try:
            result: Any = operator.evaluate(function, **operator.arguments)
        except TypeError:  # a method, whose arguments have other names
            result = operator.evaluate(function, *operator.arguments.values())
        return result[0] if isinstance(result, (tuple, list)) else result  # type: ignore[no-any-return]

    @property
    def helpers(self) -> dict[str, Helper]:
        """The tensors of intermediate results that the call computes, by name: {'max': Helper, 'e': Helper} for a
        softmax; {} for most calls. If no gradient arrives at the first result, the helpers of the backward pass are
        left out.
        """
        y = self.outputs[0]
        wanted = self.operator.helpers(y)
        return {name: helper for name, helper in wanted.items() if helper.band != "backward" or y.has_grad}

    @property
    def forward_words(self) -> str:
        """One or two sentences, 'Two numbers are added.', about its forward formula."""
        return self.words or self.operator.text("forward_words", self.outputs[0])

    @property
    def backward_words(self) -> str:
        """One or two sentences about the call's gradients: 'When a term grows by a little, the sum does, too.'."""
        return self.operator.text("backward_words", self.outputs[0])

    @property
    def forward_math(self) -> str:
        """The call's forward formula as a textbook writes it: 'y = a + b'."""
        return self.operator.text("forward_math", self.outputs[0])

    @property
    def backward_math(self) -> str:
        """The call's gradients as a textbook writes them, g for ∂L/∂y: '∂L/∂a = g, ∂L/∂b = g'."""
        return self.operator.text("backward_math", self.outputs[0])

    def on(self, change: Callable[[Value], Value]) -> Self:
        """Return a new call with each value replaced: add(a, b) → y becomes add(change(a), change(b)) → change(y)."""

        def changed(tensor: Tensor) -> Tensor:
            return change(tensor) if isinstance(tensor, Value) else tensor

        return replace(self, operator=self.operator.on(changed), outputs=tuple(change(value) for value in self.outputs))


@dataclass(frozen=True, eq=False)
class Frozen:
    """A value that Python read out of tensors while the module ran, as True for `if x.sum() > 0`; it stays fixed."""

    by: str
    """The name of the function that read it: 'bool', 'item' …"""
    line: str
    """The line of code in which it was read, such as 'net.py, line 9'."""
    result: Any
    """The value that was read."""
    values: tuple[Value, ...]
    """The tensors from which it was read; empty for random numbers."""

    @property
    def words(self) -> str:
        """A phrase: 'bool() in net.py, line 12: if x.sum() > 0:' or 'random numbers of numpy.random, drawn once'."""
        return f"{self.by}() in {self.line}" if self.values else f"random numbers of {self.by}, drawn once"


@dataclass
class ReadLine:
    """What one line of the user's code reads out of tensors when nothing may be read, as print(x.item()) for a log.

    If that turns out to change the result, the error `refusal` is raised.
    """

    refusal: str
    """The message of the error if the result turns out to depend on them."""
    answers: list[Any] = field(default_factory=list)
    """The values that Python got, in order: [True, 0.5] for bool(x > 0), then x.item()."""


@dataclass(frozen=True)
class RecordingSettings:
    """What earlier runs of a module have found, for the next one, as RecordingSettings(fixed={'mask'})."""

    frozen: Sequence[Frozen] | None = None
    """The values that Python reads out of tensors, to be answered again; None if nothing may be read."""
    created: frozenset[int] = frozenset()
    """The numbers, from 0 on, of the tensors made of plain numbers that turned out to be random: they become inputs."""
    widens: bool = False
    """True if numbers that depend on no input are computed in float64 where the module asks for a narrower type."""
    fixed: frozenset[str] = frozenset()
    """The names of inputs, given without requires_grad, that get no gradient here either, since the module asks whether
    they have one, or it would not be finite."""


@dataclass
class Graph:
    """A module's forward pass up to its loss: values [x, w, y, loss] and calls [mul(x, w) → y, square(y) → loss]."""

    values: list[Value]
    """All tensors: inputs, parameters, constants and results, in the order of computation."""
    calls: list[Call]
    """The calls of operators, in order."""
    loss: Value
    """The scalar result of the module."""
    aliases: dict[str, Value] = field(default_factory=dict)
    """Further recorded names of a value, where an operator returned its input unchanged."""
    seeds: dict[Value, np.ndarray] = field(default_factory=dict)
    """The gradients with which the backward pass starts: 1 for the loss; for a part of a network, those that arrive
    from outside."""
    frozen: list[Frozen] = field(default_factory=list)
    """The values that Python read, and that the workbook keeps fixed although they depend on cells."""
    reads: dict[tuple[str, int], ReadLine] = field(default_factory=dict)
    """The values that Python read without freezing them, as for a log, by file and line number."""
    size_inputs: frozenset[Value] = frozenset()
    """Inputs that are lengths or offsets of sequences. They stay fixed, since sizes can't change on a sheet."""
    custom: list[str] = field(default_factory=list)
    """The names of custom autograd functions, of which only the forward pass was recorded."""
    rounds: bool = False
    """True if the module casts to types of so few digits that PyTorch's numbers differ from float64's."""
    state: list[str] = field(default_factory=list)
    """The names of what the module changes while it runs, such as buffers, if the loss of the next call
    depends on it."""
    chance: list[str] = field(default_factory=list)
    """The sources of random numbers that were used; '' is PyTorch's own generator."""
    has_narrow_constants: bool = False
    """True if constants were computed in types narrower than float64."""
    settings: RecordingSettings = RecordingSettings()
    """The settings with which the module was recorded."""
    replay: Callable[[Mapping[Value, np.ndarray]], Any] | None = field(default=None, repr=False)
    """A function from {input or parameter: array} to the results of the recorded calls on these numbers, a `Replayed`
    of trace/replay.py; None once it is no longer needed."""
    tried: int = 0
    """The number of other sets of numbers on which loss and gradients were equal to the module's own."""
    witness: Any = field(default=None, repr=False)
    """The `Witness` of confirm/witness.py, which runs the module and the recorded calls on other numbers and compares
    them; None once it is no longer needed."""

    @property
    def is_detached(self) -> bool:
        """True if a call is a `detach`, which stops gradients: a number may then change the loss, but have none."""
        return any(call.kind == "detach" for call in self.calls)

    def of_kind(self, kind: Kind) -> list[Value]:
        """Return the values of one kind, 'input', 'parameter', 'constant' or 'intermediate', in order: [w, b]."""
        return [value for value in self.values if value.kind == kind]

    @cached_property
    def makers(self) -> dict[Value, Call]:
        """The call that computes each result: {y: the call of mul}; inputs and parameters have none."""
        return {value: call for call in self.calls for value in call.outputs}

    @cached_property
    def readers(self) -> dict[Value, list[Call]]:
        """The calls that read each value, in order, each once, also for x·x: {y: [the call of square]}.

        A value that no call reads, such as the loss, has no key.
        """
        found: dict[Value, list[Call]] = {}
        for call in self.calls:
            for value in dict.fromkeys(call.inputs):
                found.setdefault(value, []).append(call)
        return found

    @property
    def named(self) -> list[tuple[str, Value]]:
        """A (name, value) pair for each value except constants, [('x', x), ('w', w)], and then for each further name in
        `aliases`.
        """
        return [(value.name, value) for value in self.values if value.kind != "constant"] + list(self.aliases.items())

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """All tensors but constants by their keys in `read_tensors`, as float64: {'w': array, 'grad.w': array, 'loss':
        array(9.0)}. A value without a gradient has no 'grad.' key.
        """
        tensors = {name: np.asarray(value.data, dtype=np.float64) for name, value in self.named}
        tensors |= {f"grad.{name}": value.gradient for name, value in self.named if value.gradient is not None}
        tensors["loss"] = np.asarray(self.loss.data, dtype=np.float64)
        return tensors
