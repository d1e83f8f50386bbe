"""dropout: in eval mode, nothing is dropped."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, torch.dropout)
class dropout(Operator):
    """Dropout in eval mode: the identity."""

    forward_math = "y = x"
    backward_math = "∂L/∂x = g"

    def check(self, **arguments: Any) -> str | None:
        active = arguments["training"] and arguments["p"] > 0
        return "active dropout is random, so it is not supported: call .eval() on the module" if active else None

    def forward(self, y: Any, input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Expressions:
        return each("{}", input)

    def backward(
        self, y: Any, input: Any, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{}", y.grad)
