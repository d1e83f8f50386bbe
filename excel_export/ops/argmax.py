"""argmax: where the largest element is. A step function: no gradient passes."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formula import each, table
from excel_export.operator import Expressions, Operator, operator


@operator(torch.argmax, torch.Tensor.argmax)
class argmax(Operator):
    """The index of the first largest element along `dim`."""

    forward_math = "y = the first k whose xₖ is the largest"
    backward_math = "∂L/∂x = 0: nudging x leaves y as it is, so nothing is learned through here"

    def check(self, **arguments: Any) -> str | None:
        input, dim = arguments["input"], arguments["dim"]
        if dim is None or len(input.shape) != 2 or dim % 2 != 1:
            return "only dim=1 of a (N, C) tensor is supported"
        return None

    def forward(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> Expressions:
        def first_largest(n: int, *kept: int) -> str:
            (row,) = input.value[n, :].ranges
            return f"MATCH(MAX({row}),{row},0)-1"

        return table(y.shape, first_largest)

    def backward(
        self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        arriving = y.grad.refs if keepdim else y.grad.refs[:, None]
        yield input, each("0*{}{}", arriving, table(input.shape, lambda *_: ""))
