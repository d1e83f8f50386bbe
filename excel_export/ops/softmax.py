"""softmax: logits to probabilities."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formula import call, dot, each, table
from excel_export.operator import Expressions, Operator, Workspace, operator


@operator(F.softmax, torch.softmax, torch.Tensor.softmax)
class softmax(Operator):
    """Softmax over the last dimension. The largest logit is taken off first, so that EXP cannot overflow."""

    forward_math = "yₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = yₖ · (gₖ − Σⱼ gⱼ yⱼ)"

    def check(self, **arguments: Any) -> str | None:
        input, dim = arguments["input"], arguments["dim"]
        if len(input.shape) != 2 or dim % 2 != 1:
            return "only dim=1 of a (N, C) tensor is supported"
        return None

    def workspace(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {"exp": Workspace(y.shape, "exp(x − max x)")}

    def fill(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> dict[str, Expressions]:
        largest = table((y.shape[0], 1), lambda n, _: call("MAX", input.value[n, :]))
        return {"exp": each("EXP({}-{})", input, largest)}

    def forward(self, y: Any, input: Any, dim: int, _stacklevel: int = 3, dtype: Any = None) -> Expressions:
        total = table((y.shape[0], 1), lambda n, _: call("SUM", y.work["exp"][n, :]))
        return each("{}/{}", y.work["exp"], total)

    def backward(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:
        mean = table((y.shape[0], 1), lambda n, _: dot(y.grad[n, :], y.value[n, :]))
        yield input, each("{}*({}-{})", y, y.grad, mean)
