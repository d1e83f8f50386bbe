"""What a composite is: a function of PyTorch's, made of others that have formulas; and what its steps are called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import handle_torch_function, has_torch_function_unary, resolve_name

from excel_export.formulas import Example

Function = Callable[..., Any]


class Composite:
    """A Python function that computes what a function of PyTorch's does; its calls are recorded in that one's place."""

    def __init__(self, function: Function, makes: tuple[Function, ...], when: Function | None = None) -> None:
        self.function, self.makes, self.when = function, makes, when
        self.name = makes[0].__name__.strip("_")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute it."""
        return self.function(*args, **kwargs)

    def example(self, what: str, function: Function, *inputs: Any) -> tuple[Composite, Example]:
        """A call that it is tested with, for the table `examples` of its file; the arguments are those of `Example`."""
        return self, Example(what, function, *inputs)

    def examples(self) -> list[Example]:
        """The calls that it is tested with."""
        calls: ExampleTable = sys.modules[self.function.__module__].examples()
        return [example for made, example in calls if made is self]


ExampleTable = Iterator[tuple[Composite, Example]]
"""The calls that the composites of a file are tested with."""
_registry: dict[Function, Composite] = {}


def composite(*functions: Function, when: Function | None = None) -> Callable[[Function], Composite]:
    """Register a function as the composite of these functions and methods of PyTorch's.

    Args:
        functions: what it computes.
        when: of the same arguments: whether it comes before the operator that these functions have.

    Raises:
        ValueError: one of them has a composite already.
    """

    def register(function: Function) -> Composite:
        made = Composite(function, functions, when)
        for each in functions:
            if each in _registry:
                raise ValueError(f"{resolve_name(each) or each} has a composite already: {_registry[each].name}")
        _registry.update(dict.fromkeys(functions, made))
        return made

    return register


def registered() -> dict[Function, Composite]:
    """The composites, by the functions that they are for."""
    return _registry


@dataclass(frozen=True)
class StepLabel:
    """What a composite says of one of its results."""

    key: str
    """Its recorded name, within the layer or function: 'forget_gate.3'; '' where the operator's is kept."""
    name: str
    """What people call it: 'forget gate 3'."""
    words: str = ""
    """What the call does that it comes from; '' where the operator's own words do."""
    step: str = ""
    """The step that it is a part of, such as 'gates 3'; '' where it is a step by itself."""


def part_of(tensor: torch.Tensor, step: str) -> torch.Tensor:
    """Let a result be a part of a step, by the name and words of its operator."""
    return named(tensor, StepLabel("", "", step=step))


def named(tensor: torch.Tensor, step_label: StepLabel) -> torch.Tensor:
    """Give a result its name and words; the recorder, where one is active, writes them down."""
    if has_torch_function_unary(tensor):
        result: torch.Tensor = handle_torch_function(named, (tensor,), tensor, step_label)
        return result
    return tensor


def sizes(tensor: torch.Tensor) -> list[int]:
    """Return whole numbers that say how large something is, as the lengths of sequences.

    No cell can change them. So where they are an input, the recorder lets that stay as it is.
    """
    if has_torch_function_unary(tensor):
        result: list[int] = handle_torch_function(sizes, (tensor,), tensor)
        return result
    found: list[int] = tensor.tolist()
    return found
