"""A case of a coverage suite: something of PyTorch's, called so that it gives a scalar loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Made = tuple[nn.Module, tuple[Any, ...]]
"""A module that returns a scalar loss, and what it is called with."""
MOST_TENSORS = 16


class NotCounted(Exception):
    """What a case computes has no floating-point result, or no gradient; or PyTorch itself refuses it."""


@dataclass(frozen=True)
class Case:
    """Something that is exported, and held against PyTorch."""

    what: str
    make: Callable[[], Made]
    whole: bool = True
    """Whether the whole workbook is made, or only its two passes, which takes a third of the time."""


@dataclass(frozen=True)
class Group:
    """Cases of one class, one function or one architecture; they are made when they are needed."""

    name: str
    cases: Callable[[], list[Case]]


@dataclass(frozen=True)
class Place:
    """Where a tensor stands in a call: a constant of this name, or else the next input."""

    constant: str


class Scalar(nn.Module):
    """A function's results, each element with a weight of its own, added up.

    Tensors that learn, and whole numbers, are arguments of `forward`, so that they are inputs of the workbook. Other
    tensors, such as running statistics, are constants.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        self.function = function
        # In the place of tensors stand their names: PyTorch copies no tensor that is computed.
        self.constants, self.weights = nn.ParameterDict(), nn.ParameterDict()
        self.call = mapped((args, kwargs), self._place)

    def _place(self, tensor: torch.Tensor) -> Place:
        if _is_input(tensor):
            return Place("")
        name = str(len(self.constants))
        self.constants[name] = nn.Parameter(tensor.detach(), requires_grad=False)
        return Place(name)

    def forward(self, a=None, b=None, c=None, d=None, e=None, f=None, g=None, h=None,
                i=None, j=None, k=None, l=None, m=None, n=None, o=None, p=None):  # noqa: E741  # fmt: skip
        args, kwargs = self.call_on((a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p))
        return self.weighed(floats_in(self.function(*args, **kwargs)))

    def call_on(self, inputs: tuple[torch.Tensor | None, ...]) -> Any:
        """Return the arguments of the function, with these inputs in their places."""
        given = iter(inputs)

        def filled(item: Any) -> Any:
            if isinstance(item, Place):
                return self.constants[item.constant] if item.constant else next(given)
            if isinstance(item, dict):
                return {key: filled(part) for key, part in item.items()}
            if isinstance(item, list) or type(item) is tuple:
                return type(item)(map(filled, item))
            return item

        return filled(self.call)

    def weighed(self, results: list[torch.Tensor]) -> torch.Tensor:
        total = None
        for k, result in enumerate(results):
            part = (result * self.weights[str(k)]).sum() if str(k) in self.weights else result.sum()
            total = part if total is None else total + part
        return total


def scalar(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Made:
    """Return a module that calls a function, and its inputs.

    Raises:
        NotCounted: there is no loss with a gradient, or PyTorch refuses the call.
    """
    module = Scalar(function, args, kwargs)
    inputs = tuple(tensor.detach() for tensor in tensors_in([args, kwargs]) if _is_input(tensor))
    if len(inputs) > MOST_TENSORS:
        raise NotCounted(f"{len(inputs)} tensors")
    if isinstance(function, nn.Module):
        function.double()
    leaves = tuple(x.clone().requires_grad_(x.is_floating_point()) for x in inputs)
    called, named = module.call_on(tuple(leaf * 1 if leaf.requires_grad else leaf for leaf in leaves))
    try:
        results = floats_in(function(*called, **named))
    except Exception as error:
        raise NotCounted(f"PyTorch refuses it: {str(error).splitlines()[0] if str(error) else error!r}") from error
    if not any(result.numel() for result in results):
        raise NotCounted("no floating-point result")
    learning = [result for result in results if result.requires_grad]
    if not learning:
        raise NotCounted("no gradient")
    try:
        torch.autograd.backward([result.sum() for result in learning])
    except Exception as error:
        raise NotCounted(f"PyTorch has no gradient: {str(error).splitlines()[0]}") from error
    for k, result in enumerate(results):
        if result.numel() > 1 and result.layout == torch.strided:
            weights = torch.linspace(-0.7, 1.1, result.numel(), dtype=torch.float64).reshape(result.shape)
            module.weights[str(k)] = nn.Parameter(weights, requires_grad=False)
    return module, inputs


def tensors_in(item: Any) -> Iterator[torch.Tensor]:
    """The tensors in nested lists, tuples and dicts."""
    if isinstance(item, torch.Tensor):
        yield item
    elif isinstance(item, (list, tuple)):
        for part in item:
            yield from tensors_in(part)
    elif isinstance(item, dict):
        yield from tensors_in(list(item.values()))


def floats_in(item: Any) -> list[torch.Tensor]:
    """The tensors of real floating-point numbers in a result."""
    return [tensor for tensor in tensors_in(item) if tensor.is_floating_point()]


def mapped(item: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Return nested lists, tuples and dicts in which every tensor is changed."""
    if isinstance(item, torch.Tensor):
        return change(item)
    if isinstance(item, dict):
        return {key: mapped(part, change) for key, part in item.items()}
    if isinstance(item, list) or type(item) is tuple:
        return type(item)(mapped(part, change) for part in item)
    return item


def _is_input(tensor: torch.Tensor) -> bool:
    return tensor.requires_grad or not (tensor.is_floating_point() or tensor.is_complex())
