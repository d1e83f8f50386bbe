"""Muon: an optimizer that changes a weight matrix equally in all directions."""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
ADAM_SIZE = 0.2  # the root mean square of a typical step of Adam, divided by its learning rate


class Muon(Optimizer):
    """An optimizer, momentum made orthogonal: Muon(weights, lr=0.04). K. Jordan et al., "Muon", 2024.

    A weight (out, …) is taken as a matrix (out, rest); the Muon of newer versions of PyTorch takes matrices only. A
    step is as large as a step of Adam with the same learning rate (J. Liu et al., "Muon is scalable for LLM training",
    2025), so that both can use the same one.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        """Take weights with two dimensions or more.

        A step keeps the part `momentum`, 0 to 1, of the momentum; the weights shrink by `weight_decay` as in AdamW. A
        group may hold its rate as a scalar on the device, too.
        """
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient g, in place; `closure` is not used.

        m ← momentum·m + (1 − momentum)·g, with m = 0 at first; u = momentum·m + (1 − momentum)·g, as a matrix; then
        weight ← (1 − lr·weight_decay)·weight − 0.2·√max(rows, columns)·lr·orthogonalise(u).
        """
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            nesterov = [self._nesterov(parameter, parameter.grad, group["momentum"]) for parameter in parameters]
            # What a GPU spends on matrices as small as these is the time to start each multiplication.
            together = len(parameters) > 1 and parameters[0].device.type != "cpu"
            ways = orthogonalise_together(nesterov) if together else map(orthogonalise, nesterov)
            for parameter, way in zip(parameters, ways, strict=True):
                rate, size = group["lr"], ADAM_SIZE * math.sqrt(max(way.shape))
                parameter.mul_(1 - rate * group["weight_decay"])
                if isinstance(rate, Tensor):  # in a recording, where a number would stay what it is
                    parameter.sub_(way.reshape(parameter.shape) * (rate * size))
                else:
                    parameter.add_(way.reshape(parameter.shape), alpha=-rate * size)

    def _nesterov(self, parameter: Tensor, grad: Tensor, kept: float) -> Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].lerp_(grad, 1 - kept)
        return grad.lerp(momentum, kept).flatten(start_dim=1)


def orthogonalise(matrix: Tensor) -> Tensor:
    """Return a matrix, (rows, columns), with all singular values brought near 1: to between about 0.7 and 1.2.

    The singular vectors stay: [[3, 0], [0, 0.5]] becomes [[0.71, 0], [0, 1.04]].
    It is a Newton-Schulz iteration of degree five, x ← ax + (bG + cG²)x with G = xxᵀ. It only multiplies matrices; a
    singular value decomposition would take many times as long.

    Example:
        >>> values = torch.linalg.svdvals(orthogonalise(torch.tensor([[3.0, 0.0], [0.0, 0.5]])))
        >>> bool(((values > 0.6) & (values < 1.3)).all())
        True
    """
    a, b, c = NEWTON_SCHULZ
    x = matrix / (matrix.norm() + 1e-7)
    if tall := x.shape[0] > x.shape[1]:
        x = x.mT
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def orthogonalise_together(matrices: Sequence[Tensor]) -> list[Tensor]:
    """Return [orthogonalise(each) for each in matrices], computed in one stack, as large as the largest.

    Rows and columns of zeros stay zeros, and change nothing else.
    """
    a, b, c = NEWTON_SCHULZ
    wide = [matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix for matrix in matrices]
    rows, columns = (max(matrix.shape[side] for matrix in wide) for side in (0, 1))
    x = wide[0].new_zeros(len(wide), rows, columns)
    for place, matrix in zip(x, wide, strict=True):
        place[: matrix.shape[0], : matrix.shape[1]] = matrix
    x = x / (torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    found = [place[: matrix.shape[0], : matrix.shape[1]] for place, matrix in zip(x, wide, strict=True)]
    return [place if place.shape == matrix.shape else place.mT for place, matrix in zip(found, matrices, strict=True)]
