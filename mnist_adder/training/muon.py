"""Muon: momentum whose every step turns a weight matrix by as much in each direction as in any other."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
ADAM_SIZE = 0.2  # the root mean square of a typical step of Adam, over its learning rate


class Muon(Optimizer):
    """Momentum, orthogonalised: K. Jordan et al., "Muon: an optimizer for hidden layers", 2024.

    Each weight (out, …) is taken as a matrix (out, all the rest). PyTorch's own Muon, in its newer versions,
    takes matrices only. A step is scaled to the size of a step of Adam with the same learning rate, after
    J. Liu et al., "Muon is scalable for LLM training", 2025, so that both can share one.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient; `closure` is not supported, as no caller needs it."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)

    def _move(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].lerp_(grad, 1 - group["momentum"])
        nesterov = grad.lerp(momentum, group["momentum"]).flatten(start_dim=1)
        size = ADAM_SIZE * math.sqrt(max(nesterov.shape))
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(orthogonalise(nesterov).view_as(parameter), alpha=-group["lr"] * size)


def orthogonalise(matrix: Tensor) -> Tensor:
    """Bring all singular values of a matrix (rows, columns) near 1, between about 0.7 and 1.2.

    A quintic Newton-Schulz iteration, x ← ax + (bG + cG²)x with G = xxᵀ: it only multiplies matrices, where a
    singular value decomposition would take many times as long.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrix / (matrix.norm() + 1e-7)
    if tall := x.shape[0] > x.shape[1]:
        x = x.mT
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
