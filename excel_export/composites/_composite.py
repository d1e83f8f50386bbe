"""Composites: functions of PyTorch's, made of others that have formulas; and the names of their steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import handle_torch_function, has_torch_function_unary, resolve_name

Function = Callable[..., Any]


class Composite:
    """A Python function that computes the same as functions of PyTorch's: x + weight · (end − x) for torch.lerp.

    While a module is recorded, `function` is called in place of those in `makes`: at each call if `when` is None, else
    only at calls for which when(*args, **kwargs) is true.
    """

    def __init__(self, function: Function, makes: tuple[Function, ...], when: Function | None = None) -> None:
        self.function, self.makes, self.when = function, makes, when
        self.name = makes[0].__name__.strip("_")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function's result."""
        return self.function(*args, **kwargs)


_registry: dict[Function, Composite] = {}


def composite(*functions: Function, when: Function | None = None) -> Callable[[Function], Composite]:
    """Return a decorator that makes a function the `Composite` of some functions of PyTorch's, and registers it.

    Args:
        functions: PyTorch's functions and methods that compute the same: torch.lerp, torch.Tensor.lerp.
        when: for functions that have an operator, too: when(*args, **kwargs) is True for calls that the composite gets;
            None if they have none.

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
    """Return the composites of the files imported so far, by function of PyTorch's: {torch.lerp: lerp, …}."""
    return _registry


@dataclass(frozen=True)
class StepLabel:
    """A composite's name and words for one of its results: StepLabel('forget_gate.3', 'forget gate 3')."""

    key: str
    """Its recorded name, within the layer or function: 'forget_gate.3'; '' for the operator's name."""
    name: str
    """Its name for people: 'forget gate 3'."""
    words: str = ""
    """Sentences about the call that computes it, 'What was kept, and what was written.'; '' for the operator's own."""
    step: str = ""
    """The name of the step whose calls are shown together, 'gates 3'; '' if the call is a step by itself."""


def part_of(tensor: torch.Tensor, step: str) -> torch.Tensor:
    """Return a tensor unchanged; a recorder notes that its call belongs to a layer's step, `step`: 'gates'."""
    return named(tensor, StepLabel("", "", step=step))


def named(tensor: torch.Tensor, step_label: StepLabel) -> torch.Tensor:
    """Return a tensor unchanged; while a module is recorded, the label is stored for the tensor and its call."""
    if has_torch_function_unary(tensor):
        result: torch.Tensor = handle_torch_function(named, (tensor,), tensor, step_label)
        return result
    return tensor


def sizes(tensor: torch.Tensor) -> list[int]:
    """Return a tensor's whole numbers, which give sizes, as a list: [3, 2] for the lengths of two sequences.

    No cell can change a size. So a recorder keeps the input that holds these numbers fixed.
    """
    if has_torch_function_unary(tensor):
        result: list[int] = handle_torch_function(sizes, (tensor,), tensor)
        return result
    found: list[int] = tensor.tolist()
    return found
