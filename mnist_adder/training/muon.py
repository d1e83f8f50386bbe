"""Muon: an optimizer that changes a weight matrix equally in all directions."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
ADAM_SIZE = 0.2  # the root mean square of a typical step of Adam, divided by its learning rate


class Muon(Optimizer):
    """Momentum, made orthogonal: K. Jordan et al., "Muon: an optimizer for hidden layers", 2024.

    A weight (out, …) is taken as a matrix (out, rest); the Muon of newer versions of PyTorch takes matrices only. A
    step is as large as a step of Adam with the same learning rate (J. Liu et al., "Muon is scalable for LLM training",
    2025), so that both can use the same one.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        """Make the optimizer.

        Args:
            parameters: weights with two dimensions or more.
            lr: the learning rate.
            momentum: the part of the momentum that a step keeps, 0 to 1.
            weight_decay: how fast the weights shrink, as in AdamW.
        """
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient.

        Args:
            closure: not used; it is part of the interface of PyTorch's optimizers.
        """
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
    """Bring all singular values of a matrix near 1, to between about 0.7 and 1.2.

    It is a Newton-Schulz iteration of degree five, x ← ax + (bG + cG²)x with G = xxᵀ. It only multiplies matrices; a
    singular value decomposition would take many times as long.

    Args:
        matrix: any matrix, (rows, columns).

    Returns:
        A matrix of the same shape.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrix / (matrix.norm() + 1e-7)
    if tall := x.shape[0] > x.shape[1]:
        x = x.mT
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
