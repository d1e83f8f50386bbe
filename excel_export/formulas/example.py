"""Calls by which an operator is tested and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch


class Example:
    """A call by which an operator is tested and shown: Example('of zeros', torch.relu, torch.tensor([-1.0, 0.0])).

    The first text names the case, '' for the plain one. The function follows, then its tensors.
    """

    def __init__(self, what: str, function: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> None:
        """Keep the call `function(*inputs)`.

        Args:
            what: the case in a few words, such as 'ties'; '' for the plain one.
            function: a function, method or module that calls the operator.
            inputs: the tensors, computed with in float64 unless they are integers.
        """
        self.what, self.function, self.inputs = what, function, inputs


class Extreme(Example):
    """A call with numbers so large, 1e300, so small or so close to each other that a formula could fail.

    Args:
        what: the name of the case: 'huge numbers'.
        function: the function of PyTorch.
        inputs: its tensors.
        by_element: True if element i of the result depends on element i of each input only, as in x + z.
        decides: True for a comparison, x < z: one engine takes numbers that differ by less than 2e-16 as equal.
        cancels: True for a difference of close numbers, which PyTorch itself knows to 1e-16 only.
    """

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
        """True if each element of the result depends on the same element of each input only. Elements for which
        PyTorch's result or gradient is not finite are then left out."""
        self.decides = decides
        """True for a comparison: one engine takes numbers that differ by less than 2e-16 as equal."""
        self.cancels = cancels
        """True for a difference of close numbers, which PyTorch itself knows to 1e-16 only."""


Cases: TypeAlias = Iterator[Example | Extreme]
