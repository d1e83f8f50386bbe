"""The recorded computation: values, and the operator calls that connect them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np

from excel_export.formulas import Helper, Operator, Tensor

Kind = Literal["input", "parameter", "constant", "intermediate"]


class Value(Tensor):
    """One tensor of the computation, with PyTorch's own numbers for it.

    `data` is what PyTorch computed in float64 (or a whole number or truth value, kept as such);
    `gradient` is the gradient of the loss with respect to it, all zero where none arrives, and None
    where a gradient has no meaning (constants, labels).
    """

    def __init__(
        self,
        name: str,
        kind: Kind,
        data: np.ndarray,
        gradient: np.ndarray | None = None,
        module_path: str = "",
    ) -> None:
        super().__init__(name, data)
        self.kind = kind
        self.is_given = kind in ("input", "constant")
        self.gradient = gradient
        self.module_path = module_path
        self.note = ""
        """What a reader should know about where it comes from."""
        self.drawn = False
        """It was drawn at random while the module ran."""
        self.is_reached = True
        """Whether PyTorch has a gradient for it, be it zero. Its optimizers leave a parameter alone that has none."""
        self.called = name
        """What people call it on the sheets; `name` is the recorded name, for programs."""

    @property
    def has_grad(self) -> bool:
        """Whether a gradient has a meaning for it."""
        return self.gradient is not None

    def fresh(self, *, kind: Kind | None = None, gradient: np.ndarray | None = None, note: str = "") -> Value:
        """Another value with the same numbers."""
        value = copy(self)
        value.kind, value.gradient, value.note = kind or self.kind, gradient, note
        value.is_given = value.kind in ("input", "constant")
        return value


@dataclass(eq=False)
class Call:
    """One operator applied to values."""

    name: str
    operator: Operator
    """Its tensors are `Value`s."""
    outputs: tuple[Value, ...]
    module_path: str = ""
    words: str = ""
    """The words of something larger that it is a step of, which say better than the operator what it does; else ''."""
    step: str = ""
    """The step of something larger that it is a part of; '' where it is one by itself."""
    contributions: list[tuple[Value, np.ndarray]] = field(default_factory=list)
    """What each input's gradient gains through this call, as PyTorch has it."""

    @property
    def inputs(self) -> list[Value]:
        """The values it reads, in the order of its signature."""
        return [tensor for tensor in self.operator.reads if isinstance(tensor, Value)]

    @property
    def has_grad(self) -> bool:
        """Whether a gradient arrives at any of its results."""
        return any(value.has_grad for value in self.outputs)

    @property
    def helpers(self) -> dict[str, Helper]:
        """The helper tensors it wants, by name; where no gradient arrives, only those of the forward pass."""
        y = self.outputs[0]
        wanted = self.operator.helpers(y)
        return {name: helper for name, helper in wanted.items() if helper.band != "backward" or y.has_grad}

    @property
    def forward_words(self) -> str:
        """A sentence or two about the forward step."""
        return self.words or self.operator.text("forward_words", self.outputs[0])

    @property
    def backward_words(self) -> str:
        """What its backward pass does."""
        return self.operator.text("backward_words", self.outputs[0])

    @property
    def forward_math(self) -> str:
        """Its forward formula, as a textbook writes it."""
        return self.operator.text("forward_math", self.outputs[0])

    @property
    def backward_math(self) -> str:
        """Its gradient formula, as a textbook writes it."""
        return self.operator.text("backward_math", self.outputs[0])

    def on(self, change: Callable[[Value], Value]) -> Self:
        """The call on other values."""

        def changed(tensor: Tensor) -> Tensor:
            return change(tensor) if isinstance(tensor, Value) else tensor

        return replace(self, operator=self.operator.on(changed), outputs=tuple(change(value) for value in self.outputs))


