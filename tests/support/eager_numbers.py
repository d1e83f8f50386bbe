"""A module run by PyTorch alone, in float64: all tensors on its way, and how fast a number grows with another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_DIGITS = 1e-11


class _Watch(TorchFunctionMode):
    """Keeps what functions of PyTorch return."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.calls: list[tuple[Any, Any, Any, Any]] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        self.calls.append((function, args, kwargs or {}, found))
        for each in found if isinstance(found, (tuple, list)) else [found]:
            if isinstance(each, Tensor) and each.requires_grad:
                self.seen.append(each)
        return found


@dataclass
class Eager:
    """What a module computed."""

    loss: Tensor
    tensors: list[Tensor] = field(repr=False)
    """Parameters first, then what was computed, in its order."""
    calls: list[tuple[Any, Any, Any, Any]] = field(repr=False)
    """Each function of PyTorch with its arguments and what it returned."""

    def find(self, data: np.ndarray) -> list[Tensor]:
        """The tensors with these numbers, in this shape."""
        data = np.asarray(data, dtype=np.float64)
        return [
            each for each in self.tensors
            if tuple(each.shape) == data.shape and np.allclose(each.detach().numpy(), data, rtol=_DIGITS, atol=_DIGITS)
        ]  # fmt: skip

    def slope(self, of: Tensor, at: tuple[int, ...], by: Tensor, where: tuple[int, ...]) -> float | None:
        """How fast a number that a function returned grows with a number that it was given.

        Where no function was given the one and returned the other, all functions between them count; None where
        it does not depend on it.
        """
        for function, args, kwargs, found in self.calls:
            if found is of and any(each is by for each in (*args, *kwargs.values())):
                own = by.detach().clone().requires_grad_()
                given = [own if each is by else _constant(each) for each in args]
                named = {key: own if each is by else _constant(each) for key, each in kwargs.items()}
                [slopes] = torch.autograd.grad(function(*given, **named)[at], own)
                return float(slopes[where])
        [slopes] = torch.autograd.grad(of[at], by, retain_graph=True, allow_unused=True)
        return None if slopes is None else float(slopes[where])

    def gradient(self, of: Tensor) -> Tensor:
        """The gradient of a tensor."""
        [found] = torch.autograd.grad(self.loss, of, retain_graph=True, allow_unused=True)
        return torch.zeros_like(of) if found is None else found


def _constant(thing: Any) -> Any:
    return thing.detach() if isinstance(thing, Tensor) else thing


def run_eagerly(module: nn.Module, inputs: Any) -> Eager:
    """Run a module as it is."""
    module = module.double()
    given = inputs if isinstance(inputs, dict) else dict(enumerate(inputs))
    as_double = {k: v.double() if isinstance(v, Tensor) and v.is_floating_point() else v for k, v in given.items()}
    with _Watch() as watch:
        loss = module(**as_double) if isinstance(inputs, dict) else module(*as_double.values())
    return Eager(loss, [*module.parameters(), *watch.seen], watch.calls)


def pairs(things: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Neighbours."""
    yield from itertools.pairwise(things)
