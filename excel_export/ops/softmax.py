"""softmax: logits to probabilities."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas.formula import along, as_dims, call, dot, each, kept, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(F.softmax, torch.softmax, torch.Tensor.softmax)
class softmax(Operator):
    """Softmax over one dimension. The largest logit is taken off first, so that EXP cannot overflow."""

    forward_words = "The logits become probabilities: all positive, together 1, and the largest logit gets the most."
    backward_words = (
        "Raising one logit takes probability from all others, so each gradient is compared with their mean, "
        "weighted by the probabilities."
    )
    forward_math = "yₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x)"
    backward_math = "∂L/∂xₖ = yₖ · (gₖ − Σⱼ gⱼ yⱼ)"

    def check(self, **arguments: Any) -> str | None:
        return "dim must be given" if arguments["dim"] is None else None

    def workspace(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {"exp": Workspace(y.shape, "exp(x − max x)")}

    def fill(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> dict[str, Expressions]:
        dims = as_dims(dim, len(y.shape))
        largest = table(kept(y.shape, dims), lambda *index: call("MAX", along(input.value, dims, index)))
        return {"exp": each("EXP({}-{})", input, largest)}

    def forward(self, y: Any, input: Any, dim: int, _stacklevel: int = 3, dtype: Any = None) -> Expressions:
        dims = as_dims(dim, len(y.shape))
        total = table(kept(y.shape, dims), lambda *index: call("SUM", along(y.work["exp"], dims, index)))
        return each("{}/{}", y.work["exp"], total)

    def backward(self, y: Any, input: Any, dim: int, *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:
        dims = as_dims(dim, len(y.shape))

        def mean(*index: int) -> str:
            total = dot(along(y.grad, dims, index), along(y.value, dims, index))
            return total if "+" not in total else f"({total})"

        yield input, each("{}*({}-{})", y, y.grad, table(kept(y.shape, dims), mean))
