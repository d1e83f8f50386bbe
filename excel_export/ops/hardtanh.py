"""hardtanh: cut off at two bounds; relu6 is the one with bounds 0 and 6."""

from collections.abc import Callable, Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(F.hardtanh, F.relu6)
class hardtanh(Operator):
    """Like clamp, but at a bound no gradient passes, as in PyTorch."""

    forward_math = "y = min(max(x, low), high)"
    backward_math = "∂L/∂x = g if low < x < high, else 0"

    def bind(self, function: Callable, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if function is F.relu6:
            return {"input": args[0], "min_val": 0, "max_val": 6, "inplace": False}
        return super().bind(function, *args, **kwargs)

    def forward(
        self, y: Any, input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
    ) -> Expressions:
        return each("MIN(MAX({},{}),{})", input, min_val, max_val)

    def backward(
        self, y: Any, input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("IF(AND({0}>{2},{0}<{3}),{1},0)", input, y.grad, min_val, max_val)
