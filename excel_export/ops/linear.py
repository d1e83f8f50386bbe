"""linear: every output is a weighted sum of all inputs."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formula import dot, plus, table
from excel_export.operator import Expressions, Operator, Workspace, operator

# Up to this many terms a sum of products is written out, which reads better than SUMPRODUCT.
WRITTEN_OUT = 5


@operator(F.linear)
class linear(Operator):
    """y = x Wᵀ + b with x of shape (N, in) and W of shape (out, in)."""

    forward_math = "yₒ = Σᵢ Wₒᵢ xᵢ + bₒ"
    backward_math = "∂L/∂xᵢ = Σₒ gₒ Wₒᵢ,  ∂L/∂Wₒᵢ = gₒ xᵢ,  ∂L/∂bₒ = gₒ"

    def check(self, **arguments: Any) -> str | None:
        return None if len(arguments["input"].shape) == 2 else "only (N, features) inputs are supported"

    def workspace(self, y: Any, input: Any, weight: Any, bias: Any = None) -> dict[str, Workspace]:
        if input.shape[1] <= WRITTEN_OUT:
            return {}
        # SUMPRODUCT wants both ranges in the same direction, and the rows of W lie across.
        return {"row": Workspace(input.shape, "x, laid across", matrix=True)}

    def fill(self, y: Any, input: Any, weight: Any, bias: Any = None) -> dict[str, Expressions]:
        return {"row": input.refs} if y.work else {}

    def forward(self, y: Any, input: Any, weight: Any, bias: Any = None) -> Expressions:
        def weighted_sum(n: int, o: int) -> str:
            if y.work:
                total = dot(weight.value[o, :], y.work["row"][n, :])
            else:
                total = plus(f"{w}*{x}" for w, x in zip(weight.refs[o], input.refs[n], strict=True))
            return total if bias is None else f"{total}+{bias.refs[o]}"

        return table(y.shape, weighted_sum)

    def backward(self, y: Any, input: Any, weight: Any, bias: Any = None) -> Iterator[tuple[Any, Expressions]]:
        if input.grad is not None:
            yield input, table(input.shape, lambda n, i: dot(y.grad[n, :], weight.value[:, i]))
        yield weight, table(weight.shape, lambda o, i: dot(y.grad[:, o], input.value[:, i]))
        if bias is not None:
            yield bias, table(bias.shape, lambda o: plus(y.grad.refs[:, o]))