@dataclass(frozen=True, eq=False)
class Frozen:
    """What Python read out of tensors while the module ran, as for a branch: it stays as it was."""

    by: str
    """The function: 'bool', 'item' …"""
    line: str
    """In which line."""
    result: Any
    """What was read."""
    values: tuple[Value, ...]
    """The tensors."""

    @property
    def words(self) -> str:
        """What was read where; what no tensor holds was drawn at random."""
        return f"{self.by}() in {self.line}" if self.values else f"random numbers of {self.by}, drawn once"


@dataclass
class ReadLine:
    """What is read out of tensors in one line of the user's code, and not frozen."""

    refusal: str
    """What is said if something depends on it."""
    answers: list[Any] = field(default_factory=list)
    """What was read, in its order."""


@dataclass(frozen=True)
class RecordingSettings:
    """How a module is recorded: what was found in earlier runs."""

    frozen: Sequence[Frozen] | None = None
    """What Python read out of tensors, to be given again; None where nothing may be read."""
    created: frozenset[int] = frozenset()
    """Which of the tensors that are made of plain numbers are inputs, as these were drawn at random."""
    widens: bool = False
    """Whether constants are computed in float64 where the module asks for a narrower type."""
    fixed: frozenset[str] = frozenset()
    """The inputs that get no gradient: they came without one, and the code asks for it, or it is not finite."""


@dataclass
class Graph:
    """A module's forward pass to its scalar loss, in the order of computation."""

    values: list[Value]
    calls: list[Call]
    loss: Value
    aliases: dict[str, Value] = field(default_factory=dict)
    """Further recorded names of a value, where an operator returned its input unchanged."""
    seeds: dict[Value, np.ndarray] = field(default_factory=dict)
    """The gradients that the backward pass starts from: 1 for the loss; for a part of a network, what
    arrives from outside of it."""
    frozen: list[Frozen] = field(default_factory=list)
    """What does not follow when a cell is changed."""
    reads: dict[tuple[str, int], ReadLine] = field(default_factory=dict)
    """What Python read out of tensors, as to log it, by the file and the number of the line."""
    size_inputs: frozenset[Value] = frozenset()
    """Inputs that say how large something is, as the lengths of sequences: no cell may change them."""
    custom: list[str] = field(default_factory=list)
    """The custom autograd functions among the calls, of which only the forward was recorded."""
    rounds: bool = False
    """Whether the module casts to types of so few digits that PyTorch's numbers are others."""
    state: list[str] = field(default_factory=list)
    """What the module changes as it runs, if the loss of its next call depends on it."""
    chance: list[str] = field(default_factory=list)
    """What random numbers were drawn from; '' is PyTorch itself."""
    has_narrow_constants: bool = False
    """Whether constants were computed in types narrower than float64."""
    settings: RecordingSettings = RecordingSettings()
    """How the module was recorded."""
    replay: Callable[[Mapping[Value, np.ndarray]], Any] | None = field(default=None, repr=False)
    """Runs the calls again, on other numbers; None where nobody asks any more."""
    tried: int = 0
    """At how many sets of other numbers it gave the loss and the gradients of the module's own run."""
    witness: Any = field(default=None, repr=False)
    """Runs the module, and the recorded calls, on other numbers; None where nobody asks any more."""

    @property
    def is_detached(self) -> bool:
        """Whether a detach stops gradients: a number may move the loss, and have none."""
        return any(call.operator.name == "detach" for call in self.calls)

    def of_kind(self, kind: Kind) -> list[Value]:
        """The values of one kind, in order."""
        return [value for value in self.values if value.kind == kind]

    @property
    def named(self) -> list[tuple[str, Value]]:
        """Every value but the constants, by each of its names."""
        return [(value.name, value) for value in self.values if value.kind != "constant"] + list(self.aliases.items())

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """Every tensor under its key in `read_tensors`: name, and 'grad.' + name."""
        tensors = {name: np.asarray(value.data, dtype=np.float64) for name, value in self.named}
        tensors |= {f"grad.{name}": value.gradient for name, value in self.named if value.gradient is not None}
        tensors["loss"] = np.asarray(self.loss.data, dtype=np.float64)
        return tensors
