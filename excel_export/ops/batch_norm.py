"""batch_norm: each channel shifted and scaled by the mean and variance that training has settled on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas.formula import along, call, dot, each, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(F.batch_norm, torch.batch_norm)
class batch_norm(Operator):
    """Batch normalisation in eval mode, of (N, C) or (N, C, …) with one mean and variance a channel."""

    forward_math = "y = w · x̂ + b,  x̂ = (x − mean) / √(variance + ε)"
    backward_math = "∂L/∂x = g · w / √(variance + ε),  ∂L/∂w = Σ g · x̂,  ∂L/∂b = Σ g"

    def check(self, **arguments: Any) -> str | None:
        if arguments["training"]:
            return "training mode is not supported: call .eval() on the module"
        moving = (arguments["running_mean"], arguments["running_var"])
        return "running_mean and running_var must be given" if None in moving else None

    def workspace(self, y: Any, input: Any, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {"normalised": Workspace(y.shape, "x̂")}

    def fill(self, y: Any, input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
             training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
             *_: Any, **__: Any) -> dict[str, Expressions]:  # fmt: skip
        mean, variance = (_channels(x, y) for x in (running_mean, running_var))
        return {"normalised": each("({}-{})/SQRT({}+{})", input, mean, variance, eps)}

    def forward(self, y: Any, input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
                training: bool = False, momentum: float = 0.1, eps: float = 1e-5) -> Expressions:  # fmt: skip
        result = each("{}", y.work["normalised"])
        if weight is not None:
            result = each("{}*{}", result, _channels(weight, y))
        return result if bias is None else each("{}+{}", result, _channels(bias, y))

    def backward(self, y: Any, input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
                 training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
                 ) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        scale = each("SQRT({}+{})", _channels(running_var, y), eps)
        gradient = each("{}", y.grad) if weight is None else each("{}*{}", y.grad, _channels(weight, y))
        yield input, each("{}/{}", gradient, scale)
        channel = [axis for axis in range(len(y.shape)) if axis != 1]

        def seen(grid: Any, c: int) -> Any:
            return along(grid, channel, [c] * len(y.shape))

        if weight is not None:
            yield weight, table(weight.shape, lambda c: dot(seen(y.grad, c), seen(y.work["normalised"], c)))
        if bias is not None:
            yield bias, table(bias.shape, lambda c: call("SUM", seen(y.grad, c)))


def _channels(x: Any, y: Any) -> np.ndarray:
    """A vector's references, one a channel, ready to broadcast."""
    return x.refs.reshape((-1,) + (1,) * (len(y.shape) - 2))
