"""Composites: functions of PyTorch's, made of others that have formulas; and the names of their steps."""

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
    """A Python function that computes the same as a function of PyTorch's; its calls are recorded in the place of that
    one.
    """

    def __init__(self, function: Function, makes: tuple[Function, ...], when: Function | None = None) -> None:
        self.function, self.makes, self.when = function, makes, when
        self.name = makes[0].__name__.strip("_")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function's result."""
        return self.function(*args, **kwargs)

    def example(self, what: str, function: Function, *inputs: Any) -> tuple[Composite, Example]:
        """Return a test case, for the table `examples` of its file; the arguments are those of `Example`."""
        return self, Example(what, function, *inputs)

    def examples(self) -> list[Example]:
        """Return its test cases."""
        calls: ExampleTable = sys.modules[self.function.__module__].examples()
        return [example for made, example in calls if made is self]


ExampleTable = Iterator[tuple[Composite, Example]]
"""The test cases of the composites of a file."""
_registry: dict[Function, Composite] = {}


def composite(*functions: Function, when: Function | None = None) -> Callable[[Function], Composite]:
    """Return a decorator that registers a function as the composite of some functions and methods of PyTorch's.

    Args:
        functions: the functions of PyTorch's.
        when: returns, for the same arguments, whether the composite comes before the functions' operator; None for no
            operator.

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
    """Return the composite of each of PyTorch's functions that has one: {torch.lerp: lerp}."""
    return _registry


@dataclass(frozen=True)
class StepLabel:
    """A composite's name and words for one of its results: StepLabel('forget_gate.3', 'forget gate 3')."""

    key: str
    """Its recorded name, within the layer or function: 'forget_gate.3'; '' for the operator's name."""
    name: str
    """Its name for people: 'forget gate 3'."""
    words: str = ""
    """The words of the call that computes it; '' for the operator's own words."""
    step: str = ""
    """The step to which it belongs, such as 'gates 3'; '' if it is a step by itself."""


def part_of(tensor: torch.Tensor, step: str) -> torch.Tensor:
    """Return a tensor, noted as a part of the step `step`, 'gates'; its name and words are its operator's."""
    return named(tensor, StepLabel("", "", step=step))


def named(tensor: torch.Tensor, step_label: StepLabel) -> torch.Tensor:
    """Return a tensor unchanged; if a recorder is active, it writes down the tensor's name and words."""
    if has_torch_function_unary(tensor):
        result: torch.Tensor = handle_torch_function(named, (tensor,), tensor, step_label)
        return result
    return tensor


def sizes(tensor: torch.Tensor) -> list[int]:
    """Return the whole numbers of a tensor that give a size, [3, 2] for two lengths of sequences.

    No cell can change a size. So the recorder fixes an input that gives one.
    """
    if has_torch_function_unary(tensor):
        result: list[int] = handle_torch_function(sizes, (tensor,), tensor)
        return result
    found: list[int] = tensor.tolist()
    return found
