"""The traced computation: values, and the operator calls that connect them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from excel_export.operator import Operator

Kind = Literal["input", "parameter", "constant", "intermediate"]


@dataclass(eq=False)
class Value:
    """One tensor of the computation, with PyTorch's own numbers for it.

    `data` is what PyTorch computed in float64 (or a whole number or truth value, kept as such);
    `grad` is the gradient of the loss with respect to it, all zero where none arrives, and None
    where a gradient has no meaning (constants, labels).
    """

    name: str
    kind: Kind
    data: np.ndarray
    grad: np.ndarray | None
    module_path: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The PyTorch shape."""
        return self.data.shape

    @property
    def is_float(self) -> bool:
        """Whether PyTorch holds it as a floating-point tensor."""
        return self.data.dtype.kind == "f"


@dataclass(eq=False)
class Call:
    """One operator applied to values: `outputs = operator(**arguments)`.

    `arguments` follows the operator's PyTorch signature, every default filled in, with `Value`s in
    the place of tensors.
    """

    name: str
    operator: Operator
    arguments: Mapping[str, Any]
    outputs: tuple[Value, ...]
    module_path: str = ""

    @property
    def inputs(self) -> list[Value]:
        """The values it reads, in the order of its signature."""
        return [value for argument in self.arguments.values() for value in values_in(argument)]


@dataclass
class Graph:
    """A module's forward pass to its scalar loss, in the order of computation."""

    values: list[Value]
    calls: list[Call]
    loss: Value
    aliases: dict[str, Value] = field(default_factory=dict)
    """Further traced names of a value, where an operator returned its input unchanged."""

    def of_kind(self, kind: Kind) -> list[Value]:
        """The values of one kind, in order."""
        return [value for value in self.values if value.kind == kind]

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """Every tensor under its key in `read_tensors`: name, and 'grad.' + name."""
        named = [(value.name, value) for value in self.values if value.kind != "constant"]
        named += list(self.aliases.items())
        tensors = {name: np.asarray(value.data, dtype=np.float64) for name, value in named}
        tensors |= {f"grad.{name}": value.grad for name, value in named if value.grad is not None}
        tensors["loss"] = np.asarray(self.loss.data, dtype=np.float64)
        return tensors


def values_in(argument: Any) -> Iterator[Value]:
    """The values in an argument, which may be nested in lists and tuples."""
    if isinstance(argument, Value):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for item in argument:
            yield from values_in(item)


def map_values(argument: Any, function: Any) -> Any:
    """The argument with `function` applied to each value in it."""
    if isinstance(argument, Value):
        return function(argument)
    if isinstance(argument, (list, tuple)):
        return type(argument)(map_values(item, function) for item in argument)
    return argument
