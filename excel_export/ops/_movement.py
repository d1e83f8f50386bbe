"""Operators that only move elements: some order of the input's elements, with gaps, repeats and constants.

Such an operator says one thing: how PyTorch moves a tensor. Its formulas follow by moving the elements'
numbers (0, 1, 2, …) in the same way: where a number lands, its element's value goes, and from there its
gradient comes back.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas.formula import add_up, each, number, plus
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Expressions, Operator

CONSTANT = -1
"""What `move` puts where no element of the input goes."""


class Shuffle(Operator):
    """An operator that moves elements."""

    backward_math: ClassVar[str] = "∂L/∂x = g, moved back; an element used twice gets the sum, an unused one 0"

    def move(self, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        """The input with its elements moved, by PyTorch itself; its parameters are the operator's."""
        raise NotImplementedError

    def constant(self, **settings: Any) -> float:
        """The number that stands where `move` left CONSTANT."""
        return 0

    @property
    def signature(self) -> inspect.Signature:
        """The operator's PyTorch signature, read off `move`."""
        return inspect.signature(self.move)

    def forward(self, y: Any, input: Any, **settings: Any) -> Any:
        elements = np.append(input.refs.ravel(), number(self.constant(**settings)))
        moved = tuple(elements[order] for order in self._orders(input, settings))
        return moved if isinstance(y, tuple) else moved[0]

    def backward(self, y: Any, input: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        results = y if isinstance(y, tuple) else (y,)
        gained: dict[int, list[str]] = defaultdict(list)
        for result, order in zip(results, self._orders(input, settings), strict=True):
            for source, gradient in _gathered(result.grad, order).items():
                gained[source].append(gradient)
        moved = np.empty(input.refs.size, dtype=object)
        moved[:] = [plus(gained[k]) for k in range(moved.size)]
        yield input, each("{}" if input.is_float else "0*({})", moved.reshape(input.shape))

    def _orders(self, input: Any, settings: dict[str, Any]) -> list[np.ndarray]:
        numbers = torch.arange(input.refs.size, dtype=torch.float64).reshape(input.shape)
        moved = self.move(numbers, **settings)
        parts = [moved] if isinstance(moved, torch.Tensor) else moved
        return [part.numpy().astype(np.int64) for part in parts]


def _gathered(grad: Grid, order: np.ndarray) -> dict[int, str]:
    """For each element of the input, the sum of the gradients at the places it went to."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, source in enumerate(order.ravel().tolist()):
        if source != CONSTANT:
            places[source].append(place)
    return {source: add_up(grad, went) for source, went in places.items()}
