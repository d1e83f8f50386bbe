"""What an operator is shown and tested with: calls of it, edge cases and extreme numbers among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Example:
    """A call of an operator: `function(*inputs)`."""

    what: str
    """What is special about it, such as 'ties'; '' for the plain one."""
    function: Callable[..., torch.Tensor]
    """A function, method or module that comes down to the operator."""
    inputs: tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Extreme(Example):
    """A call with numbers so large, so small or so near each other that a formula could fail on them."""

    by_element: bool = False
    """Whether each element of the result depends on the same element of each input alone; then those where PyTorch has
    no finite result or gradient are left out."""
    decides: bool = False
    """Whether it compares numbers; one engine takes numbers that differ by less than 2e-16 as equal."""
    cancels: bool = False
    """Whether it takes the difference of numbers near each other, of which PyTorch's own is good to 1e-16 only."""
