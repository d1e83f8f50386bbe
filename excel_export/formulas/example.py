"""What an operator is shown and tested with: calls of it, edge cases and extreme numbers among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch


class Example:
    """A function that calls an operator, and the tensors it is called with."""

    def __init__(self, what: str, function: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> None:
        """Keep the call `function(*inputs)`.

        Args:
            what: what is special about it, such as 'ties'; '' for the plain one.
            function: a function, method or module that comes down to the operator.
            inputs: the tensors; they are computed with in float64, but for whole numbers.
        """
        self.what, self.function, self.inputs = what, function, inputs


class Extreme(Example):
    """A call with numbers so large, so small or so near each other that a formula could fail on them."""

    def __init__(
        self,
        what: str,
        function: Callable[..., torch.Tensor],
        *inputs: torch.Tensor,
        by_element: bool = False,
        decides: bool = False,
        cancels: bool = False,
    ) -> None:
        super().__init__(what, function, *inputs)
        self.by_element = by_element
        """Whether each element of the result depends on the same element of each input alone: then those where PyTorch
        has no finite result or gradient are left out."""
        self.decides = decides
        """True for a comparison of numbers; one engine takes numbers that differ by less than 2e-16 as equal."""
        self.cancels = cancels
        """True for a difference of numbers near each other, which PyTorch too knows to 1e-16 only."""


Cases: TypeAlias = Iterator[Example | Extreme]
