"""A module with several results, for examples: all of them in one row."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class AllResults(nn.Module):
    """Calls a module, and puts the tensors that it returns one after another."""

    def __init__(self, layer: nn.Module, call: Callable[..., Any] = lambda layer, *inputs: layer(*inputs)) -> None:
        super().__init__()
        self.layer, self.call = layer, call

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Return a vector."""
        found = self.call(self.layer, x) if y is None else self.call(self.layer, x, y)
        return torch.cat([part.flatten() for part in _flat(found)])


def _flat(item: Any) -> list[torch.Tensor]:
    return [item] if isinstance(item, torch.Tensor) else [tensor for part in item for tensor in _flat(part)]
