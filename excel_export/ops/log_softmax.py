"""log_softmax: the logarithm of the probabilities, without ever taking the logarithm of a tiny number."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas.formula import along, as_dims, call, each, kept, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(F.log_softmax, torch.log_softmax, torch.Tensor.log_softmax)
class log_softmax(Operator):
    """Log-softmax over one dimension. The largest logit is taken off before EXP: no logit is too large."""

    forward_math = "yₖ = (xₖ − max x) − ln Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = gₖ − exp(yₖ) · Σⱼ gⱼ"

    def check(self, **arguments: Any) -> str | None:
        return "dim must be given" if arguments["dim"] is None else None

    def workspace(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {"shifted": Workspace(y.shape, "x − max x"), "exp": Workspace(y.shape, "exp(x − max x)")}

    def fill(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> dict[str, Expressions]:
        dims = as_dims(dim, len(y.shape))
        largest = table(kept(y.shape, dims), lambda *index: call("MAX", along(input.value, dims, index)))
        return {"shifted": each("{}-{}", input, largest), "exp": each("EXP({})", y.work["shifted"])}

    def forward(self, y: Any, input: Any, dim: int, _stacklevel: int = 3, dtype: Any = None) -> Expressions:
        dims = as_dims(dim, len(y.shape))
        total = table(kept(y.shape, dims), lambda *index: call("SUM", along(y.work["exp"], dims, index)))
        return each("{}-LN({})", y.work["shifted"], total)

    def backward(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:
        dims = as_dims(dim, len(y.shape))
        arriving = table(kept(y.shape, dims), lambda *index: call("SUM", along(y.grad, dims, index)))
        yield input, each("{}-EXP({})*{}", y.grad, y, arriving)
